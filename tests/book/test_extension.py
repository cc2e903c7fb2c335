"""The Sphinx extension, by building small books with it; and the builder, which leaves no half of one."""

import io
import os
import re
import shutil
import subprocess
import sys
from unittest.mock import patch

import nbformat
import pytest
from built import wrong_children
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from dlnotes.explore import Choice, Points, Slider
from dlnotes.explore.html import explore_html, touched_html
from dlnotes.explore.pictures import Pictures
from dlnotes.explore.touched import Touched
from publish.execution import cache_path, source_state
from publish.markdown import PARSER
from publish.notebooks import METADATA
from publish.project import ROOT

pytestmark = pytest.mark.filterwarnings("default")  # Sphinx and its extensions use what will be deprecated

QUESTION = """:::{question}
Is $1 < 2$?

1. Yes
2. No

<details><summary>Answer</summary>

1. Right: one is less.
2. No: one is *not* more.

</details>
:::"""

PREDICT = """:::{predict}
What will happen at 1?
Then [try it](#rate=1).

<details><summary>Answer</summary>

It moves.

</details>
:::"""

PICTURE = nbformat.v4.new_code_cell("1", id="picture", execution_count=1)
PICTURE.outputs = [
    nbformat.v4.new_output("stream", text="a number\n"),
    nbformat.v4.new_output("display_data", data={"text/html": "<svg><title>a bowl</title></svg>"}),
]


def moved(name, **controls):
    """Return an executed cell with a figure that has these controls."""
    cell = nbformat.v4.new_code_cell("1", id=name, execution_count=1)
    pictures = Pictures(lambda ax, **values: None, 1, 1, (5.6, 3.5), controls)
    html = explore_html(pictures, "Nothing.")
    cell.outputs = [nbformat.v4.new_output("display_data", data={"text/html": html})]
    return cell


def touched(name, **fields):
    """Return an executed cell with a figure of which the reader drags the points."""
    cell = nbformat.v4.new_code_cell("1", id=name, execution_count=1)
    figure = Touched(lambda picture, points: picture.points(picture.axes, points), 1, 1, (5.6, 3.5), fields)
    cell.outputs = [nbformat.v4.new_output("display_data", data={"text/html": touched_html(figure, "A dot.")})]
    return cell


TOUCHED = touched("touched", points=Points([[1, 2]], low=(0, -1), high=(4, 4), label="point"))
MOVED = moved("moved", rate=Slider(-0.5, 1.5, 0.5, start=0.5, label="rate"), kind=Choice(["a < b", "b"], label="kind"))
PRINTED = nbformat.v4.new_code_cell("1", id="printed", execution_count=1)
PRINTED.outputs = [nbformat.v4.new_output("stream", text="a number\n")]
CAPTION = ":::{caption} fig-bowl\nA bowl.\nNotice its $\\lambda$.\n:::"
EXERCISE = ":::{exercise} ★ Halve it\n:label: ex-half\n\nHalve it.\n:::"
SOLUTION = ":::{solution} ex-half\n:class: dropdown\n\nHalf.\n:::"


