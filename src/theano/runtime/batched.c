/* Products of matrices in pairs. */
#include <string.h>
#include "blas.h"
#include "kernels.h"
#include "product.h"

/* A matrix of a batch: axes of the array, or -1 for an axis of one place. */
static th_slot matrix_of(const th_slot *x, int rows, int columns, int64_t *shape, int64_t *stride)
{
    th_slot s = *x;
    int axis[2] = {rows, columns};
    s.ndim = 2;
    s.shape = shape;
    s.stride = stride;
    for (int d = 0; d < 2; d++) {
        shape[d] = axis[d] < 0 ? 1 : x->shape[axis[d]];
        stride[d] = axis[d] < 0 ? x->itemsize : x->stride[axis[d]];
    }
    return s;
}

enum { X, Y, Z };

/* vector: which of x and y is a vector: 0 neither, 1 x, 2 y. Batch axes that lie in all three as one are one. */
typedef struct {
    const th_products *own;
    th_slot item[3];
    int vector, axes;
    int64_t extent[TH_MAX_NDIM], step[TH_MAX_NDIM][3];
} work;

/* Where we are in the batch: places in the axes, and the distance of each item from the first one. */
typedef struct { int64_t at[TH_MAX_NDIM], offset[3]; } place;

static place place_of(const work *w, int64_t i)
{
    place p = {{0}, {0}};
    for (int d = w->axes - 1; d >= 0; d--) {
        p.at[d] = i % w->extent[d];
        i /= w->extent[d];
        for (int k = 0; k < 3; k++)
            p.offset[k] += p.at[d] * w->step[d][k];
    }
    return p;
}

static th_matrix in_elements(const th_slot *s, int64_t offset)
{
    return (th_matrix){s->data + offset, s->shape[0], s->shape[1], s->stride[0] / s->itemsize,
                       s->stride[1] / s->itemsize};
}

/* Items along the last axis of the batch, by loops of our own. */
static void multiply_run(const work *w, const place *p, int64_t n)
{
    static const int64_t none[3];
    const int64_t *step = w->axes ? w->step[w->axes - 1] : none;
    th_matrix x = in_elements(&w->item[X], p->offset[X]), y = in_elements(&w->item[Y], p->offset[Y]);
    th_matrix z = in_elements(&w->item[Z], p->offset[Z]), turned = {y.data, y.columns, y.rows, y.column, y.row};
    if (!w->vector && w->own->many(x, y, z, n, step))
        return;
    for (int64_t i = 0; i < n; i++) {
        if (w->vector == 2)
            w->own->apply(1, &x, y.data, 0, z.data);
        else if (w->vector == 1)
            w->own->apply(1, &turned, x.data, 0, z.data);
        else
            w->own->product(1, &x, &y, 0, &z);
        x.data += step[X];
        y.data += step[Y];
        z.data += step[Z];
        turned.data = y.data;
    }
}

/* A part of the batch. */
static void multiply(void *arg, int64_t begin, int64_t end)
{
    const work *w = arg;
    int last = w->axes - 1;
    while (begin < end) {
        place p = place_of(w, begin);
        int64_t n = last < 0 ? 1 : w->extent[last] - p.at[last];
        n = n < end - begin ? n : end - begin;
        multiply_run(w, &p, n);
        begin += n;
    }
}

static int side_by_side(const th_slot *s, int axis) { return s->shape[axis] == 1 || s->stride[axis] == s->itemsize; }

static int64_t step_of(const th_slot *s, int axis) { return s->shape[axis] == 1 ? 0 : s->stride[axis]; }

/* Makes batch axes of which one is all rows of the other, in all three, one. */
static void set_axes(work *w, const th_slot *x, const th_slot *y, const th_slot *o, int batch)
{
    for (int d = 0; d < batch; d++) {
        int64_t n = o->shape[d], step[3] = {step_of(x, d), step_of(y, d), step_of(o, d)};
        if (n == 1)
            continue;
        int last = w->axes - 1, joins = last >= 0;
        for (int k = 0; k < 3 && joins; k++)
            joins = w->step[last][k] == n * step[k];
        int to = joins ? last : w->axes++;
        w->extent[to] = joins ? w->extent[to] * n : n;
        memcpy(w->step[to], step, sizeof step);
    }
}

