"""How the graphs inside ops become callables."""

from theano.compile.function import function
from theano.compile.io import Out
from theano.inner.graph import InnerGraph


def build(inputs, outputs, mode=None, profile=None):
    """A callable of values of ``inputs`` with a list of arrays as its result, good until the next call."""
    return function(list(inputs), [Out(v, borrow=True) for v in outputs], mode=mode, no_default_updates=True,
                    on_unused_input="ignore", name="inner graph", profile=profile)


InnerGraph.builder = staticmethod(build)
