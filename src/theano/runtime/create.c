/* Arrays made of a few numbers. */
#include <math.h>
#include "arrays.h"

/* How many steps there are, as NumPy counts them; -1 where that is no number. */
static int64_t count_steps(double n)
{
    n = ceil(n);
    return !(n < 0x1p62) ? -1 : n <= 0 ? 0 : (int64_t)n;
}

/* A running number, which is cheaper than products of 64 bits. */
TH_CLONES static void fill_int64(int64_t *to, int64_t n, uint64_t start, uint64_t step)
{
    uint64_t next[8], *o = (uint64_t *)to;
    int64_t i = 0;
    for (int k = 0; k < 8; k++)
        next[k] = start + (uint64_t)k * step;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++) {
            o[i + k] = next[k];
            next[k] += 8 * step;
        }
    for (; i < n; i++)
        o[i] = start + (uint64_t)i * step;
}

/* Counted in doubles and filled by the difference of the first two, like NumPy's. */
#define FILL(T)                                                                                             \
    {                                                                                                       \
        T start = *(const T *)c->in[0]->data, stop = *(const T *)c->in[1]->data, step = *(const T *)c->in[2]->data; \
        T next = (T)((double)start + step), by = next - start;                                              \
        o->shape[0] = count_steps(((double)stop - start) / step);                                           \
        if (o->shape[0] < 0 || !step)                                                                       \
            break;                                                                                          \
        int error = th_allocate(c->frame, o);                                                               \
        for (int64_t i = 0; !error && i < o->shape[0]; i++)                                                 \
            ((T *)o->data)[i] = start + (T)i * by;                                                          \
        return error;                                                                                       \
    }

/* in: start, stop, step, all of the dtype of the result: int64, float32 or float64. */
int th_arange(const th_call *c)
{
    th_slot *o = c->out[0];
    switch (o->dtype) {
    case TH_FLOAT32: FILL(float)
    case TH_FLOAT64: FILL(double)
    case TH_INT64: {
        int64_t start = th_int(c->in[0]), stop = th_int(c->in[1]), step = th_int(c->in[2]);
        if (!step)
            break;
        __int128 way = (__int128)stop - start, n = (way + step + (step > 0 ? -1 : 1)) / step;
        if (n >= (__int128)1 << 62)
            break;
        o->shape[0] = n > 0 ? (int64_t)n : 0;
        int error = th_allocate(c->frame, o);
        if (!error)
            fill_int64((int64_t *)o->data, o->shape[0], (uint64_t)start, (uint64_t)step);
        return error;
    }
    }
    return th_refuse(c, TH_BAD_VALUE, "arange: there is no number of steps from start to stop");
}

/* Sets the extents to those given and all elements to zero. */
static int zeros(const th_call *c, int64_t rows, int64_t columns)
{
    th_slot *o = c->out[0];
    if (rows < 0 || columns < 0)
        return th_refuse(c, TH_BAD_VALUE, "a matrix can't have %lld rows and %lld columns", (long long)rows,
                         (long long)columns);
    o->shape[0] = rows;
    o->shape[1] = columns;
    int error = th_allocate(c->frame, o);
    if (!error)
        memset(o->data, 0, rows * columns * o->itemsize);
    return error;
}

/* in: rows, columns, number of the diagonal as int64; the number one. */
int th_eye(const th_call *c)
{
    th_slot *o = c->out[0];
    int64_t rows = th_int(c->in[0]), columns = th_int(c->in[1]), k = th_int(c->in[2]);
    int error = zeros(c, rows, columns);
    if (error)
        return error;
    for (int64_t i = k < 0 ? -k : 0; i < rows && i + k < columns; i++)
        memcpy(o->data + (i * columns + i + k) * o->itemsize, c->in[3]->data, o->itemsize);
    return 0;
}

/* Like th_eye, with ones below the diagonal too. */
int th_tri(const th_call *c)
{
    th_slot *o = c->out[0];
    int64_t rows = th_int(c->in[0]), columns = th_int(c->in[1]), k = th_int(c->in[2]), item = o->itemsize;
    int error = zeros(c, rows, columns);
    for (int64_t i = 0, known = 0; !error && i < rows; i++) {
        int64_t n = i + k + 1 < 0 ? 0 : i + k + 1 > columns ? columns : i + k + 1;
        char *row = o->data + i * columns * item;
        if (known)              /* at least as many ones as in the row before */
            memcpy(row, row - columns * item, known * item);
        for (; known < n; known++)
            memcpy(row + known * item, c->in[3]->data, item);
    }
    return error;
}

/* in: x. params: offset, the two axes of the result on whose diagonals the last axis of x goes. */
int th_alloc_diag(const th_call *c)
{
    const th_slot *x = c->in[0];
    th_slot *o = c->out[0];
    int64_t offset = c->params[0], first = c->params[1], second = c->params[2], stride[TH_MAX_NDIM];
    int64_t n = x->shape[x->ndim - 1], side = n + (offset < 0 ? -offset : offset);
    for (int d = 0, from = 0; d < o->ndim; d++)
        o->shape[d] = d == first || d == second ? side : x->shape[from++];
    int error = th_allocate(c->frame, o);
    if (error)
        return error;
    memset(o->data, 0, th_count(o) * o->itemsize);
    for (int d = 0, to = 0; d < o->ndim; d++)
        if (d != first && d != second)
            stride[to++] = o->stride[d];
    stride[x->ndim - 1] = o->stride[first] + o->stride[second];
    char *start = o->data + (offset > 0 ? offset * o->stride[second] : -offset * o->stride[first]);
    if (n)
        th_copy(start, stride, x);
    return 0;
}
