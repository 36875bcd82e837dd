"""Explorer (d): a chain of layers, its sizes and parameter counts; what does not fit says why. Problem 1."""

from utils.explore.arguments import chosen, whole
from utils.explore.still import COLOUR, INK, png
from utils.explore.widget import Explorer, State
from utils.shapes import num_parameters, output_size, shown

DEFAULT = {
    "conv": {"kernel_size": 3, "filters": 8, "stride": 1, "padding": 0, "bias": True},
    "pool": {"kernel_size": 2, "stride": 2, "padding": 0},
}


def shapes(layers: list[dict] | None = None, input_shape: tuple[int, int, int] = (32, 32, 3)) -> Explorer:
    """Follow the shape (height, width, channels) through `layers`, at most 8 dicts such as
    {"kind": "conv", "kernel_size": 5, "filters": 10, "stride": 1, "padding": 0, "bias": True} or
    {"kind": "pool", "kernel_size": 2}.

    A layer that does not fit is no error here: the picture explains it. Returns a widget.
    """
    if layers is None:
        layers = [{"kind": "conv", "kernel_size": 5, "filters": 10}, {"kind": "pool"}, {"kind": "conv", "filters": 16}]
    if not isinstance(layers, list | tuple) or len(layers) > 8:
        raise ValueError(f"layers is {shown(layers)}; expected a list of at most 8 layers")
    if not isinstance(input_shape, list | tuple) or len(input_shape) != 3:
        raise ValueError(f"input_shape is {shown(input_shape)}; expected (height, width, channels)")
    sides = [whole(f"input_shape[{i}]", side, 1, 1024) for i, side in enumerate(input_shape)]
    start = {
        "input": sides,
        "layers": [complete(i, layer) for i, layer in enumerate(layers)],
        "fresh": {kind: {"kind": kind, **how} for kind, how in DEFAULT.items()},
    }
    return Explorer("shapes", start, describe, draw)


def complete(index: int, layer: dict) -> dict:
    """The layer with every setting filled in; an unknown kind or setting is refused by name."""
    if not isinstance(layer, dict):
        raise ValueError(f"layers[{index}] is {shown(layer)}; expected a dict such as {{'kind': 'pool'}}")
    kind = chosen(f"layers[{index}]['kind']", layer.get("kind"), "conv", "pool")
    full = {
        **DEFAULT[kind],
        **({"stride": layer["kernel_size"]} if kind == "pool" and "kernel_size" in layer else {}),
        **layer,
    }
    unknown = sorted(map(str, set(full) - set(DEFAULT[kind]) - {"kind"}))
    if unknown:
        raise ValueError(f"layers[{index}] has the setting {unknown[0]!r}; expected only {', '.join(DEFAULT[kind])}")
    limits = {"kernel_size": (1, 64), "filters": (1, 4096), "stride": (1, 16), "padding": (0, 16)}
    for name, (low, high) in limits.items():
        if name in full:
            full[name] = whole(f"layers[{index}][{name!r}]", full[name], low, high)
    return full


def describe(state: State) -> str:
    """The picture in words."""
    boxes = " → ".join(text for _, text in chain(state)).replace("\n", ", ")
    return f"Explorer of shapes: {boxes}. Run this cell to move it."


def chain(state: State) -> list[tuple[str, str]]:
    """(colour, text) of every box from the input on; the first layer that does not fit ends it."""
    height, width, channels = state["input"]
    boxes = [("x", f"{height}×{width}×{channels}")]
    for layer in state["layers"]:
        k, s, p = layer["kernel_size"], layer["stride"], layer["padding"]
        name = f"{layer['kind']} {k}×{k}"
        if min(height, width) + 2 * p < k or (layer["kind"] == "pool" and 2 * p > k):
            return [*boxes, ("w", f"{name}\ndoes not fit")]
        height, width = (output_size(n, k, s, p) for n in (height, width))
        filters = layer.get("filters", channels)
        parameters = num_parameters((k, k, channels, filters), layer["bias"]) if layer["kind"] == "conv" else 0
        channels = filters
        boxes += [("w", f"{name}\n{parameters:,} parameters"), ("x", f"{height}×{width}×{channels}")]
    return boxes


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    from matplotlib.figure import Figure

    boxes = chain(state)
    lines = (len(boxes) + 6) // 7
    figure = Figure(figsize=(8.5, 0.9 + 0.9 * lines))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 7), ylim=(lines + 0.5, -0.5))
    axes.axis("off")
    axes.text(0.1, -0.2, "Shapes and parameters", size=11, weight="bold", color=INK)
    for i, (axis, text) in enumerate(boxes):
        box = {"boxstyle": "round,pad=0.5", "fc": "white", "ec": COLOUR[axis]} if axis == "w" else None
        place = {"ha": "center", "va": "center", "size": 8, "weight": "bold", "color": COLOUR[axis]}
        axes.text(i % 7 + 0.5, i // 7 + 0.4, text, bbox=box, **place)
    return png(figure)
