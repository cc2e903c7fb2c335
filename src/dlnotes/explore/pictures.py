"""Drawing the pictures of an explore figure: one clean figure for each setting, all with the same layout."""

import io
from math import prod

from matplotlib.figure import Figure

from dlnotes import style


class Pictures:
    """The pictures that a drawing function makes of the values of some controls.

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
        self.draw, self.rows, self.columns, self.size, self.controls = draw, rows, columns, size, controls
        self.positions = None  # set by the first picture, then kept

    @property
    def start(self):
        """Indices of the setting shown first, one for each control."""
        return tuple(control.start for control in self.controls.values())

    @property
    def count(self):
        """Number of settings."""
        return prod(len(control.values) for control in self.controls.values())

    def text(self, setting):
        """Return the setting in words, such as ``"learning rate η = 0.3, steps = 20"``."""
        return ", ".join(
            f"{control.label} = {control.texts[i]}"
            for control, i in zip(self.controls.values(), setting, strict=True)
        )

    def picture(self, setting):
        """Draw one picture.

        Parameters
        ----------
        setting : tuple of int
            The index of the chosen value, for each control.

        Returns
        -------
        figure : matplotlib.figure.Figure
        sentence : str
            What `draw` returned, empty if nothing.
        """
        if self.positions is None and setting != self.start:
            self.picture(self.start)
        values = {
            name: control.values[i]
            for (name, control), i in zip(self.controls.items(), setting, strict=True)
        }
        with style.context():
            figure = Figure(figsize=self.size, layout="constrained")
            axes = figure.subplots(self.rows, self.columns)
            try:
                sentence = self.draw(axes, **values)
                if not (sentence is None or isinstance(sentence, str)):
                    raise TypeError(f"draw must return a sentence or None, got {sentence!r}")
                self._lay_out(figure)
            except Exception as error:
                raise RuntimeError(f"draw failed at {self.text(setting)}: {error}") from error
        return figure, sentence or ""

    def _lay_out(self, figure):
        """Compute the layout of the first picture, and give it to all others, so that nothing jumps."""
        if self.positions is None:
            figure.draw_without_rendering()
            self.positions = [axes.get_position(original=True) for axes in figure.axes]
        figure.set_layout_engine("none")
        for axes, position in zip(figure.axes, self.positions, strict=False):
            axes.set_position(position, which="original")


def png(figure, scale=2):
    """Return the figure as PNG bytes, with `scale` pixels for each CSS pixel."""
    file = io.BytesIO()
    with style.context():
        figure.savefig(file, format="png", dpi=96 * scale)
    return file.getvalue()
