from math import inf, log, log1p

import numpy as np
import pytest

from dlnotes.activations import sigmoid, softmax
from dlnotes.losses import binary_cross_entropy, cross_entropy, squared_error

# squared_error


def test_squared_error_by_hand():
    y_hat, y = [[1.0, 2.0], [3.0, 4.0]], [[0.0, 4.0], [3.0, 1.0]]
    loss, backward = squared_error(y_hat, y, reduction="sum")
    assert loss == (1 + 4 + 0 + 9) / 2
    dy_hat, dy = backward()
    np.testing.assert_array_equal(dy_hat, [[1, -2], [0, 3]])
    np.testing.assert_array_equal(dy, [[-1, 2], [0, -3]])


def test_squared_error_of_the_hand_worked_network():
    """Two outputs, half the squares summed: the error that backpropagation by hand starts from."""
    loss, _ = squared_error([[0.75136507, 0.772928465]], [[0.01, 0.99]])
    assert round(float(loss), 9) == 0.298371109


# cross_entropy


def test_cross_entropy_by_hand():
    z = np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]])
    loss, backward = cross_entropy(z, [2, 0], reduction="sum")
    assert loss == pytest.approx(-log(5 / 8) - log(1 / 4), rel=1e-15)
    dz, dlabels = backward()
    np.testing.assert_allclose(dz, [[1 / 8, 2 / 8, -3 / 8], [-3 / 4, 1 / 4, 1 / 2]], rtol=1e-14)
    assert dlabels is None


def test_cross_entropy_is_minus_the_log_of_the_softmax(rng):
    z, labels = 3 * rng.standard_normal((6, 4)), rng.integers(4, size=6)
    a, _ = softmax(z)
    loss, _ = cross_entropy(z, labels)
    assert loss == pytest.approx(-np.mean(np.log(a[range(6), labels])), rel=1e-14)


def test_cross_entropy_of_equal_scores_is_the_log_of_the_number_of_classes():
    assert cross_entropy(np.zeros((3, 10)), [0, 4, 9])[0] == pytest.approx(log(10), rel=1e-15)


def test_cross_entropy_of_large_scores():
    z = np.array([[1000.0, 0.0], [0.0, 1000.0], [-inf, 0.0], [1e308, -1e307]])
    loss, backward = cross_entropy(z, [1, 1, 1, 0], reduction="sum")
    assert loss == 1000
    np.testing.assert_array_equal(backward()[0], [[1, -1], [0, 0], [0, 0], [0, 0]])


def test_cross_entropy_of_an_impossible_class_is_infinite():
    loss, _ = cross_entropy([[-inf, 0.0]], [0])
    assert loss == inf


# binary_cross_entropy


def test_binary_cross_entropy_by_hand():
    z = np.log([[1.0, 3.0]])  # probabilities 1/2 and 3/4
    loss, backward = binary_cross_entropy(z, [[1.0, 0.0]])
    assert loss == pytest.approx(-log(1 / 2) - log(1 / 4), rel=1e-15)
    dz, dy = backward()
    np.testing.assert_allclose(dz, [[-1 / 2, 3 / 4]], rtol=1e-15)
    np.testing.assert_allclose(dy, [[0, -log(3)]], rtol=1e-15)


def test_binary_cross_entropy_is_that_of_the_sigmoid(rng):
    z, y = 3 * rng.standard_normal((5, 2)), rng.uniform(size=(5, 2))
    a, _ = sigmoid(z)
    expected = np.mean(np.sum(-y * np.log(a) - (1 - y) * np.log(1 - a), axis=1))
    assert binary_cross_entropy(z, y)[0] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("z", [0.0, 1e-10, 1.0, 40.0, 700.0, 1000.0])
def test_binary_cross_entropy_keeps_its_digits_far_out(z):
    right = log1p(np.exp(-z))
    for score, target in ((z, 1.0), (-z, 0.0)):
        assert binary_cross_entropy([score], [target])[0] == pytest.approx(right, rel=1e-15, abs=0)
        assert binary_cross_entropy([-score], [target])[0] == pytest.approx(z + right, rel=1e-15, abs=0)


def test_binary_cross_entropy_is_cross_entropy_of_two_classes(rng):
    z, labels = rng.standard_normal(6), rng.integers(2, size=6)
    two = np.stack([np.zeros(6), z], axis=1)
    loss, backward = binary_cross_entropy(z, labels)
    other, other_backward = cross_entropy(two, labels)
    assert loss == pytest.approx(other, rel=1e-14)
    np.testing.assert_allclose(backward()[0], other_backward()[0][:, 1], rtol=1e-13)


# All three

BATCHES = {
    squared_error: lambda rng, n: (rng.standard_normal((n, 3)), rng.standard_normal((n, 3))),
    binary_cross_entropy: lambda rng, n: (rng.standard_normal((n, 3)), rng.uniform(size=(n, 3))),
    cross_entropy: lambda rng, n: (rng.standard_normal((n, 3)), rng.integers(3, size=n)),
}
every_loss = pytest.mark.parametrize("loss", BATCHES, ids=lambda loss: loss.__name__)


