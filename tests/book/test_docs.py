"""What the documents say about the project holds: commands, links, terms, works, the reference."""

import doctest
import importlib
import inspect
import pkgutil
import re
import tomllib

import nbformat
import pytest
import yaml
from pybtex.database import parse_file

import dlnotes
from publish.project import ROOT, VERSION, notebooks

BOOK = ROOT / "book"
ROOT_DOCUMENTS = sorted(ROOT.glob("*.md"))
PAGES = sorted([*BOOK.glob("*.md"), *BOOK.glob("*.ipynb")])


def read(path):
    """Return a document's text; of a notebook, its Markdown."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return path.read_text(encoding="utf-8")


def glossary():
    """Return a list of (terms, definition), one for each entry; a definition is indented."""
    content = read(BOOK / "glossary.md").partition(":sorted:\n\n")[2].removesuffix("\n:::\n")
    entries = []
    for entry in content.split("\n\n"):
        names, _, definition = entry.partition("\n  ")
        entries.append((names.splitlines(), " ".join(definition.split())))
    return entries


def terms():
    return [term for names, _ in glossary() for term in names]


def documented(module):
    """Return the names of what a module defines for others: what has a docstring with sections, or is in `__all__`."""
    for name, member in vars(module).items():
        described = re.search(r"^-{4,}$", inspect.getdoc(member) or "", re.MULTILINE)
        here = getattr(member, "__module__", None) == module.__name__
        if callable(member) and here and described and not name.startswith("_"):
            yield name


# --- the root documents ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*ROOT_DOCUMENTS, BOOK / "index.md"], ids=lambda path: path.name)
def test_every_make_target_named_exists(path):
    targets = re.findall(r"^([a-z]+):", read(ROOT / "Makefile"), re.MULTILINE)
    named = re.findall(r"(?:^|`)make (?:[A-Z]+=\S+ )?([a-z]+)", read(path), re.MULTILINE)

    assert set(named) <= set(targets)


def test_readme_names_the_two_commands_that_ci_runs():
    assert "\nmake book\nmake test\n" in read(ROOT / "README.md")
    assert re.findall(r"^make (\w+)", read(ROOT / ".ci" / "run"), flags=re.MULTILINE) == ["book", "test"]


@pytest.mark.parametrize("path", ROOT_DOCUMENTS, ids=lambda path: path.name)
def test_every_file_linked_or_named_exists(path):
    text = read(path)
    linked = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "//" not in link]
    scripts = re.findall(r"\b(?:publish|tools|tests|book)/[\w/.-]+\.(?:py|ipynb|md|bib)\b", text)

    assert [name for name in [*linked, *scripts] if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", ["README.md", "book/index.md"])
def test_every_chapter_is_announced(document):
    chapters = [path.stem for path in notebooks(numbered_only=True)]
    pattern = r"\(book/(\w+)\.ipynb\) \|" if document == "README.md" else r"^\{doc\}`(\w+)`$"

    assert re.findall(pattern, read(ROOT / document), re.MULTILINE) == chapters


@pytest.mark.parametrize("document", ["README.md", "book/notation.md"])
def test_examples_in_documents_run(document):
    result = doctest.testfile(str(ROOT / document), module_relative=False)

    assert result.attempted >= 3
    assert result.failed == 0


def test_citation_is_complete_and_names_this_version():
    citation = yaml.safe_load(read(ROOT / "CITATION.cff"))
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]

    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    assert all(author["name"] for author in citation["authors"])
    assert citation["version"] == VERSION
    assert citation["license"] == project["license"]
    assert citation["preferred-citation"]["edition"] == VERSION.rpartition(".")[0]
    assert citation["preferred-citation"]["year"] == citation["date-released"].year
    assert releases()[0] == (VERSION, str(citation["date-released"]))


def releases():
    """Return (version, date) of each section of the changelog."""
    return re.findall(r"^## (\S+), (\S+)$", read(ROOT / "CHANGELOG.md"), re.MULTILINE)


def test_the_changelog_is_in_order_and_lists_each_thing_once():
    versions = [tuple(map(int, version.split("."))) for version, _ in releases()]
    dates = [date for _, date in releases()]
    new = re.findall(r"^- `(make \w+)`", read(ROOT / "CHANGELOG.md"), re.MULTILINE)

    assert read(ROOT / "CHANGELOG.md").count("\n## ") == len(versions)
    assert versions == sorted(set(versions), reverse=True)
    assert dates == sorted(dates, reverse=True)
    assert len(set(new)) == len(new) >= 3


# --- the back matter -------------------------------------------------------------------------------------------------


def test_every_term_has_a_chinese_name_and_a_definition():
    for names, definition in glossary():
        chinese, _, rest = definition.partition(". ")
        assert re.search(r"[\u4e00-\u9fff]", chinese), f"{names[0]}: the Chinese name comes first"
        assert len(rest.split()) >= 5, f"{names[0]}: a definition in words"


def test_the_chapter_that_a_term_names_uses_it():
    placed = [(names, re.search(r"In \{doc\}`(\w+)`\.$", definition)) for names, definition in glossary()]
    for names, place in placed:
        if place:
            (page,) = BOOK.glob(f"{place[1]}.*")
            text = " ".join(read(page).lower().split())
            assert any(name.lower() in text for name in names), f"{names[0]} is not in {place[1]}"
    assert sum(place is not None for _, place in placed) > 0.8 * len(placed)


def test_terms_are_sorted_and_stand_once():
    first = [names[0].lower() for names, _ in glossary()]
    everything = [term.lower() for term in terms()]

    assert first == sorted(first)
    assert len(set(everything)) == len(everything)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_term_used_is_in_the_glossary(path):
    used = re.findall(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`", read(path))
    known = {term.lower() for term in terms()}

    assert [term for term in used if " ".join(term.split()).lower() not in known] == []


def test_every_public_function_is_in_the_reference():
    listed = {
        f"{module}.{name.strip()}"
        for module, names in re.findall(r"automodule:: (\S+)\n +:members: (.+)", read(BOOK / "reference.md"))
        for name in names.split(",")
    }
    modules = [importlib.import_module(found.name) for found in pkgutil.iter_modules(dlnotes.__path__, "dlnotes.")]
    public = {f"{module.__name__}.{name}" for module in modules for name in documented(module)}

    assert len(public) >= 20
    assert public - listed == set()
    for name in listed:
        module, _, member = name.rpartition(".")
        assert hasattr(importlib.import_module(module), member), name


def test_every_work_can_be_found():
    for key, entry in parse_file(BOOK / "references.bib").entries.items():
        assert {"title", "year"} <= entry.fields.keys(), key
        assert entry.persons.get("author") or entry.persons.get("editor"), key
        assert {"doi", "eprint", "url"} & entry.fields.keys(), f"{key}: a DOI, an arXiv number or an address"
        assert "//" not in entry.fields.get("doi", ""), f"{key}: the DOI alone, no address"


def test_works_are_sorted_and_each_is_cited():
    keys = list(parse_file(BOOK / "references.bib").entries)
    cited = set()
    for path in PAGES:
        for group in re.findall(r"\{footcite(?::\w+)?\}`([^`]+)`", read(path)):
            cited.update(key.strip() for key in group.split(","))

    assert keys == sorted(keys)
    assert set(keys) == cited


def test_corrections_are_numbered_and_found_by_their_numbers():
    page = read(BOOK / "corrections.ipynb")
    headings = re.findall(r"^### (\d+[a-z]?(?:, \d+)*) · ", page, re.MULTILINE)
    rows = re.findall(r"^\| (\d\d?) \|", page, re.MULTILINE)
    numbers = {number for group in [*headings, *rows] for number in group.split(", ")}
    named = {
        number
        for path in PAGES
        for group in re.findall(r"numbers? (\d+[a-z]?(?:(?:,| and) \d+[a-z]?)*) in \{doc\}`corrections`", read(path))
        for number in re.split(r",? (?:and )?", group)
    }

    assert len(re.findall(r"^### ", page, re.MULTILINE)) == len(headings)
    assert {int(number.rstrip("ab")) for number in numbers} == set(range(1, 25))
    assert named
    assert named <= numbers
