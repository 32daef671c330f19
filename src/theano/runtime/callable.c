/* The Python type of compiled functions: calls a machine when the arguments are ready for it. */
#include "machine.h"
#include <math.h>
#include <structmember.h>

typedef struct Callable {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    Machine *machine;
    char trust_input, quick, numbers;       /* numbers: 1 where inputs may be numbers, 2 where these may be rounded */
    int returned;
    PyObject *dict, *weak;
} Callable;

/* Whether the machine can take these arguments as they are. */
static inline int is_ready(const Callable *c, PyObject *const *args, Py_ssize_t n)
{
    const Machine *m = c->machine;
    int ok = m && c->quick && n == m->npositional;
    if (ok && c->trust_input) {
        for (int k = 0; k < n && ok; k++)
            ok = m->slot[m->input[k]].dtype == TH_OBJECT || PyArray_CheckExact(args[k]);
        return ok;
    }
    for (int k = 0; ok && k < n; k++)
        ok = th_fits(&m->slot[m->input[k]], args[k]);
    return ok;
}

#define WHOLE(DTYPE, T)                                                                                                \
    case DTYPE:                                                                                                        \
        *(T *)to = (T)whole;                                                                                           \
        return is_whole && (long long)*(T *)to == whole && (whole < 0) == (*(T *)to < 0);

/* Writes a number of Python as one of a dtype; whether it is finite, and the same number, or a float that may be rounded. */
static int write_number(char *to, int dtype, PyObject *o, int rounding)
{
    int is_whole = PyLong_CheckExact(o), overflow = 0;
    long long whole = is_whole ? PyLong_AsLongLongAndOverflow(o, &overflow) : 0;
    double number = is_whole ? (double)whole : PyFloat_AS_DOUBLE(o);
    if (overflow || !isfinite(number) || (is_whole && (whole > 1LL << 53 || whole < -(1LL << 53)) && dtype >= TH_FLOAT16))
        return 0;
    switch (dtype) {
    WHOLE(TH_INT8, int8_t) WHOLE(TH_INT16, int16_t) WHOLE(TH_INT32, int32_t) WHOLE(TH_INT64, int64_t)
    WHOLE(TH_UINT8, uint8_t) WHOLE(TH_UINT16, uint16_t) WHOLE(TH_UINT32, uint32_t) WHOLE(TH_UINT64, uint64_t)
    case TH_FLOAT32:
        *(float *)to = (float)number;
        return (double)*(float *)to == number || (rounding && !is_whole && isfinite(*(float *)to));
    case TH_FLOAT64:
        *(double *)to = number;
        return 1;
    }
    return 0;
}

/* A number as an array for an input without dimensions; NULL, and no error, where `filter` must decide. */
static PyObject *array_of_number(const slot_spec *spec, PyObject *o, int rounding)
{
    char value[16];
    int is_python = PyFloat_CheckExact(o) || PyLong_CheckExact(o);
    if (spec->ndim || !(is_python ? write_number(value, spec->dtype, o, rounding)
                                : PyArray_IsScalar(o, Generic)))
        return NULL;
    if (is_python)
        Py_INCREF(spec->descr);
    PyObject *a = is_python ? PyArray_NewFromDescr(&PyArray_Type, spec->descr, 0, NULL, NULL, NULL, 0, NULL)
                            : PyArray_FromScalar(o, NULL);
    if (a && is_python)
        memcpy(PyArray_DATA((PyArrayObject *)a), value, PyArray_ITEMSIZE((PyArrayObject *)a));
    if (!a)
        PyErr_Clear();
    else if (!th_fits(spec, a))
        Py_CLEAR(a);
    return a;
}

/* A call whose arguments are arrays that the machine can take, and numbers; NULL, and no error, where it isn't. */
static __attribute__((noinline)) PyObject *call_with_numbers(Callable *c, PyObject *const *args, Py_ssize_t n)
{
    enum { MOST = 16 };
    const Machine *m = c->machine;
    PyObject *ready[MOST], *made[MOST], *result = NULL;
    Py_ssize_t count = 0, k = 0;
    if (!m || !c->quick || !c->numbers || c->trust_input || n != m->npositional || n > MOST)
        return NULL;
    for (; k < n; k++) {
        const slot_spec *spec = &m->slot[m->input[k]];
        ready[k] = args[k];
        if (th_fits(spec, args[k]))
            continue;
        if (!(ready[k] = made[count] = array_of_number(spec, args[k], c->numbers > 1)))
            break;
        count++;
    }
    if (k == n)
        result = th_call_machine((PyObject *)c, c->machine, ready, 1, c->returned);
    while (count)
        Py_DECREF(made[--count]);
    return result;
}

static PyObject *callable_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Callable *c = (Callable *)self;
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (!names && is_ready(c, args, n))
        return th_call_machine(self, c->machine, args, !c->trust_input, c->returned);
    PyObject *quickly = names ? NULL : call_with_numbers(c, args, n);
    if (quickly || PyErr_Occurred())
        return quickly;
    PyObject *slow = PyObject_GetAttrString(self, "_slow_call");
    if (!slow)
        return NULL;
    PyObject *result = PyObject_Vectorcall(slow, args, n, names);
    Py_DECREF(slow);
    return result;
}

