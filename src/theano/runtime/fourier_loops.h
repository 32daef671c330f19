/* Fourier transforms in one dtype: included with REAL and NAME(x), which it takes away again.
 *
 * Stockham's algorithm (Van Loan, "Computational Frameworks for the Fast Fourier Transform", 1992, section 1.7) for real
 * and imaginary parts in arrays of their own. Several lines are transformed at once: their numbers lie side by side, so
 * that the innermost loops run over contiguous memory from the first pass on. */

/* What a pass of radix p does: from element k + count * (q + m * r) to k + count * (p * q + r), times factor(q, r). */
#define TAKE(r) \
    REAL a##r = xr[(q + m * r) * count + k], b##r = is_real ? 0 : xi[(q + m * r) * count + k];
#define GIVE(r, RE, IM) { \
    REAL re = RE, im = IM; \
    yr[(p * q + r) * count + k] = re * w[2 * r - 2] - im * w[2 * r - 1]; \
    yi[(p * q + r) * count + k] = re * w[2 * r - 1] + im * w[2 * r - 2]; }

typedef struct NAME(parts) { REAL *re, *im; } NAME(parts);

/* With a twin for numbers that have no imaginary parts yet. */
#define PASS(P, ...) ONE_PASS(P, pass_##P, 0, __VA_ARGS__) ONE_PASS(P, real_pass_##P, 1, __VA_ARGS__)

