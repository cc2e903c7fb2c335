"""The Transformer: a stream of vectors, one for each place, to which attention and small networks add."""

import numpy as np

from dlnotes.activations import relu
from dlnotes.attention import causal_mask, multi_head_attention
from dlnotes.dense import dense
from dlnotes.dropout import dropout
from dlnotes.embedding import embedding
from dlnotes.initializers import glorot, he
from dlnotes.layers import Layer, Residual, Sequential, add
from dlnotes.normalization import layer_norm
from dlnotes.operation import operation, require_count


def positional_encoding(time, features):
    r"""Return a vector for each place of a sequence: pairs of a sine and a cosine, each slower than the one before.

    Feature :math:`2i` of place :math:`t` is :math:`\sin(\omega_i t)`, feature :math:`2i + 1` is
    :math:`\cos(\omega_i t)`, with :math:`\omega_i = 10000^{-2i/d}` for :math:`d` features [1]_. Introduced in the
    chapter "The Transformer".

    Parameters
    ----------
    time : int
        How many places there are, counted from 0.
    features : int
        How many numbers a place has; even.

    Returns
    -------
    P : ndarray of shape (time, features)
        One place a row.

    Raises
    ------
    ValueError
        If a number is not positive, or `features` is odd.
    TypeError
        If a number is no integer.

    References
    ----------
    .. [1] A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser and I. Polosukhin,
       "Attention is all you need", NeurIPS 2017, arXiv:1706.03762.

    Examples
    --------
    >>> positional_encoding(4, 8)[3].round(4)
    array([ 0.1411, -0.99  ,  0.2955,  0.9553,  0.03  ,  0.9996,  0.003 ,
            1.    ])
    """
    time, features = require_count("time", time), require_count("features", features)
    if features % 2:
        raise ValueError(f"features must be even, a sine and a cosine for each frequency, got {features}")
    omega = 10000.0 ** (-np.arange(0, features, 2) / features)
    angles = np.arange(time)[:, None] * omega
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(time, features)


@operation
def add_positions(x, P):
    r"""Tell each vector its place: add the first rows of a table of positions to every sequence.

    :math:`y_t = x_t + p_t`. The table may be that of `positional_encoding`, or be learned. Introduced in the chapter
    "The Transformer".

    Parameters
    ----------
    x : ndarray of shape (batch, time, features)
        Vectors that do not know where they stand.
    P : ndarray of shape (longest time, features)
        One row for each place.

    Returns
    -------
    y : ndarray of the shape of `x`
        The sums.
    backward : callable
        Maps ``dy`` to ``(dx, dP)``. All sequences of the batch share a place, and sum their gradients; places that
        were not used have the gradient 0.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a sequence is longer than the table.

    Examples
    --------
    >>> y, backward = add_positions(np.ones((1, 2, 1)), np.array([[10.0], [20.0], [30.0]]))
    >>> y.ravel()
    array([11., 21.])
    >>> dx, dP = backward(np.ones((1, 2, 1)))
    >>> dP.ravel()
    array([1., 1., 0.])
    """
    if x.ndim != 3 or P.ndim != 2 or x.shape[2] != P.shape[1] or x.shape[1] > len(P):
        raise ValueError(
            "expected x of shape (batch, time, features) and P of shape (longest time, features), with a row for "
            f"each time step, got x {x.shape} and P {P.shape}"
        )
    time = x.shape[1]

    def backward(dy):
        dP = np.zeros_like(P)
        dP[:time] = dy.sum(axis=0)
        return dy.copy(), dP

    return x + P[:time], backward


@operation
def causal_attention(x, W_Q, W_K, W_V, W_O, *, heads):
    """Let a sequence look at itself, each time step at itself and at those before.

    It is `multi_head_attention` with a `causal_mask` as large as the sequence is long. Introduced in the chapter "The
    Transformer".

    Parameters
    ----------
    x : ndarray of shape (batch, time, features)
        The sequences.
    W_Q, W_K, W_V, W_O : ndarray
        As for `multi_head_attention`.
    heads : int
        How many there are.

    Returns
    -------
    y : ndarray of shape (batch, time, outputs)
        One vector for each time step; none depends on a later one.
    backward : callable
        Maps ``dy`` to ``(dx, dW_Q, dW_K, dW_V, dW_O)``.

    Raises
    ------
    ValueError
        As for `multi_head_attention`.
    TypeError
        If `heads` is no integer.

    Examples
    --------
    >>> x = np.array([[[1.0], [2.0]]])
    >>> one = np.ones((1, 1))
    >>> y, backward = causal_attention(x, one, one, one, one, heads=1)
    >>> y.ravel().round(4)
    array([1.    , 1.8808])
    """
    mask = causal_mask(x.shape[1]) if x.ndim == 3 and x.shape[1] else None  # what has no time is refused below
    return multi_head_attention(x, W_Q, W_K, W_V, W_O, heads=heads, mask=mask)


