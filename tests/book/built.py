"""The built site, for the tests that open it in a browser."""

import re
from xml.etree import ElementTree

from publish.project import read_toc, toc_files


def pages(numbered_only=False):
    """Every page of the table of contents, or every numbered chapter, as its path below the site."""
    return [f"{file}.html" for file in toc_files(read_toc(), numbered_only)]


def wrong_children(html):
    """Return the elements of the formulas on a page that have too few or too many children to be valid MathML."""
    counts = dict.fromkeys(("msub", "msup", "munder", "mover", "mfrac", "mroot"), 2) | {"msubsup": 3, "munderover": 3}
    found = []
    for formula in re.findall(r"<math.*?</math>", html, re.DOTALL):
        for element in ElementTree.fromstring(formula).iter():
            count = counts.get(element.tag.rpartition("}")[2])
            if count and len(element) != count:
                found.append(ElementTree.tostring(element, "unicode"))
    return found


def lost(request):
    """Whether a request failed that a reader would miss; Chromium drops that for the icon when a page is left early."""
    return not request.url.endswith("favicon.svg") or "ERR_ABORTED" not in request.failure


def visit(context, address, path):
    """Open a page of the site in a window; keep a record of answers and complaints."""
    page = context.new_page()
    page.complaints, page.answers = [], []

    def complain(text):
        # Firefox counts the children of a formula now and then before all of them have arrived, and says so in the
        # console or as an error; `wrong_children` counts them in the whole page.
        if "Incorrect number of children" not in text:
            page.complaints.append(text)

    page.on("console", lambda message: complain(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complain(str(error)))
    page.on("requestfailed", lambda r: complain(f"failed: {r.url}") if lost(r) else None)
    page.on("response", lambda response: page.answers.append(response))
    page.goto(address + path)
    return page
