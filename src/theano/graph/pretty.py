"""Expressions as mathematics: ``pprint(x)``, with printers that are assigned to ops.

A printer is any object with ``process(variable, state)``, which returns the text of the variable and asks
``state.pprinter.process(input, state)`` for that of an input. Deep expressions cost no deep recursion: beyond some
levels, and for long texts, an input's text is a mark, and what belongs there is put in when the rest is written.
Expressions that use their parts many times can be longer than any memory: what is beyond ten million characters is cut.
"""

from theano.graph.inline import Marks
from theano.graph.op import Op

VALID_ASSOC = {"left", "right", "either"}
LOOSEST = -1000                 # precedence of what needs no parentheses
DEEPEST = 30                    # levels that are written by recursion
LONG = 1000                     # characters of a part that is put in later
LONGEST = 10_000_000            # characters of an expression
use_ascii = True
special = {"middle_dot": "\\dot", "big_sigma": "\\Sigma"}
greek = {name: "\\" + name for name in ("alpha", "beta", "gamma", "delta", "epsilon")}


class PrinterState:
    """What printers know of their place: attributes, copied from ``props`` (a state or a dict) and added to."""

    def __init__(self, props=None, **more_props):
        self.__dict__.update(vars(props) if isinstance(props, PrinterState) else props or {}, **more_props)


def texts_of_inputs(output, state, *precedences):
    """Texts of the inputs of a variable's node; the last precedence serves the inputs that are left."""
    found = []
    for position, variable in enumerate(output.owner.inputs):
        precedence = precedences[min(position, len(precedences) - 1)]
        found.append(state.pprinter.process(variable, PrinterState(state, precedence=precedence)))
    return found


def _need_node(printer, output):
    if output.owner is None:
        raise TypeError(f"{type(printer).__name__} prints the result of an operation, but {output} has no owner")


class OperatorPrinter:
    """Prints ``(a + b)``, or ``(-a)`` for one input; always in parentheses.

    operator: its sign   precedence: passed on to the printers of the inputs   assoc: "left", "right" or "either"
    """

    def __init__(self, operator, precedence, assoc="left"):
        if assoc not in VALID_ASSOC:
            raise ValueError(f"assoc must be one of {sorted(VALID_ASSOC)}, got {assoc!r}")
        self.operator, self.precedence, self.assoc = operator, precedence, assoc

    def process(self, output, pstate):
        """The text of ``output``."""
        _need_node(self, output)
        parts = texts_of_inputs(output, pstate, self.precedence)
        text = self.operator + parts[0] if len(parts) == 1 else f" {self.operator} ".join(parts)
        return f"({text})"


class PatternPrinter:
    """Prints the inputs in the places of a pattern: ``PatternPrinter("|%(0)s|")``, one for each output of the op.

    A pattern may be a tuple of the text and the precedences that go to the printers of the inputs.
    """

    def __init__(self, *patterns):
        self.patterns = [(p,) if isinstance(p, str) else tuple(p) for p in patterns]

    def process(self, output, pstate):
        """The text of ``output``."""
        _need_node(self, output)
        pattern, *precedences = self.patterns[output.index]
        parts = texts_of_inputs(output, pstate, *(precedences or [LOOSEST]))
        return pattern % {str(position): part for position, part in enumerate(parts)}


class FunctionPrinter:
    """Prints ``name(a, b)``; a name for each output of the op."""

    def __init__(self, *names):
        self.names = names

    def process(self, output, pstate):
        """The text of ``output``."""
        _need_node(self, output)
        return f"{self.names[output.index]}({', '.join(texts_of_inputs(output, pstate, LOOSEST))})"


class IgnorePrinter:
    """Prints the input of an op of one input, as if the op were not there, and other ops as functions."""

    def process(self, output, pstate):
        """The text of ``output``."""
        _need_node(self, output)
        parts = texts_of_inputs(output, pstate, getattr(pstate, "precedence", LOOSEST))
        return parts[0] if len(parts) == 1 else f"{output.owner.op}({', '.join(parts)})"


class LeafPrinter:
    """Prints the name of a variable, and Greek letters as in TeX."""

    def process(self, output, pstate):
        """The text of ``output``."""
        return greek.get(output.name) or str(output)


class DefaultPrinter:
    """Prints ``op(a, b)``, and variables without owner by name."""

    def process(self, output, pstate):
        """The text of ``output``."""
        if output.owner is None:
            return leaf_printer.process(output, pstate)
        return f"{output.owner.op}({', '.join(texts_of_inputs(output, pstate, LOOSEST))})"


leaf_printer = LeafPrinter()
default_printer = DefaultPrinter()


class PPrinter:
    """Prints expressions with the printers assigned to it; of several that fit a variable the newest counts."""

    def __init__(self):
        self._count = 0
        self._assigned = {}             # op or class of ops -> (number, printer)
        self._conditional = []          # (number, condition, printer), newest first

    def assign(self, condition, printer):
        """Use ``printer`` where ``condition`` holds: an op, a class of ops, or a function of (state, variable)."""
        self._count += 1
        if isinstance(condition, (Op, type)):
            self._assigned[condition] = (self._count, printer)
        else:
            self._conditional.insert(0, (self._count, condition, printer))

    def clone(self):
        """A printer with the same assignments, to which others can be added."""
        twin = PPrinter()
        twin._count, twin._assigned, twin._conditional = self._count, dict(self._assigned), list(self._conditional)
        return twin

    def clone_assign(self, condition, printer):
        """A `clone` with one assignment more."""
        twin = self.clone()
        twin.assign(condition, printer)
        return twin

    def printer_of(self, variable, state):
        """The printer that writes ``variable``."""
        number, found = 0, default_printer
        if variable.owner is not None:
            op = variable.owner.op
            known = [self._assigned[key] for key in (op, *type(op).__mro__) if key in self._assigned]
            number, found = max(known, key=lambda entry: entry[0], default=(0, default_printer))
        for newer, condition, printer in self._conditional:
            if newer < number:
                break
            if condition(state, variable):
                return printer
        return found

    def process(self, r, pstate=None):
        """The text of a variable."""
        if getattr(pstate, "marks", None) is None:
            start = PrinterState(pstate, pprinter=self, marks=Marks(), texts={}, level=0)
            return start.marks.finished(self._text(r, start), self._text, LONGEST)
        if pstate.level < DEEPEST:
            text = self._text(r, pstate)
            if len(text) < LONG:
                return text
        return pstate.marks.mark(r, PrinterState(pstate, level=0))

    def _text(self, r, state):
        """The text of a variable, perhaps with marks in it."""
        texts = state.texts
        if r not in texts:
            texts[r] = self.printer_of(r, state).process(r, PrinterState(state, level=state.level + 1))
        return texts[r]

    def process_graph(self, inputs, outputs, updates=None, display_inputs=False):
        """The text of a graph: its inputs where asked for, then one line for each output and each update.

        updates: dict from shared variables to their new values.
        """
        lines = []
        if display_inputs:
            lines.append("inputs: " + ", ".join(self.process(v) for v in inputs))
        lines += [f"{v.name or number} = {self.process(v)}" for number, v in enumerate(outputs)]
        lines += [f"{old} <- {self.process(new)}" for old, new in (updates or {}).items()]
        return "\n".join(lines)

    def __call__(self, *args):
        """`process` of one variable, `process_graph` of several arguments."""
        return self.process(*args) if len(args) == 1 else self.process_graph(*args)


pprint = pp = PPrinter()
