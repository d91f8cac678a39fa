"""Parameters at the size of their node."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def at_its_largest(value: Array, shape: tuple[int, ...]) -> Array:
    """Broadcast a parameter to its node's shape; of a step axis, the largest magnitude of each element, float64."""
    whole = np.asarray(value, dtype=np.float64)
    if whole.ndim > len(shape):
        steps = whole.reshape(len(whole), -1)
        largest = np.abs(steps).argmax(axis=0)
        whole = np.take_along_axis(steps, largest[None], axis=0).reshape(whole.shape[1:])
    return np.broadcast_to(whole, shape)
