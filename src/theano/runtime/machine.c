/* The virtual machine: runs programs of loop nests, views, BLAS calls and Python ops.
 *
 * A Machine is a program that never changes. A call checks a Frame out of the machine's free list, so that
 * threads can call one function at once; the frame keeps buffers and result arrays between calls.
 */
#include "machine.h"
#include <structmember.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif
#include "blas.h"
#include "factor.h"
#include "lapack.h"
#include "arrays.h"
#include "product.h"
#include "interpret.h"
#include "levels.h"
#include "steps.h"

enum returned { RETURN_ONE, RETURN_LIST, RETURN_NONE, RETURN_PYTHON };

#define KEEP_BYTES ((size_t)256 << 20)      /* buffers beyond this are freed after a call */
#define KEEP_SCRATCH ((size_t)16 << 20)     /* scratch memory grows to this size between calls */
#define LARGE ((size_t)4 << 20)             /* buffers from here on are in large pages */
#define HEAVY_BYTES (1 << 17)               /* inputs of this size are worth releasing the GIL for */

/* -- frames ------------------------------------------------------------------------------------------- */

static void free_frame(struct th_frame *f)
{
    Machine *m = f->machine;
    for (int i = 0; i < m->nslots; i++)
        Py_XDECREF(f->array[i]);
    for (int i = 0; i < m->nbuffers; i++)
        free(f->buffer[i]);
    for (int i = 0; i < f->nextra; i++)
        free(f->extra[i]);
    for (int i = 0; i < m->nparts; i++)
        if (f->part[i])
            free_frame(f->part[i]);
    th_free_delayed(f);
    free(f->extra); free(f->scratch); free(f->slot); free(f->extents); free(f->buffer); free(f->capacity);
    free(f->array); free(f->part); free(f->row); free(f);
}

/* Shape and strides of an array; NumPy has no memory for those of a number. */
static void take_extents(th_slot *s, PyArrayObject *a)
{
    if (!s->ndim)
        return;
    memcpy(s->shape, PyArray_DIMS(a), sizeof(int64_t) * s->ndim);
    memcpy(s->stride, PyArray_STRIDES(a), sizeof(int64_t) * s->ndim);
}

static struct th_frame *new_frame(Machine *m)
{
    struct th_frame *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    int64_t dims = 0;
    for (int i = 0; i < m->nslots; i++)
        dims += 2 * (m->slot[i].ndim + 1);
    f->machine = m;
    f->slot = calloc(m->nslots + 1, sizeof *f->slot);
    f->extents = calloc(dims + 1, sizeof *f->extents);
    f->buffer = calloc(m->nbuffers + 1, sizeof *f->buffer);
    f->capacity = calloc(m->nbuffers + 1, sizeof *f->capacity);
    f->array = calloc(m->nslots + 1, sizeof *f->array);
    f->part = calloc(m->nparts + 1, sizeof *f->part);
    f->row = calloc(m->nrows + 1, sizeof *f->row);
    if (!f->slot || !f->extents || !f->buffer || !f->capacity || !f->array || !f->part || !f->row) {
        free(f->slot); free(f->extents); free(f->buffer); free(f->capacity); free(f->array); free(f->part);
        free(f->row); free(f);
        return NULL;
    }
    int64_t *next = f->extents;
    for (int i = 0; i < m->nslots; i++) {
        th_slot *s = &f->slot[i];
        s->ndim = m->slot[i].ndim;
        s->dtype = (int16_t)m->slot[i].dtype;
        s->itemsize = (int16_t)m->slot[i].itemsize;
        s->shape = next;
        s->stride = next + s->ndim + 1;
        next += 2 * (s->ndim + 1);
    }
    for (int k = 0; k < m->nconstants; k++) {
        PyObject *pair = PyList_GET_ITEM(m->constants, k), *value = PyTuple_GET_ITEM(pair, 1);
        int i = m->constant_slot[k];
        Py_INCREF(value);
        f->array[i] = value;
        if (PyArray_Check(value)) {
            PyArrayObject *a = (PyArrayObject *)value;
            f->slot[i].data = PyArray_DATA(a);
            take_extents(&f->slot[i], a);
        }
    }
    for (int i = 0; i < m->ninstructions; i++)
        for (int k = 0; k < 2 && m->code[i].part[k]; k++) {
            struct th_frame *part = new_frame(m->code[i].part[k]);
            if (!part) {
                free_frame(f);
                return NULL;
            }
            part->around = f;
            f->part[m->code[i].first_part + k] = part;
        }
    return f;
}

th_error_info *th_error_of(struct th_frame *f) { return &f->error; }

void *th_scratch(struct th_frame *f, size_t nbytes)
{
    nbytes = (nbytes + 64) & ~(size_t)63;              /* never nothing, of which there is no address */
    if (f->scratch_used + nbytes <= f->scratch_size) {
        void *p = f->scratch + f->scratch_used;
        f->scratch_used += nbytes;
        return p;
    }
    if (f->scratch_used == 0) {
        free(f->scratch);
        f->scratch = NULL;
        f->scratch_size = 0;
        if (posix_memalign((void **)&f->scratch, 64, nbytes))
            return NULL;
        f->scratch_size = f->scratch_used = nbytes;
        return f->scratch;
    }
    void *p;
    if (posix_memalign(&p, 64, nbytes))
        return NULL;
    if (f->nextra == f->capextra) {
        void **more = realloc(f->extra, sizeof(void *) * (f->capextra * 2 + 8));
        if (!more) {
            free(p);
            return NULL;
        }
        f->extra = more;
        f->capextra = f->capextra * 2 + 8;
    }
    f->extra[f->nextra++] = p;
    f->scratch_beside += nbytes;
    if (f->scratch_beside > f->scratch_most)
        f->scratch_most = f->scratch_beside;
    return p;
}

th_mark th_scratch_mark(struct th_frame *f) { return (th_mark){f->scratch_used, f->nextra}; }

void th_scratch_back(struct th_frame *f, th_mark mark)
{
    while (f->nextra > mark.extra)
        free(f->extra[--f->nextra]);
    if (!f->nextra)
        f->scratch_beside = 0;
    f->scratch_used = mark.used;
}

int th_release(struct th_frame *f)
{
    if (f->released)
        return 0;
    f->released = PyEval_SaveThread();
    return 1;
}

void th_hold(struct th_frame *f)
{
    PyEval_RestoreThread(f->released);
    f->released = NULL;
}

static void reset_scratch(struct th_frame *f)
{
    f->scratch_used = 0;
    for (int i = 0; i < f->nextra; i++)
        free(f->extra[i]);
    f->nextra = 0;
    size_t all = f->scratch_size + f->scratch_most;
    if (f->scratch_most && all <= KEEP_SCRATCH) {       /* one piece next time */
        free(f->scratch);
        f->scratch_size = posix_memalign((void **)&f->scratch, 64, all) ? 0 : all;
        if (!f->scratch_size)
            f->scratch = NULL;
    }
    f->scratch_beside = f->scratch_most = 0;
}

