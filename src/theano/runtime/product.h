/* Products of float and double arrays, for CPUs whose vector instructions BLAS may not know. */
#ifndef TH_PRODUCT_H
#define TH_PRODUCT_H
#include <stdint.h>

enum { TH_SOON = 16 };

/* Memory that somebody will read or write soon, piece after piece: a product, which has time for it, brings it near. */
typedef struct th_soon { int64_t count, next; struct { char *at; int64_t bytes; } piece[TH_SOON]; } th_soon;

/* A matrix: strides in elements. packed: its data are what `pack` made of it, with room for so many rows, or as a first
 * factor what `pack_first` did, with room for so many columns, and the strides don't count; only with a packed B the product
 * may fetch what is wanted `soon`, unless that is NULL. rest: more columns of A, and the rows of a packed B that these are
 * multiplied with, unless NULL. */
typedef struct th_matrix {
    char *data;
    int64_t rows, columns, row, column, packed;
    th_soon *soon;
    const struct th_matrix *rest;
} th_matrix;

/* C = beta * C + alpha * A B, where the numbers in a row of C lie side by side. beta 0: C is not read. */
typedef void (*th_product_fn)(double alpha, const th_matrix *a, const th_matrix *b, double beta, const th_matrix *c);

/* y = beta * y + alpha * A x, where x, y and either the rows or the columns of A are contiguous. */
typedef void (*th_apply_fn)(double alpha, const th_matrix *a, const char *x, double beta, char *y);

/* Writes B as second factors of many products are read best, into room for `packed(rows, columns)` numbers; as rows `at`
 * and on of so many. And A as first factors are, into room for `packed_first(rows, columns)`; as columns `at` and on. */
typedef int64_t (*th_packed_fn)(int64_t rows, int64_t columns);
typedef void (*th_pack_fn)(const th_matrix *x, char *to, int64_t room, int64_t at);

/* C = A B for n times three matrices, `step` bytes from one to the next. Gives 0 where `product` is as good. */
typedef int (*th_many_fn)(th_matrix a, th_matrix b, th_matrix c, int64_t n, const int64_t *step);

typedef struct th_products {
    th_product_fn product;
    th_apply_fn apply;
    th_packed_fn packed, packed_first;
    th_pack_fn pack, pack_first;
    th_many_fn many;
} th_products;

/* What this step of a loop writes and the next one reads, for a product in it; NULL where a frame runs no step. */
struct th_frame;
th_soon *th_wanted_soon(struct th_frame *frame);

/* Whether a frame runs the first step of a loop. */
int th_is_first_step(const struct th_frame *frame);

/* NULL where BLAS does better: other dtypes, CPUs and compilers. */
const th_products *th_products_of(int dtype);

/* blas.c: a product by these loops, on several threads where that pays. */
void th_run_product(const th_products *loops, double alpha, const th_matrix *a, const th_matrix *b, double beta,
                    const th_matrix *c);
#endif
