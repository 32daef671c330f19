/* Writing through an index: set, add, multiply, minimum, maximum; duplicates one after the other. */
#include <complex.h>
#include "blocks.h"

enum { SET, ADD, MUL, MINIMUM, MAXIMUM, OPERATIONS };       /* theano.codegen.kernels.index: OPERATIONS */

/* n elements, sx and sy apart; and one element at each of n offsets, with values sy apart. */
typedef void (*row_fn)(char *x, int64_t sx, const char *y, int64_t sy, int64_t n);
typedef void (*each_fn)(char *x, const int64_t *offset, const char *y, int64_t sy, int64_t n);
typedef void (*held_fn)(char *x, const uint8_t *mask, const char *y, int64_t n);
/* `each` for places far from one another, of an index that is not checked yet; nonzero where it is out of bounds. */
typedef int (*far_fn)(char *x, const th_places *p, const char *y, int64_t sy);
typedef struct writer { row_fn row; each_fn each; held_fn held; far_fn far; } writer;

#define WRITER(NAME, T, EXPRESSION)                                                                                    \
    TH_CLONES static void NAME##_row(char *x, int64_t sx, const char *y, int64_t sy, int64_t n)                        \
    {                                                                                                                  \
        if (sx == sizeof(T) && sy == sizeof(T)) {                                                                      \
            for (int64_t i = 0; i < n; i++) {                                                                          \
                T a = ((T *)x)[i], b = ((const T *)y)[i];                                                              \
                (void)a;                                                                                               \
                ((T *)x)[i] = EXPRESSION;                                                                              \
            }                                                                                                          \
        } else if (sx == sizeof(T) && !sy && n) {                                                                      \
            T b = *(const T *)y;                                                                                       \
            for (int64_t i = 0; i < n; i++) {                                                                          \
                T a = ((T *)x)[i];                                                                                     \
                (void)a;                                                                                               \
                ((T *)x)[i] = EXPRESSION;                                                                              \
            }                                                                                                          \
        } else {                                                                                                       \
            for (int64_t i = 0; i < n; i++) {                                                                          \
                T a = *(T *)(x + i * sx), b = *(const T *)(y + i * sy);                                                \
                (void)a;                                                                                               \
                *(T *)(x + i * sx) = EXPRESSION;                                                                       \
            }                                                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
    static void NAME##_each(char *x, const int64_t *offset, const char *y, int64_t sy, int64_t n)                      \
    {                                                                                                                  \
        if (!sy && n) {                                                                                                \
            T b = *(const T *)y;                                                                                       \
            _Pragma("GCC unroll 4")                                                                                    \
            for (int64_t i = 0; i < n; i++) {                                                                          \
                T *p = (T *)(x + offset[i]), a = *p;                                                                   \
                (void)a;                                                                                               \
                *p = EXPRESSION;                                                                                       \
            }                                                                                                          \
            return;                                                                                                    \
        }                                                                                                              \
        _Pragma("GCC unroll 4")                                                                                        \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            T *p = (T *)(x + offset[i]), a = *p, b = *(const T *)(y + i * sy);                                         \
            (void)a;                                                                                                   \
            *p = EXPRESSION;                                                                                           \
        }                                                                                                              \
    }                                                                                                                  \
    static int NAME##_far(char *x, const th_places *p, const char *y, int64_t sy)                                      \
    {                                                                                                                  \
        const int64_t *index = (const int64_t *)p->vector->data;                                                       \
        int64_t n = p->total, extent = p->extent, sx = p->stride, asked = th_asked(p);                                 \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            if (i < asked)                                                                                             \
                th_ask_for_place(x, index + i, extent, sx);                                                            \
            int64_t at = index[i];                                                                                     \
            if (at < 0)                                                                                                \
                at += extent;                                                                                          \
            if ((uint64_t)at >= (uint64_t)extent)                                                                      \
                return 1;                                                                                              \
            T *to = (T *)(x + at * sx), a = *to, b = *(const T *)(y + i * sy);                                         \
            (void)a;                                                                                                   \
            *to = EXPRESSION;                                                                                          \
        }                                                                                                              \
        return 0;                                                                                                      \
    }                                                                                                                  \
    TH_CLONES static void NAME##_held(char *x, const uint8_t *mask, const char *y, int64_t n)                          \
    {                                                                                                                  \
        T *to = (T *)x, b = *(const T *)y;                                                                             \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            T a = to[i], c = EXPRESSION;                                                                               \
            to[i] = mask[i] ? c : a;                                                                                   \
        }                                                                                                              \
    }

