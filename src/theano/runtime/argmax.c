/* Where the largest or smallest element is.
 *
 * A run of elements is looked at in pieces: the best of a piece comes from the loops of reduce.c, and only the piece
 * that won is searched for where it stands. Floats of 4 and 8 bytes need one look where vectors are wide. What is not
 * contiguous is packed first; but where neighbouring results come from neighbouring elements, these are compared with
 * the best of so far, row by row.
 */
#include <string.h>
#include "arrays.h"
#include "levels.h"
#include "reduce.h"

typedef struct {
    void (*first)(int64_t *position, const char *p, int64_t pitch, const char *value, int64_t n, int64_t rows);
    void (*down)(int64_t *position, char *values, const char *p, int64_t pitch, int64_t n, int64_t rows,
                 int64_t number);
    void (*along)(int64_t *position, char *values, const char *p, int64_t pitch, int64_t n, int64_t rows,
                  int64_t number);
} finder;

#define LEVEL(name) base_##name
#include "argmax_loops.h"
#undef LEVEL

#ifdef TH_LEVELS
#include <immintrin.h>
#pragma GCC push_options
TH_TARGET_AVX2
#define LEVEL(name) avx2_##name
#define VECTOR 32
#define WIDE(kind) _mm256_##kind
#include "argmax_loops.h"
#undef LEVEL
#undef VECTOR
#undef WIDE
#pragma GCC pop_options
#pragma GCC push_options
TH_TARGET_AVX512
#define LEVEL(name) avx512_##name
#define MASKS
#define VECTOR 64
#define WIDE(kind) _mm512_##kind
#include "argmax_loops.h"
#undef LEVEL
#undef VECTOR
#undef WIDE
#define LEVEL(name) half_##name             /* for short rows: fewer lanes to compare in the end */
#define VECTOR 32
#define WIDE(kind) _mm256_##kind
#include "argmax_loops.h"
#undef LEVEL
#undef VECTOR
#undef MASKS
#undef WIDE
#pragma GCC pop_options
#endif

enum {
    SHORT_ROW = 256,            /* elements: where half registers take 25 % less time (100 doubles, Zen 4) */
    PIECE = 4096,               /* elements of a result that are looked at together */
    LONG_PIECE = 1 << 16,       /* those that are looked at once, where they lie */
    PACKED_BYTES = 65536,
    TOGETHER = 64,              /* results */
    TILE = 512,                 /* results from neighbouring elements; fewer than NARROW are not worth it */
    NARROW = 8,
    SHORT = 16,                 /* elements in a row of a whole array: shorter ones are copied, tile by tile */
    SIZE = 8,                   /* of the largest element */
};

static const finder *finder_of(int dtype, int smallest, int64_t points)
{
    switch (th_level()) {
#ifdef TH_LEVELS
    case TH_LEVEL_AVX512: return points < SHORT_ROW ? &half_finders[dtype][smallest] : &avx512_finders[dtype][smallest];
    case TH_LEVEL_AVX2: return &avx2_finders[dtype][smallest];
#endif
    }
    return &base_finders[dtype][smallest];
}

/* The axes of one side: those along which we search, or those of the results; innermost first. */
typedef struct axes {
    int n;
    int64_t extent[TH_MAX_NDIM], stride[TH_MAX_NDIM], points;
} axes;

typedef struct search {
    axes along, kept;
    const th_reducer *reducer;
    const finder *find;
    int64_t itemsize, piece;
    int flat;                           /* elements of a result are one run of memory */
    char *buffer;
} search;

static void add_axis(axes *a, int64_t extent, int64_t stride)
{
    a->points *= extent;
    if (extent == 1)
        return;
    if (a->n && stride == a->stride[a->n - 1] * a->extent[a->n - 1]) {
        a->extent[a->n - 1] *= extent;
        return;
    }
    a->extent[a->n] = extent;
    a->stride[a->n++] = stride;
}

/* Where point number i lies, and its position along each axis. */
static int64_t find_point(const axes *a, int64_t i, int64_t *position)
{
    int64_t at = 0;
    for (int k = 0; k < a->n; k++) {
        position[k] = i % a->extent[k];
        at += position[k] * a->stride[k];
        i /= a->extent[k];
    }
    return at;
}

