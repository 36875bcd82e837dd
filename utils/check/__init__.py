"""Check an answer and name the mistake: `from utils.check import expect, case, draw`.

    def test_values(conv1d):
        from utils.check import case, expect
        import utils
        expect(conv1d, like=utils.conv1d, on=[case([1, 2, 3], [1, -2]), case([1, 2, 3, 4], [1, -2], stride=2)])

`expect` raises `Failure` with a remark of at most ten lines. The wrong computations that it knows live in
`utils/check/misconceptions/`, one file per topic.
"""

from utils.watch import watching

from .cases import Case, case, draw
from .display import register as _register
from .expect import expect
from .failure import KINDS, Failure
from .outcome import Opaque, Outcome, StudentError
from .table import Misconception, known, misconception

__all__ = [
    "KINDS",
    "Case",
    "Failure",
    "Misconception",
    "Opaque",
    "Outcome",
    "StudentError",
    "case",
    "draw",
    "expect",
    "known",
    "misconception",
    "watching",
]

_register()
