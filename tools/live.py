"""Put the live part beside the built book: JupyterLite with the chapters in ``_build/html/lite``, and links to it.

Everything is built aside in ``_build/live`` and then moved in: the live part is complete or not there. A page gets its
line "Open live" only now, so that no page offers what its site does not have. When `make book` writes the pages anew,
they come without it, and this script puts it in again.

The kernel is Pyodide. Its pages load it from its CDN, or, with ``--pyodide DIR``, from a copy of what they need of that
folder, and then the whole site works without a network.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import elsewhere
import nbformat
import yaml
from copies import ROOT, SITE, VERSION
from local_pyodide import CORE_FILES, PACKAGES, PyodideError, check, package_files
from plain_markdown import PlainMarkdown

WORK = ROOT / "_build" / "live"
NOTEBOOKS = ROOT / "_build" / "notebooks"  # for Colab and Binder
WHEELS = ROOT / ".venv" / "live"  # of tools/live.txt, put there by tools/install.py
KERNEL = Path(sys.prefix, "share", "jupyter", "labextensions", "@jupyterlite", "pyodide-kernel-extension")
PYODIDE = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]["pyodide"]
CDN = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
MEGABYTES = 28  # of the first visit, as tests/test_live.py measures them

SETUP = [
    nbformat.v4.new_markdown_cell(
        "**This copy of the chapter runs in your browser.**\n"
        "Choose *Run → Run All Cells* in the menu; the first result takes half a minute to a minute.\n"
        "Cells that train a network take longer than on a computer's own Python, a few of them minutes.\n"
        "Change what you like: it is kept in this browser, and the book stays as it is.",
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


class LiveError(Exception):
    """The live part can't be built; the message says why."""


def main():
    """Build what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pyodide", type=Path, metavar="DIR", help=f"a folder with Pyodide {PYODIDE}")
    options = parser.parse_args()
    try:
        pages = chapter_pages()
        lite = build(pages, options.pyodide and options.pyodide.resolve())
        install(lite, pages)
    except (LiveError, PyodideError) as error:
        print(f"{error}\n\nThe live part was NOT built; {SITE} is as it was.", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in (SITE / "lite").rglob("*") if path.is_file())
    print(f"The live part, {size / 1e6:.0f} MB, is in {SITE / 'lite'}. `make serve` shows the book with it.")
    return 0


def chapter_pages():
    """Return the notebooks of the book, each with its built page."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    pages = {ROOT / f"{file}.ipynb": SITE / f"{file}.html" for file in files if (ROOT / f"{file}.ipynb").is_file()}
    if missing := [page.name for page in pages.values() if not page.is_file()]:
        raise LiveError(f"The book is not built, or without {', '.join(missing)}: run `make book` first.")
    return pages


