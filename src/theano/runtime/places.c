/* Where an index leads: integers and masks as offsets, all of them checked. */
#include "arrays.h"

/* How many of n truth values hold. */
static int64_t count_row(const uint8_t *p, int64_t step, int64_t n)
{
    int64_t found = 0;
    if (step != 1) {
        for (int64_t i = 0; i < n; i++)
            found += p[i * step] != 0;
        return found;
    }
    while (n > 0) {                             /* in bytes, which are many to a register */
        int64_t part = n < 240 ? n : 240;
        uint8_t some = 0;
        for (int64_t i = 0; i < part; i++)
            some += p[i] != 0;
        found += some;
        p += part;
        n -= part;
    }
    return found;
}

static int64_t count_true(const th_slot *m)
{
    int nd = m->ndim;
    int64_t total = th_product(nd, m->shape), index[TH_MAX_NDIM] = {0}, at[1] = {0}, found = 0;
    const int64_t *stride[1] = {m->stride};
    if (!total)
        return 0;
    if (th_is_contiguous(nd, m->shape, m->stride, 1))
        return count_row((const uint8_t *)m->data, 1, total);
    do
        found += count_row((const uint8_t *)m->data + at[0], m->stride[nd - 1], m->shape[nd - 1]);
    while (th_next(nd - 1, m->shape, index, 1, stride, at));
    return found;
}

/* Adds the offsets of the places where a mask holds, n of them. x_stride: of the dimensions of x that it selects from.
 * fresh: there are none yet, and room for one more. */
static void add_mask(const th_slot *m, const int64_t *x_stride, int64_t n, int64_t *offset, int fresh)
{
    int nd = m->ndim;
    int64_t index[TH_MAX_NDIM] = {0}, at[2] = {0}, found = 0;
    const int64_t *stride[2] = {m->stride, x_stride};
    if (!nd && n)
        offset[0] = fresh ? 0 : offset[0];
    if (!nd || !n)
        return;
    do {
        const uint8_t *p = (const uint8_t *)m->data + at[0];
        int64_t length = m->shape[nd - 1], step = m->stride[nd - 1], to = at[1], by = x_stride[nd - 1];
        for (int64_t i = 0; fresh && i < length; i++, to += by) {
            offset[found] = to;                 /* one too many at most, for which there is room */
            found += p[i * step] != 0;
        }
        for (int64_t i = 0; !fresh && i < length && found < n; i++, to += by)
            if (p[i * step])
                offset[found++] += to;
    } while (th_next(nd - 1, m->shape, index, 2, stride, at));
}

/* v * stride for each index v; nonzero where one is out of bounds. */
TH_CLONES static int set_row(const int64_t *v, int64_t n, int64_t extent, int64_t stride, int64_t *offset)
{
    int bad = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t at = v[i] + (v[i] < 0 ? extent : 0);
        bad |= (uint64_t)at >= (uint64_t)extent;
        offset[i] = (int64_t)((uint64_t)at * (uint64_t)stride);         /* whatever an index is that is out of bounds */
    }
    return bad;
}

TH_CLONES static int check_row(const int64_t *v, int64_t n, int64_t extent)
{
    int bad = 0;
    for (int64_t i = 0; i < n; i++)
        bad |= (v[i] < -extent) | (v[i] >= extent);
    return bad;
}

/* Adds v * stride for indices v that are `step` apart. */
static int add_row(const char *v, int64_t step, int64_t n, int64_t extent, int64_t stride, int64_t *offset)
{
    int bad = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t at = *(const int64_t *)(v + i * step);
        at += at < 0 ? extent : 0;
        bad |= (uint64_t)at >= (uint64_t)extent;
        offset[i] = (int64_t)((uint64_t)offset[i] + (uint64_t)at * (uint64_t)stride);
    }
    return bad;
}

const int64_t *th_offsets(const th_places *p, int64_t i, int64_t n, int64_t *room, int *bad)
{
    if (p->offset)
        return p->offset + i;
    *bad |= set_row((const int64_t *)p->vector->data + i, n, p->extent, p->stride, room);
    return room;
}

