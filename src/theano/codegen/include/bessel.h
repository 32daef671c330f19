/* Bessel functions J and I of orders 0 and 1 for generated code, made to be vectorised; special.h has other orders.

   Written like arithmetic.h, which says how. tools/minimax.py prints the polynomials. */

/* For z = x^2 <= 1: J0(x) = 1 - z / 4 + z^2 p(z), J1(x) = x (1/2 + z p(z)). Up to x = 5 a polynomial in z - 13
   times the factors of the first two roots, which are known in two parts. Beyond, modulus and phase, DLMF 10.18:
   J(x) = m(t) cos(x - (2n + 1) pi / 4 + p(t) / x) / sqrt(x), t = 1 / x^2; there errors are small beside m(t) / sqrt(x). */

TH_INLINE double th_j0_small_f64(double z) {
    double z2 = z * z, odd = -0x1.522356c2ef2bdp-39, even = 0x1.4df1c2d616541p-47;
    odd = odd * z2 - 0x1.2345678455471p-24;
    odd = odd * z2 - 0x1.c71c71c71c7p-12;
    even = even * z2 + 0x1.02e8562d9f8bdp-31;
    even = even * z2 + 0x1.c71c71c71783fp-18;
    even = even * z2 + 0x1p-6;
    return odd * z + even;
}

TH_INLINE double th_j0_middle_f64(double z) {
    double z2 = z * z, odd = -0x1.24455616e2c59p-111, even = 0x1.273f32fc0718p-121;
    odd = odd * z2 - 0x1.7c860a053cd2dp-92;
    odd = odd * z2 - 0x1.0e515cbd701efp-73;
    odd = odd * z2 - 0x1.7680d59f6f755p-56;
    odd = odd * z2 - 0x1.acbba47105b1dp-40;
    odd = odd * z2 - 0x1.346cd644a837ep-25;
    odd = odd * z2 - 0x1.3bd100884343ap-13;
    even = even * z2 + 0x1.f9c846d49549fp-102;
    even = even * z2 + 0x1.ec45561d97f1dp-83;
    even = even * z2 + 0x1.f08a1dce741ap-65;
    even = even * z2 + 0x1.c59b623bfdab2p-48;
    even = even * z2 + 0x1.3081bf156d172p-32;
    even = even * z2 + 0x1.9ba1ac6bff745p-19;
    even = even * z2 + 0x1.97cd7f9024534p-9;
    return odd * z + even;
}

TH_INLINE double th_j0_modulus_f64(double t) {
    double t2 = t * t, odd = -0x1.0a8b171ae67dp+57, even = 0x1.894b2068f2adep+55;
    odd = odd * t2 - 0x1.0c4eb58c44001p+53;
    odd = odd * t2 - 0x1.047f47e9f7944p+46;
    odd = odd * t2 - 0x1.22f7f46713ba6p+37;
    odd = odd * t2 - 0x1.0bd8708444542p+27;
    odd = odd * t2 - 0x1.473b5a86033adp+16;
    odd = odd * t2 - 0x1.5478353e0b5f4p+6;
    odd = odd * t2 - 0x1.bb85ff1ef55aep-2;
    odd = odd * t2 - 0x1.9884533d3d364p-5;
    even = even * t2 + 0x1.c20e335a0e024p+49;
    even = even * t2 + 0x1.bbe4a0081e44bp+41;
    even = even * t2 + 0x1.311fdb52d077ap+32;
    even = even * t2 + 0x1.a49738c89fc47p+21;
    even = even * t2 + 0x1.2254b9c3269e2p+11;
    even = even * t2 + 0x1.2aa296aaf0992p+2;
    even = even * t2 + 0x1.524d94ca3e9eap-4;
    even = even * t2 + 0x1.9884533d4365p-1;
    return odd * t + even;
}

