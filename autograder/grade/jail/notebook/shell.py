"""What a cell may hold besides Python: magics, lines for a shell, `await`. Used when plain Python cannot read a cell.

As in IPython, the statements of such a cell run one by one, and what `from __future__` brings stays.
"""

import __future__

import ast
import importlib
import inspect
import re
import sys
import time
import types
from typing import Any

from .stubs import QUIET

ANNOTATIONS = __future__.annotations.compiler_flag
_SPECIAL = re.compile(r"^[ \t]*(?:[%!?/,;]|>>> |In \[)|=[ \t]*[%!]|\?[ \t]*$", re.MULTILINE)
_VALUED = {"timeit": "nrpv", "prun": "DlsT"}  # options that take a value


class History(list):
    """`In`: the cells so far. A kind of its own, so that it is not copied with the names."""


class Shell:
    """What `get_ipython()` gives. Magics that run Python do so in the notebook's names; the others do nothing."""

    def __init__(self, names: dict[str, Any]):
        self.user_ns = names
        self.flags = 0  # of the compiler
        self.file = "<cell 0>"
        self.history = History([""])
        self._loop: Any = None
        names.update(dict.fromkeys(("_", "__", "___", "_i", "_ii", "_iii"), ""))
        names["In"] = names["_ih"] = self.history
        names["Out"] = names["_oh"] = {}
        names["get_ipython"] = lambda: self
        for name in ("IPython", "IPython.core.getipython"):  # for those who import it
            if type(module := sys.modules.get(name)) is types.ModuleType:
                vars(module)["get_ipython"] = names["get_ipython"]
        names["display"] = display

    def __getattr__(self, name: str) -> Any:
        return getattr(QUIET, name)

    def run_cell(self, source: str, *_: Any, **__: Any) -> Any:
        return self._execute(self._parse(source))

    def run_line_magic(self, name: str, line: str, *_: Any, **__: Any) -> Any:
        if name.startswith("%"):
            raise SyntaxError(f"%{name} must be the first line of its cell")
        if name == "run" and (file := re.search(r"(\S+\.py)['\"]?\s*$", line)):
            with open(file.group(1).strip("'\""), encoding="utf-8") as script:
                exec(compile(script.read(), file.group(1), "exec"), self.user_ns)
            return None
        if name not in ("time", "timeit", "prun"):
            return QUIET
        local = sys._getframe(1).f_locals
        options, statement = _split(name, line)
        tree = self._parse(statement)
        return self._timeit(tree, local, options) if name == "timeit" else self._execute(tree, local)

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        if name in ("time", "prun", "capture"):
            found = self._execute(self._parse("\n" + cell))  # lines count from the top of the cell
            if name == "capture" and (target := re.match(r"\s*([^\W\d]\w*)", line)):
                self.user_ns[target.group(1)] = QUIET
            return None if name == "capture" else found
        if name == "timeit":
            options, setup = _split(name, line)
            tree = self._parse(setup)
            tree.body += self._parse("\n" + cell).body
            return self._timeit(tree, self.user_ns, options)
        if name in ("writefile", "file") and (words := line.split()):
            with open(words[-1].strip("'\""), "a" if "-a" in words else "w") as file:
                file.write(cell)
            importlib.invalidate_caches()  # a module of this moment
        return None

    def magic(self, line: str) -> Any:
        name, _, rest = line.lstrip("%").partition(" ")
        return self.run_line_magic(name, rest)

    def system(self, *_: Any, **__: Any) -> None:
        pass

    def getoutput(self, *_: Any, **__: Any) -> list[str]:
        return []

    # how a cell runs

    def _parse(self, source: str) -> ast.Module:
        flags = self.flags | ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        try:
            return compile(source, self.file, "exec", flags, True)
        except SyntaxError as e:
            if not (isinstance(e, IndentationError) or _SPECIAL.search(source)):
                raise
        from IPython.core.inputtransformer2 import TransformerManager

        tree = compile(TransformerManager().transform_cell(source), self.file, "exec", flags, True)
        lines = source.splitlines()
        empty = next((i for i, line in enumerate(lines) if line.strip()), 0)  # the transformer drops these
        return ast.increment_lineno(tree, empty)

    def _execute(self, tree: ast.Module, local: Any = None) -> Any:
        """Run the statements; the value of the last one, when it is an expression."""
        value = None
        for node in tree.body:
            single = isinstance(node, ast.Expr)
            wrapped = ast.Expression(node.value) if isinstance(node, ast.Expr) else ast.Module([node], [])
            flags = self.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(wrapped, self.file, "eval" if single else "exec", flags, True)
            self.flags |= code.co_flags & ANNOTATIONS
            value = eval(code, self.user_ns, local)
            if code.co_flags & inspect.CO_COROUTINE:
                value = self._await(value)
            value = value if single else None
        return value

    def _timeit(self, tree: ast.Module, local: Any, options: str) -> Any:
        """Run the body once, as the body of a function: what it assigns is not for the notebook."""
        ((function),) = ast.parse("def timed(): pass").body
        assert isinstance(function, ast.FunctionDef)
        function.body = tree.body or function.body
        code = compile(ast.Module([function], []), self.file, "exec", self.flags, True)
        made: dict[str, Any] = {}
        exec(code, self.user_ns if local is self.user_ns else {**self.user_ns, **local}, made)
        began = time.perf_counter()
        made["timed"]()
        took = time.perf_counter() - began
        runs = {"all_runs": [took], "timings": [took], "loops": 1, "repeat": 1, "stdev": 0.0, "compile_time": 0.0}
        result = types.SimpleNamespace(best=took, worst=took, average=took, **runs)
        return result if re.search(r"-[a-z]*o", options) else None

    def _await(self, coroutine: Any) -> Any:
        import asyncio

        class Loop(asyncio.SelectorEventLoop):
            """Without the pair of sockets by which threads wake a loop: the sandbox has no sockets."""

            def _make_self_pipe(self) -> None:
                self._ssock = self._csock = None

            def _close_self_pipe(self) -> None:
                pass

        self._loop = self._loop or Loop()
        return self._loop.run_until_complete(coroutine)


def display(*_: Any, display_id: Any = None, **__: Any) -> Any:
    """Jupyter's own function of that name, which notebooks use without an import."""
    return QUIET if display_id else None


def _split(name: str, line: str) -> tuple[str, str]:
    """The options of a magic, and its statement."""
    found = re.match(rf"(?:\s*-(?:-[\w-]+|[{_VALUED.get(name, '!')}]\s*\S+|[a-z]+)(?=\s|$))*", line)
    options = found.group() if found else ""
    return options, line[len(options) :].strip()
