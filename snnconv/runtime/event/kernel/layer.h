/* A layer: the sums of every pixel, then its neurons. */

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

/* Where a block of sums belongs. */
typedef struct {
    int pixel, block;
} Target;

/* Sums of which nothing is added. */
static void only_bias(const Layer *layer, int block, int steps, int32_t (*sums)[BLOCK]) {
    for (int t = 0; t < steps; t++) memcpy(sums[t], layer->bias + block * BLOCK, sizeof sums[t]);
}

static void finish(const Layer *layer, int image, int count, const Target *targets, int first, int steps,
                   int32_t (*sums)[TILE][BLOCK]) {
    for (int d = 0; d < layer->diagonal_count; d++)
        for (int i = 0; i < count; i++)
            add_diagonal(layer, layer->diagonals + d, image, targets[i].pixel, targets[i].block, first, steps, sums[i]);
    if (layer->current) {
        const int64_t pixels = (int64_t)layer->height * layer->width, channels = (int64_t)layer->blocks * BLOCK;
        for (int i = 0; i < count; i++) {
            int32_t *out = layer->current +
                           ((image * pixels + targets[i].pixel) * layer->steps + first) * channels + targets[i].block * BLOCK;
            for (int t = 0; t < steps; t++) memcpy(out + t * channels, sums[i][t], sizeof sums[i][t]);
        }
        return;
    }
    Place places[GROUP];
    for (int i = 0; i < count; i++) places[i] = place_of(layer, image, targets[i].pixel, targets[i].block, first);
    fire_blocks(&layer->neurons, count, places, steps, sums);
}

/* One pixel by lists: they are made once, for all blocks. */
static void run_listed(const Layer *layer, const Part *part, Lists *lists, int image, int pixel, int first, int steps) {
    int32_t sums[GROUP][TILE][BLOCK] __attribute__((aligned(64)));
    Target targets[GROUP];
    if (part->row_count) join_lists(part, lists, pixel, steps);
    for (int b = 0; b < part->blocks; b += part->panel) {
        const int block = part->first_block + b;
        const int32_t *rows = part->weights + (size_t)b * (size_t)(part->row_count + 1) * BLOCK;
        const From from = {layer->bias + block * BLOCK, BLOCK, 0};
        if (part->row_count) add_listed(part->panel, rows, lists, from, steps, sums);
        for (int i = 0; i < part->panel; i++) {
            targets[i] = (Target){pixel, block + i};
            if (!part->row_count) only_bias(layer, block + i, steps, sums[i]);
        }
        finish(layer, image, part->panel, targets, first, steps, sums);
    }
}

/* `count` neighbouring pixels by tables, block by block. */
static void run_tabled(const Layer *layer, const Part *part, int image, int pixel, int count, int first, int steps) {
    int32_t sums[GROUP][TILE][BLOCK] __attribute__((aligned(64)));
    Target targets[GROUP];
    const int reads = part->starts[pixel] < part->starts[pixel + 1];
    for (int b = 0; b < part->blocks; b++) {
        const int block = part->first_block + b;
        const int32_t *tables = part->weights + (size_t)b * (size_t)(part->row_count / 8) * TABLE_ROWS * BLOCK;
        const From from = {layer->bias + block * BLOCK, 0, 0};
        if (!reads)
            for (int i = 0; i < count; i++) only_bias(layer, block, steps, sums[i]);
        else if (part->method == COLUMNS) add_columns(layer, part, tables, image, pixel, count, first, from, steps, sums);
        else add_tables(layer, part, tables, image, pixel, first, from, steps, sums);
        for (int i = 0; i < count; i++) targets[i] = (Target){pixel + i, block};
        finish(layer, image, count, targets, first, steps, sums);
    }
}

static void run_part(const Layer *layer, const Part *part, Lists *lists, int image, int first, int steps) {
    const int pixels = layer->height * layer->width;
    if (part->method == LISTS) {
        if (part->row_count) list_cells(layer, part, lists, image, first, steps);
        for (int pixel = 0; pixel < pixels; pixel++) run_listed(layer, part, lists, image, pixel, first, steps);
        return;
    }
    for (int row = 0; row < pixels; row += layer->width)
        for (int x = 0; x < layer->width;) {
            const int count = part->method == COLUMNS && x + GROUP <= layer->width ? GROUP : 1;
            run_tabled(layer, part, image, row + x, count, first, steps);
            x += count;
        }
}

static int run_layer(const Layer *layer) {
    Lists lists = {0};
    int failed = 0;
    for (int p = 0; p < layer->part_count; p++)
        if (layer->parts[p].method == LISTS) failed |= make_room(&lists, layer->parts + p);
    if (!failed)
        for (int image = 0; image < layer->images; image++)
            for (int first = 0; first < layer->steps; first += TILE) {
                const int steps = layer->steps - first < TILE ? layer->steps - first : TILE;
                for (int p = 0; p < layer->part_count; p++)
                    run_part(layer, layer->parts + p, &lists, image, first, steps);
            }
    free_lists(&lists);
    return failed ? -1 : 0;
}
