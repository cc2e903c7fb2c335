"""Attention drawn from its numbers: what is there at each part, how wide lines are, and who looks where."""

import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.text import Annotation

from dlnotes.attention import attention_weights
from dlnotes.attention_diagrams import CONTEXT, KEY, SCORE, TALLEST, WEIGHT, draw_alignment, draw_attention
from dlnotes.style import FORWARD, HIGHLIGHT, subplots

KEYS, SCORES, WEIGHTS = ["the", "red", "car"], [0.0, -1.4142, 1.4142], [0.187, 0.045, 0.768]


@pytest.fixture
def ax():
    return subplots()[1]


def texts(ax, height):
    """What stands in a row, from left to right, without the name of the row and what stands beside the context."""
    row = [text for text in ax.texts if not isinstance(text, Annotation) and text.get_position()[0] >= 0]
    row = [text for text in row if text.get_position()[1] == pytest.approx(height)]
    return [text.get_text() for text in sorted(row, key=lambda text: text.get_position()[0])]


def widths(ax):
    """Where each line to the context begins, and how wide it is."""
    return {line.get_xdata()[0]: line.get_linewidth() for line in ax.lines}


def test_everything_of_a_query_is_there(ax):
    assert draw_attention(ax, KEYS, SCORES, WEIGHTS, query="voiture", context="(3.26, 0.18)") is ax
    assert texts(ax, KEY) == KEYS
    assert texts(ax, SCORE) == ["0.00", "−1.41", "1.41"]
    assert texts(ax, WEIGHT - 0.3) == ["0.19", "0.04", "0.77"]
    assert {"voiture", "(3.26, 0.18)", "$c$"} <= {text.get_text() for text in ax.texts}
    np.testing.assert_allclose([bar.get_height() for bar in ax.patches], TALLEST * np.array(WEIGHTS))
    found = widths(ax)
    assert found[2] > found[0] > found[1] > 0
    assert found[2] / found[0] == pytest.approx(0.768 / 0.187)


@pytest.mark.parametrize(
    ("part", "bars", "lines", "lit"),
    [("scores", 0, 0, SCORE), ("weights", 3, 0, WEIGHT - 0.3), ("sum", 3, 3, None), (None, 3, 3, None)],
)
def test_what_comes_later_is_not_there_yet(ax, part, bars, lines, lit):
    draw_attention(ax, KEYS, SCORES, WEIGHTS, context="new", part=part)
    assert (len(ax.patches), len(ax.lines)) == (bars, lines)
    assert bool(texts(ax, WEIGHT - 0.3)) == (bars > 0)
    for height in (SCORE, WEIGHT - 0.3):
        colors = {
            t.get_color() for t in ax.texts if t.get_position()[1] == pytest.approx(height) and t.get_position()[0] >= 0
        }
        if colors and part:
            assert same_color(colors.pop(), FORWARD if height == lit else "black")


def test_a_line_leads_from_the_top_of_each_bar_to_the_context(ax):
    draw_attention(ax, KEYS, SCORES, WEIGHTS)
    ends = {(*(line.get_xdata()), *(line.get_ydata())) for line in ax.lines}
    assert ends == {(x, 1, WEIGHT + TALLEST * weight, CONTEXT) for x, weight in enumerate(WEIGHTS)}


def test_weights_that_nobody_sees_have_no_line(ax):
    draw_attention(ax, KEYS, [5, -5, 0], [0.9933, 0.0, 0.0067])
    assert set(widths(ax)) == {0}


def test_many_keys_have_short_numbers(ax):
    draw_attention(ax, list("large fortune"), np.linspace(-3, 15, 13), np.full(13, 1 / 13))
    assert texts(ax, SCORE)[0] == "−3.0"
    assert texts(ax, SCORE)[-1] == "15"  # a decimal more would run into the next one
    assert texts(ax, WEIGHT - 0.3)[0] == ".08"


def test_a_score_that_is_rounded_to_nothing_has_no_sign(ax):
    draw_attention(ax, ["a"], [-0.001], [1.0])
    assert texts(ax, SCORE) == ["0.00"]


def test_an_alignment_shows_each_weight_in_its_place(ax):
    A, _ = attention_weights(np.random.default_rng(0).standard_normal((2, 3)), np.eye(3))
    draw_alignment(ax, A, "abc", ["x", "y"])
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), A)
    assert image.get_clim() == (0, 1)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["x", "y"]
    assert not ax.lines


def test_rows_to_come_are_empty_and_the_last_one_is_framed(ax):
    draw_alignment(ax, np.full((3, 2), 0.5), "ab", "xyz", step=2)
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0.5, 0.5], [0.5, 0.5], [0, 0]])
    (frame,) = ax.lines
    assert (min(frame.get_ydata()), max(frame.get_ydata())) == (0.5, 1.5)
    assert (min(frame.get_xdata()), max(frame.get_xdata())) == (-0.5, 1.5)


def test_the_query_is_named_in_the_colour_of_what_is_chosen(ax):
    draw_attention(ax, KEYS, SCORES, WEIGHTS, query="voiture")
    (color,) = {text.get_color() for text in ax.texts if text.get_text() == "voiture"}
    assert same_color(color, HIGHLIGHT)


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"keys": 3}, TypeError, "keys must be a list of texts, got a int"),
        ({"keys": ["the", 1, "car"]}, TypeError, "keys must be a list of texts, got 1 among them"),
        ({"keys": []}, ValueError, "keys must hold at least one text, got none"),
        ({"scores": [1, 2]}, ValueError, r"scores must have shape \(keys,\), here \(3,\), got \(2,\)"),
        ({"weights": np.eye(3)}, ValueError, r"weights must have shape \(keys,\), here \(3,\), got \(3, 3\)"),
        ({"weights": [0.5, 0.6, -0.1]}, ValueError, "weights must lie from 0 to 1, got -0.1 to 0.6"),
        ({"weights": [np.nan] * 3}, ValueError, "weights must lie from 0 to 1, got nan to nan"),
        ({"weights": ["a", "b", "c"]}, TypeError, "weights must hold real numbers"),
        ({"query": 3}, TypeError, "query must be a text"),
        ({"context": 3}, TypeError, "context must be a text"),
        ({"part": "softmax"}, ValueError, "part must be one of scores, weights, sum, got 'softmax'"),
        ({"part": 1}, ValueError, "part must be one of scores, weights, sum, got 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(ax, changed, error, says):
    with pytest.raises(error, match=says):
        draw_attention(ax, **{"keys": KEYS, "scores": SCORES, "weights": WEIGHTS} | changed)


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"weights": [[1.0]]}, ValueError, r"weights must have shape \(queries, keys\), here \(2, 3\), got \(1, 1\)"),
        ({"weights": np.full((2, 3), 2)}, ValueError, "weights must lie from 0 to 1, got 2 to 2"),
        ({"queries": None}, TypeError, "queries must be a list of texts, got a NoneType"),
        ({"step": 3}, ValueError, "step must be at most 2, the last query, got 3"),
        ({"step": 0}, ValueError, "step must be an integer of at least 1"),
        ({"step": 1.0}, TypeError, "step must be an integer of at least 1"),
    ],
)
def test_an_alignment_that_does_not_fit_is_refused(ax, changed, error, says):
    with pytest.raises(error, match=says):
        draw_alignment(ax, **{"weights": np.full((2, 3), 1 / 3), "keys": "abc", "queries": "xy"} | changed)


def test_they_draw_on_axes_alone():
    for draw in (draw_attention, draw_alignment):
        with pytest.raises(TypeError, match="ax must be"):
            draw(None, ["a"], [[1.0]], ["b"])
