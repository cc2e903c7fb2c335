"""What a reader does on the built pages: looks up a term, answers, comes back, prints, copies, enlarges, saves."""

import io
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from built import pages
from pypdfium2 import PdfDocument

from publish.extension.docstrings import plain_citations
from publish.extension.door import picture
from publish.extension.terms import definitions, with_definitions
from publish.lite import SETUP
from publish.plain_markdown import prose
from publish.project import SITE, notebooks

CHAPTERS = pages(numbered_only=True)
CHAPTER = CHAPTERS[1]
TERM = "article a[aria-describedby]:has(> .std-term)"
EVERY_PAGE = [*pages(), "genindex.html"]


def card_of(page, term):
    return page.locator(f"#{term.get_attribute('aria-describedby')}")


def point_at(page, element):
    """Move the pointer to the middle of what is on the screen already; Playwright's `hover` scrolls in Firefox."""
    box = element.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def scroll_through(page, section):
    """Bring the heading of a section on the screen, and then its end."""
    page.locator(f"#{section} > h2").scroll_into_view_if_needed()
    page.wait_for_timeout(100)  # the browser reports what it shows once a frame
    page.locator(f"#{section} > span:last-child").evaluate("end => end.scrollIntoView({block: 'end'})")


# --- terms ------------------------------------------------------------------------------------------------------------


@pytest.mark.both_engines
def test_definition_shows_on_focus_and_escape_closes_it(open_page):
    page = open_page(CHAPTER)
    term = page.locator(TERM).first
    term.focus()
    card = card_of(page, term)
    assert card.is_visible()
    assert card.get_attribute("role") == "tooltip"
    page.keyboard.press("Escape")
    assert not card.is_visible()
    assert term.evaluate("term => term === document.activeElement")


@pytest.mark.both_engines
def test_definition_stays_under_the_pointer_and_moves_nothing(open_page):
    page = open_page(CHAPTER)
    term = page.locator(TERM).first
    term.scroll_into_view_if_needed()
    before = page.evaluate("[document.documentElement.scrollHeight, scrollY]")
    point_at(page, term)
    card = card_of(page, term)
    card.wait_for()
    point_at(page, card)
    page.wait_for_timeout(400)  # longer than it would stay without the pointer
    assert card.is_visible()
    assert page.evaluate("[document.documentElement.scrollHeight, scrollY]") == before
    page.mouse.move(5, 5)
    card.wait_for(state="hidden")


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_first_tap_shows_second_follows(open_page, http_address, scheme):
    address = http_address if scheme == "http" else f"{SITE.as_uri()}/"
    page = open_page(CHAPTER, address, has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 320, "height": 700})
    term = page.locator(TERM).first
    term.tap()
    card = card_of(page, term)
    assert card.is_visible()
    box = card.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert page.url == address + CHAPTER
    term.tap()
    page.wait_for_url("**/glossary.html#term-*")


@pytest.mark.both_engines
def test_definition_stays_in_the_window_whatever_the_size_of_the_text(open_page):
    page = open_page(CHAPTER)
    page.set_viewport_size({"width": 360, "height": 500})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    for term in page.locator(TERM).all()[:5]:
        term.evaluate("term => term.scrollIntoView({block: 'center'})")
        term.focus()
        box = card_of(page, term).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["y"] >= page.locator(".bd-header-article").evaluate("bar => bar.getBoundingClientRect().bottom")
        assert box["y"] + box["height"] <= 500


@pytest.mark.both_engines
def test_definition_stays_when_it_is_clicked_though_another_term_has_the_focus(open_page):
    page = open_page(CHAPTER)
    first, other = page.locator(TERM).all()[:2]
    other.focus()
    first.evaluate("term => term.scrollIntoView({block: 'center'})")
    point_at(page, first)
    card = card_of(page, first)
    card.wait_for()
    point_at(page, card)
    page.mouse.down()
    page.mouse.up()
    assert card.is_visible()


