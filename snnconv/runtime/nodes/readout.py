"""``Readout``: the running sum of current, or the running count of spikes."""

from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.runtime.nodes.operation import Site

Array = np.ndarray[Any, Any]


class Readout:
    """Accumulates in float64 from the node's first step on."""

    def __init__(self, site: Site) -> None:
        node: ir.Readout = site.node
        self._start = node.start
        self._total = np.zeros((site.batch, *site.shape))
        self._scores = np.zeros((site.chunk, site.batch, *site.shape))
        self._step = 0

    def reset(self) -> None:
        """Forget what was accumulated."""
        self._total[...] = 0.0
        self._step = 0

    def advance(self, x: Array, steps: int) -> Array:
        """Give the totals after each step, (steps, N, classes) float64."""
        for k in range(steps):
            if self._step >= self._start:
                self._total += x[0] if len(x) == 1 else x[k]
            self._scores[k] = self._total
            self._step += 1
        return self._scores[:steps]
