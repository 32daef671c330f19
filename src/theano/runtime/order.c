/* Sorting by digits or NumPy's own functions, the largest numbers, and places in sorted vectors. */
#include "arrays.h"
#include "levels.h"

static th_sort_fn sort_of[TH_OBJECT][TH_SORTS];
static th_argsort_fn argsort_of[TH_OBJECT][TH_SORTS];

void th_set_sorts(int dtype, const th_sort_fn *sorts, const th_argsort_fn *argsorts)
{
    memcpy(sort_of[dtype], sorts, sizeof sort_of[dtype]);
    memcpy(argsort_of[dtype], argsorts, sizeof argsort_of[dtype]);
}

/* Sorts n numbers, or finds their order, by one of NumPy's algorithms where that by digits has no room; negative: memory
 * is out. */
static int sort_row(int dtype, int kind, char *x, int64_t *order, int64_t n, void *room)
{
    if (room && order)
        th_order_by_digits(dtype, x, order, n, room);
    if (room && (order || th_sort_by_digits(dtype, x, n, room)))
        return 0;
    for (int64_t i = 0; order && i < n; i++)
        order[i] = i;
    return order ? argsort_of[dtype][kind](x, (intptr_t *)order, n, NULL) : sort_of[dtype][kind](x, n, NULL);
}

/* Whether NumPy's quicksort is the quicker one: with AVX-512 it compresses vectors, and takes a third to a half of the time
 * of sorting by digits, seven tenths where it orders doubles, on Intel's processors, but not on AMD's. */
static int is_vectorized(int dtype, int order)
{
#ifdef TH_LEVELS
    return th_level() == TH_LEVEL_AVX512 && __builtin_cpu_is("intel") && (!order || dtype == TH_FLOAT64);
#else
    (void)dtype;
    (void)order;
    return 0;
#endif
}

/* Memory for sorting by digits, or NULL. `stable`: equal numbers must stay in their order. */
static void *find_room(struct th_frame *f, int dtype, int stable, int64_t n, int order)
{
    int64_t bytes = !stable && is_vectorized(dtype, order) ? 0 : th_room_to_sort(dtype, n, order);
    return bytes ? th_scratch(f, bytes) : NULL;
}

int th_sorted(struct th_frame *f, int dtype, int item, char *sorted, int64_t *order, const char *x, int64_t n)
{
    void *room = find_room(f, dtype, order != NULL, n, order != NULL);
    if (!order) {
        memcpy(sorted, x, n * item);
        return sort_row(dtype, 0, sorted, NULL, n, room) < 0;
    }
    if (sort_row(dtype, 0, (char *)x, order, n, room) < 0)
        return 1;
    for (int64_t i = 0; i < n; i++)
        memcpy(sorted + i * item, x + order[i] * item, item);
    return 0;
}

/* The lanes of an array along an axis: where each begins. */
typedef struct lanes {
    int ndim;
    int64_t shape[TH_MAX_NDIM], index[TH_MAX_NDIM], x_stride[TH_MAX_NDIM], o_stride[TH_MAX_NDIM], at[2];
} lanes;

static void find_lanes(lanes *l, const th_slot *x, const th_slot *o, int axis)
{
    memset(l, 0, sizeof *l);
    for (int d = 0; d < x->ndim; d++)
        if (d != axis) {
            l->shape[l->ndim] = x->shape[d];
            l->x_stride[l->ndim] = x->stride[d];
            l->o_stride[l->ndim++] = o->stride[d];
        }
}

static int next_lane(lanes *l)
{
    const int64_t *stride[2] = {l->x_stride, l->o_stride};
    return th_next(l->ndim, l->shape, l->index, 2, stride, l->at);
}

/* Lanes that lie side by side, each put in one piece. */
static void split_lanes(char *to, const char *from, int64_t step, int64_t apart, int64_t n, int64_t lanes, int item)
{
    if (step == item && (lanes == 1 || apart == n * item)) {
        memcpy(to, from, n * lanes * item);
        return;
    }
#define COPY(T)                                                                                                        \
    for (int64_t i = 0; i < n; i++)                                                                                    \
        for (int64_t k = 0; k < lanes; k++)                                                                            \
            ((T *)to)[k * n + i] = *(const T *)(from + i * step + k * apart);                                          \
    return;
    TH_EACH_SIZE(COPY)
#undef COPY
}