TH_INLINE double th_j0_phase_f64(double t) {
    double t2 = t * t, odd = 0x1.d882258eaf663p+59, even = -0x1.656fab4aef471p+58;
    odd = odd * t2 + 0x1.f4d4e375fb3d6p+55;
    odd = odd * t2 + 0x1.0175622fdb1fbp+49;
    odd = odd * t2 + 0x1.30ce585448a21p+40;
    odd = odd * t2 + 0x1.2355d1cf5a5e9p+30;
    odd = odd * t2 + 0x1.4fbab1b0b1789p+19;
    odd = odd * t2 + 0x1.0a6c128198b42p+9;
    odd = odd * t2 + 0x1.a3574a379c18cp+0;
    odd = odd * t2 + 0x1.0aaaaaaa11059p-4;
    even = even * t2 - 0x1.affeff2cbfe2p+52;
    even = even * t2 - 0x1.c3ec10e218cc1p+44;
    even = even * t2 - 0x1.477577694a6c4p+35;
    even = even * t2 - 0x1.c5549e816b855p+24;
    even = even * t2 - 0x1.0becd21ea38ddp+14;
    even = even * t2 - 0x1.77792520f5077p+4;
    even = even * t2 - 0x1.ad3330f5222f2p-3;
    even = even * t2 - 0x1.fffffffffff9dp-4;
    return odd * t + even;
}

TH_INLINE double th_j1_small_f64(double z) {
    double z2 = z * z, odd = 0x1.27de485f4d9fdp-35, even = -0x1.4dbc47af09cd6p-43;
    odd = odd * z2 + 0x1.6c16c163c7891p-21;
    odd = odd * z2 + 0x1.5555555555536p-9;
    even = even * z2 - 0x1.845c7fc733c8bp-28;
    even = even * z2 - 0x1.c71c71c715d77p-15;
    even = even * z2 - 0x1p-4;
    return odd * z + even;
}

TH_INLINE double th_j1_middle_f64(double z) {
    double z2 = z * z, odd = -0x1.20959ea0eeb46p-116, even = 0x1.12f4d43cf9b2p-126;
    odd = odd * z2 - 0x1.abe5a76be7c49p-97;
    odd = odd * z2 - 0x1.60c40e3c515e6p-78;
    odd = odd * z2 - 0x1.22ce79ae981fp-60;
    odd = odd * z2 - 0x1.9a452cbcf6ed5p-44;
    odd = odd * z2 - 0x1.7ef10a4519786p-29;
    odd = odd * z2 - 0x1.143db22bc4a07p-16;
    even = even * z2 + 0x1.09ee9adfbf2b7p-106;
    even = even * z2 + 0x1.295d88b860eaep-87;
    even = even * z2 + 0x1.6028386fc08c6p-69;
    even = even * z2 + 0x1.84fe8f1cab069p-52;
    even = even * z2 + 0x1.494edc8c7acaep-36;
    even = even * z2 + 0x1.2b59c3b537becp-22;
    even = even * z2 + 0x1.bcaaac43be88bp-12;
    return odd * z + even;
}

TH_INLINE double th_j1_modulus_f64(double t) {
    double t2 = t * t, odd = 0x1.2c2e12245ea51p+57, even = -0x1.bb1c7fdcd147p+55;
    odd = odd * t2 + 0x1.2e73f8c215a18p+53;
    odd = odd * t2 + 0x1.261df9ea71502p+46;
    odd = odd * t2 + 0x1.498cf92231b82p+37;
    odd = odd * t2 + 0x1.31aceea49aea4p+27;
    odd = odd * t2 + 0x1.7de1c0dc7dfcdp+16;
    odd = odd * t2 + 0x1.a6f8facdb698fp+6;
    odd = odd * t2 + 0x1.48fa37958dce9p-1;
    odd = odd * t2 + 0x1.32633e6df0d03p-3;
    even = even * t2 - 0x1.fbad4228295dp+49;
    even = even * t2 - 0x1.f5d1b6961f6d3p+41;
    even = even * t2 - 0x1.5a94495a2db6p+32;
    even = even * t2 - 0x1.e3e9b804397c3p+21;
    even = even * t2 - 0x1.5b08331a1670ap+11;
    even = even * t2 - 0x1.8b3548c0e3691p+2;
    even = even * t2 - 0x1.3bf6584cf141bp-3;
    even = even * t2 + 0x1.9884533d43651p-1;
    return odd * t + even;
}

