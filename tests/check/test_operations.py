"""The registry of operations: what every question can rely on, and what an author hears of a name that is none."""

import inspect
from collections.abc import Callable

import numpy as np
import pytest

import utils
from tests.check.cases import CASES
from utils.check import case, expect, known
from utils.check.compare import Tolerance, compare
from utils.check.loops import counting, differences, layers, windows
from utils.check.operations import OPERATIONS, faces, operation


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


def test_every_mistake_is_about_an_operation_that_has_cases() -> None:
    assert {m.about for m in known()} <= set(OPERATIONS)
    assert {m.about for m in known()} == set(CASES) & {m.about for m in known()}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_record_fits_its_reference(name: str) -> None:
    record = operation(name)
    parameters = inspect.signature(record.reference).parameters
    assert record.name == name and name in record.forbidden and name in faces(record.kind)
    assert record.shaped_like is None or record.shaped_like in parameters
    assert record.axes == next((d for d in (1, 2) if f"{d}d" in name), None)
    if name in CASES:
        on = CASES[name][1][0]
        arguments, result = record.arguments(on), on.call(record.reference)
        if record.shaped_like:
            like = arguments[record.shaped_like]
            assert np.shape(result) == (tuple(np.atleast_1d(like)) if np.ndim(like) < 2 and not hasattr(like, "dtype") else np.shape(like))
        if record.results:
            assert len(result) == len(record.results)


def test_windows_of_an_operation_give_its_output_size() -> None:
    for name, record in OPERATIONS.items():
        for on in CASES[name][1] if record.slides else []:
            found = record.windows(on)
            assert found
            sizes = tuple(utils.output_size(*sizes) for sizes in found)
            shape = np.shape(on.call(record.reference))
            assert shape in (sizes, (shape[0], *sizes, shape[-1])), name


@pytest.mark.parametrize("name", sorted(LOOPS))
def test_loops_and_references_agree(name: str) -> None:
    reference, loop, tried = OPERATIONS[name].reference, LOOPS[name], 0
    loose = Tolerance(1e-6, 1e-7)
    for on in CASES[name][1]:
        arguments = OPERATIONS[name].arguments(on)
        wanted = inspect.signature(loop).parameters
        unusual = any(np.any(arguments.pop(extra, 0)) for extra in set(arguments) - set(wanted) - {"grad_output", "x", "stride", "mode", "delta", "n"})
        if unusual or np.ndim(on.args[0]) < 3 and "pool" in name:
            continue
        given = dict(arguments)
        given.pop("mode", None)
        if given.get("stride", 1) is None:
            given["stride"] = given["kernel_size"]
        if given.get("dilation", 1) == 1 and "dilation" not in wanted:
            given.pop("dilation", None)
        values = list(given.values())
        assert compare(loop(*values), on.call(reference), loose, typed=True) is None, on
        tried += 1
    assert tried


def test_an_unknown_operation_is_an_authors_mistake() -> None:
    on = case([1, 2, 3], [1, -2])
    with pytest.raises(ValueError, match=r"about is 'conv1\.d', which is no operation"):
        expect(lambda x, w: x, like=utils.conv1d, on=on, about="conv1.d")
    with pytest.raises(ValueError, match="forbid names 'conv1.d'"):
        expect(lambda x, w: x, like=utils.conv1d, on=on, forbid=["conv1.d"])
    expect(lambda x: 2 * x, like=lambda x: x + x, on=[case([1, 2])])  # a question of the author's own
