/* Cholesky factors, inverses from them, and their gradients. */
#include <math.h>
#include "linalg.h"

enum { RAISE, GIVE_NAN, SEMIDEFINITE, BLOCK = 64, PANEL = 128 };

int64_t th_cholesky_lower(th_work *w, int64_t n, char *a)
{
    const th_factors *own = th_factors_of(w->dtype, n);
    return own ? own->cholesky(n, a, n) : n ? th_lapack(w->frame, w->kind, LA_POTRF, 'U', n, a, n) : 0;
}

static void turn(th_work *w, int64_t n, char *a)
{
    enum { SIDE = 32 };
    for (int64_t top = 0; top < n; top += SIDE)
        for (int64_t left = 0; left <= top; left += SIDE)
            for (int64_t i = top; i < n && i < top + SIDE; i++)
                for (int64_t j = left; j < i && j < left + SIDE; j++) {
                    char *x = a + (i * n + j) * w->item, *y = a + (j * n + i) * w->item, kept[16];
                    memcpy(kept, x, w->item);
                    memcpy(x, y, w->item);
                    memcpy(y, kept, w->item);
                }
}

static double at(th_work *w, const char *p) { return w->real == 8 ? *(const double *)p : *(const float *)p; }

/* A factor of a semidefinite matrix by its eigenvalues; nan for nan and inf. Sets `fails` where it is not semidefinite. */
static int semidefinite(th_work *w, int64_t n, int lower, char *out, int *fails)
{
    char *a, *values, *tau, *root;
    TH_ROOM(a, w, n * n * w->item);
    TH_ROOM(values, w, n * w->real);
    TH_ROOM(tau, w, n * w->item);
    TH_ROOM(root, w, n * n * w->item);
    th_by_columns(w, &w->in[0], a);
    *fails = 0;
    for (int64_t i = 0; i < n * n * (w->item / w->real); i++)
        if (!isfinite(at(w, a + i * w->real))) {
            th_fill_nan(w, out, n * n);
            return 0;
        }
    int info = th_lapack(w->frame, w->kind, LA_SYEVD, 'V', lower ? 'L' : 'U', n, a, n, values);
    if (info)
        return info == TH_NO_MEMORY ? th_fail(w->frame, TH_OUT_OF_MEMORY, "no memory for linear algebra")
                                    : th_no_result(w, "cholesky: eigenvalues did not converge");
    double most = fmax(fabs(at(w, values)), fabs(at(w, values + (n - 1) * w->real)));
    if (at(w, values) < -n * (w->real == 8 ? 2.220446049250313e-16 : 1.1920929e-07) * most) {
        *fails = 1;
        return 0;
    }
    int complex = w->kind >= 2;
    for (int64_t j = 0; j < n; j++) {                   /* root[i, j] = sqrt(values[i]) * conj(vectors[j, i]) */
        double scale = sqrt(fmax(at(w, values + j * w->real), 0));
        for (int64_t i = 0; i < n; i++) {
            const char *from = a + (j * n + i) * w->item;
            char *to = root + (i * n + j) * w->item;
            if (w->real == 8) {
                ((double *)to)[0] = scale * ((const double *)from)[0];
                if (complex)
                    ((double *)to)[1] = -scale * ((const double *)from)[1];
            } else {
                ((float *)to)[0] = (float)scale * ((const float *)from)[0];
                if (complex)
                    ((float *)to)[1] = -(float)scale * ((const float *)from)[1];
            }
        }
    }
    if (th_lapack(w->frame, w->kind, LA_GEQRF, n, n, root, n, tau) == TH_NO_MEMORY)
        return th_fail(w->frame, TH_OUT_OF_MEMORY, "no memory for linear algebra");
    memset(out, 0, n * n * w->item);
    for (int64_t i = 0; i < n; i++) {                   /* the upper factor with a positive diagonal, or its adjoint */
        double sign = at(w, root + i * (n + 1) * w->item) < 0 ? -1 : 1;
        for (int64_t j = i; j < n; j++) {
            const char *from = root + (j * n + i) * w->item;
            char *to = out + (lower ? j * n + i : i * n + j) * w->item;
            for (int part = 0; part <= complex; part++)
                if (w->real == 8)
                    ((double *)to)[part] = (part && lower ? -sign : sign) * ((const double *)from)[part];
                else
                    ((float *)to)[part] = (float)((part && lower ? -sign : sign) * ((const float *)from)[part]);
        }
    }
    return 0;
}

