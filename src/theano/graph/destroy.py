"""Who may overwrite what: the constraints that ops working in place put on the order of execution."""

from theano.errors import InconsistencyError
from theano.graph.variable import Constant
from theano.graph.walk import io_toposort

PACKAGE = __name__.partition(".")[0] + "."


class DestroyHandler:
    """Listener that orders every reader of a storage before the node that overwrites it.

    `validate` raises InconsistencyError when a storage is overwritten twice, when something that must
    survive (a graph input marked protected, a constant, an output) is overwritten, or when readers and
    the destroyer wait for each other.
    """

    pickles = True

    def __init__(self, do_imports_on_attach=True, algo=None):
        """Both arguments are accepted for programs that give them."""

    def on_attach(self, fgraph):
        """Make ``fgraph.destroyers`` and ``fgraph.has_destroyers`` available."""
        self.fgraph = fgraph
        fgraph.destroy_handler = self
        fgraph.has_destroyers = self.has_destroyers

    def on_detach(self, fgraph):
        """Remove what `on_attach` added."""
        del fgraph.destroy_handler
        del fgraph.has_destroyers

    def __getstate__(self):
        return {}

    def clone(self):
        """A fresh handler."""
        return type(self)()

    def has_destroyers(self, variables):
        """Whether the storage of any of ``variables`` is overwritten."""
        return any(self.is_destroyed(v) for v in variables)

    def is_destroyed(self, variable):
        """Whether some node overwrites the storage of ``variable``."""
        storage = storages(self.fgraph)
        return any(storage[variable] & storage[node.inputs[i]]
                   for node, i in destroyed_inputs(self.fgraph))

    def orderings(self, fgraph, ordered=True):
        """Dict from each destroyer to the nodes that must run before it."""
        return constraints(fgraph)

    def validate(self, fgraph):
        """Raise InconsistencyError when no order satisfies all constraints."""
        before = constraints(fgraph)
        if before:
            try:
                io_toposort(fgraph.inputs, fgraph.outputs, before)
            except ValueError:
                raise InconsistencyError("Dependency graph contains cycles") from None


def fast_inplace_check(inputs):
    """Those of the variables ``inputs`` of one graph that nothing protects and no node overwrites."""
    graph = next((v.fgraph for v in inputs if getattr(v, "fgraph", None) is not None), None)
    if graph is None:
        return []
    protected, taken = set(getattr(graph, "protected", ())), destroyed_roots(graph)
    return [v for v in inputs if not isinstance(v, Constant) and v not in protected and v not in taken]


def destroyed_inputs(fgraph):
    """Pairs (node, input position) of everything that is overwritten."""
    return [(node, i) for node in fgraph.apply_nodes if node.op.destroy_map
            for positions in node.op.destroy_map.values() for i in positions]


def destroyed_roots(fgraph):
    """The variables whose own storage some node overwrites."""
    storage = storages(fgraph)
    return {root for node, i in destroyed_inputs(fgraph) for root in storage[node.inputs[i]]}


def storages(fgraph):
    """Dict from each variable to the frozenset of variables whose storage it may share.

    The root of a storage is a variable that is neither a view nor computed in place.
    """
    found = {}
    for node in io_toposort(fgraph.inputs, fgraph.outputs):
        for variable in node.inputs:
            found.setdefault(variable, frozenset([variable]))
        for index, output in enumerate(node.outputs):
            sources = [*node.op.view_map.get(index, ()), *node.op.destroy_map.get(index, ())]
            if sources:
                found[output] = frozenset().union(*(found[node.inputs[i]] for i in sources))
            else:
                found[output] = frozenset([output])
    for variable in [*fgraph.inputs, *fgraph.outputs]:
        found.setdefault(variable, frozenset([variable]))
    return found


