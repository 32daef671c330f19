/* One call: takes the arguments, runs the program, hands out results and new values of shared variables. */
#include "machine.h"

#define HEAVY_BYTES (1 << 17)               /* inputs of this size are worth releasing the GIL for */

/* Whether an array can be overwritten: memory that may be written to, in which no element is there twice. */
static __attribute__((noinline)) int is_workspace(PyArrayObject *a)
{
    if (!PyArray_ISWRITEABLE(a))
        return 0;
    for (int d = 0; d < PyArray_NDIM(a); d++)
        if (PyArray_DIM(a, d) > 1 && PyArray_STRIDE(a, d) < PyArray_ITEMSIZE(a)
            && -PyArray_STRIDE(a, d) < PyArray_ITEMSIZE(a))
            return 0;
    return 1;
}

/* Takes a copy of an input that is overwritten but must not be; of a shared value also as its new array. */
static __attribute__((noinline)) PyObject *make_workspace(Machine *m, int k, PyObject *o)
{
    PyObject *copy = PyArray_NewCopy((PyArrayObject *)o, NPY_CORDER);
    if (copy && m->cell[k]) {
        Py_INCREF(copy);
        PyList_SetItem(m->cell[k], 0, copy);
    }
    return copy;
}

/* Makes an array the value of input k; the number of its bytes. */
static inline int64_t bind(Machine *m, struct th_frame *f, int k, PyObject *o)
{
    int i = m->input[k];
    th_slot *s = &f->slot[i];
    Py_INCREF(o);
    Py_XSETREF(f->array[i], o);
    if (m->slot[i].dtype == TH_OBJECT)
        return 0;
    PyArrayObject *a = (PyArrayObject *)o;
    int nd = m->slot[i].ndim;
    s->data = PyArray_DATA(a);
    int64_t n = s->itemsize;
    for (int d = 0; d < nd; d++) {
        s->shape[d] = PyArray_DIM(a, d);
        s->stride[d] = PyArray_STRIDE(a, d);
        n *= s->shape[d];
    }
    return n;
}

/* Binds all inputs; the number of their bytes, or -1 - k for input k that does not fit or could not be copied. */
static inline int64_t bind_all(Machine *m, struct th_frame *f, PyObject *const *args, int checked)
{
    int64_t bytes = 0;
    for (int k = 0; k < m->ninputs; k++) {
        PyObject *o = m->cell[k] ? PyList_GET_ITEM(m->cell[k], 0) : args[k];
        if ((!checked || m->cell[k]) && !th_fits(&m->slot[m->input[k]], o))
            return -1 - k;
        if (m->overwritten[k] && !is_workspace((PyArrayObject *)o)) {
            if (!(o = make_workspace(m, k, o)))
                return -1 - k;
            bytes += bind(m, f, k, o);
            Py_DECREF(o);
        } else {
            bytes += bind(m, f, k, o);
        }
    }
    return bytes;
}

/* The frame and the instruction of the innermost loop or branch in which something failed. path: a list that takes
 * (side, instruction, step) for each on the way. */
static struct th_frame *innermost(struct th_frame *f, const instruction **c, PyObject *path)
{
    while ((*c)->part[0] && path) {
        struct th_frame **part = f->part + (*c)->first_part;
        int side = part[0]->failed < 0 && (*c)->part[1];
        if (part[side]->failed < 0)
            break;
        f = part[side];
        *c = &f->machine->code[f->failed];
        PyObject *stop = Py_BuildValue("(iiL)", side, f->failed, (long long)f->step);
        PyList_Append(path, stop);
        Py_XDECREF(stop);
    }
    return f;
}

/* [(shape, strides), ...] of the arguments of an instruction. */
static PyObject *extents_of(struct th_frame *f, const instruction *c)
{
    PyObject *extents = PyList_New(0);
    for (int k = 0; extents && k < c->nin; k++) {
        th_slot *s = &f->slot[c->in[k]];
        PyObject *shape = PyTuple_New(s->ndim), *stride = PyTuple_New(s->ndim);
        for (int d = 0; d < s->ndim; d++) {
            PyTuple_SET_ITEM(shape, d, PyLong_FromLongLong(s->shape[d]));
            PyTuple_SET_ITEM(stride, d, PyLong_FromLongLong(s->stride[d]));
        }
        PyObject *pair = Py_BuildValue("(NN)", shape, stride);
        PyList_Append(extents, pair);
        Py_XDECREF(pair);
    }
    return extents;
}

/* The arguments of the call, None where they were not taken. */
static PyObject *inputs_of(Machine *m, struct th_frame *f)
{
    PyObject *inputs = PyList_New(m->ninputs);
    for (int k = 0; inputs && k < m->ninputs; k++) {
        PyObject *o = f->array[m->input[k]] ? f->array[m->input[k]] : Py_None;
        Py_INCREF(o);
        PyList_SET_ITEM(inputs, k, o);
    }
    return inputs;
}

