import copy
from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest

from dlnotes.operation import shown
from dlnotes.optimizers import SGD, Optimizer


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