def constraints(fgraph):
    """Dict from each destroyer to the nodes that must run before it.

    Raises InconsistencyError where something is overwritten that must not be.
    """
    destroyed = destroyed_inputs(fgraph)
    if not destroyed:
        return {}
    storage = storages(fgraph)
    protected = set(getattr(fgraph, "protected", ()))
    by_root = {}
    for variable, roots in storage.items():
        for root in roots:
            by_root.setdefault(root, []).append(variable)
    overwrites = {}
    for node, i in destroyed:
        for root in storage[node.inputs[i]]:
            overwrites.setdefault(root, set()).add(node)
            if root.owner is None and (root in protected or not hasattr(root, "clients")
                                       or hasattr(root, "data")):
                raise InconsistencyError(f"Attempting to destroy indestructible variables: {root}")
            if getattr(root.tag, "indestructible", False):
                raise InconsistencyError(f"{root} is tagged indestructible: no op may overwrite it")
        _check_aliases(node, i, storage)
    result = {}
    for root, nodes in overwrites.items():
        chain = _chain(nodes, storage, root)
        for position, node in enumerate(chain):
            after = _written_by(chain[position:], root, storage)
            readers = _readers(by_root[root], node, after, storage)
            result.setdefault(node, []).extend(readers)
    return result


def _check_aliases(node, i, storage):
    """Raise where a user's op overwrites an input while it reads another with the same storage.

    An op may say which pairs of inputs it can take: ``destroyhandler_tolerate_aliased``, or, only where both are one
    variable, ``destroyhandler_tolerate_same``. Our own ops are right for all that the rewrites let them overwrite.
    """
    op = node.op
    if type(op).__module__.startswith(PACKAGE):
        return
    aliased = {tuple(pair) for pair in getattr(op, "destroyhandler_tolerate_aliased", ())}
    same = {tuple(pair) for pair in getattr(op, "destroyhandler_tolerate_same", ())}
    for j, other in enumerate(node.inputs):
        if j == i or not storage[other] & storage[node.inputs[i]] or (i, j) in aliased:
            continue
        if other is not node.inputs[i] or (i, j) not in same:
            raise InconsistencyError(f"{node} overwrites its input {i}, with which input {j} shares memory")


def _chain(nodes, storage, root):
    """Destroyers of one storage in the order of their data flow; each must use the previous result."""
    ordered = []
    remaining = set(nodes)
    current = None
    while remaining:
        ready = [n for n in remaining
                 if not any(_inside(v, root, storage) and v.owner in remaining and v.owner is not n
                            for v in _above(n, remaining))]
        if len(ready) != 1 or (current is not None and not _follows(ready[0], current, root, storage)):
            raise InconsistencyError(f"Multiple destroyers of {root}")
        current = ready[0]
        ordered.append(current)
        remaining.remove(current)
    return ordered


def _above(node, remaining):
    """Variables above ``node`` up to the outputs of ``remaining``."""
    stack, seen = list(node.inputs), set()
    while stack:
        variable = stack.pop()
        if variable in seen:
            continue
        seen.add(variable)
        yield variable
        if variable.owner is not None and variable.owner not in remaining:
            stack.extend(variable.owner.inputs)


def _inside(variable, root, storage):
    return root in storage.get(variable, ())


def _follows(node, previous, root, storage):
    outputs = set(previous.outputs)
    return any(_inside(v, root, storage) and v in outputs for v in _above(node, {previous}))


def _written_by(nodes, root, storage):
    """Variables in the storage of ``root`` that the given destroyers make, and views of those."""
    made = {v for node in nodes for v in node.outputs if _inside(v, root, storage)}
    stack = list(made)
    while stack:
        for client, _ in stack.pop().clients:
            for output in () if client == "output" else client.outputs:
                if output not in made and _inside(output, root, storage):
                    made.add(output)
                    stack.append(output)
    return made


def _readers(variables, node, after, storage):
    """Nodes that read the storage as it is before ``node`` overwrites it."""
    readers = []
    for variable in variables:
        if variable in after:
            continue
        for client, _ in variable.clients:
            if client == "output":
                raise InconsistencyError(f"{node} overwrites {variable}, an output of the graph")
            if client is not node:
                readers.append(client)
    return readers
