"""What a zygote is told when it starts: plain data, since it crosses into another process."""

from dataclasses import dataclass, field

from .walls import Named

PRELOAD = (
    "numpy", "numpy.random", "sympy", "matplotlib", "matplotlib.pyplot", "ipywidgets", "anywidget", "IPython.display",
    "IPython.core.inputtransformer2",
)  # fmt: skip
# the line hands these over by name, and the course's library
MODULES = ("numpy", "sympy", "math", "matplotlib.pyplot", "scipy", "itertools", "functools")
WAITING = 3  # a cell or a call may last so many times its limit of processor time: sleeping, or on a busy machine
GARBAGE = 20_000  # objects between two searches for cycles: most notebooks end before the first


@dataclass(frozen=True)
class ZygoteSettings:
    """`scratch` is the folder to start in; `walls` lock each child in, in this order."""

    scratch: str
    walls: list[Named]
    preload: list[str] = field(default_factory=list)
    lazy: list[str] = field(default_factory=list)  # modules that wait until a child uses them: see `lazy.py`
    given: int | None = None  # a descriptor with the cells that students were given, as JSON
    library: str = ""  # the course's, by the name it is imported by
    checker: str = ""  # the module of it that can tell which of its functions run
