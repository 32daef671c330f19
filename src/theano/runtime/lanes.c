/* What runs along one axis: running sums and products, repetition; and what fills a diagonal. */
#include <complex.h>
#include "arrays.h"

/* outer x n x inner numbers in C order; y may be x. */
typedef void (*cumulate_fn)(char *y, const char *x, int64_t outer, int64_t n, int64_t inner);

#define CUMULATE(NAME, T, EXPRESSION)                                                                                  \
    static void NAME(char *to, const char *from, int64_t outer, int64_t n, int64_t inner)                              \
    {                                                                                                                  \
        T *y = (T *)to;                                                                                                \
        const T *x = (const T *)from;                                                                                  \
        int64_t r = 0;                                                                                                 \
        for (; inner == 1 && r + 4 <= outer; r += 4, x += 4 * n, y += 4 * n) {  /* each waits for itself only */       \
            T s[4] = {x[0], x[n], x[2 * n], x[3 * n]};                                                                 \
            for (int k = 0; k < 4; k++)                                                                                \
                y[k * n] = s[k];                                                                                       \
            for (int64_t i = 1; i < n; i++)                                                                            \
                for (int k = 0; k < 4; k++) {                                                                          \
                    T a = s[k], b = x[k * n + i];                                                                      \
                    y[k * n + i] = s[k] = EXPRESSION;                                                                  \
                }                                                                                                      \
        }                                                                                                              \
        for (; inner == 1 && r < outer; r++, x += n, y += n) {                                                         \
            T a = y[0] = x[0];                                                                                         \
            for (int64_t i = 1; i < n; i++) {                                                                          \
                T b = x[i];                                                                                            \
                y[i] = a = EXPRESSION;                                                                                 \
            }                                                                                                          \
        }                                                                                                              \
        for (; r < outer; r++) {                                                                                       \
            for (int64_t j = 0; j < inner; j++)                                                                        \
                y[j] = x[j];                                                                                           \
            x += inner;                                                                                                \
            y += inner;                                                                                                \
            for (int64_t i = 1; i < n; i++, x += inner, y += inner)                                                    \
                for (int64_t j = 0; j < inner; j++) {                                                                  \
                    T a = y[j - inner], b = x[j];                                                                      \
                    y[j] = EXPRESSION;                                                                                 \
                }                                                                                                      \
        }                                                                                                              \
    }
CUMULATE(or_b, uint8_t, (uint8_t)(a | b))
CUMULATE(and_b, uint8_t, (uint8_t)(a & b))
#define BOTH(NAME, T) CUMULATE(add_##NAME, T, (T)(a + b)) CUMULATE(mul_##NAME, T, (T)(a * b))
BOTH(8, uint8_t)
CUMULATE(add_16, uint16_t, (uint16_t)(a + b))
CUMULATE(mul_16, uint16_t, (uint16_t)((uint32_t)a * b))
BOTH(32, uint32_t)
BOTH(64, uint64_t)
BOTH(f32, float)
BOTH(f64, double)
BOTH(c64, float complex)
BOTH(c128, double complex)

#define TABLE(P)                                                                                                       \
    [TH_INT8] = P##_8, [TH_INT16] = P##_16, [TH_INT32] = P##_32, [TH_INT64] = P##_64, [TH_UINT8] = P##_8,              \
    [TH_UINT16] = P##_16, [TH_UINT32] = P##_32, [TH_UINT64] = P##_64, [TH_FLOAT32] = P##_f32, [TH_FLOAT64] = P##_f64,  \
    [TH_COMPLEX64] = P##_c64, [TH_COMPLEX128] = P##_c128
static const cumulate_fn CUMULATES[2][TH_OBJECT] = {{[TH_BOOL] = or_b, TABLE(add)}, {[TH_BOOL] = and_b, TABLE(mul)}};

