"""DebugMode finds ops and rewrites that are wrong, each by its own error, and lets right ones pass."""

import logging
import pickle

import numpy as np
import pytest
import theano.ifelse

import theano
import theano.tensor as tt
from theano import gof
from theano.compile import debugmode
from theano.compile.debugmode import DebugMode


class Twice(theano.Op):
    """Twice a vector, by ``perform`` and by C code, either of which may be wrong."""

    __props__ = ("python", "c")

    def __init__(self, python="2 * x", c="2 * x"):
        self.python, self.c = python, c

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        (x,), (out,) = inputs, outputs
        if self.python == "in place":
            x *= 2
            out[0] = x
        elif self.python == "harm":
            out[0] = 2 * x
            x[:1] = 5
        elif self.python == "view":
            out[0] = x[::-1][::-1]
        elif self.python == "wrong dtype":
            out[0] = (2 * x).astype("float32")
        elif self.python == "needs steps of one":
            out[0] = 2 * np.ndarray(x.shape, x.dtype, x) if x.flags.c_contiguous else x + x[0]
        elif self.python == "adds":
            out[0] = 2 * x if out[0] is None or out[0].shape != x.shape else 2 * x + 0 * out[0] + (out[0][:1] == 7)
        else:
            out[0] = eval(self.python, {"x": x})

    def c_code(self, node, name, inputs, outputs, sub):
        x, z = inputs[0], outputs[0]
        place = f"((double *)PyArray_DATA({z}))[k]" if self.c == "ignores steps" else \
            f"*(double *)PyArray_GETPTR1({z}, k)"
        value = "2 * x" if self.c == "ignores steps" else self.c
        return f"""
            npy_intp n = PyArray_DIMS({x})[0];
            if (!{z} || PyArray_DIMS({z})[0] != n) {{
                Py_XDECREF({z});
                {z} = (PyArrayObject *)PyArray_SimpleNew(1, &n, NPY_DOUBLE);
            }}
            for (npy_intp k = 0; k < n; k++) {{
                double x = *(double *)PyArray_GETPTR1({x}, k);
                {place} = {value};
            }}"""


class InPlace(Twice):
    """Twice a vector, in its memory."""

    destroy_map = {0: [0]}


class View(Twice):
    """A view of a vector."""

    view_map = {0: [0]}


x = tt.dvector("x")
BROKEN = [                      # what is wrong, the op, arguments of the mode, the error
    ("c code", Twice(c="2 * x + 1"), {}, debugmode.BadThunkOutput),
    ("python", Twice(python="2 * x + 1"), {}, debugmode.BadThunkOutput),
    ("destroys what it doesn't say, python", Twice("in place"), {}, debugmode.BadDestroyMap),
    ("destroys an input it doesn't return", Twice("harm"), {}, debugmode.BadDestroyMap),
    ("view it doesn't say", Twice("view"), {}, debugmode.BadViewMap),
    ("another dtype", Twice("wrong dtype"), {}, debugmode.InvalidValueError),
    ("another rank", Twice("2 * x[None]"), {}, debugmode.InvalidValueError),
    ("not an array", Twice("[2 * v for v in x]"), {}, debugmode.InvalidValueError),
    ("nothing", Twice("None"), {}, debugmode.InvalidValueError),
    ("nan", Twice("2 * x + __import__('numpy').nan", "2 * x + NAN"), {}, debugmode.InvalidValueError),
    ("inf", Twice("x / 0", "x / 0"), {}, debugmode.InvalidValueError),
    ("inputs with steps", Twice("needs steps of one"), {}, debugmode.BadThunkOutput),
    ("outputs with steps", Twice(c="ignores steps"), {"check_preallocated_output": ["strided"]},
     debugmode.BadThunkOutput),
    ("adds to what memory holds", Twice("adds"), {"check_preallocated_output": ["c_contiguous"]},
     debugmode.BadThunkOutput),
    ("in place, but new", InPlace("2 * x + 1"), {}, debugmode.BadThunkOutput),
]
RIGHT = [Twice(), Twice("x + x", "x + x"), InPlace("in place"), View("view", "x")]


