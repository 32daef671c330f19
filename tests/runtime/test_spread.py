"""Nests that write elements to several places each: what `repeat`, `tile` and `alloc` are."""

import itertools

import numpy as np
import pytest
from nest_runner import NestError, Runner

import theano
import theano.tensor as tt
from theano.codegen import nest as ir
from theano.codegen.nest import LoopNest, Operand, Phase, load

PATTERNS = [(0, -1), (-1, 0), (0, -1, 1), (-1, 0, 1), (0, 1, -1), (-1, 1, 0), (-1, 0, -1, 1), (0, -1, 1, -1)]
SHAPES = {2: [(5, 3), (300, 2), (1, 7), (70, 130), (2, 5000), (0, 3), (3, 0)],
          3: [(5, 3, 4), (40, 1, 9), (2, 33, 70), (3, 2, 3000), (0, 2, 2), (2, 0, 2), (1, 1, 1)],
          4: [(3, 4, 5, 2), (2, 70, 3, 40), (1, 9, 1, 3), (2, 3, 0, 4)]}


def spread(dtype, axes):
    """The operand whose axes are numbered; the extents of the others come as arguments."""
    fixed = tuple(d for d, a in enumerate(axes) if a < 0)
    operands = (Operand(dtype, axes), Operand(dtype, tuple(range(len(axes))), "out"))
    extents = tuple(fixed.index(d) if d in fixed else None for d in range(len(axes)))
    return LoopNest(len(axes), (False,) * len(axes), operands, (Phase((load(0, operands),), ((0, 1),)),), extents)


def given(axes, shape, dtype):
    """Arrays in every order of memory, backwards and with gaps."""
    own = [shape[axes.index(a)] for a in range(max(axes) + 1)]
    x = np.arange(int(np.prod(own)) * 4).astype(dtype)
    dense = x[:int(np.prod(own))].reshape(own)
    yield from (dense, np.asfortranarray(dense), dense[tuple(slice(None, None, -1) for _ in own)])
    yield np.resize(x, [2 * n for n in own])[tuple(slice(None, 2 * n, 2) for n in own)]


@pytest.mark.parametrize("dtype", ["bool", "int16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("axes", PATTERNS)
def test_spreads_agree_with_numpy(axes, dtype):
    nest = spread(dtype, axes)
    assert ir.is_spread(nest) and not ir.is_move(nest)
    runner = Runner([nest])
    for shape in SHAPES[len(axes)]:
        more = [n for n, a in zip(shape, axes, strict=True) if a < 0]
        for x in given(axes, shape, dtype):
            wanted = np.transpose(x, [a for a in axes if a >= 0])
            wanted = np.broadcast_to(np.expand_dims(wanted, [d for d, a in enumerate(axes) if a < 0]), shape)
            got, = runner(0, x, *more)
            assert got.dtype == x.dtype
            np.testing.assert_array_equal(got, wanted)


def test_what_is_not_spread():
    operands = (Operand("float64", (0, -1)), Operand("float64", (0, 1), "out"))
    plain = Phase((load(0, operands),), ((0, 1),))
    for changed in (Operand("float64", (0, 1)), Operand("float64", (-1, -1)), Operand("float32", (0, -1))):
        assert not ir.is_spread(LoopNest(2, (False, False), (changed, operands[1]), (plain,)))
    with pytest.raises(NestError, match="bad value"):
        Runner([spread("float64", (0, -1))])(0, np.ones(3), -1)


@pytest.mark.parametrize("times", [0, 1, 2, 3, 5, 40])
@pytest.mark.parametrize("dtype", ["int8", "float32", "float64", "complex128"])
def test_repeat_and_tile(times, dtype):
    vector, matrix = tt.vector(dtype=dtype), tt.matrix(dtype=dtype)
    f = theano.function([vector, matrix], [
        tt.repeat(vector, times), tt.tile(vector, times), tt.repeat(matrix, times, 0), tt.repeat(matrix, times, 1),
        tt.tile(matrix, (times, 2)), tt.alloc(vector, times, vector.shape[0])])
    for n, back in itertools.product((0, 1, 5, 3000), (False, True)):
        x = np.arange(n).astype(dtype)
        m = np.arange(3 * n).astype(dtype).reshape(3, n)
        if back:
            x, m = x[::-1], m[::-1, ::-1]
        wanted = (np.repeat(x, times), np.tile(x, times), np.repeat(m, times, 0), np.repeat(m, times, 1),
                  np.tile(m, (times, 2)), np.broadcast_to(x, (times, n)))
        for got, right in zip(f(x, m), wanted, strict=True):
            np.testing.assert_array_equal(got, right)
