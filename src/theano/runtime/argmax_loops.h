/* The loops of argmax.c, which includes this file once per instruction set; LEVEL(name) makes a name of its own for
 * each. */
#ifndef TH_ARGMAX_LOOPS
#define TH_ARGMAX_LOOPS

#define ABOVE(a, b) ((a) > (b))
#define BELOW(a, b) ((a) < (b))

/* first: for each row the position of the first element that equals that row's `value`, or is nan where that is; n
 * where there is none. Rows have at most 32767 elements. N: a number as wide as they are, so that compilers compare
 * whole registers.
 * along: what is beyond values[i] in row i, or the first nan, becomes values[i], and position[i] its place, counted from
 * `number` on. Each lane keeps its best and in which four vectors that was, as a float, which holds places of a piece;
 * only a nan makes the sum of a row one.
 * down: element j of every row against best[j]; where it is beyond, or the first nan, position[j] becomes the number
 * of its row, from `number` on. */
#define FIRST(NAME, T, N)                                                                                   \
    static void LEVEL(NAME##_first)(int64_t *position, const char *p, int64_t pitch, const char *value,     \
                                    int64_t n, int64_t rows)                                                \
    {                                                                                                       \
        for (int64_t i = 0; i < rows; i++) {                                                                \
            const T *x = (const T *)(p + i * pitch), y = ((const T *)value)[i];                             \
            N first = (N)n;                                                                                 \
            for (N j = 0; j < (N)n; j++) {                                                                  \
                N here = (x[j] == y) | ((x[j] != x[j]) & (y != y)) ? j : (N)n;                              \
                first = here < first ? here : first;                                                        \
            }                                                                                               \
            position[i] = first;                                                                            \
        }                                                                                                   \
    }

#define DOWN(NAME, T, BEYOND)                                                                               \
    static void LEVEL(NAME##_down)(int64_t *position, char *values, const char *p, int64_t pitch,           \
                                   int64_t n, int64_t rows, int64_t number)                                 \
    {                                                                                                       \
        T *best = (T *)values;                                                                              \
        for (int64_t i = 0; i < rows; i++) {                                                                \
            const T *x = (const T *)(p + i * pitch);                                                        \
            _Pragma("omp simd")                                                                             \
            for (int64_t j = 0; j < n; j++) {                                                               \
                int wins = BEYOND(x[j], best[j]) | ((x[j] != x[j]) & (best[j] == best[j]));                 \
                best[j] = wins ? x[j] : best[j];                                                            \
                position[j] = wins ? number + i : position[j];                                              \
            }                                                                                               \
        }                                                                                                   \
    }

