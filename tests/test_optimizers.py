import copy
from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest

from dlnotes.operation import shown
from dlnotes.optimizers import SGD, Adam, Clipped, Momentum, Optimizer, RMSProp, global_norm


def test_a_step_by_hand_in_place():
    w, b = np.array([[1.0, 2.0]]), np.array([3.0])
    parameters = [w, b]
    SGD(0.5).step(parameters, [[[2.0, -4.0]], [6.0]])
    np.testing.assert_array_equal(w, [[0, 4]])
    np.testing.assert_array_equal(b, [0])
    assert parameters[0] is w


def test_gradients_are_not_touched():
    gradient = np.array([1.0])
    SGD(0.5).step([np.array([1.0])], [gradient])
    np.testing.assert_array_equal(gradient, [1])


def test_on_a_parabola_every_step_multiplies_by_1_minus_rate_times_curvature():
    w = np.array([8.0])
    optimizer = SGD(0.25)
    for _ in range(3):
        optimizer.step([w], [2 * w])  # L = w**2
    np.testing.assert_array_equal(w, [8 * (1 - 0.25 * 2) ** 3])


def test_a_rate_beyond_the_bound_diverges():
    w = np.array([1.0])
    for _ in range(10):
        SGD(1.5).step([w], [2 * w])
    np.testing.assert_array_equal(w, [(-2) ** 10])


def test_a_schedule_is_asked_once_a_step():
    asked = []

    def schedule(step):
        asked.append(step)
        return 1 / (1 + step)

    w, b = np.array([0.0]), np.array([0.0])
    optimizer = SGD(schedule)
    for _ in range(3):
        optimizer.step([w, b], [[-6.0], [-12.0]])
    assert asked == [0, 1, 2]
    np.testing.assert_allclose(w, [6 * (1 + 1 / 2 + 1 / 3)], rtol=1e-15)
    np.testing.assert_allclose(b, 2 * w, rtol=1e-15)


@pytest.mark.parametrize("rate", [0.5, np.float64(0.5), np.float32(0.5), Fraction(1, 2), lambda step: np.float64(0.5)])
def test_float32_stays_float32(rate):
    w = np.ones(2, dtype=np.float32)
    SGD(rate).step([w], [np.ones(2)])
    np.testing.assert_array_equal(w, np.full(2, 0.5, dtype=np.float32), strict=True)


@pytest.mark.parametrize("rate", [0, -0.1, nan, inf, "0.1", None, [0.1], 1j, True])
def test_a_rate_that_is_no_positive_number_is_refused(rate):
    with pytest.raises((ValueError, TypeError), match="the learning rate must be a positive number, got") as error:
        SGD(rate)
    assert str(error.value).endswith(repr(rate))
    w = np.array([1.0])
    with pytest.raises((ValueError, TypeError), match="the learning rate must be a positive number, got"):
        SGD(lambda step: rate).step([w], [[1.0]])
    np.testing.assert_array_equal(w, [1])


@pytest.mark.parametrize(
    ("gradients", "error", "match"),
    [
        ([[1.0]], ValueError, "expected one gradient for each of 2 parameters, got 1"),
        ([[1.0], [1.0], [1.0]], ValueError, "expected one gradient for each of 2 parameters, got 3"),
        ([[1.0], [1.0, 2.0]], ValueError, r"gradient 1 must have its parameter's shape \(1,\), got \(2,\)"),
        ([[1.0], 1.0], ValueError, r"gradient 1 must have its parameter's shape \(1,\), got \(\)"),
        ([[1.0], [1j]], TypeError, "gradient 1 must hold real numbers, got an array of dtype complex128"),
        ([[1.0], None], TypeError, "gradient 1 must hold real numbers, got an array of dtype object"),
    ],
)
def test_gradients_that_do_not_fit_are_refused_before_anything_moves(gradients, error, match):
    parameters = [np.array([1.0]), np.array([1.0])]
    optimizer = SGD(0.1)
    with pytest.raises(error, match=match):
        optimizer.step(parameters, gradients)
    np.testing.assert_array_equal(parameters, [[1], [1]])
    assert optimizer.steps == 0


