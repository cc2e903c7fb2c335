"""Is a gradient right? Ask the function itself, by moving its arguments a little."""

import numpy as np

from dlnotes.operation import (
    as_array,
    as_floats,
    as_tuple,
    require_callable,
    require_positive,
    require_rng,
    value_and_backward,
)

DIRECTIONS = 3  # random directions for each argument
SMALL = 100  # up to this many entries, every entry is checked as well
ROUNDING = 1e-15  # the relative error to expect of a value computed in float64


def numerical_gradient(f, x, *, step=1e-5):
    r"""Approximate the gradient of a scalar function by central differences, entry by entry.

    :math:`\partial f / \partial x_i \approx (f(x + h e_i) - f(x - h e_i)) / 2h`. Introduced in the chapter "Gradient
    descent, derived".

    Parameters
    ----------
    f : callable
        Maps an array of the shape of `x` to one number.
    x : ndarray of any shape
        Where the gradient is wanted. It is not changed.
    step : float, default 1e-5
        The step h. The error of the formula grows as its square; the rounding error of `f` is divided by it.

    Returns
    -------
    gradient : ndarray of the shape of `x`, float64

    Raises
    ------
    ValueError
        If `f` does not return one number, or `step` is not positive, or so small that it is rounded away in `x`.
    TypeError
        If `f` is no function, `step` no number, or `x` holds none.

    Examples
    --------
    >>> numerical_gradient(lambda x: np.sum(x**2), np.array([1.0, -2.0])).round(6)
    array([ 2., -4.])
    """
    require_callable("f", f, "a function of one array")
    step = require_positive("step", step)
    x = as_floats("x", x).astype(np.float64)
    if not np.all(np.isfinite(x)):
        raise ValueError("x must be finite everywhere, got inf or nan")
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        after, before = x.copy(), x.copy()
        after[index] += step
        before[index] -= step
        moved = after[index] - before[index]
        if not 0.9 < moved / (2 * step) < 1.1:
            raise ValueError(f"step must be larger for x = {x[index]:g}: {step:g} is rounded away in it")
        gradient[index] = (one_number(f(after)) - one_number(f(before))) / (2 * step)
    return gradient


def one_number(value):
    """Return the value of a function as a number, if it is one."""
    value = as_floats("the value of f", value)
    if value.ndim != 0:
        raise ValueError(f"f must return one number, got an array of shape {value.shape}")
    return value


