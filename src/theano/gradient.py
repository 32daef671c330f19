"""Differentiation of graphs: knows no op and no tensor.

Reverse mode asks every op for `L_op`; forward mode for `R_op`, or applies reverse mode twice where an op has
none. What depends on the kind of value - zeros, ones, sums of gradients - is asked of the types.
"""

import warnings
from collections.abc import Mapping

from theano.errors import DisconnectedInputError, NullTypeGradError
from theano.graph import origin
from theano.graph.copying import ViewOp
from theano.graph.need import ALWAYS, chooses, gated, joined, marks_of, narrowed, without
from theano.graph.op import Op
from theano.graph.pause import paused_gc
from theano.graph.type import Type
from theano.graph.variable import Variable
from theano.graph.walk import ancestors, connection_pattern, same_graph, toposort

FLOATS = ("float", "bfloat")            # how the names of dtypes of real numbers begin


class NullType(Type):
    """The type of a gradient that does not exist; ``why_null`` says why."""

    __props__ = ("why_null",)

    def __init__(self, why_null="(no explanation given)"):
        self.why_null = why_null

    def filter(self, data, strict=False, allow_downcast=None):
        raise ValueError("NullType has no values to filter")

    def is_valid_value(self, value):
        raise ValueError("NullType has no values")

    def __str__(self):
        return "NullType"


null_type = NullType()


class DisconnectedType(Type):
    """The type of the gradient of an input that an output does not depend on differentiably."""

    __props__ = ()

    def filter(self, data, strict=False, allow_downcast=None):
        raise AssertionError("a DisconnectedType stands for a gradient that doesn't exist; it has no values")

    def fiter_variable(self, other):
        """Never called: raises like `filter`."""
        raise AssertionError("a DisconnectedType stands for a gradient that doesn't exist; it has no variables")

    @staticmethod
    def may_share_memory(a, b):
        """False: there are no values."""
        return False

    @staticmethod
    def value_eq(a, b, force_same_dtype=True):
        """Never called: raises like `filter`."""
        raise AssertionError("a DisconnectedType stands for a gradient that doesn't exist; it has no values")

    def __str__(self):
        return "DisconnectedType"


disconnected_type = DisconnectedType()


def grad_not_implemented(op, x_pos, x, comment=""):
    """The gradient of input ``x_pos`` of ``op``, which exists but isn't implemented."""
    return NullType(f"the gradient of op {op} by its input {x_pos} ({x}) is not implemented. {comment}")()


def grad_undefined(op, x_pos, x, comment=""):
    """The gradient of input ``x_pos`` of ``op``, which doesn't exist."""
    return NullType(f"the gradient of op {op} by its input {x_pos} ({x}) is not defined. {comment}")()


def as_list(value):
    """``value`` as a list, and whether it was one already (list or tuple)."""
    if isinstance(value, (list, tuple)):
        return list(value), type(value)
    return [value], None


def format_as(use_list, use_tuple, outputs):
    """``outputs`` as list, tuple or single value."""
    if use_list and use_tuple:
        raise AssertionError("use_list and use_tuple can't both be true")
    given, _ = as_list(outputs)
    if use_list or use_tuple:
        return tuple(given) if use_tuple else given
    if len(given) != 1:
        raise AssertionError(f"Wrong arguments. Expected a one element list, got {len(given)}")
    return given[0]


# -- reverse mode ---------------------------------------------------------------------------------------


