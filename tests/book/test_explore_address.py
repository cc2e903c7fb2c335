"""The values of a figure in the page's address, in a real browser, from the disk: links, moves, back and forward."""

import re

import pytest
from figures import move, text_of

from dlnotes.explore import Choice, Slider, player_files
from dlnotes.explore.html import explore_html
from dlnotes.explore.pictures import Pictures

pytestmark = pytest.mark.both_engines

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Figures</title>
<link rel="stylesheet" href="player.css"><script defer src="player.js"></script></head>
<body style="margin: 0">
<p><a href="#rate=1.25">see it diverge</a>, <a href="#end">the end</a>, <a href="other.html">another page</a></p>
<figure id="fig-curve"><span class="dl-anchor" id="figure=fig-curve&amp;steps=3"></span>{curve}</figure>
<div style="height: 1500px"></div>
<figure id="fig-bars">{bars}</figure>
<div style="height: 1500px"></div>
<p>Far below we ask for <a href="#figure=fig-curve&amp;steps=3">three steps</a>, and for <a
href="#figure=fig-bars&amp;shift=0">no shift</a>.</p>
<p style="max-width: 330px">The sentence of <a href="#figure=fig-bars&amp;steps=10">ten steps</a> is longer: what is to
be looked at stands in the lines after the link.</p>
<div style="height: 1500px"></div>
<h2 id="end">The end</h2>
</body></html>
"""
OTHER = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Other</title></head>
<body><a href="page.html#figure=fig-bars&amp;shift=-2&amp;kind=0.5+of+the+bound">two below</a></body></html>
"""


def draw(ax, **values):
    ax.plot([0, 1], [0, 1])
    seen = ", ".join(f"{name} {value}" for name, value in values.items())
    return seen + ", and so on" * 20 * (values["steps"] == 10)


def figure(**controls):
    return explore_html(Pictures(draw, 1, 1, (5.6, 3.5), controls), "A line.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    for name, text in player_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    curve = figure(
        rate=Slider(0.25, 1.25, 0.25, start=0.5, label="rate"), steps=Slider(1, 3, 1, start=2, label="steps")
    )
    bars = figure(
        shift=Slider(-2, 2, 1, start=1, label="shift"),
        kind=Choice(["the bound", "0.5 of the bound"], label="kind"),
        steps=Slider(10, 30, 10, start=20, label="steps"),
    )
    (folder / "page.html").write_text(PAGE.format(curve=curve, bars=bars), encoding="utf-8")
    (folder / "other.html").write_text(OTHER, encoding="utf-8")
    return folder


@pytest.fixture
def open_page(open_address, folder):
    """Open the page at an address."""

    def open_page(address="", name="page", **options):
        window = {"viewport": {"width": 800, "height": 600}}
        return open_address(f"{(folder / name).as_uri()}.html{address}", **window, **options)

    return open_page


def sees(page, sentence):
    """Wait until a figure says this; its controls must say the same."""
    figure = page.locator("figure.dlnotes-explore", has_text=sentence)
    figure.wait_for()
    controls = figure.locator(".dl-control").all()
    shown = {control.get_attribute("data-name"): text_of(control) for control in controls}
    sliders = [control for control in controls if control.locator("input[type=range]").count()]
    texts = [text for name, text in shown.items() if name != "kind"]
    assert [slider.locator("input").get_attribute("aria-valuetext") for slider in sliders] == texts
    assert [slider.locator("output").text_content() for slider in sliders] == texts
    values = dict(pair.split(" ", 1) for pair in sentence.split(", "))
    assert {name: plain(value) for name, value in shown.items()} == {n: plain(v) for n, v in values.items()}


def plain(text):
    """Drop what a number has for the eye."""
    text = text.replace("−", "-")
    return str(float(text)) if re.fullmatch(r"-?[\d.]+", text) else text


def address(page):
    return page.evaluate("location.hash")


def moves(page, figure, name, position):
    """Move a control, and wait until the address has followed."""
    before = address(page)
    move(page.locator(f"#{figure} [data-name={name}]"), position)
    page.wait_for_function("before => location.hash !== before", arg=before)


START, BARS = "rate 0.5, steps 2", "shift 1, kind the bound, steps 20"


