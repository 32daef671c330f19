/* erf and erfc for generated code, made to be vectorised.

   Written like arithmetic.h, which says how. */

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
