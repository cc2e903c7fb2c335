"""Time `dlnotes` beside PyTorch and beside other ways to write the same with NumPy; write results.md and growth.html.

With ``--one-thread`` NumPy and PyTorch use one processor each, and only the ratios are written, to one_thread.md.

Everything runs forward and backward, in float32, on the processor, with the same number of threads, and is first
compared with PyTorch. The contestants take turns, in a new order each round, so that whatever else the machine does
hits all of them alike; and before its turn each of them waits a moment, and does the work once without being timed.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
TORCH = "torch==2.13.0"
MEASURED_SECONDS = 0.005  # short calls are repeated until they take so long
PAUSE = 0.05  # seconds; the threads of a library go on looking for work for a while, and would slow down the next one


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--one-thread", action="store_true", help="for NumPy and PyTorch (default: all); only ratios")
    parser.add_argument("--rounds", type=int, default=25, help="turns of each contestant (default: 25)")
    parser.add_argument("--memory", nargs=2, metavar=("CASE", "CONTESTANT"), help=argparse.SUPPRESS)
    return parser.parse_args()


options = arguments()
threads = 1 if options.one_thread else os.cpu_count()
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(threads)  # read when NumPy and PyTorch are imported, so before

try:
    import torch
    import torch.nn.functional as F  # noqa: N812
except ImportError:
    sys.exit(f"The benchmark compares with PyTorch, which is not installed. To install it:\n\n    {sys.executable} -m "
             f"pip install {TORCH}\n")  # fmt: skip

import attention_peers
import numpy as np
import peers
import recurrent_peers

from dlnotes.activations import relu, sigmoid
from dlnotes.attention import attention, causal_mask, multi_head_attention
from dlnotes.convolution import conv2d, conv2d_by_definition
from dlnotes.dense import dense, flatten
from dlnotes.explore.html import show_html
from dlnotes.layers import Layer, Sequential
from dlnotes.losses import cross_entropy
from dlnotes.lstm import gru, lstm
from dlnotes.pooling import max_pool2d, mean_pool2d
from dlnotes.recurrent import rnn
from dlnotes.style import subplots

torch.set_num_threads(threads)
rng = np.random.default_rng(0)


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


# A contestant is a function without arguments that does all the work once and returns the value and the gradients.


def with_numpy(operation, arrays, delta, **keywords):
    def run():
        y, backward = operation(*arrays, **keywords)
        gradients = backward(delta)
        return y, *(gradients if isinstance(gradients, tuple) else (gradients,))

    return run


def with_torch(function, arrays, delta, **keywords):
    tensors = [torch.from_numpy(a).requires_grad_() for a in arrays]
    delta = torch.from_numpy(delta)

    def run():
        y = function(*tensors, **keywords)
        return y.detach().numpy(), *(g.numpy() for g in torch.autograd.grad(y, tensors, delta))

    return run


def side_by_side(torch_function, contestants, arrays, delta):
    return {
        "PyTorch": with_torch(torch_function, arrays, delta),
        **{name: with_numpy(f, arrays, delta) for name, f in contestants.items()},
    }


def convolution(batch, channels, size, filters, kernel=3, padding=1, others=()):
    arrays = normal(batch, channels, size, size), normal(filters, channels, kernel, kernel), normal(filters)
    out = size + 2 * padding - kernel + 1
    delta = normal(batch, filters, out, out)
    contestants = {"dlnotes": conv2d, **dict(others)}
    return {
        "PyTorch": with_torch(F.conv2d, arrays, delta, padding=padding),
        **{name: with_numpy(f, arrays, delta, padding=padding) for name, f in contestants.items()},
    }


def pooling(torch_function, contestants):
    x, delta = normal(64, 16, 28, 28), normal(64, 16, 14, 14)
    return {
        "PyTorch": with_torch(torch_function, [x], delta, kernel_size=2),
        **{name: with_numpy(f, [x], delta) for name, f in contestants.items()},
    }


def activation(torch_function, contestants):
    return side_by_side(torch_function, contestants, [normal(128, 256)], normal(128, 256))


def step_of_four_layers(torch_function, contestants):
    """Forward and backward through four layers of 256 units, each followed by the activation."""
    arrays = normal(128, 256), *(normal(256, 256) / 16 for _ in range(4))

    def network(f):
        def run(x, *weights):
            layers = [layer for W in weights for layer in (Layer(dense, W, np.zeros_like(W[0])), f)]
            y, backward = Sequential(*layers)(x)

            def without_biases(dy):
                dx, *gradients = backward(dy)
                return dx, *gradients[::2]

            return y, without_biases

        return run

    def torch_network(x, *weights):
        for W in weights:
            x = torch_function(x @ W.T)
        return x

    networks = {name: network(f) for name, f in contestants.items()}
    return side_by_side(torch_network, networks, arrays, normal(128, 256))


def dense_layer():
    arrays = normal(64, 784), normal(128, 784), normal(128)
    return side_by_side(F.linear, {"dlnotes": dense}, arrays, normal(64, 128))


def torch_rnn(x, U, W, b):
    y, _ = torch.rnn_tanh(
        x, x.new_zeros(1, len(x), len(b)), [U, W, b, torch.zeros_like(b)], True, 1, 0.0, True, False, True
    )
    return y


def torch_lstm(x, W_f, W_i, W_g, W_o, b_f, b_i, b_g, b_o):
    units = len(b_f)
    W, b = torch.cat([W_i, W_f, W_g, W_o]), torch.cat([b_i, b_f, b_g, b_o])
    zeros, parameters = x.new_zeros(1, len(x), units), [W[:, units:], W[:, :units], b, torch.zeros_like(b)]
    y, *_ = torch.lstm(x, [zeros, zeros], parameters, True, 1, 0.0, True, False, True)
    return y


def torch_gru(x, W_r, W_u, W_g, b_r, b_u, b_g):
    """The equations in PyTorch's operations: its own layer computes something else."""
    h, states = x.new_zeros(len(x), len(b_r)), []
    for step in x.unbind(1):
        hx = torch.cat([h, step], 1)
        r, u = torch.sigmoid(F.linear(hx, W_r, b_r)), torch.sigmoid(F.linear(hx, W_u, b_u))
        g = torch.tanh(F.linear(torch.cat([r * h, step], 1), W_g, b_g))
        h = (1 - u) * h + u * g
        states.append(h)
    return torch.stack(states, 1)