def contributing():
    """Return the examples of markup in CONTRIBUTING as the cells of a page, with the figures that they name."""
    before = {
        ":::{caption}": [moved("valley", learning_rate=Slider(0.1, 2.1, 0.5, start=0.1, label="learning rate"))],
        "At $": [
            moved(
                "bend", gain=Slider(1, 6, 1, start=1, label="gain"), second=Slider(-1, 1, 1, start=0, label="second")
            ),
            CAPTION.replace("fig-bowl", "fig-sig-bend"),
        ],
        ":::{solution-end}": [PRINTED],
    }
    for token in PARSER.parse((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        if token.type == "fence" and not token.info and re.search(r"\{[\w:-]+\}|\]\(#", token.content):
            for start, cells in before.items():
                yield from cells if token.content.startswith(start) else []
            yield token.content
    yield ":::{footbibliography}\n:::"


PAGES = {
    "figure": ["See {numref}`fig-bowl`.", PICTURE, CAPTION],
    "printed_only": [PRINTED, CAPTION.replace("fig-bowl", "fig-printed")],
    "text_between": [PICTURE, "Text.", CAPTION.replace("fig-bowl", "fig-between")],
    "empty_caption": [PICTURE, ":::{caption} fig-empty\n:::"],
    "figure_link": [
        "[See it](#rate=-0.5&kind=a+<+b), and [again](#figure=fig-moved&rate=1).",
        MOVED,
        CAPTION.replace("fig-bowl", "fig-moved"),
    ],
    "link_to_points": ["[See it](#points=3+-0.5).", TOUCHED, CAPTION.replace("fig-bowl", "fig-touched")],
    "link_to_half_a_point": ["[See it](#points=3).", TOUCHED],
    "link_out_of_the_picture": ["[See it](#points=3+5).", TOUCHED],
    "link_nowhere": ["[See it](#rate=1&speed=1).", MOVED],
    "link_to_no_control": ["[See it](#figure=fig-control&speed=1).", MOVED, CAPTION.replace("fig-bowl", "fig-control")],
    "link_to_no_value": ["[See it](#rate=0.7).", MOVED],
    "question": [QUESTION, QUESTION],
    "question_on_formula": ["$$1 < 2$$ (eq-less)", QUESTION.replace("Is $1 < 2$?", "Is {eq}`eq-less` true?")],
    "no_right": [QUESTION.replace("Right", "Yes")],
    "two_right": [QUESTION.replace("2. No:", "2. Right:")],
    "no_reason": [QUESTION.replace("1. Right: one is less.", "1. Right")],
    "too_few_answers": [QUESTION.replace("2. No: one is *not* more.\n", "")],
    "not_folded": [QUESTION.replace("<details><summary>Answer</summary>", "So:").replace("</details>", "")],
    "no_stem": [QUESTION.replace("Is $1 < 2$?", "")],
    "predict": [PREDICT, MOVED, CAPTION.replace("fig-bowl", "fig-predict")],
    "predict_without_link": [PREDICT.replace("(#rate=1)", "(#rate)")],
    "predict_without_answer": [PREDICT.replace("<details><summary>Answer</summary>", "So:").replace("</details>", "")],
    "reading_time": ["## What you will learn\n\n" + "word " * 1100, "## Going further\n\n" + "word " * 550],
    "solution": [EXERCISE, SOLUTION],
    "bad_formula": ["We see $\\frac{1}{$ here."],
    "open_fence": ["Text.", "Before.\n\n" + EXERCISE.replace("ex-half", "ex-open").removesuffix("\n:::")],
    "operators": [
        r"$\lambda_{\max}$ $y^{\sin}$ $y_{\operatorname*{argmin}}$ $\underset{\lim}{\arg\max}$",
        r"$\max_i^{\ln} x_{\log}^{\exp}$",
        r"$$\frac{\max}{\sin} \hat{\lim} \overset{\exp}{=} \max_{i}$$",
    ],
    "plain": ["Nothing special."],
    "written_examples": list(contributing()),
    "gradient_descent": [":::{glossary}\ngradient\n  The slopes.\n\nweight\n  A factor.\n:::"],
}


EXTENSIONS = ["myst_nb", "sphinx_exercise", "sphinxcontrib.bibtex", "sphinxcontrib.katex"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build a book of all `PAGES`; return its folder and the warnings by page."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "index.md").write_text("# Index\n\n```{toctree}\n:glob:\n*\n```\n")
    for name, contents in PAGES.items():
        notebook = nbformat.v4.new_notebook(metadata=METADATA)
        notebook.cells = [nbformat.v4.new_markdown_cell(f"# {name}", id="title")]
        for number, content in enumerate(contents):
            cell = nbformat.v4.new_markdown_cell(content, id=f"text-{number}") if isinstance(content, str) else content
            notebook.cells.append(cell)
        nbformat.write(notebook, folder / f"{name}.ipynb")
    settings = {
        "extensions": [
            "myst_nb",
            "sphinx_exercise",
            "sphinxcontrib.bibtex",
            "sphinxcontrib.katex",
            "publish.extension",
        ],
        "exclude_patterns": ["node_modules"],
        "bibtex_bibfiles": [str(ROOT / "book" / "references.bib")],
        "suppress_warnings": ["myst.footnote", "myst.domains"],  # as in _config.yml
        "nitpicky": True,
        "nb_execution_mode": "off",
        "myst_enable_extensions": ["colon_fence", "dollarmath"],
        "numfig": True,
        "html_math_renderer": "katex",
        "katex_prerender": True,
        "katex_css_path": "katex/katex.min.css",
    }
    warnings = io.StringIO()
    with patch.dict(os.environ), patch_docutils(), docutils_namespace():  # building sets variables for the kernels
        app = Sphinx(
            folder, None, folder / "html", folder / "doctrees", "html", settings, status=None, warning=warnings
        )
        app.build()
    lines = re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue())
    by_page = {name: re.findall(rf"{name}\.ipynb:\d+: WARNING: (.*)", lines) for name in PAGES}
    return folder / "html", by_page


@pytest.fixture
def page(site):
    """Return the text of a page's article."""
    return lambda name: (site[0] / f"{name}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "figure",
        "figure_link",
        "link_to_points",
        "question",
        "question_on_formula",
        "predict",
        "solution",
        "operators",
        "plain",
        "written_examples",
    ],
)
def test_good_pages_build_without_a_warning(site, name):
    assert site[1][name] == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("predict_without_link", "This task to predict has no link that moves a figure"),
        ("predict_without_answer", "This task to predict has no answer folded in <details>"),
        ("printed_only", "The caption 'fig-printed' has no picture"),
        ("text_between", "The caption 'fig-between' has no picture"),
        ("empty_caption", "The caption 'fig-empty' has no text"),
        ("link_nowhere", "#rate=1&speed=1 fits no figure with sliders of this page: one has rate, kind"),
        ("link_to_no_control", "names the control 'speed'; fig-control has rate, kind"),
        ("link_to_no_value", "gives rate the value '0.7'; it has −0.5, 0.0, 0.5, 1.0, 1.5"),
        ("link_to_half_a_point", "gives points the value '3'; it has 2 numbers within its limits"),
        ("link_out_of_the_picture", "gives points the value '3 5'; it has 2 numbers within its limits"),
        ("no_right", 'has 0 answers that begin with "Right"'),
        ("two_right", 'has 2 answers that begin with "Right"'),
        ("no_reason", "gives no reason for option 1"),
        ("too_few_answers", "has 2 options and 1 answers"),
        ("not_folded", "needs one numbered list of options, then <details>"),
        ("no_stem", "must begin with a sentence"),
        ("bad_formula", "KaTeX parse error"),
        ("open_fence", "Nothing closes ':::{exercise} ★ Halve it'."),
    ],
)
def test_mistakes_are_reported_on_their_page(site, name, message):
    assert len(site[1][name]) == 1
    assert message in site[1][name][0]