def test_link_in_the_prose_moves_the_figure_and_back_returns(open_page):
    page = open_page()
    page.get_by_text("see it diverge").click()
    sees(page, "rate 1.25, steps 2")
    assert address(page) == "#rate=1.25"
    assert page.evaluate("document.activeElement.name") == "rate"
    page.go_back()
    sees(page, START)
    assert address(page) == ""
    page.go_forward()
    sees(page, "rate 1.25, steps 2")


def test_back_returns_to_what_the_reader_had_set_in_every_figure(open_page):
    page = open_page()
    moves(page, "fig-curve", "steps", 2)
    moves(page, "fig-bars", "shift", 0)
    page.get_by_text("see it diverge").click()
    sees(page, "rate 1.25, steps 2")
    moves(page, "fig-curve", "rate", 0)
    page.go_back()
    sees(page, "rate 0.5, steps 3")
    sees(page, "shift -2, kind the bound, steps 20")
    page.go_forward()
    sees(page, "rate 0.25, steps 2")


def test_moves_write_one_address_and_no_history(open_page):
    page = open_page()
    entries = page.evaluate("history.length")
    for position in (0, 1, 2, 3, 4):
        move(page.locator("#fig-bars [data-name=shift]"), position)
    move(page.locator("#fig-bars [data-name=kind]"), 1)
    last = "#figure=fig-bars&shift=2&kind=0.5+of+the+bound&steps=20"
    page.wait_for_function("last => location.hash === last", arg=last)  # a slow machine may have written one before
    assert page.evaluate("history.length") == entries
    again = open_page(address(page))
    sees(again, "shift 2, kind 0.5 of the bound, steps 20")
    sees(again, START)


def test_reload_and_return_from_another_page_keep_the_values(open_page):
    page = open_page()
    moves(page, "fig-curve", "rate", 0)
    page.reload()
    sees(page, "rate 0.25, steps 2")
    page.get_by_text("another page").click()
    page.wait_for_url("**/other.html")
    page.go_back()
    sees(page, "rate 0.25, steps 2")


def test_link_from_another_page_scrolls_to_its_figure(open_page):
    page = open_page(name="other")
    page.get_by_text("two below").click()
    sees(page, "shift -2, kind 0.5 of the bound, steps 20")
    box = page.locator("#fig-bars").bounding_box()
    assert 0 <= box["y"] < box["y"] + box["height"] <= 600


def test_same_link_moves_again(open_page):
    page = open_page()
    page.get_by_text("see it diverge").click()
    sees(page, "rate 1.25, steps 2")
    moves(page, "fig-curve", "rate", 0)
    page.get_by_text("see it diverge").click()
    sees(page, "rate 1.25, steps 2")


def test_figure_in_view_does_not_jump(open_page):
    page = open_page()
    page.evaluate("scrollTo(0, 5)")
    page.get_by_text("see it diverge").evaluate("link => link.click()")  # Playwright's own scrolls in Firefox
    sees(page, "rate 1.25, steps 2")
    assert page.evaluate("scrollY") == 5
    assert page.locator(".dl-floating").count() == 0


def test_figure_partly_in_view_comes_where_it_and_its_sentence_do_not_fit_the_window(open_page):
    page = open_page()
    link, figure = page.get_by_text("see it diverge"), page.locator("#fig-curve figure")
    page.set_viewport_size({"width": 800, "height": 640})
    link.click()
    sees(page, "rate 1.25, steps 2")
    assert page.locator(".dl-floating").count() == 0  # here they do
    page.set_viewport_size({"width": 800, "height": int(figure.bounding_box()["height"]) + 20})
    link.click()
    page.locator(".dl-floating").wait_for()
    box, sentence = figure.bounding_box(), link.bounding_box()
    assert 0 <= sentence["y"] < sentence["y"] + sentence["height"] <= box["y"]
    page.evaluate("scrollBy(0, 100)")  # the sentence goes, and the figure is at home
    page.wait_for_function("!document.querySelector('.dl-floating')")


