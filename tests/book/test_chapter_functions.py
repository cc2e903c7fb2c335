"""Functions of single chapters, called as a reader may who tries words and labels of his own."""

import ast

import nbformat
import numpy as np
import pytest

from dlnotes.activations import relu
from dlnotes.convolution import conv2d, true_conv2d
from dlnotes.diagrams import draw_grid
from dlnotes.style import HIGHLIGHT, MUTED, TRAINING, in_words, subplots
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


@pytest.mark.parametrize(
    ("kernel", "sum_"),
    [
        ([[0.5, 0, 0], [0, -0.25, 0], [0, 0, 2]], "0.5·1 − 0.25·5 + 2·9 = 17.2"),
        ([[1, 0, 0], [0, 0, 0], [0, 0, -1]], "1·1 − 1·9 = −8"),
        ([[0, 0, 0], [0, 1 / 9, 0], [0, 0, 0]], "1/9·5 = 0.6"),
        (np.zeros((3, 3)), "0 = 0"),
    ],
)
def test_weights_of_ones_own_stand_in_the_sentence_as_they_are(kernel, sum_):
    grey = np.arange(1.0, 10).reshape(3, 3)
    known = {"np": np, "grey": grey, "ROW": 0, "FILTERS": {"own": kernel}, "STRONGEST": {}, "FORWARD": "black"}
    pictures = {"own": np.array([[np.sum(grey * kernel)]])}
    names = ["signed", "frame", "draw_teaser"]
    draw = defined("cnn", names, pictures=pictures, draw_grid=draw_grid, **known)[-1]
    _, axes = subplots(rows=2, columns=2)
    assert draw(axes, "own", 0) == f"The new pixel is {sum_}."


def test_products_fit_into_their_cells():
    *_, brief = defined("cnn", ["signed", "two", "brief"], np=np)
    texts = {0.001: "0", -0.05: "−.05", 0.48: ".48", 1.28: "1.28", -1.28: "−1.3", -0.991: "−.99"}
    assert {number: brief(number) for number in texts} == texts


def test_kernel_gradient_refuses_the_error_terms_of_a_convolution_with_stride_or_padding():
    (gradients,) = defined("cnn_backprop", ["conv2d_gradients"], np=np, conv2d=conv2d, true_conv2d=true_conv2d)
    x, W = np.ones((2, 3, 5, 5)), np.ones((4, 3, 3, 3))
    assert [array.shape for array in gradients(x, W, np.ones((2, 4, 3, 3)))] == [x.shape, W.shape, (4,)]
    for size in (2, 5):
        with pytest.raises(AssertionError, match="stride 1 without padding"):
            gradients(x, W, np.ones((2, 4, size, size)))


def test_chain_takes_one_weight_for_all_neurons(capsys):
    (chain,) = defined("relu", ["chain"], np=np)
    chain(relu, w=2.0)
    assert capsys.readouterr().out == "relu, w = 2.0: delta 3 8.0000  delta 2 16.0000  delta 1 32.0000\n"
    with pytest.raises(ValueError, match="size 1"):
        chain(relu, w=[1, 2, 3])


def outside(ax, line):
    """Whether a part of the line is out of the picture, and would not be seen."""
    (left, right), (low, high) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    return np.any((x < left) | (x > right) | (y < low) | (y > high))


def marks_outside(axes):
    return [line for ax in axes for line in ax.lines if len(line.get_xdata()) == 1 and outside(ax, line)]


@pytest.mark.parametrize("beta", [0, 0.55, 0.9, 0.95])
@pytest.mark.parametrize("rate", [0.03, 0.117, 0.22])
def test_marks_of_both_axes_are_in_the_picture_and_a_walk_that_arrives_too(beta, rate):
    known = {"FLAT": 0.36, "STEEP": 16.64, "CURVATURE": np.linspace(0.02, 22, 45)}
    colours = {"HIGHLIGHT": HIGHLIGHT, "MUTED": MUTED, "TRAINING": TRAINING}
    draw = defined("optimizers", ["axis_walk", "factor", "draw_momentum"], np=np, **known, **colours)[-1]
    _, axes = subplots(rows=2)
    sentence = draw(axes, beta, rate)
    assert not marks_outside(axes)
    assert any(outside(axes[1], line) for line in axes[1].lines) == ("out of bounds" in sentence)


@pytest.mark.parametrize(("rate", "sign"), [(0.1, "o"), (2.3e-9, "v")])
def test_mark_of_a_vanishing_rate_is_at_the_edge_of_the_picture(rate, sign):
    known = {"SCHEDULES": {"own": None}, "EVERY": np.array([1, 10]), "SMOOTH": np.ones((2, 1))}
    colours = {"HIGHLIGHT": HIGHLIGHT, "MUTED": MUTED, "TRAINING": TRAINING}
    rates = np.full((10, 1), rate)
    (draw,) = defined("optimizers", ["draw_schedule"], np=np, in_words=in_words, RATES=rates, **known, **colours)
    _, axes = subplots(rows=2)
    assert in_words(rate).rstrip("0") in draw(axes, 10, "own")
    assert not marks_outside(axes)
    assert axes[1].lines[-1].get_marker() == sign


def test_steps_of_a_check_are_written_as_on_its_axis():
    cells = nbformat.read(ROOT / "book" / "backprop.ipynb", as_version=4).cells
    (text,) = (
        output["data"]["text/plain"]
        for cell in cells
        if "draw_check" in cell.source
        for output in cell.outputs
        if "data" in output
    )
    assert "step h = 10⁻¹²" in text
    assert ", h = 10⁻¹²:" in text
