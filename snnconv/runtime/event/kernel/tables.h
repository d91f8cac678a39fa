/* Sums by tables: one look-up gives the sum of 8 rows. No branch depends on a spike. */

enum { MOST_TAPS = 3, WIDE = 3 }; /* cells of equal length that are worked through together; the width of a kernel */

/* The row of a table for byte i of a word. A rotation puts the byte where it counts bytes of rows: one instruction. */
INLINE const int32_t *row_of(const int32_t *table, uint64_t word, int i) {
    const int right = (8 * i - 6) & 63; /* a row is 2^6 bytes */
    const uint64_t turned = word >> right | word << (64 - right);
    return (const int32_t *)((const char *)table + (turned & (255 << 6)));
}

INLINE const int32_t *tables_at(const int32_t *tables, const Tap *tap) {
    return tables + (size_t)(tap->base / 8) * TABLE_ROWS * BLOCK;
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

INLINE void add_alike(int count, int blocks, const int32_t *const *tables, const uint16_t *const *bits,
                      int64_t step_stride, From from, int steps, int32_t (*sums)[BLOCK]) {
    if (count == 3) add_cells(3, blocks, tables, bits, step_stride, from, steps, sums);
    else if (count == 2) add_cells(2, blocks, tables, bits, step_stride, from, steps, sums);
    else add_cells(1, blocks, tables, bits, step_stride, from, steps, sums);
}

/* One pixel. Cells are at most 4 blocks long, and those of one length and source stand together. */
static void add_tables(const Layer *layer, const Part *part, const int32_t *tables, int image, int pixel, int first,
                       From from, int steps, int32_t (*sums)[TILE][BLOCK]) {
    const Tap *tap = part->taps + part->starts[pixel], *end = part->taps + part->starts[pixel + 1];
    while (tap < end) {
        const int32_t *at[MOST_TAPS] = {0};
        const uint16_t *bits[MOST_TAPS] = {0};
        const int blocks = part->cells[tap->cell].blocks, source = part->cells[tap->cell].source;
        int count = 0;
        for (; count < MOST_TAPS && tap < end; tap++, count++) {
            const Cell *cell = part->cells + tap->cell;
            if (cell->blocks != blocks || cell->source != source) break;
            at[count] = tables_at(tables, tap);
            bits[count] = bits_of(layer, cell, image, first);
        }
        const int64_t stride = layer->sources[source].step_stride;
        switch (blocks) {
        case 1: add_alike(count, 1, at, bits, stride, from, steps, sums[0]); break;
        case 2: add_alike(count, 2, at, bits, stride, from, steps, sums[0]); break;
        case 3: add_alike(count, 3, at, bits, stride, from, steps, sums[0]); break;
        default: add_alike(count, 4, at, bits, stride, from, steps, sums[0]);
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

INLINE void add_rows_of(int pixels, int blocks, int count, const int32_t *const *tables, const uint16_t *const *bits,
                        int64_t step_stride, From from, int steps, int32_t (*sums)[TILE][BLOCK]) {
    for (int t = 0; t < steps; t++) {
        vi sum[GROUP][VECTORS];
        for (int p = 0; p < pixels; p++)
            for (int j = 0; j < VECTORS; j++) sum[p][j] = load(from.at + p * from.next + t * from.step + j * LANES);
        for (int c = 0; c < count; c++) add_row(pixels, blocks, tables[c], bits[c] + t * step_stride, sum);
        for (int p = 0; p < pixels; p++)
            for (int j = 0; j < VECTORS; j++) store(sums[p][t] + j * LANES, sum[p][j]);
    }
}

/* `count` neighbouring pixels of a kernel 3 wide. A cell is a kernel row: 3 columns of 1, 2 or 4 blocks. */
static void add_columns(const Layer *layer, const Part *part, const int32_t *tables, int image, int pixel, int count,
                        int first, From from, int steps, int32_t (*sums)[TILE][BLOCK]) {
    const Tap *tap = part->taps + part->starts[pixel], *end = part->taps + part->starts[pixel + 1];
    while (tap < end) {
        const int32_t *at[MOST_TAPS] = {0};
        const uint16_t *bits[MOST_TAPS] = {0};
        const int blocks = part->cells[tap->cell].blocks, source = part->cells[tap->cell].source;
        int rows = 0;
        for (; rows < MOST_TAPS && tap < end; tap++, rows++) {
            const Cell *cell = part->cells + tap->cell;
            if (cell->blocks != blocks || cell->source != source) break;
            at[rows] = tables_at(tables, tap);
            bits[rows] = bits_of(layer, cell, image, first);
        }
        const int64_t stride = layer->sources[source].step_stride;
        if (count == GROUP) {
            if (blocks == WIDE) add_rows_of(GROUP, 1, rows, at, bits, stride, from, steps, sums);
            else if (blocks == 2 * WIDE) add_rows_of(GROUP, 2, rows, at, bits, stride, from, steps, sums);
            else add_rows_of(GROUP, 4, rows, at, bits, stride, from, steps, sums);
        } else {
            if (blocks == WIDE) add_rows_of(1, 1, rows, at, bits, stride, from, steps, sums);
            else if (blocks == 2 * WIDE) add_rows_of(1, 2, rows, at, bits, stride, from, steps, sums);
            else add_rows_of(1, 4, rows, at, bits, stride, from, steps, sums);
        }
        from = so_far(sums);
    }
}
