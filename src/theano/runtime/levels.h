/* Groups of instruction sets that loops are compiled for, and which one this CPU has. */
#ifndef TH_LEVELS_H
#define TH_LEVELS_H

enum th_level { TH_LEVEL_BASE, TH_LEVEL_AVX2, TH_LEVEL_AVX512 };

/* TH_BASELINE leaves the wider instruction sets out: it compiles in a third of the time. */
#if !defined(TH_BASELINE) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define TH_LEVELS
#define TH_TARGET_AVX2 _Pragma("GCC target(\"avx2,fma,f16c,bmi,bmi2\")")
#define TH_TARGET_AVX512 \
    _Pragma("GCC target(\"avx512f,avx512bw,avx512dq,avx512vl,fma,f16c,bmi,bmi2,prefer-vector-width=512\")")
#endif

static inline int th_level(void)
{
#ifdef TH_LEVELS
    if (!__builtin_cpu_supports("f16c")) return TH_LEVEL_BASE;
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return TH_LEVEL_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return TH_LEVEL_AVX2;
#endif
    return TH_LEVEL_BASE;
}
#endif
