/* What the kernel works on. The headers that body.h lists are compiled once for each instruction set; isas.c names them.
 *
 * Spikes are bits, channels last, 16 channels to a block: uint16 [image][row][step][column][block], with one empty
 * column at either end of a row. All steps of one row lie together, so a pixel's spikes stay in the first-level cache
 * while its steps are worked through.
 */
#ifndef SNNCONV_KERNEL_H
#define SNNCONV_KERNEL_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "blocks of bits are read as words: the lowest block has to be the lowest bits"
#endif

#define UNROLLED _Pragma("GCC unroll 16")
/* Keeps a compiler from moving memory accesses across: it would run out of registers. */
#define IN_ORDER __asm__ volatile("" ::: "memory")
#define INLINE static inline __attribute__((always_inline))

enum {
    BLOCK = 16, /* channels of a block */
    TILE = 64,  /* steps that are worked through at a time */
    GROUP = 4,  /* neighbouring pixels that are worked through together where they share what they read */
    /* Rows from one table to the next. Were it 256, the rows in most use, those of no spike and of one, would all lie in
     * the same few sets of the first-level cache. */
    TABLE_ROWS = 283,
};

/* Spikes of a batch of images. */
typedef struct {
    const uint16_t *bits;
    int64_t image_stride; /* in blocks */
    int64_t step_stride;  /* in blocks: (columns + 2) · blocks */
} Spikes;

/* A stretch of blocks at one step. */
typedef struct {
    int32_t source; /* index into Layer.sources */
    int32_t offset; /* blocks from the image's first block, at step 0 */
    int32_t blocks; /* length */
} Cell;

/* What an output pixel reads: a cell, and the first of the weight rows that belong to its bits, a multiple of 16. */
typedef struct {
    int32_t cell, base;
} Tap;

/* How the sums of a part are made. */
enum {
    LISTS,   /* the active inputs are listed, and their rows added: cost in proportion to spikes */
    TABLES,  /* one look-up for 8 inputs: cheaper where rows are short, however many inputs fire */
    COLUMNS, /* the same for kernels 3 wide that move by 1: neighbouring pixels share the look-ups' places */
};

/* Output blocks that read the same channels: all of a layer, or some groups of a grouped convolution. */
typedef struct {
    int32_t first_block, blocks;
    int32_t method;
    int32_t panel;     /* LISTS: blocks of a row that are added together: 1, 2 or 4; otherwise 1 */
    int32_t row_count; /* a multiple of 16 */
    int32_t cell_count;
    const Cell *cells;
    const int32_t *starts; /* [pixels + 1] into taps */
    const Tap *taps;
    /* LISTS: [blocks / panel][row_count + 1][panel · 16], the last row zeros.
     * Else [blocks][row_count / 8][TABLE_ROWS][16]: the sums of 8 rows for every byte of bits. */
    const int32_t *weights;
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
    const double *constant; /* current at every step, [images][pixels][blocks · 16]; or NULL */
    int32_t to_zero;        /* reset to zero, not by subtraction */
    double whole_below;     /* a membrane below this stays in int32 for a tile of steps; 0 where it may not be whole */
    uint16_t *out;          /* spikes, with room for `capacity` steps */
} Neurons;

typedef struct {
    int32_t images, height, width, blocks;
    int32_t steps, capacity; /* steps of this call; steps that buffers of spikes have room for */
    int32_t source_count, part_count, diagonal_count;
    const Spikes *sources;
    const Part *parts;
    const Diagonal *diagonals;
    const int32_t *bias; /* [blocks · 16] */
    Neurons neurons;     /* if current is NULL */
    int32_t *current;    /* [images][pixels][steps][blocks · 16] sums in units of the grid; or NULL */
} Layer;

/* Counts of set bits by class of row and of column. */
typedef struct {
    int32_t word; /* 64 bits from 4 · word blocks of a row on */
    uint64_t mask;
} Masked;

typedef struct {
    Spikes spikes;
    int32_t images, height, steps, capacity;
    const int32_t *row_classes; /* [height] */
    int32_t column_classes;
    const int32_t *starts; /* [column_classes + 1] into words */
    const Masked *words;
    int64_t *counts; /* [row classes][column_classes][steps][images] */
} Tally;

typedef struct {
    const char *name;
    int (*available)(void);
    int (*layer)(const Layer *); /* 0, or -1 when there is no memory */
    void (*tally)(const Tally *);
} Isa;

extern const Isa *const ISAS[]; /* fastest first, ends with NULL */

#endif
