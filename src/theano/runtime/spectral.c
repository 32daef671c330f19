/* Orthogonal factors, singular values, eigenvalues and what is computed from them. */
#include <float.h>
#include <math.h>
#include "linalg.h"

static int no_memory(th_work *w) { return th_fail(w->frame, TH_OUT_OF_MEMORY, "no memory for linear algebra"); }

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t ld(int64_t n) { return n < 1 ? 1 : n; }

static double real_at(th_work *w, const char *p, int64_t i)
{
    return w->real == 8 ? ((const double *)p)[i] : ((const float *)p)[i];
}

/* Copies columns into a slot in C order. */
static void from_columns(th_work *w, const char *from, int64_t pitch, const th_slot *to)
{
    th_matrix a = {(char *)from, to->shape[0], to->shape[1], 1, pitch}, b = th_rows_of(to->data, a.rows, a.columns);
    th_copy_matrix(w->item, &a, &b);
}

/* -- QR: a -> q, r, or h, tau, or r; params: mode ---------------------------------------------------------------- */

enum { REDUCED, COMPLETE, RAW, ONLY_R };

static int qr_shapes(th_work *w)
{
    int64_t m = w->in[0].shape[0], n = w->in[0].shape[1], k = least(m, n);
    switch (w->params[0]) {
    case ONLY_R:
        th_give_shape(&w->out[0], 2, k, n);
        break;
    case RAW:
        th_give_shape(&w->out[0], 2, n, m);
        th_give_shape(&w->out[1], 1, k, 0);
        break;
    default:
        th_give_shape(&w->out[0], 2, m, w->params[0] == COMPLETE ? m : k);
        th_give_shape(&w->out[1], 2, w->params[0] == COMPLETE ? m : k, n);
    }
    return 0;
}

static int qr_run(th_work *w)
{
    int64_t m = w->in[0].shape[0], n = w->in[0].shape[1], k = least(m, n), mode = w->params[0];
    int64_t wide = mode == COMPLETE ? m : k;
    char *a, *tau;
    if (mode == RAW) {
        a = w->out[0].data;
        tau = w->out[1].data;
    } else {
        TH_ROOM(a, w, m * most(n, wide) * w->item);
        TH_ROOM(tau, w, k * w->item);
    }
    if (k) {
        th_by_columns(w, &w->in[0], a);
        if (th_lapack(w->frame, w->kind, LA_GEQRF, m, n, a, ld(m), tau) == TH_NO_MEMORY)
            return no_memory(w);
    }
    if (mode == RAW)
        return 0;
    const th_slot *r = &w->out[mode == ONLY_R ? 0 : 1];
    if (k)
        from_columns(w, a, m, r);
    else
        memset(r->data, 0, th_count(r) * w->item);
    for (int64_t i = 1; i < r->shape[0]; i++)
        memset(r->data + i * n * w->item, 0, least(i, n) * w->item);
    if (mode == ONLY_R)
        return 0;
    if (!k) {
        th_identity(w, w->out[0].data, m, wide);
        return 0;
    }
    if (th_lapack(w->frame, w->kind, LA_ORGQR, m, wide, k, a, ld(m), tau) == TH_NO_MEMORY)
        return no_memory(w);
    from_columns(w, a, m, &w->out[0]);
    return 0;
}
TH_MATRIX_OP(qr)

/* -- singular values: a -> u, s, vt, or s; params: whether full matrices, whether vectors ------------------------- */

static int svd_shapes(th_work *w)
{
    int64_t m = w->in[0].shape[0], n = w->in[0].shape[1], k = least(m, n), full = w->params[0];
    if (!w->params[1]) {
        th_give_shape(&w->out[0], 1, k, 0);
        return 0;
    }
    th_give_shape(&w->out[0], 2, m, full ? m : k);
    th_give_shape(&w->out[1], 1, k, 0);
    th_give_shape(&w->out[2], 2, full ? n : k, n);
    return 0;
}

