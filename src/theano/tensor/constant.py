"""Constants, and anything as a tensor variable."""


import numpy as np

from theano.config import config
from theano.errors import AsTensorError, EmptyConstantError, NotScalarConstantError
from theano.graph.variable import Apply, Constant, Variable
from theano.late import hashlib
from theano.scalar.dtype import NUMBERS, kind_of, numpy_dtype, text_of
from theano.scalar.type import Scalar, convert, resolve
from theano.tensor.type import TensorType
from theano.tensor.variable import TensorConstant, method, signature_of

constant_cache = {}         # signature -> the constant that stands for it
CACHED_RANGE = (-10, 10)    # integers of which one constant serves all graphs
CACHED_FLOATS = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 1.6, 2.0)


def _asarray(a, dtype, order=None):
    """``a`` as an array of exactly ``dtype``, which may be "floatX"."""
    return np.asarray(a, dtype=numpy_dtype(resolve(dtype)), order=order)


def hash_from_ndarray(data):
    """A text that is equal for arrays of equal dtype, shape and content."""
    described = f"{text_of(data.dtype)} {data.shape} ".encode() + np.ascontiguousarray(data).tobytes()
    return hashlib.blake2b(described, digest_size=20).hexdigest()


def constant(x, name=None, ndim=None, dtype=None):
    """A tensor constant with the value of ``x``.

    ndim: dimensions of extent 1 are added at the left, or checked away, to have as many. Small numbers without
    name are shared: the same constant serves everywhere.
    """
    if isinstance(x, TensorConstant) and dtype is None and ndim in (None, x.type.ndim):
        return x
    data = _as_data(x, dtype)
    if ndim is not None and data.ndim != ndim:
        data = _with_ndim(data, ndim)
    kind = TensorType(data.dtype.name, [n == 1 for n in data.shape], shape=data.shape)
    if name is not None or data.ndim or not _is_common(data):
        return TensorConstant(kind, data, name=name)
    key = signature_of(kind, data)
    known = constant_cache.get(key)
    if known is None:
        known = constant_cache[key] = _cached(TensorConstant(kind, data))
    return known


def _as_data(x, dtype):
    if isinstance(x, np.memmap):
        return x
    if isinstance(x, Constant):
        x = x.data
    if isinstance(x, (list, tuple)) and any(isinstance(e, Variable) for e in x):
        raise TypeError(f"a constant needs numbers, got {x!r}")
    if dtype is None and isinstance(x, (list, tuple)) and not x:
        dtype = config.floatX
    kind = None if dtype is None else numpy_dtype(resolve(dtype))
    data = convert(x, dtype) if np.ndim(x) == 0 else np.asarray(x, dtype=kind)
    if kind_of(data.dtype) not in NUMBERS:
        raise TypeError(f"Could not convert {x!r} to a tensor: its dtype would be {data.dtype}")
    if data is x:
        data = data.copy()
    return data


def _with_ndim(data, ndim):
    if data.ndim > ndim:
        raise ValueError(f"ndarray could not be cast to constant with {ndim} dimensions: it has {data.ndim}")
    return data.reshape((1,) * (ndim - data.ndim) + data.shape)


def _is_common(data):
    if data.dtype.kind in "iu":
        return CACHED_RANGE[0] <= data <= CACHED_RANGE[1]
    return kind_of(data.dtype) == "f" and float(data) in CACHED_FLOATS


def _cached(variable):
    variable.cached = True
    return variable


def _clone_cached(self):
    """A constant of its own: what is cached belongs to no graph."""
    twin = TensorConstant(self.type, self.data, self.name)
    twin.tag.__dict__.update(self.tag.__dict__)
    return twin


TensorConstant.clone = _clone_cached
TensorType.make_constant_of = staticmethod(lambda value, dtype: constant(value, dtype=dtype))

STACK = []                  # function that stacks a list of variables, filled by the module of joins


