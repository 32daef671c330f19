"""Result dtypes are those of the original, for both settings of floatX."""

import json
from pathlib import Path

import pytest

import theano
import theano.tensor as T
from theano.tensor.elemwise import ELEMWISE

DATA = Path(__file__).parent / "data"
GOLDEN = {floatx: json.loads((DATA / f"dtypes-floatX-{floatx}.json").read_text())
          for floatx in ("float32", "float64")}
REDUCTIONS = ("all", "any", "argmax", "argmin", "dot", "max", "mean", "min", "prod", "ptp", "std", "sum", "var")
CASES = [(floatx, kind, op) for floatx, table in GOLDEN.items() for kind in ("unary", "binary", "reduction", "switch",
                                                                            "join", "arange")
         for op in (table[kind] if kind in ("unary", "binary", "reduction") else [kind])
         if kind != "reduction" or op in REDUCTIONS]


def build(kind, op, dtypes):
    x = [T.tensor(d, (False,) if kind != "arange" else ()) for d in dtypes]
    if kind == "unary":
        function = getattr(T, op, None) or ELEMWISE[op]
        return function(*x)
    if kind == "binary":
        return ELEMWISE[op](*x)
    if kind == "switch":
        return T.switch(T.bvector(), *x)
    if kind == "join":
        return T.join(0, *x)
    if kind == "arange":
        return T.arange(*x)
    return T.dot(x[0], x[0]) if op == "dot" else getattr(T, op)(*x)


@pytest.mark.parametrize("floatx, kind, op", CASES)
def test_dtype(floatx, kind, op):
    table = GOLDEN[floatx][kind]
    table = table[op] if kind in ("unary", "binary", "reduction") else table
    wrong = {}
    with theano.config.change_flags(floatX=floatx):
        for key, expected in table.items():
            try:
                found = build(kind, op, key.split(",")).dtype
            except (TypeError, NotImplementedError) as error:
                found = "!" + type(error).__name__
            if expected.startswith("!") and found.startswith("!"):
                continue
            if found != expected:
                wrong[key] = (expected, found)
    assert not wrong
