"""Printing: graphs as listings and as mathematics, values while a function runs.

`debugprint` lists a graph, `pprint` (also called `pp`) writes it as an expression, `Print` is an op that prints.
The table says how `pprint` writes the ops of this package; everything else appears as ``op(a, b)``.
"""

import importlib

from theano.compile.callable import Function
from theano.config import config
from theano.graph.op import Op
from theano.graph.outline import (
    _TagGenerator,
    hex_digest,
    min_informative_str,
    position_independent_str,
    var_descriptor,
)
from theano.graph.pretty import (
    VALID_ASSOC,
    DefaultPrinter,
    FunctionPrinter,
    IgnorePrinter,
    LeafPrinter,
    OperatorPrinter,
    PatternPrinter,
    PPrinter,
    PrinterState,
    default_printer,
    greek,
    leaf_printer,
    pp,
    pprint,
    special,
    use_ascii,
)
from theano.graph.printout import Print, _print_fn
from theano.graph.shared import SharedVariable
from theano.graph.text import char_from_number, debugprint
from theano.graph.variable import Apply
from theano.scalar.table import CASTS
from theano.tensor.dot import Dot
from theano.tensor.elemwise import ELEMWISE, DimShuffle
from theano.tensor.index import Subtensor
from theano.tensor.inplace import INPLACE
from theano.tensor.join import Join

string_types, integer_types = (str,), (int,)

# Names of what draws, which is loaded when one of them is first used.
DRAWING = {"pydotprint": ("dot", "pydotprint"), "pydotprint_variables": ("dot", "pydotprint_variables"),
           "default_colorCodes": ("dot", "COLORS"), "pydot_imported_msg": ("formatting", "pydot_imported_msg"),
           "pydot_imported": ("formatting", "pydot_imported"), "COLORS": ("dot", "COLORS"),
           "can_draw": ("formatting", "can_draw")}


def __getattr__(name):
    if name not in DRAWING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = DRAWING[name]
    return getattr(importlib.import_module(f"theano.drawing.{module}"), attribute)


def __dir__():
    return sorted({*globals(), *DRAWING})


class DimShufflePrinter:
    """Prints the input where only axes are added at the left, ``x.T``, or ``DimShuffle{0, x}(x)``."""

    def process(self, r, pstate):
        """The text of ``r``."""
        output = r
        node = output.owner
        text = pstate.pprinter.process(node.inputs[0], pstate)
        order = list(node.op.new_order)
        while order[:1] == ["x"]:
            del order[0]
        if order == list(range(node.inputs[0].type.ndim)) or not order:
            return text
        if order == [1, 0]:
            return f"{text}.T"
        return f"DimShuffle{{{', '.join(map(str, node.op.new_order))}}}({text})"


class SubtensorPrinter:
    """Prints ``x[i, :]``; of a slice it tells the types of its parts."""

    def process(self, r, pstate):
        """The text of ``r``."""
        output = r
        x, *integers = (pstate.pprinter.process(v, pstate) for v in output.owner.inputs)
        entries, used = [], 0
        for entry in output.owner.op.idx_list:
            parts = [entry.start, entry.stop, entry.step] if isinstance(entry, slice) else [entry]
            entries.append(_slice(*parts) if isinstance(entry, slice) else integers[used])
            used += sum(part is not None for part in parts)
        return f"{x}[{', '.join(entries)}]"


def _slice(start, stop, step):
    """A slice of types as it is written in an index."""
    text = ":".join("" if part is None else str(part) for part in (start, stop))
    return text if step is None else f"{text}:{step}"


OPERATORS = {"add": ("+", -2, "either"), "mul": ("*", -1, "either"), "sub": ("-", -2, "left"),
             "neg": ("-", 0, "either"), "true_div": ("/", -1, "left"), "int_div": ("//", -1, "left"),
             "pow": ("**", 1, "right")}
NAMES = {"second": "fill", **{row.name: dtype for dtype, row in CASTS.items()}}
PRINTERS = (
    *((op, FunctionPrinter(NAMES.get(name, name))) for name, op in ELEMWISE.items()),
    *((op, FunctionPrinter(name)) for name, op in INPLACE.items()),
    *((ELEMWISE[name], OperatorPrinter(*row)) for name, row in OPERATORS.items()),
    *((INPLACE[f"{name}_inplace"], OperatorPrinter(f"{sign}=", *row)) for name, (sign, *row) in OPERATORS.items()),
    (ELEMWISE["abs_"], PatternPrinter(("|%(0)s|", -1000))),
    (Dot, OperatorPrinter(special["middle_dot"], -1, "left")),
    (Join, FunctionPrinter("join")),
    (DimShuffle, DimShufflePrinter()),
    (Subtensor, SubtensorPrinter()),
)
for _op, _printer in PRINTERS:
    pprint.assign(_op, _printer)

__all__ = [*(name for name in list(globals()) if not name.startswith("_")), *DRAWING]
