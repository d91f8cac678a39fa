"""Integrate and fire: V ← V + I."""

from collections.abc import Sequence

from snnconv.ir import nodes as ir
from snnconv.runtime.neurons.neurons import Array, KernelRule, Neurons


class IntegrateAndFireNeurons(Neurons[ir.IntegrateAndFire]):
    """Neurons that keep what they have until a spike."""

    def step(self, inputs: Sequence[Array]) -> None:
        """Run one step."""
        self.integrate(inputs)
        self.fire()

    @classmethod
    def in_kernel(cls, rule: ir.IntegrateAndFire) -> KernelRule:
        """Say what resets it."""
        return KernelRule(leak=None, to_zero=rule.reset is ir.Reset.ZERO)


NEURONS = {"if": IntegrateAndFireNeurons}