def grad(cost, wrt, consider_constant=None, disconnected_inputs="raise", add_names=True,
         known_grads=None, return_disconnected="zero", null_gradients="raise"):
    """Gradients of a scalar ``cost``.

    The gradient by a complex variable is complex: its real part is the derivative by the real part, its imaginary part
    that by the imaginary part.

    Parameters
    ----------
    cost : 0-d variable or None
        None only together with ``known_grads``.
    wrt : variable or list of variables
        ``x[i]`` also stands for another ``x[i]`` that the cost is computed from.
    consider_constant : list of variables, optional
        Gradients don't go through these; their own are found all the same.
    disconnected_inputs : {"raise", "warn", "ignore"}
        What to do when a variable of ``wrt`` is not in the graph of ``cost``.
    add_names : bool
        Name gradients ``(dcost/dx)``.
    known_grads : dict, optional
        Variable -> its gradient, where that is given; a scalar counts for every element.
    return_disconnected : {"zero", "None", "Disconnected"}
        What stands for the gradient of a disconnected variable.
    null_gradients : {"raise", "return"}

    Returns
    -------
    variable, list or tuple, as ``wrt``

    Raises
    ------
    TypeError
        For a cost that is no real scalar, a ``wrt`` that is no variable, or known gradients that are integers or
        have another rank.
    ValueError
        For a cost that is NullType, neither cost nor known gradients, or options that don't exist.
    DisconnectedInputError, NullTypeGradError
    """
    variables, kind = as_list(wrt)
    _check_options(disconnected_inputs, return_disconnected, null_gradients)
    _check_request(cost, variables, known_grads)
    gradients = {variable: _spread(variable, g) for variable, g in (known_grads or {}).items()}
    if cost is not None and cost not in gradients:
        gradients[cost] = cost.type.ones_like(cost)
    targets = [v for v, g in gradients.items() if not isinstance(g.type, DisconnectedType)]
    constants = list(consider_constant or ())
    meant = [_in_graph(v, targets, constants) for v in variables]
    reverse = Reverse(targets, [v for equals in meant for v in equals], gradients, constants,
                      add_names and cost is not None and cost.name)
    results = []
    for variable, equals in zip(variables, meant, strict=True):
        if reverse.connected_inputs.isdisjoint(equals):
            _disconnected(variable, targets, disconnected_inputs)
        gradient = reverse.of(equals[0]) if len(equals) == 1 else _sum([reverse.of(v) for v in equals])
        results.append(_presented(variable, gradient, return_disconnected, null_gradients))
    return _shaped(results, kind)


def _in_graph(variable, targets, constants):
    """``variable``; where ``targets`` don't use it, those they use that are the same expression of the same inputs."""
    if variable.owner is None:
        return [variable]
    above = ancestors(targets, constants)
    equals = [] if variable in above else [
        v for v in above if v.owner is not None and v.owner.op == variable.owner.op and v.type == variable.type
        and same_graph([v], [variable])]
    return equals or [variable]


def _check_options(disconnected_inputs, return_disconnected, null_gradients):
    if disconnected_inputs not in ("raise", "warn", "ignore"):
        raise ValueError("Invalid value for keyword 'disconnected_inputs', valid values are 'ignore', "
                         f"'warn' and 'raise', got {disconnected_inputs!r}")
    if str(return_disconnected).lower() not in ("zero", "none", "disconnected"):
        raise ValueError("return_disconnected must be 'zero', 'None' or 'Disconnected', got "
                         f"{return_disconnected!r}")
    if null_gradients not in ("raise", "return"):
        raise ValueError(f"null_gradients must be 'raise' or 'return', got {null_gradients!r}")


def _shaped(results, kind):
    return results[0] if kind is None else kind(results)


def _check_request(cost, variables, known):
    if cost is None and known is None:
        raise ValueError("cost can't be None without known_grads")
    if cost is not None:
        if not isinstance(cost, Variable):
            raise TypeError(f"cost must be a variable, got {cost!r}")
        if isinstance(cost.type, NullType):
            raise ValueError(f"Can't differentiate a NaN cost. cost is NaN because {cost.type.why_null}")
        if getattr(cost.type, "ndim", 0) != 0:
            raise TypeError(f"cost must be a scalar, but {cost} has {cost.type.ndim} dimensions. Reduce it "
                            "first, e.g. with .sum() or .mean().")
        if getattr(cost.type, "dtype", "").startswith("complex"):
            raise TypeError(f"cost must be real, but {cost} is {cost.type.dtype}. Take .real or abs() of it.")
    for variable in variables:
        if not isinstance(variable, Variable):
            raise TypeError(f"Expected Variable, got {variable!r} of type {type(variable)}")
    if known is not None and not isinstance(known, Mapping):
        raise TypeError(f"known_grads must be a dict from variables to their gradients, got {known!r}")
    for variable, value in (known or {}).items():
        if not isinstance(value, Variable):
            raise TypeError(f"known_grads must map to variables, got {value!r} for {variable}")
        if isinstance(value.type, (DisconnectedType, NullType)):
            continue
        if not _is_continuous(value):
            raise TypeError(f"a known gradient must be of real or complex numbers, but that of {variable} is a "
                            f"{value.type}")
        if getattr(value.type, "ndim", 0) not in (0, getattr(variable.type, "ndim", 0)):
            raise TypeError(f"Ndim mismatch in known_grads: {variable} has {variable.type.ndim}, its "
                            f"gradient {value.type.ndim}")