def test_definitions_are_taken_from_the_glossary():
    glossary = (
        '<article><dl class="glossary"><dt id="term-weight">weight<a class="headerlink">#</a></dt>'
        '<dt id="term-w">w</dt><dd><p>权重. A factor. In <a href="x.html">X</a>.</p></dd></dl></article>'
    )
    found = definitions(glossary)
    assert found["term-weight"] == "<p><strong>weight</strong></p><p>权重. A factor. In X.</p>"
    link = '<a href="{}#term-w"><span class="xref std std-term">w</span></a>'
    page = f"<article>{link.format('glossary.html') * 2}</article>"
    assert with_definitions(page, found).count('<template data-term="term-w">') == 1
    assert with_definitions(page.replace("glossary.html", ""), found).count("<template") == 1
    assert "<template" not in with_definitions("<article>plain</article>", found)


# --- where the reader is, and what is done ----------------------------------------------------------------------------


@pytest.mark.both_engines
@pytest.mark.parametrize("path", [CHAPTERS[0], CHAPTERS[-1]])
def test_contents_follow_the_scroll_also_in_jumps_and_back(open_page, path):
    page = open_page(path)
    headings = page.evaluate(
        "[...document.querySelectorAll('.page-toc a')].map(link => decodeURIComponent(link.hash.slice(1)))"
    )
    assert len(headings) >= 10
    for heading in [headings[8], headings[2], headings[5], headings[0]]:
        page.locator(f"[id='{heading}'] :is(h2, h3)").first.evaluate(
            "heading => scrollTo({top: scrollY + heading.getBoundingClientRect().top - 80, behavior: 'instant'})"
        )
        marked = page.locator(".page-toc a[aria-current=true]")
        page.wait_for_function(
            "id => document.querySelector('.page-toc a[aria-current=true]')?.hash === `#${id}`", arg=heading
        )
        assert marked.count() == 1
        box, outer = marked.bounding_box(), page.locator(".bd-sidebar-secondary").bounding_box()
        assert outer["y"] <= box["y"]
        assert box["y"] + box["height"] <= outer["y"] + outer["height"] + 1


@pytest.mark.both_engines
def test_answers_and_sections_are_remembered_shown_and_forgotten(open_page):
    page = open_page(CHAPTER)
    question = page.locator("fieldset.question").first
    assert not page.locator(".forget").is_visible()
    question.locator("input").first.check()
    question.locator(".question-check").click()
    scroll_through(page, "the-question")
    page.wait_for_selector(".page-toc a[href='#the-question'] .progress")

    page.reload()
    assert question.locator("input").first.is_checked()
    assert question.get_attribute("data-result") in ("right", "wrong")
    assert "read" in page.locator(".page-toc a[href='#the-question']").inner_text()
    page.goto(page.url.replace(CHAPTER, "book/index.html"))
    name = CHAPTER.removeprefix("book/")
    for place in (".bd-docs-nav", ".cards"):
        assert " of " in page.locator(f"{place} a[href='{name}'] .visually-hidden").text_content()

    page.locator(".forget").click()
    assert page.locator("span.progress").count() == 0
    page.goto(page.url.replace("book/index.html", CHAPTER))
    assert not question.locator("input").first.is_checked()
    assert question.get_attribute("data-result") is None
    assert page.complaints == []


@pytest.mark.both_engines
def test_tally_of_the_questions_stands_once_and_counts_all(open_page):
    page = open_page(CHAPTER)
    questions = page.locator("fieldset.question")
    count = questions.count()
    for question in questions.all():
        question.locator("input").nth(int(question.get_attribute("data-right")) - 1).check()
        question.locator(".question-check").click()
    tally = page.locator(".question-tally")
    assert tally.all_inner_texts() == [f"{count} of {count} right on this page."]
    first = questions.first
    first.locator("input").nth(int(first.get_attribute("data-right")) % 2).check()
    first.locator(".question-check").click()
    assert tally.all_inner_texts() == [f"{count - 1} of {count} right on this page."]
    page.reload()
    assert tally.all_inner_texts() == [f"{count - 1} of {count} right on this page."]


SPOILED = [
    '{"NAME": {"read": 5, "answers": null}}',
    '{"NAME": {"read": null, "sections": "x", "answers": 3}}',
    "[1]",
    "{",
]


@pytest.mark.parametrize("memory", SPOILED)
def test_spoiled_memory_is_as_none(open_page, memory):
    page = open_page(CHAPTER)
    memory = memory.replace("NAME", CHAPTER.removeprefix("book/").removesuffix(".html"))
    page.evaluate("memory => localStorage.setItem('dlnotes-progress', memory)", memory)
    page.reload()
    assert page.locator(".question-check").count() == page.locator("fieldset.question").count()
    assert page.complaints == []


