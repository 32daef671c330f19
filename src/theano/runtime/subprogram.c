/* Instructions that run sub-programs: loops, and branches of which one runs.
 *
 * A sub-program is a Machine without cells and updates; its frame belongs to the frame of the program around. Its
 * inputs are views of values outside. Its results are rows (ST_ROW): what computes one writes it where it belongs.
 */
#include "machine.h"
#include "arrays.h"
#include <stdio.h>

enum {
    FEW_BYTES = 2048,                       /* of a row: they come by themselves */
    PAGE = 1 << 16,                         /* pages of the system are not larger */
};

/* What a loop keeps of a value that its steps hand on. A buffer has `rows` rows at `work`; of the first ones, which
 * were given, and those that steps add, `kept` come out. */
typedef struct carry {
    th_slot *out;                           /* of the program around */
    char *work;
    int64_t rows, kept, reach, bytes;       /* bytes of a row */
    int64_t next;                           /* number of the row that comes next */
} carry;

typedef struct th_loop {
    struct th_frame *f, *in;                /* around the step, and of the step */
    const instruction *c;
    Machine *step;
    int sequences, carries, states, stacks, until, frees;
    const int64_t *given_back;              /* of each sequence whether nobody needs a row that was read */
    const int64_t *taps, *extents;          /* of the carries: how many and which; of the rows of stacks */
    carry *carry, *state, *stack;
    char **fresh;                           /* of each state the memory of its next value */
    int64_t n, done;
} loop;

static int fail(loop *l, int label, const char *text)
{
    l->f->error.axis = label;
    return th_fail(l->f, TH_BAD_VALUE, text);
}

static int no_memory(struct th_frame *f) { return th_fail(f, TH_OUT_OF_MEMORY, "no memory for the rows of a loop"); }

/* -- results -------------------------------------------------------------------------------------------- */

static int write_shape(char *to, size_t size, int ndim, const int64_t *shape)
{
    int n = snprintf(to, size, "(");
    for (int d = 0; d < ndim && n < (int)size; d++)
        n += snprintf(to + n, size - n, d ? ", %lld" : ndim == 1 ? "%lld," : "%lld", (long long)shape[d]);
    return n < (int)size ? n + snprintf(to + n, size - n, ")") : n;
}

static int wrong_shape(struct th_frame *f, const th_row *r, const th_slot *s)
{
    if (r->moves)
        return th_fail(f, E_GUARD, "a state has another shape than before");
    char expected[48], given[48], text[sizeof f->error.text];
    write_shape(expected, sizeof expected, s->ndim, r->shape);
    write_shape(given, sizeof given, s->ndim, s->shape);
    snprintf(text, sizeof text, "{op}: {part} of shape %s, but step %lld gave one of shape %s", expected,
             (long long)f->step, given);
    f->error.axis = r->label;
    return th_fail(f, TH_BAD_VALUE, text);
}

/* The first row tells the shape of all of them. */
static int allocate_whole(struct th_frame *f, th_row *r, const th_slot *s)
{
    th_slot *whole = r->whole;
    int rows = r->rows >= 0;
    if (rows)
        whole->shape[0] = r->rows;
    memcpy(whole->shape + rows, s->shape, sizeof(int64_t) * s->ndim);
    memcpy(r->storage, s->shape, sizeof(int64_t) * s->ndim);
    int error = th_allocate(f->around, whole);
    if (error) {
        f->error = f->around->error;
        return error;
    }
    r->shape = r->storage;
    r->data = r->rows ? whole->data : th_scratch(f->around, th_count(s) * s->itemsize);
    return r->data ? 0 : no_memory(f);
}

int th_allocate_row(struct th_frame *f, th_slot *s)
{
    th_row *r = &f->row[f->machine->slot[s - f->slot].buffer];
    if (!r->shape) {
        int error = allocate_whole(f, r, s);
        if (error)
            return error;
    } else if (s->ndim && memcmp(r->shape, s->shape, sizeof(int64_t) * s->ndim)) {
        return wrong_shape(f, r, s);
    }
    s->data = r->data;
    return 0;
}

static th_row *row_of(struct th_frame *f, int output)
{
    const slot_spec *spec = &f->machine->slot[f->machine->output[output]];
    return spec->storage == ST_ROW ? &f->row[spec->buffer] : NULL;
}

/* -- what goes in --------------------------------------------------------------------------------------- */

