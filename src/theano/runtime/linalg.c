/* Linear algebra on one matrix after another. */
#include <float.h>
#include <math.h>
#include "linalg.h"

enum { HEAVY = 24 };            /* rows from which the GIL is released */

int th_need_square(th_work *w, int k, const char *name)
{
    const int64_t *s = w->in[k].shape;
    if (s[0] == s[1])
        return 0;
    return th_no_result(w, "%s needs a square matrix, got shape (%lld, %lld)", name, (long long)s[0], (long long)s[1]);
}

int th_need_rows(th_work *w, const char *name)
{
    const th_slot *a = &w->in[0], *b = &w->in[w->nin - 1];
    int error = th_need_square(w, 0, name);
    if (error || a->shape[0] == b->shape[0])
        return error;
    if (b->ndim == 1)
        return th_no_result(w, "%s: shapes (%lld, %lld) and (%lld,) don't fit, both need the same number of rows", name,
                            (long long)a->shape[0], (long long)a->shape[1], (long long)b->shape[0]);
    return th_no_result(w, "%s: shapes (%lld, %lld) and (%lld, %lld) don't fit, both need the same number of rows", name,
                        (long long)a->shape[0], (long long)a->shape[1], (long long)b->shape[0], (long long)b->shape[1]);
}

int th_open(const th_call *c, th_work *w, int64_t *count, int64_t *step)
{
    int64_t mask = c->params[0], n = 1;
    int batch = mask != 0;
    *w = (th_work){.frame = c->frame, .params = c->params + 1, .nin = c->nin, .nout = c->nout};
    w->dtype = c->in[0]->dtype;
    w->kind = th_lapack_kind(w->dtype);
    w->item = c->in[0]->itemsize;
    w->real = w->kind >= 2 ? w->item / 2 : w->item;
    for (int k = 0, seen = 0; k < c->nin; k++) {
        const th_slot *s = c->in[k];
        int own = mask >> k & 1;
        w->in[k] = *s;
        w->in[k].ndim -= own;
        w->in[k].shape += own;
        w->in[k].stride += own;
        if (!own)
            continue;
        if (seen && s->shape[0] != n && s->shape[0] != 1 && n != 1)
            return th_refuse(c, TH_SHAPE_MISMATCH, "matrices in different numbers: %lld and %lld", (long long)n,
                             (long long)s->shape[0]);
        n = !seen || n == 1 ? s->shape[0] : n;
        seen = 1;
        step[k] = s->shape[0] == 1 ? 0 : s->stride[0];
    }
    for (int k = 0; k < c->nout; k++) {
        w->out[k] = *c->out[k];
        w->out[k].ndim -= batch;
        w->out[k].shape += batch;
        w->out[k].stride += batch;
        if (batch)
            c->out[k]->shape[0] = n;
    }
    *count = n;
    return 0;
}

int th_each_matrix(const th_call *c, const th_matrix_op *op)
{
    th_work w;
    int64_t n, step[8] = {0};
    int error = th_open(c, &w, &n, step);
    if (error || (error = op->shapes(&w)))
        return error;
    for (int k = 0; k < c->nout; k++) {
        if ((error = th_allocate(c->frame, c->out[k])))
            return error;
        w.out[k].data = c->out[k]->data;
        step[4 + k] = c->params[0] ? c->out[k]->stride[0] : 0;
    }
    int released = (w.in[0].shape[0] >= HEAVY || n >= HEAVY) && th_release(c->frame);
    for (int64_t i = 0; i < n && !error; i++) {
        th_mark mark = th_scratch_mark(c->frame);
        error = op->run(&w);
        th_scratch_back(c->frame, mark);
        for (int k = 0; k < c->nin; k++)
            w.in[k].data += step[k];
        for (int k = 0; k < c->nout; k++)
            w.out[k].data += step[4 + k];
    }
    if (released)
        th_hold(c->frame);
    return error;
}

/* -- copies ---------------------------------------------------------------------------------------------- */

th_matrix th_matrix_of(const th_work *w, const th_slot *s)
{
    if (s->ndim == 1)
        return (th_matrix){s->data, s->shape[0], 1, s->stride[0] / w->item, 1};
    return (th_matrix){s->data, s->shape[0], s->shape[1], s->stride[0] / w->item, s->stride[1] / w->item};
}

void th_by_rows(const th_work *w, const th_slot *s, void *to)
{
    (void)w;
    th_collect(to, s);
}

