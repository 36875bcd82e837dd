"""What one submission leaves behind must not reach the next, and what a hidden test asked must not reach a student."""

import json
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.grade.intake.notebook import read
from autograder.grade.jail import zygote
from autograder.grade.jail.settings import ZygoteSettings
from autograder.grade.jail.walls import landlock
from autograder.grade.jail.walls.folder import OVERFULL
from autograder.grade.judge.assignment import Assignment
from autograder.grade.judge.verdict import grade
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from autograder.grade.result import Result
from autograder.grade.sandbox import Sandbox
from autograder.grade.sandbox.bubblewrap import HIDDEN
from autograder.grade.sandbox.choose import ORDER, self_test
from autograder.grade.sandbox.machine import readable_paths
from tests.grade.small import FIRST, RIGHT, SMALL, head, notebook, submission


@pytest.fixture(scope="module", autouse=True)
def workers() -> Iterator[None]:
    yield
    close_workers()


# the sandbox that is chosen where it can be had; the others are CI's
@pytest.fixture(params=[ORDER[0].name, *(pytest.param(b.name, marks=pytest.mark.slow) for b in ORDER[1:])])
def options(request: pytest.FixtureRequest) -> Options:
    if request.param == "another user" and os.getuid() != 0:
        pytest.skip("only root can become another user")
    if request.param == "Landlock and seccomp" and not landlock.version():
        pytest.skip("this kernel has no Landlock")
    if request.param == "bubblewrap" and (problem := self_test(ORDER[0])):
        pytest.skip(problem)
    return Options(5.0, request.param, ("utils.check.forks",))


def graded(data: bytes, options: Options = Options(5.0), assignment: Assignment = SMALL) -> Result:  # noqa: B008
    return grade_submission(assignment, data, options)


def test_a_closed_folder_and_a_left_file_do_not_hurt_the_next(options: Options) -> None:
    left = f"/tmp/left-by-a-student-{os.getpid()}"
    closing = "import os\nos.mkdir('d'); open('d/f', 'w').write('x'); os.chmod('d', 0); os.chmod('.', 0)"
    hostile = notebook(FIRST, *RIGHT.values(), f"open({left!r}, 'w').write('x')", closing)
    needs = "import os, shutil\nnp.save('a.npy', np.arange(3)); shutil.copy('a.npy', 'b.npy')"
    honest = notebook(FIRST, needs, f"if os.path.exists({left!r}) or os.path.exists('d'): os._exit(1)", *RIGHT.values())
    for _ in range(2):
        graded(hostile, options)
        result = graded(honest, options)
        assert (result.status, result.score, result.errors) == ("graded", 9.0, [])
    assert not os.path.exists(left)


FILL = """import os, time
for i in range(30):
    open(f'{0}{{i}}', 'wb').write(bytes(4 << 20))
time.sleep(40)
count = 42"""

ALLOCATED = """import ctypes, os
f = os.open('f', os.O_RDWR | os.O_CREAT)
os.unlink('f')
keep_size, begin, length = 1, ctypes.c_long(0), ctypes.c_long(100 << 20)
assert ctypes.CDLL(None).fallocate(f, keep_size, begin, length) == 0
count = 42"""


@pytest.mark.parametrize(
    "fill",
    [
        FILL.format("f"),
        FILL.format("d/f").replace("time\n", "time\nos.makedirs('d/e')\n", 1),
        FILL.format("closed/f").replace("time\n", "time\nos.mkdir('closed', 0o300)\n", 1),
        FILL.format("f").replace("time\n", "time\nfor i in range(1500): os.mkdir('d'); os.chdir('d')\n", 1),
        "import time\nfor i in range(6000): open(f'f{i}', 'w').close()\ntime.sleep(40)\ncount = 42",
        ALLOCATED,
    ],
    ids=["many-files", "folders", "a-closed-folder", "a-deep-folder", "empty-files", "allocated"],
)
def test_the_disk_is_not_filled(options: Options, fill: str) -> None:
    """Where scratch is no mount of a limited size, the process ends before its cell does."""
    wide = Options(60.0, options.backend)
    result = graded(notebook(FIRST, RIGHT["q1"], RIGHT["q3"], fill), wide)
    assert [q.score for q in result.questions] == [3.0, 0.0, 2.0]
    assert result.status != "timeout" and result.seconds < 30
    if options.backend != "bubblewrap" and fill != ALLOCATED:
        assert "its files took too much of the disk" in result.reason


