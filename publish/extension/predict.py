"""``{predict}``: a task to think first, then to move a figure, then to unfold the answer.

.. code-block:: markdown

    :::{predict}
    What happens at twice the rate?
    Then [try it](#learning_rate=2.0).

    <details><summary>Answer</summary>

    It jumps for ever.

    </details>
    :::
"""

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .html import element

logger = logging.getLogger(__name__)


class Predict(SphinxDirective):
    """Put the task, its link and its folded answer into a group of its own."""

    has_content = True

    def run(self):
        content = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, content)
        moves = any("=" in link.get("refuri", "") for link in content.findall(nodes.reference))
        folded = any("<details" in raw.astext() for raw in content.findall(nodes.raw))
        if not (moves and folded):
            lacks = "no link that moves a figure" if not moves else "no answer folded in <details>"
            logger.warning(f"This task to predict has {lacks}.", location=self.get_location())
            return []
        title = element("p", nodes.Text("Predict, then move"), classes=["predict-title"])
        return [element("div", title, *content.children, classes=["predict"], role="group", aria_label=title.astext())]


def setup(app):
    app.add_directive("predict", Predict)
