"""The frame of every HTML page: self-contained, readable in light and dark, nothing that runs."""

import html
import re
from collections.abc import Iterable

STYLE = """
:root { color-scheme: light dark; --line: #8888; --good: #1a7f37; --bad: #b3261e; --bar: #2f6fb3; }
@media (prefers-color-scheme: dark) { :root { --good: #57c979; --bad: #ff8a80; --bar: #7fb2ea; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; } th, td { border: 1px solid var(--line); padding: .3em .7em; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 4px solid var(--line); padding: .3em 1em; margin: .4em 0; }
.good { color: var(--good); } .bad { color: var(--bad); } .warning { border: 2px solid var(--bad); padding: .5em 1em; }
.quiet { opacity: .75; } svg { max-width: 100%; height: auto; } svg text { fill: currentColor; font: 13px system-ui, sans-serif; }
.answers { display: grid; grid-template-columns: repeat(auto-fill, minmax(20em, 1fr)); gap: 1em; }
.answers section { border: 1px solid var(--line); padding: .5em 1em; }
"""  # noqa: E501
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def safe(value: object) -> str:
    """Text that came from a student, as HTML."""
    text = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in str(value))
    return html.escape(text)


def page(title: str, body: Iterable[str]) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{safe(title)}</title><style>{STYLE}</style></head>\n"
        f"<body><main>\n<h1>{safe(title)}</h1>\n" + "\n".join(body) + "\n</main></body></html>\n"
    )


def table(head: Iterable[str], rows: Iterable[Iterable[object]], numbers: Iterable[int] = ()) -> str:
    """A table of text; the columns in `numbers` are aligned right."""
    right = set(numbers)

    def cells(tag: str, row: Iterable[object], scope: str = "") -> str:
        return "".join(
            f"<{tag}{scope}{' class=number' if i in right else ''}>{safe(v)}</{tag}>" for i, v in enumerate(row)
        )

    body = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', head, ' scope=col')}</tr></thead><tbody>\n{body}\n</tbody></table>"


def file_name(student: str) -> str:
    """A student's name as a file name, unique and harmless."""
    import hashlib

    plain = re.sub(r"[^\w.@ &+-]", "_", student).strip(". ")[:80]
    return plain if plain == student else f"{plain}-{hashlib.sha256(student.encode()).hexdigest()[:8]}"


UNSAFE = (
    '<p class="warning"><strong>Graded without a sandbox</strong> (<code>--unsandboxed</code>): '
    "student code ran with the grader's own rights, so these grades are not proof against tampering.</p>"
)
