"""Every built chapter in a real browser, used as a reader does: sliders, questions, solutions, themes.

The pages are those in ``_build/html``; build them with ``make book``. What is used often is found once, as a handle: a
locator searches the page, with its ten thousands of elements, again at every step. Every question to the browser takes
its time too, so that what is read together is asked for at once.
"""

import contextlib
import io
import random
import re

import nbformat
import numpy as np
import pytest
from built import pages, visit
from figures import move, photograph, text_of

import dlnotes.explore
from dlnotes.explore.html import show_html
from dlnotes.explore.pictures import Pictures
from publish.project import ROOT


@pytest.fixture(scope="module", params=pages(numbered_only=True))
def chapter(request):
    return request.param


@pytest.fixture(scope="module")
def window(browser, http_address, chapter):
    """One window for all tests that use a chapter as a reader would."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    yield visit(context, http_address, chapter)
    context.close()


@pytest.mark.both_engines
def test_solutions_are_folded_and_open_by_keyboard(window):
    folds = window.query_selector_all("article details.solution")
    assert len(folds) >= 8
    for fold in folds:
        state = "fold => [fold.open, fold.querySelector('pre').checkVisibility()]"
        assert fold.evaluate(state) == [False, False]
        fold.query_selector("summary").press("Enter")
        assert fold.evaluate(state) == [True, True]


def explored_figures(page):
    """The explored figures of a page, all folds open so that each can be seen."""
    page.evaluate("document.querySelectorAll('article details').forEach(d => d.open = true)")
    figures = page.locator("figure.dlnotes-explore:has(form)").element_handles()
    assert len(figures) >= 2
    return figures


def drawing(figure):
    """A fingerprint of what the figure draws, once the player has followed the controls.

    It says the number of its picture then; where pictures are computed, it says none before.
    """
    return figure.evaluate(
        """async figure => {
            const {elements} = figure.querySelector("form");
            const picture = [...figure.querySelectorAll(".dl-control[data-texts]")].reduce((number, {dataset}) =>
                number * JSON.parse(dataset.texts).length + Number(elements.namedItem(dataset.name).value), 0);
            for (const begin = Date.now(); figure.dataset.picture !== String(picture);) {
                if (Date.now() - begin > 30_000) throw new Error("the picture does not follow the controls");
                await new Promise(requestAnimationFrame);
            }
            const written = (element, {name, value}) => `${name}=${name === "style" ? element.style.cssText : value}`;
            const drawn = [...figure.querySelectorAll("svg :not(.dl-handle, .dl-cursor)")].map(element =>
                [element.tagName, ...[...element.attributes].map(a => written(element, a)).sort()].join(" "));
            drawn.push(...[...figure.querySelectorAll("svg text")].map(({textContent}) => textContent));
            return String(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(drawn))));
        }"""
    )


def reset(figure):
    figure.query_selector("button[type=reset]").click()
    figure.evaluate("() => new Promise(resolve => setTimeout(resolve))")  # fields change after the event


TOUCHED = "svg [tabindex]"  # a point, or a pad to draw on


def keys_for(control):
    """The keys that move a control, or a part of a picture."""
    match control.get_attribute("type") or control.get_attribute("role"):
        case "radio":
            return "ArrowRight", "ArrowRight"
        case "number":
            return "ArrowUp", "ArrowUp"
        case "application":
            return "Space", "ArrowRight"
        case "slider":  # a point, which may stand at an end, or move in one direction only
            return "Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown"
    return "End", "Home"


def seen_by_keyboard(window, figure, control):
    """Move a control by its keys; return the pictures that were seen."""
    control.focus()
    seen, kind = set(), control.get_attribute("type")
    for key in keys_for(control):
        window.keyboard.press(key)
        seen.add(drawing(figure))
        if kind == "range":
            spoken, shown = control.evaluate(
                """control => [control.getAttribute("aria-valuetext"),
                control.parentElement.querySelector("output").textContent]"""
            )
            assert spoken == shown
    return seen


@pytest.mark.both_engines
def test_computed_figures_begin_as_python_drew_them(window):
    choose(window, "light")
    window.add_style_tag(content="[data-mark$=':text'] { visibility: hidden }")  # numbers are in another font
    for figure in explored_figures(window):
        if figure.get_attribute("data-touch-computed") is not None:
            reads = "figure => figure.querySelector('.dl-sentence')?.textContent"
            drawn, sentence = photograph(figure.query_selector("svg")), figure.evaluate(reads)
            reset(figure)
            drawing(figure)
            again = photograph(figure.query_selector("svg"))
            assert figure.evaluate(reads) == sentence
            assert np.mean(np.abs(again - drawn)) < 0.002


@pytest.mark.both_engines
def test_every_control_moves_its_picture_by_keyboard(window):
    for figure in explored_figures(window):
        reset(figure)  # what is computed is drawn as before, but written otherwise than by Python
        start = drawing(figure)
        controls = "input[type=range], input[type=number], input:checked, select[name]"
        for control in figure.query_selector_all(f"{controls}, {TOUCHED}"):
            seen = {start} | seen_by_keyboard(window, figure, control)
            for back in (0, 0.5):
                if len(seen) < 2:  # where a story begins or ends, a control may have nothing to change
                    for slider in figure.query_selector_all("input[type=range]"):
                        slider.press("End")
                        for _ in range(round(back * int(slider.get_attribute("max")))):
                            slider.press("ArrowLeft")
                    for part in figure.query_selector_all(TOUCHED):
                        for key in ("ArrowLeft", "Space"):  # on a pad a pixel of the border
                            part.press(key)
                    seen = {drawing(figure)} | seen_by_keyboard(window, figure, control)
            assert len(seen) >= 2, control.get_attribute("id") or control.get_attribute("aria-label")
            reset(figure)
            assert drawing(figure) == start
    assert window.complaints == []


@pytest.mark.both_engines
def test_every_slider_moves_its_picture_by_pointer(window):
    for figure in explored_figures(window):
        start = drawing(figure)
        for slider in figure.query_selector_all("input[type=range]"):
            seen = {start}
            for place, end in ((0.01, "min"), (0.99, "max")):
                box = slider.evaluate(
                    """slider => { slider.scrollIntoView({block: "nearest", behavior: "instant"});
                    return slider.getBoundingClientRect().toJSON(); }"""
                )
                window.mouse.click(box["x"] + box["width"] * place, box["y"] + box["height"] / 2)
                seen.add(drawing(figure))
                assert slider.evaluate("(slider, end) => slider.value === slider[end]", end)
            assert len(seen) >= 2, slider.get_attribute("id")
            reset(figure)
            assert drawing(figure) == start


@pytest.mark.both_engines
def test_every_part_to_be_pressed_sets_its_control(window):
    for figure in explored_figures(window):
        for part in figure.query_selector_all("[data-touch]"):
            name, text = part.get_attribute("data-touch").removeprefix("drag:").split("=")
            place = part.evaluate(  # the middle of a cell, but not that of an edge, where others cross it
                """part => { part.scrollIntoView({block: "center", behavior: "instant"});
                const path = part.querySelector("path"), point = path.getPointAtLength(path.getTotalLength() / 4);
                const box = part.getBoundingClientRect();
                if (part.dataset.touch.startsWith("drag:")) return [box.x + box.width / 2, box.y + box.height / 2];
                const {x, y} = point.matrixTransform(path.getScreenCTM()); return [x, y]; }"""
            )
            window.mouse.click(*place)
            drawing(figure)
            assert text_of(figure.query_selector(f"[data-name={name}]")) == text
        reset(figure)
    assert window.complaints == []


@pytest.mark.both_engines
def test_every_point_follows_the_pointer(window):
    """It is dragged to the side on which there is more room."""
    for figure in explored_figures(window):
        reset(figure)
        start = drawing(figure)
        for handle in figure.query_selector_all(".dl-handle"):
            x, y, way = handle.evaluate(
                """handle => { handle.scrollIntoView({block: "center", behavior: "instant"});
                const box = handle.getBoundingClientRect(), all = handle.closest("svg").getBoundingClientRect();
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                return [x, y, x < all.x + all.width / 2 ? 40 : -40]; }"""
            )
            window.mouse.move(x, y)
            window.mouse.down()
            window.mouse.move(x + way, y, steps=4)
            window.mouse.up()
            assert drawing(figure) != start, handle.get_attribute("aria-label")
            box = handle.bounding_box()
            assert box["x"] + box["width"] / 2 - x == pytest.approx(way, abs=5)
            reset(figure)
            assert drawing(figure) == start
    assert window.complaints == []


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


def choose(page, theme):
    """Press the button for the colours until the page has this theme."""
    for _ in range(3):
        if page.evaluate("document.documentElement.dataset.theme") == theme:
            break
        page.locator("button.theme-switch-button:visible").first.click()
    assert page.evaluate("document.documentElement.dataset.theme") == theme


@pytest.mark.both_engines
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_follow_the_theme(window, theme):
    """Text in a picture has the colour of the page's text, and there is no white box in the dark."""
    choose(window, theme)
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


