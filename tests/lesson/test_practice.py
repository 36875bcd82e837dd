"""Practice as a student meets it: fresh numbers, harder and easier, and what went wrong comes back."""

import ast
import json
import random
import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import utils
from autograder.build import practice as build
from autograder.build.fields import Fields
from autograder.build.info import Problem, QuestionInfo
from autograder.course import Course
from tests import masters
from utils.check import variants
from utils.check.variants import Recipe, key, pool
from utils.notebook.checker import praise
from utils.notebook.lesson import Lesson, LessonQuestion
from utils.notebook.practice import BACK_AFTER, Pool, Practice, Record
from utils.notebook.typed import parse

COURSE = Course.find()
RECIPE = {"draw": {"n": "5..90", "k": "2..9"}, "ask": "{k} on {n}?", "about": "output_size", "case": "n, k"}


def pools(levels: tuple[int, ...] = (1, 2, 3)) -> list[Pool]:
    numbers = json.dumps([[[k, n], n - k + 1] for n in range(20, 40) for k in (2, 3)])  # by name: k, n
    about = {"part": "", "practice": {"recipe": RECIPE, "variants": numbers}}
    return [Pool.of(f"q{i}", {**about, "practice": {**about["practice"], "level": i}}) for i in levels]


def test_two_right_answers_make_it_harder_and_a_wrong_one_easier() -> None:
    many = [replace(pool, question=f"{pool.question}{name}") for pool in pools() for name in "abc"]
    practice = Practice(many, chance=random.Random(1))
    assert practice.pool.level == 1
    for level in (1, 2, 2, 3):
        assert practice.answer(practice.right)
        assert practice.next().pool.level == level
    assert not practice.answer(practice.right + 1)
    assert practice.next().pool.level == 2


def test_the_one_question_of_a_level_is_not_asked_twice_in_a_row() -> None:
    easy, hard = pools((1, 2))
    practice = Practice([*(replace(easy, question=name) for name in "abc"), hard], chance=random.Random(3))
    practice.record.level = 2
    asked = [(practice.answer(practice.right), practice.next().pool.question)[1] for _ in range(30)]
    hard_ones = [at for at, question in enumerate(asked) if question == "q2"]
    assert len(hard_ones) == 10 and all(b - a == 3 for a, b in pairwise(hard_ones))
    assert {*asked} == {"a", "b", "c", "q2"}
    alone = Practice([hard], chance=random.Random(3))
    assert alone.next().pool.question == "q2"


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


def test_right_numbers_that_are_rounded_are_no_mistake_and_no_try() -> None:
    recipe = {"draw": {"x": "5 of -4..4"}, "ask": "{x}?", "about": "normalize_row", "case": "x, 1, 0"}
    variants = json.dumps([[[[2, 2, 1, -4, -2]], [11 / 12, 11 / 12, 0.5, -19 / 12, -0.75]]])
    practice = Practice([Pool.of("q", {"practice": {"recipe": recipe, "variants": variants, "level": 1}})])
    said = practice.judge_text("0.92, 0.92, 0.5, -1.58, -0.75")
    assert "rounded" in said[0] and "fraction" in said[1] and len(said) == 2
    assert practice.first and practice.line == "1 asked · 0 right at once · level 1 of 1"
    assert practice.judge_text("11/12, 11/12, 1/2, -19/12, -3/4")[0].startswith("✓") and practice.record.right == 1


def test_a_mistake_with_a_picture_is_drawn_until_the_next_answer() -> None:
    recipe = {"draw": {"x": "4 of -4..4", "w": "2 of -3..3"}, "ask": "{w} on {x}?", "about": "conv1d", "case": "x, w"}
    variants = json.dumps([[[[2, -1], [1, 4, -2, 3]], [-2, 10, -7]]])  # by name: w, x
    about = {"practice": {"recipe": recipe, "variants": variants, "level": 1}}
    practice = Practice([Pool.of("q", about)])
    said = practice.judge_text("7, -8, 8")  # w turned around
    assert any("turned around" in line for line in said), said
    (picture,) = practice.pictures()
    assert picture.name == "drawn" and picture.state["note"].startswith("Drawn for other numbers than yours")
    assert practice.judge_text("no number") and not practice.pictures()
    practice.judge_text("7, -8, 8")
    assert practice.pictures()
    assert practice.judge_text("-2, 10, -7")[0].startswith("✓") and not practice.pictures()


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
    [
        ("12", 12),
        (" -3 ", -3),
        ("−3, −1/2", [-3, -0.5]),
        ("3, -4, 1/2", [3, -4, 0.5]),
        ("[[1, 0], [2, 1]]", [[1, 0], [2, 1]]),
        ("(5+1)*2", 12),
        ("[-3 -2 -5]", [-3, -2, -5]),
        ("[[ 1. -2.]\n [ 0.5 4.]]", [[1, -2], [0.5, 4]]),
        ("[5 - 3, 1]", [2, 1]),
    ],
)
def test_what_is_typed_is_read(text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    "text", ["", "x", "__import__('os')", "1/0", "[1, ", "9**9**9", "'3'", "True and 1", "(" * 999]
)
def test_what_is_no_number_is_said_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="Write numbers only"):
        parse(text)


