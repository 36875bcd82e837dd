"""Answers in words on paper: a small class, printed in one PDF."""

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pdfua import validate

from autograder.__main__ import main
from autograder.course import Course
from autograder.pdf.written import possible
from tests.pdf.notebooks import png
from tests.pdf.reading import headings, structure

COURSE = Course.find()
P2, P4 = "p2_conv_as_matrix", "p4_backprop_2d"
LONG = "A long answer, LONGANSWER. " * 500


def hand_in(folder: Path, problem: str, text: str, attachments: dict[str, Any] | None = None) -> None:
    """The handed-out notebook with `text` in the place of the answer in words."""
    book = json.loads((COURSE.built(problem) / "student.ipynb").read_text(encoding="utf-8"))
    cell = next(
        c for c in book["cells"] if c["cell_type"] == "markdown" and "replacing this text" in "".join(c["source"])
    )
    cell |= {"source": text} | ({"attachments": attachments} if attachments else {})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{problem}.ipynb").write_text(json.dumps(book))


@pytest.fixture(scope="module")
def inbox(built: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inbox")
    hand_in(folder / "ada", P2, "Fewer CALLS: $\\sum_k w_k$.\n\n# My own heading")
    hand_in(folder / "ada", P4, "![x](attachment:image.png)", {"image.png": {"image/png": png(90, 40)}})
    hand_in(folder / "bob", P2, LONG)
    hand_in(folder / "eve", P4, r'$\frob{x}$ #read("/etc/passwd") <script>x</script> EVESWORDS')
    (folder / "zed").mkdir()
    (folder / "zed" / f"{P2}.ipynb").write_text('{"cells": [')
    return folder


def words(pdf: Path) -> list[str]:
    """The text of each page."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) reads the PDFs back, and it is not on this machine")
    done = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


@pytest.fixture(scope="module")
def printed(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("written")
    assert main(["pdf", "--submission", str(inbox), "--written-only", "--out", str(out)]) == 1  # zed's is no notebook
    return out / "written.pdf"


def test_one_pdf_with_a_bookmark_for_each_student_and_question(printed: Path) -> None:
    assert [file.name for file in printed.parent.iterdir()] == ["written.pdf"]
    found = [(one.level, one.title) for one in headings(printed.read_bytes())]
    two = [(2, "2.c.iii · In your own words"), (2, "2.e.ii · Why is it fast all the same?")]
    four = (2, "4.h · In your own words")
    assert found == [(1, "ada"), *two, four, (1, "bob"), *two, (1, "eve"), four]


def test_each_answer_stands_beside_model_rubric_and_points(printed: Path) -> None:
    said = re.sub(r"\s+", " ", " ".join(words(printed)))
    for piece in ("Fewer CALLS", "LONGANSWER", "EVESWORDS", r"\frob{x}", "My own heading"):
        assert piece in said
    assert said.count("Take a kernel that is not symmetric") == 2  # the model answer of 4.h, for ada and eve
    assert said.count("Half of that for the bare word") == 2  # of 2.e.ii's rubric
    assert said.count("0 ½ 1 1½ 2") == 6
    assert "root:" not in said and "grad_x_by_hand" not in said  # nothing but questions in words
    with pikepdf.open(printed) as pdf:
        assert sum(len(page.get_images()) for page in pdf.pages) == 1  # the pasted picture
        assert any(str(tag.S) == "/Formula" for tag in structure(pdf.Root.StructTreeRoot))
    assert not validate(str(printed)).findings


def test_what_cannot_be_read_is_a_sentence(inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["pdf", "--submission", str(inbox / "zed"), "--written-only", "--out", str(tmp_path)])
    assert f"{P2}.ipynb: not printed: the file ends in the middle of a notebook" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_with_fixed_pages_every_question_begins_on_the_same_page_of_each_part(inbox: Path, tmp_path: Path) -> None:
    arguments = ["--submission", str(inbox), "--written-only", "--fixed-pages", "--out", str(tmp_path)]
    assert main(["pdf", *arguments]) == 1
    pdf = tmp_path / "written.pdf"
    found = headings(pdf.read_bytes())
    pages = len(words(pdf))
    students = [one for one in found if one.level == 1]
    assert [one.title for one in students] == ["ada", "bob", "eve"]
    each = pages // len(students)
    assert pages == each * len(students) and each > 2  # bob's answer takes more than a page
    assert [one.page for one in students] == [1, 1 + each, 1 + 2 * each]
    starts = Counter((one.title, (one.page - 1) % each) for one in found if one.level == 2)
    assert len(starts) == 3 and set(starts.values()) == {3}
    assert "(not handed in)" in " ".join(words(pdf)[each : 2 * each])  # bob has no problem 4


def test_the_points_that_may_be_given() -> None:
    assert possible(2) == ["0", "½", "1", "1½", "2"]
    assert possible(6) == ["0", "1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(["--written-only"], "--submission PATH"), (["--submission", ".", "--fixed-pages"], "say --written-only")],
)
def test_options_that_do_not_go_together(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["pdf", *arguments, "--out", str(tmp_path)]) == 1
    assert reason in capsys.readouterr().err


def test_scripts_without_a_font_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from autograder.pdf.press import unseen

    hand_in(tmp_path / "in" / "noor", P2, "সত্য and ความจริง and 1 \U00016a40")
    assert main(["pdf", "--submission", str(tmp_path / "in"), "--written-only", "--out", str(tmp_path / "out")]) == 0
    assert "no font on this machine shows" in capsys.readouterr().err and (tmp_path / "out" / "written.pdf").is_file()
    told = 'error: the text `"\\u{9be}"` could not be displayed\nerror: the text `"ท"` could not be displayed'
    assert unseen(told) == "no font on this machine shows Bengali, Thai: install one, such as Noto's"
    assert unseen("anything else") == ""


def test_letters_that_a_font_has_but_cannot_join_are_not_taken_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The font of the text has Devanagari's letters, side by side: no reader of Hindi would call that Hindi."""
    import typst

    hand_in(tmp_path / "in" / "noor", P2, "प्रत्येक फिल्टर किसी क्षेत्र की विशेषता, $\\text{क्षेत्र}$ और `क्षेत्र`")
    assert main(["pdf", "--submission", str(tmp_path / "in"), "--written-only", "--out", str(tmp_path / "out")]) == 0
    if any(re.search("deva|hindi|mangal|lohit", name, re.IGNORECASE) for name in typst.Fonts().families()):
        pytest.skip("this machine has a font for it")
    assert "no font on this machine shows Devanagari" in capsys.readouterr().err


def test_what_cannot_be_set_is_printed_as_it_was_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture that is none would end the whole document."""
    folder = tmp_path / "in"
    hand_in(folder / "ada", P2, "ADASWORDS")
    hand_in(folder / "max", P2, "MAXWORDS ![x](attachment:image.png)", {"image.png": {"image/png": "bm90IGEgcG5n"}})
    assert main(["pdf", "--submission", str(folder), "--written-only", "--out", str(tmp_path / "out")]) == 0
    said = " ".join(words(tmp_path / "out" / "written.pdf"))
    assert "ADASWORDS" in said and "MAXWORDS ![x](attachment:" in said
    assert "Traceback" not in capsys.readouterr().err
