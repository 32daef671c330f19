"""Symbolic gradients checked against numerical ones."""

import numpy as np

from theano import gradient
from theano.compile.function import function
from theano.errors import GradientError
from theano.scalar.dtype import computed_in
from theano.tensor.shared import shared
from theano.tensor.type import TensorType

STEPS = {"float64": 1e-7, "float32": 3e-4, "float16": 1e-1, "bfloat16": 1e-1}


class NumericGrad:
    """Gradients of a function of arrays by finite differences.

    Parameters
    ----------
    f : callable, of arrays, gives a number
    pt : array or list of arrays, where to differentiate
    eps : float, optional, the step

    Attributes
    ----------
    gf : array or list of arrays, the gradients
    """

    type_eps = STEPS

    def __init__(self, f, pt, eps=None, out_type=None):
        points = pt if isinstance(pt, (list, tuple)) else [pt]
        work = [np.array(p) for p in points]
        dtypes = [p.dtype.name for p in work]
        if eps is None:
            eps = max(STEPS[d] for d in dtypes if d in STEPS)
        base = f(*(a.copy() for a in work))

        def call():
            """The function, given copies that it may overwrite."""
            return f(*(a.copy() for a in work))

        gradients = []
        for array in work:
            slope = np.zeros(array.shape, dtype=array.dtype)
            flat = array.reshape(-1)
            for i in range(flat.size):
                before = flat[i]
                flat[i] = before + eps
                slope.reshape(-1)[i] = np.asarray((call() - base) / eps)
                flat[i] = before
            gradients.append(slope)
        self.gf = gradients if isinstance(pt, (list, tuple)) else gradients[0]

    @staticmethod
    def abs_rel_err(a, b):
        """Absolute and relative differences of two arrays."""
        a, b = (x.astype("float32") if x.dtype == "bfloat16" else x for x in map(np.asarray, (a, b)))
        absolute = abs(a - b)
        return absolute, absolute / np.maximum(abs(a) + abs(b), 1e-8)

    def abs_rel_errors(self, g_pt):
        """For each argument the absolute and relative differences of gradients ``g_pt`` and ours."""
        if len(g_pt) != len(self.gf):
            raise ValueError(f"expected {len(self.gf)} gradients, got {len(g_pt)}")
        return [self.abs_rel_err(a, b) for a, b in zip(g_pt, self.gf, strict=True)]

    def max_err(self, g_pt, abs_tol, rel_tol):
        """(argument, position, absolute and relative error) where gradients ``g_pt`` are worst."""
        worst = []
        for k, (a, b) in enumerate(zip(g_pt, self.gf, strict=True)):
            if a.shape != b.shape:
                raise ValueError(f"argument element {k} has wrong shapes {a.shape}, {b.shape}")
            if not a.size:
                continue
            absolute, relative = self.abs_rel_err(a, b)
            scaled = np.minimum(absolute / abs_tol, relative / rel_tol)
            at = int(np.nanargmax(np.where(np.isnan(scaled), np.inf, scaled)))
            worst.append((k, at, scaled.flat[at], absolute.flat[at], relative.flat[at]))
        if not worst:
            return 0, 0, 0.0, 0.0
        k, at, _, absolute, relative = max(worst, key=lambda w: np.inf if np.isnan(w[2]) else w[2])
        return k, at, absolute, relative


def _points(pt):
    """The arguments of the function as arrays of floats."""
    if not isinstance(pt, (list, tuple)):
        raise TypeError(f"verify_grad: pt should be a list of arrays, one for each argument of fun, got {pt!r}")
    points = [np.array(p) for p in pt]
    for k, p in enumerate(points):
        if p.dtype.name not in STEPS:
            raise TypeError(f"verify_grad can work only with floating point inputs, but input {k} has dtype "
                            f"\"{p.dtype}\": cast it to float64")
    return points


def verify_grad(fun, pt, n_tests=2, rng=None, eps=None, out_type=None, abs_tol=None, rel_tol=None, mode=None,
                cast_to_output_type=False, no_debug_ref=True):
    """Check the gradient of ``fun`` at ``pt`` against finite differences along a random projection.

    Parameters
    ----------
    fun : callable, from variables to one variable
    pt : list of float arrays
    n_tests : int
        How many projections.
    rng : numpy.random.RandomState
    eps, abs_tol, rel_tol : float, optional
    out_type : str, optional
        dtype of the output when it is complex.
    mode : str or Mode, optional
    cast_to_output_type : bool
        Compute numerically in the dtype of the output.

    Raises
    ------
    GradientError
    """
    if rng is None:
        raise TypeError("verify_grad: rng should be a numpy.random.RandomState, got None: pass RandomState(0)")
    points = _points(pt)
    loosest = {"float64": 1e-4, "float32": 1e-2, "float16": 1e-1, "bfloat16": 1e-1}
    dtypes = [p.dtype.name for p in points]
    abs_tol = max(loosest[d] for d in dtypes) if abs_tol is None else abs_tol
    rel_tol = max(loosest[d] for d in dtypes) if rel_tol is None else rel_tol
    inputs = [TensorType(p.dtype, (False,) * p.ndim)(name=f"input {k}") for k, p in enumerate(points)]
    coarse = "bfloat16" in dtypes                       # three digits tell no differences
    wide = [TensorType(computed_in(x.type.dtype), x.type.broadcastable)(x.name) for x in inputs] if coarse else inputs
    output = fun(*inputs)
    if isinstance(output, list):
        raise NotImplementedError(f"verify_grad: fun must return one variable, got a list of {len(output)}: check them "
                                  "one by one")

    def compiled(arguments, results, name):
        return function(arguments, results, allow_input_downcast=True, mode=mode, on_unused_input="ignore",
                        accept_inplace=True, name=name)

    value = compiled(inputs, output, "gradient.py fwd")(*[p.copy() for p in points])
    for _ in range(n_tests):
        projection = rng.rand(*value.shape) + 0.5
        projection = np.asarray(projection, dtype=output.type.dtype if cast_to_output_type else None)
        weights = shared(projection, borrow=True, name="verify_grad.proj",
                         broadcastable=output.type.broadcastable)
        cost = (output * weights).sum()
        cost_f = compiled(wide, cost if not coarse else (fun(*wide) * weights).sum(), "gradient.py cost")
        grad_f = compiled(inputs, gradient.grad(cost, inputs, disconnected_inputs="ignore"),
                          "gradient.py symbolic grad")
        starts = [p.astype(x.type.dtype, order="C") for p, x in zip(points, wide, strict=True)]
        numeric = NumericGrad(cost_f, starts, eps)
        symbolic = grad_f(*[p.copy() for p in points])
        k, at, absolute, relative = numeric.max_err(symbolic, abs_tol, rel_tol)
        if not (absolute <= abs_tol or relative <= rel_tol):
            raise GradientError(k, at, points[k].shape, symbolic[k].flat[at], numeric.gf[k].flat[at], absolute,
                                relative, abs_tol, rel_tol)


verify_grad.E_grad = GradientError
gradient.verify_grad = verify_grad
gradient.numeric_grad = NumericGrad
gradient.GradientError = GradientError
