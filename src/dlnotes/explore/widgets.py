"""The figure as widgets: the kernel draws again when a control moves."""

import base64
import traceback
from html import escape

import ipywidgets

from dlnotes.explore.pictures import css_size, png


def explore_widget(pictures, alt):
    """Return a box with a widget for each control, and below them the picture, which follows.

    The picture at the start values is drawn at once, and what goes wrong is raised. What goes wrong at other
    values is shown in place of the picture.

    Parameters
    ----------
    pictures : Pictures
        What to draw, and for which settings.
    alt : str
        What the figure shows, in words.
    """
    fields = [_field(control) for control in pictures.controls]
    rows = [
        ipywidgets.HBox([field, *_player(control, field, fields)], layout={"flex_flow": "row wrap"})
        if control.tick
        else field
        for control, field in zip(pictures.controls, fields, strict=True)
    ]
    # An image inside HTML, because an image widget has no alt text.
    view = ipywidgets.HTML(_picture_html(pictures, pictures.start, alt))

    def redraw(_):
        try:
            view.value = _picture_html(pictures, tuple(field.value for field in fields), alt)
        except Exception:  # whatever draw raises; here nobody else would see it
            view.value = f'<pre role="alert">{escape(traceback.format_exc())}</pre>'

    for field in fields:
        field.observe(redraw, names="value")
    return ipywidgets.VBox([*rows, view])


def _field(control):
    """Return a widget whose value is the index of the setting."""
    options = {
        "options": [(text, i) for i, text in enumerate(control.texts)],
        "value": control.start,
        "description": control.label,
        "style": {"description_width": "initial"},  # the label is not cut
        "layout": {"width": "auto", "max_width": "538px"},
    }
    if control.kind == "slider":
        return ipywidgets.SelectionSlider(**options)
    if control.kind == "buttons":
        return ipywidgets.RadioButtons(**options, orientation="horizontal")
    return ipywidgets.Dropdown(**options)


def _player(control, slider, fields):
    """Return the buttons that move a slider over time: back, play, and next.

    Play goes on to the end, or until the reader moves one of the `fields`.
    """
    last = len(control.values) - 1
    play = ipywidgets.Play(min=0, max=last, value=control.start, interval=control.tick, show_repeat=False)

    def stop(change):
        if change.owner is not slider or slider.index != play.value:  # not a move that play has made
            play.playing = False

    def button(name, step):
        button = ipywidgets.Button(description=name, layout={"width": "auto"})
        button.on_click(lambda _: slider.set_trait("index", min(max(slider.index + step, 0), last)))
        return button

    for field in fields:
        field.observe(stop, names="index")
    ipywidgets.link((play, "value"), (slider, "index"))
    return [button("Back", -1), play, button("Next", 1)]


def _picture_html(pictures, setting, alt):
    picture, sentence = pictures.picture(setting, png)
    width, height = css_size(pictures.size)
    return (
        f'<img alt="{escape(alt)}" width="{width}" height="{height}" style="max-width: 100%; height: auto" '
        f'src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
        f"<p>{escape(sentence)}</p>"
    )
