"""Compiled functions as users see them."""

import copy
import threading
import time
from weakref import ref

import numpy as np

from theano.compile.diagnosis import explain, is_foreign
from theano.compile.dtype_report import dtype_report
from theano.config import config
from theano.graph.copying import deep_copy_op
from theano.graph.shared import Container
from theano.graph.type import Generic
from theano.runtime import native
from theano.runtime.report import extended
from theano.scalar.type import Scalar
from theano.tensor.type import TensorType

_AMBIGUOUS = object()


class _ByInput:
    """``f.container`` and ``f.value``: access to inputs by variable, name or position."""

    def __init__(self, function, read, write):
        self._function, self._read, self._write = function, read, write

    def __getitem__(self, item):
        return self._read(self._function.cell_of(item))

    def __setitem__(self, item, value):
        self._write(self._function, item, value)

    def __contains__(self, item):
        return item in self._function.finder

    def __len__(self):
        return len(self._function.input_storage)


def _set_value(function, item, value):
    cell = function.cell_of(item)
    position = function.input_storage.index(cell)
    cell.value = copy.copy(value) if function.maker.inputs[position].mutable else value
    required, refeed, _ = function.defaults[position]
    function.defaults[position] = (required, refeed, cell.value if refeed else None)


def _refuse(function, item, value):
    raise TypeError("containers cannot be replaced; set f.value[item] or f[item]")


