/* Arrays one behind the other, with zeros between them, and apart again. */
#include "arrays.h"

/* Arrays in C order, row after row of the result, so that it is written from its beginning to its end. */
static void join_rows(const th_call *c, int axis)
{
    const th_slot *o = c->out[0];
    int64_t rows = 1, inner = o->itemsize;
    for (int d = 0; d < o->ndim; d++) {
        rows *= d < axis ? o->shape[d] : 1;
        inner *= d > axis ? o->shape[d] : 1;
    }
    char *to = o->data;
    for (int64_t i = 0; i < rows; i++)
        for (int k = 0; k < c->nin; k++) {
            int64_t nbytes = c->in[k]->shape[axis] * inner;
            th_move(to, c->in[k]->data + i * nbytes, nbytes);
            to += nbytes;
        }
}

/* in: arrays of one dtype. params: the axis. */
int th_join(const th_call *c)
{
    th_slot *o = c->out[0];
    int axis = (int)c->params[0];
    memcpy(o->shape, c->in[0]->shape, sizeof(int64_t) * o->ndim);
    for (int k = 1; k < c->nin; k++)
        for (int d = 0; d < o->ndim; d++) {
            int64_t n = c->in[k]->shape[d];
            if (d == axis)
                o->shape[d] += n;
            else if (n != o->shape[d])
                return th_refuse(c, TH_SHAPE_MISMATCH, "join along axis %d: the first tensor has %lld places along axis "
                                 "%d, tensor %d has %lld", axis, (long long)o->shape[d], d, k, (long long)n);
        }
    int error = th_allocate(c->frame, o);
    int pieces = 1;
    for (int k = 0; k < c->nin; k++)
        pieces &= th_is_contiguous(o->ndim, c->in[k]->shape, c->in[k]->stride, o->itemsize);
    if (!error && pieces && th_is_contiguous(o->ndim, o->shape, o->stride, o->itemsize)) {
        join_rows(c, axis);
        return 0;
    }
    char *to = o->data;
    for (int k = 0; !error && k < c->nin; k++) {
        if (th_count(c->in[k]))
            th_copy(to, o->stride, c->in[k]);
        to += o->stride[axis] * c->in[k]->shape[axis];
    }
    return error;
}

/* in: x, how many places each part has as int64. params: the axis. The parts are views of x. */
int th_split(const th_call *c)
{
    const th_slot *x = c->in[0], *sizes = c->in[1];
    int axis = (int)c->params[0];
    int64_t total = 0;
    if (sizes->shape[0] != c->nout)
        return th_refuse(c, TH_BAD_VALUE, "split into %d parts needs as many sizes, got %lld", c->nout,
                         (long long)sizes->shape[0]);
    for (int k = 0; k < c->nout; k++) {
        int64_t n = *(const int64_t *)(sizes->data + k * sizes->stride[0]);
        th_slot *o = c->out[k];
        if (n < 0 || n > x->shape[axis] - total)
            return th_refuse(c, TH_BAD_VALUE, "split: part %d of %lld places does not fit: axis %d has %lld, of which "
                             "%lld are taken", k, (long long)n, axis, (long long)x->shape[axis], (long long)total);
        memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
        memcpy(o->stride, x->stride, sizeof(int64_t) * x->ndim);
        o->shape[axis] = n;
        o->data = x->data + total * x->stride[axis];
        total += n;
    }
    if (total != x->shape[axis])
        return th_refuse(c, TH_BAD_VALUE, "split: the parts have %lld places together, but axis %d has %lld",
                         (long long)total, axis, (long long)x->shape[axis]);
    return 0;
}

/* in: x. params: the axes that must have one place. The result is x. */
int th_rebroadcast(const th_call *c)
{
    const th_slot *x = c->in[0];
    th_slot *o = c->out[0];
    for (int k = 0; k < c->nparams; k++)
        if (x->shape[c->params[k]] != 1)
            return th_refuse(c, TH_BAD_VALUE, "dimension %d was declared broadcastable, but has %lld elements",
                             (int)c->params[k], (long long)x->shape[c->params[k]]);
    memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
    memcpy(o->stride, x->stride, sizeof(int64_t) * x->ndim);
    o->data = x->data;
    return 0;
}

/* Zeros where places `from` to `to` of an axis lie, in an array in C order. */
static void clear(const th_slot *o, int axis, int64_t from, int64_t to)
{
    int64_t rows = 1, inner = o->itemsize;
    for (int d = 0; d < o->ndim; d++) {
        rows *= d < axis ? o->shape[d] : 1;
        inner *= d > axis ? o->shape[d] : 1;
    }
    for (int64_t i = 0; i < rows && from < to; i++)
        memset(o->data + (i * o->shape[axis] + from) * inner, 0, (to - from) * inner);
}

/* Writes an array where places `from` to `to` of an axis lie, as often as it takes to fill them. */
static int write_part(const th_call *c, const th_slot *value, int axis, int64_t from, int64_t to)
{
    const th_slot *o = c->out[0];
    int64_t shape[TH_MAX_NDIM], stride[TH_MAX_NDIM];
    th_slot part = *value;
    for (int d = 0; d < o->ndim; d++) {
        shape[d] = d == axis ? to - from : o->shape[d];
        stride[d] = value->shape[d] == shape[d] ? value->stride[d] : 0;
        if (value->shape[d] != shape[d] && value->shape[d] != 1)
            return th_refuse(c, TH_SHAPE_MISMATCH, "a part has %lld places along axis %d, what is added to it has %lld",
                             (long long)shape[d], d, (long long)value->shape[d]);
    }
    part.shape = shape;
    part.stride = stride;
    if (th_count(&part))
        th_copy(o->data + from * o->stride[axis], o->stride, &part);
    return 0;
}

/* in: extents, arrays. params: the axis, and where each array begins and ends along it, in order; an end of -1 is that
 * of the axis. Zeros lie between them. */
int th_assemble(const th_call *c)
{
    th_slot *o = c->out[0];
    int axis = (int)c->params[0];
    for (int d = 0; d < o->ndim; d++) {
        o->shape[d] = *(const int64_t *)c->in[d]->data;
        if (o->shape[d] < 0)
            return th_refuse(c, TH_BAD_VALUE, "negative dimensions are not allowed");
    }
    int error = th_allocate(c->frame, o);
    int64_t done = 0, n = o->shape[axis];
    for (int k = 0; !error && k < c->nin - o->ndim; k++) {
        int64_t from = c->params[1 + 2 * k], to = c->params[2 + 2 * k];
        from = from < n ? from : n;
        to = to < 0 || to > n ? n : to;
        clear(o, axis, done, from);
        error = write_part(c, c->in[o->ndim + k], axis, from, to);
        done = to;
    }
    if (!error)
        clear(o, axis, done, n);
    return error;
}
