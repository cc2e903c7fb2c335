"""Copies of the book to take along, and where the preface offers them.

`make zip` and `make pdf` put a copy beside the built pages. The preface names a copy only when it is there: `make book`
writes the pages without any.
"""

import re

from publish.project import SITE, VERSION, PublishError

NAMES = {
    f"dlnotes-{VERSION}.pdf": "The whole book as one PDF",
    f"dlnotes-{VERSION}.zip": "All pages in one archive, to be unpacked; begin with <code>index.html</code>",
}
PLACE = re.compile(r'<div class="copies[^>]*>.*?</div>', re.DOTALL)


def link_copies(site=SITE):
    """Let the preface of `site` offer the copies that lie there, and no other."""
    preface = site / "book" / "index.html"
    copies = {name: (site / name).stat().st_size for name in NAMES if (site / name).is_file()}
    html = with_copies(preface.read_text(encoding="utf-8"), copies)
    new = preface.with_suffix(".new")
    new.write_text(html, encoding="utf-8")
    new.replace(preface)


def with_copies(html, copies):
    """Return the text of the preface, offering `copies`, a dictionary from file names to their sizes in bytes."""
    if not PLACE.search(html):
        raise PublishError(
            'The preface has no place for the copies: book/index.md must hold <div class="copies"></div>.'
        )
    items = "".join(
        f'<li><a href="../{name}">{NAMES[name]}</a> ({name[-3:].upper()}, {size / 1e6:.1f} MB)</li>'
        for name, size in copies.items()
    )
    offer = f"<p>To keep, and to read without a network:</p><ul>{items}</ul>" if items else ""
    return PLACE.sub(lambda _: f'<div class="copies">{offer}</div>', html, count=1)
