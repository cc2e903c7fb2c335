import functools
import inspect

import numpy as np
import pytest

from dlnotes.operation import (
    as_floats,
    as_integers,
    operation,
    require_count,
    require_positive,
    require_rng,
    shown,
    value_and_backward,
)


@operation
def weighted(x, w, *, power=1):
    """Return the weighted power of x."""
    return w * x**power, lambda dy: (dy * w * power * x ** (power - 1), dy * x**power)


@operation(integers=("rows",))
def pick(x, rows):
    def backward(dy):
        dx = np.zeros_like(x)
        np.add.at(dx, rows, dy)
        return dx, None

    return x[rows], backward


def test_the_function_gets_float_arrays_and_its_options():
    seen = []

    @operation
    def watch(x, *, option):
        seen.append((x, option))
        return 2 * x, lambda dy: 2 * dy

    watch([1, 2], option="as given")
    x, option = seen[0]
    np.testing.assert_array_equal(x, np.array([1.0, 2.0]), strict=True)
    assert option == "as given"


def test_value_and_gradients_by_hand():
    y, backward = weighted([1.0, 2.0], [3.0, 4.0], power=2)
    np.testing.assert_array_equal(y, [3, 16])
    dx, dw = backward([1.0, 10.0])
    np.testing.assert_array_equal(dx, [6, 160])
    np.testing.assert_array_equal(dw, [1, 40])


def test_integers_stay_integers_and_have_no_gradient():
    y, backward = pick([5.0, 6.0, 7.0], [2, 2, 0])
    np.testing.assert_array_equal(y, [7, 7, 5])
    dx, drows = backward([1.0, 1.0, 1.0])
    np.testing.assert_array_equal(dx, [1, 0, 2])
    assert drows is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_float_dtype_is_kept(dtype):
    y, backward = weighted(np.ones(2, dtype=dtype), np.ones(2, dtype=dtype))
    assert {y.dtype, *(g.dtype for g in backward(np.ones(2)))} == {np.dtype(dtype)}


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64])
def test_integers_and_booleans_become_float64(dtype):
    y, _ = weighted(np.ones(2, dtype=dtype), np.ones(2, dtype=dtype))
    np.testing.assert_array_equal(y, np.ones(2), strict=True)


def test_dy_is_1_for_a_scalar():
    y, backward = weighted(3.0, 4.0)
    assert y == 12
    assert backward() == (4, 3)


def test_dy_of_the_wrong_shape_is_not_broadcast():
    _, backward = weighted([1.0, 2.0], [3.0, 4.0])
    for dy in (1.0, [1.0], [[1.0, 2.0]]):
        shape = np.shape(dy)
        with pytest.raises(ValueError, match="dy must have the shape of the value of weighted") as error:
            backward(dy)
        assert str(error.value).endswith(f"(2,), got {shape}")


def test_bad_arguments_are_named():
    with pytest.raises(TypeError, match="w must hold real numbers, got an array of dtype complex128"):
        weighted([1.0], [1j])
    with pytest.raises(TypeError, match="w must hold real numbers, got an array of dtype <U1"):
        weighted([1.0], w=["a"])
    with pytest.raises(TypeError, match="x must hold real numbers, got an array of dtype object"):
        weighted(None, [1.0])
    with pytest.raises(ValueError, match="x must be an array in which all rows are equally long"):
        weighted([[1.0], [1.0, 2.0]], [1.0])
    with pytest.raises(TypeError, match="rows must hold integers, got an array of dtype float64"):
        pick([1.0], [0.0])
    with pytest.raises(TypeError, match="x must be a plain array: the mask of a masked array would be lost"):
        weighted([[1.0], [np.ma.masked]], [1.0])
    with pytest.raises(TypeError, match="weighted must return a value, got an empty tuple"):
        value_and_backward("weighted", ((), abs))
    with pytest.raises(TypeError, match="rows must hold integers, got an array of dtype bool"):
        pick([1.0], [True])


def test_options_are_given_by_name():
    message = r"weighted takes 2 array\(s\), x, w, but 3 were given; options are given by name"
    with pytest.raises(TypeError, match=message):
        weighted([1.0], [1.0], 2)


def test_name_and_documentation_and_signature_are_those_of_the_function():
    assert weighted.__name__ == "weighted"
    assert weighted.__doc__ == "Return the weighted power of x."
    assert str(inspect.signature(weighted)) == "(x, w, *, power=1)"


def test_as_floats_does_not_copy_floats():
    x = np.ones(2, dtype=np.float32)
    assert as_floats("x", x) is x


def test_as_integers_does_not_copy_integers():
    x = np.ones(2, dtype=np.uint8)
    assert as_integers("x", x) is x


@pytest.mark.parametrize("rng", [0, None, np.random, "seed"])
def test_only_a_generator_is_an_rng(rng):
    require_rng(np.random.default_rng())
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator, such as .*, got"):
        require_rng(rng)


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3)])
def test_a_count_is_a_python_integer(value):
    assert type(require_count("size", value)) is int


@pytest.mark.parametrize("value", [True, np.True_, 3.0, "3", None, [3]])
def test_what_is_no_integer_is_no_count(value):
    with pytest.raises(TypeError, match="size must be an integer of at least 1, got"):
        require_count("size", value)


