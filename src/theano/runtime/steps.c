/* Loops whose steps are scalar work: a generated function makes the steps, for a block of elements at a time.
 *
 * Values of step t have number reach + t; the initial rows of a carry come before. The function keeps what steps hand
 * on in locals, or for blocks in scratch memory, so that steps don't wait for arrays; arrays get the rows that are
 * kept. Rows that are not kept go to a dummy: storing them is cheaper than asking.
 */
#include <string.h>
#include "arrays.h"
#include "steps.h"

enum { PACKED_STEPS = 1024,         /* steps at a time where rows are copied, because their elements are apart */
       RING_ROWS = 256,             /* least rows of a ring that is kept until the number of steps is known */
       FIRST_ROWS = 4096 };         /* rows that it has at first, where it may need more */

/* An array, or something that walks the space like one. */
typedef struct walker {
    const th_slot *slot;
    char *data;                     /* of row 0, or the value of step 0, at the current block */
    int64_t step, item;             /* bytes from row to row */
    int64_t *stride;                /* by axis of the space */
    int lane;                       /* walks the space at all */
    int packs;                      /* its elements are not side by side */
} walker;

/* A carry, a state or a stack. */
typedef struct kept {
    walker in, out;                 /* of stacks only out */
    int64_t reach, rows;            /* rows: how many come out */
    int64_t skip;                   /* steps whose rows are not kept */
    char *memory;                   /* values handed on, oldest first, a block's width each; NULL for stacks */
    char *ring;                     /* rows until the number of steps is known; NULL where it is */
    int64_t ring_rows, ring_limit;
    th_slot *result;
} kept;

typedef struct loop {
    const th_call *call;
    const th_steps_spec *spec;
    th_steps_fn step;
    int64_t n, done;
    int ndim;                       /* of the space, once axes were joined */
    int64_t extent[TH_MAX_NDIM];
    walker *fed;                    /* sequences, then others */
    kept *kept;                     /* carries, states, stacks */
    int nfed, nkept, any_packs, width, error;
    char **pointer, *dummy;
    int64_t *bump;
    char **packed;
    char *arena;                    /* scratch memory, filled with zeros, that nobody has taken */
} loop;

/* Reads the operands of an axis list; 0 where an extent is not that of the space. */
static int take_extents(loop *l, const th_slot *s, const int64_t *axes)
{
    for (int d = 0; d < l->spec->ndim; d++)
        if (axes[d] >= 0) {
            int64_t n = s->shape[axes[d]];
            if (l->extent[d] >= 0 && l->extent[d] != n)
                return 0;
            l->extent[d] = n;
        }
    return 1;
}

/* Bytes that n of this size take in the arena, which keeps all it gives aligned. */
static size_t rounded(int64_t n, size_t size) { return ((size_t)n * size + 63) & ~(size_t)63; }

static void *room(loop *l, int64_t n, size_t size)
{
    char *p = l->arena;
    l->arena += rounded(n, size);
    return p;
}

static void set_walker(loop *l, walker *w, const th_slot *s, const int64_t *axes, int rows)
{
    w->slot = s;
    w->data = s->data;
    w->item = s->itemsize;
    w->step = rows ? s->stride[0] : 0;
    w->stride = room(l, l->spec->ndim, sizeof(int64_t));
    for (int d = 0; d < l->spec->ndim; d++) {
        w->stride[d] = axes[d] >= 0 ? s->stride[axes[d]] : 0;
        w->lane |= axes[d] >= 0;
    }
}

/* Calls f for every walker of the loop. */
#define EACH_WALKER(l, w, DO)                                                                               \
    for (int _k = 0; _k < (l)->nfed; _k++) { walker *w = &(l)->fed[_k]; DO }                                \
    for (int _k = 0; _k < (l)->nkept; _k++) {                                                               \
        if ((l)->kept[_k].memory) { walker *w = &(l)->kept[_k].in; DO }                                     \
        if (!(l)->kept[_k].ring) { walker *w = &(l)->kept[_k].out; DO }                                     \
    }

/* Joins axes that all operands walk as one. */
static void join_axes(loop *l)
{
    int to = 0;
    for (int d = 1; d < l->ndim; d++) {
        int together = 1;
        EACH_WALKER(l, w, together &= w->stride[to] == w->stride[d] * l->extent[d];)
        if (together) {
            l->extent[to] *= l->extent[d];
            EACH_WALKER(l, w, w->stride[to] = w->stride[d];)
        } else {
            to++;
            l->extent[to] = l->extent[d];
            EACH_WALKER(l, w, w->stride[to] = w->stride[d];)
        }
    }
    l->ndim = l->ndim ? to + 1 : 0;
}

