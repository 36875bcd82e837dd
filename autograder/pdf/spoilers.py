"""Which outputs of the executed solution a worksheet may show: those that no answer had a part in.

The student notebook is not executed, so its pictures come from the executed solution. A cell that uses a
name that an
answer defines or changes, directly or through other cells, is left without its output."""

import ast

from .notebook import Cell, Notebook, PdfError


def lend_outputs(worksheet: Notebook, solution: Notebook) -> None:
    """Give the worksheet's cells the outputs that are safe. The shared cells of both must be the same
    ones."""
    shared = [cell for cell in worksheet.cells if cell.role not in ("answer", "solution")]
    executed = [cell for cell in solution.cells if cell.role not in ("answer", "solution")]
    if [cell.source for cell in shared] != [cell.source for cell in executed]:
        raise PdfError(
            f"{worksheet.where} and {solution.where} come from different builds. Run `make build` again."
        )
    safe = {cell.number for cell in untouched(solution)}
    for mine, theirs in zip(shared, executed, strict=True):
        if mine.role == "code" and not mine.outputs and theirs.number in safe:
            mine.outputs = theirs.outputs


def untouched(solution: Notebook) -> list[Cell]:
    """The shared code cells whose names have nothing to do with any answer."""
    tainted: set[str] = set()
    safe: list[Cell] = []
    for cell in solution.cells:
        if cell.kind != "code":
            continue
        used, changed, readable = names(cell.source)
        if cell.role in ("answer", "solution") or not readable or used & tainted:
            tainted |= changed
        else:
            safe.append(cell)
    return safe


def names(source: str) -> tuple[set[str], set[str], bool]:
    """Names that a cell mentions, names that it defines or may change, and whether it could be read at
    all."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return set(), set(), False
    used: set[str] = set()
    changed: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            used.add(node.id)
            if not isinstance(node.ctx, ast.Load):
                changed.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            changed.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            changed |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            changed |= {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            # x.sort(), results.append(...): may change x; a module such as np comes back clean through its
            # import
            changed.add(node.func.value.id)
    return used, changed - {"np", "plt", "utils", "sympy", "sp", "explore"}, True
