"""The scripts and styles a page needs, and none it does not."""

import re
import shutil
from pathlib import Path

from sphinx.util.osutil import copyfile

# What a page contains, and the files of `_static` it then needs.
NEEDED_BY = {
    'class="question': ["quiz.js"],
    "dlnotes-explore": ["player.js", "player.css"],
    "var(--dl-": ["player.css"],  # which has the palette
}
FONT_AWESOME = re.compile(
    r"\s*<!-- So that users can add custom icons -->\s*<script[^>]*fontawesome\.js[^>]*></script>"
)
SEARCH_BUTTON = re.compile(r'(<button class="btn search-button-field[^>]*?) title="Search" aria-label="Search"')
EMPTY_HEADING = re.compile(r'<th class="head[^"]*">(<p></p>)?\s*</th>')


def _copy_player(app):
    """The package keeps the player of its `explore` figures: Jupyter needs it too."""
    static = Path(app.outdir, "_static")
    static.mkdir(parents=True, exist_ok=True)
    for path in Path(app.srcdir, "src", "dlnotes", "explore").glob("player.*"):
        copyfile(path, static / path.name)


def _add_files(app, pagename, templatename, context, doctree):
    for sign, files in NEEDED_BY.items():
        if sign in context.get("body", ""):
            for name in files:
                add = app.add_css_file if name.endswith(".css") else app.add_js_file
                add(name, **({} if name.endswith(".css") else {"loading_method": "defer"}))


def _add_download_button(app, pagename, templatename, context, doctree):
    """Replace the theme's menu of one page's sources by what readers want: its notebook."""
    source = context.get("sourcename", "")
    context["header_buttons"] = []
    if source.endswith(".ipynb"):
        context["header_buttons"] = [
            {
                "type": "link",
                "url": context["pathto"](f"_sources/{source}", 1),
                "tooltip": "Download this chapter as a Jupyter notebook",
                "icon": "fas fa-download",
                "text": "Notebook",
            }
        ]


def _tidy(app, exception):
    """Take out what no page needs, and mend what the theme's templates leave.

    The theme's icon script (1.5 MB) draws what its style sheet also draws from a font. Its search button has a name
    other than the text on it. The empty corner of a table is no heading.
    """
    if exception:
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = FONT_AWESOME.sub("", page.read_text(encoding="utf-8"))
        text = EMPTY_HEADING.sub("<td></td>", SEARCH_BUTTON.sub(r"\1", text))
        page.write_text(text, encoding="utf-8")
    static = Path(app.outdir, "_static")
    for path in [*static.rglob("*.map"), *static.glob("scripts/fontawesome*"), *static.glob("webpack-macros.html")]:
        path.unlink(missing_ok=True)
    shutil.rmtree(static / "locales", ignore_errors=True)


def setup(app):
    app.connect("builder-inited", _copy_player)
    app.connect("html-page-context", _add_files)
    app.connect("html-page-context", _add_download_button, priority=502)  # the theme adds its buttons at 501
    app.connect("build-finished", _tidy)
