"""The parts of printing, one by one."""

import json
import re
import time
from html import unescape
from pathlib import Path

import pytest

from autograder.__main__ import main
from autograder.course import Course
from autograder.errors import CommandError
from autograder.pdf import boxes, outputs, spoilers
from autograder.pdf.document import marked, part
from autograder.pdf.formulas import Formulas, convert
from autograder.pdf.macros import expanded
from autograder.pdf.markdown import _without_formulas, render
from autograder.pdf.notebook import PrintedCell, PrintedNotebook, read
from tests.pdf.notebooks import write
from utils.explore.widget import ASLEEP

COURSE = Course.find()


def found(source: str) -> list[tuple[str, bool]]:
    formulas = Formulas()
    render(source, formulas, "x", hints=True)
    return [(one.tex, one.display) for one in formulas.all]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a $x$ b", [("x", False)]),
        ("$x_1$ and $y_2$", [("x_1", False), ("y_2", False)]),
        ("$$x$$", [("x", True)]),
        ("$$\nx\n$$", [("x", True)]),
        (r"\begin{align}a&=b\end{align}", [(r"\begin{align}a&=b\end{align}", True)]),
        (r"\\(x\\) and \\[y\\]", [("x", False), ("y", True)]),
        ("costs $5 and $6", []),
        (r"costs \$5, $x$", [("x", False)]),
        ("`$x$` and ``a ` $y$``", []),
        ("```\n$x$\n```\n$y$", [("y", False)]),
        ("~~~python\n$x$\n~~~", []),
        ("| a | b |\n|---|---|\n| $|x|$ | $y$ |", [("|x|", False), ("y", False)]),
        ("<details><summary>Hint</summary>\n$x$\n</details>", [("x", False)]),
        ("$x\n\ny$", []),
        ("*$a_i$ and $b_i$*", [("a_i", False), ("b_i", False)]),
        (r"$\text{cost in \$}$", [(r"\text{cost in \$}", False)]),
    ],
)
def test_formulas_are_found_as_jupyterlab_finds_them(source: str, expected: list[tuple[str, bool]]) -> None:
    assert found(source) == expected


def test_minutes_points_and_what_can_wait_stand_in_the_margin() -> None:
    notebook = PrintedNotebook(Path("x"), "x", [], {"questions": {"q9b": {"part": "9.b", "points": 3}}})
    html = "<h2>9.b · Holes</h2>\n<p><em>◇ more</em></p>\n<h3>9.b · Put</h3>\n<p><em>◇ more · 6 minutes</em></p>"
    section, question = marked(html, notebook).split("\n")
    assert section == '<div class="headed"><aside>◇ more</aside><h2>9.b · Holes</h2></div>'
    assert "<aside>◇ more|6 minutes|3 points</aside><h3>" in question


@pytest.mark.parametrize("piece", [r"\begin{a}", r"\\[", r"\\(", "$", "$$", "`", "``` "])
def test_no_text_takes_long(piece: str) -> None:
    """Each piece opens something; a text of them must not be searched anew from each."""
    before = time.process_time()
    list(_without_formulas(piece * 100_000, lambda tex, display: ""))
    assert time.process_time() - before < 20


def test_hints_go_and_other_details_stay() -> None:
    source = (
        "<details><summary>Hint 1</summary>\n\none <details><summary>Hint 2</summary>\n\ntwo\n\n"
        "</details></details>\n\n<details><summary>More</summary>three</details>"
    )
    assert "one" not in render(source, Formulas(), "x", hints=False)
    assert "two" not in render(source, Formulas(), "x", hints=False)
    assert "three" in render(source, Formulas(), "x", hints=False)
    assert "two" in render(source, Formulas(), "x", hints=True)


def test_words_for_a_page_without_python_are_not_printed() -> None:
    output = {"output_type": "display_data", "data": {"text/html": ASLEEP, "text/plain": ""}, "metadata": {}}
    cell = PrintedCell(1, "text", "code", "explore.conv()", gap=0, outputs=[output])
    assert outputs.render(cell, Formulas(), "x") == ""


def test_scripts_styles_and_comments_are_taken_out() -> None:
    html = render(
        "<script>bad()</script><b onclick='bad()'>x</b><!-- note --><style>p{}</style>",
        Formulas(),
        "x",
        hints=True,
    )
    assert "<script" not in html and "onclick" not in html and "note" not in html and "<style" not in html
    assert "<b>x</b>" in html


def test_macros_of_earlier_cells_come_along() -> None:
    macros: dict[str, tuple[int, str]] = {}
    assert expanded(r"\newcommand{\g}[1]{\frac{a}{#1}}", macros) == ""
    assert expanded(r"\newcommand\h{\g{y}} z", macros).strip() == "z"
    assert expanded(r"\g{x^{2}} + \h + \gg", macros) == r"{\frac{a}{x^{2}}} + {{\frac{a}{y}}} + \gg"


