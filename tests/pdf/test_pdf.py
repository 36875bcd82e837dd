"""Worksheets, solutions and submissions as PDF: printed once, then looked at from all sides."""

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pdfua import validate

from autograder.__main__ import main
from autograder.course import Course
from autograder.pdf import boxes
from autograder.pdf.command import open_printer
from autograder.pdf.document import Mode, Part, part
from autograder.pdf.formulas import Formulas
from autograder.pdf.notebook import PrintedCell, PrintedNotebook
from tests.pdf.notebooks import SECRETS, png, write
from tests.pdf.reading import fullness, headings, structure

COURSE = Course.find()

PROBLEMS = ("p8_again", "p9_printing")
MODES = ("worksheet", "solutions")


def course(out: Path, books: tuple[Path, Path], *more: str) -> int:
    student, solutions = books
    places = ["--out", str(out), "--notebooks", str(student), "--solutions", str(solutions)]
    return main(["pdf", *places, *more])


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture course, printed on A4."""
    folder = tmp_path_factory.mktemp("pdf")
    assert course(folder / "out", write(folder, *PROBLEMS)) == 0
    return folder / "out"


def test_room_for_an_answer_is_not_room_for_what_it_prints(tmp_path: Path) -> None:
    box = '<div class="solution" data-gap="{}"><p class="label">Solution</p><p>one line</p>{}</div>'
    printed = '<div class="output"><pre class="text">' + "x\n" * 20 + "</pre></div>"
    html = f"<h1>Boxes</h1>{box.format(1, '')}{box.format(2, printed)}"
    with open_printer(COURSE, "a4", tmp_path) as printer:
        heights = printer.one(Part("Boxes", "solutions", html, Formulas()), "boxes", "0")[0].heights
    assert heights["1"] > 0 and abs(heights["2"] - heights["1"]) < 40 < 20 * boxes.PROMPT_LINE


def words(pdf: Path) -> str:
    """What a reader can copy out of a PDF."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) reads the PDFs back, and it is not on this machine")
    done = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True)
    return re.sub(r"(\d+) */ *(\d+)\n", r"\1 / \2\n", done.stdout)


def one_line(text: str) -> str:
    return " ".join(text.split())


def tags(pdf: Path) -> Iterator[Any]:
    with pikepdf.open(pdf) as opened:
        yield from structure(opened.Root.StructTreeRoot)


def test_there_are_two_for_each_problem_and_two_for_the_course(printed: Path) -> None:
    names = [f"{name}-{mode}.pdf" for name in (*PROBLEMS, "course") for mode in ("worksheet", "solutions")]
    assert sorted(file.name for file in printed.iterdir()) == sorted(names)


@pytest.mark.parametrize("name", [*PROBLEMS, "course"])
def test_a_worksheet_holds_no_solution_anywhere(printed: Path, name: str) -> None:
    worksheet = printed / f"{name}-worksheet.pdf"
    assert all(secret in words(printed / f"{name}-solutions.pdf") for secret in SECRETS)
    everything = words(worksheet)
    with pikepdf.open(worksheet) as pdf:
        everything += repr(pdf.docinfo) + "".join(one.title for one in headings(worksheet.read_bytes()))
        everything += "".join(str(tag.get("/Alt", "")) for tag in structure(pdf.Root.StructTreeRoot))
        for thing in pdf.objects:  # page contents, metadata, fonts
            if isinstance(thing, pikepdf.Stream):
                raw = thing.get("/Subtype") == "/Image"
                everything += (thing.read_raw_bytes() if raw else thing.read_bytes()).decode("latin1")
    found = [secret for secret in (*SECRETS, "GENTLEHINT", "STRONGHINT") if secret in everything]
    assert not found
    assert "KEPTDETAILS" in everything


def test_a_worksheet_shows_pictures_that_no_answer_had_a_part_in(printed: Path) -> None:
    alts = [str(tag.Alt) for tag in tags(printed / "p9_printing-worksheet.pdf") if str(tag.S) == "/Figure"]
    assert alts == ["Two lines that cross: x and its mirror image.", "A window on five numbers."]
    assert "rows 3" in words(printed / "p9_printing-worksheet.pdf")


def test_each_formula_is_tagged_and_says_its_tex(printed: Path) -> None:
    formulas = [str(tag.Alt) for tag in tags(printed / "p9_printing-solutions.pdf") if str(tag.S) == "/Formula"]
    assert r"\lambda \in \mathbb{R}" in formulas
    assert any(tex.startswith(r"\begin{aligned}") for tex in formulas)
    assert len(formulas) > 20


