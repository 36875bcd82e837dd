"""The course's alternatives: other right answers must score in full, those that only look right must lose by name."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from .solved import Solved, definitions, quiet


@dataclass
class Other:
    """One file: `trouble` says what is wrong with the verdict on it; None when all is well."""

    path: Path
    trouble: str | None


def try_others(solved: Solved, folder: Path) -> list[Other]:
    """Every file of the problem's folder."""
    return [Other(path, trouble(solved, path)) for path in sorted((folder / solved.master.name).glob("*.py"))]


def trouble(solved: Solved, path: Path) -> str | None:
    """Run one file after the solved notebook, and the checks that take what it defines."""
    source = path.read_text(encoding="utf-8")
    names = dict(solved.names)
    try:
        with quiet():
            exec(compile(source, str(path), "exec"), names)
    except Exception as error:
        return f"it does not run: {type(error).__name__}: {error}"
    checks = solved.taking(definitions(source))
    if not checks:
        return "it replaces no answer: no check takes a name that it defines"
    found = [(c, mistake) for c in checks if (mistake := c(names)) is not None]
    if not path.name.startswith("wrong_"):
        return "; ".join(f"{c.question} {c.name}: {mistake}" for c, mistake in found) or None
    wanted = re.search(r"\[mistake: ([a-z0-9-]+)\]", ast.get_docstring(ast.parse(source)) or "")
    if not found:
        return "it is wrong, and got full marks"
    if wanted and wanted.group(1) not in {mistake for _, mistake in found}:
        return f"it was told {', '.join(sorted({m for _, m in found}))} instead of {wanted.group(1)}"
    return None
