"""Recognise the wrong size formula behind a wrong shape."""

from typing import Any

import numpy as np

from .cases import Case
from .question import Question
from .table import Misconception, known
from .trial import Trial


def wrong_size(question: Question, trials: list[Trial]) -> Misconception | None:
    """The misconception about `output_size` that gives the shape of every answer in `trials`."""
    for m in known("output_size"):
        if trials and all(_gives_shape(m, question, t) for t in trials):
            return m
    return None


def _gives_shape(m: Misconception, question: Question, trial: Trial) -> bool:
    axes = axis_sizes(question.about, question.operands(trial.concrete))
    yours, right = np.shape(trial.value), np.shape(trial.target)
    if axes is None or len(yours) != len(right):
        return False
    spatial = range(1, 1 + len(axes)) if len(right) > len(axes) else range(len(axes))
    others = [i for i in range(len(right)) if i not in spatial]
    if any(yours[i] != right[i] for i in others):
        return False
    try:
        return all(yours[i] == m.wrong(*sizes) for i, sizes in zip(spatial, axes, strict=True))
    except (TypeError, ValueError, ZeroDivisionError):
        return False


def axis_sizes(about: str, on: Case) -> list[tuple[int, int, int, int, int]] | None:
    """(n, kernel_size, stride, padding, dilation) of each spatial axis, for operations that slide a window."""
    pool = "pool" in about and "grad" not in about
    if not pool and about not in ("conv", "conv1d", "conv2d", "conv3d", "true_convolution"):
        return None
    second = "kernel_size" if pool else "w"
    names = ["x", second, "stride", "padding"] if pool else ["x", second, "bias", "stride", "padding", "dilation"]
    given = {**dict(zip(names, on.args, strict=False)), **on.kwargs}
    x, window = np.shape(given["x"]), given[second]
    spatial = x[1:-1] if len(x) > 2 else x
    rank = len(spatial)
    kernel = _per_axis(window, rank) if pool else list(np.shape(window)[:rank])
    stride = given.get("stride")
    strides = kernel if stride is None and pool else _per_axis(1 if stride is None else stride, rank)
    paddings, dilations = _per_axis(given.get("padding", 0), rank), _per_axis(given.get("dilation", 1), rank)
    return list(zip(spatial, kernel, strides, paddings, dilations, strict=True))


def _per_axis(value: Any, rank: int) -> list[int]:
    return list(value) if isinstance(value, tuple | list | np.ndarray) else [value] * rank
