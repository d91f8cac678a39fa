"""``Sum``: values that are added up before somebody reads them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from snnconv.ir.flow import Flow
from snnconv.ir.kinds.node import Array, Passive, Sizes, added_up

if TYPE_CHECKING:
    from snnconv.ir.network import SpikingNetwork


class Sum(Passive):
    """The sum of its inputs, each with weight 1."""

    kind: Literal["Sum"] = "Sum"

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give the shape of its inputs."""
        return inputs[0]

    def flow(self, network: "SpikingNetwork", inputs: Sequence[Flow]) -> Flow:
        """Say that spikes become graded spikes."""
        return added_up(inputs)

    def carried(self, inputs: Sequence[Array]) -> Array:
        """Add the maps."""
        total: Array = np.sum(inputs, axis=0)
        return total
