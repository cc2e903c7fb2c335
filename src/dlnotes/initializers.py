"""Random starting weights whose size lets signals pass through many layers."""

from math import isfinite, prod

import numpy as np

from dlnotes.operation import as_tuple, require_count, require_number, require_rng


def glorot(outputs, inputs, rng):
    r"""Draw weights that suit tanh layers (Glorot, also called Xavier, initialisation).

    Normal numbers with mean 0 and variance :math:`2 / (\mathrm{inputs} + \mathrm{outputs})` [1]_. Introduced in the
    chapter "ReLU and vanishing gradients".

    Parameters
    ----------
    outputs, inputs : int
        The shape of the weights.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    W : ndarray of shape (outputs, inputs)

    Raises
    ------
    ValueError
        If a size is not positive.
    TypeError
        If a size is no integer, or `rng` no generator.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks",
       AISTATS, PMLR 9:249-256, 2010.

    Examples
    --------
    >>> W = glorot(300, 500, np.random.default_rng(0))
    >>> W.shape, round(float(W.std()), 2)
    ((300, 500), 0.05)
    """
    outputs, inputs = require_count("outputs", outputs), require_count("inputs", inputs)
    require_rng(rng)
    return np.sqrt(2 / (inputs + outputs)) * rng.standard_normal((outputs, inputs))


def he(outputs, inputs, rng):
    r"""Draw weights that suit ReLU layers (He, also called Kaiming, initialisation).

    Normal numbers with mean 0 and variance :math:`2 / \mathrm{inputs}` [1]_. Introduced in the chapter "ReLU and
    vanishing gradients".

    Parameters
    ----------
    outputs : int
        How many units, or filters, there are.
    inputs : int or tuple of int
        What each of them reads: so many numbers, or for a filter an array (channels, height, width).
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    W : ndarray of shape (outputs, inputs), where `inputs` may be several sizes

    Raises
    ------
    ValueError
        If a size is not positive.
    TypeError
        If a size is no integer, or `rng` no generator.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers: surpassing human-level performance on
       ImageNet classification", ICCV 2015, arXiv:1502.01852.

    Examples
    --------
    >>> W = he(300, 200, np.random.default_rng(0))
    >>> W.shape, round(float(W.std()), 2)
    ((300, 200), 0.1)
    >>> he(8, (3, 5, 5), np.random.default_rng(0)).shape
    (8, 3, 5, 5)
    """
    outputs = require_count("outputs", outputs)
    if isinstance(inputs, tuple) and not inputs:
        raise ValueError("inputs must be an integer or a tuple of at least one, got ()")
    inputs = [require_count("inputs", size) for size in as_tuple(inputs)]
    require_rng(rng)
    return np.sqrt(2 / prod(inputs)) * rng.standard_normal((outputs, *inputs))


def orthogonal(units, rng):
    r"""Draw recurrent weights that turn a state and keep its length: a random rotation or reflection [1]_.

    :math:`W^\top W = I`, so that over many time steps a linear state neither grows nor shrinks. Introduced in the
    chapter "Recurrent networks".

    Parameters
    ----------
    units : int
        Size of the state.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    W : ndarray of shape (units, units)

    Raises
    ------
    ValueError
        If the size is not positive.
    TypeError
        If the size is no integer, or `rng` no generator.

    References
    ----------
    .. [1] A. M. Saxe, J. L. McClelland and S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
       linear neural networks", ICLR 2014, arXiv:1312.6120.

    Examples
    --------
    >>> W = orthogonal(3, np.random.default_rng(0))
    >>> np.allclose(W.T @ W, np.eye(3))
    True
    """
    units = require_count("units", units)
    require_rng(rng)
    Q, R = np.linalg.qr(rng.standard_normal((units, units)))
    return Q * np.sign(np.diag(R))  # with these signs every rotation is as likely as every other


def lstm_parameters(units, features, rng, *, forget_bias=1.0):
    """Draw the parameters of an LSTM layer, in the order in which `dlnotes.lstm.lstm` takes them.

    What reads the state is orthogonal, what reads the input as by `glorot`, and biases are 0 but for that of the forget
    gate: with a large one the gate is open at first, and gradients get through many time steps [1]_. Introduced in the
    chapter "Long short-term memory".

    Parameters
    ----------
    units, features : int
        Size of the state and of the input.
    rng : numpy.random.Generator
        Source of randomness.
    forget_bias : float, default 1
        What the bias of the forget gate is at every unit.

    Returns
    -------
    W_f, W_i, W_g, W_o : ndarray of shape (units, units + features)
    b_f, b_i, b_g, b_o : ndarray of shape (units,)

    Raises
    ------
    ValueError
        If a size is not positive, or the bias not finite.
    TypeError
        If a size is no integer, the bias no number, or `rng` no generator.

    References
    ----------
    .. [1] R. Jozefowicz, W. Zaremba and I. Sutskever, "An empirical exploration of recurrent network architectures",
       ICML, PMLR 37:2342-2350, 2015.

    Examples
    --------
    >>> W_f, W_i, W_g, W_o, b_f, b_i, b_g, b_o = lstm_parameters(2, 3, np.random.default_rng(0), forget_bias=4)
    >>> W_f.shape, b_f, b_i
    ((2, 5), array([4., 4.]), array([0., 0.]))
    """
    units, features = require_count("units", units), require_count("features", features)
    forget_bias = require_number("forget_bias", forget_bias, "a finite number", isfinite)
    weights = [np.hstack([orthogonal(units, rng), glorot(units, features, rng)]) for _ in range(4)]
    return *weights, np.full(units, forget_bias), *np.zeros((3, units))