/* And put back where they were. */
static void join_lanes(char *to, const char *from, int64_t step, int64_t apart, int64_t n, int64_t lanes, int item)
{
#define COPY(T)                                                                                                        \
    for (int64_t i = 0; i < n; i++)                                                                                    \
        for (int64_t k = 0; k < lanes; k++)                                                                            \
            *(T *)(to + i * step + k * apart) = ((const T *)from)[k * n + i];                                          \
    return;
    TH_EACH_SIZE(COPY)
#undef COPY
}

static int lane_of(const th_call *c, const th_slot *x, int64_t given)
{
    int64_t axis = given;
    if (axis < 0)
        axis += x->ndim;
    if (axis < 0 || axis >= x->ndim) {
        th_refuse(c, TH_BAD_VALUE, "axis %lld is out of bounds for an array with %d dimensions", (long long)given,
                  x->ndim);
        return -1;
    }
    return (int)axis;
}

#define SIDE_BY_SIDE 16

/* in: x, axis. params: which of NumPy's algorithms serves short rows; whether the order is wanted, as int64. */
int th_sort(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *x = c->in[0];
    th_slot *o = c->out[0];
    int kind = (int)c->params[0], order = (int)c->params[1], item = x->itemsize;
    int axis = lane_of(c, x, th_integer(c->in[1]->dtype, c->in[1]->data)), error;
    if (axis < 0)
        return TH_BAD_VALUE;
    if (order ? !argsort_of[x->dtype][kind] : !sort_of[x->dtype][kind])
        return th_fail(f, TH_BAD_VALUE, "NumPy sorts numbers of this dtype by another algorithm: use kind='quicksort'");
    memcpy(o->shape, x->shape, sizeof(int64_t) * x->ndim);
    if ((error = th_allocate(f, o)) || !th_product(x->ndim, x->shape))
        return error;
    lanes l;
    find_lanes(&l, x, o, axis);
    int64_t n = x->shape[axis], x_step = x->stride[axis], o_step = o->stride[axis], apart[2] = {0}, left = 1;
    if (l.ndim) {                               /* the last of the other axes goes in groups */
        l.ndim--;
        left = l.shape[l.ndim];
        apart[0] = l.x_stride[l.ndim];
        apart[1] = l.o_stride[l.ndim];
    }
    int64_t most = left < SIDE_BY_SIDE ? left : SIDE_BY_SIDE;
    char *found = th_scratch(f, n * most * (8 + item)), *values = found + n * most * 8;
    if (!found)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for a copy");
    void *room = find_room(f, x->dtype, kind != 0, n, order);
    do
        for (int64_t i = 0; i < left; i += most) {
            int64_t together = left - i < most ? left - i : most;
            const char *from = x->data + l.at[0] + i * apart[0];
            char *to = o->data + l.at[1] + i * apart[1];
            int there = o_step == o->itemsize && (together == 1 || apart[1] == n * o->itemsize);
            char *place = there ? to : order ? found : values, *numbers = order ? values : place;
            if (order && x_step == item && (together == 1 || apart[0] == n * item))
                numbers = (char *)from;         /* which are only read */
            else
                split_lanes(numbers, from, x_step, apart[0], n, together, item);
            for (int64_t k = 0; k < together && error >= 0; k++)
                error = sort_row(x->dtype, kind, numbers + k * n * item, order ? (int64_t *)place + k * n : NULL, n, room);
            if (error < 0)
                return th_fail(f, TH_OUT_OF_MEMORY, "no memory for sorting");
            if (!there)
                join_lanes(to, place, o_step, apart[1], n, together, o->itemsize);
        }
    while (next_lane(&l));
    return 0;
}

/* -- the largest ------------------------------------------------------------------------------------- */

#define TOP ((uint64_t)1 << 63)

