"""The lint of a chapter's parts finds each part that is taken away."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish.chapter_lint import HEADINGS, problems

QUESTION = """:::{question}
Which one?

1. This one
2. That one

<details><summary>Answer</summary>

1. Right: it is this one.
2. No: not that one.

</details>
:::"""

SECTIONS = {
    "What you will learn": ["- To ask.\n- To answer.\n- To check."],
    "Check yourself": [QUESTION] * 6,
    "References": [":::{footbibliography}\n:::"],
}


def exercise(number):
    """Return the cells of one exercise with its solution."""
    grade = "★" * (1 + number % 3)
    return [
        new_markdown_cell(f":::{{exercise}} {grade} Title\n:label: ex-a-{number}\n\nDo it.\n:::"),
        new_markdown_cell(f":::{{solution-start}} ex-a-{number}\n:class: dropdown\n:::"),
        new_code_cell("1 + 1", execution_count=number + 2),
        new_markdown_cell(":::{solution-end}\n:::"),
    ]


@pytest.fixture
def chapter():
    """The smallest chapter with every part."""
    cells = [
        new_markdown_cell("# Title\n\nThe promise [moves](#rate=2.1)."),
        new_code_cell("explore(f)\nexplore(g)", execution_count=1),
    ]
    for heading in HEADINGS:
        cells += [new_markdown_cell(f"## {heading}")]
        cells += [new_markdown_cell(text) for text in SECTIONS.get(heading, [])]
        if heading == "Exercises":
            cells += [cell for number in range(8) for cell in exercise(number)]
    return new_notebook(cells=cells)


def test_a_complete_chapter_passes(chapter):
    assert problems(chapter) == []


@pytest.mark.parametrize("heading", HEADINGS)
def test_every_heading_is_needed(chapter, heading):
    chapter.cells = [cell for cell in chapter.cells if cell.source != f"## {heading}"]

    assert f"It lacks the headings {heading}." in problems(chapter)


def test_headings_keep_their_order(chapter):
    first, second = (place for place, cell in enumerate(chapter.cells) if cell.source in ("## The code", "## Summary"))
    chapter.cells[first], chapter.cells[second] = chapter.cells[second], chapter.cells[first]

    assert any("in this order" in problem for problem in problems(chapter))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("# Title\n\nThe promise [moves](#rate=2.1).", "# Title", "promise"),
        ("#rate=2.1", "#rate", "sets no figure"),
        ("# Title", "Title", "title"),
        ("- To check.", "", "2 outcomes"),
        ("- To ask.", "- One.\n- Two.\n- Three.\n- Four.\n- To ask.", "7 outcomes"),
        ("explore(g)", "", "1 figures to explore"),
        (":label: ex-a-7", ":label: ex-a-other", "Exercise ex-a-other has no solution"),
        ("{exercise} ★★★ Title", "{exercise} ★★ Title", "no exercise of grade ★★★"),
        ("{exercise} ★★★ Title", "{exercise} Title", "begins with its grade"),
        ("{exercise} ★★★ Title", "{note} ★★★ Title", "6 exercises"),
        (":class: dropdown", "", "is not folded"),
        ("{question}", "{note}", "0 questions"),
        ("- To check.", ":::{note}\nTo check.", "Nothing closes ':::{note}' (cell 4, line 3)"),
        ("1. This one\n", "1. This one\n\n```python\n", "Nothing closes '```python'"),
        ("{footbibliography}", "{note}", "footbibliography"),
    ],
)
def test_a_missing_part_is_found(chapter, old, new, problem):
    for cell in chapter.cells:
        cell.source = cell.source.replace(old, new)

    assert any(problem in found for found in problems(chapter)), problems(chapter)


def test_a_solution_needs_an_executed_cell(chapter):
    for cell in chapter.cells:
        if cell.get("execution_count") == 4:
            cell.execution_count = None

    assert problems(chapter) == ["The solution to ex-a-2 has no executed code cell."]


def test_the_fixture_is_a_valid_notebook(chapter):
    nbformat.validate(chapter)