void th_by_columns(const th_work *w, const th_slot *s, void *to)
{
    int64_t stride[2] = {w->item, w->item * s->shape[0]};
    th_copy(to, stride, s);
}

void th_copy_matrix(int item, const th_matrix *from, const th_matrix *to)
{
    int64_t shape[2] = {from->rows, from->columns}, stride[2] = {from->row * item, from->column * item};
    int64_t target[2] = {to->row * item, to->column * item};
    th_slot s = {from->data, shape, stride, 2,
                 item == 4 ? TH_FLOAT32 : item == 8 ? TH_FLOAT64 : TH_COMPLEX128, (int16_t)item};
    th_copy(to->data, target, &s);
}

void th_clear_triangle(const th_work *w, char *a, int64_t n, int upper)
{
    for (int64_t i = 0; i < n; i++) {
        char *row = a + i * n * w->item;
        if (upper)
            memset(row + (i + 1) * w->item, 0, (n - i - 1) * w->item);
        else
            memset(row, 0, i * w->item);
    }
}

void th_identity(const th_work *w, char *a, int64_t rows, int64_t columns)
{
    memset(a, 0, rows * columns * w->item);
    for (int64_t i = 0; i < rows && i < columns; i++) {
        char *at = a + i * (columns + 1) * w->item;
        if (w->real == 8)
            *(double *)at = 1;
        else
            *(float *)at = 1;
    }
}

void th_fill_nan(const th_work *w, char *a, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        for (int part = 0; part < w->item; part += w->real)
            if (w->real == 8)
                *(double *)(a + i * w->item + part) = part ? 0 : NAN;
            else
                *(float *)(a + i * w->item + part) = part ? 0 : NAN;
}

void th_mirror(const th_work *w, char *a, int64_t n, int from_lower)
{
    enum { SIDE = 32 };
    for (int64_t top = 0; top < n; top += SIDE)
        for (int64_t left = 0; left <= top; left += SIDE)
            for (int64_t i = top; i < n && i < top + SIDE; i++)
                for (int64_t j = left; j < i && j < left + SIDE; j++) {
                    char *low = a + (i * n + j) * w->item, *high = a + (j * n + i) * w->item;
                    const char *from = from_lower ? low : high;
                    char *to = from_lower ? high : low;
                    switch (w->kind) {
                    case 0: *(float *)to = *(const float *)from; break;
                    case 1: *(double *)to = *(const double *)from; break;
                    case 2: ((float *)to)[0] = ((const float *)from)[0]; ((float *)to)[1] = -((const float *)from)[1]; break;
                    default: ((double *)to)[0] = ((const double *)from)[0]; ((double *)to)[1] = -((const double *)from)[1];
                    }
                }
}

/* -- triangles ----------------------------------------------------------------------------------------------- */

int64_t th_zero_pivot(const th_work *w, th_matrix a)
{
    for (int64_t i = 0; i < a.rows; i++) {
        const char *at = a.data + i * (a.row + a.column) * w->item;
        double x = w->real == 8 ? *(const double *)at : *(const float *)at;
        double y = w->kind < 2 ? 0 : w->real == 8 ? ((const double *)at)[1] : ((const float *)at)[1];
        if (x == 0 && y == 0)
            return i + 1;
    }
    return 0;
}

int th_solve_triangle(th_work *w, int lower, int unit, th_matrix a, th_matrix x)
{
    const th_factors *own = th_factors_of(w->dtype, a.rows);
    if (own) {
        own->left(lower, unit, &a, &x);
        return 0;
    }
    if (!a.rows || !x.columns)
        return 0;
    if (a.column != 1 && a.row != 1) {
        char *copy;
        TH_ROOM(copy, w, a.rows * a.rows * w->item);
        th_matrix rows = th_rows_of(copy, a.rows, a.rows);
        th_copy_matrix(w->item, &a, &rows);
        a = rows;
    }
    double one[2] = {1, 0};
    float narrow[2] = {1, 0};
    int by_rows = a.column == 1 && (a.row >= a.rows || a.rows == 1);
    int64_t ld = by_rows ? a.row : a.column;
    th_lapack(w->frame, w->kind, LA_TRSM, 'R', lower == by_rows ? 'U' : 'L', by_rows ? 'N' : 'T', unit ? 'U' : 'N',
              x.columns, x.rows, w->real == 8 ? (void *)one : narrow, a.data, ld < a.rows ? a.rows : ld, x.data,
              x.row < x.columns ? x.columns : x.row);
    return 0;
}

