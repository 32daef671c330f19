"""Old module names that programs import: one row each, and the importer that serves them.

A row names the modules whose public names the old one shows; nothing of ours uses old names. Packages that most
programs don't need are loaded when they are first used.
"""

import collections.abc
import contextlib
import importlib
import io
import logging
import operator
import struct
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

import numpy as np

from theano.codegen.cops import folders_of_headers
from theano.gradient import DisconnectedType
from theano.late import hashlib
from theano.scalar.type import Scalar
from theano.tensor.advanced import AdvancedSubtensor1
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.shared import shared_constructor

GRAPH = ("graph.variable", "graph.walk", "graph.inline", "graph.fgraph", "graph.op", "graph.cop", "graph.type",
         "graph.enum", "graph.params", "graph.ctext", "graph.shared", "graph.props", "graph.destroy", "graph.features",
         "graph.testvalue", "errors")
SPARSE = ("sparse", "sparse.type", "sparse.variable", "sparse.convert", "sparse.elemwise", "sparse.dot",
          "sparse.index", "sparse.shape")
OPTIMIZERS = ("rewrite.optimizer", "rewrite.local", "rewrite.navigator")
PREFIX = "theano."
LINALG = ("tensor.linalg.diagonal", "tensor.linalg.hint", "tensor.linalg.solve", "tensor.linalg.cholesky",
          "tensor.linalg.inverse", "tensor.linalg.eigen", "tensor.elemwise", "tensor.careduce", "tensor.dot",
          "tensor.blas", "rewrite.structure")
