"""A course with numbers of each student's own goes the whole way: built, handed out, answered, graded, changed."""

import csv
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import utils
from autograder.build import edition
from autograder.build.master import read_master
from autograder.hand_out.ledger import Ledger, key_of
from autograder.hand_out.secret import FILE, Secret, marks_in, sign
from tests.small_course import ROOT

FOLLOWED = {"by_hand", "layer"}
CLASS = [("Ada", "1001"), ("Blaise", "1002"), ("Carl", "1003")]


def run(root: Path, *arguments: str, fails: bool = False, **more: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    command = [sys.executable, "-m", "autograder", *arguments]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=600)
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def roster(root: Path, people: Iterable[tuple[str, str]]) -> Path:
    path = root / "class.csv"
    path.write_text("name,id\n" + "".join(f"{name},{number}\n" for name, number in people), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built, and handed out to three students."""
    root = tmp_path_factory.mktemp("own") / "course"
    shutil.copytree(ROOT / "tests" / "fixtures" / "own_numbers", root)
    shutil.copytree(ROOT / "utils", root / "utils", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.txt", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    chosen = root.parent / "own-numbers" / FILE  # with a secret by chance, neighbours may have a number in common
    chosen.parent.mkdir(mode=0o700)
    chosen.write_text("a secret for this test\n", encoding="ascii")
    chosen.chmod(0o600)
    assert "sliding: 3 questions, 5 points, built and proved" in run(root, "build")
    said = run(root, "hand-out", "--roster", str(roster(root, CLASS)))
    assert "sliding: 3 students, 3 of them new" in said and "Keep a copy of" in said
    return root


def handed(root: Path, number: str) -> Any:
    """The numbers of one student, as the grader finds them."""
    folder = root.parent / "own-numbers"
    found = Ledger(folder, "sliding").find([number], [])
    assert found is not None
    return found[0].numbers(found[1], Secret.read(folder))


def right(numbers: Any) -> dict[str, str]:
    one, two = numbers["by_hand"], numbers["layer"]
    y = utils.conv1d(np.array(one["x"], float), np.array(one["w"], float))
    shape = (two["H"] - two["K"] + 1, two["W"] - two["K"] + 1, two["D"])
    return {"outputs": str(y.tolist()), "shape": str(shape), "size": "8"}


def notebook_of(root: Path, number: str) -> dict[str, Any]:
    with zipfile.ZipFile(root / "dist" / "students" / f"{number}.zip") as bundle:
        return json.loads(bundle.read("own/notebooks/sliding.ipynb"))


def answered(notebook: dict[str, Any], answers: dict[str, str], at: Path) -> None:
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        for name, answer in answers.items():
            source = source.replace(f"{name} = ...", f"{name} = {answer}")
        cell["source"] = source
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_text(json.dumps(notebook), encoding="utf-8")


def graded(root: Path, work: Path, *more: str) -> dict[str, dict[str, str]]:
    run(root, "grade", str(work / "in"), "--out", str(work / "out"), "--jobs", "1", *more)
    with open(work / "out" / "grades.csv", newline="", encoding="utf-8") as table:
        return {row["student"]: row for row in csv.DictReader(table)}


def text_of(notebook: dict[str, Any]) -> str:
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"])


def test_a_notebook_has_its_student_s_numbers_and_no_other(course: Path) -> None:
    everybody = json.loads((course / "notebooks" / "sliding.ipynb").read_text(encoding="utf-8"))
    assert "x = (2, 1, 0, 3, -1)$" in text_of(everybody) and "2\\cdot1$" in text_of(everybody)
    texts = set()
    for name, number in CLASS:
        notebook, own = notebook_of(course, number), handed(course, number)
        assert own.keys() == FOLLOWED
        text = text_of(notebook)
        x = own["by_hand"]["x"]
        assert f"along $x = ({', '.join(map(str, x))})$" in text and "{{" not in json.dumps(notebook)
        assert f"made for **{name}**" in text
        assert f"on=case({x}, {own['by_hand']['w']})" in notebook["metadata"]["otter"]["tests"]["by_hand"]
        assert "the_last" not in json.dumps(notebook), "a hidden test is not handed out"
        assert len(notebook["cells"]) == len(everybody["cells"])
        texts.add(text)
    assert len(texts) == 3


def test_the_secret_is_for_its_owner_and_is_not_handed_out(course: Path) -> None:
    folder = course.parent / "own-numbers"
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    key = Secret.read(folder).key.encode()
    others = {number: json.dumps(handed(course, number)["by_hand"]["x"]).encode() for _, number in CLASS}
    for name, number in CLASS:
        with zipfile.ZipFile(course / "dist" / "students" / f"{number}.zip") as bundle:
            data = b"".join(bundle.read(entry) for entry in bundle.namelist())
        assert key not in data and b"own-numbers" not in data, name
        for other, x in others.items():
            assert other == number or x == others[number] or b"case(" + x not in data


def test_a_check_in_a_student_s_hands_knows_the_right_answer(course: Path, tmp_path: Path) -> None:
    """The layer's reference is no program there: its right answers are looked up."""
    with zipfile.ZipFile(course / "dist" / "students" / "1001.zip") as bundle:
        bundle.extractall(tmp_path)
    test = notebook_of(course, "1001")["metadata"]["otter"]["tests"]["layer"]
    answers = (right(handed(course, "1001"))["shape"], "(1, 2, 3)")
    tries = "".join(
        f"try:\n    test_shape.test_func({shape})\n    print('right')\nexcept AssertionError:\n    print('wrong')\n"
        for shape in answers
    )
    script = (
        f"import sys\nsys.modules['rfc3987_syntax'] = None  # as a notebook does, see utils/notebook\n{test}\n{tries}"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path / "own", capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == ["right", "wrong"], done.stdout + done.stderr


def test_each_is_judged_by_what_was_handed_out(course: Path, tmp_path: Path) -> None:
    """Right for one's own numbers is right; right for a neighbour's is wrong, and so it stays when ranges change."""
    for name, number in CLASS[:2]:
        answered(notebook_of(course, number), right(handed(course, number)), tmp_path / "in" / name / "sliding.ipynb")
    answered(notebook_of(course, "1003"), right(handed(course, "1001")), tmp_path / "in" / "Carl" / "sliding.ipynb")
    answered(notebook_of(course, "1001"), right(handed(course, "1001")), tmp_path / "in" / "Eve" / "sliding.ipynb")
    before = graded(course, tmp_path)
    scores = {name: (row["status"], float(row["score"])) for name, row in before.items()}
    assert scores == {
        "Ada": ("graded", 5.0),
        "Blaise": ("graded", 5.0),
        "Carl": ("graded", 1.0),
        "Eve": ("no-numbers", 0.0),
    }
    assert "nothing of sliding was handed out to Eve" in before["Eve"]["reason"]
    page = (tmp_path / "out" / "feedback" / "Carl.html").read_text(encoding="utf-8")
    assert "outputs" in page and str(right(handed(course, "1003"))["outputs"]) not in page

    old = {number: handed(course, number) for _, number in CLASS}
    changed = shutil.copytree(course.parent, tmp_path / "changed") / "course"
    master = changed / "solutions" / "sliding.py"
    was = master.read_text(encoding="utf-8")
    master.write_text(was.replace("5 of -3..4, w: 3 of -3..3", "6 of 5..9, w: 3 of 1..6"), encoding="utf-8")
    run(changed, "build")
    shutil.rmtree(tmp_path / "out")
    after = graded(changed, tmp_path, "--roster", str(roster(changed, CLASS)))
    class_now = [*CLASS[1:], ("Dora", "1004"), ("Ada", "9001")]
    said = run(changed, "hand-out", "--roster", str(roster(changed, class_now)))
    assert {n: r["score"] for n, r in after.items()} == {n: r["score"] for n, r in before.items()}
    assert "sliding: 4 students, 1 of them new" in said
    assert old == {number: handed(changed, number) for _, number in CLASS}
    assert len(handed(changed, "1004")["by_hand"]["x"]) == 6
    x = ", ".join(map(str, old["1001"]["by_hand"]["x"]))
    assert f"along $x = ({x})$" in text_of(notebook_of(changed, "9001")), "another id, and the numbers that she had"
    assert "made for **Dora**" in text_of(notebook_of(changed, "1004"))


EVERYBODYS = {"outputs": "[2, -5, 2]", "shape": "(18, 28, 4)", "size": "8"}


def everybodys(course: Path) -> dict[str, Any]:
    """The notebook that a student finds on the web, on the static site, or in the zip for all."""
    return json.loads((course / "notebooks" / "sliding.ipynb").read_text(encoding="utf-8"))


def test_a_notebook_with_everybody_s_numbers_is_judged_by_these(course: Path, tmp_path: Path) -> None:
    """Nobody loses a point who worked with the notebook for all: not who has own numbers, nor who was handed none."""
    for name in ("Ada", "Eve"):
        answered(everybodys(course), EVERYBODYS, tmp_path / "in" / name / "sliding.ipynb")
    own = right(handed(course, "1002"))
    answered(everybodys(course), own, tmp_path / "in" / "Blaise" / "sliding.ipynb")
    copied = notebook_of(course, "1003")  # the first text is gone, the questions are there
    copied["cells"] = [c for c in copied["cells"] if "made for **Carl**" not in "".join(c["source"])]
    answered(copied, right(handed(course, "1003")), tmp_path / "in" / "Carl" / "sliding.ipynb")
    rows = graded(course, tmp_path)
    assert {name: (row["status"], float(row["score"])) for name, row in rows.items()} == {
        "Ada": ("graded", 5.0),
        "Blaise": ("graded", 1.0),
        "Carl": ("graded", 5.0),
        "Eve": ("graded", 5.0),
    }
    assert rows["Ada"]["reason"] == rows["Eve"]["reason"] == rows["Blaise"]["reason"]
    assert "judged by everybody's numbers" in rows["Ada"]["reason"] and rows["Carl"]["reason"] == ""


@pytest.mark.parametrize("written", ["utf-16", "escaped"])
def test_a_mark_is_found_however_the_file_was_saved(written: str) -> None:
    text = json.dumps({"cells": [sign("A question", "0123456789abcdef" * 2)]})
    escaped = text.replace("<", "\\u003c").replace(">", "\\u003e")
    data = escaped.encode() if written == "escaped" else text.encode("utf-16")
    assert marks_in(data) == {"0123456789abcdef" * 2} and marks_in(text.replace("-", "").encode()) == set()


def test_everybody_s_notebook_says_that_there_are_others(course: Path) -> None:
    assert "This copy has everybody's" in text_of(everybodys(course))
    assert "This copy has everybody's" not in text_of(notebook_of(course, "1001"))


@pytest.mark.parametrize("own", [False, True])
def test_a_question_with_own_numbers_says_so_beside_its_heading(own: bool) -> None:
    cells = edition.stage(read_master(ROOT / "solutions" / "p1_dimensions.py"), None, own=own)
    (asked,) = (cell.source for cell in cells if "1.a.i · " in cell.source)
    assert ("· numbers differ*" in asked) == own
    (other,) = (cell.source for cell in cells if "1.a.ii · " in cell.source)
    assert "numbers differ" not in other


@pytest.mark.parametrize("colab", [False, True])
def test_a_student_s_notebook_brings_its_answers_along(course: Path, tmp_path: Path, colab: bool) -> None:
    """Beside the course that all have, its check knows this student's right answers; and where it is no file."""
    with zipfile.ZipFile(course / "dist" / "student.zip") as bundle:
        bundle.extractall(tmp_path)
    here = tmp_path / "content"
    file = tmp_path / "page.ipynb" if colab else here / "sliding.ipynb"
    here.mkdir()
    answered(notebook_of(course, "1001"), {}, file)
    looks = "from tests.lesson import colab_stand_in; colab_stand_in.install(json.load(open('../page.ipynb')))"
    script = f"""
import json, sys
{looks if colab else ""}
sys.path[:0] = ["../own"]
from utils.notebook import start

grader = start("sliding")
for shape in ({right(handed(course, "1001"))["shape"]}, (1, 2, 3)):
    print("passed", grader.check("layer").passed_all)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    call = [sys.executable, "-c", script]
    done = subprocess.run(call, cwd=here, env=environment, capture_output=True, text=True, timeout=120)
    assert "passed True\n" in done.stdout and "passed False\n" in done.stdout, done.stdout + done.stderr


def test_another_s_notebook_is_told(course: Path, tmp_path: Path) -> None:
    """Whose it is says the intake, so the answers do not count; the row says why that may be."""
    answered(notebook_of(course, "1001"), right(handed(course, "1001")), tmp_path / "in" / "Blaise" / "sliding.ipynb")
    (row,) = graded(course, tmp_path).values()
    assert row["status"] == "graded" and float(row["score"]) == 1.0
    assert "this is not the notebook that was made for this student" in row["reason"]


def test_nobody_is_graded_without_the_secret(course: Path, tmp_path: Path) -> None:
    answered(notebook_of(course, "1001"), {}, tmp_path / "in" / "Ada" / "sliding.ipynb")
    secret = course.parent / "own-numbers" / FILE
    kept = secret.read_text(encoding="ascii")
    command = ["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    try:
        secret.unlink()
        assert f"There is no secret in {secret}" in " ".join(run(course, *command, fails=True).split())
        secret.write_text("another\n", encoding="ascii")
        (row,) = graded(course, tmp_path).values()
        assert row["status"] == "no-numbers" and "chosen with another secret" in row["reason"]
    finally:
        secret.write_text(kept, encoding="ascii")


def test_a_container_gets_what_was_handed_out(course: Path, tmp_path: Path) -> None:
    """Its options by a stand-in for Docker: what is mounted is all that the grader sees."""
    if os.getuid() or not shutil.which("bwrap"):
        pytest.skip("the stand-in for a container needs root and bubblewrap")
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("engine.py")} "$@"\n')
    program.chmod(0o755)
    for name, number in CLASS[:2]:
        answered(notebook_of(course, number), right(handed(course, "1001")), tmp_path / "in" / name / "sliding.ipynb")
    path = f"{program.parent}:{os.environ['PATH']}"
    out = tmp_path / "out"
    said = run(course, "grade", str(tmp_path / "in"), "--out", str(out), "--container", "--anonymous", PATH=path)
    assert "in a container" in said
    with open(out / "grades.csv", newline="", encoding="utf-8") as table:
        rows = {row["student"]: (row["status"], float(row["score"])) for row in csv.DictReader(table)}
    assert rows == {"Ada": ("graded", 5.0), "Blaise": ("graded", 1.0)}


def on_gradescope(trusted: Path, folder: Path, notebook: Path, users: list[dict[str, Any]]) -> dict[str, Any]:
    """`results.json` of what these users handed in, with a zip in `source/`."""
    with zipfile.ZipFile(trusted) as bundle:
        bundle.extractall(folder / "source")
    (folder / "submission").mkdir()
    shutil.copy(notebook, folder / "submission")
    (folder / "submission_metadata.json").write_text(json.dumps({"users": users}), encoding="utf-8")
    call = [sys.executable, str(folder / "source" / "run_otter.py"), str(folder)]
    done = subprocess.run(call, cwd="/", capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert (folder / "source" / "numbers").stat().st_mode & 0o077 == 0
    return json.loads((folder / "results" / "results.json").read_text(encoding="utf-8"))


def test_gradescope_s_trusted_zip_judges_by_what_was_handed_out(course: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(course / "dist" / "autograder" / "sliding.zip") as bundle:
        assert not any(name.startswith("numbers/") for name in bundle.namelist()), (
            "the secret is in no zip of the build"
        )
    run(course, "grade", "--gradescope")
    trusted = course / "dist" / "gradescope" / "sliding.zip"
    answered(notebook_of(course, "1001"), right(handed(course, "1001")), tmp_path / "sliding.ipynb")
    ada, blaise = ({"name": name, "email": f"{name}@example.org", "id": 7} for name in ("Ada", "Blaise"))
    users = {"ada": [ada], "blaise": [blaise], "both": [blaise, ada], "eve": [{"name": "Eve"}], "nobody": []}
    found = {
        name: on_gradescope(trusted, tmp_path / name, tmp_path / "sliding.ipynb", who) for name, who in users.items()
    }
    points = {name: sum(t.get("score", 0) for t in result["tests"]) for name, result in found.items()}
    assert points == {"ada": 5, "both": 5, "blaise": 1, "eve": 0, "nobody": 0}
    assert "not the notebook that was made for this student" in json.dumps(found["blaise"])
    assert "nothing of sliding was handed out to Eve" in json.dumps(found["eve"])

    answered(everybodys(course), EVERYBODYS, tmp_path / "everybody" / "sliding.ipynb")
    result = on_gradescope(trusted, tmp_path / "for-all", tmp_path / "everybody" / "sliding.ipynb", [ada])
    assert sum(t.get("score", 0) for t in result["tests"]) == 5
    assert "judged by everybody's numbers" in json.dumps(result)


def test_the_stock_zip_says_that_it_cannot(course: Path) -> None:
    with zipfile.ZipFile(course / "dist" / "autograder" / "sliding-stock.zip") as bundle:
        readme = bundle.read("README-stock.md").decode()
        tests = {name: bundle.read(f"tests/{name}.py").decode() for name in (*FOLLOWED, "size")}
    assert "It cannot grade these questions at all: by_hand, layer." in readme
    assert {name for name, text in tests.items() if "each student has numbers of their own" in text} == FOLLOWED


def test_a_secret_chooses_the_same_for_the_same_student_and_is_kept(tmp_path: Path) -> None:
    secret = Secret.make(tmp_path / "deep" / "folder")
    assert secret == Secret.make(tmp_path / "deep" / "folder") == Secret.read(tmp_path / "deep" / "folder")
    chosen = [secret.choice(200, f"{number}", "sliding", "layer") for number in range(300)]
    assert chosen == [secret.choice(200, f"{number}", "sliding", "layer") for number in range(300)]
    assert len(set(chosen)) > 120 and min(chosen) >= 0 and max(chosen) < 200
    assert chosen != [Secret("other").choice(200, f"{number}", "sliding", "layer") for number in range(300)]


def test_a_student_is_known_by_the_first_number_of_the_roster() -> None:
    from autograder.grade.intake.roster import Person

    assert key_of(Person("Ada", id="1", email="a@b.c")) == "1" and key_of(Person("Ada", email="a@b.c")) == "a@b.c"
    assert key_of(Person("Ada")) == "Ada"
