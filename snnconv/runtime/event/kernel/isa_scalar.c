/* Any machine: vectors of one lane. */
#include "kernel.h"

#define NAME(x) scalar_##x
#define NAME_TEXT "scalar"
#define LANES 1
#define HALF 1
typedef int32_t vi __attribute__((vector_size(4)));
typedef int32_t vh __attribute__((vector_size(4)));
typedef double vd __attribute__((vector_size(8)));
typedef int64_t vm __attribute__((vector_size(8)));

#define LANE_BITS {1}

INLINE vd widened(vh v) { return __builtin_convertvector(v, vd); }

INLINE uint32_t fires(vi v, vi threshold) { return v[0] >= threshold[0]; }

INLINE uint32_t fires_wide(vd v, vd threshold) { return v[0] >= threshold[0]; }

#include "portable.h"

static int available(void) { return 1; }

#include "body.h"
