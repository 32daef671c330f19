/* The Python type of machines: programs that never change, read from tuples and lists of Python. */
#include "machine.h"
#include <structmember.h>
#include "interpret.h"
#include "levels.h"

static int *read_ints(PyObject *sequence, int *n)
{
    PyObject *fast = PySequence_Fast(sequence, "expected a sequence");
    if (!fast)
        return NULL;
    *n = (int)PySequence_Fast_GET_SIZE(fast);
    int *values = malloc(sizeof(int) * (*n + 1));
    for (int i = 0; values && i < *n; i++)
        values[i] = (int)PyLong_AsLong(PySequence_Fast_GET_ITEM(fast, i));
    Py_DECREF(fast);
    return values;
}

int64_t *th_read_words(PyObject *sequence, int *n)
{
    PyObject *fast = PySequence_Fast(sequence, "expected a sequence");
    if (!fast)
        return NULL;
    *n = (int)PySequence_Fast_GET_SIZE(fast);
    int64_t *values = malloc(sizeof(int64_t) * (*n + 1));
    for (int i = 0; values && i < *n; i++)
        values[i] = PyLong_AsLongLong(PySequence_Fast_GET_ITEM(fast, i));
    Py_DECREF(fast);
    return values;
}

/* (dtype, ndim, storage, buffer, root, ones, numpy dtype) */
static int read_slot(slot_spec *s, PyObject *t)
{
    PyObject *descr;
    if (!PyArg_ParseTuple(t, "iiiiiIO", &s->dtype, &s->ndim, &s->storage, &s->buffer, &s->root, &s->ones, &descr))
        return -1;
    if (descr == Py_None)
        return 0;
    Py_INCREF(descr);
    s->descr = (PyArray_Descr *)descr;
    s->type_num = s->descr->type_num;
    s->itemsize = (int)PyDataType_ELSIZE(s->descr);
    return 0;
}

static int most_level = TH_LEVEL_AVX512;

void th_limit_loops(int level) { most_level = level; }

/* The prebuilt loops for this CPU. */
static const th_inner_fn *prebuilt_loops(void)
{
#ifdef TH_LEVELS
    static const th_inner_fn *const loops[] = { th_loops_base, th_loops_avx2, th_loops_avx512 };
#else
    static const th_inner_fn *const loops[] = { th_loops_base };
#endif
    int level = th_level();
    return loops[level < most_level ? level : most_level];
}

/* The nest of an instruction, with its program of prebuilt loops if it has one; NULL with an error set. */
static th_nest *read_nest(PyObject *words, PyObject *program)
{
    int n;
    int64_t *list = th_read_words(words, &n);
    th_nest *nest = list ? th_nest_new(list, n) : NULL;
    free(list);
    if (nest && program != Py_None) {
        list = th_read_words(program, &n);
        nest->code = list ? th_code_new(list, n, nest, prebuilt_loops(), th_loop_count) : NULL;
        free(list);
        if (!nest->code) {
            th_nest_free(nest);
            nest = NULL;
        }
    }
    if (!nest && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "malformed loop nest");
    return nest;
}

/* (kind, inputs, outputs, params, nest words or None, program of prebuilt loops or None, address of the inner
 * function or kernel, perform, node, machines of sub-programs) */
static int read_instruction(instruction *c, PyObject *t)
{
    PyObject *in, *out, *params, *words, *program, *perform, *node, *parts;
    unsigned long long address;
    if (!PyArg_ParseTuple(t, "iOOOOOKOOO!", &c->kind, &in, &out, &params, &words, &program, &address, &perform, &node,
                          &PyTuple_Type, &parts))
        return -1;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(parts) && k < 2; k++) {
        c->part[k] = (Machine *)PyTuple_GET_ITEM(parts, k);
        Py_INCREF(c->part[k]);
    }
    c->in = read_ints(in, &c->nin);
    c->out = read_ints(out, &c->nout);
    c->params = th_read_words(params, &c->nparams);
    if (!c->in || !c->out || !c->params)
        return -1;
    if (words != Py_None && !(c->nest = read_nest(words, program)))
        return -1;
    c->inner = (th_inner_fn)(uintptr_t)address;
    Py_INCREF(perform);
    Py_INCREF(node);
    c->perform = perform;
    c->node = node;
    return PyErr_Occurred() ? -1 : 0;
}

