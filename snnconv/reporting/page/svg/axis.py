"""Scales: from a number to a place in the picture."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log

from snnconv.reporting.page.svg.ticks import linear_ticks, log_ticks
from snnconv.reporting.page.text import short


@dataclass(frozen=True)
class Axis:
    """One direction of a chart.

    Attributes
    ----------
    title : str
    low, high : float
        The range that is shown.
    base : int or None
        Of a logarithmic axis; None is linear.
    format : callable
        What a tick says.
    wanted : int or None
        About how many ticks; of a logarithmic axis at most. None: 5, or 9 if it is logarithmic.
    """

    title: str
    low: float
    high: float
    base: int | None = None
    format: Callable[[float], str] = short
    wanted: int | None = None

    def part(self, value: float) -> float:
        """Say where a value lies, 0 at the low end and 1 at the high one; beyond an end it is at that end."""
        value = min(max(value, self.low), self.high)
        if self.high <= self.low:
            return 0.5
        if self.base is None:
            return (value - self.low) / (self.high - self.low)
        return log(value / self.low) / log(self.high / self.low)

    @property
    def ticks(self) -> list[float]:
        """Where the ticks are."""
        if self.base is None:
            return linear_ticks(self.low, self.high, self.wanted or 5)
        return log_ticks(self.low, self.high, self.base, self.wanted or 9)


@dataclass(frozen=True)
class Field:
    """The rectangle that a chart draws into, y upwards."""

    left: float
    top: float
    width: float
    height: float
    x: Axis
    y: Axis

    def at_x(self, value: float) -> float:
        """Give the place of a value of x."""
        return self.left + self.x.part(value) * self.width

    def at_y(self, value: float) -> float:
        """Give the place of a value of y."""
        return self.top + (1 - self.y.part(value)) * self.height

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height
