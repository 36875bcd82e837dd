"""`make bench`: the operators against PyTorch, same machine, same threads, and against the product alone."""

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean
from typing import Any

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingImports]

from benchmarks.contenders import (
    CONVOLUTIONS,
    IMAGES,
    POOLS,
    SEQUENCES,
    VARIATIONS,
    WORKSHEET,
    Contenders,
    convolution,
    normalization,
    pooling,
    product_of,
    recurrent,
    variation,
)
from benchmarks.results import machine, table, write_section
from benchmarks.timing import interleaved

REASONS = """Where a target is missed, and why:

- A convolution's time is its product's: compare "/ product alone". NumPy's `A @ B` packs its tall matrix anew for each
  product, and with 32 filters or fewer there is little work for what is packed; PyTorch's kernels skip the packing.
- Of the worksheet's own sizes, a bare signal or image is `np.correlate` after quick checks. An image is laid out as one
  signal for that: a few more calls of a microsecond each, where PyTorch's whole convolution takes five to ten. The
  32x32x3 image takes the general way, and its product has ten columns only.
- Max-pool backward finds each maximum again from x; PyTorch's forward saved the places, and its backward, the only
  part that is timed, follows them.
- Pooling and BatchNorm do a few operations on each number. NumPy passes over memory once for each of them, where
  PyTorch's compiled loops do all in one pass; float64 has twice the bytes to move. BatchNorm's variance is taken in
  two passes, mean first, which is exact where the mean is large.
- A group's product is thin: with 16 channels and filters in each of 4 groups, `A @ B` alone takes longer than PyTorch's
  whole convolution. A depthwise one passes over its block of the image twice for each weight, multiplying and adding;
  PyTorch's kernel keeps the sums in registers.
- An LSTM's step is a small product and many passes over its gates, which PyTorch does in one.
- PyTorch's float64 `grad_input` is better than its forward, which has no fast float64 kernel; ours is the same product.
- With two threads, a product of fewer than 17 million multiplications still takes one: it is done in less time than a
  busy second thread takes to answer. PyTorch, whose threads wait for work, gains up to a factor of 2 there.
- A busy machine spoils two-thread figures first, because both threads must run at once: see the load above."""
PLOT = Path(__file__).with_name("operators.png")
DTYPES = ("float32", "float64")
TARGETS = """Targets, as geometric means of time / PyTorch: convolutions with one thread 1.2 (float32) and 0.6
(float64), with two 1.8 and 0.8, no single one above 2; dilated, grouped and transposed convolutions, and recurrent
layers, with one thread 1.5; pooling and BatchNorm 2.5, max-pool backward 6."""


@dataclass
class Figure:
    """One row: how long ours took, and how many times longer than each rival."""

    group: str
    case: str
    direction: str
    dtype: str
    threads: int
    seconds: float
    torch: float
    plain: float | None = None
    product: float | None = None


def measure(group: str, case: str, found: Contenders, dtype: str, threads: int, seconds: float) -> list[Figure]:
    clock = time.thread_time if threads == 1 else time.perf_counter
    figures = []
    for direction, contenders in found.items():
        times = interleaved(contenders, clock, seconds)
        ours = times["ours"]
        rival = min(t for name, t in times.items() if name.startswith("torch"))
        others = {name: ours / times[name] for name in ("plain", "product") if name in times}
        figures.append(Figure(group, case, direction, dtype, threads, ours, ours / rival, **others))
        print(
            f"{case:24} {direction:18} {dtype} {threads} thread(s) {ours * 1e3:9.3f} ms  {ours / rival:5.2f}",
            flush=True,
        )
    return figures


