/* What generated kernels, the loop driver and the virtual machine share.
 *
 * Generated code does not include this file (it is header-free); it declares only what it calls.
 * Extents are in elements, strides in bytes. Every function returns 0, or a th_error code after it has
 * filled in frame->error.
 */
#ifndef TH_VM_H
#define TH_VM_H
#include <stdint.h>
#include <stddef.h>

/* What only fetches has no effect for gcc, which drops calls of it; not what it finds inlined. */
#define TH_INLINE static inline __attribute__((always_inline))

enum th_dtype {               /* order is part of the program format: codegen/program.py mirrors it */
    TH_BOOL, TH_INT8, TH_INT16, TH_INT32, TH_INT64, TH_UINT8, TH_UINT16, TH_UINT32, TH_UINT64,
    TH_FLOAT16, TH_BFLOAT16, TH_FLOAT32, TH_FLOAT64, TH_COMPLEX64, TH_COMPLEX128, TH_OBJECT
};

enum th_error { TH_OK = 0, TH_SHAPE_MISMATCH, TH_OUT_OF_MEMORY, TH_INDEX_OUT_OF_BOUNDS, TH_BAD_VALUE,
                TH_PYTHON_ERROR, TH_NO_RESULT,
                TH_DECLINED = 100 };                      /* declined: the general form of the graph must be run */

typedef struct th_slot {
    char *data;
    int64_t *shape;           /* ndim extents; may point into an ndarray or into the frame */
    int64_t *stride;          /* ndim strides in bytes */
    int32_t ndim;
    int16_t dtype;            /* enum th_dtype */
    int16_t itemsize;
} th_slot;

enum { TH_PAGE = 4096,        /* bytes of the smallest pages there are */
       TH_KNOWN = 10 << 20 }; /* bytes whose pages a processor knows the places of */

/* copy.c: whether what goes through more than TH_KNOWN bytes begins with the last blocks: by turns, so that it begins
 * with what the one before, or the same one in the call before, left in the cache (5 to 15 % less time for sums of
 * vectors of 1e6 to 4e6). */
int th_turn(void);

/* Asks for the first line of every page that begins in these bytes: the processor looks up where the page lies, and
 * begins to fetch what follows, before it comes there. The bytes need not be the process's. */
TH_INLINE void th_ask_for(const char *p, int64_t nbytes)
{
    const char *end = p + nbytes;
    for (p += -(uintptr_t)p & (TH_PAGE - 1); p < end; p += TH_PAGE)
        __builtin_prefetch(p, 0, 2);
}

static inline int64_t th_count(const th_slot *s)
{
    int64_t n = 1;
    for (int d = 0; d < s->ndim; d++)
        n *= s->shape[d];
    return n;
}

/* Gives a slot the strides of C order; its bytes, or -1 where they are too many to count. */
static inline int64_t th_contiguous(th_slot *s)
{
    int64_t n = s->itemsize;
    for (int d = s->ndim; d--;) {
        s->stride[d] = n;
        if (__builtin_mul_overflow(n, s->shape[d], &n))
            return -1;
    }
    return n;
}

struct th_frame;

/* Gives slot `index` C-contiguous storage for slot->shape (which the caller has set) and sets data and
 * stride; whether it is frame memory or an ndarray is the program's choice. */
typedef int (*th_allocate_fn)(struct th_frame *, th_slot *slot);

typedef struct th_error_info { int code; int axis; int operand_a, operand_b; int64_t a, b; char text[160]; } th_error_info;

/* One generated inner function: phase extent[2] of a nest over extent[1] rows of extent[0] elements; extent[3] tells
 * whether the operands that the phase calls still are one element in each row.
 * Inside a row every operand is contiguous (the driver packs what is not), except operands without any
 * loop axis, which are one element; rows of operand k are stride[k] bytes apart. Where a phase
 * accumulates into operand k, the function writes the values to accumulate through ptr[k]; the driver adds
 * them up. A nest whose phases only accumulate plain loads has no such function (NULL). */
typedef int (*th_inner_fn)(char **ptr, const int64_t *stride, const int64_t *extent);

#define TH_MAX_NDIM 32
#define TH_MAX_OPERANDS 64
#define TH_MOVES 2
#define TH_SINGLE 4
#define TH_SPREADS 8
#define TH_HEAD 8                 /* points */

/* TH_TEMP is an accumulator without a slot, or with TH_NONE what is stored, for later phases. These come last. */
enum th_role { TH_IN, TH_OUT, TH_ACC, TH_TEMP };
/* The largest of nothing is an error; the supremum of nothing, of floats only, is -inf. */
enum th_reduction { TH_NONE, TH_ADD, TH_MUL, TH_MAXIMUM, TH_MINIMUM, TH_AND, TH_OR, TH_SUPREMUM };

