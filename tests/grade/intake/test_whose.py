"""Nothing is merged without a word: what nobody's name is on is named, and nobody speaks for somebody else."""

import os
import unicodedata
from datetime import datetime
from pathlib import Path

import pytest

from autograder.grade.intake.collect import IntakeSettings, Unclear, collect, take_in
from autograder.grade.intake.layouts import BY_NAME, choose, pattern_layout
from autograder.grade.intake.names import Names
from autograder.grade.intake.submission import Collected
from tests.grade.intake.classes import BLANK, KNOWN, P1, work, write, zipped
from tests.grade.intake.test_classes import HANDED_OUT, says
from tests.grade.small import notebook

STAMPS = [f"{P1}_2026_11_21T10_00_0{n}_000000.zip" for n in range(4)]


def take(folder: Path, files: dict[str, bytes], **settings: object) -> Collected:
    write(folder, files)
    return take_in([folder], KNOWN, IntakeSettings(handed_out=HANDED_OUT, **settings))  # type: ignore[arg-type]


def got(found: Collected) -> dict[str, str]:
    assert len({s.student for s in found.submissions}) == len(found.submissions)
    return {s.student: says(s.data) if not s.problem else s.status for s in found.submissions}


def bare(*words: str) -> dict[str, bytes]:
    return {STAMPS[n]: zipped({f"{P1}.ipynb": work(word)}) for n, word in enumerate(words)}


@pytest.mark.parametrize("above", ["", "hw1/", "downloads/hw 1/"])
def test_bare_zips_of_three_are_named_and_not_one_row(tmp_path: Path, above: str) -> None:
    found = take(tmp_path, {above + name: data for name, data in bare("a", "b", "c").items()})
    assert found.submissions == []
    (sentence,) = found.unclear
    assert all(name in sentence for name in STAMPS[:3]) and "--one-owner" in sentence
    with pytest.raises(Unclear, match="10_00_02"):
        collect([tmp_path], KNOWN)


def test_bare_zips_with_one_owner_are_attempts(tmp_path: Path) -> None:
    found = take(tmp_path / "jane", bare("a", "b", "c"), one_owner=True)
    assert got(found) == {"jane": "c"} and found.unclear == []


def test_a_class_zip_of_bare_zips(tmp_path: Path) -> None:
    found = take(tmp_path, {"homework.zip": zipped(bare("a", "b"))})
    assert found.submissions == [] and len(found.unclear) == 1


def test_the_others_are_graded_beside_what_is_unclear(tmp_path: Path) -> None:
    files = {"ann.ipynb": work("ann"), f"{P1}.ipynb": work("x"), f"{P1} (1).ipynb": work("y"), "p5.ipynb": work("x")}
    found = take(tmp_path, files)
    assert got(found) == {"ann": "ann"}
    assert len(found.unclear) == 1 and f"{P1} (1).ipynb" in found.unclear[0] and "ann" not in found.unclear[0]


def test_the_same_file_twice_and_two_assignments_are_no_doubt(tmp_path: Path) -> None:
    five = notebook("a = 5", name="p5_pooling")
    files = {f"{P1}.ipynb": work("x"), f"{P1} (1).ipynb": work("x"), "p5_pooling.ipynb": five}
    found = take(tmp_path / "jane", files)
    assert {(s.student, s.assignment) for s in found.submissions} == {("jane", P1), ("jane", "p5_pooling")}
    copies = take(tmp_path / "joe", {f"{P1}.ipynb": BLANK, f"{P1}-Copy1.ipynb": work("y")})
    assert got(copies) == {"joe": "y"} and copies.unclear == []


@pytest.mark.parametrize("other", ["x .ipynb", "x\u200b.ipynb", " x_p1_dimensions.ipynb", "x\u00a0.ipynb"])
def test_names_alike_are_never_two_rows_of_one_name(tmp_path: Path, other: str) -> None:
    found = take(tmp_path, {"x.ipynb": work("right"), other: work("wrong"), "y.ipynb": work("y")})
    os.utime(tmp_path / other, (2e9, 2e9))
    assert got(found) == {"x": "right", "y": "y"}
    assert len(found.unclear) == 1 and other in found.unclear[0]


def test_composed_and_decomposed_letters_are_one_name(tmp_path: Path) -> None:
    one, other = (unicodedata.normalize(form, "Jörg.ipynb") for form in ("NFC", "NFD"))
    assert got(take(tmp_path, {one: work("a"), other: work("b")})) == {"Jörg": "a"}
    assert got(take(tmp_path / "alone", {other: work("b")})) == {"Jörg": "b"}