def test_what_contributing_shows_is_what_a_page_makes_of_it(page):
    html = page("written_examples")

    for part in (
        'id="fig-gd-bowl"',
        "figure=fig-gd-bowl&amp;learning_rate=2.1",
        'id="equation-eq-gd-update"',
        "★ Halve it",
    ):
        assert part in html
    assert html.count('class="question"') == html.count('class="solution') == 1


def test_a_caption_makes_a_numbered_figure_of_the_picture_only(page):
    figure = re.search(r'<figure[^>]* id="fig-bowl">(.*?)</figure>', page("figure"), re.DOTALL)[1]

    assert "<svg><title>a bowl</title></svg>" in figure
    assert "a number" not in figure
    assert re.search(r'<figcaption>.*Fig\. 1 .*A bowl\.\nNotice its <span class="math"', figure, re.DOTALL)
    assert re.search(r'href="#fig-bowl"><span class="std std-numref">Fig\. 1</span>', page("figure"))


def test_a_link_to_values_names_its_figure(page):
    links = re.findall(r'<a class="[^"]*" href="(#[^"]*=[^"]*)">', page("figure_link"))

    assert links == ["#figure=fig-moved&amp;rate=-0.5&amp;kind=a+%3C+b", "#figure=fig-moved&amp;rate=1"]


def test_a_link_to_points_names_its_figure(page):
    assert 'href="#figure=fig-touched&amp;points=3+-0.5"' in page("link_to_points")


def test_a_link_to_values_leads_to_its_figure_without_a_script(page):
    figure = re.search(r'<figure[^>]* id="fig-moved">(.*?)</figcaption>', page("figure_link"), re.DOTALL)[1]
    before, _, _ = figure.partition('<figure class="dlnotes-explore"')
    anchors = re.findall(r'<span class="dl-anchor" id="([^"]*)"></span>', before)

    assert anchors == ["figure=fig-moved&amp;rate=-0.5&amp;kind=a+%3C+b", "figure=fig-moved&amp;rate=1"]
    assert "dl-anchor" not in page("link_nowhere")


def test_a_task_to_predict_is_a_named_group_with_its_answer_folded(page):
    group = re.search(r'<div[^>]*class="predict"[^>]*>.*?</details>', page("predict"), re.DOTALL)[0]

    assert 'role="group"' in group
    assert 'aria-label="Predict, then move"' in group
    assert 'href="#figure=fig-predict&amp;rate=1"' in group
    assert re.search(r"<details><summary>Answer</summary>\s*<p>It moves.</p>\s*</details>", group)


def test_the_reading_time_stands_below_the_title(page):
    assert re.search(r'</h1>\s*<p class="reading-time">Core 10 min · Going further 5 min</p>', page("reading_time"))
    assert "reading-time" not in page("plain")


def test_a_question_is_a_named_group_of_buttons(page):
    forms = re.findall(r"<fieldset(.*?)</fieldset>", page("question"), re.DOTALL)

    assert len(forms) == 2
    assert re.search(r'class="question" data-key="\w+" data-right="1"', forms[0])
    assert re.search(r"<legend>.*Question 1\. .*<math.*</legend>", forms[0], re.DOTALL)
    assert forms[0].count('<input type="radio" name="question-1"') == 2
    assert forms[1].count('<input type="radio" name="question-2"') == 2
    assert 'role="status"' in forms[0]