typedef struct th_operand {
    int8_t role;              /* enum th_role */
    int8_t reduction;         /* enum th_reduction, for TH_ACC and TH_TEMP */
    int16_t dtype;            /* enum th_dtype */
    int16_t inplace;          /* operand whose storage an output overwrites, or -1 */
    int16_t source;           /* operand that an accumulator adds up without the inner function, or -1 */
    int16_t axis[TH_MAX_NDIM];/* dimension of the array walked by each loop axis, or -1 */
} th_operand;

typedef struct th_phase {
    uint64_t reads, writes;   /* bit k: the inner function loads, stores operand k */
    uint64_t accumulates;     /* bit k: the phase accumulates into operand k */
    uint8_t loops;            /* over the reduced axes also, or TH_HEAD points of each; 0: scalar epilogue */
    uint8_t calls;            /* needs the inner function; TH_MOVES where that only copies, TH_SPREADS: to several
                                 places each; TH_SINGLE: is one op */
    uint8_t tries;            /* left out, with all that try, where rows are short; then no phase heeds unless */
    int16_t unless;           /* operand of bytes; the phase is left out where all that it would see of them are set */
    uint64_t still;           /* bit k: where extent[3] is set, it takes one element of operand k for each row */
} th_phase;

struct th_code;

typedef struct th_nest {
    int32_t ndim, noperands;
    int32_t nslots;           /* operands that are not TH_TEMP */
    int32_t nphases;
    int32_t cost;             /* rough cost of one point in adds: decides threading and releasing the GIL */
    uint64_t scalars;         /* bit k: operand k has no loop axis */
    uint64_t accumulators;    /* bit k: operand k is TH_ACC, or TH_TEMP with a reduction */
    uint8_t overwrites;       /* some output is in place */
    uint8_t reduced[TH_MAX_NDIM];
    int16_t extent_input[TH_MAX_NDIM]; /* number of the 0-d int64 argument that gives the extent, or -1 */
    th_operand *operand;
    th_phase *phase;
    struct th_code *code;     /* what stands for the inner function where it was not compiled, or NULL */
} th_nest;

/* runtime/nest.c: makes a nest of the integers that theano.codegen.nest.encode gives; free with th_nest_free.
 * NULL when they make no nest or memory is out. Sets no code; what is set there is freed with the nest. */
th_nest *th_nest_new(const int64_t *words, int64_t count);
void th_nest_free(th_nest *nest);

/* runtime/loop.c: runs one nest. slots: the operands in order without temporaries, then the extent arguments.
 * Sets shape of, and allocates, what it writes; an in-place output becomes a view of its input. */
int th_run_nest(struct th_frame *frame, const th_nest *nest, th_inner_fn inner, th_slot **slots);

/* runtime/loop.c: the first part of th_run_nest: finds out whether the nest can run, sets the shape of what it writes
 * and allocates it, but writes nothing. */
int th_check_nest(struct th_frame *frame, const th_nest *nest, th_slot **slots);

/* runtime/storage.c and frame.c, for loop.c and hand-written kernels. */
int th_allocate(struct th_frame *frame, th_slot *slot);
/* Gives storage just allocated, of which nothing was written yet, another order of its dimensions. */
void th_lay_out(struct th_frame *frame, th_slot *slot, const int64_t *stride);
/* Whether that order is decided already. */
int th_is_laid_out(struct th_frame *frame, const th_slot *slot);
void *th_scratch(struct th_frame *frame, size_t nbytes);  /* valid until the instruction ends */
/* What was asked for since a mark may be given back earlier. */
typedef struct th_mark { size_t used; int extra; } th_mark;
th_mark th_scratch_mark(struct th_frame *frame);
void th_scratch_back(struct th_frame *frame, th_mark mark);
/* Lets other Python threads run until th_hold; 0, and then no th_hold, where they do already. */
int th_release(struct th_frame *frame);
void th_hold(struct th_frame *frame);
th_error_info *th_error_of(struct th_frame *frame);

/* runtime/threads.c: a pool shared by all functions of the process. How many threads loops may use, and products of
 * matrices; and one for who is a piece of shared work already. th_parallel_for calls body for ranges that make up
 * 0 .. n - 1. */
int th_num_threads(void);
int th_product_threads(void);
void th_set_num_threads(int loops, int products);
void th_parallel_for(void (*body)(void *arg, int64_t begin, int64_t end), void *arg, int64_t n, int64_t threads);
#endif
