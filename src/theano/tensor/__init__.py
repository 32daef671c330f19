"""Arrays: everything that is called ``theano.tensor.something``."""

from theano.errors import (
    AdvancedIndexingError,
    AsTensorError,
    EmptyConstantError,
    MethodNotDefined,
    NotScalarConstantError,
    ShapeError,
)
from theano.gradient import DisconnectedType, Lop, Rop, consider_constant, grad, grad_not_implemented, grad_undefined
from theano.graph.op import Op
from theano.graph.outline import min_informative_str
from theano.graph.pretty import pprint
from theano.graph.type import Generic, Type, generic
from theano.graph.variable import Apply, Constant, Variable
from theano.scalar.type import (
    DTYPES,
    complex_dtypes,
    continuous_dtypes,
    discrete_dtypes,
    float_dtypes,
    int32,
    integer_dtypes,
    of_kind,
    upcast,
)
from theano.tensor import (
    dims,  # noqa: F401  fills a slot of Op
    fft,
    fourier,
    inplace,
    nnet,
    signal,
)
from theano.tensor import type as _type
from theano.tensor.advanced import (
    AdvancedBooleanIncSubtensor,
    AdvancedBooleanSubtensor,
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    advanced_inc_subtensor,
    advanced_inc_subtensor1,
    advanced_set_subtensor,
    advanced_set_subtensor1,
    advanced_subtensor,
    advanced_subtensor1,
    inc_subtensor,
    set_subtensor,
    take,
)
from theano.tensor.arithmetic import (
    as_int_none_variable,
    ceil_intdiv,
    check_equal_numpy,
    cov,
    div_proxy,
    divmod,
    iround,
    mod_check,
    register_transfer,
    transfer,
)
from theano.tensor.careduce import All, Any, CAReduce, CAReduceDtype, Prod, ProdWithoutZeros, Sum
from theano.tensor.compare import allclose, isclose
from theano.tensor.constant import (
    as_tensor,
    as_tensor_variable,
    constant,
    constant_cache,
    extract_constant,
    get_scalar_constant_value,
    numpy_scalar,
)
from theano.tensor.counterpart import numpy_function  # what they do with variables
from theano.tensor.create import (
    Alloc,
    AllocEmpty,
    ARange,
    Eye,
    Tri,
    alloc,
    alloc_validate_shape,
    arange,
    bartlett,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    identity_like,
    ones,
    ones_like,
    tri,
    tril,
    triu,
    zeros,
    zeros_like,
)
from theano.tensor.cumulate import CumOp, DiffOp, cumprod, cumsum, diff
from theano.tensor.default import Default, default, setdefault
from theano.tensor.diagonal import (
    AllocDiag,
    ExtractDiag,
    diag,
    diagonal,
    fill_diagonal,
    fill_diagonal_offset,
)
from theano.tensor.disk import LoadFromDisk, load
from theano.tensor.dot import Dot, batched_dot, batched_tensordot, dot, outer, tensordot
from theano.tensor.elemwise import ELEMWISE, DimShuffle, Elemwise, cast, round
from theano.tensor.grid import mgrid, ogrid
from theano.tensor.index import IncSubtensor, Subtensor, get_canonical_form_slice, get_idx_list
from theano.tensor.join import (
    Join,
    Split,
    concatenate,
    horizontal_stack,
    join,
    roll,
    split,
    stack,
    stacklists,
    vertical_stack,
)
from theano.tensor.multiindex import ravel_multi_index, unravel_index
from theano.tensor.nonzero import Nonzero, flatnonzero, nonzero, nonzero_values
from theano.tensor.others import ProdOfOthers  # noqa: F401  the gradient of Prod
from theano.tensor.permute import PermuteRowElements, inverse_permutation, permute_row_elements
from theano.tensor.reduce import (
    Argmax,
    MaxAndArgmax,
    Mean,
    all,
    any,
    argmax,
    argmin,
    check_and_normalize_axes,
    largest,
    logsumexp,
    makeKeepDims,
    max,
    max_and_argmax,
    mean,
    min,
    prod,
    ptp,
    smallest,
    std,
    sum,
    var,
)
from theano.tensor.repeat import Choose, Tile, bincount, choose, compress, repeat, tile, to_one_hot
from theano.tensor.shape import (
    Flatten,
    MakeVector,
    Rebroadcast,
    Reshape,
    ScalarFromTensor,
    Shape,
    Shape_i,
    SpecifyShape,
    TensorFromScalar,
    addbroadcast,
    flatten,
    get_vector_length,
    is_flat,
    make_vector,
    patternbroadcast,
    reshape,
    scalar_from_tensor,
    shape,
    shape_i,
    shape_padaxis,
    shape_padleft,
    shape_padright,
    specify_shape,
    squeeze,
    swapaxes,
    tensor_from_scalar,
    transpose,
    unbroadcast,
)
from theano.tensor.shared import ScalarSharedVariable, TensorSharedVariable
from theano.tensor.shared import shared as _shared
from theano.tensor.slices import (
    MakeSlice,
    NoneConst,
    NoneType,
    SliceConstant,
    SliceType,
    as_index_variable,
    make_slice,
    none_type,
    slicetype,
)
from theano.tensor.sort import argsort, argtopk, searchsorted, sort, topk, topk_and_argtopk
from theano.tensor.tolerance import (
    float16_atol,
    float16_rtol,
    float32_atol,
    float32_rtol,
    float64_atol,
    float64_rtol,
)
from theano.tensor.type import TensorType, tensor, values_eq_approx_always_true
from theano.tensor.update import AdvancedUpdate
from theano.tensor.variable import TensorConstant, TensorConstantSignature, TensorVariable, _tensor_py_operators

globals().update(_type.CONSTRUCTORS)                       # scalar, dvector, fmatrices ...
globals().update(_type.GROUPS)                             # int_vector_types, float_types ...
globals().update(ELEMWISE)                                 # add, exp, switch ...: one for each row of the table
Tensor = TensorType
from theano.tensor.arithmetic import isinf, isnan  # noqa: E402, F811  functions over rows of that name
from theano.tensor.elemwise import cast, round  # noqa: E402, F811

clip, where, fill, power, true_divide = (ELEMWISE[n] for n in ("clip", "switch", "second", "pow", "true_div"))
floor_div, square, inverse = ELEMWISE["int_div"], ELEMWISE["sqr"], ELEMWISE["inv"]
bitwise_and, bitwise_or, bitwise_xor, bitwise_not = (ELEMWISE[n] for n in ("and_", "or_", "xor", "invert"))
tensor_copy, complex_from_polar = ELEMWISE["identity"], ELEMWISE["complex_from_polar"]
isnan_, isinf_, join_ = ELEMWISE["isnan"], ELEMWISE["isinf"], Join()
int_dtypes, uint_dtypes, all_dtypes = of_kind("int"), of_kind("uint"), tuple(DTYPES)
int32_t, none_type_t, NoneTypeT, numpy_diagonal_return_view = int32, none_type, NoneType, True
get_scalar_constant_value_elemwises = tuple(ELEMWISE[n].scalar_op.__class__ for n in (
    "cast_int8", "switch", "neq", "eq", "lt", "gt", "le", "ge", "second", "add", "sub", "mul", "int_div", "true_div",
    "mod", "neg", "minimum", "maximum"))    # what `get_scalar_constant_value` computes


def __getattr__(name):
    """NumPy's functions that have no other form here: ``theano.tensor.moveaxis`` and ``numpy.moveaxis`` are one."""
    function = None if name.startswith("_") else numpy_function(name)
    if function is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return function
