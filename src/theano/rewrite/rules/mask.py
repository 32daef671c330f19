"""Matrices of zeros and ones that only loops read: the loops compute them."""

from theano.rewrite.engine import rule
from theano.rewrite.rules.match import apply
from theano.tensor.careduce import CAReduce
from theano.tensor.create import Eye, Tri, arange
from theano.tensor.elemwise import Elemwise


@rule(Eye, Tri, name="mask_in_loop", tags=("specialize",))
def mask_in_loop(node):
    """f(eye(n, m, k)) >> f(arange(n)[:, None] + k == arange(m)), for tri with >=, where only elementwise ops read it"""
    out = node.outputs[0]
    if not all(c != "output" and isinstance(c.op, (Elemwise, CAReduce)) for c, _ in out.clients):
        return None
    rows, columns, k = (v if v.type.dtype == "int64" else apply("cast_int64", v) for v in node.inputs)
    row = apply("add", arange(rows, dtype="int64"), k.dimshuffle("x")).dimshuffle(0, "x")
    found = apply("ge" if type(node.op) is Tri else "eq", row, arange(columns, dtype="int64").dimshuffle("x", 0))
    return apply("cast_" + out.type.dtype, found)


MASK = (mask_in_loop,)
