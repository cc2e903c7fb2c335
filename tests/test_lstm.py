"""The LSTM and the GRU: gates by hand, the way back along the cell, saturated gates, and messages."""

import numpy as np
import pytest

from dlnotes.gradient_check import check_gradients
from dlnotes.initializers import lstm_parameters
from dlnotes.lstm import gru, gru_cell, lstm, lstm_cell
from dlnotes.recurrent import over_time

OPEN, CLOSED = 1000.0, -1000.0  # biases that hold a gate


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def random_gates(count, units, features, seed=0):
    rng = np.random.default_rng(seed)
    return [*rng.standard_normal((count, units, units + features)), *rng.standard_normal((count, units))]


def held(forget, add, show):
    """An LSTM of one unit and one feature whose gates are held by their biases, and whose candidate is tanh(x)."""
    zeros = np.zeros((1, 2))
    return [zeros, zeros, np.array([[0.0, 1.0]]), zeros, np.array([forget]), np.array([add]), np.zeros(1),
            np.array([show])]  # fmt: skip


def test_one_step_by_hand():
    W_f, W_i, W_g, W_o, b_f, b_i, b_g, b_o = random_gates(4, 1, 1)
    x, h, c = 0.3, -0.2, 0.8
    (h_new, c_new), _ = lstm_cell([[x]], [[h]], [[c]], W_f, W_i, W_g, W_o, b_f, b_i, b_g, b_o)

    def z(W, b):
        return W[0, 0] * h + W[0, 1] * x + b[0]  # first the state, then the input

    right_c = sigmoid(z(W_f, b_f)) * c + sigmoid(z(W_i, b_i)) * np.tanh(z(W_g, b_g))
    np.testing.assert_allclose(c_new, [[right_c]], rtol=1e-14)
    np.testing.assert_allclose(h_new, [[sigmoid(z(W_o, b_o)) * np.tanh(right_c)]], rtol=1e-14)


def test_the_gates_of_three_steps_have_four_different_gradients(rng):
    parameters = random_gates(4, 3, 2)
    x = rng.standard_normal((2, 3, 2))
    assert check_gradients(lstm, x, *parameters, rng=rng) < 1e-6
    _, backward = lstm(x, *parameters)
    *_, db_f, db_i, db_g, db_o = backward(rng.standard_normal((2, 3, 3)))
    gradients = [db_f, db_i, db_g, db_o]
    for k, first in enumerate(gradients):
        for second in gradients[k + 1 :]:
            assert np.abs(first - second).min() > 1e-3


def test_an_open_forget_gate_carries_cell_and_gradient_unchanged():
    """The constant error carousel: over 50 steps neither the cell nor its gradient changes."""
    x, parameters = np.zeros((1, 50, 1)), held(forget=OPEN, add=CLOSED, show=CLOSED)
    (h, c), backward = over_time(lstm_cell, x, [np.zeros((1, 1)), np.full((1, 1), 0.7)], *parameters)
    np.testing.assert_array_equal(c, np.full((1, 50, 1), 0.7))
    np.testing.assert_array_equal(h, np.zeros((1, 50, 1)))
    dc = np.zeros_like(c)
    dc[:, -1] = 1.0
    _, _, dc0, *_ = backward(None, dc)
    assert dc0 == 1.0


@pytest.mark.parametrize("bias", [0.0, 1.0, 5.0])
def test_along_the_cell_the_gradient_shrinks_by_the_forget_gate(bias):
    x, parameters = np.zeros((1, 50, 1)), held(forget=bias, add=CLOSED, show=CLOSED)
    (_, c), backward = over_time(lstm_cell, x, [np.zeros((1, 1)), np.ones((1, 1))], *parameters)
    dc = np.zeros_like(c)
    dc[:, -1] = 1.0
    _, _, dc0, *_ = backward(None, dc)
    np.testing.assert_allclose(dc0, [[sigmoid(bias) ** 50]], rtol=1e-12)
    np.testing.assert_allclose(c[0, -1], [sigmoid(bias) ** 50], rtol=1e-12)


def test_each_gate_does_what_its_name_says():
    x, c = np.array([[0.5]]), np.array([[0.7]])
    for forget, add, right in [(OPEN, CLOSED, 0.7), (CLOSED, OPEN, np.tanh(0.5)), (CLOSED, CLOSED, 0.0)]:
        (h, c_new), _ = lstm_cell(x, [[0.0]], c, *held(forget, add, show=OPEN))
        np.testing.assert_array_equal(c_new, [[right]])
        np.testing.assert_array_equal(h, np.tanh(c_new))
        (h, _), _ = lstm_cell(x, [[0.0]], c, *held(forget, add, show=CLOSED))
        assert h == 0


@pytest.mark.parametrize("size", [1000.0, -1000.0])
@pytest.mark.parametrize(("layer", "gates"), [(lstm, 4), (gru, 3)])
def test_saturated_gates_give_no_nan_and_no_warning(layer, gates, size):
    h, backward = layer(np.full((1, 4, 2), size), *random_gates(gates, 3, 2))
    assert np.all(np.abs(h) <= 1)
    for gradient in backward(np.ones_like(h)):
        assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize(("layer", "gates", "states"), [(lstm, 4, 2), (gru, 3, 1)])
