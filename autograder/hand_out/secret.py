"""The course's secret. Who has it can say which numbers are whose; nobody else can, and students need not."""

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CommandError

FILE = "secret"
SIGNED = re.compile(rb"!-- ([0-9a-f]{32}) --")  # some programs write < in JSON otherwise


class NoSecret(CommandError):
    """The secret is not there, or cannot be read; one sentence says what to do."""


@dataclass(frozen=True)
class Secret:
    key: str

    @classmethod
    def read(cls, folder: Path) -> "Secret":
        """The secret in `folder`. Raises NoSecret."""
        try:
            key = (folder / FILE).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            key = ""
        if not key:
            raise NoSecret(
                f"There is no secret in {folder / FILE}. Nobody can say without it which numbers are whose: bring back "
                "the copy that was kept, or let `variants_folder` in course.toml name the folder with it."
            )
        return cls(key)

    @classmethod
    def make(cls, folder: Path) -> "Secret":
        """A new secret in `folder`, for its owner only; the one that is there already, if there is one."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            made = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls.read(folder)
        with os.fdopen(made, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        return cls.read(folder)

    def mark(self, *of: str) -> str:
        """Thirty-two letters that follow from the secret and `of`, and tell nothing of either."""
        return hmac.new(self.key.encode(), "\0".join(of).encode(), hashlib.sha256).hexdigest()[:32]

    def choice(self, count: int, *of: str) -> int:
        """A number below `count`, always the same for the same `of`."""
        return int(self.mark("choice", *of), 16) % count


def sign(text: str, mark: str) -> str:
    """A text of a notebook that says for whom it was made: nobody sees the mark."""
    return f"{text}\n\n<!-- {mark} -->"


def marks_in(notebook: bytes) -> set[str]:
    """For whom the bytes of a notebook were made, whatever Unicode they are in; nobody: it has everybody's numbers."""
    return {mark.decode() for mark in SIGNED.findall(notebook.replace(b"\0", b""))}
