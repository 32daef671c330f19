/* Reading through an index, masks among them; the places where something holds; diagonals. */
#include "blocks.h"

#define SHORT 256                   /* so few elements of a row are taken from many rows at once */
#define GROUP 8                     /* places that are checked together, */
#define NEXT 128                    /* and how much later those are whose indices and results are asked for */

/* Rows as small as these are copied like numbers, but need not be aligned as such. */
typedef struct four_words { uint64_t word[4]; } four_words;
#define EACH_SIZE(DO)                                                                                                  \
    if (item == sizeof(four_words)) {                                                                                  \
        DO(four_words)                                                                                                 \
    }                                                                                                                  \
    TH_EACH_SIZE(DO)

static void take_elements(char *to, const char *from, const int64_t *offset, int64_t n, int item)
{
#define TAKE(T)                                                                                                        \
    _Pragma("GCC unroll 8")                                                                                            \
    for (int64_t j = 0; j < n; j++)                                                                                    \
        memcpy(to + j * sizeof(T), from + offset[j], sizeof(T));                                                       \
    return;
    EACH_SIZE(TAKE)
#undef TAKE
}

/* Elements that lie side by side, by their numbers. */
static void take_numbers(char *to, const char *from, const int64_t *number, int64_t n, int item)
{
#define TAKE(T)                                                                                                        \
    _Pragma("GCC unroll 8")                                                                                            \
    for (int64_t j = 0; j < n; j++)                                                                                    \
        memcpy(to + j * sizeof(T), from + number[j] * (int64_t)sizeof(T), sizeof(T));                                  \
    return;
    EACH_SIZE(TAKE)
#undef TAKE
}

TH_CLONES static int are_numbers(const int64_t *index, int64_t n, int64_t extent)
{
    int bad = 0;
    for (int64_t j = 0; j < n; j++)
        bad |= (uint64_t)index[j] >= (uint64_t)extent;
    return !bad;
}

/* n places, at most GROUP, counted from the first element: `index` itself, or in `room` where some are counted from
 * the last; NULL where one is out of bounds. */
static inline const int64_t *from_first(const int64_t *index, int n, int64_t extent, int64_t *room)
{
    int wrong = 0;
    for (int k = 0; k < n; k++)
        wrong |= (uint64_t)index[k] >= (uint64_t)extent;
    if (__builtin_expect(!wrong, 1))
        return index;
    for (int k = 0; k < n; k++) {
        room[k] = index[k] + (index[k] < 0 ? extent : 0);
        if ((uint64_t)room[k] >= (uint64_t)extent)
            return NULL;
    }
    return room;
}

/* Elements far from one another; nonzero where an index is out of bounds. The less is done for each, the more are on
 * their way at once; meanwhile the CPU does not see by itself that the index and the result are read and written in
 * order (a million floats taken from as many: 1.8 ms; one by one 2.4). */
static int take_far(char *to, const char *from, const th_places *p, int item)
{
    const int64_t *index = (const int64_t *)p->vector->data, *at;
    int64_t n = p->total, extent = p->extent, asked = th_asked(p), j = 0, room[GROUP];
#define TAKE(T) if (p->stride == sizeof(T)) APART(T, (int64_t)sizeof(T)) else APART(T, p->stride) return 0;
#define APART(T, STRIDE)                                                                                               \
    {                                                                                                                  \
        for (; j + GROUP <= n; j += GROUP) {                                                                           \
            __builtin_prefetch(index + j + NEXT, 0, 3);                                                                \
            for (int64_t k = 0; k < GROUP * (int64_t)sizeof(T); k += 64)                                               \
                __builtin_prefetch(to + (j + NEXT) * sizeof(T) + k, 1, 3);                                             \
            if (j + GROUP <= asked)                                                                                    \
                for (int k = 0; k < GROUP; k++)                                                                        \
                    th_ask_for_place(from, index + j + k, extent, STRIDE);                                             \
            if (!(at = from_first(index + j, GROUP, extent, room)))                                                    \
                return 1;                                                                                              \
            for (int k = 0; k < GROUP; k++)                                                                            \
                memcpy(to + (j + k) * sizeof(T), from + at[k] * STRIDE, sizeof(T));                                    \
        }                                                                                                              \
        for (; j < n; j++) {                                                                                           \
            if (!(at = from_first(index + j, 1, extent, room)))                                                        \
                return 1;                                                                                              \
            memcpy(to + j * sizeof(T), from + *at * STRIDE, sizeof(T));                                                \
        }                                                                                                              \
    }
    EACH_SIZE(TAKE)
#undef APART
#undef TAKE
}