def test_a_layer_continues_from_the_states_it_is_given(layer, gates, states, rng):
    x, parameters = rng.standard_normal((2, 6, 3)), random_gates(gates, 4, 3)
    cell = lstm_cell if layer is lstm else gru_cell
    zeros = [np.zeros((2, 4))] * states
    sequences, _ = over_time(cell, x, zeros, *parameters)
    whole, _ = layer(x, *parameters)
    np.testing.assert_array_equal(whole, sequences[0])
    np.testing.assert_array_equal(whole, layer(x, *parameters, *zeros)[0])
    middle = [sequence[:, 2] for sequence in sequences]
    np.testing.assert_allclose(layer(x[:, 3:], *parameters, *middle)[0], whole[:, 3:], rtol=1e-13)


def test_only_the_states_that_are_given_have_gradients(rng):
    x, parameters, states = rng.standard_normal((2, 4, 3)), random_gates(4, 2, 3), rng.standard_normal((2, 2, 2))
    h, backward = lstm(x, *parameters, c0=states[1])
    assert len(backward(np.ones_like(h))) == 10
    np.testing.assert_array_equal(backward(np.ones_like(h))[-1], lstm(x, *parameters, 0 * states[0], states[1])[1](
        np.ones_like(h))[-1])  # fmt: skip
    assert check_gradients(lstm, x, *parameters, *states, rng=rng) < 1e-6


def test_long_sequences_pass_the_check(rng):
    x = rng.standard_normal((1, 30, 2))
    assert check_gradients(lstm, x, *lstm_parameters(3, 2, rng, forget_bias=4), rng=rng) < 1e-6
    assert check_gradients(gru, x, *random_gates(3, 3, 2), rng=rng) < 1e-6


def test_a_step_of_a_gru_by_hand():
    W_r, W_u, W_g, b_r, b_u, b_g = random_gates(3, 1, 1)
    x, h = 0.3, -0.6
    r = sigmoid(W_r[0, 0] * h + W_r[0, 1] * x + b_r[0])
    u = sigmoid(W_u[0, 0] * h + W_u[0, 1] * x + b_u[0])
    g = np.tanh(W_g[0, 0] * r * h + W_g[0, 1] * x + b_g[0])
    h_new, _ = gru_cell([[x]], [[h]], W_r, W_u, W_g, b_r, b_u, b_g)
    np.testing.assert_allclose(h_new, [[(1 - u) * h + u * g]], rtol=1e-14)


def test_the_update_gate_of_a_gru_keeps_the_state_or_replaces_it():
    zeros, W_g = np.zeros((1, 2)), np.array([[1.0, 1.0]])
    for update, reset, right in [
        (CLOSED, OPEN, 0.7),
        (OPEN, OPEN, np.tanh(0.7 + 0.5)),
        (OPEN, CLOSED, np.tanh(0.5)),
    ]:
        h, _ = gru_cell([[0.5]], [[0.7]], zeros, zeros, W_g, [reset], [update], [0.0])
        np.testing.assert_allclose(h, [[right]], rtol=1e-15)


# What is refused


def layer_arguments(gates, names):
    return dict(zip(["x", *names], [np.ones((2, 5, 3)), *random_gates(gates, 4, 3)], strict=True))


LSTM = layer_arguments(4, ["W_f", "W_i", "W_g", "W_o", "b_f", "b_i", "b_g", "b_o"])
GRU = layer_arguments(3, ["W_r", "W_u", "W_g", "b_r", "b_u", "b_g"])


def message(operation, arguments):
    with pytest.raises(ValueError) as error:  # noqa: PT011  the whole message is compared
        operation(**arguments)
    return str(error.value)


@pytest.mark.parametrize(("layer", "arguments"), [(lstm, LSTM), (gru, GRU)])
def test_a_layer_names_the_gate_that_does_not_fit(layer, arguments):
    for name in list(arguments)[1:]:
        said = message(layer, {**arguments, name: np.ones((4, 3))})
        if name.startswith("W"):
            assert said == f"{name} must have shape (units, units + features), here (4, 7), got (4, 3)"
        else:  # the first bias says how many units there are
            units = 12 if name in ("b_f", "b_r") else 4
            assert said == f"{name} must have shape (units,), here ({units},), got (4, 3)"


@pytest.mark.parametrize(("layer", "arguments", "state"), [(lstm, LSTM, "h0"), (lstm, LSTM, "c0"), (gru, GRU, "h0")])
def test_a_layer_names_the_state_that_does_not_fit(layer, arguments, state):
    said = message(layer, {**arguments, state: np.ones((2, 3))})
    assert said == f"{state} must have shape (batch, units), here (2, 4), got (2, 3)"


@pytest.mark.parametrize(("cell", "arguments", "states"), [(lstm_cell, LSTM, ["h", "c"]), (gru_cell, GRU, ["h"])])
def test_a_cell_says_what_does_not_fit(cell, arguments, states):
    right = {**arguments, "x": np.ones((2, 3)), **{state: np.ones((2, 4)) for state in states}}
    cell(**right)
    assert message(cell, {**right, "x": np.ones(3)}) == (
        "x must have shape (batch, features), the input of one time step, got (3,)"
    )
    assert message(cell, {**right, "W_g": np.ones((4, 6))}) == (
        "W_g must have shape (units, units + features), here (4, 7), got (4, 6)"
    )
    for state in states:
        assert message(cell, {**right, state: np.ones((2, 5))}) == (
            f"{state} must have shape (batch, units), here (2, 4), got (2, 5)"
        )


@pytest.mark.parametrize(("layer", "arguments"), [(lstm, LSTM), (gru, GRU)])
def test_a_layer_wants_time_on_the_second_axis(layer, arguments):
    assert message(layer, {**arguments, "x": np.ones((5, 3))}).endswith("at least one time step, got (5, 3)")
