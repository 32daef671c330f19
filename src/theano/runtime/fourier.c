/* Fourier transforms along axes of arrays. Plans for lengths are kept. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include "arrays.h"

enum { MOST_RADIX = 61,         /* primes up to it have passes; lengths with larger ones become convolutions */
       MOST_WRITTEN = 7,        /* radices up to it have passes that are written out */
       MOST_LANES = 16, NEAR = 1 << 12, FAR = 1 << 18,    /* numbers of all lines in the first cache, bytes in the second */
       PLANS = 32 };

enum { COMPLEX, REAL_TO_HALF, HALF_TO_REAL };

/* What is done with every line. */
typedef struct { int64_t n, given, step_in, step_out; int inverse; } job;

/* exp(-2 pi i k / n) for 0 <= k < n or any product below n * n, by the nearest eighth of the circle. */
static void unit_root(int64_t k, int64_t n, double *c, double *s)
{
    k %= n;
    int64_t eighth = 8 * k / n;
    double x, y;
    switch (eighth) {
    case 0: *c = cos(2 * M_PI * k / n); *s = -sin(2 * M_PI * k / n); return;
    case 1: case 2: x = 2 * M_PI * (k - n / 4.0) / n; *c = -sin(x); *s = -cos(x); return;
    case 3: case 4: x = 2 * M_PI * (k - n / 2.0) / n; *c = -cos(x); *s = sin(x); return;
    case 5: case 6: x = 2 * M_PI * (k - 3 * n / 4.0) / n; *c = sin(x); *s = cos(x); return;
    default: y = 2 * M_PI * (k - n) / n; *c = cos(y); *s = -sin(y);
    }
}

static int is_prime(int64_t n)
{
    for (int64_t d = 2; d * d <= n; d++)
        if (n % d == 0)
            return 0;
    return 1;
}

/* The length of convolutions of n numbers at least that takes the least time: so much for each number and pass. */
static int64_t length_for(int64_t n)
{
    int64_t best = 0, least = INT64_MAX;
    for (int64_t sevens = 1, passes_7 = 1; sevens < 2 * n; sevens *= 7, passes_7++)
        for (int64_t fives = sevens, passes_5 = passes_7; fives < 2 * n; fives *= 5, passes_5++)
            for (int64_t threes = fives, passes_3 = passes_5; threes < 2 * n; threes *= 3, passes_3++) {
                int64_t length = threes, twos = 0;
                for (; length < n; length *= 2)
                    twos++;
                int64_t time = length * (passes_3 + (twos + 1) / 2);        /* most twos as passes of radix 4 */
                if (time < least) {
                    least = time;
                    best = length;
                }
            }
    return best;
}

/* Room for lines: not a power of two, whose parts would push each other out of the cache. */
static int64_t room_for(int64_t n) { return n + 8; }

#define REAL float
#define NAME(x) f32_##x
#include "fourier_loops.h"
#define REAL double
#define NAME(x) f64_##x
#include "fourier_loops.h"

typedef struct { int64_t n; void *plan; int is_double, users; int64_t used; } kept_plan;

static kept_plan kept[PLANS];
static int64_t clock_of_plans;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static void free_plan(int is_double, void *plan)
{
    if (is_double)
        f64_free_plan(plan);
    else
        f32_free_plan(plan);
}

/* A plan, from those that are kept or a new one, which takes the place of the one that was not used for the longest time.
 * `place`: where it is kept, or -1. */
static void *take_plan(int64_t n, int is_double, int *place)
{
    void *found = NULL;
    int oldest = -1;
    *place = -1;
    pthread_mutex_lock(&guard);
    for (int i = 0; i < PLANS && *place < 0; i++) {
        if (kept[i].plan && kept[i].n == n && kept[i].is_double == is_double)
            *place = i;
        if (!kept[i].users && (oldest < 0 || kept[i].used < kept[oldest].used))
            oldest = i;
    }
    if (*place < 0 && (found = is_double ? (void *)f64_new_plan(n) : (void *)f32_new_plan(n)) && oldest >= 0) {
        free_plan(kept[oldest].is_double, kept[oldest].plan);
        kept[oldest] = (kept_plan){n, found, is_double, 0, 0};
        *place = oldest;
    }
    if (*place >= 0) {
        found = kept[*place].plan;
        kept[*place].users++;
        kept[*place].used = ++clock_of_plans;
    }
    pthread_mutex_unlock(&guard);
    return found;
}

static void give_plan(int place, int is_double, void *plan)
{
    if (place < 0) {
        free_plan(is_double, plan);
        return;
    }
    pthread_mutex_lock(&guard);
    kept[place].users--;
    pthread_mutex_unlock(&guard);
}