def test_a_name_with_white_space_alone_is_a_name(tmp_path: Path) -> None:
    assert got(take(tmp_path, {"Jane  Doe .ipynb": work("a")})) == {"Jane Doe": "a"}


CLASS = {f"{name}/{P1}.ipynb": work(name) for name in ("ann", "bob", "cyd")}
SPEAKS = {
    "canvas": ["ann_1_999_p1_dimensions.ipynb", "bob_2_999_p1_dimensions.ipynb"],
    "moodle": ["ann_1_assignsubmission_file_/p1.ipynb", "bob_2_assignsubmission_file_/p1.ipynb"],
    "folders": ["submissions/ann/p1_dimensions.ipynb", "submissions/bob/p1_dimensions.ipynb"],
    "files": ["ann.ipynb", "bob.ipynb"],
    "otter": [f"{STAMPS[0]}", "bob.zip"],
    "nbgrader": ["source/x.ipynb", f"submitted/ann/{P1}/{P1}.ipynb", f"submitted/bob/{P1}/{P1}.ipynb"],
}


@pytest.mark.parametrize("layout", SPEAKS)
def test_a_folder_or_a_zip_of_one_student_speaks_for_nobody_else(tmp_path: Path, layout: str) -> None:
    evil = {
        name: zipped({f"{P1}.ipynb": work("eve")}) if name.endswith(".zip") else work("eve") for name in SPEAKS[layout]
    }
    honest = {"ann": "ann", "bob": "bob", "cyd": "cyd"}
    for number, mine in enumerate(({f"eve/{n}": d for n, d in evil.items()}, {"eve.zip": zipped(evil)})):
        write(tmp_path / str(number), CLASS | mine)
        for path in (tmp_path / str(number)).rglob("*"):
            if "eve" in path.parts:
                os.utime(path, (2e9, 2e9))
        assert got(take(tmp_path / str(number), {})) == honest | {"eve": "eve"}


def test_metadata_within_a_student_s_folder_say_nothing(tmp_path: Path) -> None:
    forged = b"submission_1:\n  :submitters:\n  - :email: ann\n"
    found = take(tmp_path, CLASS | {"eve/submission_metadata.yml": forged, "eve/submission_1/p1.ipynb": work("eve")})
    assert got(found) == {"ann": "ann", "bob": "bob", "cyd": "cyd", "eve": "eve"}


def test_several_zips_that_hold_several_people_are_not_guessed(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "ann.zip": zipped({"x/p1.ipynb": work("ann")}),
            "eve.zip": zipped({"ann.ipynb": work("e"), "bob.ipynb": work("e")}),
        },
    )
    found = take_in([tmp_path / "ann.zip", tmp_path / "eve.zip"], KNOWN, IntakeSettings())
    assert got(found) == {"ann": "ann"} and "eve.zip" in found.unclear[0]


def test_sections_are_no_students(tmp_path: Path) -> None:
    names = [("monday", "ann"), ("monday", "bob"), ("tuesday", "cyd"), ("tuesday", "dan")]
    found = take(tmp_path, {f"{day}/{name}/homework.ipynb": work(name) for day, name in names})
    assert got(found) == {name: name for _, name in names}


def test_parts_of_each_student_s_work_are_no_students(tmp_path: Path) -> None:
    names = ["ann", "bob", "cyd"]
    found = take(
        tmp_path, {f"{name}/{part}/p1_dimensions.ipynb": work(name) for name in names for part in ("mine", "given")}
    )
    assert got(found) == {name: name for name in names}


def test_the_worked_notebook_counts_and_the_reason_says_that_there_were_two(tmp_path: Path) -> None:
    write(tmp_path, {f"ann/{P1}-Copy1.ipynb": work("ann"), f"ann/{P1}.ipynb": BLANK})
    os.utime(tmp_path / f"ann/{P1}.ipynb", (2e9, 2e9))
    (row,) = take(tmp_path, {}).submissions
    assert says(row.data) == "ann" and row.note.startswith("2 different notebooks") and "-Copy1" in row.note
    (row,) = take(tmp_path, {"ann/old/p1.ipynb": work("older")}).submissions
    assert row.note.startswith("3 different notebooks")


