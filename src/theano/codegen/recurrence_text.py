"""Prints recurrences in C: one function that makes steps, for one number or for a block of elements.

What steps hand on stays in locals, for a block in a piece of memory of its own; nothing is indexed by step.
"""

from theano.codegen import nest as ir
from theano.codegen.dialects import c
from theano.codegen.emit import SYMBOL, Names, apply
from theano.codegen.recurrence import Earlier, Fixed, Row

TOGETHER = 4            # calls of one function from which on they are made in a loop
SHIFTED = 8             # steps back up to which values move on by one each step; beyond they lie in a ring


def emit_recurrence(recurrence, dialect=c.DIALECT):
    """The function of a recurrence, named SYMBOL, and the functions that it calls: (text, set of Function)."""
    return _Text(recurrence, dialect).function()


class _Text:
    """The parts of the function: ``once`` before the loop, ``step`` for all elements, ``lane`` for each, and after."""

    def __init__(self, recurrence, dialect):
        self.r, self.dialect = recurrence, dialect
        self.storage = dialect.storage
        self.first_fixed = len(recurrence.sequences)
        self.first_memory = self.first_fixed + len(recurrence.fixed)
        handed = [k for k, kept in enumerate(recurrence.kept) if kept.reach]
        stored = [k for k in range(len(recurrence.kept)) if k not in recurrence.states]
        self.memory = {k: self.first_memory + i for i, k in enumerate(handed)}
        self.target = {k: self.first_memory + len(handed) + i for i, k in enumerate(stored)}
        self.rings = {k for k in handed if recurrence.kept[k].reach > SHIFTED}
        self.locals = {k for k in handed if k not in self.rings and not recurrence.kept[k].lane}
        self.once, self.step, self.lane, self.moves, self.after = [], [], [], [], []

    def function(self):
        declarations = set()
        values = self._values(declarations)
        self._prepare()
        for number, text in values:
            if number is None:
                self.step += text
            else:
                (self.lane if self.r.lanes[number] else self.step).append(text)
        self._store()
        self._hand_on()
        lines = [
            f"i64 {SYMBOL}(char **ptr, const i64 *stride, i64 first, i64 n, i64 w)",
            "{",
            *c.indent(self.once, 1),
            "    i64 t;",
            "    for (t = 0; t < n; t++) {",
            *c.indent(self.step, 2),
            *(c.indent(["#pragma omp simd", "for (i64 e = 0; e < w; e++) {", *c.indent(self.lane, 1), "}"], 2)
              if self.lane else []),
            *c.indent(self.moves, 2),
            "    }",
            *c.indent(self.after, 1),
            f"    return {'stopped ? ~t : t' if self.r.until is not None else 't'};",
            "}",
            "",
        ]
        return "\n".join(lines), declarations

    def _values(self, declarations):
        """(number, statement) of each value that something needs; (None, statements) for some together."""
        wanted = {k.value for k in self.r.kept} | ({self.r.until} - {None})
        for position in range(len(self.r.body) - 1, -1, -1):
            if position in wanted:
                wanted.update(self.r.body[position].args)
        self.names = Names(self.r, self.dialect)
        self.read = {self.r.body[number].op for number in wanted
                     if isinstance(self.r.body[number].op, (Row, Fixed, Earlier))}
        self.declarations = declarations
        live = [n for n in sorted(wanted) if not isinstance(self.r.body[n].op, ir.Literal)]
        found = []
        for group in self._groups(live):
            if len(group) < TOGETHER:
                found += [(number, self._statement(number)) for number in group]
            else:
                found.append((None, self._together(group, f"g{len(found)}")))
        return found

    def _statement(self, number):
        value = self.r.body[number]
        text = self._source(value.op, value.dtype) if isinstance(value.op, (Row, Fixed, Earlier)) else \
            apply(value, self.names, self.declarations)
        self.names.texts[number] = f"v{number}"
        return f"const {self.dialect.arithmetic[value.dtype]} v{number} = {text};"

    def _groups(self, live):
        """The numbers in an order in which each comes after those that it needs; calls of one function side by side
        as far as none of them needs another one.
        """
        level, levels, calls = {}, {}, {}
        for number in live:
            value = self.r.body[number]
            level[number] = max((level[a] + (a in calls) for a in value.args if a in level), default=0)
            if not self.r.lanes[number] and self._is_call(value):
                constants = tuple((k, self.r.body[a].op) for k, a in enumerate(value.args)
                                  if isinstance(self.r.body[a].op, ir.Literal))
                dtypes = tuple(self.r.body[a].dtype for a in value.args)
                calls[number] = (value.op, value.dtype, dtypes, constants)
            levels.setdefault(level[number], []).append(number)
        for _, numbers in sorted(levels.items()):
            groups = {}
            for number in numbers:
                if number in calls:
                    groups.setdefault(calls[number], []).append(number)
                else:
                    yield [number]
            yield from groups.values()

    def _is_call(self, value):
        """Whether a value takes a function of our own, which is long."""
        if isinstance(value.op, (Row, Fixed, Earlier)):
            return False
        needed = set()
        names = Names(self.r, self.dialect)
        names.texts = {a: "x" for a in value.args}
        apply(value, names, needed)
        return any(f.name.startswith("th_") for f in needed)

    def _together(self, group, name):
        """Statements that compute calls of one function in a loop, which is shorter, and vectorised."""
        first = self.r.body[group[0]]
        names = Names(self.r, self.dialect)
        names.texts = {a: f"{name}_{k}[j]" for k, a in enumerate(first.args)}
        if len(set(first.args)) < len(first.args):
            return [self._statement(number) for number in group]
        lines = []
        for k, a in enumerate(first.args):
            if not isinstance(self.r.body[a].op, ir.Literal):
                parts = ", ".join(self.names.texts[self.r.body[number].args[k]] for number in group)
                lines.append(f"const {self.dialect.arithmetic[self.r.body[a].dtype]} {name}_{k}[] = {{ {parts} }};")
        lines += [f"{self.dialect.arithmetic[first.dtype]} {name}[{len(group)}];", "#pragma omp simd",
                  f"for (i64 j = 0; j < {len(group)}; j++)",
                  f"    {name}[j] = {apply(first, names, self.declarations)};"]
        for j, number in enumerate(group):
            self.names.texts[number] = f"v{number}"
            lines.append(f"const {self.dialect.arithmetic[first.dtype]} v{number} = {name}[{j}];")
        return lines

    def _source(self, op, dtype):
        kind = self.storage[dtype]
        if isinstance(op, Row):
            text = f"x{op.number}[e]" if self.r.sequences[op.number].lane else f"*(const {kind} *)q{op.number}"
        elif isinstance(op, Fixed):
            text = f"f{op.number}[e]" if self.r.fixed[op.number].lane else f"f{op.number}"
        else:
            text = self._earlier(op.number, op.back)
        return c.widened(text, dtype)

    def _earlier(self, k, back):
        """Where the value of ``back`` steps ago lies."""
        if k in self.locals:
            return f"c{k}_{back}"
        place = f"i{k}_{back}" if k in self.rings else str(self.r.kept[k].reach - back)
        return f"c{k}[{place} * {self.r.width} + e]" if self.r.kept[k].lane else f"c{k}[{place}]"

    def _prepare(self):
        """What comes before the loop, and where each step reads."""
        for k, feed in enumerate(self.r.sequences):
            if Row(k) not in self.read:
                continue
            self.once += [f"const char *q{k} = ptr[{k}];", f"const i64 d{k} = stride[{k}];"]
            if feed.lane:
                self.step.append(f"const {self.storage[feed.dtype]} *x{k} = (const {self.storage[feed.dtype]} *)q{k};")
            self.moves.append(f"q{k} += d{k};")
        for k, feed in enumerate(self.r.fixed):
            if Fixed(k) not in self.read:
                continue
            kind, at = f"const {self.storage[feed.dtype]}", f"ptr[{self.first_fixed + k}]"
            self.once.append(f"{kind} *f{k} = ({kind} *){at};" if feed.lane else f"{kind} f{k} = *({kind} *){at};")
        for k, at in self.memory.items():
            kept = self.r.kept[k]
            kind = self.storage[kept.dtype]
            self.once.append(f"{kind} *c{k} = ({kind} *)ptr[{at}];")
            if k in self.locals:
                self.once += [f"{kind} c{k}_{back} = c{k}[{kept.reach - back}];" for back in range(1, kept.reach + 1)]
                self.after += [f"c{k}[{kept.reach - back}] = c{k}_{back};" for back in range(1, kept.reach + 1)]
            elif k in self.rings:
                self.once.append(f"i64 p{k} = first % {kept.reach};")
                backs = sorted({op.back for op in self.read if isinstance(op, Earlier) and op.number == k})
                self.step += [f"const i64 i{k}_{back} = p{k} - {back} + (p{k} < {back} ? {kept.reach} : 0);"
                              for back in backs]
        if self.r.until is not None:
            self.once.append("int stopped = 0;")

    def _put(self, k):
        """The new value of a carry, a state or a stack, as it is stored."""
        kept = self.r.kept[k]
        return c.narrowed(self.names.cast(kept.value, kept.dtype), kept.dtype)

    def _store(self):
        """Results of this step."""
        for k, at in self.target.items():
            kept = self.r.kept[k]
            kind = self.storage[kept.dtype]
            self.once += [f"char *r{k} = ptr[{at}];", f"const i64 d{at} = stride[{at}];"]
            if kept.lane:
                self.step.append(f"{kind} *y{k} = ({kind} *)r{k};")
                self.lane.append(f"y{k}[e] = {self._put(k)};")
            else:
                self.step.append(f"*({kind} *)r{k} = {self._put(k)};")
            self.moves.append(f"r{k} += d{at};")

    def _hand_on(self):
        """What the next step finds, and the end of the loop."""
        for k in self.memory:
            kept = self.r.kept[k]
            lines = self.lane if kept.lane else self.moves
            if k in self.rings:
                lines.append(f"c{k}[p{k}{f' * {self.r.width} + e' if kept.lane else ''}] = {self._put(k)};")
                self.moves.append(f"p{k} = p{k} + 1 == {kept.reach} ? 0 : p{k} + 1;")
                continue
            lines += [f"{self._earlier(k, back)} = {self._earlier(k, back - 1)};" for back in range(kept.reach, 1, -1)]
            lines.append(f"{self._earlier(k, 1)} = {self._put(k)};")
        if self.r.until is not None:
            self.moves += [f"if ({self.names.cast(self.r.until, 'bool')}) {{", "    stopped = 1;", "    t++;",
                           "    break;", "}"]