@pytest.mark.parametrize(
    ("tex", "typst"),
    [
        (r"\frac{a}{b}", "a/b"),
        (r"\left[\begin{matrix}w_{0} & 0\end{matrix}\right]", "[mat(delim: #none, w_0, 0)]"),
        (r"_a b", "zws_a b"),
        (r"a \text{#read(\"x\")}", None),
    ],
)
def test_mathematics_of_typst(tex: str, typst: str | None) -> None:
    code = convert(tex)
    assert code == typst or (typst is None and '"' in code)


@pytest.mark.parametrize("tex", [r"x^{2", r'#read("/etc/passwd")', r"\begin{nothing}x\end{nothing}", "`x`"])
def test_what_cannot_be_converted_is_said(tex: str) -> None:
    with pytest.raises(ValueError):
        convert(tex)


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("x = ...", [(("",),)]),
        ("x = ...  # a number\ny = [..., 3, ...]", [(("",),), (("", "3", ""),)]),
        ("W = np.array([[..., ...], [0, ...]])\nW", [(("", ""), ("0", ""))]),
        ("x = 3", []),
        ("x = [[...], [..., ...]]", []),
        ("def f(x):\n    ...", []),
        ("x = ...\nprint(x)", []),
        ("x = (", []),
    ],
)
def test_boxes_to_fill_in(source: str, rows: list) -> None:
    assert [blank.rows for blank in boxes.blanks(source)] == rows


@pytest.mark.parametrize(
    ("source", "remarks"),
    [
        ("x = ...  # a number\ny = ...", ["a number", ""]),
        ("# a long\n# remark\nx = ...\ny = ...  # True or False", ["a long remark", "True or False"]),
        ("# not\n\nx = ...", [""]),
    ],
)
def test_what_is_said_of_a_box(source: str, remarks: list[str]) -> None:
    assert [blank.remark for blank in boxes.blanks(source)] == remarks


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("x = ...\ny = ...", ["x = ...\ny = ..."]),
        ("right = ...\n\ndef f(n):\n    ...", ["right = ...", "def f(n):\n    ..."]),
        ("def f(x):\n    ...\n\ndef g(x):\n    return ...", ["def f(x):\n    ...", "def g(x):\n    return ..."]),
        ("def given(x):\n    return x\n\ndef f(x):\n    ...", ["def given(x):\n    return x\n\ndef f(x):\n    ..."]),
        ("x = ...\n\nif x is ...:\n    print('first x')\nelse:\n    run(x)", ["x = ..."]),  # only runs
        ("print(1)", ["print(1)"]),
        ("x = (", ["x = ("]),
    ],
)
def test_each_name_and_each_function_is_answered_by_itself(source: str, asked: list[str]) -> None:
    assert boxes.pieces(source) == asked


def test_a_formula_gets_a_line_of_its_own() -> None:
    assert [(blank.long, blank.is_small) for blank in boxes.blanks("dL_dw = ...", "line")] == [(True, False)]


def test_a_signature_is_code_without_its_gaps() -> None:
    assert boxes.signature('def f(x):\n    """Double."""\n    ...\n\n\n\ndef g():\n    ...') == (
        'def f(x):\n    """Double."""\n\ndef g():'
    )


@pytest.mark.parametrize(
    ("cells", "safe"),
    [
        ([("", "x = 1"), ("answer", "y = x + 1"), ("", "print(x)")], [1, 3]),
        ([("answer", "y = 1"), ("", "print(y)")], []),
        ([("answer", "y = 1"), ("", "z = y"), ("", "print(z)")], []),
        ([("", "x = [1]"), ("answer", "x[0] = 2"), ("", "print(x)")], [1]),
        ([("", "x = [1]"), ("answer", "x.append(2)"), ("", "print(x)")], [1]),
        ([("answer", "def f(): pass"), ("", "def g(): return f()"), ("", "g()"), ("", "h()")], [4]),
        ([("answer", "def f(x):\n    total = x\n    return total"), ("", "total = 1\nprint(total)")], [2]),
        ([("answer", "y = [k for k in range(3)]"), ("", "k = 1\nprint(k)")], [2]),
        ([("answer", "def f():\n    global total\n    total = 1"), ("", "print(total)")], []),
        ([("", "x = [1]"), ("answer", "def f():\n    x[0] = 2"), ("", "print(x)")], [1]),
        ([("answer", "f = lambda x: x"), ("", "print(f(1))"), ("", "x = 1\nprint(x)")], [3]),
        ([("answer", "import numpy as np\ny = np.zeros(3)"), ("", "print(np.ones(2))")], [2]),
        ([("answer", "f, a = plot()"), ("", "f, a = plot()\na.line()\nshow(f)")], [2]),  # another one of that name
        ([("answer", "f = plot()"), ("", "show(f)\nf = plot()")], []),
        ([("answer", "f = 1"), ("", "f += 1")], []),
        ([("answer", "f = [1]"), ("", "f[0] = 2")], []),
        ([("answer", "f = 1"), ("", "if sunny():\n    f = 2\nprint(f)")], []),
        ([("answer", "k = 1"), ("", "for k in range(3):\n    m = k\n    print(m)")], [2]),
        ([("answer", "k = 1"), ("", "for k in rows():\n    pass\nprint(k)")], []),
    ],
)
def test_a_worksheet_shows_only_what_no_answer_touched(
    tmp_path: Path, cells: list[tuple[str, str]], safe: list[int]
) -> None:
    file = tmp_path / "p1.ipynb"
    tags = {"answer": ["otter_assign_solution_cell"], "": []}
    made = [
        {"cell_type": "code", "source": source, "metadata": {"tags": tags[role]}, "outputs": []}
        for role, source in cells
    ]
    file.write_text(json.dumps({"cells": made}))
    assert [cell.number for cell in spoilers.untouched(read(file))] == safe


