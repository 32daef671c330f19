/* Fourier transforms in one dtype: included with REAL and NAME(x), which it takes away again.
 *
 * Stockham's algorithm (Van Loan, "Computational Frameworks for the Fast Fourier Transform", 1992, section 1.7) for real
 * and imaginary parts in arrays of their own. Several lines are transformed at once: their numbers lie side by side, so
 * that the innermost loops run over contiguous memory from the first pass on. */

/* What a pass of radix p does: from element k + count * (q + m * r) to k + count * (p * q + r), times factor(q, r).
 * The first pass over real lines has no imaginary parts to read, and keeps results 0 ... p / 2 only, at
 * k + count * (kept * q + r): those of p - r are the conjugates of those of r, read backwards (see `unfold`). */
#define TAKE(r) \
    REAL a##r = xr[(q + m * r) * count + k], b##r = is_real ? 0 : xi[(q + m * r) * count + k];
#define GIVE(r, RE, IM) if (r < kept) { \
    REAL re = RE, im = IM; \
    yr[(kept * q + r) * count + k] = re * w[2 * r - 2] - im * w[2 * r - 1]; \
    yi[(kept * q + r) * count + k] = re * w[2 * r - 1] + im * w[2 * r - 2]; }

typedef struct NAME(parts) { REAL *re, *im; } NAME(parts);

/* Odd ones with a twin for the first pass over real lines. */
#define PASS(P, ...) ONE_PASS(P, pass_##P, 0, __VA_ARGS__) ONE_PASS(P, real_pass_##P, 1, __VA_ARGS__)

/* Where there are few k, the loop over q is the inner one. */
#define ONE_PASS(P, FUNCTION, IS_REAL, ...) \
    TH_CLONES static void NAME(FUNCTION)(int64_t m, int64_t count, const REAL *factor, const REAL *restrict xr, \
                                         const REAL *restrict xi, REAL *restrict yr, REAL *restrict yi) \
    { \
        enum { p = P, is_real = IS_REAL, kept = is_real ? p / 2 + 1 : p }; \
        for (int64_t k = 0; count < 8 && k < count; k++) { \
            _Pragma("omp simd") \
            for (int64_t q = 0; q < m; q++) { \
                const REAL *w = factor + 2 * (p - 1) * q; \
                __VA_ARGS__ \
            } \
        } \
        for (int64_t q = 0; count >= 8 && q < m; q++) { \
            const REAL *w = factor + 2 * (p - 1) * q; \
            _Pragma("omp simd") \
            for (int64_t k = 0; k < count; k++) { __VA_ARGS__ } \
        } \
    }
#define FIRST(RE, IM) yr[kept * q * count + k] = RE; yi[kept * q * count + k] = IM;

ONE_PASS(2, pass_2, 0, TAKE(0) TAKE(1) FIRST(a0 + a1, b0 + b1) GIVE(1, a0 - a1, b0 - b1))
PASS(3, TAKE(0) TAKE(1) TAKE(2)
     REAL s = a1 + a2, t = b1 + b2, u = (REAL)0.86602540378443864676 * (a1 - a2), v = (REAL)0.86602540378443864676 * (b1 - b2);
     REAL c = a0 - s / 2, d = b0 - t / 2;
     FIRST(a0 + s, b0 + t) GIVE(1, c + v, d - u) GIVE(2, c - v, d + u))
ONE_PASS(4, pass_4, 0, TAKE(0) TAKE(1) TAKE(2) TAKE(3)
     REAL s = a0 + a2, t = b0 + b2, u = a0 - a2, v = b0 - b2;
     REAL c = a1 + a3, d = b1 + b3, e = a1 - a3, f = b1 - b3;
     FIRST(s + c, t + d) GIVE(1, u + f, v - e) GIVE(2, s - c, t - d) GIVE(3, u - f, v + e))
PASS(5, TAKE(0) TAKE(1) TAKE(2) TAKE(3) TAKE(4)
     REAL s1 = a1 + a4, t1 = b1 + b4, u1 = a1 - a4, v1 = b1 - b4, s2 = a2 + a3, t2 = b2 + b3, u2 = a2 - a3, v2 = b2 - b3;
     const REAL c1 = (REAL)0.30901699437494742410, c2 = (REAL)-0.80901699437494742410;
     const REAL d1 = (REAL)0.95105651629515357212, d2 = (REAL)0.58778525229247312917;
     REAL e1 = a0 + c1 * s1 + c2 * s2, f1 = b0 + c1 * t1 + c2 * t2, e2 = a0 + c2 * s1 + c1 * s2, f2 = b0 + c2 * t1 + c1 * t2;
     REAL g1 = d1 * u1 + d2 * u2, h1 = d1 * v1 + d2 * v2, g2 = d2 * u1 - d1 * u2, h2 = d2 * v1 - d1 * v2;
     FIRST(a0 + s1 + s2, b0 + t1 + t2)
     GIVE(1, e1 + h1, f1 - g1) GIVE(2, e2 + h2, f2 - g2) GIVE(3, e2 - h2, f2 + g2) GIVE(4, e1 - h1, f1 + g1))

