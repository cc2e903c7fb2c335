"""Chinese names marked as Chinese: a screen reader pronounces them, a browser draws the glyphs of that language."""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

CHINESE = re.compile("([\u4e00-\u9fff]+)")
NO_PROSE = (nodes.literal, nodes.FixedTextElement, nodes.math, nodes.raw)


def mark(document):
    """Put every run of Chinese characters in the prose of `document` into a ``<span>`` that names its language."""
    for text in list(document.findall(nodes.Text)):
        if CHINESE.search(text) and not isinstance(text.parent, NO_PROSE):
            text.parent.replace(text, [chinese_or_text(part) for part in CHINESE.split(text) if part])


def chinese_or_text(part):
    if CHINESE.fullmatch(part):
        return nodes.raw("", f'<span lang="zh-Hans">{part}</span>', format="html")
    return nodes.Text(part)


class MarkChinese(SphinxPostTransform):
    """Mark the Chinese of a page; last, so that no other transform meets the spans."""

    default_priority = 950
    formats = ("html",)

    def run(self):
        mark(self.document)


def setup(app):
    app.add_post_transform(MarkChinese)
