/* The least that the loop driver needs of a virtual machine, for tests without one: fake frames. */
#include <stdlib.h>
#include <string.h>
#include "vm.h"

typedef struct th_frame {
    th_error_info error;
    void *scratch[64];
    int nscratch;
} th_frame;

/* The tests hand in slots whose data is preallocated, C-contiguous and large enough. */
int th_allocate(th_frame *frame, th_slot *slot)
{
    int64_t size = slot->itemsize;
    (void)frame;
    for (int i = slot->ndim - 1; i >= 0; i--) {
        slot->stride[i] = size;
        size *= slot->shape[i];
    }
    return TH_OK;
}

void th_lay_out(th_frame *frame, th_slot *slot, const int64_t *stride)
{
    (void)frame;
    for (int i = 0; i < slot->ndim; i++) slot->stride[i] = stride[i];
}

int th_is_laid_out(th_frame *frame, const th_slot *slot)
{
    (void)frame;
    (void)slot;
    return 0;
}

void *th_scratch(th_frame *frame, size_t nbytes)
{
    return frame->nscratch < 64 ? (frame->scratch[frame->nscratch++] = malloc(nbytes + 1)) : NULL;
}

th_error_info *th_error_of(th_frame *frame)
{
    return &frame->error;
}

int shim_run(const th_nest *nest, th_inner_fn inner, th_slot **slots, int64_t *error)
{
    th_frame frame;
    frame.nscratch = 0;
    memset(&frame.error, 0, sizeof frame.error);
    int code = th_run_nest(&frame, nest, inner, slots);
    while (frame.nscratch) free(frame.scratch[--frame.nscratch]);
    error[0] = frame.error.axis;
    error[1] = frame.error.operand_a;
    error[2] = frame.error.operand_b;
    return code;
}

/* Seconds per call. */
#include <time.h>
double shim_time(const th_nest *nest, th_inner_fn inner, th_slot **slots, int64_t repeat)
{
    struct timespec a, b;
    int64_t error[3];
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int64_t i = 0; i < repeat; i++) shim_run(nest, inner, slots, error);
    clock_gettime(CLOCK_MONOTONIC, &b);
    return ((double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec)) / (double)repeat;
}

static void note_pieces(void *arg, int64_t begin, int64_t end)
{
    int64_t *seen = arg;
    for (int64_t i = begin; i < end; i++) __atomic_fetch_add(&seen[i], 1, __ATOMIC_RELAXED);
}

void shim_parallel(int64_t *seen, int64_t n)
{
    th_parallel_for(note_pieces, seen, n, 1);
}
