"""Figures that a reader touches, in a real browser, from the disk: what is drawn, dragged, typed and pressed."""

import functools
import re
from itertools import pairwise
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest
from figures import finger, photograph
from touching import EDGES, draw_cells, draw_edges, touched_digit, touched_line, touched_window, trained

from dlnotes import style
from dlnotes.explore import Choice, Slider, player_files, steps
from dlnotes.explore.html import explore_html, frame_html, touched_html
from dlnotes.explore.pictures import Pictures
from dlnotes.explore.touched import fixed
from publish.project import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Figures</title><meta name="viewport" content="width=device-width">
<style>
  body {{ margin: 0; background: var(--dl-page); color: var(--dl-ink) }}
  a {{ color: inherit }}
  figure {{ margin: 0 }}
</style>
{}</head>"""
LINKS = '<link rel="stylesheet" href="player.css"><link rel="stylesheet" href="touch.css">'
SCRIPTS = '<script defer src="touch.js"></script><script defer src="player.js"></script>'
# Written by the page in letters, by Matplotlib in outlines: what is compared are the lines and fields around them.
NO_TEXT = "svg text, [data-mark]:has(use[href*='-g']) { visibility: hidden }"
PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}


@functools.cache
def html(name):
    if name == "edges":
        choice = Choice(list(EDGES), label="edge")
        return explore_html(Pictures(draw_edges, 1, 1, (5.6, 3), {"edge": choice}), "The edges.")
    if name == "cells":
        slider = Slider(1, 6, 1, start=1, label="cell")
        return explore_html(Pictures(draw_cells, 1, 1, (5.6, 3), {"cell": slider}), "The cells.")
    make = {"digit": touched_digit, "line": touched_line, "window": touched_window}[name]
    return touched_html(make(), f"The {name}.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a page of all figures, and the player beside it."""
    folder = tmp_path_factory.mktemp("page")
    for name, text in player_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    figures = {name: f'<figure id="fig-{name}">{html(name)}</figure>' for name in ("digit", "line", "edges", "cells")}
    folded = f'<details><summary>More</summary><figure id="fig-window">{html("window")}</figure></details>'
    space = '<div style="height: 1500px"></div>'
    link = '<p>See <a href="#figure=fig-line&amp;points=0+0+2+1+4+2">a line</a>.</p>'
    body = f"<body><main><h1>Figures</h1>{''.join(figures.values())}{folded}{space}{link}{space}</main></body></html>"
    (folder / "page.html").write_text(HEAD.format(LINKS + SCRIPTS) + body, encoding="utf-8")
    return folder


@pytest.fixture
def open_page(open_address, folder):
    """Open the page at an address."""

    def open_page(address="", **options):
        page = open_address(f"{(folder / 'page.html').as_uri()}{address}", **options)
        page.context.set_default_timeout(10_000)
        return page

    return open_page


@pytest.fixture
def page(open_page):
    return open_page()


def address(**values):
    """Return the address at which a figure has these values."""
    numbers = {name: " ".join(f"{x:g}" for x in np.ravel(value)) for name, value in values.items() if name != "place"}
    label = {"digit": "digit", "points": "line", "kernel": "window"}[next(iter(values))]
    return "#" + urlencode({"figure": f"fig-{label}", **{k: v for k, v in values.items() if k == "place"}, **numbers})


def values(page):
    """Return what is in the address, once it has been written."""
    fragment = page.evaluate("() => new Promise((done) => setTimeout(() => done(location.hash.slice(1)), 300))")
    return dict(parse_qsl(fragment))


def numbers(page, name):
    return np.array([float(number) for number in values(page)[name].split()])


def sentence(page, name):
    return page.locator(f"#fig-{name} .dl-sentence")


def says(page, name, text):
    """Wait until a figure says a sentence."""
    sentence(page, name).and_(page.get_by_text(text, exact=True)).wait_for()


def center(locator):
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def points_said(points):
    intercept, slope = steps.line_fit(np.array(points, float))
    return f"Intercept {fixed(intercept, 2)}, slope {fixed(slope, 2)}: {'up' if slope > 0 else 'down'}."


