"""Several scalar operations as one."""

from dataclasses import dataclass

import numpy as np

from theano.errors import MethodNotDefined
from theano.graph.fgraph import FunctionGraph
from theano.graph.inline import as_string
from theano.graph.variable import Apply, Constant
from theano.graph.walk import clone, toposort
from theano.scalar.dtype import computed_in, numpy_dtype
from theano.scalar.op import ScalarOp, argument_in_c
from theano.scalar.type import Scalar


@dataclass(frozen=True)
class Step:
    """One scalar value: ``row`` applied to earlier values, or the constant ``value`` where row is None."""

    row: ScalarOp | None
    args: tuple
    dtype: str
    value: object = None


@dataclass(frozen=True)
class Steps:
    """A scalar computation: values 0 .. n-1 are its ``n`` inputs, then one value per step.

    outputs: the numbers of the values that are results.
    """

    steps: tuple
    outputs: tuple

PIECE = 65536            # elements computed at a time


class Composite(ScalarOp):
    """A scalar op made of others.

    Parameters
    ----------
    inputs, outputs : lists of scalar variables
        The graph between them; composites inside are taken apart.
    """

    __props__ = None
    zero = commutative = associative = False
    identity = None
    c = None
    gradient = None

    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = clone(*flattened(list(inputs), list(outputs)))
        self.nin, self.nout = len(self.inputs), len(self.outputs)
        self.listing = list_steps(self.inputs, self.outputs)
        self._key = (tuple(v.type.dtype for v in self.inputs), self.listing_key())
        self.name = self._prepared = None
        self.cost = sum(s.row.cost for s in self.listing.steps if s.row is not None)

    init_param = ("inputs", "outputs")

    @property
    def fgraph(self):
        """A `FunctionGraph` of the computation."""
        known = self.__dict__.get("_fgraph")
        if known is None:
            known = self._fgraph = FunctionGraph(self.inputs, self.outputs, clone=True)
        return known

    def make_new_inplace(self, output_types_preference=None, name=None):
        """An equal op, as result types follow from what is inside."""
        return Composite(self.inputs, self.outputs)

    def c_code(self, node, name, inputs, outputs, sub):
        """A C block that computes the outputs from the inputs, which are names of C variables."""
        names, lines = list(inputs), []
        dtypes = [v.type.dtype for v in self.inputs]
        for k, step in enumerate(self.listing.steps):
            if step.row is None:
                text = Scalar(step.dtype).c_literal(step.value)
            else:
                template = step.row.c_for(tuple(dtypes[a] for a in step.args), step.dtype)
                if template is None:
                    raise MethodNotDefined("c_code", type(self), type(self).__name__)
                text = template.format(*(argument_in_c(names[a], dtypes[a], step.dtype) for a in step.args))
            names.append(f"{name}_{k}")
            dtypes.append(step.dtype)
            lines.append(f"npy_{step.dtype} {names[-1]} = {text};")
        lines += [f"{to} = {names[k]};" for to, k in zip(outputs, self.listing.outputs, strict=True)]
        return "{\n" + "\n".join(lines) + "\n}"

    def listing_key(self):
        """What tells this computation from others."""
        return (tuple((s.row and (s.row.row_name or s.row), s.args, s.dtype, repr(s.value))
                      for s in self.listing.steps), self.listing.outputs)

    def key_props(self):
        """What tells this op from others, for the cache."""
        return self._key

    def __eq__(self, other):
        return self is other or (type(self) is type(other) and self._key == other._key)

    def __hash__(self):
        return hash(self._key)

    def __reduce__(self):
        return Composite, (self.inputs, self.outputs)

    def output_types(self, input_types):
        types = input_types
        if tuple(t.dtype for t in types) != self._key[0]:
            return [v.type for v in self._remade(types)]
        return [v.type for v in self.outputs]

    def output_dtype(self, *dtypes):
        return self.output_types([Scalar(d) for d in dtypes])[0].dtype

    def _remade(self, types):
        """The outputs for inputs of other dtypes."""
        memo = {old: t() for old, t in zip(self.inputs, types, strict=True)}
        for node in toposort(self.outputs, self.inputs):
            new = node.op.make_node(*(memo.get(v, v) for v in node.inputs))
            memo.update(zip(node.outputs, new.outputs, strict=True))
        return [memo.get(v, v) for v in self.outputs]

    def make_node(self, *inputs):
        types = [x.type for x in inputs]
        if tuple(t.dtype for t in types) == self._key[0]:
            return Apply(self, list(inputs), [v.type() for v in self.outputs])
        memo = {old: t() for old, t in zip(self.inputs, types, strict=True)}
        for node in toposort(self.outputs, self.inputs):
            new = node.op.make_node(*(memo.get(v, v) for v in node.inputs))
            memo.update(zip(node.outputs, new.outputs, strict=True))
        other = Composite([memo[v] for v in self.inputs], [memo.get(v, v) for v in self.outputs])
        return Apply(other, list(inputs), [v.type() for v in other.outputs])

    def results(self, arrays):
        """Values of all outputs for arrays of any shapes; large ones a piece at a time, which stays in cache."""
        largest = max(arrays, key=np.size, default=None)
        if largest is None or np.size(largest) < 2 * PIECE:
            return self._results(arrays)
        parts = [_flat(a, largest.shape) for a in arrays]
        if any(part is None for part in parts):
            return self._results(arrays)
        types = [*self._key[0], *(step.dtype for step in self.listing.steps)]
        made = [np.empty(largest.shape, computed_in(types[k])) for k in self.listing.outputs]
        flat = [array.reshape(-1) for array in made]
        for start in range(0, largest.size, PIECE):
            piece = slice(start, start + PIECE)
            values = self._results([part[piece] if part.ndim else part for part in parts])
            for to, value in zip(flat, values, strict=True):
                to[piece] = value
        return made

    def _results(self, arrays):
        dtypes, calls, constants = self._prepare()
        values = [a if getattr(a, "dtype", None) is d else np.asarray(a, dtype=d)
                  for a, d in zip(arrays, dtypes, strict=True)] + constants
        for number, function, args, dtype, over in calls:
            result = function(*[values[a] for a in args])
            if type(result) is not np.ndarray or result.dtype is not dtype:
                result = np.asarray(result).astype(dtype, copy=False)
            values[number] = result
            for k in over:
                values[k] = None
        return [values[k] for k in self.listing.outputs]

    def _prepare(self):
        """dtypes of the inputs; (number, function, arguments, dtype, values that nothing after it needs) of each step;
        constants, where steps have theirs, then those constants in the dtypes in which steps use them. Floats of 16
        bits are float32 here.
        """
        if self._prepared is None:
            steps = self.listing.steps
            known = [numpy_dtype(computed_in(d)) for d in (*self._key[0], *(step.dtype for step in steps))]
            constants = [None if step.row is not None else np.asarray(step.value, dtype=computed_in(step.dtype))
                         for step in steps]
            last = {k: at for at, step in enumerate(steps) for k in step.args}
            calls = []
            for number, step in enumerate(steps, self.nin):
                if step.row is None:
                    continue
                args = list(step.args)
                for k, wanted in enumerate(step.row.argument_dtypes([known[a] for a in args],
                                                                     computed_in(step.dtype))):
                    value = constants[args[k] - self.nin] if args[k] >= self.nin else None
                    if value is not None and wanted != value.dtype:
                        args[k] = self.nin + len(constants)
                        constants.append(value.astype(wanted))
                given = [constants[a - self.nin].dtype if a >= len(known) else known[a] for a in args]
                over = [k for k, at in last.items() if at == number - self.nin and k not in self.listing.outputs]
                calls.append((number, step.row.function_for(given, computed_in(step.dtype)), args, known[number], over))
            self._prepared = known[:self.nin], calls, constants
        return self._prepared

    def numpy(self, *arrays):
        """The only output, or a tuple of the outputs."""
        results = self.results(arrays)
        return results[0] if self.nout == 1 else tuple(results)

    impl = numpy

    def compute(self, arrays, dtype):
        return self.numpy(*arrays)

    def perform(self, node, inputs, output_storage, params=None):
        with np.errstate(all="ignore"):
            for cell, value, variable in zip(output_storage, self.results(inputs), node.outputs, strict=True):
                cell[0] = np.asarray(value).astype(variable.type.numpy_dtype, copy=False)[()]

    def L_op(self, inputs, outputs, output_grads):
        raise NotImplementedError("a Composite is made by rewriting, after gradients")

    def __str__(self):
        return f"Composite{{{', '.join(expressions(self.inputs, self.outputs))}}}"

    __repr__ = __str__


