"""``{caption}``: the picture that the code cell above has made becomes a numbered figure.

.. code-block:: markdown

    :::{caption} fig-gd-bowl
    One or two sentences that say what to notice.
    :::

Text refers to it with ``{numref}`fig-gd-bowl```.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)


class PendingCaption(nodes.Element):
    """A caption that still lies below its code cell."""


class Caption(SphinxDirective):
    """Read the label and the text; `WrapOutput` finds the picture once the page is complete."""

    required_arguments = 1
    has_content = True

    def run(self):
        pending = PendingCaption(label=self.arguments[0])
        self.set_source_info(pending)
        self.state.nested_parse(self.content, self.content_offset, pending)
        return [pending]


class WrapOutput(SphinxTransform):
    """Put the last picture of the code cell before a caption, and the caption, into a figure."""

    default_priority = 400  # before labels are collected (850)

    def apply(self):
        for pending in list(self.document.findall(PendingCaption)):
            output = last_output(preceding_cell(pending))
            problem = None
            if not (pending.children and isinstance(pending[0], nodes.paragraph)):
                problem = "has no text"
            elif output is None:
                problem = "has no picture: it must stand directly below the code cell that makes one"
            if problem:
                logger.warning(f"The caption {pending['label']!r} {problem}.", location=pending)
            else:
                self.wrap(output, pending)
            pending.parent.remove(pending)

    def wrap(self, output, pending):
        """Replace `output` with a figure that holds it and the caption."""
        text, *more = pending.children
        figure = nodes.figure(names=[nodes.fully_normalize_name(pending["label"])], align="default")
        figure.source, figure.line = pending.source, pending.line
        self.document.note_explicit_target(figure, figure)
        output.replace_self(figure)
        figure += output
        figure += nodes.caption(text.rawsource, "", *text.children)
        if more:
            figure += nodes.legend("", *more)


def preceding_cell(node):
    """Return what stands directly before `node` on the page, or None."""
    position = node.parent.index(node)
    return node.parent[position - 1] if position else None


def last_output(cell):
    """Return the last picture or table that the code cell `cell` shows (printed text is none), or None."""
    if not (isinstance(cell, nodes.container) and cell.get("nb_element") == "cell_code"):
        return None
    outputs = cell.findall(lambda node: isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle")
    return next(reversed(list(outputs)), None)


def setup(app):
    app.add_node(PendingCaption)
    app.add_directive("caption", Caption)
    app.add_transform(WrapOutput)