def test_without_a_script_the_answer_unfolds(page):
    answer = re.search(r'<details class="question-answer">(.*?)</details>', page("question"), re.DOTALL)[1]

    assert answer.startswith("<summary>Answer</summary>")
    assert "one is <em>not</em> more" in answer


def test_a_solution_unfolds_and_its_summary_holds_no_link(page):
    summary = re.search(
        r'<details class="[^"]*solution[^"]*"[^>]*>\s*<summary>(.*?)</summary>', page("solution"), re.DOTALL
    )[1]

    assert "Solution to" in summary
    assert "Halve it" in summary
    assert "<a " not in summary
    assert not re.search('id="(exercise|solution)-content"', page("solution"))


def test_only_pages_with_questions_load_their_script(page):
    assert "quiz.js" in page("question")
    assert "quiz.js" not in page("plain")


def test_only_pages_with_figures_to_touch_load_their_script_before_the_player(page):
    scripts = re.findall(r'<script[^>]* src="_static/(\w+\.js)', page("link_to_points"))

    assert scripts.index("touch.js") < scripts.index("player.js")
    assert "touch.css" in page("link_to_points")
    assert "player.js" in page("figure_link")
    assert not re.search(r"touch\.(js|css)", page("figure_link"))


def test_an_operator_alone_in_a_script_is_one_element(page):
    assert page("operators").count("<mo>\u2061</mo></mrow>") == 15
    assert wrong_children(page("operators")) == []


def test_katex_comes_from_the_site(site, page):
    assert (site[0] / "_static/katex/katex.min.css").is_file()
    assert list((site[0] / "_static/katex/fonts").glob("*.woff2"))
    assert not re.search(r'<(link|script)[^>]* (src|href)="(https?:)?//', page("figure"))


@pytest.fixture
def package(tmp_path):
    """A tree with a package of one module and one data file."""
    for name in ("src/dlnotes/a.py", "src/dlnotes/data/b.csv", "requirements.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    "name", ["src/dlnotes/a.py", "src/dlnotes/data/b.csv", "requirements.txt", "src/dlnotes/new.py"]
)
def test_a_change_in_the_package_or_the_versions_gets_its_own_cache(package, name):
    before = cache_path(package)
    (package / name).write_text("changed")

    assert cache_path(package) != before


@pytest.mark.parametrize("name", ["README.md", "src/dlnotes/__pycache__/a.pyc"])
def test_other_changes_keep_the_cache(package, name):
    before = source_state(package)
    (package / name).parent.mkdir(exist_ok=True)
    (package / name).write_text("changed")

    assert source_state(package) == before


@pytest.fixture
def build(tmp_path):
    """A book of one chapter, with the real configuration; return a function that builds it with this code."""
    for name in (
        "_config.yml",
        "requirements.txt",
        "constraints.txt",
        "package.json",
        "package-lock.json",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    ):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("book/_static", "publish"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("src", "node_modules"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "book" / "references.bib").touch()
    (tmp_path / "book" / "index.md").write_text("# Index\n\nA book.\n")
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nparts:\n  - caption: Part\n    chapters:\n      - file: book/chapter\n"
    )

    def run(code):
        notebook = nbformat.v4.new_notebook(metadata=METADATA)
        notebook.cells = [nbformat.v4.new_markdown_cell("# Chapter", id="t"), nbformat.v4.new_code_cell(code, id="c")]
        nbformat.write(notebook, tmp_path / "book" / "chapter.ipynb")
        command = [sys.executable, "-m", "publish.book"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_a_failing_chapter_leaves_no_site_and_a_mended_one_a_whole(build, tmp_path):
    site = tmp_path / "_build" / "html"

    failed = build("1 / 0")
    assert failed.returncode == 1
    assert "book/chapter.ipynb, cell 2: ZeroDivisionError: division by zero" in failed.stderr
    assert not site.exists()

    good = "import os\nprint('figures are', os.environ['DLNOTES_EXPLORE'])"
    built = build(good)
    assert built.returncode == 0
    assert "chapter: executed in" in built.stdout
    assert str(site / "index.html") in built.stdout
    assert "figures are static" in (site / "book" / "chapter.html").read_text(encoding="utf-8")
    assert build(good).stdout.startswith("The book is up to date")

    failed = build("import sys\nprint('careful', file=sys.stderr)")
    assert failed.returncode == 1
    assert "book/chapter.ipynb" in failed.stderr
    assert "stderr" in failed.stderr
    assert "is the last complete one" in failed.stderr
    assert "figures are static" in (site / "book" / "chapter.html").read_text(encoding="utf-8")