#define SEVENTH(e, S1, S2, S3) (REAL)0.62348980185873353053 * S1 - (REAL)0.22252093395631440429 * S2 \
    - (REAL)0.90096886790241912624 * S3 + e
PASS(7, TAKE(0) TAKE(1) TAKE(2) TAKE(3) TAKE(4) TAKE(5) TAKE(6)
     REAL s1 = a1 + a6, t1 = b1 + b6, u1 = a1 - a6, v1 = b1 - b6, s2 = a2 + a5, t2 = b2 + b5, u2 = a2 - a5, v2 = b2 - b5;
     REAL s3 = a3 + a4, t3 = b3 + b4, u3 = a3 - a4, v3 = b3 - b4;
     const REAL d1 = (REAL)0.78183148246802980871, d2 = (REAL)0.97492791218182360702, d3 = (REAL)0.43388373911755812048;
     REAL e1 = SEVENTH(a0, s1, s2, s3), e2 = SEVENTH(a0, s3, s1, s2), e3 = SEVENTH(a0, s2, s3, s1);
     REAL f1 = SEVENTH(b0, t1, t2, t3), f2 = SEVENTH(b0, t3, t1, t2), f3 = SEVENTH(b0, t2, t3, t1);
     REAL g1 = d1 * u1 + d2 * u2 + d3 * u3, g2 = d2 * u1 - d3 * u2 - d1 * u3, g3 = d3 * u1 - d1 * u2 + d2 * u3;
     REAL h1 = d1 * v1 + d2 * v2 + d3 * v3, h2 = d2 * v1 - d3 * v2 - d1 * v3, h3 = d3 * v1 - d1 * v2 + d2 * v3;
     FIRST(a0 + s1 + s2 + s3, b0 + t1 + t2 + t3)
     GIVE(1, e1 + h1, f1 - g1) GIVE(2, e2 + h2, f2 - g2) GIVE(3, e3 + h3, f3 - g3)
     GIVE(4, e3 - h3, f3 + g3) GIVE(5, e2 - h2, f2 + g2) GIVE(6, e1 - h1, f1 + g1))

/* Numbers that lie side by side, of which pass_any does so many at once; anywhere in memory. */
typedef REAL NAME(vector) __attribute__((vector_size(64), aligned(sizeof(REAL)), may_alias));
enum { NAME(WIDE) = 64 / sizeof(REAL) };

/* `wide` numbers into a vector, zeros behind them; and back. */
static inline __attribute__((always_inline)) void NAME(load)(NAME(vector) *v, const REAL *x, int64_t wide)
{
    *v = (NAME(vector)){0};
    if (wide == NAME(WIDE))
        *v = *(const NAME(vector) *)x;
    else
        memcpy(v, x, wide * sizeof(REAL));
}

static inline __attribute__((always_inline)) void NAME(store)(REAL *y, const NAME(vector) *v, int64_t wide)
{
    if (wide == NAME(WIDE))
        *(NAME(vector) *)y = *v;
    else
        memcpy(y, v, wide * sizeof(REAL));
}

/* Results u and p - u of a pass of radix p, for `each` numbers u: by cosines from the sums of what lies at r and p - r, by
 * sines from the differences, both of which `pairs` holds for every r. */
#define RESULTS(EACH) \
    for (; u + EACH <= half + 1; u += EACH) { \
        vector even_re[EACH], even_im[EACH], odd_re[EACH], odd_im[EACH]; \
        int64_t at[EACH]; \
        for (int e = 0; e < EACH; e++) { \
            even_re[e] = zero_re; \
            even_im[e] = zero_im; \
            odd_re[e] = odd_im[e] = (vector){0}; \
            at[e] = u + e; \
        } \
        for (int64_t r = 1; r <= half; r++) \
            _Pragma("GCC unroll 2") \
            for (int e = 0; e < EACH; e++) { \
                REAL c = root[2 * at[e]], s = root[2 * at[e] + 1]; \
                even_re[e] += c * pairs[r][0]; \
                odd_im[e] += s * pairs[r][1]; \
                if (!real) { \
                    even_im[e] += c * pairs[r][2]; \
                    odd_re[e] -= s * pairs[r][3]; \
                } \
                at[e] = at[e] + u + e < p ? at[e] + u + e : at[e] + u + e - p; \
            } \
        _Pragma("GCC unroll 2") \
        for (int e = 0; e < EACH; e++) { \
            const REAL *w = factor + 2 * ((p - 1) * q + u + e - 1), *v = factor + 2 * ((p - 1) * q + p - u - e - 1); \
            int64_t to = (kept * q + u + e) * count + k, other = (p * q + p - u - e) * count + k; \
            vector re = even_re[e] + odd_re[e], im = even_im[e] + odd_im[e]; \
            vector to_re = re * w[0] - im * w[1], to_im = re * w[1] + im * w[0]; \
            NAME(store)(yr + to, &to_re, wide); \
            NAME(store)(yi + to, &to_im, wide); \
            if (real) \
                continue; \
            re = even_re[e] - odd_re[e]; \
            im = even_im[e] - odd_im[e]; \
            to_re = re * v[0] - im * v[1]; \
            to_im = re * v[1] + im * v[0]; \
            NAME(store)(yr + other, &to_re, wide); \
            NAME(store)(yi + other, &to_im, wide); \
        } \
    }

