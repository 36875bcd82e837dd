"""`make site`: Python starts in the page, otter's check speaks, a picture moves, with no server behind it."""

import functools
import http.server
import json
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from autograder.site.packages import imported, pyodide_core, unproved
from tests.browser.lab import ROOT, Notebook, errors, words
from tests.browser.pyodide_cdn import serve
from tests.browser.test_notebooks import picture, walk
from utils import explore
from utils.check.forks.mistakes import mistake
from utils.explore.drawn import drawn
from utils.explore.subjects import SUBJECTS
from utils.explore.widget import WIDGET

CHECK = """from otter.test_files import test_case
OK_FORMAT = False
name = "q1"
points = 1
@test_case(points=1, hidden=False, failure_message="twice the number")
def test_double(double):
    assert double(3) == 6, "[mistake: not-doubled]"
"""
PICTURE = """import importlib.util, json, sys
for name in ("utils.explore.bundle", "utils.explore.widget"):
    spec = importlib.util.spec_from_file_location(name, f"../{{name.replace('.', '/')}}.py")
    sys.modules[name] = widget = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(widget)
explorer = widget.Explorer("conv", json.loads({start!r}), lambda state: "a picture", lambda state: b"")
explorer"""

# as practice shows it, below its box
DRAWN = """import ipywidgets
drawn = widget.Explorer("drawn", json.loads({start!r}), lambda state: "a picture", lambda state: b"")
ipywidgets.VBox([drawn.widget])"""

# the box of practice, over questions that need no NumPy
BOX = """for name in ("utils.check.failure", "utils.check.display", "utils.notebook.practice_box"):
    spec = importlib.util.spec_from_file_location(name, f"../{name.replace('.', '/')}.py")
    sys.modules[name] = box = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(box)

class Sums:
    asked, example, line = 1, "12", "a line of progress"
    text = property(lambda self: f"What is {self.asked} + 1?")
    def judge_text(self, text): return ["✓ Right."] if text == str(self.asked + 1) else ["Count on by one."]
    def pictures(self): return []
    def next(self): self.asked += 1

box.show(Sums())"""


def practised(box: Locator) -> None:
    """By keyboard: a wrong answer, the right one, another question."""
    answer, said, keyboard = box.locator("input[type=text]"), box.locator("[role=status]"), box.page.keyboard
    answer.wait_for()
    answer.focus()
    for typed, words_ in (("7", "Count on by one."), ("2", "✓ Right")):
        answer.fill("")
        keyboard.type(typed)
        keyboard.press("Enter")
        said.filter(has_text=words_).wait_for()
    for _ in range(2):  # past "Check"
        keyboard.press("Tab")
    keyboard.press("Enter")
    box.get_by_text("What is 2 + 1?").wait_for()
    said.filter(has_text="a line of progress").wait_for()
    expect(answer).to_be_focused()  # who has no mouse types on


def wrong_answer() -> dict[str, Any]:
    """All that the page shows of a wrong answer."""
    picture = drawn([mistake("conv1d", "flipped-forward", SUBJECTS["conv1d"].cases)])
    assert picture is not None
    return picture.state


def boot_notebook(path: Path) -> None:
    """A notebook of what needs no compiled package: otter's check and one explorer, without NumPy."""
    cells = [
        "import otter\ngrader = otter.Notebook('boot.ipynb')",
        "double = lambda x: x",
        "grader.check('q1')",
        "double = lambda x: 2 * x",
        "grader.check('q1')  # again",
        PICTURE.format(start=json.dumps(explore.conv().state)),
        DRAWN.format(start=json.dumps(wrong_answer())),
        BOX,
        "print(explorer.state['padding'], 'axes' in explorer.widget.state)",
        "grader.export(pdf=False, run_tests=True)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["otter"] = {"OK_FORMAT": False, "assignment_name": "boot", "tests": {"q1": CHECK}}
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def core() -> Path:
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


def test_the_site_boots_checks_draws_and_makes_a_zip(browser: Browser, site: str, core: Path) -> None:
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
    assert "piplite" in "".join(cells[0]["source"]), "the site's own first cell did not run"
    wrong, right = (words(cell) for cell in cells if "grader.check" in "".join(cell["source"]))
    assert "not-doubled" in wrong and "passed" not in wrong, wrong
    assert "passed" in right, right

    shown = notebook.find("widget.Explorer")
    outputs = cells[shown]["outputs"]
    assert any(WIDGET in output["data"] for output in outputs), outputs
    explorer = notebook.show(shown).locator(".cnn-explorer")
    explorer.wait_for(timeout=20_000)
    notebook.show(shown).locator(".cnn-asleep").wait_for(state="hidden")
    walk(explorer)
    moved = picture(explorer)
    explorer.locator("[data-key='padding1']").press("Enter")
    assert picture(explorer) != moved
    # Python in the page hears of it as soon as the hand rests, and not again of all that it knows
    said, end = "0", time.monotonic() + 20
    while said[0] == "0" and time.monotonic() < end:
        said = words(notebook.run(notebook.find("explorer.state"))).strip()
    assert said == "1 False", said
    notebook.show(shown)
    walk(explorer)
    notebook.shot("site")

    below = notebook.show(notebook.find("ipywidgets.VBox"))
    below.locator(".cnn-fold > summary").press("Enter")
    said = below.locator(".cnn-formula")
    assert "Yours: y[0] = " in said.inner_text()
    below.locator(".cnn-explorer").wait_for()
    walk(below.locator(".cnn-explorer"))
    notebook.shot("site-drawn")
    practised(notebook.show(notebook.find("box.show")))
    notebook.shot("site-practice")

    notebook.save()
    export = notebook.find("grader.export")
    assert errors([notebook.run(export)]) == []
    notebook.show(export)
    with page.expect_download() as got:
        page.locator(".jp-DirListing-item", has_text=".zip").first.click(button="right")
        page.locator(".lm-Menu-item", has_text="Download").click()
    with zipfile.ZipFile(got.value.path()) as submission:
        assert "boot.ipynb" in submission.namelist()
    notebook.shot("site-submitted")
    context.close()
