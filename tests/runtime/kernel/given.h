/* What the self-test gives the kernel: small random layers, with the same seed always the same. */
#ifndef SNNCONV_GIVEN_H
#define SNNCONV_GIVEN_H

#include <stddef.h>

#include "kernel.h"

enum { MOST_SOURCES = 3, MOST_PARTS = 3, MOST_DIAGONALS = 2, MOST_CELLS = 16, MOST_HELD = 64 };

/* Memory of one case, every piece as large as the kernel may touch and no larger. */
typedef struct {
    void *pieces[MOST_HELD];
    int count;
} Held;

/* The extent of a source of spikes. */
typedef struct {
    int height, width, blocks, capacity;
} Extent;

/* How many neurons spike: 1 of 16, 1 of 4, 1 of 2, 15 of 16. */
typedef enum { RARE, SOME, HALF, MOST, DENSITIES } Density;

/* What membranes and thresholds are like. */
typedef enum {
    SMALL,    /* whole, far from 2^31 */
    LARGE,    /* whole, some beyond 2^31, some on their way there */
    FRACTION, /* not whole */
    LEAKY,
    MODES
} Mode;

typedef struct {
    Held held;
    Layer layer;
    Mode mode;
    Extent extents[MOST_SOURCES];
    Spikes sources[MOST_SOURCES];
    Part parts[MOST_PARTS];
    Diagonal diagonals[MOST_DIAGONALS];
    int32_t *plain[MOST_PARTS]; /* [row_count][blocks · 16]: the weights, before they are put in the part's order */
    double *start;              /* membranes before the first step */
    int64_t membranes, outs, currents; /* items of these buffers */
} Given;

/* What the double loop makes of it, and how much of the kernel that puts to work. */
typedef struct {
    double *membrane;
    uint16_t *out;
    int32_t *current;
    int64_t fired, asked; /* neurons and steps */
    int64_t whole, wide;  /* tiles that may be worked through in int32, and others */
} Expected;

void seed_draws(uint64_t seed);
int64_t below(int64_t bound);
int64_t between(int64_t low, int64_t high);
double fraction(void);

void *hold(Held *, size_t bytes);
void *held_copy(Held *, const void *from, size_t bytes);
void release(Held *);

Spikes draw_spikes(Held *, int images, Extent extent, Density density);
void draw_layer(Given *, int number);
void draw_parts(Given *);
void draw_neurons(Given *);
void expect_layer(const Given *, Held *, Expected *);

/* The rest of the self-test; each gives the number of differences and prints the first. */
int test_tally(const Isa *, int number);
int test_select(int number);
int test_pool(int number);

#endif
