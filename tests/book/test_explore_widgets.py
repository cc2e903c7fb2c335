"""explore in Jupyter: widgets that redraw, and what a real kernel sends."""

import base64
import re

import ipywidgets
import nbformat
import pytest
from nbclient import NotebookClient

from dlnotes.explore import Choice, Slider
from dlnotes.explore.pictures import Pictures, png
from dlnotes.explore.widgets import explore_widget

CELL = """
from dlnotes.explore import Slider, explore

drawn = []

def draw(ax, slope):
    drawn.append(slope)
    ax.plot([0, 1], [0, slope])
    return f"The line ends at {slope}."

explore(draw, alt="A line.", slope=Slider(0.1, 0.3, 0.1, start=0.2, label="slope"))
"""


def draw(ax, divisor, kind):
    ax.plot([0, 1 / divisor], kind)
    return f"It ends at {1 / divisor}."


@pytest.fixture
def pictures():
    controls = {
        "divisor": Slider(0.0, 1.0, 0.25, start=0.5, label="divisor of the line"),
        "kind": Choice({"solid": "-", "dashed": "--"}, label="kind"),
    }
    return Pictures(draw, 1, 1, (4, 3), controls)


@pytest.fixture
def widget(pictures):
    box = explore_widget(pictures, 'A "line".')
    yield box
    ipywidgets.Widget.close_all()


def image(view):
    return base64.b64decode(re.search(r'src="data:image/png;base64,([^"]*)"', view.value)[1])


def test_widgets_show_the_start(widget, pictures):
    slider, choice, view = widget.children
    assert (slider.label, choice.label) == ("0.50", "solid")
    assert (slider.description, choice.description) == ("divisor of the line", "kind")
    assert slider.style.description_width == "initial"
    assert isinstance(choice, ipywidgets.RadioButtons)
    assert choice.orientation == "horizontal"
    assert image(view) == pictures.picture((2, 0), png)[0]
    assert '<img alt="A &quot;line&quot;." width="384" height="288"' in view.value
    assert "It ends at 2.0." in view.value


def test_moving_a_widget_draws_again(widget, pictures):
    slider, choice, view = widget.children
    slider.label = "0.25"
    assert image(view) == pictures.picture((1, 0), png)[0]
    assert "It ends at 4.0." in view.value
    choice.label = "dashed"
    assert image(view) == pictures.picture((1, 1), png)[0]


def test_failure_is_shown_and_can_be_left_again(widget):
    slider, _, view = widget.children
    slider.label = "0.00"
    assert 'role="alert"' in view.value
    assert "draw failed at divisor of the line = 0.00, kind = solid: float division by zero" in view.value
    assert "Traceback" in view.value
    slider.label = "1.00"
    assert "It ends at 1.0." in view.value


def test_failure_at_the_start_is_raised(pictures):
    pictures.start = (0, 0)
    with pytest.raises(RuntimeError, match=r"draw failed at divisor of the line = 0\.00"):
        explore_widget(pictures, "A line.")


@pytest.fixture
def played():
    """The widgets of a figure with a slider over time and a list: slider, back, play, next, list, picture."""
    controls = {
        "divisor": Slider([1, 2, 4, 8], start=2, label="step", play=True),
        "kind": Choice({"solid": "-", "dashed": "--", "dotted": ":", "mixed": "-."}, label="kind"),
    }
    box = explore_widget(Pictures(draw, 1, 1, (4, 3), controls), "A line.")
    (slider, back, play, following), kind, view = box.children[0].children, *box.children[1:]
    yield slider, back, play, following, kind, view
    ipywidgets.Widget.close_all()


def test_play_moves_the_slider_and_the_picture(played):
    slider, _, play, _, _, view = played
    assert (slider.label, play.value, play.max, play.playing, play.interval) == ("2", 1, 3, False, 600)
    play.playing = True
    play.value = 2  # what the browser sends after a tick
    assert (slider.label, play.playing) == ("4", True)
    assert "It ends at 0.25." in view.value


def test_back_and_next_move_by_one_stay_at_the_ends_and_stop_play(played):
    slider, back, play, following, _, view = played
    assert (back.description, following.description) == ("Back", "Next")
    seen = []
    for button in (back, back, following, following, following, following):
        play.playing = True
        button.click()
        seen.append(slider.label)
    assert seen == ["1", "1", "2", "4", "8", "8"]
    assert "It ends at 0.125." in view.value
    play.playing, play.value = True, 0
    following.click()
    assert play.playing is False
    assert (play.value, slider.label) == (1, "2")


@pytest.mark.parametrize("name", ["slider", "list"])
def test_play_stops_when_the_reader_moves_a_control(played, name):
    slider, _, play, _, kind, _ = played
    assert isinstance(kind, ipywidgets.Dropdown)
    play.playing = True
    if name == "slider":
        slider.index = 3
        assert play.value == 3  # from where it would go on
    else:
        kind.index = 3
    assert play.playing is False


def run(monkeypatch, mode):
    """Run the cell in a kernel. Return the client, with the kernel still up, and the cell."""
    monkeypatch.setenv("DLNOTES_EXPLORE", mode)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL), nbformat.v4.new_code_cell("drawn")])
    return NotebookClient(notebook, kernel_name="python3"), notebook


def test_kernel_redraws_for_the_browser(monkeypatch):
    client, notebook = run(monkeypatch, "live")
    with client.setup_kernel():
        client.execute_cell(notebook.cells[0], 0)
        (output,) = notebook.cells[0].outputs
        assert "application/vnd.jupyter.widget-view+json" in output.data
        slider = next(
            identifier
            for identifier, state in client.widget_state.items()
            if state["_model_name"] == "SelectionSliderModel"
        )
        # What the browser sends when the reader moves the slider.
        content = {"comm_id": slider, "data": {"method": "update", "state": {"index": 2}, "buffer_paths": []}}
        client.kc.shell_channel.send(client.kc.session.msg("comm_msg", content))
        client.execute_cell(notebook.cells[1], 1)
        assert notebook.cells[1].outputs[0].data["text/plain"] == "[0.2, 0.3]"


def test_kernel_leaves_no_widget_behind_when_executed_for_storing(monkeypatch):
    client, notebook = run(monkeypatch, "preview")
    client.execute()
    (output,) = notebook.cells[0].outputs
    assert set(output.data) == {"image/png", "text/plain"}
    assert output.data["text/plain"] == "[figure] A line.\nslope = 0.2\nThe line ends at 0.2."
    assert output.metadata["image/png"]["alt"] == "A line."
    assert "widgets" not in notebook.metadata
