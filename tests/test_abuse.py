"""Whatever a caller hands over: a right answer, or a `TypeError` or `ValueError` that says what was wrong with it.

Every public function of the package is called with its arguments, one or two of them exchanged for something hostile.
What comes back has to be free of surprises: no other error, none from the inside of NumPy or Python, and no argument
is changed.
"""

import copy
import functools
import inspect
import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import activations, attention, dense, diagrams, graph, initializers, losses, pooling, style, windows
from dlnotes.convolution import conv2d, true_conv2d, turn
from dlnotes.dense import dense as dense_layer
from dlnotes.dropout import dropout
from dlnotes.explore import Numbers, Pad, Points
from dlnotes.gradient_check import check_gradients, numerical_gradient
from dlnotes.graph_diagrams import draw_graph
from dlnotes.layers import Layer, Residual, Sequential, add, forward
from dlnotes.normalization import BatchNorm, batch_norm, layer_norm
from dlnotes.operation import operation
from dlnotes.optimizers import SGD, Adam, Momentum, RMSProp, global_norm
from dlnotes.recurrent import over_time, rnn, rnn_cell
from dlnotes.schedules import cosine, inverse, linear, warmup
from dlnotes.sequence_diagrams import draw_lstm_cell, draw_unrolled
from dlnotes.style import subplots
from dlnotes.text import Vocabulary
from dlnotes.training import accuracy, confusion_matrix, fewer, fit, loss_and_gradients, minibatches

RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 3))
IMAGES = RNG.standard_normal((1, 2, 5, 5))
W, B = RNG.standard_normal((4, 3)), np.zeros(4)
EDGES = np.array([[0, 1, 2], [1, 0, 0], [2, 0, 1]])
NODES = {"x": RNG.standard_normal((3, 3)), "adjacency": EDGES}
_, AX = style.subplots()


def first(generator):
    return next(generator)


def train(**arguments):
    line = Layer(dense_layer, W[:1], B[:1])
    given = {"network": line, "loss": losses.squared_error, "x": X, "y": X[:, :1], "optimizer": SGD(0.1)}
    return first(fit(**given | {"epochs": 1, "batch_size": 2, "rng": np.random.default_rng(0)} | arguments))


def deal(**arguments):
    return first(minibatches(**{"count": 5, "batch_size": 2, "rng": np.random.default_rng(0)} | arguments))


def layer(**arguments):
    return Layer(dense_layer, W, B)(arguments["x"])[0]


def returned(value, gradient):
    """An operation of the caller's own, forward and backward: what it returns may be anything."""
    _, backward = operation(lambda x, w: (value, lambda *dy: gradient))(X, 1.0)
    return backward(X)


def checked(value, gradient):
    return check_gradients(lambda x: (value, lambda *dy: gradient), X, rng=np.random.default_rng(0))


def through(network, value, gradient):
    """A layer of the caller's own inside a network."""
    _, backward = network(lambda x: (value, lambda *dy: gradient))(X)
    return backward(X)


def back_from(loss, gradient):
    return loss_and_gradients(activations.relu, lambda y_hat, y: (loss, lambda: gradient), X, X)


