"""More systems, and more of what people do with their files: one right row a student, and nothing merged in silence."""

from pathlib import Path

import pytest

from autograder.grade.intake.roster import Person, Roster
from tests.grade.intake.classes import BLANK, P1, work, write, zipped
from tests.grade.intake.test_whose import got, take

FILE = f"{P1}.ipynb"


def test_an_archive_of_openolat_holds_the_teacher_s_files_too(tmp_path: Path) -> None:
    files = {}
    for name in ("Doe_Jane_123", "Lee_Ann_124", "Xu_Ye_125"):
        files |= {f"Course/{name}/1_task/{FILE}": BLANK, f"Course/{name}/2_submissions/{FILE}": work(name)}
        files[f"Course/{name}/3_corrections/{FILE}"] = work("the teacher's")
    files[f"Course/Xu_Ye_125/4_revisions_1/{FILE}"] = work("again")
    files[f"Course/Xu_Ye_125/5_corrections_1/{FILE}"] = work("the teacher's")
    found = take(tmp_path, files)
    assert got(found) == {"Doe_Jane_123": "Doe_Jane_123", "Lee_Ann_124": "Lee_Ann_124", "Xu_Ye_125": "again"}
    assert found.said[0].startswith("OpenOlat archive")


@pytest.mark.parametrize("own", ["2_submissions", "Submission attachment(s)"])
def test_a_folder_that_one_student_made_hides_nobody_s_work(tmp_path: Path, own: str) -> None:
    files = {f"{name} ({name})/{FILE}": work(name) for name in ("ann", "bob")} | {f"eve (eve)/{own}/{FILE}": work("e")}
    assert got(take(tmp_path / "three", files)) == {"ann (ann)": "ann", "bob (bob)": "bob", "eve (eve)": "e"}
    del files[f"bob (bob)/{FILE}"]
    assert got(take(tmp_path / "two", files)) == {"ann (ann)": "ann", "eve (eve)": "e"}


def test_who_wrote_into_moodle_s_text_field_alone_has_a_row_without_folders_too(tmp_path: Path) -> None:
    files = {f"Ann_1_assignsubmission_file_{FILE}": work("a"), "Bo Li_2_assignsubmission_onlinetext.html": b"<p>x"}
    assert got(take(tmp_path, files)) == {"Ann": "a", "Bo Li": "unreadable"}


def test_namesakes_of_whom_gradescope_tells_only_the_name(tmp_path: Path) -> None:
    lines = [f"submission_{n}:\n  :submitters:\n  - :name: {name}\n" for n, name in enumerate(("Jo", "Jo", "Ann"))]
    files = {f"submission_{n}/{FILE}": work(str(n)) for n in range(3)}
    found = take(tmp_path, files | {"submission_metadata.yml": "".join(lines).encode()})
    assert got(found) == {"Jo submission_0": "0", "Jo submission_1": "1", "Ann": "2"}


@pytest.mark.parametrize(
    ("files", "students"),
    [
        ([f"Tutorial 3 - Mo-{n}_{i}_assignsubmission_file/{FILE}" for i, n in enumerate(("Ann Lee", "Jean-Luc P"))],
         ["Ann Lee", "Jean-Luc P"]),
        ([f"Problem 1_{g}_attempt_2026-11-20-10-00-00_{FILE}" for g in ("Group 1", "Team_A", "Group 10")],
         ["Group 1", "Team_A", "Group 10"]),
        ([f"[0] Week, [1] CNN/[0] Hand in/{n} - 0 - {FILE}" for n in ("jane", "bob_1", "cy")], ["jane", "bob_1", "cy"]),
        ([f"a/b/{n}_{FILE}" for n in ("jane", "bob")], ["jane", "bob"]),
        ([f"hw - {n}.ipynb" for n in ("Ann Lee", "Suharto")] + [f"{P1} - {n}.ipynb" for n in ("Bo", "Agent 007")],
         ["Ann Lee", "Suharto", "Bo", "Agent 007"]),
        ([f"{n} - hw.ipynb" for n in ("Ann Lee", "s123", "bob_1")], ["Ann Lee", "s123", "bob_1"]),
    ],
)  # fmt: skip
def test_who_is_in_a_name(tmp_path: Path, files: list[str], students: list[str]) -> None:
    found = take(tmp_path, {file: work(who) for file, who in zip(files, students, strict=True)})
    assert got(found) == {who: who for who in students} and found.unclear == []


def test_revisions_of_each_student_and_homework_with_everybody_in_it(tmp_path: Path) -> None:
    names = ("Doe, Jane", "Lee, Ann")
    revisions = {f"P 1/{n}/Revision {r} - On time/{FILE}": work(f"{n} {r}") for n in names for r in (1, 2)}
    assert got(take(tmp_path / "r", revisions)) == {name: f"{name} 2" for name in names}
    tasks = {f"Homework {task}/{name}/{FILE}": work(name) for task in (1, 2, 3) for name in names}
    assert got(take(tmp_path / "h", tasks)) == {name: name for name in names}


