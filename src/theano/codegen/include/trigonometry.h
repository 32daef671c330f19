/* Trigonometric functions and their inverses, for generated code.

   Written like arithmetic.h, which says how. */

/* Trigonometry: x = n pi/2 + r, pi/2 in three parts. th_sin_fast_f64 and its kin are right and
   vectorise where th_sin_fits_f64 holds; th_sin_f64 calls libm beyond. */

TH_INLINE double th_reduce_trig_f64(double x, unsigned long long *n) {
    double t = x * 0x1.45f306dc9c883p-1 + 0x1.8p52;
    *n = th_bits_f64(t);
    t -= 0x1.8p52;
    return ((x - t * 0x1.921fb544p+0) - t * 0x1.0b4611a6p-34) - t * 0x1.3198a2e037073p-69;
}

TH_INLINE float th_reduce_trig_f32(float x, unsigned int *n) {
    float t = x * 0x1.45f306p-1f + 0x1.8p23f;
    *n = th_bits_f32(t);
    t -= 0x1.8p23f;
#ifdef TH_FMA
    float r = __builtin_fmaf(t, -0x1.921fb6p+0f, x);
    r = __builtin_fmaf(t, 0x1.777a5cp-25f, r);
    return __builtin_fmaf(t, 0x1.ee59dap-50f, r);
#else
    double d = (double)x - (double)t * 0x1.921fb544p+0;
    return (float)(d - (double)t * 0x1.0b4611a626331p-34);
#endif
}

TH_INLINE double th_sin_small_f64(double r) {
    double z = r * r;
    double z2 = z * z, odd = 0x1.5d7dbc5b1db8ap-33, even = -0x1.ae5e1e7afccbep-26;
    odd = odd * z2 + 0x1.71de351e6ae45p-19;
    odd = odd * z2 + 0x1.111111110f578p-7;
    even = even * z2 - 0x1.a01a019badb83p-13;
    even = even * z2 - 0x1.5555555555547p-3;
    double p = odd * z + even;
    return r + r * (z * p);
}

TH_INLINE double th_cos_small_f64(double r) {
    double z = r * r;
    double z2 = z * z, odd = -0x1.8f94239eb744ap-37, even = 0x1.1ee9b9e859579p-29;
    odd = odd * z2 - 0x1.27e4f7c23abbbp-22;
    odd = odd * z2 - 0x1.6c16c16c14dc4p-10;
    even = even * z2 + 0x1.a01a019c515dap-16;
    even = even * z2 + 0x1.555555555554ap-5;
    double p = odd * z + even;
    return (1.0 - 0.5 * z) + z * z * p;
}

TH_INLINE int th_sin_fits_f64(double x) {
    return !(__builtin_fabs(x) > 0x1p20);
}

TH_INLINE double th_sin_fast_f64(double x) {
    unsigned long long n;
    double r = th_reduce_trig_f64(__builtin_fabs(x), &n);
    double s = th_sin_small_f64(r), c = th_cos_small_f64(r);
    unsigned long long sign = (n << 62) ^ th_bits_f64(x);
    r = n & 1 ? c : s;
    return th_float_f64(th_bits_f64(r) ^ (sign & 0x8000000000000000ull));
}

TH_INLINE double th_sin_f64(double x) {
    return th_sin_fits_f64(x) ? th_sin_fast_f64(x) : __builtin_sin(x);
}

TH_INLINE int th_cos_fits_f64(double x) {
    return !(__builtin_fabs(x) > 0x1p20);
}

TH_INLINE double th_cos_fast_f64(double x) {
    unsigned long long n;
    double r = th_reduce_trig_f64(__builtin_fabs(x), &n);
    double s = th_sin_small_f64(r), c = th_cos_small_f64(r);
    r = n & 1 ? s : c;
    return th_float_f64(th_bits_f64(r) ^ (((n + 1) << 62) & 0x8000000000000000ull));
}

