"""Check that a chapter has all its parts: ``python -m publish.chapter_lint book/sigmoid.ipynb``.

What the parts are for is said in CONTRIBUTING; here only what can be counted is counted. What the build checks of each
question, caption and link is not checked again.
"""

import re
import sys
from pathlib import Path

import nbformat

from publish.markdown import directive, tokens, unclosed_fences

HEADINGS = [
    "What you will learn",
    "The question",
    "The derivation",
    "The numbers",
    "The code",
    "The experiment",
    "Pitfalls",
    "Exercises",
    "Check yourself",
    "Summary",
    "References",
]
GRADES = ["★", "★★", "★★★"]


def problems(notebook):
    """Return what the chapter lacks, one sentence each; an empty list if it is complete."""
    checks = (fences, title, headings, outcomes, explorations, links, exercises, solutions, questions, references)
    return [problem for check in checks for problem in check(notebook)]


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
    elif [heading for heading in found if heading in HEADINGS] != HEADINGS:
        yield f"Its headings must stand once each and in this order: {', '.join(HEADINGS)}."


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
    count = sum(len(re.findall(r"\bexplore\(", cell.source)) for cell in notebook.cells if cell.cell_type == "code")
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


def main():
    """Check the notebooks on the command line; return the exit status."""
    found = [
        f"{path}: {problem}" for path in sys.argv[1:] for problem in problems(nbformat.read(Path(path), as_version=4))
    ]
    print("\n".join(found) or "Complete.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
