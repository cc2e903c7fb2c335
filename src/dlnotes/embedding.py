"""Words as vectors: looking up their rows, and the loss by which they are learned from their neighbours."""

import numpy as np

from dlnotes.losses import binary_cross_entropy
from dlnotes.operation import operation, unchecked


@operation(integers=("tokens",))
def embedding(tokens, E):
    r"""Look up the vector of each token: a row of a matrix.

    That is :math:`E^\top x` for the one-hot vector :math:`x` of a token, without the products by 0. A token that occurs
    several times reads one row several times, so its row gets the sum of the gradients. Introduced in the chapter "Word
    vectors and text-CNN".

    Parameters
    ----------
    tokens : ndarray of int of any shape
        Numbers of tokens, from 0 to tokens_known - 1.
    E : ndarray of shape (tokens_known, features)
        One vector a row.

    Returns
    -------
    y : ndarray of shape (..., features)
        The vectors of the tokens, along one more axis.
    backward : callable
        Maps ``dy`` to ``(None, dE)``.

    Raises
    ------
    ValueError
        If `E` is no matrix, or a token has no row.
    TypeError
        If `tokens` holds no integers.

    Examples
    --------
    >>> E = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    >>> y, backward = embedding(np.array([1, 1, 2]), E)
    >>> y
    array([[2., 3.],
           [2., 3.],
           [4., 5.]])
    >>> backward(np.ones_like(y))
    (None, array([[0., 0.],
           [2., 2.],
           [1., 1.]]))
    """
    if E.ndim != 2:
        raise ValueError(f"E must have shape (tokens, features), got {E.shape}")
    if tokens.size and not 0 <= tokens.min() <= tokens.max() < len(E):
        raise ValueError(f"tokens must lie from 0 to {len(E) - 1}, got {tokens.min()} to {tokens.max()}")

    def backward(dy):
        dE = np.zeros_like(E)
        order = np.argsort(tokens, axis=None, kind="stable")  # equal tokens side by side: add.at would be slower
        rows, starts = np.unique(tokens.ravel()[order], return_index=True)
        if tokens.size:
            dE[rows] = np.add.reduceat(dy.reshape(-1, E.shape[1])[order], starts, axis=0)
        return None, dE

    return E[tokens], backward


@operation
def negative_sampling(v, u, noise, *, reduction="mean"):
    r"""Tell the word that stood beside another from words that did not: the loss of skip-gram [1]_.

    :math:`L = -\log \sigma(u \cdot v) - \sum_k \log \sigma(-n_k \cdot v)` for one pair of words and the words
    :math:`n_k` drawn as noise. Introduced in the chapter "Word vectors and text-CNN".

    Parameters
    ----------
    v : ndarray of shape (batch, features)
        The vectors of words.
    u : ndarray of shape (batch, features)
        For each of them the vector of a word that stood beside it.
    noise : ndarray of shape (batch, negatives, features)
        For each of them the vectors of words drawn at random.
    reduction : {"mean", "sum"}
        What is done over the batch.

    Returns
    -------
    loss : float
        The loss of the batch.
    backward : callable
        Maps ``dloss`` (default 1) to ``(dv, du, dnoise)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, there is no example, or `reduction` is something else.

    References
    ----------
    .. [1] T. Mikolov, I. Sutskever, K. Chen, G. Corrado and J. Dean, "Distributed representations of words and phrases
       and their compositionality", NeurIPS 2013, arXiv:1310.4546.

    Examples
    --------
    >>> v, u, noise = np.array([[1.0, 0.0]]), np.array([[2.0, 0.0]]), np.array([[[-2.0, 0.0]]])
    >>> loss, backward = negative_sampling(v, u, noise)
    >>> round(float(loss), 4)
    0.2539
    """
    if v.ndim != 2 or u.shape != v.shape or noise.ndim != 3 or noise[:, 0].shape != v.shape:
        raise ValueError(
            "expected v and u of shape (batch, features) and noise of shape (batch, negatives, features), "
            f"got v {v.shape}, u {u.shape} and noise {noise.shape}"
        )
    words = np.concatenate([u[:, None], noise], axis=1)  # (batch, 1 + negatives, features), the right one first
    z = np.einsum("bf,bkf->bk", v, words)
    y = np.zeros_like(z)
    y[:, 0] = 1
    loss, loss_backward = unchecked(binary_cross_entropy)(z, y, reduction=reduction)

    def backward(dloss):
        dz, _ = loss_backward(dloss)
        dv = np.einsum("bk,bkf->bf", dz, words)
        dwords = dz[:, :, None] * v[:, None]
        return dv, dwords[:, 0].copy(), dwords[:, 1:].copy()

    return loss, backward