static int square_shapes(th_work *w, const char *name)
{
    int64_t n = w->in[0].shape[0];
    th_give_shape(&w->out[0], 2, n, n);
    return th_need_square(w, 0, name);
}

/* cholesky: a -> factor; params: lower, what to do with matrices that have none */
static int cholesky_shapes(th_work *w) { return square_shapes(w, "cholesky"); }

static int cholesky_run(th_work *w)
{
    int64_t n = w->in[0].shape[0], bad;
    int lower = (int)w->params[0];
    char *a = w->out[0].data;
    if (!n)
        return 0;
    if (lower) {
        th_by_rows(w, &w->in[0], a);
        bad = th_cholesky_lower(w, n, a);
    } else if (w->kind < 2) {
        th_by_columns(w, &w->in[0], a);
        bad = th_cholesky_lower(w, n, a);
    } else {
        th_by_rows(w, &w->in[0], a);
        bad = th_lapack(w->frame, w->kind, LA_POTRF, 'L', n, a, n);
    }
    if (bad && w->params[1] == SEMIDEFINITE) {
        int fails, error = semidefinite(w, n, lower, a, &fails);
        if (error || !fails)
            return error;
    }
    if (bad && w->params[1] == GIVE_NAN) {
        th_fill_nan(w, a, n * n);
        return 0;
    }
    if (bad)
        return th_no_result(w, "cholesky: the matrix of shape (%lld, %lld) is not positive definite. on_error='nan' gives "
                            "nan instead.", (long long)n, (long long)n);
    if (!lower && w->kind < 2) {
        th_clear_triangle(w, a, n, 1);
        turn(w, n, a);
    } else {
        th_clear_triangle(w, a, n, lower);
    }
    return 0;
}
TH_MATRIX_OP(cholesky)

/* cholesky_inverse: factor -> inverse; params: lower */
static int cholesky_inverse_shapes(th_work *w) { return square_shapes(w, "inverse"); }

static int cholesky_inverse_run(th_work *w)
{
    int64_t n = w->in[0].shape[0];
    int lower = (int)w->params[0];
    char *a = w->out[0].data, *half;
    const th_factors *own = th_factors_of(w->dtype, n);
    int64_t zero = th_zero_pivot(w, th_matrix_of(w, &w->in[0]));
    if (zero)
        return th_no_result(w, "inverse: the matrix is singular, pivot %lld is zero", (long long)zero);
    if (!n)
        return 0;
    if (!own) {
        th_by_rows(w, &w->in[0], a);
        if (th_lapack(w->frame, w->kind, LA_POTRI, lower ? 'U' : 'L', n, a, n) == TH_NO_MEMORY)
            return th_fail(w->frame, TH_OUT_OF_MEMORY, "no memory for linear algebra");
        th_mirror(w, a, n, lower);
        return 0;
    }
    TH_ROOM(half, w, n * n * w->item);
    if (lower)
        th_by_rows(w, &w->in[0], half);
    else
        th_by_columns(w, &w->in[0], half);
    th_clear_triangle(w, half, n, 1);
    own->invert(n, half, n);
    for (int64_t i = 0; i < n; i += PANEL) {            /* rows i of half.T half, up to the diagonal */
        int64_t rows = n - i < PANEL ? n - i : PANEL;
        th_matrix left = {half + (i * n + i) * w->item, rows, n - i, 1, n};
        th_matrix right = {half + i * n * w->item, n - i, i + rows, n, 1};
        th_matrix to = {a + i * n * w->item, rows, i + rows, n, 1};
        th_multiply(w->kind, 1, &left, &right, 0, &to);
    }
    th_mirror(w, a, n, 1);
    return 0;
}
TH_MATRIX_OP(cholesky_inverse)

/* cholesky_grad: the factor and its gradient -> the gradient of the triangle; params: lower. Real numbers.
 * From the last block of columns to the first; `whole` holds the finished gradient and its transpose, so that all that
 * later columns say about a block is one product (Murray, arXiv:1602.07527). */
static int cholesky_grad_shapes(th_work *w) { return square_shapes(w, "CholeskyGrad"); }