TH_INLINE double th_j1_phase_f64(double t) {
    double t2 = t * t, odd = -0x1.0a898902ee72ep+60, even = 0x1.936adca877fd8p+58;
    odd = odd * t2 - 0x1.1ac61d07b808cp+56;
    odd = odd * t2 - 0x1.232ab8de40c2bp+49;
    odd = odd * t2 - 0x1.59b4ca4987382p+40;
    odd = odd * t2 - 0x1.4ca5800527654p+30;
    odd = odd * t2 - 0x1.86c752385ab88p+19;
    odd = odd * t2 - 0x1.48073b0851a55p+9;
    odd = odd * t2 - 0x1.2f47ded103dccp+1;
    odd = odd * t2 - 0x1.4fffffffa9c22p-3;
    even = even * t2 + 0x1.e822c08023dd6p+52;
    even = even * t2 + 0x1.ffb1e25ff2448p+44;
    even = even * t2 + 0x1.745a830832031p+35;
    even = even * t2 + 0x1.049f74569bb5cp+25;
    even = even * t2 + 0x1.3e85200c4646ap+14;
    even = even * t2 + 0x1.e9d7035c4982ep+4;
    even = even * t2 + 0x1.7bcccb8ac71eep-2;
    even = even * t2 + 0x1.7ffffffffffe4p-2;
    return odd * t + even;
}

TH_INLINE int th_j0_fits_f64(double x) {
    return !(__builtin_fabs(x) > 0x1p20);
}

TH_INLINE double th_j0_fast_f64(double x) {
    double a = __builtin_fabs(x), z = a * a, i = 1.0 / a, t = i * i;
    double small = 1.0 + (z * z * th_j0_small_f64(z) - 0.25 * z);
    double near = ((a - 0x1.33d152e971b4p+1) + 0x1.0f539d7da258ep-53) * (a + 0x1.33d152e971b4p+1);
    near *= ((a - 0x1.6148f5b2c2e45p+2) - 0x1.75054cd60a517p-54) * (a + 0x1.6148f5b2c2e45p+2);
    near *= th_j0_middle_f64(z - 13.0);
    double shift = th_j0_phase_f64(t) * i, q = (a + shift) * 0x1.45f306dc9c883p-1 - 0.5 + 0x1.8p52;
    unsigned long long n = th_bits_f64(q);
    q = (q - 0x1.8p52) + 0.5;
    double r = (((a - q * 0x1.921fb544p+0) - q * 0x1.0b4611a6p-34) - q * 0x1.3198a2e037073p-69) + shift;
    double s = th_sin_small_f64(r), c = th_cos_small_f64(r);
    double y = (n & 1 ? s : c) * (th_j0_modulus_f64(t) * __builtin_sqrt(i));
    y = th_float_f64(th_bits_f64(y) ^ (((n + 1) << 62) & 0x8000000000000000ull));
    y = a < 5.0 ? near : y;
    return a < 1.0 ? small : y;
}

TH_INLINE double th_j0_f64(double x) {
    return th_j0_fits_f64(x) ? th_j0_fast_f64(x) : __builtin_j0(x);
}

TH_INLINE int th_j1_fits_f64(double x) {
    return !(__builtin_fabs(x) > 0x1p20);
}

TH_INLINE double th_j1_fast_f64(double x) {
    double a = __builtin_fabs(x), z = a * a, i = 1.0 / a, t = i * i;
    double small = a * (0.5 + z * th_j1_small_f64(z));
    double near = ((a - 0x1.ea75575af6f09p+1) + 0x1.60155a9d1b256p-53) * (a + 0x1.ea75575af6f09p+1);
    near *= ((a - 0x1.c0ff5f3b4725p+2) + 0x1.b226d9d243827p-54) * (a + 0x1.c0ff5f3b4725p+2);
    near *= th_j1_middle_f64(z - 13.0) * a;
    double shift = th_j1_phase_f64(t) * i, q = (a + shift) * 0x1.45f306dc9c883p-1 - 0.5 + 0x1.8p52;
    unsigned long long n = th_bits_f64(q);
    q = (q - 0x1.8p52) + 0.5;
    double r = (((a - q * 0x1.921fb544p+0) - q * 0x1.0b4611a6p-34) - q * 0x1.3198a2e037073p-69) + shift;
    double s = th_sin_small_f64(r), c = th_cos_small_f64(r);
    double y = (n & 1 ? c : s) * (th_j1_modulus_f64(t) * __builtin_sqrt(i));
    y = th_float_f64(th_bits_f64(y) ^ ((n << 62) & 0x8000000000000000ull));
    y = a < 5.0 ? near : y;
    y = a < 1.0 ? small : y;
    return th_float_f64(th_bits_f64(y) ^ (th_bits_f64(x) & 0x8000000000000000ull));
}

