"""The live part: every chapter is opened from its page and run to the end in JupyterLite, in a real browser.

The network is cut. The site is served from a subfolder, and the pinned addresses of Pyodide are answered from
``.pyodide``, which ``publish/local_pyodide.py`` makes; so what is tested is what `make live` has built, unchanged.
"""

import functools
import gzip
import http.server
import re
import shutil
import threading
import time
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect
from scaled import scaled_cells

from publish import colab_binder, lite
from publish.local_pyodide import CORE_FILES, TARGET, check
from publish.plain_markdown import PlainMarkdown
from publish.project import ROOT, SITE, notebooks

FOLDER = "/some/where/"  # nothing may depend on lying at the root of its server
PATIENCE = 900_000  # ms; networks train several times slower in a browser, and a slow machine must not fail
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json"}
COMPRESSED = {".whl", ".zip", ".woff2", ".png", ".ico"}  # other files are sent compressed by the usual servers

CHAPTERS = [path.stem for path in notebooks()]


class Network:
    """What the browser is given, and what it asked for: the site in its subfolder, Pyodide's address, nothing else."""

    def __init__(self, site, pyodide=None):
        self.site, self.pyodide = site, pyodide
        self.files, self.refused = set(), []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def translate_path(handler, path):  # noqa: N805
                if not path.startswith(FOLDER):
                    self.refused.append(path)
                    return "/nowhere"
                file = super().translate_path(path.removeprefix(FOLDER.rstrip("/")))
                self.files.add(file)
                return file

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(site)))
        self.address = f"http://127.0.0.1:{self.server.server_port}{FOLDER}"

    def answer(self, route):
        """Answer a request that does not go to the site."""
        url = route.request.url
        file = self.pyodide / url.removeprefix(lite.CDN) if self.pyodide and url.startswith(lite.CDN) else None
        if file is None or not file.is_file():
            self.refused.append(url)
            route.abort()
            return
        self.files.add(str(file))
        kind = TYPES.get(file.suffix, "application/octet-stream")
        route.fulfill(path=file, content_type=kind, headers={"Access-Control-Allow-Origin": "*"})

    def megabytes(self):
        """Return what was transferred: each file once, in MB, compressed as by the usual servers."""
        files = [file for file in map(Path, self.files) if file.is_file()]
        contents = [(file.suffix, file.read_bytes()) for file in files]
        sizes = [len(content if suffix in COMPRESSED else gzip.compress(content)) for suffix, content in contents]
        return sum(sizes) / 1e6

    def window(self, chromium):
        """Open a fresh browser window that reaches nothing but this."""
        context = chromium.new_context(
            viewport={"width": 1280, "height": 900}, proxy={"server": "http://127.0.0.1:9", "bypass": "127.0.0.1"}
        )
        context.set_default_timeout(180_000)  # ms; for what needs no training
        context.route(lambda url: not url.startswith((self.address, "data:", "blob:")), self.answer)
        return context


@pytest.fixture
def network(request):
    networks = []

    def start(*arguments):
        networks.append(Network(*arguments))
        threading.Thread(target=networks[-1].server.serve_forever, daemon=True).start()
        return networks[-1]

    yield start
    for network in networks:
        network.server.shutdown()
        network.server.server_close()


@pytest.fixture
def site(network):
    assert (SITE / "lite").is_dir(), "the book has no live part: run `make live`"
    check(TARGET)
    return network(SITE, TARGET)


@pytest.fixture
def window(chromium):
    contexts = []

    def window(network):
        contexts.append(network.window(chromium))
        return contexts[-1]

    yield window
    for context in contexts:
        context.close()


def run_all(page):
    """Run every cell once the kernel is there, to the end or to one that fails; say when the first result was seen."""
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
    accept = page.locator(".jp-Dialog .jp-mod-accept")
    while not prompts.filter(has_text=re.compile(r"[*\d]")).count():  # lost as long as there is no session
        if accept.count():  # a slow start may make JupyterLite ask something, as it would ask a reader
            accept.first.click()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_timeout(1000)
    page.wait_for_selector(".jp-OutputArea-output")
    first = time.monotonic()
    page.wait_for_function(
        """() => [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")]
        .every(prompt => /\\[\\d+\\]:/.test(prompt.textContent))
        || document.querySelector("[data-mime-type='application/vnd.jupyter.stderr']")""",
        timeout=PATIENCE,
        polling=500,  # ms; asked at every frame it would take time from Python
    )
    return first


