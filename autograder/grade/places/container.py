"""The same command once more, in a container of Docker or Podman: for machines without a sandbox, such as Macs.

The container has no network, few rights, the course and the submissions to read, and one folder to write. A container
alone would let a student at the hidden tests and at the next student, so inside it `choose` looks for a sandbox again:
Landlock, or another user, who cannot enter `/closed`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from autograder import HOME
from autograder.course import Course
from autograder.errors import CommandError

RECIPE = Path(__file__).with_name("Dockerfile")
ENGINES = ("docker", "podman")
IMAGE = "COURSE_GRADER_IMAGE"  # an image to use instead of building one
BASE = "COURSE_GRADER_BASE"  # what the image is built on, e.g. from a mirror
INSIDE = "COURSE_GRADER_OUT"  # set in the container only: what `--out` is called outside
COURSE, CLOSED = "/course", "/closed"
ROSTER, NUMBERS = f"{CLOSED}/roster.csv", f"{CLOSED}/numbers"
RIGHTS = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID")


class NoContainer(CommandError):
    """No container can be started; the message says why."""


def find_engine() -> str | None:
    """`docker` or `podman`, whichever is there and answers."""
    for name in ENGINES:
        if shutil.which(name) and _run([name, "info"]).returncode == 0:
            return name
    return None


def inside() -> bool:
    return INSIDE in os.environ


def shown(out: Path) -> str:
    """What to call the output folder in messages: people read them outside of the container."""
    return os.environ.get(INSIDE, str(out))


def give_back(out: Path) -> None:
    """What root wrote in the container belongs to whom the folder belongs."""
    if inside() and out.is_dir():
        owner = out.stat()
        for path in out.rglob("*"):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def grade_in_container(args: Namespace, engine: str, say: Callable[[str], None]) -> int:
    """Run `grade` with the same arguments in a container; its exit status. Raises NoContainer."""
    args.out.mkdir(parents=True, exist_ok=True)
    image = os.environ.get(IMAGE) or _build(args.course, engine, say)
    command = [engine, "run", "--rm", *_options(), *_mounts(args), image, *_grade(args)]
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:  # the container got it too, and has said so
        return 1


def _build(course: Course, engine: str, say: Callable[[str], None]) -> str:
    """The name of the image with the grader's libraries, built when there is none of this content."""
    files = [RECIPE, course.requirements, course.lock]
    base = os.environ.get(BASE, "")
    content = b"\0".join([base.encode(), *(file.read_bytes() for file in files)])
    name = f"{course.short}-grader:{hashlib.sha256(content).hexdigest()[:12]}"
    if _run([engine, "image", "inspect", name]).returncode == 0:
        return name
    say(f"building the image {name} with {engine}: once, some minutes")
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            shutil.copy(file, folder)
        build = [engine, "build", "--tag", name, *(["--build-arg", f"BASE={base}"] if base else []), folder]
        made = _run(build)
    if made.returncode:
        lines = (made.stdout + made.stderr).strip().splitlines()
        raise NoContainer(f"{engine} could not build the image: {lines[-1] if lines else 'it does not say why'}")
    return name


def _options() -> list[str]:
    """No network, nothing to write but /tmp, there root alone; no right that the grader does not use."""
    limits = ["--network", "none", "--read-only", "--tmpfs", "/tmp:rw,mode=0755,size=2g", "--pids-limit", "4096"]
    rights = ["--cap-drop", "ALL", *(f"--cap-add={right}" for right in RIGHTS)]
    rights += ["--security-opt", "no-new-privileges", "--security-opt", "label=disable"]
    terminal = ["--interactive", "--tty"] if sys.stdin.isatty() and sys.stderr.isatty() else []
    return [*limits, *rights, *terminal, "--tmpfs", f"{CLOSED}:rw,mode=0700,size=1m", "--workdir", COURSE]


def _mounts(args: Namespace) -> list[str]:
    """The course's code for all to read; what students must not see below `CLOSED`, which root alone can enter."""
    given = [HOME / "autograder", args.course.file, *args.course.library.given]
    places = {f"{COURSE}/{path.name}": path for path in given}
    places[f"{CLOSED}/dist"] = args.assignments.parent
    places |= {_submission(number, path): path for number, path in enumerate(args.paths)}
    if args.roster:
        places[ROSTER] = args.roster
    if _has_numbers(args):
        places[NUMBERS] = args.numbers
    found = [_mount(path, place, ",readonly") for place, path in places.items()]
    found.append(_mount(args.out, f"{CLOSED}/out"))
    variables = {INSIDE: str(args.out), "HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"}
    variables["COLUMNS"] = str(shutil.get_terminal_size().columns)
    return [*found, *(f"--env={name}={value}" for name, value in variables.items())]


def _has_numbers(args: Namespace) -> bool:
    return args.course.per_student and args.numbers.is_dir()


def _mount(path: Path, place: str, how: str = "") -> str:
    source = str(path.resolve())
    if "," in source or "," in place:
        raise NoContainer(f"{source}: a container cannot get a path with a comma. Rename it, or copy it elsewhere.")
    return f"--mount=type=bind,source={source},target={place}{how}"


def _submission(number: int, path: Path) -> str:
    """Where a path stands inside. The last two names stay: a student's name may come from them."""
    path = path.resolve()
    return f"{CLOSED}/submissions/{number}/{path.parent.name or 'folder'}/{path.name}"


def _grade(args: Namespace) -> list[str]:
    command = ["python", "-m", "autograder", "grade", *(_submission(n, p) for n, p in enumerate(args.paths))]
    command += [f"--out={CLOSED}/out", f"--assignments={CLOSED}/dist/{args.assignments.name}"]
    command += [f"--jobs={args.jobs}", f"--timeout={args.timeout}"]
    command += (
        [f"--due={when}" for when in args.due] + ["--one-owner"] * args.one_owner + ["--anonymous"] * args.anonymous
    )
    command += [f"--roster={ROSTER}"] * bool(args.roster) + [f"--numbers={NUMBERS}"] * _has_numbers(args)
    said = {"--regrade": args.regrade, "--layout": args.layout, "--pattern": args.pattern}
    return command + [f"{option}={value}" for option, value in said.items() if value]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)
