/* The layer: sums of weight rows, then neurons. Included by each isa_*.c, which defines the vectors:
 *
 *   NAME(x)          the symbol x of this instruction set
 *   LANES, HALF      lanes of a vector of int32, and of double
 *   vi, vd           these vectors; vh is HALF lanes of int32
 *   widened(vh)      int32 as double
 *   fires(v, t)      the bits of v >= t for vectors of int32, lane 0 lowest; fires_wide for double
 *   add_where(v, bits, j, x)  v plus x in the lanes whose bits are set; the vector is the j-th of its block
 *   list_block(bits, base, scale, out)  the places of the set bits of one block
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

INLINE const uint16_t *start_of(const Layer *layer, const Run *run, int image, int first) {
    const Spikes *source = layer->sources + run->source;
    return source->bits + image * source->image_stride + run->offset + first * source->step_stride;
}

/* ---- Lists: cost in proportion to spikes ---- */

/* List where the active rows of a pixel begin, in int32 from the first row, step by step. Each list is filled up to a
 * multiple of 4 with the row of zeros. */
static void list_rows(const Layer *layer, const Part *part, int image, int pixel, int first, int steps,
                      uint32_t *list, int32_t *ends) {
    uint32_t *start = list;
    const uint32_t scale = (uint32_t)(part->panel * BLOCK);
    const Run *from = part->runs + part->starts[pixel], *to = part->runs + part->starts[pixel + 1];
    for (int t = 0; t < steps; t++) {
        for (const Run *run = from; run < to; run++) {
            const uint16_t *bits = start_of(layer, run, image, first + t);
            for (int b = 0; b < run->blocks; b++)
                list = list_block(bits[b], (uint32_t)(run->base + BLOCK * b) * scale, scale, list);
        }
        for (int i = 0; i < 4; i++) list[i] = (uint32_t)part->row_count * scale;
        list += (start - list) & 3;
        ends[t] = (int32_t)(list - start);
    }
}

/* sums[b][t] += the listed rows of one panel. */
INLINE void add_listed(int panel, const int32_t *rows, const uint32_t *list, const int32_t *ends, int steps,
                       int32_t (*sums)[TILE][BLOCK]) {
    const uint32_t *at = list;
    for (int t = 0; t < steps; t++) {
        vi sum[4 * VECTORS];
        for (int b = 0; b < panel; b++)
            for (int j = 0; j < VECTORS; j++) sum[b * VECTORS + j] = load(sums[b][t] + j * LANES);
        for (const uint32_t *end = list + ends[t]; at < end; at += 4)
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < panel * VECTORS; j++) sum[j] += load(rows + (size_t)at[i] + j * LANES);
        for (int b = 0; b < panel; b++)
            for (int j = 0; j < VECTORS; j++) store(sums[b][t] + j * LANES, sum[b * VECTORS + j]);
    }
}

/* ---- Tables: one look-up for 8 inputs, however many of them fire ---- */

/* The row of a table for byte i of a word. A rotation puts the byte where it counts bytes of rows: one instruction. */
INLINE const int32_t *row_of(const int32_t *table, uint64_t word, int i) {
    const int right = (8 * i - 6) & 63; /* a row is 2^6 bytes */
    const uint64_t turned = word >> right | word << (64 - right);
    return (const int32_t *)((const char *)table + (turned & (255 << 6)));
}

/* sums[t] += the tables' sums for the bytes of `count` runs of equal length. */
INLINE void add_bytes(int count, int blocks, const int32_t *const *tables, const uint16_t *const *bits,
                      int64_t step_stride, int steps, int32_t (*sums)[BLOCK]) {
    for (int t = 0; t < steps; t++) {
        vi sum[VECTORS];
        for (int j = 0; j < VECTORS; j++) sum[j] = load(sums[t] + j * LANES);
        for (int r = 0; r < count; r++) {
            const uint64_t word = word_at(bits[r] + t * step_stride, blocks);
            for (int i = 0; i < 2 * blocks; i++) {
                const int32_t *row = row_of(tables[r] + i * TABLE_ROWS * BLOCK, word, i);
                for (int j = 0; j < VECTORS; j++) sum[j] += load(row + j * LANES);
            }
        }
        for (int j = 0; j < VECTORS; j++) store(sums[t] + j * LANES, sum[j]);
    }
}

