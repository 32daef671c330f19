"""Prints loop nests in a dialect.

Identical kernels are printed once, names are made from numbers only, and the text depends on
nothing but the nests: it can serve as the key of a cache.
"""

import re

from theano.codegen import nest as ir
from theano.codegen.dialect import CUT, Access, Choice, Comparison, Function, Quick
from theano.codegen.dialects import c
from theano.scalar.dtype import is_small, kind_of, result_type

CALL = re.compile(r"\b([A-Za-z_]\w*)(?=\s*\()")
HOLE = re.compile(r"\{(\d+)\}")
CLASSES = {"isnan", "isinf"}
RELATIONS = {"eq", "neq", "lt", "le", "ge", "gt", *CLASSES}
SYMBOL = "@"  # stands for the name of a kernel until its text is known to be new


def emit_library(nests, dialect=c.DIALECT, prefix="k", others=None):
    """One source for all nests, and the symbol of each that needs a kernel: (source, {nest: symbol}).

    others: further functions, a dict from anything to what `emit_nest` gives for a nest; they have symbols too.
    """
    symbols, bodies, declarations, seen = {}, [], set(), {}

    def add(key, text, needed):
        if text not in seen:
            seen[text] = f"{prefix}{len(seen)}"
            bodies.append(text.replace(SYMBOL, seen[text]))
            declarations.update(needed)
        symbols[key] = seen[text]
    for nest in nests:
        if nest not in symbols and ir.needs_kernel(nest):
            add(nest, *emit_nest(nest, dialect))
    for key, (text, needed) in (others or {}).items():
        add(key, text, needed)
    return assemble(dialect, declarations, "\n".join(bodies)), symbols


def emit_nest(nest, dialect=c.DIALECT):
    """The kernel of one nest, named SYMBOL, and the functions that it calls: (text, set of Function)."""
    declarations = set()
    phases = []
    for phase in nest.phases:
        accesses = phase_accesses(nest, phase)
        names = values(nest, phase, accesses, dialect, declarations)
        stores = [
            (value, dialect.store(accesses[k], names.cast(value, nest.operands[k].dtype)))
            for value, k in ir.kernel_stores(nest, phase)
        ]
        way = quick_way(nest, phase, names, stores, declarations) or short_way(nest, phase, accesses, names)
        phases.append((list(accesses.values()), in_stages(nest, phase, names.statements, stores), way))
    return dialect.kernel(SYMBOL, phases, ir.work_of(nest)), declarations


def short_way(nest, phase, accesses, names):
    """What the phase is where all that it does is to store what one row of the scalar table gives, or None."""
    made = [k for k in ir.live(nest, phase) if not isinstance(phase.body[k].op, (ir.Load, ir.Literal))]
    stores = ir.kernel_stores(nest, phase)
    if len(made) != 1 or len(stores) != 1 or stores[0][0] != made[0]:
        return None
    value, k = phase.body[made[0]], stores[0][1]
    if nest.operands[k].dtype != value.dtype:
        return None
    name = getattr(value.op, "name", None)
    if name == "switch":
        return choice(phase, value, accesses, names, k)
    return comparison(phase, value, accesses, names, k) if name in RELATIONS else None


def choice(phase, value, accesses, names, target):
    """The choice between two values, or None where the condition is the same all along."""
    test, *sides = value.args
    condition = phase.body[test]
    if not isinstance(condition.op, ir.Load) or kind_of(condition.dtype) == "c" \
            or accesses[condition.op.operand].scalar:
        return None
    texts = {number: (f"const {kind} v{number} = {text};",) for number, kind, text in names.statements}
    held, failed = ((*texts.get(side, ()), names.dialect.store(accesses[target], names.cast(side, value.dtype)))
                    for side in sides)
    return Choice(texts[test], names.cast(test, "bool"), held, failed, condition.dtype)


def comparison(phase, value, accesses, names, target):
    """The comparison of two values, or None where one of them is converted before; isnan and isinf of reals only."""
    dtype = computation_dtype(value.op, tuple(phase.body[a].dtype for a in value.args), value.dtype)
    if value.op.name in CLASSES and kind_of(dtype) != "f":
        return None
    texts = []
    for a in value.args:
        given = phase.body[a]
        if isinstance(given.op, ir.Literal):
            texts.append(names.dialect.literal(given.op.value, dtype))
        elif given.dtype == dtype:
            texts.append(names.dialect.load(accesses[given.op.operand]))
        else:
            return None
    return Comparison(texts[0], texts[-1], dtype, value.op.name, target)


def in_stages(nest, phase, computed, stores):
    """The statements of a phase, with a cut before those that need long functions of what long functions gave."""
    stage = ir.stages(nest, phase)
    last = max(stage.values(), default=0)
    found = [[] for _ in range(last + 1)]
    for number, kind, text in computed:
        found[stage[number]].append(f"const {kind} v{number} = {text};")
    for number, text in stores:
        found[stage[number]].append(text)
    return [text for k, statements in enumerate(found) for text in ([CUT] if k else []) + statements]


