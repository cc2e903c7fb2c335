"""Train the two Transformers that the chapter reads, and store them as src/dlnotes/data/adder.npz and novelist.npz.

``adder`` learns to add, ``novelist`` the letters of a novel. Both are trained once and bundled, because a head must be
the same on every processor to be read, and the novelist takes minutes: with one thread of a slow machine of 2026 about
30 seconds and 5 minutes. The parameters are stored as float16. Another processor finds others by its rounding.
"""

import argparse
import os
import time
from functools import partial
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported, so before

import numpy as np

from dlnotes.datasets import pride_and_prejudice
from dlnotes.losses import cross_entropy
from dlnotes.optimizers import Adam, Clipped
from dlnotes.schedules import cosine, warmup
from dlnotes.text import Vocabulary
from dlnotes.training import loss_and_gradients
from dlnotes.transformer import language_model

DATA = Path(__file__).parents[1] / "src" / "dlnotes" / "data"
HELD_OUT = 68_000  # the last characters of the novel, as in the chapter on recurrent networks


def train(model, batch, steps, rate):
    """Take so many steps; `batch` draws the tokens, the next tokens, and which of these count."""
    optimizer = Clipped(Adam(warmup(cosine(rate, rate / 50, steps), 100), beta_2=0.98), longest=1)
    start, mean = time.process_time(), None
    for step in range(1, steps + 1):
        x, y, counts = batch()
        value, gradients = loss_and_gradients(model, partial(cross_entropy, mask=counts), x, y)
        optimizer.step(model.parameters, gradients)
        mean = value if mean is None else 0.99 * mean + 0.01 * value
        if step % (steps // 10) == 0:
            print(f"step {step}: loss {mean:.4f}, {time.process_time() - start:.0f} CPU-seconds", flush=True)


def sums(a, b):
    """Write each addition as twelve tokens, the sum with its units first: 248+385=3360."""
    s, plus, equals = a + b, np.full_like(a, 10), np.full_like(a, 11)
    digits = [a // 100, a // 10 % 10, a % 10, plus, b // 100, b // 10 % 10, b % 10, equals]
    return np.stack([*digits, s % 10, s // 10 % 10, s // 100 % 10, s // 1000], axis=1)


def adder(seed, steps=3000, batch=64, pairs=60_000):
    rng = np.random.default_rng(seed)
    known = sums(*np.divmod(rng.choice(1000 * 1000, pairs, replace=False), 1000))
    counts = np.broadcast_to(np.arange(11) >= 7, (batch, 11))  # the answer only

    def draw():
        rows = known[rng.integers(pairs, size=batch)]
        return rows[:, :-1], rows[:, 1:], counts

    model = language_model(12, width=48, heads=3, blocks=1, time=11, rng=rng, dtype=np.float32)
    train(model, draw, steps, rate=0.004)
    return model


def mistakes(model):
    """Count the sums, of all one million, that come out wrong."""
    wrong = 0
    for a in range(0, 1000, 5):
        tokens = sums(*np.meshgrid(np.arange(a, a + 5), np.arange(1000)))
        tokens = tokens.swapaxes(1, 2).reshape(-1, 12)
        z, _ = model(tokens[:, :-1])
        wrong += (z[:, 7:].argmax(axis=2) != tokens[:, 8:]).any(axis=1).sum()
    return wrong


def novelist(seed, steps=8_000, batch=16, time=64, rate=0.006):
    rng = np.random.default_rng(seed)
    text = pride_and_prejudice()
    vocabulary = Vocabulary(text)
    ids = vocabulary.encode(text)[:-HELD_OUT]
    counts = np.ones((batch, time), dtype=bool)

    def draw():
        places = rng.integers(len(ids) - time, size=(batch, 1)) + np.arange(time)
        return ids[places], ids[places + 1], counts

    model = language_model(len(vocabulary), width=64, heads=4, blocks=2, time=time, rng=rng, dtype=np.float32)
    train(model, draw, steps, rate)
    return model


def store(name, model):
    arrays = {f"{i:02d}": p.astype(np.float16) for i, p in enumerate(model.parameters)}
    np.savez(DATA / f"{name}.npz", **arrays)  # not compressed: the bytes would depend on the version of zlib
    print(f"{name}: {sum(p.size for p in model.parameters)} parameters")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("which", choices=["adder", "novelist"])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    trained = {"adder": adder, "novelist": novelist}[options.which](options.seed)
    store(options.which, trained)
    if options.which == "adder":
        for parameter in trained.parameters:
            parameter[...] = parameter.astype(np.float16)  # as it is stored
        print(f"of one million sums {mistakes(trained)} are wrong")
