/* Elementary functions for generated code, written so that the compiler vectorises the loop around
   them: no branches, no calls, selects and bit arithmetic only. No header is needed.

   Paragraphs are separated by blank lines; each defines one name, and codegen/mathlib.py pastes the
   paragraphs that a kernel needs, without comments. Argument reduction is exact with and without
   FMA; the compiler contracts a * b + c where the machine has it. Errors are below 4 ulp (exp,
   log: 2), special values those of C99 Annex F. tools/minimax.py prints the coefficients.

   A condition is tested once: of two tests of one condition the compiler makes two paths, and
   duplicates what lies between them. Special cases come last, where they shorten no path. */

/* Exponential family: x = k ln 2 + r with |r| <= ln(2) / 2. Adding 1.5 * 2^52 rounds to an integer
   and leaves it in the low bits, from where a shift moves it to the exponent. */

TH_INLINE double th_reduce_exp_f64(double x, unsigned long long *k) {
    double t = x * 0x1.71547652b82fep+0 + 0x1.8p52;
    *k = th_bits_f64(t) << 52;
    t -= 0x1.8p52;
    return (x - t * 0x1.62e42fefa38p-1) - t * 0x1.ef35793c7673p-45;
}

TH_INLINE double th_expm1_tail_f64(double r) {
    double r2 = r * r;
    double odd = 0x1.add059ee4d0a4p-26;
    odd = odd * r2 + 0x1.71def70174bdp-19;
    odd = odd * r2 + 0x1.a01a013d10c2p-13;
    odd = odd * r2 + 0x1.1111111124d76p-7;
    odd = odd * r2 + 0x1.5555555555503p-3;
    double even = 0x1.28aefa9177b6bp-22;
    even = even * r2 + 0x1.a019988d615ccp-16;
    even = even * r2 + 0x1.6c16c184b2f91p-10;
    even = even * r2 + 0x1.555555555060bp-5;
    even = even * r2 + 0x1.000000000000ap-1;
    return (odd * r + even) * r2;
}

TH_INLINE double th_expm1_small_f64(double r) {
    return th_expm1_tail_f64(r) + r;
}

TH_INLINE double th_exp_f64(double x) {
    unsigned long long k;
    double y = th_expm1_small_f64(th_reduce_exp_f64(x, &k)) + 1.0;
    unsigned long long one = x < -708.0 ? 0x43f0000000000000ull : 0x3fe0000000000000ull;
    y = y * th_float_f64(k + one) * th_float_f64(0x7fe0000000000000ull - one);
    y = x > 709.79 ? __builtin_inf() : y;
    return x < -745.2 ? 0.0 : y;
}

TH_INLINE double th_expm1_f64(double x) {
    unsigned long long k;
    double q = th_expm1_small_f64(th_reduce_exp_f64(x, &k));
    double s = th_float_f64(k + 0x3fe0000000000000ull);
    q = (q * s + (s - 0.5)) * 2.0;
    q = x > 709.79 ? __builtin_inf() : q;
    q = x < -40.0 ? -1.0 : q;
    return __builtin_fabs(x) < 0x1p-54 ? x : q;
}

/* Where the result is a normal number its exponent can be written down. */

TH_INLINE int th_exp_fits_f64(double x) {
    return __builtin_fabs(x) <= 708.0;
}

TH_INLINE double th_exp_fast_f64(double x) {
    unsigned long long k;
    double y = th_expm1_small_f64(th_reduce_exp_f64(x, &k)) + 1.0;
    return th_float_f64(th_bits_f64(y) + k);
}

/* exp for -745.2 <= x <= 0. */

TH_INLINE double th_exp_negative_f64(double x) {
    unsigned long long k;
    double y = th_expm1_small_f64(th_reduce_exp_f64(x, &k)) + 1.0;
    unsigned long long one = x < -708.0 ? 0x43f0000000000000ull : 0x3ff0000000000000ull;
    return y * th_float_f64(k + one) * th_float_f64(0x7fe0000000000000ull - one);
}

TH_INLINE double th_tanh_f64(double x) {
    unsigned long long k;
    double y = __builtin_fabs(x) * 2.0;
    double q = th_expm1_small_f64(th_reduce_exp_f64(y, &k));
    double s = th_float_f64(k + 0x3ff0000000000000ull);
    q = q * s + (s - 1.0);
    q = q / (q + 2.0);
    return __builtin_copysign(y > 40.0 ? 1.0 : q, x);
}

TH_INLINE double th_sigmoid_f64(double x) {
    double e = th_exp_negative_f64(-__builtin_fabs(x));
    e = (x < 0.0 ? e : 1.0) / (1.0 + e);
    e = x > 745.2 ? 1.0 : e;
    return x < -745.2 ? 0.0 : e;
}

TH_INLINE float th_reduce_exp_f32(float x, unsigned int *k) {
    float t = x * 0x1.715476p+0f + 0x1.8p23f;
    *k = th_bits_f32(t) << 23;
    t -= 0x1.8p23f;
    return (x - t * 0x1.62e4p-1f) - t * 0x1.7f7d1cp-20f;
}

TH_INLINE float th_expm1_tail_f32(float r) {
    float p = 0x1.6abe38p-10f;
    p = p * r + 0x1.123d88p-7f;
    p = p * r + 0x1.555858p-5f;
    p = p * r + 0x1.55548cp-3f;
    p = p * r + 0x1.fffffcp-2f;
    return p * (r * r);
}

