"""The course's own file; a second course with other names goes all the way: built, graded, printed, on a site."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course, CourseError, Limits
from autograder.site.command import stage
from tests.small_course import ROOT

GOOD = 'title = "A course"\nshort = "a-course"\n[library]\nfolder = "tools"\n'
FAULTS = {
    "a key that is not known": (GOOD.replace("title", "titel"), "there is no key `titel`; did you mean `title`?"),
    "a key of a table": (GOOD.replace("folder", "foldr"), "there is no key `library.foldr`; did you mean"),
    "a table that is not known": (GOOD + "[weather]\ndays = 3\n", "there is no key `weather`; known are: title, short"),
    "a missing key": (GOOD.replace('title = "A course"\n', ""), "the key `title` is missing"),
    "a number for a text": (GOOD.replace('"A course"', "7"), "`title` is 7; expected a text"),
    "a text for a number": (GOOD + '[limits]\ncell = "soon"\n', "`limits.cell` is 'soon'; expected a number"),
    "a truth for a number": (GOOD + "[limits]\ncell = true\n", "`limits.cell` is True; expected a number"),
    "a number for a truth": (GOOD + "[grading]\npoints_shown = 1\n", "`grading.points_shown` is 1; expected true or"),
    "a text for a list": ('problems = "one"\n' + GOOD, "`problems` is 'one'; expected a list of texts"),
    "a number in a list": ('problems = ["one", 2]\n' + GOOD, r"`problems\[1\]` is 2; expected a text"),
    "a text for a table": ('limits = "short"\n' + GOOD, "`limits` is 'short'; expected a table"),
    "no time at all": (GOOD + "[limits]\ncell = 0\n", "`limits.cell` is 0; expected a number of seconds above 0"),
    "a name that is no folder's": (GOOD.replace("a-course", "A course"), "`short` is 'A course'; expected small"),
    "a library that is not there": (GOOD.replace("tools", "tolls"), "`library.folder` is 'tolls'; expected a package"),
    "data outside of the course": (GOOD + 'support = ["../elsewhere"]\n', "expected what lies beside course.toml"),
    "one problem twice": ('problems = ["one", "one"]\n' + GOOD, "`problems` names one problem twice"),
    "variants of no kind": ('variants = "each"\n' + GOOD, "`variants` is 'each'; expected same or per-student"),
    "own numbers, no checker": ('variants = "per-student"\n' + GOOD, "that needs a checker below"),
    "a secret in the course": ('variants_folder = "kept"\n' + GOOD, "expected a folder outside of the course"),
    "what is not TOML": ("title = \n", "course.toml: Invalid value"),
}


@pytest.mark.parametrize(("text", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_names_the_file_and_the_key(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match=words) as caught:
        Course.load(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / "course.toml")) and "\n" not in str(caught.value)


def test_a_course_is_found_from_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tools" / "deep").mkdir(parents=True)
    (tmp_path / "course.toml").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "tools" / "deep")
    course = Course.find()
    assert course.root == tmp_path and course.limits == Limits() and course.library.folder == str(tmp_path / "tools")
    with pytest.raises(CourseError, match=r"there is no course\.toml in .* or above it"):
        Course.find(tmp_path.parent)


def test_masters_come_in_the_order_of_the_file_or_of_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "solutions").mkdir()
    for name in ("p10_b", "p2_a", "draft"):
        (tmp_path / "solutions" / f"{name}.py").touch()
    (tmp_path / "course.toml").write_text(GOOD, encoding="utf-8")
    assert [m.stem for m in Course.load(tmp_path).masters()] == ["draft", "p2_a", "p10_b"]
    (tmp_path / "course.toml").write_text('problems = ["p10_b", "p2_a"]\n' + GOOD, encoding="utf-8")
    course = Course.load(tmp_path)
    assert [m.stem for m in course.masters()] == ["p10_b", "p2_a"] and [d.stem for d in course.drafts()] == ["draft"]
    (tmp_path / "course.toml").write_text('problems = ["p3_c"]\n' + GOOD, encoding="utf-8")
    with pytest.raises(CourseError, match="`problems` names p3_c; there is no"):
        Course.load(tmp_path).masters()


def test_the_course_of_this_project_is_whole() -> None:
    course = Course.load(ROOT)
    assert course.drafts() == [] and len(course.masters()) == len(list(course.solutions.glob("*.py")))
    assert course.limits.cell == Limits().cell, "tests rely on it"


NAMES = "|".join(Course.load(ROOT).problems)
PARTICULAR = re.compile(rf"\butils\b|cnn-course|\bp[1-9](_[a-z]\w*)?\b|parents\[|{NAMES}")
ALLOWED = {'"used-utils"'}  # the name of a mistake, in grade tables for good


def test_nothing_in_the_tools_names_this_course() -> None:
    """What is particular stands in course.toml, so that another course can use the same tools."""
    found = []
    for path in sorted((ROOT / "autograder").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
                if PARTICULAR.search(re.sub("|".join(ALLOWED), "", line)):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with another library, data, names and titles; built from within its own folder."""
    root = tmp_path_factory.mktemp("second") / "course"
    shutil.copytree(ROOT / "tests" / "fixtures" / "second", root, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.txt", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    said = run(root, "build")
    assert "warm_up: 1 questions, 4 points, built and proved" in said
    return root


def run(root: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "autograder", *arguments]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_section_of_the_second_course(second: Path) -> None:
    """It has no checker whose mistakes could be tried: the plan is without wrong answers."""
    said = run(second, "section", "--questions", "sum_of_counts,place", "--title", "First meeting")
    assert "worksheet.pdf" in said
    made = {file.name for file in (second / "dist" / "section").iterdir()}
    assert made == {"worksheet.pdf", "solutions.pdf", "plan.pdf", "section.ipynb"}


@pytest.mark.slow
def test_the_second_course_hands_out_what_it_needs(second: Path) -> None:
    with zipfile.ZipFile(second / "dist" / "student.zip") as bundle:
        names = set(bundle.namelist())
        readme = bundle.read("words/README.md").decode()
    assert names == {
        "words/README.md",
        "words/requirements.txt",
        "words/notebooks/warm_up.ipynb",
        "words/notebooks/letters.ipynb",
        "words/notebooks/data/words.csv",
        "words/toolbox/__init__.py",
        "words/alphabets/swedish.txt",
    }
    assert readme.startswith("# Counting words\n") and "`toolbox`" in readme and "$" not in readme
    assert "up to date" in run(second, "build") and "agree with their masters" in run(second, "build", "--check")
    (second / "notebooks" / "data" / "words.csv").write_text("word,count\n", encoding="utf-8")
    assert "0 built" in run(second, "build"), "a data file that was edited by hand is restored"
    assert "plum,5" in (second / "notebooks" / "data" / "words.csv").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_second_course_is_graded(second: Path, tmp_path: Path) -> None:
    """With its data beside the notebook, its library and alphabets beside that, and its own limit."""
    for student in ("ada", "blaise"):
        (tmp_path / "in" / student).mkdir(parents=True)
        for name in ("warm_up", "letters"):
            shutil.copy(second / "dist" / "solutions" / f"{name}.ipynb", tmp_path / "in" / student)
    slow = nbformat.read(tmp_path / "in" / "blaise" / "letters.ipynb", as_version=4)
    slow.cells.append(nbformat.v4.new_code_cell("place = lambda letter: sum(0 for _ in iter(int, 1))"))
    nbformat.write(slow, tmp_path / "in" / "blaise" / "letters.ipynb")
    for lost in slow.cells:
        if "grader.check" in lost.source:
            lost.source = ""
    nbformat.write(slow, tmp_path / "in" / "blaise" / "letters.ipynb")
    run(second, "grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--jobs", "1")
    with open(tmp_path / "out" / "grades.csv", newline="", encoding="utf-8") as table:
        rows = {(r["student"], r["assignment"]): r for r in csv.DictReader(table)}
    scores = {key: (row["status"], float(row["score"])) for key, row in rows.items()}
    assert scores[("ada", "warm_up")] == scores[("blaise", "warm_up")] == ("graded", 4.0)
    assert scores[("ada", "letters")] == ("graded", 4.0) and scores[("blaise", "letters")] == ("timeout", 0.0)
    assert "the call took more than 7 s" in rows[("blaise", "letters")]["reason"]
    assert "Letters of a language" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_second_course_is_printed(second: Path, tmp_path: Path) -> None:
    import pikepdf

    run(second, "pdf", "--out", str(tmp_path))
    assert {p.name for p in tmp_path.glob("*.pdf")} == {
        f"{name}-{mode}.pdf" for name in ("warm_up", "letters", "course") for mode in ("worksheet", "solutions")
    }
    with pikepdf.open(tmp_path / "course-worksheet.pdf") as printed:
        assert str(printed.docinfo["/Title"]) == "Counting words · Worksheets"
        with printed.open_outline() as outline:
            titles = [item.title for item in outline.root[0].children] or [item.title for item in outline.root]
    assert titles.index("Warming up") < titles.index("Letters"), "in the order of course.toml"
    if shutil.which("pdftotext"):
        said = subprocess.check_output(["pdftotext", "-l", "1", tmp_path / "warm_up-worksheet.pdf", "-"], text=True)
        assert "A small college" in said and "Ada Example, Blaise Example" in said


@pytest.mark.slow
def test_the_second_course_lies_on_a_site(second: Path, tmp_path: Path) -> None:
    course = Course.load(second)
    contents = stage(course.notebooks, course.library, tmp_path)
    files = {p.relative_to(contents).as_posix() for p in contents.rglob("*") if p.is_file()}
    assert files == {
        "notebooks/warm_up.ipynb",
        "notebooks/letters.ipynb",
        "notebooks/data/words.csv",
        "toolbox/__init__.py",
        "alphabets/swedish.txt",
    }
    first = json.loads((contents / "notebooks" / "letters.ipynb").read_text(encoding="utf-8"))["cells"][0]
    assert "piplite" in "".join(first["source"])
