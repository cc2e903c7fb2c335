"""What a reader can set: a slider or a choice. Only descriptions; what they become depends on where they are shown."""

import re
from collections.abc import Iterable
from decimal import Decimal, localcontext
from itertools import pairwise
from numbers import Integral, Real

from dlnotes.operation import require_flag, shown

MOST_PICTURES = 450  # of a figure: more make a page too heavy
SMALLEST, LARGEST = 1e-15, 1e15  # magnitudes that a reader can read
MOST_BUTTONS = 3
PLAYED, SLOWEST, FASTEST = 12_000, 600, 250  # milliseconds: of all values, and of one, which the eye must follow
NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")


class Control:
    """A list of values a reader can choose from, one of which is the start.

    Attributes
    ----------
    label : str
        The name shown to the reader.
    values : list
        What is passed to the drawing function, one entry for each setting.
    texts : list of str
        The same values as the reader sees them.
    start : int
        Index of the setting shown first.
    kind : str
        What the reader moves: ``"slider"``, ``"buttons"`` or ``"list"``.
    tick : int or None
        Milliseconds from one value to the next while the reader lets them play; None if they can't be played.
    """

    tick = None

    def __init__(self, label, values, texts, start, kind):
        if not isinstance(label, str) or not label.strip():
            raise ValueError(f"label must be a text that names the control, got {label!r}")
        self.label, self.values, self.texts, self.start, self.kind = label, values, texts, start, kind


