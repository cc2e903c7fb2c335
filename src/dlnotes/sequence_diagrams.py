"""Pictures of recurrent networks and of an LSTM's cell, drawn from their real numbers."""

from itertools import pairwise
from math import isfinite

import numpy as np

from dlnotes.diagrams import NODE_SIZE, PASSES, cell_content, draw_edge, draw_node, require_axes, require_pass, signed
from dlnotes.operation import as_array, kind, require_count, require_flag, require_number, shown
from dlnotes.style import BACKWARD, FORWARD, MUTED

INPUT, STATE, OUTPUT = 0, 1, 2  # heights of the three rows of a recurrent network
DIGITS = 2


def draw_folded(ax, *, at=0, output=True):
    """Draw a recurrent network as one cell whose state goes back into itself.

    It stands beside `draw_unrolled` on the same axes if these are made wider. Introduced in the chapter "Recurrent
    networks".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; its own axes are switched off.
    at : float, default 0
        The x of its nodes; the loop is on their right.
    output : bool, default True
        Whether there is an output above the state.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    TypeError
        If `ax` is no Axes, `at` no number, or `output` neither true nor false.
    ValueError
        If `at` is not finite.

    Examples
    --------
    >>> from dlnotes.style import subplots
    >>> figure, ax = subplots(size=(2, 3))
    >>> ax = draw_folded(ax)
    """
    at = require_number("at", at, "a finite number", isfinite)
    require_flag("output", output)
    top = OUTPUT if output else STATE
    for start, end, name in [(INPUT, STATE, "$U$"), (STATE, OUTPUT, "$V$")]:
        if end <= top:
            draw_weight(ax, (at, start), (at, end), name)
    for height, name in [(INPUT, "$x_t$"), (STATE, "$s_t$"), (OUTPUT, "$o_t$")]:
        if height <= top:
            draw_node(ax, (at, height), name)
    loop = {"arrowstyle": "-|>", "color": MUTED, "shrinkA": 0, "shrinkB": 0, "connectionstyle": "arc3,rad=-2.5"}
    ax.annotate("", (at + 0.16, STATE - 0.16), (at + 0.16, STATE + 0.16), arrowprops=loop)
    ax.annotate("$W$", (at, STATE), (46, 0), textcoords="offset points", ha="left", va="center")
    ax.set(xlim=(at - 0.5, at + 1.2), ylim=(INPUT - 0.6, top + 0.6))
    return ax


def draw_unrolled(ax, inputs, states, outputs=(), *, errors=(), start=0, step=None, lit="forward"):
    r"""Draw a recurrent network time step by time step, with its numbers; one step may be lit.

    The way forward has reached `step`: what comes later has no numbers yet, and wide arrows show from where the state
    of this step is computed. The way back has come down to `step`: errors are shown from there on, and wide arrows show
    from where they come. Introduced in the chapter "Recurrent networks".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; its own axes are switched off and its limits set.
    inputs, states : sequence of float or str
        What is written at the nodes :math:`x_t` and :math:`s_t`, for :math:`t = 1, 2, \dots`
    outputs : sequence of float or str, optional
        What is written at the nodes :math:`o_t`; without it there are none, and ``None`` leaves one out.
    errors : sequence of float or str, optional
        The gradient at each state, in the colour of the backward pass.
    start : float or str, default 0
        What is written at :math:`s_0`.
    step : int, optional
        The time step that is lit, counted from 1; 0 is the start. Without it all numbers are there, and none is lit.
    lit : {"forward", "backward"}
        On which way it is.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    TypeError, ValueError
        If `ax` is no Axes, the sequences differ in length, `step` is none of their steps, or `lit` none of the two
        passes.

    Examples
    --------
    >>> from dlnotes.style import subplots
    >>> figure, ax = subplots()
    >>> ax = draw_unrolled(ax, ["h", "e", "l"], [0.46, 0.72, 0.82], errors=[0.9, 0.7, 0.3], step=2, lit="backward")
    """
    sequences = {"states": states, "inputs": inputs, "outputs": outputs, "errors": errors}
    for name, values in sequences.items():
        if not isinstance(values, str | list | tuple) and as_array(name, values).ndim != 1:
            raise TypeError(f"{name} must be a list of numbers or texts, got {kind(values)}")
    time = len(states)
    for name, values in [("inputs", inputs), ("outputs", outputs), ("errors", errors)]:
        if len(values) != time and (name == "inputs" or len(values)):
            raise ValueError(f"{name} must have one entry for each of {time} states, got {len(values)}")
    require_pass(lit)
    if step is not None and require_count("step", step, least=0) > time:
        raise ValueError(f"step must be at most {time}, the last one, got {step}")
    forth, back = (step if lit == way else None for way in PASSES)
    outputs, errors = (values if len(values) else [None] * time for values in (outputs, errors))

    for t in range(1, time + 1):
        into = "forward" if t == forth else None
        draw_weight(ax, (t - 1, STATE), (t, STATE), "$W$", lit=into or ("backward" if t - 1 == back else None))
        draw_weight(ax, (t, INPUT), (t, STATE), "$U$", lit=into)
        draw_node(ax, (t, INPUT), f"$x_{{{t}}}$", value=written(inputs[t - 1]), below=True)
        if outputs[t - 1] is not None:
            draw_weight(ax, (t, STATE), (t, OUTPUT), "$V$", lit=into or ("backward" if t == back else None))
            known = forth is None or t <= forth
            draw_node(ax, (t, OUTPUT), f"$o_{{{t}}}$", value=written(outputs[t - 1]) if known else "")
    for t, (state, error) in enumerate(zip([start, *states], [None, *errors], strict=True)):
        draw_node(ax, (t, STATE), f"$s_{{{t}}}$")
        known, reached = forth is None or t <= forth, lit == "backward" and (back is None or t >= back)
        beside(ax, (t, STATE), written(state) if known else "", written(error) if reached or step is None else "")
    top = STATE if all(output is None for output in outputs) else OUTPUT
    ax.set(xlim=(-0.5, time + 0.8), ylim=(INPUT - 0.6, top + 0.6))
    return ax


