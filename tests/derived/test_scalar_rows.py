"""Every row of the scalar table, elementwise: value, dtype and layout. Being in the table is being tested.

All rows that take a dtype are one compiled function. Gradients and shapes are tested with those of all other ops, in
`test_ops`.
"""

import functools
import os

import numpy as np
import pytest
import scipy.special
from draws import ALL, COMPLEX, DISCRETE, FLOATS, LAYOUTS, SMALL, WIDE, laid_out, numbers, ulps, widened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from op_cases import NO_COMPLEX_VALUES

import theano
import theano.tensor as T
from theano.gradient import NullType
from theano.scalar.dtype import kind_of, result_type
from theano.scalar.op import ScalarOp
from theano.tensor.elemwise import ELEMWISE

DEEP = int(os.environ.get("THEANO_TEST_DEEP", "1"))         # how many times as many random cases
ROWS = {name: row for name, row in ScalarOp.table.items() if name in ELEMWISE}
PYTHON = theano.Mode("py", None)
MODES = {"native": None, "py": PYTHON}

# What a row of our own formulas is compared with; others name a NumPy or SciPy function themselves.
INDEPENDENT = {
    "sigmoid": scipy.special.expit, "softplus": lambda x: np.logaddexp(0, x), "softsign": lambda x: x / (1 + abs(x)),
    "xlogx": lambda x: scipy.special.xlogy(x, x), "xlogy0": scipy.special.xlogy,
    "gammau": lambda k, x: scipy.special.gammaincc(k, x) * scipy.special.gamma(k),
    "gammal": lambda k, x: scipy.special.gammainc(k, x) * scipy.special.gamma(k),
    "chi2sf": lambda x, k: scipy.special.gammaincc(k / 2, x / 2), "inv": np.reciprocal,
    "tri_gamma": lambda x: scipy.special.polygamma(1, x), "deg2rad": lambda x: x * np.pi / 180,
    "rad2deg": lambda x: x * 180 / np.pi,
    "switch": lambda c, x, y: np.where(c, x, y), "second": lambda x, y: np.broadcast_arrays(x, y)[1].copy(),
    "round_half_away_from_zero": lambda x: np.sign(x) * np.floor(abs(x) + 0.5),
}
LATE_TYPE_ERRORS = ("tri_gamma", "j1")    # of complex numbers: their derivatives have no complex form
ROUGH = {"ultra_fast_sigmoid": 64}      # sums that cancel: units in the last place that float32 may be off


def domains(row):
    """The interval of each argument."""
    count = 2 if row.nin < 0 else row.nin
    return row.domain if isinstance(row.domain[0], tuple) else [row.domain] * count


def draw(name, dtypes, rng, shapes):
    """Arguments of a row."""
    values = [numbers(rng, shape, dtype, *bounds)
              for shape, dtype, bounds in zip(shapes, dtypes, domains(ROWS[name]), strict=True)]
    if name.startswith("cast_uint") or name == "cast_bool":         # C and NumPy leave negative numbers open
        values = [abs(values[0])]
    if name == "pow" and all(v.dtype.kind in "biu" for v in values):
        values[1] = abs(values[1])
    return values


def expected(name, values, dtype):
    """The value in a wider dtype, then rounded."""
    function = INDEPENDENT.get(name, ROWS[name].numpy)
    kind = kind_of(dtype)
    if kind in "fc":
        raised = np.dtype(WIDE.get(dtype, dtype))
        values = [v if name == "switch" and k == 0 else widened(v) for k, v in enumerate(values)]
        values = [v if v.dtype == bool and name == "switch" else v.astype(result_type(v, raised)) for v in values]
    elif kind != "b" and not name.startswith("cast_"):
        values = [v if v.dtype.kind == "c" else v.astype(dtype) for v in values]
    with np.errstate(all="ignore"):
        return np.asarray(function(*values)).astype(dtype)


def wrong(name, result, values, dtype):
    """What is wrong about the result, or None."""
    if result.dtype != dtype:
        return f"has dtype {result.dtype}, should be {dtype}"
    value = expected(name, values, dtype)
    if result.shape != value.shape:
        return f"has shape {result.shape}, should be {value.shape}"
    if result.dtype.kind in "biu":
        return None if np.array_equal(result, value) else f"{result} should be {value} for {values}"
    if dtype in SMALL:
        good = ulps(result, value) <= 1
    elif dtype == "float32":
        good = ulps(result, value) <= ROUGH.get(name, 4) or np.allclose(result, value, rtol=0, atol=1e-7)
    else:
        rtol = 1e-5 if dtype == "complex64" else 1e-11
        good = np.allclose(result, value, rtol=rtol, atol=rtol / 10, equal_nan=True)
    return None if good else f"{result} should be {value} for {values}"