static int fail(struct th_frame *f, int code, const char *text)
{
    f->error.code = code;
    snprintf(f->error.text, sizeof f->error.text, "%s", text ? text : "");
    return code;
}

/* -- storage ------------------------------------------------------------------------------------------ */

/* Sets contiguous strides; the number of bytes, or -1 where it is too large for a number. */
static int64_t contiguous(th_slot *s)
{
    int64_t n = s->itemsize;
    for (int d = s->ndim; d--;) {
        s->stride[d] = n;
        if (__builtin_mul_overflow(n, s->shape[d], &n))
            return -1;
    }
    return n;
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
    Py_INCREF(spec->descr);
    PyObject *fresh = PyArray_NewFromDescr(&PyArray_Type, spec->descr, s->ndim, (npy_intp *)s->shape, NULL, NULL, 0,
                                           NULL);
    if (fresh) {
        Py_XSETREF(f->array[i], fresh);
        s->data = PyArray_DATA((PyArrayObject *)fresh);
    } else {
        PyErr_Clear();
    }
    if (f->released)
        f->released = PyEval_SaveThread();
    if (!fresh && s->ndim > NPY_MAXDIMS)
        return fail(f, TH_BAD_VALUE, "a result with more dimensions than an array can have");
    return fresh ? 0 : fail(f, TH_OUT_OF_MEMORY, "no memory for a result");
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
    return f->machine->slot[s - f->slot].storage == ST_ROW;
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

/* Memory for a buffer; in large pages, where there are some, as NumPy has it for arrays: the first call writes to many. */
static int new_buffer(char **buffer, size_t size)
{
    if (posix_memalign((void **)buffer, 64, size)) {
        *buffer = NULL;
        return 0;
    }
#ifdef MADV_HUGEPAGE
    if (size >= LARGE) {
        uintptr_t skipped = -(uintptr_t)*buffer & 4095;
        madvise(*buffer + skipped, (size - skipped) & ~(size_t)4095, MADV_HUGEPAGE);
    }
#endif
    return 1;
}

int th_allocate(struct th_frame *f, th_slot *s)
{
    int i = (int)(s - f->slot);
    int64_t nbytes = contiguous(s);
    const slot_spec *spec = &f->machine->slot[i];
    if (nbytes < 0)
        return fail(f, TH_OUT_OF_MEMORY, "no memory for a result of this size");
    if (spec->storage == ST_ARRAY)
        return allocate_array(f, i, s);
    if (spec->storage == ST_ROW)
        return th_allocate_row(f, s);
    int b = spec->buffer;
    if (b < 0)
        return fail(f, TH_SHAPE_MISMATCH, "a value does not fit into the storage that it replaces");
    if ((size_t)nbytes > f->capacity[b] || !f->buffer[b]) {
        free(f->buffer[b]);
        f->buffer[b] = NULL;
        f->capacity[b] = 0;
        size_t size = ((size_t)nbytes + 127) & ~(size_t)63;
        if (!new_buffer(&f->buffer[b], size))
            return fail(f, TH_OUT_OF_MEMORY, "no memory for an intermediate result");
        f->capacity[b] = size;
    }
    s->data = f->buffer[b];
    return 0;
}

/* -- instructions --------------------------------------------------------------------------------------- */

static int64_t read_int(const th_slot *s)
{
    switch (s->dtype) {
    case TH_INT64: return *(int64_t *)s->data;
    case TH_INT32: return *(int32_t *)s->data;
    case TH_INT16: return *(int16_t *)s->data;
    case TH_INT8: return *(int8_t *)s->data;
    case TH_UINT64: return (int64_t)*(uint64_t *)s->data;
    case TH_UINT32: return *(uint32_t *)s->data;
    case TH_UINT16: return *(uint16_t *)s->data;
    default: return *(uint8_t *)s->data;
    }
}

static int run_dimshuffle(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]];
    th_slot *o = &f->slot[c->out[0]];
    o->data = x->data;
    for (int d = 0; d < c->nparams; d++) {
        o->shape[d] = c->params[d] < 0 ? 1 : x->shape[c->params[d]];
        o->stride[d] = c->params[d] < 0 ? 0 : x->stride[c->params[d]];
    }
    return 0;
}

/* One bound of a slice, clipped as Python does. */
static int64_t clip(int64_t v, int64_t n, int64_t low, int64_t high)
{
    if (v < 0)
        v += n;
    return v < low ? low : v > high ? high : v;
}

/* params: for each indexed dimension a code: 0 an integer; else 1 + 2*start + 4*stop + 8*step for those given.
 * Then for each number: 1 and its value, or 0 when it is the next input. */
static int run_subtensor(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]];
    th_slot *o = &f->slot[c->out[0]];
    int nindex = (int)c->params[0], next = 1, to = 0;
    const int64_t *code = c->params + 1, *number = code + nindex;
    char *data = x->data;
    int d = 0;
    for (; d < nindex; d++) {
        int64_t n = x->shape[d], v[3];
        int given = code[d] ? (int)code[d] >> 1 : 1;
        for (int k = 0; k < 3; k++)
            if (given >> k & 1) {
                v[k] = number[0] ? number[1] : read_int(&f->slot[c->in[next]]);
                if (!number[0])
                    next++;
                number += 2;
            }
        if (!code[d]) {
            if (v[0] < -n || v[0] >= n) {
                f->error.axis = d; f->error.a = v[0]; f->error.b = n;
                return fail(f, TH_INDEX_OUT_OF_BOUNDS, NULL);
            }
            data += (v[0] < 0 ? v[0] + n : v[0]) * x->stride[d];
            continue;
        }
        int64_t step = given & 4 ? v[2] : 1;
        if (!step)
            return fail(f, TH_BAD_VALUE, "slice step cannot be zero");
        int64_t start, stop, count;
        if (step > 0) {
            start = given & 1 ? clip(v[0], n, 0, n) : 0;
            stop = given & 2 ? clip(v[1], n, 0, n) : n;
            count = stop > start ? (stop - start + step - 1) / step : 0;
        } else {
            start = given & 1 ? clip(v[0], n, -1, n - 1) : n - 1;
            stop = given & 2 ? clip(v[1], n, -1, n - 1) : -1;
            count = start > stop ? (start - stop - step - 1) / -step : 0;
        }
        if (count)
            data += start * x->stride[d];
        o->shape[to] = count;
        o->stride[to++] = step * x->stride[d];
    }
    for (; d < x->ndim; d++) {
        o->shape[to] = x->shape[d];
        o->stride[to++] = x->stride[d];
    }
    o->data = data;
    return 0;
}

