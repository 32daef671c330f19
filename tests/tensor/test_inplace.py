"""Elementwise functions that overwrite their first argument."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor import inplace

CASES = [                           # function, arguments
    ("add", [2, -3, 5], [0.5, 0.25, -0.75]),
    ("true_div", [7, -7, 9], [2, 2, 4]),
    ("maximum", [2, -3, 5], [2.5, -2.5, 1.0]),
    ("exp", [0, 1, 2]),
    ("gammaln", [3, 7, 9]),
    ("lt", [2., 1., 3.], [2, 2, 2]),
]


@pytest.mark.parametrize("linker", ["cvm", "py"])
@pytest.mark.parametrize(("name", "given", "rest"), [(n, a, r) for n, a, *r in CASES], ids=[c[0] for c in CASES])
def test_results_take_the_dtype_of_what_they_overwrite(name, given, rest, linker):
    values = [np.asarray(v) for v in (given, *rest)]
    variables = [T.TensorType(v.dtype.name, (False,))() for v in values]
    out = getattr(inplace, f"{name}_inplace")(*variables)
    wanted = getattr(T, name)(*values).eval().astype(values[0].dtype)
    f = theano.function([theano.In(variables[0], borrow=True, mutable=True), *variables[1:]], out,
                        mode=theano.Mode(linker, None), accept_inplace=True)
    assert out.dtype == values[0].dtype.name
    found = f(*values)
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(values[0], wanted)


def test_what_does_not_fit():
    with pytest.raises(TypeError, match="can't write"):
        inplace.add_inplace(T.dvector(), T.zvector())
    with pytest.raises(TypeError, match="can't write"):
        inplace.add_inplace(T.row(), T.matrix())


def test_nodes_have_the_op_that_others_know():
    node = inplace.add_inplace(T.dvector(), T.dvector()).owner
    assert type(node.op) is T.Elemwise and node.op == inplace.add_inplace and hash(node.op) == hash(inplace.add_inplace)
    assert node.op != inplace.sub_inplace and node.op != T.add and str(node.op) == "add_inplace"
