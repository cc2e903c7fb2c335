"""The contract in the forms that sequences need, on miniature operations: cells, modes, optional arrays, indices."""

import numpy as np
import pytest

from dlnotes.activations import leaky_relu, tanh
from dlnotes.dense import dense
from dlnotes.gradient_check import check_gradients
from dlnotes.layers import Layer, Residual, Sequential, add
from dlnotes.losses import cross_entropy, squared_error
from dlnotes.operation import operation
from dlnotes.training import loss_and_gradients


@operation
def cell(x, h, c, W):
    """A cell with two states: returns (h, c)."""
    z = (x + h) @ W.T
    a = np.tanh(z)
    new_c = 0.5 * c + a

    def backward(dh, dc):
        dc = dc + dh * (1 - np.tanh(new_c) ** 2)
        dz = dc * (1 - a**2)
        return dz @ W, dz @ W, 0.5 * dc, dz.T @ (x + h)

    return (np.tanh(new_c), new_c), backward


@operation
def recurrent(x, w, s0=None):
    """States s_t = x_t + w s_{t-1} of a sequence (batch, time, features); s_0 may be given."""
    s = [np.zeros_like(x[:, 0]) if s0 is None else s0]
    for t in range(x.shape[1]):
        s.append(x[:, t] + w * s[-1])

    def backward(ds):
        dx, dw, carried = np.zeros_like(x), np.zeros_like(w), np.zeros_like(s[0])
        for t in reversed(range(x.shape[1])):
            dx[:, t] = carried = ds[:, t] + carried
            dw += (carried * s[t]).sum()
            carried = w * carried
        return dx, dw, carried

    return np.stack(s[1:], axis=1), backward


@operation(integers="tokens")
def look_up(tokens, E):
    def backward(dy):
        dE = np.zeros_like(E)
        np.add.at(dE, tokens, dy)
        return None, dE

    return E[tokens], backward


@operation
def halve_in_training(x, *, training=False):
    factor = 0.5 if training else 1.0
    return factor * x, lambda dy: factor * dy