/* Counts the sub-programs of an instruction, and notes what it means for its machine that it has them. */
static void take_parts(Machine *m, instruction *c)
{
    m->has_python |= c->kind == K_PYTHON;
    m->lean |= c->kind == K_FOR && th_frees_memory(c);
    c->first_part = m->nparts;
    for (int k = 0; k < 2 && c->part[k]; k++) {
        m->nparts++;
        m->has_python |= c->part[k]->has_python;
        m->lean |= c->part[k]->lean;
        m->has_loops = 1;
        for (int i = 0; i < c->nin; i++)            /* references to objects are counted */
            m->has_python |= m->slot[c->in[i]].dtype == TH_OBJECT;
    }
}

static int read_code(Machine *m, PyObject *slots, PyObject *code)
{
    m->nslots = (int)PyList_GET_SIZE(slots);
    m->slot = calloc(m->nslots + 1, sizeof *m->slot);
    for (int i = 0; i < m->nslots; i++)
        if (read_slot(&m->slot[i], PyList_GET_ITEM(slots, i)) < 0)
            return -1;
    int n = (int)PyList_GET_SIZE(code);
    m->code = calloc(n + 1, sizeof *m->code);
    m->ns = calloc(n + 1, sizeof *m->ns);
    m->calls = calloc(n + 1, sizeof *m->calls);
    for (int i = 0; i < n; i++) {
        m->ninstructions = i + 1;
        if (read_instruction(&m->code[i], PyList_GET_ITEM(code, i)) < 0)
            return -1;
        take_parts(m, &m->code[i]);
    }
    return 0;
}

static void read_inputs(Machine *m, PyObject *inputs, PyObject *cells, PyObject *overwritten)
{
    m->input = read_ints(inputs, &m->ninputs);
    m->cell = calloc(m->ninputs + 1, sizeof *m->cell);
    for (int i = 0; i < m->ninputs; i++) {
        PyObject *cell = PyList_GET_ITEM(cells, i);
        if (cell != Py_None) {
            Py_INCREF(cell);
            m->cell[i] = cell;
        }
    }
    m->overwritten = calloc(m->ninputs + 1, 1);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(overwritten); i++)
        m->overwritten[PyLong_AsLong(PyList_GET_ITEM(overwritten, i))] = 1;
}

static int read_updates(Machine *m, PyObject *updates)
{
    m->nupdates = (int)PyList_GET_SIZE(updates);
    m->update_slot = calloc(m->nupdates + 1, sizeof(int));
    m->update_input = calloc(m->nupdates + 1, sizeof(int));
    m->update_in_place = calloc(m->nupdates + 1, sizeof(int));
    for (int i = 0; i < m->nupdates; i++)
        if (!PyArg_ParseTuple(PyList_GET_ITEM(updates, i), "iii", &m->update_slot[i], &m->update_input[i],
                              &m->update_in_place[i]))
            return -1;
    return 0;
}

static void read_constants(Machine *m, PyObject *constants)
{
    Py_INCREF(constants);
    m->constants = constants;
    m->nconstants = (int)PyList_GET_SIZE(constants);
    m->constant_slot = calloc(m->nconstants + 1, sizeof(int));
    for (int i = 0; i < m->nconstants; i++)
        m->constant_slot[i] = (int)PyLong_AsLong(PyTuple_GET_ITEM(PyList_GET_ITEM(constants, i), 0));
}

