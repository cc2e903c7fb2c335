"""The contract of every operation, tested once for all: a new operation needs new lines in CASES, and nothing else."""

import importlib
import inspect
import pkgutil
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

import dlnotes
from dlnotes.activations import gelu, leaky_relu, relu, sigmoid, softmax, tanh
from dlnotes.attention import attention, attention_weights, causal_mask, multi_head_attention
from dlnotes.convolution import conv2d, conv2d_by_definition, true_conv2d, turn
from dlnotes.dense import dense, flatten
from dlnotes.dropout import dropout
from dlnotes.embedding import embedding, negative_sampling
from dlnotes.gradient_check import check_gradients, numerical_gradient
from dlnotes.graph import (
    attention_convolution,
    graph_convolution,
    max_aggregation,
    mean_aggregation,
    sage_convolution,
    sum_aggregation,
)
from dlnotes.layers import Layer, Residual, Sequential, add
from dlnotes.losses import binary_cross_entropy, cross_entropy, squared_error
from dlnotes.lstm import gru, gru_cell, lstm, lstm_cell
from dlnotes.normalization import BatchNorm, batch_norm, layer_norm
from dlnotes.operation import as_tuple
from dlnotes.pooling import max_pool2d, mean_pool2d
from dlnotes.recurrent import bidirectional, last, rnn, rnn_cell
from dlnotes.windows import dilate, im2col, pad


class Case(NamedTuple):
    operation: object
    arguments: tuple
    options: dict

    def __str__(self):
        shapes = "-".join("x".join(map(str, a.shape)) or "scalar" for a in self.arguments)
        options = "".join(
            f"-{name}={value.__name__ if callable(value) else np.array2string(np.asarray(value))}"
            for name, value in self.options.items()
            if name != "rng"  # which is written with its place in memory
        )
        return f"{self.operation.__name__}-{shapes}{options}"

    def call(self, dtype=np.float64, odd=None, odd_dtype=None):
        """The value, the backward map, and the arguments as arrays that can't be written to.

        Floats have the dtype, but for the argument at the position `odd`.
        """
        dtypes = [odd_dtype if position == odd else dtype for position in range(len(self.arguments))]
        pairs = zip(self.arguments, dtypes, strict=True)
        arguments = [frozen(a, wanted if a.dtype.kind == "f" else a.dtype) for a, wanted in pairs]
        y, backward = self.operation(*arguments, **self.options)
        return y, backward, arguments


def frozen(values, dtype):
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


def normal(*shape):
    """Fixed normal numbers, none of them near 0, where ReLU has its corner."""
    values = np.asarray(np.random.default_rng(sum(shape)).standard_normal(shape))
    return values + 0.1 * np.sign(values)


def apart(*shape):
    """Fixed numbers, no two of them near each other, where a maximum has its corner."""
    return np.random.default_rng(sum(shape)).permutation(np.prod(shape)).reshape(shape) / 10


def share(*shape):
    return np.random.default_rng(sum(shape)).uniform(0.1, 0.9, shape)


def layer(x, W, b):
    return Layer(dense, W, b)(x)


def network(x, W1, b1, W2, b2):
    return Sequential(Layer(dense, W1, b1), Layer(leaky_relu, slope=0.1), Sequential(Layer(dense, W2, b2)), tanh)(x)


def residual(x, W, b):
    return Residual(Sequential(Layer(dense, W, b), tanh))(x)


def dropout_in_training(x, *, rate):
    return dropout(x, rate=rate, rng=np.random.default_rng(0), training=True)  # the same numbers in each call


def batch_norm_layer(x, gain, shift, *, training):
    layer = BatchNorm(gain, shift)
    layer(np.linspace(-1, 2, x.size).reshape(x.shape), training=True)
    return layer(x, training=training)


WRAPPERS = {  # what a wrapper above stands for
    layer: Layer,
    network: Sequential,
    residual: Residual,
    dropout_in_training: dropout,
    batch_norm_layer: BatchNorm,
}

CONVOLUTIONS = [  # x, W, options
    ((1, 2, 3, 4), (3, 2, 3, 2), {"padding": (1, 0)}),
    ((1, 1, 4, 4), (1, 1, 4, 4), {}),
    ((2, 3, 4, 4), (2, 3, 2, 3), {"stride": (2, 1), "padding": (0, 1)}),
    ((1, 1, 6, 6), (2, 1, 3, 3), {"stride": 2}),
]


