"""The table in CONTRIBUTING.md that maps the worksheet's parts to questions and points."""

from collections.abc import Iterable
from pathlib import Path

from autograder.build.info import Problem

START = "<!-- questions: written by `make build`, do not edit -->"
END = "<!-- questions: end -->"


def table(problems: Iterable[Problem]) -> str:
    """One row per question: the source worksheet's part that it answers, its own, its points; sums of problems."""
    rows = ["| worksheet | question | notebook | name | points |", "|---|---|---|---|---:|"]
    for problem in problems:
        for question in problem.questions:
            by_hand = " (by hand)" if question.manual else ""
            asks = _text(f"{question.part or '·'} {question.title}")
            source = _text(", ".join(question.own.worksheet))
            rows.append(f"| {source} | {asks} | {problem.name} | `{question.name}` | {question.points:g}{by_hand} |")
        total = sum(q.points for q in problem.questions)
        rows.append(f"| | **{_text(problem.title)}** | | | **{total:g}** |")
    return "\n".join(rows)


def _text(text: str) -> str:
    return text.replace("|", "\\|")


def with_table(text: str, problems: Iterable[Problem]) -> str:
    """`text` with everything between the two marker lines replaced; without markers, `text` itself."""
    if START not in text or END not in text:
        return text
    before, rest = text.split(START, 1)
    return f"{before}{START}\n\n{table(problems)}\n\n{END}{rest.split(END, 1)[1]}"


def update(page: Path, problems: Iterable[Problem]) -> None:
    """Write the table into `page`, when the page is there and the table differs."""
    if page.exists() and (new := with_table(old := page.read_text(encoding="utf-8"), problems)) != old:
        page.write_text(new, encoding="utf-8", newline="\n")