# A call that works, by its name: the function, and the arguments by name.
CALLS = {
    **{f.__name__: (f, {"z": X}) for f in (activations.sigmoid, activations.tanh, activations.relu, activations.gelu)},
    "leaky_relu": (activations.leaky_relu, {"z": X, "slope": 0.1}),
    "softmax": (activations.softmax, {"z": X, "axis": -1}),
    "dense": (dense.dense, {"x": X, "W": W, "b": B}),
    "flatten": (dense.flatten, {"x": IMAGES}),
    "squared_error": (losses.squared_error, {"y_hat": X, "y": X, "reduction": "mean"}),
    "binary_cross_entropy": (losses.binary_cross_entropy, {"z": X, "y": abs(X) / 9, "reduction": "sum"}),
    "cross_entropy": (losses.cross_entropy, {"z": X, "labels": [0, 1], "mask": [True, True], "reduction": "mean"}),
    "conv2d": (conv2d, {"x": IMAGES, "W": np.ones((1, 2, 3, 3)), "b": [0.0], "stride": 1, "padding": 0}),
    "true_conv2d": (true_conv2d, {"x": IMAGES, "W": np.ones((1, 2, 3, 3)), "b": [0.0], "stride": 2, "padding": 1}),
    "turn": (turn, {"W": IMAGES}),
    "max_pool2d": (pooling.max_pool2d, {"x": IMAGES, "window": 2, "stride": 1}),
    "mean_pool2d": (pooling.mean_pool2d, {"x": IMAGES, "window": 2, "stride": None}),
    "pad": (windows.pad, {"x": IMAGES, "padding": 1}),
    "dilate": (windows.dilate, {"x": IMAGES, "stride": 2}),
    "im2col": (windows.im2col, {"x": IMAGES, "window": 2, "stride": 1}),
    "glorot": (initializers.glorot, {"outputs": 2, "inputs": 3, "rng": RNG}),
    "he": (initializers.he, {"outputs": 2, "inputs": 3, "rng": RNG}),
    "attention_weights": (attention.attention_weights, {"Q": X, "K": W, "mask": np.eye(2, 4) == 1}),
    "attention": (attention.attention, {"Q": X, "K": W, "V": W, "mask": None}),
    "multi_head_attention": (
        attention.multi_head_attention,
        {"x": X[None], "W_Q": W, "W_K": W, "W_V": W, "W_O": W.T, "memory": X[None], "heads": 2, "mask": None},
    ),
    "causal_mask": (attention.causal_mask, {"time": 3}),
    "add": (add, {"x": X, "y": X}),
    "Layer": (Layer, {"operation": activations.relu}),
    "layer": (layer, {"x": X}),
    "Sequential": (lambda layers: Sequential(layers)(X), {"layers": activations.relu}),
    "Residual": (lambda branch: Residual(branch)(X), {"branch": activations.relu}),
    "forward": (lambda operation: forward(operation, X, training=True), {"operation": activations.relu}),
    "dropout": (dropout, {"x": X, "rate": 0.5, "rng": RNG, "training": True}),
    "layer_norm": (layer_norm, {"x": X, "gain": X[0], "shift": X[1], "epsilon": 0.1}),
    "batch_norm": (batch_norm, {"x": X, "gain": X[0], "shift": X[1], "statistics": (X[0], X[1] ** 2), "epsilon": 0.1}),
    "batch_norm of a batch": (batch_norm, {"x": IMAGES, "gain": X[0, :2], "shift": X[1, :2], "epsilon": 0.1}),
    "BatchNorm": (BatchNorm, {"gain": X[0], "shift": X[1], "keep": 0.5, "epsilon": 0.1}),
    "in BatchNorm": (
        lambda gain, shift, x, training: BatchNorm(gain, shift)(x, training=training),
        {"gain": X[0], "shift": X[1], "x": X, "training": True},
    ),
    "SGD": (SGD, {"learning_rate": 0.1, "weight_decay": 0.1}),
    "Momentum": (Momentum, {"learning_rate": 0.1, "beta": 0.9, "weight_decay": 0.1}),
    "RMSProp": (RMSProp, {"learning_rate": 0.1, "beta": 0.9, "epsilon": 0.1, "weight_decay": 0.1}),
    "Adam": (Adam, {"learning_rate": 0.1, "beta_1": 0.9, "beta_2": 0.9, "epsilon": 0.1, "weight_decay": 0.1}),
    "linear": (linear, {"first": 0.1, "last": 0.0, "steps": 9}),
    "cosine": (cosine, {"first": 0.1, "last": 0.0, "steps": 9}),
    "inverse": (inverse, {"first": 0.1, "steps": 9}),
    "warmup": (warmup, {"schedule": linear(0.1, 0.0, steps=9), "steps": 9}),
    "a step's rate": (lambda step: cosine(0.1, 0.0, steps=9)(step), {"step": 3}),
    "step": (lambda **a: SGD(0.1).step(**a), {"parameters": [np.ones(2)], "gradients": [np.ones(2)]}),
    "minibatches": (deal, {"count": 5, "batch_size": 2, "rng": np.random.default_rng(0)}),
    "fit": (
        train,
        {"loss": losses.squared_error, "x": X, "y": X[:, :1], "optimizer": SGD(0.1), "epochs": 1, "batch_size": 2}
        | {"network": Layer(dense_layer, W[:1], B[:1]), "rng": np.random.default_rng(0)},
    ),
    "loss_and_gradients": (
        loss_and_gradients,
        {"network": activations.relu, "loss": losses.squared_error, "x": X, "y": X},
    ),
    "accuracy": (accuracy, {"network": activations.relu, "x": X, "labels": [0, 1]}),
    "confusion_matrix": (confusion_matrix, {"network": activations.relu, "x": X, "labels": [0, 1]}),
    "fewer": (fewer, {"count": 5, "in_browser": 2}),
    "window_positions": (windows.window_positions, {"image": 5, "window": 2, "stride": 1}),
    "parameters": (lambda *, W, b: Layer(dense_layer, W, b), {"W": W, "b": B}),
    "training": (lambda training: Layer(activations.relu)(X, training=training), {"training": True}),
    "rate": (lambda rate: SGD(lambda step: rate).step([np.ones(2)], [np.ones(2)]), {"rate": 0.1}),
    "move": (lambda w, dw: SGD(0.1).step([w], [dw]), {"w": np.ones(2), "dw": np.ones(2)}),
    "operation": (operation, {"function": lambda x: (x, lambda dy: dy), "integers": ()}),
    "returned": (returned, {"value": X, "gradient": (X, 1.0)}),
    "checked": (checked, {"value": 2 * X, "gradient": np.zeros((2, 3))}),
    "in Sequential": (functools.partial(through, Sequential), {"value": X, "gradient": X}),
    "in Residual": (functools.partial(through, Residual), {"value": X, "gradient": X}),
    "loss": (back_from, {"loss": 1.0, "gradient": X}),
    "scores": (lambda scores, labels: accuracy(lambda x: (scores, abs), X, labels), {"scores": X, "labels": [0, 1]}),
    "node_positions": (diagrams.node_positions, {"sizes": (2, 3)}),
    "draw_edge": (
        functools.partial(diagrams.draw_edge, AX),
        {"start": (0, 0), "end": (1, 1), "weight": 0.5, "largest": 1, "label": "w", "lit": None, "node_size": 9}
        | {"directed": True, "label_at": 0.5, "beside": True, "press": "edge=w5"},
    ),
    "pressable": (lambda **a: diagrams.pressable(AX.plot([0, 1])[0], **a), {"press": "edge=w5", "drag": True}),
    "Pad": (Pad, {"start": np.eye(2), "label": "digit", "brush": 0.8, "examples": {"none": np.zeros((2, 2))}}),
    "Points": (Points, {"start": [[1, 2]], "low": (0, 0), "high": (4, 4), "label": "point", "decimals": 1}),
    "Numbers": (Numbers, {"start": np.eye(2), "label": "w", "decimals": 1, "examples": {"none": np.zeros((2, 2))}}),
    "draw_node": (
        functools.partial(diagrams.draw_node, AX),
        {"at": (0, 0), "name": "h", "value": "1", "error": "2", "below": False, "size": 9},
    ),
    "draw_grid": (
        functools.partial(diagrams.draw_grid, AX),
        {"numbers": np.eye(2), "at": (0, 0), "title": "", "largest": 1, "framed": [(0, 0, 1, 1)], "color": "red"}
        | {"digits": 3, "font_size": 9},
    ),
    "normalized_adjacency": (graph.normalized_adjacency, {"A": EDGES, "self_loops": True}),
    **{f.__name__: (f, NODES) for f in (graph.sum_aggregation, graph.mean_aggregation, graph.max_aggregation)},
    "graph_convolution": (graph.graph_convolution, {**NODES, "W": W, "b": B}),
    "sage_convolution": (graph.sage_convolution, {**NODES, "W_self": W, "W_neighbours": W, "b": B}),
    "attention_convolution": (graph.attention_convolution, {**NODES, "W": W, "b": B, "u": B, "v": B}),
    "draw_graph": (
        functools.partial(draw_graph, AX),
        {"positions": np.eye(3)[:, :2], "adjacency": EDGES, "values": [0.1, 0.2, 0.3], "largest": 1}
        | {"names": ["a", 2, ""], "squares": [1], "framed": [0], "crossed": (2,), "messages": [(0, 1)], "size": 9},
    ),
    "contrast": (style.contrast, {"first": "red", "second": "blue"}),
    "text_on": (style.text_on, {"color": "red"}),
    "numerical_gradient": (lambda f, x, step: numerical_gradient(f, x, step=step), {"f": np.sum, "x": X, "step": 1e-5}),
    "check_gradients": (
        lambda operation, x, rng, tolerance: check_gradients(operation, x, rng=rng, tolerance=tolerance),
        {"operation": activations.sigmoid, "x": X, "rng": np.random.default_rng(0), "tolerance": 1e-6},
    ),
}


