"""`python -m autograder COMMAND ...`: one module per command, imported only when it is asked for."""

import argparse
import importlib
import sys

COMMANDS = {
    "build": "masters in solutions/ -> notebooks/ and dist/",
    "grade": "submissions -> grades.csv, feedback, report",
    "mutate": "wrong answers, mutants and other right answers against the checks",
    "pdf": "notebooks -> printable worksheets and solutions",
    "site": "notebooks -> a static site that needs no installation",
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    parser.add_argument("command", choices=COMMANDS, help="; ".join(f"{k}: {v}" for k, v in COMMANDS.items()))
    argv = sys.argv[1:] if argv is None else argv
    command = parser.parse_args(argv[:1]).command
    module = importlib.import_module(f"autograder.{command}.command")
    options = argparse.ArgumentParser(prog=f"python -m autograder {command}", description=module.__doc__)
    module.configure(options)
    return module.run(options.parse_args(argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
