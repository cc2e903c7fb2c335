"""Recurrent layers with gates: the LSTM, and its relative with two gates, the GRU."""

import numpy as np

from dlnotes import activations
from dlnotes.operation import operation, require_shape, unchecked
from dlnotes.recurrent import initial_state, over_time, require_sequence, require_step

# The arrays of a step have been checked once, when the layer was called.
sigmoid, tanh = unchecked(activations.sigmoid), unchecked(activations.tanh)


@operation
def lstm_cell(x, h, c, W_f, W_i, W_g, W_o, b_f, b_i, b_g, b_o):
    r"""Take one time step with an LSTM: three gates decide what a cell forgets, what it adds, and what it shows.

    With :math:`[h, x]` the state before and the input side by side,
    :math:`f = \sigma(W_f [h, x] + b_f)`, :math:`i = \sigma(W_i [h, x] + b_i)`, :math:`g = \tanh(W_g [h, x] + b_g)`,
    :math:`o = \sigma(W_o [h, x] + b_o)`; then :math:`c \leftarrow f \odot c + i \odot g` and
    :math:`h \leftarrow o \odot \tanh c` [1]_ [2]_. Introduced in the chapter "Long short-term memory".

    Parameters
    ----------
    x : ndarray of shape (batch, features)
        The input of this time step.
    h : ndarray of shape (batch, units)
        The hidden state before.
    c : ndarray of shape (batch, units)
        The cell state before.
    W_f, W_i, W_g, W_o : ndarray of shape (units, units + features)
        Weights of the forget gate, the input gate, the candidate and the output gate; each reads first `h`, then `x`.
    b_f, b_i, b_g, b_o : ndarray of shape (units,)
        Their biases.

    Returns
    -------
    (h, c) : tuple of ndarray of shape (batch, units)
        The new hidden state and the new cell state.
    backward : callable
        Maps ``(dh, dc)`` to ``(dx, dh, dc, dW_f, dW_i, dW_g, dW_o, db_f, db_i, db_g, db_o)``, where ``dh`` and ``dc``
        are then the gradients of the states before.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9(8):1735-1780, 1997,
       doi:10.1162/neco.1997.9.8.1735.
    .. [2] F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget: continual prediction with LSTM", Neural
       Computation 12(10):2451-2471, 2000, doi:10.1162/089976600300015015.

    Examples
    --------
    >>> W, b = np.zeros((1, 2)), np.zeros(1)
    >>> (h, c), backward = lstm_cell([[1.0]], [[0.0]], [[2.0]], W, W, W, W, b, b, b, b)
    >>> c  # gates half open: half of the 2 is kept, and half of tanh(0) = 0 is added
    array([[1.]])
    >>> dx, dh, dc, *dparameters = backward(None, np.array([[1.0]]))
    >>> dc
    array([[0.5]])
    """
    require_step(x)
    require_gates(x, {"W_f": W_f, "W_i": W_i, "W_g": W_g, "W_o": W_o}, {"b_f": b_f, "b_i": b_i, "b_g": b_g, "b_o": b_o})
    require_shape("h", h, "batch, units", (len(x), len(b_f)))
    require_shape("c", c, "batch, units", (len(x), len(b_f)))

    hx = np.concatenate([h, x], axis=1)
    f, f_backward = sigmoid(hx @ W_f.T + b_f)
    i, i_backward = sigmoid(hx @ W_i.T + b_i)
    g, g_backward = tanh(hx @ W_g.T + b_g)
    o, o_backward = sigmoid(hx @ W_o.T + b_o)
    c_new = f * c + i * g
    tanh_c, tanh_c_backward = tanh(c_new)
    h_new = o * tanh_c

    def backward(dh, dc):
        dc = dc + tanh_c_backward(dh * o)
        delta_f = f_backward(dc * c)
        delta_i = i_backward(dc * g)
        delta_g = g_backward(dc * i)
        delta_o = o_backward(dh * tanh_c)
        dhx = delta_f @ W_f + delta_i @ W_i + delta_g @ W_g + delta_o @ W_o
        dh, dx = dhx[:, : h.shape[1]].copy(), dhx[:, h.shape[1] :].copy()
        deltas = delta_f, delta_i, delta_g, delta_o
        return dx, dh, dc * f, *(delta.T @ hx for delta in deltas), *(delta.sum(axis=0) for delta in deltas)

    return (h_new, c_new), backward


