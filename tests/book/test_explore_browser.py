"""explore in a real browser, from the disk: what the player shows is what Python draws."""

import io
import random
from typing import NamedTuple

import matplotlib.image
import numpy as np
import pytest
from figures import move, photograph

from dlnotes import style
from dlnotes.explore import Choice, Slider, player_files
from dlnotes.explore.html import explore_html, show_html
from dlnotes.explore.pictures import Pictures
from dlnotes.explore.svg import svg_text

PAGE = """<!doctype html>
<html lang="en" {attributes}><head><meta charset="utf-8"><title>Figures</title>
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


def picture_and_heatmap(axes, shift):
    values = np.cos(np.add.outer(np.arange(9.0), np.arange(9.0) * shift))
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
        ("heatmap", picture_and_heatmap, 1, 2, (5.6, 3), {"shift": Slider(-2, 3, 1, start=1, label="shift")}),
        ("fields", fields, 2, 2, (5.6, 5), {"angle": Slider(0, 90, 30, start=30, label="angle")}),
    ]
]


# --- the page -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the page of all figures, and the player beside it."""
    folder = tmp_path_factory.mktemp("page")
    style_sheet, script = player_files()
    for name, text in player_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    body = "\n".join(explore_html(figure.pictures, f"The {figure.name}.") for figure in FIGURES)
    head = f'<link rel="stylesheet" href="{style_sheet}"><script defer src="{script}"></script>'
    for name, attributes in (("light", 'data-theme="light"'), ("dark", 'data-theme="dark"'), ("auto", "")):
        (folder / f"{name}.html").write_text(PAGE.format(attributes=attributes, head=head, body=body), encoding="utf-8")
    return folder


@pytest.fixture
def open_page(browser, folder):
    """Open a page in a context of its own. In the end nothing must have gone wrong, or been asked of a server."""
    contexts, complaints = [], []

    def open_page(name="light", **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith(("file:", "data:")) or complaints.append(request.url))
        page.goto((folder / f"{name}.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page):
    return open_page()


def locate(page, figure):
    """Return the figure in the page."""
    return page.get_by_role("img", name=f"The {figure.name}.").locator("xpath=ancestor::figure")


def move_all(element, figure, setting):
    """Move all controls, and wait until the picture has followed."""
    for control, i in zip(figure.pictures.controls, setting, strict=True):
        move(element.get_by_label(control.label, exact=True), i)
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
            field = element.get_by_label(control.label, exact=True)
            if isinstance(control, Slider):
                assert field.get_attribute("aria-valuetext") == control.texts[i]
                assert field.locator("+ output").text_content() == control.texts[i]


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
def test_choice_is_chosen_from_a_list(page):
    element = locate(page, FIGURES[1])
    before = element.locator("svg").inner_html()
    element.get_by_label("direction").select_option("forward")
    element.and_(page.locator("[data-picture='2']")).wait_for()
    assert element.locator("svg").inner_html() != before
    assert f"var(--dl-forward,{style.FORWARD})" in element.locator("svg").inner_html()


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


def test_page_fits_a_phone(open_page):
    page = open_page(viewport={"width": 360, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for field in page.locator("input, select, button").all():
        assert field.bounding_box()["height"] >= 24
