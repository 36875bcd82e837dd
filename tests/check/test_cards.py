"""What a card says where no mistake is known, what it accepts in other forms, and a letter that became a number."""

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sympy as sp

import utils
from utils.check import Failure, case, draw, expect
from utils.check.display import _remark
from utils.check.references import normalization

X, W = draw((2, 4, 5, 2), 1), draw((2, 3, 2, 2), 2)


def card(answer: Any, like: Any, on: Any, **options: Any) -> Failure:
    with pytest.raises(Failure) as caught:
        expect(answer, like=like, on=on, float32=False, forbid=(), **options)
    return caught.value


# ---- what equals the answer is right


@pytest.mark.parametrize(
    "answer",
    [
        [Fraction(1, 2), Fraction(-1, 2)],
        (Decimal("0.5"), Decimal("-0.5")),
        sp.Matrix([sp.Rational(1, 2), sp.Rational(-1, 2)]),
        sp.Matrix([[0.5, -0.5]]),
        np.array([Fraction(1, 2), Fraction(-1, 2)]),
        [sp.Rational(1, 2), -0.5],
        sp.Tuple(0.5, -0.5),
        np.matrix([0.5, -0.5]),
        [0.5 + 0j, -0.5],
    ],
)
def test_numbers_in_any_form(answer: Any) -> None:
    expect(answer, like=lambda: np.array([0.5, -0.5]), on=case())


def test_true_and_false_are_one_and_zero_and_a_range_is_a_list() -> None:
    expect([[True, False], [False, True]], like=lambda: np.eye(2), on=case())
    expect(np.eye(2) > 0, like=lambda: np.eye(2), on=case())
    expect(True, like=lambda: 1, on=case())
    expect(range(3), like=lambda: [0, 1, 2], on=case())
    expect(sp.true, like=lambda: True, on=case())
    expect(1, like=lambda: True, on=case())
    assert card(0, lambda: True, case()).kind == "values"
    assert card(2, lambda: True, case()).kind == "type"
    assert card([0.5 + 1j, -0.5], lambda: np.array([0.5, -0.5]), case()).kind == "type"
    assert card(sp.Symbol("x") > 0, lambda: 1, case()).kind == "values"  # no number, and no crash
    assert card(np.array([True, True]), lambda: np.array([1.0, 0.0]), case()).kind == "values"
    assert card(lambda x: x > 0, lambda x: (x > 0) * 1.0, [case([1, -1])]).kind == "type"  # a function's result


def test_a_column_of_formulas() -> None:
    x, y = sp.symbols("x y")
    for answer in (sp.Matrix([x * y, x]), sp.Matrix([[x * y, x]])):
        expect(answer, like=lambda v: np.array([v[0] * v[1], v[0]]), on=case([x, y]))
    assert card(sp.Matrix([x, x]), lambda v: np.array([v[0] * v[1], v[0]]), case([x, y])).kind == "values"


def test_a_row_times_a_column_is_its_entry() -> None:
    x, y = sp.symbols("x y")
    product = sp.Matrix([[x, y]]) * sp.Matrix([y, x])
    for answer in ([product, x], (product, x), sp.Tuple(2 * x * y, x)):
        expect(answer, like=lambda v: np.array([2 * v[0] * v[1], v[0]]), on=case([x, y]))
    assert card([product, y], lambda v: np.array([2 * v[0] * v[1], v[0]]), case([x, y])).kind == "values"


def test_a_kind_is_no_mistakes_name_on_a_students_screen() -> None:
    unknown = card(lambda x: x + 0.123, lambda x: x * 2.0, [case([1, 5, 3])])
    assert unknown.misconception is None and str(unknown).endswith("[mistake: values]"), "reports count by it"
    assert not any("[mistake" in line for line in unknown._render_traceback_())
    known = card(lambda x: -2 * x, lambda x: x * 2.0, [case([1, 5, 3])], about="relu")
    assert known.misconception is None or known._render_traceback_()[-1].startswith("[mistake: ")


# ---- a letter that became a number

