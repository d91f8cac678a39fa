"""The range of the preprocessed images."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.errors import DataError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class InputRange:
    """The preprocessed images: least and largest number of each channel, (C,) float32."""

    low: Array
    high: Array


def input_range(batches: Iterable[Array]) -> InputRange:
    """Give the range of images (N, C, H, W) float32.

    Raises
    ------
    DataError
        If there are none.
    """
    ends = [(x.min(axis=(0, *range(2, x.ndim))), x.max(axis=(0, *range(2, x.ndim)))) for x in batches]
    if not ends:
        raise DataError("no images were given to diagnose; give at least 1")
    low, high = zip(*ends, strict=True)
    return InputRange(np.min(low, axis=0), np.max(high, axis=0))