def run(threads: int, seconds: float) -> list[Figure]:
    figures: list[Figure] = []
    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        for dtype in DTYPES:
            for case, layer in CONVOLUTIONS.items():
                found, sizes = convolution(layer, dtype, plain=threads == 1)
                if threads == 1:
                    for contenders in found.values():
                        contenders["product"] = product_of(*sizes, dtype)
                figures += measure("convolution", case, found, dtype, threads, seconds)
            if threads > 1:
                continue
            for case, layer in WORKSHEET.items():
                figures += measure("worksheet", case, convolution(layer, dtype)[0], dtype, threads, seconds)
            for case, layer in VARIATIONS.items():
                figures += measure("variation", case, variation(layer, dtype), dtype, threads, seconds)
            for case, sizes in SEQUENCES.items():
                for kind in ("rnn", "lstm"):
                    figures += measure(kind, case, recurrent(kind, sizes, dtype), dtype, threads, seconds)
            for name, shape in IMAGES.items():
                for pool, how in POOLS.items():
                    found = pooling(shape, *how, dtype)
                    figures += measure("pooling", f"{name} {pool}", found, dtype, threads, seconds)
                found = normalization(shape, dtype)
                figures += measure("pooling", name, found, dtype, threads, seconds)
    return figures


def report(figures: list[Figure], load: str) -> str:
    rows = [
        [f.case, f.direction, f.dtype, str(f.threads), f"{f.seconds * 1e3:.3g}", f"{f.torch:.2f}"]
        + [f"{r:.2f}" if r else "" for r in (f.plain, f.product)]
        for f in figures
    ]
    header = [
        "case",
        "direction",
        "dtype",
        "threads",
        "ours, ms",
        "/ PyTorch",
        "/ plain im2col",
        "/ product alone",
    ]
    return f"""## Operators

{machine()}, NumPy {np.__version__}, PyTorch {torch.__version__}.
{load}
Medians of runs that take turns in one process; the thread's processor time for one thread, wall time for two.
The ratio is to the better of PyTorch's two layouts: below 1, NumPy is faster. "Plain im2col" makes the whole
patch matrix at once; "product alone" is `A @ B` of the forward product's size.

{TARGETS}

{REASONS}

{table(["group", "dtype", "threads", "geometric mean", "worst"], summary(figures))}

![Time relative to PyTorch, for each convolution](operators.png)

{table(header, rows)}
"""


def summary(figures: list[Figure]) -> list[list[str]]:
    rows = []
    for group, dtype, threads in sorted({(f.group, f.dtype, f.threads) for f in figures}):
        some = [f for f in figures if (f.group, f.dtype, f.threads) == (group, dtype, threads)]
        worst = max(some, key=lambda f: f.torch)
        name = {"pooling": "pooling and BatchNorm", "variation": "dilated, grouped, transposed"}.get(group, group)
        mean = geometric_mean(f.torch for f in some)
        where = f"{worst.torch:.2f} ({worst.case}, {worst.direction})"
        rows.append([name, dtype, str(threads), f"{mean:.2f}", where])
    return rows


def draw(figures: list[Figure]) -> None:
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    chosen = [f for f in figures if f.group == "convolution" and f.threads == 1]
    labels = [f"{case}  {way}" for case in CONVOLUTIONS for way in ("forward", "grad_input", "grad_weight")]
    figure, axes = plt.subplots(figsize=(8, 7), layout="constrained")
    axes: Any
    for offset, dtype, color in ((-0.2, "float32", "#0072b2"), (0.2, "float64", "#e69f00")):
        heights = [f.torch for f in chosen if f.dtype == dtype]
        axes.barh(np.arange(len(heights)) + offset, heights, height=0.38, color=color, label=dtype)
    axes.axvline(1, color="black", linewidth=1)
    axes.set(yticks=range(len(labels)), yticklabels=labels, xlabel="time / PyTorch, one thread (less is faster)")
    axes.invert_yaxis()
    axes.legend()
    figure.savefig(PLOT, dpi=110, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.4, help="for each contender")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    before = os.getloadavg()[0]
    figures = [figure for threads in options.threads for figure in run(threads, options.seconds)]
    draw(figures)
    after = os.getloadavg()[0]
    load = f"Load average {before:.1f} before and {after:.1f} after, about 1 of it this benchmark's own; one run."
    write_section("operators", report(figures, load))
    print(table(["group", "dtype", "threads", "geometric mean", "worst"], summary(figures)))


if __name__ == "__main__":
    main()
