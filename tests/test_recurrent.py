"""Recurrent layers: numbers by hand, time and not features turned round, what is carried back, and messages."""

import numpy as np
import pytest

from dlnotes.activations import relu, tanh
from dlnotes.dense import dense
from dlnotes.gradient_check import check_gradients
from dlnotes.layers import Layer, Sequential
from dlnotes.lstm import gru, lstm
from dlnotes.operation import operation
from dlnotes.recurrent import bidirectional, last, over_time, rnn, rnn_cell


def parameters(units, features, seed=0):
    rng = np.random.default_rng(seed)
    return [0.7 * rng.standard_normal(shape) for shape in [(units, features), (units, units), (units,)]]


U, W, B = np.array([[0.5]]), np.array([[0.9]]), np.zeros(1)
ONES = np.ones((1, 3, 1))


def test_three_steps_by_hand():
    s, backward = rnn(ONES, U, W, B)
    s1 = np.tanh(0.5)
    s2 = np.tanh(0.5 + 0.9 * s1)
    s3 = np.tanh(0.5 + 0.9 * s2)
    np.testing.assert_allclose(s.ravel(), [s1, s2, s3], rtol=1e-15)
    d3 = 1 - s3**2
    d2 = (1 - s2**2) * (1 + 0.9 * d3)  # from its own loss, and from the step after
    d1 = (1 - s1**2) * (1 + 0.9 * d2)
    dx, dU, dW, db = backward(ONES)
    np.testing.assert_allclose(dx.ravel(), [0.5 * d1, 0.5 * d2, 0.5 * d3], rtol=1e-15)
    np.testing.assert_allclose([dU.item(), db.item()], 2 * [d1 + d2 + d3], rtol=1e-15)
    np.testing.assert_allclose(dW.item(), d2 * s1 + d3 * s2, rtol=1e-15)
    assert (round(dU.item(), 4), round(dW.item(), 4)) == (2.1713, 0.5245)


def test_of_a_loss_at_the_end_alone_only_the_last_state_is_the_start():
    _, backward = rnn(ONES, U, W, B)
    _, dU, dW, _ = backward([[[0.0], [0.0], [1.0]]])
    assert (round(dU.item(), 4), round(dW.item(), 4)) == (0.5721, 0.3046)


def test_the_first_step_has_no_share_in_the_gradient_of_recurrent_weights():
    """It reads the state before, which is zero, and not its own."""
    s, backward = rnn(ONES[:, :1], U, W, B)
    _, dU, dW, _ = backward(np.ones_like(s))
    assert dW.item() == 0 != dU.item()
    _, _, dW, _ = rnn(ONES, U, W, B)[1]([[[1.0], [0.0], [0.0]]])
    assert dW.item() == 0


def test_a_layer_is_its_cell_step_by_step(rng):
    x, s0 = rng.standard_normal((2, 5, 3)), rng.standard_normal((2, 4))
    weights = parameters(4, 3)
    states, backward = rnn(x, *weights, s0)
    s = s0
    for t in range(5):
        s, _ = rnn_cell(x[:, t], s, *weights)
        np.testing.assert_allclose(states[:, t], s, rtol=1e-14)
    first, _ = rnn(x[:, :2], *weights, s0)
    rest, rest_backward = rnn(x[:, 2:], *weights, first[:, -1])
    np.testing.assert_allclose(np.concatenate([first, rest], axis=1), states, rtol=1e-14)
    # No gradient goes from one part to the other: that is truncated backpropagation through time.
    ds = np.zeros_like(states)
    ds[:, -1] = 1
    dx = backward(ds)[0]
    dx_rest = rest_backward(ds[:, 2:])[0]
    np.testing.assert_allclose(dx[:, 2:], dx_rest, rtol=1e-12)
    assert np.all(dx[:, :2] != 0)


def test_a_layer_without_recurrent_weights_is_dense_at_every_step(rng):
    x, (U, W, b) = rng.standard_normal((2, 5, 3)), parameters(4, 3)
    s, backward = rnn(x, U, 0 * W, b)
    z, dense_backward = dense(x, U, b)
    a, tanh_backward = tanh(z)
    np.testing.assert_allclose(s, a, rtol=1e-14)
    ds = rng.standard_normal(s.shape)
    dx, dU, _, db = backward(ds)
    for gradient, right in zip((dx, dU, db), dense_backward(tanh_backward(ds)), strict=True):
        np.testing.assert_allclose(gradient, right, rtol=1e-12, atol=1e-14)


def test_the_activation_is_that_of_every_step(rng):
    x = rng.standard_normal((2, 5, 3))
    linear, _ = rnn(x, *parameters(4, 3), activation=lambda z: (z, lambda dz: dz))
    assert np.abs(linear).max() > 1
    positive, _ = rnn(x, *parameters(4, 3), activation=relu)
    assert positive.min() == 0 < positive.max()


