"""Loss functions: one number that says how wrong a batch of predictions is.

A loss sums over the outputs of an example and takes the mean (or the sum) over the batch, axis 0. Its backward map
may be called without an argument, because training starts from dL/dL = 1.
"""

import numpy as np

from dlnotes.activations import sigmoid
from dlnotes.operation import as_array, operation, require_same_shape, shown


@operation
def squared_error(y_hat, y, *, reduction="mean"):
    r"""Half the squared distance between prediction and target.

    :math:`L = \tfrac12 \sum_k (\hat y_k - y_k)^2` for one example. Introduced in the chapter "Gradient descent,
    derived".

    Parameters
    ----------
    y_hat : ndarray of shape (batch, ...)
        Predictions.
    y : ndarray of the same shape
        Targets.
    reduction : {"mean", "sum"}
        What is done over the batch.

    Returns
    -------
    loss : float
        The loss of the batch.
    backward : callable
        Maps ``dloss`` (default 1) to ``(dy_hat, dy)``.

    Raises
    ------
    ValueError
        If the shapes differ, if there is no example, or if `reduction` is something else.

    Examples
    --------
    >>> loss, backward = squared_error(np.array([[1.0, 2.0]]), np.array([[0.0, 0.0]]))
    >>> float(loss)
    2.5
    >>> dy_hat, dy = backward()
    >>> dy_hat
    array([[1., 2.]])
    """
    require_same_shape("y_hat", y_hat, "y", y)
    scale = batch_scale(reduction, y_hat)
    error = y_hat - y
    loss = scale * np.sum(0.5 * error * error)  # the square alone overflows earlier

    def backward(dloss):
        dy_hat = dloss * scale * error
        return dy_hat, -dy_hat

    return loss, backward


@operation(integers=("labels",))
def cross_entropy(z, labels, *, mask=None, reduction="mean"):
    r"""Cross-entropy of the softmax of scores, for one right class an example.

    :math:`L = -\log \mathrm{softmax}(z)_y = \log \sum_k e^{z_k} - z_y`, whose gradient is
    :math:`\hat y - \mathrm{onehot}(y)`. Introduced in the chapter "Loss functions and softmax".

    Parameters
    ----------
    z : ndarray of shape (batch, ..., classes)
        Scores (logits), before any softmax: one vector for each example, or for each time step of each example.
    labels : ndarray of int of shape (batch, ...)
        The right class for each vector of scores, from 0 to classes - 1.
    mask : ndarray of bool of shape (batch, ...), optional
        Which labels count. The others are not read and may be anything: what fills up short sequences, for example.
    reduction : {"mean", "sum"}
        What is done over the labels that count.

    Returns
    -------
    loss : float
        The loss of the batch.
    backward : callable
        Maps ``dloss`` (default 1) to ``(dz, None)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, a label is out of range, none counts, or `reduction` is something else.
    TypeError
        If `mask` does not hold booleans.

    Examples
    --------
    >>> loss, backward = cross_entropy(np.array([[0.0, 0.0]]), np.array([1]))
    >>> round(float(loss), 4)
    0.6931
    >>> backward()
    (array([[ 0.5, -0.5]]), None)
    """
    if z.ndim < 2 or labels.shape != z.shape[:-1]:
        raise ValueError(
            "z must have shape (batch, ..., classes) and labels shape (batch, ...), "
            f"got z of shape {z.shape} and labels of shape {labels.shape}"
        )
    counts = np.ones(labels.shape, dtype=bool) if mask is None else counted(mask, labels)
    scale = batch_scale(reduction, labels[counts])
    classes = z.shape[-1]
    if labels[counts].min() < 0 or labels[counts].max() >= classes:
        raise ValueError(
            f"labels must lie from 0 to {classes - 1}, got {labels[counts].min()} to {labels[counts].max()}"
        )
    onehot = labels[..., None] == np.arange(classes)
    shifted = z - z.max(axis=-1, keepdims=True)  # softmax does not change, and exp cannot overflow
    log_y_hat = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    loss = -scale * np.sum(log_y_hat[onehot & counts[..., None]])

    def backward(dloss):
        dz = np.where(counts[..., None], np.exp(log_y_hat) - onehot, 0)
        return dloss * scale * dz, None

    return loss, backward


def counted(mask, labels):
    """Return the mask of a loss as booleans, if it has one for each label."""
    mask = as_array("mask", mask)
    if mask.dtype != bool:
        raise TypeError(f"mask must hold booleans, got an array of dtype {mask.dtype}")
    if mask.shape != labels.shape:
        raise ValueError(f"mask must have the shape of labels, {labels.shape}, got {mask.shape}")
    return mask


@operation
def binary_cross_entropy(z, y, *, reduction="mean"):
    r"""Cross-entropy of the sigmoid of scores, for targets between 0 and 1.

    :math:`L = -y \log \sigma(z) - (1 - y) \log(1 - \sigma(z)) = \max(z, 0) - zy + \log(1 + e^{-|z|})`, whose gradient
    is :math:`\sigma(z) - y`. Introduced in the chapter "The sigmoid".

    Parameters
    ----------
    z : ndarray of shape (batch, ...)
        Scores (logits), before any sigmoid.
    y : ndarray of the same shape
        Targets, from 0 to 1.
    reduction : {"mean", "sum"}
        What is done over the batch.

    Returns
    -------
    loss : float
        The loss of the batch.
    backward : callable
        Maps ``dloss`` (default 1) to ``(dz, dy)``.

    Raises
    ------
    ValueError
        If the shapes differ, a target is out of range, or `reduction` is something else.

    Examples
    --------
    >>> loss, backward = binary_cross_entropy(np.array([0.0, 1000.0]), np.array([1.0, 1.0]))
    >>> round(float(loss), 4)
    0.3466
    >>> dz, dy = backward()
    >>> dz
    array([-0.25,  0.  ])
    """
    require_same_shape("z", z, "y", y)
    scale = batch_scale(reduction, z)
    if not (y.min() >= 0 and y.max() <= 1):
        raise ValueError(f"y must lie from 0 to 1, got {y.min():g} to {y.max():g}")
    loss = scale * np.sum(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))))

    def backward(dloss):
        y_hat, _ = sigmoid(z)
        return dloss * scale * (y_hat - y), -dloss * scale * z

    return loss, backward


def batch_scale(reduction, examples):
    """The factor that makes a sum over the batch what `reduction` asks for."""
    if not (isinstance(reduction, str) and reduction in ("mean", "sum")):
        raise ValueError(f'reduction must be "mean" or "sum", got {shown(reduction)}')
    if examples.ndim == 0 or examples.size == 0:
        raise ValueError(f"a loss needs a batch of at least one example along axis 0, got shape {examples.shape}")
    return 1 / len(examples) if reduction == "mean" else 1.0
