"""Recurrent networks and cells drawn from their numbers: what is known at a step, and where arrows point."""

from fractions import Fraction

import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.text import Annotation

from dlnotes.lstm import lstm_cell
from dlnotes.sequence_diagrams import CELL, WIRES, draw_folded, draw_lstm_cell, draw_unrolled
from dlnotes.style import BACKWARD, FORWARD, MUTED, subplots


@pytest.fixture
def ax():
    return subplots()[1]


def all_arrows(ax):
    """Head and tail of each arrow, with its colour."""
    found = [text for text in ax.texts if isinstance(text, Annotation) and text.arrow_patch]
    return {(tuple(text.xyann), tuple(text.xy)): text.arrow_patch.get_edgecolor() for text in found}


def arrows(ax):
    """Those that are lit."""
    return {ends: color for ends, color in all_arrows(ax).items() if not same_color(color, MUTED)}


def texts(ax, color):
    return {text.get_text() for text in ax.texts if text.get_text() and same_color(text.get_color(), color)}


INPUTS, STATES, OUTPUTS, ERRORS = ["a", "b", "c"], [0.1, -0.25, 0.3], [1.0, 2.0, 3.0], [0.7, 0.8, 0.9]


def test_every_connection_of_an_unrolled_network_has_a_head(ax):
    draw_unrolled(ax, INPUTS, STATES, OUTPUTS, step=1)
    along = {((t - 1, 1), (t, 1)) for t in (1, 2, 3)}
    assert set(all_arrows(ax)) == along | {((t, row), (t, row + 1)) for t in (1, 2, 3) for row in (0, 1)}


def test_each_weight_is_named_at_its_own_arrows(ax):
    draw_unrolled(ax, INPUTS, STATES, OUTPUTS)
    named = {(text.get_text(), *text.xy) for text in ax.texts if text.get_text() in ("$U$", "$W$", "$V$")}
    assert named == {(name, t, row) for t in (1, 2, 3) for name, row in (("$U$", 0.5), ("$V$", 1.5))} | {
        ("$W$", t - 0.5, 1) for t in (1, 2, 3)
    }
    offsets = {name: text.xyann for text in ax.texts if (name := text.get_text()) in ("$U$", "$W$", "$V$")}
    assert offsets["$U$"][0] > 0 < offsets["$V$"][0]  # on the right of arrows that stand
    assert offsets["$W$"][1] > 0  # above those that lie


def test_without_a_step_all_numbers_are_there_and_no_arrow_is_lit(ax):
    assert draw_unrolled(ax, INPUTS, STATES, OUTPUTS, errors=ERRORS) is ax
    assert texts(ax, FORWARD) == {"0", "a", "b", "c", "0.1", "−0.25", "0.3", "1", "2", "3"}
    assert texts(ax, BACKWARD) == {"0.7", "0.8", "0.9"}
    assert arrows(ax) == {}
    names = texts(ax, "black")
    assert {"$s_{0}$", "$s_{3}$", "$x_{1}$", "$o_{3}$", "$U$", "$W$", "$V$"} <= names
    assert not ax.axison


def test_on_the_way_forward_later_steps_have_no_numbers(ax):
    draw_unrolled(ax, INPUTS, STATES, OUTPUTS, errors=ERRORS, step=2)
    assert texts(ax, FORWARD) == {"0", "a", "b", "c", "0.1", "−0.25", "1", "2"}
    assert texts(ax, BACKWARD) == set()
    assert set(arrows(ax)) == {((1, 1), (2, 1)), ((2, 0), (2, 1)), ((2, 1), (2, 2))}
    assert all(same_color(color, FORWARD) for color in arrows(ax).values())


def test_on_the_way_back_errors_are_known_from_the_step_on(ax):
    draw_unrolled(ax, INPUTS, STATES, OUTPUTS, errors=ERRORS, step=2, lit="backward")
    assert texts(ax, FORWARD) >= {"0.1", "−0.25", "0.3", "3"}
    assert texts(ax, BACKWARD) == {"0.8", "0.9"}
    assert set(arrows(ax)) == {((3, 1), (2, 1)), ((2, 2), (2, 1))}
    assert all(same_color(color, BACKWARD) for color in arrows(ax).values())


def test_the_first_and_the_last_step(ax):
    draw_unrolled(ax, INPUTS, STATES, errors=ERRORS, start=0.5, step=0)
    assert texts(ax, FORWARD) == {"a", "b", "c", "0.5"}
    assert arrows(ax) == {}
    end = subplots()[1]
    draw_unrolled(end, INPUTS, STATES, errors=ERRORS, step=3, lit="backward")
    assert arrows(end) == {}
    assert texts(end, BACKWARD) == {"0.9"}