@every_loss
def test_the_mean_is_over_examples_and_not_over_outputs(loss, rng):
    x, y = BATCHES[loss](rng, 5)
    each = [loss(x[i : i + 1], y[i : i + 1])[0] for i in range(5)]
    mean, mean_backward = loss(x, y)
    total, total_backward = loss(x, y, reduction="sum")
    assert mean == pytest.approx(np.mean(each), rel=1e-14)
    assert total == pytest.approx(np.sum(each), rel=1e-14)
    np.testing.assert_allclose(5 * mean_backward()[0], total_backward()[0], rtol=1e-14)


@every_loss
def test_an_unknown_reduction_is_refused(loss, rng):
    for reduction in ("none", "Mean", None, 1):
        with pytest.raises(ValueError, match=f'reduction must be "mean" or "sum", got {reduction!r}'):
            loss(*BATCHES[loss](rng, 2), reduction=reduction)


@every_loss
def test_a_batch_without_examples_is_refused(loss, rng):
    with pytest.raises(ValueError, match=r"a loss needs a batch of at least one example.*, got shape \(0,"):
        loss(*BATCHES[loss](rng, 0))


@pytest.mark.parametrize("loss", [squared_error, binary_cross_entropy])
def test_shapes_that_would_broadcast_are_refused(loss):
    first = "y_hat" if loss is squared_error else "z"
    with pytest.raises(ValueError, match=rf"{first} and y must have the same shape, got \(3, 1\) and \(3,\)"):
        loss(np.zeros((3, 1)), np.zeros(3))
    with pytest.raises(ValueError, match=r"at least one example along axis 0, got shape \(\)"):
        loss(0.0, 0.0)


@pytest.mark.parametrize(
    ("z", "labels"),
    [((3, 2), (2,)), ((3, 2), (3, 1)), ((3, 2), (3, 2)), ((3,), (3,)), ((3, 2), ()), ((1, 3, 2), (1,)), ((2,), ())],
)
def test_cross_entropy_refuses_shapes_that_do_not_fit(z, labels):
    with pytest.raises(ValueError, match=r"z must have shape \(batch, \.\.\., classes\) and labels shape") as error:
        cross_entropy(np.zeros(z), np.zeros(labels, dtype=int))
    assert f"got z of shape {z} and labels of shape {labels}" in str(error.value)


@pytest.mark.parametrize(("labels", "got"), [([0, 3], "0 to 3"), ([-1, 2], "-1 to 2")])
def test_cross_entropy_refuses_a_label_out_of_range(labels, got):
    with pytest.raises(ValueError, match=f"labels must lie from 0 to 2, got {got}"):
        cross_entropy(np.zeros((2, 3)), labels)


@pytest.mark.parametrize(("y", "got"), [([0.0, 1.5], "0 to 1.5"), ([-0.5, 1.0], "-0.5 to 1")])
def test_binary_cross_entropy_refuses_a_target_out_of_range(y, got):
    with pytest.raises(ValueError, match=f"y must lie from 0 to 1, got {got}"):
        binary_cross_entropy([0.0, 0.0], y)


def test_a_mask_leaves_labels_out(rng):
    """Two sequences, the second one label shorter: what fills it up is not read."""
    z = rng.standard_normal((2, 3, 4))
    labels, mask = np.array([[0, 1, 2], [3, 0, -1]]), np.array([[True, True, True], [True, True, False]])
    loss, backward = cross_entropy(z, labels, mask=mask)
    alone, alone_backward = cross_entropy(z.reshape(6, 4)[:5], labels.ravel()[:5])
    assert loss == pytest.approx(alone, rel=1e-14)
    dz, _ = backward()
    np.testing.assert_allclose(dz.reshape(6, 4)[:5], alone_backward()[0], rtol=1e-14)
    np.testing.assert_array_equal(dz[1, 2], np.zeros(4))
    total, _ = cross_entropy(z, labels, mask=mask, reduction="sum")
    assert total == pytest.approx(5 * alone, rel=1e-14)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ([1, 0], "mask must hold booleans, got an array of dtype int64"),
        ([True], r"mask must have the shape of labels, \(2,\), got \(1,\)"),
        ([False, False], "a loss needs a batch of at least one example"),
    ],
)
def test_a_mask_that_is_none_is_refused(mask, message):
    with pytest.raises((ValueError, TypeError), match=message):
        cross_entropy(np.zeros((2, 3)), [0, 1], mask=mask)


def test_a_target_that_is_nan_is_refused():
    with pytest.raises(ValueError, match="y must lie from 0 to 1, got nan"):
        binary_cross_entropy(np.zeros(2), [np.nan, 0.5])