def complaints(page):
    """Return what the cells wrote to stderr; tracebacks are there too."""
    return page.locator("[data-mime-type='application/vnd.jupyter.stderr']").all_inner_texts()


def pictures_that_fail(page):
    """Return the pictures of the outputs that the browser can't show."""
    return page.locator(".jp-OutputArea-output img").evaluate_all(
        "images => images.filter(img => !img.naturalWidth).map(img => img.src.slice(0, 80))"
    )


def printed(page):
    """Return for each cell what it printed, and the sentences below its movable figures."""
    return page.locator(".jp-CodeCell").evaluate_all(
        """cells => cells.map(cell => {
            const texts = (selector) => [...cell.querySelectorAll(selector)].map(element => element.textContent);
            const text = ["application/vnd.jupyter.stdout", "text/plain"].map(kind => `[data-mime-type="${kind}"] pre`);
            return {text: texts(text.join()), sentences: texts(".widget-html-content p").filter(text => text)};
        })"""
    )


def stored(cell):
    """Return what `printed` has to find for a stored cell: its text, and the texts of its figures."""
    bundles = [output.get("data", {"text/plain": output.get("text")}) for output in cell.outputs]
    text = [bundle["text/plain"] for bundle in bundles if "image/png" not in bundle]
    return text, [bundle["text/plain"] for bundle in bundles if "image/png" in bundle]


def lines(texts):
    """Return the lines of a cell's text, however it was cut, without white space at the ends and without progress."""
    found = "".join(texts).rstrip().splitlines()
    return [line for line in found if not re.match(r"epoch \d+ of \d+: loss ", line)]


def code_cells(name):
    return [cell for cell in nbformat.read(ROOT / "book" / f"{name}.ipynb", 4).cells if cell.cell_type == "code"]


@pytest.mark.live
@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_runs_live(site, window, name, record_property):
    context = window(site)
    chapter = context.new_page()
    chapter.goto(f"{site.address}book/{name}.html")
    site.files.clear()

    cells = code_cells(name)
    start = time.monotonic()
    with context.expect_page() as opened:
        chapter.get_by_role("link", name="Open live").click()
    page = opened.value
    first = run_all(page)
    end = time.monotonic()

    _, *live = printed(page)  # without the setup
    assert len(live) == len(cells)
    assert complaints(page) == []
    assert pictures_that_fail(page) == []
    left_out = scaled_cells([cell.source for cell in cells])
    # WebAssembly has no flags for overflow, so NumPy never warns there.
    left_out |= {number for number, cell in enumerate(cells) if "warning" in cell.source}
    for number, (cell, shown) in enumerate(zip(cells, live, strict=True)):
        if number not in left_out:
            text, figures = stored(cell)
            assert lines(shown["text"]) == lines(text), f"cell {number + 1} prints something else in the browser"
            unlike = [s for s in shown["sentences"] if not any(figure.endswith(s) for figure in figures)]
            assert unlike == [], f"cell {number + 1} says something else in the browser"
    if any("explore(" in cell.source for cell in cells):
        move_a_slider(page)
    if any("play=True" in cell.source for cell in cells):
        play_a_figure(page)
    for number in range(sum("touch(" in cell.source for cell in cells)):
        touch_a_figure(page.frame_locator(".jp-OutputArea-output iframe").nth(number))
    assert site.refused == []
    megabytes = site.megabytes()
    assert megabytes == pytest.approx(lite.MEGABYTES, rel=0.1), "the chapters' pages state another size"
    compared = f"{len(cells) - len(left_out)} of {len(cells)} cells compared"
    times = f"{first - start:.0f} s to the first result, {end - first:.0f} s of computing"
    record_property("live", f"{name}: {times}, {compared}, {megabytes:.1f} MB")


