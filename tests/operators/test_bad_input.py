"""A few seconds of the fuzz: `make oracle` runs it for a minute."""

import pytest

import utils
from tests.operators import fuzz


def test_no_wrong_call_gets_more_or_less_than_one_clear_error():
    number, complaints = fuzz.fuzz(calls=2000)
    assert number == 2000
    assert complaints == {}


def test_every_public_function_is_called_and_what_is_right_is_taken():
    calls = fuzz.right_calls()
    assert set(calls) >= set(utils.__all__)
    for name, known in calls.items():
        for args, kwargs in known:
            fuzz.function_of(name)(*args, **kwargs)


def nameless(x):
    raise ValueError("bad")


def of_another_kind(x):
    raise KeyError("x")


def of_two_lines(x):
    raise ValueError("x is bad\nand worse")


def from_below(x):
    try:
        nameless(x)
    except ValueError as error:
        raise ValueError("x is bad") from error


@pytest.mark.parametrize("function", [nameless, of_another_kind, of_two_lines, from_below])
def test_the_fuzz_hears_what_is_not_clear(function):
    assert fuzz.complaint(function.__name__, function, (1,), {})


def test_the_fuzz_lets_a_clear_error_pass():
    assert fuzz.complaint("flag", utils.output_size, ("a", 2), {}) is None
