"""Properties of every op of the table in `op_cases`: values, derivatives, shapes, what makes two ops equal.

THEANO_TEST_DEEP=10 draws ten times as many values.
"""

import copy
import functools
import os
import pickle
import warnings

import numpy as np
import pytest
from draws import ALL, LAYOUTS, SMALL, laid_out, ulps, widened
from op_case import EXTENTS
from op_cases import CASES

import theano
import theano.tensor as T
from theano.gradient import NullType
from theano.graph.walk import toposort
from theano.scalar.dtype import kind_of
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.shape import MakeVector, Shape_i
from theano.tensor.type import TensorType

DEEP = int(os.environ.get("THEANO_TEST_DEEP", "1"))
PYTHON = theano.Mode("py", None)
QUICK = theano.Mode("py", "fast_compile")
MODES = {"native": None, "py": PYTHON}
BY_NAME = {case.name: case for case in CASES}
TABLED = [case for case in CASES if case.name not in ELEMWISE]      # rows of the scalar table: see test_scalar_rows
SIZES = {"usual": EXTENTS, "ones": dict.fromkeys(EXTENTS, 1), "no m": EXTENTS | {"m": 0}, "no n": EXTENTS | {"n": 0},
         "large": {"m": 17, "n": 33, "k": 40, "b": 3}}


def test_names_are_unique():
    assert len(BY_NAME) == len(CASES)


# -- values ------------------------------------------------------------------------------------------------------


@functools.cache
def compiled(dtype, mode):
    """The cases of a dtype, and one function of all of them."""
    cases = [case for case in TABLED if dtype in case.dtypes]
    inputs = [case.variables(dtype) for case in cases]
    outputs = [case.outputs(xs) for case, xs in zip(cases, inputs, strict=True)]
    function = theano.function([x for xs in inputs for x in xs], [y for ys in outputs for y in ys], mode=MODES[mode],
                               on_unused_input="ignore")
    return list(zip(cases, outputs, strict=True)), function