@pytest.mark.parametrize("op, options, error", [pytest.param(*row[1:], id=row[0]) for row in BROKEN])
def test_a_broken_op_is_named(op, options, error):
    f = theano.function([x], op(x * 3) + 1, mode=DebugMode(stability_patience=1, **options))
    with pytest.raises(error) as caught:
        f([1.0, 2.0, 3.0])
    assert type(op).__name__ in str(caught.value) and __file__ in str(caught.value)


@pytest.mark.parametrize("op", RIGHT, ids=str)
def test_a_right_op_passes(op):
    f = theano.function([x], op(x * 3) + 1, mode=DebugMode(stability_patience=1, check_preallocated_output="ALL"))
    for _ in range(2):
        np.testing.assert_allclose(f([1.0, 2.0]), [4.0, 7.0] if type(op) is View else [7.0, 13.0])


def rewrite(tracks, function):
    """An optimizer of one local rewrite."""
    function.__name__ = "wrong"
    database = gof.EquilibriumDB()
    database.register("wrong", gof.local_optimizer(tracks)(function), "all")
    return database.query("+all")


WRONG = [                       # an expression, what a rewrite looks at, what it makes of a node
    ("another number", tt.exp(x), tt.exp, lambda node: [tt.exp(node.inputs[0]) + 1e-3]),
    ("another order", x - 2 * x, tt.sub, lambda node: [node.inputs[1] - node.inputs[0]]
     if node.inputs[0] is node.fgraph.inputs[0] else False),
    ("another shape", x + 1, tt.add, lambda node: [node.outputs[0][:2] * 1]),
    ("inf", tt.sqrt(x), tt.sqrt, lambda node: [node.inputs[0] / (node.inputs[0] - node.inputs[0])]),
]


@pytest.mark.parametrize("expression, tracks, function", [pytest.param(*row[1:], id=row[0]) for row in WRONG])
def test_a_wrong_rewrite_is_named(expression, tracks, function):
    f = theano.function([x], expression, mode=DebugMode(rewrite([tracks], function), check_isfinite=False))
    with pytest.raises(debugmode.BadOptimization, match="rewrite wrong put") as caught:
        f([1.0, 2.0, 3.0])
    assert str(caught.value.reason) == "wrong" and caught.value.new_r_val.ndim == 1


def test_a_rewrite_that_can_not_run_is_named():
    f = theano.function([x], x + 1, mode=DebugMode(rewrite([tt.add], lambda node: [node.inputs[0][:2] * tt.ones(3)])))
    with pytest.raises(ValueError, match="The rewrite wrong made this node"):
        f([1.0, 2.0, 3.0])


def test_a_rewrite_must_keep_types():
    mode = DebugMode(rewrite([tt.add], lambda node: [node.outputs[0].astype("float32")]))
    with theano.change_flags(on_opt_error="raise"), pytest.raises(theano.gof.toolbox.BadOptimization, match="wrong"):
        theano.function([x], x + 1, mode=mode)


def test_rewrites_that_differ_from_time_to_time():
    times = []

    def sometimes(node):
        times.append(node)
        return [node.inputs[1] + node.inputs[0]] if len(times) == 5 else False
    with pytest.raises(debugmode.StochasticOrder, match="rewriting the same graph again"):
        theano.function([x], x + x[:1] * 2, mode=DebugMode(rewrite([tt.add], sometimes)))


def test_outputs_that_share_memory():
    class Halves(theano.Op):
        __props__ = ()

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type(), x.type()])

        def perform(self, node, inputs, outputs):
            new = inputs[0] * 1
            outputs[0][0], outputs[1][0] = new[:-1], new[1:]
    a, b = Halves()(x)
    f = theano.function([x], a * 2 + b, mode="DebugMode")
    with pytest.raises(debugmode.BadViewMap, match=r"output 1 of an op shares memory with outputs \[0\]"):
        f([1.0, 2.0, 3.0])
    for right in ([a, b], a * 2):
        theano.function([x], right, mode="DebugMode")([1.0, 2.0, 3.0])