def test_no_glyph_of_a_formula_is_lost(printed: Path) -> None:
    said = words(printed / "p9_printing-solutions.pdf")
    for piece in ("otherwise", "{", "⌊", "⌋", "√", "∑", "λ", "⋆", "≠"):
        assert piece in said


def test_tagged_titled_and_with_bookmarks(printed: Path) -> None:
    file = printed / "p9_printing-worksheet.pdf"
    with pikepdf.open(file) as pdf:
        assert pdf.Root.MarkInfo.Marked and str(pdf.Root.Lang) == "en"
        assert str(pdf.docinfo.Title) == "Problem 9 · Printing a hard page · Worksheet"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert [(one.level, one.title) for one in headings(file.read_bytes())] == [
        (1, "Problem 9 · Printing a hard page"),
        (2, "The idea"),
        (2, "The questions"),
        (3, "1.a · Slide"),
        (3, "1.b · Explain"),
    ]


def test_fonts_are_embedded_as_fonts(printed: Path) -> None:
    with pikepdf.open(printed / "p9_printing-solutions.pdf") as pdf:
        fonts = [
            thing for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/Font"
        ]
        kinds = {str(font.Subtype) for font in fonts}
        assert kinds <= {"/Type0", "/CIDFontType0", "/CIDFontType2"}
        names = {str(font.BaseFont).split("+")[1] for font in fonts}
        assert any(name.startswith("NewCMMath") for name in names) and any(name.startswith("NewCM10") for name in names)


def test_the_figure_is_drawn_not_photographed(printed: Path) -> None:
    with pikepdf.open(printed / "p9_printing-worksheet.pdf") as pdf:
        pictures = [name for page in pdf.pages for name in page.get_images()]
    assert len(pictures) == 1  # the explorer's still; matplotlib's figure is lines


def test_the_margin_names_title_version_and_page(printed: Path) -> None:
    said = words(printed / "course-worksheet.pdf")
    assert "Problem 9 · Printing a hard page" in said and "cnn-course" in said
    with pikepdf.open(printed / "course-worksheet.pdf") as pdf:
        assert f"page {len(pdf.pages)} of {len(pdf.pages)}" in said


def test_the_contents_name_the_right_pages(printed: Path) -> None:
    pages = words(printed / "course-solutions.pdf").split("\f")
    entries = [heading for heading in headings((printed / "course-solutions.pdf").read_bytes()) if heading.level == 3]
    assert [heading.title for heading in entries] == ["1.a · Slide", "1.b · Explain"] * 2
    for heading in entries:
        assert heading.title in pages[heading.page - 1]
        assert re.search(rf"{re.escape(heading.title)}[\s.\u2060]+{heading.page}\b", pages[0])


def test_the_same_source_gives_the_same_bytes(printed: Path, tmp_path: Path) -> None:
    assert course(tmp_path / "out", write(tmp_path, *PROBLEMS), "p9") == 0
    for file in (tmp_path / "out").iterdir():
        assert file.read_bytes() == (printed / file.name).read_bytes(), file.name


def without_version(page: str) -> str:
    return re.sub(r"cnn-course · [0-9a-f]{7}", "", one_line(page))


def test_one_sentence_changes_exactly_the_pages_on_which_it_stands(printed: Path, tmp_path: Path) -> None:
    """Worksheet, solutions, and both books: no other page of any PDF, but for the version at its foot."""
    books = write(tmp_path, *PROBLEMS)
    before, after = "Say it in one sentence.", "Say it in few words."
    for folder in books:
        file = folder / "p9_printing.ipynb"
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")
    assert course(tmp_path / "out", books) == 0
    changed = {}
    for file in sorted(printed.iterdir()):
        old, new = (words(folder / file.name).split("\f") for folder in (printed, tmp_path / "out"))
        assert len(old) == len(new)
        pages = [n for n, pair in enumerate(zip(old, new, strict=True)) if len({*map(without_version, pair)}) == 2]
        assert all(before in one_line(old[n]) and after in one_line(new[n]) for n in pages), file.name
        changed[file.name] = len(pages)
    assert changed == {
        **{f"{name}-{mode}.pdf": int(name != "p8_again") for name in (*PROBLEMS, "course") for mode in MODES}
    }


def test_letter_paper(tmp_path: Path) -> None:
    assert course(tmp_path / "out", write(tmp_path), "p9", "--paper", "letter") == 0
    with pikepdf.open(tmp_path / "out" / "p9_printing-worksheet.pdf") as pdf:
        assert [round(float(side)) for side in pdf.pages[0].mediabox] == [0, 0, 612, 792]


