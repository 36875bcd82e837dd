"""Whoever has only one notebook works: in an empty folder, in Colab, under another name; or is told what to do."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.lesson import colab_stand_in, web
from tests.lesson.web import NAME, ROOT, Archives, alone
from utils.notebook import colab
from utils.notebook.words import Stop

ANSWER = "y_by_hand = ..."


@pytest.fixture
def archives(tmp_path: Path) -> Iterator[Archives]:
    with web.archives(tmp_path / "web") as server:
        yield server


def published(repository: str, tmp_path: Path) -> str:
    return web.first_cell(repository, tmp_path / "course-root")


def run(path: Path, *more: str, before: str = "", folder: Path | None = None) -> list[nbformat.NotebookNode]:
    """The code cells of a notebook, run in a kernel of its own that knows nothing of this repository. It works in the
    notebook's folder, or in `folder`."""
    notebook = nbformat.read(path, as_version=4)
    cells = [nbformat.v4.new_code_cell(before), *notebook.cells, *map(nbformat.v4.new_code_cell, more)]
    notebook.cells = [c for c in cells if c.cell_type == "code"]
    client = NotebookClient(
        notebook, timeout=180, allow_errors=True, resources={"metadata": {"path": str(folder or path.parent)}}
    )
    home = str(path.parent.parent / "ipython")
    client.execute(env={**os.environ, "IPYTHONDIR": home, "PYTHONPATH": "", "MPLBACKEND": "agg"})
    return notebook.cells


def said(cell: nbformat.NotebookNode) -> str:
    outs = cell.outputs
    errors = ["\n".join(o.traceback) for o in outs if o.output_type == "error"]
    texts = [o.get("text", "") for o in outs]
    shown = [o.data.get("text/html", o.data.get("text/plain", "")) for o in outs if "data" in o]
    return "\n".join([*texts, *shown, *errors]).strip()


@pytest.mark.slow
def test_in_an_empty_folder_the_first_cell_fetches_the_course(archives: Archives, tmp_path: Path) -> None:
    path = alone(tmp_path / "downloads", published(archives.address, tmp_path))
    _, first, *rest = run(path)
    assert said(first) == "" and not any(o.output_type == "error" for c in rest for o in c.outputs)
    assert "q1a_i: not yet" in said(rest[-1])
    got = {p.name for p in (path.parent / "a-course").iterdir()}
    assert got == {"utils", "notebooks", "requirements.txt"}
    assert {path.parent for path in tmp_path.rglob("escaped.py")} <= set((path.parent / "a-course").rglob("*"))
    assert not list(path.parent.rglob("secret.py"))
    asked = archives.asked
    assert asked
    run(path)
    assert archives.asked == asked, "fetched again although it is here"


@pytest.mark.slow
def test_a_renamed_notebook_works(archives: Archives, tmp_path: Path) -> None:
    path = alone(tmp_path / "downloads", published(archives.address, tmp_path), f"{NAME} (1).ipynb")
    *_, check = run(path)
    assert "section" in said(check) and "Traceback" not in said(check)
    *_, check = run(path, "y_by_hand = [2, -5, 2]", 'grader.check("q1a_i")')
    assert "q1a_i: right" in said(check) and "1 of 15 questions" in said(check)


@pytest.mark.slow
def test_vs_code_set_to_work_in_the_workspace(archives: Archives, tmp_path: Path) -> None:
    """VS Code tells the kernel where the notebook lies; its setting `jupyter.notebookFileRoot` moves the kernel."""
    workspace = tmp_path / "workspace"
    path = alone(workspace / "week", published(archives.address, tmp_path), "mine.ipynb")
    shutil.copy(path, workspace / f"{NAME}.ipynb")  # another copy, where the kernel works
    told = f"__vsc_ipynb_file__ = {str(path)!r}"
    more = ("y_by_hand = [2, -5, 2]", 'grader.check("q1a_i")', "grader.export(run_tests=True)")
    *_, check, export = run(path, *more, before=told, folder=workspace)
    assert "q1a_i: right" in said(check) and "Hand in this file" in said(export), said(export)
    assert [made.parent for made in tmp_path.rglob("*_20*.zip")] == [path.parent]


@pytest.mark.parametrize("trouble", ["no repository", "no server", "no zip"])
def test_what_to_do_is_one_sentence(archives: Archives, tmp_path: Path, trouble: str) -> None:
    repository = {"no repository": "", "no server": "http://127.0.0.1:9/a/b", "no zip": f"{archives.address}/typo"}[
        trouble
    ]
    path = alone(tmp_path / "downloads", published(repository, tmp_path))
    _, first, *_, check = run(path)
    words = said(first)
    assert len(words.splitlines()) == 1 and "Traceback" not in words, words
    assert ("unpack" if trouble == "no repository" else "could not be fetched") in words
    assert list(path.parent.iterdir()) == [path]
    assert said(check) == "'Run the cells above first.'"


def test_a_missing_package_is_named_with_the_command(archives: Archives, tmp_path: Path) -> None:
    path = alone(tmp_path / "downloads", published(archives.address, tmp_path))
    hide = "import sys\nsys.modules['anywidget'] = None\ndel sys.modules['anywidget']\n" + HIDE.format(
        ["otter", "anywidget"]
    )
    _, first, *_ = run(path, before=hide)
    words = said(first)
    assert '%pip install "otter-grader>=7,<8" "anywidget>=0.9.13,<1"' in words and "Traceback" not in words
    _, first, *_ = run(path, before=HIDE.format(["numpy"]))
    assert "no numpy" in said(first) and "%pip install" in said(first) and "Traceback" not in said(first)