def _flat(array, shape):
    """A contiguous array of this shape with one dimension, one number without any; None for others."""
    array = np.asarray(array)
    if array.size == 1:
        return array.reshape(())
    return array.reshape(-1) if array.shape == shape and array.flags.c_contiguous else None


INFIX = {"add": " + ", "mul": " * ", "sub": " - ", "true_div": " / ", "int_div": " // ", "mod": " % ",
         "pow": " ** "}
LONGEST = 2000              # characters up to which an expression is written with repetitions


def expressions(inputs, outputs):
    """The outputs in the form users know from printed graphs, with i0, i1 ... for the inputs.

    Where that gets long, what is used several times is written once: ``(*1 -> exp(i0) + *1)``.
    """
    names = {v: f"i{k}" for k, v in enumerate(inputs)}
    order = toposort(outputs, inputs)

    def leaf(variable):
        return names.get(variable) or str(variable)

    if _length(outputs, order) > LONGEST:
        return as_string(inputs, outputs, leaf, _expression)
    for node in order:
        names[node.outputs[0]] = _expression(node, [leaf(v) for v in node.inputs])
    return [leaf(v) for v in outputs]


def _length(outputs, order):
    """About how many characters the outputs take when everything is written wherever it is used; cut off."""
    lengths = {}
    for node in order:
        total = len(str(node.op)) + sum(2 + lengths.get(v, 2) for v in node.inputs)
        lengths[node.outputs[0]] = min(total, LONGEST + 1)
    return sum(lengths.get(v, 2) for v in outputs)


