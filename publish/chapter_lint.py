"""Check that a chapter has all its parts: ``python -m publish.chapter_lint book/sigmoid.ipynb``.

What the parts are for is said in CONTRIBUTING; here only what can be counted is counted.
"""

import re
import sys
from pathlib import Path

import nbformat

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
    checks = (title, headings, outcomes, explorations, links, exercises, solutions, questions, references)
    return [problem for check in checks for problem in check(notebook)]


def text(notebook):
    """Return all Markdown of the chapter."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def fences(source, directive):
    """Return argument and content of every colon fence of this `directive`."""
    pattern = rf"^(:{{3,}})\{{{directive}\}}[ \t]*(.*?)$\n(.*?)^\1[ \t]*$"
    return [(match[2], match[3]) for match in re.finditer(pattern, source, re.MULTILINE | re.DOTALL)]


def title(notebook):
    """One title, and directly below it the promise."""
    if len(re.findall(r"^# ", text(notebook), re.MULTILINE)) != 1:
        yield "It needs exactly one title."
    if not re.match(r"# .+\n+[^#:\n]", notebook.cells[0].source):
        yield "It must begin with its title and, below it, its promise in one sentence."


def headings(notebook):
    """The fixed headings, in order; others may stand between, and text may follow after a colon."""
    found = [heading.split(":")[0].strip() for heading in re.findall(r"^## (.+)$", text(notebook), re.MULTILINE)]
    missing = [heading for heading in HEADINGS if heading not in found]
    if missing:
        yield f"It lacks the headings {', '.join(missing)}."
    elif [heading for heading in found if heading in HEADINGS] != HEADINGS:
        yield f"Its headings must stand once each and in this order: {', '.join(HEADINGS)}."


def outcomes(notebook):
    """Three to six outcomes, as the list below the first heading."""
    section = re.search(r"^## What you will learn.*?\n(.*?)(?=^## |\Z)", text(notebook), re.MULTILINE | re.DOTALL)
    lists = re.findall(r"(?:^[-*] .+\n?(?:^ +.+\n?)*)+", section[1] if section else "", re.MULTILINE)
    count = len(re.findall(r"^[-*] ", lists[0], re.MULTILINE)) if lists else 0
    if not 3 <= count <= 6:
        yield f"It lists {count} outcomes: three to six are asked for."


def explorations(notebook):
    """At least two figures to explore."""
    count = sum(len(re.findall(r"\bexplore\(", cell.source)) for cell in notebook.cells if cell.cell_type == "code")
    if count < 2:
        yield f"It has {count} figures to explore: at least two are asked for."


def links(notebook):
    """At least one place in the text that sets a figure."""
    if not re.search(r"\]\(#[^)=]+=", text(notebook)):
        yield "Its text sets no figure: at least one link like [see it diverge](#learning_rate=2.1) is asked for."


def exercises(notebook):
    """At least eight exercises, of all three grades."""
    found = fences(text(notebook), "exercise")
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
    labels = re.findall(r"^:label: *(ex-\S+)$", text(notebook), re.MULTILINE)
    solved, current, executed = {}, None, False
    for cell in notebook.cells:
        if cell.cell_type == "code":
            executed = executed or cell.execution_count is not None
            continue
        for start, content in fences(cell.source, "solution-start"):
            current, executed = start.strip(), False
            if ":class: dropdown" not in content:
                yield f"The solution to {current} is not folded (:class: dropdown)."
        if fences(cell.source, "solution-end"):
            solved[current], current = executed, None
    for label in labels:
        if label not in solved:
            yield f"Exercise {label} has no solution."
        elif not solved[label]:
            yield f"The solution to {label} has no executed code cell."


def questions(notebook):
    """At least six questions, each with one right answer and a reason for every option."""
    found = fences(text(notebook), "question")
    if len(found) < 6:
        yield f"It has {len(found)} questions: at least six are asked for."
    for number, (_, content) in enumerate(found, 1):
        asked, _, folded = content.partition("<details>")
        options = re.findall(r"^\d+\. (.+)$", asked, re.MULTILINE)
        answers = re.findall(r"^\d+\. (.+)$", folded, re.MULTILINE)
        right = [answer for answer in answers if answer.startswith("Right")]
        if len(options) < 2 or len(options) != len(answers):
            yield f"Question {number} has {len(options)} options and {len(answers)} answers."
        if len(right) != 1:
            yield f'Question {number} has {len(right)} answers that begin with "Right": it needs exactly one.'
        if any(len(answer.split()) < 3 for answer in answers):
            yield f"Question {number} gives no reason for one of its options."


def references(notebook):
    """The list of the works cited, below the last heading."""
    last = text(notebook).rpartition("## References")[2]
    if len(fences(last, "footbibliography")) != 1:
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
