"""Write a failed trial as a tutor would say it; in hidden tests without case, values or expected shape."""

import builtins
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .cases import Case
from .compare import Difference, Tolerance, _close
from .failure import MAX_WIDTH, Failure
from .hints import hint_for
from .picture import call_text, picture
from .table import Misconception
from .trial import Trial

_SLIDING = ("conv", "pool", "im2col", "col2im", "window", "marks", "chain", "layer")  # operations with a window
_HIDDEN_WORDS = {
    "type": "returned the wrong type",
    "shape": "gave the wrong shape",
    "values": "gave the right shape, but wrong values",
    "none": "returned nothing (None)",
    "mutation": "changed its input",
    "float32": "does not work for float32 data",
}


class Reporter:
    """Knows how to name one answer; each method makes a `Failure` ready to raise."""

    def __init__(self, name: str, about: str, like: Callable, *, hidden: bool, typed: bool) -> None:
        self.name, self.about, self.like, self.hidden, self.typed = name, about, like, hidden, typed

    def unanswered(self) -> Failure:
        """Nothing written yet."""
        name = f"`{self.name}`" if self.name != "Your answer" else "This question"
        lines = [
            f"{name} has no answer yet.",
            "Replace the `...` in the cell above, run that cell, then check again.",
        ]
        return Failure("unanswered", lines)

    def failure(self, kind: str, shown: Case | None, what: str, *more: str) -> Failure:
        """One headline about one call, and further lines."""
        return Failure(kind, [*self._headline(shown, what), *more])

    def float32(self, shown: Case, what: str, why: str) -> Failure:
        """The run at float32 failed."""
        asks = "Which line makes an array without saying its dtype? (x.dtype is at hand.)"
        if self.hidden:
            return Failure("float32", [f"{self.name} {_HIDDEN_WORDS['float32']} in a hidden test: it {what}.", asks])
        return self.failure("float32", shown, f"{what} {why}", asks)

    def of(self, trial: Trial, found: Misconception | None, tolerance: Tolerance) -> Failure:
        """The failure of one trial, with the misconception that explains it where one was found."""
        difference = trial.difference
        assert difference is not None
        if difference.kind == "used-utils":
            return self._used(difference.what)
        if difference.kind == "unanswered":
            return self.unanswered()
        if difference.kind == "exception":
            return self._exception(trial)
        if difference.kind == "mutation":
            return self._mutation(trial, difference.what)
        remark = [found.says, found.asks] if found else self._remark(difference)
        if self.hidden:
            words = "is not right" if self.typed else f"{_HIDDEN_WORDS[difference.kind]} in a hidden test"
            lines = [f"{self.name} {words}.", *(remark if found or difference.kind == "none" else [])]
            return Failure(difference.kind, lines, found.name if found else None)
        drawn = self._picture(trial, difference, tolerance)
        stars = " (* marks them)" if drawn and difference.kind == "values" else ""
        what = difference.what.replace("wrong values.", f"wrong values{stars}.")
        if trial.symbolic is not None and difference.kind == "values" and np.ndim(difference.yours) == 0:
            what = trial.problem or f"is {trial.symbolic}, which is not right."
        head = self._headline(None if self.typed else trial.shown, what)
        return Failure(difference.kind, [*head, *drawn, *remark], found.name if found else None)

    def _remark(self, difference: Difference) -> list[str]:
        if difference.hint:
            return [difference.hint]
        if difference.kind == "none":
            return ["Either it has no answer yet, or its `return` line is missing. Which name holds your result?"]
        if difference.kind == "shape" and not self.typed:
            if any(word in self.about for word in _SLIDING):
                return ["How many places are there for the window along each axis? Count them on paper for this call."]
            return ["Print the `.shape` after each of your lines. Which line is the first that surprises you?"]
        if difference.kind == "values" and not self.typed:
            if np.ndim(difference.yours) == 0:
                return ["Do it on paper for this call. Which step of your code is the first that gives another number?"]
            return ["Take the entry with the star: which of the arguments should it be made of, and how?"]
        return []

    def _picture(self, trial: Trial, difference: Difference, tolerance: Tolerance) -> list[str]:
        if difference.kind != "values" or trial.problem or np.ndim(difference.yours) == 0:
            return []
        yours, target = np.asarray(difference.yours), np.asarray(difference.target)
        if yours.shape != target.shape or target.dtype.kind not in "biufc":
            return []
        wrong = ~_close(yours, target, tolerance)
        if trial.symbolic is not None:
            yours = _entries(trial.symbolic, yours)
        show = not self.typed and trial.symbolic is None
        return picture(yours, target, wrong, kernel=self.about.endswith("grad_weight"), show_target=show)

    def _used(self, used: str) -> Failure:
        lines = [
            f"{self.name} calls utils.{used.replace(', ', ', utils.')}, which is what this question asks you to write.",
            "Calling it shows that you know where the answer is; writing it shows that you know why.",
            "Which loops or array operations does it stand for?",
        ]
        return Failure("used-utils", lines)

    def _exception(self, trial: Trial) -> Failure:
        error = trial.outcome and trial.outcome.error
        assert error
        kind = error.type if isinstance(getattr(builtins, error.type, None), type) or not self.hidden else "an error"
        where = f"  line {error.line} of your cell" if error.line else ""
        where += f":  {error.source}" if where and error.source and not self.hidden else ""
        says, asks = hint_for(error.message)
        if self.hidden:
            return Failure("exception", [f"{self.name} raised {kind} in a hidden test.", where, says, asks])
        return self.failure("exception", trial.shown, f"raised {kind}: {error.message}", where, says, asks)

    def _mutation(self, trial: Trial, changed: str) -> Failure:
        labels = ", ".join(self._argument(label) for label in changed.split(", "))
        asks = "Which line writes into it (`x += ...`, `x[...] = ...`, a view), and where would a copy help?"
        if self.hidden:
            return Failure("mutation", [f"{self.name} changed its argument {labels} in a hidden test.", asks])
        return self.failure("mutation", trial.shown, f"is right, but it changed its argument {labels}.", asks)

    def _argument(self, label: str) -> str:
        names = self._parameters()
        return f"`{names[int(label) - 1]}`" if label.isdigit() and int(label) <= len(names) else label

    def _parameters(self) -> list[str]:
        try:
            return list(inspect.signature(self.like).parameters)
        except (TypeError, ValueError):
            return []

    def _headline(self, shown: Case | None, what: str) -> list[str]:
        if shown is None:
            return [f"{self.name} {what}"]
        names = self._parameters()
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
        call = f"{self.name}({', '.join(texts)})"
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