static int machine_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    Machine *m = (Machine *)self;
    PyObject *slots, *code, *inputs, *cells, *outputs, *updates, *constants, *overwritten, *borrowed;
    if (!PyArg_ParseTuple(args, "OOOOiOOOiOiO|ii", &slots, &code, &inputs, &cells, &m->npositional, &outputs, &updates,
                          &constants, &m->nbuffers, &overwritten, &m->checked, &borrowed, &m->once, &m->nrows))
        return -1;
    if (read_code(m, slots, code) < 0)
        return -1;
    read_inputs(m, inputs, cells, overwritten);
    m->output = read_ints(outputs, &m->noutputs);
    for (int i = 0; i < m->noutputs && m->output; i++)
        if (m->slot[m->output[i]].storage == ST_VIEW)
            m->slot[m->slot[m->output[i]].root].in_order = 1;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(borrowed); i++)
        m->slot[PyLong_AsLong(PyList_GET_ITEM(borrowed, i))].borrowed = 1;
    if (read_updates(m, updates) < 0)
        return -1;
    read_constants(m, constants);
    return PyErr_Occurred() ? -1 : 0;
}

static int machine_traverse(PyObject *self, visitproc visit, void *arg)
{
    Machine *m = (Machine *)self;
    for (int i = 0; i < m->ninputs && m->cell; i++)
        Py_VISIT(m->cell[i]);
    for (int i = 0; i < m->ninstructions; i++) {
        Py_VISIT(m->code[i].perform);
        Py_VISIT(m->code[i].node);
        Py_VISIT(m->code[i].part[0]);
        Py_VISIT(m->code[i].part[1]);
    }
    Py_VISIT(m->constants);
    return 0;
}

static int machine_clear(PyObject *self)
{
    Machine *m = (Machine *)self;
    for (int i = 0; i < m->ninstructions; i++) {
        Py_CLEAR(m->code[i].perform);
        Py_CLEAR(m->code[i].node);
    }
    for (int i = 0; i < m->ninputs && m->cell; i++)
        Py_CLEAR(m->cell[i]);
    return 0;
}

static void machine_dealloc(PyObject *self)
{
    Machine *m = (Machine *)self;
    PyObject_GC_UnTrack(self);
    machine_clear(self);
    th_free_frames(m);
    Py_CLEAR(m->constants);
    for (int i = 0; i < m->ninstructions; i++) {
        Py_CLEAR(m->code[i].part[0]);           /* only now: frames had frames of these */
        Py_CLEAR(m->code[i].part[1]);
        th_nest_free(m->code[i].nest);
        free(m->code[i].in); free(m->code[i].out); free(m->code[i].params);
    }
    for (int i = 0; i < m->nslots && m->slot; i++)
        Py_XDECREF(m->slot[i].descr);
    pthread_mutex_destroy(&m->lock);
    free(m->slot); free(m->code); free(m->ns); free(m->calls); free(m->input); free(m->output); free(m->cell);
    free(m->update_slot); free(m->update_input); free(m->update_in_place); free(m->constant_slot);
    free(m->overwritten);
    Py_TYPE(self)->tp_free(self);
}

/* profile(): a list of (calls, nanoseconds) per instruction; see Callable._measure. Where some runs are
 * measured, as if all had been. */
static PyObject *machine_profile(PyObject *self, PyObject *unused)
{
    Machine *m = (Machine *)self;
    PyObject *result = PyList_New(m->ninstructions);
    for (int i = 0; result && i < m->ninstructions; i++) {
        int64_t calls = !m->runs || !m->calls[i] ? m->calls[i] : i < m->once ? m->starts : m->runs;
        double ns = m->calls[i] ? (double)m->ns[i] / m->calls[i] * calls : 0;
        PyList_SET_ITEM(result, i, Py_BuildValue("(LL)", (long long)calls, (long long)ns));
    }
    return result;
}

/* parts(i): the machines of the sub-programs of an instruction. */
static PyObject *machine_parts(PyObject *self, PyObject *args)
{
    Machine *m = (Machine *)self;
    int i;
    if (!PyArg_ParseTuple(args, "i", &i))
        return NULL;
    PyObject *list = PyList_New(0);
    for (int k = 0; list && k < 2 && i >= 0 && i < m->ninstructions; k++)
        if (m->code[i].part[k])
            PyList_Append(list, (PyObject *)m->code[i].part[k]);
    return list;
}

/* timing(): (calls, nanoseconds in calls of the function, nanoseconds in the program) while profiling. */
static PyObject *machine_timing(PyObject *self, PyObject *unused)
{
    Machine *m = (Machine *)self;
    double ns = m->measured ? (double)m->run_ns / m->measured * m->runs : 0;
    return Py_BuildValue("(LLL)", (long long)m->ncalls, (long long)m->call_ns, (long long)ns);
}