GATHERED = {
    "gof": (*GRAPH, "compile.linker", *OPTIMIZERS, "rewrite.database", "rewrite.query"),
    "gof.graph": ("graph.variable", "graph.walk", "graph.inline", "graph.ordered", "graph.params"),
    "gof.fg": ("graph.fgraph", "graph.ordered", "graph.sequence", "gradient", "errors"),
    "gof.callcache": ("graph.ordered",),
    "gof.op": ("graph.op", "graph.cop", "graph.ctext", "graph.testvalue", "graph.fgraph", "errors"),
    "gof.type": ("graph.type", "graph.enum", "graph.ctext", "errors"),
    "gof.params_type": ("graph.params", "graph.enum", "errors"),
    "gof.optdb": ("rewrite.database", "rewrite.query", "graph.ordered", "config"),
    "gof.opt": (*OPTIMIZERS, "rewrite.traces", "rewrite.engine", "rewrite.pipeline", "graph.walk",
                "graph.features", "graph.ordered", "graph.sequence", "errors"),
    "gof.toolbox": ("graph.features", "graph.fgraph", "errors"),
    "gof.link": ("compile.linker", "graph.shared", "graph.type"),
    "gof.cc": ("compile.linker", "graph.ctext", "graph.type"),
    "gof.cmodule": ("codegen.build", "config", "errors"),
    "gof.compilelock": (),
    "gof.sched": ("graph.schedule", "graph.walk"),
    "gof.vm": ("compile.linker",),
    "gof.destroyhandler": ("graph.destroy", "graph.ordered", "config"),
    "gof.null_type": ("gradient",),
    "gof.utils": ("graph.sequence", "graph.props", "graph.op", "graph.testvalue", "errors"),
    "compile.builders": ("inner.subgraph", "gradient", "graph.op", "graph.variable"),
    "compile.pfunc": ("compile.function", "compile.io", "compile.rebuild", "tensor.shared", "graph.shared"),
    "compile.function_module": ("compile.maker", "compile.callable", "compile.io", "compile.function", "graph.copying",
                                "errors"),
    "compile.sharedvalue": ("graph.shared", "tensor.shared"),
    "compile.ops": ("graph.copying", "graph.function_op", "tensor.shape"),
    "tensor.basic": ("tensor", "tensor.type", "tensor.variable", "tensor.elemwise", "tensor.constant", "tensor.create",
                     "tensor.careduce", "tensor.reduce", "tensor.shape", "tensor.join", "tensor.dot",
                     "tensor.advanced", "tensor.compare", "gradient",
                     "graph.variable", "graph.op", "errors"),
    "tensor.subtensor": ("tensor.index", "tensor.advanced", "tensor.getitem", "tensor.slices"),
    "tensor.sharedvar": ("tensor.shared", "graph.shared"),
    "tensor.var": ("tensor.variable", "tensor.constant", "errors"),
    "tensor.type_other": ("tensor.slices",),
    "tensor.io": ("tensor.disk", "tensor.message", "graph.type"),
    "tensor.xlogx": (),
    "tensor.opt": ("tensor.assertion", "tensor.shape", "rewrite.rules.shape", "rewrite.database", *OPTIMIZERS),
    "tensor.extra_ops": ("tensor.cumulate", "tensor.repeat", "tensor.diagonal", "tensor.sort", "tensor.multiindex",
                         "tensor.contiguous", "tensor.create", "tensor.shape"),
    "tensor.nnet.bn": ("tensor.nnet.norm",),
    "tensor.utils": ("compile.shapes", "tensor.constant"),
    "tensor.nnet.nnet": ("tensor.nnet", "tensor.nnet.softmax", "tensor.nnet.loss", "tensor.nnet.activation"),
    "tensor.nnet.abstract_conv": ("tensor.nnet.conv", "tensor.nnet.conv_shape", "tensor.nnet.upsample",
                                  "tensor.assertion"),
    "tensor.signal.downsample": ("tensor.signal.pool",),
    "tensor.slinalg": ("tensor.linalg.solve", "tensor.linalg.cholesky", "tensor.linalg.eigen", "tensor.linalg.product"),
    "tensor.nlinalg": ("tensor.linalg.diagonal", "tensor.linalg.inverse", "tensor.linalg.eigen",
                       "tensor.linalg.decompose", "tensor.linalg.product"),
    "tensor.nnet.sigm": ("tensor.nnet", "tensor.nnet.activation"),
    "scalar.basic": ("scalar", "scalar.type", "scalar.op", "scalar.table"),
    "scalar.basic_scipy": ("scalar", "scalar.special"),
    "scalar.sharedvar": ("scalar.shared", "graph.shared", "scalar.type"),
    "sparse.basic": SPARSE,
    "sparse.opt": SPARSE,
    "sparse.sharedvar": ("sparse.shared", "sparse.type", "sparse.variable"),
    "sparse.utils": ("sparse.variable",),
    "sandbox": (),
    "sandbox.linalg": LINALG,
    "sandbox.linalg.ops": LINALG,
    "sandbox.linalg.kron": ("tensor.linalg.product",),
    "sandbox.solve": ("tensor.linalg.solve",),
    "sandbox.rng_mrg": ("tensor.random.mrg", "tensor.random.recurrence"),
    "sandbox.multinomial": ("tensor.random.categorical",),
    "tensor.raw_random": ("tensor.random.function",),
    "tensor.shared_randomstreams": ("tensor.random.streams", "graph.shared", "tensor.shared"),
    "updates": ("graph.updates",),
    "raise_op": (),
    "gpuarray": (),
    "gpuarray.dnn": (),
    "ifelse": ("inner.ifelse", "rewrite.branch_passes"),
    "version": (),
    "configparser": ("configparam", "config"),
    "configdefaults": ("configparam", "config"),
    "scan_module": ("inner.scan.front",),
    "scan_module.scan": ("inner.scan.front",),
    "scan_module.scan_op": ("inner.scan.op", "gradient", "graph.variable", "graph.walk", "tensor.type",
                            "tensor.constant"),
    "scan_module.scan_utils": ("inner.scan.front", "inner.replace", "inner.scan.former",
                               "compile.rebuild", "graph.walk", "tensor.constant"),
    "scan_module.scan_opt": ("rewrite.scan_passes", "rewrite.database", "rewrite.optimizer", "graph.walk"),
    "scan_module.scan_views": ("inner.scan.front",),
    "scan_module.scan_checkpoints": ("inner.scan.front",),
    "typed_list": ("tensor.typedlist", "tensor.type_other", "graph.variable", "graph.op"),
    "typed_list.basic": ("tensor.typedlist", "tensor.type_other", "graph.variable", "graph.op"),
    "typed_list.type": ("tensor.typedlist", "graph.type"),
    "typed_list.opt": ("tensor.typedlist",),
    "d3viz": ("drawing.page",),
    "d3viz.d3viz": ("drawing.page",),
    "d3viz.formatting": ("drawing.formatting",),
    "compat": (),
    "misc": (),
    "tests": (),
    "tests.breakpoint": ("tensor.breakpoint",),
    "misc.may_share_memory": ("tensor.overlap",),
    "misc.pkl_utils": ("compile.persistence",),
    "misc.safe_asarray": ("tensor.constant",),
    "misc.ordered_set": ("graph.ordered",),
    "scalar.basic_sympy": ("scalar.symbolic", "scalar.op", "scalar.type", "graph.variable"),
}


