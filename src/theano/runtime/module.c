/* The extension module: its types, the table of kernels, and what is set for the whole process. */
#define TH_IMPORTS_NUMPY
#include "machine.h"
#include "arrays.h"
#include "blas.h"
#include "factor.h"
#include "interpret.h"
#include "lapack.h"
#include "levels.h"
#include "product.h"

/* Hands the addresses in a tuple to `set`, which says whether they are as many as it needs. */
static PyObject *set_addresses(PyObject *args, int (*set)(const int64_t *, int, int), const char *what, int needed)
{
    PyObject *addresses;
    int wide, n;
    if (!PyArg_ParseTuple(args, "Oi", &addresses, &wide))
        return NULL;
    int64_t *list = th_read_words(addresses, &n);
    if (!list)
        return NULL;
    int ok = set(list, n, wide);
    free(list);
    if (!ok)
        return PyErr_Format(PyExc_ValueError, "%s needs %d addresses", what, needed);
    Py_RETURN_NONE;
}

/* gemm, gemv, ger, dot of s, d, c, z */
static PyObject *set_blas(PyObject *self, PyObject *args) { return set_addresses(args, th_set_blas, "set_blas", 16); }

/* the routines of lapack_names() */
static PyObject *set_lapack(PyObject *self, PyObject *args)
{
    return set_addresses(args, th_set_lapack, "set_lapack", 4 * LA_COUNT);
}

static PyObject *lapack_names(PyObject *self, PyObject *unused)
{
    PyObject *found = PyList_New(0);
    for (const char *const *name = th_lapack_names; found && *name; name++) {
        PyObject *text = PyUnicode_FromString(*name);
        if (!text || PyList_Append(found, text) < 0)
            Py_CLEAR(found);
        Py_XDECREF(text);
    }
    return found;
}

static PyObject *set_threads(PyObject *self, PyObject *args)
{
    int loops, products;
    if (!PyArg_ParseTuple(args, "ii", &loops, &products))
        return NULL;
    th_set_num_threads(loops, products);
    Py_RETURN_NONE;
}

static PyObject *get_threads(PyObject *self, PyObject *unused) { return PyLong_FromLong(th_num_threads()); }

/* Gives a module the dict `kernels`: name -> address. */
static int add_kernels(PyObject *m)
{
    PyObject *found = PyDict_New();
    int error = !found;
    for (const th_kernel *k = th_kernels; !error && k->name; k++) {
        PyObject *address = PyLong_FromVoidPtr((void *)(uintptr_t)k->run);
        error = !address || PyDict_SetItemString(found, k->name, address) < 0;
        Py_XDECREF(address);
    }
    error = error || PyModule_AddObjectRef(m, "kernels", found) < 0;
    Py_XDECREF(found);
    return error ? -1 : 0;
}

static PyObject *loop_names(PyObject *self, PyObject *unused)
{
    PyObject *names = PyTuple_New(th_loop_count);
    for (int i = 0; names && i < th_loop_count; i++) {
        PyObject *name = PyUnicode_FromString(th_loop_names[i]);
        if (!name)
            Py_CLEAR(names);
        else
            PyTuple_SET_ITEM(names, i, name);
    }
    return names;
}

static PyObject *limit_level(PyObject *self, PyObject *args)
{
    int level;
    if (!PyArg_ParseTuple(args, "i", &level))
        return NULL;
    if (level < TH_LEVEL_BASE || level > TH_LEVEL_AVX512) {
        PyErr_SetString(PyExc_ValueError, "a level is 0, 1 or 2");
        return NULL;
    }
    th_limit_loops(level);
    th_limit_factors(level);
    return PyLong_FromLong(level < th_level() ? level : th_level());
}

/* Hands over NumPy's sorting functions, which need neither arrays nor the interpreter for numbers. */
static void take_sorts(void)
{
    static const int types[TH_OBJECT] = {NPY_BOOL, NPY_INT8, NPY_INT16, NPY_INT32, NPY_INT64, NPY_UINT8, NPY_UINT16,
        NPY_UINT32, NPY_UINT64, NPY_FLOAT16, NPY_NOTYPE, NPY_FLOAT32, NPY_FLOAT64, NPY_COMPLEX64, NPY_COMPLEX128};
    for (int dtype = 0; dtype < TH_OBJECT; dtype++) {
        if (types[dtype] == NPY_NOTYPE)
            continue;
        PyArray_Descr *descr = PyArray_DescrFromType(types[dtype]);
        PyArray_ArrFuncs *functions = PyDataType_GetArrFuncs(descr);
        th_set_sorts(dtype, (const th_sort_fn *)functions->sort, (const th_argsort_fn *)functions->argsort);
        Py_DECREF(descr);
    }
}

static PyMethodDef functions[] = {
    {"loop_names", loop_names, METH_NOARGS, "loop_names(): those of the prebuilt loops, by number"},
    {"limit_level", limit_level, METH_VARARGS,
     "limit_level(n): machines made from now on use prebuilt loops of at most this level; gives the one that they use"},
    {"set_lapack", set_lapack, METH_VARARGS, "set_lapack(addresses, wide): the LAPACK functions to call"},
    {"lapack_names", lapack_names, METH_NOARGS, "Names of these functions, in order"},
    {"set_blas", set_blas, METH_VARARGS, "set_blas(addresses, wide): the BLAS functions to call"},
    {"set_num_threads", set_threads, METH_VARARGS, "set_num_threads(loops, products)"},
    {"get_num_threads", get_threads, METH_NOARGS, "get_num_threads()"},
    {NULL}
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_machine", "The virtual machine.", -1, functions};

PyMODINIT_FUNC PyInit__machine(void)
{
    import_array();
    take_sorts();
    if (th_make_handler() < 0 || PyType_Ready(&th_machine_type) < 0 || PyType_Ready(&th_callable_type) < 0)
        return NULL;
    PyObject *m = PyModule_Create(&module);
    if (!m || PyModule_AddObjectRef(m, "Machine", (PyObject *)&th_machine_type) < 0
        || PyModule_AddObjectRef(m, "Callable", (PyObject *)&th_callable_type) < 0
        || add_kernels(m) < 0
        || PyModule_AddIntConstant(m, "OWN_PRODUCTS", th_products_of(TH_FLOAT64) != NULL) < 0)
        return NULL;
    return m;
}
