"""The copies of the book: the archive opens from a disk, the PDF is whole, and the preface offers what there is.

`make test` makes both before; alone, run ``make pdf zip`` first.
"""

import re
import zipfile
from json import loads
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from built import pages, visit
from figures import move, text_of
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject
from pypdfium2 import PdfDocument

from publish import archive
from publish.copies import NAMES, link_copies
from publish.pdf import make_pdf, print_pdf
from publish.project import ROOT, SITE, VERSION, PublishError

ZIP, PDF = (SITE / f"dlnotes-{VERSION}.{kind}" for kind in ("zip", "pdf"))
PREFACE = '<h1>Preface</h1><!-- live --><a href="../lite/x">Open live</a><!-- /live --><div class="copies"></div>'


@pytest.fixture
def small_site(tmp_path):
    """A site of one page and a live part, in the folder of which copies can be put."""
    for name, text in {
        "book/index.html": PREFACE,
        "lite/index.html": "live",
        "_static/page.js": "// a script",
        "index.html": "go on",
    }.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "site"


def links(html):
    return re.findall(r'href="([^"]*)"', html)


# --- the preface ------------------------------------------------------------------------------------------------------


def test_preface_offers_the_copies_that_are_there_and_no_other(small_site):
    preface = small_site / "book" / "index.html"
    pdf, archive_file = NAMES
    for present in ([], [pdf], [pdf, archive_file], [archive_file]):
        for name in NAMES:
            (small_site / name).unlink(missing_ok=True)
        for name in present:
            (small_site / name).write_bytes(bytes(1_234_567))
        link_copies(small_site)
        html = preface.read_text(encoding="utf-8")
        assert links(html) == ["../lite/x", *(f"../{name}" for name in present)]
        assert html.count("1.2 MB") == len(present)
        assert html.count("<h1>Preface</h1>") == 1


def test_preface_without_a_place_is_named(small_site):
    (small_site / "book" / "index.html").write_text("no place", encoding="utf-8")
    with pytest.raises(PublishError, match='must hold <div class="copies">'):
        link_copies(small_site)


def test_copies_are_offered_on_the_built_site():
    assert {f"../{PDF.name}", f"../{ZIP.name}"} <= set(
        links((SITE / "book" / "index.html").read_text(encoding="utf-8"))
    )


# --- the archive ------------------------------------------------------------------------------------------------------


def test_archive_has_everything_but_the_live_part_and_itself(small_site, tmp_path):
    pdf, target = small_site / PDF.name, tmp_path / ZIP.name
    pdf.write_bytes(b"a book")
    (small_site / ZIP.name).write_bytes(b"an older archive")
    link_copies(small_site)
    archive.pack(small_site, target)
    with zipfile.ZipFile(target) as packed:
        names = ["_static/page.js", "book/index.html", PDF.name, "index.html"]
        assert packed.namelist() == [f"dlnotes-{VERSION}/{name}" for name in names]
        preface = packed.read(f"dlnotes-{VERSION}/book/index.html").decode()
    assert links(preface) == [f"../{PDF.name}"]
    assert "Open live" not in preface


def test_same_pages_give_the_same_bytes(small_site, tmp_path):
    first, second = tmp_path / "1" / ZIP.name, tmp_path / "2" / ZIP.name
    for target in (first, second):
        target.parent.mkdir()
        (small_site / "index.html").touch()
        archive.pack(small_site, target)
    assert first.read_bytes() == second.read_bytes()


def test_archive_of_no_book_is_refused(tmp_path):
    with pytest.raises(PublishError, match="run `make book` first"):
        archive.pack(tmp_path, tmp_path / ZIP.name)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(ZIP) as packed:
        packed.extractall(folder)
    return folder / f"dlnotes-{VERSION}"


def test_unpacked_pages_open_from_the_disk_and_their_sliders_move(chromium, unpacked):
    context = chromium.new_context(offline=True)
    for path in pages():
        page = visit(context, f"{unpacked.as_uri()}/", path)
        assert page.get_by_role("link", name="Open live").count() == 0
        targets = page.eval_on_selector_all("article a[href]", "links => links.map((link) => link.href.split('#')[0])")
        gone = {url for url in targets if url.startswith("file:") and not Path(url.removeprefix("file://")).is_file()}
        assert gone == set()
        if path in pages(numbered_only=True):
            move_the_first_slider(page)
        assert page.complaints == []
        assert [answer.url for answer in page.answers if not answer.url.startswith(("file:", "data:"))] == []
        page.close()
    context.close()


def move_the_first_slider(page):
    """Move a control of the page's first figure, and see the picture change."""
    figure = page.query_selector("figure.dlnotes-explore:has(form)")
    svg, control = figure.query_selector("svg"), figure.query_selector(".dl-control")
    before, shown = svg.inner_html(), figure.get_attribute("data-picture")
    first, *_ = loads(control.get_attribute("data-texts"))
    move(control, 1 if text_of(control) == first else 0)
    page.wait_for_function("([f, shown]) => f.dataset.picture !== shown", arg=[figure, shown])
    assert svg.inner_html() != before


# --- the PDF ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book():
    return PdfReader(PDF)


@pytest.fixture(scope="module")
def articles():
    """The articles of the built pages, in reading order, by the names of their pages."""
    soups = {path: BeautifulSoup((SITE / path).read_text(encoding="utf-8"), "html.parser") for path in pages()}
    return {Path(path).stem: soup.article for path, soup in soups.items()}


