"""Recurrent layers: one cell, applied to one time step after the other, that hands its state on."""

import numpy as np

from dlnotes.activations import tanh
from dlnotes.operation import (
    as_floats,
    as_tuple,
    kind,
    operation,
    output_gradients,
    require_callable,
    require_shape,
    unchecked,
)


@operation
def rnn_cell(x, s, U, W, b, *, activation=tanh):
    r"""Take one time step: make the new state from the input and the state before.

    :math:`s_t = f(U x_t + W s_{t-1} + b)`. Introduced in the chapter "Recurrent networks".

    Parameters
    ----------
    x : ndarray of shape (batch, features)
        The input of this time step.
    s : ndarray of shape (batch, units)
        The state before.
    U : ndarray of shape (units, features)
        What reads the input.
    W : ndarray of shape (units, units)
        What reads the state before.
    b : ndarray of shape (units,)
        Biases.
    activation : callable, default tanh
        The operation :math:`f`.

    Returns
    -------
    s : ndarray of shape (batch, units)
        The new state.
    backward : callable
        Maps ``ds`` to ``(dx, ds, dU, dW, db)``, where the second is the gradient of the state before.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    TypeError
        If `activation` is no function.

    Examples
    --------
    >>> U, W, b = np.array([[0.5]]), np.array([[0.9]]), np.zeros(1)
    >>> s, backward = rnn_cell(np.array([[1.0]]), np.array([[0.0]]), U, W, b)
    >>> s.round(4)
    array([[0.4621]])
    >>> dx, ds, dU, dW, db = backward(np.array([[1.0]]))
    >>> dU.round(4), dW
    (array([[0.7864]]), array([[0.]]))
    """
    require_step(x)
    require_rnn(x, U, W, b)
    require_shape("s", s, "batch, units", (len(x), len(b)))
    activation = as_activation(activation)

    z = x @ U.T + s @ W.T + b
    s_new, activation_backward = unchecked(activation)(z)

    def backward(ds):
        delta = activation_backward(ds)
        return delta @ U, delta @ W, delta.T @ x, delta.T @ s, delta.sum(axis=0)

    return s_new, backward


def require_step(x):
    """Refuse what is no batch of inputs of one time step."""
    if x.ndim != 2:
        raise ValueError(f"x must have shape (batch, features), the input of one time step, got {x.shape}")


def as_activation(f):
    """Return an activation as an operation; what is none yet is tried on a single number."""
    require_callable("activation", f, "an operation, such as tanh")
    if hasattr(f, "unchecked"):
        return f
    activation = operation(lambda z: f(z))
    _, backward = activation(np.zeros((1, 1)))
    backward(np.ones((1, 1)))
    return activation


def require_rnn(x, U, W, b, suffix=""):
    """Refuse parameters that do not fit each other or the input; their names may have a suffix."""
    units = b.size
    require_shape(f"b{suffix}", b, "units,", (units,))
    require_shape(f"U{suffix}", U, "units, features", (units, x.shape[-1]))
    require_shape(f"W{suffix}", W, "units, units", (units, units))


