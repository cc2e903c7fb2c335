"""The stored notebooks: canonical, executed, small, accessible, one sentence a line."""

import os
import platform
import re
import subprocess
import sys

import nbformat
import pytest

from publish.chapter_lint import longest_is_right, problems
from publish.execution import other_kernels
from publish.notebooks import canonical, dumps, store
from publish.project import ROOT, PublishError, notebooks

NOTEBOOKS = sorted((ROOT / "book").rglob("*.ipynb"))
CHAPTERS = notebooks(numbered_only=True)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_is_in_the_table_of_contents():
    assert set(NOTEBOOKS) == set(notebooks())


def test_is_canonical(path, notebook):
    assert path.read_text(encoding="utf-8") == dumps(canonical(notebook)), "run `make notebooks`"


def test_was_executed_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]

    assert counts == list(range(1, len(counts) + 1)), "run `make notebooks`"


def test_is_small(path):
    assert path.stat().st_size < 1_000_000


@pytest.mark.nbval
def test_nbval_finds_the_stored_outputs(path):
    """Executed anew, with the arithmetic of another processor where there is such a way.

    As this one does `make book` has computed, and test_build.py compares every text of its pages.
    """
    command = [sys.executable, "-m", "pytest", "--quiet", "--nbval", str(path)]
    environment = dict(os.environ, **other_kernels())
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_has_every_part_of_a_chapter(chapter):
    assert problems(nbformat.read(chapter, as_version=4)) == []


def test_the_longest_option_is_no_clue_across_the_book():
    found = [longest_is_right(nbformat.read(path, as_version=4)) for path in CHAPTERS]

    assert sum(count for count, _ in found) <= sum(chance for _, chance in found)


def test_pictures_are_png_with_a_description(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            assert not {"image/svg+xml", "application/vnd.jupyter.widget-view+json"} & data.keys()
            if "image/png" in data:
                description = data.get("text/plain", "")
                assert len(description) >= 30, f"{cell.id}: use show(figure, alt=...)"
                assert not description.startswith("<"), f"{cell.id}: use show(figure, alt=...)"


def test_prints_no_warning(notebook):
    for cell in code_cells(notebook):
        assert not [output.text for output in cell.outputs if output.get("name") == "stderr"], cell.id


def test_has_one_sentence_a_line(notebook):
    crowded = [line for cell in notebook.cells if cell.cell_type == "markdown" for line in crowded_lines(cell.source)]

    assert crowded == []


def test_every_cell_is_compared(notebook):
    assert not [
        cell.id for cell in code_cells(notebook) if any("nbval" in tag for tag in cell.metadata.get("tags", []))
    ]


def crowded_lines(source):
    """Return the lines of prose that hold more than one sentence."""
    source = re.sub(r"```.*?```|\$\$.*?\$\$", "", source, flags=re.DOTALL)
    source = re.sub(r"\$[^$\n]+\$|`[^`\n]+`", "x", source)
    prose = [line for line in source.splitlines() if not line.startswith(("|", "#", ":::"))]
    return [line for line in prose if re.search(r"[a-z0-9)*_][.!?][\"”)*_]* +[\"“(*_]*[A-Z][a-z]* ", unnumbered(line))]


def unnumbered(line):
    """Take the number off a list item, and the dots out of abbreviations."""
    return re.sub(r"\b(e\.g|i\.e|cf|vs|al|etc|Fig|Eq|No)\.", r"\1", re.sub(r"^\s*\d+\. ", "", line))


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("One sentence.\nAnother one.", 0),
        ("One sentence. Another one follows.", 1),
        ("1. No: it diverges.", 0),
        ("- It ends. This begins a second.", 1),
        ("At $x = 1. A$ we stop, e.g. Here we do.", 0),
        ("| a cell. With two | sentences. That is fine |", 0),
        ("```\nAny. Text here\n```", 0),
    ],
)
def test_crowded_lines(source, count):
    assert len(crowded_lines(source)) == count


