"""What a test may do, read from its source: the grader runs tests outside of the student's process, against proxies.

What cannot work there is refused here, with its line, at build time and again when an autograder zip is read. So no
student is blamed for it. CONTRIBUTING ("What a test may do") has the list in words.
"""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

MODULES = {"np": "numpy", "sp": "sympy", "plt": "matplotlib.pyplot"}  # by the name that a notebook gives them
COMPARES = ("assert_", "assertEqual", "assertTrue")


@dataclass(frozen=True)
class Fault:
    """Why a test cannot be graded; the line counts in the text that was looked at, from 1."""

    line: int
    message: str


def faults_of_file(source: str) -> Iterator[Fault]:
    """What is wrong with an otter test file."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        yield Fault(error.lineno or 1, f"not valid Python: {error.msg}")
        return
    if (line := _ok_format(tree)) is not None:
        yield Fault(line, "tests in OK format cannot be graded: write functions, with `tests: {ok_format: false}`")
        return
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and _is_test(node)]
    if not tests:
        yield Fault(1, "there is no test in this file: a test is a function below `@test_case(...)`")
    for test in tests:
        yield from faults_of_test(test)


def faults_of_test(test: ast.FunctionDef) -> Iterator[Fault]:
    """What one test function does that cannot work outside of the student's process."""
    names = {a.arg for a in (*test.args.posonlyargs, *test.args.args, *test.args.kwonlyargs)} - {"env"}
    for node in ast.walk(test):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            yield from _attribute(node, node.value.id)
        elif isinstance(node, ast.Call) and _root(node.func) == "inspect":
            for used in sorted(names & {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}):
                yield Fault(node.lineno, f"a test does not see the code of `{used}`: it can only call it")
    yield from _read_back(test, names)


def _ok_format(tree: ast.Module) -> int | None:
    """The line that says so, when a file is in otter's OK format."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, node.value
            if name == "OK_FORMAT":
                return None if isinstance(value, ast.Constant) and value.value is False else node.lineno
            if name == "test" and isinstance(value, ast.Dict):
                return node.lineno
    return None


def _is_test(node: ast.FunctionDef) -> bool:
    return any(isinstance(d, ast.Call) and _last(d.func) == "test_case" for d in node.decorator_list)


def _attribute(node: ast.Attribute, name: str) -> Iterator[Fault]:
    if name == "pd":
        yield Fault(node.lineno, "the notebook's `pd` does not reach a test: import pandas inside the test")
    elif name in MODULES and isinstance(getattr(importlib.import_module(MODULES[name]), node.attr, None), ModuleType):
        message = f"the notebook's `{name}.{node.attr}` does not reach a test: import {MODULES[name]} inside the test"
        yield Fault(node.lineno, message)
    elif node.attr.startswith("__") and node.attr != "__name__":
        yield Fault(node.lineno, f"a test does not see `{name}.{node.attr}`: it can call `{name}` and read its values")


def _read_back(test: ast.FunctionDef, names: set[str]) -> Iterator[Fault]:
    """A comparison that reads an argument after a call, and nothing that came from the student."""
    theirs = _from_student(test, names)
    handed: dict[str, int] = {}  # a name of the test's own -> the first line where a student's function gets it
    for call in (n for n in ast.walk(test) if isinstance(n, ast.Call) and _root(n.func) in theirs):
        for argument in (*call.args, *(k.value for k in call.keywords)):
            if isinstance(argument, ast.Name) and argument.id not in theirs:
                handed[argument.id] = min(call.lineno, handed.get(argument.id, call.lineno))
    for node in ast.walk(test):
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and _last(node.func).startswith(COMPARES)):
            read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            back = sorted(name for name in read & handed.keys() if handed[name] < node.lineno)
            if back and not read & theirs:
                message = (
                    f"`{back[0]}` is read back after a call: a student's function gets a copy, so what it changes in "
                    "place is not seen here. `expect` notices by itself when an argument is changed"
                )
                yield Fault(node.lineno, message)


def _from_student(test: ast.FunctionDef, names: set[str]) -> set[str]:
    """The test's arguments, and every name that is made from one of them."""
    theirs = set(names)
    while True:
        known = len(theirs)
        for node in ast.walk(test):
            match node:
                case ast.Assign(targets=targets, value=value):
                    pass
                case ast.AugAssign(target=target, value=value):
                    targets = [target]
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    targets = [target]
                case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                    targets = [target]
                case ast.NamedExpr(target=target, value=value):
                    targets = [target]
                case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                    targets = [target]
                case _:
                    continue
            if any(isinstance(n, ast.Name) and n.id in theirs for n in ast.walk(value)):
                theirs |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        if len(theirs) == known:
            return theirs


def _root(node: ast.expr) -> str:
    """The first name of `a.b.c`; "" for what is no such chain."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
