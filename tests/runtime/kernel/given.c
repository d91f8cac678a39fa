/* Memory, numbers, spikes, and the layer around the parts and the neurons. */
#include "given.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

void seed_draws(uint64_t seed) {
    state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (int i = 0; i < 8; i++) below(2);
}

/* xorshift64* of Vigna. */
int64_t below(int64_t bound) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (int64_t)((state * UINT64_C(2685821657736338717) >> 33) % (uint64_t)bound);
}

int64_t between(int64_t low, int64_t high) { return low + below(high - low + 1); }

double fraction(void) { return (double)below(1 << 30) / (1 << 30); }

void *hold(Held *held, size_t bytes) {
    void *piece = calloc(bytes ? bytes : 1, 1);
    if (!piece || held->count == MOST_HELD) {
        fprintf(stderr, "selftest: no memory for one more piece of %zu bytes\n", bytes);
        exit(2);
    }
    held->pieces[held->count++] = piece;
    return piece;
}

void *held_copy(Held *held, const void *from, size_t bytes) { return memcpy(hold(held, bytes), from, bytes); }

void release(Held *held) {
    for (int i = 0; i < held->count; i++) free(held->pieces[i]);
    held->count = 0;
}

/* 16 bits, each set with the density's probability. */
static uint16_t draw_bits(Density density) {
    const int64_t a = below(1 << 16), b = below(1 << 16), c = below(1 << 16), d = below(1 << 16);
    switch (density) {
    case RARE: return (uint16_t)(a & b & c & d);
    case SOME: return (uint16_t)(a & b);
    case HALF: return (uint16_t)a;
    default: return (uint16_t)(a | b | c | d);
    }
}

/* Spikes with an empty column at either end and 8 bytes to spare. */
Spikes draw_spikes(Held *held, int images, Extent extent, Density density) {
    const int64_t step = (int64_t)(extent.width + 2) * extent.blocks;
    const int64_t image = extent.height * extent.capacity * step;
    uint16_t *bits = hold(held, (size_t)(images * image) * sizeof *bits + 8);
    for (int64_t i = 0; i < images * image; i++) {
        const int64_t column = i % step / extent.blocks;
        if (column > 0 && column <= extent.width) bits[i] = draw_bits(density);
    }
    return (Spikes){bits, image, step};
}

static void draw_diagonals(Given *g) {
    Layer *layer = &g->layer;
    const int pixels = layer->height * layer->width;
    for (int d = 0; d < layer->diagonal_count; d++) {
        int source = (int)below(layer->source_count);
        while (g->extents[source].blocks * (g->extents[source].width + 2) < layer->blocks)
            source = (source + 1) % layer->source_count;
        const Extent *e = g->extents + source;
        const int step = (e->width + 2) * e->blocks;
        int32_t *offsets = hold(&g->held, (size_t)pixels * sizeof *offsets);
        for (int p = 0; p < pixels; p++)
            offsets[p] = (int32_t)(below(e->height) * e->capacity * step + below(step - layer->blocks + 1));
        int32_t *gain = hold(&g->held, (size_t)layer->blocks * BLOCK * sizeof *gain);
        for (int c = 0; c < layer->blocks * BLOCK; c++) gain[c] = (int32_t)between(-3000, 3000);
        g->diagonals[d] = (Diagonal){source, offsets, gain};
    }
}

/* Most layers run for few steps, some for more than a tile. */
void draw_layer(Given *g, int number) {
    *g = (Given){0};
    seed_draws((uint64_t)number);
    Layer *layer = &g->layer;
    layer->images = (int32_t)between(1, 2);
    layer->height = (int32_t)between(1, 3);
    layer->width = (int32_t)between(1, 10);
    layer->blocks = (int32_t)(below(2) ? between(1, 5) : 4 * between(1, 2));
    layer->steps = (int32_t)(below(4) ? between(1, 12) : between(TILE - 1, 2 * TILE + 5));
    layer->capacity = layer->steps + (int32_t)below(3);
    layer->source_count = (int32_t)between(1, MOST_SOURCES);
    for (int i = 0; i < layer->source_count; i++) {
        // the last is long enough for every diagonal, and as wide as kernels 3 wide ask for
        const int last = i == layer->source_count - 1;
        g->extents[i] = (Extent){(int)between(1, 4), layer->width + (int)below(3), 1 << below(3),
                                 layer->steps + (int)below(3)};
        if (!last && below(2)) g->extents[i].blocks = (int)between(1, 6);
        if (last && g->extents[i].blocks * (g->extents[i].width + 2) < layer->blocks) g->extents[i].blocks = 4;
        g->sources[i] = draw_spikes(&g->held, layer->images, g->extents[i], (Density)below(DENSITIES));
    }
    layer->sources = g->sources;
    layer->diagonal_count = (int32_t)below(MOST_DIAGONALS + 1);
    layer->diagonals = g->diagonals;
    draw_diagonals(g);
    int32_t *bias = hold(&g->held, (size_t)layer->blocks * BLOCK * sizeof *bias);
    if (below(3))
        for (int c = 0; c < layer->blocks * BLOCK; c++) bias[c] = (int32_t)between(-2000, 4000);
    layer->bias = bias;
    draw_parts(g);
    draw_neurons(g);
}
