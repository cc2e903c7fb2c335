"""Make pytorch.npz: what PyTorch computes for the operations of dlnotes, in float64 and float32.

The tests compare with the stored numbers and need no PyTorch. To make them again, use an environment of its own::

    python -m venv _build/make_references
    _build/make_references/bin/pip install torch==2.13.0 numpy==2.4.6
    _build/make_references/bin/python tests/references/make_references.py

A case is stored as arrays named ``case.dtype.what``, where ``what`` is an argument, ``value``, ``dvalue`` (the gradient
handed back), or ``d`` and an argument (what comes of it).
"""

from itertools import product
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

rng = np.random.default_rng(0)
Z = 3 * rng.standard_normal((4, 5))
EXTREME = np.array([-1000, -745, -88, -40, -20, -1e-40, -1e-310, 0, 1e-310, 1e-40, 20, 40, 88, 745, 1000])
LABELS = np.array([4, 0, 2, 2])
SHARES = rng.uniform(size=(4, 5))
W, B = rng.standard_normal((3, 5)), rng.standard_normal(3)
later = np.random.default_rng(2)  # so that the cases before keep their numbers
SEQUENCES = later.standard_normal((2, 4, 3, 5))  # batch, time, heads, features
STEPS = {"z": SEQUENCES[:, :, 0], "labels": later.integers(5, size=(2, 4))}
MASK = np.array([[True, True, True, False], [True, False, False, False]])


def batch(loss):
    """Losses for single outputs, summed over the outputs of an example: their mean and sum over the batch."""

    def reduced(reduction):
        return lambda *arguments: getattr(loss(*arguments).flatten(1).sum(1), reduction)()

    return {"mean": reduced("mean"), "sum": reduced("sum")}


def half_square(y_hat, y):
    return F.mse_loss(y_hat, y, reduction="none") / 2


def bce(z, y):
    return F.binary_cross_entropy_with_logits(z, y, reduction="none")


def ce(z, labels):
    return F.cross_entropy(z, labels, reduction="none")[:, None]


def masked_ce(reduction):
    """Cross-entropy at each time step; where the mask is False there is no label, and none of its rows counts."""

    def reduced(z, labels, mask):
        return F.cross_entropy(z.flatten(0, -2), labels.where(mask, -100).flatten(), reduction=reduction)

    return reduced


def network(x, W1, b1, W2, b2, W3, b3):
    h = F.leaky_relu(F.linear(x, W1, b1), 0.01)
    return F.linear(torch.tanh(F.linear(h, W2, b2)), W3, b3)


activations = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda z: F.leaky_relu(z, 0.01),
    "gelu": lambda z: F.gelu(z, approximate="tanh"),
    "softmax": lambda z: torch.softmax(z, -1),
}
NETWORK = {  # half-size weights, so that tanh is not saturated, where float32 keeps few digits of its gradient
    "W1": 0.5 * rng.standard_normal((6, 5)),
    "b1": rng.standard_normal(6),
    "W2": 0.5 * rng.standard_normal((4, 6)),
    "b2": rng.standard_normal(4),
    "W3": 0.5 * rng.standard_normal((5, 4)),
    "b3": rng.standard_normal(5),
}


def rounded(*shape):
    """Normal numbers in steps of 1/64, which take less room."""
    return np.round(64 * rng.standard_normal(shape)) / 64


def cnn(x, W1, b1, W2, b2):
    h = F.max_pool2d(torch.relu(F.conv2d(x, W1, b1, padding=1)), 2)
    return F.linear(h.flatten(1), W2, b2)


# Digits stand for (vertical, horizontal). Kernels and windows of 5 x 6 are as large as the images.
IMAGES = rounded(2, 2, 5, 6)
KERNELS = {kernel: rounded(3, 2, *map(int, kernel)) for kernel in ("11", "32", "56")}
BIAS = rounded(3)
CONVOLUTIONS = [
    *product(["32"], ["11", "22", "13"], ["00", "11", "02"]),
    *product(["11"], ["11", "22"], ["00", "11"]),
    *[("56", "11", "00"), ("56", "13", "11")],
]
POOLINGS = [("22", "22"), ("32", "12"), ("23", "31"), ("56", "11")]
CNN = {"W1": rounded(3, 2, 3, 3), "b1": rounded(3), "W2": rounded(4, 3 * 2 * 3), "b2": rounded(4)}


