"""Controls, pictures and modes of explore: what is shown, and what is said when the input is wrong."""

import base64
import io
import json
import re
from decimal import Decimal

import matplotlib
import matplotlib.image
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import style
from dlnotes.explore import Choice, Slider, explore, show
from dlnotes.explore.controls import readable
from dlnotes.explore.pictures import Pictures, png


def draw_line(ax, slope):
    ax.plot([0, 1], [0, slope], color=style.POSITIVE)
    ax.set_ylim(0, 3)
    return f"The line ends at {slope}."


SLOPE = Slider(1, 3, 1, start=2, label="slope")


@pytest.fixture
def mode(monkeypatch):
    return lambda name: monkeypatch.setenv("DLNOTES_EXPLORE", name)


@pytest.fixture
def shown(monkeypatch):
    """What cells have displayed: a list of bundles and their metadata."""
    bundles = []

    def display(bundle, metadata=None, raw=False):
        bundles.append((bundle, metadata))

    monkeypatch.setattr("IPython.display.display", display)
    return bundles


# --- controls -----------------------------------------------------------------------------------------------


def test_slider_of_integers_gives_integers():
    slider = Slider(np.int64(-2), 4, 2, start=0, label="shift")
    assert slider.values == [-2, 0, 2, 4]
    assert all(type(value) is int for value in slider.values)
    assert slider.texts == ["−2", "0", "2", "4"]
    assert slider.start == 1
    assert slider.tick is None


@pytest.mark.parametrize(
    ("low", "high", "step", "texts"),
    [
        (0.1, 0.3, 0.1, ["0.1", "0.2", "0.3"]),
        (0.05, 0.2, 0.05, ["0.05", "0.10", "0.15", "0.20"]),
        (0, 1, 0.5, ["0.0", "0.5", "1.0"]),
        (-1.0, 1.0, 1.0, ["−1", "0", "1"]),
        (1e-5, 3e-5, 1e-5, ["0.00001", "0.00002", "0.00003"]),
        (np.float64(0.1), np.float64(0.2), np.float64(0.1), ["0.1", "0.2"]),
    ],
)
def test_slider_of_floats_gives_what_it_displays(low, high, step, texts):
    slider = Slider(low, high, step, start=low, label="rate")
    assert slider.texts == texts
    assert slider.values == [float(text.replace("−", "-")) for text in texts]
    assert all(type(value) is float for value in slider.values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 1, 1, 3), "low must be below high, got low=3, high=1"),
        ((1, 1, 1, 1), "low must be below high"),
        ((0, 1, 0, 0), "step must be positive, got 0"),
        ((0, 1, -0.5, 0), "step must be positive, got -0.5"),
        ((0, 1, 0.3, 0), "step must divide high - low = 1, got step=0.3"),
        ((0, 1, 0.25, 0.3), "start must be one of 0.00, 0.25, 0.50, 0.75, 1.00, got 0.3"),
        ((0, 1, 0.01, 1.25), "start must be one of 0.00, 0.01, ..., 1.00, got 1.25"),
        ((0, float("inf"), 1, 0), "high must be 0, or between 1e-15 and 1e+15 in size, got inf"),
        ((float("nan"), 1, 1, 0), "low must be 0, or between 1e-15 and 1e+15 in size, got nan"),
        ((0, 1e28, 1e28, 0), "high must be 0, or between 1e-15 and 1e+15 in size, got 1e+28"),
        ((0, 10**400, 1, 0), "high must be 0, or between 1e-15 and 1e+15 in size, got a int"),
        ((0, 1e-16, 1e-16, 0), "high must be 0, or between 1e-15 and 1e+15 in size, got 1e-16"),
        ((0, 1e15, 1e-15, 0), "needs 2 to 450 values, each a picture, got 1000000000000000000000000000001"),
        ((0, 450, 1, 0), "needs 2 to 450 values, each a picture, got 451"),
    ],
)
def test_bad_range_is_named(arguments, message):
    low, high, step, start = arguments
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        Slider(low, high, step, start=start, label="learning rate")
    assert "learning rate" in str(error.value)