/* Copies w elements that are `stride` apart, or one element w times. */
static void gather(char *to, const char *from, int64_t stride, int64_t item, int64_t w)
{
    if (stride == item) {
        memcpy(to, from, w * item);
        return;
    }
#define DO(T) for (int64_t e = 0; e < w; e++) ((T *)to)[e] = *(const T *)(from + e * stride); break;
    TH_EACH_SIZE(DO)
#undef DO
}

/* The values handed on, as they are before the first step, for w elements. */
static void start_block(loop *l, int64_t w)
{
    for (int k = 0; k < l->nkept; k++) {
        kept *c = &l->kept[k];
        if (!c->memory)
            continue;
        int64_t width = c->in.lane ? l->width : 1, n = c->in.lane ? w : 1;
        for (int64_t j = 0; j < c->reach; j++)
            gather(c->memory + j * width * c->in.item, c->in.data + j * c->in.step,
                   c->in.lane ? l->ndim ? c->in.stride[l->ndim - 1] : 0 : 0, c->in.item, n);
    }
}

/* The last values of states. */
static void end_block(loop *l, int64_t w)
{
    for (int k = l->spec->ncarries; k < l->spec->ncarries + l->spec->nstates; k++) {
        kept *c = &l->kept[k];
        memcpy(c->out.data, c->memory, (c->in.lane ? w : 1) * c->in.item);
    }
}

/* Twice the rows for a ring that has not come round yet. */
static void grow(loop *l, kept *c)
{
    int64_t rows = 2 * c->ring_rows < c->ring_limit ? 2 * c->ring_rows : c->ring_limit;
    char *more = th_scratch(l->call->frame, rows * c->out.item);
    if (!more) {
        l->error = 1;
        return;
    }
    c->ring = memcpy(more, c->ring, c->ring_rows * c->out.item);
    c->ring_rows = rows;
}

/* Where the steps from t on read and write, and how many steps this holds for. */
static int64_t aim(loop *l, int64_t t, int64_t w)
{
    int64_t stop = l->n, last = l->ndim - 1;
    int at = 0;
    if (l->any_packs && stop > t + PACKED_STEPS)
        stop = t + PACKED_STEPS;
    for (int k = 0; k < l->nfed; k++, at++) {
        walker *x = &l->fed[k];
        l->pointer[at] = x->data + t * x->step;
        l->bump[at] = x->step;
    }
    for (int k = 0; k < l->spec->ncarries + l->spec->nstates; k++)
        l->pointer[at++] = l->kept[k].memory;
    for (int k = 0; k < l->nkept; k++) {
        kept *c = &l->kept[k];
        if (k >= l->spec->ncarries && k < l->spec->ncarries + l->spec->nstates)
            continue;
        if (c->ring) {
            if (c->reach + t >= c->ring_rows && c->ring_rows < c->ring_limit)
                grow(l, c);
            int64_t row = (c->reach + t) % c->ring_rows;
            if (stop > t + c->ring_rows - row)
                stop = t + c->ring_rows - row;
            l->pointer[at] = c->ring + row * c->out.item;
            l->bump[at++] = c->out.item;
        } else if (t < c->skip) {
            if (stop > c->skip)
                stop = c->skip;
            l->pointer[at] = l->dummy;
            l->bump[at++] = 0;
        } else {
            l->pointer[at] = c->out.data + (t - c->skip) * c->out.step;
            l->bump[at++] = c->out.step;
        }
    }
    for (int k = 0; l->any_packs && k < l->nfed; k++) {
        walker *x = &l->fed[k];
        if (!x->packs)
            continue;
        int64_t rows = x->step || k < l->spec->nsequences ? stop - t : 1;
        for (int64_t i = 0; i < rows; i++)
            gather(l->packed[k] + i * l->width * x->item, l->pointer[k] + i * x->step, x->stride[last], x->item, w);
        l->pointer[k] = l->packed[k];
        l->bump[k] = l->width * x->item;
    }
    return stop;
}

static void run_block(loop *l, int64_t w)
{
    start_block(l, w);
    for (int64_t t = 0; t < l->n;) {
        int64_t stop = aim(l, t, w);
        if (l->error)
            return;
        int64_t done = l->step(l->pointer, l->bump, t, stop - t, w);
        if (done < 0) {
            l->done = t + ~done;
            break;
        }
        l->done = t = stop;
    }
    end_block(l, w);
}