#define LESS(a, b) (a <= b || a != a ? a : b)
#define MORE(a, b) (a >= b || a != a ? a : b)
#define NUMBERS(X)                                                                                                     \
    X(i8, int8_t) X(i16, int16_t) X(i32, int32_t) X(i64, int64_t) X(u8, uint8_t) X(u16, uint16_t) X(u32, uint32_t)     \
    X(u64, uint64_t) X(f32, float) X(f64, double)

WRITER(set_1, uint8_t, b)
WRITER(set_2, uint16_t, b)
WRITER(set_4, uint32_t, b)
WRITER(set_8, uint64_t, b)
WRITER(set_16, th_pair, b)
WRITER(or_b, uint8_t, (uint8_t)(a | b))
WRITER(and_b, uint8_t, (uint8_t)(a & b))
#define ARITHMETIC(NAME, T) WRITER(add_##NAME, T, (T)(a + b)) WRITER(mul_##NAME, T, (T)(a * b))
#define ORDER(NAME, T) WRITER(min_##NAME, T, LESS(a, b)) WRITER(max_##NAME, T, MORE(a, b))
/* Unsigned numbers of the same size wrap around where signed ones overflow. */
WRITER(add_i8, uint8_t, (uint8_t)(a + b)) WRITER(mul_i8, uint8_t, (uint8_t)(a * b))
WRITER(add_i16, uint16_t, (uint16_t)(a + b)) WRITER(mul_i16, uint16_t, (uint16_t)((uint32_t)a * b))
WRITER(add_i32, uint32_t, a + b) WRITER(mul_i32, uint32_t, a * b)
WRITER(add_i64, uint64_t, a + b) WRITER(mul_i64, uint64_t, a * b)
ARITHMETIC(f32, float)
ARITHMETIC(f64, double)
ARITHMETIC(c64, float complex)
ARITHMETIC(c128, double complex)
NUMBERS(ORDER)

