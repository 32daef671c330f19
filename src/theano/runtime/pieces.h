/* Runs a nest whose axes are in order: in one piece, or in several, for threads or because it has phases.
 *
 * Functions of loop.c, which alone includes this file.
 */
#ifndef TH_PIECES_H
#define TH_PIECES_H
#include "loop.h"

enum { ROWS_BYTES = 131072, SHARED_BYTES = 1 << 20, SUM_PIECES = 32, ROW_PIECE = 512, TRY_ROW = 64 };

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
    int64_t row;                /* points of one row */
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
    team t = { .l = l, .axis = l->points * l->nest->cost >= TH_PARALLEL_COST ? choose_axis(l) : -1 };
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
        int64_t count = i == t->axis ? n : l->extent[i];
        b->extent[b->naxes++] = loops == TH_HEAD && i != t->axis && count > TH_HEAD ? TH_HEAD : count;
    }
}

/* Whether the phase can be left out for n points of the axis that is cut. Where rows are short nothing is tried. */
static int is_done_with(const team *t, const th_phase *phase, const box *b, int64_t n)
{
    if (t->row < TRY_ROW || phase->unless < 0) return phase->tries && t->row < TRY_ROW;
    const char *done = b->ptr[phase->unless];
    int64_t stride = t->axis < 0 ? 0 : t->l->stride[t->axis][phase->unless], i = 0;
    while (i < n && done[i * stride]) i++;
    return i == n;
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
        if (nest->accumulators & BIT(k)) l->reducer[k]->fill(b.ptr[k], n);
    }
    for (int p = 0; p < nest->nphases; p++) {
        if (is_done_with(t, &nest->phase[p], &b, n)) continue;
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
    for (int k = 0; k < l->nest->nslots; k++) {
        int walks = 0;
        for (int i = 0; i < l->naxes; i++) walks |= l->reduced[i] && l->stride[i][k];
        bytes += walks ? l->itemsize[k] : 0;
    }
    bytes = bytes ? bytes : 8;
    t->row = inner;
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
    int apart = l->points * nest->cost >= TH_PARALLEL_COST;
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
    if (!t.shared) return loop_fail(frame, TH_OUT_OF_MEMORY, -1, -1, -1, t.shared_bytes, 0);
    th_parallel_for(run_tiles, &t, t.pieces, th_num_threads());
    return t.code;
}
#endif
