"""Variables, constants, and the nodes that compute variables from others."""

import itertools
from contextlib import contextmanager

from theano.config import config
from theano.graph import origin
from theano.graph.pickling import fill_node, output_of, reduce_node, state_of_node
from theano.graph.props import Scratchpad


class Tag(Scratchpad):
    """What is attached to a variable: where it was made, its test value, whatever users add."""

    trace = ()

    def __getstate__(self):
        state = dict(self.__dict__)
        if "trace" in state:
            state["trace"] = tuple(origin.frames(state["trace"]))
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)


class Node:
    """What graphs are made of: variables, and the applications of ops between them."""

    def get_parents(self):
        """The nodes that this one is computed from."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it is computed from")


class Variable(Node):
    """A typed value of the graph.

    Parameters
    ----------
    type : Type
    owner : Apply or None
        The node that computes it; None for an input.
    index : int or None
        Which output of ``owner`` it is.
    name : str or None
    """

    __count__ = itertools.count()
    construction_observers = []     # called with every new variable
    clients = ()
    owner = index = None

    def __init__(self, type, owner=None, index=None, name=None):
        if name is not None and not isinstance(name, str):
            raise TypeError(f"name must be a string, got {name!r}")
        self.type = type
        self.owner = owner
        self.index = index
        self.name = name
        self.tag = Tag()
        self._number = next(Variable.__count__)
        if self.construction_observers:
            self.notify_construction_observers(self)

    @classmethod
    def append_construction_observer(cls, observer):
        """Call ``observer`` with every variable that is made from now on."""
        cls.construction_observers.append(observer)

    @classmethod
    def remove_construction_observer(cls, observer):
        """No longer call ``observer``."""
        cls.construction_observers.remove(observer)

    @classmethod
    def notify_construction_observers(cls, instance):
        """Tell all observers of a new variable."""
        for observer in cls.construction_observers:
            observer(instance)

    def __bool__(self):
        """True, for programs that test whether they were given a variable. TypeError for a computed truth value."""
        if self.owner is not None and getattr(self.type, "dtype", None) == "bool":
            raise TypeError("a truth value that is computed is not known while the graph is built. Use "
                            "theano.tensor.switch or theano.ifelse.ifelse for choices, and theano.tensor.and_ and or_ "
                            "for logic, also for the two halves of a < x < b.")
        return True

    __nonzero__ = __bool__

    @property
    def auto_name(self):
        """A name no other variable of this process has."""
        return f"auto_{self._number}"

    def __str__(self):
        if self.name is not None:
            return self.name
        if self.owner is not None:
            if getattr(self.owner.op, "default_output", None) == self.index:
                return f"{self.owner.op}.out"
            return f"{self.owner.op}.{self.index}"
        return f"<{self.type}>"

    def __repr__(self, firstPass=True):                                               # noqa: N803
        """The name, and with flag ``print_test_value`` the test value below it."""
        if firstPass and config.print_test_value and hasattr(self.tag, "test_value"):
            return f"{self}\n{self.__repr_test_value__()}"
        return str(self)

    def __repr_test_value__(self):
        """The test value as text."""
        return repr(self.type.filter(self.tag.test_value))

    def clone(self):
        """A copy without owner."""
        copy = self.__class__(self.type, None, None, self.name)
        copy.tag.__dict__.update(self.tag.__dict__)
        return copy

    def get_parents(self):
        """The node that computes this variable, in a list."""
        return [] if self.owner is None else [self.owner]

    def __lt__(self, other):
        raise _no_order(self, "<")

    def __le__(self, other):
        raise _no_order(self, "<=")

    def __gt__(self, other):
        raise _no_order(self, ">")

    def __ge__(self, other):
        raise _no_order(self, ">=")

    def eval(self, inputs_to_values=None):
        """Value of this variable.

        inputs_to_values: dict from the inputs it needs to values. The compiled function is kept with
        the variable, so a second call with the same inputs compiles nothing.
        """
        from theano.compile.function import evaluate  # the one upward import: see style.md
        return evaluate(self, inputs_to_values)

    def __getstate__(self):
        return {k: v for k, v in self.__dict__.items() if k not in NOT_PICKLED}

    def __setstate__(self, state):
        self.__dict__.update(state, _number=next(Variable.__count__))

    def __reduce_ex__(self, protocol):
        if self.owner is None:
            return super().__reduce_ex__(protocol)
        return output_of, (self.owner, self.index)

    def __copy__(self):
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin


NOT_PICKLED = ("_fn_cache", "_number", "owner", "index", "fgraph", "clients")       # made again with the graph


@contextmanager
def nodes_constructed():
    """A context that gives a list of the variables made in it."""
    made = []
    observer = made.append
    Variable.append_construction_observer(observer)
    try:
        yield made
    finally:
        Variable.remove_construction_observer(observer)


def _no_order(variable, sign):
    return NotImplementedError(
        f"a variable of type {variable.type} has no order ({sign}); tensors have: use a TensorVariable")


class Constant(Variable):
    """A variable with a fixed value, ``data``."""

    printed = None          # the name of the kind in texts; None is that of the class

    def __init__(self, type, data, name=None):
        super().__init__(type, None, None, name)
        self.data = type.filter(data)

    @property
    def value(self):
        """The data, read-only use."""
        return self.data

    def equals(self, other):
        """Whether ``other`` is a constant of the same type and value."""
        return isinstance(other, Constant) and self.signature() == other.signature()

    def signature(self):
        """A hashable object that is equal for equal constants."""
        return (self.type, self.data)

    def merge_signature(self):
        """Like `signature`; constants with equal ones are merged."""
        return self.signature()

    def clone(self):
        copy = self.__class__(self.type, self.data, self.name)
        copy.tag.__dict__.update(self.tag.__dict__)
        return copy

    def __str__(self):
        if self.name is not None:
            return self.name
        text = self.value_text()
        if len(text) > 20:
            text = text[:10] + ".." + text[-10:]
        return f"{self.printed or type(self).__name__}{{{text}}}"

    def value_text(self):
        """The value as it is printed, before it is cut to some characters."""
        return str(self.data)


class Apply(Node):
    """The application of an op to inputs.

    Parameters
    ----------
    op : Op
    inputs, outputs : sequences of Variable
        The outputs must not be outputs of another node; their owner and index are set.

    Raises TypeError for anything that is not a variable.
    """

    def __init__(self, op, inputs, outputs):
        self.op = op
        self.inputs = inputs = list(inputs)
        self.outputs = outputs = list(outputs)
        self.tag = Scratchpad()
        for variable in inputs:
            if not isinstance(variable, Variable):
                raise TypeError(f"inputs of an Apply must be variables, got {variable!r}")
        for index, variable in enumerate(outputs):
            if not isinstance(variable, Variable):
                raise TypeError(f"outputs of an Apply must be new variables, got {variable!r}")
            if variable.owner is None:
                variable.owner = self
                variable.index = index
            elif variable.owner is not self or variable.index != index:
                raise ValueError(f"{variable} is computed by {variable.owner} already")

    def __str__(self):
        return f"{self.op}({', '.join(map(str, self.inputs))})"

    __repr__ = __str__

    def __asapply__(self):
        return self

    @property
    def nin(self):
        """How many inputs there are."""
        return len(self.inputs)

    @property
    def nout(self):
        """How many outputs there are."""
        return len(self.outputs)

    def default_output(self):
        """The output that stands for the node in expressions; ValueError when there is none."""
        index = getattr(self.op, "default_output", None)
        if index is None:
            if len(self.outputs) == 1:
                return self.outputs[0]
            raise ValueError(f"{self.op}.default_output should be an output index, as the op has "
                             f"{len(self.outputs)} outputs")
        if not isinstance(index, int):
            raise AttributeError(f"{self.op}.default_output should be an int, the index of an output, got {index!r}")
        if not 0 <= index < len(self.outputs):
            raise AttributeError(f"{self.op}.default_output is out of range: it is {index}, and there are "
                                 f"{len(self.outputs)} outputs")
        return self.outputs[index]

    @property
    def out(self):
        """The default output."""
        return self.default_output()

    def run_params(self):
        """The parameters of the op for this node, for ops written with ``params_type``."""
        params_type = self.params_type
        value = None if params_type is None else self.op.get_params(self)
        return None if value is None else params_type.filter(value)

    @property
    def params_type(self):
        """Type of the op's parameters, or None."""
        return getattr(self.op, "params_type", None)

    def clone(self):
        """The same application with new outputs."""
        copy = Apply(self.op, self.inputs, [output.clone() for output in self.outputs])
        copy.tag.__dict__.update(self.tag.__dict__)
        return copy

    def clone_with_new_inputs(self, inputs, strict=True):
        """The same application on other inputs.

        strict: the types must be equal or convertible; otherwise the op makes a new node when the
        types differ.
        """
        remake = False
        new = list(inputs)
        for i, (old, variable) in enumerate(zip(self.inputs, new, strict=True)):
            if old.type == variable.type:
                continue
            if strict:
                new[i] = old.type.filter_variable(variable)
            else:
                remake = True
        if remake:
            node = self.op.make_node(*new)
            for a, b in zip(node.outputs, self.outputs, strict=True):
                a.tag.__dict__.update(b.tag.__dict__)
            return node
        copy = Apply(self.op, new, [output.clone() for output in self.outputs])
        copy.tag.__dict__.update(self.tag.__dict__)
        return copy

    def get_parents(self):
        """The inputs."""
        return list(self.inputs)

    def __reduce_ex__(self, protocol):
        return reduce_node(self)

    def __getstate__(self):
        return state_of_node(self)

    def __setstate__(self, state):
        fill_node(self, state)

    def __copy__(self):
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin
