/* Factors of one dtype for one instruction set: included with REAL, LANES (numbers in a register), DTYPE and
 * NAME(x), which it takes away again.
 *
 * All is recursive: half of the rows first, then a product for the other half, down to blocks that fit into registers;
 * see Toledo, "Locality of Reference in LU Decomposition with Partial Pivoting", 1997. */

typedef REAL NAME(vector) __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));

#define AT(data, i) ((REAL *)(data) + (i))

/* c += alpha * a b */
static void NAME(add)(REAL alpha, th_matrix a, th_matrix b, th_matrix c)
{
    if (!a.columns || !c.rows || !c.columns)
        return;
    const th_products *own = th_products_of(DTYPE);
    if (own) {
        own->product(alpha, &a, &b, 1, &c);
        return;
    }
    for (int64_t i = 0; i < c.rows; i++)
        for (int64_t p = 0; p < a.columns; p++) {
            REAL x = alpha * *AT(a.data, i * a.row + p * a.column), *to = AT(c.data, i * c.row);
            const REAL *from = AT(b.data, p * b.row);
            for (int64_t j = 0; j < c.columns; j++)
                to[j] += x * from[j * b.column];
        }
}

static inline th_matrix NAME(part)(const th_matrix *a, int64_t i, int64_t j, int64_t rows, int64_t columns)
{
    return (th_matrix){(char *)AT(a->data, i * a->row + j * a->column), rows, columns, a->row, a->column};
}

/* -- triangular systems ---------------------------------------------------------------------------------- */

enum { NAME(SIDE) = 16 };       /* of a triangle that is solved without products */

/* One row after another of SIDE rows, `count` registers wide. */
#define PIECE(COUNT) \
    static void NAME(piece_##COUNT)(int lower, int64_t n, const REAL (*t)[NAME(SIDE)], const REAL *inverse, REAL *x, int64_t ld) \
    { \
        for (int64_t k = 0; k < n; k++) { \
            int64_t i = lower ? k : n - 1 - k, from = lower ? 0 : i + 1, to = lower ? i : n; \
            NAME(vector) sum[COUNT]; \
            for (int v = 0; v < COUNT; v++) \
                sum[v] = ((const NAME(vector) *)(x + i * ld))[v]; \
            for (int64_t j = from; j < to; j++) \
                for (int v = 0; v < COUNT; v++) \
                    sum[v] -= t[i][j] * ((const NAME(vector) *)(x + j * ld))[v]; \
            for (int v = 0; v < COUNT; v++) \
                ((NAME(vector) *)(x + i * ld))[v] = sum[v] * inverse[i]; \
        } \
    }
PIECE(4)
PIECE(1)
#undef PIECE

static void NAME(left_block)(int lower, int unit, const th_matrix *a, const th_matrix *x)
{
    REAL t[NAME(SIDE)][NAME(SIDE)], inverse[NAME(SIDE)], *data = (REAL *)x->data;
    int64_t n = a->rows, j = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = lower ? 0 : i + 1; k < (lower ? i : n); k++)
            t[i][k] = *AT(a->data, i * a->row + k * a->column);
        inverse[i] = unit ? 1 : 1 / *AT(a->data, i * (a->row + a->column));
    }
    if (x->columns == 1) {
        for (int64_t k = 0; k < n; k++) {
            int64_t i = lower ? k : n - 1 - k;
            REAL sum = data[i * x->row];
            for (int64_t p = lower ? 0 : i + 1; p < (lower ? i : n); p++)
                sum -= t[i][p] * data[p * x->row];
            data[i * x->row] = sum * inverse[i];
        }
        return;
    }
    for (; j + 4 * LANES <= x->columns; j += 4 * LANES)
        NAME(piece_4)(lower, n, t, inverse, data + j, x->row);
    for (; j + LANES <= x->columns; j += LANES)
        NAME(piece_1)(lower, n, t, inverse, data + j, x->row);
    if (j == x->columns)
        return;
    REAL rest[NAME(SIDE) * LANES];
    int64_t width = x->columns - j;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < LANES; k++)
            rest[i * LANES + k] = k < width ? data[i * x->row + j + k] : 0;
    NAME(piece_1)(lower, n, t, inverse, rest, LANES);
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < width; k++)
            data[i * x->row + j + k] = rest[i * LANES + k];
}

/* x -= a y, all but the triangle's diagonal blocks */
static void NAME(take)(th_matrix a, th_matrix y, th_matrix x)
{
    const th_products *own = th_products_of(DTYPE);
    if (x.columns == 1 && x.row == 1 && own && (a.column == 1 || a.row == 1))
        own->apply(-1, &a, y.data, 1, x.data);
    else
        NAME(add)(-1, a, y, x);
}

