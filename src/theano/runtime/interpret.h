/* Programs of prebuilt loops, in the place of inner functions where there is no C compiler. */
#ifndef TH_INTERPRET_H
#define TH_INTERPRET_H
#include "vm.h"

/* One loop on some cells, the last of which it writes. */
typedef struct th_step {
    th_inner_fn loop;
    uint16_t cell[4];
} th_step;

/* An operand that a phase touches: bytes from one point to the next, 0 where a row needs one element; whether rows
 * have elements of their own. */
typedef struct th_moving {
    uint16_t cell;
    uint16_t step;
    uint8_t rows;
} th_moving;

/* What to do for the rows of a phase. Steps: those for one number a row, then those that repeat such numbers in a
 * register, then those for every block. Cells are operands, constants, single numbers, registers. */
typedef struct th_way {
    int32_t noperands, nconstants, nsingles, nregisters, ncells;
    int32_t nmoving, block;         /* block: points of one */
    th_moving *moving;
    int32_t *offset;                /* of each register */
    th_step *steps;
    int32_t once, fills, count;     /* where each group ends */
} th_way;

/* The prebuilt loops by level, and their names; written by theano.codegen.typed. */
extern const int th_loop_count;
extern const char *const th_loop_names[];
extern const th_inner_fn th_loops_base[], th_loops_avx2[], th_loops_avx512[];

typedef struct th_code {
    int32_t nphases;
    int64_t (*constants)[2];
    th_way (*phase)[2];             /* the second where still operands are one element in each row; see th_inner_fn */
} th_code;

/* The program that theano.codegen.blocks gives for a nest; loops: the prebuilt ones, `nloops` of them. NULL where the
 * integers make no program for that nest, or memory is out. */
th_code *th_code_new(const int64_t *words, int64_t count, const th_nest *nest, const th_inner_fn *loops, int nloops);
void th_code_free(th_code *code);

/* Like an inner function. */
int th_interpret(const th_code *code, char **ptr, const int64_t *stride, const int64_t *extent);
#endif