def _expression(node, parts):
    """One node, given the texts of its inputs."""
    name = node.op.row_name
    if name in INFIX:
        return f"({INFIX[name].join(parts)})"
    if name == "neg":
        return f"(-{parts[0]})"
    return f"{node.op}({', '.join(parts)})"


def flattened(inputs, outputs):
    """The graph with composites inside taken apart."""
    if not any(isinstance(n.op, Composite) for n in toposort(outputs, inputs)):
        return inputs, outputs
    memo = {v: v for v in inputs}
    for node in toposort(outputs, inputs):
        given = [memo.get(v, v) for v in node.inputs]
        if isinstance(node.op, Composite):
            inner = dict(zip(node.op.inputs, given, strict=True))
            for step in toposort(node.op.outputs, node.op.inputs):
                new = step.op.make_node(*(inner.get(v, v) for v in step.inputs))
                inner.update(zip(step.outputs, new.outputs, strict=True))
            memo.update(zip(node.outputs, (inner.get(v, v) for v in node.op.outputs), strict=True))
        else:
            memo.update(zip(node.outputs, node.clone_with_new_inputs(given).outputs, strict=True))
    return inputs, [memo.get(v, v) for v in outputs]


def list_steps(inputs, outputs):
    """The `Steps` of a scalar graph."""
    numbers = {v: k for k, v in enumerate(inputs)}
    steps = []

    def number(variable):
        if variable not in numbers:
            if not isinstance(variable, Constant):
                raise ValueError(f"{variable} is no input of the composite")
            numbers[variable] = len(inputs) + len(steps)
            steps.append(Step(None, (), variable.type.dtype, variable.data))
        return numbers[variable]

    for node in toposort(outputs, inputs):
        args = tuple(number(v) for v in node.inputs)
        numbers[node.outputs[0]] = len(inputs) + len(steps)
        steps.append(Step(node.op, args, node.outputs[0].type.dtype))
    return Steps(tuple(steps), tuple(number(v) for v in outputs))


def scalar_steps(op, input_dtypes, output_dtypes):
    """The `Steps` of any scalar op, or None where one of them has no C."""
    if isinstance(op, Composite):
        listing = op.listing
        values = list(op._key[0]) + [s.dtype for s in listing.steps]
        for step in listing.steps:
            if step.row is not None and step.row.c_for(tuple(values[a] for a in step.args), step.dtype) is None:
                return None
        return listing
    c_for = getattr(op, "c_for", None)
    if c_for is None or op.nout != 1 or c_for(tuple(input_dtypes), output_dtypes[0]) is None:
        return None
    n = len(input_dtypes)
    return Steps((Step(op, tuple(range(n)), output_dtypes[0]),), (n,))
