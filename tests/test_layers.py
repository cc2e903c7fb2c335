import copy

import numpy as np
import pytest

from dlnotes.activations import leaky_relu, relu, tanh
from dlnotes.dense import dense
from dlnotes.layers import Layer, Sequential
from dlnotes.operation import operation


def test_a_layer_calls_its_operation_with_its_parameters_and_options(rng):
    x, W, b = rng.standard_normal((4, 3)), rng.standard_normal((2, 3)), rng.standard_normal(2)
    delta = rng.standard_normal((4, 2))
    z, backward = Layer(dense, W, b)(x)
    expected, expected_backward = dense(x, W, b)
    np.testing.assert_array_equal(z, expected)
    for gradient, right in zip(backward(delta), expected_backward(delta), strict=True):
        np.testing.assert_array_equal(gradient, right)
    np.testing.assert_array_equal(Layer(leaky_relu, slope=0.5)([-2.0])[0], [-1])


def test_a_layer_owns_copies_of_its_parameters():
    W, b = np.ones((2, 2)), np.ones(2)
    layer = Layer(dense, W, b)
    layer.parameters[0] += 1
    np.testing.assert_array_equal(W, 1)
    b += 1
    np.testing.assert_array_equal(layer.parameters[1], 1)
    np.testing.assert_array_equal(layer([[1.0, 1.0]])[0], [[5, 5]])


def test_parameters_are_floats_and_keep_their_dtype():
    layer = Layer(dense, [[1, 2]], np.zeros(1, dtype=np.float32))
    assert [p.dtype for p in layer.parameters] == [np.float64, np.float32]


def test_sequential_is_the_chain_rule(rng):
    x, dy = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
    W1, b1, W2, b2 = (rng.standard_normal(shape) for shape in [(5, 3), (5,), (2, 5), (2,)])
    y, backward = Sequential(Layer(dense, W1, b1), tanh, Layer(dense, W2, b2))(x)
    a = np.tanh(x @ W1.T + b1)
    np.testing.assert_allclose(y, a @ W2.T + b2, rtol=1e-13)
    delta = (dy @ W2) * (1 - a**2)
    right = (delta @ W1, delta.T @ x, delta.sum(axis=0), dy.T @ a, dy.sum(axis=0))
    for gradient, expected in zip(backward(dy), right, strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-12)


def test_gradients_come_in_the_order_of_parameters_also_when_nested(rng):
    def new(outputs, inputs):
        return Layer(dense, rng.standard_normal((outputs, inputs)), rng.standard_normal(outputs))

    network = Sequential(new(5, 3), Sequential(tanh, Sequential(new(4, 5)), relu), new(2, 4))
    assert [p.shape for p in network.parameters] == [(5, 3), (5,), (4, 5), (4,), (2, 4), (2,)]
    y, backward = network(rng.standard_normal((7, 3)))
    dx, *gradients = backward(np.ones_like(y))
    assert dx.shape == (7, 3)
    assert [g.shape for g in gradients] == [p.shape for p in network.parameters]


def test_the_parameters_of_a_network_are_those_of_its_layers():
    layer = Layer(dense, np.ones((1, 1)), np.zeros(1))
    network = Sequential(layer)
    network.parameters[0][...] = 3
    assert network.parameters[0] is layer.parameters[0]
    np.testing.assert_array_equal(network([[2.0]])[0], [[6]])


def test_a_network_without_parameters_gives_a_bare_gradient():
    network = Sequential(Layer(leaky_relu, slope=0.5), Layer(leaky_relu, slope=0.1))
    assert network.parameters == []
    _, backward = network([[1.0, -1.0]])
    np.testing.assert_allclose(backward([[5.0, 8.0]]), [[5, 0.4]])


def test_a_first_layer_that_reads_indices_has_no_gradient_for_them():
    @operation(integers=("rows",))
    def look_up(rows, E):
        def backward(dy):
            dE = np.zeros_like(E)
            np.add.at(dE, rows, dy)
            return None, dE

        return E[rows], backward

    y, backward = Sequential(Layer(look_up, np.eye(3)), tanh)(np.array([2, 2]))
    drows, dE = backward(np.ones_like(y))
    assert drows is None
    assert dE.shape == (3, 3)


@pytest.mark.parametrize("wrong", [None, 3, "relu"])
def test_what_cannot_be_called_is_refused(wrong):
    with pytest.raises(TypeError, match=f"a layer needs an operation it can call, got {wrong!r}"):
        Layer(wrong)
    with pytest.raises(TypeError, match=f"layer 1 must be something to call on a batch, got {wrong!r}"):
        Sequential(relu, wrong)


def test_a_network_of_nothing_is_refused():
    with pytest.raises(ValueError, match="a network needs at least one layer, got none"):
        Sequential()


def test_parameters_that_are_no_numbers_are_refused():
    with pytest.raises(TypeError, match="parameter 1 must hold real numbers, got an array of dtype <U1"):
        Layer(dense, np.ones((1, 1)), ["b"])


def test_bad_input_is_named_by_the_operation_it_reaches():
    network = Sequential(tanh, Layer(dense, np.ones((2, 3)), np.ones(2)))
    with pytest.raises(ValueError, match=r"got x \(4, 2\), W \(2, 3\) and b \(2,\)"):
        network(np.ones((4, 2)))
    with pytest.raises(TypeError, match="z must hold real numbers, got an array of dtype complex128"):
        network(np.ones((4, 3), dtype=complex))


def test_training_is_no_option_of_a_layer():
    with pytest.raises(
        TypeError, match=r"^training is said when a layer is called, layer\(x, training=True\), not when"
    ):
        Layer(relu, training=True)


def test_a_plain_function_is_asked_whether_it_takes_training():
    heard = []

    def listen(x, *, training=False):
        heard.append(training)
        return relu(x)

    network = Sequential(listen, lambda x: relu(x), Layer(listen))
    network([[1.0]], training=True)
    network([[1.0]])
    assert heard == [True, True, False, False]


def test_a_value_that_is_no_number_is_refused():
    match = r"^the value of <lambda> must hold real numbers, got an array of dtype <U1$"
    for network in (Layer(lambda x: ("a", abs)), Sequential(lambda x: ("a", abs))):
        with pytest.raises(TypeError, match=match):
            network([1.0])


def test_a_copy_is_a_network_of_its_own():
    network = Sequential(Layer(dense, np.ones((1, 1)), np.zeros(1)), relu)
    other = copy.deepcopy(network)
    other.parameters[0][...] = 3
    np.testing.assert_array_equal(network([[2.0]])[0], [[2]])
    np.testing.assert_array_equal(other([[2.0]])[0], [[6]])


class Opaque:
    """An operation that does not say which arguments it takes."""

    @property
    def __signature__(self):
        raise ValueError

    def __call__(self, *inputs, **options):
        assert options == {}
        return relu(*inputs)


def test_what_does_not_say_what_it_takes_is_not_told_of_training():
    np.testing.assert_array_equal(Sequential(Opaque())([[-1.0, 2.0]], training=True)[0], [[0, 2]])