def test_formulas_that_do_not_set_are_errors_with_their_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {
        r"Here: $\frob{x}$.": r"the command \frob is not known",
        r"$$\begin{aligned} x \end{align}$$": "aligned",
        r"$\frac{1}{2$": "Unmatched",
        r"See $\eqref{one}$.": "reference",
    }
    assert course(tmp_path / "out", write(tmp_path, extra="\n\n".join(broken)), "p9") == 1
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == len(broken)
    for line, reason in zip(said, broken.values(), strict=True):
        assert "p9_printing.ipynb, cell 5: " in line and reason in line
    assert not list((tmp_path / "out").glob("*.pdf"))


def test_a_formula_wider_than_the_paper_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "$$" + " + ".join(f"x_{{{number}}}" for number in range(90)) + "$$"
    assert course(tmp_path / "out", write(tmp_path, extra=long), "p9") == 1
    assert "cell 5: wider than the paper" in capsys.readouterr().err


def test_a_submission_is_printed_whatever_is_in_it(tmp_path: Path) -> None:
    student, _ = write(tmp_path)
    file = student / "p9_printing.ipynb"
    book = json.loads(file.read_text())
    answers = [cell for cell in book["cells"] if cell["metadata"].get("tags") == ["otter_answer_cell"]]
    answers[0]["source"] = "def conv1d(x, w): return MYANSWER"
    answers[0]["outputs"] = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": "<script>document.title='gone'</script><style>*{display:none}</style><b>seen</b>"},
        }
    ]
    view = "application/vnd.jupyter.widget-view+json"
    shown = ("interactive(children=(IntSlider(value=3), Output()))", "100%|BAR| 60/60", "")
    answers[0]["outputs"] += [
        {"output_type": "display_data", "metadata": {}, "data": {view: {"model_id": "a"}, "text/plain": what}}
        for what in shown
    ]
    answers[1]["source"] = (
        r"Because $\frob{x}$ MYWORDS <iframe src='file:///etc/passwd'></iframe> "
        "<img src='http://example.com/x.png' alt='far'>"
    )
    file.write_text(json.dumps(book))
    assert main(["pdf", "--submission", str(file), "--notebooks", str(student), "--out", str(tmp_path / "out")]) == 0
    (pdf,) = (tmp_path / "out").glob("p9_printing-submission.pdf")
    said = words(pdf)
    for piece in ("MYANSWER", "MYWORDS", r"\frob{x}", "seen", "BAR"):
        assert piece in said
    assert said.count("(a widget stood here)") == 2 and "IntSlider" not in said
    assert "root:" not in said


LINKED = '<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd" width="9" height="9"/></svg>'


@pytest.mark.parametrize(
    "outputs",
    [
        [{"output_type": "display_data", "metadata": {}, "data": {"image/png": "AAAA"}}],
        [{"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": LINKED}}],
        [None, {"output_type": 5}],
    ],
    ids=["no picture", "a picture of another file", "no output"],
)
def test_outputs_that_cannot_be_printed_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], outputs: list
) -> None:
    student, _ = write(tmp_path)
    file = student / "p9_printing.ipynb"
    book = json.loads(file.read_text())
    answer = next(cell for cell in book["cells"] if cell["metadata"].get("tags") == ["otter_answer_cell"])
    answer |= {"source": "def conv1d(x, w): return MYANSWER", "outputs": outputs}
    file.write_text(json.dumps(book))
    assert main(["pdf", "--submission", str(file), "--notebooks", str(student), "--out", str(tmp_path / "out")]) == 0
    assert "its outputs are left out" in capsys.readouterr().err
    assert "MYANSWER" in words(tmp_path / "out" / "p9_printing-submission.pdf")


