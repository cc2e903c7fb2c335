"""The built site, for the tests that open it in a browser."""

from publish.project import read_toc, toc_files


def pages(numbered_only=False):
    """Every page of the table of contents, or every numbered chapter, as its path below the site."""
    return [f"{file}.html" for file in toc_files(read_toc(), numbered_only)]


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
