"""Ops with C code of their own, as users write them: what runs, what is kept, what is said when it can't."""

import gc
import uuid
import weakref
from pathlib import Path

import numpy as np
import pytest
from theano.gof import CLinker, COp, FunctionGraph, OpenMPOp, ParamsType

import theano
import theano.tensor as T
from theano import scalar
from theano.codegen import build, cops
from theano.compile.mode import Mode
from theano.errors import CompileError, MethodNotDefined
from theano.graph.enum import EnumList
from theano.graph.op import Op
from theano.graph.type import Generic
from theano.graph.variable import Apply
from theano.scalar.table import TABLE

NATIVE = Mode("cvm", "fast_run")


class Twice(Op):
    """x + x in C, of the storage of the last result where it fits."""

    __props__ = ("word",)

    def __init__(self, word=""):
        self.word = word

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def c_headers(self):
        return ["<string.h>"]

    def c_support_code(self):
        return f"/* {self.word} */ static int reused = 0;"

    def c_support_code_apply(self, node, name):
        return f"static npy_{node.inputs[0].dtype} twice_{name}(npy_{node.inputs[0].dtype} x) {{ return x + x; }}"

    def c_code(self, node, name, inputs, outputs, sub):
        (x,), (z,), fail = inputs, outputs, sub["fail"]
        return f"""
        if (PyArray_NDIM({x}) != 1) {{ PyErr_SetString(PyExc_ValueError, "a vector is needed"); {fail} }}
        if (PyArray_DIM({x}, 0) == 13) {{ {fail} }}
        if ({z} == NULL || PyArray_DIM({z}, 0) != PyArray_DIM({x}, 0)) {{
            Py_XDECREF({z});
            {z} = (PyArrayObject *)PyArray_EMPTY(1, PyArray_DIMS({x}), PyArray_TYPE({x}), 0);
            if (!{z}) {fail}
        }} else reused++;
        for (npy_intp i = 0; i < PyArray_DIM({x}, 0); i++)
            *(dtype_{z} *)PyArray_GETPTR1({z}, i) = twice_{name}(*(dtype_{x} *)PyArray_GETPTR1({x}, i));
        """


class Pythonic(Twice):
    """With a `perform` that says that it ran."""

    def perform(self, node, inputs, cells):
        cells[0][0] = np.full_like(inputs[0], -1)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "int32"])
@pytest.mark.parametrize("mode", [NATIVE, Mode("c|py", "fast_run"), Mode("cvm", None), Mode("vm", "fast_compile")],
                         ids=str)
def test_result(dtype, mode):
    x = T.vector("x", dtype=dtype)
    f = theano.function([x], [Twice()(x), Twice()(x[::2]) * 3], mode=mode)
    value = np.arange(7, dtype=dtype)
    for _ in range(2):
        a, b = f(value)
        assert a.dtype == b.dtype == dtype and (a == 2 * value).all() and (b == 6 * value[::2]).all()


def test_what_a_caller_holds_is_not_written_again():
    x = T.dvector("x")
    for allow_gc in (True, False):
        for name in ("cvm", "py"):
            f = theano.function([x], Twice()(x), mode=Mode(name, "fast_run").clone(allow_gc=allow_gc))
            first = f(np.ones(3))
            view = first[:2]
            second = f(np.full(3, 5.0))
            del first
            third = f(np.full(3, 7.0))
            assert (view == 2).all() and (second == 10).all() and (third == 14).all()


def test_perform_runs_where_python_is_asked_for():
    x = T.dvector("x")
    assert (theano.function([x], Pythonic()(x), mode=Mode("py", None))(np.ones(2)) == -1).all()
    assert (theano.function([x], Pythonic()(x), mode=NATIVE)(np.ones(2)) == 2).all()


@pytest.mark.parametrize("linker", ["cvm", "vm"])
def test_without_compiler(monkeypatch, linker):
    monkeypatch.setattr(build, "cpp_compiler", lambda: None)
    x = T.dvector("x")
    mode = Mode(linker, "fast_run")
    assert (theano.function([x], Pythonic("a")(x), mode=mode)(np.ones(2)) == -1).all()
    f = theano.function([x], Twice("b")(x), mode=mode)
    with pytest.raises(MethodNotDefined, match=r"Twice\{word='b'\} has no perform.*C\+\+ compiler"):
        f(np.ones(2))


def test_errors_of_c_code():
    x = T.dvector("x")
    f = theano.function([x], Twice()(x), mode=NATIVE)
    with pytest.raises(RuntimeError, match="set no exception"):
        f(np.ones(13))
    m = T.dmatrix("m")
    with pytest.raises(ValueError, match="a vector is needed"):
        theano.function([m], Twice()(m), mode=NATIVE)(np.ones((2, 2)))
    assert (f(np.ones(3)) == 2).all()


