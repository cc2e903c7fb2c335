"""Attention: a query is compared with keys, and what comes out is a weighted mean of values."""

from math import sqrt

import numpy as np

from dlnotes import activations
from dlnotes.dense import as_rows
from dlnotes.operation import as_array, operation, require_count, unchecked

# Inside an operation the scores need no second check.
softmax = unchecked(activations.softmax)


@operation
def attention_weights(Q, K, *, mask=None):
    r"""Turn the agreement of every query with every key into weights: how much each query looks at each key.

    :math:`A = \mathrm{softmax}(E)` with the scores :math:`E = QK^\top / \sqrt{d_k}`; the softmax runs over the keys, so
    that the weights of a query sum to 1 [1]_. Introduced in the chapter "Attention".

    Parameters
    ----------
    Q : ndarray of shape (..., queries, d_k)
        Queries, one in each row.
    K : ndarray of shape (..., keys, d_k)
        Keys, one in each row; at least one.
    mask : ndarray of bool, optional
        True where a query may look at a key, of shape (..., queries, keys), or one that NumPy stretches to it: keys
        that are only padding, other ones in each sequence, are masked by the shape (batch, 1, keys). It acts on the
        scores, before the softmax, so that the weights that are left sum to 1.

    Returns
    -------
    A : ndarray of shape (..., queries, keys)
        Weights from 0 to 1.
    backward : callable
        Maps ``dA`` to ``(dQ, dK)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the mask leaves a query no key to look at.
    TypeError
        If `mask` does not hold booleans.

    References
    ----------
    .. [1] A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser and I. Polosukhin,
       "Attention is all you need", NeurIPS 2017, arXiv:1706.03762.

    Examples
    --------
    >>> Q, K = np.array([[1.0]]), np.array([[1.0], [2.0], [3.0]])
    >>> A, backward = attention_weights(Q, K)
    >>> A.round(4)
    array([[0.09  , 0.2447, 0.6652]])
    >>> A, backward = attention_weights(Q, K, mask=np.array([True, True, False]))
    >>> A.round(4)
    array([[0.2689, 0.7311, 0.    ]])
    """
    require_queries_and_keys(Q, K)
    scale = 1 / sqrt(K.shape[-1])
    E = scale * Q @ K.swapaxes(-1, -2)
    if mask is not None:
        E = np.where(as_mask(mask, E.shape), E, -np.inf)  # whose exponential is 0
    A, softmax_backward = softmax(E)

    def backward(dA):
        dE = softmax_backward(dA)
        return scale * dE @ K, scale * dE.swapaxes(-1, -2) @ Q

    return A, backward


def require_queries_and_keys(Q, K):
    """Refuse queries and keys that can't be compared, or no keys."""
    if Q.ndim < 2 or K.ndim != Q.ndim or Q.shape[:-2] != K.shape[:-2] or Q.shape[-1] != K.shape[-1] or 0 in K.shape:
        raise ValueError(
            "expected Q of shape (..., queries, d_k) and K of shape (..., keys, d_k), with at least one key, "
            f"got Q {Q.shape} and K {K.shape}"
        )


def as_mask(mask, shape):
    """Return a mask as booleans, one for each score, if it lets every query look at one key at least."""
    mask = as_array("mask", mask)
    if mask.dtype != bool:
        raise TypeError(f"mask must hold booleans, True where a query may look, got an array of dtype {mask.dtype}")
    try:
        mask = np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(f"mask must fit the scores (..., queries, keys), here {shape}, got {mask.shape}") from None
    if len(blind := np.argwhere(~mask.any(axis=-1))):
        raise ValueError(
            "mask must let every query look at one key at least, or there is nothing to weigh; "
            f"query {', '.join(map(str, blind[0]))} may look at none"
        )
    return mask