TH_INLINE double th_cos_f64(double x) {
    return th_cos_fits_f64(x) ? th_cos_fast_f64(x) : __builtin_cos(x);
}

TH_INLINE int th_tan_fits_f64(double x) {
    return !(__builtin_fabs(x) > 0x1p20);
}

TH_INLINE double th_tan_fast_f64(double x) {
    unsigned long long n;
    double r = th_reduce_trig_f64(__builtin_fabs(x), &n);
    double s = th_sin_small_f64(r), c = th_cos_small_f64(r);
    unsigned long long b = (th_bits_f64(s) ^ th_bits_f64(c)) & -(n & 1);
    r = th_float_f64(th_bits_f64(s) ^ b) / th_float_f64(th_bits_f64(c) ^ b);
    return th_float_f64(th_bits_f64(r) ^ (((n << 63) ^ th_bits_f64(x)) & 0x8000000000000000ull));
}

TH_INLINE double th_tan_f64(double x) {
    return th_tan_fits_f64(x) ? th_tan_fast_f64(x) : __builtin_tan(x);
}

TH_INLINE float th_sin_small_f32(float r) {
    float z = r * r;
    float p = -0x1.991684p-13f;
    p = p * z + 0x1.1106bcp-7f;
    p = p * z - 0x1.555544p-3f;
    return r + r * (z * p);
}

TH_INLINE float th_cos_small_f32(float r) {
    float z = r * r;
    float p = 0x1.99e0e6p-16f;
    p = p * z - 0x1.6c0c1ap-10f;
    p = p * z + 0x1.55554ap-5f;
    return (1.0f - 0.5f * z) + z * z * p;
}

TH_INLINE int th_sin_fits_f32(float x) {
    return !(__builtin_fabsf(x) > 0x1p16f);
}

TH_INLINE float th_sin_fast_f32(float x) {
    unsigned int n;
    float r = th_reduce_trig_f32(__builtin_fabsf(x), &n);
    float s = th_sin_small_f32(r), c = th_cos_small_f32(r);
    unsigned int sign = (n << 30) ^ th_bits_f32(x);
    r = n & 1 ? c : s;
    return th_float_f32(th_bits_f32(r) ^ (sign & 0x80000000u));
}

TH_INLINE float th_sin_f32(float x) {
    return th_sin_fits_f32(x) ? th_sin_fast_f32(x) : __builtin_sinf(x);
}

TH_INLINE int th_cos_fits_f32(float x) {
    return !(__builtin_fabsf(x) > 0x1p16f);
}

TH_INLINE float th_cos_fast_f32(float x) {
    unsigned int n;
    float r = th_reduce_trig_f32(__builtin_fabsf(x), &n);
    float s = th_sin_small_f32(r), c = th_cos_small_f32(r);
    r = n & 1 ? s : c;
    return th_float_f32(th_bits_f32(r) ^ (((n + 1) << 30) & 0x80000000u));
}

TH_INLINE float th_cos_f32(float x) {
    return th_cos_fits_f32(x) ? th_cos_fast_f32(x) : __builtin_cosf(x);
}

TH_INLINE int th_tan_fits_f32(float x) {
    return !(__builtin_fabsf(x) > 0x1p16f);
}

TH_INLINE float th_tan_fast_f32(float x) {
    unsigned int n;
    float r = th_reduce_trig_f32(__builtin_fabsf(x), &n);
    float s = th_sin_small_f32(r), c = th_cos_small_f32(r);
    unsigned int b = (th_bits_f32(s) ^ th_bits_f32(c)) & -(n & 1);
    r = th_float_f32(th_bits_f32(s) ^ b) / th_float_f32(th_bits_f32(c) ^ b);
    return th_float_f32(th_bits_f32(r) ^ (((n << 31) ^ th_bits_f32(x)) & 0x80000000u));
}

TH_INLINE float th_tan_f32(float x) {
    return th_tan_fits_f32(x) ? th_tan_fast_f32(x) : __builtin_tanf(x);
}