INLINE void add_alike(int count, int blocks, const int32_t *const *tables, const uint16_t *const *bits,
                      int64_t step_stride, int steps, int32_t (*sums)[BLOCK]) {
    if (count == 3) add_bytes(3, blocks, tables, bits, step_stride, steps, sums);
    else if (count == 2) add_bytes(2, blocks, tables, bits, step_stride, steps, sums);
    else add_bytes(1, blocks, tables, bits, step_stride, steps, sums);
}

/* Runs are at most 4 blocks long here, and those of one length and source stand together. */
static void add_table(const Layer *layer, const Part *part, const int32_t *table, int image, int pixel, int first,
                      int steps, int32_t (*sums)[BLOCK]) {
    const Run *run = part->runs + part->starts[pixel], *end = part->runs + part->starts[pixel + 1];
    while (run < end) {
        const int32_t *tables[3] = {0};
        const uint16_t *bits[3] = {0};
        const int blocks = run->blocks, source = run->source;
        int count = 0;
        for (; count < 3 && run < end && run->blocks == blocks && run->source == source; run++, count++) {
            tables[count] = table + (size_t)(run->base / 8) * TABLE_ROWS * BLOCK;
            bits[count] = start_of(layer, run, image, first);
        }
        const int64_t stride = layer->sources[source].step_stride;
        switch (blocks) {
        case 1: add_alike(count, 1, tables, bits, stride, steps, sums); break;
        case 2: add_alike(count, 2, tables, bits, stride, steps, sums); break;
        case 3: add_alike(count, 3, tables, bits, stride, steps, sums); break;
        default: add_alike(count, 4, tables, bits, stride, steps, sums);
        }
    }
}

/* ---- One synapse for each channel ---- */

/* sums[t] += the gains of the channels that fire. */
static void add_diagonal(const Layer *layer, const Diagonal *diagonal, int image, int pixel, int block, int first,
                         int steps, int32_t (*sums)[BLOCK]) {
    const Spikes *source = layer->sources + diagonal->source;
    const uint16_t *bits = source->bits + image * source->image_stride + diagonal->offsets[pixel] + block +
                           first * source->step_stride;
    vi gain[VECTORS];
    for (int j = 0; j < VECTORS; j++) gain[j] = load(diagonal->gain + block * BLOCK + j * LANES);
    for (int t = 0; t < steps; t++, bits += source->step_stride)
        for (int j = 0; j < VECTORS; j++)
            store(sums[t] + j * LANES, add_where(load(sums[t] + j * LANES), *bits, j, gain[j]));
}

/* ---- Neurons ---- */

/* Where a block of neurons of one pixel and its spikes lie. */
typedef struct {
    double *membrane;
    const double *threshold, *leak, *constant, *changing; /* the last three may be NULL */
    int64_t channels;
    uint16_t *out;
    int64_t out_stride; /* per step */
} Place;

/* Integrate, fire, reset in float64: any leak, any current. */
INLINE void fire_wide(const Place *place, int leaky, int to_zero, int steps, int32_t (*sums)[BLOCK]) {
    vd v[HALVES], theta[HALVES], leak[HALVES], constant[HALVES];
    for (int h = 0; h < HALVES; h++) {
        v[h] = load_wide(place->membrane + h * HALF);
        theta[h] = load_wide(place->threshold + h * HALF);
        leak[h] = leaky ? load_wide(place->leak + h * HALF) : (vd){0};
        constant[h] = place->constant ? load_wide(place->constant + h * HALF) : (vd){0};
    }
    for (int t = 0; t < steps; t++) {
        uint32_t bits = 0;
        for (int h = 0; h < HALVES; h++) {
            vd sum = widened(load_half(sums[t] + h * HALF));
            if (place->changing) sum += load_wide(place->changing + t * place->channels + h * HALF);
            if (leaky) v[h] *= leak[h];
            v[h] += sum;
            v[h] += constant[h];
            bits |= fires_wide(v[h], theta[h]) << (h * HALF);
            const vm fired = v[h] >= theta[h];
            v[h] = to_zero ? (vd)((vm)v[h] & ~fired) : v[h] - (vd)((vm)theta[h] & fired);
        }
        place->out[t * place->out_stride] = (uint16_t)bits;
    }
    for (int h = 0; h < HALVES; h++) memcpy(place->membrane + h * HALF, &v[h], sizeof v[h]);
}

