"""Pictures of networks and of arrays, drawn from their real numbers.

A network is drawn from two parts, `draw_edge` and `draw_node`: the caller says where nodes are, and which are joined.
"""

import math
import re

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.transforms import offset_copy

from dlnotes.operation import (
    as_array,
    as_floats,
    require_count,
    require_flag,
    require_number,
    require_positive,
    shown,
)
from dlnotes.style import BACKWARD, DIVERGING, FORWARD, MUTED, NEGATIVE, POSITIVE, require_color, text_on

WIDEST, THINNEST = 5, 0.5  # points, the lines of the largest weight and of a weight 0
LABEL_AT = 0.33  # where on its way an edge has its label; in the middle, edges cross
LABEL_GAP = 3  # points, between a line and a label beside it
NODE_SIZE = 28  # points
PRESSED = 34  # points, the width of what a finger hits of an edge: 24 CSS pixels at a width of 320
PASSES = {"forward": FORWARD, "backward": BACKWARD}


def node_positions(sizes):
    """Return where the nodes of a layered network stand: one column for each layer, first node on top.

    Parameters
    ----------
    sizes : sequence of int
        Number of nodes of each layer, input first.

    Returns
    -------
    list of ndarray of shape (nodes, 2)
        For each layer the x and y of its nodes; x is the number of the layer, y lies from 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer, or there are fewer than two layers.

    Examples
    --------
    >>> [layer.tolist() for layer in node_positions((2, 1))]
    [[[0.0, 1.0], [0.0, 0.0]], [[1.0, 0.5]]]
    """
    sizes = sizes.tolist() if isinstance(sizes, np.ndarray) else sizes
    if not isinstance(sizes, list | tuple):
        raise TypeError(f"sizes must be a list or tuple of integers, got {shown(sizes)}")
    sizes = [require_count("a size of a layer", n) for n in sizes]
    if len(sizes) < 2:
        raise ValueError(f"sizes must be those of two layers or more, got {sizes}")
    gap = 1 / max(max(sizes) - 1, 1)
    return [np.array([[float(k), 0.5 + gap * ((n - 1) / 2 - j)] for j in range(n)]) for k, n in enumerate(sizes)]


def draw_edge(
    ax,
    start,
    end,
    *,
    weight=None,
    largest=1,
    label="",
    label_at=LABEL_AT,
    beside=False,
    lit=None,
    directed=False,
    node_size=NODE_SIZE,
    press="",
):
    """Draw the connection of two nodes: a line that shows its weight, or an arrow.

    A positive weight is a solid blue line, a negative one dashed orange, and the larger it is the wider the line.
    Introduced in the chapter "Backpropagation by hand".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; its own axes are switched off, and the caller sets the limits.
    start, end : array_like of shape (2,)
        The x and y of the two nodes, in the direction of the forward pass.
    weight : float, optional
        Without one the line is plain and grey.
    largest : float, default 1
        The absolute weight that gets the widest line, the same for all edges that are to be compared.
    label : str, optional
        Written on the line.
    label_at : float, default 0.33
        Where on its way from 0 to 1 the edge has its label: nearer to its start, unless nothing crosses it.
    beside : bool, default False
        Whether the label stands above the line and along it, so that it hides no part of it and no head of an arrow.
    lit : {"forward", "backward"}, optional
        The edge becomes an arrow in the direction, and the colour, of this pass.
    directed : bool, default False
        Whether an edge that is not lit has a head, too: a small one, in the direction of the forward pass.
    node_size : float, default 28
        Diameter of the nodes in points: an arrow goes from rim to rim.
    press : str, optional
        In a figure of `dlnotes.explore`, what a press on the edge sets: a control and one of its values, ``"edge=w5"``.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    TypeError, ValueError
        If `ax` is no Axes, a weight or a size no number, `largest` not positive, an end no point, `label` no text,
        `label_at` not between 0 and 1, `beside` or `directed` neither true nor false, `lit` none of the two passes, or
        `press` no name and value.

    Examples
    --------
    >>> from dlnotes.style import subplots
    >>> figure, ax = subplots()
    >>> ax = draw_edge(ax, (0, 0), (1, 0.5), weight=-0.3, label="−0.3")
    """
    require_axes(ax)
    largest, node_size = require_positive("largest", largest), require_positive("node_size", node_size)
    start, end = point("start", start), point("end", end)
    require_text("label", label)
    label_at = require_number("label_at", label_at, "a number from 0 to 1", lambda share: 0 <= share <= 1)
    require_flag("beside", beside)
    require_flag("directed", directed)
    require_text("press", press)
    if lit is not None:
        require_pass(lit)
        tail, head = (start, end) if lit == "forward" else (end, start)
        rim = {"shrinkA": node_size / 2, "shrinkB": node_size / 2}
        arrow = {"arrowstyle": "-|>", "mutation_scale": 16, "color": PASSES[lit], "lw": 3, **rim}
        ax.annotate("", head, tail, arrowprops=arrow, zorder=2)
    else:
        color, dashes, width = MUTED, "-", 1
        if weight is not None:
            weight = require_number("weight", weight, "a finite number", math.isfinite)
            color, dashes = (POSITIVE, "-") if weight >= 0 else (NEGATIVE, "--")
            width = max(THINNEST, WIDEST * abs(weight) / largest)
        ax.plot(*zip(start, end, strict=True), color=color, linestyle=dashes, linewidth=width, zorder=1)
        if directed:
            arrow = {"arrowstyle": "-|>", "mutation_scale": 9, "color": color, "lw": width, "shrinkA": 0}
            ax.annotate("", end, start, arrowprops={**arrow, "shrinkB": node_size / 2}, zorder=1)
    if press:
        pressable(ax.plot(*zip(start, end, strict=True), linewidth=PRESSED, alpha=0, zorder=9)[0], press)
    place = start + label_at * (end - start)
    if label and beside:
        write_along(ax, start, end, place, label)
    elif label:
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        ax.text(*place, label, ha="center", va="center", bbox=box, zorder=3)
    ax.set_axis_off()
    return ax


