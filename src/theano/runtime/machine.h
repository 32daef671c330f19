/* A machine, its instructions, and a frame: what a call of its program works on. */
#ifndef TH_MACHINE_H
#define TH_MACHINE_H
#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION      /* arrays name what frees their memory */
#define PY_ARRAY_UNIQUE_SYMBOL theano_machine_numpy
#ifndef TH_IMPORTS_NUMPY
#define NO_IMPORT_ARRAY                     /* module.c does */
#endif
#include <Python.h>
#include <numpy/arrayobject.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include "product.h"
#include "vm.h"

enum storage { ST_INPUT, ST_CONST, ST_BUFFER, ST_ARRAY, ST_VIEW, ST_ROW };
enum kind { K_LOOP, K_DIMSHUFFLE, K_SUBTENSOR, K_RESHAPE, K_SHAPE_I, K_MAKE_VECTOR, K_COPY, K_GEMM, K_GEMV, K_GER,
            K_DOT, K_GUARD, K_PYTHON, K_ALIAS, K_EMPTY, K_PICK, K_PUT, K_CALL, K_PARTS,
            K_SCATTER, K_STEPS, K_FOR, K_BRANCH };
enum { E_GUARD = TH_DECLINED, E_TYPE = 101 };
enum returned { RETURN_ONE, RETURN_LIST, RETURN_NONE, RETURN_PYTHON };      /* by a compiled function */

typedef struct slot_spec {
    int dtype, ndim, storage, buffer, root, type_num, itemsize;
    int borrowed;                           /* a result that need not outlive the next call */
    int in_order;                           /* a result is a view of it under another shape: only C order will do */
    uint32_t ones;                          /* bit d: dimension d is broadcastable */
    PyArray_Descr *descr;
} slot_spec;

typedef struct instruction {
    int kind, nin, nout, nparams;
    int *in, *out;
    int64_t *params;
    th_nest *nest;
    th_inner_fn inner;
    PyObject *perform, *node;
    struct Machine *part[2];                /* sub-programs: the step of a loop, or both sides of a branch */
    int first_part;                         /* number of the frame of the first */
} instruction;

/* Where a result of a sub-program goes: rows of a value of the program around, or all of one. */
typedef struct th_row {
    char *data;
    int64_t *shape;                         /* what every row must have; NULL: the first one tells, see th_allocate_row */
    int64_t storage[TH_MAX_NDIM];
    th_slot *whole;                         /* of the frame around, not allocated yet; or NULL */
    int64_t rows;                           /* of `whole`; -1 where the result is all of it */
    int label;                              /* by which messages call it */
    int moves;                              /* another shape is no error, but a call for the interpreter */
} th_row;

struct th_frame {
    th_slot *slot;
    int64_t *extents;                       /* shape and stride of every slot */
    char **buffer;
    size_t *capacity;
    PyObject **array;                       /* what a slot's storage belongs to, or NULL */
    struct Machine *machine;
    struct th_frame *next;
    PyThreadState *released;                /* set while the GIL is released */
    th_error_info error;
    char *scratch;
    size_t scratch_size, scratch_used;
    size_t scratch_beside, scratch_most;    /* bytes in `extra`; the most there were since the last reset */
    void **extra;
    int nextra, capextra;
    struct th_frame **part;                 /* frames of sub-programs */
    struct th_frame *around;                /* whose sub-program this frame is of, or NULL */
    th_row *row;                            /* of a sub-program: where its results go */
    struct th_delayed *delayed;             /* of a step: products that are to be added up */
    struct th_ahead *ahead;                 /* of a step: products that were made for the next ones too */
    const struct th_loop *loop;             /* of a step: the loop that runs it */
    th_soon soon;                           /* of a step: the rows that it writes and the next one reads */
    int64_t step;                           /* of a loop: the one that runs */
    int failed;                             /* of a sub-program: the instruction that failed, or -1 */
};

typedef struct Machine {
    PyObject_HEAD
    int nslots, ninstructions, ninputs, npositional, noutputs, nupdates, nbuffers, nparts, nrows;
    int has_python, has_loops;              /* here or in a sub-program */
    int lean;                               /* loops give back what they have read, here or in a sub-program */
    int once;                               /* of the step of a loop: how many instructions only the first step runs */
    slot_spec *slot;
    instruction *code;
    int *input, *output, *update_slot, *update_input, *update_in_place;
    PyObject **cell;                        /* per input: the list that holds a shared value, or NULL */
    PyObject *constants;                    /* list of (slot, array) */
    int *constant_slot;
    int nconstants;
    char *overwritten;                      /* per input: its memory is written to */
    int checked;                            /* from this instruction on all are checked before one runs, or -1 */
    char keep;                              /* results are kept between calls; borrowed ones are written again */
    struct th_frame *free;
    pthread_mutex_t lock;                   /* held while a program with updates runs: a PyThread lock asks the clock */
    int profiling, unmeasured;              /* unmeasured: calls to come that don't count */
    int64_t *ns, *calls;
    int64_t run_ns, call_ns, ncalls;        /* in the program, in calls of the function; how many calls */
    int64_t runs, starts;                   /* how often it ran while profiling, and from its first instruction on */
    int64_t measured, skipped;              /* for how many runs the times stand; runs since the last one measured */
    uint32_t waits, random;                 /* how many runs are not measured until the next one that is */
} Machine;

/* frame.c. A frame for a machine, NULL where memory is out; one put back serves the next call. */
struct th_frame *th_new_frame(Machine *m);
void th_put_back(Machine *m, struct th_frame *f);
void th_free_frames(Machine *m);                            /* that were put back */
void th_reset_scratch(struct th_frame *f);                  /* after an instruction */

