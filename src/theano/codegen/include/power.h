/* Powers and cube roots for generated code, made to be vectorised.

   Written like arithmetic.h, which says how. */

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

/* y log2(x) in two parts: log2 m = c s + s z p(z), c = 2 / log 2, with what s and the products leave out. */

TH_INLINE float th_pow_exponent_f32(float x, float y, float *low) {
    float k, m = th_split_bits_f32(th_bits_f32(x), 0x3f800000u, &k), rest, more;
    float f = m - 1.0f, d = m + 1.0f, inverse = 1.0f / d, s = f * inverse, z = s * s;
    float sl = (th_remainder_f32(f, s, d) - s * (m - (d - 1.0f))) * (inverse * 0x1.715476p+1f);
    float p = 0x1.b96fdep-2f;
    p = p * z + 0x1.274bb4p-1f;
    p = p * z + 0x1.ec70d4p-1f;
    float c = th_product_f32(s, 0x1.715476p+1f, &rest), t = s * z * p;
    float h = k * 0x1p-23f + c, l = h + t;
    rest += s * 0x1.4ae0cp-25f + (sl * z + sl) + ((k * 0x1p-23f - h) + c) + ((h - l) + t);
    float e = th_product_f32(y, l, &more);
    *low = y * rest + more;
    return e;
}

TH_INLINE int th_pow_fits_f32(float x, float y) {
    float low;
    return th_log2_fits_f32(x) & (__builtin_fabsf(th_pow_exponent_f32(x, y, &low)) < 64.0f);
}

TH_INLINE float th_pow_fast_f32(float x, float y) {
    unsigned int k;
    float low, u = th_reduce_exp2_f32(th_pow_exponent_f32(x, y, &low), &k);
    return th_float_f32(th_bits_f32(th_exp2_small_f32(u + low)) + k);
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
    double l = (k * 0x1.62e42fefa39efp-24 + s * (2.0 + z * p)) * y;
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