/* Elements that are `step` apart. */
static void take_row(char *to, const char *from, int64_t step, int64_t n, int item)
{
#define TAKE(T)                                                                                                        \
    for (int64_t j = 0; j < n; j++)                                                                                    \
        ((T *)to)[j] = *(const T *)(from + j * step);                                                                  \
    return;
    TH_EACH_SIZE(TAKE)
#undef TAKE
}

/* The elements of n contiguous ones where the mask holds, `count` of them. Writes no element too many. */
static void take_held(char *to, const char *from, const uint8_t *mask, int64_t n, int64_t count, int item)
{
    uint64_t word;
#define TAKE(T)                                                                                                        \
    {                                                                                                                  \
        enum { SIZE = sizeof(T) };                                                                                     \
        int64_t c = 0, i = 0;                                                                                          \
        for (; i + 8 <= n && c + 8 < count; i += 8) {                                                                  \
            memcpy(&word, mask + i, 8);                                                                                \
            if (!word)                                                                                                 \
                continue;                                                                                              \
            if (word == 0x0101010101010101u) {                                                                         \
                memcpy(to + c * SIZE, from + i * SIZE, 8 * SIZE);                                                      \
                c += 8;                                                                                                \
                continue;                                                                                              \
            }                                                                                                          \
            for (int k = 0; k < 8; k++) {                                                                              \
                memcpy(to + c * SIZE, from + (i + k) * SIZE, SIZE);                                                    \
                c += mask[i + k] != 0;                                                                                 \
            }                                                                                                          \
        }                                                                                                              \
        for (; i < n && c < count; i++)                                                                                \
            if (mask[i])                                                                                               \
                memcpy(to + c++ * SIZE, from + i * SIZE, SIZE);                                                        \
        return;                                                                                                        \
    }
    EACH_SIZE(TAKE)
#undef TAKE
}

/* Rows of n elements that are `step` apart, at `count` places; those of later places are on their way meanwhile. */
static void take_rows(char *to, const char *from, const int64_t *offset, int64_t count, int64_t step, int64_t n,
                      int item)
{
    int64_t wanted = n < 16 ? n : 16;
#define TAKE(T)                                                                                                        \
    for (int64_t j = 0; j < count; j++, to += n * sizeof(T)) {                                                         \
        const char *x = from + offset[j], *later = from + offset[j + TH_BLOCKS_AHEAD < count ? j + TH_BLOCKS_AHEAD : j];                   \
        for (int64_t k = 0; k < wanted; k++)                                                                           \
            __builtin_prefetch(later + k * step);                                                                      \
        for (int64_t k = 0; k < n; k++)                                                                                \
            ((T *)to)[k] = *(const T *)(x + k * step);                                                                 \
    }                                                                                                                  \
    return;
    TH_EACH_SIZE(TAKE)
#undef TAKE
}

/* What is copied for each place: some dimensions of x, in C order. */
typedef struct block {
    int ndim, item, whole, number;      /* the size of the number that it is copied like, else 0 */
    int64_t shape[TH_MAX_NDIM], stride[TH_MAX_NDIM], nbytes;
} block;

static void describe_block(block *b, const th_slot *x, const int *axis, int n)
{
    b->ndim = n;
    b->item = x->itemsize;
    for (int d = 0; d < n; d++) {
        b->shape[d] = x->shape[axis[d]];
        b->stride[d] = x->stride[axis[d]];
    }
    b->nbytes = th_product(n, b->shape) * b->item;
    b->whole = th_is_contiguous(n, b->shape, b->stride, b->item);
    b->number = b->nbytes == b->item ? b->item : 0;
    if (b->whole && b->nbytes && b->nbytes <= (int64_t)sizeof(four_words) && !(b->nbytes & (b->nbytes - 1)))
        b->number = (int)b->nbytes;
}

static void copy_block(char *to, const char *from, const block *b)
{
    int64_t index[TH_MAX_NDIM] = {0}, at[1] = {0};
    const int64_t *stride[1] = {b->stride};
    if (b->whole) {
        th_move(to, from, b->nbytes);
        return;
    }
    int64_t n = b->shape[b->ndim - 1], step = b->stride[b->ndim - 1];
    do {
        take_row(to, from + at[0], step, n, b->item);
        to += n * b->item;
    } while (th_next(b->ndim - 1, b->shape, index, 1, stride, at));
}

TH_CLONES static void take_blocks(char *to, const char *from, const int64_t *offset, int64_t n, int64_t nbytes)
{
    th_copy_blocks(to, NULL, nbytes, from, offset, 0, n, nbytes);
}

/* n blocks. */
static void take_some(char *to, const char *from, const int64_t *offset, int64_t n, const block *b)
{
    if (b->number) {
        take_elements(to, from, offset, n, b->number);
    } else if (b->whole) {
        take_blocks(to, from, offset, n, b->nbytes);
    } else if (b->ndim == 1) {
        take_rows(to, from, offset, n, b->stride[0], b->shape[0], b->item);
    } else {
        for (int64_t j = 0; j < n; j++, to += b->nbytes)
            copy_block(to, from + offset[j], b);
    }
}

