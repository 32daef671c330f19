/* Products of the rows of a sequence with a matrix that does not change, made for some steps at once.
 *
 * The product of few rows wastes part of a tile, and that of all rows together moves through memory before the steps read
 * it. Some steps make the product of their rows and those of the next ones, which stays near until these want it. Where
 * the matrix is large, to read it for few rows is what takes time, and more rows are taken.
 */
#include "machine.h"
#include "arrays.h"
#include "blas.h"
#include <string.h>

/* Rows and bytes of the products that are made at once: where the matrix stays in the second cache, and where not; rows
 * where they are copied then. */
enum { ROWS = 48, BYTES = 1 << 17, FAR_ROWS = 384, FAR_BYTES = 1 << 23, FEW_ROWS = 12, NEAR = 1 << 19, MOST_INPUTS = 6 };

struct th_ahead {
    struct th_ahead *next;
    const th_slot *out;                     /* of the step: which product it is */
    char *data;
    int64_t size, first, count;             /* bytes; the steps that it was made for */
    int backwards;                          /* the last of them comes first */
};

static struct th_ahead *find(struct th_frame *f, const th_slot *out)
{
    struct th_ahead *a = f->ahead;
    while (a && a->out != out)
        a = a->next;
    if (!a && (a = calloc(1, sizeof *a))) {
        *a = (struct th_ahead){.next = f->ahead, .out = out};
        f->ahead = a;
    }
    return a;
}

static int has_room(struct th_frame *f, struct th_ahead *a, int64_t size)
{
    if (a->size >= size)
        return 1;
    th_free_buffer(a->data);
    a->data = th_memory_of(f, size, size);
    a->size = a->data ? size : 0;
    return a->data != NULL;
}

/* Whether the value is of the step alone, so that it may lie anywhere; results are written where they belong. */
static int is_passing(const struct th_frame *f, const th_slot *s)
{
    const slot_spec *spec = &f->machine->slot[s - f->slot];
    return (spec->storage == ST_VIEW ? f->machine->slot[spec->root].storage : spec->storage) == ST_BUFFER;
}

/* Makes the product of `count` steps from this one on. Slots own their extents, so that both what is overwritten and the
 * result have some. */
static int make(struct th_frame *f, struct th_ahead *a, th_slot **in, int nin, int64_t apart, int64_t count, int backwards)
{
    const th_slot *x = in[2];
    int64_t m = x->shape[0], n = in[3]->shape[1], row = n * x->itemsize;
    int64_t shape[2] = {count * m, x->shape[1]}, stride[2] = {m > 1 ? x->stride[0] : apart, x->stride[1]};
    int64_t old_shape[2] = {count * m, n}, old_stride[2] = {row, x->itemsize};
    int64_t new_shape[2] = {count * m, n}, new_stride[2] = {row, x->itemsize};
    th_slot rows = *x, old = *in[0], result = *in[0], *given[MOST_INPUTS];
    rows.data += backwards ? (count - 1) * apart : 0;
    rows.shape = shape;
    rows.stride = stride;
    old.data = result.data = a->data;
    old.shape = old_shape;
    old.stride = old_stride;
    result.shape = new_shape;
    result.stride = new_stride;
    memcpy(given, in, nin * sizeof *in);
    given[0] = &old;
    given[2] = &rows;
    a->count = 0;
    int error = th_blas(f, TH_GEMM, given, nin, &result, 1);
    if (error)
        return error;
    a->first = f->step;
    a->count = count;
    a->backwards = backwards;
    return 0;
}

int th_run_ahead(struct th_frame *f, th_slot **in, int nin, th_slot *out, int inplace, int sequence)
{
    const th_slot *x = in[2], *y = in[3];
    int passes = is_passing(f, out) && is_passing(f, in[0]);
    int64_t apart, left = th_steps_left(f, sequence, &apart), m = x->shape[0], n = y->shape[1];
    int64_t row = n * x->itemsize, size = m * row, near = y->shape[0] * row <= NEAR;
    int64_t rows = !near ? FAR_ROWS : passes ? ROWS : FEW_ROWS, bytes = near ? BYTES : FAR_BYTES, count = 0;
    int own = nin < MOST_INPUTS ? nin : MOST_INPUTS;            /* the others are those of what is added */
    if (m && n)
        count = rows / m < bytes / size ? rows / m : bytes / size;
    count = count < left ? count : left;
    int backwards = m > 1 && apart == -m * x->stride[0], in_a_row = m <= 1 || apart == m * x->stride[0] || backwards;
    struct th_ahead *a = find(f, out);
    int made = a && f->step >= a->first && f->step < a->first + a->count;
    if (!made && (!a || count < 2 || !in_a_row || !has_room(f, a, count * size)))
        return th_blas(f, TH_GEMM, in, nin, out, inplace);
    int error = th_check_blas(f, TH_GEMM, in, out);
    if (!error && !made)
        error = make(f, a, in, own, apart, count, backwards);
    if (error)
        return error;
    int64_t at = f->step - a->first, stride[2] = {row, x->itemsize};
    char *data = a->data + (a->backwards ? a->count - 1 - at : at) * size;
    if (passes) {
        out->data = data;
        memcpy(out->stride, stride, sizeof stride);
    } else {
        th_slot found = *out;
        found.data = data;
        found.stride = stride;
        th_copy(out->data, out->stride, &found);
    }
    if (nin == own)
        return 0;
    th_slot *added[6] = {out, in[1], in[6], in[7], in[1], in[8]};
    return th_blas(f, TH_GEMM, added, 6, out, 1);
}

void th_forget_ahead(struct th_frame *f)
{
    for (struct th_ahead *a = f->ahead; a; a = a->next)
        a->count = 0;
}

void th_free_ahead(struct th_frame *f)
{
    for (struct th_ahead *a = f->ahead, *next; a; a = next) {
        next = a->next;
        th_free_buffer(a->data);
        free(a);
    }
    f->ahead = NULL;
}
