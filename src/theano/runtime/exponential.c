/* Exponentials of matrices. */
#include <math.h>
#include "linalg.h"

/* Coefficients of Padé approximants of degree 3, 5, 7, 9, 13, and the norms up to which they are exact to rounding;
 * see Higham, "The Scaling and Squaring Method for the Matrix Exponential Revisited", 2005, table 2.3. */
static const double coefficients[5][14] = {
    {120, 60, 12, 1},
    {30240, 15120, 3360, 420, 30, 1},
    {17297280, 8648640, 1995840, 277200, 25200, 1512, 56, 1},
    {17643225600., 8821612800., 2075673600, 302702400, 30270240, 2162160, 110880, 3960, 90, 1},
    {64764752532480000., 32382376266240000., 7771770303897600., 1187353796428800., 129060195264000., 10559470521600.,
     670442572800., 33522128640., 1323241920, 40840800, 960960, 16380, 182, 1},
};
static const double reach[2][5] = {
    {4.258730016922831e-1, 1.880152677804762, 3.925724783138660},
    {1.495585217958292e-2, 2.539398330063230e-1, 9.504178996162932e-1, 2.097847961257068, 5.371920351148152},
};

/* to := the sum of factors times arrays of `count` real numbers. */
static void combine(int real, int64_t count, void *to, int n, const double *factor, void *const *from)
{
    for (int64_t i = 0; i < count; i++) {
        double sum = 0;
        for (int k = 0; k < n; k++)
            sum += factor[k] * (real == 8 ? ((double *)from[k])[i] : (double)((float *)from[k])[i]);
        if (real == 8)
            ((double *)to)[i] = sum;
        else
            ((float *)to)[i] = (float)sum;
    }
}

static void add_to_diagonal(th_work *w, char *a, int64_t n, double x)
{
    for (int64_t i = 0; i < n; i++)
        if (w->real == 8)
            *(double *)(a + i * (n + 1) * w->item) += x;
        else
            *(float *)(a + i * (n + 1) * w->item) += (float)x;
}

static void times(th_work *w, int64_t n, char *a, char *b, char *to)
{
    th_matrix x = th_rows_of(a, n, n), y = th_rows_of(b, n, n), z = th_rows_of(to, n, n);
    th_multiply(w->kind, 1, &x, &y, 0, &z);
}

/* The largest sum of absolute values in a column. */
static double norm(th_work *w, const char *a, int64_t n, double *sums)
{
    double largest = 0;
    memset(sums, 0, n * sizeof *sums);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            int64_t at = i * n + j;
            switch (w->kind) {
            case 0: sums[j] += fabsf(((const float *)a)[at]); break;
            case 1: sums[j] += fabs(((const double *)a)[at]); break;
            case 2: sums[j] += hypot(((const float *)a)[2 * at], ((const float *)a)[2 * at + 1]); break;
            default: sums[j] += hypot(((const double *)a)[2 * at], ((const double *)a)[2 * at + 1]);
            }
        }
    for (int64_t j = 0; j < n; j++)
        largest = sums[j] > largest || isnan(sums[j]) ? sums[j] : largest;
    return largest;
}

static int expm_shapes(th_work *w)
{
    int64_t n = w->in[0].shape[0];
    th_give_shape(&w->out[0], 2, n, n);
    return th_need_square(w, 0, "expm");
}

static int expm_run(th_work *w)
{
    int64_t n = w->in[0].shape[0], bytes = n * n * w->item, parts = bytes / w->real, *pivot;
    char *power[5], *odd, *even, *sum, *out = w->out[0].data;
    double *sums;
    int double_numbers = w->real == 8, last = double_numbers ? 4 : 2, squarings = 0, row = 0, error;
    if (!n)
        return 0;
    for (int k = 0; k < 5; k++)
        TH_ROOM(power[k], w, bytes);
    TH_ROOM(odd, w, bytes);
    TH_ROOM(even, w, bytes);
    TH_ROOM(sum, w, bytes);
    TH_ROOM(sums, w, n * sizeof *sums);
    TH_ROOM(pivot, w, n * sizeof *pivot);
    th_by_rows(w, &w->in[0], power[0]);
    double size = norm(w, power[0], n, sums);
    if (!isfinite(size)) {
        th_fill_nan(w, out, n * n);
        return 0;
    }
    while (row < last && size > reach[double_numbers][row])
        row++;
    if (size > reach[double_numbers][last]) {
        (void)frexp(size / reach[double_numbers][last], &squarings);
        double scale = ldexp(1, -squarings);
        combine(w->real, parts, power[0], 1, &scale, (void *const *)power);
    }
    const double *b = coefficients[row];
    int degree = row < 4 ? 2 * row + 3 : 13, powers = degree == 13 ? 3 : degree / 2;
    times(w, n, power[0], power[0], power[1]);          /* power[k] is the one of exponent 2 k */
    for (int k = 2; k <= powers; k++)
        times(w, n, power[k - 1], power[1], power[k]);
    double factors[4];
    for (int parity = 0; parity < 2; parity++) {
        char *to = parity ? sum : even;
        if (degree == 13) {
            for (int k = 0; k < 3; k++)
                factors[k] = b[8 + 2 * k + parity];
            combine(w->real, parts, odd, 3, factors, (void *const *)(power + 1));
            times(w, n, power[3], odd, to);
            void *from[4] = {to, power[1], power[2], power[3]};
            double more[4] = {1, b[2 + parity], b[4 + parity], b[6 + parity]};
            combine(w->real, parts, to, 4, more, from);
        } else {
            for (int k = 0; k < powers; k++)
                factors[k] = b[2 * k + 2 + parity];
            combine(w->real, parts, to, powers, factors, (void *const *)(power + 1));
        }
        add_to_diagonal(w, to, n, b[parity]);
    }
    times(w, n, power[0], sum, odd);
    void *both[2] = {even, odd};
    combine(w->real, parts, out, 2, (double[2]){1, 1}, both);
    combine(w->real, parts, sum, 2, (double[2]){1, -1}, both);
    th_lu(w, n, sum, pivot, &error);
    if (error || (error = th_solve_factored(w, n, sum, pivot, th_rows_of(out, n, n), 0)))
        return error;
    char *from = out, *to = even;
    for (int k = 0; k < squarings; k++) {
        times(w, n, from, from, to);
        from = to;
        to = from == even ? odd : even;
    }
    if (from != out)
        memcpy(out, from, bytes);
    return 0;
}
TH_MATRIX_OP(expm)
