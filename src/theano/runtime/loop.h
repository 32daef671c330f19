/* What the loop driver and the walk over an index space share. */
#ifndef TH_LOOP_H
#define TH_LOOP_H
#include "interpret.h"
#include "reduce.h"

#define BIT(k) ((uint64_t)1 << (k))
/* for EACH(k, mask): k takes the number of every bit of the mask, ascending */
#define EACH(k, mask)                                                                                       \
    (uint64_t k##_left = (mask), k = 0; k##_left && (k = (uint64_t)__builtin_ctzll(k##_left), 1);           \
     k##_left &= k##_left - 1)

/* A nest with its data: axes that are longer than 1, innermost first. */
typedef struct loop {
    const th_nest *nest;
    th_inner_fn inner;
    int naxes;
    int64_t points;
    uint64_t made;                              /* operands with new storage, which may be laid out to suit the loop */
    int fresh;                                  /* accumulators get their identity when they are first needed */
    int64_t extent[TH_MAX_NDIM];
    uint8_t reduced[TH_MAX_NDIM];
    uint8_t number[TH_MAX_NDIM];                /* of the dimension of the nest that an axis is, until they are sorted */
    uint32_t turned;                            /* dimensions along which accumulators come out backwards */
    int64_t itemsize[TH_MAX_OPERANDS];
    char *ptr[TH_MAX_OPERANDS];
    const th_reducer *reducer[TH_MAX_OPERANDS];   /* of accumulators among themselves */
    const th_reducer *taker[TH_MAX_OPERANDS];     /* of elements into an accumulator: they may be narrower */
    char *acc[TH_MAX_OPERANDS];                 /* where an accumulator begins, and how many elements it has */
    int64_t size[TH_MAX_OPERANDS];
    int64_t stride[TH_MAX_NDIM][TH_MAX_OPERANDS];
} loop;

/* The accumulators of a nest that stand in for results with narrower elements (narrow.h). */
typedef struct narrowing {
    int count, made;                            /* made: the results are */
    int operand[TH_MAX_OPERANDS];
    th_slot *result[TH_MAX_OPERANDS], wide[TH_MAX_OPERANDS];
    int64_t shape[TH_MAX_OPERANDS][TH_MAX_NDIM], stride[TH_MAX_OPERANDS][TH_MAX_NDIM];
} narrowing;

static inline int is_wide(const narrowing *w, const th_slot *slot)
{
    return w && slot >= w->wide && slot < w->wide + w->count;
}

/* The dtype of what an accumulator takes up: that of an operand, or its own. */
static inline int th_taken_dtype(const th_nest *nest, int k)
{
    int source = nest->operand[k].source;
    return source < 0 ? nest->operand[k].dtype : nest->operand[source].dtype;
}

static inline int loop_fail(struct th_frame *frame, int code, int axis, int a, int b, int64_t na, int64_t nb)
{
    th_error_info *error = th_error_of(frame);
    error->code = code;
    error->axis = axis;
    error->operand_a = a;
    error->operand_b = b;
    error->a = na;
    error->b = nb;
    error->text[0] = 0;
    return code;
}

/* Calls what computes the points. */
static inline int th_call_inner(const loop *l, char **ptr, const int64_t *stride, const int64_t *extent)
{
    return l->nest->code ? th_interpret(l->nest->code, ptr, stride, extent) : l->inner(ptr, stride, extent);
}

/* A part of the index space: some of the axes, innermost first, from ptr on. */
typedef struct box {
    int naxes;
    int axis[TH_MAX_NDIM];
    int64_t extent[TH_MAX_NDIM];
    char *ptr[TH_MAX_OPERANDS];
} box;

/* Less work than this is not shared among threads. */
static const int64_t TH_PARALLEL_COST = 1 << 22;

/* walk.c: runs one phase over a box. */
int th_walk(const loop *l, int phase, const box *b);
#endif
