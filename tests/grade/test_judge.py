"""What crosses the line, what a proxy does, and how a submission is graded: on a small assignment of our own."""

import enum
import json
import socket
import threading
from collections import OrderedDict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import utils
from autograder.grade.jail.wire import Decoder, Gone, Line, NoAnswerInTime, WireError, encode
from autograder.grade.judge.assignment import Assignment
from autograder.grade.judge.session import _student_error
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from autograder.grade.result import Result
from tests.grade.small import FIRST, MARK, RIGHT, SMALL, head, notebook, submission
from utils.check import case, expect

OPTIONS = Options(5.0)


@pytest.fixture(scope="module", autouse=True)
def workers() -> Iterator[None]:
    yield
    close_workers()


def there_and_back(value: Any) -> Any:
    blobs: list[bytes] = []
    tree = json.loads(json.dumps(encode(value, blobs)))
    return Decoder(b"".join(blobs))(tree)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))


NUMBERS = st.one_of(
    hnp.integer_dtypes(), hnp.floating_dtypes(sizes=(16, 32, 64)), hnp.complex_number_dtypes(sizes=(64, 128))
)
ARRAYS = hnp.arrays(NUMBERS, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.text(max_size=8), ARRAYS),
    lambda v: st.one_of(st.lists(v, max_size=4), st.lists(v, max_size=4).map(tuple)),
    max_leaves=8,
)


@given(PLAIN)
@settings(max_examples=150)
def test_plain_values_come_back_the_same(value: Any) -> None:
    assert same(value, there_and_back(value)) or "\\ud" in repr(value)


def test_other_plain_values() -> None:
    assert there_and_back({"a": (1, [2.5]), 3: True}) == {"a": (1, [2.5]), 3: True}
    assert there_and_back(1 + 2j) == 1 + 2j
    assert same(there_and_back(np.float32(1.5)), np.float32(1.5))
    assert there_and_back(np.array([True, False])).tolist() == [True, False]


class Whole(int):
    __add__ = __index__ = None  # type: ignore[assignment]


class Word(str):
    pass


class Real(np.float64):
    pass


class Grid(np.ndarray):
    pass


class Row(list):
    pass


class Shape(NamedTuple):
    height: int
    width: int


class Choice(enum.IntEnum):
    RIGHT = 1


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Whole(5), 5),
        (Whole(10**20), 10**20),
        (Choice.RIGHT, 1),
        (Word("a"), "a"),
        (np.str_("a"), "a"),
        (Real(1.5), np.float64(1.5)),
        (type("F", (float,), {})(2.5), 2.5),
        (type("C", (complex,), {})(1j), 1j),
        (Row([1, Whole(2)]), [1, 2]),
        (Shape(2, 3), (2, 3)),
        (OrderedDict(a=1), {"a": 1}),
        (Fraction(-2, 3), Fraction(-2, 3)),
        (Decimal("-1.50"), Decimal("-1.50")),
        (Decimal("1E+30"), Decimal("1E+30")),
        (np.ones(2).view(Grid), np.ones(2)),
    ],
)
def test_kinds_of_numbers_cross_as_what_they_are_a_kind_of(value: Any, plain: Any) -> None:
    assert same(there_and_back(value), plain)


def test_arrays_of_objects() -> None:
    x = sp.Symbol("x")
    for value in ([[x, 0], [1, x**2]], [Fraction(1, 2), 3, True], [10**30, None, "a", 1j, Decimal(2)], []):
        array = np.array(value, dtype=object)
        back = there_and_back(array)
        assert back.dtype == object and back.shape == array.shape and back.tolist() == array.tolist()
    mixed = np.array([np.float32(1.5), x, np.int64(2)], dtype=object)
    assert [type(v) for v in there_and_back([mixed, np.ones(2)])[0]] == [type(v) for v in mixed]


def test_a_matrix_stays_one_as_in_the_notebook() -> None:
    back = there_and_back(np.matrix([[1.0, 2.0]]))
    assert type(back) is np.matrix and back.tolist() == [[1.0, 2.0]]
    expect(there_and_back(np.matrix([2, -5, 2])), like=utils.conv1d, on=case([2, 1, 0, 3, -1], [1, 0, -2]))


