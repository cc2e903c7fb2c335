"""The checker itself is tried on gradients known to be wrong, and on right ones that are hard to measure."""

import numpy as np
import pytest

from dlnotes.activations import gelu, relu, sigmoid, softmax
from dlnotes.dense import dense
from dlnotes.gradient_check import check_gradients, numerical_gradient
from dlnotes.losses import cross_entropy, squared_error
from dlnotes.operation import operation

# numerical_gradient


def test_numerical_gradient_of_a_quadratic_is_exact_up_to_rounding(rng):
    A = rng.standard_normal((4, 4))
    x = rng.standard_normal(4)
    gradient = numerical_gradient(lambda x: x @ A @ x, x)
    np.testing.assert_allclose(gradient, (A + A.T) @ x, rtol=0, atol=1e-9)


def test_numerical_gradient_is_exact_where_numbers_are():
    x = np.array([[1.0, -2.0], [3.0, 0.5]])
    gradient = numerical_gradient(lambda x: np.sum(x**2), x, step=0.25)  # nothing is rounded
    np.testing.assert_array_equal(gradient, 2 * x)


def test_the_error_of_numerical_gradient_is_the_cubic_term():
    gradient = numerical_gradient(lambda x: np.sum(x**3), np.array([1.0]), step=0.5)
    np.testing.assert_array_equal(gradient, [3 + 0.5**2])


def test_numerical_gradient_keeps_x_and_gives_float64():
    x = np.array([1.0, 2.0], dtype=np.float32)
    x.flags.writeable = False

    def overwrite(moved):
        value = np.sum(moved**2)
        moved[...] = 7  # must not reach x, nor the next entry
        return value

    gradient = numerical_gradient(overwrite, x)
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(gradient, [2, 4], rtol=1e-9)
    np.testing.assert_array_equal(x, [1, 2])


@pytest.mark.parametrize("x", [2.0, [2.0], [[2.0]], 2])
def test_numerical_gradient_has_the_shape_of_x(x):
    gradient = numerical_gradient(lambda x: float(np.sum(x**2)), x)
    assert gradient.shape == np.shape(x)
    np.testing.assert_allclose(gradient, np.full(np.shape(x), 4.0), rtol=1e-9)


def test_numerical_gradient_refuses_a_function_of_several_values():
    with pytest.raises(ValueError, match=r"f must return one number, got an array of shape \(2,\)"):
        numerical_gradient(lambda x: x, np.ones(2))


@pytest.mark.parametrize("step", [0, -1e-5, np.nan, np.inf])
def test_numerical_gradient_refuses_a_step_that_is_none(step):
    with pytest.raises(ValueError, match=f"step must be a positive number, got {step}"):
        numerical_gradient(np.sum, np.ones(2), step=step)


def test_numerical_gradient_refuses_what_is_no_number():
    with pytest.raises(TypeError, match="x must hold real numbers, got an array of dtype <U1"):
        numerical_gradient(np.sum, ["a"])


# Wrong gradients are rejected


def mistaken(spoil):
    """Dense with a backward map in which one thing is wrong."""

    def mistaken_dense(x, W, b):
        z, backward = dense(x, W, b)
        return z, lambda delta: spoil(delta, x, W, *backward(delta))

    return mistaken_dense


def change(array, index, factor):
    array[index] *= factor
    return array


