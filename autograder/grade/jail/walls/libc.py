"""Calls of the C library that Python has no names for."""

import ctypes
import os

LIBC = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """`result`, unless it says that the call failed: then an OSError that begins with `what`."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int, what: str) -> None:
    check(LIBC.prctl(option, value, 0, 0, 0), what)
