"""Windows of convolutions and pools over a map."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from snnconv.errors import NetworkError

Array = np.ndarray[Any, Any]


def windows(size: int, kernel: int, stride: int, before: int, after: int, dilation: int = 1) -> int:
    """Give how many windows of a convolution or pooling fit along one axis."""
    return (size + before + after - dilation * (kernel - 1) - 1) // stride + 1


def taps(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> Array:
    """Count, for each position along an axis, the windows and kernel taps that read it; (size,) int64."""
    count = windows(size, kernel, stride, before, after, dilation)
    positions = (np.arange(count)[:, None] * stride + np.arange(kernel) * dilation - before).reshape(-1)
    return np.bincount(positions[(positions >= 0) & (positions < size)], minlength=size)


def reads(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> Array:
    """Say which tap of some window reads which position along an axis, (kernel, size) of 0 and 1."""
    count = windows(size, kernel, stride, before, after, dilation)
    result = np.zeros((kernel, size), dtype=np.int64)
    for tap in range(kernel):
        positions = np.arange(count) * stride + tap * dilation - before
        result[tap, positions[(positions >= 0) & (positions < size)]] = 1
    return result


def over_windows(
    value: Array,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads: Sequence[int],
    take: Callable[..., Any],
    padding: float = 0,
) -> Array:
    """Give one number for each window.

    Parameters
    ----------
    value : ndarray (C, H, W) or (C, L)
    kernel, strides, pads : sequence of int
        One number for each axis; pads are begins, then ends.
    take : callable
        ``np.max`` or ``np.sum``: it is taken along one axis of a window after the other.
    padding : float
        What stands around the map.

    Returns
    -------
    ndarray (C, ...)
    """
    spatial = len(kernel)
    around = [(0, 0), *zip(pads[:spatial], pads[spatial:], strict=True)]
    value = np.pad(value, around, constant_values=padding)
    for axis, (size, stride) in enumerate(zip(kernel, strides, strict=True), start=1):
        found = np.lib.stride_tricks.sliding_window_view(value, size, axis=axis)
        value = take(found, axis=-1)[(slice(None),) * axis + (slice(None, None, stride),)]
    return value


def positive(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Give a shape back if nothing of it is empty.

    Raises
    ------
    NetworkError
        Naming the node.
    """
    if min(shape) < 1:
        raise NetworkError(f"node {name}: its output would have the empty shape {shape}")
    return shape