def _spread(variable, value):
    """``value``, a gradient or direction of ``variable``, in its shape: repeated along axes that are longer there."""
    wide, given = getattr(variable.type, "broadcastable", None), getattr(value.type, "broadcastable", None)
    if wide == given or wide is None or given is None:
        return value
    if not given or any(g and not w for w, g in zip(wide, given, strict=True)):
        value = variable.type.lift("second", variable, value)
    if any(w and not g for w, g in zip(wide, value.type.broadcastable, strict=True)):
        value = variable.type.rebroadcast(value, wide)
    return value


def _presented(variable, gradient, return_disconnected, null_gradients):
    if isinstance(gradient.type, NullType):
        if null_gradients == "raise":
            where, why = origin.describe(gradient), gradient.type.why_null.rstrip()
            raise NullTypeGradError(f"{why}\n    It was applied at {where}" if where else why)
        return gradient
    if isinstance(gradient.type, DisconnectedType):
        if str(return_disconnected).lower() == "none":
            return None
        if return_disconnected.lower() == "zero":
            return variable.type.zeros_like(variable)
    return gradient


def _disconnected(variable, targets, action):
    if action == "ignore":
        return
    message = disconnected_message(variable, targets)
    if action == "warn":
        warnings.warn(message, stacklevel=4)
    else:
        raise DisconnectedInputError(message)


def disconnected_message(variable, targets):
    """Why ``targets`` can't be differentiated by ``variable``: the op that cut the path, or that there is none."""
    text = f"the cost does not depend on {variable} in a differentiable way"
    where = origin.describe(variable)
    if where:
        text += f"\n    {variable} was made at {where}"
    cut = _cutting_node(variable, targets)
    if cut is not None:
        text += f"\n    {cut.op} cut the path: its output does not depend on that input differentiably."
        line = origin.describe(cut.outputs[0])
        return text + (f"\n    It was applied at {line}" if line else "")
    near = _nearest(variable, targets)
    if near is not None:
        text += (f"\n    The cost is computed from {near}, which {variable} is computed from too: "
                 f"differentiate by {near}, or compute the cost from {variable}.")
    return text


def _cutting_node(variable, targets):
    """The node that ends the dependence of ``targets`` on ``variable``, or None where there is none at all."""
    reached = {variable}
    for node in toposort(targets):
        pattern = None
        for i, given in enumerate(node.inputs):
            if given not in reached:
                continue
            pattern = pattern or connection_pattern(node)
            live = [output for j, output in enumerate(node.outputs) if pattern[i][j]]
            if not live:
                return node
            reached.update(live)
    return None


def _nearest(variable, targets):
    """An ancestor of ``variable`` that ``targets`` are computed from, the nearest one, or None."""
    above = set(ancestors(targets))
    return next((v for v in ancestors([variable]) if v in above and v is not variable
                 and not hasattr(v, "data")), None)


