"""Train three models of the letters of a novel for the same time, with about as many parameters; print their bits.

A Transformer, a recurrent network and an LSTM, each for so many seconds of one processor, with a learning rate that
falls over this time. The chapter on the Transformer quotes it.
"""

import argparse
import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported, so before

import numpy as np

from dlnotes.datasets import pride_and_prejudice
from dlnotes.dense import dense
from dlnotes.initializers import glorot, lstm_parameters, orthogonal
from dlnotes.layers import Layer
from dlnotes.losses import cross_entropy
from dlnotes.lstm import lstm_cell
from dlnotes.optimizers import Adam, Clipped
from dlnotes.recurrent import over_time, rnn_cell
from dlnotes.text import Vocabulary
from dlnotes.training import loss_and_gradients
from dlnotes.transformer import language_model

TEXT = pride_and_prejudice()
VOCABULARY = Vocabulary(TEXT)
IDS = VOCABULARY.encode(TEXT)
LETTERS = len(VOCABULARY)
ONE_HOT = np.eye(LETTERS, dtype=np.float32)
PER_BIT = np.log(2)
HELD_OUT = 68_000  # characters at the end, as in the chapters


class Recurrent:
    """A recurrent layer and a dense one; all states are carried over from one stretch of the text to the next."""

    def __init__(self, cell, parameters, output, states):
        self.cell, self.layer, self.output, self.states = cell, parameters, output, states
        self.parameters = [*parameters, *output.parameters]
        self.state = None

    def __call__(self, x, training=False):
        units = len(self.layer[-1])
        before = self.state or [np.zeros((len(x), units), np.float32)] * self.states
        after, layer_backward = over_time(self.cell, ONE_HOT[x], before, *self.layer)
        self.state = [state[:, -1].copy() for state in after]
        z, output_backward = self.output(after[0])

        def backward(dz):
            dh, *doutput = output_backward(dz)
            gradients = layer_backward(dh, *[None] * (self.states - 1))
            return None, *gradients[1 + self.states :], *doutput

        return z, backward


def recurrent(kind, units, rng):
    if kind == "rnn":
        first = glorot(units, LETTERS, rng), orthogonal(units, rng), np.zeros(units)
    else:
        first = lstm_parameters(units, LETTERS, rng)
    small = [p.astype(np.float32) for p in first]
    output = Layer(dense, glorot(LETTERS, units, rng).astype(np.float32), np.zeros(LETTERS, np.float32))
    return Recurrent(*{"rnn": (rnn_cell, small, output, 1), "lstm": (lstm_cell, small, output, 2)}[kind])


def train(kind, seconds, rate, seed, batch, time_steps):
    """Train until so many seconds of the processor are gone; return the model, and how many characters it has read."""
    rng = np.random.default_rng(seed)
    ids = IDS[:-HELD_OUT]
    if kind == "transformer":
        model = language_model(LETTERS, 64, 4, 2, time_steps, rng, dtype=np.float32)
    else:
        model = recurrent(kind, {"rnn": 296, "lstm": 142}[kind], rng)
    start = time.process_time()

    def passed():
        return min(1, (time.process_time() - start) / seconds)

    def falling(step):
        return rate * min(1, (1 + step) / 100) * (0.02 + 0.98 * (1 + np.cos(np.pi * passed())) / 2)

    optimizer = Clipped(Adam(falling, beta_2=0.98 if kind == "transformer" else 0.999), longest=1)
    stretch, step = len(ids) // batch, 0
    while passed() < 1:
        if kind == "transformer":
            places = rng.integers(len(ids) - time_steps, size=(batch, 1)) + np.arange(time_steps)
        else:  # parallel streams, each of which goes on where it was
            place = step * time_steps % (stretch - time_steps)
            if place < time_steps:
                model.state = None
            places = stretch * np.arange(batch)[:, None] + place + np.arange(time_steps)
        _, gradients = loss_and_gradients(model, cross_entropy, ids[places], ids[places + 1])
        optimizer.step(model.parameters, gradients)
        step += 1
    return model, step * batch * time_steps


def bits(kind, model, time_steps=64):
    """Return the bits a character on the held-out text; the first half of each stretch is only read."""
    held_out = IDS[-HELD_OUT:]
    losses = []
    if kind == "transformer":
        starts = np.arange(0, len(held_out) - time_steps - 1, time_steps // 2)
        for some in np.array_split(starts, 20):
            places = some[:, None] + np.arange(time_steps)
            z, _ = model(held_out[places])
            half = time_steps // 2
            losses.append(cross_entropy(z[:, half:], held_out[places + 1][:, half:])[0] * len(some))
        return sum(losses) / len(starts) / PER_BIT
    model.state = None
    parts = (len(held_out) - 1) // 1000
    x, y = (held_out[i : parts * 1000 + i].reshape(parts, 1000) for i in (0, 1))
    z, _ = model(x)
    return cross_entropy(z[:, 32:], y[:, 32:])[0] / PER_BIT


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kind", choices=["transformer", "rnn", "lstm"])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.004])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--time", type=int, default=64)
    options = parser.parse_args()
    for rate in options.rates:
        for seed in options.seeds:
            model, read = train(options.kind, options.seconds, rate, seed, options.batch, options.time)
            size = sum(p.size for p in model.parameters)
            print(f"{options.kind}, {size} parameters, {options.seconds:.0f} s, rate {rate}, seed {seed}: "
                  f"{read / 1e6:.2f} million characters, {bits(options.kind, model):.3f} bits", flush=True)  # fmt: skip