/* Numbers as unsigned ones in the same order; nan comes last. */
TH_CLONES static void make_keys(uint64_t *key, const char *x, int64_t step, int64_t n, int dtype, uint64_t turned)
{
#define KEYS(T, EXPRESSION)                                                                                            \
    for (int64_t i = 0; step == sizeof(T) && i < n; i++) {                                                             \
        T v = ((const T *)x)[i];                                                                                       \
        key[i] = (uint64_t)(EXPRESSION) ^ turned;                                                                      \
    }                                                                                                                  \
    for (int64_t i = 0; step != sizeof(T) && i < n; i++) {                                                             \
        T v = *(const T *)(x + i * step);                                                                              \
        key[i] = (uint64_t)(EXPRESSION) ^ turned;                                                                      \
    }                                                                                                                  \
    break;
#define BITS(SIGN, INF) ((v & ~SIGN) > INF ? ~(uint64_t)0 : (uint64_t)(v & SIGN ? (uint64_t)(SIGN - 1) - (v & ~SIGN) + 1 \
                                                                               : (uint64_t)v + SIGN))
    switch (dtype) {
    case TH_INT8: KEYS(int8_t, (uint64_t)(int64_t)v ^ TOP)
    case TH_INT16: KEYS(int16_t, (uint64_t)(int64_t)v ^ TOP)
    case TH_INT32: KEYS(int32_t, (uint64_t)(int64_t)v ^ TOP)
    case TH_INT64: KEYS(int64_t, (uint64_t)v ^ TOP)
    case TH_UINT16: KEYS(uint16_t, v)
    case TH_UINT32: KEYS(uint32_t, v)
    case TH_UINT64: KEYS(uint64_t, v)
    case TH_FLOAT16: KEYS(uint16_t, BITS((uint32_t)0x8000, 0x7c00))
    case TH_BFLOAT16: KEYS(uint16_t, BITS((uint32_t)0x8000, 0x7f80))
    case TH_FLOAT32: KEYS(uint32_t, BITS((uint32_t)0x80000000, 0x7f800000))
    case TH_FLOAT64: KEYS(uint64_t, BITS(TOP, 0x7ff0000000000000))
    default: KEYS(uint8_t, v)
    }
}

/* Whether one of n keys is at least `bound`. */
TH_CLONES static int any_from(const uint64_t *key, int64_t n, uint64_t bound)
{
    uint64_t found = 0;
    for (int64_t i = 0; i < n; i++)
        found |= key[i] >= bound;
    return found != 0;
}

/* Puts a key into a heap of the k largest, the smallest of them on top; held: how many there are. */
static void push(uint64_t *heap, int64_t held, int64_t k, uint64_t v)
{
    int64_t at;
    if (held < k) {                                             /* up from the end */
        for (at = held; at && heap[(at - 1) / 2] > v; at = (at - 1) / 2)
            heap[at] = heap[(at - 1) / 2];
    } else {                                                    /* down from the top, which goes */
        for (at = 0;;) {
            int64_t child = 2 * at + 1;
            if (child >= k)
                break;
            child += child + 1 < k && heap[child + 1] < heap[child];
            if (heap[child] >= v)
                break;
            heap[at] = heap[child];
            at = child;
        }
    }
    heap[at] = v;
}

#define GROUP 64                    /* keys of which most often none is among the largest */

