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
from dlnotes.explore.html import explore_html, show_html
from dlnotes.explore.pictures import Pictures, compress, css_size, png
from dlnotes.explore.progress import progress
from dlnotes.operation import shown
from dlnotes.style import css

__all__ = ["Choice", "Slider", "explore", "player_files", "progress", "show"]


def player_files():
    """Return what a page with figures includes: for each file its name and its text, the palette in the style sheet."""
    sheet, script = (Path(__file__).with_name(name) for name in ("player.css", "player.js"))
    return {sheet.name: css() + sheet.read_text(encoding="utf-8"), script.name: script.read_text(encoding="utf-8")}


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
