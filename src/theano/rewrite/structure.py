"""What is known about matrices from how they are computed: for the rules of linear algebra.

Facts: "symmetric" (complex: Hermitian), "psd" (positive semidefinite), "lower" and "upper" (triangular), "columns" and
"rows" (orthonormal ones).
"""

import numpy as np
from numpy.linalg import LinAlgError

from theano.graph.copying import ViewOp
from theano.graph.features import Feature
from theano.graph.fgraph import AlreadyThere
from theano.graph.variable import Constant
from theano.rewrite.extents import scalar_extent
from theano.rewrite.rules.match import number, row
from theano.scalar.dtype import kind_of
from theano.scalar.table import TABLE
from theano.tensor.assertion import Assert
from theano.tensor.careduce import Prod, Sum
from theano.tensor.create import Alloc, Eye, Tri
from theano.tensor.diagonal import AllocDiag, ExtractDiag
from theano.tensor.dot import Dot
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.linalg.cholesky import Cholesky, CholeskyInverse
from theano.tensor.linalg.decompose import SVD, QRFull, QRIncomplete
from theano.tensor.linalg.eigen import Eigh
from theano.tensor.linalg.hint import Hint, hints
from theano.tensor.linalg.inverse import MatrixInverse
from theano.tensor.linalg.product import Expm, Kron
from theano.tensor.linalg.solve import Solve
from theano.tensor.shape import Rebroadcast, SpecifyShape

NOTHING = frozenset()
DIAGONAL = frozenset({"lower", "upper", "symmetric"})
TURNED = {"lower": "upper", "upper": "lower", "columns": "rows", "rows": "columns"}
HINTED = {"psd": {"psd", "symmetric"}, "symmetric": {"symmetric"}, "lower_triangular": {"lower"},
          "upper_triangular": {"upper"}, "diagonal": DIAGONAL, "orthogonal": {"columns", "rows"}}
DEPTH = 16                          # how far the expression of a matrix is followed
LARGEST = 512                       # of constant matrices that are factored to know more about them
SQUARE = (Cholesky, CholeskyInverse, MatrixInverse, Expm)       # what these give, of matrices that must be
NONNEGATIVE = {"sqr", "exp", "abs_", "sqrt", "sigmoid", "softplus", "exp2", "cosh", "erfc"}
CLOSED = {"add", "mul", "true_div", "maximum", "minimum", "identity", "inv", "tanh", "sinh", "expm1", "log1p", "erf",
          "second"}


class HintsFeature(Feature):
    """Keeps what `Hint` said while a graph is rewritten, in its attribute ``hints``: dict of variables, of dicts."""

    def on_attach(self, fgraph):
        if hasattr(fgraph, "hints"):
            raise AlreadyThere("the graph keeps hints already")
        self.hints = fgraph.hints = {}
        fgraph.hints_feature = self
        for node in fgraph.toposort():
            self.on_import(fgraph, node, "on_attach")

    def on_detach(self, fgraph):
        del fgraph.hints, fgraph.hints_feature

    def on_import(self, fgraph, node, reason):
        if isinstance(node.op, Hint):
            for name, value in node.op.hints:
                self.add_hint(node.outputs[0], name, value)

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        self.update_second_from_first(r, new_r)

    def ensure_init_r(self, r):
        """The hints of the variable ``r``."""
        return self.hints.setdefault(r, {})

    def add_hint(self, r, k, v):
        """Keep that ``k`` is ``v`` for the variable ``r``."""
        self.ensure_init_r(r)[k] = v

    def update_second_from_first(self, r0, r1):
        """What is said about ``r0`` is true of ``r1``, which replaces it."""
        if r0 in self.hints:
            self.ensure_init_r(r1).update(self.hints[r0])


class HintsOptimizer:
    """Makes a graph keep hints."""

    def add_requirements(self, fgraph):
        """Attach the listener."""
        if not hasattr(fgraph, "hints"):
            fgraph.attach_feature(HintsFeature())

    def apply(self, fgraph):
        """Nothing: the rules that need hints ask for them."""


def attach_hints(fgraph):
    """Make ``fgraph`` keep hints where it has any."""
    if any(isinstance(node.op, Hint) for node in fgraph.apply_nodes):
        HintsOptimizer().add_requirements(fgraph)