def draw_weight(ax, start, end, name, *, lit=None):
    """Draw an arrow with its name beside the middle: above one that lies, to the right of one that stands."""
    draw_edge(ax, start, end, lit=lit, directed=True)
    stands = start[0] == end[0]
    offset, place = ((6, 0), {"va": "center"}) if stands else ((0, 3 if lit else 2), {"ha": "center"})
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    ax.annotate(name, middle, offset, textcoords="offset points", **place)


def written(value):
    """A number as in a formula; a text as it is; nothing for None."""
    content = cell_content("what stands beside a node", value)
    return signed(content, DIGITS) if isinstance(content, float) else content


def beside(ax, at, value, error, size=NODE_SIZE, *, wire_below=True):
    """Write a value to the upper right of a node, and an error below it: on the right where an edge leaves there."""
    right, up = size / 4 + 1, size / 2 - 2
    places = [(value, (right, up), "left", "bottom", FORWARD), (error, (right, -up), "left", "top", BACKWARD)]
    if not wire_below:
        places[1] = error, (0, -size / 2 - 2), "center", "top", BACKWARD
    for text, offset, ha, va, color in places:
        if text:
            ax.annotate(text, at, offset, textcoords="offset points", ha=ha, va=va, color=color, zorder=6)


# The cell of an LSTM: for each node its place, what is written in it, and its size in points.
CELL = {
    "c": (0, 5, "$c_{t-1}$", 32), "forgotten": (1.7, 5, "×", 20), "sum": (4.4, 5, "+", 20),
    "c_new": (9.7, 5, "$c_t$", 32), "written": (4.4, 3.5, "×", 20), "f": (1.7, 2, "$f_t$", 32),
    "i": (3.5, 2, "$i_t$", 32), "g": (5.3, 2, "$g_t$", 32),
    "o": (6.85, 2, "$o_t$", 32), "tanh": (8.05, 4.05, "tanh", 36), "shown": (8.05, 3.0, "×", 20),
    "h_new": (9.7, 3.0, "$h_t$", 32), "h": (0, 2, "$h_{t-1}$", 32), "x": (0, 0.3, "$x_t$", 32),
}  # fmt: skip
WIRES = {  # the wires of each part, from node to node
    "forget": [("h", "f"), ("x", "f"), ("f", "forgotten"), ("c", "forgotten")],
    "input": [("h", "i"), ("x", "i"), ("i", "written")],
    "candidate": [("h", "g"), ("x", "g"), ("g", "written")],
    "cell": [("forgotten", "sum"), ("written", "sum"), ("sum", "c_new")],
    "output": [("h", "o"), ("x", "o"), ("o", "shown"), ("sum", "tanh"), ("tanh", "shown"), ("shown", "h_new")],
}
JOINT = 0.95  # the x at which the state before joins the line that carries [h, x] to the gates


