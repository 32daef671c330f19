"""Arrays from files, and messages between processes."""

import numpy as np
import pytest
from theano.tensor.io import MPISend, MPISendWait, mpi_enabled, mpi_send_wait_cmp, mpi_tag_cmp, recv, send

import theano
import theano.tensor as T
from theano.graph.type import Generic


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(5, dtype="int32"))
    return str(tmp_path / "a.npy")


@pytest.mark.parametrize("mmap_mode", [None, "c"])
def test_load(file, mmap_mode):
    path = theano.Variable(Generic())
    x = T.load(path, "int32", (False,), mmap_mode)
    f = theano.function([path], [(x ** 2).sum(), T.inc_subtensor(x[0], 1)])
    for _ in range(2):                                      # what is overwritten in memory stays in the file
        total, more = f(file)
        assert total == 30 and list(more) == [1, 1, 2, 3, 4]
    assert list(theano.function([], T.load(file, "int32", (False,)))()) == [0, 1, 2, 3, 4]


def test_load_refuses(file):
    path = theano.Variable(Generic())
    with pytest.raises(ValueError, match="mmap_mode"):
        T.load(path, "int32", (False,), "r+")
    with pytest.raises(TypeError, match="generic"):
        T.load(T.dscalar(), "int32", (False,))
    with pytest.raises(TypeError, match="int32 of shape"):
        theano.function([path], T.load(path, "float64", (False,)))(file)


def test_messages():
    x = recv((10, 10), "float64", 0, 11)
    assert x.dtype == "float64" and x.broadcastable == (False, False)
    assert (x.owner.inputs[0].owner.op.source, x.owner.inputs[0].owner.op.tag) == (0, 11)
    y = T.matrix()
    waiting = send(y, 1, 11).owner
    begun = waiting.inputs[0].owner
    assert isinstance(waiting.op, MPISendWait) and isinstance(begun.op, MPISend) and begun.op.dest == 1
    other = (y + y).owner
    assert mpi_send_wait_cmp(begun, other) < 0 < mpi_send_wait_cmp(waiting, other)
    assert mpi_tag_cmp(begun, send(y, 1, 12).owner) < 0
    f = theano.function([], x + 1)
    if not mpi_enabled:
        with pytest.raises(RuntimeError, match="mpi4py"):
            f()
