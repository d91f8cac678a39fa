"""The grids on which sums are exact: a multiple of 2^-q with fewer than 24 bits is a float32, below 53 a float64."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

FLOAT32_BITS = 24
FLOAT64_BITS = 53

WIDE_BITS = 29
"""Bits of the sums of a layer with very many inputs: float64 holds them, and int32 with room to spare."""

FINEST = 36
"""The largest q of a sum of spikes: a membrane then stays exact up to 2^17."""

INPUT_GRID = 24
"""A preprocessed image is rounded to multiples of 2^-24, as fine as float32 from 1 on; finer would leave fewer bits to
the currents that the first layer makes of it."""


def rounded(values: Array, grid: Array | int) -> Array:
    """Give float64 values rounded to multiples of 2^-grid, halves to even. `grid` broadcasts to the values."""
    return np.ldexp(np.rint(np.ldexp(values, grid)), -grid)