class Function(native.Callable):
    """What `theano.function` returns: call it with values of the inputs.

    Attributes
    ----------
    maker : FunctionMaker
        Its ``fgraph`` is the rewritten graph.
    input_storage : list of Container
        One for each input, those of shared variables included.
    trust_input : bool
        Skip all checks of the arguments: they must be arrays of exactly the right type.
    name : str or None
    profile : ProfileStats or None
    """

    def __init__(self, executor, cells, defaults, maker):
        super().__init__()
        self.fn = executor
        executor.again = _again(ref(self))
        self._general = None
        self._lock = threading.RLock()          # an `Interpreter` keeps its values in itself
        self.input_storage = cells
        self.defaults = defaults
        self.maker = maker
        self.trust_input = False
        self.name = maker.name
        self.profile = maker.profile
        self.unpack_single = maker.unpack_single
        self.return_none = maker.return_none
        self.output_keys = maker.output_keys
        self.n_returned = len(maker.outputs)
        self._positional = [i for i, e in enumerate(maker.inputs) if not e.implicit]
        self._updates = [(self.n_returned + k, cells[i]) for k, i in enumerate(maker.updated)]
        self._check_for_aliased_inputs = any(
            (e.mutable or getattr(e, "borrow", False)) and not getattr(e, "shared", False)
            for e in maker.inputs)
        self.finder = self._make_finder()
        self._by_name = self._keywords()
        self.runs_natively = hasattr(executor, "machine")
        if self.runs_natively:
            self._attach_machine()
        self._measuring = None if self.profile is None else self.profile.watch(self)

    # -- names ----------------------------------------------------------------------------------------

    def _make_finder(self):
        finder = {}
        for position, (entry, cell) in enumerate(zip(self.maker.inputs, self.input_storage, strict=True)):
            for key in (entry.variable, entry.name, position):
                if key is not None:
                    finder[key] = _AMBIGUOUS if key in finder else cell
        return finder

    def _keywords(self):
        """Inputs that may be given by name; those before a required unnamed input may not."""
        found = {}
        for position in reversed(self._positional):
            entry = self.maker.inputs[position]
            if entry.name is None:
                if self.defaults[position][0]:
                    break
                continue
            found[entry.name] = _AMBIGUOUS if entry.name in found else position
        return found

    def cell_of(self, item):
        """The container of an input given by variable, name or position."""
        cell = self.finder.get(item)
        if cell is None:
            raise KeyError(f"Unknown input or state: {item}. The function has "
                           f"{', '.join(str(e.variable) for e in self.maker.inputs) or 'no inputs'}")
        if cell is _AMBIGUOUS:
            raise TypeError(f"several inputs of this function are called {item}: give them different names")
        return cell

    @property
    def container(self):
        """Containers of the inputs."""
        return _ByInput(self, lambda cell: getattr(cell, "source", cell), _refuse)

    @property
    def value(self):
        """Values of the inputs."""
        return _ByInput(self, lambda cell: cell.value, _set_value)

    def __getitem__(self, item):
        return self.cell_of(item).value

    def __setitem__(self, item, value):
        _set_value(self, item, value)

    def __contains__(self, item):
        return item in self.finder

    @property
    def outputs(self):
        """Outputs of the rewritten graph, before the copies that give some of them memory of their own."""
        outputs = self.maker.fgraph.outputs[:self.n_returned]
        return [v.owner.inputs[0] if v.owner is not None and v.owner.op == deep_copy_op else v for v in outputs]

    @property
    def indices(self):
        """For each input: (entry, positions, entries), as the original."""
        return [(entry, [i], [entry]) for i, entry in enumerate(self.maker.inputs)]

    # -- calls ----------------------------------------------------------------------------------------

    def _attach_machine(self):
        entries = self.maker.inputs
        n = len(self._positional)
        plain = self._positional == list(range(n)) and not self._check_for_aliased_inputs and all(
            getattr(e, "shared", False) for e in entries[n:]) and not any(e.mutable for e in entries[:n])
        types = [e.variable.type for e in [*entries, *self.maker.outputs]]
        self._numbers = [i for i, kind in enumerate(types) if isinstance(kind, Scalar)]
        plain = plain and not self._numbers and all(isinstance(kind, (TensorType, Generic)) for kind in types[:n])
        kept = [getattr(e, "shared", False) or e.update is not None for e in entries]
        self._stored = [i for i, e in enumerate(entries) if e.update is not None and not getattr(e, "shared", False)]
        machine = self.fn.machine([cell.storage for cell in self.input_storage], kept, n)
        kind = 3 if self.output_keys is not None else 2 if self.return_none else 0 if self.unpack_single else 1
        self._attach(machine, int(plain and kind != 3), self._numbers_as_they_are(entries[:n]), kind)

    @staticmethod
    def _numbers_as_they_are(entries):
        """Whether the machine may take numbers: 0, not; 1, where nothing is lost; 2, and round Python's floats."""
        if any(e.strict for e in entries):
            return 0
        rounded = config.floatX == "float32" and all(e.allow_downcast is None for e in entries)
        return 2 if rounded or entries and all(e.allow_downcast for e in entries) else 1

    def _slow_call(self, *args, **kwargs):
        """The call in Python: names, defaults, conversions."""
        start = time.perf_counter()
        subset = kwargs.pop("output_subset", None)
        if self.runs_natively:
            values = self._bind(args, kwargs)
            for position in self._stored:           # the machine reads these from their cells
                self.input_storage[position].storage[0] = values[position]
            without = any(values[position] is None for position in self.maker.optional)     # the machine knows no None
            return self._returned(self._run_general(values) if without else self._run_native(values), subset)
        with self._lock:
            values = self._bind(args, kwargs)
            begun = time.perf_counter()
            results = self._interpreted(self.fn, values)
            done = time.perf_counter()
            for position, cell in self._updates:
                cell.storage[0] = results[position]
            if self._measuring is not None:
                self._measuring.count(done - start, done - begun)
        return self._returned(results, subset)

    def call_again(self, n_calls):
        """Call the function with the values that its inputs have: ``f.fn(n_calls=1000)``."""
        if not self._positional:
            self.repeat(n_calls)
            return
        for position in self._positional:
            if self.input_storage[position].storage[0] is None:
                raise TypeError(f"f.fn() takes what is in f.input_storage, but {self._describe(position)} has no value")
        for _ in range(n_calls):
            values = [cell.storage[0] for cell in self.input_storage]
            if self.runs_natively:
                self._run_native(values)
                continue
            with self._lock:
                results = self._interpreted(self.fn, values)
                for position, cell in self._updates:
                    cell.storage[0] = results[position]

    def _interpreted(self, executor, values):
        """Results of an `Interpreter`; an error names the line of the graph as the user wrote it."""
        try:
            return executor(values)
        except Exception as error:
            failed = getattr(executor, "failed", None)
            if failed is None or is_foreign(failed.op):
                raise
            explained = explain(self.maker, values, error)
            if explained is error:
                raise
        raise explained from None

    def _run_native(self, values):
        """Results of the machine, which knows arrays only, where numbers go in or come out."""
        n = len(values)
        for position in self._numbers:
            if position < n:
                values[position] = np.asarray(values[position])
        results = self._run(values)
        for position in self._numbers:
            if position >= n:
                results[position - n] = results[position - n][()]
        return results

    def _run_general(self, values):
        """Results of the general form, which assumes nothing."""
        with self._lock:
            if self._general is None:
                self._general = self.maker.general_executor(self.input_storage)
            results = self._interpreted(self._general, values)
            for position, cell in self._updates:
                cell.storage[0] = results[position]
        return results[:self.n_returned]

    def _misfit(self, position, value):
        """Raise the error for a value that the machine can't take."""
        entry = self.maker.inputs[position]
        entry.variable.type.filter(value, strict=True)
        raise TypeError(f"input {position} ({entry.variable}) can't be used as it is: {value!r}")

    def _failed(self, at, code, text, axis, a, b, operands, error, inputs, returned, path):
        """An instruction failed: run the general form where an assumption did not hold, else raise."""
        if (code == native.DECLINED or self.fn.is_guard(at)) and (error is None or isinstance(error, Exception)):
            results = self._run_general(inputs)
            return results if returned == 1 else None if returned == 2 else results[0]
        raise self.fn.failure(at, code, text, axis, a, b, operands, error, inputs, path)

    def _bind(self, args, kwargs):
        """Checked values of all inputs, in order."""
        values = [cell.storage[0] for cell in self.input_storage]
        given = self._given(args, kwargs)
        for position, (required, refeed, default) in enumerate(self.defaults):
            if position in given:
                values[position] = self._filtered(position, given[position])
                if self.maker.inputs[position].update is not None:      # becomes state, which is nobody else's
                    values[position] = copy.copy(values[position])
            elif required:
                raise TypeError(f"Missing required input: {self._describe(position)}")
            elif refeed:
                mutable = self.maker.inputs[position].mutable
                values[position] = copy.copy(default) if mutable else default
        if self._check_for_aliased_inputs and not self.trust_input:
            self._unalias(values, given)
        return values

    def _given(self, args, kwargs):
        """Dict from input position to the value given."""
        allowed = self._positional if len(args) <= len(self._positional) else \
            [*self._positional, *(i for i, e in enumerate(self.maker.inputs)
                                  if e.implicit and not getattr(e, "shared", False))]
        if len(args) > len(allowed):
            raise TypeError(f"Too many parameter passed to theano function: it takes "
                            f"{len(self._positional)}, got {len(args)}")
        given = dict(zip(allowed, args, strict=False))
        for name, value in kwargs.items():
            position = self._keyword(name)
            if position in given:
                raise TypeError(f"Multiple values for input: {name}")
            given[position] = value
        return given

    def _keyword(self, name):
        position = self._by_name.get(name)
        if position is None:
            implicit = [i for i, e in enumerate(self.maker.inputs) if e.implicit and e.name == name
                        and not getattr(e, "shared", False)]
            if not implicit:
                raise TypeError(f"Unknown input or state: {name}. The function has named inputs "
                                f"({', '.join(self._by_name) or 'none'}).")
            position = implicit[0]
        if position is _AMBIGUOUS:
            raise TypeError(f"several inputs of this function are called {name}: pass them by position")
        return position

    def _filtered(self, position, value):
        if self.trust_input or value is None and position in self.maker.optional:
            return value
        entry, cell = self.maker.inputs[position], self.input_storage[position]
        try:
            return cell.type.filter(value, strict=cell.strict, allow_downcast=cell.allow_downcast)
        except (TypeError, ValueError) as error:
            of = f" of function {self.name}" if self.name else ""
            text = f"argument {position}{of}, {entry.name or 'without a name'}, can't be used:"
            raise extended(type(error)(text), str(error)) from error

    def _unalias(self, values, given):
        """Copy arguments that share memory with others when one of them may be overwritten."""
        entries = self.maker.inputs
        for position in given:
            if not (entries[position].mutable or getattr(entries[position], "borrow", False)):
                continue
            share = entries[position].variable.type.may_share_memory
            for other, value in enumerate(values):
                if other != position and type(value) is type(values[position]) \
                        and share(values[position], value):
                    values[position] = copy.copy(values[position])
                    break

    def _describe(self, position):
        entry = self.maker.inputs[position]
        return entry.name or f"{entry.variable} (position {position})"

    def _returned(self, results, subset):
        if self.output_keys is not None:
            pairs = list(zip(self.output_keys, results, strict=False))
            return {k: v for i, (k, v) in enumerate(pairs) if subset is None or k in subset or i in subset}
        if self.return_none:
            return None
        if self.unpack_single:
            return results[0]
        results = results[:self.n_returned]
        return results if subset is None else [results[i] for i in subset]

    # -- copies ---------------------------------------------------------------------------------------

    def copy(self, share_memory=False, swap=None, delete_updates=False, name=None, profile=None):
        """A function of the same graph, which returns a list unless it returns a dict or nothing.

        swap: dict or pairs from shared variables (or their names) to those used instead.
        delete_updates: the copy updates nothing. share_memory: the cells of intermediate values are
        shared, so the two must not run at the same time.
        """
        maker = self.maker.copy_with(dict(swap or {}), delete_updates, name, profile)
        return maker.create(storage_map=self._shared_storage(maker) if share_memory else None)

    def _shared_storage(self, maker):
        """Cells of this function for the intermediate values of ``maker``; none where the graphs differ."""
        mine, theirs = self.maker.fgraph.toposort(), maker.fgraph.toposort()
        if [node.op for node in mine] != [node.op for node in theirs]:
            return {}
        source, own = self.fn.storage_map, {*maker.fgraph.inputs, *maker.fgraph.outputs}
        return {new: source[old] for a, b in zip(mine, theirs, strict=True)
                for old, new in zip([*a.inputs, *a.outputs], [*b.inputs, *b.outputs], strict=True)
                if new not in own and old in source}

    def __copy__(self):
        """A function with its own copies of mutable values."""
        values = []
        for entry, cell in zip(self.maker.inputs, self.input_storage, strict=True):
            if getattr(entry, "shared", False):
                values.append(getattr(cell, "source", cell))
            elif cell.storage[0] is None:
                values.append(None)
            else:
                values.append(copy.copy(cell.value) if entry.mutable or entry.update is not None
                              else cell.value)
        return self.maker.create(values)

    def free(self):
        """Release the storage of intermediate results and of arguments."""
        self.fn.free()

    def dtype_report(self):
        """Where the dtypes of results grow, node by node, with the user's lines: a list of `Promotion`, for printing.

        See the flag ``cast_policy`` for how to keep them narrow.
        """
        return dtype_report(self.maker.new_graph())

    def memory_plan(self):
        """How much memory a call needs, as a formula of the shapes of its arguments: a `MemoryPlan`, for printing.

        Raises TypeError for a function that runs op by op in Python, which has no plan.
        """
        if not self.runs_natively:
            raise TypeError(f"{self!r} runs op by op in Python and has no memory plan: compile it with a linker that "
                            "makes native programs, such as cvm")
        return self.fn.memory_plan(lambda args: self._bind(args, {}))

    def get_shared(self):
        """The shared variables the function uses."""
        return [e.variable for e in self.maker.inputs if getattr(e, "shared", False)]

    def sync_shared(self):
        """Nothing to do on a CPU; kept for programs that call it."""

    def __reduce__(self):
        return _unpickle, (self.maker, self.input_storage, self.defaults, self.trust_input, self.name)

    def __deepcopy__(self, memo):
        maker, cells, defaults = (copy.deepcopy(part, memo) for part in
                                  (self.maker, self.input_storage, self.defaults))
        twin = _unpickle(maker, cells, defaults, self.trust_input, self.name)
        memo[id(self)] = twin
        return twin

    def __repr__(self):
        return f"<theano function {self.name or ''} of {len(self.maker.inputs)} inputs>"


def _again(function):
    """What calls the function of a weak reference with the values that its inputs have."""
    def again(n_calls):
        if function() is None:
            raise ReferenceError("the function of this f.fn is gone: keep f as long as you use it")
        function().call_again(n_calls)
    return again


def _unpickle(maker, cells, defaults, trust_input, name):
    function = maker.create([c if isinstance(c, Container) else None for c in cells])
    for mine, cell in zip(function.input_storage, cells, strict=True):
        mine.storage = cell.storage
    function.defaults = list(defaults)
    function._by_name = function._keywords()
    function.trust_input, function.name = trust_input, name
    return function

