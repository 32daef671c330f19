/* Complex numbers for generated code, made to be vectorised. Written like arithmetic.h, which says how; names end with
   the dtype. Values at infinities and nan are NumPy's, which are libm's.

   What is written here for double is read for float as well; of EITHER(a, b) float takes b. */

TH_INLINE double _Complex th_multiply_c128(double _Complex a, double _Complex b) {
    double ar = __real__ a, ai = __imag__ a, br = __real__ b, bi = __imag__ b;
    return __builtin_complex(ar * br - ai * bi, ar * bi + ai * br);
}

/* Smith's algorithm, as NumPy's; a / 0 divides both parts by 0. */

TH_INLINE double _Complex th_divide_c128(double _Complex a, double _Complex b) {
    double ar = __real__ a, ai = __imag__ a, br = __real__ b, bi = __imag__ b;
    int big = __builtin_fabs(br) >= __builtin_fabs(bi), zero = (br == 0.0) & (bi == 0.0);
    double p = big ? br : bi, q = big ? bi : br, x = big ? ar : ai, y = big ? ai : ar;
    double ratio = q / p, scale = 1.0 / (p + q * ratio);
    double re = (x + y * ratio) * scale, im = (y - x * ratio) * scale, inf = __builtin_inf();
    im = big ? im : -im;
    return __builtin_complex(zero ? ar * inf : re, zero ? ai * inf : im);
}

TH_INLINE double _Complex th_inverse_c128(double _Complex z) {
    double _Complex one = __builtin_complex(1.0, 0.0);
    return th_divide_c128(one, z);
}

/* Squares of numbers scaled by a power of two neither overflow nor vanish. */

TH_INLINE double th_cabs_c128(double _Complex z) {
    double a = __builtin_fabs(__real__ z), b = __builtin_fabs(__imag__ z), inf = __builtin_inf();
    double high = a < b ? b : a, most = EITHER(0x1p510, 0x1p60), least = EITHER(0x1p-480, 0x1p-40);
    double scale = high > most ? EITHER(0x1p-520, 0x1p-70) : (high < least ? EITHER(0x1p520, 0x1p70) : 1.0);
    double back = high > most ? EITHER(0x1p520, 0x1p70) : (high < least ? EITHER(0x1p-520, 0x1p-70) : 1.0);
    a *= scale;
    b *= scale;
    return (a == inf) | (b == inf) ? inf : __builtin_sqrt(a * a + b * b) * back;
}

TH_INLINE double th_carg_c128(double _Complex z) {
    return th_atan2_f64(__imag__ z, __real__ z);
}

TH_INLINE double _Complex th_polar_c128(double _Complex r, double _Complex t) {
    return __builtin_complex(__real__ r * th_cos_f64(__real__ t), __real__ r * th_sin_f64(__real__ t));
}

TH_INLINE int th_polar_fits_c128(double _Complex r, double _Complex t) {
    return th_sin_fits_f64(__real__ t);
}

TH_INLINE double _Complex th_polar_fast_c128(double _Complex r, double _Complex t) {
    return __builtin_complex(__real__ r * th_cos_fast_f64(__real__ t), __real__ r * th_sin_fast_f64(__real__ t));
}

/* From here on each function has a twin that is right where exponentials are normal numbers and trigonometry needs no
   long reduction; beyond, libm speaks. */

TH_INLINE int th_cexp_fits_f64(double x, double y) {
    return (__builtin_fabs(x) <= EITHER(700.0, 85.0)) & (__builtin_fabs(y) <= EITHER(0x1p20, 0x1p16));
}

TH_INLINE int th_exp_fits_c128(double _Complex z) {
    return th_cexp_fits_f64(__real__ z, __imag__ z);
}

TH_INLINE double _Complex th_exp_fast_c128(double _Complex z) {
    double e = th_exp_fast_f64(__real__ z);
    return __builtin_complex(e * th_cos_fast_f64(__imag__ z), e * th_sin_fast_f64(__imag__ z));
}

TH_INLINE double _Complex th_exp_c128(double _Complex z) {
    return th_exp_fits_c128(z) ? th_exp_fast_c128(z) : __builtin_cexp(z);
}

