/* Runs one phase of a nest over a part of its index space.
 *
 * The two innermost axes make a region of rows. Where all operands are contiguous inside a row, the inner function
 * gets the region as it is. Otherwise the region is done in blocks that the first cache holds, and what is
 * not contiguous is packed into, or unpacked from, a block, so inner functions know one layout only. Short rows make
 * one long row; where most operands have the same few elements between rows, these are computed too, and dropped.
 * Values that a phase accumulates are reduced block by block too, straight after they were computed.
 */
#include <stdlib.h>
#include <string.h>
#include "loop.h"

enum {
    BLOCK_BYTES = 32768,        /* packed operands of one block together */
    BLOCK_POINTS = 1024,
    BEHIND = 64,                /* room behind each packed operand */
    SHORT_BYTES = 4096,         /* rows below this are added to each other before they are summed up */
    SHORT_ROW = 16,             /* rows below this are packed, so that many of them make one */
    MOVED_BYTES = 256,          /* rows below this are copied here rather than by a call */
    TILE = 128,                 /* points of a row where an operand runs along the other axis */
    FRESH = 1024,               /* accumulators that get their identity just before they are used */
};

typedef struct walker {
    const loop *l;
    const th_phase *phase;
    int64_t index;
    int64_t n, rows;                        /* extents of the region */
    int64_t pitch;                          /* elements from row to row where short rows make one row */
    int64_t step[TH_MAX_OPERANDS];          /* inside a row, and from row to row */
    int64_t row[TH_MAX_OPERANDS];
    uint64_t arrays;                        /* operands with axes that the phase touches in memory */
    uint64_t packed, computed, before, after;
    uint64_t still;                         /* operands of which a row needs one element */
    uint64_t fresh;                         /* accumulators to which nothing was added before this region */
    int blocked, columns;                   /* columns: blocks run down before they go right */
    int64_t width, height;                  /* of a block */
    char *block[TH_MAX_OPERANDS];
    char *target[TH_MAX_OPERANDS];          /* the accumulator that sum[k] belongs to */
    th_sum sum[TH_MAX_OPERANDS];
} walker;

/* ---- packing ---- */

typedef uint8_t word1;
typedef uint16_t __attribute__((may_alias)) word2;
typedef uint32_t __attribute__((may_alias)) word4;
typedef uint64_t __attribute__((may_alias, aligned(4))) word8;
typedef struct { word8 part[2]; } __attribute__((may_alias)) word16;

#define COPY(T)                                                                             \
    for (int64_t i = 0; i < rows; i++, from += row, to += to_row) {                         \
        int64_t j = 0;                                                                      \
        for (; j + 4 <= n; j += 4) {                                                        \
            const char *f = from + j * step;                                                \
            char *t = to + j * to_step;                                                     \
            T a = *(const T *)f, b = *(const T *)(f + step);                                \
            T c = *(const T *)(f + 2 * step), d = *(const T *)(f + 3 * step);               \
            *(T *)t = a;                                                                    \
            *(T *)(t + to_step) = b;                                                        \
            *(T *)(t + 2 * to_step) = c;                                                    \
            *(T *)(t + 3 * to_step) = d;                                                    \
        }                                                                                   \
        for (; j < n; j++) *(T *)(to + j * to_step) = *(const T *)(from + j * step);        \
    }

/* Short rows are written four points at a time, of which the next row overwrites some: there is room behind the last. */
#define FILL(T)                                                                             \
    if (n < SHORT_ROW) {                                                                    \
        for (int64_t i = 0; i < rows; i++, from += row, to += to_row) {                     \
            T value = *(const T *)from;                                                     \
            for (int64_t k = 0; k < n; k += 4)                                              \
                for (int j = 0; j < 4; j++) ((T *)to)[k + j] = value;                       \
        }                                                                                   \
        return;                                                                             \
    }                                                                                       \
    for (int64_t i = 0; i < rows; i++, from += row, to += to_row) {                         \
        T value = *(const T *)from;                                                         \
        for (int64_t j = 0; j < n; j++) ((T *)to)[j] = value;                               \
    }

/* Rows of at least SIZE bytes, in pieces of as many; the last one may overlap that before it. */
#define MOVE(SIZE)                                                                          \
    for (int64_t i = 0; i < rows; i++, from += row, to += to_row) {                         \
        for (int64_t j = 0; j + SIZE < bytes; j += SIZE) memcpy(to + j, from + j, SIZE);    \
        memcpy(to + bytes - SIZE, from + bytes - SIZE, SIZE);                               \
    }

