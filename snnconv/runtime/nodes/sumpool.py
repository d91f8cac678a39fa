"""``SumPool``: sums over windows; padding adds nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from snnconv.errors import NotRunnableError
from snnconv.runtime.nodes.operation import Site

Array = np.ndarray[Any, Any]


class SumPool:
    """Sums a chunk over two-dimensional windows. Sums of spikes are whole numbers, exact in float32."""

    def __init__(self, site: Site) -> None:
        node = site.node
        if len(node.kernel) != 2:
            raise NotRunnableError(
                f"node {node.name}: a SumPool over {len(node.kernel)} axes is not run yet, over 2 it is"
            )
        self._kernel, self._strides = node.kernel, node.strides
        top, left, bottom, right = node.pads
        self._pads = ((0, 0), (0, 0), (top, bottom), (left, right), (0, 0))
        self._whole = node.kernel == site.input_shape[:2] and not any(node.pads)

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Pool a chunk."""
        del steps
        x = inputs[0]
        if self._whole:
            return np.asarray(x.sum(axis=(2, 3), keepdims=True))
        if any(before or after for before, after in self._pads):
            x = np.pad(x, self._pads)
        view = sliding_window_view(x, self._kernel, axis=(2, 3))[:, :, :: self._strides[0], :: self._strides[1]]
        result: Array = view.sum(axis=(-2, -1))
        return result
