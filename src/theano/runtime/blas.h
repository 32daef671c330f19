/* Products through BLAS functions given by address. */
#ifndef TH_BLAS_H
#define TH_BLAS_H
#include "vm.h"

enum th_blas_kind { TH_GEMM, TH_GEMV, TH_GER, TH_DOT };

/* addresses: gemm, gemv, ger and dot, each for s, d, c, z. wide: integers have 64 bits. */
int th_set_blas(const int64_t *addresses, int count, int wide);

/* in: GEMM z, alpha, x, y, beta and perhaps what `th_pack_factor` made of y; then perhaps factors of a product that is
 * added, u, v and what it made of v, where alpha is 1 and beta 0; GEMV y, alpha, A, x, beta; GER A, alpha, x, y; DOT x, y.
 * inplace: the result is the storage of the first. */
int th_blas(struct th_frame *frame, int kind, th_slot **in, int nin, th_slot *out, int inplace);

/* Whether th_blas can work in place (not DOT): compares shapes and makes out the storage of the first. */
int th_check_blas(struct th_frame *frame, int kind, th_slot **in, th_slot *out);
#endif
