"""Arrays in C code of users' ops: ``PyArrayObject *<name>`` with elements of the type ``dtype_<name>``."""

from theano.graph.ctext import CLinkerType
from theano.scalar.ctext import COMPLEX_NUMBERS, c_type

CHECKS = """\
if (py_{name} == Py_None) {{
    PyErr_SetString(PyExc_ValueError, "expected an array, not None");
    {fail}
}}
if (!PyArray_Check(py_{name})) {{
    PyErr_Format(PyExc_ValueError, "expected an array, got a %s", Py_TYPE(py_{name})->tp_name);
    {fail}
}}
if (PyArray_TYPE((PyArrayObject *)py_{name}) != {number} || PyArray_NDIM((PyArrayObject *)py_{name}) != {ndim}) {{
    PyErr_Format(PyExc_TypeError, "expected an array of {dtype} with {ndim} dimensions, got type number %d with %d",
                 PyArray_TYPE((PyArrayObject *)py_{name}), PyArray_NDIM((PyArrayObject *)py_{name}));
    {fail}
}}
if (!PyArray_ISALIGNED((PyArrayObject *)py_{name})) {{
    PyErr_SetString(PyExc_NotImplementedError, "expected an aligned array");
    {fail}
}}
"""


class ArrayText(CLinkerType):
    """How an array becomes a C variable, and this an array."""

    def c_element_type(self):
        """C type of an element."""
        return c_type(self.dtype)

    def c_is_simple(self):
        """False: it is an object."""
        return False

    def c_support_code(self):
        """Arithmetic of complex numbers, where the dtype is complex."""
        return COMPLEX_NUMBERS if self.dtype.startswith("complex") else ""

    def c_headers(self, c_compiler=None):
        """NumPy's are there for all ops."""
        return []

    c_libraries = c_compile_args = c_headers

    def c_init_code(self):
        """NumPy's C functions are there for all ops."""
        return []

    def c_declare(self, name, sub, check_input=True):
        """The array, and ``dtype_<name>``, the type of its elements."""
        return f"PyArrayObject *{name};\ntypedef {c_type(self.dtype)} dtype_{name};\n"

    def c_init(self, name, sub):
        """No array."""
        return f"{name} = NULL;\n"

    def c_extract(self, name, sub, check_input=True):
        """A reference to the array, after checks of its dtype and rank."""
        checks = CHECKS.format(name=name, fail=sub["fail"], number=self.dtype_specs()[2], ndim=self.ndim,
                               dtype=self.dtype) if check_input else ""
        return f"{name} = NULL;\n{checks}{name} = (PyArrayObject *)py_{name};\nPy_XINCREF({name});\n"

    def c_sync(self, name, sub):
        """The array, None where there is none."""
        return (f"Py_XDECREF(py_{name});\npy_{name} = {name} ? (PyObject *){name} : Py_None;\n"
                f"Py_INCREF(py_{name});\n")

    def c_cleanup(self, name, sub):
        """Give the reference back."""
        return f"Py_XDECREF({name});\n"
