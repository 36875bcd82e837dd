"""A stand-in for Google Colab with its traps: the notebook is no file, no foreign widget until it is allowed,
ipywidgets is that of 2022, and otter refuses to read tests from a notebook or to export one.

What the package `google.colab` does was read in its source and tried in its own kernel, once; this file says again
what a notebook meets of it.
"""

import sys
import types
from pathlib import Path
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"


def install(notebook: dict[str, Any]) -> types.SimpleNamespace:
    """Put `google.colab` in place, as a notebook's kernel has it. What was asked of it is in the result. A page that
    does not answer in time is `notebook=None`."""
    seen = types.SimpleNamespace(widgets=False, downloaded=[], notebook=notebook)

    def blocking_request(kind: str, request: str = "", timeout_sec: float = 5, parent: Any = None) -> Any:
        if kind != "get_ipynb":
            raise ValueError(kind)
        return {"ipynb": seen.notebook} if seen.notebook else None

    widgets = types.SimpleNamespace(_installed_url=None)

    def enable_custom_widget_manager() -> None:
        if not seen.widgets and (shell := _shell()):
            shell.display_pub.register_hook(allow)
        seen.widgets, widgets._installed_url = True, "https://example.org/manager.js"

    def allow(message: dict[str, Any]) -> dict[str, Any]:
        """What is displayed, and nothing else, is marked as allowed: a cell's last value is not."""
        if VIEW in message["content"].get("data", {}):
            mark = {"colab": {"custom_widget_manager": {"url": widgets._installed_url}}}
            message["content"].setdefault("metadata", {})[VIEW] = mark
        return message

    def download(name: str) -> None:
        if not Path(name).exists():
            raise FileNotFoundError(f"Cannot find file: {name}")
        seen.downloaded.append(name)

    parts = {
        "google": {},
        "google.colab": {},
        "google.colab.output": {
            "enable_custom_widget_manager": enable_custom_widget_manager,
            "_widgets": widgets,
        },
        "google.colab.files": {"download": download},
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


def old_widgets() -> None:
    """Take away what ipywidgets 7 does not have. Colab's kernel loads it before the first cell, and goes on with it
    although the first cell fetches ipywidgets 8."""
    import ipywidgets

    del ipywidgets.Widget._repr_mimebundle_, ipywidgets.DOMWidget.focus, ipywidgets.DOMWidget.blur


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None  # type: ignore[attr-defined]
