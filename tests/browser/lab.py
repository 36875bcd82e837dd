"""JupyterLab in a folder of its own, and a notebook in it that a test can drive."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "dist" / "screenshots"
TOKEN = "browser-tests"
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}


def chromium() -> str | None:
    """A browser of this machine: $CHROMIUM, Debian's chromium, or Chrome."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


class Lab:
    """A running server whose root holds notebooks/ and utils/, as in the student's zip."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("notebooks", "utils"):
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = (folder / "lab.log").open("w")
        self.process = subprocess.Popen(self._command(), cwd=folder, env=self._environment(), stdout=self.log,
                                        stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
        self._wait_until_ready()

    def _command(self) -> list[str]:
        options = {
            "ServerApp.port": self.port, "ServerApp.port_retries": 0, "ServerApp.root_dir": self.folder,
            "IdentityProvider.token": TOKEN, "ServerApp.open_browser": False, "LabApp.expose_app_in_browser": True,
            "LabApp.news_url": "", "ServerApp.allow_root": True,
        }  # fmt: skip
        return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]

    def _environment(self) -> dict[str, str]:
        home = self.folder / "jupyter"
        for name, content in SETTINGS.items():
            file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(content))
        own = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
               "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
               "IPYTHONDIR": "ipython"}  # fmt: skip
        # one thread: a kernel per notebook, and the numbers are small
        threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        return {**os.environ, **threads, **{name: str(home / part) for name, part in own.items()}}

    def _wait_until_ready(self, seconds: float = 90) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/status?token={TOKEN}", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"JupyterLab did not start:\n{(self.folder / 'lab.log').read_text()[-3000:]}")

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()

    def open(self, page: Page, path: str) -> "Notebook":
        return Notebook(page, f"http://127.0.0.1:{self.port}/lab/tree/{path}?reset&token={TOKEN}")


FIND = "const nb = [...window.jupyterapp.shell.widgets('main')].find((w) => w.sessionContext && w.content.activeCell);"


class Notebook:
    """One open notebook. Cells are read from the model, pictures from the page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url, wait_until="domcontentloaded")
        self._until("window.jupyterapp?.shell?.widgets !== undefined")
        self._until(f"(() => {{ {FIND} return nb?.sessionContext.session?.kernel?.status === 'idle'; }})()")

    def _until(self, expression: str, seconds: float = 240) -> None:
        self.page.wait_for_function(expression, timeout=1000 * seconds)

    def ask(self, body: str, argument: Any = None) -> Any:
        return self.page.evaluate(f"async (arg) => {{ {FIND} {body} }}", argument)

    def cells(self) -> list[dict[str, Any]]:
        """Every cell as nbformat has it."""
        return self.ask("return nb.content.model.toJSON().cells")

    def find(self, text: str) -> int:
        """The index of the first code cell whose source contains `text`."""
        return next(i for i, c in enumerate(self.cells()) if c["cell_type"] == "code" and text in "".join(c["source"]))

    def run_all(self) -> None:
        self.ask("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        done = "(c) => c.cell_type !== 'code' || !c.source.length || c.execution_count"
        failed = "(c) => c.outputs?.some((o) => o.output_type === 'error')"  # the cells after it do not run
        self._wait(f"((cells) => cells.every({done}) || cells.some({failed}))(nb.content.model.toJSON().cells)")

    def run(self, index: int, source: str | None = None) -> dict[str, Any]:
        """Run one cell, with a new source when one is given; the cell afterwards."""
        self.ask(
            """nb.content.activeCellIndex = arg.index;
            const model = nb.content.widgets[arg.index].model;
            if (arg.source !== null) model.sharedModel.setSource(arg.source);
            nb.content.model.cells.get(arg.index).executionCount = null;
            window.jupyterapp.commands.execute('notebook:run-cell');""",
            {"index": index, "source": source},
        )
        self._wait(f"nb.content.model.cells.get({index}).executionCount")
        return self.cells()[index]

    def type_and_run(self, index: int, source: str) -> None:
        """Change a cell's source and run it in the kernel without waiting; quicker than `run`, and shows nothing."""
        self.ask(
            """nb.content.widgets[arg.index].model.sharedModel.setSource(arg.source);
            nb.sessionContext.session.kernel.requestExecute({code: arg.source});""",
            {"index": index, "source": source},
        )

    def _wait(self, condition: str) -> None:
        self._until(f"(() => {{ {FIND} return nb.sessionContext.session.kernel.status === 'idle' && {condition}; }})()")

    def show(self, index: int) -> Any:
        """Bring a cell into view; its element."""
        self.ask("nb.content.activeCellIndex = arg; await nb.content.scrollToItem(arg, 'start');", index)
        return self.page.locator(f".jp-Cell[data-windowed-list-index='{index}']")

    def save(self) -> None:
        self.ask("await nb.context.save()")

    def close(self) -> None:
        """Stop the kernel: a dozen idle ones would fill a small machine."""
        self.ask("await nb.sessionContext.shutdown()")

    def theme(self, name: str) -> None:
        """The page in the theme "light" or "dark"."""
        change = "await window.jupyterapp.commands.execute('apputils:change-theme', {theme: arg})"
        self.ask(change, f"JupyterLab {name.title()}")
        self.page.wait_for_selector(f"body[data-jp-theme-light='{str(name == 'light').lower()}']", state="attached")

    def shot(self, name: str, of: Locator | None = None) -> None:
        """A picture of the page, or of one thing on it."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        (of or self.page).screenshot(path=SHOTS / f"{name}.png")


def errors(cells: list[dict[str, Any]]) -> list[str]:
    """What went wrong while the cells ran: error outputs, one line each."""
    return [
        f"cell {i}: {output['ename']}: {output['evalue']}"
        for i, cell in enumerate(cells)
        for output in cell.get("outputs", [])
        if output["output_type"] == "error"
    ]


def words(cell: dict[str, Any]) -> str:
    """Everything that a cell printed or shows as text or HTML."""
    return "\n".join(
        "".join(text)
        for output in cell["outputs"]
        for text in [
            output.get("text", ""),
            *(output.get("data", {}).get(kind, "") for kind in ("text/plain", "text/html")),
        ]
    )