/* memory(i, k, ...): the bytes of each buffer of the machine, and the bytes of each slot in the last call; those of the
 * k-th sub-program of instruction i, and so on. */
static PyObject *machine_memory(PyObject *self, PyObject *path)
{
    Machine *m = (Machine *)self;
    struct th_frame *f = m->free;
    for (Py_ssize_t p = 0; f && p + 1 < PyTuple_GET_SIZE(path); p += 2) {
        long i = PyLong_AsLong(PyTuple_GET_ITEM(path, p)), k = PyLong_AsLong(PyTuple_GET_ITEM(path, p + 1));
        if (i < 0 || i >= m->ninstructions || k < 0 || k > 1 || !m->code[i].part[k]) {
            PyErr_SetString(PyExc_IndexError, "there is no such sub-program");
            return NULL;
        }
        f = f->part[m->code[i].first_part + k];
        m = m->code[i].part[k];
    }
    PyObject *buffers = PyList_New(0), *slots = PyList_New(0);
    for (int i = 0; f && i < m->nbuffers; i++) {
        PyObject *n = PyLong_FromSize_t(f->capacity[i]);
        PyList_Append(buffers, n);
        Py_XDECREF(n);
    }
    for (int i = 0; f && i < m->nslots; i++) {
        PyObject *n = PyLong_FromLongLong((long long)(th_count(&f->slot[i]) * f->slot[i].itemsize));
        PyList_Append(slots, n);
        Py_XDECREF(n);
    }
    return Py_BuildValue("(NN)", buffers, slots);
}

/* release(): frees buffers and kept results. */
static PyObject *machine_release(PyObject *self, PyObject *unused)
{
    th_free_frames((Machine *)self);
    Py_RETURN_NONE;
}

/* results(): the arrays of the last results that the machine holds for the next call, None where it has none. */
static PyObject *machine_results(PyObject *self, PyObject *unused)
{
    Machine *m = (Machine *)self;
    PyObject *list = PyList_New(m->noutputs);
    for (int k = 0; list && k < m->noutputs; k++) {
        int i = m->output[k];
        PyObject *o = m->free && m->slot[i].storage == ST_ARRAY && m->free->array[i] ? m->free->array[i] : Py_None;
        Py_INCREF(o);
        PyList_SET_ITEM(list, k, o);
    }
    return list;
}

static PyMemberDef machine_members[] = {
    {"keep", T_BOOL, offsetof(Machine, keep), 0, "Write borrowed results of the last call again."},
    {NULL}
};

static PyMethodDef machine_methods[] = {
    {"results", machine_results, METH_NOARGS, "results(): the last results that are still held, or None"},
    {"profile", machine_profile, METH_NOARGS, "profile(): [(calls, ns), ...] per instruction, where measured"},
    {"parts", machine_parts, METH_VARARGS, "parts(i): the machines of the sub-programs of instruction i"},
    {"timing", machine_timing, METH_NOARGS, "timing(): (calls, ns in calls, ns in the program)"},
    {"memory", machine_memory, METH_VARARGS, "memory(i, k, ...): bytes of every buffer, bytes of every slot's last value"},
    {"release", machine_release, METH_NOARGS, "release(): free buffers and kept results"},
    {NULL}
};

static PyObject *machine_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Machine *m = (Machine *)type->tp_alloc(type, 0);
    if (m)
        pthread_mutex_init(&m->lock, NULL);
    return (PyObject *)m;
}

PyTypeObject th_machine_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "theano.runtime._machine.Machine",
    .tp_basicsize = sizeof(Machine),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Machine(slots, code, inputs, cells, positional, outputs, updates, constants, buffers, overwritten,"
              " checked, borrowed)",
    .tp_new = machine_new,
    .tp_init = machine_init,
    .tp_dealloc = machine_dealloc,
    .tp_traverse = machine_traverse,
    .tp_clear = machine_clear,
    .tp_methods = machine_methods,
    .tp_members = machine_members,
};