def accepts(name, dtypes):
    """The output for inputs of these dtypes and rank 2, and the inputs; None where the row refuses them."""
    if name in NO_COMPLEX_VALUES and not set(COMPLEX).isdisjoint(dtypes):
        return None
    inputs = [T.tensor(dtype, (False, False)) for dtype in dtypes]
    try:
        output = ELEMWISE[name](*inputs)
    except TypeError:
        return None
    if name in ("and_", "or_", "xor") and output.type.dtype == "float64":       # uint64 with int8: no bits in common
        return None
    return inputs, output


@functools.cache
def compiled(key, mode):
    """(names, dtypes of inputs, output dtypes, function of all) for one dtype, or a seed for random ones."""
    found = []
    rng = np.random.RandomState(key if isinstance(key, int) else 0)
    for name in sorted(ROWS):
        count = len(domains(ROWS[name]))
        dtypes = [key] * count if isinstance(key, str) else [ALL[i] for i in rng.randint(len(ALL), size=count)]
        graph = accepts(name, dtypes)
        if graph is not None:
            found.append((name, dtypes, *graph))
    function = theano.function([x for *_, xs, _ in found for x in xs], [out for *_, out in found], mode=MODES[mode])
    return [(name, dtypes, out.type.dtype) for name, dtypes, _, out in found], function


def check(key, mode, layout, shape, rng):
    """Compare all rows that accept a dtype, or random dtypes, for arrays of one layout."""
    rows, function = compiled(key, mode)
    values = [[laid_out(v, layout) for v in draw(name, dtypes, rng, [shape] * len(dtypes))]
              for name, dtypes, _ in rows]
    results = function(*(v for vs in values for v in vs))
    found = {name: wrong(name, result, vs, dtype)
             for (name, _, dtype), result, vs in zip(rows, results, values, strict=True)}
    assert {name: text for name, text in found.items() if text} == {}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ALL)
def test_native_values(dtype, layout, rng):
    check(dtype, "native", layout, (5, 7), rng)


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (2, 600)], ids=str)
@pytest.mark.parametrize("dtype", (*SMALL, "float64", "int32", "complex128"))
def test_native_values_of_other_sizes(dtype, shape, rng):
    check(dtype, "native", "strided", shape, rng)


@pytest.mark.parametrize("dtype", ALL)
def test_values_without_native_code(dtype, rng):
    check(dtype, "py", "reversed", (5, 7), rng)


@pytest.mark.parametrize("seed", range(2 * DEEP))
def test_values_of_mixed_dtypes(seed, rng):
    check(seed, "native", "contiguous", (5, 7), rng)
    check(seed, "py", "contiguous", (5, 7), rng)


@pytest.mark.parametrize("name", NO_COMPLEX_VALUES)
def test_complex_numbers_without_a_value_are_a_type_error(name, rng):
    inputs = [T.zvector() for _ in domains(ROWS[name])]
    for mode in MODES.values():
        with pytest.raises(TypeError):
            theano.function(inputs, ELEMWISE[name](*inputs), mode=mode)(*([np.ones(3, complex)] * len(inputs)))


@pytest.mark.parametrize("dtype", [*SMALL, "float32", "complex64"])
def test_gradients_have_the_dtype_of_what_they_are_taken_by(dtype):
    wide = {}
    for name, row in ROWS.items():
        graph = accepts(name, [dtype] * len(domains(row)))
        if graph is None or graph[1].type.dtype != dtype or name in LATE_TYPE_ERRORS and dtype == "complex64":
            continue
        inputs, out = graph
        cost = T.real(out).sum() if dtype == "complex64" else out.sum()
        gradients = T.grad(cost, inputs, disconnected_inputs="ignore", null_gradients="return")
        dtypes = [g.type.dtype for g in gradients if not isinstance(g.type, NullType)]
        if set(dtypes) - {dtype}:
            wide[name] = dtypes
    assert wide == {}


def ordered(x):
    """Floats of 16 bits as whole numbers in the same order: neighbours differ by one, the zeros by none."""
    bits = x.view("int16").astype("int64")
    return np.where(bits < 0, -(bits & 0x7fff), bits)