@pytest.mark.both_engines
def test_theme_can_be_switched_by_keyboard(window):
    button = window.query_selector("button.theme-switch-button:visible")
    seen = set()
    for _ in range(3):
        button.press("Enter")
        seen.add(window.evaluate("document.documentElement.dataset.theme"))
    assert seen == {"light", "dark"}


@pytest.mark.both_engines
def test_questions_are_graded_by_keyboard(window):
    questions = window.query_selector_all("fieldset.question")
    assert len(questions) >= 6
    for question in questions:
        right = int(question.get_attribute("data-right"))
        button = question.query_selector("button.question-check")
        for number, option in enumerate(question.query_selector_all("input[type=radio]"), 1):
            option.press("Space")
            button.press("Enter")
            result, verdict = question.evaluate(
                "question => [question.dataset.result, question.querySelector('[role=status]').innerText]"
            )
            assert result == ("right" if number == right else "wrong")
            assert verdict.startswith("Right") == (number == right)
            assert len(verdict.split()) > 3


def test_figures_and_equations_are_numbered_and_referred_to(window):
    captions = window.locator("article figcaption .caption-number").all_inner_texts()
    assert len(captions) >= 4
    assert len(set(captions)) == len(captions)
    assert all(re.fullmatch(r"Figure \d+\.\d+\s*", caption) for caption in captions)
    assert window.locator("article a.reference:has-text('Figure')").count() >= 1
    assert window.locator("article .eqno").count() >= 2


