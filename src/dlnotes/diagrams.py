"""Pictures of networks and of arrays, drawn from their real numbers."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from dlnotes.style import BACKWARD, DIVERGING, FORWARD, MUTED, NEGATIVE, POSITIVE, text_on

WIDEST = 5  # points, the line of the largest weight
LABEL_AT = 0.33  # where on its way an edge has its label; in the middle, edges cross


def node_positions(sizes):
    """Where `draw_network` puts the nodes: one column for each layer, first node on top.

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
    ValueError
        If there are fewer than two layers, or one of them is empty.

    Examples
    --------
    >>> [layer.tolist() for layer in node_positions((2, 1))]
    [[[0.0, 1.0], [0.0, 0.0]], [[1.0, 0.5]]]
    """
    if len(sizes) < 2 or any(not isinstance(n, (int, np.integer)) or n < 1 for n in sizes):
        raise ValueError(f"sizes must be two or more positive integers, one for each layer, got {sizes!r}")
    gap = 1 / max(max(sizes) - 1, 1)
    return [np.array([[float(k), 0.5 + gap * ((n - 1) / 2 - j)] for j in range(n)]) for k, n in enumerate(sizes)]


def draw_network(
    ax, sizes, *, weights=None, largest=None, names=None, values=None, errors=None, labels=None,
    forward=(), backward=(), node_size=28,
):  # fmt: skip
    """Draw a network of layers, with its weights as edges and its numbers beside nodes and edges.

    An edge is named ``(k, j, i)``: from node `i` of layer `k` to node `j` of layer `k + 1`, both counted from 0, so
    that its weight is ``weights[k][j, i]``. A positive weight is a solid blue line, a negative one dashed orange, and
    the larger it is the wider the line. Introduced in the chapter "Backpropagation by hand".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; its own axes are switched off.
    sizes : sequence of int
        Number of nodes of each layer, input first.
    weights : list of ndarray of shape (outputs, inputs), optional
        One array between two layers, or None there for plain grey edges. NaN means that there is no edge.
    largest : float, optional
        The absolute weight that gets the widest line. Give it where several pictures are to be compared.
    names, values, errors : list of lists, optional
        For each layer one text for each node, or None: the name is written inside the node, the value (in the
        colour of the forward pass) and the error (in that of the backward pass) on its outer side.
    labels : dict of tuple to str, optional
        A text for some of the edges.
    forward, backward : collection of tuple
        Edges to light, as arrows in the direction of the forward or of the backward pass.
    node_size : float, default 28
        Diameter of a node in points.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    TypeError
        If `ax` is no Axes.
    ValueError
        If something does not fit the sizes, or names an edge that is not there.

    Examples
    --------
    >>> from dlnotes.style import subplots
    >>> figure, ax = subplots()
    >>> W = np.array([[1.0, -2.0]])
    >>> ax = draw_network(ax, (2, 1), weights=[W], names=[["a", "b"], ["c"]], backward=[(0, 0, 1)])
    """
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be a matplotlib Axes, got {ax!r}")
    positions = node_positions(sizes)
    edges = _edges(sizes, weights)
    labels = labels or {}
    for edge in [*labels, *forward, *backward]:
        if edge not in edges:
            raise ValueError(f"there is no edge {edge!r} in this network of sizes {tuple(sizes)}")
    for what, texts in (("names", names), ("values", values), ("errors", errors)):
        if texts is not None and [len(layer) for layer in texts] != list(sizes):
            raise ValueError(f"{what} must have one entry for each node of sizes {tuple(sizes)}, got {texts!r}")
    largest = largest or max([abs(w) for w in edges.values() if w is not None], default=0) or 1

    for edge, w in edges.items():
        k, j, i = edge
        start, end = positions[k][i], positions[k + 1][j]
        if edge in forward or edge in backward:
            tail, head, color = (start, end, FORWARD) if edge in forward else (end, start, BACKWARD)
            shrink = node_size / 2
            arrow = dict(arrowstyle="-|>", mutation_scale=16, color=color, lw=3, shrinkA=shrink, shrinkB=shrink)
            ax.annotate("", head, tail, arrowprops=arrow, zorder=2)
        else:
            if w is None:
                color, dashes, width = MUTED, "-", 1
            else:
                color, dashes = (POSITIVE, "-") if w >= 0 else (NEGATIVE, "--")
                width = max(0.5, WIDEST * abs(w) / largest)
            ax.plot(*zip(start, end, strict=True), color=color, linestyle=dashes, linewidth=width, zorder=1)
        if edge in labels:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
            ax.text(*start + LABEL_AT * (end - start), labels[edge], ha="center", va="center", bbox=box, zorder=3)

    for k, layer in enumerate(positions):
        ax.scatter(*layer.T, s=node_size**2, facecolor="white", edgecolor="black", zorder=4)
        for j, (x, y) in enumerate(layer):
            if names and names[k][j]:
                ax.text(x, y, names[k][j], ha="center", va="center", zorder=5)
            outward, va = (1, "bottom") if y >= 0.5 else (-1, "top")
            rows = [(texts[k][j], color) for texts, color in ((values, FORWARD), (errors, BACKWARD)) if texts]
            for row, (text, color) in enumerate(rows):
                if text:
                    offset = (0, outward * (node_size / 2 + 2 + 14 * row))
                    ax.annotate(text, (x, y), offset, textcoords="offset points", ha="center", va=va, color=color)
    ax.set_xlim(-0.4, len(sizes) - 0.6)
    ax.set_ylim(-0.5, 1.5)
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
    TypeError
        If `ax` is no Axes.
    ValueError
        If `numbers` is no matrix, `largest` is not positive, or a frame lies outside of the grid.

    Examples
    --------
    >>> from dlnotes.style import subplots
    >>> figure, ax = subplots()
    >>> ax = draw_grid(ax, np.eye(3), largest=1, framed=[(0, 0, 2, 2)])
    """
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be a matplotlib Axes, got {ax!r}")
    numbers = np.asarray(numbers, dtype=object)
    if numbers.ndim != 2:
        raise ValueError(f"numbers must have shape (rows, columns), got {numbers.shape}")
    if largest is not None and not largest > 0:
        raise ValueError(f"largest must be positive, got {largest!r}")
    left, top = at
    for (row, column), number in np.ndenumerate(numbers):
        is_number = isinstance(number, (int, float, np.number)) and not np.isnan(number)
        face = "white" if largest is None or not is_number else DIVERGING(0.5 + 0.5 * number / largest)
        corner = left + column, top + row
        ax.add_patch(Rectangle(corner, 1, 1, facecolor=face, edgecolor=MUTED, linewidth=0.8))
        text = _signed(number, digits) if is_number else number if isinstance(number, str) else ""
        if text:
            ink = "black" if face == "white" else text_on(face)
            ax.text(corner[0] + 0.5, corner[1] + 0.5, text, ha="center", va="center", color=ink, fontsize=font_size)
    for row, column, height, width in framed:
        if min(row, column) < 0 or row + height > numbers.shape[0] or column + width > numbers.shape[1]:
            raise ValueError(f"the frame {(row, column, height, width)} lies outside of a grid of {numbers.shape}")
        ax.add_patch(
            Rectangle((left + column, top + row), width, height, fill=False, edgecolor=color, linewidth=3, zorder=3)
        )
    if title:
        ax.text(left + numbers.shape[1] / 2, top - 0.25, title, ha="center", va="bottom", fontsize=font_size)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def _signed(number, digits):
    """The number as in a formula, with a minus sign as long as a plus."""
    return f"{number:.{digits}g}".replace("-", "\N{MINUS SIGN}")


def _edges(sizes, weights):
    """The weight of every edge; None where an edge has no weight."""
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    weights = [None] * len(shapes) if weights is None else weights
    given = [shape if W is None else np.shape(W) for W, shape in zip(weights, shapes, strict=False)]
    if len(weights) != len(shapes) or given != shapes:
        raise ValueError(f"weights must have the shapes {shapes}, outputs first, got {given}")
    return {
        (k, j, i): None if W is None else W[j][i]
        for k, W in enumerate(weights)
        for j, i in np.ndindex(shapes[k])
        if W is None or not np.isnan(W[j][i])
    }