def simple(units, features, copies=1):
    """Parameters of simple recurrent layers."""
    several = zip(normal(copies, units, features), normal(copies, units, units), normal(copies, units), strict=True)
    return [array for parameters in several for array in parameters]


def gates(count, units, features):
    """Parameters of a layer with so many gates, all different."""
    return [*normal(count, units, units + features), *normal(count, units)]


CELLS = [  # cell and layer, how many states, parameters
    (rnn_cell, rnn, 1, simple),
    (lstm_cell, lstm, 2, lambda units, features: gates(4, units, features)),
    (gru_cell, gru, 1, lambda units, features: gates(3, units, features)),
]
SEQUENCES = [(2, 3, 4, 2), (1, 1, 1, 1), (3, 2, 1, 3)]  # batch, time, features, units

# One-way edges of different weights, so that rows and columns can't be exchanged; the second node hears itself alone.
ADJACENCY = np.array([[0, 2, 0.5, 0], [0, 1, 0, 0], [0.5, 1, 3, 0], [1, 0, 2, 0.5]])
GRAPHS = [ADJACENCY, np.ones((1, 1)), ADJACENCY[:3, :3]]
SILENT = np.array([[0, 0, 0], [1, 0, 1], [0, 2, 1]])  # the first node hears nobody


def mixers(outputs, inputs, matrices=1, vectors=1):
    """Weights of a layer on a graph: so many matrices, all different, then biases and other vectors."""
    return [*normal(matrices, outputs, inputs), *normal(vectors, outputs)]


POOLINGS = [((2, 3, 4, 4), {}), ((1, 2, 5, 7), {"window": (2, 3), "stride": (2, 1)}), ((2, 1, 5, 4), {"window": 2})]

LOOKS = [  # leading axes, queries, keys, d_k, d_v, mask
    ((), 3, 4, 2, 3, None),
    ((), 1, 1, 1, 1, None),
    ((2,), 3, 1, 2, 2, None),
    ((2, 3), 2, 4, 3, 1, None),
    ((2,), 4, 4, 2, 2, causal_mask(4)),
    ((3,), 2, 3, 2, 2, np.arange(3) <= np.arange(3)[:, None, None]),  # other keys in each example
]


def looks(before, queries, keys, d_k, d_v):
    """Queries, keys and values; the keys turned round, or they would be the queries where there are as many."""
    return normal(*before, queries, d_k), normal(*before, keys, d_k)[..., ::-1, ::-1], normal(*before, keys, d_v)


def heads_of(width, value_width, outputs, features, memory_features):
    """W_Q, W_K, W_V and W_O."""
    shapes = [(width, features), (width, memory_features), (value_width, memory_features), (outputs, value_width)]
    return [normal(*shape) / 2 for shape in shapes]


