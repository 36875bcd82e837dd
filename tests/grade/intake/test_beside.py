"""A student's own files go along with the notebook: what lies beside it, within limits, and nobody else's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.grade.intake.beside import MAX_BYTES, MAX_FILES, is_installed, uses
from autograder.grade.intake.collect import IntakeSettings, take_in
from autograder.grade.intake.submission import Submission
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from tests.grade.intake.classes import KNOWN, P1, write, zipped
from tests.grade.small import SMALL, notebook

HELPER = b"def twice(a):\n    return a + a\n"
WORK = notebook("import helper\nwords = open('data/words.txt').read()", name=P1)
FILES = {f"{P1}.ipynb": WORK, "helper.py": HELPER, "data/words.txt": b"a b"}
TAKEN = {"helper.py": HELPER, "data/words.txt": b"a b"}


def take(folder: Path, files: dict[str, bytes], reserved: tuple[str, ...] = ()) -> dict[str, Submission]:
    write(folder, files)
    found = take_in([folder], KNOWN, IntakeSettings(reserved=reserved))
    assert found.unclear == []
    return {s.student: s for s in found.submissions}


def below(folder: str, files: dict[str, bytes] = FILES) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in files.items()}


@pytest.mark.parametrize(
    "files",
    [
        below("ann") | below("ben", {f"{P1}.ipynb": WORK}),
        {"ann.zip": zipped(FILES), "ben.ipynb": WORK},
        {"ann.zip": zipped(below("homework 1")), "ben.ipynb": WORK},
        {"ann.zip": zipped({"inner.zip": zipped(FILES)}), "ben.ipynb": WORK},
        {"class.zip": zipped({"ann.zip": zipped(FILES), "ben.ipynb": WORK})},
        {"class.zip": zipped(below("ann") | {"ben.ipynb": WORK})},
    ],
    ids=["folders", "zip", "a folder in a zip", "a zip in a zip", "zips in a zip", "folders in a zip"],
)
def test_files_beside_the_notebook_are_that_students(tmp_path: Path, files: dict[str, bytes]) -> None:
    found = take(tmp_path, files)
    assert {name: dict(s.files) for name, s in found.items()} == {"ann": TAKEN, "ben": {}}
    assert "helper.py" not in found["ann"].note


@pytest.mark.parametrize(
    "front",
    ["doejane_123_45{}_", "Jane Doe_123_assignsubmission_file_", "Homework 1_doejane_attempt_2026-03-02-10-00-00_"],
    ids=["canvas", "moodle", "blackboard"],
)
def test_a_system_puts_names_in_front_of_the_files(tmp_path: Path, front: str) -> None:
    files = {f"{P1}.ipynb": WORK, "helper.py": HELPER, "words.txt": b"a"}
    (one,) = take(tmp_path, {front.format(n) + name: d for n, (name, d) in enumerate(files.items())}).values()
    assert dict(one.files) == {"helper.py": HELPER, "words.txt": b"a"}


def test_canvas_numbers_what_comes_again_and_the_newest_counts(tmp_path: Path) -> None:
    files = {"helper.py": b"old = 1", "helper-1.py": HELPER, f"{P1}-1.ipynb": WORK}
    (one,) = take(tmp_path, {f"doejane_12_5{n}_{name}": d for n, (name, d) in enumerate(files.items())}).values()
    assert dict(one.files) == {"helper.py": HELPER}


def test_what_lies_above_or_belongs_to_others_stays_there(tmp_path: Path) -> None:
    found = take(tmp_path, {"helper.py": b"x", "ann/secret.txt": b"x", **below("ann/hw"), "ben/helper.py": b"y"})
    assert dict(found["ann"].files) == TAKEN


@pytest.mark.parametrize("name", ["random.py", "numpy.py", "utils.py", "utils/extra.py", "otter/__init__.py"])
def test_no_file_stands_for_a_library(tmp_path: Path, name: str) -> None:
    source = notebook(f"import {name.partition('/')[0].removesuffix('.py')}", name=P1)
    reserved = ("utils",)
    found = take(tmp_path, below("ann", {f"{P1}.ipynb": source, name: HELPER}) | {"b.ipynb": source}, reserved)
    assert not found["ann"].files and not found["b"].files
    told = "a module of that name" in found["ann"].note
    assert told == (name != "utils/extra.py"), "a whole copy of the course is no fault"


def test_the_reason_says_what_is_too_much(tmp_path: Path) -> None:
    large = notebook("open('large.bin'); open('m1.txt')", name=P1)
    many = {f"m{n}.txt": b"x" for n in range(2 * MAX_FILES)}
    found = take(tmp_path, below("ann", {f"{P1}.ipynb": large, "large.bin": bytes(MAX_BYTES + 1), **many}))
    assert len(found["ann"].files) == MAX_FILES - 1 and "m1.txt" in found["ann"].files
    assert "large.bin, which lies beside it and is not taken along, since at most" in found["ann"].note


def test_a_file_that_unpacks_to_much_is_only_looked_at(tmp_path: Path) -> None:
    bomb = zipped({f"{P1}.ipynb": WORK, "helper.py": bytes(200 << 20), "data/words.txt": b"a b"})
    found = take(tmp_path, {"ann.zip": bomb, "ben.ipynb": WORK})
    assert dict(found["ann"].files) == {"data/words.txt": b"a b"}
    assert "helper.py" in found["ann"].note and not found["ann"].problem


def test_pictures_and_papers_that_nothing_names_are_not_carried(tmp_path: Path) -> None:
    found = take(tmp_path, below("ann", FILES | {"photo.jpg": b"x", "essay.pdf": b"y"}))
    assert dict(found["ann"].files) == TAKEN


def test_a_changed_helper_is_other_work(tmp_path: Path) -> None:
    one = take(tmp_path / "one", below("ann"))["ann"]
    other = take(tmp_path / "other", below("ann", FILES | {"helper.py": b"def twice(a): pass"}))["ann"]
    assert one.data == other.data and one.content != other.content and one.hash != other.hash


def test_what_a_notebook_uses() -> None:
    assert uses("import numpy, helper", ("helper.py",)) and uses("from lib.a import b", ("lib", "a.py"))
    assert uses("%run helper.py", ("helper.py",)) and not uses("import helpers", ("helper.py",))
    assert is_installed("statistics") and is_installed("numpy") and not is_installed("helper")


# in the sandbox


@pytest.fixture(scope="module", autouse=True)
def engines() -> Iterator[None]:
    yield
    close_workers()


def score(*cells: str, files: dict[str, bytes] | None = None) -> float:
    result = grade_submission(SMALL, notebook(*cells, "grader.check('q2')"), Options(5.0), files)
    return {q.name: q.score for q in result.questions}["q2"]


@pytest.mark.parametrize(
    "source",
    [
        "import helper\ncount = helper.twice(21)",
        "from lib.deep import answer\ncount = answer()",
        "count = int(open('data/count.txt').read())",
        "import numpy as np\ncount = int(np.loadtxt('data/count.txt'))",
        "from pathlib import Path\ncount = sum(int(p.read_text()) for p in Path('data').glob('*.txt'))",
        "%run helper.py\ncount = twice(21)",
    ],
)
def test_own_files_are_there(source: str) -> None:
    files = {
        "helper.py": HELPER,
        "lib/deep.py": b"from helper import twice\ndef answer():\n    return twice(21)\n",
        "data/count.txt": b"42",
    }
    assert score(source, files=files) == 4
    assert score(source) < 4, "and gone with their submission"


def test_a_cell_writes_a_module() -> None:
    assert (
        score("%%writefile helper.py\ndef twice(a):\n    return a + a", "import helper\ncount = helper.twice(21)") == 4
    )
    write = "from pathlib import Path\nPath('own.py').write_text('count = 42')"
    assert score(write, "from own import count") == 4
    again = "%%writefile helper.py\ndef twice(a):\n    return 2 * a"
    assert score(again, "import helper, importlib\nimportlib.reload(helper)\ncount = helper.twice(21)") == 4


@pytest.mark.parametrize("name", ["result", "session", "wire", "zygote"])
def test_a_helper_may_be_called_as_a_file_of_the_graders(name: str) -> None:
    source = f"import {name}\ncount = {name}.twice(21)"
    assert score(source, files={f"{name}.py": HELPER}) == 4


def test_no_file_leaves_the_folder_or_hides_a_library() -> None:
    escape = "import os\ncount = 42 if not os.path.exists('../escaped.txt') else 0"
    assert score(escape, files={"../escaped.txt": b"x", "/tmp/escaped.txt": b"x"}) == 4
    hidden = "import statistics, fractions\ncount = int(statistics.mean([42])) * int(fractions.Fraction(1))"
    assert score(hidden, files={"statistics.py": b"", "fractions.py": b"", "numpy.py": b"raise SystemExit"}) == 4
