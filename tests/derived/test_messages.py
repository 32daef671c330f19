"""Wrong arguments are answered with what was expected and what came."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import sparse
from theano.compile.io import SymbolicInput
from theano.graph.shared import Container
from theano.graph.updates import OrderedUpdates
from theano.graph.walk import stack_search
from theano.scalar.table import TABLE
from theano.tensor.careduce import CAReduce
from theano.tensor.nnet.conv import AbstractConv2d
from theano.tensor.nnet.softmax import crossentropy_softmax_argmax_1hot_with_bias as one_hot_loss
from theano.tensor.random.mrg import MRG_RandomStreams
from theano.tensor.shape import get_vector_length
from theano.tensor.sort import TopKOp

s, v, m, n = T.dscalar("s"), T.dvector("v"), T.dmatrix("m"), T.iscalar("n")
rng = np.random.RandomState(0)
w = theano.shared(1.0, "w")
FUNCTION = theano.function([s], s * w)

CASES = [                       # what is done, the error, what it says of what came
    (lambda: SymbolicInput(v, implicit=None), TypeError, "True or False, got None"),
    (lambda: T.verify_grad(T.exp, 1.0, rng=rng), TypeError, "one for each argument of fun, got 1.0"),
    (lambda: T.verify_grad(T.exp, [np.ones(2)]), TypeError, "got None: pass RandomState"),
    (lambda: T.verify_grad(T.exp, [np.ones(2, int)], rng=rng), TypeError, "\"int64\": cast it"),
    (lambda: T.verify_grad(lambda x: [x, x], [np.ones(2)], rng=rng), NotImplementedError, "a list of 2"),
    (lambda: Container(v, []), TypeError, r"holds the value, got \[\]"),
    (lambda: stack_search([], None, "sideways"), ValueError, "'bfs' or 'dfs', got 'sideways'"),
    (lambda: sparse.structured_dot(m, m), TypeError, "matrix.*use dot"),
    (lambda: sparse.HStack(dtype=None), ValueError, "HStack: the dtype of the result"),
    (lambda: sparse.HStack(dtype="float64")(), ValueError, "HStack cannot join an empty list"),
    (lambda: sparse.SpSum(2), ValueError, "None, 0 or 1 .* got 2"),
    (lambda: T.AdvancedSubtensor1()(s, [0]), TypeError, "into a scalar, got s of type"),
    (lambda: T.AdvancedIncSubtensor1()(s, v, [0]), TypeError, "into a scalar, got s of type"),
    (lambda: CAReduce(TABLE["exp"]), NotImplementedError, "exp has 1 inputs and 1 outputs"),
    (lambda: T.eye(v, 3), TypeError, "for n, m and k, got .*vector"),
    (lambda: T.diag(s), ValueError, "diag needs a vector .* got .*scalar"),
    (lambda: T.batched_dot(s, v), TypeError, "batched_dot.*got .*scalar"),
    (lambda: T.ravel_multi_index(v, (2, 3)), TypeError, "one index for each axis, got v"),
    (lambda: T.join(0), ValueError, "give at least one"),
    (lambda: T.stack(), TypeError, "got nothing"),
    (lambda: T.stack([]), ValueError, "give at least one"),
    (lambda: T.horizontal_stack(m), ValueError, "horizontal_stack needs two matrices at least, got 1"),
    (lambda: T.vertical_stack(m, v), ValueError, "vertical_stack needs matrices, got .*vector"),
    (lambda: AbstractConv2d(num_groups=0), ValueError, ">= 1, got 0"),
    (lambda: one_hot_loss(v, v, T.ivector()), ValueError, "x .* got .*vector"),
    (lambda: one_hot_loss(m, m, T.ivector()), ValueError, "b .* got .*matrix"),
    (lambda: one_hot_loss(m, v, v), ValueError, "y_idx .* got .*float64"),
    (lambda: T.nonzero(s), ValueError, "non-scalar arrays, got s"),
    (lambda: T.flatnonzero(s), ValueError, "non-scalar arrays, got s"),
    (lambda: MRG_RandomStreams(0), ValueError, "take a positive number"),
    (lambda: MRG_RandomStreams(-1), ValueError, "positive and less than .*, got -1"),
    (lambda: MRG_RandomStreams([0] * 6), ValueError, r"got \[0, 0"),
    (lambda: MRG_RandomStreams(1).uniform((2, -3)), ValueError, r"got \(2, -3\)"),
    (lambda: T.repeat(v, T.imatrix()), ValueError, "got .*matrix"),
    (lambda: T.tile(m, 2, ndim=1), ValueError, "ndim=1 for .*matrix"),
    (lambda: T.tile(m, [s]), ValueError, "integer scalars, got .*float64"),
    (lambda: T.tile(v, [1, 2], ndim=1), ValueError, "got 2 and ndim=1"),
    (lambda: T.tile(v, T.ivector()), ValueError, "not known while the graph is built"),
    (lambda: T.Reshape(-1), ValueError, "got ndim=-1"),
    (lambda: get_vector_length(v), ValueError, r"use v.shape\[0\]"),
    (lambda: T.flatten(m, 3), ValueError, "from 1 to 2 for a .*matrix.*, got 3"),
    (lambda: theano.shared(v), TypeError, "got v, a .*vector"),
    (lambda: TopKOp(return_values=False, return_indices=False), ValueError, "are False"),
    (lambda: T.grad(T.sort(v, n).sum(), v), ValueError, "got n: give a number"),
    (lambda: T.TensorType("float64"), TypeError, "as in TensorType"),
    (lambda: T.TensorType("float64", (True,)).filter(np.ones(2)), TypeError, r"dimension 0, got shape \(2,\)"),
    (lambda: T.dvector().type.filter([1.0], strict=True), TypeError, "got a list"),
    (lambda: T.as_tensor_variable(m, ndim=1), ValueError, "m, a .*matrix.* only leading axes"),
    (lambda: theano.scalar.as_scalar("one"), TypeError, "'one', a str, to Scalar"),
    (lambda: T.round(v, "up"), Exception, "'up' is not implemented: use 'half_to_even'"),
    (lambda: theano.function([v], T.split(v, [1, 1], 3))(np.ones(2)), ValueError, "as the parts, 3, but there are 2"),
    (lambda: T.cov(T.dtensor3()), ValueError, "than 2 dimensions: it is a .*3D"),
    (lambda: T.nlinalg.norm(T.dtensor3(), 2), NotImplementedError, "with 3 dimensions: np.linalg.norm"),
    (lambda: T.nlinalg.norm(v, "fro"), ValueError, "it must be None, 'inf'"),
    (lambda: T.nlinalg.norm(m, 3), ValueError, "it must be None, 'fro'"),
    (lambda: FUNCTION["nothing"], KeyError, "The function has s, w"),
    (lambda: FUNCTION.copy(swap={v: w}), RuntimeError, "not a shared variable of the function, which uses w"),
    (lambda: FUNCTION.copy(swap={w: theano.shared(np.ones(2))}), TypeError, "the types must be equal"),
    (lambda: theano.trace(FUNCTION, 1.0).named("u"), KeyError, "there are s, w"),
    (lambda: theano.ProfileStats(colour=1), TypeError, "there are .*'message'"),
    (lambda: OrderedUpdates({w: s}).update({w: -s}), KeyError, "w is updated to s, and can't also"),
]


@pytest.mark.parametrize("call, error, match", CASES)
def test_message_says_what_came(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_default_output_that_is_wrong():
    class Pair(theano.Op):
        __props__ = ("default_output",)

        def __init__(self, default_output):
            self.default_output = default_output

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type(), x.type()])

    for index, match in [("first", "got 'first'"), (2, "it is 2, and there are 2 outputs")]:
        with pytest.raises(AttributeError, match=match):
            Pair(index).make_node(v).default_output()


def test_graph_that_lacks_nodes():
    fgraph = theano.gof.FunctionGraph([v], [T.exp(v)], clone=False)
    fgraph.apply_nodes.clear()
    with pytest.raises(ValueError, match=r"missing from the FunctionGraph: Elemwise\{exp"):
        fgraph.check_integrity()
