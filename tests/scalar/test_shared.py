"""Shared numbers."""

import pytest
from theano.scalar.sharedvar import ScalarSharedVariable, shared

import theano
import theano.tensor as T


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_values_and_updates(mode):
    i, x = shared(1, "i"), T.dvector()
    assert isinstance(i, ScalarSharedVariable) and str(i.type) == "int64" and i.get_value() == 1
    f = theano.function([x], x[i], updates=[(i, i + 1)], mode=mode)
    assert [float(f([5., 6., 7.])) for _ in range(2)] == [6, 7]
    assert i.get_value() == 3


def test_only_numbers():
    with pytest.raises(TypeError, match="number"):
        shared("1")
