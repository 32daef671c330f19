"""A graph as one op: `OpFromGraph`."""

import copy

import numpy as np

from theano.config import config
from theano.errors import MissingInputError
from theano.gradient import DisconnectedType, NullType, Rop, as_list, grad
from theano.graph.copying import view_op
from theano.graph.op import Op
from theano.graph.shared import SharedVariable
from theano.graph.variable import Apply, Constant, Variable
from theano.graph.walk import clone_get_equiv, io_connection_pattern, substitute
from theano.graph.walk import inputs as leaves
from theano.inner.graph import InnerGraph
from theano.tensor.shape import shape_i

OPTIONS = {"mode", "on_unused_input", "allow_input_downcast", "profile"}     # of `function`, which may be given
BARREN = (DisconnectedType, NullType)


class OpFromGraph(Op):
    """The computation of ``outputs`` from ``inputs`` as an op.

    Parameters
    ----------
    inputs, outputs : lists of Variable
        Shared variables of the graph between them become inputs of every node, after the given ones.
    inline : bool
        Put the graph in place of the op when a function is compiled, so that it is optimised with what is around.
    lop_overrides, grad_overrides : "default", OpFromGraph, callable, or a list with one of these for each input
        The gradient, instead of that of the graph: ``f(inputs, outputs, output_grads)``, or for grad_overrides
        ``f(inputs, output_grads)``, gives a list with one for each input, one function of a list gives one. In a list a
        variable of NullType or DisconnectedType may stand for what it says. Only one of both may be given.
    rop_overrides : like them, ``f(inputs, eval_points)``, with one result for each output
    connection_pattern : list of lists of bool, optional
        For each input and each output whether the gradient goes from this to that.
    name : str, optional
    **kwargs
        Options of `theano.function`: mode, on_unused_input, allow_input_downcast, profile.

    Raises TypeError for what is no variable and for other options, MissingInputError for a variable that has no value,
    ValueError where both kinds of gradients are given.
    """

    rop_takes_none = True
    LOP_TYPE_ERR_MSG = "lop_overrides must be 'default', an OpFromGraph, a callable or a list, got %s"
    TYPE_ERR_MSG = "%s overrides must be 'default', an OpFromGraph, a callable or a list, got %s"
    OV_INP_LEN_ERR_MSG = "%s overrides need %d elements, got %d"
    STYPE_ERR_MSG = "a variable that stands for a gradient must be of NullType or DisconnectedType, got %s"

    def __init__(self, inputs, outputs, inline=False, lop_overrides="default", grad_overrides="default",
                 rop_overrides="default", connection_pattern=None, name=None, **kwargs):
        for v in [*inputs, *outputs]:
            if not isinstance(v, Variable):
                raise TypeError(f"inputs and outputs of OpFromGraph must be variables, got {v!r}")
        if not kwargs.keys() <= OPTIONS:
            raise TypeError(f"OpFromGraph takes no {', '.join(sorted(kwargs.keys() - OPTIONS))}")
        if lop_overrides != "default" and grad_overrides != "default":
            raise ValueError("lop_overrides and grad_overrides say the same: give one of them")
        self.is_inline, self.name, self.kwargs = bool(inline), name, kwargs
        others = [v for v in leaves(outputs, blockers=inputs) if not isinstance(v, Constant) and v not in inputs]
        unknown = [v for v in others if not isinstance(v, SharedVariable)]
        if unknown:
            raise MissingInputError(f"{unknown[0]} is used by the outputs of OpFromGraph, but is none of its inputs",
                                    variable=unknown[0])
        self.shared_inputs, self.n_given = list(dict.fromkeys(others)), len(inputs)
        own = {v: v.type.make_variable(v.name) for v in [*inputs, *self.shared_inputs]}
        for v, copy_ in own.items():
            copy_.tag.original = getattr(v.tag, "original", v)
        with config.change_flags(compute_test_value="off"):
            self.graph = InnerGraph(own.values(), substitute(outputs, own), kwargs.get("mode"))
        self._pattern = connection_pattern
        self._made = {}
        self.set_lop_overrides(lop_overrides)
        self.set_grad_overrides(grad_overrides)
        self.set_rop_overrides(rop_overrides)

    local_inputs = property(lambda self: self.graph.inputs, doc="The inputs of the graph inside, shared ones last.")
    local_outputs = property(lambda self: self.graph.outputs, doc="The outputs of the graph inside.")

    @property
    def is_overridden(self):
        """Whether the user has given derivatives."""
        return any(entry != "default" for overrides in (self.grad_overrides, self.lop_overrides, self.rop_overrides)
                   for entry in (overrides if isinstance(overrides, list) else [overrides]))

    def __eq__(self, other):
        return self is other

    __hash__ = object.__hash__

    def __getstate__(self):
        return {**super().__getstate__(), "_made": {}}

    def set_lop_overrides(self, lop_overrides):
        """Use other gradients from now on; see the parameter."""
        self.lop_overrides = self._checked("lop", lop_overrides, self.n_given)

    def set_grad_overrides(self, grad_overrides):
        """Use other gradients from now on; see the parameter."""
        self.grad_overrides = self._checked("grad", grad_overrides, self.n_given)

    def set_rop_overrides(self, rop_overrides):
        """Use other directional derivatives from now on; see the parameter."""
        self.rop_overrides = self._checked("rop", rop_overrides, len(self.graph.outputs))

    def _checked(self, kind, overrides, length):
        self._made.clear()
        if isinstance(overrides, (list, tuple)):
            if len(overrides) > length:
                raise ValueError(self.OV_INP_LEN_ERR_MSG % (kind, length, len(overrides)))
            for entry in overrides:
                self._check(kind, entry)
            return [*overrides, *["default"] * (length - len(overrides))]
        if isinstance(overrides, Variable):
            raise TypeError(self.TYPE_ERR_MSG % (kind, overrides))
        self._check(kind, overrides)
        return overrides

    def _check(self, kind, entry):
        if isinstance(entry, Variable):
            if not isinstance(entry.type, BARREN):
                raise TypeError(self.STYPE_ERR_MSG % entry.type)
        elif not (isinstance(entry, str) and entry == "default" or entry is None or callable(entry)):
            raise TypeError(self.TYPE_ERR_MSG % (kind, entry))

    # -- values --------------------------------------------------------------------------------------------------

    def make_node(self, *inputs):
        own = self.graph.inputs
        if len(inputs) == self.n_given:
            inputs = (*inputs, *self.shared_inputs)
        if len(inputs) != len(own):
            raise ValueError(f"{self} expects {self.n_given} inputs, got {len(inputs)}")
        inputs = [v.type.filter_variable(x) for v, x in zip(own, inputs, strict=True)]
        return Apply(self, inputs, [v.type() for v in self.graph.outputs])

    def perform(self, node, inputs, outputs):
        for cell, value in zip(outputs, self.graph(*inputs), strict=True):
            # The next call of the inner function may write there, and another node may have the same op.
            cell[0] = np.array(value, copy=True) if isinstance(value, np.ndarray) else copy.deepcopy(value)

    def do_constant_folding(self, node):
        return False                    # it would compile the inner graph while the outer one is rewritten

    def inlined(self, inputs):
        """The outputs for variables ``inputs``, without an op around."""
        own = dict(zip(self.graph.inputs, inputs, strict=True))
        copies = clone_get_equiv(self.graph.inputs, self.graph.outputs, memo=own)   # with constants of their own
        return [copies[v] for v in self.graph.outputs]

    def infer_shape(self, node, shapes):
        return [tuple(shape_i(v, d) for d in range(v.type.ndim)) if hasattr(v.type, "ndim") else None
                for v in self.inlined(node.inputs)]

    def connection_pattern(self, node):
        found = io_connection_pattern(self.graph.inputs, self.graph.outputs)
        return found if self._pattern is None else [*self._pattern, *found[len(self._pattern):]]

    # -- derivatives -----------------------------------------------------------------------------------------------

    def L_op(self, inputs, outputs, output_grads):
        null = next((g for g in output_grads if isinstance(g.type, NullType)), None)
        if null is not None:
            return [null for _ in inputs]
        live = tuple(not isinstance(g.type, DisconnectedType) for g in output_grads)
        return self._derivative("lop", live)([*inputs, *outputs, *(g for g, k in zip(output_grads, live, strict=True)
                                                                 if k)])

    def R_op(self, inputs, eval_points):
        live = tuple(p is not None for p in eval_points)
        return [None if isinstance(v.type, BARREN) else v for v in self._derivative("rop", live)(
            [*inputs, *(p for p in eval_points if p is not None)])]

    def get_lop_op(self):
        """An `OpFromGraph` from the inputs, outputs and gradients of all outputs to those gradients there are."""
        return self._derivative("lop", (True,) * len(self.graph.outputs)).op

    def get_rop_op(self):
        """An `OpFromGraph` from the inputs and directions of all of them to those directional derivatives there are."""
        return self._derivative("rop", (True,) * len(self.graph.inputs)).op

    def _derivative(self, kind, live):
        made = self._made.get((kind, live))
        if made is None:
            with config.change_flags(compute_test_value="off"):
                variables, terms = (self._gradients if kind == "lop" else self._directions)(live)
                made = self._made[kind, live] = _Derivative(variables, terms, self, kind)
        return made

    def _gradients(self, live):
        """Variables for inputs, outputs and live gradients, and the gradients of the inputs by them."""
        own, results = self.graph.inputs, [v.type() for v in self.graph.outputs]
        given = [v.type() for v, k in zip(self.graph.outputs, live, strict=True) if k]
        whole = iter(given)
        all_given = [next(whole) if k else v.type.zeros_like(r)
                     for k, v, r in zip(live, self.graph.outputs, results, strict=True)]
        if self.grad_overrides != "default":
            terms = self._overridden("grad", self.n_given, own[:self.n_given], all_given)
        else:
            terms = self._overridden("lop", self.n_given, own[:self.n_given], results, all_given)
        if any(t is None for t in terms) or len(terms) < len(own):
            usual = self._usual_gradients(live, results, given)
            terms = [usual[k] if k >= len(terms) or terms[k] is None else terms[k] for k in range(len(own))]
        return [*own, *results, *given], terms

    def _usual_gradients(self, live, results, given):
        # Views, because an output of the inner graph may be computed from another one, or be the same.
        views = [view_op(v) for v, k in zip(self.graph.outputs, live, strict=True) if k]
        terms = grad(None, self.graph.inputs, known_grads=dict(zip(views, given, strict=True)),
                     disconnected_inputs="ignore", null_gradients="return", return_disconnected="Disconnected")
        known = {v: r for v, r in zip(self.graph.outputs, results, strict=True) if v.owner is not None}
        finite = [k for k, t in enumerate(terms) if not isinstance(t.type, BARREN)]
        for k, term in zip(finite, substitute([terms[k] for k in finite], known), strict=True):
            terms[k] = term                                 # what the op has computed is not computed again
        return terms

    def _directions(self, live):
        """Variables for inputs and live directions, and the directional derivatives of the outputs."""
        own = self.graph.inputs
        given = [v.type() for v, k in zip(own, live, strict=True) if k]
        whole = iter(given)
        points = [next(whole) if k else v.type.zeros_like(v) for v, k in zip(own, live, strict=True)]
        terms = self._overridden("rop", len(self.graph.outputs), own[:self.n_given], points[:self.n_given])
        if not terms or any(t is None for t in terms):
            moved = [v for v, k in zip(own, live, strict=True) if k]
            usual = Rop(self.graph.outputs, moved, given, disconnected_outputs="ignore", return_disconnected="None")
            usual = [DisconnectedType()() if t is None else t for t in usual]
            terms = [u if t is None else t for u, t in zip(usual, terms or usual, strict=True)]
        return [*own, *given], terms

    def _overridden(self, kind, length, *groups):
        """What overrides say: a list of variables, and None where the default is wanted; [] if it is everywhere."""
        overrides = getattr(self, f"{kind}_overrides")
        if isinstance(overrides, str) or overrides is None:
            return []
        if isinstance(overrides, list):
            return [entry.type() if isinstance(entry, Variable) else
                    DisconnectedType()() if entry is None else None if entry == "default" else entry(*groups)
                    for entry in overrides]
        terms, _ = as_list(overrides(*(v for group in groups for v in group))
                           if isinstance(overrides, OpFromGraph) else overrides(*groups))
        if len(terms) != length:
            raise ValueError(f"{kind}_overrides of {self} gave {len(terms)} results, {length} are needed")
        return terms

    def __str__(self):
        return f"{self.name or type(self).__name__}{{inline={self.is_inline}}}"


class _Derivative:
    """Terms as functions of variables: those that are numbers by an op, the others as they are."""

    def __init__(self, variables, terms, op, kind):
        self.terms = terms
        self.finite = [k for k, t in enumerate(terms) if not isinstance(t.type, BARREN)]
        self.op = OpFromGraph(variables, [terms[k] for k in self.finite], inline=op.is_inline,
                              name=op.name and f"{op.name}_{kind}", **op.kwargs) if self.finite else None

    def __call__(self, inputs):
        results = [t.type() for t in self.terms]
        if self.finite:
            for k, result in zip(self.finite, self.op(*inputs, return_list=True), strict=True):
                results[k] = result
        return results
