"""Quotients of integer scalars, computed by the C code of the op."""

import pytest

import theano
import theano.scalar as scalar


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64"])
@pytest.mark.parametrize("linker", ["py", "cvm"])
def test_quotient_of_integers_is_no_integer(dtype, linker):
    x, y = scalar.Scalar(dtype)("x"), scalar.Scalar(dtype)("y")
    f = theano.function([x, y], scalar.true_div(x, y), mode=theano.Mode(linker, None))
    assert f(7, 2) == 3.5
