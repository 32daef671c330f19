"""THE TABLE, continued: error, gamma and Bessel functions, and what neural networks use.

The NumPy side comes from SciPy, loaded when one of them is first computed.
"""

import importlib
import math

import numpy as np

from theano.scalar.declare import apply, number, row
from theano.scalar.dtype import result_type
from theano.scalar.preference import upgrade_to_float, upgrade_to_float_no_complex
from theano.scalar.table import real_only, select


def scipy_special(name):
    """A function of scipy.special."""
    def function(*args):
        return getattr(importlib.import_module("scipy.special"), name)(*args)
    function.__name__ = name
    return function


ORDERS = {**dict.fromkeys(("gammainc", "gammaincc", "gammau", "gammal"), "k x"), "jv": "v x", "iv": "v x",
          "chi2sf": "x k"}          # what the arguments are called where it isn't x, y
EXTENDED = ("gammaln", "j0", "j1", "i0", "i1")      # SciPy's functions, with other values at some arguments


def by_field(real, complex_):
    """A function that is one of real arrays, and another of complex ones."""
    return lambda x: (complex_ if np.iscomplexobj(x) else real)(x)


def at_infinity(name, limit):
    """A function of scipy.special that is ``limit(x)``, as C's is, where x is infinite and SciPy has another value."""
    function = scipy_special(name)

    def extended(x):
        found = function(x)
        return np.where(np.isinf(x), np.asarray(limit(x), found.dtype), found)
    extended.__name__ = name
    return extended


def special(class_name, name, grad, numpy=None, nin=1, domain=(0.3, 3.0), dtype=upgrade_to_float_no_complex,
            cost=50, zero=False, doc="", c="", label=None, ufunc=None, missing=None):
    """A special function; ``c`` None where there is no C for it."""
    arguments = ", ".join(f"{{{k}}}" for k in range(nin))
    template = f"{name}({arguments})" if c == "" else c
    function = numpy or scipy_special(name)
    op = row(class_name, name, function, None if template is None else real_only(template), grad, dtype,
             nin=nin, domain=domain, cost=cost, zero=zero, doc=doc, label=label, args=ORDERS.get(name),
             missing=missing,
             ufunc=ufunc or (None if numpy and name not in EXTENDED else f"scipy.special.{name}"))
    type(op).st_impl = staticmethod(function)
    return op


TWO_OVER_SQRT_PI = 2 / math.sqrt(math.pi)


def _error_density(x):
    """The derivative of erf."""
    return number(TWO_OVER_SQRT_PI, x) * apply("exp", -x * x)


erf = special("Erf", "erf", lambda x, z, g: (g * _error_density(x),), domain=(-2.0, 2.0),
              dtype=upgrade_to_float, zero=True)
erfc = special("Erfc", "erfc", lambda x, z, g: (-g * _error_density(x),),
               domain=(-2.0, 2.0))
erfcx = special("Erfcx", "erfcx", lambda x, z, g: (g * (2 * x * z - number(TWO_OVER_SQRT_PI, x)),), domain=(-2.0, 5.0),
                doc="exp(x**2) * erfc(x)")
erfinv = special("Erfinv", "erfinv", lambda x, z, g: (g / _error_density(z),),
                 domain=(-0.9, 0.9), zero=True)
erfcinv = special("Erfcinv", "erfcinv", lambda x, z, g: (-g / _error_density(z),),
                  domain=(0.2, 1.8))
gamma = special("Gamma", "gamma", lambda x, z, g: (g * z * apply("psi", x),), c="tgamma({0})",
                dtype=upgrade_to_float)
gammaln = special("GammaLn", "gammaln", lambda x, z, g: (g * apply("psi", x),), c="lgamma({0})",
                  numpy=by_field(at_infinity("gammaln", np.abs), scipy_special("loggamma")), dtype=upgrade_to_float)
psi = special("Psi", "psi", lambda x, z, g: (g * apply("tri_gamma", x),), dtype=upgrade_to_float,
              doc="Derivative of gammaln: the digamma function.")
tri_gamma = special("TriGamma", "tri_gamma", lambda x, z, g: (g * apply("quad_gamma", x),),
                    numpy=lambda x: scipy_special("polygamma")(1, x), dtype=upgrade_to_float,
                    doc="Derivative of psi.")
quad_gamma = special("QuadGamma", "quad_gamma", lambda x, z, g: (g * apply("polygamma", number(3, x), x),),
                     numpy=lambda x: scipy_special("polygamma")(2, x), doc="Derivative of tri_gamma.")
polygamma = special("PolyGamma", "polygamma", lambda n, x, z, g: (None, g * apply("polygamma", n + 1, x)), nin=2,
                    numpy=lambda n, x: scipy_special("polygamma")(n, x).astype(result_type(n, x), copy=False),
                    domain=((1.0, 1.0), (0.3, 3.0)), missing={0: "Only whole numbers are orders."},
                    doc="The derivative of order n + 1 of gammaln at x, for (n, x).")


def _chi2_density(x, k):
    k, x = k * number(0.5, k), x * number(0.5, x)
    return apply("exp", (k - 1) * apply("log", x) - x - apply("gammaln", k)) * number(0.5, x)


BY_SHAPE = "The derivative by the shape has no closed form."
BY_ORDER = "The derivative by the order has no closed form."
chi2sf = special("Chi2SF", "chi2sf", lambda x, k, z, g: (-g * _chi2_density(x, k), None),
                 lambda x, k: scipy_special("chdtrc")(k, x), nin=2,
                 missing={1: "The derivative by the degrees of freedom has no closed form."},
                 ufunc="scipy.stats.chi2.sf",
                 doc="1 - cumulative distribution of chi squared with k degrees of freedom.")
