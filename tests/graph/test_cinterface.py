"""What ops and types may say about C code is not defined until a class defines it."""

import pytest

import theano
import theano.tensor as T
from theano.errors import MethodNotDefined
from theano.graph.cinterface import COMMON, OF_OPS, OF_TYPES

SAMPLES = {"": "", "node name": "nn", "node name sub": "nns", "node name inputs outputs sub": "nnios", "data": "d",
           "name sub": "ns", "name sub check_input=True": "ns"}


@pytest.mark.parametrize("thing, table", [(theano.Op(), {**COMMON, **OF_OPS}), (theano.Type(), {**COMMON, **OF_TYPES})])
def test_undefined(thing, table):
    for name, (arguments, _) in table.items():
        with pytest.raises(MethodNotDefined) as caught:
            getattr(thing, name)(*SAMPLES[arguments])
        assert caught.value.args[0] == name


def test_types_of_numbers_know_their_c_types():
    assert T.fvector.c_element_type() == theano.scalar.float32.c_element_type() == "npy_float32"
    assert T.dmatrix.get_size(T.dmatrix.get_shape_info(T.dmatrix.value_zeros((2, 3)))) == 48
    assert T.dmatrix.to_scalar_type() is theano.scalar.float64
