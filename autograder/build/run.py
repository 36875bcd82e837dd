"""Run a notebook as a student has it, with otter in grading mode, and read off what it scores."""

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder.build.parts import Master
from autograder.build.record import Recorder
from autograder.build.warm import processes
from autograder.course import Course, Library
from autograder.student_library import RECORDED

BEFORE = """
import importlib as _i
_i.invalidate_caches()  # the process that was forked may have looked up ".." from another folder
import os as _os
_os.environ["SOURCE_DATE_EPOCH"] = "0"  # with the salt below, a figure has the same bytes in every build
from otter import Notebook as _N
_N.init_grading_mode("./tests")
from matplotlib_inline.config import InlineBackend as _I
_I.instance(parent=get_ipython()).figure_formats = {"png", "svg"}  # the PDFs want lines, not pixels
import matplotlib as _m
_m.rcParams["svg.hashsalt"] = "course"
del _N, _I, _i, _m, _os
"""
AFTER = """
import json as _json
from otter.execute import Checker as _Checker
for _path in {paths!r}:
    _Checker.check_if_not_already_checked(_path)
print(_json.dumps([
    [f.name, [[r.test_case.points, r.passed, str(r.message or "")] for r in f.test_case_results]]
    for f in _Checker.get_results()
]))
"""


@dataclass(frozen=True)
class OtterCase:
    question: str
    index: int  # of the test in its question, in the master's order
    points: float
    passed: bool
    message: str


@dataclass(frozen=True)
class Run:
    notebook: nbformat.NotebookNode  # executed
    cases: list[OtterCase]
    errors: list[tuple[str, str]]  # of cells that raised: source and message

    @property
    def score(self) -> float:
        return sum(c.points for c in self.cases if c.passed)


class Running:
    """A notebook that runs in a process of its own; `result()` waits for it."""

    def __init__(self, notebook: Path, tests: Path, course: Course, work: Path, master: Master):
        """Start `notebook` in a fresh folder work/notebooks/, with its files there and the library beside it."""
        self.seconds = course.limits.build
        here = work / "notebooks"
        here.mkdir(parents=True)
        shutil.copy(notebook, here)
        shutil.copytree(tests, here / "tests")
        for name in master.files:
            (here / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(master.path.parent / name, here / name)
        for given in course.library.given:
            _link(given, work / given.name)
        paths = [f"./tests/{p.name}" for p in sorted(tests.glob("*.py"))]
        self.node = nbformat.read(notebook, as_version=4)
        self.done = work / "outputs.json"
        sources = [c.source if c.cell_type == "code" else None for c in self.node.cells]
        job = ([BEFORE, *sources, AFTER.format(paths=paths)], here, self.done, course.library)
        self.process = processes().Process(target=_run_cells, args=job)  # type: ignore[attr-defined]
        self.process.start()

    def result(self) -> Run:
        """Raises RuntimeError when the notebook is too slow, kills its process, or its tests cannot run."""
        self.process.join(self.seconds)
        if self.process.is_alive():
            self.process.kill()
            raise RuntimeError(f"it ran longer than {self.seconds:g} s")
        if not self.done.exists():
            raise RuntimeError(f"its process died (exit code {self.process.exitcode})")
        outputs = json.loads(self.done.read_text(encoding="utf-8"))
        *given, last = [[nbformat.NotebookNode(nbformat.from_dict(o)) for o in cell] for cell in outputs]
        for cell, out in zip(self.node.cells, given[1:], strict=True):
            if cell.cell_type == "code":
                cell.outputs = out
        said = [o.text for o in last if o.output_type == "stream" and o.name == "stdout"]
        if not said:
            raise RuntimeError("the tests could not run: " + _error_of(last))
        cases = [
            OtterCase(name, index, points or 0, passed, message)
            for name, results in json.loads("".join(said).splitlines()[-1])
            for index, (points, passed, message) in enumerate(results)
        ]
        codes = [c for c in self.node.cells if c.cell_type == "code"]
        return Run(self.node, cases, [(c.source, _error_of(c.outputs)) for c in codes if _error_of(c.outputs)])


def _run_cells(sources: list[str | None], here: Path, done: Path, library: Library) -> None:
    """In the new process: run the cells in a kernel that lives in this process, keep their outputs."""
    home = here.parent / "home"
    home.mkdir()
    os.environ |= {
        "IPYTHONDIR": str(home),  # nothing of the user's own set-up reaches a build
        "JUPYTER_CONFIG_DIR": str(home),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OTTER_BUILD": "1",
    }
    os.chdir(here)
    sys.path[:] = ["", *(p for p in sys.path if p and not (Path(p) / "autograder" / "build").is_dir())]
    from ipykernel.inprocess.manager import InProcessKernelManager

    manager = InProcessKernelManager()
    manager.start_kernel()
    client: Any = manager.client()
    client.start_channels()
    before, *rest = sources
    outputs = [_run_cell(client, before or "")]
    sys.path.insert(0, str(here.parent))
    recorder = Recorder(library)
    sys.path.remove(str(here.parent))
    outputs += [[] if source is None else _run_cell(client, source) for source in rest]
    recorder.save(done.with_name(RECORDED))
    done.write_text(json.dumps(outputs), encoding="utf-8")


def _run_cell(client: Any, source: str) -> list[nbformat.NotebookNode]:
    client.execute(source)
    outputs: list[nbformat.NotebookNode] = []
    shown: dict[str, nbformat.NotebookNode] = {}  # by display id: a cell may draw again in the same place
    while client.iopub_channel.msg_ready():
        message = client.get_iopub_msg(timeout=1)
        kind = message["msg_type"]
        if kind == "clear_output":
            outputs.clear()
        elif kind == "update_display_data":
            old = shown.get(message["content"]["transient"]["display_id"])
            if old is not None:
                old.update(data=message["content"]["data"], metadata=message["content"]["metadata"])
        elif kind in ("stream", "display_data", "execute_result", "error"):
            new = nbformat.v4.output_from_msg(message)
            if display := message["content"].get("transient", {}).get("display_id"):
                shown[display] = new
            same = kind == "stream" and outputs and outputs[-1].get("name") == new.name
            if same:
                outputs[-1].text += new.text
            else:
                outputs.append(new)
    return outputs


def _error_of(outputs: list[nbformat.NotebookNode]) -> str:
    return next((f"{o.ename}: {o.evalue}" for o in outputs if o.output_type == "error"), "")


def _link(folder: Path, at: Path) -> None:
    try:
        os.symlink(folder.resolve(), at, target_is_directory=folder.is_dir())
    except OSError:  # Windows without the right to link
        shutil.copytree(folder, at) if folder.is_dir() else shutil.copy(folder, at)


def stable(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop from an executed notebook what differs from run to run or needs a live kernel."""
    notebook.metadata.pop("widgets", None)
    notebook.nbformat_minor = 4
    count = 0
    for cell in notebook.cells:
        cell.pop("id", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        cell.outputs = [_stable_output(o, count) for o in cell.outputs]
    return notebook


def _stable_output(output: nbformat.NotebookNode, count: int) -> nbformat.NotebookNode:
    if "execution_count" in output:
        output.execution_count = count
    if "data" in output:
        output.data.pop("application/vnd.jupyter.widget-view+json", None)
        for kind in ("text/plain", "text/html"):
            if kind in output.data:
                output.data[kind] = _stable_text(output.data[kind])
    return output


def _stable_text(text: str) -> str:
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    return re.sub(r"(passed!) (🍀|🎉|🌈|🙌|🚀|🌟|✨|💯)", r"\1", text)  # otter draws one at random
