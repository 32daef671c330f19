/* Distinct elements, and how often each number comes. */
#include "arrays.h"

enum { SPREAD = 4, LEAST = 1024 };      /* a table of all integers between pays up to so many times their count */

static int reserve(struct th_frame *f, int64_t nbytes, void *place)
{
    *(void **)place = th_scratch(f, nbytes + 8);
    return *(void **)place ? 0 : th_fail(f, TH_OUT_OF_MEMORY, "no memory for counting");
}

/* -- counts of integers -------------------------------------------------------------------------------- */

/* The least and the largest of n int64. */
TH_CLONES static void find_range(const int64_t *x, int64_t n, int64_t *least, int64_t *largest)
{
    int64_t low = x[0], high = x[0];
    for (int64_t i = 0; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    *least = low;
    *largest = high;
}

/* in: int64 vector; least length of the result as int64. Negative numbers count from the end. */
int th_bincount(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *x = c->in[0];
    th_slot *o = c->out[0];
    int64_t n = x->shape[0], low = 0, high = -1, least = th_int(c->in[1]);
    const int64_t *v = (const int64_t *)x->data;
    int error;
    if (n > 1 && x->stride[0] != sizeof(int64_t)) {
        int64_t *copy;
        if ((error = reserve(f, n * sizeof(int64_t), &copy)))
            return error;
        th_collect((char *)copy, x);
        v = copy;
    }
    if (n)
        find_range(v, n, &low, &high);
    if (high >= (int64_t)1 << 60)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for a result of this size");
    int64_t length = o->shape[0] = high + 1 > least ? high + 1 : least;
    length = o->shape[0] = length > 0 ? length : 0;
    if ((error = th_allocate(f, o)))
        return error;
    int64_t *count = (int64_t *)o->data;
    memset(count, 0, length * sizeof(int64_t));
    if (low < -length)
        return th_refuse(c, TH_INDEX_OUT_OF_BOUNDS, "bincount: %lld is out of bounds for counts of length %lld",
                         (long long)low, (long long)length);
    for (int64_t i = 0; i < n && low >= 0; i++)
        count[v[i]]++;
    for (int64_t i = 0; i < n && low < 0; i++)
        count[v[i] + (v[i] < 0 ? length : 0)]++;
    return 0;
}

/* -- distinct elements --------------------------------------------------------------------------------- */

/* What is asked for; each but the values may be NULL. */
typedef struct wanted { th_slot *values, *index, *inverse, *counts; } wanted;

static int allocate(struct th_frame *f, const wanted *w, int64_t distinct, int64_t n)
{
    th_slot *slots[4] = {w->values, w->index, w->inverse, w->counts};
    int error = 0;
    for (int k = 0; k < 4 && !error; k++)
        if (slots[k]) {
            slots[k]->shape[0] = k == 2 ? n : distinct;
            error = th_allocate(f, slots[k]);
        }
    return error;
}

static int64_t *numbers(const th_slot *s) { return s ? (int64_t *)s->data : NULL; }

#define INTEGERS(X)                                                                                                    \
    X(i8, int8_t) X(i16, int16_t) X(i32, int32_t) X(i64, int64_t) X(u8, uint8_t) X(u16, uint16_t) X(u32, uint32_t)     \
    X(u64, uint64_t)

/* By a table of all numbers from the least to the largest. -1: there are too many of them. */
#define BY_TABLE(NAME, T)                                                                                              \
    TH_CLONES static uint64_t range_##NAME(const T *x, int64_t n, T *least)                                            \
    {                                                                                                                  \
        T low = x[0], high = x[0];                                                                                     \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            low = x[i] < low ? x[i] : low;                                                                             \
            high = x[i] > high ? x[i] : high;                                                                          \
        }                                                                                                              \
        *least = low;                                                                                                  \
        return (uint64_t)high - (uint64_t)low;                                                                         \
    }                                                                                                                  \
    static int table_##NAME(struct th_frame *f, const void *from, int64_t n, const wanted *w)                          \
    {                                                                                                                  \
        const T *x = from;                                                                                             \
        T low;                                                                                                         \
        uint64_t range = range_##NAME(x, n, &low);                                                                     \
        if (range >= (uint64_t)(n * SPREAD + LEAST))                                                                   \
            return -1;                                                                                                 \
        int64_t size = (int64_t)range + 1, distinct = 0, *place = NULL;                                                \
        uint8_t *there;                                                                                                \
        int error = reserve(f, size, &there);                                                                          \
        if (error || (w->inverse && (error = reserve(f, size * 8, &place))))                                           \
            return error;                                                                                              \
        memset(there, 0, size);                                                                                        \
        for (int64_t i = 0; i < n; i++)                                                                                \
            there[(uint64_t)x[i] - (uint64_t)low] = 1;                                                                 \
        for (int64_t k = 0; k < size; k++)                                                                             \
            distinct += there[k];                                                                                      \
        if ((error = allocate(f, w, distinct, n)))                                                                     \
            return error;                                                                                              \
        T *value = (T *)w->values->data;                                                                               \
        int64_t *index = numbers(w->index), *inverse = numbers(w->inverse), *counts = numbers(w->counts), found = 0;   \
        for (int64_t k = 0; k < size; k++) {                                                                           \
            if (place)                                                                                                 \
                place[k] = found;                                                                                      \
            if (there[k])                                                                                              \
                value[found++] = (T)((uint64_t)low + (uint64_t)k);                                                     \
        }                                                                                                              \
        for (int64_t i = 0; i < n && inverse; i++)                                                                     \
            inverse[i] = place[(uint64_t)x[i] - (uint64_t)low];                                                        \
        if (!index && !counts)                                                                                         \
            return 0;                                                                                                  \
        int64_t *table;                                                                                                \
        if ((error = reserve(f, size * 8, &table)))                                                                    \
            return error;                                                                                              \
        for (int64_t i = n; i-- && index;)                                                                             \
            table[(uint64_t)x[i] - (uint64_t)low] = i;                                                                 \
        for (int64_t k = 0; k < distinct && index; k++)                                                                \
            index[k] = table[(uint64_t)value[k] - (uint64_t)low];                                                      \
        if (!counts)                                                                                                   \
            return 0;                                                                                                  \
        memset(table, 0, size * 8);                                                                                    \
        for (int64_t i = 0; i < n; i++)                                                                                \
            table[(uint64_t)x[i] - (uint64_t)low]++;                                                                   \
        for (int64_t k = 0; k < distinct; k++)                                                                         \
            counts[k] = table[(uint64_t)value[k] - (uint64_t)low];                                                     \
        return 0;                                                                                                      \
    }
