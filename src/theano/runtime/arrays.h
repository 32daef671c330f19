/* What the kernels for indexing, sorting and running sums share. None of them trusts an index. */
#ifndef TH_ARRAYS_H
#define TH_ARRAYS_H
#include <string.h>
#include "kernels.h"

/* A function that the loader picks by the CPU. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 \
    && !defined(TH_BASELINE) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TH_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), noinline))
#else
#define TH_CLONES __attribute__((noinline))
#endif
#define TH_BLOCK 512                        /* places at once, so that what is known of them stays in the first cache */

/* order.c: NumPy's functions that sort n contiguous numbers in place, or find the order of them, by dtype and kind. */
typedef int (*th_sort_fn)(void *values, intptr_t n, void *array);
typedef int (*th_argsort_fn)(void *values, intptr_t *order, intptr_t n, void *array);
enum { TH_SORTS = 3 };
void th_set_sorts(int dtype, const th_sort_fn *sorts, const th_argsort_fn *argsorts);

/* radix.c: the bytes that it takes to sort n numbers, or to find their order, by digits; 0 where NumPy is as quick. */
int64_t th_room_to_sort(int dtype, int64_t n, int order);
int th_sort_by_digits(int dtype, char *values, int64_t n, void *room);             /* 0, and nothing: NumPy is to do it */
void th_order_by_digits(int dtype, const char *values, int64_t *order, int64_t n, void *room);

/* order.c: n numbers of one piece in order; order: room for where each comes from, or NULL. Nonzero: memory is out. */
int th_sorted(struct th_frame *f, int dtype, int item, char *sorted, int64_t *order, const char *x, int64_t n);

/* The places of an array that an index selects. */
typedef struct th_places {
    int ndim;                               /* of the index: what its integers broadcast to */
    int64_t shape[TH_MAX_NDIM], total;
    int nkept, front, kept[TH_MAX_NDIM];    /* axes that stay; `front` of them come before the index's in x[index] */
    int64_t *offset;                        /* where each place begins, in bytes; or NULL, and then one of the next */
    const th_slot *mask;                    /* the index is one mask */
    const th_slot *vector;                  /* the index is one array in one piece, of a dimension of */
    int64_t extent, stride;
} th_places;

/* places.c: given: arrays of integers and masks. axis: the first that each takes. Checks all bounds but those of
 * `vector`.
 * lazy: leave the offsets of an index that is one mask, or one array, to the caller. */
int th_find_places(struct th_frame *f, const th_slot *x, th_slot **given, int nindex, const int64_t *axis, int front,
                   int lazy, th_places *found);

/* places.c: offsets of n places, at most TH_BLOCK, from number i on; in `room`, where they are worked out, and then
 * `bad` is set where one is out of bounds. */
const int64_t *th_offsets(const th_places *p, int64_t i, int64_t n, int64_t *room, int *bad);

/* Where elements lie in the second cache or beyond, more of them are on their way when nothing is worked out for many
 * places at once: then each index is checked and used. */
enum { TH_FAR = 1 << 18 };

static inline int64_t th_bytes_between(const th_places *p)
{
    return p->extent * (p->stride < 0 ? -p->stride : p->stride);
}

static inline int th_is_far(const th_places *p) { return p->vector && th_bytes_between(p) > TH_FAR; }

/* By how many places ahead lines are asked for. What is so far apart lies in the third cache or in memory, and the
 * first has room for fewer lines on their way than the second (a million elements taken from as many: 1.4 ms, else
 * 2.2; four million 18, else 28). */
enum { TH_BEFORE = 64 };

/* How many places, from the first on, ask for the one that comes TH_BEFORE later. */
static inline int64_t th_asked(const th_places *p)
{
    return th_bytes_between(p) > 16 * TH_FAR && p->total > TH_BEFORE ? p->total - TH_BEFORE : 0;
}

/* Asks for the line of the place TH_BEFORE behind the one at `index`; it may be out of bounds. */
TH_INLINE void th_ask_for_place(const char *x, const int64_t *index, int64_t extent, int64_t stride)
{
    int64_t at = index[TH_BEFORE];
    uint64_t offset = (uint64_t)(at + (at < 0 ? extent : 0)) * (uint64_t)stride;
    __builtin_prefetch((const void *)((uintptr_t)x + (uintptr_t)offset), 0, 2);
}

/* places.c: the error for an index out of bounds, if there is one among them. */
int th_check_vector(struct th_frame *f, const th_places *p, int axis);

typedef struct th_pair { uint64_t a, b; } th_pair;

/* DO(T), where T is as large as an element of `item` bytes. */
#define TH_EACH_SIZE(DO)                                                                                               \
    switch (item) {                                                                                                    \
    case 1: DO(uint8_t)                                                                                                \
    case 2: DO(uint16_t)                                                                                               \
    case 4: DO(uint32_t)                                                                                               \
    case 8: DO(uint64_t)                                                                                               \
    default: DO(th_pair)                                                                                               \
    }

static inline int th_fail(struct th_frame *f, int code, const char *text)
{
    th_error_info *error = th_error_of(f);
    error->code = code;
    snprintf(error->text, sizeof error->text, "%s", text);
    return code;
}

static inline int64_t th_product(int ndim, const int64_t *shape)
{
    int64_t n = 1;
    for (int d = 0; d < ndim; d++)
        n *= shape[d];
    return n;
}

/* Whether elements follow one another in C order. */
static inline int th_is_contiguous(int ndim, const int64_t *shape, const int64_t *stride, int64_t itemsize)
{
    for (int d = ndim; d--; itemsize *= shape[d])
        if (shape[d] != 1 && stride[d] != itemsize)
            return 0;
    return 1;
}

/* Copies the elements of x in C order. */
static inline void th_collect(char *to, const th_slot *x)
{
    int64_t stride[TH_MAX_NDIM], n = x->itemsize;
    for (int d = x->ndim; d--; n *= x->shape[d])
        stride[d] = n;
    th_copy(to, stride, x);
}

/* The next index in C order; 0 after the last. moved: what goes along with it, `n` numbers, by their strides. */
static inline int th_next(int ndim, const int64_t *shape, int64_t *index, int n, const int64_t *const *stride,
                          int64_t *moved)
{
    for (int d = ndim; d--;) {
        for (int k = 0; k < n; k++)
            moved[k] += stride[k][d];
        if (++index[d] < shape[d])
            return 1;
        index[d] = 0;
        for (int k = 0; k < n; k++)
            moved[k] -= stride[k][d] * shape[d];
    }
    return 0;
}

/* An integer of any dtype. */
static inline int64_t th_integer(int dtype, const char *p)
{
    switch (dtype) {
    case TH_INT64: return *(const int64_t *)p;
    case TH_INT32: return *(const int32_t *)p;
    case TH_INT16: return *(const int16_t *)p;
    case TH_INT8: return *(const int8_t *)p;
    case TH_UINT64: return (int64_t)*(const uint64_t *)p;
    case TH_UINT32: return *(const uint32_t *)p;
    case TH_UINT16: return *(const uint16_t *)p;
    default: return *(const uint8_t *)p;
    }
}
#endif