/* -- LU ---------------------------------------------------------------------------------------------------------- */

static int no_memory(th_work *w) { return th_fail(w->frame, TH_OUT_OF_MEMORY, "no memory for linear algebra"); }

int64_t th_lu(th_work *w, int64_t n, char *a, int64_t *pivot, int *error)
{
    const th_factors *own = th_factors_of(w->dtype, n);
    *error = 0;
    if (own)
        return own->lu(n, a, n, pivot);
    void *pivots = th_scratch(w->frame, n * th_lapack_integer() + 1);
    if (!pivots) {
        *error = no_memory(w);
        return 0;
    }
    int info = th_lapack(w->frame, w->kind, LA_GETRF, n, n, a, n < 1 ? 1 : n, pivots);
    for (int64_t i = 0; i < n; i++)
        pivot[i] = th_pivot(pivots, i) - 1;
    return info;
}

static void exchange_rows(th_work *w, th_matrix x, int64_t i, int64_t k)
{
    char *a = x.data + i * x.row * w->item, *b = x.data + k * x.row * w->item, kept[256];
    if (i == k)
        return;
    for (int64_t left = x.columns * w->item, n; left; left -= n, a += n, b += n) {
        n = left < (int64_t)sizeof kept ? left : (int64_t)sizeof kept;
        memcpy(kept, a, n);
        memcpy(a, b, n);
        memcpy(b, kept, n);
    }
}

int th_solve_factored(th_work *w, int64_t n, char *lu, const int64_t *pivot, th_matrix x, int transposed)
{
    th_matrix a = th_rows_of(lu, n, n);
    int error;
    if (transposed) {
        for (int64_t i = 0; i < n; i++)
            exchange_rows(w, x, i, pivot[i]);
        error = th_solve_triangle(w, 1, 1, th_turned(a), x);
        return error ? error : th_solve_triangle(w, 0, 0, th_turned(a), x);
    }
    if ((error = th_solve_triangle(w, 1, 0, a, x)) || (error = th_solve_triangle(w, 0, 1, a, x)))
        return error;
    for (int64_t i = n; i--;)
        exchange_rows(w, x, i, pivot[i]);
    return 0;
}

static int singular(th_work *w, const char *name, int64_t pivot)
{
    return th_no_result(w, "%s: the matrix is singular, pivot %lld is zero", name, (long long)pivot);
}

int th_inverse_from_lu(th_work *w, int64_t n, char *lu, const int64_t *pivot, char *out)
{
    const th_factors *own = th_factors_of(w->dtype, n);
    if (own) {
        memcpy(out, lu, n * n * w->item);
        th_clear_triangle(w, out, n, 1);
        own->invert(n, out, n);
        th_matrix a = th_rows_of(lu, n, n), x = th_rows_of(out, n, n);
        own->left(0, 1, &a, &x);
        for (int64_t i = n; i--;)
            exchange_rows(w, x, i, pivot[i]);
        return 0;
    }
    void *pivots;
    if (!n)
        return 0;                           /* which LAPACK would complain of */
    TH_ROOM(pivots, w, n * th_lapack_integer());
    for (int64_t i = 0; i < n; i++)
        th_set_pivot(pivots, i, pivot[i] + 1);
    if (out != lu)
        memcpy(out, lu, n * n * w->item);
    return th_lapack(w->frame, w->kind, LA_GETRI, n, out, n, pivots) == TH_NO_MEMORY ? no_memory(w) : 0;
}

/* lu_factor: a -> lu, pivots */
static int lu_factor_shapes(th_work *w)
{
    int64_t n = w->in[0].shape[0];
    th_give_shape(&w->out[0], 2, n, n);
    th_give_shape(&w->out[1], 1, n, 0);
    return th_need_square(w, 0, "lu_factor");
}

static int lu_factor_run(th_work *w)
{
    int error;
    th_by_rows(w, &w->in[0], w->out[0].data);
    th_lu(w, w->in[0].shape[0], w->out[0].data, (int64_t *)w->out[1].data, &error);
    return error;
}
TH_MATRIX_OP(lu_factor)

