/* The loop driver: what a nest needs before it runs, extents and outputs, and the order of what is done then.
 *
 * nest.c reads nests; axes.h brings the axes into the best order and merges those that are one run of memory. What
 * remains goes to walk.c, in one piece, or as pieces.h cuts it: for threads, or row by row where a nest has phases.
 */
#include <string.h>
#include "kernels.h"
#include "axes.h"
#include "pieces.h"
#include "narrow.h"

enum { LINE = 64, LONG_ROW = 1024,              /* bytes; points of rows that are worth two calls */
       PART = 4096, BLOCK = 32768 };            /* points of rows of many: computed at once, and from first to last */

static const int8_t ITEMSIZE[TH_OBJECT + 1] = { 1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16, 8 };

static int find_extents(struct th_frame *frame, const th_nest *nest, th_slot **slots, int64_t *extent)
{
    int owner[TH_MAX_NDIM];
    for (int d = 0; d < nest->ndim; d++) {
        extent[d] = 1;
        owner[d] = -1;
        if (nest->extent_input[d] < 0) continue;
        owner[d] = nest->nslots + nest->extent_input[d];
        extent[d] = *(const int64_t *)slots[owner[d]]->data;
        if (extent[d] < 0) return loop_fail(frame, TH_BAD_VALUE, d, owner[d], -1, extent[d], 0);
    }
    for (int k = 0; k < nest->nslots; k++) {
        const th_operand *o = &nest->operand[k];
        if (o->role != TH_IN) continue;
        for (int d = 0; d < nest->ndim; d++) {
            if (o->axis[d] < 0) continue;
            int64_t n = slots[k]->shape[o->axis[d]];
            if (n == extent[d] || n == 1) continue;
            if (extent[d] != 1 || nest->extent_input[d] >= 0)
                return loop_fail(frame, TH_SHAPE_MISMATCH, d, owner[d], k, extent[d], n);
            extent[d] = n;
        }
        for (int d = 0; d < nest->ndim; d++)
            if (owner[d] < 0 && o->axis[d] >= 0 && extent[d] != 1) owner[d] = k;
    }
    return TH_OK;
}

static int has_extents(const th_slot *slot, const th_operand *o, const th_nest *nest, const int64_t *extent)
{
    for (int d = 0; d < nest->ndim; d++)
        if (o->axis[d] >= 0 && slot->shape[o->axis[d]] != extent[d]) return 0;
    return 1;
}

static void set_shape(th_slot *slot, const th_operand *o, const th_nest *nest, const int64_t *extent)
{
    for (int i = 0; i < slot->ndim; i++) slot->shape[i] = 1;
    for (int d = 0; d < nest->ndim; d++)
        if (o->axis[d] >= 0) slot->shape[o->axis[d]] = extent[d];
}

static int make_output(struct th_frame *frame, const th_nest *nest, th_slot **slots, int k, const int64_t *extent)
{
    const th_operand *o = &nest->operand[k];
    th_slot *slot = slots[k];
    if (o->inplace >= 0 && has_extents(slots[o->inplace], o, nest, extent)) {
        const th_slot *other = slots[o->inplace];
        slot->data = other->data;
        for (int i = 0; i < slot->ndim; i++) {
            slot->shape[i] = other->shape[i];
            slot->stride[i] = other->stride[i];
        }
        return TH_OK;
    }
    set_shape(slot, o, nest, extent);
    return th_allocate(frame, slot);
}

/* Memory for accumulators that stand in for a narrower result. */
static int make_wide(struct th_frame *frame, const th_operand *o, const th_nest *nest, th_slot *slot,
                     const int64_t *extent)
{
    set_shape(slot, o, nest, extent);
    int64_t nbytes = th_contiguous(slot);
    slot->data = nbytes < 0 ? NULL : th_scratch(frame, (size_t)nbytes);
    return slot->data ? TH_OK : loop_fail(frame, TH_OUT_OF_MEMORY, -1, -1, -1, nbytes, 0);
}

/* Finds the accumulators and their reductions; the largest of nothing is an error. */
static int find_accumulators(struct th_frame *frame, loop *l, th_slot **slots, const int64_t *extent)
{
    const th_nest *nest = l->nest;
    for EACH(k, nest->accumulators) {
        const th_operand *o = &nest->operand[k];
        l->reducer[k] = th_reducer_of(o->dtype, o->dtype, o->reduction);
        l->taker[k] = th_reducer_of(th_taken_dtype(nest, (int)k), o->dtype, o->reduction);
        if (o->role != TH_ACC) continue;
        int extreme = o->reduction == TH_MAXIMUM || o->reduction == TH_MINIMUM, empty = 0;
        for (int d = 0; d < nest->ndim; d++) empty |= o->axis[d] < 0 && extent[d] == 0;
        if (empty && extreme) return loop_fail(frame, TH_BAD_VALUE, -1, (int)k, -1, 0, 0);
        l->acc[k] = slots[k]->data;
        l->size[k] = th_count(slots[k]);
    }
    return TH_OK;
}