static int run_copy(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]];
    th_slot *o = &f->slot[c->out[0]];
    memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
    int error = th_allocate(f, o);
    if (!error)
        th_collect(o->data, x);
    return error;
}

static int run_reshape(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]];
    th_slot *o = &f->slot[c->out[0]];
    int64_t total = th_count(x), known = 1;
    int open = -1;
    const th_slot *s = &f->slot[c->in[1]];
    if (s->shape[0] != o->ndim)
        return fail(f, TH_BAD_VALUE, "the shape of a reshape has another length than its result has dimensions");
    for (int d = 0; d < o->ndim; d++) {
        th_slot one = *s;
        one.data = s->data + d * s->stride[0];
        int64_t n = read_int(&one);
        if (n < 0) {
            if (open >= 0 || n != -1)
                return fail(f, TH_BAD_VALUE, "can only specify one unknown dimension (-1) in a reshape");
            open = d;
        } else {
            known *= n;
        }
        o->shape[d] = n;
    }
    if (open >= 0)
        o->shape[open] = known ? total / known : 0;
    if (th_count(o) != total || (open >= 0 && known && total % known)) {
        f->error.a = total; f->error.b = th_count(o);
        return fail(f, TH_BAD_VALUE, "cannot reshape: the number of elements changes");
    }
    if (f->machine->slot[c->out[0]].storage != ST_VIEW) {
        int error = th_allocate(f, o);
        if (!error)
            th_collect(o->data, x);
        return error;
    }
    int64_t nbytes = contiguous(o);
    if (th_is_contiguous(x->ndim, x->shape, x->stride, x->itemsize)) {
        o->data = x->data;
        return 0;
    }
    /* The planner knows this slot as a view; its copy lives in a buffer of its own. */
    int b = (int)c->params[0];
    if ((size_t)nbytes > f->capacity[b] || !f->buffer[b]) {
        free(f->buffer[b]);
        if (posix_memalign((void **)&f->buffer[b], 64, nbytes + 64)) {
            f->buffer[b] = NULL;
            f->capacity[b] = 0;
            return fail(f, TH_OUT_OF_MEMORY, "no memory for an intermediate result");
        }
        f->capacity[b] = nbytes + 64;
    }
    o->data = f->buffer[b];
    th_collect(o->data, x);
    return 0;
}

static int run_make_vector(struct th_frame *f, const instruction *c)
{
    th_slot *o = &f->slot[c->out[0]];
    o->shape[0] = c->nin;
    int error = th_allocate(f, o);
    for (int i = 0; !error && i < c->nin; i++)
        memcpy(o->data + i * o->itemsize, f->slot[c->in[i]].data, o->itemsize);
    return error;
}

/* Where column k[i] of row i of x is, or NULL with the error set. */
static char *column_of(struct th_frame *f, const th_slot *x, const th_slot *k, int64_t i, int from_end)
{
    int64_t v = *(int64_t *)(k->data + i * k->stride[0]), n = x->shape[1];
    if (from_end && v >= -n && v < 0)
        v += n;
    if (v < 0 || v >= n) {
        f->error.axis = 1; f->error.a = v; f->error.b = n;
        if (from_end)
            fail(f, TH_INDEX_OUT_OF_BOUNDS, NULL);
        else
            fail(f, TH_BAD_VALUE, "y_i value out of bounds");
        return NULL;
    }
    return x->data + (x->shape[0] > 1 ? i * x->stride[0] : 0) + v * x->stride[1];
}

/* params: negative columns count from the end; x is one row for all. */
static int run_pick(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]], *k = &f->slot[c->in[1]];
    th_slot *o = &f->slot[c->out[0]];
    o->shape[0] = k->shape[0];
    if (!c->params[1] && x->shape[0] != k->shape[0])
        return fail(f, TH_BAD_VALUE, "y_idx must have same number of rows as x");
    int error = th_allocate(f, o);
    for (int64_t i = 0; !error && i < k->shape[0]; i++) {
        const char *from = column_of(f, x, k, i, (int)c->params[0]);
        if (!from)
            return f->error.code;
        memcpy(o->data + i * o->itemsize, from, o->itemsize);
    }
    return error;
}

/* Adds to float or double; params: negative columns count from the end. */
static int run_put(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]], *k = &f->slot[c->in[1]], *v = &f->slot[c->in[2]];
    th_slot *o = &f->slot[c->out[0]];
    if (x->shape[0] != k->shape[0] || (v->shape[0] != k->shape[0] && v->shape[0] != 1))
        return fail(f, TH_BAD_VALUE, "y_idx must have same number of rows as x");
    o->data = x->data;
    memcpy(o->shape, x->shape, sizeof(int64_t) * 2);
    memcpy(o->stride, x->stride, sizeof(int64_t) * 2);
    for (int64_t i = 0; i < k->shape[0]; i++) {
        char *to = column_of(f, x, k, i, (int)c->params[0]);
        const char *value = v->data + (v->shape[0] > 1 ? i * v->stride[0] : 0);
        if (!to)
            return f->error.code;
        if (x->dtype == TH_FLOAT32)
            *(float *)to += *(const float *)value;
        else
            *(double *)to += *(const double *)value;
    }
    return 0;
}

/* A slot as an ndarray for Python code; new reference. */
static PyObject *as_array(struct th_frame *f, int i)
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

static int take_result(struct th_frame *f, int i, PyObject *value)
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
        return fail(f, E_TYPE, "the op gave a result of another dtype than it promised");
    }
    th_slot *s = &f->slot[i];
    s->data = PyArray_DATA((PyArrayObject *)a);
    take_extents(s, (PyArrayObject *)a);
    Py_XSETREF(f->array[i], a);
    return 0;
}

/* What a cell holds before an op runs: for one with C code the array of the last call, if nobody else has it. */
static PyObject *last_result(struct th_frame *f, int i, int wanted)
{
    PyObject *o = f->array[i];
    if (!wanted || f->machine->slot[i].storage != ST_ARRAY || !o || !PyArray_CheckExact(o) || Py_REFCNT(o) != 1
        || ((PyArrayObject_fields *)o)->weakreflist || PyArray_BASE((PyArrayObject *)o)
        || !PyArray_ISCARRAY((PyArrayObject *)o))
        Py_RETURN_NONE;
    f->array[i] = NULL;
    return o;
}