/* lu_solve: lu, pivots, b -> x; params: transposed */
static int like_last_shapes(th_work *w, const char *name)
{
    const th_slot *b = &w->in[w->nin - 1];
    th_give_shape(&w->out[0], b->ndim, b->shape[0], b->ndim > 1 ? b->shape[1] : 0);
    return th_need_rows(w, name);
}

static int lu_solve_shapes(th_work *w) { return like_last_shapes(w, "solve"); }

/* The second input as pivots of n rows. */
static int read_pivots(th_work *w, int64_t n, int64_t *pivot)
{
    th_collect((char *)pivot, &w->in[1]);
    for (int64_t i = 0; i < n; i++)
        if (pivot[i] < 0 || pivot[i] >= n)
            return th_fail(w->frame, TH_BAD_VALUE, "a pivot that is no row of the matrix");
    return 0;
}

static int lu_solve_run(th_work *w)
{
    int error;
    int64_t n = w->in[0].shape[0], *pivot, zero = th_zero_pivot(w, th_matrix_of(w, &w->in[0]));
    char *lu = w->in[0].data;
    th_by_rows(w, &w->in[2], w->out[0].data);
    if (zero && th_count(&w->out[0]))
        return singular(w, "solve", zero);
    if (!th_is_contiguous(2, w->in[0].shape, w->in[0].stride, w->item)) {
        TH_ROOM(lu, w, n * n * w->item);
        th_by_rows(w, &w->in[0], lu);
    }
    TH_ROOM(pivot, w, n * sizeof *pivot);
    if ((error = read_pivots(w, n, pivot)))
        return error;
    return th_solve_factored(w, n, lu, pivot, th_matrix_of(w, &w->out[0]), (int)w->params[0]);
}
TH_MATRIX_OP(lu_solve)

/* lu_inverse: lu, pivots -> inverse */
static int lu_inverse_shapes(th_work *w)
{
    int64_t n = w->in[0].shape[0];
    th_give_shape(&w->out[0], 2, n, n);
    return th_need_square(w, 0, "inverse");
}

static int lu_inverse_run(th_work *w)
{
    int error;
    int64_t n = w->in[0].shape[0], *pivot, zero = th_zero_pivot(w, th_matrix_of(w, &w->in[0]));
    char *lu;
    if (zero)
        return singular(w, "inverse", zero);
    TH_ROOM(lu, w, n * n * w->item);
    th_by_rows(w, &w->in[0], lu);
    TH_ROOM(pivot, w, n * sizeof *pivot);
    if ((error = read_pivots(w, n, pivot)))
        return error;
    return th_inverse_from_lu(w, n, lu, pivot, w->out[0].data);
}
TH_MATRIX_OP(lu_inverse)

/* inverse: a -> its inverse */
static int inverse_shapes(th_work *w)
{
    int64_t n = w->in[0].shape[0];
    th_give_shape(&w->out[0], 2, n, n);
    return th_need_square(w, 0, "matrix_inverse");
}

static int inverse_run(th_work *w)
{
    int64_t n = w->in[0].shape[0], *pivot;
    char *lu;
    int error;
    TH_ROOM(lu, w, n * n * w->item);
    TH_ROOM(pivot, w, n * sizeof *pivot);
    th_by_rows(w, &w->in[0], lu);
    int64_t zero = th_lu(w, n, lu, pivot, &error);
    if (error)
        return error;
    return zero ? singular(w, "inverse", zero) : th_inverse_from_lu(w, n, lu, pivot, w->out[0].data);
}
TH_MATRIX_OP(inverse)

/* -- determinants -------------------------------------------------------------------------------------------------- */

/* The product of the diagonal: its sign, and the logarithm of its absolute value; `whole` where that is a normal number
 * without logarithms. */
typedef struct { double sign[2], logarithm, whole[2]; int is_whole; } determinant;

