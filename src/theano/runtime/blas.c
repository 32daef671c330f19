/* Products of arrays of any strides through Fortran BLAS. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "blas.h"
#include "product.h"
#include "kernels.h"

static void *function[4][4];
static int wide_integers;

typedef void (*gemm_fn)(char *, char *, void *, void *, void *, void *, void *, void *, void *, void *, void *, void *,
                        void *);
typedef void (*gemv_fn)(char *, void *, void *, void *, void *, void *, void *, void *, void *, void *, void *);
typedef void (*ger_fn)(void *, void *, void *, void *, void *, void *, void *, void *, void *);

typedef union { int32_t i; int64_t l; } blas_int;

int th_set_blas(const int64_t *addresses, int count, int wide)
{
    if (count != 16)
        return 0;
    for (int i = 0; i < 16; i++)
        function[i / 4][i % 4] = (void *)(uintptr_t)addresses[i];
    wide_integers = wide;
    return 1;
}

static blas_int number(int64_t n)
{
    blas_int b;
    if (wide_integers)
        b.l = n;
    else
        b.i = (int32_t)n;
    return b;
}

static int kind_of(const th_slot *s)
{
    switch (s->dtype) {
    case TH_FLOAT32: return 0;
    case TH_FLOAT64: return 1;
    case TH_COMPLEX64: return 2;
    case TH_COMPLEX128: return 3;
    }
    return -1;
}

static int mismatch(struct th_frame *f, const char *what, int64_t a, int64_t b)
{
    th_error_info *e = th_error_of(f);
    e->code = TH_SHAPE_MISMATCH;
    e->a = a;
    e->b = b;
    snprintf(e->text, sizeof e->text, "%s: %lld and %lld", what, (long long)a, (long long)b);
    return TH_SHAPE_MISMATCH;
}

static int no_memory(struct th_frame *f)
{
    th_error_of(f)->code = TH_OUT_OF_MEMORY;
    return TH_OUT_OF_MEMORY;
}

/* A matrix as BLAS sees it: columns of `ld` elements; `t` when it has to be transposed for that. */
typedef struct { char *data; int64_t ld; char t; } matrix;

static int has_rows(const th_slot *s, int64_t *ld)
{
    int64_t item = s->itemsize, m = s->shape[0], n = s->shape[1];
    if (n > 1 && s->stride[1] != item)
        return 0;
    *ld = m > 1 ? s->stride[0] / item : n;
    if (m > 1 && (s->stride[0] % item || *ld < n || *ld < 1))
        return 0;
    if (*ld < 1)
        *ld = 1;
    return 1;
}

static void copy_matrix(char *to, const th_slot *s)
{
    int64_t stride[2] = {s->shape[1] * s->itemsize, s->itemsize};
    th_copy(to, stride, s);
}

static int as_matrix(struct th_frame *f, const th_slot *s, matrix *out)
{
    int64_t shape[2] = {s->shape[1], s->shape[0]}, stride[2] = {s->stride[1], s->stride[0]};
    th_slot flipped = *s;
    flipped.shape = shape;
    flipped.stride = stride;
    out->data = s->data;
    if (has_rows(s, &out->ld)) {
        out->t = 'N';               /* row major: its transpose, column major */
        return 0;
    }
    if (has_rows(&flipped, &out->ld)) {
        out->t = 'T';
        return 0;
    }
    out->data = th_scratch(f, s->shape[0] * s->shape[1] * s->itemsize + 1);
    if (!out->data)
        return no_memory(f);
    copy_matrix(out->data, s);
    out->ld = s->shape[1] > 0 ? s->shape[1] : 1;
    out->t = 'N';
    return 0;
}

static int as_vector(struct th_frame *f, const th_slot *s, char **data, int64_t *step)
{
    int64_t n = s->shape[0];
    *data = s->data;
    *step = n > 1 ? s->stride[0] / s->itemsize : 1;
    if (n <= 1 || (s->stride[0] > 0 && s->stride[0] % s->itemsize == 0))
        return 0;
    char *to = *data = th_scratch(f, n * s->itemsize + 1);
    if (!to)
        return no_memory(f);
    for (int64_t i = 0; i < n; i++)
        memcpy(to + i * s->itemsize, s->data + i * s->stride[0], s->itemsize);
    *step = 1;
    return 0;
}

static int is_zero(const th_slot *s)
{
    for (int i = 0; i < s->itemsize; i++)
        if (s->data[i])
            return 0;
    return 1;
}

