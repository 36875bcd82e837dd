"""A recipe draws numbers on which every known mistake shows, and says in a sentence when it cannot."""

import random
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.check.forks.mistakes import mistakes
from utils.check.variants import Recipe, RecipeError, _all_apart, is_pleasant, key, plain, pool

SIZES: dict[str, Any] = {
    "draw": {"n": "20..90", "k": "2..9"},
    "where": "k < n",
    "ask": "A filter of {k} on {n} numbers: how many numbers?",
    "about": "output_size",
    "case": "n, k",
}
SLIDE: dict[str, Any] = {
    "draw": {"x": "5 of -3..4", "w": "3 of -3..3"},
    "ask": "Slide ${w}$ along ${x}$.",
    "about": "conv1d",
    "case": "x, w",
}


def test_every_mistake_has_an_answer_of_its_own() -> None:
    found = pool(Recipe.of(SIZES), 50, "seed")
    assert len({str(v.numbers) for v in found}) == 50
    for one in found:
        assert one.right == one.numbers["n"] - one.numbers["k"] + 1
        assert len({one.right, *one.wrong.values()}) == 1 + len(one.wrong) and len(one.wrong) > 3
        spelled: dict[str, set] = {}
        for mistake in mistakes("output_size", [one.on], typed=True):
            if (said := key(plain(one.on.call(mistake.wrong)))) != key(one.right):
                spelled.setdefault(mistake.name, set()).add(said)
        assert all(not a & b for i, a in enumerate(spelled.values()) for b in list(spelled.values())[:i])


def test_of_what_a_mistake_gives_the_first_spelling_comes_first() -> None:
    assert _all_apart([("a", [5, 7, 5, 9])], 9) == {"a": [5, 7]}


def test_a_few_are_found_where_numbers_that_fit_are_rare() -> None:
    rare = {**SIZES, "draw": {**SIZES["draw"], "z": "1..40"}, "where": "z == 1 and n % 9 == 0 and k > 5"}
    assert len(pool(Recipe.of(rare), 4, "seed")) == 4


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, again, other = (pool(Recipe.of(SIZES), 20, seed) for seed in (3, 3, 4))
    assert first == again != other


def test_lists_are_set_as_mathematics_and_answers_are_pleasant() -> None:
    one = pool(Recipe.of(SLIDE), 1, 0)[0]
    x, w = one.numbers["x"], one.numbers["w"]
    assert one.text == f"Slide $({', '.join(map(str, w))})$ along $({', '.join(map(str, x))})$."
    assert one.right == np.correlate(x, w, "valid").tolist()
    matrix = Recipe.of({**SLIDE, "ask": "{x}", "about": "conv2d", "draw": {"x": "2x2 of 1..1", "w": "1x2 of 0..3"}})
    assert matrix.text({"x": [[1, 1], [1, 1]]}) == r"\begin{pmatrix}1 & 1 \\ 1 & 1\end{pmatrix}"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"about": "conv9d"}, "conv9d"),
        ({"ask": ""}, "lacks the key `ask`"),
        ({"wher": "True"}, "no key `wher`"),
        ({"draw": {"n": "many", "k": "2..3"}}, "n is 'many'; expected 3..9"),
        ({"where": "k < m"}, "NameError"),
        ({"draw": {"n": "5..6", "k": "2..3"}}, "200 are wanted"),
    ],
)
def test_what_is_wrong_with_a_recipe_is_one_sentence(change: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=r"`vary`|conv9d") as error:
        pool(Recipe.of({**SIZES, **change}), 200, 0)
    assert words in str(error.value) and "\n" not in str(error.value)


@settings(max_examples=50)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(-9, 0), st.integers(0, 9), st.integers())
def test_what_is_drawn_is_what_was_asked_for(rows: int, columns: int, low: int, high: int, seed: int) -> None:
    draw = {"r": [rows], "m": f"rx{columns} of {low}..{high}", "v": f"r of {low}..{high}", "t": "= 2 * r"}
    numbers = Recipe.of({**SLIDE, "draw": draw}).drawn(random.Random(seed))
    assert numbers is not None and numbers["t"] == 2 * rows
    assert np.shape(numbers["m"]) == (rows, columns) and np.shape(numbers["v"]) == (rows,)
    assert all(low <= v <= high for v in np.ravel(numbers["m"]))


def test_letters_make_formulas_that_say_the_same_as_the_operation() -> None:
    recipe = Recipe.of({**SLIDE, "draw": {"x": "4 letters", "w": "3 of -5..5"}, "ask": "${w}$ on ${x}$."})
    for one in pool(recipe, 30, 0):
        w = one.numbers["w"]
        assert one.text == f"$({w[0]}, {w[1]}, {w[2]})$ on $(x_0, x_1, x_2, x_3)$."
        said = [one.right, *one.wrong.values()]
        assert len(set(map(str, said))) == len(said)
        at = {"x_0": 2.0, "x_1": -3.0, "x_2": 0.5, "x_3": 7.0}
        there = [eval(formula, {}, at) for formula in one.right]
        assert there == pytest.approx(np.correlate(list(at.values()), w, "valid"))
        assert one.right == [str(sp.sympify(formula)) for formula in one.right]
    averaged = {str(one.wrong["window-averaged"]) for one in pool(recipe, 30, 0) if one.numbers["w"][0] % 3}
    assert averaged and all("/3*x_0" in formula for formula in averaged)


def test_what_one_writes_by_hand() -> None:
    assert is_pleasant(3) and is_pleasant([1 / 3, -2]) and is_pleasant([[0, 1], [0, 0]])
    assert not is_pleasant(0) and not is_pleasant([2, 2]) and not is_pleasant(2**0.5) and not is_pleasant(10**6)
    assert plain(np.array([1 / 3 + 1e-15, 2.0])) == [1 / 3, 2]
