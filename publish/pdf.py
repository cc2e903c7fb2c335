"""Make one PDF of the built book: ``make pdf`` writes ``_build/html/dlnotes-VERSION.pdf``, whole or not at all.

The articles of all pages are joined into one page, `print_page`, with a style of its own (print.css), and a browser
prints it, twice: only after the first time are the page numbers of the contents known. Solutions are unfolded, answers
to questions stand at the end of their section, figures with sliders show their start, and the code of cells that only
draw is left out. Chromium writes the outline and the tags for screen readers from headings, figures and descriptions.

LaTeX would set finer lines, but needs gigabytes on a fresh machine, shows none of the HTML that the chapters give
(figures with sliders, questions, folds), and writes no descriptions.
"""

import re
import sys
import tempfile
from pathlib import Path

from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from publish.browser import ARGUMENTS, find_browser
from publish.copies import link_copies
from publish.project import ROOT, SITE, VERSION, PublishError, alone, read_toc, read_yaml

FONTS = ROOT / "node_modules"
STYLES = [
    SITE / "_static" / "katex" / "katex.min.css",
    SITE / "_static" / "pygments.css",
    SITE / "_static" / "player.css",
    *(FONTS / "@fontsource" / "source-serif-4" / f"{cut}.css" for cut in ("400", "400-italic", "700", "700-italic")),
    *(FONTS / "@fontsource" / "source-sans-3" / f"{cut}.css" for cut in ("400", "400-italic", "700")),
    FONTS / "@fontsource-variable" / "noto-serif-sc" / "wght.css",
    ROOT / "publish" / "print.css",
]
# What is wider than the page, or than the box that holds it, would be cut.
FIND_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter((element) => !element.closest("svg") && element.checkVisibility())
    .filter((element) => element.getBoundingClientRect().right > document.body.clientWidth + 1)
    .map((element) => `${element.closest("[id]")?.id}: ${element.textContent.trim().slice(0, 60)}`)"""
PATIENCE = 600_000  # milliseconds: a busy machine must not fail
TEXT_WIDTH = 620  # CSS pixels between the margins of print.css
ABOUT = """This copy stands still: every figure with sliders shows its first picture, and says where it moves.
Solutions are unfolded, the answers to questions stand at the end of their section.
The code that only draws figures is in the notebooks."""
UNPRINTED = (
    "script, form, .headerlink, .live, .copies, .package, .toctree-wrapper, .card-picture, .hidden-code, "
    ".question-verdict, .viewcode-link"
)


def main():
    """Print the book; return the exit status."""
    target = SITE / f"dlnotes-{VERSION}.pdf"
    try:
        with alone(SITE.parent):
            pages = make_pdf(target)
            link_copies(SITE)
    except (PublishError, OSError) as error:
        print(f"{error}\n\nThe PDF was NOT made.", file=sys.stderr)
        return 1
    print(f"The book as PDF, {pages} pages, {target.stat().st_size / 1e6:.1f} MB: {target}")
    return 0


def make_pdf(target):
    """Print the built book into the file `target`; return the number of pages."""
    if missing := [path for path in [SITE / "book" / "index.html", *STYLES] if not path.is_file()]:
        raise PublishError(
            f"The book is not built, or not all is installed, {missing[0]} is missing: run `make book` first."
        )
    with tempfile.TemporaryDirectory(dir=SITE.parent) as folder, sync_playwright() as playwright:
        source, first, second = (Path(folder, name) for name in ("book.html", "first.pdf", "second.pdf"))
        browser = playwright.chromium.launch(executable_path=find_browser("chromium"), args=ARGUMENTS)
        parts = read_parts()
        source.write_text(print_page(parts, {}), encoding="utf-8")
        print_pdf(browser, source, first, draft=True)
        source.write_text(print_page(parts, page_numbers(PdfReader(first))), encoding="utf-8")
        print_pdf(browser, source, second)
        browser.close()
        pages = len(PdfReader(second).pages)
        second.replace(target)
    return pages


def print_pdf(browser, source, target, draft=False):
    """Let the browser print the page `source` into the file `target`; the same page gives the same bytes.

    Only the two dates would differ: they become that of the edition. A draft has neither outline nor tags, which do not
    change where a page ends.
    """
    page = browser.new_page(viewport={"width": TEXT_WIDTH, "height": 900})
    page.set_default_timeout(PATIENCE)
    failed = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.emulate_media(media="print")
    page.goto(source.as_uri())
    page.evaluate("document.fonts.ready")
    if failed:
        raise PublishError(f"The page to be printed lacks {', '.join(failed)}.")
    if wide := page.evaluate(FIND_WIDE):
        raise PublishError(f"Wider than a printed page is {wide[0]}")
    pdf = page.pdf(prefer_css_page_size=True, print_background=True, tagged=not draft, outline=not draft)
    page.close()
    released = read_yaml("CITATION.cff")["date-released"].strftime("%Y%m%d000000+00'00'")
    target.write_bytes(re.sub(rb"(?<=Date \(D:)\d{14}[+-]\d\d'\d\d'", released.encode(), pdf, count=2))


def page_numbers(reader):
    """Return the number of the page of each anchor of the PDF."""
    return {
        name.removeprefix("/"): reader.get_destination_page_number(destination) + 1
        for name, destination in reader.named_destinations.items()
    }


# --- the page to be printed -------------------------------------------------------------------------------------------


def read_parts():
    """Return for each part of the book its title and its articles, ready for print."""
    toc = read_toc()
    parts = [("", [toc["root"]])]
    parts += [(part["caption"], [entry["file"] for entry in part["chapters"]]) for part in toc["parts"]]
    names = {Path(file).name for _, files in parts for file in files}
    return [(title, [article(file, names) for file in files]) for title, files in parts]


def print_page(parts, numbers):
    """Join the articles below a title and the contents, whose page numbers are `numbers`."""
    config = read_yaml("_config.yml")
    styles = "\n".join(f'<link rel="stylesheet" href="{path.as_uri()}">' for path in STYLES)
    chapters = [chapter for _, articles in parts for chapter in articles]
    articles = "\n".join(map(str, chapters))
    heads = "\n".join(running_head(chapter) for chapter in chapters)
    return (
        f'<!doctype html>\n<html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{config['title']}</title>{styles}<style>{heads}</style></head><body>"
        f'<header class="title"><p class="book">{config["title"]}</p><p>Edition {VERSION}</p>'
        f"<p>{config['author']}</p><p>The text is under CC BY 4.0, the code under the MIT License.</p>"
        f'<p class="about">{ABOUT}</p></header>'
        f"{contents(parts, numbers)}{articles}</body></html>"
    )


def running_head(chapter):
    """Return the style that puts the title of a chapter above its pages."""
    title = chapter.h1.get_text().replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'@page {chapter["id"]} {{ @top-right {{ content: "{title}" }} }} #{chapter["id"]} {{ page: {chapter["id"]} }}'
    )


def contents(parts, numbers):
    """Return the table of contents: parts, chapters and their sections."""
    lines = []
    for title, articles in parts:
        lines += [f'<p class="part">{title}</p>'] if title else []
        for chapter in articles:
            for heading in chapter.select("h1, h2"):
                anchor = heading.find_parent("section")["id"]
                number = numbers.get(anchor, "")
                lines.append(
                    f'<p class="{heading.name}"><a href="#{anchor}"><span>{heading.decode_contents()}</span>'
                    f'<span class="page">{number}</span></a></p>'
                )
    return f'<nav class="contents"><h1>Contents</h1>{"".join(lines)}</nav>'


def article(file, names):
    """Return the article of a built page, changed into what can be printed beside the other pages, `names`."""
    soup = BeautifulSoup((SITE / f"{file}.html").read_text(encoding="utf-8"), "html.parser")
    result = soup.select_one("article")
    for element in result.select(UNPRINTED):
        element.decompose()
    for cell in result.select("div.cell"):
        if not cell.get_text(strip=True) and not cell.find("svg"):
            cell.decompose()
    unfold(soup, result)
    collect_answers(soup, result)
    describe(result)
    where_to_move(result, file)
    join_anchors(result, Path(file).name, names)
    result["class"] = "chapter"
    return result


def unfold(soup, page):
    """Turn folds into sections: paper can't unfold."""
    for fold in page.select("details:not(.question-answer)"):
        fold.name = "section"
        if summary := fold.find("summary"):
            summary.name = "p"
            summary["class"] = "fold-title"