@operation
def attention(Q, K, V, *, mask=None):
    r"""Look things up softly: for each query the mean of the values, weighted by how well their keys agree with it.

    :math:`C = \mathrm{softmax}(QK^\top / \sqrt{d_k})\, V`, scaled dot-product attention [1]_. Introduced in the chapter
    "Attention".

    Parameters
    ----------
    Q : ndarray of shape (..., queries, d_k)
        Queries, one in each row.
    K : ndarray of shape (..., keys, d_k)
        Keys, one in each row; at least one.
    V : ndarray of shape (..., keys, d_v)
        The value that belongs to each key.
    mask : ndarray of bool, optional
        True where a query may look at a key, as for `attention_weights`.

    Returns
    -------
    C : ndarray of shape (..., queries, d_v)
        The context of each query: the weighted mean.
    backward : callable
        Maps ``dC`` to ``(dQ, dK, dV)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the mask leaves a query no key to look at.
    TypeError
        If `mask` does not hold booleans.

    References
    ----------
    .. [1] A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser and I. Polosukhin,
       "Attention is all you need", NeurIPS 2017, arXiv:1706.03762.

    Examples
    --------
    >>> Q, K, V = np.array([[1.0]]), np.array([[0.0], [3.0]]), np.array([[10.0], [20.0]])
    >>> C, backward = attention(Q, K, V)
    >>> C.round(2)
    array([[19.53]])
    >>> dQ, dK, dV = backward(np.ones((1, 1)))
    >>> dV.round(4)
    array([[0.0474],
           [0.9526]])
    """
    A, weights_backward = unchecked(attention_weights)(Q, K, mask=mask)
    if V.ndim != K.ndim or V.shape[:-1] != K.shape[:-1]:
        raise ValueError(
            f"V must have shape (..., keys, d_v), one value for each key of K, whose shape is {K.shape}, got {V.shape}"
        )
    C = A @ V

    def backward(dC):
        dV = A.swapaxes(-1, -2) @ dC
        dQ, dK = weights_backward(dC @ V.swapaxes(-1, -2))
        return dQ, dK, dV

    return C, backward


@operation
def multi_head_attention(x, W_Q, W_K, W_V, W_O, memory=None, *, heads, mask=None):
    r"""Attend several times side by side, each time with other queries, keys and values, and mix the results.

    Head :math:`j` is :math:`\mathrm{attention}(XW_{Q,j}^\top, MW_{K,j}^\top, MW_{V,j}^\top)`, where the rows of each
    matrix are dealt to the heads in order; the results, side by side, are multiplied by :math:`W_O` [1]_. With
    :math:`M = X` it is self-attention; with a `memory` from elsewhere, such as an encoder's states, cross-attention.
    Introduced in the chapter "Attention".

    Parameters
    ----------
    x : ndarray of shape (batch, queries, features)
        What asks.
    W_Q, W_K : ndarray of shape (width, features)
        What makes the queries from `x`, and the keys from what is looked at; the width is that of all heads together.
    W_V : ndarray of shape (value width, features)
        What makes the values.
    W_O : ndarray of shape (outputs, value width)
        What mixes the heads.
    memory : ndarray of shape (batch, keys, memory features), optional
        What is looked at, if it is not `x` itself; `W_K` and `W_V` then read its features.
    heads : int
        How many there are; they share both widths equally.
    mask : ndarray of bool, optional
        True where a query may look at a key, for all heads alike: of shape (batch, queries, keys), or one that NumPy
        stretches to it.

    Returns
    -------
    y : ndarray of shape (batch, queries, outputs)
        One vector for each query.
    backward : callable
        Maps ``dy`` to ``(dx, dW_Q, dW_K, dW_V, dW_O)``, and ``dmemory`` if `memory` was given.

    Raises
    ------
    ValueError
        If the shapes do not fit, the heads do not divide both widths, or the mask leaves a query no key to look at.
    TypeError
        If `heads` is no integer, or `mask` does not hold booleans.

    References
    ----------
    .. [1] A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser and I. Polosukhin,
       "Attention is all you need", NeurIPS 2017, arXiv:1706.03762.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, (W_Q, W_K, W_V, W_O) = rng.standard_normal((2, 5, 8)), rng.standard_normal((4, 8, 8))
    >>> y, backward = multi_head_attention(x, W_Q, W_K, W_V, W_O, heads=2, mask=causal_mask(5))
    >>> y.shape
    (2, 5, 8)
    >>> dx, dW_Q, dW_K, dW_V, dW_O = backward(np.ones((2, 5, 8)))
    """
    looked_at = x if memory is None else memory
    require_heads(x, looked_at, W_Q, W_K, W_V, W_O, heads)
    if mask is not None:
        mask = as_mask(mask, (len(x), x.shape[1], looked_at.shape[1]))[:, None]
    Q, K, V = split(x @ W_Q.T, heads), split(looked_at @ W_K.T, heads), split(looked_at @ W_V.T, heads)
    y_heads, attention_backward = unchecked(attention)(Q, K, V, mask=mask)
    side_by_side = merge(y_heads)
    y = side_by_side @ W_O.T

    def backward(dy):
        dQ, dK, dV = (merge(gradient) for gradient in attention_backward(split(dy @ W_O, heads)))
        dx, dmemory = dQ @ W_Q, dK @ W_K + dV @ W_V
        products = (dQ, x), (dK, looked_at), (dV, looked_at), (dy, side_by_side)
        dW = [as_rows(delta).T @ as_rows(read) for delta, read in products]
        if memory is None:
            return dx + dmemory, *dW, None
        return dx, *dW, dmemory

    return y, backward


