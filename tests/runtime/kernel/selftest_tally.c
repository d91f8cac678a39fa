/* Counts of bits by class, against counting bit by bit. */
#include <stdio.h>
#include <stdlib.h>

#include "given.h"

enum { MOST_CLASSES = 4 };

static int bit_of(const Spikes *s, const Extent *e, int image, int y, int step, int column, int channel) {
    const uint16_t *row = s->bits + image * s->image_stride + (y * (int64_t)e->capacity + step) * s->step_stride;
    return row[column * e->blocks + channel / BLOCK] >> channel % BLOCK & 1;
}

/* Words of a row for each class of its columns; column_of gives the class of a column, -1 none. */
static void draw_words(Held *held, const Extent *e, const int *class_of, Tally *tally) {
    const int row = (e->width + 2) * e->blocks, words = (row + 3) / 4;
    int32_t *starts = hold(held, (size_t)(tally->column_classes + 1) * sizeof *starts);
    Masked *masked = hold(held, (size_t)(tally->column_classes * words) * sizeof *masked);
    int count = 0;
    for (int class = 0; class < tally->column_classes; class++) {
        starts[class] = count;
        for (int word = 0; word < words; word++) {
            uint64_t mask = 0;
            for (int i = 0; i < 4 && 4 * word + i < row; i++)
                if (class_of[(4 * word + i) / e->blocks] == class) mask |= UINT64_C(0xFFFF) << (16 * i);
            if (mask) masked[count++] = (Masked){word, mask};
        }
    }
    starts[tally->column_classes] = count;
    tally->starts = starts;
    tally->words = masked;
}

static int64_t expected(const Tally *t, const Extent *e, const int *class_of, int rows, int columns, int step, int image) {
    int64_t count = 0;
    for (int y = 0; y < e->height; y++)
        for (int column = 0; column < e->width + 2; column++)
            for (int c = 0; c < e->blocks * BLOCK; c++)
                if (t->row_classes[y] == rows && class_of[column] == columns)
                    count += bit_of(&t->spikes, e, image, y, step, column, c);
    return count;
}

int test_tally(const Isa *isa, int number) {
    seed_draws((uint64_t)(1000 + number));
    Held held = {0};
    const Extent e = {(int)between(1, 5), (int)between(1, 9), (int)between(1, 5), (int)between(1, 70)};
    Tally tally = {.images = (int32_t)between(1, 3), .height = e.height, .capacity = e.capacity};
    tally.steps = (int32_t)between(1, e.capacity);
    tally.spikes = draw_spikes(&held, tally.images, e, SOME);
    const int rows = (int)between(1, MOST_CLASSES);
    int32_t *row_classes = hold(&held, (size_t)e.height * sizeof *row_classes);
    for (int y = 0; y < e.height; y++) row_classes[y] = (int32_t)below(rows);
    tally.row_classes = row_classes;
    tally.column_classes = (int32_t)between(1, MOST_CLASSES);
    int class_of[16];
    for (int x = 0; x < e.width + 2; x++) class_of[x] = (int)between(-1, tally.column_classes - 1);
    draw_words(&held, &e, class_of, &tally);
    const int64_t items = (int64_t)rows * tally.column_classes * tally.steps * tally.images;
    tally.counts = hold(&held, (size_t)items * sizeof *tally.counts);
    isa->tally(&tally);
    int different = 0;
    for (int64_t i = 0; i < items && !different; i++) {
        const int image = (int)(i % tally.images), step = (int)(i / tally.images % tally.steps);
        const int class = (int)(i / tally.images / tally.steps);
        different = tally.counts[i] != expected(&tally, &e, class_of, class / tally.column_classes,
                                                class % tally.column_classes, step, image);
        if (different) printf("%s: tally %d: a count differs at item %lld\n", isa->name, number, (long long)i);
    }
    release(&held);
    return different;
}
