"""Run a notebook in a kernel, with otter in grading mode, and read off what it scores."""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from traitlets.config import Config

from autograder.build.assign import quiet_environment

TIMEOUT = 120  # seconds for one cell of a master
BEFORE = 'from otter import Notebook as _N\n_N.init_grading_mode("./tests")\ndel _N'
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
class Case:
    question: str
    index: int  # of the test in its question, in the master's order
    points: float
    passed: bool
    message: str


@dataclass(frozen=True)
class Run:
    notebook: nbformat.NotebookNode  # executed
    cases: list[Case]
    errors: list[tuple[str, str]]  # of cells that raised: source and message

    @property
    def score(self) -> float:
        return sum(c.points for c in self.cases if c.passed)


def run_notebook(notebook: Path, tests: Path, utils: Path, work: Path) -> Run:
    """Execute `notebook` in a notebooks/ folder with utils/ beside it, then run all its tests."""
    here = work / "notebooks"
    here.mkdir(parents=True)
    shutil.copy(notebook, here)
    shutil.copytree(tests, here / "tests")
    link(utils, work / "utils")
    paths = [f"./tests/{p.name}" for p in sorted(tests.glob("*.py"))]
    node = nbformat.read(notebook, as_version=4)
    extra = [nbformat.v4.new_code_cell(BEFORE), nbformat.v4.new_code_cell(AFTER.format(paths=paths))]
    node.cells = [extra[0], *node.cells, extra[1]]
    client = NotebookClient(
        node,
        timeout=TIMEOUT,
        kernel_name="python3",
        config=_private_connection(work),
        allow_errors=True,
        resources={"metadata": {"path": str(here)}},
    )
    try:
        client.execute(env=quiet_environment(work / "home"))
    except (CellTimeoutError, DeadKernelError) as error:
        raise RuntimeError(
            f"a cell ran longer than {TIMEOUT} s, or its kernel died: {str(error).splitlines()[0]}"
        ) from error
    said = "".join(
        o.get("text", "") for o in node.cells[-1].outputs if o.output_type == "stream" and o.name == "stdout"
    )
    if not said:
        raise RuntimeError("the tests could not run: " + _error_of(node.cells[-1]))
    node.cells = node.cells[1:-1]
    cases = [
        Case(name, index, points, passed, message)
        for name, results in json.loads(said.splitlines()[-1])
        for index, (points, passed, message) in enumerate(results)
    ]
    errors = [(c.source, _error_of(c)) for c in node.cells if c.cell_type == "code" and _error_of(c)]
    return Run(node, cases, errors)


def _private_connection(work: Path) -> Config:
    """Kernel and client talk through files in `work`: no ports, so nobody else can listen or collide."""
    if os.name == "nt":
        return Config()
    return Config({"KernelManager": {"transport": "ipc", "connection_file": str(work / "kernel.json")}})


def _error_of(cell: nbformat.NotebookNode) -> str:
    return next((f"{o.ename}: {o.evalue}" for o in cell.get("outputs", []) if o.output_type == "error"), "")


def link(folder: Path, at: Path) -> None:
    try:
        os.symlink(folder.resolve(), at, target_is_directory=True)
    except OSError:  # Windows without the right to link
        shutil.copytree(folder, at)


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