/* Makes input k of a sub-program a view of a value outside; `rows`: of one of its rows. */
static void lend(struct th_frame *f, struct th_frame *in, int k, int slot, int rows)
{
    int to = in->machine->input[k];
    const th_slot *x = &f->slot[slot];
    th_slot *s = &in->slot[to];
    if (in->machine->slot[to].dtype != TH_OBJECT) {
        s->data = x->data;
        memcpy(s->shape, x->shape + rows, sizeof(int64_t) * s->ndim);
        memcpy(s->stride, x->stride + rows, sizeof(int64_t) * s->ndim);
    }
    if (f->machine->has_python) {
        PyObject *owner = f->array[f->machine->slot[slot].storage == ST_VIEW ? f->machine->slot[slot].root : slot];
        Py_XINCREF(owner);
        Py_XSETREF(in->array[to], owner);
    }
}

static void take_back(struct th_frame *f, struct th_frame *in)
{
    for (int k = 0; f->machine->has_python && k < in->machine->ninputs; k++)
        Py_CLEAR(in->array[in->machine->input[k]]);
}

static int is_alias(const loop *l, const carry *b)
{
    return l->f->machine->slot[b->out - l->f->slot].storage == ST_VIEW;
}

static int is_contiguous(const th_slot *s) { return th_is_contiguous(s->ndim, s->shape, s->stride, s->itemsize); }

/* The result takes the storage of the value given, or some of its own. */
static int begin(loop *l, carry *b, const th_slot *given)
{
    memcpy(b->out->shape, given->shape, sizeof(int64_t) * given->ndim);
    if (!is_alias(l, b))
        return th_allocate(l->f, b->out);
    b->out->data = given->data;
    memcpy(b->out->stride, given->stride, sizeof(int64_t) * given->ndim);
    return 0;
}

static int64_t bytes_of(const th_slot *s, int from)
{
    return th_product(s->ndim - from, s->shape + from) * s->itemsize;
}

/* A buffer: work on the result itself where its rows are in one piece and a step never writes the row that it reads. */
static int start_carry(loop *l, int k, const th_slot *given)
{
    carry *b = &l->carry[k];
    b->kept = given->shape[0];
    b->bytes = bytes_of(given, 1);
    if (b->kept < b->reach || b->kept > l->n + b->reach) {
        char text[sizeof l->f->error.text];
        snprintf(text, sizeof text, "{op} needs %lld initial rows for {part}, and for %lld steps not more than %lld "
                 "rows, but got %lld", (long long)b->reach, (long long)l->n, (long long)(l->n + b->reach),
                 (long long)b->kept);
        return fail(l, l->sequences + k, text);
    }
    int error = begin(l, b, given);
    if (error)
        return error;
    b->rows = b->kept == b->reach ? b->reach + 1 : b->kept;
    b->work = b->out->data;
    if (b->rows != b->kept || !is_contiguous(b->out))
        b->work = th_scratch(l->f, b->rows * b->bytes);
    if (!b->work)
        return no_memory(l->f);
    if (b->work != given->data) {
        th_slot first = *given;
        int64_t shape[TH_MAX_NDIM];
        memcpy(shape, given->shape, sizeof(int64_t) * given->ndim);
        shape[0] = b->reach;
        first.shape = shape;
        th_collect(b->work, &first);
    }
    b->next = b->reach;
    return 0;
}

/* A state: the memory of its value, and unless steps update it in place that of the next. */
static int start_state(loop *l, int k, const th_slot *given, int in_place)
{
    carry *b = &l->state[k];
    b->bytes = bytes_of(given, 0);
    int error = begin(l, b, given);
    if (error)
        return error;
    b->work = is_contiguous(b->out) ? b->out->data : th_scratch(l->f, b->bytes);
    l->fresh[k] = in_place ? b->work : th_scratch(l->f, b->bytes);
    if (!b->work || !l->fresh[k])
        return no_memory(l->f);
    if (b->work != given->data)
        th_collect(b->work, given);
    return 0;
}

/* Sets the row that a result of a step has to be. */
static void expect(th_row *r, const th_slot *like, int rows, int label, int moves)
{
    if (!r)
        return;
    r->shape = like ? like->shape + rows : NULL;
    r->label = label;
    r->moves = moves;
    r->whole = NULL;
}

static void set_contiguous(th_slot *s)
{
    int64_t n = s->itemsize;
    for (int d = s->ndim; d--; n *= s->shape[d])
        s->stride[d] = n;
}

