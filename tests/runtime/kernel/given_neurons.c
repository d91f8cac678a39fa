/* Random neurons whose membranes are small, near the end of int32, or not whole. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "given.h"

/* The largest sum of a step: each row is read by a pixel at most once. */
static double largest_sum(const Given *g) {
    const Layer *layer = &g->layer;
    double largest = 0;
    for (int p = 0; p < layer->part_count; p++) {
        const Part *part = g->parts + p;
        for (int c = 0; c < part->blocks * BLOCK; c++) {
            const int channel = part->first_block * BLOCK + c;
            double sum = labs(layer->bias[channel]);
            for (int r = 0; r < part->row_count; r++) sum += labs(g->plain[p][r * part->blocks * BLOCK + c]);
            for (int d = 0; d < layer->diagonal_count; d++) sum += labs(g->diagonals[d].gain[channel]);
            if (sum > largest) largest = sum;
        }
    }
    return largest;
}

static double drawn_membrane(const Given *g, int64_t item, double limit) {
    if (g->mode != LARGE) return (double)between(-3000, 3000) + (g->mode == SMALL ? 0 : fraction());
    // neurons of one block of one pixel have a size in common
    const int64_t sign = below(2) ? 1 : -1;
    switch (item / BLOCK % 3) {
    case 0: return (double)between(-3000, 3000);
    case 1: return (double)sign * floor(limit * (0.99 + 0.02 * fraction()));
    default: return (double)(sign * between(INT64_C(1) << 30, INT64_C(1) << 33));
    }
}

static double drawn_threshold(const Given *g, double sum) {
    if (below(12) == 0) return INFINITY;
    if (g->mode == LARGE && below(4) == 0) return (double)between(INT64_C(1) << 30, INT64_C(1) << 33);
    if (g->mode == LARGE || g->mode == SMALL) return (double)between(1, (int64_t)(sum / 16) + 2000);
    return fraction() * (sum / 16 + 2000);
}

static double *drawn_constant(Given *g) {
    double *made = hold(&g->held, (size_t)g->membranes * sizeof *made);
    const int whole = g->mode == SMALL || g->mode == LARGE;
    for (int64_t i = 0; i < g->membranes; i++)
        made[i] = whole ? (double)between(-500, 1500) : 2000 * fraction() - 500;
    return made;
}

/* A parameter for all pixels or for each of them. */
static int64_t drawn_places(const Layer *layer, int64_t *stride) {
    const int64_t channels = (int64_t)layer->blocks * BLOCK;
    *stride = below(2) ? channels : 0;
    return *stride ? layer->height * layer->width * channels : channels;
}

void draw_neurons(Given *g) {
    Layer *layer = &g->layer;
    Neurons *n = &layer->neurons;
    const int64_t channels = (int64_t)layer->blocks * BLOCK, pixels = (int64_t)layer->height * layer->width;
    g->membranes = layer->images * pixels * channels;
    g->outs = (int64_t)layer->images * layer->height * layer->capacity * (layer->width + 2) * layer->blocks;
    if (below(5) == 0) {
        g->currents = layer->images * pixels * layer->steps * channels;
        layer->current = hold(&g->held, (size_t)g->currents * sizeof *layer->current);
        return;
    }
    const double sum = largest_sum(g);
    if (below(2)) n->constant = drawn_constant(g);
    n->to_zero = (int32_t)below(2);
    const double limit = 2147483647.0 - TILE * (sum + (n->constant ? 1500 : 0));
    if (g->mode == SMALL || g->mode == LARGE) n->whole_below = limit > 0 ? limit : 0;
    const int64_t thresholds = drawn_places(layer, &n->threshold_stride);
    double *threshold = hold(&g->held, (size_t)thresholds * sizeof *threshold);
    for (int64_t i = 0; i < thresholds; i++) threshold[i] = drawn_threshold(g, sum);
    n->threshold = threshold;
    if (g->mode == LEAKY) {
        const int64_t leaks = drawn_places(layer, &n->leak_stride);
        double *leak = hold(&g->held, (size_t)leaks * sizeof *leak);
        for (int64_t i = 0; i < leaks; i++) leak[i] = 0.3 + 0.7 * fraction();
        n->leak = leak;
    }
    g->start = hold(&g->held, (size_t)g->membranes * sizeof *g->start);
    for (int64_t i = 0; i < g->membranes; i++) g->start[i] = drawn_membrane(g, i, limit);
    n->membrane = hold(&g->held, (size_t)g->membranes * sizeof *n->membrane);
    n->out = hold(&g->held, (size_t)g->outs * sizeof *n->out);
}
