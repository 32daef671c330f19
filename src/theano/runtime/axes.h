/* The axes of a nest: which there are, in which order they run best, how new values lie for that; and copies of what an
 * output would overwrite too early.
 *
 * Functions of loop.c, which alone includes this file: calls of functions elsewhere are felt in short loops.
 */
#ifndef TH_AXES_H
#define TH_AXES_H
#include <stdlib.h>
#include <string.h>
#include "loop.h"

enum { SHORT_ROWS = 256 };

static void take_axes(loop *l, th_slot **slots, const int64_t *extent)
{
    const th_nest *nest = l->nest;
    l->naxes = 0;
    for (int d = nest->ndim - 1; d >= 0; d--) {
        if (extent[d] == 1) continue;
        int64_t *stride = l->stride[l->naxes];
        l->extent[l->naxes] = extent[d];
        l->number[l->naxes] = (uint8_t)d;
        l->reduced[l->naxes++] = nest->reduced[d];
        for (int k = 0; k < nest->noperands; k++) {
            int axis = nest->operand[k].role == TH_TEMP ? -1 : nest->operand[k].axis[d];
            stride[k] = axis < 0 || slots[k]->shape[axis] == 1 ? 0 : slots[k]->stride[axis];
        }
    }
}

/* Walks an axis from its other end where every operand runs backwards. Where all that is made are accumulators, they are
 * not asked: what comes to lie in them in the wrong order is turned around at the end (turn_results). */
static void flip_axes(loop *l)
{
    uint64_t accumulators = l->fresh && l->made == l->nest->accumulators ? l->made : 0;
    l->turned = 0;
    for (int i = 0; i < l->naxes; i++) {
        int forward = 0, backward = 0;
        for (int k = 0; k < l->nest->noperands; k++) {
            if (accumulators & BIT(k)) continue;
            forward |= l->stride[i][k] > 0;
            backward |= l->stride[i][k] < 0;
        }
        if (forward || !backward) continue;
        for (int k = 0; k < l->nest->noperands; k++) {
            if (accumulators & BIT(k) && l->stride[i][k] > 0) {
                l->turned |= 1u << l->number[i];
                continue;
            }
            l->ptr[k] += (l->extent[i] - 1) * l->stride[i][k];
            l->stride[i][k] = -l->stride[i][k];
        }
    }
}

/* Puts the elements of accumulators along axes that were walked from the other end in their order. */
static int turn_results(struct th_frame *frame, const loop *l, th_slot **slots)
{
    for EACH(k, l->turned ? l->nest->accumulators : 0) {
        const th_operand *o = &l->nest->operand[k];
        const th_slot *slot = slots[k];
        int64_t stride[TH_MAX_NDIM], n = slot->itemsize;
        for (int i = slot->ndim; i--; n *= slot->shape[i]) stride[i] = n;
        th_slot from = *slot;
        from.data = th_scratch(frame, (size_t)n);
        from.stride = stride;
        if (!from.data) return loop_fail(frame, TH_OUT_OF_MEMORY, -1, (int)k, -1, n, 0);
        th_copy(from.data, stride, slot);
        for (int d = 0; d < l->nest->ndim; d++) {
            int axis = o->axis[d];
            if (axis < 0 || !(l->turned >> d & 1)) continue;
            from.data += (slot->shape[axis] - 1) * stride[axis];
            stride[axis] = -stride[axis];
        }
        th_copy(slot->data, slot->stride, &from);
    }
    return TH_OK;
}

/* Whether most operands run in smaller steps along axis a than along axis b. New ones have no say: they can be laid
 * out to suit. */
static int is_finer(const loop *l, int a, int b)
{
    int votes = 0;
    for (int k = 0; k < l->nest->noperands; k++) {
        int64_t x = llabs(l->stride[a][k]), y = llabs(l->stride[b][k]);
        if (x && y && !(l->made & BIT(k))) votes += (x < y) - (x > y);
    }
    return votes > 0;
}

static void swap_axes(loop *l, int a, int b)
{
    int64_t n = l->extent[a];
    uint8_t r = l->reduced[a];
    l->extent[a] = l->extent[b];
    l->reduced[a] = l->reduced[b];
    l->extent[b] = n;
    l->reduced[b] = r;
    for (int k = 0; k < l->nest->noperands; k++) {
        int64_t s = l->stride[a][k];
        l->stride[a][k] = l->stride[b][k];
        l->stride[b][k] = s;
    }
}

static void sort_axes(loop *l)
{
    for (int i = 1; i < l->naxes; i++)
        for (int j = i; j > 0 && is_finer(l, j, j - 1); j--) swap_axes(l, j, j - 1);
}

static int continues(const loop *l, int inner, int outer)
{
    if (l->nest->nphases > 1 && l->reduced[inner] != l->reduced[outer]) return 0;
    for (int k = 0; k < l->nest->noperands; k++)
        if (l->stride[outer][k] != l->stride[inner][k] * l->extent[inner]) return 0;
    return 1;
}

static void merge_axes(loop *l)
{
    int last = 0;
    for (int i = 1; i < l->naxes; i++) {
        if (continues(l, last, i)) {
            l->extent[last] *= l->extent[i];
            continue;
        }
        last++;
        if (last != i) swap_axes(l, last, i);
    }
    if (l->naxes) l->naxes = last + 1;
}