/* Contiguous rows of some bytes each, from one array to another: a call for each short one would take longer. */
static void move_rows(char *to, int64_t to_row, const char *from, int64_t row, int64_t bytes, int64_t rows)
{
    if (bytes >= MOVED_BYTES) {
        for (int64_t i = 0; i < rows; i++) memcpy(to + i * to_row, from + i * row, (size_t)bytes);
    }
    else if (bytes >= 64) MOVE(64)
    else if (bytes >= 32) MOVE(32)
    else if (bytes >= 16) MOVE(16)
    else if (bytes >= 8) MOVE(8)
    else if (bytes >= 4) MOVE(4)
    else MOVE(1)
}

/* Rows of n elements in any layout, made contiguous. */
static void pack_rows(char *to, int64_t to_row, const char *from, int64_t step, int64_t row, int64_t n, int64_t rows,
                      int64_t itemsize)
{
    const int64_t to_step = itemsize;
    if (step == itemsize) {
        move_rows(to, to_row, from, row, n * itemsize, rows);
        return;
    }
    switch (step ? itemsize : -itemsize) {
    case 1: COPY(word1) break;
    case 2: COPY(word2) break;
    case 4: COPY(word4) break;
    case 8: COPY(word8) break;
    case 16: COPY(word16) break;
    case -1: FILL(word1) break;
    case -2: FILL(word2) break;
    case -4: FILL(word4) break;
    case -8: FILL(word8) break;
    default: FILL(word16) break;
    }
}

/* The last number of each row once more up to the next row: what lay in the buffer might need special treatment. */
static void fill_gaps(char *to, int64_t n, int64_t pitch, int64_t rows, int64_t itemsize)
{
    for (int64_t i = 0; i < rows; i++, to += pitch * itemsize)
        for (int64_t j = n; j < pitch; j++) memcpy(to + j * itemsize, to + (n - 1) * itemsize, (size_t)itemsize);
}

static void unpack_rows(char *to, int64_t to_step, int64_t to_row, const char *from, int64_t row, int64_t n,
                        int64_t rows, int64_t itemsize)
{
    const int64_t step = itemsize;
    if (to_step == itemsize) {
        move_rows(to, to_row, from, row, n * itemsize, rows);
        return;
    }
    switch (itemsize) {
    case 1: COPY(word1) break;
    case 2: COPY(word2) break;
    case 4: COPY(word4) break;
    case 8: COPY(word8) break;
    default: COPY(word16) break;
    }
}

/* ---- accumulating ---- */

static void settle(walker *w, uint64_t k)
{
    if (w->target[k]) w->l->reducer[k]->settle(w->target[k], &w->sum[k]);
    w->target[k] = NULL;
}

/* All of some contiguous elements into one accumulator. Sums stay open until another accumulator comes. */
static void accumulate_run(walker *w, uint64_t k, const th_reducer *taker, char *acc, const char *p, int64_t n)
{
    if (!taker->sum) {
        taker->rows(acc, 0, p, 0, n, 1);
        return;
    }
    if (w->target[k] != acc) {
        settle(w, k);
        memset(&w->sum[k], 0, sizeof w->sum[k]);
        w->target[k] = acc;
    }
    taker->sum(&w->sum[k], p, n);
}

/* All rows into one accumulator: short ones are first put on top of each other, some at a time. `size` is that of an
 * element in memory. */
static void accumulate_all(walker *w, uint64_t k, char *acc, const char *p, int64_t pitch, int64_t n, int64_t rows,
                           int64_t size)
{
    _Alignas(64) char total[SHORT_BYTES];
    const th_reducer *reducer = w->l->reducer[k], *taker = w->l->taker[k];
    int64_t itemsize = w->l->itemsize[k];
    if (pitch == n * size) {
        accumulate_run(w, k, taker, acc, p, n * rows);
        return;
    }
    for (int64_t some; rows >= 8 && n * itemsize <= SHORT_BYTES; rows -= some) {
        some = rows < 64 ? rows : 64;
        reducer->fill(total, n);
        taker->column(total, itemsize, p, pitch, n, some);
        accumulate_run(w, k, reducer, acc, total, n);
        p += some * pitch;
    }
    for (int64_t i = 0; i < rows; i++) accumulate_run(w, k, taker, acc, p + i * pitch, n);
}