# Recurrent layers. Weights are about 1 / sqrt(what a unit reads), so that 50 steps neither explode nor end at 0.
SIZES = [  # units, features, time, batch: every value, most pairs of them
    (1, 1, 1, 1), (1, 4, 2, 3), (1, 1, 50, 3), (3, 4, 1, 3), (3, 1, 2, 1), (3, 4, 50, 1), (8, 1, 1, 3), (8, 4, 2, 1),
    (8, 4, 50, 3),
]  # fmt: skip


def recurrent(gates, units, features, time, batch, states=0, scale=1):
    """Input, weights and biases of a layer with so many gates, and, if asked for, states before the first step."""
    reads = units + features
    names = {1: [""], 3: ["_r", "_u", "_g"], 4: ["_f", "_i", "_g", "_o"]}[gates]
    x = {"x": scale * rounded(batch, time, features)}
    weights = {f"W{name}": np.round(64 * rounded(units, reads) / reads**0.5) / 64 for name in names}
    biases = {f"b{name}": rounded(units) for name in names}
    if gates == 1:
        W = weights.pop("W")
        weights = {"U": W[:, units:].copy(), "W": W[:, :units].copy()}
    return {**x, **weights, **biases, **dict(zip(["h0", "c0"], rounded(states, batch, units), strict=False))}


def run(module, x, states, input_weights, state_weights, biases):
    """Call a recurrent module of PyTorch, which has two biases, with the given parameters."""
    parameters = {
        "weight_ih_l0": torch.cat(input_weights),
        "weight_hh_l0": torch.cat(state_weights),
        "bias_ih_l0": torch.cat(biases),
        "bias_hh_l0": torch.zeros(sum(map(len, biases)), dtype=x.dtype),
    }
    layer = module(x.shape[-1], len(state_weights[0].T), batch_first=True)
    y, _ = torch.func.functional_call(layer, parameters, (x, states))
    return y


def rnn(x, U, W, b, h0=None):
    return run(torch.nn.RNN, x, None if h0 is None else h0[None], [U], [W], [b])


def bidirectional(x, U, W, b, U_back, W_back, b_back):
    return torch.cat([rnn(x, U, W, b), rnn(x.flip(1), U_back, W_back, b_back).flip(1)], -1)


def lstm(x, W_f, W_i, W_g, W_o, b_f, b_i, b_g, b_o, h0=None, c0=None):
    units = len(b_f)
    weights = [W_i, W_f, W_g, W_o]  # in PyTorch's order
    states = None if h0 is None else (h0[None], c0[None])
    return run(torch.nn.LSTM, x, states, [W[:, units:] for W in weights], [W[:, :units] for W in weights],
               [b_i, b_f, b_g, b_o])  # fmt: skip


def gru(x, W_r, W_u, W_g, b_r, b_u, b_g, h0=None):
    """By autograd alone: PyTorch's own module has the reset gate at another place."""
    h, states = x.new_zeros(len(x), len(b_r)) if h0 is None else h0, []
    for step in x.unbind(1):
        hx = torch.cat([h, step], 1)
        r, u = torch.sigmoid(F.linear(hx, W_r, b_r)), torch.sigmoid(F.linear(hx, W_u, b_u))
        g = torch.tanh(F.linear(torch.cat([r * h, step], 1), W_g, b_g))
        h = (1 - u) * h + u * g
        states.append(h)
    return torch.stack(states, 1)


RECURRENT = {"rnn": (rnn, 1, 1), "lstm": (lstm, 4, 2), "gru": (gru, 3, 1)}  # function, gates, states
BACK = {f"{name}_back": array for name, array in recurrent(1, 3, 4, 1, 1).items() if name != "x"}
SEQUENCE_CASES = {
    **{f"{name}_{units}_{features}_{time}_{batch}": (f, recurrent(gates, units, features, time, batch))
       for (name, (f, gates, _)), (units, features, time, batch) in product(RECURRENT.items(), SIZES)},
    **{f"{name}_states": (f, recurrent(gates, 3, 4, 5, 2, states)) for name, (f, gates, states) in RECURRENT.items()},
    **{f"{name}_extreme": (f, recurrent(gates, 3, 4, 5, 2, scale=1000)) for name, (f, gates, _) in RECURRENT.items()},
    "bidirectional": (bidirectional, {**recurrent(1, 3, 4, 5, 2), **BACK}),
}  # fmt: skip


