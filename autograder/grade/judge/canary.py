"""A tiny assignment with known grades, run before each batch: a grader that gets it wrong must not grade students."""

import json

from .assignment import Assignment

_TEST = """
OK_FORMAT = False
from otter.test_files import test_case
name = "canary"
points = None

@test_case(points=2, hidden=False)
def test_sum(add):
    import numpy as np
    a, b = np.array([[1.5, -2.0, 4.0]]), np.array([[1.0], [3.0]])
    np.testing.assert_array_equal(add(a, b), a + b)

@test_case(points=3, hidden=True)
def test_answer(answer):
    assert type(answer) is int and answer == 7
"""
CANARY = Assignment("grader-canary", {"canary.py": _TEST})
_RIGHT = ("import numpy as np\ndef add(a, b):\n    return a + b", "answer = 7")
_WRONG = (
    "class Always:\n    def __eq__(self, other): return True\n    def __array__(self, *a, **k): raise SystemExit",
    "add = lambda a, b: Always()\nanswer = Always()",
)


def _notebook(sources: tuple[str, ...]) -> bytes:
    cells = [{"cell_type": "code", "metadata": {}, "source": s, "outputs": []} for s in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()


EXPECTED = ((_notebook(_RIGHT), 5.0), (_notebook(_WRONG), 0.0))
