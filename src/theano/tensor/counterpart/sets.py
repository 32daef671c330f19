"""NumPy's functions of arrays as sets."""

from collections import namedtuple

from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import eq
from theano.tensor.join import concatenate
from theano.tensor.reduce import any as any_of
from theano.tensor.sort import Unique, sort
from theano.tensor.variable import counterpart

Counts = namedtuple("UniqueCountsResult", "values counts")
Inverse = namedtuple("UniqueInverseResult", "values inverse_indices")
All = namedtuple("UniqueAllResult", "values indices inverse_indices counts")

counterpart("unique_values")(lambda x: _distinct(x))
counterpart("unique_counts")(lambda x: Counts(*_distinct(x, return_counts=True)))
counterpart("unique_inverse")(lambda x: Inverse(*_distinct(x, return_inverse=True)))
counterpart("unique_all")(lambda x: All(*_distinct(x, True, True, True)))
counterpart("union1d")(lambda ar1, ar2: _distinct(concatenate([_flat(ar1), _flat(ar2)])))


def _flat(x):
    return as_tensor_variable(x).flatten()


@counterpart("unique")
def _distinct(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, sorted=True):   # noqa: A002
    ar = as_tensor_variable(ar)
    found = Unique(return_index, return_inverse, return_counts, axis)(ar)
    if not return_inverse or axis is not None:
        return found
    place = 1 + bool(return_index)
    return [v.reshape(ar.shape, ar.type.ndim) if k == place else v for k, v in enumerate(found)]


@counterpart("isin")
def _members(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    """Which elements are among others, each compared with all."""
    element = as_tensor_variable(element)
    found = any_of(eq(element.dimshuffle(*range(element.type.ndim), "x"), _flat(test_elements)), axis=-1)
    return ~found if invert else found


@counterpart("setdiff1d")
def _without(ar1, ar2, assume_unique=False):
    first = _flat(ar1) if assume_unique else _distinct(ar1)
    return first[_members(first, ar2, invert=True)]


@counterpart("intersect1d")
def _common(ar1, ar2, assume_unique=False, return_indices=False):
    first, place = Unique(return_index=True)(_flat(ar1))
    both = _members(first, ar2)
    if not return_indices:
        return first[both]
    second, other = Unique(return_index=True)(_flat(ar2))
    return first[both], place[both], other[_members(second, ar1)]


@counterpart("setxor1d")
def _in_one(ar1, ar2, assume_unique=False):
    return sort(concatenate([_without(ar1, ar2, assume_unique), _without(ar2, ar1, assume_unique)]))
