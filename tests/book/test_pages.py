"""Every built page in a real browser: it asks nobody else, shows its math, fits a phone, and is open to everybody.

The pages are those in ``_build/html``; build them with ``make book``.
"""

import functools
import gzip
import json
import re
import zlib
from base64 import b64decode
from html.parser import HTMLParser
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from built import pages, visit

from publish.project import ROOT, SITE

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that look at colours
PAGE_LIMIT = 1.5e6  # bytes, compressed, with all that the page loads
HTML_LIMIT = 2e6  # bytes of the page itself, its figures inside, as it lies on a disk


@pytest.fixture(scope="module", params=[*pages(), "genindex.html"])
def path(request):
    return request.param


@pytest.fixture(scope="module")
def page(browser, http_address, path):
    """One window for all tests that only look at a page, so that each page is loaded once."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield visit(context, http_address, path)
    context.close()


def wait_until_quiet(page):
    """Wait until nothing has been loaded for half a second. At times Playwright waits for `networkidle` for ever."""
    page.wait_for_function(
        """() => document.readyState === "complete" && performance.now() > 500
        + Math.max(0, ...performance.getEntriesByType("resource").map(({responseEnd}) => responseEnd))"""
    )


@pytest.mark.both_engines
def test_asks_only_its_own_site_and_fails_at_nothing(page, http_address):
    wait_until_quiet(page)
    assert page.complaints == []
    assert [r.url for r in page.answers if not r.url.startswith((http_address, "data:", "blob:"))] == []
    assert [r.url for r in page.answers if r.status >= 400] == []


@pytest.mark.both_engines
def test_opens_from_the_disk(open_page, path):
    page = open_page(path, address=SITE.as_uri() + "/")
    assert page.complaints == []
    assert [r.url for r in page.answers if not r.url.startswith(("file:", "data:", "blob:"))] == []


def test_names_no_foreign_resource(path):
    """What a browser would load, were it asked to: scripts, styles, pictures, frames, fonts."""
    html = (SITE / path).read_text(encoding="utf-8")
    loads = re.findall(r'<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc="([^"]*)"', html)
    loads += re.findall(
        r'<link\b(?=[^>]*rel="(?:stylesheet|preload|icon|modulepreload|preconnect)")[^>]*href="([^"]*)"', html
    )
    assert loads
    assert [url for url in loads if urlsplit(url).netloc] == []


def test_weighs_little(page, path):
    wait_until_quiet(page)
    weight = sum(len(gzip.compress(response.body())) for response in page.answers if response.status == 200)
    assert weight < PAGE_LIMIT
    assert (SITE / path).stat().st_size < HTML_LIMIT


@pytest.mark.both_engines
def test_math_is_rendered(page):
    count = page.locator("article span.katex").count()
    assert count == page.locator("article .math").count()
    assert page.locator(".katex-error").count() == 0
    assert page.locator("article span.katex math").count() == count, "screen readers need the MathML"
    if count:
        page.evaluate("document.fonts.ready")
        assert page.evaluate("document.fonts.check('16px KaTeX_Main')")
    text = page.evaluate(
        """() => { const copy = document.querySelector("article").cloneNode(true);
        for (const e of copy.querySelectorAll("pre, code, .katex, script")) e.remove();
        return copy.textContent; }"""
    )
    assert re.findall(r"\\\(|\\\[|\$\$|\\frac|\\partial|\{(?:term|numref|eq|doc|footcite)\}", text) == []


def test_every_picture_has_its_words(page):
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("img, svg, [role=img]")].filter(e => {
            if (e.closest("[aria-hidden=true], .katex")) return false;
            const role = e.closest("[data-touch-computed]") ? "group" : "img";  // what is touched is in it
            if (e.tagName === "svg" && e.getAttribute("role") !== role) return true;
            const words = e.getAttribute("alt") ?? e.getAttribute("aria-label");
            return !words || (e.closest("article") && words.trim().split(/\\s+/).length < 3);
        }).map(e => e.outerHTML.slice(0, 200))"""
    )
    assert nameless == []