def require_gates(x, weights, biases):
    """Refuse parameters that do not fit each other or the input; they come by their names."""
    units = next(iter(biases.values())).size
    for name, b in biases.items():
        require_shape(name, b, "units,", (units,))
    for name, W in weights.items():
        require_shape(name, W, "units, units + features", (units, units + x.shape[-1]))


@operation
def lstm(x, W_f, W_i, W_g, W_o, b_f, b_i, b_g, b_o, h0=None, c0=None):
    r"""Read a sequence with an LSTM layer; give its hidden state after every time step.

    `lstm_cell`, applied to one time step after the other with the same parameters. Introduced in the chapter "Long
    short-term memory".

    Parameters
    ----------
    x : ndarray of shape (batch, time, features)
        Sequences of at least one time step.
    W_f, W_i, W_g, W_o : ndarray of shape (units, units + features)
        Weights of the forget gate, the input gate, the candidate and the output gate; each reads first `h`, then `x`.
    b_f, b_i, b_g, b_o : ndarray of shape (units,)
        Their biases. A large `b_f` makes the layer remember from the start.
    h0, c0 : ndarray of shape (batch, units), optional
        The states before the first step; zeros if they are not given.

    Returns
    -------
    h : ndarray of shape (batch, time, units)
        The hidden states :math:`h_1, h_2, \dots` For the cell states too, see `dlnotes.recurrent.over_time`.
    backward : callable
        Maps ``dh`` to ``(dx, dW_f, dW_i, dW_g, dW_o, db_f, db_i, db_g, db_o)``, and ``dh0`` and ``dc0`` if these states
        were given.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no time step.

    Examples
    --------
    >>> from dlnotes.initializers import lstm_parameters
    >>> parameters = lstm_parameters(5, 3, np.random.default_rng(0))
    >>> h, backward = lstm(np.ones((2, 4, 3)), *parameters)
    >>> h.shape
    (2, 4, 5)
    >>> dx, *dparameters = backward(np.ones((2, 4, 5)))
    >>> len(dparameters)
    8
    """
    require_sequence(x)
    require_gates(x, {"W_f": W_f, "W_i": W_i, "W_g": W_g, "W_o": W_o}, {"b_f": b_f, "b_i": b_i, "b_g": b_g, "b_o": b_o})
    h0 = initial_state("h0", h0, x, len(b_f))
    c0 = initial_state("c0", c0, x, len(b_f))
    (h, _), loop_backward = over_time(lstm_cell, x, [h0, c0], W_f, W_i, W_g, W_o, b_f, b_i, b_g, b_o)

    def backward(dh):
        dx, dh0, dc0, *dparameters = loop_backward(dh, None)
        return dx, *dparameters, dh0, dc0

    return h, backward


