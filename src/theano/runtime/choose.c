/* Elements of several arrays, as an array of numbers says. */
#include "arrays.h"

enum { RAISE, WRAP, CLIP };                                     /* theano.codegen.kernels.index: MODES */

/* One run of the result: n elements; where element j comes from array k it is read j * step[k] after at[k]. */
typedef struct run {
    int64_t n;
    const char *const *at;
    const int64_t *step;
    int even;                                                   /* all steps are those of contiguous elements */
} run;

TH_CLONES static void choose_of_two(char *to, const run *r, int64_t first, const int64_t *number, int64_t n, int item)
{
#define CHOOSE(T)                                                                                                      \
    {                                                                                                                  \
        const T *a = (const T *)r->at[0] + first, *b = (const T *)r->at[1] + first;                                    \
        for (int64_t j = 0; j < n; j++) {                                                                              \
            T x = a[j], y = b[j];                                                                                      \
            ((T *)to)[j] = number[j] ? y : x;                                                                          \
        }                                                                                                              \
        return;                                                                                                        \
    }
    if (item == 16) {
        for (int64_t j = 0; j < n; j++)
            ((th_pair *)to)[j] = ((const th_pair *)r->at[number[j]])[first + j];
        return;
    }
    switch (item) {
    case 1: CHOOSE(uint8_t)
    case 2: CHOOSE(uint16_t)
    case 4: CHOOSE(uint32_t)
    default: CHOOSE(uint64_t)
    }
#undef CHOOSE
}

static void choose_some(char *to, const run *r, int64_t first, const int64_t *number, int64_t n, int item)
{
#define CHOOSE(T)                                                                                                      \
    for (int64_t j = 0; j < n && r->even; j++)                                                                         \
        ((T *)to)[j] = ((const T *)r->at[number[j]])[first + j];                                                       \
    for (int64_t j = 0; j < n && !r->even; j++)                                                                        \
        ((T *)to)[j] = *(const T *)(r->at[number[j]] + (first + j) * r->step[number[j]]);                              \
    return;
    TH_EACH_SIZE(CHOOSE)
#undef CHOOSE
}

/* n numbers of any dtype as those of arrays; nonzero where one is none, and none may be. */
TH_CLONES static int read_numbers(int64_t *number, const char *from, int64_t step, int dtype, int64_t n,
                                  int64_t several, int mode)
{
    int bad = 0;
#define READ(T)                                                                                                        \
    if (step == sizeof(T))                                                                                             \
        for (int64_t j = 0; j < n; j++)                                                                                \
            number[j] = (int64_t)((const T *)from)[j];                                                                 \
    else                                                                                                               \
        for (int64_t j = 0; j < n; j++)                                                                                \
            number[j] = (int64_t)*(const T *)(from + j * step);                                                        \
    break;
    switch (dtype) {
    case TH_INT64: case TH_UINT64: READ(int64_t)
    case TH_INT32: READ(int32_t)
    case TH_INT16: READ(int16_t)
    case TH_INT8: READ(int8_t)
    case TH_UINT32: READ(uint32_t)
    case TH_UINT16: READ(uint16_t)
    default: READ(uint8_t)
    }
#undef READ
    for (int64_t j = 0; j < n && mode == WRAP; j++) {
        number[j] %= several;
        number[j] += number[j] < 0 ? several : 0;
    }
    for (int64_t j = 0; j < n && mode == CLIP; j++)
        number[j] = number[j] < 0 ? 0 : number[j] >= several ? several - 1 : number[j];
    for (int64_t j = 0; j < n && mode == RAISE; j++)
        bad |= (uint64_t)number[j] >= (uint64_t)several;
    return bad;
}

/* Broadcasts the result's shape with that of x from dimension `first` on. */
static int join_shape(const th_call *c, const th_slot *x, int first)
{
    th_slot *o = c->out[0];
    for (int d = first; d < x->ndim; d++) {
        int64_t *n = &o->shape[o->ndim - x->ndim + d];
        if (*n == 1)
            *n = x->shape[d];
        else if (x->shape[d] != 1 && x->shape[d] != *n)
            return th_refuse(c, TH_SHAPE_MISMATCH, "choose: the numbers and what they choose from do not broadcast "
                             "together: %lld and %lld places", (long long)*n, (long long)x->shape[d]);
    }
    return 0;
}

