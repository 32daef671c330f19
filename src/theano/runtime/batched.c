/* Products of matrices in pairs. */
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

/* vector: which of x and y is a vector: 0 neither, 1 x, 2 y. */
typedef struct { const th_products *own; th_slot x, y, z; int64_t step[3]; int vector; } work;

static th_matrix in_elements(const th_slot *s, int64_t offset)
{
    return (th_matrix){s->data + offset, s->shape[0], s->shape[1], s->stride[0] / s->itemsize,
                       s->stride[1] / s->itemsize};
}

/* A part of the batch by loops of our own. */
static void multiply(void *arg, int64_t begin, int64_t end)
{
    const work *w = arg;
    th_matrix x = in_elements(&w->x, begin * w->step[0]), y = in_elements(&w->y, begin * w->step[1]);
    th_matrix z = in_elements(&w->z, begin * w->step[2]), turned = {y.data, y.columns, y.rows, y.column, y.row};
    for (int64_t i = begin; i < end; i++) {
        if (w->vector == 2)
            w->own->apply(1, &x, y.data, 0, z.data);
        else if (w->vector == 1)
            w->own->apply(1, &turned, x.data, 0, z.data);
        else
            w->own->product(1, &x, &y, 0, &z);
        x.data += w->step[0];
        y.data += w->step[1];
        z.data += w->step[2];
        turned.data = y.data;
    }
}

static int side_by_side(const th_slot *s, int axis) { return s->shape[axis] == 1 || s->stride[axis] == s->itemsize; }

/* in: x (b, k) or (b, m, k), y (b, k) or (b, k, n), one and zero; all of one dtype. */
int th_batched_dot(const th_call *c)
{
    const th_slot *x = c->in[0], *y = c->in[1];
    th_slot *o = c->out[0];
    int64_t shape[3][2], stride[3][2], n = x->shape[0];
    int inner = x->ndim - 1;
    if (y->shape[0] != n || y->shape[1] != x->shape[inner])
        return th_refuse(c, TH_SHAPE_MISMATCH, "batched_dot: %lld products of length %lld with %lld of length %lld",
                         (long long)n, (long long)x->shape[inner], (long long)y->shape[0], (long long)y->shape[1]);
    int to = 0;
    o->shape[to++] = n;
    if (x->ndim == 3)
        o->shape[to++] = x->shape[1];
    if (y->ndim == 3)
        o->shape[to++] = y->shape[2];
    int error = th_allocate(c->frame, o);
    if (error || !th_count(o))
        return error;
    work w = {th_products_of(x->dtype), matrix_of(x, x->ndim == 3 ? 1 : -1, inner, shape[0], stride[0]),
              matrix_of(y, 1, y->ndim == 3 ? 2 : -1, shape[1], stride[1]),
              matrix_of(o, x->ndim == 3 ? 1 : -1, y->ndim == 3 ? o->ndim - 1 : -1, shape[2], stride[2]),
              {x->stride[0], y->stride[0], o->stride[0]}, y->ndim == 2 ? 2 : x->ndim == 2};
    const th_slot *matrix = w.vector == 1 ? &w.y : &w.x;
    int ours = w.own && x->shape[inner] > 0;
    for (int k = 0; k < 3; k++)
        ours &= stride[k][0] % x->itemsize == 0 && stride[k][1] % x->itemsize == 0 && w.step[k] % x->itemsize == 0;
    if (w.vector)
        ours &= side_by_side(w.vector == 2 ? &w.y : &w.x, w.vector == 2 ? 0 : 1) &&
                (side_by_side(matrix, 0) || side_by_side(matrix, 1));
    if (ours) {
        int64_t operations = n * shape[2][0] * shape[2][1] * x->shape[inner];
        th_parallel_for(multiply, &w, n, operations < 1 << 18 ? 1 : th_product_threads());
        return 0;
    }
    for (int64_t i = 0; i < n && !error; i++) {
        th_slot *in[5] = {&w.z, c->in[2], &w.x, &w.y, c->in[3]}, result = w.z;
        error = th_blas(c->frame, TH_GEMM, in, 5, &result, 1);
        w.x.data += w.step[0];
        w.y.data += w.step[1];
        w.z.data += w.step[2];
    }
    return error;
}