TH_INLINE float th_expm1_small_f32(float r) {
    return th_expm1_tail_f32(r) + r;
}

TH_INLINE float th_exp_f32(float x) {
    unsigned int k;
    float y = th_expm1_small_f32(th_reduce_exp_f32(x, &k)) + 1.0f;
    unsigned int one = x < -86.0f ? 0x4f800000u : 0x3f000000u;
    y = y * th_float_f32(k + one) * th_float_f32(0x7f000000u - one);
    y = x > 88.73f ? __builtin_inff() : y;
    return x < -103.98f ? 0.0f : y;
}

TH_INLINE int th_exp_fits_f32(float x) {
    return __builtin_fabsf(x) <= 87.0f;
}

TH_INLINE float th_exp_fast_f32(float x) {
    unsigned int k;
    float y = th_expm1_small_f32(th_reduce_exp_f32(x, &k)) + 1.0f;
    return th_float_f32(th_bits_f32(y) + k);
}

TH_INLINE float th_expm1_f32(float x) {
    unsigned int k;
    float q = th_expm1_small_f32(th_reduce_exp_f32(x, &k));
    float s = th_float_f32(k + 0x3f000000u);
    q = (q * s + (s - 0.5f)) * 2.0f;
    q = x > 88.73f ? __builtin_inff() : q;
    q = x < -20.0f ? -1.0f : q;
    return __builtin_fabsf(x) < 0x1p-25f ? x : q;
}

TH_INLINE float th_exp_negative_f32(float x) {
    unsigned int k;
    float y = th_expm1_small_f32(th_reduce_exp_f32(x, &k)) + 1.0f;
    unsigned int one = x < -86.0f ? 0x4f800000u : 0x3f800000u;
    return y * th_float_f32(k + one) * th_float_f32(0x7f000000u - one);
}

TH_INLINE float th_tanh_f32(float x) {
    unsigned int k;
    float y = __builtin_fabsf(x) * 2.0f;
    float q = th_expm1_small_f32(th_reduce_exp_f32(y, &k));
    float s = th_float_f32(k + 0x3f800000u);
    q = q * s + (s - 1.0f);
    q = q / (q + 2.0f);
    return __builtin_copysignf(y > 20.0f ? 1.0f : q, x);
}

TH_INLINE float th_sigmoid_f32(float x) {
    float e = th_exp_negative_f32(-__builtin_fabsf(x));
    e = (x < 0.0f ? e : 1.0f) / (1.0f + e);
    e = x > 103.98f ? 1.0f : e;
    return x < -103.98f ? 0.0f : e;
}

TH_INLINE double th_exp2_f64(double x) {
    double t = x + 0x1.8p52;
    unsigned long long k = th_bits_f64(t) << 52;
    double y = th_expm1_small_f64((x - (t - 0x1.8p52)) * 0x1.62e42fefa39efp-1) + 1.0;
    unsigned long long one = x < -1021.0 ? 0x43f0000000000000ull : 0x3fe0000000000000ull;
    y = y * th_float_f64(k + one) * th_float_f64(0x7fe0000000000000ull - one);
    y = x >= 1024.0 ? __builtin_inf() : y;
    return x < -1075.0 ? 0.0 : y;
}

TH_INLINE float th_exp2_f32(float x) {
    float t = x + 0x1.8p23f;
    unsigned int k = th_bits_f32(t) << 23;
    float y = th_expm1_small_f32((x - (t - 0x1.8p23f)) * 0x1.62e430p-1f) + 1.0f;
    unsigned int one = x < -125.0f ? 0x4f800000u : 0x3f000000u;
    y = y * th_float_f32(k + one) * th_float_f32(0x7f000000u - one);
    y = x >= 128.0f ? __builtin_inff() : y;
    return x < -150.0f ? 0.0f : y;
}

/* Logarithm family: x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)). With s = f / (2 + f),
   log(1 + f) = 2 atanh(s) = f - s (f - z p(z)), z = s^2. */

TH_INLINE double th_log1p_small_f64(double f) {
    double s = f / (f + 2.0);
    double z = s * s, z2 = z * z;
    double odd = 0x1.39a099f88024dp-3;
    odd = odd * z2 + 0x1.c71c51d873a77p-3;
    odd = odd * z2 + 0x1.999999997f9ffp-2;
    double even = 0x1.2f114e0a467a6p-3;
    even = even * z2 + 0x1.7466498876527p-3;
    even = even * z2 + 0x1.2492494229a3fp-2;
    even = even * z2 + 0x1.5555555555593p-1;
    return f - s * (f - z * (odd * z + even));
}

TH_INLINE double th_split_log_f64(double x, double *k) {
    unsigned long long scale = x < 0x1p-1022 ? 0x4350000000000000ull : 0x3ff0000000000000ull;
    unsigned long long b = th_bits_f64(x * th_float_f64(scale)) + 0x00095f619980c433ull;
    double m = th_float_f64((b & 0x000fffffffffffffull) + 0x3fe6a09e667f3bcdull);
    b = ((b - scale + 0x43f0000000000000ull) >> 52) | 0x4330000000000000ull;
    *k = th_float_f64(b) - (0x1p52 + 1087.0);
    return m;
}

