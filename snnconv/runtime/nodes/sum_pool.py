"""``SumPool``: sums over windows; padding adds nothing."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from snnconv.runtime.nodes.operation import Site
from snnconv.runtime.nodes.padded import held

Array = np.ndarray[Any, Any]


class SumPool:
    """Sums a chunk over windows of one axis or more. Sums of spikes are whole numbers, exact in float32."""

    def __init__(self, site: Site) -> None:
        node = site.node
        spatial = len(node.kernel)
        self._kernel = node.kernel
        # the axes behind the images, and C behind them
        self._axes = tuple(range(1, 1 + spatial))
        self._pads = ((0, 0), *zip(node.pads[:spatial], node.pads[spatial:], strict=True), (0, 0))
        self._starts = (slice(None), *(slice(None, None, stride) for stride in node.strides))
        self._whole = node.kernel == site.input_shape[:-1] and not any(node.pads)
        sizes = zip(site.input_shape, self._pads[1:], strict=True)
        self._padded = prod(low + size + high for size, (low, high) in sizes)

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Pool a chunk."""
        del steps
        x = inputs[0]
        images = x.reshape(-1, *x.shape[2:])
        if self._whole:
            sums = images.sum(axis=self._axes, keepdims=True)
        elif not any(low or high for low, high in self._pads):
            sums = self._sums(images)
        else:
            together = held(len(images), self._padded * x.itemsize)
            pieces = [images[first : first + together] for first in range(0, len(images), together)]
            sums = np.concatenate([self._sums(np.pad(piece, self._pads)) for piece in pieces])
        return np.asarray(sums.reshape(*x.shape[:2], *sums.shape[1:]))

    def _sums(self, images: Array) -> Array:
        """Sum over the windows of images, (N, H, W, C)."""
        windows = sliding_window_view(images, self._kernel, axis=self._axes)[self._starts]
        return np.asarray(windows.sum(axis=tuple(range(-len(self._kernel), 0))))


OPERATIONS = {"SumPool": SumPool}