class Reverse:
    """Gradients of all variables between targets and inputs, each computed when it is asked for.

    Parameters
    ----------
    targets : variables whose gradients are given in ``gradients``
    inputs : variables gradients are wanted of
    gradients : dict, variable -> gradient
    constants : variables whose gradients don't go on to what they are computed from
    cost_name : name used for gradients, or a false value
    """

    def __init__(self, targets, inputs, gradients, constants, cost_name=None):
        self.gradients = {}
        self.known = dict(gradients)
        self.cost_name = cost_name
        self.order = toposort(targets, constants)
        self.patterns = {node: connection_pattern(node) for node in self.order}
        self._connect(targets, inputs)
        self._limit(targets, inputs)
        self._sweep()

    def _connect(self, targets, inputs):
        """Find which variables are both influenced by an input and influence a target."""
        influenced = set(inputs)
        for node in self.order:
            pattern = self.patterns[node]
            for j, output in enumerate(node.outputs):
                if any(pattern[i][j] for i, v in enumerate(node.inputs) if v in influenced):
                    influenced.add(output)
        influential = set(targets)
        for node in reversed(self.order):
            pattern = self.patterns[node]
            for i, variable in enumerate(node.inputs):
                if any(pattern[i][j] for j, o in enumerate(node.outputs) if o in influential):
                    influential.add(variable)
        self.connected_inputs = influential
        self.wanted = influenced & influential

    def _limit(self, targets, inputs):
        """Find the conditions under which gradients matter: those of what one branch of a choice alone needs."""
        self.when, self.limited, self.choice = {}, {}, None
        if not any(map(chooses, self.order)):
            return
        when = dict.fromkeys(targets, ALWAYS)
        for node in reversed(self.order):
            pattern = self.patterns[node]
            live = [j for j, v in enumerate(node.outputs) if v in when]
            if chooses(node):
                self.choice = node.op
            for i, (v, mark) in enumerate(zip(node.inputs, marks_of(node), strict=True)):
                if any(pattern[i][j] for j in live):
                    when[v] = joined(when.get(v), narrowed(self._cases(node, when), mark))
        self.when = when | dict.fromkeys(inputs, ALWAYS)

    @staticmethod
    def _cases(node, when):
        """The cases in which the gradient of a node matters."""
        found = None
        for v in node.outputs:
            found = joined(found, when.get(v))
        return ALWAYS if found is None else found

    def _sweep(self):
        self.terms = {v: [g] for v, g in self.known.items()}
        with paused_gc():
            for node in reversed(self.order):
                if any(v in self.wanted for v in node.inputs):
                    self._pass_on(node)

    def _pass_on(self, node):
        """Hand the gradients of the outputs of ``node`` on to its inputs."""
        outputs = [self._total(v, self.terms) for v in node.outputs]
        if all(isinstance(g.type, DisconnectedType) for g in outputs):
            return
        gradients = self._of_inputs(node, outputs)
        for variable, gradient, mark in zip(node.inputs, gradients, marks_of(node), strict=True):
            if variable not in self.wanted or isinstance(gradient.type, DisconnectedType):
                continue
            cases = narrowed(self._cases(node, self.when), mark) if self.when else None
            if cases == self.when.get(variable) or isinstance(gradient.type, NullType):
                self.terms.setdefault(variable, []).append(gradient)
            elif cases:
                self.limited.setdefault(variable, {}).setdefault(cases, []).append(gradient)

    def _where_needed(self, variable):
        """Terms of the gradient of ``variable`` that count in some cases only, zero in others."""
        found, given = [], self.when.get(variable, ALWAYS)
        for cases, terms in self.limited.get(variable, {}).items():
            for mark in given[0] if len(given) == 1 else ():
                cases = without(cases, mark)
            term = _sum(terms)
            found.append(gated(self.choice.gated, cases, term, self.choice.zeros_for(variable, term))
                         if cases != ALWAYS else term)
        return found

    def of(self, variable):
        """The gradient of ``variable``."""
        return self._total(variable, self.terms)

    def _total(self, variable, terms):
        if variable in self.gradients:
            return self.gradients[variable]
        if variable in self.known:
            total = self.known[variable]
        else:
            given = [*terms.get(variable, ()), *self._where_needed(variable)]
            null = next((g for g in given if isinstance(g.type, NullType)), None)
            total = null if null is not None else _sum(given)
            if self.cost_name and variable.name and total.name is None and total.owner is not None:
                total.name = f"(d{self.cost_name}/d{variable.name})"
        self.gradients[variable] = total
        return total

    def _of_inputs(self, node, output_gradients):
        """Gradients of the inputs of ``node``; its nodes inherit the origin of ``node``."""
        null = [g for g in output_gradients if isinstance(g.type, NullType)]
        if null:
            pattern = self.patterns[node]
            return [null[0] if any(pattern[i][j] for j, g in enumerate(output_gradients)
                                   if isinstance(g.type, NullType)) else DisconnectedType()()
                    for i in range(len(node.inputs))]
        trace = next((v.tag.trace for v in node.outputs if getattr(v.tag, "trace", ())), ())
        with origin.inherited(trace):
            given = [_as_gradient(o, g) for o, g in zip(node.outputs, output_gradients, strict=True)]
            results = node.op.taken_gradients(list(node.inputs), given) if chooses(node) else \
                node.op.L_op(list(node.inputs), list(node.outputs), given)
            return self._checked(node, results)

    def _checked(self, node, results):
        """The gradients an op gave, with None and wrong types turned into clear errors."""
        if not isinstance(results, (list, tuple)):
            raise TypeError(f"{node.op}.grad must return a list, got {type(results).__name__}")
        if len(results) != len(node.inputs):
            raise ValueError(f"{node.op} returned the wrong number of gradient terms: {len(results)} for "
                             f"{len(node.inputs)} inputs")
        pattern = self.patterns[node]
        checked = []
        for i, (variable, gradient) in enumerate(zip(node.inputs, results, strict=True)):
            if gradient is None:
                if any(pattern[i]) and variable in self.wanted:
                    raise ValueError(f"{node.op}.grad returned None for input {i} ({variable}). Return "
                                     "DisconnectedType()() where the output does not depend on it, "
                                     "grad_undefined or grad_not_implemented where there is no gradient.")
                gradient = DisconnectedType()()
            elif not isinstance(gradient, Variable):
                gradient = variable.type.constant(gradient)
            if not isinstance(gradient.type, (DisconnectedType, NullType)):
                gradient = self._fitting(node, i, variable, gradient)
            checked.append(gradient)
        return checked

    def _fitting(self, node, i, variable, gradient):
        """Check rank and dtype of a gradient."""
        wanted, got = getattr(variable.type, "ndim", None), getattr(gradient.type, "ndim", None)
        if wanted is not None and got is not None and wanted != got:
            raise ValueError(f"{node.op}.grad returned a term with {got} dimensions for input {i} "
                             f"({variable}), which has {wanted}")
        dtype = getattr(gradient.type, "dtype", "float64")
        if variable in self.wanted and dtype in ("bool",) + tuple(
                f"{k}int{n}" for k in ("", "u") for n in (8, 16, 32, 64)):
            raise TypeError(f"{node.op}.grad gave whole numbers ({dtype}) for input {i}: gradients are real or complex")
        return gradient


