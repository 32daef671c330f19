/* Pooling: every window as one number, and the gradients of that. */
#include <math.h>
#include "arrays.h"

enum { LARGEST, SUM, TO_LARGEST, OF_LARGEST, TO_ALL, WAYS };    /* theano.codegen.kernels.network: WAYS */
enum { WHOLE, PADDED, INSIDE };                                 /* what an average divides by: 1, or how many places */
#define AXES 3

/* n windows of a row, with one place of each: those of x and y are `step` apart. p and q belong to the windows. */
typedef void (*line_fn)(char *p, char *q, const char *x, char *y, int64_t step, int64_t n);

#define EACH(T, STEP, STATEMENT)                                                                                       \
    _Pragma("GCC ivdep")                                                                                               \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
        const T *a = (const T *)x + i * STEP;                                                                          \
        T *b = (T *)y + i * STEP;                                                                                      \
        (void)a; (void)b;                                                                                              \
        STATEMENT;                                                                                                     \
    }
#define LINE(NAME, T, STATEMENT)                                                                                       \
    TH_CLONES static void NAME(char *at, char *of, const char *x, char *y, int64_t step, int64_t n)                    \
    {                                                                                                                  \
        T *p = (T *)at, *q = (T *)of;                                                                                  \
        (void)q;                                                                                                       \
        if (step == 1)                                                                                                 \
            EACH(T, 1, STATEMENT)                                                                                      \
        else if (step == 2)                                                                                            \
            EACH(T, 2, STATEMENT)                                                                                      \
        else                                                                                                           \
            EACH(T, step, STATEMENT)                                                                                   \
    }
