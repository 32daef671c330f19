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
 * `number` on. Each lane of four vectors keeps its best and where that was; only a nan makes the sum of a row one.
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

#define CHOICE(mask, a, b) (((mask) & (a)) | (~(mask) & (b)))
#define LANE(V, M, BEYOND, EXTREME, k, from) {                                                              \
        V y = *(const V *)(x + (from) + k * W);                                                             \
        M wins = BEYOND(y, lane##k);                                                                        \
        lane##k = EXTREME(y, lane##k);                                                                      \
        at##k = CHOICE(wins, here, at##k);                                                                  \
        sum##k += y;                                                                                        \
    }
#define LANES(V, M, BEYOND, EXTREME, from)                                                                  \
    LANE(V, M, BEYOND, EXTREME, 0, from) LANE(V, M, BEYOND, EXTREME, 1, from)                               \
    LANE(V, M, BEYOND, EXTREME, 2, from) LANE(V, M, BEYOND, EXTREME, 3, from)
#define BETTER(V, M, BEYOND, a, b) {                                                                        \
        M wins = BEYOND(lane##b, lane##a) | ((lane##b == lane##a) & (at##b < at##a));                       \
        lane##a = (V)CHOICE(wins, (M)lane##b, (M)lane##a);                                                  \
        at##a = CHOICE(wins, at##b, at##a);                                                                 \
    }

#define ALONG(NAME, T, N, BEYOND, EXTREME, TOP)                                                             \
    static void LEVEL(NAME##_along)(int64_t *position, char *values, const char *p, int64_t pitch,          \
                                    int64_t n, int64_t rows, int64_t number)                                \
    {                                                                                                       \
        enum { W = VECTOR / sizeof(T) };                                                                    \
        typedef T V __attribute__((vector_size(VECTOR), aligned(sizeof(T))));                               \
        typedef N M __attribute__((vector_size(VECTOR), aligned(sizeof(T))));                               \
        for (int64_t i = 0; i < rows; i++) {                                                                \
            const T *x = (const T *)(p + i * pitch);                                                        \
            T best = ((T *)values)[i];                                                                      \
            int64_t where = -1, j;                                                                          \
            if (n >= W) {                                                                                   \
                V lane0 = *(const V *)x, sum0 = lane0;                                                      \
                M at0 = {0}, here = {0};                                                                    \
                if (n < 4 * W) {                                                                            \
                    for (j = W; j + W <= n; j += W) {                                                       \
                        here += (N)W;                                                                       \
                        LANE(V, M, BEYOND, EXTREME, 0, j)                                                   \
                    }                                                                                       \
                    if (j < n) {                /* the rest once more with some before it */                \
                        here += (N)(n - j);                                                                 \
                        LANE(V, M, BEYOND, EXTREME, 0, n - W)                                               \
                    }                                                                                       \
                } else {                                                                                    \
                    V lane1 = *(const V *)(x + W), lane2 = *(const V *)(x + 2 * W), lane3 = *(const V *)(x + 3 * W); \
                    V sum1 = lane1, sum2 = lane2, sum3 = lane3;                                             \
                    M at1 = {0}, at2 = {0}, at3 = {0};                                                      \
                    for (j = 4 * W; j + 4 * W <= n; j += 4 * W) {                                           \
                        here += (N)(4 * W);                                                                 \
                        LANES(V, M, BEYOND, EXTREME, j)                                                     \
                    }                                                                                       \
                    if (j < n) {                                                                            \
                        here += (N)(n - j);                                                                 \
                        LANES(V, M, BEYOND, EXTREME, n - 4 * W)                                             \
                    }                                                                                       \
                    at1 += (N)W;                                                                            \
                    at2 += (N)(2 * W);                                                                      \
                    at3 += (N)(3 * W);                                                                      \
                    BETTER(V, M, BEYOND, 0, 1) BETTER(V, M, BEYOND, 2, 3) BETTER(V, M, BEYOND, 0, 2)        \
                    sum0 += sum1;                                                                           \
                    sum2 += sum3;                                                                           \
                    sum0 += sum2;                                                                           \
                }                                                                                           \
                T l[W], s[W];                                                                               \
                N a[W];                                                                                     \
                memcpy(l, &lane0, VECTOR);                                                                  \
                memcpy(s, &sum0, VECTOR);                                                                   \
                memcpy(a, &at0, VECTOR);                                                                    \
                T top = l[0], total = 0;                                                                    \
                N first = (N)n;                                                                             \
                _Pragma(TOP)                                                                                \
                for (int k = 0; k < W; k++) top = BEYOND(l[k], top) ? l[k] : top;                           \
                _Pragma("omp simd reduction(+:total)")                                                      \
                for (int k = 0; k < W; k++) total += s[k];                                                  \
                _Pragma("omp simd reduction(min:first)")                                                    \
                for (int k = 0; k < W; k++) {                                                               \
                    N here = l[k] == top ? a[k] + k : (N)n;                                                 \
                    first = here < first ? here : first;                                                    \
                }                                                                                           \
                if (total == total) {                                                                       \
                    if (BEYOND(top, best)) {                                                                \
                        ((T *)values)[i] = top;                                                             \
                        position[i] = number + first;                                                       \
                    }                                                                                       \
                    continue;                                                                               \
                }                                                                                           \
            }                                                                                               \
            for (j = 0; j < n; j++)                                                                         \
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
#ifdef TH_LEVELS
#define MOST_F32(a, b) WIDE(max_ps)(a, b)
#define MOST_F64(a, b) WIDE(max_pd)(a, b)
#define LEAST_F32(a, b) WIDE(min_ps)(a, b)
#define LEAST_F64(a, b) WIDE(min_pd)(a, b)
#endif
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
ALONG(f32_max, float, int32_t, ABOVE, MOST_F32, "omp simd reduction(max:top)")
ALONG(f32_min, float, int32_t, BELOW, LEAST_F32, "omp simd reduction(min:top)")
ALONG(f64_max, double, int64_t, ABOVE, MOST_F64, "omp simd reduction(max:top)")
ALONG(f64_min, double, int64_t, BELOW, LEAST_F64, "omp simd reduction(min:top)")
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