TH_INLINE double th_j1_f64(double x) {
    return th_j1_fits_f64(x) ? th_j1_fast_f64(x) : __builtin_j1(x);
}

/* I(x) from z = x^2 / 4 <= 16, of which what was rounded off matters: d log I / dz is about 1/2 - z / 60. Beyond,
   exp(8) sqrt(x) exp(-x) I(x) is a polynomial in 1 / x - 1/16. */

TH_INLINE double th_i0_near_f64(double z) {
    double z2 = z * z, odd = 0x1.4190e55c7a295p-89, even = 0x1.e18d3254521f9p-97;
    odd = odd * z2 + 0x1.3d8f06f11c79fp-73;
    odd = odd * z2 + 0x1.4196a15427cd6p-58;
    odd = odd * z2 + 0x1.560187449c9c5p-44;
    odd = odd * z2 + 0x1.522a43f599f5dp-31;
    odd = odd * z2 + 0x1.02e85c089872cp-19;
    odd = odd * z2 + 0x1.c71c71c71c71ap-10;
    odd = odd * z2 + 0x1p-2;
    even = even * z2 + 0x1.6fe46902c66afp-81;
    even = even * z2 + 0x1.e739b8c9f88b1p-66;
    even = even * z2 + 0x1.69cab09c2a79ap-51;
    even = even * z2 + 0x1.0b313295860f6p-37;
    even = even * z2 + 0x1.522a43f65cea3p-25;
    even = even * z2 + 0x1.23456789abd0ep-14;
    even = even * z2 + 0x1.c71c71c71c71dp-6;
    even = even * z2 + 0x1p+0;
    return odd * z + even;
}

TH_INLINE double th_i0_far_f64(double t) {
    double t2 = t * t, odd = -0x1.20a67869d993bp+68, even = -0x1.71e6e5ac2a03ap+73;
    odd = odd * t2 + 0x1.092268fef326ep+63;
    odd = odd * t2 - 0x1.e2968a8dd79dp+56;
    odd = odd * t2 + 0x1.38dd1f1a54821p+50;
    odd = odd * t2 - 0x1.6282397b9879p+43;
    odd = odd * t2 + 0x1.7ace8b8ee20b7p+36;
    odd = odd * t2 - 0x1.4f81867081f6dp+29;
    odd = odd * t2 + 0x1.79ec186deb465p+20;
    odd = odd * t2 + 0x1.ebb075687ca2bp+14;
    odd = odd * t2 + 0x1.d0bceaef2741fp+9;
    odd = odd * t2 + 0x1.101cebc267f18p+7;
    odd = odd * t2 + 0x1.4090b4ac477fap+7;
    even = even * t2 + 0x1.60fd850d7e943p+68;
    even = even * t2 - 0x1.3b99f045ecf37p+62;
    even = even * t2 + 0x1.65fd55b59e646p+55;
    even = even * t2 - 0x1.271b2ecdef753p+48;
    even = even * t2 + 0x1.720f283446635p+40;
    even = even * t2 - 0x1.0db380d09de92p+32;
    even = even * t2 - 0x1.519dfc1167417p+24;
    even = even * t2 + 0x1.0d6d216c040b3p+18;
    even = even * t2 + 0x1.15530200c51e2p+12;
    even = even * t2 + 0x1.21e2721dfe289p+8;
    even = even * t2 + 0x1.9fccb92a59222p+6;
    even = even * t2 + 0x1.2bb7c304edda1p+10;
    return odd * t + even;
}

