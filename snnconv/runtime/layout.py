"""Channels last: how the NumPy runtime lays out what the IR holds channels first.

A value of one image is (H, W, C), (L, C) or (F,); a chunk of it is (K, N, H, W, C).
"""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def channels_last(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Turn a node's shape (C, H, W) into (H, W, C)."""
    return (*shape[1:], shape[0])


def parameter(value: Array, rank: int) -> Array:
    """Turn a parameter that broadcasts to (C, H, W) into one that broadcasts to (H, W, C)."""
    full = value.reshape((1,) * (rank - value.ndim) + value.shape)
    return np.moveaxis(full, 0, -1)
