"""Which classes were taken for which."""

import pytest

import theano
import theano.tensor as T
from theano.tensor import nnet


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8"])
@pytest.mark.parametrize("actual, pred, matrix, order", [
    ([2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2], [[2, 0, 0], [0, 0, 1], [1, 0, 2]], [0, 1, 2]),
    ([7, 3], [3, 9], [[0, 0, 1], [1, 0, 0], [0, 0, 0]], [3, 7, 9]), ([4], [4], [[1]], [4])])
def test_confusion_matrix(actual, pred, matrix, order, dtype):
    x, y = T.vectors("x", "y", dtype=dtype)
    found, classes = theano.function([x, y], nnet.confusion_matrix(x, y))(actual, pred)
    assert found.tolist() == matrix and classes.tolist() == order
    assert (found.dtype, classes.dtype) == ("int64", dtype)


def test_only_vectors_have_a_confusion_matrix():
    for given in [(T.matrix(), T.vector()), (T.vector(), T.scalar())]:
        with pytest.raises(ValueError, match="1-d"):
            nnet.confusion_matrix(*given)