static int run_python(struct th_frame *f, const instruction *c)
{
    int error = TH_PYTHON_ERROR;
    PyObject *inputs = PyList_New(c->nin), *cells = PyList_New(c->nout), *done = NULL;
    if (!inputs || !cells)
        goto out;
    for (int i = 0; i < c->nin; i++) {
        PyObject *a = as_array(f, c->in[i]);
        if (!a)
            goto out;
        PyList_SET_ITEM(inputs, i, a);
    }
    for (int i = 0; i < c->nout; i++) {
        PyObject *cell = PyList_New(1);
        if (!cell)
            goto out;
        PyList_SET_ITEM(cell, 0, last_result(f, c->out[i], PyCFunction_Check(c->perform)));
        PyList_SET_ITEM(cells, i, cell);
    }
    done = PyObject_CallFunctionObjArgs(c->perform, c->node, inputs, cells, NULL);
    if (!done)
        goto out;
    error = 0;
    for (int i = 0; i < c->nout && !error; i++)
        error = take_result(f, c->out[i], PyList_GET_ITEM(PyList_GET_ITEM(cells, i), 0));
out:
    Py_XDECREF(inputs);
    Py_XDECREF(cells);
    Py_XDECREF(done);
    return error;
}

static int run_loop(struct th_frame *f, const instruction *c)
{
    th_slot *slots[2 * TH_MAX_OPERANDS];
    int n = 0;
    /* params: for each operand, then each extent, the number of the slot */
    for (int k = 0; k < c->nparams; k++)
        slots[n++] = &f->slot[c->params[k]];
    return th_run_nest(f, c->nest, c->inner, slots);
}

/* A prebuilt kernel, or NULL for a loop of generated steps. */
static int run_call(struct th_frame *f, const instruction *c, th_kernel_fn kernel)
{
    int n = c->nin + c->nout;
    th_slot *few[16], **slots = n <= 16 ? few : th_scratch(f, n * sizeof *slots);
    if (!slots)
        return fail(f, TH_OUT_OF_MEMORY, "no memory for the arguments of a kernel");
    for (int k = 0; k < n; k++)
        slots[k] = &f->slot[k < c->nin ? c->in[k] : c->out[k - c->nin]];
    th_call call = {f, slots, slots + c->nin, c->params, c->nin, c->nout, c->nparams};
    return kernel ? kernel(&call) : th_run_steps(&call, (th_steps_fn)c->inner);
}