class Unprintable:
    """What can't be written into a message, and is no array either."""

    def __repr__(self):
        raise RuntimeError

    def __array__(self, *args, **kwargs):
        raise RuntimeError


endless = []
endless.append(endless)

SCALARS = [True, False, None, 0, -1, 1, 2, 3, 10**30, 10**400, 0.5, -0.5, 2.0, np.nan, np.inf, 1j]
SCALARS += ["", "2", "mean", b"1"]
SCALARS += [np.int8(3), np.uint8(200), np.float16(0.5), np.bool_(True), np.datetime64("2026-01-01"), object(), ...]
SCALARS += [np.timedelta64(1, "s"), 10**5000, 2**63, np.int64(2**62), np.str_("mean"), Unprintable(), "a" * 1000]
OTHERS = [{}, {"a": 1}, set(), range(3), slice(1), lambda *a, **k: 1, lambda *a: (a[0], None), lambda *a: a[0]]
OTHERS += [(1, 2), (0, 1), (True, 1), (1.0, 2), [1, 2, 3], [[1.0], [2.0, 3.0]], [None], [[]], (), [np.ma.masked]]
OTHERS += [[[np.ma.masked, 1.0, 2.0]], ([np.ma.array([1.0, 2.0], mask=[0, 1])],), endless, ("a", None), [(0, 0, 1)]]
ARRAYS = [np.ma.masked_less(X, 0), np.ma.array(X), np.array(1.0), np.zeros(0), np.zeros((0, 3)), np.zeros((2, 0))]
ARRAYS += [
    np.full((2, 3), np.nan),
    np.full((2, 3), 1e300),
    np.full((2, 3), np.inf),
    np.array(["a", "b"]),
    X.astype(str),
]
ARRAYS += [X.astype(complex), X.astype(object), X > 0, X.astype(np.int8), X.astype(np.float16), X.T, X[:, ::-1]]
ARRAYS += [IMAGES, IMAGES[0], np.zeros((1, 2, 0, 5)), np.zeros((1, 1, 1, 1)), np.array([0, 7]), np.array([-1, 0])]
ARRAYS += [np.array([0, 1], dtype=np.uint64), np.recarray(2, dtype=[("a", float)]), np.zeros((2, 3, 1))]
ARRAYS += [X.astype(np.longdouble), X.astype(">f4"), np.broadcast_to(1.0, (2, 3)), np.array(None)]
HOSTILE = [*SCALARS, *OTHERS, *ARRAYS]