/* One of two by its bits: of a condition that the compiler sees it makes two paths, each with a division of its own. */

TH_INLINE double th_select_f64(unsigned long long mask, double x, double y) {
    return th_float_f64((th_bits_f64(x) & mask) | (th_bits_f64(y) & ~mask));
}

/* Inverse trigonometry: atan t = j pi/4 + atan u with |u| <= tan(pi/8);
   asin x = pi/2 - 2 asin sqrt((1 - x) / 2) beyond 1/2. */

TH_INLINE double th_atan_small_f64(double x) {
    double z = x * x;
    double z2 = z * z, odd = 0x1.37d58a75f98c5p-5, even = -0x1.2567ec142f069p-6;
    odd = odd * z2 + 0x1.df0f76752cabdp-5;
    odd = odd * z2 + 0x1.3b1119a288c55p-4;
    odd = odd * z2 + 0x1.c71c70e66b46ap-4;
    odd = odd * z2 + 0x1.9999999995888p-3;
    even = even * z2 - 0x1.9cd3193765fc6p-5;
    even = even * z2 - 0x1.10ebbcc8708d1p-4;
    even = even * z2 - 0x1.745cf8e595eddp-4;
    even = even * z2 - 0x1.24924922ae4dbp-3;
    even = even * z2 - 0x1.555555555553dp-2;
    double p = odd * z + even;
    return x * z * p;
}

TH_INLINE double th_atan_f64(double x) {
    double t = __builtin_fabs(x);
    unsigned long long far = t > 0x1.3504f3p+1 ? ~0ull : 0;             /* tan(3 pi/8) */
    unsigned long long between = t > 0x1.a8279ap-2 ? ~0ull : 0;         /* tan(pi/8) */
    double above = th_select_f64(far, -1.0, t - th_select_f64(between, 1.0, 0.0));
    double below = th_select_f64(far, t, 1.0 + th_select_f64(between, t, 0.0));
    double high = th_select_f64(far, 0x1.921fb54442d18p+0, th_select_f64(between, 0x1.921fb54442d18p-1, 0.0));
    double low = th_select_f64(far, 0x1.1a62633145c07p-54, th_select_f64(between, 0x1.1a62633145c07p-55, 0.0));
    double u = above / below;
    return __builtin_copysign(high + (u + (th_atan_small_f64(u) + low)), x);
}

TH_INLINE float th_select_f32(unsigned int mask, float x, float y) {
    return th_float_f32((th_bits_f32(x) & mask) | (th_bits_f32(y) & ~mask));
}

TH_INLINE float th_atan_small_f32(float x) {
    float z = x * x;
    float z2 = z * z, odd = 0x1.b2265p-4f, even = -0x1.f2ec0ap-5f;
    odd = odd * z2 + 0x1.9991e4p-3f;
    even = even * z2 - 0x1.23b9ccp-3f;
    even = even * z2 - 0x1.55554ap-2f;
    float p = odd * z + even;
    return x * z * p;
}

TH_INLINE float th_atan_f32(float x) {
    float t = __builtin_fabsf(x);
    unsigned int far = t > 0x1.3504f3p+1f ? ~0u : 0, between = t > 0x1.a8279ap-2f ? ~0u : 0;
    float above = th_select_f32(far, -1.0f, t - th_select_f32(between, 1.0f, 0.0f));
    float below = th_select_f32(far, t, 1.0f + th_select_f32(between, t, 0.0f));
    float high = th_select_f32(far, 0x1.921fb6p+0f, th_select_f32(between, 0x1.921fb6p-1f, 0.0f));
    float low = th_select_f32(far, -0x1.777a5cp-25f, th_select_f32(between, -0x1.777a5cp-26f, 0.0f));
    float u = above / below;
    return __builtin_copysignf(high + (u + (th_atan_small_f32(u) + low)), x);
}

