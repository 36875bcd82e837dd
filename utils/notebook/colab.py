"""Google Colab, where a notebook is no file, widgets must be allowed, and otter's export does not work."""

import json
import sys
from pathlib import Path
from typing import Any


def running() -> bool:
    return "google.colab" in sys.modules


def allow_widgets() -> None:
    """Switch on widgets that are not Colab's own; nothing elsewhere."""
    if running():
        from google.colab import output  # type: ignore[import-not-found]

        output.enable_custom_widget_manager()


def live_notebook() -> dict[str, Any]:
    """The notebook as it is in the page now, without the outputs' weight being any concern of ours."""
    from google.colab import _message  # type: ignore[import-not-found]

    answer = _message.blocking_request("get_ipynb", request="", timeout_sec=60)
    if not answer or "ipynb" not in answer:
        raise OSError("Colab did not hand over the notebook")
    return answer["ipynb"]


def save(at: Path, metadata: dict[str, Any]) -> None:
    """Write the live notebook into a file. `metadata` are those of the notebook as it was handed out: Colab may have
    dropped some, and by them a grader knows whose problem it is."""
    notebook = live_notebook()
    notebook["metadata"] = {**metadata, **notebook.get("metadata", {})}
    at.write_text(json.dumps(notebook), encoding="utf-8")


def download(path: Path) -> None:
    from google.colab import files  # type: ignore[import-not-found]

    files.download(str(path))
