/* The kernel's body. Included by each isa_*.c, which defines the vectors:
 *
 *   NAME(x)          the symbol x of this instruction set
 *   LANES, HALF      lanes of a vector of int32, and of double
 *   vi, vd           these vectors; vh is HALF lanes of int32
 *   widened(vh)      int32 as double
 *   fires(v, t)      the bits of v >= t for vectors of int32, lane 0 lowest; fires_wide for double
 *   reset(v, t, fired, to_zero)  v after its spikes
 *   add_where(v, bits, j, x)     v plus x in the lanes whose bits are set; the vector is the j-th of its block
 *   list_block(bits, base, out)  the places of the set bits of one block
 *   copy_places(from, count, base, scale, out)  places, moved and scaled
 *
 * All sums are of int32 multiples of 2^-q that stay below 2^31, so their order does not matter.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define VECTORS (BLOCK / LANES) /* of a block */
#define HALVES (BLOCK / HALF)

INLINE vi load(const int32_t *p) {
    vi v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store(int32_t *p, vi v) { memcpy(p, &v, sizeof v); }

INLINE vh load_half(const int32_t *p) {
    vh v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE vd load_wide(const double *p) {
    vd v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Up to 64 bits from a block on; blocks is at most 4. Buffers have 8 bytes to spare. */
INLINE uint64_t word_at(const uint16_t *p, int blocks) {
    uint64_t word;
    memcpy(&word, p, 8);
    return blocks < 4 ? word & ((UINT64_C(1) << (16 * blocks)) - 1) : word;
}

INLINE const uint16_t *bits_of(const Layer *layer, const Cell *cell, int image, int step) {
    const Spikes *source = layer->sources + cell->source;
    return source->bits + image * source->image_stride + cell->offset + step * source->step_stride;
}

/* Where sums go on from: the bias at first, what was summed so far later. Strides are in int32. */
typedef struct {
    const int32_t *at;
    int64_t next, step; /* from one block of sums to the next, and from one step to the next */
} From;

INLINE From so_far(int32_t (*sums)[TILE][BLOCK]) { return (From){sums[0][0], TILE * BLOCK, BLOCK}; }

#include "lists.h"
#include "tables.h"
#include "neurons.h"
#include "layer.h"
#include "tally.h"

const Isa NAME(isa) = {NAME_TEXT, available, run_layer, run_tally};
