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
    row a = {0}, b = {0}, c = {0}, d = {0};
    for (int64_t i = 0; i < rounds; i++)
        for (int r = 0; r < ROWS; r += 4) {
            a += rows[r];
            b += rows[r + 1];
            c += rows[r + 2];
            d += rows[r + 3];
            /* the compiler may not keep the rows in registers from one round to the next */
            __asm__ volatile("" ::: "memory");
        }
    rows[0] = a + b + c + d;
    return rounds * ROWS * 16;
}
