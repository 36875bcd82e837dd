"""The build's round trip on a small course: what it writes, always the same, never twice."""

import base64
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.build.command import build, check
from autograder.build.info import load_problem
from autograder.build.table import END, START, with_table
from autograder.course import Course
from tests.small_course import autograder_zip, blank_notebook, small_course, solution_notebook

NAME = "p1_small"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = small_course(tmp_path_factory.mktemp("course"))
    course.contributing.write_text(f"Before\n{START}\n{END}\nAfter\n", encoding="utf-8")
    assert build(course, course.masters(), jobs=2) == 0
    return course


def sources(path: Path) -> str:
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


def written(course: Course) -> dict[str, bytes]:
    places = [blank_notebook(NAME, course), autograder_zip(NAME, course), course.dist / "student.zip"]
    return {str(p): p.read_bytes() for p in [*places, solution_notebook(NAME, course)]}


def test_the_problem_is_described(course: Course) -> None:
    made = load_problem(course.built(NAME))
    assert [path.stem for path in course.masters()] == [NAME]
    assert made.points == 6
    assert [(q.name, q.part, q.points, q.manual) for q in made.questions] == [
        ("q1a", "1.a", 3, False),
        ("q1b", "1.b", 3, False),
        ("q1c", "1.c", 2, True),
    ]
    assert [t.hidden for t in made.questions[0].tests] == [False, True]
    in_words = made.questions[2]
    assert in_words.text == "### 1.c · In your own words\n\nWhy?" and in_words.answer.startswith("Because the answer")
    assert in_words.rubric == "- 1 point for any reason\n- 2 points for a good one"
    assert made.questions[0].answer == "" and "for any reason" not in sources(blank_notebook(NAME, course))


def test_the_student_notebook_has_questions_and_no_answers(course: Course) -> None:
    notebook = nbformat.read(blank_notebook(NAME, course), as_version=4)
    text = sources(blank_notebook(NAME, course))
    assert "twice_as_much = ..." in text and 'grader.check("q1a")' in text
    assert "SOLUTION" not in text and "np.asarray(x)" not in text and "must not see" not in text
    assert "test_three" in str(notebook.metadata) and "test_minus_seven" not in str(notebook.metadata)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    assert "pdf=False" in text  # the submit cell must work without LaTeX


def test_the_solution_is_executed_and_has_its_figure(course: Course) -> None:
    notebook = nbformat.read(solution_notebook(NAME, course), as_version=4)
    text = sources(solution_notebook(NAME, course))
    assert "twice_as_much = 2 * np.asarray(x)" in text and "SOLUTION" not in text
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    pictures = [o.data["image/png"] for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) == 1 and base64.b64decode(pictures[0]).startswith(b"\x89PNG")
    assert any("otter_assign_solution_cell" in c.metadata.get("tags", []) for c in notebook.cells)
    assert "passed!" in str(outputs) and "widgets" not in notebook.metadata


def test_the_autograder_zip_is_what_otter_and_gradescope_expect(course: Course) -> None:
    with zipfile.ZipFile(autograder_zip(NAME, course)) as bundle:
        names = set(bundle.namelist())
        tests = bundle.read("tests/q1a.py").decode()
        environment = bundle.read("environment.yml").decode()
        assert {e.date_time for e in bundle.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {"run_autograder", "setup.sh", "run_otter.py", "otter_config.json", "files/utils/__init__.py"} <= names
    assert {n for n in names if n.startswith("tests/")} == {"tests/q1a.py", "tests/q1b.py"}
    assert "test_minus_seven" in tests and (course.built(NAME) / "tests" / "q1a.py").exists()
    assert "otter-grader[grading,plugins]==7" in environment
    assert "numpy==" in environment and "python=3.11" in environment


def test_the_stock_zip_says_what_it_cannot_do(course: Course) -> None:
    trusted = autograder_zip(NAME, course)
    with zipfile.ZipFile(trusted) as bundle, zipfile.ZipFile(trusted.with_name(f"{NAME}-stock.zip")) as stock:
        assert "places.gradescope" in bundle.read("run_otter.py").decode()
        assert "otter.run" in stock.read("run_otter.py").decode()
        assert "read the hidden tests" in stock.read("README-stock.md").decode()
        assert "README-stock.md" not in bundle.namelist() and "course/course.toml" in bundle.namelist()


def test_the_student_zip_has_the_shape_of_the_course(course: Course) -> None:
    with zipfile.ZipFile(course.dist / "student.zip") as bundle:
        names = set(bundle.namelist())
        readme = bundle.read("small-course/README.md").decode()
    assert names == {
        "small-course/README.md",
        "small-course/requirements.txt",
        "small-course/notebooks/p1_small.ipynb",
        "small-course/utils/__init__.py",
    }
    assert "pip install -r requirements.txt" in readme and "Windows" in readme


def test_nothing_is_done_twice_and_the_bytes_stay(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    before, times = written(course), blank_notebook(NAME, course).stat().st_mtime_ns
    assert build(course, course.masters(), jobs=2) == 0
    assert "1 up to date" in capsys.readouterr().out
    assert blank_notebook(NAME, course).stat().st_mtime_ns == times
    assert build(course, course.masters(), jobs=2, force=True) == 0
    assert written(course) == before


def test_a_notebook_edited_by_hand_is_noticed_and_restored(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = blank_notebook(NAME, course)
    good = notebook.read_bytes()
    assert check(course, course.masters(), jobs=1) == 0
    notebook.write_bytes(good.replace(b"Double it", b"Double it now"))
    stray = course.notebooks / "p9_no_master.ipynb"
    stray.write_bytes(good)
    assert check(course, course.masters(), jobs=1) == 1
    said = capsys.readouterr().err
    assert "p1_small.ipynb is not what p1_small.py gives" in said and "p9_no_master.ipynb has no master" in said
    stray.unlink()
    assert build(course, course.masters(), jobs=1) == 0
    assert notebook.read_bytes() == good


def test_a_check_that_proves_runs_the_solutions_too(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    (master,) = course.masters()
    good = master.read_text(encoding="utf-8")
    assert check(course, [master], jobs=1, prove=True) == 0
    master.write_text(good.replace("2 * np.asarray(x)  # SOLUTION", "3 * np.asarray(x)  # SOLUTION"), encoding="utf-8")
    assert check(course, [master], jobs=1) == 0, "students would get the same notebook"
    assert check(course, [master], jobs=1, prove=True) == 1
    assert "the solution fails" in capsys.readouterr().err
    master.write_text(good, encoding="utf-8")


def test_the_table_of_questions_is_written_and_checked(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    page = course.contributing
    good = page.read_text(encoding="utf-8")
    assert good.startswith("Before\n") and good.endswith("After\n")
    assert "| 1.a Double it | p1_small | `q1a` | 3 |" in good and "| `q1c` | 2 (by hand) |" in good
    page.write_text(good.replace("| 3 |", "| 4 |"), encoding="utf-8")
    assert check(course, course.masters(), jobs=1) == 1
    assert "the table in" in capsys.readouterr().err
    page.write_text(good, encoding="utf-8")
    assert with_table("no markers here", []) == "no markers here"


def test_a_name_that_is_no_problem_is_told_which_there_are(course: Course) -> None:
    assert course.master("p1").name == course.master("notebooks/p1_small.ipynb").name == "p1_small.py"
    with pytest.raises(LookupError, match=r"no master called 'p7'.*there are: p1_small"):
        course.master("p7")
    with pytest.raises(FileNotFoundError, match="p2_none is not built yet: run `make build`"):
        load_problem(course.built("p2_none"))
