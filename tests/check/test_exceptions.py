"""Exceptions: the card names the cause that words, line and call tell; that of a hidden test holds no number."""

import re
from typing import Any

import numpy as np
import pytest

import utils
from utils.check import Failure, Outcome, StudentError, case, draw, expect
from utils.check.exceptions import cause_of

X, W = draw((2, 4, 5, 2), 1), draw((2, 3, 2, 2), 2)
PLAIN, STRIDED, PADDED = case(X, W), case(X, W, stride=(1, 2)), case(X, W, padding=(1, 1))


def card(answer: Any, like: Any = utils.conv2d, on: Any = PLAIN, **options: Any) -> Failure:
    with pytest.raises(Failure) as caught:
        expect(answer, like=like, on=[on], float32=False, **options)
    return caught.value


def float_size(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return np.zeros((len(x), (x.shape[1] - w.shape[0]) / 1 + 1, 3, 2))


def float_index(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    place = np.zeros(2)
    return x[place[0]]


def float_range(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return [i for i in range(x.shape[1] / 2)]


def float_slice(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return x[0 : x.shape[1] / 2]


def float_list_index(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return [1, 2][4 / 2]  # type: ignore[call-overload]


def float_reshape(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return x.reshape(2, 80 / 2)


def float_pad(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return np.pad(x, 3 / 2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer", [float_size, float_index, float_range, float_slice, float_list_index, float_reshape, float_pad]
)
def test_a_float_where_an_int_is_needed(answer: Any) -> None:
    found = card(answer)
    assert found.kind == "exception" and "it got a float" in found.lines[0]
    assert any("comes from `/`" in line for line in found.lines)


def reshaped(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return x.reshape(4, 5, 3)


def skipped(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    if padding[0]:
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return padded  # pyright: ignore[reportPossiblyUnboundVariable]


def empty_window(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return x[:, 4:6].max(axis=1)


def minus_zero(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    p = padding[0]
    y = np.zeros_like(x)
    y[:] = np.zeros(x.shape)[:, p:-p, p:-p]
    return y


def past_the_edge(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return sum((x[0, i : i + 2, j : j + 3] * w[..., 0]).sum() for i in range(3) for j in range(4))


def turned_axes(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return w[:, :, 0, 0] * x[0, :3, :2, 0]


def products(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return x[0, :2, :2, :].reshape(1, -1) @ w.reshape(-1, 2)


def one_too_far(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return [x[0, i] for i in range(5)]


def channels_first(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return x[0, 0, 0, 4]


def misspelt(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return paddding  # type: ignore[name-defined] # noqa: F821


def no_imports(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return sp.Symbol("a")  # type: ignore[name-defined] # noqa: F821


def demanding(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    assert (x.shape[2] - w.shape[1]) % stride[1] == 0
    return utils.conv2d(x, w, stride=stride)


def of_two_pairs(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return np.pad(x, ((1, 1), (1, 1)))


def none_inside(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return bias + x


def called(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return x(0, 1)


def listed(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return x.tolist()[0, 1]


def single(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return x.shape[0][1]


def unpacked(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    b, c, d = x.shape
    return b + c + d


def truth(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return x if x > 0 else 0 * x


def old_function(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return np.product(x)  # type: ignore[attr-defined]


def whole(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    y = np.zeros(3, int)
    y += 0.5
    return y


def of_another_call(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    return np.concatenate()  # type: ignore[call-overload]


CAUSES = [
    (reshaped, PLAIN, "80 numbers meet shape (4,5,3), which has 60 places"),
    (skipped, PLAIN, "the line that sets it was skipped. It is `padded`; bias is None, padding is 0 here."),
    (empty_window, PLAIN, "a window is empty"),
    (minus_zero, PLAIN, "What does a slice such as `a[p:-p]` take when p is 0?"),
    (past_the_edge, PLAIN, "a slice is shorter than the window"),
    (turned_axes, PLAIN, "the same sizes in another order"),
    (products, PLAIN, "Here they have 8 and 12 entries"),
    (one_too_far, PLAIN, "Axis 1 has 4 entries, 0 to 3; entry 4 was asked for."),
    (channels_first, case(draw((1, 4, 5, 3), 1), draw((2, 2, 3, 6), 2)), "The channels are the last axis"),
    (misspelt, PLAIN, "It is `paddding`; there is a `padding`."),
    (no_imports, PLAIN, "was that cell run since the kernel started?"),
    (demanding, STRIDED, "assert` of your own refuses this call"),
    (demanding, case(X, W, stride=(1, 4)), "What should become of the pixels that are left over"),
    (of_two_pairs, PLAIN, "The array has 4 axes, and there are 2 pairs."),
    (none_inside, PLAIN, "A value is None here."),
    (called, PLAIN, "Parentheses call a function"),
    (listed, PLAIN, "A list or tuple stands where an array is needed"),
    (single, PLAIN, "A single number is used as if it were several."),
    (unpacked, PLAIN, "not as many axes as this line says"),
    (truth, PLAIN, "Several numbers stand where one is needed."),
    (old_function, PLAIN, "`numpy` has no `product`"),
    (whole, PLAIN, "whole numbers have no fractions"),
    (of_another_call, PLAIN, "It is `concatenate`."),
]


@pytest.mark.parametrize(("answer", "on", "words"), CAUSES, ids=[a.__name__ for a, _, _ in CAUSES])
def test_the_cause_is_named(answer: Any, on: Any, words: str) -> None:
    if answer is demanding and on is STRIDED:
        on = case(draw((2, 4, 5, 2), 1), draw((2, 2, 2, 2), 2), stride=(1, 2))
    found = card(answer, on=on, forbid=())
    assert found.kind == "exception" and words in " ".join(found.lines), str(found)
    assert sum(line.rstrip().endswith("?") for line in found.lines) == 1
    assert "raised" in str(found)


def test_a_call_with_other_arguments_than_the_question_has() -> None:
    def conv2d(image, kernel):
        return image

    assert "Does the first line of your `def`" in str(card(conv2d, on=STRIDED))


def test_the_diagnosis_comes_first_then_the_error_then_the_question() -> None:
    lines = card(reshaped).lines
    assert lines[0].startswith("reshape keeps every number")
    assert "raised ValueError" in lines[1] and lines[2].startswith("  line ") and lines[3].endswith("?")


@pytest.mark.parametrize("answer", [float_index, float_size, reshaped])
def test_an_answer_that_stops_is_not_unanswered(answer: Any) -> None:
    """NumPy's words about an index of floats speak of an ellipsis, too."""
    assert card(answer).kind == "exception"


def test_unfinished_answers() -> None:
    def half(x, w):
        y = ...
        return -y  # type: ignore[operator]

    def sized(x, w):
        return np.zeros(...)  # type: ignore[call-overload]

    def later(x, w):
        raise NotImplementedError

    def listed_dots(x, w):
        return np.array([1.0, ...], dtype=object)

    for answer in (half, sized, later, listed_dots):
        assert card(answer, like=lambda x, w: x[0, 0, 0]).kind == "unanswered"
    with pytest.raises(Failure, match="no answer yet"):
        expect((28, ..., 3), like=lambda: (28, 28, 3), on=case())


MESSAGES = [
    ("TypeError", "'numpy.float64' object cannot be interpreted as an integer"),
    ("IndexError", "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer arrays"),
    ("TypeError", "slice indices must be integers or None or have an __index__ method"),
    ("TypeError", "only integer scalar arrays can be converted to a scalar index"),
    ("UnboundLocalError", "local variable 'dx' referenced before assignment"),
    ("UnboundLocalError", "cannot access local variable 'dx' where it is not associated with a value"),
    ("ValueError", "attempt to get argmax of an empty sequence"),
    ("ValueError", "max() arg is an empty sequence"),
    ("ValueError", "zero-size array to reduction operation maximum which has no identity"),
    ("ValueError", "operands could not be broadcast together with shapes (2,3) (3,2) "),
    ("ValueError", "could not broadcast input array from shape (2,0) into shape (2,4)"),
    ("ValueError", "non-broadcastable output operand with shape (3,) doesn't match the broadcast shape (2,3)"),
    ("ValueError", "shapes (3,4) and (3,) not aligned: 4 (dim 1) != 3 (dim 0)"),
    ("ValueError", "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
     "(n?,k),(k,m?)->(n?,m?) (size 3 is different from 2)"),
    ("ValueError", "all the input array dimensions except for the concatenation axis must match exactly"),
    ("ValueError", "setting an array element with a sequence. The requested array has an inhomogeneous shape"),
    ("ValueError", "cannot reshape array of size 6 into shape (4,newaxis)"),
    ("ValueError", "axes don't match array"),
    ("AxisError", "axis 3 is out of bounds for array of dimension 3"),
    ("IndexError", "too many indices for array: array is 2-dimensional, but 3 were indexed"),
    ("IndexError", "tuple index out of range"),
    ("IndexError", "list index out of range"),
    ("IndexError", "boolean index did not match indexed array along axis 0; size of axis is 3 but of corresponding "
     "boolean axis is 2"),
    ("ValueError", "not enough values to unpack (expected 4, got 2)"),
    ("TypeError", "cannot unpack non-iterable int object"),
    ("TypeError", "'int' object is not iterable"),
    ("TypeError", "unsupported operand type(s) for -: 'list' and 'list'"),
    ("TypeError", "can't multiply sequence by non-int of type 'float'"),
    ("TypeError", "'tuple' object does not support item assignment"),
    ("AttributeError", "'list' object has no attribute 'shape'"),
    ("AttributeError", "'numpy.ndarray' object has no attribute 'push'"),
    ("AttributeError", "module 'numpy' has no attribute 'correlat'"),
    ("ValueError", "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"),
    ("ValueError", "negative dimensions are not allowed"),
    ("ValueError", "index can't contain negative values"),
    ("ValueError", "range() arg 3 must not be zero"),
    ("OverflowError", "math range error"),
    ("ZeroDivisionError", "division by zero"),
    ("RecursionError", "maximum recursion depth exceeded"),
    ("KeyError", "'w4'"),
    ("TypeError", "cannot determine truth value of Relational"),
    ("ValueError", "assignment destination is read-only"),
    ("ValueError", "need at least one array to concatenate"),
    ("OSError", "[Errno 30] Read-only file system"),
    ("PermissionError", "[Errno 1] Operation not permitted"),
    ("URLError", "<urlopen error [Errno -3] Temporary failure in name resolution>"),
    ("UFuncTypeError", "Cannot cast ufunc 'add' output from dtype('float64') to dtype('int64') with casting rule"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "message"), MESSAGES, ids=[m[:40] for _, m in MESSAGES])
def test_all_wordings_are_known(kind: str, message: str) -> None:
    cause = cause_of(StudentError(kind, message), frozenset({"f"}), {}, None)
    assert cause is not None and cause.says.endswith((".", ".)")) and cause.asks.endswith(("?", ".", ")"))
    assert "?" in cause.asks and max(map(len, (cause.says, cause.asks))) <= 140


class Raises:
    """A grader's stand-in whose answer raised."""

    def __init__(self, kind: str, message: str):
        self.error = StudentError(kind, message, 3, "secret = 71")

    def student_calls(self, calls: list, watch: tuple[str, ...]) -> list[Outcome]:
        return [Outcome(error=self.error) for _ in calls]


@pytest.mark.parametrize(("kind", "message"), MESSAGES, ids=[m[:40] for _, m in MESSAGES])
def test_a_hidden_card_holds_nothing_of_the_message_or_the_call(kind: str, message: str) -> None:
    marked = re.sub(r"\d+", "71", message).replace("'dx'", "'secret'").replace("'w4'", "'secret'")
    with pytest.raises(Failure) as caught:
        expect(Raises(kind, marked), like=utils.conv2d, on=[case(X + 71, W)], hidden=True)
    assert not re.search(r"71|secret|dx", str(caught.value)), str(caught.value)
    assert "?" in str(caught.value)
