"""otter's notebook with three additions: progress is kept, a card says where you are, handing in fits on one page."""

import html
import sys
from pathlib import Path
from typing import Any

from utils.check import display
from utils.notebook.lesson import Lesson
from utils.notebook.mistakes import pictures
from utils.notebook.words import say, shell


def checker(name: str, file: Path | None, lesson: Lesson, tests: Path | None) -> Any:
    """An `otter.Notebook` for this notebook. `file` is the notebook where it is a file, `tests` a folder."""
    # half of otter's import would be grammars that jsonschema compiles for texts that no notebook has; where this
    # package cannot be imported (None), it goes without them
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import otter  # in a grader it is another one

    from utils.notebook.hand_in import hand_in

    class Checker(otter.Notebook):
        def check(self, question: str, global_env: dict[str, Any] | None = None) -> Any:
            names = sys._getframe(1).f_globals if global_env is None else global_env
            say_what_is_older()
            result = super().check(question, names)
            if question in lesson.questions:
                lesson.note(question, bool(result.passed_all))
            return result

        def export(self, *args: Any, run_tests: bool = False, **kwargs: Any) -> None:
            """A table of what is done and what is left, and a zip file to hand in."""
            names = sys._getframe(1).f_globals
            hand_in(self, super().export, lesson, names, run_tests=run_tests)

    found = Checker(str(file) if file else None, **({"tests_dir": str(tests)} if tests else {}))
    if not getattr(otter.Notebook, "_grading_mode", True):
        lesson.remember(Path(f".{name}.progress.json"))
    display.after_a_right_answer = lambda question: praise(lesson, question)
    display.below_a_wrong_answer = pictures
    return found


def say_what_is_older() -> None:
    """After a cell that failed a name may hold what it held before; a card about that looks like one about the cell."""
    if getattr(shell(), "last_execution_succeeded", True) is False:
        say("The cell that you ran last stopped with an error, so what is checked here may be older than that.")


def praise(lesson: Lesson, name: str) -> tuple[str, str]:
    """What follows "right" in the headline of a card, and what stands below it as HTML."""
    question = lesson.questions.get(name)
    if question is None:
        return "", ""
    tried = "public checks pass; other numbers are tried at grading" if question.hidden else ""
    headline = " · ".join(part for part in (tried, lesson.standing()) if part)
    below = f"<p>Explain it to yourself: {display.inline(question.explain)}</p>" if question.explain else ""
    if question.practice:
        below += f"<p>Another one like this, with other numbers: <code>utils.practice({question.name!r})</code></p>"
    if question.also:
        code = f'<pre style="{display.PRE}">{html.escape(question.also)}</pre>'
        below += f"<details><summary>Another way to write it</summary>{code}</details>"
    return headline, below
