"""similar.csv: pairs of students whose work shares what few others have: a reason to look, never a verdict.

Runs of tokens weigh the more the fewer students have them (TF-IDF); what half of the class has weighs nothing. So
answers that a question prescribes make nobody similar.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .files import write_csv
from .gradebook import Gradebook
from .records import Fingerprint

HEAD = ("assignment", "student", "other", "similarity", "shared", "submission", "other_submission")
ALIKE = 0.5  # cosine of the two students' runs, from 0 to 1
MOST = 200  # pairs of one assignment
SMALL_CLASS = 6  # here a run that half of the class has may be what two have copied
SHORT = 8  # runs; with fewer than that nothing can be said


@dataclass(frozen=True)
class Pair:
    """Two students' work on one assignment; `shared` runs are in both."""

    one: Fingerprint
    other: Fingerprint
    similarity: float
    shared: int


def write_similar(book: Gradebook, out: Path) -> None:
    rows = []
    for prints in book.fingerprints():
        pairs = sorted(similar(prints), key=lambda pair: -pair.similarity)
        rows += [
            (p.one.assignment, p.one.student, p.other.student, round(p.similarity, 2), p.shared,
             p.one.submission, p.other.submission)
            for p in pairs[:MOST]
        ]  # fmt: skip
    write_csv(out / "similar.csv", HEAD, rows)


def similar(prints: list[Fingerprint]) -> Iterator[Pair]:
    """Pairs within one assignment. The members of a group, who have one file, are no pair."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # takes a second to import

    prints = [p for p in prints if len(p.runs) >= SHORT]
    if len(prints) < 2:
        return
    most = 0.5 if len(prints) >= SMALL_CLASS else 1.0
    analyzer: Any = _runs  # its type says text alone
    weigh = TfidfVectorizer(analyzer=analyzer, binary=True, max_df=most)
    try:
        weights = weigh.fit_transform(prints)
    except ValueError:  # there is no run that fewer than half have
        return
    cosines = (weights @ weights.T).tocoo()
    for i, j, cosine in zip(cosines.row, cosines.col, cosines.data, strict=True):
        one, other = prints[i], prints[j]
        if i < j and cosine >= ALIKE and one.submission != other.submission:
            yield Pair(one, other, float(cosine), len(one.runs & other.runs))


def _runs(fingerprint: Fingerprint) -> list[int]:
    return sorted(fingerprint.runs)