TH_INLINE int th_exp2_fits_c128(double _Complex z) {
    return th_cexp_fits_f64(__real__ z, __imag__ z);
}

TH_INLINE double _Complex th_exp2_fast_c128(double _Complex z) {
    double e = th_exp2_f64(__real__ z), t = __imag__ z * 0x1.62e42fefa39efp-1;
    return __builtin_complex(e * th_cos_fast_f64(t), e * th_sin_fast_f64(t));
}

TH_INLINE double _Complex th_exp2_c128(double _Complex z) {
    double _Complex w = __builtin_complex(__real__ z * 0x1.62e42fefa39efp-1, __imag__ z * 0x1.62e42fefa39efp-1);
    return th_exp2_fits_c128(z) ? th_exp2_fast_c128(z) : __builtin_cexp(w);
}

/* exp(x) cos(y) - 1 = expm1(x) cos(y) - 2 sin(y / 2)^2. */

TH_INLINE int th_expm1_fits_c128(double _Complex z) {
    return th_cexp_fits_f64(__real__ z, __imag__ z);
}

TH_INLINE double _Complex th_expm1_fast_c128(double _Complex z) {
    double x = __real__ z, y = __imag__ z, s = th_sin_fast_f64(y * 0.5);
    double re = th_expm1_f64(x) * th_cos_fast_f64(y) - 2.0 * s * s;
    return __builtin_complex(re, th_exp_fast_f64(x) * th_sin_fast_f64(y));
}

TH_INLINE double _Complex th_expm1_c128(double _Complex z) {
    double x = __real__ z, y = __imag__ z, s = th_sin_f64(y * 0.5);
    double _Complex w = __builtin_complex(th_expm1_f64(x) * th_cos_f64(y) - 2.0 * s * s, th_exp_f64(x) * th_sin_f64(y));
    return th_expm1_fits_c128(z) ? th_expm1_fast_c128(z) : w;
}

/* log(x^2 + y^2) / 2; near 1 what was rounded off in the squares matters. Of floats k comes times 2^23. */

TH_INLINE double th_log_modulus_f64(double x, double y) {
    double a = __builtin_fabs(x), b = __builtin_fabs(y), pl, ql, k;
    double high = a < b ? b : a, low = a < b ? a : b;
    double p = th_product_f64(high, high, &pl), q = th_product_f64(low, low, &ql), h = p + q;
    double m = th_split_log_f64(h, &k), rest = ((p - h) + q) + (pl + ql);
    double f = (m - 1.0) + (k == 0.0 ? rest : 0.0);
    double high_half = EITHER(0x1.62e42fefa38p-2, 0x1.62e4p-25);
    double low_half = EITHER(0x1.ef35793c7673p-46, 0x1.7f7d1cp-44);
    return k * high_half + (k * low_half + 0.5 * th_log1p_small_f64(f));
}

TH_INLINE int th_clog_fits_f64(double x, double y) {
    double a = __builtin_fabs(x), b = __builtin_fabs(y), high = a < b ? b : a;
    double least = EITHER(0x1p-450, 0x1p-45), most = EITHER(0x1p500, 0x1p60);
    return (high > least) & (high < most) & (a <= most) & (b <= most);
}

TH_INLINE int th_log_fits_c128(double _Complex z) {
    return th_clog_fits_f64(__real__ z, __imag__ z);
}

TH_INLINE double _Complex th_log_fast_c128(double _Complex z) {
    double x = __real__ z, y = __imag__ z;
    return __builtin_complex(th_log_modulus_f64(x, y), th_atan2_f64(y, x));
}

TH_INLINE double _Complex th_log_c128(double _Complex z) {
    return th_log_fits_c128(z) ? th_log_fast_c128(z) : __builtin_clog(z);
}

TH_INLINE int th_log2_fits_c128(double _Complex z) {
    return th_clog_fits_f64(__real__ z, __imag__ z);
}

TH_INLINE double _Complex th_log2_fast_c128(double _Complex z) {
    double _Complex w = th_log_fast_c128(z);
    return __builtin_complex(__real__ w * 0x1.71547652b82fep+0, __imag__ w * 0x1.71547652b82fep+0);
}