def write_along(ax, start, end, place, label):
    """Write `label` at `place` above the line from `start` to `end`, turned as the line is, but never upside down."""
    run, rise = end - start if end[0] >= start[0] else start - end
    angle = math.degrees(math.atan2(rise, run))
    how = {"rotation": angle, "rotation_mode": "anchor", "transform_rotates_text": True}
    lifted = offset_copy(ax.transData, ax.figure, y=LABEL_GAP, units="points")
    ax.text(*place, label, ha="center", va="bottom", transform=lifted, zorder=3, **how)


def draw_node(ax, at, name="", *, value="", error="", below=False, size=NODE_SIZE):
    """Draw a node with its name inside, its value (in the colour of the forward pass) and error (backward) beside it.

    Introduced in the chapter "Backpropagation by hand".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; its own axes are switched off, and the caller sets the limits.
    at : array_like of shape (2,)
        The x and y of its middle.
    name, value, error : str or None, optional
        The texts; "" and None leave one out.
    below : bool, default False
        Whether value and error stand below the node and not above it.
    size : float, default 28
        Diameter in points.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    TypeError, ValueError
        If `ax` is no Axes, `at` no point, the size no positive number, or a text none.

    Examples
    --------
    >>> from dlnotes.style import subplots
    >>> figure, ax = subplots()
    >>> ax = draw_node(ax, (0, 0), "$h_1$", value="0.59", error="δ −0.01")
    """
    require_axes(ax)
    at, size = point("at", at), require_positive("size", size)
    for what, text in (("name", name), ("value", value), ("error", error)):
        require_text(what, text)
    require_flag("below", below)
    ax.scatter(*at, s=size**2, facecolor="white", edgecolor="black", zorder=4)
    if name:
        ax.text(*at, name, ha="center", va="center", zorder=5)
    side, va = (-1, "top") if below else (1, "bottom")
    for row, (text, color) in enumerate([(value, FORWARD), (error, BACKWARD)]):
        if text:
            offset = (0, side * (size / 2 + 2 + 14 * row))
            ax.annotate(text, at, offset, textcoords="offset points", ha="center", va=va, color=color)
    ax.set_axis_off()
    return ax


