"""Write the reference that follows from the tables: flags, scalar operations, phases of rewriting, errors.

``python docs/reference.py [FILE]``
"""

import inspect
import sys

from theano import errors
from theano.config import BY_NAME
from theano.rewrite.pipeline import PHASES
from theano.scalar.table import TABLE


def table(head, rows):
    """Lines of a Markdown table."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for cells in rows:
        yield "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def default_of(flag):
    """A flag's default as text; one that is worked out is described by its function."""
    return inspect.getdoc(flag.default) if callable(flag.default) else f"`{flag.default!r}`"


def kind_of(flag):
    """What a flag may be, as text."""
    return ", ".join(flag.kind) if isinstance(flag.kind, tuple) else flag.kind.__name__


def pages():
    """All lines."""
    yield "# Reference, written from the tables by `make docs`\n\n## Flags\n"
    yield from table(("flag", "kind", "default", "fixed after import", "meaning"),
                     ((f"`{f.name}`", kind_of(f), default_of(f), "yes" if f.frozen else "", f.doc)
                      for f in BY_NAME.values()))
    yield "\n## Scalar operations, applied elementwise to tensors\n"
    yield from table(("name", "arguments", "NumPy", "C"),
                     ((f"`{name}`", "any" if op.nin < 0 else op.nin, getattr(op.numpy, "__name__", ""),
                       f"`{op.c}`" if isinstance(op.c, str) else "by dtype")
                      for name, op in sorted(TABLE.items())))
    yield "\n## Rewriting, in this order\n"
    yield from table(("phase", "tags", "rules"),
                     ((p.name, ", ".join(sorted(p.tags)), ", ".join(r.name for r in p.rules) or "whole graph")
                      for p in PHASES))
    yield f"\n## Exceptions\n\n```\n{inspect.getdoc(errors).partition('.')[2].strip()}\n```"


def main():
    """Write to the file named, else to the standard output."""
    text = "\n".join(pages()) + "\n"
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            file.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
