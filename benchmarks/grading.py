"""How fast submissions are graded: ours against `otter run` and nbgrader, on the same notebooks in the same run.

    python -m benchmarks.grading [--sizes 10 100 1000] [--others 4] [--nbgrader-venv DIR]

Needs `make build`. nbgrader lives in an environment of its own, made on first use: it is no part of the course. It gets
the same answers and the same tests, as autograder cells. All three grade as many at a time: one more than the machine
has cores. Ours is timed with warm workers and told apart from the start, which is paid once per batch; nbgrader
likewise.
"""

import argparse
import ast
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import fill

from autograder.course import Course
from autograder.grade.command import EARLY_IMPORTS
from autograder.grade.judge.assignment import Assignment, load_all
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from autograder.grade.samples import make_samples
from autograder.grade.sandbox import choose
from benchmarks.results import machine, table, write_section

REASONS = """Every answer is called and every test runs, for each submission. {otter_target} {overhead_target} What
a submission takes beyond the plain run is, in this order: a process of its own (forking what a notebook imports, and
the pages that it then touches), handing some two hundred calls and their answers over, and reading the notebook and
its answers in words."""
OTTER_TARGET, OVERHEAD_TARGET = 150, 1.4
ROUNDS = 5  # of the plain run and ours in turns
ROOT = Path(__file__).parents[1]
WIDTH = 1 + (os.cpu_count() or 1)  # submissions at a time, for all three: what `make grade` does by itself
STUDENTS = ("ada", "blaise", "dorothy", "emmy")
NBGRADER = ("nbgrader==0.9.6", "numpy", "sympy", "matplotlib", "ipywidgets", "anywidget", "scikit-learn")


def submissions(folder: Path) -> list[tuple[str, Path]]:
    """(assignment, notebook) of the sample students who hand in notebooks that run to their end.

    Problem 7 trains a network for seconds, whoever grades it: it is left out.
    """
    make_samples(ROOT / "dist" / "solutions", folder, Course.load(ROOT).library)
    return sorted((p.stem, p) for s in STUDENTS for p in (folder / s).glob("p[1-6]_*.ipynb"))