def move_a_slider(page):
    """Move the first slider with the keyboard, and see the picture change."""
    handle = page.locator(".noUi-handle").first
    picture = page.locator(".jp-OutputArea-output:has(.noUi-handle) img").first
    before = picture.get_attribute("src")
    at_the_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    handle.focus()
    page.keyboard.press("ArrowLeft" if at_the_end else "ArrowRight")
    expect(picture).not_to_have_attribute("src", before, timeout=60_000)  # it is another element by then
    assert handle.evaluate("handle => handle === document.activeElement"), "the slider lost the focus"


def touch_a_figure(frame):
    """Press the keys of a point, a pad or a number in the frame of a touched figure, and see its picture change."""
    marks = frame.locator("svg").first
    drawn = """svg => [...svg.querySelectorAll("[data-mark] path")].map(path => path.outerHTML).join()"""
    before = marks.evaluate(drawn)
    for key in ("Space", "ArrowRight", "ArrowUp"):
        frame.locator("svg [tabindex], .dl-numbers input").first.press(key)
    marks.page.wait_for_timeout(1000)  # it unpacks its data once
    assert marks.evaluate(drawn) != before


def play_a_figure(page):
    """Press Play at the first slider over time: it goes on by itself, and stops at the next press."""
    row = page.locator(".widget-hbox:has(.widget-play)").first
    handle, button = row.locator(".noUi-handle"), row.locator(".widget-play button").first
    handle.focus()
    page.keyboard.press("Home")
    expect(handle).to_have_attribute("aria-valuenow", re.compile(r"^0(\.0+)?$"))
    button.click()
    expect(handle).to_have_attribute("aria-valuenow", re.compile(r"^[2-9]"), timeout=60_000)
    button.click()
    page.wait_for_timeout(1500)  # what was under way arrives
    stopped = handle.get_attribute("aria-valuenow")
    page.wait_for_timeout(1500)
    assert handle.get_attribute("aria-valuenow") == stopped


@pytest.mark.live
def test_runs_offline_with_a_pyodide_of_its_own(network, window, tmp_path):
    built = shutil.copytree(SITE / "lite", tmp_path / "lite")
    lite.add_pyodide(built, TARGET)
    offline = network(built)
    page = window(offline).new_page()
    page.goto(f"{offline.address}notebooks/index.html?path=corrections.ipynb")
    run_all(page)
    assert complaints(page) == []
    assert offline.refused == []


OBSTACLES = {
    "WebAssembly": "delete window.WebAssembly",
    "service worker": "Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined })",
    "sandboxed": "Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => { throw new Error() } })",
}


@pytest.mark.parametrize("missing", OBSTACLES)
@pytest.mark.parametrize("path", ["book/sigmoid.html", "lite/notebooks/index.html?path=sigmoid.ipynb"])
def test_browser_that_cannot_says_so(site, window, path, missing):
    context = window(site)
    context.add_init_script(OBSTACLES[missing])
    page = context.new_page()
    page.goto(site.address + path, wait_until="commit")  # what can't run stops to load
    sentence = page.locator("p.live")
    sentence.wait_for()
    assert {"sandboxed": "service worker"}.get(missing, missing) in sentence.inner_text()
    page.screenshot(timeout=30_000)  # Chromium draws nothing of a page that is stopped too early
    assert page.locator("a:has-text('Open live'), .jp-Notebook").count() == 0


def test_page_from_a_disk_says_so(chromium, site):
    page = chromium.new_page()
    page.goto((SITE / "book" / "sigmoid.html").as_uri())
    assert "opened from a disk" in page.locator("p.live").inner_text()
    assert page.get_by_role("link", name="Open live").count() == 0
    page.close()


def test_network_that_blocks_python_is_told(network, window):
    blocked = network(SITE)
    page = window(blocked).new_page()
    page.goto(f"{blocked.address}lite/notebooks/index.html?path=sigmoid.ipynb")
    page.get_by_text("Python can't be loaded from cdn.jsdelivr.net").wait_for()


