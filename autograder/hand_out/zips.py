"""One student's zip: what all get, and in it that student's notebooks and right answers of public checks."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder import student_library
from autograder.build.bundle import notebooks_of, student_files
from autograder.build.number_places import PLACE, Numbers, fill, fill_notebook
from autograder.course import Course

from .answers import RightAnswers
from .secret import sign

NOTE = "Some questions here have numbers of your own. This notebook was made for **{who}**."


@dataclass
class Template:
    """One problem with its places open, as the build leaves it."""

    name: str
    folder: Path

    @cached_property
    def notebook(self) -> dict[str, Any]:
        return json.loads((self.folder / "student.ipynb").read_text(encoding="utf-8"))

    @cached_property
    def tests(self) -> dict[str, str]:
        """The test files, by the questions' names."""
        return {path.stem: path.read_text(encoding="utf-8") for path in sorted((self.folder / "tests").glob("*.py"))}


class Zips:
    """Makes a zip for one student after the other. See `RightAnswers`: the process is good for nothing else then."""

    def __init__(self, course: Course, templates: list[Template]) -> None:
        self.course, self.templates = course, templates
        self.records = student_library.records(course)
        self.files = student_files(course, notebooks_of(course), self.records)
        self.answers = RightAnswers(course.library)

    def write(self, who: str, numbers: Mapping[str, Numbers], marks: Mapping[str, str], at: Path) -> None:
        """`numbers` of each problem that has any; `marks` stand in the notebooks, and tell the grader for whom they
        were made. Raises PlaceError where numbers do not fit into a place."""
        files, records = dict(self.files), dict(self.records)
        for template in self.templates:
            own = numbers[template.name]
            notebook = fill_notebook(signed(template.notebook, who, marks[template.name]), own)
            answers = self.answers.of(fill(template.tests[question], own, repr) for question in own)
            about = notebook["metadata"]
            about["lesson"] = {**about["lesson"], "answers": answers}  # it may be opened far from this zip
            text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
            files[f"notebooks/{template.name}.ipynb"] = text.encode()
            records |= answers
        if self.course.library.recorded:
            place = "/".join((*self.course.library.checker.split("."), student_library.RECORDED))
            files[place] = json.dumps(records, indent=0, sort_keys=True).encode()
        at.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(at, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, data in sorted(files.items()):
                bundle.writestr(f"{self.course.short}/{name}", data)


def signed(notebook: Mapping[str, Any], who: str, mark: str) -> dict[str, Any]:
    """A notebook with open places that says for whom it is. The mark stands wherever numbers do: they go together. No
    cell is added, so cells have the numbers that they have for everybody."""
    cells = [dict(cell) for cell in notebook["cells"]]
    texts = [cell for cell in cells if cell["cell_type"] == "markdown"]
    for cell in texts:
        source = "".join(cell["source"])
        if cell is texts[0]:
            source += f"\n\n{NOTE.format(who=who)}"
        if cell is texts[0] or PLACE.search(source):
            cell["source"] = sign(source, mark)
    return {**notebook, "cells": cells}
