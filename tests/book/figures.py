"""What the browser tests do with a figure of `dlnotes.explore`: move its controls, look at its pixels."""

import io

import matplotlib.image


def move(field, position):
    """Set a slider or a choice to its value number `position`, as a reader's input does."""
    field.evaluate(
        """(field, position) => {
            if (field.matches("select")) field.selectedIndex = position; else field.value = position;
            field.dispatchEvent(new Event("input", {bubbles: true}));
        }""",
        position,
    )


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