@pytest.mark.parametrize("name", CHAPTERS)
def test_live_copy_has_the_same_code_and_plain_text(name):
    copy = nbformat.read(SITE / "lite" / "files" / f"{name}.ipynb", 4)
    nbformat.validate(copy)
    about, setup, *cells = copy.cells
    assert "Run All Cells" in about.source
    assert "%pip install -q dlnotes" in setup.source
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert [cell.source for cell in code] == [cell.source for cell in code_cells(name)]
    assert [cell.outputs for cell in code] == [[]] * len(code)
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert re.findall(r":::|\{[\w:]+\}`|\$\$ \(|\]\(#", text) == []


@pytest.fixture
def plain(tmp_path):
    page = tmp_path / "chapter.html"
    page.write_text(
        """<article><h1><span class="section-number">3. </span>A title<a>#</a></h1>
        <span class="eqno">(3.1)<a href="#equation-eq-one">#</a></span>
        <figure id="fig-one"><figcaption><span class="caption-number">Figure 3.2 </span></figcaption></figure>
        <div class="exercise" id="ex-one"><p><span class="caption-number">Exercise 3.4 </span></p></div>
        <aside class="footnote" id="footcite-two"><span class="label">[1]</span><p>A <em>book</em>.</p></aside>
        </article>"""
    )
    bibliography = tmp_path / "references.bib"
    bibliography.write_text("@book{two, author = {Ada Able and Bo Best}, title = {A book}, year = 2000}")
    return PlainMarkdown({"chapter": page}, bibliography)


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("A {term}`weight`, {term}`two weights <weight>`.", "A weight, two weights."),
        (
            "See {doc}`chapter`, {doc}`it <chapter>`, {doc}`glossary`.",
            "See [A title](chapter.ipynb), [it](chapter.ipynb), glossary.",
        ),
        ("By {eq}`eq-one` and {numref}`fig-one`, {ref}`above <fig-one>`.", "By (3.1) and Figure 3.2, above."),
        ("As {footcite:t}`two` say {footcite}`two`.", "As Able and Best [1] say [1]."),
        ("$$ x $$ (eq-one)", r"$$ x \tag{3.1} $$"),
        (":::{caption} fig-one\nA line.\n:::", "**Figure 3.2.** A line."),
        (":::{exercise} ★ Do\n:label: ex-one\n\nDo it.\n:::", "**Exercise 3.4 (★ Do)**\n\nDo it."),
        (":::{solution-start} ex-one\n:class: dropdown\n:::", "**Solution of Exercise 3.4**"),
        (":::{solution-end}\n:::", ""),
        (":::{question}\nWhy?\n:::\n\n:::{question}\nHow?\n:::", "**Question.** Why?\n\n**Question.** How?"),
        (":::{predict}\nThen [look](#rate=1).\n:::", "**Predict, then move.** Then look."),
        (":::{footbibliography}\n:::", "[1] A <em>book</em>."),
        ("[See it](#rate=1.1) move.", "See it move."),
    ],
)
def test_plain_markdown(plain, markdown, expected):
    assert plain.convert(markdown, "chapter") == expected


@pytest.mark.parametrize(
    ("markdown", "message"),
    [
        ("{numref}`fig-two`", "the built book has no fig-two"),
        ("{abc}`x`", "chapter: the live copy has no plain form for the role abc"),
        (":::{abc}\n:::", "chapter: the live copy has no plain form for the directive abc"),
    ],
)
def test_plain_markdown_names_what_it_does_not_know(plain, markdown, message):
    with pytest.raises(ValueError, match=message):
        plain.convert(markdown, "chapter")


def test_draft_may_refer_to_other_chapters(plain):
    plain.draft = True
    assert plain.convert("See {numref}`fig-two`.", "chapter") == "See fig-two."


@pytest.fixture
def small_site(tmp_path, monkeypatch):
    """A site of one page, and a live part that is ready to be moved in."""
    monkeypatch.setattr(lite, "SITE", tmp_path / "html")
    monkeypatch.setattr(lite, "WORK", tmp_path / "live")
    page = tmp_path / "html" / "book" / "chapter.html"
    page.parent.mkdir(parents=True)
    page.write_text("<h1>Print</h1><p>No.</p><article><h1>Title</h1><p>Promise.</p><p>Text.</p></article>")
    (tmp_path / "live" / "lite").mkdir(parents=True)
    return page


