"""A section on a few pages: worksheet, solutions, plan and notebook, from the questions of course.toml."""

import argparse
import time
from dataclasses import replace
from pathlib import Path

from autograder.course import PAPERS, Course
from autograder.errors import CommandError
from autograder.pdf.command import open_printer
from autograder.pdf.printer import fingerprint
from autograder.words import counted

from .notebook import write_notebook
from .plan import plan
from .select import choose
from .sheets import print_sheets


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--questions", metavar="Q1,Q2,…", help="names of questions, in order (default: those of course.toml)")
    add("--minutes", type=float, help="how long the section is (default: course.toml's)")
    add("--title", help="what stands at the top (default: course.toml's)")
    add("--paper", choices=PAPERS, help="default: course.toml's")
    add("--out", type=Path, metavar="DIR", help="where to write (default: dist/section)")


def run(args: argparse.Namespace) -> int:
    course: Course = args.course
    section = course.section
    wanted = [q.strip() for q in args.questions.split(",") if q.strip()] if args.questions else section.questions
    section = replace(section, title=args.title or section.title, minutes=args.minutes or section.minutes)
    out = args.out or course.dist / "section"
    began = time.perf_counter()
    if not wanted:
        raise CommandError(f"{course.file} names no questions for a section; name some: --questions q1a,q1b")
    chosen = choose(course, wanted)
    out.mkdir(parents=True, exist_ok=True)
    with open_printer(course, args.paper or course.paper, out) as printer:
        printed = print_sheets(printer, chosen, section)
        teaching = plan(chosen, section.title, section.minutes)
        digest = fingerprint(list({id(one.problem): one.problem.solution for one in chosen}.values()))
        printed.append(printer.one(teaching, "plan.pdf", digest)[1])
    write_notebook(chosen, section, out / "section.ipynb")
    for one in printed:
        print(f"{one.path.name:16} {counted(one.pages, 'page')}")
    took = time.perf_counter() - began
    total = sum(one.in_class for one in chosen)
    print(f"section.ipynb    {counted(len(chosen), 'question')}, {total:g} of {section.minutes:g} minutes")
    print(f"All in {out}, {took:.1f} s")
    return 0