TH_INLINE double th_log_special_f64(double x, double y) {
    y = x < __builtin_inf() ? y : x;
    return x > 0.0 ? y : (x == 0.0 ? -__builtin_inf() : __builtin_nan(""));
}

TH_INLINE double th_log_f64(double x) {
    double k, m = th_split_log_f64(x, &k);
    double y = k * 0x1.ef35793c7673p-45 + th_log1p_small_f64(m - 1.0);
    return th_log_special_f64(x, k * 0x1.62e42fefa38p-1 + y);
}

TH_INLINE double th_log2_f64(double x) {
    double k, m = th_split_log_f64(x, &k);
    return th_log_special_f64(x, th_log1p_small_f64(m - 1.0) * 0x1.71547652b82fep+0 + k);
}

TH_INLINE double th_log10_f64(double x) {
    double k, m = th_split_log_f64(x, &k);
    double y = th_log1p_small_f64(m - 1.0) * 0x1.bcb7b1526e50ep-2 + k * 0x1.3fde623e2566bp-43;
    return th_log_special_f64(x, k * 0x1.34413509f7p-2 + y);
}

/* 2^-k x + (2^-k - 1) loses nothing that matters, where 1 + x would; factors 4 and 1/4 keep 2^-k
   normal for the largest x. */

TH_INLINE double th_log1p_f64(double x) {
    double u = 1.0 + x;
    unsigned long long b = th_bits_f64(u) + 0x00095f619980c433ull;
    double k = th_float_f64((b >> 52) | 0x4330000000000000ull) - (0x1p52 + 1023.0);
    double s = th_float_f64(0x8000000000000000ull - (b & 0xfff0000000000000ull));
    double f = (x * 0.25) * s + (s * 0.25 - 1.0);
    double y = k * 0x1.62e42fefa38p-1 + (k * 0x1.ef35793c7673p-45 + th_log1p_small_f64(f));
    y = x < __builtin_inf() ? y : x;
    y = u > 0.0 ? y : (u == 0.0 ? -__builtin_inf() : __builtin_nan(""));
    return __builtin_fabs(x) < 0x1p-54 ? x : y;
}

/* max(x, 0) + log1p(exp(-|x|)). */

TH_INLINE double th_softplus_f64(double x) {
    double e = th_exp_negative_f64(-__builtin_fabs(x));
    double half = e > 0x1.a8p-2 ? 0.5 : 1.0;
    double y = (1.0 - half) * 0x1.62e42fefa39efp+0 + th_log1p_small_f64(e * half + (half - 1.0));
    double positive = x > 0.0 ? x : 0.0;
    return __builtin_fabs(x) > 745.2 ? positive : y + positive;
}

TH_INLINE float th_log1p_small_f32(float f) {
    float s = f / (f + 2.0f);
    float z = s * s;
    float p = 0x1.31e248p-2f;
    p = p * z + 0x1.995eccp-2f;
    p = p * z + 0x1.55557ap-1f;
    return f - s * (f - z * p);
}

TH_INLINE float th_split_log_f32(float x, float *k) {
    unsigned int scale = x < 0x1p-126f ? 0x4b800000u : 0x3f800000u;
    unsigned int b = th_bits_f32(x * th_float_f32(scale)) + 0x004afb0du;
    *k = (float)((int)(b - scale) >> 23);
    return th_float_f32((b & 0x007fffffu) + 0x3f3504f3u);
}

TH_INLINE float th_log_special_f32(float x, float y) {
    y = x < __builtin_inff() ? y : x;
    return x > 0.0f ? y : (x == 0.0f ? -__builtin_inff() : __builtin_nanf(""));
}

TH_INLINE float th_log_f32(float x) {
    float k, m = th_split_log_f32(x, &k);
    float y = k * 0x1.7f7d1cp-20f + th_log1p_small_f32(m - 1.0f);
    return th_log_special_f32(x, k * 0x1.62e4p-1f + y);
}

TH_INLINE float th_log2_f32(float x) {
    float k, m = th_split_log_f32(x, &k);
    return th_log_special_f32(x, th_log1p_small_f32(m - 1.0f) * 0x1.715476p+0f + k);
}

TH_INLINE float th_log10_f32(float x) {
    float k, m = th_split_log_f32(x, &k);
    float y = th_log1p_small_f32(m - 1.0f) * 0x1.bcb7b2p-2f + k * 0x1.3509f8p-18f;
    return th_log_special_f32(x, k * 0x1.344p-2f + y);
}

TH_INLINE float th_log1p_f32(float x) {
    float u = 1.0f + x;
    unsigned int b = th_bits_f32(u) + 0x004afb0du;
    float k = (float)(int)(b >> 23) - 127.0f;
    float s = th_float_f32(0x80000000u - (b & 0xff800000u));
    float f = (x * 0.25f) * s + (s * 0.25f - 1.0f);
    float y = k * 0x1.62e4p-1f + (k * 0x1.7f7d1cp-20f + th_log1p_small_f32(f));
    y = x < __builtin_inff() ? y : x;
    y = u > 0.0f ? y : (u == 0.0f ? -__builtin_inff() : __builtin_nanf(""));
    return __builtin_fabsf(x) < 0x1p-25f ? x : y;
}

