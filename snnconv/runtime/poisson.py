"""Poisson spikes of images: which pixels spike in which step.

In each step, a pixel x gives a spike sign(x) with probability p = min(|x| / λ_x, 1), λ_x the input's amplitude. A spike
stands for λ_x, so its mean is x wherever |x| ≤ λ_x.

A draw depends on the seed, the position of the image in the data set, the step and the element alone: batches, chunks,
threads and backends change nothing. It is a number of NumPy's Philox, a counter-based generator (Salmon, Moraes, Dror,
Shaw: Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011), whose key is (seed, image). One counter gives 8 numbers of
32 bits; step t of an image with E elements, channels first, has the counters from t · ⌈E / 8⌉ + 1 on. A pixel spikes
where its number is below p · 2^32.
"""

from typing import Any

import numpy as np

from snnconv.errors import NotRunnableError

Array = np.ndarray[Any, Any]

LARGEST_SEED = 2**64 - 1
"""Half of Philox' key."""

_PER_COUNTER = 8
_TOGETHER = 1 << 18
"""Numbers that are drawn at a time: few enough to stay in the cache."""


class Trains:
    """The trains of a batch of images.

    Parameters
    ----------
    images : int
        N, the batch.
    elements : int
        E, the elements of an image.
    amplitude : float
        λ_x, in the unit of the images.
    seed : int
        From 0 to 2^64 − 1.

    Attributes
    ----------
    signs : ndarray (N, E) int8
        What a spike of each element is: −1 or 1, and 0 where none comes.

    Raises
    ------
    NotRunnableError
        If the seed is out of range.
    """

    def __init__(self, images: int, elements: int, amplitude: float, seed: int) -> None:
        check_seed(seed)
        self._amplitude = amplitude
        self._seed = seed
        self._counters = -(-elements // _PER_COUNTER)
        self.signs = np.zeros((images, elements), dtype=np.int8)
        self._last = np.zeros((images, elements), dtype=np.uint32)
        self._first = 0
        self._step = 0

    def load(self, images: Array, first: int) -> None:
        """Start on new images.

        Parameters
        ----------
        images : ndarray (N, C, H, W) float32
            Preprocessed images.
        first : int
            The position of the first one in the data set.
        """
        flat = images.reshape(len(images), -1).astype(np.float64)
        self._first, self._step = first, 0
        self.signs[...] = np.sign(flat)
        below = np.ceil(np.minimum(np.abs(flat) / self._amplitude, 1.0) * 2.0**32)
        # the largest number that is a spike fits in 32 bits, also where every number is one; a pixel of 0 has no sign
        self._last[...] = np.maximum(below - 1.0, 0.0)

    def drawn(self, index: int, steps: int) -> Array:
        """Say in which of the next steps each element of an image spikes, wherever it has a sign.

        Parameters
        ----------
        index : int
            Of the image in the batch.
        steps : int
            How many.

        Returns
        -------
        ndarray (steps, E) bool
        """
        key = np.array([self._seed, self._first + index], dtype=np.uint64)
        generator = np.random.Philox(key=key, counter=self._step * self._counters)
        last = self._last[index]
        found = np.empty((steps, len(last)), dtype=np.bool_)
        together = max(1, _TOGETHER // (self._counters * _PER_COUNTER))
        for low in range(0, steps, together):
            some = found[low : low + together]
            raw = generator.random_raw(len(some) * self._counters * (_PER_COUNTER // 2))
            # a number of 64 bits is two of 32, the lower one first
            numbers = raw.astype("<u8", copy=False).view("<u4").reshape(len(some), -1)
            np.less_equal(numbers[:, : len(last)], last, out=some)
        return found

    def pass_by(self, steps: int) -> None:
        """Go on to the step behind the next ones."""
        self._step += steps


def beyond(images: Array, amplitude: float) -> Array:
    """Count the pixels of each image that no train can stand for, those with |x| > λ_x; (N,) int64.

    Parameters
    ----------
    images : ndarray (N, C, H, W) float32
    amplitude : float
        λ_x.
    """
    # in float64: the amplitude need not be a float32
    sizes = np.abs(images.reshape(len(images), -1).astype(np.float64))
    return np.asarray(np.count_nonzero(sizes > amplitude, axis=1), dtype=np.int64)


def check_seed(seed: int) -> None:
    """Refuse a seed that is no half of a key.

    Raises
    ------
    NotRunnableError
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise NotRunnableError(f"the seed is {seed}, expected 0 to {LARGEST_SEED} with Poisson input")
