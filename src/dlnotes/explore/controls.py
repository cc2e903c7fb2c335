"""What a reader can set: a slider or a choice. Only descriptions; what they become depends on where they are shown."""

from decimal import Decimal
from math import isfinite
from numbers import Integral, Real


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
    """

    def __init__(self, label, values, texts, start):
        if not isinstance(label, str) or not label.strip():
            raise ValueError(f"label must be a text that names the control, got {label!r}")
        self.label, self.values, self.texts, self.start = label, values, texts, start


class Slider(Control):
    """A number on an evenly spaced grid.

    The values are exactly the decimal numbers that the reader sees: integers if `low`, `high` and `step` are
    integers, otherwise floats without rounding noise such as 0.30000000000000004.

    Parameters
    ----------
    low, high : int or float
        First and last value.
    step : int or float
        Distance of neighbouring values. It must divide ``high - low``.
    start : int or float
        The value shown first, on the grid.
    label : str
        The name shown to the reader, in words, with the symbol if it has one: ``"learning rate η"``.

    Raises
    ------
    ValueError
        If the range is empty, the step does not divide it, or the start is not on the grid.
    TypeError
        If one of the numbers is none.

    Examples
    --------
    >>> Slider(0.1, 0.5, 0.1, start=0.3, label="learning rate η").values
    [0.1, 0.2, 0.3, 0.4, 0.5]
    >>> Slider(1, 9, 4, start=5, label="hidden units").values
    [1, 5, 9]
    """

    def __init__(self, low, high, step, *, start, label):
        numbers = {"low": low, "high": high, "step": step, "start": start}
        exact_low, exact_high, exact_step, exact_start = (
            _decimal(f"slider {label!r}: {name}", number) for name, number in numbers.items()
        )
        if exact_low >= exact_high:
            raise ValueError(f"slider {label!r}: low must be below high, got low={low}, high={high}")
        if exact_step <= 0:
            raise ValueError(f"slider {label!r}: step must be positive, got {step}")
        if (exact_high - exact_low) % exact_step:
            raise ValueError(
                f"slider {label!r}: step must divide high - low = {exact_high - exact_low}, got step={step}"
            )
        if (exact_start - exact_low) % exact_step or not exact_low <= exact_start <= exact_high:
            raise ValueError(
                f"slider {label!r}: start must be one of {low}, {exact_low + exact_step}, ..., {high}, got {start}"
            )
        count = int((exact_high - exact_low) / exact_step) + 1
        grid = [exact_low + i * exact_step for i in range(count)]
        whole = all(isinstance(number, Integral) for number in (low, high, step))
        super().__init__(
            label,
            values=[int(exact) if whole else float(exact) for exact in grid],
            texts=[f"{exact:f}".replace("-", "−") for exact in _same_decimals(grid)],
            start=grid.index(exact_start),
        )


class Choice(Control):
    """One of several options, shown as a list to choose from.

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
        If there are fewer than two options, two look the same, or `start` is not among them.

    Examples
    --------
    >>> import math
    >>> choice = Choice({"sine": math.sin, "cosine": math.cos}, start="cosine", label="function")
    >>> choice.texts, choice.start
    (['sine', 'cosine'], 1)
    """

    def __init__(self, options, *, start=None, label):
        keys = list(options)
        texts = [str(key) for key in keys]
        if len(set(texts)) < max(2, len(texts)):
            raise ValueError(f"choice {label!r}: needs two or more options that look different, got {texts}")
        if start is not None and start not in keys:
            raise ValueError(f"choice {label!r}: start must be one of {texts}, got {start!r}")
        super().__init__(
            label,
            values=list(options.values()) if isinstance(options, dict) else keys,
            texts=texts,
            start=0 if start is None else keys.index(start),
        )


def _decimal(name, number):
    """Return the number exactly as it is written, so that 0.1 is a tenth."""
    if not isinstance(number, Real) or isinstance(number, bool):
        raise TypeError(f"{name} must be a number, got {number!r}")
    if not isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}")
    return Decimal(int(number)) if isinstance(number, Integral) else Decimal(repr(float(number)))


def _same_decimals(grid):
    """Give all numbers of the grid the same number of decimals, none more than needed."""
    exponent = min(exact.normalize().as_tuple().exponent for exact in grid)
    return [exact.quantize(Decimal(1).scaleb(min(exponent, 0))) for exact in grid]
