/* Copies between arrays of any strides. */
#include <string.h>
#include "arrays.h"
#include "levels.h"

enum { TILE = 16,               /* elements a side: what is read of 16 lines of a cache is used at once */
       MANY = 4096,             /* bytes: for fewer it does not matter what copies them */
       FEW = 512,               /* bytes: fewer are not worth a loop of many registers */
       FETCHED = 1 << 20,       /* that the second cache doesn't hold beside others: to fetch them again takes time */
       PART = 1 << 15, BLOCK = 1 << 18 };       /* of many: copied at once, and from first to last */

typedef struct { int64_t n, to, from; } axis;

static int64_t size(int64_t n) { return n < 0 ? -n : n; }

/* The axes along which something moves, those with the smallest steps in `to` last; neighbours that are walked like
 * one are one. How many, or -1 where there is nothing to copy. */
static int collect(const int64_t *stride, const th_slot *x, axis *axes)
{
    int count = 0;
    for (int d = 0; d < x->ndim; d++) {
        axis a = {x->shape[d], stride[d], x->stride[d]};
        if (!a.n)
            return -1;
        if (a.n == 1)
            continue;
        int k = count++;
        for (; k && size(axes[k - 1].to) < size(a.to); k--)
            axes[k] = axes[k - 1];
        axes[k] = a;
    }
    int last = 0;
    for (int k = 1; k < count; k++) {
        axis *outer = &axes[last], inner = axes[k];
        if (outer->to == inner.to * inner.n && outer->from == inner.from * inner.n)
            *outer = (axis){outer->n * inner.n, inner.to, inner.from};
        else
            axes[++last] = inner;
    }
    return count ? last + 1 : 0;
}

#define LOOP(T)                                                                                      \
    for (int64_t i = 0; i < rows.n; i++)                                                             \
        for (int64_t j = 0; j < along.n; j++)                                                        \
            *(T *)(to + i * rows.to + j * along.to) = *(const T *)(from + i * rows.from + j * along.from);

typedef struct { uint64_t part[2]; } pair;

/* Every second element of a row, or the elements of a row backwards: shuffles of vectors. */
#define ROW(T, AT)                                                                                   \
    for (int64_t j = 0; j < n; j++) ((T *)to)[j] = ((const T *)from)[AT];                            \
    return;
TH_CLONES static void copy_seconds(char *restrict to, const char *restrict from, int64_t n, int item)
{
    switch (item) {
    case 4: ROW(uint32_t, 2 * j)
    case 8: ROW(uint64_t, 2 * j)
    }
}

TH_CLONES static void copy_backwards(char *restrict to, const char *restrict from, int64_t n, int item)
{
    switch (item) {
    case 4: ROW(uint32_t, -j)
    case 8: ROW(uint64_t, -j)
    }
}

int th_turn(void)
{
    static int turn;
    return __atomic_fetch_xor(&turn, 1, __ATOMIC_RELAXED);
}

/* Whether memcpy is the fastest copy of many bytes: on Intel's CPUs, whose microcode does not read what it will write,
 * it takes 3 to 7 % less than loops do; on a Zen 4 10 to 15 % more for rows of 8 kB in the third cache. */
static int copies_itself(void)
{
#ifdef TH_LEVELS
    return __builtin_cpu_is("intel") && th_level() == TH_LEVEL_AVX512;
#else
    return 0;
#endif
}

/* At least FEW bytes, by four registers that are all read before the first one is written, to where registers begin but
 * for the first four. */
TH_CLONES static void move_many(char *restrict to, const char *restrict from, int64_t nbytes)
{
    typedef uint64_t V __attribute__((vector_size(32), aligned(1), may_alias));
#define FOUR(TO, FROM)                                                                               \
    {                                                                                                \
        const V *x = (const V *)(FROM), a = x[0], b = x[1], c = x[2], d = x[3];                      \
        V *y = (V *)(TO);                                                                            \
        y[0] = a, y[1] = b, y[2] = c, y[3] = d;                                                      \
    }
    FOUR(to, from)
    for (int64_t i = -(uintptr_t)to & 31; i + 128 <= nbytes; i += 128)
        FOUR(to + i, from + i)
    FOUR(to + nbytes - 128, from + nbytes - 128)
#undef FOUR
}

#define TWICE(N)                                                                                     \
    {                                                                                                \
        memcpy(to, from, N);                                                                         \
        memcpy(to + nbytes - N, from + nbytes - N, N);                                               \
    }

/* Fewer. (Of memcpy GCC makes `rep movsq` where it sees that they are few, which takes 25 ns.) */
static void move_few(char *to, const char *from, int64_t nbytes)
{
    typedef uint64_t V __attribute__((vector_size(16), aligned(1), may_alias));
    int64_t i = 0;
    for (; i + 16 <= nbytes; i += 16)
        *(V *)(to + i) = *(const V *)(from + i);
    if (nbytes >= 16)                           /* the rest once more with some before it */
        *(V *)(to + nbytes - 16) = *(const V *)(from + nbytes - 16);
    else if (nbytes >= 8)
        TWICE(8)
    else if (nbytes >= 4)
        TWICE(4)
    else
        for (; i < nbytes; i++)
            to[i] = from[i];
}
#undef TWICE

