"""Grids of coordinates: ``mgrid[0:n, 0:m]``."""

from theano.scalar.type import upcast
from theano.tensor.create import alloc, arange
from theano.tensor.shape import reshape, shape_i


class _nd_grid:                                                                   # noqa: N801
    """Coordinates of a grid, by slices whose bounds and steps are numbers or scalar variables.

    sparse: whether each coordinate has extent 1 along the axes of the others.
    """

    def __init__(self, sparse=False):
        self.sparse = sparse

    def __getitem__(self, slices):
        """A list with one tensor for each slice; for a slice alone, not in a tuple, the tensor."""
        if isinstance(slices, slice):
            return _range(slices)
        ranges = [_range(s) for s in slices]
        dtype = upcast(*(r.type.dtype for r in ranges))
        ranges = [r.astype(dtype) for r in ranges]
        extents = [shape_i(r, 0) for r in ranges]
        n = len(ranges)
        if self.sparse:
            return [reshape(r, [-1 if k == d else 1 for k in range(n)]) for d, r in enumerate(ranges)]
        return [alloc(r.dimshuffle(["x"] * d + [0] + ["x"] * (n - d - 1)), *extents) for d, r in enumerate(ranges)]


def _range(part):
    """The numbers of a slice."""
    if not isinstance(part, slice):
        raise TypeError(f"a grid is made of slices, as in mgrid[0:3, 0:4], but got {part!r}")
    if part.stop is None:
        raise ValueError("a slice of a grid needs an end")
    if isinstance(part.step, complex):
        raise NotImplementedError("a complex step, which is a number of points, is not supported: give the step")
    return arange(0 if part.start is None else part.start, part.stop, 1 if part.step is None else part.step)


mgrid, ogrid = _nd_grid(), _nd_grid(sparse=True)
