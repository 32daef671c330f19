"""Whether two values may overlap in memory."""

import numpy as np


def _buffers(value):
    """The arrays that hold a value: itself, or those of a sparse matrix; None for anything else."""
    if isinstance(value, np.ndarray):
        return [value]
    if all(isinstance(getattr(value, part, None), np.ndarray) for part in ("data", "indices", "indptr")):
        return [value.data, value.indices, value.indptr]
    return None


def may_share_memory(a, b, raise_other_type=True):
    """Whether two arrays or sparse matrices may overlap.

    Other values share nothing; with ``raise_other_type`` they raise TypeError.
    """
    left, right = _buffers(a), _buffers(b)
    if left is None or right is None:
        if raise_other_type:
            raise TypeError(f"expected arrays or sparse matrices, got {type(a)} and {type(b)}")
        return False
    return any(np.may_share_memory(x, y) for x in left for y in right)