/* Strides of x, from dimension `first` on, as an array of the result's shape. */
static void widen(int64_t *stride, const th_slot *x, const th_slot *o, int first)
{
    for (int d = 0; d < o->ndim; d++) {
        int k = d - o->ndim + x->ndim;
        stride[d] = k < first || x->shape[k] == 1 ? 0 : x->stride[k];
    }
}

/* Makes one axis of the last two while they lie one behind the other in all arrays. */
static int merge(int ndim, int64_t *shape, int arrays, int64_t **stride)
{
    while (ndim > 1) {
        for (int k = 0; k < arrays; k++)
            if (stride[k][ndim - 2] != stride[k][ndim - 1] * shape[ndim - 1])
                return ndim;
        ndim--;
        shape[ndim - 1] *= shape[ndim];
        for (int k = 0; k < arrays; k++)
            stride[k][ndim - 1] = stride[k][ndim];
    }
    return ndim;
}

/* in: numbers; what they choose from: one array along its first axis, or several arrays. params: mode; whether one. */
int th_choose(const th_call *c)
{
    struct th_frame *f = c->frame;
    const th_slot *a = c->in[0];
    th_slot *o = c->out[0];
    int mode = (int)c->params[0], one = (int)c->params[1], item = o->itemsize, arrays = c->nin, error = 0;
    int64_t several = one ? c->in[1]->shape[0] : arrays - 1, shape[TH_MAX_NDIM];
    for (int d = 0; d < o->ndim; d++)
        o->shape[d] = 1;
    for (int k = 0; k < arrays && !error; k++)
        error = join_shape(c, c->in[k], one && k);
    if (error || (error = th_allocate(f, o)) || !th_product(o->ndim, o->shape))
        return error;
    if (!several)
        return th_refuse(c, TH_BAD_VALUE, "choose: there is nothing to choose from");
    int64_t words = TH_MAX_NDIM + 1, *room = th_scratch(f, 8 * (arrays * (words + 2) + 2 * several));
    if (!room)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for the strides of what is chosen from");
    int64_t **stride = (int64_t **)room, *moved = room + arrays, *step = moved + arrays, *strides = step + several;
    const char **at = (const char **)(strides + arrays * words);
    for (int k = 0; k < arrays; k++) {
        stride[k] = strides + k * words;
        widen(stride[k], c->in[k], o, one && k);
        moved[k] = 0;
    }
    memcpy(shape, o->shape, sizeof(int64_t) * o->ndim);
    int ndim = merge(o->ndim, shape, arrays, stride);
    run r = {ndim ? shape[ndim - 1] : 1, at, step, 1};
    for (int64_t k = 0; k < several; k++) {
        step[k] = ndim ? stride[one ? 1 : k + 1][ndim - 1] : item;
        r.even &= step[k] == item;
    }
    int64_t index[TH_MAX_NDIM] = {0}, number[TH_BLOCK], by = ndim ? stride[0][ndim - 1] : 0;
    char *to = o->data;
    do {
        for (int64_t k = 0; k < several; k++)
            at[k] = one ? c->in[1]->data + moved[1] + k * c->in[1]->stride[0] : c->in[k + 1]->data + moved[k + 1];
        for (int64_t j = 0, n; j < r.n; j += n, to += n * item) {
            n = r.n - j < TH_BLOCK ? r.n - j : TH_BLOCK;
            if (read_numbers(number, a->data + moved[0] + j * by, by, a->dtype, n, several, mode))
                return th_refuse(c, TH_BAD_VALUE, "invalid entry in choice array");
            (r.even && several == 2 ? choose_of_two : choose_some)(to, &r, j, number, n, item);
        }
    } while (th_next(ndim ? ndim - 1 : 0, shape, index, arrays, (const int64_t *const *)stride, moved));
    return 0;
}
