"""A process that has imported everything a notebook needs, and forks once per submission.

It never runs student code and never reads from a student's process. The trusted side talks to it over one socket:
`start` (with the student's end of a new line) forks, `stop` kills that child and reports how it ended. Meanwhile it
looks at a child that has been there for a while, and ends one that fills the disk.
"""

import contextlib
import gc
import importlib
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass, field, replace

PRELOAD = (
    "jail.walls.seccomp", "jail.notebook.student", "jail.expressions", "numpy", "numpy.random", "sympy", "matplotlib",
    "matplotlib.pyplot", "ipywidgets", "anywidget", "IPython.display", "IPython.core.inputtransformer2",
)  # fmt: skip

LOOK = 0.5  # seconds until a child is looked at, and from one look to the next
OVERFULL = -2  # how a child ended that had too much on the disk
GARBAGE = 20_000  # objects between two searches for cycles: most notebooks end before the first
FONTS = "/grade/.fonts"  # where bubblewrap shows matplotlib's list of fonts
OWN = "/grade/.own"  # there, what this process may write to, and no child sees; /tmp may hold the course itself


@dataclass(frozen=True)
class Settings:
    """How a child is locked in; `namespaces` only works inside bubblewrap.

    `scratch` is its working folder: in namespaces a mount of the child's own, else the model of one that is made for
    each child and removed after it.
    """

    scratch: str
    readable: list[str]
    memory: int
    scratch_bytes: int
    namespaces: bool
    landlock: bool
    seccomp: bool
    uid: int | None
    preload: list[str] = field(default_factory=list)
    given: int | None = None  # a descriptor with the cells that students were given, as JSON
    later: list[str] = field(default_factory=list)  # modules that wait until a child uses them: see `later.py`
    library: str = ""  # the course's, by the name it is imported by
    checker: str = ""  # the module of it that can tell which of its functions run


def main(control_fd: int, settings: Settings) -> None:
    """Serve `start` and `stop` until the control socket closes."""
    from .notebook import later, stubs
    from .walls import cores, folders, lockdown, seccomp

    control = socket.socket(fileno=control_fd)
    if sys.platform == "linux":
        lockdown.stay_opaque()
    stubs.install_otter(lambda question: None)
    os.chdir(settings.scratch)
    if os.path.isdir(FONTS):
        shutil.copytree(FONTS, os.environ["MPLCONFIGDIR"], dirs_exist_ok=True)
    for name in settings.preload:
        if name in settings.later:
            continue
        try:
            importlib.import_module(name)
        except Exception as e:
            print(f"{name} could not be imported: {type(e).__name__}: {e}", file=sys.stderr, flush=True)
    later.postpone(settings.later)
    if "matplotlib" not in settings.later and "matplotlib" in sys.modules:
        _warm_matplotlib()
    if "sympy" not in settings.later and "sympy" in sys.modules:
        _warm_sympy()
    if settings.given is not None:
        from .notebook.student import compile_ahead

        with open(settings.given, "rb") as cells:
            compile_ahead(json.load(cells))
    gc.collect()
    gc.freeze()
    control.sendall(b'{"ready":true}\n')
    if settings.namespaces and settings.seccomp:
        seccomp.program(1)  # each child is process 1: built once, before the forks
    child, own = 0, settings
    while True:
        full = bool(child) and _watch(child, control, own)
        data, fds, _, _ = socket.recv_fds(control, 4096, 1)
        if not data:
            break
        order = json.loads(data)
        command, core = order["op"], order["core"]
        if child:
            status = OVERFULL if full else _stop(child)
            child = 0
            if not settings.namespaces:
                folders.remove(own.scratch, own.uid)
        else:
            status = None
        if command == "start":
            if not settings.namespaces:
                own = replace(settings, scratch=folders.fresh(settings.scratch, settings.uid))
            # and with it the child; one of another user could not be let go again
            cores.move(0, cores.EVERY if core is None or settings.uid is not None else {core})
            child = _fork(fds[0], control, own)
            os.close(fds[0])
        control.sendall(json.dumps({"status": status}).encode() + b"\n")
    if child:
        if not full:
            _stop(child)
        if not settings.namespaces:
            folders.remove(own.scratch, own.uid)


def _warm_matplotlib() -> None:
    """The first figure finds fonts and builds tables: do it once, before forking."""
    try:
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots()
        axes.set_title("x")
        figure.canvas.draw()
        plt.close(figure)
    except Exception as e:
        print(f"matplotlib does not work: {type(e).__name__}: {e}", file=sys.stderr, flush=True)


