"""``{question}``: a question the reader answers and marks on the page, without a server.

.. code-block:: markdown

    :::{question}
    How many weights has a neuron with two inputs?

    1. One
    2. Two

    <details><summary>Answer</summary>

    1. No: each input has its own.
    2. Right: one for each input.

    </details>
    :::

Without a script the answer unfolds; with one (``quiz.js``) the reader chooses and checks. What was answered is
remembered by the text of the question: one that has changed is to be answered anew.
"""

from hashlib import sha256

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .html import element

logger = logging.getLogger(__name__)


class Question(SphinxDirective):
    """Turn the text of a question, its options and its answers into a form."""

    has_content = True

    def run(self):
        content = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, content)
        try:
            stem, options, answers, right = parse(content)
        except ValueError as error:
            logger.warning(f"This question {error}.", location=self.get_location())
            return []
        return [form(self.env.new_serialno("question") + 1, stem, options, answers, right)]


def parse(content):
    """Split a question into its stem, its options, its answers and the number of the right one.

    Raises
    ------
    ValueError
        If it is not well-formed; the message says in what way.
    """
    lists = [node for node in content if isinstance(node, nodes.enumerated_list)]
    folds = [node for node in content if isinstance(node, nodes.raw) and "<details" in node.astext()]
    if len(lists) != 2 or len(folds) != 1:
        raise ValueError("needs one numbered list of options, then <details> with one numbered list of answers")
    options, answers = lists
    stem = content.children[: content.index(options)]
    if not stem or not isinstance(stem[0], nodes.paragraph):
        raise ValueError("must begin with a sentence that asks it")
    if not content.index(options) < content.index(folds[0]) < content.index(answers):
        raise ValueError("must have its answers, and only these, inside <details>")
    if len(options) != len(answers) or len(options) < 2:
        raise ValueError(
            f"has {len(options)} options and {len(answers)} answers: each option needs one, and two is the least"
        )
    right = [number for number, answer in enumerate(answers, 1) if answer.astext().startswith("Right")]
    if len(right) != 1:
        raise ValueError(f'has {len(right)} answers that begin with "Right": it needs exactly one')
    for number, answer in enumerate(answers, 1):
        if len(answer.astext().split()) < 3:
            raise ValueError(f"gives no reason for option {number}")
    return stem, options, answers, right[0]


def form(number, stem, options, answers, right):
    """Build the form: a group of radio buttons named by the question, a line for the verdict, the folded answers."""
    key = sha256(" ".join(node.astext() for node in (*stem, options)).encode()).hexdigest()[:8]
    first, *rest = stem
    legend = element("legend", element("span", nodes.Text(f"Question {number}. "), classes=["question-number"]))
    legend += first.children
    choices = element("ol", classes=["question-options"])
    for position, option in enumerate(options, 1):
        button = f'<input type="radio" name="question-{number}" value="{position}">'
        label = element("label", nodes.raw("", button, format="html"))
        label += element("span", nodes.Text(f"{position}."))  # also a name for an option that is only a formula
        label += element("span", *inline(option))
        choices += element("li", label)
    answer = element("details", element("summary", nodes.Text("Answer")), answers, classes=["question-answer"])
    verdict = element("div", role="status", classes=["question-verdict"])
    parts = (legend, *rest, choices, verdict, answer)
    return element("fieldset", *parts, classes=["question"], data_right=right, data_key=key)


def inline(item):
    """Return the text of a list item without the paragraph around it, which a label may not hold."""
    return [child for block in item for child in (block.children if isinstance(block, nodes.paragraph) else [block])]


def setup(app):
    app.add_directive("question", Question)
