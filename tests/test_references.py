"""Every operation against PyTorch, whose numbers are stored: tests/references/make_references.py made them."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from dlnotes.activations import gelu, leaky_relu, relu, sigmoid, softmax, tanh
from dlnotes.attention import attention, multi_head_attention
from dlnotes.convolution import conv2d, true_conv2d
from dlnotes.dense import dense, flatten
from dlnotes.embedding import embedding, negative_sampling
from dlnotes.graph import (
    attention_convolution,
    graph_convolution,
    max_aggregation,
    mean_aggregation,
    normalized_adjacency,
    sage_convolution,
    sum_aggregation,
)
from dlnotes.layers import Layer, Sequential
from dlnotes.losses import binary_cross_entropy, cross_entropy, squared_error
from dlnotes.lstm import gru, lstm
from dlnotes.normalization import BatchNorm, batch_norm, layer_norm
from dlnotes.optimizers import SGD, Adam, Clipped, Momentum, RMSProp
from dlnotes.pooling import max_pool2d, mean_pool2d
from dlnotes.recurrent import bidirectional, rnn
from dlnotes.schedules import cosine


def build(W1, b1, W2, b2, W3, b3):
    return Sequential(Layer(dense, W1, b1), leaky_relu, Layer(dense, W2, b2), tanh, Layer(dense, W3, b3))


def network(x, *parameters):
    return build(*parameters)(x)


def cnn(x, W1, b1, W2, b2):
    conv_layer, dense_layer = Layer(conv2d, W1, b1, padding=1), Layer(dense, W2, b2)
    return Sequential(conv_layer, relu, max_pool2d, flatten, dense_layer)(x)


def pair(digits):
    return tuple(int(n) for n in digits)


CONVOLUTIONS = [
    *product(["32"], ["11", "22", "13"], ["00", "11", "02"]),
    *product(["11"], ["11", "22"], ["00", "11"]),
    *[("56", "11", "00"), ("56", "13", "11")],
]
POOLINGS = [("22", "22"), ("32", "12"), ("23", "31"), ("56", "11")]

RECURRENT = {
    **{
        f"{f.__name__}_{kind}": (f, {})
        for f in (rnn, lstm, gru)
        for kind in [
            *["1_1_1_1", "1_4_2_3", "1_1_50_3", "3_4_1_3", "3_1_2_1", "3_4_50_1", "8_1_1_3", "8_4_2_1", "8_4_50_3"],
            *["states", "extreme"],
        ]
    },
    "bidirectional": (bidirectional, {}),
}

ATTENTION = {
    **{
        f"attention{kind}": (attention, {})
        for kind in ["", "_large_scores", "_mask_one_for_all", "_mask_of_keys", "_mask_of_every_score"]
    },
    **{f"multi_head_attention_{heads}": (multi_head_attention, {"heads": heads}) for heads in (1, 3)},
    **{f"multi_head_attention_{kind}": (multi_head_attention, {"heads": 2}) for kind in ("causal", "memory")},
}


def gcn(x, W, b, *, adjacency, self_loops=True):
    return graph_convolution(x, W, b, adjacency=normalized_adjacency(adjacency, self_loops=self_loops))


GRAPHS = {
    **{
        f.__name__: (f, {})
        for f in (sum_aggregation, mean_aggregation, max_aggregation, sage_convolution, attention_convolution, gcn)
    },
    "gcn_without_loops": (gcn, {"self_loops": False}),
}

STATISTICS = [0.5, -1, 2, 0, 0.25], [0.25, 4, 1, 0, 2.5]
NORMS = {
    "layer_norm": (layer_norm, {}),
    "layer_norm_steps": (layer_norm, {"epsilon": 0.25}),
    "batch_norm": (batch_norm, {}),
    "batch_norm_images": (batch_norm, {"epsilon": 0.25}),
    "batch_norm_statistics": (batch_norm, {"statistics": STATISTICS}),
    "batch_norm_images_statistics": (batch_norm, {"statistics": STATISTICS}),
}

OPERATIONS = {
    **RECURRENT,
    **ATTENTION,
    **GRAPHS,
    **NORMS,
    **{
        f"conv2d_{kernel}_stride_{stride}_padding_{padding}": (
            conv2d,
            {"stride": pair(stride), "padding": pair(padding)},
        )
        for kernel, stride, padding in CONVOLUTIONS
    },
    **{
        f"{f.__name__}_{window}_stride_{stride}": (f, {"window": pair(window), "stride": pair(stride)})
        for f, (window, stride) in product([max_pool2d, mean_pool2d], POOLINGS)
    },
    "true_conv2d": (true_conv2d, {"stride": (1, 3), "padding": 1}),
    "max_pool2d_ties": (max_pool2d, {"stride": 1}),
    "cnn": (cnn, {}),
    **{f.__name__: (f, {}) for f in (sigmoid, tanh, relu, leaky_relu, gelu, softmax, dense, network)},
    **{f"{f.__name__}_extreme": (f, {}) for f in (sigmoid, tanh, relu, leaky_relu, gelu, softmax)},
    "dense_steps": (dense, {}),
    "embedding": (embedding, {}),
    "dense_steps_and_heads": (dense, {}),
    "softmax_axis_0": (softmax, {"axis": 0}),
    "leaky_relu_slope": (leaky_relu, {"slope": 0.2}),
    **{
        f"{f.__name__}_{name}{reduction}": (f, {"reduction": reduction})
        for f, names in [
            (squared_error, [""]),
            (cross_entropy, ["", "extreme_", "steps_", "masked_"]),
            (binary_cross_entropy, ["", "extreme_"]),
            (negative_sampling, [""]),
        ]
        for name in names
        for reduction in ("mean", "sum")
    },
}

# rtol, and atol for where both subtract nearly equal numbers: 1 - tanh(20)**2 is rounding, here and there.
CLOSE = {"float64": {"rtol": 1e-12, "atol": 1e-15}, "float32": {"rtol": 2e-6, "atol": 5e-7}}

INDICES = ("labels", "tokens")  # which have no gradient


@pytest.fixture(scope="module")
def stored():
    with np.load(Path(__file__).parent / "references" / "pytorch.npz") as file:
        return dict(file)


def arrays_of(stored, case, dtype):
    prefix = f"{case}.{dtype}."
    return {name.removeprefix(prefix): array for name, array in stored.items() if name.startswith(prefix)}


def test_every_stored_case_is_compared(stored):
    assert {name.split(".")[0] for name in stored} == {*OPERATIONS, *OPTIMIZERS, *RUNNING, "steps", *STEPS_OF}


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("case", OPERATIONS)
def test_value_and_gradients_are_those_of_pytorch(stored, case, dtype):
    arrays = arrays_of(stored, case, dtype)
    value, dvalue = arrays.pop("value"), arrays.pop("dvalue")
    arguments = {name: array for name, array in arrays.items() if f"d{name}" in arrays or name in INDICES}
    operation, options = OPERATIONS[case]
    options = {**options, **{name: array for name, array in arrays.items() if name in ("mask", "adjacency")}}
    close = CLOSE[dtype]
    if case in RECURRENT:  # rounding adds up over time, and is multiplied by the input
        steps, size = arguments["x"].shape[1], np.abs(arguments["x"]).max()
        close = {"rtol": steps * close["rtol"], "atol": steps * size * close["atol"]}

    y, backward = operation(*arguments.values(), **options)
    np.testing.assert_allclose(y, value, **close)
    assert y.dtype == dtype

    gradients = backward(dvalue)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    for name, gradient in zip(arguments, gradients, strict=True):
        if name not in INDICES:
            np.testing.assert_allclose(gradient, arrays[f"d{name}"], err_msg=f"d{name}", **close)


OPTIMIZERS = {
    "training": SGD,
    "training_adam": lambda rate: Adam(lambda step: rate(step) / 10),
    "training_clipped": lambda rate: Clipped(SGD(rate), longest=0.1),
}


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("case", OPTIMIZERS)
def test_training_takes_the_steps_of_pytorch(stored, case, dtype):
    start, end = arrays_of(stored, "network", dtype), arrays_of(stored, case, dtype)
    names = ["W1", "b1", "W2", "b2", "W3", "b3"]
    net = build(*(start[name] for name in names))
    labels = arrays_of(stored, "cross_entropy_mean", dtype)["labels"]
    optimizer = OPTIMIZERS[case](lambda step: 0.5 / (1 + step))
    losses = []
    for _ in range(5):
        scores, backward = net(start["x"])
        loss, loss_backward = cross_entropy(scores, labels)
        dscores, _ = loss_backward()
        _, *gradients = backward(dscores)
        optimizer.step(net.parameters, gradients)
        losses.append(loss)
    np.testing.assert_allclose(losses, end["losses"], **CLOSE[dtype])
    assert losses[-1] < losses[0]
    for name, parameter in zip(names, net.parameters, strict=True):
        assert parameter.dtype == dtype
        np.testing.assert_allclose(parameter, end[name], err_msg=name, **CLOSE[dtype])


STEPS_OF = {  # how to make it, and the factor of L2
    "steps_sgd": (SGD, 0),
    "steps_sgd_decay": (lambda rate: SGD(rate, weight_decay=0.3), 0),
    "steps_momentum": (lambda rate: Momentum(rate, beta=0.8), 0),
    "steps_rmsprop": (lambda rate: RMSProp(rate, beta=0.9), 0),
    "steps_adam": (Adam, 0),
    "steps_adam_decay": (lambda rate: Adam(rate, weight_decay=0.3), 0),
    "steps_adam_l2": (Adam, 0.3),
}


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("case", STEPS_OF)
def test_a_hundred_steps_are_those_of_pytorch(stored, case, dtype):
    start, gradients = arrays_of(stored, "steps", dtype).values()
    w, (make, alpha) = start.copy(), STEPS_OF[case]
    optimizer, path = make(cosine(0.1, 0.001, steps=100)), []
    for gradient in gradients:
        optimizer.step([w], [gradient + alpha * w])
        path.append(w.copy())
    assert w.dtype == dtype
    close = {name: 10 * tolerance for name, tolerance in CLOSE[dtype].items()}  # rounding adds up over the steps
    np.testing.assert_allclose(path[9::10], stored[f"{case}.{dtype}.path"], **close)


RUNNING = ["running_rows", "running_images"]


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("case", RUNNING)
def test_running_statistics_are_those_of_pytorch(stored, case, dtype):
    x, gain, shift, mean, variance, value = arrays_of(stored, case, dtype).values()
    layer = BatchNorm(gain, shift, keep=0.75)
    for batch in x:
        layer(batch, training=True)
    np.testing.assert_allclose(layer.mean, mean, **CLOSE[dtype])
    np.testing.assert_allclose(layer.variance, variance, **CLOSE[dtype])
    np.testing.assert_allclose(layer(x[0])[0], value, **CLOSE[dtype])