def _as_gradient(output, gradient):
    """A gradient in the dtype its op expects: that of the output where both are floats."""
    if isinstance(gradient.type, (DisconnectedType, NullType)):
        return gradient
    have, want = getattr(gradient.type, "dtype", None), getattr(output.type, "dtype", None)
    if want is not None and want.startswith(FLOATS) and str(have).startswith("complex"):
        gradient = gradient.real                        # the output has no imaginary part to change
    if have != want and want is not None and want.startswith((*FLOATS, "complex")):
        return gradient.astype(want)
    return gradient


def _sum(terms):
    """The sum of gradients; disconnected where there is none."""
    if not terms:
        return DisconnectedType()()
    if len(terms) == 1:
        return terms[0]
    return terms[0].type.lift("add", *terms)


def subgraph_grad(wrt, end, start=None, cost=None, details=False):
    """Gradients of part of a graph.

    wrt: list, the inputs of the part   end: list, where it ends, constants for the gradient   start: dict from its
    outputs to their gradients   cost: a scalar added to what ``start`` says
    Returns the pair (gradients of ``wrt``, gradients of ``end``), with details also those by start and cost.
    """
    if start is None and cost is None:
        raise ValueError("`cost` or `start` must be specified.")
    if not isinstance(end, list) or not isinstance(wrt, list):
        raise TypeError("wrt and end must be lists")
    params = list(set(wrt + end))
    start_grads = cost_grads = None
    if start is not None:
        start_grads = list(grad(None, params, known_grads=start, consider_constant=end,
                                disconnected_inputs="ignore"))
    if cost is not None:
        cost_grads = list(grad(cost, params, consider_constant=end, disconnected_inputs="ignore"))
    total = start_grads if cost_grads is None else cost_grads if start_grads is None else \
        [a + b for a, b in zip(start_grads, cost_grads, strict=True)]
    by_variable = dict(zip(params, total, strict=True))
    result = [by_variable[v] for v in wrt], [by_variable[v] for v in end]
    if not details:
        return result
    return (*result, start_grads, cost_grads)


# -- forward mode, and products with Jacobians --------------------------------------------------------------


