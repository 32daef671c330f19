import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.inner.replace import map_variables
from theano.inner.scan import former

x, y, v = T.dscalar("x"), T.dscalar("y"), T.dvector("v")


def tagged(variable):
    return getattr(variable.tag, "instead", variable)


def test_leaves_and_results_are_replaced():
    z = T.exp(x) + y
    z.owner.inputs[0].tag.instead = T.sin(y)
    found, = map_variables(tagged, [z * x])
    np.testing.assert_allclose(theano.function([x, y], found)(2.0, 3.0), (np.sin(3) + 3) * 2)
    assert map_variables(lambda v: v, [z])[0] is z


def test_steps_of_loops_are_looked_into():
    def step(a, s):
        r = a + s
        r.tag.instead = (a - s) * y
        return r

    rows, _ = theano.scan(step, v, np.float64(0))
    found, = map_variables(tagged, [rows * 2])
    f = theano.function([v, y], [rows * 2, found], on_unused_input="ignore")
    was, now = f([1.0, 2, 3], 3.0)
    np.testing.assert_allclose(was, [2, 6, 12])
    np.testing.assert_allclose(now, [6, -6, 36])


def test_a_leaf_outside_of_a_loop():
    rows, _ = theano.scan(lambda a: a * y, v)
    found, = map_variables(lambda u: x if u is y else u, [rows])
    np.testing.assert_allclose(theano.function([v, x], found)([1.0, 2], 5.0), [5, 10])


def test_graphs_as_ops_are_looked_into():
    a, b = T.dscalars("a", "b")
    r = a * b
    r.tag.instead = a / b + y
    op = theano.OpFromGraph([a, b], [r + 1])
    found, = map_variables(tagged, [op(x, x + 1)])
    assert theano.function([x, y], found)(1.0, 2.0) == 3.5


def test_shared_variables_with_updates_are_refused():
    counter = theano.shared(0.0)
    counter.default_update = counter + 1
    r = []

    def step(a):
        r.append(a * 2)
        r[0].tag.instead = a * counter
        return r[0]

    rows, _ = theano.scan(step, v)
    with pytest.raises(NotImplementedError, match="has an update"):
        map_variables(tagged, [rows])


def test_former_tools():
    assert former.safe_new(v, "_").name == "v_" and former.safe_new(v, "_", "float32").type.dtype == "float32"
    assert former.safe_new(T.constant(2)).data == 2
    assert theano.function([v], former.expand_empty(v, 3).shape)([1.0, 2])[0] == 5
    assert former.expand_empty(v, 0) is v
    cases = [(None, True), (np.nan, True), (np.inf, True), (1, False), (T.constant(np.inf), True), (v, False),
             ("a", False)]
    assert [former.isNaN_or_Inf_or_None(c) for c, _ in cases] == [want for _, want in cases]
    s = theano.shared(1.0)
    until, outputs, updates = former.get_updates_and_outputs(([x, y], {s: s + 1}, theano.scan_module.until(x > 1)))
    assert outputs == [x, y] and list(updates) == [s] and until.type.ndim == 0
    assert former.forced_replace(None, x, y) is None
    assert theano.function([y], former.forced_replace(x * 2, x, y))(4) == 8
    (new,), (out,) = former.reconstruct_graph([x], [x * 2], "_copy")
    assert new.name == "x_copy" and theano.function([new], out)(3) == 6
    (extent,), = former.infer_shape([v * 2], [v], [(x,)])
    assert extent is x
    assert former.hash_listsDictsTuples([1, {2: (3,)}]) == former.hash_listsDictsTuples([1, {2: (3,)}])
