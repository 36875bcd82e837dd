"""The build's last proof: our grader gives the solution every point and the notebook as handed out none.

Otter runs tests in the student's process, the grader outside of it. A test that works in the one and not in the other
would cost every student points, so a problem with such a test is not published. A hash remembers what was judged.
"""

import hashlib
import os
from functools import cache

from autograder.build.info import MasterError, load_problem
from autograder.course import Course, Library

HINT = 'CONTRIBUTING ("What a test may do") says what differs'
MARK = "judged"  # a file beside the build with the hash of what was judged


def is_judged(course: Course, name: str) -> bool:
    mark = course.built(name) / MARK
    return mark.is_file() and mark.read_text(encoding="utf-8") == _key(course, name)


def judge(course: Course, name: str) -> None:
    """Grade the built problem's solution and its blank. Raises MasterError where the grader finds them otherwise."""
    if os.name == "posix":  # elsewhere there is no grader
        _judge(course, name)
    (course.built(name) / MARK).write_text(_key(course, name), encoding="utf-8")


def _key(course: Course, name: str) -> str:
    parts = [load_problem(course.built(name)).key, f"{course.limits.cell:g}", os.name]
    if os.name == "posix":
        from autograder.grade.judge.assignment import code_hash

        parts.append(code_hash(course.library))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _judge(course: Course, name: str) -> None:
    from autograder.grade.judge.assignment import from_folder
    from autograder.grade.judge.workers import Options, grade_submission
    from autograder.grade.result import GraderFailed, Result

    built, master = course.built(name), course.solutions / f"{name}.py"
    problem = load_problem(built)
    tests = {q.name: q.tests for q in problem.questions}
    assignment = from_folder(built / "tests", name, files=built / "files")
    options = Options(course.limits.cell, _sandbox(course.library), library=course.library)

    def graded(notebook: str) -> Result:
        try:
            return grade_submission(assignment, (built / notebook).read_bytes(), options)
        except GraderFailed as error:
            raise MasterError(master, 1, f"the grader fails on this problem: {error}") from None

    solution = graded("solution.ipynb")
    for question in solution.questions:
        for test, case in zip(tests[question.name], question.cases, strict=True):
            if not case.passed:
                why = question.trouble or " ".join(case.message.split()[-40:])
                message = f"the solution passes {test.name} of {question.name} in otter and fails it in the grader"
                raise MasterError(master, test.line, f"{message}: {why}. {HINT}")
    if solution.status != "graded":
        raise MasterError(master, 1, f"the grader does not get through the solution: {solution.reason}")
    blank = graded("student.ipynb")
    for question in blank.questions:
        for test, case in zip(tests[question.name], question.cases, strict=True):
            if case.passed and case.points:
                message = f"in the grader an unanswered notebook earns {case.points:g} points from {test.name}"
                raise MasterError(master, test.line, f"{message} of {question.name}")


@cache
def _sandbox(library: Library) -> str:
    """The sandbox that this machine has; none is needed to run what the course's own authors wrote."""
    from autograder.grade.sandbox import NoSandbox, choose
    from autograder.grade.sandbox.choose import UNSANDBOXED

    try:
        return choose(library=library).name
    except NoSandbox:
        return UNSANDBOXED.name
