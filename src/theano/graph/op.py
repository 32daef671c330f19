"""The contract of an operation."""

import copy

import numpy as np

from theano.config import config
from theano.errors import MethodNotDefined
from theano.graph import origin, testvalue
from theano.graph.cinterface import COpInterface
from theano.graph.props import WithProps
from theano.graph.variable import Apply

DERIVED = ("_hash", "_token")       # kept on ops to be quick, never copied or pickled


class Op(WithProps, COpInterface):
    """What a node computes.

    A subclass defines `make_node` (or ``itypes`` and ``otypes``), `perform`, and where they exist
    `grad` or `L_op`, `R_op`, `infer_shape`. ``__props__`` names the attributes that make two ops equal.

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
    rule_key : str or None
        Under what the rewrites of this op are filed where they can't name its class, as it is loaded late.
    overwrites : int or None
        Which input output 0 may take the storage of; the op then has a property ``inplace``.
    """

    view_map = {}
    destroy_map = {}
    default_output = None
    rop_takes_none = False
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
        if config.compute_test_value != "off":
            testvalue.compute(node)
        if self.default_output is not None:
            result = node.outputs[self.default_output]
            return [result] if return_list else result
        if return_list:
            return list(node.outputs)
        return node.outputs[0] if len(node.outputs) == 1 else node.outputs

    def perform(self, node, inputs, output_storage, params=None):
        """Compute: ``output_storage[i][0]`` receives the value of output i."""
        raise MethodNotDefined("perform", type(self), type(self).__name__,
                               f"{self} has no perform, so that it can't run in Python")

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

    def c_code(self, node, name, inputs, outputs, sub):
        """C code of the op, for ops written for the original."""
        raise MethodNotDefined("c_code", type(self), type(self).__name__)

    def c_code_cache_version(self):
        """Version of `c_code`; () means that compiled code is not kept."""
        return ()

    def c_code_cache_version_apply(self, node):
        """Like `c_code_cache_version`, for one node."""
        return self.c_code_cache_version()

    def prepare_node(self, node, storage_map, compute_map, impl):
        """Called before the first thunk of ``node`` is made."""

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
        """A function that computes ``node`` once, reading and writing the storage cells."""
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


def performer(node):
    """A function (node, inputs, output_storage) that computes ``node`` once: like its op's `perform`.

    An op that makes its own thunks is run by one of them.
    """
    op, params = node.op, node.run_params()
    own_thunk = type(op).make_thunk is not Op.make_thunk or type(op).make_py_thunk is not Op.make_py_thunk
    if not own_thunk:
        if params is None:
            return op.perform
        return lambda node, inputs, output_storage: op.perform(node, inputs, output_storage, params)
    storage = {v: [None] for v in [*node.inputs, *node.outputs]}
    computed = {v: [v.owner is not node] for v in storage}
    thunk = op.make_thunk(node, storage, computed, [])

    def run(_, inputs, output_storage):
        for variable, value in zip(node.inputs, inputs, strict=True):
            storage[variable][0] = value
        thunk()
        for variable, cell in zip(node.outputs, output_storage, strict=True):
            cell[0], storage[variable][0] = storage[variable][0], None
    return run


def with_changes(op, **changes):
    """A copy of ``op`` with other attributes."""
    twin = copy.copy(op)
    twin.__dict__.update(changes)
    return twin