DELTA, WEIGHTS = list(sp.symbols("delta_0 delta_1")), list(sp.symbols("w_0:3"))


def formulas(d0: Any, d1: Any) -> list[Any]:
    w0, w1, w2 = WEIGHTS
    return [d0 * w0, d0 * w1 + d1 * w0, d0 * w2 + d1 * w1, d1 * w2]


def test_a_letter_became_a_number() -> None:
    on = case(DELTA, WEIGHTS, 4)
    found = card(formulas(3, DELTA[1]), utils.conv1d_grad_input, on)
    assert found.misconception == "letter-became-number" and "`delta_0` = 3" in found.lines[0]
    assert "`delta_1` = -1" in card(formulas(3, -1), utils.conv1d_grad_input, on).lines[0]
    for value in (0, 1):  # rather left out than overwritten
        assert card(formulas(value, DELTA[1]), utils.conv1d_grad_input, on).misconception != "letter-became-number"
    x, (w_0, w_1) = list(sp.symbols("x_0:5")), sp.symbols("w_0:2")  # with stride 2, x_4 is read by no window
    one = card([2 * x[0] + w_1 * x[1], 2 * x[2] + w_1 * x[3]], utils.conv1d, case(x, [w_0, w_1], stride=2))
    assert one.misconception == "letter-became-number" and "`w_0` = 2" in one.lines[0]
    wrong = [3 * WEIGHTS[0], *formulas(2, DELTA[1])[1:]]
    assert card(wrong, utils.conv1d_grad_input, on).misconception != "letter-became-number"


# ---- what is seen


def test_nothing_written_yet() -> None:
    found = card(lambda x, w: np.zeros((2, 3, 3, 2)), utils.conv2d, [case(X, W)])
    assert found.misconception == "nothing-written" and found.lines[0].startswith("Every number is still 0")
    ones = card(lambda x, w: np.ones((2, 3, 3, 2)), utils.conv2d, [case(X, W)])
    assert ones.misconception != "nothing-written"


PLACES, MINUS_ZERO = "How many places are there", "`a[p:-p]`"


@pytest.mark.parametrize(
    ("like", "on", "result", "words"),
    [
        (utils.conv2d, case(X, W), np.ones((2, 2, 3, 2)), PLACES),
        (utils.conv2d, case(draw((2, 4, 7, 2), 1), W), np.ones((2, 3, 3, 2)), "is the one along the rows"),
        (utils.conv2d, case(X, W), np.ones((2, 3, 3)), "3 axes where 4 should be"),
        (utils.conv2d_grad_bias, case(X), np.ones(5), ""),
        (utils.conv2d_grad_input, case(np.ones((2, 3, 3, 2)), W, X.shape), np.ones((2, 0, 0, 2)), MINUS_ZERO),
        (utils.conv2d_grad_input, case(np.ones((2, 3, 3, 2)), W, X.shape), np.ones((2, 4, 4, 2)), "`input_shape`"),
    ],
)
def test_a_question_about_a_shape_fits_what_is_wrong(like: Any, on: Any, result: Any, words: str) -> None:
    text = str(card(lambda *a, **k: result, like, [on], about=""))
    assert MINUS_ZERO not in text and PLACES not in text  # nothing is known of an operation of nobody
    found = card(lambda *a, **k: result, like, [on])
    if found.misconception is None:
        assert words in str(found)
        assert (PLACES in str(found)) == (words == PLACES) and "?" in str(found)


def test_what_is_seen_in_values() -> None:
    right = normalization.variance_grad
    on = [case(draw((4, 3), 1), draw((4, 3), 2), [2, 0.3, 1.5])]
    for change, words in [
        (lambda y: -y, "wrong sign"),
        (lambda y: 7 * y, "7 times"),
        (lambda y: y + 5, "5 too large"),
        (lambda y: y[::-1], "in other places"),
    ]:
        text = str(card(lambda *a, change=change: change(right(*a)), right, on, about=""))
        assert words in text and text.count("?") == 1
    assert "Only image 1" in str(card(lambda x: x * [[[0]], [[1]]], lambda x: 0 * x, [case(draw((2, 3, 3), 1))]))


