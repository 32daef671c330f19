"""`MonitorMode`: functions that run op by op and call functions of yours before and after each op."""

import copy

import numpy as np

from theano.compile.linker import OpWiseCLinker, WrapLinker
from theano.compile.mode import Mode, register_mode
from theano.graph.text import debugprint
from theano.scalar.dtype import kind_of


class MonitorMode(Mode):
    """The mode that lets you see every op of a function run.

    Parameters
    ----------
    pre_func, post_func : function, optional
        Called before and after each op, those of graphs inside of ops too, with ``i, node, fn``: its place in the
        order, its node, and the thunk, whose ``inputs`` and ``outputs`` are lists of one-element lists that hold the
        values.
    optimizer : str or Query
        The rewrites; ``mode.excluding("fusion")`` shows each op alone.
    linker : Linker, optional
        One that runs op by op.
    """

    def __init__(self, pre_func=None, post_func=None, optimizer="default", linker=None):
        self.pre_func, self.post_func = pre_func, post_func
        super().__init__("c|py" if linker is None else linker, optimizer)

    @property
    def linker(self):
        """The linker, with the functions around each op."""
        inner = super().linker
        return WrapLinker([OpWiseCLinker(allow_gc=inner.allow_gc) if inner.native else inner], self.eval)

    def eval(self, i, node, fn):
        """Run one op between the two functions."""
        if self.pre_func is not None:
            self.pre_func(i, node, fn)
        fn()
        if self.post_func is not None:
            self.post_func(i, node, fn)

    def clone(self, link_kwargs=None, optimizer="", **kwargs):
        """This mode with another optimizer, ``pre_func``, ``post_func`` or linker options (``allow_gc``)."""
        twin = copy.copy(self) if optimizer == "" else self._with(optimizer)
        options = {**(link_kwargs or {}), **kwargs}
        twin.pre_func, twin.post_func = (options.get(name, getattr(self, name)) for name in ("pre_func", "post_func"))
        if "allow_gc" in options:
            twin._linker = super().linker.clone(allow_gc=options["allow_gc"])
        return twin


def detect_nan(i, node, fn):
    """A ``post_func`` that prints an op, its inputs and outputs, where an output has elements that are nan."""
    for cell in fn.outputs:
        if isinstance(cell[0], (np.ndarray, np.generic)) and kind_of(cell[0].dtype) in "fc" and np.isnan(cell[0]).any():
            print("*** NaN detected ***")
            print(debugprint(node, file="str"))
            print(f"Inputs : {[cell[0] for cell in fn.inputs]}")
            print(f"Outputs: {[cell[0] for cell in fn.outputs]}")
            return


register_mode("MonitorMode", MonitorMode())
