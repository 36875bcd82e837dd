"""A loop over the places of the filter whose passes overwrite each other (Problem 7)."""

import numpy as np

import utils

from ..table import misconception


@misconception(
    "last-weight-only",
    about="conv2d",
    says="Only the last place of the filter is left: each pass of the loop overwrote the one before.",
    asks="An output is a sum over all places of the filter. Where does your loop add?",
)
def last_weight_only(x, w, bias=None, stride=1, padding=0, dilation=1):
    w = np.asarray(w)
    if w.ndim != 4 or w[..., 0, 0].size == 1:
        return None
    last = np.zeros_like(w)
    last[-1, -1] = w[-1, -1]
    return utils.conv2d(x, last, bias, stride, padding, dilation)


@misconception(
    "slices-overwritten",
    about="conv2d_grad_input",
    says="The slices of different places of the filter overlap, and the later ones overwrote the earlier ones.",
    asks="An input feeds several outputs. What happens to what they all send back: does the last one win?",
)
def slices_overwritten(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    if np.max(stride) > 1 or np.max(dilation) > 1:
        return None
    grad_output, w = np.asarray(grad_output), np.asarray(w)
    pad_h, pad_w = np.broadcast_to(padding, 2)
    (B, H, W, C), (rows, columns) = input_shape, grad_output.shape[1:3]
    padded = np.zeros((B, H + 2 * pad_h, W + 2 * pad_w, C))
    for h, v in np.ndindex(w.shape[:2]):
        padded[:, h : h + rows, v : v + columns] = grad_output @ w[h, v].T
    return padded[:, pad_h : pad_h + H, pad_w : pad_w + W]
