"""Every built chapter in a real browser, used as a reader does: sliders, questions, solutions, themes.

The pages are those in ``_build/html``; build them with ``make book``. What is used often is found once, as a handle: a
locator searches the page, with its ten thousands of elements, again at every step.
"""

import contextlib
import io
import random
import re

import nbformat
import numpy as np
import pytest
from built import pages, visit
from figures import move, photograph

import dlnotes.explore
from dlnotes.explore.html import show_html
from dlnotes.explore.pictures import Pictures
from publish.project import ROOT


@pytest.fixture(scope="module", params=pages(numbered_only=True))
def chapter(request):
    return request.param


@pytest.fixture(scope="module")
def window(chromium, http_address, chapter):
    """One window for all tests that use a chapter as a reader would."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    yield visit(context, http_address, chapter)
    context.close()


def test_solutions_are_folded_and_open_by_keyboard(window):
    window.reload()  # other tests may have opened them
    folds = window.query_selector_all("article details.solution")
    assert len(folds) >= 8
    for fold in folds:
        assert fold.evaluate("fold => fold.open") is False
        fold.query_selector("summary").focus()
        window.keyboard.press("Enter")
        assert fold.evaluate("fold => fold.open") is True
        assert fold.query_selector("pre").is_visible()


def explored_figures(page):
    """The explored figures of a page, all folds open so that each can be seen."""
    page.evaluate("document.querySelectorAll('article details').forEach(d => d.open = true)")
    figures = page.locator("figure.dlnotes-explore:has(form)").element_handles()
    assert len(figures) >= 2
    return figures


def drawing(figure):
    """What the figure draws, once the player has followed the controls."""
    figure.owner_frame().wait_for_function(
        """figure => {
            const {elements} = figure.querySelector("form");
            const picture = [...figure.querySelectorAll(".dl-control")].reduce((number, {dataset}) =>
                number * JSON.parse(dataset.texts).length + Number(elements.namedItem(dataset.name).value), 0);
            return figure.dataset.picture === String(picture);
        }""",
        arg=figure,
    )
    return figure.evaluate(
        """figure => [...figure.querySelectorAll("svg *")].map(element =>
            [element.tagName, ...[...element.attributes].map(a => `${a.name}=${a.value}`).sort()].join(" ")).join()"""
    )


def reset(figure):
    figure.query_selector("button[type=reset]").click()


def test_every_control_moves_its_picture_by_keyboard(window):
    for figure in explored_figures(window):
        start = drawing(figure)
        for control in figure.query_selector_all("input[type=range], input:checked, select"):
            control.focus()
            seen = {start}
            kind = control.evaluate("control => control.type")
            for key in ("ArrowRight", "ArrowRight") if kind == "radio" else ("End", "Home"):
                window.keyboard.press(key)
                seen.add(drawing(figure))
                if kind == "range":
                    shown = control.evaluate("control => control.parentElement.querySelector('output').textContent")
                    assert control.get_attribute("aria-valuetext") == shown
            assert len(seen) >= 2, control.get_attribute("id")
            reset(figure)
            assert drawing(figure) == start
    assert window.complaints == []


def test_every_slider_moves_its_picture_by_pointer(window):
    for figure in explored_figures(window):
        start = drawing(figure)
        for slider in figure.query_selector_all("input[type=range]"):
            seen = {start}
            for place, end in ((0.01, "min"), (0.99, "max")):
                slider.scroll_into_view_if_needed()
                box = slider.bounding_box()
                window.mouse.click(box["x"] + box["width"] * place, box["y"] + box["height"] / 2)
                seen.add(drawing(figure))
                assert slider.evaluate("slider => slider.value") == slider.get_attribute(end)
            assert len(seen) >= 2, slider.get_attribute("id")
            reset(figure)
            assert drawing(figure) == start


def test_without_javascript_the_start_pictures_and_answers_are_there(open_page, chapter):
    page = open_page(chapter, java_script_enabled=False)
    figures = page.locator("figure.dlnotes-explore:has(form)")
    assert figures.count() >= 2
    for i in range(figures.count()):
        picture = figures.nth(i).locator("svg").first
        box = picture.bounding_box()
        assert box is None or (box["width"] > 200 and box["height"] > 100)  # None: inside a folded solution
        assert not figures.nth(i).locator("form").is_visible()
    assert page.locator("fieldset.question details").count() >= 6


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_follow_the_theme(window, theme):
    """Text in a picture has the colour of the page's text, and there is no white box in the dark."""
    window.emulate_media(color_scheme=theme)
    window.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
    pictures = window.evaluate(
        """() => [...document.querySelectorAll("article figure.dlnotes-explore svg")].map(svg => ({
            ink: getComputedStyle(svg).color, page: getComputedStyle(document.body).color,
            ground: getComputedStyle(svg).backgroundColor,
            white: [...svg.querySelectorAll("[style*='fill:']")].filter(e =>
                getComputedStyle(e).fill === "rgb(255, 255, 255)" && e.getBBox().width > 100).length,
        }))"""
    )
    assert len(pictures) >= 3
    for picture in pictures:
        channels = [int(c) for c in re.findall(r"\d+", picture["ink"])[:3]]
        assert (max(channels) < 100) if theme == "light" else (min(channels) > 150)
        assert picture["ground"] == "rgba(0, 0, 0, 0)"
        assert theme == "light" or picture["white"] == 0


