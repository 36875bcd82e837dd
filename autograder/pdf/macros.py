r"""What TeX has and the converter lacks, said by what it has: macros of a notebook, standard commands, environments."""

import re
from functools import cache

Macros = dict[str, tuple[int, str]]  # name -> how many arguments, and the body

DEFINITION = re.compile(
    r"\\(?:(?:(?:re)?new|provide)command|DeclareMathOperator)\*?\s*\{?\\(?P<name>[A-Za-z]+)\}?\s*(?:\[(?P<count>\d)\])?\s*(?=\{)"
)
STANDARD = r"""
\newcommand{\bm}[1]{\boldsymbol{#1}} \newcommand{\abs}[1]{\left|#1\right|} \newcommand{\norm}[1]{\left\|#1\right\|}
\newcommand{\dfrac}[2]{\mathrel{\mathrel{\frac{#1}{#2}}}} \newcommand{\cfrac}[2]{\dfrac{#1}{#2}}
\newcommand{\stackrel}[2]{\overset{#1}{#2}}
\newcommand{\xrightarrow}[1]{\overset{#1}{\longrightarrow}} \newcommand{\xleftarrow}[1]{\overset{#1}{\longleftarrow}}
\newcommand{\check}[1]{\overset{ˇ}{#1}} \newcommand{\breve}[1]{\overset{˘}{#1}} \newcommand{\acute}[1]{\overset{ˊ}{#1}}
\newcommand{\grave}[1]{\overset{ˋ}{#1}} \newcommand{\mathring}[1]{\overset{∘}{#1}} \newcommand{\smash}[1]{#1}
\newcommand{\textbf}[1]{\mathbf{\text{#1}}} \newcommand{\textit}[1]{\mathit{\text{#1}}}
\newcommand{\emph}[1]{\mathit{\text{#1}}} \newcommand{\texttt}[1]{\mathtt{\text{#1}}}
\newcommand{\textsf}[1]{\mathsf{\text{#1}}} \newcommand{\textrm}[1]{\text{#1}} \newcommand{\textsc}[1]{\text{#1}}
\newcommand{\textnormal}[1]{\text{#1}} \newcommand{\mbox}[1]{\text{#1}} \newcommand{\hbox}[1]{\text{#1}}
\newcommand{\mathord}[1]{#1} \newcommand{\mathinner}[1]{#1} \newcommand{\mathpunct}[1]{#1} \newcommand{\mathopen}[1]{#1}
\newcommand{\mathclose}[1]{#1} \newcommand{\tag}[1]{\qquad(\text{#1})}
\newcommand{\boxed}[1]{\mathrel{\mathbin{#1}}} \newcommand{\fbox}[1]{\boxed{\text{#1}}}
\newcommand{\phantom}[1]{\mathbin{\mathrel{#1}}} \newcommand{\hphantom}[1]{\phantom{#1}}
\newcommand{\vphantom}[1]{\phantom{#1}} \newcommand{\mathnormal}[1]{#1}
\newcommand{\impliedby}{\Longleftarrow} \newcommand{\coloneqq}{\mathrel{:=}} \newcommand{\aleph}{ℵ} \newcommand{\wp}{℘}
\newcommand{\blacksquare}{■} \newcommand{\amalg}{⨿} \newcommand{\rhd}{▷} \newcommand{\dotsc}{\ldots}
\newcommand{\dotso}{\ldots} \newcommand{\dotsb}{\cdots} \newcommand{\dotsm}{\cdots} \newcommand{\dotsi}{\cdots}
"""
WITHOUT = re.compile(  # what paper does well without: sizes that the brackets find by themselves, numbers, colours
    r"\\(?:[bB]igg?[lmr]?|(?:no)?limits|nonumber|notag|hline|(?:scriptscript|script|text)style|mathstrut|allowbreak)(?![A-Za-z])"
    r"|\\(?:label|color|[hv]space\*)\s*\{[^{}]*\}"
)
ENVIRONMENTS = {"split": "aligned", "gather": "aligned", "gathered": "aligned", "multline": "aligned"}
ENVIRONMENTS |= {"eqnarray": "aligned", "alignat": "aligned", "flalign": "aligned", "smallmatrix": "matrix"}
ENVIRONMENT = re.compile(r"\\(begin|end)\{(\w+)\*?\}")
IN_GROUP = {"over": "frac", "choose": "binom"}