def _warm_sympy() -> None:
    """The first expressions and the first matrix bring in modules and fill tables: a tenth of a second."""
    try:
        import sympy

        a, b = sympy.symbols("warm:2")
        matrix = sympy.Matrix([[a, b], [2, a * b + 1]])
        found = sympy.simplify((matrix * matrix).det().diff(a).expand() - b / 2)
        sympy.latex(sympy.factor(found.subs({a: 1, b: 2.5}) + a))
    except Exception as e:
        print(f"sympy does not work: {type(e).__name__}: {e}", file=sys.stderr, flush=True)


def _fork(fd: int, control: socket.socket, settings: Settings) -> int:
    from .walls import lockdown

    user = (os.getuid(), os.getgid())
    pid = lockdown.fork_into_namespaces() if settings.namespaces else os.fork()
    if pid:
        return pid
    try:
        control.close()
        _become_student(fd, settings, *user)
    except BaseException as e:
        with contextlib.suppress(BaseException):
            os.write(2, f"the sandbox could not be closed: {type(e).__name__}: {e}\n".encode())
    finally:
        os._exit(70)


def _become_student(fd: int, settings: Settings, uid: int, gid: int) -> None:
    from .notebook.student import Student
    from .walls import lockdown, seccomp
    from .wire import Gone, Line

    if sys.platform == "linux":
        lockdown.die_with_parent()
    if settings.namespaces:
        lockdown.furnish(settings.scratch, settings.scratch_bytes, OWN, uid, gid)
        lockdown.die_with_parent()  # new capabilities made the kernel forget it
    os.chdir(settings.scratch)
    _silence(fd)
    lockdown.set_limits(settings.memory, settings.scratch_bytes)
    if settings.uid is not None:
        lockdown.become(settings.uid)
    if settings.landlock:
        lockdown.landlock(settings.readable, [settings.scratch, "/dev/null", "/dev/zero"])
    if settings.namespaces or settings.landlock or settings.uid is not None:
        lockdown.drop_privileges()
    if settings.seccomp:
        seccomp.refuse_calls()
    _fresh_randomness()
    gc.set_threshold(GARBAGE)
    line = Line(socket.socket(fileno=3))
    line.send({"ready": True})
    with contextlib.suppress(Gone):
        Student(line, settings.library, settings.checker).serve("bye")
    os._exit(0)


def _silence(fd: int) -> None:
    """Only four descriptors: nothing in, nothing out, and the line."""
    null = os.open("/dev/null", os.O_RDWR)
    line = os.dup(fd)
    for target, source in ((0, null), (1, null), (2, null), (3, line)):
        os.dup2(source, target, inheritable=False)
    os.closerange(4, 65536)


def _fresh_randomness() -> None:
    """Every submission starts from the same random state, so that grading twice gives the same grade."""
    random.seed(0)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(0)


def _watch(child: int, control: socket.socket, settings: Settings) -> bool:
    """Wait until the trusted side says something. Whether the child was ended meanwhile, having filled the disk.

    A child that is there for long may go where there is room. What it has on the disk is looked at where that is no
    mount of a limited size; it also ends when room has become scarce since it began.
    """
    from .walls import cores, folders

    limited = settings.namespaces or not (settings.landlock or settings.uid is not None)
    room = 0 if limited else folders.free(settings.scratch)
    pause = LOOK
    while not select.select([control], [], [], pause)[0]:
        cores.let_go(child)
        if limited:
            continue
        began = time.monotonic()
        os.kill(child, signal.SIGSTOP)  # nothing changes while it is looked at
        os.waitid(os.P_PID, child, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        now = folders.free(settings.scratch)
        taken = now < folders.SCARCE and now < room - settings.scratch_bytes
        if taken or folders.overfull(settings.scratch, settings.uid, settings.scratch_bytes):
            _stop(child)
            return True
        os.kill(child, signal.SIGCONT)
        pause = LOOK + 10 * (time.monotonic() - began)  # where others have very many files
    return False


def _exit_code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _stop(pid: int) -> int:
    """Kill the child and everything below it; its exit code, 128 + n for a signal n, or -1 when it still ran."""
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        return _exit_code(status)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return -1


def start() -> None:
    """The command line: a descriptor and the settings as JSON."""
    main(int(sys.argv[1]), Settings(**json.loads(sys.argv[2])))


if __name__ == "__main__":
    start()