/* n accumulators, one for each row or each column of what they take. Fresh ones get their identity a few at a time, so
 * that they still are in the first cache when they are used. */
static void accumulate_each(const walker *w, uint64_t k, th_rows_fn take, char *acc, int64_t stride, const char *p,
                            int64_t pitch, int64_t n, int64_t rows, int64_t size)
{
    const th_reducer *taker = w->l->taker[k];
    int column = take == taker->column, fresh = w->fresh >> k & 1;
    int64_t count = column ? n : rows, move = column ? size : pitch;
    if (!fresh) {
        take(acc, stride, p, pitch, n, rows);
        return;
    }
    for (int64_t i = 0; i < count; i += FRESH) {
        int64_t some = count - i < FRESH ? count - i : FRESH;
        char *at = acc + i * stride;
        for (int64_t j = 0; stride != w->l->itemsize[k] && j < some; j++) taker->fill(at + j * stride, 1);
        if (stride == w->l->itemsize[k]) taker->fill(at, some);
        take(at, stride, p + i * move, pitch, column ? some : n, column ? rows : some);
    }
}

static void accumulate(walker *w, uint64_t k, char *acc, const char *p, int64_t pitch, int64_t n, int64_t rows)
{
    const th_reducer *taker = w->l->taker[k];
    int source = w->l->nest->operand[k].source;
    int64_t step = w->step[k], row = w->row[k], size = w->l->itemsize[source < 0 ? (int)k : source];
    if (!step && (!row || rows == 1)) {
        if (w->fresh >> k & 1) taker->fill(acc, 1);
        accumulate_all(w, k, acc, p, pitch, n, rows, size);
    }
    else if (!step) accumulate_each(w, k, taker->rows, acc, row, p, pitch, n, rows, size);
    else if (!row || rows == 1) accumulate_each(w, k, taker->column, acc, step, p, pitch, n, rows, size);
    else if (row == step * n && pitch == n * size)
        accumulate_each(w, k, taker->column, acc, step, p, 0, n * rows, 1, size);
    else
        for (int64_t i = 0; i < rows; i++)
            accumulate_each(w, k, taker->column, acc + i * row, step, p + i * pitch, 0, n, 1, size);
}

/* ---- regions ---- */

/* Elements from row to row of packed operands, where a block has n points of each row. */
static int64_t pitch_of(const walker *w, int64_t n)
{
    return n < w->n ? n : w->pitch;
}

/* One block: n points of `rows` rows, from ptr on. */
static int run_block(walker *w, char **ptr, int64_t n, int64_t rows)
{
    const loop *l = w->l;
    char *at[TH_MAX_OPERANDS];
    int64_t pitch[TH_MAX_OPERANDS], full = pitch_of(w, n);
    int flat = 1, code = TH_OK;
    for EACH(k, l->nest->scalars) at[k] = ptr[k];
    for EACH(k, w->still) {
        at[k] = ptr[k];
        pitch[k] = w->row[k];
        flat = rows == 1;
    }
    for EACH(k, w->arrays) {
        at[k] = ptr[k];
        pitch[k] = w->row[k];
        if ((w->packed | w->computed) & BIT(k)) {
            at[k] = w->block[k];
            pitch[k] = full * l->itemsize[k];
            if (w->packed & (~w->phase->writes | w->phase->reads) & BIT(k)) {
                pack_rows(at[k], pitch[k], ptr[k], w->step[k], w->row[k], n, rows, l->itemsize[k]);
                if (full > n) fill_gaps(at[k], n, full, rows, l->itemsize[k]);
            }
        }
        flat &= pitch[k] == full * l->itemsize[k];
    }
    for EACH(k, w->before) {
        int source = l->nest->operand[k].source;
        accumulate(w, k, ptr[k], at[source], pitch[source], n, rows);
    }
    if (w->phase->calls) {
        int64_t extent[4] = { flat ? full * (rows - 1) + n : n, flat ? 1 : rows, w->index, w->still != 0 };
        code = th_call_inner(l, at, pitch, extent);
    }
    for EACH(k, w->packed & w->phase->writes)
        unpack_rows(ptr[k], w->step[k], w->row[k], at[k], pitch[k], n, rows, l->itemsize[k]);
    for EACH(k, w->computed) accumulate(w, k, ptr[k], at[k], pitch[k], n, rows);
    for EACH(k, w->after) {
        int source = l->nest->operand[k].source;
        accumulate(w, k, ptr[k], at[source], pitch[source], n, rows);
    }
    return code;
}