#define FINDER(NAME, T, N)                                                                                  \
    FIRST(NAME, T, N)                                                                                       \
    DOWN(NAME##_max, T, ABOVE)                                                                              \
    DOWN(NAME##_min, T, BELOW)

#define LOAD(k) (*(const V *)(x + j + (k) * W))
/* What is beyond the best of so far becomes it, and `here` its place. */
#define IMPROVE(KIND, EXTREME, ORDER, y) {                                                                  \
        V candidate = y;                                                                                    \
        at = TAKE(KIND, ORDER, candidate, lane, here, at);                                                  \
        lane = WIDE(EXTREME##_##KIND)(candidate, lane);                                                     \
    }
#define FOUR(KIND, EXTREME)                                                                                 \
    WIDE(EXTREME##_##KIND)(WIDE(EXTREME##_##KIND)(LOAD(0), LOAD(1)), WIDE(EXTREME##_##KIND)(LOAD(2), LOAD(3)))
/* One lane's into all, by halves. */
#define ALL_LANES(NAME, x)                                                                                  \
    for (int half = W / 2; half; half /= 2) x = WIDE(NAME)(x, __builtin_shuffle(x, lanes ^ half));

#define ALONG(NAME, T, N, KIND, EXTREME, ORDER, BEYOND)                                                     \
    static void LEVEL(NAME##_along)(int64_t *position, char *values, const char *p, int64_t pitch,          \
                                    int64_t n, int64_t rows, int64_t number)                                \
    {                                                                                                       \
        enum { W = VECTOR / sizeof(T) };                                                                    \
        typedef T V __attribute__((vector_size(VECTOR), aligned(sizeof(T))));                               \
        typedef N M __attribute__((vector_size(VECTOR), aligned(sizeof(T))));                               \
        M lanes;                                                                                            \
        for (int k = 0; k < W; k++) lanes[k] = k;                                                           \
        for (int64_t i = 0; i < rows; i++) {                                                                \
            const T *x = (const T *)(p + i * pitch);                                                        \
            T best = ((T *)values)[i];                                                                      \
            int64_t where = -1, j = 0;                                                                      \
            if (n >= W) {                                                                                   \
                V at = {0}, here, lane, sum;                                                                \
                if (n < 4 * W) {                                                                            \
                    lane = sum = LOAD(0);                                                                   \
                    while ((j += W) < n) {                                                                  \
                        j = j < n - W ? j : n - W;          /* the rest once more with some before it */    \
                        here = (V){0} + (T)j;                                                               \
                        IMPROVE(KIND, EXTREME, ORDER, LOAD(0))                                              \
                        sum += LOAD(0);                                                                     \
                    }                                                                                       \
                } else {                                                                                    \
                    V more = LOAD(2) + LOAD(3);                                                             \
                    sum = LOAD(0) + LOAD(1);                                                                \
                    lane = FOUR(KIND, EXTREME);                                                             \
                    while ((j += 4 * W) < n) {                                                              \
                        j = j < n - 4 * W ? j : n - 4 * W;                                                  \
                        here = (V){0} + (T)j;                                                               \
                        IMPROVE(KIND, EXTREME, ORDER, FOUR(KIND, EXTREME))                                  \
                        sum += LOAD(0) + LOAD(1);                                                           \
                        more += LOAD(2) + LOAD(3);                                                          \
                    }                                                                                       \
                    sum += more;                                                                            \
                }                                                                                           \
                if (!BITS(KIND, _CMP_UNORD_Q, sum, sum)) {                                                  \
                    V top = lane;                                                                           \
                    ALL_LANES(EXTREME##_##KIND, top)                                                        \
                    if (!BEYOND(top[0], best))                                                              \
                        continue;                                                                           \
                    V first = TAKE(KIND, _CMP_EQ_OQ, lane, top, at, (V){0} + (T)n);                         \
                    ALL_LANES(min_##KIND, first)                                                            \
                    j = (int64_t)first[0];                                                                  \
                    uint64_t same = BITS(KIND, _CMP_EQ_OQ, LOAD(0), top);                                   \
                    if (n >= 4 * W)                                                                         \
                        same |= BITS(KIND, _CMP_EQ_OQ, LOAD(1), top) << W | BITS(KIND, _CMP_EQ_OQ, LOAD(2), top) << 2 * W \
                                | BITS(KIND, _CMP_EQ_OQ, LOAD(3), top) << 3 * W;                            \
                    ((T *)values)[i] = top[0];                                                              \
                    position[i] = number + j + __builtin_ctzll(same);                                       \
                    continue;                                                                               \
                }                                                                                           \
                j = 0;                                                                                      \
            }                                                                                               \
            for (; j < n; j++)                                                                              \
                if (BEYOND(x[j], best) | ((x[j] != x[j]) & (best == best))) {                               \
                    best = x[j];                                                                            \
                    where = j;                                                                              \
                }                                                                                           \
            if (where < 0)                                                                                  \
                continue;                                                                                   \
            ((T *)values)[i] = best;                                                                        \
            position[i] = number + where;                                                                   \
        }                                                                                                   \
    }

#define ROW(NAME) \
    { { LEVEL(NAME##_first), LEVEL(NAME##_max_down), NULL }, { LEVEL(NAME##_first), LEVEL(NAME##_min_down), NULL } }
#endif

FINDER(f32, float, int32_t)
FINDER(f64, double, int64_t)
FINDER(i8, int8_t, int16_t)
FINDER(i16, int16_t, int16_t)
FINDER(i32, int32_t, int32_t)
FINDER(i64, int64_t, int64_t)
FINDER(u8, uint8_t, int16_t)
FINDER(u16, uint16_t, int16_t)
FINDER(u32, uint32_t, int32_t)
FINDER(u64, uint64_t, int64_t)

#ifdef VECTOR
#ifdef MASKS                                    /* registers of their own for what comparisons give */
#define BITS(KIND, ORDER, a, b) (uint64_t)WIDE(cmp_##KIND##_mask)(a, b, ORDER)
#define TAKE(KIND, ORDER, y, best, a, b) WIDE(mask_mov_##KIND)(b, WIDE(cmp_##KIND##_mask)(y, best, ORDER), a)
#else
#define BITS(KIND, ORDER, a, b) (uint64_t)WIDE(movemask_##KIND)(WIDE(cmp_##KIND)(a, b, ORDER))
#define TAKE(KIND, ORDER, y, best, a, b) WIDE(blendv_##KIND)(b, a, WIDE(cmp_##KIND)(y, best, ORDER))
#endif
ALONG(f32_max, float, int32_t, ps, max, _CMP_GT_OQ, ABOVE)
ALONG(f32_min, float, int32_t, ps, min, _CMP_LT_OQ, BELOW)
ALONG(f64_max, double, int64_t, pd, max, _CMP_GT_OQ, ABOVE)
ALONG(f64_min, double, int64_t, pd, min, _CMP_LT_OQ, BELOW)
#undef BITS
#undef TAKE
#define ONE_LOOK(NAME)                                                                                      \
    { { LEVEL(NAME##_first), LEVEL(NAME##_max_down), LEVEL(NAME##_max_along) },                             \
      { LEVEL(NAME##_first), LEVEL(NAME##_min_down), LEVEL(NAME##_min_along) } }
#else
#define ONE_LOOK ROW
#endif

static const finder LEVEL(finders)[][2] = {
    [TH_BOOL] = ROW(u8), [TH_INT8] = ROW(i8), [TH_INT16] = ROW(i16), [TH_INT32] = ROW(i32), [TH_INT64] = ROW(i64),
    [TH_UINT8] = ROW(u8), [TH_UINT16] = ROW(u16), [TH_UINT32] = ROW(u32), [TH_UINT64] = ROW(u64),
    [TH_FLOAT32] = ONE_LOOK(f32), [TH_FLOAT64] = ONE_LOOK(f64),
};
#undef ONE_LOOK