def test_the_checks_of_an_operation_are_left_out_within_the_loop():
    """They would cost as much as the step, and the layer has checked everything before."""
    converted = []

    @operation
    def counting(z):
        return z, lambda dz: converted.append(type(dz)) or dz

    rnn(ONES.tolist(), U, W, B, activation=counting)[1](ONES)
    assert converted == 3 * [np.ndarray]


def test_gradients_of_long_sequences_neither_lose_nor_gain(rng):
    x = 0.3 * rng.standard_normal((2, 40, 2))
    assert check_gradients(rnn, x, *parameters(3, 2), rng.standard_normal((2, 3)), rng=rng) < 1e-6


@pytest.mark.parametrize("size", [1000.0, -1000.0])
def test_saturated_units_pass_no_gradient_and_no_nan(size, rng):
    s, backward = rnn(np.full((1, 4, 2), size), np.ones((3, 2)), *parameters(3, 2)[1:])
    np.testing.assert_array_equal(s, np.full((1, 4, 3), np.sign(size)))
    for gradient in backward(np.ones_like(s)):
        np.testing.assert_array_equal(gradient, np.zeros_like(gradient))


def test_on_the_way_back_time_is_turned_round_and_features_are_not(rng):
    x, forth, back = rng.standard_normal((2, 3, 2)), parameters(2, 2, seed=1), parameters(2, 2, seed=2)
    s, _ = bidirectional(x, *forth, *back)
    np.testing.assert_array_equal(s[..., :2], rnn(x, *forth)[0])
    np.testing.assert_array_equal(s[..., 2:], np.flip(rnn(np.flip(x, axis=1), *back)[0], axis=1))


def test_each_direction_sees_what_comes_before_it():
    x = np.zeros((1, 4, 1))
    x[0, 2] = 1.0
    s, _ = bidirectional(x, U, W, B, U, W, B)
    np.testing.assert_array_equal(s[0] != 0, [[False, True], [False, True], [True, True], [True, False]])


def test_a_bidirectional_layer_hands_its_activation_to_both_directions(rng):
    x = rng.standard_normal((2, 5, 3))
    s, _ = bidirectional(x, *parameters(4, 3), *parameters(4, 3, seed=1), activation=relu)
    assert s[..., :4].min() == s[..., 4:].min() == 0


def test_a_deep_network_reads_the_states_of_the_layer_below(rng):
    x, first, second = rng.standard_normal((2, 5, 3)), parameters(4, 3), parameters(2, 4)
    network = Sequential(Layer(rnn, *first), Layer(rnn, *second), last, Layer(dense, np.ones((1, 2)), np.zeros(1)))
    y, backward = network(x)
    states, _ = rnn(rnn(x, *first)[0], *second)
    np.testing.assert_allclose(y, states[:, -1].sum(axis=1, keepdims=True), rtol=1e-14)
    assert [g.shape for g in backward(np.ones_like(y))] == [x.shape, *(p.shape for p in network.parameters)]


def test_over_time_gives_every_state_and_takes_a_gradient_for_each(rng):
    @operation
    def count(x, n, total, step):
        return (n + step, total + x), lambda dn, dtotal: (dtotal, dn, dtotal, dn.sum(axis=0))

    x, zeros, step = rng.standard_normal((2, 4, 1)), np.zeros((2, 1)), np.array([3.0])
    (n, total), backward = over_time(count, x, (zeros, zeros), step)
    np.testing.assert_array_equal(n[0].ravel(), [3, 6, 9, 12])
    np.testing.assert_allclose(total, np.cumsum(x, axis=1), rtol=1e-14)
    dx, dn, dtotal, dstep = backward(np.ones_like(n), None)
    np.testing.assert_array_equal(dx, np.zeros_like(x))
    np.testing.assert_array_equal(dn, np.full((2, 1), 4))
    np.testing.assert_array_equal(dtotal, zeros)
    np.testing.assert_array_equal(dstep, [2 * (1 + 2 + 3 + 4)])
    dx, *_ = backward(None, np.ones_like(n))
    np.testing.assert_array_equal(dx[0].ravel(), [4, 3, 2, 1])
    with pytest.raises(
        TypeError, match=r"^the backward map of over_time takes 2 gradients, one for each value, got 1$"
    ):
        backward(None)
    for wrong in (np.ones((1, 4, 1)), np.ones((2, 9, 1)), 1.0):
        with pytest.raises(ValueError, match=r"^dy must have the shape of the value of over_time, \(2, 4, 1\), got "):
            backward(wrong, None)