def build(pages, pyodide):
    """Build JupyterLite with copies of the notebooks in a folder aside; return that folder."""
    if pyodide:
        check(pyodide)
    if not KERNEL.is_dir() or len(list(WHEELS.glob("*.whl"))) < 3:
        raise LiveError("JupyterLite is not installed, or not all of it: remove .venv/installed and run `make live`.")
    shutil.rmtree(WORK, ignore_errors=True)
    files, lite = WORK / "files", WORK / "lite"
    files.mkdir(parents=True)
    try:
        plain = PlainMarkdown({path.stem: page for path, page in pages.items()}, ROOT / "book" / "references.bib")
        for path in pages:
            nbformat.write(live_copy(path, plain, SETUP, PYODIDE_KERNEL), files / path.name)
        write_notebooks_for_elsewhere(pages, plain)
    except ValueError as error:
        raise LiveError(error) from error

    wheels = [dlnotes_wheel(), *sorted(WHEELS.glob("*.whl"))]
    widgets = [str(wheel) for wheel in wheels if wheel.name.startswith("jupyterlab_widgets")]
    write_json(WORK / "jupyter-lite.json", site_settings(f"{'./static/pyodide/' if pyodide else CDN}pyodide.js"))
    # All cells are in the page, so that the browser's search and screen readers find them.
    write_json(WORK / "overrides.json", {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}})
    write_json(
        WORK / "jupyter_lite_config.json",
        {
            "LiteBuildConfig": {
                "apps": ["notebooks", "tree"],
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
    run("jupyter", "lite", "build")
    if pyodide:
        (lite / "static" / "pyodide").mkdir(parents=True)
        for name in [*CORE_FILES, *package_files(pyodide)]:
            shutil.copyfile(pyodide / name, lite / "static" / "pyodide" / name)
    shutil.copyfile(ROOT / "tools" / "live.js", lite / "live.js")
    for app in ("notebooks", "tree"):
        page = lite / app / "index.html"
        python = f"{'../static/pyodide/' if pyodide else CDN}pyodide.js"
        script = f'<script src="../live.js" data-pyodide="{python}"></script>'
        page.write_text(page.read_text(encoding="utf-8").replace("<head>", f"<head>{script}", 1), encoding="utf-8")
    return lite


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
    repository = elsewhere.repository()
    if repository is None:
        return
    NOTEBOOKS.mkdir(parents=True)
    for path in pages:
        copy = live_copy(path, plain, elsewhere.first_cells(repository), JUPYTER)
        nbformat.write(copy, NOTEBOOKS / path.name)
    (NOTEBOOKS / "requirements.txt").write_text(elsewhere.package(repository) + "\n", encoding="utf-8")


def dlnotes_wheel():
    """Build the package in a copy of its files, since building leaves traces; return the wheel."""
    source = WORK / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, source)
    run(
        sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(WORK), str(source)
    )
    return next(WORK.glob("dlnotes-*.whl"))


def site_settings(pyodide_url):
    """Return the settings of JupyterLite."""
    kernel = {
        "pyodideUrl": pyodide_url,
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


def run(*command):
    """Run a command of the environment quietly; if it fails, raise `LiveError` with what it said."""
    environment = dict(
        os.environ,
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        SOURCE_DATE_EPOCH="1767225600",  # the same files give the same bytes
    )
    step = subprocess.run(command, cwd=WORK, env=environment, capture_output=True, text=True, check=False)
    if step.returncode:
        raise LiveError("\n".join([f"{' '.join(command)} failed:", *(step.stdout + step.stderr).splitlines()[-15:]]))


def install(lite, pages):
    """Move the folder `lite` into the site, then let each page offer it."""
    target, previous = SITE / "lite", WORK / "previous"
    if target.exists():
        target.rename(previous)
    lite.rename(target)
    for notebook, page in pages.items():
        html = re.sub(r"<!-- live -->.*?<!-- /live -->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        # below the first paragraph, which says what the chapter is about
        first = html.index("</p>", html.index("</h1>", html.index("<article"))) + len("</p>")
        new = page.with_suffix(".new")
        new.write_text(html[:first] + offer(notebook, page) + html[first:], encoding="utf-8")
        new.replace(page)
    shutil.rmtree(WORK)


def offer(notebook, page):
    """Return the line below the title of `page` that offers the live copy."""
    up = "../" * (len(page.relative_to(SITE).parts) - 1)
    repository = elsewhere.repository()
    others = elsewhere.links(repository, notebook.name) if repository else {}
    return (
        f'<!-- live --><p class="live"><a href="{up}lite/notebooks/index.html?path={notebook.name}" target="_blank">'
        f"Open live</a> Run and change this chapter in your browser, in a new tab. "
        f"The first visit loads about {MEGABYTES} MB, and the first result takes half a minute to a minute."
        + "".join(f' <a href="{address}" target="_blank">{place}</a>' for place, address in others.items())
        + f'</p><script src="{up}lite/live.js"></script><!-- /live -->'
    )


if __name__ == "__main__":
    sys.exit(main())
