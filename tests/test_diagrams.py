"""Networks drawn from their numbers: where nodes are, what edges look like, which of them are lit."""

import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.text import Annotation

from dlnotes.diagrams import LABEL_AT, WIDEST, draw_grid, draw_network, node_positions
from dlnotes.style import BACKWARD, DIVERGING, FORWARD, MUTED, NEGATIVE, POSITIVE, subplots


@pytest.fixture
def ax():
    return subplots()[1]


def arrows(ax):
    return [text for text in ax.texts if isinstance(text, Annotation) and text.arrow_patch]


def texts(ax):
    return {text.get_text(): text for text in ax.texts if text.get_text()}


def test_layers_are_columns_and_the_first_node_is_on_top():
    inputs, hidden, outputs = node_positions((3, 2, 1))
    assert inputs.tolist() == [[0, 1], [0, 0.5], [0, 0]]
    assert hidden.tolist() == [[1, 0.75], [1, 0.25]]
    assert outputs.tolist() == [[2, 0.5]]


def test_layers_of_one_node_lie_in_the_middle():
    assert [layer.tolist() for layer in node_positions((1, 1))] == [[[0, 0.5]], [[1, 0.5]]]


@pytest.mark.parametrize("sizes", [(), (2,), (2, 0), (2, 1.5), (2, -1)])
def test_sizes_must_be_two_or_more_positive_integers(sizes):
    with pytest.raises(ValueError, match="two or more positive integers"):
        node_positions(sizes)


def test_sign_and_size_of_a_weight_are_seen(ax):
    assert draw_network(ax, (2, 1), weights=[np.array([[2.0, -1.0]])]) is ax
    positive, negative = ax.lines
    assert same_color(positive.get_color(), POSITIVE)
    assert positive.get_linestyle() == "-"
    assert positive.get_linewidth() == WIDEST
    assert same_color(negative.get_color(), NEGATIVE)
    assert negative.get_linestyle() == "--"
    assert negative.get_linewidth() == WIDEST / 2


def test_an_edge_runs_from_its_input_to_its_output(ax):
    draw_network(ax, (2, 3), weights=[np.arange(6.0).reshape(3, 2)])
    inputs, outputs = node_positions((2, 3))
    ends = {tuple(map(tuple, line.get_xydata())) for line in ax.lines}
    assert ends == {(tuple(start), tuple(end)) for start in inputs for end in outputs}


def test_widths_can_be_compared_between_pictures(ax):
    draw_network(ax, (1, 1), weights=[np.array([[2.0]])], largest=8)
    assert ax.lines[0].get_linewidth() == WIDEST / 4


def test_without_weights_edges_are_plain(ax):
    draw_network(ax, (2, 2, 1), weights=[None, np.zeros((1, 2))])
    assert [same_color(line.get_color(), MUTED) for line in ax.lines] == [True] * 4 + [False] * 2


def test_nan_is_no_edge(ax):
    draw_network(ax, (2, 1), weights=[[[1.0, np.nan]]])
    assert len(ax.lines) == 1


def test_lit_edges_are_arrows_in_their_direction(ax):
    draw_network(ax, (2, 2, 1), forward=[(0, 1, 0)], backward=[(1, 0, 1)])
    forward, backward = arrows(ax)
    first, hidden, last = node_positions((2, 2, 1))
    assert forward.xyann == tuple(first[0])
    assert forward.xy == tuple(hidden[1])
    assert same_color(forward.arrow_patch.get_edgecolor(), FORWARD)
    assert backward.xyann == tuple(last[0])
    assert backward.xy == tuple(hidden[1])
    assert same_color(backward.arrow_patch.get_edgecolor(), BACKWARD)
    assert len(ax.lines) == 4


