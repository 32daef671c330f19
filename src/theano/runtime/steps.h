/* Loops whose steps are scalar work; see steps.c. */
#ifndef TH_STEPS_H
#define TH_STEPS_H
#include "kernels.h"

/* A generated function: makes n steps, of which the first has number t, for w elements that are side by side; n, or ~k
 * where the loop ended after k of these steps.
 *
 * ptr: the first row of each sequence; others; values handed on of carries and states, oldest first; where carries and
 * stacks store. stride: for each of these bytes from step to step, where they move. */
typedef int64_t (*th_steps_fn)(char **ptr, const int64_t *stride, int64_t t, int64_t n, int64_t w);

/* What params say: whether the loop may end early; how many elements a block has, 0 where there are only single
 * numbers; axes of the space of elements; how many sequences, carries, states, stacks and others there are. Then the
 * reach of each carry. Then for each of these five in turn the dimension that each axis of the space walks, or -1; of
 * stacks those of the result.
 *
 * Inputs: n, sequences, buffers, starts, lengths, others. Outputs: buffers, states, stacks. */
typedef struct th_steps_spec {
    int until, width, ndim, nsequences, ncarries, nstates, nstacks, nothers;
    const int64_t *reach, *axes;
} th_steps_spec;

/* Runs a loop. TH_DECLINED: not with these inputs; the general way finds out what is wrong, or that nothing is. */
int th_run_steps(const th_call *call, th_steps_fn step);
#endif