/* Makes `out` the storage of z, or a contiguous copy of it (without its values when they don't count). */
static int start(struct th_frame *f, const th_slot *z, th_slot *out, int inplace, int needed)
{
    memcpy(out->shape, z->shape, sizeof(int64_t) * z->ndim);
    if (inplace) {
        out->data = z->data;
        memcpy(out->stride, z->stride, sizeof(int64_t) * z->ndim);
        return 0;
    }
    int error = th_allocate(f, out);
    if (error || !needed)
        return error;
    if (z->ndim == 2) {
        copy_matrix(out->data, z);
    } else {
        for (int64_t i = 0; i < z->shape[0]; i++)
            memcpy(out->data + i * z->itemsize, z->data + i * z->stride[0], z->itemsize);
    }
    return 0;
}

static double real(const th_slot *s)
{
    return s->dtype == TH_FLOAT32 ? *(float *)s->data : *(double *)s->data;
}

/* Whether a product in the first step of a loop, whose states are often zeros, is zero: of zeros with finite numbers. */
static int is_nothing(const struct th_frame *f, const th_slot *alpha, const th_slot *x, const th_slot *packed)
{
    int64_t bytes = th_count(x) * x->itemsize, n = th_count(packed), others = 0, ld;
    if (!th_is_first_step(f) || !n || !bytes || !isfinite(real(alpha)) || x->data[0]
        || !has_rows(x, &ld) || ld != x->shape[1] || memcmp(x->data, x->data + 1, bytes - 1))
        return 0;
    if (packed->dtype == TH_FLOAT32)
        for (int64_t i = 0; i < n; i++)
            others |= (((uint32_t *)packed->data)[i] & 0x7f800000u) == 0x7f800000u;
    else
        for (int64_t i = 0; i < n; i++)
            others |= (((uint64_t *)packed->data)[i] & 0x7ff0000000000000u) == 0x7ff0000000000000u;
    return !others;
}

/* out = beta * out, to which a product of nothing adds nothing; not `needed`: out = 0. */
static void scale(const th_slot *out, const th_slot *beta, int needed)
{
    int last = out->ndim - 1;
    int64_t rows = last ? out->shape[0] : 1, row = last ? out->stride[0] : 0;
    for (int64_t i = 0; i < rows; i++) {
        if (!needed && out->stride[last] == out->itemsize) {
            memset(out->data + i * row, 0, out->shape[last] * out->itemsize);
            continue;
        }
        for (int64_t j = 0; j < out->shape[last]; j++) {
            char *at = out->data + i * row + j * out->stride[last];
            if (!needed)
                memset(at, 0, out->itemsize);
            else if (out->dtype == TH_FLOAT32)
                *(float *)at *= *(float *)beta->data;
            else if (out->dtype == TH_FLOAT64)
                *(double *)at *= *(double *)beta->data;
            else if (out->dtype == TH_COMPLEX64)
                *(float _Complex *)at *= *(float _Complex *)beta->data;
            else
                *(double _Complex *)at *= *(double _Complex *)beta->data;
        }
    }
}

/* The matrix of a slot, turned round on request; whether its strides are whole numbers of elements. */
static int in_elements(const th_slot *s, int flip, th_matrix *out)
{
    int64_t item = s->itemsize;
    *out = (th_matrix){s->data, s->shape[flip], s->shape[!flip], s->stride[flip] / item, s->stride[!flip] / item};
    if (out->rows == 1)
        out->row = out->columns;
    if (out->columns == 1)
        out->column = 1;
    return s->stride[0] % item == 0 && s->stride[1] % item == 0;
}

typedef struct { const th_products *loops; double alpha, beta; th_matrix a, b, c; int by_rows; } product_job;

enum { UNIT = 96 };             /* rows or columns that a thread takes at once: whole tiles, and whole panels */

