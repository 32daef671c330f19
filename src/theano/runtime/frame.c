/* Frames: what one call of a program works on, and the scratch memory of its instructions.
 *
 * A call checks a frame out of the machine's free list, so that threads can call one function at once; the frame keeps
 * buffers and result arrays between calls.
 */
#include "machine.h"

#define KEEP_BYTES ((size_t)256 << 20)      /* buffers beyond this are freed after a call */
#define LEAST ((size_t)64 << 10)            /* to give less back to the system is not worth the calls */
#define KEEP_SCRATCH ((size_t)16 << 20)     /* scratch memory grows to this size between calls */

static void free_frame(struct th_frame *f)
{
    Machine *m = f->machine;
    for (int i = 0; i < m->nslots && f->array; i++)
        Py_XDECREF(f->array[i]);
    for (int i = 0; i < m->nbuffers && f->buffer; i++)
        th_free_buffer(f->buffer[i]);
    for (int i = 0; i < f->nextra; i++)
        free(f->extra[i]);
    for (int i = 0; i < m->nparts && f->part; i++)
        if (f->part[i])
            free_frame(f->part[i]);
    th_free_delayed(f);
    th_free_ahead(f);
    free(f->extra); th_free_buffer(f->scratch); free(f->slot); free(f->extents); free(f->buffer); free(f->capacity);
    free(f->array); free(f->part); free(f->row); free(f);
}

/* Makes out where the shape and the strides of every slot lie. */
static void place_extents(Machine *m, struct th_frame *f)
{
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
}

static void take_constants(Machine *m, struct th_frame *f)
{
    for (int k = 0; k < m->nconstants; k++) {
        PyObject *pair = PyList_GET_ITEM(m->constants, k), *value = PyTuple_GET_ITEM(pair, 1);
        int i = m->constant_slot[k];
        Py_INCREF(value);
        f->array[i] = value;
        if (PyArray_Check(value)) {
            PyArrayObject *a = (PyArrayObject *)value;
            f->slot[i].data = PyArray_DATA(a);
            th_take_extents(&f->slot[i], a);
        }
    }
}

/* Makes frames for the sub-programs; 0 where memory is out. */
static int make_parts(Machine *m, struct th_frame *f)
{
    for (int i = 0; i < m->ninstructions; i++)
        for (int k = 0; k < 2 && m->code[i].part[k]; k++) {
            struct th_frame *part = th_new_frame(m->code[i].part[k]);
            if (!part)
                return 0;
            part->around = f;
            f->part[m->code[i].first_part + k] = part;
        }
    return 1;
}

struct th_frame *th_new_frame(Machine *m)
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
        free_frame(f);
        return NULL;
    }
    place_extents(m, f);
    take_constants(m, f);
    if (!make_parts(m, f)) {
        free_frame(f);
        return NULL;
    }
    return f;
}

void th_free_frames(Machine *m)
{
    while (m->free) {
        struct th_frame *f = m->free;
        m->free = f->next;
        free_frame(f);
    }
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
        th_free_buffer(f->scratch);
        f->scratch = NULL;
        kept -= f->scratch_size;
        f->scratch_size = f->scratch_used = 0;
    }
    for (int i = 0; i < m->nbuffers; i++) {
        kept += f->capacity[i];
        if (kept > KEEP_BYTES) {
            kept -= f->capacity[i];
            th_free_buffer(f->buffer[i]);
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

void th_put_back(Machine *m, struct th_frame *f)
{
    unbind(m, f);
    trim(m, f, 0);
    f->next = m->free;
    m->free = f;
}

void th_forget_values(struct th_frame *f)
{
    Machine *m = f->machine;
    for (int i = 0; i < m->nbuffers; i++)
        if (f->capacity[i] >= LEAST)
            th_forget(f->buffer[i], f->capacity[i]);
    for (int i = 0; i < m->nparts; i++)
        th_forget_values(f->part[i]);
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
        th_free_buffer(f->scratch);
        f->scratch = NULL;
        f->scratch_size = 0;
        if (!(f->scratch = th_memory_of(f, nbytes, nbytes)))
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

void th_reset_scratch(struct th_frame *f)
{
    f->scratch_used = 0;
    for (int i = 0; i < f->nextra; i++)
        free(f->extra[i]);
    f->nextra = 0;
    size_t all = f->scratch_size + f->scratch_most;
    if (f->scratch_most && all <= KEEP_SCRATCH) {       /* one piece next time */
        th_free_buffer(f->scratch);
        f->scratch = th_memory_of(f, all, all);
        f->scratch_size = f->scratch ? all : 0;
    }
    f->scratch_beside = f->scratch_most = 0;
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
