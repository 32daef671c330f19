/* A machine, its instructions, and a frame: what a call of its program works on. */
#ifndef TH_MACHINE_H
#define TH_MACHINE_H
#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL theano_machine_numpy
#include <Python.h>
#include <numpy/arrayobject.h>
#include "vm.h"

enum storage { ST_INPUT, ST_CONST, ST_BUFFER, ST_ARRAY, ST_VIEW, ST_ROW };
enum kind { K_LOOP, K_DIMSHUFFLE, K_SUBTENSOR, K_RESHAPE, K_SHAPE_I, K_MAKE_VECTOR, K_COPY, K_GEMM, K_GEMV, K_GER,
            K_DOT, K_GUARD, K_PYTHON, K_ALIAS, K_EMPTY, K_PICK, K_PUT, K_CALL, K_PARTS,
            K_SCATTER, K_STEPS, K_FOR, K_BRANCH };
enum { E_GUARD = TH_DECLINED, E_TYPE = 101 };

typedef struct slot_spec {
    int dtype, ndim, storage, buffer, root, type_num, itemsize;
    int borrowed;                           /* a result that need not outlive the next call */
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
    int64_t step;                           /* of a loop: the one that runs */
    int failed;                             /* of a sub-program: the instruction that failed, or -1 */
};

typedef struct Machine {
    PyObject_HEAD
    int nslots, ninstructions, ninputs, npositional, noutputs, nupdates, nbuffers, nparts, nrows;
    int has_python, has_loops;              /* here or in a sub-program */
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
    PyThread_type_lock lock;                /* held while a program with updates runs */
    int profiling, unmeasured;              /* unmeasured: calls to come that don't count */
    int64_t *ns, *calls;
    int64_t run_ns, call_ns, ncalls;        /* in the program, in calls of the function; how many calls */
} Machine;

/* machine.c: runs instructions from number `from` on; the one that failed, or -1. */
int th_run_code(Machine *m, struct th_frame *f, int from);
/* machine.c: gives a value of f, which has storage of its own, fewer rows. */
int th_shorten(struct th_frame *f, th_slot *s, int64_t rows);
/* machine.c: whether the user wants the program to stop, asked now and then; then a Python exception is set. */
int th_interrupted(struct th_frame *f, int64_t *asked);

/* delayed.c: out += alpha x y of a step (GEMM or GER, in place), which may be done later. All of it is done, or forgotten
 * where the loop failed, by th_add_delayed. */
int th_delay(struct th_frame *f, int kind, th_slot **in, th_slot *out);
int th_add_delayed(struct th_frame *f, int forget);
void th_free_delayed(struct th_frame *f);

/* subprogram.c */
int th_run_for(struct th_frame *f, const instruction *c);
int th_run_branch(struct th_frame *f, const instruction *c);
int th_allocate_row(struct th_frame *f, th_slot *s);        /* storage of a result of a sub-program */
#endif
