"""Every member of tensor variables, constants and shared variables, called as programs call it."""

import copy
import math
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T

X = np.array([[0.3, -0.7, 0.5], [0.2, 0.9, -0.4], [0.6, 0.1, 0.8]])
I = np.array([[3, 1, 2], [0, 2, 1], [1, 1, 0]])                                                      # noqa: E741
KINDS = {"variable": lambda a: T.TensorType(str(a.dtype), (False,) * a.ndim)("x"), "constant": T.constant,
         "shared": theano.shared}

# member: what is written, in terms of x (X, or I where an "i" is in front), and the same for an array
MEMBERS = """
T: x.T | dtype: np.dtype(x.dtype).itemsize | ndim: x.ndim | shape: np.shape(x) | size: x.size
real: x.real | imag: x.imag | __abs__: abs(x) | __neg__: -x | __add__: x + 2 | __radd__: 2 + x
__sub__: x - x.T | __rsub__: 1 - x | __mul__: x * x | __rmul__: 3 * x | __truediv__: x / 2 | __rtruediv__: 1 / x
__floordiv__: x // 0.3 | __rfloordiv__: 2 // x | __mod__: x % 0.4 | __rmod__: 2 % x | __pow__: x ** 2
__rpow__: 2 ** x | __lt__: x < 0.5 | __le__: x <= 0.5 | __gt__: x > 0.5 | __ge__: x >= x.T
__getitem__: x[1:, ::-1] | __divmod__: divmod(x, 0.3)[1] | __rdivmod__: divmod(2, x)[0] | all: x.all(axis=0)
any: x.any() | argmax: x.argmax(axis=1) | argmin: x.argmin() | argsort: x.argsort(axis=0)
astype: x.astype("float32") | clip: x.clip(0, 0.5) | conj: x.conj() | conjugate: x.conjugate() | copy: x.copy()
cumprod: x.cumprod(axis=1) | cumsum: x.cumsum() | flatten: x.flatten() | diagonal: x.diagonal(1) | dot: x.dot(x)
max: x.max(axis=0, keepdims=True) | min: x.min() | mean: x.mean(axis=1) | prod: x.prod() | ravel: x.ravel()
repeat: x.repeat(2, axis=1) | reshape: x.reshape((9, 1)) | round: x.round()
squeeze: x.squeeze() | std: x.std(axis=0) | sum: x.sum(axis=(0, 1)) | swapaxes: x.swapaxes(0, 1)
take: x.take([2, 0], axis=1) | trace: x.trace() | transpose: x.transpose(1, 0) | var: x.var(ddof=1)
__and__: i & 2 | __rand__: 3 & i | __xor__: i ^ 3 | __rxor__: 3 ^ i | __invert__: ~i
choose: (i % 2).choose([i, -i]) | nonzero: i.nonzero()[1]
"""
SPECIAL = {                                     # member: (of a variable, of the array)
    **{name: (lambda x, name=name: getattr(x, name)(), lambda a, name=name: getattr(np, name)(a)) for name in (
        "arccos", "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "cos", "cosh", "deg2rad", "exp", "exp2", "expm1",
        "floor", "log1p", "rad2deg", "sin", "sinh", "tan", "tanh", "trunc", "ptp", "zeros_like", "ones_like")},
    **{name: (lambda x, name=name: getattr(abs(x) + 1, name)(), lambda a, name=name: getattr(np, name)(abs(a) + 1))
       for name in ("arccosh", "log", "log2", "log10", "sqrt")},
    "__or__": (lambda x: (x > 0) | (x < -0.5), lambda a: (a > 0) | (a < -0.5)),
    "__ror__": (lambda x: 1 | x.argsort(axis=0), lambda a: 1 | a.argsort(axis=0)),
    "sort": (lambda x: x.sort(axis=0), lambda a: np.sort(a, 0)),
    "__ceil__": (lambda x: x.__ceil__(), np.ceil), "__floor__": (lambda x: x.__floor__(), np.floor),
    "__trunc__": (lambda x: x.__trunc__(), np.trunc), "__div__": (lambda x: x.__div__(2.0), lambda a: a / 2),
    "__rdiv__": (lambda x: x.__rdiv__(2.0), lambda a: 2 / a), "__dot__": (lambda x: x.__dot__(x), lambda a: a @ a),
    "__rdot__": (lambda x: x.__rdot__(X), lambda a: X @ a), "compress": (lambda x: x.compress([1, 0, 1], axis=1),
                                                                         lambda a: a.compress([1, 0, 1], axis=1)),
    "dimshuffle": (lambda x: x.dimshuffle(1, "x", 0), lambda a: a.T[:, None]), "fill": (
        lambda x: x.fill(2.0), lambda a: np.full_like(a, 2)), "nonzero_values": (
        lambda x: x.nonzero_values(), lambda a: a[a.nonzero()]), "norm": (
        lambda x: x.norm(2, axis=1), lambda a: np.linalg.norm(a, axis=1)), "searchsorted": (
        lambda x: x.flatten().sort().searchsorted(0.35), lambda a: np.sort(a, None).searchsorted(0.35)),
    "transfer": (lambda x: x.transfer("cpu"), lambda a: a), "clone": (lambda x: x + 0, lambda a: a),
    "broadcastable": (lambda x: int(x[:, :1].sum(axis=0, keepdims=True).broadcastable[0]) + x, lambda a: a + 1),
}


