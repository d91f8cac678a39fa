"""The rates of one layer's neurons, added up batch by batch: whole numbers, so that batches change nothing."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from snnconv.runs.observation import DENSITY_BINS, DENSITY_END, RATE_BINS

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Rates:
    """Spikes of the neurons of a layer in some images.

    Attributes
    ----------
    spikes, highest, never : int
        Spikes of all neurons; of the most active one; neurons that never fired. Each image has its own neurons.
    histogram : ndarray (RATE_BINS,) int64
        Neurons by rate.
    fired : ndarray (neurons,) bool
        Which neurons fired in any of the images.
    density : ndarray (DENSITY_BINS, DENSITY_BINS) int64 or None
        Neurons by a/λ (rows) and rate (columns).
    """

    spikes: int
    highest: int
    never: int
    histogram: Array
    fired: Array
    density: Array | None

    def __add__(self, other: "Rates") -> "Rates":
        """Give what both make together."""
        density = None
        if self.density is not None and other.density is not None:
            density = self.density + other.density
        return Rates(
            spikes=self.spikes + other.spikes,
            highest=max(self.highest, other.highest),
            never=self.never + other.never,
            histogram=self.histogram + other.histogram,
            fired=self.fired | other.fired,
            density=density,
        )


def rates(counts: Array, sums: Array, span: float, wanted: Array | None = None) -> Rates:
    """Sort the neurons of some images by their rates.

    Parameters
    ----------
    counts : ndarray (N, ...) of whole numbers
        Spikes of each neuron over all steps.
    sums : ndarray (N, ...)
        What they add up to in the layer's code; with unit rate coding the same.
    span : float
        What a neuron that stands for 1 adds up to; with unit rate coding T.
    wanted : ndarray (N, ...) float64, optional
        a/λ.
    """
    spikes = counts.reshape(len(counts), -1).astype(np.int64)
    added = sums.reshape(spikes.shape)
    return Rates(
        spikes=int(spikes.sum()),
        highest=int(spikes.max()),
        never=int((spikes == 0).sum()),
        histogram=np.bincount(_bins(added, span, RATE_BINS).ravel(), minlength=RATE_BINS),
        fired=np.asarray(spikes.any(axis=0)),
        density=None if wanted is None else _density(added, span, wanted.reshape(spikes.shape)),
    )


def _bins(sums: Array, span: float, bins: int) -> Array:
    """Give the bin of each rate; sums are whole, so nothing is rounded at the edges of bins."""
    found: Array = np.clip(sums.astype(np.float64) * bins // span, 0, bins - 1).astype(np.int64)
    return found


def _density(sums: Array, span: float, wanted: Array) -> Array:
    column = _bins(sums, span, DENSITY_BINS)
    row = np.clip(np.floor(wanted * (DENSITY_BINS / DENSITY_END)), 0, DENSITY_BINS - 1).astype(np.int64)
    found = np.bincount((row * DENSITY_BINS + column).ravel(), minlength=DENSITY_BINS**2)
    return found.reshape(DENSITY_BINS, DENSITY_BINS)


def triples(density: Array) -> tuple[tuple[int, int, int], ...]:
    """Give (row, column, neurons) of the bins that hold any."""
    return tuple((int(row), int(column), int(density[row, column])) for row, column in np.argwhere(density))
