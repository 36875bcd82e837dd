"""Who imports whom: no cycle anywhere, and the sandbox's folder imports nothing that a sandbox does not see; and a
class's name means one thing."""

import ast
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("utils", "autograder", "benchmarks", "tests")
JAIL = "autograder.grade.jail"
# the same thing on both sides of a border that no import crosses, and what is the same in each kind of wall
TWICE = {"Built", "Mistake", "Notebook", "Opaque", "Outcome", "StudentError"}


def modules(root: Path = ROOT, packages: tuple[str, ...] = PACKAGES) -> dict[str, Path]:
    """The modules of these packages by their full names."""
    found = {}
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, path: Path) -> Iterator[str]:
    """Every name that a module imports, wherever in the file: an import inside a function may hide a cycle."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            whole = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{whole}.{alias.name}" for alias in node.names)


def graph(found: dict[str, Path]) -> dict[str, set[str]]:
    """Module -> the modules that it names in an import; `from a import b` means `a.b` where that is a module."""
    edges: dict[str, set[str]] = {}
    for name, path in found.items():
        edges[name] = set()
        for whole in imported(name, path):
            target = whole if whole in found else whole.rpartition(".")[0]
            if target in found and target != name:
                edges[name].add(target)
    return edges


def cycle(edges: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as e:
        return list(reversed(e.args[1]))
    return []


def test_no_module_imports_itself_on_a_detour() -> None:
    edges = graph(modules())
    assert len(edges) > 100 and sum(map(len, edges.values())) > 300
    assert cycle(edges) == []


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": "from . import b", "b.py": "def f():\n    from .a import x"},
        {"a.py": "import p.b", "b.py": "from p.c import y", "c.py": "from p import a"},
        {"__init__.py": "from .a import x", "a.py": "from . import y"},
    ],
)
def test_a_cycle_is_found(files: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    for name, text in ({"__init__.py": ""} | files).items():
        (tmp_path / "p" / name).write_text(text)
    found = cycle(graph(modules(tmp_path, ("p",))))
    assert found and found[0] == found[-1] and len(set(found)) >= 2


def test_the_sandbox_sees_all_that_its_folder_imports() -> None:
    found = modules()
    inside = {name: path for name, path in found.items() if name.startswith(JAIL)}
    assert len(inside) > 10
    for name, path in inside.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not any(alias.name.split(".")[0] in (*PACKAGES, "jail") for alias in node.names), name
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert str(node.module).split(".")[0] not in (*PACKAGES, "jail"), name
        assert all(w.startswith(JAIL) for w in imported(name, path) if w.split(".")[0] in PACKAGES), name


def test_a_class_name_means_one_thing() -> None:
    names = Counter(
        node.name
        for path in modules(packages=("utils", "autograder")).values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert {name for name, times in names.items() if times > 1} == TWICE
