/* Runs the instructions of a program, one after the other. */
#include "machine.h"
#include "arrays.h"
#include "blas.h"
#include "steps.h"

static int run_python(struct th_frame *f, const instruction *c)
{
    int error = TH_PYTHON_ERROR;
    PyObject *inputs = PyList_New(c->nin), *cells = PyList_New(c->nout), *done = NULL;
    if (!inputs || !cells)
        goto out;
    for (int i = 0; i < c->nin; i++) {
        PyObject *a = th_as_array(f, c->in[i]);
        if (!a)
            goto out;
        PyList_SET_ITEM(inputs, i, a);
    }
    for (int i = 0; i < c->nout; i++) {
        PyObject *cell = PyList_New(1);
        if (!cell)
            goto out;
        PyList_SET_ITEM(cell, 0, th_last_result(f, c->out[i], PyCFunction_Check(c->perform)));
        PyList_SET_ITEM(cells, i, cell);
    }
    done = PyObject_CallFunctionObjArgs(c->perform, c->node, inputs, cells, NULL);
    if (!done)
        goto out;
    error = 0;
    for (int i = 0; i < c->nout && !error; i++)
        error = th_take_result(f, c->out[i], PyList_GET_ITEM(PyList_GET_ITEM(cells, i), 0));
out:
    Py_XDECREF(inputs);
    Py_XDECREF(cells);
    Py_XDECREF(done);
    return error;
}

static int run_loop(struct th_frame *f, const instruction *c)
{
    th_slot *slots[2 * TH_MAX_OPERANDS];
    int n = 0;
    /* params: for each operand, then each extent, the number of the slot */
    for (int k = 0; k < c->nparams; k++)
        slots[n++] = &f->slot[c->params[k]];
    return th_run_nest(f, c->nest, c->inner, slots);
}

/* A prebuilt kernel, or NULL for a loop of generated steps. */
static int run_call(struct th_frame *f, const instruction *c, th_kernel_fn kernel)
{
    int n = c->nin + c->nout;
    th_slot *few[16], **slots = n <= 16 ? few : th_scratch(f, n * sizeof *slots);
    if (!slots)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for the arguments of a kernel");
    for (int k = 0; k < n; k++)
        slots[k] = &f->slot[k < c->nin ? c->in[k] : c->out[k - c->nin]];
    th_call call = {f, slots, slots + c->nin, c->params, c->nin, c->nout, c->nparams};
    return kernel ? kernel(&call) : th_run_steps(&call, (th_steps_fn)c->inner);
}

static inline __attribute__((always_inline)) int run_one(struct th_frame *f, const instruction *c)
{
    switch (c->kind) {
    case K_LOOP: return run_loop(f, c);
    case K_DIMSHUFFLE: return th_run_dimshuffle(f, c);
    case K_SUBTENSOR: return th_run_subtensor(f, c);
    case K_RESHAPE: return th_run_reshape(f, c);
    case K_SHAPE_I: return th_run_shape_i(f, c);
    case K_MAKE_VECTOR: return th_run_make_vector(f, c);
    case K_COPY: return th_run_copy(f, c);
    case K_GEMM: case K_GEMV: case K_GER: case K_DOT: {
        th_slot *in[9], *out = &f->slot[c->out[0]];
        for (int i = 0; i < c->nin; i++)
            in[i] = &f->slot[c->in[i]];
        if (c->params[0] > 1)
            return th_delay(f, c->kind - K_GEMM, in, out, c->params[0]);
        if (c->nparams > 2 && th_is_last_step(f))
            return th_check_blas(f, c->kind - K_GEMM, in, out);
        if (c->nparams > 1 && c->params[1] >= 0)
            return th_run_ahead(f, in, c->nin, out, (int)c->params[0], (int)c->params[1]);
        return th_blas(f, c->kind - K_GEMM, in, c->nin, out, (int)c->params[0]);
    }
    case K_GUARD: return *(unsigned char *)f->slot[c->in[0]].data ? 0 : th_fail(f, E_GUARD, "guard");
    case K_PICK: return th_run_pick(f, c);
    case K_PUT: return th_run_put(f, c);
    case K_CALL: case K_PARTS: case K_SCATTER: return run_call(f, c, (th_kernel_fn)c->inner);
    case K_STEPS: return run_call(f, c, NULL);
    case K_PYTHON: return run_python(f, c);
    case K_FOR: return th_run_for(f, c);
    case K_BRANCH: return th_run_branch(f, c);
    case K_ALIAS: return th_run_alias(f, c);
    case K_EMPTY: return th_run_empty(f, c);
    }
    return th_fail(f, TH_BAD_VALUE, "unknown instruction");
}

/* run_one for all but the loop over the instructions, into which it is inlined. */
static __attribute__((noinline)) int run_any(struct th_frame *f, const instruction *c) { return run_one(f, c); }