@pytest.mark.parametrize("wrong", [np.array([1]), [1.0], 1.0])
def test_parameters_that_cannot_move_in_place_are_refused(wrong):
    w = np.array([1.0])
    with pytest.raises(TypeError, match="parameter 1 must be an array of floats, to be changed in place, got") as error:
        SGD(0.1).step([w, wrong], [[1.0], np.ones(np.shape(wrong))])
    assert str(error.value).endswith(shown(wrong))
    np.testing.assert_array_equal(w, [1])


def test_nothing_moves_if_one_parameter_is_read_only():
    first, second = np.array([1.0]), np.array([1.0])
    second.flags.writeable = False
    optimizer = SGD(0.1)
    with pytest.raises(ValueError, match="parameter 1 must be an array that can be changed in place"):
        optimizer.step([first, second], [[1.0], [1.0]])
    assert first == 1.0
    assert optimizer.steps == 0


@pytest.mark.parametrize("parameters", [None, 3, np.ones(2), iter([])])
def test_parameters_that_are_no_list_are_refused(parameters):
    with pytest.raises(TypeError, match="parameters must be a list of arrays, got"):
        SGD(0.1).step(parameters, [[1.0], [1.0]])


class Heavy(Optimizer):
    """A formula that remembers: the velocity is half the old one and the new gradient."""

    def move(self, parameter, gradient, rate, memory):
        velocity = memory.setdefault("velocity", np.zeros_like(parameter))
        velocity *= 0.5
        velocity += gradient
        parameter -= rate * velocity


def test_an_optimizer_is_its_formula_and_remembers_for_each_parameter():
    w, b = np.array([0.0]), np.array([0.0, 0.0])
    optimizer = Heavy(lambda step: 1 / (1 + step))
    for gradients in ([[4.0], [8.0, 0.0]], [[4.0], [0.0, 0.0]]):
        optimizer.step([w, b], gradients)
    np.testing.assert_array_equal(w, [-4 - (2 + 4) / 2])
    np.testing.assert_array_equal(b, [-8 - 4 / 2, 0])
    assert optimizer.steps == 2


def test_each_parameter_has_a_memory_of_its_own_in_whatever_order_they_come():
    w, b = np.array([0.0]), np.array([0.0])
    optimizer = Heavy(1.0)
    optimizer.step([w, b], [[4.0], [0.0]])
    optimizer.step([b, w], [[0.0], [0.0]])
    np.testing.assert_array_equal([w, b], [[-6], [0]])


def test_a_copy_of_network_and_optimizer_goes_on_as_the_original():
    w, optimizer = np.array([0.0]), Heavy(1.0)
    optimizer.step([w], [[4.0]])
    other, other_optimizer = copy.deepcopy((w, optimizer))
    for parameter, chosen in ((w, optimizer), (other, other_optimizer)):
        chosen.step([parameter], [[0.0]])
        np.testing.assert_array_equal(parameter, [-6])


def test_a_memory_is_found_by_the_array_not_by_where_it_lies():
    optimizer = Heavy(1.0)
    for size in range(1, 50):  # each array is gone before the next one, which often gets its place
        optimizer = copy.deepcopy(optimizer)
        w = np.zeros(size)
        optimizer.step([w], [np.ones(size)])
        np.testing.assert_array_equal(w, -np.ones(size))
        del w


def test_a_shared_parameter_moves_once_against_the_sum_of_its_gradients():
    w, b = np.array([0.0]), np.array([0.0])
    optimizer = Heavy(1.0)
    optimizer.step([w, b, w], [[1.0], [5.0], [3.0]])
    np.testing.assert_array_equal([w, b], [[-4], [-5]])
    optimizer.step([w, b, w], [[0.0], [0.0], [0.0]])
    np.testing.assert_array_equal([w, b], [[-6], [-7.5]])


def test_an_optimizer_without_a_formula_is_refused():
    w = np.array([1.0])
    with pytest.raises(TypeError, match="Optimizer has no formula: an optimizer is a subclass with a method move"):
        Optimizer(0.1).step([w], [[1.0]])
    np.testing.assert_array_equal(w, [1])


# Weight decay


EVERY = pytest.mark.parametrize("optimizer", [SGD, Momentum, RMSProp, Adam])


