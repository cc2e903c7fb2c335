"""What the browser tests do with a figure of `dlnotes.explore`: move its controls, look at its pixels."""

import io

import matplotlib.image

# What a control of a figure is set to, whatever it is: a slider, a list, or buttons. `control` is it or is inside it.
FIELD = """
    const box = control.closest(".dl-control");
    const field = box.closest("form").elements.namedItem(box.dataset.name);
"""


def move(control, position):
    """Set a control to its value number `position`, as a reader's input does."""
    control.evaluate(
        f"""(control, position) => {{
            {FIELD}
            field.value = position;
            control.dispatchEvent(new Event("input", {{bubbles: true}}));
        }}""",
        position,
    )


def text_of(control):
    """Return the value of a control, as the reader sees it."""
    return control.evaluate(f"control => {{ {FIELD} return JSON.parse(box.dataset.texts)[field.value]; }}")


def photograph(svg):
    """Return the pixels of a drawing, put in the corner of the window so that they do not depend on its place."""
    style = svg.evaluate(
        """svg => {
            const style = svg.style.cssText;
            svg.style.cssText += "; position: fixed; inset: 0; z-index: 9999; background: white; max-width: none";
            return style;
        }"""
    )
    pixels = svg.screenshot(animations="disabled")
    svg.evaluate("(svg, style) => { svg.style.cssText = style; }", style)
    return matplotlib.image.imread(io.BytesIO(pixels))[..., :3]


def finger(page, *points):
    """Put a finger down at the first point, move it over the others, and lift it."""
    session = page.context.new_cdp_session(page)
    for kind, point in zip(["touchStart", *["touchMove"] * (len(points) - 1)], points, strict=True):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": point[0], "y": point[1]}]})
        page.wait_for_timeout(20)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