@pytest.mark.both_engines
def test_every_term_has_its_definition_on_the_page(window):
    links = window.evaluate(
        """() => [...document.querySelectorAll("article a:has(> .std-term)")].filter(link => !link.closest("summary"))
        .map(link => {
            const about = document.getElementById(link.getAttribute("aria-describedby"));
            const chinese = Boolean(about?.querySelector("[lang=zh-Hans]"));
            return [link.hash, about?.textContent.split(/\\s+/).length, chinese];
        })"""
    )
    assert len(links) >= 5
    assert [link for link in links if not link[1] or link[1] < 6 or not link[2]] == []
    assert window.locator(".term-card a").count() == 0
    assert window.locator(".term-card:visible").count() == 0


@pytest.fixture
def changed(window):
    """The window for a test that changes the paper, the size or the text; all folds open."""
    window.evaluate("document.querySelectorAll('article details').forEach(d => d.open = true)")
    yield window
    window.emulate_media(media="null")
    window.set_viewport_size({"width": 1280, "height": 900})
    window.evaluate("document.documentElement.style.fontSize = ''")


@pytest.mark.parametrize("width", [1366, 1100, 360])
def test_no_option_of_a_list_is_cut(changed, width):
    """A list is as wide as without neighbours and limits, whatever stands beside it."""
    changed.set_viewport_size({"width": width, "height": 657})
    cut = changed.evaluate(
        """() => [...document.querySelectorAll(".dlnotes-explore select")].filter((list) => {
            const alone = list.cloneNode(true);
            alone.style.cssText = "position: absolute; width: max-content; max-width: none";
            list.after(alone);
            const missing = alone.getBoundingClientRect().width - list.getBoundingClientRect().width;
            alone.remove();
            return missing > 1;
        }).map((list) => list.name)"""
    )
    assert cut == []