static void product_piece(void *arg, int64_t begin, int64_t end)
{
    product_job job = *(product_job *)arg;
    int64_t item = job.loops == th_products_of(TH_FLOAT32) ? 4 : 8, first = begin * UNIT;
    int64_t all = job.by_rows ? job.c.rows : job.c.columns, count = end * UNIT < all ? end * UNIT - first : all - first;
    job.b.soon = NULL;
    th_matrix rest;
    if (job.by_rows) {
        job.a.data += first * (job.a.packed ? job.a.packed : job.a.row) * item;
        job.c.data += first * job.c.row * item;
        job.a.rows = job.c.rows = count;
        if (job.a.rest) {
            rest = *job.a.rest;
            rest.data += first * rest.row * item;
            rest.rows = count;
            job.a.rest = &rest;
        }
    } else {
        job.b.data += first * (job.b.packed ? job.b.packed : job.b.column) * item;
        job.c.data += first * item;
        job.b.columns = job.c.columns = count;
        if (job.b.rest) {
            rest = *job.b.rest;
            rest.data += first * rest.packed * item;
            rest.columns = count;
            job.b.rest = &rest;
        }
    }
    job.loops->product(job.alpha, &job.a, &job.b, job.beta, &job.c);
}

void th_run_product(const th_products *loops, double alpha, const th_matrix *a, const th_matrix *b, double beta,
                    const th_matrix *c)
{
    product_job job = {loops, alpha, beta, *a, *b, *c, c->rows > c->columns};
    int64_t units = ((job.by_rows ? c->rows : c->columns) + UNIT - 1) / UNIT;
    if (th_product_threads() > 1 && units > 1 && c->rows * c->columns * a->columns > 1000000)
        th_parallel_for(product_piece, &job, units, th_product_threads());
    else
        loops->product(alpha, a, b, beta, c);
}

/* out = beta * out + alpha * x y without BLAS; whether it could. packed: y as `th_pack_factor` makes it, or NULL. */
static int own_product(const th_slot *alpha, const th_slot *x, const th_slot *y, const th_slot *packed, const th_slot *beta,
                       const th_slot *out, th_soon *soon)
{
    const th_products *loops = th_products_of(out->dtype);
    th_matrix a, b, c;
    if (!loops || !x->shape[1])
        return 0;
    int flip = out->shape[1] > 1 && out->stride[1] != out->itemsize;
    if (!in_elements(flip ? y : x, flip, &a) || !in_elements(flip ? x : y, flip, &b) ||
        !in_elements(out, flip, &c) || c.column != 1)
        return 0;
    if (packed && packed->shape[0] && !flip) {
        b.data = packed->data;
        b.packed = b.rows;
        b.soon = soon;
    }
    th_run_product(loops, real(alpha), &a, &b, real(beta), &c);
    return 1;
}

/* out = beta * out + alpha * a x without BLAS; whether it could. */
static int own_apply(const th_slot *alpha, const th_slot *a, const char *x, int64_t step, const th_slot *beta,
                     const th_slot *out)
{
    const th_products *loops = th_products_of(out->dtype);
    th_matrix matrix;
    if (!loops || step != 1 || !in_elements(a, 0, &matrix) || (matrix.column != 1 && matrix.row != 1) ||
        (out->shape[0] > 1 && out->stride[0] != out->itemsize))
        return 0;
    loops->apply(real(alpha), &matrix, x, real(beta), out->data);
    return 1;
}

/* Whether z (m, n) + x (m, k) y (k, n) is possible, where x and y may be vectors. */
static int check_shapes(struct th_frame *f, int kind, th_slot **in)
{
    th_slot *z = in[0], *x = in[2], *y = in[3];
    int64_t m = x->shape[0], n = kind == TH_GEMV ? 1 : y->shape[kind == TH_GEMM ? 1 : 0];
    if (kind != TH_GER && x->shape[1] != y->shape[0])
        return mismatch(f, "shapes not aligned: the inner extents of a product differ", x->shape[1], y->shape[0]);
    if (z->shape[0] != m)
        return mismatch(f, "a sum with a product needs equal shapes, an extent differs", z->shape[0], m);
    if (kind != TH_GEMV && z->shape[1] != n)
        return mismatch(f, "a sum with a product needs equal shapes, an extent differs", z->shape[1], n);
    return 0;
}