@pytest.mark.parametrize("number", ["1", None, True, np.True_, 1j])
def test_slider_takes_numbers_only(number):
    with pytest.raises(TypeError, match="step must be a number, got"):
        Slider(0, 1, number, start=0, label="rate")
    with pytest.raises(TypeError, match="value 2 must be a number, got"):
        Slider([0, number], start=0, label="rate")
    with pytest.raises(TypeError, match="start must be a number, got"):
        Slider(0, 1, 1, start=number, label="rate")


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.001, 0.003, 0.01, 1, 30.0], ["0.001", "0.003", "0.01", "1", "30"]),
        ([1, 2, 5, 1000000], ["1", "2", "5", "1000000"]),
        ([-10, -0.5, -0.0, 2.25], ["−10", "−0.5", "0", "2.25"]),
        (np.array([1e-12, 1.5e-9, 1e-7, 1e9, 1e15]), ["1e−12", "1.5e−9", "0.0000001", "1e9", "1e15"]),
    ],
)
def test_slider_of_listed_values_shows_each_with_the_decimals_it_needs(values, texts):
    slider = Slider(values, start=values[1], label="rate")
    assert slider.texts == texts
    assert slider.values == list(values)
    assert slider.start == 1
    kind = int if all(isinstance(value, int) for value in values) else float
    assert {type(value) for value in slider.values} == {kind}


@pytest.mark.parametrize(
    ("grid", "error", "message"),
    [
        (([1, 1],), ValueError, "values must increase, got 1 before 1"),
        (([0.1, 2, 0.5],), ValueError, "values must increase, got 2 before 0.5"),
        (([1],), ValueError, "needs 2 to 450 values, each a picture, got 1"),
        ((range(1_000_000),), ValueError, "needs 2 to 450 values, each a picture, got 1000000"),
        (([1, 2e15],), ValueError, "value 2 must be 0, or between 1e-15 and 1e+15 in size, got 2000000000000000.0"),
        (([2, 3],), ValueError, "start must be one of 2, 3, got 1"),
        (("12",), TypeError, "takes low, high and step, or one list of values, got '12'"),
        ((1,), TypeError, "takes low, high and step, or one list of values, got 1"),
        ((1, 2), TypeError, "takes low, high and step, or one list of values, got 2 numbers"),
        ((), TypeError, "takes low, high and step, or one list of values, got 0 numbers"),
    ],
)
def test_bad_list_of_values_is_named(grid, error, message):
    with pytest.raises(error, match=re.escape(message)) as raised:
        Slider(*grid, start=1, label="learning rate")
    assert "learning rate" in str(raised.value)


def test_slider_plays_no_faster_than_the_eye_follows():
    ticks = [Slider(1, count, 1, start=1, label="epoch", play=True).tick for count in (2, 20, 30, 450)]
    assert ticks == [600, 600, 400, 250]
    with pytest.raises(TypeError, match="slider 'epoch': play must be True or False, got 'yes'"):
        Slider(1, 2, 1, start=1, label="epoch", play="yes")


sizes = st.one_of(st.integers(-(10**15), 10**15), st.floats(1e-15, 1e15), st.floats(-1e15, -1e-15))


@settings(deadline=None)  # a busy machine is no error
@given(st.lists(sizes, min_size=2, max_size=20, unique=True).map(sorted))
def test_listed_values_are_what_their_texts_say(values):
    slider = Slider(values, start=values[0], label="x")
    assert slider.values == values
    assert [readable(text) for text in slider.texts] == values


@settings(deadline=None)
@given(
    st.decimals(-(10**6), 10**6, places=4),
    st.decimals(Decimal("0.001"), 10**3, places=3),
    st.integers(1, 100),
    st.data(),
)
def test_even_values_are_on_the_grid_and_are_what_their_texts_say(low, step, count, data):
    place = data.draw(st.integers(0, count))
    slider = Slider(float(low), float(low + count * step), float(step), start=float(low + place * step), label="x")
    assert slider.start == place
    assert slider.values == [float(low + i * step) for i in range(count + 1)]
    assert [readable(text) for text in slider.texts] == slider.values
    assert len({len(text.partition(".")[2]) for text in slider.texts}) == 1


def test_choice_of_values_and_of_names():
    plain = Choice([1, 10, 100], start=10, label="batch size")
    assert (plain.values, plain.texts, plain.start) == ([1, 10, 100], ["1", "10", "100"], 1)
    named = Choice({"tanh": np.tanh, "sine": np.sin}, label="function")
    assert (named.values, named.texts, named.start) == ([np.tanh, np.sin], ["tanh", "sine"], 0)


