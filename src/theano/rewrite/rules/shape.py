"""Shapes computed from shapes, without computing values."""

import warnings

from theano.config import config
from theano.graph.variable import Constant
from theano.rewrite.engine import rule
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.create import Alloc
from theano.tensor.elemwise import ELEMWISE, Elemwise
from theano.tensor.index import Subtensor
from theano.tensor.shape import MakeVector, Rebroadcast, Reshape, Shape, Shape_i, shape_ops


class ShapeFeature:
    """Gives extents of variables as symbolic integers, worked out when they are asked for."""

    def on_attach(self, fgraph):
        fgraph.shape_feature = self
        self.known = {}
        self.agree = getattr(fgraph, "extents_agree", False)

    def on_detach(self, fgraph):
        del fgraph.shape_feature

    def get_shape(self, variable, axis):
        """Extent ``axis`` of ``variable``."""
        return self.shape_of(variable)[axis]

    def same_shape(self, x, y):
        """Whether two variables certainly have the same shape."""
        return all(a is b or (isinstance(a, Constant) and isinstance(b, Constant) and a.equals(b))
                   for a, b in zip(self.shape_of(x), self.shape_of(y), strict=True))

    def shape_of(self, variable):
        """All extents of ``variable``; iterative, so that the depth of a graph doesn't matter."""
        stack = [variable]
        while stack:
            v = stack[-1]
            if v in self.known:
                stack.pop()
                continue
            node = v.owner
            if node is None or not hasattr(node.op, "infer_shape"):
                self.known[v] = self.own(v)
                continue
            missing = [x for x in node.inputs if x not in self.known and hasattr(x.type, "ndim")]
            if missing:
                stack.extend(missing)
                continue
            self._infer(node)
        return self.known[variable]

    def _infer(self, node):
        shapes = [self.known.get(x, ()) if hasattr(x.type, "ndim") else None for x in node.inputs]
        try:
            if type(node.op) is Elemwise and not self.agree:
                results = [[_broadcast(extents) for extents in zip(*shapes, strict=True)]] * len(node.outputs)
            else:
                results = node.op.infer_shape(node, shapes)
        except Exception as error:
            if config.on_shape_error == "raise":
                raise
            warnings.warn(f"infer_shape of {node.op} failed: {error}", stacklevel=2)
            results = [None] * len(node.outputs)
        for output, extents in zip(node.outputs, results, strict=True):
            if output in self.known:
                continue
            if extents is None or not hasattr(output.type, "ndim"):
                self.known[output] = self.own(output)
            else:
                self.known[output] = tuple(self._extent(output, d, n) for d, n in enumerate(extents))

    @staticmethod
    def _extent(variable, axis, extent):
        if pattern_of(variable.type)[axis]:
            return constant(1, dtype="int64")
        extent = as_tensor_variable(extent)
        return extent if extent.type.dtype == "int64" else ELEMWISE["cast_int64"](extent)

    @staticmethod
    def own(variable):
        """Extents of a variable asked of itself."""
        if not hasattr(variable.type, "ndim"):
            return ()
        if isinstance(variable, Constant):
            return tuple(constant(n, dtype="int64") for n in getattr(variable.data, "shape", ()))
        return tuple(constant(1, dtype="int64") if b else
                     (shape_ops[d] if d < len(shape_ops) else Shape_i(d))(variable)
                     for d, b in enumerate(pattern_of(variable.type)))


def _broadcast(extents):
    """The extent that NumPy gives an elementwise result of inputs with these."""
    different = []
    for extent in extents:
        if isinstance(extent, Constant) and int(extent.data) != 1:
            return extent
        if not isinstance(extent, Constant) and not any(extent is other for other in different):
            different.append(extent)
    if not different:
        return extents[0]
    result = different[0]
    for other in different[1:]:
        result = ELEMWISE["switch"](ELEMWISE["eq"](result, 1), other, result)
    return result