static void NAME(left)(int lower, int unit, const th_matrix *a, const th_matrix *x)
{
    int64_t n = a->rows, half = n > 2 * NAME(SIDE) ? n / 2 & ~(int64_t)(NAME(SIDE) - 1) : NAME(SIDE);
    if (n <= NAME(SIDE)) {
        NAME(left_block)(lower, unit, a, x);
        return;
    }
    th_matrix top = NAME(part)(x, 0, 0, half, x->columns), rest = NAME(part)(x, half, 0, n - half, x->columns);
    th_matrix first = NAME(part)(a, 0, 0, half, half), last = NAME(part)(a, half, half, n - half, n - half);
    if (lower) {
        NAME(left)(lower, unit, &first, &top);
        NAME(take)(NAME(part)(a, half, 0, n - half, half), top, rest);
        NAME(left)(lower, unit, &last, &rest);
    } else {
        NAME(left)(lower, unit, &last, &rest);
        NAME(take)(NAME(part)(a, 0, half, half, n - half), rest, top);
        NAME(left)(lower, unit, &first, &top);
    }
}

/* One register a row. */
static void NAME(right_block)(int lower, int unit, const th_matrix *u, const th_matrix *x)
{
    NAME(vector) t[LANES], inverse;
    int64_t n = u->rows;
    for (int64_t p = 0; p < LANES; p++) {
        for (int64_t j = 0; j < LANES; j++)
            t[p][j] = (lower ? j < p && p < n : j > p && j < n) ? *AT(u->data, p * u->row + j * u->column) : 0;
        inverse[p] = unit || p >= n ? 1 : 1 / *AT(u->data, p * (u->row + u->column));
    }
    for (int64_t i = 0; i < x->rows; i += 4) {
        int count = x->rows - i < 4 ? (int)(x->rows - i) : 4;
        NAME(vector) w[4] = {0};
        for (int d = 0; d < count; d++) {
            const REAL *from = AT(x->data, (i + d) * x->row);
            if (n == LANES)
                w[d] = *(const NAME(vector) *)from;
            else
                for (int64_t j = 0; j < n; j++)
                    w[d][j] = from[j];
        }
        for (int q = 0; q < LANES; q++)
            for (int d = 0, p = lower ? LANES - 1 - q : q; d < 4; d++)
                w[d] -= w[d][p] * inverse[p] * t[p];
        for (int d = 0; d < count; d++) {
            REAL *to = AT(x->data, (i + d) * x->row);
            w[d] *= inverse;
            if (n == LANES)
                *(NAME(vector) *)to = w[d];
            else
                for (int64_t j = 0; j < n; j++)
                    to[j] = w[d][j];
        }
    }
}

static void NAME(right)(int lower, int unit, const th_matrix *u, const th_matrix *x)
{
    int64_t n = u->rows, half = n > 2 * LANES ? n / 2 & ~(int64_t)(LANES - 1) : LANES;
    if (n <= LANES) {
        NAME(right_block)(lower, unit, u, x);
        return;
    }
    th_matrix first = NAME(part)(u, 0, 0, half, half), last = NAME(part)(u, half, half, n - half, n - half);
    th_matrix before = NAME(part)(x, 0, 0, x->rows, half), rest = NAME(part)(x, 0, half, x->rows, n - half);
    if (lower) {
        NAME(right)(lower, unit, &last, &rest);
        NAME(add)(-1, rest, NAME(part)(u, half, 0, n - half, half), before);
        NAME(right)(lower, unit, &first, &before);
    } else {
        NAME(right)(lower, unit, &first, &before);
        NAME(add)(-1, before, NAME(part)(u, 0, half, half, n - half), rest);
        NAME(right)(lower, unit, &last, &rest);
    }
}

/* -- LU ---------------------------------------------------------------------------------------------------- */

/* Where the largest absolute value is: the first place. */
static int64_t NAME(largest)(const REAL *x, int64_t n)
{
    REAL best = 0;
#pragma omp simd reduction(max : best)
    for (int64_t i = 0; i < n; i++) {
        REAL size = x[i] < 0 ? -x[i] : x[i];
        best = size > best ? size : best;
    }
    for (int64_t i = 0; i < n; i++)
        if (x[i] == best || x[i] == -best)
            return i;
    return 0;
}

static void NAME(exchange)(REAL *w, int64_t ld, int64_t rows, const int64_t *pivot, int64_t from, int64_t to)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = from; k < to; k++) {
            REAL *row = w + i * ld, kept = row[k];
            row[k] = row[pivot[k]];
            row[pivot[k]] = kept;
        }
}

enum { NAME(FEW) = 12 };        /* rows of which each is taken from all later ones */

