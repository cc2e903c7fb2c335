"""Find the browser of the page tests. Run as a script it says which one, or what to do."""

import os
import shutil
import sys

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def find_browser():
    """Return the path of Chromium or Chrome: the environment variable CHROMIUM, or where it usually is.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    candidates = [os.environ["CHROMIUM"]] if "CHROMIUM" in os.environ else [*NAMES, MACOS]
    for candidate in candidates:
        path = shutil.which(candidate)
        if path:
            return path
    raise FileNotFoundError(
        f"no browser for the page tests, looked for {', '.join(candidates)}: "
        "install Chromium or Chrome, or set CHROMIUM to its path"
    )


if __name__ == "__main__":
    try:
        print(f"Browser of the page tests: {find_browser()}")
    except FileNotFoundError as error:
        sys.exit(str(error))
