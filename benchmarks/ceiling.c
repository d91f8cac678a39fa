/* The most that a core can do of what an event-driven simulation is made of: load 64 bytes, add them to 16 sums.
 *
 * The rows that are added lie in 8 KB, so that they stay in the first-level cache; 4 vectors of sums are independent of
 * each other. No list of spikes is read: this is a ceiling, not a simulation.
 */
#include <stdint.h>

typedef int32_t row __attribute__((vector_size(64)));

enum { ROWS = 128 };

static row rows[ROWS];

/* Add all rows `rounds` times; gives the number of synaptic operations, 16 for each row. */
int64_t add_rows(int64_t rounds) {
    row sum[4] = {{0}, {0}, {0}, {0}};
    for (int64_t i = 0; i < rounds; i++)
        for (int r = 0; r < ROWS; r += 4) {
            for (int k = 0; k < 4; k++) sum[k] += rows[r + k];
            /* the compiler may neither leave out an addition nor keep the rows in registers */
            __asm__ volatile("" ::: "memory");
        }
    rows[0] = sum[0] + sum[1] + sum[2] + sum[3];
    return rounds * ROWS * 16;
}