static int gemm(struct th_frame *f, th_slot **in, const th_slot *packed, th_slot *out, int inplace)
{
    th_slot *z = in[0], *alpha = in[1], *x = in[2], *y = in[3], *beta = in[4];
    int64_t m = x->shape[0], k = x->shape[1], n = y->shape[1], ldz;
    int kind = kind_of(out), needed = !is_zero(beta);
    int error = start(f, z, out, inplace, needed);
    if (error || !m || !n)
        return error;
    if (!k || (packed && is_nothing(f, alpha, x, packed))) {
        scale(out, beta, needed);
        return 0;
    }
    if (own_product(alpha, x, y, packed, beta, out, packed ? th_wanted_soon(f) : NULL))
        return 0;
    matrix a, b;
    if ((error = as_matrix(f, x, &a)) || (error = as_matrix(f, y, &b)))
        return error;
    gemm_fn call = (gemm_fn)function[0][kind];
    blas_int bm = number(m), bn = number(n), bk = number(k), lda = number(a.ld), ldb = number(b.ld), ldc;
    if (has_rows(out, &ldz)) {
        ldc = number(ldz);
        call(&b.t, &a.t, &bn, &bm, &bk, alpha->data, b.data, &ldb, a.data, &lda, beta->data, out->data, &ldc);
        return 0;
    }
    int64_t shape[2] = {out->shape[1], out->shape[0]}, stride[2] = {out->stride[1], out->stride[0]};
    th_slot flipped = *out;
    flipped.shape = shape;
    flipped.stride = stride;
    if (has_rows(&flipped, &ldz)) {
        char ta = a.t == 'N' ? 'T' : 'N', tb = b.t == 'N' ? 'T' : 'N';
        ldc = number(ldz);
        call(&ta, &tb, &bm, &bn, &bk, alpha->data, a.data, &lda, b.data, &ldb, beta->data, out->data, &ldc);
        return 0;
    }
    char *temporary = th_scratch(f, m * n * out->itemsize + 1);
    if (!temporary)
        return no_memory(f);
    copy_matrix(temporary, out);
    ldc = number(n);
    call(&b.t, &a.t, &bn, &bm, &bk, alpha->data, b.data, &ldb, a.data, &lda, beta->data, temporary, &ldc);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++, temporary += out->itemsize)
            memcpy(out->data + i * out->stride[0] + j * out->stride[1], temporary, out->itemsize);
    return 0;
}

static int gemv(struct th_frame *f, th_slot **in, th_slot *out, int inplace)
{
    th_slot *y = in[0], *alpha = in[1], *a = in[2], *x = in[3], *beta = in[4];
    int64_t m = a->shape[0], k = a->shape[1];
    int needed = !is_zero(beta), kind = kind_of(out);
    int error = start(f, y, out, inplace, needed);
    if (error || !m)
        return error;
    if (!k) {
        scale(out, beta, needed);
        return 0;
    }
    matrix mat;
    char *v;
    int64_t step;
    if ((error = as_vector(f, x, &v, &step)))
        return error;
    if (own_apply(alpha, a, v, step, beta, out))
        return 0;
    if ((error = as_matrix(f, a, &mat)))
        return error;
    int64_t ystep = m > 1 ? out->stride[0] / out->itemsize : 1;
    blas_int rows = number(mat.t == 'N' ? k : m), columns = number(mat.t == 'N' ? m : k), ld = number(mat.ld),
             incx = number(step), incy = number(ystep);
    char t = mat.t == 'N' ? 'T' : 'N';
    if (ystep <= 0 || (m > 1 && out->stride[0] % out->itemsize)) {
        char *temporary = th_scratch(f, m * out->itemsize + 1);
        if (!temporary)
            return no_memory(f);
        for (int64_t i = 0; i < m; i++)
            memcpy(temporary + i * out->itemsize, out->data + i * out->stride[0], out->itemsize);
        incy = number(1);
        ((gemv_fn)function[1][kind])(&t, &rows, &columns, alpha->data, mat.data, &ld, v, &incx, beta->data, temporary,
                                     &incy);
        for (int64_t i = 0; i < m; i++)
            memcpy(out->data + i * out->stride[0], temporary + i * out->itemsize, out->itemsize);
        return 0;
    }
    ((gemv_fn)function[1][kind])(&t, &rows, &columns, alpha->data, mat.data, &ld, v, &incx, beta->data, out->data,
                                 &incy);
    return 0;
}