@pytest.fixture(scope="module")
def texts():
    """The text of every page, without its spaces; pdfium reads it twenty times faster than pypdf."""
    with PdfDocument(PDF) as book:
        return [re.sub(r"\s", "", page.get_textpage().get_text_bounded()) for page in book]


def heading(element):
    return " ".join(element.get_text().removesuffix("#").split())


def annotations(book):
    return [found.get_object() for page in book.pages for found in page.get("/Annots", [])]


def elements(book):
    """Every element of the structure that a screen reader reads."""
    rest = [book.root_object["/StructTreeRoot"]]
    while rest:
        element = rest.pop()
        element = element.get_object() if isinstance(element, IndirectObject) else element
        if isinstance(element, ArrayObject):
            rest += element
        elif isinstance(element, DictionaryObject):
            yield element
            if "/Alt" not in element and "/K" in element:
                rest.append(element["/K"])


def test_pdf_says_what_it_is(book):
    assert book.metadata.title == "Deep Learning Notes"
    assert book.root_object["/Lang"] == "en"
    assert book.root_object["/MarkInfo"]["/Marked"]
    assert len(book.pages) >= 100


def test_outline_has_every_chapter_and_section(book, articles):
    def flat(outline):
        for entry in outline:
            yield from flat(entry) if isinstance(entry, list) else [" ".join(entry.title.split())]

    named = list(flat(book.outline))
    for article in articles.values():
        for element in article.select("h1, h2"):
            if not element.find(class_="katex"):
                assert heading(element) in named


def test_every_link_leads_somewhere_and_none_to_a_disk(book):
    inner = [link["/Dest"] for link in annotations(book) if "/Dest" in link]
    outer = [link["/A"]["/URI"] for link in annotations(book) if "/A" in link]
    assert len(inner) > 300
    assert [name for name in inner if name not in book.named_destinations] == []
    assert [url for url in outer if not re.match(r"https?://", url)] == []


def test_contents_name_the_right_pages(book, articles, texts):
    places = {name: book.named_destinations[f"/{name}--{article.section['id']}"] for name, article in articles.items()}
    pages = {name: book.get_destination_page_number(place) for name, place in places.items()}
    contents = "".join(texts[1 : min(pages.values())])
    for name, page in pages.items():
        title = re.sub(r"\s", "", heading(articles[name].h1))
        # A digit behind it begins the number of the next section, such as 9.1 or 10.1.
        assert re.search(rf"{re.escape(title)}{page + 1}(?!\d(?!\d?\.))", contents)
        assert title in texts[page]


def test_every_figure_and_formula_is_described(book, articles):
    words = [element.get("/Alt", "").strip() for element in elements(book) if element.get("/S") == "/Figure"]
    expected = [svg["aria-label"] for article in articles.values() for svg in article.select(".dlnotes-explore > svg")]
    assert all(words)
    assert set(expected) <= set(words)
    assert r"0 < \eta < \frac{2}{\lambda_{\max}} ." in words


def test_solutions_answers_and_figures_are_there(articles, texts):
    text = "".join(texts)
    for article in articles.values():
        for title in article.select("details.solution > summary, .dlnotes-explore .dl-sentence, .caption-number"):
            if not title.find(class_="katex"):
                assert re.sub(r"\s", "", title.get_text()) in text
    for word in ("梯度下降", "★★★", "Answers", "Moveitinthepagesofthebook:book/relu.html#fig-relu-teaser"):
        assert word in text
    assert "OpenliveRunandchange" not in text
    assert "file:" not in text


def drawn_glyphs(book):
    """For each page and font the numbers of the glyphs that are drawn; Chromium writes them as ``<0003> Tj``."""
    for number, page in enumerate(book.pages, 1):
        fonts, font = page["/Resources"].get("/Font", {}), None
        for name, glyphs in re.findall(rb"(/F\d+) \S+ Tf|<([0-9A-F]+)> Tj", page.get_contents().get_data()):
            if name:
                font = fonts[name.decode()]
            elif font["/Subtype"] == "/Type0":
                yield number, font["/BaseFont"], {int(glyphs[i : i + 4], 16) for i in range(0, len(glyphs), 4)}


def test_no_glyph_is_missing(book, chromium, tmp_path):
    """A sign that no font has is drawn as glyph number 0, an empty box."""
    drawn = list(drawn_glyphs(book))
    assert len(drawn) > 10_000
    assert any("KaTeX_Main" in font for _, font, _ in drawn)
    assert {(page, font) for page, font, glyphs in drawn if 0 in glyphs} == set()

    source, target = tmp_path / "private.html", tmp_path / "private.pdf"
    source.write_text("<meta charset='utf-8'><p>A sign of nobody: \ue123.", encoding="utf-8")
    print_pdf(chromium, source, target)
    assert any(0 in glyphs for _, _, glyphs in drawn_glyphs(PdfReader(target)))


def test_what_would_be_cut_is_refused(chromium, tmp_path):
    source = tmp_path / "wide.html"
    style = (ROOT / "publish" / "print.css").as_uri()
    source.write_text(
        f'<link rel="stylesheet" href="{style}"><p id="long" style="width: 700px">Too long.', encoding="utf-8"
    )
    with pytest.raises(PublishError, match="Wider than a printed page is long: Too long"):
        print_pdf(chromium, source, tmp_path / "wide.pdf")
    assert not (tmp_path / "wide.pdf").exists()


def test_pdf_of_no_book_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("publish.pdf.SITE", tmp_path)
    with pytest.raises(PublishError, match=r"book/index\.html is missing: run `make book` first"):
        make_pdf(tmp_path / PDF.name)
    assert list(tmp_path.iterdir()) == []
