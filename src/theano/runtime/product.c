/* Picks the product loops for this CPU. */
#include <stdlib.h>
#include <string.h>
#include "levels.h"
#include "product.h"
#include "vm.h"

/* With AVX-512, which BLAS libraries often do not use on CPUs newer than they are. */
#ifdef TH_LEVELS
#include <immintrin.h>

#define DEPTH 400               /* of a panel of B, so that it and the rows of A beside it stay near */
#define HEIGHT 480              /* rows of A that stay in the second cache */
#define OFTEN 96                /* reading a panel for more rows than this pays for copying it */
#define FAR 500000              /* bytes of B, or C, from which on what is wanted next is fetched meanwhile */
#define MANY 96                 /* rows of C with strips enough to fetch what the next panel adds to */
#define LENGTH 2048             /* of a piece of y, which stays in the first cache */
#define PIECE (1 << 14)         /* bytes of a factor, or of sums, that stay in the first cache */
#define FEW 4                   /* columns of a product for which tiles are too wide */
#define SMALL (1 << 20)         /* bytes of a matrix that stays in the second cache */
#define TALL 12                 /* rows of a tile: with two registers a row they leave 8 of 32 for the factors */
#define MIDDLE 8                /* of those at the lower edge */
#define SHORT 4
#define HENCE 16                /* columns of A behind that which a tile is at, to fetch where rows lie across them */
#define STRIPS 8                /* side by side for which contiguous columns of A are packed at once */
#define BROAD 256               /* columns of B for which it pays to pack A's strips where its columns are contiguous */
#define LITTLE 1024             /* numbers of a second factor that is worth a copy for one small product */

/* So many lines side by side of each of so many rows, `hop` bytes apart, the first at `at`; `row` comes next. (`at`
 * is 63 bytes behind the begin of a panel: where that is within a line, the panel before it has read this line.) */
typedef struct { char *at; int64_t hop, rows, row, lines; } sweep;

#pragma GCC push_options
TH_TARGET_AVX512
#define REAL float
#define INTEGER int32_t
#define LANES 16
#define LOAD_SOME(mask, from) _mm512_maskz_loadu_ps((__mmask16)(mask), from)
#define STORE_SOME(mask, to, x) _mm512_mask_storeu_ps(to, (__mmask16)(mask), x)
#define NAME(x) f32_##x
#include "few_loops.h"
#include "product_loops.h"
#undef REAL
#undef INTEGER
#undef LANES
#undef LOAD_SOME
#undef STORE_SOME
#undef NAME
#define REAL double
#define INTEGER int64_t
#define LANES 8
#define LOAD_SOME(mask, from) _mm512_maskz_loadu_pd((__mmask8)(mask), from)
#define STORE_SOME(mask, to, x) _mm512_mask_storeu_pd(to, (__mmask8)(mask), x)
#define NAME(x) f64_##x
#include "few_loops.h"
#include "product_loops.h"
#pragma GCC pop_options
#endif

const th_products *th_products_of(int dtype)
{
#ifdef TH_LEVELS
#define PRODUCTS(x) {x##_product, x##_apply, x##_packed, x##_packed_first, x##_pack_all, x##_pack_first, x##_many}
    static const th_products f32 = PRODUCTS(f32), f64 = PRODUCTS(f64);
#undef PRODUCTS
    if (th_level() == TH_LEVEL_AVX512)
        return dtype == TH_FLOAT32 ? &f32 : dtype == TH_FLOAT64 ? &f64 : NULL;
#endif
    (void)dtype;
    return NULL;
}
