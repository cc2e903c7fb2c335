"""Put the live part beside the built book: JupyterLite with the chapters in ``_build/html/lite``, and links to it.

Everything is built aside in ``_build/live`` and then moved in: the live part is complete or not there. A page gets its
line "Open live" only now, so that no page offers what its site does not have. When `make book` writes the pages anew,
they come without it, and this script puts it in again.

The kernel is Pyodide. Its pages load it from its CDN, or, with ``--pyodide DIR``, from a copy of what they need of that
folder, and then the whole site works without a network.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat

from publish import colab_binder
from publish.local_pyodide import CORE_FILES, PACKAGES, check, package_files
from publish.plain_markdown import PlainMarkdown
from publish.project import BUILD, ROOT, SITE, VERSION, PublishError, alone, notebooks, run

WORK = BUILD / "live"
NOTEBOOKS = BUILD / "notebooks"  # for Colab and Binder
WHEELS = ROOT / ".venv" / "live"  # of publish/lite.txt, put there by tools/install.py
KERNEL = Path(sys.prefix, "share", "jupyter", "labextensions", "@jupyterlite", "pyodide-kernel-extension")
PYODIDE = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]["pyodide"]
CDN = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
APPS = ["notebooks", "tree"]
REPRODUCIBLE = {"SOURCE_DATE_EPOCH": "1767225600"}  # the same files give the same bytes
MEGABYTES = 28  # of the first visit, as tests/book/test_lite.py measures them

SETUP = [
    nbformat.v4.new_markdown_cell(
        "**This copy of the chapter runs in your browser.**\n"
        "Choose *Run → Run All Cells* in the menu; the first result takes half a minute to a minute.\n"
        "Cells that train a network take longer than on a computer's own Python, a few of them minutes.\n"
        "Change what you like: it is kept in this browser, and the book stays as it is.\n"
        "*Interrupt* can't stop a cell here: to stop one, reload the page, and run the cells again.\n"
        "To get the original back, delete this notebook under *File → Open…*, and open it again from its page.",
        id="live-about",
    ),
    nbformat.v4.new_code_cell(
        "%pip install -q dlnotes ipywidgets\n"
        "import logging\n\n"
        'logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it says that it lists its fonts',
        id="live-setup",
    ),
]

PYODIDE_KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
JUPYTER = {"name": "python3", "display_name": "Python 3", "language": "python"}


def main():
    """Build what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", help="of a draft that has only these chapters, by file name")
    parser.add_argument("--pyodide", type=Path, metavar="DIR", help=f"a folder with Pyodide {PYODIDE}")
    options = parser.parse_args()
    try:
        with alone(SITE.parent):
            pages = chapter_pages(options.chapters)
            lite = build(pages, options.pyodide and options.pyodide.resolve(), draft=bool(options.chapters))
            install(lite, pages)
    except (PublishError, OSError) as error:
        print(f"{error}\n\nThe live part was NOT built; {SITE} is as it was.", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in (SITE / "lite").rglob("*") if path.is_file())
    print(f"The live part, {size / 1e6:.0f} MB, is in {SITE / 'lite'}. `make serve` shows the book with it.")
    return 0


def chapter_pages(chapters=()):
    """Return the notebooks of the book, or of a draft with these chapters, each with its built page."""
    names = [path for path in notebooks() if not chapters or path.stem in chapters]
    pages = {path: SITE / path.relative_to(ROOT).with_suffix(".html") for path in names}
    if missing := [page.name for page in pages.values() if not page.is_file()]:
        raise PublishError(f"The book is not built, or without {', '.join(missing)}: run `make book` first.")
    return pages


def build(pages, pyodide, draft=False):
    """Build JupyterLite with copies of the notebooks in a folder aside; return that folder."""
    if pyodide:
        check(pyodide)
    if not KERNEL.is_dir() or len(list(WHEELS.glob("*.whl"))) < 3:
        raise PublishError(
            "JupyterLite is not installed, or not all of it: remove .venv/installed and run `make live`."
        )
    shutil.rmtree(WORK, ignore_errors=True)
    files, lite = WORK / "files", WORK / "lite"
    files.mkdir(parents=True)
    try:
        built = {path.stem: page for path, page in pages.items()}
        plain = PlainMarkdown(built, ROOT / "book" / "references.bib", draft)
        for path in pages:
            nbformat.write(live_copy(path, plain, SETUP, PYODIDE_KERNEL), files / path.name)
        write_notebooks_for_elsewhere(pages, plain)
    except ValueError as error:
        raise PublishError(error) from error

    wheels = [dlnotes_wheel(WORK), *sorted(WHEELS.glob("*.whl"))]
    widgets = [str(wheel) for wheel in wheels if wheel.name.startswith("jupyterlab_widgets")]
    write_json(WORK / "jupyter-lite.json", site_settings())
    # All cells are in the page, so that the browser's search and screen readers find them.
    write_json(WORK / "overrides.json", {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}})
    write_json(
        WORK / "jupyter_lite_config.json",
        {
            "LiteBuildConfig": {
                "apps": APPS,
                "contents": [str(files)],
                "output_dir": str(lite),
                "cache_dir": str(WORK / "cache"),
                "federated_extensions": [str(KERNEL), *widgets],
                "ignore_sys_prefix": ["federated_extensions"],  # whose widgets are newer
                "no_sourcemaps": True,
                "no_unused_shared_packages": True,
            },
            "PipliteAddon": {"piplite_urls": [str(wheel) for wheel in wheels]},
        },
    )
    run("jupyter", "lite", "build", cwd=WORK, **REPRODUCIBLE)
    shutil.copyfile(ROOT / "publish" / "lite.js", lite / "lite.js")
    for app in APPS:
        page = lite / app / "index.html"
        script = f'<script src="../lite.js" data-pyodide="{CDN}pyodide.js"></script>'
        page.write_text(page.read_text(encoding="utf-8").replace("<head>", f"<head>{script}", 1), encoding="utf-8")
    if pyodide:
        add_pyodide(lite, pyodide)
    return lite


