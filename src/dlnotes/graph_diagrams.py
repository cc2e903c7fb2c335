"""Pictures of graphs, drawn from their real numbers; where the nodes stand is given, so a picture never changes."""

import numpy as np

from dlnotes.diagrams import cell_content, draw_edge, require_axes, signed
from dlnotes.operation import as_array, as_floats, is_integer, kind, require_positive, require_shape, shown
from dlnotes.style import DIVERGING, HIGHLIGHT, MUTED, text_on


def draw_graph(
    ax, positions, adjacency, *, names=(), values=(), largest=1, squares=(), framed=(), crossed=(), messages=(), size=18
):
    """Draw a graph: its edges as thin lines, its nodes as circles or squares, coloured by a number each.

    Introduced in the chapter "Graph neural networks".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; its own axes are switched off, its limits set, and 1 is as long upwards as sideways.
    positions : array_like of shape (nodes, 2)
        The x and y of each node.
    adjacency : array_like of shape (nodes, nodes)
        Not 0 where there is an edge, in either direction.
    names : sequence of float or str, optional
        What is written in each node.
    values : array_like of shape (nodes,), optional
        Colours each node: blue for positive numbers, orange for negative ones, nearly white for 0. Without it nodes
        have the colour of the page.
    largest : float, default 1
        The absolute value that gets the strongest colour.
    squares : sequence of int, optional
        The nodes drawn as squares; the others are circles.
    framed : sequence of int, optional
        The nodes with a thick frame.
    crossed : sequence of int, optional
        The nodes with a cross behind them.
    messages : sequence of tuple of int, optional
        Pairs of nodes; a wide arrow goes from the first to the second.
    size : float, default 18
        Diameter of the nodes in points.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    TypeError, ValueError
        If `ax` is no Axes, the arrays do not fit each other, there is no such node, or another argument is not what it
        should be.

    Examples
    --------
    >>> from dlnotes.datasets import karate_club
    >>> from dlnotes.style import subplots
    >>> club = karate_club()
    >>> figure, ax = subplots()
    >>> ax = draw_graph(ax, club.positions, club.adjacency, names=range(34), squares=np.flatnonzero(club.faction))
    """
    require_axes(ax)
    size, largest = require_positive("size", size), require_positive("largest", largest)
    positions, adjacency = as_floats("positions", positions), as_floats("adjacency", adjacency)
    nodes = len(positions) if positions.ndim else 0
    require_shape("positions", positions, "nodes, 2", (nodes, 2))
    if not nodes or not np.all(np.isfinite(positions)):
        raise ValueError(
            f"positions must hold finite numbers, two for each of at least one node, got {kind(positions)}"
        )
    require_shape("adjacency", adjacency, "nodes, nodes", (nodes, nodes))
    names = [written(name) for name in as_list("names", names, nodes)]
    values = as_list("values", values, nodes)
    colors = [DIVERGING(0.5 + 0.5 * finite(value) / largest) for value in values] or ["white"] * nodes
    squares, framed, crossed = (
        [as_node(name, node, nodes) for node in as_sequence(name, chosen)]
        for name, chosen in (("squares", squares), ("framed", framed), ("crossed", crossed))
    )

    starts, ends = np.nonzero(np.triu(adjacency + adjacency.T, 1))
    lines = np.full((3 * len(starts), 2), np.nan)  # one line with gaps is drawn faster than many lines
    lines[0::3], lines[1::3] = positions[starts], positions[ends]
    ax.plot(*lines.T, color=MUTED, linewidth=0.75, zorder=1)
    for message in as_sequence("messages", messages):
        if not (isinstance(message, tuple | list) and len(message) == 2):
            raise ValueError(f"a message must be a pair of nodes, from and to, got {shown(message)}")
        start, end = (positions[as_node("messages", node, nodes)] for node in message)
        draw_edge(ax, start, end, lit="forward", node_size=size)
    for node, (at, color) in enumerate(zip(positions, colors, strict=True)):
        border = (
            {"edgecolor": HIGHLIGHT, "linewidth": 3} if node in framed else {"edgecolor": "black", "linewidth": 0.8}
        )
        marker, area = ("s", (0.9 * size) ** 2) if node in squares else ("o", size**2)
        ax.scatter(*at, s=area, marker=marker, facecolor=[color], zorder=4, **border)
        if node in crossed:
            ax.scatter(*at, s=(1.6 * size) ** 2, marker="x", color="black", linewidth=2.5, zorder=3.5)
        if names:
            ink = "black" if isinstance(color, str) else text_on(color)
            ax.text(*at, names[node], ha="center", va="center", fontsize=0.45 * size, color=ink, zorder=5)
    margin = 0.06 * max(np.ptp(positions, axis=0).max(), 1)
    low, high = positions.min(axis=0) - margin, positions.max(axis=0) + margin
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    ax.set_axis_off()
    return ax


def as_sequence(name, values):
    """Return what is a list, or may stand for one, as a list."""
    if not isinstance(values, list | tuple | range | np.ndarray):
        raise TypeError(f"{name} must be a list, got {shown(values)}")
    if as_array(name, values).ndim == 0:
        raise TypeError(f"{name} must be a list, got a single number")
    return list(values)


def as_list(name, values, nodes):
    """Return a list with one entry for each node, or an empty one."""
    values = as_sequence(name, values)
    if len(values) not in (0, nodes):
        raise ValueError(f"{name} must have one entry for each of {nodes} nodes, got {len(values)}")
    return values


def as_node(name, value, nodes):
    """Return the number of a node; refuse one that is not there."""
    if not is_integer(value) or not 0 <= value < nodes:
        raise ValueError(f"{name} must hold numbers of nodes, integers from 0 to {nodes - 1}, got {shown(value)}")
    return int(value)


def finite(value):
    """Return a number that can be a colour."""
    number = cell_content("a value of a node", value)
    if not isinstance(number, float) or not np.isfinite(number):
        raise ValueError(f"values must hold one finite number for each node, got {shown(value)}")
    return number


def written(name):
    """A number as in a formula, a text as it is."""
    content = cell_content("a name of a node", name)
    return signed(content, 3) if isinstance(content, float) else content
