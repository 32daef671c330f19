"""Programs with one mistake each: the error names the line that has it, in the default mode, and the shapes.

The line with the mistake ends in ``# BUG``. Each program makes ``f`` and is called with ``args``; ``shapes`` are texts
that the message must hold, those of the operands that don't fit.
"""

import re
import textwrap

import numpy as np
import pytest
import theano.ifelse

import theano
import theano.tensor as tt


def case(name, program, args, shapes=(), error=(ValueError, IndexError, TypeError)):
    return pytest.param(program, args, shapes, error, id=name)


def zeros(*shapes, dtype="float64"):
    return tuple(np.zeros(shape, dtype) for shape in shapes)


CASES = [
    # elementwise, alone and fused
    case("add", """
        x, y = tt.dvectors("x", "y")
        z = x + y  # BUG
        f = theano.function([x, y], z)""", zeros(3, 4), ["(3,)", "(4,)"]),
    case("fused, last", """
        x, y = tt.dvectors("x", "y")
        a = tt.exp(x) * 2
        b = tt.tanh(a) - 1
        c = b * y  # BUG
        f = theano.function([x, y], c)""", zeros(3, 4), ["(3,)", "(4,)"]),
    case("fused, first", """
        x, y = tt.dvectors("x", "y")
        a = x - y  # BUG
        b = tt.exp(a)
        c = b * 2 + 1
        f = theano.function([x, y], c)""", zeros(3, 4), ["(3,)", "(4,)"]),
    case("fused, middle", """
        x, y, z = tt.dvectors("x", "y", "z")
        a = tt.sqr(x) + y
        b = a * z  # BUG
        c = tt.log(1 + tt.exp(b))
        f = theano.function([x, y, z], c)""", zeros(3, 3, 5), ["(3,)", "(5,)"]),
    case("fused, two operands of three lines", """
        x, y, z = tt.dvectors("x", "y", "z")
        a = x * 3
        b = y / 2
        c = tt.switch(a > 0, a, b)  # BUG
        d = c + z.sum()
        f = theano.function([x, y, z], d)""", zeros(3, 4, 5), ["(3,)", "(4,)"]),
    case("matrix and vector", """
        x, y = tt.dmatrix("x"), tt.dvector("y")
        z = tt.exp(x)
        w = z - y  # BUG
        f = theano.function([x, y], w)""", zeros((3, 4), 3), ["(3, 4)", "(1, 3)"]),
    case("column that is none", """
        x, y = tt.dmatrices("x", "y")
        z = x * y.T  # BUG
        f = theano.function([x, y], z)""", zeros((2, 3), (2, 3)), ["(2, 3)", "(3, 2)"]),
    case("comparison", """
        x, y = tt.dvectors("x", "y")
        z = tt.eq(x, y)  # BUG
        f = theano.function([x, y], z.sum())""", zeros(3, 4), ["(3,)", "(4,)"]),
    case("maximum", """
        x, y = tt.fmatrices("x", "y")
        z = tt.maximum(x, y)  # BUG
        f = theano.function([x, y], z)""", zeros((3, 2), (2, 2), dtype="float32"), ["(3, 2)", "(2, 2)"]),
    case("in a function of the user", """
        def scale(v, w):
            return v * w  # BUG
        x, y = tt.dvectors("x", "y")
        f = theano.function([x, y], scale(x, y) + 1)""", zeros(3, 4), ["(3,)", "(4,)"]),
    case("in a loop over layers", """
        x = tt.dmatrix("x")
        weights = [theano.shared(np.zeros(shape)) for shape in ((4, 5), (5, 6), (7, 2))]
        h = x
        for w in weights:
            h = tt.tanh(tt.dot(h, w))  # BUG
        f = theano.function([x], h)""", zeros((3, 4)), ["(3, 6)", "(7, 2)"]),
    # reductions
    case("inside a sum", """
        x, y = tt.dvectors("x", "y")
        a = x * y  # BUG
        f = theano.function([x, y], a.sum())""", zeros(3, 4), ["(3,)", "(4,)"]),
    case("inside a mean of squares", """
        x, y = tt.dmatrices("x", "y")
        difference = x - y  # BUG
        cost = (difference ** 2).mean()
        f = theano.function([x, y], cost)""", zeros((3, 4), (3, 5)), ["(3, 4)", "(3, 5)"]),
    case("after a sum", """
        x, y = tt.dmatrix("x"), tt.dvector("y")
        total = x.sum(axis=0)
        z = total * y  # BUG
        f = theano.function([x, y], z)""", zeros((3, 4), 3), ["(4,)", "(3,)"]),
    case("between two reductions", """
        x, y = tt.dmatrix("x"), tt.dvector("y")
        m = x.max(axis=1)
        e = m - y  # BUG
        f = theano.function([x, y], tt.exp(e).sum())""", zeros((3, 4), 5), ["(3,)", "(5,)"]),
    case("max of nothing", """
        x = tt.dmatrix("x")
        m = x.max(axis=0)  # BUG
        f = theano.function([x], m * 2)""", zeros((0, 4)), ["(0, 4)"]),
    case("argmax of nothing", """
        x = tt.dvector("x")
        m = tt.argmax(x)  # BUG
        f = theano.function([x], m)""", zeros(0), ["(0,)"]),
    # products
    case("dot of matrices", """
        x, y = tt.dmatrices("x", "y")
        z = tt.dot(x, y)  # BUG
        f = theano.function([x, y], z)""", zeros((3, 4), (3, 4)), ["(3, 4)"]),
    case("dot of matrix and vector", """
        x, y = tt.dmatrix("x"), tt.dvector("y")
        z = tt.dot(x, y)  # BUG
        f = theano.function([x, y], z * 2)""", zeros((3, 4), 3), ["(3, 4)", "(3,)"]),
    case("dot of vectors", """
        x, y = tt.dvectors("x", "y")
        z = tt.dot(x, y)  # BUG
        f = theano.function([x, y], z)""", zeros(3, 4), ["(3,)", "(4,)"]),
    case("bias after dot", """
        x, w, b = tt.dmatrix("x"), tt.dmatrix("w"), tt.dvector("b")
        product = tt.dot(x, w)
        z = product + b  # BUG
        f = theano.function([x, w, b], tt.tanh(z))""", zeros((3, 4), (4, 5), 4), ["(3, 5)", "(1, 4)"]),
    case("gemm", """
        a, x, y = tt.dmatrices("a", "x", "y")
        z = a - 0.1 * tt.dot(x, y)  # BUG
        f = theano.function([a, x, y], z)""", zeros((3, 3), (3, 4), (4, 5)), ["(3, 3)"]),
    case("dot of integers", """
        x, y = tt.lmatrices("x", "y")
        z = tt.dot(x, y)  # BUG
        f = theano.function([x, y], z)""", zeros((3, 4), (3, 4), dtype="int64"), ["(3, 4)"]),
    case("dot with a transposed operand", """
        x, y = tt.dmatrices("x", "y")
        z = tt.dot(x.T, y)  # BUG
        f = theano.function([x, y], z)""", zeros((3, 4), (4, 4)), ["(4, 4)"]),
    # indexing
    case("index out of bounds", """
        x = tt.dvector("x")
        z = x[5]  # BUG
        f = theano.function([x], z * 2)""", zeros(3), ["(3,)", "5"], IndexError),
    case("variable index out of bounds", """
        x, i = tt.dmatrix("x"), tt.lscalar("i")
        z = x[:, i]  # BUG
        f = theano.function([x, i], tt.exp(z))""", (np.zeros((2, 3)), 7), ["(2, 3)", "7"], IndexError),
    case("take rows", """
        x, i = tt.dmatrix("x"), tt.lvector("i")
        z = x[i]  # BUG
        f = theano.function([x, i], z.sum())""", (np.zeros((2, 3)), np.array([0, 2])), ["(2, 3)"], IndexError),
    case("pairs", """
        x, i = tt.dmatrix("x"), tt.lvector("i")
        z = x[tt.arange(x.shape[0]), i]  # BUG
        f = theano.function([x, i], -tt.log(z).mean())""", (np.ones((2, 3)), np.array([0, 5])), ["(2, 3)"], IndexError),
    case("set rows", """
        x, y = tt.dmatrix("x"), tt.dvector("y")
        z = tt.set_subtensor(x[1:], y)  # BUG
        f = theano.function([x, y], z)""", zeros((3, 4), 5), ["4)", "(5,)"]),
    case("add to rows", """
        x, i, y = tt.dmatrix("x"), tt.lvector("i"), tt.dmatrix("y")
        z = tt.inc_subtensor(x[i], y)  # BUG
        f = theano.function([x, i, y], z * 1)""", (np.zeros((2, 3)), np.array([0, 9]), np.zeros((2, 3))), ["(2, 3)"]),
    case("slices that don't fit", """
        x = tt.dvector("x")
        z = x[1:] - x[:-2]  # BUG
        f = theano.function([x], tt.sqr(z).sum())""", zeros(6), ["(5,)", "(4,)"]),
    case("step zero", """
        x, s = tt.dvector("x"), tt.lscalar("s")
        z = x[::s]  # BUG
        f = theano.function([x, s], z + 1)""", (np.zeros(4), 0), []),
    # shapes
    case("reshape", """
        x = tt.dvector("x")
        z = x.reshape((2, 4))  # BUG
        f = theano.function([x], z.T)""", zeros(6), ["(6,)"]),
    case("reshape with -1", """
        x = tt.dmatrix("x")
        z = tt.reshape(x, (4, -1))  # BUG
        f = theano.function([x], tt.exp(z))""", zeros((3, 2)), ["(3, 2)"]),
    case("reshape to a computed shape", """
        x, y = tt.dvector("x"), tt.dmatrix("y")
        z = x.reshape(y.shape)  # BUG
        f = theano.function([x, y], z + y)""", zeros(6, (2, 2)), ["(6,)"]),
    case("concatenate", """
        x, y = tt.dmatrices("x", "y")
        z = tt.concatenate([x, y], axis=1)  # BUG
        f = theano.function([x, y], z)""", zeros((2, 3), (3, 3)), ["(2, 3)", "(3, 3)"]),
    case("stack", """
        x, y = tt.dvectors("x", "y")
        z = tt.stack([x, y])  # BUG
        f = theano.function([x, y], z)""", zeros(2, 3), ["2", "3"]),
    case("broadcast of an extent that is not one", """
        x = tt.dmatrix("x")
        z = tt.addbroadcast(x, 0)  # BUG
        f = theano.function([x], z + 1)""", zeros((2, 3)), ["(2, 3)"]),
    case("alloc of a negative extent", """
        n = tt.lscalar("n")
        z = tt.zeros((n, 2))  # BUG
        f = theano.function([n], z)""", (-1,), []),
    case("specify_shape", """
        x = tt.dmatrix("x")
        z = tt.specify_shape(x, (2, 3))  # BUG
        f = theano.function([x], z * 2)""", zeros((2, 4)), ["(2, 4)"], (ValueError, AssertionError)),
    # gradients and updates
    case("gradient of a cost that does not fit", """
        x, y, w = tt.dmatrix("x"), tt.dvector("y"), theano.shared(np.ones(4), name="w")
        error = tt.dot(x, w) - y  # BUG
        cost = tt.sqr(error).mean()
        f = theano.function([x, y], theano.grad(cost, w))""", zeros((3, 4), 5), ["(3,)", "(5,)"]),
    case("only the gradient is computed", """
        x, y = tt.dvectors("x", "y")
        cost = (x * y).sum()  # BUG
        f = theano.function([x, y], theano.grad(cost, x) * x)""", zeros(3, 4), ["(3,)", "(4,)"]),
    case("training step", """
        x, y = tt.dmatrix("x"), tt.lvector("y")
        w, b = theano.shared(np.zeros((4, 3))), theano.shared(np.zeros(2))
        scores = tt.dot(x, w) + b  # BUG
        p = tt.nnet.softmax(scores)
        cost = -tt.log(p[tt.arange(y.shape[0]), y]).mean()
        gw, gb = theano.grad(cost, [w, b])
        f = theano.function([x, y], cost, updates=[(w, w - 0.1 * gw), (b, b - 0.1 * gb)])""",
         (np.zeros((5, 4)), np.zeros(5, "int64")), ["(5, 3)", "(1, 2)"]),
    case("logistic regression", """
        x, y = tt.dmatrix("x"), tt.dvector("y")
        w, b = theano.shared(np.zeros(4)), theano.shared(0.0)
        z = tt.dot(x, w) + b  # BUG
        p = 1 / (1 + tt.exp(-z))
        cost = (-y * tt.log(p) - (1 - y) * tt.log(1 - p)).mean()
        gw, gb = theano.grad(cost, [w, b])
        f = theano.function([x, y], p > 0.5, updates=[(w, w - gw), (b, b - gb)])""",
         zeros((5, 3), 5), ["(5, 3)", "(4,)"]),
    case("update of another shape", """
        x, w = tt.dvector("x"), theano.shared(np.zeros(4))
        new = w + x  # BUG
        f = theano.function([x], [], updates=[(w, new)])""", zeros(3), ["(4,)", "(3,)"]),
    case("momentum", """
        x = tt.dmatrix("x")
        w, v = theano.shared(np.zeros(4)), theano.shared(np.zeros(3))
        g = theano.grad(tt.sqr(tt.dot(x, w)).sum(), w)
        new = 0.9 * v - 0.1 * g  # BUG
        f = theano.function([x], [], updates=[(v, new), (w, w + 1)])""", zeros((2, 4)), ["(3,)", "(4,)"]),
    case("given", """
        x, y = tt.dvectors("x", "y")
        z = tt.exp(x) * y  # BUG
        s = theano.shared(np.zeros(5))
        f = theano.function([y], z, givens=[(x, s)])""", zeros(3), ["(5,)", "(3,)"]),
    # loops, branches, graphs as ops
    case("step of a loop", """
        x, y = tt.dmatrix("x"), tt.dvector("y")
        def step(row):
            a = tt.exp(row)
            return a * y  # BUG
        z, _ = theano.scan(step, sequences=x)
        f = theano.function([x, y], z.sum())""", zeros((3, 4), 5), ["(4,)", "(5,)"]),
    case("state of a loop", """
        x, w = tt.dmatrix("x"), tt.dmatrix("w")
        def step(row, h):
            z = tt.dot(h, w)  # BUG
            return tt.tanh(z[:4] + row)
        h, _ = theano.scan(step, sequences=x, outputs_info=tt.zeros((4,)))
        f = theano.function([x, w], h[-1])""", zeros((3, 4), (5, 4)), ["(4,)", "(5, 4)"]),
    case("gradient of a loop", """
        x, y, w = tt.dmatrix("x"), tt.dvector("y"), theano.shared(np.ones(4), "w")
        def step(row, h):
            return tt.tanh(h * w + row)
        h, _ = theano.scan(step, sequences=x, outputs_info=tt.zeros((4,)))
        cost = tt.sqr(h[-1] - y).sum()  # BUG
        f = theano.function([x, y], theano.grad(cost, w))""", zeros((3, 4), 5), ["(4,)", "(5,)"]),
    case("inside a loop that is differentiated", """
        x, y, w = tt.dmatrix("x"), tt.dvector("y"), theano.shared(np.ones(4), "w")
        def step(row, h):
            a = h * w
            return tt.tanh(a + row * y)  # BUG
        h, _ = theano.scan(step, sequences=x, outputs_info=tt.zeros((4,)))
        f = theano.function([x, y], theano.grad(h.sum(), w))""", zeros((3, 4), 3), ["(4,)", "(3,)"]),
    case("index in a loop", """
        x, n = tt.dvector("x"), tt.lscalar("n")
        def step(k):
            return x[k] * 2  # BUG
        z, _ = theano.scan(step, sequences=tt.arange(n))
        f = theano.function([x, n], z)""", (np.zeros(3), 5), ["(3,)"], IndexError),
    case("loop in a loop", """
        x, y = tt.dmatrix("x"), tt.dvector("y")
        def inner(total, row):
            product = row * y  # BUG
            return total + product.sum()
        def outer(row):
            totals, _ = theano.scan(inner, outputs_info=tt.constant(0.0), non_sequences=row, n_steps=2)
            return totals[-1]
        z, _ = theano.scan(outer, sequences=x)
        f = theano.function([x, y], z)""", zeros((3, 4), 5), ["(4,)", "(5,)"]),
    case("after a loop", """
        x, y = tt.dmatrix("x"), tt.dvector("y")
        z, _ = theano.scan(lambda row: row.sum(), sequences=x)
        w = z - y  # BUG
        f = theano.function([x, y], tt.sqr(w).mean())""", zeros((3, 4), 4), ["(3,)", "(4,)"]),
    case("in a branch", """
        c, x, y = tt.iscalar("c"), tt.dvector("x"), tt.dvector("y")
        z = tt.exp(x) + y  # BUG
        f = theano.function([c, x, y], theano.ifelse.ifelse(c, z, x) * 2)""", (1, *zeros(3, 4)), ["(3,)", "(4,)"]),
    case("what a graph as an op is given", """
        a, b = tt.dvectors("a", "b")
        inside = a * b + 1  # BUG
        op = theano.OpFromGraph([a, b], [inside])
        x, y = tt.dvectors("x", "y")
        f = theano.function([x, y], tt.exp(op(x, y)))""", zeros(3, 4), ["(3,)", "(4,)"]),
    # integers, labels, python
    case("division of integers by zero", """
        class Divide(theano.Op):
            itypes, otypes = [tt.lscalar, tt.lscalar], [tt.lscalar]
            def perform(self, node, inputs, outputs):
                outputs[0][0] = np.asarray(divmod(int(inputs[0]), int(inputs[1]))[0])
        x, y = tt.lscalars("x", "y")
        z = Divide()(x, y)  # BUG
        f = theano.function([x, y], z + 1)""", (1, 0), ["division"], ZeroDivisionError),
    case("labels out of range", """
        x, y = tt.dmatrix("x"), tt.lvector("y")
        loss = tt.nnet.categorical_crossentropy(tt.nnet.softmax(x), y)  # BUG
        f = theano.function([x, y], loss.mean())""", (np.zeros((2, 3)), np.array([0, 3])), ["(2, 3)"]),
    case("an op of the user", """
        class Fussy(theano.Op):
            def make_node(self, x):
                return theano.Apply(self, [x], [x.type()])
            def perform(self, node, inputs, outputs):
                raise ValueError("fussy about shapes %s" % (inputs[0].shape,))
        x = tt.dvector("x")
        z = Fussy()(x * 2)  # BUG
        f = theano.function([x], tt.exp(z))""", zeros(3), ["fussy", "(3,)"]),
]