/* All blocks: those of the last axis for each index of the others. */
static void run_blocks(loop *l)
{
    int64_t index[TH_MAX_NDIM] = {0}, total = th_product(l->ndim, l->extent);
    int last = l->ndim - 1;
    int64_t length = l->ndim ? l->extent[last] : 1;
    if (!total || !l->ndim) {                           /* numbers that all elements share are still wanted */
        run_block(l, l->ndim ? 0 : 1);
        return;
    }
    for (;;) {
        for (int64_t e = 0; e < length; e += l->width) {
            int64_t w = length - e < l->width ? length - e : l->width;
            run_block(l, w);
            EACH_WALKER(l, x, x->data += w * x->stride[last];)
        }
        EACH_WALKER(l, x, x->data -= length * x->stride[last];)
        int d = last - 1;
        for (; d >= 0; d--) {
            EACH_WALKER(l, x, x->data += x->stride[d];)
            if (++index[d] < l->extent[d])
                break;
            index[d] = 0;
            EACH_WALKER(l, x, x->data -= l->extent[d] * x->stride[d];)
        }
        if (d < 0)
            return;
    }
}

/* Storage for a result with `rows` rows, of which row 0 may be no axis (-1). */
static int allocate(loop *l, th_slot *o, const int64_t *axes, int64_t rows)
{
    for (int d = 0; d < o->ndim; d++)
        o->shape[d] = 1;
    if (rows >= 0)
        o->shape[0] = rows;
    for (int d = 0; d < l->spec->ndim; d++)
        if (axes[d] >= 0)
            o->shape[axes[d]] = l->extent[d];
    return th_allocate(l->call->frame, o);
}

/* A row of an array as an array. */
static th_slot row_of(const th_slot *x, int64_t j)
{
    th_slot row = *x;
    row.data += j * x->stride[0];
    row.shape++;
    row.stride++;
    row.ndim--;
    return row;
}

/* Storage for a carry or a stack: the result, with the initial rows that are kept, or a ring. */
static int prepare_rows(loop *l, kept *c, const int64_t *axes)
{
    int64_t filled = c->reach + l->n, first = filled - c->rows;
    if (l->spec->until) {
        c->ring_limit = first > 0 && c->rows < RING_ROWS ? RING_ROWS : c->rows + !c->rows;
        c->ring_rows = c->ring_limit < FIRST_ROWS ? c->ring_limit : FIRST_ROWS;
        c->out.item = c->result->itemsize;
        c->ring = th_scratch(l->call->frame, c->ring_rows * c->out.item);
        if (!c->ring)
            return -1;
        for (int64_t j = 0; j < c->reach; j++)
            memcpy(c->ring + j % c->ring_rows * c->out.item, c->in.slot->data + j * c->in.step, c->out.item);
        return 0;
    }
    int error = allocate(l, c->result, axes, c->rows);
    if (error)
        return error;
    set_walker(l, &c->out, c->result, axes, 1);
    for (int64_t j = first; j < c->reach; j++) {
        th_slot from = row_of(c->in.slot, j), to = row_of(c->result, j - first);
        th_copy(to.data, to.stride, &from);
    }
    if (first < c->reach)
        c->out.data += (c->reach - first) * c->out.step;
    c->skip = first > c->reach ? first - c->reach : 0;
    return 0;
}

/* The rows that a ring holds, in order. */
static int unroll(loop *l, kept *c, const int64_t *axes)
{
    int64_t filled = c->reach + l->done, rows = filled < c->rows ? filled : c->rows, item = c->out.item;
    int error = allocate(l, c->result, axes, rows);
    for (int64_t i = 0; !error && i < rows; i++)
        memcpy(c->result->data + i * item, c->ring + (filled - rows + i) % c->ring_rows * item, item);
    return error;
}

/* Reads params; 0 where there is no memory. */
static int read_spec(loop *l, th_steps_spec *s)
{
    const int64_t *p = l->call->params;
    s->until = (int)p[0];
    s->width = (int)p[1];
    s->ndim = (int)p[2];
    s->nsequences = (int)p[3];
    s->ncarries = (int)p[4];
    s->nstates = (int)p[5];
    s->nstacks = (int)p[6];
    s->nothers = (int)p[7];
    s->reach = p + 8;
    s->axes = s->reach + s->ncarries;
    l->spec = s;
    l->ndim = s->ndim;
    l->width = s->width ? s->width : 1;
    l->nfed = s->nsequences + s->nothers;
    l->nkept = s->ncarries + s->nstates + s->nstacks;
    int npointers = l->nfed + 2 * l->nkept;
    int64_t values = 1 + s->nstates;                    /* that steps hand on, and the dummy */
    for (int k = 0; k < s->ncarries; k++)
        values += s->reach[k];
    size_t bytes = rounded(l->nfed, sizeof *l->fed) + rounded(l->nkept, sizeof *l->kept)
        + 2 * rounded(npointers, sizeof *l->pointer) + rounded(l->nfed, sizeof *l->packed)
        + npointers * rounded(s->ndim, sizeof(int64_t)) + rounded(values * l->width, sizeof(th_pair))
        + (s->ncarries + s->nstates + 1) * rounded(1, 1);
    if (!(l->arena = th_scratch(l->call->frame, bytes)))
        return 0;
    memset(l->arena, 0, bytes);
    l->fed = room(l, l->nfed, sizeof *l->fed);
    l->kept = room(l, l->nkept, sizeof *l->kept);
    l->pointer = room(l, npointers, sizeof *l->pointer);
    l->bump = room(l, npointers, sizeof *l->bump);
    l->packed = room(l, l->nfed, sizeof *l->packed);
    l->dummy = room(l, l->width, sizeof(th_pair));
    for (int d = 0; d < s->ndim; d++)
        l->extent[d] = -1;
    return 1;
}

