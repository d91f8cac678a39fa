"""Operations with their counts, their prices, and what their counts grow with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy.estimate import EnergyLine, EnergySide
from snnconv.reporting.energy.parts import Price, Technology
from snnconv.runs.summary_parts import ConnectionSummary, LayerSummary

_PJ_PER_UJ = 1e6


class Run(NamedTuple):
    """What of a run is priced."""

    ann: AnnCounts
    snn: SnnCounts
    layers: Sequence[LayerSummary]
    connections: Sequence[ConnectionSummary] | None
    """None in runs of older versions."""


class Grows(Enum):
    """What the count of an operation is proportional to."""

    WITH_SYNOPS = auto()
    WITH_SPIKES = auto()
    WITH_STEPS = auto()
    """Or with nothing: the same at every firing rate."""


@dataclass(frozen=True)
class Item:
    """Some operations of one kind at one price."""

    operation: str
    count: float
    price: Price | None
    """None: not priced."""
    grows: Grows = Grows.WITH_STEPS

    @property
    def uj(self) -> tuple[float, float, float]:
        """Give the energy in µJ, and with the ends of the price's range; zeros without a price."""
        if self.price is None:
            return 0.0, 0.0, 0.0
        figures = (self.price.pj, *self.price.bounds)
        uj, low, high = (self.count * pj / _PJ_PER_UJ for pj in figures)
        return uj, low, high


@dataclass(frozen=True)
class Account:
    """The operations of one network, and what is said of those that could not be priced."""

    items: tuple[Item, ...]
    left_out: tuple[str, ...] = ()
    counted: bool = True
    """Whether the run counted all that has a price: an older one may not have, and its sum is too small then."""

    def uj(self, *grows: Grows) -> float:
        """Give the energy in µJ of the items that grow so; of all where nothing is said."""
        return sum(item.uj[0] for item in self.items if not grows or item.grows in grows)

    def side(self, technology: Technology) -> EnergySide:
        """Add the items up, those of one operation into one line."""
        names = dict.fromkeys(item.operation for item in self.items)
        lines = tuple(_line(name, [item for item in self.items if item.operation == name]) for name in names)
        uj, low, high = _total(self.items)
        return EnergySide(
            uj=uj,
            uj_low=low,
            uj_high=high,
            lines=lines,
            technology=technology.technology,
            technology_nm=technology.technology_nm,
            counted=self.counted,
        )


def _total(items: Iterable[Item]) -> tuple[float, float, float]:
    energies = [item.uj for item in items]
    uj, low, high = (sum(energy[which] for energy in energies) for which in range(3))
    return uj, low, high


def _line(operation: str, items: Sequence[Item]) -> EnergyLine:
    count = sum(item.count for item in items)
    prices = list(dict.fromkeys(item.price for item in items if item.price is not None))
    if not prices:
        return EnergyLine(
            operation=operation,
            count=count,
            pj=None,
            uj=None,
            uj_low=None,
            uj_high=None,
            status=None,
            source=None,
            where=None,
        )
    uj, low, high = _total(items)
    return EnergyLine(
        operation=operation,
        count=count,
        pj=prices[0].pj if len(prices) == 1 or not count else uj * _PJ_PER_UJ / count,
        uj=uj,
        uj_low=low,
        uj_high=high,
        status=prices[0].status,
        source=prices[0].source,
        where=prices[0].where if len(prices) == 1 else f"{prices[0].where}, and other sizes",
    )
