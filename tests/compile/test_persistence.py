"""Files that hold objects with their arrays."""

import io
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import persistence
from theano.compile.persistence import CompatUnpickler, StripPickler, dump, load


def written(obj, **options):
    file = io.BytesIO()
    dump(obj, file, **options)
    file.seek(0)
    return file


def test_numpy_reads_the_arrays_by_the_names_of_their_variables():
    variables = [theano.shared(np.full(2, float(k)), name=name) for k, name in enumerate(["w", "b", "w", None])]
    with np.load(written([*variables, np.arange(3)])) as archive:
        assert archive.files == ["w", "b", "w_2", "array_0", "array_1", "pkl"]
        np.testing.assert_array_equal(archive["w_2"], [2, 2])
        np.testing.assert_array_equal(archive["array_1"], [0, 1, 2])


@pytest.mark.parametrize("protocol", range(persistence.HIGHEST_PROTOCOL + 1))
def test_what_is_loaded_is_what_was_dumped(protocol):
    w = theano.shared(np.array([[1.0, 2.0], [3.0, 4.0]], order="F"), name="w")
    array, names = np.arange(4)[::2], np.array(["a", None], dtype=object)
    f = theano.function([], w.sum(), updates=[(w, w + 1)])
    twin, again, copied, texts, g, empty = load(written((w, w, array, names, f, np.zeros((0, 2))), protocol=protocol))
    assert twin is again and twin.name == "w" and twin.get_value(borrow=True) is not w.get_value(borrow=True)
    np.testing.assert_array_equal(twin.get_value(), w.get_value())
    np.testing.assert_array_equal(copied, array)
    assert list(texts) == ["a", None] and empty.shape == (0, 2)
    assert float(g()) == 10 and float(g()) == 14
    assert float(f()) == 10
    np.testing.assert_array_equal(twin.get_value(), [[3, 4], [5, 6]])       # the function shares it


def test_an_array_met_twice_is_one_array():
    array = np.arange(3.0)
    first, second = load(written([array, {"same": array}]))
    assert second["same"] is first


def test_names_can_be_demanded():
    unnamed, reserved = theano.shared(np.ones(1)), theano.shared(np.ones(1), name="pkl")
    twice = [theano.shared(np.ones(1), name="w") for _ in range(2)]
    strict = persistence.PersistentSharedVariableID
    with pytest.raises(ValueError, match="has no name"):
        written(unnamed, persistent_id=lambda archive: strict(archive, allow_unnamed=False))
    with pytest.raises(ValueError, match="more than one"):
        written(twice, persistent_id=lambda archive: strict(archive, allow_duplicates=False))
    with pytest.raises(ValueError, match="can't be named 'pkl'"):
        written(reserved)
    with np.load(written(twice, persistent_id=persistence.PersistentNdarrayID)) as archive:
        assert archive.files == ["array_0", "array_1", "pkl"]


def test_a_reference_to_something_else_is_refused():
    file = io.BytesIO()

    class Odd:
        def __init__(self, archive):
            pass

        def __call__(self, obj):
            return "file:/etc/passwd" if obj == 1 else None

    dump([1], file, persistent_id=Odd)
    with pytest.raises(pickle.UnpicklingError, match="no array"):
        load(file)


def test_stripped_pickles_do_not_say_where_variables_were_made():
    x = T.matrix("x")
    y = x + 1
    x.tag.note, x.tag.secret = "kept", "dropped"
    file = io.BytesIO()
    StripPickler(file, protocol=-1, extra_tag_to_remove="secret").dump(y)
    content = file.getvalue()
    assert b"test_persistence" not in content and b"test_persistence" in pickle.dumps(y)
    twin = pickle.loads(content)
    inner = twin.owner.inputs[0]
    assert inner.tag.note == "kept" and not hasattr(inner.tag, "secret") and x.tag.secret == "dropped"
    assert theano.function([inner], twin)([[1]]) == 2


def test_pickles_of_python_2_are_read():
    array = (b"cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\np1\n(I0\ntS'b'\ntRp2\n"
             b"(I1\n(I2\ntcnumpy\ndtype\np3\n(S'f4'\nI0\nI1\ntRp4\n(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nS'\\x00\\x00\\x80?\\x00\\x00\\x00@'\ntb.")
    np.testing.assert_array_equal(CompatUnpickler(io.BytesIO(array)).load(), np.array([1, 2], "float32"))
    assert CompatUnpickler(io.BytesIO(b"c__builtin__\nset\n((lp0\nS'caf\\xe9'\natR.")).load() == {"café"}