#define DECLINE th_fail(l->call->frame, TH_DECLINED, "a loop over elements got rows or extents that don't fit")

/* Takes the inputs; TH_DECLINED where they aren't those of a loop that can run here. */
static int take_inputs(loop *l)
{
    const th_steps_spec *s = l->spec;
    th_slot **in = l->call->in;
    const int64_t *axes = s->axes;
    int at = 1;
    l->n = th_integer(in[0]->dtype, in[0]->data);
    if (l->n < 0)
        return DECLINE;
    for (int k = 0; k < s->nsequences; k++, at++, axes += s->ndim) {
        if (in[at]->shape[0] < l->n || !take_extents(l, in[at], axes))
            return DECLINE;
        set_walker(l, &l->fed[k], in[at], axes, 1);
    }
    for (int k = 0; k < l->nkept; k++, at++, axes += s->ndim) {
        kept *c = &l->kept[k];
        c->result = l->call->out[k];
        if (k >= s->ncarries + s->nstates) {
            c->rows = th_integer(in[at]->dtype, in[at]->data);
            if (c->rows < 0)
                return DECLINE;
            c->rows = c->rows < l->n ? c->rows : l->n;
            continue;
        }
        int rows = k < s->ncarries;
        c->reach = rows ? s->reach[k] : 1;
        c->rows = rows ? in[at]->shape[0] : 1;
        if (c->rows < c->reach || c->rows > l->n + c->reach || !take_extents(l, in[at], axes))
            return DECLINE;
        set_walker(l, &c->in, in[at], axes, rows);
        c->memory = room(l, c->reach * (c->in.lane ? l->width : 1), c->in.item);
    }
    for (int k = s->nsequences; k < l->nfed; k++, at++, axes += s->ndim) {
        if (!take_extents(l, in[at], axes))
            return DECLINE;
        set_walker(l, &l->fed[k], in[at], axes, 0);
    }
    for (int d = 0; d < s->ndim; d++)
        l->extent[d] = l->extent[d] < 0 ? 1 : l->extent[d];
    return 0;
}

static int prepare_results(loop *l)
{
    const th_steps_spec *s = l->spec;
    const int64_t *axes = s->axes + s->nsequences * s->ndim;
    for (int k = 0; k < l->nkept; k++, axes += s->ndim) {
        kept *c = &l->kept[k];
        int error;
        if (k >= s->ncarries && k < s->ncarries + s->nstates) {
            error = allocate(l, c->result, axes, -1);
            if (!error)
                set_walker(l, &c->out, c->result, axes, 0);
        } else {
            error = prepare_rows(l, c, axes);
        }
        if (error)
            return error;
    }
    return 0;
}

/* Room for rows whose elements are not side by side. */
static int prepare_packing(loop *l)
{
    for (int k = 0; k < l->nfed && l->ndim; k++) {
        walker *x = &l->fed[k];
        x->packs = x->lane && x->stride[l->ndim - 1] != x->item;
        if (!x->packs)
            continue;
        int64_t rows = k >= l->spec->nsequences ? 1 : l->n < PACKED_STEPS ? l->n : PACKED_STEPS;
        if (!(l->packed[k] = th_scratch(l->call->frame, rows * l->width * x->item)))
            return -1;
        l->any_packs = 1;
    }
    return 0;
}

int th_run_steps(const th_call *call, th_steps_fn step)
{
    loop this = {.call = call, .step = step}, *l = &this;
    th_steps_spec spec;
    if (!read_spec(l, &spec))
        return th_fail(call->frame, TH_OUT_OF_MEMORY, "no memory for a loop");
    int error = take_inputs(l);
    if (!error)
        error = prepare_results(l);
    if (!error) {
        join_axes(l);
        error = prepare_packing(l);
    }
    if (error < 0)
        return th_fail(call->frame, TH_OUT_OF_MEMORY, "no memory for a loop");
    if (error)
        return error;
    run_blocks(l);
    if (l->error)
        return th_fail(call->frame, TH_OUT_OF_MEMORY, "no memory for the rows of a loop");
    const int64_t *axes = spec.axes + spec.nsequences * spec.ndim;
    for (int k = 0; k < l->nkept && !error; k++, axes += spec.ndim)
        if (l->kept[k].ring)
            error = unroll(l, &l->kept[k], axes);
    return error;
}
