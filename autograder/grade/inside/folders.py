"""A working folder for one child where there are no mounts: nothing of it is left for the next student."""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from typing import Any

SHARED = ("/tmp", "/var/tmp", "/dev/shm")  # a powerless user may write here where nothing forbids it


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
    if uid is not None:
        for shared in SHARED:
            with contextlib.suppress(OSError):
                for entry in os.scandir(shared):
                    if entry.stat(follow_symlinks=False).st_uid == uid:
                        _remove(entry)


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
