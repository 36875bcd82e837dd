"""Own process numbers, mounts and users: the child is process 1 and sees an empty folder. Works inside bubblewrap."""

import ctypes
import os
import signal

from . import Wall
from .libc import LIBC, check
from .process import be_seen, die_with_parent

KEEP_LOCK = ctypes.PyDLL(None, use_errno=True)  # calls without letting go of Python's lock, for forks
CLONE = {"x86_64": 56, "aarch64": 220}
NEW_MOUNTS, NEW_USERS, NEW_PROCESSES = 0x20000, 0x10000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
FILES = 4096  # and folders


class Built(Wall):
    """`scratch` becomes an empty folder of a limited size; what is in the folders of `hide` is not seen."""

    def __init__(self, scratch: str, size: int, hide: list[str]):
        self.scratch, self.size, self.hide = scratch, size, hide
        self.user = (os.getuid(), os.getgid())

    def fork(self) -> int:
        """`os.fork` into new namespaces.

        The usual way, `unshare` and a second fork, copies a big process twice, and a fork is most of what a child
        costs.
        """
        number = CLONE.get(os.uname().machine)
        if number is None:
            raise OSError(f"no number of the system call `clone` is known for {os.uname().machine}")
        python = ctypes.pythonapi
        python.PyOS_BeforeFork()
        flags = NEW_USERS | NEW_MOUNTS | NEW_PROCESSES | signal.SIGCHLD
        pid = KEEP_LOCK.syscall(number, flags, None, None, None, None)
        if pid == 0:
            python.PyOS_AfterFork_Child()
            return 0
        error = ctypes.get_errno()
        python.PyOS_AfterFork_Parent()
        if pid < 0:
            raise OSError(error, f"clone: {os.strerror(error)}")
        return pid

    def enter(self) -> None:
        uid, gid = self.user
        be_seen()  # else its /proc/self belongs to root
        for name, body in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as f:
                f.write(body)
        options = f"size={self.size},nr_inodes={FILES},mode=0700".encode()
        mounted = LIBC.mount(b"tmpfs", self.scratch.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, options)
        check(mounted, "mount scratch")
        flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
        for folder in self.hide:
            check(LIBC.mount(b"tmpfs", folder.encode(), b"tmpfs", flags, b"size=4k"), f"hide {folder}")
        os.chdir(self.scratch)
        die_with_parent()  # new capabilities made the kernel forget it
