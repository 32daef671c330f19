"""What tests of sparse ops share."""

import numpy as np
import pytest

import theano
from theano import sparse
from theano.sparse.type import format_cls


class SparseChecks:
    """Random sparse matrices, and gradients of sparse functions against numerical ones."""

    def __init__(self, rng):
        self.rng = rng

    def matrix(self, format, shape, dtype="float64", density=0.5):
        """A matrix with about that share of its elements stored."""
        kept = self.rng.uniform(size=shape) < density
        values = self.rng.randint(1, 6, shape) if dtype[0] in "iu" else self.rng.uniform(0.5, 2, shape)
        return format_cls[format]((kept * values).astype(dtype))

    def gradient(self, function, *values, structured=True):
        """Check the gradient of ``function`` at sparse and dense values.

        structured: by the stored elements of sparse values, else by all.
        """
        points = [self._point(v, structured) for v in values]

        def dense_function(*inputs):
            made = [self._matrix(x, v, structured) for x, v in zip(inputs, values, strict=True)]
            result = function(*made)
            if isinstance(result.type, sparse.SparseType):
                return sparse.DenseFromSparse(structured=structured)(result)
            return result
        theano.verify_grad(dense_function, points, rng=self.rng)

    @staticmethod
    def _point(value, structured):
        if isinstance(value, np.ndarray):
            return value
        return value.data if structured else value.toarray()

    @staticmethod
    def _matrix(x, value, structured):
        if isinstance(value, np.ndarray):
            return x
        if structured:
            return sparse.CSM(value.format)(x, value.indices, value.indptr, np.array(value.shape))
        return sparse.SparseFromDense(value.format)(x)


@pytest.fixture
def checks(rng):
    """A seeded `SparseChecks`."""
    return SparseChecks(rng)
