"""Explorer (d): a chain of layers with its sizes and parameter counts; what does not fit says why. Problem 1."""

from typing import Any

from utils.explore.arguments import whole
from utils.explore.still import sentence
from utils.explore.widget import Explorer, State

DEFAULT = {
    "conv": {"kernel_size": 3, "filters": 8, "stride": 1, "padding": 0, "bias": True},
    "pool": {"kernel_size": 2, "stride": 2, "padding": 0},
}


def shapes(layers: list[dict] | None = None, input_shape: tuple[int, int, int] = (32, 32, 3)) -> Explorer:
    """Follow the shape (height, width, channels) through `layers`, at most 8 dicts such as
    {"kind": "conv", "kernel_size": 5, "filters": 10, "stride": 1, "padding": 0, "bias": True} or {"kind": "pool", "kernel_size": 2}.

    A layer that does not fit is no error here: the picture explains it. Returns a widget.
    """
    if layers is None:
        layers = [
            {"kind": "conv", "kernel_size": 5, "filters": 10},
            {"kind": "pool"},
            {"kind": "conv", "filters": 16},
        ]
    if len(tuple(input_shape)) != 3 or len(layers) > 8:
        raise ValueError(
            f"input_shape is {input_shape!r} with {len(layers)} layers; expected (height, width, channels), 8 layers"
        )
    sides = [whole(f"input_shape[{i}]", side, 1, 1024) for i, side in enumerate(input_shape)]
    return Explorer(
        "shapes",
        {"input": sides, "layers": [complete(i, layer) for i, layer in enumerate(layers)]},
        describe,
        draw,
    )


def complete(index: int, layer: dict) -> dict:
    """The layer with every setting filled in; an unknown kind or setting is refused by name."""
    kind = layer.get("kind")
    if kind not in DEFAULT:
        raise ValueError(f"layers[{index}]['kind'] is {kind!r}; expected 'conv' or 'pool'")
    full = {
        **DEFAULT[kind],
        **({"stride": layer["kernel_size"]} if kind == "pool" and "kernel_size" in layer else {}),
        **layer,
    }
    unknown = sorted(set(full) - set(DEFAULT[kind]) - {"kind"})
    if unknown:
        raise ValueError(
            f"layers[{index}] has the setting {unknown[0]!r}; expected only {', '.join(DEFAULT[kind])}"
        )
    limits = {"kernel_size": (1, 64), "filters": (1, 4096), "stride": (1, 16), "padding": (0, 16)}
    for name, (low, high) in limits.items():
        if name in full:
            full[name] = whole(f"layers[{index}][{name!r}]", full[name], low, high)
    return full


def describe(state: State) -> str:
    """The picture in words."""
    return "Explorer shapes. Run this cell to move the picture."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    return sentence(describe(state))
