"""Activation functions: what a neuron does with its pre-activation z."""

import numpy as np

from dlnotes.operation import is_integer, operation, require_number, shown


@operation
def sigmoid(z):
    r"""Squash every number into the interval from 0 to 1.

    :math:`\sigma(z) = 1 / (1 + e^{-z})`, with :math:`\sigma' = \sigma (1 - \sigma)`. Introduced in the chapter
    "The sigmoid".

    Parameters
    ----------
    z : ndarray of any shape
        Pre-activation.

    Returns
    -------
    a : ndarray of the same shape
        Activation, between 0 and 1.
    backward : callable
        Maps ``da`` to ``dz``.

    Notes
    -----
    Only :math:`e^{-|z|} \le 1` is computed, so nothing overflows. The factor :math:`1 - \sigma(z) = \sigma(-z)` is
    computed as such: written as ``1 - a`` it would round to 0 for z above 37.

    Examples
    --------
    >>> a, backward = sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    >>> a
    array([0. , 0.5, 1. ])
    >>> backward(np.ones(3))
    array([0.  , 0.25, 0.  ])
    """
    e = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, e) / (1 + e)

    def backward(da):
        one_minus_a = np.where(z >= 0, e, 1) / (1 + e)
        return da * a * one_minus_a

    return a, backward


@operation
def tanh(z):
    r"""Squash every number into the interval from -1 to 1.

    :math:`\tanh z = 2\sigma(2z) - 1`, with derivative :math:`1 - \tanh^2 z`. Introduced in the chapter "The sigmoid".

    Parameters
    ----------
    z : ndarray of any shape
        Pre-activation.

    Returns
    -------
    a : ndarray of the same shape
        Activation, between -1 and 1.
    backward : callable
        Maps ``da`` to ``dz``.

    Examples
    --------
    >>> a, backward = tanh(np.array([0.0, 100.0]))
    >>> a, backward(np.ones(2))
    (array([0., 1.]), array([1., 0.]))
    """
    a = np.tanh(z)

    def backward(da):
        return da * (1 - a**2)

    return a, backward


@operation
def relu(z):
    r"""Keep what is positive, set the rest to 0: the rectified linear unit.

    :math:`f(z) = \max(0, z)`, with :math:`f' = 1` for :math:`z > 0` and 0 elsewhere; at :math:`z = 0`, where the
    function has a corner, the derivative is taken to be 0. Introduced in the chapter "From one neuron to a network".

    Parameters
    ----------
    z : ndarray of any shape
        Pre-activation.

    Returns
    -------
    a : ndarray of the same shape
        Activation, 0 or positive.
    backward : callable
        Maps ``da`` to ``dz``.

    Examples
    --------
    >>> a, backward = relu(np.array([-2.0, 0.0, 3.0]))
    >>> a, backward(np.ones(3))
    (array([0., 0., 3.]), array([0., 0., 1.]))
    """
    a = np.maximum(z, 0)

    def backward(da):
        return da * (z > 0)

    return a, backward


@operation
def leaky_relu(z, *, slope=0.01):
    r"""Keep what is positive, shrink the rest: a ReLU whose gradient is never 0.

    :math:`f(z) = z` for :math:`z > 0` and :math:`sz` elsewhere. Introduced in the chapter "ReLU and vanishing
    gradients".

    Parameters
    ----------
    z : ndarray of any shape
        Pre-activation.
    slope : float, default 0.01
        The slope s for negative z, at least 0 and below 1.

    Returns
    -------
    a : ndarray of the same shape
        Activation.
    backward : callable
        Maps ``da`` to ``dz``.

    Raises
    ------
    ValueError
        If `slope` is not from 0 to 1, 1 excluded.
    TypeError
        If `slope` is no number.

    References
    ----------
    .. [1] A. L. Maas, A. Y. Hannun and A. Y. Ng, "Rectifier nonlinearities improve neural network acoustic models",
       ICML Workshop on Deep Learning for Audio, Speech and Language Processing, 2013.

    Examples
    --------
    >>> a, backward = leaky_relu(np.array([-2.0, 3.0]), slope=0.1)
    >>> a, backward(np.ones(2))
    (array([-0.2,  3. ]), array([0.1, 1. ]))
    """
    slope = require_number("slope", slope, "a number with 0 <= slope < 1", lambda s: 0 <= s < 1)
    a = np.where(z > 0, z, slope * z)

    def backward(da):
        return np.where(z > 0, da, slope * da)

    return a, backward


@operation
def gelu(z):
    r"""Multiply z by (almost) the probability that a standard normal number lies below it.

    :math:`f(z) = \tfrac12 z (1 + \tanh u)` with :math:`u = \sqrt{2/\pi}\,(z + 0.044715 z^3)`, the approximation of
    :math:`z\,\Phi(z)` that its authors give [1]_. Introduced in the chapter "ReLU and vanishing gradients".

    Parameters
    ----------
    z : ndarray of any shape
        Pre-activation.

    Returns
    -------
    a : ndarray of the same shape
        Activation.
    backward : callable
        Maps ``da`` to ``dz``.

    References
    ----------
    .. [1] D. Hendrycks and K. Gimpel, "Gaussian error linear units (GELUs)", arXiv:1606.08415, 2016.

    Examples
    --------
    >>> a, backward = gelu(np.array([-1.0, 0.0, 1.0]))
    >>> a.round(4)
    array([-0.1588,  0.    ,  0.8412])
    """
    scale = float(np.sqrt(2 / np.pi))
    near = np.clip(z, -30, 30)  # further out t is -1 or 1 to the last digit, and the cube could overflow
    t = np.tanh(scale * (near + 0.044715 * near**3))
    a = 0.5 * np.maximum(z, -30) * (1 + t)

    def backward(da):
        u_prime = scale * (1 + 3 * 0.044715 * near**2)
        return da * (0.5 * (1 + t) + 0.5 * near * (1 - t**2) * u_prime)

    return a, backward


@operation
def softmax(z, *, axis=-1):
    r"""Turn scores into probabilities that are positive and sum to 1.

    :math:`a_k = e^{z_k} / \sum_j e^{z_j}`, with :math:`\partial a_k / \partial z_j = a_k (\mathbb 1_{kj} - a_j)`.
    Introduced in the chapter "The sigmoid".

    Parameters
    ----------
    z : ndarray of shape (..., classes, ...)
        Scores (logits).
    axis : int, default -1
        The axis along which the probabilities sum to 1.

    Returns
    -------
    a : ndarray of the same shape
        Probabilities.
    backward : callable
        Maps ``da`` to ``dz``.

    Raises
    ------
    ValueError
        If `z` has no such axis, or no scores along it.

    Examples
    --------
    >>> a, backward = softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    >>> a
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    if not (is_integer(axis) and -z.ndim <= axis < z.ndim):
        raise ValueError(f"axis must be one of the {z.ndim} axes of z, whose shape is {z.shape}, got {shown(axis)}")
    if z.shape[axis] == 0:
        raise ValueError(f"z must have at least one score along axis {axis}, got shape {z.shape}")
    e = np.exp(z - z.max(axis=axis, keepdims=True))  # the same quotient, and the largest exponent is 0
    a = e / e.sum(axis=axis, keepdims=True)

    def backward(da):
        return a * (da - (da * a).sum(axis=axis, keepdims=True))

    return a, backward
