/* Bits, exact products, rounding, comparison and division with remainder, for generated code.

   The functions of this folder are written so that the compiler vectorises the loop around them: no
   branches, no calls, selects and bit arithmetic only, where they are made to be vectorised. No header
   is needed.

   Paragraphs are separated by blank lines; each defines one name, and codegen/mathlib.py pastes the
   paragraphs that a kernel needs, without comments. Argument reduction is exact with and without
   FMA; the compiler contracts a * b + c where the machine has it. Errors are below 4 ulp (exp,
   log, tanh, sigmoid: 2), special values those of C99 Annex F. tools/minimax.py prints the coefficients.

   A condition is tested once: of two tests of one condition the compiler makes two paths, and
   duplicates what lies between them. Special cases come last, where they shorten no path. */

#define TH_INLINE static inline __attribute__((always_inline))

/* Bits. */

TH_INLINE unsigned long long th_bits_f64(double x) {
    unsigned long long u;
    __builtin_memcpy(&u, &x, 8);
    return u;
}

TH_INLINE double th_float_f64(unsigned long long u) {
    double x;
    __builtin_memcpy(&x, &u, 8);
    return x;
}

TH_INLINE unsigned int th_bits_f32(float x) {
    unsigned int u;
    __builtin_memcpy(&u, &x, 4);
    return u;
}

TH_INLINE float th_float_f32(unsigned int u) {
    float x;
    __builtin_memcpy(&x, &u, 4);
    return x;
}

/* a * b = p + low exactly (without FMA by Dekker's method, below 2^990). The product is written as
   an FMA so that it is not contracted into a later sum, where it would not be rounded. */

#if defined __FMA__ || defined __ARM_FEATURE_FMA
#define TH_FMA 1
#endif

TH_INLINE double th_product_f64(double a, double b, double *low) {
#ifdef TH_FMA
    double p = __builtin_fma(a, b, 0.0);
    *low = __builtin_fma(a, b, -p);
#else
    double p = a * b;
    double as = a * 0x1.000002p27, ah = as - (as - a), al = a - ah;
    double bs = b * 0x1.000002p27, bh = bs - (bs - b), bl = b - bh;
    *low = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
#endif
    return p;
}

/* x - n * y, rounded once where n * y is near x. */

TH_INLINE double th_remainder_f64(double x, double n, double y) {
#ifdef TH_FMA
    return __builtin_fma(-n, y, x);
#else
    double low, p = th_product_f64(n, y, &low);
    return (x - p) - low;
#endif
}

TH_INLINE float th_product_f32(float a, float b, float *low) {
#ifdef TH_FMA
    float p = __builtin_fmaf(a, b, 0.0f);
    *low = __builtin_fmaf(a, b, -p);
#else
    float p = a * b;
    *low = (float)((double)a * b - p);
#endif
    return p;
}

TH_INLINE float th_remainder_f32(float x, float n, float y) {
#ifdef TH_FMA
    return __builtin_fmaf(-n, y, x);
#else
    return (float)(x - (double)n * y);
#endif
}

/* Rounding. Where the machine cannot round in one instruction, adding 2^52 rounds to even. */

TH_INLINE double th_rint_f64(double x) {
#if defined __SSE4_1__ || defined __aarch64__
    return __builtin_rint(x);
#else
    double a = __builtin_fabs(x), r = (a + 0x1p52) - 0x1p52;
    return __builtin_copysign(a < 0x1p52 ? r : a, x);
#endif
}

TH_INLINE double th_floor_f64(double x) {
#if defined __SSE4_1__ || defined __aarch64__
    return __builtin_floor(x);
#else
    double r = th_rint_f64(x);
    return r - (r > x ? 1.0 : 0.0);
#endif
}

TH_INLINE double th_ceil_f64(double x) {
#if defined __SSE4_1__ || defined __aarch64__
    return __builtin_ceil(x);
#else
    return -th_floor_f64(-x);
#endif
}

