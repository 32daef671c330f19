/* h[t] = a[t] * h[t - 1] + b[t] along an axis. */
#include <complex.h>
#include "arrays.h"

/* outer x n x inner numbers in C order; h may be b. */
typedef void (*recurrence_fn)(char *h, const char *a, const char *b, int64_t outer, int64_t n, int64_t inner);

#define RECURRENCE(NAME, T)                                                                                            \
    TH_CLONES static void NAME##_beside(T *h, const T *a, const T *b, int64_t n, int64_t inner)                        \
    {                                                                                                                  \
        for (int64_t j = 0; j < inner; j++)                                                                            \
            h[j] = b[j];                                                                                               \
        for (int64_t i = inner; i < n * inner; i += inner)                                                             \
            for (int64_t j = i; j < i + inner; j++)                                                                    \
                h[j] = a[j] * h[j - inner] + b[j];                                                                     \
    }                                                                                                                  \
    static void NAME(char *to, const char *factor, const char *from, int64_t outer, int64_t n, int64_t inner)          \
    {                                                                                                                  \
        T *h = (T *)to;                                                                                                \
        const T *a = (const T *)factor, *b = (const T *)from;                                                          \
        int64_t r = 0;                                                                                                 \
        for (; inner == 1 && r + 4 <= outer; r += 4, a += 4 * n, b += 4 * n, h += 4 * n) {  /* each waits for itself */\
            T s[4] = {0};                                                                                              \
            for (int64_t i = 0; i < n; i++)                                                                            \
                for (int k = 0; k < 4; k++)                                                                            \
                    h[k * n + i] = s[k] = i ? a[k * n + i] * s[k] + b[k * n + i] : b[k * n];                           \
        }                                                                                                              \
        for (; r < outer; r++, a += n * inner, b += n * inner, h += n * inner)                                         \
            if (inner == 1) {                                                                                          \
                T s = h[0] = b[0];                                                                                     \
                for (int64_t i = 1; i < n; i++)                                                                        \
                    h[i] = s = a[i] * s + b[i];                                                                        \
            } else {                                                                                                   \
                NAME##_beside(h, a, b, n, inner);                                                                      \
            }                                                                                                          \
    }
RECURRENCE(f32, float)
RECURRENCE(f64, double)
RECURRENCE(c64, float complex)
RECURRENCE(c128, double complex)
static const recurrence_fn RECURRENCES[TH_OBJECT] = {
    [TH_FLOAT32] = f32, [TH_FLOAT64] = f64, [TH_COMPLEX64] = c64, [TH_COMPLEX128] = c128};

/* The elements of x, of the dtype of o, in one piece with the shape of o. */
static const char *spread(struct th_frame *f, const th_slot *x, const th_slot *o, char *room)
{
    int64_t stride[TH_MAX_NDIM];
    for (int d = 0; d < o->ndim; d++)
        stride[d] = x->shape[d] == 1 ? 0 : x->stride[d];
    if (th_is_contiguous(o->ndim, o->shape, stride, o->itemsize))
        return x->data;
    if (!room && !(room = th_scratch(f, th_product(o->ndim, o->shape) * o->itemsize)))
        return NULL;
    th_slot wide = *x;
    wide.shape = o->shape;
    wide.stride = stride;
    th_collect(room, &wide);
    return room;
}

/* in: a, b of one dtype. params: the axis, along which both have the same extent. */
int th_recurrence(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *a = c->in[0], *b = c->in[1];
    th_slot *o = c->out[0];
    int axis = (int)c->params[0];
    for (int d = 0; d < o->ndim; d++) {
        int64_t n = a->shape[d], m = b->shape[d];
        o->shape[d] = n == 1 ? m : n;
        if (n != m && (d == axis || (n != 1 && m != 1)))
            return th_refuse(c, TH_SHAPE_MISMATCH, "recurrence: along axis %d the arguments have %lld and %lld places",
                             d, (long long)n, (long long)m);
    }
    int error = th_allocate(f, o);
    if (error || !th_product(o->ndim, o->shape))
        return error;
    const char *from = spread(f, b, o, o->data), *factor = spread(f, a, o, NULL);
    if (!factor)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for a copy");
    int64_t outer = th_product(axis, o->shape), inner = th_product(o->ndim - axis - 1, o->shape + axis + 1);
    RECURRENCES[o->dtype](o->data, factor, from, outer, o->shape[axis], inner);
    return 0;
}
