"""How long a chapter takes to read, and how much code it shows: computed from the notebook, for its page and its lint.

What is folded (solutions, answers, boxes, cells tagged ``hide-input``) is left out, and so are the references. A
chapter has a core, and a part *Going further* of sections that each stand alone.
"""

import re
from dataclasses import dataclass

from publish.markdown import PARSER, directive

FURTHER = "Going further"
AFTER_FURTHER = "Exercises"  # with it the core goes on
LEFT_OUT = {"solution-start", "solution-end", "footbibliography"}
WORDS_A_MINUTE = 110
MINUTES_A_FORMULA, MINUTES_A_LINE, MINUTES_A_FIGURE = 1.5, 0.1, 2


@dataclass
class Measure:
    """What a reader meets in a part of a chapter."""

    words: int = 0
    formulas: int = 0
    lines: int = 0
    figures: int = 0

    @property
    def minutes(self):
        """The minutes of a newcomer who reads all of it, as a whole number."""
        return round(
            self.words / WORDS_A_MINUTE
            + self.formulas * MINUTES_A_FORMULA
            + self.lines * MINUTES_A_LINE
            + self.figures * MINUTES_A_FIGURE
        )

    @property
    def stated(self):
        """The minutes as a page states them, everywhere alike: to the next five, since no reader is so exact."""
        return 5 * round(self.minutes / 5)


def measure(notebook):
    """Return the `Measure` of the core and that of *Going further*."""
    core, further = Measure(), Measure()
    part, in_solution = core, False
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if in_solution:
                continue
            part.figures += bool(re.search(r"\b(explore|show|touch)\(", cell.source))
            if "hide-input" not in cell.metadata.get("tags", []):
                part.lines += sum(1 for line in cell.source.splitlines() if line.strip())
            continue
        reading = None
        for token in visible(cell.source):
            given = directive(token)
            if given and given[0] == "solution-start":
                in_solution = True
            elif given and given[0] == "solution-end":
                in_solution = False
            elif token.type in ("heading_open", "heading_close"):
                reading = token.tag if token.type == "heading_open" else None
            elif token.type == "inline" and reading == "h2":
                name = token.content.split(":")[0].strip()
                part = further if name == FURTHER else core if name == AFTER_FURTHER else part
            if in_solution:
                continue
            if token.type in ("math_block", "math_block_label", "amsmath"):
                part.formulas += 1
            elif token.type == "inline":
                part.words += words(token)
    return core, further


def visible(source):
    """Yield the tokens of a Markdown cell that a reader sees without unfolding anything, each block once."""
    folds = 0
    for token in PARSER.parse(source):
        given = directive(token)
        if token.type == "html_block":
            folds += token.content.count("<details") - token.content.count("</details")
        elif folds:
            continue
        elif given and given[0] not in LEFT_OUT and ":class: dropdown" not in token.content:
            yield from visible(re.sub(r"^:\w+:.*\n", "", token.content, flags=re.MULTILINE))
        else:
            yield token


def words(token):
    """Count the words of a line of text; a formula within the line is read like one."""
    children = token.children or []
    text = " ".join(child.content for child in children if child.type in ("text", "code_inline", "myst_role"))
    return len(re.findall(r"\w+(?:[’'-]\w+)*", text)) + sum(child.type == "math_inline" for child in children)