def exc_message(error):
    """What an exception says: its argument, or all of them when there are several."""
    return error.args[0] if len(error.args) == 1 else error.args


def no_lock(*args, **kwargs):
    """Nothing: compiled functions are kept without locks."""


def absent(context_name=None):
    """False: there is no cuDNN."""
    return False


def equal_slices(s1, s2):
    """Whether two slices have the same bounds and step."""
    return (s1.start, s1.stop, s1.step) == (s2.start, s2.stop, s2.step)


def hashtype(self):
    """The hash of an object's class by its name, the same in all processes that have no random hashes."""
    return hash(type(self).__name__) ^ hash(type(self).__module__)


def hash_from_code(msg):
    """A text that is equal for equal texts or bytes."""
    return hashlib.blake2b(msg.encode() if isinstance(msg, str) else msg, digest_size=20).hexdigest()


EXTRA = {                       # further names of an old module: where they are, "module:name", or the value
    "compile.function_module": {"orig_function": "compile.function:function"},
    "configparser": {"change_flags": "config:ChangeFlags", "TheanoConfigParser": "config:Config"},
    "tensor.basic": {"_shared": "tensor.shared:shared", "ParamsType": "graph.params:ParamsType",
                     **{f"_convert_to_{row[5:]}": op for row, op in ELEMWISE.items() if row.startswith("cast_")}},
    "tensor.var": {"equal_slices": equal_slices, "hashtype": hashtype, "config": "config:config"},
    "raise_op": {"Raise": "tensor.assertion:Raise"},
    "version": {name: ":__version__" for name in ("version", "full_version", "short_version")},
    "tensor.type_other": {"NoneTypeT": "tensor:NoneTypeT", "none_type_t": "tensor:none_type_t",
                          "as_int_none_variable": "tensor:as_int_none_variable", "Generic": "graph.type:Generic",
                          "hashtype": hashtype},
    "tensor.utils": {"hash_from_code": hash_from_code},
    "tensor.xlogx": {"Elemwise": "tensor:Elemwise", "XlogX": "scalar.special:XlogX", "XlogY0": "scalar.special:XlogY0",
                     "scalar_xlogx": "scalar.special:xlogx", "scalar_xlogy0": "scalar.special:xlogy0",
                     "xlogx": ELEMWISE["xlogx"], "xlogy0": ELEMWISE["xlogy0"]},
    "tensor.nnet.abstract_conv": {"abstract_conv2d": "tensor.nnet.conv:conv2d"},
    "tensor.signal.downsample": {"max_pool_2d": "tensor.signal.pool:pool_2d"},
    "configdefaults": {"change_flags": "config:ChangeFlags", "TheanoConfigParser": "config:Config",
                       "python_int_bitwidth": lambda: 8 * struct.calcsize("l"),
                       "local_bitwidth": lambda: 8 * struct.calcsize("P")},
    "gpuarray": {"pygpu": None, "pygpu_activated": False},              # programs ask whether there is a GPU
    "gpuarray.dnn": {"dnn_present": absent, "dnn_available": absent},
    "ifelse": {"Op": "graph.op:Op", "clone": "compile.rebuild:clone_replace", "optdb": "rewrite.database:optdb",
               "cond_remove_identical": "rewrite.rules.branch:equal_values",
               "cond_merge_ifs_true": "rewrite.rules.branch:same_condition_within",
               "cond_merge_ifs_false": "rewrite.rules.branch:same_condition_within",
               "ifelse_lift_single_if_through_acceptable_ops": "rewrite.rules.branch:part_of_choice"},
    "tensor.opt": {"assert_": "tensor.assertion:assert_op"},
    "scan_module.scan_utils": {"clone": "compile.rebuild:clone_replace"},
    "gof.utils": {"PY3": True, "string_types": (str,), "integer_types": (int,), "undef": object(),
                  "scratchpad": "graph.props:Scratchpad", "hashtype": hashtype, "MetaObject": "graph.props:WithProps"},
    "gof": {"PureOp": "graph.op:Op", "object2": object, "hashtype": hashtype, "theano": sys.modules["theano"]},
    "gof.opt": {"is_same_graph_with_merge": "graph.walk:is_same_graph", "string_types": (str,), "logging": logging,
                "theano": sys.modules["theano"], "config": "config:config"},
    "gof.cmodule": {"get_lib_extension": lambda: "pyd" if sys.platform == "win32" else "so",
                    "std_include_dirs": folders_of_headers},
    "gof.compilelock": {"get_lock": no_lock, "release_lock": no_lock, "force_unlock": no_lock,
                        "lock_ctx": lambda lock_dir=None, keep_lock=False, **kw: contextlib.nullcontext()},
    "gof.optdb": {"opt": "gof.opt:"},
    "gof.sched": {"cmp": lambda x, y: (x > y) - (x < y)},
    "tensor.subtensor": {
        "ParamsType": "graph.params:ParamsType", "hashtype": hashtype, "config": "config:config",
        "MethodNotDefined": "errors:MethodNotDefined", "pprint": "printing:pprint",
        "AdvancedBooleanIndexingError": "errors:AdvancedBooleanIndexingError", "integer_types": (int,),
        "SubtensorPrinter": "printing:SubtensorPrinter", "NoneTypeT": "tensor.slices:NoneType",
        "alloc": "tensor:alloc", "clip": "tensor:clip", "addbroadcast": "tensor:addbroadcast"},
    "tensor.extra_ops": {
        "ParamsType": "graph.params:ParamsType", "EnumList": "graph.enum:EnumList", "Generic": "graph.type:Generic",
        "int_t": Scalar("int32"),
        "disconnected_type": DisconnectedType(), "bartlett_": "tensor.create:bartlett"},
    "gof.graph": {"NoParams": object(), "is_same_graph_with_merge": "graph.walk:is_same_graph",
                  "config": "config:config",
                  "string_types": (str,), "integer_types": (int,)},
    "gof.op": {"PureOp": "graph.op:Op", "utils": "gof.utils:"},
    "gof.type": {"PureType": "graph.type:Type", "Op": "graph.op:Op", "change_flags": "config:ChangeFlags",
                 "string_types": (str,)},
    "compat": {"PY3": True, "exc_message": exc_message, "izip": zip, "imap": map, "ifilter": filter,
               "BytesIO": io.BytesIO, "StringIO": io.StringIO, "OrderedDict": collections.OrderedDict,
               "Callable": collections.abc.Callable, "operator_div": operator.truediv, "decode": bytes.decode,
               "cmp": lambda x, y: (x > y) - (x < y)},
}
for _old in ("tensor.slinalg", "tensor.nlinalg", "sandbox.linalg", "sandbox.linalg.ops"):
    EXTRA[_old] = {"imported_scipy": True, "logger": logging.getLogger(PREFIX + _old)}          # SciPy is required