def test_link_from_afar_brings_the_figure_to_its_sentence(open_page):
    page = open_page()
    link, figure = page.get_by_text("three steps"), page.locator("#fig-curve figure")
    link.scroll_into_view_if_needed()
    end = page.evaluate("document.documentElement.scrollHeight")
    link.click()
    sees(page, "rate 0.5, steps 3")
    box, sentence = figure.bounding_box(), link.bounding_box()
    assert 0 <= sentence["y"] < sentence["y"] + sentence["height"] <= box["y"]  # nothing of it is covered
    assert box["y"] + box["height"] <= 600
    assert 0 <= box["x"] < box["x"] + box["width"] <= 800
    assert page.evaluate("document.documentElement.scrollHeight") == end
    assert page.evaluate("document.activeElement.name") == "steps"
    page.keyboard.press("ArrowLeft")
    sees(page, "rate 0.5, steps 2")
    drawn = figure.locator("svg").bounding_box()
    assert drawn["width"] > 200
    assert drawn["height"] > 150


@pytest.mark.both_engines(False)  # there scripts can't be switched off
def test_without_javascript_the_link_leads_to_the_figure(open_page):
    page = open_page(java_script_enabled=False)
    page.get_by_text("three steps").click()
    page.wait_for_url("**#figure=fig-curve&steps=3")
    assert 0 <= page.locator("#fig-curve").bounding_box()["y"] < 300


@pytest.mark.parametrize("how", ["Escape", "Close"])
def test_brought_figure_is_closed_and_the_reader_returns_to_the_sentence(open_page, how):
    page = open_page()
    page.get_by_text("three steps").click()
    sees(page, "rate 0.5, steps 3")
    place = page.evaluate("scrollY")
    if how == "Escape":
        page.keyboard.press("Escape")
    else:
        page.locator("#fig-curve").get_by_role("button", name="Close").click()
    assert page.locator(".dl-floating").count() == page.get_by_role("button", name="Close").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "three steps"
    assert page.evaluate("scrollY") == place
    assert page.locator("#fig-curve figure").bounding_box()["y"] < 0
    page.keyboard.press("Escape")  # and again, where nothing floats


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_tab_leaves_the_brought_figure_for_its_sentence(open_page, key):
    page = open_page()
    page.get_by_text("three steps").click()
    sees(page, "rate 0.5, steps 3")
    for _ in range(10):
        page.keyboard.press(key)
        if not page.locator(".dl-floating").count():
            break
    assert page.evaluate("document.activeElement.textContent") == "three steps"
    assert 0 <= page.get_by_text("three steps").bounding_box()["y"] < 720


def test_reader_who_has_scrolled_away_returns_to_the_sentence(open_page):
    page = open_page()
    page.get_by_text("three steps").click()
    sees(page, "rate 0.5, steps 3")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.keyboard.press("Escape")
    assert 0 <= page.get_by_text("three steps").bounding_box()["y"] < 720


def test_brought_figure_is_printed_in_its_place(open_page):
    page = open_page()
    page.get_by_text("three steps").click()
    sees(page, "rate 0.5, steps 3")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".dl-floating").count() == 0


def test_move_just_before_a_link_is_restored_by_back(open_page):
    page = open_page()
    page.evaluate(
        """() => {
            const slider = document.querySelector("#fig-bars input[name=shift]");
            slider.value = 0;
            slider.dispatchEvent(new Event("input", {bubbles: true}));
            document.querySelector("a[href='#figure=fig-curve&steps=3']").click();
        }"""
    )
    sees(page, "rate 0.5, steps 3")
    page.go_back()
    sees(page, "shift -2, kind the bound, steps 20")


def test_back_closes_the_brought_figure_and_restores_its_values(open_page):
    page = open_page()
    moves(page, "fig-curve", "rate", 0)
    page.get_by_text("three steps").click()
    sees(page, "rate 0.5, steps 3")
    page.go_back()
    sees(page, "rate 0.25, steps 2")
    assert page.locator(".dl-floating").count() == 0


def test_another_link_brings_another_figure(open_page):
    page = open_page()
    page.get_by_text("three steps").click()
    sees(page, "rate 0.5, steps 3")
    page.get_by_text("no shift").click()
    sees(page, "shift 0, kind the bound, steps 20")
    assert page.locator(".dl-floating").count() == 1
    assert page.locator("#fig-bars .dl-floating").count() == 1