/* Transforms all lines of an array along an axis. Both arrays have the same dimensions, but for the extent along the
 * axis, and `shape` are those of the lines that are transformed; strides in bytes. */
static int transform_axis(struct th_frame *f, int kind, int is_double, job j, int ndim, const int64_t *shape, int axis,
                          const char *in, const int64_t *stride_in, char *out, const int64_t *stride_out)
{
    int64_t length = kind == COMPLEX || j.n % 2 ? j.n : j.n / 2, item = is_double ? 8 : 4, lines = 1;
    int64_t index[TH_MAX_NDIM] = {0}, counted[TH_MAX_NDIM], moved[2] = {0, 0};
    const int64_t *strides[2] = {stride_in, stride_out};
    for (int d = 0; d < ndim; d++)
        lines *= counted[d] = d == axis ? 1 : shape[d];
    if (!lines || !j.n)
        return 0;
    int place, error = 0;
    void *plan = take_plan(length, is_double, &place);
    if (!plan)
        return th_fail(f, TH_OUT_OF_MEMORY, "no memory for a Fourier transform");
    int64_t wide = length;
    if (is_double && ((f64_plan *)plan)->longer)
        wide = ((f64_plan *)plan)->longer->n;
    else if (!is_double && ((f32_plan *)plan)->longer)
        wide = ((f32_plan *)plan)->longer->n;
    int64_t most = lines < MOST_LANES ? lines : MOST_LANES;
    if (is_double && most > MOST_LANES / 2 && most * wide > NEAR)   /* lanes of half of them fill a vector */
        most = MOST_LANES / 2;
    while (most > 1 && most * wide * item > FAR)
        most /= 2;
    j.step_in = stride_in[axis];
    j.step_out = stride_out[axis];
    th_mark mark = th_scratch_mark(f);
    void *room = th_scratch(f, 4 * room_for(wide) * most * item);
    if (!room)
        error = th_fail(f, TH_OUT_OF_MEMORY, "no memory for a Fourier transform");
    const char *from[MOST_LANES];
    char *to[MOST_LANES];
    for (int64_t i = 0, lanes; i < lines && !error; i += lanes) {
        lanes = lines - i < most ? lines - i : most;
        for (int64_t l = 0; l < lanes; l++) {
            from[l] = in + moved[0];
            to[l] = out + moved[1];
            th_next(ndim, counted, index, 2, strides, moved);
        }
        if (is_double)
            (kind == COMPLEX ? f64_complex_lines : kind == REAL_TO_HALF ? f64_real_lines : f64_half_lines)
                (plan, &j, lanes, from, to, room);
        else
            (kind == COMPLEX ? f32_complex_lines : kind == REAL_TO_HALF ? f32_real_lines : f32_half_lines)
                (plan, &j, lanes, from, to, room);
    }
    th_scratch_back(f, mark);
    give_plan(place, is_double, plan);
    return error;
}

