"""Students' texts become HTML with formulas, and nothing of theirs runs, leads away or hangs."""

import time

import pytest

from autograder.grade.reports.typeset import typeset
from autograder.grade.reports.typesetting import typeset_all


def test_markdown_and_formulas() -> None:
    page = typeset("**bold**, $y_i = \\sum_j x_{i+j}$, `a < b`\n\n$$\\frac{1}{n}$$\n\n| a |\n|---|\n| 1 |")
    assert "<strong>bold</strong>" in page and "<code>a &lt; b</code>" in page and "<table>" in page
    assert page.count("<math") == 2 and "<mfrac>" in page and "<msub><mi>y</mi><mi>i</mi></msub>" in page
    assert "<mtable" in typeset("\\begin{align} a &= b \\\\ c &= d \\end{align}")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "$\\text{<script>alert(1)</script>}$", "$\\text{&lt;script>}$",
        "[a](javascript:alert(1))", "<http://example.com>", "![x](http://example.com/x.png)",
        "$\\href{javascript:alert(1)}{x}$", '$\\class{" onload="x}{y}$', '$\\style{background:url(x)}{y}$',
        "$\\unicode{x3c}script\\unicode{x3e}$", '| <b onclick="x"> |\n|---|', "```x\" onload=\"y\n<b>\n```",
    ],
)  # fmt: skip
def test_nothing_of_it_runs(text: str) -> None:
    page = typeset(text)
    for bad in ("<script", "<a", "<img", "<b ", "href=", "style=", " onload=", "src="):
        assert bad not in page.replace("&quot; onload=", ""), page


def test_what_is_no_formula_stays_as_it_was_typed() -> None:
    assert "\\left( x" in typeset("$\\left( x$") and "$5 and $6" in typeset("it costs $5 and $6")


def test_slow_texts_cost_only_themselves() -> None:
    deep = (
        "$"
        + "\\newcommand{\\a}{xx}"
        + "".join(
            f"\\newcommand{{\\{b}}}{{\\{a}\\{a}\\{a}\\{a}\\{a}\\{a}\\{a}\\{a}}}"
            for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        )
        + "\\i$"
    )
    texts = ["first", "\\begin{a}" * 2000, "[" * 20000, deep, "> " * 9000, "last **one**"]
    began = time.monotonic()
    found = typeset_all(texts)
    assert time.monotonic() - began < 60
    assert found["first"] == "<p>first</p>\n" and found["last **one**"] == "<p>last <strong>one</strong></p>\n"
    assert typeset_all(["", " \n"]) == {}