TH_INLINE double th_trunc_f64(double x) {
#if defined __SSE4_1__ || defined __aarch64__
    return __builtin_trunc(x);
#else
    return __builtin_copysign(th_floor_f64(__builtin_fabs(x)), x);
#endif
}

TH_INLINE float th_rint_f32(float x) {
#if defined __SSE4_1__ || defined __aarch64__
    return __builtin_rintf(x);
#else
    float a = __builtin_fabsf(x), r = (a + 0x1p23f) - 0x1p23f;
    return __builtin_copysignf(a < 0x1p23f ? r : a, x);
#endif
}

TH_INLINE float th_floor_f32(float x) {
#if defined __SSE4_1__ || defined __aarch64__
    return __builtin_floorf(x);
#else
    float r = th_rint_f32(x);
    return r - (r > x ? 1.0f : 0.0f);
#endif
}

TH_INLINE float th_ceil_f32(float x) {
#if defined __SSE4_1__ || defined __aarch64__
    return __builtin_ceilf(x);
#else
    return -th_floor_f32(-x);
#endif
}

TH_INLINE float th_trunc_f32(float x) {
#if defined __SSE4_1__ || defined __aarch64__
    return __builtin_truncf(x);
#else
    return __builtin_copysignf(th_floor_f32(__builtin_fabsf(x)), x);
#endif
}

/* Half away from zero. */

TH_INLINE double th_round_f64(double x) {
    double a = __builtin_fabs(x), r = th_floor_f64(a);
    return __builtin_copysign(r + (a - r >= 0.5 ? 1.0 : 0.0), x);
}

TH_INLINE double th_sign_f64(double x) {
    return x > 0.0 ? 1.0 : (x < 0.0 ? -1.0 : x + 0.0);
}

/* What is chosen before nan is looked for is one instruction. */

TH_INLINE double th_maximum_f64(double x, double y) {
    double m = x > y ? x : y;
    return x != x ? x : m;
}

TH_INLINE double th_minimum_f64(double x, double y) {
    double m = x < y ? x : y;
    return x != x ? x : m;
}

TH_INLINE double th_sqrt_f64(double x) {
    return __builtin_sqrt(x);
}

TH_INLINE double th_rsqrt_f64(double x) {
    return 1.0 / __builtin_sqrt(x);
}

TH_INLINE float th_round_f32(float x) {
    float a = __builtin_fabsf(x), r = th_floor_f32(a);
    return __builtin_copysignf(r + (a - r >= 0.5f ? 1.0f : 0.0f), x);
}

TH_INLINE float th_sign_f32(float x) {
    return x > 0.0f ? 1.0f : (x < 0.0f ? -1.0f : x + 0.0f);
}

TH_INLINE float th_maximum_f32(float x, float y) {
    float m = x > y ? x : y;
    return x != x ? x : m;
}

TH_INLINE float th_minimum_f32(float x, float y) {
    float m = x < y ? x : y;
    return x != x ? x : m;
}

TH_INLINE float th_sqrt_f32(float x) {
    return __builtin_sqrtf(x);
}

TH_INLINE float th_rsqrt_f32(float x) {
    return 1.0f / __builtin_sqrtf(x);
}

/* Division with remainder, as Python's: the remainder is x - floor(x / y) y exactly, rounded once.
   Where th_mod_fits_f64 does not hold, libm's fmod does the work. */

TH_INLINE int th_mod_fits_f64(double x, double y) {
    return (__builtin_fabs(x / y) < 0x1p52) & (__builtin_fabs(y) < 0x1p900);
}

TH_INLINE double th_mod_fast_f64(double x, double y) {
    double r = th_remainder_f64(x, th_floor_f64(x / y), y);
    r += ((r < 0.0) & (y > 0.0)) | ((r > 0.0) & (y < 0.0)) ? y : 0.0;
    return r == 0.0 ? __builtin_copysign(0.0, y) : r;
}

