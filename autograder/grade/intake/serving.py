"""A child that answers requests about a stranger's bytes: each within limits of memory and processor time.

`readers` starts it, and ends it when it takes too long.
"""

import json
import resource
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from .names import clean

MEMORY = 1 << 30
SECONDS = 10  # of processor time, for one submission


def limit_memory(most: int = MEMORY, file: int = 0) -> None:
    """No more memory than that, and no file with more bytes."""
    for what, limit in ((resource.RLIMIT_AS, most), (resource.RLIMIT_FSIZE, file), (resource.RLIMIT_CORE, 0)):
        with suppress(OSError, ValueError):  # not every system has each
            resource.setrlimit(what, (limit, resource.getrlimit(what)[1]))


def limit_seconds(seconds: int = SECONDS) -> None:
    """From now on so many more seconds of processor time; the system ends the process after that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def serve(fd: int, make: Callable[..., Any], seconds: int = SECONDS, memory: int = MEMORY, file: int = 0) -> None:
    """Answer requests until the line is closed, each within the limits. `make` gives what answers, from its setup."""
    line = Connection(fd)
    answering = make(**json.loads(line.recv_bytes()))
    limit_memory(memory, file)
    while True:
        try:
            request = json.loads(line.recv_bytes())
        except EOFError:
            return
        limit_seconds(seconds)
        blobs: list[bytes] = []
        try:
            answer = getattr(answering, request["do"])(**request["with"])
            if isinstance(answer, tuple):
                answer, blobs = answer
            data = json.dumps(answer).encode()
        except MemoryError:
            data, blobs = b'{"failed": "it takes more than 1 GB of memory"}', []
        except Exception as e:
            data, blobs = json.dumps({"failed": clean(f"{type(e).__name__}: {e}")}).encode(), []
        line.send_bytes(data)
        for blob in blobs:
            line.send_bytes(blob)