def transformer_block(width, heads, rng, *, causal=False, rate=0.0, dtype=float):
    r"""Make a block of a Transformer: attention, then a small network, each with a path around it.

    .. math::

        \begin{aligned}
        x &\leftarrow x + \mathrm{attention}(\mathrm{norm}(x)), \\
        x &\leftarrow x + W_2 \, \mathrm{relu}(W_1 \, \mathrm{norm}(x) + b_1) + b_2,
        \end{aligned}

    with layers normalised before, not after as in [1]_: see [2]_. The network has four times as many hidden units as
    the stream is wide. Introduced in the chapter "The Transformer".

    Parameters
    ----------
    width : int
        How many numbers the vector of a place has.
    heads : int
        How many heads of attention; they share the width equally.
    rng : numpy.random.Generator
        Draws the weights, and decides on what is left out.
    causal : bool, default False
        Whether a place may look at itself and at those before only, as in a decoder.
    rate : float, default 0.0
        The probability with which dropout leaves out a number of what is added, in training.
    dtype : dtype, default float
        That of the parameters.

    Returns
    -------
    Sequential
        Two `Residual` networks; its value has the shape of its input, (batch, time, width).

    Raises
    ------
    ValueError
        If `heads` does not divide `width`, a number is not positive, or `rate` is no probability.
    TypeError
        If a number is of the wrong kind, or `rng` no generator.

    References
    ----------
    .. [1] A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser and I. Polosukhin,
       "Attention is all you need", NeurIPS 2017, arXiv:1706.03762.
    .. [2] R. Xiong, Y. Yang, D. He, K. Zheng, S. Zheng, C. Xing, H. Zhang, Y. Lan, L. Wang and T.-Y. Liu, "On layer
       normalization in the transformer architecture", ICML 2020, arXiv:2002.04745.

    Examples
    --------
    >>> block = transformer_block(8, 2, np.random.default_rng(0), causal=True)
    >>> y, backward = block(np.ones((3, 5, 8)))
    >>> y.shape
    (3, 5, 8)
    >>> dx, *dparameters = backward(np.ones((3, 5, 8)))
    """
    attend = causal_attention if causal else multi_head_attention
    left_out = Layer(dropout, rate=rate, rng=rng)
    return Sequential(
        Residual(Sequential(norm(width, dtype), heads_of(attend, width, heads, rng, dtype), left_out)),
        Residual(Sequential(norm(width, dtype), *feed_forward(width, rng, dtype), left_out)),
    )


def norm(width, dtype):
    """A layer that normalises the vector of each place."""
    return Layer(layer_norm, np.ones(width, dtype), np.zeros(width, dtype))


def heads_of(attend, width, heads, rng, dtype):
    """A layer of attention; its four matrices are square."""
    width, heads = require_count("width", width), require_count("heads", heads)
    if width % heads:
        raise ValueError(f"heads must divide the width, {width}, got {heads}")
    return Layer(attend, *(glorot(width, width, rng).astype(dtype) for _ in range(4)), heads=heads)


def feed_forward(width, rng, dtype):
    """The small network that each place runs by itself."""
    return (
        Layer(dense, he(4 * width, width, rng).astype(dtype), np.zeros(4 * width, dtype)),
        relu,
        Layer(dense, glorot(width, 4 * width, rng).astype(dtype), np.zeros(width, dtype)),
    )