@pytest.mark.both_engines
def test_chapter_read_to_its_end_is_ticked(open_page):
    page = open_page(CHAPTER)
    sections = page.evaluate("[...document.querySelectorAll('article > section > section')].map(s => s.id)")
    for section in sections:
        if section not in ("references", "going-further"):
            scroll_through(page, section)
    tick = page.locator(".bd-docs-nav a.current .progress")
    tick.filter(has_text="✓").wait_for()
    assert tick.locator(".visually-hidden").text_content() == ", read"


@pytest.mark.both_engines
def test_browser_that_keeps_nothing_works(open_page):
    page = open_page("book/index.html")
    page.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', "
        "{configurable: true, get() { throw new DOMException('no', 'SecurityError'); }});"
    )
    page.goto(page.url.replace("book/index.html", CHAPTER))
    question = page.locator("fieldset.question").first
    question.locator("input").first.check()
    question.locator(".question-check").click()
    assert question.get_attribute("data-result") in ("right", "wrong")
    button = page.locator("button.theme-switch-button:visible").first
    themes = set()
    for _ in range(3):
        button.click()
        themes.add(page.evaluate("document.documentElement.dataset.theme"))
    assert themes == {"light", "dark"}
    assert page.complaints == []


@pytest.mark.both_engines
def test_after_an_answer_every_option_has_its_reason(open_page):
    page = open_page(CHAPTER)
    for question in page.locator("fieldset.question").all():
        question.locator("input").last.check()
        question.locator(".question-check").click()
        reasons = question.locator(".question-options > li > .question-reason")
        answers = question.locator(".question-answer > ol > li")
        assert reasons.all_text_contents() == answers.all_text_contents()
        assert question.locator(".is-right").count() == 1
        question.locator("input").first.check()  # another choice is not yet checked
        assert reasons.count() == 0


# --- the door ---------------------------------------------------------------------------------------------------------


@pytest.mark.both_engines
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_door_moves_and_leads_to_every_chapter(open_page, theme):
    page = open_page("book/index.html", color_scheme=theme)
    sentence = page.locator(".door .dl-sentence").inner_text()
    page.locator(".door input[type=range]").press("End")
    page.wait_for_function("text => document.querySelector('.door .dl-sentence').innerText !== text", arg=sentence)
    cards = page.locator(".card")
    assert cards.count() == len(CHAPTERS)
    for card, path in zip(cards.all(), CHAPTERS, strict=True):
        assert path.endswith(card.locator("a").get_attribute("href"))
        assert re.search(r"^\d+ minutes$", card.locator(".card-minutes").inner_text())
        drawn = card.locator("svg").screenshot()
        assert len(drawn) > 1000, f"the picture of {path} is empty"
    assert page.complaints == []


def test_picture_of_a_card_has_no_words_and_names_of_its_own():
    page = (
        '<figure class="dlnotes-explore" id="dl-01234567"><svg role="img" aria-label="A line." width="5" height="6" '
        'viewBox="0 0 4 4"><defs><path id="dl-01234567-g0" d="m0 0" /><path id="dl-01234567-0" d="m1 1" /></defs>'
        '<use href="#dl-01234567-g0" /><use href="#dl-01234567-0" x="1" data-slots="0:x" data-touch="a=b" /></svg>'
        "</figure>"
    )
    assert picture(page) == (
        '<svg aria-hidden="true" preserveAspectRatio="xMidYMid meet" viewBox="0 0 4 4"><defs>'
        '<path id="card-01234567-0" d="m1 1" /></defs><use href="#card-01234567-0" x="1" /></svg>'
    )
    assert picture(page.replace('"img"', '"group"')) == picture(page)
    assert picture("<p>none</p>") == ""


# --- paper ------------------------------------------------------------------------------------------------------------