def test_a_length_of_time_is_no_number():
    with pytest.raises(TypeError, match="size must be an integer of at least 1, got"):
        require_count("size", np.timedelta64(3, "s"))
    with pytest.raises(TypeError, match="rate must be a positive number, got"):
        require_positive("rate", np.timedelta64(3, "s"))


def test_a_count_has_a_largest_value():
    assert require_count("size", 10**8) == 10**8
    with pytest.raises(ValueError, match="size must be at most 100000000, got 100000001"):
        require_count("size", 10**8 + 1)


def test_a_count_has_a_least_value():
    assert require_count("padding", 0, least=0) == 0
    with pytest.raises(ValueError, match="padding must be an integer of at least 0, got -1"):
        require_count("padding", -1, least=0)


# What the decorator promises, whatever the body does


@operation
def careless(x, w, rows=None):
    """A body whose constants are float64, as NumPy's are."""
    scale = np.sqrt(64)
    return (scale * x, np.sum(w) * scale), lambda dy, dtotal: (scale * dy, np.full(w.shape, scale * dtotal), None)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_constant_of_the_body_changes_no_dtype(dtype):
    x, w = np.ones(2, dtype=dtype), np.ones(3, dtype=np.float16)
    (y, total), backward = careless(x, w)
    np.testing.assert_array_equal(y, np.full(2, 8, dtype=dtype), strict=True)
    assert (total, total.dtype) == (24, dtype)
    dx, dw = backward([1.0, 2.0], 0.5)
    np.testing.assert_array_equal(dx, np.array([8, 16], dtype=dtype), strict=True)
    np.testing.assert_array_equal(dw, np.full(3, 4, dtype=np.float16), strict=True)


def test_indices_take_no_part_in_the_dtype_and_get_no_gradient_even_if_the_body_returns_one():
    @operation(integers=["rows"])
    def pick_and_more(x, rows):
        return x[rows], lambda dy: (np.zeros_like(x), np.ones(len(rows)))

    y, backward = pick_and_more(np.ones(2, dtype=np.float32), np.array([0, 1, 1]))
    assert y.dtype == np.float32
    assert backward(np.ones(3))[1] is None


def test_a_value_is_floats_and_a_scalar_stays_one():
    y, _ = operation(lambda x: ([True, False], abs))(1.0)
    np.testing.assert_array_equal(y, np.array([1.0, 0.0]), strict=True)
    assert isinstance(operation(lambda x: (x.sum(), abs))(np.ones(2, dtype=np.float32))[0], np.float32)
    count, _ = operation(lambda labels: (labels.sum(), abs), integers="labels")([1, 2])
    assert (count, count.dtype) == (3, np.float64)


@pytest.mark.parametrize(
    ("gradient", "error", "says"),
    [
        (np.ones(1), ValueError, r"dx must have the shape of its array, \(2,\), got \(1,\)"),
        (1.0, ValueError, r"dx must have the shape of its array, \(2,\), got \(\)"),
        (np.ones((2, 2)), ValueError, r"dx must have the shape of its array, \(2,\), got \(2, 2\)"),
        (None, TypeError, "dx must hold real numbers, got an array of dtype object"),
        ("dx", TypeError, "dx must hold real numbers, got an array of dtype <U2"),
    ],
)
def test_a_gradient_has_the_shape_of_its_array(gradient, error, says):
    _, backward = operation(lambda x: (2 * x, lambda dy: gradient))([1.0, 2.0])
    with pytest.raises(error, match=f"^{says}$"):
        backward([1.0, 1.0])


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda *x: x, r"the parameters of <lambda> must be arrays, .*, got \(\*x\)"),
        (lambda x, slope=0.1: x, r"the parameters of <lambda> must be arrays, .*, got \(x, slope=0.1\)"),
        (lambda x, /: x, r"the parameters of <lambda> must be arrays, .*, got \(x, /\)"),
        (3, "an operation is made of a function, got 3"),
        (dict, "an operation is made of a function, got <class 'dict'>"),
    ],
)
def test_a_function_whose_parameters_are_not_arrays_or_options_is_refused(function, says):
    with pytest.raises(TypeError, match=f"^{says}$"):
        operation(function)


@pytest.mark.parametrize("integers", [3, None, {"x"}])
def test_indices_are_named_by_a_text_or_a_tuple(integers):
    with pytest.raises(TypeError, match="integers must be the name of a parameter, or a tuple of names, got"):
        operation(integers=integers)


def test_what_has_no_name_is_called_by_its_kind():
    twice = operation(functools.partial(lambda x, *, factor: (factor * x, lambda dy: factor * dy), factor=2))
    np.testing.assert_array_equal(twice([1.0])[1]([3.0]), [6])
    with pytest.raises(ValueError, match=r"dy must have the shape of the value of partial, \(1,\), got \(2,\)"):
        twice([1.0])[1]([3.0, 1.0])


class Unprintable:
    def __repr__(self):
        raise RuntimeError


def test_a_message_can_name_what_cannot_be_written():
    assert shown(10**5000) == "a int"
    assert shown(Unprintable()) == "a Unprintable"
    assert shown("a" * 198) == repr("a" * 198)
    assert shown("a" * 199) == "a str"
