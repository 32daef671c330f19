/* Calls of Fortran routines: all arguments are addresses. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "lapack.h"

enum { MOST = 24 };             /* arguments, with the lengths of those that are letters, which Fortran puts last */

static const char *const arguments[] = {
#define X(id, real, complex, arguments) arguments,
    TH_LAPACK_ROUTINES(X)
#undef X
};

const char *const th_lapack_names[] = {
#define X(id, real, complex, arguments) "s" real, "d" real, "c" complex, "z" complex,
    TH_LAPACK_ROUTINES(X)
#undef X
    NULL
};

static void *address[LA_COUNT][4];
static int integer = 4;

typedef union { int32_t i; int64_t l; } number;
typedef void (*routine_fn)(void *, void *, void *, void *, void *, void *, void *, void *, void *, void *, void *, void *,
                           void *, void *, void *, void *, void *, void *, void *, void *, void *, void *, void *, void *);

int th_set_lapack(const int64_t *addresses, int count, int wide)
{
    if (count != 4 * LA_COUNT)
        return 0;
    for (int i = 0; i < count; i++)
        address[i / 4][i % 4] = (void *)(uintptr_t)addresses[i];
    integer = wide ? 8 : 4;
    return 1;
}

int th_lapack_kind(int dtype)
{
    switch (dtype) {
    case TH_FLOAT32: return 0;
    case TH_FLOAT64: return 1;
    case TH_COMPLEX64: return 2;
    case TH_COMPLEX128: return 3;
    }
    return -1;
}

int th_lapack_integer(void) { return integer; }

static number made(int64_t n)
{
    number b = {.l = 0};
    if (integer == 8)
        b.l = n;
    else
        b.i = (int32_t)n;
    return b;
}

static int64_t value_of(const void *p) { return integer == 8 ? *(const int64_t *)p : *(const int32_t *)p; }

int64_t th_pivot(const void *pivots, int64_t i) { return value_of((const char *)pivots + i * integer); }

void th_set_pivot(void *pivots, int64_t i, int64_t value)
{
    if (integer == 8)
        ((int64_t *)pivots)[i] = value;
    else
        ((int32_t *)pivots)[i] = (int32_t)value;
}

static double real_of(int kind, const void *p) { return kind % 2 ? *(const double *)p : *(const float *)p; }

static void call(void *routine, void **p, int n)
{
    for (; n < MOST; n++)
        p[n] = (void *)(uintptr_t)1;
    ((routine_fn)routine)(p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11], p[12], p[13], p[14],
                          p[15], p[16], p[17], p[18], p[19], p[20], p[21], p[22], p[23]);
}

/* A workspace among the arguments: where its address is, where its length, and the size of one of its elements. */
typedef struct { int at, length, size; char letter; } workspace;

int th_lapack(struct th_frame *f, int kind, int routine, ...)
{
    void *p[MOST];
    number integers[MOST], query[4][2];
    char letters[MOST];
    workspace spaces[4];
    int n = 0, nspaces = 0, complex = kind >= 2, real = kind % 2 ? 8 : 4;
    const char *text = arguments[routine];
    int has_info = *text != '-';
    va_list list;
    va_start(list, routine);
    for (text += !has_info; *text; text++) {
        char l = *text;
        if (l == 'c') {
            letters[n] = (char)va_arg(list, int);
            p[n] = &letters[n];
            n++;
        } else if (l == 'n') {
            integers[n] = made(va_arg(list, int64_t));
            p[n] = &integers[n];
            n++;
        } else if (l == 'a' || l == 'p') {
            p[n++] = va_arg(list, void *);
        } else if (l == 'i' || l == 'r') {
            void *given = va_arg(list, void *);
            if (complex == (l == 'r'))
                p[n++] = given;
        } else if (complex || (l != 'R' && l != 'Q')) {
            workspace *s = &spaces[nspaces];
            s->letter = l;
            s->at = n;
            p[n++] = query[nspaces];
            s->length = l == 'Q' || l == 'J' ? -1 : n;
            s->size = l == 'W' ? real << complex : l == 'R' || l == 'Q' ? real : integer;
            if (s->length >= 0) {
                integers[n] = made(-1);
                p[n] = &integers[n];
                n++;
            }
            nspaces++;
        }
    }
    va_end(list);
    number info = made(0);
    if (has_info)
        p[n++] = &info;
    void *function = address[routine][kind];
    if (nspaces) {
        call(function, p, n);
        if (value_of(&info))
            return (int)value_of(&info);
    }
    for (int k = 0; k < nspaces; k++) {
        const workspace *s = &spaces[k];
        int64_t length = s->letter == 'I' || s->letter == 'J' ? value_of(query[k]) : (int64_t)real_of(kind, query[k]);
        length = length < 1 ? 1 : length + (kind % 2 ? 0 : length >> 20);     /* a float may have rounded it down */
        p[s->at] = th_scratch(f, (size_t)length * s->size);
        if (!p[s->at])
            return TH_NO_MEMORY;
        if (s->length >= 0)
            integers[s->length] = made(length);
    }
    call(function, p, n);
    return (int)value_of(&info);
}

void th_multiply(int kind, double alpha, const th_matrix *a, const th_matrix *b, double beta, const th_matrix *c)
{
    const th_products *own = kind < 2 ? th_products_of(kind ? TH_FLOAT64 : TH_FLOAT32) : NULL;
    if (!c->rows || !c->columns)
        return;
    if (own && a->columns) {
        own->product(alpha, a, b, beta, c);
        return;
    }
    double wide[2][2] = {{alpha, 0}, {beta, 0}};
    float narrow[2][2] = {{(float)alpha, 0}, {(float)beta, 0}};
    void *factor = kind % 2 ? (void *)wide[0] : narrow[0], *old = kind % 2 ? (void *)wide[1] : narrow[1];
    int by_rows[2] = {b->column == 1, a->column == 1};
    int64_t ld[2] = {by_rows[0] ? b->row : b->column, by_rows[1] ? a->row : a->column};
    int64_t least[2] = {by_rows[0] ? b->columns : b->rows, by_rows[1] ? a->columns : a->rows};
    for (int k = 0; k < 2; k++)
        if (ld[k] < least[k] || ld[k] < 1)
            ld[k] = least[k] < 1 ? 1 : least[k];
    th_lapack(NULL, kind, LA_GEMM, by_rows[0] ? 'N' : 'T', by_rows[1] ? 'N' : 'T', c->columns, c->rows, a->columns,
              factor, b->data, ld[0], a->data, ld[1], old, c->data, c->row < c->columns ? c->columns : c->row);
}
