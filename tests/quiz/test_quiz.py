"""A quiz in versions, from a recipe to paper, to Moodle's XML and to Canvas's QTI."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pytest
from pdfua import validate

from autograder.__main__ import main
from autograder.build.info import QuestionInfo, load_problem
from autograder.course import Course
from autograder.errors import CommandError
from autograder.quiz.canvas import quiz_zip
from autograder.quiz.moodle import quiz_xml
from autograder.quiz.select import choose
from autograder.quiz.versions import TYPED, Version, versions
from autograder.quiz.written import flat, how_to_type, on_paper, spellings
from tests import masters
from utils.check.variants import Recipe, key

COURSE = Course.find()
WANTED = ["q1a_i", "q1b", "q1a_v"]


def questions(names: list[str]) -> list[QuestionInfo]:
    """As the build tells them, straight from the masters."""
    found = masters.questions()
    return [QuestionInfo(q.name, q.part, q.title, q.worth, q.manual, q.own, ()) for q in map(found.__getitem__, names)]


def made(count: int, seed: int = 7, choices: bool = False) -> list[Version]:
    return versions(COURSE, questions(WANTED), count, seed, [1, 2, 3], choices)


@pytest.fixture(scope="module")
def written() -> list[Version]:
    return made(3)


@pytest.fixture(scope="module")
def chosen() -> list[Version]:
    return made(3, choices=True)


@pytest.fixture(scope="module")
def printed(built: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("quiz")
    asked = ["quiz", "--questions", ",".join(WANTED), "--seed", "7", "--points", "1,2,3", "--out", str(out)]
    assert main([*asked, "--versions", "3"]) == 0
    assert main([*asked, "--versions", "3", "--choices", "--formats", "pdf", "--out", str(out / "choices")]) == 0
    return out


def words(pdf: Path) -> str:
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) reads the PDFs back, and it is not on this machine")
    said = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    return re.sub(r"\s+", " ", said.replace("−", "-"))


# --- numbers


def test_an_image_of_one_channel_is_not_pooled_over_its_channels() -> None:
    for version in versions(COURSE, questions(["q5b_i"]), 2, 7, [1], False):
        told = {wrong.mistake for item in version.items for wrong in item.wrong}
        assert "stride-one-default" in told and "pooled-over-channels" not in told


def test_each_version_asks_other_numbers_and_every_answer_is_right(written: list[Version]) -> None:
    assert [v.letter for v in written] == ["A", "B", "C"]
    for items in zip(*(v.items for v in written), strict=True):
        assert len({item.text for item in items}) == 3
        recipe = Recipe.of(items[0].question.own.vary)
        for item in items:
            assert len(item.wrong) > 4
            answers = [key(item.right), *(key(wrong.value) for wrong in item.wrong)]
            assert len(set(answers)) == len(answers)
            assert all(wrong.says.strip() for wrong in item.wrong)
            numbers = [int(n) for n in re.findall(r"-?\d+", item.text)]
            if recipe.about == "output_size":
                n, p, k, s = numbers
                assert item.right == (n + 2 * p - k) // s + 1
            elif recipe.about == "layer_shape":
                height, width, _, filters, k, _, _ = numbers
                assert item.right == [height - k + 1, width - k + 1, filters]
            else:
                w, x = numbers[:3], numbers[3:]
                assert item.right == [sum(a * b for a, b in zip(w, x[i:], strict=False)) for i in range(3)]


def test_what_the_master_expects_is_told_first(written: list[Version]) -> None:
    assert written[0].items[0].wrong[0].mistake == "flipped-forward"
    right = written[0].items[0]
    w, x = (list(map(int, one.split(","))) for one in re.findall(r"\(([^)]*)\)", right.text))
    turned = [sum(a * b for a, b in zip(w[::-1], x[i:], strict=False)) for i in range(3)]
    assert right.wrong[0].value == turned


def test_the_same_seed_gives_the_same_sheets_and_another_one_others(written: list[Version]) -> None:
    assert made(2) == written[:2]  # and a version more changes none of the others
    assert all(a.text != b.text for a, b in zip(made(1, seed=8)[0].items, written[0].items, strict=True))


def test_choices_are_the_right_answer_and_known_mistakes(chosen: list[Version]) -> None:
    for version in chosen:
        for item in version.items:
            assert 3 <= len(item.choices) <= 5 and len({str(c) for c in item.choices}) == len(item.choices)
            assert item.offered[item.letter] is None
            others = [wrong for wrong in item.offered.values() if wrong]
            assert len(others) == len(item.choices) - 1
            # nobody sees by its form alone which one is wrong
            assert all(len(flat(wrong.value)) == len(flat(item.right)) for wrong in others)
            assert all(isinstance(entry, int) for wrong in others for entry in flat(wrong.value))
    letters = [[item.letter for item in version.items] for version in chosen]
    assert len({str(one) for one in letters}) > 1


def test_all_numbers_of_a_mistake_are_told_one_may_make_it_in_several_ways() -> None:
    (version,) = versions(COURSE, questions(["q1d"]), 1, 7, [1], False)
    (item,) = version.items
    D, K, _, _, _, C = map(int, re.findall(r"\d+", item.text))
    one = next(wrong for wrong in item.wrong if wrong.mistake == "per-filter-not-total")
    assert {one.value, *one.also} == {K * K * C + D, K * K * C + 1, K * K * C}
    typed = {a.findtext("text") for a in ElementTree.fromstring(quiz_xml("Quiz", "", [version])).iter("answer")}
    assert {str(value) for value in (one.value, *one.also)} <= typed


def test_nobody_is_offered_zeros_only_where_there_is_something_else() -> None:
    (version,) = versions(COURSE, questions(["q3b_i"]), 1, 7, [1], True)
    (item,) = version.items
    assert len(item.choices) == 5 and ["0"] * 4 not in item.choices
    assert not any("/" in entry for choice in item.choices for entry in choice)  # all formulas look alike
    assert ["0"] * 4 in [wrong.value for wrong in item.wrong]  # there is such a mistake


def test_how_a_matrix_is_typed_in_a_cell_is_not_said_on_paper() -> None:
    said = "What are they, as a list of lists? Write them as a list of lists. Take $x$, as a list of numbers."
    assert TYPED.sub("", said) == "What are they? Take $x$, as a list of numbers."
    asked = [q for q in masters.questions().values() if "list of lists" in str(q.own.vary)]
    assert asked and all("list of lists" not in TYPED.sub("", q.own.vary["ask"]) for q in asked)


# --- paper


def test_a_sheet_for_each_version_and_one_key(printed: Path) -> None:
    pdfs = {"quiz-A.pdf", "quiz-B.pdf", "quiz-C.pdf", "key.pdf"}
    assert {f.name for f in printed.iterdir()} == pdfs | {"quiz.moodle.xml", "quiz.canvas.zip", "choices"}
    assert {f.name for f in (printed / "choices").iterdir()} == pdfs
    with pikepdf.open(printed / "quiz-B.pdf") as pdf:
        assert "/StructTreeRoot" in pdf.Root  # tagged
    for file in (*printed.glob("*.pdf"), *printed.glob("choices/*.pdf")):
        assert not validate(str(file)).findings, file.name
    said = words(printed / "quiz-B.pdf")
    assert "Name" in said and "Version B".lower() in said.lower() and "6 points" in said and COURSE.title in said


def test_no_sheet_says_an_answer(printed: Path, written: list[Version]) -> None:
    for version in written:
        said = words(printed / f"quiz-{version.letter}.pdf")
        for item in version.items:
            for value in (item.right, *(wrong.value for wrong in item.wrong)):
                shown = on_paper(value).strip("$")
                if isinstance(value, list) or len(shown) > 2:  # a small number may be one of the question's
                    assert shown.replace(" ", "") not in said.replace(" ", "")
            assert item.question.title not in said
            assert not any(wrong.mistake in said or wrong.says in said for wrong in item.wrong)


def test_the_key_says_right_and_wrong_answers_with_their_mistakes(printed: Path, written: list[Version]) -> None:
    said = words(printed / "key.pdf").replace(" ", "")
    for version in written:
        for item in version.items:
            assert f"Right:{on_paper(item.right).strip('$')}".replace(" ", "") in said
            for wrong in item.wrong:
                seen = [on_paper(value).strip("$").replace(" ", "") for value in (wrong.value, *wrong.also)]
                assert all(one in said for one in seen), wrong
                assert len(seen) > 1 or f"{seen[0]}{wrong.mistake}" in said, wrong  # more may go on in the next line


def test_the_key_calls_questions_as_the_sheets_of_the_course_do(printed: Path) -> None:
    said = words(printed / "key.pdf")
    assert all(f"· {question.part}" in said.split("Version A")[0] for question in questions(WANTED))
    assert not any(name in said for name in WANTED)


def test_a_version_of_the_key_begins_where_there_is_room_and_a_short_one_is_not_parted(printed: Path) -> None:
    words(printed / "key.pdf")  # skips where nothing reads PDFs
    out = printed / "choices" / "key.pdf"
    pages = subprocess.run(["pdftotext", out, "-"], capture_output=True, text=True, check=True).stdout.split("\f")
    begun = [next(n for n, page in enumerate(pages) if f"Version {letter}" in page) for letter in "ABC"]
    assert begun[0] == 0  # below the table of all right answers
    assert all(pages[at].count("Right:") % len(WANTED) == 0 for at in begun)


def test_with_choices_the_key_says_what_each_letter_means(printed: Path, chosen: list[Version]) -> None:
    for version in chosen:
        said = words(printed / "choices" / f"quiz-{version.letter}.pdf").replace(" ", "")
        told = words(printed / "choices" / "key.pdf").replace(" ", "")
        for item in version.items:
            for (letter, wrong), value in zip(item.offered.items(), item.choices, strict=True):
                shown = f"{letter}{on_paper(value).strip('$')}".replace(" ", "")
                assert shown in said
                assert f"{shown}{wrong.mistake if wrong else 'right'}" in told
            assert not any(wrong.mistake in said for wrong in item.wrong)


# --- how answers are written


@pytest.mark.parametrize(
    ("value", "paper", "typed"),
    [
        (12, "$12$", ["12"]),
        (-7 / 3, "$-7/3$", ["-7/3", "-2.333"]),
        (2.75, "$2.75$", ["2.75", "11/4"]),
        (-0.1, "$-0.1$", ["-0.1", "-1/10"]),
        ([1, 1 / 3], "$(1, 1/3)$", None),
        ([1 / 8, -1.75, 2], "$(1/8, -7/4, 2)$", None),
        (0.5**0.5, "$0.707107$", ["0.707107", "0.707"]),
        (31_234_567.5, "$31234567.5$", None),
        ([[1, 2], [3, 4]], r"$\begin{pmatrix}1 & 2 \\ 3 & 4\end{pmatrix}$", None),
        (["2*x - y", "-x"], r"$(2\,x - y, -x)$", None),
        (True, "True", None),
        ("n - k", "`n - k`", ["n - k"]),
    ],
)
def test_an_answer_is_written_as_one_writes_it(value: Any, paper: str, typed: list[str] | None) -> None:
    assert on_paper(value) == paper
    assert typed is None or spellings(value) == typed


def test_a_list_counts_in_the_ways_in_which_people_type_it() -> None:
    typed = spellings([1, 1 / 8])
    assert typed[0] == "1, 1/8" and len(set(typed)) == len(typed)
    assert {"1,1/8", "1 1/8", "1; 1/8", "1 , 1/8", "(1, 1/8)", "[1,1/8]", "(1 1/8)", "1, 0.125"} <= {*typed}
    typed = spellings([[1, -2], [3, 4]])
    assert {"1, -2, 3, 4", "[[1, -2], [3, 4]]", "[[1,-2],[3,4]]", "1, -2; 3, 4", "1 -2; 3 4"} <= {*typed}


def test_two_wrong_answers_that_look_alike_when_rounded_have_no_name_in_moodle(written: list[Version]) -> None:
    item, other = written[0].items[0], written[0].items[0].wrong[0]
    close = [replace(other, value=[1, v]) for v in (0.3334, 0.33344)] + [replace(other, value=[1, 0.7])]
    item = replace(item, right=[1, 0.25], wrong=tuple(close), choices=())
    tree = ElementTree.fromstring(quiz_xml("Quiz", "", [Version("A", (item,))]))
    texts = [a.findtext("text") for a in tree.iter("answer")]
    assert "1, 0.333" not in texts and "1, 0.7" in texts and "1, 0.25" in texts


def test_a_formula_counts_in_the_ways_in_which_people_type_it() -> None:
    typed = spellings(["2*x - y", "-x", "0"])
    assert typed[0] == "2*x - y, -x, 0" and len(set(typed)) == len(typed)
    assert {"2*x-y,-x,0", "2x - y, -x, 0", "2x-y, -x, 0", "-y + 2*x, -x, 0", "(-y+2x,-x,0)", "[2*x - y, -x, 0]"} <= {
        *typed
    }
    assert {"d1+2d0, d0", "2 d_0 + d_1, d_0"} <= {*spellings(["2*d_0 + d_1", "d_0"])}
    assert not {"2x - y, x, 0", "2*x + y, -x, 0", "y - 2*x, -x, 0"} & {*typed}


def test_how_to_type_is_said_where_it_is_not_plain() -> None:
    assert how_to_type(3) == ""
    assert "row by row" in how_to_type([[1, 2], [3, 4]]) and "fraction" not in how_to_type([1, 2])
    assert "`2*d_0 - d_1, 3*d_0`" in how_to_type(["d_0", "2*d_1", "0"])
    assert "2/3" in how_to_type([1, 1 / 3]) and "2/3" not in how_to_type([1, 0.5])


# --- Moodle

KINDS = {"numerical", "shortanswer", "multichoice", "truefalse"}
NOTE = "Indices count from $0$."


def test_moodle_reads_what_we_write(written: list[Version]) -> None:
    tree = ElementTree.fromstring(quiz_xml("Quiz 4/5", NOTE, written))
    assert tree.tag == "quiz"
    first, told, *rest = tree
    assert first.findtext("category/text") == "$course$/top/Quiz 4//5" and told.get("type") == "description"
    assert told.findtext("questiontext/text") == r"<p>Indices count from \(0\).</p>"
    asked = [one for one in rest if one.get("type") != "category"]
    categories = [one.findtext("category/text") for one in rest if one.get("type") == "category"]
    assert categories[0] == "$course$/top/Quiz 4//5/1 · Slide it by hand" and len(categories) == 3
    assert [one.get("type") == "category" for one in rest] == [True, False, False, False] * 3
    items = [item for column in zip(*(v.items for v in written), strict=True) for item in column]
    for one, item in zip(asked, items, strict=True):
        assert one.get("type") in KINDS and one.findtext("name/text") and one.findtext("defaultgrade")
        text = one.find("questiontext")
        assert text is not None and text.get("format") == "html" and "$" not in (text.findtext("text") or "$")
        answers = [(a.get("fraction"), a.findtext("text"), a.findtext("feedback/text")) for a in one.iter("answer")]
        assert {fraction for fraction, _, _ in answers} == {"100", "0"}
        assert len({text for _, text, _ in answers}) == len(answers)  # the first that fits counts
        assert all(bool(said) == (fraction == "0") for fraction, _, said in answers)
        if one.get("type") == "numerical":
            assert all(a.findtext("tolerance") for a in one.iter("answer"))
            assert [float(text or "nan") for fraction, text, _ in answers if fraction == "100"] == [item.right]
        else:
            assert one.findtext("usecase") == "0"
            assert [text for fraction, text, _ in answers if fraction == "100"] == spellings(item.right)


def test_moodle_multiple_choice_names_the_mistake_behind_each_choice(chosen: list[Version]) -> None:
    tree = ElementTree.fromstring(quiz_xml("Quiz", "", chosen))
    asked = [one for one in tree if one.get("type") != "category"]
    items = [item for column in zip(*(v.items for v in chosen), strict=True) for item in column]
    assert {one.get("type") for one in asked} == {"multichoice"}
    for one, item in zip(asked, items, strict=True):
        assert one.findtext("single") == "true" and one.findtext("answernumbering") == "ABCD"
        answers = list(one.iter("answer"))
        assert len(answers) == len(item.choices) and [a.get("fraction") for a in answers].count("100") == 1
        for answer, wrong in zip(answers, item.offered.values(), strict=True):
            said = answer.findtext("feedback/text") or ""
            assert (wrong is None) == (said == "")
            assert wrong is None or wrong.says.split("`")[0][:25] in said.replace("’", "'")


def test_a_star_in_an_answer_is_a_star_in_moodle(written: list[Version]) -> None:
    item = replace(written[0].items[0], right="n * k", wrong=(), choices=())
    tree = ElementTree.fromstring(quiz_xml("Quiz", "", [Version("A", (item,))]))
    assert [a.findtext("text") for a in tree.iter("answer")] == [r"n \* k"]


# --- Canvas

QTI = {"q": "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"}


def items_of(package: bytes) -> tuple[list[Any], list[Any]]:
    """The sections and questions of a package, found as its manifest says."""
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        manifest = ElementTree.fromstring(opened.read("imsmanifest.xml"))
        files = [e.get("href") for e in manifest.iter() if e.tag.endswith("}file")]
        assert set(files) <= set(opened.namelist()) and len(files) >= 2
        (assessment,) = [f for f in files if f and not f.endswith("assessment_meta.xml")]
        tree = ElementTree.fromstring(opened.read(str(assessment)))
    groups = [s for s in tree.iter(f"{{{QTI['q']}}}section") if s.get("ident") != "root_section"]
    return groups, [group.findall("q:item", QTI) for group in groups]


def field(item: Any, label: str) -> str:
    pairs = {
        f.findtext("q:fieldlabel", "", QTI): f.findtext("q:fieldentry", "", QTI)
        for f in item.iter(f"{{{QTI['q']}}}qtimetadatafield")
    }
    return pairs[label]


def test_canvas_picks_one_version_of_each_question(written: list[Version]) -> None:
    groups, found = items_of(quiz_zip("Quiz", NOTE, written))
    columns = list(zip(*(v.items for v in written), strict=True))
    assert [g.findtext(".//q:selection_number", "", QTI) for g in groups] == ["1"] * 3
    assert [g.findtext(".//q:points_per_item", "", QTI) for g in groups] == ["1", "2", "3"]
    for items, column in zip(found, columns, strict=True):
        assert len(items) == len(column) == 3
        for one, item in zip(items, column, strict=True):
            right = [v.text for v in one.iter(f"{{{QTI['q']}}}varequal")]
            if isinstance(item.right, list):
                assert field(one, "question_type") == "short_answer_question" and right == spellings(item.right)
            else:
                assert field(one, "question_type") == "numerical_question" and right == [str(item.right)]


def test_canvas_is_told_the_points_of_one_version_and_what_holds_for_all(written: list[Version]) -> None:
    with zipfile.ZipFile(io.BytesIO(quiz_zip("Quiz", NOTE, written))) as opened:
        (meta,) = [opened.read(name).decode() for name in opened.namelist() if name.endswith("assessment_meta.xml")]
    assert re.findall(r"<points_possible>([\d.]+)<", meta) == ["6.0", "6.0"]
    assert "Indices count from" in meta


def test_canvas_multiple_choice_has_one_right_answer_and_words_for_the_others(chosen: list[Version]) -> None:
    _, found = items_of(quiz_zip("Quiz", NOTE, chosen))
    columns = list(zip(*(v.items for v in chosen), strict=True))
    for items, column in zip(found, columns, strict=True):
        for one, item in zip(items, column, strict=True):
            assert field(one, "question_type") == "multiple_choice_question"
            labels = {r.get("ident"): "".join(r.itertext()) for r in one.iter(f"{{{QTI['q']}}}response_label")}
            assert len(labels) == len(item.choices)
            scored = [c for c in one.iter(f"{{{QTI['q']}}}respcondition") if c.find("q:setvar", QTI) is not None]
            (right,) = [c.findtext(".//q:varequal", "", QTI) for c in scored]
            assert on_paper(item.right).strip("$") in labels[right]
            said = [f for f in one.iter(f"{{{QTI['q']}}}itemfeedback")]
            assert len(said) == len(item.choices) - 1


# --- bad input, in a sentence


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--questions", "q9z"], "no question 'q9z'. With other numbers one can ask: q1a_i"),
        (["--questions", "q1a_iii"], "q1a_iii cannot be asked with other numbers"),
        (["--questions", "q1b,q1b"], "named twice"),
        (["--questions", "q1b", "--versions", "27"], "--versions is 27; expected 1 to 26"),
        (["--questions", "q1b", "--versions", "0"], "--versions is 0"),
        (["--questions", "q1b", "--formats", "word"], "--formats is 'word'"),
        (["--questions", "q1b", "--points", "1,2"], "--points is '1,2'"),
        (["--questions", "q1b", "--points", "0.5"], "--points is '0.5'; expected one whole number above 0."),
    ],
)
def test_bad_input_is_one_sentence(
    printed: Path, options: list[str], reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["quiz", *options, "--out", str(tmp_path / "new")]) == 1
    said = capsys.readouterr().err.strip()
    assert reason in said and "\n" not in said and not (tmp_path / "new").exists()


def test_a_refused_question_comes_with_those_that_can_be_asked(printed: Path) -> None:
    with pytest.raises(CommandError) as refused:
        choose(COURSE, ["q1a_iii"])
    said = str(refused.value)
    can = [q.name for q in load_problem(COURSE.built("p1_dimensions")).questions if q.own.vary]
    assert len(can) >= 9 and all(name in said for name in can)


def test_without_names_the_sections_questions_are_asked(printed: Path) -> None:
    found = [q.name for q in choose(COURSE, [])]
    assert found and set(found) <= set(COURSE.section.questions) and "q1b" in found


def test_without_a_mistake_there_is_nothing_to_choose_from(monkeypatch: pytest.MonkeyPatch) -> None:
    import utils.check.variants as tools

    real: Callable = tools.pool
    bare = lambda *a: [tools.Variant(v.recipe, v.numbers, v.right, {}) for v in real(*a)]  # noqa: E731
    monkeypatch.setattr(tools, "pool", bare)
    with pytest.raises(CommandError, match="q1a_i: no known mistake"):
        made(2, choices=True)


def test_a_choice_looks_like_an_answer_where_numbers_are_fractions_too() -> None:
    """Of a mean over windows some entries are whole and some not: that tells nobody anything."""
    (version,) = versions(COURSE, questions(["q5b_iii"]), 1, 7, [1], True)
    (item,) = version.items
    assert sum(len(flat(choice)) == len(flat(item.right)) for choice in item.choices) >= 4