def draw_grid(ax, numbers, *, at=(0, 0), title="", largest=None, framed=(), color=FORWARD, digits=3, font_size=None):
    """Draw a matrix as a grid of cells with its numbers inside, some of them in a frame.

    A cell is 1 wide and 1 high, rows go down, and several grids may stand on the same axes; the caller sets the
    limits. Introduced in the chapter "Convolutional networks".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; its own axes are switched off, and 1 is as long upwards as sideways.
    numbers : array_like of shape (rows, columns)
        Numbers or texts; NaN, None and "" leave a cell empty.
    at : tuple of float, default (0, 0)
        Column and row of the upper left corner of the grid.
    title : str, optional
        Written above the grid.
    largest : float, optional
        If given, cells are coloured: `largest` is the strongest blue, its negative the strongest orange, 0 nearly
        white. Otherwise they have the colour of the page.
    framed : sequence of tuple of int, optional
        For each frame its first row and column, its height and width, in cells of this grid.
    color : str
        Colour of the frames.
    digits : int, default 3
        Significant digits of the numbers.
    font_size : float, optional
        In points, instead of the figure's own.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    TypeError, ValueError
        If `ax` is no Axes, `numbers` no matrix of numbers and texts, `largest` no positive number, a frame does not
        lie in the grid, or another argument is not what it should be.

    Examples
    --------
    >>> from dlnotes.style import subplots
    >>> figure, ax = subplots()
    >>> ax = draw_grid(ax, np.eye(3), largest=1, framed=[(0, 0, 2, 2)])
    """
    require_axes(ax)
    as_array("numbers", numbers)  # refuses masks, and rows that are not equally long
    numbers = np.asarray(numbers, dtype=object)
    if numbers.ndim != 2:
        raise ValueError(f"numbers must have shape (rows, columns), got {numbers.shape}")
    if largest is not None:
        largest = require_positive("largest", largest)
    if font_size is not None:
        font_size = require_positive("font_size", font_size)
    digits = require_count("digits", digits)
    require_text("title", title)
    require_color("color", color)
    left, top = point("at", at)
    for (row, column), value in np.ndenumerate(numbers):
        content = cell_content("a cell", value)
        is_number = isinstance(content, float)
        face = "white" if largest is None or not is_number else DIVERGING(0.5 + 0.5 * content / largest)
        corner = left + column, top + row
        ax.add_patch(Rectangle(corner, 1, 1, facecolor=face, edgecolor=MUTED, linewidth=0.8))
        text = signed(content, digits) if is_number else content
        if text:
            ink = "black" if face == "white" else text_on(face)
            ax.text(corner[0] + 0.5, corner[1] + 0.5, text, ha="center", va="center", color=ink, fontsize=font_size)
    if not isinstance(framed, list | tuple):
        raise TypeError(f"framed must be a list of frames, got {shown(framed)}")
    for frame in framed:
        if not (isinstance(frame, list | tuple) and len(frame) == 4):
            raise ValueError(f"a frame must be its first row and column, its height and its width, got {shown(frame)}")
        row, column, height, width = (
            require_count(f"the {name} of a frame", n, least)
            for name, n, least in zip(("row", "column", "height", "width"), frame, (0, 0, 1, 1), strict=True)
        )
        if row + height > numbers.shape[0] or column + width > numbers.shape[1]:
            raise ValueError(f"the frame {(row, column, height, width)} lies outside of a grid of {numbers.shape}")
        ax.add_patch(
            Rectangle((left + column, top + row), width, height, fill=False, edgecolor=color, linewidth=3, zorder=3)
        )
    if title:
        ax.text(left + numbers.shape[1] / 2, top - 0.25, title, ha="center", va="bottom", fontsize=font_size)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def pressable(artist, press, *, drag=False):
    """Make an artist a part of a figure that sets a control when it is pressed.

    Parameters
    ----------
    artist : matplotlib.artist.Artist
        What is pressed; it may be invisible, with ``alpha=0``.
    press : str
        The name of a control and a value of it, as in a page's address: ``"edge=w5"``.
    drag : bool, default False
        Whether a finger that moves over such parts sets one after the other. It does not scroll the page then.

    Returns
    -------
    matplotlib.artist.Artist
        The same `artist`.

    Raises
    ------
    ValueError
        If `press` is no name and value.
    """
    if not (isinstance(press, str) and re.fullmatch(r"\w+=[^=]+", press)):
        raise ValueError(f'press must be the name of a control and a value of it, as "edge=w5", got {shown(press)}')
    require_flag("drag", drag)
    artist.set_gid(f"touch:{'drag:' if drag else ''}{press}")
    return artist


def signed(number, digits):
    """The number as in a formula, with a minus sign as long as a plus."""
    return f"{number:.{digits}g}".replace("-", "\N{MINUS SIGN}")


def cell_content(name, value):
    """What is written in a picture: a number as a float, or a text, which is empty for None and NaN."""
    if value is None or isinstance(value, str):
        return value or ""
    value = int(value) if isinstance(value, bool) else value
    number = require_number(name, value, "a number or a text", lambda number: True)
    return "" if math.isnan(number) else number


def point(name, value):
    """Return the x and y of a point as an array."""
    coordinates = as_floats(name, value)
    if coordinates.shape != (2,) or not np.all(np.isfinite(coordinates)):
        raise ValueError(f"{name} must be two finite numbers, x and y, got {shown(value)}")
    return coordinates


def require_text(name, value):
    """Refuse what is neither a text nor None."""
    if not (value is None or isinstance(value, str)):
        raise TypeError(f"{name} must be a text or None, got {shown(value)}")


def require_pass(lit):
    """Refuse what is no name of a pass."""
    if not (isinstance(lit, str) and lit in PASSES):
        raise ValueError(f'lit must be "forward" or "backward", got {shown(lit)}')


def require_axes(ax):
    """Refuse what nothing can be drawn on."""
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be a matplotlib Axes, got {shown(ax)}")
