/* The loops of reduce.c, which includes this file once per instruction set; LEVEL(name) makes a name of its own for each.
 *
 * Sums and the like are written as loops over a fixed number of
 * lanes, which compilers keep in vector registers; that, not a compiler flag, is what reassociates. Floating sums
 * go block by block, and what each addition of a block rounds away is added up too (Knuth's
 * two-sum), so their error does not grow with the length.
 */
#ifndef TH_REDUCE_LOOPS
#define TH_REDUCE_LOOPS

/* fold: acc and n contiguous elements. rows: one accumulator per row, or one for all at stride 0.
 * column: one accumulator per element of a row, `pitch` bytes between rows.
 * Elements in memory are of type S and become a T, the type of accumulators, through LOAD. */
#define FOLD(NAME, T, S, LOAD, STEP)                                                                        \
    static T LEVEL(NAME##_fold)(T acc, const S *p, int64_t n)                                               \
    {                                                                                                       \
        enum { W = 256 / sizeof(T), V = W / 4 };                                                            \
        T lane[W], few[V];                                                                                  \
        int64_t i = 0;                                                                                      \
        if (n >= V) {                                                                                       \
            for (int l = 0; l < V; l++) few[l] = LOAD(p[l]);                                                \
            i = V;                                                                                          \
        }                                                                                                   \
        if (n >= V + W) {                                                                                   \
            for (int l = 0; l < W; l++) lane[l] = LOAD(p[i + l]);                                           \
            for (i += W; i + W <= n; i += W)                                                                \
                for (int l = 0; l < W; l++) { T x = LOAD(p[i + l]); lane[l] = STEP(lane[l], x); }           \
            for (int l = 0; l < V; l++) few[l] = STEP(few[l], lane[l]);                                     \
            for (int l = 0; l < V; l++) few[l] = STEP(few[l], lane[l + V]);                                 \
            for (int l = 0; l < V; l++) few[l] = STEP(few[l], lane[l + 2 * V]);                             \
            for (int l = 0; l < V; l++) few[l] = STEP(few[l], lane[l + 3 * V]);                             \
        }                                                                                                   \
        if (i) {                                                                                            \
            for (; i + V <= n; i += V)                                                                      \
                for (int l = 0; l < V; l++) { T x = LOAD(p[i + l]); few[l] = STEP(few[l], x); }             \
            for (int h = V / 2; h; h /= 2)                                                                  \
                for (int l = 0; l < h; l++) few[l] = STEP(few[l], few[l + h]);                              \
            acc = STEP(acc, few[0]);                                                                        \
        }                                                                                                   \
        for (; i < n; i++) { T x = LOAD(p[i]); acc = STEP(acc, x); }                                        \
        return acc;                                                                                         \
    }

/* Four rows at a time, so that accumulators are read and written once for four elements; in tiles that the
 * first cache holds. */
#define COLUMN(NAME, T, S, LOAD, STEP) COLUMN_TILE(NAME, T, S, LOAD, STEP) COLUMNS(NAME, T, S, LEVEL(NAME##_tile))
#define COLUMN_TILE(NAME, T, S, LOAD, STEP)                                                                 \
    static void LEVEL(NAME##_tile)(T *acc, const char *p, int64_t pitch, int64_t n, int64_t rows)           \
    {                                                                                                       \
        int64_t i = 0;                                                                                      \
        for (; i + 4 <= rows; i += 4) {                                                                     \
            const S *a = (const S *)(p + i * pitch), *b = (const S *)(p + (i + 1) * pitch);                 \
            const S *c = (const S *)(p + (i + 2) * pitch), *d = (const S *)(p + (i + 3) * pitch);           \
            _Pragma("omp simd")                                                                             \
            for (int64_t j = 0; j < n; j++) {                                                               \
                T aj = LOAD(a[j]), bj = LOAD(b[j]), cj = LOAD(c[j]), dj = LOAD(d[j]);                       \
                T ab = STEP(aj, bj), cd = STEP(cj, dj);                                                     \
                T abcd = STEP(ab, cd);                                                                      \
                acc[j] = STEP(acc[j], abcd);                                                                \
            }                                                                                               \
        }                                                                                                   \
        if (i + 3 == rows) {                                                                                \
            const S *a = (const S *)(p + i * pitch), *b = (const S *)(p + (i + 1) * pitch);                 \
            const S *c = (const S *)(p + (i + 2) * pitch);                                                  \
            _Pragma("omp simd")                                                                             \
            for (int64_t j = 0; j < n; j++) {                                                               \
                T aj = LOAD(a[j]), bj = LOAD(b[j]), cj = LOAD(c[j]), ab = STEP(aj, bj), abc = STEP(ab, cj); \
                acc[j] = STEP(acc[j], abc);                                                                 \
            }                                                                                               \
            return;                                                                                         \
        }                                                                                                   \
        for (; i < rows; i++) {                                                                             \
            const S *a = (const S *)(p + i * pitch);                                                        \
            _Pragma("omp simd")                                                                             \
            for (int64_t j = 0; j < n; j++) {                                                               \
                T aj = LOAD(a[j]);                                                                          \
                acc[j] = STEP(acc[j], aj);                                                                  \
            }                                                                                               \
        }                                                                                                   \
    }
#define COLUMNS(NAME, T, S, TAKE)                                                                           \
    static void LEVEL(NAME##_column)(char *acc, int64_t acc_stride, const char *p, int64_t pitch, int64_t n,\
                                     int64_t rows)                                                          \
    {                                                                                                       \
        enum { TILE = 8192 / sizeof(T) };                                                                   \
        T few[TILE];                                                                                        \
        for (int64_t j = 0; acc_stride != sizeof(T) && j < n; j += TILE) {                                  \
            int64_t m = n - j < TILE ? n - j : TILE;                                                        \
            for (int64_t l = 0; l < m; l++) few[l] = *(T *)(acc + (j + l) * acc_stride);                    \
            TAKE(few, p + j * (int64_t)sizeof(S), pitch, m, rows);                            \
            for (int64_t l = 0; l < m; l++) *(T *)(acc + (j + l) * acc_stride) = few[l];                    \
        }                                                                                                   \
        for (int64_t j = 0; acc_stride == sizeof(T) && j < n; j += TILE)                                    \
            TAKE((T *)acc + j, p + j * (int64_t)sizeof(S), pitch, n - j < TILE ? n - j : TILE,\
                               rows);                                                                       \
    }

/* A sum of floats, or of complex numbers as PARTS reals each. `sum` carries on from state to state. */
#define FLOAT_SUM(NAME, T, S, LOAD, F, PARTS)                                                               \
    static void LEVEL(NAME##_block)(T *total, const S *p, int64_t n)                                        \
    {                                                                                                       \
        enum { W = 256 / sizeof(T), V = 64 / sizeof(T) };                                                   \
        T lane[W], few[V];                                                                                  \
        int64_t i = 0;                                                                                      \
        for (int l = 0; l < V; l++) few[l] = 0;                                                             \
        if (n >= W) {                                                                                       \
            for (int l = 0; l < W; l++) lane[l] = LOAD(p[l]);                                               \
            for (i = W; i + W <= n; i += W)                                                                 \
                for (int l = 0; l < W; l++) lane[l] += LOAD(p[i + l]);                                      \
            for (int l = 0; l < V; l++) few[l] = (lane[l] + lane[l + V]) + (lane[l + 2 * V] + lane[l + 3 * V]);\
        }                                                                                                   \
        for (; i + V <= n; i += V)                                                                          \
            for (int l = 0; l < V; l++) few[l] += LOAD(p[i + l]);                                           \
        for (int l = 0; i < n; i++, l++) few[l] += LOAD(p[i]);                                              \
        for (int h = V / 2; h >= PARTS; h /= 2)                                                             \
            for (int l = 0; l < h; l++) few[l] += few[l + h];                                               \
        for (int l = 0; l < PARTS; l++) total[l] = few[l];                                                  \
    }                                                                                                       \
    static void LEVEL(NAME##_sum)(th_sum *state, const char *p, int64_t n)                                  \
    {                                                                                                       \
        T *high = state->high.F, *low = state->low.F, total[PARTS];                                         \
        n *= PARTS;                                                                                         \
        for (int64_t i = 0; i < n; i += 512) {                                                              \
            LEVEL(NAME##_block)(total, (const S *)p + i, n - i < 512 ? n - i : 512);                        \
            for (int l = 0; l < PARTS; l++) {                                                               \
                T h = high[l], t = h + total[l], part = t - h;                                              \
                low[l] += (h - (t - part)) + (total[l] - part);                                             \
                high[l] = t;                                                                                \
            }                                                                                               \
        }                                                                                                   \
    }                                                                                                       \
    static void LEVEL(NAME##_sum_rows)(char *acc, int64_t acc_stride, const char *p, int64_t pitch,         \
                                       int64_t n, int64_t rows)                                             \
    {                                                                                                       \
        T total[PARTS];                                                                                     \
        for (int64_t i = 0; i < rows; i++) {                                                                \
            const S *x = (const S *)(p + i * pitch);                                                        \
            if (n * PARTS <= 8) {                                                                           \
                for (int l = 0; l < PARTS; l++) total[l] = LOAD(x[l]);                                      \
                for (int64_t j = PARTS; j < n * PARTS; j++) total[j % PARTS] += LOAD(x[j]);                 \
            }                                                                                               \
            else if (n * PARTS <= 512) LEVEL(NAME##_block)(total, x, n * PARTS);                            \
            if (n * PARTS <= 512) {                                                                         \
                for (int l = 0; l < PARTS; l++) ((T *)(acc + i * acc_stride))[l] += total[l];               \
                continue;                                                                                   \
            }                                                                                               \
            th_sum state = {0};                                                                             \
            LEVEL(NAME##_sum)(&state, p + i * pitch, n);                                                    \
            LEVEL(NAME##_settle)(acc + i * acc_stride, &state);                                             \
        }                                                                                                   \
    }

#define SETTLE(NAME, T, F, PARTS)                                                                           \
    static void LEVEL(NAME##_settle)(char *acc, th_sum *state)                                              \
    {                                                                                                       \
        const T *high = state->high.F, *low = state->low.F;                                                 \
        for (int l = 0; l < PARTS; l++) {                                                                   \
            T total = high[l] + low[l];                                                                     \
            ((T *)acc)[l] += total == total ? total : high[l]; /* low is nan after an infinity */           \
        }                                                                                                   \
    }

#define REDUCTION(NAME, T, STEP, IDENTITY)                                                                  \
    FOLD(NAME, T, T, SAME, STEP)                                                                            \
    ROWS(NAME, T, T)                                                                                        \
    SUMMATION(NAME, T, STEP, IDENTITY)

#define ROWS(NAME, T, S)                                                                                    \
    static void LEVEL(NAME##_rows)(char *acc, int64_t acc_stride, const char *p, int64_t pitch, int64_t n,  \
                                   int64_t rows)                                                            \
    {                                                                                                       \
        for (int64_t i = 0; i < rows; i++) {                                                                \
            T *a = (T *)(acc + i * acc_stride);                                                             \
            *a = LEVEL(NAME##_fold)(*a, (const S *)(p + i * pitch), n);                                     \
        }                                                                                                   \
    }

/* What a floating sum, which has rows of its own, shares with the rest. */
#define SUMMATION(NAME, T, STEP, IDENTITY)                                                                  \
    COLUMN(NAME, T, T, SAME, STEP)                                                                          \
    FILL(NAME, T, IDENTITY)

#define FILL(NAME, T, IDENTITY)                                                                             \
    static void LEVEL(NAME##_fill)(char *p, int64_t n)                                                      \
    {                                                                                                       \
        for (int64_t i = 0; i < n; i++) ((T *)p)[i] = IDENTITY;                                             \
    }

/* Elements that are narrower in memory than their accumulators. */
#define WIDENED(NAME, T, S, LOAD, STEP)                                                                     \
    FOLD(NAME, T, S, LOAD, STEP)                                                                            \
    ROWS(NAME, T, S)                                                                                        \
    COLUMN(NAME, T, S, LOAD, STEP)

#define WIDENED_SUM(NAME, T, S, LOAD, F)                                                                    \
    SETTLE(NAME, T, F, 1)                                                                                   \
    FLOAT_SUM(NAME, T, S, LOAD, F, 1)                                                                       \
    COLUMN(NAME##_add, T, S, LOAD, PLUS)

#define SAME(x) (x)
#define PLUS(a, b) ((a) + (b))
#define TIMES(a, b) ((a) * (b))
#define TIMES_WRAPPED(a, b) ((a) * 1u * (b))
#define BOTH(a, b) ((a) & (b))
#define EITHER(a, b) ((a) | (b))
#define MORE(a, b) ((b) > (a) ? (b) : (a))
#define LESS(a, b) ((b) < (a) ? (b) : (a))
/* nan wins, as in NumPy: once it is in `a` no comparison takes it out again. The usual case is a comparison and an
 * addition that would tell of a nan; only chunks where it does are looked at closely. */
#define EXTREME(NAME, T, PICK)                                                                              \
    static inline T LEVEL(NAME##_step)(T a, T b)                                                            \
    {                                                                                                       \
        T m = PICK(a, b);                                                                                   \
        return b != b ? b : m;                                                                              \
    }                                                                                                       \
    FOLD(NAME##_exact, T, T, SAME, LEVEL(NAME##_step))                                                      \
    static T LEVEL(NAME##_quick)(T acc, const T *p, int64_t n)                                              \
    {                                                                                                       \
        enum { W = 256 / sizeof(T) };                                                                       \
        T lane[W], sum[W];                                                                                  \
        int64_t i = W - (int64_t)(((uintptr_t)p & 63) / sizeof(T));     /* lines of the cache, some once more */ \
        for (int l = 0; l < W; l++) lane[l] = sum[l] = p[l];                                                \
        for (; i + W <= n; i += W)                                                                          \
            for (int l = 0; l < W; l++) {                                                                   \
                lane[l] = PICK(lane[l], p[i + l]);                                                          \
                sum[l] += p[i + l];                                                                         \
            }                                                                                               \
        for (int l = 0; l < W && i < n; l++) {              /* the rest once more with some before it */    \
            lane[l] = PICK(lane[l], p[n - W + l]);                                                          \
            sum[l] += p[n - W + l];                                                                         \
        }                                                                                                   \
        int wrong = 0;                                                                                      \
        for (int l = 0; l < W; l++) wrong |= sum[l] != sum[l];                                              \
        for (int h = W / 2; h; h /= 2)                                                                      \
            for (int l = 0; l < h; l++) lane[l] = PICK(lane[l], lane[l + h]);                               \
        return wrong ? LEVEL(NAME##_exact_fold)(acc, p, n) : LEVEL(NAME##_step)(acc, lane[0]);              \
    }                                                                                                       \
    static T LEVEL(NAME##_fold)(T acc, const T *p, int64_t n)                                               \
    {                                                                                                       \
        enum { W = 256 / sizeof(T), CHUNK = 4096 };                                                         \
        if (n < 2 * W) return LEVEL(NAME##_exact_fold)(acc, p, n);                                          \
        for (int64_t m; n > 0; p += m, n -= m) {                                                            \
            m = n < 2 * CHUNK ? n : CHUNK;                                                                  \
            acc = LEVEL(NAME##_quick)(acc, p, m);                                                           \
        }                                                                                                   \
        return acc;                                                                                         \
    }

/* The same in columns. From four rows on whose sum is nan, which those of infinities are too, it looks closely: none of
 * the rows before holds a nan, and what was picked of the four may be picked again. */
#define EXTREME_COLUMN(NAME, T, PICK)                                                                       \
    COLUMN_TILE(NAME, T, T, SAME, LEVEL(NAME##_step))                                                       \
    static void LEVEL(NAME##_quick_tile)(T *acc, const char *p, int64_t pitch, int64_t n, int64_t rows)     \
    {                                                                                                       \
        int64_t i = 0;                                                                                      \
        int wrong = 0;                                                                                      \
        for (; i + 4 <= rows && !wrong; i += 4) {                                                           \
            const T *a = (const T *)(p + i * pitch), *b = (const T *)(p + (i + 1) * pitch);                 \
            const T *c = (const T *)(p + (i + 2) * pitch), *d = (const T *)(p + (i + 3) * pitch);           \
            _Pragma("omp simd reduction(|:wrong)")                                                          \
            for (int64_t j = 0; j < n; j++) {                                                               \
                T ab = PICK(a[j], b[j]), cd = PICK(c[j], d[j]), abcd = PICK(ab, cd);                        \
                T sum = (a[j] + b[j]) + (c[j] + d[j]);                                                      \
                acc[j] = PICK(acc[j], abcd);                                                                \
                wrong |= sum != sum;                                                                        \
            }                                                                                               \
        }                                                                                                   \
        i -= wrong ? 4 : 0;                                                                                 \
        LEVEL(NAME##_tile)(acc, p + i * pitch, pitch, n, rows - i);                                         \
    }                                                                                                       \
    COLUMNS(NAME, T, T, LEVEL(NAME##_quick_tile))

#define INTEGER(NAME, T, LOWEST, HIGHEST)                                                                   \
    REDUCTION(NAME##_more, T, MORE, LOWEST)                                                                 \
    REDUCTION(NAME##_less, T, LESS, HIGHEST)

#define UNSIGNED(NAME, T)                                                                                   \
    REDUCTION(NAME##_add, T, PLUS, 0)                                                                       \
    REDUCTION(NAME##_mul, T, TIMES_WRAPPED, 1)                                                              \
    REDUCTION(NAME##_and, T, BOTH, (T)-1)                                                                   \
    REDUCTION(NAME##_or, T, EITHER, 0)                                                                      \
    INTEGER(NAME, T, 0, (T)-1)

#define FLOATING(NAME, T)                                                                                   \
    SUMMATION(NAME##_add, T, PLUS, 0)                                                                       \
    REDUCTION(NAME##_mul, T, TIMES, 1)                                                                      \
    EXTREME(NAME##_more, T, MORE)                                                                           \
    EXTREME(NAME##_less, T, LESS)                                                                           \
    ROWS(NAME##_more, T, T)                                                                                 \
    EXTREME_COLUMN(NAME##_more, T, MORE)                                                                    \
    FILL(NAME##_more, T, -INF)                                                                              \
    ROWS(NAME##_less, T, T)                                                                                 \
    EXTREME_COLUMN(NAME##_less, T, LESS)                                                                    \
    FILL(NAME##_less, T, INF)                                                                               \
    SETTLE(NAME, T, NAME, 1)                                                                                \
    FLOAT_SUM(NAME, T, T, SAME, NAME, 1)

/* Complex numbers: products as NumPy forms them, order by real part and then imaginary part. */
#define COMPLEX(NAME, T, R, F)                                                                              \
    typedef struct { R re, im; } LEVEL(T);                                                                  \
    static inline LEVEL(T) LEVEL(NAME##_plus)(LEVEL(T) a, LEVEL(T) b)                                       \
    {                                                                                                       \
        return (LEVEL(T)){ a.re + b.re, a.im + b.im };                                                      \
    }                                                                                                       \
    static inline LEVEL(T) LEVEL(NAME##_times)(LEVEL(T) a, LEVEL(T) b)                                      \
    {                                                                                                       \
        return (LEVEL(T)){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re };                          \
    }                                                                                                       \
    static inline LEVEL(T) LEVEL(NAME##_higher)(LEVEL(T) a, LEVEL(T) b)                                     \
    {                                                                                                       \
        int keep = a.re != a.re || a.im != a.im || a.re > b.re || (a.re == b.re && a.im >= b.im);           \
        return keep ? a : b;                                                                                \
    }                                                                                                       \
    static inline LEVEL(T) LEVEL(NAME##_lower)(LEVEL(T) a, LEVEL(T) b)                                      \
    {                                                                                                       \
        int keep = a.re != a.re || a.im != a.im || a.re < b.re || (a.re == b.re && a.im <= b.im);           \
        return keep ? a : b;                                                                                \
    }                                                                                                       \
    SUMMATION(NAME##_add, LEVEL(T), LEVEL(NAME##_plus), ((LEVEL(T)){ 0, 0 }))                               \
    REDUCTION(NAME##_mul, LEVEL(T), LEVEL(NAME##_times), ((LEVEL(T)){ 1, 0 }))                              \
    REDUCTION(NAME##_more, LEVEL(T), LEVEL(NAME##_higher), ((LEVEL(T)){ -INF, -INF }))                      \
    REDUCTION(NAME##_less, LEVEL(T), LEVEL(NAME##_lower), ((LEVEL(T)){ INF, INF }))                         \
    SETTLE(NAME, R, F, 2)                                                                                   \
    FLOAT_SUM(NAME, R, R, SAME, F, 2)

/* The larger and the smaller one of two floats of 16 bits. */
#define SMALL_EXTREMES(NAME, INFINITY_)                                                                     \
    static inline uint16_t LEVEL(NAME##_top)(uint16_t a, uint16_t b)                                        \
    {                                                                                                       \
        uint16_t m = half_order(b) > half_order(a) ? b : a;                                                 \
        m = (b & 0x7fff) > INFINITY_ ? b : m;                                                               \
        return (a & 0x7fff) > INFINITY_ ? a : m;                                                            \
    }                                                                                                       \
    static inline uint16_t LEVEL(NAME##_bottom)(uint16_t a, uint16_t b)                                     \
    {                                                                                                       \
        uint16_t m = half_order(b) < half_order(a) ? b : a;                                                 \
        m = (b & 0x7fff) > INFINITY_ ? b : m;                                                               \
        return (a & 0x7fff) > INFINITY_ ? a : m;                                                            \
    }                                                                                                       \
    REDUCTION(NAME##_more, uint16_t, LEVEL(NAME##_top), 0x8000 | INFINITY_)                                 \
    REDUCTION(NAME##_less, uint16_t, LEVEL(NAME##_bottom), INFINITY_)

/* Truth values: whole rows are rarely needed to know the answer. */
#define TRUTH(NAME, FOLD, DECIDED)                                                                          \
    static void LEVEL(NAME##_rows)(char *acc, int64_t acc_stride, const char *p, int64_t pitch, int64_t n,  \
                                   int64_t rows)                                                            \
    {                                                                                                       \
        for (int64_t i = 0; i < rows; i++) {                                                                \
            uint8_t *a = (uint8_t *)(acc + i * acc_stride);                                                 \
            for (int64_t j = 0; j < n && *a != DECIDED; j += 4096)                                          \
                *a = LEVEL(FOLD##_fold)(*a, (const uint8_t *)(p + i * pitch + j), n - j < 4096 ? n - j : 4096);\
        }                                                                                                   \
    }

#define ROW(NAME) { LEVEL(NAME##_rows), LEVEL(NAME##_column), LEVEL(NAME##_fill), NULL, NULL }
#define SUMS(NAME)                                                                                          \
    { LEVEL(NAME##_sum_rows), LEVEL(NAME##_add_column), LEVEL(NAME##_add_fill), LEVEL(NAME##_sum), LEVEL(NAME##_settle) }
#define ANY { LEVEL(any_rows), LEVEL(u8_or_column), LEVEL(u8_or_fill), NULL, NULL }
#define ALL { LEVEL(all_rows), LEVEL(u8_and_column), LEVEL(truth_fill), NULL, NULL }
#define INTEGERS(U, I)                                                                                      \
    { [TH_ADD] = ROW(U##_add), [TH_MUL] = ROW(U##_mul), [TH_MAXIMUM] = ROW(I##_more),                       \
      [TH_MINIMUM] = ROW(I##_less), [TH_AND] = ROW(U##_and), [TH_OR] = ROW(U##_or) }

#define WIDE(NAME, FILL) { LEVEL(NAME##_rows), LEVEL(NAME##_column), LEVEL(FILL##_fill), NULL, NULL }
#define WIDE_SUM(NAME, F)                                                                                   \
    { LEVEL(NAME##_sum_rows), LEVEL(NAME##_add_column), LEVEL(F##_add_fill), LEVEL(NAME##_sum), LEVEL(NAME##_settle) }
#define FLOATS(NAME)                                                                                        \
    { [TH_ADD] = SUMS(NAME), [TH_MUL] = ROW(NAME##_mul), [TH_MAXIMUM] = ROW(NAME##_more),                   \
      [TH_MINIMUM] = ROW(NAME##_less) }
/* What is more than comparing is done in float32. */
#define EXTREMES(NAME) { [TH_MAXIMUM] = ROW(NAME##_more), [TH_MINIMUM] = ROW(NAME##_less) }

#endif

UNSIGNED(u8, uint8_t)
UNSIGNED(u16, uint16_t)
UNSIGNED(u32, uint32_t)
UNSIGNED(u64, uint64_t)
INTEGER(i8, int8_t, INT8_MIN, INT8_MAX)
INTEGER(i16, int16_t, INT16_MIN, INT16_MAX)
INTEGER(i32, int32_t, INT32_MIN, INT32_MAX)
INTEGER(i64, int64_t, INT64_MIN, INT64_MAX)
FLOATING(f32, float)
FLOATING(f64, double)

WIDENED_SUM(f32_to_f64, double, float, SAME, f64)
WIDENED(f32_to_f64_mul, double, float, SAME, TIMES)
WIDENED_SUM(f16_to_f32, float, uint16_t, th_from_f16, f32)
WIDENED_SUM(bf16_to_f32, float, uint16_t, th_from_bf16, f32)
WIDENED(i8_to_i64, uint64_t, int8_t, SAME, PLUS)
WIDENED(i16_to_i64, uint64_t, int16_t, SAME, PLUS)
WIDENED(i32_to_i64, uint64_t, int32_t, SAME, PLUS)
WIDENED(u8_to_u64, uint64_t, uint8_t, SAME, PLUS)
WIDENED(u16_to_u64, uint64_t, uint16_t, SAME, PLUS)
WIDENED(u32_to_u64, uint64_t, uint32_t, SAME, PLUS)

COMPLEX(c64, complex64, float, f32)
COMPLEX(c128, complex128, double, f64)

SMALL_EXTREMES(f16, INF_F16)
SMALL_EXTREMES(bf16, INF_BF16)

TRUTH(any, u8_or, 1)
TRUTH(all, u8_and, 0)

static void LEVEL(truth_fill)(char *p, int64_t n)
{
    for (int64_t i = 0; i < n; i++) p[i] = 1;
}

static const th_reducer LEVEL(reducers)[TH_OBJECT][TH_OR + 1] = {
    [TH_BOOL] = { [TH_ADD] = ANY, [TH_MAXIMUM] = ANY, [TH_OR] = ANY, [TH_MUL] = ALL, [TH_MINIMUM] = ALL, [TH_AND] = ALL },
    [TH_INT8] = INTEGERS(u8, i8),
    [TH_INT16] = INTEGERS(u16, i16),
    [TH_INT32] = INTEGERS(u32, i32),
    [TH_INT64] = INTEGERS(u64, i64),
    [TH_UINT8] = INTEGERS(u8, u8),
    [TH_UINT16] = INTEGERS(u16, u16),
    [TH_UINT32] = INTEGERS(u32, u32),
    [TH_UINT64] = INTEGERS(u64, u64),
    [TH_FLOAT16] = EXTREMES(f16),
    [TH_BFLOAT16] = EXTREMES(bf16),
    [TH_FLOAT32] = FLOATS(f32),
    [TH_FLOAT64] = FLOATS(f64),
    [TH_COMPLEX64] = FLOATS(c64),
    [TH_COMPLEX128] = FLOATS(c128),
};

static const th_widening LEVEL(widenings)[] = {
    { TH_FLOAT32, TH_FLOAT64, TH_ADD, WIDE_SUM(f32_to_f64, f64) },
    { TH_FLOAT32, TH_FLOAT64, TH_MUL, WIDE(f32_to_f64_mul, f64_mul) },
    { TH_FLOAT16, TH_FLOAT32, TH_ADD, WIDE_SUM(f16_to_f32, f32) },
    { TH_BFLOAT16, TH_FLOAT32, TH_ADD, WIDE_SUM(bf16_to_f32, f32) },
    { TH_INT8, TH_INT64, TH_ADD, WIDE(i8_to_i64, u64_add) },
    { TH_INT16, TH_INT64, TH_ADD, WIDE(i16_to_i64, u64_add) },
    { TH_INT32, TH_INT64, TH_ADD, WIDE(i32_to_i64, u64_add) },
    { TH_BOOL, TH_INT64, TH_ADD, WIDE(u8_to_u64, u64_add) },
    { TH_UINT8, TH_UINT64, TH_ADD, WIDE(u8_to_u64, u64_add) },
    { TH_UINT16, TH_UINT64, TH_ADD, WIDE(u16_to_u64, u64_add) },
    { TH_UINT32, TH_UINT64, TH_ADD, WIDE(u32_to_u64, u64_add) },
};