@EVERY
def test_weight_decay_alone_takes_its_share_of_each_weight(optimizer):
    w = np.array([1.0, -2.0])
    optimizer(1.0, weight_decay=0.3).step([w], [np.zeros(2)])
    np.testing.assert_allclose([1, -2] - w, [0.3, -0.6], rtol=1e-15)


@EVERY
def test_weight_decay_stands_beside_the_formula_and_follows_the_schedule(optimizer, rng):
    def schedule(step):
        return 0.1 / (1 + step)

    w, plain = np.ones(3, dtype=np.float32), np.ones(3, dtype=np.float32)
    decayed, without = optimizer(schedule, weight_decay=0.5), optimizer(schedule)
    for step in range(5):
        gradient, before, plain_before = rng.standard_normal(3), w.copy(), plain.copy()
        decayed.step([w], [gradient])
        without.step([plain], [gradient])
        np.testing.assert_allclose(w - before + schedule(step) * 0.5 * before, plain - plain_before, atol=5e-7)
    assert w.dtype == np.float32


def trained(optimizer, alpha=0.0, steps=50):
    """Where an optimizer ends in a valley a hundred times as steep one way as the other, with alpha/2 |w|**2 or not."""
    w = np.array([1.0, 1.0])
    for _ in range(steps):
        optimizer.step([w], [np.array([10.0, 0.1]) * w + alpha * w])
    return w


def test_weight_decay_is_l2_for_gradient_descent_and_not_for_adam():
    np.testing.assert_allclose(trained(SGD(0.05, weight_decay=0.3)), trained(SGD(0.05), alpha=0.3), rtol=1e-12)
    w = [np.array([1.0, 1.0]) for _ in range(2)]
    Adam(0.1, weight_decay=0.3).step([w[0]], [np.array([100.0, 0.01])])
    np.testing.assert_allclose(w[0], [1 - 0.1 - 0.03, 1 - 0.1 - 0.03], rtol=1e-5)
    Adam(0.1).step([w[1]], [np.array([100.0, 0.01]) + 0.3 * w[1]])  # the step of Adam has one length, whatever is added
    np.testing.assert_allclose(w[1], [1 - 0.1, 1 - 0.1], rtol=1e-5)


def test_a_shared_parameter_decays_once_and_the_bound_on_gradients_is_none_on_weight_decay():
    w = np.array([1.0])
    Clipped(SGD(0.5, weight_decay=0.4), longest=0.1).step([w, w], [[7.0], [8.0]])
    np.testing.assert_allclose(w, [1 - 0.5 * 0.4 - 0.5 * 0.1], rtol=1e-15)


@pytest.mark.parametrize("wrong", [-0.1, inf, nan, "0.1", None, True])
@EVERY
def test_a_weight_decay_that_is_no_number_from_0_is_refused(optimizer, wrong):
    with pytest.raises((ValueError, TypeError), match=f"^weight_decay must be a number from 0, got {wrong!r}$"):
        optimizer(0.1, weight_decay=wrong)


# Momentum and RMSProp


def test_momentum_adds_a_share_of_the_last_step():
    w = np.array([0.0])
    optimizer = Momentum(lambda step: [1.0, 0.5, 0.25][step], beta=0.5)
    for gradient, expected in [(-8.0, 8.0), (4.0, 8.0), (0.0, 8.0)]:  # m = -8, 0, 0
        optimizer.step([w], [[gradient]])
        np.testing.assert_array_equal(w, [expected])


def test_steps_of_momentum_grow_to_ten_times_the_gradient_and_keep_nothing_else():
    w, gradient = np.zeros(2, dtype=np.float32), np.array([1.0, 0.0], dtype=np.float32)
    optimizer = Momentum(0.1)
    for _ in range(200):
        before = w.copy()
        optimizer.step([w], [gradient])
    np.testing.assert_allclose(before - w, [1, 0], rtol=1e-4)
    assert w.dtype == np.float32
    np.testing.assert_array_equal(gradient, [1, 0])


def test_momentum_that_keeps_nothing_is_gradient_descent():
    np.testing.assert_array_equal(trained(Momentum(0.05, beta=0)), trained(SGD(0.05)))