TH_INLINE float th_softplus_f32(float x) {
    float e = th_exp_negative_f32(-__builtin_fabsf(x));
    float half = e > 0x1.a8p-2f ? 0.5f : 1.0f;
    float y = (1.0f - half) * 0x1.62e430p+0f + th_log1p_small_f32(e * half + (half - 1.0f));
    float positive = x > 0.0f ? x : 0.0f;
    return __builtin_fabsf(x) > 103.98f ? positive : y + positive;
}

/* Hyperbolic functions. Factors 1/4 and 2 put off overflow to where the result overflows. */

TH_INLINE double th_sinh_f64(double x) {
    unsigned long long k;
    double a = __builtin_fabs(x);
    double q = th_expm1_small_f64(th_reduce_exp_f64(a, &k));
    double s = th_float_f64(k + 0x3fd0000000000000ull);
    q = q * s + (s - 0.25);
    q = 2.0 * (q + q / (q * 4.0 + 1.0));
    q = a > 710.4758600739439 ? __builtin_inf() : q;
    q = a < 0x1p-28 ? a : q;
    return __builtin_copysign(q, x);
}

TH_INLINE double th_cosh_f64(double x) {
    unsigned long long k;
    double a = __builtin_fabs(x);
    double y = th_expm1_small_f64(th_reduce_exp_f64(a, &k)) + 1.0;
    y *= th_float_f64(k + 0x3fd0000000000000ull);
    y = 2.0 * (y + 0.0625 / y);
    return a > 710.4758600739439 ? __builtin_inf() : y;
}

TH_INLINE double th_keep_f64(int condition, double x) {
    return th_float_f64(th_bits_f64(x) & -(unsigned long long)condition);
}

TH_INLINE float th_sinh_f32(float x) {
    unsigned int k;
    float a = __builtin_fabsf(x);
    float q = th_expm1_small_f32(th_reduce_exp_f32(a, &k));
    float s = th_float_f32(k + 0x3e800000u);
    q = q * s + (s - 0.25f);
    q = 2.0f * (q + q / (q * 4.0f + 1.0f));
    q = a > 89.4159851f ? __builtin_inff() : q;
    q = a < 0x1p-13f ? a : q;
    return __builtin_copysignf(q, x);
}

TH_INLINE float th_cosh_f32(float x) {
    unsigned int k;
    float a = __builtin_fabsf(x);
    float y = th_expm1_small_f32(th_reduce_exp_f32(a, &k)) + 1.0f;
    y *= th_float_f32(k + 0x3e800000u);
    y = 2.0f * (y + 0.0625f / y);
    return a > 89.4159851f ? __builtin_inff() : y;
}

TH_INLINE float th_keep_f32(int condition, float x) {
    return th_float_f32(th_bits_f32(x) & -(unsigned int)condition);
}

/* Where squares overflow, log1p(x) + ln 2 is near enough. */

TH_INLINE double th_asinh_f64(double x) {
    double a = __builtin_fabs(x);
    double w = a / (1.0 + __builtin_sqrt(a * a + 1.0));
    double y = th_log1p_f64(a + th_keep_f64(a < 0x1p512, a * w));
    y += a >= 0x1p512 ? 0x1.62e42fefa39efp-1 : 0.0;
    return __builtin_copysign(y, x);
}

TH_INLINE double th_acosh_f64(double x) {
    double t = x - 1.0;
    double y = th_log1p_f64(t + th_keep_f64(x < 0x1p511, __builtin_sqrt(t * (t + 2.0))));
    y += x >= 0x1p511 ? 0x1.62e42fefa39efp-1 : 0.0;
    return x < 1.0 ? __builtin_nan("") : y;
}

/* atanh(x) = log(u) / 2, u = (1 + a) / (1 - a) = 2^k (1 + s) / (1 - s). The difference of the bits of 1 + a and 1 - a
   tells k; one division gives s, |s| < 0.201; near 1 in terms of 1 - a. */

TH_INLINE double th_atanh_f64(double x) {
    double a = __builtin_fabs(x);
    unsigned long long b = th_bits_f64(1.0 + a) - th_bits_f64(1.0 - a) + 0x0008000000000000ull;
    double k = th_float_f64((b >> 52) | 0x4330000000000000ull) - 0x1p52;
    double p = th_float_f64(0x3ff0000000000000ull - (b & 0xfff0000000000000ull));
    double d = 1.0 - a, num = a < 0.5 ? a * (p + 1.0) + (p - 1.0) : (p * 2.0 - d) - p * d;
    double s = num / (a < 0.5 ? a * (p - 1.0) + (p + 1.0) : (p * 2.0 + d) - p * d);
    double z = s * s, z2 = z * z;
    double odd = 0x1.1bb4c360bddd1p-4, even = 0x1.0dc435f813a6p-4;
    odd = odd * z2 + 0x1.3b362d1c92937p-4;
    odd = odd * z2 + 0x1.c71c749c06d1dp-4;
    odd = odd * z2 + 0x1.999999999c201p-3;
    even = even * z2 + 0x1.745c47b79f5c5p-4;
    even = even * z2 + 0x1.24924921d8827p-3;
    even = even * z2 + 0x1.555555555554fp-2;
    double y = k * 0x1.62e42fefa38p-2 + (s + (s * z * (odd * z + even) + k * 0x1.ef35793c7673p-46));
    y = a == 1.0 ? __builtin_inf() : y;
    return a > 1.0 ? __builtin_nan("") : __builtin_copysign(y, x);
}