@pytest.fixture
def untidy():
    """A notebook as an editor leaves it."""
    cell = nbformat.v4.new_code_cell("print(1)\nprint(2)", execution_count=1, id="first")
    cell.metadata = {"tags": ["hide-input"], "collapsed": False, "execution": {"iopub.execute_input": "2025"}}
    cell.outputs = [nbformat.v4.new_output("stream", text=text) for text in ("1\n", "2\n")]
    notebook = nbformat.v4.new_notebook(
        metadata={"widgets": {}, "kernelspec": {"name": "mine", "display_name": "Mine"}}
    )
    notebook.cells = [cell, nbformat.v4.new_code_cell("2", id="first")]
    return notebook


def test_canonical_drops_what_is_volatile(untidy):
    result = canonical(untidy)

    assert result.metadata.kernelspec.name == "python3"
    assert "widgets" not in result.metadata
    assert result.cells[0].metadata == {"tags": ["hide-input"]}


def test_canonical_joins_printed_pieces(untidy):
    assert [output.text for output in canonical(untidy).cells[0].outputs] == ["1\n2\n"]


def test_canonical_keeps_what_is_printed_and_what_warns_apart(untidy):
    streams = [("stdout", "1\n"), ("stderr", "careful\n"), ("stderr", "again\n"), ("stdout", "2\n")]
    untidy.cells[0].outputs = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in streams]

    outputs = canonical(untidy).cells[0].outputs

    expected = [("stdout", "1\n"), ("stderr", "careful\nagain\n"), ("stdout", "2\n")]
    assert [(output.name, output.text) for output in outputs] == expected


def test_canonical_keeps_valid_ids_and_makes_the_others_unique(untidy):
    first, second = canonical(untidy).cells

    assert first.id == "first"
    assert second.id != "first"
    assert second.id == canonical(untidy).cells[1].id


def test_canonical_is_idempotent_and_leaves_its_argument_alone(untidy):
    untidy.cells[1].id = "second"
    before = dumps(untidy)
    once = dumps(canonical(untidy))

    assert dumps(canonical(nbformat.reads(once, as_version=4))) == once
    assert dumps(untidy) == before


# --- the arithmetic of another processor --------------------------------------------------------------------


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """Return a function that writes a notebook of these cells."""
    monkeypatch.setenv("DLNOTES_EXPLORE", "preview")

    def write(*sources):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        path = tmp_path / "chapter.ipynb"
        nbformat.write(notebook, path)
        return path

    return write


PROCESSOR = "import os\nprint('digits:', os.environ.get('OPENBLAS_CORETYPE', 'mine'))"


def test_output_that_depends_on_the_processor_is_not_stored(chapter, monkeypatch):
    monkeypatch.setattr("publish.notebooks.other_kernels", lambda: {"OPENBLAS_CORETYPE": "other"})
    path = chapter("print(1)", PROCESSOR)
    before = path.read_bytes()

    with pytest.raises(PublishError, match=r"chapter\.ipynb, cell 2: (?s:.*)-digits: mine\n\+digits: other"):
        store(path)

    assert path.read_bytes() == before


def test_without_another_arithmetic_a_chapter_is_executed_once(chapter, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    path = chapter("with open('runs', 'a') as runs:\n    _ = runs.write('x')")

    assert store(path).endswith("stored")
    assert (path.parent / "runs").read_text() == "x"


def test_other_kernels_compute_with_what_every_processor_has():
    if platform.machine().lower() not in ("x86_64", "amd64"):
        assert other_kernels() == {}
        return
    code = "import numpy; print(numpy.show_config(mode='dicts')['SIMD Extensions'].get('found', []))"
    environment = dict(os.environ, OPENBLAS_VERBOSE="2", **other_kernels())
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"
    assert run.stderr == "Core: Nehalem\n"
