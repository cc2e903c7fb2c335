"""Execute a notebook from top to bottom, and say clearly where it failed."""

import re
import sys
import time
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from dlnotes_book.execution import cache_path, kernel_environment  # noqa: E402

__all__ = ["ROOT", "NotebookError", "cache_path", "execute", "kernel_environment"]

CELL_TIMEOUT = 300  # seconds


class NotebookError(Exception):
    """A notebook failed; the message names the file, the cell and the error."""


def execute(notebook, path):
    """Execute `notebook` in place, in the folder of its file `path`; return the seconds it took.

    The environment variable ``DLNOTES_EXPLORE`` decides what its `explore` figures give.

    Raises
    ------
    NotebookError
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
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise NotebookError(describe(notebook, path, error)) from error
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
