/* Reductions of values in memory, which the loop driver combines into accumulators. */
#ifndef TH_REDUCE_H
#define TH_REDUCE_H
#include "vm.h"

/* A floating sum on its way: what was added up and what rounding lost; one or two floats or doubles each. */
typedef struct th_sum { union { double f64[2]; float f32[2]; } high, low; } th_sum;

/* n contiguous elements in each of `rows` rows, `pitch` bytes apart. */
typedef void (*th_rows_fn)(char *acc, int64_t acc_stride, const char *p, int64_t pitch, int64_t n, int64_t rows);

typedef struct th_reducer {
    th_rows_fn rows;                     /* each row into the accumulator of that row */
    th_rows_fn column;                   /* element j of every row into accumulator j */
    void (*fill)(char *p, int64_t n);    /* n accumulators with the identity */
    void (*sum)(th_sum *state, const char *p, int64_t n); /* floating sums only, else NULL */
    void (*settle)(char *acc, th_sum *state);             /* adds a sum to the accumulator */
} th_reducer;

/* A reduction of elements that are narrower in memory than their accumulators. */
typedef struct th_widening { int from, to, reduction; th_reducer reducer; } th_widening;

/* What reduces elements of dtype `from` into accumulators of `dtype`; NULL where there is no such reduction. */
const th_reducer *th_reducer_of(int from, int dtype, int reduction);
#endif