EXTRA["sandbox.linalg.ops"] |= {            # rewrites, by the names that they had
    "inv_as_solve": "rewrite.rules.linalg:product_with_inverse", "remove_hint_nodes": "rewrite.rules.linalg:hint",
    "no_transpose_symmetric": "rewrite.rules.linalg:transpose_of_symmetric",
    "integer_types": (int,),
    "transinv_to_invtrans": "rewrite.rules.linalg:transpose_of_inverse",
    "tag_solve_triangular": "rewrite.rules.linalg:solve_of_triangular",
    "local_log_pow": "rewrite.rules.linalg:log_of_power", "local_log_prod_sqr": "rewrite.rules.linalg:log_of_product",
    "psd_solve_with_chol": "rewrite.rules.factor:solve_of_definite",
    "local_det_chol": "rewrite.rules.factor:det_of_definite"}
EXTRA["tensor.nlinalg"]["_zero_disconnected"] = "tensor.linalg.adjoint:zero_disconnected"
STAR = {                        # what programs find in these modules besides: `from theano.tensor import *` brings it
    "": {"theano": ":"},
    "tensor": {"np": np, "theano": ":", "compile": "compile:", "config": "config:config", "basic": "tensor.basic:",
               "scal": "scalar:", "hashtype": hashtype, "ParamsType": "graph.params:ParamsType",
               "AdvancedBooleanIndexingError": "errors:AdvancedBooleanIndexingError",
               "SubtensorPrinter": "printing:SubtensorPrinter",
               **{name: f"tensor.subtensor:{name}" for name in (
                   "BaseAdvancedSubtensor", "BaseAdvancedIncSubtensor", "adv_index_broadcastable_pattern",
                   "advanced_boolean_subtensor", "advanced_boolean_inc_subtensor", "advanced_boolean_set_subtensor",
                   "check_advanced_indexing_dimensions", "check_and_reject_bool", "make_constant")}},
    "tensor.elemwise": {"pprint": "graph.pretty:pprint", "TensorConstant": "tensor.variable:TensorConstant",
                        "change_flags": "config:ChangeFlags", "get_scalar_type": "scalar.type:get_scalar_type",
                        "DimShufflePrinter": "printing:DimShufflePrinter",
                        "ParamsType": "graph.params:ParamsType", "COp": "graph.cop:COp",
                        **{name: f"tensor.careduce:{name}" for name in (
                            "CAReduce", "CAReduceDtype", "Sum", "Prod", "ProdWithoutZeros", "All", "Any",
                            "MulWithoutZeros", "mul_without_zeros")}},
    "tensor.type": {"hashtype": hashtype, "Variable": "graph.variable:Variable"},
    "tensor.sort": {"mul": "tensor:mul"},
    "gradient": {"FAST_RUN": "compile.mode:FAST_RUN", "get_mode": "compile.mode:get_mode", "tensor": "tensor:",
                 "mode_not_slow": "compile.mode:mode_not_slow", "get_debug_values": "graph.testvalue:get_debug_values"},
    "tensor.inplace": {"pprint": "graph.pretty:pprint"},
    "scalar": {"config": "config:config", "theano": ":"},
}
MESSAGES = ("MPIRecv MPIRecvWait MPISend MPISendWait irecv isend key_to_cmp mpi_cmps mpi_enabled mpi_keys"
            " mpi_send_wait_cmp mpi_send_wait_key mpi_tag_cmp mpi_tag_key recv send").split()