static int is_object(const loop *l, int input)
{
    return l->step->slot[l->step->input[input]].dtype == TH_OBJECT;
}

static th_slot *input_of(const loop *l, int k) { return &l->in->slot[l->step->input[k]]; }

static int start_sequences(loop *l)
{
    for (int k = 0; k < l->sequences; k++) {
        int slot = l->c->in[1 + k];
        int64_t rows = l->f->slot[slot].shape[0];
        if (rows < l->n) {
            char text[sizeof l->f->error.text];
            snprintf(text, sizeof text, "{op} was to run %lld steps, but its sequence {part} has only %lld rows",
                     (long long)l->n, (long long)rows);
            return fail(l, k, text);
        }
        lend(l->f, l->in, k, slot, 1);
    }
    return 0;
}

static int start_carries(loop *l, int at, int to)
{
    const int64_t *taps = l->taps;
    for (int k = 0; k < l->carries; k++, taps += 2 + taps[0]) {
        int slot = l->c->in[at + k];
        l->carry[k].out = &l->f->slot[l->c->out[k]];
        l->carry[k].reach = taps[1];
        int error = start_carry(l, k, &l->f->slot[slot]);
        if (error)
            return error;
        for (int j = 0; j < taps[0]; j++, to++) {
            lend(l->f, l->in, to, slot, 1);
            set_contiguous(input_of(l, to));
        }
        expect(row_of(l->in, k), l->carry[k].out, 1, l->sequences + l->carries + k, 0);
    }
    return 0;
}

static int start_states(loop *l, int at, int to)
{
    for (int k = 0; k < l->states; k++, to++) {
        int slot = l->c->in[at + k], output = l->carries + k;
        lend(l->f, l->in, to, slot, 0);
        l->state[k].out = &l->f->slot[l->c->out[output]];
        if (is_object(l, to))
            continue;
        int error = start_state(l, k, &l->f->slot[slot], !row_of(l->in, output));
        if (error)
            return error;
        set_contiguous(input_of(l, to));
        expect(row_of(l->in, output), l->state[k].out, 0, l->sequences + l->carries + output, 1);
    }
    return 0;
}

static int start_stacks(loop *l, int at)
{
    for (int k = 0; k < l->stacks; k++) {
        const th_slot *length = &l->f->slot[l->c->in[at + k]];
        int output = l->carries + l->states + k;
        carry *b = &l->stack[k];
        th_row *r = row_of(l->in, output);
        int64_t rows = th_integer(length->dtype, length->data);
        b->out = &l->f->slot[l->c->out[output]];
        b->rows = b->kept = rows < 0 ? 0 : rows < l->n ? rows : l->n;
        b->reach = b->next = 0;
        expect(r, NULL, 0, l->sequences + l->carries + output, 0);
        r->whole = b->out;
        r->rows = b->rows;
    }
    return 0;
}

/* Lends the step what it reads and prepares what it hands on; inputs come in the order of the node's. */
static int start(loop *l)
{
    const th_slot *n = &l->f->slot[l->c->in[0]];
    l->n = th_integer(n->dtype, n->data);
    if (l->n < 0) {
        char text[64];
        snprintf(text, sizeof text, "{op} cannot run %lld steps", (long long)l->n);
        return fail(l, 0, text);
    }
    int taps = 0, error;
    const int64_t *p = l->taps;
    for (int k = 0; k < l->carries; k++, p += 2 + p[0])
        taps += (int)p[0];
    int at = 1 + l->sequences, to = l->sequences;
    if ((error = start_sequences(l)) || (error = start_carries(l, at, to))
        || (error = start_states(l, at += l->carries, to += taps))
        || (error = start_stacks(l, at += l->states)))
        return error;
    at += l->stacks;
    to += l->states;
    for (; at < l->c->nin; at++, to++)
        lend(l->f, l->in, to, l->c->in[at], 0);
    return 0;
}

/* -- steps ---------------------------------------------------------------------------------------------- */

