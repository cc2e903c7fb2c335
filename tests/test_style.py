"""The palette is legible in both themes and for colour-blind readers, and style leaves no trace."""

from itertools import product
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from dlnotes import style
from dlnotes.explore import player_files

PAIRS = [("positive", "negative"), ("forward", "backward"), ("training", "test")]

# How readers without one kind of cone see linear RGB: Machado, Oliveira and Fernandes, 2009, severity 1.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def perceived(color, vision):
    """Return the colour in CIE L*a*b*, in which a distance of about 2 can just be seen."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(VISION[vision] @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.maximum(to_xyz @ seen / [0.9505, 1, 1.089], 1e-6))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize(("name", "theme"), list(product(style.PALETTE, (0, 1))))
def test_colour_stands_out_from_page(name, theme):
    least = 3 if name == "muted" else 4.5  # as graphics, and all but the muted one also as text
    assert style.contrast(style.PALETTE[name][theme], style.PAGE[theme]) >= least


@pytest.mark.parametrize(("pair", "vision", "theme"), list(product(PAIRS, VISION, (0, 1))))
def test_pair_differs_for_every_reader(pair, vision, theme):
    first, second = (perceived(style.PALETTE[name][theme], vision) for name in pair)
    assert np.linalg.norm(first - second) > 20


def test_contrast_is_that_of_wcag():
    assert style.contrast("white", "black") == pytest.approx(21)
    assert style.contrast("#767676", "white") == pytest.approx(4.54, abs=0.01)  # the lightest grey for text
    assert style.contrast("white", "#767676") == style.contrast("#767676", "white")


def test_each_colour_has_a_name_of_its_own():
    for name, (light, _) in style.PALETTE.items():
        assert getattr(style, name.upper()) == light
    shades = [shade for shades in style.PALETTE.values() for shade in shades]
    assert len(set(shades)) == len(shades)


@pytest.mark.parametrize("colormap", [style.DIVERGING, style.SEQUENTIAL])
def test_colormap_keeps_clear_of_what_the_page_replaces(colormap):
    colors = {mpl.colors.to_hex(color) for color in colormap(np.arange(colormap.N))}
    assert not colors & {"#000000", "#ffffff", *(light for light, _ in style.PALETTE.values())}


def test_colormaps_order_lightness():
    lightness = np.array([perceived(color[:3], "normal")[0] for color in style.SEQUENTIAL(np.linspace(0, 1, 50))])
    assert np.all(np.diff(lightness) < 0)
    lightness = np.array([perceived(color[:3], "normal")[0] for color in style.DIVERGING(np.linspace(0, 1, 51))])
    assert np.all(np.diff(lightness[:26]) > 0)
    assert np.all(np.diff(lightness[25:]) < 0)


@pytest.mark.parametrize("value", np.linspace(0, 1, 21))
def test_text_on_colormaps_is_legible(value):
    for color in (style.DIVERGING(value), style.SEQUENTIAL(value)):
        assert style.contrast(style.text_on(color), color) >= 4.5


def test_nothing_global_changes():
    before = dict(mpl.rcParams)
    figure, _ = style.subplots()
    with style.context():
        figure.draw_without_rendering()
        assert mpl.rcParams["font.size"] == 11
    assert dict(mpl.rcParams) == before


def test_reader_settings_do_not_matter():
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "pink"}):
        _, ax = style.subplots()
    assert ax.xaxis.label.get_fontsize() == 11
    assert ax.get_facecolor() == (1, 1, 1, 1)


def test_subplots_passes_grid_and_options():
    figure, axes = style.subplots(2, 3, size=(5, 4), sharex=True)
    assert axes.shape == (2, 3)
    assert tuple(figure.get_size_inches()) == (5, 4)
    assert axes[0, 0].get_shared_x_axes().joined(axes[0, 0], axes[1, 2])


def test_the_palette_of_the_player_is_that_of_the_figures():
    sheet = player_files()["player.css"]
    assert sheet.startswith(style.css())
    for light, dark in style.PALETTE.values():
        assert sheet.count(light) == 1
        assert sheet.count(dark) == 2  # for the book's theme, and for the reader's system


def test_the_palette_stands_in_one_place_only():
    package = Path(style.__file__).parent
    shades = {shade for pair in [*style.PALETTE.values(), style.INK] for shade in pair}
    files = [path for path in package.rglob("*") if path.suffix in (".py", ".css", ".js")]
    assert [path.name for path in files if any(s in path.read_text(encoding="utf-8") for s in shades)] == ["style.py"]


@pytest.mark.parametrize("size", [(0, 0), (5, -1), (5, np.nan), (5, np.inf), (5,), (1, 2, 3)])
def test_a_size_that_is_no_size_is_refused(size):
    with pytest.raises(ValueError, match=r"^size must be two positive numbers, width and height in inches, got "):
        style.subplots(size=size)


@pytest.mark.parametrize("size", [5, None, "55", ("5", 5), (True, 5)])
def test_a_size_of_another_kind_is_refused(size):
    with pytest.raises(TypeError, match=r"^size must be two positive numbers, width and height in inches, got "):
        style.subplots(size=size)


@pytest.mark.parametrize(("wrong", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)])
@pytest.mark.parametrize("name", ["rows", "columns"])
def test_a_grid_of_no_axes_is_refused(name, wrong, error):
    with pytest.raises(error, match=f"^{name} must be an integer of at least 1, got "):
        style.subplots(**{name: wrong})


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.4, "0.40"),
        (-0.0996, "−0.10"),
        (3.04, "3.0"),
        (9.96, "10"),
        (123, "123"),
        (np.float32(99.7), "100"),
        (999.7, "1.0\u00a0×\u00a010³"),
        (0.000123, "0.00012"),
        (0.0000996, "0.00010"),
        (-1.34e-7, "−1.3\u00a0×\u00a010⁻⁷"),
        (4e210, "4.0\u00a0×\u00a010²¹⁰"),
    ],
)
def test_numbers_stand_in_a_sentence_with_two_digits_that_count(number, text):
    assert style.in_words(number) == text


def test_what_is_no_number_or_power_does_not_become_words():
    with pytest.raises(ValueError, match=r"^number must be a finite number, got nan"):
        style.in_words(np.nan)
    with pytest.raises(TypeError, match=r"^number must be a finite number, got '3'"):
        style.in_words("3")
    with pytest.raises(TypeError, match=r"^power must be a whole number, got 1\.5"):
        style.power_of_ten(1.5)


def test_minus_is_the_sign_of_mathematics():
    assert (style.minus(-0.5), style.minus("-1, 2"), style.minus(3)) == ("−0.5", "−1, 2", "3")
