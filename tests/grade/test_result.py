"""The result of a submission as the gradebook stores it."""

import json

from autograder.grade.result import CaseResult, CellError, QuestionResult, Result

RESULT = Result(
    "timeout",
    "q1: slow",
    2.0,
    9.0,
    [
        QuestionResult(
            "q1", 2.0, 3.0, [CaseResult("test_a", True, 1.0, False, "no\n[mistake: x]", "x", "", "A title")], "slow"
        )
    ],
    [CellError(3, "ValueError", "why", None), CellError(4, "TimeLimit", "slow", 2, True)],
    {"1.a": "in words"},
    0.5,
    "bubblewrap",
)


def test_a_result_comes_back_from_json() -> None:
    assert Result.from_dict(json.loads(json.dumps(RESULT.as_dict()))) == RESULT


def test_the_fields_that_gradebooks_hold() -> None:
    stored = RESULT.as_dict()
    assert list(stored) == [
        "status",
        "reason",
        "score",
        "possible",
        "questions",
        "errors",
        "written",
        "seconds",
        "sandbox",
    ]
    (question,) = stored["questions"]
    assert list(question) == ["name", "score", "possible", "cases", "trouble"]
    assert list(question["cases"][0]) == ["name", "hidden", "points", "passed", "message", "mistake", "shown", "title"]
    assert list(stored["errors"][0]) == ["cell", "type", "message", "line", "late"]


def test_a_gradebook_of_another_version_can_be_read() -> None:
    stored = json.loads(json.dumps(RESULT.as_dict()))
    del stored["written"], stored["questions"][0]["trouble"], stored["questions"][0]["cases"][0]["title"]
    stored["new"] = stored["errors"][0]["new"] = 1
    found = Result.from_dict(stored)
    assert found.written == {} and found.questions[0].cases[0].title == "" and found.errors == RESULT.errors
