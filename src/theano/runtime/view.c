/* Instructions that look at a value in another way, or copy it where that can't be: transposes, slices, shapes; and
 * those that take one element of each row. */
#include "machine.h"
#include "arrays.h"

static int64_t whole_number(const th_slot *s) { return th_integer(s->dtype, s->data); }

int th_run_dimshuffle(struct th_frame *f, const instruction *c)
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

/* What an entry of an index selects of its dimension; count is -1 for a whole number. */
typedef struct entry { int64_t start, count, step; } entry;

/* Where the next number of an index is: among the params, or else the next input. */
typedef struct reader { const int64_t *number; int next; } reader;

/* params: for each indexed dimension a code: 0 an integer; else 1 + 2*start + 4*stop + 8*step for those given.
 * Then for each number: 1 and its value, or 0 when it is the next input. */
static reader read_index(const instruction *c) { return (reader){c->params + 1 + c->params[0], 1}; }

/* Entry d of the index, for a dimension of n elements. */
static int read_entry(struct th_frame *f, const instruction *c, reader *r, int d, int64_t n, entry *e)
{
    int64_t v[3], code = c->params[1 + d];
    int given = code ? (int)code >> 1 : 1;
    for (int k = 0; k < 3; k++)
        if (given >> k & 1) {
            v[k] = r->number[0] ? r->number[1] : whole_number(&f->slot[c->in[r->next]]);
            if (!r->number[0])
                r->next++;
            r->number += 2;
        }
    if (!code) {
        if (v[0] < -n || v[0] >= n) {
            f->error.axis = d; f->error.a = v[0]; f->error.b = n;
            return th_fail(f, TH_INDEX_OUT_OF_BOUNDS, "");
        }
        *e = (entry){v[0] < 0 ? v[0] + n : v[0], -1, 1};
        return 0;
    }
    int64_t step = given & 4 ? v[2] : 1, start, stop, count;
    if (!step)
        return th_fail(f, TH_BAD_VALUE, "slice step cannot be zero");
    if (step > 0) {
        start = given & 1 ? clip(v[0], n, 0, n) : 0;
        stop = given & 2 ? clip(v[1], n, 0, n) : n;
        count = stop > start ? (stop - start + step - 1) / step : 0;
    } else {
        start = given & 1 ? clip(v[0], n, -1, n - 1) : n - 1;
        stop = given & 2 ? clip(v[1], n, -1, n - 1) : -1;
        count = start > stop ? (start - stop - step - 1) / -step : 0;
    }
    *e = (entry){start, count, step};
    return 0;
}

int th_run_subtensor(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]];
    th_slot *o = &f->slot[c->out[0]];
    int nindex = (int)c->params[0], to = 0, d = 0, error;
    reader r = read_index(c);
    char *data = x->data;
    for (entry e; d < nindex; d++) {
        if ((error = read_entry(f, c, &r, d, x->shape[d], &e)))
            return error;
        if (e.count)
            data += e.start * x->stride[d];
        if (e.count < 0)
            continue;
        o->shape[to] = e.count;
        o->stride[to++] = e.step * x->stride[d];
    }
    for (; d < x->ndim; d++) {
        o->shape[to] = x->shape[d];
        o->stride[to++] = x->stride[d];
    }
    o->data = data;
    return 0;
}

/* Parts of copies that are left out, because they are written next, are worth it from so many bytes on. */
enum { LARGE_COPY = 1 << 18, LONG_ROW = 1024 };

/* The box of x that an index selects, by its bounds along each dimension; 0 where it is none, or small, or in short rows. */
static int find_box(struct th_frame *f, const instruction *c, const th_slot *x, int64_t *low, int64_t *high)
{
    int64_t inside = x->itemsize, row = x->itemsize;
    reader r = read_index(c);
    for (int d = 0; d < x->ndim; d++) {
        entry e = {0, x->shape[d], 1};
        if (d < c->params[0] && read_entry(f, c, &r, d, x->shape[d], &e))
            return 0;                               /* what makes the view tells */
        if (e.count < 0)
            e.count = 1;
        if (e.step != 1 && e.step != -1)
            return 0;
        low[d] = e.step > 0 ? e.start : e.start - e.count + 1;
        high[d] = low[d] + e.count;
        inside *= e.count;
    }
    int cut = x->ndim - 1;
    for (; cut > 0 && high[cut] - low[cut] == x->shape[cut]; cut--)
        row *= x->shape[cut];
    return inside >= th_count(x) * x->itemsize / 4 && (!cut || row * (high[cut] - low[cut]) >= LONG_ROW);
}

/* All of x but a box: along each axis what comes before and behind, inside the box along the axes before it. */
static void copy_around(th_slot *o, const th_slot *x, const int64_t *low, const int64_t *high)
{
    int64_t shape[TH_MAX_NDIM];
    th_slot from = *x;
    char *to = o->data;
    memcpy(shape, x->shape, sizeof(int64_t) * x->ndim);
    from.shape = shape;
    for (int d = 0; d < x->ndim; d++) {
        shape[d] = low[d];
        th_copy(to, o->stride, &from);
        shape[d] = x->shape[d] - high[d];
        from.data += high[d] * x->stride[d];
        th_copy(to + high[d] * o->stride[d], o->stride, &from);
        shape[d] = high[d] - low[d];
        from.data -= shape[d] * x->stride[d];
        to += low[d] * o->stride[d];
    }
}