/* Points the inputs and results of the step to their rows. */
static void aim(loop *l)
{
    for (int k = 0; k < l->sequences; k++) {
        const th_slot *x = &l->f->slot[l->c->in[1 + k]];
        input_of(l, k)->data = x->data + l->done * x->stride[0];
    }
    int to = l->sequences;
    const int64_t *taps = l->taps;
    for (int k = 0; k < l->carries; k++, taps += 2 + taps[0]) {
        carry *b = &l->carry[k];
        for (int j = 0; j < taps[0]; j++) {
            int64_t row = b->next + taps[2 + j];
            input_of(l, to++)->data = b->work + (row < 0 ? row + b->rows : row) * b->bytes;
        }
        row_of(l->in, k)->data = b->work + b->next * b->bytes;
    }
    for (int k = 0; k < l->states; k++, to++)
        if (!is_object(l, to)) {
            input_of(l, to)->data = l->state[k].work;
            th_row *r = row_of(l->in, l->carries + k);
            if (r)
                r->data = l->fresh[k];
        }
    for (int k = 0; k < l->stacks; k++) {
        carry *b = &l->stack[k];
        th_row *r = row_of(l->in, l->carries + l->states + k);
        if (l->done && b->rows)
            r->data = b->out->data + b->next * b->bytes;
    }
}

/* Whether some row is large enough for a product to fetch it, while it computes, for who needs it next. */
static int has_long_rows(const loop *l)
{
    int64_t most = 0;
    l->in->soon.next = l->in->soon.count = 0;
    for (int k = 0; k < l->sequences; k++) {
        int64_t bytes = bytes_of(&l->f->slot[l->c->in[1 + k]], 1);
        most = bytes > most ? bytes : most;
    }
    for (int k = 0; k < l->carries; k++)
        most = l->carry[k].bytes > most ? l->carry[k].bytes : most;
    return most >= FEW_BYTES;
}

static void note(th_soon *soon, char *row, int64_t bytes)
{
    if (bytes < FEW_BYTES || soon->count == TH_SOON)
        return;
    soon->piece[soon->count].at = row;
    soon->piece[soon->count++].bytes = bytes;
}

/* Notes which rows this step writes and the next one reads, those that are long. */
static void look_ahead(loop *l)
{
    th_soon *soon = &l->in->soon;
    soon->next = soon->count = 0;
    for (int k = 0; k < l->carries; k++)
        note(soon, l->carry[k].work + l->carry[k].next * l->carry[k].bytes, l->carry[k].bytes);
    for (int k = 0; k < l->stacks && l->done; k++)
        note(soon, l->stack[k].out->data + l->stack[k].next * l->stack[k].bytes, l->stack[k].bytes);
    for (int k = 0; k < l->sequences && l->done + 1 < l->n; k++) {
        const th_slot *x = &l->f->slot[l->c->in[1 + k]];
        if (is_contiguous(input_of(l, k)))
            note(soon, x->data + (l->done + 1) * x->stride[0], bytes_of(x, 1));
    }
}

int64_t th_steps_left(const struct th_frame *f, int sequence, int64_t *apart)
{
    const loop *l = f->loop;
    *apart = l->f->slot[l->c->in[1 + sequence]].stride[0];
    return l->n - l->done;
}

int th_is_first_step(const struct th_frame *f) { return f->loop && !f->loop->done; }

int th_is_last_step(const struct th_frame *f) { return f->loop->n - f->loop->done == 1; }

th_soon *th_wanted_soon(struct th_frame *f) { return f->around ? &f->soon : NULL; }

/* Goes on to the next rows. */
static void advance(loop *l)
{
    for (int k = 0; k < l->carries + l->stacks; k++) {
        carry *b = k < l->carries ? &l->carry[k] : &l->stack[k - l->carries];
        if (k >= l->carries && !l->done)
            b->bytes = bytes_of(b->out, 1);
        if (++b->next >= b->rows)
            b->next = 0;
    }
    int to = l->step->ninputs - (l->c->nin - 1 - l->sequences - l->carries - l->states - l->stacks) - l->states;
    for (int k = 0; k < l->states; k++, to++) {
        if (!is_object(l, to)) {
            char *old = l->state[k].work;
            l->state[k].work = l->fresh[k];
            l->fresh[k] = old;
            continue;
        }
        int from = l->step->output[l->carries + k], into = l->step->input[to];
        if (from != into) {
            Py_XINCREF(l->in->array[from]);
            Py_XSETREF(l->in->array[into], l->in->array[from]);
        }
    }
}

static int is_true(const th_slot *s)
{
    switch (s->dtype) {
    case TH_FLOAT16: case TH_BFLOAT16: return (*(uint16_t *)s->data & 0x7fff) != 0;
    case TH_FLOAT32: return *(float *)s->data != 0;
    case TH_FLOAT64: return *(double *)s->data != 0;
    case TH_COMPLEX64: return ((float *)s->data)[0] != 0 || ((float *)s->data)[1] != 0;
    case TH_COMPLEX128: return ((double *)s->data)[0] != 0 || ((double *)s->data)[1] != 0;
    }
    return th_integer(s->dtype, s->data) != 0;
}

