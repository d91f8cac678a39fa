"""``Concat``: values side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.runtime.nodes.operation import Site

Array = np.ndarray[Any, Any]


class Concat:
    """Joins its inputs along one axis, in the order of the edges."""

    def __init__(self, site: Site) -> None:
        # channels first (C, H, W) -> channels last, behind the axes K and N
        axis = site.node.axis
        self._axis = 2 + (len(site.node.shape) - 1 if axis == 0 else axis - 1)

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Join the chunks; a constant one is repeated where others change."""
        del steps
        steps = max(len(x) for x in inputs)
        return np.concatenate([np.broadcast_to(x, (steps, *x.shape[1:])) for x in inputs], axis=self._axis)


OPERATIONS = {"Concat": Concat}
