"""A fence that nothing closes swallows what follows it without a word: it is reported, with its page and cell."""

import json

from sphinx.util import logging

from publish.markdown import unclosed_fences

logger = logging.getLogger(__name__)


def _check(app, name, source):
    path = app.env.doc2path(name)
    texts = [(0, source[0])] if path.endswith(".md") else []
    if path.endswith(".ipynb"):
        cells = json.loads(source[0])["cells"]  # MyST-NB counts 10 000 lines for each
        numbered = [(number, cell) for number, cell in enumerate(cells, 1) if cell["cell_type"] == "markdown"]
        texts = [(10_000 * number, "".join(cell["source"])) for number, cell in numbered]
    for before, text in texts:
        for line, opening in unclosed_fences(text):
            logger.warning(f"Nothing closes {opening!r}.", location=(name, before + line))


def setup(app):
    app.connect("source-read", _check)
