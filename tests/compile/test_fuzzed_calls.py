"""Calls with arguments of every wrong kind: a result or a TypeError or ValueError, never a crash.

``python tests/compile/test_fuzzed_calls.py N`` makes N calls; under a build with sanitizers this is part of
``make sanitize``.
"""

import random
import sys
import warnings

import numpy as np
import pytest

import theano
import theano.tensor as tt

CALLS = 3000
ALLOWED = (TypeError, ValueError, IndexError)       # IndexError: an index that is out of bounds


def functions():
    """Functions by name."""
    x, y, v, s = tt.dmatrix("x"), tt.fmatrix("y"), tt.dvector("v"), tt.dscalar("s")
    i, k, b = tt.lscalar("i"), tt.lvector("k"), tt.bvector("b")
    t, row, z = tt.dtensor3("t"), tt.drow("row"), tt.zvector("z")
    w = theano.shared(np.ones((3, 4)), name="w")

    def make(inputs, outputs, **more):
        return theano.function(inputs, outputs, **more)
    return {
        "fused": make([x, v], [tt.exp(-x * x) + v, tt.tanh(x) * 2]),
        "reduced": make([x], [x.sum(), x.max(axis=0), x.mean(axis=1), tt.sqr(x - x.mean()).sum()]),
        "softmax": make([x], [tt.nnet.softmax(x), tt.argmax(x, axis=1)]),
        "logsumexp": make([x], [tt.log(tt.exp(x).sum(axis=1)), x - tt.log(tt.exp(x).sum(axis=0))]),
        "product": make([x, v], [tt.dot(x, v), tt.dot(x.T, x)]),
        "gemm": make([x, row], tt.dot(x, x.T) - 0.5 * tt.dot(row, row.T)),
        "float32": make([y, s], [y * s, tt.sqrt(abs(y)) * 2, y[::-1, ::2]]),
        "index": make([x, i], [x[i], x[:, i:], x[::i]]),
        "take": make([x, k], [x[k], x[k, :1]]),
        "bytes": make([b], [b + 1, b.sum(), b * b]),
        "complex": make([z], [z * 2, abs(z)]),
        "tensor3": make([t], [t.dimshuffle(2, 0, 1) + 1, t.reshape((-1, 2)), t.sum(axis=(0, 2))]),
        "joined": make([v, x], [tt.concatenate([v, v[::-1]]), tt.stack([v, v * 2])[:, 1:], tt.inc_subtensor(x[0], v)]),
        "update": make([x], w.sum(), updates=[(w, w * 0.5 + x)]),
        "downcast": make([y, s], y * s, allow_input_downcast=True),
    }


SHAPES = [(), (0,), (1,), (3,), (4,), (0, 4), (3, 0), (1, 4), (3, 4), (4, 3), (3, 1), (2, 2, 2), (0, 3, 2), (3, 4, 2),
          (1, 1, 1, 1), (70, 90), (3,) * 5]
DTYPES = ["float64", "float32", "float16", "int8", "int64", "uint64", "bool", "complex64", "complex128", ">f8", ">i4",
          "object", "S3", "U2", "M8[s]", "f8,i4", "longdouble"]


def misaligned(array):
    """The same values at an odd address."""
    raw = np.zeros(array.nbytes + 1, "int8")
    moved = raw[1:].view(array.dtype).reshape(array.shape)
    moved[...] = array
    return moved


def array(rng, kind):
    """An array, often a strange one, often one that a variable of type ``kind`` takes."""
    dtype = rng.choice(DTYPES) if rng.random() < 0.2 else kind.dtype
    shape = rng.choice(SHAPES if rng.random() < 0.2 else [shape for shape in SHAPES if len(shape) == kind.ndim])
    values = np.arange(int(np.prod(shape))) % 5 - 1
    try:
        made = values.reshape(shape).astype(dtype)
    except (TypeError, ValueError):
        made = np.zeros(shape, dtype)
    form = rng.randrange(12)
    if form == 0 and made.ndim:
        made = np.repeat(made, 2, axis=0)[::2]
    elif form == 1 and made.ndim:
        made = made[::-1]
    elif form == 2:
        made = np.asfortranarray(made)
    elif form == 3 and not made.dtype.hasobject and made.size:
        made = misaligned(made)
    elif form == 4:
        made = made.copy()
        made.flags.writeable = False
    elif form == 5 and made.ndim:
        made = np.broadcast_to(made[:1], made.shape)
    elif form == 6 and made.dtype.kind in "fc":
        made = made * np.array(rng.choice([np.nan, np.inf, -np.inf, 1e308, 5e-324]), made.dtype)
    elif form == 7:
        made = made.view(type("Own", (np.ndarray,), {}))
    elif form == 8 and made.ndim:
        made = np.lib.stride_tricks.as_strided(made, made.shape, (0,) * made.ndim)
    elif form == 9 and made.ndim == 2 and made.dtype.kind == "f":
        made = np.ma.array(made, mask=made > 0)
    return made


