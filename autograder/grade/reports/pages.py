"""HTML pages from the templates beside this file. Each is one file, readable in light and dark, and nothing in it runs.

Templates escape whatever they are given; only `Markup` is taken as it is.
"""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..jail.wire import text as without_surrogates


def _printable(value: Any) -> Any:
    """What stands in a page: text of a student's may hold characters that no page should."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in without_surrogates(value))


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_printable,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["number"] = lambda value: f"{value:g}"


def render(template: str, **values: Any) -> str:
    """The page that `templates/TEMPLATE` makes of `values`."""
    return _TEMPLATES.get_template(template).render(**values)