def test_code_that_draws_an_answer_does_not_print(tmp_path: Path) -> None:
    """Neither the picture, which would tell, nor the code, which nobody runs on paper."""
    student, solutions = write(tmp_path)
    drawn = {"output_type": "display_data", "data": {"image/png": "x"}, "metadata": {}}
    for file, shown in ((student / "p9_printing.ipynb", []), (solutions / "p9_printing.ipynb", [drawn])):
        book = json.loads(file.read_text())
        cell = next(cell for cell in book["cells"] if "print(conv1d" in "".join(cell["source"]))
        cell |= {"source": "plt.plot(conv1d([1, 2], [1]))", "outputs": shown}
        file.write_text(json.dumps(book))
    worksheet = read(student / "p9_printing.ipynb")
    spoilers.lend_outputs(worksheet, read(solutions / "p9_printing.ipynb"))
    html = part(worksheet, "worksheet").html
    assert "plt.plot(conv1d" not in html and "print(" in html


def test_a_grid_is_for_the_answer_and_not_for_the_guess_before_it() -> None:
    """Text may stand between a question's heading and its answer; imports are for a screen."""
    lesson = {"questions": {"q1a": {"part": "1.a", "grid": "2x3"}}}
    cells = [
        PrintedCell(1, "text", "code", "import numpy as np", 0),
        PrintedCell(2, "text", "markdown", "### 1.a · Mark", 1),
        PrintedCell(3, "answer", "code", "guess_marks = ...", 2, tags=frozenset({"prediction"})),
        PrintedCell(4, "text", "markdown", "Now with a pencil.", 2),
        PrintedCell(5, "answer", "code", "marks = ...", 3),
    ]
    html = part(PrintedNotebook(Path("x.ipynb"), "x", cells, lesson), "worksheet").html
    found = {
        name: json.loads(unescape(rows)) for name, rows in re.findall(r'data-name="(\w+)" data-rows="(.*?)"', html)
    }
    assert found == {"guess_marks": [[""]], "marks": [["", "", ""], ["", "", ""]]}
    assert "numpy" not in html


def test_notebooks_of_different_builds_are_refused(tmp_path: Path) -> None:
    student, solutions = write(tmp_path)
    file = solutions / "p9_printing.ipynb"
    file.write_text(file.read_text().replace("look at", "stare at"))
    with pytest.raises(CommandError, match="different builds"):
        spoilers.lend_outputs(read(student / "p9_printing.ipynb"), read(file))


def test_room_for_an_answer() -> None:
    assert boxes.room(None) == boxes.LEAST
    assert boxes.room(200) == 300
    assert boxes.room(200, prompt_lines=4) == 240
    assert boxes.room(5000) == boxes.MOST
    assert boxes.room(10, shares=3) == boxes.LEAST_OF_MANY


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"cells": 3}', '{"cells": [{"source": "x"}]}'])
def test_a_file_that_is_no_notebook_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.ipynb"
    file.write_text(text)
    with pytest.raises(CommandError, match=r"x\.ipynb: this is not a notebook"):
        read(file)


def test_missing_notebooks_and_unknown_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pdf", "--notebooks", str(tmp_path)]) == 1
    assert "make build" in capsys.readouterr().err
    student, solutions = write(tmp_path)
    assert main(["pdf", "p1", "--notebooks", str(student), "--solutions", str(solutions)]) == 1
    assert "'p1'" in capsys.readouterr().err and "p9_printing" not in capsys.readouterr().err


@pytest.mark.parametrize("notebook", sorted((COURSE.notebooks).glob("*.ipynb")), ids=lambda file: file.stem)
def test_no_notebook_prints_with_otter(notebook: Path) -> None:
    """Otter's own PDF needs TeX, and stops at ordinary mathematics."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    exports = [found for cell in cells for found in re.findall(r"grader\.export\((.*)\)", "".join(cell["source"]))]
    assert exports and all(re.search(r"\bpdf=False\b", arguments) for arguments in exports)
