"""`expect`: the order of what it reports, what it never accepts, and what it says."""

import re
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import utils
from utils.check import Case, Failure, Opaque, Outcome, StudentError, case, draw, expect
from utils.check.symbols import is_symbolic
from utils.watch import watching

SMALL = case([1, 2, 3], [1, -2])
STRIDED = case([1, 2, 3, 4], [1, -2], stride=2)


def conv1d(x, w, stride=1):
    """A right answer that a student could write."""
    n = (len(x) - len(w)) // stride + 1
    return np.array([x[i * stride : i * stride + len(w)] @ w for i in range(n)], dtype=x.dtype)


def failure(answer: Any, on: Any = None, like: Any = utils.conv1d, **options: Any) -> Failure:
    with pytest.raises(Failure) as caught:
        expect(answer, like=like, on=on or [STRIDED, SMALL], **options)
    found = caught.value
    lines = str(found).split("\n")
    assert len(lines) <= 10 and all(len(line) <= 160 for line in lines)
    assert re.fullmatch(r"\[mistake: ([a-z0-9-]+)\]", lines[-1])
    assert lines[-1] == f"[mistake: {found.misconception or found.kind}]"
    return found


def test_a_right_answer_passes() -> None:
    expect(conv1d, like=utils.conv1d, on=[SMALL, STRIDED], float32="strict")


# ---- the kinds, in their order


@pytest.mark.parametrize("answer", [None, ..., Opaque("ellipsis")])
def test_unanswered(answer: Any) -> None:
    found = failure(answer)
    assert found.kind == "unanswered"
    assert "no answer yet" in str(found)


def test_a_stub_inside_of_a_function_is_unanswered() -> None:
    def stub(x, w, stride=1):
        y = ...
        return y

    def half(x, w, stride=1):
        y = ...
        return y + 1  # type: ignore[operator]

    assert failure(stub).kind == "unanswered"
    assert failure(half).kind == "unanswered"


def test_exception_shows_the_students_line() -> None:
    def broken(x, w, stride=1):
        y = np.zeros(2)
        y[0:2] = x[0:3]
        return y

    found = failure(broken)
    assert found.kind == "exception"
    assert "answer([1, 2, 3], [1, -2]) raised ValueError" in str(found)
    assert "y[0:2] = x[0:3]" in str(found)
    assert "Traceback" not in str(found) and "expect.py" not in str(found)


def test_exception_inside_numpy_is_shown_at_the_students_line() -> None:
    def broken(x, w, stride=1):
        return np.concatenate([x, 5])

    assert "np.concatenate([x, 5])" in str(failure(broken))


def test_none() -> None:
    assert failure(lambda x, w, stride=1: None).kind == "none"


@pytest.mark.parametrize(
    "change",
    [
        lambda y: list(y),
        lambda y: tuple(y),
        lambda y: y.astype(object),
        lambda y: y > 0,
        lambda y: y.astype(complex) + 1j,
        lambda y: np.ma.masked_array(y, y > 0),
        lambda y: str(y),
        lambda y: {"y": y},
    ],
)
def test_wrong_types(change: Any) -> None:
    assert failure(lambda x, w, stride=1: change(conv1d(x, w, stride))).kind == "type"


@pytest.mark.parametrize(
    "change", [lambda y: y[:, None], lambda y: y[None], lambda y: np.append(y, 0.0), lambda y: y[:1]]
)
def test_wrong_shapes_are_never_broadcast(change: Any) -> None:
    found = failure(lambda x, w, stride=1: change(conv1d(x, w, stride)), on=[SMALL])
    assert found.kind == "shape"
    assert "the right shape is (2,)" in str(found)


def test_a_constant_is_not_broadcast() -> None:
    always = case([1, 1, 1], [1, 1])
    assert failure(lambda x, w: 2.0, on=[always]).kind == "shape"
    assert failure(lambda x, w: np.array(2.0), on=[always]).kind == "shape"
    assert failure(lambda x, w: np.array([2.0]), on=[always]).kind == "shape"


