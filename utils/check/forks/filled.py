"""The outputs as a student's loops leave them: which images and channels were written, what was not set back."""

from collections.abc import Callable

import numpy as np

from .fork import Fork

Array = np.ndarray

FILLED_WORDS = """
one-image-only
  Every image got the result of the first one.
  Which index of x runs over the images, and does your loop use it?

last-image-for-all
  Every image got the result of the last one.
  Which index of the result runs over the images, and does your loop use it where it writes?

counter-not-moved
  All rows (or columns) of the result were written into the first one, and the last of them is left.
  Which of your lines moves the counter on, and does it stand in the right loop?

first-image-written
  Only the result of the first image was written.
  Which of your loops runs over the images? Is a `return` indented too far?

last-image-written
  Only the result of the last image was written.
  Which of your loops runs over the images, and where does it write?

first-channel-for-all
  Every channel got the result of the first one.
  Which index runs over the channels of the output, and does your loop use it?

last-channel-for-all
  Every channel got the result of the last one.
  Which index runs over the channels of the output, and where does your loop write?

first-channel-written
  Only the first channel of the output was computed.
  How many channels has the output, and which of your loops runs over them? Is a `return` indented too far?

last-image-missing
  The last image was left out.
  How many images has the batch, and which of them does range(B - 1) visit?

last-channel-missing
  The last channel of the output was left out.
  How many channels has the output, and which of them does range(D - 1) visit?

last-channel-written
  Only the last channel of the output was computed.
  How many channels does the output have, and where does your loop write?

not-set-back
  What one window left is still there when the next one begins: nothing is set back in between.
  In which of your loops should the line stand with which a new sum (or a new maximum) begins?

"""


def filled(fork: Fork, y: Array, together: np.ufunc = np.add, bias: Array | float = 0.0) -> Array:
    """The outputs (B, outputs..., D) as the loops leave them; `together` is how a window's numbers come together, and
    `bias` was added to what came of that.
    """
    images, channels = len(y), y.shape[-1]
    if images > 1:
        y = fork(
            "which image", y,
            one_image_only=lambda: np.broadcast_to(y[:1], y.shape),
            first_image_written=lambda: _only(y, 0, 0), last_image_written=lambda: _only(y, 0, -1),
            last_image_missing=lambda: y - _only(y, 0, -1),
            last_image_for_all=lambda: np.broadcast_to(y[-1:], y.shape),
        )  # fmt: skip
    if channels > 1:
        y = fork(
            "which channel of the output", y,
            first_channel_written=lambda: _only(y, -1, 0), last_channel_written=lambda: _only(y, -1, -1),
            last_channel_missing=lambda: y - _only(y, -1, -1),
            first_channel_for_all=lambda: np.broadcast_to(y[..., :1], y.shape),
            last_channel_for_all=lambda: np.broadcast_to(y[..., -1:], y.shape),
        )  # fmt: skip
    ways = _running(y, together)
    if np.any(bias):
        ways |= {f"{way}_before_the_bias": lambda f=f: f() + bias for way, f in _running(y - bias, together).items()}
    y = fork("where a sum begins", y, **ways)
    if y.ndim == 4:
        y = fork(
            "the counters", y, **{f"counter_not_moved__{axis}": lambda a=axis: _into_first(y, a) for axis in (1, 2)}
        )
    return y


def _running(y: Array, together: np.ufunc) -> dict[str, Callable[[], Array]]:
    """Each output together with those that were made before it."""
    ways = {
        "not_set_back__channel": lambda: together.accumulate(y, axis=-1),
        "not_set_back__at_all": lambda: together.accumulate(y.ravel()).reshape(y.shape),
        "not_set_back__place": lambda: _channels_last(together.accumulate(_channels_first(y), axis=1), y),
        "not_set_back__image": lambda: together.accumulate(y.reshape(len(y), -1), axis=1).reshape(y.shape),
    }
    if y.ndim == 4:
        ways["not_set_back__row"] = lambda: together.accumulate(y, axis=2)
    return ways


def _into_first(y: Array, axis: int) -> Array:
    kept = np.zeros_like(y)
    y, first = np.moveaxis(y, axis, 0), np.moveaxis(kept, axis, 0)
    first[:1] = y[-1:]
    return kept


def _only(y: Array, axis: int, place: int) -> Array:
    kept = np.zeros_like(y)
    at = (place,) if axis == 0 else (..., place)
    kept[at] = y[at]
    return kept


def _channels_first(y: Array) -> Array:
    return np.moveaxis(y, -1, 1).reshape(len(y) * y.shape[-1], -1)


def _channels_last(flat: Array, like: Array) -> Array:
    return np.moveaxis(flat.reshape(len(like), like.shape[-1], *like.shape[1:-1]), 1, -1)
