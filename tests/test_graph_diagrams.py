"""Graphs drawn from their numbers: which edges, where the nodes stand, and what marks them."""

import re

import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.text import Annotation

from dlnotes.graph_diagrams import draw_graph
from dlnotes.style import DIVERGING, FORWARD, HIGHLIGHT, subplots

AT = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]])
EDGES = np.array([[5, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]])  # 0-1, 1-2, 3-0 one-way, a loop at 0


@pytest.fixture
def ax():
    return subplots()[1]


def nodes(ax):
    """The nodes as they are drawn: place, markers, face and border."""
    return [part for part in ax.collections if part.get_zorder() == 4]


def test_every_edge_is_drawn_once_and_no_loop(ax):
    assert draw_graph(ax, AT, EDGES) is ax
    (line,) = ax.lines
    points = line.get_xydata().reshape(-1, 3, 2)
    assert np.isnan(points[:, 2]).all()  # the gap
    drawn = [frozenset([tuple(start), tuple(end)]) for start, end, _ in points]
    assert len(drawn) == 3
    assert set(drawn) == {frozenset([tuple(AT[i]), tuple(AT[j])]) for i, j in [(0, 1), (1, 2), (3, 0)]}


def test_nodes_stand_where_they_should_inside_the_limits(ax):
    draw_graph(ax, AT, EDGES, names=["a", 1.5, "", -2])
    np.testing.assert_array_equal([part.get_offsets()[0] for part in nodes(ax)], AT)
    assert [text.get_text() for text in ax.texts] == ["a", "1.5", "", "−2"]
    assert [text.get_position() for text in ax.texts] == [tuple(at) for at in AT]
    assert ax.get_xlim() == pytest.approx((-0.12, 2.12))
    assert ax.get_ylim() == pytest.approx((-0.12, 1.12))
    assert ax.get_aspect() == 1
    assert not ax.axison


def test_a_value_is_a_colour(ax):
    draw_graph(ax, AT, EDGES, values=[4, 0, -2, 1], largest=4)
    for part, value in zip(nodes(ax), [4, 0, -2, 1], strict=True):
        assert same_color(part.get_facecolor()[0], DIVERGING(0.5 + value / 8))


def test_without_values_nodes_are_white(ax):
    draw_graph(ax, AT, EDGES)
    assert all(same_color(part.get_facecolor()[0], "white") for part in nodes(ax))


def test_names_can_be_read_on_their_colours(ax):
    draw_graph(ax, AT, EDGES, names=list("abcd"), values=[1, 0, 0, -1])
    assert [text.get_color() for text in ax.texts] == ["#fefefe", "#010101", "#010101", "#fefefe"]


def test_squares_frames_and_crosses_mark_the_chosen_nodes_alone(ax):
    draw_graph(ax, AT, EDGES, squares=[1], framed=[2], crossed=[3], size=10)
    corners = [len(part.get_paths()[0].vertices) for part in nodes(ax)]
    assert corners[1] < corners[0] == corners[2] == corners[3]
    assert [same_color(part.get_edgecolor()[0], HIGHLIGHT) for part in nodes(ax)] == [False, False, True, False]
    assert [part.get_linewidth()[0] for part in nodes(ax)] == [0.8, 0.8, 3, 0.8]
    (cross,) = [part for part in ax.collections if part not in nodes(ax)]
    np.testing.assert_array_equal(cross.get_offsets(), AT[[3]])
    assert nodes(ax)[0].get_sizes() == [100]


def test_a_message_is_an_arrow_from_the_first_to_the_second(ax):
    draw_graph(ax, AT, EDGES, messages=[(0, 1), (2, 1)])
    arrows = [text for text in ax.texts if isinstance(text, Annotation) and text.arrow_patch]
    assert [(tuple(text.xyann), tuple(text.xy)) for text in arrows] == [
        (tuple(AT[0]), tuple(AT[1])), (tuple(AT[2]), tuple(AT[1])),
    ]  # fmt: skip
    assert all(same_color(text.arrow_patch.get_edgecolor(), FORWARD) for text in arrows)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"positions": AT[:3]}, ValueError, "adjacency must have shape (nodes, nodes), here (3, 3), got (4, 4)"),
        ({"positions": AT.T}, ValueError, "positions must have shape (nodes, 2), here (2, 2), got (2, 4)"),
        ({"positions": np.zeros((0, 2))}, ValueError, "positions must hold finite numbers, two for each of at least"),
        ({"positions": AT * np.nan}, ValueError, "positions must hold finite numbers, two for each of at least one"),
        ({"positions": 3.0}, ValueError, "positions must have shape (nodes, 2), here (0, 2), got ()"),
        ({"names": ["a"]}, ValueError, "names must have one entry for each of 4 nodes, got 1"),
        ({"names": "abcd"}, TypeError, "names must be a list, got 'abcd'"),
        ({"names": np.array(1)}, TypeError, "names must be a list, got a single number"),
        ({"values": [1, 2, 3, np.inf]}, ValueError, "values must hold one finite number for each node, got inf"),
        ({"values": [1, 2, 3, ""]}, ValueError, "values must hold one finite number for each node, got ''"),
        ({"largest": 0}, ValueError, "largest must be a positive number, got 0"),
        ({"squares": [4]}, ValueError, "squares must hold numbers of nodes, integers from 0 to 3, got 4"),
        ({"framed": [-1]}, ValueError, "framed must hold numbers of nodes, integers from 0 to 3, got -1"),
        ({"crossed": [True]}, ValueError, "crossed must hold numbers of nodes, integers from 0 to 3, got True"),
        ({"messages": [0, 1]}, ValueError, "a message must be a pair of nodes, from and to, got 0"),
        ({"messages": [(0, 9)]}, ValueError, "messages must hold numbers of nodes, integers from 0 to 3, got 9"),
        ({"size": "big"}, TypeError, "size must be a positive number, got 'big'"),
        ({"ax": None}, TypeError, "ax must be a matplotlib Axes, got None"),
    ],
)
def test_what_does_not_fit_is_named(ax, arguments, error, says):
    with pytest.raises(error, match="^" + re.escape(says)):
        draw_graph(**{"ax": ax, "positions": AT, "adjacency": EDGES} | arguments)
