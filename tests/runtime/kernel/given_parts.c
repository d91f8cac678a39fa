/* Random parts: cells, taps and weights, in the order that each method asks for. */
#include <stdlib.h>
#include <string.h>

#include "given.h"

enum { MOST_TAPS_OF_A_PIXEL = 16, WIDE = 3, MOST_ROWS = 24 /* blocks of rows */ };

/* What is known of a part while it is drawn. */
typedef struct {
    Cell cells[512];
    int cell_count;
    Tap taps[30 * MOST_TAPS_OF_A_PIXEL];
    int tap_count;
    int32_t starts[31];
    int row_blocks; /* blocks of rows that are in use */
} Draft;

static int cell_at(Draft *draft, Cell cell) {
    for (int c = 0; c < draft->cell_count; c++)
        if (!memcmp(draft->cells + c, &cell, sizeof cell)) return c;
    draft->cells[draft->cell_count] = cell;
    return draft->cell_count++;
}

/* Cells anywhere; each pixel reads some of them. Cells of one source and length stand together. */
static void draft_anywhere(const Given *g, Draft *draft, int longest) {
    const Layer *layer = &g->layer;
    const int pixels = layer->height * layer->width;
    for (int s = 0; s < layer->source_count; s++)
        for (int length = 1; length <= longest; length += length < 4 ? 1 : 3) {
            const Extent *e = g->extents + s;
            const int step = (e->width + 2) * e->blocks;
            for (int64_t n = length <= step ? between(0, 4) : 0; n > 0 && draft->cell_count < MOST_CELLS; n--) {
                const int64_t row = below(e->height) * e->capacity * step;
                cell_at(draft, (Cell){s, (int32_t)(row + below(step - length + 1)), length});
            }
        }
    draft->row_blocks = MOST_ROWS;
    for (int p = 0; p < pixels; p++) {
        draft->starts[p] = draft->tap_count;
        int at = (int)below(4);
        for (int c = 0; c < draft->cell_count; c++) {
            const int length = draft->cells[c].blocks;
            if (below(2) || at + length > MOST_ROWS) continue;
            draft->taps[draft->tap_count++] = (Tap){c, at * BLOCK};
            at += length + (int)below(2);
        }
    }
    draft->starts[pixels] = draft->tap_count;
}

/* Kernels 3 wide: one row of it is one cell, and neighbouring pixels read neighbouring columns of the same rows. */
static void draft_columns(const Given *g, Draft *draft) {
    const Layer *layer = &g->layer;
    const int kernel = (int)between(1, 4), shift = (int)below(2);
    int bases[MOST_SOURCES];
    for (int s = 0; s < layer->source_count; s++) {
        bases[s] = draft->row_blocks;
        draft->row_blocks += kernel * WIDE * g->extents[s].blocks;
    }
    for (int y = 0; y < layer->height; y++)
        for (int x = 0; x < layer->width; x++) {
            draft->starts[y * layer->width + x] = draft->tap_count;
            for (int s = 0; s < layer->source_count; s++) {
                const Extent *e = g->extents + s;
                const int every = e->blocks, width = e->width + 2;
                // one source may be too narrow for the shift, and others have lengths that the method does not know
                if (every == 3 || every > 4) continue;
                const int first = layer->width + WIDE - 1 + shift <= width ? x + shift : x;
                for (int k = 0; k < kernel; k++) {
                    const int row = y + k - 1;
                    if (row < 0 || row >= e->height) continue;
                    const Cell cell = {s, (row * e->capacity * width + first) * every, WIDE * every};
                    const int base = (bases[s] + k * WIDE * every) * BLOCK;
                    draft->taps[draft->tap_count++] = (Tap){cell_at(draft, cell), base};
                }
            }
        }
    draft->starts[layer->height * layer->width] = draft->tap_count;
}

static int32_t *listed(Held *held, const Part *part, const int32_t *plain) {
    const int rows = part->row_count, width = part->panel * BLOCK, all = part->blocks * BLOCK;
    int32_t *made = hold(held, (size_t)(part->blocks / part->panel) * (size_t)(rows + 1) * (size_t)width * sizeof *made);
    for (int panel = 0; panel < part->blocks / part->panel; panel++)
        for (int r = 0; r < rows; r++)
            memcpy(made + ((size_t)panel * (size_t)(rows + 1) + (size_t)r) * (size_t)width, plain + r * all + panel * width,
                   (size_t)width * sizeof *made);
    return made;
}

/* The sums of 8 rows for every byte. The rows between one table and the next are never read: they are not 0. */
static int32_t *tabled(Held *held, const Part *part, const int32_t *plain) {
    const int octets = part->row_count / 8, all = part->blocks * BLOCK;
    const size_t items = (size_t)(part->blocks * octets * TABLE_ROWS * BLOCK);
    int32_t *made = hold(held, items * sizeof *made);
    for (size_t i = 0; i < items; i++) made[i] = 77777777;
    for (int b = 0; b < part->blocks; b++)
        for (int o = 0; o < octets; o++)
            for (int byte = 0; byte < 256; byte++) {
                int32_t *row = made + (((size_t)b * (size_t)octets + (size_t)o) * TABLE_ROWS + (size_t)byte) * BLOCK;
                const int last = byte ? __builtin_ctz((unsigned)byte) : 0;
                // the byte without its lowest bit has been summed before
                const int32_t *rest = row - (byte & -byte) * BLOCK, *added = plain + (8 * o + last) * all + b * BLOCK;
                for (int c = 0; c < BLOCK; c++) row[c] = byte ? rest[c] + added[c] : 0;
            }
    return made;
}

static void draw_part(Given *g, int number, int first, int blocks) {
    static Draft draft; // too large for a stack
    memset(&draft, 0, sizeof draft);
    Part *part = g->parts + number;
    const size_t pixels = (size_t)(g->layer.height * g->layer.width);
    part->first_block = first;
    part->blocks = blocks;
    part->method = (int32_t)below(3);
    part->panel = 1;
    if (part->method == COLUMNS) draft_columns(g, &draft);
    else if (part->method == TABLES) draft_anywhere(g, &draft, 4);
    else if (below(8)) draft_anywhere(g, &draft, 10);
    if (part->method == LISTS)
        for (int size = 4; size > 1 && part->panel == 1; size /= 2)
            if (blocks % size == 0) part->panel = size;
    part->row_count = draft.row_blocks * BLOCK;
    part->cell_count = draft.cell_count;
    part->cells = held_copy(&g->held, draft.cells, (size_t)draft.cell_count * sizeof(Cell));
    part->taps = held_copy(&g->held, draft.taps, (size_t)draft.tap_count * sizeof(Tap));
    part->starts = held_copy(&g->held, draft.starts, (pixels + 1) * sizeof(int32_t));
    const int items = part->row_count * blocks * BLOCK;
    int32_t *plain = hold(&g->held, (size_t)items * sizeof *plain);
    for (int i = 0; i < items; i++) plain[i] = (int32_t)(g->mode == LARGE ? between(-20000, 30000) : between(-600, 700));
    g->plain[number] = plain;
    part->weights = part->method == LISTS ? listed(&g->held, part, plain) : tabled(&g->held, part, plain);
}

void draw_parts(Given *g) {
    Layer *layer = &g->layer;
    g->mode = (Mode)below(MODES);
    layer->parts = g->parts;
    for (int first = 0; first < layer->blocks;) {
        const int left = layer->blocks - first;
        const int blocks = layer->part_count == MOST_PARTS - 1 || below(2) ? left : (int)between(1, left);
        draw_part(g, layer->part_count++, first, blocks);
        first += blocks;
    }
}
