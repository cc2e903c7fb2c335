"""The HTML of a figure: the start picture, native controls, and all pictures as data for player.js.

The markup holds no script and no style of its own; the page includes player.css and player.js once. Without the
script the start picture stands for itself.
"""

import base64
import json
import re
import zlib
from hashlib import sha256
from html import escape, unescape

import numpy as np

from dlnotes.explore.controls import Control, readable
from dlnotes.explore.pictures import css_size
from dlnotes.explore.svg import glyph_definitions, markup, simplify, svg_text
from dlnotes.explore.template import Template

TALL = 430  # CSS pixels: with controls below it, a taller picture does not fit the screen of a laptop


def show_html(figure, alt):
    """Return an ordinary figure as HTML that follows the page's theme."""
    source = svg_text(figure)
    glyphs = {}
    svg = simplify(source, glyphs)
    identifier = _identifier(source, alt)
    return _figure(identifier, [_picture(identifier, svg, glyphs, css_size(figure.get_size_inches()), alt)])


def explore_html(pictures, alt):
    """Return the pictures of all settings as HTML with controls.

    Parameters
    ----------
    pictures : Pictures
        What to draw, and for which settings.
    alt : str
        What the figure shows, in words.
    """
    settings = pictures.settings()
    start = settings.index(pictures.start)
    sources, sentences = zip(*(pictures.picture(setting, svg_text) for setting in settings), strict=True)
    _check_pressed(sources, dict(zip(pictures.names, pictures.controls, strict=True)))
    glyphs = {}
    template = Template([simplify(source, glyphs) for source in sources], start)
    identifier = _identifier(*sources, alt, repr(sentences), pictures.text(pictures.start))
    data = {
        "contents": [content and content.replace("@", f"{identifier}-") for content in template.contents],
        "slots": template.slots,
        "sentences": sentences,
    }
    controls = "\n".join(
        _control(f"{identifier}-{name}", name, control)
        for name, control in zip(pictures.names, pictures.controls, strict=True)
    )
    size = css_size(pictures.size)
    return _movable(
        identifier,
        _picture(identifier, template.svg, glyphs, size, alt),
        controls,
        sentence=sentences[start] if any(sentences) else None,
        note=f"The picture at {pictures.text(pictures.start)}. "
        "To move the controls, open this page in a browser with JavaScript.",
        data=data,
        attributes=_tall(size),
    )


def touched_html(touched, alt):
    """Return a figure that the page computes as HTML: the start picture, controls, and what touch.js computes with.

    Parameters
    ----------
    touched : Touched
        The picture, the steps and the marks.
    alt : str
        What the figure shows, in words.
    """
    source = svg_text(touched.figure)
    _check_pressed([source], touched.fields)
    glyphs = {}
    svg = simplify(source, glyphs)
    data = touched.data()
    identifier = _identifier(source, alt, json.dumps(data))
    controls = "\n".join(
        _control(f"{identifier}-{name}", name, field)
        if isinstance(field, Control)
        else _array(f"{identifier}-{name}", name, field, touched.mark_of(name))
        for name, field in touched.fields.items()
    )
    size = css_size(touched.size)
    return _movable(
        identifier,
        _picture(identifier, svg, glyphs, size, alt, role="group"),  # it holds what is touched
        controls,
        sentence=touched.sentence or None,
        note="The picture at the start. To change it, use a browser with JavaScript.",
        data=data,
        attributes=" data-touch-computed" + _tall(size),
    )


def frame_html(figure, alt, files):
    """Return a figure as a page in a frame, with the scripts and styles that it needs: for Jupyter, which has none."""
    style, script = (
        "".join(f"<{tag}>{text}</{tag}>" for name, text in files.items() if name.endswith(ending))
        for tag, ending in (("style", ".css"), ("script", ".js"))
    )
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(alt)}</title>{style}</head>'
        f'<body style="margin: 0; background: var(--dl-page); font-family: sans-serif">{figure}{script}</body></html>'
    )
    fit = (
        "const { documentElement: root } = this.contentDocument;"
        "new ResizeObserver(() => { this.style.height = root.offsetHeight + 'px' }).observe(root)"
    )
    look = "width: 100%; height: 700px; border: 0"
    return f'<iframe srcdoc="{escape(page)}" title="{escape(alt)}" style="{look}" onload="{fit}"></iframe>'


def _movable(identifier, picture, controls, *, sentence, note, data, attributes):
    """Return a figure with a form of controls, the sentence at the start (None: there is none), and packed data."""
    return _figure(
        identifier,
        [
            picture,
            '<div class="dl-side">',
            '<form class="dl-controls" autocomplete="off" hidden>',
            f'{controls}\n<button type="reset">Reset</button>\n</form>',
            "" if sentence is None else f'<p class="dl-sentence" aria-live="polite">{escape(sentence)}</p>',
            f'<p class="dl-note">{escape(note)}</p>',
            "</div>",
            f'<script type="application/json">{json.dumps(_pack(data))}</script>',
        ],
        attributes,
    )


def _tall(size):
    """Return the attribute of a figure whose picture is tall."""
    return " data-tall" if size[1] > TALL else ""