INTEGERS(BY_TABLE)

#define SAME(a, b) ((a) == (b))
#define SAME_NAN(a, b) ((a) == (b) || ((a) != (a) && (b) != (b)))
/* Of n sorted numbers where each of the distinct ones begins; start: room for n. nan is one number. */
#define STARTS(NAME, T, EQUAL)                                                                                         \
    static int64_t starts_##NAME(const void *sorted, int64_t n, int64_t *start)                                        \
    {                                                                                                                  \
        const T *x = sorted;                                                                                           \
        int64_t found = 0;                                                                                             \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            start[found] = i;                                                                                          \
            found += !i || !(EQUAL(x[i], x[i - 1]));                                                                   \
        }                                                                                                              \
        return found;                                                                                                  \
    }
#define STARTS_OF_INTEGERS(NAME, T) STARTS(NAME, T, SAME)
INTEGERS(STARTS_OF_INTEGERS)
STARTS(f32, float, SAME_NAN)
STARTS(f64, double, SAME_NAN)

typedef int (*table_fn)(struct th_frame *f, const void *x, int64_t n, const wanted *w);
typedef int64_t (*starts_fn)(const void *sorted, int64_t n, int64_t *start);
typedef struct kind { table_fn table; starts_fn starts; } kind;
#define OF(NAME) {table_##NAME, starts_##NAME}
static const kind KINDS[TH_OBJECT] = {
    [TH_BOOL] = OF(u8), [TH_INT8] = OF(i8), [TH_INT16] = OF(i16), [TH_INT32] = OF(i32), [TH_INT64] = OF(i64),
    [TH_UINT8] = OF(u8), [TH_UINT16] = OF(u16), [TH_UINT32] = OF(u32), [TH_UINT64] = OF(u64),
    [TH_FLOAT32] = {NULL, starts_f32}, [TH_FLOAT64] = {NULL, starts_f64}};

/* By sorting: the values where they are all that is asked for, but for counts; else their order. */
static int by_order(struct th_frame *f, const th_slot *x, const char *from, int64_t n, const wanted *w)
{
    int item = x->itemsize, ordered = w->index || w->inverse, error;
    char *sorted;
    int64_t *start, *order = NULL;
    if ((error = reserve(f, n * item, &sorted)) || (error = reserve(f, n * 8, &start))
        || (ordered && (error = reserve(f, n * 8, &order))))
        return error;
    if (th_sorted(f, x->dtype, item, sorted, order, from, n))
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for sorting");
    int64_t distinct = KINDS[x->dtype].starts(sorted, n, start);
    if ((error = allocate(f, w, distinct, n)))
        return error;
    int64_t *index = numbers(w->index), *inverse = numbers(w->inverse), *counts = numbers(w->counts);
    for (int64_t k = 0; k < distinct; k++) {
        int64_t end = k + 1 < distinct ? start[k + 1] : n;
        memcpy(w->values->data + k * item, sorted + start[k] * item, item);
        int64_t first = index ? order[start[k]] : 0;
        for (int64_t i = start[k] + 1; i < end && index; i++)   /* equal ones come in no order */
            first = order[i] < first ? order[i] : first;
        if (index)
            index[k] = first;
        if (counts)
            counts[k] = end - start[k];
        for (int64_t i = start[k]; i < end && inverse; i++)
            inverse[order[i]] = k;
    }
    return 0;
}

/* in: x. params: whether the first places, the number of each element, the counts are wanted; out: after the values. */
int th_unique(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *x = c->in[0];
    int64_t n = th_product(x->ndim, x->shape);
    int at = 1, error;
    wanted w = {c->out[0]};
    th_slot **more[3] = {&w.index, &w.inverse, &w.counts};
    for (int k = 0; k < 3; k++)
        *more[k] = c->params[k] ? c->out[at++] : NULL;
    if (!n)
        return allocate(f, &w, 0, 0);
    const char *from = x->data;
    if (!th_is_contiguous(x->ndim, x->shape, x->stride, x->itemsize)) {
        char *copy;
        if ((error = reserve(f, n * x->itemsize, &copy)))
            return error;
        th_collect(copy, x);
        from = copy;
    }
    const kind *k = &KINDS[x->dtype];
    error = k->table ? k->table(f, from, n, &w) : -1;
    return error < 0 ? by_order(f, x, from, n, &w) : error;
}
