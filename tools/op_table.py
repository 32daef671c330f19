"""Write docs/ops.md, what every op can do, from the table that tests are made from: ``python tools/op_table.py``."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "derived")]

from draws import ALL, COMPLEX, DISCRETE, FLOATS, REAL, SMALL  # noqa: E402
from op_cases import CASES, NO_COMPLEX_VALUES  # noqa: E402

from theano.codegen.lower import Lowering  # noqa: E402
from theano.graph.fgraph import FunctionGraph  # noqa: E402
from theano.graph.op import Op  # noqa: E402
from theano.graph.variable import Constant  # noqa: E402
from theano.graph.walk import toposort  # noqa: E402
from theano.scalar.op import ScalarOp  # noqa: E402
from theano.tensor.elemwise import ELEMWISE, Elemwise  # noqa: E402

PAGE = ROOT / "docs" / "ops.md"
SETS = [(ALL, "all"), (tuple(d for d in ALL if d != "bool"), "all but bool"), (REAL, "real"),
        (tuple(d for d in REAL if d != "bool"), "real but bool"), (FLOATS + COMPLEX, "float, complex"),
        (tuple(d for d in REAL if d != "bool" and not d.startswith("uint")) + COMPLEX, "signed"),
        (FLOATS, "float"), (("float32", "float64", *COMPLEX), "float of 32 or 64 bits, complex"),
        (DISCRETE, "bool, integers"), (DISCRETE[1:], "integers"), (SMALL, "float of 16 bits"),
        (COMPLEX, "complex")]
KINDS = {"loop": "C loops", "rows": "C loops", "call": "C kernel", "python": "Python", "gemm": "BLAS", "gemv": "BLAS",
         "ger": "BLAS", "dot": "BLAS"}


def named(dtypes):
    """A set of dtypes in few words."""
    for known, name in SETS:
        if set(known) == set(dtypes):
            return name
    return ", ".join(d for d in ALL if d in dtypes)


def how(node):
    """By what a node is computed when it is compiled: the kinds of its instructions, in words."""
    fresh = [v if isinstance(v, Constant) else v.type() for v in node.inputs]
    made = node.clone_with_new_inputs(fresh)
    inputs = [v for v in fresh if not isinstance(v, Constant)]
    fgraph = FunctionGraph(inputs, made.outputs)
    tasks = Lowering(fgraph, ["input"] * len(inputs)).tasks
    words = [KINDS.get(task.kind, "view") for task in tasks]
    return next((w for w in ("Python", "BLAS", "C kernel", "C loops") if w in words), "view")


def computed_by(nodes):
    """`how` for nodes of several dtypes: by what most dtypes are computed, then the dtypes that are left."""
    found = {}
    for dtype, node in nodes:
        found.setdefault(how(node), []).append(dtype)
    ways, seen, texts = sorted(found, key=lambda way: (way == "Python", -len(found[way]), way)), set(), []
    for way in ways:
        rest = set(found[way]) - seen
        if rest:
            texts.append(f"{way} for {named(rest)}" if seen else way)
        seen |= rest
    return "; ".join(texts).replace("Python", "NumPy, SciPy")


def gradient_of(cases, cls=None):
    """Whether there is a gradient, or why there is none.

    What cases say of other ops' derivatives is left out where the class ``cls`` has a case without other ops.
    """
    reasons = [case.own_gradient or case.flat for case in cases]
    if all(reasons):
        return "no: " + reasons[0] if cases[0].flat else "its own: " + reasons[0]
    noted = [case for case in cases if cls is not None and all(
        type(node.op) is cls for node in toposort(case.outputs(case.variables(case.dtypes[0]))))] or cases
    notes = [f"not by argument {k}: {why}" for case in noted for k, why in case.undefined.items()]
    notes += [f"for real numbers only: {case.real_only}" for case in noted if case.real_only]
    notes += [case.only for case in noted if case.only]
    if all(len(case.draw_dtypes()) == 0 for case in cases):
        return "no: no argument is a float"
    return "; ".join(["to second order", *dict.fromkeys(notes)])


def forward_of(op, cases):
    """Where forward mode comes from."""
    if all(case.flat or case.own_gradient for case in cases) or gradient_of(cases).startswith("no"):
        return ""
    return "own" if type(op).R_op is not Op.R_op else "from the gradient"


def cells(text):
    """A row of a table in Markdown."""
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in text) + " |"


def first_line(thing):
    """The first sentence of a docstring."""
    return (thing.__doc__ or "").strip().split("\n")[0].split("  ")[0]


def by_class():
    """Op class -> the cases that it is the op of, with a node for each dtype."""
    found = {}
    for case in CASES:
        if case.name in ELEMWISE:
            continue
        for dtype in case.dtypes:
            for node in toposort(case.outputs(case.variables(dtype))):
                found.setdefault(type(node.op), {}).setdefault(case, []).append((dtype, node))
    return found


def its_own(cls, entry):
    """The cases whose result a class computes; where there are none those that use it."""
    own = {case: nodes for case, nodes in entry.items() if case.sparse or any(
        type(y.owner.op) is cls for y in case.outputs(case.variables(case.dtypes[0])) if y.owner is not None)}
    return own or entry


def rows():
    """One row for each op class."""
    found = by_class()
    for cls in sorted(found, key=lambda cls: (cls.__module__, cls.__name__)):
        if issubclass(cls, (Elemwise, ScalarOp)):
            continue
        own = its_own(cls, found[cls])
        nodes = [pair for each in own.values() for pair in each]
        dtypes = {dtype for dtype, _ in nodes}
        shapes = [case.no_shape for case in own if case.no_shape]
        yield (f"`{cls.__name__}`", cls.__module__.removeprefix("theano."), first_line(cls), named(dtypes),
               gradient_of(list(own), cls), forward_of(nodes[0][1].op, list(own)),
               "no: " + shapes[0] if shapes else "yes", computed_by(nodes))


def elementwise():
    """One row for each row of the scalar table."""
    cases = {case.name: case for case in CASES}
    for name, row in sorted(ScalarOp.table.items()):
        if name not in cases:
            continue
        case = cases[name]
        nodes = []
        for dtype in ALL:
            if name in NO_COMPLEX_VALUES and dtype in COMPLEX:
                continue
            try:
                nodes.append((dtype, ELEMWISE[name](*(a.variable(dtype) for a in case.args)).owner))
            except TypeError:
                continue
        yield (f"`{name}`", row.doc, named([d for d, _ in nodes]), gradient_of([case]), computed_by(nodes))


HEAD = """\
# What every op can do

Written by `python tools/op_table.py` from the table `tests/derived/op_cases.py`, which is also what the tests of all
ops are generated from: everything stated here is tested. First and second derivatives are compared with finite
differences. The gradient with respect to a complex number z = a + ib is dC/da + i dC/db. Forward mode (`Rop`) is
the op's own `R_op`, or its gradient applied twice. The column *shape* says whether the shape is inferred without
computing the value, the last column what computes the op, taken alone, in a compiled function: C loops are fused with
adjacent ones, C kernels are part of the package, views cost nothing. 16-bit floats (float16, bfloat16) are computed in
single precision and rounded.
"""


def page():
    """The text of the page."""
    columns = ("op", "module", "what", "dtypes", "gradient", "forward mode", "shape", "computed by")
    lines = [HEAD, "## Ops on arrays\n", cells(columns), cells(["---"] * len(columns)), *map(cells, rows())]
    columns = ("op", "what", "dtypes", "gradient", "computed by")
    lines += ["\n## Elementwise ops\n", cells(columns), cells(["---"] * len(columns)), *map(cells, elementwise())]
    return "\n".join(lines) + "\n"


def main():
    """Write the page."""
    os.makedirs(PAGE.parent, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