def test_a_few_options_are_buttons_and_more_a_list():
    kinds = [Choice(range(count), label="size").kind for count in (2, 3, 4)]
    assert kinds == ["buttons", "buttons", "list"]


@pytest.mark.parametrize(
    ("options", "start", "message"),
    [
        (["a"], None, "two or more options"),
        (["a", "a"], None, "look different"),
        ([1, "1"], None, "look different"),
        (["a", "a "], None, "look different, got ['a', 'a ']"),
        (["half the bound", "half  the bound"], None, "look different"),
        (["", "a"], None, "look different"),
        (["1", "1.0"], None, "look different, got ['1', '1.0']"),
        (["01", 1], None, "look different"),
        (["−1", -1], None, "look different"),
        ([0.001, "1e-3"], None, "look different"),
        ([1, 10], True, "start must be one of ['1', '10'], got True"),
        (["a", "b"], "c", "start must be one of ['a', 'b'], got 'c'"),
    ],
)
def test_bad_choice_is_named(options, start, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Choice(options, start=start, label="kind")


@pytest.mark.parametrize("options", [None, 3, "ab"])
def test_choice_takes_options(options):
    with pytest.raises(TypeError, match=re.escape(f"options must be a list or a dictionary, got {options!r}")):
        Choice(options, label="kind")


@pytest.mark.parametrize("label", ["", " ", None])
def test_control_needs_a_label(label):
    with pytest.raises(ValueError, match="label must be a text that names the control"):
        Choice(["a", "b"], label=label)


# --- explore and show: wrong input --------------------------------------------------------------------------


def test_unknown_mode_is_named(mode):
    mode("statc")
    with pytest.raises(ValueError, match="must be live, preview or static, got 'statc'"):
        explore(draw_line, alt="A line.", slope=SLOPE)
    with pytest.raises(ValueError, match="got 'statc'"):
        show(style.subplots()[0], alt="Axes.")


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_alt_text_is_demanded(alt, mode):
    mode("preview")
    with pytest.raises(ValueError, match="alt must say in words what the figure shows"):
        explore(draw_line, alt=alt, slope=SLOPE)
    with pytest.raises(ValueError, match="alt must say in words what the figure shows"):
        show(style.subplots()[0], alt=alt)


def test_controls_must_be_what_draw_takes(mode):
    mode("preview")
    with pytest.raises(TypeError, match=r"draw\(ax, slope\) must take .* steepness"):
        explore(draw_line, alt="A line.", steepness=SLOPE)
    with pytest.raises(TypeError, match=r"draw\(ax, slope\) must take"):
        explore(draw_line, alt="A line.", slope=SLOPE, other=SLOPE)
    with pytest.raises(TypeError, match="slope must be a Slider or a Choice, got 3"):
        explore(draw_line, alt="A line.", slope=3)
    with pytest.raises(ValueError, match="a control can't have the name figure"):
        explore(lambda ax, figure: None, alt="A line.", figure=SLOPE)
    with pytest.raises(ValueError, match="explore needs a Slider or a Choice"):
        explore(lambda ax: None, alt="Nothing to move.")


def test_too_many_pictures_say_what_to_do(mode):
    mode("preview")
    fine, coarse = Slider(0, 1, 0.01, start=0, label="rate"), Slider(1, 5, 1, start=1, label="steps")
    message = "at most 450 pictures fit a page, these controls make 505: .*; enlarge the step of 'rate'"
    with pytest.raises(ValueError, match=message):
        explore(lambda ax, rate, steps: None, alt="Too much.", rate=fine, steps=coarse)


def test_controls_of_one_label_are_refused(mode):
    mode("preview")
    rate = Slider(1, 30, 1, start=1, label="rate")
    with pytest.raises(ValueError, match="controls need labels that differ, got 'rate', 'rate'"):
        explore(lambda ax, first, second: None, alt="Lines.", first=rate, second=rate)


@pytest.mark.parametrize("draw", [None, "draw", style.subplots()[1]])
def test_draw_must_be_a_function(draw, mode):
    mode("preview")
    with pytest.raises(TypeError, match=r"draw must be a function draw\(axes, \*\*values\), got "):
        explore(draw, alt="A line.", slope=SLOPE)


@pytest.mark.parametrize("figure", [None, style.subplots()[1], "figure"])
def test_show_takes_a_figure(figure, mode, shown):
    mode("preview")
    with pytest.raises(TypeError, match=r"show takes a figure, as dlnotes.style.subplots makes it, got "):
        show(figure, alt="Axes.")
    assert shown == []


@pytest.mark.parametrize(
    ("size", "error"),
    [
        ((0, 0), ValueError),
        ((4, -3), ValueError),
        ((4, float("nan")), ValueError),
        ((4, float("inf")), ValueError),
        ((4, 3, 2), ValueError),
        (4, TypeError),
        (("4", "3"), TypeError),
        ((True, 3), TypeError),
        (None, TypeError),
    ],
)
def test_size_is_two_positive_numbers(size, error, mode):
    mode("preview")
    with pytest.raises(error, match=r"size must be two positive numbers, width and height in inches, got "):
        explore(draw_line, alt="A line.", size=size, slope=SLOPE)


@pytest.mark.parametrize(("count", "error"), [(0, ValueError), (-1, ValueError), (True, TypeError), (1.5, TypeError)])
@pytest.mark.parametrize("name", ["rows", "columns"])
def test_rows_and_columns_are_counts(name, count, error, mode):
    mode("preview")
    with pytest.raises(error, match=rf"{name} must be an integer of at least 1, got {count}"):
        explore(draw_line, alt="A line.", slope=SLOPE, **{name: count})


def test_rows_may_be_numbers_of_numpy(mode, shown):
    mode("preview")
    explore(lambda axes, slope: draw_line(axes[2], slope), alt="A line.", rows=np.uint8(3), slope=SLOPE)
    assert shown[0][0]["text/plain"].endswith("The line ends at 2.")


def test_drawing_by_pyplot_is_named(mode):
    mode("preview")
    matplotlib.use("agg")
    from matplotlib import pyplot

    def draw(ax, slope):
        pyplot.plot([0, slope])

    try:
        message = "draw failed at slope = 2: nothing is on the axes that draw got; draw by ax.plot"
        for _ in range(2):  # also when a figure is left over from before
            with pytest.raises(RuntimeError, match=re.escape(message)):
                explore(draw, alt="A line.", slope=SLOPE)
        explore(lambda ax, slope: draw_line(ax, slope) if pyplot.figure() else None, alt="A line.", slope=SLOPE)
        explore(lambda ax, slope: None, alt="Nothing yet.", slope=SLOPE)
    finally:
        pyplot.close("all")


@pytest.mark.parametrize("name", ["static", "preview"])
def test_failing_draw_says_where(name, mode):
    mode(name)
    slider = Slider(0, 2, 1, start=0 if name == "preview" else 1, label="divisor")
    with pytest.raises(RuntimeError, match="draw failed at divisor = 0: division by zero") as error:
        explore(lambda ax, divisor: ax.plot([1 / divisor]) and None, alt="A point.", divisor=slider)
    assert isinstance(error.value.__cause__, ZeroDivisionError)


def test_limits_that_are_not_finite_say_where(mode, shown):
    mode("static")
    with pytest.raises(RuntimeError, match="draw failed at slope = 3: Axis limits cannot be NaN or Inf"):
        explore(
            lambda ax, slope: ax.set_xlim(0, float("nan") if slope == 3 else 1) and None, alt="A line.", slope=SLOPE
        )


def test_figure_that_cannot_be_written_says_where(mode, shown):
    mode("static")
    with pytest.raises(RuntimeError, match=r"draw failed at slope = 3: (?s:.*)nosuchcommand"):
        explore(
            lambda ax, slope: ax.text(0, 0, r"$\nosuchcommand$" if slope == 3 else "fine") and None,
            alt="A text.",
            slope=SLOPE,
        )


def test_draw_must_return_a_sentence_or_nothing(mode):
    mode("preview")
    with pytest.raises(TypeError, match="draw must return a sentence or None, got 2 at slope = 2"):
        explore(lambda ax, slope: slope, alt="A line.", slope=SLOPE)


# --- pictures -----------------------------------------------------------------------------------------------


def positions(figure):
    """Where the axes are, when the figure is drawn."""
    figure.draw_without_rendering()
    return [axes.get_position().bounds for axes in figure.axes]


def test_layout_is_that_of_the_start_picture():
    def draw(axes, scale):
        axes[0].plot([0, scale])
        axes[0].set_ylabel("x" * scale)
        axes[1].imshow([[0, scale]])
        axes[1].figure.colorbar(axes[1].images[0], ax=axes[1])
        axes[0].twinx().plot([0, 10**scale])

    control = Slider(1, 6, 1, start=3, label="scale")
    pictures = Pictures(draw, 2, 1, (5, 5), {"scale": control})
    first, _ = pictures.picture((0,), positions)
    assert len(first) == 4
    for setting in pictures.settings():
        np.testing.assert_allclose(pictures.picture(setting, positions)[0], first)


def test_each_picture_starts_from_empty_axes():
    seen = []
    pictures = Pictures(
        lambda ax, slope: seen.append(len(ax.lines)) or draw_line(ax, slope), 1, 1, (4, 3), {"slope": SLOPE}
    )
    for setting in pictures.settings():
        pictures.picture(setting, png)
    assert seen == [0] * 4  # three settings, and the start before them, for the layout


def test_grid_of_axes_reaches_draw():
    shapes = []
    Pictures(lambda axes, slope: shapes.append(axes.shape), 2, 3, (6, 4), {"slope": SLOPE}).picture((0,), png)
    assert shapes[-1] == (2, 3)


def test_same_picture_gives_same_bytes():
    first, second = (Pictures(draw_line, 1, 1, (4, 3), {"slope": SLOPE}).picture((1,), png) for _ in range(2))
    assert first == second


# --- preview and static -------------------------------------------------------------------------------------


def test_preview_is_picture_and_words(mode, shown):
    mode("preview")
    explore(draw_line, alt="A line.", slope=SLOPE, size=(4, 3))
    ((bundle, metadata),) = shown
    assert bundle["text/plain"] == "[figure] A line.\nslope = 2\nThe line ends at 2."
    stored = base64.b64decode(bundle["image/png"], validate=True)
    assert stored.startswith(b"\x89PNG")
    assert metadata == {"image/png": {"width": 384, "height": 288, "alt": "A line."}}
    width, height = np.frombuffer(stored[16:24], ">u4")
    assert (width, height) == (768, 576)  # twice, for fine screens


def test_preview_looks_like_the_picture_in_fewer_bytes(mode, shown):
    mode("preview")
    explore(draw_line, alt="A line.", slope=SLOPE, size=(4, 3))
    stored = base64.b64decode(shown[0][0]["image/png"])
    full, _ = Pictures(draw_line, 1, 1, (4, 3), {"slope": SLOPE}).picture((1,), png)
    assert len(stored) < len(full) / 2
    first, second = (matplotlib.image.imread(io.BytesIO(file))[..., :3] for file in (stored, full))
    assert np.abs(first - second).max() < 0.1


@pytest.mark.parametrize("name", ["live", "preview"])
def test_show_is_a_picture_in_jupyter(name, mode, shown):
    mode(name)
    figure, ax = style.subplots()
    ax.plot([1, 2])
    show(figure, alt="A line.")
    ((bundle, metadata),) = shown
    assert bundle["text/plain"] == "[figure] A line."
    assert isinstance(bundle["image/png"], str)  # bytes would show in some kernels and not in others
    assert metadata["image/png"]["alt"] == "A line."


def test_show_is_a_themed_drawing_in_the_book(mode, shown):
    mode("static")
    figure, ax = style.subplots()
    ax.plot([1, 2], color=style.POSITIVE)
    show(figure, alt='A "line" & <more>.')
    html = shown[0][0]["text/html"]
    assert 'role="img" aria-label="A &quot;line&quot; &amp; &lt;more&gt;."' in html
    assert f"stroke:var(--dl-positive,{style.POSITIVE})" in html
    assert "<form" not in html
    assert "<script" not in html


def test_static_html_stands_for_itself(mode, shown):
    mode("static")
    explore(draw_line, alt="A line.", slope=SLOPE)
    explore(draw_line, alt="A line.", slope=SLOPE)
    first, second = (bundle["text/html"] for bundle, _ in shown)
    assert first == second
    assert re.findall("<script[^>]*>", first) == ['<script type="application/json">']
    assert "\n\n" not in first
    assert not re.search(r"https?:", first)
    assert 'aria-valuetext="2"' in first
    assert '<p class="dl-sentence" aria-live="polite">The line ends at 2.</p>' in first
    assert json.loads(re.search(r">([^<]*)</script>", first)[1])
