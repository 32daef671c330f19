/* Sums of products, as in gradients by weights: out += alpha x^T y in every step of a loop.
 *
 * To add the product of a few rows to a matrix moves the whole matrix through the processor for little work. The rows of
 * some steps are put aside, as products read them best, and their product is added at once, while they are still near;
 * nobody looks at the sum before the loop ends. Sums that share a factor share its rows.
 */
#include "machine.h"
#include "arrays.h"
#include "blas.h"

typedef struct factor {
    struct factor *next;
    const th_slot *slot;                    /* of the step, whose rows these are */
    int second;                             /* y, not x */
    char *data;
    int64_t columns, rows, most, step, last;            /* rows: there are, there is room for; how many `step` added */
} factor;

typedef struct sum {
    struct sum *next;
    th_slot *out;
    const th_slot *alpha;
    factor *x, *y;
} sum;

struct th_delayed {
    factor *factors;
    sum *sums;
    int64_t step;                           /* the one that rows were put aside in last */
};

static factor *factor_of(struct th_delayed *d, const th_slot *slot, int second)
{
    factor *x = d->factors;
    while (x && (x->slot != slot || x->second != second))
        x = x->next;
    if (!x && (x = calloc(1, sizeof *x))) {
        *x = (factor){.next = d->factors, .slot = slot, .second = second, .step = -1};
        d->factors = x;
    }
    return x;
}

static sum *sum_of(struct th_delayed *d, th_slot **in, th_slot *out)
{
    sum *s = d->sums;
    while (s && s->out != out)
        s = s->next;
    if (!s && (s = calloc(1, sizeof *s))) {
        *s = (sum){d->sums, out, in[1], factor_of(d, in[2], 0), factor_of(d, in[3], 1)};
        if (!s->x || !s->y) {
            free(s);
            return NULL;
        }
        d->sums = s;
    }
    return s;
}

/* Puts the rows that a factor has in this step aside, once; turned: those of its transpose. */
static void put_aside(struct th_frame *f, factor *x, int turned, int64_t rows)
{
    th_slot s = *x->slot;
    int64_t shape[2] = {rows, s.ndim == 1 ? s.shape[0] : s.shape[!turned]}, stride[2] = {0, s.stride[0]};
    const th_products *loops = th_products_of(s.dtype);
    if (x->rows && x->step == f->step)
        return;
    if (s.ndim == 2) {
        stride[0] = s.stride[turned];
        stride[1] = s.stride[!turned];
    }
    if (loops) {
        int64_t down = stride[0] / s.itemsize, along = stride[1] / s.itemsize;
        th_matrix y = {s.data, rows, shape[1], down, along}, turned_x = {s.data, shape[1], rows, along, down};
        (x->second ? loops->pack : loops->pack_first)(x->second ? &y : &turned_x, x->data, x->most, x->rows);
    } else {
        s.ndim = 2;
        s.shape = shape;
        s.stride = stride;
        th_collect(x->data + x->rows * shape[1] * s.itemsize, &s);
    }
    x->rows += rows;
    x->last = rows;
    x->step = f->step;
}

/* Makes room for `most` rows and those of a step more, which are half as many or fewer. */
static int make_room(struct th_frame *f, factor *x, int64_t columns, int64_t most)
{
    const th_products *loops = th_products_of(x->slot->dtype);
    most += most / 2;
    if (x->rows || (x->columns == columns && x->most == most))
        return 1;
    th_free_buffer(x->data);
    x->columns = columns;
    x->most = most;
    int64_t n = !loops ? most * columns : x->second ? loops->packed(most, columns) : loops->packed_first(columns, most);
    size_t size = (size_t)n * x->slot->itemsize;
    x->data = th_memory_of(f, size + 64, size);
    x->columns = x->data ? columns : -1;
    return x->data != NULL;
}

/* Adds the product of all rows. */
static int add(struct th_frame *f, const sum *s)
{
    int16_t item = s->out->itemsize;
    double one[2] = {1, 0};
    float single[2] = {1, 0};
    int wide = s->out->dtype == TH_FLOAT64 || s->out->dtype == TH_COMPLEX128;
    int64_t m = s->x->columns, n = s->y->columns, rows = s->x->rows;
    const th_products *loops = th_products_of(s->out->dtype);
    if (loops) {
        th_matrix a = {s->x->data, m, rows, .packed = s->x->most}, b = {s->y->data, rows, n, n, 1, s->y->most};
        th_matrix c = {s->out->data, m, n, m > 1 ? s->out->stride[0] / item : n, 1};
        th_run_product(loops, wide ? *(double *)s->alpha->data : *(float *)s->alpha->data, &a, &b, 1, &c);
        return 0;
    }
    int64_t xs[2] = {m, rows}, xt[2] = {item, m * item}, ys[2] = {rows, n}, yt[2] = {n * item, item};
    th_slot x = *s->out, y = *s->out, beta = *s->alpha, alpha = *s->alpha;
    x.data = s->x->data;
    x.shape = xs;
    x.stride = xt;
    y.data = s->y->data;
    y.shape = ys;
    y.stride = yt;
    beta.data = wide ? (char *)one : (char *)single;
    th_slot *in[5] = {s->out, &alpha, &x, &y, &beta};
    return th_blas(f, TH_GEMM, in, 5, s->out, 1);
}

int th_add_delayed(struct th_frame *f, int forget)
{
    int error = 0;
    for (const sum *s = f->delayed->sums; s && !forget && !error; s = s->next)
        if (s->x->rows)
            error = add(f, s);
    for (factor *x = f->delayed->factors; x; x = x->next)
        x->rows = 0;
    return error;
}

/* Whether rows as in the last step are too many for some factor. */
static int is_full(const struct th_delayed *d, int64_t most)
{
    for (const factor *x = d->factors; x; x = x->next)
        if (x->rows && x->rows + x->last > most)
            return 1;
    return 0;
}

/* Vectors, or matrices, x of which is turned: columns of x and rows of y. */
int th_delay(struct th_frame *f, int kind, th_slot **in, th_slot *out, int64_t most)
{
    int64_t rows = kind == TH_GER ? 1 : in[3]->shape[0];
    if (2 * rows > most)
        return th_blas(f, kind, in, kind == TH_GER ? 4 : 5, out, 1);
    int error = th_check_blas(f, kind, in, out);
    if (error || !rows || !th_count(out))
        return error;
    if (!f->delayed && (f->delayed = calloc(1, sizeof *f->delayed)))
        f->delayed->step = -1;
    sum *s = f->delayed ? sum_of(f->delayed, in, out) : NULL;
    if (s && f->delayed->step != f->step && is_full(f->delayed, most) && (error = th_add_delayed(f, 0)))
        return error;
    if (!s || !make_room(f, s->x, out->shape[0], most) || !make_room(f, s->y, out->shape[1], most))
        return th_error_of(f)->code = TH_OUT_OF_MEMORY;
    put_aside(f, s->x, kind == TH_GEMM, rows);
    put_aside(f, s->y, 0, rows);
    f->delayed->step = f->step;
    return 0;
}

void th_free_delayed(struct th_frame *f)
{
    struct th_delayed *d = f->delayed;
    while (d && d->factors) {
        factor *x = d->factors;
        d->factors = x->next;
        th_free_buffer(x->data);
        free(x);
    }
    while (d && d->sums) {
        sum *s = d->sums;
        d->sums = s->next;
        free(s);
    }
    free(d);
    f->delayed = NULL;
}
