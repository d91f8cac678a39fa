"""``Neuron``: integrate, fire where V ≥ threshold, reset.

    V ← leak · V (LIF);   V ← V + I;   s = [V ≥ θ];   V ← V − θ s  (subtract)  or  V ← 0 where s = 1  (zero)

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, Eq. 8 (reset by subtraction).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.errors import NotRunnableError
from snnconv.ir import nodes as ir
from snnconv.runtime.nodes.operation import Site, summed

Array = np.ndarray[Any, Any]


class Neuron:
    """A layer of IF or LIF neurons. The membrane is float64, so its sums are exact on any grid.

    Attributes
    ----------
    trace : ndarray (K, N, ...) float64 or None
        The membrane after each step of the last chunk, if the site's readout asks for it.
    """

    def __init__(self, site: Site, keep_trace: bool) -> None:
        node: ir.Neuron = site.node
        _refuse(node)
        self._shape = (site.batch, *site.shape)
        self._threshold = _scalar_or_full(site.parameter(node.threshold, 1.0), self._shape)
        self._initial = site.parameter(node.initial_potential, 0.0)
        self._leak = _scalar_or_full(site.parameter(node.leak, 1.0), self._shape) if node.leak is not None else None
        value = _scalar_or_full(site.parameter(node.spike_value, 1.0), self._shape)
        self._value = None if node.spike_value is None else np.asarray(value, dtype=np.float32)
        self._unit = isinstance(self._threshold, float) and self._threshold == 1.0
        self._to_zero = node.reset is ir.Reset.ZERO
        self._fixed = [flow.constant for flow in site.inputs]
        self._v = np.empty(self._shape)
        self._fired = np.empty(self._shape, dtype=bool)
        self._scratch = np.empty(self._shape)
        self._out = np.zeros((site.chunk, *self._shape), dtype=np.float32)
        self.trace = np.zeros((site.chunk, *self._shape)) if keep_trace else None

    @property
    def membrane(self) -> Array:
        """V after the last step, (N, ..., C) float64 in the unit of the threshold."""
        return self._v.copy()

    def reset(self) -> None:
        """Set the membrane to its initial potential."""
        self._v[...] = self._initial

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Run a chunk."""
        constant = _total([x for x, fixed in zip(inputs, self._fixed, strict=True) if fixed])
        changing = _total([x for x, fixed in zip(inputs, self._fixed, strict=True) if not fixed])
        v, fired, out, trace = self._v, self._fired, self._out, self.trace
        for k in range(steps):
            if self._leak is not None:
                np.multiply(v, self._leak, out=v)
            if changing is not None:
                np.add(v, changing[k], out=v)
            if constant is not None:
                np.add(v, constant[0], out=v)
            np.greater_equal(v, self._threshold, out=fired)
            if self._to_zero:
                np.copyto(v, 0.0, where=fired)
            elif self._unit:
                np.subtract(v, fired, out=v)
            else:
                np.multiply(fired, self._threshold, out=self._scratch)
                np.subtract(v, self._scratch, out=v)
            np.copyto(out[k], fired)
            if trace is not None:
                np.copyto(trace[k], v)
        if self._value is not None:
            out[:steps] *= self._value
        return out[:steps]


def _total(inputs: Sequence[Array]) -> Array | None:
    return summed(inputs) if inputs else None


def _scalar_or_full(value: Array, shape: tuple[int, ...]) -> Any:
    """Give one number as a float, anything else at full size: a broadcast inside the loop is slow."""
    return float(value.reshape(())) if value.size == 1 else np.broadcast_to(value, shape).copy()


def _refuse(node: ir.Neuron) -> None:
    reasons = {
        "signed spikes": node.signed,
        "a refractory period": node.refractory > 0,
        "a window": node.window is not None,
        "a start after step 0": node.start > 0,
    }
    for reason, found in reasons.items():
        if found:
            raise NotRunnableError(f"node {node.name}: a neuron with {reason}, which the runtime does not run yet")
