"""Where executed notebooks are kept, and how `explore` draws while the book is built.

jupyter-cache knows a notebook by its code cells. What they import from ``dlnotes`` changes their outputs too, so every
state of the package, and of the versions it runs with, has a cache of its own.
"""

import hashlib
import os
from pathlib import Path


def source_state(root):
    """Name the present state of the package and the pinned versions below `root`, in 12 hexadecimal digits."""
    package = Path(root, "src", "dlnotes")
    sources = [path for path in package.rglob("*") if path.suffix == ".py" or path.parent.name == "data"]
    digest = hashlib.sha256()
    for path in [*sorted(sources), Path(root, "requirements.txt")]:
        if path.is_file():
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def cache_path(root):
    """Return the folder with what the notebooks below `root` gave in the present state of the package."""
    return Path(root, "_build", "executed", source_state(root))


def kernel_environment(explore):
    """Return the variables with which kernels are started; `explore` figures come as "static" HTML or as "preview"."""
    return {"DLNOTES_EXPLORE": explore, "OPENBLAS_NUM_THREADS": "1"}  # one thread: sums in the same order everywhere


def _set_cache(app, config):
    path = os.environ.get("DLNOTES_EXECUTED")  # the state may have changed since tools/book.py executed the chapters
    config.nb_execution_cache_path = path or str(cache_path(app.srcdir))
    os.environ.update(kernel_environment(explore="static"))


def setup(app):
    app.connect("config-inited", _set_cache)
