"""What other systems, languages and programs make of names and files: one right row a student, or a sentence."""

import json
import os
import zipfile
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest

from autograder.grade.intake.moments import moment
from autograder.grade.intake.notebook import Unreadable, parse
from autograder.grade.intake.roster import Person, Roster
from tests.grade.intake.classes import P1, work, zipped
from tests.grade.intake.test_whose import got, take
from tests.grade.small import notebook
from tests.grade.test_files import zipped as packed_small

FILE = f"{P1}.ipynb"
NAMES = ("Jane Doe", "Ali Bey", "María García López")
THREE = {name: name for name in NAMES}


def each(pattern: str, who: tuple[str, ...] = NAMES) -> dict[str, bytes]:
    return {pattern.format(name=name, n=n, file=FILE): work(name) for n, name in enumerate(who)}


@pytest.mark.parametrize(
    ("date", "when"),
    [
        ("4 nov. 2026 14 h 13", (11, 4, 14, 13)),
        ("5 févr. 2026 9 h 02", (2, 5, 9, 2)),
        ("1 juil. 2026 1000", (7, 1, 10, 0)),
        ("12 März 2026 10.05", (3, 12, 10, 5)),
        ("4 de noviembre de 2026 1413", (11, 4, 14, 13)),
        ("5 de out. de 2026 1413", (10, 5, 14, 13)),
        ("2026年11月4日 1413", (11, 4, 14, 13)),
        ("2026년 11월 4일 1413", (11, 4, 14, 13)),
        ("04.11.2026 14.13", (11, 4, 14, 13)),
        ("Nov 4, 2026 213 PM", (11, 4, 14, 13)),
        ("Nov 4, 2026 2_13 PM", (11, 4, 14, 13)),
        ("04.11.2026 14_13", (11, 4, 14, 13)),
    ],
)
def test_dates_of_brightspace_in_other_languages(tmp_path: Path, date: str, when: tuple[int, int, int, int]) -> None:
    month, day, hour, minute = when
    assert moment(date) == datetime(2026, month, day, hour, minute).timestamp()
    for pattern in ("10{n}-2557 - {name} - DATE/{file}", "10{n}-2557 - {name} - DATE - {file}"):
        found = take(tmp_path / pattern[-8:-1].replace("/", ""), each(pattern.replace("DATE", date)))
        assert got(found) == THREE and found.said[0].startswith("Brightspace")


@pytest.mark.parametrize("title", ["Problem 1", P1, "Lab_2 part b"])
def test_logins_that_begin_alike_at_blackboard(tmp_path: Path, title: str) -> None:
    logins = ("s_ann", "s_bob", "s_cyd")
    files = each(title + "_{name}_attempt_2026-03-01-10-00-0{n}_{file}", logins)
    assert got(take(tmp_path, files)) == {login: login for login in logins}


def test_a_roster_knows_more_of_a_login_than_its_name_in_the_file(tmp_path: Path) -> None:
    files = each("Problem_1_{name}_attempt_2026-03-01-10-00-0{n}_{file}", ("s_ann", "s_bob"))
    people = [Person("Ann", login="s_ann"), Person("Bob", login="s_bob"), Person("Other", login="1")]
    found = take(tmp_path, files, roster=Roster(people))
    assert {s.student: s.status for s in found.submissions} == {"Ann": "", "Bob": "", "Other": "missing"}


@pytest.mark.parametrize(
    ("pattern", "who"),
    [
        ("{name} - {file}", NAMES),
        ("{name} - homework{n}.ipynb", NAMES),
        ("{name} - my solution.ipynb", NAMES),
        ("{name} - Copy of {file}", NAMES),
        (f"Copy of {P1} - {{name}}.ipynb", NAMES),
        ("Kopie von {file} - {name}.ipynb", NAMES),
        ("Eingereichte Dateien/{name}/Problem 1/Version 1/{file}", NAMES),
        ("p1-dims-11-21-2026-10-00-00/p1-dims-{name}/{file}", ("ann", "bob", "cyd")),
        ("course/submitted/{name}/ps1/{file}", ("ann", "bob", "cyd")),
        ("{name}_{n}_assignsubmission_file/{file}", NAMES),
    ],
)
def test_names_as_other_systems_write_them(tmp_path: Path, pattern: str, who: tuple[str, ...]) -> None:
    found = take(tmp_path, each(pattern, who))
    assert got(found) == {name: name for name in who} and found.unclear == []


def test_branches_and_conflicts_are_no_names(tmp_path: Path) -> None:
    main = {f"p1-{who}-main.zip": zipped({f"p1-{who}-main/{FILE}": work(who)}) for who in ("ann", "bob")}
    assert got(take(tmp_path / "main", main)) == {"ann": "ann", "bob": "bob"}
    copies = {
        "ann.ipynb": work("new"),
        "ann (Ann's conflicted copy 2026-11-01).ipynb": work("old"),
        "b.ipynb": work("b"),
    }
    assert set(got(take(tmp_path / "copies", copies))) == {"ann", "b"}


