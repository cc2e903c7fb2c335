"""Figures that a reader touches: fields, steps, words, what is recorded, and what a page gets. No browser."""

import base64
import json
import re
import zlib
from html import unescape

import numpy as np
import pytest
from touching import arguments, draw_cells, draw_edges, draw_line, touched_digit, touched_line, touched_window, trained

from dlnotes import style
from dlnotes.activations import relu, softmax, tanh
from dlnotes.diagrams import draw_edge
from dlnotes.explore import Choice, Numbers, Pad, Points, Slider, player_files, steps, touch
from dlnotes.explore.html import explore_html, frame_html, show_html, touched_html
from dlnotes.explore.pictures import Pictures
from dlnotes.explore.touched import Touched, Words, fixed

POINTS = {"low": (0, 0), "high": (4, 4), "label": "point"}


# --- fields ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Pad([0, 1], label="digit"), ValueError, "digit: start must have shape (rows, columns), got (2,)"),
        (lambda: Pad([[]], label="digit"), ValueError, "digit: start must have shape (rows, columns), got (1, 0)"),
        (lambda: Pad([[0], [0, 1]], label="digit"), ValueError, "digit: start must be an array in which all rows"),
        (lambda: Pad([["0"]], label="digit"), TypeError, "digit: start must hold real numbers"),
        (lambda: Pad([[float("nan")]], label="digit"), ValueError, "digit: start must hold finite numbers"),
        (lambda: Pad([[1.1]], label="digit"), ValueError, "digit: start must lie between 0.0 and 1.0"),
        (lambda: Pad([[-0.1]], label="digit"), ValueError, "digit: start must lie between 0.0 and 1.0"),
        (lambda: Pad([[0]], label="digit", brush=0), ValueError, "digit: brush must be"),
        (lambda: Pad([[0]], label=" "), ValueError, "label must be a text that names the field, got ' '"),
        (lambda: Pad([[0]], label=None), ValueError, "label must be a text that names the field, got None"),
        (
            lambda: Pad([[0]], label="digit", examples={"wide": [[0, 1]]}),
            ValueError,
            "digit: the example 'wide' must have shape (1, 1), got (1, 2)",
        ),
        (
            lambda: Pad([[0]], label="digit", examples={"dark": [[2]]}),
            ValueError,
            "digit: the example 'dark' must lie between 0.0 and 1.0",
        ),
        (lambda: Pad([[0]], label="digit", examples=[[[0]]]), TypeError, "digit: examples must be a dictionary of"),
        (lambda: Pad([[0]], label="digit", examples={5: [[0]]}), TypeError, "digit: examples must be a dictionary of"),
        (lambda: Pad([[0]], label="digit", examples={"": [[0]]}), TypeError, "digit: examples must be a dictionary of"),
        (lambda: Points([[1, 2, 3]], **POINTS), ValueError, "point: start must have shape (points, 2), got (1, 3)"),
        (lambda: Points([1, 2], **POINTS), ValueError, "point: start must have shape (points, 2), got (2,)"),
        (lambda: Points([[1, 5]], **POINTS), ValueError, "point: start must lie between 0.0, 0.0 and 4.0, 4.0"),
        (
            lambda: Points([[1, 2]], low=0, high=(4, 4), label="point"),
            ValueError,
            "point: low and high must each be x and y, got 0 and (4, 4)",
        ),
        (
            lambda: Points([[1, 2]], low=(0, 0), high=(4, float("inf")), label="point"),
            ValueError,
            "point: high must hold finite numbers",
        ),
        (
            lambda: Points([[1, 2]], **POINTS, decimals=-1),
            ValueError,
            "point: decimals must be an integer of at least 0",
        ),
        (lambda: Points([[1, 2]], **POINTS, decimals=10), ValueError, "point: decimals must be at most 9, got 10"),
        (lambda: Numbers([1, 2], label="w"), ValueError, "w: start must have shape (rows, columns), got (2,)"),
        (lambda: Numbers([[2e6]], label="w"), ValueError, "w: start must lie between -1000000.0 and 1000000.0"),
        (lambda: Numbers([[1j]], label="w"), TypeError, "w: start must hold real numbers"),
    ],
)
def test_bad_field_is_named(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


def test_entries_have_as_many_decimals_as_the_address_and_no_zero_a_sign():
    field = Numbers([[0.126, -0.001], [2, 0]], label="w", decimals=2, examples={"half": np.full((2, 2), 0.5)})
    np.testing.assert_array_equal(field.start, [[0.13, 0], [2, 0]])
    assert not np.signbit(field.start).any()
    np.testing.assert_array_equal(field.examples["half"], np.full((2, 2), 0.5))


# --- words ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.125, 2, "0.13"),
        (-0.125, 2, "−0.13"),
        (2.5, 0, "3"),
        (-2.5, 0, "−3"),
        (1.005, 2, "1.00"),  # the number is a little less
        (-0.0, 1, "0.0"),
        (-0.04, 1, "0.0"),
        (1e20, 1, "100000000000000000000.0"),
        (-1.5e21, 1, "−1.5e+21"),
        (float("inf"), 1, "Infinity"),
        (float("-inf"), 1, "−Infinity"),
        (float("nan"), 1, "NaN"),
    ],
)
def test_number_is_written_with_its_decimals(value, decimals, text):
    assert fixed(value, decimals) == text