TH_INLINE double th_mod_f64(double x, double y) {
    if (th_mod_fits_f64(x, y))
        return th_mod_fast_f64(x, y);
    double r = __builtin_fmod(x, y);
    if (r == 0.0)
        return __builtin_copysign(0.0, y);
    return (r < 0.0) == (y < 0.0) ? r : r + y;
}

TH_INLINE int th_floor_divide_fits_f64(double x, double y) {
    return th_mod_fits_f64(x, y);
}

TH_INLINE double th_floor_divide_fast_f64(double x, double y) {
    double q = x / y, n = th_floor_f64(q), r = th_remainder_f64(x, n, y);
    n -= ((r < 0.0) & (y > 0.0)) | ((r > 0.0) & (y < 0.0)) ? 1.0 : 0.0;
    return n == 0.0 ? __builtin_copysign(0.0, q) : n;
}

TH_INLINE double th_floor_divide_f64(double x, double y) {
    if (th_mod_fits_f64(x, y))
        return th_floor_divide_fast_f64(x, y);
    if (y == 0.0)
        return x / y;
    double r = __builtin_fmod(x, y), q = (x - r) / y;
    q -= r != 0.0 && (r < 0.0) != (y < 0.0) ? 1.0 : 0.0;
    double n = th_floor_f64(q);
    n += q - n > 0.5 ? 1.0 : 0.0;
    return n == 0.0 ? __builtin_copysign(0.0, x / y) : n;
}

/* C's fmod: the remainder of truncation. */

TH_INLINE int th_fmod_fits_f64(double x, double y) {
    return th_mod_fits_f64(x, y);
}

TH_INLINE double th_fmod_fast_f64(double x, double y) {
    double a = __builtin_fabs(x), b = __builtin_fabs(y);
    double r = th_remainder_f64(a, th_floor_f64(a / b), b);
    return __builtin_copysign(r < 0.0 ? r + b : r, x);
}

TH_INLINE double th_fmod_f64(double x, double y) {
    return th_mod_fits_f64(x, y) ? th_fmod_fast_f64(x, y) : __builtin_fmod(x, y);
}

/* In float32 the quotient is exact enough in float64. */

TH_INLINE int th_mod_fits_f32(float x, float y) {
    return (__builtin_fabs((double)x / y) < 0x1p28) & (__builtin_fabsf(y) < __builtin_inff());
}

TH_INLINE float th_mod_fast_f32(float x, float y) {
    float r = (float)(x - th_floor_f64((double)x / y) * y);
    return r == 0.0f ? __builtin_copysignf(0.0f, y) : r;
}

TH_INLINE float th_mod_f32(float x, float y) {
    return th_mod_fits_f32(x, y) ? th_mod_fast_f32(x, y) : (float)th_mod_f64(x, y);
}

TH_INLINE int th_floor_divide_fits_f32(float x, float y) {
    return th_mod_fits_f32(x, y);
}

TH_INLINE float th_floor_divide_fast_f32(float x, float y) {
    double q = (double)x / y;
    float n = (float)th_floor_f64(q);
    return n == 0.0f ? __builtin_copysignf(0.0f, (float)q) : n;
}

TH_INLINE float th_floor_divide_f32(float x, float y) {
    return th_mod_fits_f32(x, y) ? th_floor_divide_fast_f32(x, y)
                                 : (float)th_floor_divide_f64(x, y);
}

TH_INLINE int th_fmod_fits_f32(float x, float y) {
    return th_mod_fits_f32(x, y);
}

TH_INLINE float th_fmod_fast_f32(float x, float y) {
    return __builtin_copysignf((float)(x - th_trunc_f64((double)x / y) * y), x);
}

TH_INLINE float th_fmod_f32(float x, float y) {
    return th_mod_fits_f32(x, y) ? th_fmod_fast_f32(x, y) : __builtin_fmodf(x, y);
}
