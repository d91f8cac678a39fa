/* What the kernel works on. `layer.h` is compiled once for each instruction set; `isas.c` lists them.
 *
 * Spikes are bits, channels last, 16 channels to a block: uint16 [image][row][step][column][block]. All steps of one
 * row lie together, so a pixel's spikes stay in the first-level cache while its steps are worked through, and the
 * pixels of a kernel row are one run of bits.
 */
#ifndef SNNCONV_KERNEL_H
#define SNNCONV_KERNEL_H

#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

enum {
    BLOCK = 16, /* channels of a block */
    TILE = 64,  /* steps that are worked through at a time */
    /* Rows from one table to the next. Were it 256, the rows in most use, those of no spike and of one, would all lie in
     * the same few sets of the first-level cache. */
    TABLE_ROWS = 283,
};

/* Spikes of a batch of images. */
typedef struct {
    const uint16_t *bits;
    int64_t image_stride; /* in blocks */
    int64_t step_stride;  /* in blocks: columns · blocks */
} Spikes;

/* A run of bits that one output pixel reads, and the weight rows that belong to them. */
typedef struct {
    int32_t source; /* index into Layer.sources */
    int32_t offset; /* blocks from the image's first block, at step 0 */
    int32_t blocks; /* length */
    int32_t base;   /* the first weight row, a multiple of 16 */
} Run;

/* Output blocks that read the same channels: all of a layer, or some groups of a grouped convolution. */
typedef struct {
    int32_t first_block, blocks;
    int32_t panel;         /* blocks of a row that are added together: 1, 2 or 4 */
    int32_t row_count;     /* without the row of zeros at the end */
    const int32_t *starts; /* [pixels + 1] into runs */
    const Run *runs;
    const int32_t *rows;   /* [blocks / panel][row_count + 1][panel · 16] */
    const int32_t *table;  /* [blocks][row_count / 8][TABLE_ROWS][16]: sums of rows for every byte, panel is 1; or NULL */
} Part;

/* A synapse per channel, as on an identity shortcut. */
typedef struct {
    int32_t source;
    const int32_t *offsets; /* [pixels] blocks, at step 0 */
    const int32_t *gain;    /* [blocks · 16] */
} Diagonal;

/* Neurons, with membranes in units of the grid: V · 2^q. Strides are in doubles and may be 0. */
typedef struct {
    double *membrane; /* [images][pixels][blocks · 16] */
    const double *threshold;
    int64_t threshold_stride; /* per pixel */
    const double *leak;       /* or NULL */
    int64_t leak_stride;
    const double *constant; /* current at every step; or NULL */
    int64_t constant_image_stride, constant_stride;
    const double *changing; /* [images][pixels][steps][blocks · 16] current; or NULL */
    int to_zero;            /* reset to zero, not by subtraction */
    double whole_below;     /* a membrane below this stays in int32 for a tile of steps; 0 where it may not be whole */
    uint16_t *out;          /* spikes, capacity as below */
} Neurons;

typedef struct {
    int32_t images, height, width, blocks;
    int32_t steps, capacity; /* steps of this call; steps that buffers of spikes have room for */
    int32_t source_count, part_count, diagonal_count;
    const Spikes *sources;
    const Part *parts;
    const Diagonal *diagonals;
    const int32_t *bias; /* [blocks · 16] or NULL */
    Neurons neurons;     /* if current is NULL */
    int32_t *current;    /* [images][pixels][steps][blocks · 16] sums in units of the grid; or NULL */
} Layer;

/* Counts of set bits: weights are outer(rows, columns), one pair for each reader. */
typedef struct {
    Spikes spikes;
    int32_t images, height, width, blocks, steps;
    int32_t readers, segments;
    const int32_t *ends;    /* [segments] first column after each segment of columns of equal weight */
    const int64_t *rows;    /* [readers][height] */
    const int64_t *columns; /* [readers][segments] */
    int64_t *counts;        /* [readers][steps][images] */
} Tally;

typedef struct {
    const char *name;
    int (*available)(void);
    int (*layer)(const Layer *); /* 0, or -1 when there is no memory */
    void (*tally)(const Tally *);
} Isa;

extern const Isa *const ISAS[]; /* fastest first, ends with NULL */

#endif
