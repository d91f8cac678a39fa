/* Moving bits: no sums, no vectors. */
#ifndef SNNCONV_BITS_H
#define SNNCONV_BITS_H

#include "kernel.h"

/* One axis of a slice: output position o reads input position first + (o - before) · step for before <= o < end. */
typedef struct {
    int32_t first, step, before, end;
} Slice;

typedef struct {
    Spikes spikes;
    int32_t images, height, width, blocks;         /* of the input */
    int32_t out_height, out_width, out_blocks;
    int32_t steps, capacity;
    Slice rows, columns, channels; /* channels.step is 1 */
    uint16_t *out;
} Select;

typedef struct {
    Spikes spikes;
    int32_t images, height, width, blocks, channels;
    int32_t out_height, out_width, steps, capacity;
    int32_t kernel_y, kernel_x, stride_y, stride_x, top, left;
    float *out; /* [steps][images][out_height][out_width][channels], zeroed */
} Pool;

void select_bits(const Select *);
void pool_bits(const Pool *);

#endif