def test_an_untouched_attempt_that_is_newer_does_not_count(tmp_path: Path) -> None:
    front = "P1_jane_attempt_2026-03-0"
    found = take(tmp_path, {f"{front}1-10-00-00_p1.ipynb": work("jane"), f"{front}2-10-00-00_p1.ipynb": BLANK})
    (row,) = found.submissions
    assert says(row.data) == "jane" and "as handed out" in row.note
    found = take(
        tmp_path / "again", {f"{front}1-10-00-00_p1.ipynb": work("a"), f"{front}2-10-00-00_p1.ipynb": work("b")}
    )
    (row,) = found.submissions
    assert says(row.data) == "b" and row.note == ""


def test_notebooks_without_names_in_them_are_known_by_their_cells(tmp_path: Path) -> None:
    lost = notebook("import utils", "answer = 'x'", name=None)
    (row,) = take_in(
        [write(tmp_path, {"ann/hw.ipynb": lost})], KNOWN, IntakeSettings(handed_out={P1: HANDED_OUT[P1][:1]})
    ).submissions
    assert (row.assignment, row.problem) == (P1, "")


def test_notebooks_without_names_in_them_are_known_by_the_questions_they_check(tmp_path: Path) -> None:
    asked = {P1: ["q1a", "q1b", "q1c"], "p5_pooling": ["q5a", "q1c"]}
    cells = [f"grader.check('q1{x}')" if x != "b" else 'answer = 1\ngrader.check( "q1b" )' for x in "abc"]
    for n, name in ((3, P1), (1, P1), (0, "")):
        lost = notebook("import utils", *cells[:n], name=None)
        found = take_in([write(tmp_path / str(n), {"ann/hw.ipynb": lost})], KNOWN, IntakeSettings(questions=asked))
        assert [s.assignment for s in found.submissions] == [name]
    unsure = write(tmp_path / "unsure", {"ann/hw.ipynb": notebook(cells[2], name=None)})
    assert (
        take_in([unsure], KNOWN, IntakeSettings(questions=asked)).submissions[0].problem
        == "the notebook names no assignment"
    )


OPEN = "def size(n):\n    return ...  # your answer"
DONE = "def size(n):\n    return n - 1"


@pytest.mark.parametrize("newer", ["open", "done"])
def test_of_two_at_once_the_one_that_answers_less_is_passed_over(tmp_path: Path, newer: str) -> None:
    # of another edition of the course than the one at hand: no cell is known
    both = {
        "open": notebook("import utils", OPEN, "y = ...", name=P1),
        "done": notebook("import utils", DONE, "y = x[..., 0]", name=P1),
    }
    files = {"ann/hw.ipynb": both[newer], "ann/hw-Copy1.ipynb": both["done" if newer == "open" else "open"]}
    write(tmp_path, files)
    os.utime(tmp_path / "ann/hw.ipynb", (2e9, 2e9))
    (row,) = take_in([tmp_path], KNOWN, IntakeSettings()).submissions
    assert row.data == both["done"]
    assert row.note.startswith("2 different notebooks") and row.note.endswith("counts, since the other answers less")


def test_two_that_answer_differently_are_told_by_time(tmp_path: Path) -> None:
    one, other = notebook("import utils", DONE, "y = ...", name=P1), notebook("import utils", OPEN, "y = 3", name=P1)
    write(tmp_path, {"ann/hw.ipynb": one, "ann/hw-Copy1.ipynb": other})
    os.utime(tmp_path / "ann/hw.ipynb", (2e9, 2e9))
    (row,) = take_in([tmp_path], KNOWN, IntakeSettings()).submissions
    assert row.data == one and row.note.endswith("since it is the newest")


def test_a_later_attempt_counts_although_it_answers_less(tmp_path: Path) -> None:
    both = [notebook("import utils", DONE, "y = 1", name=P1), notebook("import utils", DONE, "y = ...", name=P1)]
    front = "Problem 1_jdoe1_attempt_2026-03-0"
    found = take(tmp_path, {f"{front}{n}-10-00-00_p1.ipynb": data for n, data in enumerate(both, 1)})
    assert [row.data for row in found.submissions] == both[1:]


