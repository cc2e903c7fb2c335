"""The built site, for the tests that open it in a browser."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"


def pages(numbered_only=False):
    """Every page of the table of contents, or every numbered chapter, as its path below the site."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    parts = [part for part in toc["parts"] if part.get("numbered") or not numbered_only]
    files = [chapter["file"] for part in parts for chapter in part["chapters"]]
    return [f"{file}.html" for file in (files if numbered_only else [toc["root"], *files])]


def visit(context, address, path):
    """Open a page of the site in a window; keep a record of answers and complaints."""
    page = context.new_page()
    page.complaints, page.answers = [], []
    page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("requestfailed", lambda request: page.complaints.append(f"failed: {request.url}"))
    page.on("response", lambda response: page.answers.append(response))
    page.goto(address + path)
    return page