/* -- pieces ------------------------------------------------------------------------------------------- */

/* The place `run` points further along the innermost axis, which may be where another run begins. */
static int64_t move_on(const axes *a, int64_t at, int64_t run, int64_t *position)
{
    at += run * a->stride[0];
    position[0] += run;
    for (int k = 0; k + 1 < a->n && position[k] == a->extent[k]; k++) {
        at += a->stride[k + 1] - a->extent[k] * a->stride[k];
        position[k] = 0;
        position[k + 1]++;
    }
    return at;
}

#define PACK(T) \
    for (int64_t i = 0, run; i < n; i += run) { \
        const char *p = from + at; \
        run = a->extent[0] - position[0] < n - i ? a->extent[0] - position[0] : n - i; \
        at = move_on(a, at, run, position); \
        for (int64_t k = 0; k < rows; k++, p += apart) { \
            T *to = (T *)s->buffer + k * s->piece + i; \
            for (int64_t j = 0; step == sizeof(T) && j < run; j++) \
                to[j] = ((const T *)p)[j]; \
            _Pragma("GCC unroll 4") \
            for (int64_t j = 0; step != sizeof(T) && j < run; j++) \
                to[j] = *(const T *)(p + j * step); \
        } \
    }

/* Elements of some results, which lie `apart`, from element `begin` on: each row contiguous, `pitch` from the last. */
static const char *take(const search *s, const char *from, int64_t apart, int64_t rows, int64_t begin, int64_t n,
                        int64_t *pitch)
{
    const axes *a = &s->along;
    int64_t position[TH_MAX_NDIM], step = a->stride[0];
    *pitch = s->flat ? apart : s->piece * s->itemsize;
    if (s->flat)
        return from + begin * s->itemsize;
    int64_t at = find_point(a, begin, position);
    switch (s->itemsize) {
    case 1: PACK(uint8_t) break;
    case 2: PACK(uint16_t) break;
    case 4: PACK(uint32_t) break;
    default: PACK(uint64_t)
    }
    return s->buffer;
}

/* Whether b takes the place of a: it is beyond, or the first nan. */
static int is_better(const search *s, const char *a, const char *b)
{
    char both[SIZE];
    int64_t differs;
    memcpy(both, a, s->itemsize);
    s->reducer->rows(both, 0, b, 0, 1, 1);
    s->find->first(&differs, a, 0, both, 1, 1);
    return differs != 0;
}

/* -- results ------------------------------------------------------------------------------------------ */

/* Looks through the elements of some results, once. */
static void look_along(const search *s, const char *from, int64_t apart, int64_t rows, int64_t *position)
{
    char best[TOGETHER * SIZE];
    int64_t points = s->along.points, pitch, n;
    for (int64_t begin = 0; begin < points; begin += n) {
        n = points - begin < s->piece ? points - begin : s->piece;
        const char *at = take(s, from, apart, rows, begin, n, &pitch);
        for (int64_t k = 0; !begin && k < rows; k++) {
            memcpy(best + k * s->itemsize, at + k * pitch, s->itemsize);
            position[k] = 0;
        }
        s->find->along(position, best, at, pitch, n, rows, begin);
    }
}

/* Looks through the elements of some results. */
static void look(const search *s, const char *from, int64_t apart, int64_t rows, int64_t *position)
{
    char best[TOGETHER * SIZE], here[TOGETHER * SIZE];
    int64_t points = s->along.points, size = s->itemsize, won[TOGETHER] = {0}, pitch, n = points;
    for (int64_t begin = 0; begin < points; begin += n) {
        n = points - begin < s->piece ? points - begin : s->piece;
        const char *at = take(s, from, apart, rows, begin, n, &pitch);
        s->reducer->fill(begin ? here : best, rows);
        s->reducer->rows(begin ? here : best, size, at, pitch, n, rows);
        if (points == n)
            s->find->first(position, at, pitch, best, n, rows);
        for (int64_t k = 0; begin && k < rows; k++) {
            if (!is_better(s, best + k * size, here + k * size))
                continue;
            memcpy(best + k * size, here + k * size, size);
            won[k] = begin;
        }
    }
    for (int64_t k = 0; points > s->piece && k < rows; k++) {
        n = points - won[k] < s->piece ? points - won[k] : s->piece;
        const char *at = take(s, from + k * apart, 0, 1, won[k], n, &pitch);
        s->find->first(position + k, at, pitch, best + k * size, n, 1);
        position[k] += won[k];
    }
}

