"""Bar charts as small SVG pictures with their numbers in the alt text."""

from collections.abc import Sequence

from .page import safe

WIDTH, ROW, LABEL, NOTE = 760, 24, 300, 150


def bars(title: str, rows: Sequence[tuple[str, float, str]], most: float) -> str:
    """Horizontal bars: (label, value, what to write beside it). `most` is the value of a full bar."""
    if not rows:
        return ""
    height = ROW * len(rows) + 8
    room = WIDTH - LABEL - NOTE
    parts = []
    for i, (label, value, note) in enumerate(rows):
        y = i * ROW + 4
        length = room * min(1.0, value / most) if most > 0 else 0.0
        parts.append(f'<text x="{LABEL - 8}" y="{y + 15}" text-anchor="end">{safe(_short(label))}</text>')
        parts.append(f'<rect x="{LABEL}" y="{y + 2}" width="{length:.1f}" height="{ROW - 8}" fill="var(--bar)"/>')
        parts.append(f'<text x="{LABEL + length + 6:.1f}" y="{y + 15}">{safe(note)}</text>')
    spoken = f"{title}: " + "; ".join(f"{label} {note}" for label, _, note in rows)
    return _figure(spoken, height, parts)


def histogram(title: str, scores: Sequence[float], possible: float) -> str:
    """How many students have how many points, in ten steps."""
    if not scores or possible <= 0:
        return ""
    counts = [0] * 10
    for score in scores:
        counts[min(9, max(0, int(10 * score / possible)))] += 1
    step, base, top = (WIDTH - 40) / 10, 170, max(counts)
    parts = [f'<line x1="20" y1="{base}" x2="{WIDTH - 20}" y2="{base}" stroke="currentColor"/>']
    for i, count in enumerate(counts):
        height = 140 * count / top
        x = 20 + i * step
        parts.append(
            f'<rect x="{x + 4:.1f}" y="{base - height:.1f}" width="{step - 8:.1f}" '
            f'height="{height:.1f}" fill="var(--bar)"/>'
        )
        parts.append(f'<text x="{x + step / 2:.1f}" y="{base - height - 5:.1f}" text-anchor="middle">{count}</text>')
        label = f"{possible * i / 10:g}–{possible * (i + 1) / 10:g}"
        parts.append(f'<text x="{x + step / 2:.1f}" y="{base + 18}" text-anchor="middle">{label}</text>')
    spoken = f"{title}: " + "; ".join(
        f"{n} with {possible * i / 10:g} to {possible * (i + 1) / 10:g} points" for i, n in enumerate(counts) if n
    )
    return _figure(spoken, base + 28, parts)


def _figure(alt: str, height: float, parts: list[str]) -> str:
    label = safe(alt)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}">'
        f"<title>{label}</title>" + "".join(parts) + "</svg>"
    )


def _short(label: str) -> str:
    return label if len(label) <= 38 else label[:37] + "…"