def pattern_of(kind):
    """The broadcast pattern of a type that has dimensions; sparse matrices never broadcast."""
    return getattr(kind, "broadcastable", None) or (False,) * kind.ndim


def attach_shapes(fgraph):
    """Make ``fgraph.shape_feature`` available."""
    fgraph.attach_feature(ShapeFeature())


def detach_shapes(fgraph):
    """Remove ``fgraph.shape_feature``."""
    feature = getattr(fgraph, "shape_feature", None)
    if feature is not None:
        fgraph.remove_feature(feature)


@rule(Shape, name="local_shape_to_shape_i", tags=("canonicalize",), fgraph=True)
def shape_of_tensor(fgraph, node):
    """shape(x) >> make_vector of its extents"""
    feature = getattr(fgraph, "shape_feature", None)
    if feature is None or not hasattr(node.inputs[0].type, "ndim"):
        return None
    return MakeVector("int64")(*feature.shape_of(node.inputs[0]))


@rule(Shape_i, name="local_shape_i_lift", tags=("canonicalize",), fgraph=True)
def extent_of_expression(fgraph, node):
    """shape_i(f(x)) >> the extent worked out from x"""
    feature = getattr(fgraph, "shape_feature", None)
    x = node.inputs[0]
    if feature is None:
        return None
    extent = feature.get_shape(x, node.op.i)
    if extent.owner is not None and isinstance(extent.owner.op, Shape_i) and extent.owner.inputs[0] is x:
        return None
    return extent


def _made_vector(x):
    """``x``, or None, where it is a make_vector; whatever broadcast pattern it was given."""
    while x.owner is not None and isinstance(x.owner.op, Rebroadcast):
        x = x.owner.inputs[0]
    return x if x.owner is not None and isinstance(x.owner.op, MakeVector) else None


@rule(Subtensor, name="local_subtensor_make_vector", tags=("canonicalize",))
def element_of_make_vector(node):
    """make_vector(a, b, c)[1] >> b, make_vector(a, b, c)[1:] >> make_vector(b, c)"""
    x = _made_vector(node.inputs[0])
    if x is None:
        return None
    try:
        index, = node.op.get_constant_idx(node.inputs, only_process_constants=True)
    except Exception:                                # an index that is only known at run time
        return None
    parts = x.owner.inputs
    if isinstance(index, slice):
        return x.owner.op(*parts[index]) if parts[index] else None
    return parts[index]


@rule(Subtensor, name="local_subtensor_cast_make_vector", tags=("canonicalize",))
def element_of_cast_make_vector(node):
    """cast(make_vector(a, b))[1] >> cast(b)"""
    x = node.inputs[0]
    if x.owner is None or type(x.owner.op) is not Elemwise or len(x.owner.inputs) != 1:
        return None
    vector = _made_vector(x.owner.inputs[0])
    if vector is None:
        return None
    return x.owner.op(node.op(vector, *node.inputs[1:]))


@rule(Reshape, name="local_reshape_chain", tags=("canonicalize",))
def reshape_of_reshape(node):
    """reshape(reshape(x, a), b) >> reshape(x, b); a reshape of a vector to a vector of all elements >> x"""
    x = node.inputs[0]
    if x.owner is not None and isinstance(x.owner.op, Reshape):
        return node.op(x.owner.inputs[0], node.inputs[1])
    if node.op.ndim == 1 and x.type.ndim == 1:
        return x
    return None


@rule(Alloc, name="local_useless_alloc", tags=("canonicalize",))
def useless_alloc(node):
    """alloc(x) >> x where x has the shape already"""
    return node.inputs[0] if node.inputs[0].type == node.outputs[0].type and \
        node.outputs[0].type.ndim == 0 else None


SHAPE = (shape_of_tensor, extent_of_expression, element_of_make_vector, element_of_cast_make_vector,
         reshape_of_reshape, useless_alloc)
