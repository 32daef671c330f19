/* Products with a vector, or with a matrix of few columns, of one dtype for one instruction set: included before
 * product_loops.h, with the same names. What counts is to read A once, along what is contiguous in it. */

/* Numbers of a column that stay in the first cache with those of FEW others, and how far apart these are: not by whole
 * pages, or the CPU would take what it reads of one for what it has just written to another. */
enum { NAME(PART) = PIECE / sizeof(REAL) / FEW, NAME(PITCH) = NAME(PART) + 2 * LANES };
typedef REAL NAME(vector) __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));

/* The sums of the lanes of each of LANES registers, which it writes over. */
static inline __attribute__((always_inline)) NAME(vector) NAME(totals)(NAME(vector) *sum)
{
    typedef INTEGER places __attribute__((vector_size(LANES * sizeof(REAL))));
    places even, odd;
    for (int i = 0; i < LANES; i++)
        even[i] = 2 * i, odd[i] = 2 * i + 1;
    _Pragma("GCC unroll 4")
    for (int n = LANES / 2; n; n /= 2)
        _Pragma("GCC unroll 8")
        for (int i = 0; i < n; i++)
            sum[i] = __builtin_shuffle(sum[2 * i], sum[2 * i + 1], even)
                   + __builtin_shuffle(sum[2 * i], sum[2 * i + 1], odd);
    return sum[0];
}

/* y = beta * y + alpha * total, of the first `count` lanes. */
static inline __attribute__((always_inline)) void NAME(put)(REAL alpha, NAME(vector) total, REAL beta, REAL *y,
                                                            int count)
{
    for (int i = 0; i < count; i++)
        y[i] = beta == 0 ? alpha * total[i] : beta * y[i] + alpha * total[i];
}

/* How many numbers at the begin of A's rows, or of its columns, are in a line of the cache that begins before them, of
 * `step` numbers apart: 0 where each is elsewhere. What is read across two lines takes twice as long. */
static inline int NAME(off)(const th_matrix *a, int64_t step)
{
    uintptr_t at = (uintptr_t)a->data % 64;
    return step % LANES || at % sizeof(REAL) ? 0 : (int)(at / sizeof(REAL));
}

/* The sums of four rows times x. Lane i has those of columns i, i + LANES, ... in this order, wherever the rows begin;
 * off: they are read from so many numbers before them, which count as 0 as do those of x; next: where the four rows after
 * them are fetched from meanwhile, so far from these, or 0. */
static inline __attribute__((always_inline)) void NAME(four_rows)(const REAL *const *at, const REAL *x, int64_t n, int off,
                                                                  int64_t next, NAME(vector) *sum)
{
    typedef INTEGER places __attribute__((vector_size(LANES * sizeof(REAL))));
    unsigned first = ~0u << off, last = (1u << off) - 1;
    for (int d = 0; d < 4; d++) {
        sum[d] = (NAME(vector)){0};
        if (off)
            sum[d] += (NAME(vector))LOAD_SOME(first, at[d] - off) * LOAD_SOME(first, x - off);
    }
    for (int64_t j = off ? LANES - off : 0; j < n - off; j += LANES)
        for (int d = 0; d < 4; d++) {
            if (next)
                __builtin_prefetch(at[d] + j + next);
            sum[d] += *(const NAME(vector) *)(at[d] + j) * *(const NAME(vector) *)(x + j);
        }
    if (!off)
        return;
    places turned;
    for (int i = 0; i < LANES; i++)
        turned[i] = (i + off) % LANES;
    for (int d = 0; d < 4; d++) {
        sum[d] += (NAME(vector))LOAD_SOME(last, at[d] + n - off) * LOAD_SOME(last, x + n - off);
        sum[d] = __builtin_shuffle(sum[d], turned);
    }
}

