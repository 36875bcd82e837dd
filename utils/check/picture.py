"""A small picture, in text, of the target beside an answer; wrong entries carry a star, so no colour is needed."""

from typing import Any

import numpy as np

ROWS, COLUMNS = 5, 6
MOST_IN_CALL = 14  # numbers of an array that a call spells out


def picture(yours: Any, target: Any, wrong: np.ndarray, *, kernel: bool = False, show_target: bool = True) -> list[str]:
    """At most `ROWS + 1` lines around the largest error. `kernel` says that the spatial axes come first."""
    yours, target, wrong = np.asarray(yours), np.asarray(target), np.asarray(wrong)
    if yours.ndim == 0 or yours.size == 0:
        return []
    at = _largest_error(yours, target, wrong)
    shown = _shown_axes(yours.ndim, kernel)
    index = tuple(slice(None) if axis in shown else int(i) for axis, i in enumerate(at))
    centre = [at[axis] for axis in shown]
    size = [COLUMNS + 4] if len(shown) == 1 else [ROWS, COLUMNS]
    window = tuple(_window(c, n, s) for c, n, s in zip(centre, yours[index].shape, size, strict=True))
    label = _label(index, shown, window, yours.shape)
    mine = _texts(yours[index][window], wrong[index][window], np.asarray(target)[index][window])
    right = _texts(target[index][window], np.zeros_like(wrong[index][window]), yours[index][window])
    if len(shown) == 1:
        return _row_picture(mine, right, label, show_target)
    return _grid_picture(mine, right, label, show_target)


def call_text(value: Any) -> str | None:
    """An argument as a student would type it; None when it is too large for a line."""
    if isinstance(value, np.ndarray):
        if value.size > MOST_IN_CALL or value.ndim > 2:
            return None
        if value.dtype == object:
            return str(value.tolist())
        texts = _texts(value, np.zeros(value.shape, bool), value)
        stripped = np.array([t.strip() for t in texts.ravel()], dtype=object).reshape(texts.shape)
        return str(stripped.tolist()).replace("'", "")
    if isinstance(value, dict):
        return None
    if callable(value):
        return getattr(value, "__name__", "f")
    if isinstance(value, float):
        return f"{value:g}"
    return repr(value)


def _largest_error(yours: np.ndarray, target: np.ndarray, wrong: np.ndarray) -> tuple[int, ...]:
    if yours.dtype.kind in "iufb" and target.dtype.kind in "iufb":
        with np.errstate(invalid="ignore"):
            size = np.abs(np.asarray(yours, float) - np.asarray(target, float))
        size = np.where(wrong, np.nan_to_num(size, nan=np.inf), -1.0)
    else:
        size = wrong.astype(float)
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(size)), yours.shape))


def _shown_axes(ndim: int, kernel: bool) -> tuple[int, ...]:
    if ndim <= 2:
        return tuple(range(ndim))
    if kernel:
        return tuple(range(ndim - 2))[-2:]
    return (1,) if ndim == 3 else (ndim - 3, ndim - 2)


def _window(centre: int, n: int, size: int) -> slice:
    start = max(0, min(centre - size // 2, n - size))
    return slice(start, min(n, start + size))


def _label(index: tuple, shown: tuple[int, ...], window: tuple[slice, ...], shape: tuple[int, ...]) -> str:
    if len(shown) == len(shape) and all(
        w.start == 0 and w.stop == shape[a] for a, w in zip(shown, window, strict=True)
    ):
        return ""
    inside = dict(zip(shown, window, strict=True))
    texts = []
    for axis, i in enumerate(index):
        if axis not in inside:
            texts.append(str(i))
        elif inside[axis].stop - inside[axis].start == shape[axis]:
            texts.append(":")
        else:
            texts.append(f"{inside[axis].start}:{inside[axis].stop}")
    return "[" + ", ".join(texts) + "]"


def _texts(values: np.ndarray, wrong: np.ndarray, other: np.ndarray) -> np.ndarray:
    marks = np.where(wrong, "*", " ")
    flat = [_number(v, o) + m for v, o, m in zip(values.ravel(), other.ravel(), marks.ravel(), strict=True)]
    return np.array(flat, dtype=object).reshape(values.shape)


def _number(value: Any, other: Any) -> str:
    if not isinstance(value, int | float | np.number):
        return str(value) if len(str(value)) <= 18 else str(value)[:17] + "…"
    if value == round(float(value), 9) and np.isfinite(value) and float(value).is_integer() and abs(value) < 1e7:
        return str(int(value))
    for digits in (3, 5, 8):
        text = f"{float(value):.{digits}g}"
        if value == other or not isinstance(other, int | float | np.number) or text != f"{float(other):.{digits}g}":
            break
    return text


def _row_picture(mine: np.ndarray, right: np.ndarray, label: str, show_target: bool) -> list[str]:
    width = max(len(t) for t in [*mine, *right] if show_target or t in mine)
    lines = [(f"yours{label}", mine)]
    if show_target:
        lines.insert(0, (f"target{label}", right))
    head = max(len(name) for name, _ in lines)
    return [f"  {name:<{head}}  {' '.join(t.rjust(width) for t in texts)}".rstrip() for name, texts in lines]


def _grid_picture(mine: np.ndarray, right: np.ndarray, label: str, show_target: bool) -> list[str]:
    left = _block(right, f"target{label}") if show_target else [""] * (len(mine) + 1)
    beside = _block(mine, f"yours{label}")
    gap = "  |  " if show_target else ""
    return [f"  {a}{gap}{b}".rstrip() for a, b in zip(left, beside, strict=True)]


def _block(texts: np.ndarray, title: str) -> list[str]:
    width = max(len(t) for t in texts.ravel())
    rows = [" ".join(t.rjust(width) for t in row) for row in texts]
    whole = max(len(title), *(len(r) for r in rows))
    return [title.ljust(whole), *(r.ljust(whole) for r in rows)]