/* The same in int32, for membranes, thresholds and currents that are whole. */
INLINE void fire_whole(const Place *place, int to_zero, int steps, int32_t (*sums)[BLOCK]) {
    int32_t whole[3][BLOCK];
    for (int c = 0; c < BLOCK; c++) {
        whole[0][c] = (int32_t)place->membrane[c];
        whole[1][c] = place->threshold[c] < INT32_MAX ? (int32_t)place->threshold[c] : INT32_MAX;
        whole[2][c] = place->constant ? (int32_t)place->constant[c] : 0;
    }
    vi v[VECTORS], theta[VECTORS], constant[VECTORS];
    for (int j = 0; j < VECTORS; j++) {
        v[j] = load(whole[0] + j * LANES);
        theta[j] = load(whole[1] + j * LANES);
        constant[j] = load(whole[2] + j * LANES);
    }
    for (int t = 0; t < steps; t++) {
        uint32_t bits = 0;
        for (int j = 0; j < VECTORS; j++) {
            v[j] += load(sums[t] + j * LANES) + constant[j];
            const uint32_t fired = fires(v[j], theta[j]);
            bits |= fired << (j * LANES);
            v[j] = reset(v[j], theta[j], fired, to_zero);
        }
        place->out[t * place->out_stride] = (uint16_t)bits;
    }
    for (int j = 0; j < VECTORS; j++) store(whole[0] + j * LANES, v[j]);
    for (int c = 0; c < BLOCK; c++) place->membrane[c] = whole[0][c];
}

/* Whether no membrane of the block can leave int32 within a tile of steps. */
INLINE int stays_whole(const Neurons *n, const Place *place) {
    double largest = 0;
    for (int c = 0; c < BLOCK; c++) {
        const double size = place->membrane[c] < 0 ? -place->membrane[c] : place->membrane[c];
        if (size > largest) largest = size;
    }
    return largest < n->whole_below;
}

static void fire_block(const Layer *layer, int64_t image, int64_t pixel, int block, int first, int steps,
                       int32_t (*sums)[BLOCK]) {
    const Neurons *n = &layer->neurons;
    const int64_t pixels = (int64_t)layer->height * layer->width, channels = (int64_t)layer->blocks * BLOCK;
    const int64_t at = block * BLOCK, row = pixel / layer->width, column = pixel % layer->width;
    const int64_t step_stride = (int64_t)layer->width * layer->blocks;
    const Place place = {
        n->membrane + (image * pixels + pixel) * channels + at,
        n->threshold + pixel * n->threshold_stride + at,
        n->leak ? n->leak + pixel * n->leak_stride + at : NULL,
        n->constant ? n->constant + image * n->constant_image_stride + pixel * n->constant_stride + at : NULL,
        n->changing ? n->changing + ((image * pixels + pixel) * layer->steps + first) * channels + at : NULL,
        channels,
        n->out + ((image * layer->height + row) * layer->capacity + first) * step_stride + column * layer->blocks + block,
        step_stride,
    };
    if (n->whole_below > 0 && stays_whole(n, &place)) {
        if (n->to_zero) fire_whole(&place, 1, steps, sums);
        else fire_whole(&place, 0, steps, sums);
    } else if (n->leak) {
        if (n->to_zero) fire_wide(&place, 1, 1, steps, sums);
        else fire_wide(&place, 1, 0, steps, sums);
    } else if (n->to_zero) fire_wide(&place, 0, 1, steps, sums);
    else fire_wide(&place, 0, 0, steps, sums);
}

/* ---- A layer ---- */

static void begin(const Layer *layer, int block, int steps, int32_t (*sums)[BLOCK]) {
    vi start[VECTORS];
    for (int j = 0; j < VECTORS; j++) start[j] = layer->bias ? load(layer->bias + block * BLOCK + j * LANES) : (vi){0};
    for (int t = 0; t < steps; t++)
        for (int j = 0; j < VECTORS; j++) store(sums[t] + j * LANES, start[j]);
}

