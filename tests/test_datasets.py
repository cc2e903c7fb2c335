import hashlib
import re
from importlib.resources import files

import numpy as np
import pytest

from dlnotes.datasets import (
    digits,
    karate_club,
    miserables,
    penguins,
    photograph,
    pride_and_prejudice,
    recorded_games,
    sunspots,
)

DATA = files("dlnotes") / "data"


def recorded_sums():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", readme, flags=re.MULTILINE))


def test_the_files_are_those_the_readme_records():
    stored = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in DATA.iterdir() if f.name != "README.md"}
    assert set(stored) == {
        "penguins.csv", "digits.npz", "photograph.npy", "pride_and_prejudice.txt", "sunspots.csv", "karate_members.csv",
        "karate_friendships.csv", "miserables_characters.csv", "miserables_meetings.csv", "games.npz",
        "adder.npz", "novelist.npz",
    }  # fmt: skip
    assert stored == recorded_sums()


@pytest.mark.parametrize(
    "wanted",
    [
        "CC0 1.0",
        "10.1371/journal.pone.0090081",
        "10.5281/zenodo.3960218",
        "CC BY 4.0",
        "10.24432/C50P49",
        "van der Walt",
        "janeaustenr",
        "statsmodels",
        "in the public domain",
        "National Geophysical Data Center",
        "10.1086/jar.33.4.3629752",
        "networkx 3.6.1",
        "The Stanford GraphBase",
        "Kashcha",
    ],
)
def test_the_readme_and_the_docstrings_cite_and_license(wanted):
    assert wanted in (DATA / "README.md").read_text(encoding="utf-8")
    loaders = penguins, digits, photograph, pride_and_prejudice, sunspots, karate_club, miserables
    assert wanted in "".join(load.__doc__ for load in loaders)


def test_penguins():
    data = penguins()
    assert data._fields == ("species", "bill_length", "bill_depth", "flipper_length", "body_mass")
    assert {a.shape for a in data} == {(342,)}
    assert [a.dtype for a in data[1:]] == [np.float64] * 4
    species, counts = np.unique(data.species, return_counts=True)
    assert dict(zip(species, counts, strict=True)) == {"Adelie": 151, "Chinstrap": 68, "Gentoo": 123}
    # What summary(penguins) of the R package prints: the smallest, the mean, the largest.
    for array, low, mean, high in [
        (data.bill_length, 32.1, 43.92, 59.6),
        (data.bill_depth, 13.1, 17.15, 21.5),
        (data.flipper_length, 172, 200.9, 231),
        (data.body_mass, 2700, 4202, 6300),
    ]:
        assert array.min() == low
        assert array.max() == high
        assert array.mean() == pytest.approx(mean, rel=5e-4)