TH_INLINE float th_asinh_f32(float x) {
    float a = __builtin_fabsf(x);
    float w = a / (1.0f + __builtin_sqrtf(a * a + 1.0f));
    float y = th_log1p_f32(a + th_keep_f32(a < 0x1p64f, a * w));
    y += a >= 0x1p64f ? 0x1.62e430p-1f : 0.0f;
    return __builtin_copysignf(y, x);
}

TH_INLINE float th_acosh_f32(float x) {
    float t = x - 1.0f;
    float y = th_log1p_f32(t + th_keep_f32(x < 0x1p63f, __builtin_sqrtf(t * (t + 2.0f))));
    y += x >= 0x1p63f ? 0x1.62e430p-1f : 0.0f;
    return x < 1.0f ? __builtin_nanf("") : y;
}

TH_INLINE float th_atanh_f32(float x) {
    float a = __builtin_fabsf(x);
    unsigned int b = th_bits_f32(1.0f + a) - th_bits_f32(1.0f - a) + 0x00400000u;
    float k = (float)(int)(b >> 23), p = th_float_f32(0x3f800000u - (b & 0xff800000u));
    float d = 1.0f - a, num = a < 0.5f ? a * (p + 1.0f) + (p - 1.0f) : (p * 2.0f - d) - p * d;
    float s = num / (a < 0.5f ? a * (p - 1.0f) + (p + 1.0f) : (p * 2.0f + d) - p * d);
    float z = s * s, q = 0x1.ee9feap-4f;
    q = q * z + 0x1.23e042p-3f;
    q = q * z + 0x1.999c0cp-3f;
    q = q * z + 0x1.555554p-2f;
    float y = k * 0x1.62e4p-2f + (s + (s * z * q + k * 0x1.7f7d1cp-21f));
    y = a == 1.0f ? __builtin_inff() : y;
    return a > 1.0f ? __builtin_nanf("") : __builtin_copysignf(y, x);
}

/* Error function: a series for |x| < 1, exp(-x^2) p(t) / (1 + 2 x) beyond 1/2. */

TH_INLINE double th_erf_small_f64(double x) {
    double z = x * x;
    double z2 = z * z, odd = -0x1.c0284172f68fep-30, even = 0x1.3436c9c1d881fp-33;
    odd = odd * z2 - 0x1.637b2591c3eb3p-23;
    odd = odd * z2 - 0x1.f4dcd9eabdbc4p-17;
    odd = odd * z2 - 0x1.c02db93092656p-11;
    odd = odd * z2 - 0x1.b82ce31354bbp-6;
    odd = odd * z2 - 0x1.812746b037a25p-2;
    even = even * z2 + 0x1.12889699d40f7p-26;
    even = even * z2 + 0x1.ba674280242efp-20;
    even = even * z2 + 0x1.f9a3b8a728f2fp-14;
    even = even * z2 + 0x1.565bcd2c5e50fp-8;
    even = even * z2 + 0x1.ce2f21a0458d6p-4;
    even = even * z2 + 0x1.06eba8214db69p-3;
    double p = odd * z + even;
    return x + x * p;
}

TH_INLINE double th_erfc_scaled_f64(double x) {
    double t = (x - 4.0) / (x + 4.0);
    double t2 = t * t, odd = 0x1.3df8d63cc116ep-24, even = -0x1.38b91e368c7f1p-27;
    odd = odd * t2 - 0x1.a39620d99a29ep-21;
    odd = odd * t2 + 0x1.7d19e4f60fa36p-18;
    odd = odd * t2 - 0x1.991fc84e78197p-16;
    odd = odd * t2 - 0x1.a1e124dab9139p-13;
    odd = odd * t2 + 0x1.49c6755341d8bp-8;
    odd = odd * t2 + 0x1.3079eded06fbp-5;
    odd = odd * t2 + 0x1.7fee004e5925dp-4;
    odd = odd * t2 + 0x1.16ecefcfa3531p-4;
    odd = odd * t2 - 0x1.1df1ad154a26fp-3;
    even = even * t2 + 0x1.f5bbfa15a4191p-25;
    even = even * t2 + 0x1.4c77a69f50ed4p-22;
    even = even * t2 - 0x1.78db9b8bda31fp-17;
    even = even * t2 + 0x1.3be231ea68839p-13;
    even = even * t2 - 0x1.8d4ab64a625c4p-11;
    even = even * t2 - 0x1.096238656e2cfp-6;
    even = even * t2 - 0x1.0fb06dfeebfaep-4;
    even = even * t2 - 0x1.9ddb23c3e2698p-4;
    even = even * t2 + 0x1.f7f5df66fca51p-7;
    even = even * t2 - 0x1.169ba4580a049p-6;
    double p = odd * t + even;
    return (1.25 + p) / (1.0 + 2.0 * x);
}

TH_INLINE double th_erfc_far_f64(double x) {
    double low, square = th_product_f64(x, x, &low), e = th_exp_negative_f64(-square);
    return th_erfc_scaled_f64(x) * (e - e * low);
}