def rows():
    """(member, of a variable, of an array, the array)."""
    for row in MEMBERS.replace("\n", " | ").strip("| ").split(" | "):
        name, _, text = row.partition(": ")
        letter = "i" if name in INTEGERS else "x"
        yield (name, lambda v, t=text, c=letter: eval(t, {"np": np, c: v}),
               lambda a, t=text, c=letter: eval(t, {"np": np, c: a}), I if letter == "i" else X)
    for name, (ours, theirs) in SPECIAL.items():
        yield name, ours, theirs, X


INTEGERS = {"__and__", "__rand__", "__xor__", "__rxor__", "__invert__", "choose", "nonzero"}
ROWS = {row[0]: row[1:] for row in rows()}


@pytest.mark.parametrize("kind", KINDS)
def test_members(kind):
    outputs, expected, variables = [], [], {}
    for name, (ours, theirs, array) in ROWS.items():
        x = variables.setdefault(array.dtype.kind, KINDS[kind](array))
        outputs.append(T.as_tensor_variable(ours(x)))
        expected.append(theirs(array))
    inputs = {v: a for v, a in ((variables["f"], X), (variables["i"], I)) if kind == "variable"}
    found = theano.function(list(inputs), outputs, mode="FAST_COMPILE")(*inputs.values())
    for name, value, wanted in zip(ROWS, found, expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-6, atol=1e-15, err_msg=name)     # one product's number is 0
        assert value.shape == np.shape(wanted), name


@pytest.mark.parametrize("build", [lambda x: x < 1, lambda x: T.eq(x, 1), lambda x: (x > 0) & (x < 1),
                                   lambda x: T.any(x > 0), lambda x: 0 < x < 1, lambda x: max(x, x + 1)])
def test_computed_truth_values_are_not_known_yet(build):
    with pytest.raises(TypeError, match="not known while the graph is built"):
        bool(build(T.vector()))


def test_variables_are_there():
    for x in T.vector(), T.TensorType("bool", ())(), T.constant(0), theano.shared(0), theano.scalar.float32():
        assert x and (x or None) is x


@pytest.mark.parametrize("kind", KINDS)
def test_members_that_are_no_expressions(kind):
    x = KINDS[kind](X)
    assert x.eval({x: X} if kind == "variable" else None).shape == (3, 3)
    y = x + 1
    assert x.get_parents() == [] and y.get_parents() == [y.owner]
    assert x.type.dtype in repr(x) or str(x) in repr(x)
    assert isinstance(x.__getstate__(), dict) and x != 3 and not x == 3
    assert x.clone().type == x.type and copy.copy(x).type == x.type
    assert pickle.loads(pickle.dumps(x + 1)).type == (x + 1).type
    assert x.broadcastable == (False, False) and x.__array_priority__ > 0
    assert x and x.__nonzero__()
    for number in (int, float, complex, math.exp):
        with pytest.raises(TypeError, match="no number while the graph is built"):
            number(x)
    assert len(list(T.as_tensor_variable(x.shape))) == 2            # __iter__
    assert T.constant(2.5).get_scalar_constant_value() == 2.5


def test_members_of_constants_and_shared_variables():
    c, s = T.constant(X), theano.shared(X, name="s")
    assert c.equals(T.constant(X.copy())) and not c.equals(T.constant(I)) and c.signature() == T.constant(X).signature()
    assert c.merge_signature() == T.constant(X).merge_signature() and c.owner is None
    np.testing.assert_array_equal(c.value, X)
    np.testing.assert_array_equal(copy.deepcopy(c).data, X)
    s.set_value(2 * X)
    np.testing.assert_array_equal(s.get_value(borrow=True), 2 * X)
    assert s.get_value() is not s.container.data and s.get_value(borrow=True) is s.container.data
    s.zero()
    assert not s.get_value().any() and s.name == "s"


def test_observers_are_told_of_new_variables():
    seen = []
    observer = seen.append
    T.TensorVariable.append_construction_observer(observer)
    try:
        x = T.dvector()
        assert observer in T.TensorVariable.construction_observers and seen == [x]
    finally:
        T.TensorVariable.remove_construction_observer(observer)
    T.dvector()
    assert seen == [x]


def test_truth_values_are_a_member_of_their_own():
    assert {"__bool__", "__nonzero__"} <= set(vars(type(T.dvector()).__mro__[1]))
