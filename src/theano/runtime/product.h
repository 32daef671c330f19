/* Products of float and double arrays, for CPUs whose vector instructions BLAS may not know. */
#ifndef TH_PRODUCT_H
#define TH_PRODUCT_H
#include <stdint.h>

/* A matrix: strides in elements. packed: its data are what `pack` made of it, and the strides don't count. */
typedef struct th_matrix { char *data; int64_t rows, columns, row, column; int packed; } th_matrix;

/* C = beta * C + alpha * A B, where the numbers in a row of C lie side by side. beta 0: C is not read. */
typedef void (*th_product_fn)(double alpha, const th_matrix *a, const th_matrix *b, double beta, const th_matrix *c);

/* y = beta * y + alpha * A x, where x, y and either the rows or the columns of A are contiguous. */
typedef void (*th_apply_fn)(double alpha, const th_matrix *a, const char *x, double beta, char *y);

/* Writes B as second factors of many products are read best, into room for `packed(rows, columns)` numbers. */
typedef int64_t (*th_packed_fn)(int64_t rows, int64_t columns);
typedef void (*th_pack_fn)(const th_matrix *b, char *to);

typedef struct th_products { th_product_fn product; th_apply_fn apply; th_packed_fn packed; th_pack_fn pack; } th_products;

/* NULL where BLAS does better: other dtypes, CPUs and compilers. */
const th_products *th_products_of(int dtype);
#endif