/* The places of the k largest by a heap, with the keys of one block at a time; key: room for them. */
static void find_few(const char *x, int64_t step, int64_t n, int dtype, uint64_t turned, int64_t k, uint64_t *heap,
                     uint64_t *key, int64_t *index)
{
    int64_t held = 0, more = 0, found = 0;
    for (int64_t i = 0; i < n; i += TH_BLOCK) {
        int64_t some = n - i < TH_BLOCK ? n - i : TH_BLOCK;
        make_keys(key, x + i * step, step, some, dtype, turned);
        for (int64_t g = 0; g < some; g += GROUP) {
            int64_t end = g + GROUP < some ? g + GROUP : some;
            if (held >= k && !any_from(key + g, end - g, heap[0] + 1))
                continue;
            for (int64_t j = g; j < end; j++)
                if (held < k || key[j] > heap[0])
                    push(heap, held < k ? held++ : k, k, key[j]);
        }
    }
    uint64_t bound = heap[0];
    for (int64_t i = 0; i < k; i++)
        more += heap[i] > bound;
    for (int64_t i = 0, equal = k - more; i < n && found < k; i += TH_BLOCK) {
        int64_t some = n - i < TH_BLOCK ? n - i : TH_BLOCK;
        make_keys(key, x + i * step, step, some, dtype, turned);
        for (int64_t g = 0; g < some; g += GROUP) {
            int64_t end = g + GROUP < some ? g + GROUP : some;
            if (!any_from(key + g, end - g, bound))
                continue;
            for (int64_t j = g; j < end && found < k; j++)
                if (key[j] > bound || (key[j] == bound && equal-- > 0))
                    index[found++] = i + j;
        }
    }
}

#define DIGIT 11

/* The k-th largest key by its digits; part: memory for n keys. */
static uint64_t select_many(const uint64_t *key, int64_t n, int64_t k, uint64_t *part, int64_t *more)
{
    int64_t larger = 0;
    uint64_t known = 0;
    for (int shift = 64; shift > 0;) {
        int64_t count[1 << DIGIT] = {0}, kept = 0;
        int width = shift < DIGIT ? shift : DIGIT;
        shift -= width;
        uint64_t mask = ((uint64_t)1 << width) - 1, digit = mask;
        for (int64_t i = 0; i < n; i++)
            count[key[i] >> shift & mask]++;
        while (larger + count[digit] < k)
            larger += count[digit--];
        known |= digit << shift;
        if (count[digit] == n && shift)
            continue;
        for (int64_t i = 0; i < n; i++) {
            uint64_t v = key[i];
            part[kept] = v;
            kept += (v >> shift & mask) == digit;
        }
        key = part;
        n = kept;
    }
    *more = larger;
    return known;
}

/* The places of the k largest, of any number. */
static void find_many(const char *x, int64_t step, int64_t n, int dtype, uint64_t turned, int64_t k, uint64_t *part,
                      uint64_t *key, int64_t *index)
{
    int64_t more, found = 0;
    make_keys(key, x, step, n, dtype, turned);
    uint64_t bound = select_many(key, n, k, part, &more);
    int64_t equal = k - more;
    for (int64_t i = 0; i < n && found < k; i++) {
        int same = (key[i] == bound) & (equal > 0);
        equal -= same;
        index[found] = i;
        found += same | (key[i] > bound);
    }
}

static void store_index(char *to, int dtype, int64_t v)
{
    switch (dtype) {
    case TH_INT64: case TH_UINT64: *(int64_t *)to = v; break;
    case TH_INT32: case TH_UINT32: *(int32_t *)to = (int32_t)v; break;
    case TH_INT16: case TH_UINT16: *(int16_t *)to = (int16_t)v; break;
    default: *(int8_t *)to = (int8_t)v;
    }
}

typedef struct {
    uint64_t key;
    int64_t at;
} ranked;

/* The places by their numbers, the largest first, of equal ones in the order of places; ranks: memory for 2 k. */
static void rank(const char *x, int64_t step, int dtype, uint64_t turned, int64_t k, int64_t *index, ranked *ranks)
{
    ranked *from = ranks, *to = ranks + k;
    for (int64_t i = 0; i < k; i++) {
        make_keys(&from[i].key, x + index[i] * step, step, 1, dtype, turned);
        from[i].at = index[i];
    }
    for (int64_t width = 1; width < k; width *= 2) {
        for (int64_t start = 0; start < k; start += 2 * width) {
            int64_t middle = start + width < k ? start + width : k, end = middle + width < k ? middle + width : k;
            for (int64_t i = start, a = start, b = middle; i < end; i++)
                to[i] = from[b < end && (a == middle || from[b].key > from[a].key) ? b++ : a++];
        }
        ranked *other = from;
        from = to;
        to = other;
    }
    for (int64_t i = 0; i < k; i++)
        index[i] = from[i].at;
}

