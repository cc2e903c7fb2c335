"""The door of the book: a figure that moves, and a card with a picture for each chapter.

.. code-block:: markdown

    :::{door}
    One sentence of what a reader will be able to do.
    :::

    :::{chapters}
    {doc}`sigmoid`
    : What it is about.
    :::

The picture of a card is the first figure of the chapter's page, without its words, which would be too small to read.
"""

import re
from pathlib import Path

import nbformat
import numpy as np
from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from dlnotes.activations import tanh
from dlnotes.dense import dense
from dlnotes.explore import Choice, Slider
from dlnotes.explore.html import explore_html
from dlnotes.explore.pictures import Pictures
from dlnotes.layers import Layer, Sequential
from dlnotes.losses import squared_error
from dlnotes.optimizers import SGD
from dlnotes.style import FORWARD, MUTED, TRAINING
from dlnotes.training import fit
from publish.chapter_measure import measure

from .html import element

UNITS = [1, 2, 3, 8]
STEP, LAST = 75, 900  # the slider over the steps of training
SHOWN = np.linspace(-3, 3, 121)
PLACE = '<div class="card-picture" data-chapter="{}"></div>'
ALT = (
    "Forty points along a wave, and the curve of a network that is to follow them. Grey lines show what each hidden "
    "unit adds. As training goes on, the curve bends to the points."
)


class Door(SphinxDirective):
    """What is said at the door, beside the figure of a network that learns."""

    has_content = True

    def run(self):
        words = element("div", classes=["door-words"])
        self.state.nested_parse(self.content, self.content_offset, words)
        figure = element("div", nodes.raw("", learning_figure(), format="html"), classes=["door-figure"])
        return [element("div", words, figure, classes=["door"])]


def learning_figure():
    """Return the figure: a network with a few hidden units learns to follow points; sliders for steps and units."""
    rng = np.random.default_rng(4)
    x = np.linspace(-3, 3, 40)[:, None]
    y = np.sin(1.7 * x) + 0.35 * x + 0.12 * rng.standard_normal(x.shape)
    runs = {units: train(x, y, units) for units in UNITS}

    def draw(ax, units, steps):
        weights, errors = runs[int(units)]
        W1, b1, W2, b2 = weights[steps // STEP]
        parts = tanh(SHOWN[:, None] @ W1.T + b1)[0] * W2
        for part in parts.T:  # a wide one is seen beside the curve, where both are nearly the same
            ax.plot(SHOWN, part, color=MUTED, linewidth=8 if units == "1" else 1.5)
        ax.plot(x[:, 0], y[:, 0], "o", color=TRAINING, markersize=4, alpha=0.75)
        ax.plot(SHOWN, parts.sum(axis=1) + b2, color=FORWARD, linewidth=3)
        ax.set(xlim=(-3.1, 3.1), ylim=(-2.6, 2.6), xlabel="input", ylabel="output")
        name = "one grey line" if units == "1" else f"the sum of {units} grey lines"
        moved = f"{round(b2[0], 2) + 0.0:.2f}".replace("-", "−")  # never "−0.00"
        when = f"After {steps} steps of training" if steps else "Before training"
        return f"{when} the curve is {name}, moved by {moved}; the mean squared error is {errors[steps // STEP]:.2f}."

    controls = {
        "units": Choice([str(units) for units in UNITS], start="3", label="hidden units"),
        "steps": Slider(0, LAST, STEP, start=300, label="steps of training", play=True),
    }
    return explore_html(Pictures(draw, 1, 1, (5.6, 3.5), controls), ALT)


def train(x, y, units):
    """Train a network with `units` hidden units; return its weights and its mean squared error, every `STEP` steps."""
    rng = np.random.default_rng(1)
    hidden = Layer(dense, rng.normal(0, 1, (units, 1)), rng.normal(0, 1, units))
    network = Sequential(hidden, tanh, Layer(dense, rng.normal(0, 0.3, (1, units)), np.zeros(1)))
    weights, errors = [], []
    for _ in range(0, LAST + 1, STEP):
        weights.append([parameter.copy() for parameter in network.parameters])
        errors.append(float(np.mean((network(x)[0] - y) ** 2)))
        steps = fit(network, squared_error, x, y, SGD(0.1), epochs=STEP, batch_size=len(x), rng=rng)
        for _ in steps:
            pass
    return weights, errors


class Chapters(SphinxDirective):
    """Turn a list of chapters, each with what it is about, into cards with picture and minutes."""

    has_content = True

    def run(self):
        content = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, content)
        cards = element("ol", classes=["cards"], role="list")
        for item in content.findall(nodes.definition_list_item):
            chapter = next(item.findall(addnodes.pending_xref))["reftarget"]
            # Not by Sphinx's list of documents: a draft leaves chapters out.
            minutes = reading_minutes(Path(self.env.srcdir, self.env.docname).with_name(f"{chapter}.ipynb"))
            cards += element(
                "li",
                nodes.raw("", PLACE.format(chapter), format="html"),
                element("p", *item[0].children, classes=["card-title"]),
                *item[1].children,
                element("p", nodes.Text(f"{minutes} minutes"), classes=["card-minutes"]),
                classes=["card"],
                data_chapter=chapter,
            )
        return [cards]


def reading_minutes(notebook):
    """Return the minutes of the core of a chapter."""
    core, _ = measure(nbformat.read(notebook, as_version=4))
    return core.stated


def picture(html):
    """Return the first figure of a page as a small picture without words, or nothing if it has none."""
    figure = re.search(r'<figure class="dlnotes-explore".*?(<svg.*?</svg>)', html, re.DOTALL)
    if not figure:
        return ""
    svg = re.sub(
        r'<use href="#[\w-]+-g\d+"[^>]*/>|<path id="[\w-]+-g\d+"[^>]*/>| data-(slots|mark|touch)="[^"]*"', "", figure[1]
    )
    svg = re.sub(r'<path d="[^"]*" style="fill:var\(--dl-page,#ffffff\)(;opacity:[\d.]+)?" />', "", svg)  # behind words
    svg = re.sub(r"dl-([0-9a-f]{8})", r"card-\1", svg)  # the ids of a page, and of the PDF of all pages, stay unique
    return re.sub(
        r'<svg role="\w+" aria-label="[^"]*" width="\d+" height="\d+"',
        '<svg aria-hidden="true" preserveAspectRatio="xMidYMid meet"',
        svg,
    )


def _add_pictures(app, exception):
    """Put the pictures of the built chapters on the cards."""
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("index.html"):
        text = page.read_text(encoding="utf-8")
        for chapter in re.findall(PLACE.format('([^"]+)'), text):
            built = page.with_name(f"{chapter}.html")
            if built.is_file():
                place = PLACE.format(chapter)
                drawn = place.replace("></div>", f">{picture(built.read_text(encoding='utf-8'))}</div>")
                text = text.replace(place, drawn)
        page.write_text(text, encoding="utf-8")


def setup(app):
    app.add_directive("door", Door)
    app.add_directive("chapters", Chapters)
    app.connect("build-finished", _add_pictures)