def Lop(f, wrt, eval_points, consider_constant=None, disconnected_inputs="raise"):      # noqa: N802
    """``eval_points`` times the Jacobian of ``f``: a gradient for each of ``wrt``."""
    outputs, _ = as_list(f)
    points, _ = as_list(eval_points)
    variables, kind = as_list(wrt)
    if len(outputs) != len(points):
        raise ValueError(f"Lop got {len(outputs)} outputs and {len(points)} eval_points")
    # Views, because one output may be computed from another: a known gradient would replace what comes from there.
    known = {ViewOp()(output): point for output, point in zip(outputs, points, strict=True)}
    results = grad(None, variables, known_grads=known, consider_constant=consider_constant,
                   disconnected_inputs=disconnected_inputs)
    return _shaped(results, kind)


def Rop(f, wrt, eval_points, disconnected_outputs="raise", return_disconnected="zero"):  # noqa: N802
    """The Jacobian of ``f`` times ``eval_points``: a directional derivative for each of ``f``.

    wrt, eval_points: variables and directions of the same shape; directions are repeated along axes in which they are
    broadcastable and their variable is not. Where an op has no R_op, reverse mode is applied twice to it.
    """
    variables, _ = as_list(wrt)
    points, _ = as_list(eval_points)
    outputs, kind = as_list(f)
    if len(variables) != len(points):
        raise ValueError(f"Rop got {len(variables)} wrt and {len(points)} eval_points")
    tangents = {}
    for k, (variable, point) in enumerate(zip(variables, points, strict=True)):
        if not isinstance(variable, Variable) or not isinstance(point, Variable):
            raise TypeError(f"wrt and eval_points must be variables, got {variable!r} and {point!r}")
        if getattr(variable.type, "ndim", None) != getattr(point.type, "ndim", None):
            raise ValueError(f"Element {k} of wrt/eval_point have mismatched dimensionality: "
                             f"{variable.type.ndim} versus {point.type.ndim}")
        tangents[variable] = _spread(variable, point)
    for node in toposort(outputs, variables):
        _forward(node, tangents)
    results = []
    for output in outputs:
        tangent = tangents.get(output)
        if _is_null(tangent):
            raise DisconnectedInputError(f"Rop: {tangent.type.why_null}")
        if tangent is None and disconnected_outputs == "raise":
            raise DisconnectedInputError(
                f"Rop: {output} does not depend in a differentiable way on any of {variables}")
        if tangent is None and return_disconnected == "zero":
            tangent = output.type.zeros_like(output)
        results.append(tangent)
    return _shaped(results, kind)


def _forward(node, tangents):
    """Give the outputs of ``node`` tangents, where its inputs have any."""
    points = [tangents.get(v) for v in node.inputs]
    if all(p is None for p in points):
        return
    trace = next((v.tag.trace for v in node.outputs if getattr(v.tag, "trace", ())), ())
    null = next(filter(_is_null, points), None)         # of what is undefined nothing is known, but it may be unused
    with origin.inherited(trace):
        results = [null if _is_continuous(v) else None for v in node.outputs] if null is not None else \
            _own_rop(node, points)
        if results is None:
            results = _double_lop(node, points)
    for output, tangent in zip(node.outputs, results, strict=True):
        if tangent is not None and not isinstance(tangent.type, DisconnectedType):
            tangents.setdefault(output, tangent)


def _own_rop(node, points):
    """What the op's R_op gives; None where it has none, or might leave out inputs that have no direction."""
    if type(node.op).R_op is Op.R_op or (any(p is None for p in points) and not node.op.rop_takes_none):
        return None
    try:
        results = node.op.R_op(list(node.inputs), points)
    except (NotImplementedError, AttributeError):
        return None
    return None if results is None or all(r is None for r in results) else results


def _double_lop(node, points):
    """Directional derivatives by reverse mode twice: d/du (u' J) is linear in u, so its transpose is J.

    Any u will do: zeros, or what the type has for it where zeros don't tell which elements are stored.
    """
    results = []
    wrt = [(i, p) for i, p in enumerate(points) if p is not None]
    for output in node.outputs:
        if not _is_continuous(output):
            results.append(None)
            continue
        dummy = ViewOp()(getattr(output.type, "point_like", output.type.zeros_like)(output))
        rows = _local_lop(node, output, dummy, [i for i, _ in wrt])
        null = next(filter(_is_null, rows), None)
        if null is not None:
            results.append(null)
            continue
        terms = {ViewOp()(row): p for row, (_, p) in zip(rows, wrt, strict=True) if row is not None}
        if not terms:
            results.append(None)
            continue
        results.append(grad(None, dummy, [*node.inputs, *node.outputs], known_grads=terms,
                            disconnected_inputs="ignore"))
    return results


