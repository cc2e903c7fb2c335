"""The Markdown of the book as tokens, by the parser and the settings with which the pages are made."""

import re

from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from publish.project import read_yaml

EXTENSIONS = read_yaml("_config.yml")["parse"]["myst_enable_extensions"]
PARSER = create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML)


def tokens(source):
    """Yield every token of `source`, also those within a line, and those inside of directives between colons."""
    for token in PARSER.parse(source):
        yield token
        yield from token.children or []
        if token.type == "colon_fence":
            yield from tokens(token.content)


def directive(token):
    """Return name and argument of a directive between colons, or None where the token is none."""
    match = re.match(r"\{([\w:-]+)\} *(.*)", token.info.strip()) if token.type == "colon_fence" else None
    return match and match.groups()


def unclosed_fences(source):
    """Return number and text of each line that opens a fence which nothing closes; what follows would vanish in it."""
    lines = source.splitlines()
    found = []
    for token in PARSER.parse(source):
        if token.type not in ("fence", "colon_fence"):
            continue
        start, end = token.map
        last = lines[end - 1].strip(" \t>")
        if end - start < 2 or last.strip(token.markup[0]) or len(last) < len(token.markup):
            found.append((start + 1, lines[start].strip()))
        elif token.info.startswith("{"):
            found += [(start + 1 + line, text) for line, text in unclosed_fences(token.content)]
    return found
