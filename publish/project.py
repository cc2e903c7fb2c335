"""Where things are, which chapters there are, and the one exception of those who publish them."""

import fcntl
import os
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.get("DLNOTES_BUILD", ROOT / "_build")).resolve()  # `make check` has a folder of its own
SITE = BUILD / "html"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


class PublishError(Exception):
    """The book, or a copy of it, can't be made; the message says where and why, and what to do."""


def read_yaml(name):
    """Return the contents of a YAML file at the top of the project."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def read_toc():
    """Return the contents of ``_toc.yml``."""
    return read_yaml("_toc.yml")


def toc_files(toc, numbered_only=False):
    """Return the files of a table of contents, without extension, in reading order: all, or the numbered chapters."""
    parts = [part for part in toc["parts"] if part.get("numbered") or not numbered_only]
    return [*([] if numbered_only else [toc["root"]]), *(entry["file"] for part in parts for entry in part["chapters"])]


def notebooks(toc=None, numbered_only=False):
    """Return the paths of the notebooks in reading order; not every page is one."""
    paths = [ROOT / f"{file}.ipynb" for file in toc_files(toc or read_toc(), numbered_only)]
    return [path for path in paths if path.is_file()]


@contextmanager
def alone(folder):
    """Write into the build folder `folder` while no other process does; the lock goes with the process that holds it.

    Raises
    ------
    PublishError
        If another process is writing there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "a+", encoding="utf-8") as lock:
        lock.seek(0)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PublishError(f"Process {lock.read()} is writing into {folder}: wait until it has ended.") from error
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def run(*command, cwd=ROOT, **environment):
    """Run a command of the project's environment quietly, with these variables besides.

    Raises
    ------
    PublishError
        If it fails; the message holds the last of what it said.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = dict(os.environ, PATH=path, **environment)
    step = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if step.returncode:
        raise PublishError("\n".join([f"{' '.join(command)} failed:", *(step.stdout + step.stderr).splitlines()[-15:]]))
