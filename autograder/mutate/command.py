"""Test the autograder with wrong answers, mutants and other right answers: a table, and exit code 1 below 100 %."""

import argparse
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Course
from autograder.progress import track

from .mistakes import Verdict, try_mistakes
from .mutants import Tried, try_mutants
from .others import Other, try_others
from .solved import solve


@dataclass
class Survey:
    """Everything found about one problem."""

    problem: str
    mistakes: list[Verdict] = field(default_factory=list)
    mutants: list[Tried] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def survivors(self) -> list[Tried]:
        return [t for t in self.mutants if t.killed is None and t.reason is None]

    @property
    def unnamed(self) -> list[Verdict]:
        return [v for v in self.mistakes if not (v.loses and v.named)]

    @property
    def refused(self) -> list[Other]:
        return [o for o in self.others if o.trouble]

    @property
    def good(self) -> bool:
        return not (self.survivors or self.unnamed or self.refused or self.broken)


def survey(path: Path, every: int = 1) -> Survey:
    """Run all three tests on one master; with `every` > 1, some mutants and some mistakes, in public checks."""
    solved = solve(path)
    found = Survey(solved.master.name)
    found.broken = [f"{c.question} {c.name}: {m}" for c in solved.checks if (m := c(solved.names, 60)) is not None]
    found.mistakes = try_mistakes(solved, hidden=every == 1, every=1 if every == 1 else 5)
    found.mutants = list(try_mutants(solved, every))
    found.others = try_others(solved)
    return found


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("problems", nargs="*", help="names of masters; default: all of them")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="try each N-th mutant only")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")


def run(args: argparse.Namespace) -> int:
    course: Course = args.course
    masters = [m for m in course.masters() if not args.problems or m.stem in args.problems]
    if not masters:
        print(f"no such problem: {', '.join(args.problems)}")
        return 2
    with ProcessPoolExecutor(args.jobs) as pool:
        waiting = [pool.submit(survey, m, args.every) for m in masters]
        surveys = [f.result() for f in track(as_completed(waiting), "problems", len(waiting))]
    surveys.sort(key=lambda s: s.problem)
    print(table(surveys))
    for s in surveys:
        print("\n".join(details(s)), end="")
    return 0 if all(s.good for s in surveys) else 1


def table(surveys: list[Survey]) -> str:
    """One line a problem: mistakes named, mutants killed, alternatives accepted."""
    head = f"{'problem':<22}{'mistakes named':>20}{'mutants killed':>20}{'equivalent':>12}{'alternatives':>14}"
    rows = [head]
    for s in surveys:
        named = len(s.mistakes) - len(s.unnamed)
        equivalent = sum(t.reason is not None for t in s.mutants)
        killed = len(s.mutants) - equivalent - len(s.survivors)
        rows.append(
            f"{s.problem:<22}{_share(named, len(s.mistakes)):>20}{_share(killed, len(s.mutants) - equivalent):>20}"
            f"{equivalent:>12}{_share(len(s.others) - len(s.refused), len(s.others)):>14}"
        )
    return "\n".join(rows)


def details(s: Survey) -> list[str]:
    """What is not at 100 %."""
    lines = [f"{s.problem}: the solution itself fails {b}" for b in s.broken]
    for v in s.unnamed:
        lines.append(f"{s.problem} {v.question}: mistake {v.name} was told {v.public or v.hidden}")
    for t in s.survivors:
        lines.append(f"{s.problem} {t.question}: survives ({t.mutant.kind}): {t.mutant.before}  ->  {t.mutant.after}")
    lines += [f"{s.problem}: {o.path.name}: {o.trouble}" for o in s.refused]
    return [*lines, ""] if lines else []


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} {100 * part // whole if whole else 100} %"
