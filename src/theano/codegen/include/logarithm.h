/* Logarithms and softplus for generated code, made to be vectorised.

   Written like arithmetic.h, which says how. */

/* Logarithm family: x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)). With s = f / (2 + f),
   log(1 + f) = 2 atanh(s) = f - s (f - z p(z)), z = s^2. */

TH_INLINE double th_log_tail_f64(double z) {
    double z2 = z * z;
    double odd = 0x1.39a099f88024dp-3;
    odd = odd * z2 + 0x1.c71c51d873a77p-3;
    odd = odd * z2 + 0x1.999999997f9ffp-2;
    double even = 0x1.2f114e0a467a6p-3;
    even = even * z2 + 0x1.7466498876527p-3;
    even = even * z2 + 0x1.2492494229a3fp-2;
    even = even * z2 + 0x1.5555555555593p-1;
    return z * (odd * z + even);
}

TH_INLINE double th_log1p_small_f64(double f) {
    double s = f / (f + 2.0);
    return f - s * (f - th_log_tail_f64(s * s));
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

TH_INLINE double th_join_log_f64(double m, double k) {
    double y = k * 0x1.ef35793c7673p-45 + th_log1p_small_f64(m - 1.0);
    return k * 0x1.62e42fefa38p-1 + y;
}

TH_INLINE double th_join_log2_f64(double m, double k) {
    return th_log1p_small_f64(m - 1.0) * 0x1.71547652b82fep+0 + k;
}

TH_INLINE double th_join_log10_f64(double m, double k) {
    double rest, low = th_product_f64(k, 0x1.3fde623e2566bp-43, &rest);
    return k * 0x1.34413509f7p-2 + (th_log1p_small_f64(m - 1.0) * 0x1.bcb7b1526e50ep-2 + low);
}

TH_INLINE double th_log_f64(double x) {
    double k, m = th_split_log_f64(x, &k);
    return th_log_special_f64(x, th_join_log_f64(m, k));
}

TH_INLINE double th_log2_f64(double x) {
    double k, m = th_split_log_f64(x, &k);
    return th_log_special_f64(x, th_join_log2_f64(m, k));
}

TH_INLINE double th_log10_f64(double x) {
    double k, m = th_split_log_f64(x, &k);
    return th_log_special_f64(x, th_join_log10_f64(m, k));
}

/* Positive normal numbers need less: they are neither scaled, nor is the result any other than what is computed. */

TH_INLINE int th_is_positive_f64(double x) {
    return th_bits_f64(x) - 0x0010000000000000ull < 0x7fe0000000000000ull;
}

TH_INLINE double th_split_positive_f64(double x, double *k) {
    unsigned long long b = th_bits_f64(x) + 0x00095f619980c433ull;
    *k = th_float_f64((b >> 52) | 0x4330000000000000ull) - (0x1p52 + 1023.0);
    return th_float_f64((b & 0x000fffffffffffffull) + 0x3fe6a09e667f3bcdull);
}

TH_INLINE int th_log_fits_f64(double x) {
    return th_is_positive_f64(x);
}

TH_INLINE double th_log_fast_f64(double x) {
    double k, m = th_split_positive_f64(x, &k);
    return th_join_log_f64(m, k);
}

TH_INLINE int th_log2_fits_f64(double x) {
    return th_is_positive_f64(x);
}

TH_INLINE double th_log2_fast_f64(double x) {
    double k, m = th_split_positive_f64(x, &k);
    return th_join_log2_f64(m, k);
}

TH_INLINE int th_log10_fits_f64(double x) {
    return th_is_positive_f64(x);
}

TH_INLINE double th_log10_fast_f64(double x) {
    double k, m = th_split_positive_f64(x, &k);
    return th_join_log10_f64(m, k);
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

TH_INLINE float th_log_tail_f32(float z) {
    float p = 0x1.31e248p-2f;
    p = p * z + 0x1.995eccp-2f;
    p = p * z + 0x1.55557ap-1f;
    return z * p;
}

/* In single precision a polynomial takes less time than a division: f - f^2 (1/2 - f p(f)). */

TH_INLINE float th_log1p_small_f32(float f) {
    float z = f * f, odd = -0x1.38b834p-4f, even = 0x1.055e44p-3f;
    odd = odd * z - 0x1.0d860cp-3f;
    odd = odd * z - 0x1.547228p-3f;
    odd = odd * z - 0x1.000228p-2f;
    even = even * z + 0x1.22d9c4p-3f;
    even = even * z + 0x1.99a00cp-3f;
    even = even * z + 0x1.555554p-2f;
    return f - z * (0.5f - f * (odd * f + even));
}

/* 1 + f, and k times 2^23, of the bits of x times a power of two, of which `one` are the bits. */

TH_INLINE float th_split_bits_f32(unsigned int b, unsigned int one, float *k) {
    unsigned int e = (b - (one - 0x004afb0du)) & 0xff800000u;
    *k = (float)(int)e;
    return th_float_f32(b - e - (one - 0x3f800000u));
}

TH_INLINE float th_split_log_f32(float x, float *k) {
    unsigned int scale = x < 0x1p-126f ? 0x4b800000u : 0x3f800000u;
    return th_split_bits_f32(th_bits_f32(x * th_float_f32(scale)), scale, k);
}

TH_INLINE float th_log_special_f32(float x, float y) {
    y = x < __builtin_inff() ? y : x;
    return x > 0.0f ? y : (x == 0.0f ? -__builtin_inff() : __builtin_nanf(""));
}

/* Numbers that are neither special nor subnormal take the quick way. */

TH_INLINE unsigned int th_log2_outside_f32(float x) {
    return th_bits_f32(x) - 0x00800000u;
}

TH_INLINE int th_log2_fits_f32(float x) {
    return th_log2_outside_f32(x) < 0x7f000000u;
}

TH_INLINE float th_log2_sum_f32(float m, float k) {
    return th_log1p_small_f32(m - 1.0f) * 0x1.715476p+0f + k * 0x1p-23f;
}

TH_INLINE float th_log2_fast_f32(float x) {
    float k, m = th_split_bits_f32(th_bits_f32(x), 0x3f800000u, &k);
    return th_log2_sum_f32(m, k);
}

TH_INLINE float th_log2_f32(float x) {
    float k, m = th_split_log_f32(x, &k);
    return th_log_special_f32(x, th_log2_sum_f32(m, k));
}

TH_INLINE unsigned int th_log10_outside_f32(float x) {
    return th_log2_outside_f32(x);
}

TH_INLINE int th_log10_fits_f32(float x) {
    return th_log10_outside_f32(x) < 0x7f000000u;
}

TH_INLINE float th_log10_sum_f32(float m, float k) {
    float y = th_log1p_small_f32(m - 1.0f) * 0x1.bcb7b2p-2f + k * 0x1.3509f8p-41f;
    return k * 0x1.344p-25f + y;
}

TH_INLINE float th_log10_fast_f32(float x) {
    float k, m = th_split_bits_f32(th_bits_f32(x), 0x3f800000u, &k);
    return th_log10_sum_f32(m, k);
}

TH_INLINE float th_log10_f32(float x) {
    float k, m = th_split_log_f32(x, &k);
    return th_log_special_f32(x, th_log10_sum_f32(m, k));
}

TH_INLINE unsigned int th_log_outside_f32(float x) {
    return th_log2_outside_f32(x);
}

TH_INLINE int th_log_fits_f32(float x) {
    return th_log_outside_f32(x) < 0x7f000000u;
}

TH_INLINE float th_log_sum_f32(float m, float k) {
    float y = k * 0x1.7f7d1cp-43f + th_log1p_small_f32(m - 1.0f);
    return k * 0x1.62e4p-24f + y;
}

TH_INLINE float th_log_fast_f32(float x) {
    float k, m = th_split_bits_f32(th_bits_f32(x), 0x3f800000u, &k);
    return th_log_sum_f32(m, k);
}

TH_INLINE float th_log_f32(float x) {
    float k, m = th_split_log_f32(x, &k);
    return th_log_special_f32(x, th_log_sum_f32(m, k));
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
