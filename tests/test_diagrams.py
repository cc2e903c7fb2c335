"""Networks and arrays drawn from their numbers: where nodes are, what edges look like, what is written where."""

import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.patches import ArrowStyle
from matplotlib.text import Annotation

from dlnotes.diagrams import LABEL_AT, THINNEST, WIDEST, draw_edge, draw_grid, draw_node, node_positions
from dlnotes.style import BACKWARD, DIVERGING, FORWARD, MUTED, NEGATIVE, POSITIVE, contrast, subplots


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


@pytest.mark.parametrize("sizes", [(), (2,)])
def test_a_network_has_two_layers_or_more(sizes):
    with pytest.raises(ValueError, match=r"^sizes must be those of two layers or more, got \["):
        node_positions(sizes)


@pytest.mark.parametrize(
    ("size", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError), ("2", TypeError)]
)
def test_a_layer_has_a_positive_number_of_nodes(size, error):
    with pytest.raises(error, match=r"^a size of a layer must be an integer of at least 1, got "):
        node_positions((2, size))


def test_layers_of_numpy_integers_do_as_well():
    sizes = np.array([100, 100], np.int8)
    assert node_positions(sizes)[1][-1].tolist() == pytest.approx([1, 0])


# draw_edge


@pytest.mark.parametrize(
    ("weight", "color", "dashes", "width"),
    [
        (4.0, POSITIVE, "-", WIDEST),
        (-2.0, NEGATIVE, "--", WIDEST / 2),
        (0.0, POSITIVE, "-", THINNEST),
        (-0.01, NEGATIVE, "--", THINNEST),
        (np.float32(1), POSITIVE, "-", WIDEST / 4),
        (None, MUTED, "-", 1),
    ],
)
def test_sign_and_size_of_a_weight_are_seen(ax, weight, color, dashes, width):
    assert draw_edge(ax, (0, 0), (1, 1), weight=weight, largest=4) is ax
    (line,) = ax.lines
    assert same_color(line.get_color(), color)
    assert line.get_linestyle() == dashes
    assert line.get_linewidth() == width
    assert not ax.axison


def test_an_edge_runs_from_its_start_to_its_end(ax):
    draw_edge(ax, (0, 1), (2, 3))
    assert ax.lines[0].get_xydata().tolist() == [[0, 1], [2, 3]]


def test_a_lit_edge_is_an_arrow_in_the_direction_of_its_pass(ax):
    draw_edge(ax, (0, 1), (2, 3), lit="forward", weight=1)
    draw_edge(ax, (0, 1), (2, 3), lit="backward")
    forward, backward = arrows(ax)
    assert (forward.xyann, forward.xy) == ((0, 1), (2, 3))
    assert same_color(forward.arrow_patch.get_edgecolor(), FORWARD)
    assert (backward.xyann, backward.xy) == ((2, 3), (0, 1))
    assert same_color(backward.arrow_patch.get_edgecolor(), BACKWARD)
    assert len(ax.lines) == 0


@pytest.mark.parametrize("lit", [None, "forward", "backward"])
def test_a_directed_edge_shows_its_direction_also_where_it_is_not_lit(ax, lit):
    assert draw_edge(ax, (0, 1), (2, 3), lit=lit, directed=True, node_size=24) is ax
    (note,) = arrows(ax)
    assert (note.xyann, note.xy) == (((2, 3), (0, 1)) if lit == "backward" else ((0, 1), (2, 3)))
    head = note.arrow_patch
    assert same_color(head.get_edgecolor(), {None: MUTED, "forward": FORWARD, "backward": BACKWARD}[lit])
    assert head.shrinkB == 12  # it ends at the rim of the node
    assert isinstance(head.get_arrowstyle(), ArrowStyle.CurveFilledB)
    assert head.get_mutation_scale() > 0
    assert head.get_zorder() < 4  # below the nodes


def test_the_head_of_a_directed_edge_has_the_colour_of_its_weight(ax):
    draw_edge(ax, (0, 1), (2, 3), weight=-1, directed=True)
    (note,) = arrows(ax)
    assert same_color(note.arrow_patch.get_edgecolor(), NEGATIVE)
    with pytest.raises(TypeError, match=r"^directed must be True or False, got 1.5$"):
        draw_edge(ax, (0, 1), (2, 3), directed=1.5)


def test_an_arrow_ends_at_the_rims_of_the_nodes(ax):
    draw_edge(ax, (0, 0), (1, 0), lit="forward", node_size=30)
    (arrow,) = arrows(ax)
    assert arrow.arrow_patch.shrinkA == arrow.arrow_patch.shrinkB == 15


@pytest.mark.parametrize("lit", [None, "forward", "backward"])
def test_a_label_is_nearer_to_the_start(ax, lit):
    draw_edge(ax, (0, 0), (1, 2), label="w", lit=lit)
    assert texts(ax)["w"].get_position() == (LABEL_AT, 2 * LABEL_AT)
    assert LABEL_AT < 0.5