#define OF(NAME) {NAME##_row, NAME##_each, NAME##_held, NAME##_far}
static const writer SETTERS[] = {[1] = OF(set_1), [2] = OF(set_2), [4] = OF(set_4), [8] = OF(set_8), [16] = OF(set_16)};
static const writer WRITERS[OPERATIONS][TH_OBJECT] = {
#define SIGNS(P) [TH_INT8] = OF(P##_i8), [TH_INT16] = OF(P##_i16), [TH_INT32] = OF(P##_i32), [TH_INT64] = OF(P##_i64), \
    [TH_UINT8] = OF(P##_i8), [TH_UINT16] = OF(P##_i16), [TH_UINT32] = OF(P##_i32), [TH_UINT64] = OF(P##_i64),          \
    [TH_FLOAT32] = OF(P##_f32), [TH_FLOAT64] = OF(P##_f64), [TH_COMPLEX64] = OF(P##_c64), [TH_COMPLEX128] = OF(P##_c128)
#define ORDERED(P) [TH_INT8] = OF(P##_i8), [TH_INT16] = OF(P##_i16), [TH_INT32] = OF(P##_i32), [TH_INT64] = OF(P##_i64),\
    [TH_UINT8] = OF(P##_u8), [TH_UINT16] = OF(P##_u16), [TH_UINT32] = OF(P##_u32), [TH_UINT64] = OF(P##_u64),          \
    [TH_FLOAT32] = OF(P##_f32), [TH_FLOAT64] = OF(P##_f64)
    [ADD] = {[TH_BOOL] = OF(or_b), SIGNS(add)},
    [MUL] = {[TH_BOOL] = OF(and_b), SIGNS(mul)},
    [MINIMUM] = {[TH_BOOL] = OF(and_b), ORDERED(min)},
    [MAXIMUM] = {[TH_BOOL] = OF(or_b), ORDERED(max)},
};

/* Everything about one call: where values go, and where they come from. */
typedef struct plan {
    th_places places;
    writer write;
    int copies, nouter, ninner;
    int64_t piece;                      /* bytes of each value where it lies in one piece and is only copied, else 0 */
    int64_t outer[TH_MAX_NDIM], inner[TH_MAX_NDIM];                 /* extents of the axes that stay */
    int64_t x_outer[TH_MAX_NDIM], x_inner[TH_MAX_NDIM], y_outer[TH_MAX_NDIM], y_inner[TH_MAX_NDIM];
    int64_t y_index[TH_MAX_NDIM];
} plan;

/* Strides of y as an array of the shape of x[index]. */
static int broadcast_value(struct th_frame *f, plan *p, const th_slot *y)
{
    const th_places *s = &p->places;
    int nd = p->nouter + s->ndim + p->ninner, extra = y->ndim - nd;
    for (int d = 0; d < extra; d++)
        if (y->shape[d] != 1)
            return th_fail(f, TH_SHAPE_MISMATCH, "a value has more dimensions than the part of the array it is written to");
    for (int d = 0; d < nd; d++) {
        int k = d + extra, at = d - p->nouter;
        int64_t n = d < p->nouter ? p->outer[d] : at < s->ndim ? s->shape[at] : p->inner[at - s->ndim];
        int64_t *to = d < p->nouter ? &p->y_outer[d] : at < s->ndim ? &p->y_index[at] : &p->y_inner[at - s->ndim];
        if (k >= 0 && y->shape[k] != 1 && y->shape[k] != n) {
            th_error_info *error = th_error_of(f);
            error->a = y->shape[k]; error->b = n; error->axis = d;
            return th_fail(f, TH_SHAPE_MISMATCH, "a value does not broadcast to the part of the array it is written to");
        }
        *to = k < 0 || y->shape[k] == 1 ? 0 : y->stride[k];
    }
    return 0;
}

/* params: operation, axes before the index's, then for each entry of the index the first axis it takes. */
static int make_plan(struct th_frame *f, const th_call *c, int lazy, plan *p)
{
    const th_slot *x = c->in[0], *y = c->in[1];
    th_slot *o = c->out[0];
    int operation = (int)c->params[0], front = (int)c->params[1];
    o->data = x->data;
    memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
    memcpy(o->stride, x->stride, sizeof(int64_t) * x->ndim);
    p->copies = operation == SET;
    p->write = operation == SET ? SETTERS[x->itemsize] : WRITERS[operation][x->dtype];
    int error = th_find_places(f, x, c->in + 2, c->nin - 2, c->params + 2, front, lazy, &p->places);
    if (error)
        return error;
    p->nouter = front;
    p->ninner = p->places.nkept - front;
    for (int d = 0; d < p->nouter; d++) {
        p->outer[d] = x->shape[p->places.kept[d]];
        p->x_outer[d] = x->stride[p->places.kept[d]];
    }
    for (int d = 0; d < p->ninner; d++) {
        p->inner[d] = x->shape[p->places.kept[front + d]];
        p->x_inner[d] = x->stride[p->places.kept[front + d]];
    }
    return broadcast_value(f, p, y);
}

int th_check_scatter(const th_call *c)
{
    struct th_frame *f = c->frame;
    plan p;
    int error = make_plan(f, c, 1, &p);
    return error ? error : th_check_vector(f, &p.places, (int)c->params[2]);
}

/* Makes one axis of those that lie one behind the other, for both. */
static void merge(plan *p, int64_t item)
{
    int to = 0;
    for (int d = 0; d < p->ninner; d++) {
        if (p->inner[d] == 1)
            continue;
        if (to && p->x_inner[to - 1] == p->inner[d] * p->x_inner[d] && p->y_inner[to - 1] == p->inner[d] * p->y_inner[d]) {
            p->inner[to - 1] *= p->inner[d];
            p->x_inner[to - 1] = p->x_inner[d];
            p->y_inner[to - 1] = p->y_inner[d];
            continue;
        }
        p->inner[to] = p->inner[d];
        p->x_inner[to] = p->x_inner[d];
        p->y_inner[to++] = p->y_inner[d];
    }
    p->ninner = to;
    p->piece = to == 1 && p->copies && p->x_inner[0] == item && p->y_inner[0] == item ? p->inner[0] * item : 0;
}

static void write_block(const plan *p, char *x, const char *y)
{
    int last = p->ninner - 1;
    int64_t index[TH_MAX_NDIM] = {0}, at[2] = {0};
    const int64_t *stride[2] = {p->x_inner, p->y_inner};
    do
        p->write.row(x + at[0], p->x_inner[last], y + at[1], p->y_inner[last], p->inner[last]);
    while (th_next(last, p->inner, index, 2, stride, at));
}

/* Where the value of each place is, in bytes; where they lie evenly, only how far apart they are. */
static int value_offsets(struct th_frame *f, const plan *p, int64_t *step, const int64_t **found)
{
    const th_places *s = &p->places;
    int64_t index[TH_MAX_NDIM] = {0}, at[1] = {0};
    const int64_t *stride[1] = {p->y_index};
    *step = s->ndim ? p->y_index[s->ndim - 1] : 0;
    int even = 1;
    for (int d = s->ndim - 1; d > 0; d--)
        even &= p->y_index[d - 1] == p->y_index[d] * s->shape[d] || s->shape[d - 1] == 1;
    *found = NULL;
    if (even)
        return 0;
    int64_t *to = th_scratch(f, sizeof(int64_t) * (s->total + 1));
    if (!to)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for the places of an index");
    *found = to;
    do
        *to++ = at[0];
    while (th_next(s->ndim, s->shape, index, 1, stride, at));
    return 0;
}

/* Rows of which a mask of the whole array decides, or elements with one value for all. */
static int write_masked(const plan *p, const th_slot *x, const th_slot *y)
{
    const th_slot *m = p->places.mask;
    if (p->nouter || p->ninner || !m->ndim || p->y_index[0] || !th_is_contiguous(m->ndim, m->shape, m->stride, 1)
        || !th_is_contiguous(m->ndim, m->shape, x->stride, x->itemsize))
        return 0;
    p->write.held(x->data, (const uint8_t *)m->data, y->data, th_product(m->ndim, m->shape));
    return 1;
}

TH_CLONES static void set_blocks(char *x, const int64_t *to, const char *value, const int64_t *from, int64_t step,
                                 int64_t n, int64_t nbytes)
{
    if (from)
        th_copy_blocks(x, to, 0, value, from, 0, n, nbytes);
    else
        th_copy_blocks(x, to, 0, value, NULL, step, n, nbytes);
}

/* Writes values to n places; value: where the first is, from: where each is, or NULL and they are `step` apart. */
static void write_some(const plan *p, char *x, const int64_t *to, const char *value, const int64_t *from, int64_t step,
                       int64_t n)
{
    if (!p->ninner && !from) {
        p->write.each(x, to, value, step, n);
        return;
    }
    if (p->piece) {
        set_blocks(x, to, value, from, step, n, p->piece);
        return;
    }
    for (int64_t j = 0; j < n; j++) {
        const char *y = value + (from ? from[j] : j * step);
        if (!p->ninner) {
            p->write.each(x, to + j, y, 0, 1);
            continue;
        }
        if (j + TH_BLOCKS_AHEAD < n)
            __builtin_prefetch(x + to[j + TH_BLOCKS_AHEAD], 1);
        if (p->ninner == 1)
            p->write.row(x + to[j], p->x_inner[0], y, p->y_inner[0], p->inner[0]);
        else
            write_block(p, x + to[j], y);
    }
}

int th_scatter(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *x = c->in[0], *y = c->in[1];
    plan p;
    int error = make_plan(f, c, 1, &p), bad = 0;
    if (error)
        return error;
    if (!p.places.total || !th_product(p.nouter, p.outer) || !th_product(p.ninner, p.inner))
        return th_check_vector(f, &p.places, (int)c->params[2]);
    if (p.places.mask && write_masked(&p, x, y))
        return 0;
    if ((p.places.mask || p.nouter) && (error = make_plan(f, c, 0, &p)))
        return error;
    merge(&p, x->itemsize);
    int64_t step, index[TH_MAX_NDIM] = {0}, at[2] = {0}, total = p.places.total, room[TH_BLOCK];
    const int64_t *stride[2] = {p.x_outer, p.y_outer}, *from;
    if ((error = value_offsets(f, &p, &step, &from)))
        return error;
    if (!p.ninner && !p.nouter && !from && th_is_far(&p.places)) {
        bad = p.write.far(x->data, &p.places, y->data, step);
        return bad ? th_check_vector(f, &p.places, (int)c->params[2]) : 0;
    }
    do
        for (int64_t i = 0; i < total; i += TH_BLOCK) {
            int64_t n = total - i < TH_BLOCK ? total - i : TH_BLOCK;
            const int64_t *to = th_offsets(&p.places, i, n, room, &bad);
            if (bad)
                return th_check_vector(f, &p.places, (int)c->params[2]);
            const char *value = y->data + at[1] + (from ? 0 : i * step);
            write_some(&p, x->data + at[0], to, value, from ? from + i : NULL, step, n);
        }
    while (th_next(p.nouter, p.outer, index, 2, stride, at));
    return 0;
}
