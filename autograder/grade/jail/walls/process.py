"""What a process says about itself to the kernel: who may look into it, and when it ends."""

from .libc import prctl

SET_PDEATHSIG, SET_DUMPABLE = 1, 4


def stay_opaque() -> None:
    """Other processes of this user may neither ptrace this one nor read its memory or descriptors."""
    prctl(SET_DUMPABLE, 0, "dumpable")


def be_seen() -> None:
    """Undo `stay_opaque`, for as long as /proc/self must belong to this process's own user."""
    prctl(SET_DUMPABLE, 1, "dumpable")


def die_with_parent() -> None:
    prctl(SET_PDEATHSIG, 9, "pdeathsig")
