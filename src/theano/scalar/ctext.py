"""Numbers in C code of users' ops: their C types, and how they come from and go to Python."""

from theano.graph.ctext import CLinkerType

COMPLEX_NUMBERS = """
#ifndef THEANO_COMPLEX
#define THEANO_COMPLEX
template <typename T> struct theano_complex {
    T real, imag;
    theano_complex() : real(0), imag(0) {}
    theano_complex(T a) : real(a), imag(0) {}
    theano_complex(T a, T b) : real(a), imag(b) {}
    template <typename U> theano_complex(const theano_complex<U> &o) : real((T)o.real), imag((T)o.imag) {}
    theano_complex operator-() const { return {-real, -imag}; }
    theano_complex operator+(const theano_complex &o) const { return {real + o.real, imag + o.imag}; }
    theano_complex operator-(const theano_complex &o) const { return {real - o.real, imag - o.imag}; }
    theano_complex operator*(const theano_complex &o) const {
        return {real * o.real - imag * o.imag, real * o.imag + imag * o.real};
    }
    theano_complex operator/(const theano_complex &o) const {
        T n = o.real * o.real + o.imag * o.imag;
        return {(real * o.real + imag * o.imag) / n, (imag * o.real - real * o.imag) / n};
    }
    theano_complex &operator+=(const theano_complex &o) { return *this = *this + o; }
    theano_complex &operator-=(const theano_complex &o) { return *this = *this - o; }
    theano_complex &operator*=(const theano_complex &o) { return *this = *this * o; }
    theano_complex &operator/=(const theano_complex &o) { return *this = *this / o; }
    bool operator==(const theano_complex &o) const { return real == o.real && imag == o.imag; }
    bool operator!=(const theano_complex &o) const { return !(*this == o); }
};
typedef theano_complex<npy_float32> theano_complex64;
typedef theano_complex<npy_float64> theano_complex128;
#endif
"""

NUMBER = """\
if (!PyArray_CheckScalar(py_{name})) {{
    PyErr_Format(PyExc_TypeError, "expected a NumPy number of dtype {dtype}, got a %s", Py_TYPE(py_{name})->tp_name);
    {fail}
}}
{{
    PyArray_Descr *descr_{name} = PyArray_DescrFromType({number});
    PyObject *value_{name} = PyArray_Return((PyArrayObject *)(Py_INCREF(py_{name}), py_{name}));
    int wrong_{name} = !value_{name} || PyArray_CastScalarToCtype(value_{name}, &{name}, descr_{name}) < 0;
    Py_DECREF(descr_{name});
    Py_XDECREF(value_{name});
    if (wrong_{name}) {fail}
}}
"""


def c_type(dtype):
    """The C type of a number of this dtype in users' C code."""
    return f"theano_{dtype}" if dtype.startswith("complex") else f"npy_{dtype}"


class NumberText(CLinkerType):
    """How a NumPy number becomes a C variable of the type ``dtype_<name>``."""

    def c_element_type(self):
        """C type of the number."""
        return c_type(self.dtype)

    def c_is_simple(self):
        """True: it is a number."""
        return True

    def c_literal(self, data):
        """The number as an expression of C, "" for complex numbers, inf and nan."""
        if self.dtype.startswith("complex") or data - data != 0:
            return ""
        return f"(({c_type(self.dtype)}){data.item()!r})" if self.dtype != "bool" else str(int(data))

    def c_support_code(self):
        """Arithmetic of complex numbers, where the dtype is complex."""
        return COMPLEX_NUMBERS if self.dtype.startswith("complex") else ""

    def c_headers(self, c_compiler=None):
        """NumPy's."""
        return ["<numpy/arrayscalars.h>"]

    def c_declare(self, name, sub, check_input=True):
        """A number, and ``dtype_<name>``, its type."""
        return f"typedef {c_type(self.dtype)} dtype_{name};\ndtype_{name} {name};\n"

    def c_init(self, name, sub):
        """Zero."""
        return f"{name} = 0;\n"

    def c_extract(self, name, sub, check_input=True):
        """The value of a NumPy number or of an array without dimensions."""
        return NUMBER.format(name=name, dtype=self.dtype, number=f"NPY_{self.dtype.upper()}", fail=sub["fail"])

    def c_sync(self, name, sub):
        """A NumPy number."""
        return (f"Py_XDECREF(py_{name});\n{{\n"
                f"    PyArray_Descr *descr_{name} = PyArray_DescrFromType(NPY_{self.dtype.upper()});\n"
                f"    py_{name} = PyArray_Scalar(&{name}, descr_{name}, NULL);\n    Py_DECREF(descr_{name});\n}}\n"
                f"if (!py_{name}) {{ py_{name} = Py_None; Py_INCREF(Py_None); }}\n")

    def c_cleanup(self, name, sub):
        """Nothing."""
        return ""