#define FEW 512
#define SHORT 1024                  /* rows for which counting digits is more work than a heap */

/* in: x, how many (negative: of the smallest). params: axis; whether values, whether indices are wanted, in this order;
 * whether they come by rank, not in the order in which x has them. */
int th_topk(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *x = c->in[0];
    int axis = (int)c->params[0], item = x->itemsize, error = 0;
    int64_t given = th_integer(c->in[1]->dtype, c->in[1]->data), n = x->shape[axis], k = given < 0 ? -given : given;
    th_slot *values = c->params[1] ? c->out[0] : NULL, *places = c->params[2] ? c->out[c->nout - 1] : NULL;
    if (k < 1 || k > n)
        return th_refuse(c, TH_BAD_VALUE, "topk: kth must be between 1 and %lld in size, got %lld", (long long)n, (long long)given);
    for (int i = 0; i < c->nout && !error; i++) {
        memcpy(c->out[i]->shape, x->shape, sizeof(int64_t) * x->ndim);
        c->out[i]->shape[axis] = k;
        error = th_allocate(f, c->out[i]);
    }
    if (error || !th_product(c->out[0]->ndim, c->out[0]->shape))
        return error;
    int by_rank = c->params[3] && k > 1;
    uint64_t *key = th_scratch(f, 8 * (2 * n + k + 2 + TH_BLOCK + (by_rank ? 4 * k : 0))), *part = key + n + TH_BLOCK, turned = given < 0 ? ~(uint64_t)0 : 0;
    int64_t *index = (int64_t *)(part + n + 1);
    if (!key)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for sorting");
    lanes v, p;
    find_lanes(&v, x, values ? values : places, axis);
    find_lanes(&p, x, places ? places : values, axis);
    int few = n <= SHORT || (k <= FEW && k * 8 <= n);
    do {
        const char *from = x->data + v.at[0];
        if (few)
            find_few(from, x->stride[axis], n, x->dtype, turned, k, part, key, index);
        else
            find_many(from, x->stride[axis], n, x->dtype, turned, k, part, key, index);
        if (by_rank)
            rank(from, x->stride[axis], x->dtype, turned, k, index, (ranked *)(index + k));
        for (int64_t i = 0; i < k; i++) {
            if (values)
                memcpy(values->data + v.at[1] + i * values->stride[axis], from + index[i] * x->stride[axis], item);
            if (places)
                store_index(places->data + p.at[1] + i * places->stride[axis], places->dtype, index[i]);
        }
    } while (next_lane(&v) && next_lane(&p));
    return 0;
}

/* -- places in sorted vectors -------------------------------------------------------------------------- */

#define TOGETHER 8                  /* searches that wait for memory together */
typedef void (*search_fn)(int64_t *to, const char *x, int64_t n, const char *v, int64_t count);

