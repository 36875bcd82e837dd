"""Gradescope's metadata are plain text to us: no object, no unfolding, no depth, and no end to what a name may hold."""

import time

import pytest

from autograder.grade.intake.exported import NotUnderstood, folders

ONE = """---
submission_1:
  :submitters:
  - :name: "Ann\\tA"
    :sid: '0101'
    :email: ann@x.org
  - :name: Ben B
    :sid: ~
    :email:
  :created_at: 2026-03-01 10:00:00.000000000 Z
  :results: {tests: [1, 2]}
"""


def test_people_and_times() -> None:
    found = folders(ONE.encode())["submission_1"]
    assert found["people"] == [["ann@x.org", "0101", "Ann A"], ["Ben B"]] and found["time"] == 1772359200.0


def test_tags_and_merges_build_nothing() -> None:
    text = (
        "a: &a {':submitters': [{':name': !!python/object/apply:os.getcwd []}]}\nb: {<<: *a, ':submitters': !x [y]}\n"
    )
    assert {name: f["people"] for name, f in folders(text.encode()).items()} == {"a": [], "b": []}


def test_aliases_within_aliases_take_no_time() -> None:
    levels = "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 35))
    began = time.process_time()
    folders(f"a0: &a0 [x, x]\n{levels}submission_1:\n  :submitters: *a34\n".encode())
    assert time.process_time() - began < 1


def test_equal_texts_that_ruby_writes_once() -> None:
    text = "s1:\n  :submitters:\n  - :email: &1 ann@x.org\ns2:\n  :submitters:\n  - :email: *1\n"
    assert [f["people"] for f in folders(text.encode()).values()] == [[["ann@x.org"]]] * 2


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"[" * 200_000, "40 levels"),
        (b"a: &a [*a]\n" + b"b: {" * 50 + b"}" * 50, "40 levels"),
        (b"x" * (17 << 20), "16 MB"),
        (b"- a\n- b\n", "does not list"),
        (b"a: [", "expected"),
        (b"\xff\xfe\x00", "."),
        (b"? [a]\n: b\n", "unhashable"),
    ],
)
def test_what_is_not_understood(data: bytes, says: str) -> None:
    began = time.process_time()
    with pytest.raises(NotUnderstood, match=says):
        folders(data)
    assert time.process_time() - began < 2
