"""Overlap of arrays and sparse matrices."""

import numpy as np
import pytest
import scipy.sparse

from theano.tensor.overlap import may_share_memory

A, B = np.zeros((4, 5)), np.zeros((4, 5))
S = scipy.sparse.csc_matrix(np.eye(3))


@pytest.mark.parametrize(("a", "b", "expected"), [(A, A.T, True), (A, A[0], True), (A, B, False), (S, S, True),
                                                  (S, S.indices, True), (S.data, S, True), (S, A, False)])
def test_arrays(a, b, expected):
    assert may_share_memory(a, b) is expected


@pytest.mark.parametrize("other", [1, None, (0,)])
def test_other_values(other):
    assert not may_share_memory(A, other, False) and not may_share_memory(other, A, False)
    with pytest.raises(TypeError, match="expected arrays"):
        may_share_memory(A, other)