def test_outputs_may_be_left_out_all_or_some(ax):
    draw_unrolled(ax, INPUTS, STATES, [None, None, "z"])
    assert {name for name in texts(ax, "black") if name.startswith("$o")} == {"$o_{3}$"}
    few = subplots()[1]
    draw_unrolled(few, INPUTS, STATES)
    assert not {name for name in texts(few, "black") if name.startswith("$o")}
    assert few.get_ylim()[1] < ax.get_ylim()[1]


def test_arrays_do_as_well_as_lists(ax):
    draw_unrolled(ax, np.array([1.0, 2.0]), np.array([0.5, 0.25]), np.array([3.0, 4.0]), errors=np.array([6.0, 7.0]))
    assert texts(ax, FORWARD) == {"0", "1", "2", "0.5", "0.25", "3", "4"}


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"inputs": "ab"}, ValueError, "inputs must have one entry for each of 3 states, got 2"),
        ({"outputs": [1]}, ValueError, "outputs must have one entry for each of 3 states, got 1"),
        ({"errors": [1]}, ValueError, "errors must have one entry for each of 3 states, got 1"),
        ({"step": 4}, ValueError, "step must be at most 3, the last one, got 4"),
        ({"step": -1}, ValueError, "step must be an integer of at least 0, got -1"),
        ({"step": 1.0}, TypeError, "step must be an integer of at least 0, got 1.0"),
        ({"lit": "sideways"}, ValueError, 'lit must be "forward" or "backward", got \'sideways\''),
        ({"ax": None}, TypeError, "ax must be a matplotlib Axes, got None"),
    ],
)
def test_an_unrolled_network_says_what_does_not_fit(ax, changed, error, says):
    with pytest.raises(error, match=f"^{says}$"):
        draw_unrolled(**{"ax": ax, "inputs": INPUTS, "states": STATES, **changed})


def test_the_folded_network_has_one_cell_and_a_loop(ax):
    assert draw_folded(ax, at=-2) is ax
    assert texts(ax, "black") == {"$x_t$", "$s_t$", "$o_t$", "$U$", "$V$", "$W$"}
    up = {((-2, 0), (-2, 1)), ((-2, 1), (-2, 2))}
    (loop,) = set(all_arrows(ax)) - up
    assert up < set(all_arrows(ax))
    assert loop[0][0] == loop[1][0] > -2
    assert loop[0][1] > loop[1][1]  # out at the top, and in again below


def test_the_folded_network_may_have_no_output(ax):
    draw_folded(ax, output=False)
    assert texts(ax, "black") == {"$x_t$", "$s_t$", "$U$", "$W$"}
    assert len(all_arrows(ax)) == 2
    assert ax.get_ylim()[1] < 2
    with pytest.raises(TypeError, match=r"^output must be True or False, got 1.5$"):
        draw_folded(ax, output=1.5)


# The cell of an LSTM

NUMBERS = {"x": "e", "h": 0.12, "c": 0.8, "f": 0.9, "i": 0.3, "g": -0.5, "o": 0.7}


def test_the_cell_has_a_number_at_every_wire(ax):
    assert draw_lstm_cell(ax, **NUMBERS) is ax
    kept, added = 0.9 * 0.8, 0.3 * -0.5
    wanted = [0.12, 0.8, 0.9, 0.3, 0.7, kept, kept + added, np.tanh(kept + added), 0.7 * np.tanh(kept + added)]
    assert texts(ax, FORWARD) == {"e", "−0.5", "−0.15", *(f"{number:.2g}" for number in wanted)}
    assert texts(ax, BACKWARD) == set()
    assert arrows(ax) == {}


def test_the_numbers_of_the_cell_are_those_of_the_operation(ax):
    """With gates held by biases: f = σ(2), i = σ(-1), g = tanh(0.5), o = σ(1)."""
    zeros = np.zeros((1, 2))
    (h, c), _ = lstm_cell([[0.3]], [[0.12]], [[0.8]], zeros, zeros, zeros, zeros, [2.0], [-1.0], [0.5], [1.0])
    f, i, o = (1 / (1 + np.exp(-z)) for z in (2.0, -1.0, 1.0))
    draw_lstm_cell(ax, x=0.3, h=0.12, c=0.8, f=f, i=i, g=np.tanh(0.5), o=o)
    assert {f"{c.item():.2g}", f"{h.item():.2g}"} <= texts(ax, FORWARD)