BUSY = """import os, time
ends = time.monotonic() + 3
while time.monotonic() < ends:
    for i in range(300): os.makedirs(f'r{i}/s')
    for i in range(300): os.rmdir(f'r{i}/s'); os.rmdir(f'r{i}'); open(f'r{i}', 'w').close(); os.unlink(f'r{i}')
"""
LINKED = """import os, time
open('f', 'wb').write(bytes(4 << 20))
for i in range(30): os.link('f', f'l{i}')
time.sleep(1.5)"""


@pytest.mark.parametrize(
    "honest",
    [FILL.format("f").replace("range(30)", "range(12)").replace("40", "1.5"), BUSY, LINKED],
    ids=["48-MB", "made-and-removed", "one-file-with-many-names"],
)
def test_files_within_the_limit_may_stay(options: Options, honest: str) -> None:
    result = graded(notebook(FIRST, RIGHT["q1"], RIGHT["q3"], honest, "count = 42"), Options(60.0, options.backend))
    assert (result.status, result.score, result.errors) == ("graded", 9.0, [])


@pytest.mark.parametrize(("first", "then", "ends"), [(5000, 900, True), (5000, 2000, False), (950, 900, False)])
def test_a_child_ends_when_room_has_become_scarce(
    first: int, then: int, ends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleted files take room, too, and have no name by which to find them. Here the disk is said to be small."""
    room = iter([first, *[then] * 1000])
    monkeypatch.setattr(zygote, "WATCH_SECONDS", 0.05)
    monkeypatch.setattr("autograder.grade.jail.walls.folder.free", lambda scratch: next(room) << 20)
    control, ours = socket.socketpair()
    (tmp_path / "course" / "work").mkdir(parents=True)
    folder = {"model": str(tmp_path / "course" / "work"), "size": 64 << 20}
    watching = zygote.Zygote(control, ZygoteSettings(str(tmp_path), [("folder", folder)]))
    watching.walls[0].prepare()
    child = subprocess.Popen(["sleep", "60"])
    watching.child = child.pid
    if not ends:
        threading.Timer(1.0, ours.send, [b"x"]).start()
    try:
        watching.watch()
        assert bool(watching.ended) == ends == (watching.ended == OVERFULL)
        assert (child.poll() is None) != ends
    finally:
        child.kill()
        child.wait()
        control.close()
        ours.close()


DEEP = "import os\nos.makedirs(os.path.join({0!r}, 'deep'))\nos.chdir(os.path.join({0!r}, 'deep'))\n"
DEEP += "for i in range(1500): os.mkdir('d'); os.chdir('d')"


@pytest.mark.slow
def test_a_folder_too_deep_for_python_is_removed(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its own folder, and where everybody may write: neither the next student nor the machine keeps it."""
    place = f"/tmp/deep-by-a-student-{os.getpid()}"
    slow = f"import os, time\ntime.sleep(1.5)\nassert not os.path.exists({place!r}) and not os.path.exists('deep')"
    with tempfile.TemporaryDirectory(dir="/tmp") as own:
        os.chmod(own, 0o755)
        monkeypatch.setenv("TMPDIR", own)
        close_workers()
        for folder in (".", place):
            graded(notebook(FIRST, *RIGHT.values(), DEEP.format(folder)), options)
            result = graded(notebook(FIRST, *RIGHT.values(), slow), options)
            assert (result.status, result.score, result.errors) == ("graded", 9.0, [])
        assert any(name.startswith("grader-") for name in os.listdir(own))
        close_workers()
        assert not [name for name in os.listdir(own) if name.startswith("grader-")]
    assert not os.path.exists(place)


def test_what_was_left_when_a_zygote_was_killed_is_removed_before_the_next() -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    sandbox = Sandbox(next(b for b in ORDER if b.name == "another user"), [])
    left = f"/tmp/left-after-a-kill-{os.getpid()}"
    try:
        for cell in (f"open({left!r}, 'w').close()", "pass"):
            line = sandbox.spawn()
            line.send({"op": "cells", "cells": [[1, cell]], "seconds": 60.0})
            assert line.receive(time.monotonic() + 60)[0] == {"cell": 1}
            assert os.path.exists(left) == (cell != "pass")
            assert sandbox.process is not None
            sandbox.process.kill()
            sandbox.process.wait()
    finally:
        sandbox.close()


@pytest.mark.slow
def test_rights_of_files_stay_as_they_are(options: Options, tmp_path_factory: pytest.TempPathFactory) -> None:
    marked = tmp_path_factory.mktemp("marked") / "file"
    marked.write_text("x")
    marked.chmod(0o640)
    calls = f"os.chmod({str(marked)!r}, 0); os.utime({str(marked)!r}, (1, 1))"
    graded(submission(before=f"import os\ntry:\n    {calls}\nexcept OSError:\n    pass"), options)
    assert marked.stat().st_mode & 0o777 == 0o640 and marked.stat().st_mtime > 1


@pytest.mark.parametrize("command", ["8, os.getpid()", "10, 9"])
def test_nobody_chooses_who_gets_a_signal(options: Options, command: str) -> None:
    if options.backend == "another user":
        pytest.skip("that user may be unable to import fcntl; the filter is the same")
    call = f"try:\n    fcntl.fcntl(3, {command})\n    count = 0"
    source = f"import fcntl, os\n{call}\nexcept PermissionError:\n    count = 42"
    assert graded(notebook(FIRST, source), options).questions[1].score == 4


THREADS = """import threading, time
threading.stack_size(1 << 15)
for i in range({0}):
    threading.Thread(target=time.sleep, args=({1},), daemon=True).start()
time.sleep({1})
count = 42"""


def test_the_number_of_threads_is_limited(options: Options) -> None:
    wide = Options(60.0, options.backend)
    result = graded(notebook(FIRST, RIGHT["q1"], RIGHT["q3"], THREADS.format(20_000, 20)), wide)
    assert [q.score for q in result.questions] == [3.0, 0.0, 2.0] and result.seconds < 20
    assert "it started more than 64 threads" in result.reason or "can't start new thread" in result.errors[0].message


def test_a_few_threads_are_no_harm(options: Options) -> None:
    result = graded(notebook(FIRST, RIGHT["q1"], RIGHT["q3"], THREADS.format(32, 1.5)), options)
    assert (result.status, result.score, result.errors) == ("graded", 9.0, [])


SCHEDULED = """
import ctypes, os, platform
libc, zeros = ctypes.CDLL(None, use_errno=True), ctypes.create_string_buffer(64)
names = {"sched_setscheduler": 144, "sched_setparam": 142, "sched_setattr": 314, "ioprio_set": 251, "setpriority": 141,
         "inotify_init": 253, "inotify_init1": 294, "sched_setaffinity": 203}
if platform.machine() != "x86_64":
    names = {"sched_setscheduler": 119, "sched_setparam": 118, "sched_setattr": 274, "ioprio_set": 30,
             "setpriority": 140, "inotify_init1": 26, "sched_setaffinity": 122}
refused = [name for name, number in names.items()
           if libc.syscall(number, 0, 0, zeros, 0) == -1 and ctypes.get_errno() == 1]
count = 42 if refused == list(names) else repr(refused)
"""


def test_nobody_says_when_a_process_runs(options: Options) -> None:
    """Priorities and schedulers of the assistant's own processes, under Landlock those of the same user."""
    assert graded(notebook(FIRST, SCHEDULED), options).questions[1].score == 4


def test_data_of_a_hidden_test_cannot_come_as_a_time_limit() -> None:
    function = "def double(x):\n    if x.ndim == 2: raise TimeLimit(repr(x))\n    return x + x"
    result = graded(submission(q1=f"class TimeLimit(Exception): pass\n{function}"))
    told = [(q.trouble, [c.shown for c in q.cases]) for q in result.questions]
    shown = [result.reason, result.errors, told]
    assert "5.5" not in repr(shown) and result.questions[0].score == 1
    result = graded(submission(before="class TimeLimit(Exception): pass\nraise TimeLimit('mine')"))
    assert (result.status, result.score, result.errors[0].message) == ("graded", 9.0, "mine")


def test_a_child_that_may_know_a_hidden_test_says_nothing_new() -> None:
    """The second child fails where the first did not: here by chance, with a shared folder it could be by knowledge."""
    fails = "import time\nif time.time() > {0}: raise ValueError('said by a later child')"
    ends = "    if x.ndim == 2:\n        time.sleep(4)\n        os._exit(0)\n"
    source = f"import os, time\ndef double(x):\n{ends}    return x + x"
    graded(submission())  # now the hidden test's requests are known, and a child that ends spoils more
    for cell in ("number = 1", fails.format("began + 3.5")):
        result = graded(submission(before=f"import time\nbegan = {time.time()}", q1=source, after=cell))
        assert result.status == "crashed" and result.errors == []
        assert {q.name: q.score for q in result.questions} == {"q1": 1.0, "q2": 4.0, "q3": 2.0}


def test_a_module_as_an_answer_changes_nothing_for_the_others() -> None:
    sets = head("q1", 1) + "\n@test_case()\ndef test_a(make):\n    layer = make()\n    layer.mean = 0.0\n"
    reads = head("q2", 1) + "\n@test_case()\ndef test_b(x):\n    import numpy as np\n    assert np.mean(x) == 2.0\n"
    both = Assignment("small", {"q1.py": sets, "q2.py": reads})
    honest = notebook(FIRST, "class L: pass\ndef make(): return L()", "x = [1.0, 2, 3]")
    assert graded(honest, assignment=both).score == 2
    assert graded(notebook(FIRST, "def make(): return np", "x = [1, 2, 3]"), assignment=both).score == 1
    assert graded(honest, assignment=both).score == 2


def test_invented_answers_in_words_are_bounded() -> None:
    whole = json.loads(notebook(FIRST, *RIGHT.values()))
    for i in range(500):
        for source in (f"<!-- BEGIN QUESTION -->\n### x{i}\n", "\u4e2d" * 20_000, "<!-- END QUESTION -->"):
            whole["cells"].append({"cell_type": "markdown", "metadata": {}, "source": source})
    result = graded(json.dumps(whole).encode())
    assert result.score == 9 and len(result.written) == 50


def test_the_last_of_very_many_checks_counts() -> None:
    many = "count = None\nfor i in range(9):\n    count = 42 if i == 8 else i\n    grader.check('q2')\ncount = 7"
    assert graded(notebook(FIRST, many)).questions[1].score == 4


def test_the_whole_time_is_kept_to_and_what_was_there_stays() -> None:
    slow = ["import time\ntime.sleep(0.4)"] * 30
    result = graded(notebook(FIRST, RIGHT["q2"], "grader.check('q2')", *slow), Options(0.5))
    assert result.status == "timeout" and "the whole notebook" in result.reason
    assert result.seconds < 11 and result.questions[1].cases[0].passed


def test_the_trusted_side_stops_its_own_work() -> None:
    from autograder.grade.judge.stopwatch import Stopwatch

    swallowed = 0
    with Stopwatch(0.05) as watch:
        for _ in range(2):
            try:
                while True:
                    pass
            except Exception:
                swallowed += 1
    assert watch.rang and swallowed == 2
    with Stopwatch(5) as watch:
        pass
    assert not watch.rang


def test_bubblewrap_works_for_a_course_in_the_folder_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone in /tmp, its Python too: a child sees these, nothing else that is there, and can write nothing."""
    if problem := self_test(ORDER[0]):
        pytest.skip(problem)
    with tempfile.TemporaryDirectory(dir="/tmp") as course, tempfile.NamedTemporaryFile(dir="/tmp") as other:
        (Path(course) / "library.txt").write_text("here")
        paths = [*readable_paths(), course]
        monkeypatch.setattr("autograder.grade.sandbox.bubblewrap.readable_paths", lambda: paths)
        sandbox = Sandbox(ORDER[0], [])
        look = f"import os\nassert open('{course}/library.txt').read() == 'here' and not os.path.exists('{other.name}')"
        write = "try:\n    open('{0}/x', 'w')\n    raise SystemExit\nexcept OSError:\n    pass\n"
        try:
            cells = [look, *(write.format(place) for place in (course, "/tmp", HIDDEN))]
            result = grade(SMALL, read(notebook(*cells)), sandbox, 5.0)
        finally:
            sandbox.close()
        assert result.errors == [] and result.sandbox == "bubblewrap"