/* params: axis, or -1 for the elements in C order; whether products. */
int th_cumulate(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *x = c->in[0];
    th_slot *o = c->out[0];
    int axis = (int)c->params[0];
    int64_t total = th_product(x->ndim, x->shape), outer = 1, n = total, inner = 1;
    if (axis < 0) {
        o->shape[0] = total;
    } else {
        memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
        outer = th_product(axis, x->shape);
        n = x->shape[axis];
        inner = th_product(x->ndim - axis - 1, x->shape + axis + 1);
    }
    int error = th_allocate(f, o);
    if (error || !total)
        return error;
    const char *from = x->data;
    if (!th_is_contiguous(x->ndim, x->shape, x->stride, x->itemsize)) {
        th_collect(o->data, x);
        from = o->data;
    }
    CUMULATES[c->params[1]][x->dtype](o->data, from, outer, n, inner);
    return 0;
}

/* in: x, how often each. params: axis, or -1 for the elements in C order. */
int th_repeat(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *x = c->in[0], *r = c->in[1];
    th_slot *o = c->out[0];
    int axis = (int)c->params[0];
    int64_t n = axis < 0 ? th_product(x->ndim, x->shape) : x->shape[axis], sum = 0;
    int64_t outer = axis < 0 ? 1 : th_product(axis, x->shape);
    int64_t nbytes = x->itemsize * (axis < 0 ? 1 : th_product(x->ndim - axis - 1, x->shape + axis + 1));
    if (r->shape[0] != n && r->shape[0] != 1)
        return th_fail(f, TH_BAD_VALUE, "repeat needs one number for all elements or one for each");
    int64_t step = r->shape[0] == 1 ? 0 : r->stride[0];
    int64_t given = r->shape[0], over = 0;
    for (int64_t i = 0; i < given; i++) {
        int64_t times = *(const int64_t *)(r->data + i * step);
        if (times < 0 && n)
            return th_fail(f, TH_BAD_VALUE, "repeats may not contain negative values");
        over |= __builtin_add_overflow(sum, times, &sum);
    }
    if (over || (!step && __builtin_mul_overflow(sum, n, &sum)))
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for a result of this size");
    if (axis >= 0)
        memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
    o->shape[axis < 0 ? 0 : axis] = sum;
    int error = th_allocate(f, o);
    if (error || !th_product(o->ndim, o->shape))
        return error;
    const char *from = x->data;
    if (!th_is_contiguous(x->ndim, x->shape, x->stride, x->itemsize)) {
        char *copy = th_scratch(f, th_product(x->ndim, x->shape) * x->itemsize);
        if (!copy)
            return th_fail(f, TH_OUT_OF_MEMORY, "no memory for a copy");
        th_collect(copy, x);
        from = copy;
    }
    char *to = o->data, *end = to + th_product(o->ndim, o->shape) * o->itemsize;
    for (int64_t k = 0; k < outer; k++, from += n * nbytes)
        to = th_repeat_pieces(to, end, from, nbytes, n, r->data, step);
    return 0;
}

/* in: x, whose memory the result has, the value, and where given how far above the diagonal. */
int th_fill_diagonal(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *x = c->in[0], *value = c->in[1];
    th_slot *o = c->out[0];
    int64_t offset = c->nin > 2 ? th_integer(c->in[2]->dtype, c->in[2]->data) : 0, n = x->shape[0], step = 0;
    o->data = x->data;
    memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
    memcpy(o->stride, x->stride, sizeof(int64_t) * x->ndim);
    char *at = x->data;
    for (int d = 0; d < x->ndim; d++)
        step += x->stride[d];
    if (x->ndim == 2) {
        offset = offset < -x->shape[0] ? -x->shape[0] : offset;
        int64_t up = offset < 0 ? -offset : 0, right = offset > 0 ? offset : 0;
        int64_t rows = x->shape[0] - up, columns = x->shape[1] - right;
        n = rows < columns ? rows : columns;
        if (n > 0)
            at += up * x->stride[0] + right * x->stride[1];
    }
    for (int d = 1; d < x->ndim && x->ndim > 2; d++)
        if (x->shape[d] != n)
            return th_fail(f, TH_BAD_VALUE, "All dimensions of input must be of equal length");
    for (int64_t i = 0; i < n; i++, at += step)
        memcpy(at, value->data, x->itemsize);
    return 0;
}
