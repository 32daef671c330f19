/* Products of the rows of a sequence with a matrix that does not change, made for some steps at once.
 *
 * The product of few rows wastes part of a tile, and that of all rows together moves through memory before the steps read
 * it. Some steps make the product of their rows and those of the next ones, which stays near until these want it.
 */
#include "machine.h"
#include "blas.h"

enum { ROWS = 48, BYTES = 1 << 17 };        /* of the products that are made at once */

struct th_ahead {
    struct th_ahead *next;
    const th_slot *out;                     /* of the step: which product it is */
    char *data;
    int64_t size, first, count, turned;     /* bytes; the steps it was made for; whether the last of them comes first */
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

static int has_room(struct th_ahead *a, int64_t size)
{
    if (a->size >= size)
        return 1;
    free(a->data);
    a->size = posix_memalign((void **)&a->data, 64, size) ? 0 : size;
    return a->size != 0;
}

/* Whether the value is of the step alone, so that it may lie anywhere. */
static int is_passing(const struct th_frame *f, const th_slot *s)
{
    const slot_spec *spec = &f->machine->slot[s - f->slot];
    return (spec->storage == ST_VIEW ? f->machine->slot[spec->root].storage : spec->storage) == ST_BUFFER;
}

int th_run_ahead(struct th_frame *f, th_slot **in, int nin, th_slot *out, int inplace, int sequence)
{
    th_slot *x = in[2], *y = in[3];
    int64_t apart, left = th_steps_left(f, sequence, &apart), m = x->shape[0], n = y->shape[1];
    int64_t row = n * x->itemsize, size = m * row, turned = m > 1 && apart == -m * x->stride[0];
    int64_t count = m && n ? ROWS / m < BYTES / size ? ROWS / m : BYTES / size : 0;
    count = count < left ? count : left;
    int one_by_one = m > 1 && apart != m * x->stride[0] && !turned;
    struct th_ahead *a = is_passing(f, out) && is_passing(f, in[0]) ? find(f, out) : NULL;
    int made = a && f->step >= a->first && f->step < a->first + a->count;
    if (!a || (!made && (count < 2 || one_by_one || !has_room(a, count * size))))
        return th_blas(f, TH_GEMM, in, nin, out, inplace);
    int error = th_check_blas(f, TH_GEMM, in, out);
    if (error)
        return error;
    if (!made) {
        int64_t shape[2] = {count * m, x->shape[1]};
        int64_t to[2][2] = {{count * m, n}, {count * m, n}}, along[2][2] = {{row, x->itemsize}, {row, x->itemsize}};
        int64_t stride[2] = {m > 1 ? x->stride[0] : apart, x->stride[1]};
        th_slot rows = *x, empty = *in[0], result = *out, *given[8];
        memcpy(given, in, nin * sizeof *in);
        rows.data += turned ? (count - 1) * apart : 0;
        rows.shape = shape;
        rows.stride = stride;
        empty.shape = to[0];
        empty.stride = along[0];
        result.shape = to[1];
        result.stride = along[1];
        empty.data = result.data = a->data;
        given[0] = &empty;
        given[2] = &rows;
        a->count = 0;
        error = th_blas(f, TH_GEMM, given, nin, &result, 1);
        if (error)
            return error;
        a->first = f->step;
        a->count = count;
        a->turned = turned;
    }
    int64_t at = f->step - a->first;
    out->data = a->data + (a->turned ? a->count - 1 - at : at) * size;
    out->stride[0] = row;
    out->stride[1] = x->itemsize;
    return 0;
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
        free(a->data);
        free(a);
    }
    f->ahead = NULL;
}