def memory(pids: list[int]) -> float:
    """Resident memory of these processes and all below them, in MB."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    total, todo = 0, list(pids)
    while todo:
        pid = todo.pop()
        todo += parents.get(pid, [])
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
        total += pages * os.sysconf("SC_PAGE_SIZE")
    return total / 2**20


def ours(files: list[tuple[str, Path]], assignments: dict[str, Assignment], sizes: list[int]) -> list[list[str]]:
    """Seconds and peak memory for batches of growing size."""
    options = Options(60.0, choose().name, EARLY_IMPORTS, given=str(ROOT / "dist" / "build"))
    read = [(assignments[name], path.read_bytes()) for name, path in files]
    rows = []
    with ThreadPoolExecutor(WIDTH) as pool:
        warm = [pool.submit(grade_submission, assignments[n], p.read_bytes(), options) for n, p in files[: 2 * WIDTH]]
        for future in warm:
            future.result()
        for size in sizes:
            jobs = list(itertools.islice(itertools.cycle(read), size))
            peak, stop = [0.0], threading.Event()
            watcher = threading.Thread(target=_watch, args=(peak, stop))
            watcher.start()
            began = time.perf_counter()
            done = list(pool.map(lambda job: grade_submission(*job, options).status, jobs))
            seconds = time.perf_counter() - began
            stop.set()
            watcher.join()
            assert all(status == "graded" for status in done), done
            rows.append([f"{size}", f"{seconds:.1f}", f"{size / seconds:.2f}", f"{peak[0]:.0f}"])
    close_workers()
    return rows


def overhead(assignments: dict[str, Assignment]) -> tuple[float, float]:
    """Seconds a solution takes one worker, and seconds of the same cells and tests run plainly: the best of each."""
    paths = sorted((ROOT / "dist" / "solutions").glob("p[1-6]_*.ipynb"))
    jobs = [(assignments[path.stem], path.read_bytes()) for path in paths]
    options = Options(60.0, choose().name, given=str(ROOT / "dist" / "build"))
    here, plain = [], []
    with ThreadPoolExecutor(1) as pool:

        def grade() -> float:
            began = time.perf_counter()
            for result in [pool.submit(grade_submission, *job, options).result() for job in jobs]:
                assert result.score == result.possible, result
            return (time.perf_counter() - began) / len(jobs)

        grade()
        command = [sys.executable, "-m", "benchmarks.plain_grading", "3"]
        for _ in range(ROUNDS):
            here.append(min(grade() for _ in range(3)))
            plain.append(float(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout))
    close_workers()
    return min(here), min(plain)


def _watch(peak: list[float], stop: threading.Event) -> None:
    while True:
        peak[0] = max(peak[0], memory([os.getpid()]))
        if stop.wait(0.1):
            return


def otter(files: list[tuple[str, Path]], folder: Path) -> tuple[float, list[float]]:
    """Submissions per second with `WIDTH` `otter run` at a time, and the scores."""

    def one(item: tuple[int, tuple[str, Path]]) -> float:
        i, (name, path) = item
        out = folder / f"otter{i}"
        out.mkdir(parents=True)
        shutil.copy(path, out)
        zipped = ROOT / "dist" / "autograder" / f"{name}-stock.zip"
        command = [sys.executable, "-m", "otter", "run", "-a", str(zipped), "-o", str(out), str(out / path.name)]
        subprocess.run(command, check=True, capture_output=True, cwd=out)
        tests = json.loads((out / "results.json").read_text())["tests"]
        return sum(t.get("score", 0) for t in tests)

    began = time.perf_counter()
    with ThreadPoolExecutor(WIDTH) as pool:
        scores = list(pool.map(one, enumerate(files)))
    return len(files) / (time.perf_counter() - began), scores


def nbgrader(files: list[tuple[str, Path]], assignments: dict[str, Assignment], venv: Path, folder: Path) -> float:
    """Submissions per second of `WIDTH` `nbgrader autograde` batches side by side, without their start."""
    if not (venv / "bin" / "nbgrader").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([venv / "bin" / "python", "-m", "pip", "install", "--quiet", *NBGRADER], check=True)
    name = files[0][0]
    mine = [p for n, p in files if n == name]
    for half in range(WIDTH):
        _nbgrader_course(folder / f"course{half}", name, mine, assignments[name], venv)
    short = _timed_autograde(folder, ["s0"], venv)
    whole = _timed_autograde(folder, ["s1", "s2", "s3"], venv)
    if whole <= short:
        raise RuntimeError("nbgrader's times say nothing: the machine is too busy")
    return WIDTH * 2 / (whole - short)


def _timed_autograde(folder: Path, students: list[str], venv: Path) -> float:
    began = time.perf_counter()
    # nbgrader takes one student or all: a batch is what is in submitted/
    for half in range(WIDTH):
        course = folder / f"course{half}"
        shutil.rmtree(course / "submitted", ignore_errors=True)
        for s in students:
            shutil.copytree(course / "waiting" / s, course / "submitted" / s)
    running = [
        subprocess.Popen(
            [venv / "bin" / "nbgrader", "autograde", "ps", "--force"],
            cwd=folder / f"course{half}", env=_environment(venv), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        for half in range(WIDTH)
    ]  # fmt: skip
    for process in running:
        error = process.communicate()[1]
        if process.returncode:
            raise RuntimeError(f"nbgrader failed: {error.decode()[-2000:]}")
    return time.perf_counter() - began


def _environment(venv: Path) -> dict[str, str]:
    path = f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic and jupyter by name
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}


def _nbgrader_course(course: Path, name: str, notebooks: list[Path], assignment: Assignment, venv: Path) -> None:
    """A course of one assignment in nbgrader's layout: source/, and the students' notebooks in waiting/."""
    (course / "source" / "ps").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.ExecutePreprocessor.timeout = 120\n")
    solution = json.loads((ROOT / "dist" / "solutions" / f"{name}.ipynb").read_text())
    (course / "source" / "ps" / f"{name}.ipynb").write_text(json.dumps(_for_nbgrader(solution, assignment)))
    subprocess.run(
        [venv / "bin" / "nbgrader", "generate_assignment", "ps"],
        cwd=course, env=_environment(venv), check=True, capture_output=True,
    )  # fmt: skip
    for i in range(4):
        target = course / "waiting" / f"s{i}" / "ps"
        target.mkdir(parents=True)
        notebook = json.loads(notebooks[i % len(notebooks)].read_text())
        (target / f"{name}.ipynb").write_text(json.dumps(_for_nbgrader(notebook, assignment)))


def _for_nbgrader(notebook: dict, assignment: Assignment) -> dict:
    """The notebook without otter, with each question's tests as an autograder cell at the end."""
    cells = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and ("grader." in source or "import otter" in source):
            continue
        cells.append(cell | {"metadata": {}} | ({"outputs": [], "execution_count": None} if "outputs" in cell else {}))
    for file, text in assignment.tests.items():
        grade = {"grade": True, "locked": True, "solution": False, "points": 1, "schema_version": 3,
                 "task": False, "cell_type": "code", "grade_id": file.removesuffix(".py")}  # fmt: skip
        cells.append({"cell_type": "code", "metadata": {"nbgrader": grade}, "source": _calls(text), "outputs": [],
                      "execution_count": None})  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}