/* Gives the memory of rows back that the step read, and nobody reads again; with what was read just before, for the
 * page that was begun then. */
static void give_back(const loop *l)
{
    for (int k = 0; k < l->sequences; k++) {
        const th_slot *x = &l->f->slot[l->c->in[1 + k]];
        int64_t bytes = bytes_of(x, 1), to = x->stride[0];
        if (!l->given_back[k] || !bytes || !is_contiguous(input_of(l, k)) || (to != bytes && to != -bytes))
            continue;
        char *row = x->data + l->done * to, *from = to < 0 ? row : row - PAGE, *end = row + bytes + (to < 0 ? PAGE : 0);
        from = to > 0 && from < x->data ? x->data : from;
        end = to < 0 && end > x->data + bytes ? x->data + bytes : end;
        th_forget(from, end - from);
    }
}

/* Runs a sub-program from an instruction on; 0, or the error, which is then also that of the program around. */
static int run_part(struct th_frame *f, struct th_frame *in, int from)
{
    in->failed = th_run_code(in->machine, in, from);
    if (in->failed < 0)
        return 0;
    f->error = in->error;
    return in->error.code ? in->error.code : TH_PYTHON_ERROR;
}

static int run_steps(loop *l)
{
    const th_slot *stop = l->until ? &l->in->slot[l->step->output[l->step->noutputs - 1]] : NULL;
    int64_t asked = 0;
    int long_rows = has_long_rows(l);
    while (l->done < l->n) {
        aim(l);
        if (long_rows)
            look_ahead(l);
        l->in->step = l->done;
        int error = run_part(l->f, l->in, l->done ? l->step->once : 0);
        if (error)
            return error;
        if (l->frees)
            give_back(l);
        advance(l);
        l->done++;
        if (stop && is_true(stop))
            break;
        if (!(l->done & 15) && th_interrupted(l->f, &asked)) {
            l->in->failed = l->step->ninstructions - 1;
            return TH_PYTHON_ERROR;
        }
    }
    return 0;
}

/* -- what comes out ------------------------------------------------------------------------------------- */

/* Turns rows so that row `first` comes first. */
static int turn(struct th_frame *f, char *data, int64_t rows, int64_t first, int64_t bytes)
{
    if (!first || !bytes)
        return 0;
    char *spare = th_scratch(f, first * bytes);
    if (!spare)
        return no_memory(f);
    memcpy(spare, data, first * bytes);
    memmove(data, data + first * bytes, (rows - first) * bytes);
    memcpy(data + (rows - first) * bytes, spare, first * bytes);
    return 0;
}

/* Brings the rows into the order in which they were written, those that are kept. */
static int finish_rows(loop *l, carry *b)
{
    int64_t written = b->reach + l->done, kept = written < b->kept ? written : b->kept;
    if (b->work == b->out->data) {
        int error = written > b->rows ? turn(l->f, b->work, b->rows, b->next, b->bytes) : 0;
        return error || kept == b->out->shape[0] ? error : th_shorten(l->f, b->out, kept);
    }
    int error = kept == b->out->shape[0] ? 0 : th_shorten(l->f, b->out, kept);
    for (int64_t i = 0; !error && i < kept; i++) {
        th_slot row = *b->out;
        row.ndim--;
        row.shape++;
        row.stride++;
        row.data = b->work + (written - kept + i) % b->rows * b->bytes;
        int64_t stride[TH_MAX_NDIM], n = row.itemsize;
        for (int d = row.ndim; d--; n *= row.shape[d])
            stride[d] = n;
        const int64_t *to = row.stride;
        row.stride = stride;
        th_copy(b->out->data + i * b->out->stride[0], to, &row);
    }
    return error;
}

static int finish_stack(loop *l, int k, const int64_t **extents)
{
    carry *b = &l->stack[k];
    const int64_t *e = *extents;
    *extents += 2 * (b->out->ndim - 1);
    if (l->done) {
        b->work = b->out->data;
        return finish_rows(l, b);
    }
    b->out->shape[0] = 0;                       /* no step told how long rows are */
    for (int d = 1; d < b->out->ndim; d++, e += 2) {
        if (e[0] == -2)
            return th_fail(l->f, E_GUARD, "only a step tells the shape of its results");
        b->out->shape[d] = e[0] < 0 ? e[1] : input_of(l, (int)e[0])->shape[e[1]];
    }
    return th_allocate(l->f, b->out);
}

