"""The numbers of the chapter "Backpropagation by hand", computed once more, without its notebook.

The network, its letters and the four-digit values are those of the notes; the long values of one step and of 10 000
steps are held to their last printed digit.
"""

import numpy as np
import pytest

from dlnotes.activations import sigmoid
from dlnotes.dense import dense
from dlnotes.gradient_check import numerical_gradient
from dlnotes.layers import Layer, Sequential
from dlnotes.losses import squared_error
from dlnotes.optimizers import SGD

X = np.array([[0.05, 0.10]])
TARGET = np.array([[0.01, 0.99]])


def start():
    """W1, b1, W2, b2 before training."""
    return [
        np.array([[0.15, 0.20], [0.25, 0.30]]),
        np.array([0.35, 0.35]),
        np.array([[0.40, 0.45], [0.50, 0.55]]),
        np.array([0.60, 0.60]),
    ]


def build():
    W1, b1, W2, b2 = start()
    return Sequential(Layer(dense, W1, b1), sigmoid, Layer(dense, W2, b2), sigmoid)


def loss_and_gradients(network):
    y_hat, network_backward = network(X)
    loss, loss_backward = squared_error(y_hat, TARGET)
    dy_hat, _ = loss_backward()
    _, *gradients = network_backward(dy_hat)
    return float(loss), gradients


def train(steps, *, biases=False, output_first=False):
    """Train with learning rate 0.5; return the loss and the two outputs afterwards."""
    network, optimizer = build(), SGD(0.5)
    moving = [0, 1, 2, 3] if biases else [0, 2]
    for _ in range(steps):
        _, gradients = loss_and_gradients(network)
        if output_first:  # the slip: the hidden gradients are computed through weights that have moved already
            outputs, _ = network(X)
            hidden, _ = sigmoid(X @ network.parameters[0].T + network.parameters[1])
            network.parameters[2] -= 0.5 * gradients[2]
            delta_o = (outputs - TARGET) * outputs * (1 - outputs)
            delta_h = delta_o @ network.parameters[2] * hidden * (1 - hidden)
            network.parameters[0] -= 0.5 * delta_h.T @ X
        else:
            optimizer.step([network.parameters[m] for m in moving], [gradients[m] for m in moving])
    loss, _ = loss_and_gradients(network)
    return loss, *network(X)[0][0].tolist()


def test_forward_pass_of_the_notes():
    W1, b1, W2, b2 = start()
    net_h, _ = dense(X, W1, b1)
    out_h, _ = sigmoid(net_h)
    net_o, _ = dense(out_h, W2, b2)
    out_o, _ = sigmoid(net_o)
    E, _ = squared_error(out_o, TARGET)
    assert [f"{v:.4f}" for v in (net_h[0, 0], *out_h[0], net_o[0, 0], *out_o[0], E)] == [
        "0.3775", "0.5933", "0.5969", "1.1059", "0.7514", "0.7729", "0.2984",
    ]  # fmt: skip


def test_gradients_of_all_weights_and_biases():
    _, (dW1, db1, dW2, db2) = loss_and_gradients(build())
    assert [f"{g:.9f}" for g in dW1.ravel()] == ["0.000438568", "0.000877135", "0.000497713", "0.000995425"]
    assert [f"{g:.9f}" for g in dW2.ravel()] == ["0.082167041", "0.082667628", "-0.022602540", "-0.022740242"]
    assert [f"{g:.9f}" for g in (*db1, *db2)] == ["0.008771355", "0.009954255", "0.138498562", "-0.038098237"]


def test_gradients_are_those_that_moving_each_parameter_shows():
    network = build()
    _, gradients = loss_and_gradients(network)
    for parameter, gradient in zip(network.parameters, gradients, strict=True):

        def f(moved, parameter=parameter):
            before = parameter.copy()
            parameter[...] = moved
            loss, _ = loss_and_gradients(network)
            parameter[...] = before
            return loss

        np.testing.assert_allclose(gradient, numerical_gradient(f, parameter), rtol=1e-6)


def test_one_update_with_learning_rate_one_half():
    network = build()
    _, gradients = loss_and_gradients(network)
    SGD(0.5).step(network.parameters, gradients)
    W1, b1, W2, b2 = network.parameters
    assert [f"{w:.9f}" for w in W1.ravel()] == ["0.149780716", "0.199561432", "0.249751144", "0.299502287"]
    assert [f"{w:.8f}" for w in W2.ravel()] == ["0.35891648", "0.40866619", "0.51130127", "0.56137012"]
    assert [f"{b:.6f}" for b in (*b1, *b2)] == ["0.345614", "0.345023", "0.530751", "0.619049"]


@pytest.mark.parametrize(
    ("options", "after_1", "after_10000", "outputs"),
    [
        ({"output_first": True}, "0.29102792391", "3.508478630e-05", ("0.0159121963", "0.9840657345")),
        ({}, "0.29102777369", "3.510187783e-05", ("0.0159136204", "0.9840642735")),
        ({"biases": True}, "0.28047144679", "2.447562236e-06", ("0.0115875274", "0.9884589350")),
    ],
)
def test_three_ways_to_train(options, after_1, after_10000, outputs):
    assert f"{train(1, **options)[0]:.11f}" == after_1
    E, *y_hat = train(10_000, **options)
    assert f"{E:.9e}" == after_10000
    assert tuple(f"{y:.10f}" for y in y_hat) == outputs


def test_where_the_published_errors_come_from():
    """Mazur (2015): 0.000035085 after 10 000 steps in some copies of the post, 0.0000351085 in others."""
    assert f"{train(10_000, output_first=True)[0]:.9f}" == "0.000035085"
    assert f"{train(9_999)[0]:.10f}" == "0.0000351085"
