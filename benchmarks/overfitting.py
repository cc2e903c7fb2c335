"""Train what the chapter on overfitting quotes, and has no time to train itself; print it.

``remedies`` trains the chapter's network on 200 digits with each setting of dropout and weight decay, with 40 wrong
labels and with none, five draws each; it prints how many of 200 validation and of 1397 test images are read right, and
the test loss, at the end and at the epoch of the lowest validation loss. ``deep`` trains deep networks with and without
batch normalisation and paths around, and prints how many of 359 test images they read right, three starts each.
"""

import argparse
import os
from itertools import product

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported, so before

import numpy as np

from dlnotes.activations import relu, sigmoid
from dlnotes.datasets import digits
from dlnotes.dense import dense
from dlnotes.dropout import dropout
from dlnotes.initializers import glorot, he
from dlnotes.layers import Layer, Residual, Sequential
from dlnotes.losses import cross_entropy
from dlnotes.normalization import BatchNorm
from dlnotes.optimizers import SGD, Adam
from dlnotes.training import fit

DIGITS = digits()
IMAGES = np.concatenate([DIGITS.train_images, DIGITS.test_images]).reshape(-1, 64)
LABELS = np.concatenate([DIGITS.train_labels, DIGITS.test_labels])


def dealt(seed, wrong, count=200):
    """As in the chapter."""
    rng = np.random.default_rng(seed)
    training, validation, test = np.split(rng.permutation(len(LABELS)), [count, count + 200])
    given = LABELS[training].copy()
    given[:wrong] = (given[:wrong] + rng.integers(1, 10, wrong)) % 10
    return training, given, validation, test


def large_network(rate, rng):
    """As in the chapter."""
    layers = []
    for inputs in (64, 128):
        layers += [Layer(dense, he(128, inputs, rng), np.zeros(128)), relu]
        if rate > 0:
            layers.append(Layer(dropout, rate=rate, rng=rng))
    return Sequential(*layers, Layer(dense, he(10, 128, rng), np.zeros(10)))


def measured(network, rows):
    """Return the loss on these rows, and how many are read right."""
    scores, _ = network(IMAGES[rows])
    return cross_entropy(scores, LABELS[rows])[0], int(np.sum(scores.argmax(axis=1) == LABELS[rows]))


def history(seed, wrong, rate, decay):
    """Every third epoch of a training: validation loss, validation images right, test images right, test loss."""
    training, given, validation, test = dealt(seed, wrong)
    rng, found = np.random.default_rng(100 + seed), []
    network = large_network(rate, rng)
    optimizer = Adam(0.003, weight_decay=decay)
    run = fit(network, cross_entropy, IMAGES[training], given, optimizer, epochs=150, batch_size=50, rng=rng)
    for epoch, _ in enumerate(run, 1):
        if epoch % 3 == 0:
            (loss, right), (test_loss, test_right) = measured(network, validation), measured(network, test)
            found.append((loss, right, test_right, test_loss))
    return found


def remedies():
    for wrong, rate, decay in product((40, 0), (0, 0.25, 0.5), (0, 1, 3)):
        runs = [history(seed, wrong, rate, decay) for seed in range(5)]
        moments = {"end": [run[-1] for run in runs], "best": [min(run) for run in runs]}
        texts = []
        for name, rows in moments.items():
            _, right, test_right, test_loss = zip(*rows, strict=True)
            losses = ", ".join(f"{loss:.2f}" for loss in test_loss)
            texts.append(f'"{name}": ({right}, {test_right}, ({losses}))')
        print(f"({wrong}, {rate:g}, {decay}): {{{', '.join(texts)}}},", flush=True)


def deep_network(depth, bend, initialise, normalise, around, rng):
    """`depth` hidden layers of 64 units."""
    layers = []
    for _ in range(depth):
        block = [Layer(dense, initialise(64, 64, rng), np.zeros(64))]
        if normalise:
            block.append(BatchNorm(np.ones(64), np.zeros(64)))
        block = Sequential(*block, bend)
        layers.append(Residual(block) if around and layers else block)
    return Sequential(*layers, Layer(dense, initialise(10, 64, rng), np.zeros(10)))


def deep():
    x, x_test = DIGITS.train_images.reshape(-1, 64), DIGITS.test_images.reshape(-1, 64)
    for (depth, bend, initialise), normalise, around in product(
        ((10, sigmoid, glorot), (30, relu, he)), (False, True), (False, True)
    ):
        for rate in (0.03, 0.1, 0.2, 0.5):
            found = []
            for seed in range(3):
                rng = np.random.default_rng(seed)
                network = deep_network(depth, bend, initialise, normalise, around, rng)
                with np.errstate(all="ignore"):  # a plain path around explodes
                    for _ in fit(
                        network, cross_entropy, x, DIGITS.train_labels, SGD(rate), epochs=4, batch_size=32, rng=rng
                    ):
                        pass
                    scores = np.nan_to_num(network(x_test)[0])
                found.append(int(np.sum(scores.argmax(axis=1) == DIGITS.test_labels)))
            print(depth, bend.__name__, f"normalise {normalise}, around {around}, rate {rate}:", *found, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("remedies", "deep"))
    {"remedies": remedies, "deep": deep}[parser.parse_args().what]()