def test_there_are_programs_of_all_kinds():
    programs = [case.values[0] for case in CASES]
    assert len(programs) >= 55
    for kind, count in (("theano.scan", 7), ("theano.grad", 6), ("updates=", 4), ("ifelse", 1), ("OpFromGraph", 1)):
        assert sum(kind in program for program in programs) >= count


def failing_line(text):
    """The innermost line of a user's that made the node which failed, as (file, number)."""
    own, *around = text.split("That ran inside of:")
    assert own.count("Apply node that caused the error") == 1 and all("File" in part for part in around)
    found = re.findall(r'File "([^"]+)", line (\d+)', own)
    return (found[-1][0], int(found[-1][1])) if found else None


@pytest.mark.parametrize("program, args, shapes, error", CASES)
@pytest.mark.parametrize("again", [False, True], ids=["cold", "warm"])
def test_the_error_names_the_line(program, args, shapes, error, again, tmp_path):
    source = textwrap.dedent(program).strip() + "\n"
    path = tmp_path / "program.py"
    path.write_text(source)
    bug = next(k for k, line in enumerate(source.splitlines(), 1) if "# BUG" in line)
    for _ in range(1 + again):
        names = {"theano": theano, "tt": tt, "np": np}
        exec(compile(source, str(path), "exec"), names)
    with pytest.raises(error) as caught:
        names["f"](*args)
    text = str(caught.value) + "\n".join(getattr(caught.value, "__notes__", ()))
    assert failing_line(text) == (str(path), bug), text
    assert all(shape in text for shape in shapes), text
