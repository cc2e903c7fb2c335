from math import inf, nan

import numpy as np
import pytest

from dlnotes.optimizers import SGD
from dlnotes.schedules import cosine, inverse, linear, warmup


def rates(schedule, steps):
    return [schedule(step) for step in range(steps)]


def test_linear_by_hand_and_it_stays_at_its_end():
    np.testing.assert_allclose(rates(linear(0.5, 0.1, 4), 7), [0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1], rtol=1e-15)
    np.testing.assert_allclose(rates(linear(0.1, 0.3, 2), 4), [0.1, 0.2, 0.3, 0.3], rtol=1e-15)


def test_cosine_by_hand_and_it_stays_at_its_end():
    expected = [0.9, 0.5 + 0.4 * 0.5**0.5, 0.5, 0.5 - 0.4 * 0.5**0.5, 0.1, 0.1, 0.1]
    np.testing.assert_allclose(rates(cosine(0.9, 0.1, 4), 7), expected, rtol=1e-14)


def test_inverse_is_c_over_t_when_it_is_halved_after_one_step():
    np.testing.assert_allclose(rates(inverse(0.6, 1), 4), [0.6, 0.3, 0.2, 0.15], rtol=1e-15)
    assert inverse(0.6, 100)(100) == 0.3


def test_warmup_takes_part_of_the_rates_of_its_schedule():
    np.testing.assert_allclose(rates(warmup(lambda step: 8.0, 4), 6), [2, 4, 6, 8, 8, 8])
    np.testing.assert_allclose(rates(warmup(linear(1, 0, 10), 2), 4), [0.5, 0.9, 0.8, 0.7], rtol=1e-15)
    assert rates(warmup(cosine(0.3, 0.1, 5), 1), 7) == rates(cosine(0.3, 0.1, 5), 7)


def test_an_optimizer_follows_a_schedule_and_stops_at_a_rate_of_0():
    w, optimizer = np.array([0.0]), SGD(linear(0.5, 0, steps=2))
    for expected in (0.5, 0.75):
        optimizer.step([w], [[-1.0]])
        assert w == expected
    with pytest.raises(ValueError, match=r"the learning rate must be a positive number, got 0\.0"):
        optimizer.step([w], [[-1.0]])


@pytest.mark.parametrize("wrong", [-0.1, inf, nan, "0.1", None, True])
def test_rates_and_steps_that_are_none_are_refused(wrong):
    for make in (linear, cosine):
        with pytest.raises((ValueError, TypeError), match=f"^first must be a positive number, got {wrong!r}$"):
            make(wrong, 0.1, 5)
        with pytest.raises((ValueError, TypeError), match=f"^last must be a number from 0, got {wrong!r}$"):
            make(0.1, wrong, 5)
    for make in (lambda steps: linear(1, 1, steps), lambda steps: cosine(1, 1, steps), lambda n: inverse(1, n)):
        with pytest.raises((ValueError, TypeError), match=r"^steps must be an integer of at least 1, got"):
            make(wrong)
    with pytest.raises((ValueError, TypeError), match=f"^first must be a positive number, got {wrong!r}$"):
        inverse(wrong, 5)
    with pytest.raises(
        TypeError, match=r"^schedule must be a function of the step number, such as linear returns, got"
    ):
        warmup(wrong, 5)
    with pytest.raises((ValueError, TypeError), match=r"^steps must be an integer of at least 1, got"):
        warmup(linear(1, 1, 5), wrong)


@pytest.mark.parametrize("step", [-1, 0.5, np.arange(3), None])
def test_a_step_number_that_is_none_is_refused(step):
    for schedule in (linear(1, 0, 5), cosine(1, 0, 5), inverse(1, 5), warmup(lambda step: 1.0, 5)):
        with pytest.raises((ValueError, TypeError), match=r"^step must be an integer of at least 0, got"):
            schedule(step)