def test_a_canvas_quiz(tmp_path: Path) -> None:
    files = {f"{who}_4000{n}_question_77_9000{n}_{FILE}": work(who) for n, who in enumerate(("doejane", "beyali"))}
    assert got(take(tmp_path, files)) == {"doejane_40000": "doejane", "beyali_40001": "beyali"}


@pytest.mark.parametrize("part", ["Version {}", "{}", "attempt {}", "2026-11-{:02} 10-00-00"])
def test_the_tenth_comes_after_the_ninth(tmp_path: Path, part: str) -> None:
    files = {f"{who}/{part.format(n)}/{FILE}": work(f"{who} {n}") for who in ("ann", "bob") for n in (2, 9, 10)}
    take(tmp_path, files)
    for path in tmp_path.rglob("*.ipynb"):
        os.utime(path, (1.7e9, 1.7e9))
    assert got(take(tmp_path, {})) == {"ann": "ann 10", "bob": "bob 10"}


def test_cocalc_says_whose_a_numbered_folder_is(tmp_path: Path) -> None:
    ids = [f"{n}a1b2c3d-1111-4222-8333-44445555666{n}" for n in range(4)]
    files = {f"{ids[n]}/{FILE}": work(name) for n, name in enumerate((*NAMES, "eve"))}
    files |= {f"{ids[n]}/STUDENT - {name}.txt": b"" for n, name in enumerate((*NAMES, "Eve"))}
    files[f"{ids[3]}/STUDENT - Jane Doe.txt"] = b"put there by Eve"
    files["dan/STUDENT - Ali Bey.txt"] = b"put there by Dan"
    files[f"dan/{FILE}"] = work("dan")
    assert got(take(tmp_path, files)) == THREE | {ids[3]: "eve", "dan": "dan"}


def test_a_second_folder_of_one_name_is_somebody_s(tmp_path: Path) -> None:
    files = {f"Jane Doe/{FILE}": work("a"), f"Jane Doe (1)/{FILE}": work("b"), f"Ali Bey (1)/{FILE}": work("c")}
    found = take(tmp_path, files)
    assert got(found) == {"Jane Doe": "a", "Ali Bey": "c"}
    assert len(found.unclear) == 1 and "Jane Doe (1)" in found.unclear[0] and "a copy's number" in found.unclear[0]


@pytest.mark.parametrize("ending", ["rar", "7z", "tar", "tar.gz", "tgz", "tar.xz", "ipynb.gz"])
def test_other_archives_have_a_row_that_says_what_to_do(tmp_path: Path, ending: str) -> None:
    files = {f"ann.{ending}": b"x", f"bob/work.{ending}": b"x", "cyd.ipynb": work("cyd")}
    found = take(tmp_path, files)
    assert got(found) == {"ann": "unreadable", "bob": "unreadable", "cyd": "cyd"}
    assert all("only zips are opened" in s.problem for s in found.submissions if s.problem)


def test_a_file_is_what_its_bytes_say(tmp_path: Path) -> None:
    files = {
        "ann.ipynb": zipped({FILE: work("ann")}),
        "bob.zip": work("bob"),
        "cyd.zip": b"Rar!\x1a\x07\x01\x00" + bytes(99),
        "dan.zip": b"7z\xbc\xaf\x27\x1c" + bytes(99),
        "eve.zip.zip": zipped({FILE: work("eve")}),
    }
    found = take(tmp_path, files)
    assert got(found) == {"ann": "ann", "bob": "bob", "cyd": "refused", "dan": "refused", "eve": "eve"}
    assert {s.student: "a RAR archive" in s.problem for s in found.submissions}["cyd"]