/* a, of m by n column by column, is lost. */
static int decompose(th_work *w, char letter, int64_t m, int64_t n, char *a, char *s, char *u, char *vt)
{
    int64_t k = least(m, n), all = letter == 'A', rows = all ? n : k, extra = 1;
    char *integers, *reals;
    if (w->kind >= 2)
        extra = letter == 'N' ? 7 * k : k * most(5 * k + 7, 2 * most(m, n) + 2 * k + 1);
    TH_ROOM(integers, w, 8 * k * th_lapack_integer());
    TH_ROOM(reals, w, extra * w->real);
    int info = th_lapack(w->frame, w->kind, LA_GESDD, letter, m, n, a, ld(m), s, u, ld(m), vt,
                         letter == 'N' ? 1 : ld(rows), reals, integers);
    if (info == TH_NO_MEMORY)
        return no_memory(w);
    return info ? th_no_result(w, "SVD did not converge") : 0;
}

static int svd_run(th_work *w)
{
    int64_t m = w->in[0].shape[0], n = w->in[0].shape[1], k = least(m, n);
    int full = (int)w->params[0], vectors = (int)w->params[1], error;
    int64_t wide = full ? m : k, tall = full ? n : k;
    char *a, *u = NULL, *vt = NULL;
    if (!k) {
        if (vectors) {
            th_identity(w, w->out[0].data, m, wide);
            th_identity(w, w->out[2].data, tall, n);
        }
        return 0;
    }
    TH_ROOM(a, w, m * n * w->item);
    th_by_columns(w, &w->in[0], a);
    if (!vectors)
        return decompose(w, 'N', m, n, a, w->out[0].data, a, a);
    TH_ROOM(u, w, m * wide * w->item);
    TH_ROOM(vt, w, tall * n * w->item);
    if ((error = decompose(w, full ? 'A' : 'S', m, n, a, w->out[1].data, u, vt)))
        return error;
    from_columns(w, u, m, &w->out[0]);
    from_columns(w, vt, tall, &w->out[2]);
    return 0;
}
TH_MATRIX_OP(svd)

/* -- eigenvalues ------------------------------------------------------------------------------------------------------ */

static int not_converged(th_work *w, int info)
{
    return info == TH_NO_MEMORY ? no_memory(w) : th_no_result(w, "Eigenvalues did not converge");
}

/* eigh: a -> values, vectors; params: lower */
static int eigh_shapes(th_work *w)
{
    int64_t n = w->in[0].shape[0];
    th_give_shape(&w->out[0], 1, n, 0);
    th_give_shape(&w->out[1], 2, n, n);
    return th_need_square(w, 0, "eigh");
}

static int eigh_run(th_work *w)
{
    int64_t n = w->in[0].shape[0];
    char *a;
    if (!n)
        return 0;
    TH_ROOM(a, w, n * n * w->item);
    th_by_columns(w, &w->in[0], a);
    int info = th_lapack(w->frame, w->kind, LA_SYEVD, 'V', w->params[0] ? 'L' : 'U', n, a, n, w->out[0].data);
    if (info)
        return not_converged(w, info);
    from_columns(w, a, n, &w->out[1]);
    return 0;
}
TH_MATRIX_OP(eigh)

/* eigvalsh: a, or a and b -> values; params: lower */
static int eigvalsh_shapes(th_work *w)
{
    th_give_shape(&w->out[0], 1, w->in[0].shape[0], 0);
    int error = th_need_square(w, 0, "eigvalsh");
    if (!error && w->nin > 1 && !(error = th_need_square(w, 1, "eigvalsh")))
        error = th_need_rows(w, "eigvalsh");
    return error;
}

static int eigvalsh_run(th_work *w)
{
    int64_t n = w->in[0].shape[0];
    char *a, *b, letter = w->params[0] ? 'L' : 'U';
    int info;
    if (!n)
        return 0;
    TH_ROOM(a, w, n * n * w->item);
    th_by_columns(w, &w->in[0], a);
    if (w->nin == 1) {
        info = th_lapack(w->frame, w->kind, LA_SYEVD, 'N', letter, n, a, n, w->out[0].data);
        return info ? not_converged(w, info) : 0;
    }
    TH_ROOM(b, w, n * n * w->item);
    th_by_columns(w, &w->in[1], b);
    info = th_lapack(w->frame, w->kind, LA_SYGVD, (int64_t)1, 'N', letter, n, a, n, b, n, w->out[0].data);
    if (info > n)
        return th_no_result(w, "The leading minor of order %lld of B is not positive definite.", (long long)(info - n));
    return info ? not_converged(w, info) : 0;
}
TH_MATRIX_OP(eigvalsh)