@operation
def gru_cell(x, h, W_r, W_u, W_g, b_r, b_u, b_g):
    r"""Take one time step with a gated recurrent unit: two gates, and no cell state besides the hidden one.

    :math:`r = \sigma(W_r [h, x] + b_r)`, :math:`u = \sigma(W_u [h, x] + b_u)`,
    :math:`g = \tanh(W_g [r \odot h, x] + b_g)`; then :math:`h \leftarrow (1 - u) \odot h + u \odot g` [1]_ [2]_.
    Introduced in the chapter "Long short-term memory".

    Parameters
    ----------
    x : ndarray of shape (batch, features)
        The input of this time step.
    h : ndarray of shape (batch, units)
        The state before.
    W_r, W_u, W_g : ndarray of shape (units, units + features)
        Weights of the reset gate, the update gate and the candidate; each reads first the state, then `x`.
    b_r, b_u, b_g : ndarray of shape (units,)
        Their biases.

    Returns
    -------
    h : ndarray of shape (batch, units)
        The new state.
    backward : callable
        Maps ``dh`` to ``(dx, dh, dW_r, dW_u, dW_g, db_r, db_u, db_g)``, where the second is the gradient of the state
        before.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Notes
    -----
    The update gate is often called z, which here is a pre-activation. Some libraries, PyTorch among them, let the reset
    gate act behind the candidate's weights and not before them, and exchange `u` and ``1 - u``.

    References
    ----------
    .. [1] K. Cho, B. van Merrienboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk and Y. Bengio, "Learning phrase
       representations using RNN encoder-decoder for statistical machine translation", EMNLP 2014, arXiv:1406.1078.
    .. [2] J. Chung, C. Gulcehre, K. Cho and Y. Bengio, "Empirical evaluation of gated recurrent neural networks on
       sequence modeling", 2014, arXiv:1412.3555.

    Examples
    --------
    >>> W, b = np.zeros((1, 2)), np.zeros(1)
    >>> h, backward = gru_cell([[1.0]], [[0.8]], W, W, W, b, b, b)
    >>> h  # the gate is half open: half of the state, half of the candidate tanh(0) = 0
    array([[0.4]])
    """
    require_step(x)
    require_gates(x, {"W_r": W_r, "W_u": W_u, "W_g": W_g}, {"b_r": b_r, "b_u": b_u, "b_g": b_g})
    units = len(b_r)
    require_shape("h", h, "batch, units", (len(x), units))

    hx = np.concatenate([h, x], axis=1)
    r, r_backward = sigmoid(hx @ W_r.T + b_r)
    u, u_backward = sigmoid(hx @ W_u.T + b_u)
    rhx = np.concatenate([r * h, x], axis=1)
    g, g_backward = tanh(rhx @ W_g.T + b_g)
    h_new = (1 - u) * h + u * g

    def backward(dh_new):
        delta_u = u_backward(dh_new * (g - h))
        delta_g = g_backward(dh_new * u)
        drh, dx_g = np.split(delta_g @ W_g, [units], axis=1)
        delta_r = r_backward(drh * h)
        dh, dx = np.split(delta_r @ W_r + delta_u @ W_u, [units], axis=1)
        dh = dh + drh * r + dh_new * (1 - u)
        dW_r, dW_u, dW_g = delta_r.T @ hx, delta_u.T @ hx, delta_g.T @ rhx
        return dx + dx_g, dh, dW_r, dW_u, dW_g, delta_r.sum(axis=0), delta_u.sum(axis=0), delta_g.sum(axis=0)

    return h_new, backward


@operation
def gru(x, W_r, W_u, W_g, b_r, b_u, b_g, h0=None):
    r"""Read a sequence with a layer of gated recurrent units; give its state after every time step.

    `gru_cell`, applied to one time step after the other with the same parameters. Introduced in the chapter "Long
    short-term memory".

    Parameters
    ----------
    x : ndarray of shape (batch, time, features)
        Sequences of at least one time step.
    W_r, W_u, W_g : ndarray of shape (units, units + features)
        Weights of the reset gate, the update gate and the candidate; each reads first the state, then `x`.
    b_r, b_u, b_g : ndarray of shape (units,)
        Their biases.
    h0 : ndarray of shape (batch, units), optional
        The state before the first step; zeros if it is not given.

    Returns
    -------
    h : ndarray of shape (batch, time, units)
        The states :math:`h_1, h_2, \dots`
    backward : callable
        Maps ``dh`` to ``(dx, dW_r, dW_u, dW_g, db_r, db_u, db_g)``, and ``dh0`` if `h0` was given.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no time step.

    Examples
    --------
    >>> W, b = np.zeros((1, 2)), np.zeros(1)
    >>> h, backward = gru(np.ones((1, 3, 1)), W, W, W, b, b, b, h0=[[0.8]])
    >>> h
    array([[[0.4],
            [0.2],
            [0.1]]])
    """
    require_sequence(x)
    require_gates(x, {"W_r": W_r, "W_u": W_u, "W_g": W_g}, {"b_r": b_r, "b_u": b_u, "b_g": b_g})
    h0 = initial_state("h0", h0, x, len(b_r))
    (h,), loop_backward = over_time(gru_cell, x, [h0], W_r, W_u, W_g, b_r, b_u, b_g)

    def backward(dh):
        dx, dh0, *dparameters = loop_backward(dh)
        return dx, *dparameters, dh0

    return h, backward
