"""A section's four files, made from the course's own questions."""

import contextlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest

from autograder.__main__ import main
from autograder.course import Course
from autograder.errors import CommandError
from autograder.section.plan import Slot, latest, plan, timetable, to_leave_out
from autograder.section.select import Chosen, choose
from autograder.section.sheets import pictured
from autograder.section.wrong import answered, tex, wrong_answers
from tests import masters
from tests.pdf.reading import structure

COURSE = Course.find()


@pytest.fixture(scope="module")
def made(built: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("section")
    assert main(["section", "--out", str(out)]) == 0
    return out


def words(pdf: Path) -> str:
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) reads the PDFs back, and it is not on this machine")
    return subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("-\n", ""))


def plain(markdown: str) -> str:
    """The words before the first formula."""
    return one_line(markdown.split("$")[0]).strip()[:40]


def pages(pdf: Path) -> int:
    with pikepdf.open(pdf) as opened:
        return len(opened.pages)


def test_four_files_of_a_size_that_one_hands_out(made: Path) -> None:
    names = {"worksheet.pdf", "solutions.pdf", "plan.pdf", "section.ipynb"}
    assert {file.name for file in made.iterdir()} == names
    assert 2 <= pages(made / "worksheet.pdf") <= 4


def test_the_worksheet_asks_and_does_not_tell(made: Path) -> None:
    asked, solved = words(made / "worksheet.pdf"), words(made / "solutions.pdf")
    for name in COURSE.section.questions:
        question = masters.questions()[name]
        assert f"{question.part} · {question.title}" in re.sub(r"\s+", " ", asked)
    # the lines of solutions, as they would print
    for chosen in choose(COURSE, COURSE.section.questions):
        for cell in chosen.solution:
            if cell.role == "solution" and cell.kind == "code":
                lines = [line for line in cell.source.split("\n") if "=" in line and len(line) > 12]
                assert all(line.strip() not in asked for line in lines)
                board = plain(chosen.question.own.board)
                assert not lines or board or any(line.strip()[:40] in solved for line in lines)
                assert not board or (board in one_line(solved) and board not in one_line(asked))
    assert "Name" in asked and COURSE.section.title in asked
    for word in ("run the cell", "Run the cell", "switch to"):
        assert word not in asked


def test_the_notebook_answers_what_it_needs_and_is_checked(made: Path, tmp_path: Path) -> None:
    """A question that uses an earlier answer finds it given; wrong answers fail, right ones pass."""
    wanted = "q4g_ii,q1b"
    assert main(["section", "--questions", wanted, "--out", str(tmp_path), "--title", "Two"]) == 0
    book = json.loads((tmp_path / "section.ipynb").read_text(encoding="utf-8"))
    assert set(book["metadata"]["otter"]["tests"]) == {"q4g_ii", "q1b"}
    chosen = choose(COURSE, wanted.split(","))
    assert any("def grad_input(" in cell.source for cell in chosen[0].given)  # 4.d.iii's answer
    given = [c for c in book["cells"] if "given" in c["metadata"].get("tags", [])]
    assert any("def grad_input(" in "".join(c["source"]) for c in given)
    checks = [c for c in book["cells"] if "grader.check" in "".join(c["source"])]
    assert len(checks) == 2


def test_no_question_is_parted_from_its_solution(made: Path) -> None:
    pages_read = words(made / "solutions.pdf").split("\f")
    labels = [one.label for one in choose(COURSE, COURSE.section.questions)]
    for label in labels:
        (page,) = [page for page in pages_read if f"{label} · " in page]
        assert "Solution" in page[page.index(f"{label} · ") :].split(" · ")[1], label


def test_the_plan_tells_the_clock_and_wrong_answers(made: Path) -> None:
    said = words(made / "plan.pdf")
    assert "ask back" in said and "If time runs short" in said
    assert re.search(r"0–\d+\s+1\.b", said)


