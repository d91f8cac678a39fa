"""``Input`` as Poisson spikes: −1, 0 or 1 for each element and step."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from snnconv.runtime.nodes.operation import Site
from snnconv.runtime.poisson import Trains

Array = np.ndarray[Any, Any]


class PoissonInput:
    """Gives the trains of a batch as numbers.

    Parameters
    ----------
    site : Site
    trains : Trains
        The program loads the images there.
    """

    def __init__(self, site: Site, trains: Trains) -> None:
        self._trains = trains
        self._shape = site.node.shape
        self._out = site.buffer()

    def reset(self) -> None:
        """Do nothing: the trains begin anew with their images."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Give the spikes of a chunk, (K, N, H, W, C) float32."""
        del inputs
        for index, signs in enumerate(self._trains.signs):
            spikes = self._trains.drawn(index, steps) * signs
            self._out[:steps, index] = np.moveaxis(spikes.reshape(steps, *self._shape), 1, -1)
        return self._out[:steps]