TH_INLINE double th_erf_f64(double x) {
    double a = __builtin_fabs(x);
    double y = 1.0 - th_erfc_far_f64(a);
    y = a < 1.0 ? th_erf_small_f64(a) : y;
    y = a > 6.0 ? 1.0 : y;
    return __builtin_copysign(y, x);
}

TH_INLINE double th_erfc_f64(double x) {
    double a = __builtin_fabs(x);
    double y = th_erfc_far_f64(a);
    y = a > 27.27 ? 0.0 : y;
    y = x < 0.0 ? 2.0 - y : y;
    return a < 0.5 ? 1.0 - th_erf_small_f64(x) : y;
}

TH_INLINE float th_erf_small_f32(float x) {
    float z = x * x;
    float z2 = z * z, odd = -0x1.1b0d74p-17f, even = 0x1.c62b52p-14f;
    odd = odd * z2 - 0x1.b984aep-11f;
    odd = odd * z2 - 0x1.b821eep-6f;
    odd = odd * z2 - 0x1.812744p-2f;
    even = even * z2 + 0x1.55dc62p-8f;
    even = even * z2 + 0x1.ce2eap-4f;
    even = even * z2 + 0x1.06eba8p-3f;
    float p = odd * z + even;
    return x + x * p;
}

TH_INLINE float th_erfc_scaled_f32(float x) {
    float t = (x - 4.0f) / (x + 4.0f);
    float t2 = t * t, odd = -0x1.fd4daep-12f, even = -0x1.aa64bp-11f;
    odd = odd * t2 + 0x1.539bd8p-8f;
    odd = odd * t2 + 0x1.303e9ep-5f;
    odd = odd * t2 + 0x1.7ff068p-4f;
    odd = odd * t2 + 0x1.16ecdap-4f;
    odd = odd * t2 - 0x1.1df1acp-3f;
    even = even * t2 - 0x1.085454p-6f;
    even = even * t2 - 0x1.0fc0a6p-4f;
    even = even * t2 - 0x1.9dd9a6p-4f;
    even = even * t2 + 0x1.f7f57ep-7f;
    even = even * t2 - 0x1.169ba4p-6f;
    float p = odd * t + even;
    return (1.25f + p) / (1.0f + 2.0f * x);
}

TH_INLINE float th_erfc_far_f32(float x) {
    float low, square = th_product_f32(x, x, &low), e = th_exp_negative_f32(-square);
    return th_erfc_scaled_f32(x) * (e - e * low);
}

TH_INLINE float th_erf_f32(float x) {
    float a = __builtin_fabsf(x);
    float y = 1.0f - th_erfc_far_f32(a);
    y = a < 1.0f ? th_erf_small_f32(a) : y;
    y = a > 6.0f ? 1.0f : y;
    return __builtin_copysignf(y, x);
}

TH_INLINE float th_erfc_f32(float x) {
    float a = __builtin_fabsf(x);
    float y = th_erfc_far_f32(a);
    y = a > 10.15f ? 0.0f : y;
    y = x < 0.0f ? 2.0f - y : y;
    return a < 0.5f ? 1.0f - th_erf_small_f32(x) : y;
}

/* x^y = exp(y log x); log in two parts with 65 bits: log m = 2 s + 2/3 s z + s z^2 p(z). */

TH_INLINE double th_log_two_parts_f64(double x, double *low) {
    double k, m = th_split_log_f64(x, &k);
    double f = m - 1.0, d = m + 1.0, dl = m - (d - 1.0);
    double inverse = 1.0 / d, s = f * inverse, zl, wl, ll;
    double sl = (th_remainder_f64(f, s, d) - s * dl) * inverse;
    double z = th_product_f64(s, s, &zl);
    zl += 2.0 * s * sl;
    double z2 = z * z, z4 = z2 * z2;
    double c = (0x1.0e4b0588a2e5ap-3 * z2 + (0x1.0f7f0aa52552ap-3 * z + 0x1.3b1ef54865c8fp-3)) * z4;
    c += (0x1.745ce9b200e2ep-3 * z + 0x1.c71c722df07ebp-3) * z2;
    c = z * (c + (0x1.2492492457779p-2 * z + 0x1.9999999999b33p-2));
    double e = 0x1.5555555555555p-1 + c;
    double el = (0x1.5555555555555p-1 - e) + c + 0x1.5555555555555p-55;
    double w = th_product_f64(z, e, &wl);
    wl += z * el + zl * e;
    double v = 2.0 + w, vl = (2.0 - v) + w + wl;
    double l = th_product_f64(s, v, &ll);
    ll += s * vl + sl * v;
    double a = k * 0x1.62e42fefa38p-1, h = a + l;
    *low = ((a - h) + l) + (k * 0x1.ef35793c7673p-45 + ll);
    return h;
}

TH_INLINE double th_exp_two_parts_f64(double x, double low) {
    double t = x * 0x1.71547652b82fep+0 + 0x1.8p52;
    unsigned long long k = th_bits_f64(t) << 52;
    t -= 0x1.8p52;
    double rh = x - t * 0x1.62e42fefa38p-1, rl = low - t * 0x1.ef35793c7673p-45;
    double r = rh + rl;
    rl = (rh - r) + rl;
    rl += th_expm1_tail_f64(r);
    double y = 1.0 + r;
    y += ((1.0 - y) + r) + rl;
    unsigned long long one = x < -708.0 ? 0x43f0000000000000ull : 0x3fe0000000000000ull;
    y = y * th_float_f64(k + one) * th_float_f64(0x7fe0000000000000ull - one);
    y = x > 709.79 ? __builtin_inf() : y;
    return x < -745.2 ? 0.0 : y;
}

