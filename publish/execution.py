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
from concurrent.futures import ThreadPoolExecutor
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


def cache_path(root, build="_build"):
    """Return the folder in `build` with what the notebooks below `root` gave in the present state of the package."""
    return Path(root, build, "executed", source_state(root))


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
        If a cell raises, writes to stderr, or needs longer than `CELL_TIMEOUT`; the message names it.
    """
    started = time.monotonic()
    running = []  # the cells that were begun, by their numbers
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,  # what a cell prints is one text, in however many messages it comes
        on_cell_start=lambda cell, cell_index: running.append(cell_index + 1),
        extra_arguments=["--log-level=50"],  # the kernel speaks of its own TCP connection, and of being stopped
    )
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    try:
        with ThreadPoolExecutor(1) as thread:  # the caller may have an event loop of its own
            thread.submit(asyncio.run, client.async_execute(env=dict(os.environ, **environment))).result()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        where = f"{name}, cell {running[-1]}" if running else str(name)
        raise PublishError(f"{where}: {reason(notebook, error)}") from error
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise PublishError(f"{name}, cell {number} writes to stderr, where a page has none:\n\n{output.text}")
    return time.monotonic() - started


def reason(notebook, error):
    """Say why a cell failed: the limit, the kernel, or its own traceback."""
    if isinstance(error, CellTimeoutError):
        return f"it ran longer than {CELL_TIMEOUT} s, the limit for a cell: let it compute less."
    if isinstance(error, DeadKernelError):
        return "its Python died, as it does when the memory is full: let it hold less at a time."
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    raised = next(output for output in outputs if output.output_type == "error")
    traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(raised.traceback))
    return f"{raised.ename}: {raised.evalue}\n\n{traceback}"