/* eig: a -> values, vectors */
static int eig_shapes(th_work *w)
{
    int64_t n = w->in[0].shape[0];
    th_give_shape(&w->out[0], 1, n, 0);
    th_give_shape(&w->out[1], 2, n, n);
    return th_need_square(w, 0, "eig");
}

static int eig_run(th_work *w)
{
    int64_t n = w->in[0].shape[0];
    char *a, *vectors, *beside;
    if (!n)
        return 0;
    TH_ROOM(a, w, n * n * w->item);
    TH_ROOM(vectors, w, n * n * w->item);
    TH_ROOM(beside, w, 2 * n * w->item);        /* imaginary parts, or the workspace for complex numbers */
    th_by_columns(w, &w->in[0], a);
    int64_t parts = n * n * (w->item / w->real);
    for (int64_t i = 0; i < parts; i++)
        if (!isfinite(real_at(w, a, i)))
            return th_no_result(w, "Array must not contain infs or NaNs");
    int info = th_lapack(w->frame, w->kind, LA_GEEV, 'N', 'V', n, a, n, w->out[0].data, beside, a, (int64_t)1, vectors,
                         n, beside);
    if (info)
        return not_converged(w, info);
    for (int64_t i = 0; w->kind < 2 && i < n; i++)
        if (real_at(w, beside, i) != 0)
            return th_no_result(w, "eig: this real matrix has complex eigenvalues. Give it as complex numbers: "
                                "eig(x.astype('complex128')).");
    from_columns(w, vectors, n, &w->out[1]);
    return 0;
}
TH_MATRIX_OP(eig)

/* -- pseudo-inverse: a -> its pseudo-inverse ---------------------------------------------------------------------------- */

static int pinv_shapes(th_work *w)
{
    th_give_shape(&w->out[0], 2, w->in[0].shape[1], w->in[0].shape[0]);
    return 0;
}

/* By singular values, of which those below 1e-15 times the largest count as zero. */
static int pinv_by_values(th_work *w)
{
    int64_t m = w->in[0].shape[0], n = w->in[0].shape[1], k = least(m, n);
    char *a, *s, *u, *vt;
    int error, complex = w->kind >= 2;
    TH_ROOM(a, w, m * n * w->item);
    TH_ROOM(s, w, k * w->real);
    TH_ROOM(u, w, m * k * w->item);
    TH_ROOM(vt, w, k * n * w->item);
    th_by_columns(w, &w->in[0], a);
    if ((error = decompose(w, 'S', m, n, a, s, u, vt)))
        return error;
    double limit = 1e-15 * real_at(w, s, 0);
    for (int64_t i = 0; i < k; i++) {
        double value = real_at(w, s, i), scale = value > limit ? 1 / value : 0;
        for (int64_t j = 0; j < m << complex; j++)
            if (w->real == 8)
                ((double *)u)[(i * m << complex) + j] *= scale;
            else
                ((float *)u)[(i * m << complex) + j] *= (float)scale;
    }
    for (int64_t i = 1; complex && i < 2 * (m + n) * k; i += 2) {       /* conjugates of both */
        char *at = i < 2 * m * k ? u + i * w->real : vt + (i - 2 * m * k) * w->real;
        if (w->real == 8)
            *(double *)at = -*(double *)at;
        else
            *(float *)at = -*(float *)at;
    }
    th_matrix left = {vt, n, k, k, 1}, right = {u, k, m, m, 1}, to = th_rows_of(w->out[0].data, n, m);
    th_multiply(w->kind, 1, &left, &right, 0, &to);
    return 0;
}

