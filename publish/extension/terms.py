"""Terms explain themselves: a page carries the definitions of the terms it links to; ``terms.js`` shows them.

The definitions are taken from the built glossary, formulas, Chinese marks and all, and stand in a ``<template>`` at the
end of the page, where nothing shows or reads them until the script does. Without it the links lead to the glossary.
"""

import re
from pathlib import Path

from bs4 import BeautifulSoup

GLOSSARY = "glossary.html"


def definitions(html):
    """Return what the glossary says about each term, as HTML without links, by the term's id."""
    found = {}
    article = BeautifulSoup(html[html.index("<article") : html.index("</article>")], "html.parser")
    for term in article.select("dl.glossary > dt[id]"):
        content = term.find_next_sibling("dd")
        for link in content.find_all("a"):
            link.unwrap()
        found[term["id"]] = f"<p><strong>{term.find(string=True)}</strong></p>{content.decode_contents()}"
    return found


def with_definitions(html, found):
    """Return a page with a template for each term that it links to."""
    links = re.findall(rf'href="(?:{re.escape(GLOSSARY)})?#(term-[^"]+)"><span class="xref std std-term', html)
    templates = [f'<template data-term="{key}">{found[key]}</template>' for key in dict.fromkeys(links) if key in found]
    return html.replace("</article>", f"</article>{''.join(templates)}", 1)


def _explain(app, exception):
    if exception or app.builder.format != "html":
        return
    for glossary in Path(app.outdir).rglob(GLOSSARY):
        found = definitions(glossary.read_text(encoding="utf-8"))
        for page in glossary.parent.glob("*.html"):
            page.write_text(with_definitions(page.read_text(encoding="utf-8"), found), encoding="utf-8")


def setup(app):
    app.connect("build-finished", _explain)