def recurrent(batch, time, features, units, torch_function, gates, contestants):
    reads = units + features
    weights = (
        [normal(units, features), normal(units, units)] if gates == 1 else [normal(units, reads) for _ in range(gates)]
    )
    weights = [W / np.float32(reads**0.5) for W in weights]
    arrays = normal(batch, time, features), *weights, *(normal(units) for _ in range(gates))
    return side_by_side(torch_function, contestants, arrays, normal(batch, time, units))


def torch_multi_head_attention(x, W_Q, W_K, W_V, W_O, *, heads):
    """PyTorch's own function; its first axis is time."""
    time_first = x.transpose(0, 1)
    y, _ = F.multi_head_attention_forward(
        time_first, time_first, time_first, x.shape[-1], heads, torch.cat([W_Q, W_K, W_V]), None, None, None, False,
        0.0, W_O, None, need_weights=False,
    )  # fmt: skip
    return y.transpose(0, 1)


def attentive(batch, heads, time, d_k, contestants, mask=None):
    """Attention alone, queries, keys and values given; a mask is the same for all."""
    arrays, delta = [normal(batch, heads, time, d_k) for _ in range(3)], normal(batch, heads, time, d_k)
    torch_mask = None if mask is None else torch.from_numpy(mask)
    return {
        "PyTorch": with_torch(F.scaled_dot_product_attention, arrays, delta, attn_mask=torch_mask),
        **{name: with_numpy(f, arrays, delta, mask=mask) for name, f in contestants.items()},
    }


def multi_head(batch, time, width, heads):
    arrays = normal(batch, time, width), *(normal(width, width) / np.float32(width**0.5) for _ in range(4))
    delta = normal(batch, time, width)
    return {
        "PyTorch": with_torch(torch_multi_head_attention, arrays, delta, heads=heads),
        "dlnotes": with_numpy(multi_head_attention, arrays, delta, heads=heads),
    }