static int run_blocks(walker *w, char **ptr)
{
    char *at[TH_MAX_OPERANDS];
    int64_t across = (w->n + w->width - 1) / w->width, down = (w->rows + w->height - 1) / w->height;
    uint64_t used = w->arrays | w->still | w->phase->accumulates, fresh = w->fresh;
    for EACH(k, w->l->nest->scalars) at[k] = ptr[k];
    for (int64_t b = 0; b < across * down; b++) {
        int64_t j = (w->columns ? b / down : b % across) * w->width;
        int64_t i = (w->columns ? b % down : b / across) * w->height;
        int64_t n = w->n - j < w->width ? w->n - j : w->width;
        int64_t rows = w->rows - i < w->height ? w->rows - i : w->height;
        for EACH(k, used) at[k] = ptr[k] + i * w->row[k] + j * w->step[k];
        for EACH(k, w->fresh)
            if ((i && !w->row[k]) || (j && !w->step[k])) w->fresh &= ~BIT(k);
        int code = run_block(w, at, n, rows);
        w->fresh = fresh;
        if (code) return code;
    }
    return TH_OK;
}

/* ---- planning ---- */

static void find_accumulations(walker *w)
{
    for EACH(k, w->phase->accumulates) {
        int source = w->l->nest->operand[k].source;
        if (source < 0) w->computed |= BIT(k);
        else if (w->l->nest->operand[source].role == TH_IN) w->before |= BIT(k);
        else w->after |= BIT(k);
        if (source >= 0) w->arrays |= BIT(source);
        if (w->step[k] && !w->row[k]) w->columns = 1;
    }
}

/* Where rows are long and all of them can, operands that stay in place along a row are no arrays. */
static void find_still(walker *w)
{
    w->still = w->n >= SHORT_ROW ? w->phase->still : 0;
    for EACH(k, w->phase->still)
        if (w->step[k]) w->still = 0;
    for EACH(k, w->before | w->after)
        if (w->phase->still & BIT(w->l->nest->operand[k].source)) w->still = 0;
    w->arrays &= ~w->still;
}

/* How many of these operands need not be packed where rows of n elements begin that many elements apart. */
static int count_fitting(const walker *w, uint64_t operands, int64_t pitch)
{
    int count = 0;
    for EACH(k, operands) {
        int64_t itemsize = w->l->itemsize[k];
        count += (w->n == 1 || w->step[k] == itemsize) && w->row[k] == pitch * itemsize;
    }
    return count;
}

/* Chooses the distance of short rows so that few operands are packed. Where something lies between rows, results always
 * are: it must not be written. */
static void find_pitch(walker *w)
{
    const loop *l = w->l;
    uint64_t given = w->arrays & ~w->phase->writes;
    w->pitch = w->n;
    if (w->n >= SHORT_ROW || w->rows == 1 || w->phase->accumulates) return;
    int best = count_fitting(w, w->arrays, w->n);
    for EACH(k, w->arrays)
        if (l->nest->operand[k].dtype != TH_FLOAT32 && l->nest->operand[k].dtype != TH_FLOAT64) return;
    for EACH(k, given) {
        int64_t pitch = w->row[k] / l->itemsize[k];
        if (pitch <= w->n || pitch > w->n + w->n / 4) continue;
        int count = count_fitting(w, given, pitch);
        if (count <= best) continue;
        best = count;
        w->pitch = pitch;
    }
}

static void find_packed(walker *w)
{
    const loop *l = w->l;
    find_pitch(w);
    for EACH(k, w->arrays & ~w->computed) {
        int contiguous = w->n == 1 || w->step[k] == l->itemsize[k];
        if (w->n < SHORT_ROW && w->rows > 1) contiguous &= w->row[k] == w->pitch * l->itemsize[k];
        if (!contiguous || (w->pitch > w->n && w->phase->writes & BIT(k))) w->packed |= BIT(k);
    }
}

