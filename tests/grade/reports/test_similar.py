"""Copies are found, whatever names they have; what a question prescribes makes nobody similar."""

import random
import re
import time
from pathlib import Path

import pytest

from autograder.grade.intake.fingerprint import fingerprint
from autograder.grade.intake.written import BlankNotebook, Text
from autograder.grade.reports.gradebook import Gradebook
from tests.grade.reports.book import build, put, read_csv, result, write_reports

GIVEN = "import numpy as np\n\ndef helper(a, b, c):\n    t = a * b + c\n    return np.maximum(t, 0) - a / (b + 1)"
BLANK = BlankNotebook((Text(GIVEN, code=True),), ())
PRESCRIBED = "def output_size(n, k, stride=1, padding=0):\n    return (n + 2 * padding - k) // stride + 1"
LOOPS = [
    "for i in range(len(x)):\n        y[i] = x[i] * w + b",
    "i = 0\n    while i < len(x):\n        y[i] += w * x[i] + b\n        i += 1",
    "y = np.array([b + w * v for v in x])",
    "y[:] = np.einsum('i,j->i', x, [w]) + b",
    "y = w * np.asarray(x) + b",
    "for i, v in enumerate(x):\n        value = v * w\n        value = value + b\n        y[i] = value",
]
EXTRAS = [
    "y = np.where(y > 0, y, 0)", "y = np.clip(y, 0, None)", "y[y < 0] = 0", "y = y * (y > 0)",
    "assert y.shape == x.shape, 'shapes'", "y = np.sort(y)[::-1]", "y = y / y.sum()", "y = np.cumsum(y) - y",
    "if y.ndim > 1:\n        y = y.reshape(-1)", "y = y.astype(float).copy()", "y -= y.mean()", "y = np.roll(y, 1)",
]  # fmt: skip


def work(seed: int) -> list[str]:
    """One student's cells: three functions, in loops and with lines of the student's own choice."""
    rng = random.Random(seed)
    cells = [GIVEN, PRESCRIBED]
    for name in ("first", "second", "third"):
        lines = [rng.choice(LOOPS), *rng.sample(EXTRAS, rng.randint(3, 6))]
        rng.shuffle(lines)
        body = "\n    ".join(lines)
        cells.append(f"def {name}(x, w, b):\n    y = np.zeros(len(x) + {rng.randint(0, 9)})\n    {body}\n    return y")
    return cells


def disguised(cells: list[str]) -> list[str]:
    """Other names, other white space, comments, and the functions in another order."""
    changed = [
        re.sub(r"\b([xywbiv])\b", r"my_\1", c).replace("\n    ", "\n        # mine\n        ") for c in cells[1:]
    ]
    return [cells[0], *[c.replace("value", "wert").replace("def ", "def  ") for c in reversed(changed)]]


@pytest.fixture
def book(tmp_path: Path) -> Gradebook:
    return Gradebook(tmp_path / "gradebook.sqlite")


def hand_in(book: Gradebook, student: str, cells: list[str], words: str = "", file: str = "") -> None:
    found = result(3.0)
    found.fingerprint = fingerprint(cells, [words], BLANK)
    put(book, student, found, file=file)


def pairs(out: Path) -> list[tuple[str, str]]:
    write_reports(Gradebook(out / "gradebook.sqlite"), out, build(out))
    return [(row["student"], row["other"]) for row in read_csv(out / "similar.csv")]


def test_a_disguised_copy_in_a_class(tmp_path: Path, book: Gradebook) -> None:
    for seed in range(30):
        hand_in(book, f"student{seed:02}", work(seed))
    assert pairs(tmp_path) == []
    hand_in(book, "copy", disguised(work(7)))
    assert pairs(tmp_path) == [("copy", "student07")]
    (row,) = read_csv(tmp_path / "similar.csv")
    assert float(row["similarity"]) > 0.8 and int(row["shared"]) > 20 and row["other_submission"] == "student07.ipynb"


def test_the_same_words(tmp_path: Path, book: Gradebook) -> None:
    rng = random.Random(1)
    words = [f"word{n}" for n in range(200)]
    for n in range(8):
        hand_in(book, f"student{n}", [], " ".join(rng.choices(words, k=120)))
    rng = random.Random(1)
    hand_in(book, "zoe", [], " ".join(rng.choices(words, k=120)).upper().replace(" ", ",  "))
    assert pairs(tmp_path) == [("student0", "zoe")]


def test_who_are_no_pair(tmp_path: Path, book: Gradebook) -> None:
    hand_in(book, "ann", work(1), file="group1.ipynb")
    hand_in(book, "bob", work(1), file="group1.ipynb")
    assert pairs(tmp_path) == [], "one file of a group"
    for n in range(8):
        hand_in(book, f"short{n}", [GIVEN, PRESCRIBED])
    assert pairs(tmp_path) == [], "nothing but what was given and asked for"


def test_two_students_alone(tmp_path: Path, book: Gradebook) -> None:
    hand_in(book, "ann", work(1))
    hand_in(book, "bob", disguised(work(1)))
    assert pairs(tmp_path) == [("ann", "bob")]


@pytest.mark.parametrize(
    "source", ["'" * 50_000, '"""' + "\\" * 50_000, "x " * 50_000, "\ud800" * 1000, "(" * 50_000, "."]
)
def test_any_text_has_a_fingerprint_in_no_time(source: str) -> None:
    began = time.process_time()
    assert len(fingerprint([source], [source], None)) <= 4000
    assert time.process_time() - began < 3