# Attention, from numbers of its own.
looking = np.random.default_rng(16)
Q, K, V = (looking.standard_normal((2, 3, *shape)) for shape in [(4, 5), (6, 5), (6, 2)])  # batch, heads, time, width
MASKS = {
    "one_for_all": np.tri(4, 6, k=1, dtype=bool),
    "of_keys": np.arange(6) < np.array([3, 6])[:, None, None, None],
    "of_every_score": (looking.random((2, 3, 4, 6)) < 0.5) | (np.arange(6) == np.arange(4)[:, None]),
}
HEADS = {
    "x": looking.standard_normal((2, 4, 6)),
    **{name: looking.standard_normal((6, 6)) / 2 for name in ("W_Q", "W_K", "W_V", "W_O")},
}
MEMORY = looking.standard_normal((2, 5, 6))


def attend(Q, K, V, mask=None):
    return F.scaled_dot_product_attention(Q, K, V, attn_mask=mask)


def multi_head(heads):
    def attend(x, W_Q, W_K, W_V, W_O, memory=None, mask=None):
        memory = x if memory is None else memory
        y, _ = F.multi_head_attention_forward(
            *(a.transpose(0, 1) for a in (x, memory, memory)), x.shape[-1], heads, torch.cat([W_Q, W_K, W_V]), None,
            None, None, False, 0.0, W_O, None, need_weights=False, attn_mask=None if mask is None else ~mask,
        )  # fmt: skip
        return y.transpose(0, 1)

    return attend


ATTENTION_CASES = {
    "attention": (attend, {"Q": Q, "K": K, "V": V}),
    "attention_large_scores": (attend, {"Q": 30 * Q, "K": 30 * K, "V": V}),
    **{f"attention_mask_{kind}": (attend, {"Q": Q, "K": K, "V": V, "mask": mask}) for kind, mask in MASKS.items()},
    **{f"multi_head_attention_{heads}": (multi_head(heads), HEADS) for heads in (1, 3)},
    "multi_head_attention_causal": (multi_head(2), {**HEADS, "mask": np.tri(4, dtype=bool)}),
    "multi_head_attention_memory": (multi_head(2), {**HEADS, "memory": MEMORY}),
}


# Layers on graphs, from matrix products and autograd alone. An adjacency holds integers, so it gets no gradient.
graph_rng = np.random.default_rng(18)


def normal(*shape):
    """Normal numbers in steps of 1/64, from the generator of the graphs."""
    return np.round(64 * graph_rng.standard_normal(shape)) / 64


TWO_WAY = np.triu(graph_rng.integers(0, 3, (6, 6)), 1)
TWO_WAY = TWO_WAY + TWO_WAY.T
TWO_WAY[:, 5] = TWO_WAY[5] = 0  # node 5 has no neighbours
ONE_WAY = graph_rng.integers(0, 3, (6, 6)) * (1 - np.eye(6, dtype=int))
ONE_WAY[4] = 0  # node 4 hears nobody
NODES = {"x": normal(6, 3)}
LAYER = {"W": normal(4, 3), "b": normal(4)}
SAGE = {"W_self": normal(4, 3), "W_neighbours": normal(4, 3), "b": normal(4)}
SCORES = {"u": normal(4), "v": normal(4)}


def gcn(loops):
    def layer(x, W, b, adjacency):
        A = adjacency.to(x.dtype) + loops * torch.eye(len(x), dtype=x.dtype)
        root = torch.diag(torch.where(A.sum(1) > 0, A.sum(1) ** -0.5, 0))
        return root @ A @ root @ F.linear(x, W) + b

    return layer


def neighbours_mean(x, adjacency):
    A = adjacency.to(x.dtype)
    return A @ x / A.sum(1, keepdim=True).clamp(min=1)


