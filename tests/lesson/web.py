"""A host of repositories on this machine, as far as a notebook's first cell asks for one, and a notebook by itself."""

import functools
import http.server
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat

from autograder.build import edition
from autograder.course import Course

ROOT = Path(__file__).parents[2]
NAME = "p1_dimensions"


class Archives(http.server.ThreadingHTTPServer):
    """Serves a folder, and counts who asks."""

    def __init__(self, folder: Path) -> None:
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None: ...

        super().__init__(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
        self.asked = 0

    def process_request(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        self.asked += 1
        super().process_request(request, client_address)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/someone/course"


@contextmanager
def archives(folder: Path) -> Iterator[Archives]:
    """The course as a host gives it, with files that nobody's computer should get."""
    made = folder / "someone" / "course" / "archive" / "refs" / "heads" / "main.zip"
    made.parent.mkdir(parents=True)
    with zipfile.ZipFile(made, "w") as bundle:
        for part in ("utils", "notebooks"):
            for path in sorted((ROOT / part).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    bundle.write(path, f"course-main/{path.relative_to(ROOT)}")
        bundle.write(ROOT / "requirements.txt", "course-main/requirements.txt")
        bundle.writestr("course-main/solutions/secret.py", "# not for students")
        bundle.writestr("course-main/utils/../../../escaped.py", "# not here")
    server = Archives(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def first_cell(repository: str, folder: Path) -> str:
    """The first cell of a course that is published there."""
    for part in ("solutions", "utils", "notebooks"):
        (folder / part).mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / "first_cell.txt", folder / "solutions")
    shutil.copy(ROOT / "requirements.txt", folder)
    text = f'title = "A"\nshort = "a-course"\n[library]\nfolder = "utils"\n[publish]\nrepository = "{repository}"\n'
    (folder / "course.toml").write_text(text, encoding="utf-8")
    cell = edition.first_cell(Course.load(folder), NAME)
    assert cell
    return cell


def alone(folder: Path, first: str, file: str = f"{NAME}.ipynb", *, whole: bool = False) -> Path:
    """One notebook in an empty folder: up to its first question, or the whole."""
    folder.mkdir(parents=True)
    notebook = nbformat.read(ROOT / "notebooks" / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and "setup" in cell.metadata.get("tags", []):
            cell.source = first
    end = next(i for i, c in enumerate(notebook.cells) if c.source.startswith("grader.check(")) + 1
    notebook.cells = notebook.cells if whole else notebook.cells[:end]
    nbformat.write(notebook, folder / file)
    return folder / file
