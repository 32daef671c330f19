"""The shapes that the variables of a graph have for given shapes of its inputs."""

import numpy as np

from theano.compile.function import function


def shape_of_variables(fgraph, input_shapes):
    """Dict from every variable of ``fgraph`` to its shape, a tuple, when the inputs have ``input_shapes``.

    The graph is not computed where its shapes don't depend on values. Raises ValueError for a shape that is
    missing, or that belongs to something else than an input.
    """
    if set(input_shapes) != set(fgraph.inputs):
        raise ValueError("give the shape of every input of this FunctionGraph, which made copies of the variables it "
                         "was given unless it was made with clone=False")
    variables = [v for v in fgraph.variables if hasattr(v, "shape")]
    shapes = function(list(fgraph.inputs), [v.shape for v in variables], on_unused_input="ignore")
    # All elements are one element, so that no memory is needed.
    values = [np.broadcast_to(np.zeros((), v.type.dtype), input_shapes[v]) for v in fgraph.inputs]
    return {v: tuple(int(n) for n in shape) for v, shape in zip(variables, shapes(*values), strict=True)}
