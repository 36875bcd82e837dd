"""The class list: people are found by number, address or name; who handed nothing in has a row; strangers are named."""

import argparse
from pathlib import Path

import pytest

from autograder.grade.intake import options
from autograder.grade.intake.collect import IntakeSettings, take_in
from autograder.grade.intake.roster import Person, Roster, RosterError, read_roster
from autograder.grade.intake.submission import MISSING, Collected
from tests.grade.intake.classes import KNOWN, P1, work, write
from tests.grade.intake.test_whose import got

CANVAS = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,P1 (12)
"    Points Possible",,,,,40
"Doe, Jane",101,S-101,jdoe,Mon,
"García López, María",102,S-102,mgl,Mon,
"O'Neil, Siobhán",103,S-103,son,Tue,
"Bey, Ali",104,S-104,abey,Tue,
"Student, Test",999,,,,
"""
GRADESCOPE = "First Name,Last Name,SID,Email,Sections\nJane,Doe,101,jdoe@x.org,1\nAli,Bey,104,abey@x.org,2\n"
MOODLE = (
    "Identifier;Full name;Email address;Status;Grade\n"
    "Participant 40001;Jane Doe;jdoe@x.org;No submission;\nParticipant 40002;Ali Bey;abey@x.org;;\n"
)
BRIGHTSPACE = (
    "OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\n#7001,#jdoe,Doe,Jane,jdoe@x.org,#\n"
)
CLASSROOM = '"identifier","github_username","github_id","name"\n"jdoe@x.org","janed","17","Jane Doe"\n'
PLAIN = "name\tlogin\nJane Doe\tjdoe\nAli Bey\tabey\n"


def roster(folder: Path, text: str, encoding: str = "utf-8") -> Roster:
    (folder / "list.csv").write_text(text, encoding=encoding)
    return read_roster(folder / "list.csv")


def take(folder: Path, names: dict[str, str], text: str) -> Collected:
    write(folder / "in", {name: work(says) for name, says in names.items()})
    return take_in([folder / "in"], KNOWN, IntakeSettings(roster=roster(folder, text)))


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (CANVAS, ["Doe, Jane", "García López, María", "O'Neil, Siobhán", "Bey, Ali"]),
        (GRADESCOPE, ["Jane Doe", "Ali Bey"]),
        (MOODLE, ["Jane Doe", "Ali Bey"]),
        (BRIGHTSPACE, ["Jane Doe"]),
        (CLASSROOM, ["Jane Doe"]),
        (PLAIN, ["Jane Doe", "Ali Bey"]),
    ],
)
def test_class_lists_of_many_systems(tmp_path: Path, text: str, people: list[str]) -> None:
    assert [p.name for p in roster(tmp_path, text).people] == people


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_as_spreadsheets_save_it(tmp_path: Path, encoding: str) -> None:
    (one,) = roster(tmp_path, "Name;E-mail\r\nSiobhán O'Neil;so@x.org\r\n", encoding).people
    assert (one.name, one.email) == ("Siobhán O'Neil", "so@x.org")


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "columns like name"), ("a,b\n1,2\n", "columns like name"), ("name,id\n", "names no students")],
)
def test_a_list_that_is_none(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RosterError, match=says):
        roster(tmp_path, text)
    with pytest.raises(RosterError, match="could not be opened"):
        read_roster(tmp_path / "none.csv")


def test_canvas_numbers_become_people_and_who_is_missing_has_a_row(tmp_path: Path) -> None:
    files = {
        f"doejane_101_1_{P1}.ipynb": "j",
        f"garcialopezmaria_LATE_102_2_{P1}.ipynb": "m",
        f"ghost_555_3_{P1}.ipynb": "g",
    }
    found = take(tmp_path, files, CANVAS)
    assert got(found) == {
        "Doe, Jane": "j", "García López, María": "m", "ghost_555": "g", "O'Neil, Siobhán": MISSING, "Bey, Ali": MISSING,
    }  # fmt: skip
    assert found.renamed == {"doejane_101": "Doe, Jane", "garcialopezmaria_102": "García López, María"}
    rows = {s.student: s for s in found.submissions}
    assert dict(rows["Doe, Jane"].person) == {
        "name": "Doe, Jane", "id": "101", "number": "101", "sis_id": "S-101", "login": "jdoe", "section": "Mon",
    }  # fmt: skip
    assert rows["García López, María"].late and rows["Bey, Ali"].assignment == P1 and rows["Bey, Ali"].data == b""
    assert any("ghost_555" in line for line in found.said) and any(
        "2 with something missing" in line for line in found.said
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (f"Participant_40001_assignsubmission_file_/{P1}.ipynb", MOODLE),
        (f"Jane Doe_40001_assignsubmission_file_/{P1}.ipynb", GRADESCOPE),
        (f"P1_jdoe_attempt_2026-03-01-10-00-00_{P1}.ipynb", PLAIN),
        (f"12345-678 - Jane Doe - Mar 3, 2026 926 PM/{P1}.ipynb", BRIGHTSPACE),
        (f"Doe, Jane(jdoe)/Submission attachment(s)/{P1}.ipynb", PLAIN),
        (f"jdoe@x.org/{P1}.ipynb", GRADESCOPE),
        (f"p1-submissions/p1-janed/{P1}.ipynb", CLASSROOM),
        ("JANE DOE.ipynb", PLAIN),
        ("doe_jane.ipynb", PLAIN),
    ],
)
def test_one_person_under_any_name(tmp_path: Path, file: str, text: str) -> None:
    rows = got(take(tmp_path, {file: "j"}, text))
    assert rows.pop("Jane Doe") == "j" and set(rows.values()) <= {MISSING}


def test_a_number_of_one_and_the_name_of_another_is_nobody(tmp_path: Path) -> None:
    rows = got(take(tmp_path, {f"beyali_101_1_{P1}.ipynb": "?"}, CANVAS))
    assert rows["beyali_101"] == "?" and rows["Doe, Jane"] == rows["Bey, Ali"] == MISSING


def test_a_number_that_only_the_download_knows_is_no_student_number(tmp_path: Path) -> None:
    rows = got(take(tmp_path, {f"Some Body_101_assignsubmission_file_/{P1}.ipynb": "?"}, CANVAS))
    assert rows["Some Body"] == "?" and rows["Doe, Jane"] == MISSING


def test_two_of_one_name(tmp_path: Path) -> None:
    twins = "name,id\nJane Doe,1\nJane Doe,2\n"
    assert [p.name for p in roster(tmp_path, twins).people] == ["Jane Doe 1", "Jane Doe 2"]
    rows = got(take(tmp_path, {f"doejane_2_9_{P1}.ipynb": "j", "Jane Doe.ipynb": "?"}, twins))
    assert rows == {"Jane Doe 2": "j", "Jane Doe": "?", "Jane Doe 1": MISSING}


def arguments(*words: str) -> IntakeSettings:
    parser = argparse.ArgumentParser()
    options.configure(parser)
    return options.settings(parser.parse_args(words), {name: [] for name in KNOWN}, {})


def test_the_options_of_the_command() -> None:
    due = arguments("--due", "2026-11-21 23:59", "--due", "p5_pooling=2026-12-01").due
    assert set(due) == {"", "p5_pooling"} and 9 * 86400 < due["p5_pooling"] - due[""] < 10 * 86400
    assert arguments("--one-owner").one_owner and arguments("--layout", "moodle").layout is not None
    assert arguments("--pattern", "{student}_{file}").layout is not None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--due", "soon"], "'soon'"),
        (["--due", "p9=2026-11-21"], "no assignment 'p9'"),
        (["--layout", "lms"], "'lms' is none of"),
        (["--pattern", "{file}"], "neither"),
        (["--layout", "canvas", "--pattern", "{student}"], "choose one"),
        (["--roster", "/no/such.csv"], "could not be opened"),
    ],
)
def test_options_that_make_no_sense(words: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        arguments(*words)


@pytest.mark.parametrize(
    "text",
    [
        "name,id,section\nJane Doe,77,A\nJane Doe,77,B\nAli Bey,78,A\nAli Bey,78,A\n",
        "name,email,id,section\nJane Doe,J@x.org,,A\nJane Doe,j@x.org,77,B\nAli Bey,a@x.org,78,A\n",
    ],
)
def test_who_is_on_several_lines_is_one_person(tmp_path: Path, text: str) -> None:
    found = roster(tmp_path, text)
    assert [(p.name, p.id, p.section) for p in found.people] == [("Jane Doe", "77", "A, B"), ("Ali Bey", "78", "A")]
    assert got(take(tmp_path, {f"Jane Doe_1_assignsubmission_file_/{P1}.ipynb": "j"}, text)) == {
        "Jane Doe": "j",
        "Ali Bey": MISSING,
    }


@pytest.mark.parametrize(
    "head",
    [
        "Vorname,Nachname,ID-Nummer,E-Mail-Adresse,Gruppen",
        "Prénom,Nom de famille,Numéro d'identification,Adresse de courriel,Groupes",
        "Nombre,Apellido(s),Número de ID,Dirección de correo,Grupos",
    ],
)
def test_moodle_in_other_languages(tmp_path: Path, head: str) -> None:
    (one,) = roster(tmp_path, f"{head}\nJane,Doe,77,j@x.org,A\n").people
    assert one == Person("Jane Doe", "77", email="j@x.org", section="A")
