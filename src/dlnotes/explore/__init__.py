"""Figures with sliders: live in Jupyter, and self-contained in the book's pages.

>>> from dlnotes.explore import Slider, explore
>>> def draw(ax, slope):
...     ax.plot([0, 1], [0, slope])
...     ax.set_ylim(0, 3)
...     return f"The line ends at {slope}."
>>> explore(draw, alt="A straight line.", slope=Slider(1, 3, 1, start=2, label="slope"))  # doctest: +SKIP

The environment variable DLNOTES_EXPLORE says what a cell shows:

- ``live`` (default): widgets, redrawn by the kernel;
- ``preview``: the picture at the start values, as the stored notebooks hold it;
- ``static``: HTML for the book, with every picture inside. The page includes the files `assets` once.
"""

import os

from IPython.display import display

from dlnotes.explore.controls import Choice, Control, Slider
from dlnotes.explore.pictures import Pictures, png

__all__ = ["Choice", "Slider", "explore", "show"]


def explore(draw, *, alt, rows=1, columns=1, size=(5.6, 3.5), **controls):
    """Show a picture that follows the reader's settings."""
    pictures = Pictures(draw, rows, columns, size, controls)
    figure, sentence = pictures.picture(pictures.start)
    _preview(figure, alt, f"{alt}\n{pictures.text(pictures.start)}\n{sentence}".strip())


def show(figure, *, alt):
    """Show an ordinary figure."""
    _preview(figure, alt, alt)


def _preview(figure, alt, text):
    width, height = figure.get_size_inches() * 96
    display(
        {"image/png": png(figure), "text/plain": f"[figure] {text}"},
        metadata={"image/png": {"width": int(width), "height": int(height), "alt": alt}},
        raw=True,
    )
