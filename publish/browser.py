"""Find the browsers of the page tests. Run as a script: find those named, or install them, or say what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = {
    "chromium": [
        *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ],
    "firefox": ["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"],
}
PLAYWRIGHTS_OWN = [
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
]
PACKAGES = {"chromium": "chromium", "firefox": "firefox-esr"}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]  # for Chromium


def find_browser(engine):
    """Return the path of a browser: the environment variable CHROMIUM or FIREFOX, or where it usually is.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    variable = engine.upper()
    if variable in os.environ:
        candidates = [os.environ[variable]]
    else:
        candidates = list(NAMES[engine])
        if engine == "chromium":
            candidates += [str(path) for pattern in PLAYWRIGHTS_OWN for path in Path.home().glob(pattern)]
    for candidate in candidates:
        path = shutil.which(candidate)
        if path:
            return path
    raise FileNotFoundError(
        f"no browser for the page tests, looked for {', '.join(candidates)}: "
        f"install {engine.capitalize()}, or set {variable} to its path"
    )


def install_browser(engine):
    """Install a browser: with apt-get where that is allowed, else the Chromium that Playwright offers."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        commands = [
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGES[engine]],
        ]
    elif engine == "chromium":
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    else:
        commands = []  # Playwright's Firefox is one of its own making
    for command in commands:
        print(f"No browser for the page tests yet: {' '.join(command)}", flush=True)
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)


def main(engines):
    """Name the browsers; return the exit status."""
    for engine in engines:
        try:
            find_browser(engine)
        except FileNotFoundError:
            install_browser(engine)
        try:
            print(f"Browser of the page tests: {find_browser(engine)}")
        except FileNotFoundError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
