/* Results with narrower elements than they are accumulated in: a sum of floats is a sum of doubles, rounded once.
 *
 * Functions of loop.c, which alone includes this file.
 */
#ifndef TH_NARROW_H
#define TH_NARROW_H
#include <string.h>
#include "kernels.h"
#include "pieces.h"

enum { WIDE_BYTES = 16384 };                    /* of accumulators that are done at a time */

static int is_narrow(const th_nest *nest, th_slot **slots, uint64_t k)
{
    return k < (uint64_t)nest->nslots && slots[k]->dtype != nest->operand[k].dtype;
}

/* Puts wide slots into the places of narrow results. */
static void widen_results(narrowing *w, const th_nest *nest, th_slot **slots)
{
    w->count = w->made = 0;
    for EACH(k, nest->accumulators) {
        if (!is_narrow(nest, slots, k)) continue;
        int i = w->count++;
        w->operand[i] = (int)k;
        w->result[i] = slots[k];
        w->wide[i] = *slots[k];
        w->wide[i].dtype = nest->operand[k].dtype;
        w->wide[i].itemsize = (int16_t)(2 * slots[k]->itemsize);
        w->wide[i].shape = w->shape[i];
        w->wide[i].stride = w->stride[i];
        slots[k] = &w->wide[i];
    }
}

/* Makes a result in the layout of what stands in for it. */
static int make_result(struct th_frame *frame, const th_slot *wide, th_slot *result)
{
    int64_t stride[TH_MAX_NDIM];
    int same = 1;
    for (int d = 0; d < result->ndim; d++) result->shape[d] = wide->shape[d];
    int code = th_allocate(frame, result);
    if (code) return code;
    for (int d = 0; d < result->ndim; d++) {
        stride[d] = wide->shape[d] == 1 ? result->stride[d] : wide->stride[d] / 2;
        same &= stride[d] == result->stride[d];
    }
    if (!same && !th_is_laid_out(frame, result)) th_lay_out(frame, result, stride);
    return TH_OK;
}

static int has_layout_of(const th_slot *wide, const th_slot *result)
{
    for (int d = 0; d < result->ndim; d++)
        if (wide->shape[d] > 1 && wide->stride[d] != 2 * result->stride[d]) return 0;
    return 1;
}

static int narrow_result(struct th_frame *frame, const th_slot *wide, th_slot *result)
{
    int code = make_result(frame, wide, result);
    int64_t n = th_count(wide), stride[TH_MAX_NDIM];
    if (code || has_layout_of(wide, result)) {
        if (!code) th_narrow(result->data, wide->data, n * result->itemsize / 4);
        return code;
    }
    th_slot from = *result;
    from.stride = stride;
    for (int d = 0; d < from.ndim; d++) stride[d] = wide->stride[d] / 2;
    from.data = th_scratch(frame, (size_t)(n * from.itemsize));
    if (!from.data) return loop_fail(frame, TH_OUT_OF_MEMORY, -1, -1, -1, n * from.itemsize, 0);
    th_narrow(from.data, wide->data, n * from.itemsize / 4);
    th_copy(result->data, result->stride, &from);
    return TH_OK;
}

static int narrow_results(struct th_frame *frame, narrowing *w)
{
    int code = TH_OK;
    for (int i = 0; !code && !w->made && i < w->count; i++) code = narrow_result(frame, &w->wide[i], w->result[i]);
    return code;
}

/* ---- a few rows added to each other: some columns at a time, whose accumulators the first cache holds ---- */

typedef struct columns { const loop *l; int operand, code; char *to; int64_t size, width; } columns;

/* Few rows: run_flat does not cut what adds up more, so that the number of threads does not change sums. */
static int is_few_rows(const loop *l, const narrowing *w)
{
    if (!w || w->count != 1 || l->made != l->nest->accumulators || l->made != BIT(w->operand[0])) return 0;
    return l->naxes == 2 && !l->turned && !l->reduced[0] && l->reduced[1] && l->extent[1] < 4 * SUM_PIECES
        && l->stride[0][w->operand[0]] == l->itemsize[w->operand[0]];
}

static void add_columns(void *arg, int64_t begin, int64_t end)
{
    columns *c = arg;
    _Alignas(64) char few[WIDE_BYTES];
    for (int64_t at = begin * c->width, last = end * c->width; at < last && at < c->l->extent[0]; at += c->width) {
        box b;
        whole_box(c->l, &b);
        if (b.extent[0] - at < c->width) b.extent[0] -= at;
        else b.extent[0] = c->width;
        for (int k = 0; k < c->l->nest->noperands; k++) b.ptr[k] += at * c->l->stride[0][k];
        b.ptr[c->operand] = few;
        int code = th_walk(c->l, 0, &b);
        if (code) __atomic_store_n(&c->code, code, __ATOMIC_RELAXED);
        th_narrow(c->to + at * c->size, few, b.extent[0] * c->size / 4);
    }
}

static int add_few_rows(struct th_frame *frame, const loop *l, narrowing *w)
{
    int code = make_result(frame, &w->wide[0], w->result[0]);
    if (code || !has_layout_of(&w->wide[0], w->result[0])) return code ? code : run_flat(frame, l);
    columns c = { l, w->operand[0], TH_OK, w->result[0]->data, w->result[0]->itemsize, 0 };
    c.width = WIDE_BYTES / (2 * c.size);
    int64_t pieces = (l->extent[0] + c.width - 1) / c.width;
    int threads = l->points * l->nest->cost >= TH_PARALLEL_COST ? th_num_threads() : 1;
    th_parallel_for(add_columns, &c, pieces, threads);
    w->made = 1;
    return c.code;
}
#endif
