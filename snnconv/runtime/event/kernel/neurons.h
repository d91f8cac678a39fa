/* Neurons: integrate, fire, reset. */

/* Where a block of neurons of one pixel and its spikes lie. */
typedef struct {
    double *membrane;
    const double *threshold, *leak, *constant; /* the last two may be NULL */
    uint16_t *out;
    int64_t out_stride; /* per step */
} Place;

/* Integrate, fire, reset in float64: any leak, any current. */
INLINE void fire_wide(const Place *place, int leaky, int to_zero, int steps, int32_t (*sums)[BLOCK]) {
    vd v[HALVES], theta[HALVES], leak[HALVES], constant[HALVES];
    for (int h = 0; h < HALVES; h++) {
        v[h] = load_wide(place->membrane + h * HALF);
        theta[h] = load_wide(place->threshold + h * HALF);
        leak[h] = leaky ? load_wide(place->leak + h * HALF) : (vd){0};
        constant[h] = place->constant ? load_wide(place->constant + h * HALF) : (vd){0};
    }
    for (int t = 0; t < steps; t++) {
        uint32_t bits = 0;
        for (int h = 0; h < HALVES; h++) {
            if (leaky) v[h] *= leak[h];
            v[h] += widened(load_half(sums[t] + h * HALF));
            v[h] += constant[h];
            bits |= fires_wide(v[h], theta[h]) << (h * HALF);
            const vm fired = v[h] >= theta[h];
            v[h] = to_zero ? (vd)((vm)v[h] & ~fired) : v[h] - (vd)((vm)theta[h] & fired);
        }
        place->out[t * place->out_stride] = (uint16_t)bits;
    }
    for (int h = 0; h < HALVES; h++) memcpy(place->membrane + h * HALF, &v[h], sizeof v[h]);
}

/* The same in int32, for membranes, thresholds and currents that are whole. Each step waits for the one before; `count`
 * blocks at a time leave the processor less to wait for. */
INLINE void fire_whole(int count, const Place *places, int to_zero, int steps, int32_t (*sums)[TILE][BLOCK]) {
    int32_t whole[3][BLOCK];
    vi v[2][VECTORS], theta[2][VECTORS], constant[2][VECTORS];
    for (int p = 0; p < count; p++) {
        for (int c = 0; c < BLOCK; c++) {
            whole[0][c] = (int32_t)places[p].membrane[c];
            whole[1][c] = places[p].threshold[c] < INT32_MAX ? (int32_t)places[p].threshold[c] : INT32_MAX;
            whole[2][c] = places[p].constant ? (int32_t)places[p].constant[c] : 0;
        }
        for (int j = 0; j < VECTORS; j++) {
            v[p][j] = load(whole[0] + j * LANES);
            theta[p][j] = load(whole[1] + j * LANES);
            constant[p][j] = load(whole[2] + j * LANES);
        }
    }
    for (int t = 0; t < steps; t++)
        for (int p = 0; p < count; p++) {
            uint32_t bits = 0;
            for (int j = 0; j < VECTORS; j++) {
                v[p][j] += load(sums[p][t] + j * LANES) + constant[p][j];
                const uint32_t fired = fires(v[p][j], theta[p][j]);
                bits |= fired << (j * LANES);
                v[p][j] = reset(v[p][j], theta[p][j], fired, to_zero);
            }
            places[p].out[t * places[p].out_stride] = (uint16_t)bits;
        }
    for (int p = 0; p < count; p++) {
        for (int j = 0; j < VECTORS; j++) store(whole[0] + j * LANES, v[p][j]);
        for (int c = 0; c < BLOCK; c++) places[p].membrane[c] = whole[0][c];
    }
}

/* Whether no membrane of the block can leave int32 within a tile of steps. */
INLINE int stays_whole(const Neurons *n, const Place *place) {
    double largest = 0;
    for (int c = 0; c < BLOCK; c++) {
        const double size = place->membrane[c] < 0 ? -place->membrane[c] : place->membrane[c];
        if (size > largest) largest = size;
    }
    return largest < n->whole_below;
}

static Place place_of(const Layer *layer, int64_t image, int64_t pixel, int block, int first) {
    const Neurons *n = &layer->neurons;
    const int64_t pixels = (int64_t)layer->height * layer->width, channels = (int64_t)layer->blocks * BLOCK;
    const int64_t at = block * BLOCK, row = pixel / layer->width, column = pixel % layer->width;
    const int64_t step_stride = (int64_t)(layer->width + 2) * layer->blocks;
    return (Place){
        n->membrane + (image * pixels + pixel) * channels + at,
        n->threshold + pixel * n->threshold_stride + at,
        n->leak ? n->leak + pixel * n->leak_stride + at : NULL,
        n->constant ? n->constant + (image * pixels + pixel) * channels + at : NULL,
        n->out + ((image * layer->height + row) * layer->capacity + first) * step_stride + (column + 1) * layer->blocks +
            block,
        step_stride,
    };
}

static void fire_one(const Neurons *n, const Place *place, int whole, int steps, int32_t (*sums)[TILE][BLOCK]) {
    if (whole) {
        if (n->to_zero) fire_whole(1, place, 1, steps, sums);
        else fire_whole(1, place, 0, steps, sums);
    } else if (n->leak) {
        if (n->to_zero) fire_wide(place, 1, 1, steps, sums[0]);
        else fire_wide(place, 1, 0, steps, sums[0]);
    } else if (n->to_zero) fire_wide(place, 0, 1, steps, sums[0]);
    else fire_wide(place, 0, 0, steps, sums[0]);
}

/* Neurons of up to GROUP blocks. */
static void fire_blocks(const Neurons *n, int count, const Place *places, int steps, int32_t (*sums)[TILE][BLOCK]) {
    int whole[GROUP];
    for (int p = 0; p < count; p++) whole[p] = n->whole_below > 0 && stays_whole(n, places + p);
    for (int p = 0; p < count;) {
        if (p + 1 < count && whole[p] && whole[p + 1] && !n->to_zero) {
            fire_whole(2, places + p, 0, steps, sums + p);
            p += 2;
        } else {
            fire_one(n, places + p, whole[p], steps, sums + p);
            p++;
        }
    }
}