static void fill_accumulators(const loop *l)
{
    for EACH(k, l->nest->accumulators)
        if (k < (uint64_t)l->nest->nslots) l->reducer[k]->fill(l->acc[k], l->size[k]);
}

static int is_threaded(const loop *l)
{
    return l->points * l->nest->cost >= TH_PARALLEL_COST && th_num_threads() > 1;
}

static int is_one_row(const loop *l)
{
    if (l->nest->accumulators || l->nest->nphases > 1 || l->naxes > 1) return 0;
    if (is_threaded(l)) return 0;
    for (int k = 0; l->naxes && k < l->nest->noperands; k++)
        if (l->stride[0][k] != l->itemsize[k] && !(l->nest->scalars & BIT(k))) return 0;
    return 1;
}

/* How many points to do first, so that what comes next begins lines of the cache in results, and in as many operands as
 * can be, of those with the widest elements: these are most of what is moved, and few points lead to the next line. */
static int64_t find_lead(const loop *l)
{
    int64_t best = 0, widest = 0;
    int most = 0;
    uint64_t wide = 0;
    for (int k = 0; k < l->nest->noperands; k++) {
        if (l->nest->scalars & BIT(k) || l->itemsize[k] < widest) continue;
        wide = (l->itemsize[k] > widest ? 0 : wide) | BIT(k);
        widest = l->itemsize[k];
    }
    for EACH(k, wide) {
        int64_t lead = (int64_t)(-(uintptr_t)l->ptr[k] & (LINE - 1)) / widest;
        int found = 0;
        for EACH(j, wide)
            if (!(((uintptr_t)l->ptr[j] + (uintptr_t)(lead * widest)) & (LINE - 1)))
                found += l->nest->operand[j].role == TH_OUT ? TH_MAX_OPERANDS : 1;
        if (found > most || (found == most && lead < best)) {
            most = found;
            best = lead;
        }
    }
    return best;
}

/* n points of a row from one on. */
static int run_points(const loop *l, int64_t first, int64_t n)
{
    char *ptr[TH_MAX_OPERANDS];
    int64_t extent[4] = { n, 1, 0, 0 };
    for (int k = 0; k < l->nest->noperands; k++)
        ptr[k] = l->nest->scalars & BIT(k) ? l->ptr[k] : l->ptr[k] + first * l->itemsize[k];
    return th_call_inner(l, ptr, l->stride[0], extent);
}

/* What only copies needs no kernel. */
static int move_row(const loop *l)
{
    const th_phase *phase = &l->nest->phase[0];
    int from = __builtin_ctzll(phase->reads), to = __builtin_ctzll(phase->writes);
    th_move(l->ptr[to], l->ptr[from], l->extent[0] * l->itemsize[to]);
    return TH_OK;
}

/* Bytes of n points of a row. */
static int64_t bytes_of_points(const loop *l, int64_t n)
{
    int64_t bytes = 0;
    for (int k = 0; k < l->nest->noperands; k++)
        if (!(l->nest->scalars & BIT(k))) bytes += n * l->itemsize[k];
    return bytes;
}

/* The points from `first` on in blocks, by turns from the first block on and from the last one. The pages of the next
 * points are asked for before points are computed (3 to 9 % less time for vectors of 1e6). */
static int run_blocks_of_row(const loop *l, int64_t first, int64_t n)
{
    int64_t blocks = (n - first + BLOCK - 1) / BLOCK;
    int back = th_turn(), code = TH_OK;
    for (int64_t b = 0; b < blocks; b++) {
        int64_t begin = first + (back ? blocks - 1 - b : b) * BLOCK, end = begin + BLOCK < n ? begin + BLOCK : n;
        for (int64_t at = begin; at < end && !code; at += PART) {
            int64_t some = end - at < PART ? end - at : PART;
            int64_t next = at + some < end ? at + some : back ? begin - BLOCK : end;
            for (int k = 0; k < l->nest->noperands; k++)
                if (!(l->nest->scalars & BIT(k)) && next >= first)
                    th_ask_for(l->ptr[k] + next * l->itemsize[k], PART * l->itemsize[k]);
            code = run_points(l, at, some);
        }
    }
    return code;
}

/* All operands are contiguous, or one element. What several ops come to may be rounded otherwise in the points that
 * come first, and must not depend on where arrays lie: only nests of one op have such points. */
static int run_one_row(const loop *l)
{
    const th_phase *phase = &l->nest->phase[0];
    int64_t n = l->naxes ? l->extent[0] : 1;
    int many = n > LONG_ROW + PART && bytes_of_points(l, n) >= TH_KNOWN;
    if (l->naxes && phase->calls & TH_MOVES) return move_row(l);
    int64_t lead = n >= LONG_ROW && phase->calls & TH_SINGLE ? find_lead(l) : 0;
    int code = lead ? run_points(l, 0, lead) : TH_OK;
    if (code) return code;
    return many ? run_blocks_of_row(l, lead, n) : run_points(l, lead, n - lead);
}

