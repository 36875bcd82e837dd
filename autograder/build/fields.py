"""What a master may say about a question beyond otter's own keys: the table of keys is the class `Fields`.

A new key is a new field with a default. Otter never sees these keys: `otters` leaves its own.
"""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from autograder import settings
from autograder.settings import Positive, SettingError
from autograder.words import counted

OTTERS = frozenset({"name", "manual", "points", "check_cell", "export", "all_or_nothing"})


@dataclass(frozen=True)
class Fields:
    """The course's own settings of one question, as they stand below `# BEGIN QUESTION`."""

    path: Literal["", "core", "more"] = ""  # on the short way through all problems, or for who wants more
    minutes: Positive = 0.0  # to read and answer it; 0: not said
    difficulty: Literal[0, 1, 2, 3] = 0  # 0: not said
    worksheet: tuple[str, ...] = ()  # parts of the source worksheet that it answers: 1(a)i, (d)
    explain: str = ""  # after a right answer: one sentence to explain it to yourself
    also: str = ""  # after a right answer: a second way to write it, as code
    grid: str = ""  # on paper a table to fill in, rows by columns: 4x6; or `line`: a box as wide as the page
    setting: str = ""  # on a section's sheet: what else this question stands on, in Markdown
    picture: str = ""  # on a section's sheet and on the board: words from the description of a picture in this problem
    board: str = ""  # the answer as one writes it on the board, in Markdown: for a section's solutions and its plan
    rubric: str = ""  # for a question in words: how to give points, in Markdown; its model answer is the solution
    misconceptions: tuple[str, ...] = ()  # names of mistakes to expect, for a teacher's plan
    vary: dict[str, Any] = field(default_factory=dict)  # how it is asked with other numbers: practice.py
    numbers: dict[str, Any] = field(default_factory=dict)  # what stands in its places for everybody: number_places.py
    unvaried: str = ""  # why it is not, although its answer is typed: the build prints this

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Fields":
        """The fields again from what JSON made of `dataclasses.asdict`."""
        keys = typing.get_type_hints(cls)  # an old build may know others
        known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in plain.items() if k in keys}
        return cls(**known)

    @property
    def marks(self) -> str:
        """The line below the question's heading; "" where nothing is said."""
        minutes = counted(self.minutes, "minute") if self.minutes else ""
        difficulty = f"difficulty {self.difficulty} of 3" if self.difficulty else ""
        mark = {"core": "◆ core", "more": "◇ more", "": ""}[self.path]
        said = " · ".join(part for part in (mark, minutes, difficulty) if part)
        return f"*{said}*" if said else ""


def read(config: Mapping[str, Any]) -> Fields:
    """The course's own keys of a question's settings. Raises SettingError."""
    kinds = typing.get_type_hints(Fields)
    own = {key: value for key, value in config.items() if key not in OTTERS}
    for key, value in own.items():
        if key not in kinds:
            known = ", ".join(sorted(OTTERS | kinds.keys()))
            raise SettingError(key, f"there is no key `{key}`; known are: {known}")
        if typing.get_origin(kinds[key]) is tuple:  # one text counts as a list of one; YAML reads 0.1 as a number
            entries = value if isinstance(value, list) else [value]
            own[key] = [str(e) if isinstance(e, int | float) else e for e in entries]
        elif isinstance(value, str):
            own[key] = value.rstrip("\n")
    return settings.read(Fields, own)


def otters(config: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that otter knows."""
    return {key: value for key, value in config.items() if key in OTTERS}
