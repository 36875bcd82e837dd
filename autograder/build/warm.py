"""What every notebook run needs and takes seconds to import: imported once, then forked.

A process that is started through `processes()` begins with these modules in memory.
"""

import multiprocessing
import os
from multiprocessing.context import BaseContext

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no threads before a fork
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # or ipykernel's debugger prints a warning


def processes() -> BaseContext:
    """Processes that share one import where the system can fork; plain new ones elsewhere (Windows)."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    if multiprocessing.parent_process() is not None:
        return multiprocessing.get_context("fork")  # we are such a process ourselves: warm, and with one thread
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.build.preload"])
    return context
