"""What one bad file can do to the others: nothing. It gets its own row, in bounded time and memory."""

import json
import lzma
import os
import random
import resource
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from autograder.grade.intake import readers
from autograder.grade.intake.collect import IntakeSettings, take_in
from autograder.grade.intake.serving import SECONDS
from tests.grade.intake.classes import KNOWN, P1, work, write, zipped
from tests.grade.small import notebook

METHODS = (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def peak() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


@pytest.fixture(autouse=True, scope="module")
def children_stay() -> None:
    """Not here: what one child was asked to swallow is not to matter to the next test."""


@pytest.fixture(scope="module", autouse=True)
def at_first() -> float:
    return peak()


def packed(data: bytes, method: int, name: str = f"{P1}.ipynb") -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as bundle:
        bundle.writestr(name, data)
    return out.getvalue()


def damaged(method: int) -> bytes:
    data = bytearray(packed(random.Random(0).randbytes(20_000), method))
    data[200:400] = bytes(200)
    return bytes(data)


def nested_entries() -> bytes:
    """A million entries in zips within a zip, none of which is large."""
    inner = zipped({f"{n}.txt": b"" for n in range(9_900)})
    return zipped({f"{n}.zip": inner for n in range(100)})


def wide_bomb() -> bytes:
    """Zips that each keep the limit, and unpack to 5 GB together."""
    inner = zipped({f"{n}.ipynb": random.Random(n).randbytes(1 << 17) * 8 for n in range(60)})
    return zipped({f"{n}.zip": inner for n in range(9)})


def deep(opening: str, closing: str) -> bytes:
    return (opening * 400_000 + closing * 400_000).encode()


def many_small() -> bytes:
    """A JSON of 60 MB that takes some GB of memory to read."""
    return b'{"cells": [' + b"[]," * (20 << 20) + b"[]]}"


def large_outputs() -> bytes:
    raw = json.loads(work("large"))
    raw["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (40 << 20)}]
    return json.dumps(raw).encode()


def quadratic_number() -> bytes:
    return b'{"cells": [], "nbformat": ' + b"9" * 4_000_000 + b"}"


def link() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        entry = zipfile.ZipInfo(f"{P1}.ipynb")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        bundle.writestr(entry, "/etc/passwd")
    return out.getvalue()


HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "damaged deflate": ("zip", lambda: damaged(zipfile.ZIP_DEFLATED), "cannot be read"),
    "damaged bzip2": ("zip", lambda: damaged(zipfile.ZIP_BZIP2), "cannot be read"),
    "damaged lzma": ("zip", lambda: damaged(zipfile.ZIP_LZMA), "cannot be read"),
    "a million entries": ("zip", nested_entries, "files in its zips"),
    "bombs side by side": ("zip", wide_bomb, "unpacks to"),
    "brackets": ("ipynb", lambda: deep("[", "]"), "nested too deeply"),
    "braces": ("ipynb", lambda: deep('{"a":', "}").replace(b":}", b":1}"), "nested too deeply"),
    "many small things": ("ipynb", many_small, "more than 1 GB of memory"),
    "a long number": ("ipynb", quadratic_number, "not a notebook"),
    "a link": ("zip", link, "link"),
    "no zip": ("zip", lambda: b"PK\x05\x06" + b"\xff" * 18, "cannot be read"),
    "nothing": ("ipynb", lambda: b"", "empty"),
}


def seconds() -> float:
    """Of processor time: this process and its readers that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_beside_honest_ones(tmp_path: Path, kind: str) -> None:
    suffix, make, reason = HOSTILE[kind]
    honest = {f"{name}/{P1}.ipynb": work(name) for name in ("ann", "zoe")}
    write(tmp_path, honest | {f"eve.{suffix}": make()})
    began = seconds()
    rows = {s.student: s for s in take_in([tmp_path], KNOWN, IntakeSettings()).submissions}
    assert seconds() - began < 30 and set(rows) == {"ann", "eve", "zoe"}
    assert rows["eve"].status in ("refused", "unreadable") and reason in rows["eve"].problem
    assert [rows[n].data for n in ("ann", "zoe")] == list(honest.values())


@pytest.mark.parametrize("method", METHODS)
def test_a_class_zip_in_which_one_submission_is_damaged(tmp_path: Path, method: int) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as bundle:
        for name in ("ann", "eve", "zoe"):
            entry = zipfile.ZipInfo(f"{name}/{P1}.ipynb")
            bundle.writestr(
                entry, work(name) + random.Random(0).randbytes(5000).hex().encode() * (name == "eve"), method
            )
    data = bytearray(out.getvalue())
    start = data.index(b"eve/") + 1000
    data[start : start + 500] = bytes(500)
    (tmp_path / "class.zip").write_bytes(data)
    rows = {s.student: s for s in take_in([tmp_path / "class.zip"], KNOWN, IntakeSettings()).submissions}
    assert set(rows) == {"ann", "eve", "zoe"} and rows["eve"].status == "refused"
    assert (rows["ann"].data, rows["zoe"].data) == (work("ann"), work("zoe"))


def test_what_one_unpacks_is_not_counted_for_the_next(tmp_path: Path) -> None:
    large = packed(work("x") + b" " * (50 << 20), zipfile.ZIP_STORED)
    write(tmp_path, {f"s{n}.zip": large for n in range(8)})  # 400 MB together, the limit of one is 256
    assert [s.problem for s in take_in([tmp_path], KNOWN, IntakeSettings()).submissions] == [""] * 8


def test_large_outputs_are_left_out_and_the_notebook_is_graded(tmp_path: Path) -> None:
    write(tmp_path, {"max.ipynb": large_outputs()})
    (row,) = take_in([tmp_path], KNOWN, IntakeSettings()).submissions
    assert row.problem == "" and len(row.data) < 2000 and b"answer = 'large'" in row.data
    (row,) = take_in([tmp_path], KNOWN, IntakeSettings(whole=True)).submissions
    assert len(row.data) > 40 << 20


def test_too_much_to_grade_is_said(tmp_path: Path) -> None:
    cells = [f"x = '{n}{'y' * 900_000}'" for n in range(6)]
    (row,) = take_in([write(tmp_path, {"max.ipynb": notebook(*cells, name=P1)})], KNOWN, IntakeSettings()).submissions
    assert row.status == "unreadable" and "5 MB" in row.problem


def test_names_without_end_and_without_sense(tmp_path: Path) -> None:
    for n, name in enumerate(("p1_\ud800", "\U00020000" * 5000, "x" * 100_000, "\x1b[31mred")):
        write(tmp_path, {f"s{n}.ipynb": notebook("a = 1", name=name)})
    rows = take_in([tmp_path], KNOWN, IntakeSettings()).submissions
    assert [s.status for s in rows] == ["wrong-assignment"] * 4
    for s in rows:
        assert len(s.assignment.encode()) <= 200 and s.assignment.isprintable() and len(s.problem) < 500
    assert len({s.assignment for s in rows}) == 4


def test_a_reader_that_takes_too_long_is_ended_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "WALL_SECONDS", 1.0)
    os.mkfifo(tmp_path / "pipe")
    with readers.Readers(KNOWN, {}, whole=False, count=1) as pool:
        item = {"path": ["x.ipynb"], "disk": str(tmp_path / "pipe")}  # waits for ever
        with pytest.raises(readers.ReaderLost, match="more than 1 s"):
            pool.ask("submission", items=[item | {"inside": []}])
        assert pool.ask("texts", items=[]) == {"texts": []}


def test_a_reader_that_computes_too_long_is_ended() -> None:
    with readers.Readers(KNOWN, {}, whole=False, count=1) as pool:
        reader = pool.every[0]
        pool.ask("texts", items=[])
        assert reader.process is not None
        limit = resource.prlimit(reader.process.pid, resource.RLIMIT_CPU)[0] if sys.platform == "linux" else SECONDS
        assert 0 < limit <= SECONDS + 2
        reader.process.kill()
        with pytest.raises(readers.ReaderLost, match="ended the process"):
            pool.ask("texts", items=[])
        assert pool.ask("texts", items=[]) == {"texts": []}


def test_the_main_process_stays_small(at_first: float) -> None:
    """How much the peak grew over this whole file, in which gigabytes were to be unpacked."""
    assert peak() - at_first < 900


def test_the_bytes_that_do_it() -> None:
    """The damaged files above really are damaged in the way that they say."""
    for method, error in zip(METHODS, (zlib.error, OSError, lzma.LZMAError), strict=True):
        with zipfile.ZipFile(BytesIO(damaged(method))) as bundle, pytest.raises((error, zipfile.BadZipFile, EOFError)):
            bundle.read(f"{P1}.ipynb")