def neighbours_max(x, adjacency):
    messages = torch.where(adjacency[:, :, None] > 0, x, -torch.inf).max(1).values
    return torch.where(adjacency.sum(1, keepdim=True) > 0, messages, 0)


def sage(x, W_self, W_neighbours, b, adjacency):
    return F.linear(torch.cat([x, neighbours_mean(x, adjacency)], 1), torch.cat([W_self, W_neighbours], 1), b)


def gat(x, W, b, u, v, adjacency):
    h = F.linear(x, W)
    scores = F.leaky_relu(h @ u[:, None] + (h @ v[:, None]).T, 0.2)
    return torch.softmax(scores.masked_fill(adjacency == 0, -torch.inf), 1) @ h + b


GRAPH_CASES = {
    "sum_aggregation": (lambda x, adjacency: adjacency.to(x.dtype) @ x, {**NODES, "adjacency": ONE_WAY}),
    "mean_aggregation": (neighbours_mean, {**NODES, "adjacency": ONE_WAY}),
    "max_aggregation": (neighbours_max, {**NODES, "adjacency": ONE_WAY}),
    "gcn": (gcn(loops=1), {**NODES, **LAYER, "adjacency": TWO_WAY}),
    "gcn_without_loops": (gcn(loops=0), {**NODES, **LAYER, "adjacency": TWO_WAY}),
    "sage_convolution": (sage, {**NODES, **SAGE, "adjacency": ONE_WAY}),
    "attention_convolution": (gat, {**NODES, **LAYER, **SCORES, "adjacency": ONE_WAY + np.eye(6, dtype=int)}),
}


# Norms and optimizers, from numbers of their own.
norm_rng = np.random.default_rng(20)


def drawn(*shape):
    """Normal numbers in steps of 1/64, from the generator of norms and optimizers."""
    return np.round(64 * norm_rng.standard_normal(shape)) / 64


FEATURES = {"gain": drawn(5), "shift": drawn(5)}
ROWS, PIXELS = drawn(3, 4, 5), drawn(3, 2, 5, 2, 3)  # three batches of each
MEAN, VARIANCE = [0.5, -1, 2, 0, 0.25], [0.25, 4, 1, 0, 2.5]


def given_statistics(x, gain, shift):
    mean, variance = (torch.tensor(numbers, dtype=x.dtype) for numbers in (MEAN, VARIANCE))
    return F.batch_norm(x, mean, variance, gain, shift)


def layer_norm(epsilon):
    return lambda x, gain, shift: F.layer_norm(x, x.shape[-1:], gain, shift, epsilon)


def batch_norm(epsilon):
    return lambda x, gain, shift: F.batch_norm(x, None, None, gain, shift, training=True, eps=epsilon)


NORM_CASES = {
    "layer_norm": (layer_norm(1e-5), {"x": ROWS[0], **FEATURES}),
    "layer_norm_steps": (layer_norm(0.25), {"x": ROWS, **FEATURES}),
    "batch_norm": (batch_norm(1e-5), {"x": ROWS[0], **FEATURES}),
    "batch_norm_images": (batch_norm(0.25), {"x": PIXELS[0], **FEATURES}),
    "batch_norm_statistics": (given_statistics, {"x": ROWS[0], **FEATURES}),
    "batch_norm_images_statistics": (given_statistics, {"x": PIXELS[0], **FEATURES}),
}


def remember(batches, dtype):
    """The running mean and variance after some batches, and what comes of the first one by them."""
    x, gain, shift = (torch.tensor(a.astype(dtype)) for a in (batches, *FEATURES.values()))
    mean, variance = torch.zeros_like(shift), torch.ones_like(gain)
    for each in x:
        F.batch_norm(each, mean, variance, training=True, momentum=0.25)
    value = F.batch_norm(x[0], mean, variance, gain, shift)
    arrays = {"x": x, "gain": gain, "shift": shift, "mean": mean, "variance": variance, "value": value}
    return {name: array.numpy() for name, array in arrays.items()}


START, GRADIENTS = drawn(6), drawn(100, 6) * [1, 1, 0.01, 100, 1, 0] + [0, 1, 0.01, 0, 0.1, 0]