@pytest.mark.parametrize("beside", [True, False])
def test_a_label_stands_where_it_is_told_to(ax, beside):
    draw_edge(ax, (0, 0), (1, 2), label="w", label_at=0.5, beside=beside)
    assert texts(ax)["w"].get_position() == (0.5, 1)


@pytest.mark.parametrize(
    ("end", "angle"),
    [((1, 0), 0), ((1, 1), 45), ((1, -1), -45), ((0, 1), 90), ((-1, 1), -45), ((-1, 0), 0)],
)
def test_a_label_beside_an_edge_runs_along_it_and_is_read_from_left_to_right(ax, end, angle):
    ax.figure.set_size_inches(3, 3)
    ax.set(position=(0, 0, 1, 1), xlim=(-2, 2), ylim=(-2, 2))
    draw_edge(ax, (0, 0), end, label="w", beside=True, lit="backward")
    label = texts(ax)["w"]
    assert label.get_rotation() % 360 == pytest.approx(angle % 360)
    assert label.get_position() == pytest.approx((LABEL_AT * end[0], LABEL_AT * end[1]))
    assert label.get_bbox_patch() is None  # nothing of the arrow is hidden


def test_a_label_beside_an_edge_turns_with_the_axes(ax):
    ax.figure.set_size_inches(4, 2)
    ax.set(position=(0, 0, 1, 1), xlim=(0, 1), ylim=(0, 1))
    draw_edge(ax, (0, 0), (1, 1), label="w", beside=True)
    assert texts(ax)["w"].get_rotation() == pytest.approx(np.degrees(np.arctan(0.5)))


def test_a_label_beside_an_edge_is_above_it(ax):
    ax.set(xlim=(0, 1), ylim=(-1, 1))
    draw_edge(ax, (0, 0), (1, 0), label="w", beside=True)
    ax.figure.canvas.draw()
    line = ax.transData.transform((0, 0))[1]
    assert texts(ax)["w"].get_window_extent().y0 > line
    with pytest.raises(TypeError, match=r"^beside must be True or False, got 2$"):
        draw_edge(ax, (0, 0), (1, 0), label="w", beside=2)


@pytest.mark.parametrize(
    ("keywords", "error", "says"),
    [
        ({"largest": 0}, ValueError, "largest must be a positive number, got 0"),
        ({"largest": -1}, ValueError, "largest must be a positive number, got -1"),
        ({"largest": np.inf}, ValueError, "largest must be a positive number, got inf"),
        ({"largest": "1"}, TypeError, "largest must be a positive number, got '1'"),
        ({"largest": True}, TypeError, "largest must be a positive number, got True"),
        ({"node_size": 0}, ValueError, "node_size must be a positive number, got 0"),
        ({"weight": np.nan}, ValueError, "weight must be a finite number, got nan"),
        ({"weight": "1"}, TypeError, "weight must be a finite number, got '1'"),
        ({"label_at": 1.5}, ValueError, "label_at must be a number from 0 to 1, got 1.5"),
        ({"lit": "sideways"}, ValueError, 'lit must be "forward" or "backward", got \'sideways\''),
    ],
)
def test_an_edge_says_what_does_not_fit(ax, keywords, error, says):
    with pytest.raises(error, match=f"^{says}$"):
        draw_edge(ax, (0, 0), (1, 1), **keywords)


# draw_node


def test_a_node_is_a_circle_with_its_name(ax):
    assert draw_node(ax, (3, 4), "h", size=30) is ax
    (circle,) = ax.collections
    assert circle.get_offsets().tolist() == [[3, 4]]
    assert circle.get_sizes().tolist() == [900]
    assert texts(ax)["h"].get_position() == (3, 4)
    assert not ax.axison


@pytest.mark.parametrize(("below", "side", "va"), [(False, 1, "bottom"), (True, -1, "top")])
def test_value_and_error_stand_beside_the_node_one_outside_of_the_other(ax, below, side, va):
    draw_node(ax, (3, 4), value="0.5", error="e", below=below, size=30)
    value, error = texts(ax)["0.5"], texts(ax)["e"]
    assert value.xy == error.xy == (3, 4)
    assert value.get_va() == error.get_va() == va
    assert 15 < side * value.xyann[1] < side * error.xyann[1] - value.get_fontsize()
    assert same_color(value.get_color(), FORWARD)
    assert same_color(error.get_color(), BACKWARD)


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_node_may_be_bare(ax, nothing):
    draw_node(ax, (0, 0), nothing, value=nothing, error=nothing)
    assert texts(ax) == {}


def test_edges_lie_below_their_labels_and_nodes_on_top(ax):
    draw_node(ax, (0, 0), "a")
    draw_edge(ax, (0, 0), (1, 1), label="w")
    draw_edge(ax, (0, 0), (1, 0), lit="forward")
    (arrow,) = arrows(ax)
    order = [ax.lines[0], arrow, texts(ax)["w"], ax.collections[0], texts(ax)["a"]]
    assert [artist.zorder for artist in order] == sorted({artist.zorder for artist in order})