/* The triangle with half of the diagonal. */
static void halve(th_work *w, char *a, int64_t n)
{
    th_clear_triangle(w, a, n, 1);
    for (int64_t i = 0; i < n; i++)
        if (w->real == 8)
            *(double *)(a + i * (n + 1) * w->item) /= 2;
        else
            *(float *)(a + i * (n + 1) * w->item) /= 2;
}

static void add_transpose(th_work *w, char *to, const char *a, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            if (w->real == 8)
                ((double *)to)[i * n + j] = ((const double *)a)[i * n + j] + ((const double *)a)[j * n + i];
            else
                ((float *)to)[i * n + j] = ((const float *)a)[i * n + j] + ((const float *)a)[j * n + i];
}

static th_matrix block(th_work *w, char *a, int64_t n, int64_t i, int64_t j, int64_t rows, int64_t columns)
{
    return (th_matrix){a + (i * n + j) * w->item, rows, columns, n, 1};
}

static int cholesky_grad_run(th_work *w)
{
    int64_t n = w->in[0].shape[0];
    int error;
    char *factor, *g, *whole = w->out[0].data, *middle, *half, *turned;
    int lower = (int)w->params[0];
    if (!n)
        return 0;
    TH_ROOM(factor, w, n * n * w->item);
    TH_ROOM(g, w, n * n * w->item);
    TH_ROOM(middle, w, BLOCK * BLOCK * w->item);
    TH_ROOM(half, w, BLOCK * BLOCK * w->item);
    TH_ROOM(turned, w, n * BLOCK * w->item);
    for (int k = 0; k < 2; k++)
        (lower ? th_by_rows : th_by_columns)(w, &w->in[k], k ? g : factor);
    for (int64_t i = 0; i < n; i++)
        if (isnan(at(w, factor + i * (n + 1) * w->item))) {
            th_fill_nan(w, whole, n * n);
            return 0;
        }
    for (int64_t stop = n, start; stop > 0; stop = start) {
        start = stop > BLOCK ? stop - BLOCK : 0;
        int64_t width = stop - start, rest = n - stop;
        th_matrix diagonal = block(w, factor, n, start, start, width, width);
        th_matrix of_block = block(w, g, n, start, start, width, width);
        for (int64_t i = 0; i < width; i++)             /* the lower triangle counts */
            memset(of_block.data + (i * n + i + 1) * w->item, 0, (width - i - 1) * w->item);
        if (rest) {
            th_matrix under = block(w, factor, n, stop, start, rest, width), of_under = block(w, g, n, stop, start, rest, width);
            th_matrix later = block(w, whole, n, stop, stop, rest, rest);
            th_multiply(w->kind, -1, &later, &under, 1, &of_under);
            th_matrix across = th_rows_of(turned, width, rest), up = th_turned(of_under);
            th_copy_matrix(w->item, &up, &across);      /* of_under inv(diagonal), transposed */
            if ((error = th_solve_triangle(w, 0, 0, th_turned(diagonal), across)))
                return error;
            th_matrix found = block(w, whole, n, stop, start, rest, width), mirrored = block(w, whole, n, start, stop, width, rest);
            up = th_turned(across);
            th_copy_matrix(w->item, &up, &found);
            th_copy_matrix(w->item, &across, &mirrored);
            th_multiply(w->kind, -1, &across, &under, 1, &of_block);
        }
        th_matrix product = th_rows_of(middle, width, width), one = th_turned(diagonal), solved = th_rows_of(half, width, width);
        th_multiply(w->kind, 1, &one, &of_block, 0, &product);
        halve(w, middle, width);
        th_matrix up = th_turned(product);
        th_copy_matrix(w->item, &up, &solved);
        if ((error = th_solve_triangle(w, 0, 0, th_turned(diagonal), solved)))
            return error;
        up = th_turned(solved);
        th_copy_matrix(w->item, &up, &product);
        if ((error = th_solve_triangle(w, 0, 0, th_turned(diagonal), product)))
            return error;
        add_transpose(w, half, middle, width);
        th_matrix place = block(w, whole, n, start, start, width, width);
        th_copy_matrix(w->item, &solved, &place);
    }
    halve(w, whole, n);
    if (!lower)
        turn(w, n, whole);
    return 0;
}
TH_MATRIX_OP(cholesky_grad)
