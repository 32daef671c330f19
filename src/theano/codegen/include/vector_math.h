/* Elementary functions for generated code, written so that the compiler vectorises the loop around
   them: no branches, no calls, selects and bit arithmetic only. No header is needed.

   Paragraphs are separated by blank lines; each defines one name, and codegen/mathlib.py pastes the
   paragraphs that a kernel needs, without comments. Argument reduction is exact with and without
   FMA; the compiler contracts a * b + c where the machine has it. Errors are below 4 ulp (exp
   and log: 2), special values are those of C99 Annex F. tools/minimax.py prints the coefficients. */

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

/* Exponential family: x = k ln 2 + r with |r| <= ln(2) / 2. Adding 1.5 * 2^52 rounds to an integer
   and leaves it in the low bits, from where a shift moves it to the exponent. */

TH_INLINE double th_reduce_exp_f64(double x, unsigned long long *k) {
    double t = x * 0x1.71547652b82fep+0 + 0x1.8p52;
    *k = th_bits_f64(t) << 52;
    t -= 0x1.8p52;
    return (x - t * 0x1.62e42fefa38p-1) - t * 0x1.ef35793c7673p-45;
}

TH_INLINE double th_expm1_small_f64(double r) {
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
    return (odd * r + even) * r2 + r;
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

TH_INLINE float th_expm1_small_f32(float r) {
    float r2 = r * r;
    float p = 0x1.6abe38p-10f;
    p = p * r + 0x1.123d88p-7f;
    p = p * r + 0x1.555858p-5f;
    p = p * r + 0x1.55548cp-3f;
    p = p * r + 0x1.fffffcp-2f;
    return p * r2 + r;
}

TH_INLINE float th_exp_f32(float x) {
    unsigned int k;
    float y = th_expm1_small_f32(th_reduce_exp_f32(x, &k)) + 1.0f;
    unsigned int one = x < -86.0f ? 0x4f800000u : 0x3f000000u;
    y = y * th_float_f32(k + one) * th_float_f32(0x7f000000u - one);
    y = x > 88.73f ? __builtin_inff() : y;
    return x < -103.98f ? 0.0f : y;
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

TH_INLINE double th_log_f64(double x) {
    unsigned long long scale = x < 0x1p-1022 ? 0x4350000000000000ull : 0x3ff0000000000000ull;
    unsigned long long b = th_bits_f64(x * th_float_f64(scale)) + 0x00095f619980c433ull;
    double m = th_float_f64((b & 0x000fffffffffffffull) + 0x3fe6a09e667f3bcdull);
    b = ((b - scale + 0x43f0000000000000ull) >> 52) | 0x4330000000000000ull;
    double k = th_float_f64(b) - (0x1p52 + 1087.0);
    double y = k * 0x1.62e42fefa38p-1 + (k * 0x1.ef35793c7673p-45 + th_log1p_small_f64(m - 1.0));
    y = x < __builtin_inf() ? y : x;
    return x > 0.0 ? y : (x == 0.0 ? -__builtin_inf() : __builtin_nan(""));
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

TH_INLINE float th_log_f32(float x) {
    unsigned int scale = x < 0x1p-126f ? 0x4b800000u : 0x3f800000u;
    unsigned int b = th_bits_f32(x * th_float_f32(scale)) + 0x004afb0du;
    float m = th_float_f32((b & 0x007fffffu) + 0x3f3504f3u);
    float k = (float)((int)(b - scale) >> 23);
    float y = k * 0x1.62e4p-1f + (k * 0x1.7f7d1cp-20f + th_log1p_small_f32(m - 1.0f));
    y = x < __builtin_inff() ? y : x;
    return x > 0.0f ? y : (x == 0.0f ? -__builtin_inff() : __builtin_nanf(""));
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
