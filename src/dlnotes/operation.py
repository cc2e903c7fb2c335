"""The one contract: an operation returns its value and its backward map."""

import functools
import inspect
import sys
from math import inf
from numbers import Integral, Real

import numpy as np


def operation(function=None, *, integers=()):
    """Make a function keep the contract of `dlnotes`, so that its body can be formulas alone.

    The positional parameters of `function` are arrays, its keyword-only parameters are options. An array whose default
    is ``None`` is optional; such arrays come last. The decorated function takes anything NumPy can turn into real
    numbers, and its ``backward`` refuses gradients of the wrong shape. Integers and booleans become float64; a float
    dtype is kept, and where arrays differ in theirs, the value has the larger one.

    Parameters
    ----------
    function : callable
        ``function(*arrays, **options)`` returning ``(y, backward)``, where `y` is an array or a tuple of arrays, and
        ``backward`` takes one gradient for each of these and returns one for each positional parameter.
    integers : str or tuple of str, optional
        The names of parameters that hold indices; they stay integers and have no gradient.

    Returns
    -------
    callable
        The operation. Its ``backward(dy)``, or ``backward(dy1, dy2)`` where `y` is a tuple of two, gives one gradient
        for each array that was given, in the order of the parameters and in the array's shape and dtype: a bare array
        where there is only one, ``None`` for indices. Where `y` is a scalar, ``dy`` may be left out and is 1; where
        `y` is a tuple, ``None`` counts as zeros. It reads the arguments and `y` themselves, no copies: after one is
        changed in place, it is out of date.

    Raises
    ------
    TypeError
        If an array holds no real numbers, or an index array no integers; if `function` does not return a value and a
        backward map, or this not one gradient for each parameter.
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
    integers = (integers,) if isinstance(integers, str) else tuple(integers)
    if function is None:
        return functools.partial(operation, integers=integers)
    if not callable(function):
        raise TypeError(f"an operation is made of a function, got {shown(function)}")

    parameters = list(inspect.signature(function).parameters.values())
    arrays = {p.name: p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}
    if unknown := set(integers) - set(arrays):
        raise ValueError(f"integers must name parameters of {function.__name__}, {', '.join(arrays)}, got {unknown}")

    def convert(name, value):
        if value is None and arrays[name].default is None:
            return None
        return as_integers(name, value) if name in integers else as_floats(name, value)

    @functools.wraps(function)
    def checked(*values, **options):
        if len(values) > len(arrays):
            raise TypeError(
                f"{function.__name__} takes {len(arrays)} array(s), {', '.join(arrays)}, but {len(values)} were given; "
                "options are given by name"
            )
        values = [convert(name, value) for name, value in zip(arrays, values, strict=False)]
        options = {name: convert(name, value) if name in arrays else value for name, value in options.items()}
        y, backward = value_and_backward(function.__name__, function(*values, **options))
        y = tuple(map(as_value, y)) if isinstance(y, tuple) else as_value(y)
        given = [*values, *(options.get(name) for name in list(arrays)[len(values) :])]

        def checked_backward(*gradients):
            dys = output_gradients(function.__name__, gradients, y)
            dxs = as_tuple(backward(*dys))
            if len(dxs) != len(arrays):
                raise TypeError(
                    f"the backward map of {function.__name__} must return one gradient for each of "
                    f"{', '.join(arrays)}, got {len(dxs)}"
                )
            pairs = [(dx, x) for dx, x in zip(dxs, given, strict=True) if x is not None]
            return as_result([dx if dx is None else as_value(dx).astype(x.dtype, copy=False) for dx, x in pairs])

        return y, checked_backward

    checked.takes_training = any(p.name == "training" for p in parameters)  # asked at every call of a layer
    return checked


def unchecked(operation):
    """Return the bare function of an operation, for a loop that calls it on arrays that have been checked already."""
    return getattr(operation, "__wrapped__", operation)


def value_and_backward(name, result):
    """Return `result` if it is what an operation returns, ``(y, backward)``; `name` is what an error calls it."""
    if not (isinstance(result, tuple) and len(result) == 2 and callable(result[1])):
        raise TypeError(f"{name} must return a value and its backward map, (y, backward), got {kind(result)}")
    for value in as_tuple(result[0]):
        as_floats(f"the value of {name}", value)
    return result


def as_value(y):
    """Return an array, or a number of NumPy's, as it is, and anything else as an array."""
    return y if isinstance(y, np.ndarray | np.generic) else as_floats("the value of an operation", y)