def _local_lop(node, output, dummy, positions):
    """Gradients of the inputs of one node alone, for gradient ``dummy`` of one output."""
    given = [dummy if v is output else DisconnectedType()() for v in node.outputs]
    gradients = node.op.L_op(list(node.inputs), list(node.outputs), given)
    return [None if gradients[i] is None or isinstance(gradients[i].type, DisconnectedType) else gradients[i]
            for i in positions]


def _is_null(variable):
    return variable is not None and isinstance(variable.type, NullType)


def _is_continuous(variable):
    return getattr(variable.type, "dtype", "float64").startswith((*FLOATS, "complex"))


# -- stopping and changing gradients -------------------------------------------------------------------------


class GradientOp(ViewOp):
    """An identity whose gradient is not that of the identity."""

    __props__ = ()


class ZeroGrad(GradientOp):
    """Identity with gradient zero and R-op zero."""

    __props__ = ()

    def grad(self, inputs, output_grads):
        return [g.type.zeros_like(g) for g in output_grads]

    def R_op(self, inputs, eval_points):
        return [None if eval_points[0] is None else eval_points[0].type.zeros_like(eval_points[0])]


class ConsiderConstant(ZeroGrad):
    """What `ZeroGrad` is, by its older name."""

    __props__ = ()


class DisconnectedGrad(GradientOp):
    """Identity that disconnects its input."""

    __props__ = ()

    def grad(self, inputs, output_grads):
        return [DisconnectedType()() for _ in inputs]

    def R_op(self, inputs, eval_points):
        return [None]

    def connection_pattern(self, node):
        return [[False]]


class UndefinedGrad(GradientOp):
    """Identity whose gradient is undefined."""

    __props__ = ()

    def grad(self, inputs, output_grads):
        return [grad_undefined(self, i, x) for i, x in enumerate(inputs)]

    def R_op(self, inputs, eval_points):
        return [None]

    def connection_pattern(self, node):
        return [[True]]


class GradClip(GradientOp):
    """Identity whose gradient is clipped to [clip_lower_bound, clip_upper_bound]."""

    __props__ = ("clip_lower_bound", "clip_upper_bound")

    def __init__(self, clip_lower_bound, clip_upper_bound):
        self.clip_lower_bound = clip_lower_bound
        self.clip_upper_bound = clip_upper_bound
        if not self.clip_upper_bound >= self.clip_lower_bound:
            raise ValueError("`clip_upper_bound` should be >= `clip_lower_bound`")

    def grad(self, inputs, output_grads):
        return [g.type.lift("clip", g, self.clip_lower_bound, self.clip_upper_bound) for g in output_grads]


class GradScale(GradientOp):
    """Identity whose gradient is multiplied by ``multiplier``."""

    __props__ = ("multiplier",)

    def __init__(self, multiplier):
        self.multiplier = multiplier

    def grad(self, inputs, output_grads):
        return [self.multiplier * g for g in output_grads]


GRADIENT_OPS = (ConsiderConstant, ZeroGrad, DisconnectedGrad, UndefinedGrad, GradClip, GradScale)
consider_constant_ = ConsiderConstant()
zero_grad_, disconnected_grad_, undefined_grad_ = ZeroGrad(), DisconnectedGrad(), UndefinedGrad()


def consider_constant(x):
    """``x``, treated as constant by gradients."""
    return consider_constant_(x)


def zero_grad(x):
    """``x``, with gradient zero."""
    return zero_grad_(x)


def disconnected_grad(x):
    """``x``, disconnected from what it is computed from, as far as gradients go."""
    return disconnected_grad_(x)


def undefined_grad(x):
    """``x``, with an undefined gradient."""
    return undefined_grad_(x)


def grad_clip(x, lower_bound, upper_bound):
    """``x``, whose gradient is clipped to the bounds."""
    return GradClip(lower_bound, upper_bound)(x)


def grad_scale(x, multiplier):
    """``x``, whose gradient is multiplied."""
    return GradScale(multiplier)(x)


