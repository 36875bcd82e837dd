"""Zip files with the same bytes on every machine: the autograder's and the student's."""

import ast
import hashlib
import re
import tempfile
import zipfile
from collections.abc import Collection
from pathlib import Path
from string import Template
from typing import Any

from autograder import student_library
from autograder.build.info import load_problem
from autograder.course import Course, Library

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold
README = Path(__file__).with_name("student_readme.md")
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}

STOCK_README = "README-stock.md"
STOCK_WORDS = """# What this zip cannot do

`otter run` and Gradescope take this zip, and it gives honest students their points. But otter runs the tests in the
same process as the student's code. So a student can read the hidden tests, change the checker, or write the score:
a blank notebook with one line in it gets full marks. Nor does anything limit time, memory or the network.

The zip of the same name without `-stock` is the trusted one: upload that.
"""

NOT_HERE = (
    "In this question each student has numbers of their own. This zip cannot know them; "
    "`python -m autograder grade` does."
)
STOCK_PERSONAL = f"""
It cannot grade these questions at all: {{questions}}.
{NOT_HERE} Here they fail with that sentence, whatever the answer.
"""

RUNNER, MAIN = "run_otter.py", '\nif __name__ == "__main__":\n'
LEAVE_OUT = """
def leave_out(submission):
    \"\"\"Otter keeps what a submission brings along under the name of the course's own: take that away.\"\"\"
    import os
    import shutil

    for name in {names}:
        path = os.path.join(submission, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.remove(path)

"""

GUARD = """

def _own_library():
    import hashlib
    import pathlib

    import {library}
    folder = pathlib.Path({library}.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda p: p.relative_to(folder).as_posix()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\\0" + path.read_bytes() + b"\\0")
    if digest.hexdigest() != "{digest}":
        raise AssertionError("This submission brings its own {library}/: submit the notebook alone")
"""


def write_zip(path: Path, files: dict[str, bytes]) -> None:
    """Write `files` (name in the zip -> contents) in order of name, with fixed times and rights."""
    with zipfile.ZipFile(path, "w") as bundle:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.create_system = 3  # unix, wherever it is built
            entry.external_attr = (0o755 if name in ("run_autograder", "setup.sh") else 0o644) << 16
            entry.compress_type = zipfile.ZIP_STORED  # deflate differs between versions of zlib
            bundle.writestr(entry, files[name])


def folder_files(folder: Path, prefix: str) -> dict[str, bytes]:
    """All files under `folder`, named `prefix/...`, without caches."""
    return {
        f"{prefix}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not LEFT_OUT & set(path.relative_to(folder).parts)
    }


def digest_of(folder: Path) -> str:
    """One hash of all Python files of a folder. The guard in the autograder zip computes the same."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda p: p.relative_to(folder).as_posix()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def guards(test_file: str) -> set[str]:
    """The hashes of the libraries that a guarded test file accepts."""
    return {*re.findall(r'digest\.hexdigest\(\) != "([0-9a-f]{64})"', test_file)}


def guarded(test_file: str, library: str, digest: str, personal: bool = False) -> str:
    """The test file again, with a first line in each test that refuses a foreign library; or, where each student has
    numbers of their own, everything.

    A line in the function, not a wrapper around it: otter finds the failed line by depth.
    """
    lines = test_file.rstrip().split("\n")
    tests = [node for node in ast.parse(test_file).body if isinstance(node, ast.FunctionDef)]
    for node in reversed(tests):
        first = f"raise AssertionError({NOT_HERE!r})" if personal else "_own_library()"
        lines.insert(node.body[0].lineno - 1, " " * node.body[0].col_offset + first)
    return "\n".join(lines) + GUARD.replace("{library}", library).replace("{digest}", digest)


def autograder_zip(otters: Path, library: Library, at: Path, personal: Collection[str] = ()) -> None:
    """Otter's autograder zip again: the library added, each test guarded, the same bytes every time.

    `personal`: questions with numbers of each student's own, which such a zip cannot know: they fail with a sentence.

    Otter keeps a library of this name that a submission brings along. On Gradescope and in `otter grade` it is taken
    away before; `otter run` has no place for that, and there the guard at the end of each test file refuses to grade
    with it.
    """
    with zipfile.ZipFile(otters) as bundle:
        files = {name: bundle.read(name) for name in bundle.namelist()}
    digest = digest_of(library.path)
    for name in files:
        if name.startswith("tests/") and name.endswith(".py"):
            own = name.removeprefix("tests/").removesuffix(".py") in personal
            files[name] = guarded(files[name].decode(), library.name, digest, own).encode()
    files[RUNNER] = leaving_out(files[RUNNER].decode(), library).encode()
    words = STOCK_WORDS + (STOCK_PERSONAL.format(questions=", ".join(sorted(personal))) if personal else "")
    write_zip(at, files | given_files(library, "files/") | {STOCK_README: words.encode()})


def leaving_out(runner: str, library: Library) -> str:
    """Otter's program for Gradescope, which first takes away a submission's own library and what supports it."""
    if runner.count(MAIN) != 1:
        raise ValueError(f"otter's {RUNNER} ends otherwise than expected: {runner[-200:]!r}")
    hook = LEAVE_OUT.replace("{names}", repr(library.names))
    return runner.replace(MAIN, f'{hook}{MAIN}    leave_out("/autograder/submission")\n')


def given_files(library: Library, prefix: str = "") -> dict[str, bytes]:
    """The library and what supports it, as they lie beside the notebooks."""
    found: dict[str, bytes] = {}
    for path in library.given:
        found |= folder_files(path, prefix + path.name) if path.is_dir() else {prefix + path.name: path.read_bytes()}
    return found


def notebooks_of(course: Course) -> list[Path]:
    """What students open: the notebooks that there are, each followed by what lies beside it."""
    found: list[Path] = []
    for master in course.masters():
        built = course.built(master.stem) / "problem.json"
        files = load_problem(built.parent).files if built.exists() else ()
        found += [p for n in (f"{master.stem}.ipynb", *files) if (p := course.notebooks / n).exists()]
    return found


def student_files(course: Course, notebooks: list[Path], records: dict[str, Any]) -> dict[str, bytes]:
    """What an instructor hands out: notebooks with their files, the library, requirements, a README; no solution."""
    readme = Template(README.read_text(encoding="utf-8")).substitute(
        title=course.title, library=course.library.name, count=sum(path.suffix == ".ipynb" for path in notebooks)
    )
    files = {path.relative_to(course.root).as_posix(): path.read_bytes() for path in notebooks}
    with tempfile.TemporaryDirectory() as folder:
        for path in student_library.write(course.library, Path(folder), records):
            files |= folder_files(path, path.name) if path.is_dir() else {path.name: path.read_bytes()}
    return files | {"requirements.txt": course.requirements.read_bytes(), "README.md": readme.encode()}


def student_zip(course: Course, notebooks: list[Path], at: Path) -> None:
    """The same as a zip."""
    files = student_files(course, notebooks, student_library.records(course))
    write_zip(at, {f"{course.short}/{name}": data for name, data in files.items()})
