"""How long the check of a wrong answer takes, from the call to the mistake's name. `python -m benchmarks.recognition`

Every check of the course that students see gets known mistakes by chance, one alone and two at once, and an answer
that no known mistake explains, for which everything is tried in vain. The clock is the process's own, and what takes
long is timed three times: else a busy machine's pauses would be the longest.
"""

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograder.course import Course
from autograder.mutate.solved import quiet, solve
from benchmarks.results import machine, table, write_section
from utils.check import rehearsal
from utils.check.forks.fork import programs
from utils.check.forks.search import can_meet

ALONE, AT_ONCE = 4, 2  # mistakes for each check
TARGETS = 40, 150  # milliseconds: the median, and the longest
WORTH_A_ROW = 25  # milliseconds of an operation's longest


class Told(NamedTuple):
    """What a check said of one wrong answer, and after how many milliseconds."""

    question: str
    about: str
    kind: str
    said: str
    ms: float


def wrong_answers(ask: rehearsal.ExpectCall, seed: str) -> Iterator[tuple[str, Any]]:
    """(whose mistake it is, the answer); symbols cannot be computed with by a wrong program."""
    chance, known = random.Random(seed), ask.known
    singles = [m for m in known if len(m.turns) == 1]
    pairs = [(a, b) for a, b in combinations(singles, 2) if can_meet(a.turns, b.turns)]
    both = chance.sample(pairs, min(AT_ONCE, len(pairs)))
    found = [("one mistake", m) for m in chance.sample(known, min(ALONE, len(known)))]
    found += [("two mistakes", replace(a, turns=a.turns + b.turns)) for a, b in both]
    for kind, m in found:
        with suppress(Exception):  # this wrong way leads nowhere
            yield kind, ask.answer_with(m)
    right = ask.target()
    with suppress(ValueError):  # a word
        yield "none that is known", (lambda *a, **k: _strange(right(*a, **k))) if callable(right) else _strange(right)


def _strange(result: Any) -> Any:
    """The right numbers, each of them off by another factor."""
    if isinstance(result, tuple | list):
        return type(result)(map(_strange, result))
    if isinstance(result, dict):
        return {name: _strange(entry) for name, entry in result.items()}
    numbers = np.asarray(result, float)
    return (numbers * (1.3 + np.sin(np.arange(numbers.size))).reshape(numbers.shape) + 0.017)[()]


def measure(only: str = "") -> Iterator[Told]:
    """All public checks about an operation that has a program; wrong answers that the check accepts are left out."""
    course = Course.find()
    for master in course.masters():
        solved = solve(master)
        for check in solved.checks:
            if check.hidden:
                continue
            for ask in rehearsal.asked(check.run, solved.answers(check)):
                if ask.about not in programs() or only not in ask.about:
                    continue
                with quiet(), suppress(TypeError):  # a check about symbols
                    for kind, answer in wrong_answers(ask, f"{check.question} {check.name}"):
                        said, ms = _timed(ask, answer)
                        if said is not None:
                            yield Told(f"{check.question} {check.name}", ask.about, kind, said, ms)


def _timed(ask: rehearsal.ExpectCall, answer: Any) -> tuple[str | None, float]:
    """What is said, and after how many milliseconds at best."""
    said, best = None, float("inf")
    for _ in range(3):
        start = time.process_time()
        said = ask.told(answer)
        best = min(best, 1e3 * (time.process_time() - start))
        if best < TARGETS[0]:
            break
    return said, best


def section(found: list[Told]) -> str:
    """The tables in Markdown."""

    def row(name: str, some: list[Told]) -> list[str]:
        times = sorted(t.ms for t in some)
        return [name, f"{len(times)}", *(f"{ms:.0f}" for ms in (statistics.median(times), times[-1]))]

    def by(key: str) -> list[list[str]]:
        names = dict.fromkeys(getattr(t, key) for t in found)
        return [row(n, [t for t in found if getattr(t, key) == n]) for n in names]

    slow = [row for row in sorted(by("about")) if int(row[-1]) >= WORTH_A_ROW]
    header = ["wrong answers", "median, ms", "longest, ms"]
    late = sum(t.ms > TARGETS[1] for t in found)
    return (
        f"## Recognition: from a wrong answer to its mistake's name\n\n"
        f"`python -m benchmarks.recognition` on {machine()}; load at the end {os.getloadavg()[0]:.1f}.\n"
        f"Targets: a median of {TARGETS[0]} ms, and {TARGETS[1]} ms at most; {late} of {len(found)} take longer:\n"
        f"where no single mistake explains the numbers, hundreds or thousands of pairs are tried.\n\n"
        f"{table(['answers', *header], [*by('kind'), row('all', found)])}\n\n"
        f"The operations of which one takes {WORTH_A_ROW} ms or more:\n\n{table(['operation', *header], slow)}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="operations with this in their name")
    parser.add_argument("--json", type=Path, help="write every answer here, and leave RESULTS.md as it is")
    args = parser.parse_args()
    found = list(measure(args.only))
    print(section(found))
    if args.json:
        args.json.write_text(json.dumps([t._asdict() for t in found]))
    elif not args.only:
        write_section("recognition", section(found))


if __name__ == "__main__":
    main()