def test_digits():
    data = digits()
    assert [a.shape for a in data] == [(1438, 8, 8), (1438,), (359, 8, 8), (359,)]
    assert [a.dtype for a in data] == [np.float64, np.int64, np.float64, np.int64]
    for images in (data.train_images, data.test_images):
        assert images.min() == 0
        assert images.max() == 1
        np.testing.assert_array_equal(16 * images, np.round(16 * images))
    # The class counts of the source's test set, as its documentation gives them.
    train, test = np.bincount(data.train_labels), np.bincount(data.test_labels)
    np.testing.assert_array_equal(train + test, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    np.testing.assert_array_equal(test, np.round((train + test) / 5))


def test_the_split_is_random_and_no_image_is_in_both_parts():
    data = digits()
    train = {image.tobytes() for image in data.train_images}
    test = {image.tobytes() for image in data.test_images}
    assert len(train) + len(test) == 1797
    assert not train & test
    # In the source digits come in runs of 0 to 9; a split by position would keep whole runs together.
    assert not np.array_equal(data.test_labels[:10], np.arange(10))


def test_digits_look_like_digits():
    """The mean 0 is a ring with a hole, the mean 1 has its ink in the middle."""
    images, labels, _, _ = digits()
    zero, one = (images[labels == digit].mean(axis=0) for digit in (0, 1))
    assert zero[3:5, 3:5].max() < 0.3 < zero[3:5, 2].min()
    assert one[3:5, 3:5].min() > 0.6


@pytest.mark.parametrize("load", [penguins, digits, sunspots, karate_club, miserables, recorded_games])
def test_every_call_gives_fresh_arrays(load):
    first, second = load(), load()
    for array, other in zip(first, second, strict=True):
        assert not np.shares_memory(array, other)
        assert array.flags.writeable
        array[...] = 0 if array.dtype.kind != "U" else ""
        assert not np.array_equal(array, other)


def test_photograph():
    image = photograph()
    assert image.shape == (3, 96, 96)
    assert image.dtype == np.float64
    np.testing.assert_array_equal(255 * image, np.round(255 * image))
    assert 0 <= image.min() < image.max() <= 1
    red, green, blue = image.mean(axis=(1, 2))
    assert red > green > blue  # brown fur
    brightness = image.mean(axis=0)
    assert brightness[34, 31] < 0.5 * brightness[38, 25]  # a pupil, and the iris around it, where they should be


def test_pride_and_prejudice():
    text = pride_and_prejudice()
    assert text.startswith("it is a truth universally acknowledged, that a single man in possession of a good fortune,")
    assert text.endswith("by bringing her into derbyshire, had been the means of uniting them.\n")
    assert set(text) == set("abcdefghijklmnopqrstuvwxyz \n!\"',-.:;?\N{EM DASH}")
    # 122 204 words, headings among them, as J. Silge and D. Robinson count in "Text mining with R".
    assert len(re.findall(r"[a-z']+", text)) == pytest.approx(122204, rel=0.005)
    paragraphs = text.splitlines()
    assert all(paragraph == " ".join(paragraph.split()) != "" for paragraph in paragraphs)
    assert paragraphs[6] == '"do you not want to know who has taken it?" cried his wife impatiently.'
    assert not any(line.startswith("chapter") for line in paragraphs)
    assert text.count("darcy") > text.count("wickham") > 100


def test_sunspots():
    year, number = sunspots()
    assert year.dtype == np.int64
    np.testing.assert_array_equal(year, np.arange(1700, 2009))
    assert number.dtype == np.float64
    assert number.min() == 0
    # What summary(sunspot.year) of R prints, which has the years to 1988: the mean, and the largest.
    assert number[:289].mean() == pytest.approx(48.61, abs=0.005)
    assert number[:289].max() == number[year == 1957] == 190.2
    # The cycle: of all waves that fit into these years the strongest comes 28 times, every 11 years.
    strength = np.abs(np.fft.rfft(number - number.mean()))
    assert strength.argmax() == 28


def assert_is_a_graph(adjacency, nodes, edges):
    assert adjacency.shape == (nodes, nodes)
    assert adjacency.dtype == np.float64
    np.testing.assert_array_equal(adjacency, adjacency.T)
    assert not np.diagonal(adjacency).any()
    assert np.count_nonzero(adjacency) == 2 * edges
    reached = np.linalg.matrix_power((adjacency > 0) + np.eye(nodes), nodes)
    assert np.all(reached > 0)  # in one piece


def assert_can_be_drawn(positions, nodes):
    """No node hides another, and the picture fits a page: wider than high, or hardly higher."""
    assert positions.shape == (nodes, 2)
    apart = np.linalg.norm(positions[:, None] - positions, axis=2)
    width, height = np.ptp(positions, axis=0)
    assert apart[np.triu_indices(nodes, 1)].min() > 0.02 * width
    assert height < 1.2 * width
    assert positions[0, 0] < 0  # the first node is on the left


def test_karate_club():
    club = karate_club()
    assert club._fields == ("adjacency", "faction", "positions")
    assert_is_a_graph(club.adjacency, nodes=34, edges=78)
    assert set(np.unique(club.adjacency)) == {0, 1}
    assert club.faction.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(club.faction), [17, 17])
    # The two leaders, the degrees of both, and a member with a single pair of friends, as in Zachary's matrix.
    assert (club.faction[0], club.faction[33]) == (0, 1)
    assert (club.adjacency[0].sum(), club.adjacency[33].sum()) == (16, 17)
    assert np.flatnonzero(club.adjacency[16]).tolist() == [5, 6]
    assert club.adjacency[0, 33] == 0
    # Member 8 (9 in the paper) had more friends among the officers and went with Mr. Hi: the one Zachary got wrong.
    assert club.faction[8] == 0
    assert club.adjacency[8] @ club.faction == 3
    assert_can_be_drawn(club.positions, nodes=34)
    left, right = (club.positions[club.faction == side, 0].mean() for side in (0, 1))
    assert left < 0 < right


def test_miserables():
    novel = miserables()
    assert novel._fields == ("name", "adjacency", "group", "positions")
    assert_is_a_graph(novel.adjacency, nodes=77, edges=254)
    assert len(set(novel.name)) == 77
    assert novel.group.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(novel.group), [3, 10, 14, 10, 11, 10, 1, 2, 13, 1, 2])
    number = {name: i for i, name in enumerate(novel.name)}
    assert novel.adjacency[number["Valjean"], number["Cosette"]] == 31 == novel.adjacency.max()
    assert np.flatnonzero(novel.adjacency[number["Napoleon"]]).tolist() == [number["Myriel"]]
    assert_can_be_drawn(novel.positions, nodes=77)


def test_recorded_games():
    games = recorded_games()
    assert games.nearest.shape == games.close.shape == (4, 4, 51, 8)
    assert (games.nearest.sum(axis=-1) == 1000).all()
    assert (games.close <= games.nearest).all()
    assert games.samples.shape == (3, 19, 120, 2)
    assert games.pushes.shape == (3, 19, 40, 2)
    assert games.landscape.shape == (3, 19, 25, 25)
    assert games.line_density.shape == games.line_answers.shape == (2, 4, 9, 121)
    assert 0 <= games.line_answers.min() <= games.line_answers.max() <= 1
    assert games.line_density.astype(float).sum(axis=-1).min() * 0.05 > 0.9  # the rest lies beyond -3 and 3
    assert games.line_density.astype(float).sum(axis=-1).max() * 0.05 < 1.001
    np.testing.assert_array_equal(games.growing_digits[-1], games.digits[0, :60])
    assert games.digits.max() == 16
