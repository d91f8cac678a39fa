"""What a calibration knows of one value: a histogram per channel, its largest number, mean and variance."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from snnconv.calibration.grid import high_edges, low_edges
from snnconv.errors import CalibrationError

Array = np.ndarray[Any, Any]


class ValueKind(StrEnum):
    """What a measured value is in the network."""

    RELU = "relu"
    POOL = "pool"
    LOGITS = "logits"


@dataclass(frozen=True)
class ValueStatistics:
    """Statistics of one value over all images of a calibration.

    Attributes
    ----------
    name : str
        The ONNX value.
    kind : ValueKind
        A ReLU's output, a pooling's output, or the logits.
    count : int
        Numbers per channel: images × rows × columns.
    offsets : ndarray (C + 1,) int64
        Where each channel's bins begin in `codes` and `counts`.
    codes : ndarray (B,) uint16
        Bins with a positive number of positive values, ascending within a channel.
    counts : ndarray (B,) int64
        Positive values in each bin. What is missing to `count` was zero or below.
    largest : ndarray (C,) float32
        Largest number; not below zero.
    mean, variance : ndarray (C,) float64
        Of the numbers before the ReLU (for other kinds, of the numbers themselves). The variance divides by
        `count`.
    """

    name: str
    kind: ValueKind
    count: int
    offsets: Array
    codes: Array
    counts: Array
    largest: Array
    mean: Array
    variance: Array

    @property
    def channels(self) -> int:
        """C."""
        return len(self.offsets) - 1

    def percentile(self, percent: float, nonzero: bool = False) -> float:
        """Give the percentile over all channels.

        Parameters
        ----------
        percent : float
            Between 0 and 100; 100 gives the exact maximum.
        nonzero : bool
            Leave zeros (and numbers below) out of the count.

        Returns
        -------
        float
            The smallest number that at least `percent` of the numbers do not exceed, within 2⁻⁷ of its value.
        """
        counts = np.bincount(self.codes, weights=self.counts)  # exact: counts stay far below 2^53
        codes = np.flatnonzero(counts)
        total = self.count * self.channels
        return _percentile(percent, nonzero, codes, counts[codes], total, float(self.largest.max()))

    def channel_percentiles(self, percent: float, nonzero: bool = False) -> Array:
        """Give the percentile of each channel, (C,) float64, as `percentile` does for all."""
        return np.array(
            [
                _percentile(percent, nonzero, self.codes[a:b], self.counts[a:b], self.count, float(top))
                for a, b, top in zip(self.offsets[:-1], self.offsets[1:], self.largest, strict=True)
            ]
        )


def _percentile(percent: float, nonzero: bool, codes: Array, counts: Array, total: int, largest: float) -> float:
    if not 0 <= percent <= 100:
        raise CalibrationError(f"a percentile lies between 0 and 100, found {percent:g}")
    if percent == 100:
        return largest
    zeros = 0 if nonzero else total - int(counts.sum())
    cumulative = zeros + np.cumsum(counts)
    size = int(cumulative[-1]) if len(cumulative) else zeros
    # the nearest-rank definition: numpy's method "inverted_cdf"
    rank = max(1, int(np.ceil(percent / 100 * size)))
    if rank <= zeros or size == 0:
        return 0.0
    bin_ = int(np.searchsorted(cumulative, rank))
    within = (rank - (cumulative[bin_] - counts[bin_]) - 0.5) / counts[bin_]
    low, high = low_edges(codes[bin_ : bin_ + 1])[0], high_edges(codes[bin_ : bin_ + 1])[0]
    return float(min(low + within * (high - low), largest))


def merged(first: ValueStatistics, second: ValueStatistics) -> ValueStatistics:
    """Give the statistics over both samples, as if they had been measured together.

    Means and variances are joined by Chan, Golub and LeVeque's formula (1979).

    Raises
    ------
    CalibrationError
        If the two are not of one value.
    """
    if (first.name, first.kind, first.channels) != (second.name, second.kind, second.channels):
        raise CalibrationError(f"the calibrations measured different values: {first.name} and {second.name}")
    offsets, codes, counts = [0], [], []
    for channel in range(first.channels):
        total: dict[int, int] = {}
        for part in (first, second):
            piece = slice(part.offsets[channel], part.offsets[channel + 1])
            for code, number in zip(part.codes[piece].tolist(), part.counts[piece].tolist(), strict=True):
                total[code] = total.get(code, 0) + number
        for code in sorted(total):
            codes.append(code)
            counts.append(total[code])
        offsets.append(len(codes))
    count = first.count + second.count
    difference = second.mean - first.mean
    squares = (
        first.variance * first.count
        + second.variance * second.count
        + difference**2 * (first.count * second.count / count)
    )
    return ValueStatistics(
        name=first.name,
        kind=first.kind,
        count=count,
        offsets=np.array(offsets, dtype=np.int64),
        codes=np.array(codes, dtype=np.uint16),
        counts=np.array(counts, dtype=np.int64),
        largest=np.maximum(first.largest, second.largest),
        mean=first.mean + difference * (second.count / count),
        variance=squares / count,
    )
