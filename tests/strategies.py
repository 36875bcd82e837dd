"""Random layers for hypothesis: every mix of sizes, strides, paddings, dilations in which a window fits."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from utils.shapes import Array, Shape, output_size


@dataclass(frozen=True)
class Layer:
    """A convolution's or a pool's geometry, and the seed of its data."""

    batch: int
    sizes: Shape
    channels: int
    filters: int
    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    seed: int
    groups: int = 1

    @property
    def input_shape(self) -> Shape:
        return (self.batch, *self.sizes, self.channels)

    @property
    def kernel_shape(self) -> Shape:
        return (*self.kernel, self.channels // self.groups, self.filters)

    @property
    def out(self) -> Shape:
        return tuple(map(output_size, self.sizes, self.kernel, self.stride, self.padding, self.dilation))

    @property
    def output_shape(self) -> Shape:
        return (self.batch, *self.out, self.filters)

    @property
    def settings(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}

    @property
    def grouped(self) -> dict[str, Any]:
        """The settings of a convolution that knows groups."""
        return {**self.settings, "groups": self.groups}

    def draw(self, *shapes: Shape, dtype: type = np.float64) -> list[Array]:
        """Random arrays, the same for the same layer: never ones, and without ties."""
        rng = np.random.default_rng(self.seed)
        return [rng.normal(size=shape).astype(dtype) for shape in shapes]


@st.composite
def pools(draw: st.DrawFn, axes: int | None = None, most: int = 9) -> tuple[Layer, str, dict[str, Any], Shape]:
    """A pool's layer, its mode, the settings that PyTorch knows for it, and its output's shape (B, out..., C)."""
    layer = draw(layers(axes, most, pooling=True))
    mode, ceil = draw(st.sampled_from(["max", "avg"])), draw(st.booleans())
    more: dict[str, Any] = {"ceil_mode": ceil}
    if mode == "max":
        more["dilation"] = tuple(
            draw(st.lists(st.integers(1, 3), min_size=len(layer.kernel), max_size=len(layer.kernel)))
        )
        layer = replace(layer, dilation=more["dilation"])
        along = zip(layer.sizes, layer.kernel, layer.padding, layer.dilation, strict=True)
        assume(all(n + 2 * p >= d * (k - 1) + 1 for n, k, p, d in along))
    else:
        more["count_include_pad"] = draw(st.booleans())
    out = []
    for n, k, s, p, d in zip(layer.sizes, layer.kernel, layer.stride, layer.padding, layer.dilation, strict=True):
        left = n + 2 * p - d * (k - 1) - 1
        windows = (-(-left // s) if ceil else left // s) + 1
        out.append(windows - (ceil and (windows - 1) * s >= n + p))  # none begins in the padding at the end
        if d > 1:  # nor lies on padding alone
            assume(all(any(0 <= i * s - p + j * d < n for j in range(k)) for i in range(out[-1])))
    return layer, mode, more, (layer.batch, *out, layer.channels)


@st.composite
def norms(draw: st.DrawFn, dtypes: st.SearchStrategy[Any]) -> tuple[Any, ...]:
    """(layer_norm, group_norm or instance_norm; x, gamma, beta, grad_output, eps, and groups if it takes them)."""
    name = draw(st.sampled_from(["layer_norm", "group_norm", "instance_norm"]))
    groups, each = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    pixels = draw(st.lists(st.integers(1, 5), min_size=1, max_size=2))
    pixels[0] += 1  # PyTorch refuses a single number
    shape = (draw(st.integers(1, 3)), *pixels, groups * each)
    axes = draw(st.integers(1, len(shape))) if name == "layer_norm" else 1
    rng, dtype = np.random.default_rng(draw(st.integers(0, 2**16))), draw(dtypes)
    x, dy = rng.normal(1, 2, (2, *shape)).astype(dtype)
    gamma, beta = rng.normal(size=(2, *shape[-axes:])).astype(dtype)
    return name, x, gamma, beta, dy, 0.01, *([groups] if name == "group_norm" else [])


@dataclass(frozen=True)
class Recurrent:
    """A recurrent layer's sizes, and the seed of its data."""

    kind: str
    batch: int
    steps: int
    channels: int
    size: int
    seed: int

    def draw(self, dtype: type = np.float64) -> tuple[dict[str, Array], Array, Array]:
        """The layer's arrays by their names; grad_output; grad_c, which reads the last cell alone."""
        rng = np.random.default_rng(self.seed)
        wide, state = self.size * (1 if self.kind == "rnn" else 4), (self.batch, self.size)
        shapes = {
            "x": (self.batch, self.steps, self.channels), "w_x": (self.channels, wide), "w_h": (self.size, wide),
            "bias": (wide,), "h0": state, "c0": state,
        }  # fmt: skip
        if self.kind == "rnn":
            del shapes["c0"]
        arrays = {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}
        grad_output, grad_c = rng.normal(size=(2, self.batch, self.steps, self.size)).astype(dtype)
        grad_c[:, :-1] = 0
        return arrays, grad_output, grad_c