def detach_hints(fgraph):
    """Let ``fgraph`` forget its hints."""
    feature = getattr(fgraph, "hints_feature", None)
    if feature is not None:
        fgraph.remove_feature(feature)


def facts(variable):
    """What is known about a matrix."""
    return Question().ask(variable)


class Question:
    """Follows expressions; what was found about a variable is kept, so that shared parts are looked at once."""

    def __init__(self):
        self.found, self.depth = {}, 0

    def ask(self, variable):
        """What is known about ``variable``."""
        if variable.type.ndim != 2 or self.depth == DEPTH:
            return NOTHING
        if variable not in self.found:
            self.depth += 1
            self.found[variable] = self._look(variable)
            self.depth -= 1
        return self.found[variable]

    def _look(self, variable):
        known = set()
        for name, value in hints(variable).items():
            known |= HINTED.get(name, NOTHING) if value else NOTHING
        if isinstance(variable, Constant):
            known |= _of_constant(variable)
        node = variable.owner
        rule = FACTS.get(type(node.op)) if node is not None else None
        if rule is not None:
            known |= rule(node, variable, self.ask)
        if {"lower", "upper"} <= known and not variable.type.dtype.startswith("complex"):
            known.add("symmetric")
        return known


def is_psd(v):
    """Whether a matrix is known to be positive semidefinite."""
    return "psd" in facts(v)


def is_positive(v):
    """Whether no element of a tensor is certainly negative."""
    return nonnegative(v)


def is_symmetric(v):
    """Whether a matrix is known to be symmetric (Hermitian)."""
    return "symmetric" in facts(v)


def _of_constant(variable):
    known = variable.__dict__.get("_facts")
    if known is None:
        known, data = set(), variable.data
        if data.shape[0] == data.shape[1] and kind_of(data.dtype) in "fc":
            known |= {"symmetric"} if np.array_equal(data, data.conj().T) else set()
            known |= {"lower"} if not np.triu(data, 1).any() else set()
            known |= {"upper"} if not np.tril(data, -1).any() else set()
        if "symmetric" in known and len(data) <= LARGEST and data.size:
            try:
                np.linalg.cholesky(data)
                known.add("psd")
            except LinAlgError:
                pass
        variable._facts = known
    return known


def is_square(v):
    """Whether a matrix certainly has as many rows as columns."""
    known = facts(v)
    if "symmetric" in known or known >= {"columns", "rows"} or v.owner is not None and type(v.owner.op) in SQUARE:
        return True
    inner = transposed(v)
    if inner is None and v.owner is not None and type(v.owner.op) is Elemwise:
        wide = [x for x in v.owner.inputs if not all(x.type.broadcastable)]
        inner = wide[0] if len(wide) == 1 and wide[0].type.broadcastable == v.type.broadcastable else None
    if inner is not None:
        return is_square(inner)
    if v.owner is not None and isinstance(v.owner.op, Dot) and all(x.type.ndim == 2 for x in v.owner.inputs) \
            and all(map(is_square, v.owner.inputs)):
        return True
    if v.owner is not None and isinstance(v.owner.op, Solve) and v.owner.inputs[1].type.ndim == 2 \
            and is_square(v.owner.inputs[1]):
        return True
    feature = getattr(getattr(v, "fgraph", None), "shape_feature", None)
    rows, columns = v.type.shape if feature is None else map(scalar_extent, feature.shape_of(v))
    return rows is not None and rows == columns


def transposed(variable):
    """x where ``variable`` is x.T; None otherwise."""
    node = variable.owner
    if node is None or not isinstance(node.op, DimShuffle) or node.op.new_order != (1, 0):
        return None
    return node.inputs[0]


def are_transposes(a, b):
    """Whether b certainly is a.T."""
    return transposed(a) is b or transposed(b) is a


