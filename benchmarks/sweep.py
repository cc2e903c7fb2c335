"""Time what the chapter on backpropagation counts: all derivatives one at a time, and in one sweep; print the ratio.

Uses the chapter's own functions, for a batch of 32 digits and networks with 16, 32 and 64 hidden neurons. One side runs
the network once, and once more for each parameter; the other runs it once and walks back. The times are the medians of
several repetitions, and differ from machine to machine; the ratios differ less.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported, so before

from statistics import median
from time import process_time
from timeit import repeat

import numpy as np
from chapters import functions_of

from dlnotes.datasets import digits


def compare(hidden):
    images, labels, _, _ = digits()
    x, y = images[:32].reshape(-1, 64), np.eye(10)[labels[:32]]
    chapter = functions_of("backprop", ("forward", "backward", "loss"), np=np)
    rng = np.random.default_rng(0)
    layers = [(rng.standard_normal((m, n)) / np.sqrt(n), np.zeros(m)) for m, n in ((hidden, 64), (10, hidden))]
    parameters = [array for pair in layers for array in pair]

    def value():
        return chapter["loss"](chapter["forward"](x, layers)[-1], y)

    def one_at_a_time():
        before, step = value(), 1e-6
        gradients = [np.empty_like(array) for array in parameters]
        for array, gradient in zip(parameters, gradients, strict=True):
            for index in np.ndindex(array.shape):
                kept = array[index]
                array[index] = kept + step
                gradient[index] = (value() - before) / step
                array[index] = kept
        return gradients

    def sweep():
        return chapter["backward"](chapter["forward"](x, layers), y, layers)

    swept = [array for pair in sweep() for array in pair]
    for one, other in zip(one_at_a_time(), swept, strict=True):
        assert np.allclose(one, other, rtol=0, atol=1e-6)
    slow, fast = (  # in processor time, which does not count what else the machine does
        median(repeat(way, timer=process_time, number=1, repeat=times))
        for way, times in ((one_at_a_time, 5), (sweep, 2000))
    )
    count = sum(array.size for array in parameters)
    print(f"64-{hidden}-10, {count:,} parameters: {1e3 * slow:.1f} ms and {1e3 * fast:.4f} ms, ratio {slow / fast:.0f}")


if __name__ == "__main__":
    for hidden in (16, 32, 64):
        compare(hidden)
