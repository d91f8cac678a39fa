"""``Scale``: one synapse per element, as on an identity shortcut."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.runtime.nodes.operation import Site, on_grid, summed

Array = np.ndarray[Any, Any]


class Scale:
    """Gain times a chunk, plus an offset; exact in float32 on spikes, in float64 and then rounded on a current."""

    def __init__(self, site: Site) -> None:
        dtype = site.dtype
        self._grid = site.result_grid()
        gain = site.parameter(site.node.gain, 1.0).astype(dtype)
        self._gain: Array = gain.reshape(()) if gain.size == 1 else gain
        self._offset: Array | None = None
        if site.node.offset is not None:
            self._offset = site.parameter(site.node.offset, 0.0).astype(dtype)
        self._out = site.buffer(dtype)

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Scale a chunk."""
        del steps
        x = summed(inputs)
        out = self._out[: len(x)]
        np.multiply(x, self._gain, out=out)
        if self._offset is not None:
            out += self._offset
        return on_grid(out, self._grid)


OPERATIONS = {"Scale": Scale}
