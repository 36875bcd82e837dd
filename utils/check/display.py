"""Show the result of `grader.check("q1a")` in Jupyter as a remark: real text, headings, no colour-only meaning."""

import html
import re
import sys
import warnings
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from .failure import KINDS

PRE = "margin:.4em 0 .8em;line-height:1.3;overflow-x:auto;background:transparent;color:inherit"
_STYLE = (
    "border:1px solid currentColor;border-left-width:6px;border-radius:4px;padding:.5em 1em;"
    "margin:.3em 0;max-width:60em;font-family:var(--jp-content-font-family,sans-serif)"
)
_MISTAKE = re.compile(r"(?:\n\[second mistake: [a-z0-9-]+\])?\n?\[mistake: ([a-z0-9-]+)\]\s*$")
_ERROR = re.compile(r"\n(?:Failure|AssertionError): (?=.)")  # above it otter shows the test's own line

_ENCRYPTION = r"\s*\[IPKernelApp\] WARNING \| Kernel is running over TCP without encryption[^\n]*\s*\Z"

# question -> what follows "right" in the headline, and HTML below it; a notebook that knows its questions sets it
after_a_right_answer: Callable[[str], tuple[str, str]] = lambda question: ("", "")  # noqa: E731
# otter's messages for failed cases -> pictures that stand below the card; a notebook sets it
below_a_wrong_answer: Callable[[list[str]], list[Any]] = lambda messages: []  # noqa: E731


def register() -> None:
    """Use `result_html` for otter's results when running inside Jupyter; nothing to do elsewhere."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None  # type: ignore[attr-defined]
    if shell is None:
        return
    # an export starts a second kernel, whose note about encryption looks like an error of the student's
    warnings.filterwarnings("ignore", _ENCRYPTION, RuntimeWarning, r"otter\.check\.utils")
    for formatter, show in (
        (shell.display_formatter.formatters["text/html"], result_html),
        (shell.display_formatter.ipython_display_formatter, show_result),
    ):
        formatter.for_type_by_name("otter.test_files.abstract_test", "TestFile", show)


def show_result(result: Any) -> None:
    """An otter `TestFile` that has run, as the last line of a cell: its card, and pictures of its mistakes."""
    from IPython.display import display

    display({"text/html": result_html(result), "text/plain": repr(result)}, raw=True)
    for picture in below_a_wrong_answer([r.message or "" for r in result.test_case_results if not r.passed]):
        display(picture)


def result_html(result: Any) -> str:
    """An otter `TestFile` that has run, as HTML."""
    name = html.escape(result.name)
    rows = result.test_case_results
    failed = [r for r in rows if not r.passed]
    if not failed:
        notes = "".join(
            f"<p>{html.escape(r.test_case.success_message)}</p>" for r in rows if r.test_case.success_message
        )
        headline, below = after_a_right_answer(result.name)
        follows = f" · {html.escape(headline)}" if headline else ""
        return box(f"Check of {name}: passed", f"<p><strong>✓ {name}: right</strong>{follows}</p>{notes}{below}")
    count = f"{len(rows) - len(failed)} of {len(rows)} checks pass"
    body = "".join(_remark(r) for r in failed)
    return box(f"Check of {name}: not yet", f"<p><strong>✗ {name}: not yet</strong> ({count})</p>{body}")


def remark_lines(message: str) -> tuple[list[str], str | None]:
    """Otter's message for a failed case -> the lines of the remark, and the mistake's name."""
    text = _ERROR.split(message, maxsplit=1)[-1]
    name = _MISTAKE.search(text)
    return _MISTAKE.sub("", text).splitlines(), name.group(1) if name else None


def _remark(result: Any) -> str:
    lines, mistake = remark_lines(result.message or "")
    title = result.test_case.failure_message
    heading = f"<p><strong>{inline(title)}</strong></p>" if title else ""
    label = ""
    if mistake and mistake not in KINDS:  # "exception" or "none" is no mistake's name
        label = f"<p><small>mistake: <code>{html.escape(mistake)}</code></small></p>"
    return heading + paragraphs(lines) + label


def paragraphs(lines: Iterable[str]) -> str:
    """Lines as HTML; those that begin with two blanks are a picture made of letters."""
    parts: list[str] = []
    for is_picture, together in groupby(lines, lambda line: line.startswith("  ")):
        if is_picture:
            parts.append(f'<pre style="{PRE}">{html.escape(chr(10).join(together))}</pre>')
        else:
            parts += [f"<p>{inline(line)}</p>" for line in together if line]
    return "".join(parts)


def inline(line: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(line))


def box(label: str, body: str) -> str:
    """HTML in a frame, which a screen reader announces under `label`."""
    return f'<section role="status" aria-label="{label}" style="{_STYLE}">{body}</section>'
