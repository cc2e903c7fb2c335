"""Pictures of attention, drawn from its real numbers: one query opened up, and who looks where."""

import numpy as np

from dlnotes.diagrams import draw_edge, draw_node, require_axes, require_text
from dlnotes.operation import as_floats, kind, require_count, require_shape, shown
from dlnotes.style import FORWARD, HIGHLIGHT, MUTED, SEQUENTIAL

PARTS = ("scores", "weights", "sum")
KEY, SCORE, WEIGHT, CONTEXT = 0, 1, 1.8, 3.9  # heights of the rows of one query
TALLEST = 1.0  # of a bar, for a weight of 1
CONTEXT_SIZE = 34
FEW = 8  # so many keys have room for long numbers


def draw_attention(ax, keys, scores, weights, *, query="", context="", part=None):
    """Draw what becomes of one query: its score at each key, the weights, and the weighted sum.

    From below upwards stand the keys, the scores, the weights as bars, and the context, to which a line leads from each
    weight, the wider the larger it is. The way has reached `part`, whose numbers have the colour of the forward pass;
    what comes later is not there yet. Introduced in the chapter "Attention".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw, best 5.6 inches wide and 3 high; its own axes are switched off and its limits set.
    keys : sequence of str
        What is written at each key, in one line or several; at most 24 keys have room.
    scores, weights : array_like of shape (keys,)
        Their numbers; of the weights none is below 0 or above 1.
    query : str, optional
        Written beside the scores: what asks.
    context : str, optional
        Written beside the context.
    part : {"scores", "weights", "sum"}, optional
        How far the way has come; without it everything is there.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    TypeError, ValueError
        If `ax` is no Axes, there is not one score and one weight for each key, a weight is out of range, a text is
        none, or `part` is none of the three.

    Examples
    --------
    >>> from dlnotes.style import subplots
    >>> figure, ax = subplots(size=(5.6, 3))
    >>> ax = draw_attention(ax, ["p", "i", "g"], [0.1, 2.3, -1.0], [0.1, 0.87, 0.03], query="first letter", part="sum")
    """
    require_axes(ax)
    keys = texts("keys", keys)
    scores, weights = as_floats("scores", scores), as_floats("weights", weights)
    require_shape("scores", scores, "keys,", (len(keys),))
    require_shape("weights", weights, "keys,", (len(keys),))
    require_weights(weights)
    require_text("query", query)
    require_text("context", context)
    if part is not None and not (isinstance(part, str) and part in PARTS):
        raise ValueError(f"part must be one of {', '.join(PARTS)}, got {shown(part)}")

    reached = len(PARTS) if part is None else PARTS.index(part) + 1
    crowded = len(keys) > FEW
    size = "small" if crowded else None
    places = range(len(keys))
    top = (len(keys) - 1) / 2, CONTEXT
    for x, key in zip(places, keys, strict=True):
        ax.text(x, KEY, key, ha="center", va="center", size=size)
    decimals = [2 if not crowded else 1 if abs(score) < 9.95 else 0 for score in scores]
    numbers = [(SCORE, list(map(fixed, scores, decimals)))]
    if reached > 1:
        ax.bar(places, TALLEST * weights, bottom=WEIGHT, width=0.6, color=MUTED, zorder=2)
        short = [fixed(weight, 2) for weight in weights]
        numbers.append((WEIGHT - 0.3, [number.removeprefix("0") for number in short] if crowded else short))
    for row, (height, written) in enumerate(numbers):
        color = FORWARD if part in (None, PARTS[row]) else "black"
        for x, number in zip(places, written, strict=True):
            ax.text(x, height, number, ha="center", va="center", size=size, color=color)
    if reached > 2:
        for x, weight in zip(places, weights, strict=True):
            if weight >= 0.01:  # thinner lines would only be in the way
                draw_edge(ax, (x, WEIGHT + TALLEST * weight), top, weight=weight, node_size=CONTEXT_SIZE)
        draw_node(ax, top, "$c$", size=CONTEXT_SIZE)
        beside = {"xytext": (CONTEXT_SIZE / 2 + 5, 0), "textcoords": "offset points", "va": "center"}
        ax.annotate(context or "", top, **beside, color=FORWARD)
    left = -0.6 - 0.13 * len(keys)
    for height, name in [(SCORE, "scores"), (WEIGHT - 0.3, "weights")][: min(reached, 2)]:
        ax.text(left, height, name, ha="right", va="center", color=MUTED, size="small")
    ax.text(left, CONTEXT, query or "", ha="left", va="center", color=HIGHLIGHT)
    ax.set_axis_off()
    ax.set(xlim=(left - 0.17 * len(keys), len(keys) - 0.4), ylim=(KEY - 0.6, CONTEXT + 0.5))
    return ax


def fixed(number, decimals):
    """The number with so many decimals and a minus sign as long as a plus; what is rounded to 0 has none."""
    return f"{round(number, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def draw_alignment(ax, weights, keys, queries, *, step=None):
    """Draw who looks where: a field for each query (row) and each key (column), the darker the larger the weight.

    Introduced in the chapter "Attention".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    weights : array_like of shape (queries, keys)
        Weights from 0 to 1.
    keys, queries : sequence of str
        What is written above the columns, and beside the rows; a text of letters will do.
    step : int, optional
        So many queries have asked, the last of them is framed; rows to come are empty. Without it all are there.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    TypeError, ValueError
        If `ax` is no Axes, there is not one weight for each query and key, a weight is out of range, or `step` is not
        the number of a query, counted from 1.

    Examples
    --------
    >>> from dlnotes.style import subplots
    >>> figure, ax = subplots(size=(3, 3))
    >>> ax = draw_alignment(ax, [[0.1, 0.9], [0.8, 0.2]], "ab", "xy", step=1)
    """
    require_axes(ax)
    keys, queries = texts("keys", keys), texts("queries", queries)
    weights = as_floats("weights", weights)
    require_shape("weights", weights, "queries, keys", (len(queries), len(keys)))
    require_weights(weights)
    step = len(queries) if step is None else require_count("step", step)
    if step > len(queries):
        raise ValueError(f"step must be at most {len(queries)}, the last query, got {step}")
    known = np.where(np.arange(len(queries))[:, None] < step, weights, 0)
    ax.imshow(known, cmap=SEQUENTIAL, vmin=0, vmax=1, aspect="auto", interpolation="none")
    if step < len(queries) or len(queries) == 1:
        ax.plot([-0.5, len(keys) - 0.5, len(keys) - 0.5, -0.5, -0.5],
                step - np.array([1.5, 1.5, 0.5, 0.5, 1.5]), color=FORWARD, linewidth=2, clip_on=False)  # fmt: skip
    ax.set_xticks(range(len(keys)), keys)
    ax.set_yticks(range(len(queries)), queries)
    ax.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    return ax


def texts(name, values):
    """Return the texts of a list, or the letters of a text; there has to be one."""
    if not isinstance(values, str | list | tuple):
        raise TypeError(f"{name} must be a list of texts, got {kind(values)}")
    if not values:
        raise ValueError(f"{name} must hold at least one text, got none")
    for text in values:
        if not isinstance(text, str):
            raise TypeError(f"{name} must be a list of texts, got {shown(text)} among them")
    return list(values)


def require_weights(weights):
    """Refuse what is no weight of attention."""
    if not (weights.min() >= 0 and weights.max() <= 1 + 1e-6):
        raise ValueError(f"weights must lie from 0 to 1, got {weights.min():g} to {weights.max():g}")
