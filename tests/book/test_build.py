"""The build: what the pages show is what is stored, the same pages give the same files, and a failure says why."""

import datetime
import re
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest
from bs4 import BeautifulSoup
from built import pages, wrong_children
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pypdf import PdfReader

from publish import book, execution, pdf
from publish.execution import execute
from publish.project import ROOT, SITE, VERSION, PublishError, alone, notebooks, read_yaml

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


def described(figure):
    """Return what a stored notebook says in the place of a figure: its alt text, the settings, and its sentence."""
    note, sentence = figure.select_one(".dl-note"), figure.select_one(".dl-sentence")
    settings = re.fullmatch(r"The picture at (.*)\. To move the controls, .*", note.get_text()) if note else None
    lines = [f"[figure] {figure.svg['aria-label']}", settings and settings[1], sentence and sentence.get_text()]
    return "\n".join(line for line in lines if line)


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_every_text_on_the_page_is_the_stored_one(path):
    """So `make book`, which computes as this processor does, finds what is stored, and nbval need not look again."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    page = BeautifulSoup((SITE / path.relative_to(ROOT)).with_suffix(".html").read_text("utf-8"), "html.parser")

    for cell, shown in zip(cells, page.select("article div.cell"), strict=True):
        assert [text.get_text() for text in shown.select(".output pre")] == list(printed(cell)), cell.source
        pictures = [output.data["text/plain"] for output in cell.outputs if "image/png" in output.get("data", {})]
        assert [described(figure) for figure in shown.select(".dlnotes-explore")] == pictures, cell.source


@pytest.mark.parametrize("path", pages())
def test_formulas_are_valid_mathml(path):
    assert wrong_children((SITE / path).read_text("utf-8")) == []


# --- building ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """A project of one file of each kind that makes the site; return its folder."""
    names = ["_config.yml", "pyproject.toml", "package-lock.json", "requirements.txt", "constraints.txt"]
    names += ["book/index.md", "book/relu.ipynb", "book/references.bib", "book/_static/page.js"]
    names += ["src/dlnotes/dense.py", "src/dlnotes/explore/player.css", "src/dlnotes/data/digits.npz"]
    names += ["publish/book.py", "publish/extension/question.py", "benchmarks/results.md", "benchmarks/growth.html"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    monkeypatch.setattr(book, "ROOT", tmp_path)
    return tmp_path


def test_a_change_of_any_input_is_noticed(inputs):
    files = [path for path in inputs.rglob("*") if path.is_file()]
    states = [book.inputs_state({})]
    for path in files:
        path.write_text("after")
        states.append(book.inputs_state({}))
    (inputs / "book" / "new.md").touch()
    states += [book.inputs_state({}), book.inputs_state({"root": "book/index"})]

    assert len(set(states)) == len(files) + 3


@pytest.mark.parametrize("name", ["README.md", "tests/test_dense.py", "publish/__pycache__/book.pyc"])
def test_what_the_site_is_not_made_of_does_not_build_it_anew(inputs, name):
    before = book.inputs_state({})
    (inputs / name).parent.mkdir(exist_ok=True)
    (inputs / name).touch()

    assert book.inputs_state({}) == before


def test_every_file_at_the_top_makes_the_site_or_is_known_not_to(inputs):
    """What is added there has to be looked at: does the site depend on it?"""
    others = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "LICENSE-text", "Makefile"}
    others |= {"_toc.yml", "package.json", "tests", "tools"}  # the contents are given; the lock file has the versions

    present = {path.name for path in ROOT.iterdir() if not path.name.startswith((".", "_build", "node_modules"))}

    assert present - others == {path.name for path in inputs.iterdir()} - others


def test_two_cannot_build_into_one_folder(tmp_path):
    code = "with alone(Path(sys.argv[1])):\n    print('locked', flush=True)\n    input()"
    imports = "import sys\nfrom pathlib import Path\nfrom publish.project import alone\n"
    command = [sys.executable, "-c", imports + code, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        first.stdout.readline()
        refused = rf"Process {first.pid} is writing into .*: wait until it has ended"
        with pytest.raises(PublishError, match=refused), alone(tmp_path):
            pass
        first.kill()
    with alone(tmp_path):  # a lock is never left behind
        pass


def test_an_output_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "publish.book", "--output", str(tmp_path / "file" / "site")]
    build = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert build.returncode == 1
    assert build.stderr == f"\n[Errno 20] Not a directory: '{tmp_path}/file/site'\n\nThe book was NOT built.\n"


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ("sh: 1: exec: /gone/python: not found\n", "sh: 1: exec: /gone/python: not found"),
        ("Source Folder: /a\nOutput Path: /b\nOutput Path: /c\nbook/a.md:3: WARNING: x\n", "book/a.md:3: WARNING: x"),
        ("Output Path: /b\nbook/a.ipynb:40012: WARNING: x", "book/a.ipynb, cell 4, line 12: WARNING: x"),
        ("Output Path: /b\nWARNING: x\n=====\n\nTraceback (most\n", "WARNING: x"),
    ],
)
def test_the_log_is_cut_down_to_the_problems(log, shown):
    assert book.readable(log) == shown


# --- the copies -------------------------------------------------------------------------------------------------------


def test_the_same_page_gives_the_same_pdf(chromium, tmp_path):
    source = tmp_path / "page.html"
    source.write_text("<html lang=en><title>A page</title><h1>One</h1><p>Text.</p>", encoding="utf-8")
    for number in "12":
        pdf.print_pdf(chromium, source, tmp_path / number)
    metadata = PdfReader(tmp_path / "1").metadata

    assert metadata.creation_date.date() == read_yaml("CITATION.cff")["date-released"]
    assert metadata.creation_date.time() == datetime.time()
    assert metadata.modification_date == metadata.creation_date
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_the_archive_holds_the_pdf_that_lies_beside_it():
    with zipfile.ZipFile(SITE / f"dlnotes-{VERSION}.zip") as archive:
        packed = archive.read(f"dlnotes-{VERSION}/dlnotes-{VERSION}.pdf")

    assert packed == (SITE / f"dlnotes-{VERSION}.pdf").read_bytes()


# --- installing -------------------------------------------------------------------------------------------------------


@pytest.fixture
def install(tmp_path):
    """Install in a folder with nothing but the script, which then fails at the requirements; return what it says."""

    def install():
        (tmp_path / "tools").mkdir()
        shutil.copy(ROOT / "tools" / "install.py", tmp_path / "tools")
        command = [sys.executable, "tools/install.py"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stderr

    return install


def test_an_environment_that_leads_nowhere_is_refused(install, tmp_path):
    (tmp_path / ".venv").symlink_to("nowhere")

    assert install() == "\n.venv is no folder, or a link to a folder that is gone. Delete it: rm .venv\n\n"


def test_an_environment_of_another_folder_is_refused(install, tmp_path):
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "pip").write_text("#!/before/it/was/moved/.venv/bin/python\n")

    assert "made in another folder, before this one was moved or copied. Delete it: rm -r .venv" in install()


def test_half_an_environment_is_made_anew(install, tmp_path):
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "pip").write_text(f"#!{tmp_path}/.venv/bin/python\n")

    assert "pip install failed" in install()
    assert (tmp_path / ".venv" / "pyvenv.cfg").is_file()
