/* Factors of matrices and triangular systems by loops of our own, for float and double. */
#ifndef TH_FACTOR_H
#define TH_FACTOR_H
#include "product.h"

/* Matrices w of n by n numbers have contiguous rows, `ld` numbers apart. */
typedef struct th_factors {
    /* w := L U P with triangles L and U, of which U has ones on its diagonal, that are stored in its place. Row by row
     * columns i and pivot[i] were exchanged. Gives the number of the first zero on the diagonal, counted from 1, or 0. */
    int64_t (*lu)(int64_t n, void *w, int64_t ld, int64_t *pivot);
    /* The lower triangle := L with L L.T; the upper one is not read. The number of the row where it is not positive
     * definite, counted from 1, or 0. */
    int64_t (*cholesky)(int64_t n, void *w, int64_t ld);
    /* The lower triangle := its inverse. Diagonal without zeros. */
    void (*invert)(int64_t n, void *w, int64_t ld);
    /* x := inv(a) x for a triangle of a, of any strides; the rows of x are contiguous. */
    void (*left)(int lower, int unit, const th_matrix *a, const th_matrix *x);
    /* x := x inv(a) for the same. */
    void (*right)(int lower, int unit, const th_matrix *a, const th_matrix *x);
} th_factors;

/* The loops for matrices of n rows; NULL where LAPACK is the better choice. */
const th_factors *th_factors_of(int dtype, int64_t n);

/* Takes the loops of a lower group of instruction sets from now on: for tests. */
void th_limit_factors(int level);
#endif
