/* 64-bit ARM: NEON is part of it. */
#if defined(__aarch64__) && defined(__GNUC__)
#include "kernel.h"

#define NAME(x) neon_##x
#define NAME_TEXT "neon"
#define LANES 4
#define HALF 2
typedef int32_t vi __attribute__((vector_size(16)));
typedef int32_t vh __attribute__((vector_size(8)));
typedef double vd __attribute__((vector_size(16)));
typedef int64_t vm __attribute__((vector_size(16)));

#define LANE_BITS {1, 2, 4, 8}

INLINE vd widened(vh v) { return __builtin_convertvector(v, vd); }

INLINE uint32_t fires(vi v, vi threshold) {
    const vi fired = (v >= threshold) & (vi){1, 2, 4, 8};
    return (uint32_t)(fired[0] | fired[1] | fired[2] | fired[3]);
}

INLINE uint32_t fires_wide(vd v, vd threshold) {
    const vm fired = (v >= threshold) & (vm){1, 2};
    return (uint32_t)(fired[0] | fired[1]);
}

#include "portable.h"

static int available(void) { return 1; }

#include "body.h"
#endif
