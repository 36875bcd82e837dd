"""Exceptions about shapes, read with the call at hand: which axis does not fit, and is a slice empty or cut short?"""

import re
from math import prod

import numpy as np

from .cause import Cause, RaisingCall, Rule

Shape = tuple[int, ...]
_SHAPE = re.compile(r"\((\d*(?:,\s?\d*)*)\)")
_PRINT = "Which shapes do the two sides have in this line? Print them before it. Which one surprises you?"


def _shapes(text: str) -> list[Shape]:
    found = [m[1].replace(" ", "") for m in _SHAPE.finditer(text)]
    return [tuple(int(n) for n in t.split(",") if n) for t in found if "," in t or t.isdigit()]


def _two_shapes(found: re.Match[str], call: RaisingCall) -> Cause | None:
    """Two arrays that do not fit: one is empty, has its axes in another order, or is cut short."""
    shapes = _shapes(call.error.message)
    if len(shapes) < 2:
        return Cause("Two arrays meet whose sizes do not fit.", _PRINT)
    one, two = shapes[:2]
    empty = next((s for s in (one, two) if 0 in s), None)
    if empty is not None:
        return _empty(empty, call)
    detail = f"They are {one} and {two}."
    if sorted(one) == sorted(two) and one != two:
        asks = "Which axis comes first in each of the two, and does every line keep to (image, row, column, channel)?"
        return Cause("Two arrays meet that have the same sizes in another order.", asks, detail)
    if _lacks_axes(*sorted((one, two), key=len)):
        says = "Two arrays meet, and one lacks axes of the other: NumPy lines them up from the last axis."
        asks = "Which line makes those axes go, and what would `keepdims=True`, or a `None` in an index, do?"
        return Cause(says, asks, detail)
    pairs = list(zip(reversed(one), reversed(two), strict=False))
    apart = next((i for i, (a, b) in enumerate(pairs, 1) if a != b and 1 not in (a, b)), 0)
    if apart and len(pairs) > 1:
        detail = f"They are {one} and {two}: axis -{apart} has {pairs[apart - 1][0]} and {pairs[apart - 1][1]} entries."
    if len(one) == len(two) and _cut_short(one, two, call):
        says = "Two arrays meet whose sizes do not fit: a slice is shorter than the window, as if an edge cut it off."
        asks = "Along which axis does it slice, and does every window lie wholly inside of that (padded) axis?"
        return Cause(says, asks, detail)
    return Cause("Two arrays meet whose sizes do not fit.", _PRINT, detail)


def _lacks_axes(few: Shape, many: Shape) -> bool:
    """Whether `few` is `many` without some of its axes, and not only without the first ones."""
    rest = iter(many)
    return len(few) < len(many) and all(n in rest for n in few)


def _empty(shape: Shape, call: RaisingCall) -> Cause:
    says = "Two arrays meet, and one of them is empty: a slice took nothing."
    detail = f"Its shape is {shape}."
    source = call.error.source
    cropped = ":-" in source if source else shape.count(0) > 1 or len(shape) < 3
    if call.unpadded and cropped:
        detail = f"Its shape is {shape}, and the padding is 0 here."
        return Cause(says, "What does a slice such as `a[p:-p]` take when p is 0?", detail)
    asks = "`a[i:j]` is empty when i is past the end, or j not after i: which slice of this line is it, and when?"
    return Cause(says, asks, detail)


def _cut_short(one: Shape, two: Shape, call: RaisingCall) -> bool:
    """Whether along one axis the one is as long as a window (or all of its numbers), the other shorter."""
    kernel = [k for _, k, *_ in call.windows or []]
    long = {*kernel, prod(kernel) if len(one) == 1 else 1} - {1} if kernel else set()
    apart = [(a, b) for a, b in zip(reversed(one), reversed(two), strict=False) if a != b and 1 not in (a, b)]
    if not (all(a < b for a, b in apart) or all(a > b for a, b in apart)):  # two slices, each shorter along one axis
        return False
    return any(max(a, b) in long and min(a, b) for a, b in apart)