/* The inverse of a square matrix that is clearly regular; whether it was. */
static int pinv_by_inverse(th_work *w, int *done)
{
    int64_t n = w->in[0].shape[0], *pivot;
    char *lu, *work, *more;
    int error, complex = w->kind >= 2;
    double norm = 0;
    TH_ROOM(lu, w, n * n * w->item);
    TH_ROOM(pivot, w, n * sizeof *pivot);
    TH_ROOM(work, w, 4 * n * w->item);
    TH_ROOM(more, w, 2 * n * 8);
    th_by_rows(w, &w->in[0], lu);
    for (int64_t i = 0; i < n; i++) {           /* of the transpose, which is what LAPACK sees: sums over rows */
        double sum = 0;
        for (int64_t j = 0; j < n; j++) {
            int64_t at = i * n + j;
            sum += complex ? hypot(real_at(w, lu, 2 * at), real_at(w, lu, 2 * at + 1)) : fabs(real_at(w, lu, at));
        }
        norm = sum > norm || isnan(sum) ? sum : norm;
    }
    *done = 0;
    if (!isfinite(norm) || th_lu(w, n, lu, pivot, &error) || error)
        return 0;
    double given = norm, found = 0;
    float given_single = (float)norm, found_single = 0;
    int info = th_lapack(w->frame, w->kind, LA_GECON, '1', n, lu, n, w->real == 8 ? (void *)&given : &given_single,
                         w->real == 8 ? (void *)&found : &found_single, work, more, more);
    if (info)
        return info == TH_NO_MEMORY ? no_memory(w) : 0;
    if (w->real == 4)
        found = found_single;
    if (!(found > (w->real == 8 ? 1e-6 : 1e-3)))
        return 0;
    *done = 1;
    return th_inverse_from_lu(w, n, lu, pivot, w->out[0].data);
}

static int pinv_run(th_work *w)
{
    int done = 0, error;
    if (!th_count(&w->in[0]))
        return 0;
    if (w->in[0].shape[0] == w->in[0].shape[1]) {
        th_mark mark = th_scratch_mark(w->frame);
        if ((error = pinv_by_inverse(w, &done)) || done)
            return error;
        th_scratch_back(w->frame, mark);
    }
    return pinv_by_values(w);
}
TH_MATRIX_OP(pinv)

/* -- least squares: a, b, rcond -> x, residuals, rank, singular values ------------------------------------------------- */

int th_lstsq(const th_call *c)
{
    th_work opened, *w = &opened;
    int64_t n_items;
    int error = th_open(c, w, &n_items, NULL);
    if (error)
        return error;
    int64_t m = w->in[0].shape[0], n = w->in[0].shape[1], tall = most(m, n);
    int64_t columns = w->in[1].ndim > 1 ? w->in[1].shape[1] : 1;
    int complex = w->kind >= 2;
    char *a, *b, rank[8] = {0};
    double limit = *(const double *)w->in[2].data;
    float limit_single = (float)limit;
    if (w->in[1].shape[0] != m)
        return th_no_result(w, "Incompatible dimensions");
    th_give_shape(c->out[0], w->in[1].ndim, n, columns);
    c->out[3]->shape[0] = least(m, n);
    for (int k = 0; k < 4; k += k ? 1 : 2)
        if ((error = th_allocate(c->frame, c->out[k])))
            return error;
    TH_ROOM(a, w, m * n * w->item);
    TH_ROOM(b, w, tall * most(columns, 1) * w->item);
    th_by_columns(w, &w->in[0], a);
    th_matrix given = th_matrix_of(w, &w->in[1]), there = {b, m, columns, 1, tall};
    memset(b, 0, tall * most(columns, 1) * w->item);
    th_copy_matrix(w->item, &given, &there);
    int info = m && n ? th_lapack(w->frame, w->kind, LA_GELSD, m, n, columns, a, ld(m), b, ld(tall), c->out[3]->data,
                                  w->real == 8 ? (void *)&limit : &limit_single, rank) : 0;
    if (info)
        return info == TH_NO_MEMORY ? no_memory(w) : th_no_result(w, "SVD did not converge in Linear Least Squares");
    int64_t found = th_pivot(rank, 0);
    *(int64_t *)c->out[2]->data = found;
    th_matrix solution = {b, n, columns, 1, tall}, to = th_rows_of(c->out[0]->data, n, columns);
    th_copy_matrix(w->item, &solution, &to);
    c->out[1]->shape[0] = found != n || m <= n ? 0 : columns;
    if ((error = th_allocate(c->frame, c->out[1])))
        return error;
    for (int64_t j = 0; j < c->out[1]->shape[0]; j++) {
        double sum = 0;
        for (int64_t i = n << complex; i < m << complex; i++) {
            double x = real_at(w, b, (j * tall << complex) + i);
            sum += x * x;
        }
        if (w->real == 8)
            ((double *)c->out[1]->data)[j] = sum;
        else
            ((float *)c->out[1]->data)[j] = (float)sum;
    }
    return 0;
}
