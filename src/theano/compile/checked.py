"""Runs a rewritten graph node by node and checks everything on the way, for `DebugMode`."""

import logging

import numpy as np

from theano.compile.complaints import (
    BadDestroyMap,
    BadOptimization,
    BadThunkOutput,
    BadViewMap,
    DebugModeError,
    InvalidValueError,
)
from theano.compile.diagnosis import is_foreign
from theano.compile.equivalence import equivalences
from theano.compile.guards import unfilled
from theano.compile.layouts import INPUT_KINDS, JUNK, buffers, laid_out, private
from theano.compile.mode import JUST_PY
from theano.compile.noise import Noise
from theano.graph.need import compute_needed
from theano.graph.op import Op, performer
from theano.graph.text import debugprint
from theano.graph.variable import Constant
from theano.graph.walk import io_toposort
from theano.inner.graph import run_in
from theano.runtime.interpreter import Interpreter
from theano.runtime.report import describe_failure, extended
from theano.scalar.dtype import kind_of

_logger = logging.getLogger("theano.compile.debugmode")
PERFORM, C_CODE, NATIVE = "perform", "C code", "native code"
INSIDE = "perform, with its graph checked"


class CheckedRun:
    """An executor, as `Interpreter` is one, that computes nothing without checking it.

    Every node is computed from copies of its inputs, so that one that does harm is found where it does it. What
    rewrites replaced is computed too, and compared with what took its place. A graph inside of an op is checked in the
    same way once for each call; whenever the op runs again, it runs as it was written.

    Parameters
    ----------
    fgraph : FunctionGraph
        Rewritten while an `Equivalences` listened.
    mode : DebugMode
        What to check.
    native : function
        From a node of our own ops to a function of its inputs that lists its outputs, in native code; None: there is
        none.
    whole : function
        From the graph as it was written to a function of the values of all inputs that lists its outputs, in native
        code, or None.
    """

    failed = None

    def __init__(self, fgraph, mode, native, whole):
        self.fgraph, self.mode, self._native, self._make_whole = fgraph, mode, native, whole
        self.history = equivalences(fgraph)
        self.active = fgraph.toposort()
        replaced = self.history.variables() if self.history is not None else ()
        self.nodes = io_toposort(fgraph.inputs, [*fgraph.outputs, *replaced, *(v for n in self.active
                                                                               for v in n.outputs)])
        self.storage_map = {v: [getattr(v, "data", None)] for n in self.nodes for v in (*n.inputs, *n.outputs)}
        self.storage_map.update((v, [getattr(v, "data", None)]) for v in (*fgraph.inputs, *fgraph.outputs, *replaced))
        self.thunks, self.allow_gc = [], True
        self._in_use = set(self.active)
        self._position = {node: k for k, node in enumerate(self.nodes)}
        self._ways, self._inside, self._last, self._whole, self._noise = {}, {}, {}, None, Noise()

    # -- a call ---------------------------------------------------------------------------------------------

    def __call__(self, values=None, n_calls=1):
        """Values of the graph's outputs for ``values`` of its inputs, which stay as they are; see `Interpreter`."""
        if values is None:
            return self.again(n_calls)
        self.failed = None
        known = {v: v.data for v in self.storage_map if isinstance(v, Constant)}
        for variable, value in zip(self.fgraph.inputs, values, strict=True):
            if value is not None:
                self._check_value(variable, value, None, "the argument")
            known[variable] = value
        self._compute_needed(known)
        for variable, cell in self.storage_map.items():
            cell[0] = known.get(variable)
        self._check_rewrites(known)
        self._check_together(values, known)
        return [private(known[v]) for v in self.fgraph.outputs]

    def free(self):
        """Forget all values."""
        for variable, cell in self.storage_map.items():
            if not isinstance(variable, Constant):
                cell[0] = None
        self._last.clear()

    def measure(self):
        """Nothing is measured: checks take longer than what they check."""
        self.measured = [[0, 0, 0] for _ in self.nodes]

    def _compute_needed(self, known):
        """Compute the outputs, and what rewrites replaced on the way to them: nothing that only belongs to a branch
        that is not taken, where an op may find what it was not made for.
        """
        def compute(node):
            self._compute(node, known)
        compute_needed(self.fgraph.outputs, known, compute)
        pairs, found = list(self.history.pairs) if self.history is not None else [], [None]
        while found:
            found = [pair for pair in pairs if self.history.needed(pair, known)]
            pairs = [pair for pair in pairs if pair not in set(found)]
            for pair in found:
                compute_needed(pair, known, compute)

    # -- one node -------------------------------------------------------------------------------------------

    def _compute(self, node, known):
        """Put the checked outputs of ``node`` into ``known``."""
        thorough = node in self._in_use or is_foreign(node.op)
        if node not in self._ways:
            self._ways[node] = self._ways_of(node) if thorough else [(PERFORM, _perform_of(node), False)]
            checked = run_in(node, self.mode)
            self._inside[node] = performer(checked, "py") if thorough and checked is not node else None
        (name, run, takes), *others = self._ways[node]
        complete = all(v in known for v in node.inputs)         # else a branch is not taken
        try:
            first = self._run(node, name, run, known)
            for variable, value in zip(node.outputs, first, strict=True):
                if _arbitrary(variable) and isinstance(value, np.ndarray):
                    value.fill(JUNK)
                known[variable] = value
            if thorough and complete:
                self._vary(node, name, run, takes, name, known)
                if self._inside[node] is not None:
                    self._compare(node, name, INSIDE, self._run(node, INSIDE, self._inside[node], known), known)
                for name_, run_, takes_ in others:
                    self._compare(node, name, name_, self._run(node, name_, run_, known), known, strides=True)
                    self._vary(node, name_, run_, takes_, name, known)
                self._last[node] = first
        except DebugModeError:
            raise
        except Exception as error:
            self.failed = node
            reason = None if self.history is None else self.history.reasons.get(node)
            text = describe_failure(node, [known.get(v) for v in node.inputs], self._position[node])
            if reason is not None:
                text += f"\nThe rewrite {reason} made this node."
            raise extended(error, text) from error

    def _ways_of(self, node):
        """Ways of computing a node: words, a function (node, inputs, cells), whether it may write into the cells."""
        op, ways = node.op, []
        own_thunk = type(op).make_thunk is not Op.make_thunk
        has_perform = own_thunk or type(op).perform is not Op.perform
        if self.mode.check_py_code and has_perform:
            ways.append((PERFORM, _perform_of(node), not own_thunk))
        compiled = Op.compile_c(node) if self.mode.check_c_code and not own_thunk else None
        if compiled is not None:
            ways.append((C_CODE, compiled, True))
        elif self.mode.check_c_code and not is_foreign(op):
            native = self._native(node)
            if native is not None:
                ways.append((NATIVE, lambda _, values, cells: _fill(cells, native(*values)), False))
        return ways or [(PERFORM if has_perform else C_CODE, performer(node), not own_thunk)]

    def _run(self, node, name, run, known, layout=None, given=None):
        """The outputs of one way of computing a node; raises where it does what its op doesn't say.

        layout: of the inputs, of `INPUT_KINDS`. given: memory that it may use for the outputs.
        """
        values = {v: _laid_out(known.get(v), layout) for v in node.inputs}
        cells = [[None] for _ in node.outputs] if given is None else [[v] for v in given]
        with np.errstate(all="ignore"):
            run(node, [values[v] for v in node.inputs], cells)
        results = [cell[0] for cell in cells]
        self._check_destroyed(node, name, values, known)
        self._check_views(node, values, results)
        for variable, value in zip(node.outputs, results, strict=True):
            if value is not None or node in self._in_use:
                self._check_value(variable, value, node, name)
        return results

    def _vary(self, node, name, run, takes_memory, reference, known):
        """Run one way again on inputs in other memory, and with memory for the outputs."""
        for layout in INPUT_KINDS if self.mode.check_input_layouts else ():
            if any(laid_out(known[v], layout) is not None for v in node.inputs):
                results = self._run(node, name, run, known, layout)
                self._compare(node, reference, f"{name} on {layout} inputs", results, known)
        for kind in self.mode.check_preallocated_output if takes_memory else ():
            values = [known[v] for v in node.outputs]
            for words, given in buffers(kind, values, [v.type for v in node.outputs], self._last.get(node),
                                        self.mode.check_preallocated_output_ndim):
                results = self._run(node, name, run, known, given=given)
                self._compare(node, reference, f"{name} with {words}", results, known)

    def _compare(self, node, reference, name, results, known, strides=False):
        for variable, value in zip(node.outputs, results, strict=True):
            if not equal(variable, known[variable], value) and not self._noise.explains(
                    variable, known[variable], value, known, node.inputs):
                raise BadThunkOutput(variable, reference, known[variable], name, value,
                                     [known[v] for v in node.inputs])
            if strides and self.mode.require_matching_strides and _strides(value) != _strides(known[variable]):
                if self.mode.require_matching_strides > 1:
                    raise BadThunkOutput(variable, reference, known[variable], name, value)
                _logger.warning("strides of output %s of %s: %s of %s, %s of %s", variable.index, node,
                                _strides(known[variable]), reference, _strides(value), name)

    # -- checks of one node ---------------------------------------------------------------------------------

    def _check_value(self, variable, value, node, name):
        if not variable.type.is_valid_value(value):
            raise InvalidValueError(variable, value, node, name, variable.type.value_validity_msg(value))
        if not self.mode.check_isfinite or node is not None and node not in self._in_use or _arbitrary(variable):
            return
        if isinstance(value, np.ndarray) and kind_of(value.dtype) in "fc" and not np.isfinite(value).all():
            raise InvalidValueError(variable, value, node, name, "it has elements that are not finite")

    def _check_destroyed(self, node, name, values, known):
        allowed = {node.inputs[i] for positions in node.op.destroy_map.values() for i in positions}
        for i, variable in enumerate(node.inputs):
            if variable in known and variable not in allowed and not variable.type.values_eq(
                    known[variable], values[variable]):
                raise BadDestroyMap(node, i, known[variable], values[variable], name)

    def _check_views(self, node, values, results):
        op = node.op
        sources = [{node.inputs[i] for i in (*op.view_map.get(k, ()), *op.destroy_map.get(k, ()))}
                   for k in range(len(results))]
        for k, value in enumerate(results):
            wrong = [i for i, v in enumerate(node.inputs) if v not in sources[k] and share_memory(value, values[v])]
            if wrong:
                raise BadViewMap(node, k, value, in_alias_idx=wrong)
            if self.mode.warn_input_not_reused and k in op.destroy_map and is_foreign(op) and not any(
                    share_memory(value, values[v]) for v in sources[k]):
                _logger.warning("output %s of %s is in new memory, though the op works in place", k, node)
        if node in self._in_use:
            self._check_shared_outputs(node, results, sources)

    def _check_shared_outputs(self, node, results, sources):
        """Two outputs that are both used for computing must not share memory: one may be overwritten."""
        computing = [any(client != "output" for client, _ in v.clients) for v in node.outputs]
        used = [bool(v.clients) for v in node.outputs]
        for k, value in enumerate(results):
            wrong = [j for j in range(k) if used[j] and used[k] and (computing[j] or computing[k])
                     and not sources[j] & sources[k] and share_memory(value, results[j])]
            if wrong:
                raise BadViewMap(node, k, value, out_alias_idx=wrong)

    # -- checks of the whole graph --------------------------------------------------------------------------

    def _check_rewrites(self, known):
        """Raise for the first rewrite, in the order of the graph, that changed a value."""
        if self.history is None:
            return
        order = {v: k for k, node in enumerate(self.nodes) for v in node.outputs}
        for (old, new), reason in sorted(self.history.pairs.items(), key=lambda item: order.get(item[0][1], -1)):
            if not {old, new} <= known.keys() or equal(old, known[old], known[new], new):
                continue
            if not self._noise.explains(old, known[old], known[new], known, self.fgraph.inputs,
                                        isinstance(reason, str)):
                raise BadOptimization(old, new, known[old], known[new], reason, *(
                    debugprint(v, depth=6, print_type=True, file="str") for v in (old, new)))

    def _check_together(self, values, known):
        """Run the graph as it will run, in its order and memory, and as one native program; compare the outputs."""
        in_order = Interpreter(self.fgraph, impl="py" if self.mode.check_py_code else None)
        runs = [("the graph in its own memory", in_order)]
        if self.mode.check_c_code and self.history is not None and not any(value is None for value in values):
            self._whole = self._whole or [self._make_whole(self.history.written)]
            runs += [("native code of the whole function", one) for one in self._whole if one is not None]
        empty = unfilled(self.active)               # as what a step gives that fills a part of its row
        for name, run in runs:
            for variable, value in zip(self.fgraph.outputs, run([private(v) for v in values]), strict=True):
                if variable not in empty and not equal(variable, known[variable], value) and not self._noise.explains(
                        variable, known[variable], value, known, self.fgraph.inputs, True):
                    raise BadThunkOutput(variable, "node by node", known[variable], name, value, values)