/* Sign and special values of x^y, given |x|^y. */

TH_INLINE double th_pow_special_f64(double x, double y, double r) {
    double half = y * 0.5;
    int odd = (th_rint_f64(half) != half) & (th_rint_f64(y) == y);
    int outside = (x < 0.0) & (x > -__builtin_inf()) & (th_rint_f64(y) != y);
    r = odd ? __builtin_copysign(r, x) : r;
    r = outside | __builtin_isunordered(x, y) ? __builtin_nan("") : r;
    return (x == 1.0) | (y == 0.0) ? 1.0 : r;
}

/* For results that are not near overflow: two thirds of log m need no second part then. */

TH_INLINE int th_pow_fits_f64(double x, double y) {
    double e = th_float_f64((th_bits_f64(x) >> 52) | 0x4330000000000000ull) - (0x1p52 + 1023.0);
    return (x >= 0x1p-1022) & (x < __builtin_inf()) & (__builtin_fabs(y) * (__builtin_fabs(e) + 1.0) < 100.0);
}

TH_INLINE double th_pow_fast_f64(double x, double y) {
    unsigned long long b = th_bits_f64(x) + 0x00095f619980c433ull, j;
    double m = th_float_f64((b & 0x000fffffffffffffull) + 0x3fe6a09e667f3bcdull);
    double k = th_float_f64((b >> 52) | 0x4330000000000000ull) - (0x1p52 + 1023.0);
    double f = m - 1.0, d = m + 1.0, inverse = 1.0 / d, s = f * inverse;
    double sl = (th_remainder_f64(f, s, d) - s * (m - (d - 1.0))) * inverse;
    double z = s * s, z2 = z * z;
    double odd = 0x1.0e4b0588a2e5ap-3;
    odd = odd * z2 + 0x1.3b1ef54865c8fp-3;
    odd = odd * z2 + 0x1.c71c722df07ebp-3;
    odd = odd * z2 + 0x1.9999999999b33p-2;
    double even = 0x1.0f7f0aa52552ap-3;
    even = even * z2 + 0x1.745ce9b200e2ep-3;
    even = even * z2 + 0x1.2492492457779p-2;
    even = even * z2 + 0x1.5555555555555p-1;
    double t = s * z * (odd * z + even), a = k * 0x1.62e42fefa38p-1, h = a + 2.0 * s;
    double low = (a - h) + 2.0 * s + k * 0x1.ef35793c7673p-45 + 2.0 * (sl + sl * z);
    double l = h + t, pl;
    low += (h - l) + t;
    double p = th_product_f64(y, l, &pl);
    pl += y * low;
    double q = p * 0x1.71547652b82fep+0 + 0x1.8p52;
    j = th_bits_f64(q) << 52;
    q -= 0x1.8p52;
    double r = p - q * 0x1.62e42fefa38p-1;
    pl -= q * 0x1.ef35793c7673p-45;
    double u = r + pl;
    u = (((r - u) + pl) + th_expm1_tail_f64(u) + u) + 1.0;
    return th_float_f64(th_bits_f64(u) + j);
}

TH_INLINE double th_pow_f64(double x, double y) {
    double low, plow, a = __builtin_fabs(x);
    double l = th_log_two_parts_f64(a, &low);
    l = a == 0.0 ? -__builtin_inf() : l;
    l = a == __builtin_inf() ? a : l;
    double c = y > 0x1p70 ? 0x1p70 : y;
    c = c < -0x1p70 ? -0x1p70 : c;
    double p = th_product_f64(c, l, &plow);
    double r = th_exp_two_parts_f64(p, plow + c * low);
    r = th_pow_special_f64(x, y, a == 1.0 ? 1.0 : r);
    return th_pow_fits_f64(x, y) ? th_pow_fast_f64(x, y) : r;
}

TH_INLINE float th_pow_special_f32(float x, float y, float r) {
    float half = y * 0.5f;
    int odd = (th_rint_f32(half) != half) & (th_rint_f32(y) == y);
    int outside = (x < 0.0f) & (x > -__builtin_inff()) & (th_rint_f32(y) != y);
    r = odd ? __builtin_copysignf(r, x) : r;
    r = outside | __builtin_isunordered(x, y) ? __builtin_nanf("") : r;
    return (x == 1.0f) | (y == 0.0f) ? 1.0f : r;
}

TH_INLINE int th_pow_fits_f32(float x, float y) {
    float e = (float)((int)(th_bits_f32(x) >> 23) - 127);
    return (x >= 0x1p-126f) & (x < __builtin_inff()) & (__builtin_fabsf(y) * (__builtin_fabsf(e) + 1.0f) < 60.0f);
}

