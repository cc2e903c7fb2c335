"""The fully connected layer, and what it needs behind a layer of images."""

import math

from dlnotes.operation import operation


@operation
def dense(x, W, b):
    r"""Connect every input with every output: a weighted sum and a bias.

    :math:`z = Wx + b` for one example; for a batch, whose examples are rows, :math:`Z = XW^\top + b`. Introduced in
    the chapter "From one neuron to a network".

    Parameters
    ----------
    x : ndarray of shape (batch, ..., inputs)
        One example per row, or one at each time step of each example.
    W : ndarray of shape (outputs, inputs)
        Weights; row j belongs to output j.
    b : ndarray of shape (outputs,)
        Biases.

    Returns
    -------
    z : ndarray of shape (batch, ..., outputs)
        Pre-activation.
    backward : callable
        Maps ``delta``, the gradient of the loss with respect to `z`, to ``(dx, dW, db)``.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> z, backward = dense(np.array([[1.0, 2.0]]), W=np.array([[3.0, 4.0]]), b=np.array([5.0]))
    >>> z
    array([[16.]])
    >>> dx, dW, db = backward(np.array([[1.0]]))
    >>> dx, dW, db
    (array([[3., 4.]]), array([[1., 2.]]), array([1.]))
    """
    if x.ndim < 2 or W.ndim != 2 or x.shape[-1] != W.shape[1] or b.shape != W.shape[:1]:
        raise ValueError(
            "expected x of shape (batch, ..., inputs), W of shape (outputs, inputs) and b of shape (outputs,), "
            f"got x {x.shape}, W {W.shape} and b {b.shape}"
        )
    z = x @ W.T + b
    x = as_rows(x)

    def backward(delta):
        dx = delta @ W
        delta = as_rows(delta)
        return dx, delta.T @ x, delta.sum(axis=0)

    return z, backward


def as_rows(x):
    """Return an array of shape (..., features) as a matrix, each of whose rows is one vector of features."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


@operation
def flatten(x):
    """Write each example as one row of numbers: how images enter a dense layer.

    Parameters
    ----------
    x : ndarray of shape (batch, ...)
        Examples of any shape.

    Returns
    -------
    y : ndarray of shape (batch, features)
        The same numbers, row by row.
    backward : callable
        Maps ``dy`` to ``dx``: it gives the numbers their places back.

    Raises
    ------
    ValueError
        If `x` is a single number.

    Examples
    --------
    >>> import numpy as np
    >>> y, backward = flatten(np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    >>> y
    array([[1., 2., 3., 4.]])
    """
    if x.ndim == 0:
        raise ValueError("x must have shape (batch, ...), got a single number")
    y = x.reshape(len(x), math.prod(x.shape[1:])).copy()
    return y, lambda dy: dy.reshape(x.shape).copy()
