"""What students get of the course's library: in the zip, on the site, in a grader's sandbox.

All of it, but for what `library.hidden` names; and of the modules in `library.recorded`, which hold the right answers
that checks compare with, their functions look up what the build recorded.
"""

import ast
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.course import Course, Library

RECORDED = "recorded.json"


def write(library: Library, to: Path, records: dict[str, Any] | None = None) -> list[Path]:
    """Lay the library and what supports it into the folder `to`, as they lie beside the notebooks; the paths there."""
    for given in library.given:
        if given.is_dir():
            skip = shutil.ignore_patterns(".ipynb_checkpoints", ".DS_Store")
            shutil.copytree(given, to / given.name, ignore=skip, dirs_exist_ok=True)
        else:
            shutil.copy2(given, to / given.name)
    for module in library.hidden:
        for path in _files(module, to):
            path.unlink()
        shutil.rmtree(to.joinpath(*module.split(".")), ignore_errors=True)  # the folders of a package
    for module in library.recorded:
        for path in _files(module, to):
            if path.suffix == ".py":
                path.write_text(_looked_up(path.read_text(encoding="utf-8"), library.checker), encoding="utf-8")
            else:
                path.unlink()  # what Python compiled of it
    if library.recorded and records is not None:
        place = to.joinpath(*library.checker.split(".")) / RECORDED
        place.write_text(json.dumps(records, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    return [to / given.name for given in library.given]


def records(course: Course) -> dict[str, Any]:
    """What the functions of `library.recorded` gave in the public checks of all problems that are built."""
    found: dict[str, Any] = {}
    for master in course.masters():
        path = course.built(master.stem) / RECORDED
        if path.exists():
            found |= json.loads(path.read_text(encoding="utf-8"))
    return found


def _files(module: str, root: Path) -> list[Path]:
    """The files of a module, or of all that is in a package, with what Python compiled of them."""
    place = root.joinpath(*module.split("."))
    own = [place.with_suffix(".py"), *(place.parent / "__pycache__").glob(f"{place.name}.*")]
    return sorted(path for path in [*own, *place.rglob("*")] if path.is_file())


def _looked_up(source: str, checker: str) -> str:
    """A module again whose functions hold no program: each looks its result up."""
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name.startswith("_"))]
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for node in functions:
        words = ast.get_docstring(node, clean=False)
        said: Iterable[ast.stmt] = [ast.Expr(ast.Constant(words))] if words else []
        node.body = [*said, *ast.parse(f"return recorded({node.name!r}, locals())").body]
    at = 1 if ast.get_docstring(tree) else 0
    if functions:
        tree.body[at:at] = ast.parse(f"from {checker}.recorded import recorded").body
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
