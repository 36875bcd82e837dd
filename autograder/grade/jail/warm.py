"""What the first notebook would pay for, done once before the forks."""

import importlib
import sys
from collections.abc import Callable, Iterable

from .notebook.lazy import postpone


def up(preload: Iterable[str], lazy: list[str]) -> None:
    """Import modules, but not those of `lazy`, and let the slow ones do a first piece of work."""
    for name in preload:
        if name not in lazy:
            _try(name, lambda name=name: importlib.import_module(name))
    postpone(lazy)
    for name, work in (("matplotlib", _draw), ("sympy", _calculate)):
        if name in sys.modules and name not in lazy:
            _try(name, work)


def _try(name: str, work: Callable[[], object]) -> None:
    try:
        work()
    except Exception as e:
        print(f"{name} does not work: {type(e).__name__}: {e}", file=sys.stderr, flush=True)


def _draw() -> None:
    """The first figure finds fonts and builds tables."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.set_title("x")
    figure.canvas.draw()
    plt.close(figure)


def _calculate() -> None:
    """The first expressions and the first matrix bring in modules and fill tables: a tenth of a second."""
    import sympy

    a, b = sympy.symbols("warm:2")
    matrix = sympy.Matrix([[a, b], [2, a * b + 1]])
    found = sympy.simplify((matrix * matrix).det().diff(a).expand() - b / 2)
    sympy.latex(sympy.factor(found.subs({a: 1, b: 2.5}) + a))
