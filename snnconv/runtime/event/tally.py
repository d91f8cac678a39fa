"""Counts spikes and synaptic operations on bits: set bits of a place, times the synapses that leave it.

The fan-out of a place is the product of one number for its row and one for its column (`snnconv.runtime.counts`), so
bits are counted by row and by stretches of columns where no reader's number changes.
"""

from typing import Any

import numpy as np

from snnconv.runtime.event import _kernel
from snnconv.runtime.event.spikes import Spikes, aligned

Array = np.ndarray[Any, Any]


class Tally:
    """All that is counted of one layer's spikes.

    Parameters
    ----------
    isa : int
        Position of the instruction set in the kernel's list.
    spikes : Spikes
    readers : list of (ndarray (H,), ndarray (W,)) int64
        The weight of a spike at (y, x) is the product of the two.
    """

    def __init__(self, isa: int, spikes: Spikes, readers: list[tuple[Array, Array]]) -> None:
        self._isa = isa
        self._spikes = spikes
        columns = np.stack([column for _, column in readers])  # (R, W)
        ends = [x + 1 for x in range(spikes.width - 1) if (columns[:, x] != columns[:, x + 1]).any()]
        self._ends = np.asarray([*ends, spikes.width], dtype=np.int32)
        self._columns = np.ascontiguousarray(columns[:, self._ends - 1], dtype=np.int64)
        self._rows = np.ascontiguousarray(np.stack([row for row, _ in readers]), dtype=np.int64)

    def count(self) -> Array:
        """Count the last chunk, (R, K, N) int64."""
        spikes = self._spikes
        images = spikes.bits.shape[0]
        counts = aligned((len(self._rows), spikes.steps, images), np.int64)
        size = (images, spikes.height, spikes.width, spikes.blocks, spikes.steps)
        readers, segments = self._columns.shape
        _kernel.tally(
            self._isa, size, spikes.argument, readers, segments, self._ends, self._rows, self._columns, counts
        )
        return counts