@pytest.mark.parametrize(
    ("part", "heads"),
    [
        ("forget", ["f", "f", "forgotten", "forgotten"]),
        ("input", ["i", "i", "written"]),
        ("candidate", ["g", "g", "written"]),
        ("cell", ["sum", "sum", "c_new"]),
        ("output", ["o", "o", "shown", "tanh", "shown", "h_new"]),
    ],
)
def test_a_lit_part_has_arrows_that_end_at_its_nodes(ax, part, heads):
    draw_lstm_cell(ax, **NUMBERS, part=part)
    assert {head for _, head in arrows(ax)} == {CELL[name][:2] for name in heads}
    assert all(same_color(color, FORWARD) for color in arrows(ax).values())


def test_on_the_way_forward_later_parts_have_no_numbers(ax):
    draw_lstm_cell(ax, **NUMBERS, part="input")
    assert texts(ax, FORWARD) == {"e", "0.12", "0.8", "0.9", "0.72", "0.3"}
    whole = subplots()[1]
    draw_lstm_cell(whole, **NUMBERS, part="output")
    every = subplots()[1]
    draw_lstm_cell(every, **NUMBERS, part="forget", lit="backward")
    assert texts(whole, FORWARD) == texts(every, FORWARD) > texts(ax, FORWARD)


@pytest.mark.parametrize("part", WIRES)
def test_on_the_way_back_arrows_end_where_wires_begin(ax, part):
    draw_lstm_cell(ax, **NUMBERS, part=part, lit="backward", gradients={"c_new": 0.5, "f": "−1"})
    assert {head for _, head in arrows(ax)} == {CELL[start][:2] for start, _ in WIRES[part]}
    assert all(same_color(color, BACKWARD) for color in arrows(ax).values())
    assert texts(ax, BACKWARD) == {"0.5", "−1"}


def test_every_node_has_a_wire_and_every_wire_two_nodes():
    ends = {name for wires in WIRES.values() for wire in wires for name in wire}
    assert ends == set(CELL)


def test_numbers_do_not_overlap_nodes_or_each_other():
    figure, ax = subplots(size=(5.6, 4))
    wide = {name: -0.87 for name in ("h", "c", "f", "i", "g", "o")}
    gradients = dict.fromkeys(["x", "h", "c", "f", "i", "g", "o", "c_new", "h_new"], -0.0023)
    draw_lstm_cell(ax, x=-0.87, **wide, gradients=gradients)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert len(boxes) == 14 + 12 + 9
    for k, first in enumerate(boxes):
        assert ax.figure.bbox.containsx(first.x0)
        assert ax.figure.bbox.containsx(first.x1)
        assert not [second for second in boxes[k + 1 :] if first.overlaps(second)]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"part": "f"}, "part must be one of forget, input, candidate, cell, output, got 'f'"),
        ({"lit": "up"}, 'lit must be "forward" or "backward", got \'up\''),
        ({"gradients": {"c_t": 1}}, "gradients must be of x, h, c, f, i, g, o, c_new or h_new, got 'c_t'"),
    ],
)
def test_the_cell_says_what_does_not_fit(ax, changed, says):
    with pytest.raises(ValueError, match=f"^{says}$"):
        draw_lstm_cell(ax, **NUMBERS, **changed)


@pytest.mark.parametrize("value", [np.ones(2), [1.0], 1j, np.zeros((0, 2))])
def test_only_numbers_and_texts_stand_beside_a_node(ax, value):
    message = "^what stands beside a node must be a number or a text, got "
    with pytest.raises((TypeError, ValueError), match=message):
        draw_unrolled(ax, ["a"], [0.5], start=value)
    with pytest.raises((TypeError, ValueError), match=message):
        draw_lstm_cell(ax, **NUMBERS | {"x": value})


@pytest.mark.parametrize("at", [np.ones(2), "a", np.nan])
def test_the_place_of_the_folded_network_is_a_number(ax, at):
    with pytest.raises((TypeError, ValueError), match=r"^at must be a finite number, got "):
        draw_folded(ax, at=at)


def test_the_cell_wants_axes_and_computes_with_any_real_numbers(ax):
    with pytest.raises(TypeError, match=r"^ax must be a matplotlib Axes, got None$"):
        draw_lstm_cell(None, **NUMBERS)
    draw_lstm_cell(ax, **NUMBERS | {"f": Fraction(1, 2), "c": 1, "i": 0})
    assert "0.5" in texts(ax, FORWARD)
    draw_lstm_cell(ax, **NUMBERS | {"f": np.float16(60000), "c": 10**200})