/* Chooses the size of blocks and gives each packed operand its part of the buffer. */
static void plan_blocks(walker *w, char *buffer)
{
    const loop *l = w->l;
    int64_t bytes = 0, points = BLOCK_POINTS;
    int across = 0;
    for EACH(k, w->packed | w->computed) {
        bytes += l->itemsize[k];
        if (w->packed & BIT(k) && w->row[k] && llabs(w->row[k]) < llabs(w->step[k])) across = 1;
    }
    if (!bytes) {               /* each block is read from memory once, in pieces as long as the first cache allows */
        for EACH(k, w->arrays) bytes += l->itemsize[k];
        points = BLOCK_BYTES;
    }
    if (bytes && bytes * points > BLOCK_BYTES) points = BLOCK_BYTES / bytes;
    w->width = w->n < points ? w->n : points;
    if (across && w->rows > 1 && w->width > TILE) {
        w->width = TILE;
        w->columns = 1;
    }
    w->height = points / pitch_of(w, w->width);
    if (w->height < 1) w->height = 1;
    if (w->height > w->rows) w->height = w->rows;
    if (w->columns && w->width < w->n && !across) w->height = 1;
    for EACH(k, w->packed | w->computed) {
        w->block[k] = buffer;
        buffer += (pitch_of(w, w->width) * w->height * l->itemsize[k] + 63 + BEHIND) & ~(int64_t)63;
    }
}

static void plan(walker *w, const box *b, char *buffer)
{
    const loop *l = w->l;
    const th_phase *phase = w->phase;
    uint64_t used = phase->reads | phase->writes | phase->accumulates;
    w->n = b->naxes > 0 ? b->extent[0] : 1;
    w->rows = b->naxes > 1 ? b->extent[1] : 1;
    w->arrays = (phase->reads | phase->writes) & ~(l->nest->scalars & ~phase->writes);
    w->packed = w->computed = w->before = w->after = 0;
    w->columns = 0;
    for EACH(k, phase->accumulates) {
        int source = l->nest->operand[k].source;
        if (source >= 0) used |= BIT(source);
    }
    for EACH(k, used) {
        w->step[k] = b->naxes > 0 ? l->stride[b->axis[0]][k] : 0;
        w->row[k] = b->naxes > 1 ? l->stride[b->axis[1]][k] : 0;
        w->target[k] = NULL;
    }
    find_accumulations(w);
    w->arrays |= w->computed;
    find_still(w);
    find_packed(w);
    int uses = (phase->calls != 0) + __builtin_popcountll(w->before | w->after);
    w->blocked = (w->packed | w->computed) || (uses > 1 && w->n * w->rows > BLOCK_POINTS);
    if (w->blocked) plan_blocks(w, buffer);
}

/* The accumulators to which nothing was added yet: all axes along which they stay in place are at their start. */
static uint64_t find_fresh(const walker *w, const box *b, const int64_t *position)
{
    uint64_t fresh = w->l->fresh ? w->phase->accumulates : 0;
    for (int i = 2; i < b->naxes; i++)
        for EACH(k, position[i] ? fresh : 0)
            if (!w->l->stride[b->axis[i]][k]) fresh &= ~BIT(k);
    return fresh;
}

int th_walk(const loop *l, int index, const box *b)
{
    _Alignas(64) char buffer[BLOCK_BYTES + TH_MAX_OPERANDS * (64 + BEHIND)];
    walker w;
    int64_t position[TH_MAX_NDIM];
    char *ptr[TH_MAX_OPERANDS];
    int code = TH_OK;
    for (int i = 0; i < b->naxes; i++)
        if (!b->extent[i]) return TH_OK;
    w.l = l;
    w.phase = &l->nest->phase[index];
    w.index = index;
    plan(&w, b, buffer);
    for (int k = 0; k < l->nest->noperands; k++) ptr[k] = b->ptr[k];
    for (int i = 2; i < b->naxes; i++) position[i] = 0;
    for (;;) {
        w.fresh = find_fresh(&w, b, position);
        code = w.blocked ? run_blocks(&w, ptr) : run_block(&w, ptr, w.n, w.rows);
        int i = 2;
        for (; !code && i < b->naxes; i++) {
            const int64_t *stride = l->stride[b->axis[i]];
            int64_t move = ++position[i] < b->extent[i] ? 1 : 1 - b->extent[i];
            for (int k = 0; k < l->nest->noperands; k++) ptr[k] += move * stride[k];
            if (move == 1) break;
            position[i] = 0;
        }
        if (code || i >= b->naxes) break;
    }
    for EACH(k, w.phase->accumulates) settle(&w, k);
    return code;
}