/* Results from neighbouring elements. */
static void look_down(const search *s, const char *from, int64_t n, int64_t *position)
{
    char best[TILE * SIZE];
    const axes *a = &s->along;
    int64_t at[TH_MAX_NDIM];
    memcpy(best, from, n * s->itemsize);
    memset(position, 0, n * sizeof *position);
    for (int64_t number = 0; number < a->points; number += a->extent[0])
        s->find->down(position, best, from + find_point(a, number, at), a->stride[0], n, a->extent[0], number);
}

static void look_at_all(search *s, const char *x, int64_t *position)
{
    int64_t row = s->kept.n ? s->kept.extent[0] : 1, apart = s->kept.n ? s->kept.stride[0] : 0;
    int64_t at[TH_MAX_NDIM] = {0}, packed = PACKED_BYTES / s->itemsize;
    int down = s->along.n && apart == s->itemsize && row >= NARROW;
    s->piece = s->flat && s->find->along ? LONG_PIECE : s->flat || s->along.points > PIECE ? PIECE : s->along.points;
    int64_t most = down ? TILE : s->flat || packed / s->piece > TOGETHER ? TOGETHER : packed / s->piece;
    for (int64_t i = 0, rows; i < s->kept.points; i += rows) {
        const char *from = x + find_point(&s->kept, i, at);
        rows = row - at[0] < most ? row - at[0] : most;
        if (down)
            look_down(s, from, rows, position + i);
        else
            (s->find->along ? look_along : look)(s, from, apart, rows, position + i);
    }
}

/* in: x. params: the mask of the axes that are searched, whether for the smallest. */
int th_argmax(const th_call *c)
{
    const th_slot *x = c->in[0];
    th_slot *o = c->out[0];
    int smallest = (int)c->params[1];
    search s = { .along = { .points = 1 }, .kept = { .points = 1 },
                 .reducer = th_reducer_of(x->dtype, x->dtype, smallest ? TH_MINIMUM : TH_MAXIMUM),
                 .itemsize = x->itemsize };
    for (int d = x->ndim, k = o->ndim; d--;) {
        int searched = c->params[0] >> d & 1;
        add_axis(searched ? &s.along : &s.kept, x->shape[d], x->stride[d]);
        if (!searched)
            o->shape[--k] = x->shape[d];
    }
    s.find = finder_of(x->dtype, smallest, s.along.points);
    s.flat = !s.along.n || (s.along.n == 1 && s.along.stride[0] == s.itemsize);
    if (!s.along.points)
        return th_refuse(c, TH_BAD_VALUE, "argmax of nothing: an axis that is searched has no element");
    int error = th_allocate(c->frame, o);
    if (error)
        return error;
    if (!s.flat && s.kept.points == 1 && s.along.extent[0] < SHORT) {
        char *copy = th_scratch(c->frame, th_count(x) * s.itemsize);
        if (!copy)
            return th_refuse(c, TH_OUT_OF_MEMORY, "no memory for a copy of what argmax searches");
        th_collect(copy, x);
        s.along = (axes){ .n = 1, .extent = { s.along.points }, .stride = { s.itemsize }, .points = s.along.points };
        s.flat = 1;
        look_at_all(&s, copy, (int64_t *)o->data);
        return 0;
    }
    s.buffer = s.flat ? NULL : th_scratch(c->frame, PACKED_BYTES);
    if (!s.flat && !s.buffer)
        return th_refuse(c, TH_OUT_OF_MEMORY, "no memory for a copy of what argmax searches");
    look_at_all(&s, x->data, (int64_t *)o->data);
    return 0;
}
