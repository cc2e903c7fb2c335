"""``{pad}``: words beside a pad on which the reader draws a digit, and a network in the page reads it.

.. code-block:: markdown

    :::{pad}
    What the reader can do.
    :::
"""

import numpy as np
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from dlnotes.activations import relu, softmax
from dlnotes.convolution import conv2d
from dlnotes.datasets import digits
from dlnotes.dense import dense, flatten
from dlnotes.explore import Choice, Pad, steps
from dlnotes.explore.html import touched_html
from dlnotes.explore.touched import Touched
from dlnotes.initializers import he
from dlnotes.layers import Layer, Sequential
from dlnotes.losses import cross_entropy
from dlnotes.optimizers import SGD
from dlnotes.pooling import max_pool2d
from dlnotes.style import FORWARD
from dlnotes.training import fit

from .html import element

ALT = (
    "A pad of 8 by 8 pixels with a handwritten 3, and below it the probabilities that a network gives to the ten "
    "digits, as bars."
)
SHOWN = 3  # the digit on the pad at the start
EXAMPLE = 4  # of the test images of a digit: this one is read right, whichever the digit


class PadBesideWords(SphinxDirective):
    """What is said beside the pad."""

    has_content = True

    def run(self):
        words = element("div")
        self.state.nested_parse(self.content, self.content_offset, words)
        return [element("div", words, element("div", nodes.raw("", reading_figure(), format="html")), classes=["pad"])]


def reading_figure():
    """Return the figure: a pad, and the probabilities that the network of the chapter `cnn` gives to the digits."""
    images, labels, test_images, test_labels = digits()
    kernels, biases, W, b = train(images, labels)

    def draw(picture, digit, place):
        pad, bars = picture.axes
        seen = picture.run(steps.choose, place, digit, picture.run(steps.centred, digit))
        a = picture.run(relu, picture.run(conv2d, seen.reshape(1, 1, 8, 8), kernels, biases))
        z = picture.run(dense, picture.run(flatten, picture.run(max_pool2d, a)), W, b)
        p = picture.run(softmax, z)[0]
        order = picture.run(steps.ranked, p)
        best = picture.run(steps.take, p, order)
        picture.pad(pad, digit)
        pad.set(xlim=(-0.1, 8.1), ylim=(8.1, -0.1))
        picture.bars(bars, p, color=FORWARD)
        bars.set(xlim=(-0.6, 9.6), ylim=(0, 1), xticks=range(10), yticks=[0, 0.5, 1], ylabel="probability")
        bars.set_box_aspect(0.3)
        return picture.say(
            "It reads {0}, with a probability of {1:.2}; next comes {2}, with {3:.2}.",
            order[0], best[0], order[1], best[1],
        )  # fmt: skip

    examples = {f"a {digit}": test_images[test_labels == digit][EXAMPLE] for digit in range(10)}
    fields = {
        "digit": Pad(examples[f"a {SHOWN}"], label="your digit", examples=examples),
        "place": Choice(["moved to the middle", "as drawn"], label="read it"),
    }
    return touched_html(Touched(draw, 2, 1, (4.2, 4.8), fields), ALT)


def train(images, labels):
    """Return the 410 parameters of the network that the chapter `cnn` follows: pixels and weights have one decimal."""
    rng = np.random.default_rng(1)
    network = Sequential(
        Layer(conv2d, he(4, 9, rng).reshape(4, 1, 3, 3), np.zeros(4)),
        relu,
        max_pool2d,
        flatten,
        Layer(dense, he(10, 36, rng), np.zeros(10)),
    )
    for _ in fit(network, cross_entropy, images.round(1)[:, None], labels, SGD(0.3), epochs=10, batch_size=32, rng=rng):
        pass
    return [parameter.round(1) for parameter in network.parameters]


def setup(app):
    app.add_directive("pad", PadBesideWords)
