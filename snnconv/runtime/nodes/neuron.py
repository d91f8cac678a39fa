"""``Neuron``: integrate, fire where V ≥ threshold, reset, as its rule says (``runtime/neurons/``).

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, Eq. 8 (reset by subtraction).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.runtime.neurons.neurons import scalar_or_full
from snnconv.runtime.neurons.registry import neurons_of
from snnconv.runtime.nodes.operation import Site, summed

Array = np.ndarray[Any, Any]


class Neuron:
    """A layer of neurons. The membrane is float64, so its sums are exact on any grid.

    Attributes
    ----------
    trace : ndarray (K, N, ...) float64 or None
        The membrane after each step of the last chunk, if the site's readout asks for it.
    """

    def __init__(self, site: Site, keep_trace: bool) -> None:
        node: ir.Neuron = site.node
        shape = (site.batch, *site.shape)
        threshold, initial = site.parameter(node.threshold, 1.0), site.parameter(node.initial_potential, 0.0)
        self._neurons = neurons_of(node)(node.rule, threshold, initial, shape, site.parameter)
        value = scalar_or_full(site.parameter(node.spike_value, 1.0), shape)
        self._value = None if node.spike_value is None else np.asarray(value, dtype=np.float32)
        self._fixed = [flow.constant for flow in site.inputs]
        self._out = np.zeros((site.chunk, *shape), dtype=np.float32)
        self.trace = np.zeros((site.chunk, *shape)) if keep_trace else None

    @property
    def membrane(self) -> Array:
        """V after the last step, (N, ..., C) float64 in the unit of the threshold."""
        return self._neurons.v.copy()

    def reset(self) -> None:
        """Set the membrane to its initial potential."""
        self._neurons.reset()

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Run a chunk."""
        constant = _total([x for x, fixed in zip(inputs, self._fixed, strict=True) if fixed])
        changing = _total([x for x, fixed in zip(inputs, self._fixed, strict=True) if not fixed])
        neurons, out, trace = self._neurons, self._out, self.trace
        always = () if constant is None else (constant[0],)
        for k in range(steps):
            neurons.step(always if changing is None else (changing[k], *always))
            np.copyto(out[k], neurons.spikes)
            if trace is not None:
                np.copyto(trace[k], neurons.v)
        if self._value is not None:
            out[:steps] *= self._value
        return out[:steps]


def _total(inputs: Sequence[Array]) -> Array | None:
    return summed(inputs) if inputs else None