def test_code_that_does_not_compile():
    class Broken(Twice):
        def c_code(self, node, name, inputs, outputs, sub):
            return "no_such_function();"
    x = T.dvector("x")
    with pytest.raises(CompileError, match=r"C code of Broken.*no_such_function"):
        theano.function([x], Broken()(x), mode=NATIVE)


def test_one_compilation_for_one_text(monkeypatch):
    calls, compiled = [], build.compile_cpp
    monkeypatch.setattr(build, "compile_cpp", lambda *args: calls.append(1) or compiled(*args))
    x = T.dvector("x")
    op = Twice(str(uuid.uuid4()))               # a text that no earlier run has left in the cache
    for _ in range(2):
        f = theano.function([x], op(op(x)), mode=NATIVE)
        assert (f(np.ones(2)) == 4).all()
    assert len(calls) == 1
    monkeypatch.setattr(cops, "_made", {})                      # as in another process
    assert (theano.function([x], op(x) + 1, mode=NATIVE)(np.ones(2)) == 3).all()
    assert len(calls) == 1


class Counter(Op):
    """How often this node ran before: a struct per node and function, with everything a struct can have."""

    __props__ = ()

    def do_constant_folding(self, node):
        return False

    def make_node(self, x):
        return Apply(self, [scalar.as_scalar(x)], [scalar.int64()])

    def c_init_code(self):
        return ["started = 100;"]

    def c_support_code(self):
        return ["static npy_int64 started = 0, living = 0;"]

    def c_support_code_struct(self, node, name):
        return f"npy_int64 count_{name};"

    def c_init_code_struct(self, node, name, sub):
        return f"count_{name} = 0; living++;"

    def c_cleanup_code_struct(self, node, name):
        return "living--;"

    def c_code(self, node, name, inputs, outputs, sub):
        return f"npy_int64 *own = new npy_int64(count_{name}++); {outputs[0]} = started + 10 * living + *own;"

    def c_code_cleanup(self, node, name, inputs, outputs, sub):
        return "delete own;"


def test_struct():
    x = scalar.int64("x")
    f = theano.function([x], Counter()(x), mode=NATIVE)
    assert [f(0), f(0), f(0)] == [110, 111, 112]
    g = theano.function([x], [Counter()(x), Counter()(x + 1)], mode=NATIVE)
    assert g(0) == [130, 130]
    del g
    gc.collect()
    assert f(0) == 113


class Mixed(Op):
    """Types of parameters: a number, an array, an object, a constant of an enumeration."""

    __props__ = ("number", "array", "thing", "how")
    params_type = ParamsType(number=scalar.float32, array=T.TensorType("float64", (False,)), thing=Generic(),
                             how=EnumList("ADD", ("SUBTRACT", "-")))

    def __init__(self, how):
        self.number, self.array, self.thing, self.how = 0.5, (1.0, 2.0, 4.0), 8.0, self.params_type.enum_from_alias(how)

    def make_node(self, z):
        return Apply(self, [scalar.as_scalar(z)], [scalar.complex128()])

    def perform(self, node, inputs, cells, params):
        value = inputs[0] * params.number + params.array[1] + params.thing
        cells[0][0] = np.complex128(value if params.how == self.params_type.ADD else -value)

    def c_code(self, node, name, inputs, outputs, sub):
        p, z, out = sub["params"], inputs[0], outputs[0]
        return f"""
        theano_complex128 add(*(npy_float64 *)PyArray_GETPTR1({p}->array, 1) + PyFloat_AsDouble({p}->thing), 0);
        {out} = {z} * theano_complex128({p}->number) + add;
        switch ({p}->how) {{
        case ADD: break;
        case SUBTRACT: {out} = -{out}; break;
        default: {{ {sub["fail"]} }}
        }}"""


@pytest.mark.parametrize("how", ["ADD", "-"])
def test_params(how):
    z = scalar.complex128("z")
    results = [theano.function([z], Mixed(how)(z), mode=mode)(3 + 4j) for mode in (NATIVE, Mode("py", None))]
    assert results[0] == results[1] == (11.5 + 2j if how == "ADD" else -11.5 - 2j)


class Scaled(COp):
    __props__ = ("scale",)
    params_type = ParamsType(scale=scalar.float64)

    def __init__(self, scale):
        super().__init__("c_code/scaled.c", "APPLY_SPECIFIC(scaled)")
        self.scale = scale

    def make_node(self, x, y):
        return Apply(self, [x, y], [T.vector(dtype=scalar.upcast(x.dtype, y.dtype))])


def test_code_in_a_file():
    x, y = T.fvector("x"), T.dvector("y")
    f = theano.function([x, y], Scaled(3.0)(x, y), mode=NATIVE)
    np.testing.assert_array_equal(f(np.arange(4, dtype="float32"), np.full(4, 2.0)), np.arange(4) * 6.0)
    with pytest.raises(ValueError, match="differ in length"):
        f(np.ones(3, "float32"), np.ones(4))


