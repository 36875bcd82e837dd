"""Bar charts as small SVG pictures with their numbers in the alt text; `templates/charts.html` draws them."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, ROW, LABEL, NOTE = 760, 24, 300, 150
STEPS, BASE, TOP = 10, 170, 140  # of a histogram: bars, the line they stand on, the height of the highest


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Label:
    x: float
    y: float
    text: str
    anchor: str  # "start", "middle" or "end"


@dataclass(frozen=True)
class Chart:
    """A picture of rectangles and words. `spoken` says the same to who cannot see it."""

    spoken: str
    height: float
    boxes: tuple[Box, ...]
    words: tuple[Label, ...]
    line: float | None = None  # how far down a line goes from side to side
    width: float = WIDTH


def bars(title: str, rows: Sequence[tuple[str, float, str]], most: float) -> Chart | None:
    """Horizontal bars: (label, value, what to write beside it). `most` is the value of a full bar."""
    if not rows:
        return None
    boxes, words = [], []
    for i, (label, value, note) in enumerate(rows):
        y = i * ROW + 4
        length = (WIDTH - LABEL - NOTE) * min(1.0, value / most) if most > 0 else 0.0
        boxes.append(Box(LABEL, y + 2, length, ROW - 8))
        words.append(Label(LABEL - 8, y + 15, _short(label), "end"))
        words.append(Label(LABEL + length + 6, y + 15, note, "start"))
    spoken = f"{title}: " + "; ".join(f"{label} {note}" for label, _, note in rows)
    return Chart(spoken, ROW * len(rows) + 8, tuple(boxes), tuple(words))


def histogram(title: str, scores: Sequence[float], possible: float) -> Chart | None:
    """How many students have how many points, in ten steps."""
    if not scores or possible <= 0:
        return None
    counts = [0] * STEPS
    for score in scores:
        counts[min(STEPS - 1, max(0, int(STEPS * score / possible)))] += 1
    step = (WIDTH - 40) / STEPS
    boxes, words = [], []
    for i, count in enumerate(counts):
        height, x = TOP * count / max(counts), 20 + i * step
        boxes.append(Box(x + 4, BASE - height, step - 8, height))
        words.append(Label(x + step / 2, BASE - height - 5, str(count), "middle"))
        label = f"{possible * i / STEPS:g}–{possible * (i + 1) / STEPS:g}"
        words.append(Label(x + step / 2, BASE + 18, label, "middle"))
    spoken = f"{title}: " + "; ".join(
        f"{n} with {possible * i / STEPS:g} to {possible * (i + 1) / STEPS:g} points" for i, n in enumerate(counts) if n
    )
    return Chart(spoken, BASE + 28, tuple(boxes), tuple(words), line=BASE)


def _short(label: str) -> str:
    return label if len(label) <= 38 else label[:37] + "…"