def test_a_cell_without_a_gradient_for_each_parameter_is_no_cell():
    def cell(x, s, W):
        return s + x * W, lambda ds: (ds * W, ds)  # none for W

    x = np.ones((1, 2, 1))
    (_, backward) = over_time(cell, x, [x[:, 0]], np.ones(1))
    with pytest.raises(ValueError, match="shorter"):
        backward(x)


def test_over_time_takes_lists_and_integers():
    x, W = np.ones((1, 2, 1)), [[2]]
    (s,), backward = over_time(rnn_cell, x.tolist(), [[[0]]], W, W, [0])
    (same,), same_backward = over_time(
        rnn_cell, x, [np.zeros((1, 1))], np.array([[2.0]]), np.array([[2.0]]), np.zeros(1)
    )
    np.testing.assert_array_equal(s, same)
    for one, other in zip(backward(s.tolist()), same_backward(s), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["U", "W", "b"])
def test_bidirectional_names_the_array_that_does_not_fit(name, rng):
    x = rng.standard_normal((2, 3, 2))
    arrays = {
        f"{kind}{way}": array for way in ("", "_back") for kind, array in zip("UWb", parameters(4, 2), strict=True)
    }
    for way in ("", "_back"):
        with pytest.raises(ValueError, match=f"^{name}{way} must have shape "):
            bidirectional(x, **arrays | {f"{name}{way}": np.ones((3, 3))})


def test_last_is_a_copy_of_the_last_step():
    x = np.arange(24.0).reshape(2, 3, 4)
    y, backward = last(x)
    np.testing.assert_array_equal(y, [[8, 9, 10, 11], [20, 21, 22, 23]])
    dx = backward(y)
    np.testing.assert_array_equal(dx[:, -1], y)
    np.testing.assert_array_equal(dx[:, :-1], np.zeros((2, 2, 4)))


# What is refused


X, (U3, W3, B3) = np.ones((2, 5, 3)), parameters(4, 3)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"x": X[0]}, "x must have shape (batch, time, features), with at least one time step, got (5, 3)"),
        ({"x": X[:, :0]}, "x must have shape (batch, time, features), with at least one time step, got (2, 0, 3)"),
        ({"x": X[..., :2]}, "U must have shape (units, features), here (4, 2), got (4, 3)"),
        ({"U": U3.T}, "U must have shape (units, features), here (4, 3), got (3, 4)"),
        ({"W": W3[:3]}, "W must have shape (units, units), here (4, 4), got (3, 4)"),
        ({"b": B3[:, None]}, "b must have shape (units,), here (4,), got (4, 1)"),
        ({"s0": np.ones((2, 3))}, "s0 must have shape (batch, units), here (2, 4), got (2, 3)"),
        ({"s0": np.ones(4)}, "s0 must have shape (batch, units), here (2, 4), got (4,)"),
        ({"s0": np.ones((1, 4))}, "s0 must have shape (batch, units), here (2, 4), got (1, 4)"),
    ],
)
def test_a_layer_says_what_does_not_fit(changed, says):
    with pytest.raises(ValueError) as error:  # noqa: PT011  the whole message is compared
        rnn(**{"x": X, "U": U3, "W": W3, "b": B3, **changed})
    assert str(error.value) == says


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"x": X}, "x must have shape (batch, features), the input of one time step, got (2, 5, 3)"),
        ({"s": np.ones((2, 3))}, "s must have shape (batch, units), here (2, 4), got (2, 3)"),
        ({"U": U3[:, :2]}, "U must have shape (units, features), here (4, 3), got (4, 2)"),
    ],
)
def test_a_cell_says_what_does_not_fit(changed, says):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        rnn_cell(**{"x": X[:, 0], "s": np.ones((2, 4)), "U": U3, "W": W3, "b": B3, **changed})
    assert str(error.value) == says


@pytest.mark.parametrize("layer", [rnn, rnn_cell])
def test_an_activation_must_be_something_to_call(layer):
    arrays = (X, U3, W3, B3) if layer is rnn else (X[:, 0], np.ones((2, 4)), U3, W3, B3)
    with pytest.raises(TypeError, match=r"^activation must be an operation, such as tanh, got 'tanh'$"):
        layer(*arrays, activation="tanh")


@pytest.mark.parametrize("shape", [(2, 3), (2, 0, 3), ()])
def test_last_needs_a_time_step(shape):
    with pytest.raises(ValueError, match=r"^x must have shape \(batch, time, features\), with at least one time step"):
        last(np.ones(shape))


@pytest.mark.parametrize("layer", [lstm, gru])
def test_no_layer_reads_an_empty_sequence(layer):
    gates = 4 if layer is lstm else 3
    with pytest.raises(ValueError, match=r"^x must have shape \(batch, time, features\), with at least one time step"):
        layer(np.ones((2, 0, 3)), *gates * [np.ones((4, 7))], *gates * [np.ones(4)])
