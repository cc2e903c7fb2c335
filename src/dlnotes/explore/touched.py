"""A figure that the page computes itself: what the reader draws, drags and types goes through recorded steps to marks.

`draw` runs once. What it does with the values of the fields is recorded, and touch.js repeats it whenever a field
changes: first the steps, then the marks, which are the parts of the picture that show a value.
"""

import math
import re
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dlnotes import style
from dlnotes.explore import steps
from dlnotes.explore.controls import Control, Slider
from dlnotes.explore.fields import Field, Pad, Points
from dlnotes.explore.svg import THEME
from dlnotes.gradient_check import numerical_gradient
from dlnotes.operation import as_floats, is_integer, require_callable, require_count, shown

POINTS_PER_INCH = 72  # of an SVG by Matplotlib
SHADES = 63  # of a colormap: odd, so that 0 has one
HOLE = re.compile(r"\{(\d+)(?::\.(\d+))?(?:\|([^|}]*)\|([^|}]*))?\}")


class Value:
    """What a field holds, or a step has computed.

    ``value[i]`` is its entry or row number `i`; values of one shape can be added, subtracted and multiplied, and so can
    a value and a number.

    Attributes
    ----------
    number : int
        Of this value among all.
    array : ndarray
        What it is at the start.
    """

    def __init__(self, picture, number, array):
        self._run, self.number, self.array = picture.run, number, array

    def __getitem__(self, index):
        if not is_integer(index):
            raise TypeError(f"a value has entries, or rows, by their number, got {shown(index)}")
        shape = self.array[index].shape  # raises IndexError behind the last: so a value can be unpacked
        return self._run(steps.part, self, start=int(index) % len(self.array) * math.prod(shape), shape=shape)

    def reshape(self, *shape):
        return self._run(steps.part, self, start=0, shape=self.array.reshape(*shape).shape)

    def __add__(self, other):
        return self._run(steps.add, self, other)

    def __sub__(self, other):
        return self._run(steps.subtract, self, other)

    def __mul__(self, other):
        return self._run(steps.multiply, self, other)


class Words:
    """A text with holes for numbers.

    ``{0}`` is the first value as a whole number, ``{0:.2}`` with two decimals, and ``{0|yes|no}`` one of two words: the
    first if the value is positive.
    """

    def __init__(self, template, values):
        self.template, self.values = template, values

    def text(self, arrays):
        """Return the text, given the arrays of all values."""

        def fill(hole):
            number, decimals, positive, other = hole.groups()
            value = float(arrays[self.values[int(number)].number])
            return fixed(value, int(decimals or 0)) if positive is None else positive if value > 0 else other

        return HOLE.sub(fill, self.template)


def fixed(value, decimals):
    """Write a number as touch.js does: halves are rounded away from 0, and no zero has a sign.

    >>> fixed(-0.125, 2), fixed(-0.001, 1), fixed(7, 0), fixed(-1e21, 2)
    ('−0.13', '0.0', '7', '−1e+21')
    """
    if not abs(value) < 1e21:  # JavaScript then writes no decimals
        return repr(float(value)).replace("inf", "Infinity").replace("nan", "NaN").replace("-", "−")
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return str(rounded if rounded else abs(rounded)).replace("-", "−")