# --- what is shown is what Python draws -----------------------------------------------------------------------


OTHERS = {
    "digit": (touched_digit, {"start": np.tri(8) * 0.6, "place": "moved to the middle"}),
    "line": (touched_line, {"start": [[0.5, 6], [2, 3.5], [4, -1]]}),
    "window": (touched_window, {"start": [[0, 0.5, 0], [-2, 1, 0], [0.3, 0, 1]], "window": 29}),
}


@pytest.mark.both_engines
@pytest.mark.parametrize("name", OTHERS)
def test_page_shows_what_python_draws_anew(open_page, name):
    make, start = OTHERS[name]
    again = make(**start)
    first = {"digit": "digit", "line": "points", "window": "kernel"}[name]
    page, other = open_page(), open_page()
    page.add_style_tag(content=NO_TEXT)
    page.evaluate("document.querySelector('details').open = true")
    before = photograph(page.locator(f"#fig-{name} svg"))
    page.evaluate("to => { location.hash = to }", address(**{first: start["start"]}, **dict(list(start.items())[1:])))
    says(page, name, again.sentence)
    page.evaluate("document.activeElement.blur()")
    shown = photograph(page.locator(f"#fig-{name} svg"))
    other.set_content(
        HEAD.format(f"<style>{player_files()['player.css']}{NO_TEXT}</style>") + touched_html(again, "It.")
    )
    expected = photograph(other.locator("svg"))
    assert np.abs(shown - expected).max() < 0.25
    assert (np.abs(before - expected).max(axis=2) > 0.25).mean() > 0.002  # what another picture gives


@pytest.mark.both_engines
def test_nothing_differs_before_the_first_touch(page, open_page):
    for name, (make, _) in OTHERS.items():
        assert sentence(page, name).text_content() == make().sentence
    assert page.evaluate("location.hash") == ""


def test_words_and_numbers_in_the_picture_follow(page):
    page.evaluate("document.querySelector('details').open = true")
    page.locator("#fig-window").get_by_label("weights, row 0, column 0").fill("2")
    says(page, "window", touched_window([[2, 0, 1], *np.array([[-2, 0, 2], [-1, 0, 1]])]).sentence)
    drawing = page.locator("#fig-window svg")
    written = drawing.locator("text", has_text="sum")
    assert written.text_content() == f"sum {re.search('Sum ([^,]*),', sentence(page, 'window').text_content())[1]}"
    assert written.evaluate("text => getComputedStyle(text).fill") == rgb(style.NEGATIVE)
    cells = drawing.locator("text").all_text_contents()
    assert len(cells) == 64 + 9 + 36 + 1
    assert sum(not text for text in cells) == 35  # of 36 results one has been computed


def rgb(color):
    return f"rgb({', '.join(str(int(color[i : i + 2], 16)) for i in (1, 3, 5))})"


# --- the pad --------------------------------------------------------------------------------------------------


def blank(page):
    """Clear the pad, and return it."""
    page.locator("#fig-digit").get_by_role("button", name="Clear").click()
    pad = page.locator("rect.dl-pad")
    pad.scroll_into_view_if_needed()
    return pad


def stroke(pad, *places):
    """Return places of the pad, in pixels of it, as whole pixels of the window; and what these are on the pad."""
    box = pad.bounding_box()
    scale, corner = box["width"] / 8, np.array([box["x"], box["y"]])
    window = np.round(corner + scale * np.array(places, float))
    return window.tolist(), (window - corner) / scale


def inked(places, brush=0.8):
    """Return the pad after a stroke: of 16 places in a pixel the share that is nearer to the line than the brush."""
    middles = (np.arange(32) + 0.5) / 4
    spots = np.stack(np.meshgrid(middles, middles), axis=-1)  # rows of (x, y)
    near = np.zeros((32, 32), bool)
    for start, end in pairwise(places):
        way = end - start
        along = np.clip((spots - start) @ way / max(way @ way, 1e-12), 0, 1)
        near |= np.linalg.norm(spots - start - along[..., None] * way, axis=-1) <= brush
    shares = near.reshape(8, 4, 8, 4).mean(axis=(1, 3))
    return np.floor(10 * shares + 0.5) / 10


