"""Build dist/site: the student notebooks, the library and every package they import, ready for any static host."""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from autograder import student_library
from autograder.course import Course, Library
from autograder.site.packages import BUNDLED, CARRIED, PINNED, fetch_wheels, pyodide_lock, unproved

HERE = Path(__file__).parent
READY = "this page has no server: this cell fetches the course's packages, once"
HAND_IN = "# The zip file appears in the list of files on the left: right-click it, choose Download, and hand it in."


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the site goes (dist/site)")
    parser.add_argument("--notebooks", type=Path, metavar="DIR", help="folder of student notebooks (notebooks)")


def run(args: argparse.Namespace) -> int:
    course: Course = args.course
    args.out = args.out or course.dist / "site"
    env = environment(course.dist / ".site")
    with tempfile.TemporaryDirectory(prefix="site-") as temporary:
        work = Path(temporary)
        records = student_library.records(course)
        contents = stage(args.notebooks or course.notebooks, course.library, work / "contents", records)
        wheels = fetch_wheels(course.lock, env / "pypi")
        (work / "lite" / "pypi").mkdir(parents=True)
        for wheel in wheels:
            shutil.copy(wheel, work / "lite" / "pypi")
        missing = prove(env, contents, wheels)
        if missing:
            return missing
        build(env, work / "lite", contents, args.out)
    files = [path for path in args.out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{args.out}: {len(files)} files, {size:.0f} MB. Try it: python -m http.server -d {args.out}")
    return 0


def environment(folder: Path) -> Path:
    """A clean environment with the site's builder; made anew only when its list changes."""
    wanted = HERE / "requirements.txt"
    mark = folder / hashlib.sha256(wanted.read_bytes()).hexdigest()[:16]
    if not mark.exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        names = [line for line in wanted.read_text().splitlines() if line.startswith(("jupyterlite", "jupyter_server"))]
        subprocess.run([*pip, *names], check=True)
        # of the others only the page's part is needed, not what they want in Python
        rest = [line for line in wanted.read_text().splitlines() if "==" in line and line not in names]
        subprocess.run([*pip, "--no-deps", *rest], check=True)
        mark.touch()
    return folder


def stage(notebooks: Path, library: Library, contents: Path, records: dict[str, Any] | None = None) -> Path:
    """The files of the site: notebooks with one more cell at the top, what lies with them, the library beside them."""
    skip = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.zip")
    student_library.write(library, contents, records)
    for cache in [*contents.rglob("__pycache__")]:
        shutil.rmtree(cache)
    shutil.copytree(notebooks, contents / "notebooks", ignore=skip)
    for path in sorted((contents / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if not any("import piplite" in cell.source for cell in notebook.cells):
            extra = nbformat.v4.new_code_cell(first_cell(notebook))
            extra.pop("id", None)
            notebook.cells.insert(0, extra)
        for cell in notebook.cells:
            if cell.cell_type == "code" and "grader.export(" in cell.source:
                # otter would start a second Python to run the checks again, and a page has only one
                cell.source = f"{HAND_IN}\n{cell.source.replace('run_tests=True', 'run_tests=False')}"
        notebook.metadata["kernelspec"] = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
        nbformat.write(notebook, path)
    return contents


def first_cell(notebook: nbformat.NotebookNode) -> str:
    own_cells = (cell for cell in notebook.cells if "setup" not in cell.metadata.get("tags", []))
    text = "\n".join(cell.source for cell in own_cells) + str(notebook.metadata.get("otter", ""))
    extra = [package for package, module in (("sympy", "sympy"), ("scikit-learn", "sklearn")) if module in text]
    names = json.dumps([*CARRIED, *extra])
    own = json.dumps([*BUNDLED, *(f"{name}=={version}" for name, version in PINNED.items())])
    return f"# {READY}\nimport piplite\n\nawait piplite.install({names})\nawait piplite.install({own}, deps=False)"


def prove(env: Path, contents: Path, wheels: list[Path]) -> int:
    """0 when every import has a home, 1 with a list of those that have none."""
    ask = "from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION as v; print(v)"
    asked = subprocess.run([env / "bin" / "python", "-c", ask], check=True, capture_output=True, text=True)
    version = asked.stdout.strip()
    lock = pyodide_lock(version, env)
    if lock is None:
        print(f"note: imports not proved: Pyodide {version}'s list comes from npm, which could not be reached")
        return 0
    homeless = unproved(contents, wheels, lock)
    for name, files in sorted(homeless.items()):
        where = ", ".join(sorted(files))
        print(f"error: `import {name}` ({where}) is not in Python, in Pyodide {version} or in the bundle")
    if not homeless:
        print(f"every import is in Python's library, in Pyodide {version} or in the {len(wheels)} bundled wheels")
    return int(bool(homeless))


def build(env: Path, lite: Path, contents: Path, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    options = [f"--lite-dir={lite}", f"--contents={contents}", f"--output-dir={out.resolve()}", "--apps=lab"]
    command = [str(env / "bin" / "python"), "-m", "jupyterlite_core", "build", "--no-sourcemaps", *options]
    done = subprocess.run(command, cwd=lite, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"jupyter lite build failed:\n{(done.stdout + done.stderr)[-3000:]}")