class Touched:
    """The picture, the steps and the marks of a figure that is computed in the page.

    Parameters
    ----------
    draw : callable
        ``draw(picture, **values)`` draws on ``picture.axes`` and returns what ``picture.say`` makes, or None.
    rows, columns : int
        The grid of axes.
    size : tuple of float
        Width and height in inches.
    fields : dict
        For each argument of `draw` a Pad, Points, Numbers, Slider or Choice.
    """

    def __init__(self, draw, rows, columns, size, fields):
        require_callable("draw", draw, "a function draw(picture, **values)")
        for name, field in fields.items():
            if not isinstance(field, Control | Field):
                raise TypeError(f"{name} must be a Pad, Points, Numbers, Slider or Choice, got {shown(field)}")
        if not any(isinstance(field, Field) for field in fields.values()):
            raise ValueError("touch needs a Pad, Points or Numbers; for sliders and choices alone there is explore")
        if "figure" in fields:
            raise ValueError("a field can't have the name figure: in a page's address that names the figure")
        self.fields, self.size = fields, style.require_size(size)
        self.arrays, self.constants, self.steps, self.marks = [], [], [], []
        with style.context():
            self.figure = Figure(figsize=self.size, layout="constrained")
            self.axes = self.figure.subplots(require_count("rows", rows), require_count("columns", columns))
            self.values = {name: self._value(start_of(field)) for name, field in fields.items()}
            self.words = draw(self, **self.values)
            self.figure.draw_without_rendering()  # now it is known where on the picture a coordinate lies
            self.figure.set_layout_engine(None)
        if not isinstance(self.words, Words | None):
            raise TypeError(f"draw must return what picture.say makes, or None, got {shown(self.words)}")
        for name, field in fields.items():
            if isinstance(field, Pad | Points) and self.mark_of(name) is None:
                raise ValueError(f"draw must show {name} by picture.{field.kind}, or nobody can touch it")

    @property
    def sentence(self):
        """What is to be seen at the start."""
        return self.words.text(self.arrays) if self.words else ""

    def say(self, template, *values):
        """Return a sentence with holes for values (see `Words`)."""
        values = [self._as_value(value) for value in values]
        for value in values:
            require_one_number("what fills a hole", value)
        for hole in HOLE.finditer(template):
            if int(hole[1]) >= len(values):
                raise ValueError(f"{template!r} has the hole {hole[0]}, but there are {len(values)} values")
        return Words(template, values)

    def run(self, function, *values, **options):
        """Apply an operation of the package, or a function of `steps`, to values and constant arrays."""
        name = getattr(function, "__name__", "")
        if name not in steps.__all__ or getattr(steps, name) is not function:
            raise ValueError(f"touch.js has no step for {shown(function)}; those it has are in dlnotes.explore.steps")
        if options and function.__module__ != steps.__name__:
            raise ValueError(f"touch.js computes {name} without options, got {', '.join(options)}")
        inputs = [self._as_value(value) for value in values]
        value = self._value(apply(function, [value.array for value in inputs], options))
        self.steps.append((name, [value.number for value in inputs], options, value.number))
        return value

    def slopes(self, target, of):
        """Return how fast the number `target` grows with each entry of `of`: the numerical gradient.

        Only the steps between the two are repeated for it.
        """
        require_one_number("the target of slopes", target)
        between, changed = [], {of.number}
        for i, (_, inputs, _, number) in enumerate(self.steps):
            if changed.intersection(inputs):
                between.append(i)
                changed.add(number)
        step = ("slopes", [target.number, of.number], {"steps": between}, len(self.arrays))
        value = self._value(self._take(step, self.arrays))
        self.steps.append(step)
        return value

    def evaluate(self, **entries):
        """Return the arrays of all values for other entries of the fields than at the start."""
        arrays = self.arrays.copy()
        for name, array in entries.items():
            arrays[self.values[name].number] = np.asarray(array, float)
        for step in self.steps:
            arrays[step[3]] = self._take(step, arrays)
        return arrays

    def _take(self, step, arrays):
        """Return the array that a step gives."""
        name, inputs, options, _ = step
        if name != "slopes":
            return np.asarray(apply(getattr(steps, name), [arrays[i] for i in inputs], options), float)
        target, of = inputs

        def at(entries):
            again = arrays.copy()
            again[of] = entries
            for i in options["steps"]:
                again[self.steps[i][3]] = self._take(self.steps[i], again)
            return float(again[target])

        return numerical_gradient(at, arrays[of])

    # --- marks: parts of the picture that show a value ---

    def cells(self, ax, value, *, at=(0, 0), largest=None, decimals=None, title="", **look):
        """Draw a matrix as a grid of cells, as `dlnotes.diagrams.draw_grid` does.

        Parameters
        ----------
        ax : matplotlib.axes.Axes
            Where to draw. A cell is 1 wide and 1 high, rows go down; the caller sets the limits.
        value : Value or array_like
            The matrix; an entry that is not a number leaves its cell empty.
        at : tuple of float, default (0, 0)
            Column and row of the upper left corner.
        largest : float, optional
            The number that is the strongest blue; its negative is the strongest orange. Without it cells have the
            colour of the page.
        decimals : int, optional
            Of the numbers in the cells; without it there are none.
        title : str, optional
            Written above the grid.
        **look
            How numbers and title are written, such as ``fontsize``.
        """
        shades = [] if largest is None else shades_of(style.DIVERGING)
        self._cells(ax, self._as_value(value), at, -(largest or 1), largest or 1, shades, decimals, title, look)

    def pad(self, ax, value, *, at=(0, 0), title="", **look):
        """Draw the pixels of a `Pad`, on which the reader draws: cells, the darker the more ink."""
        name = self._name_of(value, Pad)
        self._cells(ax, value, at, 0, 1, shades_of(style.SEQUENTIAL), None, title, look)
        self.marks[-1]["field"] = name

    def _cells(self, ax, value, at, low, high, shades, decimals, title, look):
        inks = [style.text_on(shade) for shade in shades]
        mark = self._mark(
            "cells", ax, value, at=list(at), low=low, high=high, shades=shades, inks=inks, decimals=decimals,
            size=look.get("fontsize", 11),
        )  # fmt: skip
        for (row, column), number in np.ndenumerate(value.array):
            empty = not shades or np.isnan(number)
            level = 0 if empty else int(min(max((number - low) / (high - low), 0), 1) * (len(shades) - 1) + 0.5)
            face, ink = ("white", "black") if empty else (shades[level], inks[level])
            corner = at[0] + column, at[1] + row
            ax.add_patch(Rectangle(corner, 1, 1, facecolor=face, edgecolor=style.MUTED, linewidth=0.8, gid=mark))
            if decimals is not None:
                text = " " if np.isnan(number) else fixed(number, decimals)
                middle = {"ha": "center", "va": "center", "color": ink, "gid": f"{mark}:text"}
                ax.text(corner[0] + 0.5, corner[1] + 0.5, text, **middle, **look)
        if title:
            ax.text(at[0] + value.array.shape[1] / 2, at[1] - 0.25, title, ha="center", va="bottom", **look)
        ax.set_aspect("equal")
        ax.set_axis_off()

    def path(self, ax, value, *, at=(0, 0), **look):
        """Draw a line through the points of an array of shape (points, 2)."""
        mark = self._mark("path", ax, value, at=list(at))
        ax.plot(*(value.array + np.array(at)).T, gid=mark, **look)

    def bars(self, ax, value, *, width=0.7, **look):
        """Draw a vector as bars upwards from 0, at 0, 1, 2 and so on."""
        mark = self._mark("bars", ax, value, width=width)
        for i, height in enumerate(value.array):
            ax.add_patch(Rectangle((i - width / 2, 0), width, height, gid=mark, **look))

    def points(self, ax, value, **look):
        """Draw the markers of `Points`, which the reader drags: dots, unless `look` names another ``marker``."""
        mark = self._mark("points", ax, value, field=self._name_of(value, Points))
        ax.plot(*value.array.T, gid=mark, **{"marker": "o", "linestyle": "none"} | look)

    def write(self, ax, x, y, template, *values, **look):
        """Write a text with holes for values (see `Words`) at a place of the axes."""
        words = self.say(template, *values)
        mark = self._mark("words", ax, None, x=x, y=y, template=template, values=[v.number for v in words.values])
        text = ax.text(x, y, words.text(self.arrays), va="center", gid=mark, **look)
        anchor = {"left": "start", "center": "middle", "right": "end"}[text.get_ha()]
        color = to_hex(text.get_color())
        self.marks[-1] |= {"size": text.get_fontsize(), "anchor": anchor, "color": THEME.get(color, color)}

    # --- what the page needs ---

    def data(self):
        """Return the constants, steps and marks for touch.js."""
        return {
            "constants": [
                [number, array.shape, [None if np.isnan(entry) else entry for entry in array.reshape(-1).tolist()]]
                for number, array in self.constants
            ],
            "fields": {name: value.number for name, value in self.values.items()},
            "steps": self.steps,
            "marks": [{**mark, "axes": self._scales(mark["axes"])} for mark in self.marks],
            "sentence": self.words and [self.words.template, [value.number for value in self.words.values]],
        }

    def mark_of(self, name):
        """Return the scales and the corner of the mark on which the reader changes a field, or None."""
        marks = [mark for mark in self.marks if mark.get("field") == name]
        return {"axes": self._scales(marks[0]["axes"]), "at": marks[0].get("at")} if marks else None

    def _scales(self, ax):
        """Return a and b for x and for y: the place a + b x of the picture shows the coordinate x."""
        per_pixel = POINTS_PER_INCH / self.figure.dpi
        corner, other = ax.transData.transform([(0, 0), (1, 1)]) * per_pixel
        height = self.size[1] * POINTS_PER_INCH
        scales = corner[0], other[0] - corner[0], height - corner[1], corner[1] - other[1]
        return [round(float(number), 3) for number in scales]

    def _value(self, array):
        self.arrays.append(np.asarray(array, float))
        return Value(self, len(self.arrays) - 1, self.arrays[-1])

    def _as_value(self, value):
        if isinstance(value, Value):
            return value
        constant = self._value(as_floats("a constant", value))
        self.constants.append((constant.number, constant.array))
        return constant

    def _name_of(self, value, kind):
        for name, field in self.fields.items():
            if self.values[name] is value and isinstance(field, kind):
                return name
        raise ValueError(f"only what a field {kind.__name__} holds can be touched here, not what a step has computed")

    def _mark(self, kind, ax, value, **options):
        """Note a mark; return the id by which touch.js finds its elements."""
        self.marks.append({"kind": kind, "axes": ax, "value": value and value.number, **options})
        return f"mark:{len(self.marks) - 1}"


def require_one_number(name, value):
    """Refuse a value that is an array."""
    if value.array.ndim:
        raise ValueError(f"{name} must be one number, got shape {value.array.shape}")


def shades_of(colors):
    """Return the shades of a colormap that cells may have, from its low to its high end."""
    return [to_hex(colors(i / (SHADES - 1))) for i in range(SHADES)]


def start_of(field):
    """Return the array of a field, the number of a slider, or the index of a choice."""
    if isinstance(field, Field):
        return field.start
    return field.values[field.start] if isinstance(field, Slider) else field.start


def apply(function, arrays, options):
    """Return the value of a step; an operation's backward map is of no use here."""
    result = function(*arrays, **options)
    return result[0] if isinstance(result, tuple) else result