def draw_lstm_cell(ax, *, x, h, c, f, i, g, o, gradients=None, part=None, lit="forward"):
    r"""Draw one cell of an LSTM at one time step, with a real number at every wire; one part may be lit.

    The cell state runs along the top: times the forget gate :math:`f_t`, plus the candidate :math:`g_t` times the input
    gate :math:`i_t`; the output gate :math:`o_t` shows a part of it. The way forward has reached `part`: what later
    parts compute has no number yet. Introduced in the chapter "Long short-term memory".

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw, best 5.6 inches wide and 4 high; its own axes are switched off and its limits set.
    x : float or str
        The input, a number or a letter.
    h, c : float
        Hidden state and cell state before.
    f, i, g, o : float
        The forget gate, the input gate, the candidate and the output gate. What follows from them is computed.
    gradients : dict from str to float or str, optional
        Written below the numbers in the colour of the backward pass, for any of ``x``, ``h``, ``c``, ``f``, ``i``,
        ``g``, ``o``, ``c_new`` and ``h_new``.
    part : {"forget", "input", "candidate", "cell", "output"}, optional
        The part whose wires are lit.
    lit : {"forward", "backward"}
        On which way: in the direction, and the colour, of this pass.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    TypeError, ValueError
        If `ax` is no Axes, or a name of a gradient, `part` or `lit` is none of these.

    Examples
    --------
    >>> from dlnotes.style import subplots
    >>> figure, ax = subplots(size=(5.6, 4))
    >>> ax = draw_lstm_cell(ax, x="e", h=0.1, c=0.8, f=0.9, i=0.3, g=-0.5, o=0.7, part="forget")
    """
    if part is not None and not (isinstance(part, str) and part in WIRES):
        raise ValueError(f"part must be one of {', '.join(WIRES)}, got {shown(part)}")
    require_pass(lit)
    require_axes(ax)
    numbers = {"h": h, "c": c, "f": f, "i": i, "g": g, "o": o}
    h, c, f, i, g, o = (require_number(name, value, "a finite number", isfinite) for name, value in numbers.items())
    gradients = {} if gradients is None else gradients
    if not isinstance(gradients, dict):
        raise TypeError(f"gradients must be a dictionary from a name to a number, got {kind(gradients)}")
    if unknown := set(gradients) - {"x", "h", "c", "f", "i", "g", "o", "c_new", "h_new"}:
        raise ValueError(
            f"gradients must be of x, h, c, f, i, g, o, c_new or h_new, got {', '.join(sorted(map(shown, unknown)))}"
        )

    c_new = f * c + i * g
    values = {
        "x": x, "h": h, "c": c, "f": f, "i": i, "g": g, "o": o, "forgotten": f * c, "written": i * g,
        "c_new": c_new, "tanh": np.tanh(c_new), "h_new": o * np.tanh(c_new),
    }  # fmt: skip
    later = list(WIRES)[list(WIRES).index(part) + 1 :] if part and lit == "forward" else []
    for not_yet in {end for name in later for _, end in WIRES[name]}:
        values.pop(not_yet, None)
    ax.set(xlim=(-0.7, 10.9), ylim=(-0.5, 6.1))
    for name, wires in WIRES.items():
        for start, end in wires:
            draw_wire(ax, start, end, lit if name == part else None)
    for name, (*at, text, size) in CELL.items():
        draw_node(ax, at, text, size=size)
        gate = name in ("f", "i", "g", "o")
        beside(ax, at, written(values.get(name, "")), written(gradients.get(name, "")), size, wire_below=gate)
    return ax


def draw_wire(ax, start, end, lit):
    """Draw a wire of the cell, around corners: grey, or an arrow."""
    (x, y, *_, start_size), (end_x, end_y, *_, end_size) = CELL[start], CELL[end]
    if start == "h":
        line = CELL["x"][1]
        corners = [(JOINT, y), (JOINT, line), (end_x, line)]
    else:
        corners = [(end_x, y)] if start in ("x", "sum") else [(x, end_y)]
    points = [(x, y), *corners, (end_x, end_y)]
    if not lit:
        ax.plot(*zip(*points, strict=True), color=MUTED, linewidth=1, zorder=1)
        return
    ax.plot(*zip(*points, strict=True), color=PASSES[lit], linewidth=3, zorder=1.5)
    legs = [leg for leg in pairwise(points) if leg[0] != leg[1]]
    leg, size = (legs[-1], end_size) if lit == "forward" else (legs[0], start_size)
    draw_edge(ax, *leg, lit=lit, node_size=size)
