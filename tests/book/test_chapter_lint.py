"""The lint of a chapter's parts finds each part that is taken away."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish.chapter_lint import HEADINGS, longest_is_right, problems
from publish.chapter_measure import measure, visible, words

QUESTION = """:::{question}
Which one?

1. This one
2. That one

<details><summary>Answer</summary>

1. Right: it is this one.
2. No: not that one.

</details>
:::"""

PREDICT = """:::{predict}
[Move it](#rate=2.1).

<details><summary>Answer</summary>

It moves.

</details>
:::"""
NOTES = "<details><summary>In the notes</summary>\n\nOther letters.\n\n</details>"

SECTIONS = {
    "What you will learn": ["- To ask.\n- To answer.\n- To check.\n\nTake 5 minutes, and 5 minutes."],
    "The numbers": [QUESTION, QUESTION, PREDICT, PREDICT],
    "Pitfalls": [NOTES, "## Going further", "$$ a $$\n\n$$ b $$\n\n$$ c $$"],
    "Check yourself": [QUESTION] * 4,
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


@pytest.mark.parametrize("second", ["explore(g)", "touch(g)"])
def test_a_complete_chapter_passes(chapter, second):
    chapter.cells[1].source = f"{second}\nexplore(f)"
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
        ("explore(g)", "show(g)", "1 figures to explore"),
        (":label: ex-a-7", ":label: ex-a-other", "Exercise ex-a-other has no solution"),
        ("{exercise} ★★★ Title", "{exercise} ★★ Title", "no exercise of grade ★★★"),
        ("{exercise} ★★★ Title", "{exercise} Title", "begins with its grade"),
        ("{exercise} ★★★ Title", "{note} ★★★ Title", "6 exercises"),
        ("{predict}", "{note}", "0 tasks to predict"),
        ("In the notes", "Notes", "one folded box"),
        ("explore(f)\nexplore(g)", "import numpy", "makes no figure"),
        ("5 minutes, and 5", "5 minutes, and 50", "states [5, 50] minutes: it takes 5 and 5"),
        ("## Going further", "## Further", "Pitfalls, Going further, Exercises"),
        ("Other letters.", "Other letters.\n\n</details>\n\n" + "word " * 6600, "(66"),
        ("explore(f)", "x = 1\n" * 121, "shows 122 lines"),
        ("1. This one", "1. This longer one", "6 questions the longest option is the right one: chance would give 3.0"),
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


def test_questions_at_the_end_are_none_in_the_middle(chapter):
    early, late = (
        next(i for i, cell in enumerate(chapter.cells) if cell.source == f"## {name}")
        for name in ("The derivation", "Check yourself")
    )
    questions = [cell for cell in chapter.cells[:early] if cell.source == QUESTION]
    for cell in questions:
        chapter.cells.remove(cell)
    chapter.cells[late:late] = questions

    assert problems(chapter) == ["It asks 0 questions before its exercises: at least two are asked for."]


def test_numbers_stand_before_the_derivation(chapter):
    places = [i for i, cell in enumerate(chapter.cells) if cell.source in ("## The numbers", "## The derivation")]
    first, second = places
    chapter.cells[first].source, chapter.cells[second].source = (
        chapter.cells[second].source,
        chapter.cells[first].source,
    )

    assert [problem[:45] for problem in problems(chapter)] == ["These headings must stand once each and in th"]


def test_the_measure_leaves_out_what_is_folded():
    folded = new_code_cell("a = 1", metadata={"tags": ["hide-input"]})
    cells = [
        new_markdown_cell("# Two words\n\nWith $a + b$ [four more](#rate=1) words.\n\n$$ c $$ (eq-c)"),
        new_markdown_cell("<details><summary>Box</summary>\n\nNot counted $$ d $$\n\n</details>\n\nOne."),
        new_code_cell("a = 1\n\nshow(a)  # counted"),
        folded,
        *exercise(0),
        new_markdown_cell("## Going further\n\nThree words here."),
        new_code_cell("explore(f)", metadata={"tags": ["hide-input"]}),
        new_code_cell("touch(f)", metadata={"tags": ["hide-input"]}),
        new_markdown_cell("## Exercises\n\nLast."),
    ]
    core, further = measure(new_notebook(cells=cells))

    # title 2, paragraph 5, box 0 and 1 after it, exercise 2, heading and sentence 2
    assert (core.words, core.formulas, core.lines, core.figures) == (12, 1, 2, 1)
    assert (further.words, further.formulas, further.lines, further.figures) == (5, 0, 0, 2)
    assert further.minutes == 4


def test_minutes_follow_the_stated_measure():
    lines = "\n".join(["x = 1"] * 20)
    cells = [
        new_markdown_cell("word " * 220 + "\n\n$$ a $$\n\n$$ b $$"),
        new_code_cell(lines),
        new_code_cell("show(f)"),
    ]

    assert measure(new_notebook(cells=cells))[0].minutes == 9  # 2 + 3 + 2.1 + 2


def test_the_longest_option_counts_only_if_no_other_is_as_long(chapter):
    assert longest_is_right(chapter) == (0, 3.0)


def test_a_question_is_read_without_its_answers():
    assert sum(words(token) for token in visible(QUESTION) if token.type == "inline") == 6
