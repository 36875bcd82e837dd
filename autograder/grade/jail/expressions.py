"""SymPy expressions as trees of names and numbers, rebuilt from a whitelist.

The trusted side must not do work that the student chose the size of: bounded node counts, bounded integers, and no
powers that make a number explode, now or when a check puts numbers in place of the symbols. Functions are rebuilt as
they are, unevaluated: what could be evaluated was, where the expression came from.
"""

from dataclasses import dataclass
from math import frexp, log2
from typing import Any

MAX_NODES = 3000
MAX_NODES_IN_ALL = 20_000  # of all expressions in a value
ROOT_NODES = 50  # what the root of a number counts for: it looks for factors
MAX_DEPTH = 60
MAX_DIGITS = 40
MAX_ROOT_DIGITS = 12  # of a number under a root
MAX_EXPONENT = 64
MAX_NUMBERS = 40  # that are irrational
MAX_EXACT_BITS = 40_000  # of the numbers that one sum or product combines
MAX_FLOOR_BITS = 4096  # an integer part that large is computed in no time
MAX_EXPONENT_BITS = 20
MAX_BITS = 1 << 22  # of an exponent range; only floats reach it
_RELATIONS = (
    "Equality", "Unequality", "GreaterThan", "LessThan", "StrictGreaterThan", "StrictLessThan",
)  # fmt: skip
_GROWING = ("exp", "sinh", "cosh")
_ROUNDING = ("floor", "ceiling", "Mod")
_ONE_BIT = ("sin", "cos", "tanh", "sign", "Heaviside", "And", "Or", "Not", *_RELATIONS)
_IRRATIONAL = frozenset(("Pow", "log", "sin", "cos", "tan", "tanh", *_GROWING))
# these ask whether a number is positive, or for its integer part: hard questions about some numbers
_ASKING = frozenset(
    ("Abs", "Min", "Max", "sign", "Heaviside", "Piecewise", "And", "Or", "Not", *_ROUNDING, *_RELATIONS)
)
_PLAIN = ("Add", "Mul", "Tuple", "ExprCondPair")
HEADS = _ASKING | _IRRATIONAL | frozenset(_PLAIN)
CONSTANTS = {
    "Pi": "pi", "Exp1": "E", "Infinity": "oo", "NegativeInfinity": "-oo", "ImaginaryUnit": "I", "NaN": "nan",
    "ComplexInfinity": "zoo", "BooleanTrue": "true", "BooleanFalse": "false",
}  # fmt: skip
ASSUMPTIONS = ("integer", "positive", "nonnegative", "real", "nonzero", "negative", "odd", "even", "complex", "finite")
_MATRICES = ("ImmutableDenseMatrix", "MutableDenseMatrix", "ImmutableSparseMatrix", "MutableSparseMatrix")
_ARRAY = "ImmutableDenseNDimArray"
MAX_ASKED_NODES, MAX_ASKED_NUMBERS, MAX_ASKED_DEGREE = 300, 2, 6


def to_tree(value: Any) -> Any | None:
    """The tree of a SymPy expression, matrix or array; None when a part of it is not on the list."""
    try:
        return _to_tree(value, [0], 0)
    except ValueError:
        return None


def _to_tree(value: Any, count: list[int], depth: int) -> Any:
    count[0] += 1
    if count[0] > MAX_NODES or depth > MAX_DEPTH:
        raise ValueError("too large")
    name = type(value).__name__
    if name in _MATRICES or name == _ARRAY:
        if len(value) > MAX_NODES:
            raise ValueError("too large")
        entries = value.flat() if name in _MATRICES else value.reshape(len(value))
        head = "Matrix" if name in _MATRICES else "Array"
        return [head, [int(n) for n in value.shape], [_to_tree(v, count, depth + 1) for v in entries]]
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
    if name in ("IndexedBase", "Idx"):  # without the shape or range that it may have
        return [name, _to_tree(value.label, count, depth + 1)]
    if name in HEADS or name == "Indexed":
        return [name, *(_to_tree(v, count, depth + 1) for v in value.args)]
    raise ValueError(name)