/* atan2(y, x) = j pi/4 + g atan u. Two infinities count as 1 and 1, one infinity as 1 and 0. */

TH_INLINE double th_atan2_of_f64(int steep, double high, double low, double x) {
    double j = steep ? 2.0 : 0.0, g = 1.0 - j;
    double side = __builtin_copysign(1.0, x);
    double c = low > 0x1.a8279ap-2 * high ? 1.0 : 0.0;
    double u = (low - high * c) / (high + low * c);
    j = 2.0 - side * (2.0 - (j + g * c));
    g *= side;
    return j * 0x1.921fb54442d18p-1 + (g * u + (g * th_atan_small_f64(u) + j * 0x1.1a62633145c07p-55));
}

TH_INLINE double th_atan2_f64(double y, double x) {
    double a = __builtin_fabs(y), b = __builtin_fabs(x), inf = __builtin_inf();
    double high = a < b ? b : a, low = a < b ? a : b;
    low = low == inf ? 1.0 : (high == inf ? 0.0 : low);
    high = high == inf ? 1.0 : high;
    double scale = high > 0x1p1000 ? 0x1p-30 : 1.0;
    high = high == 0.0 ? 1.0 : high * scale;
    low *= scale;
    double u = th_atan2_of_f64(a > b, high, low, x);
    return __builtin_isunordered(x, y) ? __builtin_nan("") : __builtin_copysign(u, y);
}

TH_INLINE int th_atan2_fits_f64(double y, double x) {
    double a = __builtin_fabs(y), b = __builtin_fabs(x);
    return (a <= 0x1p1000) & (b <= 0x1p1000) & (a + b > 0.0);
}

TH_INLINE double th_atan2_fast_f64(double y, double x) {
    double a = __builtin_fabs(y), b = __builtin_fabs(x);
    double high = a < b ? b : a, low = a < b ? a : b;
    double u = th_atan2_of_f64(a > b, high, low, x);
    return __builtin_copysign(u, y);
}

TH_INLINE double th_asin_small_f64(double x, double z) {
    double z2 = z * z, odd = 0x1.05ce12f44139fp-5, even = -0x1.0af3f3fe86614p-6;
    odd = odd * z2 + 0x1.40b1453865971p-6;
    odd = odd * z2 + 0x1.8ee4872c5164ep-7;
    odd = odd * z2 + 0x1.1c6c2774d7e67p-6;
    odd = odd * z2 + 0x1.f1c72c6d1324ap-6;
    odd = odd * z2 + 0x1.333333336f877p-4;
    even = even * z2 + 0x1.aab4a501d8033p-8;
    even = even * z2 + 0x1.c6f882f31ffecp-7;
    even = even * z2 + 0x1.6e89ef7f1eda5p-6;
    even = even * z2 + 0x1.6db6db41d4976p-5;
    even = even * z2 + 0x1.5555555555387p-3;
    double p = odd * z + even;
    return x * z * p;
}

TH_INLINE double th_asin_f64(double x) {
    double a = __builtin_fabs(x);
    unsigned long long far = a > 0.5 ? ~(unsigned long long)0 : 0;
    double z = th_select_f64(far, (1.0 - a) * 0.5, a * a);
    double w = th_select_f64(far, __builtin_sqrt(z), a);
    double j = th_select_f64(far, 1.0, 0.0), g = 1.0 - 3.0 * j;
    z = g * th_asin_small_f64(w, z) + j * 0x1.1a62633145c07p-54;
    w = j * 0x1.921fb54442d18p+0 + (g * w + z);
    return __builtin_copysign(w, x);
}

TH_INLINE double th_acos_f64(double x) {
    double a = __builtin_fabs(x), side = __builtin_copysign(1.0, x);
    unsigned long long far = a > 0.5 ? ~(unsigned long long)0 : 0;
    double z = th_select_f64(far, (1.0 - a) * 0.5, a * a);
    double w = th_select_f64(far, __builtin_sqrt(z), a);
    double j = 1.0 - th_select_f64(far, side, 0.0);
    double g = side * th_select_f64(far, 2.0, -1.0);
    z = g * th_asin_small_f64(w, z) + j * 0x1.1a62633145c07p-54;
    return j * 0x1.921fb54442d18p+0 + (g * w + z);
}

