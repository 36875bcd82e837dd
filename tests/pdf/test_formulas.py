"""What TeX says in the words of TeX's users: every kind of command, and what is not known is a sentence."""

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.pdf.formulas import Formula, MathError, convert, settle
from autograder.pdf.macros import expanded
from autograder.pdf.press import Press

MM = 72 / 25.4  # in points
SET = [
    r"a \odot b \oplus c \otimes d \ominus e \oslash f \cdot g \times h \div i \pm j \circ k \star l \bullet m",
    r"\lVert x \rVert + \left\lVert \frac{a}{b} \right\rVert +",
    r"\lvert x \rvert + \| x \|_2 + |x| + \norm{x} + \abs{x}",
    r"\bigl( x \bigr) \Big[ y \Big] \biggl\{ z \biggr\}",
    r"\left\lfloor \frac{n}{2} \right\rfloor \lceil x \rceil \langle x, y \rangle",
    r"\to \mapsto \gets \implies \impliedby \iff \Rightarrow",
    r"\longrightarrow \hookrightarrow \xrightarrow{f} \uparrow \searrow",
    r"\le \geq \neq \approx \equiv \sim \propto \ll \gg \perp \parallel",
    r"\mid \coloneqq \triangleq \leqslant \in \notin \subseteq",
    r"\hat{x} \bar{x} \tilde{x} \vec{x} \dot{x} \ddot{x} \check{x}",
    r"\breve{x} \acute{x} \grave{x} \mathring{x} \widehat{xy} \overline{xy}",
    r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}",
    r"\begin{vmatrix} 1 \end{vmatrix} \begin{smallmatrix} 1 & 2 \end{smallmatrix}",
    r"\begin{array}{c|c} 1 & 2 \\ \hline 3 & 4 \end{array}",
    r"\operatorname{softmax}(x) + \operatorname*{argmax}_x f + \mathop{\mathrm{argmin}}_x f + \lim_{x \to 0} f",
    r"\sum_{i=0}^{n-1} x_i \sum\limits_{i} \prod\nolimits_{j}",
    r"\int_0^1 f(x)\,dx \sum_{\substack{i \\ j}} \bigcup_i A_i",
    r"\textbf{bold} \textit{it} \emph{it} \texttt{code} \mbox{words}",
    r"\mathbf{W} \bm{\theta} \mathbb{R} \mathcal{L} \mathsf{T}",
    r"\dfrac{a}{b} \tfrac{a}{b} \cfrac{a}{b} {a \over b} {n \choose k}",
    r"\binom{n}{k} \sqrt[3]{x} \stackrel{!}{=} \overset{!}{=}",
    r"\underbrace{a + b}_{n} \overbrace{a + b}^{n} \boxed{a + b} c",
    r"\phantom{x} \cancel{x} \textcolor{red}{x} \color{red} x",
    r"x^\top x' W^{[1]} x_{i,j}^{(l)} 10^{-8} 50\% \aleph \partial \nabla \infty \ell \ldots \dotsc \cdots \vdots",
    *(
        rf"\begin{{{name}}} a &= b \\ &= c \end{{{name}}}"
        for name in ("aligned", "align", "align*", "split", "eqnarray", "equation", "equation*", "gather", "multline")
        if name[:4] not in ("equa", "gath", "mult")
    ),
    *(
        rf"\begin{{{name}}} a = b \end{{{name}}}"
        for name in ("equation", "equation*", "gather", "gathered", "multline*")
    ),
    r"a = b \label{one} \tag{1} \nonumber",
    r"\DeclareMathOperator{\tr}{tr} \tr A + \providecommand{\R}{\mathbb{R}} \R",
    "é ∑ ≤ α → ×",
]


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    yield Press(tmp_path_factory.mktemp("press"))