def split(x, heads):
    """Deal the features of (batch, time, features) to the heads: (batch, heads, time, features of a head)."""
    batch, time, features = x.shape
    return x.reshape(batch, time, heads, features // heads).swapaxes(1, 2)  # a reshape alone would mix up the times


def merge(x):
    """Put the heads side by side again: the reverse of `split`."""
    batch, heads, time, features = x.shape
    return x.swapaxes(1, 2).reshape(batch, time, heads * features)


def require_heads(x, looked_at, W_Q, W_K, W_V, W_O, heads):
    """Refuse inputs and parameters that do not fit each other, or the heads."""
    heads = require_count("heads", heads)
    for name, array in {"x": x, "memory": looked_at}.items():
        if array.ndim != 3 or array.shape[1] == 0 or len(array) != len(x):
            raise ValueError(
                f"{name} must have shape (batch, time, features), with at least one time step and the batch of x, "
                f"got {array.shape}"
            )
    widths = {"W_Q": (W_Q, x), "W_K": (W_K, looked_at), "W_V": (W_V, looked_at)}
    for name, (W, read) in widths.items():
        if W.ndim != 2 or W.shape[1] != read.shape[-1]:
            raise ValueError(f"{name} must have shape (width, features), here (..., {read.shape[-1]}), got {W.shape}")
    if len(W_Q) != len(W_K):
        raise ValueError(f"W_Q and W_K must have the same width, got {W_Q.shape} and {W_K.shape}")
    if W_O.ndim != 2 or W_O.shape[1] != len(W_V):
        raise ValueError(
            f"W_O must have shape (outputs, value width), here (..., {len(W_V)}), one column for each row of W_V, "
            f"got {W_O.shape}"
        )
    for name, (W, _) in widths.items():
        if len(W) == 0 or len(W) % heads:
            raise ValueError(f"heads must divide the width of {name}, {len(W)}, got {heads}")


def causal_mask(time):
    """Return the mask that lets each time step look at itself and at those before, and at none to come.

    Introduced in the chapter "Attention".

    Parameters
    ----------
    time : int
        How many time steps there are.

    Returns
    -------
    mask : ndarray of bool of shape (time, time)
        True where the row's step may look at the column's.

    Raises
    ------
    ValueError
        If `time` is not positive.
    TypeError
        If `time` is no integer.

    Examples
    --------
    >>> causal_mask(3)
    array([[ True, False, False],
           [ True,  True, False],
           [ True,  True,  True]])
    """
    time = require_count("time", time)
    return np.tri(time, dtype=bool)