TH_INLINE double _Complex th_log2_c128(double _Complex z) {
    double _Complex w = th_log_c128(z);
    return __builtin_complex(__real__ w * 0x1.71547652b82fep+0, __imag__ w * 0x1.71547652b82fep+0);
}

TH_INLINE int th_log10_fits_c128(double _Complex z) {
    return th_clog_fits_f64(__real__ z, __imag__ z);
}

TH_INLINE double _Complex th_log10_fast_c128(double _Complex z) {
    double _Complex w = th_log_fast_c128(z);
    return __builtin_complex(__real__ w * 0x1.bcb7b1526e50ep-2, __imag__ w * 0x1.bcb7b1526e50ep-2);
}

TH_INLINE double _Complex th_log10_c128(double _Complex z) {
    double _Complex w = th_log_c128(z);
    return __builtin_complex(__real__ w * 0x1.bcb7b1526e50ep-2, __imag__ w * 0x1.bcb7b1526e50ep-2);
}

/* log1p(x (2 + x) + y^2) / 2 where that is small. */

TH_INLINE int th_log1p_fits_c128(double _Complex z) {
    return th_clog_fits_f64(1.0 + __real__ z, __imag__ z);
}

TH_INLINE double _Complex th_log1p_fast_c128(double _Complex z) {
    double x = __real__ z, y = __imag__ z, u = 1.0 + x;
    double near = 0.5 * th_log1p_f64(x * (2.0 + x) + y * y);
    int small = (__builtin_fabs(x) < 0.5) & (__builtin_fabs(y) < 0.5);
    return __builtin_complex(small ? near : th_log_modulus_f64(u, y), th_atan2_f64(y, u));
}

TH_INLINE double _Complex th_log1p_c128(double _Complex z) {
    double _Complex u = __builtin_complex(1.0 + __real__ z, __imag__ z);
    return th_log1p_fits_c128(z) ? th_log1p_fast_c128(z) : __builtin_clog(u);
}

TH_INLINE int th_sqrt_fits_c128(double _Complex z) {
    return th_clog_fits_f64(__real__ z, __imag__ z);
}

TH_INLINE double _Complex th_sqrt_fast_c128(double _Complex z) {
    double x = __real__ z, y = __imag__ z;
    double t = __builtin_sqrt(0.5 * (__builtin_sqrt(x * x + y * y) + __builtin_fabs(x))), u = 0.5 * y / t;
    return __builtin_complex(x < 0.0 ? __builtin_fabs(u) : t, x < 0.0 ? __builtin_copysign(t, y) : u);
}

TH_INLINE double _Complex th_sqrt_c128(double _Complex z) {
    return th_sqrt_fits_c128(z) ? th_sqrt_fast_c128(z) : __builtin_csqrt(z);
}

TH_INLINE int th_sinh_fits_c128(double _Complex z) {
    return th_cexp_fits_f64(__real__ z, __imag__ z);
}

TH_INLINE double _Complex th_sinh_fast_c128(double _Complex z) {
    double x = __real__ z, y = __imag__ z;
    return __builtin_complex(th_sinh_f64(x) * th_cos_fast_f64(y), th_cosh_f64(x) * th_sin_fast_f64(y));
}

TH_INLINE double _Complex th_sinh_c128(double _Complex z) {
    return th_sinh_fits_c128(z) ? th_sinh_fast_c128(z) : __builtin_csinh(z);
}

TH_INLINE int th_cosh_fits_c128(double _Complex z) {
    return th_cexp_fits_f64(__real__ z, __imag__ z);
}

TH_INLINE double _Complex th_cosh_fast_c128(double _Complex z) {
    double x = __real__ z, y = __imag__ z;
    return __builtin_complex(th_cosh_f64(x) * th_cos_fast_f64(y), th_sinh_f64(x) * th_sin_fast_f64(y));
}

TH_INLINE double _Complex th_cosh_c128(double _Complex z) {
    return th_cosh_fits_c128(z) ? th_cosh_fast_c128(z) : __builtin_ccosh(z);
}

TH_INLINE int th_sin_fits_c128(double _Complex z) {
    return th_cexp_fits_f64(__imag__ z, __real__ z);
}

