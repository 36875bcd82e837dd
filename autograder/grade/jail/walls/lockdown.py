"""What a process gives up before it runs a student's code. Each part is one function; none can be undone later.

namespaces  its own process numbers, mounts, network, users (inside bubblewrap, where they are allowed)
limits      memory, file size, open files
landlock    no file outside the given folders, no signal or ptrace to an outsider (kernel 5.13 and newer)
seccomp     see `seccomp.py`
"""

import ctypes
import os
import resource
import signal
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
KEEP_LOCK = ctypes.PyDLL(None, use_errno=True)  # calls without letting go of Python's lock, for forks
CLONE = {"x86_64": 56, "aarch64": 220}
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
NEW_NS, NEW_UTS, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = (
    0x20000,
    0x4000000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446  # the same numbers on every architecture
READ_FILE, READ_DIR, EXECUTE = 1 << 2, 1 << 3, 1 << 0


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def fork_into_namespaces() -> int:
    """`os.fork`, but the child is process 1 of new user, mount and process namespaces. `furnish` must follow there.

    The usual way, `unshare` and a second fork, copies a big process twice, and a fork is most of what a child costs.
    """
    number = CLONE.get(os.uname().machine)
    if number is None:
        raise OSError(f"no number of the system call `clone` is known for {os.uname().machine}")
    python = ctypes.pythonapi
    python.PyOS_BeforeFork()
    pid = KEEP_LOCK.syscall(number, NEW_USER | NEW_NS | NEW_PID | signal.SIGCHLD, None, None, None, None)
    if pid == 0:
        python.PyOS_AfterFork_Child()
        return 0
    error = ctypes.get_errno()
    python.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(error, f"clone: {os.strerror(error)}")
    return pid


def furnish(scratch: str, scratch_bytes: int, hidden_folder: str, uid: int, gid: int) -> None:
    """Name the new namespaces' one user, and mount an empty scratch folder, no /proc and no `hidden_folder`."""
    _check(LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "dumpable")  # else its /proc/self belongs to root
    for name, body in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as f:
            f.write(body)
    options = f"size={scratch_bytes},nr_inodes=4096,mode=0700".encode()
    _check(LIBC.mount(b"tmpfs", scratch.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, options), "mount scratch")
    hidden = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
    for folder in (b"/proc", hidden_folder.encode(), b"/dev/shm"):
        _check(LIBC.mount(b"tmpfs", folder, b"tmpfs", hidden, b"size=4k"), f"hide {folder.decode()}")


def drop_privileges() -> None:
    """No capability, no way to gain one, and no other process of the same user may look inside."""
    capability = 0
    while LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:  # fails past the last one, and without the right to
        capability += 1
    header, data = struct.pack("<Ii", 0x20080522, 0), bytes(24)
    _check(LIBC.capset(header, data), "capset")
    _check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    stay_opaque()


def stay_opaque() -> None:
    """Other processes of this user may neither ptrace this one nor read its memory or descriptors."""
    _check(LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")


def die_with_parent() -> None:
    _check(LIBC.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0), "pdeathsig")


def set_limits(memory: int, file_bytes: int) -> None:
    """Address space, size of a file, core dumps, open files."""
    for what, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),  # each may be a deleted file that takes room
        (resource.RLIMIT_MEMLOCK, 0),
        (getattr(resource, "RLIMIT_MSGQUEUE", None), 0),
    ):
        if what is not None:
            resource.setrlimit(what, (value, value))


def become(uid: int) -> None:
    """Another, powerless user, with a small number of processes and threads."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))


def landlock_version() -> int:
    """The kernel's Landlock version; 0 when it has none."""
    return max(0, LIBC.syscall(LANDLOCK_CREATE, None, 0, 1)) if sys.platform == "linux" else 0


def landlock(readable: list[str], writable: list[str]) -> None:
    """From here on only these files exist for this process; with a new kernel also no signal to an outsider."""
    version = landlock_version()
    if not version:
        raise OSError("this kernel has no Landlock")
    everything = (1 << 13) - 1 | (1 << 13 if version >= 2 else 0) | (1 << 14 if version >= 3 else 0)
    everything |= 1 << 15 if version >= 5 else 0
    network = 3 if version >= 4 else 0
    scope = 3 if version >= 6 else 0
    attributes = struct.pack("<QQQ", everything, network, scope)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _check(LIBC.syscall(LANDLOCK_CREATE, attributes, size, 0), "landlock_create_ruleset")
    files_only = READ_FILE | EXECUTE | 1 << 1 | (1 << 14 if version >= 3 else 0) | (1 << 15 if version >= 5 else 0)
    try:
        for paths, rights in ((readable, READ_FILE | READ_DIR | EXECUTE), (writable, everything)):
            for path in paths:
                if os.path.exists(path):
                    _allow(ruleset, path, rights if os.path.isdir(path) else rights & files_only)
        _check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
        _check(LIBC.syscall(LANDLOCK_RESTRICT, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("<Qi", rights, folder)  # packed: 12 bytes
        _check(LIBC.syscall(LANDLOCK_ADD, ruleset, 1, rule, 0), "landlock_add_rule")
    finally:
        os.close(folder)