/* Rows start .. stop of w, which end at column n. */
static int64_t NAME(lu_rows)(REAL *w, int64_t ld, int64_t start, int64_t stop, int64_t n, int64_t *pivot)
{
    int64_t zero = 0, found;
    if (stop - start <= NAME(FEW)) {
        for (int64_t k = start; k < stop; k++) {
            REAL *row = w + k * ld;
            pivot[k] = k + NAME(largest)(row + k, n - k);
            NAME(exchange)(w + start * ld, ld, stop - start, pivot, k, k + 1);
            if (row[k] == 0) {
                zero = zero ? zero : k + 1;
                continue;
            }
            REAL inverse = 1 / row[k];
            for (int64_t j = k + 1; j < n; j++)
                row[j] *= inverse;
            for (int64_t i = k + 1; i < stop; i++) {
                REAL *to = w + i * ld, factor = to[k];
                for (int64_t j = k + 1; j < n; j++)
                    to[j] -= factor * row[j];
            }
        }
        return zero;
    }
    int64_t half = (stop - start) / 2, middle = start + (half > 8 ? half & ~(int64_t)7 : half);
    th_matrix all = {(char *)w, stop, n, ld, 1};
    zero = NAME(lu_rows)(w, ld, start, middle, n, pivot);
    NAME(exchange)(w + middle * ld, ld, stop - middle, pivot, start, middle);
    th_matrix corner = NAME(part)(&all, start, start, middle - start, middle - start);
    th_matrix below = NAME(part)(&all, middle, start, stop - middle, middle - start);
    NAME(right)(0, 1, &corner, &below);
    NAME(add)(-1, below, NAME(part)(&all, start, middle, middle - start, n - middle),
              NAME(part)(&all, middle, middle, stop - middle, n - middle));
    found = NAME(lu_rows)(w, ld, middle, stop, n, pivot);
    NAME(exchange)(w + start * ld, ld, middle - start, pivot, middle, stop);
    return zero ? zero : found;
}

static int64_t NAME(lu)(int64_t n, void *w, int64_t ld, int64_t *pivot)
{
    return NAME(lu_rows)(w, ld, 0, n, n, pivot);
}

/* -- Cholesky ---------------------------------------------------------------------------------------------- */

static int64_t NAME(cholesky_block)(int64_t n, REAL *w, int64_t ld)
{
    NAME(vector) t[LANES] = {0};
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++)
            t[i][j] = t[j][i] = w[i * ld + j];
    for (int64_t p = 0; p < n; p++) {
        if (!(t[p][p] > 0))
            return p + 1;
        t[p] *= 1 / (sizeof(REAL) == 4 ? (REAL)sqrtf((float)t[p][p]) : (REAL)sqrt((double)t[p][p]));
        for (int64_t i = p + 1; i < n; i++)
            t[i] -= t[p][i] * t[p];
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++)
            w[i * ld + j] = t[j][i];
    return 0;
}

enum { NAME(WIDTH) = 96 };      /* columns of a symmetric matrix that are changed at a time */

static int64_t NAME(cholesky)(int64_t n, void *w, int64_t ld)
{
    if (n <= LANES)
        return NAME(cholesky_block)(n, w, ld);
    int64_t half = n > 2 * LANES ? n / 2 & ~(int64_t)(LANES - 1) : LANES, error;
    th_matrix all = {w, n, n, ld, 1}, corner = {w, half, half, 1, ld};       /* the transpose */
    if ((error = NAME(cholesky)(half, w, ld)))
        return error;
    th_matrix below = NAME(part)(&all, half, 0, n - half, half);
    NAME(right)(0, 0, &corner, &below);
    for (int64_t j = half; j < n; j += NAME(WIDTH)) {
        int64_t width = n - j < NAME(WIDTH) ? n - j : NAME(WIDTH);
        th_matrix turned = {(char *)AT(w, j * ld), half, width, 1, ld};
        NAME(add)(-1, NAME(part)(&all, j, 0, n - j, half), turned, NAME(part)(&all, j, j, n - j, width));
    }
    error = NAME(cholesky)(n - half, AT(w, half * (ld + 1)), ld);
    return error ? half + error : 0;
}

/* -- inverse of a triangle ----------------------------------------------------------------------------------- */

static void NAME(invert)(int64_t n, void *w, int64_t ld)
{
    if (n <= LANES) {
        REAL *a = w;
        for (int64_t j = 0; j < n; j++) {
            a[j * ld + j] = 1 / a[j * ld + j];
            for (int64_t i = j + 1; i < n; i++) {
                REAL sum = 0;
                for (int64_t k = j; k < i; k++)
                    sum += a[i * ld + k] * a[k * ld + j];
                a[i * ld + j] = -sum / a[i * ld + i];
            }
        }
        return;
    }
    int64_t half = n > 2 * LANES ? n / 2 & ~(int64_t)(LANES - 1) : LANES;
    th_matrix all = {w, n, n, ld, 1}, first = NAME(part)(&all, 0, 0, half, half);
    th_matrix last = NAME(part)(&all, half, half, n - half, n - half), below = NAME(part)(&all, half, 0, n - half, half);
    NAME(left)(1, 0, &last, &below);
    NAME(right)(1, 0, &first, &below);
    for (int64_t i = half; i < n; i++)
        for (int64_t j = 0; j < half; j++)
            *AT(w, i * ld + j) = -*AT(w, i * ld + j);
    NAME(invert)(half, w, ld);
    NAME(invert)(n - half, AT(w, half * (ld + 1)), ld);
}

#undef AT
#undef REAL
#undef DTYPE
#undef LANES
#undef NAME