def normal(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


STATES = normal(2, 3), normal(3, 3)[:2], normal(4, 3)[:2], normal(3, 3)


def test_a_tuple_of_values_takes_a_gradient_for_each():
    (h, c), backward = cell(*STATES)
    dx, _, dc, dW = backward(np.ones_like(h), np.zeros_like(c))
    assert (dx.shape, dc.shape, dW.shape) == ((2, 3), (2, 3), (3, 3))
    for same, none in zip(backward(None, np.ones_like(c)), backward(np.zeros_like(h), np.ones_like(c)), strict=True):
        np.testing.assert_array_equal(same, none)


def test_gradients_of_a_tuple_are_checked(rng):
    assert check_gradients(cell, *STATES, rng=rng) < 1e-6

    @operation
    def forgets_the_cell_state(x, h, c, W):
        y, backward = cell(x, h, c, W)
        return y, lambda dh, dc: backward(dh, np.zeros_like(dc))

    with pytest.raises(AssertionError, match="the gradient of argument 0 is off by"):
        check_gradients(forgets_the_cell_state, *STATES, rng=rng)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_many_or_few_gradients_are_refused(count):
    _, backward = cell(*STATES)
    with pytest.raises(TypeError, match=f"the backward map of cell takes 2 gradients, one for each value, got {count}"):
        backward(*[np.ones((2, 3))] * count)
    _, backward = tanh(1.0)
    with pytest.raises(TypeError, match="the backward map of tanh takes one gradient, got 2"):
        backward(1.0, 1.0)


def test_an_optional_array_has_a_gradient_only_if_given(rng):
    x, w, s0 = normal(2, 4, 3), np.array(0.5), normal(2, 3)
    assert len(recurrent(x, w)[1](np.ones((2, 4, 3)))) == 2
    assert len(recurrent(x, w, None)[1](np.ones((2, 4, 3)))) == 2
    *_, ds0 = recurrent(x, w, s0=s0)[1](np.ones((2, 4, 3)))
    assert ds0.shape == (2, 3)
    assert check_gradients(recurrent, x, w, rng=rng) < 1e-6
    assert check_gradients(recurrent, x, w, s0, rng=rng) < 1e-6
    with pytest.raises(TypeError, match=r"^w must hold real numbers"):
        recurrent(x, None)


def test_a_layer_gets_what_may_be_left_out_by_name_when_it_is_called(rng):
    x, w, s0 = normal(2, 4, 3), np.array(0.5), normal(2, 3)
    layer = Layer(recurrent, w)
    y, backward = layer(x, s0=s0)
    expected, expected_backward = recurrent(x, w, s0)
    np.testing.assert_array_equal(y, expected)
    for gradient, right in zip(backward(np.ones_like(y)), expected_backward(np.ones_like(y)), strict=True):
        np.testing.assert_array_equal(gradient, right)
    assert len(layer(x)[1](np.ones_like(y))) == len(layer(x, s0=None)[1](np.ones_like(y))) == 2
    with pytest.raises(TypeError, match=r"^a parameter must be an array, got None: what may be left out is"):
        Layer(recurrent, w, None)


def test_an_option_of_a_call_goes_before_that_of_the_layer():
    layer = Layer(leaky_relu, slope=0.5)
    np.testing.assert_array_equal(layer([-2.0], slope=0.25)[0], [-0.5])
    np.testing.assert_array_equal(layer([-2.0])[0], [-1])


def test_a_network_refuses_a_layer_with_a_gradient_more_than_it_has_parameters():
    network = Sequential(Layer(recurrent, np.array(0.5), s0=normal(2, 3)))
    y, backward = network(normal(2, 4, 3))
    with pytest.raises(TypeError, match=r"of Layer must return one gradient for each of 1 input\(s\) and 1 .*, got 3"):
        backward(np.ones_like(y))


def test_a_network_of_tokens_cells_and_leading_axes_learns_by_the_contract(rng):
    tokens = np.array([[0, 1, 1], [2, 0, 1]])
    network = Sequential(
        Layer(look_up, normal(3, 4)), Layer(recurrent, np.array(0.3)), Layer(dense, normal(5, 4), normal(5))
    )
    y, backward = network(tokens)
    assert y.shape == (2, 3, 5)
    gradients = backward(np.ones_like(y))
    assert gradients[0] is None
    assert [g.shape for g in gradients[1:]] == [p.shape for p in network.parameters]
    assert check_gradients(lambda E, w: chained(E, w, tokens), normal(3, 4), np.array(0.3), rng=rng) < 1e-6


def chained(E, w, tokens):
    y, backward = Sequential(Layer(look_up, E), Layer(recurrent, w))(tokens)
    return y, lambda dy: backward(dy)[1:]


def test_a_layer_takes_several_inputs_and_hands_a_tuple_on():
    x, h, c, W = STATES
    network = Sequential(Layer(cell, W), add)
    y, backward = network(x, h, c)
    (h1, c1), _ = cell(x, h, c, W)
    np.testing.assert_array_equal(y, h1 + c1)
    gradients = backward(np.ones_like(y))
    expected = cell(x, h, c, W)[1](np.ones_like(y), np.ones_like(y))
    for gradient, right in zip(gradients, expected, strict=True):
        np.testing.assert_array_equal(gradient, right)


def test_training_is_handed_down_to_those_who_know_of_it():
    x = normal(2, 3)
    inner = Sequential(Layer(dense, np.eye(3), np.zeros(3)), halve_in_training)
    for network in (inner, Sequential(inner, tanh), Sequential(Residual(inner)), Layer(halve_in_training)):
        np.testing.assert_array_equal(network(x)[0], network(x, training=False)[0])
        assert not np.array_equal(network(x)[0], network(x, training=True)[0])
    np.testing.assert_array_equal(Layer(halve_in_training)(x, training=True)[0], x / 2)


def test_the_loop_trains_in_training():
    layer = Sequential(Layer(dense, np.eye(2), np.zeros(2)), halve_in_training)
    value, (dW, db) = loss_and_gradients(layer, squared_error, np.array([[2.0, 0.0]]), np.zeros((1, 2)))
    assert value == 0.5
    np.testing.assert_array_equal(dW, [[1.0, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(db, [0.5, 0.0])


def test_loss_and_gradients_of_several_inputs_and_of_no_parameters():
    x, h, c, W = STATES
    network = Sequential(Layer(cell, W), add)
    _, gradients = loss_and_gradients(network, squared_error, (x, h, c), np.zeros((2, 3)))
    assert [g.shape for g in gradients] == [(3, 3)]
    assert loss_and_gradients(tanh, cross_entropy, np.zeros((1, 2)), [0]) == (pytest.approx(np.log(2)), [])


def test_a_residual_adds_its_input_and_refuses_another_shape():
    x = normal(2, 3)
    y, backward = Residual(tanh)(x)
    np.testing.assert_array_equal(y, x + np.tanh(x))
    assert isinstance(backward(np.ones((2, 3))), np.ndarray)
    with pytest.raises(ValueError, match=r"x and y must have the same shape, got \(2, 3\) and \(2, 1\)"):
        Residual(Layer(dense, np.ones((1, 3)), np.zeros(1)))(x)
    with pytest.raises(TypeError, match="branch must be something to call on a batch, got 'tanh'"):
        Residual("tanh")


@pytest.mark.parametrize("wrong", [np.tanh, lambda x: x, lambda x: (x, None), lambda x: [x, x], lambda x: (x,)])
def test_what_returns_no_backward_map_is_refused(wrong):
    for call in (Sequential(wrong), Layer(wrong), Residual(wrong), operation(lambda x: wrong(x))):
        with pytest.raises(TypeError, match=r"must return a value and its backward map, \(y, backward\), got"):
            call(normal(2, 3))
    with pytest.raises(TypeError, match="must return a value and its backward map"):
        check_gradients(wrong, normal(2, 3), rng=np.random.default_rng(0))


def test_a_backward_map_with_a_gradient_too_few_is_refused():
    @operation
    def product(x, y):
        return x * y, lambda dz: dz * y

    with pytest.raises(TypeError, match="the backward map of product must return one gradient for each of x, y, got 1"):
        product(2.0, 3.0)[1](1.0)


def test_names_of_indices_must_be_parameters():
    with pytest.raises(ValueError, match=r"integers must name parameters of tokens_of, x, got \['labels'\]"):

        @operation(integers="labels")
        def tokens_of(x):
            return x, lambda dy: dy


@pytest.mark.parametrize("first", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("second", [np.float16, np.float32, np.float64])
def test_where_dtypes_differ_the_value_has_the_larger_and_each_gradient_its_own(first, second):
    x, W, b = normal(2, 3).astype(first), normal(4, 3).astype(second), np.zeros(4, dtype=second)
    z, backward = dense(x, W, b)
    assert z.dtype == np.result_type(first, second)
    dx, dW, db = backward(np.ones((2, 4)))
    assert (dx.dtype, dW.dtype, db.dtype) == (first, second, second)


@pytest.mark.parametrize("value", [np.ma.masked_less([1.0, 2.0], 1.5), [1.0, np.ma.masked]])
def test_a_mask_is_not_lost(value):
    with pytest.raises(TypeError, match="x must be a plain array: the mask of a masked array would be lost"):
        add(value, [1.0, 2.0])


@pytest.mark.parametrize("training", [1, 0, "yes", None])
def test_training_is_true_or_false(training):
    for network in (Sequential(tanh), Residual(tanh), Layer(tanh)):
        with pytest.raises(TypeError, match="training must be True or False, got"):
            network([[1.0]], training=training)


class Model:
    """What another library calls a network: its parameters are a method."""

    def __init__(self, parameters):
        self.parameters = parameters

    def __call__(self, x):
        return tanh(x)


@pytest.mark.parametrize("parameters", [lambda: [], 3, np.ones(2), [1.0], [None]])
def test_parameters_that_are_no_list_of_arrays_are_refused(parameters):
    for make in (Sequential, Residual):
        with pytest.raises(TypeError, match="the parameters of Model must be a list of arrays, got"):
            make(Model(parameters))
    with pytest.raises(TypeError, match="the parameters of Model must be a list of arrays, got"):
        loss_and_gradients(Model(parameters), squared_error, [[1.0]], [[1.0]])


def test_a_loss_is_one_number_with_a_gradient():
    for nothing, error, says in [
        (lambda y_hat, y: (y_hat, lambda: y_hat), ValueError, r"the loss must be one number, got an array of shape"),
        (lambda y_hat, y: (1.0, lambda: ()), ValueError, "dy must have the shape of the value of tanh"),
        (lambda y_hat, y: (1.0, lambda: None), TypeError, "dy must hold real numbers"),
    ]:
        with pytest.raises(error, match=says):
            loss_and_gradients(tanh, nothing, np.ones((2, 1)), np.ones((2, 1)))


def test_a_residual_whose_branch_has_no_gradient_is_refused():
    for gradient in (None, 1.0):
        _, backward = Residual(lambda x, gradient=gradient: (x, lambda dy: gradient))(np.ones(2))
        with pytest.raises((TypeError, ValueError), match="dx of the branch must"):
            backward(np.ones(2))
