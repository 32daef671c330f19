"""The op that prints values while a function runs."""

from theano.graph.op import Op
from theano.graph.variable import Apply


def _print_fn(op, value):
    """Print the attributes of ``value`` that ``op`` names, each on a line; methods are called."""
    for attribute in op.attrs:
        found = getattr(value, attribute)
        print(op.message, attribute, "=", found() if callable(found) else found)


class Print(Op):
    """The input itself; when it is computed, a message and attributes of the value are printed.

    Parameters
    ----------
    message : str
        Begins every printed line.
    attrs : sequence of str
        Attributes of the value; methods without arguments are called.
    global_fn : callable, optional
        ``global_fn(op, value)`` prints instead.

    A gradient passes through unchanged and is not printed. How often and in which order values are printed depends
    on how the graph is rewritten.
    """

    __props__ = ("message", "attrs", "global_fn")
    view_map = {0: [0]}
    _f16_ok = True

    def __init__(self, message="", attrs=("__str__",), global_fn=_print_fn):
        self.message, self.attrs, self.global_fn = message, tuple(attrs), global_fn

    def make_node(self, x):
        return Apply(self, [x], [x.type.make_variable()])

    def perform(self, node, inputs, output_storage, params=None):
        output_storage[0][0] = inputs[0]
        self.global_fn(self, inputs[0])

    def do_constant_folding(self, node):
        """Never: it would print when the function is compiled, and not when it runs."""
        return False

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_grads):
        return output_grads

    def R_op(self, inputs, eval_points):
        return list(eval_points)

    def __str__(self):
        return f"Print{{message={self.message!r}, attrs={self.attrs}}}"
