/* For instruction sets that have no compression. */
/* The places of the set bits, 4 at a time; up to 4 are written beyond the last. */
INLINE uint32_t *list_block(uint32_t bits, uint32_t base, uint32_t scale, uint32_t *out) {
    uint32_t *end = out + __builtin_popcount(bits);
    while (out < end)
        for (int i = 0; i < 4; i++) {
            *out++ = base + (bits ? (uint32_t)__builtin_ctz(bits) : 0) * scale;
            bits &= bits - 1;
        }
    return end;
}