/* Whether an instruction can run: makes views, and storage for results, but computes nothing. */
static int check_one(struct th_frame *f, const instruction *c)
{
    th_slot *slots[2 * TH_MAX_OPERANDS];
    switch (c->kind) {
    case K_LOOP:
        for (int k = 0; k < c->nparams; k++)
            slots[k] = &f->slot[c->params[k]];
        return th_check_nest(f, c->nest, slots);
    case K_GEMM: case K_GEMV: case K_GER:
        for (int i = 0; i < c->nin; i++)
            slots[i] = &f->slot[c->in[i]];
        return th_check_blas(f, c->kind - K_GEMM, slots, &f->slot[c->out[0]]);
    case K_COPY: {
        const th_slot *x = &f->slot[c->in[0]];
        th_slot *o = &f->slot[c->out[0]];
        memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
        return th_allocate(f, o);
    }
    case K_SCATTER: return run_call(f, c, th_check_scatter);
    case K_PYTHON: return 0;
    }
    return run_any(f, c);
}

/* The number of the first of the instructions from i on that can't run, or -1. */
static __attribute__((noinline)) int check_from(Machine *m, struct th_frame *f, int i)
{
    for (; i < m->ninstructions; i++)
        if (check_one(f, &m->code[i]))
            return i;
    return -1;
}

enum { SHORT_NS = 20000 };                  /* of calls: where all are measured, that shows */
static int64_t clock_ns = -1;               /* what it takes to read the clock: no part of what is measured */

static void calibrate(void)
{
    int64_t least = 1000;
    for (int i = 0; i < 100; i++) {
        int64_t start = th_now(), end = th_now();
        least = end - start < least ? end - start : least;
    }
    clock_ns = least;
}

void th_measure(Machine *m)
{
    if (clock_ns < 0)
        calibrate();
    m->profiling = 1;
    m->call_ns = m->run_ns = m->ncalls = m->runs = m->starts = m->measured = m->skipped = 0;
    memset(m->ns, 0, sizeof *m->ns * m->ninstructions);
    memset(m->calls, 0, sizeof *m->calls * m->ninstructions);
    for (int i = 0; i < m->ninstructions; i++)
        for (int k = 0; k < 2; k++)
            if (m->code[i].part[k])
                th_measure(m->code[i].part[k]);
}

/* weight: of how many runs this one is the one that is measured. */
static __attribute__((noinline)) int run_measured(Machine *m, struct th_frame *f, int from, int64_t weight)
{
    int64_t begun = th_now(), start = begun, end, reading = clock_ns;
    int failed = -1;
    for (int i = from; i < m->ninstructions && failed < 0; i++, start = end) {
        if (i == m->checked)
            failed = check_from(m, f, i);
        if (failed < 0 && run_any(f, &m->code[i]))
            failed = i;
        th_reset_scratch(f);
        end = th_now();
        m->ns[i] += end - start > clock_ns ? (end - start - clock_ns) * weight : 0;
        m->calls[i] += weight;
        reading += clock_ns;
    }
    end = th_now() - begun;
    m->run_ns += end > reading ? (end - reading) * weight : 0;
    m->measured += weight;
    return failed;
}

int th_interrupted(struct th_frame *f, int64_t *asked)
{
    int64_t time = th_now();
    if (time - *asked < 100000000)
        return 0;
    *asked = time;
    while (f->around)
        f = f->around;
    if (f->released)
        PyEval_RestoreThread(f->released);
    int wanted = PyErr_CheckSignals() < 0;
    if (f->released)
        f->released = PyEval_SaveThread();
    return wanted;
}

static inline __attribute__((always_inline)) int run_from(Machine *m, struct th_frame *f, int from)
{
    for (int i = from; i < m->ninstructions; i++) {
        if (i == m->checked) {
            int failed = check_from(m, f, i);
            if (failed >= 0)
                return failed;
        }
        if (run_one(f, &m->code[i]))
            return i;
        if (f->scratch_used | f->scratch_most)
            th_reset_scratch(f);
    }
    return -1;
}

/* Measures the first runs, and then one of eight in the mean where they are short: reading the clock takes as long as a
 * small instruction. */
static __attribute__((noinline)) int run_sampled(Machine *m, struct th_frame *f, int from, int is_short)
{
    m->starts += !from;
    if (m->runs++ >= 16 && is_short && m->waits) {
        m->waits--;
        m->skipped++;
        return run_from(m, f, from);
    }
    m->random = m->random * 1664525u + 1013904223u;
    m->waits = m->random >> 28;
    int64_t weight = 1 + m->skipped;
    m->skipped = 0;
    return run_measured(m, f, from, weight);
}

int th_run_code(Machine *m, struct th_frame *f, int from)
{
    return m->profiling ? run_sampled(m, f, from, 1) : run_from(m, f, from);
}

/* Runs the program; the number of the instruction that failed, or -1. */
int th_run_program(Machine *m, struct th_frame *f)
{
    return m->profiling ? run_sampled(m, f, 0, m->run_ns < SHORT_NS * m->measured) : run_from(m, f, 0);
}
