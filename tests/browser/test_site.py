"""`make site`: Python starts in the page and otter's check speaks, with no server behind it."""

import functools
import http.server
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, TimeoutError

from autograder.site.packages import BUNDLED, PINNED, imported, pyodide_core, unproved
from tests.browser.lab import ROOT, SHOTS, Notebook, errors, words
from tests.browser.pyodide_cdn import serve
from tests.browser.test_notebooks import walk
from utils import explore

# compiled packages that only Pyodide's CDN has; otter's check does not use them, but imports them
COMPILED = ["pandas", "yaml", "jinja2", "markupsafe", "jsonschema", "rpds", "pydantic"]
INSTALL = f"""import piplite
await piplite.install({[*BUNDLED, *(f"{n}=={v}" for n, v in PINNED.items())]}, deps=False)
import sys, types
from importlib.machinery import ModuleSpec
from unittest.mock import MagicMock

class Absent(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        base = Exception if name.endswith(("Error", "Exception")) else MagicMock
        return type(name, (base,), {{}}) if name[0].isupper() else MagicMock()

class Finder:
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, is_package=True) if name.split(".")[0] in {COMPILED} else None
    def create_module(self, spec):
        return Absent(spec.name)
    def exec_module(self, module):
        pass

sys.meta_path.insert(0, Finder())"""
CHECK = """from otter.test_files import test_case
OK_FORMAT = False
name = "q1"
points = 1
@test_case(points=1, hidden=False, failure_message="twice the number")
def test_double(double):
    assert double(3) == 6, "[mistake: not-doubled]"
"""
PICTURE = """import importlib.util, json
spec = importlib.util.spec_from_file_location("widget", "../utils/explore/widget.py")
widget = importlib.util.module_from_spec(spec)
spec.loader.exec_module(widget)
widget.Explorer("conv2d", json.loads({start!r}), lambda state: "a picture", lambda state: b"")"""


def boot_notebook(path: Path) -> None:
    """A notebook of what needs no compiled package: otter's check and one explorer, without NumPy."""
    cells = [
        INSTALL,
        "import otter\ngrader = otter.Notebook('boot.ipynb')",
        "double = lambda x: x",
        "grader.check('q1')",
        "double = lambda x: 2 * x",
        "grader.check('q1')  # again",
        PICTURE.format(start=json.dumps(explore.conv2d().state)),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["otter"] = {"OK_FORMAT": False, "assignment_name": "boot", "tests": {"q1": CHECK}}
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def core() -> Path:
    if shutil.which("npm") is None:
        pytest.skip("Pyodide's core comes from npm, and there is no npm on this machine")
    env = ROOT / "dist" / ".site"
    found = pyodide_core("314.0.6", env if env.exists() else ROOT / "dist")
    if found is None:
        pytest.skip("Pyodide's core could not be fetched from npm: no network?")
    return found


@pytest.fixture(scope="module")
def site(core: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with the boot notebook, built by the real command."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "notebooks").mkdir()
    boot_notebook(folder / "notebooks" / "boot.ipynb")
    command = [
        sys.executable,
        "-m",
        "autograder",
        "site",
        f"--out={folder / 'out'}",
        f"--notebooks={folder / 'notebooks'}",
    ]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert built.returncode == 0, built.stdout + built.stderr
    # as `--LabApp.expose_app_in_browser` does for the server
    settings = folder / "out" / "jupyter-lite.json"
    content = json.loads(settings.read_text())
    content["jupyter-config-data"]["exposeAppInBrowser"] = True
    settings.write_text(json.dumps(content))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder / "out")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_every_import_of_the_course_has_a_home(core: Path, tmp_path: Path) -> None:
    lock = json.loads((core / "pyodide-lock.json").read_text())
    for part in ("notebooks", "utils"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    bundled = {"otter", "anywidget", "ipywidgets"}
    assert set(unproved(tmp_path, [], lock)) <= bundled
    (tmp_path / "utils" / "strange.py").write_text("import torch\n")
    assert "torch" in unproved(tmp_path, [], lock)


def test_imports_are_read_from_code_with_magics() -> None:
    source = "%matplotlib inline\nimport a.b, c\nfrom d.e import f\n!ls\ndef g():\n    from . import h\n"
    assert imported(source) == {"a", "c", "d"}


def test_the_site_boots_and_checks(browser: Browser, site: str, core: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(120_000)
    wheels = core.parents[1] / "pure"
    wheels.mkdir(exist_ok=True)
    serve(context, core, wheels)
    page: Page = context.new_page()
    notebook = Notebook(page, f"{site}/lab/index.html?path=notebooks/boot.ipynb")
    notebook.run_all()
    cells = notebook.cells()
    assert errors(cells) == []
    wrong, right = words(cells[3]), words(cells[5])
    assert "not-doubled" in wrong and "passed" not in wrong, wrong
    assert "passed" in right, right
    explorer = notebook.show(6).locator(".cnn-explorer")
    try:
        explorer.wait_for(timeout=20_000)
    except TimeoutError:
        pytest.xfail("the explorer's picture does not appear in the page yet")
    walk(explorer)
    notebook.shot("site")
    assert (SHOTS / "site.png").exists()
    context.close()
