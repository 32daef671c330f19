"""The contract of an operation."""

import copy
import inspect
import sys

import numpy as np

from theano.config import config
from theano.errors import MethodNotDefined
from theano.graph import origin, testvalue
from theano.graph.ctext import CLinkerOp
from theano.graph.props import WithProps
from theano.graph.variable import Apply

DERIVED = ("_hash", "_token")       # kept on ops to be quick, never copied or pickled


class Op(CLinkerOp, WithProps):
    """What a node computes.

    A subclass defines `make_node` (or ``itypes`` and ``otypes``), `perform`, and where they exist
    `grad` or `L_op`, `R_op`, `infer_shape`. ``__props__`` names the attributes that make two ops equal.

    A method ``batch_op(node, inputs, batched)`` is its rule for `theano.vectorize`: ``inputs`` take the place of those
    of ``node``, with one more axis in front where ``batched``, a list of bool, says so. It returns what takes the place
    of the outputs, with one more axis in front too unless they are the same for all rows; None: run every row alone.

    Attributes
    ----------
    view_map : dict
        output index -> list of input indices that the output may be a view of.
    destroy_map : dict
        output index -> list of input indices whose storage the output overwrites.
    default_output : int or None
        Which output a call returns; None returns the only one, or all.
    rop_takes_none : bool
        Whether `R_op` is right where only some inputs have a direction, and the points of the others are None.
    takes_none : tuple of int
        Inputs that may be None, as something else then takes their place; arguments of functions that are these may be.
    rule_key : str or None
        Under what the rewrites of this op are filed where they can't name its class, as it is loaded late.
    overwrites : int or None
        Which input output 0 may take the storage of; the op then has a property ``inplace``.
    """

    view_map = {}
    destroy_map = {}
    default_output = None
    rop_takes_none = False
    takes_none = ()
    overwrites = rule_key = None
    _f16_ok = False

    def make_node(self, *inputs):
        """The application of this op to ``inputs``; checks their types.

        The default uses ``itypes`` and ``otypes``, lists of types.
        """
        itypes, otypes = getattr(self, "itypes", None), getattr(self, "otypes", None)
        if itypes is None:
            raise NotImplementedError(f"{type(self).__name__} defines neither make_node nor itypes")
        if otypes is None:
            raise NotImplementedError(f"{type(self).__name__} defines neither make_node nor otypes")
        if len(inputs) != len(itypes):
            raise ValueError(f"{self} expects {len(itypes)} inputs, got {len(inputs)}")
        wrong = [(k, x, t) for k, (x, t) in enumerate(zip(inputs, itypes, strict=True))
                 if getattr(x, "type", None) != t]
        if wrong:
            k, x, expected = wrong[0]
            raise TypeError(f"{self} expects input {k} to be a {expected}, but {x} is a "
                            f"{getattr(x, 'type', type(x).__name__)}")
        return Apply(self, inputs, [t() for t in otypes])

    def __call__(self, *inputs, **kwargs):
        """Apply the op: one variable, or a list of variables (``return_list=True``: always a list)."""
        return_list = kwargs.pop("return_list", False)
        node = self.make_node(*inputs, **kwargs)
        trace = origin.trace()
        for output in node.outputs:
            if trace:               # not the line in ``make_node`` of a user's op
                output.tag.trace = trace
        Op.check_dims(node)
        if config.compute_test_value != "off" or config.compute_test_value_opt != "off":
            testvalue.compute(node)
        if self.default_output is not None:
            result = node.outputs[self.default_output]
            return [result] if return_list else result
        if return_list:
            return list(node.outputs)
        return node.outputs[0] if len(node.outputs) == 1 else node.outputs

    def perform(self, node, inputs, output_storage, params=None):
        """Compute: ``output_storage[i][0]`` receives the value of output i."""
        reason = "so that it can't run in Python" if getattr(self.c_code, "undefined", False) else \
            "and its C code needs a C++ compiler and the headers of Python, or isn't for these inputs"
        raise MethodNotDefined("perform", type(self), type(self).__name__, f"{self} has no perform, {reason}")

    def L_op(self, inputs, outputs, output_grads):
        """Gradients of the inputs given those of the outputs; `grad` unless overridden."""
        if getattr(self, "grad", None) is None:
            raise MethodNotDefined("grad", type(self), type(self).__name__,
                                   f"{self} has no gradient: it defines neither grad nor L_op")
        return self.grad(inputs, output_grads)

    def R_op(self, inputs, eval_points):
        """Directional derivatives of the outputs along ``eval_points``; None where there is none."""
        raise NotImplementedError(
            f"{type(self).__module__}.{type(self).__name__} has no R_op: give it one, or an L_op that can be "
            "differentiated, from which Rop then gets the directional derivative.")

    def do_constant_folding(self, node):
        """Whether a node whose inputs are all constant may be computed when the graph is rewritten."""
        return True

    def get_params(self, node):
        """Value of ``params_type`` for ``node``: the attributes of the op of a `ParamsType`'s names; else None."""
        gather = getattr(getattr(self, "params_type", None), "get_params", None)
        return None if gather is None else gather(self)

    check_dims = staticmethod(lambda node: None)    # what works out and checks known extents, filled by a module above
    compile_c = staticmethod(lambda node: None)     # what compiles C code of an op, filled by the module that can

    def prepare_node(self, node, storage_map, compute_map, impl):
        """Called before the first thunk of ``node`` is made; impl: "c" or "py"."""

    def make_c_thunk(self, node, storage_map, compute_map, no_recycling):
        """A function that computes ``node`` once with the op's C code; MethodNotDefined where that can't be."""
        run = Op.compile_c(node)
        if run is None:
            raise MethodNotDefined("c_code", type(self), type(self).__name__)
        inputs = [storage_map[v] for v in node.inputs]
        outputs = [storage_map[v] for v in node.outputs]
        computed = [compute_map[v] for v in node.outputs]

        def thunk():
            for cell in outputs:
                if sys.getrefcount(cell[0]) > 2:        # somebody has the last result: it can't be written again
                    cell[0] = None
            run(node, [cell[0] for cell in inputs], outputs)
            for cell in computed:
                cell[0] = True
            return False

        thunk.inputs, thunk.outputs, thunk.lazy, thunk.cthunk = inputs, outputs, False, run
        return thunk

    def make_py_thunk(self, node, storage_map, compute_map, no_recycling, debug=False):
        """A function that computes ``node`` once with `perform`."""
        inputs = [storage_map[v] for v in node.inputs]
        outputs = [storage_map[v] for v in node.outputs]
        params = node.run_params()
        computed = [compute_map[v] for v in node.outputs]

        def thunk():
            values = [cell[0] for cell in inputs]
            more = () if params is None else (params,)
            with np.errstate(all="ignore"):             # inf and nan are results, as in native code
                self.perform(node, values, outputs, *more)
            for cell in computed:
                cell[0] = True
            return False

        thunk.inputs, thunk.outputs, thunk.lazy = inputs, outputs, False
        thunk.perform = self.perform
        return thunk

    def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
        """A function that computes ``node`` once, reading and writing the storage cells.

        impl: "c" for the op's C code; "py" for `perform`, where there is one; None for the first of them that there is.
        """
        if (impl != "py" or type(self).perform is Op.perform) and not getattr(self.c_code, "undefined", False):
            self.prepare_node(node, storage_map, compute_map, "c")
            try:
                return self.make_c_thunk(node, storage_map, compute_map, no_recycling)
            except (MethodNotDefined, NotImplementedError):
                if impl == "c":
                    raise
        self.prepare_node(node, storage_map, compute_map, "py")
        return self.make_py_thunk(node, storage_map, compute_map, no_recycling)

    def __copy__(self):
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__getstate__())
        return twin

    def __getstate__(self):
        return {k: v for k, v in self.__dict__.items() if k not in DERIVED}

    @staticmethod
    def add_tag_trace(thing, user_line=None):
        """Record the user's line on ``thing.tag.trace``; returns ``thing``."""
        thing.tag.trace = origin.trace(user_line)
        return thing