/* The same elements of each of several rows; an offset that is read serves four of them. */
static void take_grid(char *to, const char *from, int64_t rows, int64_t apart, const int64_t *offset, int64_t n, int item)
{
#define TAKE(T)                                                                                                        \
    {                                                                                                                  \
        T *o = (T *)to;                                                                                                \
        int64_t i = 0;                                                                                                 \
        for (; i + 4 <= rows; i += 4, o += 4 * n, from += 4 * apart)                                                   \
            for (int64_t j = 0; j < n; j++) {                                                                          \
                const char *x = from + offset[j];                                                                      \
                o[j] = *(const T *)x;                                                                                  \
                o[j + n] = *(const T *)(x + apart);                                                                    \
                o[j + 2 * n] = *(const T *)(x + 2 * apart);                                                            \
                o[j + 3 * n] = *(const T *)(x + 3 * apart);                                                            \
            }                                                                                                          \
        for (; i < rows; i++, o += n, from += apart)                                                                   \
            for (int64_t j = 0; j < n; j++)                                                                            \
                o[j] = *(const T *)(from + offset[j]);                                                                 \
        return;                                                                                                        \
    }
    TH_EACH_SIZE(TAKE)
#undef TAKE
}

static int take_places(char *to, const char *from, const th_places *p, const block *b)
{
    int64_t room[TH_BLOCK];
    int bad = 0;
    if (b->number && th_is_far(p))
        return take_far(to, from, p, b->number);
    if (p->offset) {
        take_some(to, from, p->offset, p->total, b);
        return 0;
    }
    int direct = p->vector && b->number && p->stride == b->number;
    for (int64_t i = 0; i < p->total; i += TH_BLOCK, to += TH_BLOCK * b->nbytes) {
        int64_t n = p->total - i < TH_BLOCK ? p->total - i : TH_BLOCK;
        const int64_t *index = direct ? (const int64_t *)p->vector->data + i : NULL;
        if (direct && are_numbers(index, n, p->extent)) {
            take_numbers(to, from, index, n, b->number);
            continue;
        }
        const int64_t *offset = th_offsets(p, i, n, room, &bad);
        if (bad)
            return 1;
        take_some(to, from, offset, n, b);
    }
    return 0;
}

/* Rows where a mask holds, of an array that lies in one piece like its mask. */
static int take_masked(th_slot *o, const th_slot *x, const th_places *p, const block *b)
{
    const th_slot *m = p->mask;
    if (p->front || !b->whole || !m->ndim || !th_is_contiguous(m->ndim, m->shape, m->stride, 1)
        || !th_is_contiguous(m->ndim, m->shape, x->stride, b->nbytes))
        return 0;
    int64_t n = th_product(m->ndim, m->shape), left = p->total;
    char *to = o->data;
    if (b->number) {
        take_held(to, x->data, (const uint8_t *)m->data, n, left, b->number);
        return 1;
    }
    int64_t offset[TH_BLOCK];
    for (int64_t i = 0; left > 0; left -= TH_BLOCK) {
        int64_t count = left < TH_BLOCK ? left : TH_BLOCK;
        for (int64_t k = 0; k < count; i++) {
            offset[k] = i * b->nbytes;
            k += m->data[i] != 0;
        }
        take_some(to, x->data, offset, count, b);
        to += count * b->nbytes;
    }
    return 1;
}

/* in: x, the index. params: axes before the index's in the result; then for each entry the first axis it takes. */
int th_gather(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *x = c->in[0];
    th_slot *o = c->out[0];
    int front = (int)c->params[0], n = c->nin - 1, error, d = 0;
    th_places p;
    block outer, inner;
    error = th_find_places(f, x, c->in + 1, n, c->params + 1, front, 1, &p);
    if (error)
        return error;
    int several = th_product(front, x->shape) > 1 && p.vector;
    if (several && (error = th_find_places(f, x, c->in + 1, n, c->params + 1, front, 0, &p)))
        return error;
    describe_block(&outer, x, p.kept, front);
    describe_block(&inner, x, p.kept + front, p.nkept - front);
    for (int k = 0; k < front; k++)
        o->shape[d++] = outer.shape[k];
    for (int k = 0; k < p.ndim; k++)
        o->shape[d++] = p.shape[k];
    for (int k = 0; k < inner.ndim; k++)
        o->shape[d++] = inner.shape[k];
    if ((error = th_allocate(f, o)))
        return error;
    if (!th_product(o->ndim, o->shape))
        return th_check_vector(f, &p, (int)c->params[1]);
    if (p.mask) {
        if (take_masked(o, x, &p, &inner))
            return 0;
        error = th_find_places(f, x, c->in + 1, n, c->params + 1, front, 0, &p);
        if (error)
            return error;
    }
    int64_t index[TH_MAX_NDIM] = {0}, at[1] = {0}, nbytes = p.total * inner.nbytes;
    const int64_t *stride[1] = {outer.stride};
    char *to = o->data;
    if (front && p.offset && p.total <= SHORT && inner.nbytes == inner.item) {
        int64_t rows = outer.shape[front - 1], apart = outer.stride[front - 1];
        do {
            take_grid(to, x->data + at[0], rows, apart, p.offset, p.total, inner.item);
            to += rows * nbytes;
        } while (th_next(front - 1, outer.shape, index, 1, stride, at));
        return 0;
    }
    do {
        if (take_places(to, x->data + at[0], &p, &inner))
            return th_check_vector(f, &p, (int)c->params[1]);
        to += nbytes;
    } while (th_next(front, outer.shape, index, 1, stride, at));
    return 0;
}