class DecoderBlock:
    r"""A block of a decoder that also reads an encoder: masked self-attention, cross-attention, a small network [1]_.

    .. math::

        \begin{aligned}
        x &\leftarrow x + \mathrm{causal\ attention}(\mathrm{norm}(x)), \\
        x &\leftarrow x + \mathrm{attention}(\mathrm{norm}(x), \text{memory}), \\
        x &\leftarrow x + W_2 \, \mathrm{relu}(W_1 \, \mathrm{norm}(x) + b_1) + b_2,
        \end{aligned}

    where the queries of the second line come from the stream, keys and values from the memory. Introduced in the
    chapter "The Transformer".

    Parameters
    ----------
    width, heads, rng, rate, dtype
        As for `transformer_block`. The memory is as wide as the stream.

    Attributes
    ----------
    parameters : list of ndarray
        The parameters of the three parts, in this order.

    References
    ----------
    .. [1] A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser and I. Polosukhin,
       "Attention is all you need", NeurIPS 2017, arXiv:1706.03762.

    Examples
    --------
    >>> block = DecoderBlock(8, 2, np.random.default_rng(0))
    >>> y, backward = block(np.ones((3, 5, 8)), np.ones((3, 7, 8)))
    >>> dx, dmemory, *dparameters = backward(np.ones((3, 5, 8)))
    >>> dx.shape, dmemory.shape
    ((3, 5, 8), (3, 7, 8))
    """

    takes_training = True

    def __init__(self, width, heads, rng, *, rate=0.0, dtype=float):
        self.own, self.thought = transformer_block(width, heads, rng, causal=True, rate=rate, dtype=dtype).layers
        self.norm = norm(width, dtype)
        self.across = heads_of(multi_head_attention, width, heads, rng, dtype)
        self.left_out = Layer(dropout, rate=rate, rng=rng)
        parts = self.own, self.norm, self.across, self.thought
        self.parameters = [p for part in parts for p in part.parameters]

    def __call__(self, x, memory, *, training=False):
        x, own_backward = self.own(x, training=training)
        asking, norm_backward = self.norm(x)
        found, across_backward = self.across(asking, memory=memory)
        found, left_out_backward = self.left_out(found, training=training)
        x, add_backward = add(x, found)
        y, thought_backward = self.thought(x, training=training)

        def backward(*dys):
            dx, *dthought = thought_backward(*dys)
            dx, dfound = add_backward(dx)
            dasking, *dacross, dmemory = across_backward(left_out_backward(dfound))
            dx_asking, *dnorm = norm_backward(dasking)
            dx, *down = own_backward(dx + dx_asking)  # the stream was asked, and went on
            return dx, dmemory, *down, *dnorm, *dacross, *dthought

        return y, backward


def language_model(tokens, width, heads, blocks, time, rng, *, rate=0.0, dtype=float):
    """Make a network that says for each place which token comes next, from those up to there.

    Tokens and places have tables that are learned; then come the blocks, a last norm, and one score for each token.
    Introduced in the chapter "The Transformer".

    Parameters
    ----------
    tokens : int
        How many different ones there are.
    width, heads, rng, rate, dtype
        As for `transformer_block`.
    blocks : int
        How many of them, one after the other.
    time : int
        The longest sequence.

    Returns
    -------
    Sequential
        It maps tokens of shape (batch, time) to scores of shape (batch, time, tokens).

    Raises
    ------
    ValueError
        As `transformer_block`, or if another number is not positive.
    TypeError
        If a number is of the wrong kind, or `rng` no generator.

    Examples
    --------
    >>> model = language_model(5, width=8, heads=2, blocks=2, time=6, rng=np.random.default_rng(0))
    >>> z, backward = model(np.array([[4, 0, 2]]))
    >>> z.shape, sum(p.size for p in model.parameters)
    ((1, 3, 5), 1829)
    """
    tokens, blocks, time = (
        require_count(name, n) for name, n in [("tokens", tokens), ("blocks", blocks), ("time", time)]
    )
    table, places = glorot(tokens, width, rng).astype(dtype), glorot(time, width, rng).astype(dtype)
    return Sequential(
        Layer(embedding, table),
        Layer(add_positions, places),
        *(transformer_block(width, heads, rng, causal=True, rate=rate, dtype=dtype) for _ in range(blocks)),
        norm(width, dtype),
        Layer(dense, glorot(tokens, width, rng).astype(dtype), np.zeros(tokens, dtype)),
    )