def raised_inside(error):
    """Whether an error comes from the inside of NumPy or of Python, not from a check of the package."""
    if "required positional argument" in str(error):
        return False  # Python's own sentence names what is missing
    last = inspect.getinnerframes(error.__traceback__)[-1]
    return "raise " not in "".join(last.code_context or []) or "dlnotes" not in last.filename


def attempt(function, arguments):
    """Call a function; return its value, or the error if it is one that names the fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # overflow and nan are answers too
        try:
            return function(**arguments)
        except (TypeError, ValueError, AssertionError) as error:
            refused = error
    assert 0 < len(str(refused).strip()) < 600
    assert not raised_inside(refused), f"{refused!r} for {arguments}"
    return refused


@pytest.mark.parametrize("name", CALLS)
def test_the_calls_work_before_anything_is_exchanged(name):
    function, arguments = CALLS[name]
    assert not isinstance(attempt(function, copy.deepcopy(arguments)), Exception)


@pytest.mark.parametrize("name", CALLS)
def test_every_hostile_value_in_every_place(name):
    function, arguments = CALLS[name]
    for place in arguments:
        for value in HOSTILE:
            attempt(function, copy.deepcopy({k: v for k, v in arguments.items() if k != place}) | {place: value})


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.data())
def test_two_hostile_values_at_once(data):
    function, arguments = CALLS[data.draw(st.sampled_from(sorted(CALLS)))]
    places = data.draw(st.lists(st.sampled_from(sorted(arguments)), min_size=1, max_size=2, unique=True))
    values = {place: HOSTILE[data.draw(st.integers(0, len(HOSTILE) - 1))] for place in places}
    before = {k: v.copy() for k, v in values.items() if isinstance(v, np.ndarray)}
    result = attempt(function, copy.deepcopy({k: v for k, v in arguments.items() if k not in values}) | values)
    if isinstance(result, tuple) and len(result) == 2 and callable(result[1]):
        y, backward = result
        attempt(
            lambda dy: backward(dy), {"dy": np.ones(np.shape(y)) if data.draw(st.booleans()) else values[places[0]]}
        )
    for place, unchanged in before.items():
        np.testing.assert_equal(np.asarray(values[place]), np.asarray(unchanged))


# What recurrent layers, texts and their drawings refuse

SEQUENCE, STATE, SQUARE = np.ones((2, 5, 4)), np.zeros((2, 3)), np.eye(3)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: rnn(SEQUENCE, np.ones((3, 4)), SQUARE, np.zeros(3), activation=None),
            "activation must be an operation",
        ),
        (
            lambda: rnn(SEQUENCE, np.ones((3, 4)), SQUARE, np.zeros(3), activation=np.tanh),
            "must return a value and its",
        ),
        (lambda: rnn_cell(STATE, STATE, SQUARE, SQUARE, np.zeros(3), activation=np.sum), "must return a value and its"),
        (lambda: over_time(3, SEQUENCE, [STATE]), "cell must be a cell, such as rnn_cell, got 3"),
        (lambda: over_time(rnn_cell, SEQUENCE, None), "states must be a list of arrays, got"),
        (lambda: over_time(rnn_cell, SEQUENCE[0], [STATE]), "x must have shape (batch, time, features)"),
        (lambda: Vocabulary(5), "expected a text, or a list of words, got"),
        (lambda: Vocabulary("ab").encode(None), "expected a text, or a list of words, got"),
        (lambda: Vocabulary("ab").encode([["a"]]), "a token must be a text, a character or a word"),
        (lambda: global_norm(1.0), "gradients must be a list of arrays, got"),
        (lambda: draw_unrolled(subplots()[1], ["a"], 0.5), "states must be a list of numbers or texts, got"),
        (lambda: draw_unrolled(subplots()[1], ["a"], [0.5], lit=[1]), 'lit must be "forward" or "backward"'),
        (lambda: draw_lstm_cell(subplots()[1], x="e", h="1", c=0, f=1, i=1, g=1, o=1), "h must be a finite number"),
        (
            lambda: draw_lstm_cell(subplots()[1], x="e", h=0, c=0, f=1, i=1, g=1, o=1, gradients=3),
            "must be a dictionary",
        ),
    ],
)
def test_sequences_refuse_what_is_of_the_wrong_kind(call, says):
    with pytest.raises((TypeError, ValueError), match=re.escape(says)):
        call()
