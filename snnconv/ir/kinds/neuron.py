"""``Neuron``: where spikes are made."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from snnconv.ir.flow import Flow, Kind
from snnconv.ir.kinds.node import Name, Node, Sizes
from snnconv.ir.registry import AnyRule
from snnconv.ir.rules.integrate_and_fire import IntegrateAndFire

if TYPE_CHECKING:
    from snnconv.ir.network import SpikingNetwork


class Neuron(Node):
    """A neuron for each element: it integrates what comes in, and spikes where V ≥ threshold.

    What its membrane does between spikes, and what a spike does to it, is its rule.
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("threshold", "initial_potential", "spike_value")

    kind: Literal["Neuron"] = "Neuron"
    rule: AnyRule = IntegrateAndFire()
    threshold: Name
    initial_potential: Name | None = None
    """Membrane before the first step, in the unit of the threshold. None is 0."""
    spike_value: Name | None = None
    """What one spike carries to its readers. None is 1."""
    input_source: Name | None = None
    """The ONNX tensor that the summed input of this neuron, in units of the threshold, stands for under the same λ."""

    @property
    def parameters(self) -> dict[str, str]:
        """The tensors that its own parameters and those of its rule name, by field."""
        return super().parameters | self.rule.parameters

    def output_shape(self, inputs: Sequence[Sizes], weight: Sizes) -> Sizes:
        """Give the shape of its inputs."""
        return inputs[0]

    def flow(self, network: "SpikingNetwork", inputs: Sequence[Flow]) -> Flow:
        """Say between what its spikes lie."""
        value = network.tensor(self.spike_value, 1.0)
        least, largest = float(value.min()), float(value.max())
        limits = (*self.rule.CODE.bound(least), *self.rule.CODE.bound(largest))
        one = not self.rule.CODE.signed and least == largest
        return Flow(Kind.SPIKES, False, min(limits), max(limits), least if one else None)