TH_INLINE float th_atan2_of_f32(int steep, float high, float low, float x) {
    float j = steep ? 2.0f : 0.0f, g = 1.0f - j;
    float side = __builtin_copysignf(1.0f, x);
    float c = low > 0x1.a8279ap-2f * high ? 1.0f : 0.0f;
    float u = (low - high * c) / (high + low * c);
    j = 2.0f - side * (2.0f - (j + g * c));
    g *= side;
    return j * 0x1.921fb6p-1f + (g * u + (g * th_atan_small_f32(u) + j * -0x1.777a5cp-26f));
}

TH_INLINE float th_atan2_f32(float y, float x) {
    float a = __builtin_fabsf(y), b = __builtin_fabsf(x), inf = __builtin_inff();
    float high = a < b ? b : a, low = a < b ? a : b;
    low = low == inf ? 1.0f : (high == inf ? 0.0f : low);
    high = high == inf ? 1.0f : high;
    float scale = high > 0x1p120f ? 0x1p-30f : 1.0f;
    high = high == 0.0f ? 1.0f : high * scale;
    low *= scale;
    float u = th_atan2_of_f32(a > b, high, low, x);
    return __builtin_isunordered(x, y) ? __builtin_nanf("") : __builtin_copysignf(u, y);
}

TH_INLINE int th_atan2_fits_f32(float y, float x) {
    float a = __builtin_fabsf(y), b = __builtin_fabsf(x);
    return (a <= 0x1p120f) & (b <= 0x1p120f) & (a + b > 0.0f);
}

TH_INLINE float th_atan2_fast_f32(float y, float x) {
    float a = __builtin_fabsf(y), b = __builtin_fabsf(x);
    float high = a < b ? b : a, low = a < b ? a : b;
    float u = th_atan2_of_f32(a > b, high, low, x);
    return __builtin_copysignf(u, y);
}

TH_INLINE float th_asin_small_f32(float x, float z) {
    float z2 = z * z, odd = 0x1.8bb578p-6f, even = 0x1.59cc5p-5f;
    odd = odd * z2 + 0x1.33016ap-4f;
    even = even * z2 + 0x1.748a28p-5f;
    even = even * z2 + 0x1.5555cap-3f;
    float p = odd * z + even;
    return x * z * p;
}

TH_INLINE float th_asin_f32(float x) {
    float a = __builtin_fabsf(x);
    unsigned int far = a > 0.5f ? ~(unsigned int)0 : 0;
    float z = th_select_f32(far, (1.0f - a) * 0.5f, a * a);
    float w = th_select_f32(far, __builtin_sqrtf(z), a);
    float j = th_select_f32(far, 1.0f, 0.0f), g = 1.0f - 3.0f * j;
    z = g * th_asin_small_f32(w, z) + j * -0x1.777a5cp-25f;
    w = j * 0x1.921fb6p+0f + (g * w + z);
    return __builtin_copysignf(w, x);
}

TH_INLINE float th_acos_f32(float x) {
    float a = __builtin_fabsf(x), side = __builtin_copysignf(1.0f, x);
    unsigned int far = a > 0.5f ? ~(unsigned int)0 : 0;
    float z = th_select_f32(far, (1.0f - a) * 0.5f, a * a);
    float w = th_select_f32(far, __builtin_sqrtf(z), a);
    float j = 1.0f - th_select_f32(far, side, 0.0f);
    float g = side * th_select_f32(far, 2.0f, -1.0f);
    z = g * th_asin_small_f32(w, z) + j * -0x1.777a5cp-25f;
    return j * 0x1.921fb6p+0f + (g * w + z);
}
