"""The chapters as notebooks that run elsewhere: plain Markdown, no outputs, and a first cell that says what it needs.

They lie in ``notebooks`` beside the pages, and with them the package, which a notebook installs when it is missing.
"""

from pathlib import Path

import nbformat
from sphinx.util import logging

from publish import colab_binder
from publish.lite import JUPYTER, dlnotes_wheel, live_copy
from publish.plain_markdown import PlainMarkdown
from publish.project import ROOT, notebooks

logger = logging.getLogger(__name__)

FOLDER = "notebooks"
PLACE = '<div class="package"></div>'
ABOUT = (
    "**This is a copy of the chapter to run and to change.**\n"
    "It needs Python 3.11 or newer with Jupyter, and `dlnotes`, the package of the book.\n"
)


def first_cells(wheel, repository=None):
    """Return the cells that say what a downloaded notebook needs, and install what is missing.

    Parameters
    ----------
    wheel : str
        The name of the file that holds the package.
    repository : str, optional
        "owner/name" on GitHub: then the package comes from there, and no file is needed.
    """
    if repository:
        about, package = f"{ABOUT}The next cell installs it if it is missing.", colab_binder.package(repository)
    else:
        about = (
            f"{ABOUT}Save `{wheel}`, which the preface of the book offers, beside this notebook.\n"
            "The next cell installs it if it is missing."
        )
        package = f"./{wheel}"
    return [
        nbformat.v4.new_markdown_cell(about, id="copy-about"),
        nbformat.v4.new_code_cell(
            f'try:\n    import dlnotes\nexcept ImportError:\n    %pip install -q "{package}"', id="copy-setup"
        ),
    ]


def _write(app, exception):
    """Write the notebooks and the package, and let the preface offer the package."""
    if exception or app.builder.format != "html" or Path(app.srcdir) != ROOT:
        return
    site = Path(app.outdir)
    pages = {path: site / path.relative_to(ROOT).with_suffix(".html") for path in notebooks()}
    pages = {path: page for path, page in pages.items() if page.is_file()}  # a draft has not all
    folder = site / FOLDER
    folder.mkdir(exist_ok=True)
    wheel = dlnotes_wheel(folder)
    cells = first_cells(wheel.name, colab_binder.repository())
    plain = PlainMarkdown({path.stem: page for path, page in pages.items()}, ROOT / "book" / "references.bib")
    for path in pages:
        try:
            nbformat.write(live_copy(path, plain, cells, JUPYTER), folder / path.name)
        except ValueError as error:
            logger.warning(f"The notebook {path.name} can't be offered: {error}")
    preface = site / "book" / "index.html"
    link = f'<a href="../{FOLDER}/{wheel.name}" download>{wheel.name}</a>'
    text = preface.read_text(encoding="utf-8")
    preface.write_text(
        text.replace(
            PLACE, f'<div class="package"><p>The package as one file, for downloaded notebooks: {link}</p></div>'
        ),
        "utf-8",
    )


def setup(app):
    app.connect("build-finished", _write)