BATCHES = [(3, 4), (2, 3), (4, 1), (30, 5), (2, 3, 4, 2), (1, 2, 2, 3)]
SHAPES = [(3, 4), (1, 4), (5,), (), (2, 3, 4), (30, 5)]
CASES = [
    *(Case(f, (normal(*shape),), {}) for f, shape in product((sigmoid, tanh, relu, leaky_relu, gelu), SHAPES)),
    *(Case(leaky_relu, (normal(3, 4),), {"slope": slope}) for slope in (0, 0.3, np.float64(0.3))),
    *(Case(softmax, (normal(*shape),), {}) for shape in SHAPES if shape),
    *(Case(softmax, (normal(2, 3, 4),), {"axis": axis}) for axis in (0, 1, -2)),
    *(Case(dense, (normal(*x), normal(*W), normal(W[0])), {}) for x, W in [
        ((3, 4), (2, 4)), ((1, 4), (2, 4)), ((4, 4), (4, 4)), ((3, 1), (1, 1)), ((30, 20), (12, 20)),
        ((2, 5, 3), (4, 3)), ((2, 1, 3, 2), (1, 2)),
    ]),
    Case(add, (normal(2, 3), normal(2, 3)), {}),
    *(Case(flatten, (normal(*shape),), {}) for shape in [(3, 2, 2), (2, 4), (3,)]),
    *(Case(f, (normal(*x), normal(*W), normal(W[0])), options)
      for f, (x, W, options) in product((conv2d, conv2d_by_definition, true_conv2d), CONVOLUTIONS)),
    *(Case(f, (apart(*shape),), options) for f, (shape, options) in product((max_pool2d, mean_pool2d), POOLINGS)),
    *(Case(im2col, (normal(2, 3, 4, 5),), {"window": window, "stride": stride})
      for window, stride in product([1, 2, (4, 3)], [1, (2, 3)])),
    *(Case(pad, (normal(2, 1, 2, 3),), {"padding": padding}) for padding in (0, 1, (2, 1))),
    *(Case(dilate, (normal(2, 1, 2, 3),), {"stride": stride}) for stride in (1, 2, (3, 2))),
    Case(turn, (normal(2, 1, 2, 3),), {}),
    *(Case(squared_error, (normal(*shape), share(*shape)), {"reduction": reduction})
      for shape, reduction in product([(3, 4), (1, 4), (5,), (3, 2, 2), (30, 5)], ["mean", "sum"])),
    *(Case(binary_cross_entropy, (normal(*shape), share(*shape)), {"reduction": reduction})
      for shape, reduction in product([(3, 4), (1, 4), (5,), (3, 2, 2), (30, 5)], ["mean", "sum"])),
    *(Case(cross_entropy, (normal(*shape), np.arange(shape[0]) % shape[1]), {"reduction": reduction})
      for shape, reduction in product([(3, 4), (1, 4), (5, 1), (30, 5)], ["mean", "sum"])),
    Case(cross_entropy, (normal(3, 4), np.array([3, 0, 3], dtype=np.uint8)), {}),
    Case(cross_entropy, (normal(2, 3, 4), np.array([[0, 1, 3], [2, 2, 0]])), {}),
    Case(cross_entropy, (normal(2, 3), np.array([2, -1])), {"mask": np.array([True, False])}),
    *(Case(embedding, (np.arange(size).reshape(shape) % 3, normal(4, 2)), {})
      for size, shape in [(5, (5,)), (6, (2, 3)), (1, ()), (8, (1, 2, 4))]),
    *(Case(negative_sampling, (normal(batch, width), normal(batch, width) / 2, normal(batch, negatives, width)),
           {"reduction": reduction})
      for (batch, width, negatives), reduction in product([(3, 2, 4), (1, 1, 1), (2, 5, 3)], ["mean", "sum"])),
    *(Case(cell, (normal(batch, features), *normal(states, batch, units), *parameters(units, features)), {})
      for (cell, _, states, parameters), (batch, _, features, units) in product(CELLS, SEQUENCES)),
    *(Case(layer, (normal(batch, time, features), *parameters(units, features), *normal(given, batch, units)), {})
      for (_, layer, states, parameters), (batch, time, features, units) in product(CELLS, SEQUENCES)
      for given in (0, states)),
    Case(rnn_cell, (normal(2, 3), normal(2, 2), *simple(2, 3)), {"activation": leaky_relu}),
    Case(rnn, (normal(2, 4, 3), *simple(2, 3), normal(2, 2)), {"activation": leaky_relu}),
    *(Case(bidirectional, (normal(batch, time, features), *simple(units, features, copies=2)), {})
      for batch, time, features, units in SEQUENCES),
    *(Case(last, (normal(*shape),), {}) for shape in [(2, 3, 4), (1, 1, 1)]),
    *(Case(attention_weights, looks(*sizes)[:2], {"mask": mask}) for *sizes, mask in LOOKS),
    *(Case(attention, looks(*sizes), {"mask": mask}) for *sizes, mask in LOOKS),
    *(Case(multi_head_attention, (normal(2, 3, 4), *heads_of(4, 6, 5, 4, 4)), {"heads": heads, "mask": mask})
      for heads, mask in product([1, 2], [None, causal_mask(3)])),
    Case(multi_head_attention, (normal(1, 1, 1), *heads_of(1, 1, 1, 1, 1)), {"heads": 1}),
    Case(multi_head_attention, (normal(2, 3, 4), *heads_of(6, 3, 2, 4, 5), normal(2, 1, 5)), {"heads": 3}),
    Case(multi_head_attention, (normal(2, 3, 4), *heads_of(4, 2, 3, 4, 5), normal(2, 4, 5)),
         {"heads": 2, "mask": np.arange(4) <= np.arange(2)[:, None, None]}),
    *(Case(f, (apart(len(A), 3),), {"adjacency": A})
      for f, A in product((sum_aggregation, mean_aggregation, max_aggregation), [*GRAPHS, SILENT])),
    *(Case(f, (normal(len(A), inputs), *mixers(outputs, inputs, matrices, vectors)), {"adjacency": A})
      for f, matrices, vectors in [
          (graph_convolution, 1, 1), (sage_convolution, 2, 1), (attention_convolution, 1, 3),
      ]
      for A, (outputs, inputs) in product(GRAPHS, [(2, 3), (1, 1), (4, 2)])),
    *(Case(f, (normal(3, 2), *mixers(4, 2, matrices)), {"adjacency": SILENT})
      for f, matrices in [(graph_convolution, 1), (sage_convolution, 2)]),
    *(Case(dropout, (normal(*shape),), {"rate": 0.4, "rng": np.random.default_rng(0)}) for shape in [(), (3, 4)]),
    *(Case(dropout_in_training, (normal(*shape),), {"rate": rate}) for shape, rate in product(SHAPES, [0, 0.4])),
    *(Case(layer_norm, (normal(*shape), *normal(2, shape[-1])), {})
      for shape in [(3, 4), (1, 4), (5,), (2, 3, 4), (3, 1), (30, 5)]),
    Case(layer_norm, (normal(3, 4), *normal(2, 4)), {"epsilon": 0.3}),
    *(Case(batch_norm, (normal(*shape), *normal(2, shape[1])), {"epsilon": epsilon})
      for shape, epsilon in product(BATCHES, [1e-5, 0.3])),
    *(Case(batch_norm, (normal(*shape), *normal(2, shape[1])), {"statistics": (normal(shape[1]), share(shape[1]))})
      for shape in [*BATCHES, (1, 4), (1, 3, 1, 1)]),
    *(Case(batch_norm_layer, (normal(*shape), *normal(2, shape[1])), {"training": training})
      for shape, training in product(BATCHES, [True, False])),
    Case(residual, (normal(3, 4), normal(4, 4), normal(4)), {}),
    Case(layer, (normal(3, 4), normal(2, 4), normal(2)), {}),
    *(Case(network, (normal(*x), normal(5, 4), normal(5), normal(2, 5), normal(2)), {}) for x in [(3, 4), (1, 4)]),
]  # fmt: skip

