"""The build: what the pages show is what is stored, the same pages give the same files, and a failure says why."""

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish import execution
from publish.execution import execute
from publish.project import ROOT, SITE, PublishError, notebooks

# --- executing --------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path):
    """Execute a notebook of a title, a good cell, and a cell with this code; return the notebook."""

    def run(code):
        notebook = new_notebook(cells=[new_markdown_cell("# Title"), new_code_cell("2"), new_code_cell(code)])
        execute(notebook, tmp_path / "chapter.ipynb")
        return notebook

    return run


def test_printed_pieces_are_one_text(run):
    code = "import time\nprint('loss   ', end='', flush=True)\ntime.sleep(0.3)\nprint('\\n\\n  7   6.9')"

    (output,) = run(code).cells[2].outputs

    assert output.text == "loss   \n\n  7   6.9\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero\n"),
        ("import sys\nprint('careful', file=sys.stderr)", "writes to stderr, where a page has none:\n\ncareful"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "its Python died"),
        ("while True:\n    pass", "it ran longer than 3 s, the limit for a cell"),
    ],
)
def test_a_failing_cell_is_named_with_its_reason(run, monkeypatch, capfd, code, message):
    monkeypatch.setattr(execution, "CELL_TIMEOUT", 3)

    with pytest.raises(PublishError) as caught:
        run(code)

    assert "chapter.ipynb, cell 3" in str(caught.value)
    assert message in str(caught.value)
    assert capfd.readouterr().err == ""


# --- the built pages --------------------------------------------------------------------------------------------------


def printed(cell):
    """Return the texts that a stored cell shows."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        elif {"text/html", "image/png"}.isdisjoint(output.data):
            yield output.data["text/plain"] + "\n"


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_every_printed_text_on_the_page_is_the_stored_one(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    page = BeautifulSoup((SITE / path.relative_to(ROOT)).with_suffix(".html").read_text("utf-8"), "html.parser")
    shown = [[text.get_text() for text in cell.select(".output pre")] for cell in page.select("article div.cell")]

    assert len(shown) == len(cells)
    for cell, texts in zip(cells, shown, strict=True):
        if "nbval-ignore-output" not in cell.metadata.get("tags", []):
            assert texts == list(printed(cell)), cell.source