static int find_determinant(th_work *w, determinant *d)
{
    int64_t n = w->in[0].shape[0], *pivot;
    char *lu;
    int error, negative = 0, complex = w->kind >= 2;
    TH_ROOM(lu, w, n * n * w->item);
    TH_ROOM(pivot, w, n * sizeof *pivot);
    th_by_rows(w, &w->in[0], lu);
    int64_t zero = th_lu(w, n, lu, pivot, &error);
    *d = (determinant){{1, 0}, 0, {1, 0}, 1};
    if (error)
        return error;
    if (zero) {
        *d = (determinant){{0, 0}, -INFINITY, {0, 0}, 1};
        return 0;
    }
    double most = w->real == 8 ? 1e300 : FLT_MAX, least = w->real == 8 ? 1e-300 : FLT_MIN;
    for (int64_t i = 0; i < n; i++) {
        const char *at = lu + i * (n + 1) * w->item;
        double x = w->real == 8 ? *(const double *)at : *(const float *)at;
        double y = !complex ? 0 : w->real == 8 ? ((const double *)at)[1] : ((const float *)at)[1];
        double size = complex ? hypot(x, y) : fabs(x), a = x / size, b = y / size, re = d->sign[0], im = d->sign[1];
        negative ^= pivot[i] != i;
        d->sign[0] = re * a - im * b;
        d->sign[1] = re * b + im * a;
        re = d->whole[0];
        im = d->whole[1];
        d->whole[0] = re * x - im * y;
        d->whole[1] = re * y + im * x;
        size = fabs(d->whole[0]) + fabs(d->whole[1]);
        d->is_whole &= size < most && size > least;
    }
    if (w->nout > 1 || !d->is_whole) {
        d->logarithm = 0;
        for (int64_t i = 0; i < n; i++) {
            const char *at = lu + i * (n + 1) * w->item;
            double x = w->real == 8 ? *(const double *)at : *(const float *)at;
            double y = !complex ? 0 : w->real == 8 ? ((const double *)at)[1] : ((const float *)at)[1];
            d->logarithm += log(complex ? hypot(x, y) : fabs(x));
        }
    }
    for (int k = 0; k < 2 && negative; k++) {
        d->sign[k] = -d->sign[k];
        d->whole[k] = -d->whole[k];
    }
    return 0;
}

static void give(th_work *w, const th_slot *s, double re, double im)
{
    int parts = s->itemsize / w->real;
    for (int k = 0; k < parts; k++)
        if (w->real == 8)
            ((double *)s->data)[k] = k ? im : re;
        else
            ((float *)s->data)[k] = (float)(k ? im : re);
}

/* det: a -> its determinant */
static int det_shapes(th_work *w) { return th_need_square(w, 0, "det"); }

static int det_run(th_work *w)
{
    determinant d;
    int error = find_determinant(w, &d);
    if (error)
        return error;
    double size = d.is_whole ? 1 : exp(d.logarithm);
    if (d.is_whole)
        give(w, &w->out[0], d.whole[0], d.whole[1]);
    else
        give(w, &w->out[0], d.sign[0] * size, w->kind >= 2 ? d.sign[1] * size : 0);
    return 0;
}
TH_MATRIX_OP(det)

/* slogdet: a -> sign, logarithm */
static int slogdet_shapes(th_work *w) { return th_need_square(w, 0, "slogdet"); }

static int slogdet_run(th_work *w)
{
    determinant d;
    int error = find_determinant(w, &d);
    if (error)
        return error;
    give(w, &w->out[0], d.sign[0], d.sign[1]);
    give(w, &w->out[1], d.logarithm, 0);
    return 0;
}
TH_MATRIX_OP(slogdet)

/* -- solutions --------------------------------------------------------------------------------------------------- */

enum { GENERAL, LOWER, UPPER, SYMMETRIC };

static int solve_symmetric(th_work *w, int64_t n, int lower)
{
    th_matrix x = th_matrix_of(w, &w->out[0]);
    char *a, *turned;
    int error;
    TH_ROOM(a, w, n * n * w->item);
    th_slot flipped = w->in[0];
    int64_t shape[2] = {n, n}, stride[2] = {w->in[0].stride[1], w->in[0].stride[0]};
    flipped.shape = shape;
    flipped.stride = stride;
    th_by_rows(w, lower ? &w->in[0] : &flipped, a);     /* of an upper triangle the transpose: the conjugate matrix */
    int positive = 1;
    for (int64_t i = 0; i < n; i++) {
        const char *at = a + i * (n + 1) * w->item;
        positive &= (w->real == 8 ? *(const double *)at : *(const float *)at) > 0;
    }
    if (positive && (w->kind < 2 || lower) && !th_cholesky_lower(w, n, a)) {
        th_matrix factor = th_rows_of(a, n, n);
        if (w->kind < 2) {
            error = th_solve_triangle(w, 1, 0, factor, x);
            return error ? error : th_solve_triangle(w, 0, 0, th_turned(factor), x);
        }
        char *copy;
        TH_ROOM(copy, w, n * n * w->item);
        memcpy(copy, a, n * n * w->item);
        th_clear_triangle(w, copy, n, 1);
        th_mirror(w, copy, n, 1);                       /* its upper triangle is the adjoint of the factor */
        error = th_solve_triangle(w, 1, 0, factor, x);
        return error ? error : th_solve_triangle(w, 0, 0, th_rows_of(copy, n, n), x);
    }
    th_by_columns(w, &w->in[0], a);
    int64_t k = x.columns;
    void *pivots;
    TH_ROOM(turned, w, n * k * w->item);
    TH_ROOM(pivots, w, n * th_lapack_integer());
    th_matrix columns = {turned, n, k, 1, n};
    th_copy_matrix(w->item, &x, &columns);
    int info = th_lapack(w->frame, w->kind, LA_SYSV, lower ? 'L' : 'U', n, k, a, n, pivots, turned, n);
    if (info == TH_NO_MEMORY)
        return no_memory(w);
    th_copy_matrix(w->item, &columns, &x);
    return info > 0 ? singular(w, "solve", info) : 0;
}

