/* Sums of products of few rows, as in gradients by weights: out += alpha x^T y in every step of a loop.
 *
 * To add the product of one row to a matrix moves the whole matrix through the processor for little work. The rows of
 * some steps are put aside, and their product is added at once; nobody looks at the sum before the loop ends.
 */
#include "machine.h"
#include "arrays.h"
#include "blas.h"

enum { ROWS = 16 };                         /* as many are worth a product of matrices */

struct th_delayed {
    struct th_delayed *next;
    th_slot *out;                           /* the sum; the rest belongs to one loop */
    const th_slot *alpha;
    char *x, *y;                            /* rows side by side */
    int64_t m, n, rows;
    size_t room;
};

static struct th_delayed *of(struct th_frame *f, th_slot *out)
{
    struct th_delayed *d = f->delayed;
    while (d && d->out != out)
        d = d->next;
    if (!d && (d = calloc(1, sizeof *d))) {
        d->out = out;
        d->next = f->delayed;
        f->delayed = d;
    }
    return d;
}

/* One product of all rows. */
static int add(struct th_frame *f, struct th_delayed *d)
{
    if (!d->rows)
        return 0;
    int16_t item = d->out->itemsize;
    double one[2] = {1, 0};
    float single[2] = {1, 0};
    int wide = d->out->dtype == TH_FLOAT64 || d->out->dtype == TH_COMPLEX128;
    int64_t xs[2] = {d->m, d->rows}, xt[2] = {item, d->m * item}, ys[2] = {d->rows, d->n}, yt[2] = {d->n * item, item};
    th_slot x = *d->out, y = *d->out, beta = *d->alpha, alpha = *d->alpha;
    x.data = d->x;
    x.shape = xs;
    x.stride = xt;
    y.data = d->y;
    y.shape = ys;
    y.stride = yt;
    beta.data = wide ? (char *)one : (char *)single;
    d->rows = 0;
    th_slot *in[5] = {d->out, &alpha, &x, &y, &beta};
    return th_blas(f, TH_GEMM, in, 5, d->out, 1);
}

static int make_room(struct th_delayed *d, int64_t m, int64_t n, int item)
{
    size_t size = (size_t)(m + n) * ROWS * item;
    if (size > d->room) {
        free(d->x);
        d->room = posix_memalign((void **)&d->x, 64, size + 64) ? 0 : size;
        if (!d->room)
            d->x = NULL;
    }
    d->m = m;
    d->n = n;
    d->y = d->x + m * ROWS * item;
    return d->x != NULL;
}

/* Vectors, or matrices, x of which is turned: columns of x and rows of y. */
int th_delay(struct th_frame *f, int kind, th_slot **in, th_slot *out)
{
    th_slot x = *in[2], y = *in[3];
    int64_t rows = kind == TH_GER ? 1 : y.shape[0], m = x.shape[0], n = y.shape[y.ndim - 1];
    if (rows >= ROWS)
        return th_blas(f, kind, in, kind == TH_GER ? 4 : 5, out, 1);
    int error = th_check_blas(f, kind, in, out);
    struct th_delayed *d = error || !m || !n ? NULL : of(f, out);
    if (!d)
        return error || !m || !n ? error : TH_OUT_OF_MEMORY;
    if (d->rows + rows > ROWS && (error = add(f, d)))
        return error;
    if (!d->rows && !make_room(d, m, n, out->itemsize))
        return th_error_of(f)->code = TH_OUT_OF_MEMORY;
    d->alpha = in[1];
    if (kind == TH_GEMM) {
        int64_t shape[2] = {x.shape[1], x.shape[0]}, stride[2] = {x.stride[1], x.stride[0]};
        x.shape = shape;
        x.stride = stride;
        th_collect(d->x + d->rows * m * out->itemsize, &x);
    } else {
        th_collect(d->x + d->rows * m * out->itemsize, &x);
    }
    th_collect(d->y + d->rows * n * out->itemsize, &y);
    d->rows += rows;
    return 0;
}

int th_add_delayed(struct th_frame *f, int forget)
{
    int error = 0;
    for (struct th_delayed *d = f->delayed; d; d = d->next) {
        if (forget)
            d->rows = 0;
        else if (!error)
            error = add(f, d);
    }
    return error;
}

void th_free_delayed(struct th_frame *f)
{
    while (f->delayed) {
        struct th_delayed *d = f->delayed;
        f->delayed = d->next;
        free(d->x);
        free(d);
    }
}
