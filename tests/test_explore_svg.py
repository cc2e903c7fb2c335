"""The SVG of explore: small, themed, and every picture comes back from the template exactly."""

import base64
import copy
import io
import random
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dlnotes import style
from dlnotes.explore import Choice, Slider
from dlnotes.explore.html import explore_html, show_html
from dlnotes.explore.pictures import Pictures
from dlnotes.explore.svg import markup, simplify, svg_text
from dlnotes.explore.template import Template


def fill(template, picture):
    """Return the picture as player.js would make it of the template."""
    svg = copy.deepcopy(template.svg)
    for element in list(svg.iter()):
        for mark in element.attrib.pop("data-slots", "").split():
            slot, name = mark.split(":")
            content = template.contents[template.slots[int(slot)][picture]]
            if not name:
                element[:] = list(ElementTree.fromstring(f"<g>{content}</g>"))
            elif content is None:
                element.attrib.pop(name, None)
            else:
                element.set(name, content)
    return svg


def flat(element):
    """Return the element as nested tuples, without groups that say nothing."""
    children = []
    for child in element:
        tag, attributes, grandchildren = flat(child)
        children += grandchildren if tag == "g" and not attributes else [(tag, attributes, grandchildren)]
    return element.tag, sorted(element.attrib.items()), children


def random_tree(rng, depth=0):
    """Return an element with a few attributes and children, of few kinds, so that trees resemble each other."""
    element = ElementTree.Element("g" if depth < 2 else rng.choice(["g", "path", "use"]))
    for name in ["d", "style", "x"]:
        if rng.random() < 0.5:
            element.set(name, str(rng.randrange(3)))
    if element.tag == "g" and depth < 4:
        element.extend(random_tree(rng, depth + 1) for _ in range(rng.randrange(4)))
    return element


@given(st.randoms(use_true_random=False))
@settings(deadline=None)
def test_template_gives_every_tree_back(rng):
    trees = [random_tree(rng) for _ in range(rng.randrange(1, 6))]
    start = rng.randrange(len(trees))
    template = Template(copy.deepcopy(trees), start)
    for picture, tree in enumerate(trees):
        assert flat(fill(template, picture)) == flat(tree)
    shown = copy.deepcopy(template.svg)
    for element in shown.iter():
        element.attrib.pop("data-slots", None)
    assert flat(shown) == flat(trees[start])


def test_equal_trees_need_no_slot():
    tree = random_tree(random.Random(1))
    template = Template([tree, copy.deepcopy(tree)], 0)
    assert template.slots == []
    assert markup([template.svg]) == markup([tree])


def test_curve_that_moves_is_one_slot():
    def draw(ax, slope):
        ax.plot([0, 1], [0, slope])
        ax.set_ylim(0, 5)

    pictures = Pictures(draw, 1, 1, (4, 3), {"slope": Slider(1, 5, 1, start=1, label="slope")})
    glyphs = {}
    trees = [simplify(pictures.picture(setting, svg_text)[0], glyphs) for setting in pictures.settings()]
    template = Template(trees, 0)
    assert template.slots == [[0, 1, 2, 3, 4]]


# --- simplify -----------------------------------------------------------------------------------------------


def simplified(figure):
    return simplify(svg_text(figure), {})


def numbers(path):
    """Return the end points of a path of absolute or relative moves and lines."""
    here, points = np.zeros(2), []
    for command, arguments in re.findall(r"([MLml])([^A-Za-z]*)", path):
        values = np.array(re.findall(r"-?\d*\.?\d+", arguments), float).reshape(-1, 2)
        for value in values:
            here = value if command.isupper() else here + value
            points.append(here)
    return np.array(points)


def test_rounded_path_stays_within_a_twentieth_of_a_point(rng):
    figure, ax = style.subplots()
    ax.plot(rng.normal(size=500))
    source = svg_text(figure)
    exact = max(re.findall(r' d="([^"]*)"', source), key=len)
    short = max((path.get("d", "") for path in simplify(source, {}).iter("path")), key=len)
    assert len(short) < len(exact) / 2
    # Equal neighbours aside, which rounding does not merge, the points are the same ones.
    np.testing.assert_allclose(numbers(short), numbers(exact), atol=0.0501)


def test_palette_black_and_white_follow_the_theme():
    figure, ax = style.subplots()
    ax.plot([0, 1], color=style.BACKWARD)
    ax.plot([0, 1], color="#123456")
    text = markup([simplified(figure)])
    assert f"stroke:var(--dl-backward,{style.BACKWARD})" in text
    assert "stroke:#123456" in text
    assert "fill:var(--dl-page,#ffffff)" in text
    assert "stroke:currentColor" in text
    assert "#000000" not in text


def test_values_of_a_heatmap_do_not_follow_the_theme():
    figure, ax = style.subplots()
    ax.pcolormesh([[0, 1]], cmap="gray")
    mesh = next(group for group in simplified(figure).iter("g") if group.get("shape-rendering") == "crispEdges")
    assert mesh.get("fill") == "#000000"
    assert [path.get("style") for path in mesh] == [None, "fill:#ffffff"]


@pytest.mark.parametrize(
    "colors", [style.SEQUENTIAL(np.linspace(0, 1, 256)), np.random.default_rng(0).random((400, 3))]
)
def test_image_keeps_its_pixels(colors):
    pixels = (colors.reshape(-1, 20 if len(colors) == 400 else 16, colors.shape[1]) * 255).round().astype(np.uint8)
    figure, ax = style.subplots()
    ax.imshow(pixels, interpolation="none")
    image = next(simplified(figure).iter("image"))
    file = io.BytesIO(base64.b64decode(image.get("href").removeprefix("data:image/png;base64,")))
    np.testing.assert_array_equal(np.array(Image.open(file).convert("RGB")), pixels[..., :3])


def test_page_is_not_styled_by_a_figure():
    figure, _ = style.subplots()
    assert "<style" in svg_text(figure)
    assert "<style" not in show_html(figure, "Axes.")


def test_html_is_the_same_each_time():
    def html():
        figure, ax = style.subplots()
        ax.plot([0, 1], marker="o")
        ax.bar([0], [1], hatch="/")
        ax.set_title(r"$\eta^2$")
        return show_html(figure, "A line.")

    assert html() == html()


def test_names_do_not_clash_and_all_lead_somewhere():
    def draw(ax, count, kind):
        ax.plot(range(count), kind)
        ax.scatter(range(count), range(count))
        ax.bar(range(count), 1, hatch="/")

    controls = {"count": Slider(2, 4, 1, start=2, label="count"), "kind": Choice(["o", "s-"], label="kind")}
    pages = ""
    for size in ((4, 3), (5, 3)):
        pages += explore_html(Pictures(draw, 1, 1, size, controls), "Points.")
    names = re.findall(r' id="([^"]*)"', pages)
    assert len(set(names)) == len(names)
    references = re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', pages)
    assert references
    assert {first or second for first, second in references} <= set(names)


def test_texts_in_html_are_escaped():
    def draw(ax, kind):
        ax.set_title(kind)
        return f"It is {kind}."

    controls = {"kind": Choice(['<b> & "c"', "</script>"], label="<kind>")}
    html = explore_html(Pictures(draw, 1, 1, (4, 3), controls), "The product x @ W.")
    assert 'aria-label="The product x @ W."' in html
    assert "<legend>&lt;kind&gt;</legend>" in html
    assert 'value="0" checked>&lt;b&gt; &amp; &quot;c&quot;</label>' in html
    assert html.count("</script>") == 1