static void finish(const Layer *layer, int image, int pixel, int block, int first, int steps,
                   int32_t (*sums)[BLOCK]) {
    for (int d = 0; d < layer->diagonal_count; d++)
        add_diagonal(layer, layer->diagonals + d, image, pixel, block, first, steps, sums);
    if (layer->current) {
        const int64_t pixels = (int64_t)layer->height * layer->width, channels = (int64_t)layer->blocks * BLOCK;
        int32_t *out = layer->current + ((image * pixels + pixel) * layer->steps + first) * channels + block * BLOCK;
        for (int t = 0; t < steps; t++) memcpy(out + t * channels, sums[t], BLOCK * sizeof **sums);
    } else {
        fire_block(layer, image, pixel, block, first, steps, sums);
    }
}

static void run_part(const Layer *layer, const Part *part, int image, int pixel, int first, int steps,
                     uint32_t *list) {
    int32_t sums[4][TILE][BLOCK] __attribute__((aligned(64)));
    int32_t ends[TILE];
    if (part->row_count && !part->table) list_rows(layer, part, image, pixel, first, steps, list, ends);
    for (int b = 0; b < part->blocks; b += part->panel) {
        for (int i = 0; i < part->panel; i++) begin(layer, part->first_block + b + i, steps, sums[i]);
        if (part->table) {
            const int32_t *table = part->table + (size_t)b * (size_t)(part->row_count / 8) * TABLE_ROWS * BLOCK;
            add_table(layer, part, table, image, pixel, first, steps, sums[0]);
        } else if (part->row_count) {
            const int32_t *rows = part->rows + (size_t)b * (size_t)(part->row_count + 1) * BLOCK;
            if (part->panel == 4) add_listed(4, rows, list, ends, steps, sums);
            else if (part->panel == 2) add_listed(2, rows, list, ends, steps, sums);
            else add_listed(1, rows, list, ends, steps, sums);
        }
        for (int i = 0; i < part->panel; i++)
            finish(layer, image, pixel, part->first_block + b + i, first, steps, sums[i]);
    }
}

static int run_layer(const Layer *layer) {
    int32_t longest = 0;
    for (int p = 0; p < layer->part_count; p++)
        if (!layer->parts[p].table && layer->parts[p].row_count > longest) longest = layer->parts[p].row_count;
    /* every bit set, the filling up to a multiple of 4, and the places of a block that are written beyond the last */
    uint32_t *list = malloc((((size_t)longest + 4) * TILE + 2 * BLOCK) * sizeof *list);
    if (!list) return -1;
    const int pixels = layer->height * layer->width;
    for (int image = 0; image < layer->images; image++)
        for (int pixel = 0; pixel < pixels; pixel++)
            for (int first = 0; first < layer->steps; first += TILE) {
                const int steps = layer->steps - first < TILE ? layer->steps - first : TILE;
                for (int p = 0; p < layer->part_count; p++)
                    run_part(layer, layer->parts + p, image, pixel, first, steps, list);
            }
    free(list);
    return 0;
}

/* Set bits from block `from` to block `to`. */
INLINE int64_t bits_between(const uint16_t *bits, int from, int to) {
    int64_t count = 0;
    for (int b = from; b < to; b += 4) count += __builtin_popcountll(word_at(bits + b, to - b));
    return count;
}

static void run_tally(const Tally *tally) {
    for (int image = 0; image < tally->images; image++)
        for (int y = 0; y < tally->height; y++)
            for (int t = 0; t < tally->steps; t++) {
                /* rows are `capacity` steps apart: the image stride says how many */
                const int64_t row_stride = tally->spikes.image_stride / tally->height;
                const uint16_t *bits = tally->spikes.bits + image * tally->spikes.image_stride + y * row_stride +
                                       t * tally->spikes.step_stride;
                int column = 0;
                for (int s = 0; s < tally->segments; s++) {
                    const int end = tally->ends[s];
                    const int64_t count = bits_between(bits, column * tally->blocks, end * tally->blocks);
                    column = end;
                    for (int r = 0; r < tally->readers; r++)
                        tally->counts[((int64_t)r * tally->steps + t) * tally->images + image] +=
                            count * tally->rows[r * tally->height + y] * tally->columns[r * tally->segments + s];
                }
            }
}

const Isa NAME(isa) = {NAME_TEXT, available, run_layer, run_tally};