def output_gradients(name, gradients, y):
    """Return one gradient for each part of the value `y` of the operation `name`, of its shape and dtype."""
    if not isinstance(y, tuple):
        if len(gradients) > 1:
            raise TypeError(f"the backward map of {name} takes one gradient, got {len(gradients)}")
        return [output_gradient(name, gradients[0] if gradients else 1.0, y)]
    if len(gradients) != len(y):
        raise TypeError(
            f"the backward map of {name} takes {len(y)} gradients, one for each value, got {len(gradients)}"
        )
    return [
        np.zeros_like(part) if dy is None else output_gradient(name, dy, part)
        for dy, part in zip(gradients, y, strict=True)
    ]


def output_gradient(name, dy, y):
    dy = as_floats("dy", dy).astype(y.dtype, copy=False)
    if dy.shape != y.shape:
        raise ValueError(f"dy must have the shape of the value of {name}, {y.shape}, got {dy.shape}")
    return dy


def as_tuple(values):
    """Return several arrays, or a single one, as a tuple."""
    return values if isinstance(values, tuple) else (values,)


def as_result(values):
    """Return a single array bare, several as a tuple: the reverse of `as_tuple`."""
    return values[0] if len(values) == 1 else tuple(values)


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
        raise TypeError(f"{name} must be an integer of at least {least}, got {shown(value)}")
    if not least <= value <= sys.maxsize:
        raise ValueError(f"{name} must be an integer of at least {least}, got {shown(value)}")
    return int(value)


def require_same_shape(first_name, first, second_name, second):
    """Refuse what NumPy would broadcast: (batch, 1) minus (batch,) is (batch, batch), and no error."""
    if first.shape != second.shape:
        raise ValueError(
            f"{first_name} and {second_name} must have the same shape, got {first.shape} and {second.shape}"
        )


def require_shape(name, array, words, shape):
    """Refuse another shape than `shape`, whose sizes `words` names, such as "batch, units"."""
    if array.shape != shape:
        raise ValueError(f"{name} must have shape ({words}), here {shape}, got {array.shape}")


def require_number(name, value, expected, holds):
    """Return `value` as a Python float if it is a number for which `holds`; booleans and texts are none."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(f"{name} must be {expected}, got {shown(value)}")
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits
        number = inf
    if not holds(number):
        raise ValueError(f"{name} must be {expected}, got {shown(value)}")
    return number


def require_callable(name, value, expected):
    """Refuse what can't be called."""
    if not callable(value):
        raise TypeError(f"{name} must be {expected}, got {shown(value)}")


def require_rng(rng):
    """Refuse what is no source of randomness, a seed for example."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, such as numpy.random.default_rng(0), got {shown(rng)}")


def as_array(name, value):
    """Turn `value` into an array; `name` is what an error calls it."""
    if any(np.ma.isMaskedArray(part) for part in (value, *(value if isinstance(value, list | tuple) else ()))):
        raise TypeError(f"{name} must be a plain array: the mask of a masked array would be lost")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be an array in which all rows are equally long: {error}") from None
    except Exception as error:
        raise TypeError(f"{name} must be an array, got {kind(value)}: {error}") from None


def kind(value):
    """Name what was given, for a message: an array by its shape, anything else by its type."""
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"


def shown(value):
    """Write what was given, for a message: an array by its shape, anything else as Python does, if that is short."""
    return kind(value) if isinstance(value, np.ndarray) or len(repr(value)) > 200 else repr(value)
