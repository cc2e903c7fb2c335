"""Train what the chapter on optimizers quotes, and has no time to train itself; print it.

``rates`` trains the chapter's network on the digits with four optimizers at many learning rates, and prints for each
the training loss after some epochs (smallest, median and largest of the seeds) and how many test digits are read
right at the end; in the decade around the best rate the rates lie closer. ``batches`` prints for each batch size and
learning rate after how many steps the training loss was below a goal, for each seed, 0 where it was not; every size
is looked at whenever its steps have grown by two per cent, so that none is overcharged. ``times`` prints what a step
takes, in microseconds of the processor, each size measured in a row.
"""

import argparse
import os
from time import process_time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported, so before

import numpy as np
from chapters import functions_of

from dlnotes.activations import relu
from dlnotes.datasets import digits
from dlnotes.dense import dense
from dlnotes.initializers import he
from dlnotes.layers import Layer, Sequential
from dlnotes.losses import cross_entropy
from dlnotes.optimizers import SGD, Adam, Momentum, RMSProp
from dlnotes.training import fit, loss_and_gradients, minibatches

SEEDS, EPOCHS = 5, (1, 5, 20)
OPTIMIZERS = {"SGD": SGD, "momentum": Momentum, "RMSProp": RMSProp, "Adam": Adam}
GRID = {float(f"{digit}e{power}"): digit for power in range(-4, 1) for digit in (1, 1.4, 2, 3, 4, 5, 7)}
RANGES = {"SGD": (0.005, 2), "momentum": (0.001, 0.5), "RMSProp": (1e-4, 0.1), "Adam": (1e-4, 0.2)}
CLOSER = {"SGD": (0.1, 1), "momentum": (0.02, 0.2), "RMSProp": (0.002, 0.02), "Adam": (0.002, 0.02)}
BATCHES, GOAL = (1, 4, 16, 32, 64, 128, 256, 512, 1438), 0.2
BATCH_RATES = dict.fromkeys(BATCHES, (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)) | {  # seven around the best of each size
    1: (0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.07),
    4: (0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3),
    16: (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6),
}

images, labels, test_images, labels_test = digits()
x, x_test = images.reshape(-1, 64), test_images.reshape(-1, 64)
KNOWN = {"np": np, "Layer": Layer, "Sequential": Sequential, "dense": dense, "relu": relu, "he": he}
digit_network = functions_of("optimizers", ("digit_network",), **KNOWN)["digit_network"]


def tried(name):
    """Return the rates of an optimizer: 1, 2, 5 in each decade, and closer ones around the best."""
    (low, high), (closer_low, closer_high) = RANGES[name], CLOSER[name]
    return [
        rate
        for rate, digit in GRID.items()
        if low <= rate <= high and (digit in (1, 2, 5) or closer_low <= rate <= closer_high)
    ]


def rates():
    for name, optimizer in OPTIMIZERS.items():
        for rate in tried(name):
            losses, right = [], []
            for seed in range(SEEDS):
                rng = np.random.default_rng(seed)
                network, found = digit_network(rng), []
                with np.errstate(all="ignore"):  # at a rate that is too large the numbers overflow
                    training = fit(
                        network, cross_entropy, x, labels, optimizer(rate), epochs=max(EPOCHS), batch_size=32, rng=rng
                    )
                    for epoch, _ in enumerate(training, 1):
                        if epoch in EPOCHS:
                            found.append(min(9.0, float(np.nan_to_num(cross_entropy(network(x)[0], labels)[0], nan=9))))
                    scores = network(x_test)[0]
                right.append(int(np.sum(scores.argmax(axis=1) == labels_test)) if np.isfinite(scores).all() else 0)
                losses.append(found)
            summary = [
                tuple(f"{value:.2g}" for value in np.quantile(column, (0, 0.5, 1))) for column in np.array(losses).T
            ]
            text = ", ".join("(" + ", ".join(found) + ")" for found in summary)
            print(f'("{name}", {rate:g}): ({text}, {tuple(sorted(right))}),', flush=True)


def steps_to_goal(batch, rate, seed):
    rng = np.random.default_rng(seed)
    network, optimizer, steps, most = digit_network(rng), SGD(rate), 0, max(400, 4 * len(x) // batch)
    look = 1
    with np.errstate(all="ignore"):
        while steps < most:
            for rows in minibatches(len(x), batch, rng):
                _, gradients = loss_and_gradients(network, cross_entropy, x[rows], labels[rows])
                optimizer.step(network.parameters, gradients)
                steps += 1
                if steps >= look:
                    look = max(steps + 1, round(1.02 * steps))
                    loss = cross_entropy(network(x)[0], labels)[0]
                    if not loss < 50:
                        return 0
                    if loss < GOAL:
                        return steps
    return 0


def batches():
    for batch in BATCHES:
        for rate in BATCH_RATES[batch]:
            found = tuple(steps_to_goal(batch, rate, seed) for seed in range(SEEDS))
            print(f"({batch}, {rate:g}): {found},", flush=True)


def times():
    rng = np.random.default_rng(0)
    network, optimizer = digit_network(rng), SGD(0.1)
    found = {batch: [] for batch in BATCHES}
    for batch in BATCHES * 5:
        for again in range(60):
            rows = rng.permutation(len(x))[:batch]
            start = process_time()
            _, gradients = loss_and_gradients(network, cross_entropy, x[rows], labels[rows])
            optimizer.step(network.parameters, gradients)
            if again >= 20:  # the first ones fill the cache
                found[batch].append(process_time() - start)
    for batch, seconds in found.items():
        print(f"{batch}: {1e6 * np.median(seconds):.0f}, a sample {1e6 * np.median(seconds) / batch:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("rates", "batches", "times"))
    {"rates": rates, "batches": batches, "times": times}[parser.parse_args().what]()
