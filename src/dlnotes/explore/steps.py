"""What a touched figure computes: each function here, or of the package, has its twin of the same name in touch.js.

A step takes arrays and returns one; it has no backward map. Positions are arrays of two numbers, row and column.
"""

import math

import numpy as np

from dlnotes.activations import relu, sigmoid, softmax
from dlnotes.convolution import conv2d
from dlnotes.dense import dense, flatten
from dlnotes.pooling import max_pool2d

__all__ = [
    "add",
    "centred",
    "choose",
    "columns",
    "conv2d",
    "crop",
    "dense",
    "first",
    "flatten",
    "frame",
    "line_fit",
    "logistic_fit",
    "max_pool2d",
    "multiply",
    "part",
    "place",
    "ranked",
    "relu",
    "sigmoid",
    "softmax",
    "subtract",
    "take",
    "total",
]


def part(x, *, start, shape):
    """As many entries of `x` as fill `shape`, from the entry number `start` on."""
    return x.reshape(-1)[start : start + math.prod(shape)].reshape(shape)


def add(x, y):
    """The sum of two arrays of one shape, or of an array and a number."""
    _require_fitting(x, y)
    return x + y


def subtract(x, y):
    """The difference of two arrays of one shape, or of an array and a number."""
    _require_fitting(x, y)
    return x - y


def multiply(x, y):
    """The product, entry by entry, of two arrays of one shape, or of an array and a number."""
    _require_fitting(x, y)
    return x * y


def _require_fitting(x, y):
    """Refuse what NumPy would stretch."""
    if x.ndim and y.ndim and x.shape != y.shape:
        raise ValueError(f"two arrays must have one shape, or one must be a number, got {x.shape} and {y.shape}")


def total(x):
    """The sum of all entries."""
    return np.sum(x)


def ranked(x):
    """The numbers of the entries, that of the largest first."""
    return np.argsort(-x.reshape(-1), kind="stable").astype(float)


def take(x, index):
    """The entries of a vector whose numbers are in `index`."""
    return x.reshape(-1)[index.astype(int)]


def choose(index, *options):
    """The option number `index`."""
    return options[int(index)]


def first(x, count):
    """The first `count` entries, the others left empty."""
    return np.where(np.arange(x.size).reshape(x.shape) < count, x, np.nan)


def place(index, *, columns):
    """Row and column of the entry number `index` of a matrix with so many columns."""
    return np.array(divmod(float(index), columns))


def crop(x, corner, *, rows, columns):
    """The part of a matrix that begins at a position."""
    top, left = corner.astype(int)
    return x[top : top + rows, left : left + columns]


def frame(corner, *, rows, columns):
    """The corners of a rectangle of cells that begins at a position, as x and y; rows go down."""
    top, left = corner
    x, y = np.array([0, columns, columns, 0, 0]), np.array([0, 0, rows, rows, 0])
    return np.stack([left + x, top + y], axis=1)


def columns(x, y):
    """Two vectors of one length, side by side: points."""
    return np.stack([x, y], axis=1)


def centred(x):
    """A picture moved by whole pixels until what is not 0 has as much room on both sides, and above and below.

    Where that can't be, there is more room on the left and above, as in most of the book's digits.
    """
    if not x.any():
        return x
    moved = x
    for axis in (0, 1):
        used = np.flatnonzero(x.any(axis=1 - axis))
        before, after = used[0], x.shape[axis] - 1 - used[-1]
        moved = np.roll(moved, -((before - after) // 2), axis)
    return moved


def line_fit(points):
    """Intercept and slope of the line with the least squares; where all x are the same, of the level one."""
    x, y = points.T
    slope = np.sum((x - x.mean()) * (y - y.mean())) / (np.sum((x - x.mean()) ** 2) or 1)
    return np.array([y.mean() - slope * x.mean(), slope])


def logistic_fit(x, y, *, decay, steps=25):
    """Weight and bias of a sigmoid by Newton's method; `decay` keeps the weight finite where a threshold divides."""
    w, b = 0.0, 0.0
    middle = x.mean()
    u = x - middle
    for _ in range(steps):
        p = sigmoid(w * u + b)[0]
        slopes = np.array([np.sum((p - y) * u) + decay * w, np.sum(p - y)])
        q = p * (1 - p)
        curvature = np.array([[np.sum(q * u * u) + decay, np.sum(q * u)], [np.sum(q * u), np.sum(q)]])
        determinant = curvature[0, 0] * curvature[1, 1] - curvature[0, 1] ** 2
        w -= (curvature[1, 1] * slopes[0] - curvature[0, 1] * slopes[1]) / determinant
        b -= (curvature[0, 0] * slopes[1] - curvature[0, 1] * slopes[0]) / determinant
    return np.array([w, b - w * middle])
