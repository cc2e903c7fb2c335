import copy

import numpy as np
import pytest

from dlnotes.dropout import dropout
from dlnotes.layers import Layer, Sequential


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_the_mean_is_kept_and_the_rate_is_the_share_left_out(rate, rng):
    """With 1/p for 1/(1-p) the mean at p = 0.2 would be 4, and at 0.5 as right as here."""
    y, _ = dropout(np.ones(200_000), rate=rate, rng=rng, training=True)
    assert y.mean() == pytest.approx(1, abs=0.02)
    assert (y == 0).mean() == pytest.approx(rate, abs=0.01)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-15)


def test_what_is_left_out_has_no_gradient(rng):
    x, dy = rng.standard_normal((2, 50, 4)), rng.standard_normal((2, 50, 4))
    y, backward = dropout(x, rate=0.75, rng=rng, training=True)
    left_out = y == 0
    assert 0 < left_out.sum() < left_out.size
    np.testing.assert_array_equal(y, np.where(left_out, 0, 4 * x))
    np.testing.assert_array_equal(backward(dy), np.where(left_out, 0, 4 * dy))


def test_each_call_leaves_out_others(rng):
    first, second = (dropout(np.ones(100), rate=0.5, rng=rng, training=True)[0] for _ in range(2))
    assert not np.array_equal(first, second)


def test_without_training_nothing_happens_and_nothing_is_drawn(rng):
    x, before = rng.standard_normal((3, 4)), copy.deepcopy(rng)
    y, backward = dropout(x, rate=0.5, rng=rng)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(backward(x), x)
    assert rng.random() == before.random()


def test_a_rate_of_0_changes_nothing_in_training(rng):
    x = rng.standard_normal((3, 4))
    np.testing.assert_array_equal(dropout(x, rate=0, rng=rng, training=True)[0], x)


def test_a_network_drops_in_training_only(rng):
    x = np.ones((10, 10))
    network = Sequential(Layer(dropout, rate=0.5, rng=rng))
    np.testing.assert_array_equal(network(x)[0], x)
    assert set(np.unique(network(x, training=True)[0])) == {0, 2}


@pytest.mark.parametrize("wrong", [1, -0.1, 1.5, np.nan, "0.5", None, True])
def test_a_rate_that_leaves_nothing_is_refused(wrong, rng):
    for training in (False, True):
        with pytest.raises((ValueError, TypeError), match=f"^rate must be a number from 0 to below 1, got {wrong!r}$"):
            dropout(np.ones(3), rate=wrong, rng=rng, training=training)


def test_a_seed_for_an_rng_and_a_number_for_a_flag_are_refused(rng):
    for training in (False, True):
        with pytest.raises(TypeError, match=r"^rng must be a numpy\.random\.Generator, such as .*, got 0$"):
            dropout(np.ones(3), rate=0.5, rng=0, training=training)
    with pytest.raises(TypeError, match=r"^training must be True or False, got 1$"):
        dropout(np.ones(3), rate=0.5, rng=rng, training=1)