/* Matrices one below the other that meet the same second factor are one matrix. */
static void stack_rows(work *w)
{
    int last = w->axes - 1;
    if (last < 0 || w->vector == 1 || w->step[last][Y])
        return;
    for (int k = X; k <= Z; k += Z - X)
        if (w->item[k].shape[0] > 1 && w->step[last][k] != w->item[k].shape[0] * w->item[k].stride[0])
            return;
    for (int k = X; k <= Z; k += Z - X) {
        if (w->item[k].shape[0] == 1)
            w->item[k].stride[0] = w->step[last][k];
        w->item[k].shape[0] *= w->extent[last];
    }
    w->axes--;
}

static int fits(const th_call *c, int batch)
{
    const th_slot *x = c->in[0], *y = c->in[1];
    for (int d = 0; d < batch; d++)
        if (x->shape[d] != y->shape[d] && x->shape[d] != 1 && y->shape[d] != 1)
            return th_refuse(c, TH_SHAPE_MISMATCH, "batched_dot: %lld products with %lld along axis %d: these must be "
                             "equal, or one of them 1", (long long)x->shape[d], (long long)y->shape[d], d);
    int64_t inner = x->shape[x->ndim - 1];
    if (inner != y->shape[batch])
        return th_refuse(c, TH_SHAPE_MISMATCH, "batched_dot: rows of length %lld with columns of length %lld: these must "
                         "be equal", (long long)inner, (long long)y->shape[batch]);
    return 0;
}

/* in: x (b, k) or (..., m, k), y (b, k) or (..., k, n), one and zero; all of one dtype. */
int th_batched_dot(const th_call *c)
{
    const th_slot *x = c->in[0], *y = c->in[1];
    th_slot *o = c->out[0];
    int64_t shape[3][2], stride[3][2];
    int most = x->ndim > y->ndim ? x->ndim : y->ndim, batch = most > 3 ? most - 2 : 1, inner = x->ndim - 1;
    int of_x = x->ndim == batch + 2, of_y = y->ndim == batch + 2, to = 0, error = fits(c, batch);
    if (error)
        return error;
    for (; to < batch; to++)
        o->shape[to] = x->shape[to] == 1 ? y->shape[to] : x->shape[to];
    if (of_x)
        o->shape[to++] = x->shape[batch];
    if (of_y)
        o->shape[to++] = y->shape[batch + 1];
    error = th_allocate(c->frame, o);
    if (error || !th_count(o))
        return error;
    work w = {th_products_of(x->dtype),
              {matrix_of(x, of_x ? batch : -1, inner, shape[X], stride[X]),
               matrix_of(y, batch, of_y ? batch + 1 : -1, shape[Y], stride[Y]),
               matrix_of(o, of_x ? batch : -1, of_y ? o->ndim - 1 : -1, shape[Z], stride[Z])},
              of_y ? !of_x : 2, 0};
    set_axes(&w, x, y, o, batch);
    stack_rows(&w);
    int64_t n = 1;
    for (int d = 0; d < w.axes; d++)
        n *= w.extent[d];
    const th_slot *matrix = w.vector == 1 ? &w.item[Y] : &w.item[X];
    int ours = w.own && x->shape[inner] > 0;
    for (int k = 0; k < 3; k++) {
        ours &= stride[k][0] % x->itemsize == 0 && stride[k][1] % x->itemsize == 0;
        for (int d = 0; d < w.axes; d++)
            ours &= w.step[d][k] % x->itemsize == 0;
    }
    if (w.vector)
        ours &= side_by_side(&w.item[w.vector == 2 ? Y : X], w.vector == 2 ? 0 : 1) &&
                (side_by_side(matrix, 0) || side_by_side(matrix, 1));
    if (ours && n == 1 && !w.vector) {
        th_matrix a = in_elements(&w.item[X], 0), b = in_elements(&w.item[Y], 0), z = in_elements(&w.item[Z], 0);
        th_run_product(w.own, 1, &a, &b, 0, &z);
        return 0;
    }
    if (ours) {
        int64_t operations = n * shape[Z][0] * shape[Z][1] * x->shape[inner];
        th_parallel_for(multiply, &w, n, operations < 1 << 18 ? 1 : th_product_threads());
        return 0;
    }
    for (int64_t i = 0; i < n && !error; i++) {
        place p = place_of(&w, i);
        th_slot at[3] = {w.item[X], w.item[Y], w.item[Z]};
        for (int k = 0; k < 3; k++)
            at[k].data += p.offset[k];
        th_slot *in[5] = {&at[Z], c->in[2], &at[X], &at[Y], c->in[3]}, result = at[Z];
        error = th_blas(c->frame, TH_GEMM, in, 5, &result, 1);
    }
    return error;
}
