"""From a Matplotlib figure to a small SVG tree that follows the page's theme.

Matplotlib's own SVG is exact to a millionth of a point and knows one theme. Here coordinates are rounded to what
can be seen, colours become variables of the page, and elements that others refer to are numbered in order.
"""

import base64
import io
import re
from functools import cache
from xml.etree import ElementTree

from matplotlib.backends.backend_svg import FigureCanvasSVG
from PIL import Image

from dlnotes import style

THEME = {"#000000": "currentColor", "#ffffff": "var(--dl-page,#ffffff)"} | {
    light: f"var(--dl-{name},{light})" for name, (light, _) in style.PALETTE.items()
}
TOKEN = re.compile(r"[A-Za-z]|[-\d.][-\d.e]*")


def svg_text(figure):
    """Return the figure as Matplotlib writes it, the same text for the same figure."""
    file = io.StringIO()
    with style.context():
        # What savefig does in the end; savefig itself draws everything twice.
        FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None, "Creator": None})
    return file.getvalue()


def simplify(source, glyphs):
    """Turn Matplotlib's SVG into a small tree that follows the page's theme.

    Parameters
    ----------
    source : str
        An SVG document written by Matplotlib.
    glyphs : dict of str to int
        The outlines of the letters met so far, each with its number. New letters are added.

    Returns
    -------
    svg : xml.etree.ElementTree.Element
        Elements that are referred to have the ids ``@0``, ``@1``, ... in order. Letters are referred to as
        ``@g0``, ``@g1``, ...; the tree does not hold their outlines (see `glyph_definitions`).
    """
    root = ElementTree.fromstring(source)
    referenced = set(re.findall(r'(?:url\(|href=")#([^)"]+)', source))
    names, used = {}, 0
    for element in root.iter():
        identifier = element.get("id")
        if _is_glyph(element):
            outline = _short_path(element.get("d", ""), decimals=0)
            names[identifier] = f"@g{glyphs.setdefault(outline, len(glyphs))}"
        elif identifier in referenced:
            names[identifier] = f"@{used}"
            used += 1
    root.attrib = {
        "viewBox": root.get("viewBox"),
        "fill": "#000000",  # what Matplotlib means by leaving out a fill
        "style": "stroke-linejoin:round;stroke-linecap:butt",  # its style sheet, but not for the whole page
    }
    return _simplify(root, names, THEME)


def glyph_definitions(glyphs):
    """Return a ``<defs>`` element with the outlines of all letters."""
    definitions = ElementTree.Element("defs")
    for outline, number in glyphs.items():
        ElementTree.SubElement(definitions, "path", id=f"@g{number}", d=outline, transform="scale(.015625)")
    return definitions


def markup(elements):
    """Return the elements as text."""
    return "".join(ElementTree.tostring(element, encoding="unicode") for element in elements)


def _is_glyph(element):
    return element.get("transform") == "scale(0.015625)" and element.get("id") is not None


def _simplify(element, names, theme, decimals=1):
    """Return a copy of the element without what a page has no use for."""
    small = ElementTree.Element(_local(element.tag))
    if element.get("id", "").startswith("QuadMesh"):
        # The colours of a heatmap are values: its white is not the page, its black not the text.
        theme = {}
        small.set("fill", "#000000")
        small.set("shape-rendering", "crispEdges")  # no seams between the fields
    if small.tag in ("defs", "pattern"):
        decimals = 2  # markers are small, and repeated
    for name, value in element.attrib.items():
        name = _local(name)
        if name == "id":
            if value in names:
                small.set("id", names[value])
            kind, colon, rest = value.partition(":")
            if colon and kind in ("mark", "touch"):  # what touch.js looks for
                small.set(f"data-{kind}", rest)
        else:
            small.set(name, _short_attribute(name, value, names, theme, decimals))
    for child in element:
        if _local(child.tag) not in ("metadata", "style") and not _is_glyph(child):
            small_child = _simplify(child, names, theme, decimals)
            if small_child.tag != "defs" or len(small_child):
                small.append(small_child)
    return small


def _local(name):
    """Return a tag or an attribute's name without its name space."""
    return name.rpartition("}")[2]


def _short_attribute(name, value, names, theme, decimals):
    """Shorten the value of an attribute, put the page's colours in, and rename what it refers to."""
    if name == "d":
        return _short_path(value, decimals)
    if name in ("x", "y", "width", "height"):
        return _short(round(float(value) * 10**decimals), decimals)
    if name == "href" and value.startswith("data:"):
        return _short_image(value)
    if name == "transform":
        return re.sub(r"translate\(([^)]*)\)", lambda match: f"translate({_short_list(match[1])})", value)
    if name in ("style", "fill", "stroke"):
        value = re.sub(r"([:;]) ", r"\1", value)
        value = re.sub(r"#[0-9a-f]{6}\b", lambda match: theme.get(match[0], match[0]), value)
    return re.sub(r"#([\w.-]+)", lambda match: "#" + names.get(match[1], match[1]), value)


def _short_image(address):
    """Store an image with a palette if it has few colours, as one drawn through a colormap has: half the bytes."""
    file = io.BytesIO(base64.b64decode(address.partition(",")[2]))
    image = Image.open(file)
    if image.getcolors(256) and image.getextrema()[3] == (255, 255):  # opaque
        file = io.BytesIO()
        image.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            file, "png", optimize=True
        )
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _short_list(numbers):
    return " ".join(_short(round(float(number) * 10), 1) for number in numbers.split())


@cache  # pictures of a figure differ in few of their numbers
def _short(integer, decimals):
    """Write ``integer / 10**decimals`` with as few characters as possible.

    >>> _short(-25, 1), _short(30, 1), _short(-5, 1)
    ('-2.5', '3', '-.5')
    """
    text = f"{integer / 10**decimals:.{decimals}f}"
    if decimals:
        text = text.rstrip("0").rstrip(".")
    return re.sub(r"^(-?)0\.", r"\1.", text)


def _short_path(path, decimals):
    """Round the coordinates of a path, and write each relative to the one before.

    Rounding comes first, so that the errors do not add up.

    >>> _short_path("M 10.04 20 L 12.5 20.01 L 13 21 z", 1)
    'm10 20l2.5 0 .5 1z'
    """
    parts, command, here, start, numbers = [], None, (0, 0), (0, 0), []
    for token in TOKEN.findall(path):
        if token in "zZ":
            parts.append("z")
            here = start
            command = None
        elif token.isalpha():
            if token.lower() != command or token == "M":
                parts.append(token.lower())
            command = token.lower()
            size = {"m": 2, "l": 2, "q": 4, "c": 6}[command]
        else:
            numbers.append(round(float(token) * 10**decimals))
            if len(numbers) == size:
                for i, number in enumerate(numbers):
                    text = _short(number - here[i % 2], decimals)
                    separate = parts[-1][-1].isdigit() and text[0] != "-"
                    parts.append(f" {text}" if separate else text)
                here, numbers = tuple(numbers[-2:]), []
                if command == "m":
                    start = here
    return "".join(parts)
