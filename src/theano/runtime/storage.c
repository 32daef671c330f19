/* The memory of values: buffers of a frame, arrays that belong to results, and what Python code is given and gives. */
#include "machine.h"
#include "arrays.h"

/* Results begin on a line of the cache: a vector register that is stored across two lines takes as long as two do, and
 * NumPy aligns arrays to 16 bytes only. Those of less than ALIGNED bytes come from NumPy, which keeps some for reuse. */
#define ALIGNED 2048
#define TRACED 389047                       /* what NumPy calls its memory for tracemalloc */

static void *new_memory(void *context, size_t nbytes)
{
    (void)context;
    return th_new_buffer(nbytes, nbytes < TH_LARGE ? 0 : nbytes);
}

static void *new_zeros(void *context, size_t count, size_t nbytes)
{
    char *p = new_memory(context, count * nbytes);
    return p ? memset(p, 0, count * nbytes) : NULL;
}

static void free_memory(void *context, void *p, size_t nbytes)
{
    (void)context; (void)nbytes;
    th_free_buffer(p);
}

static void *resize_memory(void *context, void *p, size_t nbytes)
{
    char *fresh = new_memory(context, nbytes);
    if (fresh && p) {
        size_t had = th_buffer_size(p);
        memcpy(fresh, p, had < nbytes ? had : nbytes);
        th_free_buffer(p);
    }
    return fresh;
}

static PyDataMem_Handler handler = {"theano", 1, {NULL, new_memory, new_zeros, resize_memory, free_memory}};
static PyObject *handler_capsule;

int th_make_handler(void)
{
    handler_capsule = PyCapsule_New(&handler, "mem_handler", NULL);
    return handler_capsule ? 0 : -1;
}

/* An array for a result, NULL with an exception where there is none. */
static PyObject *new_array(const slot_spec *spec, const th_slot *s)
{
    size_t nbytes = (size_t)(th_product(s->ndim, s->shape) * s->itemsize);
    char *p = NULL;
    Py_INCREF(spec->descr);
    if (nbytes < ALIGNED || spec->dtype == TH_OBJECT)
        return PyArray_NewFromDescr(&PyArray_Type, spec->descr, s->ndim, (npy_intp *)s->shape, NULL, NULL, 0, NULL);
    if (!(p = new_memory(NULL, nbytes))) {
        Py_DECREF(spec->descr);
        return PyErr_NoMemory();
    }
    PyObject *a = PyArray_NewFromDescr(&PyArray_Type, spec->descr, s->ndim, (npy_intp *)s->shape, NULL, p,
                                       NPY_ARRAY_CARRAY, NULL);
    if (!a) {
        th_free_buffer(p);
        return NULL;
    }
    PyTraceMalloc_Track(TRACED, (uintptr_t)p, nbytes);
    PyArray_ENABLEFLAGS((PyArrayObject *)a, NPY_ARRAY_OWNDATA);
    ((PyArrayObject_fields *)a)->mem_handler = Py_NewRef(handler_capsule);
    return a;
}

static int reusable(PyObject *o, const slot_spec *spec, const th_slot *s, int keep)
{
    if (!o || !PyArray_CheckExact(o))
        return 0;
    PyArrayObject *a = (PyArrayObject *)o;
    if ((Py_REFCNT(o) != 1 || ((PyArrayObject_fields *)a)->weakreflist) && !(keep && spec->borrowed))
        return 0;
    if (PyArray_TYPE(a) != spec->type_num || PyArray_NDIM(a) != s->ndim || !PyArray_CHKFLAGS(a, NPY_ARRAY_OWNDATA)
        || !PyArray_ISBEHAVED(a) || !PyArray_ISONESEGMENT(a) || PyArray_BASE(a))
        return 0;
    return !s->ndim || !memcmp(PyArray_DIMS(a), s->shape, sizeof(int64_t) * s->ndim);
}

static void set_strides(PyArrayObject *a, const int64_t *stride)
{
    if (!PyArray_NDIM(a))
        return;
    memcpy(PyArray_STRIDES(a), stride, sizeof(int64_t) * PyArray_NDIM(a));
    PyArray_UpdateFlags(a, NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS);
}

static int allocate_array(struct th_frame *f, int i, th_slot *s)
{
    const slot_spec *spec = &f->machine->slot[i];
    if (reusable(f->array[i], spec, s, f->machine->keep)) {
        s->data = PyArray_DATA((PyArrayObject *)f->array[i]);
        if (!PyArray_IS_C_CONTIGUOUS((PyArrayObject *)f->array[i]))
            set_strides((PyArrayObject *)f->array[i], s->stride);
        return 0;
    }
    if (f->released)
        PyEval_RestoreThread(f->released);
    PyObject *fresh = new_array(spec, s);
    if (fresh) {
        Py_XSETREF(f->array[i], fresh);
        s->data = PyArray_DATA((PyArrayObject *)fresh);
    } else {
        PyErr_Clear();
    }
    if (f->released)
        f->released = PyEval_SaveThread();
    if (!fresh && s->ndim > NPY_MAXDIMS)
        return th_fail(f, TH_BAD_VALUE, "a result with more dimensions than an array can have");
    return fresh ? 0 : th_fail(f, TH_OUT_OF_MEMORY, "no memory for a result");
}

void th_lay_out(struct th_frame *f, th_slot *s, const int64_t *stride)
{
    int i = (int)(s - f->slot);
    memcpy(s->stride, stride, sizeof(int64_t) * s->ndim);
    if (f->machine->slot[i].storage == ST_ARRAY)
        set_strides((PyArrayObject *)f->array[i], stride);
}

