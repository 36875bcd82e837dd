"""The registry of operations: what every question can rely on, and what an author hears of a name that is none."""

import inspect
from collections.abc import Callable

import numpy as np
import pytest

import utils
from tests.check.cases import CASES
from utils.check import Case, case, draw, expect, operations
from utils.check.compare import Tolerance, compare
from utils.check.forks.fork import programs
from utils.check.loops import counting, differences, layers, windows
from utils.check.operations import OPERATIONS, operation


def loop_of(name: str) -> Callable | None:
    """The loop that hidden tests compare with, by the names that the loops have."""
    kind = OPERATIONS[name].kind
    alike = {"max_pool": "max_pool", "avg_pool": "avg_pool", "pool": "max_pool", "spread": "conv_grad_input"}
    for module in (windows, counting, layers, differences):
        for candidate in (name, kind, alike.get(kind, "")):
            if hasattr(module, candidate):
                return getattr(module, candidate)
    return None


LOOPS = {name: loop for name in OPERATIONS if (loop := loop_of(name)) and name in CASES}


def test_every_operation_that_has_cases_has_a_program_with_mistakes() -> None:
    assert set(CASES) <= programs().keys() & set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_record_fits_its_reference(name: str) -> None:
    record = operation(name)
    parameters = inspect.signature(record.reference).parameters
    assert record.name == name and name in record.forbidden
    assert record.shaped_like is None or record.shaped_like in parameters
    assert record.axes == next((d for d in (1, 2) if f"{d}d" in name), None)
    if name in CASES:
        on = CASES[name][1][0]
        arguments, result = record.arguments(on), on.call(record.reference)
        if record.shaped_like:
            like = arguments[record.shaped_like]
            shape = np.shape(like) if isinstance(like, np.ndarray) else tuple(np.atleast_1d(like))
            assert np.shape(result) == shape
        if record.results:
            assert len(result) == len(record.results)


def test_no_two_operations_have_one_name() -> None:
    with pytest.raises(ValueError, match="two operations are called 'conv1d'"):
        operations._add("another", utils.conv1d)


def test_windows_of_an_operation_give_its_output_size() -> None:
    for name, record in OPERATIONS.items():
        for on in CASES[name][1] if record.slides else []:
            found = record.windows(on)
            assert found
            sizes = tuple(utils.output_size(*sizes) for sizes in found)
            shape = np.shape(on.call(record.reference))
            assert shape in (sizes, (shape[0], *sizes, shape[-1])), name


def as_the_loop_takes_it(loop: Callable, on: Case) -> Case | None:
    """The case without what the loop has not, such as a padding of 0; None where it needs what the loop has not."""
    wanted, args = list(inspect.signature(loop).parameters), list(on.args)
    while len(args) > len(wanted) and not np.any(args[-1]):
        args.pop()
    if "stride" in wanted[: len(args)] and args[wanted.index("stride")] is None:
        args[wanted.index("stride")] = args[wanted.index("kernel_size")]
    try:
        inspect.signature(loop).bind(*args, **on.kwargs)
    except TypeError:
        return None
    return Case(tuple(args), on.kwargs)


def cases_of(name: str) -> list[Case]:
    if name == "closed_form":  # x_hat must be one that a batch can have
        x = draw((4, 3), 1, "normal")
        x_hat = (x - x.mean(0)) / x.std(0) * [0.9, 0.5, 0.99]
        return [case(draw((4, 3), 2, "normal"), x_hat, [2, -3, 0.5], [2, 0.3, 1.5])]
    full = [c for c in CASES[name][1] if "pool" not in name or np.ndim(c.args[0]) > 2]
    taken = [(c, as_the_loop_takes_it(LOOPS[name], c)) for c in full]
    return [c for c, t in taken if t is not None]


@pytest.mark.parametrize("name", sorted(LOOPS))
def test_loops_and_references_agree(name: str) -> None:
    assert len(cases_of(name)) > 0
    for on in cases_of(name):
        taken = as_the_loop_takes_it(LOOPS[name], on)
        assert taken is not None
        yours, right = taken.call(LOOPS[name]), on.call(OPERATIONS[name].reference)
        assert compare(yours, right, Tolerance(1e-6, 1e-7), typed=True) is None, on


def test_an_unknown_operation_is_an_authors_mistake() -> None:
    on = case([1, 2, 3], [1, -2])
    with pytest.raises(ValueError, match="about is 'conv_1d', which is no operation"):
        expect(lambda x, w: x, like=utils.conv1d, on=on, about="conv_1d")
    with pytest.raises(ValueError, match="forbid names 'conv1d_'"):
        expect(lambda x, w: x, like=utils.conv1d, on=on, forbid=["conv1d_"])
    expect(lambda x: 2 * x, like=lambda x: x + x, on=[case([1, 2])])  # a question of the author's own
