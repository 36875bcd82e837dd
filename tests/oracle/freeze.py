"""Write tests/frozen/torch_vectors.npz: what PyTorch gave on a few telling layers. `make freeze` runs it.

Each array is stored as `number/kind/name`, inputs with the results, so that `make test` needs no PyTorch and
no random generator.
"""

from pathlib import Path

import numpy as np

from tests.oracle import torch_ops
from tests.strategies import Layer, Recurrent, Transposed

TARGET = Path(__file__).parents[1] / "frozen" / "torch_vectors.npz"

# batch, sizes, channels, filters, kernel, stride, padding, dilation
CONVOLUTIONS = [
    (1, (4,), 1, 1, (3,), (1,), (0,), (1,)),  # the worksheet's own
    (2, (9,), 2, 3, (4,), (2,), (1,), (1,)),
    (1, (10,), 1, 2, (2,), (3,), (0,), (1,)),  # stride > kernel: pixels that no window meets
    (2, (11,), 3, 1, (3,), (2,), (4,), (2,)),  # sizes that do not divide, padding > kernel
    (1, (4, 5), 1, 1, (2, 3), (1, 1), (0, 0), (1, 1)),
    (2, (6, 5), 2, 3, (3, 2), (1, 1), (1, 0), (1, 1)),
    (1, (7, 8), 3, 2, (3, 3), (2, 3), (1, 2), (1, 1)),
    (2, (5, 9), 1, 4, (1, 1), (2, 2), (0, 0), (1, 1)),  # 1x1, strided
    (1, (7, 9), 2, 2, (2, 3), (2, 1), (0, 3), (3, 2)),
    (2, (3, 4), 2, 2, (3, 4), (1, 1), (0, 0), (1, 1)),  # the kernel covers the image
    (1, (3, 4, 5), 2, 2, (2, 3, 2), (1, 2, 3), (1, 0, 1), (1, 1, 2)),
]
POOLS = [
    (2, (7,), 2, 1, (3,), (2,), (1,), (1,)),
    (2, (6, 5), 3, 1, (2, 2), (2, 2), (0, 0), (1, 1)),  # a row and a column left over
    (1, (7, 8), 2, 1, (3, 2), (1, 2), (1, 1), (1, 1)),  # windows overlap
    (1, (8, 7), 2, 1, (2, 3), (3, 4), (0, 1), (1, 1)),  # stride > kernel
    (1, (4, 5, 6), 2, 1, (2, 3, 2), (2, 1, 3), (1, 1, 0), (1, 1, 1)),
]
# the convolution that is transposed, groups, sizes that go in, output_padding
TRANSPOSED = [
    ((1, (9,), 1, 1, (3,), (2,), (0,), (1,)), 1, (4,), (0,)),
    ((2, (8,), 2, 4, (3,), (3,), (1,), (2,)), 2, (2,), (2,)),
    ((2, (7, 8), 3, 2, (3, 2), (2, 3), (1, 0), (1, 1)), 1, (4, 3), (0, 0)),
]
GROUPED = [
    ((2, (7,), 4, 6, (3,), (2,), (1,), (2,)), 2),
    ((2, (6, 5), 3, 6, (2, 3), (1, 2), (1, 0), (1, 1)), 3),  # depthwise, two filters for each channel
]
NORMS = [
    ("layer_norm", (2, 3, 4), (3, 4)),
    ("group_norm", (2, 3, 2, 6), (6,), 3),
    ("instance_norm", (2, 3, 2, 2), (2,)),
]
RECURRENT = [("rnn", 2, 4, 2, 3), ("rnn", 1, 6, 1, 1), ("lstm", 2, 4, 3, 2), ("lstm", 1, 5, 1, 1)]
SHAPES = [(6, 2), (2, 4, 3), (2, 3, 4, 2)]


def main() -> None:
    vectors: dict[str, np.ndarray] = {}

    def keep(number: int, kind: str, **arrays: np.ndarray) -> None:
        vectors.update({f"{number}/{kind}/{name}": array for name, array in arrays.items()})

    for number, fields in enumerate(CONVOLUTIONS):
        layer = Layer(*fields, seed=number)
        x, w, bias, dy = layer.draw(layer.input_shape, layer.kernel_shape, (layer.filters,), layer.output_shape)
        keep(number, "conv", x=x, w=w, bias=bias, dy=dy, **{k: np.array(v) for k, v in layer.settings.items()})
        keep(number, "conv/result", **torch_ops.conv(x, w, bias, dy, **layer.settings))
    for number, fields in enumerate(POOLS):
        layer = Layer(*fields, seed=number)
        x, dy = layer.draw(layer.input_shape, (layer.batch, *layer.out, layer.channels))
        x = np.round(x * 2)  # ties
        how = (layer.kernel, layer.stride, layer.padding)
        keep(number, "pool", x=x, dy=dy, how=np.array(how))
        for mode in ("max", "avg"):
            keep(number, f"pool/{mode}", **torch_ops.pool(x, dy, mode, *how))
    for number, shape in enumerate(SHAPES):
        rng = np.random.default_rng(number)
        (x, dy), (gamma, beta) = rng.normal(1, 2, (2, *shape)), rng.normal(size=(2, shape[-1]))
        keep(number, "norm", x=x, gamma=gamma, beta=beta, dy=dy)
        keep(number, "norm/result", **torch_ops.batch_norm(x, gamma, beta, dy, eps=1e-3))
    for number, (fields, groups, sizes, extra) in enumerate(TRANSPOSED):
        layer = Transposed(Layer(*fields, seed=number, groups=groups), sizes, extra)
        x, w, bias, dy = layer.draw()
        keep(number, "transposed", x=x, w=w, bias=bias, dy=dy, **{k: np.array(v) for k, v in layer.settings.items()})
        keep(number, "transposed/result", **torch_ops.conv_transpose(x, w, bias, dy, **layer.settings))
    for number, (fields, groups) in enumerate(GROUPED):
        layer = Layer(*fields, seed=number, groups=groups)
        x, w, bias, dy = layer.draw(layer.input_shape, layer.kernel_shape, (layer.filters,), layer.output_shape)
        keep(number, "grouped", x=x, w=w, bias=bias, dy=dy, **{k: np.array(v) for k, v in layer.grouped.items()})
        keep(number, "grouped/result", **torch_ops.conv(x, w, bias, dy, **layer.grouped))
    for number, (name, shape, last, *groups) in enumerate(NORMS):
        rng = np.random.default_rng(number)
        (x, dy), (gamma, beta) = rng.normal(1, 2, (2, *shape)), rng.normal(size=(2, *last))
        keep(number, name, x=x, gamma=gamma, beta=beta, dy=dy, groups=np.array(groups, int))
        keep(number, f"{name}/result", **torch_ops.norm(name, x, gamma, beta, dy, 1e-3, *groups))
    for number, (kind, *sizes) in enumerate(RECURRENT):
        arrays, dy, dc = Recurrent(kind, *sizes, seed=number).draw()
        keep(number, kind, dy=dy, dc=dc, **arrays)
        keep(number, f"{kind}/result", **torch_ops.recurrent(kind, dy, dc, **arrays))
    np.savez_compressed(TARGET, allow_pickle=False, **vectors)
    print(f"{TARGET.name}: {len(vectors)} arrays, {TARGET.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
