"""A stand-in for Google Colab with its traps: the notebook is no file, no foreign widget until it is allowed,
and otter refuses to read tests from a notebook or to export one."""

import sys
import types
from typing import Any


def install(notebook: dict[str, Any]) -> types.SimpleNamespace:
    """Put `google.colab` in place, as a notebook's kernel has it. What was asked of it is in the result."""
    seen = types.SimpleNamespace(widgets=False, downloaded=[], notebook=notebook)

    def blocking_request(kind: str, request: str = "", timeout_sec: float = 5) -> dict[str, Any]:
        if kind != "get_ipynb":
            raise ValueError(kind)
        return {"ipynb": seen.notebook}

    widgets = types.SimpleNamespace(_installed_url=None)

    def enable_custom_widget_manager() -> None:
        seen.widgets, widgets._installed_url = True, "https://example.org/manager.js"

    parts = {
        "google": {},
        "google.colab": {},
        "google.colab.output": {
            "enable_custom_widget_manager": enable_custom_widget_manager,
            "_widgets": widgets,
        },
        "google.colab.files": {"download": lambda name: seen.downloaded.append(name)},
        "google.colab._message": {"blocking_request": blocking_request},
    }
    for name, content in parts.items():
        module = types.ModuleType(name)
        module.__dict__.update(content, __path__=[])
        sys.modules[name] = module
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], last, module)
    return seen


def wear(shell: Any) -> None:
    """Let IPython's shell look like Colab's, by which otter knows where it is."""
    shell.__class__ = type("Shell", (type(shell),), {"__module__": "google.colab._shell"})