def recorded(draw, **fields):
    """Record a drawing function, whatever it draws."""
    return Touched(draw, 1, 1, (4, 3), fields or {"w": Numbers([[1, -2], [0.5, 0]], label="w")})


def test_holes_are_filled():
    def draw(picture, w):
        return picture.say("{0} or {0:.2}, {1|more|less}; {2|more|less}: {{}}", w[0][0], w[0][1], w[1][1])

    assert recorded(draw).sentence == "1 or 1.00, less; less: {{}}"


@pytest.mark.parametrize(
    ("say", "message"),
    [
        (lambda picture, w: picture.say("{1}", w[0][0]), "'{1}' has the hole {1}, but there are 1 values"),
        (lambda picture, w: picture.say("{0}", w[0]), "what fills a hole must be one number, got shape (2,)"),
        (lambda picture, w: picture.slopes(w[0], w), "the target of slopes must be one number, got shape (2,)"),
    ],
)
def test_hole_and_slope_are_of_one_number(say, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        recorded(say)


def test_text_is_the_same_for_other_arrays():
    words = Words("{0:.1}", [type("Value", (), {"number": 1})])
    assert words.text([None, np.array(0.25)]) == "0.3"


# --- values and steps -----------------------------------------------------------------------------------------


def test_values_compute_as_arrays_do():
    seen = {}
    w = np.array([[1, -2, 3], [0.5, 0, 4]])

    def draw(picture, field):
        seen.update(
            {
                "row": (field[1], w[1]),
                "last": (field[-1][-2], w[-1][-2]),
                "sum": (field + field[0].reshape(1, 3)[0][0], w + w[0, 0]),
                "difference": (field - 1, w - 1),
                "product": (field * field, w * w),
                "flat": (field.reshape(-1), w.reshape(-1)),
                "turned": (field.reshape(3, 2), w.reshape(3, 2)),
            }
        )
        first, second = field
        seen["unpacked"] = (first + second, w[0] + w[1])

    recorded(draw, field=Numbers(w, label="w"))
    for value, expected in seen.values():
        np.testing.assert_array_equal(value.array, expected)


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda picture, w: w[0:1], TypeError, "a value has entries, or rows, by their number, got slice(0, 1, None)"),
        (lambda picture, w: w[0, 1], TypeError, "by their number, got (0, 1)"),
        (lambda picture, w: w[2], IndexError, "out of bounds"),
        (lambda picture, w: w.reshape(3), ValueError, "cannot reshape"),
        (lambda picture, w: w + w[0], ValueError, "two arrays must have one shape, or one must be a number"),
        (lambda picture, w: w * np.ones((2, 1)), ValueError, "one must be a number, got (2, 2) and (2, 1)"),
        (lambda picture, w: picture.run(tanh, w), ValueError, "touch.js has no step for <function tanh"),
        (lambda picture, w: picture.run(lambda x: x, w), ValueError, "those it has are in dlnotes.explore.steps"),
        (lambda picture, w: picture.run("relu", w), ValueError, "touch.js has no step for 'relu'"),
        (lambda picture, w: picture.run(softmax, w, axis=0), ValueError, "computes softmax without options, got axis"),
        (lambda picture, w: picture.run(relu, "w"), TypeError, "a constant must hold real numbers"),
        (lambda picture, w: picture.bars(picture.axes, w[0]) or "text", TypeError, "draw must return what picture.say"),
        (lambda picture, w: picture.pad(picture.axes, w), ValueError, "only what a field Pad holds can be touched"),
        (lambda picture, w: picture.points(picture.axes, w * 2), ValueError, "only what a field Points holds can be"),
    ],
)
def test_what_the_page_cannot_repeat_is_refused(use, error, message):
    with pytest.raises(error, match=re.escape(message)):
        recorded(use)


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"w": 3}, TypeError, "w must be a Pad, Points, Numbers, Slider or Choice, got 3"),
        ({"w": Slider(1, 2, 1, start=1, label="w")}, ValueError, "touch needs a Pad, Points or Numbers"),
        ({"figure": Pad([[0]], label="w")}, ValueError, "a field can't have the name figure"),
        ({"w": Pad([[0]], label="w")}, ValueError, "draw must show w by picture.pad, or nobody can touch it"),
        ({"w": Points([[1, 1]], **POINTS)}, ValueError, "draw must show w by picture.points"),
    ],
)
def test_bad_fields_of_a_figure_are_named(fields, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Touched(lambda picture, **values: None, 1, 1, (4, 3), fields)


OTHER = {
    touched_digit: [{}, {"start": np.eye(8), "place": "moved to the middle"}],
    touched_line: [{"start": [[0, 0], [1, 5], [4, 3.5]]}],
    touched_window: [{"start": np.full((3, 3), 0.5), "window": 17}],
}


@pytest.mark.parametrize(("make", "other"), [(make, other) for make in OTHER for other in OTHER[make]])
def test_evaluating_is_drawing_anew_with_another_start(make, other):
    touched, again = make(), make(**other)
    arrays = touched.evaluate(**{name: again.values[name].array for name in again.fields})
    assert len(arrays) == len(again.arrays)
    for array, expected in zip(arrays, again.arrays, strict=True):
        np.testing.assert_array_equal(array, expected)
    assert touched.words.text(arrays) == again.sentence


def test_slopes_are_what_the_backward_map_of_the_network_gives():
    _, x, _ = trained()
    touched = touched_digit(x[5, 0])
    network, (scores, backward) = trained()[0], trained()[0](x[5:6])
    first, second = np.argsort(-scores[0])[:2]
    gradient = np.zeros((1, 10))
    gradient[0, first], gradient[0, second] = 1, -1
    expected = backward(gradient)
    expected = expected[0] if isinstance(expected, tuple) else expected
    (number,) = (step[3] for step in touched.steps if step[0] == "slopes")
    assert len(network.parameters) == 4
    np.testing.assert_allclose(touched.arrays[number], expected.reshape(8, 8), atol=1e-6)


# --- each step against a plain formula ------------------------------------------------------------------------


def penalised_slopes(x, y, line, decay):
    """The gradient of the cross entropy of sigmoid(w x + b) with a penalty decay w² / 2, by w and by b at mean x."""
    p = 1 / (1 + np.exp(-(line[0] * x + line[1])))
    return np.array([np.sum((p - y) * (x - x.mean())) + decay * line[0], np.sum(p - y)])


FORMULAS = {
    "part": lambda x, start, shape: np.array(list(x.flat)[start : start + int(np.prod(shape))]).reshape(shape),
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "total": lambda x: sum(x.flat),
    "ranked": lambda x: [i for _, i in sorted((-number, i) for i, number in enumerate(x.flat))],
    "take": lambda x, index: np.vectorize(lambda i: list(x.flat)[int(i)])(index),
    "choose": lambda index, *options: list(options)[int(index)],
    "first": lambda x, n: np.array([v if i < n else np.nan for i, v in enumerate(x.flat)]).reshape(x.shape),
    "place": lambda i, columns: [i // columns, i % columns],
    "crop": lambda x, corner, rows, columns: [
        [x[int(corner[0]) + i, int(corner[1]) + j] for j in range(columns)] for i in range(rows)
    ],
    "frame": lambda corner, rows, columns: [
        [corner[1] + x, corner[0] + y] for x, y in [(0, 0), (columns, 0), (columns, rows), (0, rows), (0, 0)]
    ],
    "columns": lambda x, y: list(zip(x, y, strict=True)),
    "line_fit": lambda points: np.polyfit(*points.T, 1)[::-1],
}


@pytest.mark.parametrize("name", FORMULAS)
def test_step_is_its_formula(name):
    for arrays, options in arguments()[name]:
        expected = np.asarray(FORMULAS[name](*arrays, **options), float)
        result = np.asarray(getattr(steps, name)(*arrays, **options))
        assert result.shape == expected.shape
        np.testing.assert_allclose(result, expected, atol=1e-12)


def test_every_step_is_tested_and_those_of_the_package_are_tested_there():
    assert arguments().keys() == set(steps.__all__)
    own = {name for name in steps.__all__ if getattr(steps, name).__module__ == steps.__name__}
    assert own == FORMULAS.keys() | {"centred", "logistic_fit"}


def test_centred_picture_has_as_much_room_on_both_sides():
    for (picture,), _ in arguments()["centred"]:
        moved = steps.centred(picture)
        assert sorted(moved.flat) == sorted(picture.flat)
        for axis in (0, 1) if picture.any() else ():
            used = np.flatnonzero(moved.any(axis=1 - axis))
            before = np.flatnonzero(picture.any(axis=1 - axis))
            assert used[-1] - used[0] == before[-1] - before[0]  # nothing has gone over the edge
            assert used[0] - (moved.shape[axis] - 1 - used[-1]) in (0, 1)  # left and above, where it can't be the same


def test_logistic_fit_is_where_the_penalised_loss_is_flat():
    for (x, y), options in arguments()["logistic_fit"]:
        line = steps.logistic_fit(x, y, **options)
        np.testing.assert_allclose(penalised_slopes(x, y, line, options["decay"]), 0, atol=1e-9)


# --- what is shown --------------------------------------------------------------------------------------------


@pytest.fixture
def shown(monkeypatch):
    """What cells have displayed: a list of bundles and their metadata."""
    bundles = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, metadata, raw: bundles.append((bundle, metadata)))
    return bundles


def show_line(mode, monkeypatch, alt="A line through points."):
    monkeypatch.setenv("DLNOTES_EXPLORE", mode)
    field = Points([[1, 2], [2, 1], [3, 3]], low=(0, -2), high=(4, 7), label="point")
    touch(draw_line, alt=alt, size=(4, 3), points=field)


def test_preview_is_picture_and_words(shown, monkeypatch):
    show_line("preview", monkeypatch)
    ((bundle, metadata),) = shown
    assert bundle["text/plain"] == "[figure] A line through points.\nIntercept 1.00, slope 0.50: up."
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert metadata == {"image/png": {"width": 384, "height": 288, "alt": "A line through points."}}


def test_alt_text_is_demanded(shown, monkeypatch):
    with pytest.raises(ValueError, match="alt must say in words what the figure shows"):
        show_line("static", monkeypatch, alt=" ")
    assert shown == []


def test_static_html_stands_for_itself(shown, monkeypatch):
    for _ in range(2):
        show_line("static", monkeypatch, alt='A "line".')
    first, second = (bundle["text/html"] for bundle, _ in shown)
    assert first == second
    assert re.match(r'<figure class="dlnotes-explore" id="dl-\w{8}" data-touch-computed>', first)
    assert '<svg role="group" aria-label="A &quot;line&quot;." width="384" height="288"' in first
    assert "\n\n" not in first
    assert re.findall("<script[^>]*>", first) == ['<script type="application/json">']
    assert '<form class="dl-controls" autocomplete="off" hidden>' in first
    assert '<p class="dl-sentence" aria-live="polite">Intercept 1.00, slope 0.50: up.</p>' in first
    assert '<p class="dl-note">The picture at the start. To change it, use a browser with JavaScript.</p>' in first
    assert not re.search(r"https?:", first)


def test_live_is_the_same_page_in_a_frame(shown, monkeypatch):
    show_line("static", monkeypatch)
    show_line("live", monkeypatch)
    figure, frame = (bundle["text/html"] for bundle, _ in shown)
    (page,) = re.findall(r'^<iframe srcdoc="([^"]*)" title="A line through points\."', frame)
    assert figure in unescape(page)
    for text in player_files().values():
        assert text in unescape(page)


def unpacked(html):
    """Return what the page computes with."""
    (packed,) = re.findall(r'<script type="application/json">"([^"]*)"</script>', html)
    return json.loads(zlib.decompress(base64.b64decode(packed), -15), parse_constant=lambda name: pytest.fail(name))


def fields_of(html):
    return [json.loads(unescape(text)) for text in re.findall(r'data-array="([^"]*)"', html)]


def test_page_has_the_fields_with_their_start_limits_and_examples():
    (pad,) = fields_of(touched_html(touched_digit(np.eye(8)), "A digit."))
    assert (pad["name"], pad["kind"], pad["label"], pad["shape"]) == ("digit", "pad", "your digit", [8, 8])
    assert (pad["low"], pad["high"], pad["decimals"], pad["brush"], pad["at"]) == ([0], [1], 1, 0.8, [0, 0])
    assert pad["start"] == np.eye(8).reshape(-1).tolist()
    assert pad["examples"].keys() == {"a 3", "a 5"}
    (points,) = fields_of(touched_html(touched_line(), "A line."))
    assert (points["shape"], points["low"], points["high"]) == ([3, 2], [0, -2], [4, 7])


def test_numbers_are_inputs_with_names_and_an_empty_choice_has_a_word():
    html = touched_html(touched_window(), "A window.")
    assert re.findall(r'<input type="number" step="any" value="([^"]*)"', html)[:5] == ["-1", "0", "1", "-2", "0"]
    assert 'aria-label="weights, row 2, column 1"' in html
    assert "<legend>weights</legend>" in html
    assert "<option>choose</option><option>blur</option>" in html


@pytest.mark.parametrize("make", [touched_digit, touched_line, touched_window])
def test_every_mark_has_its_elements(make):
    touched = make()
    html = touched_html(touched, "A figure.")
    marks = unpacked(html)["marks"]
    counts = {name: html.count(f'data-mark="{name}"') for name in re.findall('data-mark="([^"]*)"', html)}
    for number, mark in enumerate(marks):
        size = touched.arrays[mark["value"]].size if mark["value"] is not None else 1
        expected = {"cells": size, "bars": size}.get(mark["kind"], 1)
        assert counts.pop(str(number)) == expected
        if mark.get("decimals") is not None:
            assert counts.pop(f"{number}:text") == size
    assert counts == {}


def test_colour_of_written_words_is_that_of_the_page():
    assert unpacked(touched_html(touched_window(), "A window."))["marks"][-1]["color"] == (
        f"var(--dl-negative,{style.NEGATIVE})"
    )


def test_empty_cells_of_a_constant_reach_the_page_as_no_number():
    def draw(picture, w):
        picture.cells(picture.axes, [[1.0, float("nan")]], decimals=1)
        picture.axes.set(xlim=(0, 2), ylim=(1, 0))

    ((_, shape, entries),) = unpacked(touched_html(recorded(draw), "Cells."))["constants"]
    assert (shape, entries) == ([1, 2], [1, None])


def test_data_that_json_does_not_know_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        touched_html(recorded(lambda picture, w: picture.run(relu, float("inf")) and None), "Nothing.")


def edges(**choice):
    return Pictures(draw_edges, 1, 1, (4, 3), {"edge": Choice(**choice, label="edge")})


def test_only_what_is_meant_can_be_pressed_or_is_a_mark():
    html = explore_html(edges(options=["w1", "w2", "w3", "w4"]), "A network.")
    assert re.findall(r'data-(?:touch|mark)="([^"]*)"', html) == ["edge=w1", "edge=w2", "edge=w3", "edge=w4"]
    figure, ax = style.subplots()
    draw_edge(ax, (0, 0), (1, 1))
    ax.plot([0, 1])[0].set_gid("another:name")
    assert not re.search("data-(touch|mark)", show_html(figure, "An edge."))


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"options": ["w1", "w2", "w3"]}, 'a press sets "edge=w4": no control of this figure has that value'),
        ({"options": ["w1", "w2", "w3", "w4"], "name": "other"}, 'a press sets "edge=w1": no control of this'),
    ],
)
def test_press_that_sets_nothing_is_refused(choice, message):
    name = choice.pop("name", "edge")
    pictures = Pictures(
        lambda ax, **values: draw_edges(ax, values[name]), 1, 1, (4, 3), {name: Choice(**choice, label="edge")}
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        explore_html(pictures, "A network.")


def test_part_to_be_dragged_over_that_sets_nothing_is_refused():
    cell = Slider(1, 5, 1, start=1, label="cell")
    with pytest.raises(ValueError, match='a press sets "cell=6": no control of this figure has that value'):
        explore_html(Pictures(draw_cells, 1, 1, (4, 3), {"cell": cell}), "Cells.")


@pytest.mark.parametrize("press", ["edge", "edge=", "=w5", "edge=a=b", "an edge=w5"])
def test_press_names_a_control_and_a_value(press):
    with pytest.raises(ValueError, match='press must be the name of a control and a value of it, as "edge=w5"'):
        draw_edge(style.subplots()[1], (0, 0), (1, 1), press=press)


def test_frame_holds_what_it_needs_and_nothing_that_ends_its_attribute():
    frame = frame_html('<figure title="a">&amp;</figure>', 'A "frame".', {"a.css": "p {}", "b.js": 'let a = "<b>";'})
    assert frame.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert 'title="A &quot;frame&quot;."' in frame
    page = unescape(re.search('srcdoc="([^"]*)"', frame)[1])
    assert "<style>p {}</style>" in page
    assert '<figure title="a">&amp;</figure><script>let a = "<b>";</script>' in page