/* y[i] = beta * y[i] + alpha * (row i of A) . x; LANES rows are added up at once, and four are read side by side. */
static inline __attribute__((always_inline)) void NAME(rows_from)(int off, int64_t next, REAL alpha, const th_matrix *a,
                                                                  const REAL *x, REAL beta, REAL *y)
{
    int64_t n = a->columns, whole = n - n % LANES;
    for (int64_t i = 0; i < a->rows; i += LANES) {
        int count = a->rows - i < LANES ? (int)(a->rows - i) : LANES;
        NAME(vector) sum[LANES], total;
        REAL rest[LANES] = {0};
        _Pragma("GCC unroll 4")
        for (int first = 0; first < LANES; first += 4) {
            const REAL *at[4];
            for (int d = 0; d < 4; d++) {
                at[d] = (const REAL *)a->data + (i + (first + d < count ? first + d : 0)) * a->row;
                sum[first + d] = (NAME(vector)){0};
            }
            if (first >= count)
                continue;
            NAME(four_rows)(at, x, whole, off, next, sum + first);
            for (int64_t j = whole; j < n; j++)
                for (int d = 0; d < 4; d++)
                    rest[first + d] += at[d][j] * x[j];
        }
        total = NAME(totals)(sum) + *(NAME(vector) *)rest;
        NAME(put)(alpha, total, beta, y + i, count);
    }
}

static void NAME(rows)(REAL alpha, const th_matrix *a, const REAL *x, REAL beta, REAL *y)
{
    int off = a->columns % LANES ? 0 : NAME(off)(a, a->row);
    int64_t bytes = a->rows * a->columns * (int64_t)sizeof(REAL);
    if (off)
        NAME(rows_from)(off, 0, alpha, a, x, beta, y);
    else if (a->row % LANES && bytes > 2 * PIECE && bytes <= 2 * SMALL)
        NAME(rows_from)(0, 4 * a->row, alpha, a, x, beta, y);
    else
        NAME(rows_from)(0, 0, alpha, a, x, beta, y);
}

/* y += x[-1] * (the last column) + x[-2] * (the one before) ... for `count` columns of n numbers. */
static inline __attribute__((always_inline)) void NAME(add_columns)(int count, int64_t n, REAL alpha, const REAL *end,
                                                                    int64_t column, const REAL *x, REAL *y)
{
    int64_t whole = n - n % LANES;
    for (int64_t i = 0; i < whole; i += LANES) {
        NAME(vector) total = *(NAME(vector) *)(y + i);
        for (int d = 1; d <= count; d++)
            total += *(const NAME(vector) *)(end + i - d * column) * (alpha * x[-d]);
        *(NAME(vector) *)(y + i) = total;
    }
    for (int64_t i = whole; i < n; i++)
        for (int d = 1; d <= count; d++)
            y[i] += end[i - d * column] * (alpha * x[-d]);
}

/* y = beta * y + alpha * A x for as many elements of y, from `at` on, as these registers hold; edges: and for its first
 * and its last ones, too few for a register, of which two more have some besides. */
static inline __attribute__((always_inline)) void NAME(strip)(int vectors, int edges, REAL alpha, const th_matrix *a,
                                                              int64_t at, const REAL *x, REAL beta, REAL *y,
                                                              int first, int last)
{
    NAME(vector) sum[16], head = {0}, tail = {0};
    const REAL *end = (const REAL *)a->data + at + a->columns * a->column;
    int64_t behind = a->rows - LANES - at;
    _Pragma("GCC unroll 16")
    for (int i = 0; i < vectors; i++)
        sum[i] = (NAME(vector)){0};
    _Pragma("GCC unroll 1")
    for (int64_t j = a->columns; j-- > 0;) {
        end -= a->column;
        _Pragma("GCC unroll 16")
        for (int i = 0; i < vectors; i++)
            sum[i] += ((const NAME(vector) *)end)[i] * x[j];
        if (edges) {
            head += *(const NAME(vector) *)(end - at) * x[j];
            tail += *(const NAME(vector) *)(end + behind) * x[j];
        }
    }
    if (edges) {
        NAME(put)(alpha, head, beta, y, first);
        for (int i = LANES - last; i < LANES; i++)
            y[at + behind + i] = beta == 0 ? alpha * tail[i] : beta * y[at + behind + i] + alpha * tail[i];
    }
    _Pragma("GCC unroll 16")
    for (int i = 0; i < vectors; i++) {
        NAME(vector) *to = (NAME(vector) *)(y + at) + i;
        *to = beta == 0 ? alpha * sum[i] : beta * *to + alpha * sum[i];
    }
}