def test_paper_is_white_from_the_dark_theme(open_page):
    page = open_page(CHAPTER, color_scheme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    printed = PdfDocument(io.BytesIO(page.pdf(format="A4", print_background=True)))
    for number in (0, 1, len(printed) // 2):
        shades = printed[number].render(scale=0.5, grayscale=True).to_numpy()
        assert (shades > 240).mean() > 0.8, "white, and the pale grey of code"
    for number, sheet in enumerate(printed, 1):
        foot = sheet.render(scale=0.5, grayscale=True).to_numpy()[-200:-40]
        assert foot.min() < 200 or (foot > 252).mean() > 0.6, f"an empty frame of code at the foot of sheet {number}"
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")


# --- other eyes, other windows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", ["light", "dark"])
def test_forced_colours_take_the_theme_that_goes_with_them(open_page, system):
    chosen = "dark" if system == "light" else "light"
    page = open_page(CHAPTER, color_scheme=system, forced_colors="active")
    page.evaluate("theme => { localStorage.setItem('mode', theme); localStorage.setItem('theme', theme); }", chosen)
    page.reload()
    page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=system)
    page.locator("button.theme-switch-button:visible").first.click()
    page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=system)


def test_pictures_of_the_cards_keep_their_colours_under_forced_colours(open_page):
    page = open_page("book/index.html", forced_colors="active")
    kept = page.locator(".card-picture").evaluate_all("all => all.map(e => getComputedStyle(e).forcedColorAdjust)")
    assert kept == ["none"] * len(CHAPTERS)


def test_letters_below_a_hat_are_seen_under_forced_colours(open_page):
    page = open_page("book/losses.html", forced_colors="active")
    letters = page.locator(".katex .accent .mathnormal:visible").first
    assert letters.evaluate("e => getComputedStyle(e).forcedColorAdjust") == "none"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert letters.evaluate("e => getComputedStyle(e).color") != ground


@pytest.mark.both_engines
def test_bar_holds_its_buttons_when_the_text_is_large(open_page):
    page = open_page(CHAPTER)
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    bar, *buttons = page.locator(".bd-header-article, .bd-header-article :is(a, button):visible").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().toJSON())"
    )
    assert len(buttons) == 5
    assert all(bar["top"] <= button["top"] and button["bottom"] <= bar["bottom"] for button in buttons)
    page.set_viewport_size({"width": 280, "height": 740})
    assert page.locator(".bd-header-article").evaluate("bar => getComputedStyle(bar).position") == "static"


def test_without_javascript_the_menu_is_there_and_the_page_has_its_look(open_page):
    page = open_page(CHAPTER, java_script_enabled=False)
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("link", name="Chapters").click()
    assert page.url.endswith("#pst-primary-sidebar")
    assert page.locator(".bd-docs-nav a[href='cnn.html']").is_visible()
    assert not page.locator("button.sidebar-toggle:visible").count()
    html = (SITE / CHAPTER).read_text(encoding="utf-8")
    assert re.search(r'<html [^>]*data-theme="light"', html)


@pytest.mark.both_engines
def test_drawer_closes_after_a_choice_and_its_button_says_so(open_page):
    page = open_page(CHAPTER)
    page.set_viewport_size({"width": 700, "height": 800})
    for toggle in (".primary-toggle", ".secondary-toggle"):
        button = page.locator(toggle)
        page.wait_for_selector(f"{toggle}[aria-expanded=false]")
        button.click()
        assert button.get_attribute("aria-expanded") == "true"
        page.locator("dialog[open] a[href^='#']").last.click()
        assert page.locator("dialog[open]").count() == 0
        page.wait_for_selector(f"{toggle}[aria-expanded=false]")  # once the drawer has moved away
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_selector(".primary-toggle[aria-expanded=true]")
    page.locator(".primary-toggle").click()
    page.wait_for_selector(".primary-toggle[aria-expanded=false]")


@pytest.mark.both_engines
def test_focus_shows_on_every_stop(open_page):
    page = open_page(CHAPTER)
    unseen, stops = [], 0
    for _ in range(60):
        page.keyboard.press("Tab")
        name, width = page.evaluate(
            """() => { const e = document.activeElement, style = getComputedStyle(e);
            return [e.outerHTML.slice(0, 100), style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth)]; }"""
        )
        stops += 1
        if width < 2:
            unseen.append(name)
    assert stops == 60
    assert unseen == []


@pytest.mark.both_engines
def test_colour_button_names_the_mode(open_page):
    page = open_page(CHAPTER)
    button = page.locator("button.theme-switch-button:visible").first
    names = set()
    for _ in range(3):
        names.add(button.get_attribute("aria-label"))
        button.click()
    assert names == {"Colours: light", "Colours: dark", "Colours: as the system's"}


