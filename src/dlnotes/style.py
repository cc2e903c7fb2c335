"""One palette and one figure style for the whole book.

Each colour has one meaning, and is never its only carrier: lines also differ by dash or by a label.

>>> from dlnotes.style import NEGATIVE, POSITIVE, subplots
>>> figure, ax = subplots()
>>> lines = ax.plot([0, 1], [0, 1], color=POSITIVE, label="right")
>>> lines = ax.plot([0, 1], [1, 0], color=NEGATIVE, linestyle="--", label="wrong")

In Python a colour is its shade for a white page. In the book the page replaces it by the shade of the reader's
theme, and black and white by the colours of the page's text and background. Other colours stay as they are, those
of a colormap too, so text written on them takes its colour from `text_on`. Several lines in an order are told apart
in both themes by one colour with growing ``alpha``.
"""

import math
from numbers import Real

import matplotlib.style
from cycler import cycler
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure

from dlnotes.operation import is_integer, require_count, require_number, shown

PALETTE = {
    # meaning: (shade on white, shade on the dark page)
    "positive": ("#1565c0", "#5aa2ff"),
    "negative": ("#c45500", "#ff9a3d"),
    "forward": ("#00857c", "#4fe3d0"),
    "backward": ("#5e2a91", "#a97be6"),
    "training": ("#1f2a44", "#dfe6f5"),
    "test": ("#d81b70", "#ff6fa8"),
    "muted": ("#868b96", "#7e8590"),
    "highlight": ("#665000", "#ffe066"),
}
PAGE = ("#ffffff", "#121212")
INK = ("#222832", "#ced6dd")

POSITIVE, NEGATIVE, FORWARD, BACKWARD, TRAINING, TEST, MUTED, HIGHLIGHT = (light for light, _ in PALETTE.values())

# White, black and the palette follow the page's theme. A colour that means a value must not, so none is among these.
DIVERGING = LinearSegmentedColormap.from_list(
    "dlnotes_diverging", ["#6e2c00", NEGATIVE, "#f7f7f7", POSITIVE, "#0a3570"]
)
SEQUENTIAL = LinearSegmentedColormap.from_list("dlnotes_sequential", ["#f7f7f7", "#8fb4dc", "#3a6296", "#1e2943"])

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "mathtext.fontset": "dejavusans",
    "axes.titlesize": "medium",
    "axes.titley": 1.0,  # else every drawing looks for a place above the labels on top, an eighth of its time
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=[light for light, _ in PALETTE.values()]),
    "grid.color": MUTED,
    "grid.alpha": 0.3,
    "image.interpolation": "none",  # a pixel of an array is a pixel of the picture
    "svg.fonttype": "path",  # looks the same whichever fonts the reader has
    "svg.hashsalt": "dlnotes",  # the same picture gives the same bytes
}


def context():
    """Return a context manager inside which figures are made, drawn and saved in the book's style.

    It starts from Matplotlib's defaults, so that a reader's own settings do not matter.
    """
    return matplotlib.style.context(["default", STYLE])


def subplots(rows=1, columns=1, size=(5.6, 3.5), **kwargs):
    """Make a figure with a grid of axes in the book's style.

    Unlike `matplotlib.pyplot.subplots` it leaves no global state: the figure is shown by
    `dlnotes.explore.show`, and only there. What is put on the axes later has Matplotlib's own defaults, so
    show the pixels of an array with ``imshow(..., interpolation="none")``.

    Parameters
    ----------
    rows, columns : int, default 1
        Number of axes below and beside each other.
    size : tuple of float, default (5.6, 3.5)
        Width and height in inches. The full width of a page is 5.6.
    **kwargs
        Passed to `matplotlib.figure.Figure.subplots`, such as ``sharex=True``.

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : Axes, or ndarray of Axes
        An array if there is more than one, of shape (rows, columns) or, where one of them is 1, (count,).

    Raises
    ------
    TypeError, ValueError
        If a number of axes is no count, or the size is not two positive numbers.

    Examples
    --------
    >>> figure, axes = subplots(rows=2, size=(5.6, 5), sharex=True)
    >>> axes.shape
    (2,)
    """
    rows, columns, size = require_count("rows", rows), require_count("columns", columns), require_size(size)
    with context():
        figure = Figure(figsize=size, layout="constrained")
        return figure, figure.subplots(rows, columns, **kwargs)