static inline __attribute__((always_inline)) int run_one(struct th_frame *f, const instruction *c)
{
    switch (c->kind) {
    case K_LOOP: return run_loop(f, c);
    case K_DIMSHUFFLE: return run_dimshuffle(f, c);
    case K_SUBTENSOR: return run_subtensor(f, c);
    case K_RESHAPE: return run_reshape(f, c);
    case K_SHAPE_I: {
        th_slot *o = &f->slot[c->out[0]];
        int error = th_allocate(f, o);
        if (!error)
            *(int64_t *)o->data = f->slot[c->in[0]].shape[c->params[0]];
        return error;
    }
    case K_MAKE_VECTOR: return run_make_vector(f, c);
    case K_COPY: return run_copy(f, c);
    case K_GEMM: case K_GEMV: case K_GER: case K_DOT: {
        th_slot *in[8], *out = &f->slot[c->out[0]];
        for (int i = 0; i < c->nin; i++)
            in[i] = &f->slot[c->in[i]];
        if (c->params[0] == 2)
            return th_delay(f, c->kind - K_GEMM, in, out);
        return th_blas(f, c->kind - K_GEMM, in, out, (int)c->params[0]);
    }
    case K_GUARD: return *(unsigned char *)f->slot[c->in[0]].data ? 0 : fail(f, E_GUARD, "guard");
    case K_PICK: return run_pick(f, c);
    case K_PUT: return run_put(f, c);
    case K_CALL: case K_PARTS: case K_SCATTER: return run_call(f, c, (th_kernel_fn)c->inner);
    case K_STEPS: return run_call(f, c, NULL);
    case K_PYTHON: return run_python(f, c);
    case K_FOR: return th_run_for(f, c);
    case K_BRANCH: return th_run_branch(f, c);
    case K_ALIAS: {
        const th_slot *x = &f->slot[c->in[0]];
        th_slot *o = &f->slot[c->out[0]];
        o->data = x->data;
        memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
        memcpy(o->stride, x->stride, sizeof(int64_t) * x->ndim);
        return 0;
    }
    case K_EMPTY: {
        th_slot *o = &f->slot[c->out[0]];
        for (int d = 0; d < o->ndim; d++) {
            o->shape[d] = read_int(&f->slot[c->in[d]]);
            if (o->shape[d] < 0)
                return fail(f, TH_BAD_VALUE, "negative dimensions are not allowed");
        }
        return th_allocate(f, o);
    }
    }
    return fail(f, TH_BAD_VALUE, "unknown instruction");
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* run_one for all but the loop over the instructions, into which it is inlined. */
static __attribute__((noinline)) int run_any(struct th_frame *f, const instruction *c) { return run_one(f, c); }

/* Whether an instruction can run: makes views, and storage for results, but computes nothing. */
static int check_one(struct th_frame *f, const instruction *c)
{
    th_slot *slots[2 * TH_MAX_OPERANDS];
    switch (c->kind) {
    case K_LOOP:
        for (int k = 0; k < c->nparams; k++)
            slots[k] = &f->slot[c->params[k]];
        return th_check_nest(f, c->nest, slots);
    case K_GEMM: case K_GEMV: case K_GER:
        for (int i = 0; i < c->nin; i++)
            slots[i] = &f->slot[c->in[i]];
        return th_check_blas(f, c->kind - K_GEMM, slots, &f->slot[c->out[0]]);
    case K_COPY: {
        const th_slot *x = &f->slot[c->in[0]];
        th_slot *o = &f->slot[c->out[0]];
        memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
        return th_allocate(f, o);
    }
    case K_SCATTER: return run_call(f, c, th_check_scatter);
    case K_PYTHON: return 0;
    }
    return run_any(f, c);
}

/* The number of the first of the instructions from i on that can't run, or -1. */
static __attribute__((noinline)) int check_from(Machine *m, struct th_frame *f, int i)
{
    for (; i < m->ninstructions; i++)
        if (check_one(f, &m->code[i]))
            return i;
    return -1;
}

static __attribute__((noinline)) int run_measured(Machine *m, struct th_frame *f)
{
    int64_t begun = now(), start = begun, end;
    int failed = -1;
    for (int i = 0; i < m->ninstructions && failed < 0; i++, start = end) {
        if (i == m->checked)
            failed = check_from(m, f, i);
        if (failed < 0 && run_any(f, &m->code[i]))
            failed = i;
        reset_scratch(f);
        end = now();
        m->ns[i] += end - start;
        m->calls[i]++;
    }
    m->run_ns += now() - begun;
    return failed;
}

int th_interrupted(struct th_frame *f, int64_t *asked)
{
    int64_t time = now();
    if (time - *asked < 100000000)
        return 0;
    *asked = time;
    while (f->around)
        f = f->around;
    if (f->released)
        PyEval_RestoreThread(f->released);
    int wanted = PyErr_CheckSignals() < 0;
    if (f->released)
        f->released = PyEval_SaveThread();
    return wanted;
}

static inline __attribute__((always_inline)) int run_from(Machine *m, struct th_frame *f, int from)
{
    for (int i = from; i < m->ninstructions; i++) {
        if (i == m->checked) {
            int failed = check_from(m, f, i);
            if (failed >= 0)
                return failed;
        }
        if (run_one(f, &m->code[i]))
            return i;
        if (f->scratch_used | f->scratch_most)
            reset_scratch(f);
    }
    return -1;
}

int th_run_code(Machine *m, struct th_frame *f, int from) { return run_from(m, f, from); }

/* Runs the program; the number of the instruction that failed, or -1. */
static int run_code(Machine *m, struct th_frame *f)
{
    return m->profiling ? run_measured(m, f) : run_from(m, f, 0);
}

/* -- calls ---------------------------------------------------------------------------------------------- */

static int fits(const slot_spec *spec, PyObject *o)
{
    if (spec->dtype == TH_OBJECT)
        return 1;
    if (!PyArray_CheckExact(o))
        return 0;
    PyArrayObject *a = (PyArrayObject *)o;
    if (PyArray_TYPE(a) != spec->type_num || PyArray_NDIM(a) != spec->ndim
        || !PyArray_CHKFLAGS(a, NPY_ARRAY_ALIGNED) || PyArray_ISBYTESWAPPED(a))
        return 0;
    for (int d = 0; d < spec->ndim; d++)
        if (spec->ones >> d & 1 && PyArray_DIM(a, d) != 1)
            return 0;
    return 1;
}

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

static int bind(Machine *m, struct th_frame *f, int k, PyObject *o, int64_t *bytes)
{
    int i = m->input[k];
    th_slot *s = &f->slot[i];
    Py_INCREF(o);
    Py_XSETREF(f->array[i], o);
    if (m->slot[i].dtype == TH_OBJECT)
        return 1;
    PyArrayObject *a = (PyArrayObject *)o;
    int nd = m->slot[i].ndim;
    s->data = PyArray_DATA(a);
    int64_t n = s->itemsize;
    for (int d = 0; d < nd; d++) {
        s->shape[d] = PyArray_DIM(a, d);
        s->stride[d] = PyArray_STRIDE(a, d);
        n *= s->shape[d];
    }
    *bytes += n;
    return 1;
}

static void unbind(Machine *m, struct th_frame *f)
{
    for (int k = 0; k < m->ninputs; k++)
        Py_CLEAR(f->array[m->input[k]]);
}

/* Drops what is too large to keep of the storage of a frame; the number of bytes that are kept. */
static size_t trim(Machine *m, struct th_frame *f, size_t kept)
{
    kept += f->scratch_size;
    if (kept > KEEP_BYTES) {
        free(f->scratch);
        f->scratch = NULL;
        kept -= f->scratch_size;
        f->scratch_size = f->scratch_used = 0;
    }
    for (int i = 0; i < m->nbuffers; i++) {
        kept += f->capacity[i];
        if (kept > KEEP_BYTES) {
            kept -= f->capacity[i];
            free(f->buffer[i]);
            f->buffer[i] = NULL;
            f->capacity[i] = 0;
        }
    }
    for (int i = 0; i < m->nslots; i++)
        if (f->array[i] && m->slot[i].storage == ST_VIEW) {
            Py_CLEAR(f->array[i]);
        } else if (f->array[i] && m->slot[i].storage == ST_ARRAY) {
            size_t n = PyArray_Check(f->array[i]) ? (size_t)PyArray_NBYTES((PyArrayObject *)f->array[i]) : 0;
            if (m->slot[i].dtype == TH_OBJECT || kept + n > KEEP_BYTES)
                Py_CLEAR(f->array[i]);
            else
                kept += n;
        }
    for (int i = 0; i < m->nparts; i++)
        kept = trim(f->part[i]->machine, f->part[i], kept);
    return kept;
}

/* Puts a frame back. */
static void put_back(Machine *m, struct th_frame *f)
{
    unbind(m, f);
    trim(m, f, 0);
    f->next = m->free;
    m->free = f;
}

static PyObject *report(PyObject *callable, Machine *m, struct th_frame *f, int at, int returned)
{
    PyObject *type, *value, *trace, *shapes = PyList_New(0), *result = NULL;
    PyErr_Fetch(&type, &value, &trace);
    const instruction *c = &m->code[at];
    struct th_frame *within = f;            /* of the innermost loop whose step failed */
    PyObject *path = PyList_New(0);
    while (c->part[0] && path) {
        struct th_frame **part = within->part + c->first_part;
        int side = part[0]->failed < 0 && c->part[1];
        if (part[side]->failed < 0)
            break;
        within = part[side];
        c = &within->machine->code[within->failed];
        PyObject *stop = Py_BuildValue("(iiL)", side, within->failed, (long long)within->step);
        PyList_Append(path, stop);
        Py_XDECREF(stop);
    }
    for (int k = 0; shapes && k < c->nin; k++) {
        th_slot *s = &within->slot[c->in[k]];
        PyObject *shape = PyTuple_New(s->ndim), *stride = PyTuple_New(s->ndim);
        for (int d = 0; d < s->ndim; d++) {
            PyTuple_SET_ITEM(shape, d, PyLong_FromLongLong(s->shape[d]));
            PyTuple_SET_ITEM(stride, d, PyLong_FromLongLong(s->stride[d]));
        }
        PyObject *pair = Py_BuildValue("(NN)", shape, stride);
        PyList_Append(shapes, pair);
        Py_XDECREF(pair);
    }
    if (type)
        PyErr_NormalizeException(&type, &value, &trace);    /* before 3.12 the value may be no exception yet */
    if (value && trace)
        PyException_SetTraceback(value, trace);
    int code = type ? 0 : f->error.code, axis = f->error.axis;
    long long a = f->error.a, b = f->error.b;
    char text[sizeof f->error.text];
    memcpy(text, f->error.text, sizeof text);
    PyObject *inputs = PyList_New(m->ninputs);
    for (int k = 0; k < m->ninputs; k++) {
        PyObject *o = f->array[m->input[k]] ? f->array[m->input[k]] : Py_None;
        Py_INCREF(o);
        PyList_SET_ITEM(inputs, k, o);
    }
    reset_scratch(f);
    put_back(m, f);
    result = PyObject_CallMethod(callable, "_failed", "iisiLLNONiN", at, code, text, axis, a, b, shapes,
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
        if (m->slot[i].storage == ST_VIEW && !f->array[i] && !(f->array[i] = as_array(f, i)))
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
        return as_array(f, i);              /* a view */
    Py_INCREF(o);
    return o;
}

static PyObject *finish(Machine *m, struct th_frame *f, int returned)
{
    PyObject *result = NULL;
    if (m->nupdates && store_updates(m, f) < 0) {
        put_back(m, f);
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
    put_back(m, f);
    return result;
}

static PyObject *run_machine(PyObject *callable, Machine *m, PyObject *const *args, int all, int checked, int returned)
{
    struct th_frame *f = m->free;
    if (f)
        m->free = f->next;
    else if (!(f = new_frame(m)))
        return PyErr_NoMemory();
    int64_t bytes = 0;
    f->released = NULL;
    if (m->lock && !PyThread_acquire_lock(m->lock, 0)) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(m->lock, 1);
        Py_END_ALLOW_THREADS
    }
    for (int k = 0; k < m->ninputs; k++) {
        PyObject *o = all || !m->cell[k] ? args[k] : PyList_GET_ITEM(m->cell[k], 0);
        if (m->cell[k] && all)
            o = PyList_GET_ITEM(m->cell[k], 0);
        if ((!checked || m->cell[k]) && !fits(&m->slot[m->input[k]], o)) {
            put_back(m, f);
            if (m->lock)
                PyThread_release_lock(m->lock);
            return PyObject_CallMethod(callable, "_misfit", "iO", k, o);
        }
        if (m->overwritten[k] && !is_workspace((PyArrayObject *)o)) {
            if (!(o = make_workspace(m, k, o))) {
                put_back(m, f);
                if (m->lock)
                    PyThread_release_lock(m->lock);
                return NULL;
            }
            bind(m, f, k, o, &bytes);
            Py_DECREF(o);
        } else {
            bind(m, f, k, o, &bytes);
        }
    }
    int release = (bytes > HEAVY_BYTES || m->has_loops) && !m->has_python;
    if (release)
        f->released = PyEval_SaveThread();
    int at = run_code(m, f);
    if (f->released) {
        PyEval_RestoreThread(f->released);
        f->released = NULL;
    }
    PyObject *result = at < 0 ? finish(m, f, returned) : NULL;
    if (m->lock)
        PyThread_release_lock(m->lock);
    return at < 0 ? result : report(callable, m, f, at, returned);
}

/* -- the callable ------------------------------------------------------------------------------------------ */

typedef struct Callable {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    Machine *machine;
    char trust_input, quick;
    int returned;
    PyObject *dict, *weak;
} Callable;

static PyObject *callable_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Callable *c = (Callable *)self;
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    Machine *m = c->machine;
    if (m && c->quick && !names && n == m->npositional) {
        int ok = 1;
        if (c->trust_input) {
            for (int k = 0; k < n && ok; k++)
                ok = m->slot[m->input[k]].dtype == TH_OBJECT || PyArray_CheckExact(args[k]);
        } else {
            for (int k = 0; k < n && ok; k++)
                ok = fits(&m->slot[m->input[k]], args[k]);
        }
        if (ok)
            return run_machine(self, m, args, 0, !c->trust_input, c->returned);
    }
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
    int64_t start = now();
    PyObject *result = callable_vectorcall(self, args, nargsf, names);
    m->call_ns += now() - start;
    m->ncalls++;
    if (m->unmeasured > 0) {
        m->unmeasured--;
        m->call_ns = m->run_ns = m->ncalls = 0;
        memset(m->ns, 0, sizeof *m->ns * m->ninstructions);
        memset(m->calls, 0, sizeof *m->calls * m->ninstructions);
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
    int quick, returned;
    Callable *c = (Callable *)self;
    if (!PyArg_ParseTuple(args, "Oii", &machine, &quick, &returned))
        return NULL;
    Py_INCREF(machine);
    Py_XSETREF(c->machine, (Machine *)machine);
    c->quick = (char)quick;
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
        c->machine->profiling = 1;
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
    return run_machine(self, c->machine, ((PyListObject *)values)->ob_item, 1, 0, RETURN_LIST);
}

/* repeat(n, *args): calls n times inside C. */
static PyObject *callable_repeat(PyObject *self, PyObject *args)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args) ? PyLong_AsSsize_t(PyTuple_GET_ITEM(args, 0)) : -1;
    if (n < 0)
        return PyErr_Occurred() ? NULL : (PyErr_SetString(PyExc_ValueError, "repeat needs a count"), NULL);
    PyObject *result = Py_None;
    Py_INCREF(result);
    for (Py_ssize_t i = 0; i < n && result; i++) {
        Py_DECREF(result);
        result = callable_vectorcall(self, ((PyTupleObject *)args)->ob_item + 1, PyTuple_GET_SIZE(args) - 1, NULL);
    }
    return result;
}

