"""A convolutional network learns to read the digits: everything of the package at work together, in seconds."""

import numpy as np
import pytest

from dlnotes.activations import relu
from dlnotes.convolution import conv2d
from dlnotes.datasets import digits
from dlnotes.dense import dense, flatten
from dlnotes.initializers import he
from dlnotes.layers import Layer, Sequential
from dlnotes.losses import cross_entropy
from dlnotes.optimizers import SGD
from dlnotes.pooling import max_pool2d
from dlnotes.training import accuracy, fit
from dlnotes.windows import pad

EPOCHS, BATCH_SIZE = 6, 32
SHIFTS = [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)]  # a digit moved by a pixel is the same digit


def as_images(pictures):
    return pictures[:, None].astype(np.float32)


def shifted(images):
    framed, _ = pad(images, padding=1)
    return np.concatenate([framed[:, :, 1 + i : 9 + i, 1 + j : 9 + j] for i, j in SHIFTS])


def convolution(filters, channels, rng):
    W = he(filters, channels * 3 * 3, rng).reshape(filters, channels, 3, 3)
    return Layer(conv2d, W.astype(np.float32), np.zeros(filters, np.float32), padding=1)


@pytest.fixture(scope="module")
def trained():
    """The network, and its mean loss in every epoch."""
    data, rng = digits(), np.random.default_rng(0)
    network = Sequential(
        convolution(16, 1, rng),  # (batch, 16, 8, 8)
        relu,
        convolution(32, 16, rng),  # (batch, 32, 8, 8)
        relu,
        max_pool2d,  # (batch, 32, 4, 4)
        flatten,
        Layer(dense, he(10, 512, rng).astype(np.float32), np.zeros(10, np.float32)),
    )
    x, labels = shifted(as_images(data.train_images)), np.tile(data.train_labels, len(SHIFTS))
    steps = EPOCHS * -(-len(x) // BATCH_SIZE)
    optimizer = SGD(lambda step: 0.1 * (1 - step / steps))
    losses = fit(network, cross_entropy, x, labels, optimizer, epochs=EPOCHS, batch_size=BATCH_SIZE, rng=rng)
    return network, list(losses)


def test_the_loss_falls(trained):
    _, losses = trained
    assert len(losses) == EPOCHS
    assert losses[-1] < losses[0] / 5


def test_unseen_digits_are_read(trained):
    network, _ = trained
    data = digits()
    assert accuracy(network, as_images(data.test_images), data.test_labels) >= 0.975


def test_float32_stays_float32(trained):
    network, _ = trained
    scores, backward = network(as_images(digits().test_images[:2]))
    assert {scores.dtype, *(p.dtype for p in network.parameters), *(g.dtype for g in backward(scores))} == {
        np.dtype(np.float32)
    }
