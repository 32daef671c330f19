/* Exponentials, tanh and the logistic function for generated code, made to be vectorised.

   Written like arithmetic.h, which says how. */

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

/* tanh is within 2 ulp: near 0, where expm1(2 x) and its sum with 2 would be rounded like the result, a polynomial. */

TH_INLINE double th_tanh_small_f64(double x) {
    double z = x * x;
    double p = -0x1.56baafde55d65p-10;
    p = p * z + 0x1.d4c28a782f561p-9;
    p = p * z - 0x1.2266d7a08f3b3p-7;
    p = p * z + 0x1.664f2b8aed722p-6;
    p = p * z - 0x1.ba1ba17d0f477p-5;
    p = p * z + 0x1.11111110f2897p-3;
    p = p * z - 0x1.55555555554bp-2;
    return x + x * (z * p);
}

TH_INLINE double th_tanh_f64(double x) {
    unsigned long long k;
    double a = __builtin_fabs(x), y = a * 2.0;
    double q = th_expm1_small_f64(th_reduce_exp_f64(y, &k));
    double s = th_float_f64(k + 0x3ff0000000000000ull);
    q = q * s + (s - 1.0);
    q = q / (q + 2.0);
    q = y > 40.0 ? 1.0 : q;
    return __builtin_copysign(a < 0.26 ? th_tanh_small_f64(a) : q, x);
}

/* 1 / (1 + exp(-x)), where exp(-x) = s + s p: that sum is rounded once, and within 2 ulp so is the result. What 1 + s
   loses is added to s p (Knuth's two-sum). All is scaled by a small number, as s alone may be too large; from where the
   result is 1, or 0, x does not matter. */

TH_INLINE double th_sigmoid_f64(double x) {
    unsigned long long k;
    x = 40.0 < x ? 40.0 : x;
    x = -746.0 > x ? -746.0 : x;
    double p = th_expm1_small_f64(th_reduce_exp_f64(-x, &k));
    double s = th_float_f64(k + 0x3c30000000000000ull), one = 0x1p-60;
    double sum = s + one, part = sum - s;
    double lost = (s - (sum - part)) + (one - part);
    return one / ((s * p + lost) + sum);
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

/* Of floats the quick way is right where a number is below 0x7f000000: a loop keeps the largest, which takes fewer
   instructions than to compare each. */

TH_INLINE unsigned int th_exp_outside_f32(float x) {
    return (th_bits_f32(x) & 0x7fffffffu) + (0x7f000000u - 0x42ae0001u);
}

TH_INLINE int th_exp_fits_f32(float x) {
    return th_exp_outside_f32(x) < 0x7f000000u;
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

/* With h = expm1(2 x) / 2 this is h / (1 + h); near 0 the rounding of 1 + h matters less in h - h h / (1 + h). Half of
   expm1(2 r) is r + r^2 p(r), the polynomial that of th_expm1_tail_f32 for 2 r; the shifted bits of t are those of 2^k.
   What log 2 has beyond a float matters for large k only, where h / (1 + h) is nearly 1. */

TH_INLINE float th_tanh_f32(float x) {
    float a = __builtin_fabsf(x), y = 10.0f < a ? 10.0f : a, t = y * 0x1.715476p+1f + (0x1.8p23f + 127.0f);
    float s = th_float_f32(th_bits_f32(t) << 23), p = 0x1.6abe38p-5f;
    t -= 0x1.8p23f + 127.0f;
    float r = y - t * 0x1.62e43p-2f;
    p = p * r + 0x1.123d88p-3f;
    p = p * r + 0x1.555858p-2f;
    p = p * r + 0x1.55548cp-1f;
    p = p * r + 0x1.fffffcp-1f;
    float h = (p * (r * r) + r) * s + (s * 0.5f - 0.5f);
    t = h / (h + 1.0f);
    return __builtin_copysignf(a < 0.26f ? h - h * t : t, x);
}

TH_INLINE float th_sigmoid_f32(float x) {
    unsigned int k;
    x = 20.0f < x ? 20.0f : x;
    x = -105.0f > x ? -105.0f : x;
    float p = th_expm1_small_f32(th_reduce_exp_f32(-x, &k));
    float s = th_float_f32(k + 0x30800000u), one = 0x1p-30f;
    return one / (s * p + (s + one));
}

TH_INLINE double th_reduce_exp2_f64(double x, unsigned long long *k) {
    double t = x + 0x1.8p52;
    *k = th_bits_f64(t) << 52;
    return (x - (t - 0x1.8p52)) * 0x1.62e42fefa39efp-1;
}

TH_INLINE double th_exp2_f64(double x) {
    unsigned long long k;
    double y = th_expm1_small_f64(th_reduce_exp2_f64(x, &k)) + 1.0;
    unsigned long long one = x < -1021.0 ? 0x43f0000000000000ull : 0x3fe0000000000000ull;
    y = y * th_float_f64(k + one) * th_float_f64(0x7fe0000000000000ull - one);
    y = x >= 1024.0 ? __builtin_inf() : y;
    return x < -1075.0 ? 0.0 : y;
}

TH_INLINE int th_exp2_fits_f64(double x) {
    return __builtin_fabs(x) <= 1021.0;
}

TH_INLINE double th_exp2_fast_f64(double x) {
    unsigned long long k;
    double y = th_expm1_small_f64(th_reduce_exp2_f64(x, &k)) + 1.0;
    return th_float_f64(th_bits_f64(y) + k);
}

/* 2^u for |u| <= 1/2, and a little more. */

TH_INLINE float th_exp2_small_f32(float u) {
    float p = 0x1.4ba72p-13f;
    p = p * u + 0x1.5fbfd8p-10f;
    p = p * u + 0x1.3b21d4p-7f;
    p = p * u + 0x1.c6ada8p-5f;
    p = p * u + 0x1.ebfbe6p-3f;
    p = p * u + 0x1.62e432p-1f;
    return p * u + 1.0f;
}

TH_INLINE float th_reduce_exp2_f32(float x, unsigned int *k) {
    float t = x + 0x1.8p23f;
    *k = th_bits_f32(t) << 23;
    return x - (t - 0x1.8p23f);
}

TH_INLINE float th_exp2_f32(float x) {
    unsigned int k;
    float y = th_exp2_small_f32(th_reduce_exp2_f32(x, &k));
    unsigned int one = x < -125.0f ? 0x4f800000u : 0x3f000000u;
    y = y * th_float_f32(k + one) * th_float_f32(0x7f000000u - one);
    y = x >= 128.0f ? __builtin_inff() : y;
    return x < -150.0f ? 0.0f : y;
}

TH_INLINE unsigned int th_exp2_outside_f32(float x) {
    return (th_bits_f32(x) & 0x7fffffffu) + (0x7f000000u - 0x42fa0001u);
}

TH_INLINE int th_exp2_fits_f32(float x) {
    return th_exp2_outside_f32(x) < 0x7f000000u;
}

TH_INLINE float th_exp2_fast_f32(float x) {
    unsigned int k;
    float y = th_exp2_small_f32(th_reduce_exp2_f32(x, &k));
    return th_float_f32(th_bits_f32(y) + k);
}
