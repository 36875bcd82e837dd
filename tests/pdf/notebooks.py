"""A small pair of notebooks as `autograder build` makes them: everything that printing must cope with."""

import base64
import io
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

MATH = r"""## The idea

Inline $y_i = \sum_{k} w_k\,x_{i+k}$ and $\lambda \in \mathbb{R}$, $\operatorname{vec}(X)$,
$\boldsymbol{w} \star \boldsymbol{x}$, price \$5 and `a $code$ span`; a table and a broken-off line.

$$
\begin{aligned}
\frac{\partial L}{\partial x_j}
&= \sum_i \frac{\partial L}{\partial y_i}\,\frac{\partial y_i}{\partial x_j} \\
&= \sum_i g_i\, w_{j-i}
\end{aligned}
$$

$$f(x) = \begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}
\qquad A = \begin{bmatrix} w_1 & w_2 & 0 \\ 0 & w_1 & w_2 \end{bmatrix}
\qquad \hat{x} = \frac{x-\mu}{\sqrt{\sigma^2+\varepsilon}}$$

\begin{align*}
o &= \left\lfloor \frac{n + 2p - d(k-1) - 1}{s} \right\rfloor + 1 & n &= 7 \\
\underbrace{a+b}_{\text{sum}} &\ne \overbrace{c+d}^{\text{other}} & \tilde{w} &= \bar w^{\top}
\end{align*}

$\newcommand{\grad}[1]{\frac{\partial L}{\partial #1}}$
A macro of our own, $\grad{w}$, and once more $\grad{x}$.

| layer | output | $\#$ parameters |
|:------|-------:|--------:|
| conv $5\times5$, a \| b | $28 \times 28$ | $3\cdot 25$ |
| pool | $14 \times 14$ | 0 |

1. first
   - nested, with $x$
2. second

> A quotation with $\|x\|_2$.
"""
HINTS = r"""### 1.b · Explain

*3 minutes · difficulty 1 of 3*

Why is $\grad{x}$ a convolution? Say it in one sentence.

<details><summary>Hint 1</summary>

Write the sum with $\sum_k$. GENTLEHINT

<details><summary>Hint 2</summary>

Change the index. STRONGHINT

</details></details>

<details><summary>What is a stride?</summary>

The step $s$ of the window. KEPTDETAILS

</details>
"""
PROMPT = "_Type your answer here, replacing this text._"
CODE = '''def conv1d(x, w, stride=1):
    """Slide `w` over `x`.

    x: (n,) float array.  w: (k,) float array.  Returns (n - k + 1,) floats; a long line here: {line}.
    """
    ...'''.format(line="word " * 25)
SOLVED = CODE.replace("    ...", "    secret_windows = np.lib.stride_tricks.sliding_window_view(x, len(w))\n" * 1) + (
    "    return secret_windows[::stride] @ w  # SOLUTION\n"
)
SECRETS = ("secret_windows", "SOLUTION", "SECRETSENTENCE", "SECRETVALUE", "sliding_window_view")
PLOT = """# alt: Two lines that cross: x and its mirror image.
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([1, 2, 3]); ax.set_title("x and its mirror")"""


def svg() -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 2.6))
    axes = figure.subplots()
    axes.plot([1, 2, 3, 2, 1, 4])
    axes.set_title("x and its mirror $x_{-i}$")
    text = io.StringIO()
    figure.savefig(text, format="svg")
    return text.getvalue()


def png(width: int = 900, height: int = 260) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 100, height / 100), dpi=100)
    figure.subplots().imshow([[1, 2, 3], [4, 5, 6]])
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return base64.b64encode(data.getvalue()).decode()


def picture(kind: str, data: Any, alt: str = "") -> Any:
    bundle = {kind: data, "text/plain": "<Figure>"}
    return new_output("display_data", data=bundle, metadata={kind: {"alt": alt}} if alt else {})


def cells(solved: bool) -> list[Any]:
    """The cells of the student notebook, or of the executed solution."""

    def code(source: str, *outputs: Any) -> Any:
        return new_code_cell(source, outputs=list(outputs) if solved else [])

    answer = {"tags": ["otter_assign_solution_cell"] if solved else ["otter_answer_cell"]}
    written = [new_markdown_cell(PROMPT, metadata={"tags": ["otter_answer_cell"]})]
    if solved:
        told = "SECRETSENTENCE: the sum over $k$ becomes one over $j - i$:\n\n$$\\grad{x_j} = \\sum_i g_i$$"
        written.append(new_markdown_cell(told, metadata=answer))
    widget = {
        "application/vnd.jupyter.widget-view+json": {"model_id": "x"},
        "image/png": png(),
        "text/plain": "Slider",
    }
    body = "<tbody><tr><td>7</td><td>3</td></tr></tbody>"
    table = f"<table><thead><tr><th>n</th><th>k</th></tr></thead>{body}</table>"
    return [
        code('# Initialize Otter\nimport otter\ngrader = otter.Notebook("m.ipynb")'),
        new_markdown_cell(
            "# Problem 9 · Printing a *hard* page\n\n**What you'll do:** look at $x$ and the ✓ marks — λ, ×, “quotes”."
        ),
        code("import sys\nsys.path.insert(0, '..')\nimport numpy as np"),
        new_markdown_cell(MATH),
        code(PLOT, picture("image/svg+xml", svg())),
        code(
            "utils.explore.conv(x=[2, -1, 3, 1, -2, 4, 1])",
            new_output("display_data", data=widget, metadata={"image/png": {"alt": "A window on five numbers."}}),
        ),
        new_markdown_cell("## The questions"),
        new_markdown_cell(
            "<!-- BEGIN QUESTION -->\n\n### 1.a · Slide\n\n*5 minutes · difficulty 2 of 3*\n\nWrite `conv1d`."
        ),
        new_code_cell(SOLVED if solved else CODE, metadata=answer),
        code('grader.check("q1a")', new_output("stream", name="stdout", text="q1a passed")),
        code("print(conv1d([1, 2], [1]))", new_output("stream", name="stdout", text="SECRETVALUE 17\n")),
        code(
            "print('rows', 3)",
            new_output("stream", name="stdout", text="rows 3\n"),
            new_output("display_data", data={"text/html": table}),
        ),
        new_markdown_cell(HINTS),
        *written,
        new_markdown_cell("<!-- END QUESTION -->\n\n"),
        new_markdown_cell("## What to remember\n\n" + "A convolution is a matrix with one pattern in every row. " * 8),
        new_markdown_cell("## Submission\n\nRun all cells."),
        code("grader.export(run_tests=True)"),
    ]


def write(folder: Path, *names: str, extra: str = "") -> tuple[Path, Path]:
    """Write each problem's pair; return the folders of the student notebooks and of the solutions."""
    student, solutions = folder / "notebooks", folder / "solutions"
    for place, solved in ((student, False), (solutions, True)):
        place.mkdir(parents=True, exist_ok=True)
        for name in names or ("p9_printing",):
            book = new_notebook(cells=cells(solved))
            if extra:
                book.cells.insert(4, new_markdown_cell(extra))
            for number, cell in enumerate(book.cells):
                cell["id"] = f"c{number}"
            nbformat.write(book, place / f"{name}.ipynb")
    return student, solutions
