"""Which outputs of the executed solution a worksheet may show: those that no answer had a part in.

The student notebook is not executed, so its pictures come from the executed solution. A cell that uses a name which
an answer defines or changes, directly or through other cells, is left without its output.
"""

import ast
from collections.abc import Set
from functools import cache
from typing import Any

from autograder.errors import CommandError

from .notebook import DRAWS, PrintedCell, PrintedNotebook

# modules that a notebook imports: calling np.zeros changes nothing in np
SHARED = {"np", "numpy", "plt", "matplotlib", "sp", "sympy", "math", "time"}


def lend_outputs(worksheet: PrintedNotebook, solution: PrintedNotebook, library: Set[str] = frozenset()) -> None:
    """Give the worksheet's cells the outputs that are safe. `library`: names of the course's own modules.

    Raises CommandError where the two notebooks do not share all other cells.
    """
    shared = [cell for cell in worksheet.cells if cell.role not in ("answer", "solution")]
    executed = [cell for cell in solution.cells if cell.role not in ("answer", "solution")]
    if [cell.source for cell in shared] != [cell.source for cell in executed]:
        raise CommandError(
            f"{worksheet.where} and {solution.where} come from different builds. Run `make build` again."
        )
    safe = {cell.number for cell in untouched(solution, library)}
    for mine, theirs in zip(shared, executed, strict=True):
        if mine.role == "code" and not mine.outputs and theirs.number in safe:
            mine.outputs = theirs.outputs
        elif theirs.draws:  # a picture that cannot be shown: nor is the code that draws it
            mine.tags |= {DRAWS}


def untouched(solution: PrintedNotebook, library: Set[str] = frozenset()) -> list[PrintedCell]:
    """The shared code cells whose names have nothing to do with any answer."""
    tainted: set[str] = set()
    safe: list[PrintedCell] = []
    for cell in solution.cells:
        if cell.kind != "code":
            continue
        used, changed, readable = names(cell.source, SHARED | library)
        if cell.role in ("answer", "solution") or not readable or used & tainted:
            tainted |= changed
        else:
            safe.append(cell)
    return safe


def names(source: str, modules: Set[str] = SHARED) -> tuple[Set[str], Set[str], bool]:
    """Names that a cell takes from others before it, those that it defines or may change, and whether it could be read.

    What is local to a function is nobody else's business.
    """
    used, changed, readable = _mentioned(source)
    return used, changed - modules, readable


@cache  # a section asks of every cell, for each of its questions
def _mentioned(source: str) -> tuple[frozenset[str], frozenset[str], bool]:
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return frozenset(), frozenset(), False
    finder = Finder()
    finder.visit(tree)
    return frozenset(finder.used), frozenset(finder.changed), True


class Finder(ast.NodeVisitor):
    """Collects global names.

    `self.local` holds the names of functions around us, `self.own` what the cell gave a value before.
    """

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.changed: set[str] = set()
        self.own: set[str] = set()
        self.local: list[set[str]] = []

    def change(self, name: str) -> None:
        if not any(name in names for names in self.local):
            self.changed.add(name)

    def visit_Module(self, node: ast.Module) -> None:
        self.block(node.body)

    def block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            if isinstance(statement, ast.Assign):
                self.visit(statement.value)
                self.own |= {name for target in statement.targets for name in _plain(target)}
            self.visit(statement)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self.perhaps(node.body, _plain(node.target))
        self.perhaps(node.orelse)
        self.visit(node.target)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self.perhaps(node.body)
        self.perhaps(node.orelse)

    def perhaps(self, statements: list[ast.stmt], given: Set[str] = frozenset()) -> None:
        """Statements that may not be reached: who comes after them cannot count on what they give a value."""
        before = self.own
        self.own = before | given
        self.block(statements)
        self.own = before

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Store):
            self.use(node.id)
        if not isinstance(node.ctx, ast.Load):
            self.change(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):  # x += 1 reads x
            self.use(node.target.id)
        self.generic_visit(node)

    def use(self, name: str) -> None:
        if not any(name in names for names in (self.own, *self.local)):
            self.used.add(name)

    def visit_function(self, node: Any) -> None:
        if not isinstance(node, ast.Lambda):
            self.change(node.name)
        inside = [one for one in ast.walk(node) if one is not node]
        elsewhere = {name for one in inside if isinstance(one, ast.Global | ast.Nonlocal) for name in one.names}
        stored = {one.id for one in inside if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)}
        arguments = {one.arg for one in inside if isinstance(one, ast.arg)}
        self.local.append((stored | arguments) - elsewhere)
        self.generic_visit(node)
        self.local.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_function

    def visit_comprehension_scope(self, node: Any) -> None:
        stored = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        self.local.append(stored)
        self.generic_visit(node)
        self.local.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_comprehension_scope

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.change(node.name)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.change((alias.asname or alias.name).split(".")[0])

    visit_ImportFrom = visit_Import

    def visit_Attribute(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):  # x[0] = ..., x.flag = ...
            self.change_base(node)
        self.generic_visit(node)

    visit_Subscript = visit_Attribute

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):  # x.sort(), results.append(...) may change x
            self.change_base(node.func)
        self.generic_visit(node)

    def change_base(self, node: ast.expr) -> None:
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        if isinstance(node, ast.Name):
            self.change(node.id)


def _plain(target: ast.expr) -> set[str]:
    """The names that an assignment gives a value: not `x[0] = ...`, which changes one."""
    if isinstance(target, ast.Tuple | ast.List):
        return {name for element in target.elts for name in _plain(element)}
    return {target.id} if isinstance(target, ast.Name) else set()