def from_tree(tree: Any, spent: list[int] | None = None) -> Any:
    """The expression of a tree. Raises ValueError for anything that is not on the list or too large.

    `spent` counts the nodes of all expressions that belong together.
    """
    spent = [0] if spent is None else spent
    try:
        return _Builder(spent, min(spent[0] + MAX_NODES, MAX_NODES_IN_ALL)).build(tree, 0).value
    except ValueError:
        raise
    except Exception as e:  # whatever sympy says to parts that do not belong together
        raise ValueError(f"the expression cannot be rebuilt: {type(e).__name__}") from None


def _integer(digits: Any) -> int:
    if not isinstance(digits, str) or len(digits) > MAX_DIGITS:
        raise ValueError("the number is too large")
    return int(digits)


@dataclass
class _Part:
    """A rebuilt part of an expression, and bounds on the work of evaluating it.

    bits     for symbols between 1/4 and 4, log2 |value| lies between -bits and bits
    nodes    how many parts it is made of, itself included
    numbers  how many of its parts are irrational numbers; a part that occurs twice counts twice
    degree   the highest power that multiplying it out could give
    """

    value: Any
    bits: float = 2.0
    nodes: int = 1
    numbers: int = 0
    degree: float = 1.0


class _Builder:
    """Rebuilds one expression, up to `limit` nodes."""

    def __init__(self, spent: list[int], limit: int):
        import sympy

        self.sympy, self.spent, self.limit = sympy, spent, limit

    def build(self, tree: Any, depth: int) -> _Part:
        self.spent[0] += 1
        if self.spent[0] > self.limit or depth > MAX_DEPTH or not isinstance(tree, list) or not tree:
            raise ValueError("the expression is too large")
        head, *body = tree
        if head in ("Matrix", "Array"):
            return self._entries(head, body[0], body[1], depth)
        if head == "Symbol":
            name, known = body
            known = {k: bool(v) for k, v in known.items() if k in ASSUMPTIONS}
            return _Part(self.sympy.Symbol(str(name)[:60], **known))
        if head == "Integer":
            return _number(self.sympy.Integer(_integer(body[0])))
        if head == "Rational":
            return _number(self.sympy.Rational(_integer(body[0]), _integer(body[1])))
        if head == "Float":
            number = float(body[0])
            return _Part(self.sympy.Float(number), abs(frexp(number)[1]) + 1.0)
        if head in CONSTANTS:
            name = CONSTANTS[head]
            return _Part(-self.sympy.oo if name == "-oo" else getattr(self.sympy, name), numbers=head in ("Pi", "Exp1"))
        if head not in HEADS and head not in ("Indexed", "IndexedBase", "Idx"):
            raise ValueError("the expression has a part that is not on the list")
        return self._of(head, [self.build(v, depth + 1) for v in body])

    def _entries(self, head: str, shape: Any, trees: Any, depth: int) -> _Part:
        shape = [int(n) for n in shape]
        if len(shape) > 32 or any(not 0 <= n <= MAX_NODES for n in shape):
            raise ValueError("an impossible shape")
        entries = [self.build(v, depth + 1).value for v in trees]
        if head == "Matrix":
            return _Part(self.sympy.Matrix(*shape, entries))
        return _Part(self.sympy.ImmutableDenseNDimArray(entries, shape))

    def _of(self, head: str, parts: list[_Part]) -> _Part:
        args = [p.value for p in parts]
        part = _Part(None, _bits(head, parts), 1 + sum(p.nodes for p in parts), sum(p.numbers for p in parts))
        part.degree = _degree(head, parts)
        if part.bits > MAX_BITS:
            raise ValueError("the number is too large")
        if head in ("Add", "Mul"):
            if sum(map(_exact_bits, args)) > MAX_EXACT_BITS:
                raise ValueError("the numbers are too large")
            part.value = getattr(self.sympy, head)(*args)
        elif head == "Pow":
            if not _harmless_power(*args):
                raise ValueError("the power is too large")
            if args[0].is_Rational and not args[1].is_Integer:
                self.spent[0] += ROOT_NODES
            part.value = self.sympy.Pow(*args)
        elif head == "ExprCondPair":
            part.value = tuple(args)
        elif head in ("Tuple", "Indexed", "IndexedBase", "Idx"):
            part.value = getattr(self.sympy, head)(*args)
        else:
            part.value = getattr(self.sympy, head)(*args, evaluate=False)
        if head in _ASKING and (
            part.nodes > MAX_ASKED_NODES or part.numbers > MAX_ASKED_NUMBERS or part.degree > MAX_ASKED_DEGREE
        ):
            raise ValueError("the expression is too hard to evaluate")
        if head in _IRRATIONAL and not part.value.is_Rational and not part.value.free_symbols:
            part.numbers += 1
        if part.numbers > MAX_NUMBERS:
            raise ValueError("too many irrational numbers")
        return part