static int out_of_bounds(struct th_frame *f, const th_slot *k, int64_t extent, int axis)
{
    int64_t index[TH_MAX_NDIM] = {0}, at[1] = {0};
    const int64_t *stride[1] = {k->stride};
    th_error_info *error = th_error_of(f);
    do {
        int64_t v = *(const int64_t *)(k->data + at[0]);
        if (v < -extent || v >= extent) {
            error->axis = axis; error->a = v; error->b = extent;
            break;
        }
    } while (th_next(k->ndim, k->shape, index, 1, stride, at));
    error->text[0] = 0;
    return error->code = TH_INDEX_OUT_OF_BOUNDS;
}

/* Adds the offsets of an array of integers, which broadcasts to the shape of the index. fresh: there are none yet. */
static int add_integers(struct th_frame *f, const th_slot *x, const th_slot *k, int axis, th_places *p, int fresh)
{
    int nd = p->ndim, missing = nd - k->ndim, bad = 0;
    int64_t step[TH_MAX_NDIM + 1], index[TH_MAX_NDIM] = {0}, at[1] = {0}, *to = p->offset;
    const int64_t *stride[1] = {step};
    if (!p->total)                              /* NumPy checks nothing then */
        return 0;
    for (int d = 0; d < nd; d++)
        step[d] = d < missing || k->shape[d - missing] == 1 ? 0 : k->stride[d - missing];
    if (fresh && th_is_contiguous(nd, p->shape, step, sizeof(int64_t))) {
        bad = set_row((const int64_t *)k->data, p->total, x->shape[axis], x->stride[axis], to);
        return bad ? out_of_bounds(f, k, x->shape[axis], axis) : 0;
    }
    if (fresh)
        memset(to, 0, sizeof(int64_t) * p->total);
    if (!nd) {
        bad = add_row(k->data, 0, 1, x->shape[axis], x->stride[axis], to);
    } else {
        int64_t n = p->shape[nd - 1];
        do {
            bad |= add_row(k->data + at[0], step[nd - 1], n, x->shape[axis], x->stride[axis], to);
            to += n;
        } while (th_next(nd - 1, p->shape, index, 1, stride, at));
    }
    return bad ? out_of_bounds(f, k, x->shape[axis], axis) : 0;
}

/* Broadcasts the index's shape with another one. */
static int join_shape(struct th_frame *f, th_places *p, int ndim, const int64_t *shape)
{
    for (; p->ndim < ndim; p->ndim++) {
        memmove(p->shape + 1, p->shape, sizeof(int64_t) * p->ndim);
        p->shape[0] = 1;
    }
    for (int d = 0; d < ndim; d++) {
        int64_t *n = &p->shape[p->ndim - ndim + d];
        if (*n == 1)
            *n = shape[d];
        else if (shape[d] != 1 && shape[d] != *n)
            return th_fail(f, TH_INDEX_OUT_OF_BOUNDS,
                           "shape mismatch: indexing arrays could not be broadcast together");
    }
    return 0;
}

int th_check_vector(struct th_frame *f, const th_places *p, int axis)
{
    if (p->vector && p->total && check_row((const int64_t *)p->vector->data, p->total, p->extent))
        return out_of_bounds(f, p->vector, p->extent, axis);
    return 0;
}

/* Integers of another dtype as int64, in C order. */
static int widen(struct th_frame *f, const th_slot *k, th_slot *wide, int64_t *stride)
{
    int64_t n = th_product(k->ndim, k->shape), index[TH_MAX_NDIM] = {0}, at[1] = {0}, step = sizeof(int64_t);
    int64_t *to = th_scratch(f, sizeof(int64_t) * (n + 1));
    const int64_t *moved[1] = {k->stride};
    if (!to)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for an index");
    *wide = *k;
    wide->data = (char *)to;
    wide->dtype = TH_INT64;
    wide->stride = stride;
    for (int d = k->ndim; d--; step *= k->shape[d])
        stride[d] = step;
    if (!n)
        return 0;
#define WIDEN(T)                                                                                                       \
    for (int64_t i = 0; i < n; i++)                                                                                    \
        to[i] = ((const T *)k->data)[i];                                                                               \
    return 0;
    if (th_is_contiguous(k->ndim, k->shape, k->stride, k->itemsize))
        switch (k->dtype) {
        case TH_INT32: WIDEN(int32_t)
        case TH_INT16: WIDEN(int16_t)
        case TH_INT8: WIDEN(int8_t)
        case TH_UINT32: WIDEN(uint32_t)
        case TH_UINT16: WIDEN(uint16_t)
        case TH_UINT8: WIDEN(uint8_t)
        }
    do
        *to++ = th_integer(k->dtype, k->data + at[0]);
    while (th_next(k->ndim, k->shape, index, 1, moved, at));
    return 0;
}