every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_operation = pytest.mark.parametrize(
    "case", {case.operation: case for case in CASES if case.operation not in WRAPPERS}.values(), ids=str
)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def random_dys(y, rng):
    """One gradient for each part of a value."""
    return [frozen(rng.standard_normal(np.shape(part)), part.dtype) for part in as_tuple(y)]


def like(y, make):
    """What `make` makes of the shape of each part of a value."""
    return [make(np.shape(part)) for part in as_tuple(y)]


def assert_close(values, expected, **tolerances):
    """Compare what an operation or a backward map gives: one array, or several, None for what has no gradient."""
    for value, wanted in zip(as_tuple(values), as_tuple(expected), strict=True):
        if wanted is None:
            assert value is None
        else:
            np.testing.assert_allclose(value, wanted, **tolerances)


# Which operations there are


def public_members():
    for module in pkgutil.walk_packages(dlnotes.__path__, "dlnotes."):
        for name, member in vars(importlib.import_module(module.name)).items():
            if not name.startswith("_") and getattr(member, "__module__", None) == module.name:
                yield member


def is_operation(member):
    """Whether it is decorated, says that it returns a backward map, or is a class whose objects are called."""
    if inspect.isclass(member):
        return "__call__" in vars(member)
    return hasattr(member, "__wrapped__") or "\nbackward : callable" in (inspect.getdoc(member) or "")


def test_every_operation_of_the_package_has_a_case():
    operations = {member for member in public_members() if is_operation(member)}
    assert operations == {WRAPPERS.get(case.operation, case.operation) for case in CASES}


def test_every_function_that_returns_a_backward_map_is_decorated():
    functions = [m for m in public_members() if inspect.isfunction(m) and is_operation(m)]
    assert len(functions) >= 10
    assert [f.__name__ for f in functions if not hasattr(f, "__wrapped__")] == []


# What holds for each of them


@every_case
def test_gradients_pass_the_check(case, rng):
    operation = partial(case.operation, **case.options)  # one of which may be an rng of its own
    assert check_gradients(operation, *case.arguments, rng=rng) <= 1e-6


@every_case
def test_gradients_are_numerical_gradients(case, rng):
    y, backward, arguments = case.call()
    dys = random_dys(y, rng)
    for position, gradient in enumerate(as_tuple(backward(*dys))):
        if gradient is None:
            continue

        def f(moved, position=position):
            value, _ = case.operation(*arguments[:position], moved, *arguments[position + 1 :], **case.options)
            return sum(np.sum(dy * part) for dy, part in zip(dys, as_tuple(value), strict=True))

        np.testing.assert_allclose(gradient, numerical_gradient(f, arguments[position]), rtol=1e-6, atol=1e-8)


