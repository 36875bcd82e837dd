"""Tools for the people who teach the course: `python -m autograder build | grade | pdf | site`."""

import os
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent  # where Python finds this program; a course may lie elsewhere

# where this package can be imported, jsonschema (and so nbformat) compiles 38 grammars for kinds of text that no
# notebook has, a second or more in each process; else it goes without them. None says that it cannot be imported
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def import_paths(*first: Path) -> dict[str, str]:
    """The environment variable by which another Python imports from `first`, and this program as this one does."""
    given = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return {"PYTHONPATH": os.pathsep.join(map(str, [*first, HOME, *given]))}