def nonnegative(x, depth=DEPTH // 2):
    """Whether no element of ``x`` is certainly negative; nan doesn't count."""
    if depth == 0 or x.type.dtype.startswith("complex"):
        return False
    value = number(x)
    if value is not None:
        return value >= 0
    if x.type.dtype.startswith("uint") or hints(x).get("positive"):
        return True
    node = x.owner
    if node is None:
        return False
    if isinstance(node.op, (DimShuffle, Rebroadcast, SpecifyShape, Alloc)):
        return nonnegative(node.inputs[0], depth - 1)
    if type(node.op) in (Sum, Prod):
        return nonnegative(node.inputs[0], depth - 1)
    if isinstance(node.op, ExtractDiag):
        return node.op.offset == 0 and _diagonal_is_nonnegative(node.inputs[0])
    return _nonnegative_row(x, depth)


def _diagonal_is_nonnegative(x):
    if x.type.ndim != 2:
        return False
    return x.owner is not None and isinstance(x.owner.op, Cholesky) or "psd" in facts(x)


def _nonnegative_row(x, depth):
    name = row(x)
    if name in NONNEGATIVE:
        return True
    if name == "pow":
        value = number(x.owner.inputs[1])
        return value is not None and value % 2 == 0 or nonnegative(x.owner.inputs[0], depth - 1)
    if name == "mul" and len(x.owner.inputs) == 2 and x.owner.inputs[0] is x.owner.inputs[1]:
        return True
    return name in CLOSED and all(nonnegative(v, depth - 1) for v in x.owner.inputs)


# -- what ops make of facts ----------------------------------------------------------------------------------


def _of_elemwise(node, variable, ask):
    name = row(variable)
    if name == "switch":
        return _of_triangle(node, ask)
    matrices = [v for v in node.inputs if not any(v.type.broadcastable)]
    scalars = [v for v in node.inputs if all(v.type.broadcastable)]
    others = len(node.inputs) - len(matrices) - len(scalars)
    if name is None or not matrices or others and name not in ("mul", "true_div"):
        return NOTHING
    known = [ask(v) for v in matrices]
    every, is_complex = set.intersection(*map(set, known)), variable.type.dtype.startswith("complex")
    if not _equal_shapes(matrices):                 # (1, 1) keeps symmetry where it is broadcast, not triangles
        known = [k - {"lower", "upper"} for k in known]
        every = every - {"lower", "upper"}
    found = {"symmetric"} & every if not others and not is_complex else set()
    if not others and name in ("add", "mul") and _closed_under_transposition(matrices, known):
        found.add("symmetric")
    if name in ("add", "sub") and not others and not scalars:
        found |= every & {"lower", "upper"}
    if name == "sub" and _is_upper_mask(node):
        found.add("upper")
    if name == "mul" or name == "true_div" and node.inputs[0] in matrices:
        found |= set().union(*(known if name == "mul" else known[:1])) & {"lower", "upper"}
    same = name == "identity" or name.startswith("cast_float")
    if len(node.inputs) == 1 and (name == "neg" or same or TABLE[name].zero):
        found |= every & {"lower", "upper"}
    if others or is_complex or "psd" not in every:
        return found
    sums = name in ("add", "mul") or same or name == "true_div" and matrices == node.inputs[:1]
    if sums and all(nonnegative(v) for v in scalars) or name in ("sqr", "exp"):
        found |= {"psd", "symmetric"}               # products of elements: the theorem of Schur
    return found


def _of_triangle(node, ask):
    """What is known of `tril` and `triu` of a matrix: a choice between its elements and zero."""
    mask, *branches = node.inputs
    k = number(mask.owner.inputs[2]) if mask.owner is not None and type(mask.owner.op) is Tri else None
    if k is None or all(number(v) != 0 for v in branches):
        return NOTHING
    below, above = branches
    upper = number(below) == 0
    kept = above if upper else below
    found = {"upper"} if upper and k >= -1 else {"lower"} if not upper and k <= 0 else set()
    return found if any(kept.type.broadcastable) else found | ask(kept) & {"lower", "upper"}


def _equal_shapes(matrices):
    """Whether no matrix is broadcast; outside of a graph that is being rewritten this is taken for granted."""
    fgraph = getattr(matrices[0], "fgraph", None)
    feature = getattr(fgraph, "shape_feature", None)
    if len(matrices) == 1 or feature is None or getattr(fgraph, "extents_agree", False):
        return True
    shapes = [tuple(map(scalar_extent, feature.shape_of(v))) for v in matrices]
    return shapes.count(shapes[0]) == len(shapes)


def _closed_under_transposition(matrices, known):
    return all("symmetric" in k or any(are_transposes(v, other) for other in matrices)
               for v, k in zip(matrices, known, strict=True)) and \
        not any(v.type.dtype.startswith("complex") for v in matrices)


def _is_upper_mask(node):
    """Whether this is 1 - tri(k) of k >= -1."""
    mask = node.inputs[1].owner
    return number(node.inputs[0]) == 1 and mask is not None and type(mask.op) is Tri \
        and (number(mask.inputs[2]) or 0) >= -1 and number(mask.inputs[2]) is not None


def _of_transpose(node, variable, ask):
    if node.op.new_order != (1, 0):
        return NOTHING
    return {TURNED.get(fact, fact) for fact in ask(node.inputs[0])}


def _of_dot(node, variable, ask):
    a, b = node.inputs
    if a.type.ndim != 2 or b.type.ndim != 2:
        return NOTHING
    of_a, of_b = ask(a), ask(b)
    found = of_a & of_b & {"lower", "upper", "columns", "rows"}
    if variable.type.dtype.startswith("complex"):
        return found
    if are_transposes(a, b) or a is b and "symmetric" in of_a or _is_congruence(a, b, ask):
        found |= {"psd", "symmetric"}
    return found


def _is_congruence(a, b, ask):
    """Whether a @ b is x @ s @ x.T with a semidefinite s."""
    for product, last, side in ((a, b, 0), (b, a, 1)):
        node = product.owner
        if node is not None and isinstance(node.op, Dot) and node.inputs[side].type.ndim == 2 \
                and are_transposes(node.inputs[side], last) and "psd" in ask(node.inputs[1 - side]):
            return True
    return False


def _of_eye(node, variable, ask):
    n, m, k = node.inputs
    if number(k) != 0 or not (n is m or number(n) is not None and number(n) == number(m)):
        return NOTHING
    return DIAGONAL | {"psd", "columns", "rows"}


def _of_tri(node, variable, ask):
    k = number(node.inputs[2])
    return {"lower"} if k is not None and k <= 0 else NOTHING


def _of_diag(node, variable, ask):
    if node.op.offset:
        return NOTHING
    if variable.type.dtype.startswith("complex"):
        return {"lower", "upper"}
    return DIAGONAL | ({"psd"} if nonnegative(node.inputs[0]) else set())


def _of_kron(node, variable, ask):
    a, b = node.inputs
    found = ask(a) & ask(b)
    return found if found & {"symmetric"} or is_square(b) else found - {"lower", "upper"}


def _of_solve(node, variable, ask):
    structure = {"lower_triangular": "lower", "upper_triangular": "upper"}.get(node.op.A_structure)
    return {structure} & ask(node.inputs[1])


FACTS = {                           # op class -> function(node, output, ask), ask tells the facts of other matrices
    Elemwise: _of_elemwise,
    DimShuffle: _of_transpose,
    Dot: _of_dot,
    Eye: _of_eye,
    Tri: _of_tri,
    AllocDiag: _of_diag,
    Solve: _of_solve,
    Cholesky: lambda node, variable, ask: {"lower" if node.op.lower else "upper"},
    CholeskyInverse: lambda node, variable, ask: {"psd", "symmetric"},
    MatrixInverse: lambda node, variable, ask: ask(node.inputs[0]),
    Kron: _of_kron,
    Expm: lambda node, variable, ask: (
        {"psd", "symmetric"} if "symmetric" in ask(node.inputs[0]) else NOTHING),
    QRIncomplete: lambda node, variable, ask: {"upper"},
    QRFull: lambda node, variable, ask: NOTHING if node.op.mode == "raw" else (
        {"upper"} if variable is node.outputs[1] else
        {"columns", "rows"} if node.op.mode == "complete" else {"columns"}),
    SVD: lambda node, variable, ask: {"columns", "rows"} if node.op.full_matrices else (
        {"columns"} if variable is node.outputs[0] else {"rows"}),
    Eigh: lambda node, variable, ask: {"columns", "rows"},
    **dict.fromkeys((Hint, Rebroadcast, SpecifyShape, Assert, ViewOp), lambda node, variable, ask: ask(node.inputs[0])),
}
