"""Theano 2: a compiler for symbolic, strongly typed, NumPy-like expressions."""

from theano import compile, gradient, graph, printing, scalar, tensor
from theano import legacy as _legacy
from theano.compile.doctor import doctor
from theano.compile.function import function, function_dump
from theano.compile.io import In, Out, Param, SymbolicInput, SymbolicOutput
from theano.compile.linker import CLinker, DualLinker, Linker, LocalLinker, OpWiseCLinker, PerformLinker
from theano.compile.maker import FunctionMaker
from theano.compile.mode import Mode, predefined_linkers, predefined_modes, predefined_optimizers
from theano.compile.profilemode import ProfileMode
from theano.compile.profiling import ProfileStats
from theano.compile.rebuild import clone_replace as clone
from theano.compile.tracing import trace
from theano.compile.verify import verify_grad
from theano.config import ChangeFlags as change_flags
from theano.config import config
from theano.errors import InconsistencyError, MissingInputError, UnusedInputError
from theano.gradient import Lop, Rop, grad, subgraph_grad
from theano.graph.cop import OpenMPOp
from theano.graph.fgraph import FunctionGraph
from theano.graph.function_op import as_op
from theano.graph.op import Op
from theano.graph.shared import Container, SharedVariable
from theano.graph.type import Generic, Type, generic
from theano.graph.updates import OrderedUpdates
from theano.graph.variable import Apply, Constant, Variable
from theano.inner.batch import stacks as _stacks  # noqa: F401  fills the table of NumPy's functions
from theano.inner.batch.front import vectorize, vectorize_graph
from theano.inner.custom import custom_grad
from theano.inner.jacobian import hessian as _hessian
from theano.inner.jacobian import jacobian as _jacobian
from theano.inner.scan.front import foldl, foldr, map, reduce, scan, scan_checkpoints
from theano.inner.scan.structured import loop
from theano.inner.subgraph import OpFromGraph
from theano.log import (
    disable_log_handler,
    has_handlers,
    logging_default_formatter,
    logging_default_handler,
    theano_logger,
)
from theano.printing import pp, pprint
from theano.runtime.native import get_num_threads, set_num_threads
from theano.tensor.advanced import sparse_grad
from theano.tensor.constant import _asarray
from theano.tensor.plain import dot, get_scalar_constant_value
from theano.tensor.shared import shared
from theano.tensor.variable import TensorConstant, TensorVariable

__version__ = "2.0.0.dev0"
__api_version__ = 1                     # of the original's interface, which this one is

tensor.verify_grad, tensor.numeric_grad = verify_grad, gradient.numeric_grad
tensor.printing = scalar.printing = printing
gradient.jacobian, gradient.hessian = tensor.jacobian, tensor.hessian = _jacobian, _hessian

_legacy.install()
