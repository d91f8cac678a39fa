"""A code: which spikes a train has, and what number it stands for.

A train s_1 … s_T stands for

    x = Σ_t w_t s_t / Σ_t w_t

so that a neuron that spikes at every step stands for 1, and λ x is the ReLU network's value.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

Array = np.ndarray[Any, Any]


class Code(ABC):
    """What a train of spikes stands for.

    Attributes
    ----------
    ALPHABET : tuple of int
        What comes in one step: 0, no spike, is always among them.
    """

    ALPHABET: ClassVar[tuple[int, ...]]

    @property
    def signed(self) -> bool:
        """Whether a spike may be negative: it is then counted like a positive one, and not against it."""
        return min(self.ALPHABET) < 0

    @abstractmethod
    def weights(self, steps: int) -> Array:
        """Give w_t, what a spike of each step weighs, (T,) float64."""

    def uniform(self, steps: int) -> bool:
        """Say whether all weights are 1: a train is then known by the number of its spikes."""
        return bool((self.weights(steps) == 1).all())

    def span(self, steps: int) -> float:
        """Give Σ w_t: what a train of 1 adds up to."""
        return float(self.weights(steps).sum())

    def bound(self, largest: float = 1.0) -> tuple[float, float]:
        """Give between what a spike lies whose value is at most `largest`, zero included."""
        return min(self.ALPHABET) * largest, max(self.ALPHABET) * largest

    def decode(self, sums: Array, steps: int) -> Array:
        """Give x of neurons.

        Parameters
        ----------
        sums : ndarray
            Σ w_t s_t of each neuron; where all weights are 1, its spikes.
        steps : int
            T.
        """
        decoded: Array = sums / self.span(steps)
        return decoded
