/* Slices and pools of spikes, against moving one bit at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "given.h"

/* The spike of a channel of a place of the image; 0 outside. */
static int spike(const Spikes *s, const Extent *e, int image, int y, int x, int channel, int step) {
    if (y < 0 || y >= e->height || x < 0 || x >= e->width || channel < 0 || channel >= e->blocks * BLOCK) return 0;
    const int64_t row = (int64_t)y * e->capacity + step;
    const uint16_t *place = s->bits + image * s->image_stride + row * s->step_stride + (x + 1) * e->blocks;
    return place[channel / BLOCK] >> channel % BLOCK & 1;
}

/* Some positions of an axis, every so many, between silence. */
static Slice drawn_slice(int size, int most_step, int *out_size) {
    const int first = (int)below(size), step = (int)between(1, most_step);
    const int count = 1 + (int)below((size - 1 - first) / step + 1);
    const int before = (int)below(size < BLOCK ? 3 : 20);
    *out_size = before + count + (int)below(size < BLOCK ? 3 : 20);
    return (Slice){first, step, before, before + count};
}

/* The position that a slice reads for an output position; -1 is silence. */
static int from(const Slice *s, int at) { return at < s->before || at >= s->end ? -1 : s->first + (at - s->before) * s->step; }

static int select_differs(const Select *s, const Extent *e) {
    for (int image = 0; image < s->images; image++)
        for (int y = 0; y < s->out_height; y++)
            for (int step = 0; step < s->steps; step++)
                for (int x = 0; x < s->out_width; x++)
                    for (int c = 0; c < s->out_blocks * BLOCK; c++) {
                        const int64_t row = ((int64_t)image * s->out_height + y) * s->capacity + step;
                        const uint16_t *out = s->out + (row * (s->out_width + 2) + x + 1) * s->out_blocks;
                        const int expected = spike(&s->spikes, e, image, from(&s->rows, y), from(&s->columns, x),
                                                   from(&s->channels, c), step);
                        if ((out[c / BLOCK] >> c % BLOCK & 1) != expected) return 1;
                    }
    return 0;
}

int test_select(int number) {
    seed_draws((uint64_t)(2000 + number));
    Held held = {0};
    const Extent e = {(int)between(1, 6), (int)between(1, 6), (int)between(1, 4), (int)between(1, 8)};
    Select s = {.images = (int32_t)between(1, 2), .height = e.height, .width = e.width, .blocks = e.blocks,
                .steps = (int32_t)between(1, e.capacity), .capacity = e.capacity};
    int channels;
    s.spikes = draw_spikes(&held, s.images, e, HALF);
    s.rows = drawn_slice(e.height, 3, &s.out_height);
    s.columns = drawn_slice(e.width, 3, &s.out_width);
    s.channels = drawn_slice(e.blocks * BLOCK, 1, &channels);
    s.out_blocks = (channels + BLOCK - 1) / BLOCK;
    s.out = hold(&held, (size_t)(s.images * s.out_height * s.capacity * (s.out_width + 2) * s.out_blocks) * sizeof *s.out);
    select_bits(&s);
    const int different = select_differs(&s, &e);
    if (different) printf("bits: slice %d differs\n", number);
    release(&held);
    return different;
}

static int pool_differs(const Pool *p, const Extent *e) {
    const float *out = p->out;
    for (int step = 0; step < p->steps; step++)
        for (int image = 0; image < p->images; image++)
            for (int y = 0; y < p->out_height; y++)
                for (int x = 0; x < p->out_width; x++)
                    for (int c = 0; c < p->channels; c++) {
                        int sum = 0;
                        for (int k = 0; k < p->kernel_y * p->kernel_x; k++)
                            sum += spike(&p->spikes, e, image, y * p->stride_y - p->top + k / p->kernel_x,
                                         x * p->stride_x - p->left + k % p->kernel_x, c, step);
                        if (*out++ != (float)sum) return 1;
                    }
    return 0;
}

int test_pool(int number) {
    seed_draws((uint64_t)(3000 + number));
    Held held = {0};
    const Extent e = {(int)between(1, 6), (int)between(1, 6), (int)between(1, 3), (int)between(1, 8)};
    Pool p = {.images = (int32_t)between(1, 2), .height = e.height, .width = e.width, .blocks = e.blocks,
              .steps = (int32_t)between(1, e.capacity), .capacity = e.capacity, .channels = e.blocks * BLOCK,
              .kernel_y = (int32_t)between(1, 4), .kernel_x = (int32_t)between(1, 4), .stride_y = (int32_t)between(1, 3),
              .stride_x = (int32_t)between(1, 3), .top = (int32_t)below(3), .left = (int32_t)below(3)};
    p.out_height = (int32_t)between(1, 5);
    p.out_width = (int32_t)between(1, 5);
    p.spikes = draw_spikes(&held, p.images, e, HALF);
    const size_t items = (size_t)(p.steps * p.images * p.out_height * p.out_width * p.channels);
    p.out = hold(&held, items * sizeof *p.out);
    pool_bits(&p);
    const int different = pool_differs(&p, &e);
    if (different) printf("bits: pool %d differs\n", number);
    release(&held);
    return different;
}
