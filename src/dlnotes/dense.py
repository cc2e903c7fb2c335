"""The fully connected layer."""

from dlnotes.operation import operation


@operation
def dense(x, W, b):
    r"""Connect every input with every output: a weighted sum and a bias.

    :math:`z = Wx + b` for one example; for a batch, whose examples are rows, :math:`Z = XW^\top + b`. Introduced in
    the chapter "Backpropagation by hand".

    Parameters
    ----------
    x : ndarray of shape (batch, inputs)
        One example per row.
    W : ndarray of shape (outputs, inputs)
        Weights; row j belongs to output j.
    b : ndarray of shape (outputs,)
        Biases.

    Returns
    -------
    z : ndarray of shape (batch, outputs)
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
    if x.ndim != 2 or W.ndim != 2 or x.shape[1] != W.shape[1] or b.shape != W.shape[:1]:
        raise ValueError(
            "expected x of shape (batch, inputs), W of shape (outputs, inputs) and b of shape (outputs,), "
            f"got x {x.shape}, W {W.shape} and b {b.shape}"
        )
    z = x @ W.T + b

    def backward(delta):
        return delta @ W, delta.T @ x, delta.sum(axis=0)

    return z, backward