def references(case, arrays, outputs):
    """What NumPy says, computed in a wider dtype and rounded; None where it says that the arguments are wrong."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)         # NumPy warns of the mean of nothing
            found = case.references([widened(a) for a in arrays])
            return [np.asarray(v).astype(y.type.dtype) for v, y in zip(found, outputs, strict=True)]
    except (ValueError, IndexError):
        return None


def close(case, result, expected):
    """Whether a result is the expected one, but for rounding."""
    if result.dtype != expected.dtype or result.shape != expected.shape:
        return False
    if result.dtype in SMALL:               # single precision, then rounded
        rtol = 2 ** (-11 if result.dtype == "float16" else -8)
        wide = [v.astype("float32") for v in (result, expected)]
        apart = ~np.isclose(*wide, rtol=rtol, atol=case.rough * 2e-6, equal_nan=True)
        return ulps(result[apart], expected[apart]) <= 1
    if result.dtype.kind in "biu":
        return np.array_equal(result, expected)
    unit = case.rough * (2e-6 if result.dtype.name in ("float32", "complex64") else 1e-12)
    return np.allclose(result, expected, rtol=unit, atol=unit, equal_nan=True)


def check_values(dtype, mode, layout, sizes, seed):
    """Compare all cases of a dtype with NumPy."""
    rng = np.random.RandomState(seed)
    cases, function = compiled(dtype, mode)
    drawn, expected = [], []
    for case, outputs in cases:
        arrays = [laid_out(a, layout) for a in case.draw(rng, dtype, sizes if case.sizes else EXTENTS)]
        found = references(case, arrays, outputs)
        if found is None:
            arrays = case.draw(rng, dtype)
            found = references(case, arrays, outputs)
        drawn.append(arrays)
        expected.append(found)
    results = iter(function(*(a for arrays in drawn for a in arrays)))
    wrong = {}
    for (case, _), arrays, values in zip(cases, drawn, expected, strict=True):
        for k, value in enumerate(values):
            result = np.asarray(next(results))
            if not close(case, result, value):
                wrong[case.name, k] = f"{result!r} should be {value!r} for {arrays}"
    assert list(wrong) == [], wrong


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "repeated"])
@pytest.mark.parametrize("dtype", ALL)
def test_native_values(dtype, layout):
    for seed in range(DEEP):
        check_values(dtype, "native", layout, EXTENTS, seed)


@pytest.mark.parametrize("sizes", [name for name in SIZES if name != "usual"])
@pytest.mark.parametrize("dtype", ("bool", "int16", *SMALL, "float32", "complex128"))
def test_native_values_of_other_sizes(dtype, sizes):
    check_values(dtype, "native", "contiguous", SIZES[sizes], 1)


@pytest.mark.parametrize("dtype", ALL)
def test_values_without_native_code(dtype):
    for layout, sizes in (("strided", "usual"), ("fortran", "ones"), ("contiguous", "no m")):
        check_values(dtype, "py", layout, SIZES[sizes], 2)


# -- derivatives -------------------------------------------------------------------------------------------------


def is_float(variable):
    """Whether a variable holds real or complex numbers, in a type that has derivatives."""
    return isinstance(variable.type, TensorType) and kind_of(variable.type.dtype) in "fc"


def weighted(outputs, weights):
    """The real number that is the sum of the outputs times weights."""
    terms = [(T.real(y * w) if y.type.dtype.startswith("complex") else y * w).sum()
             for y, w in zip(outputs, weights, strict=True)]
    return sum(terms[1:], terms[0])


def total_change(gradients, directions):
    """How fast the cost changes in a direction, by its gradients: complex ones hold the two partial derivatives."""
    return sum(float(np.real(np.sum(np.conj(g) * d))) for g, d in zip(gradients, directions, strict=True))


def random_like(rng, array):
    """Random numbers of the shape and dtype of an array, away from zero."""
    value = rng.uniform(0.5, 1.5, array.shape) * rng.choice([-1, 1], array.shape)
    if array.dtype.kind == "c":
        value = value + 1j * rng.uniform(0.5, 1.5, array.shape)
    return value.astype(array.dtype)


DERIVED = [(case.name, dtype) for case in CASES for dtype in ("float64", "complex128")
           if dtype in case.dtypes and not case.own_gradient and not (case.real_only and dtype == "complex128")
           and any(a.moves and (a.dtype or dtype) == dtype for a in case.args)]


class Derivatives:
    """First and second derivatives, and forward mode, of a case."""

    def __init__(self, case, dtype):
        rng = np.random.RandomState(7)
        self.case, self.arrays = case, case.draw(rng, dtype)
        inputs = case.variables(dtype)
        every = case.outputs(inputs)
        self.smooth = [y for y in every if is_float(y)]
        self.moving = [k for k, (a, x) in enumerate(zip(case.args, inputs, strict=True))
                       if a.moves and k not in case.undefined and is_float(x)]
        wrt = [inputs[k] for k in self.moving]
        self.first = self.second = self.forward = None
        shapes = theano.function(inputs, self.smooth, mode=PYTHON, on_unused_input="ignore")(*self.arrays)
        weights = [random_like(rng, np.asarray(v)) for v in shapes]
        self.cost = weighted(self.smooth, weights)
        self.first = theano.grad(self.cost, wrt, disconnected_inputs="ignore")
        pull = [random_like(rng, self.arrays[k]) for k in self.moving]
        self.cost2 = weighted(self.first, pull)
        self.second = theano.grad(self.cost2, wrt, disconnected_inputs="ignore")
        self.directions = [random_like(rng, self.arrays[k]) for k in self.moving]
        points = [T.constant(d, dtype=d.dtype) for d in self.directions]
        points = [x.type.rebroadcast(p, x.type.broadcastable) for x, p in zip(wrt, points, strict=True)]
        self.forward = theano.Rop(self.smooth, wrt, points, disconnected_outputs="ignore")
        self.wrt, self.inputs = wrt, inputs
        n, outputs = len(wrt), [self.cost, self.cost2, *self.first, *self.second, *self.forward, *self.smooth]
        function = theano.function(inputs, outputs, mode=QUICK, on_unused_input="ignore")

        def at(step):
            arrays = list(self.arrays)
            for k, d in zip(self.moving, self.directions, strict=True):
                arrays[k] = arrays[k] + step * d
            found = function(*arrays)
            return (found[0], found[1], found[2:2 + n], found[2 + n:2 + 2 * n],
                    found[2 + 2 * n:2 + 2 * n + len(self.smooth)], found[2 + 2 * n + len(self.smooth):])

        here, step = at(0), 1e-6
        above, below = at(step), at(-step)
        self.slopes = [(above[k] - below[k]) / (2 * step) for k in (0, 1)]
        self.changes = [total_change(here[2 + k], self.directions) for k in (0, 1)]
        self.pushed = here[4]
        self.differences = [(a - b) / (2 * step) for a, b in zip(above[5], below[5], strict=True)]


derivatives = functools.cache(lambda name, dtype: Derivatives(BY_NAME[name], dtype))


@pytest.mark.parametrize("name, dtype", DERIVED)
def test_derivatives(name, dtype):
    case = BY_NAME[name]
    if not any(is_float(y) for y in case.outputs(case.variables(dtype))):
        assert case.flat, "whole numbers have no derivative: say so in the table"
        return
    if case.flat and "rewriting" in case.flat:
        return
    found = derivatives(name, dtype)
    for order, (change, slope) in enumerate(zip(found.changes, found.slopes, strict=True), 1):
        np.testing.assert_allclose(change, slope, rtol=2e-5, atol=2e-5, err_msg=f"derivative {order}")
    for pushed, difference in zip(found.pushed, found.differences, strict=True):
        np.testing.assert_allclose(pushed, difference, rtol=2e-5, atol=2e-5, err_msg="forward mode")
    for x, g in zip(found.wrt, found.first, strict=True):
        assert g.type.dtype == x.type.dtype and g.type.ndim == x.type.ndim


@pytest.mark.parametrize("name", [case.name for case in CASES if case.undefined])
def test_undefined_gradients_are_said_to_be(name):
    case = BY_NAME[name]
    inputs = case.variables("float64")
    for k in case.undefined:
        g = theano.grad(case.outputs(inputs)[0].sum(), inputs[k], null_gradients="return", disconnected_inputs="ignore")
        assert isinstance(g.type, NullType)


@pytest.mark.parametrize("name", [case.name for case in CASES if "float32" in case.dtypes and not case.own_gradient])
def test_single_precision_stays_single_in_gradients(name):
    case = BY_NAME[name]
    inputs = case.variables("float32")
    outputs = [y for y in case.outputs(inputs) if is_float(y) and y.type.dtype == "float32"]
    wrt = [x for x, a in zip(inputs, case.args, strict=True) if a.dtype is None and a.moves]
    if not outputs or not wrt or case.flat:
        return
    gradients = theano.grad(sum(y.sum() for y in outputs), wrt, disconnected_inputs="ignore")
    assert [g.type.dtype for g in gradients] == ["float32"] * len(wrt)
    wide = [node for node in toposort(gradients, inputs) for y in node.outputs
            if getattr(y.type, "dtype", "") == "float64" and y.type.ndim]
    assert wide == []


# -- shapes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_shapes_are_inferred(name):
    case = BY_NAME[name]
    dtype = case.dtypes[0]
    inputs = case.variables(dtype)
    outputs = [y for y in case.outputs(inputs) if isinstance(y.type, TensorType)]
    shapes = theano.function(inputs, [y.shape for y in outputs], mode=theano.Mode("py", "fast_run"),
                             on_unused_input="ignore")
    values = theano.function(inputs, outputs, mode=PYTHON, on_unused_input="ignore")
    for sizes in SIZES.values():
        arrays = case.draw(np.random.RandomState(3), dtype, sizes if case.sizes else EXTENTS)
        if references(case, arrays, case.outputs(inputs)) is not None:
            expected = [np.shape(v) for v in values(*arrays)]
            assert [tuple(s) for s in shapes(*arrays)] == expected
    if not case.no_shape:
        own = {type(node.op) for node in toposort(outputs, inputs) if any(y in outputs for y in node.outputs)}
        left = {type(node.op) for node in shapes.maker.fgraph.toposort() if any(v.type.ndim for v in node.inputs)}
        assert not own & left - {Shape_i, MakeVector}


# -- equality, copies, pickles -------------------------------------------------------------------------------------


def ops_of(case):
    """The ops of a case, each once."""
    return list(dict.fromkeys(node.op for node in toposort(case.outputs(case.variables(case.dtypes[0])))))


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_ops_are_values(name):
    for op in ops_of(BY_NAME[name]):
        twins = [pickle.loads(pickle.dumps(op)), copy.deepcopy(op), copy.copy(op)]
        for twin in twins:
            assert twin == op and hash(twin) == hash(op) and str(twin) == str(op) and not twin != op
        assert op != object() and op is not None
        props = getattr(op, "__props__", None)
        if props:
            changed = copy.copy(op)
            changed.__dict__[props[0]] = object()
            assert changed != op


def test_ops_built_twice_are_equal():
    again = {case.name: case for case in CASES}
    for case in CASES:
        first, second = ops_of(case), ops_of(again[case.name])
        assert first == second, case.name