def test_sentences_below_figures_are_english(path):
    """No "1 steps", no "a 8", and no number as a program writes it, such as 9e-09, in any picture's sentence."""
    html = (SITE / path).read_text(encoding="utf-8")
    counted = "step|epoch|window|piece|row|column|layer|unit|pixel|example|image"
    wrong = re.compile(rf"\b1 ({counted})s\b|\b[Aa] 8|\b[Aa] {{|\de[-+]?\d")  # a hole may be filled by an 8
    found = []
    for packed in re.findall(r'<script type="application/json">("[^<]+")</script>', html):
        data = json.loads(zlib.decompress(b64decode(json.loads(packed)), -15))
        sentences = data["sentences"] if "sentences" in data else (data["sentence"] or [])[:1]  # computed: with holes
        found += [sentence for sentence in sentences if wrong.search(sentence)]
    assert found == []


@pytest.mark.parametrize(("theme", "rules"), [("light", {}), ("dark", {"runOnly": COLOURS})])
def test_axe_finds_no_barrier(page, theme, rules):
    assert page.locator(".only-light, .only-dark").count() == 0, "the themes must differ in their colours only"
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
    page.evaluate("document.querySelectorAll('article details').forEach(d => d.open = true)")
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        """async rules => (await axe.run(document, {
            rules: { region: { enabled: false } },  // the theme's header lies outside of landmarks
            resultTypes: ["violations"],
            ...rules,
        })).violations""",
        rules,
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


@pytest.mark.both_engines
def test_fits_a_phone(page):
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("document.querySelectorAll('article details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    wide = page.evaluate(
        """() => [...document.querySelectorAll("article p, article figure, article svg, article img, article input")]
        .filter(e => e.getClientRects().length && !e.closest(".katex, [tabindex='0'], .pst-scrollable-table-container"))
        .filter(e => e.getBoundingClientRect().right > 361).map(e => e.outerHTML.slice(0, 200))"""
    )
    assert wide == []
    scrolled = page.evaluate(
        """() => [...document.querySelectorAll("article .katex-display")]
        .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.querySelector("annotation").textContent)"""
    )
    assert scrolled == [], "break these formulas into more lines"


def test_narrow_window_and_large_text_need_no_sideways_scroll(page):
    page.evaluate("document.querySelectorAll('article details').forEach(d => d.open = true)")
    for width, percent in ((320, 100), (360, 200)):
        page.set_viewport_size({"width": width, "height": 740})
        page.evaluate("percent => document.documentElement.style.fontSize = `${percent}%`", percent)
        scrolled = page.evaluate("document.documentElement.scrollWidth")
        page.evaluate("document.documentElement.style.fontSize = ''")
        assert scrolled <= width, f"{width} px, text at {percent} %"


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


def test_links_within_the_site_lead_somewhere(path):
    here = SITE / path
    broken = []
    for link in links_of(here).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (here.parent / unquote(parts.path)).resolve() if parts.path else here
        anchor = dict(parse_qsl(parts.fragment)).get("figure") or unquote(parts.fragment)
        anchor_missing = anchor and target.suffix == ".html" and target.is_file() and anchor not in links_of(target).ids
        if not target.is_file() or anchor_missing:
            broken.append(link)
    assert broken == []


@pytest.mark.both_engines
@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_finds_a_word(open_page, http_address, scheme):
    page = open_page("search.html?q=gradient", address=http_address if scheme == "http" else SITE.as_uri() + "/")
    results = page.locator("#search-results li a", has_text="Gradient descent")
    results.first.wait_for()  # they come one after the other
    assert results.count() >= 1
    assert page.complaints == []


@pytest.mark.both_engines
def test_keyboard_reaches_the_text_first(open_page):
    page = open_page(pages(numbered_only=True)[0])
    page.keyboard.press("Tab")
    assert "skip" in page.evaluate("document.activeElement.textContent").lower()
