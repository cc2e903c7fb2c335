"""Links that show a figure at certain values: ``[see it diverge](#learning_rate=2.1&ratio=10)``.

The names are those of the arguments of `explore` or `touch`, the values those that the reader sees; of a field that is
touched they are its numbers, as in ``points=1+2+2+1``. The link means the first figure of the page that has all these
controls, or the one that ``figure=fig-label`` names; controls that are not named stand at their start. player.js
follows the link; here it is checked, and completed by the label of its figure. Without a script the link leads to the
figure, which stands at its start.
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
    """Return label (None without a caption), controls and node of each figure that can be moved, in order."""
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
                if not takes(controls[name], values[name]):
                    raise ValueError(f"gives {name} the value {values[name]!r}; it has {listed_values(controls[name])}")
            return own, node
    listed = "; ".join(f"{own or 'one'} has {', '.join(controls)}" for own, controls, _ in figures)
    raise ValueError(f"fits no figure with sliders of this page: {listed or 'there is none'}")


def takes(control, text):
    """Tell whether a control has this value: one of its texts, or as many numbers as it has, within its limits."""
    if isinstance(control, list):
        return readable(text) in map(readable, control)
    numbers = [readable(part) for part in text.split()]
    if len(numbers) != len(control["start"]) or not all(isinstance(number, float) for number in numbers):
        return False
    low, high = control["low"], control["high"]
    return all(low[i % len(low)] <= number <= high[i % len(high)] for i, number in enumerate(numbers))


def listed_values(control):
    return ", ".join(control) if isinstance(control, list) else f"{len(control['start'])} numbers within its limits"


class Controls(HTMLParser):
    """The controls of a figure: for each name the values, as the reader sees them, or what is known of a field."""

    def __init__(self, html):
        super().__init__()
        self.texts = {}
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "data-texts" in attributes:
            self.texts[attributes["data-name"]] = loads(attributes["data-texts"])
        if "data-array" in attributes:
            field = loads(attributes["data-array"])
            self.texts[field["name"]] = field


def setup(app):
    app.add_transform(CheckFigureLinks)