def test_wrong_shape_names_the_size_formula() -> None:
    def too_short(x, w, stride=1):
        return conv1d(x, w, stride)[:-1]

    cases = [SMALL, case([1, 2, 3, 4, 5], [1, -2])]
    found = failure(too_short, on=cases)
    assert (found.kind, found.misconception) == ("shape", "last-window-missing")
    assert failure(lambda x, w, stride=1: too_short(x, w) + 0.5, on=cases).misconception is None


def test_values_are_shown_beside_the_target_at_the_smallest_case() -> None:
    found = failure(lambda x, w, stride=1: conv1d(x, w, stride) + 1)
    assert found.kind == "values" and found.misconception is None
    assert str(found).split("\n")[:3] == [
        "answer([1, 2, 3], [1, -2]) has the right shape, but wrong values (* marks them).",
        "  target  -3  -4",
        "  yours   -2* -3*",
    ]


def test_misconception_is_named_and_asks_a_question() -> None:
    found = failure(lambda x, w, stride=1: conv1d(x, w[::-1], stride))
    assert found.misconception == "flipped-forward"
    assert "turned around" in str(found) and "?" in str(found)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_never_pass(bad: float) -> None:
    def poisoned(x, w, stride=1):
        y = conv1d(x, w, stride)
        y[-1] = bad
        return y

    assert failure(poisoned).kind == "values"
    assert failure(poisoned, rtol=np.inf if np.isnan(bad) else 1.0).kind == "values"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_numbers_that_are_not_finite_are_told(bad: float) -> None:
    assert failure(bad, on=case((5, 5, 3, 10)), like=utils.num_parameters).kind == "values"
    assert failure(lambda shape: bad, on=[case((5, 5, 3, 10))], like=utils.num_parameters).kind == "values"
    assert failure([bad, bad], on=SMALL).kind == "values"


def test_changed_input() -> None:
    def rude(x, w, stride=1):
        y = conv1d(x, w, stride)
        w *= 2
        return y

    found = failure(rude)
    assert found.kind == "mutation" and "`w`" in str(found)
    expect(rude, like=utils.conv1d, on=[SMALL], unchanged=False)