HIDE = """
import importlib.abc, sys
class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
class Finder(Hidden): ...
sys.meta_path.insert(0, Hidden())
import importlib.util
_find = importlib.util.find_spec
def find_spec(name, package=None):
    try:
        return _find(name, package)
    except ModuleNotFoundError:
        return None
importlib.util.find_spec = find_spec
"""


def test_the_kernel_was_started_anew(tmp_path: Path) -> None:
    path = alone(tmp_path / "downloads", "0")
    *_, check = run(path)
    assert said(check) == "'Run the cells above first.'"


def test_a_guess_whose_cell_was_not_run_is_asked_for(tmp_path: Path) -> None:
    """And one that is made stays when the first cell runs again."""
    folder = tmp_path / "course" / "notebooks"
    folder.mkdir(parents=True)
    (folder.parent / "utils").symlink_to(ROOT / "utils")
    notebook = nbformat.read(ROOT / "notebooks" / f"{NAME}.ipynb", as_version=4)
    first = next(c for c in notebook.cells if c.cell_type == "code")
    notebook.cells = [first]
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
    reveals = 'from utils.notebook import reveal\nreveal("the rows", guess_rows, 152)'
    cells = run(folder / f"{NAME}.ipynb", reveals, "guess_rows = 152", first.source, reveals)
    *_, asked, _, _, made = map(said, cells)
    assert "in the cell above, write your guess" in asked and "NameError" not in asked, asked
    assert "as you said" in made, made


@pytest.mark.slow
def test_colab(archives: Archives, tmp_path: Path) -> None:
    """No file of the notebook, no widgets, no export by otter: all the same it is checked, and handed in."""
    path = alone(tmp_path / "drive", published(archives.address, tmp_path))
    live = json.loads(path.read_text(encoding="utf-8"))
    live["cells"][0]["source"] = ["typed in the page a second ago"]  # Colab gives lists of lines
    live["metadata"] = {}
    (tmp_path / "live.json").write_text(json.dumps(live), encoding="utf-8")
    before = f"""
import json, os, sys
sys.path.insert(0, {str(ROOT / "tests" / "lesson")!r})
import colab_stand_in
seen = colab_stand_in.install(json.load(open({str(tmp_path / "live.json")!r})))
colab_stand_in.wear(get_ipython())
colab_stand_in.old_widgets()
os.remove({path.name!r})
"""
    hand_in = "grader.export(pdf=False, run_tests=True)"
    more = (
        "y_by_hand = [2, -5, 2]",
        'grader.check("q1a_i")',
        "import utils\nbox = utils.practice('q1a_i')\nbox",
        hand_in,
    )
    no_answer = ("import copy\nhad = copy.copy(seen)\nseen.notebook = None", hand_in, "had")
    cells = run(path, *more, *no_answer, before=before)
    *_, check, practice, export, _, silent, seen = cells
    assert [said(c) for c in cells if c is not silent and any(o.output_type == "error" for o in c.outputs)] == []
    assert said(silent).startswith("Colab did not hand over the notebook") and "Traceback" not in said(silent)
    views = [o for c in cells for o in c.outputs if colab_stand_in.VIEW in o.get("data", {})]
    assert [o.data["text/plain"] for o in practice.outputs] == ["A question, and a box for its answer."]
    assert len(views) > 1 and all("colab" in o.metadata.get(colab_stand_in.VIEW, {}) for o in views)
    assert "q1a_i: right" in said(check) and "1 of 15 questions" in said(check)
    assert "Hand in this file" in said(export) and "1.a.ii" in said(export)
    assert "widgets=True" in said(seen)
    (made,) = path.parent.glob("*.zip")
    assert made.name in said(seen)
    with zipfile.ZipFile(made) as bundle:
        assert "typed in the page a second ago" in bundle.read(f"{NAME}.ipynb").decode()


@pytest.mark.parametrize(("pip", "pip_again"), [(0, 0), (1, 1), (0, 1)])
def test_colab_keeps_the_ipywidgets_that_its_page_can_draw(
    pip: int, pip_again: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess:
        asked.append(command[command.index("install") :])
        return subprocess.CompletedProcess(command, pip if len(asked) == 1 else pip_again)

    told: list[str] = []
    monkeypatch.setattr(colab, "say", told.append)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(colab, "running", lambda: True)
    start = import_module("utils.notebook.start")
    monkeypatch.setattr(start, "missing_packages", lambda _: ["otter-grader>=7,<8"])
    if pip:
        with pytest.raises(Stop, match="%pip install"):
            start.start(NAME)
    else:
        assert colab.fetched(["otter-grader>=7,<8"])
    wanted = ["install", "-qqq", "--no-deps", f"ipywidgets=={version('ipywidgets')}"]
    assert asked == [["install", "-q", "otter-grader>=7,<8"], wanted]
    assert any("box" in line for line in told) == (pip < pip_again), "told only where the new one stays"


def test_colab_without_any_ipywidgets_keeps_none(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(colab, "_pip", lambda *arguments: bool(asked.append([*arguments])) or True)
    monkeypatch.setattr(colab, "version", lambda name: version(f"no-{name}"))
    assert colab.fetched(["otter-grader"]) and asked == [["-q", "otter-grader"]]


@pytest.mark.parametrize("python", ["python3.11", "python3.12", "python3.13", "python3.14"])
def test_the_first_cell_is_plain_python(python: str, tmp_path: Path) -> None:
    found = shutil.which(python)
    if not found or subprocess.run([found, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"no {python} on this machine")
    cell = tmp_path / "cell.py"
    cell.write_text(published("https://example.org/a/b", tmp_path), encoding="utf-8")
    subprocess.run([found, "-W", "error", "-m", "py_compile", str(cell)], check=True)