static int ger(struct th_frame *f, th_slot **in, th_slot *out, int inplace)
{
    th_slot *a = in[0], *alpha = in[1], *x = in[2], *y = in[3];
    int64_t m = x->shape[0], n = y->shape[0], ld, xs, ys;
    if (inplace && !has_rows(a, &ld))
        inplace = 2;                /* through a copy */
    th_slot target = *out;
    int error = start(f, a, out, inplace != 0, 1);
    if (error || !m || !n)
        return error;
    target = *out;
    int64_t stride[2] = {n * out->itemsize, out->itemsize};
    if (inplace == 2) {
        target.data = th_scratch(f, m * n * out->itemsize + 1);
        if (!target.data)
            return no_memory(f);
        copy_matrix(target.data, out);
        target.stride = stride;
    }
    char *u, *v;
    if ((error = as_vector(f, x, &u, &xs)) || (error = as_vector(f, y, &v, &ys)))
        return error;
    has_rows(&target, &ld);
    blas_int bm = number(m), bn = number(n), incx = number(xs), incy = number(ys), lda = number(ld);
    ((ger_fn)function[2][kind_of(out)])(&bn, &bm, alpha->data, v, &incy, u, &incx, target.data, &lda);
    if (inplace == 2)
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++)
                memcpy(out->data + i * out->stride[0] + j * out->stride[1],
                       target.data + (i * n + j) * out->itemsize, out->itemsize);
    return 0;
}

static int dot(struct th_frame *f, th_slot **in, th_slot *out)
{
    char *u, *v;
    int64_t xs, ys, n = in[0]->shape[0];
    if (n != in[1]->shape[0])
        return mismatch(f, "shapes not aligned: two vectors of a product differ in length", n, in[1]->shape[0]);
    int error = th_allocate(f, out);
    if (error || (error = as_vector(f, in[0], &u, &xs)) || (error = as_vector(f, in[1], &v, &ys)))
        return error;
    blas_int bn = number(n), incx = number(xs), incy = number(ys);
    if (kind_of(out) == 1)
        *(double *)out->data = ((double (*)(void *, void *, void *, void *, void *))function[3][1])(&bn, u, &incx, v,
                                                                                                    &incy);
    else
        *(float *)out->data = ((float (*)(void *, void *, void *, void *, void *))function[3][0])(&bn, u, &incx, v,
                                                                                                  &incy);
    return 0;
}

int th_check_blas(struct th_frame *f, int kind, th_slot **in, th_slot *out)
{
    int error = check_shapes(f, kind, in);
    return error ? error : start(f, in[0], out, 1, 0);
}

/* y as products read it best; empty where they read it where it lies. */
int th_pack_factor(const th_call *c)
{
    th_slot *y = c->in[0], *out = c->out[0];
    const th_products *loops = th_products_of(y->dtype);
    th_matrix b;
    int own = loops && in_elements(y, 0, &b);
    out->shape[0] = own ? loops->packed(b.rows, b.columns) : 0;
    int error = th_allocate(c->frame, out);
    if (!error && own)
        loops->pack(&b, out->data, b.rows, 0);
    return error;
}

/* out = alpha (x y + u v), with packed second factors: at once where that can be, else one after the other. */
static int two_products(struct th_frame *f, th_slot **in, th_slot *out, int inplace)
{
    th_slot *second[6] = {out, in[1], in[6], in[7], in[1], in[8]};
    int error = start(f, in[0], out, inplace, 0);
    if (error || (error = check_shapes(f, TH_GEMM, second)))
        return error;
    if (is_nothing(f, in[1], in[6], in[8]))
        return gemm(f, in, in[5], out, inplace);
    const th_products *loops = th_products_of(out->dtype);
    th_matrix a, b, c, u, v;
    if (loops && in[5]->shape[0] && in[8]->shape[0] && in[2]->shape[1] && in[6]->shape[1] && th_count(out)
        && in_elements(in[2], 0, &a) && in_elements(in[3], 0, &b) && in_elements(in[6], 0, &u)
        && in_elements(in[7], 0, &v) && in_elements(out, 0, &c) && c.column == 1) {
        b.data = in[5]->data;
        b.packed = b.rows;
        b.soon = th_wanted_soon(f);
        v.data = in[8]->data;
        v.packed = v.rows;
        a.rest = &u;
        b.rest = &v;
        th_run_product(loops, real(in[1]), &a, &b, 0, &c);
        return 0;
    }
    error = gemm(f, in, in[5], out, inplace);
    return error ? error : gemm(f, second, in[8], out, 1);
}

int th_blas(struct th_frame *f, int kind, th_slot **in, int nin, th_slot *out, int inplace)
{
    int error = kind == TH_DOT ? 0 : check_shapes(f, kind, in);
    if (error)
        return error;
    switch (kind) {
    case TH_GEMM:
        return nin > 6 ? two_products(f, in, out, inplace) : gemm(f, in, nin > 5 ? in[5] : NULL, out, inplace);
    case TH_GEMV: return gemv(f, in, out, inplace);
    case TH_GER: return ger(f, in, out, inplace);
    }
    return dot(f, in, out);
}
