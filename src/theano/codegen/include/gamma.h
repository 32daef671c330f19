/* Gamma and digamma for generated code, made to be vectorised; special.h has the rest of their family.

   Written like arithmetic.h, which says how. tools/minimax.py prints the polynomials. */

/* sin(pi x) and cos(pi x) without rounding pi x: x = n / 2 + r. */

TH_INLINE double th_trig_pi_f64(double x, double *cosine) {
    double n = th_rint_f64(x * 2.0), low, r = th_product_f64(x - n * 0.5, 0x1.921fb54442d18p+1, &low);
    double sine = th_sin_small_f64(r), c = th_cos_small_f64(r), s = sine + c * low;
    c -= sine * low;
    double q = n - 4.0 * th_rint_f64(n * 0.25);
    unsigned long long flip = (q == -1.0) | (__builtin_fabs(q) == 2.0) ? 0x8000000000000000ull : 0;
    double y = __builtin_fabs(q) == 1.0 ? c : s, z = __builtin_fabs(q) == 1.0 ? -s : c;
    *cosine = th_float_f64(th_bits_f64(z) ^ flip);
    return th_float_f64(th_bits_f64(y) ^ flip);
}

/* (gamma(2 + u) - 1) / u for |u| <= 1/2. */

TH_INLINE double th_gamma_near_f64(double u) {
    double u2 = u * u, odd = 0x1.53f17c0668344p-21, even = -0x1.6a8622ab9472p-20;
    odd = odd * u2 + 0x1.ebcb8b5a854efp-20;
    odd = odd * u2 + 0x1.00567a19a9d45p-17;
    odd = odd * u2 + 0x1.fee3e13cfaafp-16;
    odd = odd * u2 + 0x1.fe5658fbf0254p-14;
    odd = odd * u2 + 0x1.011ad323c3007p-11;
    odd = odd * u2 + 0x1.13c449c5f1d9p-9;
    odd = odd * u2 + 0x1.6d7eeac9f0ddbp-7;
    odd = odd * u2 + 0x1.301fbb0f25a59p-4;
    odd = odd * u2 + 0x1.a5b978b96bebfp-2;
    even = even * u2 - 0x1.de8f5dd9b2bbcp-19;
    even = even * u2 - 0x1.00fe0e260410fp-16;
    even = even * u2 - 0x1.fdd3648d849dbp-15;
    even = even * u2 - 0x1.f94b9c8e22996p-13;
    even = even * u2 - 0x1.e21f168f06ca8p-11;
    even = even * u2 - 0x1.75e6e916dabefp-9;
    even = even * u2 - 0x1.17f3740c08b21p-12;
    even = even * u2 + 0x1.4e23998464feep-4;
    even = even * u2 + 0x1.b0ee6072093cep-2;
    return odd * u + even;
}

/* x = m + u; the factors x, x + 1, ..., 1 + u or 2 + u, 3 + u, ..., x - 1 lead to gamma(2 + u). Their product has two
   parts. */

TH_INLINE int th_gamma_fits_f64(double x) {
    return (x > -10.5) & (x < 12.5);
}

TH_INLINE double th_gamma_fast_f64(double x) {
    double m = th_rint_f64(x), u = x - m, up = m < 2.0 ? 1.0 : 0.0;
    double n = __builtin_fabs(m - 2.0), k = m - 1.0 + up, step = up * 2.0 - 1.0, p = 1.0, low = 0.0;
#pragma GCC unroll 12
    for (int i = 0; i < 12; i++) {
        double f = k + u, g = u - (f - k), e;
        f = i < n ? f : 1.0;
        g = i < n ? g : 0.0;
        double q = th_product_f64(p, f, &e);
        low = low * f + (p * g + e);
        p = q;
        k += step;
    }
    p += low;
    double y = 1.0 + u * th_gamma_near_f64(u);
    y = (up == 1.0 ? y : y * p) / (up == 1.0 ? p : 1.0);
    y = (x < 0.0) & (u == 0.0) ? __builtin_nan("") : y;
    return x == 0.0 ? __builtin_copysign(__builtin_inf(), x) : y;
}

/* Beyond, Stirling's series DLMF 5.11.1 for log gamma(x) in two parts; for negative x, by reflection DLMF 5.5.3, for
   log(|x| gamma(|x|) / pi). The exponential is a square, so that nothing overflows early. */

TH_INLINE double th_gamma_f64(double x) {
    double a = __builtin_fabs(x), c, ll, pl;
    a = a > 200.0 ? 200.0 : a;
    double i = 1.0 / a, z = i * i, side = x < 0.0 ? 0.5 : -0.5, h = a + side;
    double s = 0x1.a41a41a41a41ap-8;
    s = s * z - 0x1.f6ab0d9993c7dp-10;
    s = s * z + 0x1.b951e2b18ff23p-11;
    s = s * z - 0x1.3813813813814p-11;
    s = s * z + 0x1.a01a01a01a01ap-11;
    s = s * z - 0x1.6c16c16c16c17p-9;
    s = (s * z + 0x1.5555555555555p-4) * i + (x < 0.0 ? 0x1.18ca26d2af675p-2 : 0x1.acfe390c97d69p-2);
    double l = th_log_two_parts_f64(a, &ll) - 1.0, p = th_product_f64(h, l, &pl);
    double e = p + s, el = (p - e) + s + (pl + h * ll + (a - (h - side)) * l);
    double y = th_exp_two_parts_f64(-e * side, -el * side);
    double sine = th_trig_pi_f64(x, &c);
    y = y / (x < 0.0 ? sine : 1.0) * y;
    y = (x < 0.0) & (x == th_rint_f64(x)) ? __builtin_nan("") : y;
    y = x == -__builtin_inf() ? __builtin_nan("") : y;
    y = x != x ? x : y;
    return th_gamma_fits_f64(x) ? th_gamma_fast_f64(x) : y;
}

