/* For instruction sets that have neither masks nor compression. LANE_BITS is 1, 2, 4 … for each lane. */

INLINE vi reset(vi v, vi threshold, uint32_t fired, int to_zero) {
    (void)fired;
    const vi mask = v >= threshold;
    return to_zero ? v & ~mask : v - (threshold & mask);
}

INLINE vi add_where(vi v, uint32_t bits, int j, vi x) {
    const vi lane = LANE_BITS;
    return v + (((((vi){0} + (int32_t)(bits >> (j * LANES))) & lane) != 0) & x);
}

/* The places of the set bits, 4 at a time; up to 3 are written beyond the last. */
INLINE uint16_t *list_block(uint32_t bits, uint32_t base, uint16_t *out) {
    uint16_t *end = out + __builtin_popcount(bits);
    while (out < end)
        for (int i = 0; i < 4; i++) {
            *out++ = (uint16_t)(base + (bits ? (uint32_t)__builtin_ctz(bits) : 0));
            bits &= bits - 1;
        }
    return end;
}

/* out[i] = (from[i] + base) · scale, 8 at a time; up to 7 are written beyond the last. */
INLINE void copy_places(const uint16_t *from, uint32_t count, uint32_t base, uint32_t scale, uint32_t *out) {
    for (uint32_t k = 0; k < count; k += 8)
        for (int i = 0; i < 8; i++) out[k + i] = (from[k + i] + base) * scale;
}
