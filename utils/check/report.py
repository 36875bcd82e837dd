"""Write a failed trial as a tutor would say it; in hidden tests without case, values or expected shape."""

import builtins
import inspect
from contextlib import suppress
from textwrap import wrap
from typing import Any

import numpy as np

from .cases import Case
from .compare import Difference, agree
from .diagnosis import Diagnosis
from .exceptions import Cause, cause_of
from .failure import MAX_LINES, MAX_WIDTH, Failure
from .operations import Windows
from .picture import call_text, picture
from .question import Question
from .seen import seen
from .sentences import hint, sentence
from .trial import Trial

LONG = 16  # letters of a formula that a small picture has room for
_LOOK = "Print what stands in this line just before it: which type and which shape does each part have?"
_HIDDEN_WORDS = {
    "type": "returned the wrong type",
    "shape": "gave the wrong shape",
    "values": "gave the right shape, but wrong values",
    "none": "returned nothing (None)",
}


def failure(question: Question, trial: Trial, found: Diagnosis | None) -> Failure:
    """What a failed trial is told, with the mistake that explains it where one was found."""
    difference = trial.difference
    assert difference is not None
    of_the_call = {"used-utils": _used, "exception": _exception, "mutation": _mutation}
    if difference.kind in of_the_call:
        return of_the_call[difference.kind](question, trial)
    if difference.kind == "unanswered":
        return unanswered(question)
    if found:
        says, asks, name, second = [found.says, *found.also], found.asks, found.name, found.second
    else:
        (says, asks, name), second = _remark(question, trial), ""
    if question.hidden:
        words = "is not right" if question.typed else f"{_HIDDEN_WORDS[difference.kind]} in a hidden test"
        remark = (says, [asks]) if found or difference.kind == "none" else ([], [])
        name = name if found else None
        return Failure(difference.kind, [*remark[0], f"{question.name} {words}.", *remark[1]], name, second)
    drawn = _picture(question, trial)
    results = question.operation.results if question.operation else ()
    what = sentence(difference, question.typed, results)
    if drawn and difference.kind == "values":
        what = what.replace("wrong values.", "wrong values (* marks them).")
    if difference.path and difference.parts[1] == 1 < difference.parts[0]:
        what += " The others are right."
    if trial.symbolic is not None and difference.reason == "number":
        what = "is not right:"
        drawn = _wrapped(str(trial.symbolic))
    head = _headline(question, None if question.typed else trial.shown, what)
    room = MAX_LINES - 1 - bool(second) - len([line for line in (*says, *head, asks) if line])
    body = [*head, *drawn[:room]]
    return Failure(difference.kind, [*says, *body, asks] if found else [*body, *says, asks], name, second)


def unanswered(question: Question) -> Failure:
    """Nothing written yet."""
    name = f"`{question.name}`" if question.name != "Your answer" else "This question"
    lines = [f"{name} has no answer yet.", "Replace the `...` in the cell above, run that cell, then check again."]
    return Failure("unanswered", lines)


def no_function(question: Question, difference: Difference) -> Failure:
    """A value where a function is asked for."""
    return Failure("type", [f"{question.name} {sentence(difference, typed=True)}"])


def float32(question: Question, single: Case, difference: Difference) -> Failure:
    """The run at float32 failed."""
    asks = "Which line makes an array without saying its dtype? (x.dtype is at hand.)"
    what, why = {
        "raised": (f"raised {difference.yours}", "when the data are float32."),
        "values": ("gives wrong values", "when the data are float32; float64 is right."),
        "dtype": (f"returned {difference.yours}", "for float32 data; a result keeps the dtype of its input."),
    }[difference.reason]
    if question.hidden:
        return Failure(
            "float32", [f"{question.name} does not work for float32 data in a hidden test: it {what}.", asks]
        )
    return Failure("float32", [*_headline(question, single, f"{what} {why}"), asks])


def _remark(question: Question, trial: Trial) -> tuple[list[str], str, str | None]:
    """What can be said where no known mistake explains the answer: what is seen, a question, a name if it has one."""
    assert trial.difference is not None
    found = seen(question, trial)
    return ([found.says], found.asks, found.name) if found else ([], hint(trial.difference, question.typed) or "", None)


def _picture(question: Question, trial: Trial) -> list[str]:
    difference = trial.difference
    if difference is None or difference.kind != "values" or np.ndim(difference.yours) == 0:
        return []
    yours, target = np.asarray(difference.yours), np.asarray(difference.target)
    if yours.shape != target.shape or target.dtype.kind not in "biufc":
        return []
    wrong = ~agree(yours, target, question.tolerance)
    if trial.symbolic is not None:
        yours = _entries(trial.symbolic, yours)
        if max(len(str(entry)) for entry in yours.ravel()) > LONG:
            places = [tuple(map(int, place)) for place in np.argwhere(wrong)]
            return [row for p in places for row in _wrapped(f"{', '.join(map(str, p))}: {yours[p]}")]
    kernel = question.operation is not None and question.operation.shaped_like == "kernel_shape"
    show = not question.typed and trial.symbolic is None
    return picture(yours, target, wrong, kernel=kernel, show_target=show)


