"""Functions of single chapters, called as a reader may who tries words and labels of his own."""

import ast

import nbformat
import numpy as np
import pytest

from dlnotes.text import Vocabulary
from publish.project import ROOT


def defined(chapter, names, **known):
    """Define the named functions of a chapter, which read what is known, without running its cells."""
    for cell in nbformat.read(ROOT / "book" / f"{chapter}.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.FunctionDef) and node.name in names:
                    exec(compile(ast.Module([node], []), chapter, "exec"), known)
    return [known[name] for name in names]


@pytest.fixture
def translation():
    letters = Vocabulary("abcdefghijklmnopqrstuvwxyz .")
    return defined("attention", ["pig_latin", "encoded", "batch_of", "translate"], np=np, LETTERS=letters, ONE_HOT=None)


@pytest.mark.parametrize(
    ("phrase", "answer"),
    [("Queen", "ueenqay"), ("The LARGE fortune", "ethay argelay ortunefay"), ("tsk y", "tskay yay"), ("", "")],
)
def test_pig_latin_of_capitals_and_of_words_without_a_vowel(translation, phrase, answer):
    assert translation[0](phrase) == answer


@pytest.mark.parametrize("phrases", ["the car", [], [""], ["a man", "a"]])
def test_translator_says_that_it_takes_phrases_of_one_length(translation, phrases):
    _, encoded, batch_of, translate = translation
    for function in (encoded, batch_of, lambda phrases: translate(None, phrases)):
        with pytest.raises(ValueError, match="expected a list of phrases, all of one length"):
            function(phrases)


def test_translator_names_a_letter_that_it_does_not_know(translation):
    with pytest.raises(ValueError, match="'2'"):
        translation[1](["r2d2"])


def test_batch_is_read_and_answered_letter_by_letter(translation):
    x, before, y, counts = translation[2](np.array(["a man", "a car"]))
    assert x.shape == (2, 5)
    assert before.shape == y.shape == counts.shape == (2, 10)
    assert counts.all()


@pytest.mark.parametrize("pair", [(), (0,), (0, 0), (0, 1), (33, 0), (0, 1, 33)])
def test_labels_spread_only_from_one_member_of_each_side(pair):
    faction = np.repeat([0, 1], 17)
    (propagate,) = defined("gnn", ["propagate"], np=np, faction=faction, friends=np.full((34, 34), 1 / 34))
    with pytest.raises(ValueError, match="one of the officers' members"):
        propagate(pair)
    rest, shares = propagate((0, 33))
    assert len(rest) == 32
    assert np.allclose(shares, 0.5)