def test_sections(tmp_path):
    (tmp_path / "a.c").write_text("#section code\nOUTPUT_0 = INPUT_0 + 1;\n#section support_code\n\n")
    (tmp_path / "b.c").write_text("#section code\nif (OUTPUT_0 == 3) { PyErr_SetNone(PyExc_KeyError); FAIL; }\n")
    (tmp_path / "c.c").write_text("#section no_such\n")

    class Next(COp):
        __props__ = ()

        def make_node(self, x):
            return Apply(self, [x], [x.type()])

        def c_compile_args(self, c_compiler):
            assert Path(c_compiler).exists()
            return ["-DUNUSED=1"]

    x = scalar.int32("x")
    f = theano.function([x], Next([str(tmp_path / "a.c"), str(tmp_path / "b.c")])(x), mode=NATIVE)
    assert f(1) == 2
    with pytest.raises(KeyError):
        f(2)
    with pytest.raises(ValueError, match="unknown section no_such"):
        Next(str(tmp_path / "c.c"))
    with pytest.raises(ValueError, match="either func_name or"):
        Next(str(tmp_path / "a.c"), "f")


class Summed(OpenMPOp):
    __props__ = ("openmp",)

    def make_node(self, x):
        return Apply(self, [x], [scalar.float64()])

    def c_code(self, node, name, inputs, outputs, sub):
        return f"""
        double total = 0, *x = (double *)PyArray_DATA({inputs[0]});
        npy_intp n = PyArray_SIZE({inputs[0]});
        #pragma omp parallel for reduction(+:total)
        for (npy_intp i = 0; i < n; i++) total += x[i];
        {outputs[0]} = total;"""


@pytest.mark.parametrize("openmp", [True, False])
def test_openmp(openmp):
    x = T.dvector("x")
    assert Summed(openmp).c_compile_args() == (["-fopenmp"] if openmp else [])
    assert theano.function([x], Summed(openmp)(x), mode=NATIVE)(np.arange(1000.0)) == 499500


class Stored(Op):
    """Puts the input's own array into the output: a view that the op says it makes."""

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def c_code(self, node, name, inputs, outputs, sub):
        return f"Py_XDECREF({outputs[0]}); {outputs[0]} = {inputs[0]}; Py_INCREF({outputs[0]});"


def test_references_are_balanced():
    x = T.dvector("x")
    f = theano.function([x], Stored()(x * 2) + 1, mode=NATIVE)
    g = theano.function([theano.In(x, borrow=True)], theano.Out(Stored()(x), borrow=True), mode=NATIVE)

    class Marked(np.ndarray):
        pass
    value = np.ones(3)
    for _ in range(5):
        assert (f(value) == 3).all() and (g(value) == 1).all()
    marked = np.ones(3).view(Marked)
    ghost = weakref.ref(marked)
    g(marked)
    g(value)
    del marked
    gc.collect()
    assert ghost() is None


def test_storage_of_the_last_result_is_offered_again():
    class Address(Twice):
        def c_code(self, node, name, inputs, outputs, sub):
            return f'{super().c_code(node, name, inputs, outputs, sub)} *(double *)PyArray_DATA({outputs[0]}) = reused;'
    x = T.dvector("x")
    f = theano.function([x], Address(str(uuid.uuid4()))(x), mode=NATIVE)
    assert [int(f(np.ones(3))[0]) for _ in range(4)] == [0, 1, 2, 3]
    held = f(np.ones(3))
    assert int(f(np.ones(3))[0]) == 4 and int(held[0]) == 4


ROWS = {name: row for name, row in TABLE.items() if row.nin > 0 and not name.startswith("cast_") and name not in (
    "and_", "or_", "xor", "invert")}
NUMBERS = [1.5, 1.25, 0.75, 0.5, 0.25]


def test_c_code_of_all_rows():
    """In one library: rows of functions that libm lacks bring them along."""
    inputs = [scalar.float64(f"x{k}") for k in range(5)]
    parts = {name: row(*inputs[:row.nin]) for name, row in ROWS.items()}
    parts = {name: part for name, part in parts.items() if not part.type.dtype.startswith("complex")}
    op = scalar.Composite(inputs, list(parts.values()))
    with np.errstate(all="ignore"):
        wanted = {name: ROWS[name].impl(*NUMBERS[:ROWS[name].nin]) for name in parts}
    found = CLinker().accept(FunctionGraph(inputs, op.make_node(*inputs).outputs)).make_function()(*NUMBERS)
    np.testing.assert_allclose([float(v) for v in found], [float(v) for v in wanted.values()], rtol=1e-12)
    assert {"psi", "mod", "int_div", "gammainc", "jv", "sigmoid"} < set(parts)


def test_integers_in_c_code_of_scalar_ops():
    i, j = scalar.int64("i"), scalar.int64("j")
    op = scalar.Composite([i, j], [i / j, i // j, i % j, i + j])
    f = CLinker().accept(FunctionGraph([i, j], op.make_node(i, j).outputs)).make_function()
    assert [float(v) for v in f(7, -2)] == [-3.5, -4, -1, 5]
