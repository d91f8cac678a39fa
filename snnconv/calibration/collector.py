"""Streaming statistics of one value: a batch at a time, in memory that does not grow with the data set."""

import threading
from collections import Counter
from typing import Any

import numpy as np

from snnconv.calibration.statistics import ValueKind, ValueStatistics
from snnconv.errors import ModelError

Array = np.ndarray[Any, Any]

_BINS_PER_OCTAVE = 128
_OCTAVES_ABOVE, _OCTAVES_BELOW = 3, 21
_COLUMNS = (_OCTAVES_ABOVE + _OCTAVES_BELOW) * _BINS_PER_OCTAVE
_FAR = 0.25  # a channel is far from zero if its variance is below this part of its squared mean
_COPIED = 2**18  # numbers that are copied at once
_TABLES = 4  # how many numbers are counted at once, as multiples of the table's size


class Collector:
    """Collects the statistics of one value.

    Parameters
    ----------
    name : str
        The value, for the result.
    kind : ValueKind
        What it is in the network.
    channels : int
        C.
    cap : float, optional
        Numbers above it count as the cap: the largest that a capped ReLU lets through.
    """

    def __init__(self, name: str, kind: ValueKind, channels: int, cap: float | None = None) -> None:
        self._name = name
        self._cap = cap
        self._kind = kind
        self._channels = channels
        self._count = 0
        # A table of fixed size around the first batch's largest number; the few numbers that lie outside are
        # counted one by one. So a batch costs two passes, and memory does not creep up with rare tiny numbers.
        self._first = -1  # the code of the table's first column; -1 before the first batch
        self._table = np.zeros((channels, _COLUMNS), dtype=np.uint32)
        self._outside: Counter[tuple[int, int]] = Counter()
        self._largest = np.zeros(channels, dtype=np.float32)
        self._mean = np.zeros(channels)
        self._squares = np.zeros(channels)  # Σ (x − mean)²

    def add(self, values: Array) -> None:
        """Take in a batch.

        Parameters
        ----------
        values : ndarray (N, C, ...) float32
            The numbers before the ReLU, or a pooling's or classifier's output. Not changed.

        Raises
        ------
        ModelError
            If they hold NaN or infinity.
        """
        assert values.shape[1] == self._channels  # noqa: S101 - another axis would be taken for the channels
        flat = np.ascontiguousarray(values, dtype=np.float32).reshape(len(values), self._channels, -1)
        self._add_moments(flat)
        if self._cap is not None:
            flat = np.minimum(flat, np.float32(self._cap))
        np.maximum(self._largest, flat.max(axis=2).max(axis=0), out=self._largest)
        if self._first < 0:
            self._anchor()
        if self._count >= 2**32 and self._table.dtype != np.int64:
            self._table = self._table.astype(np.int64)
        # a few images at a time, so that what is made on the way stays small beside the table
        together = max(1, _TABLES * self._table.size // max(1, flat[0].size))
        for first in range(0, len(flat), together):
            self._add_counts(flat[first : first + together])

    def _add_counts(self, flat: Array) -> None:
        # The upper half of a float32 is its bin; by its sign bit, a number below zero gives a negative code.
        columns = _scratch(flat.size).reshape(flat.shape)
        np.right_shift(flat.view(np.int32), 16, out=columns)
        np.clip(columns, self._first - 1, self._first + _COLUMNS, out=columns)
        # column 0 takes zeros and what lies below the table, the last column what lies above it
        width = _COLUMNS + 2
        columns += (np.arange(self._channels) * width - (self._first - 1))[:, None]  # (C,) -> (C, 1)
        counts = np.bincount(columns.reshape(-1), minlength=self._channels * width)
        inside = counts.reshape(self._channels, width)[:, 1:-1]
        np.add(self._table, inside, out=self._table, casting="unsafe")
        if int(inside.sum()) != np.count_nonzero(flat > 0):
            self._count_outside(flat)

    def result(self) -> ValueStatistics:
        """Give the statistics of all that was taken in."""
        channel, column = np.nonzero(self._table)
        keys = list(self._outside)
        channel = np.concatenate([channel, np.array([key[0] for key in keys], dtype=np.int64)])
        code = np.concatenate([column + self._first, np.array([key[1] for key in keys], dtype=np.int64)])
        counts = np.concatenate(
            [
                self._table[np.nonzero(self._table)].astype(np.int64),
                np.array([self._outside[k] for k in keys], np.int64),
            ]
        )
        order = np.lexsort((code, channel))
        offsets = np.zeros(self._channels + 1, dtype=np.int64)
        np.cumsum(np.bincount(channel, minlength=self._channels), out=offsets[1:])
        return ValueStatistics(
            name=self._name,
            kind=self._kind,
            count=self._count,
            offsets=offsets,
            codes=code[order].astype(np.uint16),
            counts=counts[order],
            largest=self._largest.copy(),
            mean=self._mean.copy(),
            variance=self._squares / max(self._count, 1),
        )

    def _anchor(self) -> None:
        top = self._largest.max() or np.float32(1)
        code = int(np.float32(top).view(np.int32)) >> 16
        self._first = max(1, code + 1 - _OCTAVES_BELOW * _BINS_PER_OCTAVE)

    def _count_outside(self, flat: Array) -> None:
        codes = flat.view(np.int32) >> 16
        outside = (flat > 0) & ((codes < self._first) | (codes >= self._first + _COLUMNS))
        where = np.flatnonzero(outside)
        channels = where // flat.shape[2] % self._channels
        keys = zip(channels.tolist(), codes.reshape(-1)[where].tolist(), strict=True)
        # a positive number in bin 0 (below 2^-133) counts as zero
        self._outside.update(key for key in keys if key[1])

    def _add_moments(self, flat: Array) -> None:
        """Join the batch's mean and variance to those so far (Chan, Golub and LeVeque, 1979)."""
        count = flat.shape[0] * flat.shape[2]
        # float32 sums over one map, float64 from there on
        with np.errstate(over="ignore", invalid="ignore"):
            mean = flat.sum(axis=2).sum(axis=0, dtype=np.float64) / count
            squares = np.einsum("ncx,ncx->nc", flat, flat).sum(axis=0, dtype=np.float64)
        if not (np.isfinite(mean).all() and np.isfinite(squares).all()):
            if not np.isfinite(flat).all():
                raise ModelError(f"the value {self._name} holds NaN or infinity for these images; check model and data")
            # finite numbers whose squares are beyond float32
            wide = flat.astype(np.float64)
            mean = wide.mean(axis=(0, 2))
            centred = np.square(wide - mean[:, None]).sum(axis=(0, 2))
        else:
            centred = squares - count * mean**2
            # where little is left of the squares, their rounding is what is left
            far = centred < _FAR * count * mean**2
            if far.any():
                mean[far], centred[far] = _moments_about(flat, far, mean[far].astype(np.float32))
        centred = np.maximum(centred, 0.0)
        total = self._count + count
        difference = mean - self._mean
        self._squares += centred + difference**2 * (self._count * count / total)
        self._mean += difference * (count / total)
        self._count = total


def _moments_about(flat: Array, channels: Array, shift: Array) -> tuple[Array, Array]:
    """Give mean and Σ (x − mean)² of the chosen channels, summed about `shift`, a number near each one's mean."""
    count = flat.shape[0] * flat.shape[2]
    sums, squares = np.zeros(len(shift)), np.zeros(len(shift))
    # a few images at a time, so that the copy stays small
    together = max(1, _COPIED // max(1, flat[0].size))
    for first in range(0, len(flat), together):
        # near the mean, subtraction in float32 is exact, or nearly so
        apart = flat[first : first + together, channels]
        apart -= shift[:, None]  # (C,) -> (C, 1)
        sums += np.einsum("ncx->nc", apart).sum(axis=0, dtype=np.float64)
        squares += np.einsum("ncx,ncx->nc", apart, apart).sum(axis=0, dtype=np.float64)
    return shift + sums / count, squares - sums**2 / count


_LOCAL = threading.local()


def _scratch(size: int) -> Array:
    """Give this thread's working array: made anew for each batch, such arrays would fragment the heap."""
    buffer: Array | None = getattr(_LOCAL, "buffer", None)
    if buffer is None or buffer.size < size:
        buffer = np.empty(size, dtype=np.int64)
        _LOCAL.buffer = buffer
    return buffer[:size]
