"""``SumPool``: sums over windows; a mean is one whose 1/k² sits in the weights that read it."""

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Literal

import numpy as np

from snnconv.ir.flow import Flow
from snnconv.ir.kinds.node import Array, added_up
from snnconv.ir.kinds.pool import Pool
from snnconv.ir.windows import over_windows

if TYPE_CHECKING:
    from snnconv.ir.network import SpikingNetwork


class SumPool(Pool):
    """Sums over windows. Padding adds nothing."""

    kind: Literal["SumPool"] = "SumPool"

    def flow(self, network: "SpikingNetwork", inputs: Sequence[Flow]) -> Flow:
        """Say that spikes become graded spikes."""
        return added_up(inputs, float(prod(self.kernel)))

    def carried(self, inputs: Sequence[Array]) -> Array:
        """Add up each window."""
        return over_windows(inputs[0], self.kernel, self.strides, self.pads, np.sum)