def test_momentum_is_faster_along_the_valley():
    assert np.abs(trained(Momentum(0.05, beta=0.8), steps=100)).max() < 0.1 < trained(SGD(0.05), steps=100).max()


def test_two_steps_of_rmsprop_by_hand():
    w = np.array([1.0])
    optimizer = RMSProp(lambda step: [0.5, 0.25][step], beta=0.75, epsilon=0.1)
    optimizer.step([w], [[2.0]])
    np.testing.assert_allclose(w, [1 - 0.5 * 2 / (1 + 0.1)], rtol=1e-15)
    optimizer.step([w], [[-1.0]])
    np.testing.assert_allclose(w, [1 - 0.5 * 2 / 1.1 + 0.25 / (np.sqrt(0.75 * 1 + 0.25 * 1) + 0.1)], rtol=1e-15)


@pytest.mark.parametrize("gradient", [1e-3, 1e6])
def test_steps_of_rmsprop_begin_too_long_and_end_as_the_learning_rate(gradient):
    w = np.zeros(2, dtype=np.float32)
    optimizer = RMSProp(0.1)
    lengths = []
    for _ in range(200):
        before = w.copy()
        optimizer.step([w], [[gradient, 0.0]])
        lengths.append(before - w)
    np.testing.assert_allclose(lengths[0], [0.1 / np.sqrt(0.1), 0], rtol=1e-4)
    np.testing.assert_allclose(lengths[-1], [0.1, 0], rtol=1e-4)
    assert w.dtype == np.float32


@pytest.mark.parametrize("wrong", [-0.1, 1, 1.5, nan, "0.9", None, True])
@pytest.mark.parametrize("optimizer", [Momentum, RMSProp])
def test_a_share_that_cannot_be_kept_is_refused(optimizer, wrong):
    with pytest.raises((ValueError, TypeError), match=f"^beta must be a number from 0 to below 1, got {wrong!r}$"):
        optimizer(0.1, beta=wrong)


# Adam


@pytest.mark.parametrize("gradient", [3.7, -3.7, 1e-3, 1e6])
def test_every_step_of_adam_against_a_constant_gradient_is_the_learning_rate(gradient):
    """Four common mistakes show here, in units of the rate.

    Without a correction the first step is 3.162, with 1 - beta**2 in place of 1 - beta**t it is 0.744, with t from 0 it
    is 0 / 0; and where the corrected m is stored, the second step is 5.263.
    """
    w = np.array([0.0])
    optimizer = Adam(0.1)
    for step in range(1, 50):
        optimizer.step([w], [[gradient]])
        np.testing.assert_allclose(w, [-0.1 * step * np.sign(gradient)], rtol=2e-5)


def test_two_steps_of_adam_by_hand():
    w = np.array([1.0])
    optimizer = Adam(lambda step: [0.5, 0.25][step], beta_1=0.5, beta_2=0.75, epsilon=0.1)
    optimizer.step([w], [[2.0]])
    np.testing.assert_allclose(w, [1 - 0.5 * 2 / (2 + 0.1)], rtol=1e-15)
    optimizer.step([w], [[-1.0]])
    m, v = 0.5 * (0.5 * 2) + 0.5 * -1, 0.75 * (0.25 * 4) + 0.25 * 1
    m_hat, v_hat = m / (1 - 0.5**2), v / (1 - 0.75**2)
    np.testing.assert_allclose(w, [1 - 0.5 * 2 / 2.1 - 0.25 * m_hat / (np.sqrt(v_hat) + 0.1)], rtol=1e-15)


def test_a_weight_without_gradient_stays_and_float32_stays_float32():
    w = np.ones(2, dtype=np.float32)
    Adam(0.5).step([w], [np.array([0.0, 1.0])])
    np.testing.assert_allclose(w, np.array([1.0, 0.5], dtype=np.float32), rtol=1e-6)
    assert w[0] == 1
    assert w.dtype == np.float32


def test_adam_counts_the_steps_of_each_parameter():
    early, late = np.array([0.0]), np.array([0.0])
    optimizer = Adam(0.1)
    for _ in range(10):
        optimizer.step([early], [[1.0]])
    optimizer.step([early, late], [[1.0], [1.0]])
    np.testing.assert_allclose(late, [-0.1], rtol=1e-6)


