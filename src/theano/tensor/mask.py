"""Gradients that a choice has set to zero.

The gradient of ``switch(c, f(x), 0)`` is ``switch(c, g, 0)`` times the derivative of f, and that is nan wherever the
derivative of f is infinite: 0 * inf. So the elementwise ops take the choice off the gradient that comes in, and put it
on those that go out, where it costs the same and hides whatever the branch not taken gives.
"""

from theano.scalar.op import fixed_number

DEPTH = 8               # of nodes looked through, so that chains of sums and choices don't cost their length each time


def take_off(g, depth=DEPTH):
    """What ``g`` is where nothing hides it, and what hides it elsewhere.

    Returns
    -------
    variable
    list of (condition, bool)
        ``g`` is the variable where each condition has the given truth, else zero.
    """
    node = g.owner
    if node is None or not depth:
        return g, []
    op = node.op
    if hasattr(op, "new_order"):                                    # DimShuffle
        value, masks = take_off(node.inputs[0], depth - 1)
        return (value.dimshuffle(op.new_order), [(c.dimshuffle(op.new_order), t) for c, t in masks]) if masks \
            else (g, [])
    if type(op).__name__ == "SumToShapeOf":
        _, masks = take_off(node.inputs[0], depth - 1)
        return g, [(op(_as_bool(c, t), node.inputs[1]), True) for c, t in masks]
    name = _row(node)
    if name == "switch":
        return _of_choice(*node.inputs, g, depth)
    if name == "second" or (name or "").startswith("cast_"):
        value, masks = take_off(node.inputs[-1], depth - 1)
        return (op(*node.inputs[:-1], value), masks) if masks else (g, [])
    if name == "add":
        return _of_sum(node, g, depth)
    return g, []


def put_on(g, masks):
    """``g`` where the masks allow it, else zero."""
    for condition, truth in reversed(masks):
        g = g.type.lift("switch", condition, *((g, 0) if truth else (0, g)))
    return g


def merged(masks):
    """The same as one mask at most, so that a chain of choices costs one each time."""
    if len(masks) < 2:
        return masks
    whole = _as_bool(*masks[0])
    for mask in masks[1:]:
        whole = whole.type.lift("and_", whole, _as_bool(*mask))
    return [(whole, True)]


def _apart(masks):
    """The masks that `merged` has made one of, the outermost first."""
    found, pending = [], list(reversed(masks))
    while pending and len(found) < DEPTH:
        condition, truth = pending.pop()
        if truth and condition.type.dtype == "bool" and _row(condition.owner) == "and_":
            pending.extend((v, True) for v in reversed(condition.owner.inputs))
        else:
            found.append((condition, truth))
    return found + pending[::-1]


def root_of_magnitudes(node):
    """Whether ``node`` is a root of a sum or mean of magnitudes: a norm, a standard deviation.

    Where it is zero so is all that it is computed from, and its gradient is taken to be zero: the root gives inf, and
    the magnitudes would make nan of it.
    """
    if _row(node) == "pow":
        exponent = fixed_number(node.inputs[1])
        if exponent is None or not 0 < exponent < 1:
            return False
    elif _row(node) != "sqrt":
        return False
    total = node.inputs[0].owner
    while total is not None and (hasattr(total.op, "new_order") or _row(total) == "true_div"):
        total = total.inputs[0].owner
    part = total.inputs[0].owner if total is not None and type(total.op).__name__ == "Sum" else None
    if _row(part) != "pow":
        return _row(part) in ("sqr", "abs_")
    return _row(part.inputs[0].owner) == "abs_" or fixed_number(part.inputs[1]) in (2, 4, 6)


def _row(node):
    """The name of the row that an elementwise node applies, None for other nodes."""
    return node.op.scalar_op.row_name if node is not None and hasattr(node.op, "inplace_pattern") else None


def _of_choice(condition, x, y, g, depth):
    for taken, other, truth in ((x, y, True), (y, x, False)):
        if _is_zero(other):
            value, masks = take_off(taken, depth - 1)
            return value, [(condition, truth), *masks]
    return g, []


def _of_sum(node, g, depth):
    """The choices common to all terms, the outermost ones."""
    parts, common = [], None
    for term in node.inputs:
        parts.append(take_off(term, depth - 1))
    if any(masks != parts[0][1] for _, masks in parts):
        parts = [(value, _apart(masks)) for value, masks in parts]
    for _, masks in parts:
        common = masks if common is None else _shared_start(common, masks)
    if not common:
        return g, []
    return node.op(*(put_on(value, merged(masks[len(common):])) for value, masks in parts)), common


def _shared_start(one, other):
    """The masks with which both begin."""
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]


def _as_bool(condition, truth):
    """A bool for whether ``condition`` has a truth value: a sum of those is their disjunction."""
    if condition.type.dtype != "bool" or not truth:
        return condition.type.lift("neq" if truth else "eq", condition, 0)
    return condition


def _is_zero(variable):
    return fixed_number(variable) == 0