static PyMethodDef callable_methods[] = {
    {"_attach", callable_attach, METH_VARARGS, "_attach(machine, quick, returned)"},
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

static PyTypeObject CallableType = {
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

/* -- building a machine ------------------------------------------------------------------------------------- */

static int *read_ints(PyObject *sequence, int *n)
{
    PyObject *fast = PySequence_Fast(sequence, "expected a sequence");
    if (!fast)
        return NULL;
    *n = (int)PySequence_Fast_GET_SIZE(fast);
    int *values = malloc(sizeof(int) * (*n + 1));
    for (int i = 0; values && i < *n; i++)
        values[i] = (int)PyLong_AsLong(PySequence_Fast_GET_ITEM(fast, i));
    Py_DECREF(fast);
    return values;
}

static int64_t *read_words(PyObject *sequence, int *n)
{
    PyObject *fast = PySequence_Fast(sequence, "expected a sequence");
    if (!fast)
        return NULL;
    *n = (int)PySequence_Fast_GET_SIZE(fast);
    int64_t *values = malloc(sizeof(int64_t) * (*n + 1));
    for (int i = 0; values && i < *n; i++)
        values[i] = PyLong_AsLongLong(PySequence_Fast_GET_ITEM(fast, i));
    Py_DECREF(fast);
    return values;
}

/* (dtype, ndim, storage, buffer, root, ones, numpy dtype) */
static int read_slot(slot_spec *s, PyObject *t)
{
    PyObject *descr;
    if (!PyArg_ParseTuple(t, "iiiiiIO", &s->dtype, &s->ndim, &s->storage, &s->buffer, &s->root, &s->ones, &descr))
        return -1;
    if (descr == Py_None)
        return 0;
    Py_INCREF(descr);
    s->descr = (PyArray_Descr *)descr;
    s->type_num = s->descr->type_num;
    s->itemsize = (int)PyDataType_ELSIZE(s->descr);
    return 0;
}

static int most_level = TH_LEVEL_AVX512;        /* of the prebuilt loops that new machines use */

/* The prebuilt loops for this CPU. */
static const th_inner_fn *prebuilt_loops(void)
{
#ifdef TH_LEVELS
    static const th_inner_fn *const loops[] = { th_loops_base, th_loops_avx2, th_loops_avx512 };
#else
    static const th_inner_fn *const loops[] = { th_loops_base };
#endif
    int level = th_level();
    return loops[level < most_level ? level : most_level];
}

/* The nest of an instruction, with its program of prebuilt loops if it has one; NULL with an error set. */
static th_nest *read_nest(PyObject *words, PyObject *program)
{
    int n;
    int64_t *list = read_words(words, &n);
    th_nest *nest = list ? th_nest_new(list, n) : NULL;
    free(list);
    if (nest && program != Py_None) {
        list = read_words(program, &n);
        nest->code = list ? th_code_new(list, n, nest, prebuilt_loops(), th_loop_count) : NULL;
        free(list);
        if (!nest->code) {
            th_nest_free(nest);
            nest = NULL;
        }
    }
    if (!nest && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "malformed loop nest");
    return nest;
}

/* (kind, inputs, outputs, params, nest words or None, program of prebuilt loops or None, address of the inner
 * function or kernel, perform, node, machines of sub-programs) */
static int read_instruction(instruction *c, PyObject *t)
{
    PyObject *in, *out, *params, *words, *program, *perform, *node, *parts;
    unsigned long long address;
    if (!PyArg_ParseTuple(t, "iOOOOOKOOO!", &c->kind, &in, &out, &params, &words, &program, &address, &perform, &node,
                          &PyTuple_Type, &parts))
        return -1;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(parts) && k < 2; k++) {
        c->part[k] = (Machine *)PyTuple_GET_ITEM(parts, k);
        Py_INCREF(c->part[k]);
    }
    c->in = read_ints(in, &c->nin);
    c->out = read_ints(out, &c->nout);
    c->params = read_words(params, &c->nparams);
    if (!c->in || !c->out || !c->params)
        return -1;
    if (words != Py_None && !(c->nest = read_nest(words, program)))
        return -1;
    c->inner = (th_inner_fn)(uintptr_t)address;
    Py_INCREF(perform);
    Py_INCREF(node);
    c->perform = perform;
    c->node = node;
    return PyErr_Occurred() ? -1 : 0;
}

/* Counts the sub-programs of an instruction, and notes what it means for its machine that it has them. */
static void take_parts(Machine *m, instruction *c)
{
    m->has_python |= c->kind == K_PYTHON;
    c->first_part = m->nparts;
    for (int k = 0; k < 2 && c->part[k]; k++) {
        m->nparts++;
        m->has_python |= c->part[k]->has_python;
        m->has_loops = 1;
        for (int i = 0; i < c->nin; i++)            /* references to objects are counted */
            m->has_python |= m->slot[c->in[i]].dtype == TH_OBJECT;
    }
}

static int machine_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    Machine *m = (Machine *)self;
    PyObject *slots, *code, *inputs, *cells, *outputs, *updates, *constants, *overwritten, *borrowed;
    if (!PyArg_ParseTuple(args, "OOOOiOOOiOiO|ii", &slots, &code, &inputs, &cells, &m->npositional, &outputs, &updates,
                          &constants, &m->nbuffers, &overwritten, &m->checked, &borrowed, &m->once, &m->nrows))
        return -1;
    m->nslots = (int)PyList_GET_SIZE(slots);
    m->slot = calloc(m->nslots + 1, sizeof *m->slot);
    for (int i = 0; i < m->nslots; i++)
        if (read_slot(&m->slot[i], PyList_GET_ITEM(slots, i)) < 0)
            return -1;
    int n = (int)PyList_GET_SIZE(code);
    m->code = calloc(n + 1, sizeof *m->code);
    m->ns = calloc(n + 1, sizeof *m->ns);
    m->calls = calloc(n + 1, sizeof *m->calls);
    for (int i = 0; i < n; i++) {
        m->ninstructions = i + 1;
        if (read_instruction(&m->code[i], PyList_GET_ITEM(code, i)) < 0)
            return -1;
        take_parts(m, &m->code[i]);
    }
    m->input = read_ints(inputs, &m->ninputs);
    m->output = read_ints(outputs, &m->noutputs);
    m->cell = calloc(m->ninputs + 1, sizeof *m->cell);
    for (int i = 0; i < m->ninputs; i++) {
        PyObject *cell = PyList_GET_ITEM(cells, i);
        if (cell != Py_None) {
            Py_INCREF(cell);
            m->cell[i] = cell;
        }
    }
    m->overwritten = calloc(m->ninputs + 1, 1);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(overwritten); i++)
        m->overwritten[PyLong_AsLong(PyList_GET_ITEM(overwritten, i))] = 1;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(borrowed); i++)
        m->slot[PyLong_AsLong(PyList_GET_ITEM(borrowed, i))].borrowed = 1;
    m->nupdates = (int)PyList_GET_SIZE(updates);
    m->update_slot = calloc(m->nupdates + 1, sizeof(int));
    m->update_input = calloc(m->nupdates + 1, sizeof(int));
    m->update_in_place = calloc(m->nupdates + 1, sizeof(int));
    for (int i = 0; i < m->nupdates; i++)
        if (!PyArg_ParseTuple(PyList_GET_ITEM(updates, i), "iii", &m->update_slot[i], &m->update_input[i],
                              &m->update_in_place[i]))
            return -1;
    Py_INCREF(constants);
    m->constants = constants;
    m->nconstants = (int)PyList_GET_SIZE(constants);
    m->constant_slot = calloc(m->nconstants + 1, sizeof(int));
    for (int i = 0; i < m->nconstants; i++)
        m->constant_slot[i] = (int)PyLong_AsLong(PyTuple_GET_ITEM(PyList_GET_ITEM(constants, i), 0));
    if (m->nupdates)
        m->lock = PyThread_allocate_lock();
    return PyErr_Occurred() ? -1 : 0;
}