@pytest.mark.parametrize("wrong", [-0.1, 1, 1.5, nan, "0.9", None, True])
def test_a_share_that_adam_cannot_keep_is_refused(wrong):
    for name in ("beta_1", "beta_2"):
        with pytest.raises(
            (ValueError, TypeError), match=f"^{name} must be a number from 0 to below 1, got {wrong!r}$"
        ):
            Adam(0.1, **{name: wrong})


@pytest.mark.parametrize("wrong", [0, -1, inf, nan, "1"])
def test_an_epsilon_or_a_bound_that_is_not_positive_is_refused(wrong):
    for optimizer in (Adam, RMSProp):
        with pytest.raises((ValueError, TypeError), match=f"^epsilon must be a positive number, got {wrong!r}$"):
            optimizer(0.1, epsilon=wrong)
    with pytest.raises((ValueError, TypeError), match=f"^longest must be a positive number, got {wrong!r}$"):
        Clipped(SGD(0.1), wrong)


# Clipping


def test_all_gradients_are_clipped_together():
    w, b = np.zeros(1), np.zeros((1, 1))
    optimizer = Clipped(SGD(1.0), longest=1.0)
    optimizer.step([w, b], [[-3.0], [[-4.0]]])
    np.testing.assert_allclose([w[0], b[0, 0]], [0.6, 0.8], rtol=1e-15)


def test_the_gradients_of_a_shared_parameter_are_clipped_as_their_sum():
    w, b = np.zeros(1), np.zeros(1)
    Clipped(SGD(1.0), longest=1.0).step([w, b, w], [[-1.0], [-4.0], [-2.0]])
    np.testing.assert_allclose([w, b], [[0.6], [0.8]], rtol=1e-15)


def test_a_gradient_within_the_bound_is_left_alone():
    w = np.zeros(2)
    Clipped(SGD(1.0), longest=5.0).step([w], [[-3.0, -4.0]])
    np.testing.assert_array_equal(w, [3, 4])


def test_clipping_keeps_gradients_and_dtype_and_hands_on_to_adam():
    w, gradient = np.zeros(2, dtype=np.float32), np.array([30.0, 40.0], dtype=np.float32)
    optimizer = Clipped(Adam(0.5), longest=1)
    optimizer.step([w], [gradient])
    np.testing.assert_array_equal(gradient, [30, 40])
    np.testing.assert_allclose(w, [-0.5, -0.5], rtol=1e-6)
    assert w.dtype == np.float32
    assert optimizer.optimizer.steps == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gradient_that_explodes_is_clipped_without_overflow(dtype):
    size = 0.5 * np.finfo(dtype).max
    w = np.zeros(2, dtype=dtype)
    Clipped(SGD(1.0), longest=1.0).step([w], [np.array([-size, 0.0], dtype=dtype)])
    np.testing.assert_allclose(w, [1, 0], rtol=1e-6)


def test_the_global_norm():
    assert global_norm([np.array([3.0]), np.array([[4.0]])]) == 5
    assert global_norm([[1, 1], [[1], [1]]]) == 2
    assert global_norm([np.zeros(2)]) == 0
    assert global_norm([np.array([inf, 1.0])]) == inf
    assert np.isnan(global_norm([np.array([nan, 1.0])]))
    with pytest.raises(TypeError, match="gradient 1 must hold real numbers"):
        global_norm([[1.0], None])


def test_gradients_that_do_not_fit_are_refused_before_they_are_clipped():
    w = np.zeros(1)
    with pytest.raises(ValueError, match=r"gradient 0 must have its parameter's shape \(1,\), got \(2,\)"):
        Clipped(SGD(1.0), longest=1.0).step([w], [[3.0, 4.0]])
    with pytest.raises(TypeError, match=r"^optimizer.step must be a method, as SGD has it, got None$"):
        Clipped(0.1, longest=1.0)


def test_a_parameter_with_a_mask_is_refused():
    w = np.ma.array([1.0, 2.0], mask=[True, False])
    with pytest.raises(TypeError, match="parameter 0 must be an array of floats, to be changed in place, got"):
        SGD(0.1).step([w], [[1.0, 1.0]])
