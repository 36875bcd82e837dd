"""Test the autograder with wrong answers, mutants and other right answers: a table, and exit code 1 below 100 %."""

import argparse
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Course
from autograder.progress import track

from .mistakes import Verdict, coverages, rehearsal, try_mistakes
from .mutants import Tried, equivalents, try_mutants
from .others import Other, try_others
from .public import Leak, mistakes_that_leak, mutants_that_leak
from .solved import solve


@dataclass
class Survey:
    """Everything found about one problem."""

    problem: str
    mistakes: list[Verdict] = field(default_factory=list)
    mutants: list[Tried] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)
    twins: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)  # question -> names with the same numbers
    undrawn: dict[str, list[str]] = field(default_factory=dict)  # question -> names of mistakes without a picture
    known: list[tuple[str, int, int, int]] = field(default_factory=list)  # operation, names, wrong turns, pairs

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
        return not (self.survivors or self.unnamed or self.refused or self.broken or self.leaks)

    @property
    def in_public(self) -> dict[str, tuple[int, int]]:
        """Question -> how many of its wrong answers fail in a public case, of how many that fail."""
        wrong = [(v.question, bool(v.public)) for v in self.mistakes]
        wrong += [(t.question, t.public) for t in self.mutants if t.killed]
        public, every = Counter(q for q, seen in wrong if seen), Counter(q for q, _ in wrong)
        return {q: (public[q], n) for q, n in every.items()}


def survey(path: Path, course: Course, every: int) -> Survey:
    """Run all tests on one master; with `every` > 1, some mutants and some mistakes, in public checks."""
    solved, rehearse = solve(path), rehearsal(course.library)
    found = Survey(solved.master.name)
    found.broken = [f"{c.question} {c.name}: {m}" for c in solved.checks if (m := c(solved.names, 60)) is not None]
    found.mistakes = try_mistakes(solved, rehearse, hidden=every == 1, every=1 if every == 1 else 5)
    found.mutants = list(try_mutants(solved, rehearse, equivalents(course.equivalents), every))
    found.others = try_others(solved, course.alternatives)
    found.leaks = mutants_that_leak(found.mutants)
    if rehearse:
        found.leaks += mistakes_that_leak(solved, rehearse)
        asked = [(check, rehearse.asked(check.run, solved.answers(check))) for check in solved.checks]
        found.known = [tuple(i) for i in rehearse.inventory([a for _, each in asked for a in each])]
        for check, each in asked:
            for group in rehearse.twins(each) if not check.hidden else []:
                found.twins.setdefault(check.question, []).append(group)
        for pictures in coverages(course.library) if every == 1 else []:
            for check in solved.checks:
                if not check.hidden:
                    wrong = rehearse.rehearse(check.run, solved.answers(check))
                    found.undrawn.setdefault(check.question, []).extend(pictures.of_answers(wrong))
    return found


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("problems", nargs="*", help="names of masters; default: all of them")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="try each N-th mutant only")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")


def run(args: argparse.Namespace) -> int:
    course: Course = args.course
    masters = [course.master(name) for name in args.problems] or course.masters()
    with ProcessPoolExecutor(args.jobs) as pool:
        waiting = [pool.submit(survey, m, course, args.every) for m in masters]
        surveys = [f.result() for f in track(as_completed(waiting), "problems", len(waiting))]
    surveys.sort(key=lambda s: course.order(s.problem))
    print("\n\n".join(part for part in [make(surveys) for make in (table, known, public, twins, undrawn)] if part))
    for s in surveys:
        print("\n".join(details(s)), end="")
    return 0 if all(s.good for s in surveys) else 1


def table(surveys: list[Survey]) -> str:
    """One line a problem: mistakes named, mutants killed, both failed in public, alternatives accepted."""
    head = f"{'problem':<22}{'mistakes named':>20}{'mutants killed':>20}{'equivalent':>12}{'in public':>18}"
    rows = [f"{head}{'alternatives':>14}"]
    for s in surveys:
        named = len(s.mistakes) - len(s.unnamed)
        equivalent = sum(t.reason is not None for t in s.mutants)
        killed = len(s.mutants) - equivalent - len(s.survivors)
        seen, failed = (sum(n) for n in zip(*s.in_public.values(), strict=True)) if s.in_public else (0, 0)
        rows.append(
            f"{s.problem:<22}{_share(named, len(s.mistakes)):>20}{_share(killed, len(s.mutants) - equivalent):>20}"
            f"{equivalent:>12}{_share(seen, failed):>18}{_share(len(s.others) - len(s.refused), len(s.others)):>14}"
        )
    return "\n".join(rows)


def known(surveys: list[Survey]) -> str:
    """One line for each operation with a program: its mistakes, wrong turns, and pairs of turns."""
    most: dict[str, tuple[int, int, int]] = {}
    for s in surveys:
        for about, *counts in s.known:
            most[about] = max(most.get(about, (0, 0, 0)), tuple(counts))  # type: ignore[type-var]
    rows = [f"{about:<24}{names:>8}{turns:>8}{pairs:>8}" for about, (names, turns, pairs) in sorted(most.items())]
    return "\n".join([f"{'operation':<24}{'names':>8}{'forks':>8}{'pairs':>8}", *rows]) if rows else ""


def public(surveys: list[Survey]) -> str:
    """Question by question, the share of wrong answers that fail in a public case; those at 100 % in one line."""
    shares = {f"{s.problem} {q}": counts for s in surveys for q, counts in s.in_public.items()}
    whole = sum(seen == every for seen, every in shares.values())
    rows = [f"{name:<30}{_share(*counts):>18}" for name, counts in shares.items()]
    return "\n".join(
        ["wrong answers that fail in a public case", *rows, f"all of them in {whole} of {len(rows)} questions"]
    )


def twins(surveys: list[Survey]) -> str:
    """Names of mistakes that a question's public cases cannot tell apart."""
    rows = [
        f"{s.problem} {q}: {' = '.join(group)}" for s in surveys for q, groups in s.twins.items() for group in groups
    ]
    return "\n".join(["mistakes with the same numbers in all public cases of a test", *rows]) if rows else ""


def undrawn(surveys: list[Survey]) -> str:
    """Names of mistakes that the pictures of a wrong answer cannot show."""
    rows = [f"{s.problem} {q}: {', '.join(names)}" for s in surveys for q, names in s.undrawn.items() if names]
    return "\n".join(["mistakes without a picture", *rows]) if rows else ""


def details(s: Survey) -> list[str]:
    """What is not at 100 %."""
    return [*_troubles(s), ""] if not s.good else []


def _troubles(s: Survey) -> Iterator[str]:
    yield from (f"{s.problem}: the solution itself fails {b}" for b in s.broken)
    for v in s.unnamed:
        yield f"{s.problem} {v.question}: mistake {v.name} was told {v.public or v.hidden} ({v.way})"
    for t in s.survivors:
        yield f"{s.problem} {t.question}: survives ({t.mutant.kind}): {t.mutant.before}  ->  {t.mutant.after}"
    yield from (f"{s.problem} {leak.question}: passes in public and fails hidden: {leak.what}" for leak in s.leaks)
    yield from (f"{s.problem}: {o.path.name}: {o.trouble}" for o in s.refused)


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} {100 * part // whole if whole else 100} %"