/* The same for all of y, of LANES elements at least. */
static void NAME(strips_of_columns)(REAL alpha, const th_matrix *a, const REAL *x, REAL beta, REAL *y)
{
    int off = NAME(off)(a, a->column), first = off ? LANES - off : 0, last = (int)((a->rows - first) % LANES);
    int64_t at = first, left;
    for (; (left = (a->rows - at) / LANES) > 16; at += 16 * LANES)
        NAME(strip)(16, 0, alpha, a, at, x, beta, y, 0, 0);
#define STRIP(VECTORS) \
    case VECTORS: \
        if (first || last) \
            NAME(strip)(VECTORS, 1, alpha, a, at, x, beta, y, first, last); \
        else \
            NAME(strip)(VECTORS, 0, alpha, a, at, x, beta, y, 0, 0); \
        break;
    switch (left) {
        STRIP(0) STRIP(1) STRIP(2) STRIP(3) STRIP(4) STRIP(5) STRIP(6) STRIP(7) STRIP(8)
        STRIP(9) STRIP(10) STRIP(11) STRIP(12) STRIP(13) STRIP(14) STRIP(15) STRIP(16)
    }
#undef STRIP
}

/* y = beta * y + alpha * A x for a matrix whose columns are contiguous. The last columns come first: where the matrix
 * has just been read they are in the cache. With a small matrix y stays in registers; a large one is read along its
 * columns. */
static void NAME(columns)(REAL alpha, const th_matrix *a, const REAL *x, REAL beta, REAL *y)
{
    if (a->rows >= LANES && a->rows * a->columns <= SMALL / (int64_t)sizeof(REAL)) {
        NAME(strips_of_columns)(alpha, a, x, beta, y);
        return;
    }
    for (int64_t i = 0; i < a->rows; i++)
        y[i] = beta == 0 ? 0 : beta * y[i];
    for (int64_t i = 0; i < a->rows; i += LENGTH) {
        int64_t n = a->rows - i < LENGTH ? a->rows - i : LENGTH, j = a->columns;
        const REAL *start = (const REAL *)a->data + i;
        for (; j >= 4; j -= 4)
            NAME(add_columns)(4, n, alpha, start + j * a->column, a->column, x + j, y + i);
        for (; j >= 1; j--)
            NAME(add_columns)(1, n, alpha, start + j * a->column, a->column, x + j, y + i);
    }
}

static void NAME(apply)(double alpha, const th_matrix *a, const char *x, double beta, char *y)
{
    if (a->column == 1)
        NAME(rows)((REAL)alpha, a, (const REAL *)x, (REAL)beta, (REAL *)y);
    else
        NAME(columns)((REAL)alpha, a, (const REAL *)x, (REAL)beta, (REAL *)y);
}

/* Numbers that are read once and used for several sums: compilers read them again for each. */
#define ONCE(x) __asm__("" : "+v"(x))

/* Two halves of a register: sums of neighbours in a, and in b. */
static inline __attribute__((always_inline)) NAME(vector) NAME(pairs)(NAME(vector) a, NAME(vector) b)
{
    typedef INTEGER places __attribute__((vector_size(LANES * sizeof(REAL))));
    places even, odd;
    for (int i = 0; i < LANES; i++)
        even[i] = 2 * i, odd[i] = 2 * i + 1;
    return __builtin_shuffle(a, b, even) + __builtin_shuffle(a, b, odd);
}

/* C = beta * C + alpha * A B where the rows of A are contiguous: so many of them at a time that there are sixteen sums or
 * less, each in a register. Written out: an array of them would go through memory. turned: the columns of B, and zeros up
 * to a whole register. */
