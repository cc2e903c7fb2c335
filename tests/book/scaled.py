"""Which cells of a chapter depend on a training that is scaled down in the browser."""

import ast
import symtable


def scaled_cells(sources):
    """Return the numbers, from 0, of the cells that call `fewer`, or read what comes from a cell that does.

    A statement is scaled if it reads `fewer` or a scaled name. Then what it assigns is scaled, functions too, and so is
    what it hands to a call, which may change it: a network is trained in place, a generator moves on. A name that
    another statement assigns anew is no longer scaled. No call changes what is imported, or a function.
    """
    scaled, names, fixed = set(), {"fewer"}, set()
    for number, source in enumerate(sources):
        for statement, control in simple_statements(ast.parse(source).body):
            table = symtable.symtable(ast.unparse(statement), f"cell {number}", "exec")
            assigned = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
            if isinstance(statement, ast.Import | ast.ImportFrom):
                fixed |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_imported()}
                continue
            defines = isinstance(statement, ast.FunctionDef | ast.ClassDef)
            fixed = fixed | assigned if defines else fixed - assigned
            if (global_reads(table) | control) & names:
                scaled.add(number)
                names |= assigned | (set() if defines else handed_over(statement) - fixed)
            else:
                names -= assigned
    return scaled


def simple_statements(body, control=frozenset()):
    """Cut loops, conditions and blocks into simple statements; with each come the names that decide whether it is run.

    The body of a loop comes twice: what its end assigns, its beginning may read.
    """
    for statement in body:
        match statement:
            case ast.For(target=target, iter=value):
                header = ast.Assign([target], value)
            case ast.While(test=value) | ast.If(test=value):
                header = ast.Expr(value)
            case ast.With(items=items):
                header = ast.With(items, [ast.Pass()])
            case _:
                yield statement, control
                continue
        header = ast.fix_missing_locations(ast.copy_location(header, statement))
        yield header, control
        inner = control | global_reads(symtable.symtable(ast.unparse(header), "header", "exec"))
        for _ in range(2 if isinstance(statement, ast.For | ast.While) else 1):
            yield from simple_statements(statement.body, inner)
        yield from simple_statements(getattr(statement, "orelse", []), inner)


def global_reads(table):
    """Return the names of the notebook that a statement reads, in the functions inside it too."""
    here = table.get_symbols()
    reads = {s.get_name() for s in here if s.is_referenced() and (table.get_type() == "module" or s.is_global())}
    return reads.union(*(global_reads(child) for child in table.get_children()))


def handed_over(statement):
    """Return the names that are arguments of calls, or whose methods are called, or into which something is put."""
    nodes = list(ast.walk(statement))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    given = [argument for call in calls for argument in (*call.args, *(keyword.value for keyword in call.keywords))]
    given += [call.func.value for call in calls if isinstance(call.func, ast.Attribute)]
    given += [node.value for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)]
    return {node.id for node in given if isinstance(node, ast.Name)}
