"""Figures that a reader touches, for the tests in Python and those in a browser; and what each step is tested with."""

import functools

import numpy as np
from matplotlib.patches import Rectangle

from dlnotes.activations import relu, softmax
from dlnotes.convolution import conv2d
from dlnotes.datasets import digits
from dlnotes.dense import dense, flatten
from dlnotes.diagrams import draw_edge, draw_node, pressable
from dlnotes.explore import Choice, Numbers, Pad, Points, Slider, steps
from dlnotes.explore.touched import Touched
from dlnotes.initializers import he
from dlnotes.layers import Layer, Sequential
from dlnotes.losses import cross_entropy
from dlnotes.optimizers import SGD
from dlnotes.pooling import max_pool2d
from dlnotes.style import FORWARD, MUTED, NEGATIVE
from dlnotes.training import fit


@functools.cache
def trained():
    """A small convolutional network, trained, and the digits it has not seen: pictures and labels."""
    x, labels, x_test, test_labels = digits()
    x, x_test = (pictures.round(1)[:, None] for pictures in (x, x_test))
    rng = np.random.default_rng(1)
    first, last = he(4, 9, rng).reshape(4, 1, 3, 3), he(10, 36, rng)
    network = Sequential(Layer(conv2d, first, np.zeros(4)), relu, max_pool2d, flatten, Layer(dense, last, np.zeros(10)))
    list(fit(network, cross_entropy, x, labels, SGD(0.3), epochs=3, batch_size=32, rng=rng))
    return network, x_test, test_labels


def read(picture, digit):
    """The scores that the network gives a picture."""
    W, b, V, c = trained()[0].parameters
    z = picture.run(conv2d, digit.reshape(1, 1, 8, 8), W, b)
    maps = picture.run(max_pool2d, picture.run(relu, z))
    return maps, picture.run(dense, picture.run(flatten, maps), V, c)[0]


