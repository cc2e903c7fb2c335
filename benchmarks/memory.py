"""Train what the chapter on the LSTM quotes, and has no time to train itself; print it.

``first-number`` trains its LSTM from several forget biases, at two learning rates, with the chapter's own functions;
it prints after how many steps each was solved, 0 where it was not. ``novel`` trains a plain network and an LSTM of as
many parameters on the novel of the chapter "Recurrent networks", and prints the bits a character on held-out text.
"""

import argparse
import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported, so before

import numpy as np
from chapters import functions_of

from dlnotes.datasets import pride_and_prejudice
from dlnotes.dense import dense
from dlnotes.initializers import glorot, lstm_parameters, orthogonal
from dlnotes.losses import cross_entropy
from dlnotes.lstm import lstm, lstm_cell
from dlnotes.optimizers import Adam
from dlnotes.recurrent import over_time, rnn_cell
from dlnotes.text import Vocabulary

RATES, SEEDS, LAG, STEPS = (0.003, 0.01), 8, 60, 200
BIASES = 1, 2, 3, np.log(LAG), 8
READERS, TIME, HELD_OUT = 32, 16, 68_000
UPDATES = 1000  # as many for both
LEVEL, SAME_TIME = 650, 525  # until the LSTM draws level; about as many as it makes in the time of the plain network


def first_number():
    wanted = "first_number", "network_of", "lstm_network"
    chapter = functions_of("lstm", wanted, np=np, lstm=lstm, lstm_parameters=lstm_parameters)
    for rate in RATES:
        for bias in BIASES:
            found = []
            for seed in range(SEEDS):
                rng = np.random.default_rng(seed)
                losses = chapter["train"](chapter["lstm_network"](rng, bias), rate, rng, LAG, STEPS)
                found.append(len(losses) if chapter["solved"](losses) else 0)
            print(f"({bias:.3g}, {rate}): {tuple(found)},", flush=True)


def bits_on_the_novel(cell, rate, updates, seed):
    """Train as in the chapter "Recurrent networks"; return bits a character, parameters, and seconds an update."""
    text = pride_and_prejudice()
    vocabulary = Vocabulary(text)
    ids, letters = vocabulary.encode(text), len(vocabulary)
    one_hot, no_bias = np.eye(letters, dtype=np.float32), np.zeros(letters, np.float32)
    read, held_out = ids[:-HELD_OUT], ids[-HELD_OUT:]
    length = len(read) // READERS
    streams = read[: READERS * length].reshape(READERS, length)

    rng = np.random.default_rng(seed)
    if cell is rnn_cell:
        units, count = 128, 1
        parameters = glorot(units, letters, rng), orthogonal(units, rng), np.zeros(units)
    else:
        units, count = 60, 2  # h and c
        parameters = lstm_parameters(units, letters, rng, forget_bias=np.log(TIME))
    *parameters, V = (p.astype(np.float32) for p in (*parameters, glorot(letters, units, rng)))

    optimizer = Adam(lambda k: rate * (1 - 0.95 * k / updates))
    states = [np.zeros((READERS, units), np.float32)] * count
    began = time.process_time()
    for k in range(updates):
        begin = k * TIME % (length - TIME)
        x, y = one_hot[streams[:, begin : begin + TIME]], streams[:, begin + 1 : begin + TIME + 1]
        sequences, layer_backward = over_time(cell, x, states, *parameters)
        o, dense_backward = dense(sequences[0], V, no_bias)
        _, loss_backward = cross_entropy(o, y)
        do, _ = loss_backward()
        ds, dV, _ = dense_backward(do)
        gradients = layer_backward(ds, *[None] * (count - 1))[1 + count :]
        optimizer.step([*parameters, V], [*gradients, dV])
        states = [sequence[:, -1] for sequence in sequences]  # go on from here
    seconds = (time.process_time() - began) / updates

    parts = (len(held_out) - 1) // 1000
    x, y = (held_out[i : parts * 1000 + i].reshape(parts, 1000) for i in (0, 1))
    sequences, _ = over_time(cell, one_hot[x], [np.zeros((parts, units), np.float32)] * count, *parameters)
    o, _ = dense(sequences[0], V, no_bias)
    loss, _ = cross_entropy(o[:, 20:], y[:, 20:])  # the first characters only set the state
    return loss / np.log(2), sum(p.size for p in (*parameters, V)), seconds


def novel():
    lstms = [("LSTM", lstm_cell, updates) for updates in (UPDATES, LEVEL, SAME_TIME)]
    for name, cell, updates in (("plain", rnn_cell, UPDATES), *lstms):
        for rate in (0.005, 0.01, 0.02) if cell is rnn_cell else (0.01, 0.02, 0.04, 0.08, 0.16):
            runs = [bits_on_the_novel(cell, rate, updates, seed) for seed in range(3)]
            found = ", ".join(f"{bits:.3f}" for bits, _, _ in runs)
            cost = f"{runs[0][1]} parameters, {1000 * min(seconds for _, _, seconds in runs):.1f} ms an update"
            print(f'("{name}", {updates}, {rate}): ({found}),  # {cost}', flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("first-number", "novel"))
    {"first-number": first_number, "novel": novel}[parser.parse_args().what]()