def digits_step():
    """One step of training: forward, loss, backward; the change of the weights is left out, it is the same for all."""
    x, labels = normal(32, 1, 8, 8), rng.integers(10, size=32)
    parameters = [normal(16, 1, 3, 3), normal(16), normal(32, 16, 3, 3), normal(32), normal(10, 512), normal(10)]
    parameters = [p / 10 for p in parameters]

    def numpy_step(convolve, pool):
        W1, b1, W2, b2, W3, b3 = parameters
        network = Sequential(
            Layer(convolve, W1, b1, padding=1), relu, Layer(convolve, W2, b2, padding=1), relu, pool, flatten,
            Layer(dense, W3, b3),
        )  # fmt: skip

        def run():
            scores, backward = network(x)
            loss, loss_backward = cross_entropy(scores, labels)
            _, *gradients = backward(loss_backward()[0])
            return loss, *gradients

        return run

    tensors = [torch.from_numpy(p).requires_grad_() for p in parameters]
    torch_x, torch_labels = torch.from_numpy(x), torch.from_numpy(labels)

    def torch_step():
        W1, b1, W2, b2, W3, b3 = tensors
        h = F.conv2d(F.conv2d(torch_x, W1, b1, padding=1).relu(), W2, b2, padding=1).relu()
        loss = F.cross_entropy(F.linear(F.max_pool2d(h, 2).flatten(1), W3, b3), torch_labels)
        return loss.detach().numpy(), *(g.numpy() for g in torch.autograd.grad(loss, tensors))

    return {
        "PyTorch": torch_step,
        "dlnotes": numpy_step(conv2d, max_pool2d),
        "windows as rows": numpy_step(peers.windows_as_rows, peers.windows_as_rows_max_pool2d),
    }


NUMPY_PEERS = {
    "the equation, whole batch": peers.whole_batch,
    "strips": peers.strips,
    "images as long rows": peers.long_rows,
    "windows as rows": peers.windows_as_rows,
    "windows and tensordot": peers.windows_tensordot,
    "windows and einsum": peers.windows_einsum,
}
SIGMOIDS = {"dlnotes": sigmoid, "the bare formula": peers.bare_sigmoid}
LSTMS = {"dlnotes": lstm, "fused gates": recurrent_peers.fused_gates}
ATTENTIONS = {"dlnotes": attention, "einsum": attention_peers.by_einsum}
LOOPS = {"Python loops": conv2d_by_definition}
CASES = {
    "conv2d, 64×16×28×28 to 32 filters 3×3": lambda: convolution(64, 16, 28, 32, others=NUMPY_PEERS),
    "conv2d, 1×1×8×8 to 4 filters 3×3": lambda: convolution(1, 1, 8, 4, others={**NUMPY_PEERS, **LOOPS}),
    "conv2d, 32×16×8×8 to 32 filters 3×3 (digits)": lambda: convolution(32, 16, 8, 32, others=NUMPY_PEERS),
    "max_pool2d, 64×16×28×28": lambda: pooling(
        F.max_pool2d, {"dlnotes": max_pool2d, "windows as rows": peers.windows_as_rows_max_pool2d}
    ),
    "mean_pool2d, 64×16×28×28": lambda: pooling(F.avg_pool2d, {"dlnotes": mean_pool2d}),
    "dense, 64×784 to 128": dense_layer,
    "ReLU, 128×256": lambda: activation(torch.relu, {"dlnotes": relu}),
    "sigmoid, 128×256": lambda: activation(torch.sigmoid, SIGMOIDS),
    "four layers of 256 with ReLU": lambda: step_of_four_layers(torch.relu, {"dlnotes": relu}),
    "four layers of 256 with the sigmoid": lambda: step_of_four_layers(torch.sigmoid, SIGMOIDS),
    "rnn, 32×50×128 to 128 units": lambda: recurrent(32, 50, 128, 128, torch_rnn, 1, {"dlnotes": rnn}),
    "lstm, 32×50×128 to 128 units": lambda: recurrent(32, 50, 128, 128, torch_lstm, 4, LSTMS),
    "lstm, 16×32×38 to 64 units (characters)": lambda: recurrent(16, 32, 38, 64, torch_lstm, 4, LSTMS),
    "gru, 32×50×128 to 128 units": lambda: recurrent(32, 50, 128, 128, torch_gru, 3, {"dlnotes": gru}),
    "attention, 32×4 heads×64×16": lambda: attentive(32, 4, 64, 16, ATTENTIONS),
    "attention, 32×4 heads×64×16, causal mask": lambda: attentive(32, 4, 64, 16, ATTENTIONS, causal_mask(64)),
    "multi_head_attention, 32×64×64, 4 heads": lambda: multi_head(32, 64, 64, 4),
    "a training step on 32 digits": digits_step,
}


