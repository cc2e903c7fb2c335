"""Train what the chapter on ReLU quotes, and has no time to train itself; print it.

``waiting`` trains networks of several depths with the chapter's own functions, and prints for each activation, depth
and learning rate after how many epochs the loss of each seed was below 1.5, 0 where it was not. ``curves`` prints the
loss of the sigmoid networks, at some epochs, until then. ``larger`` prints, for five hidden layers of sigmoids whose
weights start larger, and of ReLU, the same epochs, and how many training and test digits each seed reads after 30.
``factors`` prints, for a sigmoid network of three hidden layers, what going back one layer multiplies the error term
by, after some epochs of training.
"""

import argparse
import os
from itertools import product

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported, so before

import numpy as np
from chapters import functions_of

from dlnotes.activations import relu, sigmoid, tanh
from dlnotes.datasets import digits
from dlnotes.dense import dense
from dlnotes.initializers import glorot, he
from dlnotes.losses import cross_entropy
from dlnotes.optimizers import SGD
from dlnotes.training import fit

DEPTHS, DEEPER, SEEDS, RATE = (1, 2, 3, 4, 5), (8, 12), 5, 0.1
SIGMOID_RATES, OTHER_RATES = (0.1, 1.0, 3.0, 10.0), (0.03, 0.1, 0.3)
FIVE_LAYERS_RATES = (0.1, 3.0)  # five layers of sigmoids take long, so not all rates
MOST, MOST_OTHER, LONG, EPOCHS = 800, 100, 60, 30


def size(array):
    """The root of the mean square, as in the chapter's first cell, which draws its first figure too."""
    return np.sqrt(np.mean(array**2))


def chapter_functions(*wanted):
    images, labels, _, _ = digits()
    known = {"np": np, "x": images.reshape(-1, 64), "labels": labels, "size": size}
    known |= {"dense": dense, "cross_entropy": cross_entropy, "sigmoid": sigmoid, "glorot": glorot}
    return functions_of("relu", ("deep_network", *wanted), **known)


def losses_until(f, initialise, depth, rate, seed, most):
    """Return the loss of each epoch until it is below 1.5, and whether it was."""
    chapter = chapter_functions("wait")
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):  # at a rate that is too large the numbers overflow
        losses = chapter["wait"](chapter["deep_network"](f, initialise, depth, rng), rate, rng, most)
    return losses, losses[-1] < 1.5


def waiting():
    for f, initialise, depths, rates, most in (
        (sigmoid, glorot, DEPTHS, SIGMOID_RATES, MOST),
        (tanh, glorot, DEPTHS + DEEPER, OTHER_RATES, MOST_OTHER),
        (relu, he, DEPTHS + DEEPER, OTHER_RATES, MOST_OTHER),
    ):
        for depth in depths:
            for rate in FIVE_LAYERS_RATES if (f, depth) == (sigmoid, 5) else rates:
                runs = [losses_until(f, initialise, depth, rate, seed, most) for seed in range(SEEDS)]
                epochs = tuple(len(losses) if below else 0 for losses, below in runs)
                print(f'("{f.__name__}", {depth}, {rate:g}): {epochs},', flush=True)


def curves():
    for depth in DEPTHS:
        losses, _ = losses_until(sigmoid, glorot, depth, RATE, 0, MOST)
        shown = {round(epoch) for epoch in np.geomspace(1, len(losses), 4 + 6 * depth)}
        shown = sorted(shown | {epoch for epoch in range(len(losses) - 40, len(losses), 8) if epoch > 20})  # the fall
        print(f"{depth}: {{{', '.join(f'{epoch}: {losses[epoch - 1]:.2f}' for epoch in shown)}}},", flush=True)


def larger():
    images, labels, test_images, test_labels = digits()
    x, test_x = images.reshape(-1, 64), test_images.reshape(-1, 64)
    chapter = chapter_functions("wider")
    for name, scales, rates in (("sigmoid", (1, 5, 10, 20), (0.3, 1.0, 3.0)), ("relu", (1,), OTHER_RATES)):
        for scale, rate in product(scales, rates):
            runs = []
            for seed in range(SEEDS):
                rng = np.random.default_rng(seed)
                network = (
                    chapter["wider"](scale, rng) if name == "sigmoid" else chapter["deep_network"](relu, he, 5, rng)
                )
                with np.errstate(all="ignore"):
                    losses = list(
                        fit(network, cross_entropy, x, labels, SGD(rate), epochs=EPOCHS, batch_size=32, rng=rng)
                    )
                wait = next((epoch for epoch, loss in enumerate(losses, 1) if loss < 1.5), 0)
                runs.append((wait, right(network, x, labels), right(network, test_x, test_labels)))
            print(f'("{name}", {scale}, {rate:g}): {tuple(zip(*runs, strict=True))},', flush=True)


def right(network, x, labels):
    return int(np.sum(np.argmax(network(x)[0], axis=-1) == labels))


def factors():
    chapter = chapter_functions("watched", "error_sizes")
    runs = [chapter["watched"](sigmoid, glorot, seed, LONG)[0] for seed in range(SEEDS)]
    for epoch in range(0, LONG + 1, 20):
        found = ", ".join(f"{np.sqrt(run[epoch, 1] / run[epoch, 3]):.2f}" for run in runs)
        print(f"{epoch}: ({found}),", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("waiting", "curves", "larger", "factors"))
    {"waiting": waiting, "curves": curves, "larger": larger, "factors": factors}[parser.parse_args().what]()