WHEN_ASKED = {                  # attributes that are made when they are asked for: old modules, and what loads more
    "": {"opt": "gof.opt:", "toolbox": "gof.toolbox:", "utils": "gof.utils:"},
    "tensor": {"gof": "gof:", **{name: f"tensor.message:{name}" for name in MESSAGES}},
    "scalar": {"gof": "gof:", "utils": "gof.utils:"},
    "gof": {"callcache": "gof.callcache:"},
    "d3viz.formatting": {"pydot_imported": "drawing.formatting:pydot_imported"},
}
EXTRA["typed_list"] = {"T": "tensor:", "theano": ":"}
EXTRA["tensor.raw_random"] = {"RandomStreamsBase": "tensor.random.streams:RandomStreamsBase",
                              "theano": sys.modules["theano"]}          # programs that import * use it
EXTRA["sparse.basic"] = {f"_{name}": f"sparse.variable:{name}" for name in (
    "is_sparse", "is_dense", "is_sparse_variable", "is_dense_variable")}
EXTRA["sparse.opt"] = {             # what had a second op with C code has one op, and its kernel is no op
    old: f"sparse:{new}" for old, new in (
        ("AddSD_ccode", "AddSD"), ("CSMGradC", "CSMGrad"), ("MulSDCSC", "MulSD"), ("MulSDCSR", "MulSD"),
        ("MulSVCSR", "MulSV"), ("SamplingDotCSR", "SamplingDot"), ("StructuredAddSVCSR", "StructuredAddSV"),
        ("StructuredDotCSC", "StructuredDot"), ("StructuredDotCSR", "StructuredDot"), ("UsmmCscDense", "Usmm"))}
LATE = "sparse", "tensor.nnet.conv3d2d"     # packages and modules that are loaded when they are first used
LATE_SHARED = {                     # how names of classes begin whose values are shared by what is not loaded yet
    "scipy.sparse.": "sparse:shared",
    "numpy.random.mtrand.RandomState": "tensor.random.streams:randomstate_constructor"}


LIVE = {                            # old module -> the module where what is assigned to its names takes effect
    "tensor": "tensor.tolerance", "tensor.basic": "tensor.tolerance", "d3viz": "drawing.page"}


KEPT = {"var", "d3viz"}
CALLED = (                          # old modules that have the name of a function in the package they are in
    "tensor.xlogx", "scan_module.scan", "scan_module.scan_checkpoints")


class LiveModule(ModuleType):
    """A module some of whose names belong to another one: what is assigned to them takes effect there.

    The functions `KEPT` stay when old submodules of these names are imported.
    """

    def __setattr__(self, name, value):
        if name in KEPT and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)
        owner = sys.modules[PREFIX + LIVE[self.__name__[len(PREFIX):]]]
        if name in vars(owner) and not name.startswith("__"):
            setattr(owner, name, value)


class CalledModule(ModuleType):
    """A module with a function of its own name, in whose place it stands in its package; a call goes to that."""

    def __call__(self, *args, **kwargs):
        return vars(self)[self.__name__.rpartition(".")[2]](*args, **kwargs)