void th_move(char *to, const char *from, int64_t nbytes)
{
    if (nbytes < FEW) {
        move_few(to, from, nbytes);
        return;
    }
    if (2 * nbytes < TH_KNOWN) {
        if (nbytes >= MANY && copies_itself())
            memcpy(to, from, nbytes);
        else
            move_many(to, from, nbytes);
        return;
    }
    int64_t blocks = (nbytes + BLOCK - 1) / BLOCK;
    int back = th_turn();
    for (int64_t b = 0; b < blocks; b++) {
        int64_t at = (back ? blocks - 1 - b : b) * BLOCK, end = at + BLOCK < nbytes ? at + BLOCK : nbytes;
        for (; at < end; at += PART) {
            th_ask_for(from + at + PART, PART);
            th_ask_for(to + at + PART, PART);
            th_move(to + at, from + at, end - at < PART ? end - at : PART);
        }
    }
}

TH_CLONES char *th_repeat_pieces(char *to, const char *end, const char *from, int64_t nbytes, int64_t n,
                                 const char *times, int64_t step)
{
#define REPEAT(T)                                                                                                      \
    {                                                                                                                  \
        const T *x = (const T *)from;                                                                                  \
        T *o = (T *)to, *last = (T *)end - 4;                                                                          \
        int64_t i = 0, many = n ? *(const int64_t *)times : 0;                                                         \
        for (; !step && many <= 4 && i < n && o <= last; i++, o += many) {                                             \
            T value = x[i];                                                                                            \
            for (int64_t k = 0; k < 4; k++)                     /* some too many, which the next overwrite */          \
                o[k] = value;                                                                                          \
        }                                                                                                              \
        for (; i < n; i++) {                                                                                           \
            many = *(const int64_t *)(times + i * step);                                                               \
            T value = x[i];                                                                                            \
            for (int64_t k = 0; k < many; k++)                                                                         \
                *o++ = value;                                                                                          \
        }                                                                                                              \
        return (char *)o;                                                                                              \
    }
    switch (nbytes) {
    case 1: REPEAT(uint8_t)
    case 2: REPEAT(uint16_t)
    case 4: REPEAT(uint32_t)
    case 8: REPEAT(uint64_t)
    case 16: REPEAT(th_pair)
    }
#undef REPEAT
    for (int64_t i = 0; i < n; i++, from += nbytes, times += step)
        for (int64_t k = 0; k < *(const int64_t *)times; k++, to += nbytes)
            memcpy(to, from, nbytes);
    return to;
}

static void copy_plane(char *to, const char *from, axis rows, axis along, int item)
{
    if (along.to == item && along.from == item && !rows.from && along.n * item >= FETCHED) {
        for (int64_t at = 0, nbytes = along.n * item; at < nbytes; at += PART)
            for (int64_t i = 0; i < rows.n; i++)
                th_move(to + i * rows.to + at, from + at, nbytes - at < PART ? nbytes - at : PART);
        return;
    }
    if (along.to == item && !along.from && rows.from == item && rows.to == along.n * item) {
        th_repeat_pieces(to, to + rows.n * rows.to, from, item, rows.n, (const char *)&along.n, 0);
        return;
    }
    if (along.to == item && along.from == item) {
        for (int64_t i = 0; i < rows.n; i++)
            th_move(to + i * rows.to, from + i * rows.from, along.n * item);
        return;
    }
    if (along.to == item && (item == 4 || item == 8) && along.n >= 8
        && (along.from == 2 * item || along.from == -item)) {
        for (int64_t i = 0; i < rows.n; i++)
            (along.from < 0 ? copy_backwards : copy_seconds)(to + i * rows.to, from + i * rows.from, along.n, item);
        return;
    }
    switch (item) {
    case 1: LOOP(uint8_t) return;
    case 2: LOOP(uint16_t) return;
    case 4: LOOP(uint32_t) return;
    case 8:
        if (along.to == 8) {
            along.to = 8;       /* a constant for the compiler */
            for (int64_t i = 0; i < rows.n; i++)
                for (int64_t j = 0; j < along.n; j++)
                    *(uint64_t *)(to + i * rows.to + j * 8) = *(const uint64_t *)(from + i * rows.from + j * along.from);
            return;
        }
        LOOP(uint64_t) return;
    case 16: LOOP(pair) return;
    }
}