def as_tensor_variable(x, name=None, ndim=None):
    """``x`` as a tensor variable.

    x: variable, node, number, array, or nested list of these. ndim: add or remove dimensions of extent 1 at the left
    to have as many. Raises AsTensorError, TypeError or ValueError for anything else.
    """
    if isinstance(x, Variable):
        return _from_variable(x, ndim)
    if hasattr(x, "_as_TensorVariable"):
        return x._as_TensorVariable()
    if isinstance(x, Apply):
        return _from_variable(x.default_output(), ndim)
    if isinstance(x, (tuple, list)) and any(isinstance(e, Variable) or isinstance(e, (tuple, list))
                                            and _has_variable(e) for e in x):
        return _from_variable(STACK[0](x), ndim)
    if isinstance(x, (bool, np.bool_)) and not isinstance(x, np.bool_):
        raise AsTensorError(f"{x} is no tensor, np.array({x}) is. If it came from v == w: that asks whether they are "
                            "the same variable; theano.tensor.eq(v, w) compares values.")
    try:
        return constant(x, name=name, ndim=ndim)
    except (TypeError, ValueError) as error:
        if isinstance(error, ValueError) and ndim is not None:
            raise
        text = repr(x)
        raise AsTensorError(f"Cannot convert {text if len(text) < 100 else text[:97] + '...'} to TensorType: "
                            f"it is a {type(x).__name__}") from error


as_tensor = as_tensor_variable


def _has_variable(x):
    return any(isinstance(e, Variable) or isinstance(e, (tuple, list)) and _has_variable(e) for e in x)


def _from_variable(x, ndim):
    if not isinstance(x.type, TensorType):
        x = _other_type(x)
    if ndim is None or x.type.ndim == ndim:
        return x
    if x.type.ndim > ndim:
        extra = x.type.ndim - ndim
        if not all(x.type.broadcastable[:extra]):
            raise ValueError(f"{x}, a {x.type}, could not be cast to have {ndim} dimensions: only leading axes "
                             "that are broadcastable can be dropped")
        return x.dimshuffle(list(range(extra, x.type.ndim)))
    return x.dimshuffle(["x"] * (ndim - x.type.ndim) + list(range(x.type.ndim)))


FROM_TYPE = {}              # type class -> function(variable) -> tensor variable


def _other_type(x):
    for cls, convert_ in FROM_TYPE.items():
        if isinstance(x.type, cls):
            return convert_(x)
    raise AsTensorError(f"Variable type field must be a TensorType, got {x} of type {x.type}.", x, x.type)


# -- what a variable always is ----------------------------------------------------------------------------

SEEN_THROUGH = {}           # op class -> function(node, index, get) -> number; raises NotScalarConstantError


@method("get_scalar_constant_value")
def get_scalar_constant_value(orig_v, elemwise=True, only_process_constants=False, max_recur=10):
    """The number that a variable always is: a 0-d ndarray.

    Looks through dimshuffles, fills, casts and simple arithmetic of constants. Raises NotScalarConstantError where
    it can't tell, EmptyConstantError for an empty constant.
    """
    v = orig_v
    if v is None:
        raise NotScalarConstantError()
    if isinstance(v, (np.integer, int, float)):
        return np.asarray(v)
    if isinstance(v, np.ndarray):
        return numpy_scalar(v).copy()
    if isinstance(v, Constant):
        if getattr(v.tag, "unique_value", None) is not None:
            return numpy_scalar(v.tag.unique_value).copy()
        if not isinstance(v.data, (np.ndarray, np.generic)):
            raise NotScalarConstantError()
        return numpy_scalar(np.asarray(v.data)).copy()
    if only_process_constants or v.owner is None or max_recur <= 0:
        raise NotScalarConstantError()

    def get(variable):
        return get_scalar_constant_value(variable, elemwise, False, max_recur - 1)

    node = v.owner
    rule = SEEN_THROUGH.get(type(node.op))
    if rule is None or (not elemwise and type(node.op).__name__ == "Elemwise"):
        raise NotScalarConstantError()
    return np.asarray(rule(node, v.index, get))


def numpy_scalar(data):
    """The one number of an array; NotScalarConstantError when its elements differ or there are none."""
    if data.ndim > 0 and data.size == 0:
        raise EmptyConstantError()
    flat = data.reshape(-1)
    if data.ndim > 0 and not (flat == flat[0]).all():
        raise NotScalarConstantError("array differs", data)
    return np.asarray(flat[0])


def extract_constant(x, elemwise=True, only_process_constants=False):
    """The number a variable always is, or the variable itself as a tensor."""
    try:
        return get_scalar_constant_value(x, elemwise, only_process_constants)
    except NotScalarConstantError:
        pass
    if isinstance(getattr(x, "type", None), Scalar):
        return _other_type(x)
    return x