/* Numbers k ... k + wide of one q. */
static inline __attribute__((always_inline)) void NAME(any)(int real, int64_t p, const REAL *root, int64_t m, int64_t count,
                                                            const REAL *factor, const REAL *xr, const REAL *xi, REAL *yr,
                                                            REAL *yi, int64_t q, int64_t k, int64_t wide)
{
    typedef NAME(vector) vector;
    vector pairs[MOST_RADIX / 2 + 1][4], zero_re, zero_im = {0}, a, b;
    NAME(load)(&zero_re, xr + q * count + k, wide);
    if (!real)
        NAME(load)(&zero_im, xi + q * count + k, wide);
    vector sum_re = zero_re, sum_im = zero_im;
    int64_t half = p / 2, kept = real ? half + 1 : p, u = 1;
    for (int64_t r = 1; r <= half; r++) {
        int64_t one = (q + m * r) * count + k, two = (q + m * (p - r)) * count + k;
        NAME(load)(&a, xr + one, wide);
        NAME(load)(&b, xr + two, wide);
        sum_re += pairs[r][0] = a + b;
        pairs[r][1] = a - b;
        if (real)
            continue;
        NAME(load)(&a, xi + one, wide);
        NAME(load)(&b, xi + two, wide);
        sum_im += pairs[r][2] = a + b;
        pairs[r][3] = a - b;
    }
    NAME(store)(yr + kept * q * count + k, &sum_re, wide);
    NAME(store)(yi + kept * q * count + k, &sum_im, wide);
    RESULTS(2)
    RESULTS(1)
}

/* Any odd radix; root: cosines and sines of its angles; real: this is the first pass over real lines. What is left at the
 * end of a row is done together with some numbers before it, once more. */
#define ANY(FUNCTION, IS_REAL) \
    TH_CLONES static void NAME(FUNCTION)(int64_t p, const REAL *root, int64_t m, int64_t count, const REAL *factor, \
                                         const REAL *restrict xr, const REAL *restrict xi, REAL *restrict yr, \
                                         REAL *restrict yi) \
    { \
        int64_t wide = NAME(WIDE); \
        for (int64_t q = 0; count < wide && q < m; q++) \
            NAME(any)(IS_REAL, p, root, m, count, factor, xr, xi, yr, yi, q, 0, count); \
        for (int64_t q = 0; count >= wide && q < m; q++) \
            for (int64_t k = 0; k < count; k += wide) \
                NAME(any)(IS_REAL, p, root, m, count, factor, xr, xi, yr, yi, q, k + wide < count ? k : count - wide, \
                          NAME(WIDE)); \
    }

ANY(pass_any, 0)
ANY(real_pass_any, 1)

/* A plan: factors of all passes, one behind the other; for lengths with large primes a convolution. */
typedef struct NAME(plan) {
    int64_t n;
    int npasses, radix[64];
    REAL *factor, *roots;                       /* roots: of the radices without a loop of their own */
    struct NAME(plan) *longer;                  /* without large primes, for the convolution */
    REAL *chirp, *filter;                       /* exp(-pi i k k / n), and the transform of its conjugate */
    REAL *first_roots;                          /* of the first radix */
    REAL *halves;                               /* exp(-2 pi i k / (2 n)), for real lines of 2 n numbers */
} NAME(plan);

