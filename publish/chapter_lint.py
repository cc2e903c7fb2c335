"""Check that a chapter has all its parts: ``python -m publish.chapter_lint book/sigmoid.ipynb``.

``python -m publish.chapter_lint --table`` prints how long all chapters are.

What the parts are for is said in CONTRIBUTING; here only what can be counted is counted. What the build checks of each
question, caption and link is not checked again.
"""

import re
import sys
from pathlib import Path

import nbformat

from publish.chapter_measure import FURTHER, measure
from publish.markdown import directive, tokens, unclosed_fences
from publish.project import notebooks

HEADINGS = [
    "What you will learn",
    "The question",
    "The numbers",
    "The derivation",
    "The code",
    "The experiment",
    "Pitfalls",
    "Exercises",
    "Check yourself",
    "Summary",
    "References",
]
GRADES = ["★", "★★", "★★★"]
MOST_MINUTES, MOST_LINES = 60, 120  # of a core


def problems(notebook):
    """Return what the chapter lacks, one sentence each; an empty list if it is complete."""
    parts = (fences, title, headings, outcomes, explorations, links, exercises, solutions, questions, references)
    form = (size, times, numbers_first, predictions, early_questions, option_lengths, notes_box, first_figure)
    return [problem for check in parts + form for problem in check(notebook)]


