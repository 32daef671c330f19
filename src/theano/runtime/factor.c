/* Picks the loops of factor_loops.h for this CPU. */
#include <math.h>
#include "factor.h"
#include "levels.h"
#include "vm.h"

enum { SMALL = 32 };            /* rows up to which they are the better choice without products of our own */

#define REAL float
#define DTYPE TH_FLOAT32
#define LANES 4
#define NAME(x) f32_base_##x
#include "factor_loops.h"

#define REAL double
#define DTYPE TH_FLOAT64
#define LANES 2
#define NAME(x) f64_base_##x
#include "factor_loops.h"

#ifdef TH_LEVELS
#pragma GCC push_options
TH_TARGET_AVX2
#define REAL float
#define DTYPE TH_FLOAT32
#define LANES 8
#define NAME(x) f32_avx2_##x
#include "factor_loops.h"

#define REAL double
#define DTYPE TH_FLOAT64
#define LANES 4
#define NAME(x) f64_avx2_##x
#include "factor_loops.h"

#pragma GCC pop_options
#pragma GCC push_options
TH_TARGET_AVX512
#define REAL float
#define DTYPE TH_FLOAT32
#define LANES 16
#define NAME(x) f32_avx512_##x
#include "factor_loops.h"

#define REAL double
#define DTYPE TH_FLOAT64
#define LANES 8
#define NAME(x) f64_avx512_##x
#include "factor_loops.h"
#pragma GCC pop_options
#endif

#define ROW(level) \
    {{f32_##level##_lu, f32_##level##_cholesky, f32_##level##_invert, f32_##level##_left, f32_##level##_right}, \
     {f64_##level##_lu, f64_##level##_cholesky, f64_##level##_invert, f64_##level##_left, f64_##level##_right}}

static int most_level = TH_LEVEL_AVX512;

void th_limit_factors(int level) { most_level = level; }

const th_factors *th_factors_of(int dtype, int64_t n)
{
    static const th_factors loops[][2] = {
        ROW(base),
#ifdef TH_LEVELS
        ROW(avx2), ROW(avx512),
#endif
    };
    int level = th_level() < most_level ? th_level() : most_level;
    if ((dtype != TH_FLOAT32 && dtype != TH_FLOAT64)
        || (n > SMALL && (level < TH_LEVEL_AVX512 || !th_products_of(dtype))))
        return NULL;
    return &loops[level][dtype == TH_FLOAT64];
}
