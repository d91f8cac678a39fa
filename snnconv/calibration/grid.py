"""The histogram grid: the same for every model and every data set, so that histograms can be added.

A bin is the upper half of a positive float32: 8 bits of exponent, 7 of mantissa. A bin from v to v′ has
v′ − v ≤ 2⁻⁷ v, so a percentile read from it is wrong by at most 2⁻⁷ of its value. Below 2⁻¹²⁶, float32's smallest
normal number, bins are 2⁻¹³³ wide, and values below 2⁻¹³³ fall in bin 0 with the zeros.
"""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

LAST_CODE = 0x7F7F
"""The bin of the largest float32; the next one is infinity."""

RELATIVE_ERROR = 2.0**-7
"""Largest error of a percentile of at least 2⁻¹²⁶, as a part of its value."""


def low_edges(codes: Array) -> Array:
    """Give the smallest value of each bin, as float64."""
    return (codes.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def high_edges(codes: Array) -> Array:
    """Give the upper end of each bin, as float64; it belongs to the next one."""
    return low_edges(codes.astype(np.uint32) + 1)