@pytest.mark.parametrize("entry", [object(), [1], {}, np.ones(2), len, sp.Function("f")])
def test_other_arrays_of_objects_and_masked_arrays_do_not_cross(entry: Any) -> None:
    array = np.empty(2, object)
    array[0], array[1] = np.float32(1), entry
    blobs: list[bytes] = []
    assert encode([array, np.ma.array([1.0])], blobs, lambda value: {"h": 1}) == [{"h": 1}] * 2 and blobs == []
    with pytest.raises(WireError):
        encode(Decimal("NaN"), [])
    with pytest.raises(WireError):
        encode(Fraction(1, 10**900), [])


def test_expressions_come_back_equal() -> None:
    x, n = sp.Symbol("x", positive=True), sp.Symbol("n", integer=True)
    k, p, s = sp.symbols("k p s", positive=True, integer=True)
    w: Any = sp.IndexedBase("w")
    i: Any = sp.Idx("i")
    for value in (
        sp.floor((n + 2 * p - k) / s) + 1,
        sp.exp(-((x - k) ** 2) / (2 * s**2)) / sp.sqrt(2 * sp.pi * s**2),
        sp.log(1 + sp.exp(-x)) + sp.exp(sp.exp(-x)),
        (x - n) / sp.sqrt(k + sp.Float(1e-5)),
        2**n + sp.sqrt(2) + x ** (1 / s),
        sp.Max(0, x - n) + sp.Heaviside(n) + sp.Mod(n, 3) + sp.Abs(n - k) + sp.sign(n),
        sp.And(x > n, n < 3),
        w[0] * w[i] + w[i + 1],
        sp.SparseMatrix([[x, 0], [1, n]]),
        sp.Array([[x, 0], [1, n]]),
        x**2 / 3 + sp.sqrt(n) - sp.exp(-x),
        sp.floor((n - 3) / 2) + 1,
        sp.Matrix([[x, 0], [1, n]]),
        sp.oo,
        sp.Rational(2, 7),
        sp.Piecewise((x, x > 1), (0, True)),
    ):
        assert there_and_back(value) == value


X = ["Symbol", "x", {}]
TOWER = ["exp", ["exp", ["Integer", "14"]]]  # the tree that takes minutes, if anything asks for its integer part


@pytest.mark.parametrize(
    "tree",
    [
        ["Pow", ["Integer", "9"], ["Pow", ["Integer", "9"], ["Integer", "9"]]],
        ["Pow", ["Integer", "9"], ["Integer", "999999999"]],
        ["Pow", ["Rational", "9", str(10**20)], ["Rational", "1", "3"]],
        ["Pow", ["Integer", "9"], ["ExprCondPair", ["Integer", "9"], ["BooleanTrue"]]],
        ["Matrix", [0, 10**9], []],
        ["Array", [10**9, 0], []],
        *([head, TOWER] for head in ("floor", "ceiling", "Abs", "sign", "Heaviside", "sin", "exp")),
        *([head, TOWER, X] for head in ("Mod", "Min", "Max", "StrictGreaterThan", "Equality", "Add")),
        ["floor", ["exp", ["exp", ["Mul", ["Integer", "14"], X]]]],
        ["floor", ["exp", ["Pow", ["Add", X, ["Integer", "-1"]], ["Integer", "-2"]]]],
        ["floor", ["sinh", ["cosh", ["Integer", "14"]]]],
        ["floor", ["Pow", ["Integer", "2"], ["Pow", ["Integer", "2"], ["Integer", "14"]]]],
        ["floor", ["Add", X, *(["Pow", ["Integer", p], ["Rational", "1", "2"]] for p in "2357")]],
        ["Abs", ["Add", X, ["Pow", ["Add", X, ["Symbol", "y", {}]], ["Integer", "60"]]]],
        ["Max", *(["Add", X, ["Mul", ["Integer", str(k)], ["Symbol", "y", {}]]] for k in range(99))],
        ["Mul", *(["Pow", ["Integer", str(10**38 + k)], ["Integer", "64"]] for k in range(99))],
        ["Mul", *(["Pow", ["Integer", str(10**9 + k)], ["Rational", "1", "3"]] for k in range(99))],
        ["Integer", "9" * 1000],
        ["Lambda", ["Symbol", "x", {}], ["Integer", "1"]],
        ["__import__", ["Symbol", "os", {}]],
        [],
        "Integer",
        [["Add"], 1],
    ],
)
def test_expressions_off_the_list_are_refused(tree: Any) -> None:
    with pytest.raises(WireError):
        Decoder(b"")({"y": tree})