@operation
def rnn(x, U, W, b, s0=None, *, activation=tanh):
    r"""Read a sequence with a recurrent layer; give its state after every time step.

    :math:`s_t = f(U x_t + W s_{t-1} + b)` for :math:`t = 1, 2, \dots`, the same `U`, `W` and `b` at every step [1]_.
    Introduced in the chapter "Recurrent networks"; its gradients in "Backpropagation through time".

    Parameters
    ----------
    x : ndarray of shape (batch, time, features)
        Sequences of at least one time step.
    U : ndarray of shape (units, features)
        What reads the input.
    W : ndarray of shape (units, units)
        What reads the state before.
    b : ndarray of shape (units,)
        Biases.
    s0 : ndarray of shape (batch, units), optional
        The state before the first step; zeros if it is not given.
    activation : callable, default tanh
        The operation :math:`f`.

    Returns
    -------
    s : ndarray of shape (batch, time, units)
        The states :math:`s_1, s_2, \dots`
    backward : callable
        Maps ``ds`` to ``(dx, dU, dW, db)``, and ``ds0`` if `s0` was given.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no time step.
    TypeError
        If `activation` is no function.

    References
    ----------
    .. [1] J. L. Elman, "Finding structure in time", Cognitive Science 14(2):179-211, 1990,
       doi:10.1207/s15516709cog1402_1.

    Examples
    --------
    >>> x, U, W, b = np.ones((1, 3, 1)), np.array([[0.5]]), np.array([[0.9]]), np.zeros(1)
    >>> s, backward = rnn(x, U, W, b)
    >>> s.round(4)
    array([[[0.4621],
            [0.724 ],
            [0.8183]]])
    >>> dx, dU, dW, db = backward(np.ones((1, 3, 1)))
    >>> dU.round(4), dW.round(4)
    (array([[2.1713]]), array([[0.5245]]))
    """
    require_sequence(x)
    require_rnn(x, U, W, b)
    activation = as_activation(activation)  # once, not at every step
    s0 = initial_state("s0", s0, x, len(b))
    (s,), loop_backward = over_time(rnn_cell, x, [s0], U, W, b, activation=activation)

    def backward(ds):
        dx, ds0, dU, dW, db = loop_backward(ds)
        return dx, dU, dW, db, ds0

    return s, backward


def require_sequence(x):
    """Refuse what is no batch of sequences of at least one time step."""
    if x.ndim != 3 or x.shape[1] == 0:
        raise ValueError(f"x must have shape (batch, time, features), with at least one time step, got {x.shape}")


def initial_state(name, state, x, units):
    """Return the state with which a layer begins: what was given, or zeros."""
    if state is None:
        return np.zeros((len(x), units), x.dtype)
    require_shape(name, state, "batch, units", (len(x), units))
    return state


def over_time(cell, x, states, *parameters, **options):
    r"""Apply a cell to one time step after the other, and on the way back to each in reverse.

    The loop of every recurrent layer; its way back is backpropagation through time. Since all steps share the
    parameters, the gradient of each is the sum over the steps. Introduced in the chapters "Recurrent networks" and
    "Backpropagation through time".

    Parameters
    ----------
    cell : callable
        ``cell(x, *states, *parameters, **options)`` returning the new states, an array or a tuple, and its backward
        map; such as `rnn_cell`. It is called without the checks of an operation, which would cost as much as the step.
    x : ndarray of shape (batch, time, features)
        Sequences of at least one time step.
    states : sequence of ndarray
        The states before the first step, each of shape (batch, units).
    *parameters : ndarray
        Those of the cell.
    **options
        Handed to the cell.

    Returns
    -------
    tuple
        A tuple with every state after each step, arrays of shape (batch, time, units), and the backward map. This takes
        one gradient for each state, ``None`` for zeros, and gives ``(dx, *dstates, *dparameters)``.

    Raises
    ------
    ValueError
        If `x` has no time step, or, in the backward map, a gradient has not the shape of its states.
    TypeError
        If `cell` can't be called, `states` is no list of arrays, or the backward map gets another number of gradients.

    Examples
    --------
    >>> x, s0, W = np.ones((1, 3, 1)), np.zeros((1, 1)), np.array([[0.5]])
    >>> (s,), backward = over_time(rnn_cell, x, [s0], W, W, np.zeros(1))
    >>> s.shape
    (1, 3, 1)
    >>> dx, ds0, dU, dW, db = backward(np.ones((1, 3, 1)))
    """
    require_callable("cell", cell, "a cell, such as rnn_cell")
    require_sequence(x := as_floats("x", x))
    if not isinstance(states, list | tuple):
        raise TypeError(f"states must be a list of arrays, got {kind(states)}")
    states = [as_floats(f"state {number}", state) for number, state in enumerate(states)]
    parameters = [as_floats(f"parameter {number}", parameter) for number, parameter in enumerate(parameters)]
    step, history, backward_maps = unchecked(cell), [], []
    for t in range(x.shape[1]):
        value, step_backward = step(x[:, t], *states, *parameters, **options)
        states = as_tuple(value)
        history.append(states)
        backward_maps.append(step_backward)
    sequences = tuple(np.stack(steps, axis=1) for steps in zip(*history, strict=True))

    def backward(*dsequences):
        dsequences = output_gradients("over_time", dsequences, sequences)
        dx, dparameters = np.empty_like(x), [np.zeros_like(p) for p in parameters]
        dstates = [np.zeros_like(sequence[:, -1]) for sequence in sequences]
        for t in reversed(range(x.shape[1])):
            # A state reaches the loss by what is read from it at t, and through all later steps.
            dstates = [dstate + dsequence[:, t] for dstate, dsequence in zip(dstates, dsequences, strict=True)]
            dx[:, t], *gradients = backward_maps[t](*dstates)
            dstates, step_gradients = gradients[: len(dstates)], gradients[len(dstates) :]
            for total, gradient in zip(dparameters, step_gradients, strict=True):
                total += gradient
        return dx, *dstates, *dparameters

    return sequences, backward


