"""The built pages in a real browser: what a reader sees, with nothing from anywhere else.

They are the pages in ``_build/html``; build them with ``make book``.
"""

import contextlib
import functools
import gzip
import http.server
import io
import random
import re
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import matplotlib.image
import nbformat
import numpy as np
import pytest
import yaml
from playwright.sync_api import sync_playwright

import dlnotes.explore
from dlnotes.explore.html import show_html
from dlnotes.explore.pictures import Pictures

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
sys.path.insert(0, str(ROOT / "tools"))
from browser import ARGUMENTS, find_browser  # noqa: E402

PAGE_LIMIT = 1.5e6  # bytes, compressed, with all that the page loads


def pages(numbered_only=False):
    """Every page of the table of contents, or every numbered chapter, as its path below the site."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    parts = [part for part in toc["parts"] if part.get("numbered") or not numbered_only]
    files = [chapter["file"] for part in parts for chapter in part["chapters"]]
    return [f"{file}.html" for file in files if numbered_only] or [f"{file}.html" for file in [toc["root"], *files]]


every_page = pytest.mark.parametrize("path", pages())
every_chapter = pytest.mark.parametrize("path", pages(numbered_only=True))


# --- the browser, and the site over http and from the disk --------------------------------------------------


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        yield browser
        browser.close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def http_address():
    assert (SITE / "index.html").is_file(), "the book is not built: run `make book`"
    handler = functools.partial(QuietHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def address(request, http_address):
    """The address of the site, by the scheme a test names."""
    return http_address if getattr(request, "param", "http") == "http" else SITE.as_uri() + "/"


both_schemes = pytest.mark.parametrize("address", ["http", "file"], indirect=True)


@pytest.fixture
def open_page(chromium, address):
    """Open a page of the site in a fresh window; keep a record of requests and complaints."""
    contexts = []

    def open_(path, width=1280, height=900, wait="load", **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.complaints, page.answers = [], []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("requestfailed", lambda request: page.complaints.append(f"failed: {request.url}"))
        page.on("response", lambda response: page.answers.append(response))
        page.goto(address + path, wait_until=wait)
        return page

    yield open_
    for context in contexts:
        context.close()


# --- every page ----------------------------------------------------------------------------------------------


@both_schemes
@every_page
def test_asks_only_its_own_site_and_fails_at_nothing(open_page, address, path):
    page = open_page(path, wait="networkidle")
    assert page.complaints == []
    foreign = [r.url for r in page.answers if not r.url.startswith((address, "data:", "blob:"))]
    assert foreign == []
    assert [r.url for r in page.answers if r.status >= 400] == []


@every_page
def test_names_no_foreign_resource(path):
    """What a browser would load, were it asked to: scripts, styles, pictures, frames, fonts."""
    html = (SITE / path).read_text(encoding="utf-8")
    loads = re.findall(r'<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc="([^"]*)"', html)
    loads += re.findall(
        r'<link\b(?=[^>]*rel="(?:stylesheet|preload|icon|modulepreload|preconnect)")[^>]*href="([^"]*)"', html
    )
    assert loads
    assert [url for url in loads if urlsplit(url).netloc] == []


@every_page
def test_weighs_little(open_page, path):
    page = open_page(path, wait="networkidle")
    weight = sum(len(gzip.compress(response.body())) for response in page.answers if response.status == 200)
    assert weight < PAGE_LIMIT


@every_page
def test_math_is_rendered(open_page, path):
    page = open_page(path)
    count = page.locator("span.katex").count()
    assert count == page.locator("article :is(.math)").count()
    assert page.locator(".katex-error").count() == 0
    assert page.locator("span.katex math").count() == count, "screen readers need the MathML"
    if count:
        page.evaluate("document.fonts.ready")
        assert page.evaluate("document.fonts.check('16px KaTeX_Main')")
    text = page.evaluate(
        """() => { const copy = document.querySelector("article").cloneNode(true);
        for (const e of copy.querySelectorAll("pre, code, .katex, script")) e.remove();
        return copy.textContent; }"""
    )
    assert re.findall(r"\\\(|\\\[|\$\$|\\frac|\\partial|\{(?:term|numref|eq|doc|footcite)\}", text) == []


@every_page
def test_every_picture_has_its_words(open_page, path):
    page = open_page(path)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("img, svg, [role=img]")].filter(e => {
            if (e.closest("[aria-hidden=true], .katex")) return false;
            if (e.tagName === "svg" && e.getAttribute("role") !== "img") return true;
            const words = e.getAttribute("alt") ?? e.getAttribute("aria-label") ?? e.querySelector("title")?.textContent;
            return !words || (e.closest("article") && words.trim().split(/\\s+/).length < 3);
        }).map(e => e.outerHTML.slice(0, 200))"""
    )
    assert nameless == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@every_page