#define EIGHT(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7)
#define SIXTEEN(F) EIGHT(F) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15)
#define BEGIN(d) at[d] = (const REAL *)a->data + (i + (d < count ? d : 0)) * a->row;
#define SUM(s) NAME(vector) sum##s = {0};
#define LOAD_LAST(d) if (d < high) line[d] = (NAME(vector))LOAD_SOME(lanes, at[d] + last);
#define LOAD(d) if (d < high) line[d] = *(const NAME(vector) *)(at[d] + p);
#define PIN(d) if (d < high) ONCE(line[d]);
#define ADD(s) if (s < high * columns) sum##s += line[s / columns % 8] * x[s % columns];
#define PAIRS(s, t) NAME(pairs)(sum##s, sum##t)
#define FOURS(s, t, u, v) NAME(pairs)(PAIRS(s, t), PAIRS(u, v))
static inline __attribute__((always_inline)) void NAME(few_rows)(int columns, REAL alpha, const th_matrix *a,
                                                                 const REAL *turned, REAL beta, REAL *c, int64_t c_row)
{
    const int high = columns > 2 ? 4 : 8;
    int64_t last = (a->columns - 1) / LANES * LANES;
    unsigned lanes = (2u << (a->columns - 1 - last)) - 1;
    for (int64_t i = 0; i < a->rows; i += high, c += high * c_row) {
        int count = a->rows - i < high ? (int)(a->rows - i) : high;
        const REAL *at[8];
        NAME(vector) x[FEW] = {{0}}, line[8];
        EIGHT(BEGIN)
        SIXTEEN(SUM)
        EIGHT(LOAD_LAST)
        for (int64_t p = last;;) {
            for (int j = 0; j < columns; j++)
                x[j] = *(const NAME(vector) *)(turned + j * NAME(PITCH) + p);
            EIGHT(PIN)
            SIXTEEN(ADD)
            if (!p)
                break;
            p -= LANES;
            EIGHT(LOAD)
        }
        NAME(vector) total[2] = {
            NAME(pairs)(FOURS(0, 1, 2, 3), FOURS(4, 5, 6, 7)), NAME(pairs)(FOURS(8, 9, 10, 11), FOURS(12, 13, 14, 15))};
        if (LANES == 16)
            total[0] = NAME(pairs)(total[0], total[1]);
        total[0] *= alpha;
        total[1] *= alpha;
        if (beta == 0 && c_row == columns) {
            unsigned some = (1u << count * columns) - 1;
            STORE_SOME(some, c, total[0]);
            if (LANES < 16)
                STORE_SOME(some >> LANES, c + LANES, total[1]);
            continue;
        }
        const REAL *next = (const REAL *)total;
        for (int d = 0; d < count; d++)
            for (int j = 0; j < columns; j++, next++)
                c[d * c_row + j] = beta == 0 ? *next : beta * c[d * c_row + j] + *next;
    }
}
#undef EIGHT
#undef SIXTEEN
#undef BEGIN
#undef SUM
#undef LOAD_LAST
#undef LOAD
#undef PIN
#undef ADD
#undef PAIRS
#undef FOURS

/* C = beta * C + alpha * A B of so many columns of B; those of A in parts, so that B's stay in the first cache. */
static inline __attribute__((always_inline)) void NAME(few_by_rows)(int columns, REAL alpha, const th_matrix *a,
                                                                    const REAL *b, int64_t row, int64_t column, REAL beta,
                                                                    REAL *c, int64_t c_row)
{
    REAL turned[FEW * NAME(PITCH)] __attribute__((aligned(64)));
    th_matrix part = *a;
    for (int64_t left = a->columns; left > 0; left -= NAME(PART), b += NAME(PART) * row, beta = 1) {
        part.columns = left < NAME(PART) ? left : NAME(PART);
        if (row == columns && column == 1)
            for (int64_t p = 0; p < part.columns; p++)
                for (int j = 0; j < columns; j++)
                    turned[j * NAME(PITCH) + p] = b[p * columns + j];
        else
            for (int j = 0; j < columns; j++)
                for (int64_t p = 0; p < part.columns; p++)
                    turned[j * NAME(PITCH) + p] = b[p * row + j * column];
        for (int j = 0; j < columns; j++)
            for (int64_t p = part.columns; p % LANES; p++)
                turned[j * NAME(PITCH) + p] = 0;
        NAME(few_rows)(columns, alpha, &part, turned, beta, c, c_row);
        part.data += NAME(PART) * sizeof(REAL);
    }
}

