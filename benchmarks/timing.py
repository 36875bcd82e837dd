"""Fair times on a busy machine: everything in one process, in turns, medians."""

import time
from collections.abc import Callable
from statistics import median


def interleaved(
    contenders: dict[str, Callable[[], object]],
    clock: Callable[[], float],
    seconds: float = 0.4,
    least: int = 5,
) -> dict[str, float]:
    """The median time of each, in rounds that run all of them once; about `seconds` for each.

    `time.thread_time` does not count what other processes take, and is right for one thread; for more threads
    there is `time.perf_counter`. A short call is repeated for about a millisecond, so that it does not
    pay for the caches that its rival emptied.
    """
    repeats = {}
    for name, run in contenders.items():
        run()
        start = time.perf_counter()
        run()
        repeats[name] = max(1, int(1e-3 / (time.perf_counter() - start)))
    times: dict[str, list[float]] = {name: [] for name in contenders}
    end = time.perf_counter() + seconds * len(contenders)
    while time.perf_counter() < end or len(next(iter(times.values()))) < least:
        for name, run in contenders.items():
            start = clock()
            for _ in range(repeats[name]):
                run()
            times[name].append((clock() - start) / repeats[name])
    return {name: median(found) for name, found in times.items()}
