/* Sums by lists: the places of the active inputs, then their rows. Cost in proportion to spikes. */

typedef struct {
    uint16_t *places;  /* of the set bits of every cell, step by step */
    uint32_t *starts;  /* [cells][TILE + 1] into places */
    uint32_t *joined;  /* where the rows of one pixel begin, in int32 from the first row, step by step */
    int32_t ends[TILE]; /* into joined */
    size_t room[3];
} Lists;

/* Memory of at least so many bytes; what was in it is lost. */
static void *grown(void *memory, size_t *room, size_t bytes) {
    if (bytes <= *room) return memory;
    free(memory);
    memory = malloc(bytes);
    *room = memory ? bytes : 0;
    return memory;
}

/* Make room for every bit of a part being set, and for what is written beyond the last place. */
static int make_room(Lists *lists, const Part *part) {
    size_t bits = 0;
    for (int c = 0; c < part->cell_count; c++) bits += (size_t)part->cells[c].blocks * BLOCK;
    const size_t cells = (size_t)part->cell_count, rows = (size_t)part->row_count;
    lists->places = grown(lists->places, lists->room, (bits * TILE + 2 * BLOCK) * sizeof *lists->places);
    lists->starts = grown(lists->starts, lists->room + 1, (cells + 1) * (TILE + 1) * sizeof *lists->starts);
    lists->joined = grown(lists->joined, lists->room + 2, ((rows + 4) * TILE + 2 * BLOCK) * sizeof *lists->joined);
    return !lists->places || !lists->starts || !lists->joined;
}

static void free_lists(Lists *lists) {
    free(lists->places);
    free(lists->starts);
    free(lists->joined);
}

/* List the set bits of every cell. Several pixels read a cell; it is listed once. */
static void list_cells(const Layer *layer, const Part *part, Lists *lists, int image, int first, int steps) {
    uint16_t *place = lists->places;
    for (int c = 0; c < part->cell_count; c++) {
        const Cell *cell = part->cells + c;
        const uint16_t *bits = bits_of(layer, cell, image, first);
        const int64_t stride = layer->sources[cell->source].step_stride;
        uint32_t *starts = lists->starts + (size_t)c * (TILE + 1);
        for (int t = 0; t < steps; t++, bits += stride) {
            starts[t] = (uint32_t)(place - lists->places);
            for (int b = 0; b < cell->blocks; b++) place = list_block(bits[b], (uint32_t)b * BLOCK, place);
        }
        starts[steps] = (uint32_t)(place - lists->places);
    }
}

/* Join the lists of the cells that a pixel reads. Each step is filled up to a multiple of 4 with the row of zeros. */
static void join_lists(const Part *part, Lists *lists, int pixel, int steps) {
    const uint32_t scale = (uint32_t)(part->panel * BLOCK), zeros = (uint32_t)part->row_count * scale;
    const Tap *from = part->taps + part->starts[pixel], *to = part->taps + part->starts[pixel + 1];
    uint32_t *place = lists->joined;
    for (int t = 0; t < steps; t++) {
        for (const Tap *tap = from; tap < to; tap++) {
            const uint32_t *starts = lists->starts + (size_t)tap->cell * (TILE + 1) + t;
            const uint32_t count = starts[1] - starts[0];
            copy_places(lists->places + starts[0], count, (uint32_t)tap->base, scale, place);
            place += count;
        }
        for (int i = 0; i < 4; i++) place[i] = zeros;
        place += (lists->joined - place) & 3;
        lists->ends[t] = (int32_t)(place - lists->joined);
    }
}

/* sums[b][t] = what is there so far and the joined rows of one panel. */
INLINE void add_rows(int panel, const int32_t *rows, const Lists *lists, From from, int steps,
                     int32_t (*sums)[TILE][BLOCK]) {
    const uint32_t *place = lists->joined;
    for (int t = 0; t < steps; t++) {
        vi sum[GROUP * VECTORS];
        for (int b = 0; b < panel; b++)
            for (int j = 0; j < VECTORS; j++)
                sum[b * VECTORS + j] = load(from.at + b * from.next + t * from.step + j * LANES);
        for (const uint32_t *end = lists->joined + lists->ends[t]; place < end; place += 4)
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < panel * VECTORS; j++) sum[j] += load(rows + (size_t)place[i] + j * LANES);
        for (int b = 0; b < panel; b++)
            for (int j = 0; j < VECTORS; j++) store(sums[b][t] + j * LANES, sum[b * VECTORS + j]);
    }
}

static void add_listed(int panel, const int32_t *rows, const Lists *lists, From from, int steps,
                       int32_t (*sums)[TILE][BLOCK]) {
    if (panel == 4) add_rows(4, rows, lists, from, steps, sums);
    else if (panel == 2) add_rows(2, rows, lists, from, steps, sums);
    else add_rows(1, rows, lists, from, steps, sums);
}
