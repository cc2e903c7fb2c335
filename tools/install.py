"""Install what the book needs into ``.venv`` and ``node_modules``, or say in one message why that fails.

Needs nothing but Python itself, and runs far enough on an old one to say that it is too old.
"""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "bin")

# What pip and npm say when they reach nobody.
NO_NETWORK = (
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeout",
    "ReadTimeout",
    "ProxyError",
    "Network is unreachable",
    "ENOTFOUND",
    "ECONNREFUSED",
    "EAI_AGAIN",
    "ETIMEDOUT",
)


def main():
    """Install everything; stop with a message at the first step that fails."""
    if sys.version_info < (3, 11):  # noqa: UP036
        version = ".".join(map(str, sys.version_info[:3]))
        stop(f"The book needs Python 3.11 or newer, and this is {version}.\nTry: make PYTHON=python3.12 book")
    check_place()
    print("Installing into .venv and node_modules: once, one to three minutes ...", flush=True)
    if not works():
        run(
            "python -m venv",
            sys.executable,
            "-m",
            "venv",
            "--clear",
            ".venv",
            hint="On Debian: apt install python3-venv",
        )
    pip = [os.path.join(BIN, "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run("pip install", *pip, "--requirement", "requirements.txt", "--constraint", "constraints.txt", "--editable", ".")
    pip_download = [pip[0], "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    wheels = ["--require-hashes", "--requirement", "publish/lite.txt", "--dest", os.path.join(".venv", "live")]
    run("pip download", *pip_download, *wheels)
    jupyterlite = "@jupyterlite/pyodide-kernel-extension"  # not for JupyterLab itself, where it only complains
    run("labextension", os.path.join(BIN, "jupyter"), "labextension", "disable", "--level=sys_prefix", jupyterlite)
    run("npm ci", os.path.join(BIN, "npm"), "ci", "--loglevel", "error")
    with open(os.path.join(VENV, "installed"), "w", encoding="utf-8") as stamp:  # the Makefile compares it
        stamp.write(ROOT)


def check_place():
    """Stop if ``.venv`` leads nowhere, or is that of another folder: its commands name their Python by its path."""
    if os.path.lexists(VENV) and not os.path.isdir(VENV):
        stop(".venv is no folder, or a link to a folder that is gone. Delete it: rm .venv")
    pip = os.path.join(BIN, "pip")
    if os.path.exists(pip):
        with open(pip, encoding="utf-8", errors="surrogateescape") as command:
            if BIN not in command.read():
                stop(".venv was made in another folder, before this one was moved or copied. Delete it: rm -r .venv")


def works():
    """Say whether the Python in ``.venv`` runs, and has pip: installing may have been stopped, or Python replaced."""
    try:
        python = [os.path.join(BIN, "python"), "-c", "import pip"]
        return subprocess.call(python, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def run(name, *command, hint=""):
    """Run one step quietly; if it fails, stop with what it said."""
    environment = dict(os.environ, PATH=BIN + os.pathsep + os.environ.get("PATH", ""))
    step = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if step.returncode == 0:
        return
    if any(sign in step.stdout for sign in NO_NETWORK):
        stop(f"{name}: no connection to the package index.\nInstalling needs the network, once. Nothing was built.")
    stop("\n".join([f"{name} failed:", *step.stdout.splitlines()[-15:], hint]))


def stop(message):
    """End with a message and a failing status."""
    sys.exit(f"\n{message.strip()}\n")


if __name__ == "__main__":
    main()