def check(case, contestants):
    """Same work means same numbers."""
    expected = contestants["PyTorch"]()
    for name, run in contestants.items():
        for actual, wanted in zip(run(), expected, strict=True):
            scale = np.abs(wanted).max()
            if not (actual.dtype == wanted.dtype and np.allclose(actual, wanted, rtol=1e-3, atol=1e-4 * scale)):
                sys.exit(f"{case}: {name} does not compute what PyTorch computes")


def measure(contestants, rounds):
    """Seconds for each round of each contestant; all take part in every round."""
    repeats = {}
    for name, run in contestants.items():
        start = time.perf_counter()
        run()
        repeats[name] = max(1, round(MEASURED_SECONDS / (time.perf_counter() - start)))
    seconds = {name: [] for name in contestants}
    for _ in range(rounds):
        for name in rng.permutation(list(contestants)):
            run = contestants[name]
            time.sleep(PAUSE)
            run()  # wakes its own threads
            start = time.perf_counter()
            for _ in range(repeats[name]):
                run()
            seconds[name].append((time.perf_counter() - start) / repeats[name])
    return seconds


def traced_memory(run):
    """Peak bytes that NumPy asked for during one call; PyTorch's are not seen."""
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def resident_memory(run):
    """By how many bytes the process grew at most during its first call (Linux only; run in a fresh process)."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = process_status("VmRSS")
    run()
    return process_status("VmHWM") - before


def process_status(name):
    """Bytes of memory, from the process's own status: VmRSS is what it holds, VmHWM the most it has held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return 1024 * int(kilobytes)


def resident_memory_of(case, contestant):
    if not Path("/proc/self/clear_refs").exists():
        return None
    command = [sys.executable, __file__, "--memory", case, contestant]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def readable(seconds):
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def megabytes(count):
    return "" if count is None else f"{count / 2**20:.1f}"


