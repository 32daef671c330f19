/* Hyperbolic functions and their inverses for generated code, made to be vectorised.

   Written like arithmetic.h, which says how. */

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

/* asinh(a) = log(u), u = a + q with q = sqrt(a a + 1), and u - 1 = a (d + a) / d with d = 1 + q. As for log u = 2^k (1 + f);
   f = num / d needs no division of its own, as 2 s = 2 f / (f + 2) = num / (num / 2 + d). Where squares may overflow,
   log(a) + ln 2 is near enough; for acosh log1p(x) + ln 2. */

TH_INLINE int th_asinh_fits_f64(double x) {
    return __builtin_fabs(x) < 0x1p500;
}

TH_INLINE double th_asinh_fast_f64(double x) {
    double a = __builtin_fabs(x), q = __builtin_sqrt(a * a + 1.0), d = 1.0 + q;
    unsigned long long b = th_bits_f64(a + q) + 0x00095f619980c433ull;
    double k = th_float_f64((b >> 52) | 0x4330000000000000ull) - (0x1p52 + 1023.0);
    double p = th_float_f64(0x7fe0000000000000ull - (b & 0xfff0000000000000ull));
    double num = p * (a * (d + a)) + (p - 1.0) * d;
    double r = num / (0.5 * num + d), s = 0.5 * r;
    double y = k * 0x1.ef35793c7673p-45 + (r + s * th_log_tail_f64(s * s));
    return __builtin_copysign(k * 0x1.62e42fefa38p-1 + y, x);
}

TH_INLINE double th_asinh_f64(double x) {
    if (th_asinh_fits_f64(x))
        return th_asinh_fast_f64(x);
    return __builtin_copysign(th_log_f64(__builtin_fabs(x)) + 0x1.62e42fefa39efp-1, x);
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

TH_INLINE int th_asinh_fits_f32(float x) {
    return __builtin_fabsf(x) < 0x1p60f;
}

TH_INLINE float th_asinh_fast_f32(float x) {
    float a = __builtin_fabsf(x), q = __builtin_sqrtf(a * a + 1.0f), d = 1.0f + q;
    unsigned int b = th_bits_f32(a + q) + 0x004afb0du;
    float k = (float)(int)(b >> 23) - 127.0f;
    float p = th_float_f32(0x7f000000u - (b & 0xff800000u));
    float num = p * (a * (d + a)) + (p - 1.0f) * d;
    float r = num / (0.5f * num + d), s = 0.5f * r;
    float y = k * 0x1.7f7d1cp-20f + (r + s * th_log_tail_f32(s * s));
    return __builtin_copysignf(k * 0x1.62e4p-1f + y, x);
}

TH_INLINE float th_asinh_f32(float x) {
    if (th_asinh_fits_f32(x))
        return th_asinh_fast_f32(x);
    return __builtin_copysignf(th_log_f32(__builtin_fabsf(x)) + 0x1.62e430p-1f, x);
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
