"""Counts spikes and synaptic operations on bits: set bits of a place, times the synapses that leave it.

The fan-out of a place is the product of one number for its row and one for its column (`snnconv.account.counts`). Rows
that have the same numbers for all readers form a class, and so do columns; the kernel counts bits by class.
"""

from typing import Any

import numpy as np

from snnconv.runtime.event import _kernel
from snnconv.runtime.event.spikes import BLOCK, Spikes, aligned

Array = np.ndarray[Any, Any]

_MASKED = np.dtype([("word", np.int32), ("mask", np.uint64)], align=True)
"""As in kernel.h."""


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
        rows, self._row_classes = np.unique(np.stack([row for row, _ in readers]), axis=1, return_inverse=True)
        columns, column_classes = np.unique(np.stack([column for _, column in readers]), axis=1, return_inverse=True)
        self._row_classes = self._row_classes.reshape(-1).astype(np.int32)
        self._starts, self._words = _words(spikes, column_classes.reshape(-1), columns.shape[1])
        self._classes = (rows.shape[1], columns.shape[1])
        # (R, row classes) and (R, column classes) -> (R, all pairs)
        self._weights = (rows[:, :, None] * columns[:, None, :]).reshape(len(readers), -1).astype(np.int64)

    def count(self) -> Array:
        """Count the last chunk, (R, K, N) int64."""
        spikes = self._spikes
        images, height, capacity = spikes.bits.shape[:3]
        row_classes, column_classes = self._classes
        counts = aligned((row_classes * column_classes, spikes.steps, images), np.int64)
        _kernel.tally(
            self._isa,
            (images, height, spikes.steps, capacity),
            spikes.argument,
            self._row_classes,
            row_classes,
            column_classes,
            self._starts,
            len(self._words),
            self._words,
            counts,
        )
        return np.asarray(np.einsum("rc,ckn->rkn", self._weights, counts))


def _words(spikes: Spikes, classes: Array, count: int) -> tuple[Array, Array]:
    """Give the words of a row that hold bits of each class of columns, and where each class starts among them."""
    blocks = np.zeros((spikes.width + 2) * spikes.blocks, dtype=np.int64) - 1
    blocks[spikes.blocks : -spikes.blocks] = np.repeat(classes, spikes.blocks)
    blocks = np.concatenate([blocks, np.full(-len(blocks) % 4, -1)])
    starts, words = [0], []
    for wanted in range(count):
        held = (blocks == wanted).reshape(-1, 4)
        for word in np.flatnonzero(held.any(axis=1)):
            mask = sum(((1 << BLOCK) - 1) << (BLOCK * int(place)) for place in np.flatnonzero(held[word]))
            words.append((int(word), mask))
        starts.append(len(words))
    return np.asarray(starts, dtype=np.int32), np.asarray(words, dtype=_MASKED)