/* Whether an output has the storage of an input. */
static int is_taken_over(const th_nest *nest, th_slot **slots, int k)
{
    int other = nest->operand[k].inplace;
    return other >= 0 && slots[k]->data == slots[other]->data;
}

/* Whether this only writes elements where they are already: what computed them wrote them there. */
static int is_done(const loop *l)
{
    const th_phase *phase = &l->nest->phase[0];
    if (!(phase->calls & TH_MOVES)) return 0;
    int from = __builtin_ctzll(phase->reads), to = __builtin_ctzll(phase->writes);
    int same = l->ptr[from] == l->ptr[to];
    for (int i = 0; i < l->naxes; i++) same &= l->stride[i][from] == l->stride[i][to];
    return same;
}

/* Copies elements to several places each. */
static int spread(const loop *l)
{
    const th_phase *phase = &l->nest->phase[0];
    int from = __builtin_ctzll(phase->reads), to = __builtin_ctzll(phase->writes);
    int64_t shape[TH_MAX_NDIM], source[TH_MAX_NDIM], target[TH_MAX_NDIM];
    for (int i = 0; i < l->naxes; i++) {
        shape[i] = l->extent[i];
        source[i] = l->stride[i][from];
        target[i] = l->stride[i][to];
    }
    th_slot x = {.data = l->ptr[from], .ndim = l->naxes, .itemsize = l->itemsize[from], .shape = shape, .stride = source};
    th_copy(l->ptr[to], target, &x);
    return TH_OK;
}

static int run_nest(struct th_frame *frame, const th_nest *nest, th_inner_fn inner, th_slot **slots, narrowing *narrow)
{
    loop l;
    int64_t extent[TH_MAX_NDIM];
    int code = find_extents(frame, nest, slots, extent);
    for (int k = 0; !code && k < nest->nslots; k++) {
        const th_operand *o = &nest->operand[k];
        if (is_wide(narrow, slots[k])) code = make_wide(frame, o, nest, slots[k], extent);
        else if (o->role != TH_IN) code = make_output(frame, nest, slots, k, extent);
    }
    if (code) return code;
    l.nest = nest;
    l.inner = inner;
    l.points = 1;
    l.fresh = nest->nphases == 1;
    l.made = nest->accumulators;
    for (int d = 0; d < nest->ndim; d++) l.points *= extent[d];
    for (int k = 0; k < nest->noperands; k++) {
        l.ptr[k] = k < nest->nslots ? slots[k]->data : NULL;
        l.itemsize[k] = ITEMSIZE[nest->operand[k].dtype];
        if (l.fresh && nest->operand[k].role == TH_OUT && !is_taken_over(nest, slots, k)) l.made |= BIT(k);
    }
    take_axes(&l, slots, extent);
    if (is_done(&l)) return TH_OK;
    if (nest->accumulators) code = find_accumulators(frame, &l, slots, extent);
    if (code) return code;
    if (l.points == 0 && nest->nphases == 1) {
        fill_accumulators(&l);
        return TH_OK;
    }
    if (nest->overwrites) code = untangle(frame, &l);
    if (code) return code;
    if (nest->phase[0].calls & TH_SPREADS && !is_threaded(&l)) return spread(&l);
    flip_axes(&l);
    sort_axes(&l);
    if (l.fresh) lay_out_all(frame, &l, slots, narrow);
    merge_axes(&l);
    if (nest->nphases > 1) {
        fill_accumulators(&l);
        return run_phases(frame, &l);
    }
    if (is_few_rows(&l, narrow)) return add_few_rows(frame, &l, narrow);
    gather_rows(&l);
    if (is_one_row(&l)) return run_one_row(&l);
    code = run_flat(frame, &l);
    return l.turned && !code ? turn_results(frame, &l, slots) : code;
}

/* Apart, as it needs much of the stack. */
static __attribute__((noinline)) int run_narrowed(struct th_frame *frame, const th_nest *nest, th_inner_fn inner,
                                                  th_slot **slots)
{
    narrowing narrow;
    widen_results(&narrow, nest, slots);
    int code = run_nest(frame, nest, inner, slots, &narrow);
    return code ? code : narrow_results(frame, &narrow);
}

int th_run_nest(struct th_frame *frame, const th_nest *nest, th_inner_fn inner, th_slot **slots)
{
    for EACH(k, nest->accumulators)
        if (is_narrow(nest, slots, k)) return run_narrowed(frame, nest, inner, slots);
    return run_nest(frame, nest, inner, slots, NULL);
}

int th_check_nest(struct th_frame *frame, const th_nest *nest, th_slot **slots)
{
    loop l;
    int64_t extent[TH_MAX_NDIM];
    int code = find_extents(frame, nest, slots, extent);
    for (int k = 0; !code && k < nest->nslots; k++)
        if (nest->operand[k].role != TH_IN) code = make_output(frame, nest, slots, k, extent);
    l.nest = nest;
    return !code && nest->accumulators ? find_accumulators(frame, &l, slots, extent) : code;
}
