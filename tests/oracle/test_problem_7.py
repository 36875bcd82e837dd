"""The last page of problem 7 leads to PyTorch: its code runs and gives our logits, its table names real arguments."""

import importlib
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from utils.check.references.network import network

torch = pytest.importorskip("torch", reason="PyTorch lives in its own environment: make oracle")
torch_ops = importlib.import_module("torch.nn")
pytestmark = pytest.mark.oracle

MASTER = Path(__file__).parents[2] / "solutions" / "p7_train_a_cnn.py"
PAGE = MASTER.read_text(encoding="utf-8").split("# ## From here to PyTorch")[1]


def test_the_code_gives_the_same_logits():
    (code,) = re.findall(r"^# ```python\n(.*?)^# ```$", PAGE, re.DOTALL | re.MULTILINE)
    shapes = {"w1": (3, 3, 1, 8), "gamma1": (8,), "beta1": (8,), "w2": (3, 3, 8, 16), "gamma2": (16,), "beta2": (16,)}
    shapes |= {"w3": (64, 10), "b3": (10,)}
    rng = np.random.default_rng(7)
    trained = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    test_images = rng.random((5, 8, 8, 1), dtype=np.float32)
    names = {"trained": trained, "test_images": test_images}
    exec("\n".join(line[2:] for line in code.splitlines()), names)
    np.testing.assert_allclose(names["logits"].detach().numpy(), network(trained, test_images)[0], rtol=1e-4, atol=1e-4)


def test_the_table_names_every_argument_and_its_default():
    rows = [re.findall(r"`([^`]*)`", line.split("|")[1]) for line in PAGE.splitlines() if line.startswith("# | ")]
    layer, told = "", {}
    for words in (words[0] for words in rows if words):
        if words.endswith("("):
            layer = words.removeprefix("nn.").rstrip("(")
        elif layer and re.fullmatch(r"[\w\s,=.\"-]+", words):
            told.setdefault(layer, []).extend(words.split(", "))
        else:
            layer = ""  # below the three layers the rows are about single names
    assert set(told) == {"Conv2d", "MaxPool2d", "BatchNorm2d"}
    for layer, arguments in told.items():
        known = inspect.signature(getattr(torch_ops, layer)).parameters
        for argument in arguments:
            name, _, default = argument.partition("=")
            assert name in known, f"{layer} has no argument {name}"
            if default:
                assert str(known[name].default) == default.strip('"'), f"{layer}: {argument}"
        rest = set(known) - {argument.partition("=")[0] for argument in arguments}
        assert rest <= {"device", "dtype", "bias"}, f"{layer}: {rest} is not told"
