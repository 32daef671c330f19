/* The loops of argmax.c, which includes this file once per instruction set; LEVEL(name) makes a name of its own for
 * each. BEYOND(a, b): a comes before b. NAN_AT(a): a is no number, which comes before every number. */
#ifndef TH_ARGMAX_LOOPS
#define TH_ARGMAX_LOOPS

#define IS_NAN(a) ((a) != (a))
#define NEVER(a) 0

/* first: of n elements side by side the first that none is beyond: block by block, of which only the best is searched.
 * columns: the same for each of m columns side by side, of n rows `pitch` bytes apart. */
#define FIND(NAME, T, BEYOND, NAN_AT)                                                                       \
    static int64_t LEVEL(NAME##_first)(const char *data, int64_t n)                                         \
    {                                                                                                       \
        enum { LANES = 128 / sizeof(T), BLOCK = 1024 };                                                     \
        const T *x = (const T *)data;                                                                       \
        T best = x[0];                                                                                      \
        int64_t found = 0;                                                                                  \
        for (int64_t start = 0; start < n && !NAN_AT(best); start += BLOCK) {                               \
            const T *p = x + start;                                                                         \
            int64_t m = n - start < BLOCK ? n - start : BLOCK, i = 0;                                       \
            T lane[LANES], top = best;                                                                      \
            int nan = 0;                                                                                    \
            for (int l = 0; l < LANES; l++) lane[l] = best;                                                 \
            for (; i + LANES <= m; i += LANES)                                                              \
                for (int l = 0; l < LANES; l++)                                                             \
                    lane[l] = BEYOND(p[i + l], lane[l]) | NAN_AT(p[i + l]) ? p[i + l] : lane[l];            \
            for (int l = 0; l < LANES; l++) {                                                               \
                top = BEYOND(lane[l], top) ? lane[l] : top;                                                 \
                nan |= NAN_AT(lane[l]);                                                                     \
            }                                                                                               \
            for (; i < m; i++) {                                                                            \
                top = BEYOND(p[i], top) ? p[i] : top;                                                       \
                nan |= NAN_AT(p[i]);                                                                        \
            }                                                                                               \
            if (nan) {                                                                                      \
                for (found = start; !NAN_AT(x[found]); found++) {}                                          \
                return found;                                                                               \
            }                                                                                               \
            if (BEYOND(top, best)) {                                                                        \
                best = top;                                                                                 \
                for (found = start; x[found] != best; found++) {}                                           \
            }                                                                                               \
        }                                                                                                   \
        return found;                                                                                       \
    }                                                                                                       \
    static void LEVEL(NAME##_columns)(const char *x, int64_t n, int64_t pitch, int64_t m, int64_t *out)     \
    {                                                                                                       \
        enum { BLOCK = 256 };                                                                               \
        for (int64_t start = 0; start < m; start += BLOCK) {                                                \
            int64_t count = m - start < BLOCK ? m - start : BLOCK, *at = out + start;                       \
            T best[BLOCK];                                                                                  \
            memcpy(best, (const T *)x + start, count * sizeof(T));                                          \
            memset(at, 0, count * sizeof *at);                                                              \
            for (int64_t i = 1; i < n; i++) {                                                               \
                const T *row = (const T *)(x + i * pitch) + start;                                          \
                for (int64_t j = 0; j < count; j++) {                                                       \
                    T a = row[j], b = best[j];                                                              \
                    int better = BEYOND(a, b) | (NAN_AT(a) & !NAN_AT(b));                                   \
                    at[j] = better ? i : at[j];                                                             \
                    best[j] = better ? a : b;                                                               \
                }                                                                                           \
            }                                                                                               \
        }                                                                                                   \
    }
#define BOTH(NAME, T, NAN_AT) FIND(NAME##_max, T, ABOVE, NAN_AT) FIND(NAME##_min, T, BELOW, NAN_AT)
#endif

BOTH(f32, float, IS_NAN)
BOTH(f64, double, IS_NAN)
BOTH(i8, int8_t, NEVER)
BOTH(i16, int16_t, NEVER)
BOTH(i32, int32_t, NEVER)
BOTH(i64, int64_t, NEVER)
BOTH(u8, uint8_t, NEVER)
BOTH(u16, uint16_t, NEVER)
BOTH(u32, uint32_t, NEVER)
BOTH(u64, uint64_t, NEVER)

#define ROW(NAME) {{LEVEL(NAME##_max_first), LEVEL(NAME##_max_columns)}, {LEVEL(NAME##_min_first), LEVEL(NAME##_min_columns)}}
static const finder LEVEL(finders)[][2] = {
    [TH_BOOL] = ROW(u8), [TH_INT8] = ROW(i8), [TH_INT16] = ROW(i16), [TH_INT32] = ROW(i32), [TH_INT64] = ROW(i64),
    [TH_UINT8] = ROW(u8), [TH_UINT16] = ROW(u16), [TH_UINT32] = ROW(u32), [TH_UINT64] = ROW(u64),
    [TH_FLOAT32] = ROW(f32), [TH_FLOAT64] = ROW(f64),
};
#undef ROW