/* storage.c. */
char *th_buffer(struct th_frame *f, int b, size_t nbytes);  /* buffer b with room for so much, or NULL */
#define TH_LARGE ((size_t)4 << 20)          /* buffers from here on have large pages of their own */

/* pages.c. Memory for nbytes, aligned to 64, or NULL where memory is out; and what frees it. used: how much of it is
 * written to for sure. */
char *th_new_buffer(size_t nbytes, size_t used);
void th_free_buffer(char *buffer);
size_t th_buffer_size(const char *buffer);                  /* how many bytes were asked for */
/* storage.c: the same for a program, of which lean ones are not to have more than they need. */
char *th_memory_of(struct th_frame *f, size_t nbytes, size_t used);
/* Gives pages back to the system of which nobody reads what is in them; they are a buffer's as before. */
void th_forget(char *from, size_t nbytes);
void th_forget_values(struct th_frame *f);                  /* frame.c: all that is in its buffers */
/* Gives a value of f, which has storage of its own, fewer rows. */
int th_shorten(struct th_frame *f, th_slot *s, int64_t rows);
int th_make_handler(void);                                  /* once, before results are allocated; -1 on errors */
PyObject *th_as_array(struct th_frame *f, int i);           /* slot i for Python code; new reference */
int th_take_result(struct th_frame *f, int i, PyObject *value);     /* makes a value of Python code that of slot i */
/* What a cell holds before an op runs: for one with C code the array of the last call, if nobody else has it. */
PyObject *th_last_result(struct th_frame *f, int i, int wanted);

/* view.c: instructions. */
int th_run_dimshuffle(struct th_frame *f, const instruction *c);
int th_run_subtensor(struct th_frame *f, const instruction *c);
int th_run_reshape(struct th_frame *f, const instruction *c);
int th_run_shape_i(struct th_frame *f, const instruction *c);
int th_run_make_vector(struct th_frame *f, const instruction *c);
int th_run_copy(struct th_frame *f, const instruction *c);
int th_run_alias(struct th_frame *f, const instruction *c);
int th_run_empty(struct th_frame *f, const instruction *c);
int th_run_pick(struct th_frame *f, const instruction *c);
int th_run_put(struct th_frame *f, const instruction *c);

/* delayed.c: out += alpha x y of a step (GEMM or GER, in place), which may be done later, when steps have put about `most`
 * rows aside. All of it is done, or forgotten where the loop failed, by th_add_delayed. */
int th_delay(struct th_frame *f, int kind, th_slot **in, th_slot *out, int64_t most);
int th_add_delayed(struct th_frame *f, int forget);
void th_free_delayed(struct th_frame *f);

/* ahead.c: out = x y of a step, where x is a row of that sequence and y the same in all steps; for more steps at once
 * where that pays. A loop that begins forgets what was made. */
int th_run_ahead(struct th_frame *f, th_slot **in, int nin, th_slot *out, int inplace, int sequence);
void th_forget_ahead(struct th_frame *f);
void th_free_ahead(struct th_frame *f);

/* subprogram.c: how many steps there are from this one on, and how many bytes lie between rows of a sequence. */
int64_t th_steps_left(const struct th_frame *f, int sequence, int64_t *apart);
int th_is_last_step(const struct th_frame *f);

/* subprogram.c: instructions, and the storage of a result of a sub-program. */
int th_run_for(struct th_frame *f, const instruction *c);
int th_frees_memory(const instruction *c);                  /* a loop that gives back what it has read */
int th_run_branch(struct th_frame *f, const instruction *c);
int th_allocate_row(struct th_frame *f, th_slot *s);

/* run.c. Runs instructions of a sub-program from number `from` on; the one that failed, or -1. */
int th_run_code(Machine *m, struct th_frame *f, int from);
void th_measure(Machine *m);                                /* from now on, also sub-programs */
int th_run_program(Machine *m, struct th_frame *f);         /* all of them, measured where that is wanted */
/* Whether the user wants the program to stop, asked now and then; then a Python exception is set. */
int th_interrupted(struct th_frame *f, int64_t *asked);

/* call.c. Calls a machine. args: values of the inputs; those of shared variables, which come last, are not read.
 * checked: they fit. callable: its methods answer where they don't, and where the program fails. */
PyObject *th_call_machine(PyObject *callable, Machine *m, PyObject *const *args, int checked, int returned);

/* machine.c and callable.c. */
extern PyTypeObject th_machine_type, th_callable_type;
int64_t *th_read_words(PyObject *sequence, int *n);         /* to be freed; or NULL with an error set */
void th_limit_loops(int level);                             /* of the prebuilt loops that new machines use */

static inline int64_t th_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Shape and strides of an array; NumPy has no memory for those of a number. */
static inline void th_take_extents(th_slot *s, PyArrayObject *a)
{
    if (!s->ndim)
        return;
    memcpy(s->shape, PyArray_DIMS(a), sizeof(int64_t) * s->ndim);
    memcpy(s->stride, PyArray_STRIDES(a), sizeof(int64_t) * s->ndim);
}

/* Whether an argument can be read as it is. */
static inline int th_fits(const slot_spec *spec, PyObject *o)
{
    if (spec->dtype == TH_OBJECT)
        return 1;
    if (!PyArray_CheckExact(o))
        return 0;
    PyArrayObject *a = (PyArrayObject *)o;
    if (PyArray_TYPE(a) != spec->type_num || PyArray_NDIM(a) != spec->ndim
        || !PyArray_CHKFLAGS(a, NPY_ARRAY_ALIGNED) || PyArray_ISBYTESWAPPED(a))
        return 0;
    for (int d = 0; d < spec->ndim; d++)
        if (spec->ones >> d & 1 && PyArray_DIM(a, d) != 1)
            return 0;
    return 1;
}
#endif