def test_texts_stand_at_their_nodes_and_edges(ax):
    draw_network(
        ax, (2, 1), names=[["a", None], ["c"]], values=[["0.1", "0.2"], [None]], errors=[[None, "e"], [None]],
        labels={(0, 0, 1): "w"},
    )  # fmt: skip
    found = texts(ax)
    assert set(found) == {"a", "c", "0.1", "0.2", "e", "w"}
    assert found["a"].get_position() == (0, 1)
    assert found["w"].get_position() == (LABEL_AT, LABEL_AT * 0.5)
    assert found["0.1"].get_position()[1] > 0  # above the upper node
    assert found["0.2"].get_position()[1] < 0  # below the lower one
    assert same_color(found["0.2"].get_color(), FORWARD)
    assert same_color(found["e"].get_color(), BACKWARD)


def test_an_edge_that_is_not_there_is_refused(ax):
    with pytest.raises(ValueError, match=r"no edge \(0, 2, 0\).*sizes \(2, 2\)"):
        draw_network(ax, (2, 2), backward=[(0, 2, 0)])
    with pytest.raises(ValueError, match=r"no edge \(0, 0, 1\)"):
        draw_network(ax, (2, 1), weights=[[[1.0, np.nan]]], labels={(0, 0, 1): "w"})


@pytest.mark.parametrize("weights", [[np.zeros((2, 1))], [np.zeros(2)], [], [None, None]])
def test_weights_must_fit_the_sizes(ax, weights):
    with pytest.raises(ValueError, match=r"shapes \[\(1, 2\)\], outputs first"):
        draw_network(ax, (2, 1), weights=weights)


@pytest.mark.parametrize("what", ["names", "values", "errors"])
def test_texts_must_fit_the_sizes(ax, what):
    with pytest.raises(ValueError, match=f"{what} must have one entry for each node"):
        draw_network(ax, (2, 1), **{what: [["a"], ["b"]]})


def test_ax_must_be_axes():
    with pytest.raises(TypeError, match="matplotlib Axes"):
        draw_network(None, (2, 1))


# draw_grid


def cells(ax):
    return {patch.get_xy(): patch for patch in ax.patches if patch.get_fill()}


def test_a_grid_has_its_numbers_in_its_cells(ax):
    draw_grid(ax, [[1, -2.5], [np.nan, "x"]], at=(3, 10), title="W")
    assert set(cells(ax)) == {(3, 10), (4, 10), (3, 11), (4, 11)}
    where = {text: t.get_position() for text, t in texts(ax).items()}
    assert where == {"1": (3.5, 10.5), "−2.5": (4.5, 10.5), "x": (4.5, 11.5), "W": (4, 9.75)}


def test_the_cells_of_a_grid_have_the_colours_of_their_numbers(ax):
    draw_grid(ax, [[2, 0, -2]], largest=2)
    for column, value in enumerate((1.0, 0.5, 0.0)):
        assert same_color(cells(ax)[column, 0].get_facecolor(), DIVERGING(value))
    plain = subplots()[1]
    draw_grid(plain, [[2]])
    assert same_color(cells(plain)[0, 0].get_facecolor(), "white")


def test_a_frame_of_a_grid_lies_around_its_cells(ax):
    draw_grid(ax, np.zeros((4, 4)), at=(10, 0), framed=[(1, 2, 3, 2)])
    (frame,) = (patch for patch in ax.patches if not patch.get_fill())
    assert frame.get_bbox().bounds == (12, 1, 2, 3)


@pytest.mark.parametrize(
    ("keywords", "says"),
    [
        ({"numbers": [1, 2]}, r"shape \(rows, columns\), got \(2,\)"),
        ({"numbers": [[1]], "largest": 0}, "largest must be positive, got 0"),
        ({"numbers": [[1]], "framed": [(0, 0, 2, 1)]}, "outside of a grid"),
        ({"numbers": [[1]], "framed": [(-1, 0, 1, 1)]}, "outside of a grid"),
    ],
)
def test_a_grid_says_what_does_not_fit(ax, keywords, says):
    with pytest.raises(ValueError, match=says):
        draw_grid(ax, **keywords)


def test_a_grid_needs_axes():
    with pytest.raises(TypeError, match="matplotlib Axes"):
        draw_grid(None, [[1]])
