/* Prebuilt kernels: ops whose loops are the same in every function. Programs call them by name. */
#ifndef TH_KERNELS_H
#define TH_KERNELS_H
#include <stdio.h>
#include "vm.h"

/* What a kernel gets. It sets the shape of each output and allocates it with th_allocate, or makes it a view of an
 * input where the program says so; it gives 0, or an error after th_refuse. params belong to the kernel. */
typedef struct th_call {
    struct th_frame *frame;
    th_slot **in, **out;
    const int64_t *params;
    int nin, nout, nparams;
} th_call;

typedef int (*th_kernel_fn)(const th_call *c);

typedef struct th_kernel { const char *name; th_kernel_fn run; } th_kernel;

extern const th_kernel th_kernels[];        /* kernels.c: the table; the last has no name */

int th_arange(const th_call *c);
int th_eye(const th_call *c);
int th_tri(const th_call *c);
int th_alloc_diag(const th_call *c);
int th_join(const th_call *c);
int th_split(const th_call *c);
int th_assemble(const th_call *c);
int th_rebroadcast(const th_call *c);
int th_argmax(const th_call *c);
int th_batched_dot(const th_call *c);
int th_divisors(const th_call *c);
int th_pack_factor(const th_call *c);
int th_gather(const th_call *c);
int th_scatter(const th_call *c);
int th_nonzero(const th_call *c);
int th_diagonal(const th_call *c);
int th_fill_diagonal(const th_call *c);
int th_repeat(const th_call *c);
int th_cumulate(const th_call *c);
int th_sort(const th_call *c);
int th_topk(const th_call *c);
int th_searchsorted(const th_call *c);
int th_choose(const th_call *c);
int th_bincount(const th_call *c);
int th_unique(const th_call *c);
int th_pool(const th_call *c);
int th_recurrence(const th_call *c);
int th_solve(const th_call *c);
int th_inverse(const th_call *c);
int th_det(const th_call *c);
int th_slogdet(const th_call *c);
int th_lu_factor(const th_call *c);
int th_lu_solve(const th_call *c);
int th_lu_inverse(const th_call *c);
int th_cholesky(const th_call *c);
int th_cholesky_inverse(const th_call *c);
int th_cholesky_grad(const th_call *c);
int th_qr(const th_call *c);
int th_svd(const th_call *c);
int th_eigh(const th_call *c);
int th_eigvalsh(const th_call *c);
int th_eig(const th_call *c);
int th_pinv(const th_call *c);
int th_lstsq(const th_call *c);
int th_expm(const th_call *c);
int th_rfft(const th_call *c);
int th_irfft(const th_call *c);
int th_fft(const th_call *c);
int th_check_scatter(const th_call *c);         /* finds out whether th_scatter can run, writes nothing */

/* copy.c: copies x to memory of the same shape and other strides. */
void th_copy(char *to, const int64_t *stride, const th_slot *x);

/* copy.c: memcpy; many bytes are asked for ahead, and gone through as th_turn says. */
void th_move(char *to, const char *from, int64_t nbytes);
/* The same: n pieces of memory, each some times side by side: `times` holds one number for all, or one for each, `step`
 * bytes apart. Gives the end of what was written; `end`: of all there is room for. */
char *th_repeat_pieces(char *to, const char *end, const char *from, int64_t nbytes, int64_t n, const char *times,
                       int64_t step);
/* n doubles as floats, elsewhere. */
void th_narrow(char *to, const char *from, int64_t n);

/* Reports an error: a message in printf's form. */
#define th_refuse(c, error, ...) \
    (snprintf(th_error_of((c)->frame)->text, sizeof th_error_of((c)->frame)->text, __VA_ARGS__), \
     th_error_of((c)->frame)->code = (error))

static inline int64_t th_int(const th_slot *s) { return *(const int64_t *)s->data; }
#endif
