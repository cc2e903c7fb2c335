"""The two players of a generative adversarial network: the generator's loss, and one step of each player."""

import numpy as np

from dlnotes.activations import sigmoid
from dlnotes.layers import Sequential
from dlnotes.losses import batch_scale, binary_cross_entropy
from dlnotes.operation import as_floats, operation, require_flag
from dlnotes.training import loss_and_gradients


@operation
def generator_loss(z, *, saturating=False):
    r"""What a generator wants the scores of its samples to be: high, as if they were real.

    :math:`L = -\log \sigma(z)` for one sample, with the slope :math:`\sigma(z) - 1`; or, saturating, what the
    discriminator wants with the sign changed, :math:`L = \log(1 - \sigma(z))`, with the slope :math:`-\sigma(z)`,
    which is nearly 0 where the discriminator is sure of a forgery [1]_. The mean over the batch. Introduced in the
    chapter "Generative adversarial networks".

    Parameters
    ----------
    z : ndarray of shape (batch, ...)
        The discriminator's scores of generated samples, before any sigmoid; positive means "real".
    saturating : bool, default False
        Whether to take the second formula.

    Returns
    -------
    loss : float
        The loss of the batch.
    backward : callable
        Maps ``dloss`` (default 1) to ``dz``.

    Raises
    ------
    ValueError
        If there is no sample.
    TypeError
        If `saturating` is neither True nor False.

    References
    ----------
    .. [1] I. Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, arXiv:1406.2661.

    Examples
    --------
    >>> for saturating in (True, False):
    ...     loss, backward = generator_loss(np.array([-6.0]), saturating=saturating)
    ...     print(backward().round(4))
    [-0.0025]
    [-0.9975]
    """
    require_flag("saturating", saturating)
    scale = batch_scale("mean", z)
    bend = np.log1p(np.exp(-np.abs(z)))
    loss = -scale * np.sum(np.maximum(z, 0) + bend if saturating else np.maximum(-z, 0) + bend)
    loss = loss if saturating else -loss

    def backward(dloss):
        D, _ = sigmoid(z)
        return dloss * scale * (-D if saturating else D - 1)

    return loss, backward


def discriminator_step(D, optimizer, real, generated):
    """Let the discriminator learn to tell real samples, target 1, from generated ones, target 0.

    Introduced in the chapter "Generative adversarial networks".

    Parameters
    ----------
    D : Layer or Sequential
        The discriminator, which gives one score for each sample, of shape (batch, 1). It alone changes.
    optimizer : Optimizer
        Its own.
    real, generated : ndarray of shape (batch, ...)
        As many of the one as of the other.

    Returns
    -------
    loss : float
        Its loss before the step, the mean over all samples.

    Raises
    ------
    ValueError
        If the two differ in shape.

    Examples
    --------
    >>> from dlnotes.dense import dense
    >>> from dlnotes.layers import Layer
    >>> from dlnotes.optimizers import SGD
    >>> D = Layer(dense, np.zeros((1, 1)), np.zeros(1))
    >>> round(discriminator_step(D, SGD(1.0), np.array([[3.0]]), np.array([[1.0]])), 4), D.parameters[0]
    (0.6931, array([[0.5]]))
    """
    real, generated = as_floats("real", real), as_floats("generated", generated)
    if real.shape != generated.shape:
        raise ValueError(f"real and generated samples must have the same shape, got {real.shape} and {generated.shape}")
    x = np.concatenate([real, generated])
    y = np.concatenate([np.ones((len(real), 1)), np.zeros((len(generated), 1))])
    loss, gradients = loss_and_gradients(D, binary_cross_entropy, x, y)
    optimizer.step(D.parameters, gradients)
    return loss


def generator_step(G, D, optimizer, noise, *, saturating=False):
    """Let the generator learn to get higher scores. The gradient comes to it through the discriminator.

    Introduced in the chapter "Generative adversarial networks".

    Parameters
    ----------
    G : Layer or Sequential
        The generator. It alone changes.
    D : Layer or Sequential
        The discriminator.
    optimizer : Optimizer
        The generator's own.
    noise : ndarray of shape (batch, ...)
        From which the generator makes its samples.
    saturating : bool, default False
        Which loss, see `generator_loss`.

    Returns
    -------
    loss : float
        Its loss before the step.

    Examples
    --------
    >>> from dlnotes.dense import dense
    >>> from dlnotes.layers import Layer
    >>> from dlnotes.optimizers import SGD
    >>> G, D = Layer(dense, np.ones((1, 1)), np.zeros(1)), Layer(dense, np.ones((1, 1)), np.zeros(1))
    >>> round(generator_step(G, D, SGD(1.0), np.array([[0.0]])), 4), G.parameters[1], D.parameters[1]
    (0.6931, array([0.5]), array([0.]))
    """

    def loss(z, _):
        return generator_loss(z, saturating=saturating)

    value, gradients = loss_and_gradients(Sequential(G, D), loss, noise, None)
    optimizer.step(G.parameters, gradients[: len(G.parameters)])
    return value
