/* Runs one phase of a nest with prebuilt loops: one after the other on a block that the first cache holds, then on
 * the next block.
 */
#include <stdlib.h>
#include <string.h>
#include "interpret.h"

enum { SCRATCH_BYTES = 65536, MAX_POINTS = 1024, SINGLE_BYTES = 16, MAX_CELLS = 4096, MAX_ITEMSIZE = 16 };

/* ---- programs from integers ---- */

typedef struct reader {
    const int64_t *at, *end;
    int wrong;
} reader;

/* The next integer, which must be from low to high. */
static int64_t next(reader *r, int64_t low, int64_t high)
{
    if (r->at < r->end && *r->at >= low && *r->at <= high) return *r->at++;
    r->wrong = 1;
    return low;
}

static void *make(reader *r, int64_t count, size_t size)
{
    void *p = calloc((size_t)count + 1, size);
    if (!p) r->wrong = 1;
    return p;
}

/* Gives registers their places: as many points as fit, in whole vectors. */
static void read_registers(reader *r, th_way *way)
{
    int64_t bytes = 0, size[MAX_CELLS];
    for (int i = 0; i < way->nregisters; i++) bytes += size[i] = next(r, 1, MAX_ITEMSIZE);
    int64_t points = bytes ? SCRATCH_BYTES / bytes & ~(int64_t)15 : MAX_POINTS;
    if (!points) r->wrong = 1;
    way->block = (int32_t)(points < MAX_POINTS ? points : MAX_POINTS);
    way->offset = make(r, way->nregisters, sizeof *way->offset);
    for (int i = 0, at = 0; !r->wrong && i < way->nregisters; i++) {
        way->offset[i] = at;
        at += (int)size[i] * way->block;
    }
}

static void read_moving(reader *r, th_way *way)
{
    way->nmoving = (int32_t)next(r, 0, TH_MAX_OPERANDS);
    way->moving = make(r, way->nmoving, sizeof *way->moving);
    for (int i = 0; !r->wrong && i < way->nmoving; i++) {
        way->moving[i].cell = (uint16_t)next(r, 0, way->noperands - 1);
        way->moving[i].step = (uint16_t)next(r, 0, MAX_ITEMSIZE);
        way->moving[i].rows = (uint8_t)next(r, 0, 1);
    }
}

static int32_t read_steps(reader *r, th_way *way, int32_t from, const th_inner_fn *loops, int nloops)
{
    int64_t count = next(r, 0, 1 << 20);
    th_step *more = r->wrong ? NULL : realloc(way->steps, (size_t)(from + count + 1) * sizeof *more);
    if (!more) {
        r->wrong = 1;
        return from;
    }
    way->steps = more;
    for (int64_t i = 0; i < count; i++) {
        th_step *step = &more[from + i];
        step->loop = loops[next(r, 0, nloops - 1)];
        int64_t ncells = next(r, 1, 4);
        for (int c = 0; c < 4; c++) step->cell[c] = c < ncells ? (uint16_t)next(r, 0, way->ncells - 1) : 0;
    }
    return from + (int32_t)count;
}

static void read_way(reader *r, th_way *way, int noperands, int nconstants, const th_inner_fn *loops, int nloops)
{
    way->noperands = noperands;
    way->nconstants = nconstants;
    way->nsingles = (int32_t)next(r, 0, MAX_CELLS);
    way->nregisters = (int32_t)next(r, 0, MAX_CELLS);
    way->ncells = noperands + nconstants + way->nsingles + way->nregisters;
    if (way->ncells > MAX_CELLS) r->wrong = 1;
    read_registers(r, way);
    read_moving(r, way);
    way->once = read_steps(r, way, 0, loops, nloops);
    way->fills = read_steps(r, way, way->once, loops, nloops);
    way->count = read_steps(r, way, way->fills, loops, nloops);
}

th_code *th_code_new(const int64_t *words, int64_t count, const th_nest *nest, const th_inner_fn *loops, int nloops)
{
    reader r = { words, words + count, nloops < 1 };
    th_code *code = make(&r, 1, sizeof *code);
    if (!code) return NULL;
    int64_t nconstants = next(&r, 0, MAX_CELLS);
    code->constants = make(&r, nconstants, sizeof *code->constants);
    for (int64_t i = 0; !r.wrong && i < nconstants; i++)
        for (int half = 0; half < 2; half++) code->constants[i][half] = next(&r, INT64_MIN, INT64_MAX);
    code->nphases = (int32_t)next(&r, nest->nphases, nest->nphases);
    code->phase = make(&r, code->nphases, sizeof *code->phase);
    for (int p = 0; !r.wrong && p < code->nphases; p++) {
        int ways = nest->phase[p].calls ? 1 + (nest->phase[p].still != 0) : 0;
        next(&r, ways, ways);
        for (int i = 0; !r.wrong && i < ways; i++)
            read_way(&r, &code->phase[p][i], nest->noperands, (int)nconstants, loops, nloops);
    }
    if (r.wrong || r.at != r.end) {
        th_code_free(code);
        return NULL;
    }
    return code;
}

void th_code_free(th_code *code)
{
    if (!code) return;
    for (int i = 0; code->phase && i < 2 * code->nphases; i++) {
        th_way *way = &code->phase[i / 2][i % 2];
        free(way->moving);
        free(way->offset);
        free(way->steps);
    }
    free(code->phase);
    free(code->constants);
    free(code);
}

/* ---- running ---- */

static inline void run(const th_way *way, int32_t from, int32_t to, char **cell, int64_t n)
{
    static const int64_t still[4];
    const int64_t extent[4] = { n, 1, 0, 0 };
    for (const th_step *step = way->steps + from, *end = way->steps + to; step < end; step++) {
        char *ptr[4] = { cell[step->cell[0]], cell[step->cell[1]], cell[step->cell[2]], cell[step->cell[3]] };
        step->loop(ptr, still, extent);
    }
}

int th_interpret(const th_code *code, char **ptr, const int64_t *stride, const int64_t *extent)
{
    _Alignas(64) char scratch[SCRATCH_BYTES];
    const th_way *way = &code->phase[extent[2]][extent[3]];
    char *cells[way->ncells + 1], **cell = cells + way->noperands;
    int64_t single[way->nsingles + 1][2], n = extent[0], most = n < way->block ? n : way->block;
    for (int i = 0; i < way->nconstants; i++) *cell++ = (char *)code->constants[i];
    for (int i = 0; i < way->nsingles; i++) *cell++ = (char *)single[i];
    for (int i = 0; i < way->nregisters; i++) *cell++ = scratch + way->offset[i];
    cells[0] = scratch;
    for (int64_t row = 0; row < extent[1]; row++) {
        for (const th_moving *m = way->moving, *end = m + way->nmoving; m < end; m++)
            cells[m->cell] = ptr[m->cell] + (m->rows && row ? row * stride[m->cell] : 0);
        run(way, 0, way->once, cells, 1);
        run(way, way->once, way->fills, cells, most);
        for (int64_t left = n, points = most; left > 0; left -= points) {
            if (points > left) points = left;
            run(way, way->fills, way->count, cells, points);
            for (const th_moving *m = way->moving, *end = m + way->nmoving; m < end; m++)
                cells[m->cell] += points * m->step;
        }
    }
    return 0;
}