#define BELOW(a, b) (a < b)
#define BELOW_NAN(a, b) ((a < b) | ((b != b) & (a == a)))
#define SEARCH(NAME, T, HOLDS)                                                                                         \
    static int NAME##_holds(T a, T b) { return HOLDS; }                                                                \
    static void NAME##_together(int64_t *to, const T *x, int64_t n, const T *v, int64_t count)                         \
    {                                                                                                                  \
        for (int64_t i = 0; i < count; i += TOGETHER, to += TOGETHER, v += TOGETHER) {                                 \
            int64_t first[TOGETHER] = {0}, length = n;                                                                 \
            int some = count - i < TOGETHER ? (int)(count - i) : TOGETHER;                                             \
            T wanted[TOGETHER] = {0};                                                                                  \
            memcpy(wanted, v, some * sizeof(T));                                                                       \
            for (; length > 1; length -= length / 2)                                                                   \
                for (int k = 0; k < TOGETHER; k++) {                                                                   \
                    T a = x[first[k] + length / 2 - 1], b = wanted[k];                                                 \
                    first[k] += -(int64_t)(HOLDS) & length / 2;                                                        \
                }                                                                                                      \
            for (int k = 0; k < some; k++)                                                                             \
                to[k] = first[k] + NAME##_holds(x[first[k]], wanted[k]);                                               \
        }                                                                                                              \
    }                                                                                                                  \
    /* One after the other between bounds that the last one left, as NumPy does, whose answers it gives for vectors    \
     * that are not sorted too. */                                                                                     \
    static void NAME(int64_t *to, const char *sorted, int64_t n, const char *values, int64_t count)                    \
    {                                                                                                                  \
        const T *x = (const T *)sorted, *v = (const T *)values;                                                        \
        int64_t low = 0, high = n;                                                                                     \
        int is_sorted = n > 0 && count >= n / 16 && count >= TOGETHER;                                                 \
        for (int64_t i = 1; is_sorted && i < n; i++)                                                                   \
            is_sorted = !left_less_##T(x[i], x[i - 1]);                                                                \
        if (is_sorted) {                                                                                               \
            NAME##_together(to, x, n, v, count);                                                                       \
            return;                                                                                                    \
        }                                                                                                              \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            if (i && NAME##_holds(v[i - 1], v[i])) {                                                                   \
                high = n;                                                                                              \
            } else {                                                                                                   \
                low = 0;                                                                                               \
                high = high < n ? high + 1 : n;                                                                        \
            }                                                                                                          \
            while (low < high) {                                                                                       \
                int64_t middle = low + (high - low) / 2;                                                               \
                if (NAME##_holds(x[middle], v[i]))                                                                     \
                    low = middle + 1;                                                                                  \
                else                                                                                                   \
                    high = middle;                                                                                     \
            }                                                                                                          \
            to[i] = low;                                                                                               \
        }                                                                                                              \
    }
#define SIDES(NAME, T, LESS)                                                                                           \
    static int left_less_##T(T a, T b) { return LESS(a, b); }                                                          \
    SEARCH(left_##NAME, T, LESS(a, b)) SEARCH(right_##NAME, T, !LESS(b, a))
SIDES(i8, int8_t, BELOW)
SIDES(i16, int16_t, BELOW)
SIDES(i32, int32_t, BELOW)
SIDES(i64, int64_t, BELOW)
SIDES(u8, uint8_t, BELOW)
SIDES(u16, uint16_t, BELOW)
SIDES(u32, uint32_t, BELOW)
SIDES(u64, uint64_t, BELOW)
SIDES(f32, float, BELOW_NAN)
SIDES(f64, double, BELOW_NAN)

#define TABLE(P)                                                                                                       \
    [TH_BOOL] = P##_u8, [TH_INT8] = P##_i8, [TH_INT16] = P##_i16, [TH_INT32] = P##_i32, [TH_INT64] = P##_i64,          \
    [TH_UINT8] = P##_u8, [TH_UINT16] = P##_u16, [TH_UINT32] = P##_u32, [TH_UINT64] = P##_u64, [TH_FLOAT32] = P##_f32,  \
    [TH_FLOAT64] = P##_f64
static const search_fn SEARCHES[2][TH_OBJECT] = {{TABLE(left)}, {TABLE(right)}};

static const char *in_one_piece(struct th_frame *f, const th_slot *x)
{
    if (th_is_contiguous(x->ndim, x->shape, x->stride, x->itemsize))
        return x->data;
    char *copy = th_scratch(f, th_product(x->ndim, x->shape) * x->itemsize + 1);
    if (copy)
        th_collect(copy, x);
    return copy;
}

/* in: a sorted vector, values of its dtype. params: whether the place after equal ones is wanted. */
int th_searchsorted(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *x = c->in[0], *v = c->in[1];
    th_slot *o = c->out[0];
    memcpy(o->shape, v->shape, sizeof(int64_t) * v->ndim);
    int64_t count = th_product(v->ndim, v->shape);
    int error = th_allocate(f, o);
    if (error || !count)
        return error;
    const char *sorted = in_one_piece(f, x), *values = in_one_piece(f, v);
    if (!sorted || !values)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for a copy");
    SEARCHES[c->params[0]][x->dtype]((int64_t *)o->data, sorted, x->shape[0], values, count);
    return 0;
}