int th_find_places(struct th_frame *f, const th_slot *x, th_slot **given, int nindex, const int64_t *axis, int front,
                   int lazy, th_places *p)
{
    int64_t held[TH_MAX_NDIM];
    const th_slot *index[TH_MAX_NDIM];
    char taken[TH_MAX_NDIM + 1] = {0};
    int error = 0;
    p->ndim = 0;
    p->front = front;
    p->nkept = 0;
    p->mask = p->vector = NULL;
    p->offset = NULL;
    for (int e = 0; e < nindex && !error; e++) {
        index[e] = given[e];
        if (given[e]->dtype == TH_INT64 || given[e]->dtype == TH_BOOL)
            continue;
        int64_t *room = th_scratch(f, sizeof(th_slot) + sizeof(int64_t) * (TH_MAX_NDIM + 1));
        if (!room)
            return th_fail(f, TH_OUT_OF_MEMORY, "no memory for an index");
        th_slot *wide = (th_slot *)(room + TH_MAX_NDIM + 1);
        error = widen(f, given[e], wide, room);
        index[e] = wide;
    }
    if (error)
        return error;
    for (int e = 0; e < nindex && !error; e++) {
        const th_slot *k = index[e];
        int width = 1, a = (int)axis[e];
        if (k->dtype == TH_BOOL) {
            width = k->ndim;
            for (int d = 0; d < width; d++)
                if (k->shape[d] != x->shape[a + d])
                    return th_fail(f, TH_INDEX_OUT_OF_BOUNDS, "boolean index did not match indexed array: a mask has the "
                                   "shape of the dimensions that it selects from");
            held[e] = width ? count_true(k) : *(const uint8_t *)k->data != 0;
            error = join_shape(f, p, 1, &held[e]);
        } else {
            error = join_shape(f, p, k->ndim, k->shape);
        }
        memset(taken + a, 1, width);
    }
    if (error)
        return error;
    for (int d = 0; d < x->ndim; d++)
        if (!taken[d])
            p->kept[p->nkept++] = d;
    p->total = th_product(p->ndim, p->shape);
    if (lazy && nindex == 1 && index[0]->dtype == TH_BOOL) {
        p->mask = index[0];
        return 0;
    }
    if (lazy && nindex == 1 && th_is_contiguous(p->ndim, p->shape, index[0]->stride, sizeof(int64_t))) {
        p->vector = index[0];
        p->extent = x->shape[axis[0]];
        p->stride = x->stride[axis[0]];
        return 0;
    }
    p->offset = th_scratch(f, sizeof(int64_t) * (p->total + 1));
    if (!p->offset)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for the places of an index");
    for (int e = 0; e < nindex && !error; e++) {
        const th_slot *k = index[e];
        if (k->dtype != TH_BOOL) {
            error = add_integers(f, x, k, (int)axis[e], p, e == 0);
        } else if (held[e] == p->total) {
            add_mask(k, x->stride + axis[e], held[e], p->offset, e == 0);
        } else if (p->total) {                  /* along the last axis of the index, or one place for all */
            int64_t *one = th_scratch(f, sizeof(int64_t) * (held[e] + 1));
            if (!one)
                return th_fail(f, TH_OUT_OF_MEMORY, "no memory for the places of a mask");
            add_mask(k, x->stride + axis[e], held[e], one, 1);
            for (int64_t i = 0; i < p->total; i++)
                p->offset[i] = (e ? p->offset[i] : 0) + one[held[e] == 1 ? 0 : i % held[e]];
        }
    }
    return error;
}
