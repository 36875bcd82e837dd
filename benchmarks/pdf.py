"""How long the whole course takes to print: `python -m autograder pdf` against `nbconvert --to pdf`.

    python -m benchmarks.pdf [--rounds 3] [--problems p1]

Both get the same notebooks (after `make build`) and write one PDF for each notebook; ours adds the two of the whole
course. nbconvert needs pandoc and xelatex, which the course itself does not; without them only ours is timed. It stops
at SVG figures unless Inkscape is there, so it gets the pixel figures alone. Rounds take turns, and the median counts.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import machine, table, write_section

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Took:
    wall: float  # seconds
    cpu: float  # seconds of all processors, children included
    files: int


def timed(command: list[str], out: Path) -> Took:
    """Run a command that writes PDFs into a fresh folder."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode and "nbconvert" not in command:  # nbconvert may stop at one of the notebooks; ours must not
        raise SystemExit(done.stderr)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(wall, cpu, len(list(out.glob("*.pdf"))))


def without_svg(folder: Path, to: Path, suffix: str, problems: list[str]) -> list[str]:
    """Copies of a folder's notebooks that nbconvert can print."""
    to.mkdir(parents=True, exist_ok=True)
    files = []
    for file in sorted(folder.glob("*.ipynb")):
        if problems and not file.stem.startswith(tuple(problems)):
            continue
        book = json.loads(file.read_text(encoding="utf-8"))
        for cell in book["cells"]:
            for output in cell.get("outputs", []):
                output.get("data", {}).pop("image/svg+xml", None)
        copy = to / f"{file.stem}-{suffix}.ipynb"
        copy.write_text(json.dumps(book), encoding="utf-8")
        files.append(str(copy))
    return files


def measure(rounds: int, problems: list[str]) -> tuple[list[Took], list[Took], int]:
    """Ours, nbconvert's (empty without TeX), and the number of notebooks."""
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        books = without_svg(ROOT / "notebooks", work / "in", "worksheet", problems)
        books += without_svg(ROOT / "dist" / "solutions", work / "in", "solutions", problems)
        convert = ["-m", "nbconvert", "--to", "pdf", "--output-dir", str(work / "theirs"), *books]
        for number in range(1, rounds + 1):
            print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
            pdf = [sys.executable, "-m", "autograder", "pdf", *problems, "--out", str(work / "ours")]
            ours.append(timed(pdf, work / "ours"))
            if not missing():
                theirs.append(timed([sys.executable, *convert], work / "theirs"))
    return ours, theirs, len(books)


def missing() -> list[str]:
    """What nbconvert needs and this machine lacks."""
    return [program for program in ("xelatex", "pandoc") if not shutil.which(program)]


def median(runs: list[Took]) -> Took:
    return Took(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        min(run.files for run in runs),
    )


def section(ours: list[Took], theirs: list[Took], notebooks: int, problems: list[str]) -> str:
    mine = median(ours)
    rows = [row("`python -m autograder pdf` (Typst)", mine)]
    lines = [
        f"## PDFs of {' and '.join(problems) or 'the whole course'}",
        "",
        f"{notebooks} notebooks; rounds: {len(ours)}. {machine()}; load at the end {os.getloadavg()[0]:.1f}. "
        "`python -m benchmarks.pdf`",
        "",
    ]
    note = ["", f"`nbconvert --to pdf` was not timed: {' and '.join(missing())} cannot be found on this machine."]
    if theirs:
        other = median(theirs)
        rows.append(row("`nbconvert --to pdf` (xelatex)", other))
        note = [
            "",
            f"**{other.wall / mine.wall:.1f} times as fast** for the whole (target: 10), although ours prints the "
            f"{notebooks} notebooks{'' if problems else ' and both PDFs of the whole course'}. Seconds for each PDF: "
            f"{mine.wall / mine.files:.2f} and {other.wall / max(1, other.files):.2f}, "
            f"{speedup(mine, other):.1f} times as fast. Processor time, which load changes less: "
            f"{other.cpu / mine.cpu:.1f} times less.",
        ]
    return "\n".join([*lines, table(["way", "seconds", "processor seconds of Python and TeX", "PDFs"], rows), *note])


def row(name: str, took: Took) -> list[str]:
    return [name, f"{took.wall:.1f}", f"{took.cpu:.1f}", str(took.files)]


def speedup(mine: Took, other: Took) -> float:
    return (other.wall / max(1, other.files)) / (mine.wall / mine.files)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--problems", nargs="*", default=[], metavar="PROBLEM", help="for a quick trial, e.g. p1")
    args = parser.parse_args()
    text = section(*measure(args.rounds, args.problems), args.problems)
    print(text)
    write_section("pdf", text)


if __name__ == "__main__":
    main()
