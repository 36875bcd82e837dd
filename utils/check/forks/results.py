"""What people do to a finished result, whatever it was: turned, transposed, an axis too many, the wrong sign."""

from typing import Any

import numpy as np

from .fork import Fork, share_words

RESULT = "the finished result"


def turned(fork: Fork, result: Any, at: str = "") -> Any:
    """One result at the last fork of every program."""
    if not isinstance(result, np.ndarray):
        return result
    ways = {"sign_flipped": lambda: -result}
    if result.size > 1:  # a single 0 is no array into which nothing was written
        ways = {"only_zeros": lambda: result * 0, **ways}
    ways |= {"twice_as_large": lambda: 2 * result, "half_as_large": lambda: result / 2}
    ways |= {"fractions_cut_off": lambda: np.trunc(result), "extra_axis": lambda: result[None]}
    if result.ndim:
        ways |= {"extra_axis__last": lambda: result[..., None]}
    if result.ndim > 1:
        ways |= {"result_transposed": lambda: result.swapaxes(*_spatial(result))}
        ways |= {"axis_lost__first": lambda: result[0] if len(result) == 1 else _none()}
    if result.ndim == 4:
        ways |= {"result_channels_first": lambda: np.moveaxis(result, -1, 1)}
        ways |= {
            f"axes_in_another_order__{''.join(map(str, order))}": lambda order=order: result.transpose(order)
            for order in ((3, 1, 2, 0), (3, 0, 1, 2), (3, 2, 0, 1), (0, 3, 2, 1), (2, 1, 0, 3), (1, 0, 2, 3))
        }
        ways |= {
            f"reshaped_not_transposed__{''.join(map(str, order))}": lambda order=order: result.transpose(order).reshape(
                result.shape
            )
            for order in ((3, 0, 1, 2), (0, 3, 1, 2), (3, 1, 2, 0), (1, 2, 0, 3), (1, 2, 3, 0))
            if result.transpose(order).shape != result.shape
        }
    return fork(RESULT, result, at, **ways)


def _spatial(result: np.ndarray) -> tuple[int, int]:
    return (1, 2) if result.ndim > 2 else (0, 1)


def _none() -> np.ndarray:
    return np.empty(0)


share_words(
    """
only-zeros
  Every number of this result is 0: nothing was written into it, or it was multiplied by 0.
  Which of your lines writes into the array that you return, and what does it write?

sign-flipped
  All signs are wrong.
  When the number that you start from grows a little, does the result grow or fall?

twice-as-large
  Your numbers are twice what they should be.
  Where is something counted or added twice?

half-as-large
  Your numbers are half of what they should be.
  Where is something divided, or left out, that should count in full?

fractions-cut-off
  These are the right numbers without their fractions: an array of whole numbers, `//` and `round` keep none.
  Which dtype does the array have that you write into, and which one does np.zeros give when you say nothing?

extra-axis
  The numbers are right, but the result has an axis of length 1 too many.
  Which of your lines keeps that axis (keepdims, None, a slice of one entry, reshape), or which brackets are too many?

axis-lost
  The numbers are right, but an axis of length 1 is missing.
  Which of your lines drops it (an index in place of a slice, squeeze)?

result-transposed
  Rows and columns of the result changed places.
  Which axis of your result moves along the height?

axes-in-another-order
  The numbers are right, but the axes of the result stand in another order.
  What does each axis of the result count, and what does each axis of yours count?

result-channels-first
  The numbers are right, but the channels come first, as in other libraries.
  In which order are the axes of an image in this course?

reshaped-not-transposed
  Your result has the right shape, but the numbers stand in the wrong places: a reshape where axes had to be moved.
  A reshape keeps the order in memory. In which order do your numbers come, and which axes must be moved first?
"""
)
