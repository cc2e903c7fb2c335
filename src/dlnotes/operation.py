"""The one contract: an operation returns its value and its backward map."""

import functools
import inspect
from numbers import Integral

import numpy as np


def operation(function=None, *, integers=()):
    """Make a function keep the contract of `dlnotes`, so that its body can be formulas alone.

    The positional parameters of `function` are arrays, its keyword-only parameters are options. The decorated
    function takes anything NumPy can turn into real numbers, and its ``backward`` refuses a gradient of the wrong
    shape. Integers and booleans become float64; a float dtype is kept.

    Parameters
    ----------
    function : callable
        ``function(*arrays, **options)`` returning ``(y, backward)``.
    integers : tuple of str, optional
        The names of parameters that hold indices; they stay integers and have no gradient.

    Returns
    -------
    callable
        The operation. Its ``backward(dy)`` gives one gradient per array, in the order of the parameters: a bare
        array where there is only one, ``None`` for indices. Where `y` is a scalar, ``dy`` may be left out and is 1.
        It reads the arguments and `y` themselves, no copies: after one is changed in place, it is out of date.

    Raises
    ------
    TypeError
        If an array holds no real numbers, or an index array no integers.
    ValueError
        If an array is ragged, or ``dy`` does not have the shape of `y`.

    Examples
    --------
    >>> @operation
    ... def double(x):
    ...     return 2 * x, lambda dy: 2 * dy
    >>> y, backward = double([1.0, 2.0])
    >>> backward([1.0, 0.0])
    array([2., 0.])
    """
    if function is None:
        return functools.partial(operation, integers=integers)

    parameters = inspect.signature(function).parameters.values()
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]

    def convert(name, value):
        return as_integers(name, value) if name in integers else as_floats(name, value)

    @functools.wraps(function)
    def checked(*arrays, **options):
        if len(arrays) > len(names):
            raise TypeError(
                f"{function.__name__} takes {len(names)} array(s), {', '.join(names)}, but {len(arrays)} were given; "
                "options are given by name"
            )
        arrays = [convert(name, value) for name, value in zip(names, arrays, strict=False)]
        options = {name: convert(name, value) if name in names else value for name, value in options.items()}
        y, backward = function(*arrays, **options)

        def checked_backward(dy=1.0):
            dy = as_floats("dy", dy).astype(y.dtype, copy=False)
            if dy.shape != y.shape:
                raise ValueError(
                    f"dy must have the shape of the value of {function.__name__}, {y.shape}, got {dy.shape}"
                )
            return backward(dy)

        return y, checked_backward

    return checked


def as_floats(name, value):
    """Turn `value` into an array of real numbers; `name` is what an error calls it."""
    array = as_array(name, value)
    if array.dtype.kind in "biu":
        return array.astype(float)
    if array.dtype.kind != "f":
        raise TypeError(f"{name} must hold real numbers, got an array of dtype {array.dtype}")
    return array


def as_integers(name, value):
    """Turn `value` into an array of integers; `name` is what an error calls it."""
    array = as_array(name, value)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integers, got an array of dtype {array.dtype}")
    return array


def require_count(name, value, least=1):
    """Return `value` as a Python integer; refuse what counts nothing. NumPy's small integers would overflow later."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer of at least {least}, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}")
    return int(value)


def require_rng(rng):
    """Refuse what is no source of randomness, a seed for example."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, such as numpy.random.default_rng(0), got {rng!r}")


def as_array(name, value):
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be an array in which all rows are equally long: {error}") from None