def _figure(identifier, parts, attributes=""):
    # No blank line inside: to a Markdown processor that would end the HTML.
    content = "\n".join(part for part in parts if part)
    return f'<figure class="dlnotes-explore" id="{identifier}"{attributes}>\n{content}\n</figure>'


def _check_pressed(sources, controls):
    """Refuse parts to be pressed that set no control of the figure, or to what is no value of it."""
    pressed = {pair for source in sources for pair in re.findall(r'id="touch:(?:drag:)?(\w+)=([^"]*)"', source)}
    for name, text in sorted(pressed):
        control = controls.get(name)
        if not isinstance(control, Control) or readable(unescape(text)) not in map(readable, control.texts):
            raise ValueError(f'a press sets "{name}={unescape(text)}": no control of this figure has that value')


def _picture(identifier, svg, glyphs, size, alt, role="img"):
    """Return the SVG as text, with its size and alt text, and with names of its own."""
    svg.insert(0, glyph_definitions(glyphs))
    attributes = f'role="{role}" aria-label="{escape(alt)}" width="{size[0]}" height="{size[1]}"'
    return markup([svg]).replace("@", f"{identifier}-").replace("<svg", f"<svg {attributes}", 1)


def _control(identifier, name, control):
    """Return a label and native fields whose value is the index of the setting; its name and texts are with them."""
    texts = escape(json.dumps(control.texts, ensure_ascii=False))
    fields = {"slider": _slider, "buttons": _buttons, "list": _list}[control.kind](identifier, name, control)
    tag = "fieldset" if control.kind == "buttons" else "div"  # buttons have a label each
    return f'<{tag} class="dl-control" data-name="{name}" data-texts="{texts}">{fields}</{tag}>'


def _slider(identifier, name, control):
    label, text, last = escape(control.label), control.texts[control.start], len(control.texts) - 1
    play = ""
    if control.tick:
        play = "".join(f'<button type="button">{name}</button>' for name in ("Back", "Play", "Next"))
        play = f'<span class="dl-play" role="group" aria-label="{label}" data-tick="{control.tick}">{play}</span>'
    return (
        f'<label for="{identifier}">{label}</label><input type="range" id="{identifier}" name="{name}" '
        f'min="0" max="{last}" value="{control.start}" aria-valuetext="{text}">'
        f'<output for="{identifier}" aria-live="off">{text}</output>{play}'
    )


def _buttons(identifier, name, control):
    return f"<legend>{escape(control.label)}</legend>" + "".join(
        f'<label><input type="radio" name="{name}" value="{i}"{" checked" if i == control.start else ""}>'
        f"{escape(text)}</label>"
        for i, text in enumerate(control.texts)
    )


def _list(identifier, name, control):
    options = "".join(
        f'<option value="{i}"{" selected" if i == control.start else ""}>{escape(text)}</option>'
        for i, text in enumerate(control.texts)
    )
    return (
        f'<label for="{identifier}">{escape(control.label)}</label>'
        f'<select id="{identifier}" name="{name}">{options}</select>'
    )


def _array(identifier, name, field, mark):
    """Return what stands in the form for a field whose entries the reader changes, with all that touch.js must know."""
    known = {
        "name": name,
        "kind": field.kind,
        "label": field.label,
        "shape": field.start.shape,
        "start": field.start.reshape(-1).tolist(),
        "decimals": field.decimals,
        "low": field.low.tolist(),
        "high": field.high.tolist(),
        "examples": {key: example.reshape(-1).tolist() for key, example in field.examples.items()},
        **(mark or {}),
        **field.more,
    }
    parts = {"pad": _pad, "points": _points, "numbers": _numbers}[field.kind](identifier, field)
    if field.examples:
        options = "".join(f"<option>{escape(key)}</option>" for key in ["choose", *field.examples])
        chosen = f'<label for="{identifier}-from">Begin with</label><select id="{identifier}-from">{options}</select>'
        parts += f'<span class="dl-from">{chosen}</span>'
    tag = "fieldset" if field.kind == "numbers" else "div"
    return f'<{tag} class="dl-control dl-{field.kind}" data-array="{escape(json.dumps(known))}">{parts}</{tag}>'


def _pad(identifier, field):
    return (
        '<button type="button">Clear</button><label><input type="checkbox"> wipe out</label>'
        '<output aria-live="polite"></output>'
    )


def _points(identifier, field):
    return "<span>Drag a point, or choose it with Tab and move it with the arrow keys.</span>"


def _numbers(identifier, field):
    inputs = "".join(
        f'<input type="number" step="any" value="{number:g}" aria-label="{escape(field.label)}, row {i}, column {j}">'
        for (i, j), number in np.ndenumerate(field.start)
    )
    return f'<legend>{escape(field.label)}</legend><span class="dl-entries">{inputs}</span>'


def _pack(data):
    """Return the data as JSON, compressed by deflate without header, in base64: text a page can hold."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    compressor = zlib.compressobj(level=9, wbits=-15)
    return base64.b64encode(compressor.compress(text.encode()) + compressor.flush()).decode()


def _identifier(*texts):
    """Return a name for the figure, the same for the same figure."""
    return f"dl-{sha256(''.join(texts).encode()).hexdigest()[:8]}"
