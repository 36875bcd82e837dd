"""benchmarks/RESULTS.md: each benchmark writes its own section, and leaves the others as they are."""

import os
import platform
import re
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
TITLE = "# Results\n\nWritten by `make bench`; each section by its own script. Times depend on the machine.\n"


def write_section(name: str, text: str) -> None:
    """Put `text` (Markdown that begins with `## `) in place of the section `name`, or at the end."""
    section = f"<!-- {name} -->\n{text.strip()}\n<!-- end of {name} -->\n"
    page = RESULTS.read_text() if RESULTS.exists() else TITLE
    old = re.compile(rf"<!-- {name} -->\n.*?<!-- end of {name} -->\n", re.DOTALL)
    page = old.sub(lambda _: section, page) if old.search(page) else f"{page}\n{section}"
    RESULTS.write_text(page)


def machine() -> str:
    """One line: processor, cores, system, Python."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        model = found[1] if found else model
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; the first column to the left, numbers to the right."""
    align = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, align, *rows])