def expanded(tex: str, macros: Macros) -> str:
    r"""`tex` with the macros that were defined up to here; what it defines by `\newcommand` is taken into `macros`.

    Standard commands that the converter does not know are macros, too; a notebook may define the same names anew.
    """
    return _expanded(_plainer(tex), macros, standard())


@cache
def standard() -> Macros:
    """The macros that every formula has."""
    macros: Macros = {}
    _expanded(STANDARD, macros, {})
    return macros


def _expanded(tex: str, macros: Macros, known: Macros) -> str:
    while found := DEFINITION.search(tex):
        end = closing(tex, found.end())
        body = tex[found.end() + 1 : end - 1]
        operator = "DeclareMathOperator" in found[0]
        macros[found["name"]] = int(found["count"] or 0), rf"\operatorname{{{body}}}" if operator else body
        tex = tex[: found.start()] + tex[end:]
    for _ in range(5):  # a macro may use another one
        before = tex
        for name, (count, body) in (known | macros).items():
            tex = _replaced(tex, name, count, body) if f"\\{name}" in tex else tex
        if tex == before or len(tex) > 20_000:
            break
    return tex


def _replaced(tex: str, name: str, count: int, body: str) -> str:
    pieces, at = [], 0
    for found in re.finditer(rf"\\{name}(?![A-Za-z])", tex):
        if found.start() < at:  # inside of an argument: the next round's
            continue
        end, text = found.end(), body
        for number in range(1, count + 1):
            start = end + len(tex[end:]) - len(tex[end:].lstrip())
            end = closing(tex, start) if tex[start : start + 1] == "{" else start + 1
            argument = tex[start:end]
            text = text.replace(f"#{number}", argument[1:-1] if argument[:1] == "{" else argument)
        pieces += [tex[at : found.start()], "{", text, "}"]
        at = end
    return "".join([*pieces, tex[at:]])


def closing(tex: str, start: int) -> int:
    """Behind the brace that closes the one at `start`."""
    depth = 0
    for at in range(start, len(tex)):
        depth += {"{": 1, "}": -1}.get(tex[at], 0) if tex[at - 1 : at] != "\\" else 0
        if depth == 0:
            return at + 1
    return len(tex)


def _plainer(tex: str) -> str:
    """Without what only a line of its own, a numbered formula or a small size needs; other spellings of brackets."""
    tex = WITHOUT.sub(" ", tex)
    tex = re.sub(r"\\[lr]Vert(?![A-Za-z])", r"\\|", tex)
    tex = re.sub(r"\\[lr]vert(?![A-Za-z])", "|", tex)
    tex = re.sub(r"\\(begin|end)\{equation\*?\}", "", tex)
    tex = ENVIRONMENT.sub(lambda m: f"\\{m[1]}{{{ENVIRONMENTS[m[2]]}}}" if m[2] in ENVIRONMENTS else m[0], tex)
    while found := re.search(r"\\(over|choose)(?![A-Za-z])", tex):
        start, end = _group(tex, found.start())
        above, below = tex[start : found.start()], tex[found.end() : end]
        tex = f"{tex[:start]}\\{IN_GROUP[found[1]]}{{{above.strip()}}}{{{below.strip()}}}{tex[end:]}"
    while found := re.search(r"(?<=.)\\displaystyle(?![A-Za-z])", tex, re.DOTALL):  # the converter loses what follows
        end = _group(tex, found.start())[1]
        tex = f"{tex[: found.start()]}\\mathrel{{\\mathrel{{{tex[found.end() : end].strip()}}}}}{tex[end:]}"
    return tex


def _group(tex: str, at: int) -> tuple[int, int]:
    """Where the innermost group around `at` begins and ends, without its braces."""
    depth = 0
    for start in range(at - 1, -1, -1):
        depth += {"}": 1, "{": -1}.get(tex[start], 0) if tex[start - 1 : start] != "\\" else 0
        if depth < 0:
            return start + 1, closing(tex, start) - 1
    return 0, len(tex)
