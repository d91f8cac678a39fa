"""What a simulation records."""

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Recording:
    """What some steps of some images gave.

    Attributes
    ----------
    scores : ndarray (T, N, classes) float64
        What the readout had accumulated after each step: current, or spike counts.
    ties : ndarray (T, N, classes) float64 or None
        The membrane of the neurons that the readout counts, after each step: it decides between equal counts.
    spikes : ndarray (neurons, T, N) int64
        Spikes in each layer of neurons and step.
    synops : ndarray (weighted, T, N) int64
        Synaptic operations in each weighted node and step; 0 where it reads a current.
    """

    scores: Array
    ties: Array | None
    spikes: Array
    synops: Array

    def ranking(self, top: int = 1) -> Array:
        """Rank the classes after each step.

        Parameters
        ----------
        top : int
            How many classes.

        Returns
        -------
        ndarray (T, N, top) int64
            Best first. Equal scores are decided by the membrane, then by the lower index.
        """
        keys = (-self.scores,) if self.ties is None else (-self.ties, -self.scores)
        # lexsort is stable, so a full tie keeps the order of the classes
        return np.lexsort(keys, axis=-1)[..., :top]


def joined(chunks: list[Recording]) -> Recording:
    """Join recordings of consecutive steps of the same images."""
    ties = [chunk.ties for chunk in chunks if chunk.ties is not None]
    return Recording(
        scores=np.concatenate([chunk.scores for chunk in chunks]),
        ties=np.concatenate(ties) if ties else None,
        spikes=np.concatenate([chunk.spikes for chunk in chunks], axis=1),
        synops=np.concatenate([chunk.synops for chunk in chunks], axis=1),
    )