def add_tag_trace(thing, user_line=None):
    """Record the user's line on ``thing.tag.trace``; returns ``thing``."""
    return Op.add_tag_trace(thing, user_line)


def performer(node, impl=None):
    """A function (node, inputs, output_storage) that computes ``node`` once: like its op's `perform`.

    It is the op's C code, where it has some, and ``impl`` is not "py"; with "py" where it has no `perform`. An op that
    makes its own thunks is run by one of them.
    """
    op, params = node.op, node.run_params()
    own_thunk = type(op).make_thunk is not Op.make_thunk or type(op).make_py_thunk is not Op.make_py_thunk
    if not own_thunk:
        if impl != "py" or type(op).perform is Op.perform:
            compiled = Op.compile_c(node)
            if compiled is not None:
                return compiled
        if params is None:
            return op.perform
        return lambda node, inputs, output_storage: op.perform(node, inputs, output_storage, params)
    storage = {v: [None] for v in [*node.inputs, *node.outputs]}
    computed = {v: [v.owner is not node] for v in storage}
    thunk = thunk_of(node, storage, computed)

    def run(_, inputs, output_storage):
        for variable, value in zip(node.inputs, inputs, strict=True):
            storage[variable][0] = value
        thunk()
        for variable, cell in zip(node.outputs, output_storage, strict=True):
            cell[0], storage[variable][0] = storage[variable][0], None
    return run


def thunk_of(node, storage_map, compute_map, impl=None):
    """The thunk that an op makes for ``node``; ops of users may not know ``impl``."""
    make = node.op.make_thunk
    knows = type(node.op).make_thunk is Op.make_thunk or "impl" in inspect.signature(make).parameters
    return make(node, storage_map, compute_map, [], **({"impl": impl} if knows else {}))


def with_changes(op, **changes):
    """A copy of ``op`` with other attributes."""
    twin = copy.copy(op)
    twin.__dict__.update(changes)
    return twin
