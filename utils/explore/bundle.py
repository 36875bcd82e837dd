"""A picture's files as the one module that a page can load: each in a scope of its own, so that no names clash."""

import re
from pathlib import Path

HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./(\w+)\.js";[ \t]*$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|function|class) (\w+))", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b(?! default\b).*$", re.MULTILINE)
_RULE = 'a page is one module: write import { names } from "./file.js"; and export before const, let, function or class'


def module(name: str, folder: Path = HERE) -> str:
    """`name`.js with the files that it imports, as one ES module.

    Raises ValueError with the file and its line for a way to import or export that is not known here, for a file that
    is not there, and for files that import each other.
    """
    made: dict[str, str] = {}
    page = _scope(name, folder, made, ())
    return "\n".join([*made.values(), page])


def _scope(name: str, folder: Path, made: dict[str, str], above: tuple[str, ...]) -> str:
    """The text of a file after those that it imports, which are put into `made`; `above`: who asks for it."""
    if name in above:
        ring = " imports ".join(f"{n}.js" for n in (*above, name))
        raise ValueError(f"{ring}: files cannot import each other")
    path = folder / f"{name}.js"
    if not path.is_file():
        raise ValueError(f"{above[-1] if above else name}.js needs {name}.js, which is not in {folder.name}/")
    source = path.read_text(encoding="utf8")
    for found in _IMPORT.finditer(source):
        other = found[2]
        if other not in made:
            text = _scope(other, folder, made, (*above, name))
            exported = ", ".join(_exports(folder / f"{other}.js"))
            made[other] = f"const ${other} = (() => {{\n{text}\nreturn {{ {exported} }};\n}})();"
        wanted = [name.split()[0] for name in found[1].split(",") if name.strip()]
        if lost := [one for one in wanted if one not in _exports(folder / f"{other}.js")]:
            raise ValueError(f"{name}.js imports {', '.join(lost)} from {other}.js, which does not export it")
    text = _EXPORT.sub("", _IMPORT.sub(_taken, source))
    if strange := _LEFT.search(text):
        line = source[: source.index(strange[0])].count("\n") + 1
        raise ValueError(f"{name}.js:{line}: {strange[0]!r}; {_RULE}")
    return text.rstrip()


def _exports(file: Path) -> list[str]:
    return _EXPORT.findall(file.read_text(encoding="utf8"))


def _taken(found: re.Match[str]) -> str:
    """An import as a line that takes the names out of the file's scope; as many lines as it had."""
    names = re.sub(r"(\w+)\s+as\s+(\w+)", r"\1: \2", found[1])
    return f"const {{{names}}} = ${found[2]};"
