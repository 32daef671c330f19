/* Floats of 16 bits, IEEE's half precision (f16) and bfloat16 (bf16), from and to single precision, where they are
   computed. Exact one way, rounded to nearest even the other way; nan, infinities and subnormals included.

   Paragraphs as in arithmetic.h; runtime/ includes this file, too. */

/* Scaling by 2^112 moves the exponent from one bias to the other and turns half's subnormals into normal numbers. */
static inline float th_from_f16(unsigned short h)
{
    union { unsigned u; float f; } x = { (unsigned)(h & 0x7fff) << 13 };
    x.f *= 0x1p112f;
    x.u |= (h & 0x7c00) == 0x7c00 ? 0x7f800000u : 0;
    x.u |= (unsigned)(h & 0x8000) << 16;
    return x.f;
}

/* Adding the right power of two rounds subnormals; an integer bias rounds the others. */
static inline unsigned short th_to_f16(float f)
{
    union { float f; unsigned u; } x = { f }, small;
    unsigned sign = x.u >> 16 & 0x8000;
    x.u &= 0x7fffffff;
    small.f = x.f + 0.5f;
    unsigned normal = (x.u + 0xc8000fff + (x.u >> 13 & 1)) >> 13;
    unsigned huge = x.u > 0x7f800000 ? 0x7e00 : 0x7c00;
    unsigned h = x.u < 0x38800000 ? small.u - 0x3f000000 : normal;
    return (unsigned short)(sign | (x.u >= 0x47800000 ? huge : h));
}

/* The upper half of a float's bits. */
static inline float th_from_bf16(unsigned short h)
{
    union { unsigned u; float f; } x = { (unsigned)h << 16 };
    return x.f;
}

static inline unsigned short th_to_bf16(float f)
{
    union { float f; unsigned u; } x = { f };
    unsigned rounded = (x.u + 0x7fff + (x.u >> 16 & 1)) >> 16;
    return (unsigned short)((x.u & 0x7fffffff) > 0x7f800000 ? x.u >> 16 | 0x40 : rounded);
}

/* Blocks, by the instructions of the CPU where it has some for that: compilers other than clang don't find them in
   loops. Sixteen or eight at a time; what is left over goes through a vector of its own. One function serves all
   loops of a file, which compiles faster. */

#define TH_APART static __attribute__((noinline, unused))

TH_APART void th_widen_f16(const unsigned short *h, float *f, long long n)
{
#if defined __GNUC__ && !defined __clang__ && defined __F16C__
    typedef short half8 __attribute__((vector_size(16), aligned(2), may_alias));
    typedef float float8 __attribute__((vector_size(32), aligned(4), may_alias));
    long long j = 0;
#ifdef __AVX512F__
    typedef short half16 __attribute__((vector_size(32), aligned(2), may_alias));
    typedef float float16 __attribute__((vector_size(64), aligned(4), may_alias));
    for (; j + 16 <= n; j += 16)
        *(float16 *)(f + j) = __builtin_ia32_vcvtph2ps512_mask(*(const half16 *)(h + j), (float16){ 0 }, -1, 4);
#endif
    for (; j + 8 <= n; j += 8) *(float8 *)(f + j) = __builtin_ia32_vcvtph2ps256(*(const half8 *)(h + j));
    if (j < n) {
        unsigned short few[8] = { 0 };
        for (int l = 0; l < n - j; l++) few[l] = h[j + l];
        float8 wide = __builtin_ia32_vcvtph2ps256(*(half8 *)few);
        for (int l = 0; l < n - j; l++) f[j + l] = wide[l];
    }
#elif defined __aarch64__ || defined __clang__ && defined __F16C__
    for (long long j = 0; j < n; j++) f[j] = ((const __fp16 *)h)[j];
#else
    for (long long j = 0; j < n; j++) f[j] = th_from_f16(h[j]);
#endif
}

TH_APART void th_narrow_f16(const float *f, unsigned short *h, long long n)
{
#if defined __GNUC__ && !defined __clang__ && defined __F16C__
    typedef short half8 __attribute__((vector_size(16), aligned(2), may_alias));
    typedef float float8 __attribute__((vector_size(32), aligned(4), may_alias));
    long long j = 0;
#ifdef __AVX512F__
    typedef short half16 __attribute__((vector_size(32), aligned(2), may_alias));
    typedef float float16 __attribute__((vector_size(64), aligned(4), may_alias));
    for (; j + 16 <= n; j += 16)
        *(half16 *)(h + j) = __builtin_ia32_vcvtps2ph512_mask(*(const float16 *)(f + j), 0, (half16){ 0 }, -1);
#endif
    for (; j + 8 <= n; j += 8) *(half8 *)(h + j) = __builtin_ia32_vcvtps2ph256(*(const float8 *)(f + j), 0);
    if (j < n) {
        float few[8] = { 0 };
        for (int l = 0; l < n - j; l++) few[l] = f[j + l];
        half8 small = __builtin_ia32_vcvtps2ph256(*(float8 *)few, 0);
        for (int l = 0; l < n - j; l++) h[j + l] = (unsigned short)small[l];
    }
#elif defined __aarch64__ || defined __clang__ && defined __F16C__
    for (long long j = 0; j < n; j++) ((__fp16 *)h)[j] = f[j];
#else
    for (long long j = 0; j < n; j++) h[j] = th_to_f16(f[j]);
#endif
}

TH_APART void th_widen_bf16(const unsigned short *h, float *f, long long n)
{
    for (long long j = 0; j < n; j++) f[j] = th_from_bf16(h[j]);
}

TH_APART void th_narrow_bf16(const float *f, unsigned short *h, long long n)
{
    for (long long j = 0; j < n; j++) h[j] = th_to_bf16(f[j]);
}
