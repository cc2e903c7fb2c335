"""Dropout: while a network is trained, some of its numbers are left out at random."""

from dlnotes.operation import operation, require_flag, require_rng, require_share


@operation
def dropout(x, *, rate, rng, training=False):
    r"""Set a random part of the numbers to 0 in training, and do nothing afterwards [1]_.

    Each number is left out with the probability :math:`p`, anew in every call; those that are kept are divided by
    :math:`1 - p`, so that each has its old value in the mean, and nothing is to be made up for after training (inverted
    dropout). Introduced in the chapter "Overfitting and what helps".

    Parameters
    ----------
    x : ndarray of any shape
        Activations.
    rate : float
        The probability :math:`p` of being left out, from 0 to below 1.
    rng : numpy.random.Generator
        Decides which; it is not asked unless in training.
    training : bool, default False
        Whether to leave anything out.

    Returns
    -------
    y : ndarray of the shape of `x`
        What is left; without training a copy of `x`.
    backward : callable
        Maps ``dy`` to ``dx``: what was left out has no gradient, the rest is divided by :math:`1 - p` too.

    Raises
    ------
    ValueError
        If `rate` does not lie from 0 to below 1.
    TypeError
        If `rate` is no number, `rng` no generator, or `training` neither True nor False.

    References
    ----------
    .. [1] N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, "Dropout: a simple way to prevent
       neural networks from overfitting", Journal of Machine Learning Research 15:1929-1958, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y, backward = dropout(np.ones(6), rate=0.5, rng=rng, training=True)
    >>> y
    array([2., 0., 0., 0., 2., 2.])
    >>> dropout(np.ones(6), rate=0.5, rng=rng)[0]
    array([1., 1., 1., 1., 1., 1.])
    """
    rate = require_share("rate", rate)
    require_rng(rng)
    require_flag("training", training)
    factor = (rng.random(x.shape) >= rate) / (1 - rate) if training else 1.0
    return factor * x, lambda dy: factor * dy
