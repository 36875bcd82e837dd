"""Moodle's XML: for each question of the quiz a category with its versions, from which Moodle draws one at random.

A wrong answer that a known mistake gives is an answer of its own, worth nothing, whose feedback says the mistake.
https://docs.moodle.org/en/Moodle_XML_format
"""

from collections import Counter
from collections.abc import Sequence
from html import escape
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .learning import MARGIN, asked, html
from .versions import Item, Version, Wrong
from .written import flat, is_number, on_paper, spellings

FEW = 16  # spellings of each wrong answer


def quiz_xml(title: str, note: str, versions: Sequence[Version]) -> bytes:
    """The file to import into the question bank. `note`: what holds for all questions, told before the first."""
    quiz = Element("quiz")
    if note:
        _category(quiz, _path(title))
        told = SubElement(quiz, "question", type="description")
        _text(SubElement(told, "name"), "What holds for all questions")
        _text(SubElement(told, "questiontext", format="html"), html(note, _formula))
    digits = len(str(len(versions[0].items)))  # Moodle sorts by name
    for items in zip(*(version.items for version in versions), strict=True):
        _category(quiz, f"{_path(title)}/{items[0].number:0{digits}} · {_path(items[0].question.title)}")
        for item in items:
            _question(quiz, item)
    indent(quiz)
    return tostring(quiz, encoding="utf-8", xml_declaration=True)


def _category(quiz: Element, path: str) -> None:
    """Where what follows is put."""
    _text(SubElement(SubElement(quiz, "question", type="category"), "category"), f"$course$/top/{path}")


def _question(quiz: Element, item: Item) -> None:
    one = SubElement(quiz, "question", type=_kind(item))
    _text(SubElement(one, "name"), f"{item.question.name} · version {item.version}")
    _text(SubElement(one, "questiontext", format="html"), html(asked(item), _formula))
    SubElement(one, "defaultgrade").text = str(item.points)
    SubElement(one, "penalty").text = "0"
    if item.choices:
        SubElement(one, "single").text = "true"
        SubElement(one, "shuffleanswers").text = "true"
        SubElement(one, "answernumbering").text = "ABCD"
        for value, wrong in zip(item.choices, item.offered.values(), strict=True):
            _answer(one, html(on_paper(value), _formula), wrong, form="html")
        return
    if _kind(item) == "truefalse":
        for value in (True, False):
            _answer(one, str(value).lower(), None if value == item.right else next(iter(item.wrong), NAMELESS))
        return
    if _kind(item) == "shortanswer":
        SubElement(one, "usecase").text = "0"
    answers = [(item.right, None), *((value, wrong) for wrong in item.wrong for value in (wrong.value, *wrong.also))]
    if _kind(item) == "numerical":
        for value, wrong in answers:
            if is_number(value):
                answer = _answer(one, repr(value), wrong)
                SubElement(answer, "tolerance").text = "0" if isinstance(value, int) else f"{MARGIN}"
        return
    typed = [(spelling, wrong) for value, wrong in answers for spelling in spellings(value)[: FEW if wrong else None]]
    often = Counter(spelling for spelling, _ in typed)  # rounded, two wrong answers may look alike
    for spelling, wrong in typed:
        if wrong is None or often[spelling] == 1:
            _answer(one, spelling.replace("*", r"\*"), wrong)  # a bare * stands for any text


NAMELESS = Wrong("", None, "", "")  # a wrong answer that no known mistake gives


def _kind(item: Item) -> str:
    if item.choices:
        return "multichoice"
    if isinstance(item.right, bool):
        return "truefalse"
    return "numerical" if is_number(item.right) and len(flat(item.right)) == 1 else "shortanswer"


def _answer(question: Element, text: str, wrong: Wrong | None, form: str = "moodle_auto_format") -> Element:
    answer = SubElement(question, "answer", fraction="0" if wrong else "100", format=form)
    _text(answer, text)
    said = html(f"{wrong.says} {wrong.asks}".strip(), _formula) if wrong else ""
    _text(SubElement(answer, "feedback", format="html"), said)
    return answer


def _formula(tex: str, display: bool) -> str:
    return rf"\[{escape(tex)}\]" if display else rf"\({escape(tex)}\)"


def _text(parent: Element, text: str) -> None:
    SubElement(parent, "text").text = text


def _path(name: str) -> str:
    """A name within a category's path, in which a slash is written twice."""
    return name.replace("/", "//")
