"""Install what the book needs into ``.venv`` and ``node_modules``, or say in one message why that fails.

Needs nothing but Python itself, and runs far enough on an old one to say that it is too old.
"""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.path.join(ROOT, ".venv", "bin")

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
    print("Installing into .venv and node_modules: once, one to three minutes ...", flush=True)
    if not os.path.exists(os.path.join(BIN, "pip")):
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
