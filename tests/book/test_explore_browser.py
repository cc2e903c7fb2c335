"""explore in a real browser, from the disk: what the player shows is what Python draws."""

import io
import random
import re
from typing import NamedTuple

import matplotlib.image
import numpy as np
import pytest
from figures import finger, move, photograph

from dlnotes import style
from dlnotes.explore import Choice, Slider, player_files
from dlnotes.explore.html import explore_html, show_html
from dlnotes.explore.pictures import Pictures
from dlnotes.explore.svg import svg_text

PAGE = """<!doctype html>
<html lang="en" {attributes}><head><meta charset="utf-8"><title>Figures</title>
<meta name="viewport" content="width=device-width">
{head}
<style>
  body {{ margin: 0 }}
</style></head>
<body>
{body}
</body></html>
"""
# A drawing as nested lists, with what its elements refer to in the place of names, and without empty groups.
MEANING = """svg => {
    const target = (name) => meaning(document.getElementById(name));
    const attribute = ({name, value}) => {
        const reference = /#(dl-[^)]+)/.exec(value);
        return [name, reference ? target(reference[1]) : value];
    };
    const skipped = ["id", "data-slots", "role", "aria-label"];
    const meaning = (element) => {
        const attributes = [...element.attributes].filter(({name}) => !skipped.includes(name)).map(attribute);
        const children = [...element.children].filter(({localName}) => localName !== "defs").map(meaning);
        const inner = children.flatMap((child) => (child[1] === "g" && !child[2].length ? child[3] : [child]));
        return [element.namespaceURI, element.localName, attributes.sort(), inner];
    };
    return JSON.stringify(meaning(svg));
}"""
BLACK_ON_WHITE = "<style>.dlnotes-explore { --dl-ink: #000000; --dl-page: #ffffff }</style>"


# --- figures of every kind ----------------------------------------------------------------------------------


def curves(ax, rate, steps):
    x = np.linspace(0, 10, steps)
    ax.plot(x, np.exp(-rate * x), color=style.POSITIVE, label="decay")
    ax.plot(x, np.cos(rate * x), "--o", color=style.NEGATIVE, label="wave", markersize=steps / 5)
    ax.set(xlim=(0, 10), ylim=(-1.2, 1.2), xlabel="time", title=rf"$e^{{-{rate}t}}$ in {steps} steps")
    ax.legend(loc="upper right")
    return f"The decay ends at {np.exp(-rate * 10):.3f}."


def several_axes(axes, count, kind):
    for i in range(count):
        axes[0].plot([0, i], [i, 0], color=style.TRAINING, alpha=0.5)
    axes[0].set(xlim=(0, 5), ylim=(0, 5))
    color, hatch = (style.FORWARD, "") if kind == "forward" else (style.BACKWARD, "//")
    axes[1].bar(range(count), np.arange(count) + 1, color=color, hatch=hatch)
    axes[1].twinx().plot([0, 1], [0, count], color=style.MUTED)
    axes[1].annotate("here", (count - 1, 1), (3, 4), arrowprops={"arrowstyle": "->"})
    return "Odd." if count % 2 else None


def picture_and_heatmap(axes, shift, turn):
    values = np.rot90(np.cos(np.add.outer(np.arange(9.0), np.arange(9.0) * shift)), turn)
    axes[0].imshow(values, cmap=style.SEQUENTIAL)
    mesh = axes[1].pcolormesh(values[:4, :4], cmap=style.DIVERGING, vmin=-1, vmax=1)
    axes[1].figure.colorbar(mesh, ax=axes[1])
    for (i, j), value in np.ndenumerate(values[:4, :4]):
        axes[1].text(j + 0.5, i + 0.5, f"{value:.1f}", ha="center", color=style.text_on(mesh.cmap(mesh.norm(value))))


