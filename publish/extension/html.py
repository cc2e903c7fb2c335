"""One node for the HTML elements that docutils has no node for."""

from docutils import nodes


class HtmlElement(nodes.General, nodes.TextElement):
    """An element of HTML with Sphinx nodes inside: ``element("details", title, *paragraphs)``.

    It may hold text and references directly, which docutils allows a TextElement only.
    """


def element(tag, *children, classes=(), **attributes):
    """Return an `HtmlElement`; attributes are written as given, ``aria_live`` as ``aria-live``."""
    attributes = {name.replace("_", "-"): value for name, value in attributes.items()}
    return HtmlElement("", "", *children, tag=tag, classes=list(classes), html=attributes)


def _visit(translator, node):
    translator.body.append(translator.starttag(node, node["tag"], "", **node["html"]))


def _depart(translator, node):
    translator.body.append(f"</{node['tag']}>\n")


def setup(app):
    app.add_node(HtmlElement, html=(_visit, _depart))