def test_submissions_come_in_folders_and_zips_and_a_bad_one_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    student, _ = write(tmp_path, "p8_again", "p9_printing")
    book = json.loads((student / "p9_printing.ipynb").read_text())
    book["cells"][0]["source"] = 'grader = otter.Notebook("p9_printing.ipynb")'
    answer = next(cell for cell in book["cells"] if cell["cell_type"] == "markdown" and "tags" in cell["metadata"])
    answer |= {"source": "![](attachment:photo.png)", "attachments": {"photo.png": {"image/png": png(80, 40)}}}
    text = json.dumps(book)
    inbox = tmp_path / "inbox"
    for name in ("ada", "bob", "eve"):
        (inbox / name).mkdir(parents=True)
    (inbox / "ada" / "p9_printing.ipynb").write_text(text)
    with zipfile.ZipFile(inbox / "bob" / "p9_printing_2026_01_02T03_04_05_000006.zip", "w") as bundle:
        bundle.writestr("p9_printing.ipynb", text)
    with zipfile.ZipFile(inbox / "climber.zip", "w") as bundle:
        bundle.writestr("../../p9_printing.ipynb", text)
    (inbox / "eve" / "p9_printing.ipynb").write_text('{"cells": [')
    (inbox / "fay-nothing.ipynb").write_text('{"cells": [], "nbformat": 4, "metadata": {}}')

    out = tmp_path / "out"
    places = ["--notebooks", str(student), "--out", str(out)]
    assert main(["pdf", "--submission", str(inbox), *places]) == 1
    names = {"ada-p9_printing", "bob-p9_printing", "fay-nothing"}
    assert {file.name for file in out.iterdir()} == {f"{name}-submission.pdf" for name in names}
    lines = [line for line in capsys.readouterr().err.splitlines() if "not printed" in line]
    assert len(lines) == 2
    assert lines[0].startswith("climber.zip: ") and "leads out of it" in lines[0]
    assert lines[1].startswith("eve/p9_printing.ipynb: ")
    assert "ada · Problem 9" in words(out / "ada-p9_printing-submission.pdf")
    with pikepdf.open(out / "bob-p9_printing-submission.pdf") as pdf:
        assert sum(len(page.get_images()) for page in pdf.pages) == 1  # the pasted photo

    assert main(["pdf", "--submission", str(tmp_path / "nowhere"), *places]) == 1
    assert "nowhere: not printed: not a file" in capsys.readouterr().err


def test_an_independent_validator_finds_no_fault(printed: Path) -> None:
    """Of PDF/UA-1's rules those that this validator knows; Typst itself refuses what breaks the standard."""
    for file in sorted(printed.glob("*.pdf")):
        assert not validate(str(file)).findings, file.name


def test_no_page_but_the_last_is_half_empty(tmp_path: Path) -> None:
    student, solutions = write(tmp_path)
    for file in (student / "p9_printing.ipynb", solutions / "p9_printing.ipynb"):
        book = json.loads(file.read_text())
        asked = next(i for i, cell in enumerate(book["cells"]) if "Write `conv1d`" in "".join(cell["source"]))
        book["cells"][asked : asked + 2] *= 6
        file.write_text(json.dumps(book))
    assert course(tmp_path / "out", (student, solutions), "p9") == 0
    pages = {file.name: fullness(file.read_bytes()) for file in (tmp_path / "out").iterdir()}
    assert all(len(found) > 2 and min(found[:-1]) > 0.5 for found in pages.values()), pages


def text(source: str, gap: int = 0) -> PrintedCell:
    return PrintedCell(1, "text", "markdown", source, gap)


FUNCTIONS = 'def one(n):\n    """FIRST."""\n    ...\n\n\ndef two(n):\n    """LAST."""\n    ...'
BELONG = {
    "words and the code that they lead to": [
        text("FIRST words."),
        PrintedCell(2, "code", "code", "a = 1\n" * 6 + "LAST = 2", 1),
    ],
    "a question and its first hint": [
        text(f"FIRST {'word ' * 40}\n\n- one\n- two\n\n<details><summary>LAST</summary>\n\n{'x ' * 300}\n\n</details>"),
        PrintedCell(2, "solution", "code", "a = 1", 0),
    ],
    "all boxes of a question": [text("A question."), PrintedCell(2, "answer", "code", FUNCTIONS, 1)],
}


@pytest.mark.parametrize("cells", BELONG.values(), ids=BELONG)
def test_what_belongs_together_is_on_one_page(cells: list[PrintedCell], tmp_path: Path) -> None:
    """Wherever it begins on a page: behind the fewest lines it fits, behind the most it does not."""
    mode: Mode = "solutions" if any(cell.role == "solution" for cell in cells) else "worksheet"
    found = set()
    with open_printer(COURSE, "a4", tmp_path) as printer:
        for lines in range(10, 40):
            before = text("# Pages\n\n" + "A line.\n\n" * lines)
            sheets, _ = printer.one(part(PrintedNotebook(Path("x.ipynb"), "x", [before, *cells]), mode), "x", "0")
            (tmp_path / "x.pdf").write_bytes(sheets.pdf)
            pages = words(tmp_path / "x.pdf").split("\f")
            first, last = (next(i for i, page in enumerate(pages) if word in page) for word in ("FIRST", "LAST"))
            assert first == last, f"parted behind {lines} lines"
            found.add(first)
    assert found == {0, 1}