def test_what_other_programs_leave_is_nobody(tmp_path: Path) -> None:
    files = {"Ann.ipynb": work("a"), "~$Ann.ipynb": b"x", "._Ann.ipynb": b"\0", "#ann.ipynb#": b"x"}
    found = take(tmp_path, files | {"Bo.zip": zipped({FILE: work("b"), f"~${FILE}": b"x"})})
    assert got(found) == {"Ann": "a", "Bo": "b"} and " 2 files, 2 students" in found.said[0]


PEOPLE = Roster([
    Person("Lee, Ann", login="ann", id="0012345"), Person("Jane Doe", login="jdoe"), Person("Bo", login="hw1"),
])  # fmt: skip


@pytest.mark.parametrize(
    ("files", "students"),
    [
        ([f"cnn-hw1-{n}-main.zip" for n in ("ann", "jdoe", "cy")], {"Lee, Ann", "Jane Doe", "cnn-hw1-cy"}),
        ([f"Doe_Jane_jdoe_77/{FILE}", f"12345/{FILE}"], {"Jane Doe", "Lee, Ann"}),
        ([f"18765_-_Jane_Doe_-_{FILE}", f"18766_-_Ann_Lee_-_{FILE}"], {"Jane Doe", "Lee, Ann"}),
        ([f"0012345_{FILE}", f"012345_{FILE}"], {"Lee, Ann", "012345"}),  # only one can be
        ([f"ann-jdoe_{FILE}"], {"ann-jdoe"}),
    ],
)  # fmt: skip
def test_a_roster_knows_people_by_a_part_of_the_name(tmp_path: Path, files: list[str], students: set[str]) -> None:
    data = {name: zipped({FILE: work(name)}) if name.endswith(".zip") else work(name) for name in files}
    found = take(tmp_path, data, roster=PEOPLE)
    assert {s.student for s in found.submissions if s.status != "missing"} == students
    assert sum(s.status != "missing" for s in found.submissions) == len(files)


def test_namesakes_are_not_both_the_one_on_the_roster(tmp_path: Path) -> None:
    files = {f"Jane Doe_{n}_assignsubmission_file/{FILE}": work(str(n)) for n in (12, 112)}
    rows = got(take(tmp_path, files, roster=PEOPLE))
    assert rows["Jane Doe 12"] == "12" and rows["Jane Doe 112"] == "112" and rows["Jane Doe"] == "missing"


def test_one_person_under_two_names_is_said(tmp_path: Path) -> None:
    found = take(tmp_path, {"jdoe.ipynb": work("a"), "Jane Doe.ipynb": work("b")}, roster=PEOPLE)
    assert sum(s.status == "" for s in found.submissions) == 1
    assert any("Jane Doe (Jane Doe, jdoe)" in line for line in found.said)


def test_numbers_as_spreadsheets_save_them(tmp_path: Path) -> None:
    from autograder.grade.intake.roster import read_roster

    text = 'sep=;\nname;id\nJane;="0012345"\nBo;12346.0\n'
    write(tmp_path, {"list.csv": text.encode()})
    assert [p.id for p in read_roster(tmp_path / "list.csv").people] == ["0012345", "12346"]


def test_a_folder_with_nothing_of_the_student_s_own(tmp_path: Path) -> None:
    files = {f"ann/.ipynb_checkpoints/{P1}-checkpoint.ipynb": work("a"), f"bob/{FILE}": work("b")}
    files |= {"bob/empty/.DS_Store": b"x", f"cyd/{FILE}": work("c"), f"cyd/.ipynb_checkpoints/{FILE}": work("x")}
    found = take(tmp_path, files)
    assert got(found) == {"ann": "refused", "bob": "b", "cyd": "c"}
    assert "nothing but .ipynb_checkpoints" in found.submissions[0].problem


def test_what_follows_a_notebook_and_what_is_packed_into_one(tmp_path: Path) -> None:
    files = {
        "ann.ipynb": work("a") + bytes(500),
        "bob.ipynb": work("b") + work("b"),
        "cyd.ipynb": b"\x1f\x8b" + bytes(99),
        "dan.ipynb": work("d").replace(b'"code"', b'"raw"'),
    }
    rows = {s.student: s for s in take(tmp_path, files).submissions}
    assert rows["ann"].problem == "" and "behind the end" in rows["bob"].problem and "gzip" in rows["cyd"].problem
    assert "nothing was run" in rows["dan"].note


@pytest.mark.parametrize("names", [("Ann Lee", "Bo Li", "Cy"), ("s1234567", "s7654321")])
def test_two_folders_too_high_is_asked_and_not_one_row(tmp_path: Path, names: tuple[str, ...]) -> None:
    found = take(tmp_path, {f"course/week 3/{name}.ipynb": work(name) for name in names})
    assert found.submissions == [] and len(found.unclear) == 1 and f"{names[1]}.ipynb" in found.unclear[0]
    assert len(take(tmp_path, {}, one_owner=True).submissions) == 1
    drafts = {f"course/ann/{name}.ipynb": work(name) for name in ("draft 1", "final", f"{P1}", "Cy")}
    assert len(take(tmp_path / "ann", drafts).submissions) == 1
