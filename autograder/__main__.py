"""`python -m autograder COMMAND ...`: one module per command, imported only when it is asked for."""

import argparse
import importlib
import sys
from pathlib import Path

from autograder.course import Course
from autograder.errors import CommandError

COMMANDS = {
    "build": "masters in solutions/ -> notebooks/ and dist/",
    "grade": "submissions -> grades.csv, feedback, report",
    "hand-out": "a zip for each student, with numbers of their own, where the course wants that",
    "mutate": "wrong answers, mutants and other right answers against the checks",
    "pdf": "notebooks -> printable worksheets and solutions",
    "quiz": "questions with other numbers: sheets in versions, a key, files for Moodle and Canvas",
    "section": "one section on a few pages: worksheet, solutions, plan, notebook",
    "site": "notebooks -> a static site that needs no installation",
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    parser.add_argument("command", choices=COMMANDS, help="; ".join(f"{k}: {v}" for k, v in COMMANDS.items()))
    argv = sys.argv[1:] if argv is None else argv
    command = parser.parse_args(argv[:1]).command
    module = importlib.import_module(f"autograder.{command.replace('-', '_')}.command")
    options = argparse.ArgumentParser(prog=f"python -m autograder {command}", description=module.__doc__)
    options.add_argument("--course", type=Path, metavar="DIR", help="the course's folder (default: found from here)")
    module.configure(options)
    args = options.parse_args(argv[1:])
    try:
        args.course = Course.load(args.course) if args.course else Course.find()
        sys.path.insert(0, str(args.course.root))  # for the course's library
        return module.run(args)
    except CommandError as error:
        print(error, file=sys.stderr)
        return error.status


if __name__ == "__main__":
    sys.exit(main())
