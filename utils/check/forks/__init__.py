"""Known mistakes as forks in plain programs; see README.md."""

from functools import cache
from importlib import import_module

_MODULES = (
    "convolution", "convolution_grad", "pooling", "pooling_grad", "normalization", "normalization_grad", "loss",
    "counting", "matrix_counts", "matrices", "backward_steps",
    "batch_norm_steps", "network",
    "recurrent", "recurrent_grad", "recurrent_steps",
    "variations",
)  # fmt: skip


@cache
def load() -> None:
    """Import every program."""
    for name in _MODULES:
        import_module(f"{__name__}.{name}")
