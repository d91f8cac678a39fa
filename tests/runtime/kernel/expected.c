/* The same layer, bit by bit and neuron by neuron. */
#include <string.h>

#include "given.h"

/* Add the weights of the active inputs of one pixel at one step. */
static void add_part(const Given *g, int number, int image, int pixel, int step, int64_t *sums) {
    const Part *part = g->parts + number;
    for (int t = part->starts[pixel]; t < part->starts[pixel + 1]; t++) {
        const Cell *cell = part->cells + part->taps[t].cell;
        const Spikes *s = g->sources + cell->source;
        const uint16_t *bits = s->bits + image * s->image_stride + cell->offset + step * s->step_stride;
        for (int i = 0; i < cell->blocks * BLOCK; i++) {
            if (!(bits[i / BLOCK] >> i % BLOCK & 1)) continue;
            const int32_t *row = g->plain[number] + (part->taps[t].base + i) * part->blocks * BLOCK;
            for (int c = 0; c < part->blocks * BLOCK; c++) sums[part->first_block * BLOCK + c] += row[c];
        }
    }
}

static void sum_pixel(const Given *g, int image, int pixel, int step, int64_t *sums) {
    const Layer *layer = &g->layer;
    for (int c = 0; c < layer->blocks * BLOCK; c++) sums[c] = layer->bias[c];
    for (int p = 0; p < layer->part_count; p++) add_part(g, p, image, pixel, step, sums);
    for (int d = 0; d < layer->diagonal_count; d++) {
        const Diagonal *diagonal = g->diagonals + d;
        const Spikes *s = g->sources + diagonal->source;
        const uint16_t *bits = s->bits + image * s->image_stride + diagonal->offsets[pixel] + step * s->step_stride;
        for (int c = 0; c < layer->blocks * BLOCK; c++)
            if (bits[c / BLOCK] >> c % BLOCK & 1) sums[c] += diagonal->gain[c];
    }
}

/* Integrate, fire, reset; give whether it fires. `item` counts over images, pixels and channels. */
static int fires(const Neurons *n, int64_t item, int64_t pixel, int64_t channel, int64_t sum, double *membrane) {
    const double threshold = n->threshold[pixel * n->threshold_stride + channel];
    double v = *membrane;
    if (n->leak) v *= n->leak[pixel * n->leak_stride + channel];
    v += (double)sum;
    if (n->constant) v += n->constant[item];
    const int fired = v >= threshold;
    if (fired) v = n->to_zero ? 0 : v - threshold;
    *membrane = v;
    return fired;
}

/* Note how a tile of steps may be worked through. */
static void note_tile(const Given *g, int64_t first_item, Expected *e) {
    for (int b = 0; b < g->layer.blocks; b++) {
        int whole = 1;
        for (int c = 0; c < BLOCK; c++) {
            const double v = e->membrane[first_item + b * BLOCK + c];
            whole &= (v < 0 ? -v : v) < g->layer.neurons.whole_below;
        }
        *(whole ? &e->whole : &e->wide) += 1;
    }
}

static void fire_pixel(const Given *g, int image, int pixel, int step, const int64_t *sums, Expected *e) {
    const Layer *layer = &g->layer;
    const int channels = layer->blocks * BLOCK, row = pixel / layer->width, column = pixel % layer->width;
    const int64_t item = ((int64_t)image * layer->height * layer->width + pixel) * channels;
    uint16_t *out = e->out + ((((int64_t)image * layer->height + row) * layer->capacity + step) * (layer->width + 2) +
                              column + 1) * layer->blocks;
    if (step % TILE == 0) note_tile(g, item, e);
    memset(out, 0, (size_t)layer->blocks * sizeof *out);
    for (int c = 0; c < channels; c++)
        if (fires(&layer->neurons, item + c, pixel, c, sums[c], e->membrane + item + c)) {
            out[c / BLOCK] = (uint16_t)(out[c / BLOCK] | 1u << c % BLOCK);
            e->fired++;
        }
    e->asked += channels;
}

/* What is not written keeps what was there before: the caller fills the buffers. */
void expect_layer(const Given *g, Held *held, Expected *e) {
    const Layer *layer = &g->layer;
    const int channels = layer->blocks * BLOCK, pixels = layer->height * layer->width;
    int64_t *sums = hold(held, (size_t)channels * sizeof *sums);
    for (int image = 0; image < layer->images; image++)
        for (int pixel = 0; pixel < pixels; pixel++)
            for (int step = 0; step < layer->steps; step++) {
                sum_pixel(g, image, pixel, step, sums);
                if (!layer->current) {
                    fire_pixel(g, image, pixel, step, sums, e);
                    continue;
                }
                int32_t *out = e->current + (((int64_t)image * pixels + pixel) * layer->steps + step) * channels;
                for (int c = 0; c < channels; c++) out[c] = (int32_t)sums[c];
            }
}
