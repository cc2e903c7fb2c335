"""The minutes of a chapter below its title, computed from its notebook by `publish.chapter_measure`."""

from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.transforms import SphinxTransform

from publish.chapter_measure import measure

from .html import element


class ReadingTime(SphinxTransform):
    """Write it below the title of each page that says what a reader will learn."""

    default_priority = 460

    def apply(self):
        path = Path(self.document["source"])
        titles = [title.astext() for title in self.document.findall(nodes.title)]
        if path.suffix != ".ipynb" or not titles or "What you will learn" not in titles:
            return
        core, further = measure(nbformat.read(path, as_version=4))
        text = f"Core {core.stated} min · Going further {further.stated} min"
        if not further.minutes:
            text = f"Reading time {core.stated} min"
        title = next(self.document.findall(nodes.title))
        title.parent.insert(1, element("p", nodes.Text(text), classes=["reading-time"]))


def setup(app):
    app.add_transform(ReadingTime)
