/* Every instruction set against a double loop, without Python: one line for each, exit 1 on any difference.
 *
 * selftest [LAYERS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "given.h"

enum { LAYERS = 60, MOST_ISAS = 8, UNTOUCHED = 0xA5 };

/* How much of the kernel the layers put to work: a self-test in which nothing fires compares nothing. */
typedef struct {
    int64_t fired, asked, whole, wide, currents;
    int64_t methods[3], panels[5];
} Work;

static void note(const Given *g, const Expected *e, Work *work) {
    work->fired += e->fired;
    work->asked += e->asked;
    work->whole += e->whole;
    work->wide += e->wide;
    work->currents += g->layer.current != NULL;
    for (int p = 0; p < g->layer.part_count; p++) {
        work->methods[g->parts[p].method]++;
        if (g->parts[p].method == LISTS) work->panels[g->parts[p].panel]++;
    }
}

static int is_enough(const Work *work, int layers) {
    const double rate = (double)work->fired / (double)work->asked;
    return rate > 0.05 && rate < 0.95 && work->whole > layers && work->wide > layers && work->currents > layers / 20 &&
           work->methods[LISTS] > layers / 6 && work->methods[TABLES] > layers / 6 &&
           work->methods[COLUMNS] > layers / 6 && work->panels[1] > layers / 20 && work->panels[2] > layers / 20 &&
           work->panels[4] > layers / 20;
}

static int differs(const char *isa, int number, const char *what, int64_t at) {
    printf("%s: layer %d: %s differs at item %lld\n", isa, number, what, (long long)at);
    return 1;
}

static int compare(const Isa *isa, int number, const Given *g, const Expected *e) {
    const Layer *layer = &g->layer;
    for (int64_t i = 0; i < g->currents; i++)
        if (layer->current[i] != e->current[i]) return differs(isa->name, number, "a current", i);
    if (layer->current) return 0;
    for (int64_t i = 0; i < g->outs; i++)
        if (layer->neurons.out[i] != e->out[i]) return differs(isa->name, number, "a block of spikes", i);
    for (int64_t i = 0; i < g->membranes; i++)
        if (layer->neurons.membrane[i] != e->membrane[i]) return differs(isa->name, number, "a membrane", i);
    return 0;
}

/* Fill what the kernel writes, so that what it must not touch shows. */
static void prepare(const Given *g, double *membrane, uint16_t *out, int32_t *current) {
    if (g->layer.current) {
        memset(current, UNTOUCHED, (size_t)g->currents * sizeof *current);
    } else {
        memcpy(membrane, g->start, (size_t)g->membranes * sizeof *membrane);
        memset(out, UNTOUCHED, (size_t)g->outs * sizeof *out);
    }
}

static void expect(Given *g, Expected *e) {
    *e = (Expected){
        .membrane = hold(&g->held, (size_t)g->membranes * sizeof *e->membrane),
        .out = hold(&g->held, (size_t)g->outs * sizeof *e->out),
        .current = hold(&g->held, (size_t)g->currents * sizeof *e->current),
    };
    prepare(g, e->membrane, e->out, e->current);
    expect_layer(g, &g->held, e);
}

static int test_layers(int layers, int *differences) {
    Work work = {0};
    for (int number = 0; number < layers; number++) {
        Given g;
        Expected e;
        draw_layer(&g, number);
        expect(&g, &e);
        note(&g, &e, &work);
        for (int i = 0; ISAS[i]; i++) {
            if (!ISAS[i]->available()) continue;
            prepare(&g, g.layer.neurons.membrane, g.layer.neurons.out, g.layer.current);
            differences[i] += ISAS[i]->layer(&g.layer) || compare(ISAS[i], number, &g, &e);
        }
        release(&g.held);
    }
    printf("layers: %lld of %lld neurons and steps fire, %lld blocks and tiles in int32, %lld in float64\n",
           (long long)work.fired, (long long)work.asked, (long long)work.whole, (long long)work.wide);
    return is_enough(&work, layers);
}

int main(int count, char **arguments) {
    const int layers = count > 1 ? atoi(arguments[1]) : LAYERS, others = layers / 2;
    int differences[MOST_ISAS] = {0}, failed = 0, moved = 0;
    if (!test_layers(layers, differences)) {
        printf("the layers put too little to work\n");
        failed = 1;
    }
    for (int i = 0; ISAS[i]; i++) {
        if (!ISAS[i]->available()) {
            printf("%s: not on this machine\n", ISAS[i]->name);
            continue;
        }
        for (int number = 0; number < others; number++) differences[i] += test_tally(ISAS[i], number);
        printf("%s: %d layers, %d tallies, %d differ\n", ISAS[i]->name, layers, others, differences[i]);
        failed |= differences[i] != 0;
    }
    for (int number = 0; number < others; number++) moved += test_select(number) + test_pool(number);
    printf("bits: %d slices, %d pools, %d differ\n", others, others, moved);
    return failed || moved != 0;
}
