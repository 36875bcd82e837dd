"""ONNX's own tests of single operators, from the `onnx` package: its inputs through ours, against its outputs."""

# pyright: reportMissingImports=false
import importlib
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="onnx lives in the oracle's environment: make oracle")
node_cases = importlib.import_module("onnx.backend.test.case.node")
loader = importlib.import_module("onnx.backend.test.loader")
OPERATORS = importlib.import_module("tests.oracle.onnx_ops").OPERATORS
pytestmark = pytest.mark.oracle

HALF = "padding is more than half the kernel, which PyTorch refuses as well"
LEFT_OUT = {
    "ConvInteger": "integers, with a zero point",
    "QLinearConv": "quantised numbers",
    "DeformConv": "the places of its windows are data: another operator",
    "LpPool": "neither a maximum nor a mean",
    "MaxUnpool": "unpooling",
    "test_maxpool_2d_pads": HALF,
    "test_averagepool_2d_pads": HALF,
    "test_averagepool_2d_pads_count_include_pad": HALF,
    "test_lstm_with_peepholes": "gates that see the cell; PyTorch has none",
}
RECURRENT = ("RNN", "LSTM")


def collect() -> dict[str, tuple[Any, list[Any], list[Any]]]:
    """Name -> (the one node, its inputs, its outputs), for the operators above."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of models that are not ours
        cases = node_cases.collect_testcases(None)
    for case in cases:
        if case.model is not None and len(case.model.graph.node) == 1:
            inputs, outputs = case.data_sets[0]
            found[case.name] = case.model, inputs, outputs
    for kind in ("pytorch-converted", "pytorch-operator"):
        for case in loader.load_model_tests(kind=kind):
            folder = Path(case.model_dir)
            model = onnx.load(folder / "model.onnx")
            if len(model.graph.node) == 1:
                data = folder / "test_data_set_0"
                found[case.name] = model, *(tensors(data, way) for way in ("input", "output"))
    wanted = OPERATORS.keys() | LEFT_OUT.keys()
    return {name: of_node(*case) for name, case in found.items() if case[0].graph.node[0].op_type in wanted}


def tensors(folder: Path, way: str) -> list[Any]:
    paths = sorted(folder.glob(f"{way}_*.pb"), key=lambda path: int(path.stem.split("_")[1]))
    return [onnx.numpy_helper.to_array(onnx.load_tensor(path)) for path in paths]


def of_node(model: Any, inputs: list[Any], outputs: list[Any]) -> tuple[Any, list[Any], list[Any]]:
    """The node, and its inputs in its order: weights may stand in the model, and an optional one may be missing."""
    known = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    given = [entry.name for entry in model.graph.input if entry.name not in known]
    known.update(zip(given, inputs, strict=True))
    (node,) = model.graph.node
    return node, [known.get(name) for name in node.input], outputs


CASES = collect()


def reason(name: str) -> str | None:
    return LEFT_OUT.get(name) or LEFT_OUT.get(CASES[name][0].op_type)


@pytest.mark.parametrize("name", CASES)
def test_onnx(name):
    if why := reason(name):
        pytest.skip(why)
    node, inputs, outputs = CASES[name]
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    ours = OPERATORS[node.op_type](*inputs, **attributes)
    named = [result for result, output in zip(ours, node.output, strict=False) if output]
    assert named[0] is not None
    for result, expected in zip(named, outputs, strict=True):
        if result is not None:  # a LayerNorm's mean and deviation are no results of ours
            assert result.shape == expected.shape
            np.testing.assert_allclose(result, expected, rtol=1e-3, atol=1e-6)  # ONNX's own: a few are rounded


def test_most_of_them_are_ours_and_each_other_one_has_its_reason():
    ours = Counter(CASES[name][0].op_type for name in CASES if not reason(name))
    recurrent = sum(ours[kind] for kind in RECURRENT)
    whole = Counter(node.op_type for node, _, _ in CASES.values())
    assert whole.total() - sum(whole[kind] for kind in RECURRENT) == 159
    assert ours.total() - recurrent >= 138
    assert recurrent == 11
    assert all(name in CASES or name in whole for name in LEFT_OUT)