def _calls(test_file: str) -> str:
    """The test functions of an otter file without decorators, each followed by its call."""
    parts = []
    for node in ast.parse(test_file).body:
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
            names = ", ".join(f"globals().get({a.arg!r})" for a in node.args.args)
            parts.append(f"{ast.unparse(node)}\n{node.name}({names})")
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--others", type=int, default=4 * WIDTH, help="submissions for `otter run`")
    parser.add_argument("--nbgrader-venv", type=Path, default=ROOT / ".venv-nbgrader")
    parser.add_argument("--no-nbgrader", action="store_true", help="leave nbgrader out")
    args = parser.parse_args()
    assignments = load_all(ROOT / "dist" / "autograder")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        files = submissions(folder / "samples")
        mixed = [files[i * len(STUDENTS) + i % len(STUDENTS)] for i in range(len(files) // len(STUDENTS))]
        chosen = (mixed * args.others)[: args.others]
        half = len(chosen) // 2  # before and after ours: the speed of a shared machine changes with time
        before, scores = otter(chosen[:half], folder / "before")
        rows = ours(files, assignments, args.sizes)
        after, more = otter(chosen[half:], folder / "after")
        otters, scores = (before + after) / 2, scores + more
        mine, plain = overhead(assignments)
        with ThreadPoolExecutor(1) as pool:
            options = Options(60.0, choose().name)
            same = [
                pool.submit(grade_submission, assignments[n], p.read_bytes(), options).result().score for n, p in chosen
            ]
        close_workers()
        nb = None if args.no_nbgrader else nbgrader(files, assignments, args.nbgrader_venv, folder)
    best = max(float(r[2]) for r in rows)
    agree = sum(abs(a - b) < 1e-9 for a, b in zip(scores, same, strict=True))
    compared = table(
        [f"grader, {WIDTH} at a time", "submissions/s", "times `otter run`"],
        [["ours", f"{best:.2f}", f"{best / otters:.0f}"],
         *([["nbgrader 0.9.6, start not counted", f"{nb:.3f}", f"{nb / otters:.1f}"]] if nb else []),
         ["`otter run`", f"{otters:.3f}", "1"]],
    )  # fmt: skip
    words = "The target, {} times `otter run`, is {}."
    otter_target = words.format(OTTER_TARGET, "met" if best >= OTTER_TARGET * otters else "missed")
    words = "An overhead of {} is the target, and {}."
    overhead_target = words.format(OVERHEAD_TARGET, "met" if mine <= OVERHEAD_TARGET * plain else "missed")
    reasons = REASONS.format(otter_target=otter_target, overhead_target=overhead_target)
    grows = table(["submissions", "seconds", "per second", "peak MB"], rows)
    text = (
        f"## Grading\n\n`python -m benchmarks.grading` on {machine()}; load at the end {os.getloadavg()[0]:.1f}.\n"
        f"Notebooks of {len({name for name, _ in files})} problems from {len(STUDENTS)} sample students.\n\n"
        f"{compared}\n\n{fill(reasons, 120)}\n\n"
        f"Overhead: one worker takes {1e3 * mine:.0f} ms for a solution, and {1e3 * plain:.0f} ms go to the same\n"
        f"cells and tests when they run plainly, in one process without isolation: **{mine / plain:.1f}** times.\n\n"
        f"Scores equal to those of `otter run`: {agree} of {len(scores)}.\n\n{grows}\n"
    )
    write_section("grading", text)
    print(text)


if __name__ == "__main__":
    main()
