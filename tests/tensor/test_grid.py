"""Grids, permuted rows, and old ops for means, flat and tiled tensors."""

import numpy as np
import pytest
from theano.tensor.basic import Flatten, Mean, Tile

import theano
import theano.tensor as T


@pytest.mark.parametrize("name", ["mgrid", "ogrid"])
@pytest.mark.parametrize("slices", [np.s_[0:1:.1, 1:10:1., 10:100:10.], np.s_[0:2:1, 1:10:1, 10:100:10],
                                    np.s_[:3, 2:4]])
def test_grid(name, slices):
    for ours, numpys in zip(getattr(T, name)[slices], getattr(np, name)[slices], strict=True):
        np.testing.assert_allclose(ours.eval(), numpys)


def test_grid_of_variables():
    i, j = T.lscalars("ij")
    f = theano.function([i, j], T.mgrid[i:5, 0:j:2])
    for ours, numpys in zip(f(1, 7), np.mgrid[1:5, 0:7:2], strict=True):
        np.testing.assert_array_equal(ours, numpys)
    assert list(T.mgrid[2:5].eval()) == [2, 3, 4]
    with pytest.raises(NotImplementedError, match="complex"):
        T.mgrid[0:1:5j]
    with pytest.raises(ValueError, match="end"):
        T.mgrid[0:]
    with pytest.raises(TypeError, match="a grid is made of slices"):
        T.mgrid[0:2, 3]


SHAPES = [((5,), (5,)), ((3, 5), (5,)), ((3, 5), (3, 5)), ((5,), (3, 5)), ((2, 1, 5), (1, 3, 5))]


@pytest.mark.parametrize("x_shape, y_shape", SHAPES)
@pytest.mark.parametrize("inverse", [0, 1])
def test_permuted_rows(x_shape, y_shape, inverse, rng):
    x, y = T.tensor("float64", [n == 1 for n in x_shape]), T.tensor("int32", [n == 1 for n in y_shape])
    data = rng.normal(size=x_shape)
    order = np.argsort(rng.normal(size=y_shape), -1).astype("int32")
    whole = np.broadcast_arrays(data, np.argsort(order, -1) if inverse else order)
    f = theano.function([x, y], T.permute_row_elements(x, y, inverse))
    np.testing.assert_array_equal(f(data, order), np.take_along_axis(*whole, -1))
    assert tuple(T.permute_row_elements(x, y, inverse).shape.eval({x: data, y: order})) == whole[0].shape
    T.verify_grad(lambda v: T.permute_row_elements(T.patternbroadcast(v, x.broadcastable), order, inverse), [data],
                  rng=rng)


def test_inverse_permutation(rng):
    p = T.imatrix()
    inverse = T.inverse_permutation(p)
    order = np.argsort(rng.normal(size=(4, 6)), -1).astype("int32")
    assert inverse.dtype == "int32"
    np.testing.assert_array_equal(inverse.eval({p: order}), np.argsort(order, -1))
    with pytest.raises(TypeError, match="integers"):
        T.permute_row_elements(T.dvector(), T.dvector())


OLD = [(Mean(None), (3, 4), np.mean), (Mean(1), (3, 4), lambda a: a.mean(1)),
       (Mean((0, 2)), (3, 4, 2), lambda a: a.mean((0, 2))),
       (Flatten(), (3, 4), np.ravel), (Flatten(2), (3, 4, 2), lambda a: a.reshape(3, 8)), (Flatten(), (), np.ravel),
       (lambda x: Tile(2)(x, [2, 3]), (2, 4), lambda a: np.tile(a, (2, 3))),
       (lambda x: Tile(2)(x, [2, 3]), (4,), lambda a: np.tile(a, (2, 3)))]


@pytest.mark.parametrize("op, shape, expected", OLD)
def test_old_ops(op, shape, expected, rng):
    x = T.tensor("float64", (False,) * len(shape))
    data = rng.normal(size=shape)
    out = op(x)
    np.testing.assert_allclose(theano.function([x], out)(data), expected(data))
    assert tuple(out.shape.eval({x: data})) == np.shape(expected(data))
    T.verify_grad(op, [data], rng=rng)


def test_mean_of_integers_and_by_the_function():
    x = T.lmatrix()
    assert Mean(0)(x).dtype == "float64" and isinstance(T.mean(x, 0, op=True).owner.op, Mean)
    assert list(T.mean(x, 0, op=True).eval({x: [[1, 2], [2, 2]]})) == [1.5, 2]
