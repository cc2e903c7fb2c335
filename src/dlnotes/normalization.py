"""Normalisation: numbers are brought to mean 0 and variance 1, over the batch or within each example."""

from math import prod

import numpy as np

from dlnotes.layers import Layer
from dlnotes.operation import as_floats, operation, require_flag, require_positive, require_shape, require_share, shown


@operation
def layer_norm(x, gain, shift, *, epsilon=1e-5):
    r"""Bring the features of each example to mean 0 and variance 1, then scale and shift every feature [1]_.

    With the mean :math:`\mu` and the variance :math:`\sigma^2` of the features of one example, or of one time step of
    it, and the gain :math:`g` and the shift :math:`b`,

    .. math:: y = g \hat x + b, \qquad \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}

    No example has a part in another one, so that nothing differs between training and afterwards. Introduced in the
    chapter "Overfitting and what helps".

    Parameters
    ----------
    x : ndarray of shape (..., features)
        One example per row, or one time step of each.
    gain, shift : ndarray of shape (features,)
        What each feature is multiplied by, and what is added; 1 and 0 to begin with.
    epsilon : float, default 1e-5
        Keeps features that are all equal from a division by 0.

    Returns
    -------
    y : ndarray of the shape of `x`
        The normalised features.
    backward : callable
        Maps ``dy`` to ``(dx, dgain, dshift)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or `epsilon` is not positive.
    TypeError
        If `epsilon` is no number.

    References
    ----------
    .. [1] J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", 2016, arXiv:1607.06450.

    Examples
    --------
    >>> y, backward = layer_norm(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), np.ones(3), np.zeros(3))
    >>> y.round(2)
    array([[-1.22,  0.  ,  1.22],
           [-1.22,  0.  ,  1.22]])
    """
    if x.ndim == 0 or x.shape[-1] == 0:
        raise ValueError(f"x must have shape (..., features), with at least one feature, got {x.shape}")
    require_shape("gain", gain, "features", x.shape[-1:])
    require_shape("shift", shift, "features", x.shape[-1:])
    epsilon = require_positive("epsilon", epsilon)
    rows = tuple(range(x.ndim - 1))  # all axes but that of the features
    x_hat, normalized_backward = normalized(x, -1, epsilon)

    def backward(dy):
        return normalized_backward(gain * dy), (dy * x_hat).sum(rows), dy.sum(rows)

    return gain * x_hat + shift, backward


@operation
def batch_norm(x, gain, shift, *, statistics=None, epsilon=1e-5):
    r"""Bring each feature to mean 0 and variance 1 over the batch, then scale and shift it [1]_.

    With the mean :math:`\mu` and the variance :math:`\sigma^2` of one feature over the batch, and its gain :math:`g`
    and shift :math:`b`,

    .. math:: y = g \hat x + b, \qquad \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}

    The feature of an image is its channel; the mean then runs over the pixels too. As :math:`\mu` and :math:`\sigma`
    depend on the whole batch, so does the value of each example; to get rid of this after training, :math:`\mu` and
    :math:`\sigma^2` may be given, as `BatchNorm` does. Introduced in the chapter "Overfitting and what helps".

    Parameters
    ----------
    x : ndarray of shape (batch, features) or (batch, channels, height, width)
        A batch.
    gain, shift : ndarray of shape (features,)
        What each feature, or channel, is multiplied by, and what is added; 1 and 0 to begin with.
    statistics : pair of ndarray of shape (features,), optional
        The mean and the variance to use in place of the batch's own: constants, which have no gradient.
    epsilon : float, default 1e-5
        Keeps a feature that is the same everywhere from a division by 0.

    Returns
    -------
    y : ndarray of the shape of `x`
        The normalised batch.
    backward : callable
        Maps ``dy`` to ``(dx, dgain, dshift)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, a variance is negative, `epsilon` is not positive, or a feature has fewer than two
        numbers to take the mean of.
    TypeError
        If `epsilon` is no number, or `statistics` no pair of arrays.

    References
    ----------
    .. [1] S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal
       covariate shift", ICML, PMLR 37:448-456, 2015, arXiv:1502.03167.

    Examples
    --------
    >>> x = np.array([[1.0, 10.0], [3.0, 30.0]])
    >>> y, backward = batch_norm(x, gain=np.array([1.0, 2.0]), shift=np.array([0.0, 5.0]))
    >>> y.round(2)
    array([[-1.,  3.],
           [ 1.,  7.]])
    >>> y, backward = batch_norm(x, np.ones(2), np.zeros(2), statistics=(np.array([3.0, 0.0]), np.array([4.0, 100.0])))
    >>> y.round(2)
    array([[-1.,  1.],
           [ 0.,  3.]])
    """
    if x.ndim not in (2, 4):
        raise ValueError(f"x must have shape (batch, features) or (batch, channels, height, width), got {x.shape}")
    require_shape("gain", gain, "features", x.shape[1:2])
    require_shape("shift", shift, "features", x.shape[1:2])
    epsilon = require_positive("epsilon", epsilon)
    if statistics is None and len(x) * prod(x.shape[2:]) < 2:
        raise ValueError(
            f"a feature must have at least two numbers in a batch, of which mean and variance are taken, got {x.shape}"
        )
    x = np.moveaxis(x, 1, -1)  # features last, where NumPy stretches a vector to fit
    rows = tuple(range(x.ndim - 1))  # all axes but that of the features
    if statistics is None:
        x_hat, normalized_backward = normalized(x, rows, epsilon)
    else:
        mean, variance = as_statistics(statistics, gain.shape)
        scale = 1 / np.sqrt(variance + epsilon)
        x_hat, normalized_backward = scale * (x - mean), lambda dx_hat: scale * dx_hat

    def backward(dy):
        dy = np.moveaxis(dy, 1, -1)
        return np.moveaxis(normalized_backward(gain * dy), -1, 1), (dy * x_hat).sum(rows), dy.sum(rows)

    return np.moveaxis(gain * x_hat + shift, -1, 1), backward