@pytest.mark.parametrize("tex", SET, ids=range(len(SET)))
def test_what_people_write_is_set(tex: str, press: Press) -> None:
    assert not press.faults([convert(expanded(tex, {}))])


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext (poppler-utils) reads the PDF back")
def test_no_command_prints_its_own_name(press: Press, tmp_path: Path) -> None:
    code = settle([Formula(tex, False, "here") for tex in SET], press.faults)
    lines = "\n".join(f"#{one}\n" for one in code)
    head = '#import "look.typ": *\n#show: look\n#set document(title: "x")\n#set page(width: 400mm)\n'
    (tmp_path / "x.pdf").write_bytes(press.print(head + lines, "x").pdf)
    said = subprocess.run(
        ["pdftotext", str(tmp_path / "x.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    letters = unicodedata.normalize("NFKC", said)
    named = {name for tex in SET for name in re.findall(r"\\([A-Za-z]{3,})", tex)} - {"lim", "text", "argmax"}
    assert "softmax" in letters and "otherwise" in letters
    assert not {name for name in named if name in letters}


@pytest.mark.parametrize(
    ("tex", "typst"),
    [
        (r"a {\displaystyle \frac{b}{c}} + d", 'a class("normal", display(b/c)) + d'),
        (r"\boxed{a+b}c", 'class("normal", boxed(a + b)) c'),
        (r"{a + 1 \over b}", "(a + 1)/b"),
        (r"a \over b", "a/b"),
        (r"P(A|B)", 'P(A class("normal", |) B)'),
        (r"\left|x\right|", "lr(|x|)"),
        (r"A \mid B", "A divides B"),
    ],
)
def test_how_it_is_set(tex: str, typst: str, press: Press) -> None:
    code = convert(expanded(tex, {}))
    assert code == typst and not press.faults([code])


def test_a_notebook_may_define_a_standard_command_anew() -> None:
    macros = {}
    expanded(r"\newcommand{\norm}[1]{N(#1)}", macros)
    assert expanded(r"\norm{x}", macros) == "{N(x)}"
    assert "N(" not in expanded(r"\norm{x}", {})


@pytest.mark.parametrize(
    ("tex", "reason"),
    [
        (r"\foo x", r"the command \foo is not known"),
        (r"\ce{H2O}", r"the command \ce is not known"),
        (r"\limitsof x + \scripts x", r"the command \scripts is not known"),
        (r"\begin{tikzcd} x \end{tikzcd}", "tikzcd"),
        (r"x_{i", "Unmatched"),
        (r"\left( x", "Unmatched"),
        (r"\frac{a}", "argument"),
        (r"a & b", "Unexpected &"),
    ],
)
def test_what_is_not_known_is_a_sentence_and_a_students_formula_is_printed_as_typed(
    tex: str, reason: str, press: Press
) -> None:
    formula = Formula(tex, False, "notebooks/a.ipynb, cell 3")
    with pytest.raises(MathError) as said:
        settle([formula], press.faults)
    assert reason in str(said.value) and str(said.value).startswith("notebooks/a.ipynb, cell 3: ")
    assert "\n" not in str(said.value)
    (typed,) = settle([formula], press.faults, lenient=True)
    assert typed.startswith("raw(")


def test_a_blank_has_room_to_write_in(press: Press, tmp_path: Path) -> None:
    """A square is as small as a letter; in an index it would be smaller still."""
    import pikepdf

    lines = [f'#formula("{convert(tex)}", "x", false)' for tex in (r"\square = q", r"w_{\square,\,\square}")]
    head = '#import "look.typ": *\n#show: look\n#set document(title: "x")\n'
    (tmp_path / "x.pdf").write_bytes(press.print(head + "\n\n".join(lines), "x").pdf)
    with pikepdf.open(tmp_path / "x.pdf") as pdf:
        ops = pikepdf.parse_content_stream(pdf.pages[0])
    corners = [[float(number) for number in o.operands] for o in ops if str(o.operator) == "l"]
    blanks = [corner for corner in corners if all(corner)]  # the corner across from where each box begins
    assert len(blanks) == 3 and all(width > 6 * MM and height > 3.5 * MM for width, height in blanks)


def test_a_matrix_within_a_line_is_no_smaller_than_the_line(press: Press, tmp_path: Path) -> None:
    """Typst sets entries within a line as small as indices: nobody reads that on paper."""
    import pikepdf

    code = convert(r"\begin{pmatrix} 3 & 4 \\ 0 & 5 \end{pmatrix}")
    made = press.print(
        f'#import "look.typ": *\n#show: look\n#set document(title: "x")\n#formula("{code}", "x", false)', "x"
    )
    (tmp_path / "x.pdf").write_bytes(made.pdf)
    with pikepdf.open(tmp_path / "x.pdf") as pdf:
        sizes = {float(o.operands[1]) for o in pikepdf.parse_content_stream(pdf.pages[0]) if str(o.operator) == "Tf"}
    assert min(sizes) > 9
