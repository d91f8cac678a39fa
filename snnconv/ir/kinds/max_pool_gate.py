"""``MaxPoolGate``: the spikes of the neuron with the highest rate so far."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from snnconv.errors import NetworkError
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.kinds.pool import MaxPool

if TYPE_CHECKING:
    from snnconv.ir.network import SpikingNetwork


class MaxPoolGate(MaxPool):
    """Passes the spikes of the input with the highest rate so far in each window (Hu et al. section 3.1).

    The gate stays at an input until another one has strictly more. Padding never wins. It reads spikes.
    """

    kind: Literal["MaxPoolGate"] = "MaxPoolGate"

    def flow(self, network: "SpikingNetwork", inputs: Sequence[Flow]) -> Flow:
        """Say that it gives the spikes that it reads."""
        if inputs[0].kind is not Kind.SPIKES:
            raise NetworkError(
                f"node {self.name}: a MaxPoolGate reads spikes, found {inputs[0].kind.value} of "
                f"{network.incoming[self.name][0].source}; a MaxPoolCurrent takes them"
            )
        return inputs[0]
