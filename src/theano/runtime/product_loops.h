/* Products of one dtype for one instruction set: included with REAL, INTEGER of its size, LANES
 * (numbers in a register), LOAD_SOME(mask, from), STORE_SOME(mask, to, x) and NAME(x).
 *
 * A tile of C stays in registers while it runs along k; see Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication", 2008. A is read where it lies. A panel of B, as wide as a tile, is copied where its rows
 * are not contiguous, would push each other out of the cache, or are read often. */

typedef REAL NAME(vector) __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
typedef REAL NAME(half) __attribute__((vector_size(LANES / 2 * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));

/* What a tile multiplies: k columns of some rows of A, and as many rows of a panel of B; strides in elements. */
typedef struct NAME(factors) {
    int64_t k;
    const REAL *a;
    int64_t row, column;
    const REAL *b;
    int64_t pitch;
    const struct NAME(factors) *rest;
} NAME(factors);

/* Written out, so that the sums stay in registers. */
#define EACH(ROWS, VECTORS) \
    _Pragma("GCC unroll 12") \
    for (int i = 0; i < ROWS; i++) \
        _Pragma("GCC unroll 2") \
        for (int j = 0; j < VECTORS; j++)
#define FEW (LANES / 4)
#define NOTHING
#define AHEAD \
    __builtin_prefetch(beside, 0, 2); \
    beside += hop; \
    hop = --lines ? hop : 0;
#define KEEP \
    for (int j = 0; j < 2; j++, beside += sizeof y[j]) \
        *(NAME(vector) *)beside = y[j];
#define TILE(NAMED, ROWS, VECTOR, VECTORS, BEFORE, BEHIND) \
    static __attribute__((noinline)) void NAME(NAMED)(const NAME(factors) *f, REAL alpha, REAL beta, REAL *c, \
                                                      int64_t c_row, char *beside, int64_t hop, int64_t lines) \
    { \
        NAME(VECTOR) sum[ROWS][VECTORS]; \
        (void)beside; \
        (void)hop; \
        (void)lines; \
        EACH(ROWS, VECTORS) \
            sum[i][j] = (NAME(VECTOR)){0}; \
        for (; f; f = f->rest) { \
            const REAL *a = f->a, *b = f->b; \
            int64_t row = f->row, column = f->column, pitch = f->pitch; \
            for (int64_t p = f->k; p > 0; p--, a += column, b += pitch) { \
                NAME(VECTOR) y[VECTORS]; \
                const REAL *at = a; \
                BEFORE \
                for (int j = 0; j < VECTORS; j++) \
                    y[j] = ((const NAME(VECTOR) *)b)[j]; \
                BEHIND \
                for (int i = 0; i < ROWS; i += SHORT, at += SHORT * row) \
                    for (int d = 0; d < SHORT; d++) \
                        for (int j = 0; j < VECTORS; j++) \
                            sum[i + d][j] += at[d * row] * y[j]; \
            } \
        } \
        if (beta == 0) { \
            EACH(ROWS, VECTORS) \
                ((NAME(VECTOR) *)(c + i * c_row))[j] = alpha * sum[i][j]; \
        } else { \
            EACH(ROWS, VECTORS) { \
                NAME(VECTOR) *to = (NAME(VECTOR) *)(c + i * c_row) + j; \
                *to = beta * *to + alpha * sum[i][j]; \
            } \
        } \
    }
#define TILES(HEIGHT, ROWS) \
    TILE(HEIGHT, ROWS, vector, 2, NOTHING, NOTHING) \
    TILE(HEIGHT##_narrow, ROWS, vector, 1, NOTHING, NOTHING) \
    TILE(HEIGHT##_half, ROWS, half, 1, NOTHING, NOTHING)
TILES(tall, TALL)
TILES(middle, MIDDLE)
TILES(low, SHORT)
TILE(tall_ahead, TALL, vector, 2, AHEAD, NOTHING)
TILE(tall_keep, TALL, vector, 2, NOTHING, KEEP)
#undef TILES
#undef TILE
#undef AHEAD
#undef KEEP
#undef NOTHING
#undef EACH

typedef void (*NAME(tile_fn))(const NAME(factors) *, REAL, REAL, REAL *, int64_t, char *, int64_t, int64_t);

/* The tile of so many rows and columns. */
static inline NAME(tile_fn) NAME(tile_of)(int64_t rows, int64_t width)
{
#define WIDE(HEIGHT) (width > LANES ? NAME(HEIGHT) : width == LANES ? NAME(HEIGHT##_narrow) : NAME(HEIGHT##_half))
    return rows == TALL ? WIDE(tall) : rows == MIDDLE ? WIDE(middle) : WIDE(low);
#undef WIDE
}

/* LANES rows of as many numbers, `from_pitch` apart, as columns that are `pitch` apart: every step puts the first half
 * of the rows between those of the second half. */
static inline __attribute__((always_inline)) void NAME(transpose)(REAL *to, int64_t pitch, const REAL *from,
                                                                  int64_t from_pitch)
{
    typedef INTEGER places __attribute__((vector_size(LANES * sizeof(REAL))));
    NAME(vector) line[LANES], next[LANES];
    places low, high;
    for (int i = 0; i < LANES; i++) {
        low[i] = i / 2 + i % 2 * LANES;
        high[i] = low[i] + LANES / 2;
    }
    _Pragma("GCC unroll 16")
    for (int i = 0; i < LANES; i++)
        line[i] = *(const NAME(vector) *)(from + i * from_pitch);
    _Pragma("GCC unroll 4")
    for (int step = 1; step < LANES; step *= 2) {
        _Pragma("GCC unroll 8")
        for (int i = 0; i < LANES / 2; i++) {
            next[2 * i] = __builtin_shuffle(line[i], line[i + LANES / 2], low);
            next[2 * i + 1] = __builtin_shuffle(line[i], line[i + LANES / 2], high);
        }
        _Pragma("GCC unroll 16")
        for (int i = 0; i < LANES; i++)
            line[i] = next[i];
    }
    _Pragma("GCC unroll 16")
    for (int i = 0; i < LANES; i++)
        *(NAME(vector) *)(to + i * pitch) = line[i];
}

static __attribute__((noinline)) void NAME(pack)(REAL *to, int width, const REAL *b, int64_t row, int64_t column,
                                                 int64_t k, int64_t columns)
{
    int whole = columns == width && width >= LANES;
    if (row == 1 && whole)                                      /* columns in one piece, of which none is missing */
        for (; k >= LANES; k -= LANES, b += LANES, to += LANES * width)
            for (int j = 0; j < width; j += LANES)
                NAME(transpose)(to + j, width, b + j * column, column);
    for (; k && column == 1 && whole; k--, to += width, b += row)
        for (int j = 0; j < width; j += LANES)
            *(NAME(vector) *)(to + j) = *(const NAME(vector) *)(b + j);
    for (int64_t p = 0; p < k && column == 1; p++, to += width, b += row)
        for (int j = 0; j < width; j++)
            to[j] = j < columns ? b[j] : 0;
    for (int j = 0; j < width && column != 1; j++)
        for (int64_t p = 0; p < k; p++)
            to[p * width + j] = j < columns ? b[p * row + j * column] : 0;
}

/* The width of the panel at column j of n: two registers, or what the last columns nearly fill. */
static inline int NAME(width)(int64_t j, int64_t n)
{
    return n - j > LANES + LANES / 2 ? 2 * LANES : n - j > LANES / 2 ? LANES : LANES / 2;
}

static int64_t NAME(packed)(int64_t k, int64_t n) { return k * ((n + LANES - 1) / LANES * LANES); }

static void NAME(pack_all)(const th_matrix *b, char *to, int64_t rows, int64_t at)
{
    for (int64_t j = 0, width, n = b->columns; j < n; j += width) {
        width = NAME(width)(j, n);
        NAME(pack)((REAL *)to + j * rows + at * width, (int)width, (const REAL *)b->data + j * b->column, b->row,
                   b->column, b->rows, n - j < width ? n - j : width);
    }
}

static int64_t NAME(packed_first)(int64_t m, int64_t k) { return (m + TALL - 1) / TALL * TALL * k; }

/* Strip after strip, each with its columns side by side: tiles read it from one end to the other. */
static void NAME(pack_first)(const th_matrix *a, char *to, int64_t columns, int64_t at)
{
    for (int64_t i = 0; i < a->rows; i += TALL) {
        const REAL *from = (const REAL *)a->data + i * a->row;
        REAL *strip = (REAL *)to + i * columns + at * TALL;
        int64_t rows = a->rows - i < TALL ? a->rows - i : TALL;
        if (a->row == 1 && rows == TALL)
            for (int64_t p = 0; p < a->columns; p++)
                memcpy(strip + p * TALL, from + p * a->column, TALL * sizeof(REAL));
        else
            for (int64_t p = 0; p < a->columns; p++)
                for (int64_t d = 0; d < rows; d++)
                    strip[p * TALL + d] = from[d * a->row + p * a->column];
    }
}

/* The last rows of A, and of its rest, too few for a tile, with zeros: made for the first panel of B, and read for the
 * next ones too. */
typedef struct { REAL data[2][TALL * DEPTH]; int made; } NAME(edge);

/* A panel of B. rest: of the rows of a packed B that follow. keep: where the first strip copies it to, unless NULL; the
 * next ones read it there. next: what its strips fetch of the panel behind it, and of C for that one. fetch: whether
 * nobody has done so for this one. */
typedef struct {
    const REAL *data, *rest;
    int64_t pitch, columns;
    int width, fetch;
    REAL *keep;
    sweep next[2];
    th_soon *soon;
} NAME(panel);

/* What a tall strip fetches, a line for each of its k numbers: nothing from NULL. */
static inline sweep NAME(fetched)(NAME(panel) *b, int64_t k)
{
    th_soon *soon = b->soon;
    sweep *next = b->next[0].lines ? b->next : b->next + 1, now = *next;
    if (next->lines) {
        next->row += k;
        if (next->row >= next->rows) {
            next->row = 0;
            next->at += 64;
            next->lines--;
        }
        return (sweep){now.at + now.row * now.hop, now.hop, .rows = now.rows - now.row};
    }
    if (!soon || soon->next == soon->count)
        return (sweep){0};
    now = (sweep){soon->piece[soon->next].at, 64, .rows = k};
    soon->piece[soon->next].at += 64 * k;
    soon->piece[soon->next].bytes -= 64 * k;
    soon->next += soon->piece[soon->next].bytes <= 0;
    return now;
}

/* What the tile of so many rows, from row i of A, multiplies with a panel; edge: room for what it makes of fewer rows. */
static inline NAME(factors) NAME(strip_of)(const th_matrix *a, int64_t i, int64_t rows, REAL *edge, int made,
                                           const REAL *b, int64_t pitch)
{
    int64_t left = a->rows - i, row = a->packed ? 1 : a->row, column = a->packed ? TALL : a->column;
    const REAL *from = (const REAL *)a->data + i * (a->packed ? a->packed : row);
    if (left >= rows)
        return (NAME(factors)){a->columns, from, row, column, b, pitch, NULL};
    for (int64_t p = 0; p < a->columns && !made; p++)
        for (int d = 0; d < rows; d++)
            edge[p * rows + d] = d < left ? from[d * row + p * column] : 0;
    return (NAME(factors)){a->columns, edge, 1, rows, b, pitch, NULL};
}

/* C = beta * C + alpha * A * (a panel of B), of whose width some columns count. */
static __attribute__((noinline)) void NAME(strips)(REAL alpha, const th_matrix *a, NAME(panel) b, REAL beta, REAL *c,
                                                   int64_t c_row, NAME(edge) *edge)
{
    REAL part[TALL * 2 * LANES] __attribute__((aligned(64)));
    for (int64_t i = 0, rows; i < a->rows; i += rows) {
        int64_t left = a->rows - i, k = a->columns;
        rows = left > MIDDLE ? TALL : left > SHORT ? MIDDLE : SHORT;
        NAME(factors) rest, factors = NAME(strip_of)(a, i, rows, edge->data[0], edge->made, b.data, b.pitch);
        if (b.rest) {
            rest = NAME(strip_of)(a->rest, i, rows, edge->data[1], edge->made, b.rest, b.pitch);
            factors.rest = &rest;
            k += rest.k;
        }
        edge->made |= left < rows;
        int whole = left >= rows && b.columns == b.width, wide = b.width > LANES, first = b.keep && i == 0;
        for (int d = 0; d < rows && whole && b.fetch; d++) {
            const REAL *at = c + (i + d) * c_row;
            for (const char *line = (char *)((uintptr_t)at & ~(uintptr_t)63); line < (char *)(at + b.width); line += 64)
                __builtin_prefetch(line, 1);
        }
        sweep beside = {(char *)b.keep};
        if (!first)
            beside = rows == TALL && wide ? NAME(fetched)(&b, k) : (sweep){0};
        NAME(tile_fn) tile = first ? NAME(tall_keep) : beside.at ? NAME(tall_ahead) : NAME(tile_of)(rows, b.width);
        tile(&factors, alpha, whole ? beta : 0, whole ? c + i * c_row : part, whole ? c_row : b.width, beside.at,
             beside.hop, beside.rows);
        if (first) {
            b.data = b.keep;
            b.pitch = b.width;
        }
        if (whole)
            continue;
        for (int d = 0; d < rows && d < left; d++)
            for (int j = 0; j < b.columns; j++) {
                REAL *to = c + (i + d) * c_row + j;
                *to = beta == 0 ? part[d * b.width + j] : beta * *to + part[d * b.width + j];
            }
    }
}

/* The same for few columns of B, with registers along what is contiguous in A: rows, which give few sums each ... */
static void NAME(few_along_rows)(REAL alpha, const th_matrix *a, const REAL *b, int64_t row, int64_t column,
                                 int64_t columns, REAL beta, REAL *c, int64_t c_row)
{
    REAL turned[FEW][DEPTH];
    int64_t k = a->columns, whole = k - k % LANES;
    for (int64_t j = 0; j < FEW; j++)
        for (int64_t p = 0; p < k; p++)
            turned[j][p] = j < columns ? b[p * row + j * column] : 0;
    for (int64_t i = 0; i < a->rows; i++) {
        const REAL *at = (const REAL *)a->data + i * a->row;
        NAME(vector) sum[FEW] = {0};
        for (int64_t p = 0; p < whole; p += LANES)
            for (int j = 0; j < FEW; j++)
                sum[j] += *(const NAME(vector) *)(at + p) * *(const NAME(vector) *)(turned[j] + p);
        for (int64_t j = 0; j < columns; j++) {
            REAL total = 0, *to = c + i * c_row + j;
            for (int64_t p = whole; p < k; p++)
                total += at[p] * turned[j][p];
            for (int lane = 0; lane < LANES; lane++)
                total += sum[j][lane];
            *to = beta == 0 ? alpha * total : beta * *to + alpha * total;
        }
    }
}

/* ... or columns, of which the last rows are done one by one. */
static void NAME(few_along_columns)(REAL alpha, const th_matrix *a, const REAL *b, int64_t row, int64_t column,
                                    int64_t columns, REAL beta, REAL *c, int64_t c_row)
{
    REAL near[DEPTH][FEW], sums[FEW][LANES];
    for (int64_t p = 0; p < a->columns; p++)
        for (int64_t j = 0; j < FEW; j++)
            near[p][j] = j < columns ? b[p * row + j * column] : 0;
    for (int64_t i = 0; i < a->rows; i += LANES) {
        const REAL *at = (const REAL *)a->data + i;
        int64_t rows = a->rows - i < LANES ? a->rows - i : LANES;
        if (rows == LANES) {
            NAME(vector) sum[FEW] = {0};
            for (int64_t p = 0; p < a->columns; p++)
                for (int j = 0; j < FEW; j++)
                    sum[j] += *(const NAME(vector) *)(at + p * a->column) * near[p][j];
            for (int j = 0; j < FEW; j++)
                *(NAME(vector) *)sums[j] = sum[j];
        }
        for (int64_t d = 0; d < rows && rows < LANES; d++)
            for (int j = 0; j < FEW; j++) {
                sums[j][d] = 0;
                for (int64_t p = 0; p < a->columns; p++)
                    sums[j][d] += at[p * a->column + d] * near[p][j];
            }
        for (int64_t d = 0; d < rows; d++)
            for (int64_t j = 0; j < columns; j++) {
                REAL *to = c + (i + d) * c_row + j;
                *to = beta == 0 ? alpha * sums[j][d] : beta * *to + alpha * sums[j][d];
            }
    }
}

static void NAME(apply)(double alpha, const th_matrix *a, const char *x, double beta, char *y);

/* A product with few columns, one after the other; A stays in the second cache meanwhile. */
static __attribute__((noinline)) void NAME(by_columns)(double alpha, const th_matrix *a, const th_matrix *b, double beta,
                                                       const th_matrix *c)
{
    REAL x[FEW][LENGTH], y[OFTEN];
    for (int64_t j = 0; j < b->columns; j++)
        for (int64_t p = 0; p < b->rows; p++)
            x[j][p] = ((const REAL *)b->data)[p * b->row + j * b->column];
    th_matrix block = *a;
    for (int64_t i = 0; i < a->rows; i += OFTEN, block.data += OFTEN * a->row * (int64_t)sizeof(REAL)) {
        block.rows = a->rows - i < OFTEN ? a->rows - i : OFTEN;
        for (int64_t j = 0; j < b->columns; j++) {
            REAL *to = (REAL *)c->data + i * c->row + j;
            NAME(apply)(alpha, &block, (const char *)x[j], 0, (char *)y);
            for (int64_t d = 0; d < block.rows; d++, to += c->row)
                *to = beta == 0 ? y[d] : (REAL)beta * *to + y[d];
        }
    }
}

static void NAME(product)(double alpha, const th_matrix *a, const th_matrix *b, double beta, const th_matrix *c)
{
    REAL copy[DEPTH * 2 * LANES] __attribute__((aligned(64)));
    NAME(edge) edge;
    int64_t m = c->rows, n = c->columns, k = a->columns, pieces = (k + DEPTH - 1) / DEPTH;
    th_matrix rest;
    if (a->rest && (k > DEPTH || a->rest->columns > DEPTH)) {
        th_matrix first = *a;
        first.rest = NULL;
        NAME(product)(alpha, &first, b, beta, c);
        NAME(product)(alpha, a->rest, b->rest, 1, c);
        return;
    }
    if (n <= FEW && k && k <= LENGTH && m * k <= SMALL / (int64_t)sizeof(REAL) && (a->row == 1 || a->column == 1)
        && !a->rest && !a->packed && !b->packed) {
        NAME(by_columns)(alpha, a, b, beta, c);
        return;
    }
    int64_t depth = (k + pieces - 1) / pieces, blocks = (m + HEIGHT - 1) / HEIGHT;
    int64_t height = blocks ? ((m + blocks - 1) / blocks + TALL - 1) / TALL * TALL : 0;
    int far = b->column == 1 && k * n * (int64_t)sizeof(REAL) > FAR, away = m * n * (int64_t)sizeof(REAL) > FAR;
    for (int64_t p = 0; p < k; p += depth)
        for (int64_t turn = 0; turn < m; turn += height) {
            int here = 0;                                       /* whether C was fetched for this panel */
            edge.made = 0;
            for (int64_t j = 0, columns; j < n; j += columns) {
                int width = NAME(width)(j, n);
                int64_t i = beta == 0 ? turn : (m - 1) / height * height - turn;    /* the last rows are the nearest */
                th_matrix block = *a;
                block.data += (a->packed ? i * a->packed + p * TALL : i * a->row + p * a->column) * (int64_t)sizeof(REAL);
                block.rows = m - i < height ? m - i : height;
                block.columns = k - p < depth ? k - p : depth;
                if (a->rest) {
                    rest = *a->rest;
                    rest.data += i * rest.row * (int64_t)sizeof(REAL);
                    rest.rows = block.rows;
                    block.rest = &rest;
                }
                columns = n - j < width ? n - j : width;
                REAL *to = (REAL *)c->data + i * c->row + j, old = p ? 1 : (REAL)beta;
                REAL *data = (REAL *)b->data + p * b->row + j * b->column;
                int64_t hop = b->row * (int64_t)sizeof(REAL);
                int more = n - j >= 2 * width && width > LANES, fetch = old != 0 || away;
                NAME(panel) panel = {data, NULL, b->row, columns, width, fetch && !here, .soon = b->soon};
                here = fetch && more && block.rows >= MANY;
                if (here)
                    panel.next[1] = (sweep){(char *)(to + width) + 63, c->row * (int64_t)sizeof(REAL), block.rows,
                                            .lines = 2};
                if (columns <= FEW && (n <= FEW || 2 * block.columns > DEPTH) && !b->packed && !a->packed
                    && (block.column == 1 || block.row == 1)) {       /* short rows take less time in a tile */
                    (block.column == 1 ? NAME(few_along_rows) : NAME(few_along_columns))(
                        (REAL)alpha, &block, data, b->row, b->column, columns, old, to, c->row);
                    continue;
                }
                if (b->packed) {
                    panel.data = (const REAL *)b->data + j * b->packed + p * width;
                    panel.pitch = width;
                    panel.rest = a->rest ? (const REAL *)b->rest->data + j * b->rest->packed : NULL;
                } else if (b->column != 1 || columns < width || block.rows > OFTEN || hop % 1024 == 0) {
                    if (far && more)
                        panel.next[0] = (sweep){(char *)(data + width) + 63, hop, block.columns, .lines = 2};
                    if (b->column == 1 && columns == 2 * LANES && block.rows >= 2 * TALL) {
                        panel.keep = copy;
                    } else {
                        NAME(pack)(copy, width, data, b->row, b->column, block.columns, columns);
                        panel.data = copy;
                        panel.pitch = width;
                    }
                }
                NAME(strips)((REAL)alpha, &block, panel, old, to, c->row, &edge);
            }
        }
}

/* Some rows of C = A B, as wide as one or two registers, of the last of which some lanes count. */
static inline __attribute__((always_inline)) void NAME(little)(int rows, int vectors, const th_matrix *a, int64_t i,
                                                               const REAL *b, int64_t pitch, REAL *c, int64_t c_row,
                                                               unsigned lanes)
{
    NAME(vector) sum[8][2], y[2];
    const REAL *x = (const REAL *)a->data + i * a->row;
    _Pragma("GCC unroll 8")
    for (int d = 0; d < rows; d++)
        sum[d][0] = sum[d][1] = (NAME(vector)){0};
    for (int64_t p = a->columns; p > 0; p--, x += a->column, b += pitch) {
        if (vectors == 2)
            y[0] = *(const NAME(vector) *)b;
        y[vectors - 1] = LOAD_SOME(lanes, b + (vectors - 1) * LANES);
        _Pragma("GCC unroll 8")
        for (int d = 0; d < rows; d++)
            for (int j = 0; j < vectors; j++)
                sum[d][j] += x[d * a->row] * y[j];
    }
    c += i * c_row;
    _Pragma("GCC unroll 8")
    for (int d = 0; d < rows; d++, c += c_row) {
        if (vectors == 2)
            *(NAME(vector) *)c = sum[d][0];
        STORE_SOME(lanes, c + (vectors - 1) * LANES, sum[d][vectors - 1]);
    }
}

/* All rows, so many at a time that sums need not wait for each other; the last ones once more with some before them. */
static __attribute__((noinline)) void NAME(little_strip)(const th_matrix *a, const REAL *b, int64_t pitch, REAL *c,
                                                         int64_t c_row, int64_t columns)
{
    unsigned lanes = (1u << (columns > LANES ? columns - LANES : columns)) - 1;
#define ROWS(COUNT, VECTORS) \
    for (int64_t i = 0; i < a->rows; i += COUNT) \
        NAME(little)(COUNT, VECTORS, a, i + COUNT < a->rows ? i : a->rows - COUNT, b, pitch, c, c_row, lanes);
#define WIDE(COUNT) \
    if (columns > LANES) { \
        ROWS(COUNT, 2) \
    } else { \
        ROWS(COUNT, 1) \
    }
    switch (a->rows) {
    case 1: WIDE(1) break;
    case 2: WIDE(2) break;
    case 3: WIDE(3) break;
    case 4: case 5: case 6: case 7: WIDE(4) break;
    default:
        if (columns > LANES) {
            ROWS(4, 2)
        } else {
            ROWS(8, 1)
        }
    }
#undef WIDE
#undef ROWS
}

/* n small products, their factors and results `step` bytes apart: 0, and nothing, where these are not small. */
static int NAME(many)(th_matrix a, th_matrix b, th_matrix c, int64_t n, const int64_t *step)
{
    REAL copy[LITTLE];
    int covered = (b.columns == LANES || b.columns == 2 * LANES) && b.column == 1 && a.rows % SHORT == 0;
    if (a.rows > OFTEN || a.columns > DEPTH || b.columns > 4 * LANES || (b.columns > 2 * LANES && b.columns % LANES == 0)
        || (b.column != 1 && b.rows * b.columns > LITTLE))
        return 0;
    for (; n > 0; n--, a.data += step[0], b.data += step[1], c.data += step[2]) {
        for (int64_t i = 0, rows; covered && i < a.rows; i += rows) {
            int64_t left = a.rows - i;
            rows = left >= TALL ? TALL : left >= MIDDLE ? MIDDLE : SHORT;
            NAME(factors) f = {a.columns, (const REAL *)a.data + i * a.row, a.row, a.column, (const REAL *)b.data, b.row};
            NAME(tile_of)(rows, b.columns)(&f, 1, 0, (REAL *)c.data + i * c.row, c.row, NULL, 0, 0);
        }
        const REAL *data = (const REAL *)b.data;
        for (int64_t p = 0; b.column != 1 && p < b.rows; p++)
            for (int64_t j = 0; j < b.columns; j++)
                copy[p * b.columns + j] = data[p * b.row + j * b.column];
        for (int64_t j = 0; !covered && j < b.columns; j += 2 * LANES)
            NAME(little_strip)(&a, (b.column == 1 ? data : copy) + j, b.column == 1 ? b.row : b.columns, (REAL *)c.data + j,
                               c.row, b.columns - j < 2 * LANES ? b.columns - j : 2 * LANES);
    }
    return 1;
}

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
 * off: they are read from so many numbers before them, which count as 0 as do those of x. */
static inline __attribute__((always_inline)) void NAME(four_rows)(const REAL *const *at, const REAL *x, int64_t n, int off,
                                                                  NAME(vector) *sum)
{
    typedef INTEGER places __attribute__((vector_size(LANES * sizeof(REAL))));
    unsigned first = ~0u << off, last = (1u << off) - 1;
    for (int d = 0; d < 4; d++) {
        sum[d] = (NAME(vector)){0};
        if (off)
            sum[d] += (NAME(vector))LOAD_SOME(first, at[d] - off) * LOAD_SOME(first, x - off);
    }
    for (int64_t j = off ? LANES - off : 0; j < n - off; j += LANES)
        for (int d = 0; d < 4; d++)
            sum[d] += *(const NAME(vector) *)(at[d] + j) * *(const NAME(vector) *)(x + j);
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
static inline __attribute__((always_inline)) void NAME(rows_from)(int off, REAL alpha, const th_matrix *a, const REAL *x,
                                                                  REAL beta, REAL *y)
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
            NAME(four_rows)(at, x, whole, off, sum + first);
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
    if (off)
        NAME(rows_from)(off, alpha, a, x, beta, y);
    else
        NAME(rows_from)(0, alpha, a, x, beta, y);
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
#undef FEW
