"""What stays of a student's work when names, comments and layout are changed: hashes of short runs of its tokens.

Two students whose work shares many that few others have may have worked together. `reports/similar.py` counts them.
"""

import builtins
import keyword
import re
import zlib
from collections.abc import Iterable
from itertools import accumulate

from .written import BlankNotebook, Text

RUN_OF_CODE, RUN_OF_WORDS = 10, 5  # tokens, and words, in a run
WINDOW = 4  # of so many runs that follow each other one is kept: the one with the smallest hash
MOST = 4000  # runs that are kept of one notebook

_TOKEN = re.compile(
    r"""
    (?P<skip>\s+|\#[^\n]*|\\\n)
  | (?P<text>[rbfuRBFU]{0,2}(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"
      |'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
  | (?P<attribute>\.\s*[^\W\d]\w*)
  | (?P<number>\d[\w.]*)
  | (?P<name>[^\W\d]\w*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KEPT_NAMES = frozenset(keyword.kwlist) | frozenset(dir(builtins))


def fingerprint(cells: Iterable[str], answers: Iterable[str], blank: BlankNotebook | None) -> list[int]:
    """Hashes of the code in `cells` and of the `answers` in words, without what `blank` gave to everybody."""
    given = {cell.plain for cell in blank.cells} if blank else set()
    found: dict[int, None] = {}
    for source in cells:
        if Text(source).plain not in given:
            found |= dict.fromkeys(_kept(_tokens(source), RUN_OF_CODE, "code"))
    for answer in answers:
        found |= dict.fromkeys(_kept(re.findall(r"\w+", answer.casefold()), RUN_OF_WORDS, "words"))
    return list(found)[:MOST]


def _tokens(source: str) -> list[str]:
    """Names that the student chose become one and the same; what libraries and the language are called stays."""
    found = []
    for match in _TOKEN.finditer(source):
        kind, token = match.lastgroup, match[0]
        if kind == "text":
            found.append("''")
        elif kind == "name":
            found.append(token if token in _KEPT_NAMES else "x")
        elif kind != "skip":
            found.append(token)
    return found


def _kept(tokens: list[str], run: int, kind: str) -> list[int]:
    """Winnowing: whatever run two texts share that is long enough, they share a hash that is kept of it."""
    words = [token.encode("utf-8", "replace") for token in tokens]
    ends = [0, *accumulate(len(word) + 1 for word in words)]
    data, seed = memoryview(b"\0".join(words)), zlib.crc32(kind.encode())
    hashes = [zlib.crc32(data[ends[i] : ends[i + run] - 1], seed) for i in range(len(words) - run + 1)]
    if len(hashes) <= WINDOW:
        return hashes[:1]
    return [min(hashes[i : i + WINDOW]) for i in range(len(hashes) - WINDOW + 1)]
