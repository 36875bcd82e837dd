"""Cases for the questions of Problem 9, each with the reference that its notebook uses."""

import utils
from utils.check import case, draw
from utils.check.references import variations

_STACKS = [[(5, 2, 1), (3, 1, 1), (2, 2, 1)], [(3, 2, 1), (3, 3, 2), (2, 1, 3)], [(2, 2, 1), (3, 2, 2)]]
_NORMS = [(2, 2, 3, 4, 2, 0.3), (3, 2, 2, 6, 3, 1e-5)]
_TABLES = [(1, 2, 3), (3, 3, 3), (4, 2, 2)]

CASES = {
    "dilated_field": (variations.dilated_field, [case(stack) for stack in _STACKS]),
    "jump": (variations.jump, [case(stack) for stack in _STACKS]),
    "spread_kernel": (
        variations.spread_kernel,
        [case(draw((2, 3, 1, 1), 1), (2, 1)), case(draw((2, 2, 1, 2), 2), (2, 3))],
    ),
    "grouped_weights": (variations.grouped_weights, [case(3, 24, 40, 8), case(3, 24, 40, 1)]),
    "separable_weights": (variations.separable_weights, [case(3, 24, 40)]),
    "channels_seen": (variations.channels_seen, [case(15, 10, 5, 7)]),
    "depthwise": (
        variations.depthwise,
        [case(draw((1, 3, 4, 2), 1), draw((2, 3, 2), 2)), case(draw((2, 4, 3, 3), 3), draw((3, 2, 3), 4))],
    ),
    "laid_down": (variations.laid_down, [case([2, -1, 3], [1, 4, 2], 2), case([1, 3], [2, -1, 5, 3], 3)]),
    "transposed_size": (variations.transposed_size, [case(3, 3, 2, 0), case(5, 4, 2, 1), case(4, 2, 3, 0)]),
    "there_and_back": (variations.there_and_back, [case([0, 1, 0, 0], [2, 3])]),
    "even_overlap": (variations.even_overlap, [case([6, 7, 9, 8], [2, 3, 3, 6])]),
    "good_shifts": (variations.good_shifts, [case((2, 3), 20)]),
    "numbers_per_mean": (variations.numbers_per_mean, [case((10, 4, 5, 6), 2)]),
    "group_norm": (
        utils.group_norm,
        [
            case(2 + draw((B, H, W, C), 3, "normal"), draw((C,), 5), draw((C,), 6), groups, eps)
            for B, H, W, C, groups, eps in _NORMS
        ],
    ),
    "through_blocks": (variations.through_blocks, [case(0.5, 3, False), case(0.5, 3, True)]),
    "residual_grad": (
        variations.residual_grad,
        [case(draw((n, c), 1), draw((n, c), 2), draw((c, m), 3), draw((m, c), 4)) for n, c, m in _TABLES],
    ),
}