def test_strides_that_differ(caplog):
    op = Twice("(2 * __import__('numpy').repeat(x, 2))[::2]")
    f = theano.function([x], op(x), mode=DebugMode(require_matching_strides=2))
    with pytest.raises(debugmode.BadThunkOutput):
        f([1.0, 2.0])
    with caplog.at_level(logging.WARNING, "theano.compile.debugmode"):
        theano.function([x], op(x), mode=DebugMode(require_matching_strides=1))([1.0, 2.0])
    assert "strides of output 0" in caplog.text


def test_new_memory_in_place(caplog):
    with caplog.at_level(logging.WARNING, "theano.compile.debugmode"):
        theano.function([x], InPlace("2 * x")(x * 3), mode=DebugMode())([1.0, 2.0])
    assert "is in new memory" in caplog.text


def test_updates_and_givens():
    w, y = theano.shared(np.arange(3.0), "w"), tt.dvector("y")
    f = theano.function([y], (w * x).sum(), updates=[(w, w + x)], givens=[(x, y * 2)], mode="DEBUG_MODE")
    assert f([1.0, 1.0, 1.0]) == 6.0 and f([1.0, 1.0, 1.0]) == 18.0
    np.testing.assert_array_equal(w.get_value(), [4.0, 5.0, 6.0])


def test_arguments_stay_as_they_are():
    f = theano.function([theano.In(x, mutable=True)], tt.exp(x) * 2, mode="DebugMode")
    value = np.ones(3)
    f(value)
    np.testing.assert_array_equal(value, np.ones(3))


def test_a_function_survives_a_pickle():
    wrong = theano.function([x], Twice(c="2 * x + 1")(x), mode="DebugMode")
    with pytest.raises(debugmode.BadThunkOutput):
        pickle.loads(pickle.dumps(wrong))([1.0])


def test_errors_of_the_user_name_the_line():
    y = tt.dvector("y")
    f = theano.function([x, y], tt.exp(x + y), mode="DebugMode")
    with pytest.raises(ValueError, match="tt.exp.x . y."):
        f([1.0], [1.0, 2.0, 3.0, 4.0])
        f([1.0, 2.0], [1.0, 2.0, 3.0])


def test_attributes_follow_the_flags():
    mode = DebugMode()
    assert mode.stability_patience == 10 and mode.check_preallocated_output == []
    with theano.change_flags({"DebugMode.patience": 3, "DebugMode.check_preallocated_output": "ALL"}):
        assert mode.stability_patience == 3 and "wrong_size" in mode.check_preallocated_output
    assert DebugMode(stability_patience=2).clone(check_isfinite=False).including("a").stability_patience == 2
    assert not DebugMode().clone(check_isfinite=False).check_isfinite


@pytest.mark.parametrize("options", [{"check_c_code": False, "check_py_code": False}, {"stability_patience": 0},
                                     {"linker": "cvm"}])
def test_what_it_can_not_be(options):
    with pytest.raises(ValueError):
        DebugMode(**options)
    with pytest.raises(ValueError, match="unknown kind of preallocated output 'diagonal'"):
        DebugMode(check_preallocated_output=["diagonal"]).check_preallocated_output  # noqa: B018


def test_no_other_mode_is_one():
    for mode in (theano.compile.get_default_mode(), theano.compile.FAST_RUN, theano.Mode("py", None)):
        assert not isinstance(mode, DebugMode)
    assert isinstance(theano.compile.get_mode("DebugMode"), DebugMode) and issubclass(DebugMode, theano.Mode)


def test_digits_that_are_not_known_may_change():
    f = theano.function([x], tt.log(1 - tt.nnet.sigmoid(x)), mode="DebugMode")
    value = np.linspace(0, 36, 50)                          # from log(1 - 0.5) to log of one unit in the last place
    np.testing.assert_allclose(f(value), -np.logaddexp(0, value))


