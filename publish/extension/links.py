"""Links that show a figure at certain values: ``[see it diverge](#learning_rate=2.1&ratio=10)``.

The names are those of the arguments of `explore`, the values those that the reader sees. The link means the first
figure of the page that has all these controls, or the one that ``figure=fig-label`` names; controls that are not named
stand at their start. player.js follows the link; here it is checked, and completed by the label of its figure. Without
a script the link leads to the figure, which stands at its start.
"""

from html import escape
from html.parser import HTMLParser
from json import loads
from urllib.parse import parse_qsl, urlencode

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from dlnotes.explore.controls import readable

logger = logging.getLogger(__name__)


class CheckFigureLinks(SphinxTransform):
    """Complete the links to values of a figure, and warn where there is no such figure, control or value."""

    default_priority = 450  # after captions have been placed (400), before MyST looks for headings of these names (879)

    def apply(self):
        links = [
            link
            for link in self.document.findall(nodes.reference)
            if link.get("id_link") and "=" in link.get("refuri", "")
        ]
        if not links:
            return
        figures, anchors = moved_figures(self.document), set()
        for link in links:
            values = dict(parse_qsl(link["refuri"][1:], keep_blank_values=True))
            try:
                label, place = find(figures, values)
            except ValueError as error:
                logger.warning(f"The link {link['refuri']} {error}.", location=link)
                label = place = None
            del link["id_link"]
            anchor = urlencode(({"figure": label} if label else {}) | values)
            link["refuri"] = f"#{anchor}"
            if place is not None and anchor not in anchors:
                anchors.add(anchor)
                mark = f'<span class="dl-anchor" id="{escape(anchor)}"></span>'
                place.parent.insert(place.parent.index(place), nodes.raw("", mark, format="html"))


def moved_figures(document):
    """Return label (None if it has no caption), controls and node of each `explore` figure, in the page's order."""
    figures = []
    for node in document.findall(nodes.raw):
        if 'class="dl-controls"' in node.astext():
            figure = node
            while figure is not None and not isinstance(figure, nodes.figure):
                figure = figure.parent
            label = figure["names"][0] if figure is not None else None
            figures.append((label, Controls(node.astext()).texts, node))
    return figures


def find(figures, values):
    """Return the label and the node of the figure that has these values.

    Raises
    ------
    ValueError
        If there is none; the message says what there is instead.
    """
    label = values.get("figure")
    names = [name for name in values if name != "figure"]
    for own, controls, node in figures:
        if own == label if label else all(name in controls for name in names):
            for name in names:
                if name not in controls:
                    raise ValueError(f"names the control {name!r}; {own} has {', '.join(controls)}")
                if readable(values[name]) not in map(readable, controls[name]):
                    raise ValueError(f"gives {name} the value {values[name]!r}; it has {', '.join(controls[name])}")
            return own, node
    listed = "; ".join(f"{own or 'one'} has {', '.join(controls)}" for own, controls, _ in figures)
    raise ValueError(f"fits no figure with sliders of this page: {listed or 'there is none'}")


class Controls(HTMLParser):
    """The controls of a figure: for each name the values, as the reader sees them."""

    def __init__(self, html):
        super().__init__()
        self.texts = {}
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "data-texts" in attributes:
            self.texts[attributes["data-name"]] = loads(attributes["data-texts"])


def setup(app):
    app.add_transform(CheckFigureLinks)
