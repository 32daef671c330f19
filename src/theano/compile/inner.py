"""How the graphs inside ops and linkers become callables."""

from theano.compile.function import function
from theano.compile.io import Out
from theano.compile.linker import Linker
from theano.compile.mode import Mode
from theano.graph.walk import toposort
from theano.inner.graph import InnerGraph


def build(inputs, outputs, mode=None):
    """A callable of values of ``inputs`` with a list of arrays as its result, good until the next call."""
    return function(list(inputs), [Out(v, borrow=True) for v in outputs], mode=mode, no_default_updates=True,
                    on_unused_input="ignore", name="inner graph")


InnerGraph.builder = staticmethod(build)


def run_graph(inputs, outputs, linker):
    """A callable of values of ``inputs`` with a list of results, which runs the graph as ``linker`` says."""
    mode = Mode(linker.clone(), "fast_run" if linker.native else None)
    overwrites = any(node.op.destroy_map for node in toposort(outputs, inputs))
    return function(list(inputs), list(outputs), mode=mode, accept_inplace=overwrites, on_unused_input="ignore",
                    no_default_updates=True)


Linker.builder = staticmethod(run_graph)
