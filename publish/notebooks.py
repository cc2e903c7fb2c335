"""Execute the chapters and store them in their canonical form: ``make notebooks``, or with paths for single ones.

The stored outputs are what GitHub shows and what the tests compare. The canonical form keeps differences honest: the
same notebook always gives the same bytes. Every chapter is executed twice, the second time with the arithmetic of
another processor: what then prints something else is not stored.
"""

import argparse
import hashlib
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from difflib import unified_diff
from pathlib import Path

import nbformat

from publish.execution import execute, kernel_environment, other_kernels
from publish.project import ROOT, PublishError

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = {"tags"}  # the rest is an editor's, or volatile


def main():
    """Execute what the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, default=sorted((ROOT / "book").glob("*.ipynb")))
    paths = [path.resolve() for path in parser.parse_args().paths]
    os.environ.update(kernel_environment(explore="preview"))
    if not other_kernels():
        print("This processor can't compute as another does: each chapter is executed once.")
    status = 0
    with ThreadPoolExecutor(max(1, os.cpu_count() // 2)) as pool:  # each with two kernels
        for run in as_completed([pool.submit(store, path) for path in paths]):
            try:
                print(run.result(), flush=True)
            except PublishError as error:
                print(f"{error}\n\nThis notebook was left as it is.", file=sys.stderr)
                status = 1
    return status


def store(path):
    """Execute the notebook at `path` and write it back if that changes it; return a line that says so."""
    before = path.read_text(encoding="utf-8")
    notebook, again = (nbformat.reads(before, as_version=4) for _ in range(2))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(execute, notebook, path)
        if other_kernels():
            pool.submit(execute, again, path, **other_kernels()).result()
        seconds = first.result()
    if other_kernels():
        require_same_text(notebook, again, path)
    after = dumps(canonical(notebook))
    if after != before:
        path.write_text(after, encoding="utf-8")
    return f"{path.name}: {seconds:.1f} s, {'stored' if after != before else 'unchanged'}"


def require_same_text(notebook, again, path):
    """Raise `PublishError` at the first cell that printed something else the second time."""
    cells = zip(canonical(notebook).cells, canonical(again).cells, strict=True)
    for number, (cell, other) in enumerate(cells, 1):
        if cell.cell_type == "code" and texts(cell) != texts(other):
            changes = "\n".join(unified_diff(texts(cell), texts(other), "here", "there", n=0, lineterm=""))
            raise PublishError(
                f"{path.name}, cell {number}: on another processor it prints something else. "
                f"Print what is the same on both, or fewer digits.\n\n{changes}"
            )


def texts(cell):
    """Return the lines of everything in a cell's outputs that is text."""
    bundles = [output.get("data", {"text/plain": output.get("text", "")}) for output in cell.outputs]
    texts = [text for bundle in bundles for kind, text in bundle.items() if kind.startswith("text/")]
    return [line for text in texts for line in text.splitlines()]


def canonical(notebook):
    """Return a copy of `notebook` without anything volatile.

    Sources, outputs and execution counts stay as they are. Metadata is reduced to the kernel and to tags; cells
    keep valid ids and get steady ones otherwise; printed text that arrived in pieces is joined.
    """
    result = nbformat.from_dict({"cells": [], "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5})
    ids = set()
    for number, cell in enumerate(notebook.cells):
        cell = nbformat.from_dict(cell)
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in CELL_METADATA and value}
        if not re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", cell.get("id", "")) or cell.id in ids:
            cell.id = hashlib.sha256(f"{number} {cell.source}".encode()).hexdigest()[:8]
        ids.add(cell.id)
        if cell.cell_type == "code":
            cell.outputs = joined([canonical_output(output) for output in cell.outputs])
        result.cells.append(cell)
    return result


def canonical_output(output):
    """Drop what a notebook editor adds to an output."""
    if "metadata" in output:
        output.metadata.pop("needs_background", None)
    for kind, data in output.get("data", {}).items():
        if kind == "image/png":
            output.data[kind] = data.replace("\n", "")
    return output


def joined(outputs):
    """Join neighbouring pieces of printed text: where they were cut is chance."""
    result = []
    for output in outputs:
        last = result[-1] if result else None
        if last and last.output_type == output.output_type == "stream" and last.name == output.name:
            last.text += output.text
        else:
            result.append(output)
    return result


def dumps(notebook):
    """Return the text of the notebook's file: sorted keys, one space, a newline at the end."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


if __name__ == "__main__":
    sys.exit(main())
