"""First-order mutants of a piece of Python: one operator, constant, slice, axis, argument or statement changed."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

BINARY: dict[type, list[type]] = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Add, ast.Div],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Mult, ast.Div],
    ast.Mod: [ast.FloorDiv],
    ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult],
}
COMPARE: dict[type, list[type]] = {
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
}


@dataclass(frozen=True)
class Mutant:
    """`before` and `after` are the changed statement; `source` is the whole piece of code."""

    kind: str
    line: int
    before: str
    after: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """All first-order mutants of `source` that compile to other code, each once."""
    tree = ast.parse(source)
    seen = {_code(tree)}
    for path, node in _walk(tree):
        for kind, new in _changes(node):
            if kind == "order" and _is_axis(tree, path):  # a sum over (0, 1) is a sum over (1, 0)
                continue
            changed = copy.deepcopy(tree)
            _put(changed, path, new)
            ast.fix_missing_locations(changed)
            try:
                code = _code(changed)
            except (SyntaxError, ValueError):
                continue
            if code in seen:
                continue
            seen.add(code)
            old, statement = _statement(tree, path), _statement(changed, path)
            yield Mutant(kind, getattr(node, "lineno", 0), _first(old), _first(statement), ast.unparse(changed))


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    """What a node may become; None drops it."""
    match node:
        case ast.BinOp():
            yield from (("operator", _with(node, op=op())) for op in BINARY.get(type(node.op), []))
        case ast.Compare(ops=[op], comparators=[_]):
            yield from (("comparison", _with(node, ops=[new()])) for new in COMPARE.get(type(op), []))
        case ast.BoolOp():
            yield "logic", _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            yield "sign", node.operand
        case ast.Constant(value=bool(value)):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield "constant", ast.Constant(value + 1)
            yield "constant", ast.UnaryOp(ast.USub(), ast.Constant(1)) if value == 0 else ast.Constant(value - 1)
        case ast.Constant(value=float(value)):
            yield "constant", ast.Constant(value * 2 + 1)
        case ast.Slice():
            ends = [end for end in ("lower", "upper", "step") if getattr(node, end)]
            yield from (("slice", _with(node, **{end: None})) for end in ends)
            yield from (
                ("off by one", _with(node, **{end: ast.BinOp(getattr(node, end), op, ast.Constant(1))}))
                for end in ("lower", "upper")
                if getattr(node, end)
                for op in (ast.Add(), ast.Sub())
            )
        case ast.Tuple(elts=[first, second, *rest], ctx=ast.Load()):
            yield "order", _with(node, elts=[second, first, *rest])
        case ast.Call():
            yield from _calls(node)
        case ast.AugAssign(target=target, op=op, value=value):
            yield "accumulate", ast.Assign([target], value)
            if isinstance(op, ast.Add):
                yield "accumulate", _with(node, op=ast.Sub())
            yield "dropped statement", ast.Pass()
        case ast.Assign() | ast.Expr() | ast.Return() | ast.If() | ast.For() | ast.While():
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):  # a docstring
                yield "dropped statement", ast.Pass()


def _is_axis(tree: ast.AST, path: "Path") -> bool:
    parent = _get(tree, path[:-1])
    return isinstance(parent, ast.keyword) and parent.arg == "axis"


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    match node.args:
        case [first, second, *rest] if not (isinstance(node.func, ast.Attribute) and node.func.attr == "swapaxes"):
            yield "arguments", _with(node, args=[second, first, *rest])
    for i, keyword in enumerate(node.keywords):
        if keyword.arg not in ("dtype", None):
            yield "argument dropped", _with(node, keywords=node.keywords[:i] + node.keywords[i + 1 :])
    if isinstance(node.func, ast.Name) and node.func.id == "range":
        *before, last = node.args[:2]
        for op in (ast.Add(), ast.Sub()):
            stop = ast.BinOp(last, op, ast.Constant(1))
            yield "off by one", _with(node, args=[*before, stop, *node.args[2:]])


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


Path = tuple[tuple[str, int | None], ...]


def _walk(node: ast.AST, path: Path = ()) -> Iterator[tuple[Path, ast.AST]]:
    yield path, node
    for name, value in ast.iter_fields(node):
        if name in ("returns", "annotation", "decorator_list"):
            continue
        if isinstance(value, ast.AST):
            yield from _walk(value, (*path, (name, None)))
        elif isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _walk(item, (*path, (name, i)))


def _get(tree: ast.AST, path: Path) -> ast.AST:
    for name, i in path:
        tree = getattr(tree, name) if i is None else getattr(tree, name)[i]
    return tree


def _put(tree: ast.AST, path: Path, new: ast.AST | None) -> None:
    parent, (name, i) = _get(tree, path[:-1]), path[-1]
    if i is None:
        setattr(parent, name, new)
    else:
        getattr(parent, name)[i] = new


def _statement(tree: ast.AST, path: Path) -> ast.AST:
    """The innermost statement on the way to a node."""
    nodes = [_get(tree, path[:n]) for n in range(len(path) + 1)]
    return next((n for n in reversed(nodes) if isinstance(n, ast.stmt)), tree)


def _first(node: ast.AST) -> str:
    return ast.unparse(node).split("\n")[0]


def _code(tree: ast.AST) -> tuple:
    return _key(compile(tree, "<mutant>", "exec"))  # type: ignore[arg-type]


def _key(code) -> tuple:
    constants = tuple(_key(c) if hasattr(c, "co_code") else (type(c).__name__, repr(c)) for c in code.co_consts)
    return code.co_code, constants, code.co_names, code.co_varnames