@pytest.mark.both_engines
@pytest.mark.parametrize("places", [[(2.5, 3.5), (5.5, 3.5)], [(1.2, 1.3), (6.1, 5.8), (2.2, 6.9)], [(4, 4), (4, 4)]])
def test_mouse_draws_ink_where_it_goes(page, places):
    window, exact = stroke(blank(page), *places)
    page.mouse.move(*window[0])
    page.mouse.down()
    for place in window[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    page.mouse.move(0, 0)  # the pen is up
    ink = numbers(page, "digit").reshape(8, 8)
    np.testing.assert_allclose(ink, inked(exact), atol=0.101)  # a place may lie on the very edge of the pen
    assert (ink != inked(exact)).sum() <= 2
    again = touched_digit(ink)
    says(page, "digit", again.sentence)
    assert page.evaluate("getSelection().toString()") == ""


def test_straight_stroke_has_the_width_of_the_brush(page):
    window, _ = stroke(blank(page), (1.5, 3.5), (6.5, 3.5))
    page.mouse.move(*window[0])
    page.mouse.down()
    page.mouse.move(*window[1], steps=9)
    page.mouse.up()
    ink = numbers(page, "digit").reshape(8, 8)
    np.testing.assert_allclose(ink[:, 2:6].sum(axis=0), 2 * 0.8, atol=0.15)
    assert (ink[3, 2:6] == 1).all()
    assert (ink[[0, 1, 5, 6, 7]] == 0).all()


def test_other_button_and_a_pointer_that_is_up_draw_nothing(page):
    window, _ = stroke(blank(page), (2, 2), (6, 6))
    page.mouse.move(*window[0])
    page.mouse.move(*window[1])
    page.mouse.down(button="right")
    page.mouse.move(*window[0])
    page.mouse.up(button="right")
    assert not numbers(page, "digit").any()


def test_finger_draws_and_does_not_scroll(open_page):
    page = open_page(**PHONE)
    window, exact = stroke(blank(page), (3.5, 1.5), (3.5, 6.5))
    page.evaluate("scrollY0 = scrollY")
    steps = [window[0], *np.linspace(window[0], window[1], 6)[1:].tolist()]
    finger(page, *steps)
    ink = numbers(page, "digit").reshape(8, 8)
    np.testing.assert_allclose(ink, inked(exact), atol=0.101)
    assert page.evaluate("scrollY === scrollY0")


@pytest.mark.both_engines
def test_pen_wipes_out_as_it_draws(page):
    page.locator("#fig-digit").get_by_label("Begin with").select_option("a 3")
    before = trained()[1][trained()[2] == 3][0, 0]
    page.get_by_label("wipe out").check()
    page.evaluate("scrollTo(0, 0)")
    window, exact = stroke(page.locator("rect.dl-pad"), (1.5, 1), (6.5, 1))
    page.mouse.move(*window[0])
    page.mouse.down()
    page.mouse.move(*window[1])
    page.mouse.up()
    ink = numbers(page, "digit").reshape(8, 8)
    np.testing.assert_allclose(ink, np.minimum(before, 1 - inked(exact)), atol=0.101)
    assert (ink < before).sum() > 5
    page.locator("#fig-digit").get_by_role("button", name="Reset").click()
    says(page, "digit", touched_digit().sentence)
    assert not page.get_by_label("wipe out").is_checked()


@pytest.mark.both_engines
def test_keys_move_on_the_pad_and_draw(page):
    pad = blank(page)
    pad.focus()
    place = page.locator("#fig-digit output")
    assert place.text_content() == "row 0, column 0: 0"
    for key in ["ArrowUp", "ArrowRight", "ArrowRight", "ArrowDown", "Space", "ArrowDown", "Space"]:
        page.keyboard.press(key)
    assert place.text_content() == "row 2, column 2: 1"
    expected = np.zeros((8, 8))
    expected[1:3, 2] = 1
    np.testing.assert_array_equal(numbers(page, "digit").reshape(8, 8), expected)
    page.keyboard.press("Space")
    expected[2, 2] = 0
    np.testing.assert_array_equal(numbers(page, "digit").reshape(8, 8), expected)
    says(page, "digit", touched_digit(expected).sentence)
    assert page.evaluate("scrollY") == 0


@pytest.mark.both_engines
def test_example_is_shown_until_something_is_drawn(page):
    _, x, labels = trained()
    choice = page.locator("#fig-digit").get_by_label("Begin with")
    choice.select_option("a 3")
    three = x[labels == 3][0, 0]
    says(page, "digit", touched_digit(three).sentence)
    np.testing.assert_array_equal(numbers(page, "digit"), three.reshape(-1))
    page.mouse.click(*center(page.locator("rect.dl-pad")))
    assert choice.input_value() == "choose"
    assert (numbers(page, "digit") != three.reshape(-1)).any()
    choice.select_option("a 3")  # again
    says(page, "digit", touched_digit(three).sentence)


# --- points ---------------------------------------------------------------------------------------------------


@pytest.mark.both_engines
def test_mouse_drags_a_point_to_its_limits(page):
    handle = page.get_by_role("slider", name="point 2")
    page.mouse.move(*center(handle))
    page.mouse.down()
    page.mouse.move(*center(page.get_by_role("slider", name="point 3")))
    says(page, "line", points_said([[1, 2], [3, 3], [3, 3]]))
    assert handle.get_attribute("aria-valuetext") == "x 3.0, y 3.0"
    page.mouse.move(1270, 0)
    page.mouse.up()
    assert handle.get_attribute("aria-valuenow") == "7"
    np.testing.assert_array_equal(numbers(page, "points"), [1, 2, 4, 7, 3, 3])


def test_finger_drags_a_point_and_does_not_scroll(open_page):
    page = open_page(**PHONE)
    page.locator("#fig-line svg").scroll_into_view_if_needed()
    start, end = (center(page.get_by_role("slider", name=f"point {i}")) for i in (1, 3))
    page.evaluate("scrollY0 = scrollY")
    finger(page, start, *np.linspace(start, end, 5)[1:].tolist())
    np.testing.assert_array_equal(numbers(page, "points"), [3, 3, 2, 1, 3, 3])
    assert page.evaluate("scrollY === scrollY0")


@pytest.mark.both_engines
def test_arrow_keys_move_a_point(page):
    page.get_by_role("slider", name="point 1").focus()
    for key in ["ArrowRight", "ArrowUp", "Shift+ArrowUp", "Shift+ArrowUp", "ArrowLeft", "ArrowLeft", "ArrowDown"]:
        page.keyboard.press(key)
    says(page, "line", points_said([[0.9, 4], [2, 1], [3, 3]]))
    page.keyboard.press("Tab")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowLeft")
    np.testing.assert_array_equal(numbers(page, "points"), [0.9, 4, 0, 1, 3, 3])


def test_line_through_points_of_one_x_is_level(page):
    page.evaluate("to => { location.hash = to }", address(points=[[1, 2], [1, 1], [1, 3]]))
    says(page, "line", "Intercept 2.00, slope 0.00: down.")


# --- numbers --------------------------------------------------------------------------------------------------


@pytest.mark.both_engines
def test_half_a_number_changes_nothing_and_a_huge_one_stops_at_a_million(page):
    page.get_by_text("More", exact=True).click()
    start = sentence(page, "window").text_content()
    entry = page.get_by_label("weights, row 0, column 2")
    entry.focus()
    page.keyboard.press("ControlOrMeta+a")
    for key in ["Delete", "-"]:
        page.keyboard.press(key)
        assert sentence(page, "window").text_content() == start
    assert values(page) == {}
    page.keyboard.type("0.5")
    says(page, "window", touched_window([[-1, 0, -0.5], [-2, 0, 2], [-1, 0, 1]]).sentence)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("9e99")
    says(page, "window", touched_window([[-1, 0, 1e6], [-2, 0, 2], [-1, 0, 1]]).sentence)
    assert entry.input_value() == "9e99"  # as long as it is being typed
    entry.blur()
    assert entry.input_value() == "1000000"
    assert numbers(page, "kernel")[2] == 1e6


def test_typed_number_and_reset_are_each_one_move_in_the_address(page):
    page.evaluate("document.querySelector('details').open = true")
    page.evaluate("""() => {
        window.written = [];
        const replace = history.replaceState.bind(history);
        history.replaceState = (...state) => { written.push(state[2]); replace(...state); };
    }""")
    page.get_by_label("weights, row 1, column 1").fill("3")
    assert values(page)["kernel"] == "-1 0 1 -2 3 2 -1 0 1"
    page.locator("#fig-window").get_by_role("button", name="Reset").click()
    says(page, "window", touched_window().sentence)
    assert page.get_by_label("weights, row 1, column 1").input_value() == "0"
    assert values(page)["kernel"] == "-1 0 1 -2 0 2 -1 0 1"
    assert len(page.evaluate("written")) == 2


@pytest.mark.both_engines
def test_slider_and_example_of_a_computed_figure(page):
    page.get_by_text("More", exact=True).click()
    figure = page.locator("#fig-window")
    figure.get_by_label("Begin with").select_option("blur")
    figure.locator("input[type=range]").focus()
    page.keyboard.press("End")
    says(page, "window", touched_window(np.full((3, 3), 0.1), 36).sentence)
    figure.get_by_role("button", name="Back").click()
    says(page, "window", touched_window(np.full((3, 3), 0.1), 35).sentence)
    assert figure.get_by_label("weights, row 0, column 0").input_value() == "0.1"


# --- the address ----------------------------------------------------------------------------------------------


@pytest.mark.both_engines
def test_reload_back_and_the_address_keep_what_was_set(page, open_page):
    page.get_by_role("slider", name="point 1").press("ArrowUp")
    moved = points_said([[1, 2.1], [2, 1], [3, 3]])
    assert values(page) == {"figure": "fig-line", "points": "1 2.1 2 1 3 3"}
    page.reload()
    says(page, "line", moved)
    says(open_page(page.evaluate("location.hash")), "line", moved)
    page.get_by_role("link", name="a line").click()
    says(page, "line", points_said([[0, 0], [2, 1], [4, 2]]))
    page.go_back()
    says(page, "line", moved)
    page.locator("#fig-line").get_by_role("button", name="Reset").click()
    says(page, "line", touched_line().sentence)


def test_link_from_afar_brings_the_figure_and_its_points_can_be_dragged(page):
    page.get_by_role("link", name="a line").click()
    page.locator("#fig-line .dl-floating").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "point 1"
    page.mouse.move(*center(page.get_by_role("slider", name="point 1")))
    page.mouse.down()
    page.mouse.move(*center(page.get_by_role("slider", name="point 2")))
    page.mouse.up()
    says(page, "line", points_said([[2, 1], [2, 1], [4, 2]]))
    page.keyboard.press("Escape")
    assert page.locator(".dl-floating").count() == 0


@pytest.mark.parametrize(
    "broken",
    ["1 2", "1 2 3 4 5 6 7", "a b c d e f", "1 2 2 1 3", "1 2 2 1 3 x", "", "NaN 2 2 1 3 3", "1 2 2 1 3 Infinity"],
)
def test_broken_address_gives_the_start(open_page, broken):
    page = open_page("#" + urlencode({"figure": "fig-line", "points": broken}))
    says(page, "line", touched_line().sentence)


def test_numbers_of_an_address_are_kept_in_their_limits(open_page):
    page = open_page("#" + urlencode({"figure": "fig-line", "points": "−5 99 2 1.04 3 3"}))
    says(page, "line", points_said([[0, 7], [2, 1], [3, 3]]))


# --- parts to be pressed --------------------------------------------------------------------------------------


def on_edge(page, name):
    """Return a place on an edge, not where two of them cross."""
    page.locator("#fig-edges svg").scroll_into_view_if_needed()
    return page.locator(f"[data-touch='edge={name}'] path").evaluate(
        """path => {
            const place = path.getPointAtLength(0.3 * path.getTotalLength()).matrixTransform(path.getScreenCTM());
            return [place.x, place.y];
        }"""
    )


@pytest.mark.both_engines
def test_press_on_an_edge_sets_the_list(page):
    for name in [*EDGES, "w2"]:
        page.mouse.click(*on_edge(page, name))
        says(page, "edges", f"The weight {name}.")
        assert page.locator("#fig-edges select").evaluate("list => list.selectedOptions[0].text") == name
    assert values(page) == {"figure": "fig-edges", "edge": "w2"}
    page.locator("#fig-edges select").select_option("w3")
    says(page, "edges", "The weight w3.")


@pytest.mark.both_engines
def test_drag_over_cells_follows_also_over_their_numbers(page):
    cells = [page.locator(f"[data-touch$='cell={i}']") for i in range(1, 7)]
    page.locator("#fig-cells svg").scroll_into_view_if_needed()
    page.mouse.move(*center(cells[1]))
    assert sentence(page, "cells").text_content() == "The cell 1."
    page.mouse.down()
    for i in (2, 3, 6, 5):
        page.mouse.move(*center(cells[i - 1]))
        says(page, "cells", f"The cell {i}.")
    page.mouse.up()
    page.mouse.move(*center(cells[0]))
    assert values(page) == {"figure": "fig-cells", "cell": "5"}


@pytest.mark.parametrize(("start", "end"), [(3, 2), (4, 6), (5, 2)])
def test_finger_along_the_cells_follows(open_page, start, end):
    page = open_page(**PHONE)
    page.locator("#fig-cells svg").scroll_into_view_if_needed()
    way = [center(page.locator(f"[data-touch$='cell={i}']")) for i in (start, end)]
    page.evaluate("scrollY0 = scrollY")
    finger(page, *np.linspace(*way, 6).tolist())
    says(page, "cells", f"The cell {end}.")
    assert values(page)["cell"] == str(end)
    assert page.evaluate("scrollY === scrollY0")


def test_finger_that_scrolls_over_the_cells_presses_nothing(open_page):
    page = open_page(**PHONE)
    page.locator("#fig-cells svg").scroll_into_view_if_needed()
    x, y = center(page.locator("[data-touch='cell=2']"))
    page.evaluate("scrollY0 = scrollY; addEventListener('pointercancel', () => (window.cancelled = true))")
    finger(page, *((x, y - 12 * i) for i in range(16)))
    page.wait_for_function("scrollY > scrollY0 + 50 && window.cancelled")
    values(page)
    says(page, "cells", "The cell 1.")


# --- everybody ------------------------------------------------------------------------------------------------


def test_without_javascript_the_start_picture_stands_with_its_note(open_page):
    page = open_page(java_script_enabled=False)
    for name in ("digit", "line"):
        figure = page.locator(f"#fig-{name}")
        assert figure.locator("svg").is_visible()
        assert not figure.locator("form").is_visible()
        assert "The picture at the start. To change it, use a browser with JavaScript." in figure.inner_text()
        assert sentence(page, name).is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_barrier(open_page, theme):
    page = open_page(color_scheme=theme)
    page.get_by_text("More", exact=True).click()
    page.get_by_label("weights, row 0, column 0").fill("2")  # numbers in cells are written by the page
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        "async () => (await axe.run(document, { preload: false, resultTypes: ['violations'] })).violations"
    )
    assert [(violation["id"], node["html"][:200]) for violation in found for node in violation["nodes"]] == []