static PyObject *measured_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Machine *m = ((Callable *)self)->machine;
    int64_t start = th_now();
    PyObject *result = callable_vectorcall(self, args, nargsf, names);
    m->call_ns += th_now() - start;
    m->ncalls++;
    if (m->unmeasured > 0) {
        m->unmeasured--;
        th_measure(m);
    }
    return result;
}

static PyObject *callable_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Callable *self = (Callable *)type->tp_alloc(type, 0);
    if (self)
        self->vectorcall = callable_vectorcall;
    return (PyObject *)self;
}

static int callable_traverse(PyObject *self, visitproc visit, void *arg)
{
    Callable *c = (Callable *)self;
    Py_VISIT(c->dict);
    Py_VISIT(c->machine);
    return 0;
}

static int callable_clear(PyObject *self)
{
    Callable *c = (Callable *)self;
    Py_CLEAR(c->dict);
    Py_CLEAR(c->machine);
    return 0;
}

static void callable_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    if (((Callable *)self)->weak)
        PyObject_ClearWeakRefs(self);
    callable_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *callable_attach(PyObject *self, PyObject *args)
{
    PyObject *machine;
    int quick, numbers, returned;
    Callable *c = (Callable *)self;
    if (!PyArg_ParseTuple(args, "Oiii", &machine, &quick, &numbers, &returned))
        return NULL;
    Py_INCREF(machine);
    Py_XSETREF(c->machine, (Machine *)machine);
    c->quick = (char)quick;
    c->numbers = (char)numbers;
    c->returned = returned;
    Py_RETURN_NONE;
}

/* measure(unmeasured): measure calls and instructions from now on, or after so many calls. */
static PyObject *callable_measure(PyObject *self, PyObject *args)
{
    Callable *c = (Callable *)self;
    int unmeasured;
    if (!PyArg_ParseTuple(args, "i", &unmeasured))
        return NULL;
    if (c->machine) {
        th_measure(c->machine);
        c->machine->unmeasured = unmeasured;
        c->vectorcall = measured_call;
    }
    Py_RETURN_NONE;
}

/* run(values): values of all inputs, checked; those of shared variables are read from their cells. */
static PyObject *callable_run(PyObject *self, PyObject *values)
{
    Callable *c = (Callable *)self;
    if (!c->machine || !PyList_Check(values) || PyList_GET_SIZE(values) != c->machine->ninputs) {
        PyErr_SetString(PyExc_TypeError, "run needs a list with a value for each input");
        return NULL;
    }
    return th_call_machine(self, c->machine, ((PyListObject *)values)->ob_item, 0, RETURN_LIST);
}

/* repeat(n, *args): calls n times inside C. Only the last call makes an object of its results. */
static PyObject *callable_repeat(PyObject *self, PyObject *args)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args) ? PyLong_AsSsize_t(PyTuple_GET_ITEM(args, 0)) : -1;
    if (n < 0)
        return PyErr_Occurred() ? NULL : (PyErr_SetString(PyExc_ValueError, "repeat needs a count"), NULL);
    PyObject *result = Py_None;
    Py_INCREF(result);
    PyObject *const *given = ((PyTupleObject *)args)->ob_item + 1;
    Callable *c = (Callable *)self;
    for (Py_ssize_t i = 0, count = PyTuple_GET_SIZE(args) - 1; i < n && result; i++) {
        Py_DECREF(result);
        if (!(i & 1023) && PyErr_CheckSignals() < 0)
            return NULL;
        if (i < n - 1 && c->vectorcall == callable_vectorcall && is_ready(c, given, count))
            result = th_call_machine(self, c->machine, given, !c->trust_input, RETURN_NONE);
        else
            result = c->vectorcall(self, given, count, NULL);
    }
    return result;
}

static PyMethodDef callable_methods[] = {
    {"_attach", callable_attach, METH_VARARGS, "_attach(machine, quick, numbers, returned)"},
    {"_measure", callable_measure, METH_VARARGS, "_measure(unmeasured): measure calls after so many"},
    {"_run", callable_run, METH_O, "_run(values): results for checked values of all inputs"},
    {"repeat", callable_repeat, METH_VARARGS, "repeat(n, *args): the last result of n calls"},
    {NULL}
};

static PyMemberDef callable_members[] = {
    {"trust_input", T_BOOL, offsetof(Callable, trust_input), 0, "Skip the checks of the arguments."},
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Callable, vectorcall), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(Callable, dict), READONLY, NULL},
    {NULL}
};

PyTypeObject th_callable_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "theano.runtime._machine.Callable",
    .tp_basicsize = sizeof(Callable),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_doc = "Calls a machine when the arguments are ready for it, else the method _slow_call.",
    .tp_new = callable_new,
    .tp_dealloc = callable_dealloc,
    .tp_traverse = callable_traverse,
    .tp_clear = callable_clear,
    .tp_call = PyVectorcall_Call,
    .tp_vectorcall_offset = offsetof(Callable, vectorcall),
    .tp_dictoffset = offsetof(Callable, dict),
    .tp_weaklistoffset = offsetof(Callable, weak),
    .tp_methods = callable_methods,
    .tp_members = callable_members,
};
