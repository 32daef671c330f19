/* The loop driver: everything about a nest that is general.
 *
 * It finds extents, makes outputs, brings the axes into the best order and merges those that are one run of memory.
 * What remains goes to walk.c, in one piece, or in several
 * for the thread pool, or row by row where a nest has phases.
 */
#include <stdlib.h>
#include <string.h>
#include "loop.h"

enum { ROWS_BYTES = 131072, SHARED_BYTES = 1 << 20, SUM_PIECES = 32, ROW_PIECE = 512, SHORT_ROWS = 256 };
static const int64_t PARALLEL_COST = 1 << 22;

static const int8_t ITEMSIZE[TH_OBJECT + 1] = { 1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 8, 16, 8 };

static int fail(struct th_frame *frame, int code, int axis, int a, int b, int64_t na, int64_t nb)
{
    th_error_info *error = th_error_of(frame);
    error->code = code;
    error->axis = axis;
    error->operand_a = a;
    error->operand_b = b;
    error->a = na;
    error->b = nb;
    error->text[0] = 0;
    return code;
}

/* ---- nests from integers ---- */

static int count_words(const int64_t *words, int64_t count)
{
    if (count < 5) return 0;
    int64_t ndim = words[0], noperands = words[1], nslots = words[2], nphases = words[3];
    if (ndim < 0 || ndim > TH_MAX_NDIM || noperands < 0 || noperands > TH_MAX_OPERANDS) return 0;
    if (nslots < 0 || nslots > noperands || nphases < 1 || nphases > 255) return 0;
    return count == 5 + 2 * ndim + noperands * (5 + ndim) + nphases * 6;
}

static void read_operand(th_nest *nest, int k, const int64_t *words)
{
    th_operand *operand = &nest->operand[k];
    operand->role = (int8_t)words[0];
    operand->reduction = (int8_t)words[1];
    operand->dtype = (int16_t)words[2];
    operand->inplace = (int16_t)words[3];
    operand->source = (int16_t)words[4];
    int walked = 0;
    for (int d = 0; d < nest->ndim; d++) {
        operand->axis[d] = (int16_t)words[5 + d];
        walked |= operand->axis[d] >= 0;
    }
    if (!walked) nest->scalars |= BIT(k);
    if (operand->role == TH_ACC || operand->role == TH_TEMP) nest->accumulators |= BIT(k);
    if (operand->inplace >= 0) nest->overwrites = 1;
}

/* The dtype of what an accumulator takes up: that of an operand, or its own. */
static int taken_dtype(const th_nest *nest, int k)
{
    int source = nest->operand[k].source;
    return source < 0 ? nest->operand[k].dtype : nest->operand[source].dtype;
}

static int is_sound(const th_nest *nest)
{
    for (int k = 0; k < nest->noperands; k++) {
        const th_operand *o = &nest->operand[k];
        if (o->role < TH_IN || o->role > TH_TEMP || o->dtype < 0 || o->dtype >= TH_OBJECT) return 0;
        if (o->reduction < TH_NONE || o->reduction > TH_OR) return 0;
        if (o->inplace >= nest->noperands || o->source >= nest->noperands) return 0;
        if ((o->role == TH_TEMP) != (k >= nest->nslots)) return 0;
        if (nest->accumulators & BIT(k) && !th_reducer_of(taken_dtype(nest, k), o->dtype, o->reduction)) return 0;
        for (int d = 0; d < nest->ndim; d++)
            if (o->axis[d] >= TH_MAX_NDIM) return 0;
    }
    return 1;
}

th_nest *th_nest_new(const int64_t *words, int64_t count)
{
    if (!count_words(words, count)) return NULL;
    th_nest *nest = calloc(1, sizeof *nest);
    if (!nest) return NULL;
    nest->ndim = (int32_t)words[0];
    nest->noperands = (int32_t)words[1];
    nest->nslots = (int32_t)words[2];
    nest->nphases = (int32_t)words[3];
    nest->cost = (int32_t)words[4];
    nest->operand = calloc((size_t)nest->noperands + 1, sizeof *nest->operand);
    nest->phase = calloc((size_t)nest->nphases, sizeof *nest->phase);
    words += 5;
    for (int d = 0; d < nest->ndim; d++) nest->reduced[d] = (uint8_t)words[d];
    words += nest->ndim;
    for (int d = 0; d < nest->ndim; d++) nest->extent_input[d] = (int16_t)words[d];
    words += nest->ndim;
    for (int k = 0; nest->operand && k < nest->noperands; k++, words += 5 + nest->ndim) read_operand(nest, k, words);
    for (int p = 0; nest->phase && p < nest->nphases; p++, words += 6) {
        nest->phase[p].reads = (uint64_t)words[0];
        nest->phase[p].writes = (uint64_t)words[1];
        nest->phase[p].accumulates = (uint64_t)words[2];
        nest->phase[p].loops = (uint8_t)words[3];
        nest->phase[p].calls = (uint8_t)words[4];
        nest->phase[p].still = (uint64_t)words[5];
    }
    if (!nest->operand || !nest->phase || !is_sound(nest)) {
        th_nest_free(nest);
        return NULL;
    }
    return nest;
}

