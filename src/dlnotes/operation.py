"""The one contract: an operation returns its value and its backward map."""

import functools
import inspect
from math import inf
from numbers import Real

import numpy as np

MOST = 10**8  # more is no size of an array, but a mistake


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
        If an array holds no real numbers, or an index array no integers; if `function` has parameters that are neither
        arrays nor options, or does not return a value and a backward map, or this not one gradient for each array.
    ValueError
        If an array is ragged, ``dy`` does not have the shape of `y`, or a gradient not that of its array.

    Examples
    --------
    >>> @operation
    ... def double(x):
    ...     return 2 * x, lambda dy: 2 * dy
    >>> y, backward = double([1.0, 2.0])
    >>> backward([1.0, 0.0])
    array([2., 0.])
    """
    integers = (integers,) if isinstance(integers, str) else integers
    if not isinstance(integers, list | tuple):
        raise TypeError(f"integers must be the name of a parameter, or a tuple of names, got {shown(integers)}")
    if function is None:
        return functools.partial(operation, integers=integers)
    name, (arrays, optional, options) = name_of(function), arrays_and_options(function)
    if unknown := [index for index in integers if index not in arrays]:
        raise ValueError(f"integers must name parameters of {name}, {', '.join(arrays)}, got {shown(unknown)}")

    def convert(array, value):
        if value is None and array in optional:
            return None
        return as_integers(array, value) if array in integers else as_floats(array, value)

    @functools.wraps(function)
    def checked(*values, **named):
        if len(values) > len(arrays):
            raise TypeError(
                f"{name} takes {len(arrays)} array(s), {', '.join(arrays)}, but {len(values)} were given; "
                "options are given by name"
            )
        values = [convert(array, value) for array, value in zip(arrays, values, strict=False)]
        named = {key: convert(key, value) if key in arrays else value for key, value in named.items()}
        given = [*values, *map(named.get, arrays[len(values) :])]
        floats = [x for x in given if x is not None and x.dtype.kind == "f"]
        dtype = np.result_type(*floats) if floats else np.dtype(float)
        y, backward = value_and_backward(name, function(*values, **named), dtype)

        def checked_backward(*gradients):
            dxs = as_tuple(backward(*output_gradients(name, gradients, y)))
            if len(dxs) != len(arrays):
                raise TypeError(
                    f"the backward map of {name} must return one gradient for each of {', '.join(arrays)}, "
                    f"got {len(dxs)}"
                )
            triples = zip(arrays, given, dxs, strict=True)
            return as_result([input_gradient(f"d{array}", dx, x) for array, x, dx in triples if x is not None])

        return y, checked_backward

    checked.takes_training = "training" in options  # asked at every call of a layer
    checked.unchecked = function
    return checked


def arrays_and_options(function):
    """Return the names of a function's parameters: the arrays, those of them that are optional, and the options."""
    try:
        signature = inspect.signature(function)
    except Exception:  # no function, or one of another library, without a signature
        raise TypeError(f"an operation is made of a function, got {shown(function)}") from None
    parameters = signature.parameters
    options = {name: p for name, p in parameters.items() if p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD)}
    arrays = {name: p for name, p in parameters.items() if name not in options}
    optional = [name for name, p in arrays.items() if p.default is None]
    for p in arrays.values():
        if p.kind is not p.POSITIONAL_OR_KEYWORD or not (p.default is p.empty or p.default is None):
            raise TypeError(
                f"the parameters of {name_of(function)} must be arrays, with no default but None, and after a * "
                f"options, got {signature}"
            )
    return list(arrays), optional, list(options)


def unchecked(operation):
    """Return the bare function of an operation, for a loop that calls it on arrays that have been checked already."""
    return getattr(operation, "unchecked", operation)


def value_and_backward(name, result, dtype=None):
    """Return ``(y, backward)`` if `result` is that, `y` as floats; `name` is what an error calls the operation."""
    if not (isinstance(result, tuple) and len(result) == 2 and callable(result[1])):
        raise TypeError(f"{name} must return a value and its backward map, (y, backward), got {kind(result)}")
    y, backward = result
    if isinstance(y, tuple):
        if not y:
            raise TypeError(f"{name} must return a value, got an empty tuple")
        return tuple(as_value(f"the value of {name}", part, dtype) for part in y), backward
    return as_value(f"the value of {name}", y, dtype), backward


