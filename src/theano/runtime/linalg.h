/* What the kernels of linear algebra share: matrices one by one of a batch, copies of them, triangular systems. */
#ifndef TH_LINALG_H
#define TH_LINALG_H
#include "arrays.h"
#include "factor.h"
#include "lapack.h"

/* One item of a batch: all inputs and outputs without the axis that counts items. Outputs are contiguous. */
typedef struct th_work {
    struct th_frame *frame;
    const int64_t *params;                      /* of the op */
    th_slot in[4], out[4];
    int nin, nout, kind, dtype, item, real;     /* kind: of th_lapack; bytes of a number and of a real one */
} th_work;

/* An op: sets the shape of each output of an item, and computes one. */
typedef struct th_matrix_op { int (*shapes)(th_work *w); int (*run)(th_work *w); } th_matrix_op;

/* Makes the first item of a call, how many there are, and the distance of each input's items in bytes.
 * params: a mask of the inputs that have an axis for items in front, then those of the op. */
int th_open(const th_call *c, th_work *w, int64_t *count, int64_t *step);
/* Runs an op for all of them. */
int th_each_matrix(const th_call *c, const th_matrix_op *op);

#define TH_MATRIX_OP(name) \
    int th_##name(const th_call *c) \
    { \
        static const th_matrix_op op = {name##_shapes, name##_run}; \
        return th_each_matrix(c, &op); \
    }

/* Reports that there is no result: numpy.linalg.LinAlgError. */
#define th_no_result(w, ...) \
    (snprintf(th_error_of((w)->frame)->text, sizeof th_error_of((w)->frame)->text, __VA_ARGS__), \
     th_error_of((w)->frame)->code = TH_NO_RESULT)

/* An error unless in[k] is square; unless in[1] has as many rows. */
int th_need_square(th_work *w, int k, const char *name);
int th_need_rows(th_work *w, const char *name);

/* Scratch for so many bytes; and the error where there is none. */
#define TH_ROOM(variable, w, nbytes) \
    if (!((variable) = th_scratch((w)->frame, (size_t)(nbytes) + 1))) \
        return th_fail((w)->frame, TH_OUT_OF_MEMORY, "no memory for linear algebra")

static inline void th_give_shape(th_slot *s, int ndim, int64_t a, int64_t b)
{
    s->ndim = ndim;
    s->shape[0] = a;
    if (ndim > 1)
        s->shape[1] = b;
}

/* The matrix of a slot, a vector as one column. */
th_matrix th_matrix_of(const th_work *w, const th_slot *s);
static inline th_matrix th_rows_of(void *data, int64_t rows, int64_t columns)
{
    return (th_matrix){data, rows, columns, columns, 1};
}
static inline th_matrix th_turned(th_matrix a) { return (th_matrix){a.data, a.columns, a.rows, a.column, a.row}; }

/* Copies of a slot's elements row by row, and column by column; of a matrix by its strides to any others. */
void th_by_rows(const th_work *w, const th_slot *s, void *to);
void th_by_columns(const th_work *w, const th_slot *s, void *to);
void th_copy_matrix(int item, const th_matrix *from, const th_matrix *to);

/* Zero where the triangle is not; ones on the diagonal on request. */
void th_clear_triangle(const th_work *w, char *a, int64_t n, int upper);
void th_identity(const th_work *w, char *a, int64_t rows, int64_t columns);
void th_fill_nan(const th_work *w, char *a, int64_t count);
/* One triangle of a matrix becomes the conjugate transpose of the other. */
void th_mirror(const th_work *w, char *a, int64_t n, int from_lower);

/* x := inv(a) x for a triangle, in place; the rows of x are contiguous. */
int th_solve_triangle(th_work *w, int lower, int unit, th_matrix a, th_matrix x);
/* The first zero on a diagonal, counted from 1, or 0. */
int64_t th_zero_pivot(const th_work *w, th_matrix a);

/* a := L U with columns exchanged, see th_factors; of n by n numbers row by row. The first zero pivot, or 0. */
int64_t th_lu(th_work *w, int64_t n, char *a, int64_t *pivot, int *error);
/* x := the solution by these factors. */
int th_solve_factored(th_work *w, int64_t n, char *lu, const int64_t *pivot, th_matrix x, int transposed);
/* out := the inverse from these factors, which are lost where out is their place. */
int th_inverse_from_lu(th_work *w, int64_t n, char *lu, const int64_t *pivot, char *out);
/* The lower triangle of a := its factor. 0, or the number of the row where it fails. */
int64_t th_cholesky_lower(th_work *w, int64_t n, char *a);
#endif