/* Rows of x where a mask does not hold; 0 where they are not all in one piece, or short. */
static int copy_unmasked(th_slot *o, const th_slot *x, const th_slot *m)
{
    int64_t rows = th_product(m->ndim, m->shape), row = th_product(x->ndim - m->ndim, x->shape + m->ndim) * x->itemsize;
    if (row < LONG_ROW || memcmp(m->shape, x->shape, sizeof(int64_t) * m->ndim)
        || !th_is_contiguous(m->ndim, m->shape, m->stride, 1)
        || !th_is_contiguous(x->ndim, x->shape, x->stride, x->itemsize))
        return 0;
    for (int64_t i = 0; i < rows; i++)
        if (!m->data[i])
            memcpy(o->data + i * row, x->data + i * row, row);
    return 1;
}

/* params: none, and all is copied; -1 for rows where a mask, which is the next input, does not hold; or an index as of a
 * subtensor, for all but what it selects. What is left out may be copied as well: it is written next. */
int th_run_copy(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]];
    th_slot *o = &f->slot[c->out[0]];
    int64_t low[TH_MAX_NDIM], high[TH_MAX_NDIM];
    memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
    int error = th_allocate(f, o);
    if (error)
        return error;
    if (c->nparams && th_count(x) * x->itemsize >= LARGE_COPY) {
        if (c->params[0] < 0 && copy_unmasked(o, x, &f->slot[c->in[1]]))
            return 0;
        if (c->params[0] >= 0 && find_box(f, c, x, low, high)) {
            copy_around(o, x, low, high);
            return 0;
        }
    }
    th_collect(o->data, x);
    return 0;
}

int th_run_reshape(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]];
    th_slot *o = &f->slot[c->out[0]];
    int64_t total = th_count(x), known = 1;
    int open = -1;
    const th_slot *s = &f->slot[c->in[1]];
    if (s->shape[0] != o->ndim)
        return th_fail(f, TH_BAD_VALUE, "the shape of a reshape has another length than its result has dimensions");
    for (int d = 0; d < o->ndim; d++) {
        int64_t n = th_integer(s->dtype, s->data + d * s->stride[0]);
        if (n < 0) {
            if (open >= 0 || n != -1)
                return th_fail(f, TH_BAD_VALUE, "can only specify one unknown dimension (-1) in a reshape");
            open = d;
        } else {
            known *= n;
        }
        o->shape[d] = n;
    }
    if (open >= 0 && !known)
        return th_fail(f, TH_BAD_VALUE, "cannot reshape: an extent of -1 is not known where another one is 0");
    if (open >= 0)
        o->shape[open] = total / known;
    if (th_count(o) != total || (open >= 0 && total % known)) {
        f->error.a = total; f->error.b = th_count(o);
        return th_fail(f, TH_BAD_VALUE, "cannot reshape: the number of elements changes");
    }
    if (f->machine->slot[c->out[0]].storage != ST_VIEW) {
        int error = th_allocate(f, o);
        if (!error)
            th_collect(o->data, x);
        return error;
    }
    int64_t nbytes = th_contiguous(o);
    if (th_is_contiguous(x->ndim, x->shape, x->stride, x->itemsize)) {
        o->data = x->data;
        return 0;
    }
    /* The planner knows this slot as a view; its copy lives in a buffer of its own. */
    o->data = th_buffer(f, (int)c->params[0], (size_t)nbytes);
    if (!o->data)
        return TH_OUT_OF_MEMORY;
    th_collect(o->data, x);
    return 0;
}

int th_run_shape_i(struct th_frame *f, const instruction *c)
{
    th_slot *o = &f->slot[c->out[0]];
    int error = th_allocate(f, o);
    if (!error)
        *(int64_t *)o->data = f->slot[c->in[0]].shape[c->params[0]];
    return error;
}

int th_run_alias(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]];
    th_slot *o = &f->slot[c->out[0]];
    o->data = x->data;
    memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
    memcpy(o->stride, x->stride, sizeof(int64_t) * x->ndim);
    return 0;
}

int th_run_empty(struct th_frame *f, const instruction *c)
{
    th_slot *o = &f->slot[c->out[0]];
    for (int d = 0; d < o->ndim; d++) {
        o->shape[d] = whole_number(&f->slot[c->in[d]]);
        if (o->shape[d] < 0)
            return th_fail(f, TH_BAD_VALUE, "negative dimensions are not allowed");
    }
    return th_allocate(f, o);
}

int th_run_make_vector(struct th_frame *f, const instruction *c)
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
            th_fail(f, TH_INDEX_OUT_OF_BOUNDS, "");
        else
            th_fail(f, TH_BAD_VALUE, "y_i value out of bounds");
        return NULL;
    }
    return x->data + (x->shape[0] > 1 ? i * x->stride[0] : 0) + v * x->stride[1];
}

/* params: negative columns count from the end; x is one row for all. */
int th_run_pick(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]], *k = &f->slot[c->in[1]];
    th_slot *o = &f->slot[c->out[0]];
    o->shape[0] = k->shape[0];
    if (!c->params[1] && x->shape[0] != k->shape[0])
        return th_fail(f, TH_BAD_VALUE, "y_idx must have same number of rows as x");
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
int th_run_put(struct th_frame *f, const instruction *c)
{
    const th_slot *x = &f->slot[c->in[0]], *k = &f->slot[c->in[1]], *v = &f->slot[c->in[2]];
    th_slot *o = &f->slot[c->out[0]];
    if (x->shape[0] != k->shape[0] || (v->shape[0] != k->shape[0] && v->shape[0] != 1))
        return th_fail(f, TH_BAD_VALUE, "y_idx must have same number of rows as x");
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
