"""Tokens as vectors: a table with a row for each of them."""

import numpy as np

from dlnotes.operation import operation


@operation(integers="tokens")
def embedding(tokens, E):
    r"""Look up the vector of each token: row :math:`t` of a table for the token :math:`t`.

    It is the product of a one-hot vector and :math:`E`, without all the products with 0. Introduced in the chapter
    "Word vectors".

    Parameters
    ----------
    tokens : ndarray of int of any shape
        Numbers of tokens, from 0.
    E : ndarray of shape (tokens, features)
        The table: one row for each token of the vocabulary.

    Returns
    -------
    y : ndarray of shape (..., features)
        The vector of each token.
    backward : callable
        Maps ``dy`` to ``(None, dE)``. A token that occurs several times sums its gradients; a row that was not looked
        up has the gradient 0.

    Raises
    ------
    ValueError
        If `E` is no matrix, or a token has no row in it.
    TypeError
        If `tokens` holds no integers.

    Examples
    --------
    >>> y, backward = embedding([1, 1, 2], np.array([[0.0], [10.0], [20.0]]))
    >>> y.T
    array([[10., 10., 20.]])
    >>> _, dE = backward(np.ones((3, 1)))
    >>> dE.T
    array([[0., 2., 1.]])
    """
    if E.ndim != 2:
        raise ValueError(f"E must have shape (tokens, features), got {E.shape}")
    if tokens.size and not 0 <= tokens.min() <= tokens.max() < len(E):
        raise ValueError(f"tokens must lie from 0 to {len(E) - 1}, got {tokens.min()} to {tokens.max()}")

    def backward(dy):
        dE = np.zeros_like(E)
        np.add.at(dE, tokens, dy)  # dE[tokens] += dy would count a token that occurs twice only once
        return None, dE

    return E[tokens], backward
