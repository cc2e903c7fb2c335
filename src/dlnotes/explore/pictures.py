"""Drawing the pictures of an explore figure: a clean figure for each setting, all with the same layout."""

import io
import sys
from inspect import signature
from itertools import product
from math import prod

from matplotlib.figure import Figure
from PIL import Image

from dlnotes import style
from dlnotes.explore.controls import MOST_PICTURES, Control
from dlnotes.operation import require_callable, require_count

PIXELS_PER_INCH = 96  # of CSS


class Pictures:
    """The pictures that a drawing function makes of the values of some controls.

    A setting is a tuple with the index of the chosen value of each control.

    Parameters
    ----------
    draw : callable
        ``draw(axes, **values)`` draws one picture and returns a sentence about it, or None.
    rows, columns : int
        The grid of axes that `draw` gets.
    size : tuple of float
        Width and height in inches.
    controls : dict of str to Control
        The controls by the name of their argument of `draw`.
    """

    def __init__(self, draw, rows, columns, size, controls):
        _check(draw, controls)
        self.draw, self.size = draw, style.require_size(size)
        self.rows, self.columns = require_count("rows", rows), require_count("columns", columns)
        self.names, self.controls = list(controls), list(controls.values())
        self.start = tuple(control.start for control in self.controls)
        self._positions = None  # of the axes, known after the first picture

    def settings(self):
        """Return all settings; the last control changes fastest."""
        return list(product(*(range(len(control.values)) for control in self.controls)))

    def text(self, setting):
        """Return the setting in words, such as ``"learning rate η = 0.3, steps = 20"``."""
        return ", ".join(
            f"{control.label} = {control.texts[i]}" for control, i in zip(self.controls, setting, strict=True)
        )

    def picture(self, setting, write):
        """Draw one picture.

        Parameters
        ----------
        setting : tuple of int
            The index of the chosen value of each control.
        write : callable
            Turns the figure into what is wanted, such as `png`.

        Returns
        -------
        picture
            What `write` returned.
        sentence : str
            What `draw` returned, empty if nothing.

        Raises
        ------
        RuntimeError
            If `draw` raises an exception, or the figure can't be written. The cause is chained.
        TypeError
            If `draw` returns neither a string nor None.
        """
        if self._positions is None and setting != self.start:
            self.picture(self.start, write)
        values = (control.values[i] for control, i in zip(self.controls, setting, strict=True))
        with style.context():
            figure = Figure(figsize=self.size, layout="constrained")
            axes = figure.subplots(self.rows, self.columns)
            empty, before = _parts(figure), _pyplot_figures()
            try:
                sentence = self.draw(axes, **dict(zip(self.names, values, strict=True)))
                _check_not_astray(figure, empty, before)
                self._lay_out(figure)
                picture = write(figure)
            except Exception as error:
                raise RuntimeError(f"draw failed at {self.text(setting)}: {error}") from error
        if not (sentence is None or isinstance(sentence, str)):
            raise TypeError(f"draw must return a sentence or None, got {sentence!r} at {self.text(setting)}")
        return picture, sentence or ""

    def _lay_out(self, figure):
        """Compute the layout of the first picture, and give it to all others, so that nothing jumps."""
        if self._positions is None:
            figure.draw_without_rendering()
            self._positions = [axes.get_position(original=True) for axes in figure.axes]
        figure.set_layout_engine(None)
        for axes, position in zip(figure.axes, self._positions, strict=False):
            axes.set_position(position, which="original")


def _parts(figure):
    """Return how many things are in the figure and on its axes."""
    return sum(len(parent.get_children()) for parent in (figure, *figure.axes))


def _pyplot_figures():
    """Return the numbers of the figures that pyplot has open; it is not imported for that."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


def _check_not_astray(figure, empty, before):
    """Refuse a drawing function that has drawn nothing on its axes, but on a new figure of pyplot."""
    astray = _pyplot_figures() - before
    if astray and _parts(figure) == empty:
        for number in astray:
            sys.modules["matplotlib.pyplot"].close(number)
        raise ValueError("nothing is on the axes that draw got; draw by ax.plot(...), not by plt.plot(...)")


def _check(draw, controls):
    """Raise an exception if the controls are none, too many, or not what the drawing function takes."""
    require_callable("draw", draw, "a function draw(axes, **values)")
    if not controls:
        raise ValueError("explore needs a Slider or a Choice for each argument of draw; to show a figure use show")
    for name, control in controls.items():
        if not isinstance(control, Control):
            raise TypeError(f"{name} must be a Slider or a Choice, got {control!r}")
        if name == "figure":
            raise ValueError("a control can't have the name figure: in a page's address that names the figure")
    try:
        signature(draw).bind(None, **controls)
    except TypeError as error:
        raise TypeError(
            f"draw{signature(draw)} must take the axes and the controls {', '.join(controls)}: {error}"
        ) from None
    counts = {control.label: len(control.values) for control in controls.values()}
    if len(counts) < len(controls):
        raise ValueError(
            f"controls need labels that differ, got {', '.join(repr(control.label) for control in controls.values())}"
        )
    count = prod(counts.values())
    if count > MOST_PICTURES:
        counted = ", ".join(f"{label!r} has {number} values" for label, number in counts.items())
        raise ValueError(
            f"at most {MOST_PICTURES} pictures fit a page, these controls make {count}: {counted}; "
            f"enlarge the step of {max(counts, key=counts.get)!r}"
        )


def png(figure):
    """Return the figure as PNG with two pixels for each CSS pixel, the same bytes for the same figure."""
    file = io.BytesIO()
    with style.context():
        figure.savefig(file, format="png", dpi=2 * PIXELS_PER_INCH, metadata={"Software": None})
    return file.getvalue()


def compress(picture):
    """Return a PNG with 256 colours, chosen from those of the picture: it looks the same in a third of the bytes."""
    file = io.BytesIO()
    colors = Image.open(io.BytesIO(picture)).convert("RGB")
    colors.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(file, "png", optimize=True)
    return file.getvalue()


def css_size(size):
    """Return width and height in CSS pixels of a size in inches."""
    return tuple(round(inches * PIXELS_PER_INCH) for inches in size)
