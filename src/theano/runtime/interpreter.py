"""Runs a graph node by node in Python: the meaning every other way of running is tested against."""

import copy
import time

import numpy as np

from theano.graph.destroy import storages
from theano.graph.op import thunk_of
from theano.graph.variable import Constant
from theano.inner.graph import run_in
from theano.runtime.report import describe_failure, extended


class Interpreter:
    """Runs the nodes of a FunctionGraph in order, each by its own thunk.

    Attributes
    ----------
    allow_gc : bool
        Whether cells of intermediate values are emptied as soon as nobody needs them.
    storage_map : dict
        variable -> its one-element cell; those given at the start, of shared variables, are used as they are.
    nodes, thunks : lists
        In the order of execution.
    impl : str or None
        "py": ops run their `perform` also where they have C code.
    nodes : list of Apply, optional
        The order in which they run.
    wrap : function, optional
        ``(i, node, thunk, storage_map)`` -> what runs in the place of the thunk.
    callback : function, optional
        Called with ``node, thunk, storage_map, compute_map`` after each node.
    callback_input : function, optional
        Called with ``variable, value`` for each input before the first node.
    mode : Mode, optional
        Of the function: graphs inside of ops run in it too, where they have none of their own.
    running : dict
        From nodes to those that run, which differ where there is a graph in the op.
    failed : Apply or None
        The node whose error ended the last call that failed.
    """

    def __init__(self, fgraph, allow_gc=True, storage_map=None, impl=None, nodes=None, wrap=None, callback=None,
                 callback_input=None, mode=None):
        self.fgraph, self.impl, self._mode = fgraph, impl, mode
        self._wrap, self._callback, self._callback_input = wrap, callback, callback_input
        self.allow_gc = allow_gc
        self.nodes = fgraph.toposort() if nodes is None else list(nodes)
        self.storage_map = dict(storage_map or {})
        self._fill_storage()
        self._lent = {id(cell) for cell in (storage_map or {}).values()}
        self.compute_map = {v: [v.owner is None] for v in self.storage_map}
        self.running = {}
        self.thunks = [self._thunk(i, node) for i, node in enumerate(self.nodes)]
        self._last_use = self._plan_release()
        self._overwritten = self._plan_overwriting()
        self._updated = {fgraph.inputs[i] for i in (getattr(fgraph, "update_mapping", None) or {}).values()}
        self.measured = self.failed = None
        self._position = {node: i for i, node in enumerate(self.nodes)}
        self.lazy = any(getattr(thunk, "lazy", False) for thunk in self.thunks)
        self._before = fgraph.orderings() if self.lazy else {}

    def _fill_storage(self):
        for variable in self.fgraph.inputs:
            self.storage_map.setdefault(variable, [None])
        for variable in [*(v for n in self.nodes for v in [*n.inputs, *n.outputs]),
                         *self.fgraph.outputs]:
            if variable not in self.storage_map:
                self.storage_map[variable] = [variable.data if isinstance(variable, Constant) else None]

    def _thunk(self, i, node):
        running = self.running[node] = run_in(node, self._mode)
        thunk = thunk_of(running, self.storage_map, self.compute_map, self.impl)
        if self._wrap is not None:
            thunk = self._wrap(i, node, thunk, self.storage_map)
        return thunk if self._callback is None else self._announced(node, thunk)

    def _announced(self, node, thunk):
        def announced():
            missing = thunk()
            self._callback(node=node, thunk=thunk, storage_map=self.storage_map, compute_map=self.compute_map)
            return missing
        announced.__dict__.update(thunk.__dict__)
        return announced

    def _plan_release(self):
        """For each node the cells that nobody needs after it."""
        kept = {*self.fgraph.inputs, *self.fgraph.outputs}
        last = {}
        for position, node in enumerate(self.nodes):
            for variable in [*node.inputs, *node.outputs]:
                if variable.owner is not None and variable not in kept:
                    last[variable] = position
        release = [[] for _ in self.nodes]
        for variable, position in last.items():
            release[position].append(self.storage_map[variable])
        return release

    def _plan_overwriting(self):
        """For each node the inputs of the graph that it overwrites."""
        if not any(node.op.destroy_map for node in self.nodes):
            return [()] * len(self.nodes)
        storage, inputs = storages(self.fgraph), set(self.fgraph.inputs)
        overwritten = [set() for _ in self.nodes]
        for found, node in zip(overwritten, self.nodes, strict=True):
            for positions in node.op.destroy_map.values():
                found.update(*(storage[node.inputs[i]] & inputs for i in positions))
        return overwritten

    def __call__(self, values=None, n_calls=1):
        """Values of the graph's outputs for ``values`` of its inputs; what is updated is unchanged after an error.

        Without values: call the function of this executor with those that its inputs have, ``n_calls`` times.
        """
        if values is None:
            return self.again(n_calls)
        for variable, value in zip(self.fgraph.inputs, values, strict=True):
            self.storage_map[variable][0] = value
            if self._callback_input is not None:
                self._callback_input(variable, value)
        self._at, saved = 0, []
        try:
            if self.lazy:
                self._run_needed(saved)
            else:
                self._run_all(saved)
        except BaseException as error:
            for cell, value, content in reversed(saved):
                _restore(cell, value, content)
            if isinstance(error, Exception):
                raise self._failure(error, self._at) from error
            raise
        results = [self.storage_map[v][0] for v in self.fgraph.outputs]
        if self.allow_gc:
            for variable in self.fgraph.outputs:
                if variable.owner is not None:
                    self.storage_map[variable][0] = None
        return results

    def _run_all(self, saved):
        """Run all nodes, in order."""
        for position, thunk in enumerate(self.thunks):
            self._at = position
            for variable in self._overwritten[position]:
                self._before_overwriting(variable, saved)
            thunk()
            if self.allow_gc:
                for cell in self._last_use[position]:
                    cell[0] = None

    def _run_needed(self, saved):
        """Run what the outputs need; a lazy thunk lists the numbers of the inputs that it still needs, if any."""
        computed = self.compute_map
        for node in self.nodes:
            for v in node.outputs:
                computed[v][0] = False
        stack = [v.owner for v in reversed(self.fgraph.outputs) if v.owner is not None]
        while stack:
            node = stack[-1]
            if all(computed[v][0] for v in node.outputs):
                stack.pop()
                continue
            self._at = self._position[node]
            thunk = self.thunks[self._at]
            if getattr(thunk, "lazy", False):
                missing = [node.inputs[i] for i in thunk() or ()]
            else:
                missing = [v for v in node.inputs if not computed[v][0]]
                if not missing:
                    self._run_one(node, thunk, saved)
            if missing:
                stack.extend(v.owner for v in reversed(missing))
            else:
                for v in node.outputs:
                    computed[v][0] = True
        if self.allow_gc:
            kept = {id(self.storage_map[v]) for v in self.fgraph.outputs}
            for cells in self._last_use:
                for cell in cells:
                    if id(cell) not in kept:
                        cell[0] = None

    def _run_one(self, node, thunk, saved):
        """Run a node that has its inputs; one that overwrites what others may still read works on copies."""
        lent = []
        if any(not self.compute_map[v][0] for other in self._before.get(node, ()) for v in other.outputs):
            for positions in node.op.destroy_map.values():
                for cell in (self.storage_map[node.inputs[i]] for i in positions):
                    lent.append((cell, cell[0]))
                    cell[0] = copy.deepcopy(cell[0])
        else:
            for variable in self._overwritten[self._at]:
                self._before_overwriting(variable, saved)
        thunk()
        for cell, value in lent:
            cell[0] = value

    def _before_overwriting(self, variable, saved):
        cell = self.storage_map[variable]
        if isinstance(cell[0], np.ndarray) and not cell[0].flags.writeable:
            cell[0] = cell[0].copy()
        if variable in self._updated:
            saved.append((cell, cell[0], copy.deepcopy(cell[0])))

    def measure(self):
        """Measure nodes from now on: ``measured`` lists (calls, nanoseconds, bytes of the results) for each."""
        self.measured = [[0, 0, 0] for _ in self.nodes]
        self.thunks = [self._timed(*parts) for parts in zip(self.nodes, self.thunks, self.measured, strict=True)]

    def _timed(self, node, thunk, record):
        cells = [self.storage_map[v] for v in node.outputs]

        def timed():
            start = time.perf_counter_ns()
            missing = thunk()
            record[1] += time.perf_counter_ns() - start
            if not missing:
                record[0] += 1
                record[2] = sum(getattr(cell[0], "nbytes", 0) for cell in cells)
            return missing
        timed.__dict__.update(thunk.__dict__)
        return timed

    def _failure(self, error, position):
        node = self.failed = self.nodes[position]
        values = [self.storage_map[v][0] for v in node.inputs]
        return extended(error, describe_failure(node, values, position))

    def free(self):
        """Forget all intermediate values; what is in cells of others stays."""
        for variable, cell in self.storage_map.items():
            if not isinstance(variable, Constant) and id(cell) not in self._lent:
                cell[0] = None


def _restore(cell, value, content):
    """Give a cell the content that it had, in the same array where it is one."""
    if isinstance(value, np.ndarray):
        value[...] = content
        content = value
    cell[0] = content
