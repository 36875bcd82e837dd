"""A working folder for one child where there are no mounts: nothing of it is left for the next student, and what is in
it is limited."""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from itertools import islice
from typing import Any

SHARED = ("/tmp", "/var/tmp", "/dev/shm")  # a powerless user may write here where nothing forbids it

FILES = 4096  # and folders


def fresh(model: str, uid: int | None) -> str:
    """A new empty folder with the same last name and the same neighbours, as links, as `model`."""
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


def remove(scratch: str, uid: int | None) -> None:
    """Remove a child's folder, and what its user, who is nobody else's, left where everybody may write."""
    shutil.rmtree(os.path.dirname(scratch), onerror=_open_and_retry)
    for entry in _elsewhere(uid):
        _remove(entry)


def overfull(scratch: str, uid: int | None, limit: int) -> bool:
    """Whether a child has more than `limit` bytes on the disk, more than FILES files, or a folder that is closed."""
    size = count = 0
    try:
        todo = [*_elsewhere(uid), *_some(scratch)]
        while todo:
            entry = todo.pop()
            count += 1
            with contextlib.suppress(FileNotFoundError):  # the child goes on meanwhile
                size += entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    todo += _some(entry.path)
            if size > limit or count + len(todo) > FILES:
                return True
    except OSError:
        return True
    return False


def _some(folder: str) -> list[os.DirEntry]:
    """What is in a folder, or one more than there may be."""
    with os.scandir(folder) as entries:
        return list(islice(entries, FILES + 1))


def _elsewhere(uid: int | None) -> list[os.DirEntry]:
    """What a user has outside of its folder."""
    found = []
    for shared in SHARED if uid is not None else ():
        with contextlib.suppress(OSError), os.scandir(shared) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):  # it belongs to somebody else, and is gone
                    if entry.stat(follow_symlinks=False).st_uid == uid:
                        found.append(entry)
    return found


def _remove(entry: os.DirEntry) -> None:
    if entry.is_dir(follow_symlinks=False):
        shutil.rmtree(entry.path, onerror=_open_and_retry)
    else:
        with contextlib.suppress(OSError):
            os.unlink(entry.path)


def _open_and_retry(action: Callable[..., Any], path: str, _: Any) -> None:
    """A student's folder may be closed to its owner, too."""
    with contextlib.suppress(OSError):
        for closed in (os.path.dirname(path), path):
            if stat.S_ISDIR(os.lstat(closed).st_mode):
                os.chmod(closed, 0o700)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
