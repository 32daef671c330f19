/* Picks the reduction loops for this CPU. */
#include "levels.h"
#include "reduce.h"
#include "../codegen/include/half.h"

#define INF __builtin_inf()

/* Floats of 16 bits are ordered like the integers that their bits make, with the magnitude of negative ones turned round. */
static inline int16_t half_order(uint16_t h)
{
    int16_t i = (int16_t)h;
    return (int16_t)(i ^ ((i >> 15) & 0x7fff));
}

enum { INF_F16 = 0x7c00, INF_BF16 = 0x7f80 };

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
    if (reduction == TH_SUPREMUM) reduction = TH_MAXIMUM;
    switch (th_level()) {
#ifdef TH_LEVELS
    case TH_LEVEL_AVX512: return reducer_at(avx512_reducers, avx512_widenings, from, dtype, reduction);
    case TH_LEVEL_AVX2: return reducer_at(avx2_reducers, avx2_widenings, from, dtype, reduction);
#endif
    }
    return reducer_at(base_reducers, base_widenings, from, dtype, reduction);
}