def collect_answers(soup, page):
    """Move the answers to all questions behind the last one."""
    questions = page.select("fieldset.question")
    if not questions:
        return
    answers = soup.new_tag("section", attrs={"class": "answers"})
    heading = soup.new_tag("h3")
    heading.string = "Answers"
    answers.append(heading)
    questions[-1].insert_after(answers)
    for question in questions:
        number = question.select_one(".question-number").get_text()
        question.name = question.legend.name = "div"
        question.select_one("div")["class"] = "stem"
        for field in question.select("input"):
            field.decompose()
        title = soup.new_tag("p", attrs={"class": "question-number"})
        title.string = f"{number.strip()}"
        answers.extend([title, question.select_one(".question-answer > ol").extract()])
        question.select_one(".question-answer").decompose()


def describe(page):
    """Give each formula its TeX as description, not MathML, and leave figures to what is described in them."""
    for formula in page.select("span.katex"):
        mathml = formula.select_one(".katex-mathml")
        formula["role"] = "img"
        formula["aria-label"] = mathml.find("annotation").get_text()
        mathml.decompose()
        del formula.select_one(".katex-html")["aria-hidden"]  # or the description would describe nothing
    for drawing in page.select(".dlnotes-explore > svg"):
        drawing["role"] = "img"  # on paper nothing in it is touched
    for figure in page.select("figure, figcaption"):
        figure["class"] = [*figure.get("class", []), figure.name]
        figure.name = "div"


def where_to_move(page, file):
    """Let the note of a figure that can be moved say where."""
    for note in page.select(".dl-note"):
        figure = note.find_parent(class_="dlnotes-explore").find_parent(class_="figure")
        anchor = f"#{figure['id']}" if figure else ""
        shown = note.get_text().partition(". To ")[0]
        note.string = f"{shown}. Move it in the pages of the book: {file}.html{anchor}"


def join_anchors(page, name, names):
    """Make the anchors of the page `name` differ from those of the others, and let links lead to them."""
    for element in page.select("[id]"):
        if not element.find_parent("svg") and element.name != "svg":
            element["id"] = f"{name}--{element['id']}"
    page["id"] = name
    for link in page.select("a[href]"):
        file, _, anchor = link["href"].partition("#")
        target = Path(file).name.removesuffix(".html") or name
        if re.match(r"\w+:", file):
            continue  # to another site
        if target not in names:
            link.unwrap()  # such as the source code
            continue
        values = re.search(r"figure=([^&]+)", anchor)
        anchor = values[1] if values else anchor
        link["href"] = f"#{target}--{anchor}" if anchor else f"#{target}"


if __name__ == "__main__":
    sys.exit(main())
