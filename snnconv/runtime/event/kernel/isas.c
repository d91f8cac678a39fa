/* The instruction sets, fastest first. */
#include <stddef.h>

#include "kernel.h"

extern const Isa avx512_isa, avx2_isa, neon_isa, scalar_isa;

const Isa *const ISAS[] = {
#if defined(__x86_64__)
    &avx512_isa,
    &avx2_isa,
#elif defined(__aarch64__)
    &neon_isa,
#endif
    &scalar_isa,
    NULL,
};