@pytest.mark.parametrize("draw", [lambda ax: draw_node(ax, (0, 0)), lambda ax: draw_edge(ax, (0, 0), (1, 1))])
def test_parts_of_a_network_need_axes(draw):
    with pytest.raises(TypeError, match=r"^ax must be a matplotlib Axes, got None$"):
        draw(None)


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


@pytest.mark.parametrize("number", np.linspace(-2, 2, 9))
def test_the_numbers_of_a_grid_are_legible_on_their_cells(ax, number):
    draw_grid(ax, [[number]], largest=2)
    (cell,) = ax.patches
    (text,) = texts(ax).values()
    assert contrast(text.get_color(), cell.get_facecolor()) >= 4.5


def test_without_colours_the_numbers_of_a_grid_have_that_of_the_page(ax):
    draw_grid(ax, [[1]])
    assert texts(ax)["1"].get_color() == "black"


def test_a_cell_of_a_grid_is_as_wide_as_high_and_there_are_no_axes(ax):
    draw_grid(ax, [[1]])
    assert ax.get_aspect() == 1
    assert not ax.axison


@pytest.mark.parametrize(
    ("keywords", "error", "says"),
    [
        ({"numbers": [1, 2]}, ValueError, r"numbers must have shape \(rows, columns\), got \(2,\)"),
        ({"largest": 0}, ValueError, "largest must be a positive number, got 0"),
        ({"largest": np.nan}, ValueError, "largest must be a positive number, got nan"),
        ({"largest": "2"}, TypeError, "largest must be a positive number, got '2'"),
        ({"framed": [(0, 0, 3, 1)]}, ValueError, r"the frame \(0, 0, 3, 1\) lies outside of a grid of \(2, 2\)"),
        ({"framed": [(1, 1, 1, 2)]}, ValueError, r"the frame \(1, 1, 1, 2\) lies outside of a grid of \(2, 2\)"),
        ({"framed": [(-1, 0, 1, 1)]}, ValueError, "the row of a frame must be an integer of at least 0, got -1"),
        ({"framed": [(1, 1, 1, -1)]}, ValueError, "the width of a frame must be an integer of at least 1, got -1"),
        ({"framed": [(1, 1, 0, 1)]}, ValueError, "the height of a frame must be an integer of at least 1, got 0"),
        ({"framed": [(0, 0.5, 1, 1)]}, TypeError, "the column of a frame must be an integer of at least 0, got 0.5"),
        ({"framed": [(0, 0, 1)]}, ValueError, r"a frame must be its first row and column, .*, got \(0, 0, 1\)"),
    ],
)
def test_a_grid_says_what_does_not_fit(ax, keywords, error, says):
    with pytest.raises(error, match=f"^{says}$"):
        draw_grid(ax, **{"numbers": np.eye(2), **keywords})


def test_a_grid_needs_axes():
    with pytest.raises(TypeError, match="matplotlib Axes"):
        draw_grid(None, [[1]])


@pytest.mark.parametrize(
    ("draw", "error", "says"),
    [
        (
            lambda ax: draw_edge(ax, (0, 0), (1, np.inf)),
            ValueError,
            "end must be two finite numbers, x and y, got",
        ),
        (lambda ax: draw_edge(ax, 0, (1, 1)), ValueError, "start must be two finite numbers, x and y, got 0"),
        (lambda ax: draw_edge(ax, (0, 0), (1, 1), label=3), TypeError, "label must be a text or None, got 3"),
        (
            lambda ax: draw_edge(ax, (0, 0), (1, 1), lit=["forward"]),
            ValueError,
            'lit must be "forward" or "backward", got',
        ),
        (lambda ax: draw_node(ax, (0, 0), value=3), TypeError, "value must be a text or None, got 3"),
        (lambda ax: draw_node(ax, (0, 0), below=1), TypeError, "below must be True or False, got 1"),
        (lambda ax: draw_node(ax, (0, "a")), TypeError, "at must hold real numbers, got an array of dtype <U"),
        (lambda ax: draw_grid(ax, [[1, {}]]), TypeError, r"a cell must be a number or a text, got \{\}"),
        (
            lambda ax: draw_grid(ax, np.ma.masked_less([[1, 2]], 2)),
            TypeError,
            "numbers must be a plain array: the mask",
        ),
        (lambda ax: draw_grid(ax, [[1]], framed=3), TypeError, "framed must be a list of frames, got 3"),
        (
            lambda ax: draw_grid(ax, [[1]], color="no"),
            ValueError,
            "color must be a colour",
        ),
        (lambda ax: draw_grid(ax, [[1]], digits=0), ValueError, "digits must be an integer of at least 1, got 0"),
        (lambda ax: draw_grid(ax, [[1]], font_size=0), ValueError, "font_size must be a positive number, got 0"),
        (lambda ax: node_positions(3), TypeError, "sizes must be a list or tuple of integers, got 3"),
    ],
)
def test_what_cannot_be_drawn_is_named(ax, draw, error, says):
    with pytest.raises(error, match=f"^{says}"):
        draw(ax)


def test_truth_values_are_drawn_as_1_and_0(ax):
    draw_grid(ax, np.array([[True, False]]))
    assert [text.get_text() for text in ax.texts] == ["1", "0"]
