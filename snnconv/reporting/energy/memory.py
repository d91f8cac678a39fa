"""A memory model: what reading and writing words costs, by the size of the memory that holds them.

After Lemaire et al. (2022): each kind of value has an on-chip memory (SRAM) of its own, whose energy per
access grows with its size, and an event-driven network computes addresses from its spikes.
"""

from itertools import pairwise
from typing import Self

from pydantic import PositiveInt, model_validator

from snnconv.reporting.energy.parts import Price, Record

_BITS_PER_BYTE = 8


class MemoryPoint(Record):
    """An access to a memory of one size."""

    bytes: PositiveInt
    access: Price
    """Of one word."""


class Addressing(Record):
    """Arithmetic that finds where a spike's synapses and neurons lie."""

    mac: Price
    """Two for each spike."""
    add: Price
    """One for each synaptic operation."""


class MemoryModel(Record):
    """Prices of accesses, in pJ per word: `access` whatever the size, or `points` by size."""

    word_bits: PositiveInt
    access: Price | None = None
    points: tuple[MemoryPoint, ...] = ()
    """By ascending size. Between two, and between the first and an empty memory at 0 pJ, a straight line; beyond the
    last its line goes on."""
    fifo_words: PositiveInt | None = None
    """Size of the queue that spikes are written to and read from. None: spikes are not stored."""
    addressing: Addressing | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.access is None) == (not self.points):
            raise ValueError("a memory has either access or points, found " + ("both" if self.points else "neither"))
        sizes = [point.bytes for point in self.points]
        if sizes != sorted(set(sizes)):
            raise ValueError(f"the bytes of points must ascend, found {', '.join(map(str, sizes))}")
        for smaller, larger in pairwise(self._figures(point) for point in self.points):
            if any(before > after for before, after in zip(smaller, larger, strict=True)):
                raise ValueError("an access to a larger memory must not cost less than one to a smaller")
        return self

    @property
    def prices(self) -> tuple[Price, ...]:
        """All prices."""
        found = [*([] if self.access is None else [self.access]), *(point.access for point in self.points)]
        if self.addressing is not None:
            found += [self.addressing.mac, self.addressing.add]
        return tuple(found)

    @property
    def by_size(self) -> bool:
        """Whether the size of a memory matters."""
        return bool(self.points)

    def size(self, words: float) -> float:
        """Give the bytes that so many words take."""
        return words * self.word_bits / _BITS_PER_BYTE

    def beyond(self, words: float) -> bool:
        """Whether a memory of so many words is larger than the model's last point."""
        return self.by_size and self.size(words) > self.points[-1].bytes

    def price(self, words: float) -> Price:
        """Give the price of an access to a memory of so many words."""
        if self.access is not None:
            return self.access
        size = self.size(words)
        last = self.points[-1].access
        pj, low, high = (self._line(size, which) for which in range(3))
        # beyond the last point the three lines may cross
        ends = {"pj": pj, "low": min(low, pj), "high": max(high, pj)}
        return last.model_copy(update=ends | {"where": f"{last.where}; at {size:,.0f} bytes"})

    @staticmethod
    def _figures(point: MemoryPoint) -> tuple[float, float, float]:
        return (point.access.pj, *point.access.bounds)

    def _line(self, size: float, which: int) -> float:
        corners = [(0.0, 0.0)]
        corners += [(float(point.bytes), self._figures(point)[which]) for point in self.points]
        lines = list(pairwise(corners))
        (left, below), (right, above) = next((line for line in lines if size <= line[1][0]), lines[-1])
        return below + (above - below) * (size - left) / (right - left)