static int machine_traverse(PyObject *self, visitproc visit, void *arg)
{
    Machine *m = (Machine *)self;
    for (int i = 0; i < m->ninputs && m->cell; i++)
        Py_VISIT(m->cell[i]);
    for (int i = 0; i < m->ninstructions; i++) {
        Py_VISIT(m->code[i].perform);
        Py_VISIT(m->code[i].node);
        Py_VISIT(m->code[i].part[0]);
        Py_VISIT(m->code[i].part[1]);
    }
    Py_VISIT(m->constants);
    return 0;
}

static int machine_clear(PyObject *self)
{
    Machine *m = (Machine *)self;
    for (int i = 0; i < m->ninstructions; i++) {
        Py_CLEAR(m->code[i].perform);
        Py_CLEAR(m->code[i].node);
    }
    for (int i = 0; i < m->ninputs && m->cell; i++)
        Py_CLEAR(m->cell[i]);
    return 0;
}

static void machine_dealloc(PyObject *self)
{
    Machine *m = (Machine *)self;
    PyObject_GC_UnTrack(self);
    machine_clear(self);
    while (m->free) {
        struct th_frame *f = m->free;
        m->free = f->next;
        free_frame(f);
    }
    Py_CLEAR(m->constants);
    for (int i = 0; i < m->ninstructions; i++) {
        Py_CLEAR(m->code[i].part[0]);           /* only now: frames had frames of these */
        Py_CLEAR(m->code[i].part[1]);
        th_nest_free(m->code[i].nest);
        free(m->code[i].in); free(m->code[i].out); free(m->code[i].params);
    }
    for (int i = 0; i < m->nslots && m->slot; i++)
        Py_XDECREF(m->slot[i].descr);
    if (m->lock)
        PyThread_free_lock(m->lock);
    free(m->slot); free(m->code); free(m->ns); free(m->calls); free(m->input); free(m->output); free(m->cell);
    free(m->update_slot); free(m->update_input); free(m->update_in_place); free(m->constant_slot);
    free(m->overwritten);
    Py_TYPE(self)->tp_free(self);
}

