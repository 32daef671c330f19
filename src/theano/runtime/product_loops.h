/* Products of one dtype for one instruction set: included with REAL, INTEGER of its size, LANES
 * (numbers in a register), LOAD_SOME(mask, from), STORE_SOME(mask, to, x) and NAME(x).
 *
 * A tile of C stays in registers while it runs along k; see Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication", 2008. A is read where it lies. A panel of B, as wide as a tile, is copied where its rows
 * are not contiguous, would push each other out of the cache, or are read often. */

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
#define NOTHING
#define AHEAD \
    __builtin_prefetch(beside, 0, 2); \
    beside += hop; \
    hop = --lines ? hop : 0;
#define FURTHER /* of A, whose rows lie across its columns */ \
    __builtin_prefetch(a + HENCE * column); \
    __builtin_prefetch(a + HENCE * column + TALL - 1);
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
TILE(tall_across, TALL, vector, 2, FURTHER, NOTHING)
TILE(tall_across_narrow, TALL, vector, 1, FURTHER, NOTHING)
TILE(tall_keep, TALL, vector, 2, NOTHING, KEEP)
#undef TILES
#undef TILE
#undef AHEAD
#undef FURTHER
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
    for (; k && column == 1; k--, to += width, b += row)
        for (int j = 0; j < width; j += LANES) {
            unsigned lanes = columns - j < LANES ? (1u << (columns - j)) - 1 : ~0u;
            STORE_SOME(width < LANES ? (1u << width) - 1 : ~0u, to + j, LOAD_SOME(lanes, b + j));
        }
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

/* Strip after strip, each with its columns side by side: tiles read it from one end to the other. Contiguous columns are
 * read as far as some strips go, one after the other. */
