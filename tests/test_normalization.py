import copy

import numpy as np
import pytest

from dlnotes.activations import relu
from dlnotes.convolution import conv2d
from dlnotes.dense import dense, flatten
from dlnotes.layers import Layer, Sequential
from dlnotes.losses import cross_entropy
from dlnotes.normalization import BatchNorm, batch_norm, layer_norm
from dlnotes.optimizers import SGD
from dlnotes.training import loss_and_gradients

TINY = 1e-12  # an epsilon that changes no digit shown

# Layer norm


def test_layer_norm_by_hand_divides_by_n():
    x = [1.0, 2.0, 3.0, 4.0]
    y, _ = layer_norm([x, x[::-1]], np.ones(4), np.zeros(4), epsilon=TINY)
    np.testing.assert_allclose(y[0], np.array([-1.5, -0.5, 0.5, 1.5]) / np.sqrt(1.25), rtol=1e-10)
    np.testing.assert_allclose(y[1], y[0, ::-1], rtol=1e-15)
    assert np.mean(y[0] ** 2) == pytest.approx(1)  # with n - 1 it would be 0.75


def test_layer_norm_scales_and_shifts_each_feature_and_adds_epsilon_to_the_variance():
    y, backward = layer_norm([[1.0, 3.0], [6.0, 2.0]], [2.0, 3.0], [10.0, 20.0], epsilon=3.0)  # variances 1 and 4
    np.testing.assert_allclose(y, [[10 - 2 / 2, 20 + 3 / 2], [10 + 2 * 2 / 7**0.5, 20 - 3 * 2 / 7**0.5]], rtol=1e-15)
    _, dgain, dshift = backward([[1.0, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(dgain, [-0.5 + 2 / 7**0.5, 0.5], rtol=1e-14)
    np.testing.assert_array_equal(dshift, [2, 1])


def test_layer_norm_of_an_example_does_not_depend_on_the_others(rng):
    x, gain, shift = rng.standard_normal((5, 3, 4)), rng.standard_normal(4), rng.standard_normal(4)
    y, _ = layer_norm(x, gain, shift)
    for example, normalized in zip(x, y, strict=True):
        np.testing.assert_allclose(layer_norm(example, gain, shift)[0], normalized, rtol=1e-12)


def test_layer_norm_forgets_size_and_offset_and_its_gradient_knows(rng):
    x = rng.standard_normal((5, 4))
    y, backward = layer_norm(x, np.ones(4), np.zeros(4), epsilon=TINY)
    np.testing.assert_allclose(layer_norm(3 * x + 7, np.ones(4), np.zeros(4), epsilon=TINY)[0], y, rtol=1e-10)
    dx, _, _ = backward(rng.standard_normal((5, 4)))
    np.testing.assert_allclose(dx.sum(axis=1), 0, atol=1e-13)
    np.testing.assert_allclose((dx * x).sum(axis=1), 0, atol=1e-9)


# Batch norm


def test_batch_norm_by_hand():
    x = [[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 8.0]]
    y, backward = batch_norm(x, [1.0, 2.0], [0.0, 5.0], epsilon=TINY)
    np.testing.assert_allclose(y[:, 0], np.array([-1.5, -0.5, 0.5, 1.5]) / np.sqrt(1.25), rtol=1e-10)
    np.testing.assert_allclose(y[:, 1], 5 + 2 * np.array([-1, -1, -1, 3]) / np.sqrt(3), rtol=1e-10)
    _, dgain, dshift = backward([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [2.0, 1.0]])
    np.testing.assert_allclose(dgain, [3 / np.sqrt(1.25), np.sqrt(3)], rtol=1e-10)
    np.testing.assert_array_equal(dshift, [2, 1])


@pytest.mark.parametrize("shape", [(6, 3), (2, 3, 4, 5)])
def test_the_gradient_of_batch_norm_changes_neither_mean_nor_variance(shape, rng):
    """Where the path through the mean or that through the variance is lost, one of these sums is not 0."""
    x, gain, shift = rng.standard_normal(shape), rng.standard_normal(3), rng.standard_normal(3)
    x_hat, _ = batch_norm(x, np.ones(3), np.zeros(3), epsilon=TINY)
    _, backward = batch_norm(x, gain, shift, epsilon=TINY)
    dx, _, _ = backward(rng.standard_normal(shape))
    rows = (0, 2, 3)[: len(shape) - 1]
    np.testing.assert_allclose(dx.sum(axis=rows), 0, atol=1e-13)
    np.testing.assert_allclose((dx * x_hat).sum(axis=rows), 0, atol=1e-9)
    assert np.abs(dx).max() > 0.1


def test_the_channels_of_images_are_features_and_their_pixels_examples(rng):
    x, dy = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((2, 3, 4, 5))
    gain, shift, mean, variance = *rng.standard_normal((3, 3)), rng.uniform(1, 2, 3)

    def as_rows(images):
        return np.array([images[:, c].ravel() for c in range(3)]).T

    for statistics in (None, (mean, variance)):
        y, backward = batch_norm(x, gain, shift, statistics=statistics)
        y_rows, rows_backward = batch_norm(as_rows(x), gain, shift, statistics=statistics)
        np.testing.assert_allclose(as_rows(y), y_rows, rtol=1e-12)
        (dx, *dparameters), (dx_rows, *dparameters_rows) = backward(dy), rows_backward(as_rows(dy))
        np.testing.assert_allclose(as_rows(dx), dx_rows, rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(dparameters, dparameters_rows, rtol=1e-10)


def test_given_statistics_are_constants_and_each_example_stands_alone():
    statistics = [1.0, 2.0], [4.0, 9.0]
    y, backward = batch_norm([[5.0, 2.0]], [1.0, 3.0], [0.0, 1.0], statistics=statistics, epsilon=TINY)
    np.testing.assert_allclose(y, [[2, 1]], rtol=1e-10)
    dx, dgain, dshift = backward([[1.0, 1.0]])
    np.testing.assert_allclose(dx, [[1 / 2, 3 / 3]], rtol=1e-10)
    np.testing.assert_allclose(dgain, [2, 0], rtol=1e-10)
    np.testing.assert_array_equal(dshift, [1, 1])
    empty, _ = batch_norm(np.zeros((0, 2)), np.ones(2), np.ones(2), statistics=statistics)
    assert empty.shape == (0, 2)


def test_features_that_are_all_equal_become_their_shift():
    for norm, x in [(layer_norm, np.full((2, 3), 7.0)), (batch_norm, np.full((2, 3), 7.0))]:
        y, backward = norm(x, np.ones(3), [1.0, 2.0, 3.0])
        np.testing.assert_array_equal(y, [[1, 2, 3]] * 2)
        assert all(np.isfinite(gradient).all() for gradient in backward(np.eye(2, 3)))


# The layer that remembers


def test_the_running_statistics_by_hand():
    layer = BatchNorm([1.0], [0.0], keep=0.75)
    layer([[1.0], [5.0]], training=True)  # mean 3, and the variance with n - 1 is 8
    np.testing.assert_array_equal([layer.mean, layer.variance], [[0.75], [0.75 + 2]])
    layer([[0.0], [2.0]], training=True)
    np.testing.assert_array_equal([layer.mean, layer.variance], [[0.75**2 + 0.25], [0.75 * 2.75 + 0.5]])


def test_of_many_batches_it_remembers_the_mean_and_the_variance_of_the_data(rng):
    layer, images = BatchNorm(np.ones(2), np.zeros(2), keep=0.99), BatchNorm(np.ones(2), np.zeros(2), keep=0.99)
    for _ in range(2000):
        x = [5, -1] + [2, 0.5] * rng.standard_normal((4, 2))
        layer(x, training=True)
        images(x.T.reshape(1, 2, 2, 2), training=True)
    np.testing.assert_allclose(layer.mean, [5, -1], rtol=0.05)
    np.testing.assert_allclose(layer.variance, [4, 0.25], rtol=0.15)  # with n it would be a quarter less
    np.testing.assert_allclose(images.mean, layer.mean, rtol=1e-12)
    np.testing.assert_allclose(images.variance, layer.variance, rtol=1e-12)


def test_training_and_no_training_are_batch_norm_without_and_with_statistics(rng):
    x, gain, shift, dy = rng.standard_normal((5, 3)), *rng.standard_normal((2, 3)), rng.standard_normal((5, 3))
    layer = BatchNorm(gain, shift, epsilon=0.1)
    for training in (True, False, False, True):
        y, backward = layer(x, training=training)
        statistics = None if training else (layer.mean, layer.variance)
        expected, expected_backward = batch_norm(x, gain, shift, statistics=statistics, epsilon=0.1)
        np.testing.assert_array_equal(y, expected)
        np.testing.assert_array_equal(backward(dy)[0], expected_backward(dy)[0])


def test_nothing_is_remembered_without_training_nor_of_a_batch_that_is_refused(rng):
    layer = BatchNorm(np.ones(3), np.zeros(3))
    before = layer.mean.copy(), layer.variance.copy()
    layer(rng.standard_normal((5, 3)))
    for wrong in (np.ones((1, 3)), np.ones((5, 4)), np.ones((5, 3), dtype=complex)):
        with pytest.raises((ValueError, TypeError)):
            layer(wrong, training=True)
    np.testing.assert_array_equal([layer.mean, layer.variance], before)


def test_a_backward_map_belongs_to_its_call(rng):
    layer, x, dy = BatchNorm(np.ones(3), np.zeros(3)), rng.standard_normal((5, 3)), rng.standard_normal((5, 3))
    _, backward = layer(x)
    before = backward(dy)[0]
    layer(10 * x, training=True)
    np.testing.assert_array_equal(backward(dy)[0], before)


def test_two_examples_are_a_batch():
    y, _ = batch_norm([[1.0], [3.0]], np.ones(1), np.zeros(1), epsilon=TINY)
    np.testing.assert_allclose(y, [[-1], [1]], rtol=1e-10)


def test_float32_parameters_have_float32_statistics(rng):
    layer = BatchNorm(np.ones(3, np.float32), np.zeros(3, np.float32))
    x = rng.standard_normal((5, 3)).astype(np.float32)
    for training in (True, False):
        assert layer(x, training=training)[0].dtype == np.float32
    assert layer.mean.dtype == layer.variance.dtype == np.float32


def test_a_convolutional_network_with_batch_norm_trains_and_is_copied_with_its_statistics(rng):
    network = Sequential(
        Layer(conv2d, rng.standard_normal((3, 1, 2, 2)), np.zeros(3)),
        BatchNorm(np.ones(3), np.zeros(3)),
        relu,
        flatten,
        Layer(dense, rng.standard_normal((2, 12)), np.zeros(2)),
    )
    x, labels, optimizer = rng.standard_normal((6, 1, 3, 3)), [0, 1, 0, 1, 0, 1], SGD(0.1)
    assert len(network.parameters) == 6
    losses = []
    for _ in range(30):
        loss, gradients = loss_and_gradients(network, cross_entropy, x, labels)
        optimizer.step(network.parameters, gradients)
        losses.append(loss)
    assert losses[-1] < 0.2 * losses[0]
    kept, y = copy.deepcopy(network), network(x)[0]
    loss_and_gradients(network, cross_entropy, 10 * x, labels)
    np.testing.assert_array_equal(kept(x)[0], y)
    assert not np.array_equal(network(x)[0], y)


# What is refused

REFUSED = [  # norm, shapes of x, gain, shift, options, message
    (layer_norm, (2, 3), (2,), (3,), {}, r"gain must have shape \(features\), here \(3,\), got \(2,\)"),
    (layer_norm, (2, 3), (3,), (1,), {}, r"shift must have shape \(features\), here \(3,\), got \(1,\)"),
    (layer_norm, (2, 3), (3,), (), {}, r"shift must have shape \(features\), here \(3,\), got \(\)"),
    (layer_norm, (), (), (), {}, r"x must have shape \(\.\.\., features\), with at least one feature, got \(\)"),
    (layer_norm, (2, 0), (0,), (0,), {}, r"x must have shape .*, with at least one feature, got \(2, 0\)"),
    (layer_norm, (2, 3), (3,), (3,), {"epsilon": 0}, "epsilon must be a positive number, got 0"),
    (batch_norm, (2, 3), (2,), (3,), {}, r"gain must have shape \(features\), here \(3,\), got \(2,\)"),
    (batch_norm, (2, 3, 4, 5), (3,), (5,), {}, r"shift must have shape \(features\), here \(3,\), got \(5,\)"),
    (batch_norm, (3,), (3,), (3,), {}, r"x must have shape \(batch, features\) or .*, got \(3,\)"),
    (batch_norm, (2, 3, 4), (3,), (3,), {}, r"x must have shape \(batch, features\) or .*, got \(2, 3, 4\)"),
    (batch_norm, (2, 3), (3,), (3,), {"epsilon": "1"}, "epsilon must be a positive number, got '1'"),
    (batch_norm, (1, 3), (3,), (3,), {}, r"a feature must have at least two numbers in a batch, .*, got \(1, 3\)"),
    (batch_norm, (1, 3, 1, 1), (3,), (3,), {}, r"a feature must have at least two numbers .*, got \(1, 3, 1, 1\)"),
    (batch_norm, (0, 3), (3,), (3,), {}, r"a feature must have at least two numbers .*, got \(0, 3\)"),
    *((batch_norm, (2, 3), (3,), (3,), {"statistics": statistics}, message) for statistics, message in [
        (np.ones((2, 3)), r"statistics must be a pair of arrays, mean and variance, got an array of shape \(2, 3\)"),
        ((np.ones(3),), "statistics must be a pair of arrays, mean and variance, got"),
        ((np.ones(2), np.ones(3)), r"the mean must have shape \(features\), here \(3,\), got \(2,\)"),
        ((np.ones(3), 1.0), r"the variance must have shape \(features\), here \(3,\), got \(\)"),
        ((None, np.ones(3)), "the mean must hold real numbers"),
        ((np.ones(3), [1.0, 0.0, -1e-9]), "the variance must not be negative"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("norm", "x", "gain", "shift", "options", "message"), REFUSED)
def test_what_does_not_fit_is_refused_and_named(norm, x, gain, shift, options, message):
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        norm(np.ones(x), np.ones(gain), np.ones(shift), **options)


def test_two_pixels_of_one_image_are_a_batch():
    y, _ = batch_norm(np.array([1.0, 3.0]).reshape(1, 1, 1, 2), [1.0], [0.0], epsilon=TINY)
    np.testing.assert_allclose(y.ravel(), [-1, 1], rtol=1e-10)


@pytest.mark.parametrize("wrong", [1, -0.1, np.nan, "0.9", None, True])
def test_a_share_that_cannot_be_kept_is_refused(wrong):
    with pytest.raises((ValueError, TypeError), match=f"^keep must be a number from 0 to below 1, got {wrong!r}$"):
        BatchNorm(np.ones(3), np.zeros(3), keep=wrong)


def test_training_is_true_or_false():
    with pytest.raises(TypeError, match=r"^training must be True or False, got 1$"):
        BatchNorm(np.ones(3), np.zeros(3))(np.ones((2, 3)), training=1)
