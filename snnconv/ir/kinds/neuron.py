"""``Neuron``: where spikes are made."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import NonNegativeInt, PositiveInt

from snnconv.choices import Reset
from snnconv.ir.flow import Flow, Kind
from snnconv.ir.kinds.node import Name, Node, Sizes

if TYPE_CHECKING:
    from snnconv.ir.network import SpikingNetwork


class NeuronModel(StrEnum):
    """What the membrane does between inputs: nothing (IF) or leak (LIF)."""

    IF = "if"
    LIF = "lif"


class Neuron(Node):
    """An IF or LIF neuron per element.

    In a step: V := leak · V (LIF), V := V + input, a spike where V ≥ threshold (signed: also a negative one where
    V ≤ −threshold), then the reset.
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("threshold", "initial_potential", "leak", "spike_value")

    kind: Literal["Neuron"] = "Neuron"
    model: NeuronModel = NeuronModel.IF
    threshold: Name
    initial_potential: Name | None = None
    """Membrane before the first step, in the unit of the threshold. None is 0."""
    leak: Name | None = None
    """Factor on the membrane per step, for LIF."""
    refractory: NonNegativeInt = 0
    """Steps without spikes after a spike."""
    reset: Reset = Reset.SUBTRACT
    signed: bool = False
    spike_value: Name | None = None
    """What one spike carries to its readers. None is 1."""
    start: NonNegativeInt = 0
    window: PositiveInt | None = None
    """W: integrate W steps from `start`, then fire for W steps on no input. None: fire while integrating."""
    input_source: Name | None = None
    """The ONNX tensor that the summed input of this neuron, in units of the threshold, stands for under the same λ."""

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give the shape of its inputs."""
        return inputs[0]

    def flow(self, network: "SpikingNetwork", inputs: Sequence[Flow]) -> Flow:
        """Say between what its spikes lie."""
        value = network.tensor(self.spike_value, 1.0)
        least, largest = min(0.0, float(value.min())), max(0.0, float(value.max()))
        if self.signed:
            least, largest = min(least, -largest), max(largest, -least)
        one = not self.signed and float(value.min()) == float(value.max())
        return Flow(Kind.SPIKES, False, least, largest, float(value.min()) if one else None)
