"""The C functions of codegen/mathlib.py against NumPy in long double, mpmath and scipy.special."""

import ctypes
import os
import platform
import re
import subprocess

import mpmath
import numpy as np
import pytest
from scipy import special

from theano.codegen import mathlib

X86 = platform.machine() in ("x86_64", "AMD64")
COMMON = ["-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd"]
MACHINES = {
    "native": ["-O3", "-march=native", "-mprefer-vector-width=512"] if X86 else ["-O3"],
    "oldest": ["-O2", "-ftree-vectorize"] + (["-march=x86-64"] if X86 else []),
    "debug": ["-O0"],
}
C_TYPES = {"float64": "double", "float32": "float"}


def by_mpmath(name):
    """A function of mpmath, correctly rounded to long double, elementwise."""
    function = getattr(mpmath, name)
    beyond = {"erf": np.sign, "erfc": lambda x: 1 - np.sign(x)}[name]

    def reference(x):
        with mpmath.workprec(100):
            return np.array([np.longdouble(mpmath.nstr(function(mpmath.mpf(float(v))), 25))
                             if abs(v) < 30 else np.longdouble(beyond(v)) for v in x])

    return reference


def sigmoid(x):
    e = np.exp(-abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def softplus(x):
    return np.where(x > 0, x, 0) + np.log1p(np.exp(-abs(x)))


def round_away(x):
    return np.copysign(np.floor(abs(x)) + (abs(x) - np.floor(abs(x)) >= 0.5), x)


# name: (reference, largest error in units of the last place)
UNARY = {
    "exp": (np.exp, 2), "expm1": (np.expm1, 3), "exp2": (np.exp2, 2), "log": (np.log, 2),
    "log1p": (np.log1p, 2), "log2": (np.log2, 2), "log10": (np.log10, 2), "tanh": (np.tanh, 2),
    "sigmoid": (sigmoid, 2), "softplus": (softplus, 3), "sinh": (np.sinh, 3), "cosh": (np.cosh, 2),
    "asinh": (np.arcsinh, 3), "acosh": (np.arccosh, 3), "atanh": (np.arctanh, 3),
    "sin": (np.sin, 3), "cos": (np.cos, 3), "tan": (np.tan, 4), "asin": (np.arcsin, 2),
    "acos": (np.arccos, 2), "atan": (np.arctan, 2), "cbrt": (np.cbrt, 2),
    "erf": (by_mpmath("erf"), 2), "erfc": (by_mpmath("erfc"), 4), "sqrt": (np.sqrt, 0.501),
    "rsqrt": (lambda x: 1 / np.sqrt(x), 2), "rint": (np.rint, 0),
    "floor": (np.floor, 0), "ceil": (np.ceil, 0), "trunc": (np.trunc, 0),
    "round": (round_away, 0), "sign": (np.sign, 0),
}  # fmt: skip
BINARY = {
    "pow": (np.power, 2), "atan2": (np.arctan2, 3), "maximum": (np.maximum, 0),
    "minimum": (np.minimum, 0), "mod": (np.mod, 0), "fmod": (np.fmod, 0),
    "floor_divide": (np.floor_divide, 2),
}  # fmt: skip
FAST = {"exp": 1, "exp2": 1, "atan2": 2, "sin": 1, "cos": 1, "tan": 1, "mod": 2, "fmod": 2, "floor_divide": 2,
        "pow": 2, "gamma": 1, "psi": 1, "j0": 1, "j1": 1}
OWN_FORMAT = ("mod", "fmod", "floor_divide")  # where long double has another answer

WHOLE = ("jn", "polygamma")     # their first argument is a whole number

# name: (mpmath's function, intervals, and where an error is measured beside the amplitude sqrt(2 / (pi x)): beyond)
SMOOTH = {
    "gamma": (mpmath.gamma, [(1e-5, 1), (-10.4, 12.6), (12, 171.6), (-60, -10), (-183, -60)], np.inf),
    "psi": (mpmath.digamma, [(1e-6, 1), (1, 2), (2, 12), (12, 1e9), (-0.3, 0)], np.inf),
    "j0": (lambda x: mpmath.besselj(0, x), [(-1, 1), (1, 5), (-40, -5), (5, 1e6)], 5),
    "j1": (lambda x: mpmath.besselj(1, x), [(-1, 1), (1, 5), (-40, -5), (5, 1e6)], 5),
    "i0": (lambda x: mpmath.besseli(0, x), [(-8, 8), (8, 30), (30, 713)], np.inf),
    "i1": (lambda x: mpmath.besseli(1, x), [(-8, 8), (8, 30), (-713, -30)], np.inf),
}

# name: arguments and values at ends, poles and zeros
ENDS = {
    "gamma": [(0.0, np.inf), (-0.0, -np.inf), (1, 1), (2, 1), (5, 24), (13, 479001600), (-1, np.nan), (-20,
              np.nan), (-1e300, np.nan), (np.inf, np.inf), (-np.inf, np.nan), (np.nan, np.nan), (171.7, np.inf),
              (1e300, np.inf), (5e-324, np.inf), (-184.5, -0.0), (-185.5, 0.0), (1e-308, 1e308)],
    "psi": [(0.0, -np.inf), (-0.0, np.inf), (-1, np.nan), (-1e300, np.nan), (np.inf, np.inf), (-np.inf, np.nan),
            (np.nan, np.nan), (1e300, 690.7755278982137), (5e-324, -np.inf), (1e-300, -1e300)],
    "j0": [(0.0, 1), (-0.0, 1), (np.inf, 0), (-np.inf, 0), (np.nan, np.nan), (5e-324, 1)],
    "j1": [(0.0, 0.0), (-0.0, -0.0), (np.inf, 0), (-np.inf, -0.0), (np.nan, np.nan), (1e-300, 5e-301), (-1e-300,
           -5e-301)],
    "i0": [(0.0, 1), (-0.0, 1), (np.inf, np.inf), (-np.inf, np.inf), (np.nan, np.nan), (714, np.inf), (-800,
           np.inf)],
    "i1": [(0.0, 0.0), (-0.0, -0.0), (np.inf, np.inf), (-np.inf, -np.inf), (np.nan, np.nan), (-714, -np.inf),
           (1e-300, 5e-301)],
}  # fmt: skip

# name: (scipy's function, ranges of the arguments, relative error, and absolute error)
SPECIAL = {
    "psi": (special.digamma, [(-20, 50)], 2e-12, 1e-15),
    "polygamma": (lambda n, x: special.polygamma(np.floor(n), x), [(0, 9), (-3, 50)], 2e-13, 1e-15),
    "tri_gamma": (lambda x: special.polygamma(1, x), [(-20, 50)], 1e-13, 0),
    "quad_gamma": (lambda x: special.polygamma(2, x), [(0.01, 50)], 1e-13, 0),
    "erfinv": (special.erfinv, [(-1, 1)], 4e-15, 0),
    "erfcinv": (special.erfcinv, [(0, 2)], 4e-15, 0),
    "erfcx": (special.erfcx, [(-26, 60)], 1e-13, 0),
    "log1mexp": (lambda x: np.log(-np.expm1(x)), [(-30, 0)], 1e-4, 1e-15),
    "gammainc": (special.gammainc, [(0, 300), (0, 300)], 1e-12, 1e-200),
    "gammaincc": (special.gammaincc, [(0, 300), (0, 300)], 1e-12, 1e-200),
    "gammal": (lambda k, x: special.gammainc(k, x) * special.gamma(k),
               [(0, 50), (0, 50)], 1e-12, 0),
    "gammau": (lambda k, x: special.gammaincc(k, x) * special.gamma(k),
               [(0, 50), (0, 50)], 1e-12, 0),
    "chi2sf": (lambda x, k: special.chdtrc(k, x), [(0, 90), (0, 90)], 1e-12, 0),
    "jv": (special.jv, [(-10, 60), (0, 300)], 1e-11, 1e-14),
    "jn": (lambda n, x: special.jv(np.floor(n), x), [(-10, 60), (0, 300)], 1e-11, 1e-14),
    "iv": (special.iv, [(-10, 60), (0, 600)], 1e-11, 1e-200),
}  # fmt: skip

ALL = {**dict.fromkeys((*UNARY, *SMOOTH), 1), **dict.fromkeys(BINARY, 2),
       **{name: len(row[1]) for name, row in SPECIAL.items()}}


def loop(label, function, arity, c_type, result=None):
    """C source of a function that applies another one to arrays."""
    arguments = ", ".join(f"const {c_type} *restrict a{k}" for k in range(arity))
    values = ", ".join(f"a{k}[i]" for k in range(arity))
    return (f"void {label}({result or c_type} *restrict out, {arguments}, long n) {{\n"
            f"    for (long i = 0; i < n; i++) out[i] = {function}({values});\n}}\n")


def run_compiler(folder, arguments):
    """What the compiler says."""
    command = [os.environ.get("CC", "cc"), *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout + done.stderr


def compile_library(folder, flags):
    """A shared object with a loop for every function and dtype."""
    functions, text = set(), ""
    for dtype, c_type in C_TYPES.items():
        for name, arity in ALL.items():
            function = mathlib.resolve(name, dtype)
            functions.add(function)
            text += loop(f"{name}_{dtype}", function, arity, c_type)
        for name, arity in FAST.items():
            fast, fits = mathlib.fast(mathlib.resolve(name, dtype))
            functions.update((fast, fits))
            text += loop(f"{name}_fast_{dtype}", fast, arity, c_type)
            text += loop(f"{name}_fits_{dtype}", fits, arity, c_type, "int")
    (folder / "m.c").write_text(mathlib.snippets(functions) + text)
    run_compiler(folder, [*flags, *COMMON, "-shared", "-fPIC", "m.c", "-o", "m.so", "-lm"])
    return ctypes.CDLL(str(folder / "m.so"))


@pytest.fixture(scope="module", params=MACHINES)
def library(request, tmp_path_factory):
    return compile_library(tmp_path_factory.mktemp("mathlib"), MACHINES[request.param])


def call(library, name, *arrays, out=None):
    """Apply a compiled loop."""
    dtype = arrays[0].dtype.name
    out = np.empty(arrays[0].shape, out or dtype)
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (out, *arrays)]
    getattr(library, f"{name}_{dtype}")(*pointers, ctypes.c_long(out.size))
    return out


def corners(dtype):
    """Values where something special happens."""
    info = np.finfo(dtype)
    tiny, least, most = info.tiny, info.smallest_subnormal, info.max
    positive = [0, 0.5, 1, 1.5, 2, 2.5, 3, 1e-5, tiny, least, most, np.inf, 88.8, 709.8, 745.2]
    return np.array([np.nan, *positive, *(-np.array(positive, dtype))], dtype)


def samples(dtype, count, rng):
    """Values of all magnitudes, dense where functions bend."""
    info = np.finfo(dtype)
    scale = rng.uniform(np.log(float(info.tiny)), np.log(float(info.max)), count)
    parts = [rng.uniform(-1, 1, count), rng.uniform(-20, 20, count), rng.uniform(-750, 720, count),
             rng.uniform(-110, 95, count), rng.choice([-1, 1], count) * np.exp(scale),
             np.exp(rng.uniform(-50, 0, count)) - 1, 1 + rng.normal(0, 0.1, count),
             rng.uniform(0, 1, count) * float(info.tiny), rng.uniform(-1e6, 1e6, count)]
    return np.concatenate([*(p.astype(dtype) for p in parts), corners(dtype)])


def wide(x):
    """The same values in a format with more digits."""
    return x.astype(np.float64 if x.dtype == np.float32 else np.longdouble)


def errors(got, expected):
    """Distance in units of the last place of the expected value."""
    info, nearest = np.finfo(got.dtype), expected.astype(got.dtype)
    unit = np.spacing(np.clip(abs(nearest), info.tiny, info.max)).astype(expected.dtype)
    distance = abs(got.astype(expected.dtype) - expected) / unit
    agree = (got == nearest) | (np.isnan(got) & np.isnan(nearest))
    distance[agree & ~np.isfinite(distance)] = 0
    distance[np.isnan(distance)] = np.inf
    return distance


def check(got, expected, bound, arguments):
    """No error is above the bound and no zero has the wrong sign."""
    distance = errors(got, expected)
    k = np.argmax(distance)
    assert distance[k] <= bound, (f"{distance[k]:.3g} ulp at {[float(a[k]) for a in arguments]}: "
                                  f"{got[k]!r}, expected {expected[k]!r}")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", C_TYPES)
@pytest.mark.parametrize("name", UNARY)
def test_unary_functions_are_accurate(library, name, dtype):
    reference, bound = UNARY[name]
    slow = name in ("erf", "erfc")
    x = samples(dtype, 120 if slow else 8000, np.random.default_rng(3))
    got, expected = call(library, name, x), reference(x if slow else wide(x))
    check(got, expected, bound, (x,))
    zero = (x == 0) & (got == 0) & (name != "sign")
    assert (np.signbit(got) == np.signbit(x))[zero].all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", C_TYPES)
@pytest.mark.parametrize("name", BINARY)
def test_binary_functions_are_accurate(library, name, dtype):
    rng = np.random.default_rng(4)
    reference, bound = BINARY[name]
    x, y = samples(dtype, 8000, rng), samples(dtype, 8000, rng)
    special_x, special_y = (a.ravel() for a in np.meshgrid(corners(dtype), corners(dtype)))
    small = rng.integers(-9, 9, (2, 8000)).astype(dtype)
    moderate = rng.uniform(0.1, 30, (2, 8000)).astype(dtype)
    x = np.concatenate([x, special_x, small[0], moderate[0]])
    y = np.concatenate([rng.permutation(y), special_y, small[1], moderate[1]])
    own = name in OWN_FORMAT
    expected = reference(x, y) if own else reference(wide(x), wide(y))
    check(call(library, name, x, y), expected, bound, (x, y))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", C_TYPES)
@pytest.mark.parametrize("name", FAST)
def test_fast_twins_agree_where_they_fit(library, name, dtype):
    rng = np.random.default_rng(5)
    arguments = [rng.permutation(samples(dtype, 2000, rng)) for _ in range(FAST[name])]
    fits = call(library, f"{name}_fits", *arguments, out=np.int32) != 0
    assert fits.mean() > 0.2
    exact, quick = call(library, name, *arguments), call(library, f"{name}_fast", *arguments)
    np.testing.assert_array_equal(exact[fits], quick[fits])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions_agree_with_scipy(library, name):
    reference, ranges, relative, absolute = SPECIAL[name]
    rng = np.random.default_rng(6)
    x = [rng.uniform(low, high, 500) for low, high in ranges]
    got = call(library, name, *(np.floor(x[0]), *x[1:]) if name in WHOLE else x)
    np.testing.assert_allclose(got, reference(*x), rtol=relative, atol=absolute)
    assert np.isnan(call(library, name, *(np.array([np.nan]) for _ in ranges))).all()


@pytest.mark.parametrize("name", SMOOTH)
def test_gamma_and_bessel_functions_are_accurate(library, name):
    function, intervals, beyond = SMOOTH[name]
    rng = np.random.default_rng(7)
    for low, high in intervals:
        x = rng.uniform(low, high, 60)
        got = call(library, name, x)
        with mpmath.workprec(100):
            expected = [function(mpmath.mpf(float(v))) for v in x]
            sizes = [float(e) if abs(v) < beyond else np.sqrt(2 / np.pi / abs(v)) for v, e in zip(x, expected)]
            units = np.spacing(np.maximum(np.abs(sizes), np.finfo("float64").tiny))
            off = [float(abs(mpmath.mpf(float(g)) - e) / mpmath.mpf(float(u)))
                   for g, e, u in zip(got, expected, units)]
        assert max(off) < 4, f"{max(off):.3g} ulp at {x[np.argmax(off)]!r}"


@pytest.mark.parametrize("dtype", C_TYPES)
@pytest.mark.parametrize("name", SMOOTH)
def test_gamma_and_bessel_functions_at_their_ends(library, name, dtype):
    x, expected = np.array(ENDS[name]).T
    if dtype == "float32":
        kept = (abs(x) < 100) & ((abs(x) > 1e-30) | (x == 0)) | ~np.isfinite(x)
        x, expected = x[kept].astype(dtype), expected[kept].astype(dtype)
    got = call(library, name, np.ascontiguousarray(x))
    np.testing.assert_allclose(got, expected, rtol=4 * np.finfo(dtype).eps)
    signs = ~np.isnan(got)
    np.testing.assert_array_equal(np.signbit(got)[signs], np.signbit(expected)[signs])


def test_incomplete_gamma_functions_at_their_ends(library):
    a = np.array([0.0, 0.0, 2.0, 2.0, np.inf, np.inf, -1.0, 2.0, 1e300, 1e300, 1e300, np.nan])
    x = np.array([0.0, 1.0, 0.0, np.inf, 1.0, np.inf, 1.0, -1.0, 1e299, 1e301, np.inf, 1.0])
    lower = np.array([np.nan, 1.0, 0.0, 1.0, 0.0, np.nan, np.nan, np.nan, 0.0, 1.0, 1.0, np.nan])
    np.testing.assert_array_equal(call(library, "gammainc", a, x), lower)
    np.testing.assert_array_equal(call(library, "gammaincc", a, x), 1 - lower)


def test_inverse_error_functions_are_right_in_their_tails(library):
    small = np.append(10.0 ** -np.linspace(0.1, 307, 200), [5e-324, 1e-310])
    cases = {"erfcinv": small, "erfinv": 1 - 10.0 ** -np.linspace(0.1, 15.9, 100)}
    for name, x in cases.items():
        for value, root in zip(x, call(library, name, x)):
            with mpmath.workdps(40):
                wanted, t = mpmath.mpf(float(value)), mpmath.mpf(float(root))
                wanted = 1 - wanted if name == "erfinv" else wanted
                step = (mpmath.erfc(t) - wanted) * mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(t * t)  # Newton's
                assert abs(step) < 4 * np.spacing(root), (name, value)
    ends = call(library, "erfinv", np.array([-1.0, -0.0, 1.0])), call(library, "erfcinv", np.array([0.0, 1.0, 2.0]))
    np.testing.assert_array_equal(ends, [[-np.inf, -0.0, np.inf], [np.inf, 0.0, -np.inf]])
    assert np.isnan(call(library, "erfinv", np.array([1.5, -2.0, np.inf]))).all()
    assert np.isnan(call(library, "erfcinv", np.array([-1e-300, 2.5, np.inf, -np.inf]))).all()


def test_only_what_is_needed_is_pasted():
    text = mathlib.snippets([mathlib.resolve("exp", "float64")])
    assert "th_exp_f64" in text and "log" not in text and "f32" not in text and "/*" not in text
    assert len(text.splitlines()) < 60


@pytest.mark.parametrize("name", ALL)
def test_snippets_define_words_before_they_use_them(name):
    for dtype in C_TYPES:
        function = mathlib.resolve(name, dtype)
        text = mathlib.snippets([function])
        words = dict.fromkeys(re.findall(r"\bth_\w+", text))
        assert function in words
        for word in words:
            first = next(line for line in text.splitlines() if re.search(rf"\b{word}\b", line))
            assert first.startswith(("TH_INLINE", "static")), f"{word} is used first in: {first}"


def test_names_without_a_function_of_ours():
    assert mathlib.resolve("lgamma", "float64") is None
    assert mathlib.resolve("erf", "complex128") is None
    assert mathlib.resolve("exp", "float16") == "th_exp_f32"
    assert mathlib.resolve("psi", "float32") == "th_psi_f64"
    assert mathlib.fast("th_log1p_f64") is None
    with pytest.raises(KeyError):
        mathlib.snippets(["th_no_such_f64"])


def test_every_loop_is_vectorised(tmp_path):
    """Of gcc and clang, as they report it; the functions that branch have fast twins."""
    clang = "clang" in run_compiler(tmp_path, ["--version"])
    functions = {(name, dtype): mathlib.resolve(name, dtype)
                 for name in (*UNARY, *BINARY, *SMOOTH, "ultra_fast_sigmoid") for dtype in C_TYPES}
    for (name, dtype), function in functions.items():
        functions[name, dtype] = (mathlib.fast(function) or [function])[0]
    text, lines = mathlib.snippets(functions.values()), {}
    for (name, dtype), function in functions.items():
        text += loop(f"{name}_{dtype}", function, ALL.get(name, 1), C_TYPES[dtype])
        lines[text.count("\n") - 1] = function
    (tmp_path / "v.c").write_text(text)
    report = "-Rpass=loop-vectorize" if clang else "-fopt-info-vec"
    said = run_compiler(tmp_path, [*MACHINES["native"], *COMMON, report, "-c", "v.c", "-o", "v.o"])
    found = {int(n) for n in re.findall(r"v\.c:(\d+):\d+: \w+: (?:vectorized )?loop", said)}
    assert [function for line, function in lines.items() if line not in found] == []
