"""What makes the operators fast. Nothing here is needed to understand them: see README.md in this folder.

What may change: everything, as long as the tests in `tests/operators` pass and `make bench` gets no slower. Arguments
are not checked here: the callers in `utils` have done that.
"""

from utils.engine.patch_matrix import PatchMatrix
from utils.engine.transposed import transposed_convolution

__all__ = ["PatchMatrix", "transposed_convolution"]
