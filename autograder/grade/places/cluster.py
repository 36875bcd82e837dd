"""Grading on an existing Dask cluster: the same function, another executor.

The cluster's machines need this course's folder at the same place, its Python environment, and a sandbox of their own;
a worker whose machine is lost has its submissions graded by the others.
"""

from types import SimpleNamespace
from typing import Any

from autograder.errors import CommandError

RETRIES = 3


class NoCluster(CommandError):
    """The scheduler could not be reached, or has no workers."""


def cluster_executor(address: str) -> Any:
    """An object with `executor`, `width` (submissions at the same time) and `close()`, as the local pool has them."""
    from distributed import Client

    try:
        client = Client(address, timeout=15, set_as_default=False)
        client.wait_for_workers(1, timeout=15)
    except (OSError, TimeoutError, ValueError) as e:
        raise NoCluster(f"no Dask workers at {address}: {e or type(e).__name__}") from None
    threads: Any = client.nthreads()
    width = sum(threads.values())
    executor = client.get_executor(pure=False, retries=RETRIES)

    def close() -> None:
        client.close()

    return SimpleNamespace(executor=executor, width=width, close=close)