@operation
def bidirectional(x, U, W, b, U_back, W_back, b_back, *, activation=tanh):
    r"""Read a sequence in both directions, each with parameters of its own; give both states of every time step.

    :math:`s_t = f(U x_t + W s_{t-1} + b)` and :math:`s'_t = f(U' x_t + W' s'_{t+1} + b')`, side by side [1]_: a dense
    layer on top computes :math:`V s_t + V' s'_t`. Introduced in the chapter "Recurrent networks".

    Parameters
    ----------
    x : ndarray of shape (batch, time, features)
        Sequences of at least one time step.
    U, W, b : ndarray of shape (units, features), (units, units) and (units,)
        The parameters that read from the first step to the last.
    U_back, W_back, b_back : ndarray of shape (units, features), (units, units) and (units,)
        Those that read from the last step to the first.
    activation : callable, default tanh
        The operation :math:`f`.

    Returns
    -------
    s : ndarray of shape (batch, time, 2 units)
        At every step first :math:`s_t`, then :math:`s'_t`.
    backward : callable
        Maps ``ds`` to ``(dx, dU, dW, db, dU_back, dW_back, db_back)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no time step.
    TypeError
        If `activation` is no function.

    References
    ----------
    .. [1] M. Schuster and K. K. Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions on Signal
       Processing 45(11):2673-2681, 1997, doi:10.1109/78.650093.

    Examples
    --------
    >>> x, U, W, b = np.array([[[1.0], [0.0], [0.0]]]), np.array([[0.5]]), np.array([[0.9]]), np.zeros(1)
    >>> s, backward = bidirectional(x, U, W, b, U, W, b)
    >>> s.round(2)
    array([[[0.46, 0.46],
            [0.39, 0.  ],
            [0.34, 0.  ]]])
    """
    s, forth_backward = rnn(x, U, W, b, activation=activation)
    require_rnn(x, U_back, W_back, b_back, suffix="_back")
    s_back, back_backward = rnn(x[:, ::-1], U_back, W_back, b_back, activation=activation)  # time turned round
    units = len(b)

    def backward(ds):
        dx, dU, dW, db = forth_backward(ds[..., :units])
        dx_back, dU_back, dW_back, db_back = back_backward(ds[:, ::-1, units:])
        return dx + dx_back[:, ::-1], dU, dW, db, dU_back, dW_back, db_back

    return np.concatenate([s, s_back[:, ::-1]], axis=-1), backward


@operation
def last(x):
    """Keep the last time step of a sequence alone, for one answer to all of it.

    Introduced in the chapter "Recurrent networks".

    Parameters
    ----------
    x : ndarray of shape (batch, time, features)
        Sequences of at least one time step, such as the states of a recurrent layer.

    Returns
    -------
    y : ndarray of shape (batch, features)
        The last step of each.
    backward : callable
        Maps ``dy`` to ``dx``, which is 0 but for the last step.

    Raises
    ------
    ValueError
        If `x` has another shape, or no time step.

    Examples
    --------
    >>> y, backward = last(np.array([[[1.0], [2.0], [3.0]]]))
    >>> y, backward(np.ones((1, 1))).ravel()
    (array([[3.]]), array([0., 0., 1.]))
    """
    require_sequence(x)

    def backward(dy):
        dx = np.zeros_like(x)
        dx[:, -1] = dy
        return dx

    return x[:, -1].copy(), backward
