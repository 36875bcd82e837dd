"""A working folder for one child where there are no mounts: nothing of it is left for the next student, and what is in
it is limited.

A deleted file that is still open or mapped has no name any more, and is not counted; `free` shows it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator

from . import Wall

SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")  # a powerless user may write here where nothing forbids it
FILES = 4096  # and folders
SCARCE = 1 << 30  # bytes
OVERFULL = "its files took too much of the disk"


class Built(Wall):
    """`model`: a folder whose last name and neighbours the child's own folder has; `size`: the bytes that may be in it,
    0 for any number; `uid`: the user that the child becomes, if it is another one."""

    def __init__(self, model: str, size: int, uid: int | None = None):
        self.model, self.size, self.uid = model, size, uid
        self.scratch, self.room = model, 0

    def prepare(self) -> None:
        self.scratch = fresh(self.model, self.uid)
        self.room = free(self.scratch)

    def enter(self) -> None:
        os.chdir(self.scratch)

    def broken(self, child: int) -> str:
        """A child that is there for long may go where there is room; it also ends when room became scarce meanwhile."""
        if not self.size:
            return ""
        os.kill(child, signal.SIGSTOP)  # nothing changes while it is looked at
        os.waitid(os.P_PID, child, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        now = free(self.scratch)
        taken = now < SCARCE and now < self.room - self.size
        if taken or overfull(self.scratch, self.uid, self.size):
            return OVERFULL
        os.kill(child, signal.SIGCONT)
        return ""

    def leave(self) -> None:
        clear(os.path.dirname(self.scratch))
        for left in _elsewhere(self.uid):  # where everybody may write; its user is nobody else's
            clear(left.path)


def fresh(model: str, uid: int | None) -> str:
    """A new empty folder with the same last name and the same neighbours, as links, as `model`."""
    for left in _elsewhere(uid):  # when the process that should have removed it was killed
        clear(left.path)
    course = os.path.dirname(model)
    folder = tempfile.mkdtemp(prefix="child-", dir=os.path.dirname(course))
    os.chmod(folder, 0o755)
    for entry in os.scandir(course):
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), os.path.join(folder, entry.name))
    scratch = os.path.join(folder, os.path.basename(model))
    os.mkdir(scratch, 0o700)
    if uid is not None:
        os.chown(scratch, uid, uid)
    return scratch


def overfull(scratch: str, uid: int | None, limit: int) -> bool:
    """Whether a child that holds still has more than `limit` bytes on the disk, or more than FILES files.

    A folder that this process may not look into counts as too much, and so does one with too long a path.
    """
    sizes: dict[tuple[int, int], int] = {}  # by file: one with two names takes its room once
    names = 0
    try:
        todo: list[Iterator[os.DirEntry]] = [_elsewhere(uid), _entries(scratch)]
        while todo:
            for entry in todo.pop():
                info = entry.stat(follow_symlinks=False)
                sizes[info.st_dev, info.st_ino] = info.st_blocks * 512
                names += 1
                if names > FILES:
                    return True
                if entry.is_dir(follow_symlinks=False):
                    todo.append(_entries(entry.path))
    except OSError:
        return True
    return sum(sizes.values()) > limit


def free(scratch: str) -> int:
    """Bytes that are left on the disk; 0 without a folder."""
    try:
        disk = os.statvfs(scratch)
    except OSError:
        return 0
    return disk.f_bavail * disk.f_frsize


def clear(path: str) -> None:
    """Remove a file or a folder, also one that is closed, or so deep that Python does not come to its end."""
    if not os.path.isdir(path) or os.path.islink(path):
        with contextlib.suppress(OSError):
            os.unlink(path)
        return
    with contextlib.suppress(RecursionError):
        shutil.rmtree(path, ignore_errors=True)
    if os.path.lexists(path):
        opened = [] if os.getuid() == 0 else [["chmod", "-R", "u+rwx"]]
        for command in (*opened, ["rm", "-rf"]):
            subprocess.run([*command, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _elsewhere(uid: int | None) -> Iterator[os.DirEntry]:
    """What a user has outside of its folder."""
    for shared in SHARED if uid is not None else ():
        with contextlib.suppress(OSError):
            for entry in _entries(shared):
                with contextlib.suppress(FileNotFoundError):  # somebody else's, and gone meanwhile
                    if entry.stat(follow_symlinks=False).st_uid == uid:
                        yield entry


def _entries(folder: str) -> Iterator[os.DirEntry]:
    with os.scandir(folder) as entries:
        yield from entries