#define LINES(NAME, T)                                                                                                 \
    LINE(largest_##NAME, T, p[i] = p[i] >= *a || p[i] != p[i] ? p[i] : *a)                                             \
    LINE(sum_##NAME, T, p[i] += *a)                                                                                    \
    LINE(to_largest_##NAME, T, *b += *a == p[i] ? q[i] : 0)                                                            \
    LINE(of_largest_##NAME, T, q[i] += *a == p[i] ? *b : 0)                                                            \
    LINE(to_all_##NAME, T, *b += p[i])                                                                                 \
    static void fill_##NAME(char *to, double v, int64_t n)                                                             \
    {                                                                                                                  \
        for (int64_t i = 0; i < n; i++)                                                                                \
            ((T *)to)[i] = (T)v;                                                                                       \
    }                                                                                                                  \
    static void divide_##NAME(char *to, const char *from, const double *count, double by, int64_t n)                   \
    {                                                                                                                  \
        for (int64_t i = 0; i < n; i++)                                                                                \
            ((T *)to)[i] = (T)(((const T *)from)[i] / (count[i] * by));                                                \
    }
LINES(f32, float)
LINES(f64, double)

typedef struct loops {
    line_fn line[WAYS];
    void (*fill)(char *, double, int64_t);
    void (*divide)(char *, const char *, const double *, double, int64_t);
} loops;
#define OF(T) {{largest_##T, sum_##T, to_largest_##T, of_largest_##T, to_all_##T}, fill_##T, divide_##T}
static const loops F32 = OF(f32), F64 = OF(f64);

/* One axis: its extent, how many windows there are, how long, how far apart, how many places are added at its ends. */
typedef struct axis { int64_t size, windows, length, stride, pad; } axis;

/* Where window k begins and ends, as far as it is inside. */
static void limits(const axis *a, int64_t k, int64_t *begin, int64_t *end)
{
    int64_t at = k * a->stride - a->pad;
    *begin = at < 0 ? 0 : at;
    *end = at + a->length < a->size ? at + a->length : a->size;
}

/* How many places of window k count. */
static double places(const axis *a, int64_t k, int counted)
{
    int64_t begin, end;
    limits(a, k, &begin, &end);
    if (counted == PADDED) {
        begin = k * a->stride;
        end = begin + a->length < a->size + 2 * a->pad ? begin + a->length : a->size + 2 * a->pad;
    }
    return counted == WHOLE ? 1 : (double)(end - begin);
}

/* Everything about one call; the arrays of the size of x, and those with a number for each window. */
typedef struct plan {
    axis axes[AXES];
    const loops *loops;
    int way, counted, item;
    double *count;                                              /* of the windows of a row */
    char *share;                                                /* room for a row */
} plan;

/* The windows of one row, from all places in one row of x and y. */
static void pass_row(const plan *p, char *at, char *of, const char *x, char *y)
{
    const axis *a = &p->axes[AXES - 1];
    for (int64_t k = 0; k < a->length && k < a->size + a->pad; k++) {           /* place k of every window that has it inside */
        int64_t first = k < a->pad ? (a->pad - k + a->stride - 1) / a->stride : 0, last = a->size - 1 + a->pad - k;
        last = last < 0 ? -1 : last / a->stride;
        last = last < a->windows - 1 ? last : a->windows - 1;
        int64_t from = (first * a->stride + k - a->pad) * p->item;
        if (last >= first)
            p->loops->line[p->way](at + first * p->item, of + first * p->item, x + from, y + from, a->stride,
                                   last - first + 1);
    }
}

static void pass_image(const plan *p, char *at, char *of, const char *x, char *y)
{
    const axis *a = p->axes;
    int64_t row = a[2].windows * p->item, width = a[2].size * p->item, begin[2], end[2];
    for (int64_t i = 0; i < a[0].windows; i++)
        for (int64_t j = 0; j < a[1].windows; j++, at += row, of += row) {
            double by = places(&a[0], i, p->counted) * places(&a[1], j, p->counted);
            char *small = at;
            if (p->way == TO_ALL && p->counted != WHOLE)
                p->loops->divide(small = p->share, at, p->count, by, a[2].windows);
            limits(&a[0], i, &begin[0], &end[0]);
            limits(&a[1], j, &begin[1], &end[1]);
            for (int64_t k = begin[0]; k < end[0]; k++)
                for (int64_t l = begin[1]; l < end[1]; l++) {
                    int64_t from = (k * a[1].size + l) * width;
                    pass_row(p, small, of, x + from, y + from);
                }
            if (p->way == SUM && p->counted != WHOLE)
                p->loops->divide(at, at, p->count, by, a[2].windows);
        }
}

static int64_t windows_of(int64_t n, const axis *a, int whole)
{
    int64_t wide = a->length > a->stride ? a->length : a->stride, rest = n > wide ? n - wide : 0;
    if (whole) {
        rest = n + 2 * a->pad - a->length;
        return rest < 0 ? 0 : rest / a->stride + 1;
    }
    int64_t found = (rest + a->stride - 1) / a->stride + 1;
    return n < found ? n : found;
}

static int make_axes(const th_call *c, plan *p, int ndim, int whole, int lead)
{
    const th_slot *x = c->in[0];
    for (int d = 0; d < AXES; d++)
        p->axes[d] = (axis){1, 1, 1, 1, 0};
    for (int k = 0; k < 3; k++)
        if (c->in[c->nin - 3 + k]->shape[0] != ndim)
            return th_refuse(c, TH_BAD_VALUE, "pooling: ws, stride and pad must have %d elements", ndim);
    for (int d = 0; d < ndim; d++) {
        axis *a = &p->axes[AXES - ndim + d];
        int64_t *to[3] = {&a->length, &a->stride, &a->pad};
        for (int k = 0; k < 3; k++) {
            const th_slot *s = c->in[c->nin - 3 + k];
            *to[k] = *(const int64_t *)(s->data + d * s->stride[0]);
        }
        a->size = x->shape[lead + d];
        if (a->length < 1 || a->stride < 1 || a->pad < 0)
            return th_refuse(c, TH_BAD_VALUE, "pooling needs windows and strides of at least 1, padding of at least 0");
        a->windows = windows_of(a->size, a, whole);
    }
    return 0;
}

/* The elements of an array in one piece. */
static int in_one_piece(struct th_frame *f, const th_slot *x, char **found)
{
    *found = x->data;
    if (th_is_contiguous(x->ndim, x->shape, x->stride, x->itemsize))
        return 0;
    *found = th_scratch(f, th_product(x->ndim, x->shape) * x->itemsize + 1);
    if (!*found)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for a copy");
    th_collect(*found, x);
    return 0;
}

/* in: x; to the largest, of the largest: the largest of each window, the gradient; to all: the gradient; last windows,
 * strides, padding. params: way, what averages count, how many axes, whether windows over the end are left out. */
int th_pool(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *x = c->in[0];
    th_slot *o = c->out[0];
    plan p = {.way = (int)c->params[0], .counted = (int)c->params[1], .item = x->itemsize,
              .loops = x->dtype == TH_FLOAT32 ? &F32 : &F64};
    int ndim = (int)c->params[2], lead = x->ndim - ndim, error = make_axes(c, &p, ndim, (int)c->params[3], lead);
    if (error)
        return error;
    int backward = p.way == TO_LARGEST || p.way == TO_ALL;
    int64_t windows = 1, places_ = 1, images = th_product(lead, x->shape);
    memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
    for (int d = 0; d < AXES; d++) {
        windows *= p.axes[d].windows;
        places_ *= p.axes[d].size;
    }
    for (int k = 1; k < c->nin - 3; k++)                        /* of the size of the windows, but a gradient of x */
        for (int d = 0; d < x->ndim; d++) {
            int like_x = d < lead || (p.way == OF_LARGEST && k == 2);
            int64_t n = like_x ? x->shape[d] : p.axes[AXES - ndim + d - lead].windows;
            if (c->in[k]->shape[d] != n)
                return th_refuse(c, TH_SHAPE_MISMATCH, "pooling: argument %d has %lld places along axis %d, not %lld",
                                 k, (long long)c->in[k]->shape[d], d, (long long)n);
        }
    for (int d = 0; d < ndim && !backward; d++)
        o->shape[lead + d] = p.axes[AXES - ndim + d].windows;
    char *given[3];
    if ((error = th_allocate(f, o)))
        return error;
    for (int k = 0; k < c->nin - 3; k++)
        if ((error = in_one_piece(f, c->in[k], &given[k])))
            return error;
    const axis *last = &p.axes[AXES - 1];
    p.count = th_scratch(f, (sizeof(double) + p.item) * last->windows + 1);
    if (!p.count)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for a row");
    p.share = (char *)(p.count + last->windows);
    for (int64_t k = 0; k < last->windows; k++)
        p.count[k] = places(last, k, p.counted);
    p.loops->fill(o->data, p.way == LARGEST ? -INFINITY : 0, th_product(o->ndim, o->shape));
    for (int64_t i = 0; i < images; i++) {
        int64_t small = i * windows * p.item, large = i * places_ * p.item;
        char *at = p.way < TO_LARGEST ? o->data : given[1];
        char *of = p.way == TO_LARGEST ? given[2] : p.way == OF_LARGEST ? o->data : at;
        char *y = backward ? o->data : p.way == OF_LARGEST ? given[2] : given[0];
        pass_image(&p, at + small, of + small, given[0] + large, y + large);
    }
    return 0;
}