def fields(axes, angle):
    x, y = np.meshgrid(np.linspace(-1, 1, 7), np.linspace(-1, 1, 7))
    turn = np.deg2rad(angle)
    axes[0, 0].quiver(x, y, np.cos(turn) * x - y, x, color=style.POSITIVE)
    axes[0, 1].contourf(x, y, np.cos(turn) * x * y + x, levels=6, cmap=style.DIVERGING)
    axes[0, 1].contour(x, y, x**2 + y**2 * np.cos(turn), colors="black")
    axes[1, 0].scatter(x[: angle // 30 + 1], y[: angle // 30 + 1], s=90 - angle, color=style.TEST, edgecolor="white")
    axes[1, 1].fill_between(x[0], np.cos(turn * x[0]), alpha=0.3, color=style.HIGHLIGHT)
    axes[1, 1].set_ylim(0, 1)


class Figure(NamedTuple):
    name: str
    pictures: Pictures


FIGURES = [
    Figure(name, Pictures(draw, rows, columns, size, controls))
    for name, draw, rows, columns, size, controls in [
        (
            "curves",
            curves,
            1,
            1,
            (5.6, 3.5),
            {
                "rate": Slider(0.25, 1.25, 0.25, start=0.5, label="rate"),
                "steps": Slider(10, 20, 10, start=10, label="steps"),
            },
        ),
        (
            "several axes",
            several_axes,
            2,
            1,
            (5.6, 5),
            {
                "count": Slider(1, 4, 1, start=2, label="count"),
                "kind": Choice(["forward", "backward"], start="backward", label="direction"),
            },
        ),
        (
            "heatmap",
            picture_and_heatmap,
            1,
            2,
            (5.6, 3),
            {
                "shift": Slider(-2, 3, 1, start=1, label="shift"),
                "turn": Choice({"as they are": 0, "turned": 1, "upside down": 2, "back": 3}, label="pictures"),
            },
        ),
        ("fields", fields, 2, 2, (5.6, 5), {"angle": Slider(0, 90, 30, start=30, label="angle", play=True)}),
    ]
]


# --- the page -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the page of all figures, and the player beside it."""
    folder = tmp_path_factory.mktemp("page")
    for name, text in player_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    body = "\n".join(explore_html(figure.pictures, f"The {figure.name}.") for figure in FIGURES)
    head = '<link rel="stylesheet" href="player.css"><script defer src="player.js"></script>'
    for name, attributes in (("light", 'data-theme="light"'), ("dark", 'data-theme="dark"'), ("auto", "")):
        (folder / f"{name}.html").write_text(PAGE.format(attributes=attributes, head=head, body=body), encoding="utf-8")
    return folder


@pytest.fixture
def open_page(open_address, folder):
    """Open a page of the figures."""

    def open_page(name="light", **options):
        return open_address((folder / f"{name}.html").as_uri(), **options)

    return open_page


@pytest.fixture
def page(open_page):
    return open_page()


def locate(page, figure):
    """Return the figure in the page."""
    return page.get_by_role("img", name=f"The {figure.name}.").locator("xpath=ancestor::figure")


def control_of(element, control):
    """Return the box of a control of a figure."""
    return element.locator(".dl-control", has_text=control.label)


def move_all(element, figure, setting):
    """Move all controls, and wait until the picture has followed."""
    for control, i in zip(figure.pictures.controls, setting, strict=True):
        move(control_of(element, control), i)
    element.and_(element.page.locator(f"[data-picture='{figure.pictures.settings().index(setting)}']")).wait_for()


def draw_alone(page, figure, setting, write, head=""):
    """Return the pixels of the picture that Python draws at the setting, in the same browser."""
    html, _ = figure.pictures.picture(setting, write)
    page.set_content(PAGE.format(attributes="", head=f"<style>{player_files()['player.css']}</style>{head}", body=html))
    return photograph(page.locator("svg"))


def assert_look_alike(first, second):
    """The browser does not paint the same drawing the same to the last bit, wherever it stands in a page."""
    assert np.abs(first - second).max() < 0.25


# --- tests --------------------------------------------------------------------------------------------------


@pytest.mark.both_engines
@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_player_shows_what_python_draws(figure, page, open_page):
    other = open_page()
    settings = random.Random(0).sample(figure.pictures.settings(), 3)
    element = locate(page, figure)
    for setting in settings:
        move_all(element, figure, setting)
        shown = photograph(element.locator("svg"))
        expected = draw_alone(other, figure, setting, lambda drawn: show_html(drawn, "Alone."))
        assert element.locator("svg").evaluate(MEANING) == other.locator("svg").evaluate(MEANING)
        assert_look_alike(shown, expected)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_simplified_drawing_looks_like_matplotlib(figure, page):
    def contrary_pixels(setting):
        ours = draw_alone(page, figure, setting, lambda drawn: show_html(drawn, "Alone."), BLACK_ON_WHITE)
        return (np.abs(ours - exact).max(axis=2) > 0.5).mean()

    start = figure.pictures.start
    exact = draw_alone(page, figure, start, lambda drawn: svg_text(drawn).split("?>", 1)[1])
    assert contrary_pixels(start) < 0.001  # edges are smoothed differently
    assert contrary_pixels((0,) * len(start)) > 0.005  # what another picture gives


@pytest.mark.both_engines
@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_sentence_and_values_follow(figure, page):
    element = locate(page, figure)
    for setting in random.Random(1).sample(figure.pictures.settings(), 3):
        move_all(element, figure, setting)
        _, sentence = figure.pictures.picture(setting, lambda drawn: None)
        said = element.locator(".dl-sentence")
        assert sentence == (said.text_content() if said.count() else "")
        for control, i in zip(figure.pictures.controls, setting, strict=True):
            box = control_of(element, control)
            if control.kind == "slider":
                assert box.locator("input").get_attribute("aria-valuetext") == control.texts[i]
                assert box.locator("output").text_content() == control.texts[i]
            else:
                assert (
                    box.locator(":checked").evaluate("chosen => (chosen.labels?.[0] ?? chosen).innerText")
                    == (control.texts[i])
                )


@pytest.mark.both_engines
def test_keyboard_moves_and_reset_restores(page):
    element = locate(page, FIGURES[0])
    rate, drawing = element.get_by_label("rate"), element.locator("svg")
    before = drawing.inner_html()
    rate.focus()
    page.keyboard.press("ArrowRight")
    element.get_by_text("The decay ends at 0.001.").wait_for()
    assert rate.get_attribute("aria-valuetext") == "0.75"
    assert drawing.inner_html() != before
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    element.get_by_text("20", exact=True).wait_for()
    element.get_by_role("button", name="Reset").press("Enter")
    element.get_by_text("The decay ends at 0.007.").wait_for()
    assert rate.get_attribute("aria-valuetext") == "0.50"
    assert drawing.inner_html() == before


@pytest.mark.both_engines
def test_pointer_moves(page):
    element = locate(page, FIGURES[0])
    rate = element.get_by_label("rate")
    rate.scroll_into_view_if_needed()
    box = rate.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"], box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    element.get_by_text("The decay ends at 0.000.").wait_for()
    assert rate.get_attribute("aria-valuetext") == "1.25"


@pytest.mark.both_engines
def test_choice_of_two_is_chosen_by_buttons(page):
    element = locate(page, FIGURES[1])
    before = element.locator("svg").inner_html()
    group = element.get_by_role("group", name="direction")
    assert group.get_by_role("radio").count() == 2
    assert group.get_by_label("backward").is_checked()
    group.get_by_label("forward").check()
    element.and_(page.locator("[data-picture='2']")).wait_for()
    assert element.locator("svg").inner_html() != before
    assert f"var(--dl-forward,{style.FORWARD})" in element.locator("svg").inner_html()
    page.keyboard.press("ArrowRight")
    element.and_(page.locator("[data-picture='3']")).wait_for()


def test_choice_of_four_is_chosen_from_a_list(page):
    element = locate(page, FIGURES[2])
    before = element.locator("svg").inner_html()
    element.get_by_label("pictures").select_option("turned")
    element.and_(page.locator("[data-picture='13']")).wait_for()
    assert element.locator("svg").inner_html() != before


@pytest.mark.both_engines
def test_pictures_are_unpacked_on_the_first_touch_only(page):
    page.evaluate(
        """() => {
            window.unpacked = 0;
            const Original = DecompressionStream;
            window.DecompressionStream = class { constructor(...a) { window.unpacked++; return new Original(...a) } };
        }"""
    )
    rate = locate(page, FIGURES[0]).get_by_label("rate")
    assert page.evaluate("unpacked") == 0
    rate.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("unpacked") == 1


def test_without_javascript_the_start_picture_stands_alone(open_page):
    page, other = open_page(java_script_enabled=False), open_page()
    for figure in FIGURES:
        element = locate(page, figure)
        assert not element.locator("form").is_visible()
        assert f"The picture at {figure.pictures.text(figure.pictures.start)}." in element.inner_text()
    # Without scripts it can't be moved into the corner, but it is there.
    shown = matplotlib.image.imread(io.BytesIO(page.locator("svg").first.screenshot()))[..., :3]
    expected = draw_alone(other, FIGURES[0], FIGURES[0].pictures.start, lambda drawn: show_html(drawn, "Alone."))
    assert_look_alike(shown, expected)


@pytest.mark.parametrize(
    ("name", "system", "theme"), [("light", "dark", 0), ("dark", "light", 1), ("auto", "light", 0), ("auto", "dark", 1)]
)
def test_drawing_follows_the_theme(name, system, theme, open_page):
    page = open_page(name, color_scheme=system)
    drawing = locate(page, FIGURES[0]).locator("svg")
    line = drawing.locator("path[style*='--dl-positive']").first
    color = line.evaluate("path => getComputedStyle(path).stroke")
    assert color == rgb(style.PALETTE["positive"][theme])
    assert drawing.evaluate("svg => getComputedStyle(svg).color") == rgb(style.INK[theme])
    background = drawing.locator("path[style*='--dl-page']").first.evaluate("path => getComputedStyle(path).fill")
    assert background == rgb(style.PAGE[theme])


def rgb(color):
    return f"rgb({', '.join(str(int(color[i : i + 2], 16)) for i in (1, 3, 5))})"


# --- play -----------------------------------------------------------------------------------------------------


PLAYED = FIGURES[3]


def recorded(page):
    """Return how often the address is written from now on, and the angles that the figure shows, as they come."""
    page.evaluate(
        """figure => {
            window.seen = [];
            window.written = 0;
            const replace = history.replaceState.bind(history);
            history.replaceState = (...state) => { window.written += 1; replace(...state); };
            new MutationObserver(() => seen.push(Number(figure.dataset.picture)))
                .observe(figure, {attributeFilter: ["data-picture"]});
        }""",
        locate(page, PLAYED).element_handle(),
    )


def button(page, name):
    return locate(page, PLAYED).get_by_role("group", name="angle").get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize("how", ["pointer", "keyboard"])
def test_play_shows_one_picture_after_another_to_the_end(page, how):
    recorded(page)
    play = button(page, "Play")
    assert page.evaluate("seen") == []  # nothing moves by itself
    if how == "pointer":
        play.click()
    else:
        locate(page, PLAYED).get_by_label("angle").and_(page.locator("input")).focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    button(page, "Pause").wait_for()
    play.wait_for()
    assert page.evaluate("seen") == [2, 3]
    assert locate(page, PLAYED).locator("output").text_content() == "90"
    page.wait_for_function("location.hash === '#angle=90'")
    assert page.evaluate("written") == 1  # not for each picture
    play.click()  # at the end: from the beginning
    page.wait_for_function("seen.length === 6")
    assert page.evaluate("seen") == [2, 3, 0, 1, 2, 3]


def test_play_takes_its_time(page):
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    button(page, "Play").click()
    element = locate(page, PLAYED)
    page.clock.run_for(550)
    assert element.get_attribute("data-picture") == "1"
    page.clock.run_for(100)
    element.and_(page.locator("[data-picture='2']")).wait_for()


def test_next_and_back_move_by_one_and_stay_at_the_ends(page):
    element = locate(page, PLAYED)
    for name, pictures in (("Next", "233"), ("Back", "2100")):
        for picture in pictures:
            button(page, name).click()
            element.and_(page.locator(f"[data-picture='{picture}']")).wait_for()
            assert element.locator("output").text_content() == str(30 * int(picture))


@pytest.mark.parametrize("how", ["Pause", "Back", "Reset", "slider", "link", "hidden", "scrolled away"])
def test_play_stops_when_the_reader_does_anything_else(page, how):
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    element = locate(page, PLAYED)
    button(page, "Back").click()
    element.and_(page.locator("[data-picture='0']")).wait_for()
    button(page, "Play").click()
    assert button(page, "Pause").count() == 1
    if how in ("Pause", "Back"):
        button(page, how).click()
    elif how == "Reset":
        element.get_by_role("button", name="Reset").click()
    elif how == "slider":
        element.locator("input").press("ArrowRight")
    elif how == "link":
        page.evaluate("location.hash = 'rate=0.25'")
    elif how == "hidden":
        page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    else:
        page.set_viewport_size({"width": 800, "height": 300})
        page.evaluate("scrollTo(0, 0)")
    page.clock.run_for(700)
    button(page, "Play").wait_for()
    stopped = element.get_attribute("data-picture")
    assert stopped == {"Reset": "1", "slider": "1"}.get(how, "0")
    page.clock.run_for(3000)
    assert element.get_attribute("data-picture") == stopped


def test_play_reads_out_no_sentence_but_the_last(page):
    html = explore_html(
        Pictures(
            lambda ax, step: ax.plot([step]) and f"Step {step}.",
            1,
            1,
            (4, 3),
            {"step": Slider(0, 3, 1, start=0, label="step", play=True)},
        ),
        "A dot.",
    )
    page.evaluate(
        """([html, script]) => {
            document.body.innerHTML = html;
            document.head.append(Object.assign(document.createElement("script"), {textContent: script}));
            window.read = [];
            const sentence = document.querySelector(".dl-sentence");
            new MutationObserver(() => read.push([sentence.ariaLive, sentence.textContent]))
                .observe(sentence, {childList: true});
        }""",
        [html, player_files()["player.js"]],
    )
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("read.length === 3")
    assert page.evaluate("read") == [["off", "Step 1."], ["off", "Step 2."], ["polite", "Step 3."]]


# --- fingers, large text, narrow windows, strange browsers ----------------------------------------------------


def test_swipe_over_a_slider_scrolls_and_moves_nothing(open_page):
    page = open_page(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    element = locate(page, FIGURES[0])
    box = element.get_by_label("rate").bounding_box()
    x, y = box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2
    page.evaluate("addEventListener('pointercancel', () => (window.cancelled = true), true)")
    finger(page, *((x - 3 * i, y - 12 * i) for i in range(16)))
    page.wait_for_function("scrollY > 100 && window.cancelled")
    page.wait_for_timeout(100)
    assert element.get_by_label("rate").get_attribute("aria-valuetext") == "0.50"
    element.get_by_text("The decay ends at 0.007.").wait_for()
    assert element.get_attribute("data-picture") == "2"


def test_finger_along_a_slider_moves_it(open_page):
    page = open_page(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    element = locate(page, FIGURES[0])
    box = element.get_by_label("rate").bounding_box()
    y = box["y"] + box["height"] / 2
    finger(page, *((box["x"] + share * box["width"], y) for share in (0.3, 0.5, 0.7, 0.98)))
    element.get_by_text("The decay ends at 0.000.").wait_for()
    assert element.get_by_label("rate").get_attribute("aria-valuetext") == "1.25"
    assert page.evaluate("scrollY") == 0


def test_every_button_is_reached_by_a_finger(open_page):
    page = open_page(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    button(page, "Next").tap()
    locate(page, PLAYED).and_(page.locator("[data-picture='2']")).wait_for()


def test_tall_picture_has_its_controls_beside_it_where_there_is_room(open_page):
    page = open_page(viewport={"width": 688, "height": 657})
    for figure, beside in zip(FIGURES, (False, True, False, True), strict=True):
        element = locate(page, figure)
        drawing, controls = element.locator("svg").bounding_box(), element.locator("form").bounding_box()
        assert (controls["x"] > drawing["x"] + drawing["width"]) == beside
        assert (controls["y"] >= drawing["y"] + drawing["height"]) != beside
        assert drawing["width"] >= 440
        assert element.bounding_box()["height"] < 560
    page.set_viewport_size({"width": 600, "height": 800})
    drawing, controls = (locate(page, FIGURES[1]).locator(part).bounding_box() for part in ("svg", "form"))
    assert controls["y"] >= drawing["y"] + drawing["height"]


@pytest.mark.parametrize("width", [320, 360, 688, 1280])
@pytest.mark.parametrize("text", [16, 24, 32])
def test_sliders_keep_their_width_whatever_the_size_of_text(open_page, width, text):
    page = open_page(viewport={"width": width, "height": 640})
    page.add_style_tag(content=f"html {{ font-size: {text}px }}")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for slider in page.locator("input[type=range]").all():
        assert slider.bounding_box()["width"] >= 6 * text
    for words in page.locator("label, legend, output, button").all():
        if words.is_visible():
            assert words.evaluate("e => e.scrollWidth <= e.clientWidth + 1 || getComputedStyle(e).display === 'inline'")


@pytest.mark.parametrize(("name", "system"), [("light", "dark"), ("dark", "light"), ("light", "light")])
def test_forced_colors_leave_lines_and_words_on_a_ground_they_are_seen_on(name, system, open_page):
    page = open_page(name, forced_colors="active", color_scheme=system)
    drawing = locate(page, FIGURES[0]).locator("svg")
    ground = drawing.evaluate("svg => getComputedStyle(svg).backgroundColor")
    axis = drawing.locator("path[style*='currentColor']").first.evaluate("path => getComputedStyle(path).stroke")
    line = drawing.locator("path[style*='--dl-positive']").first.evaluate("path => getComputedStyle(path).stroke")
    assert contrast(axis, ground) > 7
    assert contrast(line, ground) > 3
    slider = locate(page, FIGURES[0]).get_by_label("rate")
    slider.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert slider.evaluate("slider => getComputedStyle(slider).outlineStyle") != "none"


def contrast(*colors):
    return style.contrast(*(tuple(int(n) / 255 for n in re.findall(r"\d+", color)[:3]) for color in colors))


def test_browser_that_cannot_unpack_keeps_the_picture_and_its_note(chromium, folder):
    with chromium.new_context() as context:
        context.add_init_script(
            """window.DecompressionStream = class {
                constructor(format) { if (format === "deflate-raw") throw new TypeError("Unsupported format"); }
            };"""
        )
        page = context.new_page()
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((folder / "light.html").as_uri())
        for figure in FIGURES:
            element = locate(page, figure)
            assert not element.locator("form").is_visible()
            assert "To move the controls, open this page in a browser with JavaScript." in element.inner_text()
            assert element.locator("svg").is_visible()
        assert complaints == []


def test_page_fits_a_phone(open_page):
    page = open_page(viewport={"width": 360, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for field in page.locator("input[type=range], label:has(input), select, button").all():
        assert field.bounding_box()["height"] >= 24