def _product(found: re.Match[str], call: RaisingCall) -> Cause:
    says = "In a product `a @ b`, the last axis of a and the last but one of b (its only one) must be equally long."
    empty = next((shape for shape in _shapes(call.error.message) if 0 in shape), None)
    if empty is not None:
        return _empty(empty, call)
    sizes = re.search(r"(\d+) (?:\(dim \d+\) !=|is different from) (\d+)", call.error.message)
    if sizes is None:
        return Cause(says, _PRINT)
    one, two = int(sizes[1]), int(sizes[2])
    if "different" in sizes[0]:  # matmul speaks of the second operand first
        one, two = two, one
    detail = f"Here they have {one} and {two} entries."
    if all(np.ndim(a) < 2 for a in call.arguments.values()) and _cut_short((one,), (two,), call):
        asks = "Does every window lie wholly inside of the (padded) array that this line slices?"
        return Cause(f"{says} A slice may have been cut off by an edge.", asks, detail)
    return Cause(says, _PRINT, detail)


def _reshape(found: re.Match[str], call: RaisingCall) -> Cause:
    size, shape = int(found[1]), found[2]
    says = "reshape keeps every number: the new shape must have exactly as many places as there are numbers."
    detail = f"Here are {size} numbers for shape ({shape.replace('newaxis', '-1')})."
    if "newaxis" not in shape:
        detail = (
            f"Here {size} numbers meet shape ({shape}), which has {prod(int(n) for n in shape.split(',') if n)} places."
        )
    overlap = any(s != k for _, k, s, _, _ in call.windows or [])
    if {"kernel_size", "stride"} <= set(call.arguments) and (overlap or call.remainder()):
        return Cause(
            says,
            "Do the windows overlap in this call, or leave something over? Which of these sizes does that change?",
            detail,
        )
    return Cause(
        says, "Print the shape before this line: which of these sizes is not what you expect in this call?", detail
    )


def _index(found: re.Match[str], call: RaisingCall) -> Cause:
    index, axis, size = int(found[1]), int(found[2]), int(found[3])
    detail = f"Axis {axis} has {size} entries, 0 to {size - 1}; entry {index} was asked for."
    arrays = [a for a in call.arguments.values() if isinstance(a, np.ndarray) and a.ndim == axis + 1 > 2]
    sizes = [n for n, *_ in call.windows or []]
    if sizes and size not in sizes and any(a.shape[axis] == size for a in arrays):
        asks = "The channels are the last axis of an array here: which of your indices stands in the last place?"
    elif index == size:
        asks = "Does a loop run to the size of another axis, or one step too far? Which window does it end with?"
    else:
        asks = "For the last value of your loop variables, which entries do you read or write, and do they all exist?"
    return Cause("An index points outside of its array.", asks, detail)


def _pad_widths(found: re.Match[str], call: RaisingCall) -> Cause:
    given, axes = found[1], found[2]
    says = "np.pad wants one pair of widths for each axis of the array."
    asks = "Which axes should get zeros before and after, and which none, (0, 0)?"
    return Cause(says, asks, f"The array has {axes} axes, and there are {given} pairs.")


def _pieces(found: re.Match[str], call: RaisingCall) -> Cause:
    says = "Pieces of different shapes cannot be put together to one array."
    if call.remainder():
        return Cause(
            says, "Do all windows have the same shape, the last ones too, or does one stick out over the edge?"
        )
    return Cause(says, "Which shape does each piece have? Print them. Which one differs, and along which axis?")


RULES: list[tuple[str, Rule]] = [
    (r"remapped shapes.*: \((\d+),2\) *and requested shape \((\d+),2\)", _pad_widths),
    (r"not aligned: .*|core dimension.*", _product),
    (r"cannot reshape array of size (\d+) into shape \(([\d, a-z]*)\)", _reshape),
    (r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)", _index),
    (r"all (?:the )?input arrays? .*must|inhomogeneous", _pieces),
    (r"broadcast|shape mismatch|boolean index did not match|incompatible|mismatch", _two_shapes),
]