class LegacyFinder:
    """Imports an old module name; nothing else in the package knows that it exists."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """The spec of an old module or of a package loaded late, None for anything else."""
        old = name[len(PREFIX):] if name.startswith(PREFIX) else ""
        if old in LATE:
            spec = PathFinder.find_spec(name, path, target)
            if spec is not None and type(spec.loader) is SourceFileLoader:
                spec.loader = LateLoader(spec.loader.name, spec.loader.path)
            return spec
        if old in GATHERED:
            is_package = any(other.startswith(old + ".") for other in GATHERED)
            if old.partition(".")[0] == "tests" and PathFinder.find_spec(name, path, target) is not None:
                return None                     # somebody put the original's tests there
            return ModuleSpec(name, LegacyFinder, is_package=is_package)
        return None

    @staticmethod
    def create_module(spec):
        """The module, with the names it shows."""
        old = spec.name[len(PREFIX):]
        kind = LiveModule if old in LIVE else CalledModule if old in CALLED else ModuleType
        module = kind(spec.name, f"Old name of {', '.join(PREFIX + m for m in GATHERED[old])}.")
        for source in reversed(GATHERED[old]):
            found = importlib.import_module(PREFIX + source)
            module.__dict__.update({k: v for k, v in vars(found).items() if not k.startswith("__")})
        for name, place in EXTRA.get(old, {}).items():
            module.__dict__[name] = _resolve(place)
        module.__getattr__ = _submodules_of(spec.name)
        return module

    @staticmethod
    def exec_module(module):
        """Nothing is left to do."""


class LateLoader(SourceFileLoader):
    """Loads a package that has old submodules, and lets it show them."""

    def exec_module(self, module):
        """Run the package, then add what finds its old submodules."""
        super().exec_module(module)
        _show_submodules(module)


def _resolve(place):
    """The thing at "module:name", or the module at "module:"; anything but a text stands for itself."""
    if not isinstance(place, str):
        return place
    where, _, attribute = place.partition(":")
    module = importlib.import_module((PREFIX + where).rstrip("."))
    return getattr(module, attribute) if attribute else module


def _submodules_of(package, own=None):
    """A ``__getattr__`` that imports old submodules of ``package``, and leaves other names to ``own``, or raises."""
    inside = package[len(PREFIX):] + "." if package.startswith(PREFIX) else ""

    def attribute(name):
        if inside + name in GATHERED or inside + name in LATE:
            return importlib.import_module(PREFIX + inside + name)
        if name in WHEN_ASKED.get(inside.rstrip("."), ()):
            return _resolve(WHEN_ASKED[inside.rstrip(".")][name])
        if own is not None:
            return own(name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    attribute.own = own
    return attribute


def _show_submodules(module):
    """Let a package show its old submodules, besides what it shows when asked itself."""
    own = module.__dict__.get("__getattr__")
    module.__getattr__ = _submodules_of(module.__name__, getattr(own, "own", own))


def shared_late(value, **kwargs):
    """A shared variable for a value of `LATE_SHARED`; loads the module that knows it.

    Raises TypeError for anything else.
    """
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    for start, constructor in LATE_SHARED.items():
        if name.startswith(start):
            return _resolve(constructor)(value, **kwargs)
    raise TypeError(f"no module loaded late knows values of {type(value)}")


def sparse_gradient(*inputs):
    """The gradient of rows of a matrix as a sparse matrix; loads `theano.sparse`."""
    return importlib.import_module(PREFIX + "sparse").construct_sparse_from_list(*inputs)


def install():
    """Serve old module names from now on, by import and as attributes of the packages they were in."""
    if LegacyFinder not in sys.meta_path:
        sys.meta_path.insert(0, LegacyFinder)           # before the finder of files, for packages loaded late
        shared_constructor(shared_late)
        AdvancedSubtensor1.sparse_gradient = staticmethod(sparse_gradient)
    parents = {PREFIX + old.rpartition(".")[0] for old in GATHERED if "." in old} | {"theano"}
    for parent in parents:
        if parent in sys.modules:
            _show_submodules(sys.modules[parent])
    for old in LIVE:
        if PREFIX + old in sys.modules:
            sys.modules[PREFIX + old].__class__ = LiveModule
    for package, names in STAR.items():
        for name, place in names.items():
            sys.modules[(PREFIX + package).rstrip(".")].__dict__.setdefault(name, _resolve(place))
    for old in CALLED:
        if PREFIX + old.rpartition(".")[0] in sys.modules:
            importlib.import_module(PREFIX + old)       # takes the place of the function in the package