MISTAKES = {
    "sign of dx": (0, lambda delta, x, W, dx, dW, db: (-dx, dW, db)),
    "sign of dW": (1, lambda delta, x, W, dx, dW, db: (dx, -dW, db)),
    "sign of db": (2, lambda delta, x, W, dx, dW, db: (dx, dW, -db)),
    "a factor missing": (0, lambda delta, x, W, dx, dW, db: (dx / 2, dW, db)),
    "the mean for the sum": (1, lambda delta, x, W, dx, dW, db: (dx, dW / len(x), db)),
    "W transposed": (0, lambda delta, x, W, dx, dW, db: (delta @ W.T, dW, db)),
    "dW transposed": (1, lambda delta, x, W, dx, dW, db: (dx, dW.T, db)),
    "only the first example": (1, lambda delta, x, W, dx, dW, db: (dx, delta[:1].T @ x[:1], db)),
    "no sum over the batch": (2, lambda delta, x, W, dx, dW, db: (dx, dW, delta)),
    "sum over the wrong axis": (2, lambda delta, x, W, dx, dW, db: (dx, dW, delta.sum(axis=1))),
    "off by one part in 10 000": (0, lambda delta, x, W, dx, dW, db: (dx * 1.0001, dW, db)),
    "one entry off by 1 %": (1, lambda delta, x, W, dx, dW, db: (dx, change(dW, (3, 2), 1.01), db)),
    "gradients swapped": (0, lambda delta, x, W, dx, dW, db: (dW, dx, db)),
    "zeros": (1, lambda delta, x, W, dx, dW, db: (dx, np.zeros_like(dW), db)),
    "dy taken for ones": (2, lambda delta, x, W, dx, dW, db: (dx, dW, np.full_like(db, len(x)))),
    "right for symmetric dy only": (0, lambda delta, x, W, dx, dW, db: (delta.T @ W, dW, db)),
    "right for positive dy only": (0, lambda delta, x, W, dx, dW, db: (np.abs(delta) @ W, dW, db)),
    "a gradient missing": (None, lambda delta, x, W, dx, dW, db: (dx, dW)),
    "None for a gradient": (2, lambda delta, x, W, dx, dW, db: (dx, dW, None)),
    "nan": (1, lambda delta, x, W, dx, dW, db: (dx, change(dW, (0, 0), np.nan), db)),
    "infinity": (1, lambda delta, x, W, dx, dW, db: (dx, change(dW, (0, 0), np.inf), db)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_dense_is_found_and_its_argument_named(mistake, rng):
    # Square, so that what is transposed or swapped still has the right shape.
    x, W, b = rng.standard_normal((5, 5)), rng.standard_normal((5, 5)), rng.standard_normal(5)
    position, spoil = MISTAKES[mistake]
    match = "one gradient for each of 3 arguments, got 2" if position is None else f"gradient of argument {position} "
    with pytest.raises(AssertionError, match=match):
        check_gradients(mistaken(spoil), x, W, b, rng=rng)


def elementwise(f, derivative):
    @operation
    def op(x):
        return f(x), lambda dy: dy * derivative(x)

    return op


@pytest.mark.parametrize("size", [10, 100, 101, 100_000])
def test_one_wrong_entry_of_many_is_found(size, rng):
    def derivative(x):
        return change(np.cos(x), size // 2, 1.5)

    check_gradients(elementwise(np.sin, np.cos), rng.standard_normal(size), rng=rng)
    with pytest.raises(AssertionError, match="gradient of argument 0 is off by"):
        check_gradients(elementwise(np.sin, derivative), rng.uniform(0, 1, size), rng=rng)


def test_a_small_entry_beside_a_large_one_is_checked_too(rng):
    scale = np.array([1e7, 1.0])
    check_gradients(elementwise(lambda x: scale * x, lambda x: scale), np.ones(2), rng=rng)
    with pytest.raises(AssertionError, match="off by"):
        check_gradients(elementwise(lambda x: scale * x, lambda x: scale * [1, 2]), np.ones(2), rng=rng)


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e-4, 1e4, 1e12, 1e300])
def test_tiny_and_huge_gradients_are_checked_alike(scale, rng):
    x = rng.standard_normal((2, 3))
    right = elementwise(lambda x: scale * np.sin(x), lambda x: scale * np.cos(x))
    wrong = elementwise(lambda x: scale * np.sin(x), lambda x: scale * np.cos(x) * 1.0001)
    assert check_gradients(right, x, rng=rng) < 1e-8
    with pytest.raises(AssertionError, match=r"off by 1.0e-04 of its size \(tolerance 1e-06\)"):
        check_gradients(wrong, x, rng=rng)


def test_a_wrong_gradient_far_out_is_found_where_a_small_step_would_be_rounded_away(rng):
    x = np.array([1e13, -3e13])
    assert np.all(x + 1e-5 == x)
    check_gradients(elementwise(lambda x: 2 * x, lambda x: np.full_like(x, 2)), x, rng=rng)
    with pytest.raises(AssertionError, match="off by"):
        check_gradients(elementwise(lambda x: 2 * x, np.ones_like), x, rng=rng)


def test_a_forgotten_term_is_found(rng):
    @operation
    def softmax_of_one_term(z):
        a, _ = softmax(z)
        return a, lambda da: da * a * (1 - a)

    with pytest.raises(AssertionError, match="off by"):
        check_gradients(softmax_of_one_term, rng.standard_normal((3, 4)), rng=rng)


def test_a_recurrence_that_forgets_its_own_path_is_found(rng):
    """The mistake of a popular LSTM: c_t = f c_{t-1} + x_t, without the path through c_{t-1}."""

    @operation
    def running_sum(x, f):
        c = [x[0]]
        for x_t in x[1:]:
            c.append(f * c[-1] + x_t)
        c = np.array(c)
        return c, lambda dc: (dc, np.sum(dc[1:] * c[:-1]))

    with pytest.raises(AssertionError, match="gradient of argument 0 "):
        check_gradients(running_sum, 1e-4 * rng.standard_normal(4), 0.5, rng=rng)


def test_a_loss_that_ignores_its_dloss_is_found(rng):
    def deaf(y_hat, y):
        loss, backward = squared_error(y_hat, y)
        return loss, lambda dloss: backward(1.0)

    with pytest.raises(AssertionError, match="gradient of argument 0 "):
        check_gradients(deaf, rng.standard_normal((3, 2)), rng.standard_normal((3, 2)), rng=rng)


def test_a_gradient_for_integers_is_refused(rng):
    def odd(z, labels):
        loss, backward = cross_entropy(z, labels)
        return loss, lambda dloss: (backward(dloss)[0], np.zeros(3))

    with pytest.raises(AssertionError, match="argument 1 holds integers, which have no gradient: expected None"):
        check_gradients(odd, rng.standard_normal((3, 2)), np.array([0, 1, 1]), rng=rng)


def test_a_value_that_is_not_finite_is_refused(rng):
    infinite = elementwise(lambda x: np.where(x > 0, np.inf, x), np.ones_like)
    with pytest.raises(AssertionError, match="the value of the operation is not finite everywhere"):
        check_gradients(infinite, np.array([1.0, -1.0]), rng=rng)


def test_the_corner_of_relu_is_no_place_to_check(rng):
    with pytest.raises(AssertionError, match="off by"):
        check_gradients(relu, np.array([0.0]), rng=rng)


def test_what_changes_faster_than_the_step_is_not_taken_for_right(rng):
    fast = elementwise(lambda x: np.sin(1e7 * x) / 1e7, lambda x: np.cos(1e7 * x))
    with pytest.raises(AssertionError, match="off by"):
        check_gradients(fast, rng.standard_normal(5), rng=rng)


@pytest.mark.parametrize(("size", "calls"), [(1, 4 * (3 + 1)), (100, 4 * (3 + 100)), (101, 4 * 3), (5000, 4 * 3)])
def test_a_large_argument_costs_no_more_than_a_few_directions(size, calls, rng):
    """Along three directions, and where there are no more than 100 entries along each: two steps, there and back."""
    called = 0

    @operation
    def counted(x):
        nonlocal called
        called += 1
        return 2 * x, lambda dy: 2 * dy

    check_gradients(counted, rng.standard_normal(size), rng=rng)
    assert called == 1 + calls


def test_what_a_value_loses_by_rounding_hides_no_larger_mistake():
    """1e6 + x is rounded to about 1e-10, which a step of 1e-5 makes 1e-5 of the gradient."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert check_gradients(elementwise(lambda x: 1e6 + x, np.ones_like), np.ones(20), rng=rng) <= 1e-6
        with pytest.raises(AssertionError, match="off by"):
            check_gradients(elementwise(lambda x: 1e6 + x, lambda x: np.full_like(x, 1.002)), np.ones(20), rng=rng)


def test_rounding_alone_accuses_nobody():
    """Values of 1e8, differences of 1e-5: of their digits hardly one is left."""
    for seed in range(50):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal(30)
        f = elementwise(lambda x: 1e8 + np.sin(x) / 3, lambda x: np.cos(x) / 3)
        assert check_gradients(f, x, rng=rng) <= 1e-6


def test_a_mistake_is_what_the_rounding_of_the_value_does_not_explain(rng):
    """A value of 1e6 is known to 1e-9, a relative 1e-15; far out the step is 1e-2, so the gradient is known to 1e-7."""
    x = np.array([1e6])
    for unseen in (0.8e-7, -0.8e-7):
        check_gradients(elementwise(lambda x: x, lambda x, off=unseen: 1 + off), x, rng=rng, tolerance=1e-8)
    for seen in (1.5e-7, -1.5e-7):
        with pytest.raises(AssertionError, match="off by"):
            check_gradients(elementwise(lambda x: x, lambda x, off=seen: 1 + off), x, rng=rng, tolerance=1e-8)


def test_a_check_of_nothing_is_no_check(rng):
    for nothing in ((), ([1, 2],), (None,)):
        with pytest.raises(
            ValueError, match="expected an argument that holds floats: without one there is no gradient"
        ):
            check_gradients(lambda *arrays: (1.0, lambda dy: ()), *nothing, rng=rng)


# Several values, arrays that may be left out


@operation
def sine_and_cosine(x, shift=None):
    shifted = x if shift is None else x + shift

    def backward(dsine, dcosine):
        dx = dsine * np.cos(shifted) - dcosine * np.sin(shifted)
        return dx, 1 * dx

    return (np.sin(shifted), np.cos(shifted)), backward


def test_all_values_of_an_operation_are_checked(rng):
    x = rng.standard_normal((2, 3))
    assert check_gradients(sine_and_cosine, x, rng=rng) < 1e-6

    @operation
    def forgetful(x):
        (sine, cosine), backward = sine_and_cosine(x)
        return (sine, cosine), lambda dsine, dcosine: backward(dsine, None)

    with pytest.raises(AssertionError, match="gradient of argument 0 is off by"):
        check_gradients(forgetful, x, rng=rng)


def test_values_of_different_shapes_are_checked_together(rng):
    @operation
    def total_and_square(x):
        return (x.sum(), x**2), lambda dtotal, dsquare: dtotal + 2 * x * dsquare

    assert check_gradients(total_and_square, rng.standard_normal((2, 3)), rng=rng) < 1e-6


def test_an_array_may_be_left_out(rng):
    x, shift = rng.standard_normal((2, 2, 3))
    assert check_gradients(sine_and_cosine, x, None, rng=rng) < 1e-6
    assert check_gradients(sine_and_cosine, x, shift, rng=rng) < 1e-6

    def careless(x, shift=None):
        y, backward = sine_and_cosine(x, shift)
        return y, lambda *dy: (backward(*dy), None)

    with pytest.raises(AssertionError, match="expected one gradient for each of 1 arguments, got 2"):
        check_gradients(careless, x, None, rng=rng)


def test_a_last_value_that_is_not_finite_is_refused(rng):
    infinite = operation(lambda x: ((x, np.where(x > 0, np.inf, x)), lambda *dy: dy[0]))
    with pytest.raises(AssertionError, match="the value of the operation is not finite everywhere"):
        check_gradients(infinite, np.array([1.0, -1.0]), rng=rng)


# Right gradients are accepted


def cube(x):
    return x**3


@pytest.mark.parametrize(
    ("op", "x"),
    [
        (elementwise(cube, lambda x: 3 * x**2), np.zeros(3)),  # the gradient is 0, its differences are not
        (elementwise(lambda x: x**5, lambda x: 5 * x**4), np.zeros((2, 2))),
        (gelu, np.array([-0.7517916])),  # the minimum
        (sigmoid, np.array([1000.0, 0.5])),  # one step for both sizes would be too large for the second
        (sigmoid, np.full((5, 10), 30.0)),  # the gradient is below the rounding of the value
        (sigmoid, np.array([-745.0, -40.0, 40.0])),
        (elementwise(np.sin, np.cos), np.array([0.3, 1e3, 1e6])),
        (elementwise(np.square, lambda x: 2 * x), np.array([1.0, 1e6, -1e9])),
        (elementwise(lambda x: 1e6 + x, np.ones_like), np.ones(20)),
        (elementwise(np.zeros_like, np.zeros_like), np.ones(3)),
        (sigmoid, np.zeros((0, 3))),
        (sigmoid, 0.3),
        (sigmoid, [0.1, 0.2]),
    ],
)
def test_a_right_gradient_that_is_hard_to_measure_is_accepted(op, x, rng):
    assert check_gradients(op, x, rng=rng) <= 1e-6


def test_terms_that_cancel_accuse_nobody(rng):
    """A value near 0 was rounded as coarsely as the large terms it is the sum of."""
    for _ in range(20):
        w = rng.standard_normal(8) * 10.0 ** np.arange(-7, 1)
        x = 100 * rng.standard_normal(8)
        x[-1] = -(w[:-1] @ x[:-1]) / w[-1]
        weighted_sum = elementwise(lambda x, w=w: np.sum(w * x), lambda x, w=w: w)
        assert check_gradients(weighted_sum, x, rng=rng) <= 1e-6


def test_float32_arguments_are_checked_in_float64(rng):
    assert check_gradients(sigmoid, rng.standard_normal((3, 4)).astype(np.float32), rng=rng) < 1e-9


def test_a_direction_in_a_large_array_is_no_larger_step(rng):
    @operation
    def sine_of_sum(x):
        return np.sin(x.sum()), lambda dy: dy * np.full_like(x, np.cos(x.sum()))

    assert check_gradients(sine_of_sum, np.full(100_000, 1e-5), rng=rng) < 1e-8


def test_right_gradients_are_accepted_whatever_the_numbers():
    for seed in range(100):
        rng = np.random.default_rng(seed)
        z = rng.choice([1e-3, 1, 30]) * rng.standard_normal((4, 3))
        check_gradients(softmax, z, rng=rng)
        check_gradients(cross_entropy, z, rng.integers(3, size=4), rng=rng)
        check_gradients(dense, z, rng.standard_normal((2, 3)), np.zeros(2), rng=rng)


# What it is given


def test_the_result_is_the_largest_error_and_follows_the_rng():
    x = np.random.default_rng(1).standard_normal((2, 3))
    slightly_wrong = elementwise(np.sin, lambda x: np.cos(x) * (1 + 1e-7))
    error = check_gradients(slightly_wrong, x, rng=np.random.default_rng(0))
    assert 0.5e-7 < error < 1.5e-7
    assert error == check_gradients(slightly_wrong, x, rng=np.random.default_rng(0))
    with pytest.raises(AssertionError, match=r"\(tolerance 1e-08\)"):
        check_gradients(slightly_wrong, x, rng=np.random.default_rng(0), tolerance=1e-8)


def test_options_reach_the_operation_and_arguments_stay(rng):
    axes = []

    def watched(z, *, axis):
        axes.append(axis)
        return softmax(z, axis=axis)

    z = rng.standard_normal((2, 3))
    z.flags.writeable = False
    check_gradients(watched, z, rng=rng, axis=0)
    assert set(axes) == {0}


def test_a_seed_is_refused_for_an_rng():
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator.*got 0"):
        check_gradients(sigmoid, np.ones(2), rng=0)


@pytest.mark.parametrize(("x", "step"), [(1e11, 1e-5), (1e17, 1.0), (1.0, 1e-17)])
def test_numerical_gradient_refuses_a_step_that_is_rounded_away(x, step):
    with pytest.raises(ValueError, match=r"step must be larger for x = .*: .* is rounded away in it"):
        numerical_gradient(np.sum, np.array([x]), step=step)


@pytest.mark.parametrize("value", [None, "1", lambda: 1, [1.0, 2.0]])
def test_numerical_gradient_refuses_a_function_of_no_number(value):
    with pytest.raises((ValueError, TypeError), match="f must"):
        numerical_gradient(lambda x: value, np.ones(2))


@pytest.mark.parametrize("x", [np.inf, -np.inf, np.nan])
def test_numerical_gradient_refuses_what_is_not_finite(x):
    with pytest.raises(ValueError, match="x must be finite everywhere, got inf or nan"):
        numerical_gradient(np.sum, np.array([1.0, x]))
