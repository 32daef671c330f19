/* The loops of argmax.c, which includes this file once per instruction set; LEVEL(name) makes a name of its own for
 * each. */
#ifndef TH_ARGMAX_LOOPS
#define TH_ARGMAX_LOOPS

#define ABOVE(a, b) ((a) > (b))
#define BELOW(a, b) ((a) < (b))

/* first: for each row the position of the first element that equals that row's `value`, or is nan where that is; n where
 * there is none. Rows have at most 32767 elements. N: a number as wide as they are, so that compilers compare
 * whole registers.
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

#define ROW(NAME) { { LEVEL(NAME##_first), LEVEL(NAME##_max_down) }, { LEVEL(NAME##_first), LEVEL(NAME##_min_down) } }
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

static const finder LEVEL(finders)[][2] = {
    [TH_BOOL] = ROW(u8), [TH_INT8] = ROW(i8), [TH_INT16] = ROW(i16), [TH_INT32] = ROW(i32), [TH_INT64] = ROW(i64),
    [TH_UINT8] = ROW(u8), [TH_UINT16] = ROW(u16), [TH_UINT32] = ROW(u32), [TH_UINT64] = ROW(u64),
    [TH_FLOAT32] = ROW(f32), [TH_FLOAT64] = ROW(f64),
};
