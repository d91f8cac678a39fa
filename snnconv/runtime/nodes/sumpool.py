"""``SumPool``: sums over windows; padding adds nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from snnconv.runtime.nodes.operation import Site

Array = np.ndarray[Any, Any]


class SumPool:
    """Sums a chunk over windows of one axis or more. Sums of spikes are whole numbers, exact in float32."""

    def __init__(self, site: Site) -> None:
        node = site.node
        spatial = len(node.kernel)
        self._kernel = node.kernel
        # the axes behind K and N, and C behind them
        self._axes = tuple(range(2, 2 + spatial))
        self._pads = ((0, 0), (0, 0), *zip(node.pads[:spatial], node.pads[spatial:], strict=True), (0, 0))
        self._starts = (slice(None), slice(None), *(slice(None, None, stride) for stride in node.strides))
        self._whole = node.kernel == site.input_shape[:-1] and not any(node.pads)

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Pool a chunk."""
        del steps
        x = inputs[0]
        if self._whole:
            return np.asarray(x.sum(axis=self._axes, keepdims=True))
        if any(before or after for before, after in self._pads):
            x = np.pad(x, self._pads)
        windows = sliding_window_view(x, self._kernel, axis=self._axes)[self._starts]
        result: Array = windows.sum(axis=tuple(range(-len(self._kernel), 0)))
        return result