def table(case, contestants):
    check(case, contestants)
    seconds = measure(contestants, options.rounds)
    reference = seconds["PyTorch"]
    rows = [
        "| | minimum | median | minimum / PyTorch | median / PyTorch | arrays, MB | process, MB |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, measured in seconds.items():
        traced = None if name == "PyTorch" else traced_memory(contestants[name])
        cells = [
            name, readable(min(measured)), readable(median(measured)),
            f"{min(measured) / min(reference):.2f}", f"{median(measured) / median(reference):.2f}",
            megabytes(traced), megabytes(resident_memory_of(case, name)),
        ]  # fmt: skip
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def loops_at_the_large_shape():
    """Too slow to be measured there: one image of 7 by 7 pixels, times the number of multiplications."""
    arrays = normal(1, 16, 7, 7), normal(32, 16, 3, 3), normal(32)
    run = with_numpy(conv2d_by_definition, arrays, normal(1, 32, 7, 7), padding=1)
    start = time.perf_counter()
    run()
    measured = time.perf_counter() - start
    factor = 64 * 28 * 28 // (7 * 7)
    return f"Python loops at the large shape, extrapolated: {measured:.2f} s for 1×16×7×7, times {factor}, are " \
           f"{measured * factor:.0f} s."  # fmt: skip


GROWTH = {
    "batch": ([1, 2, 4, 8, 16, 32, 64], lambda n: convolution(n, 16, 28, 32)),
    "channels": ([1, 2, 4, 8, 16, 32, 64], lambda n: convolution(16, n, 28, 32)),
    "height and width of the image": ([4, 8, 16, 32, 64], lambda n: convolution(16, 16, n, 32)),
    "time steps, attention": ([16, 32, 64, 128, 256], lambda n: attentive(8, 4, n, 16, {"dlnotes": attention})),
    "time steps, rnn": ([16, 32, 64, 128, 256], lambda n: recurrent(8, n, 64, 64, torch_rnn, 1, {"dlnotes": rnn})),
}


def growth(path):
    """Draw how the time grows when one size does and the others stay; return the numbers as a table.

    The drawing is a piece of HTML, as the figures of the chapters are, so that it follows the theme of the page.
    """
    figure, axes = subplots(rows=len(GROWTH), size=(5.6, 3 * len(GROWTH)))
    rows = ["| growing | size | dlnotes | PyTorch | ratio |", "|---|--:|--:|--:|--:|"]
    for ax, (what, (sizes, case)) in zip(axes, GROWTH.items(), strict=True):
        best = {"dlnotes": [], "PyTorch": []}
        for size in sizes:
            seconds = measure(case(size), max(5, options.rounds // 3))
            for name in best:
                best[name].append(min(seconds[name]))
            ours, theirs = best["dlnotes"][-1], best["PyTorch"][-1]
            rows.append(f"| {what} | {size} | {readable(ours)} | {readable(theirs)} | {ours / theirs:.2f} |")
        for (name, measured), marker, line in zip(best.items(), "os", ("-", "--"), strict=True):
            milliseconds = 1e3 * np.array(measured)
            (drawn,) = ax.loglog(sizes, milliseconds, line, marker=marker)
            ax.annotate(name, (sizes[-1], milliseconds[-1]), (6, 0), textcoords="offset points", va="center",
                        color=drawn.get_color())  # fmt: skip
        ax.set(xlabel=what, ylabel="milliseconds", xlim=(sizes[0] / 1.2, sizes[-1] * 2.2))
        ax.set_xticks(sizes, [str(size) for size in sizes])
        ax.minorticks_off()
    alt = (
        "Five plots with two logarithmic axes: milliseconds, forward and backward, of conv2d against the size of the "
        "batch, the number of channels, and the height and width of the image, then of attention and of rnn against "
        "the number of time steps; for dlnotes and for PyTorch. The numbers are in the table below."
    )
    path.write_text(show_html(figure, alt) + "\n", encoding="utf-8")
    return "\n".join(rows)


def facts(load):
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return (
        f"Python {platform.python_version()}, NumPy {np.__version__} ({blas['name']} {blas['version']}), PyTorch "
        f"{torch.__version__}; {platform.system()}, {platform.machine()}, {os.cpu_count()} processors, "
        f"{threads} threads; {options.rounds} rounds. "
        f"Load average of the machine before and after: {load[0]:.1f} and {load[1]:.1f}."
    )


def ratios():
    """Return all cases as one table: how many times as long as PyTorch each contestant takes."""
    rows = ["| case | contestant | minimum / PyTorch | median / PyTorch |", "|---|---|--:|--:|"]
    for case, make in CASES.items():
        contestants = make()
        check(case, contestants)
        seconds = measure(contestants, options.rounds)
        reference = seconds.pop("PyTorch")
        for name, measured in seconds.items():
            shortest, middle = min(measured) / min(reference), median(measured) / median(reference)
            rows.append(f"| {case} | {name} | {shortest:.2f} | {middle:.2f} |")
            print(rows[-1], flush=True)
    return "\n".join(rows)


def main():
    if options.memory:
        case, contestant = options.memory
        print(resident_memory(CASES[case]()[contestant]))
    elif options.one_thread:
        (HERE / "one_thread.md").write_text(ratios() + "\n", encoding="utf-8")
    else:
        report()


def report():
    """Measure everything; write the tables and the plots."""
    load = [os.getloadavg()[0]]
    parts = ["# Speed", __doc__.strip().partition("\n\n")[2]]
    for case, make in CASES.items():
        parts += [f"## {case}", table(case, make())]
        print(f"\n{parts[-2]}\n\n{parts[-1]}", flush=True)
    parts += ["## Loops", loops_at_the_large_shape()]
    sizes = (
        "conv2d, 16×16×28×28 to 32 filters 3×3, where nothing else is said; attention, 8×4 heads×time×16; rnn, "
        "8×time×64 to 64 units; minima."
    )
    parts += ["## Growth", sizes, growth(HERE / "growth.html")]
    load.append(os.getloadavg()[0])
    if max(load) > os.cpu_count():
        parts.insert(2, "**The machine was busy with other work: take the minima, and these with care.**")
    parts += [
        "## How it was measured",
        facts(load),
        "Arrays: the most that NumPy held at a time during a call, by `tracemalloc`, arguments left out. Process: by "
        "how much a fresh process grew at most during its first call (`VmHWM` of `/proc`, Linux), which for the first "
        "call includes what a library sets up for itself, such as threads.",
    ]
    print("\n" + "\n\n".join(parts[-6:]))
    (HERE / "results.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
