"""One picture for every explorer: Python hands over the start, the page does the rest, a still remains."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from utils.explore.bundle import module

HERE = Path(__file__).parent
WIDGET = "application/vnd.jupyter.widget-view+json"
# a reopened notebook still names its widgets, but no Python holds them: explore.css hides these words from a living one
ASLEEP = (
    '<p class="cnn-asleep"><small>No picture below? The notebook was opened anew, and Python starts empty. Run the '
    "cells above, then this one. In JupyterLab: click here, choose <b>Run → Run All Above Selected Cell</b>, then "
    "press <kbd>Shift</kbd>+<kbd>Enter</kbd>.</small></p>"
)

State = dict[str, Any]


class Explorer:
    """A picture that becomes a widget when it is shown; until then it costs nothing, even in a grader.

    `widget` is the anywidget itself, for those who want to place it in a layout of their own.
    """

    def __init__(
        self, name: str, state: State, describe: Callable[[State], str], draw: Callable[[State], bytes]
    ) -> None:
        self.name, self._start, self._describe, self._draw = name, state, describe, draw

    @functools.cached_property
    def widget(self) -> Any:
        return widget_class()(_esm=module(self.name), start=self._start)

    @property
    def state(self) -> State:
        """What the picture shows now: it follows the student's hand while the page is open."""
        return {**self._start, **(self.widget.state if "widget" in self.__dict__ else {})}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        data, metadata = self._repr_mimebundle_()
        if WIDGET in data:
            display({"text/html": ASLEEP, "text/plain": ""}, raw=True)
        display(data, metadata=metadata, raw=True)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        try:
            data, metadata = self.widget._repr_mimebundle_(**kwargs)
        except ModuleNotFoundError as missing:
            if missing.name != "anywidget":
                raise  # it is there, but something it needs is not: silence would hide why nothing moves
            data, metadata = {}, {}  # the still speaks for itself
        alt = self._describe(self.state)
        data["text/plain"] = alt
        # a page without a server would first download matplotlib, to draw what lies hidden behind the widget
        if sys.platform != "emscripten" or "matplotlib" in sys.modules:
            data["image/png"] = self._draw(self.state)
            metadata = {**metadata, "image/png": {"alt": alt}}
        return data, metadata


@functools.cache
def widget_class() -> type:
    """The widget's class, made when the first picture is shown: anywidget takes half a second to import."""
    import anywidget
    import traitlets

    class ExplorerWidget(anywidget.AnyWidget):
        _esm = traitlets.Unicode().tag(sync=True)
        _css = (HERE / "explore.css").read_text(encoding="utf8")
        start = traitlets.Dict().tag(sync=True)  # up to 100 kB: not sent again with each change
        state = traitlets.Dict().tag(sync=True)  # what differs from the start

    return ExplorerWidget
