"""Practice as a student meets it: fresh numbers, harder and easier, and what went wrong comes back."""

import json
import random
from pathlib import Path

import pytest

import utils
from autograder.course import Course
from utils.notebook.practice import BACK_AFTER, Pool, Practice, Record, parse

COURSE = Course.find()
RECIPE = {"draw": {"n": "5..90", "k": "2..9"}, "ask": "{k} on {n}?", "about": "output_size", "case": "n, k"}


def pools(levels: tuple[int, ...] = (1, 2, 3)) -> list[Pool]:
    numbers = json.dumps([[[k, n], n - k + 1] for n in range(20, 40) for k in (2, 3)])  # by name: k, n
    about = {"part": "", "practice": {"recipe": RECIPE, "variants": numbers}}
    return [Pool.of(f"q{i}", {**about, "practice": {**about["practice"], "level": i}}) for i in levels]


def test_two_right_answers_make_it_harder_and_a_wrong_one_easier() -> None:
    practice = Practice(pools(), chance=random.Random(1))
    assert practice.pool.level == 1
    for level in (1, 2, 2, 3):
        assert practice.answer(practice.right)
        assert practice.next().pool.level == level
    assert not practice.answer(practice.right + 1)
    assert practice.next().pool.level == 2


def test_a_mistake_comes_back_with_other_numbers() -> None:
    practice = Practice(pools((1,)) + pools((2, 3)), chance=random.Random(2))
    practice.record.level = 3
    practice.next()
    assert practice.pool.question == "q3"
    first, asked = practice.numbers, practice.record.asked
    practice.answer(0)
    seen = []
    for _ in range(max(BACK_AFTER)):
        practice.next()
        seen.append((practice.record.asked - asked, practice.pool.question, practice.numbers))
    back = [numbers for after, question, numbers in seen if question == "q3" and after > min(BACK_AFTER)]
    assert back and first not in back


def test_only_the_first_try_counts_and_the_mistake_is_named() -> None:
    practice = Practice(pools((1,)), chance=random.Random(3))
    n, k = practice.numbers["n"], practice.numbers["k"]
    right, lines = practice.judge(n - k)
    assert not right and "window" in lines[0] and lines[-1].endswith("?")
    assert practice.judge(n - k + 1)[0] and practice.record.right == 0
    assert practice.judge_text("twelve") == ["Write numbers only, such as 12, or 3, -4, 1/2, or [[1, 0], [2, 1]]."]
    assert practice.line == "1 asked · 0 right at once · level 1 of 1 · 1 comes back"


def test_no_numbers_come_twice_before_all_have_come() -> None:
    practice = Practice(pools((1,)), chance=random.Random(4))
    asked = [str(practice.numbers)] + [str(practice.next().numbers) for _ in range(39)]
    assert len(set(asked)) == 40
    practice.next()  # and then they begin again


def test_what_was_done_is_kept_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / ".p.practice.json"
    practice = Practice(pools(), file, random.Random(5))
    practice.answer(practice.right)
    again = Practice(pools(), file)
    assert again.record.right == 1 and again.record.asked == 2
    for broken in ("", "[]", '{"asked": []', '{"color": 3}'):
        file.write_text(broken)
        assert Record.load(file) == Record()


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), (" -3 ", -3), ("3, -4, 1/2", [3, -4, 0.5]), ("[[1, 0], [2, 1]]", [[1, 0], [2, 1]]), ("(5+1)*2", 12)],
)
def test_what_is_typed_is_read(text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    "text", ["", "x", "__import__('os')", "1/0", "[1, ", "9**9**9", "'3'", "True and 1", "(" * 999]
)
def test_what_is_no_number_is_said_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="Write numbers only"):
        parse(text)


def test_practice_is_found_by_its_topic() -> None:
    practice = utils.practice("dimensions", seed=1)
    assert repr(practice) == repr(utils.practice("p1_dimensions", seed=1)) and practice.answer(practice.right)
    assert utils.practice("q1a_iv").pool.question == "q1a_iv"
    with pytest.raises(ValueError, match="topic is 'cooking'; there is practice for 'dimensions'"):
        utils.practice("cooking")
    with pytest.raises(TypeError, match="topic is 3"):
        utils.practice(3)


def test_every_kept_answer_is_right_and_every_variant_is_its_own() -> None:
    """All numbers of all notebooks, against the operations themselves."""
    count = questions = 0
    for notebook in sorted(COURSE.notebooks.glob("*.ipynb")):
        about = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["lesson"]["questions"]
        for name, said in about.items():
            if "practice" not in said:
                continue
            pool = Pool.of(name, said)
            questions, count = questions + 1, count + len(pool.variants)
            assert len({str(numbers) for numbers, _ in pool.variants}) == len(pool.variants) >= 200
            for numbers, right in pool.variants[::10]:
                assert pool.recipe.right(pool.recipe.on(numbers)) == right
                assert "{" not in pool.recipe.text(numbers).replace("pmatrix}", "").replace(r"\begin{", "").replace(
                    r"\end{", ""
                )
    assert questions >= 9 and count == 200 * questions