def test_axe_finds_no_barrier(open_page, path, theme):
    page = open_page(path, color_scheme=theme)
    page.evaluate("document.querySelectorAll('article details').forEach(d => d.open = true)")
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        """async () => (await axe.run(document, {
            rules: { region: { enabled: false } },  // the theme's header lies outside of landmarks
            resultTypes: ["violations"],
        })).violations"""
    )
    barriers = [
        (violation["id"], node["html"][:200], node["failureSummary"])
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if not (
            violation["id"] == "aria-required-children" and "citation" in node["html"]
        )  # docutils' list of citations
    ]
    assert barriers == []


@every_page
def test_fits_a_phone(open_page, path):
    page = open_page(path, width=360, height=740)
    page.evaluate("document.querySelectorAll('article details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    wide = page.evaluate(
        """() => [...document.querySelectorAll("article p, article figure, article svg, article img, article input")]
        .filter(e => e.getClientRects().length && !e.closest(".katex, [tabindex='0'], .pst-scrollable-table-container"))
        .filter(e => e.getBoundingClientRect().right > 361).map(e => e.outerHTML.slice(0, 200))"""
    )
    assert wide == []


class Links(HTMLParser):
    """Collect the ids and the links of a page."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])


@functools.cache
def links_of(path):
    return Links(path.read_text(encoding="utf-8"))


@every_page
def test_links_within_the_site_lead_somewhere(path):
    here = SITE / path
    broken = []
    for link in links_of(here).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (here.parent / unquote(parts.path)).resolve() if parts.path else here
        anchor_missing = (
            parts.fragment
            and target.suffix == ".html"
            and target.is_file()
            and (unquote(parts.fragment) not in links_of(target).ids)
        )
        if not target.is_file() or anchor_missing:
            broken.append(link)
    assert broken == []


# --- chapters ------------------------------------------------------------------------------------------------

PICTURE = "figure => figure.querySelector('svg').outerHTML"
WAIT_FOR_CHANGE = "([figure, before]) => figure.querySelector('svg').outerHTML !== before"


def open_explored(page):
    """The explored figures of a page, all folds open so that each can be seen."""
    page.evaluate("document.querySelectorAll('article details').forEach(d => d.open = true)")
    figures = page.locator("figure.dlnotes-explore:has(form)").element_handles()
    assert len(figures) >= 2
    return figures


@both_schemes
@every_chapter
def test_every_control_moves_its_picture_by_keyboard(open_page, address, path):
    page = open_page(path)
    for figure in open_explored(page):
        for control in figure.query_selector_all("input[type=range], select"):
            control.focus()
            seen = [figure.evaluate(PICTURE)]
            for key in ("End", "Home"):
                before = control.evaluate("control => control.value")
                page.keyboard.press(key)
                if control.evaluate("control => control.value") == before:
                    continue  # it was there already
                page.wait_for_function(WAIT_FOR_CHANGE, arg=[figure, seen[-1]])
                seen.append(figure.evaluate(PICTURE))
            assert len(set(seen)) >= 2
            if control.evaluate("control => control.type") == "range":
                shown = control.evaluate("control => control.parentElement.querySelector('output').textContent")
                assert control.get_attribute("aria-valuetext") == shown
    assert page.complaints == []


@every_chapter
def test_every_slider_moves_its_picture_by_pointer(open_page, path):
    page = open_page(path)
    for figure in open_explored(page):
        for slider in figure.query_selector_all("input[type=range]"):
            slider.scroll_into_view_if_needed()
            before = figure.evaluate(PICTURE)
            box = slider.bounding_box()
            at_the_end = slider.evaluate("slider => slider.value === slider.max")
            page.mouse.click(box["x"] + box["width"] * (0.02 if at_the_end else 0.98), box["y"] + box["height"] / 2)
            page.wait_for_function(WAIT_FOR_CHANGE, arg=[figure, before])


@every_chapter
def test_reset_shows_the_start_again(open_page, path):
    page = open_page(path)
    for figure in open_explored(page)[:2]:
        before = figure.evaluate(PICTURE)
        figure.query_selector("input[type=range], select").focus()
        page.keyboard.press("End")
        page.keyboard.press("Home")
        figure.query_selector("button[type=reset]").click()
        page.wait_for_function("([f, before]) => f.querySelector('svg').outerHTML === before", arg=[figure, before])


@both_schemes
@every_chapter
def test_without_javascript_the_start_pictures_and_answers_are_there(open_page, address, path):
    page = open_page(path, java_script_enabled=False)
    figures = page.locator("figure.dlnotes-explore:has(form)")
    assert figures.count() >= 2
    for i in range(figures.count()):
        picture = figures.nth(i).locator("svg").first
        box = picture.bounding_box()
        assert box is None or (box["width"] > 200 and box["height"] > 100)  # None: inside a folded solution
        assert not figures.nth(i).locator("form").is_visible()
    assert page.locator("fieldset.question details").count() >= 6


@pytest.mark.parametrize("theme", ["light", "dark"])
@every_chapter
def test_pictures_follow_the_theme(open_page, path, theme):
    """Text in a picture has the colour of the page's text, and there is no white box in the dark."""
    page = open_page(path, color_scheme=theme)
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    pictures = page.evaluate(
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


@every_chapter
def test_theme_can_be_switched_by_keyboard(open_page, path):
    page = open_page(path, color_scheme="light")
    button = page.locator("button.theme-switch-button:visible").first
    seen = set()
    for _ in range(3):
        button.focus()
        page.keyboard.press("Enter")
        seen.add(page.evaluate("document.documentElement.dataset.theme"))
    assert seen == {"light", "dark"}


@every_chapter
def test_questions_are_graded_by_keyboard(open_page, path):
    page = open_page(path)
    questions = page.locator("fieldset.question")
    assert questions.count() >= 6
    for i in range(questions.count()):
        question = questions.nth(i)
        right = int(question.get_attribute("data-right"))
        options = question.locator("input[type=radio]")
        for number in range(1, options.count() + 1):
            options.nth(number - 1).focus()
            page.keyboard.press("Space")
            question.locator("button.question-check").press("Enter")
            assert question.get_attribute("data-result") == ("right" if number == right else "wrong")
            verdict = question.locator("[role=status]").inner_text()
            assert verdict.startswith("Right") == (number == right)
            assert len(verdict.split()) > 3


@every_chapter
def test_solutions_are_folded_and_open_by_keyboard(open_page, path):
    page = open_page(path)
    folds = page.locator("article details.solution")
    assert folds.count() >= 8
    for i in range(folds.count()):
        fold = folds.nth(i)
        assert fold.evaluate("fold => fold.open") is False
        fold.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert fold.evaluate("fold => fold.open") is True
        assert fold.locator("pre").first.is_visible()


@every_chapter
def test_figures_and_equations_are_numbered_and_referred_to(open_page, path):
    page = open_page(path)
    captions = page.locator("article figcaption .caption-number").all_inner_texts()
    assert len(captions) >= 4
    assert len(set(captions)) == len(captions)
    assert all(re.fullmatch(r"Figure \d+\.\d+\s*", caption) for caption in captions)
    assert page.locator("article a.reference:has-text('Figure')").count() >= 2
    assert page.locator("article .eqno").count() >= 2


@every_chapter
def test_notebook_can_be_downloaded(open_page, path):
    page = open_page(path)
    link = page.locator("a[href$='.ipynb']").first
    response = page.request.get(link.evaluate("link => link.href"))
    assert response.ok
    assert response.json()["nbformat"] == 4


@both_schemes
def test_search_finds_a_word(open_page, address):
    page = open_page("search.html?q=gradient", wait="load")
    page.wait_for_selector("#search-results li a")
    titles = page.locator("#search-results li a").all_inner_texts()
    assert any("Gradient descent" in title for title in titles)
    assert page.complaints == []


def test_keyboard_reaches_the_text_first(open_page):
    page = open_page(pages(numbered_only=True)[0])
    page.keyboard.press("Tab")
    assert "skip" in page.evaluate("document.activeElement.textContent").lower()


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


def photograph(page, svg):
    """The pixels of a drawing, put in the corner of the window so that they do not depend on its place."""
    style = "position: fixed; inset: 0; z-index: 9999; background: white; max-width: none"
    svg.evaluate("(svg, style) => svg.setAttribute('style', style)", style)
    pixels = svg.screenshot(animations="disabled")
    svg.evaluate("svg => svg.removeAttribute('style')")
    return matplotlib.image.imread(io.BytesIO(pixels))[..., :3]


@every_chapter
def test_page_shows_what_draw_draws(open_page, path):
    page = open_page(path)
    explored = first_explored(path, count=2)
    figures = page.locator("figure.dlnotes-explore:has(form)").element_handles()[:2]
    for figure, pictures in zip(figures, explored, strict=True):
        for setting in random.Random(0).sample(pictures.settings(), 3):
            figure.query_selector("button[type=reset]").click()
            for control, i in zip(figure.query_selector_all("input[type=range], select"), setting, strict=True):
                control.evaluate(
                    """(field, i) => {
                        if (field.matches("select")) field.selectedIndex = i; else field.value = i;
                        field.dispatchEvent(new Event("input", {bubbles: true}));
                    }""",
                    i,
                )
            html, sentence = pictures.picture(setting, lambda drawn: show_html(drawn, "Drawn again."))
            page.wait_for_timeout(100)
            if sentence:
                assert figure.query_selector(".dl-sentence").text_content() == sentence
            shown = photograph(page, figure.query_selector("svg"))
            page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", html)
            again = page.query_selector("body > figure:last-child")
            expected = photograph(page, again.query_selector("svg"))
            again.evaluate("figure => figure.remove()")
            # The browser itself does not paint the same drawing the same to the last bit.
            np.testing.assert_allclose(shown, expected, atol=0.1, err_msg=pictures.text(setting))