def test_files_beside_the_notebook_that_it_uses_go_along(tmp_path: Path) -> None:
    code = notebook("import utils", "from helper import f\nnumbers = open('pads.txt').read()", name=P1)
    files = {f"{P1}.ipynb": code, "helper.py": b"f = 1", "pads.txt": b"1", "other.py": b"x", "sub/utils.py": b"x"}
    packed = {"ann.zip": zipped(files), "bob.zip": zipped({f"{P1}.ipynb": work("b"), "helper.py": b"f = 1"})}
    found = take(tmp_path, packed | {f"cyd/{name}": data for name, data in files.items()})
    notes = {s.student: s.note for s in found.submissions}
    assert notes["bob"] == "" and notes["ann"] == notes["cyd"]
    assert notes["ann"] == ""
    taken = {s.student: sorted(s.files) for s in found.submissions}
    assert (
        taken["bob"] == ["helper.py"] and {*taken["ann"]} >= {"helper.py", "pads.txt"} and taken["ann"] == taken["cyd"]
    )


def test_late_by_canvas_and_by_the_clock(tmp_path: Path) -> None:
    due = datetime(2026, 11, 21, 23, 59).timestamp()
    canvas = take(
        tmp_path / "c", {f"ann_LATE_1_2_{P1}.ipynb": work("a"), f"bob_3_4_{P1}.ipynb": work("b")}, due={"": due}
    )
    assert [(s.student, s.late, s.late_by) for s in canvas.submissions] == [("ann_1", True, 0.0), ("bob_3", False, 0.0)]
    write(tmp_path / "f", {"ann.ipynb": work("a"), "bob.ipynb": work("b")})
    for name, when in (("ann", due - 60), ("bob", due + 3600)):
        os.utime(tmp_path / "f" / f"{name}.ipynb", (when, when))
    assert [(s.late, s.late_by) for s in take(tmp_path / "f", {}, due={P1: due}).submissions] == [
        (False, 0.0),
        (True, 3600.0),
    ]
    assert [s.late for s in take(tmp_path / "f", {}, due={"p5_pooling": due}).submissions] == [None, None]
    os.utime(tmp_path / "f" / "ann.ipynb", (due + 59, due + 59))  # in the minute in which it is due
    found = take(tmp_path / "f", {}, due={P1: due, "": due})
    assert [(s.late, s.late_by) for s in found.submissions] == [(False, 0.0), (True, 3600.0)]
    assert found.said[-1] == f"Due: {P1} 2026-11-21 23:59, each 2026-11-21 23:59"
    front = "P1_jane_attempt_2026-11-22-10-59-00"
    (row,) = take(tmp_path / "b", {f"{front}_p1.ipynb": work("j")}, due={"": due}).submissions
    assert row.late_by == 11 * 3600


def otter(number: int) -> str:
    return f"{P1}_2026_11_21T10_00_0{number}_000000"


