"""What is a person's name in a file's name, and when a course system says that something was handed in."""

import json
import time
from datetime import UTC, datetime

import pytest

from autograder.grade.intake.moments import moment
from autograder.grade.intake.names import MAX_BYTES, Names, clean, is_notebook, same_place, stem
from autograder.grade.intake.notebook import read, reduced
from tests.grade.small import notebook

NAMES = Names(["p1_dimensions", "p5_pooling"])
STAMP = "2026_11_21T10_00_00_000000"


@pytest.mark.parametrize(
    ("file", "person"),
    [
        ("alice.ipynb", "alice"),
        ("alice_p1_dimensions.ipynb", "alice"),
        ("p1_dimensions-alice.ipynb", "alice"),
        ("P1 Dimensions - Jane O'Neil.ipynb", "Jane O'Neil"),
        ("p1_jane.ipynb", "jane"),
        ("Jane Doe (1).ipynb", "Jane Doe"),
        ("Jane Doe(2).ipynb", "Jane Doe"),
        ("Copy of Jane Doe.ipynb", "Jane Doe"),
        ("Jane Doe-Copy1.ipynb", "Jane Doe"),
        ("Jane Doe - Copy (2).ipynb", "Jane Doe"),
        ("Jane Doe copy 2.ipynb.txt", "Jane Doe"),
        ("p1_dimensions.ipynb", ""),
        ("p1_dimensions (1).ipynb.json", ""),
        ("p1_dimensions-Copy1.ipynb", ""),
        (f"p1_dimensions_{STAMP}.zip", ""),
        (f"p1_dimensions_{STAMP} (3).zip", ""),
        (f"p1_dimensions_{STAMP} - Jane Doe.zip", "Jane Doe"),
        (f"Jane Doe_p1_dimensions_{STAMP}.zip", "Jane Doe"),
        (f"Jane Doe - p1_dimensions_{STAMP} (1).zip", "Jane Doe"),
        (f"other_{STAMP}.zip", ""),
        (f"other_{STAMP}_jane.zip", "jane"),
        ("शर्मा प्रिया p5-pooling.ipynb", "शर्मा प्रिया"),
        ("p15_dimensions.ipynb", "p15_dimensions"),
    ],
)
def test_whose_name_is_in_a_file_s_name(file: str, person: str) -> None:
    assert NAMES.person(stem(file))[0] == person


def test_the_time_in_otter_s_name() -> None:
    assert NAMES.person(f"p1_dimensions_{STAMP}")[1] == datetime(2026, 11, 21, 10).timestamp()


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-03-01-10-00-05", datetime(2026, 3, 1, 10, 0, 5)),
        ("Sep 24, 2024 926 PM", datetime(2024, 9, 24, 21, 26)),
        ("Sep 24, 2024 1226 AM", datetime(2024, 9, 24, 0, 26)),
        ("4 September 2024 9:26", datetime(2024, 9, 4, 9, 26)),
        ("20260301101112345", datetime(2026, 3, 1, 10, 11, 12)),
        ("2026-03-01 10:00:00 UTC", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00:00.5-08:00", datetime(2026, 3, 1, 18, tzinfo=UTC)),
        ("2026-03-01 10:00:00.000000000 Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
    ],
)
def test_moments(text: str, when: datetime) -> None:
    assert moment(text) == when.timestamp()


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "31 Nonsense 2026", "12345", "Feb 30, 2026 926 PM"])
def test_no_moment(text: str) -> None:
    assert moment(text) is None


def test_names_that_a_gradebook_can_hold() -> None:
    assert clean(" Jane\u200b  Doe\t") == "Jane Doe"
    assert clean("Mu\u0308ller") == "M\u00fcller"
    one, other = clean("\U00020000" * 300), clean("\U00020000" * 301)
    assert one != other and max(len(n.encode()) for n in (one, other, clean("x" * 999))) <= MAX_BYTES
    clean("p1_\ud800").encode()


def test_what_may_be_a_notebook() -> None:
    for name in ("a.ipynb", "a.IPYNB", "a.ipynb.txt", "a.ipynb.json", "a.json"):
        assert is_notebook(name)
    assert not any(is_notebook(name) for name in ("a.txt", "ipynb", "a.ipynb.zip", "a.py"))
    assert same_place("p1-Copy1.ipynb") == same_place("p1.ipynb") != same_place("p1 (1).ipynb")


@pytest.mark.parametrize(
    "call",
    [
        '"p5_pooling.ipynb"',
        "'./p5_pooling.ipynb'",
        "'/content/drive/My Drive/p5_pooling.ipynb'",
        r"'C:\\work\\p5_pooling.ipynb'",
        "nb_path = 'p5_pooling.ipynb'",
        "tests_dir='tests', nb_path='p5_pooling.ipynb'",
        "'p5_pooling (1).ipynb'",
        "'Copy of p5_pooling-Copy2.ipynb'",
    ],
)
def test_the_assignment_that_the_first_cell_names(call: str) -> None:
    assert read(notebook(f"import otter\ngrader = otter.Notebook({call})", name=None)).assignment == "p5_pooling"


def test_looking_for_the_first_cell_takes_no_time() -> None:
    began = time.process_time()
    read(notebook("Notebook('" * 100_000, name=None))
    assert time.process_time() - began < 1


def test_a_notebook_without_what_is_not_graded_is_the_same_notebook() -> None:
    raw = json.loads(notebook("a = 1", "b = '\ud800'", name="p1_dimensions"))
    raw["cells"].insert(1, "not a cell")
    raw["cells"].append({"cell_type": "markdown", "metadata": {}, "source": ["# Question ", "1.f"]})
    raw["cells"][0] |= {"metadata": {"otter": {"tests": ["q1"]}, "other": "x"}, "outputs": [{"text": "x" * 10_000}]}
    data = json.dumps(raw).encode()
    raw["cells"][2]["source"] = "b = '?'"
    assert read(reduced(raw)) == read(data) and len(reduced(raw)) < 2000