static void NAME(pack_first)(const th_matrix *a, char *to, int64_t columns, int64_t at)
{
    int64_t whole = a->row == 1 ? a->rows / TALL * TALL : 0;
    for (int64_t i = 0; i < whole; i += STRIPS * TALL)
        for (int64_t p = 0; p < a->columns; p++) {
            const REAL *from = (const REAL *)a->data + i + p * a->column;
            REAL *strip = (REAL *)to + i * columns + (at + p) * TALL;
            for (int64_t d = i; d < i + STRIPS * TALL && d < whole; d += TALL, from += TALL, strip += TALL * columns)
                memcpy(strip, from, TALL * sizeof(REAL));
        }
    for (int64_t i = whole; i < a->rows; i += TALL) {
        const REAL *from = (const REAL *)a->data + i * a->row;
        REAL *strip = (REAL *)to + i * columns + at * TALL;
        int64_t rows = a->rows - i < TALL ? a->rows - i : TALL;
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

/* C = beta * C + alpha * A * (a panel of B), of whose width some columns count. Where the last rows are too few for a
 * tile, it computes some before them again. */
static __attribute__((noinline)) void NAME(strips)(REAL alpha, const th_matrix *a, NAME(panel) b, REAL beta, REAL *c,
                                                   int64_t c_row, NAME(edge) *edge)
{
    REAL part[TALL * 2 * LANES] __attribute__((aligned(64)));
    for (int64_t i = 0, rows; i < a->rows; i += rows) {
        int64_t left = a->rows - i, k = a->columns, again = 0;
        rows = left > MIDDLE ? TALL : left > SHORT ? MIDDLE : SHORT;
        if (left < rows && rows <= a->rows && !a->packed && !(b.rest && a->rest->packed)) {
            again = rows - left;
            i -= again;
            left = rows;
        }
        NAME(factors) rest, factors = NAME(strip_of)(a, i, rows, edge->data[0], edge->made, b.data, b.pitch);
        if (b.rest) {
            rest = NAME(strip_of)(a->rest, i, rows, edge->data[1], edge->made, b.rest, b.pitch);
            factors.rest = &rest;
            k += rest.k;
        }
        edge->made |= left < rows;
        int whole = left >= rows && b.columns == b.width && (!again || beta == 0);
        int wide = b.width > LANES, first = b.keep && i == 0;
        for (int d = 0; d < rows && whole && b.fetch; d++) {
            const REAL *at = c + (i + d) * c_row;
            for (const char *line = (char *)((uintptr_t)at & ~(uintptr_t)63); line < (char *)(at + b.width); line += 64)
                __builtin_prefetch(line, 1);
        }
        int across = rows == TALL && b.width >= LANES && !a->packed && a->row == 1 && a->column != 1
                     && a->rows * k * (int64_t)sizeof(REAL) > 2 * PIECE;
        sweep beside = {(char *)b.keep};
        if (!first)
            beside = rows == TALL && wide && !across ? NAME(fetched)(&b, k) : (sweep){0};
        NAME(tile_fn) tile = first ? NAME(tall_keep) : beside.at ? NAME(tall_ahead) : NAME(tile_of)(rows, b.width);
        if (across && !first)
            tile = wide ? NAME(tall_across) : NAME(tall_across_narrow);
        tile(&factors, alpha, whole ? beta : 0, whole ? c + i * c_row : part, whole ? c_row : b.width, beside.at,
             beside.hop, beside.rows);
        if (first) {
            b.data = b.keep;
            b.pitch = b.width;
        }
        if (whole)
            continue;
        for (int64_t d = again; d < rows && d < left; d++)
            for (int j = 0; j < b.columns; j += LANES) {
                REAL *to = c + (i + d) * c_row + j;
                unsigned lanes = b.columns - j < LANES ? (1u << (b.columns - j)) - 1 : ~0u;
                NAME(vector) sums = *(const NAME(vector) *)(part + d * b.width + j);
                if (beta != 0)
                    sums += beta * (NAME(vector))LOAD_SOME(lanes, to);
                STORE_SOME(lanes, to, sums);
            }
    }
}

/* C = beta * C + alpha * A B, of TALL columns or less, where those of A are contiguous and stay in the second cache: each
 * column of C is a row of a tile, whose registers run along A's columns. */
static __attribute__((noinline)) void NAME(turned)(REAL alpha, const th_matrix *a, const th_matrix *b, REAL beta,
                                                   const th_matrix *c)
{
    REAL copy[DEPTH * 2 * LANES] __attribute__((aligned(64))), tile[16][2 * LANES] __attribute__((aligned(64)));
    REAL back[2 * LANES][16] __attribute__((aligned(64)));
    NAME(edge) edge;
    int64_t n = b->columns, high = n > MIDDLE ? TALL : n > SHORT ? MIDDLE : SHORT;
    for (int64_t p = 0; p < a->columns; p += DEPTH, beta = 1) {
        th_matrix left = {b->data + p * b->row * (int64_t)sizeof(REAL), .rows = n, .row = b->column, .column = b->row};
        left.columns = a->columns - p < DEPTH ? a->columns - p : DEPTH;
        edge.made = 0;
        for (int64_t i = 0, width; i < a->rows; i += width) {
            const REAL *panel = (const REAL *)a->data + i + p * a->column;
            int64_t pitch = a->column, count = a->rows - i;
            width = NAME(width)(i, a->rows);
            count = count < width ? count : width;
            if (count < width || pitch * sizeof(REAL) % 1024 == 0) {
                NAME(pack)(copy, (int)width, panel, pitch, 1, left.columns, count);
                panel = copy;
                pitch = width;
            }
            NAME(factors) factors = NAME(strip_of)(&left, 0, high, edge.data[0], edge.made, panel, pitch);
            edge.made = 1;
            NAME(tile_of)(high, width)(&factors, alpha, 0, tile[0], 2 * LANES, NULL, 0, 0);
            for (int64_t j = 0; j < n; j += LANES) {
                unsigned lanes = n - j < LANES ? (1u << (n - j)) - 1 : ~0u;
                for (int64_t d = 0; d < width; d += LANES)
                    NAME(transpose)(back[d] + j, 16, tile[j] + d, 2 * LANES);
                for (int64_t d = 0; d < count; d++) {
                    REAL *to = (REAL *)c->data + (i + d) * c->row + j;
                    NAME(vector) sums = *(const NAME(vector) *)(back[d] + j);
                    if (beta != 0)
                        sums += beta * (NAME(vector))LOAD_SOME(lanes, to);
                    STORE_SOME(lanes, to, sums);
                }
            }
        }
    }
}

/* Whether the loops for few columns serve. */
static inline int NAME(few_serve)(const th_matrix *a, const th_matrix *b)
{
    return a->columns && !a->packed && !a->rest && !b->packed && (a->row == 1 || a->column == 1);
}

/* C = beta * C + alpha * A B by panels of B, of as many rows as stay near, for as many rows of A at a time. */
static __attribute__((noinline)) void NAME(panels)(double alpha, const th_matrix *a, const th_matrix *b, double beta,
                                                   const th_matrix *c)
{
    REAL copy[DEPTH * 2 * LANES] __attribute__((aligned(64)));
    NAME(edge) edge;
    int64_t m = c->rows, n = c->columns, k = a->columns, pieces = (k + DEPTH - 1) / DEPTH;
    th_matrix rest;
    int few = NAME(few_serve)(a, b);
    int64_t depth = (k + pieces - 1) / pieces, blocks = (m + HEIGHT - 1) / HEIGHT;
    int64_t height = blocks ? ((m + blocks - 1) / blocks + TALL - 1) / TALL * TALL : 0;
    REAL *strips = few && a->column != 1 && n > BROAD && m >= OFTEN ? malloc(height * depth * sizeof(REAL)) : NULL;
    int far = b->column == 1 && k * n * (int64_t)sizeof(REAL) > FAR, away = m * n * (int64_t)sizeof(REAL) > FAR;
    for (int64_t p = 0; p < k; p += depth)
        for (int64_t turn = 0; turn < m; turn += height) {
            int here = 0;                                       /* whether C was fetched for this panel */
            edge.made = 0;
            for (int64_t j = 0, columns; j < n; j += columns) {
                int width = NAME(width)(j, n);
                columns = n - j < width ? n - j : width;
                int64_t i = beta == 0 ? turn : (m - 1) / height * height - turn;    /* the last rows are the nearest */
                th_matrix block = *a;
                block.data += (a->packed ? i * a->packed + p * TALL : i * a->row + p * a->column) * (int64_t)sizeof(REAL);
                block.rows = m - i < height ? m - i : height;
                block.columns = k - p < depth ? k - p : depth;
                if (n - j <= LANES / 2 && few) {
                    NAME(few)((REAL)alpha, &block, (const REAL *)b->data + p * b->row + j * b->column, b->row, b->column,
                              (int)columns, p ? 1 : (REAL)beta, (REAL *)c->data + i * c->row + j, c->row);
                    continue;
                }
                if (columns < width && width <= n && beta == 0 && p == 0 && !b->packed) {
                    j = n - width;              /* these columns again: nothing to copy, and none apart */
                    columns = width;
                }
                if (strips) {
                    if (j == 0)
                        NAME(pack_first)(&block, (char *)strips, block.columns, 0);
                    block.data = (char *)strips;
                    block.packed = block.columns;
                }
                if (a->rest) {
                    rest = *a->rest;
                    rest.data += i * rest.row * (int64_t)sizeof(REAL);
                    rest.rows = block.rows;
                    block.rest = &rest;
                }
                REAL *to = (REAL *)c->data + i * c->row + j, old = p ? 1 : (REAL)beta;
                REAL *data = (REAL *)b->data + p * b->row + j * b->column;
                int64_t hop = b->row * (int64_t)sizeof(REAL);
                int more = n - j >= 2 * width && width > LANES, fetch = old != 0 || away;
                NAME(panel) panel = {data, NULL, b->row, columns, width, fetch && !here, .soon = b->soon};
                here = fetch && more && block.rows >= MANY;
                if (here)
                    panel.next[1] = (sweep){(char *)(to + width) + 63, c->row * (int64_t)sizeof(REAL), block.rows,
                                            .lines = 2};
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
    free(strips);
}

static void NAME(product)(double alpha, const th_matrix *a, const th_matrix *b, double beta, const th_matrix *c)
{
    int64_t n = c->columns;
    int few = NAME(few_serve)(a, b), near = c->rows * a->columns * (int64_t)sizeof(REAL) <= SMALL;
    if (a->rest && (a->columns > DEPTH || a->rest->columns > DEPTH)) {
        th_matrix first = *a;
        first.rest = NULL;
        NAME(panels)(alpha, &first, b, beta, c);
        NAME(panels)(alpha, a->rest, b->rest, 1, c);
    } else if (few && n <= FEW + near * LANES / 8) {
        NAME(few)((REAL)alpha, a, (const REAL *)b->data, b->row, b->column, (int)n, (REAL)beta, (REAL *)c->data, c->row);
    } else if (few && near && n <= TALL && a->column != 1) {
        NAME(turned)((REAL)alpha, a, b, (REAL)beta, c);
    } else {
        NAME(panels)(alpha, a, b, beta, c);
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
