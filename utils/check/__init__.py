"""Check an answer and name the mistake: `from utils.check import expect, case, draw`.

    def test_values(conv1d):
        from utils.check import case, expect
        import utils
        expect(conv1d, like=utils.conv1d, on=[case([1, 2, 3], [1, -2]), case([1, 2, 3, 4], [1, -2], stride=2)])

`expect` raises `Failure` with a remark of at most ten lines. The mistakes that it knows are forks in
plain programs: `utils/check/forks/`, one file per topic.
"""

from utils.watch import watching

from .cases import Case, case, draw
from .display import register as _register
from .expect import expect, without_names
from .failure import KINDS, Failure
from .forks.mistakes import Mistake, known
from .outcome import Opaque, Outcome, StudentError

__all__ = [
    "KINDS",
    "Case",
    "Failure",
    "Mistake",
    "Opaque",
    "Outcome",
    "StudentError",
    "case",
    "draw",
    "expect",
    "known",
    "watching",
    "without_names",
]

_register()
