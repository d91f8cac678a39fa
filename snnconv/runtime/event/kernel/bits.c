/* Slices of spikes, and spikes as numbers. */
#include "bits.h"

/* 16 bits from bit `at` of a pixel of `blocks` blocks; bits outside are 0. */
static uint16_t bits_at(const uint16_t *pixel, int blocks, int at) {
    const int block = at >= 0 ? at / 16 : -((-at + 15) / 16), shift = at - 16 * block;
    const uint32_t low = block >= 0 && block < blocks ? pixel[block] : 0;
    const uint32_t high = block + 1 >= 0 && block + 1 < blocks ? pixel[block + 1] : 0;
    return (uint16_t)((low | high << 16) >> shift);
}

/* The channels of block `block` that lie from `before` to `end`. */
static uint16_t mask_of(int block, int before, int end) {
    uint16_t mask = 0;
    for (int i = 0; i < 16; i++)
        if (16 * block + i >= before && 16 * block + i < end) mask = (uint16_t)(mask | 1u << i);
    return mask;
}

void select_bits(const Select *s) {
    const int64_t row_stride = s->capacity * s->spikes.step_stride;
    const int64_t out_step = (int64_t)(s->out_width + 2) * s->out_blocks;
    for (int image = 0; image < s->images; image++)
        for (int y = 0; y < s->out_height; y++)
            for (int x = 0; x < s->out_width; x++) {
                const int inside = y >= s->rows.before && y < s->rows.end && x >= s->columns.before && x < s->columns.end;
                const int from_y = s->rows.first + (y - s->rows.before) * s->rows.step;
                const int from_x = s->columns.first + (x - s->columns.before) * s->columns.step;
                for (int block = 0; block < s->out_blocks; block++) {
                    const uint16_t mask = inside ? mask_of(block, s->channels.before, s->channels.end) : 0;
                    const int at = 16 * block - s->channels.before + s->channels.first;
                    uint16_t *out = s->out + ((int64_t)image * s->out_height + y) * s->capacity * out_step +
                                    (int64_t)(x + 1) * s->out_blocks + block;
                    for (int t = 0; t < s->steps; t++) {
                        uint16_t bits = 0;
                        if (mask) {
                            const uint16_t *pixel = s->spikes.bits + image * s->spikes.image_stride +
                                                    from_y * row_stride + t * s->spikes.step_stride +
                                                    (int64_t)(from_x + 1) * s->blocks;
                            bits = bits_at(pixel, s->blocks, at) & mask;
                        }
                        out[t * out_step] = bits;
                    }
                }
            }
}

static void add_pixel(const uint16_t *pixel, int blocks, float *out) {
    for (int b = 0; b < blocks; b++)
        for (unsigned bits = pixel[b]; bits; bits &= bits - 1) out[16 * b + __builtin_ctz(bits)] += 1.0f;
}

void pool_bits(const Pool *p) {
    const int64_t row_stride = p->capacity * p->spikes.step_stride;
    for (int t = 0; t < p->steps; t++)
        for (int image = 0; image < p->images; image++)
            for (int y = 0; y < p->out_height; y++)
                for (int x = 0; x < p->out_width; x++) {
                    float *out = p->out +
                                 ((((int64_t)t * p->images + image) * p->out_height + y) * p->out_width + x) * p->channels;
                    for (int ky = 0; ky < p->kernel_y; ky++)
                        for (int kx = 0; kx < p->kernel_x; kx++) {
                            const int from_y = y * p->stride_y + ky - p->top, from_x = x * p->stride_x + kx - p->left;
                            if (from_y < 0 || from_y >= p->height || from_x < 0 || from_x >= p->width) continue;
                            add_pixel(p->spikes.bits + image * p->spikes.image_stride + from_y * row_stride +
                                          t * p->spikes.step_stride + (int64_t)(from_x + 1) * p->blocks,
                                      p->blocks, out);
                        }
                }
}