@pytest.mark.parametrize(
    "tree",
    [
        {"a": ["|O", [1]]},
        {"a": ["<f8", [-1]]},
        {"a": ["<f8", [10**6, 10**6]]},
        {"a": ["<f8", [2]]},
        {"a": [["<f8"], [1]]},
        {"a": ["<M8[s]", [1]]},
        {"s": "|V8"},
        {"i": "1" * 10_000},
        {"i": 5},
        {"r": ["1", "0"]},
        {"r": ["1", "1" * 900]},
        {"r": [1, 2]},
        {"e": "1E99999"},
        {"e": "1..2"},
        {"e": 1},
        {"o": [[1], [[1]]]},
        {"o": [[1], [{"d": []}]]},
        {"o": [[1], [{"a": ["<f8", []]}]]},
        {"o": [[2], [1]]},
        {"o": [[-1], [1]]},
        {"o": [["1"] * 99, [1]]},
        {"o": [[20_000], [0] * 20_000]},
        {"a": ["<f8", [0, 10**7]]},
        {"d": [[i, i] for i in range(3000)]},
        {"x": 1},
        {"h": 1},
        {"a": 1, "t": []},
        {"d": [[[], 1]]},
        {"t": None},
    ],
)
def test_broken_values_are_refused(tree: Any) -> None:
    with pytest.raises(WireError):
        Decoder(b"12345678")(tree)


def test_depth_and_number_of_parts_are_bounded() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    with pytest.raises(WireError):
        Decoder(b"")(deep)
    with pytest.raises(WireError):
        encode(deep, [])
    with pytest.raises(WireError):
        Decoder(b"")([0] * 300_000)
    pairs = {"d": [[{"t": [0, i]}, i] for i in range(500)]}
    assert len(Decoder(b"")([pairs] * 4)) == 4
    with pytest.raises(WireError):  # all dicts of a value together
        Decoder(b"")([{"t": [pairs]}] * 5)
    sums = {"y": ["Add", *([X] * 900)]}
    with pytest.raises(WireError):  # all expressions of a value together
        Decoder(b"")([sums] * 30)


def test_the_line_keeps_to_its_deadline_and_sees_the_end() -> None:
    import time

    ours, theirs = socket.socketpair()
    line = Line(ours)
    with pytest.raises(NoAnswerInTime):
        line.receive(time.monotonic() + 0.05)
    theirs.sendall(b"\x02\x00\x00\x00\x00\x00\x00\x00{}")
    assert line.receive(time.monotonic() + 1) == ({}, b"")
    drip = threading.Thread(target=lambda: (theirs.sendall(b"\xff"), theirs.close()))
    drip.start()
    with pytest.raises(Gone):
        line.receive(time.monotonic() + 1)
    drip.join()


def test_a_students_error_is_bounded_plain_text() -> None:
    error = _student_error({"type": "<b>" * 99, "message": "\x1b[31m" + "x" * 10**6 + "[mistake: y]", "line": -4})
    assert error.type.isalnum() and len(error.message) <= 600 and error.line is None and "\x1b" not in error.message
    assert _student_error("nonsense").type == "Exception"


def scores(result: Result) -> dict[str, float]:
    return {q.name: q.score for q in result.questions}


def grade(data: bytes) -> Result:
    return grade_submission(SMALL, data, OPTIONS)


def test_the_solution_has_full_marks() -> None:
    result = grade(submission())
    assert (result.status, result.score, result.possible) == ("graded", 9.0, 9.0)


def test_no_answer_no_points() -> None:
    assert grade(submission(q1="double = ...", q2="count = ...", q3="slope = Scaler = ...")).score == 0
    assert grade(notebook(name="small")).score == 0


def test_questions_without_a_check_cell_are_checked_at_the_end() -> None:
    assert grade(notebook(FIRST, *RIGHT.values())).score == 9


def test_the_last_check_of_a_question_counts() -> None:
    right, wrong = RIGHT["q2"], "count = 0"
    check = "grader.check('q2')"
    assert scores(grade(notebook(FIRST, wrong, check, right, check)))["q2"] == 4
    assert scores(grade(notebook(FIRST, right, check, wrong, check)))["q2"] == 1
    assert scores(grade(notebook(FIRST, right, check, wrong)))["q2"] == 4