TH_INLINE double _Complex th_sin_fast_c128(double _Complex z) {
    double x = __real__ z, y = __imag__ z;
    return __builtin_complex(th_sin_fast_f64(x) * th_cosh_f64(y), th_cos_fast_f64(x) * th_sinh_f64(y));
}

TH_INLINE double _Complex th_sin_c128(double _Complex z) {
    return th_sin_fits_c128(z) ? th_sin_fast_c128(z) : __builtin_csin(z);
}

TH_INLINE int th_cos_fits_c128(double _Complex z) {
    return th_cexp_fits_f64(__imag__ z, __real__ z);
}

TH_INLINE double _Complex th_cos_fast_c128(double _Complex z) {
    double x = __real__ z, y = __imag__ z;
    return __builtin_complex(th_cos_fast_f64(x) * th_cosh_f64(y), -(th_sin_fast_f64(x) * th_sinh_f64(y)));
}

TH_INLINE double _Complex th_cos_c128(double _Complex z) {
    return th_cos_fits_c128(z) ? th_cos_fast_c128(z) : __builtin_ccos(z);
}

/* tanh(x + iy) = (sinh(x) cosh(x) + i sin(y) cos(y)) / (sinh(x)^2 + cos(y)^2), and tan(z) = -i tanh(iz). */

TH_INLINE int th_tanh_fits_c128(double _Complex z) {
    return (__builtin_fabs(__real__ z) <= EITHER(300.0, 40.0)) & (__builtin_fabs(__imag__ z) <= EITHER(0x1p20, 0x1p16));
}

TH_INLINE double _Complex th_tanh_fast_c128(double _Complex z) {
    double sh = th_sinh_f64(__real__ z), ch = th_cosh_f64(__real__ z);
    double s = th_sin_fast_f64(__imag__ z), c = th_cos_fast_f64(__imag__ z), d = 1.0 / (sh * sh + c * c);
    return __builtin_complex(sh * ch * d, s * c * d);
}

TH_INLINE double _Complex th_tanh_c128(double _Complex z) {
    return th_tanh_fits_c128(z) ? th_tanh_fast_c128(z) : __builtin_ctanh(z);
}

TH_INLINE int th_tan_fits_c128(double _Complex z) {
    return (__builtin_fabs(__imag__ z) <= EITHER(300.0, 40.0)) & (__builtin_fabs(__real__ z) <= EITHER(0x1p20, 0x1p16));
}

TH_INLINE double _Complex th_tan_fast_c128(double _Complex z) {
    double sh = th_sinh_f64(__imag__ z), ch = th_cosh_f64(__imag__ z);
    double s = th_sin_fast_f64(__real__ z), c = th_cos_fast_f64(__real__ z), d = 1.0 / (sh * sh + c * c);
    return __builtin_complex(s * c * d, sh * ch * d);
}

TH_INLINE double _Complex th_tan_c128(double _Complex z) {
    return th_tan_fits_c128(z) ? th_tan_fast_c128(z) : __builtin_ctan(z);
}

/* As NumPy's: small whole powers are products, which are exact where libm's logarithms are not, and z^0 is 1. */

TH_INLINE double _Complex th_whole_power_c128(double _Complex z, int n) {
    int left = n < 0 ? -n : n;
    double _Complex square = z, product = z;
    if (left == 2)
        product = th_multiply_c128(z, z);
    if (left == 3)
        product = th_multiply_c128(z, th_multiply_c128(z, z));
    if (n < 0 || left > 3)
        for (product = 1.0; left; left >>= 1) {
            if (left & 1)
                product = th_multiply_c128(product, square);
            square = th_multiply_c128(square, square);
        }
    return n < 0 ? th_inverse_c128(product) : product;
}

TH_INLINE double _Complex th_pow_c128(double _Complex a, double _Complex b) {
    double x = __real__ b, y = __imag__ b, nan = __builtin_nan("");
    if ((x == 0.0) & (y == 0.0))
        return 1.0;
    if ((__real__ a == 0.0) & (__imag__ a == 0.0))
        return x > 0.0 ? 0.0 : __builtin_complex(nan, nan);
    if ((y == 0.0) & (__builtin_fabs(x) < 100.0) & (th_floor_f64(x) == x))
        return th_whole_power_c128(a, (int)x);
    return __builtin_cpow(a, b);
}
