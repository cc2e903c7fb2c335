"""What a reader draws, drags or types in a touched figure: arrays of numbers, each described by its start."""

import numpy as np

from dlnotes.operation import as_floats, require_count, require_positive, shown

MOST_DECIMALS = 9
LARGEST = 1e6  # number that can be typed: with larger ones a network computes infinities


class Field:
    """An array that the reader changes entry by entry.

    Attributes
    ----------
    kind : str
        What the reader does: ``"pad"``, ``"points"`` or ``"numbers"``.
    label : str
        The name shown to the reader.
    start : ndarray
        The array shown first.
    decimals : int
        Of each entry; the page's address holds as many.
    low, high : ndarray of shape (1,) or (2,)
        The least and the largest entry, or for each of two columns its own.
    examples : dict of str to ndarray
        Other arrays, by the name in the list from which the reader takes one.
    more : dict
        What touch.js must know beside that.
    """

    def __init__(self, kind, start, *, label, low, high, decimals=1, examples=None):
        if not isinstance(label, str) or not label.strip():
            raise ValueError(f"label must be a text that names the field, got {shown(label)}")
        self.kind, self.label, self.more = kind, label, {}
        self.decimals = require_count(f"{label}: decimals", decimals, least=0)
        if self.decimals > MOST_DECIMALS:
            raise ValueError(f"{label}: decimals must be at most {MOST_DECIMALS}, got {shown(decimals)}")
        self.low, self.high = self._rounded("low", low), self._rounded("high", high)
        wanted = (2,) if kind == "points" else (1,)
        if not self.low.shape == self.high.shape == wanted:
            raise ValueError(f"{label}: low and high must each be x and y, got {shown(low)} and {shown(high)}")
        self.start = self._entries("start", start)
        examples = {} if examples is None else examples
        if not isinstance(examples, dict) or not all(isinstance(name, str) and name.strip() for name in examples):
            raise TypeError(f"{label}: examples must be a dictionary of arrays by their names, got {shown(examples)}")
        self.examples = {name: self._entries(f"the example {name!r}", example) for name, example in examples.items()}
        for name, example in self.examples.items():
            if example.shape != self.start.shape:
                raise ValueError(
                    f"{label}: the example {name!r} must have shape {self.start.shape}, got {example.shape}"
                )

    def _rounded(self, name, value):
        entries = as_floats(f"{self.label}: {name}", value)
        if not np.isfinite(entries).all():
            raise ValueError(f"{self.label}: {name} must hold finite numbers")
        return np.round(entries, self.decimals) + 0.0  # never -0.0

    def _entries(self, name, value):
        entries = self._rounded(name, value)
        if entries.ndim != 2 or entries.size == 0 or len(self.low) not in (1, entries.shape[1]):
            wanted = "(rows, columns)" if len(self.low) == 1 else "(points, 2)"
            raise ValueError(f"{self.label}: {name} must have shape {wanted}, got {entries.shape}")
        if (entries < self.low).any() or (entries > self.high).any():
            low, high = (str(limit.tolist()).strip("[]") for limit in (self.low, self.high))
            raise ValueError(f"{self.label}: {name} must lie between {low} and {high}")
        return entries


class Pad(Field):
    """A grid of pixels to draw on, from 0, no ink, to 1.

    Parameters
    ----------
    start : array_like of shape (rows, columns)
        The pixels shown first.
    label : str
        The name shown to the reader.
    brush : float, default 0.8
        Radius of the pen, in pixels. A pixel takes the share of it that the pen has covered.
    examples : dict of str to array_like, optional
        Pictures to begin from.

    Examples
    --------
    >>> Pad([[0, 0.25], [1, 0]], label="your digit").start
    array([[0. , 0.2],
           [1. , 0. ]])
    """

    def __init__(self, start, *, label, brush=0.8, examples=None):
        super().__init__("pad", start, label=label, low=[0], high=[1], examples=examples)
        self.more["brush"] = require_positive(f"{label}: brush", brush)


class Points(Field):
    """Points to be dragged.

    Parameters
    ----------
    start : array_like of shape (points, 2)
        The x and y of each point.
    low, high : array_like of shape (2,)
        The least and the largest x and y; where they are the same, a point can't be moved in this direction.
    label : str
        What one point is called, such as ``"penguin"``.
    decimals : int, default 1
        Of each coordinate.

    Examples
    --------
    >>> Points([[1, 2], [2, 1]], low=(0, 0), high=(4, 4), label="point").start.shape
    (2, 2)
    """

    def __init__(self, start, *, low, high, label, decimals=1):
        super().__init__("points", start, label=label, low=low, high=high, decimals=decimals)


class Numbers(Field):
    """Numbers to be typed, none of them further from 0 than a million.

    Parameters
    ----------
    start : array_like of shape (rows, columns)
        The numbers shown first.
    label : str
        The name shown to the reader.
    decimals : int, default 1
        Of each number.
    examples : dict of str to array_like, optional
        Other numbers to begin from.

    Examples
    --------
    >>> Numbers([[0, 1], [-1, 0]], label="weights").decimals
    1
    """

    def __init__(self, start, *, label, decimals=1, examples=None):
        limits = {"low": [-LARGEST], "high": [LARGEST]}
        super().__init__("numbers", start, label=label, decimals=decimals, examples=examples, **limits)
