/* LAPACK's routines by address, called from one table. */
#ifndef TH_LAPACK_H
#define TH_LAPACK_H
#include "product.h"
#include "vm.h"

/* A routine: what we call it, its name for real and for complex numbers, and its arguments; last comes `info`, which is
 * no argument of th_lapack.
 *   c a letter    n an integer    a an array of any kind, or a number by address    p integers of LAPACK (th_pivots)
 *   i an array for real numbers only    r an array for complex numbers only
 * and workspaces, for whose lengths the routine is asked first: W numbers, R real ones where numbers are complex,
 * I integers, each with its length; Q and J like R and I without. */
#define TH_LAPACK_ROUTINES(X) \
    X(GETRF, "getrf", "getrf", "nnanp") \
    X(GETRI, "getri", "getri", "nanpW") \
    X(GECON, "gecon", "gecon", "cnanaaair") \
    X(POTRF, "potrf", "potrf", "cnan") \
    X(POTRI, "potri", "potri", "cnan") \
    X(SYSV, "sysv", "hesv", "cnnanpanW") \
    X(GEQRF, "geqrf", "geqrf", "nnanaW") \
    X(ORGQR, "orgqr", "ungqr", "nnnanaW") \
    X(GESDD, "gesdd", "gesdd", "cnnanaananWrp") \
    X(SYEVD, "syevd", "heevd", "ccnanaWRI") \
    X(SYGVD, "sygvd", "hegvd", "nccnananaWRI") \
    X(GEEV, "geev", "geev", "ccnanaiananWr") \
    X(GELSD, "gelsd", "gelsd", "nnnananaapWQJ") \
    X(GEMM, "gemm", "gemm", "-ccnnnaananaan") \
    X(TRSM, "trsm", "trsm", "-ccccnnaanan")

enum th_lapack_routine {
#define X(id, real, complex, arguments) LA_##id,
    TH_LAPACK_ROUTINES(X)
#undef X
    LA_COUNT
};

/* Names of all routines for s, d, c, z in turn; NULL after the last. */
extern const char *const th_lapack_names[];

/* addresses: of the routines by these names. wide: integers have 64 bits. */
int th_set_lapack(const int64_t *addresses, int count, int wide);

/* 0 .. 3 for the dtypes that LAPACK has, -1 for others. */
int th_lapack_kind(int dtype);

/* Calls a routine for numbers of a kind; its info, or TH_NO_MEMORY. Workspaces are scratch memory of the frame. */
#define TH_NO_MEMORY (-1000)
int th_lapack(struct th_frame *f, int kind, int routine, ...);

/* Bytes of an integer of LAPACK, and one of them. */
int th_lapack_integer(void);
int64_t th_pivot(const void *pivots, int64_t i);
void th_set_pivot(void *pivots, int64_t i, int64_t value);

/* C = beta * C + alpha * A B for numbers of a kind, by our own loops or BLAS. Each of A, B has contiguous rows or columns,
 * C rows. */
void th_multiply(int kind, double alpha, const th_matrix *a, const th_matrix *b, double beta, const th_matrix *c);
#endif
