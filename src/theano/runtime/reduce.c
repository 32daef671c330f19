/* Picks the reduction loops for this CPU. */
#include "levels.h"
#include "reduce.h"

#define INF __builtin_inf()

static inline float half_to_float(uint16_t h)
{
    union { uint32_t u; float f; } x = { (uint32_t)(h & 0x7fff) << 13 };
    x.f *= 0x1p112f;
    x.u |= (h & 0x7c00) == 0x7c00 ? 0x7f800000u : 0;
    x.u |= (uint32_t)(h & 0x8000) << 16;
    return x.f;
}

static inline uint16_t float_to_half(float f)
{
    union { float f; uint32_t u; } x = { f }, small;
    uint32_t sign = x.u >> 16 & 0x8000;
    x.u &= 0x7fffffff;
    small.f = x.f + 0.5f;
    uint32_t normal = (x.u + 0xc8000fff + (x.u >> 13 & 1)) >> 13;
    uint32_t huge = x.u > 0x7f800000 ? 0x7e00 : 0x7c00;
    uint32_t h = x.u < 0x38800000 ? small.u - 0x3f000000 : normal;
    return (uint16_t)(sign | (x.u >= 0x47800000 ? huge : h));
}

/* Halves are ordered like the integers that their bits make, with the magnitude of negative ones turned round. */
static inline int16_t half_order(uint16_t h)
{
    int16_t i = (int16_t)h;
    return (int16_t)(i ^ ((i >> 15) & 0x7fff));
}

static inline int half_is_nan(uint16_t h)
{
    return (h & 0x7fff) > 0x7c00;
}

#define LEVEL(name) base_##name
#include "reduce_loops.h"
#undef LEVEL

#ifdef TH_LEVELS
#pragma GCC push_options
TH_TARGET_AVX2
#define LEVEL(name) avx2_##name
#include "reduce_loops.h"
#undef LEVEL
#pragma GCC pop_options
#pragma GCC push_options
TH_TARGET_AVX512
#define LEVEL(name) avx512_##name
#include "reduce_loops.h"
#undef LEVEL
#pragma GCC pop_options
#endif

enum { WIDENINGS = sizeof base_widenings / sizeof *base_widenings };

static const th_reducer *find_widening(const th_widening *w, int from, int dtype, int reduction)
{
    for (int k = 0; k < WIDENINGS; k++)
        if (w[k].from == from && w[k].to == dtype && w[k].reduction == reduction) return &w[k].reducer;
    return NULL;
}

static const th_reducer *reducer_at(const th_reducer (*table)[TH_OR + 1], const th_widening *widenings, int from,
                                    int dtype, int reduction)
{
    if (from != dtype) return find_widening(widenings, from, dtype, reduction);
    return table[dtype][reduction].rows ? &table[dtype][reduction] : NULL;
}

const th_reducer *th_reducer_of(int from, int dtype, int reduction)
{
    switch (th_level()) {
#ifdef TH_LEVELS
    case TH_LEVEL_AVX512: return reducer_at(avx512_reducers, avx512_widenings, from, dtype, reduction);
    case TH_LEVEL_AVX2: return reducer_at(avx2_reducers, avx2_widenings, from, dtype, reduction);
#endif
    }
    return reducer_at(base_reducers, base_widenings, from, dtype, reduction);
}
