/* Where the largest or smallest element is. */
#include <string.h>
#include "kernels.h"

typedef struct {
    int64_t (*first)(const char *x, int64_t n);
    void (*columns)(const char *x, int64_t n, int64_t pitch, int64_t m, int64_t *out);
} finder;

#define ABOVE(a, b) ((a) > (b))
#define BELOW(a, b) ((a) < (b))
#define LEVEL(name) base_##name
#include "argmax_loops.h"
#undef LEVEL

#if !defined(TH_BASELINE) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define TH_LEVELS
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2")
#define LEVEL(name) avx2_##name
#include "argmax_loops.h"
#undef LEVEL
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,prefer-vector-width=512")
#define LEVEL(name) avx512_##name
#include "argmax_loops.h"
#undef LEVEL
#pragma GCC pop_options
#endif

static const finder *finder_of(int dtype, int smallest)
{
#ifdef TH_LEVELS
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return &avx512_finders[dtype][smallest];
    if (__builtin_cpu_supports("avx2"))
        return &avx2_finders[dtype][smallest];
#endif
    return &base_finders[dtype][smallest];
}

/* The axes of x in `mask`, as an array of its own. */
static th_slot axes_of(const th_slot *x, int64_t mask, int64_t *shape, int64_t *stride)
{
    th_slot s = *x;
    s.ndim = 0;
    s.shape = shape;
    s.stride = stride;
    for (int d = 0; d < x->ndim; d++)
        if (mask >> d & 1) {
            shape[s.ndim] = x->shape[d];
            stride[s.ndim++] = x->stride[d];
        }
    return s;
}

static int is_contiguous(const th_slot *s)
{
    int64_t n = s->itemsize;
    for (int d = s->ndim; d--; n *= s->shape[d])
        if (s->shape[d] != 1 && s->stride[d] != n)
            return 0;
    return 1;
}

/* Moves to the next element of s in C order. */
static void step(th_slot *s, int64_t *index)
{
    for (int d = s->ndim; d--;) {
        s->data += s->stride[d];
        if (++index[d] < s->shape[d])
            return;
        s->data -= index[d] * s->stride[d];
        index[d] = 0;
    }
}

/* in: x. params: the mask of the axes that are searched, whether for the smallest. */
int th_argmax(const th_call *c)
{
    const th_slot *x = c->in[0];
    th_slot *o = c->out[0];
    int64_t shape[2][TH_MAX_NDIM], stride[2][TH_MAX_NDIM], index[TH_MAX_NDIM] = {0};
    th_slot searched = axes_of(x, c->params[0], shape[0], stride[0]);
    th_slot kept = axes_of(x, ~c->params[0], shape[1], stride[1]);
    const finder *find = finder_of(x->dtype, (int)c->params[1]);
    int64_t n = th_count(&searched);
    memcpy(o->shape, kept.shape, sizeof(int64_t) * kept.ndim);
    if (!n)
        return th_refuse(c, TH_BAD_VALUE, "argmax of nothing: an axis that is searched has no element");
    int error = th_allocate(c->frame, o);
    int64_t *out = (int64_t *)o->data, *end = out + th_count(o), dense[TH_MAX_NDIM];
    if (error || out == end)
        return error;
    int last = kept.ndim - 1;
    if (searched.ndim == 1 && last >= 0 && kept.stride[last] == kept.itemsize && kept.shape[last] > 1) {
        int64_t m = kept.shape[last];
        for (kept.ndim--; out < end; out += m, step(&kept, index))
            find->columns(kept.data, n, searched.stride[0], m, out);
        return 0;
    }
    char *copy = NULL;
    if (!is_contiguous(&searched)) {
        copy = th_scratch(c->frame, n * x->itemsize);
        if (!copy)
            return th_refuse(c, TH_OUT_OF_MEMORY, "no memory for a copy of what argmax searches");
        int64_t size = x->itemsize;
        for (int d = searched.ndim; d--; size *= searched.shape[d])
            dense[d] = size;
    }
    for (; out < end; step(&kept, index)) {
        searched.data = kept.data;
        if (copy)
            th_copy(copy, dense, &searched);
        *out++ = find->first(copy ? copy : kept.data, n);
    }
    return 0;
}