@pytest.mark.parametrize(
    ("files", "students"),
    [
        ([f"Inbox/jane@x.org/{otter(0)}.zip", f"Inbox/joe@x.org/{otter(1)}.zip"], ["jane@x.org", "joe@x.org"]),
        ([f"{otter(0)}_Jane Doe.zip", f"{otter(1)} (Joe F).zip", f"[Cy] {otter(2)}.zip"], ["Jane Doe", "Joe F", "Cy"]),
        (["dl/Ann Lee_12_assignsubmission_file_/x.ipynb"], ["Ann Lee"]),
        (["a/b/Ann Lee_1_assignsubmission_file/x.ipynb", "a/b/Bo_2_assignsubmission_file/x.ipynb"], ["Ann Lee", "Bo"]),
        (["x/assignment_5_export/submission_1/x.ipynb", "x/assignment_5_export/submission_2/y.ipynb"],
         ["submission_1", "submission_2"]),
        (["ann+p1_dimensions+2026-03-01 10:00:00 UTC/x.ipynb", "bo+p1_dimensions+2026-03-01 10:00:09 UTC/x.ipynb"],
         ["ann", "bo"]),
        (["hw1-ann/x.ipynb", "hw1-bo-1/x.ipynb", "hw1-cy/x.ipynb"], ["ann", "bo-1", "cy"]),
        (["jo-ann/x.ipynb", "jo-bo/x.ipynb"], ["jo-ann", "jo-bo"]),
        (["team_1_201_601_x.ipynb", "ann_202_602_y.ipynb"], ["team_1_201", "ann_202"]),
        (["too_late_201_601_x.ipynb", "ann_LATE_202_602_y.ipynb"], ["too_late_201", "ann_202"]),
        (["ann_2026_11_21.ipynb", "bob_2026_11_21.ipynb"], ["ann_2026_11_21", "bob_2026_11_21"]),
        (["1-34 - Group 3 - Ann - Mar 3, 2026 926 PM/x.ipynb", "2-34 - Group 4 - Bo - Mar 3, 2026 926 PM/x.ipynb"],
         ["Group 3", "Group 4"]),
        ([f"Gruppe {g}-{n}_1_assignsubmission_file_/x.ipynb" for g, n in (("A", "Ann Lee"), ("B", "Jean-Luc P"))],
         ["Ann Lee", "Jean-Luc P"]),
        (["Default group-Ann Lee_1_assignsubmission_file_x.ipynb", "Mon-10h-Bo D_2_assignsubmission_file_y.ipynb"],
         ["Ann Lee", "Bo D"]),
        ([f"Red-{n} K_1_assignsubmission_file_/x.ipynb" for n in "ABCD"], ["A K", "B K", "C K", "D K"]),
        (["Team 7-Participant_7_assignsubmission_file/x.ipynb"], ["Participant 7"]),
        (["Jean-Luc P_1_assignsubmission_file_/x.ipynb", "Anna-Lena Q-R_2_assignsubmission_file_/x.ipynb"],
         ["Jean-Luc P", "Anna-Lena Q-R"]),
        (["hw/ann.ipynb", f"hw/bob/{otter(0)}.zip", "hw/cyd/P1_dimensions.IPYNB"], ["ann", "bob", "cyd"]),
        (["hw/ann_p1_dimensions.ipynb", "hw/bob.ZIP"], ["ann", "bob"]),
        (["hw/ann/work.ipynb", "hw/bob/p1_dimensions.ipynb"], ["ann", "bob"]),
        ([f"{otter(0)} (1) - Ann.zip", f"O'Neil, Sean-{otter(1)} (2).zip"], ["Ann", "O'Neil, Sean"]),
        (["Re: P1 - Jane Doe/x.ipynb", "Re: P1 - Joe/x.ipynb"], ["Re: Jane Doe", "Re: Joe"]),
    ],
)  # fmt: skip
def test_who_is_in_a_name(tmp_path: Path, files: list[str], students: list[str]) -> None:
    inner = [
        zipped({f"{P1}.ipynb": work(s)}) if f.lower().endswith(".zip") else work(s)
        for f, s in zip(files, students, strict=True)
    ]
    found = take(tmp_path, dict(zip(files, inner, strict=True)))
    assert got(found) == {student: student for student in students} and found.unclear == []


def test_what_blackboard_s_receipts_say(tmp_path: Path) -> None:
    front = "P_1_jane_doe_attempt_2026-03-01-10-00-00"
    assert got(take(tmp_path / "alone", {f"{front}_p1.ipynb": work("j")})) == {"doe": "j"}
    receipt = {f"{front}_p1.ipynb": work("j"), f"{front}.txt": b"Name: Jane Doe (jane_doe)\r\nAssignment: P_1\r\n"}
    assert got(take(tmp_path / "told", receipt)) == {"jane_doe": "j"}
    forged = {f"{front}_p1.ipynb": work("j"), f"{front}_my.txt": b"Name: Jane Doe (jane_doe)\n"}
    assert got(take(tmp_path / "forged", forged)) == {"doe": "j"}
    other = {f"{front}_p1.ipynb": work("j"), f"{front}.txt": b"Name: Jane Doe (bob)\n"}
    assert got(take(tmp_path / "other", other)) == {"doe": "j"}


def test_what_students_call_their_own_files_is_nobody(tmp_path: Path) -> None:
    drafts = {f"{name}/{file}.ipynb": work(name) for name in ("ann", "bob") for file in ("draft", "xfinal")}
    assert got(take(tmp_path / "all", drafts)) == {"ann": "ann", "bob": "bob"}
    assert got(take(tmp_path / "one", {"ann/draft.ipynb": work("a"), "ann/my_work.ipynb": work("a")})) == {"ann": "a"}


def test_who_handed_in_no_notebook_to_a_system_has_a_row(tmp_path: Path) -> None:
    files = {"ann_1_2_photo.jpg": b"x", "cy_3_text.html": b"x", "bo_2_3_x.ipynb": work("b")}
    assert got(take(tmp_path / "c", files)) == {"ann_1": "unreadable", "cy_3": "unreadable", "bo_2": "b"}
    text = {
        "Ann_1_assignsubmission_onlinetext_/onlinetext.html": b"x",
        "Bo_2_assignsubmission_file_/x.ipynb": work("b"),
    }
    assert got(take(tmp_path / "m", text)) == {"Ann": "unreadable", "Bo": "b"}