/* solve: a, b -> x; params: structure, lower */
static int solve_shapes(th_work *w) { return like_last_shapes(w, "solve"); }

static int solve_run(th_work *w)
{
    int64_t n = w->in[0].shape[0], *pivot, structure = w->params[0];
    int error;
    char *lu;
    th_by_rows(w, &w->in[1], w->out[0].data);
    if (!th_count(&w->out[0]))
        return 0;
    if (structure == LOWER || structure == UPPER) {
        th_matrix a = th_matrix_of(w, &w->in[0]);
        int64_t zero = th_zero_pivot(w, a);
        if (zero)
            return th_no_result(w, "solve: the triangular matrix is singular, pivot %lld is zero", (long long)zero);
        return th_solve_triangle(w, structure == LOWER, 0, a, th_matrix_of(w, &w->out[0]));
    }
    if (structure == SYMMETRIC)
        return solve_symmetric(w, n, (int)w->params[1]);
    TH_ROOM(lu, w, n * n * w->item);
    TH_ROOM(pivot, w, n * sizeof *pivot);
    th_by_rows(w, &w->in[0], lu);
    int64_t zero = th_lu(w, n, lu, pivot, &error);
    if (error)
        return error;
    return zero ? singular(w, "solve", zero) : th_solve_factored(w, n, lu, pivot, th_matrix_of(w, &w->out[0]), 0);
}
TH_MATRIX_OP(solve)

/* -- diagonal matrices: v, rows -> v; params: whether it is an inverse ------------------------------------------------ */

static int is_zero(const char *x, int kind)
{
    switch (kind) {
    case 0: return *(const float *)x == 0;
    case 1: return *(const double *)x == 0;
    case 2: return ((const float *)x)[0] == 0 && ((const float *)x)[1] == 0;
    default: return ((const double *)x)[0] == 0 && ((const double *)x)[1] == 0;
    }
}

/* Checks what a division by v relies on; the result is v. */
int th_divisors(const th_call *c)
{
    const th_slot *v = c->in[0];
    const char *name = c->params[0] ? "inverse" : "solve";
    th_slot *o = c->out[0];
    int last = v->ndim - 1, kind = th_lapack_kind(v->dtype);
    int64_t n = v->shape[last], at[TH_MAX_NDIM] = {0}, count = th_count(v);
    const char *p = v->data;
    if (n != th_int(c->in[1]))
        return th_refuse(c, TH_NO_RESULT, "%s: a diagonal matrix of %lld rows and a right side of %lld don't fit, both need "
                         "the same number of rows", name, (long long)n, (long long)th_int(c->in[1]));
    for (int64_t i = 0; i < count; i++) {
        if (is_zero(p, kind))
            return th_refuse(c, TH_NO_RESULT, "%s: the diagonal matrix is singular, pivot %lld is zero", name,
                             (long long)at[last] + 1);
        for (int d = last; d >= 0; d--) {
            p += v->stride[d];
            if (++at[d] < v->shape[d])
                break;
            p -= at[d] * v->stride[d];
            at[d] = 0;
        }
    }
    memcpy(o->shape, v->shape, sizeof(int64_t) * v->ndim);
    memcpy(o->stride, v->stride, sizeof(int64_t) * v->ndim);
    o->data = v->data;
    return 0;
}
