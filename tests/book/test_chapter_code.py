"""The code of the chapters, read and not run: what figures draw from, what is quoted, what sentences may claim."""

import ast
import re

import nbformat
import pytest

import dlnotes.explore
from dlnotes.style import PALETTE
from publish.project import ROOT, notebooks

BOOK = ROOT / "book"
FUNCTIONS = ast.FunctionDef | ast.Lambda
BINDINGS = ast.FunctionDef | ast.ClassDef


@pytest.fixture(params=notebooks(), ids=lambda path: path.stem)
def cells(request):
    return nbformat.read(request.param, as_version=4).cells


# --- no figure changes when a later cell runs -------------------------------------------------------------------------
#
# In a live notebook a figure is drawn again whenever a slider moves, perhaps after the last cell has run. So what its
# draw function reads must still be what it was.


def inside(node):
    """Yield the parts of `node`: functions, but not what is in them, and comprehensions without their own names."""
    for child in ast.iter_child_nodes(node):
        yield child
        if isinstance(child, ast.comprehension):
            yield from inside(ast.Tuple([child.iter, *child.ifs]))
        elif not isinstance(child, FUNCTIONS):
            yield from inside(child)


def assigned(node):
    """The names that running `node` binds."""
    for child in inside(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        elif isinstance(child, BINDINGS):
            yield child.name
        elif isinstance(child, ast.alias):
            yield (child.asname or child.name).partition(".")[0]


def named(node):
    """The names that `node` and the functions in it read."""
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load)}