def hundred_steps(dtype, make_optimizer):
    """A hundred steps against given gradients, the rate falling along half a wave: w after every tenth."""
    w, path = torch.tensor(START.astype(dtype)), []
    optimizer = make_optimizer([w])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100, eta_min=0.001)
    for gradient in GRADIENTS.astype(dtype):
        w.grad = torch.tensor(gradient)
        optimizer.step()
        schedule.step()
        path.append(w.numpy().copy())
    return {"path": np.array(path[9::10])}


STEPS_OF = {
    "sgd": lambda w: torch.optim.SGD(w, 0.1),
    "sgd_decay": lambda w: torch.optim.SGD(w, 0.1, weight_decay=0.3),
    "momentum": lambda w: torch.optim.SGD(w, 0.1, momentum=0.8),
    "rmsprop": lambda w: torch.optim.RMSprop(w, 0.1, alpha=0.9),
    "adam": lambda w: torch.optim.Adam(w, 0.1),
    "adam_decay": lambda w: torch.optim.AdamW(w, 0.1, weight_decay=0.3),
    "adam_l2": lambda w: torch.optim.Adam(w, 0.1, weight_decay=0.3),
}


def norms_and_optimizers(dtype):
    """The cases that are no single call of an operation."""
    return {
        "running_rows": remember(ROWS, dtype),
        "running_images": remember(PIXELS, dtype),
        "steps": {"w": START.astype(dtype), "gradients": GRADIENTS.astype(dtype)},
        **{f"steps_{name}": hundred_steps(dtype, make) for name, make in STEPS_OF.items()},
    }


def convolution(stride, padding, turned=False):
    stride, padding = ([int(n) for n in digits] for digits in (stride, padding))
    return lambda x, W, b: F.conv2d(x, W.flip(2, 3) if turned else W, b, stride=stride, padding=padding)


# Word vectors, from numbers of their own.
word_rng = np.random.default_rng(22)
ROWS_OF_WORDS = np.round(64 * word_rng.standard_normal((7, 3))) / 64
TOKENS = word_rng.integers(7, size=(4, 5))  # some of them several times
PAIRS = dict(zip("vu", np.round(64 * word_rng.standard_normal((2, 4, 3))) / 64, strict=True))
NOISE = np.round(64 * word_rng.standard_normal((4, 5, 3))) / 64


def from_noise(reduction):
    def loss(v, u, noise):
        right = F.logsigmoid((v * u).sum(1))
        wrong = F.logsigmoid(-(noise * v[:, None]).sum(2)).sum(1)
        return getattr(-(right + wrong), reduction)()

    return loss


WORD_CASES = {
    "embedding": (F.embedding, {"tokens": TOKENS, "E": ROWS_OF_WORDS}),
    **{f"negative_sampling_{r}": (from_noise(r), {**PAIRS, "noise": NOISE}) for r in ("mean", "sum")},
}


def pooling(pool, window, stride):
    return lambda x: pool(x, [int(n) for n in window], [int(n) for n in stride])