TH_INLINE double th_i1_near_f64(double z) {
    double z2 = z * z, odd = 0x1.31a303da0917bp-94, even = 0x1.a613b283f8cb7p-102;
    odd = odd * z2 + 0x1.52d26c30eaa72p-78;
    odd = odd * z2 + 0x1.8bcd5d75d575dp-63;
    odd = odd * z2 + 0x1.f17696af69db5p-49;
    odd = odd * z2 + 0x1.2c9758da8e767p-35;
    odd = odd * z2 + 0x1.27e4fb7789cbdp-23;
    odd = odd * z2 + 0x1.6c16c16c16c16p-13;
    odd = odd * z2 + 0x1.5555555555555p-5;
    even = even * z2 + 0x1.6f36afe0ff175p-86;
    even = even * z2 + 0x1.1667f43e0260dp-70;
    even = even * z2 + 0x1.e2638f535fe3ep-56;
    even = even * z2 + 0x1.ab81ea827d142p-42;
    even = even * z2 + 0x1.522a43f659675p-29;
    even = even * z2 + 0x1.845c8a0ce5148p-18;
    even = even * z2 + 0x1.c71c71c71c71cp-9;
    even = even * z2 + 0x1p-2;
    return odd * z + even;
}

TH_INLINE double th_i1_far_f64(double t) {
    double t2 = t * t, odd = 0x1.0b0e77930bbd2p+68, even = 0x1.7fd9d2c3594aep+73;
    odd = odd * t2 - 0x1.eab25e7be963bp+62;
    odd = odd * t2 + 0x1.c18897587bbdp+56;
    odd = odd * t2 - 0x1.28c5a2e2ba19fp+50;
    odd = odd * t2 + 0x1.5a9b3c871727dp+43;
    odd = odd * t2 - 0x1.7f51227afe676p+36;
    odd = odd * t2 + 0x1.5f25516ffb202p+29;
    odd = odd * t2 - 0x1.a596781c12e03p+20;
    odd = odd * t2 - 0x1.0d9f0a903abap+15;
    odd = odd * t2 - 0x1.103e16664c39ep+10;
    odd = odd * t2 - 0x1.6f3dcf09320b2p+7;
    odd = odd * t2 - 0x1.d102602dc2b8p+8;
    even = even * t2 - 0x1.6e992e0c5c748p+68;
    even = even * t2 + 0x1.4834f3cb3f83ep+62;
    even = even * t2 - 0x1.754051af8fc6ap+55;
    even = even * t2 + 0x1.3561e47cd5991p+48;
    even = even * t2 - 0x1.88d9720f6bee9p+40;
    even = even * t2 + 0x1.2a2602bd8b56ap+32;
    even = even * t2 + 0x1.50f7e266201bdp+24;
    even = even * t2 - 0x1.24406d5827933p+18;
    even = even * t2 - 0x1.389dc0d34f6edp+12;
    even = even * t2 - 0x1.6677d94291892p+8;
    even = even * t2 - 0x1.4e9bd33a70ba2p+7;
    even = even * t2 + 0x1.2231f2d630e25p+10;
    return odd * t + even;
}

TH_INLINE double th_i0_f64(double x) {
    double a = __builtin_fabs(x), low, z = th_product_f64(0.5 * a, 0.5 * a, &low);
    double near = 1.0 + z * th_i0_near_f64(z);
    near += near * (low * (0.5 - 0.0166 * z));
    a = a > 720.0 ? 720.0 : a;
    double i = 1.0 / a, y = th_exp_f64(a - 8.0) * (th_i0_far_f64(i - 0.0625) * __builtin_sqrt(i));
    return a < 8.0 ? near : y;
}

TH_INLINE double th_i1_f64(double x) {
    double a = __builtin_fabs(x), low, z = th_product_f64(0.5 * a, 0.5 * a, &low);
    double near = a * (0.5 + z * th_i1_near_f64(z));
    near += near * (low * (0.5 - 0.0166 * z));
    a = a > 720.0 ? 720.0 : a;
    double i = 1.0 / a, y = th_exp_f64(a - 8.0) * (th_i1_far_f64(i - 0.0625) * __builtin_sqrt(i));
    return __builtin_copysign(a < 8.0 ? near : y, x);
}