static int extents_given(const th_call *c, int count, int64_t *extent)
{
    const th_slot *s = c->in[1];
    if (s->shape[0] != count)
        return th_refuse(c, TH_BAD_VALUE, "a Fourier transform of %d axes needs as many extents, got %lld", count,
                         (long long)s->shape[0]);
    for (int d = 0; d < count; d++) {
        extent[d] = *(const int64_t *)(s->data + d * s->stride[0]);
        if (extent[d] < 1)
            return th_refuse(c, TH_BAD_VALUE, "Invalid number of FFT data points (%lld) specified.", (long long)extent[d]);
    }
    return 0;
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* in: a (m, ..., n), extents of all axes but the first; out: (m, ..., n / 2 + 1, 2) */
int th_rfft(const th_call *c)
{
    const th_slot *a = c->in[0];
    th_slot *o = c->out[0];
    int ndim = a->ndim, last = ndim - 1, is_double = a->dtype == TH_FLOAT64, cut = 0;
    int64_t extent[TH_MAX_NDIM], lines[TH_MAX_NDIM];
    int error = extents_given(c, ndim - 1, extent);
    if (error)
        return error;
    o->shape[0] = lines[0] = a->shape[0];
    for (int d = 1; d < ndim; d++) {
        o->shape[d] = d == last ? extent[d - 1] / 2 + 1 : extent[d - 1];
        lines[d] = smaller(a->shape[d], o->shape[d]);
        cut |= d < last && lines[d] < o->shape[d];
    }
    o->shape[ndim] = 2;
    if ((error = th_allocate(c->frame, o)))
        return error;
    int released = th_count(a) > 4096 && th_release(c->frame);
    if (cut)
        memset(o->data, 0, th_count(o) * o->itemsize);
    job j = {.n = extent[last - 1], .given = a->shape[last]};
    error = transform_axis(c->frame, REAL_TO_HALF, is_double, j, ndim, lines, last, a->data, a->stride, o->data, o->stride);
    for (int d = 1; d < last && !error; d++) {
        j = (job){.n = o->shape[d], .given = o->shape[d]};
        error = transform_axis(c->frame, COMPLEX, is_double, j, ndim, o->shape, d, o->data, o->stride, o->data, o->stride);
    }
    if (released)
        th_hold(c->frame);
    return error;
}

/* in: a (m, ..., n / 2 + 1, 2), extents of the result but the first; out: (m, ..., n), without scaling */
int th_irfft(const th_call *c)
{
    const th_slot *a = c->in[0];
    th_slot *o = c->out[0];
    int ndim = o->ndim, last = ndim - 1, is_double = a->dtype == TH_FLOAT64;
    int64_t extent[TH_MAX_NDIM], shape[TH_MAX_NDIM], lines[TH_MAX_NDIM], stride[TH_MAX_NDIM], bytes = 2 * a->itemsize;
    int error = extents_given(c, ndim - 1, extent);
    if (error)
        return error;
    if (a->shape[ndim] != 2)
        return th_refuse(c, TH_BAD_VALUE, "irfft needs real and imaginary parts in a last axis of extent 2");
    o->shape[0] = shape[0] = lines[0] = a->shape[0];
    for (int d = 1; d < ndim; d++) {
        o->shape[d] = extent[d - 1];
        shape[d] = d == last ? smaller(a->shape[d], extent[d - 1] / 2 + 1) : extent[d - 1];
        lines[d] = smaller(a->shape[d], shape[d]);
    }
    if ((error = th_allocate(c->frame, o)))
        return error;
    if (last == 1 && a->stride[ndim] == a->itemsize) {              /* nothing is changed on the way */
        int released = th_count(a) > 4096 && th_release(c->frame);
        job j = {.n = extent[0], .given = shape[1]};
        error = transform_axis(c->frame, HALF_TO_REAL, is_double, j, ndim, lines, last, a->data, a->stride, o->data,
                               o->stride);
        if (released)
            th_hold(c->frame);
        return error;
    }
    for (int d = ndim; d--; bytes *= shape[d])
        stride[d] = bytes;
    char *pairs = th_scratch(c->frame, bytes + 1);
    if (!pairs)
        return th_fail(c->frame, TH_OUT_OF_MEMORY, "no memory for a Fourier transform");
    memset(pairs, 0, bytes);
    int64_t target[TH_MAX_NDIM], part[TH_MAX_NDIM];
    memcpy(target, stride, ndim * sizeof *stride);
    memcpy(part, lines, ndim * sizeof *lines);
    target[ndim] = a->itemsize;
    part[ndim] = 2;
    th_slot given = *a;
    given.shape = part;
    if (th_product(ndim + 1, part))
        th_copy(pairs, target, &given);
    int released = th_count(a) > 4096 && th_release(c->frame);
    for (int d = 1; d < last && !error; d++) {
        job j = {.n = shape[d], .given = shape[d], .inverse = 1};
        error = transform_axis(c->frame, COMPLEX, is_double, j, ndim, shape, d, pairs, stride, pairs, stride);
    }
    job j = {.n = extent[last - 1], .given = shape[last]};
    if (!error)
        error = transform_axis(c->frame, HALF_TO_REAL, is_double, j, ndim, shape, last, pairs, stride, o->data, o->stride);
    if (released)
        th_hold(c->frame);
    return error;
}

/* in: a, complex; the number of points. params: axis */
int th_fft(const th_call *c)
{
    const th_slot *a = c->in[0];
    th_slot *o = c->out[0];
    int axis = (int)c->params[0], is_double = a->itemsize == 16;
    int64_t n = th_int(c->in[1]);
    if (n < 1)
        return th_refuse(c, TH_BAD_VALUE, "Invalid number of FFT data points (%lld) specified.", (long long)n);
    memcpy(o->shape, a->shape, a->ndim * sizeof *a->shape);
    o->shape[axis] = n;
    int error = th_allocate(c->frame, o);
    if (error)
        return error;
    int released = th_count(a) > 4096 && th_release(c->frame);
    job j = {.n = n, .given = smaller(n, a->shape[axis])};
    error = transform_axis(c->frame, COMPLEX, is_double, j, a->ndim, o->shape, axis, a->data, a->stride, o->data, o->stride);
    if (released)
        th_hold(c->frame);
    return error;
}
