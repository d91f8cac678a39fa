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

    def __init__(self, site: Site, clipped: bool) -> None:
        self._threshold = site.parameter(site.node.threshold, 1.0)
        self._clipped = clipped
        self.trace = np.zeros((1, site.batch, *site.shape))

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Rectify."""
        del steps
        self.trace[...] = summed(inputs)
        if self._clipped:
            return np.clip(self.trace, 0.0, self._threshold) / self._threshold
        return np.maximum(self.trace, 0.0) / self._threshold