def reads(function):
    """The global names that calling `function` reads."""
    bound = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    bodies = function.body if isinstance(function.body, list) else [function.body]
    names = set()
    for part in bodies:
        bound |= {node.id for node in ast.walk(part) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        bound |= {node.name for node in ast.walk(part) if isinstance(node, BINDINGS)}
        bound |= {node.arg for node in ast.walk(part) if isinstance(node, ast.arg)}
        names |= named(part)
    return names - bound


class Globals:
    """What the cells of a notebook have bound so far."""

    def __init__(self):
        self.read_when_called = {}  # the name of a function, or of a value with functions in it -> what they read

    def add(self, tree):
        for statement in (node for node in inside(tree) if isinstance(node, ast.stmt)):
            if isinstance(statement, ast.FunctionDef):
                self.read_when_called[statement.name] = reads(statement)
            elif isinstance(statement, ast.Assign):
                later = self.later(statement.value)
                for name in assigned(statement):
                    self.read_when_called[name] = later

    def later(self, value):
        """The names that are read when `value` is called, or a function in it, as in a table of functions."""
        if isinstance(value, ast.Lambda):
            return reads(value)
        if isinstance(value, ast.Name):
            return {value.id} if self.read_when_called.get(value.id) else set()
        if isinstance(value, ast.Call):  # gives a new value; what its arguments were is past
            return set()
        return set().union(*(self.later(child) for child in ast.iter_child_nodes(value)))

    def reached(self, names):
        """All names that are read if those in `names` are read, or called."""
        found, todo = set(), list(names)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self.read_when_called.get(name, ())
        return found


def assigned_again(sources):
    """Yield (figure's cell, later cell, name) for each name that a figure reads and a later cell binds again."""
    trees = [ast.parse(source) for source in sources]
    known = Globals()
    for number, tree in enumerate(trees):
        known.add(tree)
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("explore", "touch"):
                functions = named(call) - set(dlnotes.explore.__all__)
                names = known.reached(set().union(*(known.read_when_called.get(name, set()) for name in functions)))
                names |= {call.args[0].id} if isinstance(call.args[0], ast.Name) else set()
                names |= set().union(*(reads(node) for node in ast.walk(call) if isinstance(node, ast.Lambda)))
                for later, other in enumerate(trees[number + 1 :], number + 1):
                    for name in sorted(names & set(assigned(other))):
                        yield number, later, name


def test_assigned_again_is_found_through_functions_and_tables():
    first = "step = 1\ndef f(t): return t * step\nKINDS = {'f': lambda t: f(t)}\ndef draw(ax, kind): return kind(2)"
    figure = "explore(draw, kind=Choice(KINDS), n=Slider(0, 3))"

    def found(later, figure=figure):
        return [name for _, _, name in assigned_again([first, figure, later])]

    assert found("step = 2") == ["step"]
    assert found("step = 2", "touch(draw, kind=Choice(KINDS), n=Numbers([[3]]))") == ["step"]
    assert found("for step in range(3): pass") == ["step"]
    assert found("def f(t): return 0") == ["f"]
    assert found("def draw(ax): pass") == ["draw"]
    assert found("import numpy as step") == ["step"]
    assert found("ax = 1\nother = [step for step in 'ab']\ndef g(step): return step") == []


def test_no_figure_reads_what_a_later_cell_assigns_again(cells):
    code = [(number, cell.source) for number, cell in enumerate(cells) if cell.cell_type == "code"]
    again = [
        f"cell {code[later][0]} assigns {name!r}, which a figure of cell {code[figure][0]} reads"
        for figure, later, name in assigned_again([source for _, source in code])
    ]

    assert again == []


# --- quoted code is in the source -------------------------------------------------------------------------------------


def without_comment(line):
    return line.partition("#")[0].strip()


def code_lines(source):
    """The lines of code in `source`, without indentation and comments."""
    return [code for line in source.splitlines() if (code := without_comment(line))]


@pytest.fixture(scope="module")
def functions():
    """The lines of each function of `dlnotes`."""
    result = []
    for path in sorted((ROOT / "src" / "dlnotes").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                result.append(code_lines(ast.get_source_segment(source, node)))
    return result


def is_quoted_from(quote, lines):
    """Whether each run of lines of `quote`, between lines that are only ``...``, stands in `lines`, in this order."""
    start = 0
    for text in re.split(r"^\s*\.\.\.\s*$", quote, flags=re.MULTILINE):
        run = code_lines(text)
        places = [k for k in range(start, len(lines) - len(run) + 1) if lines[k : k + len(run)] == run]
        if not places:
            return False
        start = places[0] + len(run)
    return True


def blocks(markdown):
    """Yield the blocks of code, fenced or indented."""
    for language, content in re.findall(r"^```(\w*)\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL):
        if language == "python":
            yield content
    text = re.sub(r"^```.*?^```|^\$\$.*?\$\$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"(?:\A|\n)\n((?: {4,}\S.*\n?|\n(?= {4}))+)", text)


def test_a_quotation_follows_its_source():
    lines = code_lines("def f(x):\n    y = 2 * x  # twice\n\n    z = y\n    return z\n")

    assert lines == ["def f(x):", "y = 2 * x", "z = y", "return z"]
    assert is_quoted_from("  y = 2 * x  # doubled\n  ...\n  return z", lines)
    assert not is_quoted_from("y = 2 * x\nreturn z", lines)
    assert not is_quoted_from("return z\n...\ny = 2 * x", lines)
    assert not is_quoted_from("y = 3 * x", lines)


def test_blocks_of_code_are_found():
    text = "As said:\n\n    a = 1\n\n    b = 2\n\nand\n\n```python\nc = 3\n```\n\n- item\n  more\n\n$$\n    x\n$$\n"

    assert list(blocks(text)) == ["c = 3\n", "    a = 1\n\n    b = 2\n"]


def test_quoted_code_is_in_the_source(cells, functions):
    """A block of code in the text quotes one function of `dlnotes`; other code belongs into a cell, where it runs."""
    for number, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            for block in blocks(cell.source):
                assert any(is_quoted_from(block, lines) for lines in functions), f"cell {number}\n{block}"


# --- what a sentence claims -------------------------------------------------------------------------------------------

BOUND = re.compile(
    r"\b(?:(?:more|less|fewer|larger|smaller) than|at least|at most|below|above|up to|within|under|over) $"
)


def rounded_bounds(source):
    """The texts in which a bound is followed by a number that was rounded, to the nearest and so perhaps past it."""
    for text in ast.walk(ast.parse(source)):
        if isinstance(text, ast.JoinedStr):
            for words, value in zip(text.values, text.values[1:], strict=False):
                is_bound = isinstance(words, ast.Constant) and BOUND.search(words.value)
                if is_bound and value.format_spec and re.search(r"\.\d", ast.unparse(value.format_spec)):
                    yield ast.unparse(text)


def test_a_rounded_bound_is_found():
    assert list(rounded_bounds('f"off by no more than {off:.2g}"'))
    assert not list(rounded_bounds('f"off by {off:.2g}, at most {steps} steps, above {threshold:g}"'))


def test_no_bound_is_rounded(cells):
    """0.2025 is not "at most 0.20": say what the number is, or round it by `math.ceil` before it is formatted."""
    for number, cell in enumerate(cells):
        if cell.cell_type == "code":
            assert list(rounded_bounds(cell.source)) == [], f"cell {number}"


# --- colours ----------------------------------------------------------------------------------------------------------


def test_the_preface_names_every_colour_and_its_meaning():
    table = (BOOK / "index.md").read_text(encoding="utf-8").partition("### Colours")[2].partition("\n#")[0]
    rows = [row for row in table.splitlines() if "var(--dl-" in row]

    assert [re.search(r"var\(--dl-(\w+)\)", row)[1] for row in rows] == list(PALETTE)
    for name, row in zip(PALETTE, rows, strict=True):
        sign, meaning = row.strip("| ").split(" | ")
        assert re.search(r"</svg> \w+", sign), name
        assert meaning.strip(), name
