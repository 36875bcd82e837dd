"""Cases: the arguments on which an answer is compared with the reference."""

from collections.abc import Callable, Hashable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from numbers import Number
from typing import Any, Literal

import numpy as np

from .symbols import is_symbolic


@dataclass(frozen=True)
class Case:
    """One call: positional and keyword arguments. Made by `case`."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)

    def fresh(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Copies, so that a function that changes its input spoils nothing."""
        return _copy(self.args), {name: _copy(value) for name, value in self.kwargs.items()}

    def call(self, function: Callable[..., Any]) -> Any:
        """`function` on copies of these arguments."""
        args, kwargs = self.fresh()
        return function(*args, **kwargs)

    def contents(self) -> Hashable | None:
        """What the arguments hold, to look a result up by; None when one is no plain data, such as a function."""
        try:
            return _contents(self.args), _contents(self.kwargs)
        except TypeError:
            return None

    def map(self, change: Callable[[Any], Any]) -> "Case":
        """The case with `change` applied to every argument."""
        return Case(tuple(change(a) for a in self.args), {k: change(v) for k, v in self.kwargs.items()})

    def values(self) -> list[Any]:
        """All arguments, positional first."""
        return [*self.args, *self.kwargs.values()]

    def weight(self) -> int:
        """How much there is to look at: the number of numbers in the arguments. Smaller cases are shown first."""
        return sum(map(_weight, self.values()))


def _weight(value: Any) -> int:
    if callable(value):
        return 0
    if isinstance(value, tuple | list):  # of arrays of any shapes
        return sum(map(_weight, value))
    return int(np.size(value)) + 2 * (np.ndim(value) > 2)


def _copy(value: Any) -> Any:
    """`deepcopy`, without its detours for what cases are mostly made of."""
    if type(value) is np.ndarray and value.dtype != object:
        return value.copy()
    if type(value) is tuple:
        return tuple(map(_copy, value))
    if type(value) is list:
        return list(map(_copy, value))
    return value if type(value) in (int, float, bool, str, type(None)) else deepcopy(value)


def _contents(value: Any) -> Hashable:
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, tuple | list):
        return type(value), tuple(map(_contents, value))
    if isinstance(value, dict):
        return dict, tuple((name, _contents(entry)) for name, entry in value.items())
    if isinstance(value, int | float | str | np.generic | None):
        return type(value), value
    raise TypeError(f"{type(value).__name__} is no plain data")


def case(*args: Any, **kwargs: Any) -> Case:
    """One call of the function under test: `case([1, 2, 3], [1, -2], stride=2)`.

    A list of numbers (or of such lists) becomes a float array, one with SymPy symbols an object array; tuples,
    lists of tuples, numbers, arrays and the rest are passed as they are. So data are lists, shapes are tuples.
    """
    return Case(tuple(_data(a) for a in args), {k: _data(v) for k, v in kwargs.items()})


def _data(argument: Any) -> Any:
    if not isinstance(argument, list) or not argument or not _is_data(argument):
        return argument
    try:
        return np.array(argument, dtype=object if is_symbolic(argument) else float)
    except ValueError:  # rows of different lengths
        return argument


def _is_data(entry: Any) -> bool:
    return all(map(_is_data, entry)) if isinstance(entry, list) else isinstance(entry, Number) or is_symbolic(entry)


def draw(
    shape: int | tuple[int, ...],
    seed: int,
    kind: Literal["tenths", "integers", "normal"] = "tenths",
    dtype: Any = float,
) -> np.ndarray:
    """Deterministic data of the given shape.

    "tenths": numbers with one decimal from -4.9 to 4.9, none of them whole, so that an array of whole numbers or of
    half precision shows. "integers": whole numbers from -5 to 5 without 0, for cases that are redone by hand. Of both,
    entries (in row order) repeat only when all such numbers were used, so ties are rare. "normal": standard normal.
    """
    return _drawn(int(np.prod(shape)), seed, kind).reshape(shape).astype(dtype)


@lru_cache(maxsize=1024)
def _drawn(size: int, seed: int, kind: str) -> np.ndarray:
    generator = np.random.default_rng(seed)
    if kind == "normal":
        return generator.standard_normal(size)
    if kind not in ("tenths", "integers"):
        raise ValueError(f'kind is {kind!r}; expected "tenths", "integers" or "normal"')
    whole = [n for n in range(-5, 6) if n]
    numbers = np.array(whole if kind == "integers" else [n / 10 for n in range(-49, 50) if n % 10])
    runs = [generator.permutation(numbers) for _ in range(-(-size // len(numbers)))] or [numbers]
    return np.concatenate(runs)[:size].astype(float)