def _number(value: Any) -> _Part:
    return _Part(value, float(max(abs(int(value.p)).bit_length(), int(value.q).bit_length(), 1)))


def _exact_bits(value: Any) -> int:
    """The size of the rational number in front of an expression."""
    number = value.as_coeff_Mul()[0] if hasattr(value, "as_coeff_Mul") else value
    return int(number.p).bit_length() + int(number.q).bit_length() if getattr(number, "is_Rational", False) else 0


def _bits(head: str, parts: list[_Part]) -> float:
    """A bound on |log2 |value||; raises ValueError where evaluation would take long."""
    bits = [p.bits for p in parts]
    largest = max(bits, default=1.0)
    if head == "Mul":
        return sum(bits)
    if head == "Add":
        return largest + log2(len(bits) + 1)
    if head in (*_ROUNDING, "sin", "cos", "tan") and sum(bits) > MAX_FLOOR_BITS:
        raise ValueError("the number is too large")
    if head in _GROWING:
        return 1.5 * 2 ** _exponent(largest)
    if head == "Pow":
        base, power = parts
        if power.value.is_Rational and power.value > 0:
            return base.bits * float(power.value)
        away = base.bits + 128 * (base.value.is_Add or base.value.is_Function)  # a sum may be nearly zero
        return away * (-float(power.value) if power.value.is_Rational else 2 ** _exponent(power.bits))
    if head == "log":
        return log2(largest + 2) + 2
    return 128.0 if head == "tan" else 1.0 if head in _ONE_BIT else largest


def _exponent(bits: float) -> float:
    if bits > MAX_EXPONENT_BITS:
        raise ValueError("the power is too large")
    return bits


def _degree(head: str, parts: list[_Part]) -> float:
    degrees = [p.degree for p in parts]
    if head == "Pow":
        base, power = parts
        several = base.value.is_Add or base.degree > 1
        return degrees[0] * max(1.0, abs(float(power.value))) if several and power.value.is_Integer else max(degrees)
    return sum(degrees) if head == "Mul" and max(degrees, default=1.0) > 1 else max(degrees, default=1.0)


def _harmless_power(base: Any, exponent: Any) -> bool:
    """True for powers of numbers that stay small; `_bits` looks at the rest."""
    import sympy

    if any(abs(n) > MAX_EXPONENT for n in exponent.atoms(sympy.Number) if n.is_finite):
        return False
    if exponent.is_Rational and exponent.q > MAX_EXPONENT:
        return False
    whole = exponent.is_Integer or not exponent.is_Rational
    limit = 10 ** (MAX_DIGITS if whole else MAX_ROOT_DIGITS)
    return all(abs(n.p) < limit and n.q < limit for n in base.atoms(sympy.Rational))