/* profile(): a list of (calls, nanoseconds) per instruction; see Callable._measure. */
static PyObject *machine_profile(PyObject *self, PyObject *unused)
{
    Machine *m = (Machine *)self;
    PyObject *result = PyList_New(m->ninstructions);
    for (int i = 0; result && i < m->ninstructions; i++)
        PyList_SET_ITEM(result, i, Py_BuildValue("(LL)", (long long)m->calls[i], (long long)m->ns[i]));
    return result;
}

/* timing(): (calls, nanoseconds in calls of the function, nanoseconds in the program) while profiling. */
static PyObject *machine_timing(PyObject *self, PyObject *unused)
{
    Machine *m = (Machine *)self;
    return Py_BuildValue("(LLL)", (long long)m->ncalls, (long long)m->call_ns, (long long)m->run_ns);
}

/* memory(): the bytes of each buffer of the machine, and the bytes of each slot in the last call. */
static PyObject *machine_memory(PyObject *self, PyObject *unused)
{
    Machine *m = (Machine *)self;
    struct th_frame *f = m->free;
    PyObject *buffers = PyList_New(0), *slots = PyList_New(0);
    for (int i = 0; f && i < m->nbuffers; i++) {
        PyObject *n = PyLong_FromSize_t(f->capacity[i]);
        PyList_Append(buffers, n);
        Py_XDECREF(n);
    }
    for (int i = 0; f && i < m->nslots; i++) {
        PyObject *n = PyLong_FromLongLong((long long)(th_count(&f->slot[i]) * f->slot[i].itemsize));
        PyList_Append(slots, n);
        Py_XDECREF(n);
    }
    return Py_BuildValue("(NN)", buffers, slots);
}

/* release(): frees buffers and kept results. */
static PyObject *machine_release(PyObject *self, PyObject *unused)
{
    Machine *m = (Machine *)self;
    while (m->free) {
        struct th_frame *f = m->free;
        m->free = f->next;
        free_frame(f);
    }
    Py_RETURN_NONE;
}

/* results(): the arrays of the last results that the machine holds for the next call, None where it has none. */
static PyObject *machine_results(PyObject *self, PyObject *unused)
{
    Machine *m = (Machine *)self;
    PyObject *list = PyList_New(m->noutputs);
    for (int k = 0; list && k < m->noutputs; k++) {
        int i = m->output[k];
        PyObject *o = m->free && m->slot[i].storage == ST_ARRAY && m->free->array[i] ? m->free->array[i] : Py_None;
        Py_INCREF(o);
        PyList_SET_ITEM(list, k, o);
    }
    return list;
}

static PyMemberDef machine_members[] = {
    {"keep", T_BOOL, offsetof(Machine, keep), 0, "Write borrowed results of the last call again."},
    {NULL}
};

static PyMethodDef machine_methods[] = {
    {"results", machine_results, METH_NOARGS, "results(): the last results that are still held, or None"},
    {"profile", machine_profile, METH_NOARGS, "profile(): [(calls, ns), ...] per instruction, where measured"},
    {"timing", machine_timing, METH_NOARGS, "timing(): (calls, ns in calls, ns in the program)"},
    {"memory", machine_memory, METH_NOARGS, "memory(): bytes of every buffer, bytes of every slot's last value"},
    {"release", machine_release, METH_NOARGS, "release(): free buffers and kept results"},
    {NULL}
};

static PyTypeObject MachineType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "theano.runtime._machine.Machine",
    .tp_basicsize = sizeof(Machine),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Machine(slots, code, inputs, cells, positional, outputs, updates, constants, buffers, overwritten,"
              " checked, borrowed)",
    .tp_new = PyType_GenericNew,
    .tp_init = machine_init,
    .tp_dealloc = machine_dealloc,
    .tp_traverse = machine_traverse,
    .tp_clear = machine_clear,
    .tp_methods = machine_methods,
    .tp_members = machine_members,
};

/* Hands the addresses in a tuple to `set`, which says whether they are as many as it needs. */
static PyObject *set_addresses(PyObject *args, int (*set)(const int64_t *, int, int), const char *what, int needed)
{
    PyObject *addresses;
    int wide, n;
    if (!PyArg_ParseTuple(args, "Oi", &addresses, &wide))
        return NULL;
    int64_t *list = read_words(addresses, &n);
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
    most_level = level;
    th_limit_factors(level);
    return PyLong_FromLong(level < th_level() ? level : th_level());
}

/* Hands over NumPy's sorting functions, which need neither arrays nor the interpreter for numbers. */
static void take_sorts(void)
{
    static const int types[TH_OBJECT] = {NPY_BOOL, NPY_INT8, NPY_INT16, NPY_INT32, NPY_INT64, NPY_UINT8, NPY_UINT16,
        NPY_UINT32, NPY_UINT64, NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, NPY_COMPLEX64, NPY_COMPLEX128};
    for (int dtype = 0; dtype < TH_OBJECT; dtype++) {
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
    if (PyType_Ready(&MachineType) < 0 || PyType_Ready(&CallableType) < 0)
        return NULL;
    PyObject *m = PyModule_Create(&module);
    if (!m || PyModule_AddObjectRef(m, "Machine", (PyObject *)&MachineType) < 0
        || PyModule_AddObjectRef(m, "Callable", (PyObject *)&CallableType) < 0
        || add_kernels(m) < 0
        || PyModule_AddIntConstant(m, "OWN_PRODUCTS", th_products_of(TH_FLOAT64) != NULL) < 0)
        return NULL;
    return m;
}
