"""similar.csv: pairs of students whose work shares what few others have: a reason to look, never a verdict.

Runs of tokens weigh the more the fewer students have them (TF-IDF); what half of the class has weighs nothing. So
answers that a question prescribes make nobody similar.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
    prints = [p for p in prints if len(p.runs) >= SHORT]
    count = Counter(run for p in prints for run in p.runs)
    most = len(prints) / 2 if len(prints) >= SMALL_CLASS else len(prints)
    weight = {run: math.log((1 + len(prints)) / (1 + n)) + 1 for run, n in count.items() if n <= most}
    shared = {run: column for column, run in enumerate(run for run in weight if count[run] > 1)}
    weights = np.zeros((len(prints), len(shared)), np.float32)
    for row, p in zip(weights, prints, strict=True):
        length = math.hypot(*(weight[run] for run in p.runs if run in weight))
        for run in p.runs & shared.keys():
            row[shared[run]] = weight[run] / length
    cosines = weights @ weights.T
    for i, j in np.argwhere(np.triu(cosines, 1) >= ALIKE):
        one, other = prints[i], prints[j]
        if one.submission != other.submission:
            yield Pair(one, other, float(cosines[i, j]), len(one.runs & other.runs))
