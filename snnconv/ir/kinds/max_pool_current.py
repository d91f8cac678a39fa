"""``MaxPoolCurrent``: the largest running sum of each window."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from snnconv.ir.flow import Flow, Kind
from snnconv.ir.kinds.pool import MaxPool

if TYPE_CHECKING:
    from snnconv.ir.network import SpikingNetwork


class MaxPoolCurrent(MaxPool):
    """The step's increase of the largest running sum in each window: M(t) − M(t−1), M(0) = 0.

    Of a constant current that is the plain maximum. Padding never wins. It gives the kind that it reads.
    """

    kind: Literal["MaxPoolCurrent"] = "MaxPoolCurrent"

    def flow(self, network: "SpikingNetwork", inputs: Sequence[Flow]) -> Flow:
        """Say that largest sums of equal spikes grow by one spike or none; of others, by anything between them."""
        graded = inputs[0].kind is Kind.SPIKES and inputs[0].carries is None
        return replace(inputs[0], kind=Kind.GRADED) if graded else inputs[0]
