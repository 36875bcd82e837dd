"""The outputs as a student's loops leave them: which images and channels were written, what was not set back."""

import numpy as np

from .fork import Fork

Array = np.ndarray

FILLED_WORDS = """
one-image-only
  Every image got the result of the first one.
  Which index of x runs over the images, and does your loop use it?

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
  How many channels has the output, and where does your loop write?

not-set-back
  What one window left is still there when the next one begins: nothing is set back in between.
  In which of your loops should the line stand with which a new sum (or a new maximum) begins?

"""


def filled(fork: Fork, y: Array, together: np.ufunc = np.add) -> Array:
    """The outputs (B, outputs..., D) as the loops leave them; `together` is how a window's numbers come together."""
    images, channels = len(y), y.shape[-1]
    if images > 1:
        y = fork(
            "which image", y,
            one_image_only=lambda: np.broadcast_to(y[:1], y.shape),
            first_image_written=lambda: _only(y, 0, 0), last_image_written=lambda: _only(y, 0, -1),
            last_image_missing=lambda: y - _only(y, 0, -1),
        )  # fmt: skip
    if channels > 1:
        y = fork(
            "which channel of the output", y,
            first_channel_written=lambda: _only(y, -1, 0), last_channel_written=lambda: _only(y, -1, -1),
            last_channel_missing=lambda: y - _only(y, -1, -1),
            first_channel_for_all=lambda: np.broadcast_to(y[..., :1], y.shape),
            last_channel_for_all=lambda: np.broadcast_to(y[..., -1:], y.shape),
        )  # fmt: skip
    ways = {
        "not_set_back__channel": lambda: together.accumulate(y, axis=-1),
        "not_set_back__at_all": lambda: together.accumulate(y.ravel()).reshape(y.shape),
        "not_set_back__place": lambda: _channels_last(together.accumulate(_channels_first(y), axis=1), y),
        "not_set_back__image": lambda: together.accumulate(y.reshape(images, -1), axis=1).reshape(y.shape),
    }
    return fork("where a sum begins", y, **ways)


def _only(y: Array, axis: int, place: int) -> Array:
    kept = np.zeros_like(y)
    at = (place,) if axis == 0 else (..., place)
    kept[at] = y[at]
    return kept


def _channels_first(y: Array) -> Array:
    return np.moveaxis(y, -1, 1).reshape(len(y) * y.shape[-1], -1)


def _channels_last(flat: Array, like: Array) -> Array:
    return np.moveaxis(flat.reshape(len(like), like.shape[-1], *like.shape[1:-1]), 1, -1)