@dataclass(frozen=True)
class Transposed:
    """A transposed convolution: `layer` is the convolution that it transposes, and `sizes` what goes in."""

    layer: Layer
    sizes: Shape
    output_padding: Shape

    def draw(self, dtype: type = np.float64) -> list[Array]:
        """x, w, bias and grad_output."""
        x_shape, y_shape = (self.layer.batch, *self.sizes, self.layer.filters), self.layer.input_shape
        return self.layer.draw(x_shape, self.layer.kernel_shape, y_shape[-1:], y_shape, dtype=dtype)

    @property
    def settings(self) -> dict[str, Any]:
        return {**self.layer.grouped, "output_padding": self.output_padding}


@st.composite
def transposed_layers(draw: st.DrawFn, axes: int | None = None, most: int = 6) -> Transposed:
    """A transposed convolution with all its settings."""
    layer = draw(layers(axes, most, groups=True))
    extra = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(layer.stride, layer.dilation, strict=True))
    along = zip(layer.out, layer.kernel, layer.stride, layer.padding, layer.dilation, extra, strict=True)
    sizes = tuple((n - 1) * s - 2 * p + d * (k - 1) + 1 + e for n, k, s, p, d, e in along)
    assume(min(sizes) > 0)
    return Transposed(replace(layer, sizes=sizes), layer.out, extra)


recurrent_layers = st.builds(
    Recurrent, st.sampled_from(["rnn", "lstm"]), *[st.integers(1, most) for most in (3, 6, 4, 4)], st.integers(0, 2**16)
)


@st.composite
def layers(
    draw: st.DrawFn, axes: int | None = None, most: int = 9, pooling: bool = False, groups: bool = False
) -> Layer:
    """A layer with `axes` spatial axes, or 1 to 3, of about `most` pixels. A pool pads k // 2 at most.

    With `groups` there may be more than one, and 1 to 3 channels and filters in each.
    """
    axes = axes or draw(st.integers(1, 3))
    most = most if axes < 3 else min(most, 6)
    small = st.integers(1, 4)
    kernel, dilation, padding, sizes = [], [], [], []
    for _ in range(axes):
        k, d = draw(small), 1 if pooling else draw(st.integers(1, 3))
        p = draw(st.integers(0, k // 2 if pooling else 3))
        fits = max(1, d * (k - 1) + 1 - 2 * p)
        kernel.append(k)
        dilation.append(d)
        padding.append(p)
        sizes.append(draw(st.integers(fits, max(most, fits))))
    parts = draw(st.integers(1, 4)) if groups else 1
    each = st.integers(1, 3) if groups else small
    return Layer(
        batch=draw(st.integers(1, 3)),
        sizes=tuple(sizes),
        channels=parts * draw(each),
        filters=parts * draw(each),
        kernel=tuple(kernel),
        stride=tuple(draw(st.lists(small, min_size=axes, max_size=axes))),
        padding=tuple(padding),
        dilation=tuple(dilation),
        seed=draw(st.integers(0, 2**16)),
        groups=parts,
    )