def as_value(name, value, dtype=None):
    """Turn what a function computed into floats of a dtype; a number of NumPy's stays one."""
    array = as_floats(name, value)
    array = array if dtype is None else array.astype(dtype, copy=False)
    return array[()] if isinstance(value, np.generic) else array


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


def input_gradient(name, dx, x):
    """Return what a backward map gives for the array `x` in its shape and dtype: None if it holds indices."""
    if x.dtype.kind != "f":
        return None
    dx = as_value(name, dx, x.dtype)
    if dx.shape != x.shape:
        raise ValueError(f"{name} must have the shape of its array, {x.shape}, got {dx.shape}")
    return dx


def name_of(function):
    """What an error calls a function, or an object that is called."""
    return getattr(function, "__name__", type(function).__name__)


def as_tuple(values):
    """Return several arrays, or a single one, as a tuple."""
    return values if isinstance(values, tuple) else (values,)


def as_result(values):
    """Return a single array bare, several as a tuple: the reverse of `as_tuple`."""
    return values[0] if len(values) == 1 else tuple(values)


def as_floats(name, value):
    """Turn `value` into an array of real numbers; `name` is what an error calls it."""
    array = as_array(name, value)
    if array.dtype.kind == "f":  # nearly always, so this is asked first
        return array
    if array.dtype.kind in "biu":
        return array.astype(float)
    raise TypeError(f"{name} must hold real numbers, got an array of dtype {array.dtype}")


def as_integers(name, value):
    """Turn `value` into an array of integers; `name` is what an error calls it."""
    array = as_array(name, value)
    if isinstance(value, list | tuple) and not array.size:
        return array.astype(int)  # NumPy takes an empty list for one of floats
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integers, got an array of dtype {array.dtype}")
    return array


def require_count(name, value, least=1):
    """Return `value` as a Python integer; refuse what counts nothing. NumPy's small integers would overflow later."""
    if not is_integer(value):
        raise TypeError(f"{name} must be an integer of at least {least}, got {shown(value)}")
    if value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {shown(value)}")
    if value > MOST:
        raise ValueError(f"{name} must be at most {MOST}, got {shown(value)}")
    return int(value)


def is_integer(value):
    """Whether a value is a whole number: a boolean is none, nor is a length of time, which NumPy calls an integer."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64))


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
    if isinstance(value, (bool, np.timedelta64)) or not isinstance(value, Real):
        raise TypeError(f"{name} must be {expected}, got {shown(value)}")
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits
        number = inf
    if not holds(number):
        raise ValueError(f"{name} must be {expected}, got {shown(value)}")
    return number


def require_positive(name, value):
    """Return `value` as a Python float if it is a positive number."""
    return require_number(name, value, "a positive number", lambda number: 0 < number < inf)


def require_share(name, value):
    """Return `value` as a Python float if it is a share of which something is left: from 0 to below 1."""
    return require_number(name, value, "a number from 0 to below 1", lambda number: 0 <= number < 1)


def require_flag(name, value):
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")


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
    if type(value) is np.ndarray:  # nearly always
        return value
    try:
        masked = holds_mask(value)
        array = None if masked else np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be an array in which all rows are equally long: {error}") from None
    except Exception as error:
        raise TypeError(f"{name} must be an array, got {kind(value)}: {error}") from None
    if masked:
        raise TypeError(f"{name} must be a plain array: the mask of a masked array would be lost")
    return array


def holds_mask(value):
    """Whether a value is a masked array, or a list of such."""
    return np.ma.isMaskedArray(value) or (isinstance(value, list | tuple) and any(map(holds_mask, value)))


def kind(value):
    """Name what was given, for a message: an array by its shape, anything else by its type."""
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"


def shown(value):
    """Write what was given, for a message: an array by its shape, anything else as Python does, if that is short."""
    if isinstance(value, np.ndarray):
        return kind(value)
    try:
        text = repr(value)
    except Exception:  # an integer of thousands of digits, a class with a mistake
        return kind(value)
    return text if len(text) <= 200 else kind(value)