class Slider(Control):
    """A number out of several in increasing order, evenly spaced or not.

    The values are exactly the decimal numbers that the reader sees: integers if all numbers given are integers,
    otherwise floats without rounding noise such as 0.30000000000000004.

    Parameters
    ----------
    *grid : int or float, or one list of them
        Either the first value, the last value, and the distance of neighbours, which must divide their difference; or a
        list of all values, increasing. No number but 0 is nearer to it than 1e-15 or further than 1e15.
    start : int or float
        The value shown first, one of the grid.
    label : str
        The name shown to the reader, in words, with the symbol if it has one: ``"learning rate η"``.
    play : bool, default False
        Whether the slider has buttons that go back, play on to the end, and go to the next value: for epochs, steps,
        and whatever else is a course of time.

    Raises
    ------
    ValueError
        If there are less than two values or more than 450, they do not increase, the step does not divide the range,
        the start is not among them, or a number is too large or too small to be read.
    TypeError
        If one of the numbers is none.

    Examples
    --------
    >>> Slider(0.1, 0.5, 0.1, start=0.3, label="learning rate η").values
    [0.1, 0.2, 0.3, 0.4, 0.5]
    >>> Slider(1, 9, 4, start=5, label="epoch", play=True).values
    [1, 5, 9]
    >>> Slider([0.001, 0.03, 1, 1000], start=1, label="learning rate η").texts
    ['0.001', '0.03', '1', '1000']
    """

    def __init__(self, *grid, start, label, play=False):
        name = f"slider {label!r}"
        with localcontext(prec=60):  # digits, enough for the sum of the largest and the smallest number
            if len(grid) == 3:
                exact, texts = _even(name, *grid)
            elif len(grid) == 1:
                exact, texts = _listed(name, grid[0])
                grid = grid[0]
            else:
                raise TypeError(f"{name} takes low, high and step, or one list of values, got {len(grid)} numbers")
            exact_start = _decimal(f"{name}: start", start)
        if exact_start not in exact:
            few = texts if len(texts) < 8 else [texts[0], texts[1], "...", texts[-1]]
            raise ValueError(f"{name}: start must be one of {', '.join(few)}, got {start}")
        whole = all(isinstance(number, Integral) for number in grid)
        super().__init__(
            label,
            values=[int(number) if whole else float(number) for number in exact],
            texts=[text.replace("-", "−") for text in texts],
            start=exact.index(exact_start),
            kind="slider",
        )
        require_flag(f"{name}: play", play)
        if play:
            self.tick = min(SLOWEST, max(FASTEST, PLAYED // len(exact)))


class Choice(Control):
    """One of several options: two or three are shown as buttons, more as a list to choose from.

    Parameters
    ----------
    options : list or dict
        The values, shown as their text; or a dictionary from what is shown to the value.
    start : optional
        The option shown first: one of the list's values, or one of the dictionary's keys. Default: the first.
    label : str
        The name shown to the reader.

    Raises
    ------
    ValueError
        If there are fewer than two options, two look the same or are the same number, or `start` is not among them.
    TypeError
        If `options` is no list or dictionary.

    Examples
    --------
    >>> import math
    >>> choice = Choice({"sine": math.sin, "cosine": math.cos}, start="cosine", label="function")
    >>> choice.texts, choice.start
    (['sine', 'cosine'], 1)
    """

    def __init__(self, options, *, start=None, label):
        if isinstance(options, str) or not isinstance(options, Iterable):
            raise TypeError(f"choice {label!r}: options must be a list or a dictionary, got {shown(options)}")
        keys = list(options)
        texts = [str(key) for key in keys]
        readings = [readable(text) for text in texts]
        if len(set(readings)) < max(2, len(texts)) or "" in readings:
            raise ValueError(f"choice {label!r}: needs two or more options that look different, got {texts}")
        if start is not None and readable(str(start)) not in readings:
            raise ValueError(f"choice {label!r}: start must be one of {texts}, got {start!r}")
        super().__init__(
            label,
            values=list(options.values()) if isinstance(options, dict) else keys,
            texts=texts,
            start=0 if start is None else readings.index(readable(str(start))),
            kind="buttons" if len(keys) <= MOST_BUTTONS else "list",
        )


def readable(text):
    """Return what a value's text means in an address: "−0.50" is the number -0.5. player.js reads it the same way.

    >>> readable("−0.50"), readable("1e−3"), readable(" half the  bound ")
    (-0.5, 0.001, 'half the bound')
    """
    text = " ".join(text.split())
    number = text.replace("−", "-")
    return float(number) if NUMBER.fullmatch(number) else text


def _even(name, low, high, step):
    """Return the numbers from `low` to `high`, and their texts, all with the same number of decimals."""
    exact_low, exact_high, exact_step = (
        _decimal(f"{name}: {what}", number) for what, number in (("low", low), ("high", high), ("step", step))
    )
    if exact_low >= exact_high:
        raise ValueError(f"{name}: low must be below high, got low={low}, high={high}")
    if exact_step <= 0:
        raise ValueError(f"{name}: step must be positive, got {step}")
    length = exact_high - exact_low
    if length % exact_step:
        raise ValueError(f"{name}: step must divide high - low = {length}, got step={step}")
    _check_count(name, int(length / exact_step) + 1)
    exact = [exact_low + i * exact_step for i in range(int(length / exact_step) + 1)]
    decimals = max(0, *(-number.normalize().as_tuple().exponent for number in exact))
    return exact, [f"{number:.{decimals}f}" for number in exact]


def _listed(name, values):
    """Return the numbers of a list, and their texts, each with the decimals that it needs."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{name} takes low, high and step, or one list of values, got {shown(values)}")
    values = list(values)
    _check_count(name, len(values))
    exact = [_decimal(f"{name}: value {i}", value) for i, value in enumerate(values, start=1)]
    for before, after in pairwise(exact):
        if before >= after:
            raise ValueError(f"{name}: values must increase, got {_text(before)} before {_text(after)}")
    return exact, [_text(number) for number in exact]


def _check_count(name, count):
    if not 2 <= count <= MOST_PICTURES:
        raise ValueError(f"{name}: needs 2 to {MOST_PICTURES} values, each a picture, got {count}")


def _decimal(name, number):
    """Return the number exactly as it is written, so that 0.1 is a tenth."""
    if not isinstance(number, Real) or isinstance(number, bool):
        raise TypeError(f"{name} must be a number, got {shown(number)}")
    if number and not SMALLEST <= abs(number) <= LARGEST:  # not a number is not among them either
        raise ValueError(f"{name} must be 0, or between {SMALLEST:g} and {LARGEST:g} in size, got {shown(number)}")
    return Decimal(int(number)) if isinstance(number, Integral) else Decimal(repr(float(number))) + 0  # -0.0 is 0


def _text(number):
    """Write a number with the decimals it needs, or as 1e-12 where that is easier to read."""
    plain, short = f"{number.normalize():f}", f"{number.normalize():e}".replace("e+", "e")
    return plain if len(plain) <= max(9, len(short)) else short
