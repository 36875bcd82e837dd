"""Read a cell of a TESTS block: its settings between two marks, then one function."""

import ast
import difflib
import re
from typing import Any

from autograder.build import faults
from autograder.build.parts import LineError, MasterCell, Test
from autograder.testfiles import faults_of_test

KEYS = ("points", "hidden", "failure_message", "success_message")  # otter takes no notice of others
CONFIG = re.compile(r'\s*"""\s*#\s*(BEGIN|END) TEST CONFIG')


def read_test(cell: MasterCell) -> Test:
    """The test of this cell. Raises LineError at the first thing that otter or our grader could not run."""
    if cell.kind != "code":
        raise LineError(cell.line, "only code cells may stand in a TESTS block")
    config, start = _settings(cell)
    body = faults.parsed("\n".join(cell.lines[start:]), cell.line + start).body
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        raise LineError(
            cell.line + start, "a test cell holds exactly one function, `def test_...(the, names, it, checks):`"
        )
    for fault in faults_of_test(body[0]):
        raise LineError(cell.line + start + fault.line - 1, fault.message)
    hidden = bool(config.get("hidden", re.match(r"#.*\bhidden\b", cell.lines[0], re.IGNORECASE)))
    line = cell.line + start + body[0].lineno - 1
    return Test(body[0].name, line, hidden, config.get("points"), ast.unparse(body[0]))


def _settings(cell: MasterCell) -> tuple[dict[str, Any], int]:
    """A test's settings, and after how many lines of its cell they end."""
    lines = cell.lines
    if re.match(r'\s*#\s*"""\s*#\s*BEGIN TEST CONFIG', lines[0]):
        raise LineError(
            cell.line, 'the test settings are commented out: write `""" # BEGIN TEST CONFIG` without a leading `#`'
        )
    if not CONFIG.match(lines[0]):
        return {}, 0
    ends = [i for i, line in enumerate(lines) if i and CONFIG.match(line)]
    if not ends:
        raise LineError(cell.line, 'the test settings are never closed: add a line `""" # END TEST CONFIG`')
    config = faults.settings("\n".join(lines[1 : ends[0]]), cell.line + 1)
    _check_keys(cell, config)
    _check_points(cell, config.get("points"))
    _check_messages(cell, config)
    return config, ends[0] + 1


def _check_keys(cell: MasterCell, config: dict[str, Any]) -> None:
    for key in config:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), KEYS, 1)
            meant = f"did you mean `{near[0]}`?" if near else f"known are: {', '.join(KEYS)}"
            raise LineError(cell.line_of(str(key)), f"a test has no key `{key}`; {meant}")


def _check_points(cell: MasterCell, points: Any) -> None:
    if points is not None and (isinstance(points, bool) or not isinstance(points, (int, float)) or points < 0):
        raise LineError(cell.line_of("points:"), f"points must be a number that is not negative, found {points!r}")


def _check_messages(cell: MasterCell, config: dict[str, Any]) -> None:
    for key in ("failure_message", "success_message"):
        text = str(config.get(key) or "")
        for bad, called in (('"', 'a double quote `"`'), ("\\", "a backslash"), ("\n", "a line break")):
            if bad in text:
                message = f"the {key} holds {called}; otter would write a broken test file from it"
                raise LineError(cell.line_of(key), message)