def test_among_several_results_only_the_wrong_one_is_spoken_of() -> None:
    def two(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x + 1, x * 2

    text = str(card(lambda x: (x + 1, x * x), two, [case([3.0, 4, 5])]))
    assert "part 2 of 2" in text and "The others are right." in text
    both = str(card(lambda x: (x, x), two, [case([3.0, 4, 5])]))
    assert "The others" not in both
    on = case(draw((4, 2), 1), draw((4, 2), 2), [2, -3])
    grads = lambda g, x, gamma, eps=1e-5: (*utils.batch_norm_grad(g, x, gamma, eps)[:2], np.array([71.0, 72]))  # noqa: E731
    assert "part 3 of 3, `dbeta`" in str(card(grads, utils.batch_norm_grad, [on]))


def test_a_changed_argument_is_told_beside_wrong_values() -> None:
    def spoils(x: np.ndarray) -> np.ndarray:
        x *= 2
        return x + x.sum() ** 2

    assert "It also changed one of its arguments" in str(card(spoils, lambda x: x + 1, [case([1, 2, 4])]))


def test_the_diagnosis_is_said_first_and_the_question_last() -> None:
    flipped = card(lambda x, w: utils.true_convolution(x, w), utils.conv2d, [case(X, W)])
    assert flipped.misconception and "target" not in flipped.lines[0] and "answer(" not in flipped.lines[0]
    assert flipped.lines[-2].endswith("?") and len(flipped.lines) <= 10


def test_a_long_formula_is_not_cut() -> None:
    letters = sp.symbols("a0:30")
    long = sum(a**2 for a in letters)
    found = card(long, lambda v: sum(v), case(list(letters)))
    assert all(str(a) in str(found) for a in letters)


@pytest.mark.parametrize(("kind", "shown"), [("none", False), ("exception", False), ("flipped-forward", True)])
def test_only_a_mistake_is_called_a_mistake_on_the_card(kind: str, shown: bool) -> None:
    class Result:
        message = f"Failure: It is wrong.\n[mistake: {kind}]"

        class test_case:
            failure_message = "A title"

    assert ("mistake:" in _remark(Result())) is shown


def test_formulas_are_told_what_is_wrong_with_their_letters() -> None:
    delta_0, delta_1, x_0, x_1 = sp.symbols("delta_0:2 x_0:2")
    on = case([delta_0, delta_1], list(sp.symbols("w_0:3")), 4)
    foreign = card([delta_0 * x_0, delta_0 * x_1, x_0, 1], utils.conv1d_grad_input, on)
    assert "contains x_0, x_1, on which" in str(foreign)
    quoted = card(["delta_0 * w_0", "0", "0", "0"], utils.conv1d_grad_input, on)
    assert "without quotes" in str(quoted)
    word = card((x_0, x_1), lambda x: "bij", case(1), about="")
    assert "a text is expected, in quotes" in str(word)


def test_a_shape_is_not_told_by_an_argument_that_the_question_calls_otherwise() -> None:
    short = card(lambda grad_output, w, n: np.zeros(n + 1), utils.conv1d_grad_input, case([3, -1], [1, 3, -2], 4))
    assert "input_shape" not in str(short)


def test_of_a_test_that_asserts_the_card_shows_its_sentence_and_not_its_line() -> None:
    message = (
        "Error at line 28 in test q1:\n\tassert right >= 350, 'You read 37.'\nAssertionError: You read 37.\nAnd now?"
    )
    row = SimpleNamespace(message=message, test_case=SimpleNamespace(failure_message="At least 350"))
    assert "You read 37." in _remark(row) and "And now?" in _remark(row)
    assert "assert" not in _remark(row).lower()


def test_who_types_a_text_is_asked_for_a_list_and_not_for_an_array() -> None:
    assert "is a text; a list is expected" in str(card("1 and 3", utils.conv1d, case([2, 1, 0], [1, 0])))
