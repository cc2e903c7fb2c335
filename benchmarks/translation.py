"""Train what the chapter on attention quotes, and has no time to train itself; print it.

``seeds`` trains the chapter's translator with one context for all letters, with attention, and with additive scores,
each from several seeds at several learning rates; it prints the share of held-out phrases that come out without a
mistake, in four groups by their length. ``larger`` gives the network with one context more units and more steps;
``cell-state`` hands it the encoder's last cell state too.
``without-projections`` lets the decoder's states ask the encoder's as they are, with scores that are divided by the
root of the width, and with scores that are not.
"""

import argparse
import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported, so before

import numpy as np
from chapters import functions_of

from dlnotes.attention import attention, multi_head_attention
from dlnotes.lstm import lstm_cell
from dlnotes.operation import operation
from dlnotes.recurrent import over_time

WANTED = "pig_latin", "batch_of", "layer_of", "last_only", "train", "phrases_by_length", "additive"
RATES, SEEDS, STEPS, UNITS = (0.005, 0.01, 0.02, 0.04, 0.08), 5, 1000, 64
HIGHEST = {"one context": 0.08, "attention": 0.04, "additive": 0.02}  # tried for each kind
GROUPS = [(4, 6), (7, 9), (10, 12), (13, 16)]


@operation
def unprojected(s, memory):
    """The decoder's states are the queries, those of the encoder the keys and the values."""
    c, attention_backward = attention(s, memory, memory)

    def backward(dc):
        ds, dK, dV = attention_backward(dc)
        return ds, dK + dV

    return c, backward


@operation
def undivided(s, memory):
    """The same, with scores that are not divided by the root of the width."""
    root = np.sqrt(s.shape[-1]).astype(s.dtype)
    c, attention_backward = attention(root * s, memory, memory)

    def backward(dc):
        dQ, dK, dV = attention_backward(dc)
        return root * dQ, dK + dV

    return c, backward


def context(kind, chapter, rng, units):
    glorot, layer_of = chapter["glorot"], chapter["layer_of"]
    if kind == "attention":
        return layer_of(multi_head_attention, *(glorot(units, units, rng) for _ in range(4)), heads=1)
    if kind == "additive":
        W, U, v = glorot(units, units, rng), glorot(units, units, rng), glorot(1, units, rng)[0]
        return layer_of(chapter["additive"], W, U, v)
    contexts = {"one context": chapter["last_only"], "unprojected": unprojected, "undivided": undivided}
    return layer_of(contexts[kind])


def with_cell_state(translator):
    """Return the class of a translator whose decoder begins with the encoder's cell state, too."""

    class WithCellState(translator):
        def __call__(self, x, before, training=False):
            start = np.zeros((len(x), self.encoder.parameters[-1].size), x.dtype)
            (h, cells), encoder_backward = over_time(lstm_cell, x, [start, start], *self.encoder.parameters)
            s, decoder_backward = self.decoder(before, h0=h[:, -1], c0=cells[:, -1])
            c, context_backward = self.context(s, memory=h)
            z, output_backward = self.output(np.concatenate([s, c], axis=2))

            def backward(dz):
                dsc, *doutput = output_backward(dz)
                ds, dc = np.split(dsc, 2, axis=2)
                ds_asked, *dcontext, dh = context_backward(dc)
                dbefore, *ddecoder, dh_last, dcell_last = decoder_backward(ds + ds_asked)
                dh[:, -1] += dh_last
                dcells = np.zeros_like(cells)
                dcells[:, -1] = dcell_last
                dx, _, _, *dencoder = encoder_backward(dh, dcells)
                return dx, dbefore, *dencoder, *ddecoder, *dcontext, *doutput

            return z, backward

    return WithCellState


def run(chapter, kind, rate, seed, steps=STEPS, units=UNITS, cell_state=False):
    """Train one network; return the shares, as percents, of the groups of lengths."""
    rng = np.random.default_rng(seed)
    translator = with_cell_state(chapter["Translator"]) if cell_state else chapter["Translator"]
    network = translator(context(kind, chapter, rng, units), rng, units)
    began = time.process_time()
    chapter["train"](network, chapter["LEARNED"], rate, rng, steps)
    seconds = time.process_time() - began
    shares = chapter["shares"](network, chapter["HELD_OUT_PHRASES"])
    found = tuple(round(100 * np.mean([shares[n] for n in range(low, high + 1)])) for low, high in GROUPS)
    return found, seconds, sum(p.size for p in network.parameters)


def table(chapter, kinds, rates, seeds, **sizes):
    for kind in kinds:
        for rate in rates:
            runs = [run(chapter, kind, rate, seed, **sizes) for seed in range(seeds)]
            found = ", ".join(str(shares) for shares, _, _ in runs)
            cost = f"{runs[0][2]} parameters, {min(seconds for _, seconds, _ in runs):.0f} s"
            print(f'("{kind}", {rate}): ({found}),  # {cost}', flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("seeds", "larger", "cell-state", "without-projections"))
    what, chapter = parser.parse_args().what, functions_of("attention", WANTED, np=np)
    if what == "seeds":
        for kind, highest in HIGHEST.items():
            table(chapter, (kind,), [rate for rate in RATES if rate <= highest], SEEDS)
    elif what == "larger":
        table(chapter, ("one context",), (0.005, 0.01, 0.02), 1, steps=3000, units=128)
    elif what == "cell-state":
        table(chapter, ("one context",), (0.02, 0.04), 3, cell_state=True)
    else:
        table(chapter, ("unprojected", "undivided"), (0.01, 0.02, 0.04), 3)