/* A tile of which `from` is contiguous along i and `to` along j: four by four elements at a time, in vectors. */
#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (V){__VA_ARGS__})
#endif
#define TURN(NAME, T)                                                                                \
    TH_CLONES static void NAME(char *restrict to, int64_t to_step, const char *restrict from,        \
                               int64_t from_step, int64_t rows, int64_t n)                           \
    {                                                                                                \
        typedef T V __attribute__((vector_size(4 * sizeof(T)), aligned(sizeof(T)), may_alias));      \
        int64_t i = 0;                                                                               \
        for (; i + 4 <= rows; i += 4, from += 4 * sizeof(T), to += 4 * to_step) {                    \
            int64_t j = 0;                                                                           \
            for (; j + 4 <= n; j += 4) {                                                             \
                const char *x = from + j * from_step;                                                \
                char *y = to + j * (int64_t)sizeof(T);                                               \
                V a = *(const V *)x, b = *(const V *)(x + from_step);                                \
                V c = *(const V *)(x + 2 * from_step), d = *(const V *)(x + 3 * from_step);          \
                V p = SHUFFLE(a, b, 0, 4, 2, 6), q = SHUFFLE(a, b, 1, 5, 3, 7);                      \
                V r = SHUFFLE(c, d, 0, 4, 2, 6), s = SHUFFLE(c, d, 1, 5, 3, 7);                      \
                *(V *)y = SHUFFLE(p, r, 0, 1, 4, 5);                                                 \
                *(V *)(y + to_step) = SHUFFLE(q, s, 0, 1, 4, 5);                                     \
                *(V *)(y + 2 * to_step) = SHUFFLE(p, r, 2, 3, 6, 7);                                 \
                *(V *)(y + 3 * to_step) = SHUFFLE(q, s, 2, 3, 6, 7);                                 \
            }                                                                                        \
            for (; j < n; j++)                                                                       \
                for (int k = 0; k < 4; k++)                                                          \
                    ((T *)(to + k * to_step))[j] = ((const T *)(from + j * from_step))[k];           \
        }                                                                                            \
        for (; i < rows; i++, from += sizeof(T), to += to_step)                                      \
            for (int64_t j = 0; j < n; j++) ((T *)to)[j] = *(const T *)(from + j * from_step);       \
    }

TURN(turn_4, uint32_t)
TURN(turn_8, uint64_t)

/* A plane that is walked in small steps along `along` in `to`, but along `rows` in `from`. */
static void copy_tiles(char *to, const char *from, axis rows, axis along, int item)
{
    int turns = (item == 4 || item == 8) && along.to == item && rows.from == item;
    for (int64_t i = 0; i < rows.n; i += TILE)
        for (int64_t j = 0; j < along.n; j += TILE) {
            axis r = rows, a = along;
            r.n = rows.n - i < TILE ? rows.n - i : TILE;
            a.n = along.n - j < TILE ? along.n - j : TILE;
            char *y = to + i * rows.to + j * along.to;
            const char *x = from + i * rows.from + j * along.from;
            for (int64_t k = 0; turns && k < r.n; k++)          /* what the next tile writes to: no CPU foresees it */
                for (int64_t next = TILE * item; next < 2 * TILE * item; next += 64)
                    __builtin_prefetch(y + k * rows.to + next, 1);
            if (turns)
                (item == 4 ? turn_4 : turn_8)(y, rows.to, x, along.from, r.n, a.n);
            else
                copy_plane(y, x, r, a, item);
        }
}

void th_copy(char *to, const int64_t *stride, const th_slot *x)
{
    axis axes[TH_MAX_NDIM] = {{0}};
    int64_t index[TH_MAX_NDIM] = {0};
    int count = collect(stride, x, axes), item = x->itemsize;
    const char *from = x->data;
    if (count < 0)
        return;
    if (!count) {
        memcpy(to, from, item);
        return;
    }
    axis along = axes[count - 1], rows = {1, 0, 0};
    int tiles = 0, at = -1;
    for (int k = 0; k < count - 1; k++)         /* where `from` has the smallest steps, if any */
        if (axes[k].from && (at < 0 || size(axes[k].from) < size(axes[at].from)))
            at = k;
    if (at < 0 || size(axes[at].from) >= size(along.from))
        at = count - 2;
    else
        tiles = 1;
    if (at >= 0) {
        rows = axes[at];
        for (int k = at; k < count - 2; k++)
            axes[k] = axes[k + 1];
    }
    int outer = count > 1 ? count - 2 : 0;
    for (;;) {
        (tiles ? copy_tiles : copy_plane)(to, from, rows, along, item);
        int d = outer - 1;
        for (; d >= 0; d--) {
            to += axes[d].to;
            from += axes[d].from;
            if (++index[d] < axes[d].n)
                break;
            to -= axes[d].to * axes[d].n;
            from -= axes[d].from * axes[d].n;
            index[d] = 0;
        }
        if (d < 0)
            return;
    }
}

TH_CLONES static void narrow_doubles(float *restrict to, const double *restrict from, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}

void th_narrow(char *to, const char *from, int64_t n) { narrow_doubles((float *)to, (const double *)from, n); }