void th_nest_free(th_nest *nest)
{
    if (!nest) return;
    free(nest->operand);
    free(nest->phase);
    th_code_free(nest->code);
    free(nest);
}

/* ---- extents and outputs ---- */

static int find_extents(struct th_frame *frame, const th_nest *nest, th_slot **slots, int64_t *extent)
{
    int owner[TH_MAX_NDIM];
    for (int d = 0; d < nest->ndim; d++) {
        extent[d] = 1;
        owner[d] = -1;
        if (nest->extent_input[d] < 0) continue;
        owner[d] = nest->nslots + nest->extent_input[d];
        extent[d] = *(const int64_t *)slots[owner[d]]->data;
        if (extent[d] < 0) return fail(frame, TH_BAD_VALUE, d, owner[d], -1, extent[d], 0);
    }
    for (int k = 0; k < nest->nslots; k++) {
        const th_operand *o = &nest->operand[k];
        if (o->role != TH_IN) continue;
        for (int d = 0; d < nest->ndim; d++) {
            if (o->axis[d] < 0) continue;
            int64_t n = slots[k]->shape[o->axis[d]];
            if (n == extent[d] || n == 1) continue;
            if (extent[d] != 1 || nest->extent_input[d] >= 0)
                return fail(frame, TH_SHAPE_MISMATCH, d, owner[d], k, extent[d], n);
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
    for (int i = 0; i < slot->ndim; i++) slot->shape[i] = 1;
    for (int d = 0; d < nest->ndim; d++)
        if (o->axis[d] >= 0) slot->shape[o->axis[d]] = extent[d];
    return th_allocate(frame, slot);
}

/* Finds the accumulators and their reductions; the largest of nothing is an error. */
static int find_accumulators(struct th_frame *frame, loop *l, th_slot **slots, const int64_t *extent)
{
    const th_nest *nest = l->nest;
    for EACH(k, nest->accumulators) {
        const th_operand *o = &nest->operand[k];
        l->reducer[k] = th_reducer_of(o->dtype, o->dtype, o->reduction);
        l->taker[k] = th_reducer_of(taken_dtype(nest, (int)k), o->dtype, o->reduction);
        if (o->role != TH_ACC) continue;
        int extreme = o->reduction == TH_MAXIMUM || o->reduction == TH_MINIMUM, empty = 0;
        for (int d = 0; d < nest->ndim; d++) empty |= o->axis[d] < 0 && extent[d] == 0;
        if (empty && extreme) return fail(frame, TH_BAD_VALUE, -1, (int)k, -1, 0, 0);
        l->acc[k] = slots[k]->data;
        l->size[k] = th_count(slots[k]);
    }
    return TH_OK;
}

/* ---- axes ---- */

static void take_axes(loop *l, th_slot **slots, const int64_t *extent)
{
    const th_nest *nest = l->nest;
    l->naxes = 0;
    for (int d = nest->ndim - 1; d >= 0; d--) {
        if (extent[d] == 1) continue;
        int64_t *stride = l->stride[l->naxes];
        l->extent[l->naxes] = extent[d];
        l->reduced[l->naxes++] = nest->reduced[d];
        for (int k = 0; k < nest->noperands; k++) {
            int axis = nest->operand[k].role == TH_TEMP ? -1 : nest->operand[k].axis[d];
            stride[k] = axis < 0 || slots[k]->shape[axis] == 1 ? 0 : slots[k]->stride[axis];
        }
    }
}

/* Walks an axis from its other end where every operand runs backwards. */
static void flip_axes(loop *l)
{
    for (int i = 0; i < l->naxes; i++) {
        int forward = 0, backward = 0;
        for (int k = 0; k < l->nest->noperands; k++) {
            forward |= l->stride[i][k] > 0;
            backward |= l->stride[i][k] < 0;
        }
        if (forward || !backward) continue;
        for (int k = 0; k < l->nest->noperands; k++) {
            l->ptr[k] += (l->extent[i] - 1) * l->stride[i][k];
            l->stride[i][k] = -l->stride[i][k];
        }
    }
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
static void lay_out(struct th_frame *frame, loop *l, th_slot *slot, int k)
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
    th_lay_out(frame, slot, order);
}

static void lay_out_all(struct th_frame *frame, loop *l, th_slot **slots)
{
    for EACH(k, l->made)
        if (!runs_along(l, (int)k) && !th_is_laid_out(frame, slots[k])) lay_out(frame, l, slots[k], (int)k);
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
    if (!copy) return fail(frame, TH_OUT_OF_MEMORY, -1, k, -1, size, 0);
    copy_axes(l, k, l->naxes - 1, copy, l->ptr[k]);
    l->ptr[k] = copy;
    for (int i = 0; i < l->naxes; i++) l->stride[i][k] = strides[i];
    return TH_OK;
}

static int untangle(struct th_frame *frame, loop *l)
{
    const th_nest *nest = l->nest;
    for (int k = 0; k < nest->nslots; k++) {
        if (nest->operand[k].inplace < 0) continue;
        for (int j = 0; j < nest->nslots; j++) {
            if (nest->operand[j].role != TH_IN || !is_tangled(l, k, j)) continue;
            int code = copy_operand(frame, l, j);
            if (code) return code;
        }
    }
    return TH_OK;
}

/* ---- running ---- */

static void whole_box(const loop *l, box *b)
{
    b->naxes = l->naxes;
    for (int i = 0; i < l->naxes; i++) {
        b->axis[i] = i;
        b->extent[i] = l->extent[i];
    }
    for (int k = 0; k < l->nest->noperands; k++) b->ptr[k] = l->ptr[k];
}

/* The pieces of a nest that threads work on: ranges of one axis, or of the rows of a nest with phases. */
typedef struct team {
    const loop *l;
    int axis;                   /* that is cut, or -1 */
    int64_t pieces;
    int64_t outer;              /* rows: number of tiles, and points of one */
    int64_t tile;
    char *shared;               /* accumulators of pieces 1, 2 ...; temporaries of each piece */
    int64_t shared_bytes, offset[TH_MAX_OPERANDS];
    uint64_t private;           /* accumulators that each piece has its own of */
    int code;
} team;

static void report(team *t, int code)
{
    if (code) __atomic_store_n(&t->code, code, __ATOMIC_RELAXED);
}

static void run_piece(team *t, int64_t piece)
{
    const loop *l = t->l;
    box b;
    whole_box(l, &b);
    int64_t n = l->extent[t->axis], begin = n * piece / t->pieces;
    b.extent[t->axis] = n * (piece + 1) / t->pieces - begin;
    for (int k = 0; k < l->nest->noperands; k++) b.ptr[k] += begin * l->stride[t->axis][k];
    for EACH(k, t->private)
        if (piece) b.ptr[k] = t->shared + (piece - 1) * t->shared_bytes + t->offset[k];
    report(t, th_walk(l, 0, &b));
}

static void run_pieces(void *arg, int64_t begin, int64_t end)
{
    for (int64_t piece = begin; piece < end; piece++) run_piece(arg, piece);
}

/* The most pieces that an axis is cut into; rows are not cut short. Sums are cut in the same places whatever the
 * number of threads, so that it does not change them. */
static int64_t most_pieces(const loop *l, int axis)
{
    if (!l->nest->accumulators) return th_num_threads();
    if (axis || l->naxes == 1) return SUM_PIECES;
    int64_t rows = l->extent[0] / ROW_PIECE;
    return rows < SUM_PIECES ? rows : SUM_PIECES;
}

/* Bytes of the accumulators that stay in place along an axis. */
static int64_t bytes_in_place(const loop *l, int axis)
{
    int64_t bytes = 0;
    for EACH(k, l->nest->accumulators)
        if (!l->stride[axis][k]) bytes += (l->size[k] * l->itemsize[k] + 63) & ~(int64_t)63;
    return bytes;
}

/* The outermost long axis for whose pieces copies of the accumulators that stay in place are not too large; or -1. */
static int choose_axis(const loop *l)
{
    for (int i = l->naxes - 1; i >= 0; i--) {
        int64_t pieces = most_pieces(l, i);
        if (pieces > 1 && l->extent[i] >= 4 * pieces && bytes_in_place(l, i) * (pieces - 1) <= SHARED_BYTES) return i;
    }
    return -1;
}

/* Gives pieces their own copies of the accumulators that stay in place along the axis that is cut. */
static int share_accumulators(struct th_frame *frame, team *t)
{
    const loop *l = t->l;
    int64_t at = 0;
    for EACH(k, l->nest->accumulators) {
        if (l->stride[t->axis][k]) continue;
        t->private |= BIT(k);
        t->offset[k] = at;
        at += (l->size[k] * l->itemsize[k] + 63) & ~(int64_t)63;
    }
    t->shared_bytes = at;
    if (!at) return 1;
    t->shared = th_scratch(frame, (size_t)(at * (t->pieces - 1)));
    return t->shared != NULL;
}

static void merge_accumulators(const team *t)
{
    const loop *l = t->l;
    for (int64_t piece = 1; piece < t->pieces; piece++)
        for EACH(k, t->private) {
            const char *p = t->shared + (piece - 1) * t->shared_bytes + t->offset[k];
            l->reducer[k]->column(l->acc[k], l->itemsize[k], p, 0, l->size[k], 1);
        }
}

static int run_flat(struct th_frame *frame, const loop *l)
{
    team t = { .l = l, .axis = l->points * l->nest->cost >= PARALLEL_COST ? choose_axis(l) : -1 };
    if (t.axis >= 0) {
        t.pieces = most_pieces(l, t.axis);
        if (share_accumulators(frame, &t)) {
            th_parallel_for(run_pieces, &t, t.pieces, th_num_threads());
            merge_accumulators(&t);
            return t.code;
        }
    }
    box b;
    whole_box(l, &b);
    return th_walk(l, 0, &b);
}

/* ---- nests with phases: all of them for some points of the outer axes, then for the next ---- */

/* The axes of one tile: its part of the innermost outer axis, and the reduced axes if the phase loops over them. */
static void tile_box(const team *t, box *b, int64_t n, int loops)
{
    const loop *l = t->l;
    b->naxes = 0;
    for (int i = 0; i < l->naxes; i++) {
        if (i != t->axis && !(loops && l->reduced[i])) continue;
        b->axis[b->naxes] = i;
        b->extent[b->naxes++] = i == t->axis ? n : l->extent[i];
    }
}

static void run_tile(team *t, int64_t number, char *temporaries)
{
    const loop *l = t->l;
    const th_nest *nest = l->nest;
    box b;
    int64_t n = 1;
    for (int k = 0; k < nest->noperands; k++) b.ptr[k] = l->ptr[k];
    for (int i = 0; i < l->naxes; i++) {
        if (l->reduced[i]) continue;
        int64_t tile = i == t->axis ? t->tile : 1, count = (l->extent[i] + tile - 1) / tile;
        int64_t begin = number % count * tile;
        number /= count;
        if (i == t->axis) n = l->extent[i] - begin < tile ? l->extent[i] - begin : tile;
        for (int k = 0; k < nest->nslots; k++) b.ptr[k] += begin * l->stride[i][k];
    }
    for (int k = nest->nslots; k < nest->noperands; k++) {
        b.ptr[k] = temporaries + t->offset[k];
        l->reducer[k]->fill(b.ptr[k], n);
    }
    for (int p = 0; p < nest->nphases; p++) {
        tile_box(t, &b, n, nest->phase[p].loops);
        report(t, th_walk(l, p, &b));
    }
}

static void run_tiles(void *arg, int64_t begin, int64_t end)
{
    team *t = arg;
    for (int64_t piece = begin; piece < end; piece++) {
        char *temporaries = t->shared + piece * t->shared_bytes;
        int64_t last = t->outer * (piece + 1) / t->pieces;
        for (int64_t number = t->outer * piece / t->pieces; number < last; number++) run_tile(t, number, temporaries);
    }
}

static void choose_tile(team *t)
{
    const loop *l = t->l;
    int64_t bytes = 0, inner = 1;
    int reduced = 0;
    t->axis = -1;
    t->outer = 1;
    for (int i = 0; i < l->naxes; i++) {
        if (l->reduced[i]) {
            inner *= l->extent[i];
            reduced += t->axis < 0;
        }
        else if (t->axis < 0) t->axis = i;
    }
    for (int k = 0; k < l->nest->nslots; k++) bytes += l->itemsize[k];
    t->tile = ROWS_BYTES / (bytes * (inner ? inner : 1) + 1);
    if (!reduced && t->tile < 64) t->tile = 64;
    if (t->axis >= 0 && t->tile > l->extent[t->axis]) t->tile = l->extent[t->axis];
    if (t->tile < 1) t->tile = 1;
    for (int i = 0; i < l->naxes; i++) {
        if (l->reduced[i]) continue;
        t->outer *= i == t->axis ? (l->extent[i] + t->tile - 1) / t->tile : l->extent[i];
    }
}

static int run_phases(struct th_frame *frame, loop *l)
{
    const th_nest *nest = l->nest;
    team t = { .l = l, .pieces = 1 };
    choose_tile(&t);
    int apart = l->points * nest->cost >= PARALLEL_COST;
    for EACH(k, nest->accumulators)
        for (int i = 0; i < l->naxes && k < (uint64_t)nest->nslots; i++)
            apart &= l->reduced[i] || l->stride[i][k] != 0;
    if (apart) t.pieces = th_num_threads();
    if (t.pieces > t.outer) t.pieces = t.outer ? t.outer : 1;
    for (int k = nest->nslots; k < nest->noperands; k++) {
        t.offset[k] = t.shared_bytes;
        t.shared_bytes += ((t.axis < 0 ? 1 : t.tile) * l->itemsize[k] + 63) & ~(int64_t)63;
        if (t.axis >= 0) l->stride[t.axis][k] = l->itemsize[k];
    }
    t.shared = th_scratch(frame, (size_t)(t.shared_bytes * t.pieces + 1));
    if (!t.shared) return fail(frame, TH_OUT_OF_MEMORY, -1, -1, -1, t.shared_bytes, 0);
    th_parallel_for(run_tiles, &t, t.pieces, th_num_threads());
    return t.code;
}

/* ---- the driver ---- */

static void fill_accumulators(const loop *l)
{
    for EACH(k, l->nest->accumulators)
        if (k < (uint64_t)l->nest->nslots) l->reducer[k]->fill(l->acc[k], l->size[k]);
}

static int is_one_row(const loop *l)
{
    if (l->nest->accumulators || l->nest->nphases > 1 || l->naxes > 1) return 0;
    if (l->points * l->nest->cost >= PARALLEL_COST) return 0;
    for (int k = 0; l->naxes && k < l->nest->noperands; k++)
        if (l->stride[0][k] != l->itemsize[k] && !(l->nest->scalars & BIT(k))) return 0;
    return 1;
}

/* Whether an output has the storage of an input. */
static int is_taken_over(const th_nest *nest, th_slot **slots, int k)
{
    int other = nest->operand[k].inplace;
    return other >= 0 && slots[k]->data == slots[other]->data;
}

int th_run_nest(struct th_frame *frame, const th_nest *nest, th_inner_fn inner, th_slot **slots)
{
    loop l;
    int64_t extent[TH_MAX_NDIM];
    int code = find_extents(frame, nest, slots, extent);
    for (int k = 0; !code && k < nest->nslots; k++)
        if (nest->operand[k].role != TH_IN) code = make_output(frame, nest, slots, k, extent);
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
    if (nest->accumulators) code = find_accumulators(frame, &l, slots, extent);
    if (code) return code;
    if (l.points == 0 && nest->nphases == 1) {
        fill_accumulators(&l);
        return TH_OK;
    }
    if (nest->overwrites) code = untangle(frame, &l);
    if (code) return code;
    flip_axes(&l);
    sort_axes(&l);
    if (l.fresh) lay_out_all(frame, &l, slots);
    merge_axes(&l);
    if (nest->nphases > 1) {
        fill_accumulators(&l);
        return run_phases(frame, &l);
    }
    gather_rows(&l);
    if (is_one_row(&l)) {
        const int64_t only[4] = { l.naxes ? l.extent[0] : 1, 1, 0, 0 };
        return th_call_inner(&l, l.ptr, l.stride[0], only);
    }
    return run_flat(frame, &l);
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