def add_pyodide(lite, pyodide):
    """Put what the chapters need of the folder `pyodide` into the folder `lite`: its pages then load it from there."""
    own = lite / "static" / "pyodide"
    own.mkdir(parents=True)
    for name in [*CORE_FILES, *package_files(pyodide)]:
        shutil.copyfile(pyodide / name, own / name)
    settings = {lite / "jupyter-lite.json": "./", **{lite / app / "index.html": "../" for app in APPS}}
    for path, up in settings.items():
        text = path.read_text(encoding="utf-8").replace(f"{CDN}pyodide.js", f"{up}static/pyodide/pyodide.js")
        path.write_text(text, encoding="utf-8")


def live_copy(path, plain, setup, kernel):
    """Return a copy of the notebook `path` without outputs, in plain Markdown, that begins with the cells `setup`."""
    cells = [nbformat.from_dict(cell) for cell in nbformat.read(path, as_version=4).cells]
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = plain.convert(cell.source, path.stem)
    cells = [cell for cell in cells if cell.source]
    return nbformat.v4.new_notebook(cells=[*setup, *cells], metadata={"kernelspec": kernel})


def write_notebooks_for_elsewhere(pages, plain):
    """Write what the branch for Colab and Binder holds, if a repository is configured."""
    shutil.rmtree(NOTEBOOKS, ignore_errors=True)
    repository = colab_binder.repository()
    if repository is None:
        return
    NOTEBOOKS.mkdir(parents=True)
    for path in pages:
        copy = live_copy(path, plain, colab_binder.first_cells(repository), JUPYTER)
        nbformat.write(copy, NOTEBOOKS / path.name)
    (NOTEBOOKS / "requirements.txt").write_text(colab_binder.package(repository) + "\n", encoding="utf-8")


def dlnotes_wheel(folder):
    """Build the package, in a copy of its files, since building leaves traces; return the wheel, in `folder`."""
    with tempfile.TemporaryDirectory() as copy:
        source = Path(copy)
        shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy2(ROOT / name, source)
        pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
        run(*pip, "--wheel-dir", str(folder), str(source), **REPRODUCIBLE)
    return next(folder.glob("dlnotes-*.whl"))


def site_settings():
    """Return the settings of JupyterLite."""
    kernel = {
        "pyodideUrl": f"{CDN}pyodide.js",
        # Loaded side by side with the core, not one after the other.
        "loadPyodideOptions": {"packages": PACKAGES},
    }
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Deep Learning Notes",
            "appUrl": "./tree",
            "contentsStorageName": f"dlnotes {VERSION}",  # what a reader changed must not hide the next edition
            "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel},
        },
    }


def write_json(path, data):
    """Write `data` to the file `path`."""
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")


def install(lite, pages):
    """Move the folder `lite` into the site, then let each page offer it."""
    target, previous = SITE / "lite", WORK / "previous"
    if target.exists():
        target.rename(previous)
    lite.rename(target)
    for notebook, page in pages.items():
        html = re.sub(r"<!-- live -->.*?<!-- /live -->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        # below the first paragraph, which says what the chapter is about
        promise = html.index("<p>", html.index("</h1>", html.index("<article")))  # the reading time has a class
        first = html.index("</p>", promise) + len("</p>")
        new = page.with_suffix(".new")
        new.write_text(html[:first] + offer(notebook, page) + html[first:], encoding="utf-8")
        new.replace(page)
    shutil.rmtree(WORK)


def offer(notebook, page):
    """Return the line below the title of `page` that offers the live copy."""
    up = "../" * (len(page.relative_to(SITE).parts) - 1)
    repository = colab_binder.repository()
    others = colab_binder.links(repository, notebook.name) if repository else {}
    return (
        f'<!-- live --><p class="live"><a href="{up}lite/notebooks/index.html?path={notebook.name}" target="_blank">'
        f"Open live</a> Run and change this chapter in your browser, in a new tab. "
        f"The first visit loads about {MEGABYTES} MB, and the first result takes half a minute to a minute."
        + "".join(f' <a href="{address}" target="_blank">{place}</a>' for place, address in others.items())
        + f'</p><script src="{up}lite/lite.js"></script><!-- /live -->'
    )


if __name__ == "__main__":
    sys.exit(main())
