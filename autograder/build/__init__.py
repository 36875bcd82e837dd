"""Masters in solutions/ -> student notebooks, executed solutions, autograder zips.

    python -m autograder build [PROBLEM...]      build, prove and write what changed
    python -m autograder build --check           write nothing; fail if a committed notebook is out of date

For the other commands, `info.load_problem(course.built(name))` is what a build says of a problem: its title, points,
and questions with their tests. It stands in dist/build/NAME, beside `tests/`, one otter test file a question, hidden
ones too. In an autograder zip the test files are `tests/QUESTION.py` (the same, plus a guard against a foreign
library) and the library is `files/LIBRARY/`.
"""
