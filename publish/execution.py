"""Execute a notebook from top to bottom, say clearly where it failed, and know when it has to be done again.

jupyter-cache knows a notebook by its code cells. What they import from ``dlnotes`` changes their outputs too, so every
state of the package, of the versions it runs with and of this file has a cache of its own.
"""

import asyncio
import hashlib
import os
import platform
import re
import time
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from publish.project import ROOT, PublishError

CELL_TIMEOUT = 300  # seconds


def source_state(root):
    """Name the present state of the package and the pinned versions below `root`, in 12 hexadecimal digits."""
    package = Path(root, "src", "dlnotes")
    sources = [path for path in package.rglob("*") if path.suffix == ".py" or path.parent.name == "data"]
    digest = hashlib.sha256()
    for path in [*sorted(sources), Path(root, "requirements.txt"), Path(root, "publish", "execution.py")]:
        if path.is_file():
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def cache_path(root):
    """Return the folder with what the notebooks below `root` gave in the present state of the package."""
    return Path(root, "_build", "executed", source_state(root))


def kernel_environment(explore):
    """Return the variables with which kernels are started; `explore` figures come as "static" HTML or as "preview"."""
    return {"DLNOTES_EXPLORE": explore, "OPENBLAS_NUM_THREADS": "1"}  # one thread: sums in the same order everywhere


def other_kernels():
    """Return the variables with which a kernel computes as on another processor, or none where there is no such way.

    Then OpenBLAS and NumPy use what every processor of this kind has, the instructions of 2008: sums are made in
    another order, and exp and tanh differ in the last bit. NumPy's names are those of its version 2.4.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return {}
    return {"OPENBLAS_CORETYPE": "Nehalem", "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"}


def execute(notebook, path, **environment):
    """Execute `notebook` in place, in the folder of its file `path`; return the seconds it took.

    Its kernel is started with the variables `environment` besides.

    The environment variable ``DLNOTES_EXPLORE`` decides what its `explore` figures give.

    Raises
    ------
    PublishError
        If a cell raises, or needs longer than `CELL_TIMEOUT`.
    """
    started = time.monotonic()
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        record_timing=False,
        extra_arguments=["--log-level=40"],  # the kernel warns of its own TCP connection
    )
    try:
        asyncio.run(client.async_execute(env=dict(os.environ, **environment)))
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise PublishError(describe(notebook, path, error)) from error
    return time.monotonic() - started


def describe(notebook, path, error):
    """Say in which cell the notebook failed, and how."""
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback))
                return f"{name}, cell {number}: {output.ename}: {output.evalue}\n\n{traceback}"
    return f"{name}: {error}"