static int finish(loop *l)
{
    int error = 0;
    const int64_t *extents = l->extents;
    for (int k = 0; k < l->carries && !error; k++)
        error = finish_rows(l, &l->carry[k]);
    int to = l->step->ninputs - (l->c->nin - 1 - l->sequences - l->carries - l->states - l->stacks) - l->states;
    for (int k = 0; k < l->states; k++, to++) {
        const th_slot *out = l->state[k].out;
        if (is_object(l, to)) {
            PyObject *last = l->in->array[l->step->input[to]];
            Py_XINCREF(last);
            Py_XSETREF(l->f->array[l->c->out[l->carries + k]], last);
        } else if (l->state[k].work != out->data) {
            th_slot value = *input_of(l, to);
            value.data = l->state[k].work;
            th_copy(out->data, out->stride, &value);
        }
    }
    for (int k = 0; k < l->stacks && !error; k++)
        error = finish_stack(l, k, &extents);
    return error;
}

/* params: numbers of sequences, carries, states, stacks; whether there is an until; whether memory is given back while
 * it runs, and for each sequence whether its can be; for each carry how many taps, how far they reach back, the taps;
 * for each dimension of the rows of each stack where its extent is found without a step: -1 and the extent, or the
 * number of an input of the step and its dimension, or -2. */
int th_frees_memory(const instruction *c)              /* its parameters: see th_run_for */
{
    int frees = c->params[5] != 0;
    for (int k = 0; k < c->params[0]; k++)
        frees |= c->params[6 + k] != 0;
    return frees;
}

int th_run_for(struct th_frame *f, const instruction *c)
{
    loop l = {f, f->part[c->first_part], c, c->part[0], (int)c->params[0], (int)c->params[1], (int)c->params[2],
              (int)c->params[3], (int)c->params[4], (int)c->params[5], c->params + 6};
    l.taps = l.given_back + l.sequences;
    l.extents = l.taps;
    for (int k = 0; k < l.carries; k++)
        l.extents += 2 + l.extents[0];
    int n = l.carries + l.states + l.stacks;
    carry few[8], *all = n <= 8 ? few : th_scratch(f, n * sizeof *all);
    char *memory[8];
    l.fresh = l.states <= 8 ? memory : th_scratch(f, l.states * sizeof *l.fresh);
    if (!all || !l.fresh)
        return no_memory(f);
    l.carry = all;
    l.state = all + l.carries;
    l.stack = l.state + l.states;
    l.in->failed = -1;
    l.in->error.code = 0;
    l.in->loop = &l;
    th_forget_ahead(l.in);
    int error = start(&l);
    if (!error)
        error = run_steps(&l);
    if (l.in->delayed) {
        int late = th_add_delayed(l.in, error);
        if (late)
            f->error = l.in->error;
        error = error ? error : late;
    }
    if (!error)
        error = finish(&l);
    l.in->loop = NULL;
    take_back(f, l.in);
    if (l.frees && !error)                  /* until the next call, and while the values before are made in that */
        th_forget_values(l.in);
    return error;
}

/* The first input decides: the first sub-program runs where it is true, else the second. Both take all the others. */
int th_run_branch(struct th_frame *f, const instruction *c)
{
    struct th_frame **part = f->part + c->first_part;
    part[0]->failed = part[1]->failed = -1;
    struct th_frame *in = part[!is_true(&f->slot[c->in[0]])];
    in->error.code = 0;
    in->step = -1;
    for (int k = 1; k < c->nin; k++)
        lend(f, in, k - 1, c->in[k], 0);
    for (int k = 0; k < c->nout; k++) {
        th_row *r = row_of(in, k);
        expect(r, NULL, 0, k, 0);
        if (r) {
            r->whole = &f->slot[c->out[k]];
            r->rows = -1;
        }
    }
    int error = run_part(f, in, 0);
    for (int k = 0; k < c->nout && !error; k++)
        if (f->machine->slot[c->out[k]].dtype == TH_OBJECT) {
            PyObject *value = in->array[in->machine->output[k]];
            Py_XINCREF(value);
            Py_XSETREF(f->array[c->out[k]], value);
        }
    take_back(f, in);
    return error;
}
