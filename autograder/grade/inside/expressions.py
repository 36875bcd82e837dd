"""SymPy expressions as trees of names and numbers, rebuilt from a whitelist.

The trusted side must not do work that the student chose the size of: bounded node counts, bounded integers, and no
powers that make a number explode.
"""

from typing import Any

MAX_NODES = 3000
MAX_DEPTH = 60
MAX_DIGITS = 40
MAX_EXPONENT = 64
HEADS = [
    "Add",
    "Mul",
    "Pow",
    "Abs",
    "Min",
    "Max",
    "floor",
    "ceiling",
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "tanh",
    "sinh",
    "cosh",
    "Piecewise",
    "ExprCondPair",
    "Equality",
    "Unequality",
    "GreaterThan",
    "LessThan",
    "StrictGreaterThan",
    "StrictLessThan",
    "Heaviside",
    "sign",
    "Mod",
    "And",
    "Or",
    "Not",
    "Tuple",
]
CONSTANTS = {
    "Pi": "pi", "Exp1": "E", "Infinity": "oo", "NegativeInfinity": "-oo", "ImaginaryUnit": "I", "NaN": "nan",
    "ComplexInfinity": "zoo", "BooleanTrue": "true", "BooleanFalse": "false",
}  # fmt: skip
ASSUMPTIONS = (
    "integer",
    "positive",
    "nonnegative",
    "real",
    "nonzero",
    "negative",
    "odd",
    "even",
    "complex",
    "finite",
)
_MATRICES = ("ImmutableDenseMatrix", "MutableDenseMatrix")


def to_tree(value: Any) -> Any | None:
    """The tree of a SymPy expression or matrix; None when a part of it is not on the list."""
    try:
        return _to_tree(value, [0], 0)
    except ValueError:
        return None


def _to_tree(value: Any, count: list[int], depth: int) -> Any:
    count[0] += 1
    if count[0] > MAX_NODES or depth > MAX_DEPTH:
        raise ValueError("too large")
    name = type(value).__name__
    if name in _MATRICES:
        return ["Matrix", list(value.shape), [_to_tree(v, count, depth + 1) for v in value]]
    if name in ("Symbol", "Dummy"):
        known = {k: v for k in ASSUMPTIONS if (v := value.assumptions0.get(k)) is not None}
        return ["Symbol", str(value.name), known]
    if name in ("Integer", "Zero", "One", "NegativeOne"):
        return ["Integer", str(int(value))]
    if name in ("Rational", "Half"):
        return ["Rational", str(int(value.p)), str(int(value.q))]
    if name == "Float":
        return ["Float", float(value)]
    if name in CONSTANTS:
        return [name]
    if name in HEADS:
        return [name, *(_to_tree(v, count, depth + 1) for v in value.args)]
    raise ValueError(name)


def from_tree(tree: Any) -> Any:
    """The expression of a tree. Raises ValueError for anything that is not on the list or too large."""
    return _from_tree(tree, [0], 0)


def _integer(digits: Any) -> int:
    if not isinstance(digits, str) or len(digits) > MAX_DIGITS:
        raise ValueError("the number is too large")
    return int(digits)


def _from_tree(tree: Any, count: list[int], depth: int) -> Any:
    import sympy

    count[0] += 1
    if count[0] > MAX_NODES or depth > MAX_DEPTH or not isinstance(tree, list) or not tree:
        raise ValueError("the expression is too large")
    head, *body = tree
    if head == "Matrix":
        (rows, columns), entries = body
        return sympy.Matrix(int(rows), int(columns), [_from_tree(v, count, depth + 1) for v in entries])
    if head == "Symbol":
        name, known = body
        return sympy.Symbol(str(name)[:60], **{k: bool(v) for k, v in known.items() if k in ASSUMPTIONS})
    if head == "Integer":
        return sympy.Integer(_integer(body[0]))
    if head == "Rational":
        return sympy.Rational(_integer(body[0]), _integer(body[1]))
    if head == "Float":
        return sympy.Float(float(body[0]))
    if head in CONSTANTS:
        name = CONSTANTS[head]
        return -sympy.oo if name == "-oo" else getattr(sympy, name)
    if head not in HEADS:
        raise ValueError("the expression has a part that is not on the list")
    args = [_from_tree(v, count, depth + 1) for v in body]
    if head == "Pow" and not _harmless_power(*args):
        raise ValueError("the power is too large")
    if head in ("Piecewise", "ExprCondPair", "Tuple"):
        return tuple(args) if head == "ExprCondPair" else getattr(sympy, head)(*args)
    return getattr(sympy, head)(*args)


def _harmless_power(base: Any, exponent: Any) -> bool:
    """True for powers that cannot make a number explode: symbols are fine, large numbers and towers are not."""
    import sympy

    if exponent.atoms(sympy.Pow):
        return False
    if any(abs(n) > MAX_EXPONENT for n in exponent.atoms(sympy.Number) if n.is_finite):
        return False
    return all(abs(n.p) < 10**MAX_DIGITS and n.q < 10**MAX_DIGITS for n in base.atoms(sympy.Rational))