/* Where there are few k, the loop over q is the inner one. */
#define ONE_PASS(P, FUNCTION, IS_REAL, ...) \
    TH_CLONES static void NAME(FUNCTION)(int64_t m, int64_t count, const REAL *factor, const REAL *restrict xr, \
                                         const REAL *restrict xi, REAL *restrict yr, REAL *restrict yi) \
    { \
        enum { p = P, is_real = IS_REAL }; \
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
#define FIRST(RE, IM) yr[p * q * count + k] = RE; yi[p * q * count + k] = IM;

PASS(2, TAKE(0) TAKE(1) FIRST(a0 + a1, b0 + b1) GIVE(1, a0 - a1, b0 - b1))
PASS(3, TAKE(0) TAKE(1) TAKE(2)
     REAL s = a1 + a2, t = b1 + b2, u = (REAL)0.86602540378443864676 * (a1 - a2), v = (REAL)0.86602540378443864676 * (b1 - b2);
     REAL c = a0 - s / 2, d = b0 - t / 2;
     FIRST(a0 + s, b0 + t) GIVE(1, c + v, d - u) GIVE(2, c - v, d + u))
PASS(4, TAKE(0) TAKE(1) TAKE(2) TAKE(3)
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

/* Any odd radix; root: cosines and sines of its angles; real: there are no imaginary parts yet. Results u and p - u come from the same sums: of a[r] + a[p - r]
 * by cosines, and of a[r] - a[p - r] by sines. */
TH_CLONES static void NAME(pass_any)(int real, int64_t p, const REAL *root, int64_t m, int64_t count, const REAL *factor,
                                     const REAL *restrict xr, const REAL *restrict xi, REAL *restrict yr,
                                     REAL *restrict yi)
{
    enum { WIDE = 64 / sizeof(REAL) };
    for (int64_t q = 0; q < m; q++)
        for (int64_t k = 0; k < count; k += WIDE) {
            int64_t wide = count - k < WIDE ? count - k : WIDE, half = p / 2;
            REAL a[MOST_RADIX][WIDE], b[MOST_RADIX][WIDE], first_re[WIDE], first_im[WIDE];
            if (wide < WIDE) {
                memset(a, 0, p * sizeof a[0]);
                memset(b, 0, p * sizeof b[0]);
            }
            memcpy(first_re, xr + q * count + k, wide * sizeof(REAL));
            memcpy(first_im, xi + q * count + k, wide * sizeof(REAL));
            for (int64_t r = 1; r <= half; r++) {
                const REAL *one_re = xr + (q + m * r) * count + k, *one_im = xi + (q + m * r) * count + k;
                const REAL *two_re = xr + (q + m * (p - r)) * count + k, *two_im = xi + (q + m * (p - r)) * count + k;
                for (int64_t l = 0; l < wide; l++) {
                    a[r][l] = one_re[l] + two_re[l];
                    b[r][l] = one_im[l] + two_im[l];
                    a[p - r][l] = one_re[l] - two_re[l];
                    b[p - r][l] = one_im[l] - two_im[l];
                    first_re[l] += a[r][l];
                    first_im[l] += b[r][l];
                }
            }
            memcpy(yr + p * q * count + k, first_re, wide * sizeof(REAL));
            memcpy(yi + p * q * count + k, first_im, wide * sizeof(REAL));
            for (int64_t u = 1; u <= half; u++) {
                const REAL *w = factor + 2 * ((p - 1) * q + u - 1), *v = factor + 2 * ((p - 1) * q + p - u - 1);
                REAL even_re[WIDE], even_im[WIDE], odd_re[WIDE] = {0}, odd_im[WIDE] = {0};
                memcpy(even_re, xr + q * count + k, wide * sizeof(REAL));
                memcpy(even_im, xi + q * count + k, wide * sizeof(REAL));
                for (int64_t r = 1, at = u; r <= half; r++, at = at + u < p ? at + u : at + u - p) {
                    REAL c = root[2 * at], s = root[2 * at + 1];
#pragma omp simd
                    for (int64_t l = 0; l < (real ? WIDE : 0); l++) {
                        even_re[l] += c * a[r][l];
                        odd_im[l] += s * a[p - r][l];
                    }
#pragma omp simd
                    for (int64_t l = 0; l < (real ? 0 : WIDE); l++) {
                        even_re[l] += c * a[r][l];
                        even_im[l] += c * b[r][l];
                        odd_re[l] -= s * b[p - r][l];
                        odd_im[l] += s * a[p - r][l];
                    }
                }
                REAL *to_re = yr + (p * q + u) * count + k, *to_im = yi + (p * q + u) * count + k;
                REAL *other_re = yr + (p * q + p - u) * count + k, *other_im = yi + (p * q + p - u) * count + k;
                for (int64_t l = 0; l < wide; l++) {
                    REAL re = even_re[l] + odd_re[l], im = even_im[l] + odd_im[l];
                    to_re[l] = re * w[0] - im * w[1];
                    to_im[l] = re * w[1] + im * w[0];
                    re = even_re[l] - odd_re[l];
                    im = even_im[l] - odd_im[l];
                    other_re[l] = re * v[0] - im * v[1];
                    other_im[l] = re * v[1] + im * v[0];
                }
            }
        }
}

/* A plan: factors of all passes, one behind the other; for lengths with large primes a convolution. */
typedef struct NAME(plan) {
    int64_t n;
    int npasses, radix[64];
    REAL *factor, *roots;                       /* roots: of the radices without a loop of their own */
    struct NAME(plan) *longer;                  /* of a power of two, for the convolution */
    REAL *chirp, *filter;                       /* exp(-pi i k k / n), and the transform of its conjugate */
    REAL *halves;                               /* exp(-2 pi i k / (2 n)), for real lines of 2 n numbers */
} NAME(plan);

/* Transforms `lanes` lines, which may be said to be real: x is lost, and the result is there or in y. */
static NAME(parts) NAME(transform)(const NAME(plan) *plan, int64_t lanes, int real, NAME(parts) x, NAME(parts) y)
{
    int64_t n = plan->n, s = 1;
    const REAL *factor = plan->factor, *root = plan->roots;
    for (int i = 0; i < plan->npasses; i++) {
        int64_t p = plan->radix[i], m = n / p, count = s * lanes;
        int first = real && !i;
        switch (p) {
#define WRITTEN(P) \
        case P: \
            (first ? NAME(real_pass_##P) : NAME(pass_##P))(m, count, factor, x.re, x.im, y.re, y.im); \
            break;
        WRITTEN(2) WRITTEN(3) WRITTEN(4) WRITTEN(5) WRITTEN(7)
        default:
            NAME(pass_any)(first, p, root, m, count, factor, x.re, x.im, y.re, y.im);
            root += 2 * p;
        }
        factor += 2 * (p - 1) * m;
        n = m;
        s *= p;
        NAME(parts) kept = x;
        x = y;
        y = kept;
    }
    return x;
}

/* The same for a plan with a convolution; x has room for the longer lines (Bluestein 1970). */
static NAME(parts) NAME(convolve)(const NAME(plan) *plan, int64_t lanes, NAME(parts) x, NAME(parts) y)
{
    int64_t n = plan->n, wide = plan->longer->n;
    for (int64_t k = 0; k < wide; k++) {
        REAL c = k < n ? plan->chirp[2 * k] : 0, s = k < n ? plan->chirp[2 * k + 1] : 0;
        for (int64_t l = k * lanes; l < (k + 1) * lanes; l++) {
            REAL re = k < n ? x.re[l] : 0, im = k < n ? x.im[l] : 0;
            x.re[l] = re * c - im * s;
            x.im[l] = re * s + im * c;
        }
    }
    NAME(parts) z = NAME(transform)(plan->longer, lanes, 0, x, y), other = z.re == x.re ? y : x;
    for (int64_t k = 0; k < wide; k++) {
        REAL c = plan->filter[2 * k], s = plan->filter[2 * k + 1];
        for (int64_t l = k * lanes; l < (k + 1) * lanes; l++) {
            REAL re = z.re[l], im = z.im[l];
            z.re[l] = re * c - im * s;
            z.im[l] = re * s + im * c;
        }
    }
    NAME(parts) turned = {z.im, z.re};                   /* backwards: real and imaginary parts in each other's place */
    turned = NAME(transform)(plan->longer, lanes, 0, turned, (NAME(parts)){other.im, other.re});
    z = (NAME(parts)){turned.im, turned.re};
    for (int64_t k = 0; k < n; k++) {
        REAL c = plan->chirp[2 * k], s = plan->chirp[2 * k + 1];
        for (int64_t l = k * lanes; l < (k + 1) * lanes; l++) {
            REAL re = z.re[l], im = z.im[l];
            z.re[l] = re * c - im * s;
            z.im[l] = re * s + im * c;
        }
    }
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
    int64_t n = plan->n, wide = 1;
    while (wide < 2 * n - 1)
        wide *= 2;
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
    ok = ok && (plan->halves = NAME(unit_roots)(n + 1, 2 * n));
    if (!ok) {
        NAME(free_plan)(plan);
        return NULL;
    }
    return plan;
}

/* -- lines ------------------------------------------------------------------------------------------------------- */

/* Complex numbers of all lines into the places where they are transformed, a cache line of each line at a time. The
 * imaginary part lies `second` bytes after the real one; of the real parts `given` are there, of the others
 * `given_second`. */
TH_CLONES static void NAME(gather)(NAME(parts) x, int64_t n, int64_t lanes, const char *const *from, int64_t step,
                                   int64_t second, int64_t given, int64_t given_second)
{
    enum { LINE = 32 / sizeof(REAL) };
    for (int64_t start = 0; start < n; start += LINE) {
        int64_t stop = start + LINE < n ? start + LINE : n;
        if (stop <= given && stop <= given_second && stop - start == LINE) {
            for (int64_t l = 0; l < lanes; l++)
                for (int64_t k = 0; k < LINE; k++) {
                    const char *at = from[l] + (start + k) * step;
                    x.re[(start + k) * lanes + l] = *(const REAL *)at;
                    x.im[(start + k) * lanes + l] = *(const REAL *)(at + second);
                }
            continue;
        }
        for (int64_t l = 0; l < lanes; l++)
            for (int64_t k = start; k < stop; k++) {
                const char *at = from[l] + k * step;
                x.re[k * lanes + l] = k < given ? *(const REAL *)at : 0;
                x.im[k * lanes + l] = k < given_second ? *(const REAL *)(at + second) : 0;
            }
    }
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
        x = plan->longer ? NAME(convolve)(plan, lanes, x, y) : NAME(transform)(plan, lanes, 1, x, y);
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
    if (j->n % 2) {
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
#undef WRITTEN
#undef ONE_PASS
#undef TAKE
#undef GIVE
#undef PASS
#undef FIRST
#undef REAL
#undef NAME