TH_INLINE float th_pow_fast_f32(float x, float y) {
    unsigned int b = th_bits_f32(x) + 0x004afb0du, j;
    float m = th_float_f32((b & 0x007fffffu) + 0x3f3504f3u), k = (float)((int)(b >> 23) - 127);
    float f = m - 1.0f, d = m + 1.0f, inverse = 1.0f / d, s = f * inverse, pl;
    float sl = (th_remainder_f32(f, s, d) - s * (m - (d - 1.0f))) * inverse;
    float z = s * s;
    float e = 0x1.d2a4d2p-3f;
    e = e * z + 0x1.2481aep-2f;
    e = e * z + 0x1.99999ep-2f;
    e = e * z + 0x1.555556p-1f;
    float t = s * z * e, a = k * 0x1.62e4p-1f, h = a + 2.0f * s;
    float low = (a - h) + 2.0f * s + k * 0x1.7f7d1cp-20f + 2.0f * (sl + sl * z);
    float l = h + t;
    low += (h - l) + t;
    float p = th_product_f32(y, l, &pl);
    pl += y * low;
    float q = p * 0x1.715476p+0f + 0x1.8p23f;
    j = th_bits_f32(q) << 23;
    q -= 0x1.8p23f;
    float r = p - q * 0x1.62e4p-1f;
    pl -= q * 0x1.7f7d1cp-20f;
    float u = r + pl;
    u = (((r - u) + pl) + th_expm1_tail_f32(u) + u) + 1.0f;
    return th_float_f32(th_bits_f32(u) + j);
}

/* Computed in float64, where nothing overflows. */

TH_INLINE float th_pow_f32(float x, float y) {
    float a = __builtin_fabsf(x), k, m = th_split_log_f32(a, &k);
    k = a == 0.0f ? -__builtin_inff() : k;
    k = a == __builtin_inff() ? a : k;
    double s = ((double)m - 1.0) / ((double)m + 1.0), z = s * s;
    double p = 0x1.911c937b7c66cp-3;
    p = p * z + 0x1.c62aa0d12a5fp-3;
    p = p * z + 0x1.24941333f31cdp-2;
    p = p * z + 0x1.999996a683257p-2;
    p = p * z + 0x1.555555561f2fdp-1;
    double l = (k * 0x1.62e42fefa39efp-1 + s * (2.0 + z * p)) * y;
    l = l > 100.0 ? 100.0 : l;
    l = l < -120.0 ? -120.0 : l;
    unsigned long long e;
    double r = th_reduce_exp_f64(l, &e), q;
    q = 0x1.9f61ac11ec383p-13;
    q = q * r + 0x1.6d961343a4bbfp-10;
    q = q * r + 0x1.11140266f00b6p-7;
    q = q * r + 0x1.5554893c3c837p-5;
    q = q * r + 0x1.5555517e808ep-3;
    q = q * r + 0x1.0000003a21fa7p-1;
    q = (q * r + 1.0) * r + 1.0;
    float f = (float)(q * th_float_f64(e + 0x3ff0000000000000ull));
    f = th_pow_special_f32(x, y, a == 1.0f ? 1.0f : f);
    return th_pow_fits_f32(x, y) ? th_pow_fast_f32(x, y) : f;
}

/* r = |x|^(-1/3): a third of the bits as they are is near, e tells how near, and (1 - e)^(-1/3) mends it.
   Then p = x r^2 without its last bits, so that its square is exact, and what is missing from it in
   second order. */

TH_INLINE double th_cbrt_f64(double x) {
    double a = __builtin_fabs(x), small = a < 0x1p-1022 ? 0x1p-18 : 1.0;
    double m = a < 0x1p-1022 ? a * 0x1p54 : a;
    double i = th_float_f64((th_bits_f64(m) >> 32) | 0x4330000000000000ull) - 0x1p52;
    i = i * -0x1.5555555555555p-2 + (0x1p52 + 1430186360.0);
    double r = th_float_f64(th_bits_f64(i) << 32);
    double e = 1.0 - m * r * (r * r);
    r += r * e * ((0x1.652d8fd685898p-3 * e + 0x1.c9ae82fe93c99p-3) * e + 0x1.555469906db8ep-2);
    e = 1.0 - m * r * (r * r);
    r += r * e * 0x1.5555555555555p-2;
    double r2 = r * r, p = th_float_f64(th_bits_f64(m * r2) & 0xfffffffff8000000ull);
    double u = th_remainder_f64(m, p * p, p) * (r2 * r);
    p += p * u * (u * 0x1.c71c71c71c71cp-3 + 0x1.5555555555555p-2);
    p = a < __builtin_inf() ? p * small : a;
    return __builtin_copysign(a == 0.0 ? a : p, x);
}

TH_INLINE float th_cbrt_f32(float x) {
    float a = __builtin_fabsf(x), small = a < 0x1p-126f ? 0x1p-8f : 1.0f;
    float m = a < 0x1p-126f ? a * 0x1p24f : a;
    int i = (int)((float)(int)th_bits_f32(m) * 0x1.555556p-2f);
    float r = th_float_f32((unsigned int)(0x54a1f671 - i));
    float e = 1.0f - m * r * (r * r);
    r += r * e * ((0x1.652d9p-3f * e + 0x1.c9ae82p-3f) * e + 0x1.55546ap-2f);
    float r2 = r * r, p = th_float_f32(th_bits_f32(m * r2) & 0xfffff000u);
    float u = (m - p * p * p) * (r2 * r);
    p += p * u * (u * 0x1.c71c72p-3f + 0x1.555556p-2f);
    p = a < __builtin_inff() ? p * small : a;
    return __builtin_copysignf(a == 0.0f ? a : p, x);
}
