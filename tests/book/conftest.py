import functools
import http.server
import threading

import pytest
from built import visit
from playwright.sync_api import sync_playwright

from publish.browser import ARGUMENTS, find_browser
from publish.project import SITE

FIREFOX = {
    "channel": "moz-firefox",  # Firefox as everybody has it, by WebDriver BiDi, not a build of Playwright's own
    "firefox_user_prefs": {"browser.sessionhistory.max_total_viewers": 0},  # or Playwright waits for "back" for ever
}


def pytest_generate_tests(metafunc):
    """A test in the browser runs in Chromium, and one marked `both_engines` in Firefox too.

    Of such a module a test can be left out by ``both_engines(False)``.
    """
    if "browser" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("both_engines")
        engines = ["chromium", "firefox"] if mark and False not in mark.args else ["chromium"]
        metafunc.parametrize("browser", engines, indirect=True, scope="session")


def pytest_collection_modifyitems(items):
    """Begin with the tests that take minutes, so that no worker has one left when the others are done."""
    items.sort(key=lambda item: {"live", "nbval"}.isdisjoint(mark.name for mark in item.iter_markers()))


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright):
    """One Chromium for all tests of a process."""
    browser = playwright.chromium.launch(executable_path=find_browser("chromium"), args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox(playwright):
    """One Firefox for all tests of a process."""
    browser = playwright.firefox.launch(executable_path=find_browser("firefox"), **FIREFOX)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def browser(request):
    return request.getfixturevalue(request.param)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def http_address():
    """The address of the built site over http."""
    assert (SITE / "index.html").is_file(), "the book is not built: run `make book`"
    handler = functools.partial(QuietHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def open_address(browser):
    """Open an address in a context of its own. In the end nothing must have gone wrong, or been asked of a server."""
    contexts, complaints = [], []

    def open_address(address, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith(("file:", "data:")) or complaints.append(request.url))
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def open_page(browser, http_address):
    """Open a page of the site in a fresh window."""
    contexts = []

    def open_page(path, address=http_address, **options):
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}, **options))
        return visit(contexts[-1], address, path)

    yield open_page
    for context in contexts:
        context.close()
