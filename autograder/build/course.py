"""Where the course's files are, and what counts as an input of a build."""

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Course:
    """A course on disk. The tests make small ones of their own."""

    root: Path = HERE.parent.parent

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def dist(self) -> Path:
        return self.root / "dist"

    @property
    def utils(self) -> Path:
        return self.root / "utils"

    @property
    def settings(self) -> Path:
        return self.solutions / "assignment.yml"

    @property
    def requirements(self) -> Path:
        return self.root / "requirements.txt"

    @property
    def lock(self) -> Path:
        return self.root / "requirements.lock"

    @property
    def contributing(self) -> Path:
        return self.root / "CONTRIBUTING.md"

    def masters(self) -> list[Path]:
        """All masters, solutions/p<number>_<name>.py, in the order of their numbers."""
        found = [p for p in self.solutions.glob("p*.py") if re.match(r"p\d+_", p.name)]
        return sorted(found, key=lambda p: (int(re.findall(r"\d+", p.name)[0]), p.name))

    def master(self, name: str) -> Path:
        """The master called `name`: "p1_dimensions" or "p1". Raises LookupError with the names there are."""
        name = Path(name).name.removesuffix(".py").removesuffix(".ipynb")
        for path in self.masters():
            if name in (path.stem, path.stem.split("_")[0]):
                return path
        known = ", ".join(p.stem for p in self.masters()) or "none yet"
        raise LookupError(f"there is no master called {name!r} in {self.solutions}; there are: {known}")

    def built(self, name: str) -> Path:
        """One problem's build: student.ipynb, solution.ipynb, tests/, autograder.zip, problem.json."""
        return self.dist / "build" / name

    def key(self, master: Path) -> str:
        """A hash of everything that a build of `master` depends on."""
        digest = hashlib.sha256(sys.version.encode())
        inputs = [
            master,
            self.settings,
            self.requirements,
            self.lock,
            *HERE.glob("*.py"),
            *self.utils.rglob("*"),
        ]
        for path in sorted(p for p in inputs if p.is_file() and "__pycache__" not in p.parts):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()