def draw_digit(picture, digit, place):
    grids, bars = picture.axes
    seen = picture.run(steps.choose, place, digit, picture.run(steps.centred, digit))
    maps, scores = read(picture, seen)
    shares = picture.run(softmax, scores)
    order = picture.run(steps.ranked, scores)
    best, next_ = picture.run(steps.take, scores, order)[0], picture.run(steps.take, scores, order)[1]
    picture.pad(grids, digit, title="draw here")
    picture.cells(grids, picture.slopes(best - next_, digit), at=(18, 0), largest=3)
    for k in range(4):
        picture.cells(grids, maps[0][k], at=(9 + k % 2 * 4, k // 2 * 4), largest=6)
    grids.set(xlim=(-0.2, 26.2), ylim=(8.4, -1))
    picture.bars(bars, shares, color=FORWARD)
    bars.set(xlim=(-0.6, 9.6), ylim=(0, 1), xticks=range(10))
    return picture.say("A {0}, by {1:.2} before a {2}.", order[0], best - next_, order[1])


def draw_line(picture, points):
    ax = picture.axes
    line = picture.run(steps.line_fit, points)
    ends = np.array([[0.0], [4.0]])
    heights = picture.run(dense, ends, line[1].reshape(1, 1), line[0].reshape(1)).reshape(2)
    picture.path(ax, picture.run(steps.columns, ends[:, 0], heights), color=FORWARD)
    picture.points(ax, points, color=MUTED, markersize=9)
    ax.set(xlim=(0, 4), ylim=(-2, 7))
    return picture.say("Intercept {0:.2}, slope {1:.2}: {1|up|down}.", line[0], line[1])


def draw_window(picture, kernel, window, digit=None):
    ax = picture.axes
    image = trained()[1][303, 0] if digit is None else digit
    corner = picture.run(steps.place, window - 1, columns=6)
    product = picture.run(steps.crop, image, corner, rows=3, columns=3) * kernel
    result = picture.run(conv2d, image[None, None], kernel.reshape(1, 1, 3, 3), np.zeros(1))[0][0]
    picture.cells(ax, image, decimals=1, fontsize=8)
    picture.cells(ax, product, at=(9, 2), largest=2, decimals=2, fontsize=8)
    picture.cells(ax, picture.run(steps.first, result, window), at=(13, 1), largest=6, decimals=1, fontsize=8)
    picture.path(ax, picture.run(steps.frame, corner, rows=3, columns=3), color=FORWARD, linewidth=3)
    sum_ = picture.run(steps.total, product)
    picture.write(ax, 9, 6, "sum {0:.2}", sum_, color=NEGATIVE)
    ax.set(xlim=(-0.1, 19.1), ylim=(8.1, -0.8))
    return picture.say("Sum {0:.2}, {0|positive|not positive}.", sum_)


def touched_digit(start=None, place="as drawn"):
    _, x, labels = trained()
    start = x[303, 0] if start is None else start
    examples = {"a 3": x[labels == 3][0, 0], "a 5": x[labels == 5][0, 0]}
    place = Choice({"as drawn": 0, "moved to the middle": 1}, start=place, label="read it")
    return Touched(
        draw_digit, 2, 1, (5.6, 4.2), {"digit": Pad(start, label="your digit", examples=examples), "place": place}
    )


def touched_line(start=((1, 2), (2, 1), (3, 3))):
    points = Points(start, low=(0, -2), high=(4, 7), label="point")
    return Touched(draw_line, 1, 1, (5.6, 3.2), {"points": points})


SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


def touched_window(start=SOBEL, window=1):
    kernel = Numbers(start, label="weights", examples={"blur": np.full((3, 3), 0.1)})
    slider = Slider(1, 36, 1, start=window, label="window", play=True)
    return Touched(draw_window, 1, 1, (5.6, 2.75), {"kernel": kernel, "window": slider})


EDGES = {"w1": ((0, 0), (1, 0)), "w2": ((0, 0), (1, 1)), "w3": ((0, 1), (1, 0)), "w4": ((0, 1), (1, 1))}


def draw_edges(ax, edge):
    """A network whose edges can be pressed, for `explore`."""
    for i, (name, (start, end)) in enumerate(EDGES.items()):
        draw_edge(ax, start, end, weight=0.4 * i - 0.5, lit="forward" if name == edge else None, press=f"edge={name}")
    for place in {place for ends in EDGES.values() for place in ends}:
        draw_node(ax, place)
    ax.set(xlim=(-0.2, 1.2), ylim=(-0.3, 1.3))
    return f"The weight {edge}."


def draw_cells(ax, cell):
    """Cells that can be pressed, the lower ones by a finger that drags, below their numbers, for `explore`."""
    for i in range(6):
        face = FORWARD if i + 1 == cell else "white"
        cell_ = Rectangle((i % 3, i // 3), 1, 1, facecolor=face, edgecolor=MUTED)
        ax.add_patch(pressable(cell_, f"cell={i + 1}", drag=i >= 3))
        ax.text(i % 3 + 0.5, i // 3 + 0.5, str(i + 1), ha="center", va="center")
    ax.set(xlim=(-0.1, 3.1), ylim=(2.1, -0.1))
    return f"The cell {cell}."


def arguments():
    """Return for each step a list of calls: its arrays, and its options."""
    rng = np.random.default_rng(5)

    def some(*shape):
        return rng.standard_normal(shape)

    spots = np.zeros((7, 5))
    spots[0, 1:3] = spots[1, 1] = 0.5
    picture = np.pad(rng.random((3, 2)), ((4, 1), (2, 6)))
    unary = [([some(4)], {}), ([some(2, 3)], {}), ([some(2, 3, 2, 2)], {})]
    binary = [
        ([some(4), some(4)], {}),
        ([some(2, 3), some()], {}),
        ([some(), some(3, 2, 1)], {}),
        ([some(), some(1)], {}),
    ]
    seen = rng.integers(0, 2, 12).astype(float)
    return {
        "add": binary,
        "subtract": binary,
        "multiply": binary,
        "relu": [*unary, ([np.array([0.0, -0.0, -3.0])], {})],
        "sigmoid": [*unary, ([np.array([-800.0, 800.0, 0.0])], {})],
        "softmax": [*unary, ([np.array([[900.0, 0.0, -900.0], [1.0, 1.0, 1.0]])], {})],
        "flatten": [([some(2, 3, 2, 2)], {}), ([some(3, 4)], {})],
        "dense": [([some(1, 4), some(3, 4), some(3)], {}), ([some(5, 1), some(1, 1), some(1)], {})],
        "conv2d": [
            ([some(2, 3, 5, 4), some(4, 3, 2, 3), some(4)], {}),
            ([some(1, 1, 3, 3), some(1, 1, 3, 3), some(1)], {}),
        ],
        "max_pool2d": [([some(2, 3, 4, 6)], {}), ([some(1, 2, 5, 3)], {})],
        "part": [([some(3, 4)], {"start": 4, "shape": (2, 2)}), ([some(2, 2)], {"start": 3, "shape": ()})],
        "total": unary,
        "ranked": [*unary, ([np.array([1.0, 2.0, 2.0, 0.0, 1.0])], {})],
        "take": [([some(5), np.array([4.0, 0.0])], {}), ([some(2, 3), np.array([[5.0], [1.0]])], {})],
        "choose": [([np.array(i), some(2), some(3, 1), some()], {}) for i in (0.0, 1.0, 2.0)],
        "first": [([some(2, 3), np.array(n)], {}) for n in (0.0, 4.0, 9.0)],
        "place": [([np.array(n)], {"columns": 6}) for n in (0.0, 5.0, 6.0, 35.0)],
        "crop": [([some(5, 6), np.array([2.0, 3.0])], {"rows": 3, "columns": 2})],
        "frame": [([np.array([2.0, 3.0])], {"rows": 3, "columns": 2})],
        "columns": [([some(4), some(4)], {})],
        "centred": [([spots], {}), ([picture], {}), ([picture[::-1, ::-1]], {}), ([np.zeros((2, 3))], {})],
        "line_fit": [([some(2, 2)], {}), ([some(9, 2)], {})],
        "logistic_fit": [
            ([some(12), seen], {"decay": 0.1}),
            ([4 + 3 * some(12), seen], {"decay": 0.01, "steps": 8}),
            ([np.arange(6.0), np.arange(6) > 2.0], {"decay": 0.1}),  # a threshold divides
        ],
    }