def _wrapped(text: str) -> list[str]:
    """A formula over as many lines as it takes, so that it is not cut where it is wrong."""
    return wrap(text, MAX_WIDTH - 10, initial_indent="  ", subsequent_indent="    ")


def _used(question: Question, trial: Trial) -> Failure:
    assert trial.difference is not None
    used = ", utils.".join(trial.difference.names)
    lines = [
        f"{question.name} calls utils.{used}, which is what this question asks you to write.",
        "Calling it shows that you know where the answer is; writing it shows that you know why.",
        "Which loops or array operations does it stand for?",
    ]
    return Failure("used-utils", lines)


def _exception(question: Question, trial: Trial) -> Failure:
    error = trial.outcome and trial.outcome.error
    assert error
    cause = cause_of(error, frozenset({question.name, question.function}), *_call(question, trial)) or Cause("", _LOOK)
    where = f"  line {error.line} of your cell" if error.line else ""
    if question.hidden:
        kind = error.type if isinstance(getattr(builtins, error.type, None), type) else "an error"
        lines = [cause.says, f"{question.name} raised {kind} in a hidden test.", where, cause.asks]
        return Failure("exception", lines)
    where += f":  {error.source}" if where and error.source else ""
    head = _headline(question, trial.shown, f"raised {error.type}{': ' if error.message else '.'}{error.message}")
    says = [f"{cause.says} {cause.detail}".strip()]
    if len(says[0]) > MAX_WIDTH:
        says = [cause.says, cause.detail]
    return Failure("exception", [*says, *head, where, cause.asks])


def _call(question: Question, trial: Trial) -> tuple[dict[str, Any], Windows | None]:
    """The call's arguments by name and its windows, as far as they can be told."""
    with suppress(Exception):  # a remark must never break the verdict
        if question.operation:
            on = question.operands(trial.concrete)
            return question.operation.arguments(on), question.operation.windows(on)
    return {}, None


def _mutation(question: Question, trial: Trial) -> Failure:
    assert trial.difference is not None
    names = _parameters(question)
    labels = [f"`{names[int(n) - 1]}`" if n.isdigit() and int(n) <= len(names) else n for n in trial.difference.names]
    asks = "Which line writes into it (`x += ...`, `x[...] = ...`, a view), and where would a copy help?"
    if question.hidden:
        return Failure(
            "mutation", [f"{question.name} changed its argument {', '.join(labels)} in a hidden test.", asks]
        )
    head = _headline(question, trial.shown, f"is right, but it changed its argument {', '.join(labels)}.")
    return Failure("mutation", [*head, asks])


def _parameters(question: Question) -> list[str]:
    try:
        return list(inspect.signature(question.like).parameters)
    except (TypeError, ValueError):
        return []


def _headline(question: Question, shown: Case | None, what: str) -> list[str]:
    if shown is None:
        return [f"{question.name} {what}"]
    names = _parameters(question)
    labels = [names[i] if i < len(names) else f"argument {i + 1}" for i in range(len(shown.args))]
    pairs = [(label, value, False) for label, value in zip(labels, shown.args, strict=True)]
    pairs += [(label, value, True) for label, value in shown.kwargs.items()]
    texts, shapes = [], []
    for label, value, keyword in pairs:
        text = call_text(value)
        if text is None:
            text = label
            if not isinstance(value, dict):
                shapes.append(f"{label} of shape {np.shape(value)}")
        texts.append(f"{label}={text}" if keyword else text)
    call = f"{question.name}({', '.join(texts)})"
    if shapes and what.startswith("("):  # one of several results: "...: part 1 of 3 has ..."
        head, what = f"{call} with {', '.join(shapes)}:", what[1:].replace(")", "", 1)
    else:
        head = f"{call}{' with ' + ', '.join(shapes) + ',' if shapes else ''}"
    # a long call gets a line of its own: its end may be cut off, what is wrong with it may not
    return [f"{head} {what}"] if len(f"{head} {what}") <= MAX_WIDTH else [head, what]


def _entries(symbolic: Any, like: np.ndarray) -> np.ndarray:
    listed = symbolic.tolist() if hasattr(symbolic, "tolist") else symbolic
    entries = np.empty(like.shape, dtype=object)
    entries[...] = np.array(listed, dtype=object).reshape(like.shape)
    return entries
