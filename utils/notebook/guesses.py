"""Commit, then run: a cell reveals something only once there is a guess, and says what differs. Never graded."""

import html
from collections.abc import Iterable
from numbers import Number
from typing import Any

import numpy as np

from utils.notebook.words import card

FIRST = (
    "Commit first: in the cell above, write your guess in place of <code>...</code>, run it, then run this cell "
    "again. A guess costs nothing and is never graded."
)
_FIRST_GUESSES: dict[str, Any] = {}


def reveal(what: str, guess: Any, truth: Any, *, near: float = 0.0, choices: Iterable[str] = (), why: str = "") -> bool:
    """Whether there is a guess, so that the cell may go on to show what is so. Says how the two differ.

    what     what was guessed, in words; it begins the sentence: "the size of the output".
    truth    a number, True or False, a tuple or list of numbers, or one of `choices`.
    near     a number counts as right when it differs by at most this share: 0.1 for 10 %.
    choices  the texts that a guess may be; small and capital letters are the same.
    why      a sentence that follows the truth.
    """
    if guess is ... or guess is None:
        card("A guess comes first", f"<p>{FIRST}</p>", _plain(FIRST))
        return False
    choices = tuple(choices)
    if problem := _not_a_guess(guess, truth, choices):
        card("Not a guess yet", f"<p>{html.escape(problem)}</p>", problem)
        return False
    first = _FIRST_GUESSES.setdefault(what, guess)
    right = _agree(guess, truth, near)
    begin, true = f"{what[:1].upper()}{what[1:]}: ", f"{_show(truth)}."
    is_so = "The answer is" if isinstance(truth, str) else "It is"
    compared = "as you said, " if right else f"you said {_show(guess)}. {is_so} "
    differs = "" if right or not (more := _difference(guess, truth)) else f" {more}"
    if not _agree(first, guess, 0.0):
        differs += f" (Your first guess was {_show(first)}.)"
    why = f" {why}" if why else ""
    mark = "✓ " if right else "↔ "
    shown = f"{_own(mark)}{html.escape(begin)}{_own(compared)}{html.escape(true)}{_own(differs)}{html.escape(why)}"
    card("Your guess", f"<p>{shown}</p>", f"{begin}{compared}{true}{differs}{why}")
    return True


def _own(said: str) -> str:
    """What is said of a guess, and not of the truth: printed solutions leave it out, since nobody guessed."""
    return f'<span class="guessed">{html.escape(said)}</span>' if said else ""


def _not_a_guess(guess: Any, truth: Any, choices: tuple[str, ...]) -> str:
    if choices:
        if not isinstance(guess, str) or guess.casefold() not in {c.casefold() for c in choices}:
            return f"Choose one of these, in quotes: {', '.join(map(repr, choices))}."
    elif isinstance(truth, bool | np.bool_):
        if not isinstance(guess, bool | np.bool_):
            return "Write True or False."
    elif isinstance(truth, Number):
        if not isinstance(guess, Number) or isinstance(guess, bool):
            return "Write a number."
    elif isinstance(truth, tuple | list | np.ndarray):
        try:
            fits = np.shape(np.asarray(guess, dtype=float)) != ()
        except (TypeError, ValueError):
            fits = False
        if not fits:
            return "Write several numbers, such as (2, 3)."
    return ""


def _agree(guess: Any, truth: Any, near: float) -> bool:
    if isinstance(guess, str) and isinstance(truth, str):
        return guess.casefold() == truth.casefold()
    if isinstance(guess, str) or isinstance(truth, str):
        return False
    if np.shape(guess) != np.shape(truth):
        return False
    return bool(
        np.all(np.abs(np.subtract(guess, truth, dtype=float)) <= near * np.abs(np.asarray(truth, float)) + 1e-9)
    )


def _difference(guess: Any, truth: Any) -> str:
    """One more sentence, where the size of the mistake says something."""
    if isinstance(truth, Number) and not isinstance(truth, bool | np.bool_):
        more = float(guess) - float(truth)  # type: ignore[arg-type]
        if not float(truth).is_integer():  # type: ignore[arg-type]
            return ""
        return f"Your guess was {_show(abs(more))} too {'high' if more > 0 else 'low'}."
    if isinstance(truth, tuple | list | np.ndarray):
        if np.shape(guess) != np.shape(truth):
            return f"That is {np.size(guess)} numbers in the place of {np.size(truth)}."
        wrong = int(np.sum(np.abs(np.subtract(guess, truth, dtype=float)) > 1e-9))
        return f"{wrong} of {np.size(truth)} numbers differ."
    return ""


def _show(value: Any) -> str:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, Number):
        return f"{value:,}" if isinstance(value, int | np.integer) else f"{float(value):.4g}"  # type: ignore[arg-type]
    if isinstance(value, tuple | list):
        inside = ", ".join(map(_show, value))
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    return str(value)


def _plain(text: str) -> str:
    return text.replace("<code>", "").replace("</code>", "")
