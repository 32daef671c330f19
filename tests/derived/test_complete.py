"""No op is forgotten: each class is in a row of `op_cases`, or exempt for a reason that is written down here."""

import importlib
import pkgutil
from pathlib import Path

import pytest
from op_cases import CASES

import theano
from theano.graph.op import Op
from theano.graph.walk import toposort
from theano.scalar.op import ScalarOp
from theano.tensor.elemwise import ELEMWISE

BASE = "a base class, of which there are no instances"
RANDOM = "random streams: see tests/tensor/test_streams.py and test_mrg.py"
LOOP = "holds a graph: see tests/inner"
MESSAGE = "needs other processes: see tests/tensor/test_disk.py"
LIST = "of lists: see tests/tensor/test_typedlist.py"
REWRITING = "made by rewriting to be expanded when code is generated: see tests/codegen"
EXEMPT = {
    "theano.tensor.advanced.BaseAdvancedSubtensor": BASE, "theano.tensor.advanced.BaseAdvancedIncSubtensor": BASE,
    "theano.tensor.blas._Accumulating": BASE, "theano.tensor.careduce._Truth": BASE,
    "theano.tensor.nnet.conv.AbstractConv": BASE, "theano.tensor.nnet.conv.AbstractConv_gradInputs": BASE,
    "theano.tensor.nnet.conv.AbstractConv_gradWeights": BASE, "theano.tensor.nnet.conv.BaseAbstractConv": BASE,
    "theano.tensor.nnet.softmax._RowOp": BASE, "theano.tensor.signal.pool.PoolGrad": BASE,
    "theano.tensor.signal.pool._Pooling": BASE, "theano.tensor.sort._SortOp": BASE, "theano.gradient.GradientOp": BASE,
    "theano.sparse.elemwise.ComparisonSD": BASE, "theano.sparse.elemwise.ComparisonSS": BASE,
    "theano.sparse.elemwise._SparseVector": BASE, "theano.sparse.elemwise._TwoSparse": BASE,
    "theano.sparse.shape._Reordered": BASE, "theano.sparse.shape._Scale": BASE,
    "theano.sparse.dot._StructuredDotGrad": BASE, "theano.codegen.expand._Part": BASE,
    "theano.tensor.fft._Transform": BASE, "theano.inner.scan.loop.FirstOfTwo": BASE,
    "theano.graph.cop.COp": BASE, "theano.graph.cop.OpenMPOp": BASE,
    "theano.graph.function_op.FromFunctionOp": "the user's: see tests/graph/test_function_op.py",
    "theano.tensor.create.AllocEmpty": "its values are arbitrary",
    "theano.tensor.random.function.RandomFunction": RANDOM, "theano.tensor.random.mrg.mrg_uniform": RANDOM,
    **{f"theano.tensor.message.{name}": MESSAGE for name in (
        "_Message", "MPIRecv", "MPIRecvWait", "MPISend", "MPISendWait")},
    **{f"theano.tensor.typedlist.{name}": LIST for name in (
        "_Change", "_Number", "Append", "Count", "Extend", "GetItem", "Index", "Insert", "Length", "MakeList", "Remove",
        "Reverse")},
    "theano.tensor.disk.LoadFromDisk": "reads a file: see tests/tensor/test_disk.py",
    "theano.tensor.default.Default": "one of its inputs is None: see tests/tensor/test_arithmetic.py",
    "theano.tensor.inplace._Overwriting": "makes nodes of Elemwise: see tests/tensor/test_inplace.py",
    "theano.tensor.assertion.Raise": "gives no value: see tests/compile/test_linker.py",
    "theano.compile.guards.Guard": "gives no value: see tests/compile/test_nanguardmode.py",
    "theano.inner.subgraph.OpFromGraph": LOOP,
    "theano.inner.scan.checkpoint.Rows": LOOP, "theano.inner.scan.structured.Recorded": LOOP,
    "theano.inner.scan.structured.Longest": LOOP, "theano.inner.scan.structured.Going": LOOP,
    "theano.inner.ifelse.IfElse": LOOP, "theano.inner.branch.Branch": LOOP,
    "theano.inner.rowwise.Rowwise": LOOP, "theano.inner.scan.op.Scan": LOOP,
    "theano.inner.batch.each_row.EachRow": LOOP, "theano.inner.custom.CustomGradient": LOOP,
    "theano.tensor.others.ProdOfOthers": "the gradient of Prod: see tests/tensor/test_derivatives_of_prod.py",
    "theano.codegen.expand.Assemble": REWRITING, "theano.codegen.expand.First": REWRITING,
    "theano.codegen.expand.Pick": REWRITING,
    "theano.codegen.expand.Put": REWRITING,
    "theano.scalar.composite.Composite": "made by rewriting: see tests/codegen and tests/rewrite",
}


def modules():
    """All modules of the package, loaded."""
    return [importlib.import_module(found.name) for found in pkgutil.walk_packages(theano.__path__, "theano.")
            if not found.name.endswith("__main__")]


def op_classes():
    """The op classes of the package; those of scalars are the rows of their table."""
    modules()
    found, left = set(), [Op]
    while left:
        for cls in left.pop().__subclasses__():
            left.append(cls)
            if cls.__module__.partition(".")[0] == "theano" and cls.__module__ in EVERY_MODULE:
                found.add(cls)
    return found


EVERY_MODULE = {module.__name__ for module in modules()}


def name_of(cls):
    """Module and name of a class."""
    return f"{cls.__module__}.{cls.__qualname__}"


def classes_of_cases():
    """The classes of ops in the graphs of the cases, and in those of their gradients."""
    found = set()
    for case in CASES:
        for dtype in case.dtypes[:1]:
            inputs = case.variables(dtype)
            outputs = case.outputs(inputs)
            found |= {type(node.op) for node in toposort(outputs)}
            smooth = [y for y in outputs if getattr(y.type, "dtype", "").startswith("float")]
            wrt = [x for x, a in zip(inputs, case.args, strict=True) if a.dtype is None and a.moves]
            if smooth and wrt and not case.flat and not case.undefined and not case.own_gradient:
                total = sum(y.sum() for y in smooth)
                gradients = theano.grad(total, wrt, disconnected_inputs="ignore")
                found |= {type(node.op) for node in toposort(gradients)}
    return found


def test_every_op_class_is_in_the_table():
    tested = {name_of(cls) for cls in classes_of_cases()}
    classes = {name_of(cls) for cls in op_classes() if not issubclass(cls, ScalarOp) or name_of(cls) in EXEMPT}
    assert sorted(classes - tested - set(EXEMPT)) == [], "give each a row in tests/derived/op_cases.py"


def test_exemptions_are_needed():
    tested = {name_of(cls) for cls in classes_of_cases()}
    classes = {name_of(cls) for cls in op_classes()}
    assert sorted(set(EXEMPT) - classes) == []
    assert sorted(set(EXEMPT) & tested) == []


def test_every_row_of_the_scalar_table_is_a_case():
    rows = {name for name in ScalarOp.table if name in ELEMWISE and not name.startswith("cast_")}
    assert sorted(rows - {case.name for case in CASES}) == []


@pytest.mark.parametrize("page", ["ops.md"])
def test_page_is_up_to_date(page):
    root = Path(__file__).parents[2]
    tool = importlib.util.spec_from_file_location("op_table", root / "tools" / "op_table.py")
    module = importlib.util.module_from_spec(tool)
    tool.loader.exec_module(module)
    assert (root / "docs" / page).read_text() == module.page(), "run: python tools/op_table.py"