def test_changed_input_does_not_reach_the_reference() -> None:
    def zero(x, w, stride=1):
        x[:], w[:] = 0, 0
        return np.zeros((len(x) - len(w)) // stride + 1)

    assert failure(zero).kind == "values"


def test_float32() -> None:
    def wide(x, w, stride=1):
        return conv1d(x.astype(float), w.astype(float), stride)

    def fragile(x, w, stride=1):
        if x.dtype == np.float32:
            raise TypeError("float64 only")
        return conv1d(x, w, stride)

    expect(wide, like=utils.conv1d, on=[SMALL])
    assert "float64" in str(failure(wide, float32="strict"))
    assert failure(fragile).kind == "float32"
    expect(fragile, like=utils.conv1d, on=[SMALL], float32=False)


def test_calling_utils_is_told_whatever_it_is_called() -> None:
    alias = {"f": utils.conv1d}

    def borrowed(x, w, stride=1):
        return alias["f"](x, w, stride=stride)

    def by_another_face(x, w, stride=1):
        return utils.conv(x[None, :, None], w[:, None, None], None, stride)[0, :, 0]

    for answer in (borrowed, by_another_face, utils.conv1d):
        assert failure(answer).kind == "used-utils"
    expect(borrowed, like=utils.conv1d, on=[SMALL], forbid=())
    assert failure(borrowed, forbid={"conv1d"}).kind == "used-utils"


def test_watching_leaves_no_trace_and_looks_at_utils_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    code = utils.conv1d.__code__
    with watching(("conv1d", "conv")) as outer, watching(("conv1d",)) as inner:
        with pytest.raises(TypeError, match=r"conv1d\(\) missing 1 required positional argument: 'w'"):
            utils.conv1d([1.0, 2.0])  # type: ignore[call-arg]
        thread = threading.Thread(target=utils.conv1d, args=([1.0, 2.0], [3.0]), kwargs={"stride": 2})
        thread.start()
        thread.join()
        assert next(map(utils.conv1d, [[1.0, 2.0]], [[1.0]])).tolist() == [1, 2]
    assert (outer, inner, utils.conv1d.__code__ is code) == ({"conv1d"}, {"conv1d"}, True)  # conv: called by conv1d
    monkeypatch.setattr(utils, "conv1d", lambda x, w: None)  # a student's function in the library's place
    with watching(("conv1d",)) as seen:
        utils.conv1d([1.0], [1.0])
    assert seen == set()


def test_utils_is_watched_by_whatever_path_it_was_found(tmp_path: Path) -> None:
    """In a notebook the library is `../utils`; here it also goes through a link."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "utils").symlink_to(Path(utils.__file__).parent)
    code = """
import sys
sys.path.insert(0, "..")
import utils
from utils.check import Failure, case, expect

def broken(x, w):
    return utils.conv1d(x[:1], w)

for answer, kind in ((lambda x, w: utils.conv1d(x, w), "used-utils"), (broken, "used-utils")):
    try:
        expect(answer, like=utils.conv1d, on=[case([1, 2, 3], [1, -2])])
    except Failure as failure:
        assert failure.kind == kind, failure
    else:
        raise SystemExit("it passed")
try:
    expect(broken, like=utils.conv1d, on=[case([1, 2, 3], [1, -2])], forbid=())
except Failure as failure:
    assert "line 8 of your cell" in str(failure), failure
"""
    (tmp_path / "notebooks" / "answer.py").write_text(code)
    env = {"PATH": "", "PYTHONSAFEPATH": "1"}
    subprocess.run([sys.executable, "answer.py"], check=True, cwd=tmp_path / "notebooks", env=env)


def test_helpers_of_utils_may_be_used() -> None:
    def with_windows(x, w, stride=1):
        return utils.im2col(x, len(w), stride) @ w

    expect(with_windows, like=utils.conv1d, on=[SMALL, STRIDED])


def test_order_of_kinds_is_by_kind_then_by_size() -> None:
    def fails_late(x, w, stride=1):
        if stride > 1:
            raise RuntimeError("no strides yet")
        return conv1d(x, w) + 1

    assert failure(fails_late).kind == "exception"


# ---- values that a student types


def test_number_answers_share_the_misconceptions() -> None:
    on = case((5, 5, 3, 10), bias=True)
    expect(760, like=utils.num_parameters, on=on)
    expect(760.0, like=utils.num_parameters, on=on)
    expect(np.int64(760), like=utils.num_parameters, on=on)
    expect(sp.Integer(760), like=utils.num_parameters, on=on)
    expect(Fraction(760), like=utils.num_parameters, on=on)
    expect(np.array(760), like=utils.num_parameters, on=on)
    for wrong, name in [(750, "bias-not-counted"), (260, "channels-not-counted"), (76, "per-filter-not-total")]:
        assert failure(wrong, on=on, like=utils.num_parameters).misconception == name


@pytest.mark.parametrize(
    "answer", [True, "760", [760], (760,), np.array([760]), {760}, 760 + 1j, np.nan, Opaque("DataFrame")]
)
def test_what_is_not_a_number(answer: Any) -> None:
    found = failure(answer, on=case((5, 5, 3, 10), bias=True), like=utils.num_parameters)
    assert found.kind in ("type", "shape", "values")


def test_a_typed_answer_never_shows_the_target() -> None:
    on = case((5, 5, 3, 10), bias=True)
    for wrong in (750, 1, [1, 2], np.zeros(3), "x", 1e9):
        assert "760" not in str(failure(wrong, on=on, like=utils.num_parameters))
    for wrong in ([1, 2], [1, 2, 3], np.zeros((2, 1))):
        text = str(failure(wrong, on=SMALL))
        assert "target" not in text and "-3" not in text and "-4" not in text


def test_lists_count_as_arrays_when_typed() -> None:
    expect([-3, -4], like=utils.conv1d, on=SMALL)
    assert failure([-3, [-4]], on=SMALL).kind in ("type", "shape")
    assert failure([-3, "-4"], on=SMALL).kind == "type"


def test_booleans_and_words() -> None:
    expect(False, like=lambda n: n > 3, on=case(2))
    expect(np.False_, like=lambda n: n > 3, on=case(2))
    assert failure(True, like=lambda n: n > 3, on=case(2)).kind == "values"
    expect(0, like=lambda n: n > 3, on=case(2))  # 0 and 1 count as False and True
    expect(" Valid", like=lambda: "valid", on=case())
    wrong = failure("full", like=lambda: "valid", on=case())
    assert "valid" not in str(wrong)


def test_a_size_must_be_whole() -> None:
    good = [case(5, 3), case(7, 3)]
    found = failure(lambda n, k: (n - k) / 1 + 1, like=utils.output_size, on=good)
    assert found.kind == "type" and "decimal point" in str(found)
    mixed = [case(5, 3, 1), case(6, 3, 2)]
    found = failure(lambda n, k, s: (n - k) / s + 1, like=utils.output_size, on=mixed)
    assert found.misconception == "no-floor"


def test_shapes_as_tuples() -> None:
    def shape(n: int) -> tuple[int, int]:
        return n, n + 1

    for right in ((2, 3), [2, 3], np.array([2, 3])):
        expect(right, like=shape, on=case(2))
    assert failure((3, 2), like=shape, on=case(2)).kind == "values"
    assert failure((2, 3, 1), like=shape, on=case(2)).kind == "shape"
    assert failure(2, like=shape, on=case(2)).kind in ("type", "shape")


def test_a_list_of_cases_needs_a_function() -> None:
    assert failure(np.array([-3.0, -4.0]), on=[SMALL]).kind == "type"


def test_several_results() -> None:
    def two(x):
        return x + 1, x.sum()

    expect(lambda x: [x + 1, x.sum()], like=two, on=[case([1, 2])])
    assert "part 2 of 2" in str(failure(lambda x: (x + 1, 0.0), like=two, on=[case([1, 2])]))
    assert failure(lambda x: x + 1, like=two, on=[case([1, 2])]).kind == "type"
    assert failure(lambda x: (x + 1,), like=two, on=[case([1, 2])]).kind == "shape"


def test_arguments_and_results_may_be_lists_of_arrays_of_any_shapes() -> None:
    def doubled(arrays: list[np.ndarray]) -> list[np.ndarray]:
        return [2.0 * a for a in arrays]

    cases = [case([np.arange(3.0), np.ones((2, 2))]), case([np.arange(4.0), np.ones((2, 3))])]
    expect(lambda arrays: [a + a for a in arrays], doubled, cases)
    with pytest.raises(Failure) as caught:
        expect(lambda arrays: [a * a for a in arrays], doubled, cases)
    assert "part 1 of 2" in str(caught.value)


def test_pick_and_via() -> None:
    expect(-4, like=utils.conv1d, on=SMALL, pick=1)
    expect(2, like=utils.conv1d, on=SMALL, pick=np.size)
    assert failure(2, on=SMALL, pick=1).kind == "values"

    def swapped(w, x):
        return conv1d(x, w[::-1])

    found = failure(
        swapped,
        on=[case([1, -2], [1, 2, 3])],
        like=lambda w, x: utils.conv1d(x, w),
        about="conv1d",
        via=lambda w, x: case(x, w),
    )
    assert found.misconception == "flipped-forward"


# ---- symbols

DELTA, W = list(sp.symbols("d0:2")), list(sp.symbols("w0:3"))
BACK = case(DELTA, W, (4,))


def test_expressions_in_any_form() -> None:
    d0, d1, w0, w1, w2 = *DELTA, *W
    right = [d0 * w0, d0 * w1 + d1 * w0, d0 * w2 + d1 * w1, d1 * w2]
    other = [w0 / (1 / d0), d1 * (w0 + d0 * w1 / d1), sp.expand((d0 + d1) * (w1 + w2)) - d0 * w1 - d1 * w2, d1 * w2]
    for answer in (right, other, tuple(right), sp.Matrix(right).T.tolist()[0], np.array(right)):
        expect(answer, like=utils.conv1d_grad_input, on=BACK)
    expect(right[1], like=utils.conv1d_grad_input, on=BACK, pick=1)


def test_wrong_expressions_are_named() -> None:
    d0, d1, w0, w1, w2 = *DELTA, *W
    unflipped = [d0 * w2, d0 * w1 + d1 * w2, d0 * w0 + d1 * w1, d1 * w0]
    found = failure(unflipped, on=BACK, like=utils.conv1d_grad_input)
    assert found.misconception == "unflipped-dx"
    assert "w2*d0" in str(found).replace("d0*w2", "w2*d0")
    one = failure(d0 * w0, on=BACK, like=utils.conv1d_grad_input, pick=1)
    assert "d0*w0" in str(one)


def test_symbol_names_are_read_kindly_and_strangers_are_told() -> None:
    base = sp.IndexedBase("w")
    expect(DELTA[0] * base[0], like=utils.conv1d_grad_input, on=BACK, pick=0)  # pyright: ignore[reportIndexIssue]
    expect(DELTA[0] * sp.Symbol("w_0", real=True), like=utils.conv1d_grad_input, on=BACK, pick=0)
    assert "x7" in str(failure(DELTA[0] * sp.Symbol("x7"), on=BACK, like=utils.conv1d_grad_input, pick=0))


def test_symbolic_matrix() -> None:
    on = case(W, 4, padding=1)
    w0, w1, w2 = W
    rows = [[w0, w1, w2, 0, 0, 0], [0, w0, w1, w2, 0, 0], [0, 0, w0, w1, w2, 0], [0, 0, 0, w0, w1, w2]]
    for answer in (sp.Matrix(rows), rows, np.array(rows), sp.ImmutableMatrix(rows)):
        expect(answer, like=utils.conv_matrix, on=on)
    assert failure(sp.Matrix(rows).T, on=on, like=utils.conv_matrix).misconception == "matrix-transposed"
    assert (
        failure(sp.Matrix([r[1:5] for r in rows]), on=on, like=utils.conv_matrix).misconception == "padding-columns-cut"
    )
    turned = sp.Matrix([[{w0: w2, w2: w0}.get(e, e) for e in r] for r in rows])
    assert failure(turned, on=on, like=utils.conv_matrix).misconception == "flipped-forward"


def test_sympy_is_not_imported_for_numbers() -> None:
    code = (
        "import sys, numpy as np, utils; from utils.check import *\n"
        "expect([-3, -4], like=utils.conv1d, on=case([1, 2, 3], [1, -2]))\n"
        "assert 'sympy' not in sys.modules and 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert is_symbolic([1, sp.Symbol("a")]) and not is_symbolic([1, 2])


# ---- hidden tests


def test_a_hidden_failure_tells_no_case_and_no_value() -> None:
    secret = case([71, 83, 97], [13, -17])

    def broken(x, w):
        raise ValueError(str(x))

    answers = [lambda x, w: conv1d(x, w[::-1]), lambda x, w: conv1d(x, w)[:1], lambda x, w: list(x), broken]
    answers += [lambda x, w: conv1d(x, w) * 2, lambda x, w: type(str(x), (), {})()]
    for answer in answers:
        text = str(failure(answer, on=[secret], hidden=True))
        assert not re.search(r"71|83|97|13|17|target|\(2,\)|\(1,\)", text), text


def test_otters_hidden_tests_are_known_by_themselves() -> None:
    from otter.test_files import test_case as otter_case

    def check(answer):
        expect(answer, like=utils.conv1d, on=[case([71, 83, 97], [13, -17])])

    for hidden in (True, False):
        with pytest.raises(Failure) as found:
            otter_case(hidden=hidden)(check).call_func({"answer": lambda x, w: conv1d(x, w) + 1})
        assert ("71" in str(found.value)) is not hidden


# ---- proxies


class Proxy:
    """A grader's stand-in: calls give outcomes."""

    def __init__(self, outcome: Outcome):
        self.outcome, self.watched = outcome, ()

    def student_calls(self, calls: list[tuple[tuple, dict]], watch: tuple[str, ...]) -> list[Outcome]:
        self.watched = watch
        return [self.outcome] * len(calls)


def test_proxies_are_called_through_the_protocol() -> None:
    good = Proxy(Outcome(np.array([-3.0, -4.0])))
    expect(good, like=utils.conv1d, on=[SMALL], float32=False)
    assert "conv1d" in good.watched and "conv" in good.watched
    error = StudentError("ZeroDivisionError", "division by zero", 3, "y = 1 / 0")
    text = str(failure(Proxy(Outcome(error=error)), on=[SMALL]))
    assert "ZeroDivisionError" in text and "line 3 of your cell:  y = 1 / 0" in text
    assert failure(Proxy(Outcome(np.array([-3.0, -4.0]), mutated=("1",))), on=[SMALL]).kind == "mutation"
    assert failure(Proxy(Outcome(np.array([-3.0, -4.0]), used=("conv1d",))), on=[SMALL]).kind == "used-utils"
    assert failure(Proxy(Outcome(Opaque("Tensor"))), on=[SMALL]).kind == "type"


class AskedOnce:
    """A grader's stand-in that takes all cases in one request."""

    def __init__(self, outcomes: list[Any]):
        self.outcomes, self.requests = outcomes, []

    def student_calls(self, calls: list[tuple[tuple, dict]], watch: tuple[str, ...]) -> list[Any]:
        self.requests.append((calls, watch))
        return self.outcomes


def test_a_proxy_is_asked_once_for_all_cases() -> None:
    y, strided = np.array([-3.0, -4.0]), np.array([-3.0, -5.0])
    good = AskedOnce([Outcome(y), Outcome(strided), Outcome(y.astype(np.float32))])
    expect(good, like=utils.conv1d, on=[SMALL, STRIDED], float32="strict")
    [(calls, watch)] = good.requests
    assert [sorted(kwargs) for _, kwargs in calls] == [[], ["stride"], []]
    assert [args[0].dtype for args, _ in calls] == [float, float, np.float32] and "conv1d" in watch
    slow = Outcome(error=StudentError("TimeoutError", "5 seconds"))
    late = AskedOnce([Outcome(y), slow, Outcome(y)])
    assert "TimeoutError" in str(failure(late, on=[SMALL, STRIDED]))
    assert "stride=2" in str(failure(late, on=[SMALL, STRIDED]))  # each case has an outcome of its own
    for forged in ([Outcome(y)], [Outcome(y), y], []):
        with pytest.raises(TypeError, match="one Outcome for each is expected"):
            expect(AskedOnce(forged), like=utils.conv1d, on=[SMALL, STRIDED], float32=False)


def count_sums(x: np.ndarray) -> np.ndarray:
    """A reference that leaves a mark for each of its runs."""
    runs.append(x)
    return x * 2


runs: list[np.ndarray] = []


def test_a_reference_of_a_module_is_asked_once_for_each_case() -> None:
    runs.clear()
    for _ in range(3):
        expect(lambda x: 2 * x, like=count_sums, on=[case([1, 2]), case([1, 3])], float32=False, about="")
        failure(lambda x: x, like=count_sums, on=[case([1, 2]), case([1, 3])], float32=False, about="")
    assert len(runs) == 2
    expect(lambda x: 2 * x, like=count_sums, on=[case(np.array([1, 2]))], about="")  # whole numbers: another case
    assert len(runs) == 3
    for factor in (2, 3):  # a function made inside of a test may be another one each time
        expect(lambda x, a=factor: a * x, like=lambda x, a=factor: a * x, on=[case([1, 2])], about="")


def test_an_object_cannot_pose_as_a_proxy() -> None:
    class Forged:
        def __init__(self) -> None:
            self.student_calls = lambda calls, watch: [Outcome(np.array([-3.0, -4.0]))] * len(calls)

        def __eq__(self, other: object) -> bool:
            return True

        def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
            return np.array([-3.0, -4.0])

    assert failure(Forged(), on=SMALL).kind == "type"
    assert failure(lambda x, w: Forged(), on=[SMALL]).kind == "type"


def test_arrays_that_lie_are_read_as_plain_arrays() -> None:
    class Liar(np.ndarray):
        def __sub__(self, other: Any) -> Any:
            return np.zeros(self.shape)

        def __eq__(self, other: Any) -> Any:
            return np.ones(self.shape, bool)

        @property
        def shape(self) -> Any:  # type: ignore[override]
            return (2,)

    assert failure(lambda x, w: np.zeros(2).view(Liar), on=[SMALL]).kind in ("values", "shape")


# ---- data


def test_draw_tenths_are_never_whole_nor_exact_in_half_precision() -> None:
    data = draw((9, 10), seed=1)
    assert len(set(data.ravel())) == 90 and np.abs(data).max() == 4.9
    assert (data != np.trunc(data)).all() and (np.round(data, 1) == data).all()
    assert (data != data.astype(np.float16)).mean() > 0.8


@given(st.integers(1, 60), st.integers(0, 10**6))
def test_draw_integers(n: int, seed: int) -> None:
    data = draw(n, seed, kind="integers")
    assert data.dtype == float and data.shape == (n,)
    assert set(np.abs(data)) <= {1, 2, 3, 4, 5}
    assert len(set(data[:10])) == min(n, 10)
    assert (draw(n, seed, kind="integers") == data).all()


def test_draw_normal_and_errors() -> None:
    assert draw((2, 3), 1, "normal", np.float32).dtype == np.float32
    assert (draw((2, 3), 1, "normal") != draw((2, 3), 2, "normal")).all()
    with pytest.raises(ValueError, match="kind"):
        draw(3, 1, "uniform")  # type: ignore[arg-type]


def test_case_turns_data_lists_into_arrays_only() -> None:
    on = case([1, 2], (3, 4), [(5, 10, 1, 2)], [], n=[[1.5], [2]])
    assert isinstance(on, Case)
    x, shape, layers, empty = on.args
    assert x.dtype == float and shape == (3, 4) and layers == [(5, 10, 1, 2)] and empty == []
    assert on.kwargs["n"].shape == (2, 1)


def test_authors_mistakes_are_not_students_mistakes() -> None:
    with pytest.raises(ValueError, match="on is empty"):
        expect(conv1d, like=utils.conv1d, on=[])
    with pytest.raises(ValueError, match="NaN"):
        expect(conv1d, like=lambda x: x / x, on=[case([0.0])], about="")


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        ([-1.414, 0.707, 0.71], "rounded-too-soon"),  # the right numbers
        ([-1.155, 0.58, 0.58], "bn-unbiased"),  # a mistake's numbers
        ([-3, 1.5, 1.5], "bn-var-not-std"),  # exactly
        ([-1.4, 0.7, 0.8], "values"),
        ([-1.415, 0.707, 0.707], "values"),
    ],
)
def test_numbers_written_by_hand_may_be_rounded(answer: list[float], mistake: str) -> None:
    def normalize_row(x, gamma, beta):
        return gamma * (x - x.mean()) / x.std() + beta

    with pytest.raises(Failure) as failure:
        expect(answer, like=normalize_row, on=case([0, 1, 1], 1, 0))
    assert (failure.value.misconception or failure.value.kind) == mistake


def test_nan_says_where_it_may_come_from() -> None:
    with pytest.raises(Failure, match="NaN comes from"):
        expect(lambda x: float("nan"), like=lambda x: 1.0, on=case([1.0]), about="")
