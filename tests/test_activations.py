from decimal import Decimal, localcontext
from math import erf, inf, nan, sqrt

import numpy as np
import pytest

from dlnotes.activations import gelu, leaky_relu, relu, sigmoid, softmax, tanh

# From -1000 to 1000, subnormal numbers among them.
WIDE = np.array([-1000.0, -745, -700, -37, -20, -1, -1e-8, -5e-324, 0, 5e-324, 1e-8, 1, 20, 37, 38, 700, 745, 1000])


def exactly(formula, z):
    with localcontext() as context:
        context.prec = 400  # enough for 1 + 5e-324
        return np.array([float(formula(Decimal(float(number)))) for number in z])


def sigmoid_formula(z):
    return 1 / (1 + (-z).exp())


def sigmoid_prime_formula(z):
    return sigmoid_formula(z) * sigmoid_formula(-z)


def tanh_formula(z):
    return (z.exp() - (-z).exp()) / (z.exp() + (-z).exp())


def gelu_formula(z):
    u = (2 / Decimal("3.14159265358979323846264338327950288419716939937510")).sqrt() * (z + Decimal("0.044715") * z**3)
    return z / 2 * (1 + tanh_formula(u))


# sigmoid


def test_sigmoid_is_exact_to_the_last_digits_however_large_z_is():
    a, backward = sigmoid(WIDE)
    np.testing.assert_allclose(a, exactly(sigmoid_formula, WIDE), rtol=1e-15, atol=1e-323)
    dz = backward(np.ones_like(WIDE))
    np.testing.assert_allclose(dz, exactly(sigmoid_prime_formula, WIDE), rtol=1e-15, atol=1e-323)
    assert dz[WIDE == 38] > 0  # a * (1 - a) would be 0


def test_sigmoid_at_infinity_and_nan():
    a, backward = sigmoid([-inf, inf, nan])
    np.testing.assert_array_equal(a, [0, 1, nan])
    np.testing.assert_array_equal(backward(np.ones(3)), [0, 0, nan])


def test_sigmoid_by_hand():
    a, backward = sigmoid([0.0, np.log(3.0)])
    np.testing.assert_allclose(a, [1 / 2, 3 / 4], rtol=1e-15)
    np.testing.assert_allclose(backward([8.0, -16.0]), [2, -3], rtol=1e-15)


def test_sigmoid_is_symmetric_and_nowhere_steeper_than_a_quarter(rng):
    z = 10 * rng.standard_normal(1000)
    a, backward = sigmoid(z)
    np.testing.assert_allclose(a + sigmoid(-z)[0], 1, rtol=1e-15)
    dz = backward(np.ones_like(z))
    assert np.all((dz > 0) & (dz <= 0.25))


# tanh


def test_tanh_is_exact_to_the_last_digits():
    a, backward = tanh(WIDE)
    np.testing.assert_allclose(a, exactly(tanh_formula, WIDE), rtol=1e-15)
    dz = backward(np.ones_like(WIDE))
    np.testing.assert_allclose(dz, exactly(lambda z: 1 - tanh_formula(z) ** 2, WIDE), rtol=1e-15, atol=5e-16)


def test_tanh_is_a_sigmoid_shifted_and_stretched(rng):
    z = 3 * rng.standard_normal(100)
    np.testing.assert_allclose(tanh(z)[0], 2 * sigmoid(2 * z)[0] - 1, rtol=1e-12, atol=1e-15)


def test_tanh_at_infinity():
    a, backward = tanh([-inf, inf])
    np.testing.assert_array_equal(a, [-1, 1])
    np.testing.assert_array_equal(backward(np.ones(2)), [0, 0])


# relu and leaky_relu


def test_relu_by_hand_with_derivative_0_at_the_corner():
    a, backward = relu([-inf, -2.0, -5e-324, -0.0, 0.0, 5e-324, 3.0, inf])
    np.testing.assert_array_equal(a, [0, 0, 0, 0, 0, 5e-324, 3, inf])
    np.testing.assert_array_equal(backward(np.full(8, 7.0)), [0, 0, 0, 0, 0, 7, 7, 7])


def test_relu_does_not_hide_a_nan():
    assert np.isnan(relu([nan])[0]).all()


def test_leaky_relu_by_hand():
    a, backward = leaky_relu([-2.0, 0.0, 3.0])
    np.testing.assert_allclose(a, [-0.02, 0, 3], rtol=1e-15)
    np.testing.assert_allclose(backward([5.0, 5.0, 5.0]), [0.05, 0.05, 5], rtol=1e-15)


def test_gelu_at_infinity_and_nan():
    a, backward = gelu([-inf, inf, nan])
    np.testing.assert_array_equal(a, [0, inf, nan])
    np.testing.assert_array_equal(backward(np.ones(3)), [0, 1, nan])