def test_wrong_answers_are_wrong_and_different(built: Course) -> None:
    (chosen,) = choose(COURSE, ["q1b"])
    found = wrong_answers(chosen, 3)
    assert len(found) == 3 and len({w.shown for w in found}) == 3
    assert all("28, 28, 1" not in w.shown and w.asks.endswith("?") for w in found)


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("q3b_i", r"\delta_{0} w_{1} + \delta_{1} w_{0}", r"\delta_{0} w_{2} \\ \delta_{0} w_{1} + \delta_{1} w_{2}"),
        ("q2a", r"0 & 0 & 0 & w_{0} & w_{1} & w_{2}\end", r"w_{2} & w_{1} & w_{0}"),
    ],
)
def test_wrong_answers_in_letters(built: Course, question: str, right: str, wrong: str) -> None:
    """What a mistake does to letters follows from what it does to numbers."""
    (chosen,) = choose(COURSE, [question])
    found = wrong_answers(chosen, 3, first=chosen.question.own.misconceptions)
    assert len(found) == 3
    shown = [w.shown for w in found]
    assert any(wrong in one for one in shown) and not any(one.count("begin") != 1 for one in shown)
    answer = answered(chosen, contextlib.nullcontext)[found[0].answer]
    assert right in tex(answer) and tex(answer) not in shown


def test_of_a_wrong_function_the_plan_says_no_numbers(built: Course) -> None:
    """Nobody on paper knows what a check called it with."""
    html = plan(choose(COURSE, ["q1b", "q1g"]), "Two", 50).html
    assert "<code>shape_b =</code>" in html
    assert "<td><code>same_padding</code></td>" in html and "<code>same_padding =</code>" not in html


def test_one_wrong_answer_of_each_check_comes_first(built: Course) -> None:
    (chosen,) = choose(COURSE, ["q6b_i"])
    assert {w.answer for w in wrong_answers(chosen, 2)} == {"numbers_per_mean", "learned"}


def test_a_question_that_refers_to_another_brings_it_along(built: Course) -> None:
    """6.d.ii compares with "your `batch_norm_grad`" of 6.c: alone on a sheet, it is told what that is."""
    (alone,) = choose(COURSE, ["q6d_ii"])
    assert "From 6.c.v" in alone.setting and "```python\ndef batch_norm_grad" in alone.setting
    assert alone.setting.count("whose answer is given") == 1  # of all the questions in 6.c
    beside = choose(COURSE, ["q6c_v", "q6d_ii"])[1]
    assert "whose answer is given" not in beside.setting
    (whole,) = choose(COURSE, ["q6b_iii"])  # "If you have written `batch_norm` in 6.a.ii, call it"
    assert "From 6.a.ii" in whole.setting and "def batch_norm(" in whole.setting


def test_the_sheet_says_what_a_question_stands_on(made: Path) -> None:
    asked = one_line(words(made / "worksheet.pdf"))
    assert "A layer computes" in asked
    with pikepdf.open(made / "worksheet.pdf") as pdf:
        alts = [str(tag.get("/Alt", "")) for tag in structure(pdf.Root.StructTreeRoot)]
    assert any("Four inputs below" in alt for alt in alts)
    assert COURSE.section.note in asked and "◆" not in asked
    book = (made / "section.ipynb").read_text(encoding="utf-8")
    assert "A layer computes $y_m" in book


def test_a_picture_that_is_not_there_is_an_error(built: Course) -> None:
    (chosen,) = choose(COURSE, ["q3b_i"])
    own = replace(chosen.question.own, picture="no such words")
    with pytest.raises(CommandError, match="no such words"):
        pictured(replace(chosen, question=replace(chosen.question, own=own)))


def test_by_when_a_question_must_begin() -> None:
    slots = [slot("a", "core", 0), slot("b", "more", 5), slot("c", "core", 10)]
    assert latest(slots, [slots[1]], 20) == {0: 10, 5: 15, 10: 15}


def slot(part: str, path: str, start: float, minutes: float = 5) -> Slot:
    from types import SimpleNamespace

    own = SimpleNamespace(worksheet=(part,), path=path, minutes=minutes)
    chosen = SimpleNamespace(question=SimpleNamespace(own=own, name=part, part=part, title=""), in_class=minutes)
    return Slot(chosen, start)  # type: ignore[arg-type]


def test_what_is_off_the_core_path_is_left_out_first() -> None:
    slots = [slot("a", "core", 0), slot("b", "more", 5), slot("a", "core", 10), slot("c", "core", 15)]
    assert [s.start for s in to_leave_out(slots, 50)] == [5, 10, 15]


def test_minutes_add_up(built: Course) -> None:
    chosen: list[Chosen] = choose(COURSE, COURSE.section.questions)
    slots = timetable(chosen)
    assert slots[0].start == 0 and all(a.end == b.start for a, b in pairwise(slots))


@pytest.mark.parametrize(("questions", "reason"), [("q9z", "no question 'q9z'"), ("q1b,q1b", "named twice")])
def test_a_wrong_question_is_one_sentence(
    built: Course, questions: str, reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["section", "--questions", questions, "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err.strip()
    assert reason in said and "\n" not in said
