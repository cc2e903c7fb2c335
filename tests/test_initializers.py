import numpy as np
import pytest

from dlnotes.activations import relu, tanh
from dlnotes.initializers import glorot, he, lstm_parameters, orthogonal

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


def test_an_orthogonal_matrix_keeps_the_length_of_a_state(rng):
    W = orthogonal(64, rng)
    assert W.dtype == np.float64
    np.testing.assert_allclose(W @ W.T, np.eye(64), atol=1e-12)
    s = start = rng.standard_normal(64)
    for _ in range(100):
        s = W @ s
    assert np.linalg.norm(s) == pytest.approx(np.linalg.norm(start), rel=1e-10)


def test_every_rotation_is_as_likely_as_every_other():
    """Each entry has mean 0 and mean square 1/units; without the signs the diagonal would be negative at its start."""
    drawn = np.array([orthogonal(3, np.random.default_rng(seed)) for seed in range(2000)])
    np.testing.assert_allclose(drawn.mean(axis=0), np.zeros((3, 3)), atol=0.05)
    np.testing.assert_allclose((drawn**2).mean(axis=0), np.full((3, 3), 1 / 3), atol=0.03)
    assert np.mean(np.linalg.det(drawn)) == pytest.approx(0, abs=0.08)  # rotations and reflections


def test_the_parameters_of_an_lstm_are_orthogonal_for_the_state_and_glorot_for_the_input():
    *weights, b_f, b_i, b_g, b_o = lstm_parameters(40, 60, np.random.default_rng(0), forget_bias=4)
    assert len(weights) == 4
    for W in weights:
        assert W.shape == (40, 100)
        np.testing.assert_allclose(W[:, :40] @ W[:, :40].T, np.eye(40), atol=1e-12)
        assert W[:, 40:].var() == pytest.approx(2 / 100, rel=0.1)
    assert not np.array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(b_f, np.full(40, 4.0))
    np.testing.assert_array_equal([b_i, b_g, b_o], np.zeros((3, 40)))
    np.testing.assert_array_equal(lstm_parameters(2, 1, np.random.default_rng(0))[4], [1, 1])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda rng: orthogonal(0, rng), "units must be an integer of at least 1, got 0"),
        (lambda rng: lstm_parameters(2.0, 1, rng), "units must be an integer of at least 1, got 2.0"),
        (lambda rng: lstm_parameters(2, 0, rng), "features must be an integer of at least 1, got 0"),
        (lambda rng: lstm_parameters(2, 1, rng, forget_bias=np.inf), "forget_bias must be a finite number, got inf"),
        (lambda rng: lstm_parameters(2, 1, rng, forget_bias="1"), "forget_bias must be a finite number, got '1'"),
        (lambda rng: orthogonal(2, 0), "rng must be a numpy.random.Generator, such as .*, got 0"),
        (lambda rng: lstm_parameters(2, 1, 0), "rng must be a numpy.random.Generator, such as .*, got 0"),
    ],
)
def test_what_is_no_size_no_bias_and_no_rng_is_refused(call, says, rng):
    with pytest.raises((ValueError, TypeError), match=f"^{says}$"):
        call(rng)


def test_a_filter_reads_at_least_one_number():
    with pytest.raises(ValueError, match=r"inputs must be an integer or a tuple of at least one, got \(\)"):
        he(3, (), np.random.default_rng(0))