def quick_way(nest, phase, names, stores, declarations):
    """The phase with faster functions that are right for most numbers, or None where it calls none that has a twin."""
    checks, statements = [], []
    for number, kind, text in names.statements:
        for name in dict.fromkeys(CALL.findall(text)):
            twin = names.dialect.twin(name)
            if twin is not None:
                checks += [f"{twin[1]}({arguments})" for arguments in arguments_of(name, text)]
                text = re.sub(rf"\b{name}\(", f"{twin[0]}(", text)
                declarations |= {Function(twin[0]), Function(twin[1])}
        statements.append((number, kind, text))
    if not checks:
        return None
    loads = ir.kernel_loads(nest, phase)
    staged = [k for _, k in ir.kernel_stores(nest, phase) if k in loads or nest.operands[k].inplace in loads]
    texts = in_stages(nest, phase, statements, stores)
    return Quick(tuple(texts), tuple(dict.fromkeys(checks)), tuple(dict.fromkeys(staged)))


def arguments_of(name, text):
    """What stands between the parentheses of each call of a function."""
    for call in re.finditer(rf"\b{name}\(", text):
        depth, end = 1, call.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        yield text[call.end():end - 1]


def assemble(dialect, declarations, body):
    """The source: header, declarations, those functions of our own that are used, kernels."""
    used = set(CALL.findall(body))
    prototypes = sorted(f.declaration for f in declarations if f.declaration)
    library = dialect.library(sorted({f.name for f in declarations if not f.declaration} | dialect.helpers & used))
    parts = [dialect.header, *prototypes, library, body]
    return "\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def phase_accesses(nest, phase):
    """The operands that the kernel touches in a phase: {number: Access}."""
    reads = ir.kernel_loads(nest, phase)
    writes = [k for _, k in ir.kernel_stores(nest, phase)]
    still = ir.still(nest, phase)
    return {
        k: Access(
            number=k,
            dtype=nest.operands[k].dtype,
            scalar=ir.is_scalar(nest.operands[k]) and k not in writes,
            writes=k in writes,
            reads=k in reads,
            still=k in still,
        )
        for k in sorted({*reads, *writes})
    }


class Names:
    """What each value of a phase is called, and the statements that compute it."""

    def __init__(self, phase, dialect):
        self.body = phase.body
        self.dialect = dialect
        self.texts = {}
        self.statements = []

    def cast(self, number, dtype):
        """An expression for a value, converted to that dtype."""
        value = self.body[number]
        if isinstance(value.op, ir.Literal):
            return self.dialect.literal(value.op.value, dtype)
        return self.dialect.cast(self.texts[number], value.dtype, dtype)


def values(nest, phase, accesses, dialect, declarations):
    """Names for the values that the kernel of a phase computes."""
    names = Names(phase, dialect)
    rounded = rounded_anyway(nest, phase)
    for number in ir.live(nest, phase):
        value = phase.body[number]
        if isinstance(value.op, ir.Literal):
            continue
        if isinstance(value.op, ir.Load):
            text = dialect.load(accesses[value.op.operand])
        else:
            text = apply(value, names, declarations, number in rounded)
        names.texts[number] = f"v{number}"
        names.statements.append((number, dialect.arithmetic[value.dtype], text))
    return names


def rounded_anyway(nest, phase):
    """The numbers of values that are used for nothing but to be stored as what they are."""
    used = {a for number in ir.live(nest, phase) for a in phase.body[number].args}
    used |= {v for v, k in ir.kernel_stores(nest, phase) if nest.operands[k].dtype != phase.body[v].dtype}
    return {v for v, _ in ir.kernel_stores(nest, phase)} - used


def apply(value, names, declarations, rounded=False):
    """The expression of a row of the scalar table for its arguments.

    Values of 16 bits have more digits than that while they are computed; a conversion to such a dtype takes them away,
    unless ``rounded`` says that this is done later.
    """
    dtypes = tuple(names.body[a].dtype for a in value.args)
    row, dialect = value.op, names.dialect
    dtype = computation_dtype(row, dtypes, value.dtype)
    template = row.c_for(dtypes, dtype) if hasattr(row, "c_for") else row.c
    if template is None:
        raise NotImplementedError(f"{row.name} has no kernel for {', '.join(dtypes)}")
    template = dialect.operators(row.name, len(dtypes), dtype) or template
    text = CALL.sub(lambda m: function(m[1], dtype, dialect, declarations), template)
    wanted = ["bool" if row.name == "switch" and k == 0 else dtype for k in range(len(dtypes))]
    arguments = [grouped(names.cast(a, d)) for a, d in zip(value.args, wanted, strict=True)]
    text = HOLE.sub(lambda m: arguments[int(m[1])], text)
    if row.name == f"cast_{value.dtype}" and is_small(value.dtype) and not rounded:
        text = dialect.rounded(text, value.dtype)
    return dialect.cast(f"({text})", None, "bool") if value.dtype == "bool" else text


def grouped(text):
    return text if text.isidentifier() else f"({text})"


def computation_dtype(row, dtypes, out):
    """The dtype that arguments are cast to before a row's expression: the result's, unless the
    result is a truth value or the real part of something.
    """
    dtypes = [d for k, d in enumerate(dtypes) if k not in row.conditions]
    if not dtypes:
        return out
    common = result_type(*dtypes)
    if out == "bool":
        return common.name
    if common.kind == "c" and kind_of(out) != "c":
        return result_type(common, out).name
    return out


def function(name, dtype, dialect, declarations):
    found = dialect.function(name, dtype)
    if found is None:
        return name
    declarations.add(found)
    return found.name
