/* Counts spikes: all of a layer, and those in rows and columns from which as many synapses leave. */

static void run_tally(const Tally *tally) {
    const int64_t row_stride = tally->capacity * tally->spikes.step_stride;
    for (int image = 0; image < tally->images; image++)
        for (int y = 0; y < tally->height; y++)
            for (int t = 0; t < tally->steps; t++) {
                const uint16_t *bits = tally->spikes.bits + image * tally->spikes.image_stride + y * row_stride +
                                       t * tally->spikes.step_stride;
                for (int c = 0; c < tally->column_classes; c++) {
                    int64_t count = 0;
                    for (int w = tally->starts[c]; w < tally->starts[c + 1]; w++) {
                        uint64_t word;
                        memcpy(&word, bits + 4 * tally->words[w].word, 8);
                        count += __builtin_popcountll(word & tally->words[w].mask);
                    }
                    const int64_t class = (int64_t)tally->row_classes[y] * tally->column_classes + c;
                    tally->counts[(class * tally->steps + t) * tally->images + image] += count;
                }
            }
}