def _perform_of(node):
    """What computes a node by its `perform`, and in the same way the graphs inside of its op, as they were written."""
    return performer(run_in(node, JUST_PY), "py")


def _fill(cells, values):
    for cell, value in zip(cells, values, strict=True):
        cell[0] = value


def _laid_out(value, layout):
    twin = laid_out(value, layout) if layout else None
    return private(value) if twin is None else twin


def _strides(value):
    """Strides that matter: of axes with more than one element."""
    return [s for s, n in zip(value.strides, value.shape, strict=True) if n > 1] if hasattr(value, "strides") else None


def _arbitrary(variable):
    """Whether a variable says that its value may be anything, as that of memory which is not filled yet."""
    return getattr(variable.tag, "nan_guard_mode_check", True) is False


def equal(variable, a, b, other=None):
    """Whether two values of ``variable``, or one of it and one of ``other``, are equal up to rounding."""
    ways = [getattr(v.tag, "values_eq_approx", None) for v in (variable, other) if v is not None]
    return a is b or bool(next(filter(None, ways), variable.type.values_eq_approx)(a, b))


def share_memory(a, b):
    """Whether one of two values sees what is written into the other."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        try:
            return a.size > 0 and b.size > 0 and np.shares_memory(a, b, max_work=10000)
        except np.exceptions.TooHardError:
            return True
    if hasattr(a, "tocsr") or hasattr(b, "tocsr"):
        return any(share_memory(x, y) for x in _arrays(a) for y in _arrays(b))
    return a is b and isinstance(a, (list, np.random.RandomState))


def _arrays(value):
    return (value.data, value.indices, value.indptr) if hasattr(value, "indptr") else (value,)
