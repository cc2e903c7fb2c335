import numpy as np
import pytest

from dlnotes.activations import relu, tanh
from dlnotes.initializers import glorot, he

both = pytest.mark.parametrize("initializer", [glorot, he])


@pytest.mark.parametrize(("initializer", "variance"), [(glorot, 2 / (300 + 200)), (he, 2 / 200)])
def test_mean_variance_and_shape(initializer, variance, rng):
    W = initializer(300, 200, rng)
    assert W.shape == (300, 200)
    assert W.dtype == np.float64
    # Of 60 000 numbers the variance is off by about 0.6 %, the mean by 0.4 % of a standard deviation.
    assert W.var() == pytest.approx(variance, rel=0.03)
    assert abs(W.mean()) < 0.02 * np.sqrt(variance)
    # Normal: 68.27 % lie within one standard deviation, 95.45 % within two.
    assert np.mean(np.abs(W) < np.sqrt(variance)) == pytest.approx(0.6827, abs=0.01)
    assert np.mean(np.abs(W) < 2 * np.sqrt(variance)) == pytest.approx(0.9545, abs=0.005)


def test_he_keeps_the_size_of_signals_through_twenty_relu_layers(rng):
    x = rng.standard_normal((100, 200))
    start = np.mean(x**2)
    for _ in range(20):
        x = relu(x @ he(200, 200, rng).T)[0]
    # ReLU halves the mean square and 2 / inputs doubles it; without the 2 there would be 2**-20 of it left.
    assert start / 4 < np.mean(x**2) < 4 * start


def test_glorot_keeps_tanh_layers_from_saturating_and_from_dying(rng):
    x = rng.standard_normal((100, 200))
    for _ in range(5):
        x = tanh(x @ glorot(200, 200, rng).T)[0]
    assert 0.3 < x.std() < 0.7


@both
def test_the_rng_decides(initializer):
    first = initializer(3, 2, np.random.default_rng(1))
    np.testing.assert_array_equal(first, initializer(3, 2, np.random.default_rng(1)))
    assert not np.array_equal(first, initializer(3, 2, np.random.default_rng(2)))


@both
@pytest.mark.parametrize("size", [0, -1, 2.0, "3", None, True])
def test_a_size_that_is_no_positive_integer_is_refused(initializer, size, rng):
    with pytest.raises((ValueError, TypeError), match=f"outputs must be an integer of at least 1, got {size!r}"):
        initializer(size, 2, rng)
    with pytest.raises((ValueError, TypeError), match=f"inputs must be an integer of at least 1, got {size!r}"):
        initializer(2, size, rng)


def test_he_draws_filters_by_what_each_of_them_reads():
    kernels = he(4, (2, 3, 5), np.random.default_rng(0))
    np.testing.assert_array_equal(kernels, he(4, 30, np.random.default_rng(0)).reshape(4, 2, 3, 5))
    with pytest.raises(ValueError, match=r"^inputs must be an integer of at least 1, got 0"):
        he(4, (2, 0), np.random.default_rng(0))


@both
def test_a_seed_is_refused_for_an_rng(initializer):
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator, such as .*, got 0"):
        initializer(2, 2, 0)


@both
def test_small_integers_of_numpy_are_sizes_as_well(initializer):
    small = initializer(np.uint8(200), np.int8(100), np.random.default_rng(0))
    np.testing.assert_array_equal(small, initializer(200, 100, np.random.default_rng(0)))


def test_a_filter_reads_at_least_one_number():
    with pytest.raises(ValueError, match=r"inputs must be an integer or a tuple of at least one, got \(\)"):
        he(3, (), np.random.default_rng(0))
