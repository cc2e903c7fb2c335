"""Chinese names in the prose of the book are marked as Chinese."""

from docutils import nodes
from docutils.utils import new_document

from publish.extension.chinese import mark


def marked(*children):
    document = new_document("page")
    document += nodes.paragraph("", "", *children)
    mark(document)
    return [(type(node).__name__, node.astext()) for node in document[0]]


def test_chinese_is_marked_and_the_text_around_it_kept():
    assert marked(nodes.Text("the learning rate (学习率, 步长)")) == [
        ("Text", "the learning rate ("),
        ("raw", '<span lang="zh-Hans">学习率</span>'),
        ("Text", ", "),
        ("raw", '<span lang="zh-Hans">步长</span>'),
        ("Text", ")"),
    ]


def test_code_and_text_without_chinese_stay():
    assert marked(nodes.literal("", "学习率"), nodes.Text("naïve η")) == [("literal", "学习率"), ("Text", "naïve η")]