/* ---- new values in the order of the loop ---- */

static int runs_along(const loop *l, int k)
{
    int64_t last = 0;
    for (int i = 0; i < l->naxes; i++) {
        if (!l->stride[i][k]) continue;
        if (l->stride[i][k] < last) return 0;
        last = l->stride[i][k];
    }
    return 1;
}

/* Lays the elements of a new value out in the order in which the loop comes to them, as NumPy does. */
static void lay_out(struct th_frame *frame, loop *l, th_slot *slot, int k, int wide)
{
    int64_t stride = l->itemsize[k], order[TH_MAX_NDIM];
    for (int d = 0; d < slot->ndim; d++) order[d] = slot->stride[d];
    for (int i = 0; i < l->naxes; i++) {
        if (!l->stride[i][k]) continue;
        for (int d = 0; d < slot->ndim; d++)
            if (slot->shape[d] > 1 && slot->stride[d] == l->stride[i][k]) order[d] = stride;
        l->stride[i][k] = stride;
        stride *= l->extent[i];
    }
    if (wide) memcpy(slot->stride, order, sizeof *order * slot->ndim);
    else th_lay_out(frame, slot, order);
}

static void lay_out_all(struct th_frame *frame, loop *l, th_slot **slots, const narrowing *narrow)
{
    for EACH(k, l->made) {
        int wide = is_wide(narrow, slots[k]);
        if (!runs_along(l, (int)k) && (wide || !th_is_laid_out(frame, slots[k]))) lay_out(frame, l, slots[k], (int)k, wide);
    }
}

/* Where short rows are added to rows of results, the rows of one result come next: several are added up at a time. */
static void gather_rows(loop *l)
{
    const th_phase *phase = &l->nest->phase[0];
    if (l->naxes < 3 || l->reduced[0] || l->reduced[1] || phase->calls) return;
    if (l->extent[0] < SHORT_ROWS / 16 || l->extent[0] > SHORT_ROWS) return;
    for (int k = 0; k < l->nest->noperands; k++)
        if (l->stride[0][k] && l->stride[0][k] != l->itemsize[k]) return;
    int i = 2;
    while (i < l->naxes && !l->reduced[i]) i++;
    for (; i < l->naxes && i > 1; i--) swap_axes(l, i, i - 1);
}

/* ---- overlap of an output with other inputs ---- */

static void find_range(const loop *l, int k, char **low, char **high)
{
    *low = *high = l->ptr[k];
    for (int i = 0; i < l->naxes; i++) {
        int64_t reach = (l->extent[i] - 1) * l->stride[i][k];
        if (reach > 0) *high += reach;
        else *low += reach;
    }
    *high += l->itemsize[k];
}

static int is_tangled(const loop *l, int output, int input)
{
    char *a, *b, *c, *d;
    find_range(l, output, &a, &b);
    find_range(l, input, &c, &d);
    if (b <= c || d <= a) return 0;
    int same = l->ptr[output] == l->ptr[input] && l->itemsize[output] == l->itemsize[input];
    for (int i = 0; same && i < l->naxes; i++) same = l->stride[i][output] == l->stride[i][input];
    return !same;
}

static char *copy_axes(const loop *l, int k, int axis, char *to, const char *from)
{
    if (axis < 0) {
        memcpy(to, from, (size_t)l->itemsize[k]);
        return to + l->itemsize[k];
    }
    if (!l->stride[axis][k]) return copy_axes(l, k, axis - 1, to, from);
    for (int64_t i = 0; i < l->extent[axis]; i++) to = copy_axes(l, k, axis - 1, to, from + i * l->stride[axis][k]);
    return to;
}

static int copy_operand(struct th_frame *frame, loop *l, int k)
{
    int64_t size = l->itemsize[k], strides[TH_MAX_NDIM];
    for (int i = 0; i < l->naxes; i++) {
        strides[i] = l->stride[i][k] ? size : 0;
        if (l->stride[i][k]) size *= l->extent[i];
    }
    char *copy = th_scratch(frame, (size_t)size);
    if (!copy) return loop_fail(frame, TH_OUT_OF_MEMORY, -1, k, -1, size, 0);
    copy_axes(l, k, l->naxes - 1, copy, l->ptr[k]);
    l->ptr[k] = copy;
    for (int i = 0; i < l->naxes; i++) l->stride[i][k] = strides[i];
    return TH_OK;
}

static int untangle(struct th_frame *frame, loop *l)
{
    const th_nest *nest = l->nest;
    uint64_t read = 0;
    for (int p = 0; p < nest->nphases; p++) read |= nest->phase[p].reads;
    for (int k = 0; k < nest->nslots; k++) {
        if (nest->operand[k].inplace < 0) continue;
        for (int j = 0; j < nest->nslots; j++) {
            if (nest->operand[j].role != TH_IN || !(read & BIT(j)) || !is_tangled(l, k, j)) continue;
            int code = copy_operand(frame, l, j);
            if (code) return code;
        }
    }
    return TH_OK;
}
#endif
