"""Change the source of dlnotes in small ways, one at a time, and see whether a test fails: ``make mutants``.

A mutant swaps an operator, shifts a number by one, turns a condition round, drops a minus sign or a statement. Each is
a copy of the package in a folder of its own; the tests of its module run on it first, then, if it lives, all others of
the package. What survives is printed with its line: a missing test, or a change that changes nothing.

mutmut leaves decorated functions alone, which here are all operations; cosmic-ray starts Python anew for every mutant.
Here a process that has already imported NumPy, Matplotlib and pytest is forked, which takes a hundredth of the time.
"""

import argparse
import ast
import copy
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "dlnotes"
LIMIT = 120  # seconds of computing, whatever else the machine does; a mutant that never ends is caught

SWAPS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def mutations(node):
    """Yield for each small change of one node a function that makes it in place."""
    match node:
        case ast.BinOp() | ast.AugAssign() if type(node.op) in SWAPS:
            yield lambda n: setattr(n, "op", SWAPS[type(n.op)]())
        case ast.BoolOp():
            yield lambda n: setattr(n, "op", SWAPS[type(n.op)]())
        case ast.Compare():
            for i, op in enumerate(node.ops):
                yield lambda n, i=i, op=op: n.ops.__setitem__(i, SWAPS[type(op)]())
        case ast.Constant(value=bool()):
            yield lambda n: setattr(n, "value", not n.value)
        case ast.Constant(value=int() | float()):
            yield lambda n: setattr(n, "value", n.value + 1)
        case ast.UnaryOp(op=ast.USub()):
            yield lambda n: setattr(n, "op", ast.UAdd())
        case ast.If() | ast.IfExp() | ast.While():
            yield lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))


def places(tree):
    """Return the nodes of `tree` that compute: no docstrings, no messages of errors."""
    found = []

    def walk(node):
        if isinstance(node, ast.Raise | ast.JoinedStr):
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        found.append(node)
        for child in ast.iter_child_nodes(node):
            walk(child)

    walk(tree)
    return found


def mutants(path):
    """Yield line, old text, new text and the whole source of every mutant of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for number, node in enumerate(places(tree)):
        for which, _ in enumerate(mutations(node)):
            changed = copy.deepcopy(tree)
            target = places(changed)[number]
            before = ast.unparse(target)
            list(mutations(target))[which](target)
            ast.fix_missing_locations(changed)
            source, after = ast.unparse(changed), ast.unparse(target)
            if after != before:
                yield getattr(node, "lineno", 0), before, after, source


def run_tests(folder, files):
    """In a forked process: run the tests on the package in `folder`; its exit code is pytest's."""
    import pytest

    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
    sys.path.insert(0, str(folder))
    os.chdir(ROOT)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *map(str, files)]))


def survives(path, source):
    """Return whether all tests of the package pass with `source` in place of the module `path`."""
    everything = sorted(ROOT.glob("tests/test_*.py"))
    own = [file for file in everything if file.stem == f"test_{path.stem}"]
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "dlnotes")
        shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
        (package / path.relative_to(PACKAGE)).write_text(source, encoding="utf-8")
        for files in filter(None, [own, [file for file in everything if file not in own]]):
            process = FORK.Process(target=run_tests, args=(folder, files))
            process.start()
            process.join()
            if process.exitcode:
                return False
    return True


def main():
    """Try the mutants of the modules on the command line; print the survivors and the score of each module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="+", help="names of modules of dlnotes, such as losses or explore/svg")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th mutant")
    options = parser.parse_args()
    for name in options.modules:
        path = PACKAGE / f"{name}.py"
        if not survives(path, path.read_text(encoding="utf-8")):
            sys.exit(f"The tests fail on {name} as it is: nothing can be learned from its mutants.")
        tried = list(mutants(path))[:: options.every]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            alive = list(pool.map(lambda mutant, path=path: survives(path, mutant[3]), tried))
        for (line, before, after, _), lives in zip(tried, alive, strict=True):
            if lives:
                print(f"  {name}.py:{line}: {before!r} became {after!r}")
        print(f"{name}: {len(tried) - sum(alive)} of {len(tried)} caught", flush=True)


if __name__ == "__main__":
    import matplotlib.figure  # noqa: F401  imported once, here, for all that is forked
    import numpy  # noqa: F401
    import pytest  # noqa: F401

    FORK = multiprocessing.get_context("fork")
    main()
