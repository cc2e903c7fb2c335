r"""Play the games of the chapter "Generative adversarial networks", and keep what its figures show.

::

    OPENBLAS_NUM_THREADS=1 .venv/bin/python tools/make_games.py

It takes some minutes, and writes src/dlnotes/data/games.npz. A game is chaotic: after some hundreds of steps another
processor plays another one, alike in kind. So the record is stored, not made anew by the reader.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np

from dlnotes.activations import leaky_relu, tanh
from dlnotes.adversarial import discriminator_step, generator_loss, generator_step
from dlnotes.datasets import digits
from dlnotes.dense import dense
from dlnotes.initializers import glorot, he
from dlnotes.layers import Layer, Sequential
from dlnotes.optimizers import Adam

FILE = Path(__file__).parents[1] / "src" / "dlnotes" / "data" / "games.npz"

ANGLES = 2 * np.pi * np.arange(8) / 8
CENTRES = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
SPREAD = 0.05
# name: rates of G and D, Adam's beta_1, whether G's loss is the saturating one
SETTINGS = {
    "healthy": (1e-3, 1e-3, 0.5, False),
    "hopping": (1e-3, 1e-3, 0.9, False),
    "hasty": (3e-3, 3e-4, 0.5, False),
    "saturating": (1e-3, 1e-3, 0.5, True),
}
SEEDS = range(4)
PICTURE_SEED, PICTURE_SETTINGS = 1, 3  # what is kept as a picture: one seed of the first three settings
LOOKS = np.arange(0, 2501, 50)
PICTURES = np.array([0, 50, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1400, 1600, 1800, 2000, 2500])
GRID = np.linspace(-1.6, 1.6, 25)

LINE = np.linspace(-3, 3, 121)
LINE_LOOKS = np.array([0, 50, 100, 200, 300, 400, 600, 800, 1000])

DIGIT_LOOKS = np.array([0, 100, 300, 600, 1000, 2000, 4000, 6000])
DIGIT_SEEDS = range(3)


LEAKY = Layer(leaky_relu, slope=0.2)


def mlp(sizes, rng, bend=LEAKY, start=he, dtype=float):
    layers = []
    for inputs, outputs in pairwise(sizes):
        layers += [Layer(dense, start(outputs, inputs, rng).astype(dtype), np.zeros(outputs, dtype)), bend]
    return Sequential(*layers[:-1])


def ring(count, rng):
    return CENTRES[rng.integers(8, size=count)] + SPREAD * rng.standard_normal((count, 2))


def play_ring(setting, seed):
    """Yield step, G and D before each step and after the last."""
    rate_G, rate_D, beta_1, saturating = SETTINGS[setting]
    rng = np.random.default_rng(seed)
    G, D = mlp((2, 64, 64, 2), rng), mlp((2, 64, 64, 1), rng)
    steps_G, steps_D = Adam(rate_G, beta_1=beta_1), Adam(rate_D, beta_1=beta_1)
    for step in range(LOOKS[-1]):
        yield step, G, D
        discriminator_step(D, steps_D, ring(128, rng), G(rng.standard_normal((128, 2)))[0])
        generator_step(G, D, steps_G, rng.standard_normal((128, 2)), saturating=saturating)
    yield LOOKS[-1], G, D


def record_ring(record):
    noise = np.random.default_rng(1000).standard_normal((1000, 2))
    plane = np.stack(np.meshgrid(GRID, GRID), axis=-1).reshape(-1, 2)
    shape = len(SETTINGS), len(SEEDS), len(LOOKS), 8
    nearest, close = np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)
    samples = np.zeros((PICTURE_SETTINGS, len(PICTURES), 120, 2), np.float16)
    pushes, land = np.zeros_like(samples[:, :, :40]), np.zeros((PICTURE_SETTINGS, len(PICTURES), 25, 25), np.uint8)
    for seed in SEEDS:
        for s, setting in enumerate(SETTINGS):
            for step, G, D in play_ring(setting, seed):
                if step in LOOKS:
                    x = G(noise)[0]
                    far = np.linalg.norm(x[:, None] - CENTRES, axis=2)
                    mode = far.argmin(axis=1)
                    look = np.flatnonzero(step == LOOKS)[0]
                    nearest[s, seed, look] = np.bincount(mode, minlength=8)
                    close[s, seed, look] = np.bincount(mode[far.min(axis=1) <= 4 * SPREAD], minlength=8)
                if seed == PICTURE_SEED and s < PICTURE_SETTINGS and step in PICTURES:
                    picture = np.flatnonzero(step == PICTURES)[0]
                    x = G(noise[:120])[0]
                    samples[s, picture] = np.clip(x, -9, 9)
                    z, back = D(x[:40])
                    _, dz = generator_loss(z)
                    pushes[s, picture] = -40 * back(dz())[0]  # 40: of each sample's own loss, not of the mean
                    score = D(plane)[0].reshape(25, 25)
                    land[s, picture] = np.round(255 / (1 + np.exp(-score)))
            held = (close[s, seed] >= 20).sum(axis=1)
            print(
                setting,
                seed,
                "modes at",
                dict(zip(LOOKS[::10].tolist(), held[::10].tolist(), strict=True)),
                "close",
                close[s, seed, -1].sum(),
                flush=True,
            )
    record.update(nearest=nearest, close=close, samples=samples, pushes=pushes, landscape=land)


def line_data(count, rng):
    return rng.choice([-1.2, 1.2], size=(count, 1)) + 0.4 * rng.standard_normal((count, 1))


def bell(x, middle, width):
    return np.exp(-0.5 * ((x - middle) / width) ** 2) / (width * np.sqrt(2 * np.pi))


def play_line(times, seed):
    rng = np.random.default_rng(seed)
    G = mlp((1, 32, 1), rng, tanh, glorot)
    D = mlp((1, 32, 32, 1), rng, tanh, glorot)
    steps_G, steps_D = Adam(1e-3, beta_1=0.5), Adam(3e-3, beta_1=0.5)
    for step in range(LINE_LOOKS[-1]):
        yield step, G, D
        for _ in range(times):
            discriminator_step(D, steps_D, line_data(256, rng), G(rng.standard_normal((256, 1)))[0])
        generator_step(G, D, steps_G, rng.standard_normal((256, 1)))
    yield LINE_LOOKS[-1], G, D


def record_line(record):
    noise = np.random.default_rng(1000).standard_normal((4000, 1))
    p = 0.5 * bell(LINE, -1.2, 0.4) + 0.5 * bell(LINE, 1.2, 0.4)
    shape = 2, 4, len(LINE_LOOKS), len(LINE)
    line_density, line_answers = np.zeros(shape, np.float16), np.zeros(shape, np.float16)
    for t, times in enumerate((1, 5)):
        for seed in range(4):
            for step, G, D in play_line(times, seed):
                if step in LINE_LOOKS:
                    look = np.flatnonzero(step == LINE_LOOKS)[0]
                    line_density[t, seed, look] = bell(LINE[:, None], G(noise)[0][:, 0], 0.08).mean(axis=1)
                    line_answers[t, seed, look] = 1 / (1 + np.exp(-D(LINE[:, None])[0][:, 0]))
            best = p / (p + line_density[t, seed].astype(float) + 1e-12)
            weight = p + line_density[t, seed].astype(float)
            gap = (np.abs(line_answers[t, seed] - best) * weight).sum(axis=1) / weight.sum(axis=1)
            print("line", times, seed, gap.round(3), flush=True)
    record.update(line_density=line_density, line_answers=line_answers)


def normal(shape, rng):
    return rng.standard_normal(shape).astype(np.float32)


def play_digits(seed, images):
    rng = np.random.default_rng(seed)
    G, D = mlp((16, 128, 128, 64), rng, dtype=np.float32), mlp((64, 128, 64, 1), rng, dtype=np.float32)
    steps_G, steps_D = Adam(1e-3, beta_1=0.5), Adam(1e-3, beta_1=0.5)
    for step in range(DIGIT_LOOKS[-1]):
        yield step, G
        blur = np.float32(0.2 * (1 - step / DIGIT_LOOKS[-1]))  # noise on both kinds hides small differences at first
        real = images[rng.integers(len(images), size=64)] + blur * normal((64, 64), rng)
        generated = G(normal((64, 16), rng))[0] + blur * normal((64, 64), rng)
        discriminator_step(D, steps_D, real, generated)
        generator_step(G, D, steps_G, normal((64, 16), rng))
    yield DIGIT_LOOKS[-1], G


def record_digits(record):
    images = 2 * digits().train_images.reshape(-1, 64).astype(np.float32) - 1
    noise = normal((359, 16), np.random.default_rng(1000))  # as many as there are test images
    pictures = np.zeros((len(DIGIT_SEEDS), len(DIGIT_LOOKS), 359, 64), np.uint8)
    for seed in DIGIT_SEEDS:
        for step, G in play_digits(seed, images):
            if step in DIGIT_LOOKS:
                look = np.flatnonzero(step == DIGIT_LOOKS)[0]
                pictures[seed, look] = np.round(8 * (np.clip(G(noise)[0], -1, 1) + 1))
        print("digits", seed, flush=True)
    record.update(digits=pictures[:, -1], growing_digits=pictures[0, :, :60])


if __name__ == "__main__":
    record = {}
    for make in (record_ring, record_line, record_digits):
        make(record)
    np.savez_compressed(FILE, **record)
    print(FILE.stat().st_size, "bytes")
