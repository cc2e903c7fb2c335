"""The scripts and styles a page needs, and none it does not."""

import re
import shutil
from pathlib import Path

from dlnotes.explore import player_files

# What a page contains, and the files of `_static` it then needs.
NEEDED_BY = {
    'class="question': ["quiz.js"],
    "data-touch": ["touch.js", "touch.css"],  # before the player, which calls it
    "dlnotes-explore": ["player.js", "player.css"],
    "var(--dl-": ["player.css"],  # which has the palette
    'class="katex"': ["katex/copy-tex.min.js"],  # a copied formula is its TeX, once
    "std-term": ["terms.js"],
}
KEPT_FOR_THE_PAGE = """\
    try {
      localStorage.length;
    } catch {
      const kept = new Map();
      const getItem = (name) => kept.get(name) ?? null;
      const setItem = (name, text) => kept.set(name, String(text));
      const removeItem = (name) => kept.delete(name);
      Object.defineProperty(window, "localStorage", { value: { getItem, setItem, removeItem } });
    }
"""
# What the templates of the theme and of Sphinx leave to be mended in the finished pages.
MENDED = [
    # 1.5 MB of script that draws the icons which the style sheet draws too, from a font
    (r"\s*<!-- So that users can add custom icons -->\s*<script[^>]*fontawesome\.js[^>]*></script>", ""),
    # a button whose name is not the text on it
    (r'(<button class="btn search-button-field[^>]*?) title="Search" aria-label="Search"', r"\1"),
    # the empty corner of a table is no heading
    (r'<th class="head[^"]*">(<p></p>)?\s*</th>', "<td></td>"),
    # lists without items, items outside of lists
    (r'<div role="list" class="citation-list">', '<div class="citation-list">'),
    (r'( class="citation"[^>]*) role="doc-biblioentry"', r"\1"),
    # a theme that only a script can tell: without one the page is light, with one it is right from the first
    (r'(<html [^>]*data-theme=)"auto"', r'\1"light"'),
    (
        r'dataset\.theme = localStorage\.getItem\("theme"\) \|\| "auto"',
        'dataset.theme = localStorage.getItem("theme") ||\n'
        '      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")',
    ),
    # where the browser keeps nothing, even to ask for what is kept is an error: the theme's scripts then end at once
    (
        r'(<script data-cfasync="false">\n)(\s*document\.documentElement\.dataset\.mode)',
        rf"\1{KEPT_FOR_THE_PAGE}\2",
    ),
    # buttons that say what they show; without a script a link leads to the chapters
    (
        r'(<button class="sidebar-toggle secondary-toggle [^"]*)" title="Toggle secondary sidebar"',
        r'\1 pst-js-only" title="Contents of this page"',
    ),
    (
        r'<button class="sidebar-toggle primary-toggle btn btn-sm" title="Toggle primary sidebar"',
        '<noscript><a class="btn btn-sm" href="#pst-primary-sidebar">Chapters</a></noscript>'
        '<button class="sidebar-toggle primary-toggle btn btn-sm pst-js-only" title="Chapters"',
    ),
    # the notebook is to be saved, not read
    (r'(<a href="[^"]*notebooks/[^"]*\.ipynb") target="_blank"', r"\1 download"),
    # the theme marks a section only when its heading scrolls into view; page.js marks the one being read
    (r'<nav id="pst-page-toc-nav"', "<nav"),
]


def _copy_player(app):
    """The package keeps the player of its `explore` figures: Jupyter needs it too."""
    static = Path(app.outdir, "_static")
    static.mkdir(parents=True, exist_ok=True)
    for name, text in player_files().items():
        (static / name).write_text(text, encoding="utf-8")


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
                "url": context["pathto"](f"notebooks/{Path(source).name}", 1),
                "tooltip": "Download this chapter as a Jupyter notebook",
                "icon": "fas fa-download",
                "text": "Notebook",
            }
        ]


def _tidy(app, exception):
    """Mend the pages, and leave out the files that no page loads."""
    if exception:
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for pattern, replacement in MENDED:
            text = re.sub(pattern, replacement, text)
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
