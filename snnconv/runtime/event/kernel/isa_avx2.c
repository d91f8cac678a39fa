/* x86-64 with AVX2. */
#if defined(__x86_64__) && defined(__GNUC__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#else
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
#endif
#include <immintrin.h>
#include "kernel.h"

#define NAME(x) avx2_##x
#define NAME_TEXT "avx2"
#define LANES 8
#define HALF 4
typedef int32_t vi __attribute__((vector_size(32)));
typedef int32_t vh __attribute__((vector_size(16)));
typedef double vd __attribute__((vector_size(32)));
typedef int64_t vm __attribute__((vector_size(32)));

#define LANE_BITS {1, 2, 4, 8, 16, 32, 64, 128}

INLINE vd widened(vh v) { return (vd)_mm256_cvtepi32_pd((__m128i)v); }

INLINE uint32_t fires(vi v, vi threshold) {
    const vi fired = v >= threshold;
    return (uint32_t)_mm256_movemask_ps((__m256)fired);
}

INLINE uint32_t fires_wide(vd v, vd threshold) {
    return (uint32_t)_mm256_movemask_pd(_mm256_cmp_pd((__m256d)v, (__m256d)threshold, _CMP_GE_OQ));
}

#include "portable.h"

static int available(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

#include "body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