def test_a_check_sees_the_names_of_its_moment() -> None:
    cells = (
        FIRST,
        "def helper(x): return x\ndef double(x): return helper(x) + x",
        "grader.check('q1')",
        "def helper(x): return 0",
    )
    assert scores(grade(notebook(*cells)))["q1"] == 3


def test_a_mistake_is_named_and_hidden_text_is_not_shown() -> None:
    result = grade(submission(q1="def double(x):\n    return x * 3"))
    public, hidden = result.questions[0].cases
    assert public.mistake == "values" and public.shown
    assert MARK in hidden.message or not hidden.passed
    assert hidden.shown == ""


def test_what_a_hidden_test_said_cannot_come_back_in_a_later_message() -> None:
    spy = "seen = []\ndef double(x):\n    seen.append(np.asarray(x).tolist())\n    return x + x"
    result = grade(submission(q1=spy, q2="count = 'many'", after="raise ValueError(str(seen))"))
    assert "5.5" not in json.dumps([e.message for e in result.errors])
    assert "ValueError" in repr(result.errors)


def test_the_time_limit_names_the_question_and_leaves_the_others() -> None:
    result = grade_submission(SMALL, submission(q1="def double(x):\n    while True: pass"), Options(1.0))
    assert result.status == "timeout" and result.reason.startswith("q1: ")
    assert scores(result) == {"q1": 0, "q2": 4, "q3": 2}


def test_a_class_may_be_an_answer_and_a_function_an_argument() -> None:
    assert scores(grade(submission()))["q3"] == 2
    assert scores(grade(submission(q3="def slope(f, x): return f(x) + 1\nclass Scaler: pass")))["q3"] == 0


HANDLES = (
    head("h", 4)
    + """
@test_case()
def test_student_function_as_argument(apply, square):
    import numpy as np
    assert apply(square, 3) == 9
    np.testing.assert_array_equal(apply(square, np.array([1, 2])), [1, 4])

@test_case()
def test_errors_keep_their_type(fails):
    try:
        fails(-1)
    except ValueError as e:
        assert str(e) == "negative"
    else:
        raise AssertionError("expected a ValueError")

@test_case()
def test_inputs_stay(clobber):
    import numpy as np
    x = np.ones(3)
    clobber(x)
    assert x.tolist() == [1, 1, 1]
    assert clobber.student_calls([((x,), {})])[0].mutated == ("1",)

@test_case()
def test_many_calls(square):
    assert sum(square(i) for i in range(2000)) == sum(i * i for i in range(2000))
"""
)


def test_handles_errors_mutation_and_many_calls() -> None:
    cells = (
        "import numpy as np\nsquare = lambda x: x * x\ndef apply(f, x): return f(x)",
        "def fails(x):\n    if x < 0: raise ValueError('negative')",
        "def clobber(x): x[:] = 0",
    )
    result = grade_submission(Assignment("h", {"h.py": HANDLES}), notebook(*cells, name="h"), OPTIONS)
    assert result.score == 4, result


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"not json", "not a notebook"),
        (b"\xff\xfe\x00broken", "UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[1, 2]", "no cells"),
        (b'{"cells": 7}', "no cells"),
        (b'{"worksheets": []}', "version 3"),
        (b'{"cells": [{"cell_type": "code", "source": 5}]}', "not text"),
        (json.dumps({"cells": [{}] * 3000}).encode(), "3000 cells"),
        (b'{"cells": [' + b"1" * 5000 + b"]}", "not a notebook"),
    ],
)
def test_unreadable_files_say_why(data: bytes, reason: str) -> None:
    result = grade(data)
    assert result.status == "unreadable" and reason in result.reason and result.possible == 9


def test_odd_cells_are_skipped() -> None:
    odd = json.loads(submission())
    odd["cells"] += [
        7,
        None,
        {"cell_type": "code"},
        {"cell_type": ["code"]},
        {"cell_type": "code", "metadata": 3, "source": "x = 1"},
    ]
    odd["cells"].append({"cell_type": "code", "metadata": {"tags": ["otter_ignore"]}, "source": "count = 0"})
    assert grade(json.dumps(odd).encode()).score == 9