def test_nothing_slides_under_reduced_motion(open_page):
    page = open_page(CHAPTER, reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
        .filter(e => getComputedStyle(e).transitionDuration.split(", ").some(time => parseFloat(time) > 0))
        .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert moving == []


# --- copies -----------------------------------------------------------------------------------------------------------


@pytest.mark.both_engines
def test_copied_formula_is_its_tex_once(open_page):
    page = open_page(CHAPTER)
    tex = page.evaluate(
        """() => { const formula = document.querySelector("article .katex-display");
        getSelection().selectAllChildren(formula.parentElement);
        addEventListener("copy", ({clipboardData}) => { window.copied = clipboardData.getData("text/plain"); });
        return formula.querySelector("annotation").textContent; }"""
    )
    page.keyboard.press("ControlOrMeta+c")
    copied = page.wait_for_function("window.copied").json_value()
    assert copied.count(tex) == 1
    assert "$$" in copied
    assert len(copied) < len(tex) + 30


@pytest.mark.both_engines
def test_notebook_button_saves_a_plain_copy_that_says_what_it_needs(open_page):
    page = open_page(CHAPTER)
    with page.expect_download() as download:
        page.get_by_role("link", name="Notebook").click()
    notebook = nbformat.read(download.value.path(), as_version=4)
    assert download.value.suggested_filename == f"{Path(CHAPTER).stem}.ipynb"
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert re.findall(r":::|\{[\w:]+\}`|\$\$ \(|\]\(#", text) == []
    about, setup = notebook.cells[:2]
    wheel = next((SITE / "notebooks").glob("*.whl")).name
    assert f"`{wheel}`" in about.source
    assert f'%pip install -q "./{wheel}"' in setup.source
    page.goto(page.url.replace(CHAPTER, "book/index.html"))
    assert page.locator(f".bd-article a[href$='{wheel}'][download]").count() == 1


def test_package_beside_the_notebooks_runs_their_first_cells(tmp_path):
    """In a folder of its own, where no other `dlnotes` is found."""
    wheel = next((SITE / "notebooks").glob("*.whl"))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path), str(wheel)]
    subprocess.run(pip, check=True)
    notebook = nbformat.read(SITE / "notebooks" / "sigmoid.ipynb", as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert "import dlnotes" in code[0]
    script = "import dlnotes\n" + code[1] + "\nprint(dlnotes.__file__)"
    path = {"PYTHONPATH": str(tmp_path), "MPLBACKEND": "agg", "DLNOTES_EXPLORE": "preview"}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=path, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1].startswith(str(tmp_path))


def test_every_chapter_has_its_notebook():
    offered = {path.name for path in (SITE / "notebooks").glob("*.ipynb")}
    assert offered == {path.name for path in notebooks()}


def test_prose_leaves_text_between_formulas():
    formula = (
        '<span class="katex"><math><mi>x</mi></math><span class="katex-html"><span>x</span><span></span></span></span>'
    )
    assert prose(f"<p>a {formula} b <svg><g></g></svg><span>c</span></p>") == (
        '<p>a <span class="katex"></span> b <span>c</span></p>'
    )
    assert len(prose((SITE / CHAPTER).read_text(encoding="utf-8"))) > 50_000


# --- the reference ----------------------------------------------------------------------------------------------------


def test_reference_names_works_as_a_reader_does():
    html = (SITE / "book" / "reference.html").read_text(encoding="utf-8")
    assert re.findall(r"R[0-9a-f]{12}-\w+", html) == []
    assert "D. Hendrycks and K. Gimpel" in html


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_ids_are_unique(path):
    html = (SITE / path).read_text(encoding="utf-8")
    ids = re.findall(r'<[a-z][^<>]*? id="([^"]+)"', html)
    assert sorted(name for name in set(ids) if ids.count(name) > 1) == []


def test_citations_of_a_docstring_become_text():
    lines = ["As in [R0123456789ab-1]_.", "", ".. [R0123456789ab-1] D. Able,", '   "A work", 2000.', "", "   code"]
    assert plain_citations(lines) == ["As in [1].", "", "", "[1] D. Able,", '"A work", 2000.', "", "   code"]


def test_live_copy_says_how_to_stop_and_how_to_go_back():
    about = SETUP[0].source
    assert "*Interrupt*" in about
    assert "reload the page" in about
    assert "original" in about