gammainc = special("GammaInc", "gammainc", lambda k, x, z, g: (None, g * _gamma_density(k, x)), nin=2,
                 missing={0: BY_SHAPE}, doc="Regularised lower incomplete gamma function of (k, x).")
gammaincc = special("GammaIncC", "gammaincc", lambda k, x, z, g: (None, -g * _gamma_density(k, x)), nin=2,
                    missing={0: BY_SHAPE}, doc="Regularised upper incomplete gamma function of (k, x).")
gammau = special("GammaU", "gammau", lambda k, x, z, g: (None, -g * x ** (k - 1) * apply("exp", -x)),
                 lambda k, x: scipy_special("gammaincc")(k, x) * scipy_special("gamma")(k), nin=2,
                 missing={0: BY_SHAPE}, doc="Upper incomplete gamma function of (k, x).")
gammal = special("GammaL", "gammal", lambda k, x, z, g: (None, g * x ** (k - 1) * apply("exp", -x)),
                 lambda k, x: scipy_special("gammainc")(k, x) * scipy_special("gamma")(k), nin=2,
                 missing={0: BY_SHAPE}, doc="Lower incomplete gamma function of (k, x).")


def _gamma_density(k, x):
    """Derivative of the regularised lower incomplete gamma function by x (DLMF 8.8.13)."""
    return apply("exp", (k - 1) * apply("log", x) - x - apply("gammaln", k))


jv = special("Jv", "jv", lambda v, x, z, g: (None, g * (apply("jv", v - 1, x) - apply("jv", v + 1, x)) / 2),
             nin=2, missing={0: BY_ORDER}, doc="Bessel function of the first kind of order v.")
j0 = special("J0", "j0", lambda x, z, g: (-g * apply("j1", x),), dtype=upgrade_to_float,
             numpy=by_field(at_infinity("j0", np.zeros_like), lambda x: scipy_special("jv")(0, x)))
j1 = special("J1", "j1", lambda x, z, g: (g * (apply("j0", x) - apply("jv", number(2, x), x)) / 2,),
             dtype=upgrade_to_float,
             numpy=by_field(at_infinity("j1", np.zeros_like), lambda x: scipy_special("jv")(1, x)))
iv = special("Iv", "iv", lambda v, x, z, g: (None, g * (apply("iv", v - 1, x) + apply("iv", v + 1, x)) / 2),
             nin=2, missing={0: BY_ORDER}, doc="Modified Bessel function of the first kind of order v.")
i0 = special("I0", "i0", lambda x, z, g: (g * apply("i1", x),), numpy=at_infinity("i0", np.abs))
i1 = special("I1", "i1", lambda x, z, g: (g * (apply("i0", x) + apply("iv", number(2, x), x)) / 2,),
             numpy=at_infinity("i1", np.positive))


def sigmoid_of(x):
    """1 / (1 + exp(-x)), finite for every x."""
    e = np.exp(-np.abs(x))
    return np.where(np.asarray(x) >= 0, 1, e) / (1 + e)


def softplus_of(x):
    """log(1 + exp(x)), finite and accurate for every x."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def ultra_fast_sigmoid_of(x):
    """A rational approximation of the sigmoid, off by less than 0.02."""
    x = 0.5 * np.asarray(x)
    a = np.abs(x)
    z = np.where(a < 1.7, 1.5 * a / (1 + a), np.where(a < 3, 0.935409070603099 + 0.0458812946797165 * (a - 1.7),
                                                      0.99505475368673))
    return 0.5 * (np.where(x >= 0, z, -z) + 1)


sigmoid = special("ScalarSigmoid", "sigmoid", lambda x, z, g: (g * z * (1 - z),), sigmoid_of,
                  domain=(-5.0, 5.0), dtype=upgrade_to_float_no_complex, cost=20, label="scalar_sigmoid",
                  doc="1 / (1 + exp(-x))")
softplus = special("ScalarSoftplus", "softplus", lambda x, z, g: (g * apply("sigmoid", x),), softplus_of,
                   domain=(-5.0, 5.0), cost=30, label="scalar_softplus", doc="log(1 + exp(x))")
ultra_fast_sigmoid = special("UltraFastScalarSigmoid", "ultra_fast_sigmoid",
                             lambda x, z, g: (g * z * (1 - z),), ultra_fast_sigmoid_of, domain=(-5.0, 5.0),
                             label="ultra_fast_scalar_sigmoid",
                             doc="The sigmoid by pieces of simple functions, off by less than 0.02.")
softsign = special("ScalarSoftsign", "softsign",
                   lambda x, z, g: (g / ((1 + abs(x)) * (1 + abs(x))),), lambda x: x / (1 + np.abs(x)),
                   domain=(-5.0, 5.0), c="{0} / (1 + fabs({0}))", cost=5, zero=True, label="scalar_softsign",
                   doc="x / (1 + abs(x))")
xlogx = special("XlogX", "xlogx", lambda x, z, g: (g * (1 + apply("log", x)),),
                lambda x: np.where(np.asarray(x) == 0, 0, x * np.log(np.where(np.asarray(x) == 0, 1, x))),
                c="{0} == 0 ? 0 : {0} * log({0})", cost=20, zero=True, doc="x * log(x), zero at zero.")
xlogy0 = special("XlogY0", "xlogy0",
                 lambda x, y, z, g: (g * apply("log", y), select(apply("eq", x, 0), 0, g * x / y)),
                 lambda x, y: np.where(np.asarray(x) == 0, 0,
                                       x * np.log(np.where(np.asarray(x) == 0, 1, y))), nin=2,
                 c="{0} == 0 ? 0 : {0} * log({1})", cost=20, doc="x * log(y), zero where x is.")
XlogX, XlogY0 = type(xlogx), type(xlogy0)