def test_memory_that_is_not_filled_may_hold_anything():
    rows = tt.scalar("n", dtype="int64")
    whole = tt.set_subtensor(tt.AllocEmpty("float64")(rows)[:2], 1.0)
    assert theano.function([rows], whole.sum(), mode="DebugMode")(2) == 2


def test_what_is_kept_of_a_loop():
    last = theano.scan(lambda a: 2 * a, outputs_info=x, n_steps=5)[0][-1]
    np.testing.assert_array_equal(theano.function([x], last, mode="DebugMode")([1.0, 2.0]), [32.0, 64.0])


@pytest.mark.parametrize("inline", [False, True])
def test_what_is_kept_of_a_loop_that_came_in_place_of_something(inline):
    """Its rows are those of what it replaced, whichever of them are kept in the end."""
    rows = theano.OpFromGraph([x], [theano.scan(lambda row, a: row + a, x, tt.zeros(()))[0]], inline=inline)(2 * x)
    twice, _ = theano.scan(lambda row, a: (row + a, row + a), x, [tt.zeros(()), None])
    f = theano.function([x], [rows[-1], *(out[-1] for out in twice)], mode="DebugMode")
    np.testing.assert_array_equal(f([1.0, 2.0, 3.0]), [12.0, 6.0, 6.0])


@pytest.mark.parametrize("mode", ["DebugMode", "NanGuardMode"])
def test_rows_of_chunks_that_are_not_full(mode):
    rows, _ = theano.scan(lambda a, b: a * b, x, tt.constant(np.float64(1)), checkpoint=3)
    f = theano.function([x], [rows, tt.grad(rows.sum(), x)], mode=mode)
    given = np.arange(1.0, 8)
    rows, slopes = f(given)
    np.testing.assert_array_equal(rows, np.cumprod(given))
    np.testing.assert_allclose(slopes, [np.cumprod(given)[k:].sum() / given[k] for k in range(7)])


def test_ops_with_several_outputs():
    values, places = tt.topk_and_argtopk(x, 2)
    found = theano.function([x], [values, places, tt.sort(x)], mode="DebugMode")([3.0, 1.0, 3.0, 2.0, 3.0])
    assert [list(v) for v in found] == [[3, 3], [0, 2], [1, 2, 3, 3, 3]]


class Fussy(theano.Op):
    """The vector itself; refuses negative numbers."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        if (inputs[0] < 0).any():
            raise ValueError("negative")
        outputs[0][0] = inputs[0].copy()


@pytest.mark.parametrize("rewrites", ["fast_run", "None"])
def test_only_the_branch_that_is_taken_is_computed(rewrites):
    y, c = tt.dvector("y"), tt.bscalar("c")
    refused = tt.log(tt.exp(Fussy()(x - 1) * 1)) + 0 * Fussy()(x - 1)   # rewriting makes more of it that must not run
    chosen = theano.ifelse.ifelse(c, refused, tt.log(tt.exp(y) + 0) * 2)
    f = theano.function([c, x, y], chosen.sum() + 1, mode=DebugMode(rewrites))
    assert f(0, [-1.0], [1.0, 2.0]) == 7
    assert f(1, [2.0], [1.0, 2.0]) == 2
    assert f(0, [-1.0], [1.0, 2.0]) == 7
    with pytest.raises(ValueError, match="negative"):
        f(1, [-1.0], [1.0])
    gradient = theano.function([c, x, y], tt.grad(chosen.sum(), y, disconnected_inputs="ignore"),
                               mode=DebugMode(rewrites))
    np.testing.assert_allclose(gradient(0, [-1.0], [1.0, 2.0]), [2, 2])


def test_a_branch_that_is_taken_is_checked():
    y, c = tt.dvector("y"), tt.bscalar("c")
    wrong = theano.ifelse.ifelse(c, Twice(python="2 * x + 1")(x), tt.exp(y))
    f = theano.function([c, x, y], wrong + 1, mode="DebugMode")
    np.testing.assert_allclose(f(0, [1.0], [0.0]), [2.0])
    with pytest.raises(debugmode.BadThunkOutput):
        f(1, [1.0], [0.0])