def test_formulas_in_letters_are_read_told_and_judged() -> None:
    w = {"draw": {"d": "2 letters", "w": "3 of 1..5"}, "ask": "${d}$", "about": "conv1d_grad_input", "case": "d, w, 4"}
    right = ["2*d_0", "3*d_0 + 2*d_1", "5*d_0 + 3*d_1", "5*d_1"]
    practice = Practice([Pool("q", "", 1, Recipe.of(w), [({"d": ["d_0", "d_1"], "w": [2, 3, 5]}, right)])])
    first, *rest = practice.judge_text("5*d0, 3*d_0 + 5*d1, 2*d0 + 3*d1, 2*d1")
    assert first == "You slid the filter over the deltas without turning it around."
    assert not any(line.startswith("Or:") for line in rest), "a filter in one row has no channels to exchange"
    assert "Where windows overlap" in practice.judge_text("2*d0, 2*d_1, 3*d1, 5*d1")[0]
    assert practice.judge_text("2 d0") == ["Write formulas in the letters d_0, d_1, such as 2*d_0 - d_1."]
    assert practice.judge_text("2*e0, 1, 1, 1") == practice.judge_text("2 d0") != practice.judge_text("d0")
    assert practice.judge_text("d0*2, d1 + d1 + 3*d0, 5*d0 + d1*3, 10*d1/2")[0].startswith("✓ Right")
    assert practice.judge_text(", ".join(right))[0].startswith("✓ Right")


def test_practice_is_found_by_its_topic() -> None:
    practice = utils.practice("dimensions", seed=1)
    assert repr(practice) == repr(utils.practice("p1_dimensions", seed=1)) and practice.answer(practice.right)
    assert utils.practice("q1a_iv").pool.question == "q1a_iv"
    with pytest.raises(ValueError, match="topic is 'cooking'; there is practice for 'dimensions'"):
        utils.practice("cooking")
    with pytest.raises(TypeError, match="topic is 3"):
        utils.practice(3)


def held() -> dict[str, list[Pool]]:
    """What the committed notebooks hold to practise."""
    found = {}
    for notebook in sorted(COURSE.notebooks.glob("*.ipynb")):
        about = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["lesson"]["questions"]
        found[notebook.stem] = [Pool.of(name, said) for name, said in about.items() if "practice" in said]
    return found


def typed(answer: Any) -> str:
    """An answer as one types it."""
    return json.dumps(answer).replace('"', "")


def test_every_kept_answer_is_right_and_every_variant_is_its_own() -> None:
    """All numbers of all notebooks, against the operations themselves."""
    found = [one for each in held().values() for one in each]
    assert len(found) >= 45
    for one in found:
        assert len({one.recipe.text(numbers) for numbers, _ in one.variants}) == len(one.variants) == 200
        for numbers, right in one.variants[::10]:
            assert one.recipe.letters or one.recipe.right(one.recipe.on(numbers)) == right
            left = re.sub(r"\\(begin|end)\{pmatrix\}|_\{\S+?\}", "", one.recipe.text(numbers))
            assert "{" not in left, left


def test_a_recipe_answers_the_question_as_its_master_does() -> None:
    """With the numbers that stand in the master, where its answer is one value."""
    tried = []
    for question in masters.questions().values():
        code = "\n".join(cell.source for cell in question.solution if cell.kind == "code")
        nodes = [node for node in ast.parse(code).body if isinstance(node, ast.Assign | ast.FunctionDef)]
        drawn = question.own.vary.get("draw", {})
        if drawn and question.own.numbers.keys() == drawn.keys() and len(nodes) == 1:
            recipe, (node,) = Recipe.of(question.own.vary), nodes
            assert isinstance(node, ast.Assign)
            answer = eval(compile(ast.Expression(node.value), question.name, "eval"))
            assert key(recipe.right(recipe.on(question.own.numbers))) == key(answer), question.name
            tried.append(question.name)
    assert {"q1a_i", "q1a_iv"} <= {*tried}


@pytest.mark.slow
def test_ten_thousand_answers_are_right_when_they_are_typed() -> None:
    """All that the notebooks hold: the build has drawn each so that every known mistake gives an answer of its own."""
    found = [one for each in held().values() for one in each]
    assert sum(len(one.variants) for one in found) >= 9_000
    for one in found:
        for numbers, right in one.variants:
            sitting = Practice([replace(one, variants=[(numbers, right)])])
            assert sitting.judge_text(typed(right))[-1].startswith("✓ Right"), (one.question, numbers)


@pytest.mark.slow
def test_numbers_drawn_anew_have_one_answer_each_and_every_mistake_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants, "SAMPLE", 10)  # the build tells mistakes apart by more
    for question in (q for q in masters.questions().values() if q.own.vary):
        one, asked = Pool(question.name, "", 1, Recipe.of(question.own.vary), []), set()
        for number, variant in enumerate(pool(one.recipe, 5, "other numbers")):
            asked.add(variant.text)
            said = [variant.right, *variant.wrong.values()]
            assert len({typed(v) if one.recipe.letters else key(v) for v in said}) == len(said), one.question
            sitting = Practice([replace(one, variants=[(variant.numbers, variant.right)])])
            if number % 10 == 0:
                for value in variant.wrong.values():
                    assert not sitting.judge_text(typed(value))[-1].startswith("✓"), f"{variant.text}: {value}"
        assert len(asked) == 5


