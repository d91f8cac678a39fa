/* x86-64 with AVX-512 F, BW, DQ, VL. */
#if defined(__x86_64__) && defined(__GNUC__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,lzcnt,popcnt,prefer-vector-width=512")
#endif
#include <immintrin.h>
#include "kernel.h"

#define NAME(x) avx512_##x
#define NAME_TEXT "avx512"
#define LANES 16
#define HALF 8
typedef int32_t vi __attribute__((vector_size(64)));
typedef int32_t vh __attribute__((vector_size(32)));
typedef double vd __attribute__((vector_size(64)));
typedef int64_t vm __attribute__((vector_size(64)));

INLINE vd widened(vh v) { return (vd)_mm512_cvtepi32_pd((__m256i)v); }

INLINE uint32_t fires(vi v, vi threshold) { return _mm512_cmpge_epi32_mask((__m512i)v, (__m512i)threshold); }

INLINE uint32_t fires_wide(vd v, vd threshold) { return _mm512_cmp_pd_mask((__m512d)v, (__m512d)threshold, _CMP_GE_OQ); }

INLINE vi reset(vi v, vi threshold, uint32_t fired, int to_zero) {
    return to_zero ? (vi)_mm512_maskz_mov_epi32((__mmask16)~fired, (__m512i)v)
                   : (vi)_mm512_mask_sub_epi32((__m512i)v, (__mmask16)fired, (__m512i)v, (__m512i)threshold);
}

INLINE vi add_where(vi v, uint32_t bits, int j, vi x) {
    (void)j;
    return (vi)_mm512_mask_add_epi32((__m512i)v, (__mmask16)bits, (__m512i)v, (__m512i)x);
}

/* 16 places are written, whatever the bits. */
INLINE uint16_t *list_block(uint32_t bits, uint32_t base, uint16_t *out) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i places = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)base));
    const __m512i active = _mm512_maskz_compress_epi32((__mmask16)bits, places);
    _mm256_storeu_si256((__m256i *)out, _mm512_cvtepi32_epi16(active));
    return out + __builtin_popcount(bits);
}

/* out[i] = (from[i] + base) * scale, 16 at a time; up to 15 are read and written beyond the last. */
INLINE void copy_places(const uint16_t *from, uint32_t count, uint32_t base, uint32_t scale, uint32_t *out) {
    const __m512i start = _mm512_set1_epi32((int)(base * scale));
    const __m128i shift = _mm_cvtsi32_si128(__builtin_ctz(scale));
    uint32_t k = 0;
    do {
        const __m512i places = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(from + k)));
        _mm512_storeu_si512(out + k, _mm512_add_epi32(_mm512_sll_epi32(places, shift), start));
        k += 16;
    } while (k < count);
}

static int available(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

#include "body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
