"""Leaky integrate and fire: V ← leak · V, then V ← V + I."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.runtime.neurons.neurons import Array, KernelRule, Neurons


class LeakyNeurons(Neurons[ir.LeakyIntegrateAndFire]):
    """Neurons that forget."""

    def prepare(self, parameter: Callable[[str | None, float], Any]) -> None:
        """Look up the leak."""
        self._leak = parameter(self.rule.leak, 1.0)

    def step(self, inputs: Sequence[Array]) -> None:
        """Run one step."""
        np.multiply(self.v, self._leak, out=self.v)
        self.integrate(inputs)
        self.fire()

    @classmethod
    def in_kernel(cls, rule: ir.LeakyIntegrateAndFire) -> KernelRule:
        """Say by what it leaks."""
        return KernelRule(leak=rule.leak, to_zero=rule.reset is ir.Reset.ZERO)


NEURONS = {"lif": LeakyNeurons}