@every_case
def test_one_gradient_an_array_and_none_for_integers(case, rng):
    y, backward, arguments = case.call()
    gradients = backward(*random_dys(y, rng))
    assert isinstance(gradients, tuple) == (len(arguments) > 1)
    for argument, gradient in zip(arguments, as_tuple(gradients), strict=True):
        if argument.dtype.kind == "f":
            assert np.shape(gradient) == argument.shape
        else:
            assert gradient is None


@every_dtype
@every_case
def test_the_dtype_is_kept(case, dtype, rng):
    y, backward, _ = case.call(dtype)
    assert {part.dtype for part in as_tuple(y)} == {np.dtype(dtype)}
    integers, doubles = like(y, lambda shape: np.ones(shape, dtype=int)), like(y, np.ones)
    for dys in (random_dys(y, rng), integers, doubles):
        assert {g.dtype for g in as_tuple(backward(*dys)) if g is not None} == {np.dtype(dtype)}


@every_case
def test_mixed_dtypes_give_that_of_their_sum_and_every_gradient_its_own(case, rng):
    right, right_backward, _ = case.call()
    dys = random_dys(right, rng)
    for odd, pair in product(range(len(case.arguments)), [(np.float32, np.float64), (np.float64, np.float32)]):
        y, backward, arguments = case.call(pair[0], odd, pair[1])
        larger = np.result_type(*(a for a in arguments if a.dtype.kind == "f"))
        assert np.result_type(*as_tuple(y)) == larger  # a part may not depend on the odd one, as c not on W_o
        assert_close(y, right, rtol=1e-5, atol=1e-5)
        gradients = as_tuple(backward(*dys))
        assert_close(gradients, right_backward(*dys), rtol=1e-5, atol=1e-5)
        for argument, gradient in zip(arguments, gradients, strict=True):
            assert gradient is None or gradient.dtype == argument.dtype


@every_case
def test_float32_is_float64_rounded(case, rng):
    y, backward, _ = case.call(np.float64)
    dys = random_dys(y, rng)
    y32, backward32, _ = case.call(np.float32)
    assert_close(y32, y, rtol=1e-5, atol=1e-5)
    assert_close(backward32(*dys), backward(*dys), rtol=1e-5, atol=1e-5)


@every_dtype
@every_case
def test_arguments_are_not_touched(case, dtype, rng):
    y, backward, arguments = case.call(dtype)  # an attempt to write to them would raise, too
    before = [argument.copy() for argument in arguments]
    dys = random_dys(y, rng)
    dys_before = [dy.copy() for dy in dys]
    backward(*dys)
    assert all(np.array_equal(a, b) for a, b in zip([*arguments, *dys], [*before, *dys_before], strict=True))


@every_case
def test_results_are_new_arrays(case, rng):
    y, backward, arguments = case.call()
    dys = random_dys(y, rng)
    gradients = [g for g in (*as_tuple(backward(*dys)), *as_tuple(backward(*dys))) if g is not None]
    results = [*as_tuple(y), *gradients]
    for position, result in enumerate(results):
        others = [*arguments, *dys, *results[:position], *results[position + 1 :]]
        assert not any(np.may_share_memory(result, other) for other in others)


@every_case
def test_backward_may_be_called_again(case, rng):
    y, backward, _ = case.call()
    first, other = random_dys(y, rng), random_dys(y, rng)
    once = backward(*first)
    for gradient in as_tuple(backward(*other)):
        if isinstance(gradient, np.ndarray):
            gradient[...] = np.nan  # what the caller does with a gradient is no concern of the next one
    for a, b in zip(as_tuple(once), as_tuple(backward(*first)), strict=True):
        np.testing.assert_equal(a, b)


@every_case
def test_backward_is_linear(case, rng):
    y, backward, _ = case.call()
    u, v = random_dys(y, rng), random_dys(y, rng)
    combined = [2 * du - 3 * dv for du, dv in zip(u, v, strict=True)]
    for a, b, c in zip(as_tuple(backward(*u)), as_tuple(backward(*v)), as_tuple(backward(*combined)), strict=True):
        if a is not None:
            np.testing.assert_allclose(c, 2 * a - 3 * b, rtol=1e-10, atol=1e-12)


@every_case
def test_memory_layout_does_not_matter(case, rng):
    y, backward, arguments = case.call()
    dys = random_dys(y, rng)

    def strided(array):
        return np.repeat(array, 2, axis=-1)[..., ::2] if np.ndim(array) else array

    strided_y, strided_backward = case.operation(*map(strided, arguments), **case.options)
    assert_close(strided_y, y, rtol=1e-12)
    assert_close(strided_backward(*map(strided, dys)), backward(*dys), rtol=1e-12, atol=1e-14)