def normalized(x, axes, epsilon):
    """Return x with mean 0 and variance 1 over the axes, and its backward map: mean and variance move with x."""
    scale = 1 / np.sqrt(x.var(axes, keepdims=True) + epsilon)
    x_hat = scale * (x - x.mean(axes, keepdims=True))

    def backward(dx_hat):
        along = (dx_hat * x_hat).mean(axes, keepdims=True)
        return scale * (dx_hat - dx_hat.mean(axes, keepdims=True) - x_hat * along)

    return x_hat, backward


def as_statistics(statistics, shape):
    """Return the mean and the variance of every feature as arrays, if they are that."""
    if not (isinstance(statistics, list | tuple) and len(statistics) == 2):
        raise TypeError(f"statistics must be a pair of arrays, mean and variance, got {shown(statistics)}")
    mean, variance = as_floats("the mean", statistics[0]), as_floats("the variance", statistics[1])
    require_shape("the mean", mean, "features", shape)
    require_shape("the variance", variance, "features", shape)
    if (variance < 0).any():
        raise ValueError("the variance must not be negative")
    return mean, variance


class BatchNorm(Layer):
    r"""A layer that normalises by the batch in training, and afterwards by what it remembers of the batches.

    In training it is `batch_norm`, and each batch moves a running mean and a running variance,

    .. math::

        \begin{aligned}
        \bar\mu &\leftarrow \kappa \bar\mu + (1 - \kappa)\, \mu, \\
        \bar\sigma^2 &\leftarrow \kappa \bar\sigma^2 + (1 - \kappa)\, \frac{n}{n - 1} \sigma^2,
        \end{aligned}

    where :math:`n` is how many numbers a feature has in the batch; without that factor the variance would be too small
    on average [1]_. Otherwise the two are the `statistics` of `batch_norm`, and nothing moves. Introduced in the
    chapter "Overfitting and what helps".

    Parameters
    ----------
    gain, shift : ndarray of shape (features,)
        What each feature, or channel, is multiplied by, and what is added, to begin with: ones and zeros.
    keep : float, default 0.9
        How much :math:`\kappa` of the running mean and variance each batch keeps.
    epsilon : float, default 1e-5
        As for `batch_norm`.

    Attributes
    ----------
    parameters : list of ndarray
        Gain and shift.
    mean, variance : ndarray of shape (features,)
        The running mean and variance, 0 and 1 to begin with. They are no parameters: no optimizer moves them, and only
        a copy of the whole layer takes them along.

    Raises
    ------
    ValueError
        If `keep` does not lie from 0 to below 1, and, when called, as `batch_norm`.
    TypeError
        If one of these is no number.

    References
    ----------
    .. [1] S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal
       covariate shift", ICML, PMLR 37:448-456, 2015, arXiv:1502.03167.

    Examples
    --------
    >>> layer = BatchNorm(np.ones(1), np.zeros(1))
    >>> x = np.array([[1.0], [3.0]])
    >>> layer(x, training=True)[0].round(2)
    array([[-1.],
           [ 1.]])
    >>> layer.mean, layer.variance
    (array([0.2]), array([1.1]))
    >>> layer(x)[0].round(2)
    array([[0.76],
           [2.67]])
    """

    def __init__(self, gain, shift, *, keep=0.9, epsilon=1e-5):
        super().__init__(batch_norm, gain, shift, epsilon=epsilon)
        self.keep = require_share("keep", keep)
        gain, shift = self.parameters
        self.mean, self.variance = np.zeros_like(shift), np.ones_like(gain)

    def __call__(self, x, *, training=False):
        require_flag("training", training)
        if not training:
            return super().__call__(x, statistics=(self.mean, self.variance))
        x = as_floats("x", x)
        y, backward = super().__call__(x)
        rows = (0, 2, 3)[: x.ndim - 1]  # all axes but that of the features
        self.mean += (1 - self.keep) * (x.mean(rows) - self.mean)
        self.variance += (1 - self.keep) * (x.var(rows, ddof=1) - self.variance)
        return y, backward