def argument(rng, kind):
    """Anything that somebody may pass for a variable of type ``kind``."""
    if rng.random() < 0.9:
        return array(rng, kind)
    return rng.choice([
        None, 1, -1, 0, 2 ** 63, -2 ** 70, 1.5, float("nan"), 1j, True, "text", b"raw", [], [[]], [1.0, 2.0, 3.0, 4.0],
        [[1, 2, 3, 4]] * 3, [[1], [2, 3]], [None], (1, 2, 3, 4), {}, {"a": 1}, set(), object(), int, len, np.float32(2),
        np.int8(3), np.complex128(1), np.array(None), range(4), slice(None), Ellipsis, memoryview(b"12345678"),
        tt.dscalar("symbolic"), np.dtype("f8"), bytearray(8)])


def fuzz(calls, seed=0):
    """How many of ``calls`` gave a result; raises AssertionError for an error of another kind."""
    rng = random.Random(seed)
    known = functions()
    names = sorted(known)
    good = 0
    for number in range(calls):
        name = rng.choice(names)
        f = known[name]
        kinds = [entry.variable.type for entry in f.maker.inputs if not getattr(entry, "shared", False)]
        if rng.random() < 0.05:
            kinds = (kinds * 2)[:rng.randrange(4)]
        with np.errstate(all="ignore"):
            arguments = [argument(rng, kind) for kind in kinds]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
                f(*arguments)
            good += 1
        except ALLOWED:
            pass
        except Exception as error:
            shown = [(type(a), getattr(a, "dtype", None), getattr(a, "shape", a)) for a in arguments]
            raise AssertionError(f"call {number} of {name!r} with {shown} raised {error!r}") from error
    return good


def test_fuzzed_calls():
    good = fuzz(CALLS)
    assert 0.2 * CALLS < good < 0.9 * CALLS


def test_a_failed_call_changes_nothing():
    """After errors of every kind functions work as before."""
    known = functions()
    x, v = np.arange(12.0).reshape(3, 4), np.arange(4.0)
    expected = {name: known[name](x, v) for name in ("fused", "product")}
    for wrong in ((x.T, v), (x, v[:3]), (None, v), (x, "v"), (x.astype("complex128"), v), (x,), (x, v, v)):
        for name in expected:
            with pytest.raises(ALLOWED):
                known[name](*wrong)
    for name, results in expected.items():
        for a, b in zip(results, known[name](x, v), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("change", [
    misaligned, np.asfortranarray, lambda a: a.astype(">f8"), lambda a: np.repeat(a, 3, axis=1)[:, ::3],
    lambda a: a[::-1][::-1], lambda a: np.ma.array(a), lambda a: a.tolist(), lambda a: a.astype("float32"),
    lambda a: np.ascontiguousarray(a.T).T, lambda a: a.view(type("Own", (np.ndarray,), {}))])
def test_strange_arrays_give_the_same(change):
    known = functions()
    x = np.arange(12.0).reshape(3, 4) / 4
    frozen = change(x)
    if isinstance(frozen, np.ndarray):
        frozen.flags.writeable = False
    for name in ("reduced", "softmax"):
        for a, b in zip(known[name](x), known[name](frozen), strict=True):
            np.testing.assert_array_equal(a, b)


def test_more_than_memory():
    n = tt.lscalar("n")
    f = theano.function([n], tt.alloc(np.float64(1), n, n))
    with pytest.raises((MemoryError, ValueError)):
        f(2 ** 30)
    with pytest.raises((MemoryError, ValueError)):
        f(2 ** 40)
    assert f(2).shape == (2, 2)


if __name__ == "__main__":
    total = int(sys.argv[1])
    print(fuzz(total, seed=1), "of", total, "calls gave a result; no error of another kind")