def test_an_hour_without_a_question_that_comes_twice() -> None:
    """A student who answers one in five wrongly, in every notebook; the answers are typed."""
    for name, found in held().items():
        chance = random.Random(name)
        practice = Practice(found, chance=chance)
        asked: list[tuple[str, str]] = []
        for _ in range(60):
            asked.append((practice.pool.question, practice.text))
            if chance.random() < 0.2:
                assert not practice.judge_text("-99999")[-1].startswith("✓")
            assert practice.judge_text(typed(practice.right))[-1].startswith("✓ Right"), asked[-1]
            practice.next()
        assert len(set(asked)) == 60, name
        assert len({question for question, _ in asked}) == len(found), name


def test_every_core_question_that_is_typed_can_be_practised_or_says_why() -> None:
    for question in masters.questions().values():
        if question.own.path != "core" or question.manual or question.own.vary or question.own.unvaried:
            continue
        tree = ast.parse("\n".join(cell.source for cell in question.solution if cell.kind == "code"))
        typed = [node for node in tree.body if isinstance(node, ast.Assign)]
        assert not typed, f"{question.name} has neither `vary` nor `unvaried`"


def door(notebook: Path) -> str:
    """The cell that opens practice; it stands once, and not on paper."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    doors = [cell for cell in cells if "utils.practice(" in "".join(cell["source"])]
    assert len(doors) == 1 and {"otter_ignore", "screen"} <= {*doors[0]["metadata"]["tags"]}, notebook
    return "".join(doors[0]["source"])


def test_each_notebook_has_one_door_that_works_alone_and_is_not_on_paper() -> None:
    doors = {notebook.stem: door(notebook) for notebook in sorted(COURSE.notebooks.glob("*.ipynb"))}
    for name, source in doors.items():
        assert ast.literal_eval(source.split("utils.practice(")[1].strip(")\n")) in name
    source = doors["p8_recurrent"].replace("utils.practice(", "opened = utils.practice(")
    command = [sys.executable, "-c", f"{source}\nprint(opened)"]
    alone = subprocess.run(command, cwd=COURSE.notebooks, capture_output=True, text=True, timeout=120)
    assert "Answer with .answer(" in alone.stdout, alone.stderr


def test_a_new_problem_s_door_opens_before_there_is_a_committed_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is when the build runs its solution for the first time."""
    notebook = json.loads((COURSE.notebooks / "p1_dimensions.ipynb").read_text(encoding="utf-8"))
    notebook["metadata"]["otter"]["assignment_name"] = "p99_new"
    (tmp_path / "p99_new.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert utils.practice("new").pools


def test_what_was_drawn_is_kept_till_the_recipe_or_the_checker_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    master = masters.read(COURSE.master("p1"))
    question = next(q for q in master.questions if q.name == "q1a_ii")
    course: Any = SimpleNamespace(library=COURSE.library, dist=tmp_path)
    often: list[str] = []
    pool_of = variants.pool
    monkeypatch.setattr(variants, "pool", lambda *args: (often.append(args[0].where), pool_of(*args))[1])
    first = build.drawn(question, master, course)
    assert build.drawn(question, master, course) == first and often == ["k < n"]
    committed = next(pool for pool in held()["p1_dimensions"] if pool.question == "q1a_ii")
    assert Pool.of("q1a_ii", first).variants == committed.variants  # drawn anew, they are those of the notebook
    wider = replace(question, own=replace(question.own, vary={**question.own.vary, "where": "k < n - 1"}))
    build.drawn(wider, master, course)
    monkeypatch.setattr(variants, "fingerprint", lambda recipe: "another checker")
    build.drawn(wider, master, course)
    assert often == ["k < n", "k < n - 1", "k < n - 1"]


def test_the_build_says_how_much_there_is_and_why_not() -> None:
    own = [Fields(vary=RECIPE), Fields(), Fields(unvaried="it is a poem")]
    questions = tuple(QuestionInfo(f"q{i}", "", "", 1, False, one, ()) for i, one in enumerate(own))
    said = build.told([Problem("p", "", 3, questions)])
    assert said == "to practise: 1 question, each with 200 sets of numbers\n  not q2: it is a poem"
    assert build.told([]) == ""


def test_a_right_answer_leads_to_another_one() -> None:
    about = {"part": "1.a.i", "practice": {"level": 1}}
    lesson = Lesson("p", {"q1a_i": LessonQuestion("q1a_i", **about), "q1b": LessonQuestion("q1b")})
    assert "<code>utils.practice('q1a_i')</code>" in praise(lesson, "q1a_i")[1]
    assert "practice" not in praise(lesson, "q1b")[1]