def test_theme_can_be_switched_by_keyboard(open_page, chapter):
    page = open_page(chapter, color_scheme="light")
    button = page.query_selector("button.theme-switch-button:visible")
    seen = set()
    for _ in range(3):
        button.focus()
        page.keyboard.press("Enter")
        seen.add(page.evaluate("document.documentElement.dataset.theme"))
    assert seen == {"light", "dark"}


def test_questions_are_graded_by_keyboard(window):
    questions = window.query_selector_all("fieldset.question")
    assert len(questions) >= 6
    for question in questions:
        right = int(question.get_attribute("data-right"))
        button = question.query_selector("button.question-check")
        for number, option in enumerate(question.query_selector_all("input[type=radio]"), 1):
            option.focus()
            window.keyboard.press("Space")
            button.press("Enter")
            assert question.get_attribute("data-result") == ("right" if number == right else "wrong")
            verdict = question.query_selector("[role=status]").inner_text()
            assert verdict.startswith("Right") == (number == right)
            assert len(verdict.split()) > 3


def test_figures_and_equations_are_numbered_and_referred_to(window):
    captions = window.locator("article figcaption .caption-number").all_inner_texts()
    assert len(captions) >= 4
    assert len(set(captions)) == len(captions)
    assert all(re.fullmatch(r"Figure \d+\.\d+\s*", caption) for caption in captions)
    assert window.locator("article a.reference:has-text('Figure')").count() >= 1
    assert window.locator("article .eqno").count() >= 2


def test_notebook_can_be_downloaded(window):
    link = window.locator("a[href$='.ipynb']").first
    response = window.request.get(link.evaluate("link => link.href"))
    assert response.ok
    assert response.json()["nbformat"] == 4


# --- what the page shows is what Python draws ----------------------------------------------------------------


class EnoughError(Exception):
    """Raised to leave a chapter once its first figures are known."""


def first_explored(path, count):
    """Run the chapter's cells until `count` figures are explored; return what was to be drawn."""
    explored = []

    def record(draw, *, alt, rows=1, columns=1, size=(5.6, 3.5), **controls):
        explored.append(Pictures(draw, rows, columns, size, controls))
        if len(explored) == count:
            raise EnoughError

    notebook = nbformat.read((ROOT / path).with_suffix(".ipynb"), as_version=4)
    names = {"__name__": "chapter"}
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setattr(dlnotes.explore, "explore", record)
        patch.setattr(dlnotes.explore, "show", lambda figure, *, alt: None)
        with contextlib.suppress(EnoughError):
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    exec(cell.source, names)
    return explored


def test_page_shows_what_draw_draws(window, chapter):
    window.emulate_media(color_scheme="light")
    explored = first_explored(chapter, count=2)
    figures = window.locator("figure.dlnotes-explore:has(form)").element_handles()[:2]
    for figure, pictures in zip(figures, explored, strict=True):
        for setting in random.Random(0).sample(pictures.settings(), 3):
            for control, i in zip(figure.query_selector_all(".dl-control"), setting, strict=True):
                move(control, i)
            html, sentence = pictures.picture(setting, lambda drawn: show_html(drawn, "Drawn again."))
            drawing(figure)
            if sentence:
                assert figure.query_selector(".dl-sentence").text_content() == sentence
            shown = photograph(figure.query_selector("svg"))
            window.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", html)
            again = window.query_selector("body > figure:last-child")
            expected = photograph(again.query_selector("svg"))
            again.evaluate("figure => figure.remove()")
            # The browser itself does not paint the same drawing the same to the last bit.
            np.testing.assert_allclose(shown, expected, atol=0.1, err_msg=pictures.text(setting))
