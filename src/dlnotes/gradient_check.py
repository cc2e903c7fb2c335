"""Is a gradient right? Ask the function itself, by moving its arguments a little."""

import numpy as np

from dlnotes.operation import as_floats

DIRECTIONS = 3  # random directions for each argument
SMALL = 100  # up to this many entries, every entry is checked as well


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
        If `f` does not return one number, or `step` is not positive.

    Examples
    --------
    >>> numerical_gradient(lambda x: np.sum(x**2), np.array([1.0, -2.0])).round(6)
    array([ 2., -4.])
    """
    if not step > 0:
        raise ValueError(f"step must be positive, got {step!r}")
    x = as_floats("x", x).astype(np.float64)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        direction = np.zeros_like(x)
        direction[index] = 1
        gradient[index] = directional_derivative(f, x, direction, step)
    return gradient


def check_gradients(operation, *arguments, rng, tolerance=1e-6, **options):
    """Compare the backward map of an operation with central differences.

    For every array argument the derivative along random directions is compared, and for a small argument that of
    every entry too. The result of the operation is reduced to one number by random weights, so that no error can
    cancel. Introduced in the chapter "Gradient descent, derived".

    Parameters
    ----------
    operation : callable
        ``operation(*arguments, **options)`` returning ``(y, backward)``.
    *arguments : ndarray
        Where to check; floats are taken as float64, integers are left alone.
    rng : numpy.random.Generator
        Source of directions and weights.
    tolerance : float, default 1e-6
        The largest relative error allowed.
    **options
        Handed to the operation.

    Returns
    -------
    float
        The largest relative error seen.

    Raises
    ------
    AssertionError
        If a gradient is wrong; the message names the argument.

    Notes
    -----
    An error is relative to the largest entry of the gradient. What central differences can't resolve, because it lies
    below the rounding error of the value itself, does not count as an error. Keep arguments off the corners of
    functions such as ReLU: no derivative exists there.

    Examples
    --------
    >>> from dlnotes.activations import sigmoid
    >>> rng = np.random.default_rng(0)
    >>> check_gradients(sigmoid, rng.standard_normal((2, 3)), rng=rng) < 1e-6
    True
    """
    arguments = [np.asarray(a) for a in arguments]
    arguments = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in arguments]
    y, backward = operation(*arguments, **options)
    dy = rng.standard_normal(np.shape(y))
    gradients = backward(dy)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    if len(gradients) != len(arguments):
        raise AssertionError(f"expected one gradient for each of {len(arguments)} arguments, got {len(gradients)}")

    worst = 0.0
    for position, (argument, gradient) in enumerate(zip(arguments, gradients, strict=True)):
        if argument.dtype.kind != "f":
            if gradient is not None:
                raise AssertionError(f"argument {position} holds indices, so its gradient must be None")
            continue
        if np.shape(gradient) != argument.shape:
            raise AssertionError(
                f"the gradient of argument {position} must have its shape {argument.shape}, got {np.shape(gradient)}"
            )

        def f(moved, position=position):
            value, _ = operation(*arguments[:position], moved, *arguments[position + 1 :], **options)
            return np.sum(dy * value)

        error = gradient_error(f, argument, gradient, rng, tolerance)
        if not error <= tolerance:
            raise AssertionError(
                f"the gradient of argument {position} is off by {error:.1e} of its size (tolerance {tolerance:.0e})"
            )
        worst = max(worst, error)
    return worst


def gradient_error(f, x, gradient, rng, tolerance):
    """The largest relative error of `gradient` along random directions, and of its entries where they are few."""
    step = 1e-5 * max(1.0, np.abs(x).max(initial=0.0))
    rounding = np.finfo(float).eps * abs(f(x)) / step
    errors = []
    for _ in range(DIRECTIONS):
        direction = rng.standard_normal(x.shape)
        direction /= np.linalg.norm(direction) or 1.0
        errors.append((np.sum(gradient * direction), directional_derivative(f, x, direction, step)))
    if x.size <= SMALL:
        errors.extend(zip(np.ravel(gradient), np.ravel(numerical_gradient(f, x, step=step)), strict=True))
    claimed, measured = np.array(errors).T
    scale = max(np.abs(claimed).max(), np.abs(measured).max(), rounding / tolerance)
    return float(np.abs(claimed - measured).max() / scale) if scale > 0 else 0.0


def directional_derivative(f, x, direction, step):
    after, before = f(x + step * direction), f(x - step * direction)
    if np.ndim(after) != 0:
        raise ValueError(f"f must return one number, got an array of shape {np.shape(after)}")
    return (after - before) / (2 * step)