def test_targets_are_large_enough_on_the_narrowest_phone(open_page):
    page = open_page(viewport={"width": 320, "height": 640})
    page.add_style_tag(content="main { margin: 0 16px }")
    page.get_by_text("More", exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    targets = page.locator(".dl-handle, .dl-entries input, button, select, label:has(input)").all()
    assert len(targets) > 15
    for target in targets:
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24


@pytest.mark.parametrize("forced", ["none", "active"])
def test_focus_is_seen(open_page, forced):
    page = open_page(forced_colors=forced)
    page.keyboard.press("Tab")
    for part in [page.locator("rect.dl-pad"), page.get_by_role("slider", name="point 1")]:
        part.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Shift+Tab")
        stroke, width = part.evaluate("part => [getComputedStyle(part).stroke, getComputedStyle(part).strokeWidth]")
        assert stroke == rgb(style.PALETTE["positive"][0])
        assert float(width.removesuffix("px")) >= 2
    page.locator("rect.dl-pad").focus()
    assert page.locator(".dl-cursor").evaluate("cursor => getComputedStyle(cursor).display") == "inline"
    entry = page.locator(".dl-entries input").first
    page.evaluate("document.querySelector('details').open = true")
    entry.focus()
    assert entry.evaluate("entry => getComputedStyle(entry).outlineStyle") != "none"


def test_every_handle_is_named_and_says_its_place(page):
    page.get_by_role("application", name="your digit: arrow keys move, Space draws or wipes out a pixel").wait_for()
    drawing = page.get_by_role("group", name="The line.")
    assert drawing.get_by_role("slider").count() == 3
    assert [
        drawing.get_by_role("slider", name="point 2").get_attribute(f"aria-{name}")
        for name in ("valuemin", "valuemax", "valuenow", "valuetext")
    ] == ["-2", "7", "1", "x 2.0, y 1.0"]


# --- in Jupyter -----------------------------------------------------------------------------------------------


@pytest.fixture
def frame(browser):
    """Put the figure of points into a notebook's page, as Jupyter does; in the end nothing must have gone wrong."""
    contexts, complaints = [], []

    def frame(width=900, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.set_content("<!doctype html><body></body>")
        page.evaluate("html => { document.body.innerHTML = html }", frame_html(html("line"), "A line.", player_files()))
        page.frame_locator("iframe").get_by_role("slider", name="point 1").wait_for()
        return page

    yield frame
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.both_engines
def test_figure_in_a_frame_is_touched_as_on_a_page(frame):
    page = frame()
    inside = page.frame_locator("iframe[title='A line.']")
    said = inside.locator(".dl-sentence")
    inside.get_by_role("slider", name="point 1").press("Shift+ArrowUp")
    said.and_(inside.get_by_text(points_said([[1, 3], [2, 1], [3, 3]]))).wait_for()
    page.mouse.move(*center(inside.get_by_role("slider", name="point 1")))
    page.mouse.down()
    page.mouse.move(*center(inside.get_by_role("slider", name="point 3")))
    page.mouse.up()
    said.and_(inside.get_by_text(points_said([[3, 3], [2, 1], [3, 3]]))).wait_for()
    page.wait_for_timeout(350)  # no address is written, and nothing goes wrong
    inside.get_by_role("button", name="Reset").click()
    said.and_(inside.get_by_text(touched_line().sentence)).wait_for()


@pytest.mark.both_engines
def test_frame_is_as_high_as_its_figure(frame):
    page = frame()
    for width in (900, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(
            """() => {
                const frame = document.querySelector("iframe");
                const root = frame.contentDocument.documentElement;
                return frame.clientHeight === root.offsetHeight && root.scrollHeight === root.clientHeight;
            }"""
        )
    assert 200 < page.locator("iframe").bounding_box()["height"] < 500


@pytest.mark.parametrize("theme", [0, 1])
def test_frame_follows_the_theme_of_the_system(frame, theme):
    page = frame(color_scheme=("light", "dark")[theme])
    body = page.frame_locator("iframe").locator("body")
    assert body.evaluate("body => getComputedStyle(body).backgroundColor") == rgb(style.PAGE[theme])
    figure = body.locator(".dlnotes-explore")
    assert figure.evaluate("figure => getComputedStyle(figure).color") == rgb(style.INK[theme])
