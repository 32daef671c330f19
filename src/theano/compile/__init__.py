"""From expressions to callables: ``theano.compile.something``."""

from theano.compile import debugmode, inner, mode, monitormode, nanguardmode
from theano.compile.callable import Function
from theano.compile.debugmode import DebugMode
from theano.compile.function import evaluate, function, function_dump, pfunc
from theano.compile.io import In, Out, Param, SymbolicInput, SymbolicOutput
from theano.compile.linker import CLinker, DualLinker, Linker, LocalLinker, OpWiseCLinker, PerformLinker, VM_Linker
from theano.compile.maker import FunctionMaker
from theano.compile.mode import (
    FAST_COMPILE,
    FAST_RUN,
    Mode,
    get_default_mode,
    get_mode,
    predefined_linkers,
    predefined_modes,
    predefined_optimizers,
    register_linker,
    register_mode,
    register_optimizer,
)
from theano.compile.monitormode import MonitorMode
from theano.compile.profiling import ProfileStats, ScanProfileStats
from theano.compile.rebuild import rebuild_collect_shared
from theano.config import config
from theano.errors import AliasedMemoryError, UnusedInputError
from theano.graph.copying import DeepCopyOp, ViewOp, deep_copy_op, view_op
from theano.graph.function_op import FromFunctionOp, as_op
from theano.graph.shared import SharedVariable
from theano.graph.updates import OrderedUpdates
from theano.rewrite.database import optdb
from theano.tensor.shape import Rebroadcast, Shape, Shape_i, SpecifyShape, shape_i, specify_shape
from theano.tensor.shared import shared, shared_constructor

orig_function = function
