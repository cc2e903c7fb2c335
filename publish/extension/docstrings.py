"""The works that a docstring cites, as plain paragraphs.

numpydoc names them after a hash, ``[R4b2e9bb58265-1]``, and names them back only on pages that are one document, which
``eval-rst`` in Markdown is not. Nor may an author's initial begin a list.
"""

import re

HASHED = r"\[R[0-9a-f]{12}-(\w+)\]"


def plain_citations(lines):
    """Return the lines of a docstring, numpydoc's citations turned into text: "[1] in a paragraph"."""
    plain, in_citation = [], False
    for line in lines:
        begins = re.match(rf"\s*\.\. {HASHED} ", line)
        in_citation = begins or (in_citation and line.startswith((" ", "\t")) and line.strip())
        if begins:
            line = line.replace(".. ", "", 1)
            plain.append("")  # each its own paragraph
        plain.append(re.sub(rf"{HASHED}_?", r"[\1]", line.strip() if in_citation else line))
    return plain


def _process(app, what, name, obj, options, lines):
    lines[:] = plain_citations(lines)


def setup(app):
    app.setup_extension("sphinx.ext.autodoc")  # whose event this is
    app.connect("autodoc-process-docstring", _process, priority=900)  # after numpydoc