/* LANES of each column of C, in `sums`, += some columns of A times what B has beside these. */
static inline __attribute__((always_inline)) void NAME(few_more)(int count, int columns, const REAL *a, int64_t column,
                                                                 unsigned lanes, const NAME(vector) (*x)[FEW], REAL *sums)
{
    NAME(vector) given[4];
    _Pragma("GCC unroll 4")
    for (int d = 0; d < count; d++) {
        given[d] = ~lanes ? (NAME(vector))LOAD_SOME(lanes, a + d * column) : *(const NAME(vector) *)(a + d * column);
        ONCE(given[d]);
    }
    _Pragma("GCC unroll 4")
    for (int j = 0; j < columns; j++) {
        NAME(vector) *to = (NAME(vector) *)(sums + j * NAME(PITCH)), total = *to;
        _Pragma("GCC unroll 4")
        for (int d = 0; d < count; d++)
            total += given[d] * x[d][j];
        *to = total;
    }
}

/* The same for n rows. */
static inline __attribute__((always_inline)) void NAME(few_added)(int count, int columns, int64_t n, const REAL *a,
                                                                  int64_t step, const REAL *b, int64_t row,
                                                                  int64_t column, REAL *sums)
{
    int64_t whole = n - n % LANES;
    NAME(vector) x[4][FEW];
    _Pragma("GCC unroll 4")
    for (int d = 0; d < count; d++)
        _Pragma("GCC unroll 4")
        for (int j = 0; j < columns; j++)
            x[d][j] = b[d * row + j * column] - (NAME(vector)){0};
    for (int64_t i = 0; i < whole; i += LANES)
        NAME(few_more)(count, columns, a + i, step, ~0u, x, sums + i);
    if (whole < n)
        NAME(few_more)(count, columns, a + whole, step, (1u << n % LANES) - 1, x, sums + whole);
}

/* C = beta * C + alpha * A B where the columns of A are contiguous: four of them at a time are added to C's, of which a
 * piece stays in the first cache. */
static inline __attribute__((always_inline)) void NAME(few_by_columns)(int columns, REAL alpha, const th_matrix *a,
                                                                       const REAL *b, int64_t row, int64_t column,
                                                                       REAL beta, REAL *c, int64_t c_row)
{
    REAL sums[FEW * NAME(PITCH)] __attribute__((aligned(64)));
    for (int64_t i = 0; i < a->rows; i += NAME(PART), c += NAME(PART) * c_row) {
        int64_t n = a->rows - i < NAME(PART) ? a->rows - i : NAME(PART), p = 0;
        const REAL *at = (const REAL *)a->data + i;
        for (int j = 0; j < columns; j++)
            memset(sums + j * NAME(PITCH), 0, (n + LANES - 1) / LANES * LANES * sizeof(REAL));
        for (; p + 4 <= a->columns; p += 4)
            NAME(few_added)(4, columns, n, at + p * a->column, a->column, b + p * row, row, column, sums);
        for (; p < a->columns; p++)
            NAME(few_added)(1, columns, n, at + p * a->column, a->column, b + p * row, row, column, sums);
        if (beta == 0 && c_row == columns)
            for (int64_t d = 0; d < n; d++)
                for (int j = 0; j < columns; j++)
                    c[d * columns + j] = alpha * sums[j * NAME(PITCH) + d];
        else
            for (int64_t d = 0; d < n; d++)
                for (int j = 0; j < columns; j++) {
                    REAL sum = alpha * sums[j * NAME(PITCH) + d];
                    c[d * c_row + j] = beta == 0 ? sum : beta * c[d * c_row + j] + sum;
                }
    }
}

/* C = beta * C + alpha * A B for few columns, FEW at a time, where the rows or the columns of A are contiguous. */
static void NAME(few)(REAL alpha, const th_matrix *a, const REAL *b, int64_t row, int64_t column, int columns, REAL beta,
                      REAL *c, int64_t c_row)
{
#define COLUMNS(COUNT) \
    case COUNT: \
        if (a->column == 1) \
            NAME(few_by_rows)(COUNT, alpha, a, b, row, column, beta, c, c_row); \
        else \
            NAME(few_by_columns)(COUNT, alpha, a, b, row, column, beta, c, c_row); \
        break;
    for (; columns > 0; columns -= FEW, b += FEW * column, c += FEW)
        switch (columns) {
            COLUMNS(1) COLUMNS(2) COLUMNS(3) default: COLUMNS(FEW)
        }
#undef COLUMNS
}
#undef ONCE