def text_tokens(notebook):
    """Yield the tokens of all Markdown cells."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield from tokens(cell.source)


def directives(notebook, name):
    """Return argument and content of every directive of this `name`."""
    found = [(directive(token), token.content) for token in text_tokens(notebook)]
    return [(given[1], content) for given, content in found if given and given[0] == name]


def sections(notebook):
    """Return (heading, tokens below it) for each heading of the second level, without what follows after a colon."""
    result, reading = [], False
    for token in text_tokens(notebook):
        if reading:
            result.append((token.content.split(":")[0].strip(), []))
        elif result:
            result[-1][1].append(token)
        reading = token.type == "heading_open" and token.tag == "h2"
    return result


def fences(notebook):
    """Every fence is closed in its own cell."""
    for number, cell in enumerate(notebook.cells, 1):
        for line, opening in unclosed_fences(cell.source) if cell.cell_type == "markdown" else []:
            yield f"Nothing closes {opening!r} (cell {number}, line {line})."


def title(notebook):
    """One title, and directly below it the promise."""
    if [token.tag for token in text_tokens(notebook) if token.type == "heading_open"].count("h1") != 1:
        yield "It needs exactly one title."
    blocks = [token for token in tokens(notebook.cells[0].source) if token.nesting and token.level == 0]
    if [token.tag for token in blocks[:3]] != ["h1", "h1", "p"]:
        yield "It must begin with its title and, below it, its promise in one sentence."


def headings(notebook):
    """The fixed headings, in order; others may stand between, and text may follow after a colon."""
    found = [heading for heading, _ in sections(notebook)]
    missing = [heading for heading in HEADINGS if heading not in found]
    if missing:
        yield f"It lacks the headings {', '.join(missing)}."
    elif [heading for heading in found if heading in HEADINGS[:2] + HEADINGS[3:]] != HEADINGS[:2] + HEADINGS[3:]:
        yield f"Its headings must stand once each and in this order: {', '.join(HEADINGS)}."  # numbers_first: the third


def outcomes(notebook):
    """Three to six outcomes, as the first list below the first heading."""
    section = dict(sections(notebook)).get("What you will learn", [])
    kinds = [token.type for token in section if token.level <= 1]
    first = kinds[: kinds.index("bullet_list_close")] if "bullet_list_close" in kinds else []
    count = first.count("list_item_open")
    if not 3 <= count <= 6:
        yield f"It lists {count} outcomes: three to six are asked for."


def explorations(notebook):
    """At least two figures to explore."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    count = sum(len(re.findall(r"\b(explore|touch)\(", source)) for source in code)
    if count < 2:
        yield f"It has {count} figures to explore: at least two are asked for."


def links(notebook):
    """At least one place in the text that sets a figure."""
    targets = [token.attrGet("href") or "" for token in text_tokens(notebook)]
    if not any(target.startswith("#") and "=" in target for target in targets):
        yield "Its text sets no figure: at least one link like [see it diverge](#learning_rate=2.1) is asked for."


def exercises(notebook):
    """At least eight exercises, of all three grades."""
    found = directives(notebook, "exercise")
    if len(found) < 8:
        yield f"It has {len(found)} exercises: at least eight are asked for."
    used = {heading.split()[0] if heading else "" for heading, _ in found}
    for grade in GRADES:
        if grade not in used:
            yield f"It has no exercise of grade {grade}."
    if used - set(GRADES):
        yield "The title of every exercise begins with its grade, ★, ★★ or ★★★."


def solutions(notebook):
    """A solution to every exercise, folded, with a code cell that was executed."""
    contents = "\n".join(content for _, content in directives(notebook, "exercise"))
    solved, current, executed = {}, None, False
    for cell in notebook.cells:
        if cell.cell_type == "code":
            executed = executed or cell.execution_count is not None
            continue
        for token in tokens(cell.source):
            match directive(token):
                case ("solution-start", label):
                    current, executed = label, False
                    if ":class: dropdown" not in token.content:
                        yield f"The solution to {current} is not folded (:class: dropdown)."
                case ("solution-end", _):
                    solved[current], current = executed, None
    for label in re.findall(r"^:label: *(\S+)$", contents, re.MULTILINE):
        if label not in solved:
            yield f"Exercise {label} has no solution."
        elif not solved[label]:
            yield f"The solution to {label} has no executed code cell."


def questions(notebook):
    """At least six questions."""
    count = len(directives(notebook, "question"))
    if count < 6:
        yield f"It has {count} questions: at least six are asked for."


def references(notebook):
    """The list of the works cited, below the last heading."""
    below = dict(sections(notebook)).get("References", [])
    if [given[0] for given in map(directive, below) if given].count("footbibliography") != 1:
        yield "Below References it needs one {footbibliography}."


def size(notebook):
    """A core that is read in an hour."""
    core, _ = measure(notebook)
    if core.minutes > MOST_MINUTES:
        yield (
            f"Its core takes {core.minutes} minutes ({core.words} words, {core.formulas} formulas, {core.lines} lines "
            f"of code, {core.figures} figures): at most {MOST_MINUTES} are allowed."
        )
    if core.lines > MOST_LINES:
        yield f"Its core shows {core.lines} lines of code: at most {MOST_LINES} are allowed."


def times(notebook):
    """The minutes that the preface states, to the next five: those of the core, then those of Going further."""
    text = " ".join(token.content for token in sections_of(notebook, "What you will learn") if token.type == "inline")
    stated = [int(number) for number in re.findall(r"(\d+) minutes", text)]
    computed = [part.stated for part in measure(notebook) if part.minutes]
    if stated != computed:
        yield f"Its preface states {stated or 'no'} minutes: it takes {' and '.join(map(str, computed))} minutes."


def numbers_first(notebook):
    """The worked example before the general case, and further sections after the core."""
    found = [heading for heading, _ in sections(notebook)]
    order = ["The numbers", "The derivation", "Pitfalls", FURTHER, "Exercises"]
    if [heading for heading in found if heading in order] != order:
        yield f"These headings must stand once each and in this order: {', '.join(order)}."


def predictions(notebook):
    """At least two tasks to predict, then move a figure."""
    count = len(directives(notebook, "predict"))
    if count < 2:
        yield f"It has {count} tasks to predict, then move: at least two are asked for."


def early_questions(notebook):
    """Two questions where the reader still is."""
    names = [heading for heading, _ in sections(notebook)]
    early = names[: names.index("Exercises")] if "Exercises" in names else names
    found = [directive(token) for name in early for token in sections_of(notebook, name)]
    count = sum(bool(given) and given[0] == "question" for given in found)
    if count < 2:
        yield f"It asks {count} questions before its exercises: at least two are asked for."


def longest_is_right(notebook):
    """Return how many questions have their right answer as the longest option, and how many chance would give."""
    count, chance = 0, 0.0
    for _, content in directives(notebook, "question"):
        asked, _, folded = content.partition("<details>")
        options = re.findall(r"^\d+\. (.+)$", asked, re.MULTILINE)
        answers = re.findall(r"^\d+\. (.+)$", folded, re.MULTILINE)
        lengths = [len(option) for option in options]
        longest = [place for place, length in enumerate(lengths) if length == max(lengths)]
        right = [place for place, answer in enumerate(answers) if answer.startswith("Right")]
        count += longest == right
        chance += 1 / max(1, len(options))
    return count, chance


def option_lengths(notebook):
    """The longest option is no clue."""
    count, chance = longest_is_right(notebook)
    if count > chance:
        yield f"In {count} questions the longest option is the right one: chance would give {chance:.1f}."


def notes_box(notebook):
    """What the source notes write, in one folded box."""
    boxes = [token for token in text_tokens(notebook) if "<summary>In the notes</summary>" in token.content]
    if len([token for token in boxes if token.type == "html_block"]) != 1:
        yield "It needs one folded box: <details><summary>In the notes</summary>."


def first_figure(notebook):
    """Not two folds before the first figure: what it imports stands in its own cell."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    if cells and not re.search(r"\b(explore|touch)\(", cells[0]):
        yield "Its first code cell makes no figure: imports and drawing of the teaser stand in one folded cell."


def sections_of(notebook, heading):
    """Return the tokens below this heading."""
    return [token for name, below in sections(notebook) if name == heading for token in below]


def table(paths):
    """Return the measures of these chapters as lines of text."""
    columns = "{:20s}" + "{:>9s}" * 7
    lines = [columns.format("chapter", "core min", "words", "formulas", "lines", "figures", "further", "longest")]
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        core, further = measure(notebook)
        count, chance = longest_is_right(notebook)
        numbers = (core.minutes, core.words, core.formulas, core.lines, core.figures, further.minutes)
        lines.append(columns.format(path.stem, *map(str, numbers), f"{count}/{chance:.1f}"))
    return lines


def main():
    """Check the notebooks on the command line, or print the table of all; return the exit status."""
    if sys.argv[1:] == ["--table"]:
        print("\n".join(table(notebooks(numbered_only=True))))
        return 0
    found = [
        f"{path}: {problem}" for path in sys.argv[1:] for problem in problems(nbformat.read(Path(path), as_version=4))
    ]
    print("\n".join(found) or "Complete.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