def test_a_layout_that_is_named(tmp_path: Path) -> None:
    files = {f"{name}/ann_{n}_{n + 9}_x.ipynb": work(name) for n, name in enumerate(("cyd", "dan"), 5)}
    assert got(take(tmp_path, files)) == {"cyd": "cyd", "dan": "dan"}
    assert got(take(tmp_path, files, layout=choose("files"))) == {"cyd": "cyd", "dan": "dan"}
    assert set(got(take(tmp_path, files, layout=choose("one")))) == {tmp_path.name}
    with pytest.raises(ValueError, match="moodle"):
        choose("lms")
    told = (Path(__file__).parents[3] / "docs" / "grading.md").read_text()
    assert [name for name, layout in BY_NAME.items() if f"`{name}`" not in told or not layout.title] == []


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("{student}_hw_{…}", {"jane_hw_x.ipynb": "jane", "van der Berg_hw_2.ipynb": "van der Berg"}),
        ("{…}-{id}-{student}", {"hw-17-jane.ipynb": "jane", "hw-18-joe.zip": "joe"}),
        ("{section}/{student}/{file}", {"mon/jane/p1.ipynb": "jane", "tue/joe/p1.ipynb": "joe"}),
        ("{assignment}({student})", {f"{P1}(jane).ipynb": "jane", f"{P1}(joe).ipynb": "joe"}),
    ],
)
def test_a_pattern(tmp_path: Path, pattern: str, files: dict[str, str]) -> None:
    data = {n: zipped({"p1_dimensions.ipynb": work(s)}) if n.endswith(".zip") else work(s) for n, s in files.items()}
    data["notes.txt"] = b"x"
    found = take(tmp_path, data, layout=pattern_layout(pattern, Names(KNOWN)))
    assert got(found) == {student: student for student in files.values()} and found.unclear == []


def test_a_pattern_that_does_not_fit_or_names_nobody(tmp_path: Path) -> None:
    layout = pattern_layout("{student}-{…}", Names(KNOWN))
    found = take(
        tmp_path, {"jane-1.ipynb": work("j"), "other.ipynb": work("o"), "another.ipynb": work("p")}, layout=layout
    )
    assert got(found) == {"jane": "j"} and "another.ipynb" in found.unclear[0]
    with pytest.raises(ValueError, match="student"):
        pattern_layout("{file}_{…}", Names(KNOWN))


def test_a_zip_for_each_section(tmp_path: Path) -> None:
    sections = {"Monday": ["ann", "bob"], "Tuesday": ["cyd", "dan"]}
    files = {
        f"{day}.zip": zipped({f"{who}/{P1}.ipynb": work(who) for who in people}) for day, people in sections.items()
    }
    everybody = {who: who for people in sections.values() for who in people}
    assert got(take(tmp_path / "plain", files)) == everybody
    assert got(take(tmp_path / "packed", {"Problem 1.zip": zipped(files)})) == everybody
    # parts that each student's zip has are no students
    parts = {
        f"{who}.zip": zipped({f"{part}/{P1}.ipynb": work(who) for part in ("left", "right")})
        for people in sections.values()
        for who in people
    }
    assert got(take(tmp_path / "parts", parts)) == everybody


def test_of_two_copies_of_one_moment_the_later_one_counts(tmp_path: Path) -> None:
    copies = {f"ann{n}.ipynb": work(n) for n in ("", " (2)", " (10)")}
    assert got(take(tmp_path, {"all.zip": zipped(copies | {"bob.ipynb": work("b")})})) == {"ann": " (10)", "bob": "b"}


@pytest.mark.parametrize(
    "zips",
    [
        {"drive-download-20261121T101112Z-001.zip": ["ann", "ben"], "drive-download-20261121T101112Z-002.zip": ["cyd"]},
        {"Homework 1-20261121T101112Z-001.zip": ["ann", "ben"], "Homework 1-20261121T101112Z-1-002.zip": ["cyd"]},
        {"OneDrive_1_11-21-2026.zip": ["ann"], "OneDrive_2_11-21-2026.zip": ["ben", "cyd"]},
    ],
    ids=["drive", "a folder of drive", "onedrive"],
)
def test_a_class_in_the_parts_that_a_cloud_makes_of_it(tmp_path: Path, zips: dict[str, list[str]]) -> None:
    files = {name: zipped({f"{who}_{P1}.ipynb": work(who) for who in people}) for name, people in zips.items()}
    assert got(take(tmp_path, files)) == {"ann": "ann", "ben": "ben", "cyd": "cyd"}
