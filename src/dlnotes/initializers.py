"""Random starting weights whose size lets signals pass through many layers."""

from math import prod

import numpy as np

from dlnotes.operation import as_tuple, require_count, require_rng


def glorot(outputs, inputs, rng):
    r"""Draw weights that suit tanh and sigmoid layers (Glorot, also called Xavier, initialisation).

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