def require_size(size):
    """Return the size of a figure as a tuple; refuse what is no width and height."""
    if not isinstance(size, (tuple, list)) or not all(isinstance(s, Real) and not isinstance(s, bool) for s in size):
        raise TypeError(f"size must be two positive numbers, width and height in inches, got {shown(size)}")
    if len(size) != 2 or not all(0 < s < math.inf for s in size):
        raise ValueError(f"size must be two positive numbers, width and height in inches, got {shown(size)}")
    return tuple(size)


def contrast(first, second):
    """Return the WCAG 2 contrast ratio of two colours, from 1 to 21.

    Raises
    ------
    ValueError
        If one of them is no colour.

    Examples
    --------
    >>> round(contrast("black", "white"))
    21
    """

    def luminance(color):
        require_color("a colour", color)
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)


def text_on(color):
    """Return the colour of legible text on a field of the given colour, in the light and the dark theme alike.

    Raises
    ------
    ValueError
        If `color` is none.

    Examples
    --------
    >>> text_on(SEQUENTIAL(0.9)), text_on(SEQUENTIAL(0.1))
    ('#fefefe', '#010101')
    """
    return max("#010101", "#fefefe", key=lambda text: contrast(text, color))


def require_color(name, value):
    """Refuse what Matplotlib does not know as a colour."""
    try:
        to_rgb(value)
    except Exception:  # it asks a value in many ways whether it is one
        raise ValueError(f"{name} must be a colour, as 'red' or '#1565c0', got {shown(value)}") from None


def in_words(number):
    r"""Return a number of any size as a reader expects it in a sentence or beside a point, with two digits or more.

    Parameters
    ----------
    number : float
        The number.

    Returns
    -------
    str
        Such as ``"0.023"``, ``"136"`` or ``"1.3 × 10⁻⁷"``, whose spaces don't break.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is infinite or not a number.

    Examples
    --------
    >>> in_words(0.4), in_words(136.2), in_words(0)
    ('0.40', '136', '0')
    >>> in_words(-1.34e-7).replace("\xa0", " ")
    '−1.3 × 10⁻⁷'
    """
    number = require_number("number", number, "a finite number", math.isfinite)
    if number == 0:
        return "0"
    mantissa, _, power = f"{number:.1e}".partition("e")
    if 1 <= int(power) <= 2:
        text = f"{number:.0f}"
    elif -4 <= int(power) <= 0:
        text = f"{number:#.2g}"  # with the zero of 0.40
    else:
        text = f"{mantissa}\u00a0×\u00a0{power_of_ten(int(power))}"
    return minus(text)


def minus(value):
    """Return a value as text with the sign that mathematics uses in place of a hyphen.

    Parameters
    ----------
    value : object
        A number, or a text with numbers and no hyphens between words.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> minus(-3), minus("from -1 to 2")
    ('−3', 'from −1 to 2')
    """
    return str(value).replace("-", "−")


def power_of_ten(power):
    """Return a power of ten as text.

    Parameters
    ----------
    power : int
        The exponent.

    Returns
    -------
    str
        ``"1"`` for the power 0.

    Raises
    ------
    TypeError
        If `power` is no whole number.

    Examples
    --------
    >>> power_of_ten(-7), power_of_ten(0)
    ('10⁻⁷', '1')
    """
    if not is_integer(power):
        raise TypeError(f"power must be a whole number, got {shown(power)}")
    return "10" + str(power).translate(RAISED) if power else "1"


def css():
    """Return the style sheet that defines the palette as CSS variables for the light and the dark theme.

    The theme is `data-theme` of the page's root element, or without it what the reader's system prefers.
    """
    light, dark = (
        "".join(f" --dl-{name}: {shades[theme]};" for name, shades in {"page": PAGE, "ink": INK, **PALETTE}.items())
        for theme in (0, 1)
    )
    return (
        f":root {{{light} }}\n"
        f'html[data-theme="dark"] {{{dark} }}\n'
        f"@media (prefers-color-scheme: dark) {{ html:not([data-theme]) {{{dark} }} }}\n"
    )