/* Digamma over x - x0 near its root x0, 1 <= x <= 2, and (psi(h + 1/2) - log(h)) / w, w = 1 / h^2, for h >= 3/2. */

TH_INLINE double th_psi_near_f64(double d) {
    double d2 = d * d, odd = -0x1.264792a4a5ed1p-12, even = 0x1.fc46a9154d408p-14;
    odd = odd * d2 - 0x1.27941da3bddbfp-12;
    odd = odd * d2 - 0x1.8c6af030b389fp-11;
    odd = odd * d2 - 0x1.9c952a358a589p-10;
    odd = odd * d2 - 0x1.b9ba8d50c3602p-9;
    odd = odd * d2 - 0x1.d827af4aa9ae8p-8;
    odd = odd * d2 - 0x1.f9705229b3de9p-7;
    odd = odd * d2 - 0x1.0fa7ec34eb437p-5;
    odd = odd * d2 - 0x1.27baba261d028p-4;
    odd = odd * d2 - 0x1.4fc1317257de3p-3;
    odd = odd * d2 - 0x1.c563b54aa1a35p-2;
    even = even * d2 + 0x1.23b686574ec1ep-12;
    even = even * d2 + 0x1.efb105076cb6bp-12;
    even = even * d2 + 0x1.1db83502698d6p-10;
    even = even * d2 + 0x1.2dd8c2ad4022ep-9;
    even = even * d2 + 0x1.42e6507ef3c71p-8;
    even = even * d2 + 0x1.59559bccc7ff7p-7;
    even = even * d2 + 0x1.723d692d1e2d6p-6;
    even = even * d2 + 0x1.8fce02ae0f159p-5;
    even = even * d2 + 0x1.b9a5b63716fefp-4;
    even = even * d2 + 0x1.08b4294d50354p-2;
    even = even * d2 + 0x1.ef72bc8ee38acp-1;
    return odd * d + even;
}

TH_INLINE double th_psi_far_f64(double w) {
    double w2 = w * w, odd = -0x1.e644d6dbbe325p+6, even = 0x1.2423d28e7beeap+9;
    odd = odd * w2 - 0x1.47b24fc3b47cep+10;
    odd = odd * w2 - 0x1.b9e7ac7a4746dp+10;
    odd = odd * w2 - 0x1.5dc8b8f409afep+9;
    odd = odd * w2 - 0x1.aebd6f07734d5p+6;
    odd = odd * w2 - 0x1.f1fa6c75dd155p+2;
    odd = odd * w2 - 0x1.6daefe6a82075p-2;
    odd = odd * w2 - 0x1.5642e743510ccp-6;
    odd = odd * w2 - 0x1.0eeccc490333p-8;
    odd = odd * w2 - 0x1.ddddddd0b0835p-8;
    even = even * w2 + 0x1.c827365b87b25p+10;
    even = even * w2 + 0x1.3cec6210c80f6p+10;
    even = even * w2 + 0x1.3142126060d72p+8;
    even = even * w2 + 0x1.f65c9e31306e8p+4;
    even = even * w2 + 0x1.b5c41e9e73bb1p+0;
    even = even * w2 + 0x1.4276af96e0f87p-4;
    even = even * w2 + 0x1.ef1fd612c8be8p-8;
    even = even * w2 + 0x1.f7df6f657dd97p-9;
    even = even * w2 + 0x1.55555555543b9p-5;
    return odd * w + even;
}

TH_INLINE int th_psi_fits_f64(double x) {
    return !(x <= 0.0);
}

TH_INLINE double th_psi_fast_f64(double x) {
    double y = x < 1.0 ? x + 1.0 : x, h = y - 0.5;
    double i = 1.0 / (x < 1.0 ? x : h), w = i * i;
    double d = (y - 0x1.762d86356be3fp+0) - 0x1.b86a722197829p-54;
    double near = d * th_psi_near_f64(d), far = th_log_f64(h) + w * th_psi_far_f64(w);
    far = y < 2.0 ? near : far;
    return x < 1.0 ? far - i : far;
}

/* Reflection DLMF 5.5.4. */

TH_INLINE double th_psi_f64(double x) {
    double c, s = th_trig_pi_f64(x, &c);
    double y = th_psi_fast_f64(x > 0.0 ? x : 1.0 - x) - 0x1.921fb54442d18p+1 * c / s;
    y = x == th_rint_f64(x) ? __builtin_nan("") : y;
    y = x == 0.0 ? -__builtin_copysign(__builtin_inf(), x) : y;
    return x > 0.0 ? th_psi_fast_f64(x) : y;
}
