/* Comparisons of rows, 64 points at a time. Compilers pack the masks that comparisons give on the port of the CPU that
   compares; here they go through a general register, and 64 truth values are stored at once. As a truth value is an
   eighth or a quarter of what is compared, it is the loads that are aligned: of each other 64 points; the first 64 and
   the last 64 may overlap with these.

   Paragraphs as in arithmetic.h. Each function returns how many points it has done: all of them, or none where there
   are fewer than 64 or the CPU has no such instructions. An operand whose step is 0 is one number for the row.
   relation: the immediate of the instruction, a constant. lane: what the instruction calls the type. */

#if defined __GNUC__ && !defined __clang__ && defined __OPTIMIZE__ && defined __AVX512BW__ && defined __AVX512DQ__
#define TH_MASKS 1
#endif

#ifdef TH_MASKS
#define TH_COMPARED(type, lane, masks) \
    (const type *x, int xstep, const type *y, int ystep, unsigned char *to, long long n, int relation) \
    { \
        typedef lane vector __attribute__((vector_size(64), aligned(sizeof(type)), may_alias)); \
        typedef char bytes __attribute__((vector_size(64), aligned(1), may_alias)); \
        const int lanes = 64 / sizeof(type); \
        const bytes none = { 0 }, one = none + 1; \
        const long long last = n - 64; \
        if (last < 0) return 0; \
        const vector all_x = *x - (vector){ 0 }, all_y = *y - (vector){ 0 }; \
        for (long long j = -(long long)((__UINTPTR_TYPE__)(xstep ? x : y) / sizeof(type) % lanes);; j += 64) { \
            const long long at = j < 0 ? 0 : j > last ? last : j; \
            unsigned long long truth = 0; \
            _Pragma("GCC unroll 8") \
            for (int k = 0; k < 64; k += lanes) { \
                const vector a = xstep ? *(const vector *)(x + at + k) : all_x; \
                const vector b = ystep ? *(const vector *)(y + at + k) : all_y; \
                (void)b; \
                truth |= (unsigned long long)(masks) << k; \
            } \
            *(bytes *)(to + at) = __builtin_ia32_movdquqi512_mask(one, none, truth); \
            if (j >= last) return n; \
        } \
    }
#else
#define TH_COMPARED(type, lane, masks) \
    (const type *x, int xstep, const type *y, int ystep, unsigned char *to, long long n, int relation) \
    { (void)x, (void)xstep, (void)y, (void)ystep, (void)to, (void)n, (void)relation; return 0; }
#endif

TH_INLINE long long th_compare_f64 TH_COMPARED(double, double,
    (unsigned char)__builtin_ia32_cmppd512_mask(a, b, relation, -1, 4))

TH_INLINE long long th_compare_f32 TH_COMPARED(float, float,
    (unsigned short)__builtin_ia32_cmpps512_mask(a, b, relation, -1, 4))

TH_INLINE long long th_compare_i64 TH_COMPARED(__INT64_TYPE__, long long,
    (unsigned char)__builtin_ia32_cmpq512_mask(a, b, relation, -1))

TH_INLINE long long th_compare_i32 TH_COMPARED(int, int,
    (unsigned short)__builtin_ia32_cmpd512_mask(a, b, relation, -1))

TH_INLINE long long th_class_f64 TH_COMPARED(double, double,
    (unsigned char)__builtin_ia32_fpclasspd512_mask(a, relation, -1))

TH_INLINE long long th_class_f32 TH_COMPARED(float, float,
    (unsigned short)__builtin_ia32_fpclassps512_mask(a, relation, -1))
