"""Find the browser of the page tests. Run as a script: find it, or install one, or say what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
PLAYWRIGHTS_OWN = [
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def find_browser():
    """Return the path of Chromium or Chrome: the environment variable CHROMIUM, or where it usually is.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    if "CHROMIUM" in os.environ:
        candidates = [os.environ["CHROMIUM"]]
    else:
        candidates = [*NAMES, MACOS, *(str(path) for pattern in PLAYWRIGHTS_OWN for path in Path.home().glob(pattern))]
    for candidate in candidates:
        path = shutil.which(candidate)
        if path:
            return path
    raise FileNotFoundError(
        f"no browser for the page tests, looked for {', '.join(candidates)}: "
        "install Chromium or Chrome, or set CHROMIUM to its path"
    )


def install_browser():
    """Install Chromium: with apt-get where that is allowed, else the one that Playwright offers."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        commands = [
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ]
    else:
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    for command in commands:
        print(f"No browser for the page tests yet: {' '.join(command)}", flush=True)
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)


def main():
    """Name the browser; return the exit status."""
    try:
        find_browser()
    except FileNotFoundError:
        install_browser()
    try:
        print(f"Browser of the page tests: {find_browser()}")
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
