"""Make the README's picture, ``.github/readme.png``, from the book that ``make book`` has built."""

import argparse
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from publish.browser import ARGUMENTS, find_browser
from publish.project import ROOT, SITE

TARGET = ROOT / ".github" / "readme.png"


def main():
    """Show the first figure with sliders of a page, the page around it, and store it in few colours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, default=SITE, help="folder of the built book")
    parser.add_argument("--page", default="book/gradient_descent.html")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser("chromium"), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1180, "height": 900})
        page.goto((options.site / options.page).resolve().as_uri(), wait_until="networkidle")
        page.locator("figure:has(.dl-controls) figcaption").first.evaluate("caption => caption.scrollIntoView(false)")
        picture = page.screenshot()
        browser.close()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(128).save(TARGET, optimize=True)
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
