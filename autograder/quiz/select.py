"""The questions that can be asked with other numbers: those whose master says `vary:`."""

from collections.abc import Iterable, Sequence

from autograder.build.info import QuestionInfo
from autograder.course import Course
from autograder.errors import CommandError
from autograder.section.select import known_questions


def choose(course: Course, wanted: Sequence[str]) -> list[QuestionInfo]:
    """The questions called `wanted`, in this order; without any, those of the course's section that can be varied.

    Raises CommandError, one sentence, for a name that no problem has, and for a question with one set of numbers only.
    """
    if not course.library.checker:
        raise CommandError(f"A quiz needs a checker that knows mistakes; {course.file} names none below [library].")
    found, hint = known_questions(course)
    questions = {name: question for name, (_, question) in found.items()}
    varied = [name for name, question in questions.items() if question.own.vary]
    can = f"These can: {', '.join(varied)}." if varied else "No question of this course can."
    if not wanted:
        wanted = [name for name in course.section.questions if name in varied]
    if not wanted:
        raise CommandError(f"Say which questions: --questions NAME,NAME. {_asked_anew(varied)}{hint}")
    for name in wanted:
        if name not in questions:
            raise CommandError(f"There is no question {name!r}. {_asked_anew(varied)}{hint}")
        if name not in varied:
            raise CommandError(f"{name} cannot be asked with other numbers: its master says no `vary:`. {can}{hint}")
        if wanted.count(name) > 1:
            raise CommandError(f"The question {name} is named twice.")
    return [questions[name] for name in wanted]


def _asked_anew(varied: Iterable[str]) -> str:
    return f"With other numbers one can ask: {', '.join(varied) or 'none'}."
