"""From a named mistake to its picture: measuring the roads, and drawing the still. `python -m benchmarks.drawn`"""

import os
import statistics
import time

from benchmarks.results import table as as_table
from benchmarks.results import write_section
from utils.check.forks.mistakes import mistake
from utils.explore.drawn import drawn
from utils.explore.layers import right_roads
from utils.explore.subjects import SUBJECTS

TITLE = "## Show me: from a named mistake to its picture"
MISTAKES = {
    "conv1d": "flipped-forward",
    "conv2d": "stride-axes-swapped",
    "conv2d_grad_input": "channels-not-swapped",
    "conv2d_grad_weight": "averaged-over-places",
    "max_pool2d": "min-not-max",
    "max_pool2d_grad": "overwrite-overlap",
    "batch_norm": "bn-per-sample",
    "batch_norm_grad": "bn-missing-var",
}


def measure(about: str, name: str, times: int = 7) -> tuple[float, float, float]:
    """Median milliseconds until all is measured and said, of a second answer on the same call, and of the still."""
    m, first, again, still = mistake(about, name, SUBJECTS[about].cases), [], [], []
    for _ in range(times):
        right_roads.cache_clear()
        for found in (first, again):
            start = time.process_time()
            picture = drawn([m])
            found.append(1e3 * (time.process_time() - start))
        assert picture is not None
        start = time.process_time()
        picture._draw(picture.state)
        still.append(1e3 * (time.process_time() - start))
    return statistics.median(first), statistics.median(again), statistics.median(still[1:])


def section() -> str:
    """The table in Markdown."""
    rows = [[f"`{about}`", name, *(f"{ms:.0f}" for ms in measure(about, name))] for about, name in MISTAKES.items()]
    header = ["operation", "mistake", "first time, ms", "again, ms", "its still, ms"]
    note = f"""The processor's time, which other work on the machine changes little. The card is there before. A picture
that is there opens in two frames: `tests/browser/test_drawn.py`.
Measured at a load of {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores. `python -m benchmarks.drawn`"""
    return f"{TITLE}\n\n{as_table(header, rows)}\n\n{note}\n"


if __name__ == "__main__":
    text = section()
    print(text)
    write_section("drawn", text)