/* The numbers of the bits of four that are set. */
static const uint8_t HELD[16][4] = {{0}, {0}, {1}, {0, 1}, {2}, {0, 2}, {1, 2}, {0, 1, 2},
                                    {3}, {0, 3}, {1, 3}, {0, 1, 3}, {2, 3}, {0, 2, 3}, {1, 2, 3}, {0, 1, 2, 3}};

/* The places of n truth values that hold, of which there are `count`; writes no more than that. */
TH_CLONES static int64_t find_held(int64_t *to, const uint8_t *mask, int64_t n, int64_t count)
{
    int64_t found = 0, i = 0;
    for (; i + 8 <= n && found + 8 <= count; i += 8) {
        uint64_t word, low = 0x7f7f7f7f7f7f7f7fu;
        memcpy(&word, mask + i, 8);
        word = (((word & low) + low) | word) >> 7 & ~low >> 7;          /* its bytes as 0 or 1, then as bits */
        unsigned bits = (unsigned)((word * 0x0102040810204080u) >> 56), first = bits & 15;
        int64_t *then = to + found + __builtin_popcount(first);
        for (int k = 0; k < 4; k++)
            to[found + k] = i + HELD[first][k];
        for (int k = 0; k < 4; k++)
            then[k] = i + 4 + HELD[bits >> 4][k];
        found += __builtin_popcount(bits);
    }
    for (; i < n && found < count; i++)
        if (mask[i])
            to[found++] = i;
    return found;
}

/* in: a mask; out: for each of its dimensions the int64 places where it holds. */
int th_nonzero(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *m = c->in[0];
    int nd = m->ndim, error = 0;
    th_places p;
    th_slot *index[1] = {c->in[0]};
    const int64_t axis[1] = {0};
    if ((error = th_find_places(f, m, index, 1, axis, 0, 1, &p)))
        return error;
    for (int d = 0; d < nd && !error; d++) {
        c->out[d]->shape[0] = p.total;
        error = th_allocate(f, c->out[d]);
    }
    if (error || !p.total)
        return error;
    int64_t at[TH_MAX_NDIM] = {0}, moved[1] = {0}, found = 0;
    const int64_t *stride[1] = {m->stride};
    int64_t n = m->shape[nd - 1], step = m->stride[nd - 1], *last = (int64_t *)c->out[nd - 1]->data;
    do {
        const uint8_t *q = (const uint8_t *)m->data + moved[0];
        int64_t before = found;
        if (step == 1)
            found += find_held(last + found, q, n, p.total - found);
        for (int64_t i = 0; step != 1 && i < n && found < p.total; i++)
            if (q[i * step])
                last[found++] = i;
        for (int d = 0; d < nd - 1; d++)
            for (int64_t k = before; k < found; k++)
                ((int64_t *)c->out[d]->data)[k] = at[d];
    } while (th_next(nd - 1, m->shape, at, 1, stride, moved));
    return 0;
}

/* A view. params: offset, the two axes. */
int th_diagonal(const th_call *c)
{
    const th_slot *x = c->in[0];
    th_slot *o = c->out[0];
    int64_t offset = c->params[0], one = c->params[1], two = c->params[2];
    int64_t up = offset < 0 ? -offset : 0, right = offset > 0 ? offset : 0;
    int64_t rows = x->shape[one] - up, columns = x->shape[two] - right, n = rows < columns ? rows : columns;
    int to = 0;
    for (int d = 0; d < x->ndim; d++)
        if (d != one && d != two) {
            o->shape[to] = x->shape[d];
            o->stride[to++] = x->stride[d];
        }
    o->shape[to] = n > 0 ? n : 0;
    o->stride[to] = x->stride[one] + x->stride[two];
    o->data = x->data + (n > 0 ? up * x->stride[one] + right * x->stride[two] : 0);
    return 0;
}
