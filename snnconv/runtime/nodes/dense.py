"""``Dense``: a matrix product of a chunk."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.product import product
from snnconv.runtime.nodes.operation import Site, on_grid, summed

Array = np.ndarray[Any, Any]


class Dense:
    """A full connection; exact in float32 on spikes, in float64 and then rounded on a current."""

    def __init__(self, site: Site) -> None:
        dtype = site.dtype
        self._grid = site.result_grid()
        self._weight = np.ascontiguousarray(site.network.tensors[site.node.weight].T.astype(dtype))  # (I, O)
        self._bias = site.parameter(site.node.bias, 0.0).astype(dtype)
        self._out = site.buffer(dtype)

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Multiply a chunk."""
        del steps
        x = summed(inputs).astype(self._weight.dtype, copy=False)
        out = self._out[: len(x)]
        product(x.reshape(-1, x.shape[-1]), self._weight, out=out.reshape(-1, out.shape[-1]))
        out += self._bias
        return on_grid(out, self._grid)


OPERATIONS = {"Dense": Dense}
