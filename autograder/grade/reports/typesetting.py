"""Students' texts, typeset for a page by a process that may not take more than its time and memory."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup

import autograder

HOME = str(Path(autograder.__file__).parent.parent)  # where this program is imported from
WALL_SECONDS = 120.0  # for all texts; those that are not done by then stay as they were typed
LOSSES = 20  # processes that may be lost


def typeset_all(texts: Iterable[str]) -> dict[str, Markup]:
    """Text -> HTML. A text that the process did not get through is missing: show it as it was typed.

    Raises RuntimeError when the process does not start at all.
    """
    waiting = [text for text in dict.fromkeys(texts) if text.strip()]
    found: dict[str, Markup] = {}
    ends = time.monotonic() + WALL_SECONDS
    for _ in range(LOSSES):
        if not waiting or time.monotonic() > ends:
            break
        answers = _answers(waiting, ends - time.monotonic())
        found |= {text: Markup(answer) for text, answer in zip(waiting, answers, strict=False) if answer is not None}
        waiting = waiting[len(answers) + 1 :]  # without the one that it was lost in
    return found


def _answers(texts: list[str], seconds: float) -> list[str | None]:
    """What one process says to the texts, up to where it was lost."""
    command = [sys.executable, "-P", "-m", f"{__package__}.typeset"]
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    paths = os.pathsep.join([HOME, *filter(None, [os.environ.get("PYTHONPATH")])])
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said, tempfile.TemporaryFile("w+") as errors:
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                command, input=lines, stdout=said, stderr=errors, text=True, timeout=seconds, check=False,
                start_new_session=True, env={**os.environ, "PYTHONPATH": paths},
            )  # fmt: skip
        said.seek(0)
        answers = [json.loads(line) for line in said if line.endswith("\n")]
        if not answers:
            errors.seek(0)
            why = (errors.read().strip().splitlines() or ["it does not say why"])[-1]
            raise RuntimeError(f"The program that sets students' formulas does not start: {why}")
    return answers[1:]