@pytest.mark.parametrize("mode", [*MODES, "interpreted"])
@pytest.mark.parametrize("dtype", SMALL)
def test_every_number_of_16_bits_is_computed_in_single_precision_and_rounded(dtype, mode):
    given = np.arange(2 ** 16, dtype="uint16").view(dtype)
    rows = [name for name in sorted(ROWS) if ROWS[name].nin == 1 and accepts(name, [dtype])
            and accepts(name, [dtype])[1].type.dtype == dtype]
    x = T.vector(dtype=dtype)
    results = theano.function([x], [ELEMWISE[name](x) for name in rows], mode=MODES.get(mode, "FAST_COMPILE"))(given)
    found = {}
    for name, result in zip(rows, results, strict=True):
        with np.errstate(all="ignore"):
            value = np.asarray(ROWS[name].numpy(given.astype("float32")))
            least, most = (np.nextafter(value, np.float32(end)).astype(dtype) for end in (-np.inf, np.inf))
            away = ~((ordered(result) >= ordered(least) - 1) & (ordered(result) <= ordered(most) + 1)
                     | np.isnan(result) & np.isnan(value))
        if name in ("j0", "j1"):            # SciPy's lose digits of large numbers, of which they take pi / 4 away
            away &= abs(given.astype("float32")) < 1e6
        if away.any():
            found[name] = [(given[k], result[k], value[k]) for k in np.flatnonzero(away)[:5]]
    assert found == {}, found


# -- broadcasting -------------------------------------------------------------------------------------------

BROADCASTING = [name for name, row in ROWS.items() if len(domains(row)) > 1]


@st.composite
def nodes(draw_):
    """A row, and for each argument a dtype and which axes are declared broadcastable or happen to have extent 1."""
    name = draw_(st.sampled_from(BROADCASTING))
    ndim = draw_(st.integers(0, 4))
    count = len(domains(ROWS[name]))
    axis = st.sampled_from(["long", "long", "declared", "happens"])
    patterns = [draw_(st.lists(axis, max_size=ndim)) for _ in range(count)]
    dtypes = [draw_(st.sampled_from(DISCRETE + FLOATS * 3 + COMPLEX)) for _ in range(count)]
    return name, dtypes, patterns


@settings(max_examples=12 * DEEP, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))
@given(st.lists(nodes(), min_size=3, max_size=6), st.lists(st.sampled_from([0, 2, 3, 5]), min_size=4, max_size=4),
       st.sampled_from(sorted(LAYOUTS)), st.integers(0, 2 ** 16))
def test_broadcasting(chosen, extents, layout, seed):
    rng = np.random.RandomState(seed)
    inputs, outputs, values, kept = [], [], [], []
    for name, dtypes, patterns in chosen:
        if not accepts(name, dtypes):
            continue
        args = [T.tensor(dtype, [axis == "declared" for axis in pattern])
                for dtype, pattern in zip(dtypes, patterns, strict=True)]
        shapes = [[extents[len(extents) - len(pattern) + d] if axis == "long" else 1 for d, axis in enumerate(pattern)]
                  for pattern in patterns]
        arrays = [laid_out(v, layout) for v in draw(name, dtypes, rng, shapes)]
        inputs += args
        outputs.append(ELEMWISE[name](*args))
        values += arrays
        kept.append((name, arrays))
    for mode in MODES.values():
        results = theano.function(inputs, outputs, mode=mode)(*values)
        for (name, arrays), result, output in zip(kept, results, outputs, strict=True):
            assert wrong(name, result, arrays, output.type.dtype) is None, name


# -- what a row says of itself --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in sorted(ROWS) if ROWS[n].nin == 1])
def test_zero_is_true_to_numpy(name):
    row = ROWS[name]
    with np.errstate(all="ignore"):
        try:
            at_zero = np.asarray(row.numpy(np.array(0.0)))
        except TypeError:                                   # bits of floats
            return
    if row.zero:
        assert at_zero == 0


@pytest.mark.parametrize("name", [n for n in sorted(ROWS) if ROWS[n].commutative])
def test_commutative_is_true_to_numpy(name, rng):
    row = ROWS[name]
    dtype = "int64" if name in ("and_", "or_", "xor") else "float64"
    x, y = draw(name, [dtype] * 2, rng, [(37,)] * 2)
    np.testing.assert_array_equal(row.numpy(x, y), row.numpy(y, x))


def test_every_row_is_described():
    assert not [name for name, row in ScalarOp.table.items() if not row.doc]
    assert T.exp.__doc__.startswith("As ``numpy.exp``.") and T.erf.__doc__.startswith("As ``scipy.special.erf``.")
    assert T.inv.__doc__.startswith("1 / x") and "Elementwise" in T.inv.__doc__
    x = T.dvector()
    assert x.exp.__doc__ == T.exp.__doc__ and x.mean.__doc__ == T.mean.__doc__
    assert not [n for n in dir(x) if not n.startswith("_") and callable(getattr(x, n)) and not getattr(x, n).__doc__]
