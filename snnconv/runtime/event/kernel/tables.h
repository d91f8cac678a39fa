/* Sums by tables: one look-up gives the sum of 8 rows. No branch depends on a spike. */

enum { MOST_TAPS = 3, WIDE = 3 }; /* cells of equal length that are worked through together; the width of a kernel */

/* The row of a table for byte i of a word. A rotation puts the byte where it counts bytes of rows: one instruction. */
INLINE const int32_t *row_of(const int32_t *table, uint64_t word, int i) {
    const int right = (8 * i - 6) & 63; /* a row is 2^6 bytes */
    const uint64_t turned = word >> right | word << (64 - right);
    return (const int32_t *)((const char *)table + (turned & (255 << 6)));
}

/* sums[t] = what is there so far and what the bytes of `count` cells of equal length look up. */
INLINE void add_cells(int count, int blocks, const int32_t *const *tables, const uint16_t *const *bits,
                      int64_t step_stride, From from, int steps, int32_t (*sums)[BLOCK]) {
    for (int t = 0; t < steps; t++) {
        vi sum[VECTORS];
        for (int j = 0; j < VECTORS; j++) sum[j] = load(from.at + t * from.step + j * LANES);
        for (int c = 0; c < count; c++) {
            const uint64_t word = word_at(bits[c] + t * step_stride, blocks);
            for (int i = 0; i < 2 * blocks; i++) {
                const int32_t *row = row_of(tables[c] + i * TABLE_ROWS * BLOCK, word, i);
                for (int j = 0; j < VECTORS; j++) sum[j] += load(row + j * LANES);
            }
        }
        for (int j = 0; j < VECTORS; j++) store(sums[t] + j * LANES, sum[j]);
    }
}

/* Cells of one source and length, and the tables of their bits. */
typedef struct {
    const int32_t *tables[MOST_TAPS];
    const uint16_t *bits[MOST_TAPS];
    int count, blocks;
    int64_t step_stride;
} Alike;

/* Take the next taps whose cells are alike; gives the first that is not. */
static const Tap *next_alike(const Layer *layer, const Part *part, const int32_t *tables, const Tap *tap, const Tap *end,
                             int image, int first, Alike *alike) {
    const Cell *like = part->cells + tap->cell;
    *alike = (Alike){.blocks = like->blocks, .step_stride = layer->sources[like->source].step_stride};
    for (; alike->count < MOST_TAPS && tap < end; tap++, alike->count++) {
        const Cell *cell = part->cells + tap->cell;
        if (cell->blocks != like->blocks || cell->source != like->source) break;
        alike->tables[alike->count] = tables + (size_t)(tap->base / 8) * TABLE_ROWS * BLOCK;
        alike->bits[alike->count] = bits_of(layer, cell, image, first);
    }
    return tap;
}

INLINE void add_alike(const Alike *a, int blocks, From from, int steps, int32_t (*sums)[BLOCK]) {
    if (a->count == 3) add_cells(3, blocks, a->tables, a->bits, a->step_stride, from, steps, sums);
    else if (a->count == 2) add_cells(2, blocks, a->tables, a->bits, a->step_stride, from, steps, sums);
    else add_cells(1, blocks, a->tables, a->bits, a->step_stride, from, steps, sums);
}

/* One pixel. Cells are at most 4 blocks long, and those of one length and source stand together. */
static void add_tables(const Layer *layer, const Part *part, const int32_t *tables, int image, int pixel, int first,
                       From from, int steps, int32_t (*sums)[TILE][BLOCK]) {
    const Tap *tap = part->taps + part->starts[pixel], *end = part->taps + part->starts[pixel + 1];
    while (tap < end) {
        Alike alike;
        tap = next_alike(layer, part, tables, tap, end, image, first, &alike);
        switch (alike.blocks) {
        case 1: add_alike(&alike, 1, from, steps, sums[0]); break;
        case 2: add_alike(&alike, 2, from, steps, sums[0]); break;
        case 3: add_alike(&alike, 3, from, steps, sums[0]); break;
        default: add_alike(&alike, 4, from, steps, sums[0]);
        }
        from = so_far(sums);
    }
}

/* One kernel row of `pixels` neighbours: column c of the input is tap c - p of pixel p, so its bytes are put into place
 * once for up to 3 pixels. All loops have constant bounds and are to be unrolled, or the sums would leave the
 * registers. */
INLINE void add_row(int pixels, int blocks, const int32_t *tables, const uint16_t *bits, vi (*sum)[VECTORS]) {
    const int columns = pixels + WIDE - 1, columns_per_word = 4 / blocks, bytes = 2 * blocks;
    uint64_t word = 0;
    UNROLLED
    for (int c = 0; c < columns; c++) {
        if (c % columns_per_word == 0) memcpy(&word, bits + c * blocks, 8);
        UNROLLED
        for (int i = 0; i < bytes; i++) {
            const int32_t *row = row_of(tables, word, bytes * (c % columns_per_word) + i);
            UNROLLED
            for (int p = 0; p < pixels; p++)
                if (c >= p && c < p + WIDE)
                    for (int j = 0; j < VECTORS; j++)
                        sum[p][j] += load(row + (bytes * (c - p) + i) * TABLE_ROWS * BLOCK + j * LANES);
            IN_ORDER;
        }
    }
}

INLINE void add_rows_of(int pixels, int blocks, const Alike *a, From from, int steps, int32_t (*sums)[TILE][BLOCK]) {
    for (int t = 0; t < steps; t++) {
        vi sum[GROUP][VECTORS];
        for (int p = 0; p < pixels; p++)
            for (int j = 0; j < VECTORS; j++) sum[p][j] = load(from.at + p * from.next + t * from.step + j * LANES);
        for (int c = 0; c < a->count; c++) add_row(pixels, blocks, a->tables[c], a->bits[c] + t * a->step_stride, sum);
        for (int p = 0; p < pixels; p++)
            for (int j = 0; j < VECTORS; j++) store(sums[p][t] + j * LANES, sum[p][j]);
    }
}

/* `count` neighbouring pixels, GROUP or 1, of a kernel 3 wide. A cell is a kernel row: 3 columns of 1, 2 or 4 blocks. */
static void add_columns(const Layer *layer, const Part *part, const int32_t *tables, int image, int pixel, int count,
                        int first, From from, int steps, int32_t (*sums)[TILE][BLOCK]) {
    const Tap *tap = part->taps + part->starts[pixel], *end = part->taps + part->starts[pixel + 1];
    while (tap < end) {
        Alike alike;
        tap = next_alike(layer, part, tables, tap, end, image, first, &alike);
        /* loops over constants are unrolled: one copy for each width, for a group and for a single pixel */
        switch (alike.blocks / WIDE + (count == GROUP ? 10 : 0)) {
        case 1: add_rows_of(1, 1, &alike, from, steps, sums); break;
        case 2: add_rows_of(1, 2, &alike, from, steps, sums); break;
        case 4: add_rows_of(1, 4, &alike, from, steps, sums); break;
        case 11: add_rows_of(GROUP, 1, &alike, from, steps, sums); break;
        case 12: add_rows_of(GROUP, 2, &alike, from, steps, sums); break;
        default: add_rows_of(GROUP, 4, &alike, from, steps, sums);
        }
        from = so_far(sums);
    }
}
