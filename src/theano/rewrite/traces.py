"""Where the variables of a rewritten graph come from: handing traces on, and checking that it was done."""

import contextlib
import warnings

from theano.graph.fgraph import FunctionGraph
from theano.graph.origin import inherited


def copy_stack_trace(from_var, to_var):
    """Give ``to_var`` the traces of ``from_var``; either may be a list. Returns ``to_var``."""
    traces = _traces(from_var)
    for variable in to_var if isinstance(to_var, (list, tuple)) else [to_var]:
        own = [item for item in getattr(variable.tag, "trace", ()) if item not in traces]
        variable.tag.trace = (*traces, *own)
    return to_var


def _traces(variables):
    """The frames of a variable; of a list of them those of the first, and what the others have besides."""
    found = []
    for variable in variables if isinstance(variables, (list, tuple)) else [variables]:
        found += [item for item in getattr(variable.tag, "trace", ()) if item not in found]
    return tuple(found)


@contextlib.contextmanager
def inherit_stack_trace(from_var):
    """Variables that are made in this context get the traces of ``from_var``, which may be a list."""
    with inherited(_traces(from_var)):
        yield


def check_stack_trace(f_or_fgraph, ops_to_check="last", bug_print="raise"):
    """Whether the nodes of a rewritten graph still tell where the user wrote them.

    Parameters
    ----------
    f_or_fgraph : Function or FunctionGraph
    ops_to_check : "last", "all", op, op class, callable, or a sequence of ops and classes
        Which nodes to look at: those that compute outputs, all, or those with such an op.
    bug_print : {"raise", "warn", "ignore"}
        What to do besides returning False.
    """
    if bug_print not in ("raise", "warn", "ignore"):
        raise ValueError(f"bug_print must be 'raise', 'warn' or 'ignore', got {bug_print!r}")
    fgraph = f_or_fgraph if isinstance(f_or_fgraph, FunctionGraph) else f_or_fgraph.maker.fgraph
    lost = [node for node in _chosen(fgraph, ops_to_check)
            if not any(getattr(output.tag, "trace", ()) for output in node.outputs)]
    if not lost:
        return True
    text = f"{len(lost)} nodes don't tell where they come from: {', '.join(map(str, lost[:5]))}"
    if bug_print == "raise":
        raise Exception(text)
    if bug_print == "warn":
        warnings.warn(text, stacklevel=2)
    return False


def _chosen(fgraph, which):
    if isinstance(which, str):
        if which not in ("last", "all"):
            raise ValueError(f"ops_to_check must be 'last', 'all', an op, a class or a sequence, got {which!r}")
        return [v.owner for v in fgraph.outputs if v.owner is not None] if which == "last" else fgraph.toposort()
    wanted = which if isinstance(which, (list, tuple)) else [which]
    return [node for node in fgraph.toposort() if any(_matches(node.op, w) for w in wanted)]


def _matches(op, wanted):
    return isinstance(op, wanted) if isinstance(wanted, type) else op == wanted
