/* Loop nests from the integers that theano.codegen.nest.encode gives. */
#include <stdlib.h>
#include <string.h>
#include "loop.h"

static int count_words(const int64_t *words, int64_t count)
{
    if (count < 5) return 0;
    int64_t ndim = words[0], noperands = words[1], nslots = words[2], nphases = words[3];
    if (ndim < 0 || ndim > TH_MAX_NDIM || noperands < 0 || noperands > TH_MAX_OPERANDS) return 0;
    if (nslots < 0 || nslots > noperands || nphases < 1 || nphases > 255) return 0;
    return count == 5 + 2 * ndim + noperands * (5 + ndim) + nphases * 8;
}

static void read_operand(th_nest *nest, int k, const int64_t *words)
{
    th_operand *operand = &nest->operand[k];
    operand->role = (int8_t)words[0];
    operand->reduction = (int8_t)words[1];
    operand->dtype = (int16_t)words[2];
    operand->inplace = (int16_t)words[3];
    operand->source = (int16_t)words[4];
    int walked = 0;
    for (int d = 0; d < nest->ndim; d++) {
        operand->axis[d] = (int16_t)words[5 + d];
        walked |= operand->axis[d] >= 0;
    }
    if (!walked) nest->scalars |= BIT(k);
    if (operand->role == TH_ACC || (operand->role == TH_TEMP && operand->reduction)) nest->accumulators |= BIT(k);
    if (operand->inplace >= 0) nest->overwrites = 1;
}

static int is_sound(const th_nest *nest)
{
    for (int k = 0; k < nest->noperands; k++) {
        const th_operand *o = &nest->operand[k];
        if (o->role < TH_IN || o->role > TH_TEMP || o->dtype < 0 || o->dtype >= TH_OBJECT) return 0;
        if (o->reduction < TH_NONE || o->reduction > TH_SUPREMUM) return 0;
        if (o->inplace >= nest->noperands || o->source >= nest->noperands) return 0;
        if ((o->role == TH_TEMP) != (k >= nest->nslots)) return 0;
        if (nest->accumulators & BIT(k) && !th_reducer_of(th_taken_dtype(nest, k), o->dtype, o->reduction)) return 0;
        for (int d = 0; d < nest->ndim; d++)
            if (o->axis[d] >= TH_MAX_NDIM) return 0;
    }
    for (int p = 0; p < nest->nphases; p++) {
        int k = nest->phase[p].unless;
        if (k >= nest->noperands || (k >= 0 && (nest->nphases == 1 || nest->operand[k].dtype != TH_BOOL))) return 0;
    }
    return 1;
}

th_nest *th_nest_new(const int64_t *words, int64_t count)
{
    if (!count_words(words, count)) return NULL;
    th_nest *nest = calloc(1, sizeof *nest);
    if (!nest) return NULL;
    nest->ndim = (int32_t)words[0];
    nest->noperands = (int32_t)words[1];
    nest->nslots = (int32_t)words[2];
    nest->nphases = (int32_t)words[3];
    nest->cost = (int32_t)words[4];
    nest->operand = calloc((size_t)nest->noperands + 1, sizeof *nest->operand);
    nest->phase = calloc((size_t)nest->nphases, sizeof *nest->phase);
    words += 5;
    for (int d = 0; d < nest->ndim; d++) nest->reduced[d] = (uint8_t)words[d];
    words += nest->ndim;
    for (int d = 0; d < nest->ndim; d++) nest->extent_input[d] = (int16_t)words[d];
    words += nest->ndim;
    for (int k = 0; nest->operand && k < nest->noperands; k++, words += 5 + nest->ndim) read_operand(nest, k, words);
    for (int p = 0; nest->phase && p < nest->nphases; p++, words += 8) {
        nest->phase[p].reads = (uint64_t)words[0];
        nest->phase[p].writes = (uint64_t)words[1];
        nest->phase[p].accumulates = (uint64_t)words[2];
        nest->phase[p].loops = (uint8_t)words[3];
        nest->phase[p].calls = (uint8_t)words[4];
        nest->phase[p].still = (uint64_t)words[5];
        nest->phase[p].unless = (int16_t)words[6];
        nest->phase[p].tries = (uint8_t)words[7];
    }
    if (!nest->operand || !nest->phase || !is_sound(nest)) {
        th_nest_free(nest);
        return NULL;
    }
    return nest;
}

void th_nest_free(th_nest *nest)
{
    if (!nest) return;
    free(nest->operand);
    free(nest->phase);
    th_code_free(nest->code);
    free(nest);
}
