"""A seccomp filter, written as the kernel's small bytecode: what a student's process may never ask the kernel for.

No new process and no other program, no socket, no signal to another process, no look into one and no say in when it
runs, no lease on a file, no mount, no namespace, no key ring, no kernel module. Threads are allowed. Rights, owners and
times of files are not changed, which Landlock would allow anywhere, but the call says that they were: `shutil.copy`
asks for it. Likewise the disks are not flushed, for which all would wait.
"""

import ctypes
import errno
import os
import platform
import struct
from functools import cache

from . import Wall
from .libc import LIBC

PR_SET_SECCOMP, FILTER = 22, 2
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, JUMP_EQ, JUMP_GE, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
CLONE_THREAD = 0x10000

# name: (x86_64, aarch64); None where the architecture has no such call
CALLS: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242), "socketpair": (53, 199), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60),
    "setuid": (105, 146), "setgid": (106, 144), "setresuid": (117, 147), "setresgid": (119, 149),
    "setgroups": (116, 159),
    "setsid": (112, 157), "setpgid": (109, 154), "prlimit64": (302, 261), "setrlimit": (160, 164),
    "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190),
    "mq_open": (240, 180), "memfd_create": (319, 279),
    "clock_settime": (227, 112), "settimeofday": (164, 170), "sethostname": (170, 161), "fanotify_init": (300, 262),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "personality": (135, 92), "ioperm": (173, None),
    "iopl": (172, None), "fallocate": (285, 47),  # knows no limit of a file's size
    "modify_ldt": (154, None), "io_setup": (206, 0), "memfd_secret": (447, 447), "quotactl_fd": (443, 443),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "migrate_pages": (256, 238),
    "move_pages": (279, 239),
}  # fmt: skip
PRETENDED: dict[str, tuple[int | None, int | None]] = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "sync": (162, 81), "syncfs": (306, 267), "fsync": (74, 82), "fdatasync": (75, 83), "sync_file_range": (277, 84),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
}  # fmt: skip
# by second argument: to choose who gets a signal, and which, when a descriptor is ready; and to let everybody else who
# opens a file wait for this process, three quarters of a minute for each, or be told of it
# fcntl: F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY; ioctl
BY_ARGUMENT = {(72, 25): (8, 10, 15, 1024, 1026), (16, 29): (0x8901, 0x8902)}
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
CLONE, CLONE3, KILL_CALL, TGKILL = (56, 220), (435, 435), (62, 129), (234, 131)


class Built(Wall):
    """`process`: the child's number where it is the same for all of them, so that the filter is made once; else 0."""

    def __init__(self, process: int = 0):
        if process:
            program(process)

    def enter(self) -> None:
        refuse_calls()


def supported() -> bool:
    return os.name == "posix" and platform.system() == "Linux" and platform.machine() in ARCHITECTURES


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", code, yes, no, value)


@cache
def program(own_pid: int) -> bytes:
    """The filter for the process `own_pid` (its number in its own namespace)."""
    column, architecture = ARCHITECTURES[platform.machine()]
    refuse = _step(RETURN, ERRNO | errno.EPERM)
    steps = [_step(LOAD, 4), _step(JUMP_EQ, architecture, 1, 0), _step(RETURN, KILL), _step(LOAD, 0)]
    if column == 0:
        steps += [_step(JUMP_GE, 0x40000000, 0, 1), refuse]  # the x32 numbers name the same calls again
    for call in sorted(n[column] for n in CALLS.values() if n[column] is not None):  # type: ignore[type-var]
        steps += [_step(JUMP_EQ, call, 0, 1), refuse]  # type: ignore[arg-type]
    for call in sorted(n[column] for n in PRETENDED.values() if n[column] is not None):  # type: ignore[type-var]
        steps += [_step(JUMP_EQ, call, 0, 1), _step(RETURN, ERRNO)]  # type: ignore[arg-type]
    # clone3 hides its flags in memory: say that it does not exist, and the C library falls back to clone
    steps += [_step(JUMP_EQ, CLONE3[column], 0, 1), _step(RETURN, ERRNO | errno.ENOSYS)]
    steps += [_step(JUMP_EQ, CLONE[column], 0, 4), _step(LOAD, 16), _step(JUMP_SET, CLONE_THREAD, 1, 0), refuse]
    steps += [_step(RETURN, ALLOW)]
    for call in (KILL_CALL[column], TGKILL[column]):  # a signal only to oneself
        steps += [_step(JUMP_EQ, call, 0, 4), _step(LOAD, 16), _step(JUMP_EQ, own_pid, 1, 0), refuse]
        steps += [_step(RETURN, ALLOW)]
    for calls, arguments in BY_ARGUMENT.items():
        steps += [_step(JUMP_EQ, calls[column], 0, 2 * len(arguments) + 2), _step(LOAD, 24)]
        for argument in arguments:
            steps += [_step(JUMP_EQ, argument, 0, 1), refuse]
        steps += [_step(RETURN, ALLOW)]
    return b"".join([*steps, _step(RETURN, ALLOW)])


def refuse_calls() -> None:
    """Install the filter in this process, for good. `no_new_privs` must be set."""
    code = program(os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))

    class FilterProgram(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))

    whole = FilterProgram(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    if LIBC.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(whole), 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")