/* Hands what is known of a failure to the method `_failed`, which raises or answers in another way. */
static PyObject *report(PyObject *callable, Machine *m, struct th_frame *f, int at, int returned)
{
    PyObject *type, *value, *trace, *path = PyList_New(0);
    PyErr_Fetch(&type, &value, &trace);
    const instruction *c = &m->code[at];
    struct th_frame *within = innermost(f, &c, path);
    PyObject *extents = extents_of(within, c), *inputs = inputs_of(m, f);
    if (type)
        PyErr_NormalizeException(&type, &value, &trace);    /* before 3.12 the value may be no exception yet */
    if (value && trace)
        PyException_SetTraceback(value, trace);
    th_error_info error = f->error;
    th_reset_scratch(f);
    th_put_back(m, f);
    PyObject *result = PyObject_CallMethod(callable, "_failed", "iisiLLNONiN", at, type ? 0 : error.code, error.text,
                                           error.axis, (long long)error.a, (long long)error.b, extents,
                                           value ? value : Py_None, inputs, returned, path);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return result;
}

/* Gives the shared variables their new values, when all of them exist. */
static __attribute__((noinline)) int store_updates(Machine *m, struct th_frame *f)
{
    for (int k = 0; k < m->nupdates; k++) {
        int i = m->update_slot[k];
        if (m->slot[i].storage == ST_VIEW && !f->array[i] && !(f->array[i] = th_as_array(f, i)))
            return -1;
    }
    for (int k = 0; k < m->nupdates; k++) {
        if (m->update_in_place[k])
            continue;
        PyObject *cell = m->cell[m->update_input[k]], *old = PyList_GET_ITEM(cell, 0);
        int i = m->update_slot[k];
        PyList_SET_ITEM(cell, 0, f->array[i]);
        if (m->slot[i].storage == ST_ARRAY) {
            /* The old value serves as storage of the next call, if nobody else holds it. */
            f->array[i] = old;
        } else {
            Py_INCREF(f->array[i]);
            Py_XDECREF(old);
        }
    }
    return 0;
}

static PyObject *result_of(struct th_frame *f, int i)
{
    PyObject *o = f->array[i];
    if (!o)
        return th_as_array(f, i);           /* a view */
    Py_INCREF(o);
    return o;
}

static PyObject *finish(Machine *m, struct th_frame *f, int returned)
{
    PyObject *result = NULL;
    if (m->nupdates && store_updates(m, f) < 0) {
        th_put_back(m, f);
        return NULL;
    }
    if (returned == RETURN_NONE) {
        result = Py_None;
        Py_INCREF(result);
    } else if (returned == RETURN_ONE) {
        result = result_of(f, m->output[0]);
    } else {
        result = PyList_New(m->noutputs);
        for (int k = 0; result && k < m->noutputs; k++) {
            PyObject *o = result_of(f, m->output[k]);
            if (!o)
                Py_CLEAR(result);
            else
                PyList_SET_ITEM(result, k, o);
        }
    }
    th_put_back(m, f);
    return result;
}

/* One call at a time where there are updates. */
static inline void enter(Machine *m)
{
    if (!m->nupdates || !pthread_mutex_trylock(&m->lock))
        return;
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&m->lock);
    Py_END_ALLOW_THREADS
}

static inline void leave(Machine *m)
{
    if (m->nupdates)
        pthread_mutex_unlock(&m->lock);
}

/* Ends a call of which input k was not taken. */
static __attribute__((noinline)) PyObject *refuse(PyObject *callable, Machine *m, struct th_frame *f, int k,
                                                  PyObject *const *args)
{
    th_put_back(m, f);
    leave(m);
    if (PyErr_Occurred())
        return NULL;
    return PyObject_CallMethod(callable, "_misfit", "iO", k, m->cell[k] ? PyList_GET_ITEM(m->cell[k], 0) : args[k]);
}

PyObject *th_call_machine(PyObject *callable, Machine *m, PyObject *const *args, int checked, int returned)
{
    struct th_frame *f = m->free;
    if (f)
        m->free = f->next;
    else if (!(f = th_new_frame(m)))
        return PyErr_NoMemory();
    f->released = NULL;
    enter(m);
    int64_t bytes = bind_all(m, f, args, checked);
    if (bytes < 0)
        return refuse(callable, m, f, (int)(-1 - bytes), args);
    if ((bytes > HEAVY_BYTES || m->has_loops) && !m->has_python)
        f->released = PyEval_SaveThread();
    int at = th_run_program(m, f);
    if (f->released) {
        PyEval_RestoreThread(f->released);
        f->released = NULL;
    }
    PyObject *result = at < 0 ? finish(m, f, returned) : NULL;
    leave(m);
    return at < 0 ? result : report(callable, m, f, at, returned);
}
