"""Folded parts as ``<details>``: a keyboard opens them, and a screen reader says whether they are open."""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import solution_node

from .html import element


class FoldSolutions(SphinxPostTransform):
    """Turn a solution of the class ``dropdown`` into ``<details>``, its title into the ``<summary>``."""

    default_priority = 30  # after sphinx-exercise has resolved the titles (20 to 22)

    def run(self):
        for section in list(self.document.findall(nodes.section)):
            if section["ids"] in (["exercise-content"], ["solution-content"]):
                section["ids"] = []  # the same for every one
                section.replace_self(section.children)
        for solution in list(self.document.findall(solution_node)):
            if "dropdown" not in solution["classes"]:
                continue
            title, *content = solution.children
            for link in list(title.findall(nodes.reference)):  # a summary is a button: no link inside
                link.replace_self(link.children)
            details = element("details", element("summary", *title.children), *content, classes=["solution"])
            details["ids"] = solution["ids"]
            solution.replace_self(details)


def _visit_hidden_code(translator, node):
    translator.body.append('<details class="hidden-code"><summary>Code</summary>\n')


def _depart_hidden_code(translator, node):
    translator.body.append("</details>\n")


def setup(app):
    app.add_post_transform(FoldSolutions)
    # MyST-NB names every one of its summaries "Toggle hidden content", whatever it shows.
    app.add_node(HideCodeCellNode, override=True, html=(_visit_hidden_code, _depart_hidden_code))
