"""Practice: from an answer to what is said of it, and to its picture. `python -m benchmarks.practice`"""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.results import table as as_table
from benchmarks.results import write_section
from utils.check.forks.mistakes import mistakes
from utils.check.question import picked
from utils.notebook.files import COURSE
from utils.notebook.practice import Pool, Practice, _pools

TITLE = "## Practice: from an answer to its words"


@dataclass
class Times:
    """Milliseconds of the processor, one for each question of a problem."""

    right: list[float] = field(default_factory=list)
    wrong: list[float] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds that a call takes of the processor, and what it gives."""
    start = time.process_time()
    result = call()
    return 1e3 * (time.process_time() - start), result


def measure(pool: Pool, times: Times) -> None:
    """A right answer to one question, a known mistake, and the mistake's picture: each for numbers not seen before."""
    practice = Practice([pool], chance=random.Random(3))
    practice.judge(practice.right)
    practice.next()
    times.right.append(timed(lambda: practice.judge(practice.right))[0])
    practice.next()
    if pool.recipe.letters:  # the mistakes' programs want numbers
        return
    wrong = wrong_answer(practice)
    times.wrong.append(timed(lambda: practice.judge(wrong))[0])
    took, found = timed(practice.pictures)
    if found:
        times.drawn.append(took)


def wrong_answer(practice: Practice) -> Any:
    """What the first known mistake that shows gives for the numbers of a question."""
    recipe, on = practice.pool.recipe, practice.pool.recipe.on(practice.numbers)
    for m in mistakes(recipe.about, [on]):
        try:
            wrong = picked(on.call(m.wrong), recipe.pick)
        except Exception:  # this mistake stops on such numbers
            continue
        if not _equal(wrong, practice.right):
            return wrong
    raise LookupError(f"no known mistake shows for {practice.pool.question}: {practice.text}")


def _equal(one: Any, other: Any) -> bool:
    a, b = np.asarray(one, float), np.asarray(other, float)
    return a.shape == b.shape and np.allclose(a, b)


def shown(times: list[float]) -> str:
    return f"{np.median(times):.0f} / {max(times):.0f}" if times else "no picture"


def section() -> str:
    """The table in Markdown."""
    rows, every = [], Times()
    for path in sorted((COURSE / "notebooks").glob("*.ipynb")):
        times = Times()
        for pool in _pools(path):
            measure(pool, times)
        if times.right:
            rows.append([path.stem, str(len(times.right)), *map(shown, (times.right, times.wrong, times.drawn))])
            for name, found in vars(times).items():
                getattr(every, name).extend(found)
    rows.append(["all", str(len(every.right)), *map(shown, (every.right, every.wrong, every.drawn))])
    header = ["problem", "questions", "right, ms", "a known mistake, ms", "its picture, ms"]
    note = f"""Median / largest over the questions, the processor's time. Of {len(every.wrong)} mistakes
{len(every.drawn)} have a picture. A right answer is compared with what the notebook brings along.
Measured at a load of {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores. `python -m benchmarks.practice`"""
    return f"{TITLE}\n\n{as_table(header, rows)}\n\n{note}\n"


if __name__ == "__main__":
    text = section()
    print(text)
    write_section("practice", text)
