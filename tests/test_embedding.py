import numpy as np
import pytest

from dlnotes.embedding import embedding, negative_sampling
from dlnotes.losses import binary_cross_entropy


def test_a_token_reads_its_row_as_its_one_hot_vector_does(rng):
    E = rng.standard_normal((5, 3))
    tokens = np.array([[4, 0], [2, 4]])
    y, _ = embedding(tokens, E)
    np.testing.assert_array_equal(y, np.eye(5)[tokens] @ E)


def test_a_repeated_token_gets_the_sum_of_its_gradients():
    E = np.zeros((3, 1))
    _, backward = embedding([1, 1, 2], E)
    tokens, dE = backward(np.ones((3, 1)))
    assert tokens is None
    np.testing.assert_array_equal(dE, [[0], [2], [1]])  # where repeats are lost: 0, 1, 1


def test_the_gradient_is_that_of_the_product_with_one_hot_vectors(rng):
    E, tokens = rng.standard_normal((6, 4)), rng.integers(6, size=(7, 9))
    y, backward = embedding(tokens, E)
    dy = rng.standard_normal(y.shape)
    one_hot = np.eye(6)[tokens].reshape(-1, 6)
    np.testing.assert_allclose(backward(dy)[1], one_hot.T @ dy.reshape(-1, 4), rtol=1e-12, atol=1e-13)


def test_no_token_reads_nothing():
    y, backward = embedding(np.zeros((0, 3), dtype=int), np.ones((2, 4)))
    assert y.shape == (0, 3, 4)
    np.testing.assert_array_equal(backward(y)[1], np.zeros((2, 4)))


@pytest.mark.parametrize(
    ("tokens", "E", "error", "says"),
    [
        ([0, 2], (2, 3), ValueError, "tokens must lie from 0 to 1, got 0 to 2"),
        ([-1, 1], (2, 3), ValueError, "tokens must lie from 0 to 1, got -1 to 1"),
        ([0], (2,), ValueError, r"E must have shape \(tokens, features\), got \(2,\)"),
        ([0.0], (2, 3), TypeError, "tokens must hold integers, got an array of dtype float64"),
    ],
)
def test_a_token_without_a_row_is_refused(tokens, E, error, says):
    with pytest.raises(error, match=f"^{says}$"):
        embedding(tokens, np.zeros(E))


def test_negative_sampling_by_hand():
    loss, backward = negative_sampling([[1.0, 0.0]], [[2.0, 0.0]], [[[-2.0, 0.0]]])
    assert loss == pytest.approx(2 * np.log1p(np.exp(-2)), rel=1e-14)
    assert round(float(loss), 4) == 0.2539  # with the sign of the noise word wrong: 2.2539
    wrong = 1 / (1 + np.exp(2))  # what is missing to certainty, 0.1192
    dv, du, dnoise = backward()
    np.testing.assert_allclose(dv, [[-4 * wrong, 0]], rtol=1e-13)
    np.testing.assert_allclose(du, [[-wrong, 0]], rtol=1e-13)
    np.testing.assert_allclose(dnoise, [[[wrong, 0]]], rtol=1e-13)


def test_every_noise_word_counts_fully(rng):
    v, u, noise = rng.standard_normal((4, 3)), rng.standard_normal((4, 3)), rng.standard_normal((4, 5, 3))
    loss, _ = negative_sampling(v, u, noise)
    right, _ = binary_cross_entropy(np.sum(v * u, axis=1), np.ones(4))
    noisy = [binary_cross_entropy(np.sum(v * noise[:, k], axis=1), np.zeros(4))[0] for k in range(5)]
    assert loss == pytest.approx(right + sum(noisy), rel=1e-13)
    total, _ = negative_sampling(v, u, noise, reduction="sum")
    assert total == pytest.approx(4 * loss, rel=1e-13)


@pytest.mark.parametrize(
    ("v", "u", "noise"),
    [
        ((2, 3), (2, 3), (2, 3)),
        ((2, 3), (1, 3), (2, 4, 3)),
        ((2, 3), (2, 3), (1, 4, 3)),
        ((2, 3), (2, 3), (2, 4, 1)),
        ((3,), (3,), (4, 3)),
        ((2, 4, 3), (2, 4, 3), (2, 4, 3)),
    ],
)
def test_negative_sampling_refuses_shapes_that_would_broadcast(v, u, noise):
    with pytest.raises(ValueError, match=r"noise of shape \(batch, negatives, features\), got v") as error:
        negative_sampling(np.zeros(v), np.zeros(u), np.zeros(noise))
    assert f"v {v}, u {u} and noise {noise}" in str(error.value)


def test_negative_sampling_needs_an_example_and_a_reduction_it_knows():
    with pytest.raises(ValueError, match="at least one example"):
        negative_sampling(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 2, 3)))
    with pytest.raises(ValueError, match='reduction must be "mean" or "sum"'):
        negative_sampling(np.zeros((1, 3)), np.zeros((1, 3)), np.zeros((1, 2, 3)), reduction="none")