@every_case
def test_a_gradient_of_the_wrong_shape_is_refused(case):
    y, backward, _ = case.call()
    _, *others = dys = like(y, np.ones)
    shape = dys[0].shape
    for wrong in [(*shape, 1), (1, *shape), (7,), *([(*shape[:-1], shape[-1] + 1)] if shape else [])]:
        with pytest.raises(ValueError, match=r"dy must have the shape") as error:
            backward(np.ones(wrong), *others)
        assert f"{shape}" in str(error.value)
        assert f"got {wrong}" in str(error.value)


@every_case
def test_dy_may_be_left_out_for_a_scalar_only(case):
    y, backward, _ = case.call()
    if isinstance(y, tuple):
        with pytest.raises(TypeError, match=f"takes {len(y)} gradients, one for each value, got 0"):
            backward()
    elif np.shape(y) == ():
        for default, one in zip(as_tuple(backward()), as_tuple(backward(1.0)), strict=True):
            np.testing.assert_equal(default, one)
    else:
        with pytest.raises(ValueError, match=r"dy must have the shape"):
            backward()


@every_case
@pytest.mark.parametrize("kind", [str, complex, object])
def test_a_gradient_of_the_wrong_dtype_is_refused(case, kind):
    y, backward, _ = case.call()
    with pytest.raises(TypeError, match=r"^dy must hold real numbers, got an array of dtype"):
        backward(*like(y, lambda shape: np.ones(shape).astype(kind)))


# What the decorated functions refuse, and name


@every_operation
@pytest.mark.parametrize("kind", [str, complex, object])
def test_arguments_of_the_wrong_dtype_are_refused(case, kind):
    for position, name in enumerate(array_names(case)):
        arguments = list(case.arguments)
        arguments[position] = wrong = arguments[position].astype(kind)
        with pytest.raises(TypeError) as error:
            case.operation(*arguments, **case.options)
        wanted = "real numbers" if case.arguments[position].dtype.kind == "f" else "integers"
        assert str(error.value) == f"{name} must hold {wanted}, got an array of dtype {wrong.dtype}"


@every_operation
def test_none_is_refused_but_for_optional_arrays(case):
    for position, name in enumerate(required_names(case)):
        arguments = list(case.arguments)
        arguments[position] = None
        with pytest.raises(TypeError, match=f"^{name} must hold"):
            case.operation(*arguments, **case.options)


@every_operation
def test_ragged_arguments_are_refused(case):
    for position, name in enumerate(array_names(case)):
        arguments = list(case.arguments)
        arguments[position] = [[1.0, 2.0], [3.0]]
        with pytest.raises(ValueError, match=f"^{name} must be an array in which all rows are equally long"):
            case.operation(*arguments, **case.options)


@every_operation
def test_too_many_and_too_few_arguments_are_refused(case):
    names, required = array_names(case), required_names(case)
    says = rf"^{case.operation.__name__} takes {len(names)} array\(s\), {', '.join(names)}, but {len(names) + 1} were"
    with pytest.raises(TypeError, match=says):
        case.operation(*case.arguments, 1.0, **case.options)
    with pytest.raises(TypeError, match=f"missing 1 required positional argument: '{required[-1]}'"):
        case.operation(*case.arguments[: len(required) - 1], **case.options)


@every_operation
def test_an_unknown_option_is_refused(case):
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        case.operation(*case.arguments, **case.options, colour="red")


@every_operation
def test_lists_and_integers_and_names_do_as_well(case):
    y, _, arguments = case.call()
    from_lists, _ = case.operation(*[argument.tolist() for argument in arguments], **case.options)
    np.testing.assert_equal(from_lists, y)
    named, _ = case.operation(**dict(zip(array_names(case), arguments, strict=True)), **case.options)
    np.testing.assert_equal(named, y)
    ones = [np.ones_like(a) if a.dtype.kind == "f" else a for a in arguments]
    integers = [a.astype(int) for a in ones]
    np.testing.assert_equal(case.operation(*integers, **case.options)[0], case.operation(*ones, **case.options)[0])


def array_names(case):
    parameters = inspect.signature(case.operation).parameters.values()
    return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]


def required_names(case):
    parameters = inspect.signature(case.operation).parameters
    return [name for name in array_names(case) if parameters[name].default is not None]
