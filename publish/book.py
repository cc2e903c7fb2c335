"""Build the book into ``_build/html``: all of it, or nothing.

First the chapters whose code, package or versions have changed are executed, side by side; then Jupyter Book writes the
pages into a work folder, every warning an error; only a complete site takes the place of the last one.

``python -m publish.book --output _build/draft relu`` builds a draft elsewhere: only these chapters and the back matter,
as far as they exist, and warnings (of references to other chapters, say) are shown but don't stop it.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

from publish.execution import cache_path, execute, kernel_environment
from publish.project import ROOT, PublishError, alone, notebooks, read_toc, read_yaml, toc_files


def main():
    """Build what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", help="only these chapters, by file name without .ipynb")
    parser.add_argument("--output", type=Path, default=ROOT / "_build", help="folder for the site and the work")
    options = parser.parse_args()
    output = options.output.resolve()
    try:
        with alone(output):
            build(output, options.chapters)
    except (PublishError, OSError) as error:
        left = f" {output / 'html'} is the last complete one." if (output / "html").exists() else ""
        print(f"\n{error}\n\nThe book was NOT built.{left}", file=sys.stderr)
        return 1
    return 0


def build(output, chapters=()):
    """Build the book below `output`, unless what lies there is up to date."""
    started = time.monotonic()
    site, stamp = output / "html", output / "html.state"
    toc = table_of_contents(chapters) if chapters else read_toc()
    state = inputs_state(toc)
    if stamp.is_file() and stamp.read_text() == state and site.is_dir():
        print(f"The book is up to date: {site / 'index.html'}")
        return

    stamp.unlink(missing_ok=True)
    cache = execute_stale(notebooks(toc), output)
    new_site = write_pages(output / "work", toc, cache, draft=bool(chapters))
    previous = output / "html.previous"
    shutil.rmtree(previous, ignore_errors=True)
    if site.exists():
        site.rename(previous)
    new_site.rename(site)
    made_of_it = {"lite": "live", "*.zip": "zip", "*.pdf": "pdf"}
    gone = [target for pattern, target in made_of_it.items() if any(previous.glob(pattern))]
    shutil.rmtree(previous, ignore_errors=True)
    stamp.write_text(state)
    print(f"Built in {time.monotonic() - started:.0f} s. Open {site / 'index.html'} in a browser.")
    if gone:
        print(f"What was made of the last pages has gone with them; to have it again: make {' '.join(gone)}")


def table_of_contents(chapters):
    """Return the contents of a draft: of the numbered chapters only these, of the back matter what there is."""
    toc = read_toc()
    known = {Path(name).name for name in toc_files(toc)}
    if unknown := set(chapters) - known:
        raise PublishError(f"No such chapter: {', '.join(sorted(unknown))}. There are {', '.join(sorted(known))}.")
    for part in toc["parts"]:
        part["chapters"] = [
            entry
            for entry in part["chapters"]
            if Path(entry["file"]).name in chapters
            or (not part.get("numbered") and list(ROOT.glob(f"{entry['file']}.*")))
        ]
    toc["parts"] = [part for part in toc["parts"] if part["chapters"]]
    return toc


def inputs_state(toc):
    """Name the state of everything the site is made from."""
    digest = hashlib.sha256(yaml.safe_dump(toc).encode())
    folders = [ROOT / name for name in ("book", "src/dlnotes", "publish", "benchmarks")]
    files = [path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts]
    files += [
        ROOT / name
        for name in ("_config.yml", "requirements.txt", "constraints.txt", "package-lock.json", "pyproject.toml")
    ]
    for path in sorted(path for path in files if path.is_file() and ".ipynb_checkpoints" not in path.parts):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def execute_stale(notebooks, output):
    """Execute the notebooks that the cache lacks, as many at a time as there are processors; return the cache.

    Drafts share the cache of the book; an `output` elsewhere has its own, and nothing is written into the project.
    """
    build = ROOT / "_build"
    path = cache_path(ROOT, build if output.is_relative_to(build) else output)
    os.environ.update(kernel_environment(explore="static"))
    for old in path.parent.glob("*"):
        if old != path and time.time() - old.stat().st_mtime > 3600:  # someone may be building with a younger one
            shutil.rmtree(old)
    cache = get_cache(path)
    stale = {}
    for notebook in notebooks:
        content = nbformat.read(notebook, nbformat.NO_CONVERT)
        try:
            cache.match_cache_notebook(content)
            print(f"  {notebook.stem}: unchanged", flush=True)
        except KeyError:
            stale[notebook] = content

    failures = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {pool.submit(execute, content, notebook): notebook for notebook, content in stale.items()}
        if runs:
            print(f"Executing {', '.join(notebook.stem for notebook in stale)} ...", flush=True)
        for run in as_completed(runs):
            notebook = runs[run]
            try:
                seconds = run.result()
            except PublishError as error:
                failures.append(str(error))
                print(f"  {notebook.stem}: FAILED", flush=True)
            else:
                bundle = CacheBundleIn(stale[notebook], str(notebook), data={"execution_seconds": seconds})
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
                print(f"  {notebook.stem}: executed in {seconds:.1f} s", flush=True)
    if failures:
        raise PublishError("\n\n".join(failures))
    return path


def write_pages(work, toc, cache, draft):
    """Let Jupyter Book write the site into the folder `work`; return the folder of the pages."""
    print("Writing the pages ...", flush=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    toc_path = work / "_toc.yml"
    toc_path.write_text(yaml.safe_dump(toc, sort_keys=False), encoding="utf-8")
    config = read_yaml("_config.yml")
    config["execute"]["cache"] = str(cache)
    config["sphinx"]["local_extensions"] = dict.fromkeys(config["sphinx"]["local_extensions"], str(ROOT))
    config_path = work / "_config.yml"
    config_path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    jupyter_book = Path(sys.executable).with_name("jupyter-book")  # run by this Python, whatever its first line says
    command = [sys.executable, str(jupyter_book), "build", str(ROOT)]
    command += ["--path-output", str(work), "--toc", str(toc_path)]
    command += ["--config", str(config_path)]
    command += ["--quiet"] if draft else ["--quiet", "--warningiserror", "--keep-going"]
    run = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    pages = work / "_build" / "html"
    if run.returncode or not (pages / "index.html").is_file():
        raise PublishError(readable(run.stdout) or f"Jupyter Book ended with status {run.returncode}, without a word.")
    if draft and "WARNING" in run.stdout:
        print(readable(run.stdout), flush=True)
    return pages


def readable(log):
    """Cut Sphinx's messages down to the problems, and name cells: MyST-NB counts 10 000 lines for each."""
    log = re.sub(r"\x1b\[[0-9;]*m", "", log).replace(f"{ROOT}/", "")
    log = re.sub(r"^.*\bOutput Path: [^\n]*", "", log, flags=re.DOTALL)
    log = re.sub(r"\.ipynb:(\d+)(\d{4})\b", lambda m: f".ipynb, cell {m[1]}, line {int(m[2])}", log)
    problems = re.split(r"\n=====+\n|\nTraceback ", log)[0]
    return problems.strip() or log.strip()


if __name__ == "__main__":
    sys.exit(main())