def test_what_is_no_work_is_named(tmp_path: Path) -> None:
    files = {"ann.ipynb": work("ann"), "bob.pdf": b"%PDF", "cyd.ipynb.crdownload": b"{", "list.csv": b"name\n"}
    found = take(tmp_path, files)
    assert got(found) == {"ann": "ann"}
    assert found.said[-1] == "Neither notebook nor zip, so not graded: bob.pdf, cyd.ipynb.crdownload"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_editors_save_in_other_encodings(encoding: str) -> None:
    text = work("ä 李").decode()
    assert parse(text.encode(encoding)) == json.loads(text)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\n<!DOCTYPE html><html>Sign in", "a web page"),
        (work("x")[:-30], "ends in the middle"),
        (b"<<<<<<< HEAD\n" + work("x"), "could not merge"),
        (b"{\xe4\xf6\xfc", "not text"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (b"\0\0\0\x18ftypheic\xff", "a picture"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"import numpy as np\n", "begins with 'import numpy as np"),
    ],
)
def test_what_is_there_instead_of_a_notebook(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        parse(data)


def test_names_that_begin_with_the_student_and_end_with_an_attempt(tmp_path: Path) -> None:
    """As nbgrader's own collector wants them."""
    for end in ("p1", "ps1", P1):
        files = each("{name}_" + end + "_attempt_2026-01-30-15-30-1{n}_{file}", ("ann", "bob", "cyd"))
        assert got(take(tmp_path / end, files)) == {who: who for who in ("ann", "bob", "cyd")}
    titles = {f"Problem {n}_jdoe_attempt_2026-01-30-15-30-1{n}_{FILE}": work(str(n)) for n in (1, 2)}
    assert got(take(tmp_path / "titles", titles)) == {"jdoe": "2"}


def test_essays_of_a_moodle_quiz(tmp_path: Path) -> None:
    files = each("Bond_James_{n}_20260301_10000{n}/Question_1_-_Work/attachments/{file}", ("old", "new"))
    files |= each("de_la_Cruz_Ana_7_20260301_100000/Question_1_-_Work/attachments/{file}", ("ana",))
    assert got(take(tmp_path, files)) == {"Bond_James": "new", "de_la_Cruz_Ana": "ana"}


@pytest.mark.parametrize("odd", ["p1", "submissions", "notebooks", "class", P1, "solutions", "nbgrader", "submitted"])
def test_a_student_may_have_any_name(tmp_path: Path, odd: str) -> None:
    students = {name: name for name in (odd, "ann", "bob", "cyd")}
    for place in ("", "submitted/"):
        assert got(take(tmp_path / f"in{place}", each(place + "{name}/{file}", tuple(students)))) == students


def test_a_folder_of_the_course_s_among_others_is_nobody(tmp_path: Path) -> None:
    files = {f"notebooks/{FILE}": work("a"), "img/x.png": b"x", "data/x.csv": b"x", "docs/x.md": b"x"}
    assert got(take(tmp_path / "ann", files))["ann"] == "a"


def test_folders_that_differ_by_a_sign_are_two_people(tmp_path: Path) -> None:
    found = take(tmp_path, {f"bob./{FILE}": work("a"), f"bob/{FILE}": work("b"), f"Sammy Jr./{FILE}": work("c")})
    assert got(found) == {"bob": "b", "Sammy Jr": "c"}
    assert len(found.unclear) == 1 and f"bob./{FILE}" in found.unclear[0] and "signs at an end" in found.unclear[0]


def test_an_empty_folder_that_is_called_as_a_notebook(tmp_path: Path) -> None:
    (tmp_path / "bob" / FILE).mkdir(parents=True)
    found = take(tmp_path, {f"ann/{FILE}": work("a")})
    assert got(found) == {"ann": "a", "bob": "refused"} and "an empty folder" in found.submissions[1].problem


def test_another_language_is_said(tmp_path: Path) -> None:
    other = json.loads(work("x"))
    other["metadata"] |= {"kernelspec": {"name": "ir", "language": "R"}, "language_info": {"name": "R"}}
    found = take(tmp_path, {"ann.ipynb": json.dumps(other).encode(), "bob.ipynb": work("b")})
    assert [s.note for s in found.submissions] == [
        "the notebook says that it is written in R; it was run as Python",
        "",
    ]


def test_a_zip_with_nothing_in_it_has_a_row(tmp_path: Path) -> None:
    left = {f"hw/.ipynb_checkpoints/{P1}-checkpoint.ipynb": work("old"), "__MACOSX/hw/._x": b"x"}
    files = {"ann.zip": zipped({FILE: work("ann")}), "bob.zip": zipped({}), "cyd/hw.zip": zipped(left)}
    found = take(tmp_path, files)
    assert got(found) == {"ann": "ann", "bob": "refused", "cyd": "refused"}
    said = {s.student: s.problem for s in found.submissions}
    assert said["bob"] == "the zip holds no files"
    assert said["cyd"] == "the zip holds nothing but .ipynb_checkpoints, __MACOSX"


def test_one_line_printed_over_and_over_is_no_bomb(tmp_path: Path) -> None:
    warned = json.loads(work("ann"))
    line = "RuntimeWarning: overflow encountered in multiply\n"
    warned["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stderr", "text": [line] * 100_000}]
    packed = packed_small({FILE: json.dumps(warned, indent=1).encode()})
    assert len(packed) * 200 < len(json.dumps(warned))
    assert got(take(tmp_path, {"ann.zip": packed, "bob.ipynb": work("bob")})) == {"ann": "ann", "bob": "bob"}


def test_a_link_that_is_no_notebook_does_not_matter(tmp_path: Path) -> None:
    """As in a whole project that was zipped with its environment."""
    files: dict[zipfile.ZipInfo, bytes] = {zipfile.ZipInfo(FILE): notebook("a = open('env/data.txt')", name=P1)}
    for name in ("env/bin/python", "env/data.txt"):
        link = zipfile.ZipInfo(name)
        link.external_attr = 0o120777 << 16
        files[link] = b"/etc/passwd"
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        for entry, data in files.items():
            bundle.writestr(entry, data)
    (row,) = take(tmp_path, {"ann.zip": out.getvalue()}).submissions
    assert row.problem == "" and row.files == {}
