"""Figures with sliders: live in Jupyter, and self-contained in the book's pages.

>>> from dlnotes.explore import Slider, explore
>>> def draw(ax, slope):
...     ax.plot([0, 1], [0, slope])
...     ax.set_ylim(0, 3)
...     return f"The line ends at {slope}."
>>> explore(draw, alt="A straight line.", slope=Slider(1, 3, 1, start=2, label="slope"))  # doctest: +SKIP

The environment variable DLNOTES_EXPLORE says what a cell shows:

``live`` (default)
    Widgets, and the kernel draws again when they move.
``preview``
    The picture at the start values with its alt text, as the stored notebooks hold it.
``static``
    HTML with all pictures inside. A page that holds it includes the `player_files` once, for all its figures.
"""

import base64
import os
from pathlib import Path

from matplotlib.figure import Figure

from dlnotes.explore.controls import Choice, Slider
from dlnotes.explore.fields import Numbers, Pad, Points
from dlnotes.explore.html import explore_html, frame_html, show_html, touched_html
from dlnotes.explore.pictures import Pictures, compress, css_size, png
from dlnotes.explore.progress import progress
from dlnotes.explore.touched import Touched
from dlnotes.operation import shown
from dlnotes.style import css

__all__ = ["Choice", "Numbers", "Pad", "Points", "Slider", "explore", "player_files", "progress", "show", "touch"]


def player_files():
    """Return what a page with figures includes: for each file its name and its text, the palette in the style sheet."""
    names = ("player.css", "touch.css", "touch.js", "player.js")  # in the order in which a page loads them
    texts = {name: Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names}
    return texts | {"player.css": css() + texts["player.css"]}


def explore(draw, *, alt, rows=1, columns=1, size=(5.6, 3.5), **controls):
    """Show a picture that the reader can move.

    Parameters
    ----------
    draw : callable
        ``draw(axes, **values)`` draws one picture on empty axes. It may return a sentence that says what is to be
        seen at these values; the sentence stands below the picture. Set the axes' limits in it: the layout is
        computed once, for the start picture.
    alt : str
        What the figure shows, in words, for readers who do not see it.
    rows, columns : int, default 1
        Grid of axes. If there is more than one, `axes` is an array, as of `dlnotes.style.subplots`.
    size : tuple of float, default (5.6, 3.5)
        Width and height in inches.
    **controls : Slider or Choice
        One control for each further argument of `draw`. For the book every combination of values is drawn, 450 at
        most; about 100 are enough for most figures.

    Raises
    ------
    ValueError
        If there is no alt text, the size is not positive, there are no controls or too many pictures, two controls
        have one label, or DLNOTES_EXPLORE has no known value.
    TypeError
        If `draw` is no function, the controls are not what it takes, or it returns something else than a sentence.
    RuntimeError
        If `draw` fails; the message says at which values.
    """
    mode = _mode()
    _check_alt(alt)
    pictures = Pictures(draw, rows, columns, size, controls)
    if mode == "static":
        _display({"text/html": explore_html(pictures, alt)})
    elif mode == "preview":
        picture, sentence = pictures.picture(pictures.start, png)
        _display_png(picture, size, alt, [pictures.text(pictures.start), sentence])
    else:
        from IPython.display import display

        from dlnotes.explore.widgets import explore_widget  # imports ipywidgets

        display(explore_widget(pictures, alt))


def show(figure, *, alt):
    """Show an ordinary figure: a picture in Jupyter, and in the book one that follows the page's theme.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Made by `dlnotes.style.subplots`.
    alt : str
        What the figure shows, in words, for readers who do not see it.

    Raises
    ------
    ValueError
        If there is no alt text.
    TypeError
        If `figure` is none.
    """
    mode = _mode()
    _check_alt(alt)
    if not isinstance(figure, Figure):
        raise TypeError(f"show takes a figure, as dlnotes.style.subplots makes it, got {shown(figure)}")
    if mode == "static":
        _display({"text/html": show_html(figure, alt)})
    else:
        _display_png(png(figure), figure.get_size_inches(), alt)


def touch(draw, *, alt, rows=1, columns=1, size=(5.6, 3.5), **fields):
    """Show a picture on which the reader draws, drags or types, and which is computed where it is shown.

    Parameters
    ----------
    draw : callable
        ``draw(picture, **values)`` draws on ``picture.axes``: ``picture.run(operation, value, ...)`` computes with
        the values of the fields and with arrays, and ``picture.cells``, ``path``, ``bars``, ``points``, ``pad`` and
        ``write`` show what comes out; what is drawn otherwise stays as it is. It runs once: what it does with
        values is recorded, and repeated in the page whenever the reader changes a field. It may return
        ``picture.say(template, value, ...)``, a sentence with the values in its holes.
    alt : str
        What the figure shows, in words, for readers who do not see it.
    rows, columns : int, default 1
        Grid of axes.
    size : tuple of float, default (5.6, 3.5)
        Width and height in inches.
    **fields : Pad, Points, Numbers, Slider or Choice
        One field for each further argument of `draw`. The value of a slider is its number, that of a choice the
        index of the option.

    Raises
    ------
    ValueError
        If there is no alt text, no field to be touched, or the page knows no such step.
    TypeError
        If a field is none, or `draw` returns something else than a sentence.

    Notes
    -----
    In Jupyter the figure is the same page in a frame of its own: the kernel has computed the start, and the page
    goes on alone. Run the cell again, and it has the parameters of the kernel's network.
    """
    mode = _mode()
    _check_alt(alt)
    touched = Touched(draw, rows, columns, size, fields)
    if mode == "static":
        _display({"text/html": touched_html(touched, alt)})
    elif mode == "preview":
        _display_png(png(touched.figure), size, alt, [touched.sentence])
    else:
        _display({"text/html": frame_html(touched_html(touched, alt), alt, player_files())})


def _mode():
    mode = os.environ.get("DLNOTES_EXPLORE", "live")
    if mode not in ("live", "preview", "static"):
        raise ValueError(f"DLNOTES_EXPLORE must be live, preview or static, got {mode!r}")
    return mode


def _check_alt(alt):
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must say in words what the figure shows, got {alt!r}")


def _display_png(picture, size, alt, lines=()):
    width, height = css_size(size)
    text = "\n".join(line for line in [f"[figure] {alt}", *lines] if line)
    metadata = {"image/png": {"width": width, "height": height, "alt": alt}}
    encoded = base64.b64encode(compress(picture)).decode()  # as messages have it; not every kernel encodes by itself
    _display({"image/png": encoded, "text/plain": text}, metadata)


def _display(bundle, metadata=None):
    from IPython.display import display

    display(bundle, metadata=metadata or {}, raw=True)