/* The passes from number `begin` on, of s times `lanes` lines: those that the passes before made one of. */
static NAME(parts) NAME(run_passes)(const NAME(plan) *plan, int begin, int64_t s, int64_t lanes, int real, NAME(parts) x,
                                    NAME(parts) y)
{
    int64_t n = plan->n;
    const REAL *factor = plan->factor, *root = plan->roots;
    for (int i = 0; i < begin; i++) {
        n /= plan->radix[i];
        factor += 2 * (plan->radix[i] - 1) * n;
        root += plan->radix[i] > MOST_WRITTEN ? 2 * plan->radix[i] : 0;
    }
    for (int i = begin; i < plan->npasses; i++) {
        int64_t p = plan->radix[i], m = n / p, count = s * lanes;
        int first = real && !i;
        switch (p) {
#define WRITTEN(P, TWIN) \
        case P: \
            (first ? NAME(TWIN##_##P) : NAME(pass_##P))(m, count, factor, x.re, x.im, y.re, y.im); \
            break;
        WRITTEN(2, pass) WRITTEN(3, real_pass) WRITTEN(4, pass) WRITTEN(5, real_pass) WRITTEN(7, real_pass)
        default:
            (first ? NAME(real_pass_any) : NAME(pass_any))(p, root, m, count, factor, x.re, x.im, y.re, y.im);
            root += 2 * p;
        }
        factor += 2 * (p - 1) * m;
        n = m;
        s *= first ? p / 2 + 1 : p;
        NAME(parts) kept = x;
        x = y;
        y = kept;
    }
    return x;
}

/* Transforms `lanes` lines, which may be said to be real where their number is odd: x is lost, and the result is there or
 * in y, for real lines as `unfold` expects it. */
static NAME(parts) NAME(transform)(const NAME(plan) *plan, int64_t lanes, int real, NAME(parts) x, NAME(parts) y)
{
    return NAME(run_passes)(plan, 0, 1, lanes, real, x, y);
}

/* Numbers 0 ... n / 2 of the transform of real lines, from what is left of it after a first pass of radix p: number
 * p * k + r is in row kept * k + r for r up to p / 2; beyond, it is the conjugate of number n - p * k - r. */
static void NAME(unfold)(int64_t n, int64_t p, int64_t lanes, NAME(parts) z, NAME(parts) out)
{
    int64_t kept = p / 2 + 1;
    for (int64_t j = 0, at = 0, r = 0, other = n / p * kept; j <= n / 2; j++, r++) {
        if (r == p) {
            r = 0;
            at += kept;
            other -= kept;
        }
        int64_t row = (r < kept ? at + r : other - kept + p - r) * lanes;
        REAL sign = r < kept ? 1 : -1;
        for (int64_t l = 0; l < lanes; l++) {
            out.re[j * lanes + l] = z.re[row + l];
            out.im[j * lanes + l] = sign * z.im[row + l];
        }
    }
}

/* Backwards: from numbers 0 ... n / 2 of a transform of real lines to what its first pass would have left. */
static void NAME(fold)(int64_t n, int64_t p, int64_t lanes, NAME(parts) x, NAME(parts) z)
{
    int64_t kept = p / 2 + 1;
    for (int64_t k = 0; k < n / p; k++)
        for (int64_t r = 0; r < kept; r++) {
            int64_t j = p * k + r, from = (2 * j < n ? j : n - j) * lanes, to = (k * kept + r) * lanes;
            REAL sign = 2 * j < n ? 1 : -1;
            for (int64_t l = 0; l < lanes; l++) {
                z.re[to + l] = x.re[from + l];
                z.im[to + l] = sign * x.im[from + l];
            }
        }
}

/* The last pass of a transform to real lines, backwards, of an odd radix p: numbers q + m * j of the lines come from the
 * cosines and sines of z[q], of which those beyond p / 2 are conjugates. */
static inline __attribute__((always_inline)) void NAME(last)(int64_t p, const REAL *root, int64_t m, int64_t lanes,
                                                             const REAL *factor, NAME(parts) z, REAL *y, int64_t q,
                                                             int64_t l, int64_t wide)
{
    typedef NAME(vector) vector;
    vector re[MOST_RADIX / 2 + 1], im[MOST_RADIX / 2 + 1], first, a, b;
    int64_t half = p / 2, at = q * (half + 1) * lanes + l;
    const REAL *w = factor + 2 * (p - 1) * q;
    NAME(load)(&first, z.re + at, wide);
    vector all = first;
    for (int64_t r = 1; r <= half; r++) {
        NAME(load)(&a, z.re + at + r * lanes, wide);
        NAME(load)(&b, z.im + at + r * lanes, wide);
        a += a;
        b += b;
        re[r] = a * w[2 * r - 2] + b * w[2 * r - 1];
        im[r] = b * w[2 * r - 2] - a * w[2 * r - 1];
        all += re[r];
    }
    NAME(store)(y + q * lanes + l, &all, wide);
    for (int64_t j = 1; j <= half; j++) {
        vector even = first, odd = {0};
        for (int64_t r = 1, angle = j; r <= half; r++, angle = angle + j < p ? angle + j : angle + j - p) {
            even += root[2 * angle] * re[r];
            odd += root[2 * angle + 1] * im[r];
        }
        a = even + odd;
        b = even - odd;
        NAME(store)(y + (q + m * j) * lanes + l, &a, wide);
        NAME(store)(y + (q + m * (p - j)) * lanes + l, &b, wide);
    }
}

#define LAST(P) \
    for (int64_t q = 0; q < m; q++) \
        for (int64_t l = 0; l < lanes; l += NAME(WIDE)) \
            if (lanes - l >= NAME(WIDE)) \
                NAME(last)(P, root, m, lanes, factor, z, y, q, l, NAME(WIDE)); \
            else \
                NAME(last)(P, root, m, lanes, factor, z, y, q, l, lanes - l);

TH_CLONES static void NAME(last_pass)(int64_t p, const REAL *root, int64_t m, int64_t lanes, const REAL *factor,
                                      NAME(parts) z, REAL *restrict y)
{
    if (p == 3) {
        LAST(3)
    } else if (p == 5) {
        LAST(5)
    } else if (p == 7) {
        LAST(7)
    } else {
        LAST(p)
    }
}

/* Numbers 0 ... n of all lines times those of `by`. */
TH_CLONES static void NAME(times)(const REAL *restrict by, int64_t n, int64_t lanes, NAME(parts) x)
{
    if (lanes == 1) {
        REAL *restrict re = x.re, *restrict im = x.im;
#pragma omp simd
        for (int64_t k = 0; k < n; k++) {
            REAL c = by[2 * k], s = by[2 * k + 1], a = re[k], b = im[k];
            re[k] = a * c - b * s;
            im[k] = a * s + b * c;
        }
        return;
    }
    for (int64_t k = 0; k < n; k++) {
        REAL c = by[2 * k], s = by[2 * k + 1], *restrict re = x.re + k * lanes, *restrict im = x.im + k * lanes;
#pragma omp simd
        for (int64_t l = 0; l < lanes; l++) {
            REAL a = re[l], b = im[l];
            re[l] = a * c - b * s;
            im[l] = a * s + b * c;
        }
    }
}

/* The same for a plan with a convolution; x has room for the longer lines (Bluestein 1970). */
static NAME(parts) NAME(convolve)(const NAME(plan) *plan, int64_t lanes, NAME(parts) x, NAME(parts) y)
{
    int64_t n = plan->n, wide = plan->longer->n;
    size_t behind = (wide - n) * lanes * sizeof(REAL);
    NAME(times)(plan->chirp, n, lanes, x);
    memset(x.re + n * lanes, 0, behind);
    memset(x.im + n * lanes, 0, behind);
    NAME(parts) z = NAME(transform)(plan->longer, lanes, 0, x, y), other = z.re == x.re ? y : x;
    NAME(times)(plan->filter, wide, lanes, z);
    NAME(parts) turned = {z.im, z.re};                   /* backwards: real and imaginary parts in each other's place */
    turned = NAME(transform)(plan->longer, lanes, 0, turned, (NAME(parts)){other.im, other.re});
    z = (NAME(parts)){turned.im, turned.re};
    NAME(times)(plan->chirp, n, lanes, z);
    return z;
}

static NAME(parts) NAME(forward)(const NAME(plan) *plan, int64_t lanes, NAME(parts) x, NAME(parts) y)
{
    return plan->longer ? NAME(convolve)(plan, lanes, x, y) : NAME(transform)(plan, lanes, 0, x, y);
}

static NAME(parts) NAME(backward)(const NAME(plan) *plan, int64_t lanes, NAME(parts) x, NAME(parts) y)
{
    NAME(parts) z = NAME(forward)(plan, lanes, (NAME(parts)){x.im, x.re}, (NAME(parts)){y.im, y.re});
    return (NAME(parts)){z.im, z.re};
}

/* -- plans -------------------------------------------------------------------------------------------------------- */

static void NAME(free_plan)(NAME(plan) *plan)
{
    if (!plan)
        return;
    NAME(free_plan)(plan->longer);
    free(plan->factor);
    free(plan->roots);
    free(plan->chirp);
    free(plan->filter);
    free(plan->first_roots);
    free(plan->halves);
    free(plan);
}

static REAL *NAME(unit_roots)(int64_t count, int64_t n)
{
    REAL *found = malloc((2 * count + 1) * sizeof *found);
    for (int64_t k = 0; found && k < count; k++) {
        double c, s;
        unit_root(k % n, n, &c, &s);
        found[2 * k] = (REAL)c;
        found[2 * k + 1] = (REAL)s;
    }
    return found;
}

static NAME(plan) *NAME(new_plan)(int64_t n);

static int NAME(plan_passes)(NAME(plan) *plan)
{
    int64_t total = 0, roots = 0, n = plan->n;
    for (int i = 0; i < plan->npasses; n /= plan->radix[i], i++) {
        total += 2 * (plan->radix[i] - 1) * (n / plan->radix[i]);
        roots += plan->radix[i] > MOST_WRITTEN ? 2 * plan->radix[i] : 0;
    }
    REAL *w = plan->factor = malloc((total + 1) * sizeof *w), *root = plan->roots = malloc((roots + 1) * sizeof *root);
    if (!w || !root)
        return 0;
    n = plan->n;
    for (int i = 0; i < plan->npasses; i++) {
        int64_t p = plan->radix[i], m = n / p;
        double c, s;
        for (int64_t q = 0; q < m; q++)
            for (int64_t r = 1; r < p; r++) {
                unit_root(q * r, n, &c, &s);
                *w++ = (REAL)c;
                *w++ = (REAL)s;
            }
        for (int64_t r = 0; p > MOST_WRITTEN && r < p; r++) {
            unit_root(r, p, &c, &s);
            *root++ = (REAL)c;
            *root++ = (REAL)s;
        }
        n = m;
    }
    return 1;
}

static int NAME(plan_convolution)(NAME(plan) *plan)
{
    int64_t n = plan->n, wide = length_for(2 * n - 1);
    plan->longer = NAME(new_plan)(wide);
    plan->chirp = malloc(2 * n * sizeof(REAL));
    plan->filter = malloc(2 * wide * sizeof(REAL));
    REAL *room = calloc(4 * wide, sizeof *room);
    if (!plan->longer || !plan->chirp || !plan->filter || !room) {
        free(room);
        return 0;
    }
    NAME(parts) x = {room, room + wide}, y = {room + 2 * wide, room + 3 * wide};
    for (int64_t k = 0, square = 0; k < n; square = (square + 2 * k + 1) % (2 * n), k++) {
        double c, s;
        unit_root(square, 2 * n, &c, &s);
        plan->chirp[2 * k] = (REAL)c;
        plan->chirp[2 * k + 1] = (REAL)s;
        x.re[k] = x.re[k ? wide - k : 0] = (REAL)(c / wide);
        x.im[k] = x.im[k ? wide - k : 0] = (REAL)(-s / wide);
    }
    x = NAME(transform)(plan->longer, 1, 0, x, y);
    for (int64_t k = 0; k < wide; k++) {
        plan->filter[2 * k] = x.re[k];
        plan->filter[2 * k + 1] = x.im[k];
    }
    free(room);
    return 1;
}

static NAME(plan) *NAME(new_plan)(int64_t n)
{
    NAME(plan) *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->n = n;
    int64_t rest = n;
    int ok = 1;
    for (int64_t p = MOST_WRITTEN; p > 1; p--)
        for (; rest % p == 0 && (p <= 5 || is_prime(p)); rest /= p)
            plan->radix[plan->npasses++] = (int)p;
    for (int64_t p = MOST_WRITTEN + 1; p <= MOST_RADIX; p++)    /* last, where most numbers lie side by side */
        for (; rest % p == 0 && is_prime(p); rest /= p)
            plan->radix[plan->npasses++] = (int)p;
    if (rest > 1) {
        plan->npasses = 0;
        ok = NAME(plan_convolution)(plan);
    } else {
        ok = NAME(plan_passes)(plan);
    }
    if (plan->npasses)
        ok = ok && (plan->first_roots = NAME(unit_roots)(plan->radix[0], plan->radix[0]));
    ok = ok && (plan->halves = NAME(unit_roots)(n + 1, 2 * n));
    if (!ok) {
        NAME(free_plan)(plan);
        return NULL;
    }
    return plan;
}

/* -- lines ------------------------------------------------------------------------------------------------------- */

/* Numbers of all lines into the places where they are transformed, a cache line of each line at a time. The imaginary part
 * lies `second` bytes after the real one, or nowhere if that is 0: such parts are not written. Of the real parts `given`
 * are there, of the others `given_second`; zeros come behind them. */
static inline __attribute__((always_inline)) void NAME(gather_from)(NAME(parts) x, int64_t n, int64_t lanes,
                                                                    const char *const *from, int64_t step, int64_t second,
                                                                    int64_t given, int64_t given_second)
{
    enum { LINE = 32 / sizeof(REAL) };
    int64_t start = 0, whole = second && given_second < given ? given_second : given;
    for (; start + LINE <= (n < whole ? n : whole); start += LINE)
        for (int64_t l = 0; l < lanes; l++) {
            const char *at = from[l] + start * step;
            for (int64_t k = 0; k < LINE; k++) {
                x.re[(start + k) * lanes + l] = *(const REAL *)(at + k * step);
                if (second)
                    x.im[(start + k) * lanes + l] = *(const REAL *)(at + k * step + second);
            }
        }
    for (int64_t l = 0; l < lanes; l++)
        for (int64_t k = start; k < n; k++) {
            const char *at = from[l] + k * step;
            x.re[k * lanes + l] = k < given ? *(const REAL *)at : 0;
            if (second)
                x.im[k * lanes + l] = k < given_second ? *(const REAL *)(at + second) : 0;
        }
}

TH_CLONES static void NAME(gather)(NAME(parts) x, int64_t n, int64_t lanes, const char *const *from, int64_t step,
                                   int64_t second, int64_t given, int64_t given_second)
{
    enum { ITEM = sizeof(REAL) };
    if (step == ITEM && !second)                /* steps that the compiler knows */
        NAME(gather_from)(x, n, lanes, from, ITEM, 0, given, 0);
    else if (step == 2 * ITEM && second == ITEM)
        NAME(gather_from)(x, n, lanes, from, 2 * ITEM, ITEM, given, given_second);
    else
        NAME(gather_from)(x, n, lanes, from, step, second, given, given_second);
}

/* The other way. */
TH_CLONES static void NAME(scatter)(NAME(parts) x, int64_t n, int64_t lanes, char *const *to, int64_t step, int64_t second)
{
    enum { LINE = 32 / sizeof(REAL) };
    for (int64_t start = 0; start < n; start += LINE) {
        int64_t stop = start + LINE < n ? start + LINE : n;
        for (int64_t l = 0; l < lanes; l++)
            for (int64_t k = start; k < stop; k++) {
                char *at = to[l] + k * step;
                *(REAL *)at = x.re[k * lanes + l];
                if (second)
                    *(REAL *)(at + second) = x.im[k * lanes + l];
            }
    }
}

/* Lines to transform together. Steps are in bytes, from one number to the next; complex ones are pairs. Of each line
 * `given` numbers are there, and zeros behind them. */
static void NAME(complex_lines)(const NAME(plan) *plan, const job *j, int64_t lanes, const char *const *from,
                                char *const *to, REAL *room)
{
    int64_t size = room_for(plan->longer ? plan->longer->n : plan->n) * lanes;
    NAME(parts) x = {room, room + size}, y = {room + 2 * size, room + 3 * size};
    NAME(gather)(x, plan->n, lanes, from, j->step_in, sizeof(REAL), j->given, j->given);
    x = (j->inverse ? NAME(backward) : NAME(forward))(plan, lanes, x, y);
    NAME(scatter)(x, plan->n, lanes, to, j->step_out, sizeof(REAL));
}

/* The transform of 2 n real numbers from that of n pairs of them. */
TH_CLONES static void NAME(apart)(const REAL *halves, int64_t n, int64_t lanes, NAME(parts) z, NAME(parts) out)
{
    if (lanes == 1) {
        const REAL *re = z.re, *im = z.im;
        REAL *restrict to_re = out.re, *restrict to_im = out.im;
        to_re[0] = re[0] + im[0];
        to_re[n] = re[0] - im[0];
        to_im[0] = to_im[n] = 0;
#pragma omp simd
        for (int64_t k = 1; k < n; k++) {
            REAL c = halves[2 * k], s = halves[2 * k + 1], sum_re = (re[k] + re[n - k]) / 2, sum_im = (im[k] - im[n - k]) / 2;
            REAL gap_re = (im[k] + im[n - k]) / 2, gap_im = (re[n - k] - re[k]) / 2;
            to_re[k] = sum_re + gap_re * c - gap_im * s;
            to_im[k] = sum_im + gap_re * s + gap_im * c;
        }
        return;
    }
    for (int64_t k = 0; k <= n; k++) {
        const REAL *re = z.re + k % n * lanes, *im = z.im + k % n * lanes;
        const REAL *other_re = z.re + (k ? n - k : 0) * lanes, *other_im = z.im + (k ? n - k : 0) * lanes;
        REAL c = halves[2 * k], s = halves[2 * k + 1], *restrict to_re = out.re + k * lanes, *restrict to_im = out.im + k * lanes;
#pragma omp simd
        for (int64_t l = 0; l < lanes; l++) {
            REAL sum_re = (re[l] + other_re[l]) / 2, sum_im = (im[l] - other_im[l]) / 2;
            REAL gap_re = (im[l] + other_im[l]) / 2, gap_im = (other_re[l] - re[l]) / 2;
            to_re[l] = sum_re + gap_re * c - gap_im * s;
            to_im[l] = sum_im + gap_re * s + gap_im * c;
        }
    }
}

/* Backwards, twice the pairs; imaginary parts of the first and the last number don't count. */
TH_CLONES static void NAME(together)(const REAL *halves, int64_t n, int64_t lanes, NAME(parts) x, NAME(parts) out)
{
    memset(x.im, 0, lanes * sizeof(REAL));
    memset(x.im + n * lanes, 0, lanes * sizeof(REAL));
    if (lanes == 1) {
        const REAL *re = x.re, *im = x.im;
        REAL *restrict to_re = out.re, *restrict to_im = out.im;
#pragma omp simd
        for (int64_t k = 0; k < n; k++) {
            REAL c = halves[2 * k], s = -halves[2 * k + 1], gap_re = re[k] - re[n - k], gap_im = im[k] + im[n - k];
            to_re[k] = re[k] + re[n - k] - (gap_re * s + gap_im * c);
            to_im[k] = im[k] - im[n - k] + (gap_re * c - gap_im * s);
        }
        return;
    }
    for (int64_t k = 0; k < n; k++) {
        const REAL *re = x.re + k * lanes, *im = x.im + k * lanes;
        const REAL *other_re = x.re + (n - k) * lanes, *other_im = x.im + (n - k) * lanes;
        REAL c = halves[2 * k], s = -halves[2 * k + 1], *restrict to_re = out.re + k * lanes, *restrict to_im = out.im + k * lanes;
#pragma omp simd
        for (int64_t l = 0; l < lanes; l++) {
            REAL sum_re = re[l] + other_re[l], sum_im = im[l] - other_im[l];
            REAL gap_re = re[l] - other_re[l], gap_im = im[l] + other_im[l];
            to_re[l] = sum_re - (gap_re * s + gap_im * c);
            to_im[l] = sum_im + (gap_re * c - gap_im * s);
        }
    }
}

/* Real lines of j->n numbers to j->n / 2 + 1 complex ones. The plan is for half of the numbers where that is whole. */
static void NAME(real_lines)(const NAME(plan) *plan, const job *j, int64_t lanes, const char *const *from, char *const *to,
                             REAL *room)
{
    int64_t n = plan->n, size = room_for(plan->longer ? plan->longer->n : n) * lanes;
    NAME(parts) x = {room, room + size}, y = {room + 2 * size, room + 3 * size}, z;
    if (j->n % 2) {
        NAME(gather)(x, n, lanes, from, j->step_in, 0, j->given, 0);
        if (!plan->npasses)
            memset(x.im, 0, n * lanes * sizeof(REAL));
        z = plan->longer ? NAME(convolve)(plan, lanes, x, y) : NAME(transform)(plan, lanes, 1, x, y);
        if (plan->npasses > 1) {
            x = z.re == x.re ? y : x;
            NAME(unfold)(n, plan->radix[0], lanes, z, x);
        } else {
            x = z;
        }
    } else {
        NAME(gather)(x, n, lanes, from, 2 * j->step_in, j->step_in, (j->given + 1) / 2, j->given / 2);
        z = NAME(forward)(plan, lanes, x, y);
        x = z.re == x.re ? y : x;
        NAME(apart)(plan->halves, n, lanes, z, x);
    }
    NAME(scatter)(x, j->n / 2 + 1, lanes, to, j->step_out, sizeof(REAL));
}

/* Backwards, without scaling. */
static void NAME(half_lines)(const NAME(plan) *plan, const job *j, int64_t lanes, const char *const *from, char *const *to,
                             REAL *room)
{
    int64_t n = plan->n, half = j->n / 2, size = room_for(plan->longer ? plan->longer->n : n) * lanes;
    NAME(parts) x = {room, room + size}, y = {room + 2 * size, room + 3 * size};
    NAME(gather)(x, half + 1, lanes, from, j->step_in, sizeof(REAL), j->given, j->given);
    if (j->n % 2 && plan->npasses && lanes * 2 >= NAME(WIDE)) {     /* vectors that are half full at least */
        int64_t p = plan->radix[0];
        memset(x.im, 0, lanes * sizeof(REAL));
        NAME(fold)(n, p, lanes, x, y);
        NAME(parts) z = NAME(run_passes)(plan, 1, p / 2 + 1, lanes, 0, (NAME(parts)){y.im, y.re}, (NAME(parts)){x.im, x.re});
        REAL *out = z.im == x.re ? y.re : x.re;
        NAME(last_pass)(p, plan->first_roots, n / p, lanes, plan->factor, (NAME(parts)){z.im, z.re}, out);
        NAME(scatter)((NAME(parts)){out, out}, n, lanes, to, j->step_out, 0);
    } else if (j->n % 2) {
        memset(x.im, 0, lanes * sizeof(REAL));
        for (int64_t k = half + 1; k < n; k++)
            for (int64_t l = 0; l < lanes; l++) {
                x.re[k * lanes + l] = x.re[(n - k) * lanes + l];
                x.im[k * lanes + l] = -x.im[(n - k) * lanes + l];
            }
        x = NAME(backward)(plan, lanes, x, y);
        NAME(scatter)(x, n, lanes, to, j->step_out, 0);
    } else {
        NAME(together)(plan->halves, n, lanes, x, y);
        x = NAME(backward)(plan, lanes, y, x);
        NAME(scatter)(x, n, lanes, to, 2 * j->step_out, j->step_out);
    }
}

#undef SEVENTH
#undef RESULTS
#undef LAST
#undef ANY
#undef WRITTEN
#undef ONE_PASS
#undef TAKE
#undef GIVE
#undef PASS
#undef FIRST
#undef REAL
#undef NAME
