"""Twenty thousand wrong calls, some half a minute: every one gets a result, or one clear error.

The same calls each time, so that a gate does not close by chance; another seed finds others.
"""

import pytest

from tests.operators.fuzz import fuzz

pytestmark = pytest.mark.oracle


def test_twenty_thousand_wrong_calls():
    number, complaints = fuzz(calls=20_000, seed=1)
    assert complaints == {}
    assert number == 20_000