CASES = {
    **{name: (f, {"z": Z}) for name, f in activations.items()},
    **{f"{name}_extreme": (f, {"z": EXTREME}) for name, f in activations.items()},
    "softmax_axis_0": (lambda z: torch.softmax(z, 0), {"z": Z}),
    "leaky_relu_slope": (lambda z: F.leaky_relu(z, 0.2), {"z": Z}),
    **{f"squared_error_{r}": (f, {"y_hat": Z, "y": SHARES}) for r, f in batch(half_square).items()},
    **{f"binary_cross_entropy_{r}": (f, {"z": Z, "y": SHARES}) for r, f in batch(bce).items()},
    **{f"binary_cross_entropy_extreme_{r}": (f, {"z": EXTREME[:, None], "y": np.arange(15.0)[:, None] % 2})
       for r, f in batch(bce).items()},
    **{f"cross_entropy_{r}": (f, {"z": Z, "labels": LABELS}) for r, f in batch(ce).items()},
    **{f"cross_entropy_extreme_{r}": (f, {"z": EXTREME.reshape(3, 5), "labels": LABELS[:3]})
       for r, f in batch(ce).items()},
    **{f"cross_entropy_steps_{r}": (masked_ce(r), {**STEPS, "mask": np.ones_like(MASK)}) for r in ("mean", "sum")},
    **{f"cross_entropy_masked_{r}": (masked_ce(r), {**STEPS, "mask": MASK}) for r in ("mean", "sum")},
    "dense": (F.linear, {"x": Z, "W": W, "b": B}),
    "dense_steps": (F.linear, {"x": SEQUENCES[:, :, 0], "W": W, "b": B}),
    "dense_steps_and_heads": (F.linear, {"x": SEQUENCES, "W": W, "b": B}),
    "network": (network, {"x": Z, **NETWORK}),
    **{f"conv2d_{kernel}_stride_{stride}_padding_{padding}":
       (convolution(stride, padding), {"x": IMAGES, "W": KERNELS[kernel], "b": BIAS})
       for kernel, stride, padding in CONVOLUTIONS},
    "true_conv2d": (convolution("13", "11", turned=True), {"x": IMAGES, "W": KERNELS["32"], "b": BIAS}),
    **{f"{name}_pool2d_{window}_stride_{stride}": (pooling(pool, window, stride), {"x": IMAGES})
       for (name, pool), (window, stride) in product([("max", F.max_pool2d), ("mean", F.avg_pool2d)], POOLINGS)},
    "max_pool2d_ties": (pooling(F.max_pool2d, "22", "11"), {"x": IMAGES.round()}),
    "cnn": (cnn, {"x": IMAGES, **CNN}),
    **SEQUENCE_CASES,
    **ATTENTION_CASES,
    **GRAPH_CASES,
    **NORM_CASES,
    **WORD_CASES,
}  # fmt: skip


def compute(f, arrays, dtype):
    """Everything that is stored for one case in one dtype, by name."""
    arrays = {name: a.astype(dtype) if a.dtype.kind == "f" else a for name, a in arrays.items()}
    tensors = {name: torch.tensor(a, requires_grad=a.dtype.kind == "f") for name, a in arrays.items()}
    options = {name: tensors.pop(name) for name in ["mask"] if name in tensors}
    value = f(*tensors.values(), **options)
    dvalue = np.random.default_rng(1).standard_normal(value.shape).astype(dtype)
    value.backward(torch.as_tensor(dvalue))
    gradients = {f"d{name}": t.grad.numpy() for name, t in tensors.items() if t.requires_grad}
    return {**arrays, "value": value.detach().numpy(), "dvalue": dvalue, **gradients}


def train(dtype, make_optimizer, longest=None):
    """Five steps with a falling rate: the loss before each, the parameters after the last."""
    x, labels = torch.tensor(Z.astype(dtype)), torch.tensor(LABELS)
    parameters = {name: torch.tensor(a.astype(dtype), requires_grad=True) for name, a in NETWORK.items()}
    optimizer = make_optimizer(parameters.values())
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step))
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x, *parameters.values()), labels)
        loss.backward()
        norm = torch.nn.utils.get_total_norm([p.grad for p in parameters.values()])
        if longest and norm > longest:  # PyTorch's own clipping adds 1e-6 to the norm
            for p in parameters.values():
                p.grad *= longest / norm
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return {"losses": np.array(losses), **{name: p.detach().numpy() for name, p in parameters.items()}}


if __name__ == "__main__":
    stored = {}
    for dtype in ("float64", "float32"):
        results = {name: compute(f, arrays, dtype) for name, (f, arrays) in CASES.items()}
        results["training"] = train(dtype, lambda parameters: torch.optim.SGD(parameters, lr=0.5))
        results["training_adam"] = train(dtype, lambda parameters: torch.optim.Adam(parameters, lr=0.05))
        results["training_clipped"] = train(dtype, lambda parameters: torch.optim.SGD(parameters, lr=0.5), longest=0.1)
        results.update(norms_and_optimizers(dtype))
        for case, arrays in results.items():
            stored.update({f"{case}.{dtype}.{what}": array for what, array in arrays.items()})
    np.savez_compressed(Path(__file__).with_name("pytorch.npz"), **stored)