@pytest.mark.parametrize(("width", "height"), [(1366, 657), (360, 740)])
def test_link_that_moves_a_figure_keeps_its_sentence_in_sight(changed, width, height):
    """Both the figure and the lines of the link, with the two after it, are in the window, and neither on the other."""
    changed.set_viewport_size({"width": width, "height": height})
    lost = changed.evaluate(
        """async () => {
            const lost = [], frame = () => new Promise(requestAnimationFrame);
            const bar = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop);
            for (const link of document.querySelectorAll("article a[href^='#'][href*='=']")) {
                document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
                link.scrollIntoView({block: "center", behavior: "instant"});
                await frame();
                link.focus({preventScroll: true});
                link.click();
                let figure;
                for (let i = 0; i < 200 && !figure; i++) {
                    await frame();
                    figure = document.activeElement.closest(".dlnotes-explore"); // moved last of all
                }
                for (let i = 0; i < 3; i++) await frame(); // it may land again
                const box = figure.getBoundingClientRect(), {top, bottom} = link.getBoundingClientRect();
                const lines = Math.min(link.closest("p, li, td, dd").getBoundingClientRect().bottom,
                                       bottom + 2 * parseFloat(getComputedStyle(link).lineHeight));
                const end = figure.matches(".dl-floating") ? box.top : innerHeight;
                if (top < bar - 1 || lines > end + 1 || box.top < bar - 1 || box.bottom > innerHeight + 1)
                    lost.push([link.textContent, top, lines, box.top, box.bottom]);
            }
            // The window is shared: what floats goes home.
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
            return lost;
        }"""
    )
    assert lost == []


def test_paper_has_all_code(changed):
    changed.set_viewport_size({"width": 680, "height": 960})  # A4 between its margins
    for height in (3000, 1500):  # who scrolls up is offered a button back to the top
        changed.evaluate("top => scrollTo({top, behavior: 'instant'})", height)
        changed.wait_for_timeout(100)
    changed.emulate_media(media="print")
    over = changed.evaluate(
        """() => [...document.querySelectorAll("body *")]
        .filter(e => getComputedStyle(e).position === "fixed" && e.checkVisibility()).map(e => e.id || e.className)"""
    )
    assert over == []
    cut = changed.evaluate(
        """() => [...document.querySelectorAll("article pre, article .katex-display")]
        .filter(box => box.getClientRects().length && box.scrollWidth > box.clientWidth + 1)
        .map(box => box.textContent.slice(0, 60))"""
    )
    assert cut == []


def test_no_formula_scrolls_with_large_text(changed):
    changed.evaluate("document.documentElement.style.fontSize = '24px'")
    scrolled = changed.evaluate(
        """() => [...document.querySelectorAll("article .katex-display")]
        .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.querySelector("annotation").textContent)"""
    )
    assert scrolled == []


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
        for name in ("show", "touch"):
            patch.setattr(dlnotes.explore, name, lambda first, **options: None)
        with contextlib.suppress(EnoughError):
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    exec(cell.source, names)
    return explored


def test_page_shows_what_draw_draws(window, chapter):
    choose(window, "light")
    explored = first_explored(chapter, count=2)
    stored = "figure.dlnotes-explore:has(form):not([data-touch-computed])"
    figures = window.locator(stored).element_handles()[:2]
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