def check_gradients(operation, *arguments, rng, tolerance=1e-6, **options):
    """Compare the backward map of an operation with central differences.

    For every array argument the derivative along random directions is compared, and for a small argument that of
    every entry too. The result of the operation is reduced to one number by random weights, so that no error can
    cancel. Introduced in the chapter "Gradient descent, derived".

    Parameters
    ----------
    operation : callable
        ``operation(*arguments, **options)`` returning ``(y, backward)``; `y` may be a tuple.
    *arguments : ndarray
        Where to check; floats are taken as float64, integers are left alone.
    rng : numpy.random.Generator
        Source of directions and weights.
    tolerance : float, default 1e-6
        The largest relative error allowed.
    **options
        Handed to the operation. It is called many times: one that draws random numbers has to draw the same each time.

    Returns
    -------
    float
        The largest relative error seen.

    Raises
    ------
    AssertionError
        If a gradient is wrong; the message names the argument.
    ValueError
        If no argument holds floats.

    Notes
    -----
    Every error is relative to what it belongs to: a derivative along a direction, or one entry. What central
    differences can't resolve does not count as an error: what is lost in the rounding of the value, and what still
    changes when the step is doubled. Keep arguments near 1 in size, and off the corners of functions such as ReLU: no
    derivative exists there.

    Examples
    --------
    >>> from dlnotes.activations import sigmoid
    >>> rng = np.random.default_rng(0)
    >>> check_gradients(sigmoid, rng.standard_normal((2, 3)), rng=rng) < 1e-6
    True
    """
    require_callable("operation", operation, "something to call on arrays")
    require_rng(rng)
    tolerance = require_positive("tolerance", tolerance)
    arguments = [None if a is None else as_array(f"argument {position}", a) for position, a in enumerate(arguments)]
    arguments = [a.astype(np.float64) if a is not None and a.dtype.kind == "f" else a for a in arguments]
    given = [position for position, argument in enumerate(arguments) if argument is not None]
    if not any(arguments[position].dtype.kind == "f" for position in given):
        raise ValueError("expected an argument that holds floats: without one there is no gradient to check")

    def value_of(*arguments):
        y, backward = value_and_backward("the operation", operation(*arguments, **options))
        return as_tuple(y), backward

    y, backward = value_of(*arguments)
    if not all(np.all(np.isfinite(part)) for part in y):
        raise AssertionError("the value of the operation is not finite everywhere, so no gradient can be measured")
    dy = tuple(rng.standard_normal(np.shape(part)) for part in y)
    gradients = as_tuple(backward(*dy))
    if len(gradients) != len(given):
        raise AssertionError(f"expected one gradient for each of {len(given)} arguments, got {len(gradients)}")

    worst = 0.0
    for position, gradient in zip(given, gradients, strict=True):
        argument = arguments[position]
        if argument.dtype.kind != "f":
            if gradient is not None:
                raise AssertionError(f"argument {position} holds integers, which have no gradient: expected None")
            continue
        gradient = None if gradient is None else as_floats(f"the gradient of argument {position}", gradient)
        if gradient is None or gradient.shape != argument.shape:
            got = None if gradient is None else gradient.shape
            raise AssertionError(f"the gradient of argument {position} must have its shape {argument.shape}, got {got}")
        if not np.all(np.isfinite(gradient)):
            raise AssertionError(f"the gradient of argument {position} is not finite everywhere")

        def value_at(moved, position=position):
            return flat(value_of(*arguments[:position], moved, *arguments[position + 1 :])[0])

        error = gradient_error(value_at, flat(y), flat(dy), argument, gradient, rng, tolerance)
        if not error <= tolerance:
            raise AssertionError(
                f"the gradient of argument {position} is off by {error:.1e} of its size (tolerance {tolerance:.0e})"
            )
        worst = max(worst, error)
    return worst


def flat(parts):
    """Return all numbers of several arrays, one after the other."""
    return np.concatenate([np.ravel(part) for part in parts])


def gradient_error(value_at, y, dy, x, gradient, rng, tolerance):
    """The largest relative error of `gradient` along random directions, and of its entries where they are few."""
    directions = [rng.standard_normal(x.shape) for _ in range(DIRECTIONS)]
    directions = [direction / (np.linalg.norm(direction) or 1.0) for direction in directions]
    if 0 < x.size <= SMALL:
        directions.extend(np.eye(x.size).reshape(-1, *x.shape))
    reach = np.abs(x).max(initial=1.0)
    step = max(1e-5, 1e-8 * reach)  # a smaller one would be rounded away in a large x

    def slopes(direction, step):
        before, after = x - step * direction, x + step * direction
        claimed = np.sum(gradient * (after - before))
        measured = np.sum(dy * (value_at(after) - value_at(before)))
        return np.array([claimed, measured]) / (2 * step)

    claimed, measured = np.array([slopes(direction, step) for direction in directions]).T
    _, doubled = np.array([slopes(direction, 2 * step) for direction in directions]).T
    size = np.maximum(np.abs(claimed), np.abs(measured))
    value = max(reach * size.max(), np.sqrt(np.size(y)) * np.abs(dy * y).max(initial=0.0))
    # The error of a central difference grows as the square of its step, so doubling the step adds three times as much.
    unresolved = np.abs(measured - doubled) / 2 + ROUNDING * value / step
    scale = size + unresolved / tolerance
    return float(np.max(np.abs(claimed - measured) / np.where(scale > 0, scale, 1.0)))