def test_page_offers_the_live_copy_once(small_site, tmp_path):
    for _ in range(2):
        (tmp_path / "live" / "lite").mkdir(parents=True, exist_ok=True)
        lite.install(tmp_path / "live" / "lite", {tmp_path / "chapter.ipynb": small_site})
    html = small_site.read_text()
    assert html.count("Open live") == 1
    assert "<p>Promise.</p><!-- live -->" in html
    assert 'href="../lite/notebooks/index.html?path=chapter.ipynb"' in html
    assert (tmp_path / "html" / "lite").is_dir()
    assert not (tmp_path / "live").exists()


@pytest.mark.parametrize("folder", ["empty", "old"])
def test_wrong_pyodide_changes_nothing(tmp_path, monkeypatch, capsys, small_site, folder):
    monkeypatch.setattr(lite, "chapter_pages", lambda chapters: {tmp_path / "chapter.ipynb": small_site})
    before = small_site.read_text()
    pyodide = tmp_path / folder
    pyodide.mkdir()
    if folder == "old":
        for name in CORE_FILES:
            (pyodide / name).write_text('{"info": {"version": "0.26.0"}}')
    monkeypatch.setattr("sys.argv", ["lite.py", "--pyodide", str(pyodide)])
    assert lite.main() == 1
    message = capsys.readouterr().err
    assert {"empty": "is no folder of Pyodide: it has no pyodide.js", "old": "holds Pyodide 0.26.0"}[folder] in message
    assert "The live part was NOT built" in message
    assert small_site.read_text() == before


@pytest.fixture
def configured(monkeypatch):
    monkeypatch.setattr(colab_binder, "repository", lambda: "owner/name")


def test_colab_and_binder_are_offered_with_an_address_only(small_site, monkeypatch, request):
    notebook = ROOT / "book" / "sigmoid.ipynb"
    monkeypatch.setattr(colab_binder, "repository", lambda: None)
    assert "olab" not in lite.offer(notebook, small_site)
    request.getfixturevalue("configured")
    offer = lite.offer(notebook, small_site)
    assert "https://colab.research.google.com/github/owner/name/blob/notebooks/sigmoid.ipynb" in offer
    assert "https://mybinder.org/v2/gh/owner/name/notebooks?urlpath=%2Fdoc%2Ftree%2Fsigmoid.ipynb" in offer


def test_notebooks_for_colab_and_binder_install_this_commit(configured, tmp_path, monkeypatch):
    monkeypatch.setattr(lite, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(colab_binder, "package", lambda repository: f"dlnotes @ git+https://{repository}@abc")
    pages = lite.chapter_pages()
    plain = PlainMarkdown({path.stem: page for path, page in pages.items()}, ROOT / "book" / "references.bib")
    lite.write_notebooks_for_elsewhere(pages, plain)
    copy = nbformat.read(tmp_path / "notebooks" / "sigmoid.ipynb", 4)
    assert copy.cells[0].source.startswith('%pip install -q "dlnotes @ git+https://owner/name@abc"')
    assert copy.metadata.kernelspec.name == "python3"
    assert (tmp_path / "notebooks" / "requirements.txt").read_text() == "dlnotes @ git+https://owner/name@abc\n"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("title: x", None),
        ("repository: {url: https://github.com/owner/na.me}", "owner/na.me"),
        ("repository: {url: https://github.com/owner/name.git}", "owner/name"),
    ],
)
def test_repository_is_read_from_the_configuration(tmp_path, config, expected):
    path = tmp_path / "_config.yml"
    path.write_text(config)
    assert colab_binder.repository(path) == expected


def test_repository_elsewhere_is_refused(tmp_path):
    path = tmp_path / "_config.yml"
    path.write_text("repository: {url: https://example.org/owner/name}")
    with pytest.raises(ValueError, match=r"must be like https://github.com/owner/name, got 'https://example.org"):
        colab_binder.repository(path)