def test_brought_figure_lands_where_its_place_comes_into_sight(open_page):
    page = open_page()
    page.get_by_text("three steps").click()
    page.locator(".dl-floating").wait_for()
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function("!document.querySelector('.dl-floating')")
    box = page.locator("#fig-curve figure").bounding_box()
    assert 0 <= box["y"] < 200


@pytest.mark.parametrize("size", [(1366, 657), (360, 640), (844, 390)])
def test_lines_after_the_link_stay_above_the_brought_figure(open_page, size):
    page = open_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.get_by_text("ten steps").click()
    page.locator(".dl-floating").wait_for()
    box, paragraph = page.locator(".dl-floating").bounding_box(), page.locator("p:has-text('ten steps')").bounding_box()
    assert 0 <= paragraph["y"] < paragraph["y"] + paragraph["height"] <= box["y"]
    assert box["y"] + box["height"] <= size[1]
    page.evaluate("scrollBy(0, -5)")  # nor does it go with the next move of a thumb
    assert page.locator(".dl-floating").count() == 1


@pytest.mark.parametrize("size", [(1366, 657), (360, 640), (320, 480)])
def test_brought_figure_fits_every_window(open_page, size):
    page = open_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.get_by_text("three steps").click()
    sees(page, "rate 0.5, steps 3")
    box, sentence = page.locator(".dl-floating").bounding_box(), page.get_by_text("three steps").bounding_box()
    assert 0 <= sentence["y"] < sentence["y"] + sentence["height"] <= box["y"]
    assert box["y"] + box["height"] <= size[1]
    close = page.get_by_role("button", name="Close").bounding_box()
    assert box["y"] <= close["y"] < close["y"] + close["height"] <= box["y"] + box["height"]
    assert 0 <= box["x"] < box["x"] + box["width"] <= size[0]
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("#steps=3", "rate 0.5, steps 3"),  # the first that has it
        ("#steps=30&shift=0", "shift 0, kind the bound, steps 30"),  # the first that has both
        ("#figure=fig-bars&steps=30", "shift 1, kind the bound, steps 30"),
        ("#rate=1.250", "rate 1.25, steps 2"),
        ("#shift=%E2%88%922", "shift -2, kind the bound, steps 20"),
    ],
)
def test_address_chooses_the_figure_by_its_controls(open_page, address, sentence):
    page = open_page(address)
    sees(page, sentence)


@pytest.mark.parametrize(
    "address",
    [
        "#rate=7",
        "#rate=",
        "#rate=fast",
        "#speed=1",
        "#figure=fig-none",
        "#figure=fig-curve&speed=1",
        "#rate",
        "#=",
        "#%",
    ],
)
def test_wrong_names_and_values_show_the_start(open_page, address):
    page = open_page(address)
    page.locator("#fig-curve form").wait_for()
    page.evaluate("new Promise((done) => setTimeout(done, 100))")
    sees(page, START)
    sees(page, BARS)


def test_wrong_value_of_one_control_leaves_the_others(open_page):
    sees(open_page("#rate=7&steps=3"), "rate 0.5, steps 3")


def test_ordinary_anchors_lead_where_they_did_and_move_nothing(open_page):
    page = open_page()
    moves(page, "fig-curve", "rate", 0)
    page.get_by_text("the end", exact=True).click()
    page.wait_for_function("scrollY > 1000")
    assert address(page) == "#end"
    sees(page, "rate 0.25, steps 2")
    page.go_back()
    sees(page, "rate 0.25, steps 2")


def test_reset_writes_the_start_values(open_page):
    page = open_page("#rate=1.25")
    sees(page, "rate 1.25, steps 2")
    page.locator("#fig-curve").get_by_role("button", name="Reset").click()
    sees(page, START)
    page.wait_for_function("location.hash === '#figure=fig-curve&rate=0.5&steps=2'")


def test_keyboard_goes_on_from_the_linked_control(open_page):
    page = open_page("#rate=1.25")
    sees(page, "rate 1.25, steps 2")
    page.keyboard.press("ArrowLeft")
    sees(page, "rate 1.0, steps 2")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    sees(page, "rate 1.0, steps 3")
