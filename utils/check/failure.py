"""A failed check, in at most ten lines: what happened, a small picture, a tutor's remark, a question, a name."""

from typing import Any

KINDS = ("used-utils", "unanswered", "exception", "none", "type", "shape", "values", "mutation", "float32")
MAX_LINES = 10
MAX_WIDTH = 160


class Failure(AssertionError):
    """An answer that is not right. `kind` is one of KINDS; `misconception` is a known mistake's name, or None; `second`
    the name of another one that was made together with it.

    The message ends with `[second mistake: NAME]`, where there is one, and `[mistake: NAME]`: reports count by them.
    """

    def __init__(self, kind: str, lines: list[str], misconception: str | None = None, second: str = "") -> None:
        self.kind = kind
        self.misconception = misconception
        self.second = second
        ends = [f"[second mistake: {second}]"] if second else []
        self.lines = [_one_line(line) for line in lines if line][: MAX_LINES - 1 - len(ends)] + ends
        self.lines.append(f"[mistake: {misconception or kind}]")
        super().__init__("\n".join(self.lines))

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows when a student calls `expect` in a cell: the remark alone, without our stack or a kind."""
        return self.lines if self.misconception else self.lines[:-1]


def _one_line(text: Any) -> str:
    line = " ".join(str(text).splitlines()) if "\n" in str(text) else str(text)
    return line if len(line) <= MAX_WIDTH else line[: MAX_WIDTH - 1] + "…"
