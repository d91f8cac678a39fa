"""A ReLU in the place of a layer of neurons: for parity with the ONNX model, and for the limit T → ∞."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.runtime.nodes.operation import Site, summed

Array = np.ndarray[Any, Any]


class Relu:
    """max(x, 0), or clip(x, 0, θ) / θ as rates tend to.

    Attributes
    ----------
    trace : ndarray (1, N, ...)
        What the neurons would integrate in a step.
    """

    def __init__(self, site: Site, clipped: bool, cap: float | None = None) -> None:
        self._threshold = site.parameter(site.node.threshold, 1.0)
        self._clipped = clipped
        # the cap is in the unit of the ONNX value, which is λ times what the node gives
        scale = site.network.tensor(site.node.source_scale, 1.0)
        self._cap = None if cap is None else cap / scale  # () or (C,), the last axis
        self.trace = np.zeros((1, site.batch, *site.shape))

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Rectify."""
        del steps
        self.trace[...] = summed(inputs)
        if self._clipped:
            return np.clip(self.trace, 0.0, self._threshold) / self._threshold
        out: Array = np.maximum(self.trace, 0.0) / self._threshold
        return out if self._cap is None else np.minimum(out, self._cap)
