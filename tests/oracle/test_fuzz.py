"""A minute of wrong calls, others in each run: every one gets a result, or one clear error."""

import secrets

import pytest

from tests.operators.fuzz import fuzz

pytestmark = pytest.mark.oracle


def test_a_minute_of_wrong_calls():
    seed = secrets.randbits(32)
    number, complaints = fuzz(seconds=60, seed=seed)
    assert complaints == {}, f"seed {seed}"
    assert number > 2000