@pytest.mark.parametrize(("dtype", "z"), [(np.float16, 300), (np.float32, 2e19), (np.float64, 1e200)])
def test_gelu_far_out_is_z_or_0_and_so_is_its_slope(dtype, z):
    a, backward = gelu(np.array([-z, z], dtype=dtype))
    np.testing.assert_array_equal(a, np.array([0, z], dtype=dtype), strict=True)
    np.testing.assert_array_equal(backward(np.ones(2, dtype=dtype)), np.array([0, 1], dtype=dtype), strict=True)


def test_leaky_relu_of_slope_0_is_relu(rng):
    z, da = rng.standard_normal((2, 20))
    np.testing.assert_array_equal(leaky_relu(z, slope=0)[0], relu(z)[0])
    np.testing.assert_array_equal(leaky_relu(z, slope=0)[1](da), relu(z)[1](da))


@pytest.mark.parametrize("slope", [-0.1, 1, 1.5, inf, nan, "0.1", None, [0.1], 0.1j, True, False])
def test_leaky_relu_refuses_a_slope_out_of_range(slope):
    with pytest.raises((ValueError, TypeError), match="slope must be a number with 0 <= slope < 1, got") as error:
        leaky_relu([1.0], slope=slope)
    assert repr(slope) in str(error.value)


@pytest.mark.parametrize("slope", [np.float32(0.25), np.float64(0.25), 0.25])
def test_leaky_relu_takes_any_real_slope_and_keeps_float32(slope):
    a, backward = leaky_relu(np.array([-4.0], dtype=np.float32), slope=slope)
    np.testing.assert_array_equal(a, np.array([-1], dtype=np.float32), strict=True)
    np.testing.assert_array_equal(backward([1.0]), np.array([0.25], dtype=np.float32), strict=True)


# gelu


def test_gelu_is_its_formula_to_the_last_digits():
    z = WIDE[np.abs(WIDE) <= 20]
    np.testing.assert_allclose(gelu(z)[0], exactly(gelu_formula, z), rtol=1e-15, atol=1e-15)


def test_gelu_is_close_to_z_times_a_normal_probability():
    z = np.linspace(-6, 6, 241)
    exact = [number * (1 + erf(number / sqrt(2))) / 2 for number in z]
    error = np.abs(gelu(z)[0] - exact).max()
    assert 1e-4 < error < 5e-4  # an approximation, and a good one


def test_gelu_far_out_is_relu():
    z = np.array([-1000.0, -20.0, 20.0, 1000.0])
    a, backward = gelu(z)
    np.testing.assert_array_equal(a, [0, 0, 20, 1000])
    np.testing.assert_array_equal(backward(np.ones(4)), [0, 0, 1, 1])


# softmax


def test_softmax_by_hand():
    a, backward = softmax(np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]]))
    np.testing.assert_allclose(a, [[1 / 8, 2 / 8, 5 / 8], [1 / 4, 1 / 4, 1 / 2]], rtol=1e-15)
    dz = backward(np.array([[8.0, 0.0, 0.0], [0.0, 0.0, 4.0]]))
    np.testing.assert_allclose(dz, [[7 / 8, -2 / 8, -5 / 8], [-1 / 2, -1 / 2, 1]], rtol=1e-14)


def test_softmax_of_large_scores():
    a, backward = softmax([[1000.0, 0.0], [-1000.0, -1000.0], [-inf, 3.0], [1e308, 1e308]])
    np.testing.assert_array_equal(a, [[1, 0], [0.5, 0.5], [0, 1], [0.5, 0.5]])
    np.testing.assert_array_equal(backward(np.array([[1.0, 2]] * 4)), [[0, 0], [-0.25, 0.25], [0, 0], [-0.25, 0.25]])


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_softmax_sums_to_1_along_its_axis_and_its_gradient_to_0(axis, rng):
    z = 5 * rng.standard_normal((3, 4))
    a, backward = softmax(z, axis=axis)
    np.testing.assert_allclose(a.sum(axis=axis), 1, rtol=1e-14)
    np.testing.assert_allclose(backward(rng.standard_normal((3, 4))).sum(axis=axis), 0, atol=1e-14)
    np.testing.assert_allclose(softmax(z + 100, axis=axis)[0], a, rtol=1e-12)


def test_softmax_of_two_scores_is_the_sigmoid_of_their_difference(rng):
    z = rng.standard_normal((5, 2))
    np.testing.assert_allclose(softmax(z)[0][:, 0], sigmoid(z[:, 0] - z[:, 1])[0], rtol=1e-14)


@pytest.mark.parametrize("axis", [2, -3, 0.5, "last", None])
def test_softmax_refuses_an_axis_that_is_not_there(axis):
    with pytest.raises(ValueError, match=r"axis must be one of the 2 axes of z, whose shape is \(3, 4\), got") as error:
        softmax(np.ones((3, 4)), axis=axis)
    assert repr(axis) in str(error.value)


def test_softmax_refuses_a_single_number():
    with pytest.raises(ValueError, match="axis must be one of the 0 axes of z"):
        softmax(1.0)


def test_softmax_refuses_an_axis_without_scores():
    with pytest.raises(ValueError, match=r"z must have at least one score along axis 1, got shape \(3, 0\)"):
        softmax(np.ones((3, 0)), axis=1)