int th_is_laid_out(struct th_frame *f, const th_slot *s)
{
    const slot_spec *spec = &f->machine->slot[s - f->slot];
    return spec->storage == ST_ROW || (spec->storage == ST_ARRAY && spec->in_order);
}

int th_shorten(struct th_frame *f, th_slot *s, int64_t rows)
{
    int i = (int)(s - f->slot);
    s->shape[0] = rows;
    if (f->machine->slot[i].storage != ST_ARRAY)
        return 0;
    PyObject *all = f->array[i];
    const char *data = s->data;
    f->array[i] = NULL;
    int error = th_allocate(f, s);
    if (!error)
        memcpy(s->data, data, th_count(s) * s->itemsize);
    if (f->released)
        PyEval_RestoreThread(f->released);
    Py_DECREF(all);
    if (f->released)
        f->released = PyEval_SaveThread();
    return error;
}

char *th_memory_of(struct th_frame *f, size_t nbytes, size_t used)
{
    while (f->around)
        f = f->around;
    return th_new_buffer(nbytes, f->machine->lean && used < TH_LARGE ? 0 : used);
}

char *th_buffer(struct th_frame *f, int b, size_t nbytes)
{
    if (nbytes <= f->capacity[b] && f->buffer[b])
        return f->buffer[b];
    size_t size = (nbytes + 127) & ~(size_t)63, more = size;
    if (f->around && f->capacity[b]) {      /* what grows in one step may do so in the next: pages not written cost none */
        th_forget(f->buffer[b], f->capacity[b]);
        more = 2 * size;
    }
    th_free_buffer(f->buffer[b]);
    f->capacity[b] = 0;
    f->buffer[b] = th_memory_of(f, more, nbytes);
    if (f->buffer[b])
        size = more;
    else if (more > size)
        f->buffer[b] = th_memory_of(f, size, nbytes);
    if (!f->buffer[b]) {
        th_fail(f, TH_OUT_OF_MEMORY, "no memory for an intermediate result");
        return NULL;
    }
    f->capacity[b] = size;
    return f->buffer[b];
}

int th_allocate(struct th_frame *f, th_slot *s)
{
    int i = (int)(s - f->slot);
    int64_t nbytes = th_contiguous(s);
    const slot_spec *spec = &f->machine->slot[i];
    if (nbytes < 0)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for a result of this size");
    if (spec->storage == ST_ARRAY)
        return allocate_array(f, i, s);
    if (spec->storage == ST_ROW)
        return th_allocate_row(f, s);
    int b = spec->buffer;
    if (b < 0)
        return th_fail(f, TH_SHAPE_MISMATCH, "a value does not fit into the storage that it replaces");
    s->data = th_buffer(f, b, (size_t)nbytes);
    return s->data ? 0 : TH_OUT_OF_MEMORY;
}

/* A slot as an ndarray for Python code; new reference. */
PyObject *th_as_array(struct th_frame *f, int i)
{
    const slot_spec *spec = &f->machine->slot[i];
    int borrowed = f->around && spec->storage == ST_INPUT && spec->dtype != TH_OBJECT;
    if (spec->storage != ST_VIEW && !borrowed) {
        Py_XINCREF(f->array[i]);
        return f->array[i];
    }
    PyObject *base = f->array[spec->root];
    Py_INCREF(spec->descr);
    PyObject *a = PyArray_NewFromDescr(&PyArray_Type, spec->descr, f->slot[i].ndim, (npy_intp *)f->slot[i].shape,
                                       (npy_intp *)f->slot[i].stride, f->slot[i].data, NPY_ARRAY_WRITEABLE, NULL);
    if (a && base) {
        Py_INCREF(base);
        if (PyArray_SetBaseObject((PyArrayObject *)a, base) < 0)
            Py_CLEAR(a);
    }
    return a;
}

int th_take_result(struct th_frame *f, int i, PyObject *value)
{
    const slot_spec *spec = &f->machine->slot[i];
    if (spec->dtype == TH_OBJECT) {
        Py_INCREF(value);
        Py_XSETREF(f->array[i], value);
        return 0;
    }
    Py_INCREF(spec->descr);
    PyObject *a = PyArray_FromAny(value, spec->descr, spec->ndim, spec->ndim, NPY_ARRAY_ALIGNED | NPY_ARRAY_NOTSWAPPED,
                                  NULL);
    if (!a)
        return TH_PYTHON_ERROR;
    if (PyArray_TYPE((PyArrayObject *)a) != spec->type_num) {
        Py_DECREF(a);
        return th_fail(f, E_TYPE, "the op gave a result of another dtype than it promised");
    }
    th_slot *s = &f->slot[i];
    s->data = PyArray_DATA((PyArrayObject *)a);
    th_take_extents(s, (PyArrayObject *)a);
    Py_XSETREF(f->array[i], a);
    return 0;
}

/* What a cell holds before an op runs: for one with C code the array of the last call, if nobody else has it. */
PyObject *th_last_result(struct th_frame *f, int i, int wanted)
{
    PyObject *o = f->array[i];
    if (!wanted || f->machine->slot[i].storage != ST_ARRAY || !o || !PyArray_CheckExact(o) || Py_REFCNT(o) != 1
        || ((PyArrayObject_fields *)o)->weakreflist || PyArray_BASE((PyArrayObject *)o)
        || !PyArray_ISCARRAY((PyArrayObject *)o))
        Py_RETURN_NONE;
    f->array[i] = NULL;
    return o;
}
